//! Why something does not stand as it should, in the words of the log and of the run's page.

use super::said::Said;
use super::{Settings, hints};
use crate::error::Error;
use crate::mirror::report::{Outcome, Reason, RefOutcome, Refusal, Report};
use crate::text::cut;

/// How many characters of a server's words are told.
const WORDS: usize = 600;

/// How many characters long a message is at most, without the advice.
const MESSAGE: usize = 1000;

/// What went wrong, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Trouble {
    /// What happened; possibly in the words of a server, which are not neutralised.
    pub(super) what: String,
    /// The advice, one sentence or more; can be empty.
    pub(super) advice: String,
}

impl Trouble {
    /// Says what ended a run, or a part of it.
    pub(super) fn of_error(error: &Error, settings: &Settings) -> Self {
        Self { what: with_words(error), advice: hints::for_error(error, settings) }
    }
}

/// What became of a run's refs, as far as there is trouble with them.
#[derive(Debug)]
pub(super) struct Troubles<'a> {
    report: &'a Report,
    settings: &'a Settings,
    said: Said<'a>,
}

impl<'a> Troubles<'a> {
    /// Reads a report.
    pub(super) fn of(report: &'a Report, settings: &'a Settings) -> Self {
        Self { report, settings, said: Said::in_report(report) }
    }

    /// Says why a ref does not stand as it should.
    pub(super) fn of_ref(&self, ref_: &RefOutcome) -> Option<Trouble> {
        let was_told_why = self.report.interruption.is_some();
        let what = match &ref_.outcome {
            Outcome::Done | Outcome::Planned => return None,
            Outcome::Rejected(refusal) => self.refusal(ref_, refusal),
            Outcome::LeftOut(reason) => reason.clone(),
            Outcome::MovedMeanwhile => {
                "somebody else changed it during this run, and it was left as it is".to_owned()
            }
            Outcome::Contradicted => {
                "the report says that it was changed, but it is listed as before".to_owned()
            }
            Outcome::NotSent if was_told_why => "the run ended before it was done".to_owned(),
            Outcome::Unknown if was_told_why => {
                "it is not known what became of it, since the destination could not be listed again"
                    .to_owned()
            }
            Outcome::NotSent | Outcome::Unknown => {
                "no report says what became of it, and it is listed as before".to_owned()
            }
        };
        let advice = match &ref_.outcome {
            Outcome::Rejected(Refusal { reason: Reason::Own { reason, .. }, .. }) => {
                hints::for_own_refusal(*reason, self.settings)
            }
            Outcome::Rejected(refusal) => hints::for_refusal(&what, refusal.fault, self.settings),
            _ => hints::for_refusal(&what, None, self.settings),
        };
        Some(Trouble { what: cut(&what, MESSAGE).into_owned(), advice })
    }

    fn refusal(&self, ref_: &RefOutcome, refusal: &Refusal) -> String {
        let reason = one_line(&refusal.reason.to_string());
        match self.said.of(ref_.update.name(), refusal) {
            [] => reason,
            lines => format!("{reason}: {}", one_line(&lines.join("\n"))),
        }
    }
}

/// The error with the server's own words, if it said something; at most some thousand characters.
pub(super) fn with_words(error: &Error) -> String {
    let message = match &error.failure.remote {
        Some(words) => format!("{error}: {}", one_line(words)),
        None => error.to_string(),
    };
    cut(&message, MESSAGE).into_owned()
}

/// Puts lines of a server into a sentence, at most some hundred characters of them.
fn one_line(text: &str) -> String {
    // ssh frames its warnings with lines of '@'.
    let is_frame = |word: &&str| word.chars().all(|c| c == '@');
    let lines = text
        .lines()
        .map(|line| line.split_whitespace().filter(|word| !is_frame(word)).collect::<Vec<_>>().join(" "));
    let lines: Vec<_> = lines.filter(|line| !line.is_empty()).collect();
    let lines = lines.iter().map(|line| line.trim_end_matches('.')).collect::<Vec<_>>().join("; ");
    cut(&lines, WORDS).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_a_server_become_one_sentence() {
        assert_eq!(one_line("Not today.\n\n  Try   tomorrow.\n"), "Not today; Try tomorrow");
        assert_eq!(one_line("@@@@@@@\n@ WARNING: it has changed! @\n@@@@@@@"), "WARNING: it has changed!");
        assert_eq!(one_line(&"x".repeat(5000)).chars().count(), WORDS + 1);
    }
}
