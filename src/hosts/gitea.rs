//! Gitea and Forgejo.

use super::host_info::{Host, HostInfo, Marks, NO_MARKS, OTHER};
use crate::auth::scheme::{AuthScheme, HostSchemes};

pub(super) const INFO: HostInfo = HostInfo {
    host: Host::Gitea,
    word: "gitea",
    name: "Gitea",
    // Any user goes.
    schemes: HostSchemes { bare_token: &[AuthScheme::Basic("x-access-token")], after_user: &[] },
    marks: Marks { web: &["codeberg.org", "gitea.com"], labels: &["gitea", "forgejo"], ..NO_MARKS },
    ..OTHER
};
