//! Waits for a default branch that a host sets behind a push.

use std::time::Duration;

use super::ports::{DefaultBranchTime, Destination, Job, Refresh};
use crate::cancel::CancelToken;
use crate::clock::Stopwatch;
use crate::error::Error;
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
    if destination.info().default_branch == DefaultBranchTime::Later
        && let Err(error) = wait(destination, branch, job.cancel, PATIENCE)
    {
        log::debug!("its default branch is not waited for: {error}");
    }
}

/// Asks for the branch that the destination's `HEAD` names once all is pushed; where its host sets it a moment later, until it
/// is this one, but not for long. Where it is known to be this one, and its host sets it at once, nobody is asked.
///
/// # Errors
/// Those of the destination.
pub fn learn(destination: &mut dyn Destination, branch: &RefName, cancel: &CancelToken) -> Result<(), Error> {
    match destination.info().default_branch {
        DefaultBranchTime::WithPush if destination.info().refs.head() == Some(branch) => Ok(()),
        DefaultBranchTime::WithPush => destination.refresh(Refresh::Head),
        DefaultBranchTime::Later => wait(destination, branch, cancel, PATIENCE),
    }
}

fn wait(
    destination: &mut dyn Destination,
    branch: &RefName,
    cancel: &CancelToken,
    patience: Patience,
) -> Result<(), Error> {
    let watch = Stopwatch::start();
    while cancel.reason().is_none() {
        destination.refresh(Refresh::Head)?;
        let left = patience.longest.saturating_sub(watch.elapsed());
        if destination.info().refs.head() == Some(branch) || left.is_zero() {
            break;
        }
        cancel.wait(patience.interval.min(left));
    }
    Ok(())
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
        wait(&mut destination, &name(MAIN), &CancelToken::default(), MOMENT).unwrap();
        assert_eq!(destination.heads_asked, 3);
        assert_eq!(destination.info.refs.head(), Some(&name(MAIN)));
    }

    #[test]
    fn a_host_that_never_sets_it_is_not_waited_for_longer() {
        let mut destination = naming(&[OTHER]);
        wait(&mut destination, &name(MAIN), &CancelToken::default(), MOMENT).unwrap();
        assert!(destination.heads_asked > 1, "{}", destination.heads_asked);
    }

    #[test]
    fn a_destination_that_cannot_be_read_is_asked_once() {
        let mut destination = naming(&[OTHER]);
        let failure = Failure::new(ErrorKind::Forbidden, "no");
        destination.learning = Err(label(Side::Destination).error(Phase::List, failure));
        assert!(wait(&mut destination, &name(MAIN), &CancelToken::default(), PATIENCE).is_err());
        assert_eq!(destination.heads_asked, 1);
    }

    #[test]
    fn a_run_that_is_stopped_does_not_wait() {
        let cancel = CancelToken::default();
        cancel.now(CancelReason::Cancelled);
        let mut destination = naming(&[OTHER]);
        wait(&mut destination, &name(MAIN), &cancel, PATIENCE).unwrap();
        assert_eq!(destination.heads_asked, 0);
    }

    #[test]
    fn what_is_known_is_asked_again_only_where_it_is_set_later() {
        for (time, known, expected) in [
            (DefaultBranchTime::WithPush, MAIN, 0),
            (DefaultBranchTime::WithPush, OTHER, 1),
            (DefaultBranchTime::Later, MAIN, 1),
        ] {
            let mut destination = naming(&[MAIN]);
            destination.info.default_branch = time;
            destination.info.refs = destination.info.refs.with_head(known);
            learn(&mut destination, &name(MAIN), &CancelToken::default()).unwrap();
            assert_eq!(destination.heads_asked, expected, "{time:?} {known}");
        }
    }
}
