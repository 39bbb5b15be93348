//! Predicts the bytes of a push from the number of its commits or objects, as far as pushes before it have taught.

use std::num::{NonZeroU32, NonZeroU64};

use super::{Bound, Extent, Push, SentPack};
use crate::mirror::push_size::{Limit, LimitOrigin, PushSize};

/// The bytes that a commit brings where nothing is known: sixteen times those of Git's and Linux's own histories. Too much
/// costs one part that is small; too little costs a push that is ended, in each run that begins anew.
const BYTES_OF_COMMIT: u64 = 64 << 10;

/// The least that is taken for a commit: at a host with a limit of its own, which is so large that nearly every repository
/// fits, and where the limit is so small that a part would have too few commits to teach.
const LEAST_OF_COMMIT: u64 = 16 << 10;

/// The number of commits that a limit has room for, where nothing is known.
const COMMITS_IN_LIMIT: u64 = 256;

/// The bytes that an object brings where nothing is known.
const BYTES_OF_OBJECT: u64 = 4 << 10;

/// The bytes of a command list: those of one update, with a name of usual length, and those before it.
const BYTES_OF_UPDATE: u64 = 256;
const BYTES_BEFORE_UPDATES: u64 = 1 << 10;

/// The least that a break can teach, in bytes. A connection breaks for many reasons.
const LEAST_BREAK: u64 = 8 << 20;

/// The least limit that a refusal teaches, in bytes.
const LEAST_LIMIT: u64 = 64 << 10;

/// The knowledge of sizes.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sizes {
    pub(super) known: PushSize,
    /// Bytes of one commit with its files, and of one object, in the pushes so far.
    of_commit: Option<NonZeroU64>,
    of_object: Option<NonZeroU64>,
}

impl Sizes {
    pub(super) fn new(known: PushSize) -> Self {
        Self { known, of_commit: None, of_object: None }
    }

    /// Tells whether the source is asked for the extent of a push before it is made. A host's own limit is so large that
    /// the header of a pack can tell.
    pub(super) fn measures(&self) -> bool {
        self.known.limit.is_some_and(|limit| limit.origin != LimitOrigin::Host)
    }

    /// Tells whether a push has taught what a commit brings.
    pub(super) fn has_learned(&self) -> bool {
        self.of_commit.is_some() || (self.of_object.is_some() && !self.measures())
    }

    /// Returns the number of parts that so many commits need; none where one push is enough, or nothing is known.
    pub(super) fn parts_of_commits(&self, commits: u32) -> Option<NonZeroU32> {
        let each = self.of_commit.map_or_else(|| self.guess_of_commit(), NonZeroU64::get);
        self.parts_of(u64::from(commits).saturating_mul(each))
    }

    fn guess_of_commit(&self) -> u64 {
        let limit = self.known.limit.filter(|_| self.measures()).map_or(0, |limit| limit.bytes.get());
        (limit / COMMITS_IN_LIMIT).clamp(LEAST_OF_COMMIT, BYTES_OF_COMMIT)
    }

    /// Returns the number of parts of a pack that was begun and turned out to be too large: at least two.
    pub(super) fn parts_of_pack(&self, pack: SentPack) -> NonZeroU32 {
        let each = self.of_object.map_or(BYTES_OF_OBJECT, NonZeroU64::get);
        let bytes = u64::from(pack.objects).saturating_mul(each).max(pack.bytes.saturating_mul(2));
        self.parts_of(bytes).map_or(NonZeroU32::MIN.saturating_add(1), |parts| parts)
    }

    /// Plans for parts of three quarters of the limit, since some become larger than foreseen.
    fn parts_of(&self, bytes: u64) -> Option<NonZeroU32> {
        let limit = self.known.limit?.bytes.get();
        if bytes <= limit / 8 * 7 {
            return None;
        }
        let parts = bytes.div_ceil((limit / 4 * 3).max(1)).max(2);
        NonZeroU32::new(u32::try_from(parts).unwrap_or(u32::MAX))
    }

    /// Returns the bound of a push. Where only the default tells what an object brings, it bounds what was not measured.
    pub(super) fn bound(&self, push: &Push) -> Bound {
        let Some(Limit { bytes, origin }) = self.known.limit else { return Bound::default() };
        let updates = u64::try_from(push.updates.len()).unwrap_or(u64::MAX);
        let commands = updates.saturating_mul(BYTES_OF_UPDATE).saturating_add(BYTES_BEFORE_UPDATES);
        let bytes = bytes.get().saturating_sub(commands).max(1);
        let each = match push.extent {
            Extent::Indivisible(_) => None,
            Extent::Unknown | Extent::NotTold => self.of_object.or(NonZeroU64::new(BYTES_OF_OBJECT)),
            Extent::Commits(_) | Extent::CommitsWithPrevious(_) | Extent::Estimated(_) => self.of_object,
        };
        // A little more than foreseen is tried: it may be less.
        let objects = each.map(|each| u32::try_from(bytes / 10 * 11 / each.get()).unwrap_or(u32::MAX));
        // What was learned is less than the limit: of what cannot be cut the server has the last word.
        let is_last_try = matches!(push.extent, Extent::Indivisible(_)) && origin == LimitOrigin::Learned;
        Bound { bytes: (!is_last_try).then_some(bytes), objects }
    }

    /// Learns from a pack that went through whole.
    pub(super) fn note_whole(&mut self, push: &Push, pack: SentPack) {
        self.note(push, pack, pack.bytes);
    }

    /// Learns from a pack of which only so much went through: what is left is taken for as much.
    pub(super) fn note_part(&mut self, push: &Push, pack: SentPack) {
        self.note(push, pack, pack.bytes.saturating_mul(2));
    }

    /// Few objects teach nothing.
    fn note(&mut self, push: &Push, pack: SentPack, bytes: u64) {
        const ENOUGH: u32 = 16;
        let each = |count: u32| NonZeroU64::new(bytes.div_ceil(u64::from(count.max(1))));
        if pack.objects >= ENOUGH {
            self.of_object = each(pack.objects).or(self.of_object);
        }
        if let Extent::Commits(commits) = push.extent
            && commits >= ENOUGH
        {
            self.of_commit = each(commits).or(self.of_commit);
        }
    }

    /// Learns the limit from a refusal after so many bytes, and from its words.
    pub(super) fn note_refusal(&mut self, sent: u64, words: &str) {
        // Words of a hook can hold any number: a limit below the least would make parts without end.
        let said =
            size_in(words).filter(|bytes| *bytes >= LEAST_LIMIT).map(|bytes| (bytes, LimitOrigin::Said));
        let before = self.known.limit.map_or(u64::MAX, |limit| limit.bytes.get());
        // A third may still have been on its way: a client looks for an early answer now and then, and buffers are between (nginx
        // said 413 above 100 MiB when 133 MiB had gone out). A limit that was learned before was too large.
        let learned = (sent / 3 * 2).min(before / 2).max(LEAST_LIMIT);
        let (bytes, origin) =
            said.filter(|(bytes, _)| *bytes < before).unwrap_or((learned, LimitOrigin::Learned));
        self.known.limit = NonZeroU64::new(bytes).map(|bytes| Limit { bytes, origin });
    }

    /// Learns from a push that broke after so many bytes: the second time after about as many, it is a limit. Below one that
    /// was learned so, it was too large: a server can go on to read for a while before the client sees its answer.
    pub(super) fn note_break(&mut self, sent: u64) {
        let Some(sent) = NonZeroU64::new(sent).filter(|sent| sent.get() >= LEAST_BREAK) else { return };
        let is_learned =
            |limit: Limit| limit.origin == LimitOrigin::Learned && sent.get() <= limit.bytes.get();
        if self.known.limit.is_some_and(is_learned) {
            return self.note_refusal(sent.get(), "");
        }
        match self.known.broke_at {
            // What was still on its way differs: one server that broke at 12 MiB had 12.2 to 17.4 MiB sent to it.
            Some(before)
                if before.min(sent).get().saturating_mul(3) >= before.max(sent).get().saturating_mul(2) =>
            {
                self.note_refusal(sent.min(before).get(), "");
                self.known.broke_at = None;
            }
            _ => self.known.broke_at = Some(sent),
        }
    }
}

/// Words of servers, in small letters, before a size.
const BEFORE_SIZES: &[&str] =
    &["maximum allowed size (", "exceeds the limit of ", "exceeded size limit ", "size limit of "];

/// Finds a size in the words of a refusal: "pack exceeds maximum allowed size (2.00 GiB)", "body exceeded size limit 1048576".
fn size_in(words: &str) -> Option<u64> {
    let small = words.to_lowercase();
    let rest = BEFORE_SIZES.iter().find_map(|text| Some(small.split_once(text)?.1))?;
    let end = rest.find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | ','))).unwrap_or(rest.len());
    let (number, unit) = rest.split_at_checked(end)?;
    let number = number.replace(',', "");
    let (whole, hundredths) = number.split_once('.').unwrap_or((&number, ""));
    let fraction: u64 = format!("{hundredths:0<2}").get(..2)?.parse().ok()?;
    let hundred: u64 = whole.parse::<u64>().ok()?.checked_mul(100)?.checked_add(fraction)?;
    Some(hundred.checked_mul(factor(unit.trim_start()))? / 100).filter(|bytes| *bytes > 0)
}

fn factor(unit: &str) -> u64 {
    let powers = [("k", 10), ("m", 20), ("g", 30), ("t", 40)];
    powers.iter().find(|(letter, _)| unit.starts_with(letter)).map_or(1, |(_, power)| 1 << power)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Indivisible;

    const MIB: u64 = 1 << 20;

    fn sizes(limit: u64) -> Sizes {
        let limit = Limit { bytes: NonZeroU64::new(limit).unwrap(), origin: LimitOrigin::Asked };
        Sizes::new(PushSize { limit: Some(limit), broke_at: None })
    }

    fn limit(sizes: &Sizes) -> u64 {
        sizes.known.limit.map_or(0, |limit| limit.bytes.get())
    }

    fn sent(bytes: u64, objects: u32) -> SentPack {
        SentPack { bytes, objects, ..SentPack::NONE }
    }

    #[test]
    fn a_commit_counts_for_much_until_a_push_has_taught_better() {
        let mut sizes = sizes(100 * MIB);
        assert_eq!(sizes.parts_of_commits(1_000), None);
        assert_eq!(sizes.parts_of_commits(80_000).map(NonZeroU32::get), Some(67));
        let push = Push { extent: Extent::Commits(1_000), ..Push::new(Vec::new()) };
        sizes.note_whole(&push, sent(4 * MIB, 5_000));
        assert_eq!(sizes.parts_of_commits(20_000), None);
        assert_eq!(sizes.parts_of_commits(80_000).map(NonZeroU32::get), Some(5));
    }

    #[test]
    fn a_commit_counts_for_less_where_the_limit_is_small_or_a_hosts_own() {
        let part = |sizes: Sizes| 800_000 / sizes.parts_of_commits(800_000).map_or(0, NonZeroU32::get);
        assert_eq!((part(sizes(4 * MIB)), part(sizes(100 * MIB))), (191, 1_199));
        let host = Limit { bytes: NonZeroU64::new(100 * MIB).unwrap(), origin: LimitOrigin::Host };
        assert_eq!(part(Sizes::new(PushSize { limit: Some(host), broke_at: None })), 4_790);
    }

    #[test]
    fn a_push_that_was_ended_counts_twice() {
        let mut sizes = sizes(10 * MIB);
        let push = Push { extent: Extent::Commits(100), ..Push::new(Vec::new()) };
        sizes.note_part(&push, sent(10 * MIB, 1_000));
        assert_eq!(sizes.parts_of_commits(100).map(NonZeroU32::get), Some(3));
        assert_eq!(sizes.parts_of_pack(sent(10 * MIB, 1_000)).get(), 3);
    }

    #[test]
    fn nothing_is_bounded_without_a_limit() {
        let push = Push::new(Vec::new());
        assert_eq!(Sizes::default().bound(&push), Bound::default());
        assert_eq!(Sizes::default().parts_of_commits(u32::MAX), None);
        let bound = sizes(10 * MIB).bound(&push);
        assert!(bound.bytes.unwrap() < 10 * MIB && bound.objects.unwrap() < 3_000, "{bound:?}");
        let last = Push { extent: Extent::Indivisible(Indivisible::OneCommit), ..push };
        let mut sizes = sizes(10 * MIB);
        assert!(sizes.bound(&last).objects.is_none() && sizes.bound(&last).bytes.is_some());
        sizes.note_refusal(6 * MIB, "413");
        assert_eq!(sizes.bound(&last), Bound::default());
    }

    #[test]
    fn a_refusal_teaches_the_limit_by_its_words_or_by_what_was_sent() {
        let mut sizes = Sizes::default();
        sizes.note_refusal(100 * MIB, "remote: fatal: pack exceeds maximum allowed size (50.00 MiB)");
        assert_eq!((limit(&sizes), sizes.known.limit.unwrap().origin), (50 * MIB, LimitOrigin::Said));
        sizes.note_refusal(45 * MIB, "the file list exceeds the limit of 5 entries");
        assert_eq!((limit(&sizes), sizes.known.limit.unwrap().origin), (25 * MIB, LimitOrigin::Learned));
        let mut learned = Sizes::default();
        learned.note_refusal(100 * MIB, "");
        assert!(limit(&learned).abs_diff(66 * MIB) < MIB);
    }

    #[test]
    fn sizes_are_read_in_the_words_of_servers() {
        for (words, size) in [
            ("fatal: pack exceeds maximum allowed size (2.00 GiB)", Some(2 << 30)),
            ("pack exceeds maximum allowed size (100.50 MiB)", Some(100 * MIB + MIB / 2)),
            ("body exceeded size limit 1048576", Some(MIB)),
            ("Pack exceeds the limit of 2,000,000 bytes, rejecting the pack", Some(2_000_000)),
            ("the push is too large", None),
            ("size limit of ", None),
            ("size limit of 99999999999999999999 GiB", None),
        ] {
            assert_eq!(size_in(words), size, "{words}");
        }
    }

    #[test]
    fn two_breaks_after_about_as_many_bytes_are_a_limit() {
        let broken = |breaks: &[u64]| {
            let mut sizes = Sizes::default();
            for bytes in breaks {
                sizes.note_break(*bytes);
            }
            limit(&sizes)
        };
        assert_eq!(broken(&[100 * MIB]), 0);
        assert!(broken(&[100 * MIB, 104 * MIB]).abs_diff(66 * MIB) < MIB);
        assert!(broken(&[12 * MIB, 17 * MIB]) > 0);
        assert_eq!(broken(&[100 * MIB, 66 * MIB]), 0);
        assert_eq!(broken(&[7 * MIB, 7 * MIB]), 0);
        assert!(broken(&[100 * MIB, 104 * MIB, 60 * MIB]).abs_diff(33 * MIB) < MIB);
    }
}
