//! The forms in which a token is sent, and those that a host takes.

/// One way to send a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthScheme {
    /// Basic authentication with this user and the token as the password.
    Basic(&'static str),
    /// Bearer authentication, without a user.
    Bearer,
    /// Basic authentication with the token as the user and no password, the only way that Gogs takes one. Servers write
    /// users into their logs, so it is the last way to try.
    TokenAsUser,
}

/// The form in which credentials are sent to one server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthForm {
    /// With the user that came with them, or by Bearer authentication if none did.
    Own,
    /// By a scheme of the host.
    OfHost(AuthScheme),
}

/// The scheme by which the interface of a host takes a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InterfaceScheme {
    /// The one by which the host's Git takes it.
    AsGit,
    /// Bearer authentication, whoever goes with the token.
    Bearer,
    /// Basic authentication with the user that came with the token, or Bearer authentication if none did.
    Own,
}

/// The schemes that a host takes, in the order in which they are tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HostSchemes {
    /// The ways to send a token that came without a user.
    pub bare_token: &'static [AuthScheme],
    /// The ways to try after Basic authentication with the given user and token.
    pub after_user: &'static [AuthScheme],
}

impl HostSchemes {
    /// Returns these without the token as the user, which must be the last.
    #[must_use]
    pub fn without_token_as_user(self) -> Self {
        match self.bare_token {
            [others @ .., AuthScheme::TokenAsUser] => Self { bare_token: others, ..self },
            _ => self,
        }
    }
}
