//! Tells refusals of a whole repository from those of some of its refs: no part of such a push would fare better.

use std::collections::HashSet;

use super::rejection;
use super::transient;
use crate::error::ErrorKind;
use crate::protocol::receive_pack::RefUpdate;
use crate::protocol::report_status::{RefStatus, ReportStatus, Unpack};

/// What servers say, in small letters, to an account that may not write, or of a repository that nobody may write.
const FORBIDDEN: &[&str] = &[
    "not allowed to push",
    "not allowed to upload",
    "not allowed to write",
    "not permitted to push",
    "not authorized to push",
    "permission denied",
    "access denied",
    "does not have permission",
    "do not have permission",
    "don't have permission",
    "does not have write",
    "do not have write",
    "write access to",
    "insufficient permission",
    "insufficient rights",
    // GitHub: "Permission to contoso/app.git denied to bob."
    "permission to ",
    // Azure DevOps: "You need the Git 'GenericContribute' permission".
    "'genericcontribute' permission",
    " role is required",
    "requires the role",
    "need the role",
    "archived",
    "read-only",
    "read only",
    "readonly",
];

/// What servers say, in small letters, of a repository or an owner that has used up its room.
const NO_ROOM: &[&str] = &[
    "quota",
    "storage limit",
    "out of storage",
    "exceeded its size limit",
    "exceed its size limit",
    "above its size limit",
    "repository size limit",
];

/// Words, in small letters, that speak of a ref or of what some refs hold.
const OF_SOME_REFS: &[&str] = &[
    "branch",
    "branches",
    "tag",
    "tags",
    "ref",
    "refs",
    "reference",
    "references",
    "protected",
    "force",
    "forced",
    "force-push",
    "force-pushing",
    "delete",
    "deletion",
    "deleting",
    "create",
    "creating",
    "commit",
    "commits",
    "committer",
    "author",
    "file",
    "files",
    "path",
    "paths",
];

/// Tells why a report refuses every update, as far as its words are about the repository. A single update is left to
/// its own reason, since no search follows.
pub(super) fn in_report(updates: &[RefUpdate], report: &ReportStatus) -> Option<ErrorKind> {
    let reason = |update: &RefUpdate| match report.get(update.name()) {
        Some(RefStatus::Rejected(reason)) => Some(reason.as_str()),
        _ => None,
    };
    let reason_of_all = reason(updates.first()?)?;
    if updates.len() < 2 || updates.iter().any(|update| reason(update) != Some(reason_of_all)) {
        return None;
    }
    let why = match &report.unpack {
        Unpack::Ok => "",
        Unpack::Failed(why) => why,
    };
    in_words(updates, &format!("{why}\n{reason_of_all}\n{}", report.remote))
}

/// Tells why a push is refused, as far as the words are about the repository and not about a ref.
pub(super) fn in_words(updates: &[RefUpdate], words: &str) -> Option<ErrorKind> {
    if names_a_ref(updates, words) {
        return None;
    }
    let small = words.to_lowercase();
    match rejection::fault_in(words) {
        Some(ErrorKind::Storage) => return Some(ErrorKind::Storage),
        Some(_) => return None,
        None if pieces(&small).any(|word| OF_SOME_REFS.contains(&word)) => return None,
        None => {}
    }
    let mentions = |texts: &[&str]| texts.iter().any(|text| small.contains(text));
    match () {
        () if mentions(NO_ROOM) => Some(ErrorKind::Storage),
        () if mentions(FORBIDDEN) => Some(ErrorKind::Forbidden),
        () if transient::is_busy(&small) => Some(ErrorKind::Unavailable { retry_after: None }),
        () => None,
    }
}

fn names_a_ref(updates: &[RefUpdate], words: &str) -> bool {
    if words.contains("refs/") {
        return true;
    }
    let names: Vec<_> = updates.iter().map(|update| update.name().to_text()).collect();
    let short = names.iter().filter_map(|name| name.splitn(3, '/').nth(2));
    // A name of one letter is a word, too.
    let short: HashSet<&str> = short.filter(|name| name.len() > 1).collect();
    pieces(words).any(|word| short.contains(word))
}

/// Divides words at spaces, and takes off what stands around each.
fn pieces(words: &str) -> impl Iterator<Item = &str> {
    words.split_whitespace().map(|word| word.trim_matches(|c: char| c.is_ascii_punctuation()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mirror::testing::{id, name, report};

    fn updates(names: &[&str]) -> Vec<RefUpdate> {
        names.iter().map(|ref_name| RefUpdate::Create { name: name(ref_name), new: id(1) }).collect()
    }

    const BOTH: [&str; 2] = ["refs/heads/main", "refs/heads/a"];

    #[test]
    fn words_about_the_repository_are_told_with_their_kind() {
        for (said, kind) in [
            ("GitLab: You are not allowed to push code to this project.", ErrorKind::Forbidden),
            ("Permission to contoso/app.git denied to bob.", ErrorKind::Forbidden),
            ("This repository was archived so it is read-only.", ErrorKind::Forbidden),
            ("The Developer role is required to push here", ErrorKind::Forbidden),
            ("bob does not have permission to push", ErrorKind::Forbidden),
            ("permission denied", ErrorKind::Forbidden),
            ("Mirror Repository contoso/app is read-only", ErrorKind::Forbidden),
            ("You cannot push to a read-only GitLab instance.", ErrorKind::Forbidden),
            (
                "Your push has been rejected, because this repository has exceeded its size limit.",
                ErrorKind::Storage,
            ),
            ("Gitea: user quota exceeded", ErrorKind::Storage),
            ("fatal: write error: No space left on device", ErrorKind::Storage),
            ("error: file write error: Read-only file system", ErrorKind::Storage),
            ("GitLab: Internal API unreachable", ErrorKind::Unavailable { retry_after: None }),
            ("The server is busy, try again later", ErrorKind::Unavailable { retry_after: None }),
        ] {
            assert_eq!(in_words(&updates(&BOTH), said), Some(kind), "{said}");
        }
    }

    #[test]
    fn words_about_a_ref_or_what_it_holds_are_not() {
        for said in [
            "",
            "pre-receive hook declined",
            "GitLab: You are not allowed to push code to protected branches on this project.",
            "You do not have permission to push to 'main'",
            "permission denied on main",
            "permission denied: refs/heads/other",
            "error: Unable to create '/srv/d.git/refs/heads/a.lock': Permission denied",
            "TF401027: You need the Git 'GenericContribute' permission, scope 'branch'.",
            "You don't have permission to push commits of other people",
            "You are not allowed to push the file a.txt, which is read-only",
            "This branch is overloaded, try again later",
            "Pack exceeds the limit of 2,000,000 bytes, which is your quota",
        ] {
            assert_eq!(in_words(&updates(&BOTH), said), None, "{said}");
        }
    }

    #[test]
    fn a_report_speaks_of_the_repository_only_if_all_have_one_reason() {
        let of = |unpack: &str, reasons: [&str; 2], said: &str| {
            let statuses: Vec<_> = BOTH.into_iter().zip(reasons).collect();
            in_report(&updates(&BOTH), &report(unpack, &statuses).with_remote(said))
        };
        let said = "You are not allowed to push code to this project.";
        assert_eq!(of("ok", [said, said], ""), Some(ErrorKind::Forbidden));
        assert_eq!(of("ok", ["pre-receive hook declined"; 2], said), Some(ErrorKind::Forbidden));
        assert_eq!(of("quota exceeded", ["unpacker error"; 2], ""), Some(ErrorKind::Storage));
        assert_eq!(of("ok", [said, "no"], ""), None);
        assert_eq!(of("ok", [said, ""], said), None);
        assert_eq!(in_report(&updates(&BOTH[..1]), &report("ok", &[(BOTH[0], said)])), None);
    }
}
