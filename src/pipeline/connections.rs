//! Service connections, as the agent hands them to a step: `ENDPOINT_*_<id>`.

use super::{Environment, replaced};
use crate::remote::{Collection, Credentials, RemoteUrl, Scheme, Secret, TokenError, WebUrl};

/// The parts of a service connection that a mirror needs.
#[derive(Debug)]
pub(super) struct Connection {
    /// Where it leads: a repository, an organization or a host.
    pub(super) url: Option<WebUrl>,
    /// What signs in there, if anything.
    pub(super) credentials: Option<Credentials>,
}

impl Connection {
    /// Reads the connection of this id; the error is the end of a sentence about the input.
    pub(super) fn read(environment: &Environment, id: &str) -> Result<Self, String> {
        let of_this = format!("_{}", id.to_uppercase());
        if let Some(variable) =
            environment.replaced(|name| name.starts_with("ENDPOINT_") && name.contains(&of_this))
        {
            return Err(replaced::problem("names a service connection that is", &variable));
        }
        let Some(scheme) = environment.text(&format!("ENDPOINT_AUTH_SCHEME_{id}")) else {
            return Err(
                "names a service connection that this run was not given: check that it exists and that \
                        the pipeline may use it"
                    .to_owned(),
            );
        };
        let parameter =
            |key: &str| environment.text(&format!("ENDPOINT_AUTH_PARAMETER_{id}_{key}")).map(Secret::new);
        let token = || parameter("ACCESSTOKEN").or_else(|| parameter("APITOKEN"));
        let credentials = match scheme.to_ascii_lowercase().as_str() {
            "usernamepassword" => {
                let user = parameter("USERNAME");
                signed_in(user.as_ref(), parameter("PASSWORD")).map(Some)
            }
            "token" | "oauth" | "personalaccesstoken" | "installationtoken" => {
                signed_in(None, token()).map(Some)
            }
            "none" | "anonymous" => Ok(None),
            _ => {
                return Err(format!(
                    "names a service connection that signs in by '{scheme}', which Git hosts do not take; use one \
                     with a user and a password, or with a token"
                ));
            }
        };
        let credentials = credentials
            .map_err(|error| format!("names a service connection that cannot sign in: {error}"))?;
        let url = environment.text(&format!("ENDPOINT_URL_{id}"));
        Ok(Self { url: url.and_then(|url| WebUrl::parse(url).ok()).map(|(url, _)| url), credentials })
    }

    /// Its own URL, if that is a repository's and not just a host's or an organization's.
    pub(super) fn repository(&self) -> Option<RemoteUrl> {
        let url = self.url.clone().filter(|url| !url.path().is_empty())?;
        let is_collection = matches!(Collection::parse(&url.to_string()), Some(Collection::Organisation(_)))
            && !url.path().contains("/_git/");
        (!is_collection).then_some(RemoteUrl::Web(url))
    }

    /// Whether its credentials are meant for the host of this repository.
    pub(super) fn is_for(&self, repository: &WebUrl) -> bool {
        let Some(url) = &self.url else { return true };
        let weaker = url.scheme() == Scheme::Https && repository.scheme() == Scheme::Http;
        let same_host = host(url) == host(repository);
        let collection = Collection::parse(&url.to_string());
        !weaker && (same_host || collection.is_some_and(|collection| collection.holds(repository)))
    }
}

fn signed_in(user: Option<&Secret>, password: Option<Secret>) -> Result<Credentials, TokenError> {
    let user = user.map_or("", Secret::expose);
    Credentials::of_connection(user, &password.ok_or(TokenError::Empty)?)
}

/// Some kinds of connection lead to the API of their host.
fn host(url: &WebUrl) -> &str {
    url.host().strip_prefix("api.").unwrap_or(url.host())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::remote::Host;

    fn read(variables: &[(&str, &str)]) -> Result<Connection, String> {
        let variables =
            variables.iter().map(|(name, value)| (format!("ENDPOINT_{name}").into(), value.into()));
        Connection::read(&Environment { variables: variables.collect(), arguments: Vec::new() }, "id-1")
    }

    fn sent(connection: &Connection, host: Host) -> String {
        let credentials = connection.credentials.as_ref().unwrap();
        credentials.authorizations(host)[0].expose().to_owned()
    }

    #[test]
    fn every_scheme_of_a_git_connection_signs_in() {
        for (scheme, parameters, basic) in [
            ("UsernamePassword", &[("USERNAME", "bob"), ("PASSWORD", "p%2Fw")][..], "bob:p%2Fw"),
            ("UsernamePassword", &[("PASSWORD", "t0ken")], "x-access-token:t0ken"),
            ("Token", &[("APITOKEN", "t0ken")], "x-access-token:t0ken"),
            ("Token", &[("ACCESSTOKEN", "t0ken")], "x-access-token:t0ken"),
            ("OAuth", &[("ACCESSTOKEN", "gho_x")], "x-access-token:gho_x"),
            ("PersonalAccessToken", &[("ACCESSTOKEN", "ghp_x")], "x-access-token:ghp_x"),
            ("InstallationToken", &[("ACCESSTOKEN", "ghs_x")], "x-access-token:ghs_x"),
        ] {
            let names: Vec<_> =
                parameters.iter().map(|(key, _)| format!("AUTH_PARAMETER_id-1_{key}")).collect();
            let mut variables = vec![("AUTH_SCHEME_id-1", scheme), ("URL_id-1", "https://github.com/")];
            variables
                .extend(names.iter().map(String::as_str).zip(parameters.iter().map(|(_, value)| *value)));
            let connection = read(&variables).unwrap();
            let expected = Credentials::parse(&basic.replace('%', "%25")).unwrap();
            assert_eq!(
                sent(&connection, Host::GitHub),
                expected.authorizations(Host::GitHub)[0].expose(),
                "{scheme}"
            );
        }
        assert_eq!(read(&[("AUTH_SCHEME_id-1", "None")]).unwrap().credentials, None);
    }

    #[test]
    fn what_cannot_sign_in_is_said() {
        for (variables, part) in [
            (&[("URL_id-1", "https://github.com")][..], "was not given"),
            (
                &[("AUTH_SCHEME_id-1", "WorkloadIdentityFederation")],
                "signs in by 'WorkloadIdentityFederation'",
            ),
            (&[("AUTH_SCHEME_id-1", "Token")], "cannot sign in: it holds no token"),
        ] {
            let error = read(variables).unwrap_err();
            assert!(error.contains(part), "{error}");
        }
    }

    #[test]
    fn its_url_is_a_repository_only_if_it_looks_like_one() {
        for (url, repository) in [
            ("https://git.example.org/o/my repo.git", Some("https://git.example.org/o/my%20repo.git")),
            ("https://dev.azure.com/contoso/p/_git/r", Some("https://dev.azure.com/contoso/p/_git/r")),
            ("https://github.com/", None),
            ("https://dev.azure.com/contoso/", None),
        ] {
            let connection = read(&[("AUTH_SCHEME_id-1", "None"), ("URL_id-1", url)]).unwrap();
            assert_eq!(connection.repository().map(|url| url.to_string()).as_deref(), repository);
        }
    }

    #[test]
    fn its_credentials_stay_at_its_host() {
        for (url, repository, is_for) in [
            ("https://github.com/", "https://github.com/o/r", true),
            ("https://api.bitbucket.org/", "https://bitbucket.org/w/r", true),
            ("https://dev.azure.com/contoso", "https://contoso.visualstudio.com/p/_git/r", true),
            ("https://github.com/", "http://github.com/o/r", false),
            ("https://github.com/", "https://gitlab.com/o/r", false),
            ("https://github.com/", "https://github.com.evil.net/o/r", false),
        ] {
            let connection = read(&[("AUTH_SCHEME_id-1", "None"), ("URL_id-1", url)]).unwrap();
            assert_eq!(
                connection.is_for(&WebUrl::parse(repository).unwrap().0),
                is_for,
                "{url} {repository}"
            );
        }
    }
}
