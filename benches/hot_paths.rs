//! What runs for each byte, each packet, each ref and each line of the log: `cargo bench`.

#![expect(clippy::expect_used, reason = "its input is its own")]

use std::fmt::Write as _;
use std::hint::black_box;
use std::io;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use mirror_git_repository::agent::environment::Environment;
use mirror_git_repository::agent::log::Log;
use mirror_git_repository::mirror::guards::plan;
use mirror_git_repository::mirror::policy::{DeletionLimit, EmptySource, Policy, Prune, Selection};
use mirror_git_repository::protocol::ls_refs;
use mirror_git_repository::protocol::object_id::ObjectFormat;
use mirror_git_repository::protocol::pkt_line::{FLUSH, PktLine, PktReader, write_data, write_text};
use mirror_git_repository::protocol::ref_list::RefList;
use mirror_git_repository::protocol::sideband::SideBand;

const REFS: usize = 20_000;

/// The answer to ls-refs with that many branches; every 200th at another commit, where it is `moved`.
fn listing(moved: bool) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut line = String::new();
    for number in 0..REFS {
        line.clear();
        let commit = if moved && number % 200 == 0 { REFS + number } else { number };
        write!(line, "{:040x} refs/heads/team/topic-{number:06}", commit + 1).expect("memory");
        write_text(&mut bytes, &line);
    }
    bytes.extend_from_slice(FLUSH);
    bytes
}

fn ref_list(moved: bool) -> RefList {
    let bytes = listing(moved);
    ls_refs::read(&mut PktReader::new(&bytes[..]), ObjectFormat::Sha1).expect("a listing")
}

fn pkt_lines(c: &mut Criterion) {
    let bytes = listing(false);
    let mut group = c.benchmark_group("pkt-line");
    group.throughput(Throughput::Elements(REFS as u64));
    group.bench_function("read", |b| {
        b.iter(|| {
            let mut reader = PktReader::new(&bytes[..]);
            while black_box(reader.read().expect("a line")) != PktLine::Flush {}
        });
    });
    group.bench_function("read as refs", |b| {
        b.iter(|| ls_refs::read(&mut PktReader::new(&bytes[..]), ObjectFormat::Sha1).expect("a listing"));
    });
    group.finish();
}

fn sideband(c: &mut Criterion) {
    const PACKETS: usize = 100;
    let data = vec![1; 65515];
    let mut bytes = Vec::new();
    (0..PACKETS).for_each(|_| write_data(&mut bytes, &data));
    bytes.extend_from_slice(FLUSH);
    let mut buf = vec![0; 65536];
    let mut group = c.benchmark_group("side-band");
    group.throughput(Throughput::Bytes((PACKETS * (data.len() - 1)) as u64));
    group.bench_function("demultiplex", |b| {
        b.iter(|| {
            let mut band = SideBand::new(&bytes[..]);
            while black_box(band.read(&mut buf, &mut |_| ()).expect("data")) > 0 {}
        });
    });
    group.finish();
}

fn planning(c: &mut Criterion) {
    let policy = Policy {
        selection: Selection::new::<&str>(&[], &[]).expect("patterns"),
        prune: Prune::Delete,
        empty_source: EmptySource::Refuse,
        deletions: DeletionLimit::percent(50).expect("a share"),
    };
    let (source, same, behind) = (ref_list(true), ref_list(true), ref_list(false));
    let mut group = c.benchmark_group("plan");
    group.throughput(Throughput::Elements(REFS as u64));
    group.bench_function("nothing to do", |b| b.iter(|| plan(&source, &same, &policy).expect("a plan")));
    group.bench_function("100 changed", |b| b.iter(|| plan(&source, &behind, &policy).expect("a plan")));
    group.finish();
}

fn sink(c: &mut Criterion) {
    let environment =
        Environment { variables: vec![("TF_BUILD".into(), "True".into())], arguments: Vec::new() };
    let log = Log::new(Box::new(io::sink()), &environment);
    let mut group = c.benchmark_group("sink");
    group.throughput(Throughput::Elements(1));
    group.bench_function("line", |b| b.iter(|| log.line("    update  refs/heads/main  0123456 -> 89abcde")));
    group.bench_function("hostile line", |b| {
        b.iter(|| log.line("##vso[task.complete]\u{202e} ##[error]\r\x1b[2J"));
    });
    group.bench_function("progress of a server", |b| {
        b.iter(|| log.remote("source", b"Counting objects:  50% (500/1000)\r"));
    });
    group.finish();
}

criterion_group!(hot_paths, pkt_lines, sideband, planning, sink);
criterion_main!(hot_paths);
