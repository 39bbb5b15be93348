//! The push to a local repository, as the rest of the step sees it.

use crate::cancel::CancelToken;
use crate::mirror::push_started::PushStarted;
use crate::temp_dirs::TempDirs;

/// The things that a local destination shares with the step and the mirror that write it.
#[derive(Clone, Debug, Default)]
pub struct Session {
    /// The token that ends a push early.
    pub cancel: CancelToken,
    /// The folders to remove, should the process be ended.
    pub temp_dirs: TempDirs,
    /// The note that the repository may have changed.
    pub push_started: PushStarted,
}
