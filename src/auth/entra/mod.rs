//! Access tokens of Microsoft Entra for Azure DevOps, which sign in at Azure Repos in place of a personal access token.
//!
//! ```text
//!  id token of the job ─┐
//!  client secret        │
//!  certificate          ├─► EntraSource: a form to the token endpoint ─┐
//!  file                 ┘                                              ├─► answer ─► token, or refusal ─► problem
//!                           ManagedIdentitySource: GET on this machine ┘
//! ```
//!
//! The flow is that of Microsoft's "OAuth 2.0 client credentials flow on the Microsoft identity platform". A source makes
//! no attempt of its own at what can pass by itself: the run does, with its waits and its bounds.

mod answer;
pub mod application;
mod assertion_file;
pub mod certificate;
mod exchange;
pub mod id_token;
pub mod identity_endpoint;
pub mod managed_identity;
mod problem;
pub mod proof;
mod refusal;
pub mod source;
#[cfg(test)]
mod testing;
