//! The two ends of a copy of LFS objects, as the copy sees them.

use std::io::Read;

use super::pointer::Pointer;
use super::verified_object::VerifiedObject;
use crate::error::Failure;

/// A place that objects come from. All calls may come from several threads at once.
pub trait ObjectSource: Sync {
    /// Asks for objects; returns those that are not there.
    ///
    /// # Errors
    ///
    /// All that keeps the answer away; nothing is known of any of them then.
    fn missing(&self, pointers: &[Pointer]) -> Result<Vec<Pointer>, Failure>;

    /// Opens an object that was asked for.
    ///
    /// # Errors
    ///
    /// All that keeps it away.
    fn open(&self, pointer: Pointer) -> Result<Box<dyn Read + Send + '_>, Failure>;
}

/// A place that objects go to. All calls may come from several threads at once.
pub trait ObjectDestination: Sync {
    /// Asks for objects; returns those that it lacks. An object that the answer leaves out counts as one.
    ///
    /// # Errors
    ///
    /// All that keeps the answer away; nothing is known of any of them then.
    fn lacking(&self, pointers: &[Pointer]) -> Result<Vec<Pointer>, Failure>;

    /// Writes an object that it lacks; it is there afterwards.
    ///
    /// # Errors
    ///
    /// A failure of the object's reader, and whatever the destination says. Nothing is there then, or the whole object.
    fn put(&self, pointer: Pointer, object: &mut VerifiedObject<'_>) -> Result<(), Failure>;
}
