//! The YAML that the documentation shows: it parses, and its steps are ones that an agent would take.

use std::{collections::BTreeMap, fs, path::PathBuf};

use yaml_rust2::{Yaml, YamlLoader};

use super::double::Definition;

/// A block of YAML, and where it stands.
struct Block {
    place: String,
    text: String,
}

/// What a block may have at its top: the keys of a pipeline that the pages use.
const PIPELINE: [&str; 8] = ["trigger", "pr", "schedules", "resources", "variables", "pool", "jobs", "steps"];

/// What a step is told beside its task.
const STEP: [&str; 7] = ["task", "name", "displayName", "inputs", "condition", "env", "continueOnError"];

fn root() -> PathBuf {
    env!("CARGO_MANIFEST_DIR").into()
}

fn pages() -> Vec<PathBuf> {
    let docs = fs::read_dir(root().join("docs")).unwrap().map(|entry| entry.unwrap().path());
    let mut pages: Vec<_> = docs.filter(|path| path.extension().is_some_and(|end| end == "md")).collect();
    pages.push(root().join("README.md"));
    pages.sort();
    pages
}

fn blocks() -> Vec<Block> {
    pages()
        .iter()
        .flat_map(|page| blocks_of(&page.display().to_string(), &fs::read_to_string(page).unwrap()))
        .collect()
}

fn blocks_of(page: &str, text: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut lines = text.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        if line.trim() == "```yaml" {
            let inside = lines.by_ref().map(|(_, line)| line).take_while(|line| line.trim() != "```");
            let text = inside.collect::<Vec<_>>().join("\n");
            blocks.push(Block { place: format!("{page}:{}", number + 1), text });
        }
    }
    blocks
}

/// The keys and values of a mapping; of nothing, none.
fn entries<'a>(yaml: &'a Yaml, place: &str) -> BTreeMap<&'a str, &'a Yaml> {
    match yaml {
        Yaml::BadValue | Yaml::Null => BTreeMap::new(),
        Yaml::Hash(hash) => hash.iter().map(|(key, value)| (key.as_str().expect("a word"), value)).collect(),
        other => panic!("{place}: {other:?} is no mapping"),
    }
}

fn only(known: &[&str], given: &BTreeMap<&str, &Yaml>, place: &str) {
    for key in given.keys() {
        assert!(known.contains(key), "{place}: '{key}' is none of {known:?}");
    }
}

/// All steps of a pipeline: its own and those of its jobs.
fn steps(pipeline: &Yaml) -> Vec<&Yaml> {
    let jobs = pipeline["jobs"].as_vec().map(Vec::as_slice).unwrap_or_default();
    let lists = jobs.iter().chain([pipeline]).filter_map(|part| part["steps"].as_vec());
    lists.flatten().collect()
}

/// Asserts that a step of this task has inputs of `task.json` only, all that are required, and values that fit.
fn check_inputs(step: &Yaml, task: &Definition, place: &str) {
    only(&STEP, &entries(step, place), place);
    let given = entries(&step["inputs"], place);
    let declared = task.json()["inputs"].as_array().unwrap();
    let names: Vec<_> = declared.iter().map(|input| input["name"].as_str().unwrap()).collect();
    only(&names, &given, place);
    for input in declared {
        let name = input["name"].as_str().unwrap();
        let has_default = !input["defaultValue"].as_str().unwrap().is_empty();
        if input["required"] == true && !has_default {
            assert!(given.contains_key(name), "{place}: the required input '{name}' is missing");
        }
        let Some(value) = given.get(name) else { continue };
        let fits = match input["type"].as_str().unwrap() {
            "boolean" => value.as_bool().is_some(),
            "pickList" => input["options"].get(value.as_str().unwrap()).is_some(),
            _ => value.as_str().is_some() || value.as_i64().is_some(),
        };
        assert!(fits, "{place}: {name} is {value:?}");
        if name.ends_with("PersonalAccessToken") {
            let value = value.as_str().unwrap();
            assert!(value.contains("$("), "{place}: a token is written into the YAML");
        }
    }
}

#[test]
fn every_yaml_block_is_a_pipeline_whose_inputs_are_those_of_the_task() {
    let task = Definition::read(&root().join("task.json"));
    let mut found = 0;
    for Block { place, text } in blocks() {
        let documents =
            YamlLoader::load_from_str(&text).unwrap_or_else(|error| panic!("{place}: {error}\n{text}"));
        let [pipeline] = documents.as_slice() else { panic!("{place}: not one document") };
        only(&PIPELINE, &entries(pipeline, &place), &place);
        for step in steps(pipeline) {
            let of_task = step["task"].as_str().unwrap_or_default();
            assert!(of_task.is_empty() || of_task.contains('@'), "{place}: '{of_task}' has no version");
            if of_task.split('@').next() == Some("MirrorGitRepository") {
                assert_eq!(
                    of_task,
                    format!("MirrorGitRepository@{}", task.json()["version"]["Major"]),
                    "{place}"
                );
                check_inputs(step, &task, &place);
                found += 1;
            }
        }
    }
    assert!(found >= 8, "the pages show {found} steps only");
}

#[test]
#[should_panic(expected = "'sourceGitRepositoryUrl' is none of")]
fn an_input_that_does_not_exist_is_found() {
    let text =
        "task: MirrorGitRepository@1\ninputs: { sourceGitRepositoryUrl: x, destinationGitRepositoryUri: y }";
    let task = Definition::read(&root().join("task.json"));
    check_inputs(&YamlLoader::load_from_str(text).unwrap()[0], &task, "here");
}

#[test]
#[should_panic(expected = "the required input 'destinationGitRepositoryUri' is missing")]
fn an_input_that_is_missing_is_found() {
    let text = "task: MirrorGitRepository@1\ninputs: { prune: false }";
    let task = Definition::read(&root().join("task.json"));
    check_inputs(&YamlLoader::load_from_str(text).unwrap()[0], &task, "here");
}

#[test]
fn every_link_between_the_pages_leads_to_a_file() {
    let mut followed = 0;
    for page in pages() {
        let text = fs::read_to_string(&page).unwrap();
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let file = link.split('#').next().unwrap();
            if !link.contains("://") && !file.is_empty() {
                let target = page.parent().unwrap().join(file);
                assert!(target.exists(), "{}: '{link}' leads nowhere", page.display());
                followed += 1;
            }
        }
    }
    assert!(followed > 10, "{followed}");
}

/// All Rust files below a folder, as one text.
fn sources(folder: PathBuf) -> String {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries
        .map(|path| match path.extension() {
            _ if path.is_dir() => sources(path),
            Some(end) if end == "rs" => fs::read_to_string(path).unwrap(),
            _ => String::new(),
        })
        .collect()
}

#[test]
fn every_test_that_the_security_policy_names_is_there() {
    let code = sources(root().join("src")) + &sources(root().join("tests"));
    let policy = fs::read_to_string(root().join("SECURITY.md")).unwrap();
    let words = policy.split(|c: char| !c.is_alphanumeric() && c != '_');
    let named: Vec<_> = words.filter(|word| word.matches('_').count() > 3).collect();
    assert!(named.len() > 10, "{named:?}");
    let missing: Vec<_> = named.iter().filter(|name| !code.contains(&format!("fn {name}("))).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
