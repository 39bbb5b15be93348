//! Outcomes of single refs that pass by themselves: a lock, a value that moved meanwhile. The next attempt brings them.

use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use crate::support::git::{Repository, git, output};
use crate::support::git_server::Protocol;
use crate::support::recorded::Recorded;
use crate::support::scripted::{Exchange, Scripted};
use crate::support::task::{Outcome, Task};

fn failed_attempts(outcome: &Outcome) -> usize {
    outcome.log.iter().filter(|line| line.starts_with("attempt ") && line.contains(" begins in ")).count()
}

/// Mirrored once; then the source has moved on in two branches.
fn pair() -> Recorded {
    let pair = Recorded::start(Protocol::V2);
    pair.source.commit("main", 1);
    pair.source.commit("other", 1);
    pair.task().run().succeeded();
    pair.source.commit("main", 1);
    pair.source.commit("other", 1);
    pair
}

/// Locks `main` as another process of Git would.
fn lock(repository: &Repository) -> PathBuf {
    let folder = repository.path.join("refs/heads");
    fs::create_dir_all(&folder).unwrap();
    let lock = folder.join("main.lock");
    fs::write(&lock, "").unwrap();
    lock
}

/// Serves the destination; around the first push something happens.
fn destination(
    repository: &Repository,
    before: impl Fn(&Repository) + Send + Sync + 'static,
    after: impl Fn(&Repository) + Send + Sync + 'static,
) -> Scripted {
    let (repository, first) = (repository.clone(), AtomicBool::new(true));
    Scripted::start(move |exchange: &mut Exchange<'_>| {
        if !exchange.is("POST", "/git-receive-pack") || !first.swap(false, Ordering::SeqCst) {
            return exchange.as_git(&repository, 2, |_, answer| answer);
        }
        before(&repository);
        exchange.as_git(&repository, 2, |_, answer| {
            after(&repository);
            answer
        })
    })
}

#[test]
fn a_ref_that_was_locked_comes_with_the_next_attempt() {
    let pair = pair();
    let lock = lock(&pair.destination);
    let destination = destination(&pair.destination, |_| (), move |_| fs::remove_file(&lock).unwrap());
    let outcome = Task::new(&pair.source_url(), &destination.url("destination")).run();
    outcome.succeeded();
    assert_eq!(pair.destination.refs(&[]), pair.source.refs(&[]));
    assert_eq!((failed_attempts(&outcome), outcome.counts()), (1, [0, 2, 0, 0, 0]));
    assert!(outcome.text.contains("refused 'refs/heads/main': failed to update ref"), "{}", outcome.text);
}

#[test]
fn a_lock_that_stays_is_told_after_the_last_attempt() {
    let pair = pair();
    lock(&pair.destination);
    let outcome = pair.task().input("maxAttempts", "2").run();
    let error = outcome.failed();
    assert!(error.contains("refs/heads/main") && error.contains(".lock"), "{error}");
    assert_eq!((failed_attempts(&outcome), outcome.counts()), (1, [0, 1, 0, 1, 0]));
}

#[test]
fn a_ref_that_moved_after_the_listing_is_pushed_from_there() {
    let pair = pair();
    let moves = |repository: &Repository| {
        repository.git(&["update-ref", "refs/heads/main", "refs/heads/other"]);
    };
    let destination = destination(&pair.destination, moves, |_| ());
    let outcome = Task::new(&pair.source_url(), &destination.url("destination")).run();
    outcome.succeeded();
    assert_eq!(pair.destination.refs(&[]), pair.source.refs(&[]));
    assert_eq!((failed_attempts(&outcome), outcome.counts()), (1, [0, 2, 0, 0, 0]));
}

#[test]
fn a_ref_that_a_rule_refuses_is_not_tried_again() {
    let pair = pair();
    pair.destination.hook("update", "[ $1 != refs/heads/main ]");
    let outcome = pair.task().run();
    outcome.failed();
    assert_eq!((failed_attempts(&outcome), outcome.counts()), (0, [0, 1, 0, 1, 0]));
}

/// A folder as the destination, equal to a source that has moved on since, with a lock on `main`.
fn folders() -> (tempfile::TempDir, Repository, Repository, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let source = Repository::init(folder.path().join("source.git"));
    source.commit("main", 1);
    let path = folder.path().join("destination.git");
    output(git().args(["clone", "-q", "--mirror"]).args([&source.path, &path]), b"");
    source.commit("main", 1);
    let destination = Repository { path };
    let lock = lock(&destination);
    (folder, source, destination, lock)
}

fn task(source: &Repository, destination: &Repository) -> Task {
    Task::new(source.path.to_str().unwrap(), destination.path.to_str().unwrap())
}

#[test]
fn a_local_ref_that_was_locked_comes_with_a_later_attempt() {
    let (_folder, source, destination, lock) = folders();
    let running = task(&source, &destination).start();
    thread::sleep(Duration::from_millis(800));
    fs::remove_file(lock).unwrap();
    running.end().succeeded();
    assert_eq!(destination.refs(&[]), source.refs(&[]));
}

#[test]
fn a_local_ref_that_stays_locked_is_told_with_its_lock() {
    let (_folder, source, destination, _) = folders();
    let outcome = task(&source, &destination).input("maxAttempts", "2").run();
    let error = outcome.failed();
    assert!(error.contains("cannot lock ref") && error.contains("'.lock'"), "{error}");
    assert_eq!(failed_attempts(&outcome), 1);
}
