//! The course of a mirror: how long each of its stages took, and the plan that was refused.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::refused_plan::RefusedPlan;
use crate::clock::Stopwatch;
use crate::error::{Phase, Purpose};
use crate::mirror::events::{Event, Events};

/// A stage of a mirror, in the order in which people read them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Both sides are asked for their refs.
    Connect,
    /// The clone directory is made a mirror.
    Clone,
    /// The two lists are compared, and the source is asked about history.
    Plan,
    /// Objects of Git LFS are copied.
    Objects,
    /// The source makes the pack.
    Source,
    /// The pack goes through.
    Relay,
    /// The destination checks what it got.
    Destination,
    /// The destination is listed again.
    Verify,
    /// The next attempt is waited for.
    Pause,
}

impl Stage {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Connect,
        Self::Clone,
        Self::Plan,
        Self::Objects,
        Self::Source,
        Self::Relay,
        Self::Destination,
        Self::Verify,
        Self::Pause,
    ];

    /// Returns the stage after an event, and the one that goes on after objects of Git LFS were copied.
    fn after(self, event: &Event<'_>, before_objects: Self) -> Self {
        match event {
            Event::Started(Phase::List) => Self::Connect,
            Event::AttemptEnded => Self::Pause,
            Event::MirrorStarted { destination } => match destination.purpose {
                Purpose::Clone => Self::Clone,
                Purpose::Mirror => Self::Plan,
            },
            _ if self == Self::Clone => Self::Clone,
            Event::Started(Phase::Fetch) | Event::PackRequested | Event::PackAwaited => Self::Source,
            Event::PackBegun { .. } | Event::Relayed { .. } => Self::Relay,
            Event::Sent => Self::Destination,
            Event::Started(Phase::Verify) => Self::Verify,
            Event::CopyingObjects(_) => Self::Objects,
            Event::ObjectsCopied(_) => before_objects,
            _ => self,
        }
    }
}

/// The time that each stage took, over all attempts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stages(Vec<(Stage, Duration)>);

impl Stages {
    /// Adds time to a stage.
    pub fn add(&mut self, stage: Stage, time: Duration) {
        match self.0.iter_mut().find(|(known, _)| *known == stage) {
            Some((_, took)) => *took = took.saturating_add(time),
            None => self.0.push((stage, time)),
        }
    }

    /// Returns the time that a stage took.
    pub fn of(&self, stage: Stage) -> Duration {
        self.0.iter().find(|(known, _)| *known == stage).map_or(Duration::ZERO, |(_, took)| *took)
    }

    /// Returns the time that all took.
    pub fn sum(&self) -> Duration {
        self.0.iter().fold(Duration::ZERO, |sum, (_, took)| sum.saturating_add(*took))
    }
}

/// The course of a mirror, as plain data.
#[derive(Clone, Debug, Default)]
pub struct Course {
    /// The time that each stage took.
    pub stages: Stages,
    /// The plan that was refused, if that ended the mirror.
    pub refused_plan: Option<RefusedPlan>,
}

/// A recorder of the course of a mirror, which passes on what it is told.
#[derive(Debug)]
pub(crate) struct CourseRecorder {
    next: Arc<dyn Events>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    stage: Stage,
    before_objects: Stage,
    since: Stopwatch,
    course: Course,
}

impl CourseRecorder {
    /// Starts the time of a mirror, whose events go there.
    pub(crate) fn start(next: Arc<dyn Events>) -> Self {
        let state = State {
            stage: Stage::Connect,
            before_objects: Stage::Plan,
            since: Stopwatch::start(),
            course: Course::default(),
        };
        Self { next, state: Mutex::new(state) }
    }

    /// Returns the course until now.
    pub(crate) fn course(&self) -> Course {
        let mut state = self.state();
        let under_way = state.stage;
        state.turn_to(under_way);
        state.course.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Ends the time of the stage, and begins that of the next.
    fn turn_to(&mut self, stage: Stage) {
        self.course.stages.add(self.stage, self.since.elapsed());
        (self.stage, self.since) = (stage, Stopwatch::start());
    }

    fn note(&mut self, event: &Event<'_>) {
        let stage = self.stage.after(event, self.before_objects);
        if stage != self.stage {
            if stage == Stage::Objects {
                self.before_objects = self.stage;
            }
            self.turn_to(stage);
        }
        match event {
            Event::MirrorStarted { .. } => self.course.refused_plan = None,
            Event::PlanRefused(plan) => self.course.refused_plan = Some(RefusedPlan::of(plan)),
            _ => {}
        }
    }
}

impl Events for CourseRecorder {
    fn on(&self, event: Event<'_>) {
        self.state().note(&event);
        self.next.on(event);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{RemoteLabel, Side};
    use crate::mirror::plan::Plan;
    use crate::mirror::testing::id;
    use crate::protocol::receive_pack::RefUpdate;

    /// Takes events and makes nothing of them.
    #[derive(Debug)]
    struct Nowhere;

    impl Events for Nowhere {
        fn on(&self, _: Event<'_>) {}
    }

    fn recorder() -> CourseRecorder {
        CourseRecorder::start(Arc::new(Nowhere))
    }

    #[test]
    fn each_event_leads_to_its_stage() {
        let relayed = Event::Relayed { bytes: 1, objects_left: None, took: Duration::ZERO };
        let destination = RemoteLabel::new(Side::Destination, "https://b.example/r");
        let clone = RemoteLabel::clone_directory("/srv/app.git");
        let mut stage = Stage::Connect;
        for (event, expected) in [
            (Event::Started(Phase::List), Stage::Connect),
            (Event::MirrorStarted { destination: &clone }, Stage::Clone),
            (Event::Started(Phase::Fetch), Stage::Clone),
            (relayed, Stage::Clone),
            (Event::MirrorStarted { destination: &destination }, Stage::Plan),
            (Event::Started(Phase::Fetch), Stage::Source),
            (Event::Started(Phase::Push), Stage::Source),
            (relayed, Stage::Relay),
            (Event::Sent, Stage::Destination),
            (Event::PackRequested, Stage::Source),
            (Event::PackAwaited, Stage::Source),
            (Event::PackBegun { objects: 3 }, Stage::Relay),
            (relayed, Stage::Relay),
            (Event::Started(Phase::Verify), Stage::Verify),
            (Event::AttemptEnded, Stage::Pause),
            (Event::Started(Phase::List), Stage::Connect),
        ] {
            stage = stage.after(&event, Stage::Plan);
            assert_eq!(stage, expected, "{event:?}");
        }
    }

    #[test]
    fn times_of_a_stage_are_added_up() {
        let mut stages = Stages::default();
        for (stage, seconds) in [(Stage::Relay, 2), (Stage::Verify, 1), (Stage::Relay, 3)] {
            stages.add(stage, Duration::from_secs(seconds));
        }
        assert_eq!(stages.of(Stage::Relay), Duration::from_secs(5));
        assert_eq!((stages.of(Stage::Plan), stages.sum()), (Duration::ZERO, Duration::from_secs(6)));
    }

    #[test]
    fn the_plan_that_was_refused_is_kept_and_the_next_mirror_forgets_it() {
        let recorder = recorder();
        let gone = RefUpdate::Delete { name: crate::mirror::testing::name("refs/heads/a"), old: id(1) };
        let plan = Plan { pushes: vec![vec![gone]], ..Plan::default() };
        recorder.on(Event::PlanRefused(&plan));
        assert_eq!(recorder.course().refused_plan.map(|plan| plan.deleted.count), Some(1));
        let destination = RemoteLabel::new(Side::Destination, "https://b.example/r");
        recorder.on(Event::MirrorStarted { destination: &destination });
        assert!(recorder.course().refused_plan.is_none());
    }
}
