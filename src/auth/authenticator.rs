//! Signing in at one server, request by request.

use std::fmt;

use super::credentials::Credentials;
use super::forms_to_try::{FormsToTry, HostKnown};
use super::scheme::{AuthForm, AuthScheme, HostSchemes, InterfaceScheme};
use super::token_cache::{Freshness, Renewal, TokenCache};
use super::token_source::TokenContext;
use crate::error::{ErrorKind, Failure};
use crate::http::challenge::Challenges;
use crate::secret::Secret;

/// The sign-in at one server, which learns from what came of the requests before.
pub(crate) struct Authenticator {
    tokens: Option<TokenCache>,
    server: ServerSchemes,
    context: TokenContext,
    /// The forms left to try; none before the first token.
    forms: Option<FormsToTry>,
    in_use: Option<InUse>,
}

/// The schemes of a server, as far as they are known before it has answered.
#[derive(Clone, Debug)]
pub struct ServerSchemes {
    /// The schemes to try.
    pub schemes: HostSchemes,
    /// The schemes of each host that it may turn out to be, by which masks are made.
    pub possible: Vec<HostSchemes>,
    /// The extent of that knowledge.
    pub host_known: HostKnown,
}

/// The token that the last header was made of.
struct InUse {
    credentials: Credentials,
    number: u64,
    history: TokenHistory,
}

/// The history of a token: its age can be the reason of a refusal only if a server has taken it before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum TokenHistory {
    /// It is new, and no server has taken it.
    Untried,
    /// It has served, or may have.
    Served,
}

/// The step after a refusal: the request again, or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NextHeader {
    /// Again: the next header has another form.
    OtherForm,
    /// Again: the next header has a new token.
    NewToken,
    /// None: there is no other header.
    GiveUp,
}

impl Authenticator {
    /// Prepares to sign in. Nothing is asked for yet.
    pub(crate) fn new(tokens: Option<&TokenCache>, server: ServerSchemes, context: TokenContext) -> Self {
        Self { tokens: tokens.cloned(), server, context, forms: None, in_use: None }
    }

    /// Learns that a conversation begins: what it needs after a stop of the run, it may still get.
    pub(crate) fn begin(&mut self) {
        self.context.begin();
    }

    /// Returns the value of the `Authorization` header for the next request, if one is to be sent. Gets a token for
    /// it if none serves, and masks each form of a new one first.
    ///
    /// # Errors
    ///
    /// The errors of the source, where it has to be asked for a token. The server has no part in them.
    pub(crate) fn next_authorization(&mut self) -> Result<Option<Secret>, Failure> {
        let Some(tokens) = &self.tokens else { return Ok(None) };
        let issued = tokens.current(&self.context, |new| {
            for mask in new.masks(self.server.possible.iter().copied()) {
                self.context.masker.mask(&mask);
            }
        })?;
        let credentials = issued.credentials;
        let forms = self.forms.get_or_insert_with(|| {
            FormsToTry::new(credentials.forms(self.server.schemes), self.server.host_known)
        });
        let header = forms.current().map(|form| credentials.authorization(form));
        let history = match (&self.in_use, issued.freshness) {
            (Some(before), _) if before.number == issued.number => before.history,
            (_, Freshness::New) => TokenHistory::Untried,
            (_, Freshness::Held) => TokenHistory::Served,
        };
        self.in_use = Some(InUse { credentials, number: issued.number, history });
        Ok(header)
    }

    /// Returns the value of the `Authorization` header for the host's interface, if anybody signs in. It is of the token
    /// that signs in at the server.
    ///
    /// # Errors
    ///
    /// Those of [`next_authorization`](Self::next_authorization).
    pub(crate) fn for_interface(&mut self, scheme: InterfaceScheme) -> Result<Option<Secret>, Failure> {
        let as_git = self.next_authorization()?;
        let of = |form| self.in_use.as_ref().map(|in_use| in_use.credentials.authorization(form));
        Ok(match scheme {
            InterfaceScheme::AsGit => as_git,
            InterfaceScheme::Bearer => of(AuthForm::OfHost(AuthScheme::Bearer)),
            InterfaceScheme::Own => of(AuthForm::Own),
        })
    }

    /// Learns that the server let the last request in: the form stays as it is.
    pub(crate) fn on_accepted(&mut self) {
        if let Some(forms) = &mut self.forms {
            forms.settle();
        }
        if let Some(in_use) = &mut self.in_use {
            in_use.history = TokenHistory::Served;
        }
    }

    /// Learns that the server refused the last request: with another form it may be let in, or with a new token if the
    /// one before has served.
    pub(crate) fn on_refused(&mut self, kind: ErrorKind) -> NextHeader {
        let may_pass = kind.is_lack_of_rights() && kind != ErrorKind::NotFound;
        let Some(forms) = self.forms.as_mut().filter(|_| may_pass) else { return NextHeader::GiveUp };
        if kind != ErrorKind::Unauthorized {
            // It has let somebody in, or takes no token at all.
            forms.leave_out_token_as_user();
        }
        if forms.advance() {
            return NextHeader::OtherForm;
        }
        match (&self.tokens, &self.in_use) {
            (Some(tokens), Some(in_use))
                if kind == ErrorKind::Unauthorized
                    && in_use.history == TokenHistory::Served
                    && tokens.discard(in_use.number) == Renewal::Possible =>
            {
                forms.restart();
                NextHeader::NewToken
            }
            _ => NextHeader::GiveUp,
        }
    }

    /// Learns the schemes of the host that the server has told that it is.
    pub(crate) fn on_host_detected(&mut self, schemes: HostSchemes) {
        if let (Some(forms), Some(InUse { credentials, .. })) = (&mut self.forms, &self.in_use) {
            forms.put_first(credentials.forms(schemes));
        }
    }

    /// Learns the schemes that the server asks for.
    pub(crate) fn on_challenges(&mut self, challenges: &Challenges) {
        if let (Some(forms), Some(InUse { credentials, .. })) = (&mut self.forms, &self.in_use) {
            forms.keep(|form| challenges.takes(&credentials.authorization(form)));
        }
    }

    /// Signs in no more, at a server that the credentials are not for.
    pub(crate) fn forget_credentials(&mut self) {
        (self.tokens, self.forms, self.in_use) = (None, None, None);
    }
}

/// Shows no secret.
impl fmt::Debug for Authenticator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authenticator").field("tokens", &self.tokens).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use super::*;
    use crate::auth::identity::Identity;
    use crate::auth::testing::{Minting, Told, context};
    use crate::hosts::Host;

    const HOUR: Duration = Duration::from_secs(3600);

    /// Signs in at Azure Repos with this source, and tells what is masked.
    fn at_azure(tokens: &TokenCache) -> (Authenticator, Arc<Told>) {
        let told = Arc::new(Told::default());
        let context = TokenContext { masker: told.clone(), ..context() };
        let schemes = Host::AzureRepos.schemes();
        let server = ServerSchemes { schemes, possible: vec![schemes], host_known: HostKnown::Yes };
        (Authenticator::new(Some(tokens), server, context), told)
    }

    fn header(authenticator: &mut Authenticator) -> String {
        authenticator.next_authorization().unwrap().unwrap().expose().to_owned()
    }

    fn minting(lifetimes: &[Duration]) -> (Minting, TokenCache) {
        let source = Minting::with_lifetimes(lifetimes);
        (source.clone(), TokenCache::new(Box::new(source)))
    }

    #[test]
    fn each_new_token_is_masked_before_its_first_use() {
        let (source, tokens) = minting(&[Duration::ZERO, HOUR]);
        let (mut azure, told) = at_azure(&tokens);
        assert!(source.asked() == 0 && !told.knows("minted-token-1"));
        for (number, known) in [(1, false), (2, true), (2, true)] {
            assert_eq!(told.knows("minted-token-1"), known);
            let token = format!("minted-token-{number}");
            assert_eq!(header(&mut azure), format!("Bearer {token}"));
            for form in [&token, &format!("Bearer {token}")] {
                assert!(told.knows(form), "{form}");
            }
        }
        assert_eq!(source.asked(), 2);
    }

    #[test]
    fn a_401_to_a_token_that_has_served_renews_it_once() {
        let (source, tokens) = minting(&[HOUR; 3]);
        let (mut azure, _) = at_azure(&tokens);
        for number in [1, 2] {
            assert_eq!(header(&mut azure), format!("Bearer minted-token-{number}"));
            azure.on_accepted();
            assert_eq!(azure.on_refused(ErrorKind::Unauthorized), NextHeader::NewToken);
        }
        assert_eq!(header(&mut azure), "Bearer minted-token-3");
        assert_eq!(azure.on_refused(ErrorKind::Unauthorized), NextHeader::GiveUp);
        assert_eq!(source.asked(), 3);
    }

    #[test]
    fn a_new_token_that_is_refused_is_not_renewed() {
        let (source, tokens) = minting(&[HOUR; 2]);
        let (mut azure, _) = at_azure(&tokens);
        header(&mut azure);
        assert_eq!(azure.on_refused(ErrorKind::Unauthorized), NextHeader::GiveUp);
        // A later attempt cannot know how old it was.
        let (mut again, _) = at_azure(&tokens);
        assert_eq!(header(&mut again), "Bearer minted-token-1");
        assert_eq!(again.on_refused(ErrorKind::Unauthorized), NextHeader::NewToken);
        assert_eq!(header(&mut again), "Bearer minted-token-2");
        assert_eq!(again.on_refused(ErrorKind::Unauthorized), NextHeader::GiveUp);
        assert_eq!(source.asked(), 2);
    }

    #[test]
    fn what_no_token_mends_renews_none() {
        let (source, tokens) = minting(&[HOUR]);
        let (mut azure, _) = at_azure(&tokens);
        header(&mut azure);
        azure.on_accepted();
        for kind in
            [ErrorKind::Forbidden, ErrorKind::NotFound, ErrorKind::Interrupted, ErrorKind::Status(400)]
        {
            assert_eq!(azure.on_refused(kind), NextHeader::GiveUp, "{kind:?}");
        }
        assert_eq!((header(&mut azure).as_str(), source.asked()), ("Bearer minted-token-1", 1));
    }

    #[test]
    fn a_constant_token_is_sent_in_each_form_and_then_no_more() {
        let tokens = TokenCache::of_static(Credentials::parse("hunter22").unwrap(), Identity::Token);
        let (mut azure, told) = at_azure(&tokens);
        assert_eq!(header(&mut azure), "Basic Omh1bnRlcjIy");
        assert!(told.knows("Basic Omh1bnRlcjIy") && told.knows("Bearer hunter22"));
        assert_eq!(azure.on_refused(ErrorKind::Unauthorized), NextHeader::OtherForm);
        assert_eq!(header(&mut azure), "Bearer hunter22");
        azure.on_accepted();
        assert_eq!(azure.on_refused(ErrorKind::Unauthorized), NextHeader::GiveUp);
        assert!(!format!("{azure:?}").contains("hunter"), "{azure:?}");
    }

    #[test]
    fn a_token_is_the_user_only_after_401_to_each_other_form() {
        let at_other = |kinds: &[ErrorKind]| {
            let tokens = TokenCache::of_static(Credentials::parse("t0ken").unwrap(), Identity::Token);
            let (schemes, host_known) = (Host::Other.schemes(), HostKnown::NotYet);
            let server = ServerSchemes { schemes, possible: vec![schemes], host_known };
            let mut other = Authenticator::new(Some(&tokens), server, context());
            let mut sent = vec![header(&mut other)];
            for kind in kinds {
                if other.on_refused(*kind) == NextHeader::OtherForm {
                    sent.push(header(&mut other));
                }
            }
            sent
        };
        let unauthorized = ErrorKind::Unauthorized;
        let all = at_other(&[unauthorized; 4]);
        assert_eq!((all.len(), &*all[3]), (4, "Basic dDBrZW46"));
        for other in [ErrorKind::Forbidden, ErrorKind::SignInScheme] {
            for at in 0..3 {
                let mut kinds = [unauthorized; 4];
                kinds[at] = other;
                assert_eq!(at_other(&kinds), all[..3], "{kinds:?}");
            }
        }
    }

    #[test]
    fn another_server_gets_no_token_and_asks_for_none() {
        let (source, tokens) = minting(&[HOUR]);
        let (mut azure, _) = at_azure(&tokens);
        azure.forget_credentials();
        assert_eq!(azure.next_authorization().unwrap(), None);
        azure.on_host_detected(Host::GitLab.schemes());
        assert_eq!(azure.on_refused(ErrorKind::Unauthorized), NextHeader::GiveUp);
        assert_eq!((azure.next_authorization().unwrap(), source.asked()), (None, 0));
    }

    #[test]
    fn an_interface_gets_the_token_that_git_took() {
        let tokens = TokenCache::of_static(Credentials::parse("bob:hunter22").unwrap(), Identity::Token);
        let (mut azure, told) = at_azure(&tokens);
        let header = header(&mut azure);
        azure.on_accepted();
        let mut sent = |scheme| azure.for_interface(scheme).unwrap().unwrap().expose().to_owned();
        assert_eq!(sent(InterfaceScheme::AsGit), header);
        assert_eq!(sent(InterfaceScheme::Bearer), "Bearer hunter22");
        assert_eq!(sent(InterfaceScheme::Own), "Basic Ym9iOmh1bnRlcjIy");
        assert!(told.knows("hunter22"));
        azure.forget_credentials();
        for scheme in [InterfaceScheme::AsGit, InterfaceScheme::Bearer, InterfaceScheme::Own] {
            assert_eq!(azure.for_interface(scheme).unwrap(), None);
        }
    }

    #[test]
    fn a_source_that_fails_is_the_error_of_the_request() {
        let (_, tokens) = minting(&[]);
        let (mut azure, _) = at_azure(&tokens);
        assert_eq!(azure.next_authorization().unwrap_err().message, "no more tokens");
    }
}
