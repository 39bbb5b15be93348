//! Creates a destination that does not exist, where that is asked for.

use std::cell::Cell;
use std::time::Duration;

use super::vacant::VacantDestination;
use crate::config::mirror_spec::{Existence, MirrorSpec};
use crate::config::repositories::Creation;
use crate::config::step::Step;
use crate::error::{CreateProblem, Error, ErrorKind, Failure, Phase, RemoteLabel, Side};
use crate::hosts::host_info::MissingRepository;
use crate::hosts::listing::Visibility;
use crate::hosts::management::{NewRepository, RepositoryPlace};
use crate::mirror::ports::{Destination, DestinationInfo, Mode, SourceInfo};
use crate::remote::url::RemoteUrl;
use crate::report::outcome::Created;
use crate::transport::Context;
use crate::transport::interface::{self, HostInterface};

/// The waits for a repository that its host has just created and does not serve yet.
const WAITS: [Duration; 4] =
    [Duration::from_secs(1), Duration::from_secs(2), Duration::from_secs(4), Duration::from_secs(8)];

/// The maker of one mirror's destination, which it creates once.
#[derive(Debug)]
pub(crate) struct DestinationMaker<'a> {
    step: &'a Step,
    spec: &'a MirrorSpec,
    context: &'a Context,
    created: Cell<Created>,
}

/// The end of an attempt to create.
enum Made {
    /// Nothing was to be created: what opening it came to counts.
    Nothing,
    /// It is there now.
    Repository,
    /// It would be, but this is a dry run.
    Planned,
}

impl<'a> DestinationMaker<'a> {
    /// Makes it, after this was created in an earlier attempt.
    pub(crate) fn new(step: &'a Step, spec: &'a MirrorSpec, context: &'a Context, created: Created) -> Self {
        Self { step, spec, context, created: Cell::new(created) }
    }

    /// Returns what was created so far.
    pub(crate) fn created(&self) -> Created {
        self.created.get()
    }

    /// Tells whether it is still to be created, as far as that is known without a request.
    pub(crate) fn is_to_be_created(&self) -> bool {
        self.is_absent() && self.step.creation != Creation::Never && self.created.get() != Created::Yes
    }

    /// Tells whether its host has listed what is there without it.
    fn is_absent(&self) -> bool {
        self.spec.member().is_some_and(|member| matches!(member.existence, Existence::Absent))
    }

    /// Opens a destination. Where it is not there and is to be created, it needs to know the source that it is for, which is
    /// opened at the same time: so the second half is [`create`](Self::create).
    ///
    /// # Errors
    ///
    /// Those of `open`; and without asking Git, that it is not there, where its host's interface says so and to ask Git is of
    /// no use or would create it.
    pub(crate) fn open<T>(&self, open: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
        if self.created.get() != Created::Yes && self.is_known_to_be_absent() {
            let failure = Failure::new(ErrorKind::NotFound, "its host's interface does not show it");
            return Err(self.label().error(Phase::List, failure));
        }
        open()
    }

    /// Tells whether the host's interface has said, or says now, that it is not there.
    fn is_known_to_be_absent(&self) -> bool {
        if self.is_to_be_created() {
            return true;
        }
        if self.spec.destination.host().info().missing == MissingRepository::Refused {
            return false;
        }
        match self.spec.member().map(|member| &member.existence) {
            Some(Existence::Absent) => true,
            Some(Existence::Listed(_)) => false,
            Some(Existence::Unknown) => self.is_not_shown(),
            // Where both were named, what Git creates at a push is welcome, unless something else was asked for.
            None => {
                let is_unwelcome = self.step.creation != Creation::Never || self.step.mode == Mode::DryRun;
                is_unwelcome && self.is_not_shown()
            }
        }
    }

    /// Tells whether the host's interface says that it is not there.
    fn is_not_shown(&self) -> bool {
        let Some((place, mut interface)) = self.interface() else { return false };
        match interface.look(&place) {
            Ok(shown) => shown.is_none(),
            Err(failure) => {
                log::debug!("whether the destination is there is left to Git to say: {failure}");
                false
            }
        }
    }

    /// Returns its place and the interface of its host, where they are known.
    fn interface(&self) -> Option<(RepositoryPlace, HostInterface)> {
        let place = self.spec.place()?;
        let interface = HostInterface::new(&self.spec.destination, &place.container, self.context)?;
        Some((place, interface))
    }

    /// Creates the destination that could not be opened for this reason, and opens it again.
    ///
    /// # Errors
    ///
    /// The reason itself, where nothing is to be created; else what kept it from being created.
    pub(crate) fn create(
        &self,
        reason: Error,
        source: &SourceInfo,
        open: impl Fn() -> Result<Box<dyn Destination>, Error>,
    ) -> Result<Box<dyn Destination>, Error> {
        if !reason.failure.kind.is_lack_of_rights() || self.created.get() == Created::Yes {
            return Err(reason);
        }
        match self.make(source)? {
            Made::Nothing => Err(reason),
            Made::Planned => {
                self.created.set(Created::Planned);
                let rules = self.spec.destination.host().info().ref_rules;
                Ok(Box::new(VacantDestination::new(self.label(), source.format, rules)))
            }
            Made::Repository => self.open_new(open),
        }
    }

    fn make(&self, source: &SourceInfo) -> Result<Made, Error> {
        let Creation::As(visibility) = self.step.creation else { return Ok(Made::Nothing) };
        let failed = |failure: Failure| self.label().error(Phase::Create, failure);
        let endpoint = &self.spec.destination;
        let RemoteUrl::Web(_) = &endpoint.url else { return Ok(Made::Nothing) };
        let Some((place, mut interface)) = self.interface() else {
            return Err(failed(Failure::new(
                ErrorKind::Create(CreateProblem::NoInterface),
                "it does not exist, and its host has no interface that is known, or none for what signs in",
            )));
        };
        if !self.is_absent() && interface.look(&place).map_err(failed)?.is_some() {
            return Ok(Made::Nothing);
        }
        if self.step.mode == Mode::DryRun {
            return Ok(Made::Planned);
        }
        let new = NewRepository { visibility, format: source.format };
        if let interface::Creation::Created(_) = interface.create(&place, &new).map_err(failed)? {
            self.created.set(Created::Yes);
        }
        Ok(Made::Repository)
    }

    /// Refuses a destination that is empty and more visible than was asked for: an earlier run may have created it, and have
    /// refused it for that. Nothing is asked about one that holds something, which somebody else has filled.
    ///
    /// # Errors
    ///
    /// Fails if its host says so.
    pub(crate) fn require_narrow(&self, destination: &DestinationInfo) -> Result<(), Error> {
        let Creation::As(asked) = self.step.creation else { return Ok(()) };
        if !destination.refs.refs().is_empty() || self.created.get() != Created::No {
            return Ok(());
        }
        let visibility = match self.spec.member().map(|member| &member.existence) {
            Some(Existence::Listed(listed)) => listed.visibility,
            _ => self.visibility(),
        };
        let Some(visibility) = visibility.filter(|visibility| *visibility > asked) else { return Ok(()) };
        let message = format!("it is empty and {visibility}, and {asked} was asked for");
        let failure = Failure::new(ErrorKind::Create(CreateProblem::WiderThanAsked), message);
        Err(self.label().error(Phase::Create, failure))
    }

    /// Asks the host who sees the destination; none where it does not say so.
    fn visibility(&self) -> Option<Visibility> {
        let (place, mut interface) = self.interface()?;
        interface.look(&place).ok().flatten()?.visibility
    }

    /// Opens what was created. Hosts need a moment until Git sees it.
    fn open_new(
        &self,
        open: impl Fn() -> Result<Box<dyn Destination>, Error>,
    ) -> Result<Box<dyn Destination>, Error> {
        for wait in WAITS {
            match open() {
                Err(error) if error.failure.kind == ErrorKind::NotFound => {
                    if self.context.cancel.wait(wait).is_some() {
                        return Err(error);
                    }
                }
                outcome => return outcome,
            }
        }
        open()
    }

    fn label(&self) -> RemoteLabel {
        RemoteLabel::new(Side::Destination, self.spec.destination.url.to_string())
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::sync::Arc;

    use super::*;
    use crate::agent::recorder::Written;
    use crate::app::services::Services;
    use crate::config::mirror_spec::{Chosen, Member};
    use crate::hosts::listing::Content;
    use crate::mirror::ports::Source as _;
    use crate::mirror::testing::{MemorySource, Silent};
    use crate::report::testing::{log_to, member, step};

    #[test]
    fn what_a_dry_run_would_create_is_planned_in_each_attempt() {
        let variables = [("INPUT_DRYRUN", "true"), ("INPUT_CREATEDESTINATION", "private")];
        let step = step("https://github.com/contoso", "https://github.com/fabrikam", &variables);
        let mut spec = member(&step, "app");
        let spec = Arc::get_mut(&mut spec).unwrap();
        let Chosen::ByList(listed) = &mut spec.chosen else { panic!("it is a member") };
        listed.existence = Existence::Absent;
        let log = log_to(&Written::default());
        let context = Services::start().context(&step, &log, Arc::new(Silent));
        let source = MemorySource::new(&[]);
        let mut created = Created::No;
        for _ in 0..2 {
            let maker = DestinationMaker::new(&step, spec, &context, created);
            let reason = maker.open(|| -> Result<(), Error> { panic!("it is known not to be there") });
            let made = maker.create(reason.unwrap_err(), source.info(), || panic!("nothing is there"));
            assert!(made.unwrap().info().refs.refs().is_empty());
            created = maker.created();
            assert_eq!(created, Created::Planned);
        }
    }
    /// Tells whether Git is asked for the destination of a step at GitLab whose project `r` is not there.
    fn is_git_asked(existence: Option<Existence>, variables: &[(&str, &str)]) -> bool {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/g", listener.local_addr().unwrap());
        // It ends with the process.
        std::thread::spawn(move || {
            for connection in listener.incoming() {
                let mut connection = connection.unwrap();
                let mut piece = [0; 4096];
                assert!(connection.read(&mut piece).unwrap() > 0);
                let answer = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
                connection.write_all(answer).unwrap();
            }
        });
        let variables = [&[("INPUT_DESTINATIONHOSTKIND", "gitlab")], variables].concat();
        let mut step = step("https://github.com/contoso/r", &format!("{url}/r.git"), &variables);
        if let Some(existence) = existence {
            let member =
                Member { path: "r".to_owned(), content: Content::Code, size: None, existence, place: None };
            Arc::get_mut(&mut step.given).unwrap().chosen = Chosen::ByList(Box::new(member));
        }
        let context = Services::start().context(&step, &log_to(&Written::default()), Arc::new(Silent));
        let asked = Cell::new(false);
        let maker = DestinationMaker::new(&step, &step.given, &context, Created::No);
        let opened = maker.open(|| {
            asked.set(true);
            Ok(())
        });
        assert_eq!(opened.is_ok(), asked.get());
        asked.get()
    }

    #[test]
    fn a_host_that_creates_what_is_asked_for_is_not_asked_in_vain() {
        let (dry_run, none) = ([("INPUT_DRYRUN", "true")], []);
        let internal = [("INPUT_CREATEDESTINATION", "internal")];
        for variables in [&none[..], &dry_run, &internal] {
            for existence in [Existence::Absent, Existence::Unknown] {
                assert!(!is_git_asked(Some(existence), variables), "{variables:?}");
            }
        }
        assert!(!is_git_asked(None, &dry_run) && !is_git_asked(None, &internal));
        // As it has always been.
        assert!(is_git_asked(None, &none));
    }
}
