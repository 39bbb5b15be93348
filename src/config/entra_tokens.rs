//! The tokens of identities of Microsoft Entra: where the proofs of each come from, and the ways to the servers on it.

use super::entra_identity::{ApplicationAt, EntraIdentity};
use super::id_token_path;
use super::input_error::InputError;
use super::reader::Reader;
use super::system_connection;
use crate::auth::entra::id_token::{IdTokens, OidcEndpoint};
use crate::auth::entra::managed_identity::ManagedIdentitySource;
use crate::auth::entra::proof::Proof;
use crate::auth::entra::source::EntraSource;
use crate::auth::identity::Identity;
use crate::auth::token_cache::TokenCache;
use crate::http::network::Network;
use crate::remote::web_url::WebUrl;
use crate::secret::Secret;

impl Reader<'_> {
    /// Returns the tokens of an identity, and asks for none yet.
    pub(crate) fn entra_tokens(
        &self,
        entra: EntraIdentity,
        identity: Identity,
    ) -> Result<TokenCache, EntraError> {
        Ok(match entra {
            EntraIdentity::Workload { at, connection, late_bound } => {
                let proof = Proof::IdToken(self.id_tokens(&connection, late_bound)?);
                self.tokens_of_application(at, proof, identity)?
            }
            EntraIdentity::Application(at, proof) => self.tokens_of_application(at, *proof, identity)?,
            EntraIdentity::Managed(endpoint, client_id) => {
                // The machine itself answers, or one beside it: no proxy is asked.
                let network = Network { authorities: self.tls.authorities.clone(), ..Network::default() };
                TokenCache::new(Box::new(ManagedIdentitySource::new(endpoint, client_id, &network, identity)))
            }
        })
    }

    fn tokens_of_application(
        &self,
        ApplicationAt { application, authority }: ApplicationAt,
        proof: Proof,
        identity: Identity,
    ) -> Result<TokenCache, EntraError> {
        let network = self.way_to(&authority, None)?.network;
        Ok(TokenCache::new(Box::new(EntraSource::new(application, proof, &network, identity))))
    }

    /// Returns where the id tokens of a service connection come from.
    fn id_tokens(&self, connection: &str, late_bound: Option<Secret>) -> Result<IdTokens, EntraError> {
        let Some((base, below, job_token)) = self.id_token_endpoint(connection) else {
            return late_bound.map(IdTokens::LateBound).ok_or(EntraError::NoIdTokens);
        };
        let network = self.way_to(&base, None)?.network;
        let endpoint = OidcEndpoint { base, below, job_token, network };
        Ok(IdTokens::Endpoint { late_bound, endpoint })
    }

    fn id_token_endpoint(&self, connection: &str) -> Option<(WebUrl, String, Secret)> {
        let base = system_connection::address(self.environment)?;
        let below = id_token_path::of(self.environment, &base, connection)?;
        Some((base, below, system_connection::token(self.environment)?))
    }
}

/// The reason why there is no source of tokens.
pub(crate) enum EntraError {
    /// Another setting is wrong.
    Setting(InputError),
    /// The job cannot ask for id tokens.
    NoIdTokens,
}

impl From<InputError> for EntraError {
    fn from(error: InputError) -> Self {
        Self::Setting(error)
    }
}
