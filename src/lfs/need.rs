//! The LFS objects that pointers name, each once, and the requests that ask for them.

use super::batch::MOST_OBJECTS;
use super::pointer::Pointer;

/// The most objects of one run: 40 bytes each.
pub const MOST: usize = 1 << 20;

/// The fewest pointers before those that are there twice are looked for.
const FIRST_SORT: usize = 4096;

/// The objects that pointers name, each once.
#[derive(Clone, Debug)]
pub struct Objects {
    pointers: Vec<Pointer>,
    /// Those at the start that are sorted and each there once.
    sorted: usize,
    most: usize,
}

impl Default for Objects {
    fn default() -> Self {
        Self { pointers: Vec::new(), sorted: 0, most: MOST }
    }
}

/// There are more than [`MOST`] objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("more than {MOST} LFS objects")]
pub struct TooManyObjects;

impl Objects {
    /// Takes at most so many objects.
    #[cfg(test)]
    pub(super) fn at_most(most: usize) -> Self {
        Self { most, ..Self::default() }
    }

    /// Takes a pointer, however often it is there.
    ///
    /// # Errors
    ///
    /// Fails if there would be too many.
    pub fn add(&mut self, pointer: Pointer) -> Result<(), TooManyObjects> {
        self.pointers.push(pointer);
        if self.pointers.len() >= (self.sorted * 2).clamp(FIRST_SORT, self.most + self.most / 4) {
            self.sort();
        }
        if self.sorted > self.most { Err(TooManyObjects) } else { Ok(()) }
    }

    /// Returns the objects in the order of their ids. Pointers that give one object different sizes lie, but for one:
    /// of each object the first is its smallest size, and the others are told apart.
    pub fn finish(mut self) -> Found {
        self.sort();
        let mut found = Found::default();
        for pointer in self.pointers {
            let is_known = found.objects.last().is_some_and(|last: &Pointer| last.oid == pointer.oid);
            if is_known { &mut found.other_sizes } else { &mut found.objects }.push(pointer);
        }
        found
    }

    fn sort(&mut self) {
        self.pointers.sort_unstable();
        self.pointers.dedup();
        self.sorted = self.pointers.len();
    }
}

/// The objects that were found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// Each once.
    pub objects: Vec<Pointer>,
    /// The same objects with other sizes, which further pointers give.
    pub other_sizes: Vec<Pointer>,
}

/// Objects that are asked for, as many at once as the server takes.
#[derive(Clone, Debug)]
pub struct Batches {
    left: Vec<Pointer>,
    /// Parts of requests that were refused, the next one last.
    parts: Vec<Vec<Pointer>>,
    most: usize,
}

impl Batches {
    /// Takes the objects, which must be there once each. No request is for more than `most` of them, or than
    /// [`MOST_OBJECTS`].
    pub fn new(objects: Vec<Pointer>, most: usize) -> Self {
        let mut left = objects;
        left.reverse();
        Self { left, parts: Vec::new(), most: most.clamp(1, MOST_OBJECTS) }
    }

    /// Returns the most objects that a request is for now.
    pub fn most(&self) -> usize {
        self.most
    }

    /// Returns the objects of the next request.
    pub fn next_batch(&mut self) -> Option<Vec<Pointer>> {
        if let Some(mut part) = self.parts.pop() {
            if part.len() > self.most {
                self.parts.push(part.split_off(self.most));
            }
            return Some(part);
        }
        let rest = self.left.len().saturating_sub(self.most);
        let mut batch = self.left.split_off(rest);
        batch.reverse();
        (!batch.is_empty()).then_some(batch)
    }

    /// Notes that a request had too many objects (413): from now on half as many go into one. None if it was a single
    /// object, which no smaller request can ask for.
    pub fn too_many(&mut self, batch: Vec<Pointer>) -> Option<()> {
        if batch.len() <= 1 {
            return None;
        }
        self.most = self.most.min(batch.len().div_ceil(2));
        self.parts.push(batch);
        Some(())
    }

    /// Notes that a request was refused as a whole, though only some of its objects may be the reason: its halves are asked
    /// for apart. Returns the object if it was a single one.
    pub fn refused(&mut self, mut batch: Vec<Pointer>) -> Option<Pointer> {
        if let [single] = batch.as_slice() {
            return Some(*single);
        }
        let second = batch.split_off(batch.len() / 2);
        self.parts.extend([second, batch].into_iter().filter(|part| !part.is_empty()));
        None
    }
}

#[cfg(test)]
mod tests;
