//! The pointers of LFS in packs as Git makes them: found whether they are whole or deltas.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use mirror_git_repository::lfs::oid::Oid;
use mirror_git_repository::lfs::pointer::Pointer;
use mirror_git_repository::lfs::pointer_scan::PointerScanner;
use mirror_git_repository::protocol::pack_entry::IdLength;

use crate::support::git::{Repository, git, output};
use crate::support::lfs::{Object, objects};

fn oid(number: u64) -> Oid {
    let mut bytes = [0; 32];
    // So that no two ids have much in common, as with real hashes.
    for (place, byte) in bytes.iter_mut().enumerate() {
        let mixed = (number * 32 + place as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        *byte = u8::try_from(mixed >> 56).unwrap();
    }
    Oid::new(bytes)
}

fn pointer(number: u64, extensions: &str) -> String {
    let size = number * 7919;
    format!(
        "version https://git-lfs.github.com/spec/v1\n{extensions}oid sha256:{}\nsize {size}\n",
        oid(number)
    )
}

/// The blobs of a repository: pointers of all kinds, and what Git takes as their bases.
fn blobs() -> Vec<String> {
    let mut blobs: Vec<_> = (0..300).map(|number| pointer(number, "")).collect();
    let extensions = [9000, 9001, 9002].map(oid);
    let extensions = extensions
        .iter()
        .enumerate()
        .fold(String::new(), |lines, (place, oid)| lines + &format!("ext-{place}-crypt sha256:{oid}\n"));
    blobs.extend((300..340).map(|number| pointer(number, &extensions)));
    for number in (400..500).step_by(2) {
        let (ours, theirs) = (pointer(number, ""), pointer(number + 1, ""));
        blobs.push(format!("<<<<<<< HEAD\n{ours}=======\n{theirs}>>>>>>> topic\n"));
        blobs.push(if number % 4 == 0 { ours } else { theirs });
    }
    blobs.extend((0..20).map(|number| pointer(number, "").replace("size ", "size 1")));
    blobs.extend((0..100).map(|number| format!("int value_{number} = {number};\n").repeat(40)));
    blobs
}

/// Stores the blobs and returns their ids, in their order.
fn store(repository: &Repository, blobs: &[String]) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let mut paths = String::new();
    for (number, blob) in blobs.iter().enumerate() {
        let path = folder.path().join(number.to_string());
        std::fs::write(&path, blob).unwrap();
        writeln!(paths, "{}", path.display()).unwrap();
    }
    let ids = repository.git_with(&["hash-object", "-w", "--no-filters", "--stdin-paths"], paths.as_bytes());
    ids.lines().map(str::to_owned).collect()
}

/// Packs all blobs as if they were versions of one file.
fn pack(repository: &Repository, ids: &[String], arguments: &[&str]) -> Vec<u8> {
    let list = ids.join(" file.bin\n") + " file.bin\n";
    let mut command = git();
    command
        .current_dir(&repository.path)
        .args(["pack-objects", "-q", "--stdout", "--window=1000"])
        .args(arguments);
    output(&mut command, list.as_bytes())
}

/// Returns the objects of the pack that are stored as deltas.
fn deltas(repository: &Repository, pack: &[u8]) -> Vec<String> {
    let path = repository.path.join("scanned.pack");
    std::fs::write(&path, pack).unwrap();
    let path = path.to_str().unwrap();
    repository.git(&["index-pack", path]);
    let listed = repository.git(&["verify-pack", "-v", path]);
    let lines = listed.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    // Those of a delta name their depth and their base, too.
    lines.filter(|words| words.len() == 7).map(|words| words[0].to_owned()).collect()
}

fn scan(pack: &[u8], ids: IdLength) -> (Vec<Pointer>, u64) {
    let (mut scanner, mut found) = (PointerScanner::new(ids), Vec::new());
    for chunk in pack.chunks(1000) {
        scanner.push(chunk, &mut |pointer| found.push(pointer)).unwrap();
    }
    assert!(scanner.has_all_entries());
    found.sort();
    (found, scanner.unresolved())
}

#[test]
fn each_pointer_that_git_packs_is_found() {
    let folder = tempfile::tempdir().unwrap();
    for (format, length) in [("sha1", IdLength::Twenty), ("sha256", IdLength::ThirtyTwo)] {
        let repository = Repository::init_format(folder.path().join(format), format);
        let blobs = blobs();
        let ids = store(&repository, &blobs);
        let by_id: BTreeMap<_, _> = ids.iter().zip(&blobs).collect();
        let mut expected: Vec<_> = blobs.iter().filter_map(|blob| Pointer::parse(blob.as_bytes())).collect();
        expected.sort();
        assert_eq!(expected.len(), 300 + 40 + 50 + 20, "{format}");

        let packed = pack(&repository, &ids, &["--delta-base-offset"]);
        let as_deltas = deltas(&repository, &packed);
        let pointers = as_deltas.iter().filter(|id| Pointer::parse(by_id[id].as_bytes()).is_some()).count();
        assert!(pointers >= 50, "{format}: Git stored {pointers} pointers as deltas");
        assert_eq!(scan(&packed, length), (expected.clone(), 0), "{format}: bases by offset");
        assert_eq!(scan(&pack(&repository, &ids, &[]), length).0, expected, "{format}: bases by id");
    }
}

#[test]
fn pointers_of_fast_import_are_found_in_their_chains() {
    let (folder, objects) = (tempfile::tempdir().unwrap(), objects(40, 12_000, 20..40));
    let parse = |object: &Object| Pointer::parse(object.pointer().as_bytes()).unwrap();
    let mut expected: Vec<_> = objects.iter().map(parse).collect();
    expected.sort();
    for (format, length) in [("sha1", IdLength::Twenty), ("sha256", IdLength::ThirtyTwo)] {
        let repository = Repository::init_format(folder.path().join(format), format);
        // Git writes the files of a folder in the order of their names, which is another than that of the chains.
        repository.commit_objects("main", &objects);
        let mut command = git();
        let arguments = ["pack-objects", "-q", "--stdout", "--revs", "--delta-base-offset"];
        let packed = output(command.current_dir(&repository.path).args(arguments), b"main\n");
        let as_deltas = deltas(&repository, &packed).len();
        assert!(as_deltas > 11_000, "{format}: Git stored {as_deltas} objects as deltas");
        assert_eq!(scan(&packed, length), (expected.clone(), 0), "{format}");
    }
}
