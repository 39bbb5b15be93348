//! What is special about SSH: keys, host keys, the program that is run and what it gets to see.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use crate::support::git::{BRANCHES_AND_TAGS, Refs, Repository};
use crate::support::git_server::Protocol;
use crate::support::sshd::{Sshd, path_variable};
use crate::support::task::Task;

/// A server with a source that has commits and an empty destination.
struct Served {
    sshd: Sshd,
    source: Repository,
    destination: Repository,
}

impl Served {
    fn new() -> Self {
        Self::by(Sshd::start(Protocol::V2))
    }

    fn by(sshd: Sshd) -> Self {
        let source = Repository::init(sshd.path("source.git"));
        source.commit("main", 30);
        let destination = Repository::init(sshd.path("destination.git"));
        Self { sshd, source, destination }
    }

    fn task(&self) -> Task {
        self.task_between(&self.sshd.url("source.git"), &self.sshd.url("destination.git"))
    }

    /// A task that does not try twice.
    fn task_between(&self, source: &str, destination: &str) -> Task {
        self.sshd.admit(Task::new(source, destination)).input("maxAttempts", "1")
    }

    /// The task with another command in place of `ssh`.
    fn task_by(&self, script: &Path) -> Task {
        self.task().variable("GIT_SSH_COMMAND", script.to_str().unwrap())
    }

    #[track_caller]
    fn expect_equal(&self) {
        assert_eq!(self.destination.refs(BRANCHES_AND_TAGS), self.source.refs(BRANCHES_AND_TAGS));
        self.destination.fsck();
    }

    #[track_caller]
    fn expect_untouched(&self) {
        assert_eq!(self.destination.refs(&[]), Refs::new());
    }
}

/// Adds a file that no compression makes small.
fn add_noise(repository: &Repository, bytes: u32) {
    let noise: Vec<u8> = (0..bytes / 4)
        .flat_map(|n| n.wrapping_mul(2_654_435_761).rotate_left(n % 31).to_be_bytes())
        .collect();
    let blob = repository.blob(&noise);
    repository.set("refs/tags/noise", &blob);
}

#[test]
fn v2_is_asked_for_and_v0_spoken_where_it_is_not_granted() {
    for (protocol, spoken) in [(Protocol::V2, "upload-pack in v2"), (Protocol::V0, "upload-pack in v0")] {
        let served = Served::by(Sshd::start(protocol));
        let outcome = served.task().variable("SYSTEM_DEBUG", "true").run();
        assert!(outcome.succeeded().text.contains(spoken), "{}", outcome.text);
        served.expect_equal();
    }
}

#[test]
fn a_debug_line_shows_nothing_of_what_the_ssh_command_is_given() {
    let served = Served::new();
    let command = format!("{} -o SendEnv=hunter2hunter2", served.sshd.command("user_key"));
    let task = served.task().variable("GIT_SSH_COMMAND", &command);
    let outcome = task.variable("SYSTEM_DEBUG", "true").run();
    let text = &outcome.succeeded().text;
    assert!(text.contains("running '") && text.contains("'git-receive-pack'"), "{text}");
    assert!(!text.contains("hunter2"), "{text}");
}

#[test]
fn listing_and_pack_come_over_one_connection() {
    let served = Served::new();
    served.task().run().succeeded();
    // The source; the destination, its default branch, and its second listing.
    assert_eq!(served.sshd.connections(), 4);
    served.task().run().succeeded();
    assert_eq!(served.sshd.connections(), 4 + 2);
}

#[test]
fn a_dry_run_lists_both_sides_and_changes_nothing() {
    let served = Served::new();
    let outcome = served.task().input("dryRun", "true").run();
    assert!(outcome.succeeded().log.join("\n").contains("refs/heads/main"));
    served.expect_untouched();
}

#[test]
fn a_path_of_any_characters_is_one_path_at_the_far_side() {
    let served = Served::new();
    let name = "it's $HOME; `touch here`! \"x\".git";
    let source = Repository::init(served.sshd.path(name));
    source.commit("main", 2);
    let task = Task::new(&served.sshd.url(name), &served.sshd.url("destination.git"));
    served.sshd.admit(task).run().succeeded();
    assert_eq!(served.destination.refs(&[]), source.refs(&[]));
}

#[test]
fn an_unknown_host_key_is_refused_with_advice() {
    let served = Served::new();
    served.sshd.forget();
    let error = served.task().run().failed();
    assert!(error.contains("ssh exited with status 255"), "{error}");
    assert!(error.contains("Host key verification failed"), "{error}");
    assert!(error.contains("'known_hosts'"), "{error}");
    assert!(error.contains(&served.sshd.url("source.git")), "{error}");
}

#[test]
fn another_host_key_than_the_known_one_is_refused() {
    let served = Served::new();
    served.sshd.trust(&served.sshd.path("other_key.pub"));
    let error = served.task().run().failed();
    assert!(error.contains("IDENTIFICATION HAS CHANGED") && error.contains("'known_hosts'"), "{error}");
    served.expect_untouched();
}

#[test]
fn a_key_that_the_server_does_not_take_is_a_failed_sign_in() {
    let served = Served::new();
    let error = served.task().variable("GIT_SSH_COMMAND", &served.sshd.command("other_key")).run().failed();
    assert!(error.contains("Permission denied (publickey)"), "{error}");
    assert!(error.contains("InstallSSHKey@0") && error.contains("right to write to"), "{error}");
    assert!(!error.contains("PersonalAccessToken"), "{error}");
}

#[test]
fn a_repository_that_is_not_there_is_not_found() {
    let served = Served::new();
    let error =
        served.task_between(&served.sshd.url("none.git"), &served.sshd.url("destination.git")).run().failed();
    assert!(error.contains("does not appear to be a git repository"), "{error}");
    assert!(error.contains("Check the spelling of 'sourceGitRepositoryUri'"), "{error}");
    served.expect_untouched();
}

#[test]
fn a_server_that_nobody_runs_is_unreachable() {
    let port = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
    let served = Served::new();
    let error = served
        .task_between(&format!("ssh://git@127.0.0.1:{port}/r.git"), &served.sshd.url("destination.git"))
        .run()
        .failed();
    assert!(error.contains("Connection refused") && error.contains("Check the host name"), "{error}");
}

/// What a run says where the account runs this in place of Git.
fn told_by_an_account_that_runs(command: &str) -> String {
    let served = Served::new();
    served.sshd.run_instead(command);
    let error = served.task().run().failed();
    served.expect_untouched();
    assert!(!error.contains("web site") && !error.contains("firewall"), "{error}");
    error
}

#[test]
fn what_login_scripts_print_is_shown_and_told_as_that() {
    for text in ["Welcome to host42", "2026-11-28 10:00 login", "beef"] {
        let error = told_by_an_account_that_runs(&format!("echo '{text}'; eval \"$SSH_ORIGINAL_COMMAND\""));
        assert!(error.contains(&format!("before Git's service spoke: {text};")), "{error}");
        assert!(error.contains("Let them print nothing"), "{error}");
    }
    // Of a menu, which waits for an answer.
    let error = told_by_an_account_that_runs("echo 'Choose:'; read -r answer");
    assert!(error.contains("Choose:") && error.contains("Let them print nothing"), "{error}");
}

#[test]
fn an_account_without_a_shell_is_told_in_its_own_words() {
    let error = told_by_an_account_that_runs("/usr/sbin/nologin");
    assert!(error.contains("This account is currently not available"), "{error}");
    assert!(error.contains("a shell that runs Git's services"), "{error}");
}

#[test]
fn a_server_without_git_is_told_as_that() {
    let error = told_by_an_account_that_runs("PATH=/nonexistent; eval \"$SSH_ORIGINAL_COMMAND\"");
    assert!(error.contains("status 127") && error.contains("Install Git there"), "{error}");
    let error = told_by_an_account_that_runs("git-shell -c \"git-annex-shell '/r'\"");
    assert!(error.contains("unrecognized command") && error.contains("git-shell"), "{error}");
}

#[test]
fn an_end_in_unknown_words_or_none_names_the_account() {
    for (status, words) in
        [(1, "Go away"), (25, ""), (126, "git-upload-pack and git-receive-pack: no"), (128, "fatal: it")]
    {
        let error = told_by_an_account_that_runs(&format!("echo '{words}' >&2; exit {status}"));
        assert!(error.contains(&format!("ssh exited with status {status}")), "{error}");
        assert!(error.contains(words), "{error}");
        assert!(
            error.contains(if status == 126 { "Install Git" } else { "has a shell that runs" }),
            "{error}"
        );
    }
}

#[test]
fn a_service_that_a_signal_ends_is_an_interruption() {
    let error = told_by_an_account_that_runs("kill -9 $$");
    assert!(error.contains("Run the pipeline again"), "{error}");
}

#[test]
fn a_server_without_an_algorithm_in_common_is_told_as_that() {
    for (lines, kind) in [
        ("KexAlgorithms diffie-hellman-group14-sha1\n", "no matching key exchange method"),
        ("Ciphers aes128-cbc\n", "no matching cipher"),
        ("Ciphers aes128-ctr\nMACs hmac-md5\n", "no matching MAC"),
    ] {
        let served = Served::by(Sshd::start_with(Protocol::V2, lines));
        let error = served.task().run().failed();
        assert!(error.contains(kind) && error.contains("no algorithm in common"), "{error}");
        assert!(!error.contains("firewall"), "{error}");
    }
    let served = Served::new();
    let command = served.sshd.command("user_key") + " -o HostKeyAlgorithms=rsa-sha2-256";
    let error = served.task().variable("GIT_SSH_COMMAND", &command).run().failed();
    assert!(error.contains("no matching host key type") && error.contains("HostKeyAlgorithms"), "{error}");
}

#[test]
fn a_key_that_needs_a_passphrase_is_told_as_that() {
    let served = Served::new();
    served.sshd.lock_key("user_key", "hunter22");
    let error = served.task().run().failed();
    // ssh says no more of it than of a key that the server does not know.
    assert!(error.contains("Permission denied (publickey)") && error.contains("'sshPassphrase'"), "{error}");
}

#[test]
fn a_key_that_others_may_read_is_told_as_that() {
    let served = Served::new();
    fs::set_permissions(served.sshd.path("user_key"), fs::Permissions::from_mode(0o644)).unwrap();
    let error = served.task().run().failed();
    assert!(error.contains("are too open") && error.contains("chmod 600"), "{error}");
}

#[test]
fn more_keys_than_the_server_tries_are_told_as_that() {
    let served = Served::by(Sshd::start_with(Protocol::V2, "MaxAuthTries 1\n"));
    let command =
        format!("{} -i '{}'", served.sshd.command("other_key"), served.sshd.path("user_key").display());
    let error = served.task().variable("GIT_SSH_COMMAND", &command).run().failed();
    assert!(
        error.contains("Too many authentication failures") && error.contains("IdentitiesOnly"),
        "{error}"
    );
}

#[test]
fn a_server_that_hangs_up_before_a_sign_in_is_told_as_that() {
    let served = Served::new();
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let url = format!("ssh://git@{}/r.git", listener.local_addr().unwrap());
    let closing = std::thread::spawn(move || drop(listener.accept()));
    let error = served.task_between(&url, &served.sshd.url("destination.git")).run().failed();
    closing.join().unwrap();
    assert!(error.contains("onnection") && error.contains("hung up before anybody could sign in"), "{error}");
}

#[test]
fn what_hosts_say_to_a_key_without_a_right_gets_its_advice() {
    for (words, advice) in [
        (
            "ERROR: This deploy key does not have write access to this project.",
            "give the deploy key write access",
        ),
        ("Gitea: Unauthorized\\nCannot find repository contoso/app", "Check the spelling of"),
        (
            "FATAL: W any dst reader DENIED by fallthru\\n(or you mis-spelled the reponame)",
            "Check the spelling of",
        ),
        (
            "Gitea: Unauthorized\\nMirror Repository contoso/app is read-only",
            "Convert it to a normal repository",
        ),
        ("ERROR: You are not allowed to push code to this project.", "SSH key belongs to"),
    ] {
        let error = told_by_an_account_that_runs(&format!("printf '%b' '{words}' >&2; exit 1"));
        assert!(error.contains(advice), "{error}");
    }
}

#[test]
fn nothing_in_a_url_is_taken_for_an_option() {
    let served = Served::new();
    let made = served.sshd.path("made");
    for url in [
        format!("ssh://-oProxyCommand=touch${{IFS}}{}/r.git", made.display()),
        format!("ssh://-oProxyCommand=touch+{}@127.0.0.1/r.git", made.display()),
        format!("-oProxyCommand=touch {}", made.display()),
        "git@127.0.0.1:--upload-pack=x/r.git".to_owned(),
    ] {
        let error = served.task_between(&url, &served.sshd.url("destination.git")).run().failed();
        assert!(error.contains("sourceGitRepositoryUri"), "{error}");
    }
    assert!(!made.exists());
    assert_eq!(served.sshd.connections(), 0);
}

#[test]
fn a_pack_that_the_far_side_refuses_early_leaves_its_report() {
    let served = Served::new();
    add_noise(&served.source, 30_000_000);
    served.destination.git(&["config", "receive.maxInputSize", "100k"]);
    served.source.delete("refs/heads/main");
    let outcome = served.task().run();
    let error = outcome.failed();
    assert!(error.contains("exceeds maximum allowed size") || error.contains("unpack"), "{error}");
    served.expect_untouched();
}

#[test]
fn a_source_that_breaks_off_leaves_the_destination_as_it_was() {
    let served = Served::new();
    // More than SSH sends unasked, so that the source is still writing when its reader is gone.
    add_noise(&served.source, 12_000_000);
    let ssh = served.sshd.command("user_key");
    let script = format!(
        "case \"$*\" in *git-upload-pack*) {ssh} \"$@\" | dd bs=512 count=2000 status=none ;; *) exec {ssh} \"$@\" ;; esac"
    );
    let error = served.task_by(&served.sshd.script("cut", &script)).run().failed();
    assert!(error.contains("source") && error.contains("SSH session too early"), "{error}");
    assert_eq!(served.destination.refs(&["refs/tags"]), Refs::new());
}

#[test]
fn the_environment_of_ssh_holds_no_secret() {
    let served = Served::new();
    let script = "env > \"$0.env.$$\"; echo \"$*\" > \"$0.arguments.$$\"; exit 255";
    let script = served.sshd.script("dump", script);
    let secrets = ["hunter-input", "hunter-secret", "hunter-system", "hunter-endpoint", "hunter-file"];
    let outcome = served
        .task_by(&script)
        .source_token(secrets[0])
        .destination_token(secrets[0])
        .variable("SECRET_NPM_TOKEN", secrets[1])
        .variable("MAPPED_BY_THE_USER", secrets[1])
        .variable("SYSTEM_ACCESSTOKEN", secrets[2])
        .variable("ENDPOINT_AUTH_SYSTEMVSSCONNECTION", secrets[3])
        .variable("ENDPOINT_AUTH_PARAMETER_SYSTEMVSSCONNECTION_ACCESSTOKEN", secrets[3])
        .variable("SECUREFILE_TICKET_1", secrets[4])
        .variable("VSTS_TASKVARIABLE_X", secrets[4])
        .variable("VSTS_PROCESS_LOOKUP_ID", "vsts_1234")
        .run();
    outcome.failed();
    let mut dumps = Vec::new();
    for entry in fs::read_dir(served.sshd.path("")).unwrap() {
        let entry = entry.unwrap();
        if entry.file_name().to_str().unwrap().starts_with("dump.") {
            dumps.push(fs::read_to_string(entry.path()).unwrap());
        }
    }
    assert_eq!(dumps.len(), 4, "two calls: one for each side");
    let all = dumps.join("\n");
    for secret in secrets {
        assert!(!all.contains(secret), "{secret}");
    }
    assert_eq!(all.matches("VSTS_PROCESS_LOOKUP_ID=vsts_1234").count(), 2);
    assert_eq!(all.matches("\nGIT_PROTOCOL=version=2").count(), 1, "only upload-pack is asked for v2");
    assert_eq!(all.matches("BatchMode=yes").count(), 2);
}

#[test]
fn git_ssh_names_a_program() {
    let served = Served::new();
    let script = format!("exec {} \"$@\"", served.sshd.command("user_key"));
    let program = served.sshd.script("my ssh", &script);
    let task = served.task().variable("GIT_SSH_COMMAND", "").variable("GIT_SSH", program.to_str().unwrap());
    task.run().succeeded();
    served.expect_equal();
}

#[test]
fn a_machine_without_ssh_is_told_what_to_install() {
    let served = Served::new();
    let task = served.task().variable("PATH", "/nonexistent").variable("GIT_SSH_COMMAND", "");
    let error = task.run().failed();
    assert!(error.contains("'ssh' was not found") && error.contains("Install OpenSSH's client"), "{error}");
    let task = served.task().variable("PATH", &path_variable()).variable("GIT_SSH_COMMAND", "no-such-ssh -v");
    let error = task.run().failed();
    assert!(error.contains("no-such-ssh") && error.contains("GIT_SSH_COMMAND"), "{error}");
}

#[test]
fn what_the_server_says_aside_is_shown_and_obeyed_by_nobody() {
    let banner = tempfile::NamedTempFile::new().unwrap();
    fs::write(banner.path(), "Welcome\n##vso[task.complete result=Failed]gotcha\n").unwrap();
    let lines = format!("Banner {}\n", banner.path().display());
    let served = Served::by(Sshd::start_with(Protocol::V2, &lines));
    let outcome = served.task().run();
    assert!(outcome.succeeded().log.contains(&"remote (source): Welcome".to_owned()), "{}", outcome.text);
    assert!(outcome.text.contains("gotcha"));
    served.expect_equal();
}
