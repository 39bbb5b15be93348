//! Errors and warnings about single refs.

use std::collections::HashSet;

use super::advice::Guidance;
use super::plan_lines::print_wrong_refs;
use super::problems::{Problem, Problems};
use super::units::Count;
use crate::agent::command::TaskResult;
use crate::agent::log::Log;
use crate::config::inputs::Caller;
use crate::config::mirror_spec::MirrorSpec;
use crate::error::{RemoteLabel, Side};
use crate::mirror::plan::{Difference, Kept, KeptReason};
use crate::mirror::report::{Outcome, RefOutcome, Report};

/// The most refs that become issues of their own; the agent keeps ten issues a step.
const ISSUES: usize = 8;

/// Raises an error where the mirror failed, else a warning.
pub(crate) fn raise_one(log: &Log, result: TaskResult, text: &str) {
    match result {
        TaskResult::Failed => log.error(text),
        TaskResult::Succeeded | TaskResult::SucceededWithIssues => log.warning(text),
    }
}

/// Raises an issue for each ref that does not stand as it should; of many, for the first.
pub(crate) fn raise(log: &Log, mirror: &MirrorSpec, caller: Caller, report: &Report, result: TaskResult) {
    let destination = RemoteLabel::new(Side::Destination, mirror.destination.url.to_string());
    warn_of_kept(log, caller, &destination, &report.kept);
    let problems = Problems::of(report, mirror, caller);
    let failed: Vec<_> = report.outcomes.iter().filter(|ref_| is_news(ref_, report)).collect();
    let (issues, rest) = failed.split_at(failed.len().min(ISSUES));
    let mut given = HashSet::new();
    for ref_ in issues {
        let Some(problem) = problems.of_ref(ref_) else { continue };
        raise_one(log, result, &issue(&destination, ref_, &problem));
        given.insert(problem.advice);
    }
    if rest.is_empty() {
        return;
    }
    let more = more(rest);
    raise_one(log, result, &format!("{destination}: {more}; see the log"));
    log.group(&more);
    print_wrong_refs(log, rest.iter().filter_map(|ref_| line(ref_, &problems, &mut given)));
    log.end_group();
}

/// Says what became of a ref. Advice that was given before is not told again.
fn line(ref_: &RefOutcome, problems: &Problems<'_>, given: &mut HashSet<Guidance>) -> Option<String> {
    let Problem { what, advice } = problems.of_ref(ref_)?;
    let advice = if advice.is_empty() || !given.insert(advice.clone()) {
        String::new()
    } else {
        format!(". {advice}")
    };
    Some(format!("  {} '{}': {what}{advice}", fate(&ref_.outcome), ref_.update.name()))
}

/// Names the refs of one of many mirrors that do not stand as they should, in lines: its issue is raised at the end of the
/// step, once for all of them.
pub(crate) fn list(log: &Log, mirror: &MirrorSpec, caller: Caller, report: &Report) {
    let problems = Problems::of(report, mirror, caller);
    let mut given = HashSet::new();
    let failed = report.outcomes.iter().filter(|ref_| is_news(ref_, report));
    print_wrong_refs(log, failed.filter_map(|ref_| line(ref_, &problems, &mut given)));
}

/// Says of all refs of a mirror that do not stand as they should what became of the first, and how many more there are.
pub(crate) fn in_short(mirror: &MirrorSpec, caller: Caller, report: &Report) -> Option<Problem> {
    let problems = Problems::of(report, mirror, caller);
    let mut failed = report.outcomes.iter().filter(|ref_| is_news(ref_, report));
    let first = failed.next()?;
    let Problem { what, advice } = problems.of_ref(first)?;
    let rest: Vec<_> = failed.collect();
    let rest = if rest.is_empty() { String::new() } else { format!("; {}", more(&rest)) };
    let what = format!("'{}' was {}: {what}{rest}", first.update.name(), fate(&first.outcome));
    Some(Problem { what, advice })
}

/// Says of all refs of a mirror that stay and are not as at the source why the first does, and how many more there are.
pub(crate) fn kept_in_short(caller: Caller, kept: &[Kept]) -> Option<Problem> {
    let (first, rest) = kept.split_first()?;
    let rest = if rest.is_empty() { String::new() } else { format!(" ({})", kept_too(rest.len())) };
    Some(Problem { what: caller.named(&why_kept(first)) + &rest, advice: Guidance::default() })
}

/// Lists refs that did not come this time, with what became of them, and without advice.
pub(crate) fn list_refs<'a>(
    log: &Log,
    mirror: &MirrorSpec,
    caller: Caller,
    report: &Report,
    refs: impl IntoIterator<Item = &'a RefOutcome>,
) {
    let problems = Problems::of(report, mirror, caller);
    let line = |ref_: &RefOutcome| {
        let Problem { what, .. } = problems.of_ref(ref_)?;
        Some(format!("  {} '{}': {what}", fate(&ref_.outcome), ref_.update.name()))
    };
    print_wrong_refs(log, refs.into_iter().filter_map(line));
}

/// Warns of refs that stay, which the log has named when the plan was made.
fn warn_of_kept(log: &Log, caller: Caller, destination: &RemoteLabel, kept: &[Kept]) {
    for kept in kept.iter().take(ISSUES) {
        let text = format!("{destination}: {}", why_kept(kept));
        log.warning(&caller.named(&text));
    }
    if let Some(more) = kept.len().checked_sub(ISSUES).filter(|more| *more > 0) {
        log.warning(&format!("{destination}: {}; see the log", kept_too(more)));
    }
}

fn kept_too(more: usize) -> String {
    let are = if more == 1 { "is" } else { "are" };
    format!("{} {are} kept", Count(more as u64, "more ref"))
}

/// Says why a ref stays that is not as at the source, and what makes it so.
fn why_kept(Kept { name, reason, difference }: &Kept) -> String {
    let lacks = match difference {
        Difference::Extra => "is not at the source but is kept",
        Difference::Value => "has another value at the source but is kept",
    };
    match (reason, difference) {
        (KeptReason::DefaultBranch, _) => format!(
            "the default branch '{name}' {lacks}. Change the default branch there to let the next run delete it."
        ),
        (KeptReason::Diverged(tip), Difference::Extra) => format!(
            "'{name}' is not at the source but is kept, since its tip {tip} is not known there ('divergedRefs: keep'). Push it \
             to the source to have it there, or delete it at the destination."
        ),
        (KeptReason::Diverged(tip), Difference::Value) => format!(
            "'{name}' is kept, since it has diverged: its tip {tip} is not part of the source's ('divergedRefs: keep'). Push \
             what is wanted of it to the source, or set 'divergedRefs' to 'overwrite' for one run."
        ),
        (KeptReason::TargetOf(alias), _) => format!(
            "'{name}' {lacks}, since the symbolic ref '{alias}' there points to it. Remove the symbolic ref ('git \
             symbolic-ref --delete {alias}') to let the next run make a branch of it."
        ),
        (KeptReason::SymbolicFor(target), Difference::Extra) => format!(
            "'{name}', there a symbolic ref to '{target}', {lacks}. Remove it there ('git symbolic-ref --delete {name}'), \
             or leave it out with 'excludeRefs'."
        ),
        (KeptReason::SymbolicFor(target), Difference::Value) => format!(
            "'{name}', there a symbolic ref to '{target}', {lacks}. Remove it there ('git symbolic-ref --delete {name}') \
             to let the next run create it."
        ),
    }
}

/// Tells if the interruption of the mirror has not told what became of a ref already.
fn is_news(ref_: &RefOutcome, report: &Report) -> bool {
    match ref_.outcome {
        Outcome::Done | Outcome::Planned => false,
        Outcome::NotPushed | Outcome::Unknown | Outcome::InPart(_) => report.interruption.is_none(),
        Outcome::Rejected(_)
        | Outcome::Unsupported(_)
        | Outcome::ChangedConcurrently
        | Outcome::ReportedButUnchanged => true,
    }
}

/// Says of a ref that it does not stand as it should.
fn issue(destination: &RemoteLabel, ref_: &RefOutcome, Problem { what, advice }: &Problem) -> String {
    let name = ref_.update.name();
    match ref_.outcome {
        Outcome::Rejected(_) => format!("{destination} refused '{name}': {what}. {advice}"),
        _ => format!("{destination}: '{name}' was {}: {what}. {advice}", fate(&ref_.outcome)),
    }
}

/// Names what became of a ref that does not stand as it should.
fn fate(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Rejected(_) => "refused",
        Outcome::Unsupported(_) => "left out",
        _ => "not done",
    }
}

/// Counts such refs.
fn more(refs: &[&RefOutcome]) -> String {
    let were = if refs.len() == 1 { "was" } else { "were" };
    let mut fates: Vec<_> = refs.iter().map(|ref_| fate(&ref_.outcome)).collect();
    fates.sort_unstable();
    fates.dedup();
    format!("{} {were} {}", Count(refs.len() as u64, "more ref"), fates.join(" or "))
}
