//! Decides if and when to try again.
//!
//! Only what can pass by itself is tried again, always from the listing, since only a listing tells what an
//! interrupted push did. The waits double, from two seconds, so that a server that restarts is met again and
//! a busy one is not pressed; jitter keeps mirrors that failed together from coming back together. A server
//! that says when to come back is believed, within bounds. An attempt by which refs came to stand as they should
//! is not counted: so a long mirror over a bad line ends, as long as the run has time. A source whose refs changed
//! between listing and pack is a matter of its own. An attempt that nothing broke off is repeated for the refs that
//! were locked or moved meanwhile, and always counts.

use std::time::Duration;

use crate::error::{Error, ErrorKind, ProxyErrorKind};
use crate::http::retry_after;

/// The wait before the second attempt.
const FIRST_WAIT: Duration = Duration::from_secs(2);

/// The longest wait that is our own choice.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// Number of attempts of one run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attempts(u32);

impl Attempts {
    /// The most that can be asked for.
    pub const MOST: u32 = 20;

    const ONE: Self = Self(1);

    /// Returns the number of attempts if it is between 1 and [`Attempts::MOST`].
    pub fn new(count: u32) -> Option<Self> {
        (1..=Self::MOST).contains(&count).then_some(Self(count))
    }
}

/// Number of times that a run begins again since the source changed meanwhile, whatever the attempts.
const MOST_MOVED: u32 = 3;

/// An attempt that did not do all.
#[derive(Clone, Copy, Debug)]
pub struct FailedAttempt<'a> {
    /// Errors, on either side.
    pub errors: &'a [Error],
    /// The number of refs whose outcome can pass by itself, where nothing broke off.
    pub transient_refs: usize,
    /// The progress that it made nevertheless.
    pub brought: Brought,
    /// The time that the run has left.
    pub left: Duration,
}

/// The progress that an attempt made at the destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Brought {
    /// Some refs came to stand as they should.
    Refs,
    /// Nothing that the next attempt would notice.
    Nothing,
}

/// The step after an attempt that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Begin again from the listing, after this wait.
    Retry(Duration),
    /// It is no use, was tried often enough, or would take longer than the run may.
    GiveUp,
}

/// A counter of the attempts of one run, which decides on the next.
#[derive(Clone, Copy, Debug)]
pub struct Retry {
    most: Attempts,
    made: u32,
    /// The number of attempts that brought nothing.
    attempts_without_progress: u32,
    /// The number of attempts after which the source had changed, which have a bound of their own.
    moved: u32,
}

impl Retry {
    /// Starts with no attempt made.
    pub fn new(most: Attempts) -> Self {
        Self { most, made: 0, attempts_without_progress: 0, moved: 0 }
    }

    /// Returns the number of attempts made so far.
    pub fn made(&self) -> u32 {
        self.made
    }

    /// Decides after an attempt that failed. `jitter` is from 0 to 1: how much of the second half of a wait is
    /// taken, or of what comes on top of one that was asked for.
    pub fn decide(&mut self, attempt: FailedAttempt<'_>, jitter: f64) -> Decision {
        self.made += 1;
        if attempt.errors.is_empty() && attempt.transient_refs == 0 {
            return Decision::GiveUp;
        }
        let is_stale = |error: &Error| error.failure.kind == ErrorKind::Stale;
        if !attempt.errors.is_empty() && attempt.errors.iter().all(is_stale) {
            self.moved += 1;
            let wait = FIRST_WAIT.mul_f64(jitter.clamp(0.0, 1.0));
            let goes_on = self.moved <= MOST_MOVED && wait < attempt.left;
            return if goes_on { Decision::Retry(wait) } else { Decision::GiveUp };
        }
        // What it brought is no progress of the refs that are refused time and again.
        let progress = if attempt.errors.is_empty() { Brought::Nothing } else { attempt.brought };
        let doublings = match progress {
            Brought::Refs => 0,
            Brought::Nothing => {
                self.attempts_without_progress += 1;
                self.attempts_without_progress - 1
            }
        };
        let is_spent = self.most == Attempts::ONE || self.attempts_without_progress >= self.most.0;
        if is_spent || !attempt.errors.iter().all(is_transient) {
            return Decision::GiveUp;
        }
        let asked = attempt.errors.iter().filter_map(|error| asked_wait(error.failure.kind)).max();
        match wait(asked.unwrap_or_default(), doublings, jitter) {
            Some(wait) if wait < attempt.left => Decision::Retry(wait),
            _ => Decision::GiveUp,
        }
    }
}

/// Returns the wait before one request is sent again that failed so often, the last time in this way; none if that
/// cannot pass by itself, or would take too long. `jitter` is that of [`Retry::decide`].
pub fn wait_after(kind: ErrorKind, failures: u32, jitter: f64) -> Option<Duration> {
    let asked = asked_wait(kind).unwrap_or_default();
    is_transient_kind(kind).then(|| wait(asked, failures.saturating_sub(1), jitter)).flatten()
}

/// Returns the wait after so many doublings, and at least as long as was asked for; none if that is too long.
fn wait(asked: Duration, doublings: u32, jitter: f64) -> Option<Duration> {
    if asked > retry_after::LONGEST {
        return None;
    }
    let jitter = jitter.clamp(0.0, 1.0);
    let doubled = FIRST_WAIT.saturating_mul(1 << doublings.min(10)).min(LONGEST_WAIT);
    Some(asked.mul_f64(1.0 + 0.1 * jitter).max(doubled.mul_f64(0.5 + 0.5 * jitter)))
}

/// Returns true if the fault can pass by itself.
pub fn is_transient(error: &Error) -> bool {
    is_transient_kind(error.failure.kind)
}

fn is_transient_kind(kind: ErrorKind) -> bool {
    match kind {
        ErrorKind::Unreachable(_)
        | ErrorKind::Interrupted
        | ErrorKind::TokenExpired
        | ErrorKind::RequestTimeout
        | ErrorKind::Unavailable { .. }
        | ErrorKind::Stale
        | ErrorKind::Proxy(ProxyErrorKind::Unreachable | ProxyErrorKind::ServerUnreachable) => true,
        ErrorKind::Rejected(reason) => reason.is_transient(),
        _ => false,
    }
}

fn asked_wait(kind: ErrorKind) -> Option<Duration> {
    match kind {
        ErrorKind::Unavailable { retry_after } => retry_after,
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{
        CertificateErrorKind, Failure, Indivisible, LocalProblem, Phase, RejectReason, RepositoryProblem,
        Side,
    };
    use crate::mirror::testing::label;

    fn error(kind: ErrorKind) -> Error {
        label(Side::Source).error(Phase::List, Failure::new(kind, ""))
    }

    fn failed(errors: &[Error]) -> FailedAttempt<'_> {
        let (transient_refs, left) = (0, Duration::from_secs(6 * 60 * 60));
        FailedAttempt { errors, transient_refs, brought: Brought::Nothing, left }
    }

    fn decisions(most: u32, faults: &[ErrorKind], jitter: f64) -> Vec<Decision> {
        let mut retry = Retry::new(Attempts::new(most).unwrap());
        faults.iter().map(|kind| retry.decide(failed(&[error(*kind)]), jitter)).collect()
    }

    #[test]
    fn the_waits_double_up_to_a_bound() {
        let waits = |jitter| {
            decisions(9, &[ErrorKind::Interrupted; 9], jitter).into_iter().map(|decision| match decision {
                Decision::Retry(wait) => wait.as_secs(),
                Decision::GiveUp => 0,
            })
        };
        assert_eq!(waits(1.0).collect::<Vec<_>>(), [2, 4, 8, 16, 32, 60, 60, 60, 0]);
        assert_eq!(waits(0.0).collect::<Vec<_>>(), [1, 2, 4, 8, 16, 30, 30, 30, 0]);
    }

    #[test]
    fn what_cannot_pass_is_not_tried_again() {
        for kind in [
            ErrorKind::Unauthorized,
            ErrorKind::Forbidden,
            ErrorKind::NotFound,
            ErrorKind::Refused,
            ErrorKind::Repository(RepositoryProblem::Shallow),
            ErrorKind::Local(LocalProblem::Repository),
            ErrorKind::Certificate(CertificateErrorKind::UnknownIssuer),
            ErrorKind::TlsTerms,
            ErrorKind::Protocol,
            ErrorKind::NotAGitServer,
            ErrorKind::TooLarge,
            ErrorKind::NamesCollide,
            ErrorKind::Indivisible(Indivisible::OneCommit),
            ErrorKind::Indivisible(Indivisible::NoCuts),
            ErrorKind::Indivisible(Indivisible::Merge),
            ErrorKind::Proxy(ProxyErrorKind::Unauthorized),
            ErrorKind::Proxy(ProxyErrorKind::SignInScheme),
            ErrorKind::Proxy(ProxyErrorKind::Refused),
            ErrorKind::SignInScheme,
            ErrorKind::LengthRequired,
            ErrorKind::Status(402),
            ErrorKind::WebPage,
            ErrorKind::HostKey,
            ErrorKind::Algorithms,
            ErrorKind::Key,
            ErrorKind::LoginOutput,
            ErrorKind::NoService,
            ErrorKind::NoGit,
            ErrorKind::Occupied,
            ErrorKind::Unsupported,
            ErrorKind::EmptySource,
            ErrorKind::NoBranches,
            ErrorKind::TooManyDeletions,
            ErrorKind::Diverged,
        ] {
            assert_eq!(decisions(3, &[kind], 0.0), [Decision::GiveUp], "{kind:?}");
        }
    }

    #[test]
    fn one_hopeless_side_is_enough_to_give_up() {
        let mut retry = Retry::new(Attempts::new(3).unwrap());
        let both = [error(ErrorKind::Interrupted), error(ErrorKind::Unauthorized)];
        assert_eq!(retry.decide(failed(&both), 0.0), Decision::GiveUp);
    }

    #[test]
    fn a_server_that_says_when_is_believed_within_bounds() {
        let busy = |seconds| ErrorKind::Unavailable { retry_after: Some(Duration::from_secs(seconds)) };
        assert_eq!(decisions(3, &[busy(30)], 0.0), [Decision::Retry(Duration::from_secs(30))]);
        assert_eq!(decisions(3, &[busy(0)], 0.0), [Decision::Retry(Duration::from_secs(1))]);
        assert_eq!(decisions(3, &[busy(30)], 1.0), [Decision::Retry(Duration::from_secs(33))]);
        for long in [3600, u64::MAX] {
            assert_eq!(decisions(3, &[busy(long)], 1.0), [Decision::GiveUp]);
        }
    }

    #[test]
    fn one_request_is_sent_again_after_the_same_waits() {
        let waits = [1, 2, 3].map(|failures| wait_after(ErrorKind::Interrupted, failures, 1.0));
        assert_eq!(waits, [2, 4, 8].map(|seconds| Some(Duration::from_secs(seconds))));
        let busy = |seconds| ErrorKind::Unavailable { retry_after: Some(Duration::from_secs(seconds)) };
        assert_eq!(wait_after(busy(300), 1, 0.0), Some(Duration::from_secs(300)));
        for hopeless in [busy(301), ErrorKind::NotFound, ErrorKind::Protocol] {
            assert_eq!(wait_after(hopeless, 1, 0.0), None, "{hopeless:?}");
        }
    }

    #[test]
    fn a_source_that_changes_meanwhile_is_listed_again_three_times() {
        let again = Decision::Retry(Duration::ZERO);
        assert_eq!(decisions(1, &[ErrorKind::Stale; 4], 0.0), [again, again, again, Decision::GiveUp]);
    }

    #[test]
    fn refs_that_may_pass_are_tried_again_and_each_attempt_counts() {
        let attempt = |transient_refs, brought| FailedAttempt { transient_refs, brought, ..failed(&[]) };
        let mut retry = Retry::new(Attempts::new(3).unwrap());
        for seconds in [2, 4] {
            let decision = retry.decide(attempt(1, Brought::Refs), 1.0);
            assert_eq!(decision, Decision::Retry(Duration::from_secs(seconds)));
        }
        assert_eq!(retry.decide(attempt(1, Brought::Refs), 1.0), Decision::GiveUp);
        let mut retry = Retry::new(Attempts::new(3).unwrap());
        assert_eq!(retry.decide(attempt(0, Brought::Refs), 1.0), Decision::GiveUp);
        assert_eq!(Retry::new(Attempts::ONE).decide(attempt(1, Brought::Refs), 1.0), Decision::GiveUp);
    }

    #[test]
    fn refs_that_may_pass_do_not_outweigh_an_error_that_does_not() {
        let errors = [error(ErrorKind::Forbidden)];
        let attempt = FailedAttempt { transient_refs: 9, ..failed(&errors) };
        assert_eq!(Retry::new(Attempts::new(3).unwrap()).decide(attempt, 0.0), Decision::GiveUp);
    }

    #[test]
    fn a_local_repository_whose_ref_is_locked_is_tried_again() {
        let kinds = [RejectReason::Locked, RejectReason::CheckedOut].map(ErrorKind::Rejected);
        let waits = kinds.map(|kind| decisions(3, &[kind], 0.0)[0]);
        assert_eq!(waits, [Decision::Retry(Duration::from_secs(1)), Decision::GiveUp]);
    }

    #[test]
    fn one_attempt_means_no_second() {
        assert_eq!(decisions(1, &[ErrorKind::Interrupted], 0.0), [Decision::GiveUp]);
        assert_eq!((Attempts::new(0), Attempts::new(21)), (None, None));
    }

    #[test]
    fn a_wait_that_the_run_has_no_time_for_is_not_begun() {
        let decide = |left| {
            let errors = [error(ErrorKind::Interrupted)];
            let attempt = FailedAttempt { left: Duration::from_secs(left), ..failed(&errors) };
            Retry::new(Attempts::new(3).unwrap()).decide(attempt, 1.0)
        };
        assert_eq!(decide(3), Decision::Retry(Duration::from_secs(2)));
        assert_eq!((decide(2), decide(0)), (Decision::GiveUp, Decision::GiveUp));
    }

    #[test]
    fn an_attempt_with_progress_does_not_count() {
        let errors = [error(ErrorKind::Interrupted)];
        let decide =
            |retry: &mut Retry, brought| retry.decide(FailedAttempt { brought, ..failed(&errors) }, 1.0);
        let again = |seconds| Decision::Retry(Duration::from_secs(seconds));
        let mut retry = Retry::new(Attempts::new(3).unwrap());
        for _ in 0..10 {
            assert_eq!(decide(&mut retry, Brought::Refs), again(2));
        }
        assert_eq!(decide(&mut retry, Brought::Nothing), again(2));
        assert_eq!(decide(&mut retry, Brought::Nothing), again(4));
        assert_eq!(decide(&mut retry, Brought::Refs), again(2));
        assert_eq!(decide(&mut retry, Brought::Nothing), Decision::GiveUp);
        assert_eq!(retry.made(), 14);
        let mut once = Retry::new(Attempts::ONE);
        assert_eq!(decide(&mut once, Brought::Refs), Decision::GiveUp);
    }
}
