//! The pipeline's job as an identity of Azure DevOps: its token, and where that may go.

use super::Environment;
use crate::remote::{Collection, Credentials, RemoteUrl, Secret};

/// The variables that hold the URL of the pipeline's own collection.
const COLLECTION: [&str; 3] =
    ["ENDPOINT_URL_SYSTEMVSSCONNECTION", "SYSTEM_COLLECTIONURI", "SYSTEM_TEAMFOUNDATIONCOLLECTIONURI"];

/// The variables that hold the job's token, the most reliable first.
const TOKEN: [&str; 3] = [
    "ENDPOINT_AUTH_PARAMETER_SYSTEMVSSCONNECTION_ACCESSTOKEN",
    "SECRET_SYSTEM_ACCESSTOKEN",
    "SYSTEM_ACCESSTOKEN",
];

/// Returns what signs the job in at a repository, if that is in the pipeline's own collection.
pub(super) fn credentials(environment: &Environment, repository: &RemoteUrl) -> Option<Credentials> {
    let RemoteUrl::Web(repository) = repository else { return None };
    let given =
        |name: &&str| environment.text(name).filter(|_| environment.replaced(|it| it == *name).is_none());
    let collections = COLLECTION.iter().filter_map(|name| Collection::parse(given(name)?));
    if !collections.into_iter().any(|collection| collection.holds(repository)) {
        return None;
    }
    let token = TOKEN.iter().find_map(given)?;
    Credentials::of_job(&Secret::new(token)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::remote::Host;

    fn sent(variables: &[(&str, &str)], repository: &str) -> Option<String> {
        let variables = variables.iter().map(|(name, value)| (name.into(), value.into())).collect();
        let environment = Environment { variables, arguments: Vec::new() };
        let (repository, _) = RemoteUrl::parse(repository).unwrap();
        let credentials = credentials(&environment, &repository)?;
        Some(credentials.authorizations(Host::AzureRepos)[0].expose().to_owned())
    }

    #[test]
    fn the_jobs_token_goes_to_its_own_collection_only() {
        let own = "https://contoso.visualstudio.com/p/_git/r";
        for collection in COLLECTION {
            for token in TOKEN {
                let variables = [(collection, "https://dev.azure.com/contoso/"), (token, "eyJ0")];
                assert_eq!(sent(&variables, own).unwrap(), "Bearer eyJ0");
                for other in ["https://dev.azure.com/fabrikam/p/_git/r", "https://github.com/contoso/r", "/r"]
                {
                    assert_eq!(sent(&variables, other), None);
                }
            }
        }
        let url_of_another = [
            ("TF_BUILD", "True"),
            ("AGENT_VERSION", "4.248.0"),
            ("VSTS_PUBLIC_VARIABLES", r#"["ENDPOINT_URL_SYSTEMVSSCONNECTION"]"#),
            (COLLECTION[0], "https://dev.azure.com/contoso/"),
            (TOKEN[0], "eyJ0"),
        ];
        assert_eq!(sent(&url_of_another, own), None);
        assert_eq!(sent(&[(TOKEN[0], "eyJ0")], own), None);
        assert_eq!(sent(&[(COLLECTION[0], "https://dev.azure.com/contoso/")], own), None);
    }
}
