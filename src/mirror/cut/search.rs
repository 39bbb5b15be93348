//! Looks for commits at which a history can be cut, from its tip down: so each is an ancestor of the one above it.
//!
//! A depth, in seconds or in commits, leaves the newest part of a history. The source tells how many commits that part has,
//! and at which commits it ends. Of these, one whose own past ends at many commits is on the main line; a side branch has
//! few.

use std::cmp::Reverse;
use std::num::NonZeroU32;

use super::{ask_count, commits_of};
use crate::cancel::CancelToken;
use crate::clock;
use crate::mirror::ports::{DepthSupport, Filters, Source};
use crate::protocol::fetch::{Depth, FetchRequest};
use crate::protocol::object_id::ObjectId;

/// The most questions for one cut.
const MOST_QUESTIONS: u32 = 40;

/// The most commits at a depth that are compared.
const MOST_COMPARED: usize = 5;

/// A history of so few commits is counted in commits: those of a minute cannot be told apart by time.
const FEW_COMMITS: u32 = 200;

/// The distance that is looked at first, in seconds.
const A_YEAR: u64 = 365 * 24 * 3600;

/// A search in one source.
pub(super) struct Search<'a> {
    source: &'a mut dyn Source,
    /// Objects that are there, with all that they reach.
    haves: Vec<ObjectId>,
    cancel: &'a CancelToken,
    /// The distance of the last cut, from which the next one is guessed.
    last: Option<u64>,
    /// The time of the commit from which the next one is looked for, in seconds since 1970; at least that.
    time: u64,
    questions: u32,
}

/// The unit of a distance from a commit down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unit {
    Seconds,
    Commits,
}

impl<'a> Search<'a> {
    pub(super) fn new(source: &'a mut dyn Source, haves: Vec<ObjectId>, cancel: &'a CancelToken) -> Self {
        Self { source, haves, cancel, last: None, time: clock::unix_time(), questions: 0 }
    }

    /// Returns the cuts of a history of so many commits into about equal parts, from the oldest on. There are fewer where
    /// no place is found.
    pub(super) fn each(&mut self, tip: ObjectId, total: u32, parts: NonZeroU32) -> Vec<ObjectId> {
        let (mut top, mut cuts) = (tip, Vec::new());
        for _ in 1..parts.get() {
            let Some(cut) = self.below(top, NonZeroU32::new(total / parts)) else { break };
            cuts.push(cut);
            top = cut;
        }
        cuts.reverse();
        cuts
    }

    /// Returns an ancestor of a commit such that about so many commits are above it.
    pub(super) fn below(&mut self, top: ObjectId, above: Option<NonZeroU32>) -> Option<ObjectId> {
        let above = above?.get();
        let units = self.units(above);
        units.into_iter().find_map(|unit| self.below_by(top, above, unit))
    }

    fn units(&self, above: u32) -> Vec<Unit> {
        match self.source.info().depth {
            DepthSupport::None => Vec::new(),
            DepthSupport::Commits => vec![Unit::Commits],
            DepthSupport::CommitsAndTime if above < FEW_COMMITS => vec![Unit::Commits, Unit::Seconds],
            DepthSupport::CommitsAndTime => vec![Unit::Seconds, Unit::Commits],
        }
    }

    fn below_by(&mut self, top: ObjectId, above: u32, unit: Unit) -> Option<ObjectId> {
        self.questions = 0;
        let first = match unit {
            Unit::Seconds => self.last.unwrap_or(A_YEAR),
            Unit::Commits => u64::from(above),
        };
        let (mut near, mut far, mut distance) = (0, None, first.max(1));
        while let Some(depth) = self.depth(distance, unit) {
            let newer = self.newer(top, depth)?;
            let (least, most) = (above / 2, above.saturating_add(above / 2));
            if newer < least {
                near = distance;
            } else {
                if newer <= most || far == Some(near + 1) {
                    if let Some(cut) = self.best(top, distance, unit) {
                        self.last = (unit == Unit::Seconds).then_some(distance).or(self.last);
                        self.time = self.time.saturating_sub(self.last.unwrap_or_default());
                        return Some(cut);
                    }
                }
                far = Some(distance);
            }
            let next = match far {
                Some(far) => near + (far - near) / 2,
                None => distance.saturating_mul(2),
            };
            if next == near || Some(next) == far || next == distance {
                return None;
            }
            distance = next;
        }
        None
    }

    /// Returns an ancestor of a commit that lies about half-way down to its oldest one, or to what is there. The source
    /// does not tell how many commits there are.
    pub(super) fn middle(&mut self, top: ObjectId) -> Option<ObjectId> {
        let units = self.units(FEW_COMMITS);
        units.into_iter().find_map(|unit| self.middle_by(top, unit))
    }

    fn middle_by(&mut self, top: ObjectId, unit: Unit) -> Option<ObjectId> {
        self.questions = 0;
        let mut far = if unit == Unit::Seconds { A_YEAR } else { 64 };
        // Down to where nothing is cut off any more.
        while let Some(depth) = self.depth(far, unit) {
            match self.boundary(top, depth) {
                Some(commits) if commits.is_empty() => break,
                _ => far = far.saturating_mul(2),
            }
        }
        let mut distance = far / 2;
        while distance > 0 {
            let Some(cut) = self.best(top, distance, unit) else {
                distance = distance.checked_sub(distance.div_ceil(2))?;
                self.depth(distance, unit)?;
                continue;
            };
            return Some(cut);
        }
        None
    }

    /// Returns the depth at a distance; none once enough was asked, or the run is stopped.
    fn depth(&mut self, distance: u64, unit: Unit) -> Option<Depth> {
        self.questions += 1;
        if self.questions > MOST_QUESTIONS || self.cancel.reason().is_some() {
            return None;
        }
        match unit {
            Unit::Seconds => {
                self.time.checked_sub(distance).or((distance < self.time * 2).then_some(0)).map(Depth::Since)
            }
            Unit::Commits => u32::try_from(distance).ok().and_then(NonZeroU32::new).map(Depth::Commits),
        }
    }

    /// Returns the number of commits down to a depth that are not there yet. Git fails where there are none, since a time
    /// is later than all.
    fn newer(&mut self, top: ObjectId, depth: Depth) -> Option<u32> {
        let request = FetchRequest {
            haves: self.haves.clone(),
            depth: Some(depth),
            ..commits_of(self.source, vec![top])
        };
        match self.source.count(&request) {
            Ok(count) => Some(count),
            Err(error) => {
                log::debug!("no commit down to {depth}: {error}");
                matches!(depth, Depth::Since(_)).then_some(0)
            }
        }
    }

    /// Returns the commits at which a depth cuts history.
    fn boundary(&mut self, top: ObjectId, depth: Depth) -> Option<Vec<ObjectId>> {
        let request = FetchRequest {
            haves: vec![top],
            depth: Some(depth),
            filter: None,
            ..commits_of(self.source, vec![top])
        };
        let commits = self.source.boundary(&request);
        let commits = commits.inspect_err(|error| log::debug!("no boundary at {depth}: {error}")).ok()?;
        Some(commits.into_iter().filter(|commit| *commit != top).collect())
    }

    /// Returns the commit at a distance that has the most history, of which something is not there yet.
    fn best(&mut self, top: ObjectId, distance: u64, unit: Unit) -> Option<ObjectId> {
        let depth = self.depth(distance, unit)?;
        let commits = self.boundary(top, depth)?;
        let step = commits.len().div_ceil(MOST_COMPARED).max(1);
        let mut compared: Vec<_> = commits.into_iter().step_by(step).collect();
        if compared.len() > 1 {
            let deeper = match unit {
                Unit::Seconds => self.depth(distance.saturating_add(distance / 2), unit)?,
                Unit::Commits => self.depth(distance / 2 + 1, unit)?,
            };
            compared.sort_by_cached_key(|commit| {
                Reverse(self.boundary(*commit, deeper).map_or(0, |ends| ends.len()))
            });
        }
        let haves = self.haves.clone();
        let brings = |commit: &ObjectId| {
            // Without a filter the answer costs the source as much as the pack.
            let is_cheap = self.source.info().filters == Filters::Offered || !haves.is_empty();
            !is_cheap
                || ask_count(self.source, vec![*commit], haves.clone()).is_some_and(|commits| commits > 0)
        };
        compared.into_iter().find(brings)
    }
}
