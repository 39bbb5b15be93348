//! Signing in: where tokens come from, and the schemes they are sent by.
//!
//! ```text
//!  TokenSource ─► TokenCache ─► Authenticator ─► the header of one request
//!                                 ▲    └─► SecretMasker: the masks of each new token
//!                                 └─ on_accepted, on_refused, on_host_detected, on_challenges: what came of it
//! ```

pub mod authenticator;
pub(crate) mod begin;
pub mod credentials;
pub mod entra;
pub mod forms_to_try;
pub mod github_app;
pub mod identity;
pub mod jwt;
pub mod scheme;
pub mod secure_file;
pub(crate) mod sign_in;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
pub mod tests;
pub mod token_cache;
pub(crate) mod token_client;
pub mod token_source;
