//! The identity that signs in at a side: which of those that are filled in counts.

use super::app_inputs::GitHubApp;
use super::authentication::{Authentication, WORDS, Way};
use super::connections;
use super::connections::Connection;
use super::input_error::InputError;
use super::inputs::{Caller, Input};
use super::reader::Reader;
use super::side_inputs::SideInputs;
use crate::auth::credentials::Credentials;
use crate::auth::identity::ConnectionType;

/// The way to sign in that counts at a side, before it is known where that is.
pub(crate) enum SignIn {
    /// None is filled in, and none named.
    Open,
    /// The token input.
    Token(Credentials),
    /// The job's own identity, which was named.
    Job,
    /// A service connection.
    Connection(ConnectionType, Box<Connection>),
    /// A GitHub App.
    GitHubApp(Box<GitHubApp>),
    /// The identity that this machine's environment names, which was asked for.
    AzureEnvironment,
}

impl Reader<'_> {
    /// Reads the way that counts: the one that is named, else the one that is filled in.
    pub(crate) fn sign_in(&mut self, inputs: &SideInputs) -> Option<SignIn> {
        let words: Vec<_> = WORDS.iter().map(|(word, _)| *word).collect();
        let wanted = format!("one of {}", words.join(", "));
        let way = match self.parsed(inputs.authentication, &wanted, Authentication::from_word)? {
            Authentication::Only(way) => Some(way),
            Authentication::Auto => {
                let filled = self.filled_in(inputs);
                self.ok_or_note(filled)?
            }
        };
        let sign_in = match way {
            None => Ok(SignIn::Open),
            Some(Way::Job) => Ok(SignIn::Job),
            Some(Way::Token) => self.token(inputs),
            Some(Way::Connection(connection_type)) => self.connection(inputs, connection_type),
            Some(Way::GitHubApp) => self.github_app(inputs).map(|app| SignIn::GitHubApp(Box::new(app))),
        };
        self.ok_or_note(sign_in)
    }

    /// Returns the one way that is filled in. What is filled in wrongly is filled in, too.
    fn filled_in(&self, inputs: &SideInputs) -> Result<Option<Way>, InputError> {
        let is_filled = |input: &&'static Input| !self.values.is_empty(input);
        let ways = inputs.ways().filter_map(|(way, inputs)| Some((way, inputs.into_iter().find(is_filled)?)));
        match ways.collect::<Vec<_>>()[..] {
            [] => Ok(None),
            [(way, _)] => Ok(Some(way)),
            [(_, first), ref others @ ..] => {
                let names: Vec<_> = others.iter().map(|(_, input)| self.values.name(input)).collect();
                let problem = format!(
                    "is filled in, and {} too, but only one can sign in: empty the others, or name the one that counts \
                     in {}",
                    names.join(" and "),
                    self.values.name(inputs.authentication),
                );
                Err(self.values.error_without_example(first, problem))
            }
        }
    }

    fn token(&self, inputs: &SideInputs) -> Result<SignIn, InputError> {
        let token = self.values.token(inputs.token)?;
        token.map(SignIn::Token).ok_or_else(|| self.empty(inputs, inputs.token, Way::Token))
    }

    fn connection(&self, inputs: &SideInputs, connection_type: ConnectionType) -> Result<SignIn, InputError> {
        let input = inputs.connection(connection_type);
        let Some(id) = self.values.text(input)? else {
            return match (self.values.caller(), connection_type) {
                (Caller::Agent, _) => Err(self.empty(inputs, input, Way::Connection(connection_type))),
                (Caller::Person, ConnectionType::AzureResourceManager) => Ok(SignIn::AzureEnvironment),
                (Caller::Person, _) => {
                    let word = Way::Connection(connection_type).word();
                    let problem =
                        format!("is '{word}', but only the task in a pipeline has service connections");
                    Err(self.values.error_without_example(inputs.authentication, problem))
                }
            };
        };
        let read = connections::read(self.environment, connection_type, &id);
        read.map(|connection| SignIn::Connection(connection_type, Box::new(connection)))
            .map_err(|problem| self.values.error_without_example(input, problem))
    }

    /// Says that the way that was named is not filled in.
    fn empty(&self, inputs: &SideInputs, input: &'static Input, way: Way) -> InputError {
        let named = self.values.name(inputs.authentication);
        self.values.wrong(input, format!("is empty, and {named} is '{}'", way.word()))
    }
}
