//! The answers of a server about objects, each kept until it is used, once.

use std::collections::{HashSet, VecDeque};

use super::batch::ObjectAnswer;
use super::oid::Oid;
use super::route::Route;
use crate::clock::Stopwatch;

/// The most objects of which it is kept. A transfer knows two batches ahead at most; what is dropped is asked for again.
const MOST: usize = 512;

/// The answer of a server about an object.
#[derive(Clone, Debug)]
pub(super) struct Said {
    pub(super) oid: Oid,
    pub(super) answer: ObjectAnswer,
    /// The time since before it was asked.
    pub(super) age: Stopwatch,
    /// The route of a redirect, in place of the one that the answer names.
    pub(super) redirected: Option<Route>,
}

/// The answers that are still to be used.
#[derive(Debug, Default)]
pub(super) struct Links {
    said: VecDeque<Said>,
    /// The objects whose link was refused and is asked for anew.
    renewed: HashSet<Oid>,
}

impl Links {
    /// Keeps an answer, in place of an older one.
    pub(super) fn keep(&mut self, said: Said) {
        self.take(said.oid);
        self.said.push_back(said);
        if self.said.len() > MOST {
            self.said.pop_front();
        }
    }

    /// Takes the answer for an object out.
    pub(super) fn take(&mut self, oid: Oid) -> Option<Said> {
        let at = self.said.iter().position(|said| said.oid == oid)?;
        self.said.remove(at)
    }

    /// Notes that a server refused its own link, and tells whether another may be asked for: once.
    pub(super) fn may_renew(&mut self, oid: Oid) -> bool {
        self.renewed.insert(oid)
    }

    /// Notes that a link was taken.
    pub(super) fn on_taken(&mut self, oid: Oid) {
        self.renewed.remove(&oid);
    }
}

impl Said {
    /// Tells whether a request by it may still begin.
    pub(super) fn holds(&self) -> bool {
        match &self.answer {
            ObjectAnswer::Transfer(transfer) => transfer.action.lifetime.holds_after(self.age.elapsed()),
            _ => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(number: u16) -> Said {
        let mut oid = [0; 32];
        oid[..2].copy_from_slice(&number.to_be_bytes());
        Said { oid: Oid::new(oid), answer: ObjectAnswer::LeftOut, age: Stopwatch::start(), redirected: None }
    }

    #[test]
    fn an_answer_is_used_once_and_the_oldest_are_dropped() {
        let mut links = Links::default();
        (0..600).for_each(|number| links.keep(said(number)));
        assert!(links.take(said(0).oid).is_none() && links.take(said(87).oid).is_none());
        assert!(links.take(said(88).oid).is_some() && links.take(said(88).oid).is_none());
        links.keep(said(599));
        assert_eq!(links.said.len(), MOST - 1);
    }

    #[test]
    fn a_link_is_renewed_once_until_one_is_taken() {
        let (mut links, oid) = (Links::default(), said(1).oid);
        assert!(links.may_renew(oid) && !links.may_renew(oid));
        links.on_taken(oid);
        assert!(links.may_renew(oid));
    }
}
