//! Steps, their ends, and what the agent reads of them, for tests.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::outcome::MirrorOutcome;
use crate::agent::environment::Environment;
use crate::agent::log::Log;
use crate::config::mirror_spec::MirrorSpec;
use crate::config::step::{Invocation, Step, read};
use crate::error::Error;
use crate::mirror::report::Report;

/// Keeps what is written.
#[derive(Clone, Default)]
pub(crate) struct Output(Arc<Mutex<Vec<u8>>>);

impl Output {
    /// Makes a log for an agent that writes here.
    pub(crate) fn log(&self) -> Log {
        Log::new(Box::new(self.clone()), Box::new(self.clone()), &by_agent(&[]))
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn by_agent(variables: &[(&str, &str)]) -> Environment {
    let variables = variables.iter().chain(&[("TF_BUILD", "True")]);
    Environment {
        variables: variables.map(|(name, value)| (name.into(), value.into())).collect(),
        arguments: Vec::new(),
    }
}

/// Reads a step of an agent from two URLs and further variables.
pub(crate) fn step(source: &str, destination: &str, variables: &[(&str, &str)]) -> Step {
    let urls = [("INPUT_SOURCEGITREPOSITORYURI", source), ("INPUT_DESTINATIONGITREPOSITORYURI", destination)];
    match read(&by_agent(&[&urls, variables].concat())).unwrap() {
        Invocation::Run(step) => *step,
        other => panic!("{other:?} is no run"),
    }
}

/// Makes the end of a mirror that took 5 s, 4 of them to relay.
pub(crate) fn ended(mirror: &Arc<MirrorSpec>, result: Result<Report, Vec<Error>>) -> MirrorOutcome {
    MirrorOutcome {
        mirror: Arc::clone(mirror),
        result,
        attempts: 1,
        push_started: true,
        cancelled: None,
        redirected: None,
        elapsed: Duration::from_secs(5),
    }
}
