//! A gibibyte of history through limits of 100 MiB a push, runs that are killed on their way, and what planning takes for a
//! history of 1.4 million commits. `scripts/pushes-large` runs these, and makes tables of what they measure.

use std::process::Command;
use std::time::{Duration, Instant};

use super::trials::{Run, mib, mirror, mirror_killed, ratio};
use super::{MIB, SOURCES};
use crate::support::dice::Dice;
use crate::support::git::{Repository, output, scrub};
use crate::support::history::Recipe;
use crate::support::metered::{Limit, Meter, Metered, SourceKind, Weighed};

/// The servers may take so long.
const PATIENCE: Duration = Duration::from_secs(1800);

/// A history that is mirrored through limits.
const GIBIBYTE: Recipe = Recipe { commits: 20_000, size: 1 << 30, tagged: 100, branched: 500 };

/// The most that a destination takes in one push.
const PART: u64 = 100 * MIB;

/// The most memory of a run, in bytes.
const MOST_MEMORY: u64 = 16 << 20;

/// As many commits as linux has, and merges as often.
const COMMITS: Recipe = Recipe { commits: 1_400_000, size: 0, tagged: 1500, branched: 20_000 };

/// The most memory of a run that mirrors them.
const MOST_MEMORY_FOR_COMMITS: u64 = 50 << 20;

/// The most time of processors of that run.
const MOST_CPU: Duration = Duration::from_secs(10);

/// A fetch whose answer is larger is one of objects that go on to the destination; others are for the plan.
const PLANNED_BY: u64 = 8 * MIB;

/// The kills in a row, and where they fall.
const KILLS: u32 = 20;
const SEED: u64 = 19;

fn lab(source: SourceKind, limit: Limit, recipe: Recipe, meter: Meter) -> Metered {
    let metered = Metered::new(source, limit, meter);
    recipe.make(&metered.pair.source);
    metered
}

/// Mirrors a gibibyte from each source, and expects that at most this much was sent in vain of each byte that landed.
fn mirror_a_gibibyte(what: &str, limit: Limit, max_push_size: &str, in_vain: f64) {
    for (name, source) in SOURCES {
        let mut lab = lab(source, limit, GIBIBYTE, Meter::Bytes);
        // Each break costs an attempt.
        let task = lab.pair.task().input("maxPushSize", max_push_size).input("maxAttempts", "5");
        let run = mirror(&mut lab, &task, PATIENCE);
        print(&format!("{what}, {name}"), &run);
        assert!(
            run.outcome.peak > 0 && run.outcome.peak < MOST_MEMORY,
            "{} bytes of memory",
            run.outcome.peak
        );
        let share = ratio(run.in_vain(), run.traffic.landed);
        assert!(share <= in_vain, "{name}: {share} in vain:\n{}", run.outcome.text);
    }
}

/// Prints a row of the first table that `scripts/pushes-large` heads.
fn print(what: &str, run: &Run) {
    let Run { outcome, traffic, elapsed } = run;
    eprintln!(
        "\n| {what} | {:.1} s | {:.2} s | {:.1} MiB | {} KiB | {} | {:.1} MiB | {:.1} MiB | {:.3} |",
        elapsed.as_secs_f64(),
        outcome.cpu.as_secs_f64(),
        mib(outcome.peak),
        outcome.written >> 10,
        traffic.pushes().count(),
        mib(traffic.landed),
        mib(run.in_vain()),
        ratio(run.in_vain(), traffic.landed)
    );
}

#[test]
#[ignore = "takes minutes and 4 GB of disk: scripts/pushes-large runs it"]
fn max_push_size_sends_a_gibibyte_once() {
    mirror_a_gibibyte("maxPushSize: 100 MiB", Limit::None, "100 MiB", 0.1);
}

#[test]
#[ignore = "takes minutes and 4 GB of disk: scripts/pushes-large runs it"]
fn refused_by_413_a_gibibyte_is_sent_once_but_for_its_begin() {
    mirror_a_gibibyte("413 above 100 MiB", Limit::OfNginx(PART), "", 0.3);
}

#[test]
#[ignore = "takes minutes and 4 GB of disk: scripts/pushes-large runs it"]
fn broken_twice_a_gibibyte_is_sent_once_but_for_its_begin() {
    mirror_a_gibibyte("receive.maxInputSize of 100 MiB", Limit::OfGit(PART), "", 0.45);
}

#[test]
#[ignore = "takes minutes and 4 GB of disk: scripts/pushes-large runs it"]
fn kills_in_a_row_cost_a_part_each() {
    let (_, source) = SOURCES[0];
    let mut lab = lab(source, Limit::None, GIBIBYTE, Meter::Bytes);
    let part = GIBIBYTE.size / 50 / MIB;
    let task = lab.pair.task().input("maxPushSize", &format!("{part} MiB"));
    let whole = mirror(&mut lab, &task, PATIENCE);
    print(&format!("maxPushSize: {part} MiB"), &whole);
    lab.renew_destination(Limit::None);
    let killed = mirror_killed(&mut lab, &task, KILLS, &mut Dice::new(SEED), whole.elapsed, PATIENCE);
    print("the run after 20 kills", &killed.last);
    eprintln!(
        "\n· {KILLS} kills (seed {SEED}) and the run after them: {:.1} MiB landed, {:.1} MiB sent in vain ({:.2} parts a kill)",
        mib(killed.landed()),
        mib(killed.in_vain()),
        ratio(killed.in_vain(), u64::from(KILLS) * part * MIB)
    );
    killed.expect_to_cost_a_part_each(part * MIB, &whole);
}

/// The time of processors that git takes to pack all at once, and the size of that pack.
fn pack_all(repository: &Repository) -> (Duration, u64) {
    let script =
        r#"git -C "$1" pack-objects --all --stdout --delta-base-offset -q </dev/null | wc -c; times"#;
    let mut shell = Command::new("sh");
    scrub(&mut shell);
    let printed = output(shell.args(["-c", script, "sh"]).arg(&repository.path), b"");
    let printed = String::from_utf8(printed).unwrap();
    let mut lines = printed.lines();
    let size = lines.next().unwrap().trim().parse().unwrap();
    // Of the shell, and then of what it ran: the time of users and that of the system, as 0m1.25s.
    let of_programs = lines.nth(1).unwrap().split_whitespace().map(|time| {
        let (minutes, seconds) = time.trim_end_matches('s').split_once('m').unwrap();
        Duration::from_secs(60 * minutes.parse::<u64>().unwrap())
            + Duration::from_secs_f64(seconds.parse().unwrap())
    });
    (of_programs.sum(), size)
}

#[test]
#[ignore = "takes minutes and 4 GB of disk: scripts/pushes-large runs it"]
fn plans_for_the_commits_of_linux_cost_less_than_to_pack_them() {
    for (name, source) in SOURCES {
        let started = Instant::now();
        let mut lab = lab(source, Limit::None, COMMITS, Meter::BytesAndCpu);
        let (packed, size) = pack_all(&lab.pair.source);
        let made = started.elapsed();
        let part = size * 2 / 5 / MIB;
        let task = lab.pair.task().input("maxPushSize", &format!("{part} MiB"));
        let run = mirror(&mut lab, &task, PATIENCE);
        print(&format!("1.4 million commits, maxPushSize: {part} MiB, {name}"), &run);
        let asked = run.traffic.requests.iter().filter(|request| request.asks());
        let (plan, relayed): (Vec<_>, Vec<_>) = asked.partition(|request| request.sent < PLANNED_BY);
        let cpu = |requests: &[&Weighed]| requests.iter().map(|request| request.cpu).sum::<Duration>();
        eprintln!(
            "\n· {name}: made and packed in {:.0} s, a pack of {:.1} MiB in {:.1} s of CPU; for the plan {} requests, {:.1} s of CPU, \
             {:.2} MiB of answers; for what was relayed {} requests, {:.1} s of CPU",
            made.as_secs_f64(),
            mib(size),
            packed.as_secs_f64(),
            plan.len(),
            cpu(&plan).as_secs_f64(),
            mib(plan.iter().map(|request| request.sent).sum()),
            relayed.len(),
            cpu(&relayed).as_secs_f64()
        );
        for request in &plan {
            eprintln!("·   {:.1} s of CPU, {:.2} MiB", request.cpu.as_secs_f64(), mib(request.sent));
        }
        let Run { outcome, .. } = &run;
        assert!(
            outcome.peak > 0 && outcome.peak < MOST_MEMORY_FOR_COMMITS,
            "{} bytes of memory",
            outcome.peak
        );
        assert!(outcome.cpu < MOST_CPU, "{:?} of CPU", outcome.cpu);
        assert!(cpu(&plan) <= packed, "{:?} of CPU for the plan, {packed:?} for a pack", cpu(&plan));
    }
}
