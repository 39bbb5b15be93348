//! Tells at little cost whether a repository uses Git LFS at all: by the attributes at the root of one commit. That is no
//! proof (attributes can stand in a subfolder, or on another branch), so whoever trusts a "no" still looks at the pack.
//!
//! ```text
//!  commit and its tree (deepen 1, tree:1) ─► .gitattributes and .lfsconfig (tree:0)
//! ```

use super::attributes::Attributes;
use super::commit_files;
use super::commit_files::EntryKind;
use crate::error::Error;
use crate::mirror::ports::Source;
use crate::protocol::object_id::ObjectId;

/// The attributes of a folder's files.
const ATTRIBUTES: &[u8] = b".gitattributes";

/// The settings of Git LFS that a repository brings along.
const SETTINGS: &[u8] = b".lfsconfig";

/// The use of Git LFS at one commit.
#[derive(Clone, Debug, PartialEq)]
pub enum InUse {
    /// Its root has attributes for it, or settings of it.
    Yes {
        /// The content of `.lfsconfig`, if there is one.
        settings: Option<Vec<u8>>,
        /// The files that the attributes send through it.
        attributes: Attributes,
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
    let Some(root) = commit_files::root_of(source, commit)? else { return Ok(InUse::NotAtRoot) };
    let entries = commit_files::entries(&root, format);
    let mut content = |name: &[u8]| -> Result<Option<Vec<u8>>, Error> {
        let is_it =
            |entry: &&commit_files::TreeEntry<'_>| entry.kind == EntryKind::File && entry.name == name;
        let Some(file) = entries.iter().find(is_it) else { return Ok(None) };
        Ok(commit_files::objects(source, vec![file.id])?.into_iter().next().map(|object| object.content))
    };
    let settings = content(SETTINGS)?;
    let attributes = content(ATTRIBUTES)?.map(|text| Attributes::parse(&text)).unwrap_or_default();
    let is_in_use = attributes.name_lfs() || settings.is_some();
    Ok(if is_in_use { InUse::Yes { settings, attributes } } else { InUse::NotAtRoot })
}
