//! The creation of one repository: empty, and never more visible than was asked for.

use std::time::Duration;

use super::client::{HostInterface, Largest, no_interface, page};
use super::tries::Tries;
use crate::error::{CreateProblem, ErrorKind, Failure};
use crate::hosts::listing::ListedRepository;
use crate::hosts::management::{Home, Management, NewRepository, RepositoryPlace};
use crate::http::api::ApiAnswer;
use crate::http::pauses::Part;

const MINUTE: Duration = Duration::from_secs(60);

/// The end of a creation.
#[derive(Debug)]
pub enum Creation {
    /// It was created, and is as visible as was asked for, or less.
    Created(ListedRepository),
    /// It is there already, and as visible as was asked for, or less: somebody else was faster, or the answer to its creation
    /// was lost.
    AlreadyThere(ListedRepository),
}

impl HostInterface {
    /// Creates an empty repository. Where it is not known what came of that, the host is asked before it is tried again.
    ///
    /// # Errors
    ///
    /// Fails if the host does not, or makes it more visible than was asked for.
    pub fn create(&mut self, place: &RepositoryPlace, new: &NewRepository) -> Result<Creation, Failure> {
        let management = self.info.management.ok_or_else(no_interface)?;
        let home = self.home(&management, place)?;
        check_home(&home, *new)?;
        let call = (management.create)(place, &home, *new).ok_or_else(no_interface)?;
        let mut tries = Tries::default();
        loop {
            self.take_turn()?;
            let failure = match self.send(&call, Largest::One, answered) {
                Ok(Answered::Created(answer)) => {
                    let created = self.told(&management, place, &answer)?;
                    return narrow(created, &home, *new).map(Creation::Created);
                }
                // It may be what an earlier try has created.
                Ok(Answered::Taken(failure)) => {
                    let there = self.look(place)?.ok_or(failure)?;
                    return narrow(there, &home, *new).map(Creation::AlreadyThere);
                }
                Err(failure) => failure,
            };
            tries.again(failure, &self.cancel)?;
            if let Some(there) = self.look(place)? {
                return narrow(there, &home, *new).map(Creation::AlreadyThere);
            }
        }
    }

    /// Asks what is to be known of a container before something is created in it.
    fn home(&mut self, management: &Management, place: &RepositoryPlace) -> Result<Home, Failure> {
        let mut refused = None;
        for call in (management.before_creation)(place) {
            let home = self.ask(&call, Largest::One, |this, answer| {
                match (management.home)(place, answer.status, &page(&answer)) {
                    Some(home) => Ok(Ok(home)),
                    None if answer.kind() == ErrorKind::NotFound => Ok(Err(this.refusal(&answer))),
                    None => this.served(answer).map(|answer| Err(this.unread(&answer))),
                }
            })?;
            match home {
                Ok(home) => return Ok(home),
                Err(failure) => refused = Some(failure),
            }
        }
        refused.map_or_else(|| Ok(Home::default()), Err)
    }

    /// Returns the repository that an answer tells of, which was just created.
    fn told(
        &self,
        management: &Management,
        place: &RepositoryPlace,
        answer: &ApiAnswer,
    ) -> Result<ListedRepository, Failure> {
        (management.read)(place, &page(answer)).map_err(|_| self.unread(answer))
    }

    /// Says that an answer of success tells nothing of what was asked.
    fn unread(&self, answer: &ApiAnswer) -> Failure {
        let kind = ErrorKind::Create(CreateProblem::Answer);
        answer.refusal(kind, self.base.host(), "what tells of a repository")
    }

    /// Waits for one's turn, where the host limits how many repositories are created in a minute.
    fn take_turn(&self) -> Result<(), Failure> {
        let Some(most) = self.info.max_creations else { return Ok(()) };
        self.pauses.take_turn(&self.base, Part::Creations, MINUTE / most.get(), &self.cancel)
    }
}

/// The answer to a creation.
enum Answered {
    /// It was created, and this tells of it.
    Created(ApiAnswer),
    /// There is one of that name; if it is not shown, this is the failure.
    Taken(Failure),
}

/// Reads the answer to a creation.
fn answered(interface: &HostInterface, answer: ApiAnswer) -> Result<Answered, Failure> {
    if is_taken(&answer) {
        let refusal = interface.refusal(&answer);
        return Ok(Answered::Taken(Failure { kind: ErrorKind::Create(CreateProblem::NameTaken), ..refusal }));
    }
    interface.served(answer).map(Answered::Created)
}

/// Tells whether a host refuses a name that it has: some by a status that stands for any fault of a request, in words.
fn is_taken(answer: &ApiAnswer) -> bool {
    let says_so = || {
        let words = answer.words().unwrap_or_default().to_lowercase();
        ["already exist", "already been taken", "already taken"].iter().any(|taken| words.contains(taken))
    };
    match answer.status.as_u16() {
        409 => true,
        400 | 422 => says_so(),
        _ => false,
    }
}

/// Refuses, before anything is asked for, what would be more visible than was asked for, or cannot be as visible.
fn check_home(home: &Home, new: NewRepository) -> Result<(), Failure> {
    let asked = new.visibility;
    let (problem, message) = match (home.visibility, home.widest) {
        (Some(visibility), _) if visibility > new.visibility => {
            let message = format!("its project is {visibility}, and {asked} was asked for");
            (CreateProblem::WiderProject, message)
        }
        (_, Some(widest)) if widest < new.visibility => {
            let message = format!("its group is {widest}, and {asked} was asked for");
            (CreateProblem::NarrowerGroup, message)
        }
        _ => return Ok(()),
    };
    Err(Failure::new(ErrorKind::Create(problem), message))
}

/// Returns a repository that is as visible as was asked for, or less. One of which that is not told may be anything.
fn narrow(
    repository: ListedRepository,
    home: &Home,
    new: NewRepository,
) -> Result<ListedRepository, Failure> {
    let asked = new.visibility;
    let message = match repository.visibility.or(home.visibility) {
        Some(visibility) if visibility <= new.visibility => return Ok(repository),
        Some(visibility) => format!("it is {visibility} now, and {asked} was asked for"),
        None => format!("the host does not say that it is {asked}, as was asked for"),
    };
    Err(Failure::new(ErrorKind::Create(CreateProblem::WiderThanAsked), message))
}
