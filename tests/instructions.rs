//! The instructions that each ref and each packet takes: counted, so that no other work on the machine changes the result.
//!
//! A test starts itself under callgrind, which counts what the function of that name executes, with all that it calls. Only
//! an optimized build says something: `scripts/test` makes one for these tests.

#![cfg(target_os = "linux")]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a test ends where something is not as expected, and says so; it starts itself and reads what valgrind says"
)]

use std::hint::black_box;
use std::process::Command;

use mirror_git_repository::mirror::guards::plan;
use mirror_git_repository::mirror::policy::{
    DeletionLimit, DivergedRefs, EmptySource, KeepReplaced, Policy, Prune, Selection,
};
use mirror_git_repository::protocol::ls_refs;
use mirror_git_repository::protocol::object_id::ObjectFormat;
use mirror_git_repository::protocol::pkt_line::{FLUSH, PktReader, write_data, write_text};
use mirror_git_repository::protocol::ref_list::RefList;
use mirror_git_repository::protocol::sideband::SideBand;

/// Set in the process that is counted.
const COUNTED: &str = "INSTRUCTIONS_COUNTED";

const REFS: u64 = 20_000;
const PACKETS: u64 = 20_000;

/// The bytes of a packet of the side-band, without its band. Most are larger; but to copy 64 KiB would hide all else.
const PACKET: usize = 100;

/// Returns the instructions of `function`, as callgrind says at its end: `Collected : 12345`. In the process that is
/// counted it does the work, and returns nothing.
fn instructions(test: &str, function: &str, work: impl FnOnce()) -> Option<u64> {
    if std::env::var_os(COUNTED).is_some() {
        work();
        return None;
    }
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(format!("--toggle-collect=instructions::{function}*"))
        .arg(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", test, "--test-threads=1"])
        .env(COUNTED, "yes")
        .output()
        .expect("scripts/test installs valgrind");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let count = said.lines().find_map(|line| line.split_once("Collected :")).expect("a count").1;
    let count = count.trim().parse().unwrap();
    assert!(count > 0, "{function} is a function of its own in this build");
    Some(count)
}

/// Holds that each of so many takes at most that many instructions. The bounds are a tenth above what was counted.
fn hold(what: &str, instructions: Option<u64>, count: u64, bound: u64) {
    let Some(instructions) = instructions else { return };
    let each = instructions / count;
    println!("· {what}: {each} instructions");
    assert!(each <= bound, "{what}: {each} instructions, at most {bound}");
}

/// The answer to ls-refs; every 200th branch is at another commit where it `moved` by that many.
fn listing(moved: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    for number in 0..REFS {
        let commit = number + 1 + if number % 200 == 0 { moved } else { 0 };
        write_text(&mut bytes, &format!("{commit:040x} refs/heads/team/topic-{number:06}")).unwrap();
    }
    bytes.extend_from_slice(FLUSH);
    bytes
}

#[inline(never)]
fn read_refs(bytes: &[u8]) -> RefList {
    ls_refs::read(&mut PktReader::new(bytes), ObjectFormat::Sha1).unwrap()
}

#[inline(never)]
fn plan_refs(source: &RefList, destination: &RefList, policy: &Policy) {
    black_box(plan(source, destination, policy).unwrap());
}

#[inline(never)]
fn read_packets(bytes: &[u8], buf: &mut [u8]) {
    let mut band = SideBand::new(bytes);
    while black_box(band.read(buf, &mut |_| ()).unwrap()) > 0 {}
}

#[test]
#[ignore = "counts an optimized build, which scripts/test makes for it"]
fn a_ref_of_a_listing_takes_few_instructions() {
    let bytes = listing(0);
    let taken = instructions("a_ref_of_a_listing_takes_few_instructions", "read_refs", || {
        black_box(read_refs(&bytes));
    });
    hold("a ref of a listing", taken, REFS, 3_300);
}

#[test]
#[ignore = "counts an optimized build, which scripts/test makes for it"]
fn a_ref_of_a_plan_takes_few_instructions() {
    let policy = Policy {
        selection: Selection::new::<&str>(&[], &[]).unwrap(),
        prune: Prune::Delete,
        empty_source: EmptySource::Refuse,
        deletions: DeletionLimit::percent(50).unwrap(),
        diverged: DivergedRefs::Overwrite,
        replaced: KeepReplaced::Nothing,
    };
    let (source, destination) = (read_refs(&listing(REFS)), read_refs(&listing(0)));
    let taken = instructions("a_ref_of_a_plan_takes_few_instructions", "plan_refs", || {
        plan_refs(&source, &destination, &policy);
    });
    hold("a ref of a plan", taken, REFS, 540);
}

#[test]
#[ignore = "counts an optimized build, which scripts/test makes for it"]
fn a_packet_of_the_side_band_takes_few_instructions() {
    let mut bytes = Vec::new();
    (0..PACKETS).for_each(|_| write_data(&mut bytes, &[1; PACKET]).unwrap());
    bytes.extend_from_slice(FLUSH);
    let mut buf = vec![0; 65536];
    let taken = instructions("a_packet_of_the_side_band_takes_few_instructions", "read_packets", || {
        read_packets(&bytes, &mut buf);
    });
    hold("a packet of the side-band", taken, PACKETS, 370);
}
