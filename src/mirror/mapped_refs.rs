//! The refs of a source under the names that they get at the destination, and whether these can be there: a pure function of
//! the lists and the policy.

use thiserror::Error;

use super::policy::{Policy, Prune};
use super::selection::Selection;
use crate::protocol::object_id::ObjectId;
use crate::protocol::ref_list::{AdvertisedRef, MAX_REFS, RefList};
use crate::protocol::ref_name::RefName;

/// The selected refs of a source under their names at the destination.
#[derive(Clone, Debug)]
pub struct MappedRefs {
    /// The refs, with the default branch under its name there.
    pub refs: RefList,
    /// Selected refs that no line of the map names.
    pub unnamed: usize,
    /// Names that lines make and that Git takes for none, or that are too long.
    pub unusable: usize,
}

/// The reason why refs cannot have the names that the map gives them.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum MappingError {
    /// Two refs of the source get one name.
    #[error("'{one}' and '{other}' of the source would both be '{name}'")]
    SameName {
        /// The first by name.
        one: RefName,
        /// The next.
        other: RefName,
        /// The name of both.
        name: RefName,
    },
    /// One name is that of a folder in which the other would be.
    #[error("'{name}' and '{below}' cannot both be there: the one is a folder of the other")]
    Folder {
        /// The name that would be a ref and a folder.
        name: RefName,
        /// The name below it.
        below: RefName,
    },
    /// A ref of the destination that stays is, or needs, a folder in the way.
    #[error("'{new}' cannot be beside '{there}', which stays there: the one is a folder of the other")]
    FolderThere {
        /// The name that a ref of the source gets.
        new: RefName,
        /// The name that is at the destination.
        there: RefName,
    },
    /// The map makes more names of the refs than one side may have.
    #[error("the refs of the source would have more than {MAX_REFS} names")]
    TooMany,
}

/// Gives the selected refs of a source their names at the destination.
///
/// # Errors
///
/// Where they cannot all be there at the same time.
pub fn of(source: &RefList, selection: &Selection) -> Result<MappedRefs, MappingError> {
    let (mut pairs, mut unnamed, mut unusable) = (Vec::new(), 0, 0);
    for listed in source.refs().iter().filter(|listed| selection.takes(listed.name.as_bytes())) {
        let mut given = selection.map().names(&listed.name).peekable();
        unnamed += usize::from(given.peek().is_none());
        for name in given {
            match name {
                Some(name) => pairs.push((name, listed)),
                None => unusable += 1,
            }
        }
        if pairs.len() > MAX_REFS {
            return Err(MappingError::TooMany);
        }
    }
    pairs.sort_by(|(a, one), (b, other)| (a, &one.name).cmp(&(b, &other.name)));
    pairs.dedup_by(|later, first| later.0 == first.0 && later.1.name == first.1.name);
    require_one_each(&pairs)?;
    require_no_folder(&pairs.iter().map(|(name, _)| name).collect::<Vec<_>>())?;
    let head = source.head().and_then(|head| selection.map().names(head).next().flatten());
    let pairs = pairs.iter().map(|(name, listed)| (name, listed.id));
    let refs = list(pairs, head.as_ref()).ok_or(MappingError::TooMany)?.with_peeled_of(source);
    Ok(MappedRefs { refs, unnamed, unusable })
}

/// Requires that no name is a folder of a ref that stays at the destination, nor the other way round.
///
/// # Errors
///
/// [`MappingError::FolderThere`].
pub fn require_room(mapped: &RefList, destination: &RefList, policy: &Policy) -> Result<(), MappingError> {
    let stays = |name: &&RefName| {
        let goes = policy.prune == Prune::Delete && policy.selection.prunes(name.as_bytes());
        !goes && mapped.get(name).is_none()
    };
    let staying: Vec<_> = names(destination).filter(stays).collect();
    let new: Vec<_> = names(mapped).collect();
    let below = new.iter().find_map(|name| Some((*name, folder_among(&staying, name)?)));
    let above = || staying.iter().find_map(|name| Some((folder_among(&new, name)?, *name)));
    match below.or_else(above) {
        Some((new, there)) => Err(MappingError::FolderThere { new: new.clone(), there: there.clone() }),
        None => Ok(()),
    }
}

fn names(list: &RefList) -> impl Iterator<Item = &RefName> {
    list.refs().iter().map(|listed| &listed.name)
}

/// Requires that each of these names, which are sorted, is that of one ref.
fn require_one_each(pairs: &[(RefName, &AdvertisedRef)]) -> Result<(), MappingError> {
    let is_same = |pair: &&[(RefName, &AdvertisedRef)]| matches!(pair, [(a, _), (b, _)] if a == b);
    match pairs.windows(2).find(is_same) {
        Some([(name, one), (_, other)]) => Err(MappingError::SameName {
            one: one.name.clone(),
            other: other.name.clone(),
            name: name.clone(),
        }),
        _ => Ok(()),
    }
}

/// Requires that none of these names, which are sorted, is a folder of another.
fn require_no_folder(names: &[&RefName]) -> Result<(), MappingError> {
    match names.iter().find_map(|below| Some((*below, folder_among(names, below)?))) {
        Some((below, name)) => Err(MappingError::Folder { name: name.clone(), below: below.clone() }),
        None => Ok(()),
    }
}

/// Returns the one of these names, which are sorted, that is a folder of this one.
fn folder_among<'a>(names: &[&'a RefName], name: &RefName) -> Option<&'a RefName> {
    let bytes = name.as_bytes();
    let ends = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'/').map(|(end, _)| end);
    let mut folders = ends.filter_map(|end| bytes.get(..end));
    folders.find_map(|folder| {
        let place = names.binary_search_by(|listed| listed.as_bytes().cmp(folder)).ok()?;
        names.get(place).copied()
    })
}

/// Makes the list, in which names share their bytes as in one that a server sent; none where it is too long.
fn list<'a>(pairs: impl Iterator<Item = (&'a RefName, ObjectId)>, head: Option<&RefName>) -> Option<RefList> {
    let mut builder = RefList::builder();
    for (name, id) in pairs {
        builder.add(name.as_bytes(), id).ok()?;
    }
    if let Some(head) = head {
        builder.add_symref(b"HEAD", head.as_bytes()).ok()?;
    }
    Some(builder.finish())
}

#[cfg(test)]
mod tests;
