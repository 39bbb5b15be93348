//! Tells whether a push was refused as a whole, and why. Servers say it in words; these are git's own, and hosts'.

use super::transient;
use crate::error::RejectReason;
use crate::error::{ErrorKind, Failure};
use crate::protocol::receive_pack::RefUpdate;
use crate::protocol::report_status::{RefStatus, ReportStatus, Unpack};

/// The refused part of a push; the updates that may still go in another push.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// Nothing, or each ref for itself.
    EachForItself,
    /// These, only because of others, which are named.
    WithOthers(Vec<RefUpdate>),
    /// All these, although perhaps only some are the cause: a hook, a rule or a limit.
    AsAWhole(Vec<RefUpdate>),
    /// These, since the pack lacked objects.
    ObjectsMissing(Vec<RefUpdate>),
}

/// Git's words of one ref that is refused for itself; more such refs say nothing of the others.
const OF_ONE_REF: &[&str] = &[
    "hidden ref",
    "non-fast-forward",
    // JGit's.
    "non-fast forward",
    "deletion prohibited",
    "deletion of the current branch",
    "currently checked out",
    "incorrect old value",
    "reference already exists",
    "reference does not exist",
    "refname conflict",
    "funny refname",
];

/// Whole reasons of that kind: what is longer says more.
const OF_ONE_REF_EXACTLY: &[&str] = &["failed to update ref", "hook declined"];

/// Words of refs that are refused together, whichever is the cause.
const OF_ALL_REFS: &[&str] = &[
    "pre-receive hook declined",
    "failed to update refs",
    "atomic push failure",
    "atomic transaction failed",
    "transaction aborted",
    "transaction failed to start",
    "unpacker error",
];

/// Servers' words where the pack does not hold together at the destination.
const OBJECTS_MISSING: &[&str] = &[
    "unresolved delta",
    "missing necessary objects",
    "did not receive expected object",
    "bad object",
    // JGit's.
    "missing object(s)",
    "Missing unknown",
    "Missing commit",
    "Missing tree",
    "Missing blob",
];

/// Servers' words, in small letters, of a pack that is too large.
const TOO_LARGE: &[&str] = &[
    "pack exceeds",
    "exceeds maximum",
    "maximum allowed size",
    "push is too large",
    "size of your push exceeds",
    // JGit's.
    "object too large",
];

/// Words of git and its system, in small letters, where the server cannot write its repository.
const STORAGE: &[&str] = &[
    "unable to create temporary object directory",
    "insufficient permission for adding an object",
    "unable to write file",
    "unable to write loose object",
    "unable to create temporary file",
    // As the system's error of a file; hooks say it of people.
    "': permission denied",
    "no space left on device",
    "disk quota exceeded",
    "read-only file system",
];

/// Tells why a server refuses, as far as its words say that no ref can be the cause.
pub(crate) fn fault_in(words: &str) -> Option<ErrorKind> {
    let words = words.to_lowercase();
    match () {
        () if mentions(TOO_LARGE, &words) => Some(ErrorKind::TooLarge),
        () if mentions(STORAGE, &words) => Some(ErrorKind::Storage),
        () => None,
    }
}

/// Tells why a pack was not stored, as far as no ref can be the cause.
pub(crate) fn fault_of_unpack(report: &ReportStatus) -> Option<ErrorKind> {
    match &report.unpack {
        Unpack::Ok => None,
        Unpack::Failed(why) => fault_in(why).or_else(|| fault_in(&report.remote)),
    }
}

/// Tells, by the report of a push, which of its updates were refused such that another push may bring them.
pub(crate) fn classify(updates: &[RefUpdate], report: &ReportStatus) -> Refused {
    if let Some(refused) = declined(updates, report) {
        return refused;
    }
    let reason = |update: &&RefUpdate| match report.get(update.name()) {
        Some(RefStatus::Rejected(reason)) => Some(reason.as_str()),
        _ => None,
    };
    let refused: Vec<_> = updates.iter().filter_map(|update| Some((update, reason(&update)?))).collect();
    let those = |is: &dyn Fn(&str) -> bool| -> Vec<RefUpdate> {
        refused.iter().filter(|(_, reason)| is(reason)).map(|(update, _)| (*update).clone()).collect()
    };
    if objects_are_missing(&refused, report) {
        return Refused::ObjectsMissing(those(&|_| true));
    }
    if report.unpack != Unpack::Ok {
        return Refused::AsAWhole(those(&|_| true));
    }
    let innocent = those(&is_of_all_refs);
    if innocent.len() < refused.len() && !innocent.is_empty() {
        return Refused::WithOthers(innocent);
    }
    let same =
        refused.windows(2).all(|pair| pair.first().map(|ref_| ref_.1) == pair.last().map(|ref_| ref_.1));
    let of_one = refused.first().is_none_or(|(_, reason)| is_of_one_ref(reason));
    // One reason for every ref, and none that is of a single ref, is that of a rule on the whole push.
    if !innocent.is_empty() || (refused.len() == updates.len() && same && !of_one) {
        return Refused::AsAWhole(those(&|_| true));
    }
    Refused::EachForItself
}

/// Reads the report of a local destination, whose reasons are values; none where it is a server's.
fn declined(updates: &[RefUpdate], report: &ReportStatus) -> Option<Refused> {
    let reason = |update: &RefUpdate| match report.get(update.name()) {
        Some(RefStatus::Declined { reason, .. }) => Some(*reason),
        _ => None,
    };
    let of = |wanted| -> Vec<RefUpdate> {
        updates.iter().filter(|update| reason(update) == Some(wanted)).cloned().collect()
    };
    updates.iter().find_map(reason)?;
    let (missing, not_unpacked) = (of(RejectReason::MissingObjects), of(RejectReason::NotUnpacked));
    Some(match (missing.is_empty(), not_unpacked.is_empty()) {
        (false, _) => Refused::ObjectsMissing(missing),
        (true, false) => Refused::AsAWhole(not_unpacked),
        (true, true) => Refused::EachForItself,
    })
}

/// Tells whether a server refuses a push in words because of its size.
pub(crate) fn is_about_size(failure: &Failure) -> bool {
    failure.remote.as_deref().and_then(fault_in) == Some(ErrorKind::TooLarge)
}

fn objects_are_missing(refused: &[(&RefUpdate, &str)], report: &ReportStatus) -> bool {
    let by_reason = refused.iter().any(|(_, reason)| mentions(OBJECTS_MISSING, reason));
    // A hook may speak of bad objects for reasons of its own.
    by_reason
        || match &report.unpack {
            Unpack::Ok => false,
            Unpack::Failed(why) => {
                mentions(OBJECTS_MISSING, why) || mentions(OBJECTS_MISSING, &report.remote)
            }
        }
}

fn mentions(texts: &[&str], said: &str) -> bool {
    texts.iter().any(|text| said.contains(text))
}

fn is_of_all_refs(reason: &str) -> bool {
    mentions(OF_ALL_REFS, reason)
}

/// Tells also what can pass by itself, of which a search would find no cause.
fn is_of_one_ref(reason: &str) -> bool {
    mentions(OF_ONE_REF, reason) || OF_ONE_REF_EXACTLY.contains(&reason) || transient::is_transient(reason)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mirror::testing::{id, name, report};

    fn updates(names: &[&str]) -> Vec<RefUpdate> {
        names.iter().map(|ref_name| RefUpdate::Create { name: name(ref_name), new: id(1) }).collect()
    }

    fn of(unpack: &str, remote: &str, statuses: &[(&str, &str)]) -> Refused {
        let names: Vec<_> = statuses.iter().map(|(ref_name, _)| *ref_name).collect();
        classify(&updates(&names), &report(unpack, statuses).with_remote(remote))
    }

    #[test]
    fn words_of_size_and_storage_are_of_no_ref() {
        for said in ["Pack exceeds the limit of 2,000,000 bytes", "Object too large (1,200 bytes), rejecting"]
        {
            assert_eq!(fault_in(said), Some(ErrorKind::TooLarge), "{said}");
        }
        for said in [
            "unable to create temporary object directory",
            "fatal: write error: No space left on device",
            "Unable to create '/srv/d.git/refs/heads/a.lock': Permission denied",
            "error: file write error: Disk quota exceeded",
            "Read-only file system",
        ] {
            assert_eq!(fault_in(said), Some(ErrorKind::Storage), "{said}");
        }
        assert_eq!(fault_in("pre-receive hook declined"), None);
    }

    const A: &str = "refs/heads/a";
    const B: &str = "refs/heads/b";

    #[test]
    fn a_hook_that_refuses_all_is_told_from_one_that_refuses_a_ref() {
        let both = |reason| [(A, reason), (B, reason)];
        let whole = Refused::AsAWhole(updates(&[A, B]));
        assert_eq!(of("ok", "", &both("pre-receive hook declined")), whole);
        assert_eq!(of("ok", "", &both("push declined due to repository rule violations")), whole);
        assert_eq!(of("ok", "", &both("failed to update refs")), whole);
        for reason in
            ["hook declined", "deny updating a hidden ref", "failed to update ref", "failed to lock"]
        {
            assert_eq!(of("ok", "", &both(reason)), Refused::EachForItself);
        }
        assert_eq!(of("ok", "", &[(A, "no"), (B, "")]), Refused::EachForItself);
        assert_eq!(of("ok", "", &[(A, "")]), Refused::EachForItself);
    }

    #[test]
    fn refs_that_are_refused_because_of_others_go_without_those() {
        let statuses = [(A, "TF402455: pushes to this branch are not permitted"), (B, "transaction aborted")];
        assert_eq!(of("ok", "", &statuses), Refused::WithOthers(updates(&[B])));
    }

    #[test]
    fn a_pack_that_was_not_stored_refuses_everything() {
        let refs = [(A, "unpacker error"), (B, "unpacker error")];
        let said = "fatal: pack exceeds maximum allowed size (2.00 GiB)";
        assert_eq!(of("index-pack abnormal exit", said, &refs), Refused::AsAWhole(updates(&[A, B])));
        let failure = |words: &str| Failure::new(ErrorKind::Refused, "no").or_in_words(words.into());
        assert!(is_about_size(&failure(said)) && !is_about_size(&failure("no")));
    }

    #[test]
    fn missing_objects_are_known_by_reason_by_unpack_and_by_words() {
        let refs = [(A, "unpacker error")];
        let missing = Refused::ObjectsMissing(updates(&[A]));
        assert_eq!(of("index-pack abnormal exit", "fatal: pack has 152 unresolved deltas", &refs), missing);
        assert_eq!(of("unresolved deltas left after unpacking", "", &refs), missing);
        assert_eq!(of("ok", "", &[(A, "missing necessary objects"), (B, "")]), missing);
        // The pack is stored: it is the hook that is at a loss.
        let said = "fatal: bad object 0000000000000000000000000000000000000000";
        assert_eq!(of("ok", said, &[(A, "pre-receive hook declined")]), Refused::AsAWhole(updates(&[A])));
    }

    #[test]
    fn the_reasons_of_a_local_destination_count_by_their_values() {
        let of = |reasons: [RejectReason; 2]| {
            let updates = updates(&[A, B]);
            let status = |detail: &str, reason| RefStatus::Declined { reason, detail: detail.into() };
            // Whatever is said of them.
            let said = ["missing necessary objects", "pre-receive hook declined"];
            let statuses = updates.iter().zip(said.into_iter().zip(reasons));
            let statuses =
                statuses.map(|(update, (said, reason))| (update.name().clone(), status(said, reason)));
            classify(&updates, &ReportStatus::new(Unpack::Ok, statuses))
        };
        let (missing, stale) = (RejectReason::MissingObjects, RejectReason::StaleOldValue);
        assert_eq!(of([missing, missing]), Refused::ObjectsMissing(updates(&[A, B])));
        assert_eq!(of([stale, missing]), Refused::ObjectsMissing(updates(&[B])));
        assert_eq!(of([RejectReason::NotUnpacked; 2]), Refused::AsAWhole(updates(&[A, B])));
        for reason in [stale, RejectReason::Hidden, RejectReason::CheckedOut, RejectReason::NotWritten] {
            assert_eq!(of([reason; 2]), Refused::EachForItself, "{reason}");
        }
    }
}
