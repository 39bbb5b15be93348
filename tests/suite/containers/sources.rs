//! Each kind of host as the source: lists with pages, selection, and who may read them.

use super::{Folder, KINDS, expect_mirror, fill, from_host, host_with, hosted};
use crate::support::git::Repository;
use crate::support::host_double::{HostDouble, Kind, Place, Seen};
use crate::support::scripted::Scripted;
use crate::support::task::Task;

#[test]
fn the_repositories_of_each_kind_of_host_go_into_a_folder() {
    for kind in KINDS {
        let names = ["app", "docs", "tools", "web", "x.y_z"];
        let host = host_with(kind, &names);
        host.world().page = 2;
        let folder = Folder::new(&[]);
        let task = from_host(&host, &folder);
        assert_eq!(task.run().succeeded().counts(), [15, 0, 0, 0, 0], "{kind:?}");
        assert_eq!(folder.names(), names, "{kind:?}");
        for name in names {
            expect_mirror(&hosted(&host, name), &folder.repository(name));
        }
        host.seen();
        let again = task.run();
        assert_eq!(again.succeeded().counts(), [0, 0, 0, 0, 15], "{kind:?}\n{}", again.text);
        assert!(host.seen().iter().all(|seen| !seen.writes()), "{kind:?}");
    }
}

#[test]
fn patterns_select_by_name_and_by_path() {
    let host = HostDouble::start(Kind::GitLab);
    for path in ["contoso/app", "contoso/team/app-ui", "contoso/team/deep/lib", "contoso/other/old"] {
        fill(&host.add(path), path);
    }
    host.world().add_container("contoso", "private");
    for (include, exclude, expected) in [
        ("app*", "", &["app", "app-ui"][..]),
        ("team/*", "", &["app-ui", "lib"]),
        ("", "old\napp", &["app-ui", "lib"]),
        ("team/deep/lib\nold", "o*", &["lib"]),
    ] {
        let folder = Folder::new(&[]);
        let task = Task::new(&host.url("contoso"), folder.path())
            .input("sourceHostKind", "gitlab")
            .input("includeRepositories", include)
            .input("excludeRepositories", exclude);
        task.run().succeeded();
        assert_eq!(folder.names(), expected, "{include:?} without {exclude:?}");
    }
}

#[test]
fn an_organization_of_azure_devops_is_listed_project_by_project() {
    let host = HostDouble::start(Kind::AzureServer);
    let paths = ["contoso/Team One/app", "contoso/Team One/lib", "contoso/Two/app"];
    for path in paths {
        fill(&host.add(path), path);
    }
    let folder = Folder::new(&[]);
    let task = Task::new(&host.url("contoso"), folder.path())
        .input("sourceHostKind", "azureServer")
        .input("destinationRepositoryName", "{project}-{repository}");
    task.run().succeeded();
    let names = ["Team One-app", "Team One-lib", "Two-app"];
    assert_eq!(folder.names(), names);
    for (path, name) in paths.iter().zip(names) {
        expect_mirror(&host.repository(path), &folder.repository(name));
    }
}

#[test]
fn the_token_goes_to_the_interface_and_to_git_and_nowhere_else() {
    for kind in KINDS {
        let host = host_with(kind, &["app", "docs"]);
        let elsewhere = Scripted::start(|exchange| exchange.answer("200 OK", &[], b""));
        host.world().token = Some("t0ken+of=odd/chars".to_owned());
        host.world().told_origin = Some(elsewhere.url("").trim_end_matches('/').to_owned());
        let folder = Folder::new(&[]);
        let task = from_host(&host, &folder);
        let refused = task.run();
        assert!(refused.failed().contains("401"), "{kind:?}\n{}", refused.text);
        assert_eq!(folder.names(), [""; 0], "{kind:?}");

        host.seen();
        let outcome = task.source_token("t0ken+of=odd/chars").run();
        outcome.succeeded();
        assert_eq!(folder.names(), ["app", "docs"], "{kind:?}");
        assert!(!outcome.visible().contains("t0ken"), "{kind:?}\n{}", outcome.visible());
        assert!(elsewhere.seen().is_empty(), "{kind:?}: {:?}", elsewhere.seen());
        let seen = host.seen();
        let of_interface = seen.iter().filter(|seen| seen.place == Place::Interface);
        let schemes: Vec<_> = of_interface.filter(|seen| seen.status == 200).collect();
        assert!(!schemes.is_empty() && schemes.iter().all(|seen| seen.authorization.is_some()), "{seen:?}");
    }
}

#[test]
fn one_of_a_format_that_is_not_supported_fails_alone_and_says_why() {
    let (folder, mirrors) = (Folder::new(&["one"]), Folder::new(&[]));
    Repository::init_format(folder.0.path().join("two.git"), "sha256").commit("main", 2);
    let outcome = Task::new(folder.path(), mirrors.path()).run();
    let errors = outcome.failed();
    assert!(errors.contains("two") && errors.contains("sha256"), "{}", outcome.text);
    expect_mirror(&folder.repository("one"), &mirrors.repository("one"));
    assert_eq!(mirrors.names(), ["one"]);
}

#[test]
fn inputs_of_many_are_named_where_the_source_is_one_repository_in_words() {
    let (folder, mirrors) = (Folder::new(&["one"]), Folder::new(&[]));
    let source = folder.repository("one");
    let destination = mirrors.0.path().join("one.git");
    let task = Task::new(source.path.to_str().unwrap(), destination.to_str().unwrap())
        .input("includeRepositories", "a/*")
        .input("parallelRepositories", "8");
    let outcome = task.run();
    let warnings = outcome.named("task.logissue");
    let names = "'includeRepositories', 'parallelRepositories'";
    let warned = |text: &str| text.contains("without effect") && text.contains(names);
    assert_eq!(warnings.iter().filter(|command| warned(&command.data)).count(), 1, "{}", outcome.text);
    expect_mirror(&source, &mirrors.repository("one"));
    let usual = task.input("includeRepositories", "").input("parallelRepositories", "4").run();
    assert!(!usual.succeeded().text.contains("without effect"), "{}", usual.text);
}

#[test]
fn a_server_is_asked_for_its_capabilities_once() {
    let names = ["app", "docs", "web"];
    let (host, folder) = (host_with(Kind::GitHub, &names), Folder::new(&[]));
    from_host(&host, &folder).input("parallelRepositories", "1").run().succeeded();
    let is_question = |seen: &&Seen| seen.place == Place::Git && seen.method == "GET";
    assert_eq!(host.seen().iter().filter(is_question).count(), 1);
    for name in names {
        expect_mirror(&hosted(&host, name), &folder.repository(name));
    }
}
