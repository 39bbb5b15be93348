//! One side of a mirror, from its inputs and from what the agent gives beside them.

use super::input_error::InputError;
use super::inputs::Input;
use super::inputs::{
    CLONE_DIRECTORY, DESTINATION_AUTHORITY, DESTINATION_CERTIFICATE, DESTINATION_CONNECTION,
    DESTINATION_HOST_KIND, DESTINATION_TOKEN, DESTINATION_URL, SOURCE_AUTHORITY, SOURCE_CERTIFICATE,
    SOURCE_CONNECTION, SOURCE_HOST_KIND, SOURCE_TOKEN, SOURCE_URL,
};
use super::reader::Reader;
use super::service_connection::Connection;
use super::{certificates, job_identity, proxy};
use crate::auth::credentials::Credentials;
use crate::auth::identity::{ConnectionType, CredentialOrigin, Identity};
use crate::auth::token_cache::TokenCache;
use crate::error;
use crate::hosts;
use crate::hosts::Host;
use crate::http::network::{CertificateVerification, Network};
use crate::remote::url::RemoteUrl;
use crate::remote::web_url::{Scheme, UserInfo};
use crate::transport::endpoint::Endpoint;

/// The inputs of one side.
pub(crate) struct SideInputs {
    side: error::Side,
    url: &'static Input,
    token: &'static Input,
    connection: &'static Input,
    verification: &'static Input,
    authority: &'static Input,
    host_kind: &'static Input,
}

pub(crate) const SOURCE: SideInputs = SideInputs {
    side: error::Side::Source,
    url: &SOURCE_URL,
    token: &SOURCE_TOKEN,
    connection: &SOURCE_CONNECTION,
    verification: &SOURCE_CERTIFICATE,
    authority: &SOURCE_AUTHORITY,
    host_kind: &SOURCE_HOST_KIND,
};

pub(crate) const DESTINATION: SideInputs = SideInputs {
    side: error::Side::Destination,
    url: &DESTINATION_URL,
    token: &DESTINATION_TOKEN,
    connection: &DESTINATION_CONNECTION,
    verification: &DESTINATION_CERTIFICATE,
    authority: &DESTINATION_AUTHORITY,
    host_kind: &DESTINATION_HOST_KIND,
};

/// The names of the inputs of one side, for advice.
pub(crate) struct InputNames {
    pub(crate) url: &'static str,
    pub(crate) token: &'static str,
    pub(crate) connection: &'static str,
    pub(crate) verification: &'static str,
    pub(crate) authority: &'static str,
}

/// Returns the names for advice about the clone directory, which is one of the source's.
pub(crate) fn names_of_clone() -> InputNames {
    InputNames { url: CLONE_DIRECTORY.name, ..SOURCE.names() }
}

impl SideInputs {
    /// Returns the inputs of a side.
    pub(crate) const fn of(side: error::Side) -> &'static Self {
        match side {
            error::Side::Source => &SOURCE,
            error::Side::Destination => &DESTINATION,
        }
    }

    pub(crate) fn names(&self) -> InputNames {
        InputNames {
            url: self.url.name,
            token: self.token.name,
            connection: self.connection.name,
            verification: self.verification.name,
            authority: self.authority.name,
        }
    }
}

impl Reader<'_> {
    /// Reads one side, to the end even where something is wrong.
    pub(crate) fn endpoint(&mut self, inputs: &SideInputs) -> Option<Endpoint> {
        let given = self.values.url(inputs.url);
        let given = self.ok_or_note(given);
        let connection = self.connection(inputs);
        let connection = self.ok_or_note(connection);
        let address = given.zip(connection.as_ref()).and_then(|(given, connection)| {
            let address = self.address(inputs, given, connection.as_ref());
            self.ok_or_note(address)
        });
        let token = self.values.token(inputs.token);
        let token = self.ok_or_note(token);
        let verification =
            self.either(inputs.verification, CertificateVerification::On, CertificateVerification::Off);
        let authorities = self.authorities(inputs);
        let authorities = self.ok_or_note(authorities);
        let host_override = self.host_override(inputs);
        let (url, user_info) = address?;
        let proxy = match &url {
            RemoteUrl::Web(url) => proxy::read(self.environment, url),
            RemoteUrl::Ssh(_) | RemoteUrl::Local(_) => Ok(None),
        };
        let proxy = self.ok_or_note(proxy)?;
        if matches!(url, RemoteUrl::Ssh(_)) && token.as_ref().is_some_and(Option::is_some) {
            self.warnings.push(format!("'{}' is not used: SSH signs in with a key", inputs.token.name));
        }
        let is_user_alone = user_info.as_ref().is_some_and(|user_info| user_info.password.is_none());
        self.note_password(user_info.as_ref());
        let credentials = self.credentials(inputs, &url, user_info, token?, connection?);
        let credentials = self.ok_or_note(credentials)?;
        match &credentials {
            None if is_user_alone => self.users_without_password.push(inputs.side),
            Some((_, identity)) if identity.origin() == CredentialOrigin::Url => {
                self.warnings.push(format!(
                    "the password in '{}' belongs in '{}': other programs write URLs into their logs",
                    inputs.url.name, inputs.token.name
                ));
            }
            None | Some(_) => {}
        }
        if credentials.is_some() && is_readable_on_its_way(&url) {
            self.warnings.push(format!("credentials for {url} are sent over unencrypted HTTP; use https://"));
        }
        let is_at_agents_server = self.is_at_agents_server(&url);
        let mut verification = verification?;
        if is_at_agents_server && self.tls.verification == CertificateVerification::Off {
            self.warnings.push(format!(
                "the agent is configured to skip the validation of certificates, so the {}'s server, which is the \
                 agent's own, is not verified",
                inputs.side
            ));
            verification = CertificateVerification::Off;
        }
        let client_certificate = self.tls.client_certificate.clone().filter(|_| is_at_agents_server);
        let network = Network { proxy, authorities: authorities?, client_certificate };
        let tokens = credentials.map(|(credentials, identity)| TokenCache::of_static(credentials, identity));
        Some(Endpoint { url, host_override: host_override?, tokens, verification, network })
    }

    /// Tells whether a repository is at the server that the agent serves. What the agent was configured to show to and to
    /// forgive that server is for no other.
    fn is_at_agents_server(&self, url: &RemoteUrl) -> bool {
        let RemoteUrl::Web(url) = url else { return false };
        job_identity::collection(self.environment)
            .is_some_and(|collection| collection.shares_server_with(url))
    }

    /// Notes a password in the URL, to be masked also where something else signs in.
    fn note_password(&mut self, user_info: Option<&UserInfo>) {
        if let Some(UserInfo { user, password: Some(password) }) = user_info
            && let Ok(credentials) = Credentials::of_url(user, password)
        {
            self.secrets_in_urls.extend(credentials.masks(Host::Other.possible_schemes()));
        }
    }

    /// Reads the kind of host; none if it is to be found out.
    #[expect(clippy::option_option, reason = "the outer one is what every reader gives for a wrong value")]
    fn host_override(&mut self, inputs: &SideInputs) -> Option<Option<Host>> {
        let words: Vec<_> = hosts::TABLE.iter().map(|row| row.word).collect();
        let wanted = format!("one of auto, {}", words.join(", "));
        self.parsed(inputs.host_kind, &wanted, |word| match word {
            "auto" => Some(None),
            _ => Host::from_word(word).map(Some),
        })
    }

    fn connection(&self, inputs: &SideInputs) -> Result<Option<Connection>, InputError> {
        let Some(id) = self.values.text(inputs.connection)? else { return Ok(None) };
        let read = Connection::read(self.environment, &id).map(Some);
        read.map_err(|problem| self.values.wrong(inputs.connection, problem))
    }

    /// Returns the authorities of the agent, and those of the side.
    fn authorities(&self, inputs: &SideInputs) -> Result<Vec<crate::http::network::Authority>, InputError> {
        let mut authorities = self.tls.authorities.clone();
        if let Some(path) = self.values.text(inputs.authority)? {
            let given = certificates::authorities(&path).map_err(|error| {
                self.values.wrong(
                    inputs.authority,
                    format!("names the file '{path}', which cannot be used: {error}"),
                )
            })?;
            authorities.extend(given);
        }
        Ok(authorities)
    }

    fn address(
        &self,
        inputs: &SideInputs,
        given: Option<(RemoteUrl, Option<UserInfo>)>,
        connection: Option<&Connection>,
    ) -> Result<(RemoteUrl, Option<UserInfo>), InputError> {
        if let Some(given) = given {
            return Ok(given);
        }
        let Some(connection) = connection else { return Err(self.values.wrong(inputs.url, "is empty")) };
        let problem =
            format!("is empty, and the URL in '{}' is not that of a repository", inputs.connection.name);
        let url = connection.repository().ok_or_else(|| self.values.wrong(inputs.url, problem))?;
        Ok((url, None))
    }

    /// Picks what signs in: the token, else the service connection, else a password in the URL, else the job.
    fn credentials(
        &self,
        inputs: &SideInputs,
        url: &RemoteUrl,
        user_info: Option<UserInfo>,
        token: Option<Credentials>,
        connection: Option<Connection>,
    ) -> Result<Option<(Credentials, Identity)>, InputError> {
        if let Some(token) = token {
            return Ok(Some((token, Identity::Token)));
        }
        if let (Some(connection), RemoteUrl::Web(url)) = (&connection, url)
            && !connection.is_for(url)
        {
            let at = &connection.url;
            let problem =
                format!("names a service connection for '{at}', whose credentials do not go to '{url}'");
            return Err(self.values.wrong(inputs.connection, problem));
        }
        if let Some(Connection { id, credentials: Some(credentials), .. }) = connection {
            let connection_type = ConnectionType::OtherGit;
            return Ok(Some((credentials, Identity::Connection { connection_type, id, application: None })));
        }
        match user_info {
            // A user alone is no credential: Azure Repos puts the organization's name there.
            Some(UserInfo { user, password: Some(password) }) => {
                let credentials = Credentials::of_url(&user, &password).map_err(|error| {
                    self.values.wrong(inputs.url, format!("holds a password that cannot be used: {error}"))
                })?;
                Ok(Some((credentials, Identity::Url)))
            }
            _ => Ok(job_identity::credentials(self.environment, url)
                .map(|credentials| (credentials, Identity::Job))),
        }
    }
}
/// Tells whether credentials would leave this machine without encryption.
fn is_readable_on_its_way(url: &RemoteUrl) -> bool {
    match url {
        RemoteUrl::Web(url) => url.scheme() == Scheme::Http && !url.is_loopback(),
        RemoteUrl::Ssh(_) | RemoteUrl::Local(_) => false,
    }
}
