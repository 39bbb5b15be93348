//! How long a run waits for a server: as long as its inputs say, and not longer.

use std::thread;
use std::time::Duration;

use crate::support::git_server::Protocol;
use crate::support::recorded::Recorded;
use crate::support::scripted::Scripted;
use crate::support::task::Task;

/// The stall limit of these runs, and a time beyond it.
const STALL: &str = "1";
const LONGER: Duration = Duration::from_millis(2500);

/// A run that lets no connection stand still for long, and does not try twice.
fn impatient(source: &str, destination: &str) -> Task {
    Task::new(source, destination).input("stallTimeoutSeconds", STALL).input("maxAttempts", "1")
}

#[test]
fn a_push_is_waited_for_longer_than_a_stall_with_and_without_a_pack() {
    for (commits, counts) in [(0, [0, 0, 1, 0, 1]), (1, [0, 1, 1, 0, 0])] {
        let pair = Recorded::start(Protocol::V2);
        pair.source.commit("main", 2);
        pair.task().run().succeeded();
        pair.destination.commit("gone", 1);
        if commits > 0 {
            pair.source.commit("main", commits);
        }
        let repository = pair.destination.clone();
        let destination = Scripted::start(move |exchange| {
            if exchange.is("POST", "/git-receive-pack") {
                thread::sleep(LONGER);
            }
            exchange.as_git(&repository, 2, |_, answer| answer)
        });
        let outcome = impatient(&pair.source_url(), &destination.url("destination")).run();
        assert_eq!(outcome.succeeded().counts(), counts);
        assert_eq!(pair.destination.refs(&[]), pair.source.refs(&[]));
    }
}
