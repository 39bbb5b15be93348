//! Whole logs, pages and errors of runs, each beside its scenario in `snapshots/`, so that a review shows each changed
//! word. CONTRIBUTING.md says how a changed one is accepted.

mod ends;
mod inputs;
mod lfs;
mod local;
mod many;
mod mirrors;
mod network;
mod plans;
mod sign_in;
mod ssh;

use std::collections::BTreeSet;
use std::path::Path;

use insta::Settings;
use regex_lite::Regex;

use crate::support::task::Outcome;

/// The name of a run's snapshot, and the run itself.
type Scenario = (&'static str, fn() -> Outcome);

const GROUPS: &[&[Scenario]] = &[
    ends::SCENARIOS,
    inputs::SCENARIOS,
    lfs::SCENARIOS,
    local::SCENARIOS,
    many::SCENARIOS,
    mirrors::SCENARIOS,
    network::SCENARIOS,
    plans::SCENARIOS,
    sign_in::SCENARIOS,
    ssh::SCENARIOS,
];

/// Runs the scenarios of a group and compares each with its snapshot.
#[track_caller]
fn compare(scenarios: &[Scenario]) {
    let mut settings = Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    for (name, run) in scenarios {
        let seen = whole(&run());
        settings.bind(|| insta::assert_snapshot!(*name, seen));
    }
}

/// All that a run says, without what differs from run to run.
fn whole(outcome: &Outcome) -> String {
    let parts =
        [("standard output", &outcome.stdout), ("standard error", &outcome.stderr), ("page", &outcome.page)];
    let parts = parts.iter().filter(|(_, text)| !text.is_empty());
    let parts = parts.map(|(title, text)| format!("──── {title}\n{}", redact(text).trim_end()));
    let status = format!("exit status {}", outcome.status.expect("an exit status"));
    std::iter::once(status).chain(parts).collect::<Vec<_>>().join("\n")
}

/// Replaces what differs from run to run, from machine to machine, or from one version of Git to the next.
fn redact(text: &str) -> String {
    let folder = regex_escape(std::env::temp_dir().to_str().expect("a plain path"));
    let rules = [
        // Git's progress, which comes or not as the machine is fast or slow.
        (r"(?m)^remote \(\w+\): (Enumerating|Counting|Compressing|Writing|Resolving|Total|Checking) .*\n".to_owned(), ""),
        // Its group, where nothing else was in it.
        (r"##\[group\]messages of servers\n##\[endgroup\]\n".to_owned(), ""),
        // What OpenSSH says at length is cut at a length, in the middle of a path.
        (r"The fingerprint for [^…\n]*…".to_owned(), "<more of this>…"),
        (format!(r"{folder}/\.tmp\w{{6}}"), "<folder>"),
        // A page is named after the end of the destination's address.
        (r"Mirror to tmp\w{6}".to_owned(), "Mirror to <folder>"),
        (r"(127\.0\.0\.1|localhost|\[127\.0\.0\.1\])(:| port )\d{2,5}\b".to_owned(), "$1$2<port>"),
        (r"\b([0-9a-f]{64}|[0-9a-f]{40}|[0-9a-f]{10})\b".to_owned(), "<id>"),
        (r"\b\d{8}T\d{6}Z\b".to_owned(), "<date>"),
        (r"\b\d\d:\d\d:\d\d UTC\b".to_owned(), "<time of day>"),
        (r"(under )?\b\d+\.\d s\b|\b\d+ min \d+ s\b".to_owned(), "<time>"),
        (r", \d+(\.\d)? ([KMG]iB|bytes?)/s".to_owned(), ""),
        (r"\b\d\d:\d\d:\d\d UTC".to_owned(), "<time of day>"),
        (r"### Where the time went\n\n(\|.*\n)+\n".to_owned(), ""),
        (r"(Mirror Git repository )\d+\.\d+\.\d+".to_owned(), "${1}<version>"),
        (r"\b([1-9]\d* bytes?|\d+\.\d [KMG]iB)\b".to_owned(), "<size>"),
        (r"(variable=(packBytes|lfsBytes);isOutput=true\])[1-9]\d*".to_owned(), "$1<bytes>"),
        // A machine without a network has no answer for a name; one with a network has a bad one.
        (
            "Temporary failure in name resolution|Name or service not known|No address associated with hostname"
                .to_owned(),
            "<no such name>",
        ),
        (r"\b[\w.-]+@127\.0\.0\.1".to_owned(), "<user>@127.0.0.1"),
        (r"\w*sh: (line )?1: ([\w-]+): (command )?not found".to_owned(), "<shell>: $2: not found"),
        (r"SHA256:[A-Za-z0-9+/]{43}".to_owned(), "SHA256:<key>"),
    ];
    rules.iter().fold(text.to_owned(), |text, (pattern, replacement)| {
        Regex::new(pattern).expect("a pattern").replace_all(&text, *replacement).into_owned()
    })
}

fn regex_escape(text: &str) -> String {
    text.chars().flat_map(|c| if c.is_alphanumeric() { vec![c] } else { vec!['\\', c] }).collect()
}

#[test]
fn what_differs_from_run_to_run_is_replaced_and_nothing_else() {
    let folder = std::env::temp_dir();
    for (text, expected) in [
        ("http://127.0.0.1:43123/a.git", "http://127.0.0.1:<port>/a.git"),
        ("main at b65770302b, v2 at 12", "main at <id>, v2 at 12"),
        ("1.2 KiB in under 0.1 s, 56.9 KiB/s; 2 refs", "<size> in <time>; 2 refs"),
        ("0 bytes in 3 min 20 s", "0 bytes in <time>"),
        ("verified at 17:04:16 UTC", "verified at <time of day>"),
        ("a\n\n### Where the time went\n\n| Plan | 1 |\n| - | - |\n\n### b", "a\n\n### b"),
        ("remote (source): Counting objects: 9\nremote (source): no\n", "remote (source): no\n"),
    ] {
        assert_eq!(redact(text), expected);
    }
    assert_eq!(redact(&format!("{}/.tmpAb12Cd/a.git", folder.display())), "<folder>/a.git");
}

#[test]
fn each_snapshot_belongs_to_one_scenario() {
    let names: Vec<_> = GROUPS.concat().iter().map(|(name, _)| (*name).to_owned()).collect();
    let known: BTreeSet<_> = names.iter().cloned().collect();
    assert_eq!(known.len(), names.len(), "no name is used twice");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/suite/snapshots");
    let files = std::fs::read_dir(folder).unwrap();
    let files = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    let found: BTreeSet<_> = files.filter_map(|name| name.strip_suffix(".snap").map(str::to_owned)).collect();
    let odd: Vec<_> = found.symmetric_difference(&known).collect();
    assert_eq!(odd, Vec::<&String>::new(), "a file without a scenario, or a scenario without its file");
}
