//! The course of a mirror for scripts.

use std::collections::BTreeMap;

use serde::Serialize;

use super::course::Stage;
use super::outcome::MirrorOutcome;
use crate::clock::Utc;
use crate::mirror::ports::Mode;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CourseResult {
    #[serde(skip_serializing_if = "Option::is_none")]
    verified_at: Option<String>,
    stages_milliseconds: BTreeMap<&'static str, u64>,
}

impl CourseResult {
    pub(super) fn of(outcome: &MirrorOutcome, mode: Mode) -> Self {
        let took = |stage: &Stage| {
            let took = outcome.course.stages.of(*stage).as_millis();
            (name(*stage), u64::try_from(took).unwrap_or(u64::MAX))
        };
        Self {
            verified_at: outcome.last_listed(mode).map(|time| Utc::of(time).to_string()),
            stages_milliseconds: Stage::ALL.iter().map(took).collect(),
        }
    }
}

fn name(stage: Stage) -> &'static str {
    match stage {
        Stage::Connect => "connect",
        Stage::Clone => "cloneDirectory",
        Stage::Plan => "plan",
        Stage::Objects => "lfs",
        Stage::Source => "waitForSource",
        Stage::Relay => "relay",
        Stage::Destination => "waitForDestination",
        Stage::Verify => "verify",
        Stage::Pause => "waitForAttempt",
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::report::testing::{ended, report, step};

    #[test]
    fn a_mirror_has_the_time_of_its_proof_and_of_each_stage() {
        let step = step("https://a.example/r", "https://b.example/r", &[]);
        let mut outcome = ended(&step.given, Ok(report(&[])));
        outcome.verified_at = Some(1_700_000_000);
        outcome.course.stages.add(Stage::Relay, Duration::from_millis(1_250));
        let json = serde_json::to_value(CourseResult::of(&outcome, Mode::Mirror)).unwrap();
        assert_eq!(json["verifiedAt"], "2023-11-14T22:13:20Z");
        assert_eq!(
            (&json["stagesMilliseconds"]["relay"], &json["stagesMilliseconds"]["plan"]),
            (&1250.into(), &0.into())
        );
        let dry_run = serde_json::to_value(CourseResult::of(&outcome, Mode::DryRun)).unwrap();
        assert!(dry_run.get("verifiedAt").is_none());
    }
}
