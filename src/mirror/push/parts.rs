//! Divides a push that was refused as a whole.

use std::collections::HashSet;
use std::num::NonZeroUsize;

use crate::protocol::receive_pack::RefUpdate;

/// What hosts say before the number of refs that one push may change.
const MOST_UPDATES: &[&str] = &["update more than ", "updates more than ", "create more than "];

/// Divides what was refused as a whole, for pushes that may fare better: by what the host takes at once, if it says
/// that; by whether the server named them; else into halves. A single update cannot be divided.
pub(super) fn parts(updates: &[RefUpdate], words: &str) -> Vec<Vec<RefUpdate>> {
    if updates.len() < 2 {
        return Vec::new();
    }
    if let Some(most) = most_updates(words).filter(|most| most.get() < updates.len()) {
        return updates.chunks(most.get()).map(<[_]>::to_vec).collect();
    }
    let found = names_in(words);
    let (named, others): (Vec<_>, Vec<_>) =
        updates.iter().cloned().partition(|update| found.contains(&*update.name().to_text()));
    if !named.is_empty() && named.len() <= others.len() {
        return vec![others, named];
    }
    let (first, second) = updates.split_at(updates.len() / 2);
    vec![first.to_vec(), second.to_vec()]
}

/// Returns how many refs a push may change, if the server says so: "Pushes can not update more than 5 branches".
pub(super) fn most_updates(words: &str) -> Option<NonZeroUsize> {
    let rest = MOST_UPDATES.iter().find_map(|text| Some(words.split_once(text)?.1))?;
    let digits = rest.split(|c: char| !c.is_ascii_digit() && c != ',').next()?;
    digits.replace(',', "").parse().ok()
}

/// The most ends of names that are looked for in one word.
const MOST_ENDS: usize = 8;

/// Collects what can be a whole name of a ref in the words, and not only the beginning of another. One pass, since both
/// the words and the refs of a push can be many.
fn names_in(words: &str) -> HashSet<&str> {
    let mut names = HashSet::new();
    for (start, _) in words.match_indices("refs/") {
        let word = words.get(start..).and_then(|rest| rest.split_whitespace().next()).unwrap_or_default();
        let ends = word.char_indices().filter(|(at, _)| ends_name(word.get(*at..).unwrap_or_default()));
        let ends = ends.map(|(at, _)| at).take(MOST_ENDS).chain([word.len()]);
        names.extend(ends.filter_map(|end| word.get(..end)));
    }
    names
}

fn ends_name(rest: &str) -> bool {
    let mut rest = rest.chars();
    match rest.next() {
        Some('.') => rest.next().is_none_or(|c| !c.is_alphanumeric()),
        Some(c) => !(c.is_alphanumeric() || matches!(c, '/' | '-' | '_' | '+' | '@' | '#')),
        None => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mirror::testing::{id, name};

    fn updates(names: &[&str]) -> Vec<RefUpdate> {
        names.iter().map(|ref_name| RefUpdate::Create { name: name(ref_name), new: id(1) }).collect()
    }

    #[test]
    fn the_refs_that_the_server_names_stand_apart() {
        let all = updates(&["refs/heads/a", "refs/heads/a.b", "refs/heads/ab", "refs/heads/c"]);
        let names = |words: &str| -> Vec<Vec<String>> {
            let name = |update: &RefUpdate| update.name().to_string().split_off("refs/heads/".len());
            parts(&all, words).iter().map(|part| part.iter().map(name).collect()).collect()
        };
        let halves = [vec!["a", "a.b"], vec!["ab", "c"]];
        assert_eq!(
            names("GH013: rule violations found for refs/heads/a."),
            [vec!["a.b", "ab", "c"], vec!["a"]]
        );
        assert_eq!(names("no refs/heads/c, no refs/heads/ab"), [vec!["a", "a.b"], vec!["ab", "c"]]);
        assert_eq!(names("no refs/heads/none"), halves);
        assert_eq!(names("refs/heads/a refs/heads/ab refs/heads/c"), halves);
        assert_eq!(parts(&all[..1], "refs/heads/a"), [[]; 0]);
    }

    #[test]
    fn a_host_that_says_how_many_it_takes_gets_so_many() {
        let words = "GH013: Pushes can not update more than 2 branches or tags.";
        let parts = parts(&updates(&["refs/tags/1", "refs/tags/2", "refs/tags/3"]), words);
        assert_eq!(parts.iter().map(Vec::len).collect::<Vec<_>>(), [2, 1]);
        assert_eq!(most_updates("cannot update more than 1,000 refs").unwrap().get(), 1000);
        for words in ["", "update more than you may", "update more than 0 refs"] {
            assert_eq!(most_updates(words), None);
        }
    }
}
