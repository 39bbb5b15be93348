//! Opens and lists a repository, for every use of libgit2 here; converts ids and errors.

use std::path::Path;

use git2::{ErrorClass, ErrorCode, Oid, Repository};

use super::extensions::Unsupported;
use super::hidden_refs::HiddenRefs;
use crate::cancel::CancelToken;
use crate::error::{ErrorKind, Failure, LocalProblem, RepositoryProblem};
use crate::protocol::ls_refs::Peel;
use crate::protocol::object_id::ObjectId;
use crate::protocol::ref_list::RefList;

/// Opens the repository at this path: a bare one, or one with a work tree.
pub(super) fn open(path: &Path) -> Result<Repository, Failure> {
    let repository = Repository::open(path).map_err(|error| explain(path, &error))?;
    match Unsupported::of(path).into_iter().find(Unsupported::misleads) {
        Some(unsupported) => Err(unsupported.into()),
        None => Ok(repository),
    }
}

/// Says why no repository can be opened: what its configuration asks for comes first.
pub(super) fn explain(path: &Path, error: &git2::Error) -> Failure {
    match (Unsupported::of(path).into_iter().next(), error.code()) {
        (Some(unsupported), _) => unsupported.into(),
        (None, ErrorCode::NotFound) if path.exists() => {
            Failure::new(ErrorKind::Repository(RepositoryProblem::NoRepository), "it is no Git repository")
        }
        (None, ErrorCode::NotFound) => {
            Failure::new(ErrorKind::Repository(RepositoryProblem::NoFolder), "no such folder")
        }
        (None, _) => failure(error),
    }
}

/// Lists the refs below `refs/` that are not hidden, the symbolic ones among them, and the branch of `HEAD`; on request
/// also the objects that tags are of.
pub(super) fn list(repository: &Repository, hidden: &HiddenRefs, peel: Peel) -> Result<RefList, Failure> {
    let mut list = RefList::builder();
    if let Ok(head) = repository.find_reference("HEAD")
        && let Some(target) = head.symbolic_target_bytes()
    {
        list.add_symref(b"HEAD", target)?;
    }
    for reference in repository.references().map_err(|error| failure(&error))? {
        let reference = reference.map_err(|error| failure(&error))?;
        if hidden.hide(reference.name_bytes()) {
            continue;
        }
        if let Some(target) = reference.symbolic_target_bytes() {
            list.add_symref(reference.name_bytes(), target)?;
        }
        // A symbolic ref that leads nowhere names no object, and Git does not list it either.
        if let Some(target) = reference.resolve().ok().and_then(|direct| direct.target())
            && let Some(id) = object_id(target)
        {
            list.add(reference.name_bytes(), id)?;
            if peel == Peel::Yes
                && let Ok(object) = repository.find_tag(target).and_then(|tag| tag.peel())
                && let Some(peeled) = object_id(object.id())
            {
                list.add_peeled(id, peeled)?;
            }
        }
    }
    Ok(list.finish())
}

/// libgit2 works without a pause, so each of its steps asks whether the run goes on.
pub(super) fn require_running(cancel: &CancelToken) -> Result<(), git2::Error> {
    match cancel.reason() {
        None => Ok(()),
        Some(_) => Err(git2::Error::new(ErrorCode::User, ErrorClass::Callback, "the run was stopped")),
    }
}

pub(super) fn object_id(id: Oid) -> Option<ObjectId> {
    id.as_bytes().try_into().ok().map(ObjectId::Sha1)
}

pub(super) fn oid(id: ObjectId) -> Result<Oid, git2::Error> {
    Oid::from_bytes(id.as_bytes())
}

pub(super) fn failure(error: &git2::Error) -> Failure {
    let kind = if error.code() == ErrorCode::User {
        ErrorKind::Interrupted
    } else {
        ErrorKind::Local(LocalProblem::Repository)
    };
    Failure::new(kind, error.message())
}
