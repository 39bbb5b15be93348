//! What to do about an error: advice that names an input of the task or a setting of the host.
//!
//! The only place that gives advice. The work reports side, step, fault and the server's words; here, where
//! the user is known, they become a sentence.

use crate::error::{Error, Fault, Phase, Side};
use crate::remote::RemoteUrl;

/// Returns what the user can do about an error.
pub(super) fn for_error(error: &Error) -> String {
    let side = error.peer.side;
    let (url, token) = (url_input(side), token_input(side));
    match error.failure.fault {
        Fault::Unreachable => format!(
            "Check the host name in '{url}', and that this agent can reach it: an agent hosted by Microsoft cannot \
             see a private network."
        ),
        Fault::Interrupted => {
            "Run the pipeline again. If this repeats, look for a proxy or a time limit between the agent and the \
             server."
                .into()
        }
        Fault::Certificate => format!(
            "Install the authority that signed the server's certificate in this machine's trust store. Only if you \
             must, turn '{}' off.",
            verification_input(side)
        ),
        Fault::HostKey => "Compare the server's host key with the one that its owner publishes, and put it into the \
             'known_hosts' file of the agent's user, for example with the task InstallSSHKey@0."
            .into(),
        Fault::NoProgram => format!(
            "Install OpenSSH's client ('ssh') on this machine, or check 'GIT_SSH_COMMAND'; an https:// URL in '{url}' \
             needs no program."
        ),
        Fault::Busy { retry_after: Some(wait) } => {
            format!("The server asks to wait {} s. Run the pipeline again then.", wait.as_secs())
        }
        Fault::Busy { retry_after: None } => "Run the pipeline again later.".into(),
        Fault::SignIn if is_ssh(error) => format!(
            "Give the agent's user the private key, for example with the task InstallSSHKey@0, and register its \
             public key at the host with the right to {} this repository.",
            right(side)
        ),
        Fault::SignIn => format!(
            "Check that '{token}' is set, has not expired, and may {} this repository.",
            right(side)
        ),
        Fault::Forbidden if is_ssh(error) => {
            format!("Give the SSH key, or the user it belongs to, the right to {} this repository.", right(side))
        }
        Fault::Forbidden => format!(
            "Give the owner of '{token}' the right to {} this repository, and the token the matching scope.",
            right(side)
        ),
        Fault::NotFound if is_ssh(error) => format!(
            "Check the spelling of '{url}'. Hosts also answer so when the SSH key may not see the repository."
        ),
        Fault::NotFound => format!(
            "Check the spelling of '{url}'. Hosts also answer so when '{token}' is missing or may not see the \
             repository."
        ),
        Fault::Proxy => "Give the agent's proxy settings a user and a password.".into(),
        Fault::TooLarge => {
            "A server or a proxy before it limits the size of a push. Ask its administrator to raise the limit.".into()
        }
        Fault::Redirect => format!("Put the address that the server redirects to into '{url}'."),
        Fault::NotGit => format!(
            "Check that '{url}' is the clone URL of a Git repository, not a page of its web site."
        ),
        Fault::Moved => "The repository changed while it was read. Run the pipeline again.".into(),
        Fault::Refused => for_refusal(error.failure.remote.as_deref().unwrap_or_default()),
        Fault::Protocol => format!("Check that '{url}' leads to a Git server, and no proxy changes what it answers."),
        Fault::Input => for_plan(error.phase),
    }
}

/// Returns what the user can do about a ref, or a push, that the server refused in these words.
pub(super) fn for_refusal(reason: &str) -> String {
    let says = |text: &str| reason.contains(text);
    if says("deny updating a hidden ref") || says("only be performed by the system") {
        "The host owns this ref; leave it out with 'excludeRefs'.".into()
    } else if says("deletion of the current branch") || says("default branch") {
        "Make another branch the default at the destination first, or keep this one with 'excludeRefs'."
            .into()
    } else if says("missing necessary objects") || says("unpacker error") || says("unresolved deltas") {
        "The destination could not store the pack. Check that the source passes 'git fsck', and run the pipeline again."
            .into()
    } else {
        "Allow this in the destination's branch policies or rules for the token's owner, or leave the ref out with \
         'excludeRefs'."
            .into()
    }
}

fn for_plan(phase: Phase) -> String {
    match phase {
        Phase::Plan => {
            "Check the two URLs, and 'includeRefs' and 'excludeRefs'. An empty source needs 'allowEmptySource', many \
             deletions a higher 'maxDeletionsPercent', and both repositories must have the same object format."
        }
        _ => "A shallow repository cannot be mirrored; give its complete original as the source.",
    }
    .into()
}

/// Whether no token signs in at the repository.
fn is_ssh(error: &Error) -> bool {
    matches!(RemoteUrl::parse(&error.peer.url), Ok((RemoteUrl::Ssh(_), _)))
}

fn right(side: Side) -> &'static str {
    match side {
        Side::Source => "read",
        Side::Destination => "write to",
    }
}

fn url_input(side: Side) -> &'static str {
    match side {
        Side::Source => "sourceGitRepositoryUri",
        Side::Destination => "destinationGitRepositoryUri",
    }
}

fn token_input(side: Side) -> &'static str {
    match side {
        Side::Source => "sourceGitRepositoryPersonalAccessToken",
        Side::Destination => "destinationGitRepositoryPersonalAccessToken",
    }
}

fn verification_input(side: Side) -> &'static str {
    match side {
        Side::Source => "sourceVerifySSLCertificate",
        Side::Destination => "destinationVerifySSLCertificate",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{Failure, Peer};

    fn advice(side: Side, phase: Phase, fault: Fault) -> String {
        let peer = Peer { side, url: "https://example.org/a".into() };
        for_error(&peer.error(phase, Failure::new(fault, "")))
    }

    #[test]
    fn advice_names_the_input_of_the_side() {
        for (side, token) in [
            (Side::Source, "'sourceGitRepositoryPersonalAccessToken'"),
            (Side::Destination, "'destinationGitRepositoryPersonalAccessToken'"),
        ] {
            for fault in [Fault::SignIn, Fault::Forbidden, Fault::NotFound] {
                assert!(advice(side, Phase::List, fault).contains(token), "{fault:?}");
            }
        }
        assert!(
            advice(Side::Source, Phase::List, Fault::Certificate).contains("'sourceVerifySSLCertificate'")
        );
    }

    #[test]
    fn advice_for_ssh_is_about_keys() {
        for url in ["ssh://git@host/a", "git@host:o/a"] {
            let peer = Peer { side: Side::Destination, url: url.into() };
            for (fault, advice) in [
                (Fault::SignIn, "register its public key at the host with the right to write to"),
                (Fault::Forbidden, "the right to write to"),
                (Fault::NotFound, "when the SSH key may not see"),
                (Fault::HostKey, "known_hosts"),
                (Fault::NoProgram, "Install OpenSSH's client"),
            ] {
                let given = for_error(&peer.error(Phase::List, Failure::new(fault, "")));
                assert!(given.contains(advice) && !given.contains("PersonalAccessToken"), "{given}");
            }
        }
    }

    #[test]
    fn a_refusal_is_known_by_its_words() {
        for (words, advice) in [
            ("deny updating a hidden ref", "The host owns this ref"),
            ("deletion of the current branch prohibited", "Make another branch the default"),
            ("pre-receive hook declined", "branch policies or rules"),
        ] {
            assert!(for_refusal(words).contains(advice), "{words}");
        }
    }

    #[test]
    fn what_the_inputs_caused_is_about_inputs() {
        assert!(advice(Side::Source, Phase::Plan, Fault::Input).contains("'allowEmptySource'"));
        assert!(advice(Side::Source, Phase::List, Fault::Input).contains("shallow"));
    }
}
