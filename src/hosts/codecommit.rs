//! AWS `CodeCommit`.

use std::num::NonZeroUsize;

use super::host_info::{Host, HostInfo, Marks, NO_MARKS, OTHER};
use crate::auth::scheme::{AuthScheme, HostSchemes};
use crate::mirror::ref_rule::RefRule;

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
    ..OTHER
};
