//! The client of an interface: it signs in, asks nothing while the host says to wait, and asks again where that may help.

use std::time::Duration;

use ureq::http::{Method, header};

use super::tries::Tries;
use crate::auth::authenticator::Authenticator;
use crate::auth::sign_in::SignsIn;
use crate::cancel::CancelToken;
use crate::error::{CreateProblem, ErrorKind, Failure};
use crate::hosts::HostInfo;
use crate::hosts::address::Container;
use crate::hosts::listing::ListAnswer;
use crate::hosts::management::Call;
use crate::http::api::{ApiAnswer, ApiBody, ApiRequest};
use crate::http::idle_clients::LentClient;
use crate::http::pauses::{Part, Pauses};
use crate::http::{retry_after, status};
use crate::remote::url::RemoteUrl;
use crate::remote::web_url::WebUrl;
use crate::secret::Secret;
use crate::transport::context::{ClientKey, Context};
use crate::transport::endpoint::Endpoint;

/// The longest time for each step of a request that is worth no longer wait.
const HURRIED: Duration = Duration::from_secs(10);

/// The interface of a host.
#[derive(Debug)]
pub struct HostInterface {
    client: LentClient<ClientKey>,
    pub(super) info: &'static HostInfo,
    /// The address of the interface. No credentials go elsewhere.
    pub(super) base: WebUrl,
    /// The address at the host's server for Git.
    server: WebUrl,
    authenticator: Authenticator,
    pub(super) signer: Signer,
    pub(super) pauses: Pauses,
    pub(super) cancel: CancelToken,
}

/// The signer of requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Signer {
    /// By somebody.
    Somebody,
    /// By nobody.
    Nobody,
}

/// The most bytes of an answer that are read.
#[derive(Clone, Copy, Debug)]
pub(super) enum Largest {
    /// Those of an answer about one thing.
    One = 1 << 20,
    /// Those of a page of a list. The longest are of Azure DevOps, which lists a whole organization at once: some ten thousand
    /// repositories of 1.5 KiB each, more where projects have descriptions. Memory grows with what comes alone, of which
    /// nothing is copied; both sides may be listed at the same time.
    List = 32 << 20,
}

impl HostInterface {
    /// Prepares to ask the interface that a repository or a container belongs to; nothing is sent yet. None where the host
    /// has no interface that is known here, or the credentials may not go there.
    pub fn new(endpoint: &Endpoint, container: &Container, context: &Context) -> Option<Self> {
        let RemoteUrl::Web(url) = &endpoint.url else { return None };
        let info = endpoint.host().info();
        let base = (info.listing?.base)(container)?;
        if !endpoint.bounds.hold_interface(&base) {
            return None;
        }
        let tokens = &endpoint.tokens;
        let client = if base.same_origin(url) {
            context.client(&base, endpoint)
        } else {
            context.client_of_other_server(&base, endpoint)
        };
        let authenticator =
            Authenticator::new(tokens.as_ref(), endpoint.server_schemes(), context.for_tokens());
        Some(Self {
            client,
            info,
            base,
            server: url.clone(),
            authenticator,
            signer: if tokens.is_some() { Signer::Somebody } else { Signer::Nobody },
            pauses: context.pauses.clone(),
            cancel: context.cancel.clone(),
        })
    }

    /// Asks in a short time.
    pub(super) fn hurriedly<T>(&mut self, ask: impl FnOnce(&mut Self) -> T) -> T {
        let hurried = LentClient::own(self.client.hurried(HURRIED));
        let usual = std::mem::replace(&mut self.client, hurried);
        let outcome = ask(self);
        self.client = usual;
        outcome
    }

    /// Sends a request that may be sent twice, and again where what went wrong can pass by itself.
    ///
    /// # Errors
    ///
    /// Fails if nothing answers it, and as `read` does, which is given every other answer, also a refusal.
    pub(super) fn ask<T>(
        &mut self,
        call: &Call,
        largest: Largest,
        mut read: impl FnMut(&Self, ApiAnswer) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let mut tries = Tries::default();
        loop {
            let sent = self.send(call, largest, |this, answer| match answer.kind_of_the_moment() {
                Some(_) => Err(this.refusal(&answer)),
                None => read(this, answer),
            });
            match sent {
                Ok(answer) => return Ok(answer),
                Err(failure) => tries.again(failure, &self.cancel)?,
            }
        }
    }

    /// Sends a request once; again only with another sign-in, where it was not let in.
    ///
    /// # Errors
    ///
    /// Those of [`ask`](Self::ask).
    pub(super) fn send<T>(
        &mut self,
        call: &Call,
        largest: Largest,
        mut read: impl FnMut(&Self, ApiAnswer) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        self.send_signed_in(|this, authorization| {
            let answer = this.exchange(call, largest, authorization)?;
            read(this, answer)
        })
    }

    /// Returns an answer that served what was asked.
    ///
    /// # Errors
    ///
    /// Fails if it refuses: also by 203, with which Azure DevOps shows a page to sign in.
    pub(super) fn served(&self, answer: ApiAnswer) -> Result<ApiAnswer, Failure> {
        let is_served = answer.status.is_success() && answer.kind() != ErrorKind::Unauthorized;
        if is_served { Ok(answer) } else { Err(self.refusal(&answer)) }
    }

    /// Returns what an answer says that refuses.
    pub(super) fn refusal(&self, answer: &ApiAnswer) -> Failure {
        answer.refusal(answer.kind(), self.base.host(), "what was asked for")
    }

    fn exchange(
        &mut self,
        call: &Call,
        largest: Largest,
        authorization: Option<&Secret>,
    ) -> Result<ApiAnswer, Failure> {
        self.pauses.wait(&self.base, &[Part::Server, Part::Interface], &self.cancel)?;
        let mut request = ApiRequest::get(&self.base, &*call.below);
        request.method = call.method.clone();
        request.most = largest as u64;
        if let Some(body) = &call.body {
            request.body = ApiBody::Json(Secret::new(&**body));
        }
        if let Some(authorization) = authorization {
            request = request.with(header::AUTHORIZATION, authorization.clone());
        }
        let answer = self.client.ask(&request)?;
        self.authenticator.on_challenges(&status::challenges(answer.status, &answer.headers));
        self.note_pauses(&answer);
        Ok(answer)
    }

    /// Notes for how long the host asks to be left alone. Its server for Git is, too, where that is another one; but not when
    /// the requests of an hour are spent, which are those of the interface.
    fn note_pauses(&self, answer: &ApiAnswer) {
        let is_heard = answer.status.is_success() || matches!(answer.kind(), ErrorKind::Unavailable { .. });
        if let Some(wait) = retry_after::read(&answer.headers).filter(|_| is_heard) {
            for server in [&self.base, &self.server] {
                self.pauses.note(server, Part::Server, wait);
            }
        }
        if let Some(wait) = retry_after::of_limit(&answer.headers) {
            self.pauses.note(&self.base, Part::Interface, wait);
        }
    }
}

impl SignsIn for HostInterface {
    fn authenticator(&mut self) -> &mut Authenticator {
        &mut self.authenticator
    }

    fn authorization(&mut self) -> Result<Option<Secret>, Failure> {
        self.authenticator.for_interface(self.info.interface_scheme)
    }
}

/// Returns an answer as the hosts read it.
pub(super) fn page(answer: &ApiAnswer) -> ListAnswer<'_> {
    ListAnswer { headers: &answer.headers, body: &answer.body }
}

/// Makes a request that reads what is below the interface.
pub(super) fn get(below: &str) -> Call {
    Call { method: Method::GET, below: below.to_owned(), body: None }
}

/// Says that a host has no interface that is known for what is asked.
pub(super) fn no_interface() -> Failure {
    Failure::new(ErrorKind::Create(CreateProblem::NoInterface), "its host has no interface for that")
}
