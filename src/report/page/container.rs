//! The repositories of a container in the run's page: totals, a row each, the worst first, and what is mirrored by none.

use super::cells::{code_span, prose};
use super::links::Links;
use super::writer::{Rows, SIZE, Writer, capitalised};
use crate::agent::command::TaskResult;
use crate::containers::expansion::ListCounts;
use crate::mirror::ports::Mode;
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

/// The head of a table of mirrors.
const HEAD: [&str; 5] = ["Repository", "What became of it", "Refs", "Size", "Time"];

impl Writer<'_> {
    /// Writes of a container what became of each repository.
    pub(super) fn container(&mut self, end: &StepEnd<'_>, listed: &ListedContainer) {
        self.heading(end, listed);
        self.totals(end, listed);
        for problem in &end.problems() {
            self.problem(problem);
        }
        self.with_troubles("Failed", end, Fate::Failed);
        self.unnamed(end, listed);
        self.mirrors("Half-way when the run was ended", end, Fate::HalfWay);
        self.mirrors("Not begun when the run was ended", end, Fate::NotBegun);
        self.with_troubles("Not all as at the source", end, Fate::WithIssues);
        self.mirrors(&capitalised(container::changed(end.step.mode)), end, Fate::Changed);
        self.mirrors("Up to date", end, Fate::UpToDate);
        self.left_out(listed);
    }

    fn heading(&mut self, end: &StepEnd<'_>, listed: &ListedContainer) {
        let verdict = match end.result {
            TaskResult::Succeeded => "✅",
            TaskResult::SucceededWithIssues => "⚠️",
            TaskResult::Failed => "❌",
        };
        let words = match end.errors.first() {
            None => prose(&self.masks.clean(&capitalised(&end.summary))),
            Some(_) => "Nothing was mirrored".to_owned(),
        };
        self.paragraph(&format!("## {verdict} {words}"));
        let [source, destination] =
            [&listed.source, &listed.destination].map(|side| code_span(&side.url, &self.masks));
        self.paragraph(&format!("{source} **→** {destination}"));
    }

    fn totals(&mut self, end: &StepEnd<'_>, listed: &ListedContainer) {
        let ListCounts { listed: all, selected, of_other_jobs } = listed.expansion.counts;
        let whom = container::listed_as(self.step, listed);
        let whom = whom.map(|whom| format!(", as {}", code_span(whom.trim_matches('\''), &self.masks)));
        let row = |name: &str, value: String| [name.to_owned(), value];
        let mut rows = vec![row("Listed", format!("{all}{}", whom.unwrap_or_default()))];
        rows.push(row("Selected", selected.to_string()));
        if !listed.slice.is_whole() {
            rows.push(row("For other jobs", of_other_jobs.to_string()));
            rows.push(row("This job", capitalised(&job(listed.slice))));
        }
        let fates = [
            ("Failed", end.count(Fate::Failed)),
            ("Without a name", end.unnamed()),
            ("Not done", end.count(Fate::HalfWay) + end.count(Fate::NotBegun)),
            ("Not all as at the source", end.count(Fate::WithIssues)),
            (if end.step.mode == Mode::DryRun { "To change" } else { "Mirrored" }, end.count(Fate::Changed)),
            ("Up to date", end.count(Fate::UpToDate)),
        ];
        rows.extend(
            fates.iter().filter(|(_, count)| *count > 0).map(|(name, count)| row(name, count.to_string())),
        );
        let reports: Vec<_> = end.endings.iter().filter_map(|ending| ending.outcome.report()).collect();
        let Sums { pack_bytes, lfs_objects, lfs_bytes, .. } = outputs::sums(end);
        rows.push(row("Refs", counts::of_reports(&reports, end.step.mode)));
        rows.push(row("Pack", Bytes(pack_bytes).to_string()));
        rows.extend(counts::objects_in_words(lfs_objects, lfs_bytes).map(|objects| row("Git LFS", objects)));
        rows.push(row("Time", Elapsed(end.outcome.elapsed).to_string()));
        self.table(["Repositories", "Number"], &rows);
    }

    fn mirrors(&mut self, title: &str, end: &StepEnd<'_>, fate: Fate) {
        self.list(title, Rows::Mirrors, HEAD, end.with_fate(fate), |writer, ending| Some(writer.row(ending)));
    }

    fn row(&self, ending: &Ending<'_>) -> [String; 5] {
        let outcome = ending.outcome;
        let name = code_span(&outcome.mirror.name(), &self.masks);
        let name = self.linked(name, Links::of(&outcome.mirror.destination).map(|links| links.base));
        let created = destination::creation(self.step, outcome.created).map(|words| prose(&words));
        let default_branch =
            self.default_branch(&outcome.default_branch).map(|words| format!("default branch {words}"));
        let words = [Some(prose(&capitalised(&ending.words))), created, default_branch];
        let (refs, pack) = match outcome.report() {
            None => ("–".to_owned(), 0),
            Some(report) => (counts::of_report(report, self.step.mode), report.pack_bytes),
        };
        let size = counts::moved(pack, outcome.lfs.objects, outcome.lfs.bytes, self.step.mode);
        [
            name,
            words.into_iter().flatten().collect::<Vec<_>>().join("; "),
            refs,
            if size.is_empty() { "–".to_owned() } else { size },
            if outcome.attempts == 0 { "–".to_owned() } else { Elapsed(outcome.elapsed).to_string() },
        ]
    }

    /// Writes a table of mirrors, and below it the reasons, those with the same advice together.
    fn with_troubles(&mut self, title: &str, end: &StepEnd<'_>, fate: Fate) {
        self.mirrors(title, end, fate);
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
        for (advice, rows) in by_advice {
            for (name, what) in rows {
                if self.out.len() < SIZE {
                    let [name, what] = [name, what].map(|text| code_span(&text, &self.masks));
                    self.line(&format!("- {name}: {what}"));
                }
            }
            let advice = self.advice(&advice);
            self.paragraph(&format!("\n{advice}"));
        }
        let rest = end.count(fate).saturating_sub(TOLD);
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
                let advice = self.advice(&problem.advice);
                self.paragraph(&advice);
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
