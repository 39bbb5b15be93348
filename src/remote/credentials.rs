//! What signs in at a server, and every form of it that must never be seen.

use std::borrow::Cow;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use thiserror::Error;
use url::form_urlencoded;

/// The user that goes with a bare token. GitHub asks for it; Azure Repos, GitLab and Gitea take any.
const USER_OF_A_BARE_TOKEN: &str = "x-access-token";

/// A shorter mask would hit ordinary words of the log.
const SHORTEST_MASK: usize = 4;

/// What RFC 3986 leaves unescaped, as in .NET's `Uri.EscapeDataString`.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// A text that does not print: its `Debug` and `Display` are `***`.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Secret(String);

/// A user and a password, sent as Basic authentication.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credentials {
    user: String,
    password: Secret,
    given: Secret,
}

/// Why a token cannot be used. It never shows the token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum TokenError {
    /// Nothing, or nothing after `user:`.
    #[error("it holds no token")]
    Empty,
    /// No HTTP header can hold a line break.
    #[error("it holds a control character, such as a line break")]
    ControlCharacter,
}

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

impl Credentials {
    /// Reads `user:token` or a bare token, plain or percent-encoded, as it would stand in a URL.
    ///
    /// # Errors
    ///
    /// When there is no token in it, or a control character.
    pub fn parse(given: &str) -> Result<Self, TokenError> {
        let (user, token) = given.split_once(':').unwrap_or((USER_OF_A_BARE_TOKEN, given));
        Self::checked(decoded(user), decoded(token), given)
    }

    /// The credentials of a URL's user info, which is decoded already.
    ///
    /// # Errors
    ///
    /// When the password is empty, or a control character is in it.
    pub fn new(user: &str, password: &Secret) -> Result<Self, TokenError> {
        Self::checked(user.into(), password.expose().into(), password.expose())
    }

    fn checked(user: Cow<'_, str>, password: Cow<'_, str>, given: &str) -> Result<Self, TokenError> {
        if password.is_empty() {
            return Err(TokenError::Empty);
        }
        if [&user, &password].into_iter().any(|text| text.chars().any(char::is_control)) {
            return Err(TokenError::ControlCharacter);
        }
        Ok(Self { user: user.into_owned(), password: Secret::new(password), given: Secret::new(given) })
    }

    /// The value of the `Authorization` header.
    pub fn authorization(&self) -> Secret {
        Secret(format!("Basic {}", self.base64()))
    }

    /// Every form of these credentials that is sent or could be echoed, to be masked before the first use.
    pub fn masks(&self) -> Vec<Secret> {
        let password = self.password.expose();
        let given = self.given.expose();
        let escaped = utf8_percent_encode(password, ESCAPED).to_string();
        let candidates = [
            given.to_owned(),
            given.split_once(':').map_or(given, |(_, token)| token).to_owned(),
            password.to_owned(),
            lower_hex(&escaped),
            escaped,
            form_urlencoded::byte_serialize(password.as_bytes()).collect(),
            self.base64(),
            self.authorization().expose().to_owned(),
        ];
        let mut masks = Vec::with_capacity(candidates.len());
        for mask in candidates.map(Secret) {
            if mask.is_maskable() && !masks.contains(&mask) {
                masks.push(mask);
            }
        }
        masks
    }

    fn base64(&self) -> String {
        STANDARD.encode(format!("{}:{}", self.user, self.password.expose()))
    }
}

/// Decodes valid `%XX` only; what would not be UTF-8 stays as it is.
fn decoded(text: &str) -> Cow<'_, str> {
    percent_decode_str(text).decode_utf8().unwrap_or(Cow::Borrowed(text))
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn header(given: &str) -> String {
        let value = Credentials::parse(given).unwrap().authorization();
        let bytes = STANDARD.decode(value.expose().strip_prefix("Basic ").unwrap()).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    fn masks(given: &str) -> Vec<String> {
        Credentials::parse(given).unwrap().masks().iter().map(|mask| mask.expose().to_owned()).collect()
    }

    #[test]
    fn a_secret_does_not_print() {
        let secret = Secret::new("hunter2");
        assert_eq!(format!("{secret} {secret:?}"), "*** ***");
        assert!(!format!("{:?}", Credentials::parse("bob:hunter2").unwrap()).contains("hunter2"));
        assert_eq!(secret.expose(), "hunter2");
    }

    #[test]
    fn a_token_goes_with_its_user_or_with_the_usual_one() {
        assert_eq!(header("ghp_abc"), "x-access-token:ghp_abc");
        assert_eq!(header("bob:pa:ss"), "bob:pa:ss");
        assert_eq!(header(":pat"), ":pat");
    }

    #[test]
    fn a_percent_encoded_token_is_the_plain_one() {
        assert_eq!(header("git-user:1%2F%2Fabc"), header("git-user:1//abc"));
        assert_eq!(header("bob%40x:50%"), "bob@x:50%");
        assert_eq!(header("a%zz%4"), "x-access-token:a%zz%4");
        assert_eq!(header("a%FF"), "x-access-token:a%FF");
    }

    #[test]
    fn a_token_that_breaks_a_header_or_is_none_is_refused() {
        for given in ["a\nb", "a\rb", "a\0b", "u\n:ab", "a%0D%0Ab", "u%00:ab"] {
            assert_eq!(Credentials::parse(given), Err(TokenError::ControlCharacter), "{given:?}");
        }
        for given in ["", "bob:"] {
            assert_eq!(Credentials::parse(given), Err(TokenError::Empty));
        }
    }

    #[test]
    fn every_form_is_masked_once_and_the_user_is_not() {
        assert_eq!(
            masks("bob:p/w d"),
            ["bob:p/w d", "p/w d", "p%2fw%20d", "p%2Fw%20d", "p%2Fw+d", "Ym9iOnAvdyBk", "Basic Ym9iOnAvdyBk"]
        );
        assert_eq!(
            masks("ghp_abc"),
            ["ghp_abc", "eC1hY2Nlc3MtdG9rZW46Z2hwX2FiYw==", "Basic eC1hY2Nlc3MtdG9rZW46Z2hwX2FiYw=="]
        );
    }

    #[test]
    fn a_short_password_is_masked_only_within_longer_forms() {
        assert_eq!(masks("b:pw"), ["b:pw", "Yjpwdw==", "Basic Yjpwdw=="]);
    }

    #[test]
    fn the_password_of_a_url_is_not_decoded_again() {
        let credentials = Credentials::new("bob", &Secret::new("a%2Fb:c")).unwrap();
        assert_eq!(STANDARD.encode("bob:a%2Fb:c"), credentials.base64());
        assert!(Credentials::new("bob", &Secret::new("a\nb")).is_err());
    }

    proptest! {
        #[test]
        fn encoding_the_token_changes_nothing(user in "[a-z]{1,8}", token in "[^\\x00-\\x1f\\x7f-\\x9f%]{1,20}") {
            let encoded = utf8_percent_encode(&token, ESCAPED).to_string();
            prop_assert_eq!(header(&format!("{user}:{token}")), format!("{user}:{token}"));
            prop_assert_eq!(header(&format!("{user}:{encoded}")), format!("{user}:{token}"));
        }

        #[test]
        fn masks_are_long_and_different(given in "[!-~]{1,20}") {
            if let Ok(credentials) = Credentials::parse(&given) {
                let masks = credentials.masks();
                prop_assert!(masks.contains(&credentials.authorization()));
                for (at, mask) in masks.iter().enumerate() {
                    prop_assert!(mask.is_maskable() && !masks[..at].contains(mask));
                }
            }
        }
    }
}
