//! Tells at little cost whether a repository uses Git LFS at all: by the attributes at the root of one commit. That is no
//! proof (attributes can stand in a subfolder, or on another branch), so whoever trusts a "no" still looks at the pack.
//!
//! ```text
//!  commit (deepen 1, tree:0) ─► its tree (tree:0) ─► .gitattributes and .lfsconfig
//! ```

use std::num::NonZeroU32;

use super::small_objects;
use super::small_objects::SmallObject;
use crate::error::{Error, Phase};
use crate::mirror::ports::Source;
use crate::protocol::fetch::filter::Filter;
use crate::protocol::fetch::{Depth, FetchRequest, ProgressText};
use crate::protocol::object_id::{ObjectFormat, ObjectId};
use crate::protocol::pack_entry::Kind;

/// The attributes of a folder's files.
const ATTRIBUTES: &[u8] = b".gitattributes";

/// The settings of Git LFS that a repository brings along.
const SETTINGS: &[u8] = b".lfsconfig";

/// The use of Git LFS at one commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InUse {
    /// Its root has attributes for it, or settings of it: these.
    Yes {
        /// The content of `.lfsconfig`, if there is one.
        settings: Option<Vec<u8>>,
    },
    /// Its root has none.
    NotAtRoot,
}

/// Looks at a commit, or at what an annotated tag is of.
///
/// # Errors
///
/// Fails if the source does not give these objects alone: a server can refuse objects that no ref names, or know no
/// filter.
pub fn look(source: &mut dyn Source, commit: ObjectId) -> Result<InUse, Error> {
    let format = source.info().format;
    let Some(tree) = alone(source, vec![commit], Some(Depth::Commits(NonZeroU32::MIN)))?
        .iter()
        .find_map(|object| tree_of(object, format))
    else {
        return Ok(InUse::NotAtRoot);
    };
    let root = alone(source, vec![tree], None)?;
    let files = |name: &[u8]| root.iter().find_map(|object| file(object, name, format));
    let (attributes, settings) = (files(ATTRIBUTES), files(SETTINGS));
    let mut content = |id: Option<ObjectId>| -> Result<Option<Vec<u8>>, Error> {
        let Some(id) = id else { return Ok(None) };
        Ok(alone(source, vec![id], None)?.into_iter().next().map(|object| object.content))
    };
    let settings = content(settings)?;
    let is_named = content(attributes)?.is_some_and(|attributes| names_lfs(&attributes));
    Ok(if is_named || settings.is_some() { InUse::Yes { settings } } else { InUse::NotAtRoot })
}

/// Asks for these objects, and for nothing that they reach.
fn alone(
    source: &mut dyn Source,
    wants: Vec<ObjectId>,
    depth: Option<Depth>,
) -> Result<Vec<SmallObject>, Error> {
    let (format, label) = (source.info().format, source.info().label.clone());
    let request = FetchRequest {
        depth,
        filter: Some(Filter::TreeDepth(0)),
        progress: ProgressText::Unwanted,
        ..FetchRequest::new(wants)
    };
    let fetched = source.fetch(&request)?;
    small_objects::read(fetched.pack, format).map_err(|failure| label.error(Phase::Fetch, failure))
}

/// Returns the tree of a commit, which its first line names.
fn tree_of(object: &SmallObject, format: ObjectFormat) -> Option<ObjectId> {
    let line = object.content.strip_prefix(b"tree ").filter(|_| object.kind == Kind::Commit)?;
    ObjectId::from_hex(line.get(..format.hash_len() * 2)?, format)
}

/// Returns the id of a file in a tree: entries are a mode, a blank, a name, a zero byte and an id.
fn file(object: &SmallObject, wanted: &[u8], format: ObjectFormat) -> Option<ObjectId> {
    let mut rest = object.content.as_slice();
    if object.kind != Kind::Tree {
        return None;
    }
    while !rest.is_empty() {
        let end = rest.iter().position(|byte| *byte == 0)?;
        let (entry, after) = rest.split_at(end);
        let id = after.get(1..=format.hash_len())?;
        let (mode, name) = entry.split_at(entry.iter().position(|byte| *byte == b' ')?);
        // A file, executable or not: a link's target is no content.
        if name.get(1..) == Some(wanted) && mode.starts_with(b"100") {
            return ObjectId::from_bytes(id, format);
        }
        rest = after.get(1 + format.hash_len()..)?;
    }
    None
}

/// Tells whether attributes send some files through Git LFS.
fn names_lfs(attributes: &[u8]) -> bool {
    let is_comment = |line: &&[u8]| line.trim_ascii_start().starts_with(b"#");
    attributes
        .split(|byte| *byte == b'\n')
        .filter(|line| !is_comment(line))
        .any(|line| line.split(u8::is_ascii_whitespace).skip(1).any(|attribute| attribute == b"filter=lfs"))
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
    fn a_file_is_found_at_the_root_alone() {
        let found = |entries: &[(&str, &str)]| file(&tree(entries), ATTRIBUTES, ObjectFormat::Sha1);
        assert_eq!(found(&[("100644", "a"), ("100644", ".gitattributes")]), Some(ObjectId::Sha1(ID)));
        assert_eq!(found(&[("100755", ".gitattributes")]), Some(ObjectId::Sha1(ID)));
        for other in
            [("120000", ".gitattributes"), ("40000", ".gitattributes"), ("100644", "x.gitattributes")]
        {
            assert_eq!(found(&[other]), None, "{other:?}");
        }
        let cut = SmallObject { content: b"100644 .gitattributes\0abc".to_vec(), ..tree(&[]) };
        assert_eq!(file(&cut, ATTRIBUTES, ObjectFormat::Sha1), None);
    }

    #[test]
    fn a_commit_names_its_tree() {
        let digits = "07".repeat(20);
        let commit = |content: String| SmallObject { kind: Kind::Commit, content: content.into_bytes() };
        let named = commit(format!("tree {digits}\nauthor x"));
        assert_eq!(tree_of(&named, ObjectFormat::Sha1), Some(ObjectId::Sha1(ID)));
        assert_eq!(tree_of(&commit("tree 07".to_owned()), ObjectFormat::Sha1), None);
        assert_eq!(tree_of(&SmallObject { kind: Kind::Tag, ..named }, ObjectFormat::Sha1), None);
    }

    #[test]
    fn attributes_name_lfs_as_a_filter() {
        for text in ["*.psd filter=lfs diff=lfs merge=lfs -text", "*.a -text\r\n*.b\tfilter=lfs\r\n"] {
            assert!(names_lfs(text.as_bytes()), "{text}");
        }
        for text in ["", "# *.psd filter=lfs", "filter=lfs", "*.psd filter=lfsx", "*.psd diff=lfs"] {
            assert!(!names_lfs(text.as_bytes()), "{text}");
        }
    }
}
