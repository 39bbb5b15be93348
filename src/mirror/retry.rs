//! Whether and when to try again.
//!
//! Only what can pass by itself is tried again, always from the listing, since only a listing tells what an
//! interrupted push did. The waits double, from two seconds, so that a server that restarts is met again and
//! a busy one is not pressed; jitter keeps mirrors that failed together from coming back together. A server
//! that says when to come back is believed, within bounds.

use std::time::Duration;

use crate::error::{Error, Fault};

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

    /// Returns the number of attempts if it is between 1 and [`Attempts::MOST`].
    pub fn new(count: u32) -> Option<Self> {
        (1..=Self::MOST).contains(&count).then_some(Self(count))
    }

    /// Returns the number.
    pub fn get(self) -> u32 {
        self.0
    }
}

/// What to do after an attempt that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Begin again from the listing, after this wait.
    Again(Duration),
    /// It is no use, or was tried often enough.
    GiveUp,
}

/// Counts the attempts of one run.
#[derive(Clone, Copy, Debug)]
pub struct Retry {
    most: Attempts,
    made: u32,
}

impl Retry {
    /// Starts with no attempt made.
    pub fn new(most: Attempts) -> Self {
        Self { most, made: 0 }
    }

    /// Returns the number of attempts made so far.
    pub fn made(&self) -> u32 {
        self.made
    }

    /// Decides after an attempt that ended with these errors. `jitter`, from 0 to 1, is how much of the
    /// wait's second half is taken.
    pub fn decide(&mut self, errors: &[&Error], jitter: f64) -> Decision {
        self.made += 1;
        let faults = || errors.iter().map(|error| error.failure.fault);
        if self.made >= self.most.0 || !faults().all(can_pass) {
            return Decision::GiveUp;
        }
        let asked = faults().filter_map(asked_wait).max().unwrap_or_default();
        if asked > LONGEST_ASKED_WAIT {
            return Decision::GiveUp;
        }
        let doubled = FIRST_WAIT.saturating_mul(1 << (self.made - 1).min(10)).min(LONGEST_WAIT);
        Decision::Again(asked.max(doubled.mul_f64(0.5 + 0.5 * jitter.clamp(0.0, 1.0))))
    }
}

fn can_pass(fault: Fault) -> bool {
    matches!(
        fault,
        Fault::Unreachable | Fault::Interrupted | Fault::Impatient | Fault::Busy { .. } | Fault::Moved
    )
}

fn asked_wait(fault: Fault) -> Option<Duration> {
    match fault {
        Fault::Busy { retry_after } => retry_after,
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{Failure, Phase, Side};
    use crate::mirror::testing::peer;

    fn error(fault: Fault) -> Error {
        peer(Side::Source).error(Phase::List, Failure::new(fault, ""))
    }

    fn decisions(most: u32, faults: &[Fault], jitter: f64) -> Vec<Decision> {
        let mut retry = Retry::new(Attempts::new(most).unwrap());
        faults.iter().map(|fault| retry.decide(&[&error(*fault)], jitter)).collect()
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
            Fault::Certificate,
            Fault::Protocol,
            Fault::NotGit,
            Fault::TooLarge,
        ] {
            assert_eq!(decisions(3, &[fault], 0.0), [Decision::GiveUp], "{fault:?}");
        }
    }

    #[test]
    fn one_hopeless_side_is_enough_to_give_up() {
        let mut retry = Retry::new(Attempts::new(3).unwrap());
        let both = [&error(Fault::Interrupted), &error(Fault::SignIn)];
        assert_eq!(retry.decide(&both, 0.0), Decision::GiveUp);
    }

    #[test]
    fn a_server_that_says_when_is_believed_within_bounds() {
        let busy = |seconds| Fault::Busy { retry_after: Some(Duration::from_secs(seconds)) };
        assert_eq!(decisions(3, &[busy(30)], 0.0), [Decision::Again(Duration::from_secs(30))]);
        assert_eq!(decisions(3, &[busy(0)], 0.0), [Decision::Again(Duration::from_secs(1))]);
        assert_eq!(decisions(3, &[busy(3600)], 0.0), [Decision::GiveUp]);
    }

    #[test]
    fn one_attempt_means_no_second() {
        assert_eq!(decisions(1, &[Fault::Interrupted], 0.0), [Decision::GiveUp]);
        assert_eq!((Attempts::new(0), Attempts::new(21)), (None, None));
    }
}
