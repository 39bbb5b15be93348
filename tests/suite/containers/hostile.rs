//! What a host should not say: names that are commands or lead elsewhere, bodies without an end.

use std::fs;

use super::{Folder, KINDS, expect_mirror, fill, from_host, host_with};
use crate::support::host_double::{Fault, HostDouble, Kind, Place};

#[test]
fn hostile_names_end_in_no_command_and_in_no_other_folder() {
    let host = HostDouble::start(Kind::GitHub);
    let long = "n".repeat(400);
    let names = [
        "app",
        "../evil",
        "..",
        "a\nb",
        "##vso[task.complete result=Succeeded]x",
        "\u{202e}gpj",
        "c:con",
        &long,
    ];
    for name in names {
        fill(&host.add_named("contoso", name), name);
    }
    let above = tempfile::tempdir().unwrap();
    let folder = above.path().join("mirrors");
    fs::create_dir(&folder).unwrap();
    let task = crate::support::task::Task::new(&host.url("contoso"), folder.to_str().unwrap())
        .input("sourceHostKind", "github");
    let outcome = task.run();
    outcome.failed();
    assert_eq!(super::names_in(above.path()), ["mirrors"], "{}", outcome.text);
    assert!(super::names_in(&folder).contains(&"app".to_owned()), "{}", outcome.text);
    let app = crate::support::git::Repository { path: folder.join("app.git") };
    expect_mirror(&host.repository("contoso/app"), &app);
    assert!(!outcome.text.contains('\u{202e}'), "{}", outcome.text);
    assert!(!outcome.log.iter().any(|line| line.contains("##vso")), "{}", outcome.text);
}

#[test]
fn an_endless_body_is_not_read_to_its_end() {
    for kind in KINDS {
        let host = host_with(kind, &["app"]);
        let folder = Folder::new(&[]);
        let usual = from_host(&host, &Folder::new(&[])).run().peak;
        for _ in 0..20 {
            host.world().faults.push_back((Place::Interface, Fault::Flood(128 << 20)));
        }
        let outcome = from_host(&host, &folder).run();
        outcome.failed();
        assert_eq!(folder.names(), [""; 0], "{kind:?}");
        // What is read of one answer, and no copy of it.
        let most = usual + (32 << 20) + (8 << 20);
        assert!(outcome.peak < most, "{kind:?}: {} bytes, {usual} without it", outcome.peak);
    }
}

#[test]
fn a_list_that_is_cut_short_mirrors_nothing() {
    for kind in KINDS {
        let host = host_with(kind, &["app", "docs", "web"]);
        host.world().page = 2;
        // Whatever is asked before a list, and its first page: each page is cut that comes after.
        for _ in 0..40 {
            host.world().faults.push_back((Place::Interface, Fault::CutNextPage));
        }
        let folder = Folder::new(&[]);
        let outcome = from_host(&host, &folder).run();
        outcome.failed();
        assert_eq!(folder.names(), [""; 0], "{kind:?}\n{}", outcome.text);
    }
}
