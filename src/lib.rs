//! Makes one Git repository an exact copy of another by relaying the pack.

pub mod protocol;
