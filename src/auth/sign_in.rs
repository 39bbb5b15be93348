//! Requests that are sent with what signs in, and again where another form of it or a new token may be let in.

use super::authenticator::{Authenticator, NextHeader};
use crate::error::{ErrorKind, Failure};
use crate::secret::Secret;

/// One who sends requests to a server, and signs in there.
pub(crate) trait SignsIn {
    /// Returns the sign-in.
    fn authenticator(&mut self) -> &mut Authenticator;

    /// Returns the value of the `Authorization` header for the next request, if one is to be sent.
    ///
    /// # Errors
    ///
    /// Those of [`Authenticator::next_authorization`].
    fn authorization(&mut self) -> Result<Option<Secret>, Failure>;

    /// Sends a request with what signs in, and again where another form of it or a new token may be let in. What was refused
    /// is not sent a second time.
    ///
    /// # Errors
    ///
    /// Those of `send`, of two that refuse the one that tells more; and those of the source of tokens.
    fn send_signed_in<T>(
        &mut self,
        mut send: impl FnMut(&mut Self, Option<&Secret>) -> Result<T, Failure>,
    ) -> Result<T, Failure>
    where
        Self: Sized,
    {
        let mut refused: Option<Failure> = None;
        let mut last: Option<(Option<Secret>, Failure)> = None;
        loop {
            let authorization = self.authorization()?;
            let failure = match last.take() {
                Some((before, failure)) if before == authorization => failure,
                _ => match send(self, authorization.as_ref()) {
                    Ok(answer) => {
                        self.authenticator().on_accepted();
                        return Ok(answer);
                    }
                    Err(failure) => failure,
                },
            };
            refused = match self.authenticator().on_refused(failure.kind) {
                NextHeader::OtherForm => {
                    log::debug!("{failure}; trying another way to sign in");
                    Some(clearer_refusal(refused, failure.clone()))
                }
                NextHeader::NewToken => {
                    log::debug!("{failure}; trying a new token");
                    None
                }
                NextHeader::GiveUp => return Err(clearer_refusal(refused, failure)),
            };
            last = Some((authorization, failure));
        }
    }
}

/// Returns what tells more of two attempts to sign in: what the server says once it knows who asks, or else what it said
/// to the usual way. What else fails at another way is no reason: the server may not know that way.
fn clearer_refusal(first: Option<Failure>, second: Failure) -> Failure {
    let knows = matches!(second.kind, ErrorKind::Forbidden | ErrorKind::NotFound);
    match first {
        Some(first) if !knows || first.kind == ErrorKind::Forbidden => first,
        _ => second,
    }
}
