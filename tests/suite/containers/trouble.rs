//! Trouble with one repository or with the host, and what becomes of the others.

use super::{Folder, KINDS, container, empty_host, expect_mirror, from_host, host_with, hosted, to_host};
use crate::support::host_double::{Fate, Kind};

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
