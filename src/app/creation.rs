//! Creates a destination that does not exist, where that is asked for.

use std::cell::Cell;
use std::time::Duration;

use super::vacant::VacantDestination;
use crate::config::mirror_spec::{Existence, MirrorSpec};
use crate::config::repositories::Creation;
use crate::config::step::Step;
use crate::error::{CreateProblem, Error, ErrorKind, Failure, Phase, RemoteLabel, Side};
use crate::hosts::management::NewRepository;
use crate::mirror::ports::{Destination, Mode, SourceInfo};
use crate::remote::url::RemoteUrl;
use crate::report::outcome::Created;
use crate::transport::Context;
use crate::transport::interface::{self, HostInterface};

/// The waits for a repository that its host has just created and does not serve yet.
const WAITS: [Duration; 4] =
    [Duration::from_secs(1), Duration::from_secs(2), Duration::from_secs(4), Duration::from_secs(8)];

/// What creates the destination of one mirror, once.
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

    /// Tells whether an error says no more than that the destination, which is to be created, is not there yet.
    pub(crate) fn is_to_be_created(&self, error: &Error) -> bool {
        self.step.creation != Creation::Never
            && self.created.get() == Created::No
            && error.failure.kind == ErrorKind::NotFound
    }

    /// Opens a destination. Where it is not there and is to be created, it needs to know the source that it is for, which is
    /// opened at the same time: so the second half is [`create`](Self::create).
    ///
    /// # Errors
    ///
    /// Those of `open`; and without a request, where its host has listed all that is there, that it is not.
    pub(crate) fn open<T>(&self, open: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
        let is_absent =
            matches!(self.spec.member(), Some(member) if matches!(member.existence, Existence::Absent));
        if is_absent && self.step.creation != Creation::Never && self.created.get() == Created::No {
            return Err(self
                .label()
                .error(Phase::List, Failure::new(ErrorKind::NotFound, "its host does not list it")));
        }
        open()
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
        if !reason.failure.kind.is_lack_of_rights() || self.created.get() != Created::No {
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
        let RemoteUrl::Web(url) = &endpoint.url else { return Ok(Made::Nothing) };
        let management = endpoint.host().info().management;
        let place = management.and_then(|management| (management.place)(url));
        let interface =
            place.as_ref().and_then(|place| HostInterface::new(endpoint, &place.container, self.context));
        let Some((place, mut interface)) = place.zip(interface) else {
            return Err(failed(Failure::new(
                ErrorKind::Create(CreateProblem::NoInterface),
                "it does not exist, and its host has no interface that is known, or none for what signs in",
            )));
        };
        let is_listed =
            !matches!(self.spec.member(), Some(member) if matches!(member.existence, Existence::Absent));
        if is_listed && interface.look(&place).map_err(failed)?.is_some() {
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
