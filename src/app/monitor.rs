//! Asks the monitor of a step after a plain success of all its mirrors.

use std::time::Duration;

use ureq::http::header;

use super::services::Services;
use crate::agent::log::Log;
use crate::clock;
use crate::config::monitoring::Heartbeat;
use crate::config::step::Step;
use crate::http::api::{ApiRequest, PathSecrecy};
use crate::http::client::Client;
use crate::report::finish;
use crate::report::outcome::StepOutcome;
use crate::secret::Secret;

/// The longest time that one request may take.
const LONGEST: Duration = Duration::from_secs(10);

/// The most requests that are made.
const TRIES: u32 = 3;

/// The time before the second request, which doubles.
const PAUSE: Duration = Duration::from_secs(1);

/// The reason why a request was no success.
struct Miss {
    words: String,
    again: Again,
}

/// The use of another request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Again {
    Useful,
    Useless,
}

/// Asks the monitor, if there is one and the step succeeded. What fails here is a warning: the mirror is as it should be.
pub(crate) fn ask(log: &Log, step: &Step, services: &Services, outcome: &StepOutcome) {
    let Some(heartbeat) = &step.heartbeat else { return };
    if !finish::is_plain_success(step, outcome) {
        return;
    }
    let host = heartbeat.base.host();
    match in_tries(heartbeat, step, services) {
        Ok(()) => log.line(&format!("heartbeat sent to {host}")),
        Err(words) => log.warning(&format!("the heartbeat to {host} failed: {words}")),
    }
}

/// Makes requests until one succeeds, or another is of no use.
fn in_tries(heartbeat: &Heartbeat, step: &Step, services: &Services) -> Result<(), String> {
    let Heartbeat { network, verification, .. } = heartbeat;
    let timeouts = step.limits.timeouts.at_most(LONGEST);
    let client = Client::new(network, *verification, &timeouts, &services.cancel);
    let mut pause = PAUSE;
    for last in 1..=TRIES {
        let miss = match once(&client, heartbeat) {
            Ok(()) => return Ok(()),
            Err(miss) => miss,
        };
        let is_over = miss.again == Again::Useless || last == TRIES;
        if is_over || services.cancel.wait(pause.mul_f64(1.0 + clock::jitter() / 2.0)).is_some() {
            return Err(miss.words);
        }
        pause *= 2;
    }
    Ok(())
}

/// Makes one request, which follows no redirect: the address is a secret of that server.
fn once(client: &Client, heartbeat: &Heartbeat) -> Result<(), Miss> {
    let request = ApiRequest::get(&heartbeat.base, heartbeat.below.expose());
    let request =
        ApiRequest { path: PathSecrecy::Secret, ..request.with(header::ACCEPT, Secret::new("*/*")) };
    match client.status_within(LONGEST, &request) {
        Ok(status) if status.is_success() => Ok(()),
        Ok(status) => {
            let is_passing = status.is_server_error() || matches!(status.as_u16(), 408 | 429);
            let again = if is_passing { Again::Useful } else { Again::Useless };
            Err(Miss { words: format!("its server answered {}", status.as_u16()), again })
        }
        Err(failure) => Err(Miss { words: failure.message, again: Again::Useful }),
    }
}
