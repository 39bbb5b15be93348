//! The agent's own connection to its server: the pipeline's collection, and the job as an identity there.

use thiserror::Error;

use super::replaced;
use crate::agent::environment::Environment;
use crate::auth::credentials::Credentials;
use crate::hosts::azure_repos::Collection;
use crate::remote::url::RemoteUrl;
use crate::remote::web_url::WebUrl;
use crate::secret::Secret;

/// The variable that holds the URL of the pipeline's own collection. No other counts: those that begin with `SYSTEM_`
/// are variables of the pipeline, which whoever may queue a run can be able to set.
const COLLECTION: &str = "ENDPOINT_URL_SYSTEMVSSCONNECTION";

/// The variables that hold the job's token, the most reliable first.
const TOKEN: [&str; 3] = [
    "ENDPOINT_AUTH_PARAMETER_SYSTEMVSSCONNECTION_ACCESSTOKEN",
    "SECRET_SYSTEM_ACCESSTOKEN",
    "SYSTEM_ACCESSTOKEN",
];

/// The agent's connection to its server, by which a job asks for what it may use.
pub(crate) struct JobConnection {
    /// The address of the pipeline's own collection.
    pub(crate) base: WebUrl,
    /// The job's token.
    pub(crate) token: Secret,
}

/// The reason why there is no such connection; a sentence of its own.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(crate) enum NoJobConnection {
    /// This variable of the pipeline may be anybody's.
    #[error("{}", replaced::problem("the agent's connection to its server is", .0))]
    Replaced(String),
    /// No agent started this, or an unknown one.
    #[error("this run was not given the URL of the agent's server")]
    NoUrl,
    /// The launcher got none.
    #[error("this run was not given the token of its job")]
    NoToken,
}

/// Returns the connection of the job.
pub(crate) fn of_job(environment: &Environment) -> Result<JobConnection, NoJobConnection> {
    let missing = |names: &[&str], otherwise| {
        let replaced = environment.replaced(|name| names.contains(&name));
        replaced.map_or(otherwise, NoJobConnection::Replaced)
    };
    let base = environment.given(COLLECTION).and_then(|url| WebUrl::parse(url).ok());
    let (base, _) = base.ok_or_else(|| missing(&[COLLECTION], NoJobConnection::NoUrl))?;
    let token = token(environment).ok_or_else(|| missing(&TOKEN, NoJobConnection::NoToken))?;
    Ok(JobConnection { base, token })
}

/// Returns the collection that the pipeline belongs to, at the server that the agent serves.
pub(crate) fn collection(environment: &Environment) -> Option<Collection> {
    Collection::parse(environment.given(COLLECTION)?)
}

/// Tells whether a repository or a project is in the pipeline's own collection, or is that.
pub(crate) fn holds(environment: &Environment, repository: &RemoteUrl) -> bool {
    let RemoteUrl::Web(repository) = repository else { return false };
    collection(environment).is_some_and(|collection| collection.holds_given(repository))
}

/// Returns what signs the job in at a repository, and the pipeline's own collection, if the repository is in that.
pub(crate) fn credentials(
    environment: &Environment,
    repository: &RemoteUrl,
) -> Option<(Credentials, Collection)> {
    let collection = collection(environment).filter(|_| holds(environment, repository))?;
    Some((Credentials::of_bearer(&token(environment)?).ok()?, collection))
}

/// Returns the job's token. It goes to the pipeline's own collection, and nowhere else.
fn token(environment: &Environment) -> Option<Secret> {
    TOKEN.iter().find_map(|name| environment.given(name)).map(Secret::new)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hosts::Host;

    fn sent(variables: &[(&str, &str)], repository: &str) -> Option<String> {
        let variables = variables.iter().map(|(name, value)| (name.into(), value.into())).collect();
        let environment = Environment { variables, arguments: Vec::new() };
        let (repository, _) = RemoteUrl::parse(repository).unwrap();
        let (credentials, _) = credentials(&environment, &repository)?;
        Some(credentials.authorizations(Host::AzureRepos.schemes())[0].expose().to_owned())
    }

    #[test]
    fn the_jobs_token_goes_to_its_own_collection_only() {
        let own = "https://contoso.visualstudio.com/p/_git/r";
        for token in TOKEN {
            let variables = [(COLLECTION, "https://dev.azure.com/contoso/"), (token, "eyJ0")];
            assert_eq!(sent(&variables, own).unwrap(), "Bearer eyJ0");
            for other in ["https://dev.azure.com/fabrikam/p/_git/r", "https://github.com/contoso/r", "/r"] {
                assert_eq!(sent(&variables, other), None);
            }
        }
        let url_of_another = [
            ("TF_BUILD", "True"),
            ("AGENT_VERSION", "4.248.0"),
            ("VSTS_PUBLIC_VARIABLES", r#"["ENDPOINT_URL_SYSTEMVSSCONNECTION"]"#),
            (COLLECTION, "https://dev.azure.com/contoso/"),
            (TOKEN[0], "eyJ0"),
        ];
        assert_eq!(sent(&url_of_another, own), None);
        assert_eq!(sent(&[(TOKEN[0], "eyJ0")], own), None);
        assert_eq!(sent(&[(COLLECTION, "https://dev.azure.com/contoso/")], own), None);
    }

    #[test]
    fn the_jobs_token_goes_to_projects_of_its_own_collection_only() {
        for (collection, own, others) in [
            (
                "https://dev.azure.com/contoso/",
                ["https://dev.azure.com/contoso", "https://contoso.visualstudio.com/p"],
                ["https://dev.azure.com/fabrikam", "https://dev.azure.com"],
            ),
            (
                "https://tfs.example.org/tfs/Main/",
                ["https://tfs.example.org/tfs/Main", "https://tfs.example.org/tfs/main/p"],
                ["https://tfs.example.org/tfs/Other", "https://tfs.example.org/tfs/Other/p"],
            ),
        ] {
            let variables = [(COLLECTION, collection), (TOKEN[0], "eyJ0")];
            for own in own {
                assert_eq!(sent(&variables, own).as_deref(), Some("Bearer eyJ0"), "{own}");
            }
            for other in others {
                assert_eq!(sent(&variables, other), None, "{other}");
            }
        }
    }

    #[test]
    fn a_variable_of_the_pipeline_moves_no_token() {
        let other = "https://evil.example.net/x/p/_git/r";
        for variable in ["SYSTEM_COLLECTIONURI", "SYSTEM_TEAMFOUNDATIONCOLLECTIONURI"] {
            let named = (variable, "https://evil.example.net/x/");
            assert_eq!(sent(&[named, (TOKEN[0], "eyJ0")], other), None);
            let own = (COLLECTION, "https://dev.azure.com/contoso/");
            assert_eq!(sent(&[own, named, (TOKEN[0], "eyJ0")], other), None);
        }
    }
}
