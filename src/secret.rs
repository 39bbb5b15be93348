//! Secrets, and every form in which one can be printed.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use url::form_urlencoded;

/// A shorter mask would hit ordinary words of the log.
pub const SHORTEST_MASK: usize = 4;

/// What RFC 3986 leaves unescaped, as in .NET's `Uri.EscapeDataString`.
pub(crate) const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// A text that does not print: its `Debug` and `Display` are `***`.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Secret(String);

impl Secret {
    /// Takes a text out of sight.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself: the one way out.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether it is long enough to be replaced in a log without hitting ordinary words.
    pub fn is_maskable(&self) -> bool {
        self.0.chars().count() >= SHORTEST_MASK
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// The value of a header for Basic authentication.
pub(crate) fn basic(user: &str, password: &Secret) -> Secret {
    Secret(format!("Basic {}", STANDARD.encode(format!("{user}:{}", password.expose()))))
}

/// The secret as it is and as it stands in URLs and forms.
pub(crate) fn encodings(secret: &Secret) -> Vec<Secret> {
    let escaped = utf8_percent_encode(secret.expose(), ESCAPED).to_string();
    let form = form_urlencoded::byte_serialize(secret.expose().as_bytes()).collect();
    [secret.expose().to_owned(), lower_hex(&escaped), escaped, form].map(Secret).into()
}

/// What can be masked, once each.
pub(crate) fn distinct(secrets: Vec<Secret>) -> Vec<Secret> {
    let mut distinct: Vec<Secret> = Vec::with_capacity(secrets.len());
    for secret in secrets {
        if secret.is_maskable() && !distinct.contains(&secret) {
            distinct.push(secret);
        }
    }
    distinct
}

/// The same escapes with lower-case digits: `%2F` becomes `%2f`.
fn lower_hex(escaped: &str) -> String {
    let mut digits = 0;
    let lower = |c: char| {
        if c == '%' {
            digits = 2;
        } else if digits > 0 {
            digits -= 1;
            return c.to_ascii_lowercase();
        }
        c
    };
    escaped.chars().map(lower).collect()
}
