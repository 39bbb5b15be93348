//! The repositories of a container in the run's page: one table of all, the worst first; then why, and what is mirrored
//! by none.

use std::collections::BTreeSet;

use super::bar;
use super::bar::{trouble, usual};
use super::cells::{code_span, prose};
use super::links::Links;
use super::mirror::bar_of;
use super::verdict::{Sign, Verdict};
use super::writer::{Rows, SIZE, Writer, capitalised};
use crate::containers::expansion::ListCounts;
use crate::mirror::ports::Mode;
use crate::mirror::report::{Outcome, Report};
use crate::report::advice::Guidance;
use crate::report::ending::Ending;
use crate::report::ending::troubles::{Fate, Trouble};
use crate::report::outcome::ListedContainer;
use crate::report::outputs::Sums;
use crate::report::step_end::{StepEnd, job};
use crate::report::units::{Bytes, Elapsed, more};
use crate::report::{container, counts, destination, outputs, unnamed};

/// The most mirrors whose problems are told below their table.
const TOLD: usize = 100;

/// The fates of mirrors, the worst first.
const FATES: [Fate; 6] =
    [Fate::Failed, Fate::HalfWay, Fate::NotBegun, Fate::WithIssues, Fate::Changed, Fate::UpToDate];

/// The head of the table of mirrors.
const HEAD: [&str; 6] = ["", "Repository", "Result", "Refs", "Size", "Time"];

fn sign(fate: Fate, mode: Mode) -> Sign {
    match (fate, mode) {
        (Fate::Failed, _) => Sign::Bad,
        (Fate::HalfWay | Fate::NotBegun, _) => Sign::Stopped,
        (Fate::WithIssues, _) => Sign::Issues,
        (Fate::Changed, Mode::DryRun) => Sign::Trial,
        (Fate::Changed, Mode::Mirror) | (Fate::UpToDate, _) => Sign::Good,
    }
}

/// Returns the verdict of all mirrors of a container.
fn verdict(end: &StepEnd<'_>) -> Verdict {
    let (mode, all) = (end.step.mode, end.endings.len() + end.unnamed());
    let of_all = |count: usize| format!("{count} of {}", repositories(all));
    match (end.errors.first(), end.cut_short_by(), end.failed(), end.count(Fate::WithIssues)) {
        (Some(error), ..) => Verdict::of_error(error, mode),
        (None, Some(reason), ..) => Verdict::stopped(reason),
        (None, None, 0, _) if mode == Mode::DryRun => {
            let changed = end.endings.iter().filter(|ending| would_change(ending)).count();
            Verdict::new(Sign::Trial, format!("Dry run: {} would change", of_all(changed)))
        }
        (None, None, 0, 0) => Verdict::new(Sign::Good, format!("In sync: {}", repositories(all))),
        (None, None, 0, issues) => Verdict::new(Sign::Issues, format!("In sync except {}", of_all(issues))),
        (None, None, failed, _) => Verdict::new(Sign::Bad, format!("Failed: {}", of_all(failed))),
    }
}

/// Tells whether a mirror that did not fail would change something, also one with issues.
fn would_change(ending: &Ending<'_>) -> bool {
    let is_planned = |report: &Report| report.outcomes.iter().any(|ref_| ref_.outcome == Outcome::Planned);
    ending.fate() == Fate::Changed || ending.outcome.report().is_some_and(is_planned)
}

fn repositories(count: usize) -> String {
    if count == 1 { "1 repository".to_owned() } else { format!("{count} repositories") }
}

impl Writer<'_> {
    /// Writes of a container what became of each repository.
    pub(super) fn container(&mut self, end: &StepEnd<'_>, listed: &ListedContainer) {
        self.verdict(&verdict(end));
        self.totals(end, listed);
        for problem in &end.problems() {
            self.problem(problem);
        }
        let worst_first = FATES.iter().flat_map(|fate| end.with_fate(*fate));
        self.list("Repositories", Rows::Mirrors, HEAD, worst_first, |writer, ending| {
            Some(writer.row(ending))
        });
        self.reasons("Why they failed", end, Fate::Failed);
        self.unnamed(end, listed);
        self.reasons("Why they are not all as at the source", end, Fate::WithIssues);
        self.left_out(listed);
    }

    /// Writes both sides, what was listed, and the bars of repositories and of refs.
    fn totals(&mut self, end: &StepEnd<'_>, listed: &ListedContainer) {
        let given = &end.step.given;
        let sides = self.sides(&given.source, &given.destination);
        let ListCounts { listed: all, selected, of_other_jobs } = listed.expansion.counts;
        let whom = container::listed_as(self.step, listed);
        let whom = whom.map(|whom| format!(" as {}", code_span(whom.trim_matches('\''), &self.masks)));
        let list = format!("{all} listed{}, {selected} selected", whom.unwrap_or_default());
        let slice = (!listed.slice.is_whole())
            .then(|| format!("{}, {of_other_jobs} for other jobs", job(listed.slice)));
        let Sums { pack_bytes, lfs_objects, lfs_bytes, .. } = outputs::sums(end);
        let sent = (pack_bytes > 0).then(|| format!("{} sent", Bytes(pack_bytes)));
        let objects = counts::objects_in_words(lfs_objects, lfs_bytes);
        let time = Elapsed(end.outcome.elapsed).to_string();
        let facts = [Some(sides), Some(list), slice, Some(time), sent, objects];
        self.paragraph(&facts.into_iter().flatten().collect::<Vec<_>>().join(" · "));
        let bar = bar::line(&[
            trouble("🟥", end.count(Fate::Failed), "failed"),
            trouble("🟧", end.unnamed(), "without a name"),
            trouble("⬛", end.count(Fate::HalfWay) + end.count(Fate::NotBegun), "not done"),
            trouble("🟨", end.count(Fate::WithIssues), "not all as at the source"),
            usual("🟩", end.count(Fate::Changed), container::changed(end.step.mode)),
            usual("⬜", end.count(Fate::UpToDate), "up to date"),
        ]);
        let reports: Vec<_> = end.endings.iter().filter_map(|ending| ending.outcome.report()).collect();
        let titled = |title: &str, bar: Option<String>| bar.map(|bar| format!("**{title}**  \n{bar}"));
        for bar in [titled("Repositories", bar), titled("Refs", bar_of(&reports))].into_iter().flatten() {
            self.paragraph(&bar);
        }
    }

    fn row(&self, ending: &Ending<'_>) -> [String; 6] {
        let outcome = ending.outcome;
        let name = code_span(&outcome.mirror.name(), &self.masks);
        let name = self.linked(name, Links::of(&outcome.mirror.destination).map(|links| links.home()));
        let created = destination::creation(self.step, outcome.created).map(|words| prose(&words));
        let default_branch =
            self.default_branch(&outcome.default_branch).map(|words| format!("default branch {words}"));
        let result = match ending.fate() {
            Fate::Failed => Verdict::of_mirror(ending, self.step.mode).words,
            _ => prose(&capitalised(&ending.words)),
        };
        let words = [Some(result), created, default_branch];
        let (refs, pack) = match outcome.report() {
            None => ("–".to_owned(), 0),
            Some(report) => (counts::of_report(report, self.step.mode), report.pack_bytes),
        };
        let size = counts::moved(pack, outcome.lfs.objects, outcome.lfs.bytes, self.step.mode);
        [
            sign(ending.fate(), self.step.mode).mark().to_owned(),
            name,
            words.into_iter().flatten().collect::<Vec<_>>().join("; "),
            refs,
            if size.is_empty() { "–".to_owned() } else { size },
            if outcome.attempts == 0 { "–".to_owned() } else { Elapsed(outcome.elapsed).to_string() },
        ]
    }

    /// Writes the reasons of mirrors with this fate, those with the same advice together.
    fn reasons(&mut self, title: &str, end: &StepEnd<'_>, fate: Fate) {
        let mut by_advice: Vec<(Guidance, Vec<(String, String)>)> = Vec::new();
        for ending in end.with_fate(fate).take(TOLD) {
            for Trouble { problem, .. } in ending.troubles() {
                let row = (ending.outcome.mirror.name(), problem.what);
                match by_advice.iter_mut().find(|(advice, _)| *advice == problem.advice) {
                    Some((_, rows)) => rows.push(row),
                    None => by_advice.push((problem.advice, vec![row])),
                }
            }
        }
        if !by_advice.is_empty() {
            self.paragraph(&format!("### {title}"));
        }
        let mut left_out = BTreeSet::new();
        for (advice, rows) in by_advice {
            for (name, what) in rows {
                if self.out.len() >= SIZE {
                    left_out.insert(name);
                    continue;
                }
                let [name, what] = [name, what].map(|text| code_span(&text, &self.masks));
                self.line(&format!("- {name}: {what}"));
            }
            self.line("");
            self.advice(&advice, "");
        }
        let rest = end.count(fate).saturating_sub(TOLD) + left_out.len();
        if rest > 0 {
            self.paragraph(&format!("The log has the reasons of {}.", more(rest, "mirror")));
        }
    }

    fn unnamed(&mut self, end: &StepEnd<'_>, listed: &ListedContainer) {
        let unnamed = listed.expansion.unnamed.iter();
        self.list(
            "Without a name at the destination",
            Rows::Mirrors,
            ["Repository", "Why"],
            unnamed,
            |writer, one| {
                Some([code_span(&one.path, &writer.masks), code_span(&unnamed::why(one), &writer.masks)])
            },
        );
        let mut told = Vec::new();
        for problem in end.unnamed_problems() {
            if !told.contains(&problem.advice) {
                self.advice(&problem.advice, "");
                told.push(problem.advice);
            }
        }
    }

    /// Lists what is mirrored by none, and what has another name than its own.
    fn left_out(&mut self, listed: &ListedContainer) {
        let span = |writer: &Self, text: &str| code_span(text, &writer.masks);
        let only = listed.only_at_destination.iter();
        self.list(
            "Only at the destination, never deleted",
            Rows::Mirrors,
            ["Repository"],
            only,
            |writer, path| Some([span(writer, path)]),
        );
        let disabled = listed.expansion.disabled.iter();
        self.list(
            "Disabled at the source, not mirrored",
            Rows::Mirrors,
            ["Repository"],
            disabled,
            |writer, path| Some([span(writer, path)]),
        );
        let cleaned = listed.cleaned.iter();
        self.list(
            "Under another name",
            Rows::Mirrors,
            ["Repository", "Name there"],
            cleaned,
            |writer, one| Some([span(writer, &one.path), span(writer, &one.name)]),
        );
        let idle = listed.expansion.idle.iter();
        self.list(
            "Patterns that match no repository",
            Rows::Mirrors,
            ["Pattern"],
            idle,
            |writer, pattern| Some([span(writer, pattern)]),
        );
    }
}

#[cfg(test)]
mod tests;
