//! Advice where an object of Git LFS does not get to the destination.

use super::hint::{Advice, advice};
use crate::error::LfsProblem;

/// Returns what to do where objects of Git LFS do not get through for this reason.
pub(crate) fn of_problem(problem: LfsProblem) -> Advice {
    match problem {
        LfsProblem::NoService => advice(
            "The server has no Git LFS, or none for this repository.",
            "Turn Git LFS on in the settings of the repository or of the host, or mirror without it ('lfs: none').",
        ),
        LfsProblem::Missing => advice(
            "The history names LFS objects that the source does not have.",
            "Push them to the source from a clone that has them ('git lfs push --all'), or let 'lfsMissing' be 'warn'.",
        ),
        LfsProblem::WrongContent => advice(
            "What the server gives is not the object of that name.",
            "Push the object to the source again from a clone that has it: 'git lfs push --object-id'.",
        ),
        LfsProblem::Answer => advice(
            "",
            "Look for a proxy that changes answers on the way, and check the server's settings for Git LFS.",
        ),
        LfsProblem::Address => advice(
            "The server sends to an address that is not followed, since it could be anybody's.",
            "Let the server's administrator set its public URL, with https.",
        ),
        LfsProblem::OtherServer => advice(
            "The LFS objects of this repository are at another server, which wants credentials of its own.",
            "Copy them to the repository's own server, or mirror without them ('lfs: none').",
        ),
        LfsProblem::Storage => advice(
            "The server has no more storage for Git LFS.",
            "Raise the quota for Git LFS in the settings of the host or of its plan, or delete what nobody needs.",
        ),
        LfsProblem::Bandwidth => advice(
            "The bandwidth for Git LFS is used up.",
            "Wait for the next month, or raise the quota for Git LFS in the settings of the host's plan.",
        ),
        LfsProblem::Refused => advice(
            "The server does not take this object.",
            "Do what it says: a rule on its size is the usual reason.",
        ),
        LfsProblem::TooManyPointers => advice(
            "The refs need more LFS objects than this program can look after in one run.",
            "Mirror the refs in several steps, each with a part of them ('includeRefs').",
        ),
    }
}
