//! Follows the destination's symbolic refs: a server changes the target in their place.

use std::collections::{BTreeMap, HashSet};

use super::policy::Selection;
use crate::protocol::object_id::ObjectId;
use crate::protocol::ref_list::RefList;
use crate::protocol::ref_name::RefName;

/// The longest chain of symbolic refs, as in git.
const MAX_DEPTH: usize = 5;

/// The symbolic refs of a destination, as the source has them.
pub(super) struct Aliases<'a> {
    source: &'a RefList,
    destination: &'a RefList,
    selection: &'a Selection,
    /// Of each target that the source lacks, the symbolic ref by which it is written: the first by name.
    writers: BTreeMap<&'a RefName, &'a RefName>,
    /// The targets that a symbolic ref outside of the selection needs.
    needed: BTreeMap<&'a RefName, &'a RefName>,
}

impl<'a> Aliases<'a> {
    pub(super) fn new(source: &'a RefList, destination: &'a RefList, selection: &'a Selection) -> Self {
        let (writers, needed) = (BTreeMap::new(), BTreeMap::new());
        let mut aliases = Self { source, destination, selection, writers, needed };
        for symref in destination.symrefs() {
            let (name, Some(target)) = (&symref.name, aliases.target(&symref.name)) else { continue };
            let selected = |name: &RefName| selection.contains(name.as_bytes());
            match (selected(name), source.get(name), source.get(target)) {
                (true, Some(_), None) if selected(target) => {
                    aliases.writers.entry(target).or_insert(name);
                }
                (false, _, None) => {
                    aliases.needed.entry(target).or_insert(name);
                }
                _ => {}
            }
        }
        aliases
    }

    /// Returns what a symbolic ref stands for in the end; none for any other ref, and for a circle.
    pub(super) fn target(&self, name: &RefName) -> Option<&'a RefName> {
        let mut target = self.destination.symref_target(name)?;
        let mut seen = HashSet::new();
        while let Some(next) = self.destination.symref_target(target) {
            if seen.len() == MAX_DEPTH || !seen.insert(target) {
                return None;
            }
            target = next;
        }
        Some(target)
    }

    /// Returns the symbolic ref for which a target must stay although the source lacks it.
    pub(super) fn user(&self, target: &RefName) -> Option<&'a RefName> {
        self.writers.get(target).or_else(|| self.needed.get(target)).copied()
    }

    /// Tells whether a symbolic ref is written in the place of its target, which the source does not have.
    pub(super) fn is_writer(&self, name: &RefName, target: &RefName) -> bool {
        self.writers.get(target).is_some_and(|writer| *writer == name)
    }

    /// Returns the value of a target after the plan is carried out.
    pub(super) fn value_after(&self, target: &RefName) -> Option<ObjectId> {
        if !self.selection.contains(target.as_bytes()) {
            return self.destination.get(target);
        }
        let writer = || self.writers.get(target).and_then(|writer| self.source.get(writer));
        self.source.get(target).or_else(writer)
    }

    /// Tells whether a target goes, and its symbolic refs with it.
    pub(super) fn goes(&self, target: &RefName) -> bool {
        self.selection.prunes(target.as_bytes())
            && self.source.get(target).is_none()
            && self.user(target).is_none()
    }
}
