//! Names of refs.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use gix_validate::reference;

use crate::text;

/// The longest name, in bytes: that of a path on Linux, in which Git keeps a ref. A command that names such a ref fits
/// into a pkt-line.
const MAX_LEN: usize = 4096;

/// A full ref name, such as `refs/heads/main`, that keeps the rules of `git check-ref-format`.
///
/// Bytes, not text: Git does not ask for UTF-8. Names order as Git orders them, byte by byte. A clone shares the bytes,
/// since lists, plan and reports hold the same names, up to some millions.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RefName(Arc<[u8]>);

impl RefName {
    /// Returns the name if it is a valid one below `refs/` of at most 4,096 bytes; pseudo-refs such as `HEAD` are none.
    pub fn new(name: &[u8]) -> Option<Self> {
        (name.len() <= MAX_LEN && name.starts_with(b"refs/") && reference::name(name.into()).is_ok())
            .then(|| Self(name.into()))
    }

    /// Returns the name's bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Tells whether the ref is a branch.
    pub fn is_branch(&self) -> bool {
        self.0.starts_with(b"refs/heads/")
    }

    /// Returns the name as text; bytes that are no UTF-8 become U+FFFD.
    pub fn to_text(&self) -> Cow<'_, str> {
        text::of_bytes(&self.0)
    }
}

/// Shows at most 300 characters; [`to_text`](RefName::to_text) has all.
impl fmt::Display for RefName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&text::cut(&self.to_text(), text::LONGEST_NAME))
    }
}

impl fmt::Debug for RefName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_git_accepts_are_names() {
        for name in
            ["refs/heads/main", "refs/tags/v1.0", "refs/heads/ä/日本", "refs/heads/HEAD", "refs/notes/x"]
        {
            assert_eq!(RefName::new(name.as_bytes()).unwrap().to_string(), name);
        }
        assert!(RefName::new(b"refs/heads/latin-\xe4").is_some());
    }

    #[test]
    fn a_name_is_at_most_as_long_as_a_path() {
        let name = |len: usize| format!("refs/heads/{}", "x".repeat(len - "refs/heads/".len()));
        assert!(RefName::new(name(4096).as_bytes()).is_some());
        assert_eq!(RefName::new(name(4097).as_bytes()), None);
    }

    #[test]
    fn a_long_name_is_shown_in_part() {
        let name = RefName::new(format!("refs/heads/{}", "x".repeat(4_000)).as_bytes()).unwrap();
        assert_eq!(name.to_string(), format!("refs/heads/{}{}", "x".repeat(289), text::CUT));
        assert_eq!(name.to_text().len(), 4_011);
    }

    #[test]
    fn names_that_git_refuses_are_none() {
        for name in [
            "",
            "HEAD",
            "main",
            "refs/",
            "refs/heads/",
            "refs/heads/a..b",
            "refs/heads/a b",
            "refs/heads/a.lock",
            "refs/heads/a\n",
            "refs/heads/a~1",
            "refs/heads//a",
            "refs/tags/v1^{}",
            ".have",
            "capabilities^{}",
        ] {
            assert_eq!(RefName::new(name.as_bytes()), None, "{name:?}");
        }
    }
}
