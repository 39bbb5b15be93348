//! Which LFS objects of a source its destination lacks: from the pointers that were found to the copies to make.
//!
//! ```text
//!  pointers ─► Objects ─► Batches ─► upload batch at the destination ─► what it lacks
//!                            ▲                                             │
//!                            └── other sizes ◄── download batch at the source ─► copies, missing objects
//! ```

use super::batch::{MOST_OBJECTS, ObjectAnswer, Transfer};
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
    /// What pointers say of them otherwise.
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
    /// Takes the objects, which must be there once each.
    pub fn new(objects: Vec<Pointer>) -> Self {
        let mut left = objects;
        left.reverse();
        Self { left, parts: Vec::new(), most: MOST_OBJECTS }
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

    /// Adds objects that are to be asked for again, such as with another size.
    pub fn again(&mut self, objects: Vec<Pointer>) {
        if !objects.is_empty() {
            self.parts.push(objects);
        }
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

/// What the destination said of a batch.
#[derive(Clone, Debug, Default)]
pub struct Lacking {
    /// The objects that it has.
    pub kept: usize,
    /// Those that it wants, and how.
    pub wanted: Vec<(Pointer, Transfer)>,
    /// Those of which it said something else. None of them is there.
    pub failed: Vec<(Pointer, ObjectAnswer)>,
}

impl Lacking {
    /// Sorts the answers to an `upload` request, which are in the order of its objects.
    pub fn new(batch: &[Pointer], answers: Vec<ObjectAnswer>) -> Self {
        let mut lacking = Self::default();
        for (object, answer) in with_answers(batch, answers) {
            match answer {
                ObjectAnswer::Kept => lacking.kept += 1,
                ObjectAnswer::Transfer(transfer) => lacking.wanted.push((object, *transfer)),
                other => lacking.failed.push((object, other)),
            }
        }
        lacking
    }

    /// Returns the objects to ask the source for.
    pub fn to_ask_for(&self) -> Vec<Pointer> {
        self.wanted.iter().map(|(object, _)| *object).collect()
    }

    /// Sorts the answers to a `download` request for these objects, in their order.
    pub fn copies(self, answers: Vec<ObjectAnswer>) -> Copies {
        let mut copies = Copies::default();
        let objects: Vec<Pointer> = self.to_ask_for();
        let answers = with_answers(&objects, answers);
        for ((object, answer), (_, upload)) in answers.into_iter().zip(self.wanted) {
            match answer {
                ObjectAnswer::Transfer(download) => match download.other_size {
                    Some(size) => copies.other_sizes.push(Pointer { size, ..object }),
                    None => copies.ready.push(Copy { object, download: *download, upload }),
                },
                ObjectAnswer::Refused(error) if error.is_missing() => copies.missing.push(object),
                other => copies.failed.push((object, other)),
            }
        }
        copies
    }
}

/// What the source said of the objects that the destination wants.
#[derive(Clone, Debug, Default)]
pub struct Copies {
    /// The copies that can be made.
    pub ready: Vec<Copy>,
    /// The objects that the source does not have.
    pub missing: Vec<Pointer>,
    /// Those for which the source knows another size than their pointers, with that one. The destination is to be asked
    /// again, once.
    pub other_sizes: Vec<Pointer>,
    /// Those of which it said something else, or nothing.
    pub failed: Vec<(Pointer, ObjectAnswer)>,
}

/// One object to copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copy {
    /// The object.
    pub object: Pointer,
    /// The request that gets it from the source.
    pub download: Transfer,
    /// The requests that send it to the destination.
    pub upload: Transfer,
}

/// Pairs objects with their answers; one without is left out.
fn with_answers(objects: &[Pointer], answers: Vec<ObjectAnswer>) -> Vec<(Pointer, ObjectAnswer)> {
    let answers = answers.into_iter().chain(std::iter::repeat(ObjectAnswer::LeftOut));
    objects.iter().copied().zip(answers).collect()
}

#[cfg(test)]
mod tests;
