//! A text that must never be seen, in every form in which others may write it.

pub(crate) mod spans;

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use url::form_urlencoded;

/// A shorter mask would hit ordinary words of the log.
pub const SHORTEST_MASK: usize = 4;

/// The least length of a form that is only a part of a secret, or a secret in another letter case.
const SHORTEST_LIKENESS: usize = 8;

/// Characters that RFC 3986 escapes, as in .NET's `Uri.EscapeDataString`.
pub(crate) const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// Escapes of pages for the characters that mean something in HTML; programs differ in the quotes.
const HTML: [[(char, &str); 5]; 3] = [
    [('&', "&amp;"), ('<', "&lt;"), ('>', "&gt;"), ('"', "&quot;"), ('\'', "&#39;")],
    [('&', "&amp;"), ('<', "&lt;"), ('>', "&gt;"), ('"', "&#34;"), ('\'', "&#39;")],
    [('&', "&amp;"), ('<', "&lt;"), ('>', "&gt;"), ('"', "&quot;"), ('\'', "&#x27;")],
];

/// Escapes of JSON for characters that could end a string: in any program, in Go's, in PHP's.
const JSON: [&[(char, &str)]; 3] = [
    &[('"', "\\\""), ('\\', "\\\\")],
    &[('"', "\\\""), ('\\', "\\\\"), ('&', "\\u0026"), ('<', "\\u003c"), ('>', "\\u003e")],
    &[('"', "\\\""), ('\\', "\\\\"), ('/', "\\/")],
];

/// A text that does not print: its `Debug` and `Display` are `***`.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Secret(String);

impl Secret {
    /// Takes a text out of sight.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Returns the text itself: the one way out.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Returns true if it is long enough to be replaced in a log without hitting ordinary words.
    pub fn is_maskable(&self) -> bool {
        self.0.chars().count() >= SHORTEST_MASK
    }

    /// Returns it as it is, and as it stands in URLs, forms, HTML, JSON and base64: what can be masked, once each.
    pub fn encodings(&self) -> Vec<Self> {
        let text = self.0.as_str();
        let escaped = utf8_percent_encode(text, ESCAPED).to_string();
        let form = form_urlencoded::byte_serialize(text.as_bytes()).collect();
        let mut forms = vec![text.to_owned(), lower_hex(&escaped), escaped, form];
        forms.extend(HTML.iter().map(|table| replaced(text, table)));
        forms.extend(JSON.iter().map(|table| replaced(text, table)));
        // URLs lower-case their host, and so do the errors of a lookup.
        forms.extend(Some(text.to_lowercase()).filter(|lower| lower.chars().count() >= SHORTEST_LIKENESS));
        if self.is_maskable() {
            forms.extend([STANDARD.encode(text), STANDARD_NO_PAD.encode(text)]);
            forms.extend(within_base64(text.as_bytes()));
        }
        distinct_maskable(forms.into_iter().map(Self).collect())
    }
}

/// A masker, which takes secrets out of all that is printed from then on.
pub trait SecretMasker: Send + Sync {
    /// Masks a secret in this form; a text of several lines, each of them. Texts so short that they would hit ordinary
    /// words are not masked.
    fn mask(&self, secret: &Secret);
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

/// Returns the value of a header for Basic authentication.
pub(crate) fn basic(user: &str, password: &Secret) -> Secret {
    Secret::new(format!("Basic {}", STANDARD.encode(format!("{user}:{}", password.expose()))))
}

/// Returns a file of a key and each of its lines, in every form in which others may write them. Those of a certificate are no
/// secret, and those that only say what follows are words of many files.
pub(crate) fn of_lines(file: &Secret) -> Vec<Secret> {
    let mut of_certificate = false;
    let is_secret = |line: &&str| match label(line) {
        Some(label) => {
            of_certificate = label.strip_prefix("BEGIN ").is_some_and(|label| label.ends_with("CERTIFICATE"));
            false
        }
        None => line.len() >= SHORTEST_LIKENESS && !of_certificate,
    };
    let lines = file.expose().lines().map(str::trim).filter(is_secret).map(Secret::new);
    let whole = file.encodings().into_iter().filter(|form| !form.expose().contains('\n'));
    distinct_maskable(whole.chain(lines.flat_map(|line| line.encodings())).collect())
}

/// Returns what a line of PEM says that begins or ends there (RFC 7468). A key in one line is no such line.
fn label(line: &str) -> Option<&str> {
    let label = line.strip_prefix("-----")?.strip_suffix("-----")?;
    (!label.contains('-')).then_some(label)
}

/// Returns those that can be masked, once each.
pub(crate) fn distinct_maskable(secrets: Vec<Secret>) -> Vec<Secret> {
    let mut distinct: Vec<Secret> = Vec::with_capacity(secrets.len());
    for secret in secrets {
        if secret.is_maskable() && !distinct.contains(&secret) {
            distinct.push(secret);
        }
    }
    distinct
}

/// Returns what base64 makes of the bytes wherever they stand in a longer text, such as `user:token`: three bytes
/// become four characters, so it depends only on where their first one falls.
fn within_base64(bytes: &[u8]) -> impl Iterator<Item = String> {
    let groups = (0..3).filter_map(|skipped| {
        let rest = bytes.get(skipped..)?;
        rest.get(..rest.len() - rest.len() % 3)
    });
    groups.map(|whole| STANDARD.encode(whole)).filter(|form| form.len() >= SHORTEST_LIKENESS)
}

fn replaced(text: &str, table: &[(char, &str)]) -> String {
    let mut replaced = String::with_capacity(text.len());
    for c in text.chars() {
        match table.iter().find(|(plain, _)| *plain == c) {
            Some((_, escape)) => replaced.push_str(escape),
            None => replaced.push(c),
        }
    }
    replaced
}

/// Returns the same escapes with lower-case digits: `%2F` becomes `%2f`.
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

#[cfg(test)]
mod tests {
    use super::*;

    fn forms(text: &str) -> Vec<String> {
        Secret::new(text).encodings().iter().map(|form| form.expose().to_owned()).collect()
    }

    #[test]
    fn a_secret_is_known_in_every_form_of_others() {
        let forms = forms("T0k<&>\"/'\\ en");
        for form in [
            "T0k<&>\"/'\\ en",
            "t0k<&>\"/'\\ en",
            "T0k%3C%26%3E%22%2F%27%5C%20en",
            "T0k%3c%26%3e%22%2f%27%5c%20en",
            "T0k%3C%26%3E%22%2F%27%5C+en",
            "T0k&lt;&amp;&gt;&quot;/&#39;\\ en",
            "T0k&lt;&amp;&gt;&#34;/&#39;\\ en",
            "T0k&lt;&amp;&gt;&quot;/&#x27;\\ en",
            "T0k<&>\\\"/'\\\\ en",
            "T0k\\u003c\\u0026\\u003e\\\"/'\\\\ en",
            "T0k<&>\\\"\\/'\\\\ en",
            "VDBrPCY+Ii8nXCBlbg==",
            "VDBrPCY+Ii8nXCBlbg",
        ] {
            assert!(forms.iter().any(|known| known == form), "{form}");
        }
    }

    #[test]
    fn a_secret_is_known_in_base64_wherever_it_stands() {
        let forms = forms("hunter22");
        for around in ["hunter22\n", "a:hunter22", "ab:hunter22", "abc:hunter22 and more", "hunter22"] {
            let encoded = STANDARD.encode(around);
            assert!(forms.iter().any(|form| encoded.contains(form.as_str())), "{around}");
        }
    }

    #[test]
    fn a_key_is_known_by_its_lines_and_as_a_whole() {
        let file = "-----BEGIN KEY-----\nMIIEogIBAAKC\n  QDf/+kA=\n-----END KEY-----\n";
        let forms: Vec<_> =
            of_lines(&Secret::new(file)).iter().map(|form| form.expose().to_owned()).collect();
        for form in ["MIIEogIBAAKC", "QDf/+kA=", "QDf%2F%2BkA%3D", &STANDARD.encode(file)] {
            assert!(forms.iter().any(|known| known == form), "{form}");
        }
        assert!(
            !forms.iter().any(|form| form.starts_with("-----BEGIN KEY") || form.contains('\n')),
            "{forms:?}"
        );
    }

    #[test]
    fn a_certificate_is_no_secret_and_a_key_in_one_line_is() {
        let (key, certificate) = ("-----BEGIN PRIVATE KEY-----", "-----BEGIN CERTIFICATE-----");
        let forms = |file: &str| {
            let forms = of_lines(&Secret::new(file));
            forms.iter().map(|form| form.expose().to_owned()).collect::<Vec<_>>()
        };
        let of_files = forms(&format!(
            "{certificate}\nMIICertificate1\n-----END CERTIFICATE-----\n{key}\nMIIPrivateKey\n-----END PRIVATE KEY-----\n\
             -----BEGIN TRUSTED CERTIFICATE-----\nMIICertificate2\n-----END TRUSTED CERTIFICATE-----\nMIIAnything"
        ));
        for (form, is_secret) in [
            ("MIIPrivateKey", true),
            ("MIIAnything", true),
            ("MIICertificate1", false),
            ("MIICertificate2", false),
        ] {
            assert_eq!(of_files.iter().any(|known| known == form), is_secret, "{form}");
        }
        let in_one_line = format!("{key} MIIPrivateKey -----END PRIVATE KEY-----");
        assert!(forms(&format!("{in_one_line}\n")).contains(&in_one_line));
    }

    #[test]
    fn a_short_secret_has_no_forms_that_hit_words() {
        assert_eq!(forms("pw"), [] as [&str; 0]);
        assert_eq!(forms("Main"), ["Main", "TWFpbg==", "TWFpbg"]);
    }
}
