//! What goes over the wire: credentials, redirects, framing, and answers that are not Git's.

use std::sync::{Arc, OnceLock};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use crate::support::git::{BRANCHES_AND_TAGS, Refs, Repository};
use crate::support::git_server::{Protocol, Request};
use crate::support::http::Framing;
use crate::support::nginx::{Nginx, PASSWORD, Scheme, USER};
use crate::support::recorded::{Recorded, TOKEN, contains, in_both_protocols};
use crate::support::scripted::{Exchange, Scripted};
use crate::support::task::{Outcome, Task};

/// Expects that nobody who reads the log can learn a token, in any form in which it is sent.
#[track_caller]
fn expect_secret(outcome: &Outcome, token: &str) {
    let visible = outcome.visible();
    assert!(!visible.contains(token), "{visible}");
    for word in visible.split(|c: char| !c.is_ascii_alphanumeric() && !"+/=".contains(c)) {
        let plain = BASE64_STANDARD.decode(word).unwrap_or_default();
        assert!(!contains(&plain, token.as_bytes()), "{word} in\n{visible}");
    }
    let masked: Vec<_> =
        outcome.named("task.setsecret").iter().map(|command| command.data.as_str()).collect();
    assert!(masked.contains(&token), "{masked:?}");
    let first_line = outcome.text.lines().next().unwrap();
    assert!(first_line.starts_with("##vso[task.setsecret]"), "masked before anything else: {first_line}");
}

#[test]
fn every_request_signs_in_at_once_and_the_token_shows_nowhere() {
    for protocol in [Protocol::V2, Protocol::V0] {
        let pair = Recorded::with_token(protocol);
        pair.source.commit("main", 20);
        pair.source.commit_noise("main", 3_000_000);
        pair.destination.commit("gone", 1);
        let task = pair.task().source_token(TOKEN).destination_token(TOKEN).variable("SYSTEM_DEBUG", "true");
        let outcome = task.run();
        outcome.succeeded();
        expect_secret(&outcome, TOKEN);
        let sent = outcome.named("task.setsecret").into_iter().map(|command| command.data.clone());
        let sent: Vec<_> = sent.collect();
        for request in pair.requests() {
            assert_eq!(request.status, 200, "no request had to be asked for credentials: {request:?}");
            let authorization = request.head.header("authorization").expect("credentials").to_owned();
            let encoded = authorization.strip_prefix("Basic ").unwrap().to_owned();
            assert!(sent.contains(&encoded), "what is sent is masked: {sent:?}");
            assert!(!request.head.target.contains("t0ken"), "{}", request.head.target);
        }
    }
}

#[test]
fn an_echo_of_credentials_shows_no_part_wherever_it_is_cut() {
    let pair = Recorded::start(Protocol::V2);
    pair.source.commit("main", 2);
    for before in (560..600).step_by(7) {
        let destination = Scripted::start(move |exchange| {
            let echo = exchange.head.header("authorization").unwrap_or_default().to_owned();
            let page = format!("{} {echo} {}", "x".repeat(before), "y".repeat(600));
            exchange.answer("403 Forbidden", &[("Content-Type", "text/plain")], page.as_bytes())
        });
        let task = Task::new(&pair.source_url(), &destination.url("destination")).destination_token(TOKEN);
        let outcome = task.variable("SYSTEM_DEBUG", "true").run();
        let error = outcome.failed();
        assert!(error.contains("xxx ***"), "the page is shown, but for its secret: {error}");
        expect_secret(&outcome, TOKEN);
        for request in destination.seen() {
            let sent = request.header("authorization").unwrap_or("Basic nothing").split_once(' ').unwrap().1;
            assert!(!outcome.visible().contains(&sent[..6]), "{sent} in {}", outcome.visible());
        }
    }
}

#[test]
fn no_cache_on_the_way_may_answer_for_a_server() {
    in_both_protocols(|pair| {
        pair.source.commit("main", 2);
        pair.task().run().succeeded();
        let lists: Vec<_> =
            pair.requests().into_iter().filter(|request| request.head.method == "GET").collect();
        assert!(lists.len() >= 3, "{lists:?}");
        for request in lists {
            assert_eq!(request.head.header("cache-control"), Some("no-cache"));
            assert_eq!(request.head.header("pragma"), Some("no-cache"));
        }
    });
}

#[test]
fn a_token_that_is_refused_fails_without_showing_it() {
    for side in ["source", "destination"] {
        let pair = Recorded::with_token(Protocol::V2);
        pair.source.commit("main", 2);
        let wrong = "wr0ng-token-value";
        let task = pair.task().source_token(TOKEN).destination_token(TOKEN);
        let task = task.input(&format!("{side}GitRepositoryPersonalAccessToken"), wrong);
        let outcome = task.run();
        let error = outcome.failed();
        assert!(
            error.contains("401") && error.contains(&format!("{side}GitRepositoryPersonalAccessToken")),
            "{error}"
        );
        expect_secret(&outcome, wrong);
        assert_eq!(pair.destination.refs(&[]), Refs::new());
    }
}

/// As people put it into a URL, which is what this task's predecessor did with it.
#[test]
fn a_token_may_come_percent_encoded() {
    let pair = Recorded::with_token(Protocol::V2);
    pair.source.commit("main", 2);
    let encoded = "t0ken%2Bwith%2Fodd%3dchars%21";
    let outcome = pair.task().source_token(encoded).destination_token(encoded).run();
    outcome.succeeded();
    expect_secret(&outcome, TOKEN);
    expect_secret(&outcome, encoded);
}

#[test]
fn a_missing_token_fails_and_names_its_input() {
    let pair = Recorded::with_token(Protocol::V2);
    pair.source.commit("main", 2);
    let error = pair.task().run().failed();
    assert!(error.contains("sourceGitRepositoryPersonalAccessToken"), "{error}");
}

#[test]
fn user_and_token_sign_in_over_https_with_a_private_authority() {
    let nginx = Nginx::start();
    let source = Repository::init(nginx.path("source.git"));
    source.commit("main", 30);
    source.commit_noise("main", 3_000_000);
    let destination = Repository::init(nginx.path("destination.git"));
    let url = |repository| nginx.url_with_sign_in(Scheme::Https, repository);
    let pair = format!("{USER}:{PASSWORD}");
    let task =
        Task::new(&url("source.git"), &url("destination.git")).source_token(&pair).destination_token(&pair);
    let outcome = task.clone().trusting(&nginx.authority()).run();
    outcome.succeeded();
    assert!(!outcome.visible().contains(PASSWORD));
    assert_eq!(destination.refs(BRANCHES_AND_TAGS), source.refs(BRANCHES_AND_TAGS));

    // In the URL it works as well, and is taken out of it.
    let in_url = url("source.git").replace("https://", &format!("https://{USER}:{}@", "pAss+w0rd%2Fnginx=="));
    let task = task.input("sourceGitRepositoryUri", &in_url).source_token("");
    let outcome = task.trusting(&nginx.authority()).run();
    outcome.succeeded();
    assert!(!outcome.visible().contains("ss+w0rd"), "{}", outcome.visible());
}

#[test]
fn an_unknown_authority_needs_verification_off_for_its_side() {
    let nginx = Nginx::start();
    let source = Repository::init(nginx.path("source.git"));
    source.commit("main", 3);
    let destination = Repository::init(nginx.path("destination.git"));
    let url = |repository| nginx.url(Scheme::Https, Protocol::V2, repository);
    let task = Task::new(&url("source.git"), &url("destination.git"));
    let error = task.run().failed();
    assert!(error.contains("certificate") && error.contains("sourceVerifySSLCertificate"), "{error}");
    let task = task.input("sourceVerifySSLCertificate", "false");
    let error = task.run().failed();
    assert!(error.contains("destinationVerifySSLCertificate"), "{error}");
    assert!(!error.contains("sourceVerifySSLCertificate"), "{error}");
    assert_eq!(destination.refs(&[]), Refs::new());
    task.input("destinationVerifySSLCertificate", "false").run().succeeded();
    assert_eq!(destination.refs(&[]), source.refs(&[]));
}

/// A server that sends the first request for `/old` to `to`, and otherwise serves a repository.
fn redirecting(repository: &Repository, to: impl Fn(&str) -> String + Send + Sync + 'static) -> Scripted {
    let repository = repository.clone();
    Scripted::start(move |exchange| match exchange.head.target.strip_prefix("/old") {
        Some(tail) => {
            let location = to(tail);
            exchange.body()?;
            exchange.answer("302 Found", &[("Location", &location)], b"")
        }
        None => exchange.as_git(&repository, 2, |_, answer| answer),
    })
}

#[test]
fn a_redirect_on_the_same_server_is_remembered() {
    let pair = Recorded::start(Protocol::V2);
    pair.source.commit("main", 3);
    let source = redirecting(&pair.source, |tail| format!("/new{tail}"));
    let destination = redirecting(&pair.destination, |tail| format!("/new{tail}"));
    let task = Task::new(&source.url("old"), &destination.url("old"));
    task.source_token(TOKEN).destination_token(TOKEN).run().succeeded();
    assert_eq!(pair.destination.refs(&[]), pair.source.refs(&[]));
    for server in [source, destination] {
        for head in server.seen() {
            assert!(head.method == "GET" || head.target.starts_with("/new/"), "{head:?}");
            assert!(head.header("authorization").is_some(), "{head:?}");
        }
    }
}

#[test]
fn a_source_is_followed_elsewhere_without_credentials() {
    let pair = Recorded::start(Protocol::V2);
    pair.source.commit("main", 3);
    let (first, other) = (pair.source_url(), pair.source_url());
    let between = redirecting(&pair.source, move |tail| format!("{other}{tail}"));
    let on_the_way = between.url("old");
    let named = redirecting(&pair.source, move |tail| format!("{on_the_way}{tail}"));
    let task = Task::new(&named.url("old"), &pair.destination_url()).source_token(TOKEN);
    let outcome = task.run();
    outcome.succeeded();
    let warnings: Vec<_> = outcome.named("task.logissue").into_iter().map(|issue| &issue.data).collect();
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].contains(&first) && warnings[0].contains("'sourceGitRepositoryUri'"), "{warnings:?}");
    assert!(outcome.page.contains(&format!("- The source was read at `{first}`\n")), "{}", outcome.page);
    assert!(named.seen()[0].header("authorization").is_some());
    let stray = pair.requests().into_iter().map(|request| request.head).chain(between.seen());
    assert!(stray.into_iter().all(|head| head.header("authorization").is_none()), "no credentials follow");
}

#[test]
fn the_way_back_from_another_server_has_no_credentials() {
    let pair = Recorded::start(Protocol::V2);
    pair.source.commit("main", 3);
    let home = Arc::<OnceLock<String>>::default();
    let first = Arc::clone(&home);
    let between = redirecting(&pair.source, move |tail| format!("{}{tail}", first.get().unwrap()));
    let on_the_way = between.url("old");
    let named = redirecting(&pair.source, move |tail| format!("{on_the_way}{tail}"));
    home.set(named.url("new")).unwrap();
    let outcome = Task::new(&named.url("old"), &pair.destination_url()).source_token(TOKEN).run();
    outcome.succeeded();
    assert!(outcome.page.contains(&named.url("new")), "{}", outcome.page);
    let seen = named.seen();
    let signed_in: Vec<_> = seen.iter().filter(|head| head.header("authorization").is_some()).collect();
    assert!(seen.len() > 2 && signed_in.len() == 1, "{seen:?}");
}

#[test]
fn a_destination_is_not_followed_to_another_server() {
    let pair = Recorded::start(Protocol::V2);
    pair.source.commit("main", 3);
    let other = Scripted::start(|exchange| exchange.answer("404 Not Found", &[], b""));
    let address = other.url("r");
    let moved = redirecting(&pair.destination, move |tail| format!("{address}{tail}"));
    let task = Task::new(&pair.source_url(), &moved.url("old")).destination_token(TOKEN);
    let error = task.run().failed();
    assert!(error.contains("destination") && error.contains(&other.address().to_string()), "{error}");
    assert!(error.contains("nothing is sent") && error.contains("'destinationGitRepositoryUri'"), "{error}");
    assert_eq!(other.seen().len(), 0, "nothing is sent there");
    assert_eq!(pair.destination.refs(&[]), Refs::new());
}

#[test]
fn errors_name_the_other_server_and_show_no_page_of_it() {
    let pair = Recorded::start(Protocol::V2);
    let destination = pair.destination_url();
    for (status, kind) in
        [("404 Not Found", "text/plain"), ("200 OK", "text/html"), ("403 Forbidden", "text/plain")]
    {
        let other = Scripted::start(move |exchange| {
            exchange.answer(status, &[("Content-Type", kind)], b"<title>inside knowledge</title>")
        });
        let address = other.url("r");
        let there = address.clone();
        let moved = redirecting(&pair.source, move |tail| format!("{there}{tail}"));
        let outcome = Task::new(&moved.url("old"), &destination).variable("SYSTEM_DEBUG", "true").run();
        let error = outcome.failed();
        let named = format!("source '{}', redirected to '{address}'", moved.url("old"));
        assert!(error.contains(&named), "{error}");
        assert!(!outcome.text.contains("inside knowledge"), "{}", outcome.text);
        assert!(!outcome.page.contains("inside knowledge") && outcome.page.contains(&address));
    }
}

#[test]
fn another_server_must_show_a_good_certificate() {
    let nginx = Nginx::start();
    Repository::init(nginx.path("source.git")).commit("main", 3);
    let destination = Repository::init(nginx.path("destination.git"));
    let other = nginx.url(Scheme::Https, Protocol::V2, "source.git");
    let moved = redirecting(&destination, move |tail| format!("{other}{tail}"));
    let to = nginx.url(Scheme::Http, Protocol::V2, "destination.git");
    let task = Task::new(&moved.url("old"), &to).input("sourceVerifySSLCertificate", "false");
    let error = task.run().failed();
    assert!(error.contains("source") && error.contains("certificate"), "{error}");
    assert_eq!(destination.refs(&[]), Refs::new());
    task.trusting(&nginx.authority()).run().succeeded();
}

#[test]
fn a_redirect_of_a_later_request_is_not_followed() {
    let pair = Recorded::start(Protocol::V2);
    pair.source.commit("main", 3);
    let (repository, elsewhere) = (pair.destination.clone(), pair.destination_url());
    let destination = Scripted::start(move |exchange| {
        if exchange.head.method == "GET" {
            return exchange.as_git(&repository, 2, |_, answer| answer);
        }
        exchange.body()?;
        let location = format!("{elsewhere}/git-receive-pack");
        exchange.answer("307 Temporary Redirect", &[("Location", &location)], b"")
    });
    let error = Task::new(&pair.source_url(), &destination.url("destination")).run().failed();
    assert!(error.contains("redirect") && error.contains("destination"), "{error}");
    assert_eq!(pair.destination.refs(&[]), Refs::new());
}

#[test]
fn a_redirect_that_gives_up_encryption_is_not_followed() {
    let nginx = Nginx::start();
    Repository::init(nginx.path("source.git")).commit("main", 3);
    let destination = Repository::init(nginx.path("destination.git"));
    let to = nginx.url(Scheme::Http, Protocol::V2, "destination.git");
    let task = Task::new(&nginx.url_redirected_to_http("source.git"), &to).trusting(&nginx.authority());
    let error = task.run().failed();
    assert!(error.contains("source") && error.contains("redirect"), "{error}");
    assert_eq!(destination.refs(&[]), Refs::new());
}

#[test]
fn a_redirect_loop_ends() {
    let pair = Recorded::start(Protocol::V2);
    let source = redirecting(&pair.source, |tail| format!("/old{tail}"));
    let error = Task::new(&source.url("old"), &pair.destination_url()).run().failed();
    assert!(error.contains("redirect"), "{error}");
    assert!(source.seen().len() <= 10);
}

#[test]
fn a_small_push_has_a_length_and_a_large_one_is_chunked() {
    in_both_protocols(|pair| {
        let pushes = |pair: &Recorded| {
            let requests = pair.requests().into_iter().filter(Request::is_push);
            requests.map(|request| (request.framing, request.length)).collect::<Vec<_>>()
        };
        pair.source.commit("main", 20);
        pair.task().run().succeeded();
        let small = pushes(&pair);
        assert!(matches!(small[..], [(Framing::Length(length), _)] if length > 4), "{small:?}");

        pair.source.commit_noise("main", 3_000_000);
        pair.task().run().succeeded();
        let large = pushes(&pair);
        assert!(
            matches!(large[..], [(Framing::Length(4), _), (Framing::Chunked, length)] if length > 3_000_000),
            "{large:?}"
        );
    });
}

#[test]
fn requests_have_gits_types_and_large_ones_are_compressed() {
    in_both_protocols(|pair| {
        pair.source.commit("main", 30);
        pair.source.branch_many("many", 200);
        pair.task().run().succeeded();
        pair.source.commit("main", 1);
        pair.requests();
        pair.task().run().succeeded();
        let requests = pair.requests();
        for request in requests.iter().filter(|request| request.head.method == "POST") {
            let service = request.head.target.rsplit('/').next().unwrap();
            let kind = format!("application/x-{service}-request");
            assert_eq!(request.head.header("content-type"), Some(kind.as_str()));
            if service == "git-receive-pack" {
                assert_eq!(request.head.header("content-encoding"), None);
                assert_eq!(request.head.header("git-protocol"), None);
            }
        }
        let fetch = requests.iter().find(|request| request.asks_for_pack()).unwrap();
        assert!(fetch.plain_body().len() > 1024);
        assert_eq!(fetch.head.header("content-encoding"), Some("gzip"));
        assert!(fetch.length < fetch.plain_body().len() as u64);
    });
}

#[test]
fn a_page_of_a_web_site_is_not_taken_for_an_empty_repository() {
    let page = b"<!DOCTYPE html><html><title>Sign In</title></html>\n";
    for status in ["200 OK", "203 Non-Authoritative Information"] {
        for side in ["source", "destination"] {
            let pair = Recorded::start(Protocol::V2);
            pair.source.commit("main", 2);
            pair.destination.commit("gone", 2);
            pair.destination.git(&["symbolic-ref", "HEAD", "refs/heads/none"]);
            let before = pair.destination.refs(&[]);
            let server = Scripted::start(move |exchange| {
                exchange.body()?;
                exchange.answer(status, &[("Content-Type", "text/html; charset=utf-8")], page)
            });
            let task = pair.task().input(&format!("{side}GitRepositoryUri"), &server.url("repository"));
            let error = task.input("allowEmptySource", "true").run().failed();
            assert!(error.contains(side) && error.contains("Sign In"), "{error}");
            assert_eq!(pair.destination.refs(&[]), before);
        }
    }
}

#[test]
fn a_page_in_place_of_an_answer_to_a_later_request_is_an_error() {
    let pair = Recorded::start(Protocol::V2);
    pair.source.commit("main", 2);
    pair.destination.commit("gone", 2);
    let before = pair.destination.refs(&[]);
    let repository = pair.source.clone();
    let source = Scripted::start(move |exchange| {
        if exchange.head.method == "GET" {
            return exchange.as_git(&repository, 2, |_, answer| answer);
        }
        exchange.body()?;
        exchange.answer("200 OK", &[("Content-Type", "text/html")], b"<html>Sign in</html>")
    });
    let task = Task::new(&source.url("source"), &pair.destination_url());
    let error = task.input("allowEmptySource", "true").run().failed();
    assert!(error.contains("source"), "{error}");
    assert_eq!(pair.destination.refs(&[]), before);
}

/// Whether a destination that has answered early reads on for a while or closes at once.
#[derive(Clone, Copy, Debug)]
enum Then {
    Lingers,
    Closes,
}

/// Mirrors eight megabytes into a destination that answers in the middle of the push.
fn push_answered_early(status: &'static str, words: &'static [u8], then: Then) -> String {
    let pair = Recorded::start(Protocol::V2);
    pair.source.commit("main", 3);
    pair.source.commit_noise("main", 8_000_000);
    let repository = pair.destination.clone();
    let destination = Scripted::start(move |exchange: &mut Exchange<'_>| {
        if !(exchange.is("POST", "/git-receive-pack") && exchange.head.framing() == Framing::Chunked) {
            return exchange.as_git(&repository, 2, |_, answer| answer);
        }
        exchange.skip_body(200_000)?;
        exchange.answer(status, &[("Content-Type", "text/plain")], words)?;
        match then {
            Then::Lingers => exchange.linger(),
            Then::Closes => Ok(()),
        }
    });
    let error = Task::new(&pair.source_url(), &destination.url("destination")).run().failed();
    let mut expected = Refs::new();
    if status.starts_with("413") {
        // What comes before the one large commit fits into a push.
        let before = pair.source.git(&["rev-parse", "main^"]).trim().to_owned();
        expected.insert("refs/heads/main".to_owned(), before);
    }
    assert_eq!(pair.destination.refs(&[]), expected);
    error
}

#[test]
fn an_answer_in_the_middle_of_a_large_push_is_heard() {
    let answers: [(&str, &[u8]); 3] = [
        ("401 Unauthorized", b"the token expired just now"),
        ("403 Forbidden", b"TF401027: You need the Git 'GenericContribute' permission"),
        ("413 Request Entity Too Large", b"over the limit of this proxy"),
    ];
    for then in [Then::Lingers, Then::Closes] {
        for (status, words) in answers {
            let error = push_answered_early(status, words, then);
            // After a refusal for size the commit that is too large is what counts.
            let is_size = status.starts_with("413");
            let said = if is_size { "cannot be sent in parts" } else { &status[..3] };
            assert!(error.contains(said) && error.contains("destination"), "{then:?}: {error}");
            // A close with unread bytes resets the connection, which may take the end of the answer with it.
            if let (Then::Lingers, false) = (then, is_size) {
                assert!(error.contains(std::str::from_utf8(words).unwrap()), "{error}");
            }
        }
    }
}

#[test]
fn a_server_that_nobody_runs_is_reported() {
    let closed = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap();
    let pair = Recorded::start(Protocol::V2);
    pair.source.commit("main", 2);
    let error =
        pair.task().input("destinationGitRepositoryUri", &format!("http://{closed}/x")).run().failed();
    assert!(error.contains("destination") && error.contains("destinationGitRepositoryUri"), "{error}");
}

#[test]
fn what_a_server_says_cannot_give_commands_to_the_agent() {
    let pair = Recorded::start(Protocol::V2);
    pair.source.commit("main", 2);
    let script = "printf 'x\\r##vso[task.complete result=Succeeded]\\n##vso[task.setvariable variable=evil]1\\n' >&2\nexit 1";
    pair.destination.hook("pre-receive", script);
    let outcome = pair.task().run();
    let error = outcome.failed();
    assert!(error.contains("hook declined"), "{error}");
    let variables = outcome.named("task.setvariable").into_iter();
    assert!(!variables.clone().any(|command| command.properties["variable"] == "evil"));
    assert!(outcome.text.contains("vso[task.setvariable variable=evil]"), "it is shown, but does nothing");
}
