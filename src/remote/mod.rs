//! Where a repository is, and how one signs in there.
//!
//! Nothing in here can print a secret by accident: a [`WebUrl`] has no user info and shows no query, and
//! a [`Secret`] shows itself as `***`.

mod credentials;
mod local_path;
mod ssh_url;
mod url;
mod url_error;
mod web_url;

pub use credentials::{Credentials, Secret, TokenError};
pub use local_path::LocalPath;
pub use ssh_url::SshUrl;
pub use url::RemoteUrl;
pub use url_error::UrlError;
pub use web_url::{Scheme, UserInfo, WebUrl};

/// A repository and how to get at it.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// Where it is.
    pub url: RemoteUrl,
    /// What signs in there.
    pub credentials: Option<Credentials>,
    /// Whether the server must prove who it is.
    pub certificates: CertificateVerification,
}

/// Whether a server must prove who it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CertificateVerification {
    /// By a certificate that this machine trusts.
    On,
    /// Not at all: anybody on the way could read and change everything.
    Off,
}
