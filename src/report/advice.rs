//! What to do about an error: advice that names an input of the task or a setting of the host.
//!
//! The only place that gives advice. The work reports side, step, fault and the server's words; here, where
//! the user is known, the first fitting row of one table turns them into a sentence or two.

pub mod azure;
pub mod faults;
pub mod git;
pub mod github;
pub mod hint;
pub mod http;
pub mod other_hosts;
pub mod own;
pub mod ssh;
pub mod table;

use crate::auth::credentials::CredentialSource;
use crate::config::endpoint;
use crate::config::inputs::CLONE_DIRECTORY;
use crate::config::step::Step;
use crate::error::{Error, ErrorKind, Side};
use crate::remote::url::RemoteUrl;
use crate::transport::endpoint::Endpoint;

pub use hint::{By, Cause, Hint};
pub use table::{Chapter, TABLE};

/// What is known of an error when advice is looked for.
#[derive(Clone, Debug)]
struct Situation<'a> {
    side: Side,
    kind: ErrorKind,
    by: SignedIn,
    words: &'a str,
    /// The setting that names the proxy on the way.
    proxy: Option<&'static str>,
}

/// For those who give a token in the place of the user.
const USER_ALONE: &str = " The user name in '{url}' is not used as a credential.";

/// What was used to sign in at a side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SignedIn {
    WithNothing,
    WithKey,
    With(CredentialSource),
}

/// Returns what the user can do about an error.
pub(crate) fn for_error(error: &Error, step: &Step) -> String {
    let failure = &error.failure;
    let words = format!("{}\n{}", failure.message, failure.remote.as_deref().unwrap_or_default());
    let side = error.label.side;
    let (by, proxy) = (signed_in(step, side), proxy_setting(step, side));
    let situation = Situation { side, kind: failure.kind, by, words: &words, proxy };
    let user = if situation.is_about_a_user_alone(step) { USER_ALONE } else { "" };
    step.caller.named(&situation.named(&format!("{}{user}", situation.advice())))
}

/// Returns what the user can do about a ref that the destination refused in these words.
pub(crate) fn for_refusal(words: &str, step: &Step) -> String {
    let side = Side::Destination;
    let by = signed_in(step, side);
    step.caller.named(&Situation { side, kind: ErrorKind::Refused, by, words, proxy: None }.advice())
}

/// Returns what the user can do about a source that is read at another server.
pub(crate) fn for_redirect(step: &Step) -> String {
    let (side, kind) = (Side::Source, ErrorKind::Redirect);
    let (by, proxy) = (signed_in(step, side), proxy_setting(step, side));
    let situation = Situation { side, kind, by, words: "", proxy };
    step.caller.named(&situation.advice())
}

/// Returns what the user can do about an input of which this is said, where an example does not tell.
pub(crate) fn for_input(words: &str) -> String {
    let words = words.to_lowercase();
    let says = |hint: &&Hint| hint.says.iter().any(|text| words.contains(text));
    own::INPUTS.iter().find(says).map(|hint| hint.advice.to_owned()).unwrap_or_default()
}

fn endpoint_of(step: &Step, side: Side) -> Option<&Endpoint> {
    match side {
        Side::Source => Some(&step.source),
        Side::Destination => Some(&step.destination),
        Side::Clone => None,
    }
}

fn proxy_setting(step: &Step, side: Side) -> Option<&'static str> {
    endpoint_of(step, side)?.network.proxy.as_ref().map(|proxy| proxy.setting)
}

fn signed_in(step: &Step, side: Side) -> SignedIn {
    let Some(endpoint) = endpoint_of(step, side) else { return SignedIn::WithNothing };
    match (&endpoint.url, &endpoint.credentials) {
        (RemoteUrl::Ssh(_), _) => SignedIn::WithKey,
        (_, Some(credentials)) => SignedIn::With(credentials.origin()),
        (_, None) => SignedIn::WithNothing,
    }
}

impl Situation<'_> {
    fn is_about_a_user_alone(&self, step: &Step) -> bool {
        matches!(self.kind, ErrorKind::Unauthorized | ErrorKind::Forbidden | ErrorKind::NotFound)
            && step.users_in_urls.contains(&self.side)
    }

    fn advice(&self) -> String {
        let words = self.words.to_lowercase();
        let Some(hint) = table::rows().find(|hint| hint.fits(self, &words)) else { return String::new() };
        let space = if hint.meaning.is_empty() { "" } else { " " };
        let wait = match self.kind {
            ErrorKind::Unavailable { retry_after: Some(wait) } => {
                format!(" The server asks to wait {} s.", wait.as_secs())
            }
            _ => String::new(),
        };
        self.named(&format!("{}{space}{}{wait}", hint.meaning, hint.advice))
    }

    /// Puts in the names of the side's inputs.
    fn named(&self, text: &str) -> String {
        let names = endpoint::Side::of(self.side).names();
        let url = if self.side == Side::Clone { CLONE_DIRECTORY.name } else { names.url };
        let credentials = match self.by {
            SignedIn::WithNothing => format!("'{}' or '{}', which are empty,", names.token, names.connection),
            SignedIn::WithKey => "the SSH key".to_owned(),
            SignedIn::With(CredentialSource::Token) => format!("'{}'", names.token),
            SignedIn::With(CredentialSource::Url) => format!("the password in '{}'", names.url),
            SignedIn::With(CredentialSource::ServiceConnection) => {
                format!("the connection in '{}'", names.connection)
            }
            SignedIn::With(CredentialSource::Job) => "the job's own identity".to_owned(),
        };
        let right = match self.side {
            Side::Source => "read",
            Side::Destination | Side::Clone => "write to",
        };
        [
            ("{url}", url),
            ("{token}", names.token),
            ("{connection}", names.connection),
            ("{verify}", names.certificate),
            ("{authority}", names.authority),
            ("{credentials}", &credentials),
            ("{right}", right),
            ("{proxy}", self.proxy.unwrap_or("this machine's network")),
        ]
        .iter()
        .fold(text.to_owned(), |text, (name, value)| text.replace(name, value))
    }
}

impl Hint {
    fn fits(&self, situation: &Situation<'_>, words: &str) -> bool {
        let said = self.says.is_empty() || self.says.iter().any(|text| words.contains(&text.to_lowercase()));
        let caused = match self.kind {
            Cause::Any => true,
            Cause::Of(kind) => same(kind, situation.kind),
            Cause::OfAnyStatus => matches!(situation.kind, ErrorKind::Status(_)),
        };
        let signed_in = match self.by {
            By::Anything => true,
            By::Nothing => situation.by == SignedIn::WithNothing,
            By::Key => situation.by == SignedIn::WithKey,
            By::Credentials(origin) => situation.by == SignedIn::With(origin),
        };
        said && caused && signed_in
    }
}

/// Whether it is the same kind of fault: of a certificate each has a kind of its own, of a busy server none.
fn same(one: ErrorKind, other: ErrorKind) -> bool {
    matches!((one, other), (ErrorKind::Unavailable { .. }, ErrorKind::Unavailable { .. })) || one == other
}

#[cfg(test)]
mod tests;
