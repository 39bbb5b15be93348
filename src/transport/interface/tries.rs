//! The tries of one request to an interface.

use std::time::Duration;

use crate::cancel::CancelToken;
use crate::clock;
use crate::error::{ErrorKind, Failure};
use crate::mirror::retry;

/// The most times that a request is sent.
const MOST: u32 = 4;

/// A counter of the tries of one request that failed.
#[derive(Debug, Default)]
pub(super) struct Tries {
    failed: u32,
}

impl Tries {
    /// Waits before the next try.
    ///
    /// # Errors
    ///
    /// Returns the failure if it cannot pass by itself, was the last of all tries, or the run is stopped.
    pub(super) fn again(&mut self, failure: Failure, cancel: &CancelToken) -> Result<(), Failure> {
        let Some(wait) = self.wait(failure.kind, clock::jitter()) else { return Err(failure) };
        log::debug!("{failure}; sent again in {:.1} s", wait.as_secs_f64());
        if cancel.wait(wait).is_some() { Err(failure) } else { Ok(()) }
    }

    /// Returns the wait before the next try, if there is one.
    fn wait(&mut self, kind: ErrorKind, jitter: f64) -> Option<Duration> {
        self.failed += 1;
        retry::wait_after(kind, self.failed, jitter).filter(|_| self.failed < MOST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cancel::CancelReason;

    #[test]
    fn what_can_pass_is_tried_four_times_after_growing_waits() {
        let mut tries = Tries::default();
        let mut wait = || tries.wait(ErrorKind::Interrupted, 1.0).map(|wait| wait.as_secs());
        assert_eq!([wait(), wait(), wait(), wait()], [Some(2), Some(4), Some(8), None]);
    }

    #[test]
    fn what_cannot_pass_is_tried_once() {
        for kind in [ErrorKind::NotFound, ErrorKind::Forbidden, ErrorKind::Protocol, ErrorKind::Status(400)] {
            assert_eq!(Tries::default().wait(kind, 0.0), None, "{kind:?}");
        }
    }

    #[test]
    fn a_server_is_believed_up_to_five_minutes() {
        let wait = |seconds| {
            let retry_after = Some(Duration::from_secs(seconds));
            Tries::default().wait(ErrorKind::Unavailable { retry_after }, 0.0)
        };
        assert_eq!((wait(300), wait(301)), (Some(Duration::from_secs(300)), None));
    }

    #[test]
    fn a_stop_ends_the_wait_with_the_failure() {
        let cancel = CancelToken::default();
        cancel.now(CancelReason::Cancelled);
        let failure = Failure::new(ErrorKind::Interrupted, "lost");
        assert_eq!(Tries::default().again(failure.clone(), &cancel), Err(failure));
    }
}
