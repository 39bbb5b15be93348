//! A pack whose last bytes are held back until its end is certain.
//!
//! A destination applies a push as soon as it has read the pack's trailer, however the request then ends.
//! So the trailer (the hash of all that comes before it) is given out only after the source has certified
//! its end, the hash of what went through equals it, and the gate lets it go. On anything else the reader fails, and
//! what the destination has is no pack.

use std::io::{self, Read};
use std::time::Duration;

use super::events::{Event, Events};
use super::gate::{Gate, PackSummary, TrailerGate};
use super::pack_header;
use super::ports::Pack;
use super::push::Delivery;
use crate::cancel::CancelToken;
use crate::clock::Stopwatch;
use crate::error::{Error, ErrorKind, Failure, Phase, RemoteLabel};
use crate::protocol::object_id::{Hasher, ObjectFormat};

/// The number of bytes that are read at once.
const BUFFER: usize = 64 * 1024;

/// Those who follow a pack, and may end it.
pub(super) struct Followers<'a> {
    pub(super) events: &'a dyn Events,
    pub(super) gate: &'a mut dyn TrailerGate,
    /// The token that fails the reader as soon as the run is stopped.
    pub(super) cancel: &'a CancelToken,
}

/// The reason why a pack's last bytes were not given out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Withheld {
    /// The source failed, what it sent is no pack, or the run was stopped.
    Failed(Error),
    /// The gate ended it.
    Aborted,
    /// More bytes than the bound would have gone out.
    BoundReached,
}

/// A reader of a pack, which gives the last bytes only when they are certain.
pub(super) struct VerifiedPack<'a> {
    pack: Box<dyn Pack + 'a>,
    label: RemoteLabel,
    followers: Followers<'a>,
    /// Told of the pack's end, after which the destination's report follows: not of a pack that goes into a file.
    told_of_end: Option<&'a dyn Events>,
    given: u64,
    /// The most bytes that are given out, if there is a bound.
    bound: Option<u64>,
    /// The time until the last of them.
    took: Duration,
    hash: Hasher,
    /// The number of buffered bytes that must stay back for now.
    held_back: usize,
    buffer: Vec<u8>,
    /// The buffered bytes stand between these places.
    start: usize,
    filled: usize,
    withheld: Option<Withheld>,
    watch: Stopwatch,
    /// The time for which the source was waited for.
    waited: Duration,
    /// The time since bytes were last given out.
    since_given: Stopwatch,
    /// The longest time that passed until more was asked for.
    pause: Duration,
}

impl std::fmt::Debug for VerifiedPack<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("VerifiedPack")
            .field("given", &self.given)
            .field("held", &self.held_back)
            .finish_non_exhaustive()
    }
}

impl<'a> VerifiedPack<'a> {
    /// Holds back the end of `pack`, which came from `label`, and ends it before it is more than `bound` bytes.
    pub(super) fn new(
        pack: Box<dyn Pack + 'a>,
        format: ObjectFormat,
        label: RemoteLabel,
        delivery: Delivery,
        bound: Option<u64>,
        followers: Followers<'a>,
    ) -> Self {
        Self {
            pack,
            label,
            told_of_end: (delivery == Delivery::Streamed).then_some(followers.events),
            followers,
            given: 0,
            bound,
            took: Duration::ZERO,
            hash: format.hasher(),
            held_back: format.hash_len(),
            buffer: vec![0; BUFFER],
            start: 0,
            filled: 0,
            withheld: None,
            watch: Stopwatch::start(),
            waited: Duration::ZERO,
            since_given: Stopwatch::start(),
            pause: Duration::ZERO,
        }
    }

    /// Waits for the header, and returns the number of objects; none if it does not come. Then reading tells why.
    pub(super) fn objects(&mut self) -> Option<u32> {
        while self.withheld.is_none() && self.given == 0 && self.filled < pack_header::LENGTH {
            self.withheld = self.refill().err();
        }
        pack_header::parse(self.buffered().get(..pack_header::LENGTH)?)
    }

    /// Returns the number of bytes given out.
    pub(super) fn given(&self) -> u64 {
        self.given
    }

    /// Returns the time until the last byte was given out, from when the source began to answer.
    pub(super) fn took(&self) -> Duration {
        self.took
    }

    /// Tells whether everything was given out, the certified trailer included.
    pub(super) fn is_complete(&self) -> bool {
        self.held_back == 0 && self.buffered().is_empty()
    }

    /// Tells whether the reader failed, for a reason that is not the destination's.
    pub(super) fn is_withheld(&self) -> bool {
        self.withheld.is_some()
    }

    /// Tells whether most of the time went into waiting for the source, so that whoever reads was kept waiting too.
    pub(super) fn source_was_slow(&self) -> bool {
        self.waited * 2 > self.watch.elapsed()
    }

    /// Returns the longest time that whoever reads took nothing, now or before, so that the source was kept waiting.
    pub(super) fn longest_pause(&self) -> Duration {
        if self.given > 0 { self.pause.max(self.since_given.elapsed()) } else { Duration::ZERO }
    }

    /// Returns why the reader failed, if it did.
    pub(super) fn into_withheld(self) -> Option<Withheld> {
        self.withheld
    }

    fn buffered(&self) -> &[u8] {
        self.buffer.split_at(self.filled).0.split_at(self.start).1
    }

    /// Reads more; at the source's end the trailer is compared and, if it is right and the gate agrees, released.
    fn refill(&mut self) -> Result<(), Withheld> {
        if self.followers.cancel.reason().is_some() {
            return Err(self.broken("the run was stopped"));
        }
        self.buffer.copy_within(self.start..self.filled, 0);
        self.filled -= self.start;
        self.start = 0;
        let watch = Stopwatch::start();
        self.followers.events.on(Event::PackAwaited);
        let read = self.pack.read(self.buffer.split_at_mut(self.filled).1).map_err(Withheld::Failed)?;
        self.waited += watch.elapsed();
        if read == 0 {
            return self.release_trailer();
        }
        self.filled += read;
        if self.given == 0 && self.filled >= pack_header::LENGTH {
            self.check_header()?;
        }
        Ok(())
    }

    fn check_header(&self) -> Result<(), Withheld> {
        match self.buffered().get(..pack_header::LENGTH).and_then(pack_header::parse) {
            Some(_) => Ok(()),
            None => Err(self.broken("the source sent something that is no pack")),
        }
    }

    /// Lets the trailer go, if it is right and the gate agrees.
    fn release_trailer(&mut self) -> Result<(), Withheld> {
        if self.given == 0 {
            return Err(self.broken("the pack ended before it began"));
        }
        if self.hash.clone().finish().as_bytes() != self.buffered() {
            return Err(self.broken("the pack's checksum does not match its bytes"));
        }
        let bytes = self.given + self.held_back as u64;
        match self.followers.gate.before_trailer(PackSummary { bytes }) {
            Gate::Release => self.held_back = 0,
            Gate::Abort => return Err(Withheld::Aborted),
        }
        Ok(())
    }

    fn broken(&self, message: &str) -> Withheld {
        let failure = Failure::new(ErrorKind::Interrupted, message);
        Withheld::Failed(self.label.error(Phase::Fetch, failure))
    }
}

impl Read for VerifiedPack<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if self.withheld == Some(Withheld::BoundReached) {
            return Ok(0);
        }
        if self.withheld.is_some() {
            return Err(io::Error::other("the pack broke off"));
        }
        if self.given > 0 {
            self.pause = self.pause.max(self.since_given.elapsed());
        }
        while self.held_back > 0 && self.buffered().len() <= self.held_back {
            if let Err(withheld) = self.refill() {
                self.withheld = Some(withheld);
                return Err(io::Error::other("the pack broke off"));
            }
        }
        let free = self.buffered().len() - self.held_back;
        let count = free.min(buf.len());
        if self.bound.is_some_and(|bound| self.given + count as u64 > bound) {
            // Without its trailer the pack is none. A request that ends as it should leaves the connection as it was.
            self.withheld = Some(Withheld::BoundReached);
            return Ok(0);
        }
        // A wrong bound ends the run here; it never skips a byte of the copy or of the hash.
        let (given, _) = buf.split_at_mut(count);
        given.copy_from_slice(self.buffered().split_at(count).0);
        if self.held_back > 0 {
            self.hash.update(given);
            self.followers.gate.on_bytes(given);
        }
        self.start += count;
        self.given += count as u64;
        let took = self.since_given.elapsed();
        self.since_given = Stopwatch::start();
        self.took += took;
        let objects_left = self.followers.gate.objects_left();
        self.followers.events.on(Event::Relayed { bytes: count as u64, objects_left, took });
        if count == 0 && !buf.is_empty() {
            self.told_of_end.take().into_iter().for_each(|events| events.on(Event::Sent));
        }
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Side;
    use crate::mirror::gate::OpenGate;
    use crate::mirror::testing::{Bytes, Silent};
    use crate::protocol::receive_pack::empty_pack;

    fn label() -> RemoteLabel {
        RemoteLabel::new(Side::Source, "https://example.org/a")
    }

    fn a_pack(format: ObjectFormat, body: &[u8]) -> Vec<u8> {
        let mut pack = [b"PACK\0\0\0\x02\0\0\0\x01", body].concat();
        let mut hash = format.hasher();
        hash.update(&pack);
        pack.extend_from_slice(hash.finish().as_bytes());
        pack
    }

    /// Asked for a decision that it was made with; counts how often, and what it was told.
    struct Asked(Gate, Vec<u64>);

    impl TrailerGate for Asked {
        fn before_trailer(&mut self, pack: PackSummary) -> Gate {
            self.1.push(pack.bytes);
            self.0
        }
    }

    /// Puts a pack of the source into a reader that nobody stops.
    fn verified<'a>(
        pack: impl Pack + 'a,
        format: ObjectFormat,
        gate: &'a mut dyn TrailerGate,
    ) -> VerifiedPack<'a> {
        let cancel = Box::leak(Box::default());
        let followers = Followers { events: &Silent, gate, cancel };
        VerifiedPack::new(Box::new(pack), format, label(), Delivery::Streamed, None, followers)
    }

    /// Reads everything; returns what came out and why it ended, if it failed.
    fn read_through(
        pack: Bytes,
        format: ObjectFormat,
        step: usize,
        gate: &mut dyn TrailerGate,
    ) -> (Vec<u8>, Option<Withheld>) {
        let mut reader = verified(pack, format, gate);
        let (mut out, mut buf) = (Vec::new(), vec![0; step]);
        loop {
            match reader.read(&mut buf) {
                Ok(0) | Err(_) => return (out, reader.into_withheld()),
                Ok(count) => out.extend_from_slice(&buf[..count]),
            }
        }
    }

    fn read(pack: Bytes, format: ObjectFormat, step: usize) -> (Vec<u8>, Option<Withheld>) {
        read_through(pack, format, step, &mut OpenGate)
    }

    /// Reads what a bound lets out, after a look at the header.
    fn read_bounded(pack: &[u8], bound: u64) -> (Option<u32>, Vec<u8>, Option<Withheld>) {
        let (mut gate, mut out) = (OpenGate, Vec::new());
        let mut reader = VerifiedPack {
            bound: Some(bound),
            ..verified(Bytes::good(pack, 100), ObjectFormat::Sha1, &mut gate)
        };
        let objects = reader.objects();
        reader.read_to_end(&mut out).unwrap();
        (objects, out, reader.into_withheld())
    }

    #[test]
    fn a_pack_beyond_its_bound_ends_without_its_trailer() {
        let pack = a_pack(ObjectFormat::Sha1, &[7; 1000]);
        let length = pack.len() as u64;
        assert_eq!(read_bounded(&pack, length), (Some(1), pack.clone(), None));
        let (objects, out, withheld) = read_bounded(&pack, length - 1);
        assert_eq!((objects, withheld), (Some(1), Some(Withheld::BoundReached)));
        assert!(out.len() < pack.len() && pack.starts_with(&out), "{}", out.len());
    }

    #[test]
    fn the_gate_is_asked_once_before_the_trailer() {
        let pack = a_pack(ObjectFormat::Sha1, &[7; 1000]);
        let mut gate = Asked(Gate::Release, Vec::new());
        let (out, withheld) = read_through(Bytes::good(&pack, 100), ObjectFormat::Sha1, 64, &mut gate);
        assert_eq!((out, withheld, gate.1), (pack.clone(), None, vec![pack.len() as u64]));
    }

    /// Sees what goes through, and counts it when it is asked.
    #[derive(Default)]
    struct Seeing(Vec<u8>, Option<usize>);

    impl TrailerGate for Seeing {
        fn on_bytes(&mut self, bytes: &[u8]) {
            self.0.extend_from_slice(bytes);
        }

        fn before_trailer(&mut self, _: PackSummary) -> Gate {
            self.1 = Some(self.0.len());
            Gate::Release
        }
    }

    #[test]
    fn the_gate_has_seen_all_but_the_trailer_when_it_is_asked() {
        let pack = a_pack(ObjectFormat::Sha1, &[7; 1000]);
        for step in [1, 64, 4096] {
            let mut gate = Seeing::default();
            read_through(Bytes::good(&pack, 100), ObjectFormat::Sha1, step, &mut gate);
            let all = pack.len() - 20;
            assert!(gate.0 == pack[..all] && gate.1 == Some(all), "{step}");
        }
    }

    #[test]
    fn a_gate_that_aborts_keeps_the_trailer_back() {
        let pack = a_pack(ObjectFormat::Sha1, &[7; 1000]);
        let mut gate = Asked(Gate::Abort, Vec::new());
        let (out, withheld) = read_through(Bytes::good(&pack, 100), ObjectFormat::Sha1, 64, &mut gate);
        assert_eq!((out.as_slice(), withheld), (&pack[..pack.len() - 20], Some(Withheld::Aborted)));
    }

    #[test]
    fn the_gate_is_not_asked_of_a_pack_that_is_wrong() {
        let pack = a_pack(ObjectFormat::Sha1, b"some body");
        let mut flipped = pack.clone();
        flipped[15] ^= 1;
        let error = label().error(Phase::Fetch, Failure::new(ErrorKind::Refused, "corrupt"));
        for bad in [
            Bytes::good(&pack[..pack.len() - 1], 64),
            Bytes::good(&flipped, 64),
            Bytes::failing(&pack, 64, error),
        ] {
            let mut gate = Asked(Gate::Release, Vec::new());
            let (_, withheld) = read_through(bad, ObjectFormat::Sha1, 64, &mut gate);
            assert!(matches!(withheld, Some(Withheld::Failed(_))) && gate.1.is_empty());
        }
    }

    #[test]
    fn a_good_pack_comes_through_byte_by_byte_the_same() {
        for format in [ObjectFormat::Sha1, ObjectFormat::Sha256] {
            for pack in [empty_pack(format), a_pack(format, &vec![7; 100_000])] {
                for (piece, step) in [(1, 1000), (31, 7), (8192, 65536), (1 << 20, 1 << 20)] {
                    let (out, failure) = read(Bytes::good(&pack, piece), format, step);
                    assert!(
                        out == pack && failure.is_none(),
                        "pieces of {piece}, steps of {step}: {failure:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn the_trailer_stays_back_when_the_source_fails_at_its_end() {
        for format in [ObjectFormat::Sha1, ObjectFormat::Sha256] {
            let pack = a_pack(format, b"body");
            let error = label().error(Phase::Fetch, Failure::new(ErrorKind::Refused, "corrupt"));
            let (out, failure) = read(Bytes::failing(&pack, 5, error.clone()), format, 3);
            assert_eq!(out, pack[..pack.len() - format.hash_len()]);
            assert_eq!(failure, Some(Withheld::Failed(error)));
        }
    }

    #[test]
    fn a_pack_cut_anywhere_never_gives_a_valid_trailer() {
        let pack = a_pack(ObjectFormat::Sha1, b"some body");
        for end in 0..pack.len() {
            let (out, failure) = read(Bytes::good(&pack[..end], 4), ObjectFormat::Sha1, 9);
            assert!(failure.is_some(), "cut at {end}");
            assert!(out.len() <= end.saturating_sub(20), "cut at {end}");
        }
    }

    #[test]
    fn a_flipped_bit_anywhere_is_found() {
        let pack = a_pack(ObjectFormat::Sha1, b"some body");
        for place in 0..pack.len() {
            let mut bad = pack.clone();
            bad[place] ^= 1;
            let (out, failure) = read(Bytes::good(&bad, 64), ObjectFormat::Sha1, 64);
            // A version-3 header is a good one too; its changed byte is found at the end.
            assert!(failure.is_some() && out.len() <= pack.len() - 20, "flipped at {place}");
        }
    }

    #[test]
    fn the_longest_pause_of_the_reader_is_known_then_and_later() {
        let pack = a_pack(ObjectFormat::Sha1, &[7; 1000]);
        let mut gate = OpenGate;
        let mut held = verified(Bytes::good(&pack, 100), ObjectFormat::Sha1, &mut gate);
        let pause = Duration::from_millis(50);
        crate::clock::wait_for(pause, || None::<()>);
        assert_eq!(held.longest_pause(), Duration::ZERO, "nothing was given yet");
        assert!(held.read(&mut [0; 10]).unwrap() > 0);
        crate::clock::wait_for(pause, || None::<()>);
        assert!(held.longest_pause() >= pause);
        held.read_to_end(&mut Vec::new()).unwrap();
        assert!(held.longest_pause() >= pause);
    }

    /// Claims to have read more than there was room for.
    struct Boastful;

    impl Pack for Boastful {
        fn read(&mut self, buf: &mut [u8]) -> Result<usize, Error> {
            Ok(buf.len() + 1)
        }
    }

    #[test]
    #[should_panic(expected = "mid > len")]
    fn a_wrong_bound_ends_the_run_and_gives_no_byte() {
        let mut gate = OpenGate;
        let mut held = verified(Boastful, ObjectFormat::Sha1, &mut gate);
        held.read_exact(&mut [0; 10]).ok();
    }

    #[test]
    fn bytes_behind_the_pack_are_found() {
        let mut pack = a_pack(ObjectFormat::Sha1, b"body");
        pack.push(0);
        assert!(read(Bytes::good(&pack, 64), ObjectFormat::Sha1, 64).1.is_some());
    }
}
