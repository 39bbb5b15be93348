//! The address at which a machine in Azure gives tokens of its managed identity. Pure.

use std::net::IpAddr;

use thiserror::Error;
use ureq::http::HeaderName;
use url::form_urlencoded;

use super::application::AZURE_DEVOPS;
use crate::http::api::ApiRequest;
use crate::remote::web_url::{Scheme, WebUrl};
use crate::secret::Secret;

/// The address of the metadata service, the same on every machine.
const METADATA: &str = "http://169.254.169.254";

/// The place that gives the tokens of managed identities.
#[derive(Clone, Debug)]
pub enum IdentityEndpoint {
    /// The metadata service of a virtual machine, at an address that leads no further than its host.
    Metadata,
    /// The one that `IDENTITY_ENDPOINT` and `IDENTITY_HEADER` name: App Service and Container Apps.
    Environment(EnvironmentEndpoint),
}

/// An endpoint that the environment names.
#[derive(Clone, Debug)]
pub struct EnvironmentEndpoint {
    url: WebUrl,
    header: Secret,
}

/// The reason why an endpoint cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum IdentityEndpointError {
    /// The header and the token would travel unencrypted over a network.
    #[error("'{0}' is neither https:// nor at an address of this machine or of its own network")]
    Unencrypted(WebUrl),
    /// No header of HTTP can hold it.
    #[error("the value of the header is empty, or holds a character that no header can")]
    Header,
}

impl EnvironmentEndpoint {
    /// Names an endpoint by the values of `IDENTITY_ENDPOINT` and `IDENTITY_HEADER`.
    ///
    /// # Errors
    ///
    /// Fails if it is reached without encryption at another address than a loopback, link-local or private one, or no
    /// header can hold the value.
    pub fn new(url: &WebUrl, header: Secret) -> Result<Self, IdentityEndpointError> {
        if url.scheme() == Scheme::Http && !is_near(url.host()) {
            return Err(IdentityEndpointError::Unencrypted(url.clone()));
        }
        if header.expose().is_empty() || !header.expose().bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(IdentityEndpointError::Header);
        }
        Ok(Self { url: url.clone(), header })
    }
}

impl IdentityEndpoint {
    /// Returns the request for a token of the identity with this client id, or of the only one.
    pub(super) fn request(&self, client_id: Option<&str>) -> Option<ApiRequest> {
        match self {
            Self::Metadata => {
                let base = WebUrl::parse(METADATA).ok()?.0;
                let query = query("2018-02-01", client_id);
                let request = ApiRequest::get(&base, format!("metadata/identity/oauth2/token?{query}"));
                Some(request.with(HeaderName::from_static("metadata"), Secret::new("true")))
            }
            Self::Environment(EnvironmentEndpoint { url, header }) => {
                let query = query("2019-08-01", client_id);
                let name = url.path().rsplit('/').next().unwrap_or_default();
                let base = url.without_service(name).unwrap_or_else(|| url.clone());
                let request = ApiRequest::get(&base, format!("{name}?{query}"));
                Some(request.with(HeaderName::from_static("x-identity-header"), header.clone()))
            }
        }
    }

    /// Returns every form of the secrets that were given.
    pub(super) fn masks(&self) -> Vec<Secret> {
        match self {
            Self::Metadata => Vec::new(),
            Self::Environment(EnvironmentEndpoint { url, header }) => {
                header.encodings().into_iter().chain(url.masks()).collect()
            }
        }
    }
}

fn query(version: &str, client_id: Option<&str>) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("api-version", version).append_pair("resource", AZURE_DEVOPS);
    if let Some(client_id) = client_id {
        query.append_pair("client_id", client_id);
    }
    query.finish()
}

/// Tells if a host is this machine, or one that no packet from the Internet reaches.
fn is_near(host: &str) -> bool {
    if host.eq_ignore_ascii_case("localhost") {
        return true;
    }
    match host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>().map(|ip| ip.to_canonical()) {
        Ok(IpAddr::V4(ip)) => ip.is_loopback() || ip.is_link_local() || ip.is_private(),
        Ok(IpAddr::V6(ip)) => ip.is_loopback() || ip.is_unicast_link_local() || ip.is_unique_local(),
        Err(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> WebUrl {
        WebUrl::parse(text).unwrap().0
    }

    /// Returns the address that is asked, and the header fields.
    fn asked(endpoint: &IdentityEndpoint, client_id: Option<&str>) -> (String, Vec<(String, String)>) {
        let request = endpoint.request(client_id).unwrap();
        assert_eq!(request.method.as_str(), "GET");
        let field = |(name, value): &(HeaderName, Secret)| (name.to_string(), value.expose().to_owned());
        (request.base.service_url(&request.below), request.fields.iter().map(field).collect())
    }

    #[test]
    fn the_metadata_service_is_asked_by_its_header() {
        let resource = "resource=499b84ac-1321-427f-aa17-267ca6975798";
        let base = "http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01";
        let field = vec![("metadata".to_owned(), "true".to_owned())];
        let endpoint = IdentityEndpoint::Metadata;
        assert_eq!(asked(&endpoint, None), (format!("{base}&{resource}"), field.clone()));
        assert_eq!(asked(&endpoint, Some("a-1&b")), (format!("{base}&{resource}&client_id=a-1%26b"), field));
        assert!(endpoint.masks().is_empty());
    }

    #[test]
    fn the_endpoint_of_the_environment_is_asked_where_it_is() {
        let query = "api-version=2019-08-01&resource=499b84ac-1321-427f-aa17-267ca6975798";
        for (given, expected) in [
            (
                "http://localhost:12356/msi/token",
                format!("http://localhost:12356/msi/token?{query}&client_id=a"),
            ),
            (
                "http://127.0.0.1:41741/msi/token/",
                format!("http://127.0.0.1:41741/msi/token?{query}&client_id=a"),
            ),
            ("http://[::1]:8081", format!("http://[::1]:8081/?{query}&client_id=a")),
            ("http://10.0.0.4/token?x=1", format!("http://10.0.0.4/token?x=1&{query}&client_id=a")),
        ] {
            let endpoint = EnvironmentEndpoint::new(&url(given), Secret::new("hunter22-header")).unwrap();
            let endpoint = IdentityEndpoint::Environment(endpoint);
            let field = ("x-identity-header".to_owned(), "hunter22-header".to_owned());
            assert_eq!(asked(&endpoint, Some("a")), (expected, vec![field]));
            assert!(endpoint.masks().iter().any(|mask| mask.expose() == "hunter22-header"));
        }
    }

    #[test]
    fn without_encryption_only_a_near_address_is_asked() {
        let named = |text| EnvironmentEndpoint::new(&url(text), Secret::new("header"));
        for near in [
            "http://LOCALHOST/t",
            "http://127.8.9.10/t",
            "http://169.254.129.1:80/t",
            "http://10.1.2.3/t",
            "http://172.31.255.1/t",
            "http://192.168.0.1/t",
            "http://[fe80::1]/t",
            "http://[fd00::1]/t",
            "http://[::ffff:127.0.0.1]/t",
            "https://identity.example/t",
        ] {
            assert!(named(near).is_ok(), "{near}");
        }
        for far in [
            "http://identity.example/t",
            "http://8.8.8.8/t",
            "http://172.32.0.1/t",
            "http://[2001:db8::1]/t",
            "http://localhost.example/t",
            "http://127.0.0.1.example/t",
            "http://[::ffff:8.8.8.8]/t",
            "http://0.0.0.0/t",
        ] {
            assert_eq!(named(far).unwrap_err(), IdentityEndpointError::Unencrypted(url(far)), "{far}");
        }
        for header in ["", "a\nb", "a b", "ä"] {
            let endpoint = EnvironmentEndpoint::new(&url("http://127.0.0.1/t"), Secret::new(header));
            assert_eq!(endpoint.unwrap_err(), IdentityEndpointError::Header);
        }
    }
}
