//! Brings one ref to its new value in steps, each small enough for a push.
//!
//! ```text
//!  a branch that is new, or moves forward:  main ─► c1 ─► c2 ─► tip
//!  any other, or a merge of too much:      mirror-git-repository/1 ─► c1 ─► c2, then main ─► tip, and it goes
//! ```

use super::{Extent, PackBase, Push};
use crate::error::Indivisible;
use crate::mirror::reserved;
use crate::protocol::object_id::ObjectId;
use crate::protocol::receive_pack::RefUpdate;
use crate::protocol::ref_name::RefName;

/// The commits at which the history of a ref is cut.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Cut {
    /// At these, each of which is an ancestor of the next one.
    At {
        /// The steps, from the oldest on; at least one.
        steps: Vec<Step>,
        /// The extent of what is left after them.
        rest: Extent,
        /// The ref that takes the steps.
        way: Way,
    },
    /// Nowhere, for this reason.
    Nowhere(Indivisible),
}

/// One step of a ref.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    /// The commit to which it leads.
    pub(crate) commit: ObjectId,
    /// The extent of what it brings.
    pub(crate) extent: Extent,
}

/// The ref that takes the steps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// The ref itself.
    Itself,
    /// A temporary branch of this name: the ref would leave its value behind, or is none that may move.
    Temporary(RefName),
}

/// Returns the pushes that take a push's place, which holds one new value and perhaps deletions.
/// The last of them brings the rest.
pub(super) fn pushes(push: &Push, steps: &[Step], rest: Extent, way: &Way) -> Vec<Push> {
    let (gone, new): (Vec<_>, Vec<_>) =
        push.updates.iter().cloned().partition(|update| update.new_id().is_none());
    let Some(update) = new.into_iter().next() else { return vec![push.clone()] };
    // What a temporary branch holds is held by nothing else before the last step.
    let (temporary, mut gone): (Vec<_>, Vec<_>) =
        gone.into_iter().partition(|update| reserved::is_reserved(update.name().as_bytes()));
    let (moved, mut old) = match way {
        Way::Itself => (update.name().clone(), update.old_id()),
        Way::Temporary(branch) => (branch.clone(), None),
    };
    let step = |updates: Vec<RefUpdate>, extent| Push {
        base: PackBase::SharedHistory,
        extent,
        step_of: Some(push.step_of.as_ref().unwrap_or(update.name()).clone()),
        ..push.with(updates)
    };
    let mut pushes = Vec::new();
    for Step { commit, extent } in steps {
        let updates = gone.drain(..).chain([moved_to(&moved, old, *commit)]).collect();
        pushes.push(step(updates, *extent));
        old = Some(*commit);
    }
    let updates = match (way, update.new_id()) {
        (Way::Itself, Some(new)) => vec![moved_to(&moved, old, new)],
        _ => old
            .map(|old| RefUpdate::Delete { name: moved, old })
            .into_iter()
            .chain([update.clone()])
            .collect::<Vec<_>>(),
    };
    pushes.push(step(temporary.into_iter().chain(updates).collect(), rest));
    pushes
}

fn moved_to(name: &RefName, old: Option<ObjectId>, new: ObjectId) -> RefUpdate {
    let name = name.clone();
    match old {
        Some(old) => RefUpdate::Update { name, old, new },
        None => RefUpdate::Create { name, new },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mirror::testing::{id, name};

    fn steps() -> [Step; 2] {
        [1, 2].map(|number| Step { commit: id(number), extent: Extent::Commits(3) })
    }

    fn lines(pushes: &[Push]) -> Vec<Vec<String>> {
        pushes.iter().map(|push| push.updates.iter().map(ToString::to_string).collect()).collect()
    }

    fn update(old: Option<u8>) -> RefUpdate {
        moved_to(&name("refs/heads/main"), old.map(id), id(9))
    }

    #[test]
    fn a_branch_moves_from_commit_to_commit() {
        let gone = RefUpdate::Delete { name: name("refs/heads/main/a"), old: id(7) };
        let push = Push::new(vec![gone.clone(), update(None)]);
        let made = pushes(&push, &steps(), Extent::Commits(4), &Way::Itself);
        let expected = [
            vec![gone, moved_to(&name("refs/heads/main"), None, id(1))],
            vec![moved_to(&name("refs/heads/main"), Some(id(1)), id(2))],
            vec![moved_to(&name("refs/heads/main"), Some(id(2)), id(9))],
        ];
        assert_eq!(
            lines(&made),
            expected.map(|push| push.iter().map(ToString::to_string).collect::<Vec<_>>())
        );
        assert!(made.iter().all(|push| push.step_of == Some(name("refs/heads/main"))));
    }

    #[test]
    fn a_temporary_branch_goes_with_the_last_step() {
        let temporary = name("refs/heads/mirror-git-repository/1");
        let way = Way::Temporary(temporary.clone());
        let made = pushes(&Push::new(vec![update(Some(5))]), &steps(), Extent::Unknown, &way);
        let expected = [
            vec![moved_to(&temporary, None, id(1))],
            vec![moved_to(&temporary, Some(id(1)), id(2))],
            vec![RefUpdate::Delete { name: temporary, old: id(2) }, update(Some(5))],
        ];
        assert_eq!(
            lines(&made),
            expected.map(|push| push.iter().map(ToString::to_string).collect::<Vec<_>>())
        );
        assert_eq!(made.last().unwrap().extent, Extent::Unknown);
    }
}
