//! The states of the mirrors of a step.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::cancel::CancelReason;
use crate::clock::Stopwatch;
use crate::config::mirror_spec::MirrorSpec;
use crate::lfs::copies::LfsReport;
use crate::mirror::push_started::PushStarted;
use crate::report::outcome::{MirrorOutcome, StepOutcome};

/// The states of the mirrors of a step. Clones are of the same step: so the truth can still be told when the work
/// does not end and the process must.
#[derive(Clone, Debug)]
pub struct MirrorStates {
    mirrors: Arc<Mutex<Vec<StandingMirror>>>,
    watch: Stopwatch,
}

#[derive(Debug)]
struct StandingMirror {
    mirror: Arc<MirrorSpec>,
    state: State,
}

#[derive(Debug)]
enum State {
    Waiting,
    UnderWay(Stopwatch, PushStarted),
    Settled(Arc<MirrorOutcome>),
}

impl MirrorStates {
    /// Starts the time of a step of which no mirror has begun.
    pub fn new(mirrors: &[Arc<MirrorSpec>]) -> Self {
        let waiting =
            |mirror: &Arc<MirrorSpec>| StandingMirror { mirror: Arc::clone(mirror), state: State::Waiting };
        let mirrors = Arc::new(Mutex::new(mirrors.iter().map(waiting).collect()));
        Self { mirrors, watch: Stopwatch::start() }
    }

    /// Does the work of a mirror, and notes that it begins and what came of it.
    pub fn track(&self, mirror: &Arc<MirrorSpec>, work: impl FnOnce(&PushStarted) -> MirrorOutcome) {
        let push_started = PushStarted::default();
        self.set(mirror, State::UnderWay(Stopwatch::start(), push_started.clone()));
        let outcome = work(&push_started);
        self.set(mirror, State::Settled(Arc::new(outcome)));
    }

    /// Returns how the step ends if it ends now.
    pub fn outcome(&self, cancelled: Option<CancelReason>) -> StepOutcome {
        let mirrors = self.lock().iter().map(|entry| entry.outcome(cancelled)).collect();
        StepOutcome { mirrors, cancelled, elapsed: self.elapsed() }
    }

    /// Returns the time that the step has taken so far.
    pub fn elapsed(&self) -> Duration {
        self.watch.elapsed()
    }

    fn set(&self, mirror: &Arc<MirrorSpec>, state: State) {
        if let Some(entry) = self.lock().iter_mut().find(|entry| Arc::ptr_eq(&entry.mirror, mirror)) {
            entry.state = state;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<StandingMirror>> {
        self.mirrors.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl StandingMirror {
    fn outcome(&self, cancelled: Option<CancelReason>) -> Arc<MirrorOutcome> {
        let (attempts, push_started, elapsed) = match &self.state {
            State::Settled(outcome) => return Arc::clone(outcome),
            State::Waiting => (0, false, Duration::ZERO),
            State::UnderWay(watch, push_started) => (1, push_started.get(), watch.elapsed()),
        };
        Arc::new(MirrorOutcome {
            mirror: Arc::clone(&self.mirror),
            result: Err(Vec::new()),
            attempts,
            push_started,
            cancelled,
            redirected: None,
            connection_test: None,
            lfs: LfsReport::default(),
            elapsed,
        })
    }
}
