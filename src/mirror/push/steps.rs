//! What becomes of a ref's other steps when one of them was refused.

use super::Push;
use super::queue::PushQueue;
use crate::protocol::ref_name::RefName;
use crate::protocol::report_status::{ReportStatus, Unpack};

impl PushQueue {
    /// Tells whether a ref was moved as a step, or is still to be moved.
    pub(crate) fn uses(&self, name: &RefName) -> bool {
        let mut pending = self.pending.iter().flat_map(|push| &push.updates);
        self.results.landed.contains_key(name) || pending.any(|update| update.name() == name)
    }

    /// Takes the steps that follow a refused one out. The ref for which they were then has the reason of that one.
    pub(super) fn end_refused_steps(&mut self, push: &Push) {
        let Some(name) = &push.step_of else { return };
        // A deletion that goes along carries nothing that the next step needs.
        let mut moved = push.updates.iter().filter(|update| update.new_id().is_some());
        let refused = moved.find_map(|update| self.results.status(update.name()));
        let Some((report, status)) = refused.filter(|(_, status)| status.is_rejected()) else { return };
        let of_whole =
            ReportStatus::new(Unpack::Ok, [(name.clone(), status.clone())]).with_remote(&report.remote);
        self.results.reports.push(match report.kind {
            Some(kind) => of_whole.with_kind(kind),
            None => of_whole,
        });
        self.pending.retain(|pending| pending.step_of.as_ref() != Some(name));
    }
}
