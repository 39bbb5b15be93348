//! One mirror of a step.

use crate::error::Side;
use crate::local::clone_folder::CloneFolder;
use crate::transport::endpoint::Endpoint;

/// A repository that shall be made equal to another.
#[derive(Debug)]
pub struct MirrorSpec {
    /// The repository to copy from.
    pub source: Endpoint,
    /// The repository to make equal to it.
    pub destination: Endpoint,
    /// A folder to make equal to the source before the destination, if a clone is asked for.
    pub clone_directory: Option<CloneFolder>,
    /// The sides whose URL names a user and no password, which signs nobody in.
    pub users_without_password: Vec<Side>,
}

impl MirrorSpec {
    /// Returns what tells it from the other mirrors of its step.
    pub fn name(&self) -> String {
        self.source.url.to_string()
    }

    /// Returns one of its two repositories.
    pub fn endpoint(&self, side: Side) -> &Endpoint {
        match side {
            Side::Source => &self.source,
            Side::Destination => &self.destination,
        }
    }
}
