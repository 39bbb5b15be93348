//! Trouble with one repository or with the host, and what becomes of the others.

use std::time::Duration;

use super::{Folder, KINDS, container, empty_host, expect_mirror, from_host, host_with, hosted, to_host};
use crate::support::host_double::world::Fate;
use crate::support::host_double::{Fault, Kind, Place};
use crate::support::task::Task;

#[test]
fn one_that_vanishes_after_it_was_listed_fails_alone() {
    for kind in KINDS {
        let host = host_with(kind, &["app", "gone", "web"]);
        host.world().fates.push((format!("{}/gone", container(kind)), Fate::Vanishes));
        let folder = Folder::new(&[]);
        let outcome = from_host(&host, &folder).run();
        assert!(outcome.failed().contains("gone"), "{kind:?}\n{}", outcome.text);
        for name in ["app", "web"] {
            expect_mirror(&hosted(&host, name), &folder.repository(name));
        }
    }
}

#[test]
fn one_that_vanishes_has_one_reason_also_where_its_mirror_is_not_there_yet() {
    let (source, destination) = (host_with(Kind::Gitea, &["app", "gone"]), empty_host(Kind::GitHub));
    source.world().fates.push(("contoso/gone".into(), Fate::Vanishes));
    let outcome = Task::new(&source.url("contoso"), &destination.url("contoso"))
        .input("sourceHostKind", "gitea")
        .input("destinationHostKind", "github")
        .input("createDestination", "private")
        .run();
    outcome.failed();
    let reasons = outcome.page.lines().filter(|line| line.starts_with("- `gone`: ")).count();
    assert_eq!(reasons, 1, "{}", outcome.page);
    assert_eq!(destination.paths(), ["contoso/app"]);
}

#[test]
fn one_that_is_renamed_after_it_was_listed_is_mirrored_where_the_host_leads_to_it() {
    let host = host_with(Kind::GitHub, &["app", "old"]);
    host.world().fates.push(("contoso/old".into(), Fate::IsRenamed("new".into())));
    let folder = Folder::new(&[]);
    let outcome = from_host(&host, &folder).run();
    assert_ne!(outcome.result(), "Failed", "{}", outcome.text);
    expect_mirror(&hosted(&host, "new"), &folder.repository("old"));
}

#[test]
fn one_that_a_hook_refuses_fails_alone() {
    let folder = Folder::new(&["app", "refused", "web"]);
    let host = empty_host(Kind::GitHub);
    for name in ["app", "refused", "web"] {
        host.add(&format!("contoso/{name}"));
    }
    hosted(&host, "refused").hook("pre-receive", "echo the policy says no >&2; exit 1");
    let outcome = to_host(&folder, &host).run();
    let errors = outcome.failed();
    assert!(errors.contains("policy says no") && errors.contains("refused"), "{errors}");
    assert!(hosted(&host, "refused").refs(&[]).is_empty());
    for name in ["app", "web"] {
        expect_mirror(&folder.repository(name), &hosted(&host, name));
    }
}

#[test]
fn a_server_that_fails_once_is_asked_again() {
    for kind in KINDS {
        let host = host_with(kind, &["app"]);
        host.world().faults.push_back((Place::Interface, Fault::Broken));
        let folder = Folder::new(&[]);
        let outcome = from_host(&host, &folder).run();
        assert_eq!(outcome.result(), "Succeeded", "{kind:?}\n{}", outcome.text);
        expect_mirror(&hosted(&host, "app"), &folder.repository("app"));
    }
}

#[test]
fn nothing_goes_to_an_interface_before_the_time_that_it_told() {
    for kind in KINDS {
        let host = host_with(kind, &["app", "docs"]);
        host.world().faults.push_back((Place::Interface, Fault::TooMany(2)));
        let folder = Folder::new(&[]);
        let outcome = from_host(&host, &folder).run();
        assert_eq!(outcome.result(), "Succeeded", "{kind:?}\n{}", outcome.text);
        expect_waiting(&host.seen(), 2);
    }
}

#[test]
fn one_refusal_of_too_many_requests_slows_all_of_that_host() {
    let names: Vec<_> = (0..8).map(|number| format!("app-{number}")).collect();
    for kind in [Kind::GitHub, Kind::AzureServer, Kind::Gitea] {
        let host = host_with(kind, &names.iter().map(String::as_str).collect::<Vec<_>>());
        host.world().faults.extend([(Place::Git, Fault::None), (Place::Git, Fault::TooMany(2))]);
        let folder = Folder::new(&[]);
        let outcome = from_host(&host, &folder).input("maxAttempts", "4").run();
        assert_eq!(outcome.result(), "Succeeded", "{kind:?}\n{}", outcome.text);
        assert_eq!(folder.names(), names);
        expect_waiting(&host.seen(), 2);
    }
}

/// Expects no request between a refusal and the end of the time that it told, but for those that were under way.
#[track_caller]
fn expect_waiting(seen: &[crate::support::host_double::Seen], seconds: u64) {
    let refused = seen.iter().find(|seen| seen.status == 429).expect("a refusal").at;
    let under_way = Duration::from_millis(500);
    let wait = Duration::from_secs(seconds).saturating_sub(Duration::from_millis(50));
    let early: Vec<_> =
        seen.iter().filter(|seen| seen.at > refused + under_way && seen.at < refused + wait).collect();
    assert!(early.is_empty(), "{early:#?}");
    assert!(seen.iter().any(|seen| seen.at >= refused + wait), "it was asked again");
}
