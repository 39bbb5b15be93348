//! The repair of a destination that was mirrored without LFS: some objects of refs that stand there tell if others are missing.

use std::num::NonZeroU32;

use super::{Finding, LfsGate, Repair, State, default_tip};
use crate::error::Error;
use crate::lfs::copies::Need;
use crate::lfs::need::Found;
use crate::lfs::{sample, scan};
use crate::mirror::ports::Source;
use crate::protocol::fetch::{Depth, FetchRequest};
use crate::protocol::object_id::ObjectId;

impl LfsGate {
    /// Finds and copies what an earlier mirror left out, once a run. `there` is a commit that the destination has; without
    /// one there is nothing to repair. What the source lacks is told, and is no error.
    ///
    /// # Errors
    ///
    /// All else that keeps an object away.
    pub(super) fn repair(&mut self, source: &mut dyn Source, there: Option<ObjectId>) -> Result<(), Error> {
        let is_done = std::mem::replace(&mut self.repair, Repair::Done) == Repair::Done;
        let Some(there) = there.filter(|_| !is_done) else { return Ok(()) };
        let is_without_service =
            matches!(&self.state, State::Idle(copies) if copies.without_service().is_some());
        if is_without_service || self.finding == Some(Finding::Checked) {
            return Ok(());
        }
        let Some(some) = self.some_of_earlier(source, there)? else {
            self.note_earlier_unchecked();
            return Ok(());
        };
        let some = self.unsettled(some);
        if some.objects.is_empty() || !self.lacks_any(&some)? {
            return Ok(());
        }
        log::debug!("the destination lacks LFS objects of refs that are there: all are checked");
        let found = self.find_all(source, &FetchRequest::new(self.tips.clone()))?;
        self.copy(found, Need::Repair)
    }

    /// Returns objects of refs that are there: all of one commit where the source takes a filter for it, else a few; none
    /// where it gives no single objects.
    fn some_of_earlier(&mut self, source: &mut dyn Source, there: ObjectId) -> Result<Option<Found>, Error> {
        let tip = default_tip(source).filter(|tip| self.tips.contains(tip)).unwrap_or(there);
        let newest =
            FetchRequest { depth: Some(Depth::Commits(NonZeroU32::MIN)), ..FetchRequest::new(vec![tip]) };
        if let Some(found) = self.scan(source, &newest)? {
            return Ok(Some(found));
        }
        // What is new at the tip is still to come, so that only what was there before tells.
        match sample::of(source, there, &self.attributes) {
            Ok(objects) if objects.is_empty() => Ok(None),
            Ok(objects) => Ok(Some(Found { objects, other_sizes: Vec::new() })),
            Err(error) if scan::is_refusal(error.failure.kind) => {
                log::debug!("{error}; what an earlier mirror left out is not looked for");
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    pub(super) fn note_earlier_unchecked(&mut self) {
        if let State::Idle(copies) = &mut self.state {
            copies.note_earlier_unchecked();
        }
    }
}
