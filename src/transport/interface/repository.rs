//! One repository: looks at it, and sets its default branch.

use super::client::{HostInterface, Largest, no_interface, page};
use super::list::unlisted;
use crate::error::{ErrorKind, Failure};
use crate::hosts::listing::ListedRepository;
use crate::hosts::management::RepositoryPlace;
use crate::protocol::ref_name::RefName;

impl HostInterface {
    /// Tells of one repository; none if there is none, or none that is shown.
    ///
    /// # Errors
    ///
    /// Fails if the host does not say so.
    pub fn look(&mut self, place: &RepositoryPlace) -> Result<Option<ListedRepository>, Failure> {
        let management = self.info.management.ok_or_else(no_interface)?;
        let call = (management.look)(place).ok_or_else(no_interface)?;
        self.ask(&call, Largest::One, |this, answer| {
            if answer.kind() == ErrorKind::NotFound {
                return Ok(None);
            }
            let answer = this.served(answer)?;
            (management.read)(place, &page(&answer)).map(Some).map_err(unlisted)
        })
    }

    /// Sets the default branch of a repository, unless it is that already. The branch must be there.
    ///
    /// # Errors
    ///
    /// Fails if there is no such repository, or if the host refuses.
    pub fn set_default_branch(&mut self, place: &RepositoryPlace, branch: &RefName) -> Result<(), Failure> {
        let management = self.info.management.ok_or_else(no_interface)?;
        let Some(repository) = self.look(place)? else {
            let message = format!("{} shows no such repository", self.base.host());
            return Err(Failure::new(ErrorKind::NotFound, message));
        };
        if repository.default_branch.as_deref().is_some_and(|now| now.as_bytes() == branch.as_bytes()) {
            return Ok(());
        }
        let call = (management.set_default_branch)(place, &repository, branch).ok_or_else(no_interface)?;
        self.ask(&call, Largest::One, |this, answer| this.served(answer).map(drop))
    }
}
