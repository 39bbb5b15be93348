//! The exit status, from which whoever started this program learns how it ended.

use super::command::TaskResult;
use super::environment::StartedBy;

/// For the launcher alone: the agent has been told the result. Nothing else ends a process so: neither a crash, nor
/// whoever ends one from outside, nor the shell that the system hands a damaged binary to, which ends with 0.
const TOLD: u8 = 90;

/// Returns the exit status of a run; `said` is the result that the agent was told, as far as that was written.
pub fn exit_status(result: TaskResult, started_by: StartedBy, said: Option<TaskResult>) -> u8 {
    match (result, started_by, said) {
        (TaskResult::Failed, StartedBy::Launcher, Some(TaskResult::Failed)) => TOLD,
        (TaskResult::Failed, _, _) | (_, StartedBy::Launcher, None) => 1,
        (_, StartedBy::Launcher, Some(_)) => TOLD,
        (_, StartedBy::Other, _) => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_gets_0_or_1() {
        let status = |result| exit_status(result, StartedBy::Other, Some(TaskResult::Failed));
        assert_eq!(
            [TaskResult::Succeeded, TaskResult::SucceededWithIssues, TaskResult::Failed].map(status),
            [0, 0, 1]
        );
    }

    #[test]
    fn the_launcher_learns_whether_the_agent_knows_the_result() {
        use TaskResult::{Failed, Succeeded, SucceededWithIssues};
        for (result, said, expected) in [
            (Succeeded, Some(Succeeded), TOLD),
            (SucceededWithIssues, Some(SucceededWithIssues), TOLD),
            (Failed, Some(Failed), TOLD),
            (Succeeded, None, 1),
            (SucceededWithIssues, None, 1),
            (Failed, None, 1),
            // What fails after it has said that it succeeded.
            (Failed, Some(Succeeded), 1),
        ] {
            assert_eq!(exit_status(result, StartedBy::Launcher, said), expected, "{result:?} {said:?}");
        }
    }
}
