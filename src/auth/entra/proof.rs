//! Proofs that a request is an application's.

use std::path::PathBuf;

use super::certificate::SigningCertificate;
use super::id_token::IdTokens;
use crate::secret::Secret;

/// The thing by which an application proves itself.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "a run has one a side")]
pub enum Proof {
    /// Id tokens of the job, which Entra trusts by a federated credential of the application. There is no secret.
    IdToken(IdTokens),
    /// A client secret.
    ClientSecret(Secret),
    /// A certificate, whose key signs an assertion for each token.
    Certificate(Box<SigningCertificate>),
    /// A file with an assertion that something else on this machine keeps new, as Kubernetes does
    /// (`AZURE_FEDERATED_TOKEN_FILE`). It is read for each token.
    AssertionFile(PathBuf),
}

impl Proof {
    /// Returns every form of the secrets that were given.
    pub(super) fn masks(&self) -> Vec<Secret> {
        match self {
            Self::IdToken(id_tokens) => id_tokens.masks(),
            Self::ClientSecret(secret) => secret.encodings(),
            Self::Certificate(certificate) => certificate.masks(),
            Self::AssertionFile(_) => Vec::new(),
        }
    }
}
