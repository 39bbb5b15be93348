//! Deletes the tags whose days are over, the oldest first, and in one run never more than the policy lets go of a pattern.

use super::pushes::{is_ok, list, list_until, push_alone};
use super::tag::KeptTag;
use crate::error::Error;
use crate::mirror::policy::KeepReplaced;
use crate::mirror::ports::{Destination, Job};
use crate::mirror::push::results::PushResults;
use crate::mirror::report::{Outcome, RefOutcome, Report};
use crate::mirror::verify;
use crate::protocol::receive_pack::RefUpdate;
use crate::protocol::ref_list::RefList;

/// Returns the deletions of the tags that are past their days, as many as one run may make.
pub(crate) fn plan(refs: &RefList, job: &Job<'_>) -> Vec<RefUpdate> {
    let KeepReplaced::Tags { days } = job.policy.replaced else { return Vec::new() };
    let tags = refs.refs().iter().filter_map(|listed| Some((KeptTag::of(&listed.name)?, listed)));
    let tags: Vec<_> = tags.collect();
    // The list is in the order of names, and so of times.
    let past: Vec<_> = tags.iter().filter(|(tag, _)| tag.is_past(days, job.now)).collect();
    let allowed = (0..=past.len()).rev().find(|count| job.policy.deletions.allows(*count, tags.len()));
    past.iter()
        .take(allowed.unwrap_or_default())
        .map(|(_, listed)| RefUpdate::Delete { name: listed.name.clone(), old: listed.id })
        .collect()
}

/// Deletes the tags, and returns what became of each. After pushes that broke off none is deleted.
pub(crate) fn carry_out(
    deletions: &[RefUpdate],
    destination: &mut dyn Destination,
    job: &Job<'_>,
    results: &mut PushResults,
) -> Vec<RefOutcome> {
    if deletions.is_empty() || results.interruption.is_some() {
        return Vec::new();
    }
    let mut told = push_alone(deletions, destination, job);
    results.interruption = told.interruption.take();
    if list(destination, results).is_some() {
        let is_gone = |refs: &RefList, tag: &RefUpdate| refs.get(tag.name()).is_none() || !is_ok(&told, tag);
        list_until(destination, job, |refs| deletions.iter().all(|tag| is_gone(refs, tag)));
    }
    let refs = &destination.info().refs;
    let outcome = |update: &RefUpdate| match refs.get(update.name()) {
        None => Outcome::Done,
        Some(_) => verify::not_done(update, update, &told),
    };
    deletions.iter().map(|update| RefOutcome { update: update.clone(), outcome: outcome(update) }).collect()
}

/// Returns a report with what became of the tags, and with what kept one of them from going.
pub(crate) fn add(report: Report, tags: Vec<RefOutcome>, interruption: Option<Error>) -> Report {
    let all_went = tags.iter().all(|tag| tag.outcome == Outcome::Done);
    let interruption = report.interruption.or(interruption.filter(|_| !all_went));
    let outcomes = report.outcomes.into_iter().chain(tags).collect();
    Report { outcomes, interruption, ..report }
}
