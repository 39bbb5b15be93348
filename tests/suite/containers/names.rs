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
fn a_template_keeps_them_apart() {
    let (host, folder) = (gitlab(), Folder::new(&[]));
    let name = "{organization}.{project}-{repository}";
    task(&host, &folder).input("destinationRepositoryName", name).run().succeeded();
    assert_eq!(folder.names(), ["contoso.one-app", "contoso.two-App", "contoso.two-docs"]);
    expect_mirror(&host.repository("contoso/two/App"), &folder.repository("contoso.two-App"));
}
