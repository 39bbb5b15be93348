//! Looks for commits at which a history can be cut, from its tip down: so each is an ancestor of the one above it.
//!
//! A depth, in seconds or in commits, leaves the newest part of a history. The source tells how many commits that part has,
//! and at which commits it ends. Of these, the one with the most history of its own is on the main line; a side branch has
//! less.

use std::cmp::Reverse;
use std::num::NonZeroU32;

use crate::cancel::CancelToken;
use crate::clock;
use crate::mirror::ancestry;
use crate::mirror::ports::{DepthSupport, Filters, Source};
use crate::mirror::push::Extent;
use crate::mirror::push::chain::Step;
use crate::protocol::fetch::{Depth, FetchRequest};
use crate::protocol::object_id::ObjectId;

/// The most questions for one place.
const MOST_QUESTIONS: u32 = 80;

/// The most places of one search. What is left below them is looked at again when the others have arrived.
const MOST_PLACES: usize = 64;

/// The most commits at a depth that are compared one by one.
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
    /// The commit that each place must have in its past, if there is one: a ref that moves forward leaves nothing behind.
    held: Option<ObjectId>,
    cancel: &'a CancelToken,
    /// The time from which distances count, in seconds since 1970: at the commit that is looked down from, or later.
    time: u64,
    /// A distance in seconds, and the commits that it held, where the last cut was found.
    pace: Option<Reached>,
    questions: u32,
}

/// The unit of a distance from a commit down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unit {
    Seconds,
    Commits,
}

/// A distance, and the commits down to it that are not there yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Reached {
    distance: u64,
    commits: u32,
}

/// A place to cut at, and what it brings with all that is below it. That is counted: it may be a side branch, which has
/// less below it than the main line at the same depth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Found {
    commit: ObjectId,
    brings: Extent,
}

impl<'a> Search<'a> {
    pub(super) fn new(
        source: &'a mut dyn Source,
        haves: Vec<ObjectId>,
        held: Option<ObjectId>,
        cancel: &'a CancelToken,
    ) -> Self {
        Self { source, haves, held, cancel, time: clock::unix_time(), pace: None, questions: 0 }
    }

    /// Returns the steps of a history of so many commits in about equal parts, and what is left after them. There are fewer
    /// where no place is found; none where none is.
    pub(super) fn each(
        &mut self,
        tip: ObjectId,
        total: u32,
        parts: NonZeroU32,
    ) -> Option<(Vec<Step>, Extent)> {
        let (mut top, mut left, mut found) = (tip, total, Vec::new());
        let part = part_of(total, parts);
        // What is left may be a part and a half.
        while found.len() < MOST_PLACES
            && left.saturating_sub(part) > part / 2
            && let Some(Found { commit, brings: Extent::Commits(brings) }) = self.below(top, part, left)
        {
            found.push((commit, brings));
            (top, left) = (commit, brings);
        }
        let rest = Extent::Commits(total.saturating_sub(found.first()?.1));
        // Those before a step bring a part of what it would bring alone.
        let before = found.iter().skip(1).map(|(_, brings)| *brings).chain([0]);
        let steps = found.iter().zip(before).map(|((commit, brings), before)| Step {
            commit: *commit,
            extent: Extent::Commits(brings.saturating_sub(before)),
        });
        let mut steps: Vec<_> = steps.collect();
        steps.reverse();
        Some((steps, rest))
    }

    /// Returns the oldest step alone. What is left is to be looked at again.
    pub(super) fn oldest(
        &mut self,
        tip: ObjectId,
        total: u32,
        parts: NonZeroU32,
    ) -> Option<(Vec<Step>, Extent)> {
        let above = total.saturating_sub(part_of(total, parts));
        let Found { commit, brings } = self.below(tip, above, total)?;
        Some((vec![Step { commit, extent: brings }], Extent::Unknown))
    }

    /// Finds a place with so many commits above it, of so many in all; else one in the middle, else one right below the top.
    /// There a ref that moves forward would come down one commit a step, where what a merge brings has no place for it.
    fn below(&mut self, top: ObjectId, above: u32, total: u32) -> Option<Found> {
        let right_below = self.held.is_none().then_some(1);
        let mut places = Vec::new();
        for above in [Some(above), Some(total / 2), right_below].into_iter().flatten() {
            if (1..total).contains(&above) && !places.contains(&above) {
                places.push(above);
            }
        }
        places.into_iter().find_map(|above| {
            self.questions = 0;
            self.units(above).into_iter().find_map(|unit| self.below_by(top, above, unit))
        })
    }

    fn units(&self, above: u32) -> Vec<Unit> {
        match self.source.info().depth {
            DepthSupport::None => Vec::new(),
            DepthSupport::Commits => vec![Unit::Commits],
            DepthSupport::CommitsAndTime if above < FEW_COMMITS => vec![Unit::Commits, Unit::Seconds],
            DepthSupport::CommitsAndTime => vec![Unit::Seconds, Unit::Commits],
        }
    }

    fn below_by(&mut self, top: ObjectId, above: u32, unit: Unit) -> Option<Found> {
        // The place itself is one of the commits down to a depth.
        let wanted = above.saturating_add(1);
        let (mut near, mut far, mut empty, mut looks) = (Reached::default(), None, 0, 0);
        let mut distance = self.guess(wanted, unit);
        while let Some(depth) = self.depth(distance, unit) {
            let reached = Reached { distance, commits: self.newer(&[top], depth)? };
            if reached.commits == 0 {
                empty = distance;
            }
            if reached.commits < wanted.div_ceil(2).max(2) {
                near = reached;
            } else {
                // Where a moment holds more than a part, nothing is nearer.
                let is_last = distance.checked_sub(1) == Some(near.distance);
                let fits = reached.commits <= wanted.saturating_add(wanted / 2) || is_last;
                if let Some(found) = fits.then(|| self.best(top, distance, unit)).flatten() {
                    self.note(Reached { distance: distance - empty, ..reached }, distance, unit);
                    return Some(found);
                }
                far = Some(reached);
            }
            looks += 1;
            match next(near, far, wanted, looks) {
                Some(next) => distance = next,
                // What is at the nearest depth is more than was wanted, and all there is.
                None => return far.and_then(|far| self.best(top, far.distance, unit)),
            }
        }
        None
    }

    fn guess(&self, wanted: u32, unit: Unit) -> u64 {
        match (unit, self.pace) {
            (Unit::Commits, _) => u64::from(wanted),
            (Unit::Seconds, None) => A_YEAR,
            (Unit::Seconds, Some(Reached { distance, commits })) => {
                (distance.saturating_mul(u64::from(wanted)) / u64::from(commits.max(1))).max(1)
            }
        }
    }

    fn note(&mut self, pace: Reached, distance: u64, unit: Unit) {
        if unit == Unit::Seconds {
            self.pace = Some(pace);
            self.time = self.time.saturating_sub(distance);
        }
    }

    /// Returns an ancestor of a commit that lies about half-way down to its oldest one, or to what is there. The source
    /// does not tell how many commits there are.
    pub(super) fn middle(&mut self, top: ObjectId) -> Option<ObjectId> {
        let units = self.units(FEW_COMMITS);
        units.into_iter().find_map(|unit| self.middle_by(top, unit))
    }

    fn middle_by(&mut self, top: ObjectId, unit: Unit) -> Option<ObjectId> {
        self.questions = 0;
        // Nothing is nearer than the one, nothing is cut off at the other.
        let (mut near, mut far) = (0, if unit == Unit::Seconds { A_YEAR } else { 64 });
        while let Some(depth) = self.depth(far, unit) {
            match self.boundary(&[top], depth) {
                Some(commits) if commits.is_empty() => break,
                Some(_) => {}
                None => near = far,
            }
            far = far.saturating_mul(2);
        }
        loop {
            let distance = near + (far - near) / 2;
            let depth = self.depth(distance, unit).filter(|_| distance > near)?;
            match self.boundary(&[top], depth) {
                None => near = distance,
                Some(commits) => match self.best_of(commits, distance, unit) {
                    Some(found) => return Some(found.commit),
                    None => far = distance,
                },
            }
        }
    }

    /// Returns the depth at a distance; none once enough was asked, or the run is stopped.
    fn depth(&mut self, distance: u64, unit: Unit) -> Option<Depth> {
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

    /// Returns the number of commits from some down to a depth that are not there yet. Git fails where there are none, since
    /// a time is later than all.
    fn newer(&mut self, tops: &[ObjectId], depth: Depth) -> Option<u32> {
        self.questions += 1;
        let whole = ancestry::history(self.source.info().filters, tops, &self.haves);
        let request = FetchRequest { depth: Some(depth), ..whole };
        match self.source.count(&request) {
            Ok(count) => Some(count),
            Err(error) => {
                log::debug!("no commit down to {depth}: {error}");
                matches!(depth, Depth::Since(_)).then_some(0)
            }
        }
    }

    /// Returns the commits at which a depth cuts the history of some.
    fn boundary(&mut self, tops: &[ObjectId], depth: Depth) -> Option<Vec<ObjectId>> {
        self.questions += 1;
        let whole = ancestry::history(Filters::NotOffered, tops, tops);
        let request = FetchRequest { depth: Some(depth), ..whole };
        let commits = self.source.boundary(&request);
        let commits = commits.inspect_err(|error| log::debug!("no boundary at {depth}: {error}")).ok()?;
        Some(commits.into_iter().filter(|commit| !tops.contains(commit)).collect())
    }

    /// Returns the commit at a distance that has the most history, of which something is not there yet.
    fn best(&mut self, top: ObjectId, distance: u64, unit: Unit) -> Option<Found> {
        let depth = self.depth(distance, unit)?;
        let commits = self.boundary(&[top], depth)?;
        self.best_of(commits, distance, unit)
    }

    fn best_of(&mut self, commits: Vec<ObjectId>, distance: u64, unit: Unit) -> Option<Found> {
        let commits = if commits.len() > 1 {
            if !self.haves.is_empty() {
                self.questions += 1;
                if ancestry::count(self.source, &commits, &self.haves) == Some(0) {
                    return None;
                }
            }
            let deeper = match unit {
                Unit::Seconds => self.depth(distance.saturating_add(distance / 2), unit)?,
                Unit::Commits => self.depth(distance / 2 + 1, unit)?,
            };
            self.most_history(commits, deeper)
        } else {
            commits
        };
        commits.into_iter().find_map(|commit| {
            let brings = self.brings(commit).filter(|brings| *brings != Extent::Commits(0))?;
            self.holds(commit).then_some(Found { commit, brings })
        })
    }

    /// Returns those of some commits that are likely to have the most history down to a depth, the one with the most first.
    fn most_history(&mut self, mut commits: Vec<ObjectId>, deeper: Depth) -> Vec<ObjectId> {
        while commits.len() > MOST_COMPARED {
            let others = commits.split_off(commits.len() / 2);
            if self.history(&others, deeper) > self.history(&commits, deeper) {
                commits = others;
            }
        }
        commits.sort_by_cached_key(|commit| Reverse(self.history(&[*commit], deeper)));
        commits
    }

    /// Measures the history of some commits down to a depth: by its commits, or by its ends where only a pack would tell those.
    fn history(&mut self, commits: &[ObjectId], deeper: Depth) -> u32 {
        match self.source.info().filters {
            Filters::Offered => self.newer(commits, deeper).unwrap_or_default(),
            Filters::NotOffered => {
                let ends = self.boundary(commits, deeper).map_or(0, |ends| ends.len());
                u32::try_from(ends).unwrap_or(u32::MAX)
            }
        }
    }

    /// Returns what a commit has that is not there yet. Without a filter the answer can cost the source as much as the pack, so
    /// where nothing is there it is not asked.
    fn brings(&mut self, commit: ObjectId) -> Option<Extent> {
        let filters = self.source.info().filters;
        if filters == Filters::NotOffered && self.haves.is_empty() {
            return Some(Extent::NotTold);
        }
        self.questions += 1;
        let count = ancestry::count(self.source, &[commit], &self.haves)?;
        // Without a filter they are objects, of which none is no commit either.
        Some(if filters == Filters::Offered || count == 0 { Extent::Commits(count) } else { Extent::NotTold })
    }

    /// Tells whether a commit has in its past what it must have: a side branch that was merged later has not.
    fn holds(&mut self, commit: ObjectId) -> bool {
        let Some(held) = self.held else { return true };
        self.questions += 1;
        ancestry::is_reached(self.source, &[held], &[commit])
    }
}

/// Returns the commits of one of so many parts: none has less than one commit, however much a commit weighs.
fn part_of(total: u32, parts: NonZeroU32) -> u32 {
    (total / parts).max(1)
}

/// Returns the distance to look at next, between one that is too near and one that is too far, if that is known; none where
/// nothing is between.
fn next(near: Reached, far: Option<Reached>, wanted: u32, looks: u32) -> Option<u64> {
    let missing = u64::from(wanted.saturating_sub(near.commits));
    let Some(far) = far else {
        let by_pace = near.distance.saturating_mul(missing) / u64::from(near.commits.max(1));
        let most = near.distance.saturating_mul(7);
        return Some(near.distance.saturating_add(by_pace.clamp(1, most.max(1)).max(near.distance / 8)));
    };
    let (between, commits) = (far.distance - near.distance, u64::from(far.commits - near.commits).max(1));
    // Commits come in bursts: where a guess by their number leads nowhere, every other look halves.
    let step = if looks.is_multiple_of(2) { between.saturating_mul(missing) / commits } else { between / 2 };
    (between > 1).then(|| near.distance + step.clamp(1, between - 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mirror::testing::{MemorySource, id};
    use crate::protocol::fetch::ThinPack;

    /// The header of a pack of so many objects.
    fn pack(objects: u8) -> Vec<u8> {
        [&b"PACK\0\0\0\x02\0\0\0"[..], &[objects]].concat()
    }

    /// A source whose history of 100 commits is cut at a commit of a side branch and at one of the main line, 4, which alone
    /// has commit 1 in its past.
    fn source() -> MemorySource {
        let mut source = MemorySource::new(&[("refs/heads/main", 9)]);
        source.info.depth = DepthSupport::CommitsAndTime;
        source.info.filters = Filters::Offered;
        source.shallow = vec![id(3), id(4)];
        source.answers = Box::new(|request| {
            assert_eq!(request.thin_pack, ThinPack::Forbidden);
            let is_old_within = request.wants == [id(1)] && request.haves == [id(4)];
            Some(Ok(pack(if is_old_within { 0 } else { 50 })))
        });
        source
    }

    fn cut(held: Option<ObjectId>) -> Option<(Vec<Step>, Extent)> {
        let (mut source, cancel) = (source(), CancelToken::default());
        let haves = held.into_iter().collect();
        Search::new(&mut source, haves, held, &cancel).oldest(id(9), 100, NonZeroU32::new(2).unwrap())
    }

    #[test]
    fn a_ref_that_moves_forward_is_cut_where_nothing_is_left_behind() {
        let (steps, rest) = cut(Some(id(1))).unwrap();
        assert_eq!(steps, [Step { commit: id(4), extent: Extent::Commits(50) }]);
        assert_eq!(rest, Extent::Unknown);
    }

    #[test]
    fn a_new_ref_is_cut_at_any_commit_below_its_tip() {
        assert_eq!(cut(None).unwrap().0[0].commit, id(3));
    }

    #[test]
    fn few_commits_that_need_more_parts_come_one_by_one() {
        let (mut source, cancel) = (source(), CancelToken::default());
        source.answers = Box::new(|request| {
            let commits = match request.depth {
                Some(Depth::Commits(commits)) => commits.get().try_into().unwrap(),
                _ => {
                    if request.wants == [id(3)] {
                        2
                    } else {
                        1
                    }
                }
            };
            Some(Ok(pack(commits)))
        });
        let mut search = Search::new(&mut source, Vec::new(), None, &cancel);
        let (steps, rest) = search.each(id(9), 3, NonZeroU32::new(10).unwrap()).unwrap();
        let one = Extent::Commits(1);
        assert_eq!(steps, [4, 3].map(|number| Step { commit: id(number), extent: one }));
        assert_eq!(rest, one);
        let (steps, _) = search.oldest(id(9), 3, NonZeroU32::new(10).unwrap()).unwrap();
        assert_eq!(steps, [Step { commit: id(3), extent: Extent::Commits(2) }]);
    }

    #[test]
    fn the_next_distance_lies_between_what_is_too_near_and_too_far() {
        let near = Reached { distance: 10, commits: 5 };
        let far = Reached { distance: 100, commits: 95 };
        for looks in 0..2 {
            let distance = next(near, Some(far), 50, looks).unwrap();
            assert!((11..100).contains(&distance), "{distance}");
        }
        let closest = Reached { distance: 11, commits: 95 };
        assert_eq!(next(near, Some(closest), 50, 0), None);
        assert!(next(near, None, 50, 0).unwrap() > near.distance);
    }
}
