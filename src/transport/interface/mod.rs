//! The REST interface of a host, as one side's identity uses it: lists of repositories, and what is done with one.

use ureq::http::{StatusCode, header};

use super::context::Context;
use super::endpoint::Endpoint;
use crate::auth::authenticator::Authenticator;
use crate::containers::list;
use crate::containers::list::{Endless, WholeList};
use crate::error::{ContainerProblem, CreateProblem, ErrorKind, Failure};
use crate::hosts::HostInfo;
use crate::hosts::account::Account;
use crate::hosts::address::Container;
use crate::hosts::listing::{ListAnswer, ListError, Listed, ListedRepository, Wikis};
use crate::hosts::management::{NewRepository, RepositoryPlace};
use crate::http::api::{ApiAnswer, ApiRequest};
use crate::http::client::Client;
use crate::protocol::ref_name::RefName;
use crate::remote::url::RemoteUrl;
use crate::remote::web_url::WebUrl;

/// The interface of a host.
#[derive(Debug)]
pub struct HostInterface {
    client: Client,
    info: &'static HostInfo,
    base: WebUrl,
    authenticator: Authenticator,
}

/// The list of a container, and whose it is.
#[derive(Debug)]
pub struct HostList {
    /// The whole list.
    pub list: WholeList,
    /// The account that signed in, where the host names it.
    pub account: Option<Account>,
}

/// The end of a creation.
#[derive(Debug)]
pub enum Creation {
    /// It was created, and is as visible as was asked for, or less.
    Created(ListedRepository),
    /// It is there already: somebody else was faster.
    AlreadyThere(ListedRepository),
}

impl HostInterface {
    /// Prepares to ask the interface that a repository or a container belongs to; nothing is sent yet. None where the host
    /// has no interface that is known here, or the credentials may not go there.
    pub fn new(endpoint: &Endpoint, container: &Container, context: &Context) -> Option<Self> {
        let RemoteUrl::Web(url) = &endpoint.url else { return None };
        let info = endpoint.host().info();
        let base = (info.listing?.base)(container)?;
        if !endpoint.bounds.hold_interface(&base) {
            return None;
        }
        let Endpoint { network, verification, tokens, .. } = endpoint;
        let mut client = Client::new(network, *verification, &context.timeouts, &context.cancel);
        if !base.same_origin(url) {
            client.move_to_other_server();
        }
        let authenticator =
            Authenticator::new(tokens.as_ref(), endpoint.server_schemes(), context.for_tokens());
        Some(Self { client, info, base, authenticator })
    }

    /// Tells whether this is a container, where the address can be that of a repository, too.
    pub fn is_container(&mut self, container: &Container) -> bool {
        let _ = container;
        false
    }

    /// Lists all repositories of a container.
    ///
    /// # Errors
    ///
    /// Fails if any page cannot be had: no part of a list is used.
    pub fn list(&mut self, container: &Container, wikis: Wikis) -> Result<HostList, Failure> {
        let listing = self.info.listing.ok_or_else(no_interface)?;
        let first = (listing.first)(container, Listed::Organization, wikis).ok_or_else(no_interface)?;
        let list = list::whole(first, |request| {
            let answer = self.get(request)?;
            if !answer.status.is_success() {
                return Err(answer.refusal(answer.kind(), self.base.host(), "a list"));
            }
            let page = ListAnswer { headers: &answer.headers, body: &answer.body };
            (listing.read)(container, &page, request).map_err(unlisted)
        })?;
        Ok(HostList { list, account: None })
    }

    /// Tells of one repository; none if there is none, or none that is shown.
    ///
    /// # Errors
    ///
    /// Fails if the host does not say so.
    pub fn look(&mut self, place: &RepositoryPlace) -> Result<Option<ListedRepository>, Failure> {
        let management = self.info.management.ok_or_else(no_creation)?;
        let call = (management.look)(place).ok_or_else(no_creation)?;
        let answer = self.get(&call.below)?;
        if answer.status == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        let page = ListAnswer { headers: &answer.headers, body: &answer.body };
        (management.read)(place, &page).map(Some).map_err(unlisted)
    }

    /// Creates an empty repository.
    ///
    /// # Errors
    ///
    /// Fails if the host does not, or makes it more visible than was asked for.
    pub fn create(&mut self, place: &RepositoryPlace, new: &NewRepository) -> Result<Creation, Failure> {
        let _ = (place, new);
        Err(no_creation())
    }

    /// Sets the default branch of a repository.
    ///
    /// # Errors
    ///
    /// Fails if the host does not.
    pub fn set_default_branch(&mut self, place: &RepositoryPlace, branch: &RefName) -> Result<(), Failure> {
        let _ = (place, branch);
        Err(no_creation())
    }

    fn get(&mut self, below: &str) -> Result<ApiAnswer, Failure> {
        let authorization = self.authenticator.for_interface(self.info.interface_scheme)?;
        let mut request = ApiRequest::get(&self.base, below);
        if let Some(authorization) = authorization {
            request = request.with(header::AUTHORIZATION, authorization);
        }
        self.client.ask(&request)
    }
}

impl From<Endless> for Failure {
    fn from(error: Endless) -> Self {
        Self::new(ErrorKind::Container(ContainerProblem::Endless), error.to_string())
    }
}

fn unlisted(error: ListError) -> Failure {
    let problem = match error {
        ListError::NoList => ContainerProblem::NoList,
        ListError::CutShort | ListError::NoNext => ContainerProblem::CutShort,
    };
    Failure::new(ErrorKind::Container(problem), error.to_string())
}

fn no_interface() -> Failure {
    Failure::new(ErrorKind::Container(ContainerProblem::NoList), "its host has no interface for lists")
}

fn no_creation() -> Failure {
    Failure::new(ErrorKind::Create(CreateProblem::NoInterface), "its host has no interface for that")
}
