//! Bounds how long a run looks for the refs that have whole pushes refused.

use crate::error::Side;

/// The most pushes in a row that may bring nothing.
const MAX_WITHOUT_PROGRESS: usize = 64;

/// The most of them after a refusal for size: each is of half the size or less.
const MAX_OF_SIZE: usize = 8;

/// The most bytes of pack that such pushes may take, once [`MIN_PUSHES`] of them were made.
const MAX_BYTES: u64 = 1 << 30;

/// The number of them that are made however large their packs are: enough to find one ref among some.
const MIN_PUSHES: usize = 6;

/// The most pushes of one run that were not planned.
const MAX_UNPLANNED: usize = 2000;

/// The cost of the search so far.
#[derive(Debug, Default)]
pub(super) struct BisectBudget {
    pushes_without_progress: usize,
    bytes: u64,
    unplanned: usize,
}

/// The kind of refusal whose cause is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SearchFor {
    /// Refs that a rule of the server is against.
    Refs,
    /// Parts that are small enough.
    Size,
    /// Refs that the source cannot give.
    Damage,
}

impl SearchFor {
    /// Returns the side on which the cause is.
    pub(super) fn cause(self) -> Side {
        match self {
            Self::Refs | Self::Size => Side::Destination,
            Self::Damage => Side::Source,
        }
    }
}

impl BisectBudget {
    /// Notes a push that was made, how many refs it brought into place, and how many bytes of pack it took.
    pub(super) fn note(&mut self, brought: usize, bytes: u64) {
        if brought > 0 {
            (self.pushes_without_progress, self.bytes) = (0, 0);
        } else {
            self.pushes_without_progress += 1;
            self.bytes += bytes;
        }
    }

    /// Counts so many unplanned pushes, and tells whether they may still be made.
    pub(super) fn try_spend(&mut self, pushes: usize, search_for: SearchFor) -> bool {
        let most = match search_for {
            SearchFor::Refs | SearchFor::Damage => MAX_WITHOUT_PROGRESS,
            SearchFor::Size => MAX_OF_SIZE,
        };
        self.unplanned += pushes;
        let costly = self.pushes_without_progress >= MIN_PUSHES && self.bytes > MAX_BYTES;
        self.pushes_without_progress < most && self.unplanned <= MAX_UNPLANNED && !costly
    }

    /// Returns how many pushes in a row have brought nothing.
    pub(super) fn pushes_without_progress(&self) -> usize {
        self.pushes_without_progress
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_push_that_brings_something_gives_the_search_new_hope() {
        let mut search = BisectBudget::default();
        for _ in 0..10 {
            for _ in 0..MAX_WITHOUT_PROGRESS - 1 {
                search.note(0, 100);
                assert!(search.try_spend(2, SearchFor::Refs));
            }
            search.note(1, 100);
        }
        for _ in 0..MAX_WITHOUT_PROGRESS {
            search.note(0, 100);
        }
        assert!(!search.try_spend(2, SearchFor::Refs));
    }

    #[test]
    fn a_limit_of_size_is_not_looked_into_for_long() {
        let mut search = BisectBudget::default();
        (0..MAX_OF_SIZE).for_each(|_| search.note(0, 100));
        assert!(search.try_spend(2, SearchFor::Refs) && !search.try_spend(2, SearchFor::Size));
    }

    #[test]
    fn large_packs_end_it_sooner() {
        let mut search = BisectBudget::default();
        for push in 1..=MIN_PUSHES {
            search.note(0, MAX_BYTES);
            assert_eq!(search.try_spend(2, SearchFor::Refs), push < MIN_PUSHES);
        }
    }

    #[test]
    fn no_run_makes_pushes_for_ever() {
        let mut search = BisectBudget::default();
        search.note(1, 0);
        assert!(search.try_spend(MAX_UNPLANNED, SearchFor::Refs) && !search.try_spend(1, SearchFor::Refs));
    }
}
