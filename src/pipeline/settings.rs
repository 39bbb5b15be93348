//! The inputs as the types that the work is done with.

use std::path::PathBuf;

use super::flags::{self, Request};
use super::inputs::{
    CLONE_DIRECTORY, DESTINATION_CERTIFICATE, DESTINATION_TOKEN, DESTINATION_URL, DRY_RUN, EMPTY_SOURCE,
    EXCLUDE, INCLUDE, MAX_ATTEMPTS, PRUNE, REJECTED_REFS, SOURCE_CERTIFICATE, SOURCE_TOKEN, SOURCE_URL,
};
use super::values::Values;
use super::{Environment, Input, InputError};
use crate::mirror::Mode;
use crate::mirror::policy::{EmptySource, Policy, Prune, Selection};
use crate::mirror::report::RejectedRefs;
use crate::mirror::retry::Attempts;
use crate::remote::{CertificateVerification, Credentials, Endpoint, Secret, UserInfo};

/// What the program is asked to do.
#[derive(Debug)]
pub enum Invocation {
    /// To mirror.
    Run(Box<Settings>),
    /// To print its help.
    Help,
    /// To print its version.
    Version,
}

/// All inputs, checked.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The repository to copy from.
    pub source: Endpoint,
    /// The repository to make equal to it.
    pub destination: Endpoint,
    /// What to mirror, and what may be deleted.
    pub policy: Policy,
    /// Whether to do it.
    pub mode: Mode,
    /// What refused refs mean.
    pub rejected_refs: RejectedRefs,
    /// How often a run tries.
    pub attempts: Attempts,
    /// The folder of a local clone, if one is asked for.
    pub clone_directory: Option<PathBuf>,
}

impl Settings {
    /// Returns every form in which a credential could be printed, to be masked before anything is sent.
    pub fn secrets(&self) -> Vec<Secret> {
        [&self.source, &self.destination]
            .into_iter()
            .filter_map(|endpoint| endpoint.credentials.as_ref())
            .flat_map(Credentials::masks)
            .collect()
    }
}

/// The inputs of one side.
struct Side {
    url: &'static Input,
    token: &'static Input,
    certificate: &'static Input,
}

const SOURCE: Side = Side { url: &SOURCE_URL, token: &SOURCE_TOKEN, certificate: &SOURCE_CERTIFICATE };
const DESTINATION: Side =
    Side { url: &DESTINATION_URL, token: &DESTINATION_TOKEN, certificate: &DESTINATION_CERTIFICATE };

/// Reads the inputs from the flags and the agent's variables.
///
/// # Errors
///
/// Everything that is wrong, at once.
pub fn read(environment: &Environment) -> Result<Invocation, Vec<InputError>> {
    let (request, errors) = flags::parse(&environment.arguments);
    match request {
        Request::Help => Ok(Invocation::Help),
        Request::Version => Ok(Invocation::Version),
        Request::Run(flags) => Reader { values: Values::new(environment, flags), errors }.read(),
    }
}

/// Goes through all inputs and keeps what is wrong.
struct Reader<'a> {
    values: Values<'a>,
    errors: Vec<InputError>,
}

impl Reader<'_> {
    fn read(mut self) -> Result<Invocation, Vec<InputError>> {
        let source = self.endpoint(&SOURCE);
        let destination = self.endpoint(&DESTINATION);
        let policy = self.policy();
        let mode = self.either(&DRY_RUN, Mode::DryRun, Mode::Mirror);
        let rejected_refs = self.parsed(&REJECTED_REFS, "fail or warn", |text| match text {
            "fail" => Some(RejectedRefs::Fail),
            "warn" => Some(RejectedRefs::Warn),
            _ => None,
        });
        let most = format!("a number from 1 to {}", Attempts::MOST);
        let attempts = self.parsed(&MAX_ATTEMPTS, &most, |text| text.parse().ok().and_then(Attempts::new));
        let clone_directory = self.values.folder(&CLONE_DIRECTORY);
        let clone_directory = self.keep(clone_directory);
        if let (Some(source), Some(destination)) = (&source, &destination)
            && source.url == destination.url
        {
            let place = self.values.place(&DESTINATION_URL);
            self.errors.push(InputError::new(
                place,
                "is the same repository as the source",
                DESTINATION_URL.example,
            ));
        }
        let settings = || {
            Some(Settings {
                source: source?,
                destination: destination?,
                policy: policy?,
                mode: mode?,
                rejected_refs: rejected_refs?,
                attempts: attempts?,
                clone_directory: clone_directory?,
            })
        };
        match settings() {
            Some(settings) if self.errors.is_empty() => Ok(Invocation::Run(Box::new(settings))),
            _ => Err(self.errors),
        }
    }

    fn endpoint(&mut self, side: &Side) -> Option<Endpoint> {
        let url = self.values.url(side.url);
        let url = self.keep(url);
        let token = self.values.token(side.token);
        let token = self.keep(token);
        let certificates =
            self.either(side.certificate, CertificateVerification::On, CertificateVerification::Off);
        let (url, user_info) = url?;
        let credentials = match token? {
            None => self.credentials_in_url(side.url, user_info),
            given => Ok(given),
        };
        let credentials = self.keep(credentials)?;
        Some(Endpoint { url, credentials, certificates: certificates? })
    }

    /// A user alone is none: Azure Repos puts the organisation's name there.
    fn credentials_in_url(
        &self,
        url: &'static Input,
        user_info: Option<UserInfo>,
    ) -> Result<Option<Credentials>, InputError> {
        let Some(UserInfo { user, password: Some(password) }) = user_info else { return Ok(None) };
        Credentials::new(&user, &password).map(Some).map_err(|error| {
            let problem = format!("holds a password that cannot be used: {error}");
            InputError::new(self.values.place(url), problem, url.example)
        })
    }

    fn policy(&mut self) -> Option<Policy> {
        let include = self.patterns(&INCLUDE);
        let exclude = self.patterns(&EXCLUDE);
        let prune = self.either(&PRUNE, Prune::Delete, Prune::Keep);
        let empty_source = self.either(&EMPTY_SOURCE, EmptySource::Allow, EmptySource::Refuse);
        // Both lists have been checked alone, to know which input is wrong.
        let selection = Selection::new(&include?, &exclude?).ok()?;
        Some(Policy { selection, prune: prune?, empty_source: empty_source? })
    }

    fn patterns(&mut self, input: &'static Input) -> Option<Vec<String>> {
        let checked = self.values.lines(input).and_then(|patterns| match Selection::new(&patterns, &[]) {
            Ok(_) => Ok(patterns),
            Err(error) => Err(InputError::new(
                self.values.place(input),
                format!("cannot be used: {error}"),
                input.example,
            )),
        });
        self.keep(checked)
    }

    fn either<T>(&mut self, input: &'static Input, when_true: T, when_false: T) -> Option<T> {
        let value = self.values.boolean(input);
        self.keep(value).map(|value| if value { when_true } else { when_false })
    }

    /// Reads a value of few forms; letters may be of either case.
    fn parsed<T>(
        &mut self,
        input: &'static Input,
        wanted: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let text = self.values.text(input);
        let text = self.keep(text)?.unwrap_or_else(|| input.default.to_owned());
        let value = parse(&text.to_ascii_lowercase()).ok_or_else(|| {
            InputError::new(self.values.place(input), format!("is '{text}', not {wanted}"), input.example)
        });
        self.keep(value)
    }

    fn keep<T>(&mut self, result: Result<T, InputError>) -> Option<T> {
        result.map_err(|error| self.errors.push(error)).ok()
    }
}

#[cfg(test)]
mod tests;
