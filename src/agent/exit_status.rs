//! The exit status, from which whoever started this program learns how it ended.

use super::command::TaskResult;
use super::environment::StartedBy;
use crate::mirror::report::Verdict;

/// For the launcher alone: the agent has been told the result. Nothing else ends a process so: neither a crash, nor
/// whoever ends one from outside, nor the shell that the system hands a damaged binary to, which ends with 0.
const TOLD: u8 = 90;

/// Returns the exit status of a run; `said` is the result that the agent was told, as far as that was written.
pub fn exit_status(verdict: Verdict, started_by: StartedBy, said: Option<TaskResult>) -> u8 {
    match (verdict, started_by, said) {
        (Verdict::Failed, StartedBy::Launcher, Some(TaskResult::Failed)) => TOLD,
        (Verdict::Failed, _, _) | (_, StartedBy::Launcher, None) => 1,
        (_, StartedBy::Launcher, Some(_)) => TOLD,
        (_, StartedBy::Other, _) => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_gets_0_or_1() {
        let status = |verdict| exit_status(verdict, StartedBy::Other, Some(TaskResult::Failed));
        assert_eq!(
            [Verdict::Succeeded, Verdict::SucceededWithIssues, Verdict::Failed].map(status),
            [0, 0, 1]
        );
    }

    #[test]
    fn the_launcher_learns_whether_the_agent_knows_the_result() {
        use TaskResult::{Failed, Succeeded, SucceededWithIssues};
        for (verdict, said, expected) in [
            (Verdict::Succeeded, Some(Succeeded), TOLD),
            (Verdict::SucceededWithIssues, Some(SucceededWithIssues), TOLD),
            (Verdict::Failed, Some(Failed), TOLD),
            (Verdict::Succeeded, None, 1),
            (Verdict::SucceededWithIssues, None, 1),
            (Verdict::Failed, None, 1),
            // What fails after it has said that it succeeded.
            (Verdict::Failed, Some(Succeeded), 1),
        ] {
            assert_eq!(exit_status(verdict, StartedBy::Launcher, said), expected, "{verdict:?} {said:?}");
        }
    }
}
