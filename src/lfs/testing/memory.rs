//! Objects in memory, at either end of a copy.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::clock;
use crate::error::{ErrorKind, Failure};
use crate::lfs::oid::Oid;
use crate::lfs::pointer::Pointer;
use crate::lfs::store::{ObjectDestination, ObjectSource};
use crate::lfs::testing::pointer_to;
use crate::lfs::verified_object::VerifiedObject;

/// Objects in memory, of which each call can fail as a test wants.
#[derive(Default)]
pub(crate) struct Memory {
    pub(crate) objects: Mutex<BTreeMap<Oid, Vec<u8>>>,
    /// The time that each upload takes.
    pub(crate) delay: Duration,
    failures: Mutex<Vec<Failure>>,
    asked: AtomicUsize,
    under_way: AtomicUsize,
    most_under_way: AtomicUsize,
}

impl Memory {
    pub(crate) fn with(contents: &[Vec<u8>]) -> Self {
        let objects = contents.iter().map(|content| (pointer_to(content).oid, content.clone())).collect();
        Self { objects: Mutex::new(objects), ..Self::default() }
    }

    /// Fails as many of the next calls that move an object.
    pub(crate) fn fail(&self, kind: ErrorKind, times: usize) {
        self.failures.lock().unwrap().extend((0..times).map(|_| Failure::new(kind, "as asked for")));
    }

    /// Returns how often it was asked for objects.
    pub(crate) fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    /// Returns how many objects came at the same time at most.
    pub(crate) fn most_under_way(&self) -> usize {
        self.most_under_way.load(Ordering::SeqCst)
    }

    pub(crate) fn has(&self, content: &[u8]) -> bool {
        self.objects.lock().unwrap().contains_key(&pointer_to(content).oid)
    }

    fn absent(&self, pointers: &[Pointer]) -> Vec<Pointer> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let objects = self.objects.lock().unwrap();
        pointers.iter().copied().filter(|pointer| !objects.contains_key(&pointer.oid)).collect()
    }
}

impl ObjectSource for Memory {
    fn missing(&self, pointers: &[Pointer]) -> Result<Vec<Pointer>, Failure> {
        Ok(self.absent(pointers))
    }

    fn open(&self, pointer: Pointer) -> Result<Box<dyn Read + Send + '_>, Failure> {
        if let Some(failure) = self.failures.lock().unwrap().pop() {
            return Err(failure);
        }
        Ok(Box::new(io::Cursor::new(self.objects.lock().unwrap()[&pointer.oid].clone())))
    }
}

impl ObjectDestination for Memory {
    fn lacking(&self, pointers: &[Pointer]) -> Result<Vec<Pointer>, Failure> {
        Ok(self.absent(pointers))
    }

    fn put(&self, pointer: Pointer, object: &mut VerifiedObject<'_>) -> Result<(), Failure> {
        let under_way = self.under_way.fetch_add(1, Ordering::SeqCst) + 1;
        self.most_under_way.fetch_max(under_way, Ordering::SeqCst);
        clock::wait(self.delay);
        let failure = self.failures.lock().unwrap().pop();
        let mut content = Vec::new();
        let read = object.read_to_end(&mut content);
        self.under_way.fetch_sub(1, Ordering::SeqCst);
        failure.map_or(Ok(()), Err)?;
        read?;
        self.objects.lock().unwrap().insert(pointer.oid, content);
        Ok(())
    }
}
