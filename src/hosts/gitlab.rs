//! GitLab, in the cloud and where the server's name says so.

use serde::Deserialize;

use super::account::{Account, AccountRequest};
use super::host_info::{Host, HostInfo, Marks, NO_MARKS, OTHER, PagePlace, Pages, Paths, Service};
use crate::auth::scheme::{AuthScheme, HostSchemes, InterfaceScheme};
use crate::http::api::ApiAnswer;
use crate::mirror::ref_rule::RefRule;

pub(super) const INFO: HostInfo = HostInfo {
    host: Host::GitLab,
    word: "gitlab",
    name: "GitLab",
    // Access tokens go with any user but an empty one, OAuth tokens only with this one.
    schemes: HostSchemes { bare_token: &[AuthScheme::Basic("oauth2")], after_user: &[] },
    ref_rules: &[RefRule::NoHexNames, RefRule::NoBranchHead],
    marks: Marks {
        web: &["gitlab.com"],
        ssh: &["gitlab.com", "altssh.gitlab.com"],
        labels: &["gitlab"],
        // Unconfirmed for the answers to Git, of which the web pages and the API are sure.
        headers: &["x-gitlab-meta"],
        ..NO_MARKS
    },
    service: Service::Names { web: &["gitlab.com"], ssh: &["gitlab.com", "altssh.gitlab.com"] },
    paths: Paths::NoCaseNoSuffix,
    pages: Some(Pages { branch: "/-/tree/", tag: "/-/tree/", commit: "/-/commit/", place: PagePlace::Path }),
    interface: |repository| Some(repository.at_root("/api/v4")),
    account: Some(AccountRequest { below: "user", scheme: InterfaceScheme::Bearer, read: account }),
    ..OTHER
};

/// Reads an answer to `GET /user`. Tokens of projects and groups have users of their own.
fn account(answer: &ApiAnswer) -> Option<Account> {
    #[derive(Deserialize)]
    struct User {
        username: String,
    }
    answer.success().and_then(|User { username }| Account::named(&username))
}
