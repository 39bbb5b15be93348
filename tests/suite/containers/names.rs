//! Names at the destination: by template, and what none can have.

use super::{Folder, expect_mirror, fill};
use crate::support::host_double::{HostDouble, Kind};
use crate::support::task::Task;

fn gitlab() -> HostDouble {
    let host = HostDouble::start(Kind::GitLab);
    host.world().add_container("contoso", "private");
    for path in ["contoso/one/app", "contoso/two/App", "contoso/two/docs"] {
        fill(&host.add(path), path);
    }
    host
}

fn task(host: &HostDouble, folder: &Folder) -> Task {
    Task::new(&host.url("contoso"), folder.path()).input("sourceHostKind", "gitlab")
}

#[test]
fn all_that_collide_are_left_out_the_others_are_mirrored_and_the_step_fails() {
    let (host, folder) = (gitlab(), Folder::new(&[]));
    let outcome = task(&host, &folder).run();
    let errors = outcome.failed();
    for path in ["one/app", "two/App"] {
        assert!(errors.contains(path), "{path} is not in: {errors}");
    }
    assert_eq!(folder.names(), ["docs"]);
    expect_mirror(&host.repository("contoso/two/docs"), &folder.repository("docs"));
}

#[test]
fn a_template_keeps_them_apart() {
    let (host, folder) = (gitlab(), Folder::new(&[]));
    let name = "{organization}.{project}-{repository}";
    task(&host, &folder).input("destinationRepositoryName", name).run().succeeded();
    assert_eq!(folder.names(), ["contoso.one-app", "contoso.two-App", "contoso.two-docs"]);
    expect_mirror(&host.repository("contoso/two/App"), &folder.repository("contoso.two-App"));
}

#[test]
fn a_name_that_the_host_does_not_take_is_cleaned_and_said() {
    let source = HostDouble::start(Kind::AzureServer);
    for name in ["My App", "plain"] {
        fill(&source.add_named("contoso/Team", name), name);
    }
    let destination = super::empty_host(Kind::GitHub);
    let outcome = Task::new(&source.url("contoso/Team"), &destination.url("contoso"))
        .input("sourceHostKind", "azureServer")
        .input("destinationHostKind", "github")
        .input("createDestination", "private")
        .run();
    outcome.succeeded();
    assert_eq!(destination.paths().len(), 2, "{:?}", destination.paths());
    expect_mirror(&source.repository("contoso/Team/My App"), &destination.repository("contoso/My-App"));
    assert!(outcome.visible().contains("My-App"), "{}", outcome.text);
}
