//! Advice about errors that this task finds itself: of its inputs, of a plan, of a ref.

use super::hint::{Advice, advice};
use crate::config::input_error::InputProblem;
use crate::mirror::ref_rule::RefRuleViolation;

const UNDEFINED_VARIABLE: Advice = advice(
    "",
    "Check its spelling, that its variable group is linked, and that this run may use secrets (a build of a fork \
         may not).",
);

const SAME_REPOSITORY: Advice = advice("", "Check both URLs: nothing is mirrored into itself.");

pub(super) const TOO_MANY_DELETIONS: Advice = advice(
    "",
    "The log names the refs to be deleted (a dry run names up to 10,000). If they are to go, raise 'maxDeletionsPercent'; \
         `100` allows to delete all refs of a pattern. Else check the source, 'includeRefs' and 'excludeRefs'.",
);

pub(super) const NO_BRANCHES: Advice = advice(
    "No branch would be left of those that the selection includes. A checkout of the agent has none: its HEAD is \
         detached.",
    "Give the repository's own URL in '{url}', not a checkout, and check that branches may be read there. If the \
         branches are to go, turn 'allowEmptySource' on, and set 'maxDeletionsPercent' to `100` where they are \
         several; if only tags are to be mirrored, name only them in 'includeRefs'.",
);

pub(super) const EMPTY_SOURCE: Advice = advice(
    "",
    "Check both URLs, 'includeRefs' and 'excludeRefs'. If the source is meant to be empty, turn 'allowEmptySource' \
         on.",
);

pub(super) const FORMATS_DIFFER: Advice = advice(
    "",
    "Make the destination anew with the object format of the source ('git init --object-format').",
);

/// Of a ref that somebody else changed during the run.
pub(super) const CHANGED: Advice =
    advice("", "Run the pipeline again. If this repeats, look for another writer to the destination.");

/// Of a ref that is not done for no reason that is known.
pub(super) const NOT_DONE: Advice =
    advice("", "Run the pipeline again; if this repeats, ask the host's administrator.");

const CASE: Advice = advice("", "Rename one of the two at the source, or leave one out with 'excludeRefs'.");

pub(super) const NOT_A_COMMIT: Advice =
    advice("The ref does not lead to a commit, which Azure Repos wants.", "Leave it out with 'excludeRefs'.");

pub(super) const HEX_NAME: Advice = advice(
    "The host takes no name that looks like an object id.",
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

pub(super) const MOVED: Advice =
    advice("Somebody else changed the ref meanwhile.", "Run the pipeline again.");

pub(super) const NAME: Advice = advice(
    "The destination does not allow that name.",
    "Rename the ref at the source, or leave it out with 'excludeRefs'.",
);

pub(super) const NOT_STORED: Advice = advice(
    "The destination could not store the pack.",
    "Check that the source passes 'git fsck', and that the destination's disk is not full; then run the pipeline \
     again.",
);

/// Returns the advice for an input, where its message does not say it.
pub(super) fn of_input(problem: &InputProblem) -> Option<Advice> {
    match problem {
        InputProblem::UndefinedVariable(_) => Some(UNDEFINED_VARIABLE),
        InputProblem::SameRepository => Some(SAME_REPOSITORY),
        InputProblem::Text(_) => None,
    }
}

/// Returns the advice for a ref that the host cannot take.
pub(super) fn of_violation(violation: &RefRuleViolation) -> Advice {
    match violation {
        RefRuleViolation::HexName => HEX_NAME,
        RefRuleViolation::BranchNamedHead => BRANCH_NAMED_HEAD,
        RefRuleViolation::CaseConflict { .. } | RefRuleViolation::FolderCaseConflict { .. } => CASE,
        RefRuleViolation::NotACommit => NOT_A_COMMIT,
    }
}

/// Returns the problems of inputs as they are told, with their advice.
pub(super) fn of_inputs() -> Vec<(String, Advice)> {
    let problems = [InputProblem::UndefinedVariable("…".to_owned()), InputProblem::SameRepository];
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
        ("it is listed as before, or the run ended before it was done".to_owned(), NOT_DONE),
    ];
    let violations = violations.iter().map(|violation| (violation.to_string(), of_violation(violation)));
    outcomes.into_iter().chain(violations).collect()
}
