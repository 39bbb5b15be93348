//! Gerrit, Google's own servers of it included.

use super::host_info::{Host, HostInfo, Marks, NO_MARKS, OTHER};
use crate::auth::scheme::{AuthScheme, HostSchemes};

pub(super) const INFO: HostInfo = HostInfo {
    host: Host::Gerrit,
    word: "gerrit",
    name: "Gerrit",
    // It wants a real user; Bearer depends on a plug-in.
    schemes: HostSchemes {
        bare_token: &[AuthScheme::Basic("x-access-token"), AuthScheme::Bearer],
        after_user: &[],
    },
    marks: Marks { web: &["*.googlesource.com"], labels: &["gerrit"], ..NO_MARKS },
    ..OTHER
};
