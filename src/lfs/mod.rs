//! Git LFS, without I/O: pointers and where they are found, the batch interface, and the rules of where requests lead.

mod bases;
pub mod endpoint;
pub mod lfs_url;
pub mod lfsconfig;
pub mod oid;
pub mod place;
pub mod pointer;
pub mod pointer_scan;
