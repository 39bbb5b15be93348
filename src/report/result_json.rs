//! The whole result of a step for scripts. A field is only ever added; what changes its meaning changes `schemaVersion`.

use serde::Serialize;

use super::container::listed_as;
use super::course_result::CourseResult;
use super::ending::Ending;
use super::ending::troubles::{Fate, Subject, Trouble};
use super::outputs::{self, Sums};
use super::step_end::StepEnd;
use super::taken_result::{self, TakenResult};
use super::unnamed;
use crate::agent::command::TaskResult;
use crate::agent::masks::Masks;
use crate::containers::expansion::CleanedName;
use crate::mirror::ports::Mode;
use crate::mirror::push_size::{Limit, LimitOrigin};
use crate::mirror::report::{Counts, Outcome};
use crate::protocol::receive_pack::RefUpdate;
use crate::report::outcome::{Created, DefaultBranchEnd, Extent, ListedContainer};

const SCHEMA_VERSION: u32 = 1;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct StepResult {
    schema_version: u32,
    program_version: &'static str,
    result: &'static str,
    summary: String,
    mode: &'static str,
    extent: &'static str,
    cancelled: bool,
    elapsed_milliseconds: u64,
    repositories_mirrored: usize,
    repositories_failed: usize,
    sums: SumsResult,
    errors: Vec<ErrorResult>,
    #[serde(skip_serializing_if = "Option::is_none")]
    container: Option<ContainerResult>,
    mirrors: Vec<MirrorResult>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SumsResult {
    refs: RefsResult,
    pack_bytes: u64,
    lfs: LfsResult,
    changed: bool,
}

#[derive(Serialize, Default)]
#[serde(rename_all = "camelCase")]
struct RefsResult {
    created: usize,
    updated: usize,
    deleted: usize,
    planned: PlannedResult,
    rejected: usize,
    not_done: usize,
    unchanged: usize,
    kept: usize,
}

/// The changes that a dry run would make.
#[derive(Serialize, Default)]
struct PlannedResult {
    create: usize,
    update: usize,
    delete: usize,
}

#[derive(Serialize)]
struct LfsResult {
    objects: u64,
    bytes: u64,
    missing: usize,
}

#[derive(Serialize)]
struct ErrorResult {
    kind: String,
    message: String,
    advice: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ContainerResult {
    source: String,
    destination: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    listed_as: Option<String>,
    job: u32,
    jobs: u32,
    listed: usize,
    selected: usize,
    of_other_jobs: usize,
    disabled: Vec<String>,
    without_name: Vec<WithoutName>,
    renamed: Vec<Renamed>,
    idle_patterns: Vec<String>,
    only_at_destination: Vec<String>,
}

#[derive(Serialize)]
struct WithoutName {
    path: String,
    reason: String,
}

#[derive(Serialize)]
struct Renamed {
    path: String,
    name: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct MirrorResult {
    name: String,
    source: String,
    destination: String,
    result: &'static str,
    fate: &'static str,
    summary: String,
    attempts: u32,
    push_started: bool,
    created: &'static str,
    default_branch: DefaultBranchResult,
    refs: RefsResult,
    taken: Vec<TakenResult>,
    taken_not_listed: usize,
    pack_bytes: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    parts: Option<PartsResult>,
    lfs: LfsResult,
    elapsed_milliseconds: u64,
    #[serde(flatten)]
    course: CourseResult,
    errors: Vec<ErrorResult>,
}

/// The parts in which pushes went.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PartsResult {
    most_bytes: u64,
    limit: &'static str,
}

#[derive(Serialize)]
struct DefaultBranchResult {
    end: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
}

/// Writes the result of a step as JSON, without these secrets.
///
/// # Errors
///
/// Fails where it is no JSON, which it always is.
pub(super) fn text(end: &StepEnd<'_>, masks: &Masks) -> Result<String, serde_json::Error> {
    serde_json::to_string_pretty(&StepResult::of(end, masks)).map(|json| json + "\n")
}

impl StepResult {
    /// Makes the result of a step, without these secrets.
    pub(super) fn of(end: &StepEnd<'_>, masks: &Masks) -> Self {
        let mirrors: Vec<_> = end.endings.iter().map(|ending| mirror(ending, end.step.mode, masks)).collect();
        let sums = outputs::sums(end);
        let errors = end.errors.iter().zip(end.problems());
        Self {
            schema_version: SCHEMA_VERSION,
            program_version: env!("CARGO_PKG_VERSION"),
            result: result(end.result),
            summary: masks.clean(&end.summary),
            mode: match end.step.mode {
                Mode::Mirror => "mirror",
                Mode::DryRun => "dryRun",
            },
            extent: match *end.outcome.extent {
                Extent::Unknown => "unknown",
                Extent::Prevented(_) => "prevented",
                Extent::Named => "repository",
                Extent::OfOtherJob(_) => "ofOtherJob",
                Extent::Container(_) => "container",
            },
            cancelled: end.outcome.cancelled.is_some(),
            elapsed_milliseconds: milliseconds(end.outcome.elapsed),
            repositories_mirrored: outputs::mirrored(end),
            repositories_failed: end.failed(),
            sums: SumsResult::of(sums, mirrors.iter().map(|mirror| &mirror.refs)),
            errors: errors
                .map(|(error, problem)| {
                    let trouble = Trouble { about: Subject::Error(error.failure.kind), problem };
                    ErrorResult::of(&trouble, masks)
                })
                .collect(),
            container: end.listed().map(|listed| container(end, listed, masks)),
            mirrors,
        }
    }
}

impl SumsResult {
    fn of<'a>(sums: Sums, mirrors: impl Iterator<Item = &'a RefsResult>) -> Self {
        let refs = mirrors.fold(RefsResult::default(), RefsResult::plus);
        let Sums { pack_bytes, lfs_objects: objects, lfs_bytes: bytes, lfs_missing: missing, .. } = sums;
        Self { refs, pack_bytes, lfs: LfsResult { objects, bytes, missing }, changed: sums.is_change() }
    }
}

impl RefsResult {
    fn of(ending: &Ending<'_>) -> Self {
        let Some(report) = ending.outcome.report() else { return Self::default() };
        let Counts { created, updated, deleted, rejected, not_done } = report.counts();
        let planned = report.outcomes.iter().filter(|ref_| ref_.outcome == Outcome::Planned);
        let planned = planned.fold(PlannedResult::default(), |mut planned, ref_| {
            match ref_.update {
                RefUpdate::Create { .. } => planned.create += 1,
                RefUpdate::Update { .. } => planned.update += 1,
                RefUpdate::Delete { .. } => planned.delete += 1,
            }
            planned
        });
        let (unchanged, kept) = (report.unchanged, report.kept.len());
        Self { created, updated, deleted, planned, rejected, not_done, unchanged, kept }
    }

    fn plus(self, other: &Self) -> Self {
        Self {
            created: self.created + other.created,
            updated: self.updated + other.updated,
            deleted: self.deleted + other.deleted,
            planned: PlannedResult {
                create: self.planned.create + other.planned.create,
                update: self.planned.update + other.planned.update,
                delete: self.planned.delete + other.planned.delete,
            },
            rejected: self.rejected + other.rejected,
            not_done: self.not_done + other.not_done,
            unchanged: self.unchanged + other.unchanged,
            kept: self.kept + other.kept,
        }
    }
}

impl ErrorResult {
    fn of(Trouble { about, problem }: &Trouble, masks: &Masks) -> Self {
        let kind = match about {
            Subject::Error(kind) => {
                // The data of a kind, such as a time to wait, are no part of its name.
                let kind = format!("{kind:?}");
                kind.split_once(" {").map_or(kind.clone(), |(name, _)| name.to_owned())
            }
            Subject::Refs => "Refs".to_owned(),
            Subject::LfsObjects => "LfsObjects".to_owned(),
            Subject::Kept => "Kept".to_owned(),
        };
        Self { kind, message: masks.clean(&problem.what), advice: masks.clean(&problem.advice.text) }
    }
}

fn mirror(ending: &Ending<'_>, mode: Mode, masks: &Masks) -> MirrorResult {
    let outcome = ending.outcome;
    MirrorResult {
        name: masks.clean(&outcome.mirror.name()),
        source: masks.clean(&outcome.mirror.source.url.to_string()),
        destination: masks.clean(&outcome.mirror.destination.url.to_string()),
        result: result(ending.result),
        fate: match ending.fate() {
            Fate::Failed => "failed",
            Fate::HalfWay => "halfWay",
            Fate::NotBegun => "notBegun",
            Fate::WithIssues => "withIssues",
            Fate::Changed => "changed",
            Fate::UpToDate => "upToDate",
        },
        summary: masks.clean(&ending.summary),
        attempts: outcome.attempts,
        push_started: outcome.push_started,
        created: match outcome.created {
            Created::No => "no",
            Created::Yes => "yes",
            Created::Planned => "planned",
        },
        default_branch: default_branch(&outcome.default_branch, masks),
        refs: RefsResult::of(ending),
        taken: taken_result::of(outcome.report(), masks),
        taken_not_listed: taken_result::not_listed(outcome.report()),
        pack_bytes: outcome.report().map_or(0, |report| report.pack_bytes),
        parts: outcome.report().and_then(|report| report.divided).map(parts),
        lfs: LfsResult {
            objects: outcome.lfs.objects,
            bytes: outcome.lfs.bytes,
            missing: outcome.lfs.missing.len(),
        },
        elapsed_milliseconds: milliseconds(outcome.elapsed),
        course: CourseResult::of(outcome, mode),
        errors: ending.troubles().iter().map(|trouble| ErrorResult::of(trouble, masks)).collect(),
    }
}

fn parts(limit: Limit) -> PartsResult {
    PartsResult {
        most_bytes: limit.bytes.get(),
        limit: match limit.origin {
            LimitOrigin::Asked => "asked",
            LimitOrigin::Host => "host",
            LimitOrigin::Said => "said",
            LimitOrigin::Learned => "learned",
        },
    }
}

fn default_branch(end: &DefaultBranchEnd, masks: &Masks) -> DefaultBranchResult {
    let (end, name) = match end {
        DefaultBranchEnd::Left => ("left", None),
        DefaultBranchEnd::Same => ("same", None),
        DefaultBranchEnd::Differs { there, .. } => ("differs", Some(there)),
        DefaultBranchEnd::Set(name) => ("set", Some(name)),
        DefaultBranchEnd::Planned(name) => ("planned", Some(name)),
        DefaultBranchEnd::NotSet(name, _) => ("notSet", Some(name)),
    };
    DefaultBranchResult { end, name: name.map(|name| masks.clean(&name.to_string())) }
}

fn container(end: &StepEnd<'_>, listed: &ListedContainer, masks: &Masks) -> ContainerResult {
    let clean = |texts: &[String]| texts.iter().map(|text| masks.clean(text)).collect();
    let (job, jobs) = listed.slice.position();
    let expansion = &listed.expansion;
    ContainerResult {
        source: masks.clean(&listed.source.url),
        destination: masks.clean(&listed.destination.url),
        listed_as: listed_as(end.step, listed).map(|whom| masks.clean(whom.trim_matches('\''))),
        job,
        jobs,
        listed: expansion.counts.listed,
        selected: expansion.counts.selected,
        of_other_jobs: expansion.counts.of_other_jobs,
        disabled: clean(&expansion.disabled),
        without_name: expansion
            .unnamed
            .iter()
            .map(|one| WithoutName { path: masks.clean(&one.path), reason: masks.clean(&unnamed::why(one)) })
            .collect(),
        renamed: listed
            .cleaned
            .iter()
            .map(|CleanedName { path, name, .. }| Renamed {
                path: masks.clean(path),
                name: masks.clean(name),
            })
            .collect(),
        idle_patterns: clean(&expansion.idle),
        only_at_destination: clean(&listed.only_at_destination),
    }
}

fn result(result: TaskResult) -> &'static str {
    match result {
        TaskResult::Succeeded => "succeeded",
        TaskResult::SucceededWithIssues => "succeededWithIssues",
        TaskResult::Failed => "failed",
    }
}

fn milliseconds(time: std::time::Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
