//! A run as it goes on, told in the log.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::plan_lines;
use super::problems::with_words;
use super::units::{Bytes, Count, Elapsed, rate};
use crate::agent::log::Log;
use crate::error::{Phase, RemoteLabel, Side};
use crate::mirror::events::{Event, Events};
use crate::mirror::plan::Plan;
use crate::mirror::ports::Mode;
use crate::mirror::report::{Outcome, Report};

/// The interval at which a relay under way is reported.
const REPORT_INTERVAL: Duration = Duration::from_secs(5);

/// A relay of fewer bytes is not under way yet: the source sends the start of a pack before it has packed.
const FIRST: u64 = 16 << 10;

/// Where the bar stands when a step begins, in percent.
const PLANNED: u8 = 10;
const RELAYING: u8 = 20;
const VERIFYING: u8 = 90;

/// Writes what happens into the log.
#[derive(Debug)]
pub struct Progress {
    log: Log,
    mode: Mode,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// The repository that is made equal to the source now.
    target: Side,
    relay: Relay,
    percent: u8,
    /// Warnings that were given; another push, or attempt, does not tell it again.
    warned: HashSet<String>,
}

/// A relay under way.
#[derive(Debug)]
struct Relay {
    /// The time at which it is reported next.
    next: Duration,
    /// The bytes that came through, and the time that they took.
    bytes: u64,
    took: Duration,
    /// The bytes that the log has told.
    shown: u64,
}

impl Relay {
    fn start() -> Self {
        Self { next: REPORT_INTERVAL, bytes: 0, took: Duration::ZERO, shown: 0 }
    }

    /// Says how far it is.
    fn tell(&mut self) -> String {
        self.shown = self.bytes;
        let rate = rate(self.bytes, self.took).map(|rate| format!(", {rate}")).unwrap_or_default();
        format!("relayed {} in {}{rate}", Bytes(self.bytes), Elapsed(self.took))
    }
}

impl Progress {
    /// Starts to watch a run.
    pub fn new(log: &Log, mode: Mode) -> Self {
        let (target, relay) = (Side::Destination, Relay::start());
        let state = State { target, relay, percent: 0, warned: HashSet::new() };
        Self { log: log.clone(), mode, state: Mutex::new(state) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins a step. The clone directory has the same ones as the destination.
    fn section(&self, state: &State, step: &str) {
        match state.target {
            Side::Clone => self.log.section(&format!("{step} ({})", Side::Clone)),
            Side::Source | Side::Destination => self.log.section(step),
        }
    }

    /// Moves the bar, which never goes back: not for another attempt, nor for the clone before the mirror.
    fn advance(&self, state: &mut State, percent: u8, doing: &str) {
        if percent > state.percent {
            state.percent = percent;
            self.log.progress(percent, doing);
        }
    }

    fn begin_relay(&self) {
        let mut state = self.state();
        self.section(&state, "Relay");
        state.relay = Relay::start();
        self.advance(&mut state, RELAYING, "relaying");
    }

    fn begin_verification(&self) {
        self.log.end_remotes();
        let mut state = self.state();
        if state.relay.bytes > state.relay.shown {
            self.log.line(&state.relay.tell());
        }
        self.section(&state, "Verify");
        self.log.line(&format!("listing the {} again", state.target));
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
            self.section(&self.state(), "Plan, which is not carried out");
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
        let (relayed, target) = (state.relay.tell(), state.target);
        self.log.line(&format!("{relayed}; all sent, waiting for the {target}'s report"));
    }

    fn split(&self, updates: usize) {
        let target = self.state().target;
        self.log.end_remotes();
        let refs = Count(updates as u64, "ref");
        self.log.line(&format!("the {target} refused the whole push; it is sent again in parts, {refs}"));
    }

    fn lagging(&self, refs: usize, longest: Duration) {
        let target = self.state().target;
        let (refs, longest) = (Count(refs as u64, "ref"), Elapsed(longest));
        self.log.line(&format!(
            "the {target} does not list yet what it has done, {refs}; it is listed again for at most {longest}"
        ));
    }

    fn verified(&self, report: &Report) {
        let is_open = |outcome: &&Outcome| !matches!(outcome, Outcome::Done | Outcome::Unsupported(_));
        let outcomes = || report.outcomes.iter().map(|ref_| &ref_.outcome);
        let done = outcomes().filter(|outcome| **outcome == Outcome::Done).count();
        let open = match outcomes().filter(is_open).count() {
            0 => String::new(),
            1 => ", 1 is not".to_owned(),
            count => format!(", {count} are not"),
        };
        let are = if done == 1 { "is" } else { "are" };
        self.log.line(&format!("{} {are} as planned{open}", Count(done as u64, "ref")));
        if report.contradicted > 0 {
            let refs = Count(report.contradicted as u64, "ref");
            self.log.line(&format!("{refs} of those had been reported as refused; the listing counts"));
        }
    }
}

impl Events for Progress {
    fn on(&self, event: Event<'_>) {
        match event {
            Event::MirrorStarted { destination } => self.state().target = destination.side,
            Event::Started(Phase::List) => self.log.section("Connect"),
            Event::Started(Phase::Plan | Phase::Push) => {}
            Event::Started(Phase::Fetch) => self.begin_relay(),
            Event::Started(Phase::Verify) => self.begin_verification(),
            Event::ServerText { side, text } => self.log.remote(&side.to_string(), text),
            Event::Planned(plan) => self.planned(plan),
            Event::PlanRefused(plan) => self.plan_refused(plan),
            Event::SymrefsUnknown(error) => self.log.line(&format!(
                "it may be pushed to and not read, so its default branch and its symbolic refs are not known: {}",
                with_words(error)
            )),
            Event::HooksNotRun { destination, hooks } => self.hooks_not_run(destination, hooks),
            Event::Relayed { bytes, took } => self.relayed(bytes, took),
            Event::Sent => self.sent(),
            Event::Split { updates } => self.split(updates),
            Event::Interrupted(error) => {
                self.log.end_remotes();
                self.log.line(&with_words(error));
            }
            Event::Lagging { refs, longest } => self.lagging(refs, longest),
            Event::Verified(report) => self.verified(report),
        }
    }
}

/// Returns where the bar stands after so many bytes of a pack. No server says how many there will be, so each MiB
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
    use crate::agent::environment::Environment;
    use crate::agent::testing;
    use std::io::{self, Write};
    use std::sync::Arc;

    #[derive(Clone, Default)]
    struct Output(Arc<Mutex<Vec<u8>>>);

    impl Write for Output {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// Returns what the agent reads of a run that is told so.
    fn output_of(tell: impl Fn(&Progress)) -> String {
        let output = Output::default();
        let variables = vec![("TF_BUILD".into(), "True".into())];
        let environment = Environment { variables, arguments: Vec::new() };
        let log = Log::new(Box::new(output.clone()), Box::new(output.clone()), &environment);
        tell(&Progress::new(&log, Mode::Mirror));
        let written = output.0.lock().unwrap().clone();
        String::from_utf8(written).unwrap()
    }

    /// Relays so many bytes more, slowly enough for a line about it.
    fn relay(progress: &Progress, bytes: u64) {
        progress.on(Event::Relayed { bytes, took: REPORT_INTERVAL });
    }

    fn mirror_to(progress: &Progress, side: Side) {
        progress.on(Event::MirrorStarted { destination: &RemoteLabel::new(side, "/srv/r.git") });
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
            mirror_to(progress, Side::Clone);
            progress.on(Event::Planned(&Plan::default()));
            progress.on(Event::Started(Phase::Fetch));
            progress.on(Event::Started(Phase::Verify));
            mirror_to(progress, Side::Destination);
            progress.on(Event::Planned(&Plan::default()));
        });
        let sections = output.lines().filter_map(|line| line.strip_prefix("##[section]"));
        let steps = ["Plan (clone directory)", "Relay (clone directory)", "Verify (clone directory)", "Plan"];
        assert_eq!(sections.collect::<Vec<_>>(), steps);
        assert!(output.contains("listing the clone directory again"), "{output}");
    }

    #[test]
    fn what_the_destination_waits_for_and_refuses_is_said_when_it_happens() {
        let output = output_of(|progress| {
            progress.on(Event::Relayed { bytes: 39, took: Duration::ZERO });
            progress.on(Event::Sent);
            progress.on(Event::Split { updates: 3 });
        });
        assert!(output.contains("; all sent, waiting for the destination's report\n"), "{output}");
        assert!(output.contains("refused the whole push; it is sent again in parts, 3 refs\n"), "{output}");
    }
}
