//! The inputs as the types that the work is done with.

use std::num::NonZeroU64;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::certificates::AgentTls;
use super::flags::{Flags, ResultPlace};
use super::input_error::{InputError, InputProblem};
use super::inputs::{
    CLONE_DIRECTORY, CONNECT_TIMEOUT, DESTINATION_URL, DIVERGED_REFS, DRY_RUN, EMPTY_SOURCE, EXCLUDE,
    INCLUDE, KEEP_REPLACED, KEEP_REPLACED_DAYS, LFS, LFS_MISSING, MAP_REFS, MAX_ATTEMPTS, MAX_DELETIONS,
    MAX_PUSH_SIZE, PRUNE, REJECTED_REFS, REPORT_TIMEOUT, RUN_TIMEOUT, STALL_TIMEOUT,
};
use super::inputs::{Caller, Input};
use super::mirror_spec::{Chosen, MirrorSpec};
use super::monitoring::{BuildTags, Heartbeat};
use super::reader::Reader;
use super::repositories::{Creation, DefaultBranch, Repositories};
use super::shared_tokens::SharedTokens;
use super::side_inputs::{DESTINATION, SOURCE};
use super::size;
use super::values::{Values, number};
use crate::agent::environment::Environment;
use crate::hosts::identity::same_repository;
use crate::http::timeouts::Timeouts;
use crate::lfs::policy::{Extent, LfsPolicy, MissingObjects};
use crate::mirror::policy::{
    DeletionLimit, DivergedRefs, EmptySource, KeepReplaced, Policy, Prune, Selection,
};
use crate::mirror::ports::Mode;
use crate::mirror::ref_map::{RefMap, RefspecError};
use crate::mirror::report::RejectedRefs;
use crate::mirror::retry::Attempts;
use crate::secret::Secret;
use crate::transport::endpoint::Endpoint;
use crate::transport::ssh_program::{ChildEnvironment, SshProgram};

/// All inputs, checked: the two sides, and what holds for each mirror between them.
#[derive(Debug)]
pub struct Step {
    /// The two addresses as they were given: those of one mirror, or of the containers that its mirrors are in.
    pub given: Arc<MirrorSpec>,
    /// The mirrors where the source is a container.
    pub repositories: Repositories,
    /// The creation of destinations that do not exist.
    pub creation: Creation,
    /// The default branch of each destination.
    pub default_branch: DefaultBranch,
    /// The refs to mirror, and what may be deleted.
    pub policy: Policy,
    /// The mode: refs change, or they do not.
    pub mode: Mode,
    /// The meaning of refused refs.
    pub rejected_refs: RejectedRefs,
    /// The LFS objects that are copied.
    pub lfs: LfsPolicy,
    /// The most bytes of one push; none where the destination's own limit counts.
    pub max_push: Option<NonZeroU64>,
    /// The limits of tries and waits.
    pub limits: Limits,
    /// The tags that the build gets.
    pub build_tags: BuildTags,
    /// The monitor that is asked after a success.
    pub heartbeat: Option<Heartbeat>,
    /// The folder for a pack that must wait on disk.
    pub spool_folder: PathBuf,
    /// The folder in which a file stays until the agent has read it; none without an agent.
    pub temporary_folder: Option<PathBuf>,
    /// The place that the result is written to for scripts, in a run by hand.
    pub result: Option<ResultPlace>,
    /// Every form in which a secret that was given could be printed, also one that nobody is sent. To be masked before
    /// anything is printed; tokens that are got later are masked then.
    pub secrets: Vec<Secret>,
    /// The program that runs for SSH.
    pub ssh: SshProgram,
    /// The environment that it gets.
    pub child_environment: ChildEnvironment,
    /// Facts that the log says first.
    pub notices: Vec<String>,
    /// Facts about the agent's settings that the user should know.
    pub warnings: Vec<String>,
    /// The caller, who reads the inputs' names.
    pub caller: Caller,
}

/// The limits of a step's tries and waits.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The most attempts of each mirror.
    pub attempts: Attempts,
    /// The longest silences of servers.
    pub timeouts: Timeouts,
    /// The longest time of the whole step.
    pub time: Duration,
}

/// Reads the inputs from the flags and the agent's variables.
///
/// # Errors
///
/// Everything that is wrong, at once.
pub fn read(environment: &Environment, flags: Flags) -> Result<Step, Vec<InputError>> {
    let mut tls = AgentTls::read(environment);
    let warnings = std::mem::take(&mut tls.warnings);
    let Flags { inputs, result, .. } = flags;
    let values = Values::new(environment, inputs);
    Reader {
        environment,
        values,
        tls,
        notices: Vec::new(),
        warnings,
        users_without_password: Vec::new(),
        secrets_in_urls: Vec::new(),
        shared: SharedTokens::default(),
        errors: Vec::new(),
    }
    .read(result)
}

impl Reader<'_> {
    fn read(mut self, result: Option<ResultPlace>) -> Result<Step, Vec<InputError>> {
        let source = self.endpoint(&SOURCE);
        let destination = self.endpoint(&DESTINATION);
        let policy = self.policy();
        let mode = self.either(&DRY_RUN, Mode::DryRun, Mode::Mirror);
        let rejected_refs = self.parsed(&REJECTED_REFS, "fail or warn", |text| match text {
            "fail" => Some(RejectedRefs::Fail),
            "warn" => Some(RejectedRefs::Warn),
            _ => None,
        });
        let lfs = self.lfs();
        let max_push = self.max_push();
        let max_push = self.ok_or_note(max_push);
        let repositories = self.repositories();
        let creation = self.creation();
        let default_branch = self.default_branch();
        let most = format!("a number from 1 to {}", Attempts::MOST);
        let attempts = self.parsed(&MAX_ATTEMPTS, &most, |text| number(text).and_then(Attempts::new));
        let connect = self.duration(&CONNECT_TIMEOUT, 1, "a number of seconds, at least 1");
        let stall = self.duration(&STALL_TIMEOUT, 1, "a number of seconds, at least 1");
        let report = self.duration(&REPORT_TIMEOUT, 60, "a number of minutes, at least 1");
        let time_limit = self.duration(&RUN_TIMEOUT, 60, "a number of minutes, at least 1");
        let build_tags = self.build_tags();
        let heartbeat = self.heartbeat();
        let heartbeat = self.ok_or_note(heartbeat);
        let clone_directory = self.values.folder(&CLONE_DIRECTORY);
        let spool_folder = self.environment.spool_folder();
        let clone_directory = self.ok_or_note(clone_directory);
        if let (Some(source), Some(destination)) = (&source, &destination)
            && same_repository((&source.url, source.host()), (&destination.url, destination.host()))
        {
            let problem = InputProblem::SameRepository;
            self.errors.push(self.values.error_without_example(&DESTINATION_URL, problem));
        }
        let (caller, users_without_password) = (self.values.caller(), self.users_without_password);
        let warnings = self.warnings.iter().map(|warning| caller.named(warning)).collect();
        let of_endpoints = source.iter().chain(&destination).flat_map(Endpoint::masks);
        let unused = self.environment.secrets_of_task();
        let of_heartbeat = heartbeat.iter().flatten().flat_map(Heartbeat::masks);
        let secrets: Vec<_> =
            of_endpoints.chain(of_heartbeat).chain(self.secrets_in_urls).chain(unused).collect();
        let step = || {
            let mirror = MirrorSpec {
                source: source?,
                destination: destination?,
                clone_directory: clone_directory?,
                users_without_password,
                chosen: Chosen::ByUser,
            };
            Some(Step {
                given: Arc::new(mirror),
                repositories: repositories?,
                creation: creation?,
                default_branch: default_branch?,
                policy: policy?,
                mode: mode?,
                rejected_refs: rejected_refs?,
                lfs: lfs?,
                max_push: max_push?,
                limits: Limits {
                    attempts: attempts?,
                    timeouts: Timeouts { connect: connect?, stall: stall?, report: report? },
                    time: time_limit?,
                },
                build_tags: build_tags?,
                heartbeat: heartbeat?,
                spool_folder,
                temporary_folder: self.environment.page_folder(),
                result,
                ssh: self.environment.ssh_program(),
                child_environment: self.environment.for_children(&secrets),
                secrets,
                notices: self.notices,
                warnings,
                caller,
            })
        };
        match step() {
            Some(step) if self.errors.is_empty() => Ok(step),
            _ => Err(self.errors),
        }
    }

    fn policy(&mut self) -> Option<Policy> {
        let include = self.patterns(&INCLUDE);
        let exclude = self.patterns(&EXCLUDE);
        let map = self.ref_map();
        let prune = self.either(&PRUNE, Prune::Delete, Prune::Keep);
        let empty_source = self.either(&EMPTY_SOURCE, EmptySource::Allow, EmptySource::Refuse);
        let deletions = self.parsed(&MAX_DELETIONS, "a number from 0 to 100", |text| {
            number(text.trim_end_matches('%').trim_end()).and_then(DeletionLimit::percent)
        });
        let diverged = self.diverged();
        let replaced = self.replaced();
        // Both lists have been checked alone, to know which input is wrong.
        let selection = Selection::new(&include?, &exclude?).ok()?.mapped(map?);
        Some(Policy {
            selection,
            prune: prune?,
            empty_source: empty_source?,
            deletions: deletions?,
            diverged: diverged?,
            replaced: replaced?,
        })
    }

    fn diverged(&mut self) -> Option<DivergedRefs> {
        self.parsed(&DIVERGED_REFS, "overwrite, keep or fail", |text| match text {
            "overwrite" => Some(DivergedRefs::Overwrite),
            "keep" => Some(DivergedRefs::Keep),
            "fail" => Some(DivergedRefs::Fail),
            _ => None,
        })
    }

    /// Reads what holds the tips that are taken away. YAML writes a choice of nothing as false, too.
    fn replaced(&mut self) -> Option<KeepReplaced> {
        let days = self.parsed(&KEEP_REPLACED_DAYS, "a number from 1 to 36500", |text| {
            number(text).filter(|days| (1..=36_500).contains(days))
        });
        let kept =
            self.parsed::<fn(u32) -> KeepReplaced>(&KEEP_REPLACED, "none or tags", |text| match text {
                "none" | "false" => Some(|_| KeepReplaced::Nothing),
                "tags" => Some(|days| KeepReplaced::Tags { days }),
                _ => None,
            });
        Some(kept?(days?))
    }

    /// Reads the most bytes of one push.
    fn max_push(&self) -> Result<Option<NonZeroU64>, InputError> {
        let size = self.values.text(&MAX_PUSH_SIZE)?.map(|text| size::parse(&text)).transpose();
        size.map_err(|error| {
            self.values.error_without_example(&MAX_PUSH_SIZE, format!("cannot be used: {error}"))
        })
    }

    /// Reads which LFS objects are copied. YAML writes a choice of nothing as false, too.
    fn lfs(&mut self) -> Option<LfsPolicy> {
        let extent = self.parsed(&LFS, "auto, full or none", |text| match text {
            "auto" => Some(Some(Extent::Auto)),
            "full" => Some(Some(Extent::Full)),
            "none" | "false" => Some(None),
            _ => None,
        });
        let missing = self.parsed(&LFS_MISSING, "fail or warn", |text| match text {
            "fail" => Some(MissingObjects::Fail),
            "warn" => Some(MissingObjects::Warn),
            _ => None,
        });
        let (extent, missing) = (extent?, missing?);
        Some(extent.map_or(LfsPolicy::NotCopied, |extent| LfsPolicy::Copied { extent, missing }))
    }

    /// Reads the names that refs get at the destination.
    fn ref_map(&mut self) -> Option<RefMap> {
        let wrong = |error: RefspecError| {
            let problem = format!("cannot be used: {}", self.values.caller().named(&error.to_string()));
            self.values.error_without_example(&MAP_REFS, problem)
        };
        let map = self.values.lines(&MAP_REFS).and_then(|lines| RefMap::new(&lines).map_err(wrong));
        self.ok_or_note(map)
    }

    fn patterns(&mut self, input: &'static Input) -> Option<Vec<String>> {
        self.checked_lines(input, |lines| Selection::new(lines, &[]).map(drop))
    }
}

/// Reads a run from its flags and variables alone.
#[cfg(test)]
pub(crate) fn of_environment(environment: &Environment) -> Result<Step, Vec<InputError>> {
    match super::flags::read(environment) {
        Ok(super::flags::Request::Run(flags)) => read(environment, flags),
        other => panic!("{other:?} is no run"),
    }
}

#[cfg(test)]
mod tests;
