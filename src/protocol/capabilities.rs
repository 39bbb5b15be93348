//! The capabilities of a server (`gitprotocol-capabilities`, `gitprotocol-v2`).

use super::object_id::ObjectFormat;
use super::{ProtocolError, excerpt};
use crate::text;

/// The most capability lines of a v2 advertisement; Git knows about a dozen.
const MAX_CAPABILITIES: usize = 1000;

/// A server's capabilities: words with or without a value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Capabilities(Vec<String>);

impl Capabilities {
    /// Reads the list that v0 and v1 put behind the first ref, separated by spaces.
    pub fn from_list(list: &[u8]) -> Self {
        let list = text::of_bytes(list);
        Self(list.split_ascii_whitespace().map(str::to_owned).collect())
    }

    /// Adds one line of a v2 advertisement.
    ///
    /// # Errors
    /// [`ProtocolError::TooMuch`] for an endless list.
    pub fn push_line(&mut self, line: &[u8]) -> Result<(), ProtocolError> {
        if self.0.len() == MAX_CAPABILITIES {
            return Err(ProtocolError::TooMuch { what: "capabilities", limit: MAX_CAPABILITIES });
        }
        self.0.push(text::of_bytes(line).into_owned());
        Ok(())
    }

    /// Tells whether the server offers `name`, with or without a value.
    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|capability| split(capability).0 == name)
    }

    /// Returns the values of `name`, in the server's order.
    pub fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter_map(move |capability| match split(capability) {
            (word, Some(value)) if word == name => Some(value),
            _ => None,
        })
    }

    /// Tells whether the value of `name`, read as words, holds `word`; v2 lists features so.
    pub fn value_has(&self, name: &str, word: &str) -> bool {
        self.values(name).any(|value| value.split(' ').any(|feature| feature == word))
    }

    /// Returns the first of `names` that the server offers.
    pub fn first_of<'n>(&self, names: &[&'n str]) -> Option<&'n str> {
        names.iter().copied().find(|name| self.has(name))
    }

    /// Returns the repository's object format; a server that names none means sha1.
    ///
    /// # Errors
    /// [`ProtocolError::UnknownObjectFormat`].
    pub fn object_format(&self) -> Result<ObjectFormat, ProtocolError> {
        match self.values("object-format").next() {
            None => Ok(ObjectFormat::Sha1),
            Some(name) => ObjectFormat::from_name(name)
                .ok_or_else(|| ProtocolError::UnknownObjectFormat(excerpt(name.as_bytes(), 40))),
        }
    }
}

fn split(capability: &str) -> (&str, Option<&str>) {
    match capability.split_once('=') {
        Some((name, value)) => (name, Some(value)),
        None => (capability, None),
    }
}

impl std::fmt::Display for Capabilities {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_v0_list_is_words_with_and_without_values() {
        let list = Capabilities::from_list(
            b"multi_ack ofs-delta symref=HEAD:refs/heads/main symref=A:B agent=git/2",
        );
        assert!(list.has("ofs-delta") && list.has("agent") && !list.has("ofs"));
        assert_eq!(list.values("symref").collect::<Vec<_>>(), ["HEAD:refs/heads/main", "A:B"]);
        assert_eq!(list.first_of(&["multi_ack_detailed", "multi_ack"]), Some("multi_ack"));
        assert_eq!(list.object_format().unwrap(), ObjectFormat::Sha1);
    }

    #[test]
    fn a_v2_value_is_a_list_of_features() {
        let mut lines = Capabilities::default();
        for line in ["version 2", "fetch=shallow wait-for-done", "object-format=sha256"] {
            lines.push_line(line.as_bytes()).unwrap();
        }
        assert!(lines.value_has("fetch", "wait-for-done") && !lines.value_has("fetch", "wait"));
        assert_eq!(lines.object_format().unwrap(), ObjectFormat::Sha256);
    }

    #[test]
    fn an_unknown_object_format_is_named() {
        let error = Capabilities::from_list(b"object-format=blake3").object_format().unwrap_err();
        assert_eq!(error.to_string(), "uses the unknown object format 'blake3'");
    }

    #[test]
    fn an_endless_list_is_refused() {
        let mut lines = Capabilities::default();
        let refused = (0..=MAX_CAPABILITIES).find(|_| lines.push_line(b"x").is_err());
        assert_eq!(refused, Some(MAX_CAPABILITIES));
    }
}
