//! The package: what `scripts/package` refuses, and what the VSIX of a release holds, as the Marketplace looks at it.

mod stand_ins;

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use serde_json::Value;
use tempfile::TempDir;

use super::double::nodes;
use stand_ins::{PLATFORMS, stand_in};

const HOMEPAGE: &str = "https://git.example/contoso/mirror-git-repository";
/// A picture of the listing is loaded with it.
const PICTURE: u64 = 200 * 1024;

/// A folder with stand-ins of all binaries, and one for the package.
struct Fixture {
    folder: TempDir,
}

impl Fixture {
    fn new() -> Self {
        let fixture = Self { folder: TempDir::new().unwrap() };
        for platform in PLATFORMS {
            fixture.put(platform, &stand_in(platform, HOMEPAGE));
        }
        fixture
    }

    fn binary(&self, platform: &str) -> PathBuf {
        let program =
            if platform == "win32-x64" { "mirror-git-repository.exe" } else { "mirror-git-repository" };
        self.folder.path().join("binaries").join(platform).join(program)
    }

    fn put(&self, platform: &str, binary: &[u8]) {
        let file = self.binary(platform);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, binary).unwrap();
    }

    fn made(&self) -> PathBuf {
        self.folder.path().join("made")
    }

    fn package(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(root().join("scripts/package"));
        command.arg("--binaries").arg(self.folder.path().join("binaries")).arg("--to").arg(self.made());
        command.args(arguments).env_remove("MIRROR_GIT_REPOSITORY_HOMEPAGE").output().unwrap()
    }

    fn refusal(&self, arguments: &[&str]) -> String {
        let said = self.package(arguments);
        assert!(!said.status.success(), "{said:?}");
        String::from_utf8(said.stderr).unwrap()
    }

    /// Makes the package of a release, and unpacks it.
    fn release(&self) -> Vsix {
        let said = self.package(&["--homepage", HOMEPAGE, "--all"]);
        assert!(said.status.success(), "{said:?}");
        let made = fs::read_dir(self.made()).unwrap().map(|entry| entry.unwrap().path());
        let packages: Vec<_> =
            made.filter(|path| path.extension().is_some_and(|end| end == "vsix")).collect();
        let [package] = packages.as_slice() else { panic!("{packages:?}") };
        let folder = self.folder.path().join("unpacked");
        let unpacked =
            Command::new("python3").args(["-m", "zipfile", "-e"]).arg(package).arg(&folder).status();
        assert!(unpacked.unwrap().success());
        Vsix { folder }
    }
}

/// The unpacked package.
struct Vsix {
    folder: PathBuf,
}

impl Vsix {
    fn text(&self, file: &str) -> String {
        fs::read_to_string(self.folder.join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
    }

    fn json(&self, file: &str) -> Value {
        // tfx writes a byte order mark before some.
        serde_json::from_str(self.text(file).trim_start_matches('\u{feff}')).unwrap()
    }

    fn has(&self, file: &str) -> bool {
        self.folder.join(file.trim_start_matches('/')).is_file()
    }

    /// The values of an attribute of all such elements of the manifest.
    fn attributes(&self, element: &str, attribute: &str) -> Vec<String> {
        let manifest = self.text("extension.vsixmanifest");
        let start = format!("<{element} ");
        let elements = manifest.split(&start).skip(1);
        let tags = elements.map(|rest| rest.split('>').next().unwrap());
        let value = |tag: &str| {
            let (_, rest) = tag.split_once(&format!("{attribute}=\""))?;
            Some(rest.split('"').next()?.to_owned())
        };
        tags.filter_map(value).collect()
    }

    /// The value of a property of the manifest.
    fn property(&self, id: &str) -> Option<String> {
        let (ids, values) = (self.attributes("Property", "Id"), self.attributes("Property", "Value"));
        ids.iter().position(|known| known == id).map(|at| values[at].clone())
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Prints a file as it is packaged.
fn packaged(arguments: &[&str]) -> Output {
    let script = root().join("scripts/homepage.js");
    Command::new(nodes().pop().unwrap()).arg(script).args(arguments).output().unwrap()
}

/// The targets of all links and pictures of a Markdown text.
fn targets(text: &str) -> impl Iterator<Item = &str> {
    text.split("](").skip(1).filter_map(|rest| rest.split(')').next())
}

#[test]
fn a_release_without_an_address_is_refused() {
    assert!(Fixture::new().refusal(&["--all"]).contains("--homepage"));
}

#[test]
fn what_is_no_address_of_a_project_is_refused() {
    for address in [
        "http://git.example/mirror",
        "https://git.example",
        "https://git.example/mirror/",
        "https://user@git.example/mirror",
        "https://git.example/a b",
        "https://git.example/a\"b",
        "$(homepage)",
        "",
    ] {
        assert!(!packaged(&["--check", address]).status.success(), "{address}");
    }
    for address in [HOMEPAGE, "https://git.example:8443/a/b-c/d_e.f"] {
        assert!(packaged(&["--check", address]).status.success(), "{address}");
    }
}

#[test]
fn a_binary_of_another_address_is_refused() {
    let fixture = Fixture::new();
    fixture.put("darwin-arm64", &stand_in("darwin-arm64", "https://git.example/other"));
    let said = fixture.refusal(&["--homepage", HOMEPAGE, "--all"]);
    assert!(said.contains("darwin-arm64") && said.contains("was not built for"), "{said}");
}

#[test]
fn a_binary_of_another_platform_is_refused() {
    let fixture = Fixture::new();
    fixture.put("darwin-arm64", &stand_in("darwin-x64", HOMEPAGE));
    let said = fixture.refusal(&["--homepage", HOMEPAGE, "--all"]);
    assert!(said.contains("is no (static) program for darwin-arm64"), "{said}");
}

#[test]
fn a_release_that_lacks_a_platform_is_refused() {
    let fixture = Fixture::new();
    fs::remove_file(fixture.binary("win32-x64")).unwrap();
    assert!(fixture.refusal(&["--homepage", HOMEPAGE, "--all"]).contains("not all platforms"));
}

#[test]
fn without_an_address_nothing_is_linked() {
    for file in ["task.json", "docs/marketplace.md"] {
        let text = String::from_utf8(packaged(&[file]).stdout).unwrap();
        let pictures = targets(&text).filter(|target| target.starts_with("docs/images/"));
        assert_eq!(targets(&text).count(), pictures.count(), "{file}");
        assert!(text.len() > 1000, "{file}");
    }
    let task: Value = serde_json::from_slice(&packaged(&["task.json"]).stdout).unwrap();
    assert!(task["helpUrl"].is_null() && task["helpMarkDown"] == "");
    let extension: Value = serde_json::from_slice(&packaged(&["vss-extension.json"]).stdout).unwrap();
    assert!(extension["links"].is_null() && extension["repository"].is_null());
}

/// One test, since what packages is installed once.
#[test]
fn the_release_is_what_the_marketplace_takes_and_links_to_its_documentation() {
    let fixture = Fixture::new();
    let vsix = fixture.release();
    assert_manifest_and_assets(&vsix);
    assert_task(&vsix, &fixture);
    assert_links_of_the_task(&vsix);
    assert_links_of_the_extension(&vsix);
    assert_listing(&vsix);
}

fn assert_manifest_and_assets(vsix: &Vsix) {
    let parsed = Command::new("python3")
        .args(["-c", "import sys, xml.etree.ElementTree as tree; tree.parse(sys.argv[1])"])
        .arg(vsix.folder.join("extension.vsixmanifest"))
        .status();
    assert!(parsed.unwrap().success());
    let assets = vsix.attributes("Asset", "Path");
    assert!(assets.len() > 5, "{assets:?}");
    assert!(assets.iter().all(|asset| vsix.has(asset)), "{assets:?}");
    let types = vsix.text("[Content_Types].xml");
    assert!(assets.iter().all(|asset| {
        let end = Path::new(asset).extension().map(|end| format!("Extension=\".{}\"", end.to_str().unwrap()));
        end.map_or_else(|| types.contains(asset), |end| types.contains(&end))
    }));
}

fn assert_task(vsix: &Vsix, fixture: &Fixture) {
    let contributions = vsix.json("extension.vsomanifest")["contributions"].clone();
    let task = contributions[0]["properties"]["name"].as_str().unwrap().to_owned();
    assert!(["task.json", "icon.png", "launcher.js"].iter().all(|file| vsix.has(&format!("{task}/{file}"))));
    assert!(vsix.text(&format!("{task}/THIRD-PARTY-NOTICES.txt")).len() > 10_000);
    assert!(vsix.text(&format!("{task}/LICENSE")).starts_with("MIT License"));
    for platform in PLATFORMS {
        let given = fixture.binary(platform);
        let packed = vsix.folder.join(&task).join("bin").join(platform).join(given.file_name().unwrap());
        assert_eq!(fs::read(packed).unwrap(), fs::read(given).unwrap(), "{platform}");
    }
}

/// The address of a page of the documentation.
fn page(page: &str) -> String {
    format!("{HOMEPAGE}/blob/v{}/{page}", env!("CARGO_PKG_VERSION"))
}

fn assert_links_of_the_task(vsix: &Vsix) {
    let task = vsix.json("dist/task/task.json");
    assert_eq!(task["helpUrl"], page("README.md"));
    assert_eq!(task["helpMarkDown"], format!("[Learn more]({})", page("README.md")));
    let helps =
        task["inputs"].as_array().unwrap().iter().map(|input| input["helpMarkDown"].as_str().unwrap());
    let links: Vec<_> = helps.flat_map(targets).collect();
    assert!(links.len() > 20 && links.iter().all(|link| link.starts_with(&page("docs/"))), "{links:?}");
    assert_eq!(super::task_schema::mistakes_of_task(&task), Vec::<String>::new());
}

fn assert_links_of_the_extension(vsix: &Vsix) {
    for (id, expected) in [
        ("Getstarted", page("docs/installing.md")),
        ("Learn", page("README.md")),
        ("Support", page("docs/troubleshooting.md")),
        ("Issues", format!("{HOMEPAGE}/issues")),
        ("License", page("LICENSE")),
        ("Privacypolicy", page("SECURITY.md#privacy")),
        ("GitHub", HOMEPAGE.to_owned()),
    ] {
        let id = format!("Microsoft.VisualStudio.Services.Links.{id}");
        assert_eq!(vsix.property(&id).as_deref(), Some(&*expected), "{id}");
        let file = expected.strip_prefix(&page(""));
        let problem = file.and_then(|file| super::docs::problem(&root().join("README.md"), file));
        assert_eq!(problem, None, "{expected}");
    }
    let questions = vsix.property("Microsoft.VisualStudio.Services.CustomerQnALink");
    assert_eq!(questions, Some(format!("{HOMEPAGE}/issues")));
}

fn assert_listing(vsix: &Vsix) {
    let listing = vsix.text("docs/marketplace.md");
    let (pictures, links): (Vec<_>, Vec<_>) =
        targets(&listing).partition(|target| target.starts_with("docs/images/"));
    assert!(links.len() > 5 && links.iter().all(|link| link.starts_with(&page(""))), "{links:?}");
    assert_eq!(pictures.len(), 3);
    let assets = vsix.attributes("Asset", "Path");
    for picture in pictures {
        assert!(assets.iter().any(|asset| asset.trim_start_matches('/') == picture), "{picture}: {assets:?}");
        assert!(fs::metadata(vsix.folder.join(picture)).unwrap().len() <= PICTURE, "{picture}");
    }
}
