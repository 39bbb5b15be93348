//! The REST interface of a host, as one side's identity uses it: lists of repositories, and what is done with one.
//!
//! ```text
//! list, look, create, set the default branch ─► ask: again where that may help
//!                                                └─► send: signed in ─► exchange: not while the host says to wait
//! ```

mod client;
mod create;
mod list;
mod repository;
mod tries;

#[cfg(test)]
mod tests;

pub use client::HostInterface;
pub use create::Creation;
pub use list::HostList;
