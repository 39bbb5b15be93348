//! The ways to sign in that a server or a proxy asks for (RFC 9110, section 11.6.1).

use ureq::http::{HeaderMap, HeaderName};

use crate::secret::Secret;

/// Number of schemes that are told, and bytes of the name of one that are read.
const MAX_SCHEMES: usize = 8;
const MAX_NAME: usize = 32;

/// The schemes that this program has.
const SUPPORTED: [&str; 2] = ["Basic", "Bearer"];

/// The schemes of all challenges of an answer, once each, in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Challenges(Vec<String>);

impl Challenges {
    /// Reads all headers of this name: each can hold several challenges, and each challenge several parameters, all
    /// with commas between them.
    pub(crate) fn read(headers: &HeaderMap, name: &HeaderName) -> Self {
        let mut asked = Self::default();
        for value in headers.get_all(name) {
            let value = crate::text::of_bytes(value.as_bytes());
            for scheme in parts(&value).into_iter().filter_map(scheme) {
                if !asked.includes(scheme) && asked.0.len() < MAX_SCHEMES {
                    asked.0.push(scheme.to_owned());
                }
            }
        }
        asked
    }

    /// Returns true if nothing was asked for by name, so that anything may be right.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns true if this program has one of the schemes.
    pub(crate) fn has_supported(&self) -> bool {
        self.is_empty() || SUPPORTED.into_iter().any(|scheme| self.includes(scheme))
    }

    /// Returns true if the server asks for the scheme of this `Authorization` header.
    pub(crate) fn takes(&self, authorization: &Secret) -> bool {
        let scheme = authorization.expose().split(' ').next().unwrap_or_default();
        self.is_empty() || self.includes(scheme)
    }

    /// Returns the names of the schemes, for a message.
    pub(crate) fn names(&self) -> String {
        self.0.join(" or ")
    }

    fn includes(&self, scheme: &str) -> bool {
        self.0.iter().any(|asked| asked.eq_ignore_ascii_case(scheme))
    }
}

/// Splits at the commas that stand in no quoted string.
fn parts(value: &str) -> Vec<&str> {
    let (mut is_quoted, mut is_escaped) = (false, false);
    let is_end = |c: char| {
        let is_plain = !std::mem::take(&mut is_escaped);
        is_escaped = is_quoted && is_plain && c == '\\';
        is_quoted ^= c == '"' && is_plain;
        c == ',' && !is_quoted
    };
    value.split(is_end).map(str::trim).collect()
}

/// Returns the scheme that begins in this part, if it is no further parameter of the one before.
fn scheme(part: &str) -> Option<&str> {
    let end = part.find(|c: char| !is_token(c)).unwrap_or(part.len());
    let (name, rest) = part.split_at(end);
    let begins = rest.is_empty() || (rest.starts_with([' ', '\t']) && !rest.trim_start().starts_with('='));
    (begins && !name.is_empty() && name.len() <= MAX_NAME).then_some(name)
}

/// Returns true if a name may hold the character.
fn is_token(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c)
}

#[cfg(test)]
mod tests {
    use ureq::http::header::WWW_AUTHENTICATE;

    use super::*;

    fn asked(values: &[&str]) -> Challenges {
        let headers = values.iter().map(|value| (WWW_AUTHENTICATE, value.parse().unwrap())).collect();
        Challenges::read(&headers, &WWW_AUTHENTICATE)
    }

    #[test]
    fn schemes_are_told_from_their_parameters() {
        for (values, expected) in [
            (&["Basic realm=\"a\""][..], "Basic"),
            (&["Negotiate, NTLM"], "Negotiate or NTLM"),
            (&["Negotiate", "NTLM", "Basic realm=\"x\""], "Negotiate or NTLM or Basic"),
            (&["Digest realm=\"a, Basic b\", qop=\"auth,auth-int\", nonce=\"x\\\", Basic y\""], "Digest"),
            (&["Basic realm=\"a\", charset=\"UTF-8\", Bearer error = \"x\", scope=y"], "Basic or Bearer"),
            (&["Negotiate YII+/==, Basic"], "Negotiate or Basic"),
            (&["basic realm = x", "BASIC"], "basic"),
            (&[",, ,Basic ,"], "Basic"),
            (&["", "\"Basic\"", "realm=x", "realm = x"], ""),
        ] {
            assert_eq!(asked(values).names(), expected, "{values:?}");
        }
    }

    #[test]
    fn letters_of_either_case_name_what_is_served() {
        for value in ["bAsIc realm=x", "Negotiate, bearer", ""] {
            assert!(asked(&[value]).has_supported(), "{value}");
        }
        for value in ["Digest realm=\"Basic\"", "NTLM", "Negotiate", "BasicX"] {
            assert!(!asked(&[value]).has_supported(), "{value}");
        }
    }

    #[test]
    fn a_way_in_is_compared_by_its_scheme() {
        let [basic, bearer] = ["Basic eA==", "Bearer x"].map(Secret::new);
        assert!(asked(&["BASIC"]).takes(&basic) && !asked(&["BASIC"]).takes(&bearer));
        assert!(asked(&[]).takes(&basic) && asked(&[]).takes(&bearer));
    }

    #[test]
    fn what_is_told_is_bounded() {
        let many: Vec<_> = (0..1000).map(|number| format!("s{number}")).collect();
        assert_eq!(asked(&[&many.join(", ")]).0.len(), MAX_SCHEMES);
        assert!(asked(&[&"x".repeat(5000)]).is_empty());
    }
}
