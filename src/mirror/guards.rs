//! Limits what a plan may delete: the last look at it before anything is sent.
//!
//! A share of all refs hides the loss of a whole kind: ten thousand tags that stay make the loss of every branch a
//! small one. So each included pattern is looked at by itself, after the excludes.

use std::fmt;

use super::plan::{Plan, difference};
use super::policy::{DeletionLimit, EmptySource, Pattern, Policy, Prune};
use crate::protocol::receive_pack::RefUpdate;
use crate::protocol::ref_list::RefList;
use crate::protocol::ref_name::RefName;

/// Number of patterns that an error names.
const NAMED: usize = 5;

/// The reason why no plan is made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// The selection is empty at the source.
    #[error("none of its refs is selected")]
    NothingSelected,
    /// The selection is empty at the source, and mirroring it would delete refs.
    #[error("no ref of the source is selected, so every selected ref there would be deleted, {0} in all")]
    NothingSelectedAndDeletions(usize),
    /// The selection has branches at the destination, so many, and none at the source, which has other refs.
    #[error("it lists no selected branch, and the destination has {0}")]
    NoBranchSelected(usize),
    /// Some patterns would lose more than the policy allows.
    #[error("this would delete {} (limit {limit})", listed(losses))]
    TooManyDeletions {
        /// The losses of these patterns, in the order of the selection; at least one.
        losses: Vec<Loss>,
        /// The policy's limit.
        limit: DeletionLimit,
    },
}

/// The loss of an included pattern at the destination.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loss {
    /// The pattern, as it was given.
    pub pattern: String,
    /// Its refs that would be deleted.
    pub deletions: usize,
    /// Its refs at the destination.
    pub there: usize,
    /// Those of them that the source has.
    pub at_source: usize,
}

impl Loss {
    /// Tells whether it is more than the limit: by its share, or since the source has none of several refs, whichever
    /// of them the destination would keep nevertheless.
    fn exceeds(&self, limit: DeletionLimit) -> bool {
        let none_is_left = self.there > 1 && self.at_source == 0;
        let is_lost = self.deletions > 0 && none_is_left && limit != DeletionLimit::ALL;
        is_lost || !limit.allows(self.deletions, self.there)
    }
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { pattern, deletions, there, .. } = self;
        write!(f, "{deletions} of {there} refs in '{pattern}'")
    }
}

fn listed(losses: &[Loss]) -> String {
    let mut listed: Vec<_> = losses.iter().take(NAMED).map(ToString::to_string).collect();
    if losses.len() > NAMED {
        listed.push(format!("as much of {} more patterns", losses.len() - NAMED));
    }
    listed.join(", ")
}

/// Makes the plan, if the source has what must be there. How much it deletes is for [`limit_deletions`], once the
/// symbolic refs are known.
///
/// # Errors
/// [`PlanError`] if the source lacks what must be there.
pub fn plan(source: &RefList, destination: &RefList, policy: &Policy) -> Result<Plan, PlanError> {
    require_source(source, destination, policy)?;
    Ok(difference(source, destination, policy))
}

/// Requires that the source has what the policy takes for enough to mirror.
///
/// # Errors
/// [`PlanError`], all but the last.
pub fn require_source(source: &RefList, destination: &RefList, policy: &Policy) -> Result<(), PlanError> {
    let Policy { selection, prune, empty_source, .. } = policy;
    if *empty_source == EmptySource::Allow {
        return Ok(());
    }
    let is_lost = |name: &&RefName| selection.prunes(name.as_bytes());
    let selected = || names(source).filter(|name| selection.contains(name.as_bytes()));
    if selected().next().is_none() {
        return Err(match (prune, names(destination).filter(is_lost).count()) {
            (Prune::Keep, _) | (_, 0) => PlanError::NothingSelected,
            (Prune::Delete, count) => PlanError::NothingSelectedAndDeletions(count),
        });
    }
    if *prune == Prune::Delete && !selected().any(RefName::is_branch) {
        return match names(destination).filter(|name| name.is_branch()).filter(is_lost).count() {
            0 => Ok(()),
            count => Err(PlanError::NoBranchSelected(count)),
        };
    }
    Ok(())
}

/// Requires that no included pattern loses more than the policy allows.
///
/// # Errors
/// [`PlanError::TooManyDeletions`].
pub fn limit_deletions(
    plan: &Plan,
    source: &RefList,
    destination: &RefList,
    policy: &Policy,
) -> Result<(), PlanError> {
    let Policy { selection, deletions: limit, .. } = policy;
    let deleted: Vec<&RefName> = plan
        .updates()
        .filter(|update| matches!(update, RefUpdate::Delete { .. }))
        .map(RefUpdate::name)
        .collect();
    // An empty source that is allowed to empty the destination has this consent, too.
    if deleted.is_empty() || !selects_any(source, policy) {
        return Ok(());
    }
    let loss = |pattern: &Pattern| {
        let includes = |name: &&RefName| selection.includes_by(pattern, name.as_bytes());
        let there: Vec<_> = destination.refs().iter().map(|ref_| &ref_.name).filter(includes).collect();
        Loss {
            pattern: pattern.to_string(),
            deletions: deleted.iter().copied().filter(includes).count(),
            at_source: there.iter().filter(|name| source.get(name).is_some()).count(),
            there: there.len(),
        }
    };
    // One ref that was named, and is gone, is no mass deletion.
    let patterns = selection.included().iter().filter(|pattern| !pattern.is_one_name());
    let losses: Vec<_> = patterns.map(loss).filter(|loss| loss.exceeds(*limit)).collect();
    if losses.is_empty() { Ok(()) } else { Err(PlanError::TooManyDeletions { losses, limit: *limit }) }
}

fn names(list: &RefList) -> impl Iterator<Item = &RefName> {
    list.refs().iter().map(|listed| &listed.name)
}

fn selects_any(source: &RefList, policy: &Policy) -> bool {
    source.refs().iter().any(|ref_| policy.selection.contains(ref_.name.as_bytes()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::mirror::policy::Selection;
    use crate::mirror::testing::{list, many};

    fn policy(include: &[&str], exclude: &[&str], percent: u8) -> Policy {
        let selection = Selection::new(include, exclude).unwrap();
        let deletions = DeletionLimit::percent(percent).unwrap();
        Policy {
            selection,
            prune: Prune::Delete,
            empty_source: EmptySource::Refuse,
            deletions,
            ..crate::mirror::testing::policy()
        }
    }

    /// Returns the number of deletions, or the reason why there is none.
    fn deletions(source: &RefList, destination: &RefList, policy: &Policy) -> Result<usize, PlanError> {
        let plan = plan(source, destination, policy)?;
        limit_deletions(&plan, source, destination, policy)?;
        Ok(plan.updates().filter(|update| update.new_id().is_none()).count())
    }

    /// Returns the patterns that would lose too much.
    fn losers(outcome: Result<usize, PlanError>) -> Vec<String> {
        match outcome {
            Err(PlanError::TooManyDeletions { losses, .. }) => {
                losses.into_iter().map(|loss| loss.pattern).collect()
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_source_with_tags_and_no_branch_deletes_no_branch() {
        let source = many("refs/tags/t", 0..9);
        let destination = many("refs/tags/t", 0..9).with(&many("refs/heads/b", 0..3));
        let refused = PlanError::NoBranchSelected(3);
        for percent in [0, 50, 100] {
            assert_eq!(deletions(&source, &destination, &policy(&[], &[], percent)), Err(refused.clone()));
        }
        let text = refused.to_string();
        assert_eq!(text, "it lists no selected branch, and the destination has 3");
    }

    #[test]
    fn branches_outside_the_selection_stand_for_none() {
        let source = list(&[("refs/heads/users/me", 1), ("refs/tags/v1", 1)]);
        let destination = list(&[("refs/heads/main", 1), ("refs/tags/v1", 1)]);
        let of = |include: &[&str], exclude: &[&str]| {
            deletions(&source, &destination, &policy(include, exclude, 100))
        };
        assert_eq!(of(&[], &["refs/heads/users/*"]), Err(PlanError::NoBranchSelected(1)));
        assert_eq!(of(&["refs/tags/*"], &[]), Ok(0));
        assert_eq!(of(&[], &["refs/heads/*"]), Ok(0));
        assert_eq!(of(&[], &[]), Ok(1));
        assert_eq!(of(&["refs/heads/main", "refs/tags/*"], &[]), Err(PlanError::NoBranchSelected(1)));
    }

    #[test]
    fn a_destination_without_branches_needs_none_at_the_source() {
        let source = list(&[("refs/tags/v1", 1)]);
        let destination = list(&[("refs/tags/v1", 1), ("refs/tags/v2", 1)]);
        assert_eq!(deletions(&source, &destination, &policy(&[], &[], 50)), Ok(1));
    }

    #[test]
    fn consent_to_no_branches_is_no_consent_to_lose_all_of_several() {
        let source = list(&[("refs/tags/v1", 1)]);
        let destination = source.clone().with(&many("refs/heads/b", 0..2));
        let allowed = |percent| Policy { empty_source: EmptySource::Allow, ..policy(&[], &[], percent) };
        assert_eq!(losers(deletions(&source, &destination, &allowed(99))), ["refs/heads/*"]);
        assert_eq!(deletions(&source, &destination, &allowed(100)), Ok(2));
        let one = source.clone().with(&many("refs/heads/b", 0..1));
        assert_eq!(deletions(&source, &one, &allowed(50)), Ok(1));
        // A source that has nothing at all is a consent to everything.
        assert_eq!(deletions(&list(&[]), &destination, &allowed(0)), Ok(3));
    }

    #[test]
    fn a_share_is_of_each_pattern_and_not_of_the_heap() {
        let tags = many("refs/tags/t", 0..200);
        let source = tags.clone().with(&many("refs/heads/b", 0..5));
        let destination = tags.with(&many("refs/heads/b", 0..20));
        assert_eq!(losers(deletions(&source, &destination, &policy(&[], &[], 50))), ["refs/heads/*"]);
        assert_eq!(deletions(&source, &destination, &policy(&[], &[], 75)), Ok(15));
        assert_eq!(deletions(&source, &destination, &policy(&["refs/*"], &[], 50)), Ok(15));
    }

    #[test]
    fn a_ref_counts_for_every_pattern_that_includes_it() {
        let source = many("refs/heads/b", 0..40);
        let destination = source.clone().with(&many("refs/heads/old/b", 0..3));
        let include = ["refs/heads/*", "refs/heads/old/*", "refs/heads/ol?/b0*"];
        let outcome = deletions(&source, &destination, &policy(&include, &[], 50));
        assert_eq!(losers(outcome), ["refs/heads/old/*", "refs/heads/ol?/b0*"]);
        assert_eq!(deletions(&source, &destination, &policy(&include[..1], &[], 50)), Ok(3));
    }

    #[test]
    fn what_is_excluded_counts_neither_as_lost_nor_as_there() {
        let source = many("refs/heads/b", 0..2);
        let destination = many("refs/heads/b", 0..14).with(&many("refs/heads/users/u", 0..80));
        let excluded = ["refs/heads/users/*"];
        let outcome = deletions(&source, &destination, &policy(&[], &excluded, 50));
        let error = outcome.unwrap_err();
        assert_eq!(error.to_string(), "this would delete 12 of 14 refs in 'refs/heads/*' (limit 50 %)");
    }

    #[test]
    fn deleting_most_of_a_pattern_needs_consent() {
        let of = |kept, percent| {
            let (source, destination) = (many("refs/tags/t", 0..kept), many("refs/tags/t", 0..30));
            deletions(&source, &destination, &policy(&[], &[], percent))
        };
        assert_eq!(losers(of(10, 50)), ["refs/tags/*"]);
        assert_eq!(of(15, 50), Ok(15));
        assert_eq!(of(10, 100), Ok(20));
        assert_eq!(of(22, 20), Ok(8));
        assert_eq!(of(20, 1), Ok(10));
        assert_eq!(losers(of(19, 1)), ["refs/tags/*"]);
        assert_eq!(losers(of(29, 0)), ["refs/tags/*"]);
        assert_eq!(of(30, 0), Ok(0));
    }

    #[test]
    fn a_handful_may_go_but_not_all_of_several() {
        let of = |source: &[(&str, u8)], destination: &[(&str, u8)]| {
            deletions(&list(source), &list(destination), &policy(&[], &[], 50))
        };
        let three = [("refs/heads/a", 1), ("refs/heads/b", 1), ("refs/heads/c", 1)];
        assert_eq!(of(&three[..1], &three), Ok(2));
        assert_eq!(losers(of(&[("refs/heads/other", 1)], &three)), ["refs/heads/*"]);
        // A branch that was renamed.
        assert_eq!(of(&[("refs/heads/other", 1)], &three[..1]), Ok(1));
        // All tags are gone, and the branches are not.
        let tags = [("refs/heads/a", 1), ("refs/tags/v1", 1), ("refs/tags/v2", 1)];
        assert_eq!(losers(of(&three[..1], &tags)), ["refs/tags/*"]);
    }

    #[test]
    fn a_default_branch_that_stays_does_not_stand_for_the_others() {
        let source = list(&[("refs/heads/other", 1)]);
        let destination = list(&[("refs/heads/a", 1), ("refs/heads/main", 1)]).with_head("refs/heads/main");
        assert_eq!(losers(deletions(&source, &destination, &policy(&[], &[], 99))), ["refs/heads/*"]);
        // Where nothing is deleted, nothing is lost.
        let alone = list(&[("refs/heads/main", 1), ("refs/tags/v1", 1)]).with_head("refs/heads/main");
        assert_eq!(deletions(&source, &alone, &policy(&["refs/heads/*"], &[], 0)), Ok(0));
    }

    #[test]
    fn a_ref_that_was_named_alone_may_be_gone() {
        let source = list(&[("refs/heads/main", 1)]);
        let destination = list(&[("refs/heads/main", 1), ("refs/tags/v1", 1), ("refs/tags/v2", 1)]);
        let named = ["refs/heads/main", "refs/tags/v1", "refs/tags/v2"];
        for percent in [0, 50, 100] {
            assert_eq!(deletions(&source, &destination, &policy(&named, &[], percent)), Ok(2));
        }
        // A pattern that includes it as well counts it.
        let both = ["refs/heads/main", "refs/tags/v1", "refs/tags/*"];
        assert_eq!(losers(deletions(&source, &destination, &policy(&both, &[], 50))), ["refs/tags/*"]);
    }

    #[test]
    fn without_pruning_no_guard_matters() {
        let source = list(&[("refs/tags/v1", 1)]);
        let destination = many("refs/heads/b", 0..30);
        for percent in [0, 50] {
            let policy = Policy { prune: Prune::Keep, ..policy(&[], &[], percent) };
            assert_eq!(deletions(&source, &destination, &policy), Ok(0));
        }
    }

    #[test]
    fn an_error_names_a_few_patterns_and_counts_the_others() {
        let loss = |number: usize| Loss {
            pattern: format!("refs/{number}/*"),
            deletions: 2,
            there: 2,
            at_source: 0,
        };
        let error = |count| {
            let limit = DeletionLimit::percent(7).unwrap();
            PlanError::TooManyDeletions { losses: (0..count).map(loss).collect(), limit }.to_string()
        };
        assert_eq!(
            error(2),
            "this would delete 2 of 2 refs in 'refs/0/*', 2 of 2 refs in 'refs/1/*' (limit 7 %)"
        );
        assert!(error(40).ends_with(", as much of 35 more patterns (limit 7 %)"));
    }

    fn any_refs() -> impl Strategy<Value = RefList> {
        let name =
            ("refs/(heads|tags|notes)/", 0..14_u8).prop_map(|(space, number)| format!("{space}{number}"));
        prop::collection::btree_set(name, 0..40).prop_map(|names| {
            let refs: Vec<_> = names.iter().map(|name| (name.as_str(), 1)).collect();
            list(&refs)
        })
    }

    fn any_policy() -> impl Strategy<Value = Policy> {
        let include = prop::sample::subsequence(
            vec!["refs/heads/*", "refs/tags/*", "refs/*", "refs/heads/1?", "refs/tags/3"],
            0..4,
        );
        let exclude = prop::sample::subsequence(vec!["refs/heads/2", "refs/tags/1*", "refs/heads/*"], 0..2);
        let share = prop::sample::select(vec![0, 1, 30, 50, 99, 100]);
        let empty = prop_oneof![Just(EmptySource::Allow), Just(EmptySource::Refuse)];
        let prune = prop_oneof![4 => Just(Prune::Delete), 1 => Just(Prune::Keep)];
        (include, exclude, share, empty, prune).prop_map(|(include, exclude, share, empty_source, prune)| {
            Policy { prune, empty_source, ..policy(&include, &exclude, share) }
        })
    }

    proptest! {
        /// Word for word what is promised, from the lists alone.
        #[test]
        fn the_guards_hold_for_each_pattern(
            source in any_refs(), destination in any_refs(), policy in any_policy()
        ) {
            let Policy { selection, deletions: limit, .. } = &policy;
            let of = |list: &RefList, is_such: &dyn Fn(&[u8]) -> bool| -> Vec<String> {
                let names = list.refs().iter().filter(|ref_| {
                    selection.contains(ref_.name.as_bytes()) && is_such(ref_.name.as_bytes())
                });
                names.map(|ref_| ref_.name.to_string()).collect()
            };
            let is_branch = |name: &[u8]| name.starts_with(b"refs/heads/");
            let is_empty = of(&source, &|_| true).is_empty();
            let prunes = policy.prune == Prune::Delete;
            let consents = policy.empty_source == EmptySource::Allow;
            let lacks_branches =
                of(&source, &is_branch).is_empty() && !of(&destination, &is_branch).is_empty();
            let mut patterns = selection.included().iter().filter(|pattern| !pattern.is_one_name());
            let loses = patterns.any(|pattern| {
                let includes = |name: &[u8]| pattern.matches(name);
                let (there, kept) = (of(&destination, &includes), of(&source, &includes));
                let gone = there.iter().filter(|name| !kept.contains(name)).count();
                let percent = limit.to_string().trim_end_matches(" %").parse::<usize>().unwrap();
                let is_all = gone == there.len() && gone > 1;
                let is_more = gone * 100 > there.len() * percent && (gone > 10 || percent == 0);
                percent < 100 && (is_all || is_more)
            });
            let refuses = match (is_empty, consents) {
                (true, false) => true,
                (true, true) => false,
                (false, _) => prunes && ((lacks_branches && !consents) || loses),
            };
            prop_assert_eq!(deletions(&source, &destination, &policy).is_err(), refuses);
            // What is refused would delete something, or the source has nothing to mirror.
            if refuses && !is_empty {
                let deletes = difference(&source, &destination, &policy)
                    .updates().any(|update| update.new_id().is_none());
                prop_assert!(deletes);
            }
        }
    }
}
