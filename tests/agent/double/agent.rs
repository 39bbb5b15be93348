//! Makes what a step starts with: its inputs, its variables, its environment.

use std::{
    collections::BTreeMap,
    fs,
    os::unix::{fs::PermissionsExt, process::CommandExt},
    path::{Path, PathBuf},
    process::Command,
};

use tempfile::TempDir;

use super::{
    connections::{SecureFile, ServiceConnection},
    context::Context,
    inputs::{self, Variable},
    masking::Masker,
    process::LOOKUP,
    run::Run,
    step::Step,
    task::{Resource, TaskFolder},
};

/// The token of the job.
pub const JOB_TOKEN: &str = "the-token-of-this-job";

/// Ids of the run, as the server gives them.
pub const PROJECT_ID: &str = "7d1f0a52-5f4e-4c8e-9f5b-0c1d2e3f4a5b";
pub const PLAN_ID: &str = "c3a9c1de-3b0f-4e56-8a57-6f1e2d3c4b5a";
pub const JOB_ID: &str = "12f1170f-54f2-53f3-20dd-22fc7dff55f9";

/// An agent about to run a step of one task.
#[derive(Debug)]
pub struct Agent {
    node: PathBuf,
    work: TempDir,
    given: BTreeMap<String, String>,
    variables: BTreeMap<String, Variable>,
    environment: BTreeMap<String, String>,
    collection: String,
    connections: Vec<ServiceConnection>,
    secure_files: Vec<SecureFile>,
    user: Option<u32>,
}

impl Agent {
    pub fn new(node: &Path) -> Self {
        let work = TempDir::new().unwrap();
        for folder in ["", "_temp", "s"] {
            let folder = work.path().join(folder);
            fs::create_dir_all(&folder).unwrap();
            // As the agent's own, for a step that runs as another user.
            fs::set_permissions(&folder, fs::Permissions::from_mode(0o777)).unwrap();
        }
        let temp = work.path().join("_temp").display().to_string();
        let sources = work.path().join("s").display().to_string();
        let mut agent = Self {
            node: node.to_owned(),
            given: BTreeMap::new(),
            variables: BTreeMap::new(),
            environment: BTreeMap::new(),
            collection: String::new(),
            connections: Vec::new(),
            secure_files: Vec::new(),
            user: None,
            work,
        };
        for name in ["PATH", "HOME", "TMPDIR"] {
            agent.environment.extend(std::env::var(name).ok().map(|value| (name.to_owned(), value)));
        }
        agent = agent
            .variable("Agent.TempDirectory", &temp)
            .variable("System.DefaultWorkingDirectory", &sources)
            .variable("System.HostType", "build")
            .variable("System.TeamProjectId", PROJECT_ID)
            .variable("System.PlanId", PLAN_ID)
            .variable("System.JobId", JOB_ID)
            .secret("System.AccessToken", JOB_TOKEN);
        agent.collection("https://dev.azure.com/contoso/")
    }

    /// Gives a value to an input of the step.
    pub fn input(mut self, name: &str, value: &str) -> Self {
        self.given.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Sets a variable of the pipeline.
    pub fn variable(mut self, name: &str, value: &str) -> Self {
        self.variables.insert(name.to_owned(), Variable::Public(value.to_owned()));
        self
    }

    /// Sets a secret variable of the pipeline.
    pub fn secret(mut self, name: &str, value: &str) -> Self {
        self.variables.insert(name.to_owned(), Variable::Secret(value.to_owned()));
        self
    }

    /// Moves the pipeline to another collection.
    pub fn collection(mut self, url: &str) -> Self {
        url.clone_into(&mut self.collection);
        self.variable("System.CollectionUri", url).variable("System.TeamFoundationCollectionUri", url)
    }

    /// Lets the pipeline use a service connection; a step is given those that its inputs name.
    pub fn connection(mut self, connection: ServiceConnection) -> Self {
        self.connections.push(connection);
        self
    }

    /// Lets the pipeline use a secure file; a step is given those that its inputs name.
    pub fn secure_file(mut self, file: SecureFile) -> Self {
        self.secure_files.push(file);
        self
    }

    /// Sets a variable of the step's `env:`.
    pub fn environment(mut self, name: &str, value: &str) -> Self {
        self.environment.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Runs the step as another user of the machine.
    pub fn user(mut self, id: u32) -> Self {
        self.user = Some(id);
        self
    }

    /// The folder that is emptied before and after each job.
    pub fn temp(&self) -> PathBuf {
        self.work.path().join("_temp")
    }

    /// Runs the step to its end.
    pub fn run(self, task: &TaskFolder) -> Run {
        self.start(task).finish()
    }

    /// Starts the step.
    pub fn start(self, task: &TaskFolder) -> Step {
        let definition = task.definition();
        let mut process = Command::new(&self.node);
        process
            .arg(task.path().join(definition.target("Node10")))
            .current_dir(self.work.path().join("s"))
            .env_clear()
            .envs(&self.environment)
            .env(LOOKUP, self.lookup())
            .env("TF_BUILD", "True");
        let mut masker = self.add_variables(&mut process);
        ServiceConnection::new("SYSTEMVSSCONNECTION", &self.collection, "OAuth")
            .parameter("AccessToken", JOB_TOKEN)
            .give(&mut process, &mut masker);
        for (name, default) in definition.inputs() {
            let given = definition.names(name).into_iter().find_map(|name| self.given.get(name));
            let given = given.map_or(default, String::as_str);
            let value = inputs::value(given, &self.variables, &self.environment);
            self.give_resource(definition.resource(name), &value, &mut process, &mut masker);
            process.env(format!("INPUT_{}", inputs::environment_name(name)), value);
        }
        if let Some(id) = self.user {
            process.uid(id);
        }
        let debug = self.variables.get("System.Debug").map(Variable::value);
        let debug = debug.is_some_and(|debug| debug.eq_ignore_ascii_case("true"));
        Step::spawn(process, Context::new(&definition, masker, debug), self)
    }

    /// Gives what an input names; the server has put its id in the place of its name.
    fn give_resource(&self, kind: Resource, id: &str, process: &mut Command, masker: &mut Masker) {
        match kind {
            Resource::None => {}
            Resource::Connection => {
                if let Some(named) = self.connections.iter().find(|connection| connection.is(id)) {
                    named.give(process, masker);
                }
            }
            Resource::SecureFile => {
                if let Some(named) = self.secure_files.iter().find(|file| file.id == id) {
                    named.give(process, masker);
                }
            }
        }
    }

    /// Puts the variables into the environment; returns what hides the secret ones.
    fn add_variables(&self, process: &mut Command) -> Masker {
        let mut masker = Masker::default();
        for (name, variable) in &self.variables {
            let name = inputs::environment_name(name);
            match variable {
                Variable::Public(value) => process.env(name, value),
                Variable::Secret(value) => {
                    masker.add_variable(value);
                    process.env(format!("SECRET_{name}"), value)
                }
            };
        }
        masker
    }

    /// What marks the processes of the step.
    pub(super) fn lookup(&self) -> String {
        self.work.path().display().to_string()
    }
}
