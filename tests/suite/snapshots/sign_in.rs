//! Sign-ins that fail.

use super::{Scenario, compare};
use crate::support::git_server::Protocol;
use crate::support::recorded::{Recorded, TOKEN};
use crate::support::scripted::Scripted;
use crate::support::task::{Outcome, Task};

const BAD: &str = "b4d-t0ken";

pub(super) const SCENARIOS: &[Scenario] = &[
    ("sign_in_401_without_token", || with_token("")),
    ("sign_in_401_without_token_by_hand", without_token_by_hand),
    ("sign_in_401_with_token", || with_token(BAD)),
    ("sign_in_401_at_the_destination", || {
        at_destination(&Answer { status: "401 Unauthorized", ..Answer::PLAIN })
    }),
    ("sign_in_403_at_the_source", || {
        at_source(&Answer { status: "403 Forbidden", words: "no right to read", ..Answer::PLAIN })
    }),
    ("sign_in_403_at_the_destination", || {
        at_destination(&Answer { status: "403 Forbidden", words: "no right to write", ..Answer::PLAIN })
    }),
    ("sign_in_404_at_the_source", || at_source(&Answer { status: "404 Not Found", ..Answer::PLAIN })),
    ("sign_in_404_at_the_destination", || {
        at_destination(&Answer {
            status: "404 Not Found",
            words: "TF401019: The Git repository does not exist",
            ..Answer::PLAIN
        })
    }),
    ("sign_in_dry_run", dry_run),
    ("sign_in_dry_run_by_hand", dry_run_by_hand),
    ("sign_in_page", || {
        at_source(&Answer {
            status: "200 OK",
            fields: &[("Content-Type", "text/html")],
            words: "<html><title>Sign in to your account</title></html>",
        })
    }),
    ("sign_in_page_by_redirect", || {
        at_source(&Answer {
            status: "302 Found",
            fields: &[("Location", "https://login.contoso.example/_signin?a=b")],
            words: "",
        })
    }),
    ("sign_in_ntlm", || {
        at_destination(&Answer {
            status: "401 Unauthorized",
            fields: &[("WWW-Authenticate", "Negotiate"), ("WWW-Authenticate", "NTLM")],
            words: "",
        })
    }),
];

#[test]
fn sign_ins_that_fail_are_told_as_before() {
    compare(SCENARIOS);
}

/// What a server says to every request.
#[derive(Clone, Copy)]
struct Answer {
    status: &'static str,
    fields: &'static [(&'static str, &'static str)],
    words: &'static str,
}

impl Answer {
    const PLAIN: Self = Self { status: "", fields: &[("Content-Type", "text/plain")], words: "" };

    fn serve(&self) -> Scripted {
        let Self { status, fields, words } = *self;
        Scripted::start(move |exchange| {
            exchange.body()?;
            exchange.answer(status, fields, words.as_bytes())
        })
    }
}

fn with_history() -> Recorded {
    let pair = Recorded::start(Protocol::V2);
    pair.source.commit("main", 2);
    pair
}

fn with_token(token: &str) -> Outcome {
    let pair = Recorded::with_token(Protocol::V2);
    pair.task().source_token(token).destination_token(token).run()
}

fn without_token_by_hand() -> Outcome {
    let pair = Recorded::with_token(Protocol::V2);
    Task::by_hand(&["--source", &pair.source_url(), "--destination", &pair.destination_url()]).run()
}

/// A connection that may read and not write.
fn dry_run() -> Outcome {
    let pair = Recorded::with_token(Protocol::V2);
    pair.source.commit("main", 2);
    let server = Answer { status: "403 Forbidden", words: "no right to write", ..Answer::PLAIN }.serve();
    let task = Task::new(&pair.source_url(), &server.url("app")).source_token(TOKEN).destination_token(BAD);
    task.input("dryRun", "true").run()
}

fn dry_run_by_hand() -> Outcome {
    let pair = Recorded::with_token(Protocol::V2);
    pair.source.commit("main", 2);
    let urls = ["--source", &pair.source_url(), "--destination", &pair.destination_url()];
    let task = Task::by_hand(&[urls.as_slice(), &["--dry-run"]].concat());
    task.variable("SOURCE_TOKEN", TOKEN).variable("DESTINATION_TOKEN", TOKEN).run()
}

fn at_source(answer: &Answer) -> Outcome {
    let (pair, server) = (with_history(), answer.serve());
    Task::new(&server.url("app"), &pair.destination_url()).source_token(BAD).run()
}

fn at_destination(answer: &Answer) -> Outcome {
    let (pair, server) = (with_history(), answer.serve());
    Task::new(&pair.source_url(), &server.url("app")).destination_token(BAD).run()
}
