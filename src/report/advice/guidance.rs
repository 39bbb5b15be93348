//! Advice in words, with the place of the documentation that has more.

use std::fmt;

use super::topic::Topic;

/// Advice for one reader, in words.
///
/// It is shown with the address of its section, where the build has one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Guidance {
    /// The advice, one sentence or more; can be empty.
    pub(crate) text: String,
    /// The section that has more.
    pub(crate) topic: Option<Topic>,
}

impl Guidance {
    /// Makes advice of which a section has more.
    pub(super) fn new(text: String, topic: Topic) -> Self {
        let topic = (!text.is_empty()).then_some(topic);
        Self { text, topic }
    }

    /// Makes advice that stands for itself.
    pub(super) fn alone(text: String) -> Self {
        Self { text, topic: None }
    }

    /// Puts other words in the place of its own.
    pub(super) fn reworded(self, words: impl FnOnce(&str) -> String) -> Self {
        Self { text: words(&self.text), ..self }
    }

    /// Tells whether there is no advice.
    pub(crate) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Returns the address of the section that has more, where this build has one.
    pub(crate) fn link(&self) -> Option<String> {
        self.topic?.link()
    }
}

impl fmt::Display for Guidance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write(f, &self.text, self.link().as_deref())
    }
}

fn write(f: &mut impl fmt::Write, text: &str, link: Option<&str>) -> fmt::Result {
    match link {
        None => f.write_str(text),
        Some(link) => write!(f, "{text} More: {link}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_stands_behind_the_advice_in_words() {
        let mut told = String::new();
        write(&mut told, "Try again.", Some("https://git.example/page#git")).unwrap();
        assert_eq!(told, "Try again. More: https://git.example/page#git");
        told.clear();
        write(&mut told, "Try again.", None).unwrap();
        assert_eq!(told, "Try again.");
    }

    #[test]
    fn no_advice_has_no_link() {
        assert_eq!(Guidance::new(String::new(), Topic::Git), Guidance::default());
    }
}
