//! The documentation: its YAML is whole pipelines that an agent would take, and its links lead somewhere.

mod examples;
mod vocabulary;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use serde_json::Value;
use yaml_rust2::{Yaml, YamlLoader};

use super::double::Definition;
pub(super) use examples::{Example, examples};
use vocabulary::walk;

/// A block of YAML, and where it stands.
struct Block {
    place: String,
    text: String,
}

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

/// Asserts that a step of this task has inputs of `task.json` only, all that are required, and values that fit.
fn check_inputs(step: &Yaml, task: &Definition, place: &str) {
    let given = entries(&step["inputs"], place);
    let declared = task.json()["inputs"].as_array().unwrap();
    let names = |input: &Value| task.names(input["name"].as_str().unwrap());
    only(&declared.iter().flat_map(names).collect::<Vec<_>>(), &given, place);
    for input in declared {
        let name = input["name"].as_str().unwrap();
        let has_default = !input["defaultValue"].as_str().unwrap().is_empty();
        let values: Vec<_> = names(input).into_iter().filter_map(|name| given.get(name)).collect();
        assert!(values.len() < 2, "{place}: the input '{name}' is given twice");
        if input["required"] == true && !has_default {
            assert!(!values.is_empty(), "{place}: the required input '{name}' is missing");
        }
        let Some(value) = values.first() else { continue };
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

fn pipeline(text: &str, place: &str) -> Yaml {
    let documents =
        YamlLoader::load_from_str(text).unwrap_or_else(|error| panic!("{place}: {error}\n{text}"));
    let [pipeline] = documents.as_slice() else { panic!("{place}: not one document") };
    pipeline.clone()
}

/// The output variables that a text reads of steps named `mirror`.
fn outputs(text: &str) -> Vec<&str> {
    let read =
        text.split("mirror.").skip(1).map(|rest| rest.split(|c: char| !c.is_alphanumeric()).next().unwrap());
    read.collect()
}

#[test]
fn yaml_blocks_are_pipelines_with_inputs_of_the_task() {
    let task = Definition::read(&root().join("task.json"));
    let ours = format!("MirrorGitRepository@{}", task.json()["version"]["Major"]);
    let (mut steps, mut read) = (0, 0);
    for Block { place, text } in blocks() {
        let pipeline = pipeline(&text, &place);
        let found = walk(&pipeline);
        assert!(found.mistakes.is_empty(), "{place}: {:#?}", found.mistakes);
        assert!(!found.others.is_empty(), "{place}: no step mirrors");
        for (at, step) in found.others {
            assert_eq!(step["task"].as_str(), Some(&*ours), "{place}: {at}");
            check_inputs(step, &task, &place);
            steps += 1;
        }
        for output in outputs(&text) {
            assert!(
                task.output_variables().contains(&output),
                "{place}: there is no output variable '{output}'"
            );
            assert!(text.contains("name: mirror\n"), "{place}: no step is named 'mirror'");
            read += 1;
        }
    }
    assert!(steps >= 12 && read >= 4, "the pages show {steps} steps and read {read} variables only");
}

#[test]
fn our_own_pipeline_is_written_in_the_same_words() {
    let text = fs::read_to_string(root().join("azure-pipelines.yml")).unwrap();
    let pipeline = pipeline(&text, "azure-pipelines.yml");
    let found = walk(&pipeline);
    assert!(
        found.mistakes.is_empty() && found.others.is_empty(),
        "{:#?} {:#?}",
        found.mistakes,
        found.others
    );
}

#[test]
fn a_mistake_in_a_pipeline_is_found_wherever_it_stands() {
    let steps = "steps: [{ checkout: none }]";
    for (text, mistake) in [
        (format!("trigger: {{ branch: [main] }}\n{steps}"), "pipeline.trigger has no key 'branch'"),
        (
            format!("trigger: {{ branches: {{ included: [main] }} }}\n{steps}"),
            "pipeline.trigger.branches has no key 'included'",
        ),
        (
            format!("trigger: {{ batch: yes please }}\n{steps}"),
            "pipeline.trigger.batch is neither true nor false",
        ),
        (format!("trigger: never\n{steps}"), "pipeline.trigger is none of [\"none\"]"),
        (format!("pr: {{ tags: {{ include: [v1] }} }}\n{steps}"), "pipeline.pr has no key 'tags'"),
        (format!("pools: Default\n{steps}"), "pipeline has no key 'pools'"),
        (format!("pool: {{ image: ubuntu-latest }}\n{steps}"), "pipeline.pool has no key 'image'"),
        (format!("schedules: [{{ cron: 0 0 * * * }}]\n{steps}"), "pipeline.schedules[0] lacks 'branches'"),
        (
            format!("resources: {{ repositories: [{{ repository: a, type: git, url: b }}] }}\n{steps}"),
            "pipeline.resources.repositories[0] has no key 'url'",
        ),
        (format!("lockBehavior: latest\n{steps}"), "pipeline.lockBehavior is none of"),
        ("trigger: none".to_owned(), "pipeline lacks 'stages' or 'jobs' or 'steps'"),
        ("steps: [{ chekout: none }]".to_owned(), "pipeline.steps[0] begins with 'chekout'"),
        ("steps: [{ checkout: no }]".to_owned(), "pipeline.steps[0].checkout is none of"),
        ("steps: { checkout: none }".to_owned(), "pipeline.steps is no list"),
        ("steps: [{ script: a, conditions: b }]".to_owned(), "pipeline.steps[0] has no key 'conditions'"),
        (
            "steps: [{ script: a, condition: \"eq(1, 1)\" }]".to_owned(),
            "pipeline.steps[0].condition has none of",
        ),
        (
            "steps: [{ task: InstallSSHKey@0, inputs: { hostKey: a, sshKeySecureFile: b } }]".to_owned(),
            "pipeline.steps[0] has no input 'hostKey'",
        ),
        (
            "steps: [{ task: InstallSSHKey@0, inputs: { knownHostsEntry: a } }]".to_owned(),
            "pipeline.steps[0] lacks the input 'sshKeySecureFile'",
        ),
        (
            "steps: [{ task: DownloadSecureFile@1 }]".to_owned(),
            "pipeline.steps[0] lacks the input 'secureFile'",
        ),
        ("jobs: [{ job: a, needs: b, steps: [] }]".to_owned(), "pipeline.jobs[0] has no key 'needs'"),
        ("jobs: [{ job: a, uses: [b], steps: [] }]".to_owned(), "pipeline.jobs[0].uses is no mapping"),
        (
            "jobs: [{ deployment: a, strategy: { runOnce: { deploy: { steps: [] } } } }]".to_owned(),
            "pipeline.jobs[0] lacks 'environment'",
        ),
        ("stages: [{ stage: a, steps: [] }]".to_owned(), "pipeline.stages[0] has no key 'steps'"),
    ] {
        let pipeline = pipeline(&text, "here");
        let mistakes = walk(&pipeline).mistakes;
        assert!(mistakes.iter().any(|found| found.starts_with(mistake)), "{text}: {mistakes:#?}");
    }
}

#[test]
fn a_task_that_is_not_known_is_not_passed_over() {
    let pipeline = pipeline("steps: [{ task: InstallSshKey@0 }, { task: MirrorGitRepository@2 }]", "here");
    assert_eq!(walk(&pipeline).others.len(), 2);
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
fn an_input_may_have_its_short_name() {
    let task = Definition::read(&root().join("task.json"));
    for names in ["destination: y", "destination: y, source: x", "destinationGitRepositoryUri: y, source: x"]
    {
        let text = format!("task: MirrorGitRepository@1\ninputs: {{ {names} }}");
        check_inputs(&YamlLoader::load_from_str(&text).unwrap()[0], &task, names);
    }
}

#[test]
#[should_panic(expected = "the input 'destinationGitRepositoryUri' is given twice")]
fn an_input_under_both_names_is_found() {
    let text = "task: MirrorGitRepository@1\ninputs: { destination: x, destinationGitRepositoryUri: y }";
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

/// The lines of a page outside of its blocks of code.
fn prose(text: &str) -> impl Iterator<Item = &str> {
    let mut is_code = false;
    text.lines().filter(move |line| {
        let is_fence = line.trim_start().starts_with("```");
        is_code ^= is_fence;
        !is_code && !is_fence
    })
}

/// What a heading is called in a link: lower case, with hyphens for spaces and without punctuation.
fn anchors(text: &str) -> Vec<String> {
    let headings = prose(text).filter(|line| line.starts_with('#'));
    let titles = headings.map(|line| line.trim_start_matches('#').trim().to_lowercase());
    let in_link = |c: char| match c {
        ' ' => Some('-'),
        '-' | '_' => Some(c),
        _ => c.is_alphanumeric().then_some(c),
    };
    titles.map(|title| title.chars().filter_map(in_link).collect()).collect()
}

/// What is wrong with a link from a page, if anything.
pub(super) fn problem(page: &Path, link: &str) -> Option<String> {
    let (file, anchor) = link.split_once('#').map_or((link, None), |(file, anchor)| (file, Some(anchor)));
    let target = if file.is_empty() { page.to_owned() } else { page.parent().unwrap().join(file) };
    if !target.exists() {
        return Some(format!("{}: '{link}' leads nowhere", page.display()));
    }
    let is_there = anchor
        .is_none_or(|anchor| anchors(&fs::read_to_string(&target).unwrap()).iter().any(|a| a == anchor));
    (!is_there).then(|| format!("{}: '{link}' leads to no heading", page.display()))
}

#[test]
fn every_link_between_the_pages_leads_to_a_file_and_a_heading() {
    let at_root = fs::read_dir(root()).unwrap().map(|entry| entry.unwrap().path());
    let at_root = at_root.filter(|path| path.extension().is_some_and(|end| end == "md"));
    let pages: BTreeSet<_> = pages().into_iter().chain(at_root).collect();
    let (mut followed, mut problems) = (0, Vec::new());
    for page in pages {
        let text = fs::read_to_string(&page).unwrap();
        let text = prose(&text).collect::<Vec<_>>().join("\n");
        let links = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        for link in links.filter(|link| !link.contains("://")) {
            problems.extend(problem(&page, link));
            followed += 1;
        }
    }
    assert!(problems.is_empty(), "{problems:#?}");
    assert!(followed > 30, "{followed}");
}

#[test]
fn a_link_that_leads_nowhere_is_found() {
    let page = root().join("README.md");
    for (link, is_good) in [
        ("docs/triggers.md", true),
        ("docs/triggers.md#one-run-at-a-time", true),
        ("#quick-start", true),
        ("docs/trigger.md", false),
        ("docs/triggers.md#one-run", false),
        ("#slow-start", false),
    ] {
        assert_eq!(problem(&page, link).is_none(), is_good, "{link}");
    }
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
