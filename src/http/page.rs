//! Finds the words that a person would read in an answer that is not Git's.

use std::io::Read;
use std::time::Duration;

use ureq::http::StatusCode;

use crate::clock::Stopwatch;
use crate::text;
use crate::text::End;

/// Size of a page that is read, in bytes.
const MAX_PAGE: u64 = 16 * 1024;

/// Time in which a page is read that comes in drips.
const MAX_TIME: Duration = Duration::from_secs(10);

/// Length of a page that is shown, in characters.
const MAX_WORDS: usize = 1000;

/// The markup of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Markup {
    Html,
    Text,
}

/// Takes the words of a text out of what a service wraps them in.
pub(crate) type Unwrap = fn(Vec<u8>, End) -> Vec<u8>;

/// Returns the words of a page, if it has any and they say more than the status.
pub(crate) fn words(page: impl Read, markup: Markup, status: StatusCode, unwrap: Unwrap) -> Option<String> {
    let (page, end) = read(page);
    let words = match markup {
        Markup::Html => title(&page),
        Markup::Text => short(&text::ended(&unwrap(page, end), end)),
    };
    words.filter(|words| !repeats(words, status))
}

/// Reads as much as comes in time; what cannot be read is not worth another error.
pub(crate) fn read(page: impl Read) -> (Vec<u8>, End) {
    // One byte more than is kept tells whether the page goes on.
    let (watch, mut page, mut read) = (Stopwatch::start(), page.take(MAX_PAGE + 1), Vec::new());
    let mut piece = [0; 4096];
    let mut end = End::Cut;
    while watch.elapsed() < MAX_TIME {
        match page.read(&mut piece) {
            Ok(0) => {
                end = End::Whole;
                break;
            }
            Ok(count) => read.extend_from_slice(piece.split_at(count).0),
            Err(_) => break,
        }
    }
    if read.len() as u64 > MAX_PAGE {
        read.pop();
        end = End::Cut;
    }
    (read, end)
}

/// Returns the title of an HTML page, in which hosts say what it is about.
fn title(page: &[u8]) -> Option<String> {
    let text = text::of_bytes(page);
    // As long as the text itself: only ASCII letters change.
    let lower = text.to_ascii_lowercase();
    let start = lower.find("<title")?;
    let start = start + lower.get(start..)?.find('>')? + 1;
    let end = start + lower.get(start..)?.find("</title")?;
    short(text.get(start..end)?)
}

/// Returns true if words are the status over again, as in many error pages: `401 Unauthorized`.
fn repeats(words: &str, status: StatusCode) -> bool {
    let letters = |text: &str| -> String {
        text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
    };
    let (number, reason) = (status.as_str(), letters(status.canonical_reason().unwrap_or_default()));
    let said = letters(words);
    let said = ["http", "error"].iter().fold(&*said, |said, word| said.strip_prefix(word).unwrap_or(said));
    words.is_ascii() && (said == number || said == reason || said == format!("{number}{reason}"))
}

fn short(text: &str) -> Option<String> {
    let words = text::cut(text.trim(), MAX_WORDS);
    (!words.is_empty()).then(|| words.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the words of a text that is not wrapped in anything.
    fn plain(page: &[u8], end: End) -> Option<String> {
        short(&text::ended(page, end))
    }

    #[test]
    fn words_are_the_text_or_the_title_and_never_endless() {
        let cut = |length| format!("{}{}", "x".repeat(length), text::CUT);
        assert_eq!(plain(b" Repository not found. \n", End::Whole).unwrap(), "Repository not found.");
        assert_eq!(plain(b"", End::Whole), None);
        assert_eq!(
            title(b"<html><title>Azure DevOps Services | Sign In</title>").unwrap(),
            "Azure DevOps Services | Sign In"
        );
        assert_eq!(title(b"<HTML><TITLE lang=en>403 Forbidden</TITLE>").unwrap(), "403 Forbidden");
        assert_eq!(title(b"<html>"), None);
        assert_eq!(plain(&[b'x'; 5000], End::Whole).unwrap(), cut(MAX_WORDS));
        let (page, end) = read(std::io::repeat(b'x'));
        assert_eq!(page.len() as u64, MAX_PAGE);
        assert_eq!(end, End::Cut);
    }

    #[test]
    fn words_that_only_repeat_the_status_are_none() {
        let said =
            |said: &str| words(said.as_bytes(), Markup::Text, StatusCode::UNAUTHORIZED, |text, _| text);
        for repeated in
            ["401 Unauthorized", "Unauthorized.\n", "401", "HTTP Error 401: Unauthorized", "error 401"]
        {
            assert_eq!(said(repeated), None, "{repeated}");
        }
        for more in ["401 Authorization Required", "Unauthorized: expired", "403 Forbidden", "…"] {
            assert_eq!(said(more).unwrap(), more);
        }
    }
}
