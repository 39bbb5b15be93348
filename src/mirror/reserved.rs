//! The names of refs at a destination that belong to this program. They are in no selection, on either side: nothing mirrors
//! or prunes them, and no guard counts them.

/// The folder of the tags that hold what was taken away from refs.
pub(crate) const KEPT_TAGS: &str = "refs/tags/mirror-replaced/";

/// The folder of the branches that carry a history to a destination part by part, until the ref that is meant can move.
pub(crate) const TEMPORARY_BRANCHES: &str = "refs/heads/mirror-git-repository/";

/// Tells whether the ref of this full name is one of them.
pub(crate) fn is_reserved(ref_name: &[u8]) -> bool {
    [KEPT_TAGS, TEMPORARY_BRANCHES].iter().any(|folder| ref_name.starts_with(folder.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_in_the_two_folders_is_reserved_and_nothing_else() {
        for name in
            ["refs/tags/mirror-replaced/20261124T170416Z/heads/main", "refs/heads/mirror-git-repository/a"]
        {
            assert!(is_reserved(name.as_bytes()), "{name}");
        }
        for name in
            ["refs/tags/mirror-replaced", "refs/tags/mirror-replaced-2/v1", "refs/heads/mirror-replaced/a"]
        {
            assert!(!is_reserved(name.as_bytes()), "{name}");
        }
    }
}
