use super::*;
use crate::mirror::guards;
use crate::mirror::plan::{self, Plan};
use crate::mirror::ref_map::RefMap;
use crate::mirror::testing::{id, list, name, policy};
use crate::protocol::receive_pack::RefUpdate;

fn mapping(lines: &[&str], exclude: &[&str]) -> Policy {
    let selection = Selection::new::<&str>(&[], exclude).unwrap().mapped(RefMap::new(lines).unwrap());
    Policy { selection, ..policy() }
}

fn mapped(lines: &[&str], exclude: &[&str], source: &RefList) -> Result<MappedRefs, MappingError> {
    of(source, &mapping(lines, exclude).selection)
}

fn shown(refs: &RefList) -> Vec<(String, ObjectId)> {
    refs.refs().iter().map(|listed| (listed.name.to_string(), listed.id)).collect()
}

#[test]
fn selected_refs_get_their_names_and_keep_their_objects() {
    let source = list(&[
        ("refs/heads/main", 1),
        ("refs/heads/wip", 2),
        ("refs/heads/topic", 3),
        ("refs/notes/x", 4),
        ("refs/tags/v1", 5),
    ]);
    let lines =
        ["refs/heads/*:refs/heads/up/*", "refs/heads/main:refs/heads/a", "refs/notes/*:refs/notes/up/*"];
    let mapped = mapped(&lines, &["refs/heads/wip"], &source.with_head("refs/heads/main")).unwrap();
    let expected = [("refs/heads/a", 1), ("refs/heads/up/main", 1), ("refs/heads/up/topic", 3)];
    assert_eq!(shown(&mapped.refs), shown(&list(&expected)));
    // The first line that names it counts.
    assert_eq!(mapped.refs.head(), Some(&name("refs/heads/up/main")));
    assert_eq!((mapped.unnamed, mapped.unusable), (1, 0));
}

#[test]
fn a_default_branch_without_a_name_there_or_with_that_of_a_tag_is_none() {
    let source = || list(&[("refs/heads/main", 1), ("refs/heads/b", 2)]).with_head("refs/heads/main");
    for line in ["refs/heads/b:refs/heads/b", "refs/heads/*:refs/up/*", "refs/heads/*:refs/tags/*"] {
        assert_eq!(mapped(&[line], &[], &source()).unwrap().refs.head(), None, "{line}");
    }
    let unborn = list(&[]).with_head("refs/heads/main");
    let unborn = mapped(&["refs/heads/*:refs/heads/up/*"], &[], &unborn).unwrap();
    assert_eq!(unborn.refs.head(), Some(&name("refs/heads/up/main")));
}

#[test]
fn what_a_tag_is_of_is_told_under_any_name() {
    let mut builder = RefList::builder();
    builder.add(b"refs/tags/v1", id(2)).unwrap();
    builder.add_peeled(id(2), id(3)).unwrap();
    let mapped = mapped(&["refs/tags/*:refs/tags/up/*"], &[], &builder.finish()).unwrap();
    assert_eq!(mapped.refs.peeled(mapped.refs.get(&name("refs/tags/up/v1")).unwrap()), id(3));
}

#[test]
fn two_refs_with_one_name_are_refused_and_one_ref_by_two_lines_is_not() {
    let source = list(&[("refs/heads/a", 1), ("refs/tags/a", 1), ("refs/tags/b", 2)]);
    let lines = ["refs/heads/*:refs/heads/up/*", "refs/tags/*:refs/heads/up/*"];
    let (one, other) = (name("refs/heads/a"), name("refs/tags/a"));
    let expected = MappingError::SameName { one, other, name: name("refs/heads/up/a") };
    assert_eq!(mapped(&lines, &[], &source).unwrap_err(), expected);
    // What is left out takes no name.
    let refs = mapped(&lines, &["refs/heads/a"], &source).unwrap().refs;
    assert_eq!(shown(&refs), shown(&list(&[("refs/heads/up/a", 1), ("refs/heads/up/b", 2)])));
    let twice = mapped(&[lines[0], "refs/heads/a:refs/heads/up/a"], &[], &source).unwrap();
    assert_eq!(shown(&twice.refs), shown(&list(&[("refs/heads/up/a", 1)])));
}

#[test]
fn a_name_that_would_be_a_folder_of_another_is_refused() {
    let source = list(&[("refs/heads/a", 1), ("refs/tags/a-b", 2), ("refs/tags/b", 2)]);
    let lines = ["refs/heads/a:refs/heads/up", "refs/tags/*:refs/heads/up/x/*"];
    assert_eq!(
        mapped(&lines, &[], &source).unwrap_err(),
        MappingError::Folder { name: name("refs/heads/up"), below: name("refs/heads/up/x/a-b") }
    );
    assert!(mapped(&lines, &["refs/tags/*"], &source).is_ok());
    assert!(mapped(&["refs/heads/a:refs/heads/up", "refs/tags/*:refs/heads/up-*"], &[], &source).is_ok());
}

#[test]
fn a_ref_that_stays_at_the_destination_is_not_to_be_in_the_way() {
    let line = "refs/heads/*:refs/heads/up/*";
    let source = list(&[("refs/heads/a", 1), ("refs/heads/wip", 1)]);
    let room = |there: &str, prune| {
        let policy = Policy { prune, ..mapping(&[line], &["refs/heads/wip"]) };
        let mapped = of(&source, &policy.selection).unwrap();
        require_room(&mapped.refs, &list(&[(there, 9)]), &policy)
    };
    for (there, with_prune, without) in [
        // Outside of the image, all stays.
        ("refs/heads/up", false, false),
        ("refs/heads/upper", true, true),
        ("refs/heads/up/a", true, true),
        // Inside, only what is not pruned.
        ("refs/heads/up/a/b", true, false),
        ("refs/heads/up/b/c", true, true),
        ("refs/heads/up/wip", true, true),
    ] {
        for (prune, has_room) in [(Prune::Delete, with_prune), (Prune::Keep, without)] {
            let expected = if has_room {
                Ok(())
            } else {
                Err(MappingError::FolderThere { new: name("refs/heads/up/a"), there: name(there) })
            };
            assert_eq!(room(there, prune), expected, "{there}, {prune:?}");
        }
    }
}

#[test]
fn a_ref_that_is_left_out_is_in_the_way_too() {
    let policy = mapping(&["refs/heads/*:refs/heads/up/*"], &["refs/heads/a/*"]);
    let mapped = of(&list(&[("refs/heads/a", 1)]), &policy.selection).unwrap();
    let there = name("refs/heads/up/a/b");
    assert_eq!(
        require_room(&mapped.refs, &list(&[("refs/heads/up/a/b", 9)]), &policy),
        Err(MappingError::FolderThere { new: name("refs/heads/up/a"), there })
    );
}

#[test]
fn a_conflict_is_told_in_words() {
    let source = list(&[("refs/heads/a", 1), ("refs/tags/a", 1)]);
    let lines = ["refs/heads/*:refs/heads/up/*", "refs/tags/*:refs/heads/up/*"];
    assert_eq!(
        mapped(&lines, &[], &source).unwrap_err().to_string(),
        "'refs/heads/a' and 'refs/tags/a' of the source would both be 'refs/heads/up/a'"
    );
}

fn planned(policy: &Policy, source: &RefList, destination: &RefList) -> Plan {
    let mapped = of(source, &policy.selection).unwrap().refs;
    plan::difference(&mapped, destination, policy)
}

fn deleted(plan: &Plan) -> Vec<String> {
    let deletions = plan.updates().filter(|update| matches!(update, RefUpdate::Delete { .. }));
    deletions.map(|update| update.name().to_string()).collect()
}

#[test]
fn only_names_that_the_map_can_give_are_deleted() {
    let policy = mapping(&["refs/heads/*:refs/heads/up/*"], &["refs/heads/wip"]);
    let destination = list(&[
        ("refs/heads/main", 9),
        ("refs/heads/up/gone", 9),
        ("refs/heads/up/main", 1),
        ("refs/heads/up/wip", 9),
        ("refs/tags/v1", 9),
    ]);
    let plan = planned(&policy, &list(&[("refs/heads/main", 1)]), &destination);
    assert_eq!((deleted(&plan), plan.unchanged, plan.not_pruned), (vec!["refs/heads/up/gone".into()], 1, 0));
}

#[test]
fn a_name_that_a_ref_left_out_could_have_is_not_deleted() {
    let lines = ["refs/heads/*:refs/heads/up/*", "refs/tags/*:refs/heads/up/*"];
    let policy = mapping(&lines, &["refs/heads/wip"]);
    let destination = list(&[("refs/heads/up/wip", 9), ("refs/heads/up/x", 9)]);
    let plan = planned(&policy, &list(&[("refs/heads/a", 1)]), &destination);
    assert_eq!(deleted(&plan), ["refs/heads/up/x"]);
    let plan = planned(&policy, &list(&[("refs/tags/wip", 1)]), &destination);
    assert_eq!((deleted(&plan), plan.updates().count()), (vec!["refs/heads/up/x".into()], 2));
}

#[test]
fn guards_count_under_the_names_at_the_destination() {
    let policy = mapping(&["refs/heads/*:refs/heads/up/*"], &[]);
    let there: Vec<_> = (0..20).map(|number| format!("refs/heads/up/b{number:02}")).collect();
    let others: Vec<_> = (0..20).map(|number| format!("refs/heads/b{number:02}")).collect();
    let all: Vec<_> = there.iter().chain(&others).map(|name| (name.as_str(), 9)).collect();
    let destination = list(&all);
    let source = list(&[("refs/heads/b00", 9)]);
    let mapped = of(&source, &policy.selection).unwrap().refs;
    let plan = guards::plan(&mapped, &destination, &policy).unwrap();
    let Err(guards::PlanError::TooManyDeletions { losses, .. }) =
        guards::limit_deletions(&plan, &mapped, &destination, &policy)
    else {
        panic!("{plan:?}")
    };
    let [loss] = losses.as_slice() else { panic!("{losses:?}") };
    assert_eq!(
        (loss.pattern.as_str(), loss.deletions, loss.there, loss.at_source),
        ("refs/heads/*", 19, 20, 1)
    );
    // No branch of the image is left, and those outside of it count for nothing.
    let tags = mapping(&["refs/heads/*:refs/heads/up/*", "refs/tags/*:refs/tags/*"], &[]);
    let mapped = of(&list(&[("refs/tags/v1", 1)]), &tags.selection).unwrap().refs;
    assert_eq!(
        guards::plan(&mapped, &destination, &tags).unwrap_err(),
        guards::PlanError::NoBranchSelected(20)
    );
}
