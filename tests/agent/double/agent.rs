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
    context::Context,
    inputs::{self, Variable},
    masking::Masker,
    process::LOOKUP,
    run::Run,
    step::Step,
    task::TaskFolder,
};

/// An agent about to run a step of one task.
#[derive(Debug)]
pub struct Agent {
    node: PathBuf,
    work: TempDir,
    given: BTreeMap<String, String>,
    variables: BTreeMap<String, Variable>,
    environment: BTreeMap<String, String>,
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
            user: None,
            work,
        };
        for name in ["PATH", "HOME", "TMPDIR"] {
            agent.environment.extend(std::env::var(name).ok().map(|value| (name.to_owned(), value)));
        }
        agent = agent
            .variable("Agent.TempDirectory", &temp)
            .variable("System.DefaultWorkingDirectory", &sources)
            .variable("System.CollectionUri", "https://dev.azure.com/contoso/")
            .secret("System.AccessToken", "the-token-of-this-job");
        agent
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
            .env("TF_BUILD", "True")
            .env("ENDPOINT_URL_SYSTEMVSSCONNECTION", "https://dev.azure.com/contoso/");
        let masker = self.add_variables(&mut process);
        for (name, default) in definition.inputs() {
            let given = self.given.get(name).map_or(default, String::as_str);
            let value = inputs::value(given, &self.variables, &self.environment);
            process.env(format!("INPUT_{}", inputs::environment_name(name)), value);
        }
        if let Some(id) = self.user {
            process.uid(id);
        }
        let debug = self.variables.get("System.Debug").map(Variable::value);
        let debug = debug.is_some_and(|debug| debug.eq_ignore_ascii_case("true"));
        Step::spawn(process, Context::new(&definition, masker, debug), self)
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
