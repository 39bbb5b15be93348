//! The tables of what servers say, and the list of all advice that the troubleshooting page is made from.
//!
//! The first row that fits counts: of what SSH, hosts, Git and web servers say. In the texts, `{url}`, `{token}`,
//! `{authentication}`, `{verify}` and `{authority}` are the inputs of the side, `{credentials}` is what was used to sign in,
//! `{account}` the account or identity that it signs in, `{right}` is "read" or "write to", `{rights}` and `{scope}` are
//! the rights and the scope of Azure DevOps for it, `{contents}` is GitHub's permission, and `{proxy}` is the variable that
//! names the proxy, `{create}` is what creates a destination that is missing, `{turn LFS on}` and `{lfs quota}` are the host's settings for Git LFS; `phrases` has the others.

use super::hint::{Advice, By, Hint, SignedIn};
use super::topic::Topic;
use super::{azure, faults, git, github, http, interface, kinds, other_hosts, own, ssh, tokens};
use crate::auth::identity::{ConnectionType, CredentialOrigin};
use crate::error::{Asked, ErrorKind, Phase};
use crate::hosts::Host;

/// The texts of servers, by their speaker.
pub(crate) static SAYINGS: [(Topic, Asked, &[Hint]); 7] = [
    (Topic::Ssh, Asked::Repository, ssh::HINTS),
    (Topic::AzureRepos, Asked::Repository, azure::HINTS),
    (Topic::GitHub, Asked::Repository, github::HINTS),
    (Topic::OtherHosts, Asked::Repository, other_hosts::HINTS),
    (Topic::Git, Asked::Repository, git::HINTS),
    (Topic::Web, Asked::Repository, http::HINTS),
    (Topic::Tokens, Asked::TokenService, tokens::HINTS),
];

/// Returns all rows of what such servers say, each with its section, in their order.
pub(crate) fn rows(asked: Asked) -> impl Iterator<Item = (Topic, &'static Hint)> {
    let of_speaker = SAYINGS.iter().filter(move |(_, speaker, _)| *speaker == asked);
    of_speaker.flat_map(|(topic, _, hints)| hints.iter().map(move |hint| (*topic, hint)))
}

/// Advice that belongs together.
#[derive(Debug)]
pub struct Chapter {
    /// The section of the page.
    pub topic: Topic,
    /// The rows.
    pub rows: Vec<Row>,
}

/// One case and its advice.
#[derive(Debug)]
pub struct Row {
    /// The case.
    pub case: Case,
    /// The credentials that were used.
    pub by: By,
    /// The meaning, and the advice.
    pub advice: Advice,
}

/// The mark of a case.
#[derive(Debug)]
pub enum Case {
    /// A server says one of these.
    Says(&'static [&'static str]),
    /// It is an error of this kind.
    Kind(ErrorKind),
    /// It is an error of one of these kinds, of a server that issues tokens.
    KindsOfTokenService(Vec<ErrorKind>),
    /// A host's interface refuses what was asked of it at this step: by 401, 403 or 404.
    RefusedByInterface(Phase, Host),
    /// It is a refusal by a status of HTTP that has no row of its own.
    OtherStatus,
    /// The task says this, with `…` for what differs.
    Message(String),
}

/// Returns all advice, chapter by chapter.
pub fn chapters() -> Vec<Chapter> {
    let told = |list: Vec<(String, Advice)>| -> Vec<Row> {
        let row = |(text, advice)| Row { case: Case::Message(text), by: By::Anything, advice };
        list.into_iter().map(row).collect()
    };
    let mut plans = of_kinds(Topic::Plans);
    plans.extend(told(own::of_refs()));
    let mut chapters = vec![
        Chapter { topic: Topic::Inputs, rows: told(own::of_inputs()) },
        Chapter { topic: Topic::Plans, rows: plans },
    ];
    for (topic, _, hints) in &SAYINGS {
        let said = |hint: &Hint| Row {
            case: Case::Says(hint.says),
            by: hint.by,
            advice: Advice { meaning: hint.meaning, text: hint.advice },
        };
        let rows = hints.iter().map(said).chain(of_kinds(*topic)).collect();
        chapters.push(Chapter { topic: *topic, rows });
    }
    if let Some(tokens) = chapters.last_mut() {
        tokens.rows.extend(of_token_services());
    }
    let without_words = [Topic::SignIn, Topic::Network, Topic::AnyServer];
    for topic in [Topic::Containers, Topic::Lfs, Topic::Repositories].into_iter().chain(without_words) {
        chapters.push(Chapter { topic, rows: of_kinds(topic) });
    }
    if let Some(containers) = chapters.iter_mut().find(|chapter| chapter.topic == Topic::Containers) {
        containers.rows.extend(of_interfaces());
    }
    chapters
}

/// Returns the rows of the rights that interfaces ask for.
fn of_interfaces() -> impl Iterator<Item = Row> {
    let asked = |phase| interface::HOSTS.map(|host| (phase, host));
    interface::PHASES.into_iter().flat_map(asked).filter_map(|(phase, host)| {
        let advice = Advice { meaning: "", text: interface::rights(phase, host)? };
        Some(Row { case: Case::RefusedByInterface(phase, host), by: By::Anything, advice })
    })
}

/// Returns the rows of the kinds that are another thing at a server that issues tokens, one for each advice.
fn of_token_services() -> Vec<Row> {
    let mut rows: Vec<(Advice, Vec<ErrorKind>)> = Vec::new();
    for kind in kinds::all().into_iter().filter(|kind| topic_of(*kind) != Topic::Tokens) {
        let Some(advice) = tokens::of_service(kind) else { continue };
        match rows.iter_mut().find(|(listed, _)| *listed == advice) {
            Some((_, kinds)) => kinds.push(kind),
            None => rows.push((advice, vec![kind])),
        }
    }
    let row = |(advice, kinds)| Row { case: Case::KindsOfTokenService(kinds), by: By::Anything, advice };
    rows.into_iter().map(row).collect()
}

fn of_kinds(topic: Topic) -> Vec<Row> {
    kinds::all().into_iter().filter(|kind| topic_of(*kind) == topic).flat_map(of_kind).collect()
}

/// Returns the rows of a kind: those of credentials for which it is another, then the rest.
fn of_kind(kind: ErrorKind) -> Vec<Row> {
    if let ErrorKind::Status(_) = kind {
        let row = |status: &u16| {
            let case = Case::Kind(ErrorKind::Status(*status));
            Row { case, by: By::Anything, advice: http::of_status(*status) }
        };
        let other = Row { case: Case::OtherStatus, by: By::Anything, advice: http::of_status(0) };
        return http::STATUSES.iter().map(row).chain([other]).collect();
    }
    let usual = faults::of_kind(kind, SignedIn::With(CredentialOrigin::Token));
    let origins = [
        CredentialOrigin::Url,
        CredentialOrigin::Job,
        CredentialOrigin::GitHubApp,
        CredentialOrigin::Connection(ConnectionType::GitHub),
        CredentialOrigin::Connection(ConnectionType::AzureRepos),
        CredentialOrigin::Connection(ConnectionType::OtherGit),
    ];
    let entra = SignedIn::With(CredentialOrigin::Connection(ConnectionType::AzureDevOps));
    let special = [(SignedIn::WithKey, By::Key), (SignedIn::WithNothing, By::Nothing), (entra, By::Entra)]
        .into_iter()
        .chain(origins.map(|origin| (SignedIn::With(origin), By::Credentials(origin))));
    let mut rows: Vec<_> = special
        .map(|(signed_in, by)| Row { case: Case::Kind(kind), by, advice: faults::of_kind(kind, signed_in) })
        .filter(|row| row.advice != usual)
        .collect();
    rows.push(Row { case: Case::Kind(kind), by: By::Anything, advice: usual });
    rows
}

/// Returns the section in which a kind is listed.
pub(super) fn topic_of(kind: ErrorKind) -> Topic {
    match kind {
        ErrorKind::TooManyDeletions
        | ErrorKind::NoBranches
        | ErrorKind::EmptySource
        | ErrorKind::NamesCollide
        | ErrorKind::Diverged => Topic::Plans,
        ErrorKind::NoToken(_) => Topic::Tokens,
        ErrorKind::Lfs(_) => Topic::Lfs,
        ErrorKind::Container(_) | ErrorKind::Create(_) | ErrorKind::Unrelated => Topic::Containers,
        ErrorKind::SignInScheme
        | ErrorKind::TokenExpired
        | ErrorKind::Proxy(_)
        | ErrorKind::RequestTimeout
        | ErrorKind::TooLarge
        | ErrorKind::LengthRequired
        | ErrorKind::Status(_)
        | ErrorKind::WebPage
        | ErrorKind::DumbHttp
        | ErrorKind::NotAGitServer => Topic::Web,
        ErrorKind::Repository(_)
        | ErrorKind::Rejected(_)
        | ErrorKind::Unsupported
        | ErrorKind::Occupied
        | ErrorKind::Local(_) => Topic::Repositories,
        ErrorKind::HostKey
        | ErrorKind::Algorithms
        | ErrorKind::Key
        | ErrorKind::LoginOutput
        | ErrorKind::NoService
        | ErrorKind::NoGit
        | ErrorKind::ProgramMissing => Topic::Ssh,
        ErrorKind::Unauthorized
        | ErrorKind::Forbidden
        | ErrorKind::NotFound
        | ErrorKind::NotListed
        | ErrorKind::Refused => Topic::SignIn,
        ErrorKind::Unreachable(_)
        | ErrorKind::Interrupted
        | ErrorKind::Certificate(_)
        | ErrorKind::TlsTerms
        | ErrorKind::Unavailable { .. }
        | ErrorKind::Redirect => Topic::Network,
        ErrorKind::Stale
        | ErrorKind::Protocol
        | ErrorKind::Indivisible(_)
        | ErrorKind::Storage
        | ErrorKind::Damaged
        | ErrorKind::ObjectsNotKept => Topic::AnyServer,
    }
}
