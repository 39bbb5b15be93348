//! Whether and when to try again.
//!
//! Only what can pass by itself is tried again, always from the listing, since only a listing tells what an
//! interrupted push did. The waits double, from two seconds, so that a server that restarts is met again and
//! a busy one is not pressed; jitter keeps mirrors that failed together from coming back together. A server
//! that says when to come back is believed, within bounds. An attempt by which refs came to stand as they should
//! is not counted: so a long mirror over a bad line ends, as long as the run has time. A source whose refs changed
//! between listing and pack is a matter of its own.

use std::time::Duration;

use crate::error::{Error, Fault, ProxyFault};

/// The wait before the second attempt.
const FIRST_WAIT: Duration = Duration::from_secs(2);

/// The longest wait that is our own choice.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// The longest wait that a server may ask for; beyond it the run fails at once and says so.
const LONGEST_ASKED_WAIT: Duration = Duration::from_secs(5 * 60);

/// How often one run tries.
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

/// How often a run begins again since the source changed meanwhile, whatever the attempts.
const MOST_MOVED: u32 = 3;

/// An attempt that did not do all.
#[derive(Clone, Copy, Debug)]
pub struct Failed<'a> {
    /// What went wrong, on either side.
    pub errors: &'a [Error],
    /// What it did nevertheless.
    pub brought: Brought,
    /// How much time the run has left.
    pub left: Duration,
}

/// What an attempt did for the destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Brought {
    /// Some refs came to stand as they should.
    Refs,
    /// Nothing that the next attempt would notice.
    Nothing,
}

/// What to do after an attempt that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Begin again from the listing, after this wait.
    Again(Duration),
    /// It is no use, was tried often enough, or would take longer than the run may.
    GiveUp,
}

/// Counts the attempts of one run.
#[derive(Clone, Copy, Debug)]
pub struct Retry {
    most: Attempts,
    made: u32,
    /// How many of those made brought nothing.
    fruitless: u32,
    /// After how many of them the source had changed.
    moved: u32,
}

impl Retry {
    /// Starts with no attempt made.
    pub fn new(most: Attempts) -> Self {
        Self { most, made: 0, fruitless: 0, moved: 0 }
    }

    /// Returns the number of attempts made so far.
    pub fn made(&self) -> u32 {
        self.made
    }

    /// Decides after an attempt that failed. `jitter` is from 0 to 1: how much of the second half of a wait is
    /// taken, or of what comes on top of one that was asked for.
    pub fn decide(&mut self, attempt: Failed<'_>, jitter: f64) -> Decision {
        self.made += 1;
        if attempt.errors.iter().all(|error| error.failure.fault == Fault::Moved) {
            self.moved += 1;
            let wait = FIRST_WAIT.mul_f64(jitter.clamp(0.0, 1.0));
            let goes_on = self.moved <= MOST_MOVED && wait < attempt.left;
            return if goes_on { Decision::Again(wait) } else { Decision::GiveUp };
        }
        let doublings = match attempt.brought {
            Brought::Refs => 0,
            Brought::Nothing => {
                self.fruitless += 1;
                self.fruitless - 1
            }
        };
        let is_spent = self.most == Attempts::ONE || self.fruitless >= self.most.0;
        if is_spent || !attempt.errors.iter().all(can_pass) {
            return Decision::GiveUp;
        }
        let asked = attempt.errors.iter().filter_map(asked_wait).max().unwrap_or_default();
        if asked > LONGEST_ASKED_WAIT {
            return Decision::GiveUp;
        }
        let jitter = jitter.clamp(0.0, 1.0);
        let doubled = FIRST_WAIT.saturating_mul(1 << doublings.min(10)).min(LONGEST_WAIT);
        let wait = asked.mul_f64(1.0 + 0.1 * jitter).max(doubled.mul_f64(0.5 + 0.5 * jitter));
        if wait < attempt.left { Decision::Again(wait) } else { Decision::GiveUp }
    }
}

/// Whether what went wrong can pass by itself.
pub fn can_pass(error: &Error) -> bool {
    matches!(
        error.failure.fault,
        Fault::Unreachable
            | Fault::Interrupted
            | Fault::Impatient
            | Fault::Busy { .. }
            | Fault::Moved
            | Fault::Proxy(ProxyFault::Unreachable | ProxyFault::ServerUnreachable)
    )
}

fn asked_wait(error: &Error) -> Option<Duration> {
    match error.failure.fault {
        Fault::Busy { retry_after } => retry_after,
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{CertificateFault, Failure, Phase, Side};
    use crate::mirror::testing::peer;

    fn error(fault: Fault) -> Error {
        peer(Side::Source).error(Phase::List, Failure::new(fault, ""))
    }

    fn failed(errors: &[Error]) -> Failed<'_> {
        Failed { errors, brought: Brought::Nothing, left: Duration::from_secs(6 * 60 * 60) }
    }

    fn decisions(most: u32, faults: &[Fault], jitter: f64) -> Vec<Decision> {
        let mut retry = Retry::new(Attempts::new(most).unwrap());
        faults.iter().map(|fault| retry.decide(failed(&[error(*fault)]), jitter)).collect()
    }

    #[test]
    fn the_waits_double_up_to_a_bound() {
        let waits = |jitter| {
            decisions(9, &[Fault::Interrupted; 9], jitter).into_iter().map(|decision| match decision {
                Decision::Again(wait) => wait.as_secs(),
                Decision::GiveUp => 0,
            })
        };
        assert_eq!(waits(1.0).collect::<Vec<_>>(), [2, 4, 8, 16, 32, 60, 60, 60, 0]);
        assert_eq!(waits(0.0).collect::<Vec<_>>(), [1, 2, 4, 8, 16, 30, 30, 30, 0]);
    }

    #[test]
    fn what_cannot_pass_is_not_tried_again() {
        for fault in [
            Fault::SignIn,
            Fault::Forbidden,
            Fault::NotFound,
            Fault::Refused,
            Fault::Input,
            Fault::Certificate(CertificateFault::UnknownIssuer),
            Fault::TlsTerms,
            Fault::Protocol,
            Fault::NotGit,
            Fault::TooLarge,
            Fault::Proxy(ProxyFault::SignIn),
            Fault::Proxy(ProxyFault::SignInScheme),
            Fault::Proxy(ProxyFault::Refused),
            Fault::SignInScheme,
            Fault::LengthRequired,
            Fault::Status(402),
            Fault::WebPage,
            Fault::HostKey,
            Fault::Algorithms,
            Fault::Key,
            Fault::LoginOutput,
            Fault::NoService,
            Fault::NoGit,
            Fault::Occupied,
            Fault::Unsupported,
            Fault::EmptySource,
            Fault::NoBranches,
            Fault::TooManyDeletions,
        ] {
            assert_eq!(decisions(3, &[fault], 0.0), [Decision::GiveUp], "{fault:?}");
        }
    }

    #[test]
    fn one_hopeless_side_is_enough_to_give_up() {
        let mut retry = Retry::new(Attempts::new(3).unwrap());
        let both = [error(Fault::Interrupted), error(Fault::SignIn)];
        assert_eq!(retry.decide(failed(&both), 0.0), Decision::GiveUp);
    }

    #[test]
    fn a_server_that_says_when_is_believed_within_bounds() {
        let busy = |seconds| Fault::Busy { retry_after: Some(Duration::from_secs(seconds)) };
        assert_eq!(decisions(3, &[busy(30)], 0.0), [Decision::Again(Duration::from_secs(30))]);
        assert_eq!(decisions(3, &[busy(0)], 0.0), [Decision::Again(Duration::from_secs(1))]);
        assert_eq!(decisions(3, &[busy(30)], 1.0), [Decision::Again(Duration::from_secs(33))]);
        for long in [3600, u64::MAX] {
            assert_eq!(decisions(3, &[busy(long)], 1.0), [Decision::GiveUp]);
        }
    }

    #[test]
    fn a_source_that_changes_meanwhile_is_listed_again_three_times() {
        let again = Decision::Again(Duration::ZERO);
        assert_eq!(decisions(1, &[Fault::Moved; 4], 0.0), [again, again, again, Decision::GiveUp]);
    }

    #[test]
    fn one_attempt_means_no_second() {
        assert_eq!(decisions(1, &[Fault::Interrupted], 0.0), [Decision::GiveUp]);
        assert_eq!((Attempts::new(0), Attempts::new(21)), (None, None));
    }

    #[test]
    fn a_wait_that_the_run_has_no_time_for_is_not_begun() {
        let decide = |left| {
            let errors = [error(Fault::Interrupted)];
            let attempt = Failed { left: Duration::from_secs(left), ..failed(&errors) };
            Retry::new(Attempts::new(3).unwrap()).decide(attempt, 1.0)
        };
        assert_eq!(decide(3), Decision::Again(Duration::from_secs(2)));
        assert_eq!((decide(2), decide(0)), (Decision::GiveUp, Decision::GiveUp));
    }

    #[test]
    fn an_attempt_that_brought_refs_does_not_count_and_is_followed_soon() {
        let errors = [error(Fault::Interrupted)];
        let decide = |retry: &mut Retry, brought| retry.decide(Failed { brought, ..failed(&errors) }, 1.0);
        let again = |seconds| Decision::Again(Duration::from_secs(seconds));
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
