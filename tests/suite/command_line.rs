//! A run by hand: its exit status, its two streams, the terminal, and what is generated for shells.

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::sync::{Mutex, mpsc};
use std::time::Duration;

use rustix::process::Signal;

use crate::support::git_server::Protocol;
use crate::support::recorded::Recorded;
use crate::support::scripted::Scripted;
use crate::support::task::{Outcome, Task};

const BINARY: &str = env!("CARGO_BIN_EXE_mirror-git-repository");

fn pair() -> Recorded {
    let pair = Recorded::start(Protocol::V2);
    pair.source.commit("main", 2);
    pair
}

/// Runs with these flags before the two addresses.
fn run(pair: &Recorded, flags: &[&str]) -> Outcome {
    let (from, to) = (pair.source_url(), pair.destination_url());
    Task::by_hand(&[flags, &[&from, &to]].concat()).run()
}

fn printed(arguments: &[&str]) -> String {
    let outcome = Task::by_hand(arguments).run();
    assert_eq!((outcome.status, outcome.stderr.as_str()), (Some(0), ""), "{arguments:?}");
    outcome.stdout
}

/// Gives a text to a program, which must be content with it, and returns what it says.
#[track_caller]
fn fed(program: &mut Command, text: &str) -> String {
    let program = program.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = program.spawn().unwrap();
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let told = [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap());
    assert!(output.status.success() && told[1].is_empty(), "{told:?}");
    told[0].clone()
}

#[test]
fn two_addresses_are_a_mirror() {
    let pair = pair();
    let outcome = run(&pair, &["--prune"]);
    assert_eq!(outcome.status, Some(0), "{}", outcome.text);
    assert_eq!(pair.destination.refs(&[]), pair.source.refs(&[]));
}

#[test]
fn nothing_at_all_ends_in_the_usage_on_standard_error() {
    let outcome = Task::by_hand(&[]).run();
    assert_eq!((outcome.status, outcome.stdout.as_str()), (Some(2), ""));
    assert!(outcome.stderr.contains("Usage: ") && outcome.stderr.contains("--help"), "{}", outcome.stderr);
}

#[test]
fn refused_refs_are_status_3_and_with_a_failure_beside_them_status_1() {
    let refusing = pair();
    refusing.source.git(&["branch", "other", "main"]);
    refusing.destination.hook("update", "#!/bin/sh\ntest \"$1\" != refs/heads/other\n");
    let outcome = run(&refusing, &[]);
    assert_eq!(outcome.status, Some(3), "{}", outcome.text);
    assert_eq!(run(&refusing, &["--rejected-refs", "warn"]).status, Some(0));

    let outcome = refusing.task().run();
    assert_eq!(outcome.status, Some(1), "an agent knows failed and not failed: {}", outcome.text);
    let missing = Recorded::start(Protocol::V2);
    let outcome = run(&missing, &[]);
    assert_eq!(outcome.status, Some(1), "an empty source: {}", outcome.text);
}

#[test]
fn a_cancel_is_status_130_and_blames_no_server() {
    for signal in [Signal::INT, Signal::TERM] {
        let pair = pair();
        let (here, reached) = mpsc::channel();
        let here = Mutex::new(here);
        let silent = Scripted::start(move |exchange| {
            here.lock().unwrap().send(()).ok();
            exchange.wait_for_end()
        });
        let running = Task::by_hand(&[&silent.url("source.git"), &pair.destination_url()]).start();
        reached.recv_timeout(Duration::from_secs(60)).expect("the source is asked");
        running.signal(signal);
        let outcome = running.end();
        assert_eq!(outcome.status, Some(130), "{}", outcome.text);
        assert_eq!(outcome.stderr.matches("error: ").count(), 1, "{}", outcome.stderr);
        assert!(outcome.stderr.contains("cancelled"), "{}", outcome.stderr);
    }
}

#[test]
fn a_quiet_run_says_what_is_wrong_and_nothing_else() {
    let pair = pair();
    let outcome = run(&pair, &["-q"]);
    assert_eq!((outcome.status, outcome.text.as_str()), (Some(0), ""));
    pair.destination.hook("update", "#!/bin/sh\nexit 1\n");
    pair.source.commit("other", 1);
    let outcome = run(&pair, &["--quiet"]);
    assert_eq!((outcome.status, outcome.stdout.as_str()), (Some(3), ""));
    assert!(outcome.stderr.lines().all(|line| line.starts_with("error: ")), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("refs/heads/other"), "{}", outcome.stderr);
}

#[test]
fn a_verbose_run_tells_the_requests() {
    let pair = pair();
    assert!(!run(&pair, &[]).stdout.contains("debug: "));
    assert!(run(&pair, &["-v"]).stdout.contains("debug: "));
}

#[test]
fn the_result_on_standard_output_has_it_alone() {
    let pair = pair();
    let outcome = run(&pair, &["--json", "-"]);
    let result: serde_json::Value = serde_json::from_str(&outcome.stdout).unwrap();
    assert_eq!((&result["result"], outcome.status), (&"succeeded".into(), Some(0)));
    assert!(outcome.stderr.contains("== Result"), "{}", outcome.stderr);
    let outcome = run(&pair, &["--json=-", "--quiet"]);
    assert_eq!(outcome.stderr, "");
    serde_json::from_str::<serde_json::Value>(&outcome.stdout).unwrap();
}

#[test]
fn flags_in_a_script_of_a_pipeline_are_a_run_by_hand() {
    let pair = Recorded::with_token(Protocol::V2);
    let (from, to) = (pair.source_url(), pair.destination_url());
    let token = crate::support::recorded::TOKEN;
    let by_script = |flags: &[&str]| {
        Task::by_hand(&[flags, &[&from, &to]].concat())
            .variable("TF_BUILD", "True")
            .variable("SOURCE_TOKEN", token)
            .variable("DESTINATION_TOKEN", token)
            .run()
    };
    let outcome = by_script(&[]);
    assert_eq!(outcome.status, Some(1), "{}", outcome.text);
    assert!(outcome.stderr.starts_with("error: "), "{}", outcome.stderr);
    pair.source.commit("main", 2);
    let outcome = by_script(&["--prune"]);
    assert_eq!((outcome.status, outcome.stderr.as_str()), (Some(0), ""), "{}", outcome.text);
    assert!(!outcome.text.contains("##") && !outcome.text.contains(token), "{}", outcome.text);
    assert_eq!(outcome.left, Vec::<String>::new(), "no page that nobody reads");
    assert_eq!(by_script(&["--xyzzy"]).status, Some(2));
}

#[test]
fn bash_completes_flags_and_their_words() {
    let completions = printed(&["--generate", "complete-bash"]);
    let ask = |before: &str, word: &str| {
        let script = format!(
            "{completions}\nCOMP_WORDS=(mirror-git-repository {before} '{word}')\nCOMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))\n\
             _mirror__git__repository mirror-git-repository '{word}' \"${{COMP_WORDS[COMP_CWORD - 1]}}\"\n\
             printf '%s\\n' \"${{COMPREPLY[@]}}\"\n"
        );
        let told = fed(&mut Command::new("bash"), &script);
        told.lines().map(str::to_owned).collect::<Vec<_>>()
    };
    assert!(ask("", "--des").contains(&"--destination".to_owned()), "{:?}", ask("", "--des"));
    assert_eq!(ask("--lfs", "f"), ["full"]);
    assert_eq!(ask("--prune", "--source-tok"), [""], "a token is no flag");
}

#[test]
fn each_shell_has_its_completions() {
    for (shell, mark) in [
        ("bash", "complete -F"),
        ("zsh", "#compdef mirror-git-repository"),
        ("fish", "complete -c mirror-git-repository"),
        ("powershell", "Register-ArgumentCompleter"),
    ] {
        let text = printed(&["--generate", &format!("complete-{shell}")]);
        assert!(text.contains(mark) && text.contains("destination-certificate-authority"), "{shell}");
    }
}

#[test]
fn the_manual_page_is_one_that_groff_reads_without_a_warning() {
    let page = printed(&["--generate", "man"]);
    let shown = fed(Command::new("groff").args(["-man", "-ww", "-Tascii", "-P-cbu"]), &page);
    for section in ["NAME", "SYNOPSIS", "EXIT STATUS", "ENVIRONMENT", "EXAMPLES"] {
        assert!(shown.contains(section), "{section}");
    }
}

#[test]
fn a_terminal_shows_what_goes_on_and_a_file_does_not() {
    let pair = pair();
    let (from, to) = (pair.source_url(), pair.destination_url());
    let command = |flags: &str| format!("{BINARY} {flags} '{from}' '{to}' >/dev/null");
    let shown = |flags: &str, term: &str| {
        let mut script = Command::new("script");
        script.args(["-qec", &command(flags), "/dev/null"]).env("TERM", term);
        fed(&mut script, "")
    };
    let live = shown("--dry-run", "xterm");
    assert!(live.contains("\rwaiting for the servers to list their refs"), "{live:?}");
    assert!(live.trim_end_matches([' ', '\r']).len() < live.len(), "it is erased at the end: {live:?}");
    for none in [shown("--dry-run --quiet", "xterm"), shown("--dry-run", "dumb")] {
        assert_eq!(none, "");
    }
    assert!(!run(&pair, &["--dry-run"]).text.contains('\r'));
}
