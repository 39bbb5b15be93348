//! The tokens of identities of Microsoft Entra: where the proofs of each come from, and the ways to the servers on it.

use super::entra_identity::{ApplicationAt, EntraIdentity};
use super::id_token_path;
use super::input_error::InputError;
use super::inputs::Input;
use super::reader::Reader;
use super::system_connection;
use super::system_connection::JobConnection;
use crate::agent::environment::Environment;
use crate::auth::entra::id_token::{IdTokens, OidcEndpoint};
use crate::auth::entra::managed_identity::ManagedIdentitySource;
use crate::auth::entra::proof::Proof;
use crate::auth::entra::source::EntraSource;
use crate::auth::identity::Identity;
use crate::auth::token_cache::TokenCache;
use crate::http::network::Network;
use crate::secret::Secret;

impl Reader<'_> {
    /// Returns the tokens of an identity, which this input asks for. Sends nothing yet.
    pub(crate) fn entra_tokens(
        &mut self,
        input: &'static Input,
        entra: EntraIdentity,
        identity: Identity,
    ) -> Result<TokenCache, InputError> {
        Ok(match entra {
            EntraIdentity::Workload { at, connection, late_bound } => {
                let proof = Proof::IdToken(self.id_tokens(input, &connection, late_bound)?);
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
    ) -> Result<TokenCache, InputError> {
        let network = self.network_to(&authority, None)?.network;
        Ok(TokenCache::new(Box::new(EntraSource::new(application, proof, &network, identity))))
    }

    /// Returns where the id tokens of a service connection, which this input names, come from.
    fn id_tokens(
        &mut self,
        input: &'static Input,
        connection: &str,
        late_bound: Option<Secret>,
    ) -> Result<IdTokens, InputError> {
        let endpoint = id_token_endpoint(self.environment, connection);
        match (endpoint, late_bound) {
            (Ok((JobConnection { base, token: job_token }, below)), late_bound) => {
                let network = self.network_of_job(&base)?;
                let endpoint = OidcEndpoint { base, below, job_token, network };
                Ok(IdTokens::Endpoint { late_bound, endpoint })
            }
            (Err(_), Some(late_bound)) => Ok(IdTokens::LateBound(late_bound)),
            (Err(reason), None) => {
                let problem = format!(
                    "names a service connection with a workload identity, whose id tokens this run cannot ask for: {reason}"
                );
                Err(self.values.error_without_example(input, problem))
            }
        }
    }
}

/// Returns the job's connection, and the path below its address at which id tokens are; or the reason why there is none.
fn id_token_endpoint(environment: &Environment, connection: &str) -> Result<(JobConnection, String), String> {
    let job = system_connection::of_job(environment).map_err(|error| error.to_string())?;
    let below = id_token_path::of(environment, &job.base, connection).map_err(|error| error.to_string())?;
    Ok((job, below))
}
