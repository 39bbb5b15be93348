//! Addresses of repositories: URLs and paths.
//!
//! Nothing in here can print a secret by accident: a [`WebUrl`](web_url::WebUrl) has no user info and shows no query, and
//! a [`Secret`](crate::secret::Secret) shows itself as `***`.

pub mod local_path;
pub mod ssh_url;
pub mod url;
pub mod url_error;
pub mod web_url;
