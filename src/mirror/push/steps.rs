//! What becomes of a ref's other steps when one of them was refused.

use super::chain;
use super::queue::PushQueue;
use super::{Extent, PackBase, Push};
use crate::error::{ErrorKind, Indivisible};
use crate::mirror::reserved;
use crate::protocol::receive_pack::RefUpdate;
use crate::protocol::ref_name::RefName;
use crate::protocol::report_status::{ReportStatus, Unpack};

impl PushQueue {
    /// Tells whether a ref was moved as a step, or is still to be moved.
    pub(crate) fn uses(&self, name: &RefName) -> bool {
        let mut pending = self.pending.iter().flat_map(|push| &push.updates);
        self.results.landed.contains_key(name) || pending.any(|update| update.name() == name)
    }

    /// Takes the steps that follow a refused one out. The ref for which they were then has the reason of that one, but where
    /// its temporary branch was refused as such: then it is tried whole, since what was foreseen can be wrong.
    pub(super) fn end_refused_steps(&mut self, push: &Push) {
        let Some(name) = &push.step_of else { return };
        let Some((refused, report)) = self.refused_step(push, name) else { return };
        let is_about_size = matches!(report.kind, Some(ErrorKind::Indivisible(_)));
        let whole = if is_about_size { None } else { self.whole(push, name, &refused) };
        self.pending.retain(|pending| pending.step_of.as_ref() != Some(name));
        match whole {
            Some(whole) => {
                log::debug!("{push}: '{refused}' is refused, so '{name}' is tried whole");
                self.pending.push_front(whole);
            }
            None => self.results.reports.push(report),
        }
    }

    /// Returns what was refused of a step towards a ref, and the report of that ref; none where the ref itself has moved.
    fn refused_step(&self, push: &Push, name: &RefName) -> Option<(RefName, ReportStatus)> {
        let told = |update: &RefUpdate| Some((update.name().clone(), self.results.status(update.name())?));
        let told: Vec<_> = push.updates.iter().filter_map(told).collect();
        let has_moved = told.iter().any(|(of, (_, status))| of == name && !status.is_rejected());
        let (refused, (report, status)) =
            told.into_iter().find(|(_, (_, status))| status.is_rejected()).filter(|_| !has_moved)?;
        let of_whole =
            ReportStatus::new(Unpack::Ok, [(name.clone(), status.clone())]).with_remote(&report.remote);
        Some((
            refused,
            match report.kind {
                Some(kind) => of_whole.with_kind(kind),
                None => of_whole,
            },
        ))
    }

    /// Returns the push of a ref that does without its temporary branch, and takes that away if it is there; none where
    /// something else was refused.
    fn whole(&self, push: &Push, name: &RefName, refused: &RefName) -> Option<Push> {
        if !reserved::is_reserved(refused.as_bytes()) {
            return None;
        }
        let later = self.pending.iter().filter(|pending| pending.step_of.as_ref() == Some(name));
        let mut moves = later.flat_map(|push| &push.updates).filter(|update| update.name() == name);
        let first = moves.next()?;
        let new = moves.next_back().unwrap_or(first).new_id()?;
        let left = self.results.landed.get(refused).copied();
        let left = left.map(|old| RefUpdate::Delete { name: refused.clone(), old });
        let own = chain::moved_to(name, first.old_id(), new);
        Some(Push {
            base: PackBase::SharedHistory,
            extent: Extent::Indivisible(Indivisible::NoBranch),
            step_of: None,
            ..push.with(left.into_iter().chain([own]).collect())
        })
    }
}
