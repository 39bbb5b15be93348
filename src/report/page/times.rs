//! The time that each stage of a mirror took, as a table of bars.

use std::time::Duration;

use super::bar;
use super::writer::Writer;
use crate::report::course::{Stage, Stages};
use crate::report::units::Elapsed;

/// The shortest mirror whose stages are of interest.
const SHORTEST: Duration = Duration::from_secs(1);

/// The shortest stage that is shown.
const SHORTEST_STAGE: Duration = Duration::from_millis(50);

/// The title of the table.
const TITLE: &str = "Where the time went";

impl Writer<'_> {
    /// Shows the stages of a mirror that took some time.
    pub(super) fn times(&mut self, stages: &Stages) {
        let whole = stages.sum();
        if whole < SHORTEST {
            return;
        }
        let rows: Vec<_> = Stage::ALL
            .iter()
            .map(|stage| (*stage, stages.of(*stage)))
            .filter(|(_, took)| *took >= SHORTEST_STAGE)
            .map(|(stage, took)| {
                let bar = bar::part(took.as_millis(), whole.as_millis());
                [name(stage).to_owned(), bar, Elapsed(took).to_string()]
            })
            .collect();
        self.paragraph(&format!("### {TITLE}"));
        self.table(["Stage", "Share", "Time"], &rows);
    }
}

fn name(stage: Stage) -> &'static str {
    match stage {
        Stage::Connect => "Connect to both sides",
        Stage::Clone => "Update the clone directory",
        Stage::Plan => "Plan",
        Stage::Objects => "Copy Git LFS objects",
        Stage::Source => "Wait for the source",
        Stage::Relay => "Relay the pack",
        Stage::Destination => "Wait for the destination",
        Stage::Verify => "Verify",
        Stage::Pause => "Wait before another attempt",
    }
}
