//! Repositories that are not as usual: disabled, empty, archived, forked, and wikis.

use super::{Folder, container, fill, from_host, host_with};
use crate::support::host_double::{Kind, Shown};

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
