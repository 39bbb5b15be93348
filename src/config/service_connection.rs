//! Service connections, as the agent hands them to a step: `ENDPOINT_*_<id>`.

use super::replaced;
use crate::agent::environment::Environment;
use crate::auth::credentials::{Credentials, TokenError};
use crate::hosts;
use crate::hosts::azure_repos::Collection;
use crate::remote::url::RemoteUrl;
use crate::remote::web_url::{Scheme, WebUrl};
use crate::secret::Secret;

/// The parts of a service connection that a mirror needs.
#[derive(Debug)]
pub(crate) struct Connection {
    /// Its id.
    pub(crate) id: String,
    /// Its address, a repository, an organization or a host: the bounds of its credentials.
    pub(crate) url: WebUrl,
    /// Its credentials, if it has any.
    pub(crate) credentials: Option<Credentials>,
}

impl Connection {
    /// Reads the connection of this id; the error is the end of a sentence about the input.
    pub(crate) fn read(environment: &Environment, id: &str) -> Result<Self, String> {
        if !is_guid(id) {
            return Err("must name a service connection, for which the agent gives its id, a GUID".to_owned());
        }
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
        let url = environment.text(&format!("ENDPOINT_URL_{id}")).and_then(|url| WebUrl::parse(url).ok());
        let Some((url, _)) = url else {
            return Err(
                "names a service connection that has no https:// or http:// URL, so that no server is known \
                        for its credentials: give it the server's URL"
                    .to_owned(),
            );
        };
        Ok(Self { id: id.to_owned(), url, credentials })
    }

    /// Returns its own URL, if that is a repository's and not just a host's or an organization's.
    pub(crate) fn repository(&self) -> Option<RemoteUrl> {
        let url = Some(&self.url).filter(|url| !url.path().is_empty())?;
        let is_collection = matches!(Collection::parse(&url.to_string()), Some(Collection::Organization(_)))
            && !url.path().contains("/_git/");
        (!is_collection).then(|| RemoteUrl::Web(url.clone()))
    }

    /// Returns true if its credentials are for the server of this repository: that of its own URL, by scheme, host and
    /// port. An organization of Azure DevOps has two addresses, and so have some hosts: their own, and that of their API.
    pub(crate) fn is_for(&self, repository: &WebUrl) -> bool {
        let collection = Collection::parse(&self.url.to_string());
        self.url.same_origin(repository)
            || is_api_of(&self.url, repository)
            || collection.is_some_and(|collection| collection.holds(repository))
    }
}

fn signed_in(user: Option<&Secret>, password: Option<Secret>) -> Result<Credentials, TokenError> {
    let user = user.map_or("", Secret::expose);
    Credentials::of_connection(user, &password.ok_or(TokenError::Empty)?)
}

/// Some kinds of connection lead to the API of their host.
fn is_api_of(api: &WebUrl, repository: &WebUrl) -> bool {
    let https = |url: &WebUrl| url.scheme() == Scheme::Https && url.port() == 443;
    let names = Some((api.host(), repository.host()));
    https(api) && https(repository) && hosts::TABLE.iter().any(|row| row.api == names)
}

/// Returns true for an id as the agent writes it: 8, 4, 4, 4 and 12 hexadecimal digits. The agent's connection
/// for itself has a name in its place, and its token is not for every server.
fn is_guid(id: &str) -> bool {
    let groups =
        id.split('-').map(|group| group.bytes().all(|byte| byte.is_ascii_hexdigit()).then_some(group.len()));
    groups.eq([8, 4, 4, 4, 12].map(Some))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hosts::Host;

    const ID: &str = "3f2b1c00-0000-4000-8000-000000000000";

    fn read(variables: &[(&str, &str)]) -> Result<Connection, String> {
        let named = |name: &str| format!("ENDPOINT_{}", name.replace("id-1", ID)).into();
        let variables = variables.iter().map(|(name, value)| (named(name), value.into()));
        Connection::read(&Environment { variables: variables.collect(), arguments: Vec::new() }, ID)
    }

    fn sent(connection: &Connection, host: Host) -> String {
        let credentials = connection.credentials.as_ref().unwrap();
        credentials.authorizations(host.schemes())[0].expose().to_owned()
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
                expected.authorizations(Host::GitHub.schemes())[0].expose(),
                "{scheme}"
            );
        }
        let anonymous = [("AUTH_SCHEME_id-1", "None"), ("URL_id-1", "https://github.com/")];
        assert_eq!(read(&anonymous).unwrap().credentials, None);
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
            (&[("AUTH_SCHEME_id-1", "None")], "no https:// or http:// URL"),
            (&[("AUTH_SCHEME_id-1", "None"), ("URL_id-1", "ssh://git@host/r")], "no https:// or http:// URL"),
            (&[("AUTH_SCHEME_id-1", "None"), ("URL_id-1", "host/r")], "no https:// or http:// URL"),
        ] {
            let error = read(variables).unwrap_err();
            assert!(error.contains(part), "{error}");
        }
    }

    #[test]
    fn an_id_is_a_guid() {
        assert!(is_guid(ID) && is_guid(&ID.to_uppercase()));
        for other in [
            "SYSTEMVSSCONNECTION",
            "",
            "3f2b",
            "3f2b1c000000400080000000000000000000",
            &ID[1..],
            &format!("{ID}-0"),
        ] {
            assert!(!is_guid(other), "{other}");
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
    fn its_credentials_stay_at_its_scheme_host_and_port() {
        for (url, repository, is_for) in [
            ("https://github.com/", "https://github.com/o/r", true),
            ("https://api.bitbucket.org/", "https://bitbucket.org/w/r", true),
            ("https://dev.azure.com/contoso", "https://contoso.visualstudio.com/p/_git/r", true),
            ("https://api.github.com", "https://github.com/o/r", true),
            ("https://GitHub.com:443/o", "https://github.com/o/r", true),
            ("http://git.example.org:8080/a", "http://git.example.org:8080/b", true),
            ("https://github.com/", "http://github.com/o/r", false),
            ("http://github.com/", "https://github.com/o/r", false),
            ("https://api.git.example.org/", "https://git.example.org/o/r", false),
            ("https://github.com/", "https://api.github.com/o/r", false),
            ("http://api.bitbucket.org/", "http://bitbucket.org/w/r", false),
            ("https://git.example.org/", "https://git.example.org:8443/o/r", false),
            ("https://git.example.org/", "https://git.example.org./o/r", false),
            ("https://dev.azure.com/contoso", "https://fabrikam.visualstudio.com/p/_git/r", false),
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
