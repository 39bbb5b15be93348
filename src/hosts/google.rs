//! Google's two hosts of repositories.

use super::host_info::{Host, HostInfo, Marks, NO_MARKS, OTHER};
use crate::auth::scheme::{AuthScheme, HostSchemes};

/// The user does not matter; Bearer is unconfirmed.
const SCHEMES: HostSchemes =
    HostSchemes { bare_token: &[AuthScheme::Basic("git"), AuthScheme::Bearer], after_user: &[] };

pub(super) const CLOUD_SOURCE_REPOSITORIES: HostInfo = HostInfo {
    host: Host::CloudSourceRepositories,
    word: "cloudSource",
    name: "Google Cloud Source Repositories",
    schemes: SCHEMES,
    marks: Marks { web: &["source.developers.google.com"], ..NO_MARKS },
    ..OTHER
};

pub(super) const SECURE_SOURCE_MANAGER: HostInfo = HostInfo {
    host: Host::SecureSourceManager,
    word: "secureSource",
    name: "Google Secure Source Manager",
    schemes: SCHEMES,
    marks: Marks { web: &["*.sourcemanager.dev"], ..NO_MARKS },
    ..OTHER
};
