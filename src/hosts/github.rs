//! GitHub, GitHub Enterprise Cloud with a host of its own (`ghe.com`) included.

use std::num::NonZeroUsize;

use serde::Deserialize;

use super::account::{Account, AccountRequest};
use super::host_info::{Host, HostInfo, Marks, NO_MARKS, PagePlace, Pages, Paths, Service};
use crate::auth::scheme::{AuthScheme, HostSchemes, InterfaceScheme};
use crate::http::api::ApiAnswer;
use crate::mirror::ref_rule::RefRule;
use crate::remote::web_url::{Scheme, WebUrl};

pub(super) const INFO: HostInfo = HostInfo {
    host: Host::GitHub,
    word: "github",
    name: "GitHub",
    schemes: HostSchemes { bare_token: &[AuthScheme::Basic("x-access-token")], after_user: &[] },
    // Its rulesets for pushes take no more updates in one.
    max_updates: NonZeroUsize::new(1000),
    ref_rules: &[RefRule::NoHexNames],
    marks: Marks {
        web: &["github.com", "www.github.com", "*.ghe.com"],
        ssh: &["github.com", "ssh.github.com"],
        headers: &["x-github-request-id"],
        ..NO_MARKS
    },
    service: Service::Names {
        web: &["github.com", "www.github.com"],
        ssh: &["github.com", "ssh.github.com"],
    },
    paths: Paths::NoCaseNoSuffix,
    pages: Some(Pages { branch: "/tree/", tag: "/tree/", commit: "/commit/", place: PagePlace::Path }),
    api: Some(("api.github.com", "github.com")),
    account: Some(AccountRequest {
        interface,
        below: "user",
        scheme: InterfaceScheme::Bearer,
        read: account,
    }),
};

/// Returns the address of the interface: in the cloud a server of its own, else a path of GitHub Enterprise Server.
fn interface(repository: &WebUrl) -> Option<WebUrl> {
    let of_ghe = repository.host().strip_suffix(".ghe.com");
    let server = match (repository.host(), of_ghe) {
        ("github.com" | "www.github.com", _) => "https://api.github.com".to_owned(),
        (_, Some(name)) if !name.contains('.') => format!("https://api.{name}.ghe.com"),
        (_, Some(_)) => return None,
        (_, None) => return Some(repository.at_root("/api/v3")),
    };
    let is_usual = repository.scheme() == Scheme::Https && repository.port() == 443;
    WebUrl::parse(&server).ok().filter(|_| is_usual).map(|(url, _)| url)
}

/// Reads an answer to `GET /user`, which is for users alone.
fn account(answer: &ApiAnswer) -> Option<Account> {
    #[derive(Deserialize)]
    struct User {
        login: String,
    }
    #[derive(Deserialize)]
    struct Refusal {
        message: String,
    }
    if let Some(User { login }) = answer.success() {
        return Account::named(&login);
    }
    let Refusal { message } = answer.json()?;
    message.contains("not accessible by integration").then_some(Account::AppInstallation)
}
