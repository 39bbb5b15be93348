//! The default branch at a host follows that of the source.

use super::{Folder, KINDS, container, empty_host, expect_mirror, hosted, to_host};

#[test]
fn a_renamed_default_branch_arrives_whole_in_one_run() {
    for kind in KINDS {
        let (folder, host) = (Folder::new(&["app", "docs"]), empty_host(kind));
        let task = to_host(&folder, &host).input("defaultBranch", "follow");
        task.run().succeeded();
        for name in ["app", "docs"] {
            folder.repository(name).git(&["branch", "-m", "main", "trunk"]);
        }
        let outcome = task.run();
        assert_eq!(outcome.succeeded().counts(), [2, 0, 2, 0, 4], "{kind:?}\n{}", outcome.text);
        for name in ["app", "docs"] {
            expect_mirror(&folder.repository(name), &hosted(&host, name));
            let found = host.find(&format!("{}/{name}", container(kind))).unwrap();
            assert_eq!(found.default_branch().as_deref(), Some("refs/heads/trunk"), "{kind:?}");
        }
        host.seen();
        task.run().succeeded();
        assert!(host.seen().iter().all(|seen| !seen.writes()), "{kind:?}");
    }
}

#[test]
fn one_repository_follows_as_those_of_a_container_do() {
    for kind in KINDS {
        let (folder, host) = (Folder::new(&["app"]), empty_host(kind));
        let source = folder.repository("app");
        source.git(&["symbolic-ref", "HEAD", "refs/heads/topic"]);
        let destination = host.add(&format!("{}/app", container(kind)));
        let task = crate::support::task::Task::new(source.path.to_str().unwrap(), &host.clone_url("app"))
            .input("destinationHostKind", kind.word())
            .input("defaultBranch", "follow");
        task.run().succeeded();
        expect_mirror(&source, &destination);
        source.git(&["symbolic-ref", "HEAD", "refs/heads/main"]);
        task.run().succeeded();
        assert_eq!(destination.git(&["symbolic-ref", "HEAD"]), "refs/heads/main", "{kind:?}");
    }
}

#[test]
fn it_is_left_to_the_host_where_nothing_else_is_asked() {
    let (folder, host) = (Folder::new(&["app"]), empty_host(crate::support::host_double::Kind::GitHub));
    to_host(&folder, &host).run().succeeded();
    folder.repository("app").git(&["symbolic-ref", "HEAD", "refs/heads/topic"]);
    to_host(&folder, &host).run().succeeded();
    let found = host.find("contoso/app").unwrap();
    assert_eq!(found.default_branch().as_deref(), Some("refs/heads/main"));
}
