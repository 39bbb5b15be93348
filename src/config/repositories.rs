//! The settings of a step whose source is a project, an organization or a folder of repositories.

use std::num::NonZeroUsize;

use super::input_error::{InputError, InputPlace};
use super::inputs::{
    CREATE_DESTINATION, Caller, DEFAULT_BRANCH, EXCLUDE_REPOSITORIES, INCLUDE_REPOSITORIES, INCLUDE_WIKIS,
    Input, OVERWRITE_UNRELATED, PARALLEL_REPOSITORIES, REPOSITORY_NAME,
};
use super::reader::Reader;
use super::values::number;
use crate::containers::selection::RepositorySelection;
use crate::containers::slice::{Slice, SliceError};
use crate::containers::template::NameTemplate;
use crate::hosts::listing::{Visibility, Wikis};

/// The agent's word for the way in which the jobs of a phase are several.
const PARALLEL_EXECUTION: &str = "SYSTEM_PARALLELEXECUTIONTYPE";

/// The number of this job among them, from 1.
const JOB_POSITION: &str = "SYSTEM_JOBPOSITIONINPHASE";

/// The number of jobs.
const TOTAL_JOBS: &str = "SYSTEM_TOTALJOBSINPHASE";

/// The inputs that are read here, and of no use where the source is one repository.
const OF_MANY: [&Input; 6] = [
    &INCLUDE_REPOSITORIES,
    &EXCLUDE_REPOSITORIES,
    &INCLUDE_WIKIS,
    &REPOSITORY_NAME,
    &OVERWRITE_UNRELATED,
    &PARALLEL_REPOSITORIES,
];

/// The repositories of a container that are mirrored, how, and by which job.
#[derive(Clone, Debug)]
pub struct Repositories {
    /// Those that are mirrored.
    pub selection: RepositorySelection,
    /// Their wikis.
    pub wikis: Wikis,
    /// The names at the destination.
    pub names: NameTemplate,
    /// Repositories at the destination that are no mirrors of the source.
    pub unrelated: Unrelated,
    /// The number of mirrors under way at the same time.
    pub at_once: AtOnce,
    /// The inputs of all this that were given, other than with their defaults, by their names in quotes.
    pub given: Vec<String>,
    /// The share of this job. It holds for one repository, too, which is the first job's.
    pub slice: Slice,
}

/// The fate of a repository at the destination that has the name of a mirror and nothing of its source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unrelated {
    /// It is left as it is, and that mirror fails.
    Refused,
    /// It is made a mirror.
    Overwritten,
}

/// A number of mirrors under way at the same time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AtOnce(NonZeroUsize);

impl AtOnce {
    /// The most: each takes a connection to either side, and LFS more.
    pub const MOST: usize = 16;

    /// Returns the number if it is from 1 to [`MOST`](Self::MOST).
    pub fn new(number: usize) -> Option<Self> {
        NonZeroUsize::new(number).filter(|number| number.get() <= Self::MOST).map(Self)
    }

    /// Returns the number.
    pub fn get(self) -> usize {
        self.0.get()
    }
}

/// The creation of a destination that does not exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Creation {
    /// None. A folder is created all the same.
    Never,
    /// An empty repository, which nobody sees whom this visibility does not allow.
    As(Visibility),
}

/// The default branch of the destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DefaultBranch {
    /// It is left to the destination.
    Leave,
    /// It is set to that of the source.
    Follow,
}

impl Reader<'_> {
    /// Reads what holds where the source is a container, to the end even where something is wrong.
    pub(super) fn repositories(&mut self) -> Option<Repositories> {
        let include = self.repository_patterns(&INCLUDE_REPOSITORIES);
        let exclude = self.repository_patterns(&EXCLUDE_REPOSITORIES);
        let wikis = self.either(&INCLUDE_WIKIS, Wikis::Mirrored, Wikis::LeftOut);
        let names = self.names();
        let unrelated = self.either(&OVERWRITE_UNRELATED, Unrelated::Overwritten, Unrelated::Refused);
        let most = format!("a number from 1 to {}", AtOnce::MOST);
        let at_once = self.parsed(&PARALLEL_REPOSITORIES, &most, |text| number(text).and_then(AtOnce::new));
        let slice = self.slice();
        let is_given = |input: &&'static Input| !self.values.is_default(input);
        let given = OF_MANY.into_iter().filter(is_given).map(|input| self.values.name(input)).collect();
        // Both lists have been checked alone, to know which input is wrong.
        let selection = RepositorySelection::new(&include?, &exclude?).ok()?;
        let (wikis, names, unrelated) = (wikis?, names?, unrelated?);
        let (at_once, slice) = (at_once?, slice?);
        Some(Repositories { selection, wikis, names, unrelated, at_once, given, slice })
    }

    fn repository_patterns(&mut self, input: &'static Input) -> Option<Vec<String>> {
        self.checked_lines(input, |lines| RepositorySelection::new(lines, &[]).map(drop))
    }

    fn names(&mut self) -> Option<NameTemplate> {
        let text = self.values.text(&REPOSITORY_NAME);
        let text = self.ok_or_note(text)?.unwrap_or_else(|| REPOSITORY_NAME.default.to_owned());
        let names = NameTemplate::parse(&text)
            .map_err(|error| self.values.wrong(&REPOSITORY_NAME, format!("cannot be used: {error}")));
        self.ok_or_note(names)
    }

    /// Reads this job's share. By hand there is one job, wherever that is.
    fn slice(&mut self) -> Option<Slice> {
        if self.values.caller() == Caller::Person {
            return Some(Slice::WHOLE);
        }
        let variable = |name| self.environment.text(name);
        let slice = Slice::of_job(variable(PARALLEL_EXECUTION), variable(JOB_POSITION), variable(TOTAL_JOBS));
        self.ok_or_note(slice.map_err(|error| {
            let variable = match error {
                SliceError::Total => TOTAL_JOBS,
                SliceError::Position(_) => JOB_POSITION,
            };
            let mend = "the agent sets it, so remove a variable of this name from the pipeline";
            InputError::plain(InputPlace::Variable(variable), format!("{error}; {mend}"))
        }))
    }

    /// Reads how a destination is created. YAML writes a choice of nothing as false, too.
    pub(super) fn creation(&mut self) -> Option<Creation> {
        self.parsed(&CREATE_DESTINATION, "none, private, internal or public", |text| match text {
            "none" | "false" => Some(Creation::Never),
            "private" => Some(Creation::As(Visibility::Private)),
            "internal" => Some(Creation::As(Visibility::Internal)),
            "public" => Some(Creation::As(Visibility::Public)),
            _ => None,
        })
    }

    pub(super) fn default_branch(&mut self) -> Option<DefaultBranch> {
        self.parsed(&DEFAULT_BRANCH, "leave or follow", |text| match text {
            "leave" => Some(DefaultBranch::Leave),
            "follow" => Some(DefaultBranch::Follow),
            _ => None,
        })
    }
}
