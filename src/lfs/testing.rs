//! Objects for tests.

use sha2::{Digest as _, Sha256};

use super::oid::Oid;
use super::pointer::Pointer;

/// Returns the pointer to an object of this content.
pub(crate) fn pointer_to(content: &[u8]) -> Pointer {
    Pointer { oid: Oid::new(Sha256::digest(content).into()), size: content.len() as u64 }
}
