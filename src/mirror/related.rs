//! The test if a repository that is there already is a mirror of the source. A name that was computed may be that of another
//! repository, which must not be overwritten.

use std::collections::HashSet;

use super::ports::{Destination, MOST_ASKED, Source};
use crate::error::{Error, ErrorKind, Failure, Phase};
use crate::protocol::object_id::ObjectId;
use crate::protocol::ref_list::RefList;

/// The relation of two repositories, as far as two lists of refs tell it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Relation {
    /// The destination has no branch, so nothing of anybody is lost.
    NoBranch,
    /// The source lists the tip of a branch of the destination.
    Listed,
    /// The source lists none of these tips, each of which it may still know: the default branch first.
    Unlisted(Vec<ObjectId>),
}

impl Relation {
    /// Compares the branches of a destination, selected or not, with all that the source lists, the objects that tags are
    /// of among it.
    pub fn of(source: &RefList, destination: &RefList) -> Self {
        let branches = || destination.refs().iter().filter(|listed| listed.name.is_branch());
        if branches().next().is_none() {
            return Self::NoBranch;
        }
        let listed: HashSet<ObjectId> =
            source.refs().iter().flat_map(|listed| [listed.id, source.peeled(listed.id)]).collect();
        if branches().any(|branch| listed.contains(&branch.id)) {
            return Self::Listed;
        }
        let defaults = [destination.head(), source.head()].into_iter().flatten();
        let first = defaults.filter_map(|name| destination.get(name));
        let mut seen = HashSet::new();
        let tips = first.chain(branches().map(|branch| branch.id));
        Self::Unlisted(tips.filter(|id| seen.insert(*id)).collect())
    }
}

/// Requires that a destination with branches has one whose tip the source knows. The source is asked where the lists do
/// not tell, at most about [`MOST_ASKED`] tips.
///
/// # Errors
/// [`ErrorKind::Unrelated`] with [`Phase::Plan`] at the destination, and what keeps the source's answer away.
pub fn require(source: &mut dyn Source, destination: &dyn Destination) -> Result<(), Error> {
    // An id of the one format is none of the other.
    super::require_same_format(source, destination)?;
    let Relation::Unlisted(tips) = Relation::of(&source.info().refs, &destination.info().refs) else {
        return Ok(());
    };
    if !source.knows(&tips)?.is_empty() {
        return Ok(());
    }
    let asked = tips.len().min(MOST_ASKED);
    let message =
        format!("it has branches, and {} knows none of their tips ({asked} looked for)", source.info().label);
    Err(destination.info().label.error(Phase::Plan, Failure::new(ErrorKind::Unrelated, message)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Side;
    use crate::mirror::testing::{MemoryDestination, MemorySource, id, label, list};

    fn source() -> RefList {
        list(&[("refs/heads/main", 1), ("refs/tags/v1", 2)])
    }

    fn of(destination: &[(&str, u8)]) -> Relation {
        Relation::of(&source(), &list(destination))
    }

    #[test]
    fn a_destination_without_branches_is_nobodys() {
        assert_eq!(of(&[]), Relation::NoBranch);
        assert_eq!(of(&[("refs/tags/v1", 9), ("refs/pull/1/head", 8)]), Relation::NoBranch);
    }

    #[test]
    fn a_tip_that_the_source_lists_under_any_name_relates_them() {
        assert_eq!(of(&[("refs/heads/other", 9), ("refs/heads/trunk", 1)]), Relation::Listed);
        assert_eq!(of(&[("refs/heads/release", 2)]), Relation::Listed);
        // A tag does not tell whose branches they are.
        assert_eq!(of(&[("refs/heads/main", 9), ("refs/tags/v1", 1)]), Relation::Unlisted(vec![id(9)]));
    }

    #[test]
    fn a_tip_that_a_tag_of_the_source_is_of_relates_them() {
        let mut builder = RefList::builder();
        builder.add(b"refs/tags/v1", id(2)).unwrap();
        builder.add_peeled(id(2), id(3)).unwrap();
        let source = builder.finish();
        assert_eq!(Relation::of(&source, &list(&[("refs/heads/main", 3)])), Relation::Listed);
    }

    #[test]
    fn the_default_branch_is_asked_about_first_and_each_tip_once() {
        let destination =
            || list(&[("refs/heads/a", 7), ("refs/heads/b", 8), ("refs/heads/main", 9), ("refs/heads/z", 7)]);
        let asked = |source: RefList, destination: RefList| match Relation::of(&source, &destination) {
            Relation::Unlisted(tips) => tips,
            other => panic!("{other:?}"),
        };
        assert_eq!(asked(source(), destination()), [7, 8, 9].map(id));
        assert_eq!(asked(source().with_head("refs/heads/main"), destination()), [9, 7, 8].map(id));
        let led = destination().with_head("refs/heads/b");
        assert_eq!(asked(source().with_head("refs/heads/main"), led), [8, 9, 7].map(id));
    }

    /// Returns the outcome for a source that holds these objects unlisted, and what it was asked about.
    fn required(unlisted: &[u8], destination: &[(&str, u8)]) -> (Result<(), Error>, Vec<Vec<ObjectId>>) {
        let mut source = MemorySource::new(&[("refs/heads/main", 1)]);
        source.unlisted = unlisted.iter().copied().map(id).collect();
        let outcome = require(&mut source, &MemoryDestination::new(destination));
        (outcome, source.asked_about)
    }

    #[test]
    fn an_old_tip_that_is_no_longer_listed_relates_them() {
        let (outcome, asked) = required(&[5], &[("refs/heads/main", 5), ("refs/heads/own", 9)]);
        assert_eq!((outcome, asked), (Ok(()), vec![vec![id(5), id(9)]]));
    }

    #[test]
    fn nothing_is_asked_where_the_lists_tell() {
        for destination in [&[][..], &[("refs/tags/v1", 9)], &[("refs/heads/main", 1)]] {
            assert_eq!(required(&[], destination), (Ok(()), Vec::new()), "{destination:?}");
        }
    }

    #[test]
    fn a_stranger_is_refused_at_the_destination() {
        let (outcome, asked) = required(&[], &[("refs/heads/main", 9)]);
        let error = outcome.unwrap_err();
        assert_eq!((error.failure.kind, error.phase), (ErrorKind::Unrelated, Phase::Plan));
        assert_eq!((error.label, asked.len()), (label(Side::Destination), 1));
    }

    #[test]
    fn a_refusal_names_both_repositories_in_words() {
        let error = required(&[], &[("refs/heads/main", 9)]).0.unwrap_err().to_string();
        for side in [Side::Source, Side::Destination] {
            assert!(error.contains(&label(side).to_string()), "{error}");
        }
    }

    #[test]
    fn an_empty_source_knows_nothing() {
        let mut source = MemorySource::new(&[]);
        let error = require(&mut source, &MemoryDestination::new(&[("refs/heads/main", 9)])).unwrap_err();
        assert_eq!(error.failure.kind, ErrorKind::Unrelated);
    }
}
