//! The refs of a mirror in the page: what became of each, and what is to be done.

use super::cells::{code_span, prose};
use super::ref_kind::RefKind;
use super::verdict::Sign;
use super::writer::{Rows, Writer};
use crate::agent::command::TaskResult;
use crate::hosts::Host;
use crate::mirror::plan::{Difference, KeptReason};
use crate::mirror::report::{Outcome, Reason, RefOutcome, Refusal, Report};
use crate::mirror::taken::tip::{Holder, TakenTip};
use crate::protocol::object_id::ObjectId;
use crate::protocol::receive_pack::RefUpdate;
use crate::protocol::ref_name::RefName;
use crate::remote::url::RemoteUrl;
use crate::report::advice::{self, Guidance};
use crate::report::ending::Ending;
use crate::report::ending::troubles::Fate;
use crate::report::problems::{Problem, Problems};
use crate::report::refused_plan::{First, RefusedPlan};
use crate::report::taken_lines::{self, TipFate, TipFates};

/// The heading of a table, and what is in it.
type Table = (&'static str, fn(&Outcome) -> bool);

/// The tables of what does not stand as it should.
const TROUBLED: [Table; 3] = [
    ("Refused", |outcome| matches!(outcome, Outcome::Rejected(_))),
    ("Left out", |outcome| matches!(outcome, Outcome::Unsupported(_))),
    ("Not done", |outcome| {
        matches!(
            outcome,
            Outcome::ChangedConcurrently
                | Outcome::ReportedButUnchanged
                | Outcome::Unknown
                | Outcome::NotPushed
                | Outcome::InPart(_)
        )
    }),
];

/// The change of a ref.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Change {
    Create,
    Update,
    Delete,
}

impl Change {
    const ALL: [Self; 3] = [Self::Create, Self::Update, Self::Delete];

    fn of(update: &RefUpdate) -> Self {
        match update {
            RefUpdate::Create { .. } => Self::Create,
            RefUpdate::Update { .. } => Self::Update,
            RefUpdate::Delete { .. } => Self::Delete,
        }
    }

    /// Returns the head of its column.
    fn head(self) -> &'static str {
        match self {
            Self::Create => "Commit",
            Self::Update => "Old → new",
            Self::Delete => "Was",
        }
    }

    /// Says that it was made, or would be in a dry run.
    fn in_words(self, outcome: &Outcome) -> &'static str {
        match (self, outcome) {
            (Self::Create, Outcome::Planned) => "to create",
            (Self::Update, Outcome::Planned) => "to update",
            (Self::Delete, Outcome::Planned) => "to delete",
            (Self::Create, _) => "created",
            (Self::Update, _) => "updated",
            (Self::Delete, _) => "deleted",
        }
    }
}

/// The state of a change: only what the destination has can be linked there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Made {
    /// It was made.
    Yes,
    /// It is planned, or was refused.
    No,
}

impl Made {
    fn of(outcome: &Outcome) -> Self {
        if *outcome == Outcome::Done { Self::Yes } else { Self::No }
    }
}

/// Refs with one advice.
struct Advised<'a> {
    advice: Guidance,
    rows: Vec<(&'a RefOutcome, String)>,
}

impl Writer<'_> {
    /// Lists the changes, those of each kind of ref by their short names.
    pub(super) fn changes(&mut self, report: &Report) {
        for outcome in [Outcome::Done, Outcome::Planned] {
            for change in Change::ALL {
                for kind in RefKind::ALL {
                    let updates = report
                        .outcomes
                        .iter()
                        .filter(|ref_| ref_.outcome == outcome)
                        .map(|ref_| &ref_.update)
                        .filter(|update| Change::of(update) == change && RefKind::of(update.name()) == kind);
                    let title = format!("{} {}", kind.many(), change.in_words(&outcome));
                    self.list(&title, Rows::Refs, [kind.one(), change.head()], updates, |writer, update| {
                        Some(writer.change(kind, update, Made::of(&outcome)))
                    });
                }
            }
        }
    }

    fn change(&self, kind: RefKind, update: &RefUpdate, made: Made) -> [String; 2] {
        let unlinked = |name: &RefName| code_span(&kind.short(name), &self.masks);
        match (update, made) {
            (RefUpdate::Create { name, new }, Made::Yes) => [self.name(kind, name), self.commit(name, *new)],
            (RefUpdate::Create { name, new }, Made::No) => [unlinked(name), format!("`{new:.10}`")],
            (RefUpdate::Update { name, old, new }, Made::Yes) => {
                [self.name(kind, name), self.step_between(name, *old, *new)]
            }
            (RefUpdate::Update { name, old, new }, Made::No) => {
                [self.name(kind, name), format!("{} → `{new:.10}`", self.commit(name, *old))]
            }
            (RefUpdate::Delete { name, old }, Made::Yes) => [unlinked(name), format!("`{old:.10}`")],
            (RefUpdate::Delete { name, old }, Made::No) => [self.name(kind, name), self.commit(name, *old)],
        }
    }

    /// Shows the plan that was refused, which nothing was done of.
    pub(super) fn refused_plan(&mut self, plan: &RefusedPlan) {
        self.diverged(&plan.diverged);
        for (title, change, updates) in [
            ("Would be deleted", Change::Delete, &plan.deleted),
            ("Would be updated", Change::Update, &plan.updated),
            ("Would be created", Change::Create, &plan.created),
        ] {
            if updates.count == 0 {
                continue;
            }
            let kind = RefKind::of_all(updates.items.iter().map(RefUpdate::name));
            let more = updates.count.saturating_sub(updates.items.len());
            self.paragraph(&format!("### {title}: {}", updates.count));
            let head = [kind.one(), change.head()];
            self.rows(Rows::Refs, head, (updates.items.iter(), more), |writer, update| {
                Some(writer.change(kind, update, Made::No))
            });
        }
    }

    fn diverged(&mut self, diverged: &First<TakenTip>) {
        if diverged.count == 0 {
            return;
        }
        let kind = RefKind::of_all(diverged.items.iter().map(|taken| &taken.name));
        let more = diverged.count.saturating_sub(diverged.items.len());
        self.paragraph(&format!("### Diverged: {}", diverged.count));
        let head = [kind.one(), "Tip at the destination", "Commits only there"];
        self.rows(Rows::Refs, head, (diverged.items.iter(), more), |writer, taken| {
            let commits = taken_lines::commits(&taken.commits).unwrap_or_else(|| "–".to_owned());
            let name = writer.name(kind, &taken.name);
            Some([name, writer.commit(&taken.name, taken.tip), prose(&commits)])
        });
    }

    /// Lists what does not stand as it should by what there is to do, so that advice stands there once.
    pub(super) fn troubles(&mut self, ending: &Ending<'_>, report: &Report) {
        let problems = Problems::of(report, &ending.outcome.mirror, self.step.caller);
        let sign = match (ending.fate(), ending.result) {
            (Fate::HalfWay | Fate::NotBegun, _) => Sign::Stopped,
            (_, TaskResult::Failed) => Sign::Bad,
            (_, TaskResult::Succeeded | TaskResult::SucceededWithIssues) => Sign::Issues,
        };
        for (title, is_such) in TROUBLED {
            let mut groups: Vec<Advised<'_>> = Vec::new();
            for ref_ in report.outcomes.iter().filter(|ref_| is_such(&ref_.outcome)) {
                let Some(Problem { what, advice }) = problems.of_ref(ref_) else { continue };
                match groups.iter_mut().find(|group| group.advice == advice) {
                    Some(group) => group.rows.push((ref_, what)),
                    None => groups.push(Advised { advice, rows: vec![(ref_, what)] }),
                }
            }
            let count: usize = groups.iter().map(|group| group.rows.len()).sum();
            if count > 0 {
                self.paragraph(&format!("### {} {title}: {count}", sign.mark()));
            }
            for group in &groups {
                self.advised(group, ending);
            }
        }
    }

    fn advised(&mut self, Advised { advice, rows }: &Advised<'_>, ending: &Ending<'_>) {
        let kind = RefKind::of_all(rows.iter().map(|(ref_, _)| ref_.update.name()));
        let is_said = rows.iter().all(|(ref_, _)| is_said(&ref_.outcome));
        let why = if is_said { speaker(ending) } else { "Why".to_owned() };
        let mut above = "";
        let listed = rows
            .iter()
            .map(|(ref_, why)| (ref_.update.name(), why, std::mem::replace(&mut above, why) == why));
        self.rows(Rows::Refs, [kind.one(), &why], (listed, 0), |writer, (name, why, is_above)| {
            let why = if is_above { "as above".to_owned() } else { code_span(why, &writer.masks) };
            Some([code_span(&kind.short(name), &writer.masks), why])
        });
        let words = rows.first().map_or("", |(_, what)| what.as_str());
        self.advice(advice, words);
    }

    pub(super) fn kept(&mut self, report: &Report) {
        for (difference, title) in [
            (Difference::Extra, "Kept, although the source lacks them"),
            (Difference::Value, "Kept, although the source has other values"),
        ] {
            let kept = || report.kept.iter().filter(|kept| kept.difference == difference);
            let kind = RefKind::of_all(kept().map(|kept| &kept.name));
            self.list(title, Rows::Refs, [kind.one(), "Why"], kept(), |writer, kept| {
                let why = match &kept.reason {
                    KeptReason::DefaultBranch => "the destination's default branch".to_owned(),
                    KeptReason::Diverged(tip) => format!("it has diverged, at `{tip}`"),
                    KeptReason::TargetOf(alias) => {
                        format!("{} stands for it", code_span(&alias.to_text(), &writer.masks))
                    }
                    KeptReason::SymbolicFor(target) => {
                        format!("symbolic for {}", code_span(&target.to_string(), &writer.masks))
                    }
                };
                Some([writer.name(kind, &kept.name), why])
            });
            let mut told = Vec::new();
            for advice in kept().map(|kept| advice::for_kept(&kept.reason, self.step.caller)) {
                if !told.contains(&advice) {
                    self.advice(&advice, "");
                    told.push(advice);
                }
            }
        }
    }

    /// Lists the tips that left their refs, or would, with the commits behind them.
    pub(super) fn taken(&mut self, report: &Report) {
        let fates = TipFates::of(report);
        for (fate, title) in [
            (TipFate::Planned, "To be taken away"),
            (TipFate::Taken, "Taken away"),
            (TipFate::Kept, "Only at the destination"),
            (TipFate::Unknown, "Perhaps taken away"),
        ] {
            let taken = report.taken.iter().filter(|taken| fates.fate(taken) == fate);
            self.list(title, Rows::Refs, ["Ref", "Tip", "Commits"], taken, |writer, taken| {
                let span = |text: &str| code_span(text, &writer.masks);
                let holder = match &taken.holder {
                    Holder::Tag(tag) | Holder::NewTag(tag) => format!("held by {}", span(&tag.to_string())),
                    Holder::Nobody | Holder::TheRef | Holder::OtherRefs => taken_lines::holder(taken),
                };
                let commits = taken_lines::commits(&taken.commits).unwrap_or_else(|| "–".to_owned());
                let tip = format!("`{}`, {holder}", taken.tip);
                Some([span(&taken.name.to_string()), tip, prose(&commits)])
            });
        }
    }

    fn name(&self, kind: RefKind, name: &RefName) -> String {
        let shows_all = |text: &str| self.masks.clean(text) == text;
        let links = self.links.as_ref().filter(|_| shows_all(&name.to_string()));
        self.linked(code_span(&kind.short(name), &self.masks), links.and_then(|links| links.of_ref(name)))
    }

    fn commit(&self, name: &RefName, id: ObjectId) -> String {
        self.linked(format!("`{id:.10}`"), self.links.as_ref().and_then(|links| links.of_commit(name, id)))
    }

    /// Shows where a ref came from and where it is, with the page of what came in between.
    fn step_between(&self, name: &RefName, old: ObjectId, new: ObjectId) -> String {
        match self.links.as_ref().and_then(|links| links.of_update(name, old, new)) {
            Some(page) => self.linked(format!("`{old:.10}…{new:.10}`"), Some(page)),
            None => format!("`{old:.10}` → {}", self.commit(name, new)),
        }
    }
}

/// Tells whether a server said why.
fn is_said(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Rejected(Refusal { reason: Reason::Said(_), .. }))
}

/// Returns the head of the column of what the destination said.
fn speaker(ending: &Ending<'_>) -> String {
    let destination = &ending.outcome.mirror.destination;
    match (&destination.url, destination.host()) {
        (RemoteUrl::Local(_), _) => "Why".to_owned(),
        (_, Host::Other) => "What the server said".to_owned(),
        (_, host) => format!("What {} said", host.info().name),
    }
}
