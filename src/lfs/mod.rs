//! Git LFS: where pointers are found, the batch interface, the rules of where requests lead, and the way of objects from
//! one side to the other.
//!
//! ```text
//!  in_use ─► scan, or the stream ─► pointers ─► copies ─► transfer: source ─► VerifiedObject ─► destination
//!                                                                   each a server, or a folder
//! ```

pub mod action;
pub mod attributes;
mod bases;
pub mod batch;
mod batch_requests;
mod clients;
mod commit_files;
pub mod copies;
pub mod endpoint;
mod failures;
pub mod fields;
mod first_look;
pub mod folder;
pub mod in_use;
pub mod lfs_gate;
pub mod lfs_url;
pub mod lfsconfig;
pub mod lifetime;
mod links;
pub mod need;
pub mod oid;
mod open_folder;
pub mod place;
pub mod pointer;
pub mod pointer_scan;
pub mod policy;
pub mod refusal;
pub mod route;
mod sample;
pub mod scan;
pub mod server;
mod server_transfer;
pub mod small_objects;
pub mod ssh_authenticate;
pub mod ssh_session;
pub mod store;
mod stream;
mod tally;
pub mod transfer;
pub mod verified_object;

#[cfg(test)]
pub(crate) mod testing;
