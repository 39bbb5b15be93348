//! The task's binary, run as the agent runs it and read as the agent reads it.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

/// A run may take this long; then it hangs, and the test fails.
const PATIENCE: Duration = Duration::from_secs(120);

/// How often a run's memory is looked at.
const LOOK: Duration = Duration::from_millis(20);

const BINARY: &str = env!("CARGO_BIN_EXE_mirror-git-repository");

/// A run to be: the environment of the binary and nothing else, not even a `PATH` with git on it.
#[derive(Debug, Clone)]
pub(crate) struct Task {
    environment: BTreeMap<String, String>,
    arguments: Vec<String>,
}

/// A run under way.
#[derive(Debug)]
pub(crate) struct Running {
    child: Child,
    texts: Receiver<(usize, String)>,
    home: tempfile::TempDir,
    peak: u64,
    cpu: Duration,
    written: u64,
}

/// A logging command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LoggingCommand {
    /// `task.complete` and the like.
    pub(crate) name: String,
    pub(crate) properties: BTreeMap<String, String>,
    pub(crate) data: String,
}

/// What a run did, as the agent sees it.
#[derive(Debug, Clone)]
pub(crate) struct Outcome {
    pub(crate) status: Option<i32>,
    /// Everything that was written, logging commands included; first the standard output.
    pub(crate) text: String,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    /// The lines that are no logging commands.
    pub(crate) log: Vec<String>,
    pub(crate) commands: Vec<LoggingCommand>,
    /// The most memory that it was seen to take, in bytes.
    pub(crate) peak: u64,
    /// The time of processors that it took.
    pub(crate) cpu: Duration,
    /// The bytes that it wrote to files on disks.
    pub(crate) written: u64,
    /// What the run's pages say.
    pub(crate) page: String,
    /// The bytes of its page and of its result, which the agent reads.
    pub(crate) for_agent: u64,
    /// Names of files that the run left in its temporary folder, without its page and its result, which the agent reads there.
    pub(crate) left: Vec<String>,
}

impl Task {
    /// A run by the agent, all inputs present and empty, as the agent gives them.
    pub(crate) fn new(source: &str, destination: &str) -> Self {
        let inputs = [
            ("SOURCEGITREPOSITORYURI", source),
            ("SOURCEGITREPOSITORYPERSONALACCESSTOKEN", ""),
            ("SOURCEGITREPOSITORYCLONEDIRECTORYNAME", ""),
            ("SOURCEVERIFYSSLCERTIFICATE", "true"),
            ("DESTINATIONGITREPOSITORYURI", destination),
            ("DESTINATIONGITREPOSITORYPERSONALACCESSTOKEN", ""),
            ("DESTINATIONVERIFYSSLCERTIFICATE", "true"),
            ("INCLUDEREFS", "refs/heads/*\nrefs/tags/*"),
            ("EXCLUDEREFS", ""),
            ("PRUNE", "true"),
            ("DRYRUN", "false"),
            ("ALLOWEMPTYSOURCE", "false"),
            // Not the default, whose waits are long.
            ("MAXATTEMPTS", "2"),
        ];
        let mut task =
            Self { environment: BTreeMap::new(), arguments: Vec::new() }.variable("TF_BUILD", "True");
        for (name, value) in inputs {
            task = task.input(name, value);
        }
        task
    }

    /// A run by hand, with flags.
    pub(crate) fn by_hand(arguments: &[&str]) -> Self {
        let arguments = arguments.iter().map(|&argument| argument.to_owned()).collect();
        Self { environment: BTreeMap::new(), arguments }
    }

    /// Sets an input, by its name in any case.
    pub(crate) fn input(self, name: &str, value: &str) -> Self {
        self.variable(&format!("INPUT_{}", name.to_uppercase()), value)
    }

    pub(crate) fn variable(mut self, name: &str, value: &str) -> Self {
        self.environment.insert(name.to_owned(), value.to_owned());
        self
    }

    pub(crate) fn source_token(self, token: &str) -> Self {
        self.input("sourceGitRepositoryPersonalAccessToken", token)
    }

    pub(crate) fn destination_token(self, token: &str) -> Self {
        self.input("destinationGitRepositoryPersonalAccessToken", token)
    }

    /// Trusts the certificates of this authority.
    pub(crate) fn trusting(self, authority: &Path) -> Self {
        self.variable("SSL_CERT_FILE", authority.to_str().expect("a plain path"))
    }

    /// Runs the binary to its end.
    pub(crate) fn run(&self) -> Outcome {
        self.start().end()
    }

    /// Runs it as the launcher does, which holds the standard input open.
    pub(crate) fn by_launcher(self) -> Self {
        self.variable("MIRROR_STARTED_BY", "launcher")
    }

    /// Starts the binary, and reads nothing of its output.
    pub(crate) fn start_unread(&self) -> (Child, tempfile::TempDir) {
        let home = tempfile::tempdir().unwrap();
        (self.spawn(home.path()), home)
    }

    /// Starts the binary.
    pub(crate) fn start(&self) -> Running {
        let home = tempfile::tempdir().unwrap();
        let mut child = self.spawn(home.path());
        let (sender, texts) = mpsc::channel();
        let streams: [Box<dyn Read + Send>; 2] =
            [Box::new(child.stdout.take().unwrap()), Box::new(child.stderr.take().unwrap())];
        for (number, mut stream) in streams.into_iter().enumerate() {
            let sender = sender.clone();
            thread::spawn(move || {
                let mut bytes = Vec::new();
                stream.read_to_end(&mut bytes).unwrap();
                sender.send((number, String::from_utf8(bytes).expect("UTF-8 from the task"))).ok();
            });
        }
        Running { child, texts, home, peak: 0, cpu: Duration::ZERO, written: 0 }
    }

    fn spawn(&self, home: &Path) -> Child {
        Command::new(BINARY)
            .args(&self.arguments)
            .env_clear()
            .env("PATH", "/nonexistent")
            .env("HOME", home)
            .env("TMPDIR", home)
            .env("AGENT_TEMPDIRECTORY", home)
            .envs(&self.environment)
            .current_dir(home)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    }
}

impl Running {
    /// Sends a signal to the process that was started.
    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Ends the standard input, as the death of the launcher does.
    pub(crate) fn abandon(&mut self) {
        drop(self.child.stdin.take());
    }

    /// Waits for the end.
    pub(crate) fn end(self) -> Outcome {
        self.end_within(PATIENCE)
    }

    /// Waits for the end, which must come by then.
    pub(crate) fn end_within(mut self, patience: Duration) -> Outcome {
        let started = Instant::now();
        let mut read = [String::new(), String::new()];
        for _ in 0..read.len() {
            let (number, text) = loop {
                match self.texts.recv_timeout(LOOK) {
                    Ok(text) => break text,
                    Err(_) if started.elapsed() < patience => self.note_used(),
                    Err(_) => {
                        self.child.kill().ok();
                        self.child.wait().ok();
                        panic!("the task did not end within {patience:?}");
                    }
                }
            };
            read[number] = text;
        }
        self.note_used();
        let status = self.child.wait().unwrap().code();
        let left = std::fs::read_dir(self.home.path()).unwrap();
        let left = left.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        let Self { peak, cpu, written, .. } = self;
        let mut outcome = Outcome { peak, cpu, written, ..Outcome::new(status, read, left) };
        let pages: Vec<_> =
            outcome.named("task.uploadsummary").iter().map(|page| page.data.clone()).collect();
        outcome.page = pages.iter().filter_map(|page| std::fs::read_to_string(page).ok()).collect();
        let attached = outcome.named("task.addattachment").iter().map(|file| file.data.clone()).collect();
        let read_later: Vec<String> = [pages, attached].concat();
        let sizes = read_later.iter().filter_map(|file| std::fs::metadata(file).ok());
        outcome.for_agent = sizes.map(|file| file.len()).sum();
        outcome
            .left
            .retain(|name| !read_later.iter().any(|file| Path::new(file) == self.home.path().join(name)));
        outcome
    }

    /// The kernel tells of the peak until the process ends, and of the rest until it is waited for.
    fn note_used(&mut self) {
        let read = |name: &str| {
            std::fs::read_to_string(format!("/proc/{}/{name}", self.child.id())).unwrap_or_default()
        };
        let number = |text: String, name: &str| {
            let line =
                text.lines().find_map(|line| line.strip_prefix(name)?.trim().split(' ').next()?.parse().ok());
            line.unwrap_or(0_u64)
        };
        // Behind the name of the program, which may hold blanks; in hundredths of a second.
        let stat = read("stat");
        let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
        let ticks: u64 = fields.skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
        self.peak = number(read("status"), "VmHWM:").saturating_mul(1024).max(self.peak);
        self.cpu = Duration::from_millis(ticks * 10).max(self.cpu);
        self.written = number(read("io"), "write_bytes:").max(self.written);
    }
}

impl Outcome {
    fn new(status: Option<i32>, [stdout, stderr]: [String; 2], left: Vec<String>) -> Self {
        let text = stdout.clone() + &stderr;
        let mut outcome = Self {
            status,
            text: text.clone(),
            stdout,
            stderr,
            log: Vec::new(),
            commands: Vec::new(),
            peak: 0,
            cpu: Duration::ZERO,
            written: 0,
            page: String::new(),
            for_agent: 0,
            left,
        };
        // The agent ends a line also at a lone carriage return.
        for line in text.split(['\r', '\n']).filter(|line| !line.is_empty()) {
            match LoggingCommand::parse(line) {
                Some(command) => outcome.commands.push(command),
                None => outcome.log.push(line.to_owned()),
            }
        }
        outcome
    }

    /// The commands of this name.
    pub(crate) fn named(&self, name: &str) -> Vec<&LoggingCommand> {
        self.commands.iter().filter(|command| command.name == name).collect()
    }

    /// The result, which must have been said exactly once.
    #[track_caller]
    pub(crate) fn result(&self) -> &str {
        let said = self.named("task.complete");
        assert_eq!(said.len(), 1, "one result, once:\n{}", self.text);
        &said[0].properties["result"]
    }

    /// The texts of the errors that become issues.
    pub(crate) fn errors(&self) -> Vec<&str> {
        let issues = self.named("task.logissue").into_iter();
        issues.filter(|issue| issue.properties["type"] == "error").map(|issue| issue.data.as_str()).collect()
    }

    /// The texts of the warnings that become issues.
    pub(crate) fn warnings(&self) -> Vec<&str> {
        let issues = self.named("task.logissue").into_iter();
        issues
            .filter(|issue| issue.properties["type"] == "warning")
            .map(|issue| issue.data.as_str())
            .collect()
    }

    /// An output variable.
    #[track_caller]
    pub(crate) fn output(&self, name: &str) -> &str {
        let set = self.named("task.setvariable");
        let set = set.iter().rfind(|command| command.properties["variable"] == name);
        let command = set.unwrap_or_else(|| panic!("no output variable {name}:\n{}", self.text));
        assert_eq!(command.properties["isoutput"], "true");
        &command.data
    }

    /// Created, updated, deleted, rejected, unchanged: the counts that are put out.
    #[track_caller]
    pub(crate) fn counts(&self) -> [u64; 5] {
        ["refsCreated", "refsUpdated", "refsDeleted", "refsRejected", "refsUnchanged"]
            .map(|name| self.output(name).parse().unwrap_or_else(|_| panic!("{name} is no number")))
    }

    /// Expects success, and nothing written to the disk.
    #[track_caller]
    pub(crate) fn succeeded(&self) -> &Self {
        assert_eq!(self.result(), "Succeeded", "{}", self.text);
        assert_eq!(self.status, Some(0), "{}", self.text);
        assert_eq!(self.errors(), Vec::<&str>::new());
        assert_eq!(self.left, Vec::<String>::new(), "nothing but the page is written to the disk");
        self
    }

    /// Expects a failure that is reported as an issue; returns all errors as one text.
    #[track_caller]
    pub(crate) fn failed(&self) -> String {
        assert_eq!(self.result(), "Failed", "{}", self.text);
        assert_eq!(self.status, Some(1), "{}", self.text);
        assert_ne!(self.errors(), Vec::<&str>::new(), "a failure says why:\n{}", self.text);
        self.errors().join("\n")
    }

    /// Everything but the values that are given to the agent to be masked.
    pub(crate) fn visible(&self) -> String {
        let lines = self.text.lines().filter(|line| !line.starts_with("##vso[task.setsecret]"));
        lines.collect::<Vec<_>>().join("\n")
    }
}

impl LoggingCommand {
    /// The agent's own rule: the prefix anywhere in a line, the header up to the first `]`, then the data.
    fn parse(line: &str) -> Option<Self> {
        let (_, rest) = line.split_once("##vso[")?;
        let (header, data) = rest.split_once(']')?;
        let (name, list) = header.split_once(' ').unwrap_or((header, ""));
        let (area, event) = name.split_once('.')?;
        if area.is_empty() || event.is_empty() || event.contains('.') {
            return None;
        }
        let properties = list.split(';').filter_map(|pair| pair.split_once('='));
        let properties = properties
            .filter(|(_, value)| !value.is_empty())
            .map(|(key, value)| (key.to_lowercase(), unescape(value)))
            .collect();
        Some(Self { name: name.to_lowercase(), properties, data: unescape(data) })
    }
}

fn unescape(text: &str) -> String {
    [("%3B", ";"), ("%0D", "\r"), ("%0A", "\n"), ("%5D", "]"), ("%AZP25", "%")]
        .iter()
        .fold(text.to_owned(), |text, (escape, plain)| text.replace(escape, plain))
}
