//! The sign-in at the LFS server of a repository behind SSH: `git-lfs-authenticate`, run by the `ssh` that Git's services
//! are run by.

use crate::error::{Failure, Side};
use crate::lfs::batch::Operation;
use crate::lfs::endpoint::{Repository, SshEndpoint};
use crate::lfs::ssh_authenticate::{self, Authenticated};
use crate::lfs::ssh_session::{Authenticate, SshSession};
use crate::transport::Context;
use crate::transport::ssh::run;

/// Returns the sign-in for one side, to be given to [`LfsServer::signed_in_by`](crate::lfs::server::LfsServer::signed_in_by).
/// Nothing is run yet: each batch request runs the command where what it said before has come to its end.
pub(crate) fn session(
    endpoint: &SshEndpoint,
    repository: &Repository,
    operation: Operation,
    context: &Context,
    side: Side,
) -> SshSession {
    SshSession::new(Box::new(SshServer {
        endpoint: endpoint.clone(),
        repository: repository.clone(),
        operation,
        context: context.clone(),
        side,
    }))
}

struct SshServer {
    endpoint: SshEndpoint,
    repository: Repository,
    operation: Operation,
    context: Context,
    side: Side,
}

impl Authenticate for SshServer {
    fn authenticate(&mut self) -> Result<Authenticated, Failure> {
        let Self { endpoint, repository, operation, context, side } = self;
        let line = ssh_authenticate::command(endpoint, *operation);
        let ran = run::run(&endpoint.ssh, &line, ssh_authenticate::LARGEST_ANSWER, *side, context)?;
        match ran.status {
            Some(0) => ssh_authenticate::read(&ran.printed, endpoint, repository)
                .map_err(ssh_authenticate::AuthenticateError::failure),
            Some(status) if ssh_authenticate::is_unknown(status, &ran.words) => {
                ssh_authenticate::guessed(endpoint)
            }
            _ => Err(ran.failure()),
        }
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;
    use std::sync::Arc;
    use std::thread;
    use std::time::Duration;

    use super::*;
    use crate::auth::testing::Told;
    use crate::cancel::{CancelReason, CancelToken};
    use crate::clock::{self, Stopwatch};
    use crate::error::{ErrorKind, LfsProblem};
    use crate::hosts::Host;
    use crate::hosts::bounds::Bounds;
    use crate::http::pauses::Pauses;
    use crate::http::timeouts::Timeouts;
    use crate::lfs::endpoint::Endpoint;
    use crate::lfs::place::Place;
    use crate::lfs::ssh_authenticate::Named;
    use crate::mirror::testing::silent;
    use crate::protocol::Service;
    use crate::remote::url::RemoteUrl;
    use crate::transport::connection::Transport as _;
    use crate::transport::ssh::SshTransport;
    use crate::transport::ssh_program::{ChildEnvironment, SshProgram};

    /// A folder with a script in the place of `ssh`.
    struct Ssh {
        folder: tempfile::TempDir,
        context: Context,
    }

    impl Ssh {
        fn new(script: &str, stall: Duration) -> Self {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("ssh");
            fs::write(&path, format!("#!/bin/sh\ncd {}\n{script}\n", folder.path().display())).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
            let environment = [("PATH", "/usr/bin:/bin"), ("OWN", "own"), ("GIT_PROTOCOL", "version=2")];
            let context = Context {
                ssh: SshProgram::Program(path.into()),
                environment: ChildEnvironment::new(environment.map(|(k, v)| (k.into(), v.into())).to_vec()),
                events: silent(),
                masker: Arc::new(Told::default()),
                timeouts: Timeouts { connect: Duration::from_secs(7), stall, report: stall },
                cancel: CancelToken::default(),
                pauses: Pauses::default(),
                known_servers: crate::transport::known_servers::KnownServers::default(),
                idle_clients: crate::http::idle_clients::IdleClients::default(),
            };
            Self { folder, context }
        }

        fn server(&self) -> SshServer {
            let (url, _) = RemoteUrl::parse("ssh://git@git.example.org:7999/o/r.git").unwrap();
            let (host, place) = (Host::Other, Some(Place::Public));
            let repository = Repository { url, host, bounds: Bounds::Server, place };
            let Ok(Endpoint::Ssh(endpoint)) = Endpoint::of(&repository) else { panic!("{repository:?}") };
            let (operation, context) = (Operation::Upload, self.context.clone());
            SshServer { endpoint, repository, operation, context, side: Side::Destination }
        }

        fn ask(&self) -> Result<Authenticated, Failure> {
            self.server().authenticate()
        }
    }

    fn answered(script: &str) -> Result<Authenticated, Failure> {
        Ssh::new(script, Duration::from_secs(30)).ask()
    }

    #[test]
    fn ssh_runs_as_it_does_for_a_service_of_git() {
        let script = r#"printf '%s\n' "$@" "$OWN" "$GIT_PROTOCOL" > asked; cat > input
echo '{"href": "https://lfs.example.org/r", "header": {"Authorization": "Bearer x"}, "expires_in": 60}'"#;
        let ssh = Ssh::new(script, Duration::from_secs(30));
        let said = ssh.ask().unwrap();
        assert_eq!(said.endpoint.url.expose(), "https://lfs.example.org/r");
        assert_eq!((said.named, said.fields.iter().count()), (Named::ByServer, 1));
        let expected = "-o BatchMode=yes -o StrictHostKeyChecking=yes -o ConnectTimeout=7 -o ServerAliveInterval=15 \
                        -o ServerAliveCountMax=4 -p 7999 git@git.example.org";
        let asked = fs::read_to_string(ssh.folder.path().join("asked")).unwrap();
        let (options, rest) = asked.split_once("git-lfs-authenticate").unwrap();
        assert_eq!(options.split_whitespace().collect::<Vec<_>>().join(" "), expected);
        assert_eq!(rest, " /o/r.git upload\nown\n\n");
        assert_eq!(fs::read(ssh.folder.path().join("input")).unwrap(), b"");
    }

    #[test]
    fn without_the_command_the_guessed_endpoint_is_asked() {
        for script in
            ["exit 127", "echo \"fatal: unrecognized command 'git-lfs-authenticate x'\" >&2; exit 128"]
        {
            let said = answered(script).unwrap();
            assert_eq!(said.named, Named::Guessed, "{script}");
            assert_eq!(said.endpoint.url.expose(), "https://git.example.org/o/r.git/info/lfs");
        }
    }

    #[test]
    fn ssh_fails_as_it_does_for_a_service_of_git() {
        for (status, words) in [
            (255, "Host key verification failed."),
            (255, "git@git.example.org: Permission denied (publickey)."),
            (255, "ssh: Could not resolve hostname git.example.org: Name or service not known"),
            (255, "ssh: connect to host git.example.org port 7999: Connection refused"),
            (255, "something new"),
            (127, "sh: 1: ssh: not found"),
            (128, "ERROR: Repository not found."),
            (1, "remote: ERROR: This deploy key does not have write access to this project."),
        ] {
            let ssh = Ssh::new(&format!("echo '{words}' >&2; exit {status}"), Duration::from_secs(30));
            let failure = ssh.ask().unwrap_err();
            let SshServer { endpoint, context, .. } = ssh.server();
            let mut service = SshTransport::new(&endpoint.ssh, &context, Side::Destination);
            let of_service = service.advertisement(Service::ReceivePack).err().unwrap();
            assert_eq!(failure, of_service, "{words}");
            assert_eq!(failure.remote.as_deref(), Some(words));
        }
    }

    #[test]
    fn what_is_printed_beside_the_point_is_a_failure() {
        let address = ErrorKind::Lfs(LfsProblem::Address);
        for (script, kind) in [
            ("true", ErrorKind::Unavailable { retry_after: None }),
            ("echo Welcome", ErrorKind::Lfs(LfsProblem::Answer)),
            (r#"echo '{"href": "http://git.example.org/r"}'"#, address),
            (r#"echo '{"href": "https://127.0.0.1/r"}'"#, address),
            (r#"echo '{"header": {}}'; kill -9 $$"#, ErrorKind::Interrupted),
            ("while echo 0123456789012345678901234567890123456789; do :; done", ErrorKind::Protocol),
        ] {
            let failure = answered(script).unwrap_err();
            assert_eq!((failure.kind, failure.remote), (kind, None), "{script}");
        }
    }

    #[test]
    fn silence_ends_and_so_does_a_run_that_is_stopped() {
        let watch = Stopwatch::start();
        let silent = Ssh::new("sleep 1000", Duration::from_millis(200));
        assert_eq!(silent.ask().unwrap_err().kind, ErrorKind::Interrupted);
        let dripping = Ssh::new("while sleep 0.05; do echo; done", Duration::from_millis(300));
        assert_eq!(dripping.ask().unwrap_err().kind, ErrorKind::Interrupted);
        let stopped = Ssh::new("touch runs; sleep 1000", Duration::from_secs(1000));
        let (runs, cancel) = (stopped.folder.path().join("runs"), stopped.context.cancel.clone());
        let canceller = thread::spawn(move || {
            clock::wait_for(Duration::from_secs(30), || runs.exists().then_some(()));
            cancel.now(CancelReason::Cancelled);
        });
        assert_eq!(stopped.ask().unwrap_err().kind, ErrorKind::Interrupted);
        canceller.join().unwrap();
        assert!(watch.elapsed() < Duration::from_secs(60));
    }
}
