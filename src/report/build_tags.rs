//! The tags of the build, by which lists of runs are filtered.

use super::outputs;
use super::step_end::StepEnd;
use crate::agent::command::{BuildTag, TaskResult};
use crate::agent::log::Log;
use crate::config::monitoring::BuildTags;

/// Adds what became of the mirrors of a step: both tags where some changed and others failed.
pub(crate) fn add(log: &Log, end: &StepEnd<'_>) {
    if end.step.build_tags == BuildTags::None {
        return;
    }
    // Nothing counts as changed in a dry run.
    if outputs::sums(end).is_change() {
        log.build_tag(BuildTag::Changed);
    }
    if end.result == TaskResult::Failed {
        log.build_tag(BuildTag::Failed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::recorder::Written;
    use crate::error::{ErrorKind, Failure, Phase, RemoteLabel, Side};
    use crate::mirror::report::{Outcome, Report};
    use crate::report::outcome::MirrorOutcome;
    use crate::report::testing::{ended, log_to, of_mirrors, report, step};

    const CHANGED: &str = "##vso[build.addbuildtag]mirror-changed\n";
    const FAILED: &str = "##vso[build.addbuildtag]mirror-failed\n";

    fn tags(input: &str, results: Vec<Result<Report, Vec<crate::error::Error>>>) -> String {
        let variables = [("INPUT_BUILDTAGS", input), ("SYSTEM_HOSTTYPE", "build")];
        let step = step("https://a.example/r", "https://b.example/r", &variables);
        let mirrors: Vec<MirrorOutcome> =
            results.into_iter().map(|result| ended(&step.given, result)).collect();
        let written = Written::default();
        add(&log_to(&written), &StepEnd::of(&step, &of_mirrors(mirrors)));
        written.text()
    }

    fn failed() -> Result<Report, Vec<crate::error::Error>> {
        let label = RemoteLabel::new(Side::Source, "https://a.example/r");
        Err(vec![label.error(Phase::List, Failure::new(ErrorKind::NotFound, "404"))])
    }

    #[test]
    fn a_build_is_tagged_with_what_became_of_its_mirrors() {
        let changed = || Ok(report(&[Outcome::Done]));
        for (results, expected) in [
            (vec![changed()], CHANGED.to_owned()),
            (vec![failed()], FAILED.to_owned()),
            (vec![changed(), failed()], format!("{CHANGED}{FAILED}")),
            (vec![Ok(report(&[]))], String::new()),
            (vec![Ok(report(&[Outcome::Planned]))], String::new()),
        ] {
            assert_eq!(tags("true", results), expected);
        }
        assert_eq!(tags("false", vec![changed(), failed()]), "");
    }
}
