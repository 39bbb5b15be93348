//! The result for programs, which the agent keeps with the run: a dashboard finds it by its type and its name.

use super::agent_file::AgentFile;
use super::page::title;
use super::result_json;
use super::step_end::StepEnd;
use crate::agent::log::Log;

/// Leaves the whole result as JSON in the agent's temporary folder, and has it attached to the step. Without that folder
/// there is no agent.
pub(crate) fn publish(log: &Log, end: &StepEnd<'_>) {
    let Some(folder) = &end.step.temporary_folder else { return };
    let masks = log.masks();
    let title = title::of(&end.step.given.destination.url, &masks);
    let Ok(json) = result_json::text(end, &masks) else { return };
    let file = AgentFile { title: &title, extension: "json", called: "the run's result", text: &json };
    file.leave(log, folder, |path| log.attach_result(path));
}

#[cfg(test)]
mod tests {
    use std::fs;

    use crate::agent::recorder::Written;
    use crate::report::testing::{ended, log_to, of_mirrors, report, step};

    use super::*;

    #[test]
    fn each_step_of_a_job_attaches_its_result() {
        let folder = tempfile::tempdir().unwrap();
        let temporary = ("AGENT_TEMPDIRECTORY", folder.path().to_str().unwrap());
        let step = step("https://a.example/r", "https://b.example/o/r", &[temporary]);
        let outcome = of_mirrors(vec![ended(&step.given, Ok(report(&[])))]);
        for name in ["Mirror to o-r.json", "Mirror to o-r (2).json"] {
            let written = Written::default();
            publish(&log_to(&written), &StepEnd::of(&step, &outcome));
            let path = folder.path().join(name);
            let command = "##vso[task.addattachment type=mirror-git-repository;name=result.json]";
            assert_eq!(written.text(), format!("{command}{}\n", path.display()));
            let read: serde_json::Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
            assert_eq!((&read["schemaVersion"], &read["result"]), (&1.into(), &"succeeded".into()));
        }
    }

    #[test]
    fn without_an_agent_nothing_is_attached() {
        let step = step("https://a.example/r", "https://b.example/r", &[]);
        let written = Written::default();
        publish(
            &log_to(&written),
            &StepEnd::of(&step, &of_mirrors(vec![ended(&step.given, Ok(report(&[])))])),
        );
        assert_eq!(written.text(), "");
    }
}
