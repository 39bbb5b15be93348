//! Signing in by each type of service connection and by a GitHub App: the whole task, with what the agent gives it, at doubles
//! of the hosts under their own names.

use std::path::Path;
use std::sync::{Arc, Mutex};

use super::double::{Agent, IssueKind, JOB_TOKEN, ServiceConnection, TaskFolder, TaskResult, nodes};
use super::services::{
    ACCESS_TOKEN, AZURE_TOKEN, CLIENT_SECRET, FILE, GIT_PASSWORD, GITHUB_TOKEN, ID, ID_TOKEN, LATE_BOUND,
    app_key, assert_no_secret, basic, entra, id_token, of_entra, secure_file,
};
use super::support::cloud::Cloud;
use super::support::git::{BRANCHES_AND_TAGS, Repository};
use super::support::github_app::{APP_ID, GitHubApp};

const CERTIFICATE: &str = concat!(
    include_str!("../../src/auth/testing/rsa.pkcs8.pem"),
    include_str!("../../src/auth/testing/rsa.certificate.pem")
);

const GITHUB: &str = "https://github.com/contoso";
const AZURE: &str = "https://dev.azure.com/fabrikam/Web/_git";
const OTHER_GIT: &str = "https://git.example.org/team";

/// The hosts, and two repositories that all of them have.
struct Hosts {
    cloud: Cloud,
    app: Arc<GitHubApp>,
    proofs: Arc<Mutex<Vec<String>>>,
    source: Repository,
    destination: Repository,
    _folder: tempfile::TempDir,
}

impl Hosts {
    /// Serves Git to who sends this header alone; none stands for the newest token of the App.
    fn start(authorization: Option<String>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let [source, destination] = ["app", "mirror"].map(|name| Repository::init(folder.path().join(name)));
        source.commit("main", 3);
        let (app, proofs) = (Arc::new(GitHubApp::new("")), Arc::<Mutex<Vec<String>>>::default());
        let repositories = [source.clone(), destination.clone()];
        let (served, told) = (Arc::clone(&app), Arc::clone(&proofs));
        let cloud = Cloud::start(move |exchange| match (exchange.host(), exchange.head.target.as_str()) {
            ("login.microsoftonline.com", _) => entra(exchange, &told),
            ("api.github.com", _) => served.serve(exchange),
            (_, target) if target.contains("/oidctoken") => id_token(exchange),
            (_, target) if target.contains("/securefiles/") => secure_file(exchange, &served.pem),
            (_, target) => {
                let repository = &repositories[usize::from(target.contains("/mirror/"))];
                let wanted =
                    authorization.clone().unwrap_or_else(|| basic("x-access-token", &served.token()));
                if exchange.head.header("authorization") == Some(&wanted) {
                    return exchange.as_git(repository, 2, |_, answer| answer);
                }
                exchange.answer("401 Unauthorized", &[("WWW-Authenticate", "Basic")], b"")
            }
        });
        Self { cloud, app, proofs, source, destination, _folder: folder }
    }

    /// A step that mirrors from one repository to the other, both below this URL.
    fn agent(&self, node: &Path, base: &str) -> Agent {
        Agent::new(node)
            .environment("HTTPS_PROXY", &self.cloud.proxy_url())
            .environment("SSL_CERT_FILE", self.cloud.authority().to_str().unwrap())
            .input("sourceGitRepositoryUri", &format!("{base}/app"))
            .input("destinationGitRepositoryUri", &format!("{base}/mirror"))
    }

    /// Expects a mirror, and no secret anywhere.
    #[track_caller]
    fn mirrors(&self, agent: Agent) {
        let run = agent.variable("System.Debug", "true").run(&TaskFolder::complete());
        assert_eq!(run.result, TaskResult::Succeeded, "{}", run.log());
        assert_eq!(self.destination.refs(BRANCHES_AND_TAGS), self.source.refs(BRANCHES_AND_TAGS));
        assert_no_secret(&run);
    }

    /// The requests for tokens so far, each server's path without its query.
    fn token_requests(&self) -> Vec<String> {
        let seen = self.cloud.seen().into_iter().filter(|head| !head.target.contains("git-"));
        seen.map(|head| {
            let path = head.target.split('?').next().unwrap().rsplit('/').next().unwrap();
            format!("{} {path}", head.header("host").unwrap())
        })
        .collect()
    }
}

/// A connection, with the input of a side that takes it, where it is good and what it sends there.
fn connections() -> Vec<(&'static str, ServiceConnection, &'static str, String)> {
    let new = |url: &str, scheme: &str| ServiceConnection::new(ID, url, scheme);
    let workload = "WorkloadIdentityFederation";
    let management = "https://management.azure.com/";
    let principal = || {
        of_entra(management, "ServicePrincipal")
            .data("environmentAuthorityUrl", "https://login.microsoftonline.com/")
    };
    let [azure, arm] = ["AzureDevOpsConnection", "AzureResourceManagerConnection"];
    let bearer = || format!("Bearer {ACCESS_TOKEN}");
    vec![
        (
            "ServiceConnection",
            new("https://git.example.org", "UsernamePassword")
                .parameter("username", "bob")
                .parameter("password", GIT_PASSWORD),
            OTHER_GIT,
            basic("bob", GIT_PASSWORD),
        ),
        (
            "AzureReposConnection",
            new("https://dev.azure.com/fabrikam", "Token").parameter("apitoken", AZURE_TOKEN),
            AZURE,
            basic("", AZURE_TOKEN),
        ),
        (
            "GitHubConnection",
            new("https://github.com", "InstallationToken").parameter("AccessToken", GITHUB_TOKEN),
            GITHUB,
            basic("x-access-token", GITHUB_TOKEN),
        ),
        (
            "GitHubConnection",
            new("https://github.com", "PersonalAccessToken").parameter("accessToken", GITHUB_TOKEN),
            GITHUB,
            basic("x-access-token", GITHUB_TOKEN),
        ),
        (
            azure,
            of_entra("https://dev.azure.com/fabrikam/", workload)
                .data("organizationUrl", "https://dev.azure.com/fabrikam"),
            AZURE,
            bearer(),
        ),
        (
            azure,
            of_entra("https://dev.azure.com/fabrikam/", workload).parameter("idToken", LATE_BOUND),
            AZURE,
            bearer(),
        ),
        (
            arm,
            of_entra(management, workload)
                .data("activeDirectoryAuthority", "https://login.microsoftonline.com/"),
            "https://fabrikam.visualstudio.com/Web/_git",
            bearer(),
        ),
        (
            arm,
            principal()
                .parameter("authenticationType", "spnKey")
                .parameter("serviceprincipalkey", CLIENT_SECRET),
            AZURE,
            bearer(),
        ),
        (
            arm,
            principal()
                .parameter("authenticationType", "spnCertificate")
                .parameter("servicePrincipalCertificate", CERTIFICATE),
            AZURE,
            bearer(),
        ),
    ]
}

#[test]
fn each_type_of_connection_signs_in_on_both_sides() {
    for node in nodes() {
        for (input, connection, base, authorization) in connections() {
            let hosts = Hosts::start(Some(authorization));
            let agent = hosts.agent(&node, base).connection(connection.clone());
            let agent = ["source", "destination"]
                .into_iter()
                .fold(agent, |agent, side| agent.input(&format!("{side}{input}"), ID));
            hosts.mirrors(agent);
            let asked = hosts.token_requests();
            let proofs = hosts.proofs.lock().unwrap().clone();
            // One token serves both sides.
            match (input, &proofs[..]) {
                ("AzureDevOpsConnection" | "AzureResourceManagerConnection", [proof]) => {
                    let is_job_asked = proof == ID_TOKEN;
                    let job = is_job_asked.then_some("dev.azure.com oidctoken");
                    let expected: Vec<_> =
                        job.into_iter().chain(["login.microsoftonline.com token"]).collect();
                    assert_eq!(asked, expected, "{connection:?}");
                    let is_signed = proof.split('.').count() == 3;
                    assert!(
                        is_job_asked || proof == LATE_BOUND || proof == CLIENT_SECRET || is_signed,
                        "{proof}"
                    );
                }
                (_, []) => assert_eq!(asked, [""; 0], "{connection:?}"),
                (_, proofs) => panic!("{connection:?}: {proofs:?}"),
            }
        }
    }
}

#[test]
fn a_github_app_signs_in_on_both_sides_by_its_secure_file() {
    for node in nodes() {
        let hosts = Hosts::start(None);
        let agent = ["source", "destination"].into_iter().fold(hosts.agent(&node, GITHUB), |agent, side| {
            agent
                .input(&format!("{side}Authentication"), "gitHubApp")
                .input(&format!("{side}GitHubAppId"), &APP_ID.to_string())
                .input(&format!("{side}GitHubAppPrivateKey"), FILE)
        });
        hosts.mirrors(agent.secure_file(app_key()));
        let asked =
            ["GET /repos/contoso/app/installation 200", "POST /app/installations/42/access_tokens 201"];
        assert_eq!(hosts.app.asked(), asked);
        assert_eq!(hosts.cloud.asked_of("dev.azure.com").len(), 1);
    }
}

#[test]
fn a_wrong_combination_ends_before_anything_is_sent() {
    let token = ("GitRepositoryPersonalAccessToken", "$(Token)");
    for node in nodes() {
        let all = connections();
        let of = |input: &str| all.iter().find(|(known, ..)| *known == input).unwrap().1.clone();
        for (base, inputs, error) in [
            (GITHUB, &[token, ("GitHubConnection", ID)][..], "is filled in, and 'GitHubConnection' too"),
            (GITHUB, &[("Authentication", "azureDevOps"), token], "'AzureDevOpsConnection' is empty"),
            (GITHUB, &[("Authentication", "job"), token], "'Authentication' is 'job', but"),
            (OTHER_GIT, &[("GitHubConnection", ID)], "whose credentials do not go to"),
            (GITHUB, &[("ServiceConnection", ID)], "whose credentials do not go to"),
            (GITHUB, &[("AzureDevOpsConnection", ID)], "whose credentials do not go to"),
            (OTHER_GIT, &[("AzureResourceManagerConnection", ID)], "whose credentials do not go to"),
            (
                "https://dev.azure.com/contoso/Web/_git",
                &[("AzureReposConnection", ID)],
                "whose credentials do not go to",
            ),
            ("git@github.com:contoso", &[("GitHubConnection", ID)], "whose credentials do not go to"),
        ] {
            for side in ["source", "destination"] {
                let hosts = Hosts::start(Some(String::new()));
                let mut agent = hosts.agent(&node, base).secret("Token", AZURE_TOKEN);
                for (input, value) in inputs {
                    agent = agent.input(&format!("{side}{input}"), value);
                    if *value == ID {
                        agent = agent.connection(of(input));
                    }
                }
                let run = agent.run(&TaskFolder::complete());
                assert_eq!(run.result, TaskResult::Failed, "{}", run.log());
                let [said] = run.issues(IssueKind::Error)[..] else { panic!("{inputs:?}: {}", run.log()) };
                assert!(said.replace(side, "").contains(error), "{said}");
                assert_no_secret(&run);
                assert_eq!(hosts.cloud.seen().len(), 0);
            }
        }
    }
}

#[test]
fn no_token_is_asked_for_where_none_is_needed() {
    for node in nodes() {
        let (input, connection, ..) =
            connections().into_iter().find(|row| row.0 == "AzureDevOpsConnection").unwrap();
        let hosts = Hosts::start(Some(basic("", AZURE_TOKEN)));
        let agent = ["source", "destination"].into_iter().fold(hosts.agent(&node, AZURE), |agent, side| {
            agent
                .input(&format!("{side}Authentication"), "token")
                .input(&format!("{side}GitRepositoryPersonalAccessToken"), "$(Token)")
                .input(&format!("{side}{input}"), ID)
        });
        hosts.mirrors(agent.connection(connection).secret("Token", AZURE_TOKEN));
        assert_eq!(hosts.token_requests(), [""; 0]);

        let hosts = Hosts::start(Some(format!("Bearer {JOB_TOKEN}")));
        hosts.mirrors(hosts.agent(&node, "https://dev.azure.com/contoso/Web/_git"));
        assert_eq!(hosts.token_requests(), [""; 0]);
    }
}
