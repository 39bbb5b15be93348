//! A secure file of Azure Pipelines, which is got into memory and never written.

use std::fmt;

use percent_encoding::utf8_percent_encode;
use ureq::http::header;

use super::token_client::TokenClient;
use super::token_source::TokenContext;
use crate::error::{ErrorKind, Failure, TokenProblem};
use crate::http::api::ApiRequest;
use crate::http::network::{CertificateVerification, Network};
use crate::remote::web_url::WebUrl;
use crate::secret::{ESCAPED, Secret, of_lines};
use crate::text::guid::is_guid;

/// The most bytes that a key may have.
const MOST: usize = 64 * 1024;

/// The request for a secure file.
#[derive(Clone)]
pub struct SecureFile {
    base: WebUrl,
    /// The path below it, with the ticket.
    below: Secret,
    ticket: Secret,
    /// The job's token.
    token: Secret,
    network: Network,
    verification: CertificateVerification,
}

impl SecureFile {
    /// Prepares to get the file of this id, with the ticket and the token that the job was given for it. `base` is the
    /// address of `SYSTEMVSSCONNECTION`, `project` the id of the project, `network` and `verification` those of that
    /// server. None if one of both ids is no GUID: it would be another path.
    pub fn new(
        base: WebUrl,
        project: &str,
        id: &str,
        ticket: Secret,
        token: Secret,
        (network, verification): (Network, CertificateVerification),
    ) -> Option<Self> {
        if !is_guid(project) || !is_guid(id) {
            return None;
        }
        let escaped = utf8_percent_encode(ticket.expose(), ESCAPED);
        let below = Secret::new(format!(
            "{project}/_apis/distributedtask/securefiles/{id}?ticket={escaped}&download=false&api-version=5.1-preview.1"
        ));
        Some(Self { base, below, ticket, token, network, verification })
    }

    /// Returns every form of what is sent to get it.
    pub(crate) fn masks(&self) -> Vec<Secret> {
        [&self.ticket, &self.token].into_iter().flat_map(Secret::encodings).collect()
    }

    /// Gets the file, and masks it before it is returned.
    pub(crate) fn read(&self, context: &TokenContext) -> Result<Secret, Failure> {
        let request = ApiRequest::get(&self.base, self.below.expose())
            .with(header::AUTHORIZATION, Secret::new(format!("Bearer {}", self.token.expose())))
            .with(header::ACCEPT, Secret::new("application/octet-stream"));
        let answer = TokenClient::new(context, &self.network, self.verification).ask(&request)?;
        let server = self.base.host();
        let refused = |message: String| Failure::new(ErrorKind::NoToken(TokenProblem::SecureFile), message);
        // Azure DevOps answers with its sign-in page (203).
        if !answer.status.is_success() || answer.status.as_u16() == 203 {
            let no_file = ErrorKind::NoToken(TokenProblem::SecureFile);
            let kind = answer.kind_of_the_moment().unwrap_or(no_file);
            return Err(answer.refusal(kind, server, "the secure file"));
        }
        if answer.body.len() > MOST {
            return Err(refused(format!("the secure file at {server} is larger than 64 KiB")));
        }
        let text = String::from_utf8(answer.body)
            .map_err(|_| refused(format!("the secure file at {server} is no text")))?;
        let file = Secret::new(text);
        for mask in of_lines(&file) {
            context.masker.mask(&mask);
        }
        Ok(file)
    }
}

/// Shows no secret.
impl fmt::Debug for SecureFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecureFile").field("base", &self.base).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GUID: &str = "0b1fB3c4-1111-2222-3333-444455556666";

    fn file(project: &str, id: &str) -> Option<SecureFile> {
        let base = WebUrl::parse("https://dev.azure.com/contoso").unwrap().0;
        let [ticket, token] = ["t/c&k=t", "job-t0ken"].map(Secret::new);
        let way = (Network::default(), CertificateVerification::On);
        SecureFile::new(base, project, id, ticket, token, way)
    }

    #[test]
    fn only_ids_make_a_path() {
        let below = format!(
            "{GUID}/_apis/distributedtask/securefiles/{GUID}?ticket=t%2Fc%26k%3Dt&download=false&api-version=5.1-preview.1"
        );
        assert_eq!(file(GUID, GUID).unwrap().below.expose(), below);
        for other in [
            "",
            "project",
            "../x",
            "0b1fb3c4111122223333444455556666",
            &GUID.replace('6', "g"),
            &format!("{GUID}-"),
        ] {
            assert!(file(other, GUID).is_none() && file(GUID, other).is_none(), "{other}");
        }
    }

    #[test]
    fn ticket_and_token_are_masked_and_not_shown() {
        let file = file(GUID, GUID).unwrap();
        for form in ["t/c&k=t", "t%2Fc%26k%3Dt", "job-t0ken"] {
            assert!(file.masks().contains(&Secret::new(form)), "{form}");
        }
        let shown = format!("{file:?}");
        assert!(!shown.contains("t/c") && !shown.contains("t0ken") && !shown.contains("ticket"), "{shown}");
    }
}
