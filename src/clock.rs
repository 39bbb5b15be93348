//! Time, which nothing else in this program reads, and waiting.

use std::hash::{BuildHasher, RandomState};
use std::time::{Duration, Instant, SystemTime};

/// Time that [`wait_for`] sleeps between two looks.
const POLL_INTERVAL: Duration = Duration::from_millis(5);

/// A watch that measures from the moment it was started.
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    /// Starts it.
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the clock")]
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// Returns the time since the start.
    pub fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}

/// Returns the time of this machine's clock, which may be wrong.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the clock")]
pub fn now() -> SystemTime {
    SystemTime::now()
}

/// Returns that time in seconds since 1970; 0 for an earlier one.
pub fn unix_time() -> u64 {
    now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |time| time.as_secs())
}

/// Looks again and again until something is there, or `limit` has passed.
pub fn wait_for<T>(limit: Duration, mut look: impl FnMut() -> Option<T>) -> Option<T> {
    let watch = Stopwatch::start();
    loop {
        let found = look();
        if found.is_some() || watch.elapsed() >= limit {
            return found;
        }
        wait(POLL_INTERVAL);
    }
}

/// Waits.
#[expect(clippy::disallowed_methods, reason = "the one place that waits")]
pub fn wait(time: Duration) {
    std::thread::sleep(time);
}

/// Returns a number from 0 to 1 that differs from run to run; for jitter, not for secrets.
pub fn jitter() -> f64 {
    let random = RandomState::new().hash_one(());
    f64::from(u32::try_from(random >> 32).unwrap_or_default()) / f64::from(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_ends_when_something_is_there_or_the_time_is_up() {
        let mut looks = 0;
        let found = wait_for(Duration::from_secs(60), || {
            looks += 1;
            (looks == 3).then_some("it")
        });
        assert_eq!((found, looks), (Some("it"), 3));
        assert_eq!(wait_for(Duration::ZERO, || None::<()>), None);
    }
}
