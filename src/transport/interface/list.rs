//! The whole list of a container's repositories.

use serde_json::{Map, Value};

use super::client::{HostInterface, Largest, Signer, get, page};
use crate::containers::list;
use crate::containers::list::{Endless, WholeList};
use crate::error::{ContainerProblem, ErrorKind, Failure};
use crate::hosts::account::Account;
use crate::hosts::address::Container;
use crate::hosts::listing::{ListError, ListPage, Listed, Listing, Wikis};
use crate::http::api::ApiAnswer;

/// The list of a container, and whose it is.
#[derive(Debug)]
pub struct HostList {
    /// The whole list.
    pub list: WholeList,
    /// The account that signed in, where the host names it.
    pub account: Option<Account>,
}

/// The request for a list, and the answer to it.
struct FirstPage {
    request: String,
    answer: ApiAnswer,
}

impl HostInterface {
    /// Lists all repositories of a container. A page that fails in a way that can pass is asked for again.
    ///
    /// # Errors
    ///
    /// Fails if any page cannot be had: no part of a list is used.
    pub fn list(&mut self, container: &Container, wikis: Wikis) -> Result<HostList, Failure> {
        let listing = self.info.listing.ok_or_else(no_list)?;
        let account = self.account();
        let FirstPage { request, answer } = self.first_page(&listing, container, wikis, &account)?;
        let mut first = Some(answer);
        let list = list::whole(request, |request| {
            let answer = match first.take() {
                Some(answer) => answer,
                None => self.page(request)?,
            };
            read(&listing, container, &answer, request)
        })?;
        Ok(HostList { list, account: account.ok().flatten() })
    }

    /// Tells whether this is a container, where the address can be that of a repository, too: by one request, and only what
    /// is told of there is one.
    pub fn is_container(&mut self, container: &Container) -> bool {
        let request = self.info.listing.and_then(|listing| (listing.container)(container));
        let Some(request) = request else { return false };
        let told = self.hurriedly(|this| this.send(&get(&request), Largest::One, Self::served));
        match told {
            Ok(answer) => answer.success::<Map<String, Value>>().is_some(),
            Err(failure) => {
                log::debug!("'{container}' is taken for a repository: {failure}");
                false
            }
        }
    }

    /// Returns the account that signed in, if anybody did, and if the host names it.
    fn account(&mut self) -> Result<Option<Account>, Failure> {
        let Some(request) = self.info.account else { return Ok(None) };
        if self.signer == Signer::Nobody {
            return Ok(None);
        }
        let account =
            self.ask(&get(request.below), Largest::One, |this, answer| match (request.read)(&answer) {
                Some(account) => Ok(Some(account)),
                None if answer.kind() == ErrorKind::NotFound => Ok(None),
                None => this.served(answer).map(|_| None),
            });
        if let Err(failure) = &account {
            log::debug!("the account is not known: {failure}");
        }
        account
    }

    /// Asks for an owner by what it is: the account that signed in, an organization, or else a user.
    fn first_page(
        &mut self,
        listing: &Listing,
        container: &Container,
        wikis: Wikis,
        account: &Result<Option<Account>, Failure>,
    ) -> Result<FirstPage, Failure> {
        let request = |listed| (listing.first)(container, listed, wikis).ok_or_else(no_list);
        let (organization, user, oneself) =
            (request(Listed::Organization)?, request(Listed::User)?, request(Listed::Oneself)?);
        let owner = container.kind.organization();
        let is_owner = matches!(account, Ok(Some(Account::Named(name))) if name.eq_ignore_ascii_case(owner));
        let request = if is_owner {
            oneself
        } else {
            match self.page(&organization) {
                Ok(answer) => return Ok(FirstPage { request: organization, answer }),
                Err(failure) if failure.kind != ErrorKind::NotFound || user == organization => {
                    return Err(not_shown(failure));
                }
                Err(_) => {}
            }
            // A list of one's own that is taken for another user's lacks what only oneself may see.
            if let (Err(failure), true) = (account, user != oneself) {
                return Err(failure.clone());
            }
            user
        };
        let answer = self.page(&request).map_err(not_shown)?;
        Ok(FirstPage { request, answer })
    }

    fn page(&mut self, request: &str) -> Result<ApiAnswer, Failure> {
        self.ask(&get(request), Largest::List, Self::served)
    }
}

fn read(
    listing: &Listing,
    container: &Container,
    answer: &ApiAnswer,
    request: &str,
) -> Result<ListPage, Failure> {
    (listing.read)(container, &page(answer), request).map_err(unlisted)
}

/// Says what it means that there is nothing of this name.
fn not_shown(failure: Failure) -> Failure {
    if failure.kind != ErrorKind::NotFound {
        return failure;
    }
    let message = format!(
        "{}: there is no such organization, project, group or user, or none that is shown to whoever signed in",
        failure.message
    );
    Failure::new(failure.kind, message).with_remote(failure.remote)
}

impl From<Endless> for Failure {
    fn from(error: Endless) -> Self {
        Self::new(ErrorKind::Container(ContainerProblem::Endless), error.to_string())
    }
}

/// Says that an answer is not the list, or not the repository, that was asked for.
pub(super) fn unlisted(error: ListError) -> Failure {
    let problem = match error {
        ListError::NoList => ContainerProblem::NoList,
        ListError::CutShort | ListError::NoNext => ContainerProblem::CutShort,
    };
    Failure::new(ErrorKind::Container(problem), error.to_string())
}

fn no_list() -> Failure {
    Failure::new(ErrorKind::Container(ContainerProblem::NoList), "its host has no interface for lists")
}
