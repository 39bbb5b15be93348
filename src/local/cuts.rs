//! The size of a pack and the places where history can be cut, of a local repository and without a pack.

use std::collections::HashSet;
use std::path::Path;

use git2::{Commit, ObjectType, Oid, Repository};

use super::pack::Part;
use super::repository::{failure, object_id, oid, open, require_running};
use crate::cancel::CancelToken;
use crate::error::{ErrorKind, Failure};
use crate::protocol::fetch::filter::Filter;
use crate::protocol::fetch::{Depth, FetchRequest};
use crate::protocol::object_id::ObjectId;

/// Counts the objects of the pack that a request asks for.
///
/// # Errors
/// [`ErrorKind::Unsupported`] for a depth or a filter that libgit2 does not have; those of the repository.
pub(super) fn count(path: &Path, request: &FetchRequest, cancel: &CancelToken) -> Result<u32, Failure> {
    let repository = open(path)?;
    let count = match (&request.filter, request.depth) {
        (Some(Filter::TreeDepth(0)), None) => count_commits(&repository, request, cancel),
        _ => Part::of(request)?.count(&repository, request, cancel),
    };
    let count = count.map_err(|error| failure(&error))?;
    u32::try_from(count)
        .map_err(|_| Failure::new(ErrorKind::Unsupported, "it has more objects than a pack takes"))
}

/// Counts commits without putting them into a pack, and the wanted objects that are none, tags among them.
fn count_commits(
    repository: &Repository,
    request: &FetchRequest,
    cancel: &CancelToken,
) -> Result<usize, git2::Error> {
    let mut walk = repository.revwalk()?;
    let mut count = 0;
    for want in &request.wants {
        let mut object = repository.find_object(oid(*want)?, None)?;
        while let Some(tag) = object.as_tag() {
            count += 1;
            object = tag.target()?;
        }
        match object.kind() {
            Some(ObjectType::Commit) => walk.push(object.id())?,
            _ => count += 1,
        }
    }
    for commit in commits(repository, &request.haves) {
        walk.hide(commit.id())?;
    }
    for commit in walk {
        require_running(cancel)?;
        commit?;
        count += 1;
    }
    Ok(count)
}

/// Returns the commits at which a depth cuts history, as git names them.
///
/// # Errors
/// A request without a depth, a time that is later than every commit, as with git, and those of the repository.
pub(super) fn boundary(
    path: &Path,
    request: &FetchRequest,
    cancel: &CancelToken,
) -> Result<Vec<ObjectId>, Failure> {
    let repository = open(path)?;
    let tips = commits(&repository, &request.wants).map(|commit| commit.id()).collect();
    let cut = match request.depth {
        None => {
            return Err(Failure::new(ErrorKind::Unsupported, "a request without a depth has no boundary"));
        }
        Some(Depth::Commits(depth)) => at_depth(&repository, tips, depth.get(), cancel),
        Some(Depth::Since(time)) => {
            let time = i64::try_from(time).unwrap_or(i64::MAX);
            let Some(cut) = since(&repository, tips, time, cancel).transpose() else {
                let message = "no commit is as late as the time at which its history was to be cut";
                return Err(Failure::new(ErrorKind::Refused, message));
            };
            cut
        }
    };
    Ok(cut.map_err(|error| failure(&error))?.into_iter().filter_map(object_id).collect())
}

/// Returns the commits that the shortest way from a tip reaches as its `depth`-th.
fn at_depth(
    repository: &Repository,
    tips: Vec<Oid>,
    depth: u32,
    cancel: &CancelToken,
) -> Result<Vec<Oid>, git2::Error> {
    let mut seen = HashSet::new();
    let mut level: Vec<Oid> = tips.into_iter().filter(|id| seen.insert(*id)).collect();
    for _ in 1..depth {
        if level.is_empty() {
            break;
        }
        let mut next = Vec::new();
        for id in level {
            require_running(cancel)?;
            next.extend(repository.find_commit(id)?.parent_ids().filter(|parent| seen.insert(*parent)));
        }
        level = next;
    }
    Ok(level)
}

/// Returns the commits since a time that have an earlier parent; none where there is no commit since then.
fn since(
    repository: &Repository,
    tips: Vec<Oid>,
    time: i64,
    cancel: &CancelToken,
) -> Result<Option<Vec<Oid>>, git2::Error> {
    let is_late = |commit: &Commit<'_>| commit.time().seconds() >= time;
    let (mut seen, mut open, mut cut) = (HashSet::new(), tips, Vec::new());
    let mut is_any_late = false;
    while let Some(id) = open.pop() {
        require_running(cancel)?;
        let commit = repository.find_commit(id)?;
        if !seen.insert(id) || !is_late(&commit) {
            continue;
        }
        is_any_late = true;
        let mut has_earlier = false;
        for parent in commit.parents() {
            if is_late(&parent) {
                open.push(parent.id());
            } else {
                has_earlier = true;
            }
        }
        if has_earlier {
            cut.push(id);
        }
    }
    Ok(is_any_late.then_some(cut))
}

/// Returns the commits among some objects, and those that tags among them are of.
fn commits<'a>(repository: &'a Repository, ids: &'a [ObjectId]) -> impl Iterator<Item = Commit<'a>> {
    ids.iter().filter_map(|id| repository.find_object(oid(*id).ok()?, None).ok()?.peel_to_commit().ok())
}
