//! The share of a container that one of several jobs mirrors. No job knows what the others do.

use std::num::NonZeroU32;

use sha2::{Digest as _, Sha256};
use thiserror::Error;

/// A slice: one job's share of all repositories.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slice {
    /// The position of the job, from 0.
    at: u32,
    of: NonZeroU32,
}

/// The reason why the agent's variables name no slice, to be read after the one that is wrong. It would be no help to take
/// the whole: each job would.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SliceError {
    /// `System.TotalJobsInPhase` is no number of jobs.
    #[error("is not the number of jobs")]
    Total,
    /// `System.JobPositionInPhase` is no position among so many.
    #[error("is not a number from 1 to {0}")]
    Position(u32),
}

impl Slice {
    /// All repositories.
    pub const WHOLE: Self = Self { at: 0, of: NonZeroU32::MIN };

    /// Reads the values of `System.ParallelExecutionType`, `System.JobPositionInPhase` and `System.TotalJobsInPhase`.
    /// Jobs share the repositories only under `strategy: parallel`: those of a matrix have positions, too, but inputs of
    /// their own.
    ///
    /// # Errors
    ///
    /// Fails if the jobs are those of `strategy: parallel`, and the numbers are none of a job among them.
    pub fn of_job(
        execution: Option<&str>,
        position: Option<&str>,
        total: Option<&str>,
    ) -> Result<Self, SliceError> {
        if !execution.is_some_and(|word| word.eq_ignore_ascii_case("MultiMachine")) {
            return Ok(Self::WHOLE);
        }
        let of: NonZeroU32 = number(total).ok_or(SliceError::Total)?;
        if of == NonZeroU32::MIN {
            return Ok(Self::WHOLE);
        }
        let position: NonZeroU32 =
            number(position).filter(|at| *at <= of).ok_or(SliceError::Position(of.get()))?;
        Ok(Self { at: position.get() - 1, of })
    }

    /// Tells whether the repository of this id is in it. The id is the host's own, which a new name does not change.
    pub fn holds(self, id: &str) -> bool {
        share(id, self.of) == self.at
    }

    /// Tells whether it is the first of all: its job tells what is of all repositories.
    pub fn is_first(self) -> bool {
        self.at == 0
    }

    /// Tells whether it is all repositories.
    pub fn is_whole(self) -> bool {
        self.of == NonZeroU32::MIN
    }

    /// Returns the position of its job, from 1, and the number of jobs.
    pub fn position(self) -> (u32, u32) {
        (self.at + 1, self.of.get())
    }
}

/// Returns the number of the slice that an id falls to.
///
/// All jobs must come to the same, on any system and in any version of this program, or a repository would be mirrored
/// twice or not at all. So the hash is SHA-256: that of the standard library may change with each of its versions.
fn share(id: &str, of: NonZeroU32) -> u32 {
    let hash = Sha256::digest(id);
    let word = hash.iter().take(8).fold(0, |word: u64, byte| word << 8 | u64::from(*byte));
    u32::try_from(word % u64::from(of.get())).unwrap_or_default()
}

fn number(text: Option<&str>) -> Option<NonZeroU32> {
    text.filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()))?.parse().ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn slices(of: u32) -> Vec<Slice> {
        let slice =
            |at: u32| Slice::of_job(Some("MultiMachine"), Some(&at.to_string()), Some(&of.to_string()));
        (1..=of).map(|at| slice(at).unwrap()).collect()
    }

    #[test]
    fn only_parallel_jobs_are_slices() {
        for execution in [Some("MultiMachine"), Some("multimachine"), Some("MULTIMACHINE")] {
            let slice = Slice::of_job(execution, Some("2"), Some("3")).unwrap();
            assert_eq!((slice.position(), slice.is_whole(), slice.is_first()), ((2, 3), false, false));
        }
        for execution in [Some("MultiConfiguration"), Some("None"), Some(""), None] {
            for (position, total) in [(Some("2"), Some("3")), (None, None), (Some("x"), Some("0"))] {
                assert_eq!(Slice::of_job(execution, position, total), Ok(Slice::WHOLE), "{execution:?}");
            }
        }
        for position in [Some("1"), None] {
            assert_eq!(Slice::of_job(Some("MultiMachine"), position, Some("1")), Ok(Slice::WHOLE));
        }
        assert!(Slice::WHOLE.is_whole() && Slice::WHOLE.is_first() && Slice::WHOLE.holds("any"));
    }

    #[test]
    fn numbers_that_are_no_jobs_are_errors() {
        let of = |position, total| Slice::of_job(Some("MultiMachine"), position, total);
        for total in [None, Some(""), Some("0"), Some("-1"), Some("+2"), Some("two"), Some("4294967296")] {
            assert_eq!(of(Some("1"), total), Err(SliceError::Total), "{total:?}");
        }
        for position in [None, Some(""), Some("0"), Some("3"), Some("x")] {
            assert_eq!(of(position, Some("2")), Err(SliceError::Position(2)), "{position:?}");
        }
    }

    #[test]
    fn the_share_of_an_id_is_the_same_for_ever() {
        // sha256sum of the id, its first sixteen digits, modulo the number of jobs.
        let of = |count| NonZeroU32::new(count).unwrap();
        assert_eq!(share("abc", of(10)), u32::try_from(0xba78_16bf_8f01_cfea_u64 % 10).unwrap());
        assert_eq!(share("", of(7)), u32::try_from(0xe3b0_c442_98fc_1c14_u64 % 7).unwrap());
    }

    #[test]
    fn the_shares_are_about_equal() {
        for slice in slices(4) {
            let count = (0..4000).filter(|id: &u32| slice.holds(&id.to_string())).count();
            assert!((900..1100).contains(&count), "{slice:?}: {count}");
        }
    }

    proptest! {
        #[test]
        fn each_repository_is_in_one_slice(ids in prop::collection::vec(".{0,40}", 0..20), of in 1u32..60) {
            let slices = slices(of);
            for id in &ids {
                prop_assert_eq!(slices.iter().filter(|slice| slice.holds(id)).count(), 1, "{}", id);
            }
        }

        #[test]
        fn a_new_repository_moves_no_other(
            ids in prop::collection::btree_set("[0-9a-f-]{1,36}", 1..30), of in 1u32..20, new in "[0-9a-f-]{1,36}",
        ) {
            let divide = |ids: &mut dyn Iterator<Item = &String>| -> Vec<(String, Vec<bool>)> {
                ids.map(|id| (id.clone(), slices(of).iter().map(|slice| slice.holds(id)).collect())).collect()
            };
            let before = divide(&mut ids.iter());
            let mut more = ids.clone();
            more.insert(new);
            let after = divide(&mut more.iter().rev());
            for repository in &before {
                prop_assert!(after.contains(repository), "{:?}", repository);
            }
        }
    }
}
