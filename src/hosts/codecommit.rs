//! AWS `CodeCommit`.

use std::num::NonZeroUsize;

use super::host_info::{Host, HostInfo, Marks, NO_MARKS, OTHER};
use super::pages;
use super::pages::Pages;
use crate::auth::scheme::{AuthScheme, HostSchemes};
use crate::mirror::ref_rule::RefRule;
use crate::remote::web_url::WebUrl;

/// One server a region, for web and SSH; those in China are in a domain of their own.
const NAMES: &[&str] = &[
    "git-codecommit.*.amazonaws.com",
    "git-codecommit-fips.*.amazonaws.com",
    "git-codecommit.*.amazonaws.com.cn",
    "git-codecommit-fips.*.amazonaws.com.cn",
];

pub(super) const INFO: HostInfo = HostInfo {
    host: Host::CodeCommit,
    word: "codeCommit",
    name: "AWS CodeCommit",
    // It knows no tokens but user:password pairs of IAM, so a bare one is refused in any form.
    schemes: HostSchemes { bare_token: &[AuthScheme::Basic("x-access-token")], after_user: &[] },
    max_updates: NonZeroUsize::new(4000),
    ref_rules: &[RefRule::NoHexNames],
    marks: Marks { web: NAMES, ssh: NAMES, ..NO_MARKS },
    pages: Some(Pages {
        repository: console,
        of_ssh: |url| pages::at_server(url.host(), url),
        home: "/browse",
        branch: "/browse/refs/heads/",
        tag: "/browse/refs/tags/",
        commit: "/commit/",
        ..pages::NONE
    }),
    ..OTHER
};

/// Returns the address of a repository in the console of its region; that of the regions in China is not known.
fn console(url: &WebUrl) -> Option<WebUrl> {
    let (server, region) = url.host().strip_suffix(".amazonaws.com")?.split_once('.')?;
    let name = url.path().strip_prefix("/v1/repos/").filter(|_| server.starts_with("git-codecommit"))?;
    let console = format!("https://{region}.console.aws.amazon.com/codesuite/codecommit/repositories/{name}");
    WebUrl::parse(&console).ok().map(|(url, _)| url)
}
