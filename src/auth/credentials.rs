//! Credentials, and each form of them that must never be seen.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;
use thiserror::Error;

use super::scheme::{AuthForm, AuthScheme, HostSchemes};
use crate::secret::{Secret, basic, distinct_maskable};
use crate::text::invisible::has_hidden;

/// Words that stand for the password where the user is the token: `TOKEN:x-oauth-basic` is GitHub's old form, and the
/// others are the users of other hosts, given in the wrong place.
const PLACEHOLDER_PASSWORDS: [&str; 7] = [
    "x-oauth-basic",
    "x-token-auth",
    "x-access-token",
    "x-bitbucket-api-token-auth",
    "gitlab-ci-token",
    "oauth2",
    "oauth",
];

/// A secret that signs in, and the user who goes with it. The forms to send it in depend on the host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credentials {
    user: User,
    password: Secret,
    given: Secret,
}

/// The user who goes with the password.
#[derive(Clone, Debug, PartialEq, Eq)]
enum User {
    /// One who was given.
    Named(String),
    /// The one that the host wants with a token.
    HostDefault,
    /// Nobody: the password is a Bearer token.
    Bearer,
}

/// The reason why a token cannot be used. It never shows the token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum TokenError {
    /// Nothing, or nothing after `user:`.
    #[error("it holds no token")]
    Empty,
    /// No HTTP header can hold a line break.
    #[error("it holds a control character, such as a line break")]
    ControlCharacter,
    /// Nobody sees it, and no server takes it.
    #[error(
        "it holds a character that is not seen, such as a zero-width space, a byte order mark or a no-break space; \
         copy the token again, without what stands around it"
    )]
    HiddenCharacter,
    /// No header can hold it as it is, and only a password with a user goes in base64.
    #[error(
        "it holds a character beyond ASCII, which no token has; a password goes with its user, as user:password"
    )]
    BeyondAscii,
}

impl Credentials {
    /// Reads `user:token` or a bare token, plain or percent-encoded, as it would stand in a URL.
    ///
    /// # Errors
    ///
    /// Fails if there is no token in it, or a character that cannot be sent or seen.
    pub fn parse(given: &str) -> Result<Self, TokenError> {
        let (user, token) = match given.split_once(':') {
            Some((user, token)) => (User::Named(decoded(user).into_owned()), token),
            None => (User::HostDefault, given),
        };
        Self { user, password: Secret::new(decoded(token)), given: Secret::new(given) }.checked()
    }

    /// Takes the credentials of a URL's user info, which is decoded already.
    ///
    /// # Errors
    ///
    /// Fails if the password is empty, or a character is in it that cannot be sent or seen.
    pub fn of_url(user: &str, password: &Secret) -> Result<Self, TokenError> {
        Self::plain(User::Named(user.to_owned()), password)
    }

    /// Takes those of a service connection, which are never encoded. Without a user, the password is a token.
    ///
    /// # Errors
    ///
    /// Fails if the password is empty, or a character is in it that cannot be sent or seen.
    pub fn of_connection(user: &str, password: &Secret) -> Result<Self, TokenError> {
        let user = if user.is_empty() { User::HostDefault } else { User::Named(user.to_owned()) };
        Self::plain(user, password)
    }

    /// Takes a token that goes by Bearer authentication and no other: the job's, or one of Microsoft Entra.
    ///
    /// # Errors
    ///
    /// Fails if the token is empty, or a control character is in it.
    pub fn of_bearer(token: &Secret) -> Result<Self, TokenError> {
        Self::plain(User::Bearer, token)
    }

    fn plain(user: User, password: &Secret) -> Result<Self, TokenError> {
        Self { user, password: password.clone(), given: password.clone() }.checked()
    }

    fn checked(self) -> Result<Self, TokenError> {
        if self.password.expose().is_empty() {
            return Err(TokenError::Empty);
        }
        let user = if let User::Named(user) = &self.user { user } else { "" };
        let texts = [user, self.password.expose()];
        if texts.iter().any(|text| text.chars().any(char::is_control)) {
            return Err(TokenError::ControlCharacter);
        }
        if texts.into_iter().any(has_hidden) {
            return Err(TokenError::HiddenCharacter);
        }
        if !matches!(self.user, User::Named(_)) && !self.password.expose().is_ascii() {
            return Err(TokenError::BeyondAscii);
        }
        Ok(self)
    }

    /// Returns the forms to try at a host that takes these schemes, in this order.
    pub fn forms(&self, schemes: HostSchemes) -> Vec<AuthForm> {
        let of_host = |scheme: &AuthScheme| AuthForm::OfHost(*scheme);
        match &self.user {
            User::Bearer => vec![AuthForm::Own],
            User::HostDefault => {
                schemes.bare_token.iter().filter(|scheme| self.can_be(scheme)).map(of_host).collect()
            }
            User::Named(user) => {
                let others =
                    schemes.after_user.iter().filter(|scheme| self.is_alternative(scheme, user)).map(of_host);
                std::iter::once(AuthForm::Own).chain(others).collect()
            }
        }
    }

    /// Returns the value of the `Authorization` header in this form.
    pub fn authorization(&self, form: AuthForm) -> Secret {
        match (form, &self.user) {
            (AuthForm::OfHost(AuthScheme::Basic(user)), _) => self.basic(user),
            (AuthForm::Own, User::Named(user)) => self.basic(user),
            (AuthForm::OfHost(AuthScheme::TokenAsUser), _) => basic(self.password.expose(), &Secret::new("")),
            (AuthForm::OfHost(AuthScheme::Bearer), _) | (AuthForm::Own, User::HostDefault | User::Bearer) => {
                self.bearer()
            }
        }
    }

    /// Returns the values of the `Authorization` header to try at a host that takes these schemes, in this order.
    pub fn authorizations(&self, schemes: HostSchemes) -> Vec<Secret> {
        self.forms(schemes).into_iter().map(|form| self.authorization(form)).collect()
    }

    /// Returns every form of these credentials that is sent to a host or could be echoed, to be masked before the
    /// first use. It may turn out to be any of some hosts, each with its schemes.
    pub fn masks(&self, hosts: impl IntoIterator<Item = HostSchemes>) -> Vec<Secret> {
        let given = self.given.expose();
        let (user, token) = given.split_once(':').unwrap_or(("", given));
        let mut masks = vec![self.given.clone(), Secret::new(token)];
        if let Some(decoded) = self.user_that_is_a_token() {
            masks.push(Secret::new(user));
            masks.extend(decoded.encodings());
        }
        masks.extend(self.password.encodings());
        for authorization in hosts.into_iter().flat_map(|schemes| self.authorizations(schemes)) {
            let (_, sent) = authorization.expose().split_once(' ').unwrap_or_default();
            masks.extend([sent, sent.trim_end_matches('=')].map(Secret::new));
            masks.push(authorization);
        }
        distinct_maskable(masks)
    }

    /// Tells whether a bare token can go by this scheme: no user has a colon (RFC 7617).
    fn can_be(&self, scheme: &AuthScheme) -> bool {
        *scheme != AuthScheme::TokenAsUser || !self.password.expose().contains(':')
    }

    /// Tells whether a scheme is another form than Basic authentication with this user, and one that a header can hold.
    fn is_alternative(&self, scheme: &AuthScheme, user: &str) -> bool {
        match scheme {
            AuthScheme::Basic(other) => *other != user,
            AuthScheme::Bearer => self.password.expose().is_ascii(),
            // What goes with a user is a password.
            AuthScheme::TokenAsUser => false,
        }
    }

    /// Returns the user, where a word that is no secret stands for the password.
    fn user_that_is_a_token(&self) -> Option<Secret> {
        let User::Named(user) = &self.user else { return None };
        let password = self.password.expose().to_ascii_lowercase();
        let is_word = !self.password.is_maskable() || PLACEHOLDER_PASSWORDS.contains(&password.as_str());
        is_word.then(|| Secret::new(user))
    }

    fn basic(&self, user: &str) -> Secret {
        basic(user, &self.password)
    }

    fn bearer(&self) -> Secret {
        Secret::new(format!("Bearer {}", self.password.expose()))
    }
}

/// Decodes valid `%XX` only; what would not be UTF-8 stays as it is.
fn decoded(text: &str) -> Cow<'_, str> {
    percent_decode_str(text).decode_utf8().unwrap_or(Cow::Borrowed(text))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use percent_encoding::utf8_percent_encode;

    use super::*;
    use crate::hosts::{Host, TABLE};
    use crate::secret::ESCAPED;

    /// Returns all that is sent to a host, base64 undone.
    fn sent(credentials: &Credentials, host: Host) -> Vec<String> {
        let plain = |value: &Secret| match value.expose().strip_prefix("Basic ") {
            Some(encoded) => String::from_utf8(STANDARD.decode(encoded).unwrap()).unwrap(),
            None => value.expose().to_owned(),
        };
        credentials.authorizations(host.schemes()).iter().map(plain).collect()
    }

    fn header(given: &str) -> String {
        let [sent] = &sent(&Credentials::parse(given).unwrap(), Host::GitHub)[..] else {
            panic!("GitHub takes one form")
        };
        sent.clone()
    }

    fn masks(given: &str, host: Host) -> Vec<String> {
        let masks = Credentials::parse(given).unwrap().masks(host.possible_schemes());
        masks.iter().map(|mask| mask.expose().to_owned()).collect()
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
        for given in ["a\u{200b}b", "a\u{a0}b", "a%E2%80%8Bb", "b\u{feff}ob:ab", "bob:\u{feff}ab", "a\u{ad}b"]
        {
            assert_eq!(Credentials::parse(given), Err(TokenError::HiddenCharacter), "{given:?}");
        }
        assert_eq!(Credentials::parse("tök"), Err(TokenError::BeyondAscii));
        for given in ["", "bob:"] {
            assert_eq!(Credentials::parse(given), Err(TokenError::Empty));
        }
    }

    #[test]
    fn each_host_gets_the_forms_that_it_may_take_in_order() {
        let bare = Credentials::parse("t0ken").unwrap();
        assert_eq!(sent(&bare, Host::AzureRepos), [":t0ken", "Bearer t0ken"]);
        assert_eq!(sent(&bare, Host::BitbucketDataCenter), ["Bearer t0ken", "x-token-auth:t0ken"]);
        let named = Credentials::parse("bob:t0ken").unwrap();
        assert_eq!(sent(&named, Host::AzureRepos), ["bob:t0ken"]);
        assert_eq!(sent(&named, Host::BitbucketDataCenter), ["bob:t0ken", "Bearer t0ken"]);
        let beyond_ascii = Credentials::parse("bob:tökén").unwrap();
        assert_eq!(sent(&beyond_ascii, Host::BitbucketDataCenter), ["bob:tökén"]);
        let token = Secret::new("a%2Fb:c");
        assert_eq!(
            sent(&Credentials::of_bearer(&token).unwrap(), Host::AzureDevOpsServer),
            ["Bearer a%2Fb:c"]
        );
        assert_eq!(sent(&Credentials::of_connection("", &token).unwrap(), Host::GitLab), ["oauth2:a%2Fb:c"]);
        assert_eq!(sent(&Credentials::of_connection("b", &token).unwrap(), Host::GitHub), ["b:a%2Fb:c"]);
    }

    #[test]
    fn every_form_is_masked_and_the_user_is_not() {
        let named = masks("robert:p/w d", Host::GitHub);
        for form in ["robert:p/w d", "p/w d", "p%2fw%20d", "cm9iZXJ0OnAvdyBk", "Basic cm9iZXJ0OnAvdyBk"] {
            assert!(named.iter().any(|mask| mask == form), "{form}");
        }
        assert!(!named.iter().any(|mask| mask == "robert"));
        let bare = masks("ghp_abc", Host::AzureRepos);
        for form in ["ghp_abc", "OmdocF9hYmM=", "OmdocF9hYmM", "Basic OmdocF9hYmM=", "Bearer ghp_abc"] {
            assert!(bare.iter().any(|mask| mask == form), "{form}");
        }
    }

    #[test]
    fn a_user_that_goes_with_a_fixed_word_is_masked() {
        for word in PLACEHOLDER_PASSWORDS.into_iter().chain(["x", "X-OAuth-Basic"]) {
            for user in ["t0ken", "t0k%65n"] {
                let masks = masks(&format!("{user}:{word}"), Host::GitHub);
                assert!(masks.iter().any(|mask| mask == "t0ken"), "{user}:{word}");
                assert!(masks.iter().any(|mask| mask == user), "{user}:{word}");
            }
            let of_url = Credentials::of_url("t0ken", &Secret::new(word))
                .unwrap()
                .masks(Host::Other.possible_schemes());
            assert!(of_url.contains(&Secret::new("t0ken")), "{word}");
        }
    }

    #[test]
    fn at_an_unknown_host_the_forms_of_all_hosts_are_masked() {
        for given in ["ghp_abc", "bob:ghp_abc"] {
            let masks = masks(given, Host::Other);
            for host in TABLE.iter().map(|row| row.host) {
                for authorization in Credentials::parse(given).unwrap().authorizations(host.schemes()) {
                    let (_, sent) = authorization.expose().split_once(' ').unwrap();
                    for form in [sent, authorization.expose()] {
                        assert!(masks.iter().any(|mask| mask == form), "{form} at {host:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_short_password_is_masked_only_within_longer_forms() {
        assert_eq!(masks("b:pw", Host::GitHub), ["b:pw", "Yjpwdw==", "Yjpwdw", "Basic Yjpwdw=="]);
    }

    #[test]
    fn a_token_that_goes_as_the_user_is_masked_in_that_form() {
        let masks = masks("t0ken/1", Host::Other);
        for form in ["t0ken/1", "t0ken%2F1", "dDBrZW4vMTo=", "dDBrZW4vMTo", "Basic dDBrZW4vMTo="] {
            assert!(masks.iter().any(|mask| mask == form), "{form}");
        }
        let sent = |given: &str| sent(&Credentials::parse(given).unwrap(), Host::Other);
        assert_eq!(sent("t0ken").last().unwrap(), "t0ken:");
        // It would be the user `a` with a password.
        assert_eq!(sent("a%3Ab").last().unwrap(), "oauth2:a:b");
        assert_eq!(sent("bob:t0ken"), ["bob:t0ken", "Bearer t0ken"]);
    }

    #[test]
    fn the_password_of_a_url_is_not_decoded_again() {
        let credentials = Credentials::of_url("bob", &Secret::new("a%2Fb:c")).unwrap();
        assert_eq!(sent(&credentials, Host::GitHub), ["bob:a%2Fb:c"]);
        assert!(Credentials::of_url("bob", &Secret::new("a\nb")).is_err());
    }

    proptest! {
        #[test]
        fn encoding_the_token_changes_nothing(user in "[a-z]{1,8}", token in "[^\\x00-\\x1f\\x7f-\\x9f%]{1,20}") {
            prop_assume!(!has_hidden(&token));
            let encoded = utf8_percent_encode(&token, ESCAPED).to_string();
            prop_assert_eq!(header(&format!("{user}:{token}")), format!("{user}:{token}"));
            prop_assert_eq!(header(&format!("{user}:{encoded}")), format!("{user}:{token}"));
        }

        #[test]
        fn masks_are_long_and_different(given in "[!-~]{1,20}") {
            if let Ok(credentials) = Credentials::parse(&given) {
                let masks = credentials.masks(Host::Other.possible_schemes());
                for authorization in credentials.authorizations(Host::Other.schemes()) {
                    prop_assert!(masks.contains(&authorization));
                }
                for (at, mask) in masks.iter().enumerate() {
                    prop_assert!(mask.is_maskable() && !masks[..at].contains(mask));
                }
            }
        }
    }
}
