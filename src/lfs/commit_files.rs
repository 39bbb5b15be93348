//! The files of a commit, asked for object by object: with a filter that leaves out all others, each wanted one comes alone.

use std::num::NonZeroU32;

use super::scan::is_refusal;
use super::small_objects;
use super::small_objects::SmallObject;
use crate::error::{Error, Phase};
use crate::mirror::ports::Source;
use crate::protocol::fetch::filter::Filter;
use crate::protocol::fetch::{Depth, FetchRequest, ProgressText};
use crate::protocol::object_id::{ObjectFormat, ObjectId};
use crate::protocol::pack_entry::Kind;

/// An entry of a tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TreeEntry<'a> {
    pub(super) kind: EntryKind,
    pub(super) name: &'a [u8],
    pub(super) id: ObjectId,
}

/// The kind of a tree's entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EntryKind {
    /// A file, executable or not.
    File,
    /// A tree below this one.
    Folder,
    /// A link, whose target is no content, or a commit of another repository.
    Other,
}

/// Asks for the root tree of a commit, or of the commit that an annotated tag is of; none if there is no commit. That takes
/// one request, or three where the server has the simplest filter alone.
///
/// # Errors
///
/// Those of the source: a server can refuse objects that no ref names, or know no filter.
pub(super) fn root_of(source: &mut dyn Source, commit: ObjectId) -> Result<Option<SmallObject>, Error> {
    let depth = Some(Depth::Commits(NonZeroU32::MIN));
    let is_tree = |object: &SmallObject| object.kind == Kind::Tree;
    match ask(source, vec![commit], depth, Filter::TreeDepth(1)) {
        Ok(objects) => return Ok(objects.into_iter().find(is_tree)),
        Err(error) if is_refusal(error.failure.kind) => log::debug!("{error}; the commit is asked for first"),
        Err(error) => return Err(error),
    }
    let format = source.info().format;
    let commits = ask(source, vec![commit], depth, Filter::TreeDepth(0))?;
    let Some(tree) = commits.iter().find_map(|object| named_tree(object, format)) else { return Ok(None) };
    Ok(objects(source, vec![tree])?.into_iter().find(is_tree))
}

/// Asks for these objects, and for nothing that they reach.
///
/// # Errors
///
/// Those of [`root_of`].
pub(super) fn objects(source: &mut dyn Source, wants: Vec<ObjectId>) -> Result<Vec<SmallObject>, Error> {
    ask(source, wants, None, Filter::TreeDepth(0))
}

fn ask(
    source: &mut dyn Source,
    wants: Vec<ObjectId>,
    depth: Option<Depth>,
    filter: Filter,
) -> Result<Vec<SmallObject>, Error> {
    let (format, label) = (source.info().format, source.info().label.clone());
    let request = FetchRequest {
        depth,
        filter: Some(filter),
        progress: ProgressText::Unwanted,
        ..FetchRequest::new(wants)
    };
    let fetched = source.fetch(&request)?;
    small_objects::read(fetched.pack, format).map_err(|failure| label.error(Phase::Fetch, failure))
}

/// Returns the tree that the first line of a commit names.
fn named_tree(object: &SmallObject, format: ObjectFormat) -> Option<ObjectId> {
    let line = object.content.strip_prefix(b"tree ").filter(|_| object.kind == Kind::Commit)?;
    ObjectId::from_hex(line.get(..format.hash_len() * 2)?, format)
}

/// Returns the entries of a tree, up to the first that is none: a mode, a blank, a name, a zero byte and an id each.
pub(super) fn entries(tree: &SmallObject, format: ObjectFormat) -> Vec<TreeEntry<'_>> {
    let mut rest = if tree.kind == Kind::Tree { tree.content.as_slice() } else { &[] };
    let mut entries = Vec::new();
    while let Some((entry, after)) = first_entry(rest, format) {
        entries.push(entry);
        rest = after;
    }
    entries
}

fn first_entry(bytes: &[u8], format: ObjectFormat) -> Option<(TreeEntry<'_>, &[u8])> {
    let (entry, after) = bytes.split_at(bytes.iter().position(|byte| *byte == 0)?);
    let id = ObjectId::from_bytes(after.get(1..=format.hash_len())?, format)?;
    let (mode, name) = entry.split_at(entry.iter().position(|byte| *byte == b' ')?);
    let kind = match mode {
        [b'1', b'0', b'0', ..] => EntryKind::File,
        b"40000" => EntryKind::Folder,
        _ => EntryKind::Other,
    };
    Some((TreeEntry { kind, name: name.get(1..)?, id }, after.get(1 + format.hash_len()..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: [u8; 20] = [7; 20];

    fn tree(entries: &[(&str, &str)]) -> SmallObject {
        let entry =
            |(mode, name): &(&str, &str)| [mode.as_bytes(), b" ", name.as_bytes(), b"\0", &ID].concat();
        SmallObject { kind: Kind::Tree, content: entries.iter().flat_map(entry).collect() }
    }

    #[test]
    fn the_entries_of_a_tree_are_told_by_their_modes() {
        let tree = tree(&[
            ("100644", "a b"),
            ("100755", "run"),
            ("120000", "link"),
            ("40000", "folder"),
            ("160000", "module"),
        ]);
        let told: Vec<_> =
            entries(&tree, ObjectFormat::Sha1).iter().map(|entry| (entry.kind, entry.name)).collect();
        let expected: [(EntryKind, &[u8]); 5] = [
            (EntryKind::File, b"a b"),
            (EntryKind::File, b"run"),
            (EntryKind::Other, b"link"),
            (EntryKind::Folder, b"folder"),
            (EntryKind::Other, b"module"),
        ];
        assert_eq!(told, expected);
    }

    #[test]
    fn a_tree_that_is_cut_has_the_entries_before() {
        let whole = tree(&[("100644", "a"), ("100644", "b")]);
        let cut = SmallObject { content: whole.content[..40].to_vec(), ..whole };
        assert_eq!(entries(&cut, ObjectFormat::Sha1).len(), 1);
        let blob = SmallObject { kind: Kind::Blob, ..tree(&[("100644", "a")]) };
        assert_eq!(entries(&blob, ObjectFormat::Sha1), []);
    }

    #[test]
    fn a_commit_names_its_tree() {
        let digits = "07".repeat(20);
        let commit = |content: String| SmallObject { kind: Kind::Commit, content: content.into_bytes() };
        let named = commit(format!("tree {digits}\nauthor x"));
        assert_eq!(named_tree(&named, ObjectFormat::Sha1), Some(ObjectId::Sha1(ID)));
        assert_eq!(named_tree(&commit("tree 07".to_owned()), ObjectFormat::Sha1), None);
        assert_eq!(named_tree(&SmallObject { kind: Kind::Tag, ..named }, ObjectFormat::Sha1), None);
    }
}
