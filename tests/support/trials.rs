//! Trials by chance, each of a seed of its own.

use std::panic::{self, AssertUnwindSafe};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

/// The number of trials and the first seed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Trials {
    pub(crate) count: u64,
    pub(crate) seed: u64,
}

impl Trials {
    /// Reads them from `FAULTS_COUNT` and `FAULTS_SEED`, as scripts/faults sets them.
    pub(crate) fn of_environment() -> Self {
        let number = |name: &str| {
            let value = std::env::var(name).ok().and_then(|value| value.parse().ok());
            value.unwrap_or_else(|| panic!("{name}, a number"))
        };
        Self { count: number("FAULTS_COUNT"), seed: number("FAULTS_SEED") }
    }

    /// Makes the trial of each seed, some at a time. Of one that does not hold it prints how it is repeated.
    pub(crate) fn make(
        self,
        at_once: usize,
        trial: impl Fn(u64) + Sync,
        repeated: impl Fn(u64) -> String + Sync,
    ) {
        let Self { count, seed } = self;
        let (next, failures) = (AtomicU64::new(0), AtomicU64::new(0));
        thread::scope(|scope| {
            for _ in 0..at_once {
                scope.spawn(|| {
                    loop {
                        let number = next.fetch_add(1, Ordering::SeqCst);
                        if number >= count {
                            return;
                        }
                        let seed = seed.wrapping_add(number);
                        if panic::catch_unwind(AssertUnwindSafe(|| trial(seed))).is_err() {
                            failures.fetch_add(1, Ordering::SeqCst);
                            eprintln!("NOT HELD: {}", repeated(seed));
                        }
                    }
                });
            }
        });
        assert_eq!(failures.into_inner(), 0, "of {count} trials, from seed {seed}");
        eprintln!("{count} trials, from seed {seed}: nothing lost");
    }
}
