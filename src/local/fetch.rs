//! A request for a pack of a local repository.

use std::path::Path;

use super::pack::{Asker, LocalPack, Part};
use super::repository::{object_id, oid, open};
use crate::error::{Error, Failure};
use crate::mirror::ports::Fetched;
use crate::protocol::fetch::FetchRequest;
use crate::protocol::fetch::response::FetchHead;
use crate::protocol::object_id::ObjectId;

/// Asks for one pack.
///
/// # Errors
/// A depth or a filter that libgit2 does not have, and those of the repository, with the phase of who asks.
pub(super) fn fetch<'a>(path: &Path, request: &FetchRequest, asker: Asker<'a>) -> Result<Fetched<'a>, Error> {
    let failed = |failure: Failure| asker.label.error(asker.phase, failure);
    let part = Part::of(request).map_err(failed)?;
    let shallow = match part {
        Part::All | Part::Commits => Vec::new(),
        Part::Tips => commits(path, &request.wants).map_err(failed)?,
    };
    let pack = Box::new(LocalPack::start(path, request, part, asker)?);
    Ok(Fetched { head: FetchHead { shallow, unshallow: Vec::new() }, pack })
}

/// Returns the commits among some objects, and those that tags among them are of.
fn commits(path: &Path, ids: &[ObjectId]) -> Result<Vec<ObjectId>, Failure> {
    let repository = open(path)?;
    let commit = |id: &ObjectId| {
        let object = oid(*id).and_then(|id| repository.find_object(id, None));
        object.and_then(|object| object.peel_to_commit()).ok().and_then(|commit| object_id(commit.id()))
    };
    Ok(ids.iter().filter_map(commit).collect())
}
