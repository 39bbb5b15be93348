//! The order in which refs go where one push is not enough: deletions, tags by their version, then everything else. An old
//! version has little history, and the next one adds a little more.

use std::cmp::Ordering;
use std::num::NonZeroU32;

use crate::protocol::receive_pack::RefUpdate;

/// Divides updates that one push is not enough for, in that order, such that the first of two pushes has about one of so many
/// parts of the refs; a single new value cannot be divided.
pub(super) fn divide(updates: &[RefUpdate], parts: NonZeroU32) -> Option<[Vec<RefUpdate>; 2]> {
    let (mut first, mut others): (Vec<_>, Vec<_>) =
        updates.iter().cloned().partition(|update| update.new_id().is_none());
    if others.len() < 2 {
        return None;
    }
    others.sort_by(compare);
    let parts = usize::try_from(parts.get()).unwrap_or(usize::MAX);
    let second = others.split_off((others.len() / parts).max(1));
    first.append(&mut others);
    Some([first, second])
}

fn compare(a: &RefUpdate, b: &RefUpdate) -> Ordering {
    let (tags, others) = (!a.name().is_tag(), !b.name().is_tag());
    tags.cmp(&others).then_with(|| by_version(a.name().as_bytes(), b.name().as_bytes()))
}

/// Compares names such that numbers in them count as numbers.
fn by_version(mut a: &[u8], mut b: &[u8]) -> Ordering {
    loop {
        let (number_a, rest_a) = number(a);
        let (number_b, rest_b) = number(b);
        if let (Some(number_a), Some(number_b)) = (number_a, number_b) {
            let order = number_a.len().cmp(&number_b.len()).then_with(|| number_a.cmp(number_b));
            if order != Ordering::Equal {
                return order;
            }
            (a, b) = (rest_a, rest_b);
            continue;
        }
        match (a.split_first(), b.split_first()) {
            (Some((first_a, rest_a)), Some((first_b, rest_b))) if first_a == first_b => {
                (a, b) = (rest_a, rest_b);
            }
            _ => return a.cmp(b),
        }
    }
}

/// Splits a number off, without the zeros before it.
fn number(text: &[u8]) -> (Option<&[u8]>, &[u8]) {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (number, rest) = text.split_at(digits);
    let zeros = number.iter().take_while(|byte| **byte == b'0').count();
    ((digits > 0).then(|| number.split_at(zeros).1), rest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mirror::testing::{id, name};

    const TWO: NonZeroU32 = NonZeroU32::new(2).unwrap();

    fn create(ref_: &str) -> RefUpdate {
        RefUpdate::Create { name: name(ref_), new: id(1) }
    }

    fn names(updates: &[RefUpdate]) -> Vec<String> {
        updates.iter().map(|update| update.name().to_string()).collect()
    }

    #[test]
    fn numbers_in_names_count_as_numbers() {
        let mut tags = ["v10", "v2", "v1.10", "v1.9", "v1.09.1", "a", "v", "v2-rc1"]
            .map(|tag| create(&format!("refs/tags/{tag}")));
        tags.sort_by(compare);
        let sorted: Vec<_> = names(&tags).iter().map(|name| name["refs/tags/".len()..].to_owned()).collect();
        assert_eq!(sorted, ["a", "v", "v1.9", "v1.09.1", "v1.10", "v2", "v2-rc1", "v10"]);
    }

    #[test]
    fn deletions_go_first_then_old_tags_and_branches_last() {
        let gone = RefUpdate::Delete { name: name("refs/tags/z"), old: id(3) };
        let updates = [
            create("refs/heads/a"),
            create("refs/tags/v10"),
            gone,
            create("refs/tags/v9"),
            create("refs/heads/b"),
        ];
        let [first, second] = divide(&updates, TWO).unwrap();
        assert_eq!(names(&first), ["refs/tags/z", "refs/tags/v9", "refs/tags/v10"]);
        assert_eq!(names(&second), ["refs/heads/a", "refs/heads/b"]);
    }

    #[test]
    fn a_single_new_value_cannot_be_divided() {
        let gone = RefUpdate::Delete { name: name("refs/tags/z"), old: id(3) };
        assert_eq!(divide(&[gone, create("refs/heads/a")], TWO), None);
    }
}
