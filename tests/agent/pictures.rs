//! The pictures of the documentation: what they are drawn from is what people see.

use std::{fs, process::Command};

use super::double::{Definition, nodes, source_tree};

/// The HTML that a picture is made of.
fn html(picture: &str) -> String {
    let mut command = Command::new(nodes().pop().unwrap());
    let drawn = command.arg("scripts/pictures").args(["--html", picture]).current_dir(source_tree());
    let drawn = drawn.output().unwrap();
    assert!(drawn.status.success(), "{drawn:?}");
    String::from_utf8(drawn.stdout).unwrap()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[test]
fn the_form_shows_the_fields_that_the_editor_shows() {
    let task = Definition::read(&source_tree().join("task.json"));
    let (form, shown) = (html("editor"), task.shown(&[]));
    for input in task.json()["inputs"].as_array().unwrap() {
        let label = escaped(input["label"].as_str().unwrap());
        let is_shown = shown.contains(&input["name"].as_str().unwrap());
        let is_drawn = [">", " "]
            .iter()
            .any(|before| ["<", " <"].iter().any(|after| form.contains(&format!("{before}{label}{after}"))));
        assert_eq!(is_drawn, is_shown, "{label}");
    }
    for group in task.json()["groups"].as_array().unwrap() {
        assert!(form.contains(&escaped(group["displayName"].as_str().unwrap())), "{group}");
    }
}

#[test]
fn the_log_has_no_command_of_the_agent_and_no_open_place() {
    let log = html("log");
    assert!(!log.contains("##vso[") && !log.contains("##["), "{log}");
    assert!(!log.contains("&lt;"), "{log}");
    assert!(log.contains(r#"class="section">Connect<"#) && log.contains("https://github.com/contoso/app"));
}

#[test]
fn every_picture_is_there_and_small() {
    for name in ["editor", "log", "page"] {
        let file = source_tree().join("docs/images").join(format!("{name}.png"));
        let size = fs::metadata(&file).unwrap().len();
        assert!((5_000..200 * 1024).contains(&size), "{name}: {size}");
    }
}
