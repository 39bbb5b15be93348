//! A few pointers of a commit, where no filter gives all of them: of files that the attributes send through Git LFS.
//!
//! Azure Repos leaves out all blobs or none. What an earlier mirror left behind is looked for by these few.

use std::collections::{HashMap, VecDeque};

use super::attributes::Attributes;
use super::commit_files;
use super::commit_files::{EntryKind, TreeEntry};
use super::pointer::Pointer;
use super::small_objects::SmallObject;
use crate::error::Error;
use crate::mirror::ports::Source;
use crate::protocol::object_id::{ObjectFormat, ObjectId};

/// The most files that are looked at.
const MOST_FILES: usize = 20;

/// The most folders in which they are looked for, and of one request.
const MOST_FOLDERS: usize = 200;
const FOLDERS_AT_ONCE: usize = 20;

/// Returns the objects that a few files of a commit stand for; those nearest to its root.
///
/// # Errors
///
/// Those of [`commit_files::root_of`].
pub(super) fn of(
    source: &mut dyn Source,
    commit: ObjectId,
    attributes: &Attributes,
) -> Result<Vec<Pointer>, Error> {
    if !attributes.name_lfs() {
        return Ok(Vec::new());
    }
    let Some(root) = commit_files::root_of(source, commit)? else { return Ok(Vec::new()) };
    let files = files(source, root, attributes)?;
    if files.is_empty() {
        return Ok(Vec::new());
    }
    let blobs = commit_files::objects(source, files)?;
    Ok(blobs.iter().filter_map(|blob| Pointer::parse(&blob.content)).collect())
}

/// Looks for such files, folder by folder. Trees come without their names, so that each is known by its id.
fn files(
    source: &mut dyn Source,
    root: SmallObject,
    attributes: &Attributes,
) -> Result<Vec<ObjectId>, Error> {
    let format = source.info().format;
    let (mut files, mut looked_at) = (Vec::new(), 0);
    let (mut trees, mut folders) = (vec![(root, Vec::new())], VecDeque::new());
    loop {
        for (tree, path) in &trees {
            for TreeEntry { kind, name, id } in commit_files::entries(tree, format) {
                let below = [path.as_slice(), name].concat();
                match kind {
                    EntryKind::Folder => folders.push_back((id, [&below, b"/".as_slice()].concat())),
                    EntryKind::File if attributes.seem_to_name(&below) => files.push(id),
                    EntryKind::File | EntryKind::Other => {}
                }
                if files.len() == MOST_FILES {
                    return Ok(files);
                }
            }
        }
        let next: HashMap<_, _> = folders.drain(..folders.len().min(FOLDERS_AT_ONCE)).collect();
        looked_at += next.len();
        if next.is_empty() || looked_at > MOST_FOLDERS {
            return Ok(files);
        }
        let found = commit_files::objects(source, next.keys().copied().collect())?;
        let with_path = |tree| next.get(&id_of(&tree, format)).cloned().map(|path| (tree, path));
        trees = found.into_iter().filter_map(with_path).collect();
    }
}

fn id_of(tree: &SmallObject, format: ObjectFormat) -> ObjectId {
    let mut hasher = format.hasher();
    hasher.update(format!("tree {}\0", tree.content.len()).as_bytes());
    hasher.update(&tree.content);
    hasher.finish()
}
