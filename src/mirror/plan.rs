//! Plans which refs to create, update and delete: a pure function of two lists and a policy.

use std::cmp::Ordering;
use std::collections::HashMap;

use super::aliases::Aliases;
use super::policy::{Policy, Prune};
use super::ref_rule::RefRuleViolation;
use super::taken::tip::{Divergence, TakenTip};
use crate::protocol::object_id::ObjectId;
use crate::protocol::receive_pack::RefUpdate;
use crate::protocol::ref_list::{AdvertisedRef, RefList};
use crate::protocol::ref_name::RefName;

/// The updates that make the destination's selected refs equal to the source's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// The pushes, in order; none is empty. Within one, deletions come first, then names in order.
    pub pushes: Vec<Vec<RefUpdate>>,
    /// Selected refs that are equal already.
    pub unchanged: usize,
    /// Refs that only the destination has, and that the policy does not delete.
    pub not_pruned: usize,
    /// Refs that differ and are left as they are.
    pub kept: Vec<Kept>,
    /// Refs that the destination's host cannot take; they are in no push.
    pub unsupported: Vec<UnsupportedRef>,
    /// Tips that it takes away from refs, or that the policy keeps there, in the order of names; none where the policy does
    /// not ask for them.
    pub taken: Vec<TakenTip>,
    /// Tags of earlier runs that are past their days, and are deleted at the end; they are in no push.
    pub expired: Vec<RefUpdate>,
    /// Temporary branches of a run that was ended, which are deleted at the end; they are in no push.
    pub leftovers: Vec<RefUpdate>,
}

/// A ref that the destination's host cannot take because of its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnsupportedRef {
    /// The update.
    pub update: RefUpdate,
    /// Its break of a rule of the host.
    pub reason: RefRuleViolation,
}

/// A ref of the destination that is left as it is although the source lacks it or has another value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// The ref.
    pub name: RefName,
    /// The reason.
    pub reason: KeptReason,
    /// Its difference from the source's.
    pub difference: Difference,
}

/// The difference between a ref that stays and the source's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Difference {
    /// The source lacks it.
    Extra,
    /// The source has another value.
    Value,
}

/// The reason why a ref stays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeptReason {
    /// It is symbolic: a server would change or delete what it stands for.
    SymbolicFor(RefName),
    /// This symbolic ref, which stays, stands for it.
    TargetOf(RefName),
    /// It is the default branch: without it, clones of the destination come out empty.
    DefaultBranch,
    /// It has diverged: to change it would take this tip away, with commits that the source does not have there.
    Diverged(ObjectId),
}

impl Plan {
    /// Tells whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.pushes.is_empty() && self.expired.is_empty() && self.leftovers.is_empty()
    }

    fn keep(&mut self, name: &RefName, reason: KeptReason, difference: Difference) {
        self.kept.push(Kept { name: name.clone(), reason, difference });
    }

    /// Returns all updates, in the order in which they are sent.
    pub fn updates(&self) -> impl Iterator<Item = &RefUpdate> {
        self.pushes.iter().flatten()
    }

    /// Returns the tips of diverged refs.
    pub fn diverged(&self) -> impl Iterator<Item = &TakenTip> {
        self.taken.iter().filter(|taken| taken.divergence == Divergence::Diverged)
    }

    /// Returns the refs that are kept since they have diverged.
    pub fn kept_as_diverged(&self) -> impl Iterator<Item = &RefName> {
        let is_diverged = |kept: &&Kept| matches!(kept.reason, KeptReason::Diverged(_));
        self.kept.iter().filter(is_diverged).map(|kept| &kept.name)
    }

    /// Tells whether the plan must be made again with the destination's symbolic refs, `HEAD` among them,
    /// for which another request is needed: it deletes a branch, or changes a ref that could be symbolic,
    /// since it names the same object as another.
    pub fn needs_symrefs(&self, destination: &RefList) -> bool {
        let is_branch_deletion =
            |update: &RefUpdate| matches!(update, RefUpdate::Delete { .. }) && update.name().is_branch();
        if self.updates().any(is_branch_deletion) {
            return true;
        }
        let mut named: HashMap<ObjectId, usize> =
            self.updates().filter_map(RefUpdate::old_id).map(|id| (id, 0)).collect();
        for listed in destination.refs() {
            if let Some(count) = named.get_mut(&listed.id) {
                *count += 1;
            }
        }
        named.values().any(|count| *count > 1)
    }
}

/// Makes the plan without asking whether the policy's limits allow it.
pub fn difference(source: &RefList, destination: &RefList, policy: &Policy) -> Plan {
    let mut plan = Plan::default();
    let mut deletions = Vec::new();
    let mut others = Vec::new();
    let aliases = Aliases::new(source, destination, &policy.selection);
    for pair in pairs(source, destination).filter(|pair| policy.selection.contains(pair.name().as_bytes())) {
        let target = aliases.target(pair.name()).filter(|target| !aliases.is_writer(pair.name(), target));
        match (pair, target) {
            (Pair::Source(new) | Pair::Both(new, _), Some(target)) => {
                // Whatever becomes of the target becomes of it.
                if aliases.value_after(target) == Some(new.id) {
                    plan.unchanged += 1;
                } else {
                    plan.keep(&new.name, KeptReason::SymbolicFor(target.clone()), Difference::Value);
                }
            }
            (Pair::Both(new, old), None) if new.id == old.id => plan.unchanged += 1,
            (Pair::Both(new, old), None) => {
                others.push(RefUpdate::Update { name: new.name.clone(), old: old.id, new: new.id });
            }
            (Pair::Source(new), None) => {
                others.push(RefUpdate::Create { name: new.name.clone(), new: new.id });
            }
            // Of several refs at the source that it could be of, one is left alone.
            (Pair::Destination(old), _) if !policy.selection.prunes(old.name.as_bytes()) => {}
            (Pair::Destination(_), _) if policy.prune == Prune::Keep => plan.not_pruned += 1,
            (Pair::Destination(old), target) => {
                match reason_to_keep(&old.name, target, destination, &aliases) {
                    Some(reason) => plan.keep(&old.name, reason, Difference::Extra),
                    None if target.is_some() => {}
                    None => deletions.push(RefUpdate::Delete { name: old.name.clone(), old: old.id }),
                }
            }
        }
    }
    let first = default_branch(&mut others, source, destination);
    deletions.append(&mut others);
    plan.pushes = [first, deletions].into_iter().filter(|push| !push.is_empty()).collect();
    plan
}

fn reason_to_keep(
    name: &RefName,
    target: Option<&RefName>,
    destination: &RefList,
    aliases: &Aliases<'_>,
) -> Option<KeptReason> {
    let head = destination.head();
    if head == Some(name) || head.and_then(|head| aliases.target(head)) == Some(name) {
        return Some(KeptReason::DefaultBranch);
    }
    match (target, aliases.user(name)) {
        // Where its target goes, it is listed no more.
        (Some(target), _) if aliases.goes(target) && head != Some(target) => None,
        (Some(target), _) => Some(KeptReason::SymbolicFor(target.clone())),
        (None, Some(alias)) => Some(KeptReason::TargetOf(alias.clone())),
        (None, None) => None,
    }
}

/// Takes the creation of the source's default branch out, if the destination has no branch yet: a host
/// takes the first branch that it gets as its own default.
fn default_branch(others: &mut Vec<RefUpdate>, source: &RefList, destination: &RefList) -> Vec<RefUpdate> {
    let place = source
        .head()
        .filter(|_| !destination.refs().iter().any(|listed| listed.name.is_branch()))
        .and_then(|head| others.iter().position(|update| update.name() == head));
    place.map(|place| vec![others.remove(place)]).unwrap_or_default()
}

/// A name as it stands at the two sides.
enum Pair<'a> {
    Source(&'a AdvertisedRef),
    Destination(&'a AdvertisedRef),
    Both(&'a AdvertisedRef, &'a AdvertisedRef),
}

impl Pair<'_> {
    fn name(&self) -> &RefName {
        match self {
            Pair::Source(listed) | Pair::Destination(listed) | Pair::Both(listed, _) => &listed.name,
        }
    }
}

/// Walks both lists, which are sorted, in one pass.
fn pairs<'a>(source: &'a RefList, destination: &'a RefList) -> impl Iterator<Item = Pair<'a>> {
    let mut source = source.refs().iter().peekable();
    let mut destination = destination.refs().iter().peekable();
    std::iter::from_fn(move || {
        let order = match (source.peek(), destination.peek()) {
            (Some(new), Some(old)) => new.name.cmp(&old.name),
            (Some(_), None) => Ordering::Less,
            (None, _) => Ordering::Greater,
        };
        match order {
            Ordering::Less => source.next().map(Pair::Source),
            Ordering::Greater => destination.next().map(Pair::Destination),
            Ordering::Equal => Some(Pair::Both(source.next()?, destination.next()?)),
        }
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::mirror::guards::{PlanError, plan};
    use crate::mirror::policy::{DeletionLimit, EmptySource, Selection};
    use crate::mirror::testing::{id, list, name};

    fn policy(include: &[&str], prune: Prune, empty_source: EmptySource) -> Policy {
        let deletions = DeletionLimit::percent(100).unwrap();
        Policy {
            selection: Selection::new(include, &[]).unwrap(),
            prune,
            empty_source,
            deletions,
            ..crate::mirror::testing::policy()
        }
    }

    fn mirror_all() -> Policy {
        policy(&[], Prune::Delete, EmptySource::Refuse)
    }

    fn lines(plan: &Plan) -> Vec<Vec<String>> {
        plan.pushes.iter().map(|push| push.iter().map(ToString::to_string).collect()).collect()
    }

    /// Returns the refs after all updates of a plan.
    fn applied(plan: &Plan, destination: &RefList) -> BTreeMap<RefName, ObjectId> {
        let mut refs: BTreeMap<_, _> =
            destination.refs().iter().map(|listed| (listed.name.clone(), listed.id)).collect();
        for update in plan.updates() {
            let before = match update.new_id() {
                Some(new) => refs.insert(update.name().clone(), new),
                None => refs.remove(update.name()),
            };
            assert_eq!(before, update.old_id(), "{update}");
        }
        refs
    }

    #[test]
    fn refs_are_created_updated_and_deleted_with_deletions_first() {
        let source = list(&[("refs/heads/a/b", 1), ("refs/heads/main", 2), ("refs/tags/v1", 3)]);
        let destination = list(&[("refs/heads/a", 1), ("refs/heads/main", 9), ("refs/tags/v1", 3)]);
        let plan = plan(&source, &destination, &mirror_all()).unwrap();
        let expected = [
            RefUpdate::Delete { name: name("refs/heads/a"), old: id(1) },
            RefUpdate::Create { name: name("refs/heads/a/b"), new: id(1) },
            RefUpdate::Update { name: name("refs/heads/main"), old: id(9), new: id(2) },
        ];
        assert_eq!(plan.pushes, [expected.to_vec()]);
        assert_eq!(plan.unchanged, 1);
    }

    #[test]
    fn the_first_default_branch_goes_alone() {
        let source = list(&[("refs/heads/a", 1), ("refs/heads/main", 2)]).with_head("refs/heads/main");
        let first = |destination: &[(&str, u8)]| {
            let plan = plan(&source, &list(destination), &mirror_all()).unwrap();
            plan.pushes.iter().map(Vec::len).collect::<Vec<_>>()
        };
        assert_eq!(first(&[]), [1, 1]);
        assert_eq!(first(&[("refs/tags/old", 1)]), [1, 2]);
        assert_eq!(first(&[("refs/heads/other", 1)]), [3]);
        assert_eq!(
            lines(&plan(&source, &list(&[]), &mirror_all()).unwrap())[0],
            ["create refs/heads/main at 0202020202"]
        );
    }

    #[test]
    fn nothing_outside_the_selection_is_touched() {
        let source = list(&[("refs/heads/main", 1), ("refs/pull/1/head", 2)]);
        let destination =
            list(&[("refs/heads/main", 1), ("refs/merge-requests/1/head", 3), ("refs/notes/x", 4)]);
        assert!(plan(&source, &destination, &mirror_all()).unwrap().is_empty());
    }

    #[test]
    fn an_empty_source_empties_nothing_unless_allowed() {
        let destination = list(&[("refs/heads/a", 1), ("refs/heads/b", 2)]);
        let of = |prune, empty_source| {
            plan(&list(&[("refs/pull/1", 1)]), &destination, &policy(&[], prune, empty_source))
        };
        let error = of(Prune::Delete, EmptySource::Refuse).unwrap_err();
        assert_eq!(error, PlanError::NothingSelectedAndDeletions(2));
        assert_eq!(of(Prune::Keep, EmptySource::Refuse), Err(PlanError::NothingSelected));
        assert_eq!(of(Prune::Delete, EmptySource::Allow).unwrap().updates().count(), 2);
        assert_eq!(of(Prune::Keep, EmptySource::Allow).unwrap().not_pruned, 2);
    }

    #[test]
    fn a_symbolic_ref_is_kept_for_its_target() {
        let source = list(&[("refs/heads/main", 1)]);
        let destination = list(&[("refs/heads/alias", 1), ("refs/heads/main", 1)]);
        let first = plan(&source, &destination, &mirror_all()).unwrap();
        assert!(first.needs_symrefs(&destination));
        let told = destination.with_symref("refs/heads/alias", "refs/heads/main");
        let second = plan(&source, &told, &mirror_all()).unwrap();
        assert!(second.is_empty());
        assert_eq!(second.kept.len(), 1);
    }

    #[test]
    fn no_update_is_made_through_a_symbolic_ref() {
        let source = list(&[("refs/heads/alias", 2), ("refs/heads/main", 1)]);
        let destination = list(&[("refs/heads/alias", 1), ("refs/heads/main", 1)]);
        assert!(plan(&source, &destination, &mirror_all()).unwrap().needs_symrefs(&destination));
        let told = destination.with_symref("refs/heads/alias", "refs/heads/main");
        let plan = plan(&source, &told, &mirror_all()).unwrap();
        assert!(plan.is_empty());
        let expected = (KeptReason::SymbolicFor(name("refs/heads/main")), Difference::Value);
        assert_eq!((plan.kept[0].reason.clone(), plan.kept[0].difference), expected);
    }

    /// Returns the updates, and the refs that stay, where `refs/heads/alias` stands for `refs/heads/trunk`.
    fn with_alias(source: &[(&str, u8)], destination: &[(&str, u8)]) -> (Vec<String>, Vec<String>) {
        let destination = list(destination).with_symref("refs/heads/alias", "refs/heads/trunk");
        let plan = difference(&list(source), &destination, &mirror_all());
        let kept = plan.kept.iter().map(|kept| format!("{} {:?}", kept.name, kept.difference));
        (plan.updates().map(ToString::to_string).collect(), kept.collect())
    }

    const ALIAS: &str = "refs/heads/alias";
    const TRUNK: &str = "refs/heads/trunk";

    #[test]
    fn what_a_symbolic_ref_of_the_source_needs_stays() {
        let there = [(ALIAS, 1), (TRUNK, 1)];
        let kept = vec!["refs/heads/trunk Extra".to_owned()];
        assert_eq!(with_alias(&[(ALIAS, 1)], &there), (vec![], kept.clone()));
        let written = vec!["update refs/heads/alias from 0101010101 to 0202020202".to_owned()];
        assert_eq!(with_alias(&[(ALIAS, 2)], &there), (written, kept));
        let created = vec!["create refs/heads/alias at 0202020202".to_owned()];
        assert_eq!(with_alias(&[(ALIAS, 2)], &[]), (created, vec![]));
    }

    #[test]
    fn a_symbolic_ref_follows_what_it_stands_for() {
        let moved = vec!["update refs/heads/trunk from 0101010101 to 0202020202".to_owned()];
        let there = [(ALIAS, 1), (TRUNK, 1)];
        assert_eq!(with_alias(&[(ALIAS, 2), (TRUNK, 2)], &there), (moved.clone(), vec![]));
        let kept = vec!["refs/heads/alias Value".to_owned()];
        assert_eq!(with_alias(&[(ALIAS, 1), (TRUNK, 2)], &there), (moved, kept));
        let created = vec!["create refs/heads/trunk at 0202020202".to_owned()];
        assert_eq!(with_alias(&[(ALIAS, 2), (TRUNK, 2)], &[]), (created, vec![]));
    }

    #[test]
    fn a_symbolic_ref_goes_with_what_it_stands_for() {
        let gone = vec!["delete refs/heads/trunk, which was 0101010101".to_owned()];
        assert_eq!(
            with_alias(&[("refs/tags/v1", 1)], &[(ALIAS, 1), (TRUNK, 1), ("refs/tags/v1", 1)]),
            (gone, vec![])
        );
    }

    #[test]
    fn a_symbolic_ref_outside_of_the_selection_keeps_its_target() {
        let destination = list(&[("refs/remotes/x", 1), (TRUNK, 1)]).with_symref("refs/remotes/x", TRUNK);
        let plan = difference(&list(&[("refs/heads/main", 1)]), &destination, &mirror_all());
        assert_eq!(plan.kept[0].reason, KeptReason::TargetOf(name("refs/remotes/x")));
        assert_eq!(lines(&plan), [["create refs/heads/main at 0101010101"]]);
    }

    #[test]
    fn symbolic_refs_in_a_circle_stand_for_nothing() {
        let circle = list(&[]).with_symref(ALIAS, TRUNK).with_symref(TRUNK, ALIAS);
        let plan = difference(&list(&[(ALIAS, 1)]), &circle, &mirror_all());
        assert_eq!(lines(&plan), [["create refs/heads/alias at 0101010101"]]);
    }

    #[test]
    fn the_default_branch_of_the_destination_is_kept() {
        let source = list(&[("refs/heads/main", 1)]);
        let destination = list(&[("refs/heads/main", 1), ("refs/heads/master", 2), ("refs/heads/old", 2)]);
        assert!(plan(&source, &destination, &mirror_all()).unwrap().needs_symrefs(&destination));
        let plan = plan(&source, &destination.with_head("refs/heads/master"), &mirror_all()).unwrap();
        let (reason, difference) = (KeptReason::DefaultBranch, Difference::Extra);
        assert_eq!(plan.kept, [Kept { name: name("refs/heads/master"), reason, difference }]);
        assert_eq!(lines(&plan), [["delete refs/heads/old, which was 0202020202"]]);
    }

    #[test]
    fn only_a_deletion_that_may_need_it_asks_for_symbolic_refs() {
        let asks = |destination: &[(&str, u8)]| {
            let destination = list(destination);
            plan(&list(&[("refs/heads/main", 1)]), &destination, &mirror_all())
                .unwrap()
                .needs_symrefs(&destination)
        };
        assert!(!asks(&[("refs/heads/main", 2)]));
        assert!(!asks(&[("refs/heads/main", 1), ("refs/tags/v1", 2)]));
        assert!(asks(&[("refs/heads/main", 1), ("refs/tags/v1", 1)]));
    }

    fn any_refs() -> impl Strategy<Value = RefList> {
        let names = prop::sample::select(vec![
            "refs/heads/main",
            "refs/heads/a",
            "refs/heads/b",
            "refs/heads/release/1",
            "refs/heads/release/2",
            "refs/tags/v1",
            "refs/tags/v2",
            "refs/notes/commits",
            "refs/pull/1/head",
            "refs/keep-around/x",
        ]);
        let head = prop::option::of(Just("refs/heads/main"));
        (prop::collection::btree_map(names, 1..6_u8, 0..10), head).prop_map(|(refs, head)| {
            let refs = list(&refs.into_iter().collect::<Vec<_>>());
            head.map_or(refs.clone(), |head| refs.with_head(head))
        })
    }

    fn any_policy() -> impl Strategy<Value = Policy> {
        let include = prop::sample::select(vec![
            vec![],
            vec!["refs/heads/*"],
            vec!["refs/heads/release/*", "refs/tags/v1"],
            vec!["refs/*"],
        ]);
        let prune = prop_oneof![Just(Prune::Delete), Just(Prune::Keep)];
        (include, prune).prop_map(|(include, prune)| policy(&include, prune, EmptySource::Allow))
    }

    proptest! {
        #[test]
        fn applying_a_plan_makes_the_selection_equal_alone(
            source in any_refs(), destination in any_refs(), policy in any_policy()
        ) {
            let plan = plan(&source, &destination, &policy).unwrap();
            let after = applied(&plan, &destination);
            for listed in source.refs().iter().filter(|listed| policy.selection.contains(listed.name.as_bytes())) {
                prop_assert_eq!(after.get(&listed.name), Some(&listed.id));
            }
            for (name, id) in &after {
                let selected = policy.selection.contains(name.as_bytes());
                let kept = policy.prune == Prune::Keep || plan.kept.iter().any(|kept| kept.name == *name);
                if !selected || (kept && source.get(name).is_none()) {
                    prop_assert_eq!(destination.get(name), Some(*id));
                } else {
                    prop_assert_eq!(source.get(name), Some(*id));
                }
            }
            let lost = destination.refs().iter().filter(|listed| !after.contains_key(&listed.name));
            for listed in lost {
                prop_assert!(policy.prune == Prune::Delete && policy.selection.contains(listed.name.as_bytes()));
            }
        }

        #[test]
        fn planning_again_is_empty(source in any_refs(), destination in any_refs(), policy in any_policy()) {
            let first = plan(&source, &destination, &policy).unwrap();
            let mut after: RefList =
                applied(&first, &destination).into_iter().map(|(name, id)| AdvertisedRef { name, id }).collect();
            after.adopt_symrefs(destination);
            prop_assert!(plan(&source, &after, &policy).unwrap().is_empty());
        }

        #[test]
        fn no_ref_is_named_twice_and_deletions_come_first(source in any_refs(), destination in any_refs()) {
            let plan = plan(&source, &destination, &policy(&[], Prune::Delete, EmptySource::Allow)).unwrap();
            let mut names: Vec<_> = plan.updates().map(RefUpdate::name).collect();
            let count = names.len();
            names.sort();
            names.dedup();
            prop_assert_eq!(names.len(), count);
            for push in &plan.pushes {
                prop_assert!(!push.is_empty());
                prop_assert!(push.is_sorted_by_key(|update| update.new_id().is_some()));
            }
        }
    }
}
