//! The progress over all mirrors of a step, told from time to time by the mirrors under way.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::ticker::Ticker;
use super::units::{Bytes, rate};
use crate::agent::command::TaskResult;
use crate::agent::log::Log;
use crate::clock::Stopwatch;
use crate::config::mirror_spec::MirrorSpec;

/// The time until the first line.
const FIRST_LINE: Duration = Duration::from_secs(15);

/// Returns the interval between two lines of a step that has taken so long.
fn interval(elapsed: Duration) -> Duration {
    Duration::from_secs(match elapsed.as_secs() {
        0..120 => 15,
        120..600 => 30,
        _ => 60,
    })
}

/// Number of mirrors under way that a line names.
const NAMED: usize = 4;

/// Bytes that each mirror counts beside its size: two listings take their time, too.
const BASE: u64 = 1 << 20;

/// The progress over all mirrors of a step. It writes into the log of the step, not into those of the mirrors.
#[derive(Debug)]
pub struct StepProgress {
    log: Log,
    watch: Stopwatch,
    state: Mutex<State>,
}

/// The place of one mirror in the progress of its step.
#[derive(Clone, Debug)]
pub struct MemberProgress {
    step: Arc<StepProgress>,
    at: usize,
}

#[derive(Debug)]
struct State {
    mirrors: Vec<StepMirror>,
    /// The time at which a line is told next.
    next: Duration,
    percent: u8,
}

#[derive(Debug)]
struct StepMirror {
    name: String,
    size: Option<u64>,
    stage: Stage,
}

/// The state of a mirror.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Waiting,
    UnderWay(UnderWay),
    Done,
    Failed,
}

/// The bytes that a mirror under way has moved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct UnderWay {
    percent: u8,
    relayed: Moved,
    copied: Moved,
    is_told: bool,
}

/// So many bytes in so much time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Moved {
    pub(crate) bytes: u64,
    pub(crate) took: Duration,
}

impl StepProgress {
    /// Starts to watch these mirrors, of which none has begun.
    pub fn new(log: &Log, mirrors: &[Arc<MirrorSpec>]) -> Arc<Self> {
        let mirrors = mirrors
            .iter()
            .map(|mirror| StepMirror {
                name: mirror.name(),
                size: mirror.member().and_then(|member| member.size),
                stage: Stage::Waiting,
            })
            .collect();
        let state = State { mirrors, next: FIRST_LINE, percent: 0 };
        Arc::new(Self { log: log.clone(), watch: Stopwatch::start(), state: Mutex::new(state) })
    }

    /// Begins the mirror at this place.
    pub fn begin(self: &Arc<Self>, at: usize) -> MemberProgress {
        if let Some(mirror) = self.state().mirrors.get_mut(at) {
            mirror.stage = Stage::UnderWay(UnderWay::default());
        }
        MemberProgress { step: Arc::clone(self), at }
    }

    /// Tells how far the step is from time to time, also while nothing happens, until what is returned is dropped.
    pub fn ticker(self: &Arc<Self>) -> Ticker {
        let step = Arc::clone(self);
        Ticker::start(move || step.tell_if_due(&mut step.state()))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn move_bar(&self, state: &mut State) {
        if let Some(percent) = state.moved_bar() {
            self.log.progress(percent, &state.ends());
        }
    }

    fn tell_if_due(&self, state: &mut State) {
        if let Some(line) = state.due_line(self.watch.elapsed()) {
            self.log.line(&line);
        }
        if state.is_under_way() {
            self.log.live(|| state.line());
        }
    }
}

impl MemberProgress {
    /// Says that there is something to do, once.
    pub(crate) fn planned(&self, counts: &str) {
        let mut state = self.step.state();
        let Some(mirror) = state.mirrors.get_mut(self.at) else { return };
        if let Stage::UnderWay(under_way) = &mut mirror.stage
            && !under_way.is_told
        {
            under_way.is_told = true;
            // Hosts count in KiB or more, and round.
            let size = mirror.size.filter(|size| *size > 0);
            let size = size.map(|size| format!("; it has about {}", Bytes(size))).unwrap_or_default();
            self.step.log.line(&format!("{}: {counts}{size}", mirror.name));
        }
    }

    /// Learns how far this mirror is, in percent.
    pub(crate) fn advanced(&self, percent: u8) {
        self.update(|under_way| under_way.percent = percent);
        self.step.move_bar(&mut self.step.state());
    }

    /// Learns that more of a pack went through.
    pub(crate) fn relayed(&self, more: Moved) {
        self.update(|UnderWay { relayed, .. }| {
            relayed.bytes = relayed.bytes.saturating_add(more.bytes);
            relayed.took = relayed.took.saturating_add(more.took);
        });
    }

    /// Learns how much went through in a copy of LFS objects.
    pub(crate) fn copied(&self, so_far: Moved) {
        self.update(|under_way| under_way.copied = so_far);
    }

    /// Tells how far the step is, if it is time to. A mirror calls it whatever happens.
    pub(crate) fn tell_if_due(&self) {
        self.step.tell_if_due(&mut self.step.state());
    }

    /// Ends this mirror.
    pub fn end(&self, result: TaskResult) {
        let mut state = self.step.state();
        if let Some(mirror) = state.mirrors.get_mut(self.at) {
            mirror.stage = if result == TaskResult::Failed { Stage::Failed } else { Stage::Done };
        }
        self.step.move_bar(&mut state);
        self.step.tell_if_due(&mut state);
    }

    fn update(&self, change: impl FnOnce(&mut UnderWay)) {
        let mut state = self.step.state();
        if let Some(StepMirror { stage: Stage::UnderWay(under_way), .. }) = state.mirrors.get_mut(self.at) {
            change(under_way);
        }
    }
}

impl State {
    /// Returns the line about all, if it is time for one and some mirror is not at its end.
    fn due_line(&mut self, now: Duration) -> Option<String> {
        if now < self.next || self.mirrors.iter().all(StepMirror::has_ended) {
            return None;
        }
        self.next = now + interval(now);
        Some(self.line())
    }

    fn is_under_way(&self) -> bool {
        self.mirrors.iter().any(|mirror| matches!(mirror.stage, Stage::UnderWay(_)))
    }

    fn line(&self) -> String {
        let mut under_way = self.mirrors.iter().filter_map(StepMirror::under_way);
        let named: Vec<_> = under_way.by_ref().take(NAMED).collect();
        match (named.is_empty(), under_way.count()) {
            (true, _) => self.ends(),
            (false, 0) => format!("{}; under way: {}", self.ends(), named.join(", ")),
            (false, more) => format!("{}; under way: {} and {more} more", self.ends(), named.join(", ")),
        }
    }

    /// Counts the mirrors that are at their end.
    fn ends(&self) -> String {
        let count = |stage| self.mirrors.iter().filter(|mirror| mirror.stage == stage).count();
        let done = format!("{} of {} done", count(Stage::Done), self.mirrors.len());
        match count(Stage::Failed) {
            0 => done,
            failed => format!("{done}, {failed} failed"),
        }
    }

    /// Returns the place of the bar, in percent, if it has moved. It never goes back.
    fn moved_bar(&mut self) -> Option<u8> {
        let percent = self.percent();
        let has_moved = percent > self.percent;
        self.percent = self.percent.max(percent);
        has_moved.then_some(percent)
    }

    /// Returns how far all are. A mirror of unknown size counts as the mean of the known ones.
    fn percent(&self) -> u8 {
        let sizes = self.mirrors.iter().filter_map(|mirror| mirror.size);
        let (known, sum) =
            sizes.fold((0_u128, 0_u128), |(known, sum), size| (known + 1, sum + u128::from(size)));
        let mean = sum.checked_div(known).unwrap_or_default();
        let (mut done, mut all) = (0, 0);
        for mirror in &self.mirrors {
            let weight = u128::from(BASE) + mirror.size.map_or(mean, u128::from);
            all += weight * 100;
            done += weight * u128::from(mirror.percent());
        }
        u8::try_from((done * 100).checked_div(all).unwrap_or_default()).unwrap_or(100)
    }
}

impl StepMirror {
    fn has_ended(&self) -> bool {
        matches!(self.stage, Stage::Done | Stage::Failed)
    }

    fn percent(&self) -> u8 {
        match self.stage {
            Stage::Waiting => 0,
            Stage::UnderWay(under_way) => under_way.percent,
            Stage::Done | Stage::Failed => 100,
        }
    }

    /// Names it with what it has moved, if it is under way.
    fn under_way(&self) -> Option<String> {
        let Stage::UnderWay(UnderWay { relayed, copied, .. }) = self.stage else { return None };
        let bytes = relayed.bytes.saturating_add(copied.bytes);
        if bytes == 0 {
            return Some(self.name.clone());
        }
        let at = rate(bytes, relayed.took.saturating_add(copied.took));
        let at = at.map(|rate| format!(" at {rate}")).unwrap_or_default();
        Some(format!("{} {}{at}", self.name, Bytes(bytes)))
    }
}

#[cfg(test)]
mod tests;
