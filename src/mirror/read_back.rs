//! Reads back from a destination what a push relied on. Servers exist that answer `ok` to refs whose objects they do not have.

use std::collections::HashSet;

use super::pack_header;
use super::ports::{Destination, Fetched, MOST_ASKED};
use crate::error::{Error, ErrorKind, LocalProblem};
use crate::protocol::fetch::FetchRequest;
use crate::protocol::object_id::ObjectId;

/// The possession of some objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Held {
    /// All are there.
    All,
    /// At least one is not there, or cannot be read.
    NotAll,
}

/// Asks a destination for some tips that its refs name, without their history and files, in one request. Of more than
/// [`MOST_ASKED`] objects the others are not asked about. Where the server takes no filter, the head of the pack must do.
///
/// # Errors
/// The failure that keeps the answer away: the destination cannot be reached, or may not be read. A run that is stopped in the middle of
/// an answer looks as if not all were there.
pub(crate) fn holds(destination: &mut dyn Destination, ids: &[ObjectId]) -> Result<Held, Error> {
    let mut seen = HashSet::new();
    let tips: Vec<_> = ids.iter().copied().filter(|id| seen.insert(*id)).take(MOST_ASKED).collect();
    if tips.is_empty() {
        return Ok(Held::All);
    }
    let count = tips.len();
    let request = FetchRequest::tips_alone(tips);
    match ask(destination, &request, count, Read::Whole) {
        Err(error) if error.failure.kind == ErrorKind::Unsupported => {
            let unfiltered = FetchRequest { filter: None, ..request };
            ask(destination, &unfiltered, count, Read::Header)
        }
        outcome => outcome,
    }
}

/// The part of a pack that is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Read {
    Whole,
    Header,
}

fn ask(
    destination: &mut dyn Destination,
    request: &FetchRequest,
    count: usize,
    read: Read,
) -> Result<Held, Error> {
    let label = destination.info().label.clone();
    let mut fetched = match destination.fetch(request) {
        Ok(fetched) => fetched,
        Err(error) if is_about_objects(error.failure.kind) => return Ok(not_all(&error)),
        Err(error) => return Err(error),
    };
    let objects = pack_header::objects(&mut *fetched.pack, &label);
    match objects.and_then(|objects| read_rest(&mut fetched, read).map(|()| objects)) {
        Ok(objects) if usize::try_from(objects).is_ok_and(|objects| objects >= count) => Ok(Held::All),
        Ok(objects) => {
            log::debug!("{label}: {count} tips were asked for, and {objects} objects came");
            Ok(Held::NotAll)
        }
        // A server breaks off where it cannot read what it has promised.
        Err(error) => Ok(not_all(&error)),
    }
}

fn not_all(error: &Error) -> Held {
    log::debug!("not all is there: {error}");
    Held::NotAll
}

/// Tells the answers of a server that was reached and may be read.
fn is_about_objects(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::Stale
            | ErrorKind::Damaged
            | ErrorKind::Refused
            | ErrorKind::Local(LocalProblem::Repository)
    )
}

fn read_rest(fetched: &mut Fetched<'_>, read: Read) -> Result<(), Error> {
    let mut buffer = [0; 8192];
    while read == Read::Whole && fetched.pack.read(&mut buffer)? > 0 {}
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{Failure, Phase, Side, UnreachableReason};
    use crate::mirror::testing::{Answers, MemoryDestination, header, id, label};
    use crate::protocol::fetch::Depth;

    fn answering(answer: Answers) -> MemoryDestination {
        let mut destination = MemoryDestination::new(&[("refs/heads/main", 1), ("refs/tags/v1", 2)]);
        destination.answers = answer;
        destination
    }

    fn error(kind: ErrorKind) -> Error {
        label(Side::Destination).error(Phase::Verify, Failure::new(kind, "no"))
    }

    #[test]
    fn tips_that_are_there_are_asked_for_at_once_and_each_once() {
        let mut destination = answering(Box::new(|_| None));
        assert_eq!(holds(&mut destination, &[id(1), id(2), id(1)]), Ok(Held::All));
        assert_eq!(destination.requests, [FetchRequest::tips_alone(vec![id(1), id(2)])]);
    }

    #[test]
    fn nothing_is_asked_about_nothing() {
        let mut destination = answering(Box::new(|_| None));
        assert_eq!(holds(&mut destination, &[]), Ok(Held::All));
        assert!(destination.requests.is_empty());
    }

    #[test]
    fn no_more_than_a_thousand_are_asked_about() {
        let mut destination = answering(Box::new(|request| Some(Ok(header(request.wants.len())))));
        let ids: Vec<_> = (0..2000_u16)
            .map(|number| {
                let mut id = [7; 20];
                id[..2].copy_from_slice(&number.to_be_bytes());
                ObjectId::Sha1(id)
            })
            .collect();
        assert_eq!(holds(&mut destination, &ids), Ok(Held::All));
        assert_eq!(destination.requests[0].wants, ids[..1000]);
    }

    #[test]
    fn a_tip_that_is_refused_is_not_there() {
        let mut destination = answering(Box::new(|_| None));
        destination.lost = vec![id(2)];
        assert_eq!(holds(&mut destination, &[id(1)]), Ok(Held::All));
        assert_eq!(holds(&mut destination, &[id(1), id(2)]), Ok(Held::NotAll));
        for kind in [ErrorKind::Damaged, ErrorKind::Refused] {
            let mut destination = answering(Box::new(move |_| Some(Err(error(kind)))));
            assert_eq!(holds(&mut destination, &[id(1)]), Ok(Held::NotAll), "{kind:?}");
        }
    }

    #[test]
    fn a_pack_of_fewer_objects_than_tips_lacks_one() {
        for (objects, expected) in [(0, Held::NotAll), (1, Held::NotAll), (2, Held::All), (3, Held::All)] {
            let mut destination = answering(Box::new(move |_| Some(Ok(header(objects)))));
            assert_eq!(holds(&mut destination, &[id(1), id(2)]), Ok(expected), "{objects}");
        }
    }

    #[test]
    fn a_pack_that_breaks_off_is_not_there() {
        let mut destination = answering(Box::new(|_| None));
        destination.end = Err(error(ErrorKind::Interrupted));
        assert_eq!(holds(&mut destination, &[id(1)]), Ok(Held::NotAll));
        let mut destination = answering(Box::new(|_| Some(Ok(b"PACK\0\0\0".to_vec()))));
        assert_eq!(holds(&mut destination, &[id(1)]), Ok(Held::NotAll));
    }

    #[test]
    fn a_server_without_filters_is_asked_for_the_head_of_a_pack() {
        let mut destination = answering(Box::new(|request| {
            let is_filtered = request.filter.is_some();
            Some(if is_filtered { Err(error(ErrorKind::Unsupported)) } else { Ok(header(5)) })
        }));
        // The rest is not read.
        destination.end = Err(error(ErrorKind::Interrupted));
        assert_eq!(holds(&mut destination, &[id(1)]), Ok(Held::All));
        let last = destination.requests.last().unwrap();
        assert_eq!((&last.filter, last.depth), (&None, Some(Depth::Commits(std::num::NonZeroU32::MIN))));
        assert_eq!(destination.requests.len(), 2);
    }

    #[test]
    fn what_keeps_the_answer_away_is_an_error() {
        for kind in [
            ErrorKind::Forbidden,
            ErrorKind::Unauthorized,
            ErrorKind::NotFound,
            ErrorKind::Interrupted,
            ErrorKind::Unsupported,
            ErrorKind::Unreachable(UnreachableReason::Other),
            ErrorKind::Unavailable { retry_after: None },
        ] {
            let mut destination = answering(Box::new(move |_| Some(Err(error(kind)))));
            let outcome = holds(&mut destination, &[id(1)]);
            assert_eq!(outcome.map_err(|error| error.failure.kind), Err(kind));
        }
    }
}
