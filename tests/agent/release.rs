//! The release pipeline: who gets the Marketplace's token, and what the shipped binaries are made by.

use std::fs;

use yaml_rust2::{Yaml, YamlLoader};

/// The variable group that holds the token, and the variable itself.
const GROUP: &str = "marketplace";
const TOKEN: &str = "MARKETPLACE_TOKEN";

fn read(name: &str) -> String {
    fs::read_to_string(format!("{}/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

fn release() -> Yaml {
    YamlLoader::load_from_str(&read("azure-pipelines.yml")).unwrap().remove(0)
}

fn items(yaml: &Yaml) -> &[Yaml] {
    yaml.as_vec().map_or(&[], Vec::as_slice)
}

/// All jobs, each with its stage.
fn jobs(pipeline: &Yaml) -> Vec<(&Yaml, &Yaml)> {
    let stages = items(&pipeline["stages"]).iter();
    stages.flat_map(|stage| items(&stage["jobs"]).iter().map(move |job| (stage, job))).collect()
}

fn steps(job: &Yaml) -> &[Yaml] {
    if job["deployment"].is_badvalue() {
        items(&job["steps"])
    } else {
        items(&job["strategy"]["runOnce"]["deploy"]["steps"])
    }
}

/// Every script of the pipeline.
fn scripts(pipeline: &Yaml) -> Vec<&str> {
    jobs(pipeline).iter().flat_map(|(_, job)| steps(job)).filter_map(|step| step["bash"].as_str()).collect()
}

/// Whether a text stands anywhere below.
fn mentions(yaml: &Yaml, text: &str) -> bool {
    match yaml {
        Yaml::Hash(hash) => hash.iter().any(|(key, value)| mentions(key, text) || mentions(value, text)),
        Yaml::Array(array) => array.iter().any(|item| mentions(item, text)),
        Yaml::String(string) => string.contains(text),
        _ => false,
    }
}

fn uses_group(job: &Yaml) -> bool {
    items(&job["variables"]).iter().any(|variable| variable["group"].as_str() == Some(GROUP))
}

#[test]
fn the_token_is_within_reach_of_one_approved_deployment() {
    let release = release();
    assert!(!mentions(&release["variables"], GROUP), "every job would get the group");
    let (mut with_token, mut others) = (Vec::new(), Vec::new());
    for (stage, job) in jobs(&release) {
        assert!(!mentions(&stage["variables"], GROUP), "every job of the stage would get the group");
        let list = if uses_group(job) { &mut with_token } else { &mut others };
        list.push((stage, job));
    }
    assert!(others.iter().all(|(_, job)| !mentions(job, TOKEN)));
    let [(stage, job)] = with_token.as_slice() else { panic!("{} jobs get the token", with_token.len()) };
    assert_eq!(job["environment"].as_str(), Some(GROUP), "nothing waits for an approval");
    assert_eq!(job["deployment"].as_str(), Some("publish"));
    let condition = stage["condition"].as_str().unwrap();
    for part in [
        "and(succeeded(), ",
        "startsWith(variables['Build.SourceBranch'], 'refs/tags/v')",
        "ne(variables['Build.Reason'], 'PullRequest')",
    ] {
        assert!(condition.contains(part), "{condition}");
    }
}

#[test]
fn the_token_is_given_to_the_step_that_publishes_and_no_other() {
    let release = release();
    let jobs = jobs(&release);
    let (_, job) = jobs.iter().find(|(_, job)| uses_group(job)).unwrap();
    let given: Vec<_> = steps(job).iter().filter(|step| mentions(step, TOKEN)).collect();
    let [step] = given.as_slice() else { panic!("{} steps get the token", given.len()) };
    let script = step["bash"].as_str().unwrap();
    assert!(script.trim_start().starts_with("node_modules/.bin/tfx extension publish "), "{script}");
    // One command, and nothing that runs before or behind it.
    assert!(!script.trim_end().replace("\\\n", "").contains(['\n', ';', '&', '|']), "{script}");
    let before = steps(job).iter().take_while(|step| !mentions(step, TOKEN));
    let before: Vec<_> = before.filter_map(|step| step["bash"].as_str()).collect();
    assert!(before.iter().any(|script| script.contains("git merge-base --is-ancestor HEAD origin/main")));
    assert!(before.iter().any(|script| script.contains("\"refs/tags/v$version\"")));
}

#[test]
fn packages_are_installed_by_hashes_and_run_no_scripts() {
    let release = release();
    let scripts = scripts(&release);
    for line in scripts.iter().flat_map(|script| script.lines()) {
        assert!(!line.contains("npm install") && !line.contains("npx "), "{line}");
        assert!(!line.contains("npm ci") || line.contains("--ignore-scripts"), "{line}");
        assert!(!line.contains("pip\" install") || line.contains("--require-hashes"), "{line}");
    }
    let lock: serde_json::Value = serde_json::from_str(&read("package-lock.json")).unwrap();
    let packages = lock["packages"].as_object().unwrap();
    assert!(packages.len() > 100);
    for (name, package) in packages.iter().filter(|(name, _)| !name.is_empty()) {
        assert!(package["integrity"].as_str().is_some_and(|hash| hash.starts_with("sha512-")), "{name}");
    }
}

#[test]
fn what_makes_the_shipped_binaries_is_named_exactly() {
    let release = release();
    let rust = release["variables"]["rust"].as_str().unwrap();
    assert_eq!(rust.split('.').filter(|part| part.parse::<u32>().is_ok()).count(), 3, "{rust}");
    let text = read("azure-pipelines.yml");
    assert!(!text.contains("-latest"), "an image that changes by itself");
    for line in scripts(&release).iter().flat_map(|script| script.lines()) {
        let promised = line.contains("\"$rust\"");
        assert!(
            !line.contains("rustup toolchain install") || promised || line.contains("install $(rust) "),
            "{line}"
        );
        assert!(!line.contains("rustup default") || line.contains("default $(rust)"), "{line}");
    }
    let compilers = read(".ci/compilers.txt");
    let pins: Vec<_> = compilers.lines().filter(|line| !line.starts_with('#')).collect();
    for pin in &pins {
        let (version, hash) = pin.split_once(" --hash=sha256:").unwrap_or_else(|| panic!("{pin}"));
        assert!(version.contains("==") && hash.len() == 64, "{pin}");
    }
    for compiler in ["ziglang==", "cargo-zigbuild=="] {
        assert!(pins.iter().any(|pin| pin.starts_with(compiler)), "{compiler}");
    }
}

#[test]
fn a_release_gets_the_projects_address_at_the_build_and_in_the_package() {
    let release = release();
    let of_script = |text: &str| {
        let steps = jobs(&release).into_iter().flat_map(|(_, job)| steps(job));
        steps
            .filter(|step| step["bash"].as_str().is_some_and(|script| script.contains(text)))
            .collect::<Vec<_>>()
    };
    assert!(release["variables"]["homepage"].as_str().is_some());
    let [build] = of_script("scripts/build $(target)")[..] else { panic!("one step builds") };
    assert_eq!(build["env"]["MIRROR_GIT_REPOSITORY_HOMEPAGE"].as_str(), Some("$(homepage)"));
    let [package] = of_script("scripts/package")[..] else { panic!("one step packages") };
    assert!(package["bash"].as_str().unwrap().contains("--homepage \"$HOMEPAGE\" --all"));
    let [check] = of_script("merge-base --is-ancestor")[..] else { panic!("one step checks the tag") };
    assert!(
        check["bash"].as_str().unwrap().contains("-z $HOMEPAGE"),
        "a package without the address is not published"
    );
}

#[test]
fn the_rust_that_is_promised_builds_the_task() {
    let release = release();
    let jobs = jobs(&release);
    let (_, job) = jobs.iter().find(|(_, job)| job["job"].as_str() == Some("oldest_rust")).unwrap();
    let script = steps(job)[0]["bash"].as_str().unwrap();
    assert!(
        script.contains("rust-version") && script.contains("cargo \"+$rust\" build --locked"),
        "{script}"
    );
    let promised = read("Cargo.toml").lines().filter(|line| line.starts_with("rust-version = \"")).count();
    assert_eq!(promised, 1, "the job's sed finds one line");
}
