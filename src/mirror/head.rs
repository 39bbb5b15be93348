//! Waits for a default branch that a host sets behind a push.

use std::time::Duration;

use super::ports::{DefaultBranchTime, Destination, Job, Refresh};
use crate::cancel::CancelToken;
use crate::clock::Stopwatch;
use crate::protocol::ref_name::RefName;

/// The interval at which the destination is asked, and the time after which it is not asked any more.
#[derive(Clone, Copy, Debug)]
struct Patience {
    interval: Duration,
    longest: Duration,
}

const PATIENCE: Patience =
    Patience { interval: Duration::from_millis(500), longest: Duration::from_secs(10) };

/// Waits until the destination's `HEAD` names a branch that was pushed, where its host sets it a moment later: of several
/// branches that are there by then it could choose another. That it does not say so in time, or that the run is stopped, ends
/// the wait.
pub(super) fn wait_until_default(destination: &mut dyn Destination, branch: &RefName, job: &Job<'_>) {
    if destination.info().default_branch == DefaultBranchTime::Later {
        wait(destination, branch, job.cancel, PATIENCE);
    }
}

fn wait(destination: &mut dyn Destination, branch: &RefName, cancel: &CancelToken, patience: Patience) {
    let watch = Stopwatch::start();
    while cancel.reason().is_none() {
        if let Err(error) = destination.refresh(Refresh::Head) {
            log::debug!("its default branch is not waited for: {error}");
            return;
        }
        if destination.info().refs.head() == Some(branch) {
            return;
        }
        let left = patience.longest.saturating_sub(watch.elapsed());
        if left.is_zero() {
            log::debug!("the default branch is not yet '{branch}'");
            return;
        }
        if cancel.wait(patience.interval.min(left)).is_some() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cancel::CancelReason;
    use crate::error::{ErrorKind, Failure, Phase, Side};
    use crate::mirror::ports::Mode;
    use crate::mirror::testing::{MemoryDestination, job, label, name, policy};

    const MAIN: &str = "refs/heads/main";
    const OTHER: &str = "refs/heads/other";
    const MOMENT: Patience =
        Patience { interval: Duration::from_millis(1), longest: Duration::from_millis(40) };

    /// Names these branches in turn, the last one for ever.
    fn naming(heads: &[&str]) -> MemoryDestination {
        let mut destination = MemoryDestination::new(&[(MAIN, 1), (OTHER, 2)]);
        destination.heads = heads.iter().map(|head| name(head)).collect();
        destination.info.default_branch = DefaultBranchTime::Later;
        destination
    }

    #[test]
    fn a_host_that_sets_it_at_once_is_not_asked() {
        let policy = policy();
        let mut destination = naming(&[OTHER]);
        destination.info.default_branch = DefaultBranchTime::WithPush;
        wait_until_default(&mut destination, &name(MAIN), &job(&policy, Mode::Mirror));
        assert_eq!(destination.heads_asked, 0);
    }

    #[test]
    fn a_host_that_has_set_it_is_asked_once() {
        let policy = policy();
        let mut destination = naming(&[MAIN]);
        wait_until_default(&mut destination, &name(MAIN), &job(&policy, Mode::Mirror));
        assert_eq!(destination.heads_asked, 1);
    }

    #[test]
    fn a_host_that_sets_it_later_is_asked_until_it_has() {
        let mut destination = naming(&[OTHER, OTHER, MAIN]);
        wait(&mut destination, &name(MAIN), &CancelToken::default(), MOMENT);
        assert_eq!(destination.heads_asked, 3);
        assert_eq!(destination.info.refs.head(), Some(&name(MAIN)));
    }

    #[test]
    fn a_host_that_never_sets_it_is_not_waited_for_longer() {
        let mut destination = naming(&[OTHER]);
        wait(&mut destination, &name(MAIN), &CancelToken::default(), MOMENT);
        assert!(destination.heads_asked > 1, "{}", destination.heads_asked);
    }

    #[test]
    fn a_destination_that_cannot_be_read_is_asked_once() {
        let mut destination = naming(&[OTHER]);
        let failure = Failure::new(ErrorKind::Forbidden, "no");
        destination.learning = Err(label(Side::Destination).error(Phase::List, failure));
        wait(&mut destination, &name(MAIN), &CancelToken::default(), PATIENCE);
        assert_eq!(destination.heads_asked, 1);
    }

    #[test]
    fn a_run_that_is_stopped_does_not_wait() {
        let cancel = CancelToken::default();
        cancel.now(CancelReason::Cancelled);
        let mut destination = naming(&[OTHER]);
        wait(&mut destination, &name(MAIN), &cancel, PATIENCE);
        assert_eq!(destination.heads_asked, 0);
    }
}
