//! Azure DevOps Server, which was Team Foundation Server, on premises.

use super::azure_repos;
use super::host_info::{Host, HostInfo, Marks, NO_MARKS, OTHER, Paths};
use crate::auth::scheme::{AuthScheme, HostSchemes};

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
    ..OTHER
};
