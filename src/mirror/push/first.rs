//! The pushes of a first mirror. A host takes the first branch that it gets as its default one, so the source's default
//! branch must be first, or the host must have it as its own already.

use super::{PackBase, Push};
use crate::protocol::receive_pack::RefUpdate;

/// The way of everything to a destination that has no branch yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FirstMirror {
    /// The default branch with its own pack, then everything else with what that lacks.
    TwoPacks,
    /// One pack with everything, whose only command is the default branch; then the other refs, with the empty pack.
    OnePack,
    /// One push.
    OnePush,
}

/// Returns the pushes of a plan whose first holds the default branch alone.
pub(super) fn pushes(planned: &[Vec<RefUpdate>], way: FirstMirror) -> Vec<Push> {
    let as_planned = || planned.iter().cloned().map(Push::new).collect();
    let [default, others] = planned else { return as_planned() };
    match way {
        FirstMirror::TwoPacks => as_planned(),
        FirstMirror::OnePush => vec![Push::new(default.iter().chain(others).cloned().collect())],
        FirstMirror::OnePack => {
            let others = Push { base: PackBase::EarlierPack, ..Push::new(others.clone()) };
            let for_later = others.new_ids().collect();
            vec![Push { for_later, ..Push::new(default.clone()) }, others]
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mirror::testing::{id, name};

    fn planned() -> [Vec<RefUpdate>; 2] {
        let create = |ref_: &str, number| RefUpdate::Create { name: name(ref_), new: id(number) };
        [vec![create("refs/heads/trunk", 1)], vec![create("refs/heads/a", 2), create("refs/tags/v1", 1)]]
    }

    #[test]
    fn one_pack_brings_what_the_other_refs_name() {
        let [first, second] = pushes(&planned(), FirstMirror::OnePack).try_into().unwrap();
        assert_eq!((first.updates.len(), first.for_later), (1, vec![id(2), id(1)]));
        assert_eq!((second.updates.len(), second.base), (2, PackBase::EarlierPack));
    }

    #[test]
    fn one_push_begins_with_the_default_branch() {
        let [push] = pushes(&planned(), FirstMirror::OnePush).try_into().unwrap();
        assert_eq!((push.updates.len(), push.updates[0].name()), (3, &name("refs/heads/trunk")));
    }

    #[test]
    fn two_packs_are_the_pushes_of_the_plan() {
        let made = pushes(&planned(), FirstMirror::TwoPacks);
        assert_eq!(made.iter().map(|push| push.updates.clone()).collect::<Vec<_>>(), planned());
    }
}
