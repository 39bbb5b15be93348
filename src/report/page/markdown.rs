//! The run's page as Markdown: a pure function of what was done.

use super::cells::{code_span, prose};
use super::writer::{Writer, capitalised};
use crate::agent::masks::Masks;
use crate::report::advice::Guidance;
use crate::report::problems::Problem;
use crate::report::step_end::StepEnd;

/// Writes the page of a step, without these secrets.
pub(crate) fn page(end: &StepEnd<'_>, masks: Masks) -> String {
    let mut writer = Writer { step: end.step, links: None, masks, out: String::new() };
    match (end.listed(), end.endings.as_slice()) {
        (Some(listed), _) => writer.container(end, listed),
        (None, []) => writer.without_mirrors(end),
        (None, [ending]) => writer.mirror(ending),
        (None, endings) => {
            for ending in endings {
                let name = code_span(&ending.outcome.mirror.name(), &writer.masks);
                writer.paragraph(&format!("## {name}"));
                writer.mirror(ending);
            }
        }
    }
    writer.footnote();
    writer.out
}

impl Writer<'_> {
    /// Writes why there was nothing to mirror.
    fn without_mirrors(&mut self, end: &StepEnd<'_>) {
        let given = &end.step.given;
        let [source, destination] =
            [&given.source, &given.destination].map(|side| code_span(&side.url.to_string(), &self.masks));
        let problems = end.problems();
        let words = if problems.is_empty() {
            &end.summary
        } else {
            "Not mirrored; nothing was changed at the destination"
        };
        let words = prose(&self.masks.clean(&capitalised(words)));
        self.table(["Result", &words], &[["From".to_owned(), source], ["To".to_owned(), destination]]);
        for problem in &problems {
            self.problem(problem);
        }
    }

    /// Returns advice, with a link to the section that has more.
    pub(super) fn advice(&self, advice: &Guidance) -> String {
        let text = prose(&self.masks.clean(&advice.text));
        match advice.link() {
            None => text,
            Some(link) => format!("{text} [More about this error]({link})"),
        }
    }

    /// Writes a problem with its advice.
    pub(super) fn problem(&mut self, Problem { what, advice }: &Problem) {
        let what = code_span(what, &self.masks);
        let advice = self.advice(advice);
        self.paragraph(format!("{what}  \n{advice}").trim_end());
    }
}

#[cfg(test)]
mod tests;
