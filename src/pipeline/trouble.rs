//! Why something does not stand as it should, in the words of the log and of the run's page.

use super::{Settings, hints};
use crate::error::Error;
use crate::mirror::report::{Outcome, RefOutcome, Refusal, Report};

/// How many characters of a server's words are told.
const WORDS: usize = 600;

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

    /// Says why a ref does not stand as it should, unless the interruption of the run says it already.
    pub(super) fn of_ref(ref_: &RefOutcome, report: &Report, settings: &Settings) -> Option<Self> {
        let (what, advice) = match &ref_.outcome {
            Outcome::Done | Outcome::Planned => return None,
            Outcome::NotSent | Outcome::Unknown if report.interruption.is_some() => return None,
            Outcome::Rejected(refusal) => {
                let words = words_of(refusal);
                let advice = hints::for_refusal(&words, settings);
                return Some(Self { what: words, advice });
            }
            Outcome::MovedMeanwhile => (
                "somebody else changed it during this run, and it was left as it is",
                "Run the pipeline again.",
            ),
            Outcome::Contradicted => (
                "the report says that it was changed, but it is listed as before",
                "Run the pipeline again; if this repeats, ask the host's administrator.",
            ),
            Outcome::NotSent | Outcome::Unknown => {
                ("no report says what became of it, and it is listed as before", "Run the pipeline again.")
            }
        };
        Some(Self { what: what.to_owned(), advice: advice.to_owned() })
    }
}

fn words_of(Refusal { reason, remote }: &Refusal) -> String {
    if remote.is_empty() { one_line(reason) } else { format!("{}: {}", one_line(reason), one_line(remote)) }
}

/// The error with the server's own words, if it said something.
pub(super) fn with_words(error: &Error) -> String {
    match &error.failure.remote {
        Some(words) => format!("{error}: {}", one_line(words)),
        None => error.to_string(),
    }
}

/// Puts words of a server into a sentence, at most some hundred characters of them.
fn one_line(words: &str) -> String {
    // ssh frames its warnings with lines of '@'.
    let is_frame = |word: &&str| word.chars().all(|c| c == '@');
    let line = words.split_whitespace().filter(|word| !is_frame(word)).collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(WORDS) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
        None => line.trim_end_matches('.').to_owned(),
    }
}
