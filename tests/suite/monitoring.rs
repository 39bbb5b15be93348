//! What others learn of a run: the monitor that is asked, the tags of the build, and the result that is attached.

use crate::support::git_server::Protocol;
use crate::support::recorded::Recorded;
use crate::support::scripted::Scripted;
use crate::support::task::{Outcome, Task};

const PATH: &str = "ping/1a2b3c4d-5e6f7081?key=s3cr3tt0ken";

/// A monitor that answers so.
fn monitor(status: &'static str, fields: &'static [(&'static str, &'static str)]) -> Scripted {
    Scripted::start(move |exchange| exchange.answer(status, fields, b"OK"))
}

fn watched(task: Task, monitor: &Scripted) -> Task {
    task.input("heartbeatUri", &monitor.url(PATH))
}

/// Asserts that nothing of the address but its server is shown.
fn assert_hidden(outcome: &Outcome) {
    let shown = outcome.visible() + &outcome.page;
    for part in ["1a2b3c4d", "s3cr3t", "ping/"] {
        assert!(!shown.contains(part), "{part} is in {shown}");
    }
}

#[test]
fn a_monitor_is_asked_once_after_a_success_also_of_nothing_to_do() {
    let (pair, monitor) = (Recorded::start(Protocol::V2), monitor("200 OK", &[]));
    pair.source.commit("main", 3);
    for runs in 1..=2 {
        let outcome = watched(pair.task(), &monitor).variable("SYSTEM_DEBUG", "true").run();
        assert_hidden(outcome.succeeded());
        let seen = monitor.seen();
        assert_eq!(seen.len(), runs);
        assert!(
            seen.iter().all(|head| head.method == "GET" && head.target == format!("/{PATH}")),
            "{seen:?}"
        );
    }
}

#[test]
fn by_hand_the_address_comes_as_a_token_does() {
    let (pair, monitor) = (Recorded::start(Protocol::V2), monitor("204 No Content", &[]));
    pair.source.commit("main", 3);
    let by_hand = |flags: &[&str]| {
        let urls = [pair.source_url(), pair.destination_url()];
        Task::by_hand(&[&["--source", &urls[0], "--destination", &urls[1]], flags].concat())
    };
    let outcome = by_hand(&[]).variable("HEARTBEAT_URI", &monitor.url(PATH)).run();
    assert_eq!((outcome.status, monitor.seen().len()), (Some(0), 1), "{}", outcome.text);
    assert_hidden(&outcome);
    let refused = by_hand(&["--heartbeat-uri", "x"]).run();
    assert!(refused.status != Some(0) && refused.text.contains("HEARTBEAT_URI"), "{}", refused.text);
}

#[test]
fn a_monitor_hears_of_no_dry_run_no_failure_and_no_success_with_issues() {
    let (pair, monitor) = (Recorded::start(Protocol::V2), monitor("200 OK", &[]));
    pair.source.commit("main", 3);
    watched(pair.task().input("dryRun", "true"), &monitor).run().succeeded();
    let gone = Task::new(&pair.source_url().replace("source", "gone"), &pair.destination_url());
    watched(gone, &monitor).run().failed();
    let refused = |outcome: &str| {
        pair.destination.hook("update", "exit 1");
        watched(pair.task().input("rejectedRefs", outcome), &monitor).run()
    };
    assert_eq!(refused("warn").result(), "SucceededWithIssues");
    refused("fail").failed();
    assert!(monitor.seen().is_empty(), "{:?}", monitor.seen());
}

#[test]
fn a_monitor_that_fails_is_a_warning_and_the_step_stays_as_it_was() {
    let pair = Recorded::start(Protocol::V2);
    pair.source.commit("main", 3);
    for (status, fields, requests) in [
        ("503 Service Unavailable", &[][..], 3),
        ("404 Not Found", &[], 1),
        ("302 Found", &[("Location", "http://127.0.0.1:1/ping/1a2b3c4d-5e6f7081")], 1),
    ] {
        let monitor = monitor(status, fields);
        let outcome = watched(pair.task(), &monitor).run();
        assert_eq!(outcome.result(), "Succeeded", "{}", outcome.text);
        let [warning] = outcome.warnings()[..] else { panic!("{}", outcome.text) };
        assert!(
            warning.contains("heartbeat to 127.0.0.1 failed") && warning.contains(&status[..3]),
            "{warning}"
        );
        assert_eq!(monitor.seen().len(), requests, "{status}");
        assert_hidden(&outcome);
    }
}

#[test]
fn a_monitor_is_asked_when_all_but_the_result_is_written() {
    let (pair, monitor) = (Recorded::start(Protocol::V2), monitor("200 OK", &[]));
    pair.source.commit("main", 3);
    let outcome = watched(pair.task(), &monitor).run();
    let at = |text: &str| outcome.text.find(text).unwrap_or_else(|| panic!("{text}: {}", outcome.text));
    let order = ["Mirrored: ", "task.uploadsummary", "task.addattachment", "heartbeat sent", "task.complete"];
    assert!(order.map(at).is_sorted(), "{}", outcome.text);
}

#[test]
fn a_monitor_hears_of_a_success_with_a_warning() {
    let (pair, monitor) = (Recorded::start(Protocol::V2), monitor("200 OK", &[]));
    pair.source.commit("main", 3);
    let outcome =
        watched(pair.task().input("includeRefs", "refs/heads/main\nrefs/heads/gone"), &monitor).run();
    assert_eq!(outcome.result(), "Succeeded", "{}", outcome.text);
    assert_eq!((outcome.warnings().len(), monitor.seen().len()), (1, 1), "{}", outcome.text);
}

#[test]
fn a_slash_at_the_end_of_the_address_is_asked_for() {
    let (pair, monitor) = (Recorded::start(Protocol::V2), monitor("200 OK", &[]));
    pair.source.commit("main", 3);
    pair.task().input("heartbeatUri", &monitor.url("ping/1a2b/")).run().succeeded();
    let targets: Vec<_> = monitor.seen().iter().map(|head| head.target.clone()).collect();
    assert_eq!(targets, ["/ping/1a2b/"]);
}

#[test]
fn a_long_answer_of_a_monitor_is_a_success_at_once() {
    let pair = Recorded::start(Protocol::V2);
    pair.source.commit("main", 3);
    let monitor = Scripted::start(|exchange| exchange.answer("200 OK", &[], &vec![b' '; 70 << 10]));
    let outcome = watched(pair.task(), &monitor).run();
    outcome.succeeded();
    assert!(outcome.warnings().is_empty(), "{:?}", outcome.warnings());
    assert_eq!(monitor.seen().len(), 1);
}

#[test]
fn a_monitor_that_cannot_be_reached_is_named_once() {
    let pair = Recorded::start(Protocol::V2);
    pair.source.commit("main", 3);
    let outcome = pair.task().input("heartbeatUri", &format!("http://127.0.0.1:1/{PATH}")).run();
    let [warning] = outcome.warnings()[..] else { panic!("{}", outcome.text) };
    assert_eq!(warning.matches("127.0.0.1").count(), 1, "{warning}");
    assert_hidden(&outcome);
}

#[test]
fn a_heartbeat_that_is_no_url_fails_the_step_and_is_not_shown() {
    let pair = Recorded::start(Protocol::V2);
    let outcome = pair.task().input("heartbeatUri", "ftp://status.example/ping/1a2b3c4d").run();
    let error = outcome.failed();
    assert!(error.contains("'heartbeatUri'"), "{error}");
    assert_hidden(&outcome);
}

#[test]
fn a_build_is_tagged_and_a_release_is_not() {
    let pair = Recorded::start(Protocol::V2);
    pair.source.commit("main", 3);
    let tags = |task: Task, host: &str| -> Vec<String> {
        let outcome = task.input("buildTags", "true").variable("SYSTEM_HOSTTYPE", host).run();
        outcome.named("build.addbuildtag").iter().map(|command| command.data.clone()).collect()
    };
    assert_eq!(tags(pair.task().input("dryRun", "true"), "build"), Vec::<String>::new());
    assert_eq!(tags(pair.task(), "build"), ["mirror-changed"]);
    assert_eq!(tags(pair.task(), "build"), Vec::<String>::new());
    let gone = || Task::new(&pair.source_url().replace("source", "gone"), &pair.destination_url());
    assert_eq!(tags(gone(), "build"), ["mirror-failed"]);
    assert_eq!(tags(gone(), "release"), Vec::<String>::new());
}

#[test]
fn the_result_is_attached_to_the_step() {
    let pair = Recorded::start(Protocol::V2);
    pair.source.commit("main", 3);
    let outcome = pair.task().run();
    let [attached] = outcome.named("task.addattachment")[..] else { panic!("{}", outcome.text) };
    assert_eq!(attached.properties["type"], "mirror-git-repository");
    assert_eq!(attached.properties["name"], "result.json");
    assert!(
        attached.data.contains("Mirror to destination")
            && outcome.page.contains("verified by listing the mirror at")
    );
}
