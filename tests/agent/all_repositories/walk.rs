//! A user's way through the page with one example: the dry run, the run, and another one.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::super::docs::Example;
use super::super::double::{
    Agent, JOB_TOKEN, Resource, Run, SecureFile, ServiceConnection, Step, TaskFolder, TaskResult,
};
use super::super::services::{
    ACCESS_TOKEN, AZURE_TOKEN, FILE, GITHUB_TOKEN, ID, SECRETS, app_key, assert_no_secret, of_entra, said,
};
use super::super::support::git::BRANCHES_AND_TAGS;
use super::super::support::host_double::world::{Hosted, Shown, Standing};
use super::super::support::host_double::{HostDouble, Seen};
use super::credentials;
use super::destination::{Destination, SHOWN_FOLDER};
use super::hosts::{AtGitHub, Hosts, Tokens};

const OTHER_ID: &str = "0a1b2c3d-3a57-4b8e-9d0c-1a2b3c4d5e6f";

/// What becomes of an example as a user follows the page.
pub(super) struct Walk {
    node: PathBuf,
    pub(super) example: Example,
    pub(super) hosts: Hosts,
    folder: tempfile::TempDir,
}

impl Walk {
    pub(super) fn new(node: &Path, example: Example, tokens: Tokens) -> Self {
        let hosts = Hosts::start(tokens);
        if let Some(id) = example.inputs.get("destinationGitHubAppId") {
            hosts.register_app(id);
        }
        Self { node: node.to_owned(), example, hosts, folder: tempfile::tempdir().unwrap() }
    }

    pub(super) fn input(&self, name: &str) -> &str {
        self.example.inputs.get(name).map_or("", String::as_str)
    }

    /// Runs the step in all its jobs, side by side.
    pub(super) fn run(&self) -> Vec<Run> {
        let task = TaskFolder::complete();
        let jobs = 1..=self.example.jobs;
        let steps: Vec<_> = jobs.map(|position| self.agent(&task, position).start(&task)).collect();
        steps.into_iter().map(Step::finish).collect()
    }

    /// The agent of one job, with what the server puts in the place of names.
    fn agent(&self, task: &TaskFolder, position: usize) -> Agent {
        let execution = if self.example.jobs > 1 { "MultiMachine" } else { "None" };
        let agent = self
            .hosts
            .reached_by(Agent::new(&self.node))
            .variable("System.Debug", "true")
            .variable("System.ParallelExecutionType", execution)
            .variable("System.JobPositionInPhase", &position.to_string())
            .variable("System.TotalJobsInPhase", &self.example.jobs.to_string())
            .secret("Token", AZURE_TOKEN)
            .secret("GitHubToken", GITHUB_TOKEN);
        let definition = task.definition();
        self.example.inputs.iter().fold(agent, |agent, (name, value)| match definition.resource(name) {
            Resource::None => {
                let folder = self.folder.path().to_str().unwrap();
                agent.input(name, &value.replace(SHOWN_FOLDER, folder))
            }
            Resource::Connection => {
                let (id, connection) = connection(name);
                agent.input(name, id).connection(connection)
            }
            Resource::SecureFile => {
                agent.input(name, FILE).secure_file(SecureFile { name: value.clone(), ..app_key() })
            }
        })
    }

    /// Runs the step, and expects that all its jobs are green and that no secret left its place.
    #[track_caller]
    pub(super) fn succeeds(&self) -> Vec<Run> {
        let (before, _) = self.hosts.tokens_of_app();
        let runs = self.run();
        let (issued, signed) = self.hosts.tokens_of_app();
        for run in &runs {
            assert_eq!(run.result, TaskResult::Succeeded, "{}: {}", self.example.place, run.log());
            assert_no_secret(run);
            let shown = format!("{}\n{}", run.log(), page(run));
            for secret in issued.iter().chain(&signed) {
                assert!(!said(run).contains(secret) && !shown.contains(secret), "{secret} is in {shown}");
            }
            for secret in SECRETS.into_iter().chain([ACCESS_TOKEN]) {
                assert!(!shown.contains(secret), "{secret} is in {shown}");
            }
            assert_eq!(run.variables(), &BTreeMap::new());
        }
        let hidden: Vec<_> = runs.iter().flat_map(|run| run.commands("task", "setsecret")).collect();
        let new = issued.iter().skip(before.len());
        for token in new {
            assert!(hidden.iter().any(|command| command.data == *token), "{token} is not hidden");
        }
        credentials::expect_at_home(&self.hosts);
        runs
    }

    /// Forgets what was asked of the hosts, and tells whether something was to be changed there.
    pub(super) fn took_changes(&self) -> bool {
        let hosts = [&self.hosts.azure, &self.hosts.github];
        hosts.map(HostDouble::seen).iter().flatten().any(Seen::writes)
    }

    fn destination(&self) -> Destination<'_> {
        let shown = self.input("destinationGitRepositoryUri");
        Destination::new(shown, &self.hosts, self.folder.path())
    }

    /// The repositories that are listed and that can be read.
    pub(super) fn sources(&self) -> Vec<Hosted> {
        let paths = self.hosts.azure.paths().into_iter().filter(|path| path.starts_with("contoso/shop/"));
        let all = paths.map(|path| self.hosts.azure.find(&path).unwrap());
        let wikis = self.input("includeWikis") == "true";
        let usable = all.filter(|one| one.standing != Standing::Disabled);
        usable.filter(|one| wikis || one.shown == Shown::Listed).collect()
    }

    /// Expects that the destination holds all that it is to hold, and nothing else.
    #[track_caller]
    pub(super) fn expect_mirrors(&self) {
        let (sources, destination) = (self.sources(), self.destination());
        let named = sources.iter().filter_map(|source| Some((destination.name_of(source)?, source)));
        let named: BTreeMap<_, _> = named.collect();
        assert_eq!(destination.names(), named.keys().cloned().collect::<Vec<_>>());
        for (name, source) in named {
            let mirror = destination.mirror(&name);
            assert_eq!(mirror.git.refs(BRANCHES_AND_TAGS), source.git.refs(BRANCHES_AND_TAGS), "{name}");
            mirror.git.fsck();
            let Some(hosted) = mirror.hosted else { continue };
            assert_eq!(hosted.visibility, "private", "{name}");
            if self.input("defaultBranch") == "follow" {
                assert_eq!(hosted.default_branch(), source.default_branch(), "{name}");
            }
        }
    }

    /// Follows the page: the dry run, if the example is one, then the run, then another one.
    #[track_caller]
    pub(super) fn goes_from_nothing_to_green(mut self) {
        if self.input("dryRun") == "true" {
            self.succeeds();
            assert!(!self.took_changes() && self.destination().names().is_empty());
            self.example.inputs.remove("dryRun");
        }
        let count = self.sources().len();
        let runs = self.succeeds();
        self.expect_mirrors();
        assert_eq!((sum(&runs, "repositoriesMirrored"), sum(&runs, "repositoriesFailed")), (count, 0));
        let shares = runs.iter().filter(|run| run.output("repositoriesMirrored") != Some("0"));
        assert!(self.example.jobs == 1 || shares.count() > 1, "one job did all");
        self.took_changes();

        let again = self.succeeds();
        assert!(!self.took_changes(), "{}", again[0].log());
        assert!(again.iter().all(|run| run.output("changed") == Some("false")));
        assert_eq!((sum(&again, "repositoriesMirrored"), sum(&again, "packBytes")), (count, 0));
        self.expect_mirrors();
    }
}

/// An output variable, summed over all jobs.
fn sum(runs: &[Run], name: &str) -> usize {
    runs.iter().map(|run| run.output(name).unwrap().parse::<usize>().unwrap()).sum()
}

/// The page of a run.
fn page(run: &Run) -> String {
    let [command] = run.commands("task", "uploadsummary")[..] else { panic!("{}", run.log()) };
    fs::read_to_string(&command.data).unwrap()
}

/// The connection that an input of this name takes, and its id.
fn connection(input: &str) -> (&'static str, ServiceConnection) {
    let (_, kind) = input.split_at(input.find(char::is_uppercase).unwrap());
    let other = |url: &str, scheme: &str| ServiceConnection::new(OTHER_ID, url, scheme);
    match kind {
        "AzureDevOpsConnection" => {
            (ID, of_entra("https://dev.azure.com/fabrikam/", "WorkloadIdentityFederation"))
        }
        "AzureResourceManagerConnection" => {
            (ID, of_entra("https://management.azure.com/", "WorkloadIdentityFederation"))
        }
        "AzureReposConnection" => (
            ID,
            ServiceConnection::new(ID, "https://dev.azure.com/contoso", "Token")
                .parameter("apitoken", AZURE_TOKEN),
        ),
        "GitHubConnection" => (
            OTHER_ID,
            other("https://github.com", "PersonalAccessToken").parameter("accessToken", GITHUB_TOKEN),
        ),
        kind => panic!("no example has a '{kind}'"),
    }
}

/// The tokens that are good where an example signs in.
pub(super) fn tokens(example: &Example) -> Tokens {
    let has = |input: &str| example.inputs.contains_key(input);
    let contoso = match () {
        () if has("sourceAzureDevOpsConnection") || has("sourceAzureResourceManagerConnection") => {
            ACCESS_TOKEN
        }
        () if has("sourceAzureReposConnection") || has("sourceGitRepositoryPersonalAccessToken") => {
            AZURE_TOKEN
        }
        () => JOB_TOKEN,
    };
    let github = if has("destinationGitHubAppId") { AtGitHub::OfApp } else { AtGitHub::Token(GITHUB_TOKEN) };
    Tokens { contoso, github }
}
