//! One mirror in the run's page: its verdict, the facts in short, and what became of its refs.

use std::time::Duration;

use super::bar;
use super::bar::{trouble, usual};
use super::cells::{code_span, prose};
use super::links::Links;
use super::verdict::Verdict;
use super::writer::{Rows, Writer, capitalised};
use crate::agent::command::TaskResult;
use crate::hosts::account::Account;
use crate::lfs::copies::LfsReport;
use crate::mirror::ports::Mode;
use crate::mirror::report::{Counts, Outcome, Report};
use crate::protocol::receive_pack::RefUpdate;
use crate::report::connection_test::{self, ConnectionTest};
use crate::report::ending::Ending;
use crate::report::outcome::DefaultBranchEnd;
use crate::report::refused_plan::RefusedPlan;
use crate::report::units::{Bytes, Count, Elapsed, TimeOfDay, and_rate};
use crate::report::{counts, destination, division, lfs_issues};

/// Says what was relayed in so long a time, and what came of it; nothing where there was nothing to relay.
fn pack(report: &Report, mode: Mode) -> Option<String> {
    let Counts { created, updated, deleted, not_done, .. } = report.counts();
    let was_applied = created + updated + deleted > 0 || report.interruption.is_none();
    let words = if was_applied { "sent" } else { "relayed, not applied" };
    match (mode, report.pack_bytes) {
        (Mode::Mirror, 0) if not_done > 0 => Some("no pack relayed".to_owned()),
        (Mode::DryRun, _) | (Mode::Mirror, 0) => None,
        (Mode::Mirror, bytes) => {
            // Of a pack that went at once there is no rate to speak of.
            let rate = Some(report.pack_time).filter(|took| *took >= Duration::from_secs(1));
            let rate = rate.map(|took| and_rate(bytes, took)).unwrap_or_default();
            Some(format!("{} {words}{rate}", Bytes(bytes)))
        }
    }
}

/// Says what came of LFS objects, if any were needed.
fn lfs_in_words(lfs: &LfsReport, mode: Mode) -> Option<String> {
    let done = if mode == Mode::DryRun { "to copy" } else { "copied" };
    let copied = counts::objects_of(lfs).map(|objects| format!("{objects} {done}"));
    let missing = (!lfs.missing.is_empty()).then(|| format!("{} missing at the source", lfs.missing.len()));
    let without = lfs.without_service.map(|(side, objects)| {
        format!("the {side} has none, {} not copied", Count(objects as u64, "object"))
    });
    let parts: Vec<_> = [copied, missing, without].into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join("; "))
}

/// Returns the bar of what became of the refs of these reports.
pub(super) fn bar_of(reports: &[&Report]) -> Option<String> {
    let outcomes = || reports.iter().flat_map(|report| &report.outcomes);
    let planned = |is_such: fn(&RefUpdate) -> bool| {
        outcomes().filter(|ref_| ref_.outcome == Outcome::Planned && is_such(&ref_.update)).count()
    };
    let counts = reports.iter().fold(Counts::default(), |sum, report| sum + report.counts());
    let left_out = outcomes().filter(|ref_| matches!(ref_.outcome, Outcome::Unsupported(_))).count();
    bar::line(&[
        usual("🟩", counts.created, "created"),
        usual("🟩", planned(|update| matches!(update, RefUpdate::Create { .. })), "to create"),
        usual("🟦", counts.updated, "updated"),
        usual("🟦", planned(|update| matches!(update, RefUpdate::Update { .. })), "to update"),
        usual("🟫", counts.deleted, "deleted"),
        usual("🟫", planned(|update| matches!(update, RefUpdate::Delete { .. })), "to delete"),
        trouble("🟥", counts.rejected.saturating_sub(left_out), "refused"),
        trouble("🟧", left_out, "left out"),
        trouble("⬛", counts.not_done, "not done"),
        trouble("🟨", reports.iter().map(|report| report.kept.len()).sum(), "kept"),
        usual("⬜", reports.iter().map(|report| report.unchanged).sum(), "unchanged"),
    ])
}

fn bar_of_plan(plan: &RefusedPlan) -> Option<String> {
    bar::line(&[
        usual("🟩", plan.created.count, "to create"),
        usual("🟦", plan.updated.count, "to update"),
        trouble("🟥", plan.deleted.count, "to delete"),
        usual("⬜", plan.unchanged, "unchanged"),
    ])
}

impl Writer<'_> {
    /// Writes of one mirror all that is known.
    pub(super) fn mirror(&mut self, ending: &Ending<'_>) {
        let outcome = ending.outcome;
        self.links = Links::of(&outcome.mirror.destination);
        self.verdict(&Verdict::of_mirror(ending, self.step.mode));
        self.facts(ending);
        if let Some(test) = ending.connection_test() {
            self.connection_test(test);
        }
        for problem in &ending.problems {
            self.problem(problem);
        }
        if let Some(plan) = &outcome.course.refused_plan {
            self.refused_plan(plan);
        }
        if let Some(report) = outcome.report() {
            self.troubles(ending, report);
        }
        self.objects(ending);
        if let Some((_, problem)) = destination::default_branch_problem(self.step, outcome) {
            self.problem(&problem);
        }
        if let Some(difference) = destination::default_branch_difference(self.step, outcome) {
            self.problem(&difference);
        }
        if let Some(report) = outcome.report() {
            self.kept(report);
            self.changes(report);
            self.taken(report);
        }
        self.times(&outcome.course.stages);
    }

    /// Writes both sides, how far it came and in what time, and the bar of its refs; then what is rare.
    fn facts(&mut self, ending: &Ending<'_>) {
        let (outcome, mode) = (ending.outcome, self.step.mode);
        let report = outcome.report();
        let sides = self.sides(&outcome.mirror.source, &outcome.mirror.destination);
        let verified = outcome
            .last_listed(mode)
            .map(|time| format!("verified by listing the mirror at {}", TimeOfDay(time)));
        // Where the run came to its end, the heading and the bar say as much.
        let is_told = report.is_some_and(|report| report.interruption.is_none());
        let failed = (ending.result == TaskResult::Failed && !is_told)
            .then(|| prose(&self.masks.clean(&ending.words)));
        let time = (outcome.attempts > 0).then(|| Elapsed(outcome.elapsed).to_string());
        let pack = report.and_then(|report| pack(report, mode));
        let facts: Vec<_> = [Some(sides), failed, verified, time, pack].into_iter().flatten().collect();
        self.paragraph(&facts.join(" · "));
        let bar = match (report, &outcome.course.refused_plan) {
            (Some(report), _) => bar_of(&[report]),
            (None, Some(plan)) => bar_of_plan(plan),
            (None, None) => None,
        };
        if let Some(bar) = bar {
            self.paragraph(&bar);
        }
        self.rare_facts(ending);
    }

    fn rare_facts(&mut self, ending: &Ending<'_>) {
        let outcome = ending.outcome;
        let report = outcome.report();
        let facts = [
            outcome
                .redirected
                .as_ref()
                .map(|address| format!("The source was read at {}", code_span(address, &self.masks))),
            destination::creation(self.step, outcome.created).map(|words| prose(&capitalised(&words))),
            self.default_branch(&outcome.default_branch).map(|words| format!("Default branch {words}")),
            report
                .and_then(|report| report.divided)
                .map(|limit| format!("Sent {}", prose(&division::in_parts(limit)))),
            lfs_in_words(&outcome.lfs, self.step.mode).map(|words| format!("Git LFS: {}", prose(&words))),
        ];
        let facts: Vec<_> = facts.into_iter().flatten().map(|fact| format!("- {fact}")).collect();
        if !facts.is_empty() {
            self.paragraph(&facts.join("\n"));
        }
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
}
