//! The exit status, from which whoever started this program learns how it ended.

use super::command::TaskResult;
use super::environment::StartedBy;

/// For the launcher alone: the agent has been told the result. Nothing else ends a process so: neither a crash, nor
/// whoever ends one from outside, nor the shell that the system hands a damaged binary to, which ends with 0.
const TOLD: u8 = 90;

/// The end of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunEnd {
    /// All is done.
    Succeeded,
    /// All that could be done is done.
    SucceededWithIssues,
    /// All is done but for refs that the destination refused, and that was not allowed for.
    RefsRefused,
    /// The flags or the inputs cannot be used.
    NotUsable,
    /// It was cancelled before all was done.
    Cancelled,
    /// It is not done.
    Failed,
}

impl RunEnd {
    /// Returns the result of the step, in the agent's words.
    pub fn result(self) -> TaskResult {
        match self {
            Self::Succeeded => TaskResult::Succeeded,
            Self::SucceededWithIssues => TaskResult::SucceededWithIssues,
            Self::RefsRefused | Self::NotUsable | Self::Cancelled | Self::Failed => TaskResult::Failed,
        }
    }

    /// Returns the status that a person or a script gets. After a signal it is that of a shell after an interrupt.
    fn for_person(self) -> u8 {
        match self {
            Self::Succeeded | Self::SucceededWithIssues => 0,
            Self::Failed => 1,
            Self::NotUsable => 2,
            Self::RefsRefused => 3,
            Self::Cancelled => 130,
        }
    }
}

/// Returns the exit status of a run; `said` is the result that the agent was told, as far as that was written.
pub fn exit_status(end: RunEnd, started_by: StartedBy, said: Option<TaskResult>) -> u8 {
    match (started_by, end.result(), said) {
        (StartedBy::Person, ..) => end.for_person(),
        (StartedBy::Launcher, TaskResult::Failed, Some(TaskResult::Failed)) => TOLD,
        (_, TaskResult::Failed, _) | (StartedBy::Launcher, _, None) => 1,
        (StartedBy::Launcher, _, Some(_)) => TOLD,
        (StartedBy::Agent, ..) => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENDS: [RunEnd; 6] = [
        RunEnd::Succeeded,
        RunEnd::SucceededWithIssues,
        RunEnd::Failed,
        RunEnd::NotUsable,
        RunEnd::RefsRefused,
        RunEnd::Cancelled,
    ];

    #[test]
    fn a_person_learns_how_it_ended() {
        let status = |end| exit_status(end, StartedBy::Person, Some(TaskResult::Failed));
        assert_eq!(ENDS.map(status), [0, 0, 1, 2, 3, 130]);
    }

    #[test]
    fn an_agent_without_the_launcher_gets_0_or_1() {
        let status = |end| exit_status(end, StartedBy::Agent, Some(TaskResult::Failed));
        assert_eq!(ENDS.map(status), [0, 0, 1, 1, 1, 1]);
    }

    #[test]
    fn the_launcher_learns_whether_the_agent_knows_the_result() {
        use TaskResult::{Failed, Succeeded, SucceededWithIssues};
        for (end, said, expected) in [
            (RunEnd::Succeeded, Some(Succeeded), TOLD),
            (RunEnd::SucceededWithIssues, Some(SucceededWithIssues), TOLD),
            (RunEnd::Failed, Some(Failed), TOLD),
            (RunEnd::NotUsable, Some(Failed), TOLD),
            (RunEnd::RefsRefused, Some(Failed), TOLD),
            (RunEnd::Cancelled, Some(Failed), TOLD),
            (RunEnd::Succeeded, None, 1),
            (RunEnd::SucceededWithIssues, None, 1),
            (RunEnd::Failed, None, 1),
            (RunEnd::Cancelled, None, 1),
            // What fails after it has said that it succeeded.
            (RunEnd::Failed, Some(Succeeded), 1),
        ] {
            assert_eq!(exit_status(end, StartedBy::Launcher, said), expected, "{end:?} {said:?}");
        }
    }
}
