//! The tokens of what signs in at a side, if they may go where it is.

use super::app_inputs::GitHubApp;
use super::azure_environment;
use super::azure_environment::Demand;
use super::connections::{Connection, ConnectionCredentials};
use super::input_error::InputError;
use super::reader::Reader;
use super::server_network::Trust;
use super::shared_tokens::Sharing;
use super::side_inputs::SideInputs;
use super::sign_in::SignIn;
use super::system_connection;
use super::system_connection::NoJobConnection;
use crate::auth::credentials::Credentials;
use crate::auth::github_app::GitHubAppSource;
use crate::auth::identity::{ConnectionType, Identity};
use crate::auth::token_cache::TokenCache;
use crate::hosts::Host;
use crate::hosts::azure_repos;
use crate::hosts::bounds::Bounds;
use crate::hosts::github;
use crate::remote::url::RemoteUrl;
use crate::remote::web_url::UserInfo;

/// A side, as far as it is known when what signs in there is looked for.
pub(crate) struct SideFacts<'a> {
    pub(crate) inputs: &'a SideInputs,
    pub(crate) url: &'a RemoteUrl,
    /// The kind of its host, if that is given.
    pub(crate) host_override: Option<Host>,
    pub(crate) trust: Option<&'a Trust>,
}

impl Reader<'_> {
    /// Returns the tokens of what signs in at a side, and the part of its server that they are for; none if nobody does.
    pub(crate) fn tokens(
        &mut self,
        side: &SideFacts<'_>,
        sign_in: SignIn,
        user_info: Option<UserInfo>,
    ) -> Result<Option<(TokenCache, Bounds)>, InputError> {
        let at_server = |tokens| (tokens, Bounds::Server);
        match sign_in {
            SignIn::Open => self.tokens_by_themselves(side, user_info),
            SignIn::Token(token) => {
                if matches!(side.url, RemoteUrl::Ssh(_)) {
                    let input = side.inputs.token.name;
                    self.warnings.push(format!("'{input}' is not used: SSH signs in with a key"));
                }
                Ok(Some(at_server(TokenCache::of_static(token, Identity::Token))))
            }
            SignIn::Job => self.job(side.url).map(Some).ok_or_else(|| self.job_is_not_for(side)),
            SignIn::Connection(connection_type, connection) => {
                self.tokens_of_connection(side, connection_type, *connection)
            }
            SignIn::GitHubApp(app) => self.tokens_of_app(side, *app).map(at_server).map(Some),
            SignIn::AzureEnvironment => Ok(self.tokens_of_environment(side, Demand::Wanted)?.map(at_server)),
        }
    }

    /// Returns what signs in where nothing is filled in: a password in the URL, else the job, else the identity that this
    /// machine's environment names.
    fn tokens_by_themselves(
        &mut self,
        side: &SideFacts<'_>,
        user_info: Option<UserInfo>,
    ) -> Result<Option<(TokenCache, Bounds)>, InputError> {
        let at_server = |tokens| (tokens, Bounds::Server);
        // A user alone is no credential: Azure Repos puts the organization's name there.
        if let Some(UserInfo { user, password: Some(password) }) = user_info {
            let credentials = Credentials::of_url(&user, &password).map_err(|error| {
                self.values.wrong(side.inputs.url, format!("holds a password that cannot be used: {error}"))
            })?;
            return Ok(Some(at_server(TokenCache::of_static(credentials, Identity::Url))));
        }
        match self.job(side.url) {
            Some(tokens) => Ok(Some(tokens)),
            None if is_azure_devops(side.url) => {
                Ok(self.tokens_of_environment(side, Demand::IfNamed)?.map(at_server))
            }
            None => Ok(None),
        }
    }

    fn job(&self, url: &RemoteUrl) -> Option<(TokenCache, Bounds)> {
        let (credentials, collection) = system_connection::credentials(self.environment, url)?;
        Some((TokenCache::of_static(credentials, Identity::Job), Bounds::Collection(collection)))
    }

    fn job_is_not_for(&self, side: &SideFacts<'_>) -> InputError {
        let (url, environment) = (side.url, self.environment);
        let problem = match system_connection::of_job(environment) {
            Err(reason @ NoJobConnection::Replaced(_)) => format!("is 'job', but {reason}"),
            Err(reason @ NoJobConnection::NoToken) if system_connection::holds(environment, url) => {
                format!("is 'job', but {reason}")
            }
            _ => format!(
                "is 'job', but '{url}' is not in the organization or collection of this pipeline, and the job's own identity \
                 is known nowhere else"
            ),
        };
        self.values.error_without_example(side.inputs.authentication, problem)
    }

    fn tokens_of_connection(
        &mut self,
        side: &SideFacts<'_>,
        connection_type: ConnectionType,
        Connection { identity, serves, credentials }: Connection,
    ) -> Result<Option<(TokenCache, Bounds)>, InputError> {
        let input = side.inputs.connection(connection_type);
        if !serves.holds(side.url) {
            let problem = format!(
                "names a service connection of the type {} for {serves}, whose credentials do not go to '{}'",
                connection_type.name(),
                side.url,
            );
            return Err(self.values.error_without_example(input, problem));
        }
        let tokens = match credentials {
            ConnectionCredentials::None => return Ok(None),
            ConnectionCredentials::Static(credentials) => {
                TokenCache::of_static(credentials, identity.clone())
            }
            ConnectionCredentials::Entra(entra) => self.entra_tokens(input, *entra, identity.clone())?,
        };
        Ok(Some((self.shared.or_new(Sharing::Identity(identity), tokens), serves.bounds())))
    }

    fn tokens_of_app(&mut self, side: &SideFacts<'_>, app: GitHubApp) -> Result<TokenCache, InputError> {
        let wrong = |problem: String| self.values.error_without_example(side.inputs.app_id, problem);
        let RemoteUrl::Web(url) = side.url else {
            return Err(wrong(format!(
                "names a GitHub App, which signs in over https:// alone, not at '{}'",
                side.url
            )));
        };
        if side.host_override.unwrap_or_else(|| Host::of(url)) != Host::GitHub {
            return Err(wrong(format!(
                "names a GitHub App, but '{url}' is not known to be at GitHub: for a GitHub Enterprise Server, set {} to \
                 'github'",
                self.values.name(side.inputs.host_kind),
            )));
        }
        let (target, interface) = github::app_target(url).zip(github::interface(url)).ok_or_else(|| {
            wrong(format!(
                "names a GitHub App, but '{url}' is neither OWNER/REPOSITORY nor OWNER at a GitHub"
            ))
        })?;
        let owner = url.path().split('/').nth(1).unwrap_or_default();
        let owner = format!("{interface}/{owner}").to_lowercase();
        let settings = self.network_to(&interface, side.trust)?;
        let source = GitHubAppSource::new(app.id, app.key, target, settings.network, settings.verification);
        let tokens = TokenCache::new(Box::new(source));
        let sharing = Sharing::Installation { identity: tokens.identity(), owner };
        Ok(self.shared.or_new(sharing, tokens))
    }

    /// Returns the tokens of the identity that this machine's environment names.
    fn tokens_of_environment(
        &mut self,
        side: &SideFacts<'_>,
        demand: Demand,
    ) -> Result<Option<TokenCache>, InputError> {
        let wrong = |problem: String| self.values.error_without_example(side.inputs.authentication, problem);
        if !is_azure_devops(side.url) {
            return Err(wrong(format!(
                "is 'azureResourceManager', whose tokens go to {} alone, not to '{}'",
                azure_repos::AZURE_DEVOPS,
                side.url
            )));
        }
        let Some(entra) = azure_environment::read(self.environment, demand)? else {
            return match demand {
                Demand::IfNamed => {
                    self.warn(azure_environment::warning(self.environment));
                    Ok(None)
                }
                Demand::Wanted => Err(wrong(
                    "is 'azureResourceManager', but a run in a pipeline does not sign in by the environment of its agent: \
                     use the task, with a service connection"
                        .to_owned(),
                )),
            };
        };
        let identity = Identity::AzureEnvironment { application: entra.application() };
        self.notices.push(match &identity {
            Identity::AzureEnvironment { application: Some(id) } => {
                format!(
                    "{}: the identity of this machine's environment signs in: {id} (AZURE_CLIENT_ID)",
                    side.inputs.side
                )
            }
            _ => format!("{}: the managed identity of this machine signs in", side.inputs.side),
        });
        let tokens = self.entra_tokens(side.inputs.authentication, entra, identity.clone())?;
        Ok(Some(self.shared.or_new(Sharing::Identity(identity), tokens)))
    }
}

fn is_azure_devops(url: &RemoteUrl) -> bool {
    matches!(url, RemoteUrl::Web(url) if azure_repos::is_azure_devops(url))
}

#[cfg(test)]
mod tests;
