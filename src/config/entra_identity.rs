//! Identities of Microsoft Entra, as they are given.

use crate::auth::entra::application::{Application, ApplicationError};
use crate::auth::entra::identity_endpoint::IdentityEndpoint;
use crate::auth::entra::proof::Proof;
use crate::remote::web_url::WebUrl;
use crate::secret::Secret;

/// An identity of Microsoft Entra.
#[derive(Debug)]
pub(crate) enum EntraIdentity {
    /// An application that a service connection's id tokens prove.
    Workload {
        /// The application, and where it signs in.
        at: ApplicationAt,
        /// The id of the connection.
        connection: String,
        /// The id token that the agent has got already, if it has.
        late_bound: Option<Secret>,
    },
    /// An application that proves itself.
    Application(ApplicationAt, Box<Proof>),
    /// A managed identity of this machine.
    Managed(IdentityEndpoint, Option<String>),
}

/// An application, and the address of the cloud that it signs in at.
#[derive(Debug)]
pub(crate) struct ApplicationAt {
    pub(crate) application: Application,
    pub(crate) authority: WebUrl,
}

impl ApplicationAt {
    pub(crate) fn new(authority: WebUrl, tenant: &str, client_id: &str) -> Result<Self, ApplicationError> {
        Ok(Self { application: Application::new(&authority, tenant, client_id)?, authority })
    }
}

impl EntraIdentity {
    /// Returns the id of its application, if that is known.
    pub(crate) fn application(&self) -> Option<String> {
        match self {
            Self::Workload { at, .. } | Self::Application(at, _) => {
                Some(at.application.client_id().to_owned())
            }
            Self::Managed(_, client_id) => client_id.clone(),
        }
    }
}
