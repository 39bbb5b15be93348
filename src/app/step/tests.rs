use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use git2::{Repository, Signature};
use tempfile::TempDir;

use super::*;
use crate::agent::recorder::Written;
use crate::agent::testing;
use crate::app::attempts::MirrorRun;
use crate::cancel::{CancelReason, CancelToken};
use crate::error::Purpose;
use crate::local::CloneFolder;
use crate::report::progress::Share;
use crate::report::testing::{log_to, step};

/// Three pairs in a folder: sources `a`, `b` and `c` of one commit each, and places `a.copy`, `b.copy` and `c.copy`.
struct Pairs(TempDir);

impl Pairs {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for name in ["a", "b", "c"] {
            let repository = Repository::init_bare(folder.path().join(name)).unwrap();
            let tree = repository.find_tree(repository.treebuilder(None).unwrap().write().unwrap()).unwrap();
            let author = Signature::new("a", "a@example.org", &git2::Time::new(0, 0)).unwrap();
            repository.commit(Some("refs/heads/main"), &author, &author, name, &tree, &[]).unwrap();
        }
        Self(folder)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Reads a step of one pair, with mirrors that are made one after the other.
    fn step_of(&self, name: &str) -> Step {
        let destination = self.path(&format!("{name}.copy"));
        let variables = [("INPUT_PARALLELREPOSITORIES", "1")];
        step(self.path(name).to_str().unwrap(), destination.to_str().unwrap(), &variables)
    }

    fn step(&self) -> Step {
        self.step_of("a")
    }

    /// Returns one mirror for each pair.
    fn mirrors(&self) -> Vec<Arc<MirrorSpec>> {
        ["a", "b", "c"].iter().map(|name| self.step_of(name).given).collect()
    }

    fn is_mirrored(&self, name: &str) -> bool {
        let main = |path: &Path| Repository::open_bare(path).ok()?.refname_to_id("refs/heads/main").ok();
        let copy = main(&self.path(&format!("{name}.copy")));
        copy.is_some() && copy == main(&self.path(name))
    }
}

/// Cancels the step when this is written.
struct CancelAt(String, CancelToken, Written);

impl Write for CancelAt {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if bytes.windows(self.0.len()).any(|part| part == self.0.as_bytes()) {
            self.1.now(CancelReason::Cancelled);
        }
        self.2.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The value of an output variable in what the agent reads.
fn variable(output: &str, name: &str) -> Option<String> {
    let mut commands = testing::lines(output).into_iter().filter_map(testing::parse);
    commands.find(|command| command.property("variable") == Some(name)).map(|command| command.data)
}

#[test]
fn a_mirror_that_fails_leaves_the_others_their_turn() {
    let (pairs, output) = (Pairs::new(), Written::default());
    fs::remove_dir_all(pairs.path("b")).unwrap();
    let (step, log) = (pairs.step(), log_to(&output));
    let outcome = mirror_all(&step, Extent::Named, &pairs.mirrors(), &Services::start(), &log);
    let is_done: Vec<_> = outcome.mirrors.iter().map(|mirror| mirror.result.is_ok()).collect();
    assert_eq!(is_done, [true, false, true]);
    assert_eq!(finish::close(&log, &step, &outcome), TaskResult::Failed);
    assert_eq!(["a", "b", "c"].map(|name| pairs.is_mirrored(name)), [true, false, true]);
    let output = output.text();
    assert_eq!(variable(&output, "refsCreated").as_deref(), Some("2"), "{output}");
    assert_eq!(output.matches("##vso[task.complete ").count(), 1, "{output}");
    for (name, end) in
        [("a", "mirrored: 1 created"), ("b", "not mirrored; nothing"), ("c", "mirrored: 1 created")]
    {
        assert!(output.contains(&format!("{}: {end}", pairs.path(name).display())), "{output}");
    }
    assert!(output.contains("\n1 of 3 mirrors failed in "), "{output}");
}

#[test]
fn a_cancel_between_mirrors_leaves_each_its_own_truth() {
    let (pairs, output) = (Pairs::new(), Written::default());
    let step = pairs.step();
    let services = Services::start();
    let listing = format!("source: {}", pairs.path("b").display());
    let sink = CancelAt(listing, services.cancel.clone(), output.clone());
    let environment = Environment { variables: vec![("TF_BUILD".into(), "True".into())], arguments: vec![] };
    let log = Log::new(Box::new(sink), Box::new(io::sink()), &environment);
    let outcome = mirror_all(&step, Extent::Named, &pairs.mirrors(), &services, &log);
    let began: Vec<_> = outcome.mirrors.iter().map(|of| (of.attempts, of.push_started)).collect();
    assert_eq!(began, [(1, true), (1, false), (0, false)]);
    assert_eq!(finish::close(&log, &step, &outcome), TaskResult::Failed);
    assert_eq!(["a", "b", "c"].map(|name| pairs.is_mirrored(name)), [true, false, false]);
    let output = output.text();
    for (name, end) in [
        ("a", "mirrored: 1 created"),
        ("b", "the run was cancelled; nothing was changed at the destination"),
        ("c", "not begun: the run was cancelled; nothing was changed at the destination"),
    ] {
        assert!(output.contains(&format!("{}: {end}", pairs.path(name).display())), "{output}");
    }
    assert!(output.contains("type=error]the run was cancelled; 2 of 3 mirrors were not done"), "{output}");
}

#[test]
fn the_last_words_know_how_far_each_mirror_is() {
    let (pairs, output) = (Pairs::new(), Written::default());
    let (step, log) = (pairs.step(), log_to(&output));
    let (services, mirrors) = (Services::start(), pairs.mirrors());
    services.states.extend(Extent::Named, &mirrors);
    services.states.track(0, |push_started| {
        let share = Share { at: 0, of: 3 };
        MirrorRun::new(&step, &mirrors[0], &services, &log, share, push_started).run()
    });
    services.cancel.now(CancelReason::TimeLimit);
    services.states.track(1, |push_started| {
        push_started.note();
        finish::close_overdue(&log, &step, &services.outcome());
        crate::report::testing::ended(&mirrors[1], Err(Vec::new()))
    });
    let output = output.text();
    for (name, end) in [
        ("a", "mirrored: 1 created"),
        (
            "b",
            "the run took longer than 350 min 0 s, its time limit; what it changed at the destination is not known",
        ),
        ("c", "not begun: the run took longer than 350 min 0 s, its time limit; nothing was changed"),
    ] {
        assert!(output.contains(&format!("{}: {end}", pairs.path(name).display())), "{output}");
    }
}

#[test]
fn a_clone_that_fails_keeps_its_mirror_from_its_turn() {
    let (pairs, output) = (Pairs::new(), Written::default());
    let folder = CloneFolder::trusted(pairs.path("b"));
    let mut step = pairs.step();
    Arc::get_mut(&mut step.given).unwrap().clone_directory = Some(folder);
    let outcome = run(&step, &Services::start(), &log_to(&output));
    let errors = outcome.mirrors[0].result.as_ref().unwrap_err();
    assert_eq!(errors.iter().map(|error| error.label.purpose).collect::<Vec<_>>(), [Purpose::Clone]);
    assert!(errors[0].to_string().starts_with("cannot list refs of clone directory '"), "{}", errors[0]);
    assert!(!pairs.is_mirrored("a"));
}
