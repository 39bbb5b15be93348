//! The whole task, launcher and binary, mirroring between real repositories over loopback.

use std::{
    fs,
    path::Path,
    sync::{
        Mutex,
        mpsc::{self, Receiver, Sender},
    },
    time::Duration,
};

use tempfile::TempDir;

use super::{
    double::{Agent, IssueKind, Run, Step, Stop, TaskFolder, TaskResult, nodes},
    support::{
        git::{BRANCHES_AND_TAGS, Repository, rpc},
        git_server::{Config, GitServer, Protocol},
        program,
        scripted::Scripted,
    },
};

const TOKEN: &str = "pa%ss/w0rd+of=the@mirror";

/// A source with some history and an empty destination behind one server that asks for a token.
struct Fixture {
    folder: TempDir,
    source: Repository,
    destination: Repository,
    server: GitServer,
}

impl Fixture {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let source = Repository::init(folder.path().join("source.git"));
        source.commit("main", 20);
        source.git(&["tag", "-a", "-m", "first", "v1", "main"]);
        let destination = Repository::init(folder.path().join("destination.git"));
        let config =
            Config { root: folder.path().to_owned(), protocol: Protocol::V0, token: Some(TOKEN.to_owned()) };
        let server = GitServer::start(config, |_| {}).unwrap();
        Self { folder, source, destination, server }
    }

    /// A step with both sides' addresses, the source's as the pipeline's own repository, and their tokens.
    fn agent(&self, node: &Path) -> Agent {
        Agent::new(node)
            .variable("Build.Repository.Uri", &self.server.url("source.git"))
            .input("destinationGitRepositoryUri", &self.server.url("destination.git"))
            .secret("Token", TOKEN)
            .input("sourceGitRepositoryPersonalAccessToken", "$(Token)")
            .input("destinationGitRepositoryPersonalAccessToken", "user:$(Token)")
    }

    fn assert_mirrored(&self) {
        assert_eq!(self.destination.refs(BRANCHES_AND_TAGS), self.source.refs(BRANCHES_AND_TAGS));
        self.destination.fsck();
    }
}

/// Asserts what is true of every run of the task.
fn assert_well_behaved(run: &Run) {
    assert_eq!(run.exit_status, 0, "{}", run.log());
    assert_eq!(run.commands("task", "complete").len(), 1, "{}", run.raw());
    assert!(run.variables().is_empty(), "{:?}", run.variables());
    assert_eq!(run.orphans, 0);
    assert!(run.output_closed);
    // The agent reads the run's page after the step, and empties the folder itself.
    let pages: Vec<_> = run.commands("task", "uploadsummary").iter().map(|page| page.data.clone()).collect();
    assert!(pages.iter().all(|page| !fs::read_to_string(page).unwrap().contains(TOKEN)));
    // So does it with the result for programs.
    let results: Vec<_> =
        run.commands("task", "addattachment").iter().map(|file| file.data.clone()).collect();
    for result in &results {
        let text = fs::read_to_string(result).unwrap();
        assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok() && !text.contains(TOKEN), "{text}");
    }
    assert_eq!(run.left_in_temp().len(), pages.len() + results.len());
    assert!(!run.log().contains(TOKEN) && !run.log().contains("w0rd"), "{}", run.log());
}

#[test]
fn a_mirror_succeeds_and_a_second_one_has_nothing_to_do() {
    for node in nodes() {
        let fixture = Fixture::new();
        let task = TaskFolder::complete();
        let run = fixture.agent(&node).run(&task);
        assert_eq!(run.result, TaskResult::Succeeded, "{}", run.log());
        assert_well_behaved(&run);
        fixture.assert_mirrored();
        assert_eq!((run.output("refsCreated"), run.output("changed")), (Some("2"), Some("true")));
        assert!(run.output("packBytes").unwrap().parse::<u64>().unwrap() > 0);
        let mut left = run.left_in_temp();
        left.sort();
        assert_eq!(left, ["Mirror to destination.json", "Mirror to destination.md"]);
        let [attached] = run.commands("task", "addattachment")[..] else { panic!("{}", run.log()) };
        let names = ["type", "name"].map(|property| attached.property(property));
        assert_eq!(names, [Some("mirror-git-repository"), Some("result.json")]);

        let run = fixture.agent(&node).run(&task);
        assert_eq!(run.result, TaskResult::Succeeded, "{}", run.log());
        assert_well_behaved(&run);
        let outputs =
            ["refsCreated", "refsUpdated", "refsDeleted", "refsRejected", "refsUnchanged", "packBytes"];
        assert_eq!(outputs.map(|name| run.output(name).unwrap()), ["0", "0", "0", "0", "2", "0"]);
        assert_eq!(run.output("changed"), Some("false"));
    }
}

#[test]
fn a_build_is_tagged_where_that_is_asked_for() {
    for node in nodes() {
        let fixture = Fixture::new();
        let task = TaskFolder::complete();
        let run = |host: &str| {
            let agent = fixture.agent(&node).variable("System.HostType", host).input("buildTags", "true");
            let run = agent.run(&task);
            assert_eq!(run.result, TaskResult::Succeeded, "{}", run.log());
            run.commands("build", "addbuildtag").iter().map(|tag| tag.data.clone()).collect::<Vec<_>>()
        };
        assert_eq!(run("release"), Vec::<String>::new());
        fixture.source.git(&["branch", "other", "main"]);
        assert_eq!(run("build"), ["mirror-changed"]);
    }
}

#[test]
fn a_step_with_the_short_names_of_inputs_mirrors() {
    for node in nodes() {
        let fixture = Fixture::new();
        let run = Agent::new(&node)
            .secret("Token", TOKEN)
            .input("source", &fixture.server.url("source.git"))
            .input("sourceToken", "$(Token)")
            .input("destination", &fixture.server.url("destination.git"))
            .input("destinationToken", "user:$(Token)")
            .run(&TaskFolder::complete());
        assert_eq!(run.result, TaskResult::Succeeded, "{}", run.log());
        assert_well_behaved(&run);
        fixture.assert_mirrored();
    }
}

#[test]
fn a_wrong_token_fails_and_is_masked_in_every_form() {
    use base64::{Engine, prelude::BASE64_STANDARD};
    for node in nodes() {
        let fixture = Fixture::new();
        let run = fixture
            .agent(&node)
            .variable("System.Debug", "true")
            .secret("Wrong", "wr%ng/t0ken")
            .input("destinationGitRepositoryPersonalAccessToken", "user:$(Wrong)")
            .run(&TaskFolder::complete());
        assert_eq!(run.result, TaskResult::Failed);
        assert_well_behaved(&run);
        assert!(run.issues(IssueKind::Error)[0].contains("destination"), "{}", run.log());
        let told = "destination.git/info/refs?service=git-receive-pack (no body): 401 Unauthorized";
        assert!(run.log().contains(told), "a debug line tells each request:\n{}", run.log());
        let sent = BASE64_STANDARD.encode("user:wr%ng/t0ken");
        for form in ["wr%ng/t0ken", "wr%25ng%2Ft0ken", "wr%25ng%2ft0ken", &sent] {
            assert!(!run.log().contains(form), "{form} is in {}", run.log());
        }
        assert_eq!(fixture.destination.refs(&[]).len(), 0);
    }
}

#[test]
fn all_missing_inputs_are_named_at_once() {
    for node in nodes() {
        // Without a repository of the pipeline, the default of the source's address stays as it is written.
        let run = Agent::new(&node).run(&TaskFolder::complete());
        assert_eq!(run.result, TaskResult::Failed);
        assert_well_behaved(&run);
        let errors = run.issues(IssueKind::Error).join("\n");
        for word in ["sourceGitRepositoryUri", "Build.Repository.Uri", "destinationGitRepositoryUri"] {
            assert!(errors.contains(word), "{word} is missing in {errors}");
        }
    }
}

#[test]
fn what_a_server_says_is_shown_but_never_obeyed() {
    const SAID: &str = "##vso[task.setvariable variable=PATH]/evil";
    for node in nodes() {
        let fixture = Fixture::new();
        refuse_tags(&fixture.destination, &format!("progress\\r{SAID}\\n{SAID}"));
        let run = fixture.agent(&node).run(&TaskFolder::complete());
        assert_eq!(run.result, TaskResult::Failed, "a tag was refused");
        assert_well_behaved(&run);
        assert!(run.log().contains("/evil"), "{}", run.log());
        assert_eq!((run.output("refsCreated"), run.output("refsRejected")), (Some("1"), Some("1")));
        let set: Vec<_> =
            run.commands("task", "setvariable").iter().map(|set| set.property("variable")).collect();
        assert!(!set.contains(&Some("PATH")), "{set:?}");
    }
}

#[test]
fn refused_refs_can_be_a_success_with_issues() {
    for node in nodes() {
        let fixture = Fixture::new();
        refuse_tags(&fixture.destination, "tags are protected");
        let run = fixture.agent(&node).input("rejectedRefs", "warn").run(&TaskFolder::complete());
        assert_eq!(run.result, TaskResult::SucceededWithIssues, "{}", run.log());
        assert_well_behaved(&run);
        assert!(run.issues(IssueKind::Warning)[0].contains("refs/tags/v1"), "{}", run.log());
        assert!(run.issues(IssueKind::Error).is_empty());
        assert_eq!((run.output("refsCreated"), run.output("refsRejected")), (Some("1"), Some("1")));
    }
}

/// Makes a repository say something to each push of a ref, and refuse tags.
fn refuse_tags(repository: &Repository, said: &str) {
    let hook = repository.path.join("hooks/update");
    program::script(&hook, &format!("printf '{said}\\n' >&2\ncase $1 in refs/tags/*) exit 1; esac"));
}

/// A source whose pack stops half-way: more has arrived than all buffers between the two servers hold.
struct Stalled {
    server: Scripted,
    half_sent: Receiver<()>,
    /// The source goes on, into nothing, when this is dropped.
    _go_on: Sender<()>,
}

/// More than twice what the sockets of loopback and a relay of bounded memory keep.
const PACK: usize = 48 << 20;

impl Stalled {
    fn serving(source: Repository) -> Self {
        let (half, half_sent) = mpsc::channel();
        let (go_on, wait) = mpsc::channel();
        let wait = Mutex::new(wait);
        let server = Scripted::start(move |exchange| {
            if !exchange.is("POST", "/git-upload-pack") {
                return exchange.as_git(&source, 2, |_, answer| answer);
            }
            let version = exchange.version();
            let request = exchange.body()?;
            let answer = rpc(&source, "upload-pack", version, Some(&request));
            let fields = [("Content-Type", "application/x-git-upload-pack-result")];
            if answer.len() < PACK {
                return exchange.answer("200 OK", &fields, &answer);
            }
            exchange.begin("200 OK", &fields, Some(answer.len()))?;
            exchange.send(&answer[..answer.len() / 2])?;
            half.send(()).unwrap();
            let _: Result<(), _> = wait.lock().unwrap().recv();
            Ok(())
        });
        Self { server, half_sent, _go_on: go_on }
    }
}

/// Starts a mirror of a large change, gives `act` the step when half of its pack has gone through, and asserts that
/// the destination is as before and takes the next mirror.
fn in_the_middle_of_a_pack(act: impl Fn(Step) -> Run, check: impl Fn(&Run)) {
    let fixture = Fixture::new();
    let noise: Vec<u8> = (0..PACK as u64 / 8).flat_map(scrambled).collect();
    for node in nodes() {
        let task = TaskFolder::complete();
        assert_eq!(fixture.agent(&node).run(&task).result, TaskResult::Succeeded);
        let before = fixture.destination.refs(&[]);

        fixture.source.commit("main", 1);
        fixture.source.set("refs/tags/noise", &fixture.source.blob(&noise));
        let stalled = Stalled::serving(fixture.source.clone());
        let step = fixture
            .agent(&node)
            .variable("Build.Repository.Uri", &stalled.server.url("source.git"))
            .start(&task);
        stalled.half_sent.recv_timeout(Duration::from_secs(60)).expect("half a pack");
        let run = act(step);
        check(&run);
        assert_well_behaved(&run);
        assert_eq!(fixture.destination.refs(&[]), before, "nothing has changed at the destination");
        drop(stalled);

        assert_eq!(fixture.agent(&node).run(&task).result, TaskResult::Succeeded);
        fixture.assert_mirrored();
        fixture.source.delete("refs/tags/noise");
    }
    drop(fixture.folder);
}

/// Bytes that no compression makes smaller, the same in every run.
fn scrambled(seed: u64) -> [u8; 8] {
    let mixed = (seed ^ 0x9e37_79b9_7f4a_7c15).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (mixed ^ (mixed >> 31)).to_le_bytes()
}

#[test]
fn a_cancel_within_a_pack_ends_in_5_s_and_changes_nothing() {
    in_the_middle_of_a_pack(Step::cancel, |run| {
        assert_eq!(run.result, TaskResult::Canceled);
        let (stop, duration) = run.stop.unwrap();
        assert_eq!(stop, Stop::Interrupt, "the first request is enough");
        assert!(duration < Duration::from_secs(5), "{duration:?}");
    });
}

#[test]
fn a_binary_killed_within_a_pack_fails_and_changes_nothing() {
    let kill = |step: Step| {
        step.kill_binary();
        step.finish()
    };
    in_the_middle_of_a_pack(kill, |run| {
        assert_eq!(run.result, TaskResult::Failed);
        assert!(run.issues(IssueKind::Error)[0].contains("SIGKILL"), "{}", run.log());
    });
}
