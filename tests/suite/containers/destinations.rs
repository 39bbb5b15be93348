//! Each kind of host as the destination: what is missing there is created, as visible as was asked for.

use super::{Folder, KINDS, container, empty_host, expect_mirror, fill, host_with, hosted, to_host};
use crate::support::host_double::{HostDouble, Kind};
use crate::support::task::{Running, Task};

#[test]
fn what_is_missing_at_each_kind_of_host_is_created() {
    for kind in KINDS {
        let (folder, host) = (Folder::new(&["app", "docs"]), empty_host(kind));
        fill(&host.add(&format!("{}/docs", container(kind))), "docs");
        let task = to_host(&folder, &host);
        let outcome = task.run();
        assert_eq!(outcome.succeeded().counts(), [3, 0, 0, 0, 3], "{kind:?}\n{}", outcome.text);
        for name in ["app", "docs"] {
            expect_mirror(&folder.repository(name), &hosted(&host, name));
        }
        let app = host.find(&format!("{}/app", container(kind))).unwrap();
        assert_eq!(app.visibility, "private", "{kind:?}");
        let seen = host.seen();
        let created: Vec<_> =
            seen.iter().filter(|seen| seen.method == "POST" && seen.status == 201).collect();
        let first_commit = ["\"auto_init\":true", "\"initialize_with_readme\":true"];
        assert_eq!(created.len(), 1, "{kind:?}: {seen:?}");
        assert!(!first_commit.iter().any(|words| created[0].body.contains(words)), "{kind:?}: {created:?}");
        assert_eq!(task.run().succeeded().counts(), [0, 0, 0, 0, 6], "{kind:?}");
        assert!(host.seen().iter().all(|seen| !seen.writes()), "{kind:?}");
    }
}

#[test]
fn nothing_is_created_where_it_is_not_asked_for() {
    for kind in KINDS {
        let (folder, host) = (Folder::new(&["app"]), empty_host(kind));
        let outcome = to_host(&folder, &host).input("createDestination", "none").run();
        assert!(outcome.failed().contains("'createDestination'"), "{kind:?}\n{}", outcome.text);
        assert!(host.paths().is_empty(), "{kind:?}");
    }
}

#[test]
fn a_dry_run_creates_nothing() {
    for kind in KINDS {
        let (folder, host) = (Folder::new(&["app"]), empty_host(kind));
        to_host(&folder, &host).input("dryRun", "true").run().succeeded();
        assert!(host.paths().is_empty() && host.seen().iter().all(|seen| !seen.writes()), "{kind:?}");
    }
}

#[test]
fn one_that_is_wider_than_asked_stays_empty_and_fails() {
    for kind in [Kind::GitHub, Kind::GitLab, Kind::Gitea, Kind::Bitbucket] {
        let (folder, host) = (Folder::new(&["app"]), empty_host(kind));
        host.world().made = Some("public");
        // The second run finds it, as empty and as visible as the first one left it.
        for _ in 0..2 {
            let outcome = to_host(&folder, &host).run();
            assert!(outcome.failed().contains("app"), "{kind:?}\n{}", outcome.text);
            assert!(hosted(&host, "app").refs(&[]).is_empty(), "{kind:?}\n{}", outcome.text);
        }
        to_host(&folder, &host).input("createDestination", "public").run().succeeded();
    }
}

#[test]
fn nothing_is_created_in_a_project_that_is_wider_than_asked() {
    let (folder, host) = (Folder::new(&["app"]), HostDouble::start(Kind::AzureServer));
    host.world().add_container("contoso/Team", "public");
    to_host(&folder, &host).run().failed();
    assert!(host.paths().is_empty());
}

#[test]
fn a_creation_that_is_refused_is_told_and_stops_no_other() {
    for kind in KINDS {
        let (folder, host) = (Folder::new(&["app", "docs"]), empty_host(kind));
        host.add(&format!("{}/docs", container(kind)));
        host.world().refuses_creation = Some(403);
        let outcome = to_host(&folder, &host).run();
        assert!(outcome.failed().contains("403"), "{kind:?}\n{}", outcome.text);
        expect_mirror(&folder.repository("docs"), &hosted(&host, "docs"));
    }
}

#[test]
fn two_steps_that_create_the_same_at_once_both_succeed() {
    for kind in KINDS {
        let (folder, host) = (Folder::new(&["a", "b", "c"]), empty_host(kind));
        let runs: Vec<_> =
            (0..2).map(|_| to_host(&folder, &host).input("maxAttempts", "4").start()).collect();
        for outcome in runs.into_iter().map(Running::end) {
            assert_eq!(outcome.result(), "Succeeded", "{kind:?}\n{}", outcome.text);
        }
        assert_eq!(host.paths().len(), 3, "{kind:?}");
        for name in ["a", "b", "c"] {
            expect_mirror(&folder.repository(name), &hosted(&host, name));
        }
    }
}

#[test]
fn an_organization_of_github_goes_into_a_group_of_gitlab() {
    let names = ["app", "docs", "tools", "web"];
    let source = host_with(Kind::GitHub, &names);
    source.world().page = 3;
    let destination = empty_host(Kind::GitLab);
    destination.world().page = 3;
    let task = Task::new(&source.url("contoso"), &destination.url("contoso"))
        .input("sourceHostKind", "github")
        .input("destinationHostKind", "gitlab")
        .input("createDestination", "internal")
        .input("defaultBranch", "follow");
    task.run().succeeded();
    for name in names {
        expect_mirror(&hosted(&source, name), &hosted(&destination, name));
        assert_eq!(destination.find(&format!("contoso/{name}")).unwrap().visibility, "internal");
    }
    destination.seen();
    task.run().succeeded();
    assert!(destination.seen().iter().chain(&source.seen()).all(|seen| !seen.writes()));
}

#[test]
fn one_repository_is_created_as_those_of_a_container_are() {
    for kind in KINDS {
        let (folder, host) = (Folder::new(&["app"]), empty_host(kind));
        let source = folder.repository("app");
        Task::new(source.path.to_str().unwrap(), &host.clone_url("new"))
            .input("destinationHostKind", kind.word())
            .input("createDestination", "private")
            .run()
            .succeeded();
        expect_mirror(&source, &hosted(&host, "new"));
    }
}

#[test]
fn the_object_format_is_that_of_the_source_where_the_host_has_it() {
    let (source, destination) = (host_with(Kind::Gitea, &["one"]), empty_host(Kind::Gitea));
    let two = source.world().add(container(Kind::Gitea), "two", "private", "sha256").git.clone();
    two.commit("main", 2);
    let task = Task::new(&source.url("contoso"), &destination.url("contoso"))
        .input("sourceHostKind", "gitea")
        .input("destinationHostKind", "gitea")
        .input("createDestination", "private")
        // The second one meets what the server has told of the first, which has another format.
        .input("parallelRepositories", "1");
    task.run().succeeded();
    expect_mirror(&two, &hosted(&destination, "two"));
    assert_eq!(hosted(&destination, "two").git(&["rev-parse", "--show-object-format"]), "sha256");
    expect_mirror(&hosted(&source, "one"), &hosted(&destination, "one"));
    assert_eq!(hosted(&destination, "one").git(&["rev-parse", "--show-object-format"]), "sha1");
}
