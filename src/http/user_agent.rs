//! The name of this program in its requests.

/// Servers tell Git clients from browsers by the first word.
pub(crate) const USER_AGENT: &str =
    concat!("git/2.0 (mirror-git-repository ", env!("CARGO_PKG_VERSION"), ")");
