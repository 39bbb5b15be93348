//! The tips that a mirror takes away, or would, in words: what becomes of each, and the commits behind it.

use std::collections::HashMap;

use crate::mirror::report::{Outcome, Report};
use crate::mirror::taken::tip::{CommitsBehind, Divergence, Holder, Others, TakenTip};

/// The fate of a tip.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TipFate {
    /// It would leave its ref, if the plan were carried out.
    Planned,
    /// It left its ref.
    Taken,
    /// It stays where it is.
    Kept,
    /// It is not known.
    Unknown,
}

/// The fates of the tips of a report. A report of many tips has as many refs, so each is found at once.
pub(crate) struct TipFates<'a> {
    outcomes: HashMap<&'a [u8], &'a Outcome>,
}

impl<'a> TipFates<'a> {
    /// Makes those of a report.
    pub(crate) fn of(report: &'a Report) -> Self {
        let outcomes = report.outcomes.iter().map(|ref_| (ref_.update.name().as_bytes(), &ref_.outcome));
        Self { outcomes: outcomes.collect() }
    }

    /// Returns the fate of a tip.
    pub(crate) fn fate(&self, taken: &TakenTip) -> TipFate {
        match self.outcomes.get(taken.name.as_bytes()) {
            _ if !taken.is_taken() => TipFate::Kept,
            Some(Outcome::Planned) => TipFate::Planned,
            Some(Outcome::Done) => TipFate::Taken,
            Some(Outcome::Unknown | Outcome::ChangedConcurrently) => TipFate::Unknown,
            _ => TipFate::Kept,
        }
    }
}

/// Says what takes hold of a tip, after a comma; nothing where that is no more than its ref.
pub(crate) fn holder(taken: &TakenTip) -> String {
    match &taken.holder {
        Holder::Nobody => "held by nothing else".to_owned(),
        Holder::TheRef => "kept".to_owned(),
        Holder::OtherRefs => "held by other refs".to_owned(),
        Holder::Tag(tag) | Holder::NewTag(tag) => format!("held by {tag}"),
    }
}

/// Lists the commits behind a tip; none where no more is to be said of them.
pub(crate) fn commits(CommitsBehind { ids, others }: &CommitsBehind) -> Option<String> {
    let listed = ids.iter().map(|id| format!("{id:.10}")).collect::<Vec<_>>().join(" ");
    match (listed.as_str(), others) {
        ("", Others::None) => None,
        ("", Others::Some | Others::Unknown) => Some("commits behind it are not listed".to_owned()),
        (_, Others::None) => Some(format!("commits: {listed}")),
        (_, Others::Some | Others::Unknown) => Some(format!("commits: {listed}; more are not listed")),
    }
}

/// Says of a tip in a plan what becomes of it, in a line of the log; none where the line of its ref has said all.
pub(crate) fn line(taken: &TakenTip) -> Option<String> {
    let TakenTip { name, tip, .. } = taken;
    // Of refs that are held otherwise, no commit is lost.
    let commits = commits(&taken.commits).filter(|_| taken.holder != Holder::OtherRefs);
    if !taken.is_taken() {
        return commits.map(|commits| format!("  kept with {name}: {commits}"));
    }
    let verb = match taken.divergence {
        Divergence::Diverged => "takes away",
        Divergence::Outdated => "deletes",
    };
    let commits = commits.map(|commits| format!("; {commits}")).unwrap_or_default();
    Some(format!("  {verb} {tip} of {name}, {}{commits}", holder(taken)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mirror::taken::tip::testing::taken;
    use crate::mirror::testing::{id, name};

    #[test]
    fn a_line_names_tip_ref_holder_and_commits_in_words() {
        let held = TakenTip {
            holder: Holder::NewTag(name("refs/tags/mirror-replaced/20261124T170416Z/heads/main")),
            commits: CommitsBehind { ids: vec![id(9), id(8)], others: Others::Some },
            ..taken("refs/heads/main", 9)
        };
        assert_eq!(
            line(&held).unwrap(),
            format!(
                "  takes away {} of refs/heads/main, held by refs/tags/mirror-replaced/20261124T170416Z/heads/main; \
                 commits: 0909090909 0808080808; more are not listed",
                id(9)
            )
        );
        let unlisted = line(&taken("refs/heads/a", 9)).unwrap();
        assert!(unlisted.ends_with("held by nothing else; commits behind it are not listed"), "{unlisted}");
        let other = line(&TakenTip { holder: Holder::OtherRefs, ..taken("refs/heads/a", 9) }).unwrap();
        assert!(other.ends_with("of refs/heads/a, held by other refs"), "{other}");
        let kept = TakenTip { holder: Holder::TheRef, ..held };
        let expected = "  kept with refs/heads/main: commits: 0909090909 0808080808; more are not listed";
        assert_eq!(line(&kept).as_deref(), Some(expected));
    }
}
