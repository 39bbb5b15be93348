//! Advice about web servers, and about the proxies on the way to them.

use super::hint::{Advice, Hint, SignedIn, advice, status_says};
use crate::error::ProxyErrorKind;

/// Texts of web servers.
pub(crate) static HINTS: &[Hint] = &[status_says(
    400,
    &["header or cookie too large", "header too large", "header field too long", "too long"],
    "The head of the request is too large for the server, most likely the token in it.",
    "Use a shorter token, or ask its administrator to take larger heads (in nginx large_client_header_buffers).",
)];

/// The statuses of HTTP that have an advice of their own.
pub(crate) const STATUSES: &[u16] = &[402, 405, 421, 431, 451, 507, 511, 525, 526];

pub(crate) const SIGN_IN_SCHEME: Advice = advice(
    "The {task} signs in with Basic and Bearer alone, and the server asks for neither.",
    "Let its administrator allow one of them for Git, with tokens and over https, or give an SSH URL in '{url}'.",
);

pub(crate) const REQUEST_TIMEOUT: Advice = advice(
    "The server, or a proxy before it, ended a request that took too long.",
    "{Run again}; if this repeats, ask for a longer time limit there, or let pushes be smaller, and so take less time, with \
     'maxPushSize'.",
);

pub(crate) const LENGTH_REQUIRED: Advice = advice(
    "The server, or a proxy before it, takes no request whose length it is not told. It was told, and did not take \
         it.",
    "Ask its administrator to take requests in chunks ('Transfer-Encoding: chunked').",
);

pub(crate) const NOT_A_GIT_SERVER: Advice =
    advice("", "Check that '{url}' is the clone URL of a Git repository.");

pub(crate) const DUMB_HTTP: Advice = advice(
    "Only Git's \"smart\" HTTP protocol is spoken here.",
    "Check that '{url}' is the address to clone from, or let the web server run 'git http-backend' there; another way to \
     the repository, such as SSH, does too.",
);

pub(crate) fn of_proxy(kind: ProxyErrorKind) -> Advice {
    match kind {
        ProxyErrorKind::Unreachable => advice(
            "",
            "Check the address of the proxy in {proxy}, and that it runs. If this server needs none, name the server among \
         the proxy's exceptions ({bypass}).",
        ),
        ProxyErrorKind::Unauthorized => {
            advice("The proxy wants a user and a password, or other ones.", "{proxy password}")
        }
        ProxyErrorKind::SignInScheme => advice(
            "The {task} signs in at proxies with Basic alone, and this one does not ask for it.",
            "Let its administrator allow Basic or this machine's address, set another proxy in {proxy}, or run a local one \
         that signs in there.",
        ),
        ProxyErrorKind::Refused => advice(
            "A rule of the proxy keeps the connection back.",
            "Let its administrator allow the host and port in '{url}', or name the server among the proxy's exceptions \
         ({bypass}).",
        ),
        ProxyErrorKind::ServerUnreachable => advice(
            "The proxy does not reach the server, or does not find its name.",
            "Check host name and port in '{url}', and that the proxy may reach it.",
        ),
    }
}

/// Returns the advice for a status that is no kind of its own; most say nothing more.
pub(crate) fn of_status(status: u16) -> Advice {
    match status {
        402 => advice(
            "The account or the plan at the host does not allow this.",
            "Look at the account's plan, users and storage at the host, or ask its owner.",
        ),
        405 => advice(
            "The server does not allow this over HTTP, or the address is not that of a repository.",
            "Check that '{url}' is the address to clone from, and that Git over HTTP is allowed there to {right} it.",
        ),
        421 => advice(
            "The connection led to a server that is not responsible for this name.",
            "Check the host name in '{url}', and what proxies and DNS make of it.",
        ),
        431 => advice(
            "The head of the request is too large for the server, most likely the token in it.",
            "Use a shorter token, or ask its administrator to take larger heads (in nginx large_client_header_buffers).",
        ),
        451 => advice(
            "The host keeps the repository back for legal reasons.",
            "Ask its owner or the host; until then leave this mirror out.",
        ),
        507 => advice("The server has no room left.", "Ask its administrator for room."),
        511 => advice(
            "A gateway of the network wants a sign-in of its own.",
            "Sign in at the network of this machine, or ask its administrator to let {the machine} through.",
        ),
        525 => advice(
            "Cloudflare, before the server, cannot agree with it on TLS.",
            "Ask the server's administrator.",
        ),
        526 => advice(
            "Cloudflare, before the server, does not trust its certificate.",
            "Ask the server's administrator.",
        ),
        _ => advice(
            "",
            "The server, or a proxy before it, refused the request: look at its words and at its log, and ask its \
         administrator.",
        ),
    }
}

pub(crate) fn web_page(by: SignedIn) -> Advice {
    match by {
        SignedIn::WithNothing => advice(
            "A page for browsers is there.",
            "Check that '{url}' is the clone URL of a Git repository, not a page of its web site; and give {give}, since it may be a page to sign in at.",
        ),
        SignedIn::WithKey | SignedIn::With(_) => advice(
            "A page for browsers is there.",
            "Check that '{url}' is the clone URL of a Git repository, not a page of its web site; and check {credentials}, \
         since it may be a page to sign in at.",
        ),
    }
}
