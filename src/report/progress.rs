//! A run as it goes on, told in the log.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::plan_lines;
use super::problems::with_words;
use super::units::{Bytes, Count, Elapsed, rate};
use crate::agent::log::Log;
use crate::error::{Phase, Purpose, RemoteLabel, Side};
use crate::mirror::events::{Event, Events};
use crate::mirror::plan::Plan;
use crate::mirror::ports::Mode;
use crate::mirror::report::{Outcome, Report};

/// Interval at which a relay under way is reported.
const REPORT_INTERVAL: Duration = Duration::from_secs(5);

/// A relay of fewer bytes is not under way yet: the source sends the start of a pack before it has packed.
const FIRST: u64 = 16 << 10;

/// The place of the bar when a step begins, in percent.
const PLANNED: u8 = 10;
const RELAYING: u8 = 20;
const VERIFYING: u8 = 90;

/// The place of one mirror among those of its step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// The number of those before it.
    pub at: usize,
    /// The number of all.
    pub of: usize,
}

impl Share {
    /// Returns how far the step is when the mirror is so far, in percent.
    fn scaled(self, percent: u8) -> u8 {
        let of_step = (self.at * 100 + usize::from(percent)) / self.of.max(1);
        u8::try_from(of_step).unwrap_or(100)
    }
}

/// An observer that writes what happens into the log.
#[derive(Debug)]
pub struct Progress {
    log: Log,
    mode: Mode,
    share: Share,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// The purpose of the mirror under way.
    purpose: Purpose,
    relay: RelayProgress,
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
        let rate = rate(self.bytes, self.took).map(|rate| format!(", {rate}")).unwrap_or_default();
        format!("{} in {}{rate}", Bytes(self.bytes), Elapsed(self.took))
    }
}

impl Progress {
    /// Starts to watch a mirror, the only one of its step.
    pub fn new(log: &Log, mode: Mode) -> Self {
        let state = State {
            purpose: Purpose::Mirror,
            relay: RelayProgress::start(),
            percent: 0,
            warned: HashSet::new(),
        };
        Self { log: log.clone(), mode, share: Share { at: 0, of: 1 }, state: Mutex::new(state) }
    }

    /// Takes only a share of the bar, which is the step's.
    #[must_use]
    pub fn with_share(self, share: Share) -> Self {
        Self { share, ..self }
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
            self.log.progress(self.share.scaled(percent), doing);
        }
    }

    fn begin_relay(&self) {
        let mut state = self.state();
        self.section(&state, "Relay");
        state.relay = RelayProgress::start();
        self.advance(&mut state, RELAYING, "relaying");
    }

    fn begin_verification(&self) {
        self.log.end_remotes();
        let mut state = self.state();
        if state.relay.bytes > state.relay.shown {
            self.log.line(&state.relay.tell());
        }
        self.section(&state, "Verify");
        self.log.line(&format!("listing the {} again", state.target()));
        self.advance(&mut state, VERIFYING, "listing again");
    }

    fn planned(&self, plan: &Plan) {
        let mut state = self.state();
        self.section(&state, "Plan");
        self.advance(&mut state, PLANNED, "planning");
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
        let text = format!("{destination} has hooks, which this task does not run: {hooks}");
        if self.state().warned.insert(text.clone()) {
            self.log.warning(&text);
        }
    }

    fn relayed(&self, bytes: u64, took: Duration) {
        let mut state = self.state();
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
        match event {
            Event::MirrorStarted { destination } => self.state().purpose = destination.purpose,
            Event::Started(Phase::List) => self.log.section("Connect"),
            Event::Started(Phase::Plan | Phase::Push | Phase::Lfs) => {}
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
            Event::Sent => self.sent(),
            Event::Split { cause, updates } => self.split(cause, updates),
            Event::Interrupted(error) => {
                self.log.end_remotes();
                self.log.line(&with_words(error));
            }
            Event::Lagging { refs, longest } => self.lagging(refs, longest),
            Event::Verified(report) => self.verified(report),
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
mod tests {
    use super::*;
    use crate::agent::recorder::Recorder;
    use crate::agent::testing;

    /// Returns what the agent reads of a run that is told so.
    fn output_of(tell: impl Fn(&Progress)) -> String {
        let recorder = Recorder::new(&[("TF_BUILD", "True")]);
        tell(&Progress::new(&recorder.log, Mode::Mirror));
        recorder.output()
    }

    /// Relays so many bytes more, slowly enough for a line about it.
    fn relay(progress: &Progress, bytes: u64) {
        progress.on(Event::Relayed { bytes, took: REPORT_INTERVAL });
    }

    #[test]
    fn the_bar_never_goes_back_even_when_a_run_begins_again() {
        let output = output_of(|progress| {
            for _ in 0..2 {
                progress.on(Event::Started(Phase::List));
                progress.on(Event::Planned(&Plan::default()));
                progress.on(Event::Started(Phase::Fetch));
                for mib in [1, 63, 576] {
                    relay(progress, mib << 20);
                }
                progress.on(Event::Started(Phase::Verify));
            }
        });
        let bars = testing::lines(&output).into_iter().filter_map(testing::parse);
        let bars: Vec<_> = bars.filter(|command| command.event == "setprogress").collect();
        let percents: Vec<u8> =
            bars.iter().map(|bar| bar.property("value").unwrap().parse().unwrap()).collect();
        assert_eq!(percents, [PLANNED, RELAYING, 21, 55, 83, VERIFYING]);
    }

    #[test]
    fn the_bar_of_a_relay_stays_below_the_next_step() {
        assert_eq!((relayed_percent(0), relayed_percent(u64::MAX)), (RELAYING, VERIFYING - 1));
    }

    #[test]
    fn each_mirror_of_a_step_moves_the_bar_by_its_share() {
        let bar = |at, percent| Share { at, of: 3 }.scaled(percent);
        let moved = [bar(0, PLANNED), bar(0, VERIFYING), bar(1, PLANNED), bar(2, VERIFYING), bar(2, 100)];
        assert_eq!(moved, [3, 30, 36, 96, 100]);
    }

    #[test]
    fn what_a_relay_came_to_is_said_at_its_end() {
        let output = output_of(|progress| {
            progress.on(Event::Started(Phase::Fetch));
            progress.on(Event::Relayed { bytes: 39, took: Duration::ZERO });
            progress.on(Event::Started(Phase::Verify));
        });
        assert_eq!(output.matches("relayed 39 bytes in under 0.1 s").count(), 1, "{output}");
    }

    #[test]
    fn a_relay_under_way_is_not_reported_by_its_first_bytes() {
        let output = output_of(|progress| {
            relay(progress, 39);
            relay(progress, FIRST - 39);
            relay(progress, 0);
        });
        assert_eq!(output.matches("relayed ").count(), 1, "{output}");
        assert!(output.contains("relayed 16.0 KiB in "), "{output}");
    }

    #[test]
    fn the_clone_directory_has_steps_of_its_own() {
        let output = output_of(|progress| {
            progress.on(Event::MirrorStarted { destination: &RemoteLabel::clone_directory("/srv/r.git") });
            progress.on(Event::Planned(&Plan::default()));
            progress.on(Event::Started(Phase::Fetch));
            progress.on(Event::Started(Phase::Verify));
            progress
                .on(Event::MirrorStarted { destination: &RemoteLabel::new(Side::Destination, "/srv/r.git") });
            progress.on(Event::Planned(&Plan::default()));
        });
        let sections = output.lines().filter_map(|line| line.strip_prefix("##[section]"));
        let steps = ["Plan (clone directory)", "Relay (clone directory)", "Verify (clone directory)", "Plan"];
        assert_eq!(sections.collect::<Vec<_>>(), steps);
        assert!(output.contains("listing the clone directory again"), "{output}");
    }

    #[test]
    fn a_wait_and_a_refusal_are_said_as_they_happen() {
        let output = output_of(|progress| {
            progress.on(Event::Relayed { bytes: 39, took: Duration::ZERO });
            progress.on(Event::Sent);
            progress.on(Event::Split { cause: Side::Destination, updates: 3 });
        });
        assert!(output.contains("sent 39 bytes in "), "{output}");
        assert!(output.contains("; waiting for the destination to process the push\n"), "{output}");
        assert!(
            output.contains("the destination refused the whole push; it is sent again in parts, 3 refs\n"),
            "{output}"
        );
    }

    #[test]
    fn a_destination_is_not_blamed_for_a_pack_that_the_source_cannot_give() {
        let output = output_of(|progress| progress.on(Event::Split { cause: Side::Source, updates: 2 }));
        assert!(
            output.contains("the source cannot give the whole pack; it is asked for in parts, 2 refs\n"),
            "{output}"
        );
        assert!(!output.contains("refused"), "{output}");
    }
}
