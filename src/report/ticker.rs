//! A thread that looks from time to time if something is to be told, while servers work and nothing happens here.

use std::convert::Infallible;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

/// Interval between two looks.
const INTERVAL: Duration = Duration::from_secs(1);

/// The thread, which ends when this is dropped.
#[derive(Debug)]
pub struct Ticker {
    /// Nothing is sent: that it is gone wakes the thread.
    _stop: mpsc::Sender<Infallible>,
}

impl Ticker {
    /// Starts to look.
    pub(crate) fn start(look: impl Fn() + Send + 'static) -> Self {
        let (stop, stopped) = mpsc::channel();
        let run = move || {
            while stopped.recv_timeout(INTERVAL) == Err(RecvTimeoutError::Timeout) {
                look();
            }
        };
        // Without it less is told, and nothing else differs.
        if let Err(error) = thread::Builder::new().name("ticker".to_owned()).spawn(run) {
            log::debug!("no thread tells what is waited for: {error}");
        }
        Self { _stop: stop }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::clock;

    #[test]
    fn the_thread_ends_and_lets_go_of_what_it_holds() {
        let held = Arc::new(());
        let holds = Arc::clone(&held);
        let ticker = Ticker::start(move || drop(Arc::clone(&holds)));
        assert_eq!(Arc::strong_count(&held), 2);
        drop(ticker);
        let ended =
            clock::wait_for(Duration::from_secs(60), || (Arc::strong_count(&held) == 1).then_some(()));
        assert_eq!(ended, Some(()));
    }
}
