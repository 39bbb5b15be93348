//! The run's page as Markdown: a pure function of what was done.

use super::cells::{code_span, prose};
use super::footer;
use super::verdict::{Sign, Verdict};
use super::writer::{Writer, capitalised, to_do};
use crate::agent::masks::Masks;
use crate::config::input_error::InputError;
use crate::config::inputs::Caller;
use crate::report::advice;
use crate::report::outcome::Extent;
use crate::report::step_end::StepEnd;
use crate::report::units::Count;

/// Writes the page of a step, without these secrets.
pub(crate) fn page(end: &StepEnd<'_>, masks: Masks) -> String {
    let mut writer = Writer { step: end.step, links: None, masks, out: String::new() };
    match (end.listed(), end.endings.as_slice()) {
        (Some(listed), _) => writer.container(end, listed),
        (None, []) => writer.without_mirrors(end),
        (None, endings) => endings.iter().for_each(|ending| writer.mirror(ending)),
    }
    footer::ended(writer.out)
}

/// Writes the page of a step whose inputs cannot be used, without these secrets.
pub(crate) fn page_of_bad_inputs(errors: &[InputError], caller: Caller, masks: &Masks) -> String {
    let count = Count(errors.len() as u64, "input");
    let mut page =
        format!("## {} Bad input: {count} cannot be used\n\nNothing was changed.\n\n", Sign::Bad.mark());
    let mut told = Vec::new();
    for error in errors {
        page.push_str(&code_span(&error.to_string(), masks));
        page.push_str("\n\n");
        if let Some(advice) =
            advice::for_input(&error.problem, caller).filter(|advice| !told.contains(advice))
        {
            page.push_str(&to_do(&advice, "", masks));
            page.push_str("\n\n");
            told.push(advice);
        }
    }
    footer::ended(page)
}

impl Writer<'_> {
    /// Writes why there was nothing to mirror.
    fn without_mirrors(&mut self, end: &StepEnd<'_>) {
        let verdict = match (end.outcome.cancelled, end.errors.first(), &*end.outcome.extent) {
            (Some(reason), ..) => Verdict::stopped(reason),
            (None, Some(error), _) => Verdict::of_error(error, end.step.mode),
            (None, None, Extent::OfOtherJob(_)) => Verdict::new(Sign::Good, "Left to another job"),
            (None, None, _) => Verdict::new(Sign::Good, "Nothing to mirror"),
        };
        self.verdict(&verdict);
        let problems = end.problems();
        let words = if problems.is_empty() { &end.summary } else { "Nothing was changed at the destination" };
        let words = prose(&self.masks.clean(&capitalised(words)));
        let sides = self.sides(&end.step.given.source, &end.step.given.destination);
        self.paragraph(&format!("{sides} · {words}"));
        for problem in &problems {
            self.problem(problem);
        }
    }
}

#[cfg(test)]
mod tests;
