//! Git LFS, without I/O: pointers and where they are found, the batch interface, and the rules of where requests lead.

pub mod action;
mod bases;
pub mod batch;
pub mod endpoint;
pub mod fields;
pub mod lfs_url;
pub mod lfsconfig;
pub mod lifetime;
pub mod need;
pub mod oid;
pub mod place;
pub mod pointer;
pub mod pointer_scan;
pub mod refusal;
pub mod route;
pub mod ssh_authenticate;
