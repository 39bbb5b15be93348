//! The push to a local repository, as the rest of the step sees it.

use crate::cancel::CancelToken;
use crate::mirror::push_started::PushStarted;
use crate::temp_dirs::TempDirs;

/// What a local destination shares with the step and the mirror that write it.
#[derive(Clone, Debug, Default)]
pub struct Session {
    /// Ends a push early.
    pub cancel: CancelToken,
    /// Removes what a push leaves, should the process be ended.
    pub temp_dirs: TempDirs,
    /// Hears when the repository may have changed.
    pub push_started: PushStarted,
}
