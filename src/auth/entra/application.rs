//! An application of Microsoft Entra, and the request for a token in its name. Pure.

use thiserror::Error;
use url::form_urlencoded;

use crate::http::api::{ApiBody, ApiRequest};
use crate::remote::web_url::{Scheme, WebUrl};
use crate::secret::Secret;

/// The authority of the public cloud.
pub const PUBLIC_CLOUD: &str = "https://login.microsoftonline.com";

/// The application id of Azure DevOps, the same in every tenant and cloud.
pub(super) const AZURE_DEVOPS: &str = "499b84ac-1321-427f-aa17-267ca6975798";

/// The type of a `client_assertion` (RFC 7523, section 2.2).
const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// An application, the tenant that it signs in at and the cloud that both are in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Application {
    authority: WebUrl,
    tenant: String,
    client_id: String,
}

/// A proof as one request holds it.
#[derive(Debug)]
pub(super) enum Presented {
    /// A signed token.
    Assertion(Secret),
    /// The client secret.
    ClientSecret(Secret),
}

/// The reason why no application can be named so.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ApplicationError {
    /// A proof would travel unencrypted, or in part behind a `?`.
    #[error("the authority '{0}' is no https:// URL without a query")]
    Authority(WebUrl),
    /// It is a segment of the path of the token endpoint.
    #[error("the tenant '{0}' is neither an id nor a domain")]
    Tenant(String),
    /// It is an id of letters, digits and hyphens.
    #[error("the application id '{0}' is no id")]
    ClientId(String),
}

impl Application {
    /// Names an application.
    ///
    /// - `authority`: the address of the cloud's sign-in service, such as [`PUBLIC_CLOUD`].
    /// - `tenant`: the tenant's id, or one of its domains.
    /// - `client_id`: the application's id, which Entra also calls client id.
    ///
    /// # Errors
    ///
    /// Fails if a request with a proof could go unencrypted or to another path, or a name is empty.
    pub fn new(authority: &WebUrl, tenant: &str, client_id: &str) -> Result<Self, ApplicationError> {
        if authority.scheme() != Scheme::Https || authority.query().is_some() {
            return Err(ApplicationError::Authority(authority.clone()));
        }
        if !is_segment(tenant) {
            return Err(ApplicationError::Tenant(tenant.to_owned()));
        }
        if !is_segment(client_id) {
            return Err(ApplicationError::ClientId(client_id.to_owned()));
        }
        let (authority, tenant, client_id) = (authority.clone(), tenant.to_owned(), client_id.to_owned());
        Ok(Self { authority, tenant, client_id })
    }

    /// Returns its id.
    pub fn client_id(&self) -> &str {
        &self.client_id
    }

    /// Returns the address that issues its tokens, which a signed assertion is for.
    pub(super) fn token_url(&self) -> String {
        self.authority.service_url(&self.token_path())
    }

    /// Returns the request for a token.
    pub(super) fn request(&self, presented: &Presented) -> ApiRequest {
        ApiRequest::post(&self.authority, self.token_path(), ApiBody::Form(self.form(presented)))
    }

    fn token_path(&self) -> String {
        format!("{}/oauth2/v2.0/token", self.tenant)
    }

    fn form(&self, presented: &Presented) -> Secret {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("grant_type", "client_credentials");
        form.append_pair("client_id", &self.client_id);
        form.append_pair("scope", &format!("{AZURE_DEVOPS}/.default"));
        match presented {
            Presented::Assertion(assertion) => form
                .append_pair("client_assertion_type", JWT_BEARER)
                .append_pair("client_assertion", assertion.expose()),
            Presented::ClientSecret(secret) => form.append_pair("client_secret", secret.expose()),
        };
        Secret::new(form.finish())
    }

    /// Names an application at a server of a test, which speaks plain HTTP.
    #[cfg(test)]
    pub(super) fn at(authority: WebUrl) -> Self {
        Self { authority, tenant: "contoso.example".to_owned(), client_id: "client-1".to_owned() }
    }
}

/// Tells if a text is one segment of a path, and means no other one: letters, digits, `-` and `.`, but not `.` or `..`.
fn is_segment(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.'))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn url(text: &str) -> WebUrl {
        WebUrl::parse(text).unwrap().0
    }

    fn form(presented: &Presented) -> BTreeMap<String, String> {
        let application = Application::new(&url(PUBLIC_CLOUD), "contoso.example", "client-1").unwrap();
        let request = application.request(presented);
        assert_eq!((request.method.as_str(), request.base), ("POST", url(PUBLIC_CLOUD)));
        assert_eq!(request.below, "contoso.example/oauth2/v2.0/token");
        assert!(request.fields.is_empty());
        let ApiBody::Form(form) = request.body else { panic!("a form") };
        form_urlencoded::parse(form.expose().as_bytes()).into_owned().collect()
    }

    #[test]
    fn a_request_holds_the_grant_and_the_proof() {
        let common = [
            ("grant_type", "client_credentials"),
            ("client_id", "client-1"),
            ("scope", "499b84ac-1321-427f-aa17-267ca6975798/.default"),
        ];
        let expected = |proof: &[(&str, &str)]| {
            let fields = common.iter().chain(proof);
            fields.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect::<BTreeMap<_, _>>()
        };
        let secret = "hunter22~&=+ %";
        assert_eq!(
            form(&Presented::ClientSecret(Secret::new(secret))),
            expected(&[("client_secret", secret)])
        );
        let bearer = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
        assert_eq!(
            form(&Presented::Assertion(Secret::new("a.b.c"))),
            expected(&[("client_assertion_type", bearer), ("client_assertion", "a.b.c")])
        );
    }

    #[test]
    fn a_tenant_is_one_segment_of_the_path() {
        let public = url(PUBLIC_CLOUD);
        for tenant in ["", ".", "..", "a/b", "a%2Fb", "../other", "a?b", "a#b", "a b", "ä", "a\n", "-a"] {
            let refused = ApplicationError::Tenant(tenant.to_owned());
            assert_eq!(Application::new(&public, tenant, "client"), Err(refused), "{tenant}");
            assert!(matches!(Application::new(&public, "t", tenant), Err(ApplicationError::ClientId(_))));
        }
        let application = Application::new(&public, "8d2e-AB", "client").unwrap();
        assert_eq!(application.token_url(), "https://login.microsoftonline.com/8d2e-AB/oauth2/v2.0/token");
    }

    #[test]
    fn an_authority_is_https_and_may_have_a_path() {
        for authority in ["http://login.microsoftonline.com", "http://127.0.0.1", "https://host/?a=b"] {
            let refused = ApplicationError::Authority(url(authority));
            assert_eq!(Application::new(&url(authority), "t", "c"), Err(refused), "{authority}");
        }
        for authority in ["https://login.chinacloudapi.cn/", "https://login.chinacloudapi.cn"] {
            let application = Application::new(&url(authority), "t", "c").unwrap();
            assert_eq!(application.token_url(), "https://login.chinacloudapi.cn/t/oauth2/v2.0/token");
        }
    }
}
