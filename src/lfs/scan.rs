//! Finds the pointers that a pack would bring, by a pack of small blobs alone where the source can leave the rest out.

use super::need::{Objects, TooManyObjects};
use super::pointer_scan::PointerScanner;
use crate::error::{Error, ErrorKind, Failure, LfsProblem, Phase};
use crate::mirror::ports::{Fetched, Filters, Source};
use crate::protocol::fetch::filter::Filter;
use crate::protocol::fetch::{DeltaBase, FetchRequest, ProgressText, ThinPack};
use crate::protocol::object_id::ObjectFormat;
use crate::protocol::pack_entry::{IdLength, Kind};

/// The result of a scan.
#[derive(Debug)]
pub enum Scanned {
    /// These pointers were found, and nothing else can be one.
    Exactly(Objects),
    /// The source has no filter for it, or refuses those that there are: only the pack itself tells.
    NotHere,
}

/// Asks for the small blobs of what a request is for, and looks for pointers in them.
///
/// # Errors
///
/// Those of the source, but for its refusal of a filter; more pointers than a run takes.
pub fn scan(source: &mut dyn Source, request: &FetchRequest) -> Result<Scanned, Error> {
    if source.info().filters == Filters::NotOffered {
        return Ok(Scanned::NotHere);
    }
    let small = Filter::BlobLimit(super::pointer::CUTOFF);
    for filter in [small.clone().and(Filter::ObjectType(Kind::Blob)), small] {
        let told = filter.to_string();
        let request = FetchRequest {
            thin_pack: ThinPack::Forbidden,
            filter: Some(filter),
            progress: ProgressText::Unwanted,
            ..request.clone()
        };
        match read(source, &request) {
            Err(error) if is_refusal(error.failure.kind) => log::debug!("{error}; {told} is not taken"),
            Ok(Read { objects, unresolved: 0 }) => return Ok(Scanned::Exactly(objects)),
            Ok(Read { unresolved, .. }) => {
                log::debug!(
                    "{unresolved} deltas may be pointers and could not be read; the pack itself tells"
                );
                return Ok(Scanned::NotHere);
            }
            Err(error) => return Err(error),
        }
    }
    Ok(Scanned::NotHere)
}

/// The pointers of a pack.
#[derive(Debug)]
pub struct Read {
    /// The objects that they name.
    pub objects: Objects,
    /// The number of deltas that may be pointers and could not be read.
    pub unresolved: u64,
}

/// Looks for pointers in the pack that a request asks for.
///
/// # Errors
///
/// Those of the source; a pack that is none; more pointers than a run takes.
pub fn read(source: &mut dyn Source, request: &FetchRequest) -> Result<Read, Error> {
    let (label, format, order) =
        (source.info().label.clone(), source.info().format, source.info().pack_order);
    // Nobody else reads it, so that bases may be named in the shorter way, by which more of them are held.
    let request = FetchRequest { delta_base: DeltaBase::Offset, ..request.clone() };
    let Fetched { mut pack, .. } = source.fetch(&request)?;
    let failed = |failure: Failure| label.error(Phase::Fetch, failure);
    let (mut scanner, mut objects) =
        (PointerScanner::new(id_length(format)).of_order(order), Objects::default());
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let count = pack.read(&mut buffer)?;
        if count == 0 {
            break;
        }
        let mut too_many = None;
        let read =
            scanner.push(buffer.split_at(count).0, &mut |pointer| too_many = objects.add(pointer).err());
        if let Some(error) = too_many {
            return Err(failed(too_many_pointers(error)));
        }
        read.map_err(|error| failed(Failure::new(ErrorKind::Protocol, error.to_string())))?;
    }
    if !scanner.has_all_entries() {
        return Err(failed(Failure::new(ErrorKind::Interrupted, "the pack ended before its last object")));
    }
    Ok(Read { objects, unresolved: scanner.unresolved() })
}

/// Says that there are more pointers than a run takes.
pub(super) fn too_many_pointers(error: TooManyObjects) -> Failure {
    Failure::new(ErrorKind::Lfs(LfsProblem::TooManyPointers), format!("its history names {error}"))
}

/// Returns the length of a format's ids in a pack.
pub(super) fn id_length(format: ObjectFormat) -> IdLength {
    match format {
        ObjectFormat::Sha1 => IdLength::Twenty,
        ObjectFormat::Sha256 => IdLength::ThirtyTwo,
    }
}

/// Tells the ways in which servers say that they do not take a filter: `ERR`, an empty answer, a status. A repository on
/// this machine knows only that which leaves out everything but what is wanted.
pub(super) fn is_refusal(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::Refused
            | ErrorKind::Unsupported
            | ErrorKind::Protocol
            | ErrorKind::NotAGitServer
            | ErrorKind::Interrupted
            | ErrorKind::Status(_)
    )
}
