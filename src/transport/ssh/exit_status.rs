//! Explains an SSH session that ended before its conversation did: from the exit status and the text.

use std::fmt::Write as _;

use super::sayings;
use crate::error::{ErrorKind, Failure, UnreachableReason};

/// The facts of a session that ended too early.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SessionEnd<'a> {
    /// The status of `ssh`, which is the far side's unless it is 255; none if it had to be ended.
    pub(crate) status: Option<i32>,
    /// The text on stderr, of `ssh` and of the far side.
    pub(crate) words: &'a str,
    /// The program that was asked for.
    pub(crate) program: &'a str,
    pub(crate) spoken: Spoken<'a>,
}

/// The text on stdout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spoken<'a> {
    /// Git's conversation had begun.
    Git,
    /// Only this, of others than Git; mostly nothing.
    Text(&'a str),
}

/// The status with which `ssh` tells an error of its own.
const OWN_ERROR: i32 = 255;

/// The statuses with which a shell tells that it cannot execute a program, and that it found none.
const NOT_EXECUTED: [i32; 2] = [126, 127];

impl SessionEnd<'_> {
    pub(crate) fn failure(self) -> Failure {
        let message = match self.status {
            Some(0) => "the server ended the SSH session too early".to_owned(),
            Some(status) => format!("ssh exited with status {status}"),
            None => "the SSH session broke off".to_owned(),
        };
        let mut said = String::new();
        if let Spoken::Text(text) = self.spoken {
            said.push_str(text.trim());
        }
        write!(said, "\n{}", self.words.trim()).ok();
        Failure::new(self.kind(&said), message).or_in_words(said.trim().to_owned())
    }

    fn kind(self, said: &str) -> ErrorKind {
        if let Some(kind) = sayings::kind(said) {
            return kind;
        }
        let names_program = said.contains(self.program);
        match (self.spoken, self.status) {
            (Spoken::Git, _) | (_, None) => ErrorKind::Interrupted,
            // Of its own errors ssh says the reason: without a word it hands on that a signal ended the far side.
            (_, Some(OWN_ERROR)) if said.trim().is_empty() => ErrorKind::Interrupted,
            (_, Some(OWN_ERROR)) => ErrorKind::Unreachable(UnreachableReason::Other),
            (_, Some(_)) if names_program && sayings::tells_a_missing_program(said) => ErrorKind::NoGit,
            (_, Some(status)) if NOT_EXECUTED.contains(&status) => {
                // The shell of this machine does not find ssh, that of the far side would not find Git.
                if names_program { ErrorKind::NoGit } else { ErrorKind::ProgramMissing }
            }
            (_, Some(_)) => ErrorKind::NoService,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ending(status: impl Into<Option<i32>>, spoken: Spoken<'_>, words: &str) -> Failure {
        SessionEnd { status: status.into(), words, program: "git-upload-pack", spoken }.failure()
    }

    fn failure(status: i32, words: &str) -> Failure {
        ending(status, Spoken::Text(""), words)
    }

    #[test]
    fn words_count_before_the_status() {
        for status in [0, 1, 25, 127, 128, 255] {
            let failure = failure(status, "ERROR: Repository not found.\n");
            assert_eq!(failure.kind, ErrorKind::NotFound, "{status}");
            assert_eq!(failure.remote.as_deref(), Some("ERROR: Repository not found."));
        }
    }

    #[test]
    fn the_status_tells_where_no_words_are_known() {
        for (status, words, kind) in [
            (127, "sh: 1: git-upload-pack: not found", ErrorKind::NoGit),
            (127, "bash: line 1: git-upload-pack: command not found", ErrorKind::NoGit),
            (127, "fish: Unknown command: git-upload-pack", ErrorKind::NoGit),
            (126, "bash: /usr/bin/git-upload-pack: Permission denied", ErrorKind::NoGit),
            (1, "'git-upload-pack' is not recognized as an internal or external command,", ErrorKind::NoGit),
            (
                1,
                "git-upload-pack : The term 'git-upload-pack' is not recognized as the name of a cmdlet",
                ErrorKind::NoGit,
            ),
            (127, "sh: 1: ssh: not found", ErrorKind::ProgramMissing),
            (126, "sh: 1: /opt/ssh: Permission denied", ErrorKind::ProgramMissing),
            (1, "Go away.", ErrorKind::NoService),
            (25, "", ErrorKind::NoService),
            (128, "fatal: something new", ErrorKind::NoService),
            (0, "", ErrorKind::NoService),
            (255, "ssh: something new", ErrorKind::Unreachable(UnreachableReason::Other)),
            (255, "", ErrorKind::Interrupted),
        ] {
            assert_eq!(failure(status, words).kind, kind, "{status} {words}");
        }
    }

    #[test]
    fn what_was_printed_is_shown_before_what_was_said_aside() {
        let failure = ending(1, Spoken::Text("This account is currently not available."), "Bye.\n");
        assert_eq!(failure.kind, ErrorKind::NoService);
        assert_eq!(failure.remote.as_deref(), Some("This account is currently not available.\nBye."));
    }

    #[test]
    fn a_service_that_ends_in_the_middle_is_an_interruption() {
        for status in [None, Some(0), Some(1), Some(128), Some(255)] {
            assert_eq!(ending(status, Spoken::Git, "").kind, ErrorKind::Interrupted, "{status:?}");
        }
        assert_eq!(ending(None, Spoken::Text(""), "").kind, ErrorKind::Interrupted);
    }

    #[test]
    fn the_message_names_the_status_where_there_is_one() {
        assert_eq!(failure(255, "").message, "ssh exited with status 255");
        assert_eq!(failure(0, "").message, "the server ended the SSH session too early");
        assert_eq!(ending(None, Spoken::Git, "").message, "the SSH session broke off");
    }
}
