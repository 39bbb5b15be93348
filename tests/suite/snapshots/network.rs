//! Failures of the network, of certificates and of proxies; redirects; and listings that lag behind.

use std::net::TcpListener;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::{Scenario, compare};
use crate::certificates;
use crate::support::git::{Repository, rpc};
use crate::support::git_server::Protocol;
use crate::support::recorded::{Recorded, TOKEN, contains};
use crate::support::relay::unanswering;
use crate::support::scripted::{Exchange, Scripted};
use crate::support::task::{Outcome, Task};

pub(super) const SCENARIOS: &[Scenario] = &[
    ("network_unknown_name", || from("http://git.contoso.invalid/app")),
    ("network_unknown_name_by_hand", unknown_name_by_hand),
    ("network_connection_refused", || from(&format!("http://{}/app", nobody()))),
    ("network_connect_time_out", connect_time_out),
    ("network_source_stands_still", stands_still),
    ("network_source_busy_then_well", busy_then_well),
    ("network_source_cut_in_the_pack", cut_pack),
    ("network_destination_cut_before_the_report", cut_report),
    ("network_applied_without_a_report", applied_without_report),
    ("network_certificate_of_unknown_issuer", certificates::of_unknown_issuer),
    ("network_certificate_expired", certificates::expired),
    ("network_certificate_for_another_name", certificates::for_another_name),
    ("network_proxy_down", || by_proxy(&nobody())),
    ("network_proxy_wants_a_password", || proxy_that_answers("407 Proxy Authentication Required")),
    ("network_proxy_forbids", || proxy_that_answers("403 Forbidden")),
    ("network_redirect_of_the_source", redirected_source),
    ("network_redirect_of_the_destination", redirected_destination),
    ("network_listing_lags_behind", lagging),
];

#[test]
fn failures_of_the_network_are_told_as_before() {
    compare(SCENARIOS);
}

fn with_history() -> Recorded {
    let pair = Recorded::start(Protocol::V2);
    pair.source.commit("main", 3);
    pair
}

/// The address of a server that has gone.
fn nobody() -> String {
    TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().to_string()
}

/// Mirrors from this address, once.
fn from(source: &str) -> Outcome {
    by_proxy_from(source, None)
}

fn by_proxy_from(source: &str, proxy: Option<&str>) -> Outcome {
    let pair = Recorded::start(Protocol::V2);
    let task = Task::new(source, &pair.destination_url()).input("maxAttempts", "1");
    let with_proxy = |task: Task, proxy| task.variable("https_proxy", &format!("http://bob:hunter2@{proxy}"));
    proxy.into_iter().fold(task, with_proxy).run()
}

fn unknown_name_by_hand() -> Outcome {
    let pair = with_history();
    let to = pair.destination_url();
    let flags = ["--source", "http://git.contoso.invalid/app", "--destination", &to, "--max-attempts=1"];
    Task::by_hand(&flags).run()
}

fn connect_time_out() -> Outcome {
    let pair = with_history();
    let (address, _queue) = unanswering();
    let task = Task::new(&pair.source_url(), &format!("http://{address}/app"));
    task.input("connectTimeoutSeconds", "1").input("maxAttempts", "1").run()
}

/// Mirrors from a server that answers so, into a real one.
fn from_scripted(
    inputs: &[(&str, &str)],
    script: impl Fn(&mut Exchange<'_>, &Repository) -> std::io::Result<()> + Send + Sync + 'static,
) -> Outcome {
    let pair = with_history();
    let repository = pair.source.clone();
    let source = Scripted::start(move |exchange| script(exchange, &repository));
    let task = Task::new(&source.url("source"), &pair.destination_url());
    inputs.iter().fold(task, |task, (name, value)| task.input(name, value)).run()
}

/// Mirrors into a server that answers so to pushes, from a real one.
fn push_to(
    script: impl Fn(&mut Exchange<'_>, &Repository) -> std::io::Result<()> + Send + Sync + 'static,
) -> Outcome {
    let pair = with_history();
    let repository = pair.destination.clone();
    let destination = Scripted::start(move |exchange| {
        if exchange.is("POST", "/git-receive-pack") {
            return script(exchange, &repository);
        }
        exchange.as_git(&repository, 2, |_, answer| answer)
    });
    Task::new(&pair.source_url(), &destination.url("destination")).input("maxAttempts", "1").run()
}

fn stands_still() -> Outcome {
    from_scripted(&[("maxAttempts", "1"), ("stallTimeoutSeconds", "1")], |exchange, _| {
        exchange.wait_for_end()
    })
}

fn busy_then_well() -> Outcome {
    let asked = AtomicUsize::new(0);
    from_scripted(&[], move |exchange, repository| {
        if asked.fetch_add(1, Ordering::SeqCst) == 0 {
            exchange.body()?;
            let fields = [("Content-Type", "text/plain"), ("Retry-After", "1")];
            return exchange.answer("503 Service Unavailable", &fields, b"maintenance");
        }
        exchange.as_git(repository, 2, |_, answer| answer)
    })
}

fn cut_pack() -> Outcome {
    from_scripted(&[("maxAttempts", "1")], |exchange, repository| {
        if exchange.head.method == "GET" {
            return exchange.as_git(repository, 2, |_, answer| answer);
        }
        let request = exchange.body()?;
        let answer = rpc(repository, "upload-pack", 2, Some(&request));
        let sent = if contains(&request, b"command=fetch") { answer.len() / 2 } else { answer.len() };
        let fields = [("Content-Type", "application/x-git-upload-pack-result")];
        exchange.begin("200 OK", &fields, Some(answer.len()))?;
        exchange.send(&answer[..sent])
    })
}

fn cut_report() -> Outcome {
    push_to(|exchange, _| exchange.body().map(drop))
}

fn applied_without_report() -> Outcome {
    push_to(|exchange, repository| {
        let request = exchange.body()?;
        rpc(repository, "receive-pack", 0, Some(&request));
        exchange.answer("504 Gateway Time-out", &[("Content-Type", "text/html")], b"<title>504</title>")
    })
}

fn by_proxy(proxy: &str) -> Outcome {
    by_proxy_from("https://git.contoso.example/app", Some(proxy))
}

fn proxy_that_answers(status: &'static str) -> Outcome {
    let proxy = Scripted::start(move |exchange| exchange.answer(status, &[], b""));
    by_proxy(&proxy.address().to_string())
}

/// A server that sends whoever asks for `/old` to another.
fn redirecting(to: String) -> Scripted {
    Scripted::start(move |exchange| {
        let location = exchange.head.target.replacen("/old", &to, 1);
        exchange.body()?;
        exchange.answer("302 Found", &[("Location", &location)], b"")
    })
}

fn redirected_source() -> Outcome {
    let pair = with_history();
    let moved = redirecting(pair.source_url());
    Task::new(&moved.url("old"), &pair.destination_url()).source_token(TOKEN).run()
}

fn redirected_destination() -> Outcome {
    let pair = with_history();
    let moved = redirecting(pair.destination_url());
    Task::new(&pair.source_url(), &moved.url("old")).destination_token(TOKEN).run()
}

/// A destination that after a push lists once more what it had before.
fn lagging() -> Outcome {
    let pair = with_history();
    let before = Repository::init(pair.destination.path.with_file_name("before.git"));
    let (repository, listed) = (pair.destination.clone(), AtomicUsize::new(0));
    let destination = Scripted::start(move |exchange| {
        let is_second = exchange.head.method == "GET" && listed.fetch_add(1, Ordering::SeqCst) == 1;
        exchange.as_git(if is_second { &before } else { &repository }, 2, |_, answer| answer)
    });
    Task::new(&pair.source_url(), &destination.url("destination")).run()
}
