//! Whether a push was refused as a whole, and why. Servers say it in words; these are git's own.

use crate::protocol::receive_pack::RefUpdate;
use crate::protocol::report_status::{RefStatus, ReportStatus, Unpack};

/// How much of a push was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// Nothing, or each ref for itself.
    Some,
    /// Everything, although perhaps only some refs are the cause: a hook, a rule or a limit.
    All,
    /// Everything or a part, since the pack lacked objects.
    ObjectsMissing,
}

/// What git says of one ref that is refused for itself; more such refs say nothing of the others.
const OF_ONE_REF: &[&str] = &[
    "hidden ref",
    "non-fast-forward",
    "deletion prohibited",
    "deletion of the current branch",
    "currently checked out",
    "incorrect old value",
    "reference already exists",
    "reference does not exist",
    "refname conflict",
    "failed to update ref",
    "funny refname",
];

/// What git says where the pack does not hold together at the destination.
const OBJECTS_MISSING: &[&str] =
    &["unresolved delta", "missing necessary objects", "did not receive expected object", "bad object"];

/// Reads a report.
pub(super) fn classify(updates: &[RefUpdate], report: &ReportStatus) -> Refused {
    let reasons: Vec<&str> = updates
        .iter()
        .filter_map(|update| match report.get(update.name()) {
            Some(RefStatus::Rejected(reason)) => Some(reason.as_str()),
            _ => None,
        })
        .collect();
    let unpack = match &report.unpack {
        Unpack::Ok => "",
        Unpack::Failed(why) => why,
    };
    let mut said = reasons.iter().copied().chain([unpack, report.remote.as_str()]);
    let mentions = |texts: &[&str], said: &str| texts.iter().any(|text| said.contains(text));
    if (!reasons.is_empty() || !unpack.is_empty()) && said.any(|said| mentions(OBJECTS_MISSING, said)) {
        return Refused::ObjectsMissing;
    }
    let all = reasons.len() == updates.len();
    let same = reasons.windows(2).all(|pair| pair.first() == pair.last());
    // The update hook's "hook declined" is about one ref; "pre-receive hook declined" is about all.
    let of_one = |reason: &&str| mentions(OF_ONE_REF, reason) || *reason == "hook declined";
    if !unpack.is_empty() || (all && same && !reasons.iter().any(of_one)) {
        Refused::All
    } else {
        Refused::Some
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{id, name, report};
    use super::*;

    fn of(unpack: &str, remote: &str, statuses: &[(&str, &str)]) -> Refused {
        let updates: Vec<_> = statuses
            .iter()
            .map(|(ref_name, _)| RefUpdate::Create { name: name(ref_name), new: id(1) })
            .collect();
        classify(&updates, &report(unpack, statuses).with_remote(remote.into()))
    }

    #[test]
    fn a_hook_that_refuses_everything_is_told_from_one_that_refuses_a_ref() {
        let both = |reason| [("refs/heads/a", reason), ("refs/heads/b", reason)];
        assert_eq!(of("ok", "", &both("pre-receive hook declined")), Refused::All);
        assert_eq!(of("ok", "", &both("push declined due to repository rule violations")), Refused::All);
        assert_eq!(of("ok", "", &both("hook declined")), Refused::Some);
        assert_eq!(of("ok", "", &both("deny updating a hidden ref")), Refused::Some);
        assert_eq!(
            of("ok", "", &[("refs/heads/a", "pre-receive hook declined"), ("refs/heads/b", "")]),
            Refused::Some
        );
        assert_eq!(of("ok", "", &[("refs/heads/a", "")]), Refused::Some);
    }

    #[test]
    fn a_pack_that_was_not_stored_refuses_everything() {
        let refs = [("refs/heads/a", "unpacker error"), ("refs/heads/b", "unpacker error")];
        let said = "fatal: pack exceeds maximum allowed size (2.00 GiB)";
        assert_eq!(of("index-pack abnormal exit", said, &refs), Refused::All);
    }

    #[test]
    fn missing_objects_are_known_by_reason_by_unpack_and_by_what_was_said() {
        let refs = [("refs/heads/a", "unpacker error")];
        assert_eq!(
            of("index-pack abnormal exit", "fatal: pack has 152 unresolved deltas", &refs),
            Refused::ObjectsMissing
        );
        assert_eq!(of("unresolved deltas left after unpacking", "", &refs), Refused::ObjectsMissing);
        let one = [("refs/heads/a", "missing necessary objects"), ("refs/heads/b", "")];
        assert_eq!(of("ok", "", &one), Refused::ObjectsMissing);
    }
}
