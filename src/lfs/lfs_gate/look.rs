//! The look at a source that tells if it uses Git LFS, before a pack or when one has shown a pointer.

use super::{Finding, LfsGate, default_tip};
use crate::error::Error;
use crate::lfs::first_look::FirstLook;
use crate::lfs::in_use::InUse;
use crate::lfs::need::Found;
use crate::lfs::{in_use, scan};
use crate::mirror::gate::Gate;
use crate::mirror::ports::{Filters, Source};
use crate::protocol::object_id::ObjectId;

impl LfsGate {
    /// Looks once at the source's default branch, or at another tip.
    ///
    /// # Errors
    ///
    /// What keeps the answer away, but a refusal.
    pub(super) fn first_look(
        &mut self,
        source: &mut dyn Source,
        tips: &[ObjectId],
    ) -> Result<Finding, Error> {
        if let Some(finding) = self.finding {
            return Ok(finding);
        }
        let tip = default_tip(source).or_else(|| tips.first().copied());
        let tip = tip.filter(|_| source.info().filters == Filters::Offered);
        let finding = match tip.map(|tip| in_use::look(source, tip)) {
            Some(Ok(InUse::Yes { settings, attributes })) => {
                self.attributes = attributes;
                self.copies().take_settings(settings);
                Finding::InUse
            }
            Some(Ok(InUse::NotAtRoot)) | None => Finding::NotSeen,
            // A server can refuse objects that no ref names.
            Some(Err(error)) if scan::is_refusal(error.failure.kind) => {
                log::debug!("{error}; the pack itself tells if Git LFS is in use");
                Finding::NotSeen
            }
            Some(Err(error)) => return Err(error),
        };
        self.finding = Some(finding);
        Ok(finding)
    }

    /// Decides on a pack that was not looked at before. Where it shows a pointer, the source's settings of Git LFS are to be
    /// read before anything is copied.
    pub(super) fn after_unseen(&mut self, found: &Found) -> Gate {
        if found.objects.is_empty() {
            self.first_look = FirstLook::NotNeeded;
            return Gate::Release;
        }
        log::debug!("Git LFS is in use: its objects come first, and then the pack again");
        self.first_look = FirstLook::BeforePack;
        Gate::Abort
    }
}
