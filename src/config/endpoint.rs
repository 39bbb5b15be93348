//! One side of a mirror, from its inputs and from what the agent gives beside them.

use super::input_error::{InputError, InputProblem};
use super::reader::Reader;
use super::server_network::{Forgiven, ServerNetwork};
use super::side_inputs::SideInputs;
use super::side_tokens::SideFacts;
use super::sign_in::SignIn;
use crate::auth::credentials::Credentials;
use crate::auth::identity::{ConnectionType, CredentialOrigin};
use crate::auth::token_cache::TokenCache;
use crate::hosts;
use crate::hosts::Host;
use crate::hosts::address::Address;
use crate::remote::url::RemoteUrl;
use crate::remote::web_url::{Scheme, UserInfo};
use crate::transport::endpoint::Endpoint;

impl Reader<'_> {
    /// Reads one side, to the end even where something is wrong.
    pub(crate) fn endpoint(&mut self, inputs: &SideInputs) -> Option<Endpoint> {
        let given = self.given_address(inputs);
        let given = self.ok_or_note(given);
        let sign_in = self.sign_in(inputs);
        let address = given.zip(sign_in.as_ref()).and_then(|(given, sign_in)| {
            let address = self.address(inputs, given, sign_in);
            self.ok_or_note(address)
        });
        let trust = self.trust(inputs);
        let host_override = self.host_override(inputs);
        let (url, user_info) = address?;
        self.note_page(inputs, &url, host_override.flatten());
        let has_password = user_info.as_ref().is_some_and(|user_info| user_info.password.is_some());
        let is_user_alone = user_info.is_some() && !has_password;
        self.note_password(user_info.as_ref());
        let settings = match &url {
            RemoteUrl::Web(url) => self.network_to(url, trust.as_ref()),
            RemoteUrl::Ssh(_) | RemoteUrl::Local(_) => Ok(ServerNetwork::default()),
        };
        let ServerNetwork { network, verification, forgiven } = self.ok_or_note(settings)?;
        let trust = trust.as_ref();
        let side = SideFacts { inputs, url: &url, host_override: host_override.flatten(), trust };
        let tokens = self.tokens(&side, sign_in?, user_info);
        let (tokens, bounds) = self.ok_or_note(tokens)?.unzip();
        let bounds = bounds.unwrap_or_default();
        if has_password {
            self.warn_of_password(inputs, tokens.as_ref());
        }
        if is_user_alone && tokens.is_none() {
            self.users_without_password.push(inputs.side);
        }
        self.warn_of_way(inputs, &url, tokens.as_ref(), forgiven.as_ref());
        trust?;
        Some(Endpoint { url, host_override: host_override?, tokens, bounds, verification, network })
    }

    /// Notes an address that leads to no repository, but to what has one or is none.
    fn note_page(&mut self, inputs: &SideInputs, url: &RemoteUrl, given: Option<Host>) {
        let problem = match hosts::address(url, given) {
            Address::PageOfRepository(own) => InputProblem::PageOfRepository(Box::new(own)),
            Address::PageOfContainer(container) => InputProblem::PageOfContainer(Box::new(container.url)),
            Address::Tfvc => InputProblem::Tfvc,
            Address::Repository | Address::Container(_) | Address::AskHost(_) => return,
        };
        let is_of_connection = self.values.is_empty(inputs.url);
        let input = if is_of_connection { inputs.connection(ConnectionType::OtherGit) } else { inputs.url };
        self.errors.push(self.values.error_without_example(input, problem));
    }

    /// Warns of what the user should know of the way to a side.
    fn warn_of_way(
        &mut self,
        inputs: &SideInputs,
        url: &RemoteUrl,
        tokens: Option<&TokenCache>,
        forgiven: Option<&Forgiven>,
    ) {
        if tokens.is_some() && is_readable_on_its_way(url) {
            self.warnings.push(format!("credentials for {url} are sent over unencrypted HTTP; use https://"));
        }
        if let Some(Forgiven) = forgiven {
            self.warnings.push(format!(
                "the agent is configured to skip the validation of certificates, so the {}'s server, which is the \
                 agent's own, is not verified",
                inputs.side
            ));
        }
    }

    /// Warns of a password in the URL, where an input for it is safer.
    fn warn_of_password(&mut self, inputs: &SideInputs, tokens: Option<&TokenCache>) {
        let (url, token) = (inputs.url.name, inputs.token.name);
        let is_used = tokens.is_some_and(|tokens| tokens.identity().origin() == CredentialOrigin::Url);
        self.warnings.push(if is_used {
            format!("the password in '{url}' belongs in '{token}': other programs write URLs into their logs")
        } else {
            format!(
                "the password in '{url}' is not used, since another input says what signs in; remove it: other programs \
                 write URLs into their logs"
            )
        });
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

    /// Returns the address that was given; none if a service connection may have it.
    fn given_address(
        &self,
        inputs: &SideInputs,
    ) -> Result<Option<(RemoteUrl, Option<UserInfo>)>, InputError> {
        let given = self.values.url(inputs.url)?;
        if given.is_none() && self.values.is_empty(inputs.connection(ConnectionType::OtherGit)) {
            return Err(self.values.missing(inputs.url));
        }
        Ok(given)
    }

    /// Returns the address that was given, else that of the service connection that counts.
    fn address(
        &self,
        inputs: &SideInputs,
        given: Option<(RemoteUrl, Option<UserInfo>)>,
        sign_in: &SignIn,
    ) -> Result<(RemoteUrl, Option<UserInfo>), InputError> {
        if let Some(given) = given {
            return Ok(given);
        }
        let SignIn::Connection(_, connection) = sign_in else {
            return Err(self.values.missing(inputs.url));
        };
        let name = self.values.name(inputs.connection(ConnectionType::OtherGit));
        let problem = format!("is empty, and the URL in {name} is not that of a repository");
        let url = connection.serves.repository().ok_or_else(|| self.values.wrong(inputs.url, problem))?;
        Ok((url, None))
    }
}

/// Tells whether credentials would leave this machine without encryption.
fn is_readable_on_its_way(url: &RemoteUrl) -> bool {
    match url {
        RemoteUrl::Web(url) => url.scheme() == Scheme::Http && !url.is_loopback(),
        RemoteUrl::Ssh(_) | RemoteUrl::Local(_) => false,
    }
}
