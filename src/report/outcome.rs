//! The end of a step, as plain data.

use std::sync::Arc;
use std::time::Duration;

use crate::cancel::CancelReason;
use crate::config::mirror_spec::MirrorSpec;
use crate::containers::expansion::{CleanedName, Expansion};
use crate::containers::slice::Slice;
use crate::error::{Error, RemoteLabel};
use crate::hosts::account::Account;
use crate::lfs::copies::LfsReport;
use crate::mirror::ports::Mode;
use crate::mirror::report::Report;
use crate::protocol::ref_name::RefName;
use crate::report::connection_test::ConnectionTest;
use crate::report::course::Course;

/// The end of a step.
#[derive(Debug)]
pub struct StepOutcome {
    /// The extent of its work.
    pub extent: Arc<Extent>,
    /// Its mirrors, in the order of the step; those included whose turn did not come.
    pub mirrors: Vec<Arc<MirrorOutcome>>,
    /// The reason for which the step was cancelled, if it was.
    pub cancelled: Option<CancelReason>,
    /// The time that it took.
    pub elapsed: Duration,
}

/// The extent of a step's work.
#[derive(Debug, Default)]
pub enum Extent {
    /// It was ended before that was known.
    #[default]
    Unknown,
    /// It cannot be known, or not be done.
    Prevented(Vec<Error>),
    /// The repositories that the user named.
    Named,
    /// The same, and another of several parallel jobs mirrors them.
    OfOtherJob(Slice),
    /// The repositories of a container.
    Container(Box<ListedContainer>),
}

/// A container that was listed.
#[derive(Debug)]
pub struct ListedContainer {
    /// The source.
    pub source: RemoteLabel,
    /// The place of the mirrors.
    pub destination: RemoteLabel,
    /// The account that the source was listed as, where its host named it.
    pub account: Option<Account>,
    /// This job's share.
    pub slice: Slice,
    /// The mirrors that were made of the list, but for those that are among the mirrors of the step, and the others.
    pub expansion: Expansion,
    /// The mirrors of this job whose names the destination's rule has changed.
    pub cleaned: Vec<CleanedName>,
    /// The paths of repositories that only the destination has. Only the first of several jobs knows them.
    pub only_at_destination: Vec<String>,
}

/// The end of the creation of a destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Created {
    /// It was there, or a folder that the push makes.
    No,
    /// It was created.
    Yes,
    /// It would have been, in a dry run.
    Planned,
}

/// The end of a destination's default branch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DefaultBranchEnd {
    /// It was not to follow the source's, or the source has none, or it is not known.
    Left,
    /// It is that of the source.
    Same,
    /// It is another than that of the source at the end of a first mirror, and was not to follow it.
    Differs {
        /// That of the source.
        wanted: RefName,
        /// That of the destination.
        there: RefName,
    },
    /// It was set to this one.
    Set(RefName),
    /// It would have been set to this one, in a dry run.
    Planned(RefName),
    /// It is another than this one of the source, and was not set.
    NotSet(RefName, Box<Error>),
}

/// The end of one mirror of a step.
#[derive(Debug)]
pub struct MirrorOutcome {
    /// The mirror.
    pub mirror: Arc<MirrorSpec>,
    /// The report, or the errors that prevented a plan; none where the step was cancelled first.
    pub result: Result<Report, Vec<Error>>,
    /// The number of attempts that began; 0 if its turn did not come.
    pub attempts: u32,
    /// True once a push began, so that the destination may have changed.
    pub push_started: bool,
    /// The reason for which the step was cancelled before this mirror ended, if it was.
    pub cancelled: Option<CancelReason>,
    /// The address at which the source was read, if its server redirected to another.
    pub redirected: Option<Box<str>>,
    /// The connection test of a dry run, once both sides have answered or failed.
    pub connection_test: Option<ConnectionTest>,
    /// The creation of the destination.
    pub created: Created,
    /// The default branch of the destination.
    pub default_branch: DefaultBranchEnd,
    /// The LFS objects that were copied to the destination, and those that were not.
    pub lfs: LfsReport,
    /// The time at which the destination was last listed, and shown to be as the report says, in seconds since 1970.
    pub verified_at: Option<u64>,
    /// The time that the mirror took.
    pub elapsed: Duration,
    /// Its course.
    pub course: Course,
}

impl MirrorOutcome {
    /// Returns what was done, as far as that is known.
    pub fn report(&self) -> Option<&Report> {
        self.result.as_ref().ok()
    }

    /// Returns the time at which the destination was seen as it is now, in seconds since 1970: it was listed, and nothing was
    /// sent after that.
    pub fn last_listed(&self, mode: Mode) -> Option<u64> {
        let is_known = self.report().is_some_and(|report| report.interruption.is_none());
        self.verified_at.filter(|_| mode == Mode::Mirror && is_known)
    }
}
