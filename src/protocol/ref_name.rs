//! Names of refs.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use gix_validate::reference;

use crate::text;

/// The longest name, in bytes: that of a path on Linux, in which Git keeps a ref. A command that names such a ref fits
/// into a pkt-line.
const MAX_LEN: u16 = 4096;

/// A full ref name, such as `refs/heads/main`, that keeps the rules of `git check-ref-format`.
///
/// Bytes, not text: Git does not ask for UTF-8. Names order as Git orders them, byte by byte. A clone shares the bytes,
/// since lists, plan and reports hold the same names, up to some millions. So do the neighbours in a listing: with an
/// allocation for each, a name would take twice its length.
#[derive(Clone)]
pub struct RefName {
    names: Arc<Vec<u8>>,
    start: u16,
    len: u16,
}

impl RefName {
    /// Returns the name if it is a valid one below `refs/` of at most 4,096 bytes; pseudo-refs such as `HEAD` are none.
    pub fn new(name: &[u8]) -> Option<Self> {
        valid_len(name).map(|len| Self { names: Arc::new(name.to_vec()), start: 0, len })
    }

    /// Returns the name's bytes.
    #[expect(clippy::indexing_slicing, reason = "a wrong place is a bug, and must not pass for another name")]
    pub fn as_bytes(&self) -> &[u8] {
        let start = usize::from(self.start);
        &self.names[start..start + usize::from(self.len)]
    }

    /// Tells whether the ref is a tag.
    pub fn is_tag(&self) -> bool {
        self.as_bytes().starts_with(b"refs/tags/")
    }

    /// Tells whether the ref is a branch.
    pub fn is_branch(&self) -> bool {
        self.as_bytes().starts_with(b"refs/heads/")
    }

    /// Returns the name as text; bytes that are no UTF-8 become U+FFFD.
    pub fn to_text(&self) -> Cow<'_, str> {
        text::of_bytes(self.as_bytes())
    }
}

/// Returns the length of a name that is valid.
fn valid_len(name: &[u8]) -> Option<u16> {
    let len = u16::try_from(name.len()).ok().filter(|len| *len <= MAX_LEN)?;
    (name.starts_with(b"refs/") && reference::name(name.into()).is_ok()).then_some(len)
}

impl PartialEq for RefName {
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl Eq for RefName {}

impl PartialOrd for RefName {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for RefName {
    fn cmp(&self, other: &Self) -> Ordering {
        self.as_bytes().cmp(other.as_bytes())
    }
}

impl Hash for RefName {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_bytes().hash(state);
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

/// Names with a value each, as they arrive, until they share their bytes.
#[derive(Debug)]
pub(super) struct NameBatch<T> {
    names: Vec<u8>,
    lens: Vec<(u16, T)>,
}

impl<T> NameBatch<T> {
    /// The bytes of a full batch. A name that outlives its list keeps so many.
    const FULL: usize = 16 << 10;

    pub(super) fn new() -> Self {
        Self { names: Vec::new(), lens: Vec::new() }
    }

    pub(super) fn len(&self) -> usize {
        self.lens.len()
    }

    /// Tells whether no other name should come.
    pub(super) fn is_full(&self) -> bool {
        self.names.len() >= Self::FULL
    }

    /// Adds a name; false if it is not valid.
    pub(super) fn push(&mut self, name: &[u8], value: T) -> bool {
        let len = valid_len(name);
        if let Some(len) = len {
            self.names.extend_from_slice(name);
            self.lens.push((len, value));
        }
        len.is_some()
    }

    /// Returns the value of the last name, if that is `name`.
    pub(super) fn value_of_last(&self, name: &[u8]) -> Option<&T> {
        let (len, value) = self.lens.last()?;
        (usize::from(*len) == name.len() && self.names.ends_with(name)).then_some(value)
    }

    /// Takes the names, which share their bytes, with their values.
    pub(super) fn take(&mut self) -> impl Iterator<Item = (RefName, T)> {
        let names = Arc::new(self.names.as_slice().to_vec());
        self.names.clear();
        let mut start = 0;
        self.lens.drain(..).map(move |(len, value)| {
            let name = RefName { names: Arc::clone(&names), start, len };
            start += len;
            (name, value)
        })
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
    fn names_of_a_batch_share_their_bytes_and_are_each_its_own() {
        let mut batch = NameBatch::new();
        let long = format!("refs/heads/{}", "x".repeat(4_085));
        let pushed = ["refs/heads/a", "refs/heads/a..b", long.as_str(), "refs/tags/v1"];
        let taken = pushed.map(|name| batch.push(name.as_bytes(), name));
        assert_eq!(taken, [true, false, true, true]);
        assert_eq!(batch.value_of_last(b"refs/tags/v1"), Some(&"refs/tags/v1"));
        assert_eq!(batch.value_of_last(b"tags/v1"), None);
        let names: Vec<_> = batch.take().collect();
        assert_eq!(names.len(), 3);
        for (name, pushed) in names {
            assert_eq!(name, RefName::new(pushed.as_bytes()).unwrap());
            assert_eq!(name.to_text(), pushed);
        }
        assert_eq!(batch.take().count(), 0);
    }

    #[test]
    fn a_full_batch_takes_the_longest_name() {
        let mut batch = NameBatch::new();
        let longest = format!("refs/heads/{}", "x".repeat(4_085));
        while !batch.is_full() {
            assert!(batch.push(format!("refs/heads/{}", batch.lens.len()).as_bytes(), ()));
        }
        assert!(batch.push(longest.as_bytes(), ()));
        assert_eq!(batch.take().last().unwrap().0.to_text(), longest);
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
