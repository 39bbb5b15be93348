//! A plan that the policy does not allow, as far as people read it.

use super::list_cap::LISTED;
use crate::mirror::plan::Plan;
use crate::mirror::taken::tip::TakenTip;
use crate::protocol::receive_pack::RefUpdate;

/// The first items of a list, and how many there are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct First<T> {
    /// The first items.
    pub items: Vec<T>,
    /// The number of all.
    pub count: usize,
}

impl<T: Clone> First<T> {
    fn of<'a>(all: impl Iterator<Item = &'a T>) -> Self
    where
        T: 'a,
    {
        let mut first = Self { items: Vec::new(), count: 0 };
        for item in all {
            if first.items.len() < LISTED {
                first.items.push(item.clone());
            }
            first.count += 1;
        }
        first
    }
}

/// A plan that the policy does not allow: the first of its changes, and their numbers.
#[derive(Clone, Debug)]
pub struct RefusedPlan {
    /// The refs that would be created.
    pub created: First<RefUpdate>,
    /// The refs that would move.
    pub updated: First<RefUpdate>,
    /// The refs that would be deleted.
    pub deleted: First<RefUpdate>,
    /// The tips of refs that have diverged.
    pub diverged: First<TakenTip>,
    /// The number of refs that are equal already.
    pub unchanged: usize,
}

impl RefusedPlan {
    /// Takes from a plan what is told of it.
    pub(crate) fn of(plan: &Plan) -> Self {
        let of =
            |is_such: fn(&RefUpdate) -> bool| First::of(plan.updates().filter(move |update| is_such(update)));
        Self {
            created: of(|update| matches!(update, RefUpdate::Create { .. })),
            updated: of(|update| matches!(update, RefUpdate::Update { .. })),
            deleted: of(|update| matches!(update, RefUpdate::Delete { .. })),
            diverged: First::of(plan.diverged()),
            unchanged: plan.unchanged,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mirror::testing::{id, name};

    #[test]
    fn as_many_refs_are_kept_as_are_listed_and_all_are_counted() {
        let gone = |number| RefUpdate::Delete { name: name(&format!("refs/heads/b{number}")), old: id(1) };
        let pushes = vec![(0..1000).map(gone).collect()];
        let plan = RefusedPlan::of(&Plan { pushes, unchanged: 3, ..Plan::default() });
        assert_eq!((plan.deleted.items.len(), plan.deleted.count), (LISTED, 1000));
        assert_eq!((plan.created.count, plan.updated.count, plan.unchanged), (0, 0, 3));
    }
}
