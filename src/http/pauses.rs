//! The times until which servers asked to be left alone. Whoever is about to ask one waits first.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::retry_after;
use crate::cancel::CancelToken;
use crate::clock;
use crate::clock::Stopwatch;
use crate::error::{ErrorKind, Failure};
use crate::remote::web_url::{Scheme, WebUrl};

/// The pauses of a step. Clones are the same.
#[derive(Clone)]
pub struct Pauses(Arc<Shared>);

struct Shared {
    watch: Stopwatch,
    /// The end of each pause, since the watch was started.
    ends: Mutex<HashMap<Place, Duration>>,
}

/// The part of a server that is left alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Part {
    /// All of it.
    Server,
    /// Its REST interface.
    Interface,
    /// The requests that create something by its interface.
    Creations,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Place {
    scheme: Scheme,
    name: String,
    port: u16,
    part: Part,
}

impl Place {
    fn new(server: &WebUrl, part: Part) -> Self {
        Self { scheme: server.scheme(), name: server.host().to_owned(), port: server.port(), part }
    }
}

impl Default for Pauses {
    fn default() -> Self {
        Self(Arc::new(Shared { watch: Stopwatch::start(), ends: Mutex::default() }))
    }
}

impl Pauses {
    /// Notes that a server asked to wait so long from now on; an earlier end than one that is known changes nothing.
    pub fn note(&self, server: &WebUrl, part: Part, wait: Duration) {
        let now = self.now();
        let mut ends = self.ends();
        ends.retain(|_, end| *end > now);
        let end = ends.entry(Place::new(server, part)).or_default();
        *end = (*end).max(now.saturating_add(wait));
    }

    /// Waits until nothing asks any longer to leave these parts of a server alone.
    ///
    /// # Errors
    ///
    /// Fails at once if that is more than five minutes from now, and if the run is stopped meanwhile.
    pub fn wait(&self, server: &WebUrl, parts: &[Part], cancel: &CancelToken) -> Result<(), Failure> {
        loop {
            let left = parts.iter().map(|part| self.left(server, *part)).max().unwrap_or_default();
            if left.is_zero() {
                return Ok(());
            }
            let host = server.host();
            if left > retry_after::LONGEST {
                let message = format!("{host} asked to wait, and {} s of that are left", left.as_secs());
                return Err(Failure::new(ErrorKind::Unavailable { retry_after: Some(left) }, message));
            }
            log::debug!("{host} asked to wait, and {:.1} s of that are left", left.as_secs_f64());
            // Those who wait together shall not come back together.
            rest(left.mul_f64(1.0 + 0.1 * clock::jitter()), cancel)?;
        }
    }

    /// Waits for one's turn, of which a server takes one in so much time.
    ///
    /// # Errors
    ///
    /// Fails if the run is stopped meanwhile.
    pub fn take_turn(
        &self,
        server: &WebUrl,
        part: Part,
        time: Duration,
        cancel: &CancelToken,
    ) -> Result<(), Failure> {
        let now = self.now();
        let turn = {
            let mut ends = self.ends();
            let end = ends.entry(Place::new(server, part)).or_default();
            let turn = (*end).max(now);
            *end = turn.saturating_add(time);
            turn
        };
        rest(turn.saturating_sub(now), cancel)
    }

    /// Returns the time that is left of a pause.
    fn left(&self, server: &WebUrl, part: Part) -> Duration {
        let end = self.ends().get(&Place::new(server, part)).copied().unwrap_or_default();
        end.saturating_sub(self.now())
    }

    fn now(&self) -> Duration {
        self.0.watch.elapsed()
    }

    fn ends(&self) -> MutexGuard<'_, HashMap<Place, Duration>> {
        self.0.ends.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Waits so long, or until the run is stopped.
fn rest(time: Duration, cancel: &CancelToken) -> Result<(), Failure> {
    match cancel.wait(time) {
        None => Ok(()),
        Some(_) => Err(Failure::new(ErrorKind::Interrupted, "the run was stopped")),
    }
}

impl fmt::Debug for Pauses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Pauses").field(&*self.ends()).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;
    use crate::cancel::CancelReason;

    const MOMENT: Duration = Duration::from_millis(60);

    fn url(text: &str) -> WebUrl {
        WebUrl::parse(text).unwrap().0
    }

    /// Returns the time that a wait takes.
    fn waited(pauses: &Pauses, server: &str, parts: &[Part]) -> Duration {
        let watch = Stopwatch::start();
        pauses.wait(&url(server), parts, &CancelToken::default()).unwrap();
        watch.elapsed()
    }

    #[test]
    fn all_who_share_it_wait_for_a_server_that_asked_for_it() {
        let pauses = Pauses::default();
        pauses.clone().note(&url("https://a.example/o/r"), Part::Server, MOMENT);
        assert!(waited(&pauses, "https://a.example/x", &[Part::Interface, Part::Server]) >= MOMENT / 2);
        assert_eq!(pauses.left(&url("https://a.example/o/r"), Part::Server), Duration::ZERO);
    }

    #[test]
    fn another_server_and_another_part_are_not_waited_for() {
        let (pauses, long) = (Pauses::default(), Duration::from_secs(200));
        pauses.note(&url("https://a.example/o/r"), Part::Interface, long);
        for other in ["https://b.example/o/r", "http://a.example/o/r", "https://a.example:8443/o/r"] {
            assert!(waited(&pauses, other, &[Part::Interface]) < long, "{other}");
        }
        assert!(waited(&pauses, "https://a.example/o/r", &[Part::Server, Part::Creations]) < long);
    }

    #[test]
    fn a_pause_is_never_shortened() {
        let (pauses, server) = (Pauses::default(), url("https://a.example"));
        for seconds in [100, 50, 0] {
            pauses.note(&server, Part::Server, Duration::from_secs(seconds));
            assert!(pauses.left(&server, Part::Server) > Duration::from_secs(90), "{seconds}");
        }
        pauses.note(&server, Part::Server, Duration::MAX);
        assert!(pauses.left(&server, Part::Server) > Duration::from_secs(u64::MAX / 2));
    }

    #[test]
    fn a_pause_that_is_over_is_forgotten() {
        let pauses = Pauses::default();
        for host in ["a.example", "b.example", "c.example"] {
            pauses.note(&url(&format!("https://{host}")), Part::Server, Duration::ZERO);
        }
        assert_eq!(pauses.ends().len(), 1);
    }

    #[test]
    fn a_long_pause_is_an_error_at_once() {
        let (pauses, server) = (Pauses::default(), url("https://a.example"));
        pauses.note(&server, Part::Server, Duration::from_secs(400));
        let failure = pauses.wait(&server, &[Part::Server], &CancelToken::default()).unwrap_err();
        let ErrorKind::Unavailable { retry_after: Some(left) } = failure.kind else { panic!("{failure:?}") };
        assert!(left > Duration::from_secs(300) && left <= Duration::from_secs(400), "{left:?}");
    }

    #[test]
    fn a_stop_ends_a_wait() {
        let (pauses, server, cancel) = (Pauses::default(), url("https://a.example"), CancelToken::default());
        pauses.note(&server, Part::Server, Duration::from_secs(200));
        cancel.now(CancelReason::Cancelled);
        let failure = pauses.wait(&server, &[Part::Server], &cancel).unwrap_err();
        assert_eq!(failure.kind, ErrorKind::Interrupted);
    }

    #[test]
    fn turns_are_taken_one_after_the_other() {
        let (pauses, server) = (Pauses::default(), url("https://a.example"));
        let watch = Stopwatch::start();
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    pauses.take_turn(&server, Part::Creations, MOMENT, &CancelToken::default()).unwrap();
                });
            }
        });
        assert!(watch.elapsed() >= 3 * MOMENT, "{:?}", watch.elapsed());
    }
}
