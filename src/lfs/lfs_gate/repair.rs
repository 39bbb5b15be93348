//! The repair of a destination that was mirrored without LFS: some objects of refs that stand there tell if others are missing.

use std::num::NonZeroU32;

use super::{Finding, LfsGate, Repair, Scans, default_tip};
use crate::error::Error;
use crate::lfs::copies::Need;
use crate::lfs::need::Found;
use crate::lfs::scan::Scanned;
use crate::lfs::{sample, scan};
use crate::mirror::ports::Source;
use crate::protocol::fetch::{Depth, FetchRequest};
use crate::protocol::object_id::ObjectId;

impl LfsGate {
    /// Finds and copies what an earlier mirror left out, once an attempt. `there` is a commit that the destination has; without
    /// one there is nothing to repair. What the source lacks is told, and is no error.
    ///
    /// # Errors
    ///
    /// All else that keeps an object away.
    pub(super) fn repair(&mut self, source: &mut dyn Source, there: Option<ObjectId>) -> Result<(), Error> {
        let is_done = std::mem::replace(&mut self.repair, Repair::Done) == Repair::Done;
        let Some(there) = there.filter(|_| !is_done) else { return Ok(()) };
        if self.copies().without_service().is_some() || self.finding == Some(Finding::Checked) {
            return Ok(());
        }
        let Some(some) = self.some_of_earlier(source, there)? else {
            self.copies().note_earlier_unchecked();
            return Ok(());
        };
        let some = self.copies().unsettled(some);
        if some.objects.is_empty() || !self.lacks_any(&some)? {
            return Ok(());
        }
        log::debug!("the destination lacks LFS objects of refs that are there: all are checked");
        let found = self.find_all(source, &FetchRequest::new(self.tips.clone()))?;
        self.copy(found, Need::Repair)
    }

    /// Returns objects of refs that are there: all of that commit and of the newest one where the source takes a filter for
    /// it, else a few of that commit; none where it gives no single objects. The newest one alone does not tell: what it
    /// needs can all be new.
    fn some_of_earlier(&mut self, source: &mut dyn Source, there: ObjectId) -> Result<Option<Found>, Error> {
        if self.scans == Scans::Possible {
            return self.newest_of_earlier(source, there);
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

    fn newest_of_earlier(&self, source: &mut dyn Source, there: ObjectId) -> Result<Option<Found>, Error> {
        let tip = default_tip(source).filter(|tip| self.tips.contains(tip) && *tip != there);
        let mut scan = |wants: Vec<ObjectId>| {
            let depth = Some(Depth::Commits(NonZeroU32::MIN));
            scan::scan(source, &FetchRequest { depth, ..FetchRequest::new(wants) })
        };
        if let Scanned::Exactly(objects) = scan([Some(there), tip].into_iter().flatten().collect())? {
            return Ok(Some(objects.finish()));
        }
        // A source whose history was rewritten does not know what is there, and what is new tells nothing of it.
        let Some(tip) = tip else { return Ok(None) };
        let Scanned::Exactly(objects) = scan(vec![tip])? else { return Ok(None) };
        Ok(Some(self.copies().unsettled(objects.finish())).filter(|found| !found.objects.is_empty()))
    }
}
