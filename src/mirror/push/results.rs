//! The results of a plan's pushes.

use std::collections::HashMap;
use std::time::Duration;

use crate::error::Error;
use crate::mirror::push_size::{Limit, PushSize};
use crate::protocol::object_id::ObjectId;
use crate::protocol::receive_pack::RefUpdate;
use crate::protocol::ref_name::RefName;
use crate::protocol::report_status::{RefStatus, ReportStatus};

/// The results of a plan's pushes, as the destination told them.
#[derive(Debug, Default)]
pub(crate) struct PushResults {
    /// The reports, one a push that was answered with one.
    pub(crate) reports: Vec<ReportStatus>,
    /// Bytes of pack that went through.
    pub(crate) pack_bytes: u64,
    /// The time that they took, without the wait for reports.
    pub(crate) pack_time: Duration,
    /// Refs that were moved with the empty pack: an earlier one should have brought what they name.
    pub(crate) relied_on: Vec<RefUpdate>,
    /// Refs that came in steps, and the value of the last one that was taken.
    pub(crate) landed: HashMap<RefName, ObjectId>,
    /// The size of a push that the destination takes, as far as it is known by now.
    pub(crate) push_size: PushSize,
    /// The limit for which pushes were divided, if some were.
    pub(crate) divided: Option<Limit>,
    /// The error that broke the pushes off; those after it were not made.
    pub(crate) interruption: Option<Error>,
}

impl PushResults {
    /// Adds those of pushes that were made later.
    pub(crate) fn add(&mut self, later: Self) {
        self.reports.extend(later.reports);
        self.pack_bytes += later.pack_bytes;
        self.pack_time += later.pack_time;
        self.relied_on.extend(later.relied_on);
        self.landed.extend(later.landed);
        self.push_size = self.push_size.narrowed_by(later.push_size);
        self.divided = later.divided.or(self.divided);
        self.interruption = self.interruption.take().or(later.interruption);
    }

    /// Returns the last report that tells of a ref, and what it says.
    pub(crate) fn status(&self, name: &RefName) -> Option<(&ReportStatus, &RefStatus)> {
        self.reports.iter().rev().find_map(|report| Some((report, report.get(name)?)))
    }
}
