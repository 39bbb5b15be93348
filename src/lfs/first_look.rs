//! The first look of a run at a source: two requests, which are spared where the whole repository is soon seen.

/// The most bytes of a repository whose history may go by once in vain.
const SMALL: u64 = 8 << 20;

/// The time at which a run looks if Git LFS is in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FirstLook {
    /// Before the first pack.
    BeforePack,
    /// Once a pack with all of a history shows a pointer: it then ends without its trailer, and comes again.
    AtPointer,
    /// Not for what has come: such a pack went by, and had none.
    NotNeeded,
}

impl FirstLook {
    /// Chooses by the bytes that a host has told of a repository. It tells 0 also of one that it has not measured yet.
    pub(super) fn at_source_of(bytes: Option<u64>) -> Self {
        match bytes {
            Some(1..SMALL) => Self::AtPointer,
            _ => Self::BeforePack,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_repository_that_is_known_to_be_small_is_not_looked_at_before() {
        for bytes in [None, Some(0), Some(SMALL), Some(u64::MAX)] {
            assert_eq!(FirstLook::at_source_of(bytes), FirstLook::BeforePack, "{bytes:?}");
        }
        for bytes in [1, SMALL - 1] {
            assert_eq!(FirstLook::at_source_of(Some(bytes)), FirstLook::AtPointer, "{bytes}");
        }
    }
}
