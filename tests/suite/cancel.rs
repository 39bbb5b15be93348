//! Ends of a run from outside: signals, the death of whoever started it, and another run at the same time.

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::sync::Mutex;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::support::git::{BRANCHES_AND_TAGS, Refs, Repository, rpc};
use crate::support::git_server::Protocol;
use crate::support::recorded::{Recorded, contains};
use crate::support::relay::unanswering;
use crate::support::scripted::{Exchange, Scripted};
use crate::support::sshd::{Sshd, path_variable};
use crate::support::task::{Outcome, Running, Task};

/// The agent's patience is 7.5 s after the first signal, and this program promises less.
const MOMENT: Duration = Duration::from_secs(5);

/// Tells a test that a server has come to the point.
fn point() -> (Mutex<Sender<()>>, Receiver<()>) {
    let (sender, receiver) = mpsc::channel();
    (Mutex::new(sender), receiver)
}

/// Says that the point is reached and waits until the client has gone.
fn hold(exchange: &mut Exchange<'_>, here: &Mutex<Sender<()>>) -> std::io::Result<()> {
    here.lock().unwrap().send(()).ok();
    exchange.wait_for_end()
}

/// Ends a run by a signal at the point.
#[track_caller]
fn end(running: Running, reached: &Receiver<()>, signal: Signal) -> Outcome {
    reached.recv_timeout(Duration::from_secs(60)).expect("the run comes to the point");
    let watch = Instant::now();
    running.signal(signal);
    let outcome = running.end();
    assert!(watch.elapsed() < MOMENT, "{:?}\n{}", watch.elapsed(), outcome.text);
    assert_eq!(outcome.left, Vec::<String>::new(), "nothing is left on the disk");
    outcome
}

/// A source that gives one answer only in half.
fn half_source(repository: &Repository, part: &'static str, here: Mutex<Sender<()>>) -> Scripted {
    let repository = repository.clone();
    Scripted::start(move |exchange| {
        if exchange.head.method == "GET" {
            return exchange.as_git(&repository, 2, |_, answer| answer);
        }
        let request = exchange.body()?;
        let answer = rpc(&repository, "upload-pack", 2, Some(&request));
        let fields = [("Content-Type", "application/x-git-upload-pack-result")];
        exchange.begin("200 OK", &fields, Some(answer.len()))?;
        if contains(&request, part.as_bytes()) {
            exchange.send(&answer[..answer.len() / 2])?;
            return hold(exchange, &here);
        }
        exchange.send(&answer)
    })
}

#[test]
fn a_cancel_in_listing_or_pack_applies_nothing() {
    for signal in [Signal::INT, Signal::TERM] {
        for (part, noise) in [("command=ls-refs", 0), ("command=fetch", 0), ("command=fetch", 6_000_000)] {
            let mut pair = Recorded::start(Protocol::V2);
            pair.source.commit("main", 150);
            if noise > 0 {
                pair.source.commit_noise("main", noise);
            }
            pair.destination.commit("other", 2);
            let before = pair.destination.refs(&[]);
            let (here, reached) = point();
            let source = half_source(&pair.source, part, here);
            let outcome =
                end(Task::new(&source.url("source"), &pair.destination_url()).start(), &reached, signal);
            let error = outcome.failed();
            assert!(error.contains("cancelled: "), "{error}");
            pair.settle();
            assert_eq!(pair.destination.refs(&[]), before);
            pair.destination.fsck();
        }
    }
}

/// Whether a destination that says nothing has done what it was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Silent {
    Applied,
    NotApplied,
}

#[test]
fn a_cancel_before_the_report_says_what_changed() {
    for (signal, silent) in
        [(Signal::INT, Silent::Applied), (Signal::TERM, Silent::Applied), (Signal::TERM, Silent::NotApplied)]
    {
        let pair = Recorded::start(Protocol::V2);
        pair.source.commit("main", 3);
        let repository = pair.destination.clone();
        let (here, reached) = point();
        let destination = Scripted::start(move |exchange| {
            if !exchange.is("POST", "/git-receive-pack") {
                return exchange.as_git(&repository, 2, |_, answer| answer);
            }
            let request = exchange.body()?;
            if silent == Silent::Applied {
                rpc(&repository, "receive-pack", 0, Some(&request));
            }
            hold(exchange, &here)
        });
        let running = Task::new(&pair.source_url(), &destination.url("destination")).start();
        let outcome = end(running, &reached, signal);
        match silent {
            // All is as it should be: the run was done when it was cancelled.
            Silent::Applied => {
                assert_eq!(outcome.result(), "Succeeded", "{}", outcome.text);
                assert_eq!(outcome.counts(), [1, 0, 0, 0, 0]);
                assert_eq!(pair.destination.refs(&[]), pair.source.refs(&[]));
            }
            Silent::NotApplied => {
                assert!(outcome.failed().contains("cancelled: "), "{}", outcome.text);
                assert_eq!(outcome.counts()[..3], [0, 0, 0]);
                assert_eq!(pair.destination.refs(&[]), Refs::new());
            }
        }
    }
}

/// Expects that a run ends at once, as one that was cancelled and changed nothing.
#[track_caller]
fn expect_cancelled_in_connecting(task: &Task, reached: &Receiver<()>) {
    let error = end(task.start(), reached, Signal::TERM).failed();
    assert!(error.contains("cancelled: nothing was changed"), "{error}");
}

/// Tells when somebody has connected to a listener, and keeps the connection without a word.
fn connected(listener: TcpListener) -> Receiver<()> {
    let (here, reached) = mpsc::channel();
    thread::spawn(move || {
        let silent = listener.accept();
        here.send(()).ok();
        let _more: Vec<_> = listener.incoming().collect();
        drop(silent);
    });
    reached
}

#[test]
fn a_run_that_is_cancelled_while_it_connects_ends_at_once() {
    let pair = Recorded::start(Protocol::V2);
    let (address, _queue) = unanswering();
    for url in ["http", "https", "ssh"].map(|scheme| format!("{scheme}://{address}/r")) {
        for (source, destination) in [(url.clone(), pair.destination_url()), (pair.source_url(), url)] {
            let (here, reached) = mpsc::channel();
            thread::spawn(move || {
                thread::sleep(Duration::from_millis(300));
                here.send(()).ok();
            });
            let task = Task::new(&source, &destination).variable("PATH", &path_variable());
            expect_cancelled_in_connecting(&task, &reached);
        }
    }
}

#[test]
fn a_cancel_in_a_silent_tls_handshake_ends_at_once() {
    let pair = Recorded::start(Protocol::V2);
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let url = format!("https://{}/r", listener.local_addr().unwrap());
    let reached = connected(listener);
    expect_cancelled_in_connecting(&Task::new(&pair.source_url(), &url), &reached);
}

#[test]
fn a_cancel_before_a_silent_proxy_ends_at_once() {
    for scheme in ["http", "https"] {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let proxy = format!("http://{}", listener.local_addr().unwrap());
        let reached = connected(listener);
        let [source, destination] = ["a", "b"].map(|name| format!("{scheme}://git.contoso.example/{name}"));
        let task = Task::new(&source, &destination).variable("AGENT_PROXYURL", &proxy);
        expect_cancelled_in_connecting(&task, &reached);
    }
}

/// A file that nobody can open without waiting for ever.
fn pipe(path: &Path) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::remove_file(path).ok();
    assert!(std::process::Command::new("mkfifo").arg(path).status().unwrap().success());
}

/// Two repositories on this disk, and a run between them.
fn on_disk() -> (tempfile::TempDir, Repository, Repository, Task) {
    let folder = tempfile::tempdir().unwrap();
    let [source, destination] =
        ["source.git", "destination.git"].map(|name| Repository::init(folder.path().join(name)));
    source.commit("main", 20);
    let task = Task::new(source.path.to_str().unwrap(), destination.path.to_str().unwrap());
    (folder, source, destination, task)
}

/// Cancels a run that hangs by then, and returns what it says last.
#[track_caller]
fn cancel_hanging(task: &Task) -> String {
    let running = task.start();
    thread::sleep(Duration::from_secs(1));
    let (here, reached) = mpsc::channel();
    here.send(()).unwrap();
    end(running, &reached, Signal::INT).failed()
}

#[test]
fn a_hang_before_the_push_says_that_nothing_changed() {
    let (_folder, source, _, task) = on_disk();
    pipe(&source.path.join("packed-refs"));
    let error = cancel_hanging(&task);
    assert_eq!(error, "cancelled: no ref was changed at the destination");
}

#[test]
fn a_local_repository_that_hangs_does_not_keep_the_run() {
    let (_folder, source, destination, task) = on_disk();
    task.run().succeeded();
    let before = destination.refs(&[]);
    let blob = source.blob(b"in a tag of its own");
    source.set("refs/tags/blob", &blob);
    pipe(&source.path.join("objects").join(&blob[..2]).join(&blob[2..]));
    let error = cancel_hanging(&task);
    assert_eq!(error, "cancelled: nothing was changed at the destination");
    assert_eq!(destination.refs(&[]), before);
}

#[test]
fn a_local_destination_that_hangs_keeps_no_half_of_a_pack() {
    let (_folder, _, destination, task) = on_disk();
    pipe(&destination.path.join("objects/info/alternates"));
    let error = cancel_hanging(&task);
    assert_eq!(error, "cancelled: no ref was changed at the destination");
    let left = fs::read_dir(destination.path.join("objects")).unwrap();
    let left: Vec<_> = left.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    assert!(!left.iter().any(|name| name.starts_with("tmp_")), "{left:?}");
}

#[test]
fn endless_progress_takes_no_memory_and_ends_with_the_run() {
    let pair = Recorded::start(Protocol::V2);
    pair.source.commit("main", 3);
    let (here, reached) = point();
    let repository = pair.source.clone();
    let source = Scripted::start(move |exchange| {
        if !exchange.is("POST", "/git-upload-pack") {
            return exchange.as_git(&repository, 2, |_, answer| answer);
        }
        let request = exchange.body()?;
        let fields = [("Content-Type", "application/x-git-upload-pack-result")];
        if !contains(&request, b"command=fetch") {
            let answer = rpc(&repository, "upload-pack", 2, Some(&request));
            exchange.begin("200 OK", &fields, Some(answer.len()))?;
            return exchange.send(&answer);
        }
        exchange.begin("200 OK", &fields, None)?;
        exchange.send(b"000dpackfile\n")?;
        let endless =
            [b"03ed\x02".as_slice(), &[b'x'; 1000], b"0005\x01", b"000a\x02##[x\r"].concat().repeat(8);
        for number in 0_u32.. {
            exchange.send(&endless)?;
            if number == 2000 {
                here.lock().unwrap().send(()).ok();
            }
        }
        Ok(())
    });
    let running = Task::new(&source.url("source"), &pair.destination_url()).start();
    let outcome = end(running, &reached, Signal::TERM);
    assert!(outcome.failed().contains("cancelled: "), "{}", outcome.failed());
    assert!(outcome.peak < 64 << 20, "{} bytes", outcome.peak);
    assert_eq!(pair.destination.refs(&[]), Refs::new());
}

/// Waits until the process of this id has gone.
fn expect_gone(pid: &str) {
    let watch = Instant::now();
    while Path::new("/proc").join(pid).exists() {
        assert!(watch.elapsed() < MOMENT, "process {pid} is still there");
        thread::yield_now();
    }
}

#[test]
fn a_run_over_ssh_that_is_cancelled_leaves_no_child() {
    for signal in [Signal::INT, Signal::TERM] {
        let sshd = Sshd::start(Protocol::V2);
        let source = Repository::init(sshd.path("source.git"));
        source.commit("main", 150);
        source.commit_noise("main", 3_000_000);
        let destination = Repository::init(sshd.path("destination.git"));
        let ssh = sshd.command("user_key");
        let pids = sshd.path("pids");
        let script = format!(
            "echo $$ >> '{0}'; case \"$*\" in *git-upload-pack*) {ssh} \"$@\" | \
             {{ dd bs=512 count=3000 status=none; echo $$ > '{0}.half'; exec sleep 600; }} ;; \
             *) exec {ssh} \"$@\" ;; esac",
            pids.display()
        );
        let script = sshd.script("half", &script);
        let task = sshd.admit(Task::new(&sshd.url("source.git"), &sshd.url("destination.git")));
        let running = task.variable("GIT_SSH_COMMAND", script.to_str().unwrap()).start();
        let (here, reached) = mpsc::channel();
        let half = sshd.path("pids.half");
        thread::spawn(move || {
            while !half.exists() {
                thread::yield_now();
            }
            here.send(()).ok();
        });
        let outcome = end(running, &reached, signal);
        assert!(outcome.failed().contains("cancelled: "), "{}", outcome.text);
        for pid in fs::read_to_string(&pids).unwrap().lines() {
            expect_gone(pid);
        }
        assert_eq!(destination.refs(&[]), Refs::new());
        destination.fsck();
    }
}

#[test]
fn the_death_of_whoever_started_the_run_ends_it() {
    let pair = Recorded::start(Protocol::V2);
    pair.source.commit("main", 150);
    let (here, reached) = point();
    let source = half_source(&pair.source, "command=fetch", here);
    let mut running = Task::new(&source.url("source"), &pair.destination_url()).by_launcher().start();
    reached.recv_timeout(Duration::from_secs(60)).expect("the run comes to the point");
    let watch = Instant::now();
    running.abandon();
    let outcome = running.end();
    assert!(watch.elapsed() < MOMENT, "{:?}", watch.elapsed());
    assert_eq!(outcome.result(), "Failed", "{}", outcome.text);
    assert_eq!(outcome.status, Some(90), "the launcher would know that the failure is said");
    assert_eq!(pair.destination.refs(&[]), Refs::new());
}

#[test]
fn unread_last_words_do_not_count_as_said() {
    let pair = Recorded::start(Protocol::V2);
    let destination = Repository::init(pair.source.path.with_file_name("silent.git"));
    // A list of what is deleted, longer than a pipe holds, which is 64 KiB.
    pair.source.commit("main", 1);
    destination.commit("main", 1);
    destination.branch_many(&format!("{0}/{0}", "long".repeat(50)), 300);
    let task = Task::new(&pair.source_url(), destination.path.to_str().unwrap()).by_launcher();
    let (mut child, _home) = task.input("dryRun", "true").input("maxDeletionsPercent", "100").start_unread();
    thread::sleep(Duration::from_secs(2));
    assert_eq!(child.try_wait().unwrap(), None, "it waits for a reader");
    let watch = Instant::now();
    rustix::process::kill_process(rustix::process::Pid::from_child(&child), Signal::INT).unwrap();
    assert_eq!(
        child.wait().unwrap().code(),
        Some(1),
        "which the launcher takes for no failure that was said"
    );
    assert!(watch.elapsed() < MOMENT, "{:?}", watch.elapsed());
}

#[test]
fn two_mirrors_at_once_into_one_destination_converge() {
    for _ in 0..3 {
        let pair = Recorded::start(Protocol::V2);
        pair.source.commit("main", 30);
        pair.source.branch_many("many", 40);
        pair.destination.commit("gone", 3);
        pair.destination.commit("main", 2);
        let before = pair.destination.refs(&[]);
        let both = [pair.task().start(), pair.task().start()].map(Running::end);
        let (now, due) = (pair.destination.refs(&[]), pair.source.refs(&[]));
        for outcome in &both {
            assert!(outcome.result() != "Succeeded" || now == due, "{}", outcome.text);
        }
        for name in now.keys() {
            assert!([before.get(name), due.get(name)].contains(&now.get(name)), "{name}");
        }
        pair.task().run().succeeded();
        assert_eq!(pair.destination.refs(BRANCHES_AND_TAGS), due);
        pair.destination.fsck();
    }
}
