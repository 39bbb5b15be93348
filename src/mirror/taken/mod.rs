//! The tips that a plan takes away from refs of the destination: which they are, and what becomes of them.
//!
//! ```text
//!  plan ─► find (asks the source) ─► withhold, or an error ─► hold: which tip needs a tag ─► behind: the commits
//!                                                                   │
//!            phases: what takes nothing away ─► tags, with the empty pack ─► the rest ─► expiry
//! ```
//!
//! Nothing is asked where the policy is to overwrite and to hold nothing, nor where a plan only creates refs.

pub(super) mod expiry;
pub(super) mod pushes;
pub mod tip;

mod behind;
mod commit_reader;
mod hold;
mod phases;
mod refusal;
mod tag;

use std::collections::HashSet;

use super::ancestry;
use super::events::{Event, Events};
use super::plan::{Difference, Kept, KeptReason, Plan};
use super::policy::{DivergedRefs, KeepReplaced, Policy};
use super::ports::{Destination, Job, Source};
use crate::error::{Error, ErrorKind, Failure, Phase};
use crate::protocol::receive_pack::RefUpdate;
use crate::protocol::ref_name::RefName;
use tip::{AtSource, CommitsBehind, Divergence, Holder, TakenTip};

/// Finds the tips that a plan takes away, and does with diverged refs what the policy says.
///
/// # Errors
/// [`ErrorKind::Diverged`] where the policy is to fail; those of the question what the source knows.
pub(super) fn judge(
    plan: &mut Plan,
    source: &mut dyn Source,
    destination: &mut dyn Destination,
    job: &Job<'_>,
    events: &dyn Events,
) -> Result<(), Error> {
    find(plan, source, job)?;
    match job.policy.diverged {
        DivergedRefs::Overwrite => {}
        DivergedRefs::Keep => withhold(plan),
        DivergedRefs::Fail => {
            if let Err(error) = refusal::require_none(plan, &destination.info().label) {
                behind::list(plan, source, destination, job.cancel);
                events.on(Event::PlanRefused(plan));
                return Err(error);
            }
        }
    }
    Ok(())
}

/// Decides what holds the tips that a plan takes away, looks at what is behind them, and plans which old tags go.
pub(super) fn prepare(
    plan: &mut Plan,
    source: &mut dyn Source,
    destination: &mut dyn Destination,
    job: &Job<'_>,
) {
    plan.expired = expiry::plan(&destination.info().refs, job);
    if plan.taken.is_empty() {
        return;
    }
    forget_unsupported(plan);
    let coming = hold::coming(plan);
    hold::decide(&mut plan.taken, source, &destination.info().refs, &coming, job);
    behind::list(plan, source, destination, job.cancel);
}

/// Tells whether a policy wants to know what is taken away.
fn is_asked(policy: &Policy) -> bool {
    policy.diverged != DivergedRefs::Overwrite || policy.replaced != KeepReplaced::Nothing
}

/// Finds the tips that a plan takes away. Whatever cannot be told for certain is taken for diverged.
///
/// # Errors
/// Those of the question what the source knows; that the run was stopped.
fn find(plan: &mut Plan, source: &mut dyn Source, job: &Job<'_>) -> Result<(), Error> {
    let changes: Vec<_> = plan.updates().filter(|update| update.old_id().is_some()).cloned().collect();
    if !is_asked(job.policy) || changes.is_empty() {
        return Ok(());
    }
    let tips: Vec<_> = changes.iter().filter_map(RefUpdate::old_id).collect();
    let known = ancestry::known(source, &tips)?;
    for change in changes {
        if job.cancel.reason().is_some() {
            let stopped = Failure::new(ErrorKind::Interrupted, "the run was stopped");
            return Err(source.info().label.error(Phase::Plan, stopped));
        }
        let Some(tip) = change.old_id() else { continue };
        let at_source = if known.contains(&tip) { AtSource::Known } else { AtSource::Unknown };
        let Some(divergence) = divergence(source, &change, at_source) else { continue };
        if divergence == Divergence::Outdated && job.policy.replaced == KeepReplaced::Nothing {
            continue;
        }
        let (name, holder) = (change.name().clone(), Holder::Nobody);
        let commits = CommitsBehind::default();
        plan.taken.push(TakenTip { name, tip, divergence, at_source, holder, commits });
    }
    plan.taken.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(())
}

/// Returns the relation of a ref that has to change; none if it only moves forward.
fn divergence(source: &mut dyn Source, change: &RefUpdate, at_source: AtSource) -> Option<Divergence> {
    match (change, at_source) {
        (RefUpdate::Create { .. }, _) => None,
        (RefUpdate::Delete { .. }, AtSource::Known) => Some(Divergence::Outdated),
        // A tag has no history to go forward in.
        (RefUpdate::Update { name, old, new }, AtSource::Known) if !name.is_tag() => {
            let is_forward = ancestry::is_reached(source, &[*old], &[*new]);
            (!is_forward).then_some(Divergence::Diverged)
        }
        (RefUpdate::Delete { .. } | RefUpdate::Update { .. }, _) => Some(Divergence::Diverged),
    }
}

/// Takes the diverged refs out of what a plan pushes: they are kept.
fn withhold(plan: &mut Plan) {
    let names: HashSet<RefName> = plan.diverged().map(|taken| taken.name.clone()).collect();
    keep(plan, &names);
    for taken in plan.taken.iter_mut().filter(|taken| names.contains(&taken.name)) {
        taken.holder = Holder::TheRef;
    }
}

/// Takes what a plan keeps as diverged out of another, made later of the same refs.
pub(super) fn withhold_as_before(remaining: &mut Plan, plan: &Plan) {
    keep(remaining, &plan.kept_as_diverged().cloned().collect());
}

fn keep(plan: &mut Plan, names: &HashSet<RefName>) {
    let kept = &mut plan.kept;
    for push in &mut plan.pushes {
        push.retain(|update| match (update.old_id(), names.contains(update.name())) {
            (Some(tip), true) => {
                let difference =
                    if update.new_id().is_some() { Difference::Value } else { Difference::Extra };
                let reason = KeptReason::Diverged(tip);
                kept.push(Kept { name: update.name().clone(), reason, difference });
                false
            }
            _ => true,
        });
    }
    kept.sort_by(|a, b| a.name.cmp(&b.name));
    plan.pushes.retain(|push| !push.is_empty());
}

/// Forgets the tips of refs that a plan no longer changes, since their host cannot take the new value.
fn forget_unsupported(plan: &mut Plan) {
    if plan.taken.is_empty() {
        return;
    }
    let changed: HashSet<RefName> = plan.updates().map(RefUpdate::name).cloned().collect();
    plan.taken.retain(|taken| !taken.is_taken() || changed.contains(&taken.name));
}

#[cfg(test)]
mod tests;
