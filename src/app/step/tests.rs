use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use git2::{Repository, Signature};
use tempfile::TempDir;

use super::*;
use crate::agent::command::TaskResult;
use crate::agent::log::Details;
use crate::agent::recorder::Written;
use crate::agent::testing;
use crate::app::mirror_run::MirrorRun;
use crate::cancel::{CancelReason, CancelToken};
use crate::config::mirror_spec::{Chosen, Existence, Member};
use crate::error::Purpose;
use crate::hosts::listing::Content;
use crate::local::CloneFolder;
use crate::report::finish::OneEnd;
use crate::report::progress::Progress;
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

    /// Returns the same as those of the repositories of a project.
    fn members(&self) -> Vec<Arc<MirrorSpec>> {
        let member = |name: &str| {
            let member = Member {
                path: format!("shop/{name}"),
                content: Content::Code,
                size: None,
                existence: Existence::Unknown,
                place: None,
            };
            let mut spec = self.step_of(name).given;
            Arc::get_mut(&mut spec).unwrap().chosen = Chosen::ByList(Box::new(member));
            spec
        };
        ["a", "b", "c"].map(member).to_vec()
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
    assert_eq!(finish::close(&log, &step, &outcome, &OneEnd::default(), || ()).result(), TaskResult::Failed);
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
    assert_eq!(finish::close(&log, &step, &outcome, &OneEnd::default(), || ()).result(), TaskResult::Failed);
    assert_eq!(["a", "b", "c"].map(|name| pairs.is_mirrored(name)), [true, false, false]);
    let output = output.text();
    for (name, end) in [
        ("a", "mirrored: 1 created"),
        ("b", "cancelled: nothing was changed at the destination"),
        ("c", "not begun, cancelled: nothing was changed at the destination"),
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
        let progress = Progress::new(&log, step.mode);
        MirrorRun::new(&step, &mirrors[0], &services, &log, progress, push_started).run()
    });
    services.cancel.now(CancelReason::TimeLimit);
    services.states.track(1, |push_started| {
        push_started.note();
        finish::close_overdue(&log, &step, &services.outcome(), &services.end);
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

/// Returns the lines of the group whose title begins so, or none.
fn group<'a>(output: &'a str, title: &str) -> Option<Vec<&'a str>> {
    let mut lines = output.lines().skip_while(|line| !line.starts_with(&format!("##[group]{title}")));
    lines.next()?;
    Some(lines.take_while(|line| *line != "##[endgroup]").collect())
}

/// Returns the lines that stand in no group.
fn outside_groups(output: &str) -> Vec<&str> {
    let mut is_inside = false;
    let is_outside = |line: &&str| {
        is_inside |= line.starts_with("##[group]");
        let is_outside = !is_inside;
        is_inside &= *line != "##[endgroup]";
        is_outside
    };
    output.lines().filter(is_outside).collect()
}

/// Runs the members of a project at the same time, and returns what the agent reads until the step ends.
fn run_members(pairs: &Pairs) -> String {
    let (output, urls) = (Written::default(), ["a", "a.copy"].map(|name| pairs.path(name)));
    let [source, destination] = urls.each_ref().map(|path| path.to_str().unwrap());
    let step = step(source, destination, &[("INPUT_PARALLELREPOSITORIES", "3")]);
    mirror_all(&step, Extent::Named, &pairs.members(), &Services::start(), &log_to(&output));
    output.text()
}

#[test]
fn each_mirror_of_many_has_one_line_at_its_plan_and_one_group_at_its_end() {
    let pairs = Pairs::new();
    fs::remove_dir_all(pairs.path("b")).unwrap();
    let output = run_members(&pairs);
    for name in ["a", "c"] {
        let lines = group(&output, &format!("shop/{name}: mirrored: 1 created; verified at ")).unwrap();
        assert!(lines.contains(&format!("source: {}", pairs.path(name).display()).as_str()), "{output}");
        assert!(lines.contains(&"verified: 1 ref matches the source"), "{output}");
        let others: Vec<_> = ["a", "b", "c"].into_iter().filter(|other| *other != name).collect();
        let names_other =
            |line: &&str| others.iter().any(|other| line.contains(&*pairs.path(other).to_string_lossy()));
        assert!(!lines.iter().any(names_other), "{output}");
    }
    let failed = group(&output, "shop/b: not mirrored; nothing was changed").unwrap();
    assert!(failed.iter().any(|line| line.contains("cannot list refs of source")), "{output}");
    let outside = outside_groups(&output);
    let mut plans: Vec<_> = outside.iter().filter(|line| !line.starts_with("##")).collect();
    plans.sort_unstable();
    let plan = |name| format!("shop/{name}: 1 to create");
    assert_eq!(plans, [&plan("a"), &plan("c")], "{output}");
    assert!(
        outside.iter().any(|line| line.starts_with("##vso[task.setprogress value=100]2 of 3 done, 1 failed"))
    );
}

#[test]
fn a_mirror_of_many_that_is_up_to_date_has_one_line() {
    let pairs = Pairs::new();
    run_members(&pairs);
    let output = run_members(&pairs);
    assert!(!output.contains("##[group]"), "{output}");
    let mut lines: Vec<_> = output.lines().filter(|line| !line.starts_with("##vso")).collect();
    lines.sort_unstable();
    let end = "up to date: 1 unchanged; verified at ";
    assert_eq!(lines.len(), 3, "{output}");
    for (line, name) in lines.iter().zip(["a", "b", "c"]) {
        assert!(line.starts_with(&format!("shop/{name}: {end}")), "{output}");
    }
}

#[test]
fn a_mirror_of_many_that_is_cancelled_tells_how_far_it_came() {
    let (pairs, output) = (Pairs::new(), Written::default());
    let (step, services) = (pairs.step(), Services::start());
    let sink = CancelAt("shop/b: 1 to create".to_owned(), services.cancel.clone(), output.clone());
    let environment = Environment { variables: vec![("TF_BUILD".into(), "True".into())], arguments: vec![] };
    let log = Log::new(Box::new(sink), Box::new(io::sink()), &environment);
    mirror_all(&step, Extent::Named, &pairs.members(), &services, &log);
    let output = output.text();
    assert!(group(&output, "shop/a: mirrored: 1 created").is_some(), "{output}");
    let lines = group(&output, "shop/b: cancelled: ").unwrap();
    assert!(lines.contains(&format!("source: {}", pairs.path("b").display()).as_str()), "{output}");
    assert!(!output.contains("shop/c"), "{output}");
}

#[test]
fn the_last_words_hold_the_lines_of_a_mirror_that_hangs() {
    let (pairs, output) = (Pairs::new(), Written::default());
    let (step, log) = (pairs.step(), log_to(&output));
    let (services, mirrors) = (Services::start(), pairs.members());
    services.states.extend(Extent::Named, &mirrors);
    let own = log.kept_back(&announce::not_ended(&mirrors[1]));
    services.states.track(1, |_| {
        own.line("source: b");
        own.remote("source", b"Counting");
        services.cancel.now(CancelReason::TimeLimit);
        std::thread::scope(|scope| scope.spawn(|| last_words(&log, &step, &services)).join()).unwrap();
        own.line("never told");
        crate::report::testing::ended(&mirrors[1], Err(Vec::new()))
    });
    own.release("shop/b: ended after all", Details::Needed);
    let output = output.text();
    let lines = group(&output, "shop/b: not at its end").unwrap();
    assert_eq!(lines, ["source: b", "remote (source): Counting"], "{output}");
    assert!(output.lines().last().unwrap().starts_with("##vso[task.complete result=Failed]"), "{output}");
    assert!(!output.contains("never told") && !output.contains("after all"), "{output}");
}

/// Has a bug when this is written.
struct BugAt(&'static str, Written);

impl Write for BugAt {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        assert!(!bytes.starts_with(self.0.as_bytes()), "a bug");
        self.1.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_bug_in_one_mirror_of_many_loses_no_line() {
    let (pairs, output) = (Pairs::new(), Written::default());
    let step = pairs.step();
    let environment = Environment { variables: vec![("TF_BUILD".into(), "True".into())], arguments: vec![] };
    let sink = BugAt("shop/b: 1 to create", output.clone());
    let log = Log::new(Box::new(sink), Box::new(io::sink()), &environment);
    let result = internal_error::guarded(&log, || {
        finish::close(
            &log,
            &step,
            &mirror_all(&step, Extent::Named, &pairs.members(), &Services::start(), &log),
            &OneEnd::default(),
            || (),
        )
    });
    assert_eq!(result, RunEnd::Failed);
    let output = output.text();
    assert!(group(&output, "shop/a: mirrored: 1 created").is_some(), "{output}");
    let lines = group(&output, "shop/b: not at its end").unwrap();
    assert!(lines.contains(&format!("source: {}", pairs.path("b").display()).as_str()), "{output}");
    assert!(!output.contains("shop/c"), "{output}");
    assert!(output.contains("##vso[task.complete result=Failed]an internal error ended the run"), "{output}");
}
