//! Google's two hosts of repositories.

use super::host_info::{Host, HostInfo, Marks, NO_MARKS, OTHER};
use super::pages;
use super::pages::Pages;
use crate::auth::scheme::{AuthScheme, HostSchemes};
use crate::remote::web_url::WebUrl;

/// The user does not matter; Bearer is unconfirmed.
const SCHEMES: HostSchemes =
    HostSchemes { bare_token: &[AuthScheme::Basic("git"), AuthScheme::Bearer], after_user: &[] };

pub(super) const CLOUD_SOURCE_REPOSITORIES: HostInfo = HostInfo {
    host: Host::CloudSourceRepositories,
    word: "cloudSource",
    name: "Google Cloud Source Repositories",
    schemes: SCHEMES,
    marks: Marks { web: &["source.developers.google.com"], ..NO_MARKS },
    pages: Some(Pages { repository: console, branch: "/+/", tag: "/+/", commit: "/+/", ..pages::NONE }),
    ..OTHER
};

/// Returns the address of the pages of the repository at `p/PROJECT/r/NAME`, which are at another server.
fn console(url: &WebUrl) -> Option<WebUrl> {
    let (project, name) = url.path().strip_prefix("/p/")?.split_once("/r/")?;
    WebUrl::parse(&format!("https://source.cloud.google.com/{project}/{name}")).ok().map(|(url, _)| url)
}

pub(super) const SECURE_SOURCE_MANAGER: HostInfo = HostInfo {
    host: Host::SecureSourceManager,
    word: "secureSource",
    name: "Google Secure Source Manager",
    schemes: SCHEMES,
    marks: Marks { web: &["*.sourcemanager.dev"], ..NO_MARKS },
    ..OTHER
};
