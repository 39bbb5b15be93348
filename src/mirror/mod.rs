//! The work: what to mirror, and the mirroring of it.

pub mod policy;
