//! GitHub, GitHub Enterprise Cloud with a host of its own (`ghe.com`) included.

use std::num::NonZeroUsize;

use super::host_info::{Host, HostInfo, Marks, NO_MARKS, PagePlace, Pages, Paths, Service};
use crate::auth::scheme::{AuthScheme, HostSchemes};
use crate::mirror::ref_rule::RefRule;

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
};
