//! Runs a step: its environment, its process, its output, and the ways to stop it.

use std::{
    collections::BTreeMap,
    fs,
    os::unix::{
        fs::PermissionsExt,
        process::{CommandExt, ExitStatusExt},
    },
    path::{Path, PathBuf},
    process::{Command, ExitStatus, Stdio},
    sync::mpsc::{self, Receiver, RecvTimeoutError},
    thread,
    time::{Duration, Instant},
};

use tempfile::TempDir;

use super::{
    command,
    context::{Context, IssueKind, TaskResult},
    inputs::{self, Variable},
    lines,
    masking::Masker,
    task::TaskFolder,
};

/// No step of a test takes longer.
const PATIENCE: Duration = Duration::from_secs(60);

/// How the agent asks a step to end, and how long it waits for that before it uses the next.
const STOPS: [(Stop, Duration); 3] = [
    (Stop::Interrupt, Duration::from_millis(7500)),
    (Stop::Terminate, Duration::from_millis(2500)),
    (Stop::Kill, PATIENCE),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stop {
    Interrupt,
    Terminate,
    Kill,
}

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
        let lookup = self.work.path().display().to_string();
        let mut process = Command::new(&self.node);
        process
            .arg(task.path().join(definition.target("Node10")))
            .current_dir(self.work.path().join("s"))
            .env_clear()
            .envs(&self.environment)
            .env("VSTS_PROCESS_LOOKUP_ID", &lookup)
            .env("TF_BUILD", "True")
            .env("ENDPOINT_URL_SYSTEMVSSCONNECTION", "https://dev.azure.com/contoso/")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
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
        for (name, default) in definition.inputs() {
            let given = self.given.get(name).map_or(default, String::as_str);
            let value = inputs::value(given, &self.variables, &self.environment);
            process.env(format!("INPUT_{}", inputs::environment_name(name)), value);
        }
        if let Some(id) = self.user {
            process.uid(id);
        }
        let debug = self
            .variables
            .get("System.Debug")
            .is_some_and(|debug| debug.value().eq_ignore_ascii_case("true"));
        let mut child =
            process.spawn().unwrap_or_else(|error| panic!("cannot start {}: {error}", self.node.display()));
        let id = child.id();
        let (events, received) = mpsc::channel();
        let (out, err) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
        let (out_events, err_events) = (events.clone(), events.clone());
        thread::spawn(move || {
            lines::read(out, |line| out_events.send(Event::Line(line)).unwrap_or_default());
            out_events.send(Event::Closed).unwrap_or_default();
        });
        thread::spawn(move || {
            lines::read(err, |line| err_events.send(Event::Line(line)).unwrap_or_default());
            err_events.send(Event::Closed).unwrap_or_default();
        });
        thread::spawn(move || events.send(Event::Exited(child.wait().unwrap())).unwrap_or_default());
        Step {
            context: Context::new(&definition, masker, debug),
            id,
            lookup,
            received,
            exit: None,
            open: 2,
            agent: self,
        }
    }
}

enum Event {
    Line(String),
    Closed,
    Exited(ExitStatus),
}

/// A step that runs.
pub struct Step {
    context: Context,
    id: u32,
    lookup: String,
    received: Receiver<Event>,
    exit: Option<ExitStatus>,
    open: u32,
    agent: Agent,
}

impl Step {
    /// Waits for a line of raw output that holds `text`.
    pub fn wait_for(&mut self, text: &str) {
        let deadline = Instant::now() + PATIENCE;
        while !self.context.raw.iter().any(|line| line.contains(text)) {
            assert!(self.exit.is_none(), "the step ended before it said '{text}': {:#?}", self.context.raw);
            assert!(self.take(deadline), "the step did not say '{text}': {:#?}", self.context.raw);
        }
    }

    /// Waits for the step's end.
    pub fn finish(self) -> Run {
        self.end(None, None)
    }

    /// Cancels the step, as a user does with the job.
    pub fn cancel(mut self) -> Run {
        let start = Instant::now();
        let mut last = Stop::Interrupt;
        for (stop, patience) in STOPS {
            last = stop;
            signal(self.id, stop);
            let deadline = Instant::now() + patience;
            while self.exit.is_none() && self.take(deadline) {}
            if self.exit.is_some() {
                break;
            }
        }
        let duration = start.elapsed();
        self.end(Some(TaskResult::Canceled), Some((last, duration)))
    }

    fn end(mut self, stopped: Option<TaskResult>, stop: Option<(Stop, Duration)>) -> Run {
        let deadline = Instant::now() + PATIENCE;
        while self.exit.is_none() {
            assert!(self.take(deadline), "the step does not end: {:#?}", self.context.raw);
        }
        let deadline = Instant::now() + Duration::from_secs(5);
        while self.open > 0 && self.take(deadline) {}
        let exit = self.exit.unwrap();
        let exit_status = exit.code().unwrap_or_else(|| 128 + exit.signal().unwrap());
        let orphans = processes_of(&self.lookup);
        for &id in &orphans {
            signal(id, Stop::Kill);
        }
        Run {
            result: self.context.finish(exit_status, stopped),
            context: self.context,
            exit_status,
            stop,
            output_closed: self.open == 0,
            orphans: orphans.len(),
            agent: self.agent,
        }
    }

    /// Takes in one event; false after `deadline`.
    fn take(&mut self, deadline: Instant) -> bool {
        match self.received.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok(Event::Line(line)) => self.context.line(line),
            Ok(Event::Closed) => self.open -= 1,
            Ok(Event::Exited(status)) => self.exit = Some(status),
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return false,
        }
        true
    }
}

/// A step that has ended.
#[derive(Debug)]
pub struct Run {
    pub result: TaskResult,
    pub exit_status: i32,
    /// The last means that was needed to stop the step, and how long that took from the first.
    pub stop: Option<(Stop, Duration)>,
    /// Whether both output streams ended with the process; a child that holds one delays the agent by 5 s.
    pub output_closed: bool,
    /// How many processes of the step were left.
    pub orphans: usize,
    context: Context,
    agent: Agent,
}

impl Run {
    /// The log as a user reads it, masked.
    pub fn log(&self) -> String {
        self.context.log.join("\n")
    }

    /// The step's own output, before the agent's masking.
    pub fn raw(&self) -> String {
        self.context.raw.join("\n")
    }

    pub fn issues(&self, kind: IssueKind) -> Vec<&str> {
        let issues = self.context.issues.iter().filter(|(of, _)| *of == kind);
        issues.map(|(_, message)| message.as_str()).collect()
    }

    /// The data of all commands `area.event`, in order.
    pub fn commands(&self, area: &str, event: &str) -> Vec<&command::Command> {
        self.context.commands.iter().filter(|command| command.is(area, event)).collect()
    }

    /// An output variable, as a later step reads it.
    pub fn output(&self, name: &str) -> Option<&str> {
        self.context.outputs.get(name).map(String::as_str)
    }

    /// Variables of the job that the step has set: it should set none.
    pub fn variables(&self) -> &BTreeMap<String, String> {
        &self.context.variables
    }

    /// What the step has left in the agent's temporary folder.
    pub fn left_in_temp(&self) -> Vec<String> {
        let entries = fs::read_dir(self.agent.temp()).unwrap();
        entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect()
    }
}

/// Signals one process, as the agent does: not its group.
fn signal(id: u32, stop: Stop) {
    let name = match stop {
        Stop::Interrupt => "INT",
        Stop::Terminate => "TERM",
        Stop::Kill => "KILL",
    };
    // `kill` of the shell, since a minimal system has no other; a process that is gone meanwhile is no fault.
    let script = format!("kill -{name} {id} 2>/dev/null || true");
    assert!(Command::new("sh").args(["-c", &script]).status().unwrap().success());
}

/// Finds the processes of a step by the mark in their environment, as the agent does at the end of a job.
fn processes_of(lookup: &str) -> Vec<u32> {
    let mark = format!("VSTS_PROCESS_LOOKUP_ID={lookup}");
    let ids =
        fs::read_dir("/proc").unwrap().filter_map(|entry| entry.unwrap().file_name().to_str()?.parse().ok());
    ids.filter(|id: &u32| {
        let environment = fs::read(format!("/proc/{id}/environ")).unwrap_or_default();
        environment.split(|&byte| byte == 0).any(|variable| variable == mark.as_bytes())
    })
    .collect()
}
