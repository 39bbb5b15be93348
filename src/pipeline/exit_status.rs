//! The exit status, from which whoever started this program learns how it ended.

use super::{Starter, TaskResult};
use crate::mirror::report::Verdict;

/// For the launcher alone: it failed, and the agent has been told. Neither a crash ends a process so, nor does
/// whoever ends one from outside, which on Windows looks like a failure of its own.
const FAILED_AND_SAID: u8 = 90;

/// Returns the exit status of a run; `said` is the result that the agent was told, as far as that was written.
pub fn exit_status(verdict: Verdict, starter: Starter, said: Option<TaskResult>) -> u8 {
    match (verdict, starter, said) {
        (Verdict::Succeeded | Verdict::SucceededWithIssues, _, _) => 0,
        (Verdict::Failed, Starter::Launcher, Some(TaskResult::Failed)) => FAILED_AND_SAID,
        (Verdict::Failed, _, _) => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_gets_0_or_1() {
        let status = |verdict| exit_status(verdict, Starter::Another, Some(TaskResult::Failed));
        assert_eq!(
            [Verdict::Succeeded, Verdict::SucceededWithIssues, Verdict::Failed].map(status),
            [0, 0, 1]
        );
    }

    #[test]
    fn the_launcher_learns_whether_the_agent_knows_of_a_failure() {
        let status = |said| exit_status(Verdict::Failed, Starter::Launcher, said);
        assert_eq!(status(Some(TaskResult::Failed)), FAILED_AND_SAID);
        assert_eq!([None, Some(TaskResult::Succeeded)].map(status), [1, 1]);
    }
}
