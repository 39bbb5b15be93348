//! Programs that tests write, and then run.

use std::path::Path;
use std::process::Command;

use super::git::output;

/// Writes a program's file with these permissions, as `chmod` takes them. A process of its own does that: a child that
/// another test starts meanwhile has a copy of what this process holds open, until it runs its own program, and Linux runs
/// no file that is open for writing (ETXTBSY).
pub(crate) fn write(path: &Path, content: &[u8], mode: &str) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let script = r#"cat >"$1" && chmod "$2" "$1""#;
    output(Command::new("sh").args(["-c", script, "sh"]).arg(path).arg(mode), content);
}

/// Writes an executable script of the shell.
pub(crate) fn script(path: &Path, script: &str) {
    write(path, format!("#!/bin/sh\n{script}\n").as_bytes(), "755");
}
