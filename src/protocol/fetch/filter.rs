//! Filters: which objects a pack leaves out, in the words of `--filter` (`git-rev-list`).

use std::fmt;

use crate::protocol::object_id::ObjectId;
use crate::protocol::pack_entry::Kind;

/// The objects that a pack holds, of those that the wanted ones reach.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Filter {
    /// All but blobs.
    BlobNone,
    /// All but blobs of at least so many bytes.
    BlobLimit(u64),
    /// All but trees and blobs that many steps or more below a commit; 0 leaves out all of them.
    TreeDepth(u32),
    /// Those of this kind.
    ObjectType(Kind),
    /// All but blobs that a sparse checkout of these patterns, a blob of the server, would not need.
    SparseOid(ObjectId),
    /// Those that pass both filters.
    Combine(Box<[Self; 2]>),
}

impl Filter {
    /// Returns the filter that lets pass what both do.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self::Combine(Box::new([self, other]))
    }
}

/// Writes Git's filter-spec.
impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BlobNone => f.write_str("blob:none"),
            Self::BlobLimit(bytes) => write!(f, "blob:limit={bytes}"),
            Self::TreeDepth(depth) => write!(f, "tree:{depth}"),
            Self::ObjectType(kind) => write!(f, "object:type={}", word(*kind)),
            Self::SparseOid(id) => write!(f, "sparse:oid={id}"),
            Self::Combine(filters) => {
                let [first, second] = &**filters;
                write!(f, "combine:{}+{}", encoded(first), encoded(second))
            }
        }
    }
}

fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::Commit => "commit",
        Kind::Tree => "tree",
        Kind::Blob => "blob",
        Kind::Tag => "tag",
    }
}

/// Encodes what Git would split a combined filter at. No filter has another character that must be encoded.
fn encoded(filter: &Filter) -> String {
    filter.to_string().replace('%', "%25").replace('+', "%2b")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::object_id::ObjectFormat;

    #[test]
    fn filters_are_written_in_the_words_of_git() {
        let texts = [
            (Filter::BlobNone, "blob:none"),
            (Filter::BlobLimit(1024), "blob:limit=1024"),
            (Filter::TreeDepth(0), "tree:0"),
            (Filter::ObjectType(Kind::Tag), "object:type=tag"),
            (
                Filter::SparseOid(ObjectFormat::Sha1.zero()),
                "sparse:oid=0000000000000000000000000000000000000000",
            ),
        ];
        for (filter, text) in texts {
            assert_eq!(filter.to_string(), text);
        }
    }

    #[test]
    fn small_blobs_alone_are_a_combined_filter() {
        let filter = Filter::BlobLimit(1024).and(Filter::ObjectType(Kind::Blob));
        assert_eq!(filter.to_string(), "combine:blob:limit=1024+object:type=blob");
    }

    #[test]
    fn a_filter_of_three_is_encoded_as_git_decodes_it() {
        let filter = Filter::BlobNone.and(Filter::BlobNone.and(Filter::TreeDepth(2)).and(Filter::BlobNone));
        let text = "combine:blob:none+combine:combine:blob:none%252btree:2%2bblob:none";
        assert_eq!(filter.to_string(), text);
    }
}
