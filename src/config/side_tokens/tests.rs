//! Of all that can be filled in and named for a side: who signs in, or the error.

use std::sync::Arc;

use crate::agent::environment::Environment;
use crate::auth::identity::{ConnectionType, Identity};
use crate::auth::testing::PKCS1;
use crate::config::step;
use crate::config::step::Step;
use crate::secret::Secret;
use crate::transport::endpoint::Endpoint;
use ConnectionType::{AzureDevOps, AzureRepos, AzureResourceManager, GitHub, OtherGit};

const ID: &str = "5f2c1f9e-3a57-4b8e-9d0c-1a2b3c4d5e6f";
const OTHER: &str = "0a2b3c4d-3a57-4b8e-9d0c-1a2b3c4d5e6f";
const FILE: &str = "9e8d7c6b-3a57-4b8e-9d0c-1a2b3c4d5e6f";
const CLIENT: &str = "11112222-3333-4444-5555-666677778888";

const AZURE: &str = "https://dev.azure.com/fabrikam/p/_git/r";
const OWN: &str = "https://dev.azure.com/contoso/p/_git/r";
const GITHUB_REPOSITORY: &str = "https://github.com/contoso/app";

/// A connection of each type and scheme, by the end of the names of its variables.
const CONNECTIONS: [(&str, &[(&str, &str)]); 9] = [
    (
        "git",
        &[("AUTH_SCHEME", "UsernamePassword"), ("URL", "https://github.com/"), ("PASSWORD", "git-passw0rd")],
    ),
    ("anonymous", &[("AUTH_SCHEME", "None"), ("URL", "https://github.com/contoso/app")]),
    (
        "azureRepos",
        &[("AUTH_SCHEME", "Token"), ("URL", "https://dev.azure.com/fabrikam"), ("APITOKEN", "azure-t0ken")],
    ),
    (
        "gitHub",
        &[("AUTH_SCHEME", "InstallationToken"), ("URL", "https://github.com/"), ("ACCESSTOKEN", "ghs_t0ken")],
    ),
    (
        "azureDevOps",
        &[
            ("AUTH_SCHEME", "WorkloadIdentityFederation"),
            ("URL", "https://dev.azure.com/fabrikam/"),
            ("SERVICEPRINCIPALID", CLIENT),
            ("TENANTID", "fabrikam.example"),
            ("IDTOKEN", "late-bound-id-t0ken"),
        ],
    ),
    (
        "workload",
        &[
            ("AUTH_SCHEME", "WorkloadIdentityFederation"),
            ("URL", "https://management.azure.com/"),
            ("SERVICEPRINCIPALID", CLIENT),
            ("TENANTID", "fabrikam.example"),
        ],
    ),
    (
        "secret",
        &[
            ("AUTH_SCHEME", "ServicePrincipal"),
            ("URL", "https://management.azure.com/"),
            ("SERVICEPRINCIPALID", CLIENT),
            ("TENANTID", "fabrikam.example"),
            ("SERVICEPRINCIPALKEY", "client-s3cret"),
        ],
    ),
    ("managed", &[("AUTH_SCHEME", "ManagedServiceIdentity"), ("URL", "https://management.azure.com/")]),
    ("publishProfile", &[("AUTH_SCHEME", "PublishProfile"), ("URL", "https://management.azure.com/")]),
];

/// Returns the variables of a connection under an id.
fn connection(name: &str, id: &str) -> Vec<(String, String)> {
    let (_, variables) = CONNECTIONS.iter().find(|(known, _)| *known == name).unwrap();
    let named = |key: &str| match key {
        "AUTH_SCHEME" | "URL" => format!("ENDPOINT_{key}_{id}"),
        key => match key.strip_prefix("DATA_") {
            Some(key) => format!("ENDPOINT_DATA_{id}_{key}"),
            None => format!("ENDPOINT_AUTH_PARAMETER_{id}_{key}"),
        },
    };
    variables.iter().map(|(key, value)| (named(key), (*value).to_owned())).collect()
}

/// Returns what the agent gives every step of a job.
fn job() -> Vec<(String, String)> {
    let variables = [
        ("TF_BUILD", "True"),
        ("ENDPOINT_URL_SYSTEMVSSCONNECTION", "https://dev.azure.com/contoso/"),
        ("ENDPOINT_AUTH_PARAMETER_SYSTEMVSSCONNECTION_ACCESSTOKEN", "the-jobs-t0ken"),
        ("SYSTEM_TEAMPROJECTID", "7d1f0a52-5f4e-4c8e-9f5b-0c1d2e3f4a5b"),
        ("SYSTEM_HOSTTYPE", "build"),
        ("SYSTEM_PLANID", "c3a9c1de-3b0f-4e56-8a57-6f1e2d3c4b5a"),
        ("SYSTEM_JOBID", "12f1170f-54f2-53f3-20dd-22fc7dff55f9"),
    ];
    variables.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec()
}

fn run(variables: Vec<(String, String)>, arguments: &[&str]) -> Result<Step, Vec<String>> {
    let variables = variables.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
    let environment = Environment { variables, arguments: arguments.iter().map(Into::into).collect() };
    step::of_environment(&environment).map_err(|errors| errors.iter().map(ToString::to_string).collect())
}

/// Runs by the agent, with these inputs of the source and the connection of this name under the id.
fn by_agent(url: &str, inputs: &[(&str, &str)], named: &str) -> Result<Step, Vec<String>> {
    let mut variables = job();
    variables.push(("INPUT_SOURCEGITREPOSITORYURI".to_owned(), url.to_owned()));
    variables.push(("INPUT_DESTINATIONGITREPOSITORYURI".to_owned(), "/srv/mirror.git".to_owned()));
    variables.push((format!("SECUREFILE_TICKET_{FILE}"), "file-t1cket".to_owned()));
    variables.extend(inputs.iter().map(|(name, value)| input("source", name, value)));
    variables.extend(connection(named, ID));
    run(variables, &[])
}

fn input(side: &str, name: &str, value: &str) -> (String, String) {
    (format!("INPUT_{}", format!("{side}{name}").to_uppercase()), value.to_owned())
}

fn source(step: &Step) -> &Endpoint {
    &step.given.source
}

fn identity(step: &Step) -> Option<Identity> {
    source(step).tokens.as_ref().map(super::TokenCache::identity)
}

fn of_connection(connection_type: ConnectionType, application: Option<&str>) -> Identity {
    let application = application.map(str::to_owned);
    Identity::Connection { connection_type, id: ID.to_owned(), application }
}

#[test]
fn the_one_that_is_filled_in_or_named_signs_in() {
    let app = [APP_ID, APP_KEY];
    let of_app = Some(Identity::GitHubApp { app_id: 42 });
    for (url, inputs, named, expected) in [
        (GITHUB_REPOSITORY, &[][..], "git", None),
        (GITHUB_REPOSITORY, &[way("Auto"), TOKEN], "git", Some(Identity::Token)),
        (GITHUB_REPOSITORY, &[("ServiceConnection", ID)], "git", Some(of_connection(OtherGit, None))),
        (GITHUB_REPOSITORY, &[("ServiceConnection", ID)], "anonymous", None),
        ("", &[("ServiceConnection", ID)], "anonymous", None),
        (AZURE, &[("AzureReposConnection", ID)], "azureRepos", Some(of_connection(AzureRepos, None))),
        (GITHUB_REPOSITORY, &[("GitHubConnection", ID)], "gitHub", Some(of_connection(GitHub, None))),
        (
            AZURE,
            &[("AzureDevOpsConnection", ID)],
            "azureDevOps",
            Some(of_connection(AzureDevOps, Some(CLIENT))),
        ),
        (
            "https://fabrikam.visualstudio.com/p/_git/r",
            &[("AzureDevOpsConnection", ID)],
            "azureDevOps",
            Some(of_connection(AzureDevOps, Some(CLIENT))),
        ),
        (
            OWN,
            &[("AzureResourceManagerConnection", ID)],
            "workload",
            Some(of_connection(AzureResourceManager, Some(CLIENT))),
        ),
        (
            AZURE,
            &[("AzureResourceManagerConnection", ID)],
            "secret",
            Some(of_connection(AzureResourceManager, Some(CLIENT))),
        ),
        (
            AZURE,
            &[("AzureResourceManagerConnection", ID)],
            "managed",
            Some(of_connection(AzureResourceManager, None)),
        ),
        (GITHUB_REPOSITORY, &app, "git", of_app.clone()),
        ("https://github.com/contoso", &app, "git", of_app.clone()),
        ("https://contoso.ghe.com/o/r", &app, "git", of_app.clone()),
        ("https://git.example.org/o/r", &[app[0], app[1], ("HostKind", "github")], "git", of_app.clone()),
        (OWN, &[], "git", Some(Identity::Job)),
        (OWN, &[way("job"), ("ServiceConnection", ID), TOKEN], "git", Some(Identity::Job)),
        (OWN, &[way("token"), TOKEN, ("ServiceConnection", ID)], "git", Some(Identity::Token)),
        (
            GITHUB_REPOSITORY,
            &[way("serviceConnection"), TOKEN, ("ServiceConnection", ID), app[0]],
            "git",
            Some(of_connection(OtherGit, None)),
        ),
        (
            GITHUB_REPOSITORY,
            &[way("GITHUB"), ("GitHubConnection", ID), ("GitRepositoryPersonalAccessToken", "$(undefined)")],
            "gitHub",
            Some(of_connection(GitHub, None)),
        ),
        (GITHUB_REPOSITORY, &[way("gitHubApp"), TOKEN, app[0], app[1]], "git", of_app),
        ("https://bob:passw0rd@github.com/contoso/app", &[], "git", Some(Identity::Url)),
        (
            "https://bob:passw0rd@github.com/contoso/app",
            &[("GitHubConnection", ID)],
            "gitHub",
            Some(of_connection(GitHub, None)),
        ),
    ] {
        let step = by_agent(url, inputs, named);
        let step = step.unwrap_or_else(|errors| panic!("{url} {inputs:?}: {errors:?}"));
        assert_eq!(identity(&step), expected, "{url} {inputs:?}");
    }
}

/// Inputs of the source, the name of the connection under the id, the input that is told of and the problem.
type Wrong<'a> = (&'a str, &'a [(&'a str, &'a str)], &'a str, &'a str, String);

/// Expects exactly this error of each, with an example only where that helps.
#[track_caller]
fn expect_errors(rows: &[Wrong<'_>]) {
    for (url, inputs, named, input, problem) in rows {
        let errors = by_agent(url, inputs, named).err().unwrap_or_default();
        let [error] = &errors[..] else { panic!("{url} {inputs:?}: {errors:?}") };
        let (error, example) = error.split_once("; for example: ").unwrap_or((error, ""));
        assert!(example.is_empty() || !problem.starts_with("names a service connection"), "{url} {inputs:?}");
        assert_eq!(error, format!("input 'source{input}' {problem}"), "{url} {inputs:?}");
    }
}

fn scope(of: &str, at: &str, url: &str) -> String {
    format!("names a service connection of the type {of} for {at}, whose credentials do not go to '{url}'")
}

const fn way(word: &str) -> (&str, &str) {
    ("Authentication", word)
}

const TOKEN: (&str, &str) = ("GitRepositoryPersonalAccessToken", "t0ken");
const APP_ID: (&str, &str) = ("GitHubAppId", "42");
const APP_KEY: (&str, &str) = ("GitHubAppPrivateKey", FILE);
const SSH: &str = "git@github.com:contoso/app.git";
const CLOUDS: &str = "https://dev.azure.com and https://*.visualstudio.com";

#[test]
fn two_that_are_filled_in_are_an_error() {
    let only = "too, but only one can sign in: empty the others, or name the one that counts in 'sourceAuthentication'";
    expect_errors(&[
        (
            GITHUB_REPOSITORY,
            &[TOKEN, ("ServiceConnection", ID)],
            "git",
            "GitRepositoryPersonalAccessToken",
            format!("is filled in, and 'sourceServiceConnection' {only}"),
        ),
        (
            GITHUB_REPOSITORY,
            &[("AzureReposConnection", ID), ("GitHubConnection", ID), APP_KEY],
            "gitHub",
            "AzureReposConnection",
            format!("is filled in, and 'sourceGitHubConnection' and 'sourceGitHubAppPrivateKey' {only}"),
        ),
    ]);
}

#[test]
fn a_way_that_is_named_must_be_filled_in() {
    expect_errors(&[
        (
            GITHUB_REPOSITORY,
            &[way("token"), ("GitHubConnection", ID)],
            "gitHub",
            "GitRepositoryPersonalAccessToken",
            "is empty, and 'sourceAuthentication' is 'token'".to_owned(),
        ),
        (
            AZURE,
            &[way("azureDevOps"), TOKEN],
            "git",
            "AzureDevOpsConnection",
            "is empty, and 'sourceAuthentication' is 'azureDevOps'".to_owned(),
        ),
        (
            GITHUB_REPOSITORY,
            &[way("pat")],
            "git",
            "Authentication",
            "is 'pat', not one of auto, token, job, serviceConnection, azureDevOps, azureResourceManager, azureRepos, \
             gitHub, gitHubApp"
                .to_owned(),
        ),
    ]);
}

#[test]
fn credentials_go_to_the_servers_of_their_connection() {
    expect_errors(&[
        (
            "https://gitlab.com/o/r",
            &[("ServiceConnection", ID)],
            "git",
            "ServiceConnection",
            scope("Other Git", "'https://github.com'", "https://gitlab.com/o/r"),
        ),
        (
            SSH,
            &[("GitHubConnection", ID)],
            "gitHub",
            "GitHubConnection",
            scope("GitHub", "'https://github.com'", SSH),
        ),
        (
            "/srv/app.git",
            &[("GitHubConnection", ID)],
            "gitHub",
            "GitHubConnection",
            scope("GitHub", "'https://github.com'", "/srv/app.git"),
        ),
        (
            OWN,
            &[("AzureReposConnection", ID)],
            "azureRepos",
            "AzureReposConnection",
            scope("Azure Repos/Team Foundation Server", "'https://dev.azure.com/fabrikam'", OWN),
        ),
        (
            "https://tfs.example.org/c/p/_git/r",
            &[("AzureDevOpsConnection", ID), ("HostKind", "azure")],
            "azureDevOps",
            "AzureDevOpsConnection",
            scope("Azure DevOps", CLOUDS, "https://tfs.example.org/c/p/_git/r"),
        ),
        (
            "http://dev.azure.com/fabrikam/p/_git/r",
            &[("AzureDevOpsConnection", ID)],
            "azureDevOps",
            "AzureDevOpsConnection",
            scope("Azure DevOps", CLOUDS, "http://dev.azure.com/fabrikam/p/_git/r"),
        ),
        (
            "https://dev.azure.com:8443/fabrikam/p/_git/r",
            &[("AzureResourceManagerConnection", ID)],
            "secret",
            "AzureResourceManagerConnection",
            scope("Azure Resource Manager", CLOUDS, "https://dev.azure.com:8443/fabrikam/p/_git/r"),
        ),
        (
            "https://dev.azure.com.evil.example/fabrikam/p/_git/r",
            &[("AzureResourceManagerConnection", ID)],
            "workload",
            "AzureResourceManagerConnection",
            scope("Azure Resource Manager", CLOUDS, "https://dev.azure.com.evil.example/fabrikam/p/_git/r"),
        ),
        (
            "git@ssh.dev.azure.com:v3/fabrikam/p/r",
            &[("AzureDevOpsConnection", ID)],
            "azureDevOps",
            "AzureDevOpsConnection",
            scope("Azure DevOps", CLOUDS, "git@ssh.dev.azure.com:v3/fabrikam/p/r"),
        ),
    ]);
}

#[test]
fn a_connection_must_be_one_of_its_inputs_type() {
    expect_errors(&[
        (
            AZURE,
            &[("AzureDevOpsConnection", ID)],
            "azureRepos",
            "AzureDevOpsConnection",
            "names a service connection that signs in by 'Token'; use one that signs in by a workload identity".to_owned(),
        ),
        (
            AZURE,
            &[("AzureResourceManagerConnection", ID)],
            "publishProfile",
            "AzureResourceManagerConnection",
            "names a service connection that signs in by 'PublishProfile'; use one that signs in by a workload identity, \
             a service principal or a managed identity"
                .to_owned(),
        ),
        (
            AZURE,
            &[("AzureDevOpsConnection", OTHER)],
            "azureDevOps",
            "AzureDevOpsConnection",
            "names a service connection that this run was not given: check that it exists and that the pipeline may use it"
                .to_owned(),
        ),
    ]);
}

#[test]
fn the_job_and_an_app_sign_in_where_they_are_known() {
    expect_errors(&[
        (
            AZURE,
            &[way("job"), TOKEN],
            "git",
            "Authentication",
            format!(
                "is 'job', but '{AZURE}' is not in the organization or collection of this pipeline, and the job's own \
                 identity is known nowhere else"
            ),
        ),
        (
            GITHUB_REPOSITORY,
            &[APP_ID],
            "git",
            "GitHubAppPrivateKey",
            "is empty: a GitHub App signs in by this and 'sourceGitHubAppId' together".to_owned(),
        ),
        (
            GITHUB_REPOSITORY,
            &[way("gitHubApp"), APP_KEY],
            "git",
            "GitHubAppId",
            "is empty: a GitHub App signs in by this and 'sourceGitHubAppPrivateKey' together".to_owned(),
        ),
        (
            GITHUB_REPOSITORY,
            &[("GitHubAppId", "my-app"), APP_KEY],
            "git",
            "GitHubAppId",
            "is 'my-app', not the id of a GitHub App, which is a number".to_owned(),
        ),
        (
            GITHUB_REPOSITORY,
            &[("GitHubAppId", "+42"), APP_KEY],
            "git",
            "GitHubAppId",
            "is '+42', not the id of a GitHub App, which is a number".to_owned(),
        ),
        (
            GITHUB_REPOSITORY,
            &[APP_ID, ("GitHubAppPrivateKey", OTHER)],
            "git",
            "GitHubAppPrivateKey",
            "names a secure file that this run was not given: check that it exists and that the pipeline may use it"
                .to_owned(),
        ),
        (
            SSH,
            &[APP_ID, APP_KEY],
            "git",
            "GitHubAppId",
            format!("names a GitHub App, which signs in over https:// alone, not at '{SSH}'"),
        ),
        (
            "https://git.example.org/o/r",
            &[APP_ID, APP_KEY],
            "git",
            "GitHubAppId",
            "names a GitHub App, but 'https://git.example.org/o/r' is not known to be at GitHub: for a GitHub Enterprise \
             Server, set 'sourceHostKind' to 'github'"
                .to_owned(),
        ),
        (
            "https://github.com/contoso/app/more",
            &[APP_ID, APP_KEY],
            "git",
            "GitHubAppId",
            "names a GitHub App, but 'https://github.com/contoso/app/more' is neither OWNER/REPOSITORY nor OWNER at a GitHub"
                .to_owned(),
        ),
    ]);
}

#[test]
fn a_secure_file_that_a_variable_replaces_is_refused() {
    let mut variables = job();
    variables.push(input("source", "GitRepositoryUri", GITHUB_REPOSITORY));
    variables.push(input("destination", "GitRepositoryUri", "/srv/mirror.git"));
    variables.extend([APP_ID, APP_KEY].map(|(name, value)| input("source", name, value)));
    let ticket = format!("SecureFile_Ticket_{FILE}");
    variables
        .push((ticket.to_uppercase().replace(&FILE.to_uppercase(), FILE), "t1cket-of-another".to_owned()));
    variables.push(("VSTS_PUBLIC_VARIABLES".to_owned(), format!(r#"["{ticket}"]"#)));
    for (version, is_refused) in [("5.276.0", true), ("5.277.0", false)] {
        let given = [&variables[..], &[("AGENT_VERSION".to_owned(), version.to_owned())]].concat();
        let errors = run(given, &[]).err().unwrap_or_default();
        let start = format!(
            "input 'sourceGitHubAppPrivateKey' names a secure file that is replaced by the pipeline's variable '{ticket}'"
        );
        assert_eq!(errors.iter().any(|error| error.starts_with(&start)), is_refused, "{errors:?}");
        assert_eq!(errors.len(), usize::from(is_refused), "{errors:?}");
    }
}

#[test]
fn a_password_in_the_url_beside_any_other_is_warned_of() {
    let url = |host: &str, path: &str| format!("https://bob:passw0rd@{host}/{path}");
    let (github, azure) = (url("github.com", "contoso/app"), url("dev.azure.com", "contoso/p/_git/r"));
    for (url, inputs, named, is_used) in [
        (&github, &[][..], "git", true),
        (&github, &[TOKEN], "git", false),
        (&github, &[("ServiceConnection", ID)], "git", false),
        (&github, &[("ServiceConnection", ID)], "anonymous", false),
        (&github, &[("GitHubConnection", ID)], "gitHub", false),
        (&github, &[APP_ID, APP_KEY], "git", false),
        (&azure, &[("AzureDevOpsConnection", ID)], "azureDevOps", false),
        (&azure, &[way("job")], "git", false),
    ] {
        let warnings = by_agent(url, inputs, named).unwrap().warnings;
        let [warning] = &warnings[..] else { panic!("{url} {inputs:?}: {warnings:?}") };
        let told = if is_used { "belongs in" } else { "is not used, since another input says what signs in" };
        let start = format!("the password in 'sourceGitRepositoryUri' {told}");
        assert!(warning.starts_with(&start) && !warning.contains("passw0rd"), "{warning}");
    }
}

/// Runs by an agent of this version that gives all that a job has, save for what is changed.
fn changed(inputs: &[(&str, &str)], changes: &[(&str, &str)], replaced: &str) -> Vec<String> {
    let mut variables = job();
    let url = if inputs.contains(&APP_ID) { GITHUB_REPOSITORY } else { OWN };
    variables.push(input("source", "GitRepositoryUri", url));
    variables.push(input("destination", "GitRepositoryUri", "/srv/mirror.git"));
    variables.push((format!("SECUREFILE_TICKET_{FILE}"), "file-t1cket".to_owned()));
    variables.extend(connection("workload", ID));
    variables.extend(inputs.iter().map(|(name, value)| input("source", name, value)));
    variables.retain(|(name, _)| changes.iter().all(|(changed, _)| changed != name));
    variables.extend(changes.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    variables.push(("AGENT_VERSION".to_owned(), "5.276.0".to_owned()));
    variables.push(("VSTS_PUBLIC_VARIABLES".to_owned(), format!("[\"{replaced}\"]")));
    run(variables, &[]).err().unwrap_or_default()
}

#[test]
fn what_the_jobs_connection_lacks_is_named() {
    let (url, token) =
        ("ENDPOINT_URL_SYSTEMVSSCONNECTION", "ENDPOINT_AUTH_PARAMETER_SYSTEMVSSCONNECTION_ACCESSTOKEN");
    let by_another = |name: &str| {
        format!(
            "the agent's connection to its server is replaced by the pipeline's variable '{name}', which agents before \
             5.277.0 let through; rename that variable, or update the agent"
        )
    };
    let not_given = |what: &str| format!("this run was not given {what}");
    let workload = [("AzureResourceManagerConnection", ID)];
    let tokens = "AzureResourceManagerConnection' names a service connection with a workload identity, whose id tokens this \
                  run cannot ask for: ";
    let file = "GitHubAppPrivateKey' names a secure file that this run cannot get: ";
    let named = "Authentication' is 'job', but ";
    for (changes, replaced, reason, told_by) in [
        (&[][..], url, by_another(url), &[tokens, file, named][..]),
        (&[], token, by_another(token), &[tokens, file, named]),
        (&[(token, "")], "", not_given("the token of its job"), &[tokens, file, named]),
        (&[(url, "")], "", not_given("the URL of the agent's server"), &[tokens, file]),
        (
            &[("SYSTEM_TEAMPROJECTID", "Web")],
            "",
            "System.TeamProjectId is not a GUID".to_owned(),
            &[tokens, file],
        ),
        (&[("SYSTEM_TEAMPROJECTID", "")], "", not_given("System.TeamProjectId"), &[tokens, file]),
        (&[("SYSTEM_PLANID", "")], "", not_given("System.PlanId"), &[tokens]),
    ] {
        for start in told_by {
            let inputs = match *start {
                start if start == tokens => &workload[..],
                start if start == file => &[APP_ID, APP_KEY],
                _ => &[way("job")],
            };
            let errors = changed(inputs, changes, replaced);
            assert_eq!(errors, [format!("input 'source{start}{reason}")], "{changes:?} {replaced}");
        }
    }
}

#[test]
fn a_secure_file_from_a_server_not_verified_is_told() {
    let mut variables = job();
    variables.push(input("source", "GitRepositoryUri", GITHUB_REPOSITORY));
    variables.push(input("destination", "GitRepositoryUri", "/srv/mirror.git"));
    variables.push((format!("SECUREFILE_TICKET_{FILE}"), "file-t1cket".to_owned()));
    variables.extend([APP_ID, APP_KEY].map(|(name, value)| input("source", name, value)));
    assert_eq!(run(variables.clone(), &[]).unwrap().warnings, [""; 0]);
    variables.push(("AGENT_SKIPCERTVALIDATION".to_owned(), "True".to_owned()));
    let warning = "the agent is configured to skip the validation of certificates, so its own server, which gives this run \
                   id tokens and secure files, is not verified";
    assert_eq!(run(variables, &[]).unwrap().warnings, [warning]);
}

#[test]
fn a_job_without_a_token_is_told() {
    let mut variables = job();
    variables.retain(|(name, _)| !name.ends_with("ACCESSTOKEN"));
    variables.push(input("source", "GitRepositoryUri", OWN));
    variables.push(input("destination", "GitRepositoryUri", "/srv/mirror.git"));
    assert_eq!(identity(&run(variables.clone(), &[]).unwrap()), None);
    variables.push(input("source", "Authentication", "job"));
    let error = "input 'sourceAuthentication' is 'job', but this run was not given the token of its job";
    assert_eq!(run(variables, &[]).unwrap_err(), [error]);
}

#[test]
fn what_is_filled_in_is_masked_also_if_another_signs_in() {
    let inputs = [
        ("Authentication", "job"),
        ("GitRepositoryPersonalAccessToken", "bob:t0ken-1"),
        ("GitHubConnection", ID),
        ("GitHubAppId", "42"),
        ("GitHubAppPrivateKey", FILE),
    ];
    for (named, secret) in [
        ("gitHub", "ghs_t0ken"),
        ("azureDevOps", "late-bound-id-t0ken"),
        ("secret", "client-s3cret"),
        ("git", "git-passw0rd"),
    ] {
        let masks = by_agent(OWN, &inputs, named).unwrap().secrets;
        for secret in [secret, "t0ken-1", "bob:t0ken-1", "file-t1cket", "the-jobs-t0ken"] {
            assert!(masks.contains(&Secret::new(secret)), "{secret}");
        }
        assert!(!masks.contains(&Secret::new(CLIENT)) && !masks.contains(&Secret::new("fabrikam.example")));
    }
}

#[test]
fn one_connection_gives_both_sides_the_same_tokens() {
    let both = |source: &[(&str, &str)], destination: &[(&str, &str)], urls: [&str; 2]| {
        let mut variables = job();
        variables.push((format!("SECUREFILE_TICKET_{FILE}"), "file-t1cket".to_owned()));
        for ((side, inputs), url) in [("source", source), ("destination", destination)].into_iter().zip(urls)
        {
            variables.push(input(side, "GitRepositoryUri", url));
            variables.extend(inputs.iter().map(|(name, value)| input(side, name, value)));
        }
        for id in [ID, OTHER] {
            variables.extend(connection("azureDevOps", id));
        }
        let step = run(variables, &[]).unwrap();
        let mirror = Arc::clone(&step.given);
        let [source, destination] =
            [&mirror.source, &mirror.destination].map(|side| side.tokens.clone().unwrap());
        source.is_shared_with(&destination)
    };
    let (one, other) = ([("AzureDevOpsConnection", ID)], [("AzureDevOpsConnection", OTHER)]);
    assert!(both(&one, &one, [AZURE, OWN]));
    assert!(!both(&one, &other, [AZURE, OWN]));
    let app = [("GitHubAppId", "42"), ("GitHubAppPrivateKey", FILE)];
    assert!(both(&app, &app, ["https://github.com/Contoso/a", "https://github.com/contoso/b"]));
    assert!(!both(&app, &app, ["https://github.com/contoso/a", "https://github.com/fabrikam/b"]));
    assert!(!both(&app, &app, ["https://contoso.ghe.com/contoso/a", "https://github.com/contoso/a"]));
    let tokens = |token| [("GitRepositoryPersonalAccessToken", token)];
    assert!(!both(&tokens("t0ken-1"), &tokens("t0ken-2"), [AZURE, OWN]));
}

#[test]
fn by_hand_the_environment_signs_in_at_azure_devops_alone() {
    let azure = [
        ("AZURE_TENANT_ID", "fabrikam.example"),
        ("AZURE_CLIENT_ID", CLIENT),
        ("AZURE_CLIENT_SECRET", "client-s3cret"),
    ];
    let by_hand = |url: &str, more: &[(&str, &str)], flags: &[&str]| {
        let variables =
            azure.iter().chain(more).map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let arguments = [&["--source", url, "--destination", "/srv/mirror.git"], flags].concat();
        run(variables.collect(), &arguments)
    };
    let named = ["--source-authentication", "azureResourceManager"];
    let environment = Some(Identity::AzureEnvironment { application: Some(CLIENT.to_owned()) });
    let notice =
        format!("source: the identity of this machine's environment signs in: {CLIENT} (AZURE_CLIENT_ID)");
    for flags in [&[][..], &named] {
        let step = by_hand(AZURE, &[], flags).unwrap();
        assert_eq!((identity(&step), &step.notices), (environment.clone(), &vec![notice.clone()]));
        assert!(step.secrets.contains(&Secret::new("client-s3cret")));
        assert!(!step.child_environment.variables().any(|(name, _)| name == "AZURE_CLIENT_SECRET"));
    }
    for (url, more) in [
        (AZURE, &[("SOURCE_TOKEN", "t0ken")][..]),
        ("https://bob:passw0rd@dev.azure.com/fabrikam/p/_git/r", &[]),
        (GITHUB_REPOSITORY, &[]),
        ("https://tfs.example.org/c/p/_git/r", &[]),
        // A script of a pipeline is the agent's run.
        (AZURE, &[("TF_BUILD", "True")]),
    ] {
        let step = by_hand(url, more, &[]).unwrap();
        assert!(identity(&step) != environment && step.notices.is_empty(), "{url} {more:?}");
    }
    let place = "flag '--source-authentication' is";
    for (url, more, flags, error) in [
        (
            GITHUB_REPOSITORY,
            &[][..],
            named,
            "'azureResourceManager', whose tokens go to https://dev.azure.com and https://*.visualstudio.com alone, not to \
             'https://github.com/contoso/app'",
        ),
        (
            AZURE,
            &[("TF_BUILD", "True")],
            named,
            "'azureResourceManager', but a run in a pipeline does not sign in by the environment of its agent: use the \
             task, with a service connection",
        ),
    ] {
        assert_eq!(by_hand(url, more, &flags).unwrap_err(), [format!("{place} {error}")]);
    }
}

#[test]
fn a_half_filled_environment_is_warned_of_once() {
    let half = [("AZURE_TENANT_ID", "fabrikam.example"), ("AZURE_CLIENT_ID", CLIENT)];
    let by_hand = |source: &str, more: &[(&str, &str)], flags: &[&str]| {
        let variables =
            half.iter().chain(more).map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        run(variables.collect(), &[&["--source", source, "--destination", OWN], flags].concat())
    };
    let told = "environment variable 'AZURE_CLIENT_SECRET' is empty, and AZURE_CLIENT_CERTIFICATE_PATH and \
                AZURE_FEDERATED_TOKEN_FILE too, but AZURE_TENANT_ID and AZURE_CLIENT_ID are not: an application signs in by \
                its tenant, its id and a proof together, a managed identity without AZURE_TENANT_ID";
    let warning = format!("nobody signs in by this machine's environment: {told}");
    assert_eq!(by_hand(AZURE, &[], &[]).unwrap().warnings, [warning]);
    let signed_in = [("SOURCE_TOKEN", "t0ken-1"), ("DESTINATION_TOKEN", "t0ken-2")];
    for url in [AZURE, GITHUB_REPOSITORY] {
        assert_eq!(by_hand(url, &signed_in, &[]).unwrap().warnings, [""; 0]);
    }
    let named = ["--source-authentication", "azureResourceManager"];
    assert_eq!(by_hand(AZURE, &signed_in[1..], &named).unwrap_err(), [told]);
}

#[test]
fn by_hand_an_app_has_a_file() {
    let with = |path: &str| {
        let arguments = [
            "--source",
            GITHUB_REPOSITORY,
            "--destination",
            "/srv/mirror.git",
            "--source-github-app-id",
            "42",
            "--source-github-app-private-key",
            path,
        ];
        run(Vec::new(), &arguments)
    };
    let file = tempfile::NamedTempFile::new().unwrap();
    let path = file.path().to_str().unwrap();
    std::fs::write(path, PKCS1).unwrap();
    let step = with(path).unwrap();
    assert_eq!(identity(&step), Some(Identity::GitHubApp { app_id: 42 }));
    assert!(step.secrets.contains(&Secret::new(PKCS1.lines().nth(2).unwrap())));
    let wrong = |path: &str, problem: &str| {
        let errors = with(path).unwrap_err();
        let start = format!(
            "flag '--source-github-app-private-key' names the file '{path}', which cannot be {problem}"
        );
        assert!(errors.len() == 1 && errors[0].starts_with(&start), "{errors:?}");
        assert!(errors[0].ends_with("; for example: app.private-key.pem"), "{errors:?}");
    };
    wrong("/nowhere/key.pem", "read: ");
    std::fs::write(path, "hunter22").unwrap();
    wrong(path, "used: there is no private key in PEM form;");
    std::fs::write(path, include_str!("../../auth/testing/ec.pkcs8.pem")).unwrap();
    wrong(path, "used: the private key is no RSA key;");
}

#[test]
fn an_example_is_the_callers() {
    let by_hand = ["--source", "/a", "--destination", "/b", "--source-certificate-authority", "/nowhere.pem"];
    let errors = run(Vec::new(), &by_hand).unwrap_err();
    assert!(errors.len() == 1 && errors[0].ends_with("; for example: ca.pem"), "{errors:?}");
    let given = by_agent("/a", &[("CertificateAuthority", "/nowhere.pem")], "git").unwrap_err();
    assert!(
        given.len() == 1 && given[0].ends_with("; for example: $(Agent.TempDirectory)/ca.pem"),
        "{given:?}"
    );
    let given = by_agent(GITHUB_REPOSITORY, &[APP_ID], "git").unwrap_err();
    assert!(
        given[0].ends_with("; for example: a secure file with the private key that GitHub gave"),
        "{given:?}"
    );
}

#[test]
fn no_token_is_asked_for_while_inputs_are_read() {
    // Whoever asked would fail: nobody answers here.
    for (inputs, named) in [
        ([("AzureDevOpsConnection", ID)], "azureDevOps"),
        ([("AzureResourceManagerConnection", ID)], "secret"),
    ] {
        let step = by_agent(AZURE, &inputs, named).unwrap();
        assert!(format!("{:?}", source(&step).tokens).contains(CLIENT));
    }
    let step = by_agent(GITHUB_REPOSITORY, &[], "git").unwrap();
    assert!(source(&step).tokens.is_none());
}
