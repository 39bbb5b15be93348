//! Whole runs that sign in as a GitHub App of the user's own: its inputs, its key, and tokens that end on the way.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use crate::github_app::{GUID, TICKET, secure_file};
use crate::support::cloud::Cloud;
use crate::support::git::{BRANCHES_AND_TAGS, Repository};
use crate::support::github_app::{APP_ID, GitHubApp, Installed, generated_key};
use crate::support::http::Head;
use crate::support::program;
use crate::support::task::{Outcome, Task};

const SOURCE: &str = "https://github.com/contoso/app";
const DESTINATION: &str = "https://github.com/contoso/mirror";

/// Two repositories of one owner at GitHub, whom an App serves.
struct GitHub {
    app: Arc<GitHubApp>,
    cloud: Cloud,
    source: Repository,
    destination: Repository,
    folder: tempfile::TempDir,
}

/// The things of a server that a test changes on the way.
#[derive(Default)]
struct Course {
    /// The time that each answer of Git takes.
    delay: Duration,
    /// Takes all tokens back when the pack comes.
    revokes: AtomicBool,
}

impl GitHub {
    fn start(course: Course) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let [source, destination] =
            ["app.git", "mirror.git"].map(|name| Repository::init(folder.path().join(name)));
        source.commit("main", 3);
        let app = Arc::new(GitHubApp::new(""));
        let (served, repositories) = (Arc::clone(&app), [source.clone(), destination.clone()]);
        let cloud = Cloud::start(move |exchange| {
            match exchange.host() {
                "dev.azure.com" => return secure_file(exchange, &served.pem),
                "api.github.com" => return served.serve(exchange),
                _ => {}
            }
            if exchange.is("POST", "/git-upload-pack") && course.revokes.swap(false, Ordering::SeqCst) {
                served.change(|state| state.revoked = state.issued.len());
            }
            if !served.lets_in(&exchange.head) {
                exchange.body()?;
                let fields = [("WWW-Authenticate", "Basic realm=\"GitHub\"")];
                return exchange.answer("401 Unauthorized", &fields, b"Invalid username or token.");
            }
            thread::sleep(course.delay);
            let repository = &repositories[usize::from(exchange.head.target.contains("/mirror/"))];
            exchange.as_git(repository, 2, |_, answer| answer)
        });
        Self { app, cloud, source, destination, folder }
    }

    /// A run by the agent, which signs in by the App at both sides.
    fn task(&self) -> Task {
        let task = self
            .cloud
            .reached_by(Task::new(SOURCE, DESTINATION))
            .variable("SYSTEM_DEBUG", "true")
            .variable("SYSTEM_TEAMPROJECTID", GUID)
            .variable("ENDPOINT_URL_SYSTEMVSSCONNECTION", "https://dev.azure.com/contoso/")
            .variable("ENDPOINT_AUTH_PARAMETER_SYSTEMVSSCONNECTION_ACCESSTOKEN", "j0b-t0ken")
            .variable(&format!("SECUREFILE_NAME_{GUID}"), "app.pem")
            .variable(&format!("SECUREFILE_TICKET_{GUID}"), TICKET);
        ["source", "destination"].into_iter().fold(task, |task, side| {
            task.input(&format!("{side}GitHubAppId"), &APP_ID.to_string())
                .input(&format!("{side}GitHubAppPrivateKey"), GUID)
        })
    }

    fn are_equal(&self) -> bool {
        self.destination.refs(BRANCHES_AND_TAGS) == self.source.refs(BRANCHES_AND_TAGS)
    }

    fn of_git(&self) -> Vec<Head> {
        self.cloud.seen().into_iter().filter(|head| head.header("host") == Some("github.com")).collect()
    }

    /// Expects none of the secrets in what can be seen.
    #[track_caller]
    fn hides_secrets(&self, shown: &str) {
        let state = self.app.state.lock().unwrap();
        let lines = self.app.pem.lines().filter(|line| !line.starts_with("-----") && line.len() >= 8);
        let tokens = state.issued.iter().map(|(token, _)| token.as_str());
        let basic = tokens.clone().map(|token| BASE64_STANDARD.encode(format!("x-access-token:{token}")));
        let given = ["j0b-t0ken", TICKET, "t%2Fc%26ket"].into_iter();
        let plain = lines.chain(tokens.clone()).chain(state.signed.iter().map(String::as_str)).chain(given);
        for secret in plain.map(str::to_owned).chain(basic) {
            assert!(!shown.contains(&secret), "{secret} is in\n{shown}");
        }
    }
}

fn run(github: &GitHub, task: &Task) -> Outcome {
    let outcome = task.run();
    github.hides_secrets(&(outcome.visible() + &outcome.page));
    outcome
}

/// The requests to the interface in which one token is got.
fn one_token() -> [String; 2] {
    ["GET /repos/contoso/app/installation 200", "POST /app/installations/42/access_tokens 201"]
        .map(str::to_owned)
}

#[test]
fn one_token_of_an_app_serves_both_sides() {
    let github = GitHub::start(Course::default());
    run(&github, &github.task()).succeeded();
    assert!(github.are_equal());
    let asked = github.app.asked();
    let issued = asked.iter().filter(|asked| asked.starts_with("POST ")).count();
    assert_eq!((issued, asked.len()), (1, 2), "{asked:?}");
    assert_eq!(github.cloud.asked_of("dev.azure.com").len(), 1);
    assert!(github.of_git().iter().all(|head| github.app.lets_in(head)));
}

/// A run by hand, which signs in at the source by the App with the key in this file, into a folder.
fn by_hand(github: &GitHub, pem: &str) -> Outcome {
    let [key, mirror] = ["key.pem", "local.git"].map(|name| github.folder.path().join(name));
    fs::write(&key, pem).unwrap();
    let id = format!("--source-github-app-id={APP_ID}");
    let key = format!("--source-github-app-private-key={}", key.display());
    let task = Task::by_hand(&["--source", SOURCE, &id, &key, "--destination", mirror.to_str().unwrap()]);
    run(github, &github.cloud.reached_by(task))
}

#[test]
fn an_app_signs_in_by_hand_with_a_file() {
    let github = GitHub::start(Course::default());
    let outcome = by_hand(&github, &github.app.pem);
    assert_eq!(outcome.status, Some(0), "{}", outcome.text);
    assert_eq!(github.app.asked(), one_token());
    assert_eq!(outcome.left, [""; 0]);
}

#[test]
fn a_run_longer_than_a_token_lives_gets_one_a_life() {
    let github = GitHub::start(Course { delay: Duration::from_millis(1200), ..Course::default() });
    github.app.change(|state| state.life = Duration::from_secs(2));
    let began = Instant::now();
    run(&github, &github.task()).succeeded();
    assert!(github.are_equal());
    let issued = github.app.state.lock().unwrap().issued.len() as u64;
    let lives = began.elapsed().as_secs() + 1;
    assert!((2..=lives).contains(&issued), "{issued} tokens in {lives} s");
    // The key is not asked for again, nor is the installation.
    assert_eq!(github.cloud.asked_of("dev.azure.com").len(), 1);
    assert_eq!(github.app.asked().iter().filter(|asked| asked.starts_with("GET ")).count(), 1);
}

#[test]
fn a_token_that_is_taken_back_is_replaced_on_the_way() {
    let course = Course { revokes: AtomicBool::new(true), ..Course::default() };
    let github = GitHub::start(course);
    run(&github, &github.task()).succeeded();
    assert!(github.are_equal());
    let again = "POST /app/installations/42/access_tokens 201".to_owned();
    assert_eq!(github.app.asked(), [one_token().to_vec(), vec![again]].concat());
}

#[test]
fn a_run_without_a_token_ends_in_one_error_before_git() {
    type Case = (&'static str, fn(&GitHub), &'static [&'static str]);
    let cases: [Case; 3] = [
        (
            "not installed",
            |it| it.app.change(|state| state.installed = Installed::Nowhere),
            &["not installed for 'contoso'", "Install App"],
        ),
        ("suspended", |it| it.app.change(|state| state.suspended = true), &["suspended", "unsuspend it"]),
        (
            "another App",
            |it| it.app.change(|state| state.app_id = 7),
            &["401", "Integration not found", "App ID"],
        ),
    ];
    for (name, change, parts) in cases {
        let github = GitHub::start(Course::default());
        change(&github);
        let error = run(&github, &github.task()).failed();
        for part in parts {
            assert!(error.contains(part), "{name}: '{part}' is not in: {error}");
        }
        assert!(error.contains("sign in"), "{error}");
        assert_eq!(github.of_git().len(), 0, "{name}");
    }
}

#[test]
fn a_key_that_cannot_sign_is_told_and_not_shown() {
    let github = GitHub::start(Course::default());
    let key = generated_key().replace("RSA PRIVATE", "EC PRIVATE");
    let outcome = by_hand(&github, &key);
    assert_eq!(outcome.status, Some(2), "{}", outcome.text);
    assert!(outcome.text.contains("no RSA key"), "{}", outcome.text);
    for line in key.lines().filter(|line| !line.starts_with("-----") && line.len() >= 8) {
        assert!(!outcome.text.contains(line), "{}", outcome.text);
    }
    assert_eq!(github.cloud.asked_of("api.github.com").len(), 0);
}

#[test]
fn what_an_app_signs_in_by_reaches_no_child() {
    let github = GitHub::start(Course::default());
    let script = github.folder.path().join("ssh");
    program::script(&script, "env > \"$0.env.$$\"; echo \"$*\" > \"$0.arguments.$$\"; sleep 1; exit 255");
    let task = github
        .task()
        .input("destinationGitRepositoryUri", "ssh://git@git.example.org/mirror")
        .input("destinationGitHubAppId", "")
        .input("destinationGitHubAppPrivateKey", "")
        .variable("PATH", "/usr/bin:/bin")
        .variable("GIT_SSH_COMMAND", script.to_str().unwrap());
    run(&github, &task).failed();
    assert_eq!(github.app.asked()[..2], one_token());
    let dumps = files_of(github.folder.path(), "ssh.");
    assert!(dumps.len() >= 2, "{dumps:?}");
    github.hides_secrets(&dumps.join("\n"));
}

/// The files in a folder whose names begin so.
fn files_of(folder: &Path, start: &str) -> Vec<String> {
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let named = files.filter(|path| path.file_name().unwrap().to_str().unwrap().starts_with(start));
    named.map(|path| fs::read_to_string(path).unwrap()).collect()
}
