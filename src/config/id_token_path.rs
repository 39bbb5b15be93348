//! The address at which the job asks for id tokens: always below that of the pipeline's own collection.

use super::job_variables;
use super::job_variables::{JobVariableError, PROJECT};
use crate::agent::environment::Environment;
use crate::hosts::azure_repos;
use crate::remote::web_url::WebUrl;

/// The version of the interface.
const VERSION: &str = "7.1-preview.1";

/// Returns the path below the collection's address, with its query, at which a service connection's id tokens are.
///
/// `System.OidcRequestUri` says it where it is set. Like all that begins with `SYSTEM_`, whoever may queue a run can be
/// able to set it, and the job's token goes there: it is used only if it lies below the collection's address.
pub(crate) fn of(
    environment: &Environment,
    collection: &WebUrl,
    connection: &str,
) -> Result<String, JobVariableError> {
    let given = environment.text("SYSTEM_OIDCREQUESTURI").and_then(|uri| path_below(collection, uri));
    let path = given.map_or_else(|| made(environment), Ok)?;
    Ok(format!("{path}?serviceConnectionId={connection}&api-version={VERSION}"))
}

fn path_below(collection: &WebUrl, uri: &str) -> Option<String> {
    let (uri, user_info) = WebUrl::parse(uri).ok()?;
    let below = uri.path().strip_prefix(collection.path())?.strip_prefix('/')?;
    let is_it = collection.same_origin(&uri)
        && user_info.is_none()
        && uri.query().is_none()
        && below.split('/').all(azure_repos::is_plain)
        && below.ends_with("/oidctoken");
    is_it.then(|| below.to_owned())
}

fn made(environment: &Environment) -> Result<String, JobVariableError> {
    let id = |name| job_variables::id(environment, name);
    let hub = job_variables::word(environment, "System.HostType")?;
    let (project, plan, job) = (id(PROJECT)?, id("System.PlanId")?, id("System.JobId")?);
    Ok(format!("{project}/_apis/distributedtask/hubs/{hub}/plans/{plan}/jobs/{job}/oidctoken"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROJECT: &str = "7d1f0a52-5f4e-4c8e-9f5b-0c1d2e3f4a5b";
    const PLAN: &str = "c3a9c1de-3b0f-4e56-8a57-6f1e2d3c4b5a";
    const JOB: &str = "12f1170f-54f2-53f3-20dd-22fc7dff55f9";
    const QUERY: &str = "?serviceConnectionId=5f2c1f9e&api-version=7.1-preview.1";

    fn path(variables: &[(&str, &str)], collection: &str) -> Result<String, String> {
        let usual = [
            ("SYSTEM_HOSTTYPE", "build"),
            ("SYSTEM_TEAMPROJECTID", PROJECT),
            ("SYSTEM_PLANID", PLAN),
            ("SYSTEM_JOBID", JOB),
        ];
        let variables = variables.iter().chain(&usual).map(|(name, value)| (name.into(), value.into()));
        let environment = Environment { variables: variables.collect(), arguments: Vec::new() };
        let path = of(&environment, &WebUrl::parse(collection).unwrap().0, "5f2c1f9e");
        path.map_err(|error| error.to_string())
    }

    fn usual() -> String {
        format!("{PROJECT}/_apis/distributedtask/hubs/build/plans/{PLAN}/jobs/{JOB}/oidctoken{QUERY}")
    }

    #[test]
    fn the_path_is_made_of_the_ids_of_the_run() {
        assert_eq!(path(&[], "https://dev.azure.com/contoso/").unwrap(), usual());
        for (name, value, error) in [
            ("SYSTEM_HOSTTYPE", "build/../x", "System.HostType is not a word of letters"),
            ("SYSTEM_HOSTTYPE", "", "this run was not given System.HostType"),
            ("SYSTEM_TEAMPROJECTID", "project", "System.TeamProjectId is not a GUID"),
            ("SYSTEM_PLANID", "../x", "System.PlanId is not a GUID"),
            ("SYSTEM_PLANID", "", "this run was not given System.PlanId"),
            ("SYSTEM_JOBID", "1", "System.JobId is not a GUID"),
        ] {
            assert_eq!(path(&[(name, value)], "https://dev.azure.com/contoso/").unwrap_err(), error);
        }
    }

    #[test]
    fn the_given_address_counts_below_the_collection_alone() {
        let own = "https://dev.azure.com/contoso/";
        let given = "https://dev.azure.com/contoso/p/_apis/x/oidctoken";
        let used = format!("p/_apis/x/oidctoken{QUERY}");
        assert_eq!(path(&[("SYSTEM_OIDCREQUESTURI", given)], own).unwrap(), used);
        assert_eq!(path(&[("SYSTEM_OIDCREQUESTURI", given)], "https://dev.azure.com/contoso").unwrap(), used);
        for other in [
            "https://evil.example/contoso/p/_apis/x/oidctoken",
            "http://dev.azure.com/contoso/p/_apis/x/oidctoken",
            "https://dev.azure.com:8443/contoso/p/_apis/x/oidctoken",
            "https://dev.azure.com@evil.example/contoso/p/_apis/x/oidctoken",
            "https://x@dev.azure.com/contoso/p/_apis/x/oidctoken",
            "https://dev.azure.com/fabrikam/p/_apis/x/oidctoken",
            "https://dev.azure.com/contosox/_apis/x/oidctoken",
            "https://dev.azure.com/contoso/../fabrikam/_apis/x/oidctoken",
            "https://dev.azure.com/contoso/%2e%2e/fabrikam/_apis/x/oidctoken",
            "https://dev.azure.com/contoso/..%2ffabrikam/_apis/x/oidctoken",
            "https://dev.azure.com/contoso/..%5cfabrikam/_apis/x/oidctoken",
            "https://dev.azure.com/contoso/..%252ffabrikam/_apis/x/oidctoken",
            "https://dev.azure.com/contoso/p/_apis/x/oidctoken?serviceConnectionId=other",
            "https://dev.azure.com/contoso/p/_apis/projects",
            "https://dev.azure.com/contoso",
            "no URL",
        ] {
            assert_eq!(path(&[("SYSTEM_OIDCREQUESTURI", other)], own).unwrap(), usual(), "{other}");
        }
    }
}
