//! Advice about projects and organizations: their lists, and the repositories that are created for them.

use super::hint::{Advice, advice};
use crate::error::{ContainerProblem, CreateProblem};

/// Of a repository at the destination that has nothing of the source.
pub(super) const UNRELATED: Advice = advice(
    "A name that was computed overwrites no repository that has other contents.",
    "Rename one of the two, give the mirrors other names with 'destinationRepositoryName', or leave this one out with \
     'excludeRepositories'. If it is to be overwritten, with all that it holds, turn 'overwriteUnrelated' on for one run.",
);

/// Of a name that the destination does not take.
pub(super) const IMPOSSIBLE_NAME: Advice = advice(
    "",
    "Rename the repository, give the mirrors other names with 'destinationRepositoryName', or leave it out with \
     'excludeRepositories'.",
);

/// Of a name that several mirrors would have.
pub(super) const SHARED_NAME: Advice = advice(
    "None of them wins, since the next list could name another first.",
    "Rename all but one, or leave them out with 'excludeRepositories'. Those of several projects are told apart by \
     'destinationRepositoryName', such as {project}-{repository}.",
);

/// Of a repository that no URL can be made for.
pub(super) const UNUSABLE_NAME: Advice = advice("", "Rename the repository at the source.");

/// Of a default branch that could not be set.
pub(super) const SET_BY_HAND: Advice = advice("", "Set the default branch to '{branch}' at the host.");

/// The words between that and the advice for the error.
pub(super) const OR_MEND_IT: &str = "The next run does it, if you see to this:";

/// Returns what to do about a container that cannot be mirrored as one.
pub(super) fn of_problem(problem: ContainerProblem) -> Advice {
    match problem {
        ContainerProblem::NoList => advice(
            "",
            "Check the spelling of '{url}', and that no proxy changes what the host's interface answers.",
        ),
        ContainerProblem::CutShort => advice(
            "What is missing from a list would look like deleted, so nothing was mirrored.",
            "{Run again}. If this repeats, look for a proxy that changes or cuts answers.",
        ),
        ContainerProblem::Endless => {
            advice("", "Name a smaller part in '{url}', such as one project or group, in a step for each.")
        }
        ContainerProblem::OneDestination => advice(
            "Many repositories cannot become one.",
            "Give a project, an organization or a group as the destination too, or one repository as the source.",
        ),
        ContainerProblem::OneSource => advice(
            "",
            "Give the address of the repository to write to, below the destination; or the source's project or \
             organization, and select with 'includeRepositories'.",
        ),
        ContainerProblem::Same => advice("", "Check both URLs: nothing is mirrored into itself."),
        ContainerProblem::CloneDirectory => advice(
            "",
            "Empty 'sourceGitRepositoryCloneDirectoryName'. To keep a copy of all repositories on disk, name a folder \
             as the destination.",
        ),
        ContainerProblem::NothingListed => advice(
            "What {account} may not see is in no list.",
            "Check '{url}', and that {account} may see the repositories. If there are none yet, turn 'allowEmptySource' on.",
        ),
        ContainerProblem::NothingSelected => advice(
            "",
            "Check 'includeRepositories' and 'excludeRepositories', and that {account} may see what they are to select.",
        ),
        ContainerProblem::NoProject => advice(
            "At Azure DevOps a repository is in a project.",
            "Give the address of a project in '{url}', such as https://dev.azure.com/contoso/backup.",
        ),
    }
}

/// Returns what to do about a destination that is not created.
pub(super) fn of_creation(problem: CreateProblem) -> Advice {
    match problem {
        CreateProblem::NoInterface => advice(
            "",
            "Create the repository at the destination, empty and without a first commit; or give a token in '{token}', \
             which the host's interface takes.",
        ),
        CreateProblem::NameTaken => advice(
            "There is a repository of this name already, or one was deleted and can still be restored.",
            "Let {account} read and write it, or remove it for good.",
        ),
        CreateProblem::WiderProject => advice(
            "There a repository is as visible as its project, so nothing was created.",
            "Give a project that fewer people see in '{url}', or allow for it in 'createDestination'.",
        ),
        CreateProblem::NarrowerGroup => advice(
            "There nothing is more visible than its group, so nothing was created.",
            "Ask for less in 'createDestination', give another group in '{url}', or make this one as visible.",
        ),
        CreateProblem::WiderThanAsked => advice(
            "The repository is there, and nothing was sent to it.",
            "Make it as narrow as you want it, or remove it. Then {run again}; or allow for it in 'createDestination'.",
        ),
        CreateProblem::Answer => advice(
            "",
            "Look at the host whether the repository is there. If it is, and as visible as you want it, {run again}.",
        ),
    }
}
