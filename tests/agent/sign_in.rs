//! Signing in by each type of service connection and by a GitHub App: the whole task, with what the agent gives it, at doubles
//! of the hosts under their own names.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use super::double::{
    Agent, IssueKind, JOB_ID, JOB_TOKEN, PLAN_ID, PROJECT_ID, Run, SecureFile, ServiceConnection, TaskFolder,
    TaskResult, nodes,
};
use super::support::cloud::Cloud;
use super::support::git::{BRANCHES_AND_TAGS, Repository};
use super::support::github_app::{APP_ID, GitHubApp};
use super::support::scripted::Exchange;

const ID: &str = "5f2c1f9e-3a57-4b8e-9d0c-1a2b3c4d5e6f";
const FILE: &str = "9e8d7c6b-3a57-4b8e-9d0c-1a2b3c4d5e6f";
const TENANT: &str = "72f988bf-86f1-41af-91ab-2d7cd011db47";
const CLIENT: &str = "0f1e2d3c-4b5a-4697-8877-665544332211";

const GIT_PASSWORD: &str = "git-passw0rd/%w";
const AZURE_TOKEN: &str = "azure-repos-t0ken";
const GITHUB_TOKEN: &str = "ghs_installation-t0ken";
const LATE_BOUND: &str = "late-bound.id.t0ken";
const CLIENT_SECRET: &str = "client~s3cret/x";
const TICKET: &str = "the-t1cket/of+it";

/// Secrets that the agent gives; none may be seen.
const SECRETS: [&str; 7] =
    [JOB_TOKEN, GIT_PASSWORD, AZURE_TOKEN, GITHUB_TOKEN, LATE_BOUND, CLIENT_SECRET, TICKET];

/// An id token that the job asks for, and the beginning of what Entra issues.
const ID_TOKEN: &str = "eyJhbGciOiJSUzI1NiJ9.1d-t0ken.c2ln";
const ACCESS_TOKEN: &str = "eyJhbGciOiJSUzI1NiJ9.acc3ss-t0ken.c2ln";

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

#[track_caller]
fn assert_no_secret(run: &Run) {
    // What the agent is told to hide is no leak of it.
    let said: Vec<_> = run
        .raw()
        .lines()
        .filter(|line| !line.starts_with("##vso[task.setsecret]"))
        .map(str::to_owned)
        .collect();
    let said = said.join("\n");
    for secret in SECRETS.into_iter().chain([ID_TOKEN, ACCESS_TOKEN, "MIIE"]) {
        assert!(!said.contains(secret), "{secret} is in {said}");
    }
}

fn basic(user: &str, password: &str) -> String {
    format!("Basic {}", BASE64_STANDARD.encode(format!("{user}:{password}")))
}

fn json(exchange: &mut Exchange<'_>, body: &str) -> io::Result<()> {
    exchange.answer("200 OK", &[("Content-Type", "application/json")], body.as_bytes())
}

/// The service that issues id tokens to the job.
fn id_token(exchange: &mut Exchange<'_>) -> io::Result<()> {
    let expected = format!(
        "/contoso/{PROJECT_ID}/_apis/distributedtask/hubs/build/plans/{PLAN_ID}/jobs/{JOB_ID}/oidctoken\
         ?serviceConnectionId={ID}&api-version=7.1-preview.1"
    );
    let is_right = exchange.host() == "dev.azure.com"
        && exchange.is("POST", &expected)
        && exchange.head.header("authorization") == Some(&format!("Bearer {JOB_TOKEN}"));
    if !is_right {
        return exchange.answer("400 Bad Request", &[], b"");
    }
    json(exchange, &format!(r#"{{"oidcToken":"{ID_TOKEN}"}}"#))
}

fn secure_file(exchange: &mut Exchange<'_>, pem: &str) -> io::Result<()> {
    let expected = format!(
        "/contoso/{PROJECT_ID}/_apis/distributedtask/securefiles/{FILE}?ticket=the-t1cket%2Fof%2Bit&download=false\
         &api-version=5.1-preview.1"
    );
    let is_right = exchange.host() == "dev.azure.com"
        && exchange.is("GET", &expected)
        && exchange.head.header("authorization") == Some(&format!("Bearer {JOB_TOKEN}"));
    if !is_right {
        return exchange.answer("404 Not Found", &[], b"");
    }
    exchange.answer("200 OK", &[("Content-Type", "application/octet-stream")], pem.as_bytes())
}

/// Microsoft Entra, which notes the proofs that it is shown.
fn entra(exchange: &mut Exchange<'_>, proofs: &Mutex<Vec<String>>) -> io::Result<()> {
    let form: BTreeMap<_, _> = url::form_urlencoded::parse(&exchange.body()?).into_owned().collect();
    let is_right = exchange.is("POST", &format!("/{TENANT}/oauth2/v2.0/token"))
        && form.get("client_id").is_some_and(|id| id == CLIENT);
    let proof = form.get("client_secret").or_else(|| form.get("client_assertion"));
    let Some(proof) = proof.filter(|_| is_right) else {
        return exchange.answer("400 Bad Request", &[], b"");
    };
    proofs.lock().unwrap().push(proof.clone());
    json(exchange, &format!(r#"{{"token_type":"Bearer","expires_in":3599,"access_token":"{ACCESS_TOKEN}"}}"#))
}

/// A connection, with the input of a side that takes it, where it is good and what it sends there.
fn connections() -> Vec<(&'static str, ServiceConnection, &'static str, String)> {
    let new = |url: &str, scheme: &str| ServiceConnection::new(ID, url, scheme);
    let entra = |url: &str, scheme: &str| {
        new(url, scheme).parameter("tenantid", TENANT).parameter("serviceprincipalid", CLIENT)
    };
    let workload = "WorkloadIdentityFederation";
    let management = "https://management.azure.com/";
    let principal = || {
        entra(management, "ServicePrincipal")
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
            entra("https://dev.azure.com/fabrikam/", workload)
                .data("organizationUrl", "https://dev.azure.com/fabrikam"),
            AZURE,
            bearer(),
        ),
        (
            azure,
            entra("https://dev.azure.com/fabrikam/", workload).parameter("idToken", LATE_BOUND),
            AZURE,
            bearer(),
        ),
        (
            arm,
            entra(management, workload)
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
        let file = SecureFile { id: FILE.to_owned(), name: "app.pem".to_owned(), ticket: TICKET.to_owned() };
        let agent = ["source", "destination"].into_iter().fold(hosts.agent(&node, GITHUB), |agent, side| {
            agent
                .input(&format!("{side}Authentication"), "gitHubApp")
                .input(&format!("{side}GitHubAppId"), &APP_ID.to_string())
                .input(&format!("{side}GitHubAppPrivateKey"), FILE)
        });
        hosts.mirrors(agent.secure_file(file));
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
