//! Makes one Git repository an exact copy of another by relaying the pack.

pub mod mirror;
pub mod pipeline;
pub mod remote;
