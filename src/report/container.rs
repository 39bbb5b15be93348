//! A container and its repositories in the log: what was listed before anything is sent, and how all ended.

use super::connection_test::{self, SignIn};
use super::ending::Ending;
use super::ending::troubles::Fate;
use super::list_cap::LISTED;
use super::outputs::Sums;
use super::plan_lines::print_first;
use super::problems::Problem;
use super::step_end::{StepEnd, job};
use super::units::{Count, capitalised};
use super::{counts, outputs, unnamed};
use crate::agent::command::IssueKind;
use crate::agent::log::Log;
use crate::config::step::Step;
use crate::containers::expansion::{CleanedName, ListCounts};
use crate::error::Side;
use crate::hosts::account::Account;
use crate::mirror::ports::Mode;
use crate::report::outcome::ListedContainer;

/// The agent keeps ten issues of each kind a step. So many are for what is known before anything is sent.
const ISSUES_OF_LIST: usize = 4;

/// So many are for how the mirrors ended; one is left for the end of the step.
const ISSUES_OF_MIRRORS: usize = 5;

/// The name of what lists are of.
const MIRROR: &str = "mirror";

/// Says what a container holds, what of it is mirrored, and what is not and why: all at once, before anything is sent.
pub(crate) fn tell_list(log: &Log, step: &Step, listed: &ListedContainer, mirrors: usize) {
    for line in in_numbers(step, listed, mirrors) {
        log.line(&line);
    }
    let disabled = listed.expansion.disabled.iter();
    tell(log, disabled.map(|path| format!("  '{path}' is disabled, and is not mirrored")));
    tell(log, listed.cleaned.iter().map(|cleaned| format!("  {}", in_words(cleaned))));
    let idle =
        listed.expansion.idle.iter().map(|pattern| format!("the pattern '{pattern}' matches no repository"));
    // A pattern with a wildcard may well match none; one name that does not is often a mistake.
    let (names, patterns): (Vec<_>, Vec<_>) = idle.partition(|text| !text.contains(['*', '?']));
    tell(log, patterns.into_iter());
    raise(log, IssueKind::Warning, ISSUES_OF_LIST, &names);
    let unnamed = unnamed::problems(&listed.expansion.unnamed, step.caller);
    let unnamed: Vec<_> = unnamed.iter().map(Problem::in_sentences).collect();
    raise(log, IssueKind::Error, ISSUES_OF_LIST, &unnamed);
}

/// Says how many repositories are listed, as whom, and how many of them are mirrored.
pub(crate) fn in_numbers(step: &Step, listed: &ListedContainer, mirrors: usize) -> Vec<String> {
    let ListCounts { listed: all, selected, of_other_jobs } = listed.expansion.counts;
    let are = if all == 1 { "repository is" } else { "repositories are" };
    let whom = match listed_as(step, listed) {
        Some(whom) => format!(", as {whom}; what it may not see is not among them"),
        None => String::new(),
    };
    let share = if listed.slice.is_whole() {
        String::new()
    } else {
        let own = selected - of_other_jobs.min(selected);
        format!("; {own} of them are for this job ({}), {of_other_jobs} for others", job(listed.slice))
    };
    vec![
        format!("{}: {all} {are} listed{whom}", listed.source),
        format!("{selected} selected{share}"),
        format!("{} to make equal at {}", Count(mirrors as u64, MIRROR), listed.destination),
    ]
}

/// Names whom the source was listed as, or what signed in.
pub(crate) fn listed_as(step: &Step, listed: &ListedContainer) -> Option<String> {
    match (&listed.account, SignIn::of(&step.given.source, None)) {
        (_, SignIn::OnThisMachine) => None,
        (Some(Account::Named(name)), _) => Some(format!("'{name}'")),
        (Some(account), _) => Some(connection_test::in_words(account).to_owned()),
        (None, sign_in) => Some(sign_in.in_words(Side::Source, step.caller)),
    }
}

fn in_words(CleanedName { path, written, name }: &CleanedName) -> String {
    format!("'{path}' is named '{name}' at the destination, which takes no name '{written}'")
}

/// Says how all mirrors of a container ended: an issue for each that is not as it should be, and lines for what is more.
pub(crate) fn tell_end(log: &Log, end: &StepEnd<'_>) {
    for (fate, kind) in [(Fate::Failed, IssueKind::Error), (Fate::WithIssues, IssueKind::Warning)] {
        let issues: Vec<_> = end.with_fate(fate).map(Ending::in_one_issue).collect();
        raise(log, kind, ISSUES_OF_MIRRORS, &issues);
    }
    for fate in [Fate::HalfWay, Fate::NotBegun] {
        tell(
            log,
            end.with_fate(fate).map(|ending| format!("  {}: {}", ending.outcome.mirror.name(), ending.words)),
        );
    }
    if let Some(listed) = end.listed() {
        let only = listed.only_at_destination.iter();
        tell(log, only.map(|path| format!("  only at the destination, never deleted: {path}")));
    }
    tell_verdict(log, end);
}

/// Says in one line what all came to; where the step was cut short, how it ended is an error.
fn tell_verdict(log: &Log, end: &StepEnd<'_>) {
    let totals = [fates(end), sums(end)].join("; ");
    match end.cut_short_by() {
        Some(_) => {
            log.line(&totals);
            end.tell_summary(log);
        }
        None => log.line(&format!("{}: {totals}", capitalised(&end.summary))),
    }
}

/// Counts the mirrors by what became of them.
fn fates(end: &StepEnd<'_>) -> String {
    let counts = [
        (end.count(Fate::Failed), "failed"),
        (end.unnamed(), "without a name"),
        (end.count(Fate::HalfWay), "half-way"),
        (end.count(Fate::NotBegun), "not begun"),
        (end.count(Fate::WithIssues), "with issues"),
        (end.count(Fate::Changed), changed(end.step.mode)),
        (end.count(Fate::UpToDate), "up to date"),
    ];
    let counts = counts.into_iter().filter(|(count, _)| *count > 0);
    let told: Vec<_> = counts.map(|(count, what)| format!("{count} {what}")).collect();
    if told.is_empty() { "no mirrors".to_owned() } else { told.join(", ") }
}

/// Counts what became of the refs of all mirrors, and what was relayed and copied.
fn sums(end: &StepEnd<'_>) -> String {
    let reports: Vec<_> = end.endings.iter().filter_map(|ending| ending.outcome.report()).collect();
    let Sums { pack_bytes, lfs_objects, lfs_bytes, .. } = outputs::sums(end);
    let refs = counts::of_reports(&reports, end.step.mode);
    match counts::moved(pack_bytes, lfs_objects, lfs_bytes, end.step.mode) {
        moved if moved.is_empty() => format!("refs: {refs}"),
        moved => format!("refs: {refs}; {moved}"),
    }
}

/// Names the mirrors that were changed, or would be.
pub(crate) fn changed(mode: Mode) -> &'static str {
    match mode {
        Mode::Mirror => "changed",
        Mode::DryRun => "to change",
    }
}

/// Raises an issue for each of these texts; of more than `most` the rest are lines.
fn raise(log: &Log, kind: IssueKind, most: usize, texts: &[String]) {
    let is_all = texts.len() <= most;
    let (issues, rest) = texts.split_at(if is_all { texts.len() } else { most - 1 });
    let raise_one = |text: &str| match kind {
        IssueKind::Error => log.error(text),
        IssueKind::Warning => log.warning(text),
    };
    for text in issues {
        raise_one(text);
    }
    if !rest.is_empty() {
        let are = if rest.len() == 1 { "is" } else { "are" };
        raise_one(&format!("{} of this kind {are} in the log", Count(rest.len() as u64, "more issue")));
        tell(log, rest.iter().map(|text| format!("  {text}")));
    }
}

fn tell(log: &Log, lines: impl Iterator<Item = String>) {
    print_first(log, LISTED, MIRROR, lines);
}

#[cfg(test)]
mod tests;
