//! Why an SSH session ended before Git's conversation did: from the exit status and the words on stderr.

use crate::error::{Failure, Fault};
use crate::protocol::Service;

/// What is known of a session that ended too early.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ending<'a> {
    /// The status of `ssh`, which is the far side's unless it is 255; none if it had to be ended.
    pub(super) status: Option<i32>,
    /// What came on stderr, of `ssh` and of the far side.
    pub(super) words: &'a str,
    pub(super) service: Service,
    pub(super) stage: Stage,
}

/// How far the session had come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// The service had not said a word.
    Connecting,
    /// The service was there.
    Talking,
}

/// The status with which `ssh` tells an error of its own.
const OWN_ERROR: i32 = 255;

/// The status with which a shell tells that it found no such program.
const NO_PROGRAM: i32 = 127;

/// What is found in the words of `ssh`, of Git and of hosts, the first that fits.
const FAULTS: [(Fault, &[&str]); 6] = [
    (
        Fault::HostKey,
        &[
            "Host key verification failed",
            "REMOTE HOST IDENTIFICATION HAS CHANGED",
            "host key is known for",
            "no matching host key type",
        ],
    ),
    (
        Fault::SignIn,
        &["Permission denied (", "Too many authentication failures", "Public key authentication failed"],
    ),
    (
        Fault::NotFound,
        &[
            "does not appear to be a git repository",
            "not a git repository",
            "Repository not found",
            "repository does not exist",
            "could not be found or you don't have permission",
            "TF401019",
        ],
    ),
    (
        Fault::Forbidden,
        &[
            "ERROR: Permission to ",
            "Write access to repository not granted",
            "marked as read only",
            "You are not allowed to",
            "detected dubious ownership",
            "TF401027",
        ],
    ),
    (
        Fault::Unreachable,
        &[
            "Could not resolve hostname",
            "Connection refused",
            "timed out",
            "No route to host",
            "Network is unreachable",
        ],
    ),
    (Fault::Interrupted, &["Connection closed by", "Connection reset by", "Broken pipe"]),
];

impl Ending<'_> {
    pub(super) fn failure(self) -> Failure {
        let message = match self.status {
            Some(0) => "the server ended the SSH session too early".to_owned(),
            Some(status) => format!("ssh exited with status {status}"),
            None => "the SSH session broke off".to_owned(),
        };
        let words = self.words.trim();
        Failure { fault: self.fault(), message, remote: (!words.is_empty()).then(|| words.to_owned()) }
    }

    fn fault(self) -> Fault {
        let said = |texts: &[&str]| texts.iter().any(|text| self.words.contains(text));
        if let Some((fault, _)) = FAULTS.iter().find(|(_, texts)| said(texts)) {
            return *fault;
        }
        match (self.stage, self.status) {
            (Stage::Connecting, Some(OWN_ERROR)) => Fault::Unreachable,
            // The shell of this machine does not find ssh, that of the far side would not find Git.
            (Stage::Connecting, Some(NO_PROGRAM)) if !said(&[self.service.name()]) => Fault::NoProgram,
            (Stage::Connecting, Some(_)) => Fault::NotGit,
            _ => Fault::Interrupted,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(status: i32, words: &str) -> Failure {
        let service = Service::UploadPack;
        Ending { status: Some(status), words, service, stage: Stage::Connecting }.failure()
    }

    #[test]
    fn the_words_tell_whose_fault_it_is() {
        for (status, words, fault) in [
            (
                255,
                "No ED25519 host key is known for host and you have requested strict checking.",
                Fault::HostKey,
            ),
            (255, "@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @", Fault::HostKey),
            (255, "git@host: Permission denied (publickey).", Fault::SignIn),
            (255, "ssh: Could not resolve hostname nowhere: Name or service not known", Fault::Unreachable),
            (255, "ssh: connect to host h port 22: Connection refused", Fault::Unreachable),
            (255, "ssh: connect to host h port 22: Connection timed out", Fault::Unreachable),
            (255, "Unable to negotiate with h: no matching host key type found", Fault::HostKey),
            (255, "kex_exchange_identification: Connection closed by remote host", Fault::Interrupted),
            (128, "fatal: '/srv/x' does not appear to be a git repository", Fault::NotFound),
            (1, "ERROR: Repository not found.", Fault::NotFound),
            (1, "ERROR: Permission to o/r.git denied to alice.", Fault::Forbidden),
            (1, "remote: TF401027: You need the Git 'GenericContribute' permission", Fault::Forbidden),
            (127, "sh: 1: git-upload-pack: not found", Fault::NotGit),
            (127, "sh: 1: ssh: not found", Fault::NoProgram),
            (1, "This account is currently not available.", Fault::NotGit),
            (0, "", Fault::NotGit),
        ] {
            let failure = failure(status, words);
            assert_eq!(failure.fault, fault, "{words}");
            assert_eq!(failure.remote.unwrap_or_default(), words);
        }
    }

    #[test]
    fn the_message_names_the_status_where_there_is_one() {
        assert_eq!(failure(255, "").message, "ssh exited with status 255");
        assert_eq!(failure(0, "").message, "the server ended the SSH session too early");
        let broken = Ending { status: None, words: "", service: Service::ReceivePack, stage: Stage::Talking }
            .failure();
        assert_eq!(
            (broken.fault, broken.message.as_str()),
            (Fault::Interrupted, "the SSH session broke off")
        );
    }
}
