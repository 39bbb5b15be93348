//! The way to move one object as a server says it: where to, with which header fields, and for how long that holds.

use std::time::SystemTime;

use serde::Deserialize;

use super::fields::{FieldError, Fields, RawFields};
use super::lfs_url::{LfsUrl, LfsUrlError};
use super::lifetime::Lifetime;

/// A request that a server asks for. Where it may lead is decided by [`Route`](super::route::Route).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Action {
    /// The address of the request.
    pub href: LfsUrl,
    /// The header fields of the request.
    pub fields: Fields,
    /// The time for which it holds, counted from the batch request.
    pub lifetime: Lifetime,
    /// The words of the server on signing in.
    pub sign_in: SignIn,
}

/// The words of a server on signing in for an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignIn {
    /// It is all in the action (`authenticated`).
    Done,
    /// Nothing: whoever can shall sign in.
    NotSaid,
}

/// The reason why an action cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ActionError {
    /// There is none where one has to be.
    #[error("there is no action in its answer")]
    Missing,
    /// It leads to no URL that is asked.
    #[error("it leads nowhere: {0}")]
    Href(#[from] LfsUrlError),
    /// It has a field that cannot be sent.
    #[error(transparent)]
    Field(#[from] FieldError),
}

/// An action as it stands in JSON.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct RawAction {
    href: String,
    #[serde(default)]
    header: RawFields,
    expires_in: Option<f64>,
    expires_at: Option<String>,
}

impl Action {
    /// Reads an action; `answered` is the date of the answer.
    pub(super) fn new(
        raw: &RawAction,
        sign_in: SignIn,
        answered: Option<SystemTime>,
    ) -> Result<Self, ActionError> {
        Ok(Self {
            href: LfsUrl::parse(&raw.href)?,
            fields: Fields::new(&raw.header)?,
            lifetime: Lifetime::new(raw.expires_in, raw.expires_at.as_deref(), answered),
            sign_in,
        })
    }
}
