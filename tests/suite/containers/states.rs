//! Repositories that are not as usual: disabled, empty, archived, forked, and wikis.

use super::{Folder, KINDS, container, expect_mirror, fill, from_host, host_with, hosted, to_host};
use crate::support::host_double::Kind;
use crate::support::host_double::world::{Origin, Shown, Standing};

#[test]
fn one_that_is_disabled_is_left_out_and_all_others_are_mirrored() {
    // Gitea has no such state.
    for kind in KINDS.into_iter().filter(|kind| *kind != Kind::Gitea) {
        let host = host_with(kind, &["archived", "disabled", "fork", "usual"]);
        hosted_empty(&host);
        let path = |name: &str| format!("{}/{name}", container(kind));
        host.change(&path("archived"), |one| one.standing = Standing::Archived);
        host.change(&path("disabled"), |one| one.standing = Standing::Disabled);
        host.change(&path("fork"), |one| one.origin = Origin::Fork);
        let folder = Folder::new(&[]);
        let outcome = from_host(&host, &folder).run();
        assert_eq!(outcome.succeeded().counts(), [9, 0, 0, 0, 0], "{kind:?}\n{}", outcome.text);
        for name in ["archived", "fork", "usual"] {
            expect_mirror(&hosted(&host, name), &folder.repository(name));
        }
        assert!(!folder.names().contains(&"disabled".to_owned()), "{kind:?}");
        assert!(outcome.visible().contains("disabled"), "{kind:?}\n{}", outcome.text);
    }
}

fn hosted_empty(host: &crate::support::host_double::HostDouble) {
    host.add(&format!("{}/empty", container(host.kind())));
}

#[test]
fn an_empty_one_is_created_and_stays_empty() {
    for kind in KINDS {
        let folder = Folder::new(&["app"]);
        folder.add("empty");
        let host = super::empty_host(kind);
        let task = to_host(&folder, &host);
        let outcome = task.run();
        outcome.succeeded();
        expect_mirror(&folder.repository("app"), &hosted(&host, "app"));
        assert!(hosted(&host, "empty").refs(&[]).is_empty(), "{kind:?}");
        host.seen();
        task.run().succeeded();
        assert!(host.seen().iter().all(|seen| !seen.writes()), "{kind:?}");
    }
}

#[test]
fn wikis_are_mirrored_where_they_are_asked_for() {
    for kind in [Kind::GitHub, Kind::GitLab, Kind::Gitea] {
        let host = host_with(kind, &["app", "docs"]);
        let path = format!("{}/app.wiki", container(kind));
        fill(&host.add(&path), "wiki");
        host.change(&path, |one| one.shown = Shown::Hidden);
        for (wikis, expected) in [("false", &["app", "docs"][..]), ("true", &["app", "app-wiki", "docs"])] {
            let folder = Folder::new(&[]);
            // The wiki of `docs` was never written.
            let outcome = from_host(&host, &folder).input("includeWikis", wikis).run();
            outcome.succeeded();
            assert_eq!(folder.names(), expected, "{kind:?} {wikis}\n{}", outcome.text);
        }
    }
}
