//! Advice for errors: it names an input of the task or a setting of the host.
//!
//! The only place that gives advice. The work reports side, step, fault and the server's words; here, where
//! the user is known, they turn into a sentence or two: by the first fitting row of what servers say, else by the kind
//! of the error, which a `match` without a rest turns into advice. No message of this program is ever read again.

pub mod azure;
mod containers;
mod faults;
pub mod git;
pub mod github;
mod guidance;
pub mod hint;
pub mod http;
pub(crate) mod interface;
pub mod kinds;
mod lfs;
mod local;
pub mod other_hosts;
mod own;
pub mod phrases;
mod size;
pub mod ssh;
pub mod table;
mod tokens;
mod topic;

use crate::auth::identity::{ConnectionType, CredentialOrigin};
use crate::config::input_error::InputProblem;
use crate::config::inputs::Caller;
use crate::config::mirror_spec::MirrorSpec;
use crate::config::side_inputs;
use crate::config::side_inputs::SideInputs;
use crate::error::{Asked, Error, ErrorKind, Purpose, Side};
use crate::mirror::plan::KeptReason;
use crate::mirror::push::rejection;
use crate::mirror::report::{Outcome, Reason, Refusal};
use crate::remote::url::RemoteUrl;
use crate::transport::endpoint::Endpoint;
use hint::SignedIn;
use lfs::LfsHost;

pub(crate) use guidance::Guidance;
pub use hint::{Advice, By, Cause, Hint};
pub use table::{Chapter, chapters};
pub use topic::Topic;

/// The facts about a side that advice depends on.
#[derive(Clone, Copy, Debug)]
struct Situation {
    side: Side,
    purpose: Purpose,
    asked: Asked,
    by: SignedIn,
    lfs: LfsHost,
    /// The rights that were needed, where a host's interface was asked.
    rights: Option<&'static str>,
    /// The possibility to create one that is missing.
    creation: Creatable,
    /// The setting that names the proxy on the way.
    proxy: Option<&'static str>,
    /// The reader.
    caller: Caller,
}

/// The possibility to create a repository that is missing, by the host's interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Creatable {
    Yes,
    No,
}

/// For a repository that is not there.
const CREATE: &str = " Where there is none, let it be created with 'createDestination'.";

/// For those who give a token in the place of the user.
const USER_ALONE: &str = " The user name in '{url}' is not used as a credential.";

/// Returns what the user can do about an error.
pub(crate) fn for_error(error: &Error, mirror: &MirrorSpec, caller: Caller) -> Guidance {
    let situation = Situation::of(error, mirror, caller);
    let kind = error.failure.kind;
    let advice = situation.of_error(kind, error.failure.remote.as_deref().unwrap_or_default());
    let user = if situation.is_about_a_user_alone(kind, mirror) { USER_ALONE } else { "" };
    advice.reworded(|text| caller.named(&situation.named(&format!("{text}{user}"))))
}

/// Returns what the user can do about a ref, of which the server said this beside its report.
pub(crate) fn for_outcome(outcome: &Outcome, words: &str, mirror: &MirrorSpec, caller: Caller) -> Guidance {
    let situation = Situation { proxy: None, ..Situation::at(Side::Destination, mirror, caller) };
    let advice = match outcome {
        Outcome::Done | Outcome::Planned => Guidance::default(),
        Outcome::Rejected(Refusal { reason, kind, .. }) => match reason {
            Reason::Said(text) => {
                let words = format!("{text}\n{words}");
                let kind = kind.or_else(|| rejection::fault_in(&words)).unwrap_or(ErrorKind::Refused);
                situation.of_error(kind, &words)
            }
            Reason::NoReport(_) => {
                let kind = kind.or_else(|| rejection::fault_in(words)).unwrap_or(ErrorKind::Refused);
                situation.of_error(kind, words)
            }
            Reason::Own { reason, .. } => situation.of_error(ErrorKind::Rejected(*reason), ""),
        },
        Outcome::Unsupported(violation) => situation.guidance(own::of_violation(violation), Topic::Plans),
        Outcome::ChangedConcurrently => situation.guidance(own::CHANGED, Topic::Plans),
        Outcome::ReportedButUnchanged | Outcome::Unknown | Outcome::NotPushed | Outcome::InPart(_) => {
            situation.guidance(own::NOT_DONE, Topic::Plans)
        }
    };
    advice.reworded(|text| caller.named(text))
}

/// Returns what the user can do about a default branch that could not be set to this one.
pub(crate) fn for_default_branch(
    branch: &str,
    error: &Error,
    mirror: &MirrorSpec,
    caller: Caller,
) -> Guidance {
    // The name is from outside.
    let by_hand = containers::SET_BY_HAND.text.replace("{branch}", branch);
    match error.failure.kind {
        // That advice is for a repository to create.
        ErrorKind::Create(_) => Guidance::alone(by_hand),
        _ => for_error(error, mirror, caller)
            .reworded(|text| format!("{by_hand} {} {text}", containers::OR_MEND_IT)),
    }
}

/// Returns what the user can do about a default branch that is another than this one of the source.
pub(crate) fn for_other_default_branch(branch: &str, mirror: &MirrorSpec, caller: Caller) -> Guidance {
    let host = mirror.destination.host();
    let at_host = || match interface::default_branch_setting(host) {
        Some(setting) => format!("at the host, under {setting}"),
        None => "at the host".to_owned(),
    };
    let (place, can_follow) = match &mirror.destination.url {
        RemoteUrl::Local(_) => ("in the repository".to_owned(), true),
        RemoteUrl::Web(_) => (at_host(), host.info().management.is_some()),
        RemoteUrl::Ssh(_) => (at_host(), false),
    };
    let follow = "; or set 'defaultBranch' to 'follow', and the next run does it";
    // The name of the branch is from outside.
    let follow = if can_follow { caller.named(follow) } else { String::new() };
    Guidance::alone(format!("Set it to '{branch}' {place}{follow}."))
}

/// Returns what the user can do about a name that the destination does not take.
pub(crate) fn for_impossible_name(caller: Caller) -> Guidance {
    Guidance::alone(caller.named(containers::IMPOSSIBLE_NAME.text))
}

/// Returns what the user can do about a name that several mirrors would have.
pub(crate) fn for_shared_name(caller: Caller) -> Guidance {
    let Advice { meaning, text } = containers::SHARED_NAME;
    Guidance::alone(caller.named(&format!("{meaning} {text}")))
}

/// Returns what the user can do about a repository that no URL can be made for.
pub(crate) fn for_unusable_name(caller: Caller) -> Guidance {
    Guidance::alone(caller.named(containers::UNUSABLE_NAME.text))
}

/// Returns what the user can do about a source that is read at another server.
pub(crate) fn for_redirect(mirror: &MirrorSpec, caller: Caller) -> Guidance {
    let advice = Situation::at(Side::Source, mirror, caller).of_error(ErrorKind::Redirect, "");
    advice.reworded(|text| caller.named(text))
}

/// Returns what the user can do about a ref that stays although it is not as at the source.
pub(crate) fn for_kept(reason: &KeptReason, caller: Caller) -> Guidance {
    Guidance::new(caller.named(own::of_kept(reason)), Topic::Plans)
}

/// Returns what the user can do about an input, where it does not say so itself.
pub(crate) fn for_input(problem: &InputProblem, caller: Caller) -> Option<Guidance> {
    let guidance = |advice: Advice| Guidance::new(phrases::for_caller(advice.text, caller), Topic::Inputs);
    own::of_input(problem).map(guidance)
}

fn signed_in(endpoint: &Endpoint) -> SignedIn {
    match (&endpoint.url, &endpoint.tokens) {
        (RemoteUrl::Ssh(_), _) => SignedIn::WithKey,
        (_, Some(tokens)) => SignedIn::With(tokens.identity().origin()),
        (_, None) => SignedIn::WithNothing,
    }
}

impl Situation {
    fn of(error: &Error, mirror: &MirrorSpec, caller: Caller) -> Self {
        let (side, purpose, asked) = (error.label.side, error.label.purpose, error.failure.asked);
        match purpose {
            Purpose::Mirror => {
                let rights = interface::rights(error.phase, mirror.endpoint(side).host());
                let rights = rights.filter(|_| asked == Asked::Repository);
                let at = Self::at(side, mirror, caller);
                // Where the interface was asked, a whole container may be missing.
                let creation = if rights.is_none() { at.creation } else { Creatable::No };
                Self { asked, rights, creation, ..at }
            }
            // Nobody signs in at a folder of this machine.
            Purpose::Clone => {
                let (by, lfs) = (SignedIn::WithNothing, LfsHost::Folder);
                let creation = Creatable::No;
                Self { side, purpose, asked, by, lfs, rights: None, creation, proxy: None, caller }
            }
        }
    }

    fn at(side: Side, mirror: &MirrorSpec, caller: Caller) -> Self {
        let endpoint = mirror.endpoint(side);
        let proxy = endpoint.network.proxy.as_ref().map(|proxy| proxy.setting);
        let (purpose, asked) = (Purpose::Mirror, Asked::Repository);
        let (by, lfs) = (signed_in(endpoint), LfsHost::of(endpoint));
        let creation = Creatable::at(side, endpoint);
        Self { side, purpose, asked, by, lfs, rights: None, creation, proxy, caller }
    }

    fn is_about_a_user_alone(self, kind: ErrorKind, mirror: &MirrorSpec) -> bool {
        self.asked == Asked::Repository
            && matches!(kind, ErrorKind::Unauthorized | ErrorKind::Forbidden | ErrorKind::NotFound)
            && mirror.users_without_password.contains(&self.side)
    }

    /// Returns what is known of an error of this kind, of which the server said this.
    fn of_error(self, kind: ErrorKind, words: &str) -> Guidance {
        if let Some(rights) = self.rights.filter(|_| interface::is_of_rights(kind)) {
            let first = interface::refused(kind, self.by).unwrap_or_else(|| self.of_kind(kind));
            let first = self.in_words(first);
            let space = if first.is_empty() { "" } else { " " };
            return Guidance::new(first + space + &self.named(rights), Topic::Containers);
        }
        let words = words.to_lowercase();
        // Of storage and of what is indivisible, the kind tells more than the words.
        let said = table::rows(self.asked)
            .find(|(_, hint)| hint.fits(kind, self.by, &words))
            .filter(|_| !matches!(kind, ErrorKind::Storage | ErrorKind::Indivisible(_)));
        let (topic, advice) = match said {
            Some((topic, hint)) => (topic, Advice { meaning: hint.meaning, text: hint.advice }),
            None => (self.topic_of(kind), self.of_kind(kind)),
        };
        let wait = match kind {
            ErrorKind::Unavailable { retry_after: Some(wait) } => {
                format!(" The server asks to wait {} s.", wait.as_secs())
            }
            _ => String::new(),
        };
        self.guidance(advice, topic).reworded(|text| format!("{text}{wait}"))
    }

    fn of_kind(self, kind: ErrorKind) -> Advice {
        self.of_service(kind).unwrap_or_else(|| faults::of_kind(kind, self.by))
    }

    /// Returns the section of the advice that an error of this kind has.
    fn topic_of(self, kind: ErrorKind) -> Topic {
        if self.of_service(kind).is_some() { Topic::Tokens } else { table::topic_of(kind) }
    }

    fn of_service(self, kind: ErrorKind) -> Option<Advice> {
        match self.asked {
            Asked::Repository => None,
            Asked::TokenService => tokens::of_service(kind),
        }
    }

    fn guidance(self, advice: Advice, topic: Topic) -> Guidance {
        Guidance::new(self.in_words(advice), topic)
    }

    fn in_words(self, Advice { meaning, text }: Advice) -> String {
        let space = if meaning.is_empty() { "" } else { " " };
        self.named(&format!("{meaning}{space}{text}"))
    }

    /// Puts in the names of the side's inputs.
    fn named(self, text: &str) -> String {
        let names = match self.purpose {
            Purpose::Mirror => SideInputs::of(self.side).names(),
            Purpose::Clone => side_inputs::names_of_clone(),
        };
        let credentials = match self.by {
            SignedIn::WithNothing if self.caller == Caller::Person => {
                format!("'{}' (it is empty)", names.token)
            }
            SignedIn::WithNothing => {
                let other = names.authentication;
                format!("'{}' (it is empty; see '{other}' for other ways to sign in)", names.token)
            }
            SignedIn::WithKey => "the SSH key".to_owned(),
            SignedIn::With(CredentialOrigin::Token) => format!("'{}'", names.token),
            SignedIn::With(CredentialOrigin::Url) => format!("the password in '{}'", names.url),
            SignedIn::With(CredentialOrigin::Connection(of)) => {
                format!("the {} connection in '{}'", of.name(), names.connection_of(of))
            }
            SignedIn::With(CredentialOrigin::GitHubApp) => format!("the GitHub App in '{}'", names.app_id),
            SignedIn::With(CredentialOrigin::AzureEnvironment) => {
                "the identity of this machine's environment".to_owned()
            }
            SignedIn::With(CredentialOrigin::Job) => "the job's own identity".to_owned(),
        };
        let account = self.account(&credentials);
        let [right, rights, scope, contents, overwritten] = match self.side {
            Side::Source => ["read", "'Read'", "Code (Read)", "Read-only", ""],
            Side::Destination => {
                let rights = "'Contribute', 'Create branch', 'Create tag' and 'Force push'";
                let overwritten = " A folder that holds something else is never overwritten.";
                ["write to", rights, "Code (Read & write)", "Read and write", overwritten]
            }
        };
        let switch = phrases::for_caller(self.lfs.switch(), self.caller);
        [
            ("{turn LFS on}", &*switch),
            ("{lfs quota}", self.lfs.quota()),
            ("{url}", names.url),
            ("{token}", names.token),
            ("{authentication}", names.authentication),
            ("{verify}", names.verification),
            ("{authority}", names.authority),
            ("{credentials}", &credentials),
            ("{account}", &account),
            ("{right}", right),
            ("{rights}", rights),
            ("{scope}", scope),
            ("{contents}", contents),
            ("{never overwritten}", overwritten),
            ("{create}", if self.creation == Creatable::Yes { CREATE } else { "" }),
            ("{proxy}", self.proxy.unwrap_or("this machine's network")),
        ]
        .iter()
        .fold(phrases::for_caller(text, self.caller), |text, (name, value)| text.replace(name, value))
    }

    /// Names the account or identity that these credentials sign in.
    fn account(self, credentials: &str) -> String {
        match self.by {
            SignedIn::With(
                CredentialOrigin::Job | CredentialOrigin::GitHubApp | CredentialOrigin::AzureEnvironment,
            ) => credentials.to_owned(),
            SignedIn::With(CredentialOrigin::Connection(
                ConnectionType::AzureDevOps | ConnectionType::AzureResourceManager,
            )) => format!("the identity of {credentials}"),
            SignedIn::With(CredentialOrigin::Connection(
                ConnectionType::OtherGit | ConnectionType::AzureRepos | ConnectionType::GitHub,
            )) => format!("the account of {credentials}"),
            SignedIn::With(CredentialOrigin::Token | CredentialOrigin::Url)
            | SignedIn::WithKey
            | SignedIn::WithNothing => format!("the owner of {credentials}"),
        }
    }
}

impl Creatable {
    fn at(side: Side, endpoint: &Endpoint) -> Self {
        let has_interface = endpoint.host().info().management.is_some();
        match (side, &endpoint.url) {
            (Side::Destination, RemoteUrl::Web(_)) if has_interface => Self::Yes,
            _ => Self::No,
        }
    }
}

impl Hint {
    /// Tells whether it is about these words, which are in lower case.
    fn fits(&self, kind: ErrorKind, by: SignedIn, words: &str) -> bool {
        let said = self.says.iter().any(|text| words.contains(&text.to_lowercase()));
        let caused = match self.cause {
            Cause::Any => true,
            Cause::Status(status) => kind == ErrorKind::Status(status),
        };
        said && caused && self.by.fits(by)
    }
}

#[cfg(test)]
mod tests;
