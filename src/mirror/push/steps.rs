//! What becomes of a ref's other steps when one of them was refused.

use super::chain;
use super::queue::PushQueue;
use super::{Extent, PackBase, Push};
use crate::error::Indivisible;
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
    /// only its temporary branch was refused: then it is tried whole, since what was foreseen can be wrong.
    pub(super) fn end_refused_steps(&mut self, push: &Push) {
        let Some(name) = &push.step_of else { return };
        let told = push.updates.iter().filter_map(|update| {
            let (report, status) = self.results.status(update.name())?;
            status.is_rejected().then_some((update, report, status))
        });
        let Some((refused, report, status)) = told.into_iter().next() else { return };
        let of_whole =
            ReportStatus::new(Unpack::Ok, [(name.clone(), status.clone())]).with_remote(&report.remote);
        let of_whole = match report.kind {
            Some(kind) => of_whole.with_kind(kind),
            None => of_whole,
        };
        let is_temporary = reserved::is_reserved(refused.name().as_bytes());
        let steps = |pending: &Push| pending.step_of.as_ref() == Some(name);
        let later = self.pending.iter().filter(|push| steps(push)).flat_map(|push| &push.updates);
        let mut moves = later.filter(|update| is_temporary && update.name() == name);
        let own = moves.next().and_then(|first| {
            let new = moves.next_back().unwrap_or(first).new_id()?;
            Some(chain::moved_to(name, first.old_id(), new))
        });
        let left = self.results.landed.get(refused.name()).copied().filter(|_| is_temporary);
        let left = left.map(|old| RefUpdate::Delete { name: refused.name().clone(), old });
        self.pending.retain(|pending| !steps(pending));
        match own {
            Some(own) => {
                log::debug!("{push}: the temporary branch is refused, so '{name}' is tried whole");
                let updates = left.into_iter().chain([own]).collect();
                let (base, extent) = (PackBase::SharedHistory, Extent::Indivisible(Indivisible::NoBranch));
                self.pending.push_front(Push { base, extent, step_of: None, ..push.with(updates) });
            }
            None => self.results.reports.push(of_whole),
        }
    }
}
