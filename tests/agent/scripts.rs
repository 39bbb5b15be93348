//! The scripts say what they did, and no more; and a question for help starts nothing.

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

use tempfile::TempDir;

use super::support::program;

/// Runs a script with these programs in place of the machine's.
fn run(script: &str, arguments: &[&str], programs: &[(&str, &str)]) -> Output {
    let home = TempDir::new().unwrap();
    for (name, text) in programs {
        program::script(&home.path().join(name), text);
    }
    let path = format!("{}:{}", home.path().display(), std::env::var("PATH").unwrap());
    let mut command = Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts").join(script));
    command.args(arguments).env("PATH", path).env("HOME", home.path());
    command.env_remove("CI").env_remove("XDG_CACHE_HOME").output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// A cargo that finds everything right.
const CARGO: (&str, &str) = ("cargo", "exit 0");
const NO_RUSTUP: (&str, &str) = ("rustup", "exit 1");

#[test]
fn help_is_the_comment_of_a_script_and_starts_nothing() {
    let none = ["cargo", "python3", "npm", "rustc"].map(|name| (name, "echo started; touch \"$0.started\""));
    let scripts = fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/scripts")).unwrap();
    let mut asked = 0;
    for script in scripts.map(|entry| entry.unwrap().path()) {
        let source = fs::read_to_string(&script).unwrap_or_default();
        if script.ends_with("lib.sh") || !source.contains("/lib.sh\"") {
            continue;
        }
        let name = script.file_name().unwrap().to_str().unwrap();
        for flag in ["--help", "-h"] {
            let said = run(name, &[flag], &none);
            assert!(said.status.success(), "{name}: {said:?}");
            let help = text(&said.stdout);
            let first = source.lines().nth(1).unwrap().trim_start_matches("# ");
            assert!(help.starts_with(first) && !help.contains("started"), "{name}: {help}");
        }
        asked += 1;
    }
    assert!(asked >= 9, "{asked}");
}

#[test]
fn a_check_ends_by_what_it_did_not_check() {
    // Where npm and pip have been here before, the validator runs.
    const NODE: &str = "echo '!! NOT CHECKED: task.json and YAML, since there is no schema'";
    let said =
        run("check", &[], &[CARGO, NO_RUSTUP, ("npm", "exit 1"), ("python3", "exit 1"), ("node", NODE)]);
    let out = text(&said.stdout);
    assert!(said.status.success(), "{said:?}");
    let last = out.lines().last().unwrap();
    assert!(last.starts_with("== What was checked passed. NOT CHECKED ("), "{out}");
    for what in ["the build with Rust 1.", "YAML"] {
        assert!(last.contains(what), "{last}");
    }
    assert!(!out.contains("All checks passed"), "{out}");
    let count = out.lines().filter(|line| line.starts_with("!! NOT CHECKED: ")).count();
    assert!(last.contains(&format!("NOT CHECKED ({count}): ")), "{out}");
}

#[test]
fn a_format_error_says_how_to_format() {
    let said = run("check", &[], &[("cargo", "[ \"$1\" != fmt ]"), NO_RUSTUP]);
    assert!(!said.status.success());
    assert!(text(&said.stderr).contains("To format the code: cargo fmt"), "{said:?}");
}

/// Checks the order of the folders of these files.
fn imports(files: &[(&str, &str)]) -> (bool, String) {
    let src = TempDir::new().unwrap();
    for (path, text) in files {
        let path = src.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let said = run("imports", &[src.path().to_str().unwrap()], &[]);
    (said.status.success(), text(&said.stdout).replace(&format!("{}/", src.path().display()), ""))
}

/// Folders of the same size, in which nothing is wrong.
const IN_ORDER: [(&str, &str); 6] = [
    ("app/mod.rs", "use crate::{report::page, http::{client::Client, tls}};\n"),
    (
        "report/page.rs",
        "//! Unlike [`crate::app`].\nconst NONE: &str = \"crate::app::Step\"; // crate::app\n",
    ),
    ("http/client.rs", "use super::tls;\nuse crate::error::Failure;\n"),
    ("http/tls.rs", "#[cfg(test)]\nmod tests {\n    use crate::app::Step;\n    use super::client;\n}\n"),
    ("remote/mod.rs", "mod url;\n#[cfg(test)]\nmod testing;\npub use url::Url;\n"),
    ("remote/testing.rs", "use crate::app::Step;\n"),
];

/// Says what is wrong when these files are there too.
fn wrong_with(more: &[(&str, &str)]) -> String {
    let files: Vec<_> = IN_ORDER.into_iter().chain(more.iter().copied()).collect();
    let (_, out) = imports(&files);
    out.lines().skip(1).filter(|line| !line.contains("of all lines")).collect::<Vec<_>>().join("\n")
}

#[test]
fn imports_in_order_pass_and_tests_may_import_anything() {
    assert_eq!(wrong_with(&[]), "");
}

#[test]
fn an_import_of_a_folder_above_is_found() {
    for text in [
        "use std::io;\nuse crate::app::Step;\n",
        "use std::io;\nuse crate::{app::Step};\n",
        "\nfn new() -> crate::app::Step {}\n",
    ] {
        let wrong = wrong_with(&[("mirror/plan.rs", text)]);
        assert!(wrong.starts_with("mirror/plan.rs:2: mirror imports crate::app"), "{text}: {wrong}");
    }
    let below = wrong_with(&[("agent/log.rs", "use crate::remote::Url;\n")]);
    assert!(below.starts_with("agent/log.rs:1: agent imports crate::remote::Url"), "{below}");
    assert!(wrong_with(&[("extra/a.rs", "\n")]).contains("'extra' has no place in the order"));
}

#[test]
fn files_that_import_each_other_are_found() {
    let pair = [
        ("mirror/mod.rs", "mod a;\nmod b;\n"),
        ("mirror/a.rs", "use super::b::B;\n"),
        ("mirror/b.rs", "\nuse crate::mirror::a;\n"),
    ];
    let wrong = wrong_with(&pair);
    assert!(wrong.contains("mirror/a.rs:1: imports mirror/b.rs, in a circle of 2 files"), "{wrong}");
    assert!(wrong.contains("mirror/b.rs:2: imports mirror/a.rs, in a circle of 2 files"), "{wrong}");
    let parent = [("mirror/mod.rs", "mod a;\nfn f() { a::g() }\n"), ("mirror/a.rs", "use super::f;\n")];
    assert!(wrong_with(&parent).contains("in a circle of 2 files"));
}

#[test]
fn a_file_that_is_too_long_without_its_tests_is_found() {
    let long = "// a line\n".repeat(401);
    let wrong = wrong_with(&[("mirror/a.rs", &long)]);
    assert!(wrong.contains("mirror/a.rs:1: has 401 lines without tests, more than 400"), "{wrong}");
    let tests = format!("#[cfg(test)]\nmod tests {{\n{long}}}\n");
    assert_eq!(wrong_with(&[("mirror/a.rs", &tests)]), "");
    let (passes, out) = imports(&[("mirror/a.rs", "\n")]);
    assert!(!passes && out.contains("mirror:1: holds more than 20% of all lines"), "{out}");
}

#[test]
fn a_test_run_that_ran_nothing_fails_and_says_so() {
    let result = |passed, ignored| {
        format!(
            "echo 'test result: ok. {passed} passed; 0 failed; {ignored} ignored; 0 measured; 9 filtered out'"
        )
    };
    let (none, some) = (result(0, 1), result(3, 1));
    let said = run("test", &["nosuchtest"], &[("cargo", &none)]);
    assert!(!said.status.success());
    assert!(text(&said.stderr).contains("No test ran. Of those whose name fits 'nosuchtest', 1"), "{said:?}");
    let said = run("test", &["some"], &[("cargo", &format!("{none}; {some}"))]);
    assert!(said.status.success());
    assert!(
        text(&said.stdout).ends_with("Tests that passed: 3; marked as ignored, and not run: 2\n"),
        "{said:?}"
    );
    let said = run("test", &[], &[("cargo", &format!("{some}; exit 101"))]);
    assert!(!said.status.success() && !text(&said.stdout).contains("Tests that passed"), "{said:?}");
    assert!(run("test", &["--", "--list"], &[("cargo", "echo 'a: test'")]).status.success());
}

#[test]
fn fuzzing_knows_its_targets_and_takes_no_others() {
    let programs = [("cargo", "echo \"$@\" >>\"$HOME/ran\"; cat \"$HOME/ran\""), ("cargo-fuzz", "exit 0")];
    for arguments in [&["1", "nosuch"][..], &["1", "url", "nosuch"]] {
        let said = run("fuzz", arguments, &programs);
        assert_eq!(said.status.code(), Some(2));
        let error = text(&said.stderr);
        assert!(error.starts_with("There is no target 'nosuch'. The targets: "), "{error}");
        assert_eq!((error.lines().count(), said.stdout.len()), (1, 0), "{error}");
    }
    assert_eq!(run("fuzz", &["many"], &programs).status.code(), Some(2));
    let targets = fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/targets")).unwrap();
    let said = run("fuzz", &["1"], &programs);
    let out = text(&said.stdout);
    for target in targets.map(|entry| entry.unwrap().path()) {
        let name = target.file_stem().unwrap().to_str().unwrap();
        assert!(out.contains(&format!("fuzz run --sanitizer none {name} ")), "{name}: {out}");
    }
}
