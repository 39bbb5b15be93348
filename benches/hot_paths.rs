//! What runs for each byte, each packet, each ref and each line of the log: `cargo bench`.

#![expect(clippy::expect_used, reason = "its input is its own")]

use std::fmt::Write as _;
use std::hint::black_box;
use std::io::{self, Write as _};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use flate2::Compression;
use flate2::write::ZlibEncoder;
use mirror_git_repository::agent::environment::Environment;
use mirror_git_repository::agent::log::Log;
use mirror_git_repository::lfs::pointer_scan::PointerScanner;
use mirror_git_repository::mirror::guards::plan;
use mirror_git_repository::mirror::policy::{
    DeletionLimit, DivergedRefs, EmptySource, KeepReplaced, Policy, Prune, Selection,
};
use mirror_git_repository::protocol::ls_refs;
use mirror_git_repository::protocol::object_id::ObjectFormat;
use mirror_git_repository::protocol::pack_entry::{Content, Entry, IdLength, PackError, Visitor};
use mirror_git_repository::protocol::pack_scanner::PackScanner;
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
        write_text(&mut bytes, &line).expect("it fits");
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
    (0..PACKETS).for_each(|_| write_data(&mut bytes, &data).expect("it fits"));
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

/// Ignores what it hears.
struct Deaf;

impl Visitor for Deaf {
    type Error = PackError;

    fn entry(&mut self, _: &Entry) -> Result<Content, PackError> {
        Ok(Content::Skipped)
    }
}

/// A pack of blobs that compress as source code does, to about a third.
fn pack() -> Vec<u8> {
    const BLOBS: u32 = 400;
    let mut bytes = [&b"PACK\0\0\0\x02"[..], &BLOBS.to_be_bytes()].concat();
    let mut text = String::new();
    for number in 0..u64::from(BLOBS) * 500 {
        let noise = (number + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 24;
        writeln!(text, "    let name = value({noise:x}).checked()?;").expect("memory");
        if number % 500 == 499 {
            let (mut rest, mut byte) =
                (text.len() >> 4, 0x30 | u8::try_from(text.len() & 15).expect("a nibble"));
            while rest > 0 {
                bytes.push(byte | 0x80);
                (byte, rest) = (u8::try_from(rest & 0x7f).expect("seven bits"), rest >> 7);
            }
            bytes.push(byte);
            let mut zlib = ZlibEncoder::new(bytes, Compression::default());
            zlib.write_all(text.as_bytes()).expect("memory");
            bytes = zlib.finish().expect("memory");
            text.clear();
        }
    }
    bytes
}

fn pack_entries(c: &mut Criterion) {
    let bytes = pack();
    let mut group = c.benchmark_group("pack-entry");
    group.throughput(Throughput::Bytes(bytes.len() as u64));
    group.bench_function("scan", |b| {
        b.iter(|| {
            let mut scanner = PackScanner::new(IdLength::Twenty);
            for chunk in bytes.chunks(64 << 10) {
                scanner.push(black_box(chunk), &mut Deaf).expect("a pack");
            }
            assert!(scanner.has_all_entries());
        });
    });
    // The goal is at most 8 ms for a MiB of pack, 125 MiB/s, on a machine without other work.
    group.bench_function("look for LFS pointers", |b| {
        b.iter(|| {
            let mut scanner = PointerScanner::new(IdLength::Twenty);
            for chunk in bytes.chunks(64 << 10) {
                scanner
                    .push(black_box(chunk), &mut |pointer| {
                        black_box(pointer);
                    })
                    .expect("a pack");
            }
            assert!(scanner.has_all_entries());
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
        diverged: DivergedRefs::Overwrite,
        replaced: KeepReplaced::Nothing,
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
    let log = Log::new(Box::new(io::sink()), Box::new(io::sink()), &environment);
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

criterion_group!(hot_paths, pkt_lines, sideband, pack_entries, planning, sink);
criterion_main!(hot_paths);
