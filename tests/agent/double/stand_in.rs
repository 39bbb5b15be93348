//! A program of this platform in place of the task's binary: the launcher starts no script.

use std::{fs, os::unix::ffi::OsStrExt, path::Path, process::Command, sync::OnceLock};

use tempfile::TempDir;

/// Returns a program that runs `script` by `node`, with its own path as the argument.
pub fn program(node: &Path, script: &Path) -> Vec<u8> {
    static COMPILED: OnceLock<Vec<u8>> = OnceLock::new();
    let mut program = COMPILED.get_or_init(compile).clone();
    put(&mut program, b"@NODE@", node);
    put(&mut program, b"@SCRIPT@", script);
    program
}

/// Compiles by the C compiler that Rust links with.
fn compile() -> Vec<u8> {
    let folder = TempDir::new().unwrap();
    let program = folder.path().join("stand-in");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/agent/double/stand_in.c");
    let compiled = Command::new("cc").arg("-o").arg(&program).arg(source).status().unwrap();
    assert!(compiled.success());
    fs::read(program).unwrap()
}

/// Puts a path where its mark stands; the room for it is in the source.
fn put(program: &mut [u8], mark: &[u8], path: &Path) {
    let path = path.as_os_str().as_bytes();
    assert!(path.len() < 1024);
    let at = program.windows(mark.len()).position(|bytes| bytes == mark).expect("the mark");
    let room = &mut program[at..at + 1024];
    room.fill(0);
    room[..path.len()].copy_from_slice(path);
}
