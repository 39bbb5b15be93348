//! Advice about errors that this task finds itself: of its inputs, of a plan, of a ref.

use super::hint::{Advice, advice};
use crate::config::input_error::InputProblem;
use crate::mirror::plan::KeptReason;
use crate::mirror::ref_rule::RefRuleViolation;
use crate::remote::web_url::WebUrl;

const UNDEFINED_VARIABLE: Advice = advice("", "{undefined}");

const SAME_REPOSITORY: Advice = advice("", "Check both URLs: nothing is mirrored into itself.");

const PAGE_OF_REPOSITORY: Advice = advice("", "Give that address.");

const PAGE_OF_CONTAINER: Advice = advice(
    "",
    "Give that address for all its repositories; for one, the address to clone from, which the host shows on the \
         repository's own page.",
);

const TFVC: Advice = advice(
    "",
    "Import the folder into a Git repository first (in Azure Repos with 'Import repository' and the source type TFVC, \
         or with git-tfs, which takes all its history), and give that repository's address.",
);

const KEPT_DEFAULT_BRANCH: &str =
    "Change the default branch at the destination. The next run then deletes the old one.";

const KEPT_DIVERGED: &str = "Push what is wanted of it to the source. If the rest is to go, set 'divergedRefs' to 'overwrite' for one run.";

const KEPT_SYMBOLIC: &str = "Remove the symbolic ref at the destination ('git symbolic-ref --delete'), or leave it out with 'excludeRefs'.";

/// Returns what can be done about a ref that stays although it is not as at the source.
pub(super) fn of_kept(reason: &KeptReason) -> &'static str {
    match reason {
        KeptReason::DefaultBranch => KEPT_DEFAULT_BRANCH,
        KeptReason::Diverged(_) => KEPT_DIVERGED,
        KeptReason::TargetOf(_) | KeptReason::SymbolicFor(_) => KEPT_SYMBOLIC,
    }
}

pub(super) const TOO_MANY_DELETIONS: Advice = advice(
    "",
    "Look at the refs that would be deleted; up to 200 are listed. If they are to go, raise 'maxDeletionsPercent'; \
         100 allows all refs of a pattern to be deleted. Else check the source, 'includeRefs' and 'excludeRefs'.",
);

pub(super) const NO_BRANCHES: Advice = advice(
    "No branch would be left of those that the selection includes. {A checkout} has none: its HEAD is \
         detached.",
    "Give the repository's own URL in '{url}', not a checkout, and check that branches may be read there. If the \
         branches are to go, turn 'allowEmptySource' on, and set 'maxDeletionsPercent' to 100 where they are \
         several; if only tags are to be mirrored, name only them in 'includeRefs'.",
);

pub(super) const EMPTY_SOURCE: Advice = advice(
    "",
    "Check both URLs, 'includeRefs', 'excludeRefs' and 'mapRefs'. If the source is meant to be empty, turn \
         'allowEmptySource' on.",
);

pub(super) const NAMES_COLLIDE: Advice = advice(
    "",
    "Give each ref a name of its own in 'mapRefs', or leave one of the two out with 'excludeRefs'. A ref that is at the \
         destination alone, and in the way, must be renamed or deleted there.",
);

pub(super) const DIVERGED: Advice = advice(
    "",
    "Push what is wanted of these commits to the source, and the next run goes through. If they are to go, set 'divergedRefs' \
         to 'overwrite' for one run, with 'keepReplaced: tags' if they are to be kept nevertheless; to leave these refs alone, \
         name them in 'excludeRefs'.",
);

pub(super) const FORMATS_DIFFER: Advice = advice(
    "",
    "Make the destination anew with the object format of the source ('git init --object-format').",
);

/// Of a ref that somebody else changed during the run.
pub(super) const CHANGED: Advice =
    advice("", "{Run again}. If this repeats, look for another writer to the destination.");

/// Of a ref that is not done for no reason that is known.
pub(super) const NOT_DONE: Advice = advice("", "{Run again}; if this repeats, ask the host's administrator.");

const CASE: Advice = advice("", "Rename one of the two at the source, or leave one out with 'excludeRefs'.");

pub(super) const NOT_A_COMMIT: Advice =
    advice("The ref does not lead to a commit, which Azure Repos wants.", "Leave it out with 'excludeRefs'.");

pub(super) const HEX_NAME: Advice = advice(
    "The host refuses names that look like object ids.",
    "Rename the ref at the source, or leave it out with 'excludeRefs'.",
);

const BRANCH_NAMED_HEAD: Advice = advice(
    "The host keeps this name for its default branch.",
    "Rename the branch at the source, or leave it out with 'excludeRefs'.",
);

pub(super) const CHECKED_OUT: Advice = advice(
    "The destination is a repository with a working tree, and this branch is checked out there.",
    "Give a bare repository, or check out another branch there.",
);

pub(super) const MOVED: Advice = advice("Somebody else changed the ref meanwhile.", "{Run again}.");

pub(super) const NAME: Advice = advice(
    "The destination does not allow that name.",
    "Rename the ref at the source, or leave it out with 'excludeRefs'.",
);

pub(super) const NOT_STORED: Advice = advice(
    "The destination could not store the pack.",
    "Check that the source passes 'git fsck', and that the destination's disk is not full; then {run again}.",
);

/// Returns the advice for an input, where its message does not say it.
pub(super) fn of_input(problem: &InputProblem) -> Option<Advice> {
    match problem {
        InputProblem::UndefinedVariable(_) => Some(UNDEFINED_VARIABLE),
        InputProblem::SameRepository => Some(SAME_REPOSITORY),
        InputProblem::PageOfRepository(_) => Some(PAGE_OF_REPOSITORY),
        InputProblem::PageOfContainer(_) => Some(PAGE_OF_CONTAINER),
        InputProblem::Tfvc => Some(TFVC),
        InputProblem::Text(_) => None,
    }
}

/// Returns the advice for a ref that the host cannot take; the violation has said what that means.
pub(super) fn of_violation(violation: &RefRuleViolation) -> Advice {
    match violation {
        RefRuleViolation::HexName => advice("", HEX_NAME.text),
        RefRuleViolation::BranchNamedHead => BRANCH_NAMED_HEAD,
        RefRuleViolation::CaseConflict { .. } | RefRuleViolation::FolderCaseConflict { .. } => CASE,
        RefRuleViolation::NotACommit => advice("", NOT_A_COMMIT.text),
    }
}

/// Returns the problems of inputs as they are told, with their advice.
pub(super) fn of_inputs() -> Vec<(String, Advice)> {
    let url = WebUrl::parse("https://host.example/path").map(|(url, _)| Box::new(url));
    let pages = url.iter().flat_map(|url| {
        [InputProblem::PageOfRepository(url.clone()), InputProblem::PageOfContainer(url.clone())]
    });
    let problems = [InputProblem::UndefinedVariable("…".to_owned()), InputProblem::SameRepository];
    let problems: Vec<_> = problems.into_iter().chain(pages).chain([InputProblem::Tfvc]).collect();
    let listed = problems.iter().map(|problem| Some((problem.to_string(), of_input(problem)?)));
    listed.flatten().collect()
}

/// Returns what can be told of a ref that no server refused, with its advice.
pub(super) fn of_refs() -> Vec<(String, Advice)> {
    let violations = [
        RefRuleViolation::CaseConflict { other: "…".to_owned() },
        RefRuleViolation::FolderCaseConflict { other: "…".to_owned() },
        RefRuleViolation::NotACommit,
        RefRuleViolation::HexName,
        RefRuleViolation::BranchNamedHead,
    ];
    let outcomes = [
        ("somebody else changed it during this run".to_owned(), CHANGED),
        ("it is listed as before, and no report says why".to_owned(), NOT_DONE),
    ];
    let violations = violations.iter().map(|violation| (violation.to_string(), of_violation(violation)));
    outcomes.into_iter().chain(violations).collect()
}
