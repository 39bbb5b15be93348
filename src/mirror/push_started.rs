//! The moment from which a destination may have changed.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A note that a push of one mirror has begun. Its destination makes it, and it never goes back: not by what came of
/// the push, nor by another attempt. Clones are of the same mirror.
#[derive(Clone, Debug, Default)]
pub struct PushStarted(Arc<AtomicBool>);

impl PushStarted {
    /// Notes that a push begins.
    pub fn note(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Returns true from the first push on.
    pub fn get(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
