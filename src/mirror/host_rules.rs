//! Refs that the destination's host cannot take: taken out of the plan before a push is made, so that they neither
//! cost a pack nor have the whole push refused.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};

use super::plan::{Plan, UnsupportedRef};
use super::ports::{Destination, DestinationInfo, Fetched, Source, SourceInfo, TipsAlone};
use super::ref_rule::{RefRule, RefRuleViolation};
use crate::error::Error;
use crate::protocol::fetch::FetchRequest;
use crate::protocol::object_id::ObjectId;
use crate::protocol::receive_pack::RefUpdate;
use crate::protocol::ref_list::RefList;
use crate::protocol::ref_name::RefName;
use crate::text;

/// The largest pack of tips alone that is worth reading, in bytes.
const MAX_TIPS: usize = 4 << 20;

/// Moves what the rules of the destination's host forbid from the plan's pushes to [`Plan::unsupported`].
pub(crate) fn remove_unsupported(plan: &mut Plan, source: &mut dyn Source, destination: &dyn Destination) {
    let DestinationInfo { refs, ref_rules: rules, .. } = destination.info();
    take_out_names(plan, refs, rules);
    let values =
        if rules.contains(&RefRule::TagsMustPeelToCommits) { values_of_tags(plan) } else { Vec::new() };
    if let Some(commits) = (!values.is_empty()).then(|| commits(source, &values)).flatten() {
        take_out_tags(plan, &commits);
    }
}

/// Takes out creations only: what the destination holds, it has taken.
fn take_out_names(plan: &mut Plan, destination: &RefList, rules: &[RefRule]) {
    let is_creation = |update: &RefUpdate| matches!(update, RefUpdate::Create { .. });
    if rules.is_empty() || !plan.updates().any(is_creation) {
        return;
    }
    let mut names =
        rules.contains(&RefRule::CaseInsensitive).then(|| Spellings::after_deletions(plan, destination));
    take_out_where(plan, |update| {
        is_creation(update).then(|| reason(update.name(), rules, names.as_mut())).flatten()
    });
}

/// Returns the new values of all that can be of something else than a commit, each once.
fn values_of_tags(plan: &Plan) -> Vec<ObjectId> {
    let mut seen = HashSet::new();
    let tags = plan.updates().filter(|update| !update.name().is_branch());
    tags.filter_map(RefUpdate::new_id).filter(|id| seen.insert(*id)).collect()
}

/// Returns those of some values that are commits or tags of commits; none where that cannot be told.
fn commits(source: &mut dyn Source, values: &[ObjectId]) -> Option<HashSet<ObjectId>> {
    let SourceInfo { refs, tips_alone, .. } = source.info();
    let branches = refs.refs().iter().filter(|listed| listed.name.is_branch());
    let mut commits: HashSet<_> = branches.map(|listed| listed.id).collect();
    let open = values.iter().copied().filter(|id| !commits.contains(&refs.peeled(*id)));
    let open: Vec<_> = open.collect();
    if !open.is_empty() {
        if *tips_alone == TipsAlone::Unknown {
            return None;
        }
        // What goes wrong here comes back when the pack is asked for, where it counts.
        let asked = commits_among(source, open);
        commits.extend(asked.inspect_err(|error| log::debug!("no answer: {error}")).ok()?);
    }
    let refs = &source.info().refs;
    Some(values.iter().copied().filter(|id| commits.contains(&refs.peeled(*id))).collect())
}

/// Asks for the commits among some objects, and those that tags among them are of.
fn commits_among(source: &mut dyn Source, wants: Vec<ObjectId>) -> Result<Vec<ObjectId>, Error> {
    let Fetched { head, mut pack } = source.fetch(&FetchRequest::tips_alone(wants))?;
    // The pack is read only so that its connection can serve again.
    let (mut buffer, mut left) = (vec![0; 64 << 10], MAX_TIPS);
    while let Ok(count) = pack.read(&mut buffer) {
        left = left.saturating_sub(count);
        if count == 0 || left == 0 {
            break;
        }
    }
    Ok(head.shallow)
}

fn take_out_tags(plan: &mut Plan, commits: &HashSet<ObjectId>) {
    take_out_where(plan, |update| {
        let leads_elsewhere = update.new_id().is_some_and(|id| !commits.contains(&id));
        (leads_elsewhere && !update.name().is_branch()).then_some(RefRuleViolation::NotACommit)
    });
}

/// Takes out the updates for which there is a reason.
fn take_out_where(plan: &mut Plan, mut reason: impl FnMut(&RefUpdate) -> Option<RefRuleViolation>) {
    let unsupported = &mut plan.unsupported;
    for push in &mut plan.pushes {
        push.retain(|update| {
            let reason = reason(update);
            let fits = reason.is_none();
            unsupported.extend(reason.map(|reason| UnsupportedRef { update: update.clone(), reason }));
            fits
        });
    }
    plan.pushes.retain(|push| !push.is_empty());
}

fn reason(name: &RefName, rules: &[RefRule], names: Option<&mut Spellings>) -> Option<RefRuleViolation> {
    if rules.contains(&RefRule::NoHexNames) && is_object_id(name) {
        return Some(RefRuleViolation::HexName);
    }
    if rules.contains(&RefRule::NoBranchHead) && name.as_bytes() == b"refs/heads/HEAD" {
        return Some(RefRuleViolation::BranchNamedHead);
    }
    let other = names?.add(name)?;
    let is_whole = other.to_lowercase() == name.to_text().to_lowercase();
    let other = text::cut(&other, text::LONGEST_NAME).into_owned();
    Some(if is_whole {
        RefRuleViolation::CaseConflict { other }
    } else {
        RefRuleViolation::FolderCaseConflict { other }
    })
}

fn is_object_id(name: &RefName) -> bool {
    let bytes = name.as_bytes();
    let short = bytes.strip_prefix(b"refs/heads/").or_else(|| bytes.strip_prefix(b"refs/tags/"));
    short.is_some_and(|short| {
        matches!(short.len(), 40 | 64) && short.iter().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'))
    })
}

/// The most parts of names that are kept; names beyond that are the host's to refuse.
const MAX_PARTS: usize = 1_000_000;

/// The spelling of each name, and of each folder of names: a tree of their parts. The key is the folder's number and the
/// part in lower case, the value the part's own number and its spelling.
#[derive(Default)]
struct Spellings(HashMap<(usize, String), (usize, String)>);

impl Spellings {
    /// Collects the names that stand at the destination once the plan's deletions are done.
    fn after_deletions(plan: &Plan, destination: &RefList) -> Self {
        let is_deletion = |update: &&RefUpdate| matches!(update, RefUpdate::Delete { .. });
        let deleted: HashSet<_> = plan.updates().filter(is_deletion).map(RefUpdate::name).collect();
        let mut spellings = Self::default();
        for listed in destination.refs().iter().filter(|listed| !deleted.contains(&listed.name)) {
            // Two that the destination holds already are its own affair.
            let _known = spellings.add(&listed.name);
        }
        spellings
    }

    /// Adds a name, unless it or one of its folders stands there in another case: then returns that.
    fn add(&mut self, name: &RefName) -> Option<String> {
        let text = name.to_text();
        let mut folder = 0;
        let mut before = String::new();
        for part in text.split('/') {
            let number = self.0.len() + 1;
            folder = match self.0.entry((folder, part.to_lowercase())) {
                Entry::Occupied(known) if known.get().1 != part => return Some(before + &known.get().1),
                Entry::Occupied(known) => known.get().0,
                Entry::Vacant(_) if number > MAX_PARTS => return None,
                Entry::Vacant(free) => free.insert((number, part.to_owned())).0,
            };
            before.push_str(part);
            before.push('/');
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mirror::testing::{MemorySource, id, list, name};

    const ALL: &[RefRule] = &[RefRule::NoHexNames, RefRule::NoBranchHead, RefRule::CaseInsensitive];

    fn create(ref_name: &str) -> RefUpdate {
        RefUpdate::Create { name: name(ref_name), new: id(1) }
    }

    /// Returns the names that stay in the pushes and those that are taken out, of creations and deletions.
    fn split(
        rules: &[RefRule],
        there: &[&str],
        deleted: &[&str],
        created: &[&str],
    ) -> (Vec<String>, Vec<(String, RefRuleViolation)>) {
        let there: Vec<(&str, u8)> = there.iter().map(|ref_name| (*ref_name, 1)).collect();
        let delete = |ref_name: &&str| RefUpdate::Delete { name: name(ref_name), old: id(1) };
        let push = deleted.iter().map(delete).chain(created.iter().map(|name| create(name))).collect();
        let mut plan = Plan { pushes: vec![push], ..Plan::default() };
        take_out_names(&mut plan, &list(&there), rules);
        let names = |update: &RefUpdate| update.name().to_string();
        (
            plan.updates().filter(|update| update.new_id().is_some()).map(names).collect(),
            plan.unsupported
                .iter()
                .map(|unsupported| (names(&unsupported.update), unsupported.reason.clone()))
                .collect(),
        )
    }

    #[test]
    fn a_host_without_rules_gets_everything() {
        let hex = format!("refs/tags/{}", "a".repeat(40));
        assert_eq!(split(&[], &["refs/heads/A"], &[], &["refs/heads/a", &hex]).1, []);
    }

    #[test]
    fn names_like_object_ids_and_a_branch_named_head_are_taken_out() {
        let (hex, longer) =
            (format!("refs/heads/{}", "0a".repeat(20)), format!("refs/heads/{}", "a".repeat(41)));
        let sha256 = format!("refs/tags/{}", "0a".repeat(32));
        let (stay, out) =
            split(ALL, &[], &[], &[&hex, &longer, &sha256, "refs/heads/HEAD", "refs/tags/HEAD"]);
        assert_eq!(stay, [longer.as_str(), "refs/tags/HEAD"]);
        assert_eq!(
            out,
            [
                (hex, RefRuleViolation::HexName),
                (sha256, RefRuleViolation::HexName),
                ("refs/heads/HEAD".to_owned(), RefRuleViolation::BranchNamedHead),
            ]
        );
    }

    #[test]
    fn names_and_folders_that_differ_only_in_case_are_taken_out() {
        let created = ["refs/heads/Bug/2", "refs/heads/main", "refs/heads/new", "refs/heads/New"];
        let (stay, out) = split(ALL, &["refs/heads/bug/1", "refs/heads/Main"], &[], &created);
        assert_eq!(stay, ["refs/heads/new"]);
        assert_eq!(
            out,
            [
                (
                    "refs/heads/Bug/2".to_owned(),
                    RefRuleViolation::FolderCaseConflict { other: "refs/heads/bug".into() }
                ),
                (
                    "refs/heads/main".to_owned(),
                    RefRuleViolation::CaseConflict { other: "refs/heads/Main".into() }
                ),
                (
                    "refs/heads/New".to_owned(),
                    RefRuleViolation::CaseConflict { other: "refs/heads/new".into() }
                ),
            ]
        );
    }

    #[test]
    fn new_and_moved_tags_of_no_commit_are_taken_out() {
        let create = |ref_name, number| RefUpdate::Create { name: name(ref_name), new: id(number) };
        let moved = RefUpdate::Update { name: name("refs/tags/moved"), old: id(1), new: id(3) };
        let gone = RefUpdate::Delete { name: name("refs/tags/gone"), old: id(3) };
        let updates = [gone.clone(), create("refs/heads/main", 1), create("refs/tags/a", 2), moved.clone()];
        let mut plan = Plan { pushes: vec![updates.to_vec()], ..Plan::default() };
        assert_eq!(values_of_tags(&plan), [id(2), id(3)]);
        take_out_tags(&mut plan, &HashSet::from([id(2)]));
        assert_eq!(plan.pushes, [updates[..3].to_vec()]);
        assert_eq!(plan.unsupported.len(), 1);
        assert_eq!(plan.unsupported[0].update, moved);
        take_out_tags(&mut plan, &HashSet::new());
        assert_eq!(plan.pushes, [updates[..2].to_vec()]);
    }

    #[test]
    fn values_of_branches_are_commits_without_a_question() {
        let mut source = MemorySource::new(&[("refs/heads/main", 1), ("refs/tags/v1", 1)]);
        assert_eq!(commits(&mut source, &[id(1)]), Some(HashSet::from([id(1)])));
        assert_eq!(source.requests, []);
    }

    #[test]
    fn a_source_that_cannot_be_relied_on_is_not_asked() {
        let mut source = MemorySource::new(&[("refs/heads/main", 1), ("refs/tags/v1", 2)]);
        source.shallow = vec![id(2)];
        assert_eq!(commits(&mut source, &[id(2)]), None);
        assert_eq!(source.requests, []);
    }

    #[test]
    fn shallow_commits_of_tips_alone_tell_which_tags_are_commits() {
        let mut source = MemorySource::new(&[("refs/heads/main", 1), ("refs/tags/v1", 2)]);
        source.info.tips_alone = TipsAlone::Given;
        source.shallow = vec![id(2)];
        assert_eq!(commits(&mut source, &[id(1), id(2), id(3)]), Some(HashSet::from([id(1), id(2)])));
        assert_eq!(source.requests, [FetchRequest::tips_alone(vec![id(2), id(3)])]);
    }

    #[test]
    fn a_question_that_fails_decides_nothing() {
        let mut source = MemorySource::new(&[("refs/tags/v1", 2)]);
        source.info.tips_alone = TipsAlone::Given;
        source.damaged = Some(id(2));
        assert_eq!(commits(&mut source, &[id(2)]), None);
    }

    #[test]
    fn a_name_of_many_parts_costs_no_more_than_its_parts() {
        let deep = format!("refs/heads/{}", "a/".repeat(2_000) + "b");
        let mut spellings = Spellings::default();
        assert_eq!(spellings.add(&name(&deep)), None);
        let stored: usize = spellings.0.iter().map(|((_, key), (_, part))| key.len() + part.len()).sum();
        assert!(stored < 2 * deep.len(), "{stored}");
        assert_eq!(spellings.add(&name(&deep)), None);
        assert_eq!(spellings.add(&name("refs/heads/a/A/c")).as_deref(), Some("refs/heads/a/a"));
    }

    #[test]
    fn what_this_run_deletes_is_not_in_the_way() {
        let (stay, out) = split(ALL, &["refs/heads/Main"], &["refs/heads/Main"], &["refs/heads/main"]);
        assert_eq!((stay, out), (vec!["refs/heads/main".to_owned()], vec![]));
    }
}
