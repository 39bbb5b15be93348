//! The names of the tags that hold what was taken away: `refs/tags/mirror-replaced/20261124T170416Z/heads/main`, with the
//! time of the run in UTC and the ref's name without `refs/`.

use crate::clock::Utc;
use crate::http::timestamp;
use crate::mirror::reserved::KEPT_TAGS;
use crate::protocol::ref_list::RefList;
use crate::protocol::ref_name::RefName;

const DAY: u64 = 24 * 60 * 60;

/// The number of later times that are tried where a name is taken.
const LATER: u64 = 60;

/// The time of a tag, in seconds since 1970, and the ref whose tip it holds, without `refs/`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct KeptTag<'a> {
    pub(super) time: u64,
    short: &'a [u8],
}

impl<'a> KeptTag<'a> {
    /// Reads the name of a tag; none if it is of another form.
    pub(super) fn of(name: &'a RefName) -> Option<Self> {
        let rest = name.as_bytes().strip_prefix(KEPT_TAGS.as_bytes())?;
        let (stamp, short) = rest.split_at(rest.iter().position(|byte| *byte == b'/')?);
        let short = short.strip_prefix(b"/")?;
        Some(Self { time: parse_stamp(std::str::from_utf8(stamp).ok()?)?, short })
    }

    /// Tells whether the tag is of that ref.
    pub(super) fn is_of(&self, ref_name: &RefName) -> bool {
        ref_name.as_bytes().strip_prefix(b"refs/") == Some(self.short)
    }

    /// Tells whether the tag is older than so many days.
    pub(super) fn is_past(&self, days: u32, now: u64) -> bool {
        now.saturating_sub(self.time) > u64::from(days).saturating_mul(DAY)
    }
}

/// Returns the name of the tag for a ref at a time, or a little later where it is taken; none if there is no valid one.
pub(super) fn new_name(ref_name: &RefName, now: u64, refs: &RefList) -> Option<RefName> {
    let short = ref_name.as_bytes().strip_prefix(b"refs/")?;
    let name = |time| RefName::new(&[KEPT_TAGS.as_bytes(), stamp(time).as_bytes(), b"/", short].concat());
    (now..=now.saturating_add(LATER)).map_while(name).find(|name| refs.get(name).is_none())
}

/// Writes a time as `20261124T170416Z`.
fn stamp(time: u64) -> String {
    let Utc { year, month, day, hour, minute, second } = Utc::of(time);
    format!("{year:04}{month:02}{day:02}T{hour:02}{minute:02}{second:02}Z")
}

fn parse_stamp(stamp: &str) -> Option<u64> {
    let (date, time) = stamp.strip_suffix('Z')?.split_once('T')?;
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if (date.len(), time.len()) != (8, 6) || !is_number(date) || !is_number(time) {
        return None;
    }
    let (year, rest) = date.split_at_checked(4)?;
    let (month, day) = rest.split_at_checked(2)?;
    let (hour, rest) = time.split_at_checked(2)?;
    let (minute, second) = rest.split_at_checked(2)?;
    let text = format!("{year}-{month}-{day}T{hour}:{minute}:{second}Z");
    timestamp::unix_seconds(&text)?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::mirror::testing::{list, name};

    const NOW: u64 = 1_795_539_856;

    #[test]
    fn a_tag_is_named_by_the_time_and_the_ref() {
        let of = |ref_name| new_name(&name(ref_name), NOW, &list(&[])).unwrap().to_string();
        assert_eq!(of("refs/heads/main"), "refs/tags/mirror-replaced/20261124T170416Z/heads/main");
        assert_eq!(of("refs/tags/v1"), "refs/tags/mirror-replaced/20261124T170416Z/tags/v1");
    }

    #[test]
    fn a_name_that_is_taken_is_followed_by_that_of_the_next_second() {
        let taken = list(&[("refs/tags/mirror-replaced/20261124T170416Z/heads/main", 1)]);
        let next = new_name(&name("refs/heads/main"), NOW, &taken).unwrap();
        assert_eq!(next.to_string(), "refs/tags/mirror-replaced/20261124T170417Z/heads/main");
    }

    #[test]
    fn a_name_that_would_be_too_long_is_none() {
        let long = format!("refs/heads/{}", "a".repeat(4_080));
        assert_eq!(new_name(&name(&long), NOW, &list(&[])), None);
    }

    #[test]
    fn a_tag_tells_its_time_and_its_ref() {
        let tag = name("refs/tags/mirror-replaced/20261124T170416Z/heads/main");
        let read = KeptTag::of(&tag).unwrap();
        assert_eq!(read.time, NOW);
        assert!(read.is_of(&name("refs/heads/main")) && !read.is_of(&name("refs/tags/main")));
        assert!(!read.is_past(90, NOW + 90 * DAY) && read.is_past(90, NOW + 90 * DAY + 1));
        for other in [
            "refs/tags/v1",
            "refs/tags/mirror-replaced/a/b",
            "refs/tags/mirror-replaced/20261124T170416Z",
            "refs/tags/mirror-replaced/20261324T170416Z/heads/main",
            "refs/tags/mirror-replaced/+0261124T170416Z/heads/a",
        ] {
            assert_eq!(KeptTag::of(&name(other)), None, "{other}");
        }
    }

    proptest! {
        #[test]
        fn a_time_that_was_written_is_read_again(time in 0_u64..253_402_300_799) {
            prop_assert_eq!(parse_stamp(&stamp(time)), Some(time));
        }
    }
}
