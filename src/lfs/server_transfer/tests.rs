//! Both sides of a copy are doubles; what is looked at is what they were asked for, and what came of it.

use std::net::TcpListener;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::*;
use crate::auth::authenticator::ServerSchemes;
use crate::auth::credentials::Credentials as Login;
use crate::auth::forms_to_try::HostKnown;
use crate::auth::identity::Identity;
use crate::auth::testing::Told;
use crate::auth::token_cache::TokenCache;
use crate::auth::token_source::TokenContext;
use crate::cancel::{CancelReason, CancelToken};
use crate::clock::Stopwatch;
use crate::error::{RemoteLabel, Side};
use crate::hosts::Host;
use crate::hosts::bounds::Bounds;
use crate::http::network::{CertificateVerification, Network};
use crate::http::timeouts::Timeouts;
use crate::lfs::endpoint::{Endpoint, Repository};
use crate::lfs::oid::Oid;
use crate::lfs::place::Place;
use crate::lfs::server::ServerSettings;
use crate::lfs::testing::double::{Answer, Asked, Double, LfsDouble, Then, long_content};
use crate::lfs::testing::pointer_to;
use crate::lfs::transfer::{AtOnce, Transfer, Transferred};
use crate::mirror::testing::Silent;
use crate::remote::url::RemoteUrl;
use crate::secret::Secret;

/// A side whose server is a double.
struct End {
    operation: Operation,
    place: Place,
    /// The endpoint that a `.lfsconfig` names.
    configured: Option<String>,
    told: Arc<Told>,
    cancel: CancelToken,
    stall: Duration,
}

impl End {
    fn new(operation: Operation) -> Self {
        Self {
            operation,
            place: Place::Loopback,
            configured: None,
            told: Arc::default(),
            cancel: CancelToken::default(),
            stall: Duration::from_secs(5),
        }
    }

    fn server(&self, double: &LfsDouble) -> LfsServer {
        let (url, _) = RemoteUrl::parse(&double.repository()).unwrap();
        let repository =
            Repository { url, host: Host::Other, bounds: Bounds::Server, place: Some(self.place) };
        let endpoint = match &self.configured {
            Some(text) => Endpoint::configured(text, &repository).unwrap(),
            None => Endpoint::of(&repository).unwrap(),
        };
        let Endpoint::Web(endpoint) = endpoint else { panic!("{endpoint:?}") };
        let schemes = Host::Other.schemes();
        let login = Login::of_url("user", &Secret::new("hunter22")).unwrap();
        LfsServer::new(ServerSettings {
            endpoint,
            repository,
            operation: self.operation,
            ref_name: Some("refs/heads/main".to_owned()),
            network: Network::default(),
            verification: CertificateVerification::On,
            tokens: Some(TokenCache::of_static(login, Identity::Url)),
            schemes: ServerSchemes { schemes, possible: vec![schemes], host_known: HostKnown::Yes },
            context: TokenContext::new(
                self.told.clone(),
                Timeouts { connect: self.stall, stall: self.stall, report: self.stall },
                self.cancel.clone(),
            ),
        })
    }
}

/// `user:hunter22` for Basic.
const OWN: &str = "Basic dXNlcjpodW50ZXIyMg==";

fn contents(count: u32) -> Vec<Vec<u8>> {
    (0..count).map(|number| format!("object {number}").into_bytes()).collect()
}

fn pointers(contents: &[Vec<u8>]) -> Vec<Pointer> {
    contents.iter().map(|content| pointer_to(content)).collect()
}

fn copy(source: &LfsDouble, destination: &LfsDouble, pointers: &[Pointer]) -> Transferred {
    copy_by((&End::new(Operation::Download), source), (&End::new(Operation::Upload), destination), pointers)
}

fn copy_by(from: (&End, &LfsDouble), to: (&End, &LfsDouble), pointers: &[Pointer]) -> Transferred {
    let (source, destination) = (from.0.server(from.1), to.0.server(to.1));
    let labels =
        [Side::Source, Side::Destination].map(|side| RemoteLabel::new(side, "http://git.example.org/r"));
    let transfer = Transfer {
        at_once: AtOnce::shared_by(1),
        source: (&source, &labels[0]),
        destination: (&destination, &labels[1]),
        events: &Silent,
        cancel: &from.0.cancel,
    };
    transfer.run(pointers)
}

/// Copies objects, and asserts that all arrive.
fn copies_all(source: &LfsDouble, destination: &LfsDouble, contents: &[Vec<u8>]) {
    let copied = copy(source, destination, &pointers(contents));
    assert_eq!(copied.objects, contents.len() as u64, "{copied:?}");
    for content in contents {
        let kept = destination.state().objects.lock().unwrap()[&pointer_to(content).oid.to_string()].clone();
        assert!(kept == *content);
    }
}

/// Returns the failure that ended a copy, or that of its only object.
fn failure(copied: &Transferred) -> (Side, ErrorKind) {
    let error = copied.interrupted.as_ref().or_else(|| copied.failed.first().map(|(_, error)| error));
    let error = error.unwrap_or_else(|| panic!("{copied:?}"));
    (error.label.side, error.failure.kind)
}

/// A server whose batches say something else of each object.
fn saying(contents: &[Vec<u8>], say: impl Fn(Value, &Double) -> Value + Send + Sync + 'static) -> LfsDouble {
    LfsDouble::scripted(contents, move |asked, double| {
        if !asked.is_batch() {
            return None;
        }
        let (operation, objects) = asked.batch();
        let said = objects.iter().map(|(oid, size)| say(double.object(&operation, oid, *size), double));
        Some(Answer::json(200, &json!({ "objects": said.collect::<Vec<_>>() })))
    })
}

/// A server that answers the first request of each object in another way.
fn first(
    contents: &[Vec<u8>],
    method: &'static str,
    answer: impl Fn(&Asked, &Double) -> Answer + Send + Sync + 'static,
) -> LfsDouble {
    LfsDouble::scripted(contents, move |asked, double| {
        (asked.moves(method) && asked.earlier == 0).then(|| answer(asked, double))
    })
}

fn is_batch(asked: &Asked) -> bool {
    asked.is_batch()
}

mod batch {
    use super::*;

    #[test]
    fn objects_go_from_one_server_to_the_other() {
        let contents = contents(250);
        let (source, destination) = (LfsDouble::with(&contents), LfsDouble::with(&contents[..40]));
        let copied = copy(&source, &destination, &pointers(&contents));
        assert_eq!((copied.objects, copied.there), (210, 40), "{copied:?}");
        assert_eq!((source.count(is_batch), destination.count(is_batch)), (3, 3));
        let connections = (source.connections(), destination.connections());
        assert!(connections.0 <= 10 && connections.1 <= 10, "{connections:?}");
        let asked = &destination.asked()[0];
        assert_eq!(asked.path, "/r.git/info/lfs/objects/batch");
        for (name, value) in [
            ("authorization", OWN),
            ("accept", "application/vnd.git-lfs+json"),
            ("content-type", "application/vnd.git-lfs+json"),
        ] {
            assert_eq!(asked.field(name), Some(value));
        }
        let body: Value = serde_json::from_slice(&asked.body).unwrap();
        assert_eq!((&body["ref"]["name"], &body["hash_algo"]), (&json!("refs/heads/main"), &json!("sha256")));
        let put = destination.asked().into_iter().find(|asked| asked.moves("PUT")).unwrap();
        assert_eq!(put.field("content-type"), Some("application/octet-stream"));
        assert_eq!(put.field("content-length").unwrap(), put.length.to_string());
        let get = source.asked().into_iter().find(|asked| asked.moves("GET")).unwrap();
        assert_eq!(get.field("accept-encoding"), Some("identity"));
    }

    #[test]
    fn five_thousand_objects_that_are_there_take_fifty_requests() {
        let contents = contents(5000);
        let (source, destination) = (LfsDouble::with(&[]), LfsDouble::with(&contents));
        let copied = copy(&source, &destination, &pointers(&contents));
        assert_eq!((copied.there, copied.objects), (5000, 0));
        assert_eq!((destination.asked().len(), source.asked().len()), (50, 0));
        assert!(destination.connections() <= 2);
    }

    #[test]
    fn what_servers_leave_out_or_add_is_tolerated() {
        let contents = contents(30);
        let with_null = saying(&contents, |mut object, _| {
            object["actions"]["download"]["header"] = Value::Null;
            object.as_object_mut().unwrap().remove("size");
            object
        });
        copies_all(&with_null, &LfsDouble::with(&[]), &contents);
        let with_links = saying(&contents, |mut object, _| {
            object["_links"] = object["actions"].take();
            object
        });
        copies_all(&with_links, &LfsDouble::with(&[]), &contents);
        let never_ending = saying(&contents, |mut object, _| {
            object["actions"]["download"]["expires_at"] = json!("0001-01-01T00:00:00Z");
            object
        });
        copies_all(&never_ending, &LfsDouble::with(&[]), &contents);
        assert_eq!(never_ending.count(is_batch), 1);
        let in_disorder = LfsDouble::scripted(&contents, |asked, double| {
            let (operation, mut objects) = asked.is_batch().then(|| asked.batch())?;
            objects.reverse();
            let mut said: Vec<_> =
                objects.iter().map(|(oid, size)| double.object(&operation, oid, *size)).collect();
            said.insert(3, json!({ "oid": "ab".repeat(32), "size": 5 }));
            Some(Answer::json(200, &json!({ "objects": said })))
        });
        copies_all(&in_disorder, &LfsDouble::with(&[]), &contents);
    }

    #[test]
    fn an_object_that_an_answer_leaves_out_is_not_there() {
        let contents = contents(4);
        let without_one = |operation: &'static str| {
            let left_out = pointer_to(b"object 2").oid.to_string();
            LfsDouble::scripted(&[], move |asked, double| {
                let (_, objects) = asked.is_batch().then(|| asked.batch())?;
                let objects = objects.into_iter().filter(|(oid, _)| *oid != left_out);
                let said = objects.map(|(oid, size)| double.object(operation, &oid, size));
                Some(Answer::json(200, &json!({ "objects": said.collect::<Vec<_>>() })))
            })
        };
        let copied = copy(&LfsDouble::with(&contents), &without_one("upload"), &pointers(&contents));
        assert_eq!(failure(&copied), (Side::Destination, ErrorKind::Lfs(LfsProblem::Answer)));
        let source = without_one("download");
        *source.state().objects.lock().unwrap() =
            LfsDouble::with(&contents).state().objects.lock().unwrap().clone();
        let copied = copy(&source, &LfsDouble::with(&[]), &pointers(&contents));
        assert_eq!(failure(&copied), (Side::Source, ErrorKind::Lfs(LfsProblem::Answer)));
    }

    #[test]
    fn a_server_that_takes_fewer_objects_is_asked_for_fewer() {
        let contents = contents(300);
        let small = LfsDouble::scripted(&[], |asked, _| {
            (asked.is_batch() && asked.batch().1.len() > 30).then(|| Answer::json(413, &json!({})))
        });
        copies_all(&LfsDouble::with(&contents), &small, &contents);
        assert_eq!(small.count(is_batch), 2 + 3 * 4);
    }

    #[test]
    fn a_batch_refused_whole_is_asked_for_in_parts() {
        let contents = contents(40);
        let missing = pointer_to(b"object 7").oid.to_string();
        for status in [404, 422] {
            let missing = missing.clone();
            let strict = LfsDouble::scripted(&contents, move |asked, _| {
                let (_, objects) = asked.is_batch().then(|| asked.batch())?;
                let lacks = objects.iter().any(|(oid, _)| *oid == missing);
                lacks.then(|| Answer::json(status, &json!({ "message": "an object is missing" })))
            });
            let copied = copy(&strict, &LfsDouble::with(&[]), &pointers(&contents));
            if status == 404 {
                assert_eq!((copied.objects, copied.missing), (39, vec![pointer_to(b"object 7")]));
            } else {
                assert_eq!(failure(&copied), (Side::Source, ErrorKind::Lfs(LfsProblem::Refused)));
                assert_eq!((copied.objects, copied.failed.len()), (39, 1));
            }
        }
    }

    #[test]
    fn a_side_without_lfs_is_told() {
        let contents = contents(2);
        for status in [404, 405, 501] {
            let without = LfsDouble::scripted(&[], move |_, _| Some(Answer::of(status, "<html>no")));
            let copied = copy(&LfsDouble::with(&contents), &without, &pointers(&contents));
            assert_eq!(failure(&copied), (Side::Destination, ErrorKind::Lfs(LfsProblem::NoService)));
            let copied = copy(&without, &LfsDouble::with(&[]), &pointers(&contents));
            assert_eq!(failure(&copied), (Side::Source, ErrorKind::Lfs(LfsProblem::NoService)));
        }
    }

    #[test]
    fn a_side_that_answered_once_does_not_lose_its_lfs() {
        let contents = contents(150);
        let asked = AtomicUsize::new(0);
        let behind_balancer = LfsDouble::scripted(&[], move |request, _| {
            let is_second = request.is_batch() && asked.fetch_add(1, Ordering::Relaxed) == 1;
            is_second.then(|| Answer::of(404, "<html>no such server"))
        });
        copies_all(&LfsDouble::with(&contents), &behind_balancer, &contents);
        assert_eq!(behind_balancer.count(is_batch), 3);
    }

    #[test]
    fn a_quota_that_is_used_up_is_told_and_ends_the_copy() {
        let contents = contents(2);
        for (status, message, expected) in [
            (507, "", LfsProblem::Storage),
            (509, "", LfsProblem::Bandwidth),
            (403, "This repository is over its data quota", LfsProblem::Storage),
        ] {
            let full = LfsDouble::scripted(&[], move |_, _| {
                Some(Answer::json(status, &json!({ "message": message })))
            });
            let copied = copy(&LfsDouble::with(&contents), &full, &pointers(&contents));
            assert_eq!(failure(&copied), (Side::Destination, ErrorKind::Lfs(expected)));
            assert!(full.count(is_batch) <= 3);
            let full = LfsDouble::scripted(&[], move |asked, _| {
                asked.moves("PUT").then(|| Answer::json(status, &json!({ "message": message })))
            });
            if status != 403 {
                let copied = copy(&LfsDouble::with(&contents), &full, &pointers(&contents));
                assert_eq!(failure(&copied), (Side::Destination, ErrorKind::Lfs(expected)));
            }
        }
    }

    #[test]
    fn a_busy_server_is_asked_again_when_it_says() {
        let contents = contents(3);
        for status in [429, 503] {
            let busy = LfsDouble::scripted(&[], move |asked, _| {
                (asked.earlier == 0).then(|| Answer::json(status, &json!({})).with("Retry-After", "1"))
            });
            let watch = Stopwatch::start();
            copies_all(&LfsDouble::with(&contents), &busy, &contents);
            // Once for the batch, and once for the uploads.
            assert!(watch.elapsed() >= Duration::from_secs(2), "{:?}", watch.elapsed());
        }
    }

    #[test]
    fn a_refused_sign_in_ends_the_copy() {
        let contents = contents(2);
        let strict = LfsDouble::scripted(&[], |_, _| Some(Answer::json(401, &json!({}))));
        let copied = copy(&LfsDouble::with(&contents), &strict, &pointers(&contents));
        assert_eq!(failure(&copied), (Side::Destination, ErrorKind::Unauthorized));
        assert!(strict.count(is_batch) <= 2);
    }

    /// A server that answers requests for objects by a script, and whose links have this query.
    fn signed(
        contents: &[Vec<u8>],
        query: &str,
        script: impl Fn(&Asked) -> Option<Answer> + Send + Sync + 'static,
    ) -> LfsDouble {
        let query = query.to_owned();
        LfsDouble::scripted(contents, move |asked, double| {
            if asked.moves("GET") {
                return script(asked);
            }
            let (operation, objects) = asked.is_batch().then(|| asked.batch())?;
            let signed = |(oid, size): &(String, u64)| {
                let mut object = double.object(&operation, oid, *size);
                let href = object["actions"]["download"]["href"].as_str().unwrap().to_owned();
                object["actions"]["download"]["href"] = json!(format!("{href}?{query}"));
                object["actions"]["download"]["header"] =
                    json!({ "Authorization": "Bearer secret-bearer", "X-Key": "secret-field" });
                object
            };
            Some(Answer::json(200, &json!({ "objects": objects.iter().map(signed).collect::<Vec<_>>() })))
        })
    }

    /// Returns the query of a link with so many values that could be keys.
    fn query(parameters: usize) -> String {
        let parameters = (0..parameters).map(|number| format!("key{number}=secret-signature-{number}"));
        parameters.collect::<Vec<_>>().join("&")
    }

    /// Refuses a request, and says all that came with it.
    fn echo(asked: &Asked) -> Answer {
        let fields = ["authorization", "x-key"].map(|name| asked.field(name).unwrap());
        let message = format!("no {} with {}", asked.path, fields.join(", "));
        Answer::json(403, &json!({ "message": message }))
    }

    #[test]
    fn a_refusal_shows_no_secret_of_its_link() {
        let contents = contents(1);
        for (parameters, is_quoted) in [(1, true), (20, true), (100, false)] {
            let source = signed(&contents, &query(parameters), |asked| Some(echo(asked)));
            let copied = copy(&source, &LfsDouble::with(&[]), &pointers(&contents));
            let error = copied.interrupted.as_ref().unwrap();
            assert!(!format!("{error:?}").contains("secret"), "{error:?}");
            let words = error.failure.remote.as_deref();
            assert_eq!(words.is_some(), is_quoted, "{words:?}");
            assert!(words.is_none_or(|words| words.starts_with("no /objects/") && words.contains("?***")));
        }
    }

    #[test]
    fn links_that_are_refused_and_renewed_add_no_masks() {
        let contents = contents(64);
        let masks = |refusals: usize| {
            let (from, to) = (End::new(Operation::Download), End::new(Operation::Upload));
            let source =
                signed(&contents, &query(20), move |asked| (asked.earlier < refusals).then(|| echo(asked)));
            let copied = copy_by((&from, &source), (&to, &LfsDouble::with(&[])), &pointers(&contents));
            assert_eq!(copied.objects, 64, "{copied:?}");
            assert_eq!(source.count(|asked| asked.moves("GET")), 64 * (1 + refusals));
            from.told.count()
        };
        assert_eq!(masks(1), masks(0));
    }
}

mod ssh {
    use super::*;
    use crate::lfs::endpoint::{Trust, WebEndpoint};
    use crate::lfs::fields::Fields;
    use crate::lfs::lfs_url::LfsUrl;
    use crate::lfs::lifetime::Lifetime;
    use crate::lfs::ssh_authenticate::{Authenticated, Named};
    use crate::lfs::ssh_session::{Authenticate, SshSession};

    /// Gives `Bearer ssh-token-1`, `Bearer ssh-token-2` and so on.
    struct Shell {
        url: String,
        named: Named,
        asked: Arc<Mutex<usize>>,
        lifetime: Lifetime,
    }

    impl Authenticate for Shell {
        fn authenticate(&mut self) -> Result<Authenticated, Failure> {
            let mut asked = self.asked.lock().unwrap();
            *asked += 1;
            let fields = json!({ "Authorization": format!("Bearer ssh-token-{asked}"), "Accept": "x/y" });
            let url = LfsUrl::parse(&self.url).unwrap();
            Ok(Authenticated {
                endpoint: WebEndpoint { url, otherwise: None, trust: Trust::Elsewhere },
                named: self.named,
                fields: Fields::new(&serde_json::from_value(fields).unwrap()).unwrap(),
                lifetime: self.lifetime,
            })
        }
    }

    /// Returns what came of a download of objects, and how often the SSH server was asked.
    fn copied(
        double: &LfsDouble,
        lifetime: Lifetime,
        pointers: &[Pointer],
    ) -> (Transferred, usize, Arc<Told>) {
        copied_as(Named::ByServer, &double.url("/by/ssh"), double, lifetime, pointers)
    }

    fn copied_as(
        named: Named,
        url: &str,
        double: &LfsDouble,
        lifetime: Lifetime,
        pointers: &[Pointer],
    ) -> (Transferred, usize, Arc<Told>) {
        let (end, asked) = (End::new(Operation::Download), Arc::<Mutex<usize>>::default());
        let shell = Shell { url: url.to_owned(), named, asked: asked.clone(), lifetime };
        let source = end.server(double).signed_in_by(SshSession::new(Box::new(shell)));
        let kept = LfsDouble::with(&[]);
        let destination = End::new(Operation::Upload).server(&kept);
        let label = RemoteLabel::new(Side::Source, "git@git.example.org:r");
        let transfer = Transfer {
            at_once: AtOnce::shared_by(1),
            source: (&source, &label),
            destination: (&destination, &label),
            events: &Silent,
            cancel: &end.cancel,
        };
        let copied = transfer.run(pointers);
        let asked = *asked.lock().unwrap();
        (copied, asked, end.told)
    }

    #[test]
    fn an_ssh_server_says_where_and_what_signs_in() {
        let contents = contents(150);
        for (lifetime, expected) in [(Lifetime::Open, 1), (Lifetime::For(Duration::from_secs(4)), 2)] {
            let double = LfsDouble::with(&contents);
            let (copied, asked, told) = copied(&double, lifetime, &pointers(&contents));
            assert_eq!((copied.objects, asked), (150, expected), "{copied:?}");
            assert!(told.knows("ssh-token-1"));
            for request in double.asked() {
                let (token, accept) = (request.field("authorization"), request.field("accept"));
                if request.is_batch() {
                    assert_eq!(request.path, "/by/ssh/objects/batch");
                    assert!(token.is_some_and(|token| token.starts_with("Bearer ssh-token-")));
                    assert_eq!(accept, Some(MEDIA_TYPE));
                }
            }
        }
    }

    #[test]
    fn a_sign_in_by_ssh_that_is_refused_is_made_anew_once() {
        let contents = contents(2);
        for (refused, arrives) in [(1, true), (usize::MAX, false)] {
            let double = LfsDouble::scripted(&contents, move |asked, _| {
                (asked.is_batch() && asked.earlier < refused).then(|| Answer::json(401, &json!({})))
            });
            let (copied, asked, _) = copied(&double, Lifetime::Open, &pointers(&contents));
            assert_eq!((copied.objects == 2, asked), (arrives, 2), "{copied:?}");
            if !arrives {
                assert_eq!(failure(&copied).1, ErrorKind::Unauthorized);
            }
        }
    }

    #[test]
    fn at_a_guessed_address_there_need_not_be_any_lfs() {
        let contents = contents(2);
        let none = ErrorKind::Lfs(LfsProblem::NoService);
        let page = |status| Answer::of(status, "<html>").with("Content-Type", "text/html");
        for (answer, kind) in [
            (page(404), none),
            (page(302).with("Location", "/login"), none),
            (page(200), none),
            (page(401), ErrorKind::Lfs(LfsProblem::OtherServer)),
            (Answer::json(403, &json!({})), ErrorKind::Lfs(LfsProblem::OtherServer)),
            (page(500), ErrorKind::Unavailable { retry_after: None }),
        ] {
            let double = LfsDouble::scripted(&[], move |_, _| Some(answer.clone()));
            let (url, objects) = (double.url("/guess"), pointers(&contents));
            let (copied, asked, _) = copied_as(Named::Guessed, &url, &double, Lifetime::Open, &objects);
            assert_eq!((failure(&copied).1, asked), (kind, 1), "{copied:?}");
        }
        let (free, double) = (TcpListener::bind("127.0.0.1:0").unwrap(), LfsDouble::with(&[]));
        let url = format!("http://{}/guess", free.local_addr().unwrap());
        drop(free);
        let objects = pointers(&contents);
        let (copied, ..) = copied_as(Named::Guessed, &url, &double, Lifetime::Open, &objects);
        assert_eq!(failure(&copied).1, none, "{copied:?}");
        let (copied, ..) = copied_as(Named::ByServer, &url, &double, Lifetime::Open, &objects);
        assert!(matches!(failure(&copied).1, ErrorKind::Unreachable(_)), "{copied:?}");
    }

    #[test]
    fn a_redirect_elsewhere_gets_nothing_that_ssh_gave() {
        let contents = contents(2);
        let other = LfsDouble::with(&contents);
        let url = other.url("/new/objects/batch");
        let first = LfsDouble::scripted(&[], move |_, _| Some(Answer::of(308, "").with("Location", &url)));
        let (copied, asked, _) = copied(&first, Lifetime::Open, &pointers(&contents));
        assert_eq!((copied.objects, asked), (2, 1), "{copied:?}");
        assert!(first.asked().iter().all(|asked| asked.field("authorization").is_some()));
        assert!(other.asked().iter().all(|asked| asked.field("authorization").is_none()));
    }
}

mod redirects {
    use super::*;

    /// A server that answers batch requests to its repository with a redirect.
    fn moved(contents: &[Vec<u8>], status: u16, to: impl Into<String>) -> LfsDouble {
        let to = to.into();
        LfsDouble::scripted(contents, move |asked, _| {
            asked.path.starts_with("/r.git/").then(|| Answer::of(status, "").with("Location", &to))
        })
    }

    #[test]
    fn a_renamed_repository_is_followed_once_for_all_batches() {
        let contents = contents(150);
        for (status, to) in [(307, "/o/new.git/info/lfs/objects/batch"), (308, "/new/objects/batch")] {
            let (source, destination) = (moved(&contents, status, to), moved(&[], status, to));
            copies_all(&source, &destination, &contents);
            for double in [&source, &destination] {
                let batches = double.asked();
                let batches: Vec<_> = batches.iter().filter(|asked| asked.is_batch()).collect();
                let paths = batches.iter().map(|asked| asked.path.as_str()).collect::<Vec<_>>();
                assert_eq!(paths, ["/r.git/info/lfs/objects/batch", to, to]);
                assert!(batches.iter().all(|asked| asked.field("authorization") == Some(OWN)));
                assert_eq!(batches[0].body, batches[1].body);
            }
        }
    }

    #[test]
    fn another_server_gets_no_credentials() {
        let contents = contents(2);
        let other = LfsDouble::with(&contents);
        let source = moved(&[], 307, other.url("/r/objects/batch"));
        copies_all(&source, &LfsDouble::with(&[]), &contents);
        assert!(other.asked().iter().all(|asked| asked.field("authorization").is_none()));
        let other = LfsDouble::scripted(&[], |_, _| Some(Answer::json(401, &json!({}))));
        let source = moved(&[], 307, other.url("/r/objects/batch"));
        let copied = copy(&source, &LfsDouble::with(&[]), &pointers(&contents));
        assert_eq!(failure(&copied), (Side::Source, ErrorKind::Lfs(LfsProblem::OtherServer)));
    }

    #[test]
    fn a_redirect_that_must_not_be_followed_ends_it() {
        let contents = contents(2);
        let address = ErrorKind::Lfs(LfsProblem::Address);
        for (status, to, place, kind, requests) in [
            (301, "/new/objects/batch", Place::Loopback, address, 1),
            (302, "/new/objects/batch", Place::Loopback, address, 1),
            (303, "/new/objects/batch", Place::Loopback, address, 1),
            (307, "/r.git/info/lfs/objects/batch", Place::Loopback, address, 6),
            (307, "http://127.0.0.1:1/objects/batch", Place::Public, address, 1),
            (307, "http://u:p@127.0.0.1/objects/batch", Place::Loopback, address, 1),
            (307, "ftp://127.0.0.1/objects/batch", Place::Loopback, address, 1),
            // Sign-in pages.
            (302, "/_signin?back=/objects/batch", Place::Loopback, ErrorKind::Unauthorized, 1),
            (307, "https://login.example.org/", Place::Loopback, ErrorKind::Unauthorized, 1),
        ] {
            let source = moved(&contents, status, to);
            let end = End { place, ..End::new(Operation::Download) };
            let kept = LfsDouble::with(&[]);
            let copied =
                copy_by((&end, &source), (&End::new(Operation::Upload), &kept), &pointers(&contents));
            assert_eq!(failure(&copied), (Side::Source, kind), "{status} {to}");
            assert_eq!(source.count(|_| true), requests, "{status} {to}");
        }
    }

    #[test]
    fn an_address_that_is_not_followed_is_named_in_words() {
        let source = moved(&[], 301, "/new/objects/batch?key=secret");
        let copied = copy(&source, &LfsDouble::with(&[]), &pointers(&contents(1)));
        let error = copied.interrupted.as_ref().or_else(|| copied.failed.first().map(|(_, error)| error));
        let expected = format!(
            "its Git LFS is not followed to '{}?***': it is redirected with status 301, which would make another \
             request of it",
            source.url("/new/objects/batch")
        );
        assert_eq!(error.unwrap().failure.message, expected);
    }
}

mod links {
    use super::*;

    #[test]
    fn an_upload_is_chunked_where_the_server_says_so() {
        let contents = [contents(3), vec![vec![7; 3 << 20]]].concat();
        let gitlab = saying(&[], |mut object, _| {
            object["actions"]["upload"]["header"] = json!({ "Transfer-Encoding": "chunked", "X-Own": "1" });
            object
        });
        let copied = copy(&LfsDouble::with(&contents), &gitlab, &pointers(&contents));
        assert_eq!(copied.objects, 4, "{copied:?}");
        for put in gitlab.asked().iter().filter(|asked| asked.moves("PUT")) {
            assert_eq!(
                (put.field("transfer-encoding"), put.field("content-length")),
                (Some("chunked"), None)
            );
            assert_eq!(put.field("x-own"), Some("1"));
        }
    }

    #[test]
    fn an_upload_is_verified_three_times_at_most() {
        let contents = contents(1);
        for (fails, expected) in [(0, 1), (2, 3)] {
            let verifying = verifying(fails, |_| Answer::of(422, ""));
            copies_all(&LfsDouble::with(&contents), &verifying, &contents);
            let verified: Vec<_> =
                verifying.asked().into_iter().filter(|asked| asked.path == "/verify").collect();
            assert_eq!(verified.len(), expected);
            let body: Value = serde_json::from_slice(&verified[0].body).unwrap();
            assert_eq!(body, json!({ "oid": pointer_to(&contents[0]).oid, "size": contents[0].len() }));
            assert_eq!(verified[0].field("authorization"), Some(OWN));
        }
        for status in [422, 408, 503] {
            let verifying = verifying(usize::MAX, move |_| Answer::of(status, ""));
            let copied = copy(&LfsDouble::with(&contents), &verifying, &pointers(&contents));
            assert_eq!(failure(&copied), (Side::Destination, ErrorKind::Lfs(LfsProblem::Refused)));
            assert_eq!(verifying.count(|asked| asked.path == "/verify"), 3, "{status}");
            assert_eq!(verifying.count(|asked| asked.moves("PUT")), 1, "{status}");
        }
    }

    #[test]
    fn a_verification_waits_as_long_as_the_server_says() {
        let contents = contents(1);
        let (source, watch) = (LfsDouble::with(&contents), Stopwatch::start());
        copies_all(&source, &verifying(1, |_| Answer::of(429, "").with("Retry-After", "1")), &contents);
        assert!(watch.elapsed() >= Duration::from_secs(1), "{:?}", watch.elapsed());
        let patient = verifying(1, |_| Answer::of(503, "").with("Retry-After", "3600"));
        let copied = copy(&source, &patient, &pointers(&contents));
        assert_eq!(failure(&copied), (Side::Destination, ErrorKind::Lfs(LfsProblem::Refused)));
        assert_eq!(patient.count(|asked| asked.path == "/verify"), 1);
    }

    /// A server that refuses so many verifications.
    fn verifying(fails: usize, refuse: impl Fn(&Asked) -> Answer + Send + Sync + 'static) -> LfsDouble {
        LfsDouble::scripted(&[], move |asked, double| {
            if asked.path == "/verify" {
                return Some(if asked.earlier < fails { refuse(asked) } else { Answer::of(200, "") });
            }
            let (operation, objects) = asked.is_batch().then(|| asked.batch())?;
            let say = |(oid, size): &(String, u64)| {
                let mut object = double.object(&operation, oid, *size);
                object["actions"]["verify"] = json!({ "href": double.url("/verify") });
                object
            };
            Some(Answer::json(200, &json!({ "objects": objects.iter().map(say).collect::<Vec<_>>() })))
        })
    }

    #[test]
    fn a_link_that_is_refused_is_asked_for_again_once() {
        let contents = contents(3);
        for status in [401, 403] {
            let source = first(&contents, "GET", move |_, _| Answer::of(status, ""));
            let destination = first(&[], "PUT", move |_, _| Answer::of(status, ""));
            copies_all(&source, &destination, &contents);
            // An upload that begins again needs its object again.
            assert_eq!((source.count(is_batch), destination.count(is_batch)), (7, 4));
            let closed = LfsDouble::scripted(&contents, move |asked, _| {
                asked.moves("GET").then(|| Answer::of(status, ""))
            });
            let one = &contents[..1];
            let copied = copy(&closed, &LfsDouble::with(&[]), &pointers(one));
            let expected = if status == 401 { ErrorKind::Unauthorized } else { ErrorKind::Forbidden };
            assert_eq!(failure(&copied), (Side::Source, expected));
            assert_eq!((closed.count(is_batch), closed.count(|asked| asked.moves("GET"))), (2, 2));
        }
    }

    #[test]
    fn an_expired_link_is_asked_for_again_before_it_is_used() {
        let contents = contents(2);
        let short_lived = LfsDouble::scripted(&contents, |asked, double| {
            let (operation, objects) = asked.is_batch().then(|| asked.batch())?;
            let expires_in = if objects.len() > 1 { 4 } else { 900 };
            let say = |(oid, size): &(String, u64)| {
                let mut object = double.object(&operation, oid, *size);
                object["actions"]["download"]["expires_in"] = json!(expires_in);
                object
            };
            Some(Answer::json(200, &json!({ "objects": objects.iter().map(say).collect::<Vec<_>>() })))
        });
        copies_all(&short_lived, &LfsDouble::with(&[]), &contents);
        assert_eq!((short_lived.count(is_batch), short_lived.count(|asked| asked.moves("GET"))), (3, 2));
    }

    #[test]
    fn redirects_are_followed_five_times_and_no_further() {
        let contents = contents(1);
        for (redirects, arrives) in [(5, true), (6, false)] {
            let redirecting = |contents: &[Vec<u8>], method: &'static str| {
                LfsDouble::scripted(contents, move |asked, double| {
                    let step = asked.path.matches("/again").count();
                    let location = double.url(&format!("{}/again", asked.path));
                    (asked.moves(method) && step < redirects)
                        .then(|| Answer::of(307, "").with("Location", location))
                })
            };
            for (source, destination) in [
                (redirecting(&contents, "GET"), LfsDouble::with(&[])),
                (LfsDouble::with(&contents), redirecting(&[], "PUT")),
            ] {
                let copied = copy(&source, &destination, &pointers(&contents));
                assert_eq!(copied.objects == 1, arrives, "{copied:?}");
                if !arrives {
                    assert_eq!(failure(&copied).1, ErrorKind::Lfs(LfsProblem::Address));
                }
                let moves =
                    |double: &LfsDouble| double.count(|asked| asked.moves("PUT") || asked.moves("GET"));
                assert!(moves(&source) <= 6 && moves(&destination) <= 6);
                let signed =
                    |asked: &Asked| asked.path.contains("again") && asked.field("authorization") == Some(OWN);
                assert!(source.count(signed) + destination.count(signed) >= 5);
            }
        }
    }

    #[test]
    fn another_server_gets_no_credentials_by_a_redirect() {
        let contents = contents(1);
        let storage = Arc::new(LfsDouble::with(&contents));
        let there = Arc::clone(&storage);
        let source = first(&contents, "GET", move |asked, _| {
            Answer::of(302, "").with("Location", there.url(&asked.path))
        });
        copies_all(&source, &LfsDouble::with(&[]), &contents);
        assert_eq!(storage.asked().len(), 1);
        assert_eq!(storage.asked()[0].field("authorization"), None);
    }

    #[test]
    fn another_server_gets_no_credentials_by_a_link() {
        let contents = contents(1);
        let storage = Arc::new(LfsDouble::with(&[]));
        let there = Arc::clone(&storage);
        let destination = saying(&[], move |mut object, _| {
            let path = format!("/objects/{}", object["oid"].as_str().unwrap());
            object["actions"]["upload"]["href"] = json!(there.url(&path));
            object
        });
        let copied = copy(&LfsDouble::with(&contents), &destination, &pointers(&contents));
        assert_eq!(copied.objects, 1, "{copied:?}");
        assert_eq!(storage.asked()[0].field("authorization"), None);
        assert!(storage.has(pointer_to(&contents[0])));
    }

    #[test]
    fn nothing_leads_inside_where_the_repository_is_not() {
        let contents = contents(1);
        let inside = Arc::new(LfsDouble::with(&contents));
        for host in ["127.0.0.1", "localhost"] {
            for by_redirect in [true, false] {
                let there = Arc::clone(&inside);
                let elsewhere = move |path: &str| there.url(path).replace("127.0.0.1", host);
                let source = if by_redirect {
                    first(&contents, "GET", move |asked, _| {
                        Answer::of(302, "").with("Location", elsewhere(&asked.path))
                    })
                } else {
                    saying(&contents, move |mut object, _| {
                        let path = format!("/objects/{}", object["oid"].as_str().unwrap());
                        object["actions"]["download"]["href"] = json!(elsewhere(&path));
                        object
                    })
                };
                let from = End { place: Place::Public, ..End::new(Operation::Download) };
                let to = End::new(Operation::Upload);
                let copied = copy_by((&from, &source), (&to, &LfsDouble::with(&[])), &pointers(&contents));
                assert_eq!(failure(&copied), (Side::Source, ErrorKind::Lfs(LfsProblem::Address)));
            }
        }
        assert_eq!(inside.asked().len(), 0);
    }

    #[test]
    fn an_endpoint_elsewhere_is_asked_without_credentials() {
        let contents = contents(1);
        let elsewhere = LfsDouble::with(&contents);
        let repository = LfsDouble::with(&[]);
        let from = End { configured: Some(elsewhere.url("/lfs")), ..End::new(Operation::Download) };
        let to = End::new(Operation::Upload);
        let copied = copy_by((&from, &repository), (&to, &LfsDouble::with(&[])), &pointers(&contents));
        assert_eq!(copied.objects, 1, "{copied:?}");
        assert!(elsewhere.asked().iter().all(|asked| asked.field("authorization").is_none()));
        assert_eq!(repository.asked().len(), 0);
        let closed = LfsDouble::scripted(&contents, |_, _| Some(Answer::json(401, &json!({}))));
        let from = End { configured: Some(closed.url("/lfs")), ..End::new(Operation::Download) };
        let copied = copy_by((&from, &repository), (&to, &LfsDouble::with(&[])), &pointers(&contents));
        assert_eq!(failure(&copied), (Side::Source, ErrorKind::Lfs(LfsProblem::OtherServer)));
        assert_eq!(closed.asked().len(), 1);
    }
}

mod bytes {
    use super::*;

    const LARGE: usize = 3 << 20;

    fn large() -> Vec<u8> {
        let mut content = vec![0; LARGE];
        long_content(0, &mut content);
        content
    }

    /// Returns what came of a copy of one object for which the source sends something else, and how many whole uploads
    /// there were.
    fn sent(
        content: &[u8],
        framing: &'static str,
        answer: impl Fn(&Asked) -> Option<Answer> + Send + Sync + 'static,
    ) -> (Transferred, usize) {
        let source = LfsDouble::scripted(&[content.to_vec()], move |asked, _| {
            asked.moves("GET").then(|| answer(asked)).flatten()
        });
        let destination = saying(&[], move |mut object, _| {
            object["actions"]["upload"]["header"] = json!({ "Transfer-Encoding": framing });
            object
        });
        let copied = copy(&source, &destination, &[pointer_to(content)]);
        (copied, destination.count(|asked| asked.moves("PUT") && asked.is_whole))
    }

    #[test]
    fn wrong_bytes_never_arrive_whole() {
        for content in [b"some small object".to_vec(), large()] {
            for framing in ["chunked", "identity"] {
                let mut wrong = content.clone();
                wrong[5] ^= 1;
                let (copied, uploads) =
                    sent(&content, framing, move |_| Some(Answer::of(200, wrong.clone())));
                assert_eq!(failure(&copied), (Side::Source, ErrorKind::Lfs(LfsProblem::WrongContent)));
                assert_eq!((copied.objects, uploads), (0, 0));
            }
        }
    }

    #[test]
    fn an_object_of_another_length_is_refused_before_an_upload() {
        for (content, off) in [(b"some small object".to_vec(), 1), (large(), 1), (large(), -1)] {
            let length = content.len().checked_add_signed(off).unwrap();
            let mut other = content.clone();
            other.resize(length, 0);
            let (copied, uploads) = sent(&content, "chunked", move |_| Some(Answer::of(200, other.clone())));
            assert_eq!(failure(&copied), (Side::Source, ErrorKind::Lfs(LfsProblem::WrongContent)));
            assert_eq!(uploads, 0);
        }
    }

    #[test]
    fn an_object_that_breaks_off_is_copied_from_its_start() {
        for content in [b"some small object".to_vec(), large()] {
            for framing in ["chunked", "identity"] {
                let whole = content.clone();
                let (copied, uploads) = sent(&content, framing, move |asked| {
                    let cut = Answer::of(200, whole.clone()).cut(whole.len() / 2, Then::Close);
                    (asked.earlier < 2).then_some(cut)
                });
                assert_eq!((copied.objects, uploads), (1, 1), "{copied:?}");
            }
        }
    }

    #[test]
    fn a_source_that_stalls_is_given_up_and_asked_again() {
        let content = large();
        let whole = content.clone();
        let source = first(std::slice::from_ref(&content), "GET", move |_, _| {
            Answer::of(200, whole.clone()).cut(1 << 20, Then::Stall)
        });
        let from = End { stall: Duration::from_millis(300), ..End::new(Operation::Download) };
        let destination = LfsDouble::with(&[]);
        let to = End::new(Operation::Upload);
        let copied = copy_by((&from, &source), (&to, &destination), &[pointer_to(&content)]);
        assert_eq!(copied.objects, 1, "{copied:?}");
    }

    #[test]
    fn an_object_without_content_comes_from_nowhere() {
        let (source, destination) = (LfsDouble::with(&[]), LfsDouble::with(&[]));
        let empty = Pointer { oid: Oid::EMPTY, size: 0 };
        let copied = copy(&source, &destination, &[empty]);
        assert_eq!((copied.objects, source.asked().len()), (1, 0), "{copied:?}");
        let put = destination.asked().into_iter().find(|asked| asked.moves("PUT")).unwrap();
        assert_eq!((put.field("content-length"), put.length), (Some("0"), 0));
    }

    #[test]
    fn a_large_object_is_never_held_whole() {
        const LENGTH: u64 = 64 << 20;
        let (mut hash, mut at, mut piece) = (Sha256::new(), 0, vec![0; 1 << 20]);
        while at < LENGTH {
            long_content(at, &mut piece);
            hash.update(&piece);
            at += piece.len() as u64;
        }
        let hash: [u8; 32] = hash.finalize().into();
        let object = Pointer { oid: Oid::new(hash), size: LENGTH };
        let source = LfsDouble::scripted(&[], move |asked, double| {
            if asked.moves("GET") {
                return Some(Answer::long(LENGTH));
            }
            let oid = object.oid.to_string();
            let action = json!({ "download": { "href": double.url(&format!("/objects/{oid}")) } });
            let said = json!({ "oid": oid, "size": LENGTH, "actions": action });
            Some(Answer::json(200, &json!({ "objects": [said] })))
        });
        let destination = LfsDouble::with(&[]);
        let (from, to) = (source.state(), destination.state());
        let done = Arc::new(Mutex::new(false));
        let watched = Arc::clone(&done);
        let watch = thread::spawn(move || {
            let mut most = 0;
            while !*watched.lock().unwrap() {
                let received = *to.received.lock().unwrap();
                most = most.max(from.sent.lock().unwrap().saturating_sub(received));
                crate::clock::wait(Duration::from_millis(1));
            }
            most
        });
        let copied = copy(&source, &destination, &[object]);
        *done.lock().unwrap() = true;
        let most = watch.join().unwrap();
        assert_eq!(copied.objects, 1, "{copied:?}");
        let put = destination.asked().into_iter().find(|asked| asked.moves("PUT")).unwrap();
        assert_eq!((put.length, put.hash), (LENGTH, hash));
        // The buffers of the two connections hold a few MiB.
        assert!(most < LENGTH / 3, "{most}");
    }

    #[test]
    fn a_server_that_answers_early_is_heard() {
        let content = large();
        let destination = first(&[], "PUT", |_, _| Answer::of(413, r#"{"message":"too large"}"#));
        let copied =
            copy(&LfsDouble::with(std::slice::from_ref(&content)), &destination, &[pointer_to(&content)]);
        assert_eq!(failure(&copied), (Side::Destination, ErrorKind::Lfs(LfsProblem::Refused)));
        let words = &copied.failed[0].1.failure.remote;
        assert_eq!(words.as_deref(), Some("too large"));
    }

    #[test]
    fn a_copy_that_is_stopped_ends_at_once() {
        let content = large();
        let whole = content.clone();
        let source = LfsDouble::scripted(std::slice::from_ref(&content), move |asked, _| {
            asked.moves("GET").then(|| Answer::of(200, whole.clone()).cut(1 << 20, Then::Stall))
        });
        let cancel = CancelToken::default();
        let long = Duration::from_secs(60);
        let [from, to] = [Operation::Download, Operation::Upload].map(|operation| End {
            cancel: cancel.clone(),
            stall: long,
            ..End::new(operation)
        });
        let watch = Stopwatch::start();
        let stopping = thread::spawn(move || {
            crate::clock::wait(Duration::from_millis(500));
            cancel.now(CancelReason::Cancelled);
        });
        let copied = copy_by((&from, &source), (&to, &LfsDouble::with(&[])), &[pointer_to(&content)]);
        stopping.join().unwrap();
        assert_eq!(copied.objects, 0);
        assert!(watch.elapsed() < Duration::from_secs(10), "{:?}", watch.elapsed());
    }
}
