//! Tells the effect of a push from the destination's refs afterwards.

use std::collections::HashMap;

use super::plan::Plan;
use super::push::results::PushResults;
use super::push_size::PushSize;
use super::report::{Outcome, Reason, RefOutcome, Refusal, Report};
use crate::error::Error;
use crate::protocol::receive_pack::RefUpdate;
use crate::protocol::ref_name::RefName;
use crate::protocol::report_status::{RefStatus, Unpack};

/// Gives every planned update its outcome. `remaining` is the plan made from the listing after the push: a
/// ref that is not in it stands as it should, whatever the server or the connection said.
pub(super) fn report(plan: Plan, results: PushResults, remaining: &Plan) -> Report {
    let mut open: HashMap<&RefName, &RefUpdate> =
        remaining.updates().map(|update| (update.name(), update)).collect();
    let mut outcomes: Vec<RefOutcome> = Vec::new();
    let mut contradicted = 0;
    for update in plan.pushes.into_iter().flatten() {
        let outcome = match open.remove(update.name()) {
            None => {
                let status = results.status(update.name());
                contradicted += usize::from(status.is_some_and(|(_, status)| status.is_rejected()));
                Outcome::Done
            }
            Some(still) => not_done(&update, still, &results),
        };
        outcomes.push(RefOutcome { update, outcome });
    }
    for unsupported in plan.unsupported {
        open.remove(unsupported.update.name());
        outcomes.push(unsupported.into());
    }
    // What is left was not planned: somebody else moved it while this run was under way.
    let mut meanwhile: Vec<_> = open.into_values().cloned().collect();
    meanwhile.sort_by(|a, b| a.name().cmp(b.name()));
    outcomes.extend(
        meanwhile.into_iter().map(|update| RefOutcome { update, outcome: Outcome::ChangedConcurrently }),
    );
    let interruption =
        results.interruption.filter(|_| outcomes.iter().any(|ref_| ref_.outcome != Outcome::Done));
    // A push that broke and brought something has not met a limit.
    let has_brought = !results.landed.is_empty()
        || outcomes.iter().any(|ref_| matches!(ref_.outcome, Outcome::Done | Outcome::InPart(_)));
    let broke_at = results.push_size.broke_at.filter(|_| !has_brought);
    // A symbolic ref that was kept may have followed to where it should stand.
    let kept = remaining.kept.clone();
    let unchanged = plan.unchanged + plan.kept.len().saturating_sub(kept.len());
    Report {
        outcomes,
        unchanged,
        kept,
        taken: plan.taken,
        contradicted,
        pack_bytes: results.pack_bytes,
        pack_time: results.pack_time,
        push_size: PushSize { broke_at, ..results.push_size },
        divided: results.divided,
        interruption,
    }
}

/// Reports a push after which the destination could not be listed: what it did is not known.
pub(super) fn report_unlisted(plan: Plan, results: PushResults, error: Error) -> Report {
    let outcome = |update| RefOutcome { update, outcome: Outcome::Unknown };
    let unsupported = plan.unsupported.into_iter().map(RefOutcome::from);
    Report {
        outcomes: plan.pushes.into_iter().flatten().map(outcome).chain(unsupported).collect(),
        unchanged: plan.unchanged,
        kept: plan.kept,
        taken: plan.taken,
        contradicted: 0,
        pack_bytes: results.pack_bytes,
        pack_time: results.pack_time,
        push_size: results.push_size,
        divided: results.divided,
        interruption: Some(results.interruption.unwrap_or(error)),
    }
}

/// Says why a ref does not stand as it should.
pub(super) fn not_done(update: &RefUpdate, still: &RefUpdate, results: &PushResults) -> Outcome {
    let landed = results.landed.get(update.name()).copied();
    if still.old_id() != update.old_id() && (landed.is_none() || landed != still.old_id()) {
        return Outcome::ChangedConcurrently;
    }
    let status = results.status(update.name());
    if let (None | Some((_, RefStatus::Ok)), Some(landed)) = (status, landed) {
        return Outcome::InPart(landed);
    }
    match status {
        None => Outcome::NotPushed,
        Some((_, RefStatus::Ok)) => Outcome::ReportedButUnchanged,
        Some((report, RefStatus::Rejected(reason))) => {
            let reason = match &report.unpack {
                Unpack::Ok => reason.clone(),
                // A bare "unpacker error" is about the pack.
                Unpack::Failed(why) => format!("{reason} ({why})"),
            };
            let (reason, remote) = (reason.into(), report.remote.clone());
            Outcome::Rejected(Refusal { reason, remote, kind: report.kind })
        }
        Some((report, RefStatus::NoReport(message))) => {
            let (reason, remote) = (Reason::NoReport(message.clone()), report.remote.clone());
            Outcome::Rejected(Refusal { reason, remote, kind: report.kind })
        }
        Some((report, RefStatus::Declined { reason, detail })) => {
            let reason = Reason::Own { reason: *reason, detail: detail.clone() };
            Outcome::Rejected(Refusal { reason, remote: report.remote.clone(), kind: None })
        }
    }
}
