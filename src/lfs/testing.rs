//! Objects for tests, and a server of LFS that does what a test wants.

use sha2::{Digest as _, Sha256};

use super::oid::Oid;
use super::pointer::Pointer;

pub(crate) mod double;
pub(crate) mod memory;

/// Returns the pointer to an object of this content.
pub(crate) fn pointer_to(content: &[u8]) -> Pointer {
    Pointer { oid: Oid::new(Sha256::digest(content).into()), size: content.len() as u64 }
}

/// Returns the text of the pointer to an object of this content.
pub(crate) fn text_of_pointer_to(content: &[u8]) -> String {
    pointer_to(content).to_string()
}
