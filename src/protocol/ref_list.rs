//! The refs that a server lists, in whichever version it listed them.

use super::ProtocolError;
use super::object_id::ObjectId;
use super::ref_name::{NameBatch, RefName};

/// The most refs of one side; the largest public repositories have some hundred thousand.
pub(crate) const MAX_REFS: usize = 4_000_000;

/// The most bytes of one side's listing: that many refs with names of ordinary length, and more than twice over.
const MAX_BYTES: usize = 512 << 20;

/// A ref and the object that it names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdvertisedRef {
    /// The full name.
    pub name: RefName,
    /// The object; for an annotated tag the tag object itself.
    pub id: ObjectId,
}

/// A symbolic ref, such as `HEAD`, and the ref that it stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Symref {
    /// The symbolic ref's own name.
    pub name: RefName,
    /// The ref that it stands for.
    pub target: RefName,
}

/// All refs of one repository, sorted by name, each name once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RefList {
    refs: Vec<AdvertisedRef>,
    head: Option<RefName>,
    /// The object of a `HEAD` of which the server told no more.
    head_id: Option<ObjectId>,
    symrefs: Vec<Symref>,
    haves: Vec<ObjectId>,
    /// Tags and what they are of, sorted.
    peeled: Vec<(ObjectId, ObjectId)>,
    unusable: usize,
}

impl RefList {
    /// Returns the refs below `refs/`, sorted by name.
    pub fn refs(&self) -> &[AdvertisedRef] {
        &self.refs
    }

    /// Returns the object that a ref names.
    pub fn get(&self, name: &RefName) -> Option<ObjectId> {
        let place = self.refs.binary_search_by(|listed| listed.name.cmp(name)).ok()?;
        self.refs.get(place).map(|listed| listed.id)
    }

    /// Returns the branch that `HEAD` stands for, if the server told; it need not exist. A `HEAD` on anything but a
    /// branch stands for none.
    pub fn head(&self) -> Option<&RefName> {
        self.head.as_ref()
    }

    /// Returns the symbolic refs below `refs/`, sorted by name; only v2 tells them.
    pub fn symrefs(&self) -> &[Symref] {
        &self.symrefs
    }

    /// Returns what a symbolic ref stands for.
    pub fn symref_target(&self, name: &RefName) -> Option<&RefName> {
        let place = self.symrefs.binary_search_by(|symref| symref.name.cmp(name)).ok()?;
        self.symrefs.get(place).map(|symref| &symref.target)
    }

    /// Returns objects that the server has without a ref of its own: the `.have` lines of receive-pack.
    pub fn haves(&self) -> &[ObjectId] {
        &self.haves
    }

    /// Returns the object that a tag is of, at the end of all tags of tags, as far as the server told; for anything
    /// else the object itself.
    pub fn peeled(&self, id: ObjectId) -> ObjectId {
        let place = self.peeled.binary_search_by(|(tag, _)| tag.cmp(&id));
        place.ok().and_then(|place| self.peeled.get(place)).map_or(id, |(_, peeled)| *peeled)
    }

    /// Returns how many listed names were left out since Git does not allow them, or they are too long.
    pub fn unusable(&self) -> usize {
        self.unusable
    }

    /// Returns the list with the branch that git takes for that of `HEAD` where the server told its object alone, as git
    /// before 1.8.4.3 does: `master`, or else the first that names the same object.
    #[must_use]
    pub fn with_likely_head(mut self) -> Self {
        if let Some(id) = self.head_id.take().filter(|_| self.head.is_none()) {
            let candidates = || self.refs.iter().filter(|ref_| ref_.id == id && ref_.name.is_branch());
            let master = candidates().find(|ref_| ref_.name.as_bytes() == b"refs/heads/master");
            self.head = master.or_else(|| candidates().next()).map(|ref_| ref_.name.clone());
        }
        self
    }

    /// Returns the list of a repository whose `HEAD` follows its branches, so that none must stay for it.
    #[must_use]
    pub fn without_head(mut self) -> Self {
        self.head = None;
        self
    }

    /// Returns the list with a branch that `HEAD` stands for, or with none.
    #[must_use]
    pub fn with_head_of(mut self, head: Option<RefName>) -> Self {
        self.head = head.filter(RefName::is_branch);
        self
    }

    /// Returns the list with a branch that `HEAD` stands for.
    #[cfg(test)]
    pub(crate) fn with_head(self, head: &str) -> Self {
        self.with_head_of(RefName::new(head.as_bytes()))
    }

    /// Returns the list with one of its refs being symbolic.
    #[cfg(test)]
    pub(crate) fn with_symref(mut self, name: &str, target: &str) -> Self {
        let name_of = |name: &str| RefName::new(name.as_bytes());
        let symref = name_of(name).zip(name_of(target)).map(|(name, target)| Symref { name, target });
        self.symrefs.extend(symref);
        self.sort();
        self
    }

    /// Takes over which refs are symbolic, `HEAD` among them, from a list of the same repository that told it.
    pub fn adopt_symrefs(&mut self, other: Self) {
        self.symrefs = other.symrefs;
        self.head = other.head;
    }

    /// Takes over the branch of `HEAD` from a list of the same repository, if that told it.
    pub fn adopt_head(&mut self, other: Self) {
        if other.head.is_some() {
            self.head = other.head;
        }
    }

    /// Returns the list with what another tells of the objects of tags.
    #[must_use]
    pub(crate) fn with_peeled_of(mut self, other: &Self) -> Self {
        self.peeled.clone_from(&other.peeled);
        self
    }

    pub(crate) fn builder() -> RefListBuilder {
        RefListBuilder { list: Self::default(), batch: NameBatch::new(), bytes: 0 }
    }
}

impl FromIterator<AdvertisedRef> for RefList {
    fn from_iter<I: IntoIterator<Item = AdvertisedRef>>(refs: I) -> Self {
        let mut list = Self { refs: refs.into_iter().collect(), ..Self::default() };
        list.sort();
        list
    }
}

impl RefList {
    fn sort(&mut self) {
        // Servers list in order; the sort is stable, so that of a name listed twice the first counts.
        self.refs.sort_by(|a, b| a.name.cmp(&b.name));
        self.refs.dedup_by(|later, first| later.name == first.name);
        self.refs.shrink_to_fit();
        self.symrefs.sort_by(|a, b| a.name.cmp(&b.name));
        self.haves.sort_unstable();
        self.haves.dedup();
        self.peeled.sort_unstable();
        self.peeled.shrink_to_fit();
    }
}

/// A builder of a list, line by line as a server lists its refs.
#[derive(Debug)]
pub(crate) struct RefListBuilder {
    list: RefList,
    /// The last refs, which are not in the list yet.
    batch: NameBatch<ObjectId>,
    bytes: usize,
}

impl RefListBuilder {
    /// Counts a line, whatever it says: a listing ends, also one of lines that are passed over.
    pub(crate) fn count(&mut self, line: &[u8]) -> Result<(), ProtocolError> {
        self.bytes += line.len();
        if self.bytes > MAX_BYTES {
            return Err(ProtocolError::TooMuch { what: "bytes of refs", limit: MAX_BYTES });
        }
        Ok(())
    }

    /// Adds a ref. Pseudo-refs such as `HEAD` and peeled lines (`refs/tags/v1^{}`), which come behind their tags,
    /// are no refs to mirror.
    pub(crate) fn add(&mut self, name: &[u8], id: ObjectId) -> Result<(), ProtocolError> {
        if name == b"HEAD" {
            self.list.head_id = Some(id);
        } else if name == b".have" {
            self.bound(self.list.haves.len())?;
            self.list.haves.push(id);
        } else if let Some(tag) = name.strip_suffix(b"^{}") {
            if let Some(before) = self.batch.value_of_last(tag).copied() {
                self.add_peeled(before, id)?;
            }
        } else if name.starts_with(b"refs/") {
            // As a value it would turn an update into a deletion, and a comparison into none.
            if id.is_zero() {
                return Err(ProtocolError::unexpected("an object id", id.to_string().as_bytes()));
            }
            self.bound(self.list.refs.len() + self.batch.len())?;
            if self.batch.is_full() {
                self.take_batch();
            }
            if !self.batch.push(name, id) {
                self.list.unusable += 1;
            }
        }
        Ok(())
    }

    fn take_batch(&mut self) {
        self.list.refs.extend(self.batch.take().map(|(name, id)| AdvertisedRef { name, id }));
    }

    /// Adds what a tag is of.
    pub(crate) fn add_peeled(&mut self, tag: ObjectId, peeled: ObjectId) -> Result<(), ProtocolError> {
        self.bound(self.list.peeled.len())?;
        self.list.peeled.push((tag, peeled));
        Ok(())
    }

    /// Adds a symbolic ref, or the branch of `HEAD`.
    pub(crate) fn add_symref(&mut self, name: &[u8], target: &[u8]) -> Result<(), ProtocolError> {
        self.bound(self.list.symrefs.len())?;
        match (RefName::new(name), RefName::new(target)) {
            (None, Some(target)) if name == b"HEAD" => {
                // It was told, and is no matter of guessing, whatever it stands for.
                self.list.head_id = None;
                self.list.head = Some(target).filter(RefName::is_branch);
            }
            (Some(name), Some(target)) => self.list.symrefs.push(Symref { name, target }),
            _ => {}
        }
        Ok(())
    }

    pub(crate) fn finish(mut self) -> RefList {
        self.take_batch();
        self.list.sort();
        self.list
    }

    fn bound(&self, count: usize) -> Result<(), ProtocolError> {
        if count + self.list.unusable < MAX_REFS {
            Ok(())
        } else {
            Err(ProtocolError::TooMuch { what: "refs", limit: MAX_REFS })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::object_id::ObjectFormat;

    fn id(digit: u8) -> ObjectId {
        ObjectId::from_hex(&[digit; 40], ObjectFormat::Sha1).unwrap()
    }

    #[test]
    fn refs_are_sorted_and_of_a_name_listed_twice_the_first_counts() {
        let mut builder = RefList::builder();
        for (name, digit) in [("refs/tags/v1", b'1'), ("refs/heads/main", b'2'), ("refs/heads/main", b'3')] {
            builder.add(name.as_bytes(), id(digit)).unwrap();
        }
        let list = builder.finish();
        let names: Vec<_> = list.refs().iter().map(|listed| listed.name.to_string()).collect();
        assert_eq!(names, ["refs/heads/main", "refs/tags/v1"]);
        assert_eq!(list.get(&RefName::new(b"refs/heads/main").unwrap()), Some(id(b'2')));
        assert_eq!(list.get(&RefName::new(b"refs/heads/other").unwrap()), None);
    }

    #[test]
    fn no_ref_names_the_zero_id() {
        let mut builder = RefList::builder();
        assert!(builder.add(b"refs/heads/main", ObjectFormat::Sha1.zero()).is_err());
        builder.add(b"capabilities^{}", ObjectFormat::Sha1.zero()).unwrap();
    }

    #[test]
    fn what_is_no_ref_is_left_out() {
        let mut builder = RefList::builder();
        for name in ["HEAD", "refs/tags/v1^{}", ".have", "capabilities^{}", "refs/heads/a..b"] {
            builder.add(name.as_bytes(), id(b'1')).unwrap();
        }
        builder.add_symref(b"HEAD", b"refs/heads/main").unwrap();
        builder.add_symref(b"refs/heads/alias", b"refs/heads/main").unwrap();
        let list = builder.finish();
        assert_eq!((list.refs().len(), list.haves().len(), list.unusable()), (0, 1, 1));
        assert_eq!(list.head().unwrap().to_string(), "refs/heads/main");
        assert_eq!(list.symrefs().len(), 1);
    }

    /// Lists refs of one object each, with what is told of `HEAD`.
    fn with_head(refs: &[(&str, u8)], symref: Option<&str>) -> Option<String> {
        let mut builder = RefList::builder();
        for (name, digit) in refs {
            builder.add(name.as_bytes(), id(*digit)).unwrap();
        }
        if let Some(target) = symref {
            builder.add_symref(b"HEAD", target.as_bytes()).unwrap();
        }
        builder.finish().with_likely_head().head().map(ToString::to_string)
    }

    #[test]
    fn a_head_on_anything_but_a_branch_is_no_default_branch() {
        let refs = [("HEAD", b'1'), ("refs/heads/main", b'1'), ("refs/tags/v1", b'1')];
        for target in ["refs/tags/v1", "refs/meta/config", "refs/remotes/origin/main", "refs/heads"] {
            assert_eq!(with_head(&refs, Some(target)), None, "{target}");
        }
        assert_eq!(with_head(&refs, Some("refs/heads/none")).unwrap(), "refs/heads/none");
    }

    #[test]
    fn where_only_the_object_of_head_is_told_git_guesses() {
        let head = ("HEAD", b'1');
        let [a, main, master] = ["refs/heads/a", "refs/heads/main", "refs/heads/master"];
        let guess = |refs: &[(&str, u8)]| with_head(&[&[head], refs].concat(), None);
        assert_eq!(guess(&[(a, b'1'), (master, b'1')]).as_deref(), Some(master));
        assert_eq!(guess(&[(a, b'2'), (main, b'1'), (master, b'2')]).as_deref(), Some(main));
        assert_eq!(guess(&[(a, b'2'), ("refs/tags/v1", b'1')]), None);
        assert_eq!(with_head(&[(a, b'1'), (master, b'1')], None), None);
    }
}
