//! Bytes to and from a Git server.
//!
//! A [`Transport`] carries requests and answers; [`UploadPack`] and [`ReceivePack`] hold Git's conversation
//! over any of them and are the [`Source`](crate::mirror::ports::Source) and the
//! [`Destination`](crate::mirror::ports::Destination) of a mirror.

pub mod connection;
pub mod context;
pub mod endpoint;
pub mod interface;
pub mod known_servers;
pub mod not_listed;
mod pack_request;
mod reading;
pub mod receive_pack;
pub mod sideband_text;
pub mod smart_http;
pub mod ssh;
pub mod ssh_program;
pub mod upload_pack;

pub use connection::Transport;
pub use context::Context;
pub use receive_pack::ReceivePack;
pub use upload_pack::UploadPack;

#[cfg(test)]
#[cfg(unix)]
mod tests;
