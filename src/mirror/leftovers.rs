//! Deletes temporary branches that a run left behind, since it was ended in the middle of a history that came in parts. What
//! they hold has served as a base until then.

use super::plan::Plan;
use super::ports::{Destination, Job};
use super::push::results::PushResults;
use super::reserved::TEMPORARY_BRANCHES;
use super::taken::pushes::push_alone;
use crate::protocol::receive_pack::RefUpdate;
use crate::protocol::ref_list::RefList;

/// Returns the deletions of all such branches.
pub(super) fn plan(destination: &RefList) -> Vec<RefUpdate> {
    // Others' branches in that folder have names.
    let is_left = |name: &[u8]| {
        let number = name.strip_prefix(TEMPORARY_BRANCHES.as_bytes());
        number.is_some_and(|number| !number.is_empty() && number.iter().all(u8::is_ascii_digit))
    };
    let left = destination.refs().iter().filter(|listed| is_left(listed.name.as_bytes()));
    left.map(|listed| RefUpdate::Delete { name: listed.name.clone(), old: listed.id }).collect()
}

/// Deletes them once everything else is done: one that stays costs nothing, and is seen by the next run.
pub(super) fn delete(plan: &Plan, destination: &mut dyn Destination, job: &Job<'_>, results: &PushResults) {
    if plan.leftovers.is_empty() || results.interruption.is_some() {
        return;
    }
    if let Some(error) = push_alone(&plan.leftovers, destination, job).interruption {
        log::debug!("temporary branches stay: {error}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mirror::testing::{id, list, name};

    #[test]
    fn only_temporary_branches_are_left_over() {
        let left = "refs/heads/mirror-git-repository/1";
        let refs = list(&[("refs/heads/main", 1), ("refs/heads/mirror-git-repository/a", 1), (left, 2)]);
        assert_eq!(plan(&refs), [RefUpdate::Delete { name: name(left), old: id(2) }]);
    }
}
