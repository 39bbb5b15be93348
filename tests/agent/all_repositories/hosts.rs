//! Azure DevOps and GitHub under their own names, and who may do something there.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::sync::{Arc, Mutex};

use super::super::double::Agent;
use super::super::services::{ACCESS_TOKEN, entra, id_token, secure_file};
use super::super::support::cloud::Cloud;
use super::super::support::github_app::{GitHubApp, Installed};
use super::super::support::host_double::world::{Shown, Standing};
use super::super::support::host_double::{HostDouble, Kind};
use super::super::support::http::Head;
use super::super::support::scripted::Exchange;
use super::credentials::token;

/// The services of Git that a request may be for.
const GIT: [&str; 3] = ["/info/refs", "/git-upload-pack", "/git-receive-pack"];

const UNREADABLE: &str = "TF401019: The Git repository with name or identifier app does not exist or you do not have \
                          permissions for the operation you are attempting.";
const NO_RIGHT: &str = r#"{"message":"Resource not accessible by integration","documentation_url":"https://docs.github.com/rest/repos/repos#create-an-organization-repository","status":"403"}"#;

/// The tokens that are good at the source's organization and at GitHub; at *fabrikam* that of Entra is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tokens {
    pub(super) contoso: &'static str,
    pub(super) github: AtGitHub,
}

/// The token that is good at GitHub.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AtGitHub {
    Token(&'static str),
    /// Each that the App was given.
    OfApp,
}

/// A right or a setting that is missing, as the page has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Missing {
    None,
    /// The job may list the repositories and not read them: *Protect access to repositories in YAML pipelines* is on.
    Reading,
    /// The App is not installed for the organization.
    Installation,
    /// The App is installed for some of its repositories, none of which is asked for.
    AllRepositories,
    /// The App has no permission *Administration*.
    Administration,
}

/// The hosts, with a project of repositories and nothing where they are to go.
pub(super) struct Hosts {
    pub(super) cloud: Cloud,
    pub(super) azure: HostDouble,
    pub(super) github: HostDouble,
    missing: Arc<Mutex<Missing>>,
    app: Arc<GitHubApp>,
}

impl Hosts {
    pub(super) fn start(tokens: Tokens) -> Self {
        let [azure, github] =
            [(Kind::AzureServer, "https://dev.azure.com"), (Kind::GitHub, "https://github.com")]
                .map(in_cloud);
        fill(&azure);
        for project in ["fabrikam/backup", "fabrikam/shop"] {
            azure.world().add_container(project, "private");
        }
        github.world().add_container("contoso", "private");
        let app = Arc::new(GitHubApp::new(""));
        app.change(|state| state.installed = Installed::Organization);
        let missing = Arc::new(Mutex::new(Missing::None));
        let (to_azure, to_github) = (azure.authority(), github.authority());
        let (served, lacking, proofs) = (Arc::clone(&app), Arc::clone(&missing), Mutex::default());
        let cloud = Cloud::start(move |exchange| {
            let path = exchange.head.target.split('?').next().unwrap_or_default();
            let is_git = GIT.iter().any(|service| path.ends_with(service));
            if let Some((status, words)) = lacking.lock().unwrap().refusal(exchange, is_git) {
                return exchange.answer(status, &[], words.as_bytes());
            }
            let of_github = |token: &str| is_good(&served, tokens, token);
            match (exchange.host(), path) {
                ("login.microsoftonline.com", _) => entra(exchange, &proofs),
                ("dev.azure.com", path) if path.ends_with("/oidctoken") => id_token(exchange),
                ("dev.azure.com", path) if path.contains("/securefiles/") => {
                    secure_file(exchange, &served.pem)
                }
                ("dev.azure.com", path) => {
                    let wanted = if path.starts_with("/fabrikam/") { ACCESS_TOKEN } else { tokens.contoso };
                    answer(exchange, &to_azure, |token| token == wanted)
                }
                ("api.github.com", path) if path.starts_with("/app/") || path.ends_with("/installation") => {
                    served.serve(exchange)
                }
                ("api.github.com", _) if !is_git => answer(exchange, &to_github, of_github),
                ("github.com", _) if is_git => answer(exchange, &to_github, of_github),
                _ => exchange.answer("404 Not Found", &[], b""),
            }
        });
        Self { cloud, azure, github, missing, app }
    }

    /// Takes a right away.
    pub(super) fn lack(&self, missing: Missing) {
        *self.missing.lock().unwrap() = missing;
        let installed =
            if missing == Missing::Installation { Installed::Nowhere } else { Installed::Organization };
        self.app.change(|state| state.installed = installed);
    }

    /// Registers the App under this id.
    pub(super) fn register_app(&self, id: &str) {
        self.app.change(|state| state.app_id = id.parse().unwrap());
    }

    /// An agent whose steps reach these hosts, and no others.
    pub(super) fn reached_by(&self, agent: Agent) -> Agent {
        agent
            .environment("HTTPS_PROXY", &self.cloud.proxy_url())
            .environment("SSL_CERT_FILE", self.cloud.authority().to_str().unwrap())
    }

    /// The tokens of the App: what it got, and what it showed for it.
    pub(super) fn tokens_of_app(&self) -> (Vec<String>, Vec<String>) {
        let state = self.app.state.lock().unwrap();
        (state.issued.iter().map(|(token, _)| token.clone()).collect(), state.signed.clone())
    }
}

impl Missing {
    /// What a host answers because of it, if it does.
    fn refusal(self, exchange: &Exchange<'_>, is_git: bool) -> Option<(&'static str, &'static str)> {
        let (head, host) = (&exchange.head, exchange.host());
        match self {
            Self::Reading if is_git && host == "dev.azure.com" && head.target.starts_with("/contoso/") => {
                Some(("404 Not Found", UNREADABLE))
            }
            Self::AllRepositories if is_git && host == "github.com" => {
                Some(("404 Not Found", "Repository not found."))
            }
            Self::Administration
                if host == "api.github.com" && head.target.starts_with("/orgs/") && head.method == "POST" =>
            {
                Some(("403 Forbidden", NO_RIGHT))
            }
            _ => None,
        }
    }
}

fn is_good(app: &GitHubApp, tokens: Tokens, token: &str) -> bool {
    match tokens.github {
        AtGitHub::Token(wanted) => token == wanted,
        AtGitHub::OfApp => app.state.lock().unwrap().issued.iter().any(|(issued, _)| issued == token),
    }
}

/// Lets a host answer whoever shows a token that is good.
fn answer(exchange: &mut Exchange<'_>, host: &str, is_good: impl Fn(&str) -> bool) -> io::Result<()> {
    if token(&exchange.head).is_some_and(|token| is_good(&token)) {
        return forward(exchange, host);
    }
    exchange.answer("401 Unauthorized", &[("WWW-Authenticate", "Basic")], b"")
}

/// Asks a host for this answer, on a connection of its own.
fn forward(exchange: &mut Exchange<'_>, host: &str) -> io::Result<()> {
    let body = exchange.body()?;
    // The body is whole now, and its own bytes.
    let of_body = ["connection", "content-encoding", "content-length", "expect", "transfer-encoding"];
    let Head { method, target, headers } = &exchange.head;
    let fields = headers.iter().filter(|(name, _)| !of_body.contains(&name.to_ascii_lowercase().as_str()));
    let fields: String = fields.flat_map(|(name, value)| [name, ": ", value, "\r\n"]).collect();
    let length = body.len();
    let start = format!("{method} {target} HTTP/1.1\r\n{fields}Content-Length: {length}\r\n\r\n");
    let mut stream = TcpStream::connect(host)?;
    stream.write_all(&[start.as_bytes(), &body].concat())?;
    stream.shutdown(Shutdown::Write)?;
    let (mut answer, mut status, mut rest) = (BufReader::new(stream), String::new(), Vec::new());
    answer.read_line(&mut status)?;
    answer.read_to_end(&mut rest)?;
    exchange.send(&[status.as_bytes(), b"Connection: close\r\n", &rest].concat())
}

/// Starts a host that tells the addresses of the one in the cloud.
fn in_cloud((kind, origin): (Kind, &str)) -> HostDouble {
    let host = HostDouble::start(kind);
    origin.clone_into(&mut host.world().origin);
    host
}

/// Makes the project *shop*: repositories as they are, an empty one, a disabled one and the wiki.
fn fill(azure: &HostDouble) {
    azure.world().add_container("contoso/shop", "private");
    for (name, count) in ["app", "docs", "My App", "tools", "shop.wiki"].into_iter().zip(2..) {
        let repository = azure.add(&format!("contoso/shop/{name}"));
        repository.commit("main", count);
        repository.git(&["tag", "-a", "-m", name, "v1", "main"]);
    }
    let tools = azure.repository("contoso/shop/tools");
    tools.commit("topic", 3);
    tools.git(&["symbolic-ref", "HEAD", "refs/heads/topic"]);
    azure.add("contoso/shop/empty");
    azure.change("contoso/shop/shop.wiki", |wiki| wiki.shown = Shown::Hidden);
    azure.add("contoso/shop/old");
    azure.change("contoso/shop/old", |old| old.standing = Standing::Disabled);
}
