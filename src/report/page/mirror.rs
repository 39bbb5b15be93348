//! One mirror in the run's page: its overview, and what became of its refs.

use super::cells::{code_span, prose};
use super::links::Links;
use super::writer::{Rows, Writer, capitalised};
use crate::config::mirror_spec::MirrorSpec;
use crate::hosts::account::Account;
use crate::lfs::copies::LfsReport;
use crate::mirror::plan::{Difference, KeptReason};
use crate::mirror::ports::Mode;
use crate::mirror::report::{Counts, Outcome, Report};
use crate::mirror::taken::tip::Holder;
use crate::protocol::object_id::ObjectId;
use crate::protocol::receive_pack::RefUpdate;
use crate::protocol::ref_name::RefName;
use crate::report::advice::Guidance;
use crate::report::connection_test::{self, ConnectionTest};
use crate::report::ending::Ending;
use crate::report::outcome::DefaultBranchEnd;
use crate::report::problems::{Problem, Problems};
use crate::report::taken_lines::{self, TipFate};
use crate::report::units::{Bytes, Count, Elapsed, and_rate};
use crate::report::{counts, destination, division, lfs_issues};

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

/// Says what was relayed in so long a time, and what came of it.
fn pack(report: &Report, mode: Mode) -> String {
    let Counts { created, updated, deleted, not_done, .. } = report.counts();
    let was_applied = created + updated + deleted > 0 || report.interruption.is_none();
    let size = match (mode, report.pack_bytes) {
        (Mode::DryRun, _) => return "not sent".to_owned(),
        (Mode::Mirror, 0) if not_done > 0 => return "not relayed".to_owned(),
        (Mode::Mirror, 0) => return "nothing to send".to_owned(),
        (Mode::Mirror, bytes) => Bytes(bytes),
    };
    let rate = and_rate(report.pack_bytes, report.pack_time);
    format!("{size}{rate}{}", if was_applied { "" } else { ", relayed, not applied" })
}

/// Says what came of LFS objects, if any were needed.
fn lfs_row(lfs: &LfsReport, mode: Mode) -> Option<String> {
    let done = if mode == Mode::DryRun { "to copy" } else { "copied" };
    let copied = counts::objects_of(lfs).map(|objects| format!("{objects} {done}"));
    let missing = (!lfs.missing.is_empty()).then(|| format!("{} missing at the source", lfs.missing.len()));
    let without = lfs.without_service.map(|(side, objects)| {
        format!("the {side} has none, {} not copied", Count(objects as u64, "object"))
    });
    let parts: Vec<_> = [copied, missing, without].into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join("; "))
}

impl Writer<'_> {
    /// Writes of one mirror all that is known.
    pub(super) fn mirror(&mut self, ending: &Ending<'_>) {
        let outcome = ending.outcome;
        self.links = Links::of(&outcome.mirror.destination);
        self.overview(ending);
        if let Some(test) = ending.connection_test() {
            self.connection_test(test);
        }
        for problem in &ending.problems {
            self.problem(problem);
        }
        self.objects(ending);
        if let Some((_, problem)) = destination::default_branch_problem(self.step, outcome) {
            self.problem(&problem);
        }
        if let Some(difference) = destination::default_branch_difference(self.step, outcome) {
            self.problem(&difference);
        }
        if let Some(report) = outcome.report() {
            self.problems(report, &outcome.mirror);
            self.changes(report);
            self.kept(report);
            self.taken(report);
        }
    }

    fn overview(&mut self, ending: &Ending<'_>) {
        let (outcome, mirror, mode) = (ending.outcome, &ending.outcome.mirror, self.step.mode);
        let source = code_span(&mirror.source.url.to_string(), &self.masks);
        let to = code_span(&mirror.destination.url.to_string(), &self.masks);
        let to = self.linked(to, self.links.as_ref().map(|links| links.base.clone()));
        let mut rows = vec![["From".to_owned(), source]];
        if let Some(address) = &outcome.redirected {
            rows.push(["Redirected to".to_owned(), code_span(address, &self.masks)]);
        }
        rows.push(["To".to_owned(), to]);
        rows.extend(
            destination::creation(self.step, outcome.created)
                .map(|words| ["Creation".to_owned(), capitalised(&words)]),
        );
        rows.extend(
            self.default_branch(&outcome.default_branch).map(|words| ["Default branch".to_owned(), words]),
        );
        if let Some(report) = outcome.report() {
            rows.push(["Refs".to_owned(), counts::of_report(report, mode)]);
            rows.push(["Pack".to_owned(), pack(report, mode)]);
            rows.extend(report.divided.map(|limit| ["Sent".to_owned(), division::in_parts(limit)]));
        }
        rows.extend(lfs_row(&outcome.lfs, mode).map(|words| ["Git LFS".to_owned(), words]));
        rows.push(["Time".to_owned(), Elapsed(outcome.elapsed).to_string()]);
        self.table(["Result", &prose(&capitalised(&ending.words))], &rows);
    }

    /// Says what became of the default branch, whose name is from outside.
    pub(super) fn default_branch(&self, end: &DefaultBranchEnd) -> Option<String> {
        let (words, name) = match end {
            DefaultBranchEnd::Left | DefaultBranchEnd::Same => return None,
            DefaultBranchEnd::Differs { there, .. } => ("is not the source's:", there),
            DefaultBranchEnd::Set(name) => ("set to", name),
            DefaultBranchEnd::Planned(name) => ("would be set to", name),
            DefaultBranchEnd::NotSet(name, _) => ("not set to", name),
        };
        Some(format!("{words} {}", code_span(&name.to_string(), &self.masks)))
    }

    fn connection_test(&mut self, test: &ConnectionTest) {
        let ours = |text: &str| prose(&self.masks.clean(text));
        let rows = test.sides().map(|(side, connection)| {
            [
                capitalised(&side.to_string()),
                ours(&connection.sign_in.in_words(side, self.step.caller)),
                match &connection.account {
                    Some(Account::Named(name)) => code_span(name, &self.masks),
                    Some(account) => ours(connection_test::in_words(account)),
                    None => "–".to_owned(),
                },
                ours(&connection.result(side)),
            ]
        });
        self.paragraph("### Connection test");
        self.table(["Side", "Sign-in", "Account", "Result"], &rows);
        self.paragraph(&format!("{}.", prose(&capitalised(&test.verdict()))));
    }

    /// Tells of LFS objects that are not at the destination.
    fn objects(&mut self, ending: &Ending<'_>) {
        for problem in lfs_issues::problems(self.step, ending.outcome) {
            self.problem(&problem);
        }
        let missing = &ending.outcome.lfs.missing;
        self.list(
            "LFS objects that the source does not have",
            Rows::Objects,
            ["Object", "Size"],
            missing.iter(),
            |_, object| Some([format!("`{}`", object.oid), Bytes(object.size).to_string()]),
        );
    }

    fn changes(&mut self, report: &Report) {
        for (outcome, words) in [
            (Outcome::Done, ["Created", "Updated", "Deleted"]),
            (Outcome::Planned, ["To create", "To update", "To delete"]),
        ] {
            let [created, updated, deleted] = words;
            let of_kind =
                || report.outcomes.iter().filter(|ref_| ref_.outcome == outcome).map(|ref_| &ref_.update);
            self.list(created, Rows::Refs, ["Ref", "Commit"], of_kind(), |writer, update| match update {
                RefUpdate::Create { name, new } => Some([writer.name(name), writer.commit(name, *new)]),
                _ => None,
            });
            self.list(updated, Rows::Refs, ["Ref", "Old → new"], of_kind(), |writer, update| match update {
                RefUpdate::Update { name, old, new } => {
                    Some([writer.name(name), format!("`{old:.10}` → {}", writer.commit(name, *new))])
                }
                _ => None,
            });
            self.list(deleted, Rows::Refs, ["Ref", "Was"], of_kind(), |writer, update| match update {
                RefUpdate::Delete { name, old } => {
                    Some([code_span(&name.to_string(), &writer.masks), format!("`{old:.10}`")])
                }
                _ => None,
            });
        }
    }

    /// Lists what does not stand as it should by what there is to do, so that advice stands there once.
    fn problems(&mut self, report: &Report, mirror: &MirrorSpec) {
        let problems = Problems::of(report, mirror, self.step.caller);
        for (title, is_such) in TROUBLED {
            let mut by_advice: Vec<(Guidance, Vec<(&RefName, String)>)> = Vec::new();
            for ref_ in report.outcomes.iter().filter(|ref_| is_such(&ref_.outcome)) {
                let Some(Problem { what, advice }) = problems.of_ref(ref_) else { continue };
                let row = (ref_.update.name(), what);
                match by_advice.iter_mut().find(|(given, _)| *given == advice) {
                    Some((_, rows)) => rows.push(row),
                    None => by_advice.push((advice, vec![row])),
                }
            }
            for (advice, rows) in by_advice {
                let mut above = "";
                let rows =
                    rows.iter().map(|(name, why)| (name, why, std::mem::replace(&mut above, why) == why));
                self.list(title, Rows::Refs, ["Ref", "Why"], rows, |writer, (name, why, is_above)| {
                    let why = if is_above { "as above".to_owned() } else { code_span(why, &writer.masks) };
                    Some([code_span(&name.to_string(), &writer.masks), why])
                });
                if !advice.is_empty() {
                    let advice = self.advice(&advice);
                    self.paragraph(&advice);
                }
            }
        }
    }

    fn kept(&mut self, report: &Report) {
        for (difference, title) in [
            (Difference::Extra, "Kept, although the source lacks them"),
            (Difference::Value, "Kept, although the source has other values"),
        ] {
            let kept = report.kept.iter().filter(|kept| kept.difference == difference);
            self.list(title, Rows::Refs, ["Ref", "Why"], kept, |writer, kept| {
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
                Some([writer.name(&kept.name), why])
            });
        }
    }

    /// Lists the tips that left their refs, or would, with the commits behind them.
    fn taken(&mut self, report: &Report) {
        for (fate, title) in [
            (TipFate::Planned, "To be taken away"),
            (TipFate::Taken, "Taken away"),
            (TipFate::Kept, "Only at the destination"),
            (TipFate::Unknown, "Perhaps taken away"),
        ] {
            let taken = report.taken.iter().filter(|taken| TipFate::of(taken, report) == fate);
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

    fn name(&self, name: &RefName) -> String {
        let shows_all = |text: &str| self.masks.clean(text) == text;
        let links = self.links.as_ref().filter(|_| shows_all(&name.to_string()));
        self.linked(code_span(&name.to_string(), &self.masks), links.and_then(|links| links.of_ref(name)))
    }

    fn commit(&self, name: &RefName, id: ObjectId) -> String {
        self.linked(format!("`{id:.10}`"), self.links.as_ref().and_then(|links| links.of_commit(name, id)))
    }
}
