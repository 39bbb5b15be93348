//! Questions to a source that cost it no object.

use crate::mirror::ports::{Filters, Source};
use crate::protocol::fetch::filter::Filter;
use crate::protocol::fetch::{FetchRequest, ProgressText, ThinPack};
use crate::protocol::object_id::ObjectId;

/// Asks how many commits and annotated tags some objects reach and others do not. What goes wrong is no answer.
pub(super) fn ask_count(source: &mut dyn Source, wants: Vec<ObjectId>, haves: Vec<ObjectId>) -> Option<u32> {
    let request = FetchRequest { haves, ..commits_of(source, wants) };
    source.count(&request).inspect_err(|error| log::debug!("no answer: {error}")).ok()
}

/// Returns a request for commits without their files, as far as the source leaves them out.
pub(super) fn commits_of(source: &dyn Source, wants: Vec<ObjectId>) -> FetchRequest {
    let filter = (source.info().filters == Filters::Offered).then_some(Filter::TreeDepth(0));
    FetchRequest {
        filter,
        progress: ProgressText::Unwanted,
        thin_pack: ThinPack::Forbidden,
        ..FetchRequest::new(wants)
    }
}
