//! The order of the pushes where tips that are taken away must be held before: first what takes nothing away.

use std::collections::BTreeSet;
use std::ops::Bound;

use crate::mirror::plan::Plan;
use crate::protocol::receive_pack::RefUpdate;
use crate::protocol::ref_name::RefName;

/// The pushes of a plan, in two phases. The tags come between them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Phases {
    /// The creations and the moves forward.
    pub(super) first: Vec<Vec<RefUpdate>>,
    /// The updates that take a tip away, and the creations that must wait for it, since a ref of that name, or below it, is in the way.
    pub(super) then: Vec<Vec<RefUpdate>>,
}

impl Phases {
    pub(super) fn of(plan: &Plan) -> Self {
        let taken = plan.taken.iter().filter(|taken| taken.is_taken());
        let taken: BTreeSet<&[u8]> = taken.map(|taken| taken.name.as_bytes()).collect();
        let part = |waits: bool| {
            let of_push = |push: &Vec<RefUpdate>| -> Vec<RefUpdate> {
                push.iter().filter(|update| must_wait(update.name(), &taken) == waits).cloned().collect()
            };
            plan.pushes.iter().map(of_push).filter(|push| !push.is_empty()).collect()
        };
        Self { first: part(false), then: part(true) }
    }
}

/// Tells whether a ref is one of those that lose their tip, or cannot stand beside one of them.
fn must_wait(name: &RefName, taken: &BTreeSet<&[u8]>) -> bool {
    let name = name.as_bytes();
    let mut folders = name.iter().enumerate().filter(|(_, byte)| **byte == b'/').map(|(place, _)| place);
    let is_taken = |end: usize| name.get(..end).is_some_and(|folder| taken.contains(folder));
    taken.contains(name) || folders.any(is_taken) || has_below(name, taken)
}

/// Tells whether one of the names lies in the folder of this name.
fn has_below(name: &[u8], taken: &BTreeSet<&[u8]>) -> bool {
    let folder = [name, b"/"].concat();
    let from = (Bound::Included(folder.as_slice()), Bound::Unbounded);
    taken.range::<[u8], _>(from).next().is_some_and(|first| first.starts_with(&folder))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mirror::taken::tip::testing::taken;
    use crate::mirror::testing::{id, name};

    fn create(ref_name: &str) -> RefUpdate {
        RefUpdate::Create { name: name(ref_name), new: id(1) }
    }

    fn delete(ref_name: &str) -> RefUpdate {
        RefUpdate::Delete { name: name(ref_name), old: id(2) }
    }

    #[test]
    fn what_takes_nothing_away_goes_first_and_what_is_in_the_way_last() {
        let push = vec![
            delete("refs/heads/a"),
            delete("refs/heads/b/c"),
            create("refs/heads/a/x"),
            create("refs/heads/a-b"),
            create("refs/heads/b"),
            RefUpdate::Update { name: name("refs/heads/main"), old: id(2), new: id(3) },
            create("refs/heads/new"),
        ];
        let taken = ["refs/heads/a", "refs/heads/b/c", "refs/heads/main"].map(|name| taken(name, 2)).to_vec();
        let plan =
            Plan { pushes: vec![vec![create("refs/heads/first")], push.clone()], taken, ..Plan::default() };
        let phases = Phases::of(&plan);
        assert_eq!(
            phases.first,
            [vec![create("refs/heads/first")], vec![create("refs/heads/a-b"), create("refs/heads/new")]]
        );
        let then = [&push[..3], &push[4..6]].concat();
        assert_eq!(phases.then, [then]);
    }

    #[test]
    fn a_plan_that_takes_nothing_away_is_one_phase() {
        let plan = Plan { pushes: vec![vec![create("refs/heads/a")]], ..Plan::default() };
        assert_eq!(Phases::of(&plan), Phases { first: plan.pushes.clone(), then: vec![] });
    }
}
