//! Git LFS, without I/O.

pub mod oid;
pub mod pointer;
