//! Azure DevOps Server, which was Team Foundation Server, on premises.

use super::account::AccountRequest;
use super::azure_address;
use super::azure_repos;
use super::host_info::{Host, HostInfo, Marks, NO_MARKS, OTHER, Paths};
use super::listing::{Listing, azure};
use super::management;
use crate::auth::scheme::{AuthScheme, HostSchemes};
use crate::remote::web_url::WebUrl;

pub(super) const INFO: HostInfo = HostInfo {
    host: Host::AzureDevOpsServer,
    word: "azureServer",
    name: "Azure DevOps Server",
    // A personal access token goes with any user; those of jobs are Bearer tokens.
    schemes: HostSchemes {
        bare_token: &[AuthScheme::Basic(""), AuthScheme::Bearer],
        after_user: &[AuthScheme::Basic("")],
    },
    ref_rules: azure_repos::INFO.ref_rules,
    marks: Marks { path: Some("/_git/"), headers: &["x-tfs-processid", "x-vss-e2eid"], ..NO_MARKS },
    paths: Paths::NoCase,
    pages: azure_repos::INFO.pages,
    interface: collection,
    account: Some(AccountRequest { below: "_apis/connectionData", read: azure_repos::account }),
    listing: Some(Listing {
        base: azure::base,
        container: |_| None,
        first: azure::first_on_server,
        read: azure::read,
    }),
    management: Some(management::azure::SERVER),
    names: azure_repos::INFO.names,
    address: azure_address::of_server,
    ..OTHER
};

/// Returns the address of a repository's collection: what stands before its project, or before `_git` where both have
/// one name. Older servers are all below `/tfs`.
fn collection(repository: &WebUrl) -> Option<WebUrl> {
    let (before, _) = repository.path().split_once("/_git/")?;
    let collection = match before.split('/').skip(1).collect::<Vec<_>>()[..] {
        [] => return None,
        [tfs, _] if tfs.eq_ignore_ascii_case("tfs") => before,
        [_] => before,
        [..] => before.rsplit_once('/')?.0,
    };
    Some(repository.at_root(collection))
}
