//! A run as it goes on, told in the log.

mod lately;
mod relayed;
mod wait;
mod waiting;

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use self::lately::Lately;
use self::relayed::{Amount, Relayed, interval};
use self::wait::Wait;
use super::division;
use super::plan_lines;
use super::problems::with_words;
use super::step_progress::{MemberProgress, Moved};
use super::ticker::Ticker;
use super::units::{Count, Elapsed};
use super::{copies, counts};
use crate::agent::log::Log;
use crate::clock::Stopwatch;
use crate::error::{Error, Phase, Purpose, RemoteLabel, Side};
use crate::mirror::events::{CopyProgress, Event, Events};
use crate::mirror::plan::Plan;
use crate::mirror::ports::Mode;
use crate::mirror::report::{Outcome, Report};

/// The place of the bar when a step begins, in percent.
const PLANNED: u8 = 10;
const RELAYING: u8 = 20;
/// LFS objects come before the refs that need them, and are mostly more than those bring.
const COPIED: u8 = 55;
const VERIFYING: u8 = 90;

/// An observer that writes what happens into the log.
#[derive(Debug)]
pub struct Progress {
    watched: Arc<Watched>,
    /// Tells what is waited for. A mirror among many has none, since its lines come when it ends.
    _ticker: Option<Ticker>,
}

/// A run under way.
#[derive(Debug)]
struct Watched {
    log: Log,
    mode: Mode,
    /// Its place in the step, where it is one of many.
    member: Option<MemberProgress>,
    watch: Stopwatch,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// The purpose of the mirror under way.
    purpose: Purpose,
    wait: Wait,
    relay: Relayed,
    lately: Lately,
    copy: CopyState,
    /// True once the relay began, which copies interrupt.
    is_relaying: bool,
    percent: u8,
    /// Warnings that were given; another push, or attempt, does not tell it again.
    warned: HashSet<String>,
}

impl State {
    /// Returns what people call the repository that is made equal to the source now.
    fn target(&self) -> &'static str {
        self.purpose.role(Side::Destination)
    }
}

/// The place of a copy of LFS objects in the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum CopyState {
    /// None, or none any more, is under way.
    None,
    /// One is, and is reported next at this time; so much was told last.
    UnderWay { next: Duration, told: Moved },
    /// None, or none any more, and the relay begins, or goes on, with what is told next of it.
    BeforeRelay,
}

impl Progress {
    /// Starts to watch a mirror, the only one of its step.
    pub fn new(log: &Log, mode: Mode) -> Self {
        Self::watching(log, mode, None)
    }

    /// Leaves the bar to the step, and tells the step what it must know of one of its mirrors.
    pub fn of_member(log: &Log, mode: Mode, member: MemberProgress) -> Self {
        Self::watching(log, mode, Some(member))
    }

    fn watching(log: &Log, mode: Mode, member: Option<MemberProgress>) -> Self {
        let state = State {
            purpose: Purpose::Mirror,
            wait: Wait::default(),
            relay: Relayed::default(),
            lately: Lately::default(),
            copy: CopyState::None,
            is_relaying: false,
            percent: 0,
            warned: HashSet::new(),
        };
        let (log, watch, state) = (log.clone(), Stopwatch::start(), Mutex::new(state));
        let watched = Watched { log, mode, member, watch, state };
        Self { watched: Arc::new(watched), _ticker: None }
    }

    /// Tells also what is waited for, while nothing happens.
    #[must_use]
    pub fn with_ticker(self) -> Self {
        let watched = Arc::clone(&self.watched);
        let ticker = Ticker::start(move || watched.tell_wait(watched.watch.elapsed()));
        Self { _ticker: Some(ticker), ..self }
    }
}

impl Events for Progress {
    fn on(&self, event: Event<'_>) {
        let now = self.watched.watch.elapsed();
        self.watched.on(event, now);
        match &self.watched.member {
            Some(member) => member.tell_if_due(),
            None => self.watched.show(&event, now),
        }
    }
}

impl Watched {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins a step. The clone directory has the same ones as the destination.
    fn section(&self, state: &State, step: &str) {
        match state.purpose {
            Purpose::Clone => self.log.section(&format!("{step} ({})", state.target())),
            Purpose::Mirror => self.log.section(step),
        }
    }

    /// Moves the bar, which never goes back: not for another attempt, nor for the clone before the mirror.
    fn advance(&self, state: &mut State, percent: u8, doing: &str) {
        if percent > state.percent {
            state.percent = percent;
            match &self.member {
                Some(member) => member.advanced(percent),
                None => self.log.progress(percent, doing),
            }
        }
    }

    fn begin_relay(&self, now: Duration) {
        let mut state = self.state();
        (state.relay, state.lately) = (Relayed::begin(now), Lately::default());
        (state.copy, state.is_relaying) = (CopyState::BeforeRelay, true);
        self.advance(&mut state, RELAYING, "relaying");
    }

    fn begin_verification(&self) {
        self.log.end_remotes();
        let mut state = self.state();
        if let Some(line) = state.relay.untold() {
            self.log.line(&line);
        }
        self.section(&state, "Verify");
        (state.copy, state.is_relaying) = (CopyState::None, false);
        self.advance(&mut state, VERIFYING, "listing again");
    }

    fn copying(&self, copy: CopyProgress, now: Duration) {
        let mut state = self.state();
        if let (Some(member), Mode::Mirror) = (&self.member, self.mode) {
            member.copied(Moved { bytes: copy.moved, took: copy.took });
        }
        let (next, told) = match state.copy {
            CopyState::UnderWay { next, told } => (next, told),
            CopyState::None | CopyState::BeforeRelay => {
                self.section(&state, "Git LFS");
                (interval(Duration::ZERO), Moved::default())
            }
        };
        state.copy = CopyState::UnderWay { next, told };
        if copy.took >= next && self.mode == Mode::Mirror {
            self.log.line(&copies::so_far(copy, told));
            state.wait.line_told(now);
            state.copy = CopyState::UnderWay {
                next: copy.took + interval(copy.took),
                told: Moved { bytes: copy.moved, took: copy.took },
            };
            self.advance(
                &mut state,
                RELAYING + copies::share_of(COPIED - RELAYING, copy),
                "copying LFS objects",
            );
        }
    }

    fn copied(&self, copy: CopyProgress) {
        let mut state = self.state();
        self.log.line(&copies::in_all(copy, self.mode));
        state.copy = if state.is_relaying { CopyState::BeforeRelay } else { CopyState::None };
    }

    /// Begins the section of the relay with the first that is told of it, and again where LFS objects came in between.
    fn begin_section_of_relay(&self, event: &Event<'_>) {
        let is_of_relay = matches!(
            event,
            Event::Started(Phase::Push)
                | Event::PackRequested
                | Event::PackAwaited
                | Event::Relayed { .. }
                | Event::Sent
                | Event::Split { .. }
                | Event::Divided(_)
                | Event::ServerText { .. }
                | Event::Interrupted(_)
        );
        let mut state = self.state();
        if is_of_relay && state.copy == CopyState::BeforeRelay {
            state.copy = CopyState::None;
            self.section(&state, "Relay");
        }
    }

    fn planned(&self, plan: &Plan) {
        let mut state = self.state();
        self.section(&state, "Plan");
        self.advance(&mut state, PLANNED, "planning");
        if let Some(member) = &self.member
            && !plan.is_empty()
        {
            member.planned(&counts::of_plan(plan));
        }
        plan_lines::tell(&self.log, plan, self.mode);
    }

    fn plan_refused(&self, plan: &Plan) {
        if !plan.is_empty() {
            self.section(&self.state(), "Plan (refused)");
            plan_lines::tell_refused(&self.log, plan);
        }
    }

    fn hooks_not_run(&self, destination: &RemoteLabel, hooks: &[&str]) {
        let hooks = hooks.join(", ");
        let text = format!("{destination} has hooks, which are not run: {hooks}");
        if self.state().warned.insert(text.clone()) {
            self.log.warning(&text);
        }
    }

    fn relayed(&self, more: Amount, objects_left: Option<u32>, now: Duration) {
        let mut state = self.state();
        let counted = state.relay.add(more, objects_left);
        state.lately.add(counted);
        if let Some(member) = &self.member {
            member.relayed(Moved { bytes: counted.bytes, took: counted.took });
        }
        let Some(line) = state.relay.due_line(now) else { return };
        self.log.line(&line);
        state.wait.line_told(now);
        let percent = RELAYING + state.relay.passed(VERIFYING - RELAYING);
        self.advance(&mut state, percent, "relaying");
    }

    fn sent(&self) {
        let mut state = self.state();
        let (sent, target) = (state.relay.tell_sent(), state.target());
        self.log.line(&format!("{sent}; waiting for the {target} to check the pack"));
    }

    fn split(&self, cause: Side, updates: usize) {
        let target = self.state().target();
        self.log.end_remotes();
        let refs = Count(updates as u64, "ref");
        self.log.line(&match cause {
            Side::Source => {
                format!("the source cannot give the whole pack; it is asked for in parts, {refs}")
            }
            Side::Destination => {
                format!("the {target} refused the whole push; it is sent again in parts, {refs}")
            }
        });
    }

    fn interrupted(&self, error: &Error) {
        self.log.end_remotes();
        if let Some(line) = self.state().relay.untold() {
            self.log.line(&line);
        }
        self.log.attention(&with_words(error));
    }

    fn lagging(&self, refs: usize, longest: Duration) {
        let target = self.state().target();
        let (refs, longest) = (Count(refs as u64, "ref"), Elapsed(longest));
        self.log.line(&format!(
            "the {target} does not list yet what it has done, {refs}; it is listed again for at most {longest}"
        ));
    }

    fn verified(&self, report: &Report) {
        let is_open = |outcome: &&Outcome| !matches!(outcome, Outcome::Done | Outcome::Unsupported(_));
        let outcomes = || report.outcomes.iter().map(|ref_| &ref_.outcome);
        let done = outcomes().filter(|outcome| **outcome == Outcome::Done).count();
        let open = outcomes().filter(is_open).count();
        match (done, open) {
            (1, 0) => self.log.line("verified: 1 ref matches the source"),
            (_, 0) => self.log.line(&format!("verified: {done} refs match the source")),
            _ => self.log.attention(&format!("verified: {done} of {} refs match the source", done + open)),
        }
        if report.contradicted > 0 {
            let refs = Count(report.contradicted as u64, "ref");
            self.log.line(&format!("{refs} of those had been reported as refused; the listing counts"));
        }
    }

    fn on(&self, event: Event<'_>, now: Duration) {
        self.begin_section_of_relay(&event);
        {
            let State { wait, relay, .. } = &mut *self.state();
            wait.note(&event, relay, now);
        }
        match event {
            Event::MirrorStarted { destination } => self.state().purpose = destination.purpose,
            Event::Started(Phase::List) => self.log.section("Connect"),
            Event::Started(
                Phase::Plan
                | Phase::Push
                | Phase::Lfs
                | Phase::ListRepositories
                | Phase::Create
                | Phase::SetDefaultBranch,
            )
            | Event::Answered(_)
            | Event::PackAwaited
            | Event::AttemptEnded => {}
            Event::Started(Phase::Fetch) => self.begin_relay(now),
            Event::Started(Phase::Verify) => self.begin_verification(),
            Event::ServerText { side, text } => {
                let role = self.state().purpose.role(side);
                self.log.remote(role, text);
            }
            Event::Planned(plan) => self.planned(plan),
            Event::PlanRefused(plan) => self.plan_refused(plan),
            Event::SymrefsUnknown(error) => self.log.line(&format!(
                "it may be pushed to and not read, so its default branch and its symbolic refs are not known: {}",
                with_words(error)
            )),
            Event::HooksNotRun { destination, hooks } => self.hooks_not_run(destination, hooks),
            Event::PackRequested => self.state().relay.end_pack(),
            Event::PackBegun { objects } => self.state().relay.begin_pack(objects),
            Event::Relayed { bytes, objects_left, took } => {
                self.relayed(Amount { bytes, took }, objects_left, now);
            }
            Event::CopyingObjects(copy) => self.copying(copy, now),
            Event::ObjectsCopied(copy) => self.copied(copy),
            Event::Sent => self.sent(),
            Event::Split { cause, updates } => self.split(cause, updates),
            Event::Divided(limit) => self.log.line(&division::line(limit)),
            Event::Interrupted(error) => self.interrupted(error),
            Event::Lagging { refs, longest } => self.lagging(refs, longest),
            Event::Verified(report) => self.verified(report),
        }
    }
}

#[cfg(test)]
mod tests;
