//! The tokens of identities that sign in at both sides: each is asked for once.

use crate::auth::identity::Identity;
use crate::auth::token_cache::TokenCache;

/// One cache of tokens an identity.
#[derive(Debug, Default)]
pub(crate) struct SharedTokens(Vec<(Sharing, TokenCache)>);

/// The thing that one token is of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Sharing {
    /// An identity, wherever it signs in.
    Identity(Identity),
    /// The installation of a GitHub App at one owner of one GitHub.
    Installation {
        /// The App.
        identity: Identity,
        /// The address of the owner, in lower case.
        owner: String,
    },
}

impl SharedTokens {
    /// Returns the tokens that are there already, else these.
    pub(crate) fn or_new(&mut self, sharing: Sharing, new: TokenCache) -> TokenCache {
        if let Some((_, known)) = self.0.iter().find(|(known, _)| *known == sharing) {
            return known.clone();
        }
        self.0.push((sharing, new.clone()));
        new
    }
}
