//! A run as it goes on, told in the log.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::division;
use super::live_text::LiveText;
use super::plan_lines;
use super::problems::with_words;
use super::step_progress::{MemberProgress, Moved};
use super::units::{Bytes, Count, Elapsed, and_rate};
use super::{copies, counts};
use crate::agent::log::Log;
use crate::error::{Phase, Purpose, RemoteLabel, Side};
use crate::mirror::events::{CopyProgress, Event, Events};
use crate::mirror::plan::Plan;
use crate::mirror::ports::Mode;
use crate::mirror::report::{Outcome, Report};

/// Interval at which a relay, or a copy, under way is reported.
const REPORT_INTERVAL: Duration = Duration::from_secs(5);

/// A relay of fewer bytes is not under way yet: the source sends the start of a pack before it has packed.
const FIRST: u64 = 16 << 10;

/// The place of the bar when a step begins, in percent.
const PLANNED: u8 = 10;
const RELAYING: u8 = 20;
/// LFS objects come before the refs that need them, and are mostly more than those bring.
const COPIED: u8 = 55;
const VERIFYING: u8 = 90;

/// An observer that writes what happens into the log.
#[derive(Debug)]
pub struct Progress {
    log: Log,
    mode: Mode,
    /// Its place in the step, where it is one of many.
    member: Option<MemberProgress>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// The purpose of the mirror under way.
    purpose: Purpose,
    relay: RelayProgress,
    live: LiveText,
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
    /// One is, and is reported next at this time.
    UnderWay { next: Duration },
    /// One came in between, and the relay goes on with what is told next.
    BeforeRelay,
}

/// A relay under way.
#[derive(Debug)]
struct RelayProgress {
    /// The time at which it is reported next.
    next: Duration,
    /// The bytes that came through, and the time that they took.
    bytes: u64,
    took: Duration,
    /// The bytes that the log has told.
    shown: u64,
    /// Number of pushes that were sent to their end.
    pushes: usize,
}

impl RelayProgress {
    fn start() -> Self {
        Self { next: REPORT_INTERVAL, bytes: 0, took: Duration::ZERO, shown: 0, pushes: 0 }
    }

    /// Says how far it is.
    fn tell(&mut self) -> String {
        format!("relayed {}", self.amount())
    }

    /// Says that a push was sent to its end. Of several each has a line, with what all came to until then.
    fn tell_sent(&mut self) -> String {
        self.pushes += 1;
        match self.pushes {
            1 => format!("sent {}", self.amount()),
            pushes => format!("sent {pushes} pushes, {}", self.amount()),
        }
    }

    fn amount(&mut self) -> String {
        self.shown = self.bytes;
        let rate = and_rate(self.bytes, self.took);
        format!("{} in {}{rate}", Bytes(self.bytes), Elapsed(self.took))
    }
}

impl Progress {
    /// Starts to watch a mirror, the only one of its step.
    pub fn new(log: &Log, mode: Mode) -> Self {
        let state = State {
            purpose: Purpose::Mirror,
            relay: RelayProgress::start(),
            live: LiveText::default(),
            copy: CopyState::None,
            is_relaying: false,
            percent: 0,
            warned: HashSet::new(),
        };
        Self { log: log.clone(), mode, member: None, state: Mutex::new(state) }
    }

    /// Leaves the bar to the step, and tells the step what it must know of one of its mirrors.
    #[must_use]
    pub fn of_member(self, member: MemberProgress) -> Self {
        Self { member: Some(member), ..self }
    }

    /// Shows what goes on to who watches a terminal. Of one of many mirrors the step does that.
    fn show(&self, event: &Event<'_>) {
        let doing = self.state().live.after(event);
        if let Some(doing) = doing {
            self.log.live(|| doing.to_string());
        }
    }

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

    fn begin_relay(&self) {
        let mut state = self.state();
        self.section(&state, "Relay");
        state.relay = RelayProgress::start();
        state.is_relaying = true;
        self.advance(&mut state, RELAYING, "relaying");
    }

    fn begin_verification(&self) {
        self.log.end_remotes();
        let mut state = self.state();
        if state.relay.bytes > state.relay.shown {
            self.log.line(&state.relay.tell());
        }
        self.section(&state, "Verify");
        (state.copy, state.is_relaying) = (CopyState::None, false);
        self.log.line(&format!("listing the {} again", state.target()));
        self.advance(&mut state, VERIFYING, "listing again");
    }

    fn copying(&self, copy: CopyProgress) {
        let mut state = self.state();
        if let (Some(member), Mode::Mirror) = (&self.member, self.mode) {
            member.copied(Moved { bytes: copy.moved, took: copy.took });
        }
        let next = match state.copy {
            CopyState::UnderWay { next } => next,
            CopyState::None | CopyState::BeforeRelay => {
                self.section(&state, "Git LFS");
                REPORT_INTERVAL
            }
        };
        let is_due = copy.took >= next && self.mode == Mode::Mirror;
        if is_due {
            self.log.line(&copies::so_far(copy));
        }
        state.copy = CopyState::UnderWay { next: if is_due { copy.took + REPORT_INTERVAL } else { next } };
        if is_due {
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

    /// Says that the relay goes on, where LFS objects came in between.
    fn resume_relay(&self) {
        let mut state = self.state();
        if state.copy == CopyState::BeforeRelay {
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
            self.section(&self.state(), "Plan (not applied)");
            plan_lines::tell(&self.log, plan, self.mode);
        }
    }

    fn hooks_not_run(&self, destination: &RemoteLabel, hooks: &[&str]) {
        let hooks = hooks.join(", ");
        let text = format!("{destination} has hooks, which are not run: {hooks}");
        if self.state().warned.insert(text.clone()) {
            self.log.warning(&text);
        }
    }

    fn relayed(&self, bytes: u64, took: Duration) {
        let mut state = self.state();
        if let Some(member) = &self.member {
            member.relayed(Moved { bytes, took });
        }
        let relay = &mut state.relay;
        relay.bytes += bytes;
        relay.took += took;
        if relay.took < relay.next || relay.bytes == relay.shown || relay.bytes < FIRST {
            return;
        }
        relay.next = relay.took + REPORT_INTERVAL;
        self.log.line(&relay.tell());
        let percent = relayed_percent(relay.bytes);
        self.advance(&mut state, percent, "relaying");
    }

    fn sent(&self) {
        let mut state = self.state();
        let (sent, target) = (state.relay.tell_sent(), state.target());
        self.log.line(&format!("{sent}; waiting for the {target} to process the push"));
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
        self.log.line(&match (done, open) {
            (1, 0) => "verified: 1 ref matches the source".to_owned(),
            (_, 0) => format!("verified: {done} refs match the source"),
            _ => format!("verified: {done} of {} refs match the source", done + open),
        });
        if report.contradicted > 0 {
            let refs = Count(report.contradicted as u64, "ref");
            self.log.line(&format!("{refs} of those had been reported as refused; the listing counts"));
        }
    }
}

impl Events for Progress {
    fn on(&self, event: Event<'_>) {
        if !matches!(event, Event::Started(_) | Event::CopyingObjects(_) | Event::ObjectsCopied(_)) {
            self.resume_relay();
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
            ) => {}
            Event::Started(Phase::Fetch) => self.begin_relay(),
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
            Event::Relayed { bytes, took } => self.relayed(bytes, took),
            Event::CopyingObjects(copy) => self.copying(copy),
            Event::ObjectsCopied(copy) => self.copied(copy),
            Event::Sent => self.sent(),
            Event::Split { cause, updates } => self.split(cause, updates),
            Event::Divided(limit) => self.log.line(&division::line(limit)),
            Event::Interrupted(error) => {
                self.log.end_remotes();
                self.log.line(&with_words(error));
            }
            Event::Lagging { refs, longest } => self.lagging(refs, longest),
            Event::Verified(report) => self.verified(report),
        }
        match &self.member {
            Some(member) => member.tell_if_due(),
            None => self.show(&event),
        }
    }
}

/// Returns the place of the bar after so many bytes of a pack. No server says how many there will be, so each MiB
/// counts less than the one before, and the end is never reached.
fn relayed_percent(bytes: u64) -> u8 {
    const HALF: u64 = 64 << 20;
    let (bytes, span) = (u128::from(bytes), u128::from(VERIFYING - RELAYING));
    let moved = span * bytes / (bytes + u128::from(HALF));
    RELAYING + u8::try_from(moved).unwrap_or_default()
}

#[cfg(test)]
mod tests;
