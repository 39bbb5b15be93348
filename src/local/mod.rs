//! Repositories on this machine, through libgit2 and in process: no Git program is needed.
//!
//! They are no [`Transport`](crate::transport::Transport)s, but a source and a destination of their own:
//!
//! ```text
//!  source ─► pack (built in a thread, pulled by its reader)
//!  destination ─► incoming (the pack, set apart) ─► connected (complete?) ─► ref_updates (compare-and-swap)
//! ```

pub mod clone_folder;
pub mod connected;
mod cuts;
pub mod default_branch;
pub mod destination;
pub mod extensions;
mod fetch;
pub mod hidden_refs;
pub mod hooks;
pub mod incoming;
pub mod lfs_folder;
mod new_repository;
pub mod pack;
pub mod place;
pub mod receive_rules;
pub mod ref_updates;
mod repository;
pub mod repository_folder;
pub mod session;
pub mod site;
pub mod sizes;
pub mod source;
pub mod work_trees;

pub use clone_folder::CloneFolder;
pub use destination::LocalDestination;
pub use session::Session;
pub use source::LocalSource;

#[cfg(test)]
mod tests;
