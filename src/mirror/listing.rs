//! Lists a destination again until it shows what it has reported as done.
//!
//! A host of several nodes, or with a cache, reports a push as done and lists the refs of before for some seconds. One
//! such listing is no contradiction yet.

use std::time::Duration;

use super::events::{Event, Events};
use super::plan;
use super::plan::Plan;
use super::ports::{Destination, Job, Refresh, Source};
use super::push::results::PushResults;
use crate::clock::Stopwatch;
use crate::error::{Error, ErrorKind, Failure, Phase};
use crate::protocol::report_status::RefStatus;

/// Time for which a listing may lag behind a push. Hosts are seen to take two to three seconds.
pub const LONGEST_LAG: Duration = Duration::from_secs(30);

/// The wait before the second listing; it doubles up to the longest.
const FIRST_WAIT: Duration = Duration::from_millis(500);
const LONGEST_WAIT: Duration = Duration::from_secs(8);

/// Returns what the last listing leaves to do. That the run is stopped while it waits interrupts it.
///
/// # Errors
/// Those of the first listing. One that fails later is one that shows nothing new.
pub(super) fn list_until_shown(
    source: &dyn Source,
    destination: &mut dyn Destination,
    results: &mut PushResults,
    job: &Job<'_>,
    events: &dyn Events,
) -> Result<Plan, Error> {
    destination.refresh(Refresh::Refs)?;
    let (watch, mut wait, mut is_told) = (Stopwatch::start(), FIRST_WAIT, false);
    loop {
        // Without the policy's limits: what remains is a finding now, not a proposal.
        let remaining = plan::difference(&source.info().refs, &destination.info().refs, job.policy);
        let hidden = hidden(&remaining, results);
        let left = job.lag.saturating_sub(watch.elapsed());
        if hidden == 0 || left.is_zero() {
            return Ok(remaining);
        }
        if !std::mem::replace(&mut is_told, true) {
            events.on(Event::Lagging { refs: hidden, longest: job.lag });
        }
        if job.cancel.wait(wait.min(left)).is_some() {
            let stopped = Failure::new(ErrorKind::Interrupted, "the run was stopped");
            results.interruption.get_or_insert(destination.info().label.error(Phase::Verify, stopped));
            return Ok(remaining);
        }
        if let Err(error) = destination.refresh(Refresh::Refs) {
            log::debug!("{error}");
        }
        wait = wait.saturating_mul(2).min(LONGEST_WAIT);
    }
}

/// Counts the refs that were reported as done and are not listed so.
fn hidden(remaining: &Plan, results: &PushResults) -> usize {
    remaining
        .updates()
        .filter(|update| matches!(results.status(update.name()), Some((_, RefStatus::Ok))))
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cancel::{CancelReason, CancelToken};
    use crate::error::Side;
    use crate::mirror::mirror;
    use crate::mirror::ports::Mode;
    use crate::mirror::report::{Outcome, RejectedRefs, Report, Verdict};
    use crate::mirror::testing::{MemoryDestination, MemorySource, Silent, job, label, policy};

    /// Updates one ref, creates one and deletes one.
    fn pair() -> (MemorySource, MemoryDestination) {
        let source = MemorySource::new(&[("refs/heads/main", 2), ("refs/heads/new", 3)]);
        (source, MemoryDestination::new(&[("refs/heads/main", 1), ("refs/heads/gone", 4)]))
    }

    fn run(destination: &mut MemoryDestination, lag: Duration, cancel: &CancelToken) -> Report {
        let policy = policy();
        let job = Job { lag, cancel, ..job(&policy, Mode::Mirror) };
        mirror(&mut pair().0, destination, &job, &Silent).unwrap()
    }

    #[test]
    fn a_listing_that_lags_is_made_again_until_it_shows_the_push() {
        let (_, mut destination) = pair();
        destination.lag = 2;
        let report = run(&mut destination, LONGEST_LAG, &CancelToken::default());
        assert_eq!(report.verdict(RejectedRefs::Fail), Verdict::Succeeded);
        let counts = report.counts();
        assert_eq!((counts.created, counts.updated, counts.deleted), (1, 1, 1));
        assert_eq!((destination.listings, destination.pushes.len()), (3, 1));
    }

    #[test]
    fn a_listing_that_never_shows_the_push_contradicts_it() {
        let (_, mut destination) = pair();
        destination.lag = usize::MAX;
        let report = run(&mut destination, Duration::from_millis(700), &CancelToken::default());
        assert_eq!(report.verdict(RejectedRefs::Fail), Verdict::Failed);
        assert!(
            report.outcomes.iter().all(|ref_| ref_.outcome == Outcome::ReportedButUnchanged),
            "{report:?}"
        );
        assert_eq!(destination.listings, 3);
    }

    #[test]
    fn a_listing_that_fails_in_between_is_passed_over() {
        let (_, mut destination) = pair();
        destination.lag = 2;
        let failure = Failure::new(ErrorKind::Unavailable { retry_after: None }, "the server answered 503");
        destination.listing_fails_at = Some((2, label(Side::Destination).error(Phase::Verify, failure)));
        let report = run(&mut destination, LONGEST_LAG, &CancelToken::default());
        assert_eq!((report.verdict(RejectedRefs::Fail), report.interruption), (Verdict::Succeeded, None));
    }

    #[test]
    fn what_was_refused_is_not_waited_for() {
        let (_, mut destination) = pair();
        destination.protected = vec![crate::mirror::testing::name("refs/heads/main")];
        let report = run(&mut destination, LONGEST_LAG, &CancelToken::default());
        assert_eq!((report.counts().rejected, destination.listings), (1, 1));
    }

    #[test]
    fn a_run_that_is_stopped_while_it_waits_ends_at_once() {
        let (_, mut destination) = pair();
        destination.lag = usize::MAX;
        let (cancel, watch) = (CancelToken::default(), Stopwatch::start());
        let stopper = cancel.clone();
        let waiting = std::thread::spawn(move || {
            crate::clock::wait(Duration::from_millis(100));
            stopper.now(CancelReason::Cancelled);
        });
        let report = run(&mut destination, LONGEST_LAG, &cancel);
        waiting.join().unwrap();
        assert!(watch.elapsed() < Duration::from_secs(5), "{:?}", watch.elapsed());
        assert!(report.interruption.is_some());
        assert_eq!(report.verdict(RejectedRefs::Warn), Verdict::Failed);
    }
}
