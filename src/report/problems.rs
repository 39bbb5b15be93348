//! Problems, in the words of the log and of the run's page.

use super::advice::{self, Guidance};
use super::server_messages::ServerMessages;
use crate::config::inputs::Caller;
use crate::config::mirror_spec::MirrorSpec;
use crate::error::{Error, ErrorKind};
use crate::mirror::report::{Outcome, RefOutcome, Refusal, Report};
use crate::text::cut;

/// Number of characters of a server's words that are told.
const WORDS: usize = 600;

/// Number of characters of the longest message, without the advice.
const MESSAGE: usize = 1000;

/// A problem, and advice about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    /// The event; possibly in the words of a server, which are not sanitized.
    pub(crate) what: String,
    /// The advice; can be empty.
    pub(crate) advice: Guidance,
}

impl Problem {
    /// Says what ended a run, or a part of it.
    pub(crate) fn of_error(error: &Error, mirror: &MirrorSpec, caller: Caller) -> Self {
        Self { what: with_words(error), advice: advice::for_error(error, mirror, caller) }
    }

    /// Says what happened and what to do, in sentences.
    pub(crate) fn in_sentences(&self) -> String {
        format!("{}. {}", self.what.trim_end_matches('.'), self.advice).trim_end().to_owned()
    }
}

/// The refs of a mirror that have problems.
#[derive(Debug)]
pub(crate) struct Problems<'a> {
    report: &'a Report,
    mirror: &'a MirrorSpec,
    caller: Caller,
    said: ServerMessages<'a>,
}

impl<'a> Problems<'a> {
    /// Reads a report.
    pub(crate) fn of(report: &'a Report, mirror: &'a MirrorSpec, caller: Caller) -> Self {
        Self { report, mirror, caller, said: ServerMessages::in_report(report) }
    }

    /// Says why a ref does not stand as it should.
    pub(crate) fn of_ref(&self, ref_: &RefOutcome) -> Option<Problem> {
        let (what, words) = match &ref_.outcome {
            Outcome::Done | Outcome::Planned => return None,
            Outcome::Rejected(refusal) => self.refusal(ref_, refusal),
            other => (self.why(other), String::new()),
        };
        let advice = if self.is_told(&ref_.outcome) {
            Guidance::default()
        } else {
            advice::for_outcome(&ref_.outcome, &words, self.mirror, self.caller)
        };
        Some(Problem { what: cut(&what, MESSAGE).into_owned(), advice })
    }

    /// Tells whether what ended the run is all that is to be told of a ref, with the advice for that.
    fn is_told(&self, outcome: &Outcome) -> bool {
        self.report.interruption.is_some()
            && matches!(outcome, Outcome::NotPushed | Outcome::Unknown | Outcome::InPart(_))
    }

    /// Says what became of a ref that was not refused.
    fn why(&self, outcome: &Outcome) -> String {
        let ended_by = self.report.interruption.as_ref().map(|error| error.failure.kind);
        match outcome {
            Outcome::Done | Outcome::Planned => String::new(),
            Outcome::Rejected(refusal) => refusal.reason.to_string(),
            Outcome::Unsupported(violation) => violation.to_string(),
            Outcome::ChangedConcurrently => {
                "somebody else changed it during this run, and it was left as it is".to_owned()
            }
            Outcome::ReportedButUnchanged => {
                "the report says that it was changed, but it is listed as before".to_owned()
            }
            Outcome::InPart(landed) => {
                format!(
                    "only a part of its history came, up to {landed:.10}; the next run goes on from there"
                )
            }
            Outcome::NotPushed if ended_by == Some(ErrorKind::Damaged) => {
                "not sent, since the source could not give all objects".to_owned()
            }
            Outcome::NotPushed if ended_by.is_some() => "the run ended before it was done".to_owned(),
            Outcome::Unknown if ended_by.is_some() => {
                "it is not known what became of it, since the destination could not be listed again"
                    .to_owned()
            }
            Outcome::NotPushed | Outcome::Unknown => {
                "no report says what became of it, and it is listed as before".to_owned()
            }
        }
    }

    /// Says why a ref was refused; then what the server said of it beside its report.
    fn refusal(&self, ref_: &RefOutcome, refusal: &Refusal) -> (String, String) {
        let reason = one_line(&refusal.reason.to_string());
        match self.said.of(ref_.update.name(), refusal) {
            [] => (reason, String::new()),
            lines => {
                let lines = one_line(&lines.join("\n"));
                (format!("{reason}: {lines}"), lines)
            }
        }
    }
}

/// Returns the error with the server's own words, if it said something; at most some thousand characters.
pub(crate) fn with_words(error: &Error) -> String {
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
