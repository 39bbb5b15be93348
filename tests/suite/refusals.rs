//! Pushes that a destination refuses as a whole because of some refs: those are found and named, the others go.

use crate::support::git::BRANCHES_AND_TAGS;
use crate::support::git_server::{Protocol, Request};
use crate::support::nginx::Scheme;
use crate::support::pair::{Pair, Way};
use crate::support::recorded::{Recorded, contains};
use crate::support::scripted::{Scripted, pkt};
use crate::support::task::{Outcome, Task};

/// A source with branches by these names, each with a commit of its own.
fn with_branches(names: &[&str]) -> Recorded {
    let pair = Recorded::start(Protocol::V2);
    for name in names {
        pair.source.commit(name, 1);
    }
    pair
}

/// Expects that all branches are at the destination but these, which the log names as refused.
#[track_caller]
fn expect_refused(pair: &Recorded, outcome: &Outcome, refused: &[&str]) {
    let mut expected = pair.source.refs(BRANCHES_AND_TAGS);
    for name in refused {
        expected.remove(&format!("refs/heads/{name}")).unwrap();
        assert!(outcome.text.contains(&format!("'refs/heads/{name}'")), "{name}: {}", outcome.text);
    }
    assert_eq!(pair.destination.refs(BRANCHES_AND_TAGS), expected, "{}", outcome.text);
    pair.destination.fsck();
    assert_eq!(outcome.counts(), [expected.len() as u64, 0, 0, refused.len() as u64, 0]);
}

const NAMES: &[&str] = &["a", "bad-1", "b", "c", "d", "e", "bad-2", "f", "g", "main"];

#[test]
fn a_hook_that_refuses_all_for_some_refs_keeps_only_those_out() {
    for said in ["", "echo \"no $ref here\" >&2;"] {
        let pair = with_branches(NAMES);
        let script = format!(
            "while read old new ref; do case $ref in *bad*) {said} bad=1 ;; esac; done; [ -z \"$bad\" ]"
        );
        pair.destination.hook("pre-receive", &script);
        let outcome = pair.task().input("rejectedRefs", "warn").run();
        assert_eq!(outcome.result(), "SucceededWithIssues", "{}", outcome.text);
        expect_refused(&pair, &outcome, &["bad-1", "bad-2"]);
    }
}

#[test]
fn a_refusal_without_a_report_keeps_only_its_cause_out() {
    let pair = with_branches(NAMES);
    let repository = pair.destination.clone();
    let destination = Scripted::start(move |exchange| {
        if !exchange.is("POST", "/git-receive-pack") {
            return exchange.as_git(&repository, 2, |_, answer| answer);
        }
        let request = exchange.body()?;
        let fields = [("Content-Type", "application/x-git-receive-pack-result")];
        if contains(&request, b"refs/heads/bad") {
            let refusal = [pkt(b"\x03no branch is called bad here\n"), b"0000".to_vec()].concat();
            return exchange.answer("200 OK", &fields, &refusal);
        }
        let answer = crate::support::git::rpc(&repository, "receive-pack", 0, Some(&request));
        exchange.answer("200 OK", &fields, &answer)
    });
    let outcome = Task::new(&pair.source_url(), &destination.url("destination")).run();
    let error = outcome.failed();
    assert!(error.contains("bad-1") && error.contains("no branch is called bad here"), "{error}");
    expect_refused(&pair, &outcome, &["bad-1", "bad-2"]);
}

#[test]
fn a_branch_that_is_too_large_keeps_no_other_out() {
    for noise in [300_000, 3_000_000] {
        let pair = with_branches(&["a", "b", "large", "main"]);
        pair.source.commit_noise("large", noise);
        pair.destination.git(&["config", "receive.maxInputSize", "200000"]);
        let outcome = pair.task().run();
        let error = outcome.failed();
        assert!(error.contains("refs/heads/large"), "{error}");
        assert!(outcome.text.contains("pack exceeds maximum allowed size"), "{}", outcome.text);
        // It stands before the commit that is too large, which is named.
        let [before, large] =
            ["large^", "large"].map(|name| pair.source.git(&["rev-parse", name]).trim().to_owned());
        assert!(error.contains(&large), "{error}");
        let mut expected = pair.source.refs(BRANCHES_AND_TAGS);
        expected.insert("refs/heads/large".to_owned(), before);
        assert_eq!(pair.destination.refs(BRANCHES_AND_TAGS), expected, "{}", outcome.text);
        pair.destination.fsck();
    }
}

#[test]
fn a_host_that_takes_few_refs_at_once_gets_few() {
    let pair = with_branches(&["a", "b", "c", "d", "e", "f", "main"]);
    let said = "GH013: Pushes can not update more than 2 branches or tags.";
    let script = format!("[ $(wc -l) -le 2 ] || {{ echo '{said}' >&2; exit 1; }}");
    pair.destination.hook("pre-receive", &script);
    let outcome = pair.task().run();
    expect_refused(&pair, outcome.succeeded(), &[]);
}

#[test]
fn lost_objects_of_the_destination_make_a_self_contained_pack() {
    for protocol in [Protocol::V2, Protocol::V0] {
        let pair = Recorded::start(protocol);
        pair.source.commit("main", 1);
        pair.task().run().succeeded();
        let blob = pair.destination.git(&["rev-parse", "main:src/main.txt"]);
        let (folder, file) = blob.split_at(2);
        std::fs::remove_file(pair.destination.path.join("objects").join(folder).join(file)).unwrap();
        pair.source.commit("main", 1);
        drop(pair.requests());

        pair.task().run().succeeded();
        assert_eq!(pair.destination.refs(&[]), pair.source.refs(&[]));
        let fetches: Vec<_> = pair.requests().into_iter().filter(Request::asks_for_pack).collect();
        let thin = fetches.iter().map(|request| contains(&request.plain_body(), b"thin-pack"));
        assert_eq!(thin.collect::<Vec<_>>(), [true, false]);
    }
}

/// Mirrors 300 branches to a destination whose hooks refuse all but `main`, and expects each one's reason in the log.
#[track_caller]
fn expect_each_reason(hook: &str, script: &str, reason: impl Fn(&str) -> String) {
    let way = Way::web(Scheme::Http, Protocol::V2);
    let pair = Pair::mirrored(way);
    pair.source.branch_many("many", 300);
    pair.destination.hook(hook, script);
    let outcome = pair.task().run();
    let [_, _, _, rejected, _] = outcome.counts();
    assert_eq!(rejected, 300, "{}", outcome.text);
    for number in 0..300 {
        let reason = reason(&format!("refs/heads/many/{number:05}"));
        assert!(outcome.text.contains(&reason), "{reason}");
    }
}

#[test]
fn each_of_300_refused_refs_has_its_reason_by_an_update_hook() {
    let script = "echo \"GitLab: $1: You are not allowed to force push code to a protected branch on this project. Ask a \
                  maintainer, or see https://gitlab.example.com/help/user/project/repository/branches/protected\" >&2
                  echo 'To learn more, read the page on protected branches that your administrator wrote.' >&2; exit 1";
    expect_each_reason("update", script, |name| format!("GitLab: {name}: You are not allowed to force push"));
}

#[test]
fn each_of_300_protected_branches_has_its_reason_of_github() {
    let script = "printf 'error: GH006: Protected branch update failed for %s.\\nerror: \\n\
                  error: - Changes must be made through a pull request.\\nerror: \\n\
                  error: - Required status check \"build and test on all platforms\" is expected.\\n' $1 >&2; exit 1";
    expect_each_reason("update", script, |name| format!("GH006: Protected branch update failed for {name}."));
}
