//! 200 repositories of 403 MiB from one host to another: what comes of them, and what they take of this machine.
//! `scripts/projects-large` runs these, and makes a table of what they measure.

mod seed;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::jobs::job;
use super::{container, empty_host};
use crate::support::git::Repository;
use crate::support::host_double::world::{Fate, Standing};
use crate::support::host_double::{HostDouble, Kind, Place, Seen};
use crate::support::task::{Outcome, Running, Task};
use seed::{CONTAINER, COUNT, name, names};

/// The most memory of a run, in bytes.
const MOST_MEMORY: u64 = 40 << 20;

/// The most that a run writes to a disk beside its page and its result: what the file system adds to them.
const MOST_WRITTEN: u64 = 64 << 10;

/// The servers may take so long.
const PATIENCE: Duration = Duration::from_secs(900);

/// The host that is mirrored to: one that takes as many new repositories in a minute as there are.
const DESTINATION: Kind = Kind::GitLab;

/// The jobs of `strategy: parallel`.
const JOBS: usize = 3;

/// The refs of each repository.
const REFS: usize = 6;

/// A container with all repositories, and an empty one at another host.
struct Sides {
    source: HostDouble,
    destination: HostDouble,
}

/// What was asked of the two hosts in a run.
struct Traffic {
    source: Vec<Seen>,
    destination: Vec<Seen>,
    /// The bytes of all pushes.
    pushed: u64,
}

impl Sides {
    fn new() -> Self {
        Self { source: seed::host(), destination: empty_host(DESTINATION) }
    }

    fn task(&self) -> Task {
        let destination = self.destination.url(container(DESTINATION));
        Task::new(&self.source.url(CONTAINER), &destination)
            .input("sourceHostKind", Kind::AzureServer.word())
            .input("destinationHostKind", DESTINATION.word())
            .input("createDestination", "private")
            .input("defaultBranch", "follow")
    }

    /// The task in each of several jobs, which sign in at the destination as different users.
    fn jobs(&self) -> Vec<Task> {
        let of = |position: usize| {
            job(self.task(), Some("MultiMachine"), position, JOBS)
                .destination_token(&format!("token-of-job-{position}"))
        };
        (1..=JOBS).map(of).collect()
    }

    /// Runs these side by side within their bounds, and tells what they took.
    fn run(&self, what: &str, tasks: &[Task]) -> (Vec<Outcome>, Traffic) {
        self.run_with(what, tasks, |_| {})
    }

    /// The same, with something that happens meanwhile.
    fn run_with(
        &self,
        what: &str,
        tasks: &[Task],
        meanwhile: impl FnOnce(&[Running]),
    ) -> (Vec<Outcome>, Traffic) {
        self.traffic();
        let started = Instant::now();
        let runs: Vec<_> = tasks.iter().map(Task::start).collect();
        meanwhile(&runs);
        let outcomes: Vec<_> = thread::scope(|scope| {
            let ends: Vec<_> =
                runs.into_iter().map(|run| scope.spawn(move || run.end_within(PATIENCE))).collect();
            ends.into_iter().map(|end| end.join().unwrap()).collect()
        });
        let elapsed = started.elapsed();
        let traffic = self.traffic();
        print(what, elapsed, &outcomes, &traffic);
        for outcome in &outcomes {
            assert!(outcome.peak < MOST_MEMORY, "{} bytes of memory", outcome.peak);
            let beside = outcome.written.saturating_sub(outcome.for_agent);
            assert!(beside < MOST_WRITTEN, "{beside} bytes written beside {}", outcome.for_agent);
            assert_eq!(
                outcome.left,
                Vec::<String>::new(),
                "nothing but page and result are written to the disk"
            );
        }
        (outcomes, traffic)
    }

    /// What was asked since the last call.
    fn traffic(&self) -> Traffic {
        let Self { source, destination } = self;
        Traffic { source: source.seen(), destination: destination.seen(), pushed: destination.pushed() }
    }

    fn repository(&self, name: &str) -> Repository {
        self.source.repository(&format!("{CONTAINER}/{name}"))
    }

    fn mirror(&self, name: &str) -> Repository {
        super::hosted(&self.destination, name)
    }

    /// Expects all refs and the default branch of each to be equal, and all objects whole.
    #[track_caller]
    fn expect_equal(&self, names: &[String]) {
        for name in names {
            let (source, mirror) = (self.repository(name), self.mirror(name));
            assert_eq!(mirror.refs(&[]), source.refs(&[]), "{name}");
            assert_eq!(head(&mirror), head(&source), "{name}");
            mirror.fsck();
        }
    }
}

impl Traffic {
    /// The requests by which something was to be changed.
    fn writes(&self) -> impl Iterator<Item = &Seen> {
        self.source.iter().chain(&self.destination).filter(|seen| seen.writes())
    }

    /// The repositories that were pushed to, and who pushed.
    fn pushers(&self) -> BTreeMap<&str, BTreeSet<Option<&str>>> {
        let mut pushers = BTreeMap::<_, BTreeSet<_>>::new();
        for seen in self.writes().filter(|seen| seen.place == Place::Git) {
            let repository = seen.target.rsplit('/').nth(1).unwrap().trim_end_matches(".git");
            pushers.entry(repository).or_default().insert(seen.authorization.as_deref());
        }
        pushers
    }

    /// The names of the repositories that were created.
    fn created(&self) -> Vec<String> {
        let is_creation = |seen: &&Seen| seen.place == Place::Interface && seen.method == "POST";
        let created = self.writes().filter(is_creation).map(|seen| {
            assert_eq!(seen.status, 201, "{seen:?}");
            let body: serde_json::Value = serde_json::from_str(&seen.body).unwrap();
            body["path"].as_str().unwrap().to_owned()
        });
        let mut created: Vec<_> = created.collect();
        created.sort();
        created
    }

    #[track_caller]
    fn expect_nothing_sent(&self) {
        assert_eq!(self.pushed, 0);
        assert_eq!(self.writes().map(|seen| seen.target.as_str()).collect::<Vec<_>>(), [""; 0]);
    }
}

/// Prints a row of the table that `scripts/projects-large` heads.
fn print(what: &str, elapsed: Duration, outcomes: &[Outcome], traffic: &Traffic) {
    let cpu: Duration = outcomes.iter().map(|outcome| outcome.cpu).sum();
    let most = |of: fn(&Outcome) -> u64| outcomes.iter().map(of).max().unwrap_or_default();
    eprintln!(
        "\n| {what} | {:.1} s | {:.2} s | {:.1} MiB | {} KiB | {:.1} MiB | {} | {} |",
        elapsed.as_secs_f64(),
        cpu.as_secs_f64(),
        mib(most(|outcome| outcome.peak)),
        most(|outcome| outcome.written) >> 10,
        mib(traffic.pushed),
        traffic.source.len(),
        traffic.destination.len()
    );
}

#[expect(clippy::cast_precision_loss, reason = "it is for a reader")]
fn mib(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}

fn head(repository: &Repository) -> String {
    repository.git(&["symbolic-ref", "HEAD"])
}

/// The sum of an output variable.
fn sum(outcomes: &[Outcome], variable: &str) -> usize {
    outcomes.iter().map(|outcome| outcome.output(variable).parse::<usize>().unwrap()).sum()
}

/// Expects that all are mirrored by these jobs.
#[track_caller]
fn expect_all_mirrored(outcomes: &[Outcome]) {
    for outcome in outcomes {
        outcome.succeeded();
    }
    assert_eq!(sum(outcomes, "repositoriesMirrored"), COUNT);
    assert_eq!(sum(outcomes, "repositoriesFailed"), 0);
}

/// The part of a page below one of its titles.
#[track_caller]
fn section<'a>(page: &'a str, title: &str) -> &'a str {
    let found = page.split("\n### ").find(|section| section.starts_with(title));
    found.unwrap_or_else(|| panic!("no '{title}' on the page:\n{page}"))
}

/// All files of a folder, with what is in them.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if entry.is_dir() {
                folders.push(entry);
            } else {
                files.insert(entry.display().to_string(), fs::read(entry).unwrap());
            }
        }
    }
    files
}

#[test]
#[ignore = "takes minutes and 1 GB of disk: scripts/projects-large runs it"]
fn one_step_creates_and_mirrors_all_and_then_sends_only_what_is_new() {
    let sides = Sides::new();
    let task = [sides.task()];
    let (first, traffic) = sides.run("first mirror, one step", &task);
    // That of a run which ends at once is not always seen.
    assert!(first[0].peak > 0, "no memory was measured");
    expect_all_mirrored(&first);
    assert_eq!(sum(&first, "refsCreated"), COUNT * REFS);
    assert_eq!(traffic.created(), names());
    for name in names() {
        let path = format!("{}/{name}", container(DESTINATION));
        assert_eq!(sides.destination.find(&path).unwrap().visibility, "private");
    }
    sides.expect_equal(&names());

    let (second, traffic) = sides.run("again, one step", &task);
    expect_all_mirrored(&second);
    assert_eq!(sum(&second, "refsUnchanged"), COUNT * REFS);
    traffic.expect_nothing_sent();

    let changed: Vec<_> = names().into_iter().step_by(COUNT / 5).collect();
    for name in &changed {
        let repository = sides.repository(name);
        repository.commit("topic", 1);
        let branch = head(&repository);
        repository.git(&["branch", "-m", branch.trim_start_matches("refs/heads/"), "renamed"]);
    }
    let (third, traffic) = sides.run("5 of 200 changed, their default branch renamed", &task);
    expect_all_mirrored(&third);
    assert_eq!(traffic.pushers().into_keys().collect::<Vec<_>>(), changed);
    sides.expect_equal(&names());
}

#[test]
#[ignore = "takes minutes and 1 GB of disk: scripts/projects-large runs it"]
fn three_jobs_mirror_all_side_by_side_each_by_one() {
    let sides = Sides::new();
    let (first, traffic) = sides.run("first mirror, three jobs at the same time", &sides.jobs());
    expect_all_mirrored(&first);
    assert_eq!(traffic.created(), names());
    let pushers = traffic.pushers();
    assert_eq!(pushers.keys().copied().collect::<Vec<_>>(), names());
    let jobs: BTreeSet<_> = pushers.values().flatten().collect();
    assert_eq!(jobs.len(), JOBS, "{jobs:?}");
    for (name, jobs) in pushers {
        assert_eq!(jobs.len(), 1, "{name} by {jobs:?}");
    }
    sides.expect_equal(&names());

    let (second, traffic) = sides.run("again, three jobs at the same time", &sides.jobs());
    expect_all_mirrored(&second);
    traffic.expect_nothing_sent();
}

#[test]
#[ignore = "takes minutes and 1 GB of disk: scripts/projects-large runs it"]
fn an_unrelated_repository_among_all_stands_untouched_and_fails_alone() {
    let sides = Sides::new();
    let stranger = sides.destination.add(&format!("{}/{}", container(DESTINATION), name(7)));
    stranger.commit("main", 5);
    stranger.commit("other", 3);
    stranger.set("refs/tags/v1", "refs/heads/other");
    let before = files(&stranger.path);
    let (outcomes, traffic) = sides.run("first mirror, one unrelated", &[sides.task()]);
    let errors = outcomes[0].failed();
    for path in [format!("{CONTAINER}/_git/{}", name(7)), format!("contoso/{}", name(7))] {
        assert!(errors.contains(&path), "{path} is not in: {errors}");
    }
    assert_eq!(sum(&outcomes, "repositoriesMirrored"), COUNT - 1);
    assert_eq!(sum(&outcomes, "repositoriesFailed"), 1);
    assert!(section(&outcomes[0].page, "Why they failed\n").contains(&name(7)), "{}", outcomes[0].page);
    assert!(!traffic.pushers().contains_key(name(7).as_str()));
    assert_eq!(files(&stranger.path), before);
    let others: Vec<_> = names().into_iter().filter(|other| *other != name(7)).collect();
    sides.expect_equal(&others);
}

#[test]
#[ignore = "takes minutes and 1 GB of disk: scripts/projects-large runs it"]
fn the_run_after_a_killed_job_makes_all_equal() {
    let sides = Sides::new();
    let kill = |runs: &[Running]| {
        let started = Instant::now();
        while sides.destination.paths().len() < COUNT / 3 {
            assert!(started.elapsed() < PATIENCE, "nothing begins");
            thread::sleep(Duration::from_millis(2));
        }
        runs[1].signal(Signal::KILL);
    };
    let (outcomes, _) = sides.run_with("three jobs, one of them killed", &sides.jobs(), kill);
    assert_eq!(outcomes[1].status, None, "it was killed, not done:\n{}", outcomes[1].text);
    outcomes[0].succeeded();
    outcomes[2].succeeded();
    let mirrored = sum(&[outcomes[0].clone(), outcomes[2].clone()], "repositoriesMirrored");
    let there = sides.destination.paths().len();
    assert!(mirrored < there && there < COUNT, "{there} begun, {mirrored} of them by the other jobs");

    let (again, traffic) = sides.run("three jobs, all of them again", &sides.jobs());
    expect_all_mirrored(&again);
    assert_eq!(traffic.created().len(), COUNT - there);
    assert!(traffic.pushers().len() <= COUNT - mirrored, "what was mirrored is not pushed again");
    sides.expect_equal(&names());
}

#[test]
#[ignore = "takes minutes and 1 GB of disk: scripts/projects-large runs it"]
fn one_refused_one_vanished_one_empty_and_one_disabled_are_told_and_the_others_mirrored() {
    let sides = Sides::new();
    let [vanished, disabled, refused] = [10, 20, 30].map(name);
    // One page, so that none is missed in a later one after the first has vanished.
    sides.source.world().page = 1000;
    sides.source.world().fates.push((format!("{CONTAINER}/{vanished}"), Fate::Vanishes));
    sides.source.change(&format!("{CONTAINER}/{disabled}"), |one| one.standing = Standing::Disabled);
    sides.source.add(&format!("{CONTAINER}/vacant"));
    let declines = sides.destination.add(&format!("{}/{refused}", container(DESTINATION)));
    declines.hook("pre-receive", "echo the policy says no >&2; exit 1");

    let what = "first mirror, one refused, one vanished, one empty, one disabled";
    let (outcomes, _) = sides.run(what, &[sides.task()]);
    outcomes[0].failed();
    assert_eq!(sum(&outcomes, "repositoriesFailed"), 2);
    // The others, and the empty one.
    assert_eq!(sum(&outcomes, "repositoriesMirrored"), COUNT - 3 + 1);
    let page = &outcomes[0].page;
    let failed = section(page, "Why they failed\n");
    for part in [vanished.as_str(), "TF401019", refused.as_str(), "the policy says no"] {
        assert!(failed.contains(part), "'{part}' is not in:\n{failed}");
    }
    // The mirror that is not there yet is no second reason.
    assert_eq!(
        failed.lines().filter(|line| line.starts_with(&format!("- `{vanished}`"))).count(),
        1,
        "{failed}"
    );
    assert!(section(page, "Disabled at the source, not mirrored: 1\n").contains(&disabled), "{page}");
    let row = page.lines().find(|line| line.starts_with("| ") && line.contains("`vacant`"));
    assert!(row.is_some_and(|row| row.contains("empty") && row.contains("created")), "{page}");

    assert!(declines.refs(&[]).is_empty() && sides.mirror("vacant").refs(&[]).is_empty());
    let left_out = [vanished, disabled, refused];
    let others: Vec<_> = names().into_iter().filter(|other| !left_out.contains(other)).collect();
    sides.expect_equal(&others);
}
