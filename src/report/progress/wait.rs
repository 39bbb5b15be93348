//! The wait for a server, told in the log when nothing else is.

use std::time::Duration;

use super::relayed::Relayed;
use crate::error::{Phase, Side};
use crate::mirror::events::Event;
use crate::report::units::Elapsed;

/// The silences after which a line comes: the first, the second and so on; the last again and again.
const SILENCES: [Duration; 4] =
    [Duration::from_secs(10), Duration::from_secs(20), Duration::from_secs(30), LONGEST_SILENCE];
const LONGEST_SILENCE: Duration = Duration::from_secs(60);

/// A wait whose time is told to who watches a terminal.
const LONG: Duration = Duration::from_secs(2);

/// The thing that is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Awaited {
    /// The repositories of a project or an organization.
    Repositories,
    /// The refs of both sides.
    Refs,
    /// The refs of the side that has not answered yet.
    RefsOf(Side),
    /// The destination, which is to be created.
    Creation,
    /// The answers of source and destination about each other's commits.
    Plan,
    /// The first byte of a pack.
    Pack,
    /// More bytes of it.
    MoreOfPack,
    /// The destination, to take a push.
    Push,
    /// The destination, to take more of a pack.
    MoreOfPush,
    /// The destination's report.
    Report,
    /// The LFS objects.
    Objects,
    /// The refs of the destination after the push.
    RefsAgain,
    /// The default branch of the destination.
    DefaultBranch,
}

impl Awaited {
    /// Says what is waited for; `target` is what people call the repository that is written.
    fn in_words(self, target: &str) -> String {
        match self {
            Self::Repositories => "waiting for the list of repositories".to_owned(),
            Self::Refs => "waiting for the servers to list their refs".to_owned(),
            Self::RefsOf(Side::Source) => "waiting for the source to list its refs".to_owned(),
            Self::RefsOf(Side::Destination) => format!("waiting for the {target} to list its refs"),
            Self::Creation => format!("waiting for the {target} to be created"),
            Self::Plan => "waiting for the servers to tell which commits they have".to_owned(),
            Self::Pack => "waiting for the source to prepare the pack".to_owned(),
            Self::MoreOfPack => "waiting for the source to send more of the pack".to_owned(),
            Self::Push => format!("waiting for the {target} to take the push"),
            Self::MoreOfPush => format!("waiting for the {target} to take more of the pack"),
            Self::Report => format!("waiting for the {target} to check the pack"),
            Self::Objects => "waiting for LFS objects".to_owned(),
            Self::RefsAgain => format!("waiting for the {target} to list its refs again"),
            Self::DefaultBranch => format!("waiting for the {target} to set its default branch"),
        }
    }
}

/// A wait, and what was told of it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Wait {
    awaited: Option<Awaited>,
    /// The time at which it began.
    since: Duration,
    /// The time at which the log had its last line.
    last_line: Duration,
    /// Number of lines about this wait.
    told: usize,
}

impl Wait {
    /// Notes what is waited for after an event, and that the log has a line about it, as most events make one.
    pub(super) fn note(&mut self, event: &Event<'_>, relay: &Relayed, now: Duration) {
        let awaited = match event {
            Event::Started(Phase::ListRepositories) => Awaited::Repositories,
            Event::Started(Phase::List) => Awaited::Refs,
            Event::Started(Phase::Create) => Awaited::Creation,
            Event::MirrorStarted { .. } => Awaited::Plan,
            Event::PackAwaited if relay.has_bytes() => Awaited::MoreOfPack,
            Event::Started(Phase::Fetch) | Event::PackRequested | Event::PackAwaited => Awaited::Pack,
            Event::Started(Phase::Push) => Awaited::Push,
            Event::Relayed { .. } => Awaited::MoreOfPush,
            Event::Sent => Awaited::Report,
            Event::CopyingObjects(_) => Awaited::Objects,
            Event::Started(Phase::Verify) => Awaited::RefsAgain,
            Event::Started(Phase::SetDefaultBranch) => Awaited::DefaultBranch,
            Event::Answered(side) => return self.side_answered(*side),
            Event::ObjectsCopied(_) => return self.objects_copied(now),
            Event::Planned(_) | Event::PlanRefused(_) | Event::Verified(_) | Event::AttemptEnded => {
                return self.end();
            }
            Event::PackBegun { .. } => return,
            _ => return self.line_told(now),
        };
        self.begin(awaited, now);
    }

    /// Begins to wait for something at this time.
    fn begin(&mut self, awaited: Awaited, now: Duration) {
        if self.awaited != Some(awaited) {
            *self = Self { awaited: Some(awaited), since: now, last_line: self.last_line, told: 0 };
        }
    }

    /// Notes that a side has answered: the other one is still waited for, if it is.
    fn side_answered(&mut self, side: Side) {
        self.awaited = match (self.awaited, side) {
            (Some(Awaited::Refs), Side::Source) => Some(Awaited::RefsOf(Side::Destination)),
            (Some(Awaited::Refs), Side::Destination) => Some(Awaited::RefsOf(Side::Source)),
            _ => None,
        };
    }

    /// Notes that the LFS objects are copied, which ends no other wait, and that the log has a line about it.
    fn objects_copied(&mut self, now: Duration) {
        if self.awaited == Some(Awaited::Objects) {
            self.end();
        }
        self.line_told(now);
    }

    /// Ends the wait.
    fn end(&mut self) {
        self.awaited = None;
    }

    /// Notes that the log had a line about something else.
    pub(super) fn line_told(&mut self, now: Duration) {
        self.last_line = now;
    }

    /// Returns a line about the wait, if there was none of any kind for long enough.
    pub(super) fn due_line(&mut self, now: Duration, target: &str) -> Option<String> {
        let awaited = self.awaited?;
        let silence = now.saturating_sub(self.since.max(self.last_line));
        if silence < SILENCES.get(self.told).copied().unwrap_or(LONGEST_SILENCE) {
            return None;
        }
        self.told += 1;
        self.last_line = now;
        Some(self.told_of(awaited, now, target))
    }

    /// Says what is waited for now, if something is.
    pub(super) fn in_words(&self, now: Duration, target: &str) -> Option<String> {
        let awaited = self.awaited?;
        Some(if self.is_long(now) { self.told_of(awaited, now, target) } else { awaited.in_words(target) })
    }

    /// Tells whether the wait is long enough to tell its time.
    pub(super) fn is_long(&self, now: Duration) -> bool {
        now.saturating_sub(self.since) >= LONG
    }

    fn told_of(&self, awaited: Awaited, now: Duration, target: &str) -> String {
        let waited = Elapsed(now.saturating_sub(self.since)).in_seconds();
        format!("{}, {waited}", awaited.in_words(target))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// Looks each second from `from` on, for so many seconds, and returns when lines came.
    fn lines(wait: &mut Wait, from: u32, seconds: u32) -> Vec<u32> {
        (from..from + seconds).filter(|at| wait.due_line(*at * SECOND, "destination").is_some()).collect()
    }

    #[test]
    fn the_silence_between_two_lines_grows_to_a_minute() {
        let mut wait = Wait::default();
        wait.begin(Awaited::Report, 5 * SECOND);
        assert_eq!(lines(&mut wait, 0, 300), [15, 35, 65, 125, 185, 245]);
    }

    #[test]
    fn another_line_puts_the_next_one_off() {
        let mut wait = Wait::default();
        wait.begin(Awaited::Pack, Duration::ZERO);
        wait.line_told(8 * SECOND);
        assert_eq!(lines(&mut wait, 0, 30), [18]);
    }

    #[test]
    fn each_wait_begins_anew_and_its_end_ends_its_lines() {
        let mut wait = Wait::default();
        wait.begin(Awaited::Pack, Duration::ZERO);
        assert_eq!(lines(&mut wait, 0, 20), [10]);
        wait.begin(Awaited::Pack, 20 * SECOND);
        assert_eq!(lines(&mut wait, 20, 11), [30]);
        wait.begin(Awaited::Report, 31 * SECOND);
        assert_eq!(lines(&mut wait, 31, 20), [41]);
        wait.end();
        assert_eq!(lines(&mut wait, 51, 300), [0_u32; 0]);
    }

    #[test]
    fn the_side_that_has_not_answered_is_waited_for_since_the_beginning_in_words() {
        let mut wait = Wait::default();
        wait.begin(Awaited::Refs, Duration::ZERO);
        wait.side_answered(Side::Source);
        let told = wait.due_line(12 * SECOND, "destination").unwrap();
        assert_eq!(told, "waiting for the destination to list its refs, 12 s");
        wait.side_answered(Side::Destination);
        assert_eq!(wait.due_line(1000 * SECOND, "destination"), None);
    }

    #[test]
    fn a_line_names_the_side_and_the_time_in_words() {
        let told = |awaited, seconds: u32| {
            let mut wait = Wait::default();
            wait.begin(awaited, Duration::ZERO);
            wait.due_line(seconds * SECOND, "destination").unwrap()
        };
        assert_eq!(told(Awaited::Report, 90), "waiting for the destination to check the pack, 1 min 30 s");
        assert_eq!(told(Awaited::Pack, 10), "waiting for the source to prepare the pack, 10 s");
        assert_eq!(told(Awaited::MoreOfPack, 10), "waiting for the source to send more of the pack, 10 s");
    }
}
