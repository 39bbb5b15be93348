//! The states of the mirrors of a step.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::cancel::CancelReason;
use crate::clock::Stopwatch;
use crate::config::mirror_spec::MirrorSpec;
use crate::lfs::copies::LfsReport;
use crate::mirror::push_started::PushStarted;
use crate::report::course::Course;
use crate::report::outcome::{Created, DefaultBranchEnd, Extent, MirrorOutcome, StepOutcome};

/// The states of the mirrors of a step. Clones are of the same step: so the truth can still be told when the work
/// does not end and the process must.
#[derive(Clone, Debug)]
pub struct MirrorStates {
    standing: Arc<Mutex<Standing>>,
    watch: Stopwatch,
}

#[derive(Debug, Default)]
struct Standing {
    extent: Arc<Extent>,
    mirrors: Vec<StandingMirror>,
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
    /// Starts the time of a step whose mirrors are not known yet.
    pub fn start() -> Self {
        Self { standing: Arc::default(), watch: Stopwatch::start() }
    }

    /// Learns the extent of the work: these mirrors, of which none has begun.
    pub fn extend(&self, extent: Extent, mirrors: &[Arc<MirrorSpec>]) {
        let waiting =
            |mirror: &Arc<MirrorSpec>| StandingMirror { mirror: Arc::clone(mirror), state: State::Waiting };
        *self.lock() = Standing { extent: Arc::new(extent), mirrors: mirrors.iter().map(waiting).collect() };
    }

    /// Returns the number of the mirrors.
    pub fn count(&self) -> usize {
        self.lock().mirrors.len()
    }

    /// Does the work of the mirror at this place, and notes that it begins and what came of it, which it returns.
    pub fn track(&self, at: usize, work: impl FnOnce(&PushStarted) -> MirrorOutcome) -> Arc<MirrorOutcome> {
        let push_started = PushStarted::default();
        self.set(at, State::UnderWay(Stopwatch::start(), push_started.clone()));
        let outcome = Arc::new(work(&push_started));
        self.set(at, State::Settled(Arc::clone(&outcome)));
        outcome
    }

    /// Returns how the step ends if it ends now.
    pub fn outcome(&self, cancelled: Option<CancelReason>) -> StepOutcome {
        let standing = self.lock();
        let mirrors = standing.mirrors.iter().map(|entry| entry.outcome(cancelled)).collect();
        StepOutcome { extent: Arc::clone(&standing.extent), mirrors, cancelled, elapsed: self.elapsed() }
    }

    /// Returns the time that the step has taken so far.
    pub fn elapsed(&self) -> Duration {
        self.watch.elapsed()
    }

    fn set(&self, at: usize, state: State) {
        if let Some(entry) = self.lock().mirrors.get_mut(at) {
            entry.state = state;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Standing> {
        self.standing.lock().unwrap_or_else(PoisonError::into_inner)
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
            created: Created::No,
            default_branch: DefaultBranchEnd::Left,
            lfs: LfsReport::default(),
            verified_at: None,
            elapsed,
            course: Course::default(),
        })
    }
}
