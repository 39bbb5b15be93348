//! Signing in at Azure Repos by Microsoft Entra: doubles of the service that issues id tokens, of Entra and of an Azure
//! Repos that takes nothing but the tokens that were minted, each as its documentation says.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use mirror_git_repository::clock::wait_for;
use ring::signature::{KeyPair as _, RSA_PKCS1_2048_8192_SHA256, RsaKeyPair, UnparsedPublicKey};
use rustix::process::Signal;
use rustls_pki_types::PrivateKeyDer;
use rustls_pki_types::pem::PemObject as _;

use crate::support::cloud::Cloud;
use crate::support::git::{BRANCHES_AND_TAGS, Repository, rpc};
use crate::support::git_server::Protocol;
use crate::support::scripted::{Exchange, Scripted};
use crate::support::sshd::Sshd;
use crate::support::task::{Outcome, Task};

const CONNECTION: &str = "5f2c1f9e-0a1b-4c2d-8e3f-405162738495";
const TENANT: &str = "72f988bf-86f1-41af-91ab-2d7cd011db47";
const CLIENT: &str = "0f1e2d3c-4b5a-4697-8877-665544332211";
const PROJECT: &str = "7d1f0a52-5f4e-4c8e-9f5b-0c1d2e3f4a5b";
const PLAN: &str = "c3a9c1de-3b0f-4e56-8a57-6f1e2d3c4b5a";
const JOB: &str = "12f1170f-54f2-53f3-20dd-22fc7dff55f9";

const JOB_TOKEN: &str = "j0b-t0ken_of~the+run/with=";
const CLIENT_SECRET: &str = "cl1ent~s3cret+with/odd=signs";
const LATE_BOUND: &str = "eyJhbGciOiJSUzI1NiJ9.late-b0und.c2ln";

/// A key of tests, and its certificate.
const KEY: &str = include_str!("../../src/auth/testing/rsa.pkcs8.pem");
const CERTIFICATE: &str = include_str!("../../src/auth/testing/rsa.certificate.pem");

/// The beginnings of what is issued; a number follows.
const ID_TOKEN: &str = "eyJhbGciOiJSUzI1NiJ9.1d-t0ken.c2ln";
const ACCESS_TOKEN: &str = "eyJhbGciOiJSUzI1NiJ9.acc3ss-t0ken.c2ln";

const AZURE: &str = "dev.azure.com";
const ENTRA: &str = "login.microsoftonline.com";
const REPOSITORY: &str = "https://dev.azure.com/contoso/Web/_git/app";
/// A source for everybody.
const SOURCE: &str = "https://git.example.org/app";

/// A form that came.
type Form = BTreeMap<String, String>;
/// Fields that a form must hold.
type Fields = BTreeMap<&'static str, String>;
/// The proof that a form must hold, of the form that came.
type Proof = fn(&World, &Form) -> Fields;

/// An answer of Entra to a request that is right.
#[derive(Clone, Copy, Debug)]
enum Answer {
    /// A token with the life of this double.
    Token,
    /// A token that it knows nothing of, with this as its life.
    Lie(&'static str),
    /// The number of an error.
    Refusal(u64),
    /// 429 with a time to come back after.
    Busy,
    /// Nothing, ever.
    Silence,
    /// 2 MiB.
    Large,
    /// A page of somebody on the way.
    Page,
}

/// What the doubles do, and what they saw.
struct World {
    /// The life of an access token, as Entra says.
    life: Duration,
    /// The time for which Azure Repos takes it, which allows for clocks that differ.
    taken_for: Duration,
    /// The answers of Entra, one after the other, the last one from then on.
    answers: &'static [Answer],
    /// The status with which the service refuses the first requests for an id token; then it serves.
    id_token_refusals: &'static [&'static str],
    /// The proof that the form must hold, of the form that came.
    proof: Proof,
    source: Repository,
    destination: Repository,
    seen: Mutex<Seen>,
    /// The requests that Azure Repos takes no token for.
    refuses: fn(&Exchange<'_>) -> bool,
    /// Time between the two halves of the source's pack.
    pause: Duration,
    /// Time before Azure answers a first request for refs.
    thought: Duration,
    _folder: tempfile::TempDir,
}

#[derive(Default)]
struct Seen {
    /// The id tokens that were asked for.
    id_tokens: Vec<String>,
    /// The access tokens that were issued, and when.
    minted: Vec<(String, Instant)>,
    /// The requests for an access token.
    asked: usize,
    /// The requests that Azure Repos refused.
    refused: usize,
    /// Those that it did not refuse, each with the number of its token.
    let_in: Vec<(String, usize)>,
    /// What was wrong about a request.
    wrong: Vec<String>,
}

impl World {
    fn new(answers: &'static [Answer]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let source = Repository::init(folder.path().join("source.git"));
        let destination = Repository::init(folder.path().join("destination.git"));
        source.commit("main", 20);
        source.set("refs/tags/v1", "refs/heads/main");
        Self {
            life: Duration::from_secs(3600),
            taken_for: Duration::from_secs(3600),
            answers,
            id_token_refusals: &[],
            proof: by_id_token,
            source,
            destination,
            seen: Mutex::default(),
            refuses: |_| false,
            pause: Duration::ZERO,
            thought: Duration::ZERO,
            _folder: folder,
        }
    }

    fn start(self) -> (Arc<Self>, Cloud) {
        let world = Arc::new(self);
        let shared = Arc::clone(&world);
        (world, Cloud::start(move |exchange| shared.answer(exchange)))
    }

    fn answer(&self, exchange: &mut Exchange<'_>) -> io::Result<()> {
        match exchange.host() {
            ENTRA => self.as_entra(exchange),
            AZURE if exchange.head.target.contains("/_apis/") => self.as_id_token_service(exchange),
            AZURE => self.as_azure_repos(exchange),
            "git.example.org" => self.as_source(exchange),
            host => panic!("nobody asks {host}"),
        }
    }

    fn as_id_token_service(&self, exchange: &mut Exchange<'_>) -> io::Result<()> {
        let body = exchange.body()?;
        let expected = format!(
            "POST /contoso/{PROJECT}/_apis/distributedtask/hubs/build/plans/{PLAN}/jobs/{JOB}/oidctoken\
             ?serviceConnectionId={CONNECTION}&api-version=7.1-preview.1"
        );
        self.expect("request", &format!("{} {}", exchange.head.method, exchange.head.target), &expected);
        self.expect_field(exchange, "authorization", &format!("Bearer {JOB_TOKEN}"));
        self.expect_field(exchange, "content-type", "application/json");
        self.expect("body", &String::from_utf8(body).unwrap(), "{}");
        let (token, refusal) = {
            let mut seen = self.seen.lock().unwrap();
            let token = format!("{ID_TOKEN}{}", seen.id_tokens.len() + 1);
            seen.id_tokens.push(token.clone());
            (token, self.id_token_refusals.get(seen.id_tokens.len() - 1))
        };
        if let Some(status) = refusal {
            let fields: &[_] = match *status {
                "302 Found" => &[("Location", "https://evil.example.org/")],
                "429 Too Many Requests" => &[("Retry-After", "1")],
                _ => &[],
            };
            let words = br#"{"message":"TF400813: The user is not authorized.","typeName":"x"}"#;
            return exchange.answer(status, fields, words);
        }
        json(exchange, "200 OK", &format!(r#"{{"oidcToken":"{token}"}}"#))
    }

    fn as_entra(&self, exchange: &mut Exchange<'_>) -> io::Result<()> {
        let body = exchange.body()?;
        let target = format!("POST /{TENANT}/oauth2/v2.0/token");
        self.expect("request", &format!("{} {}", exchange.head.method, exchange.head.target), &target);
        self.expect_field(exchange, "content-type", "application/x-www-form-urlencoded");
        self.expect("authorization", exchange.head.header("authorization").unwrap_or("none"), "none");
        let form: BTreeMap<_, _> = url::form_urlencoded::parse(&body).into_owned().collect();
        let common = [
            ("grant_type", "client_credentials"),
            ("client_id", CLIENT),
            ("scope", "499b84ac-1321-427f-aa17-267ca6975798/.default"),
        ];
        let common = common.map(|(name, value)| (name, value.to_owned()));
        let expected = common.into_iter().chain((self.proof)(self, &form));
        let expected: BTreeMap<_, _> = expected.map(|(name, value)| (name.to_owned(), value)).collect();
        self.expect("form", &format!("{form:?}"), &format!("{expected:?}"));
        let mut seen = self.seen.lock().unwrap();
        let answer = self.answers[seen.asked.min(self.answers.len() - 1)];
        seen.asked += 1;
        let number = seen.minted.len() + 1;
        let token = format!("{ACCESS_TOKEN}{number}");
        let life = match answer {
            Answer::Lie(life) => life.to_owned(),
            _ => self.life.as_secs().to_string(),
        };
        if matches!(answer, Answer::Token) {
            seen.minted.push((token.clone(), Instant::now()));
        }
        drop(seen);
        match answer {
            Answer::Token | Answer::Lie(_) => {
                let body =
                    format!(r#"{{"token_type":"Bearer","expires_in":{life},"access_token":"{token}"}}"#);
                json(exchange, "200 OK", &body)
            }
            Answer::Refusal(code) => {
                let body = format!(
                    r#"{{"error":"invalid_client","error_description":"AADSTS{code}: No. Trace ID: 0","error_codes":[{code}]}}"#
                );
                json(exchange, "401 Unauthorized", &body)
            }
            Answer::Busy => exchange.answer("429 Too Many Requests", &[("Retry-After", "1")], b""),
            Answer::Silence => exchange.wait_for_end(),
            Answer::Large => json(exchange, "200 OK", &" ".repeat(2 << 20)),
            Answer::Page => {
                let page = format!("<html><title>Blocked by contoso</title><body>{token}");
                exchange.answer("200 OK", &[("Content-Type", "text/html")], page.as_bytes())
            }
        }
    }

    /// Takes the tokens that were minted and whose time is not over.
    fn as_azure_repos(&self, exchange: &mut Exchange<'_>) -> io::Result<()> {
        if !self.lets_in(exchange) || (self.refuses)(exchange) {
            exchange.body()?;
            return exchange.answer("401 Unauthorized", &[("WWW-Authenticate", "Bearer")], b"");
        }
        if exchange.head.method == "GET" {
            thread::sleep(self.thought);
        }
        let is_source = exchange.head.target.contains("/app-source/");
        let repository = if is_source { &self.source } else { &self.destination };
        exchange.as_git(repository, 2, |_, answer| answer)
    }

    fn lets_in(&self, exchange: &Exchange<'_>) -> bool {
        let now = Instant::now();
        let mut seen = self.seen.lock().unwrap();
        let is_it = |(token, minted): &(String, Instant)| {
            exchange.head.header("authorization") == Some(&format!("Bearer {token}"))
                && now < *minted + self.taken_for
        };
        let number = seen.minted.iter().position(is_it);
        match number {
            Some(number) => {
                let service = exchange.head.target.rsplit(['/', '=']).next().unwrap_or_default();
                let request = format!("{} {service}", exchange.head.method);
                seen.let_in.push((request, number + 1));
            }
            None => seen.refused += 1,
        }
        number.is_some()
    }

    fn as_source(&self, exchange: &mut Exchange<'_>) -> io::Result<()> {
        if exchange.head.method == "GET" || self.pause.is_zero() {
            return exchange.as_git(&self.source, 2, |_, answer| answer);
        }
        let request = exchange.body()?;
        let answer = rpc(&self.source, "upload-pack", 2, Some(&request));
        let content_type = [("Content-Type", "application/x-git-upload-pack-result")];
        exchange.begin("200 OK", &content_type, Some(answer.len()))?;
        let (first, second) = answer.split_at(answer.len() / 2);
        exchange.send(first)?;
        if String::from_utf8_lossy(&request).contains("command=fetch") {
            thread::sleep(self.pause);
        }
        exchange.send(second)
    }

    fn expect(&self, what: &str, is: &str, expected: &str) {
        if is != expected {
            self.seen.lock().unwrap().wrong.push(format!("{what}: {is}\ninstead of {expected}"));
        }
    }

    fn expect_field(&self, exchange: &Exchange<'_>, name: &str, expected: &str) {
        self.expect(name, exchange.head.header(name).unwrap_or("none"), expected);
    }

    /// The numbers of requests for an id token, of requests for an access token, and of those that Azure Repos refused.
    #[track_caller]
    fn counts(&self) -> [usize; 3] {
        let seen = self.seen.lock().unwrap();
        assert_eq!(seen.wrong, Vec::<String>::new());
        [seen.id_tokens.len(), seen.asked, seen.refused]
    }

    /// Expects more than one token, each asked for when a tenth of the life of the one before was left, and that each
    /// served.
    #[track_caller]
    fn expect_one_token_a_life(&self, elapsed: Duration) {
        let [_, asked, refused] = self.counts();
        let minted = self.seen.lock().unwrap().minted.len();
        // A token is replaced when a tenth of its life is left; one more is that of the beginning.
        let lives = elapsed.as_secs_f64() / self.life.mul_f64(0.9).as_secs_f64();
        assert!(
            minted >= 2 && f64::from(u32::try_from(minted).unwrap()) <= lives + 1.0,
            "{minted} tokens in {elapsed:?}"
        );
        assert_eq!((asked, refused), (minted, 0));
    }

    #[track_caller]
    fn expect_equal(&self) {
        assert_eq!(self.destination.refs(BRANCHES_AND_TAGS), self.source.refs(BRANCHES_AND_TAGS));
    }

    #[track_caller]
    fn expect_untouched(&self) {
        assert!(self.destination.refs(&[]).is_empty());
    }
}

fn json(exchange: &mut Exchange<'_>, status: &str, body: &str) -> io::Result<()> {
    exchange.answer(status, &[("Content-Type", "application/json; charset=utf-8")], body.as_bytes())
}

fn assertion(assertion: String) -> Fields {
    let bearer = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
    BTreeMap::from([("client_assertion_type", bearer.to_owned()), ("client_assertion", assertion)])
}

/// The id token that was issued last.
fn by_id_token(world: &World, _: &Form) -> Fields {
    assertion(world.seen.lock().unwrap().id_tokens.last().cloned().unwrap_or_default())
}

/// The one that came with the service connection, until one was issued.
fn by_late_bound(world: &World, _: &Form) -> Fields {
    let seen = world.seen.lock().unwrap();
    assertion(seen.id_tokens.last().cloned().unwrap_or_else(|| LATE_BOUND.to_owned()))
}

fn by_secret(_: &World, _: &Form) -> Fields {
    BTreeMap::from([("client_secret", CLIENT_SECRET.to_owned())])
}

/// An assertion that the key has signed for this endpoint, not more than ten minutes long.
fn by_certificate(world: &World, form: &Form) -> Fields {
    let given = form.get("client_assertion").cloned().unwrap_or_default();
    let (signed, signature) = given.rsplit_once('.').unwrap_or_default();
    let PrivateKeyDer::Pkcs8(key) = PrivateKeyDer::from_pem_slice(KEY.as_bytes()).unwrap() else {
        panic!("PKCS#8")
    };
    let key = RsaKeyPair::from_pkcs8(key.secret_pkcs8_der()).unwrap();
    let public = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key.public_key());
    let signature = BASE64_URL_SAFE_NO_PAD.decode(signature).unwrap();
    world.expect("signature", &format!("{:?}", public.verify(signed.as_bytes(), &signature)), "Ok(())");
    let claims = BASE64_URL_SAFE_NO_PAD.decode(signed.split('.').nth(1).unwrap()).unwrap();
    let claims: serde_json::Value = serde_json::from_slice(&claims).unwrap();
    let audience = format!("https://{ENTRA}/{TENANT}/oauth2/v2.0/token");
    for (name, expected) in [("aud", audience.as_str()), ("iss", CLIENT), ("sub", CLIENT)] {
        world.expect(name, claims[name].as_str().unwrap_or_default(), expected);
    }
    let seconds = |name: &str| claims[name].as_u64().unwrap();
    world.expect("life", &(seconds("exp") - seconds("nbf")).to_string(), "600");
    assertion(given)
}

/// A run by an agent whose job may ask for id tokens, with a service connection of the type *Azure DevOps*.
fn task(cloud: &Cloud) -> Task {
    let collection = "https://dev.azure.com/contoso/";
    let variables = [
        ("ENDPOINT_URL_SYSTEMVSSCONNECTION", collection),
        ("ENDPOINT_AUTH_SCHEME_SYSTEMVSSCONNECTION", "OAuth"),
        ("ENDPOINT_AUTH_PARAMETER_SYSTEMVSSCONNECTION_ACCESSTOKEN", JOB_TOKEN),
        ("SYSTEM_COLLECTIONURI", collection),
        ("SYSTEM_TEAMPROJECTID", PROJECT),
        ("SYSTEM_HOSTTYPE", "build"),
        ("SYSTEM_PLANID", PLAN),
        ("SYSTEM_JOBID", JOB),
        ("SYSTEM_DEBUG", "true"),
    ];
    let task = variables
        .iter()
        .fold(Task::new(SOURCE, REPOSITORY), |task, (name, value)| task.variable(name, value));
    let task = cloud.reached_by(task).input("destinationAzureDevOpsConnection", CONNECTION);
    connection(task, "WorkloadIdentityFederation", &[])
}

fn connection(task: Task, scheme: &str, parameters: &[(&str, &str)]) -> Task {
    let task = task
        .variable(&format!("ENDPOINT_URL_{CONNECTION}"), "https://dev.azure.com/contoso/")
        .variable(&format!("ENDPOINT_AUTH_SCHEME_{CONNECTION}"), scheme);
    let parameters = [("TENANTID", TENANT), ("SERVICEPRINCIPALID", CLIENT)].iter().chain(parameters);
    parameters.fold(task, |task, (name, value)| {
        task.variable(&format!("ENDPOINT_AUTH_PARAMETER_{CONNECTION}_{name}"), value)
    })
}

/// Runs, and expects that no secret is seen: in the output, on the page, or in a file that is left.
#[track_caller]
fn run(task: &Task) -> Outcome {
    let outcome = task.run();
    let visible = outcome.visible() + &outcome.page;
    for secret in [JOB_TOKEN, CLIENT_SECRET, LATE_BOUND, "late-b0und", "1d-t0ken", "acc3ss-t0ken"] {
        let escaped = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect::<String>();
        for form in [secret, &escaped, &escaped.to_lowercase()] {
            assert!(!visible.contains(form), "{form} is in\n{visible}");
        }
    }
    assert_eq!(outcome.left, Vec::<String>::new());
    outcome
}

#[test]
fn a_workload_identity_mirrors_with_one_token() {
    let (world, cloud) = World::new(&[Answer::Token]).start();
    run(&task(&cloud)).succeeded();
    world.expect_equal();
    assert_eq!(world.counts(), [1, 1, 0]);
    let collected = cloud.tunnels();
    assert!(collected.iter().all(|host| !host.contains("visualstudio")), "{collected:?}");
}

#[test]
fn an_agent_that_skips_validation_still_verifies_entra() {
    let (world, cloud) = World::new(&[Answer::Token]).start();
    // Of no authority that this machine trusts then.
    let other = concat!(env!("CARGO_MANIFEST_DIR"), "/src/auth/testing/rsa.certificate.pem");
    let task = task(&cloud).variable("SSL_CERT_FILE", other);
    let task = task.input("sourceCertificateAuthority", cloud.authority().to_str().unwrap());
    let outcome = run(&task);
    let error = outcome.failed();
    assert!(error.contains("certificate") && error.contains(AZURE), "{error}");
    assert_eq!(world.counts()[0], 0, "{}", outcome.text);
    let outcome = run(&task.variable("AGENT_SKIPCERTVALIDATION", "True"));
    let error = outcome.failed();
    assert!(error.contains("certificate") && error.contains(ENTRA), "{error}");
    assert!(outcome.text.contains("its own server, which gives this run id tokens"), "{}", outcome.text);
    assert!(world.counts()[0] > 0 && world.counts()[1] == 0, "{}", outcome.text);
    world.expect_untouched();
}

#[test]
fn both_sides_of_one_connection_share_their_token() {
    let (world, cloud) = World::new(&[Answer::Token]).start();
    world.destination.commit("main", 3);
    let task = task(&cloud)
        .input("sourceAzureDevOpsConnection", CONNECTION)
        .input("sourceGitRepositoryUri", REPOSITORY);
    let outcome =
        run(&task.input("destinationGitRepositoryUri", "https://dev.azure.com/contoso/Web/_git/copy"));
    // The double has one repository: nothing is left to do.
    outcome.succeeded();
    assert_eq!(world.counts(), [1, 1, 0]);
}

/// A run that signs in at both sides by one connection.
fn at_both_sides(cloud: &Cloud) -> Task {
    task(cloud)
        .input("sourceAzureDevOpsConnection", CONNECTION)
        .input("sourceGitRepositoryUri", REPOSITORY)
        .input("destinationGitRepositoryUri", "https://dev.azure.com/contoso/Web/_git/copy")
}

#[test]
fn both_sides_of_one_connection_share_a_refusal() {
    let (world, cloud) = World::new(&[Answer::Refusal(700_016)]).start();
    run(&at_both_sides(&cloud)).failed();
    assert_eq!(world.counts(), [1, 1, 0]);
    let (world, cloud) = World::new(&[Answer::Busy, Answer::Token]).start();
    world.destination.commit("main", 3);
    run(&at_both_sides(&cloud)).succeeded();
    assert_eq!(world.counts(), [2, 2, 0]);
}

#[test]
fn a_stop_ends_both_sides_that_wait_for_one_token() {
    let (world, cloud) = World::new(&[Answer::Silence]).start();
    let running = at_both_sides(&cloud).start();
    let asked = || (world.seen.lock().unwrap().asked > 0).then_some(());
    wait_for(Duration::from_secs(60), asked).expect("Entra is asked");
    let watch = Instant::now();
    running.signal(Signal::TERM);
    running.end().failed();
    assert!(watch.elapsed() < Duration::from_secs(5), "{:?}", watch.elapsed());
    assert_eq!(world.counts(), [1, 1, 0]);
}

#[test]
fn the_last_listing_after_a_stop_gets_a_token() {
    let life = Duration::from_secs(2);
    let world = World { life, taken_for: 2 * life, pause: 10 * life, ..World::new(&[Answer::Token]) };
    let (world, cloud) = world.start();
    world.source.commit_noise("main", 4_000_000);
    let running = task(&cloud).start();
    let is_pushing = || {
        let seen = world.seen.lock().unwrap();
        seen.let_in.iter().any(|(request, _)| request == "POST git-receive-pack").then_some(())
    };
    wait_for(Duration::from_secs(60), is_pushing).expect("a push begins");
    thread::sleep(2 * life);
    let watch = Instant::now();
    running.signal(Signal::TERM);
    let error = running.end().failed();
    assert!(watch.elapsed() < Duration::from_secs(5), "{:?}", watch.elapsed());
    assert!(error.contains("no ref was changed"), "{error}");
    assert_eq!(world.counts(), [2, 2, 0]);
}

#[test]
fn the_late_bound_id_token_comes_first() {
    let (world, cloud) = World { proof: by_late_bound, ..World::new(&[Answer::Token]) }.start();
    let task = connection(task(&cloud), "WorkloadIdentityFederation", &[("IDTOKEN", LATE_BOUND)]);
    run(&task).succeeded();
    world.expect_equal();
    assert_eq!(world.counts(), [0, 1, 0]);
}

#[test]
fn a_late_bound_id_token_that_is_too_old_is_replaced() {
    let answers = &[Answer::Refusal(700_024), Answer::Token];
    let (world, cloud) = World { proof: by_late_bound, ..World::new(answers) }.start();
    let task = connection(task(&cloud), "WorkloadIdentityFederation", &[("IDTOKEN", LATE_BOUND)]);
    run(&task).succeeded();
    world.expect_equal();
    assert_eq!(world.counts(), [1, 2, 0]);
}

/// A service connection of the type *Azure Resource Manager*.
fn resource_manager(cloud: &Cloud, scheme: &str, parameters: &[(&str, &str)]) -> Task {
    let task = task(cloud).input("destinationAzureDevOpsConnection", "");
    connection(task.input("destinationAzureResourceManagerConnection", CONNECTION), scheme, parameters)
}

#[test]
fn a_service_principal_signs_in_by_its_secret() {
    let (world, cloud) = World { proof: by_secret, ..World::new(&[Answer::Token]) }.start();
    let parameters = [("AUTHENTICATIONTYPE", "spnKey"), ("SERVICEPRINCIPALKEY", CLIENT_SECRET)];
    run(&resource_manager(&cloud, "ServicePrincipal", &parameters)).succeeded();
    world.expect_equal();
    assert_eq!(world.counts(), [0, 1, 0]);
}

#[test]
fn a_service_principal_signs_in_by_its_certificate() {
    let (world, cloud) = World { proof: by_certificate, ..World::new(&[Answer::Token]) }.start();
    let pem = format!("{KEY}{CERTIFICATE}");
    let parameters = [("AUTHENTICATIONTYPE", "spnCertificate"), ("SERVICEPRINCIPALCERTIFICATE", &pem)];
    let outcome = run(&resource_manager(&cloud, "ServicePrincipal", &parameters));
    outcome.succeeded();
    let (_, key) = KEY.split_once("-----BEGIN PRIVATE KEY-----").unwrap();
    let visible = outcome.visible() + &outcome.page;
    for line in key.lines().filter(|line| !line.is_empty() && !line.starts_with('-')) {
        assert!(!visible.contains(line), "{line} is in\n{visible}");
    }
    world.expect_equal();
    assert_eq!(world.counts(), [0, 1, 0]);
}

#[test]
fn a_resource_manager_connection_may_be_a_workload_identity() {
    let (world, cloud) = World::new(&[Answer::Token]).start();
    run(&resource_manager(&cloud, "WorkloadIdentityFederation", &[])).succeeded();
    world.expect_equal();
    assert_eq!(world.counts(), [1, 1, 0]);
}

/// A run by hand that signs in at the destination by what the environment names.
fn by_hand(cloud: &Cloud, source: &str, variables: &[(&str, &str)]) -> Task {
    let arguments = ["--source", source, "--destination", REPOSITORY, "--max-attempts", "1"];
    let task = cloud.reached_by(Task::by_hand(&arguments)).variable("SYSTEM_DEBUG", "true");
    variables.iter().fold(task, |task, (name, value)| task.variable(name, value))
}

#[test]
fn by_hand_an_application_signs_in_by_the_environment() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, content: &str| {
        fs::write(folder.path().join(name), content).unwrap();
        folder.path().join(name).display().to_string()
    };
    let certificate = file("certificate.pem", &format!("{CERTIFICATE}{KEY}"));
    let assertion = file("assertion", &format!("{LATE_BOUND}\n"));
    let proofs: [(&str, &str, Proof); 3] = [
        ("AZURE_CLIENT_SECRET", CLIENT_SECRET, by_secret),
        ("AZURE_CLIENT_CERTIFICATE_PATH", &certificate, by_certificate),
        ("AZURE_FEDERATED_TOKEN_FILE", &assertion, by_late_bound),
    ];
    for (variable, value, proof) in proofs {
        let (world, cloud) = World { proof, ..World::new(&[Answer::Token]) }.start();
        let variables = [("AZURE_TENANT_ID", TENANT), ("AZURE_CLIENT_ID", CLIENT), (variable, value)];
        let outcome = run(&by_hand(&cloud, SOURCE, &variables));
        assert_eq!(outcome.status, Some(0), "{variable}: {}", outcome.text);
        world.expect_equal();
        assert_eq!(world.counts(), [0, 1, 0], "{variable}");
    }
}

#[test]
fn by_hand_a_managed_identity_signs_in_by_the_environment() {
    let (world, cloud) = World::new(&[Answer::Token]).start();
    let minted = Arc::clone(&world);
    let identity = Scripted::start(move |exchange| {
        let query = format!(
            "api-version=2019-08-01&resource=499b84ac-1321-427f-aa17-267ca6975798&client_id={CLIENT}"
        );
        minted.expect("request", &exchange.head.target, &format!("/msi/token?{query}"));
        minted.expect_field(exchange, "x-identity-header", CLIENT_SECRET);
        let token = format!("{ACCESS_TOKEN}-managed");
        minted.seen.lock().unwrap().minted.push((token.clone(), Instant::now()));
        let body = format!(r#"{{"access_token":"{token}","expires_on":"784115377","token_type":"Bearer"}}"#);
        let date = [("Date", "Sun, 06 Nov 1994 08:49:37 GMT")];
        exchange.answer("200 OK", &date, body.as_bytes())
    });
    let endpoint = identity.url("msi/token");
    let variables = [
        ("IDENTITY_ENDPOINT", endpoint.as_str()),
        ("IDENTITY_HEADER", CLIENT_SECRET),
        ("AZURE_CLIENT_ID", CLIENT),
    ];
    // A proxy for http is there, too, and not asked.
    let task = by_hand(&cloud, SOURCE, &variables).variable("HTTP_PROXY", &cloud.proxy_url());
    let outcome = run(&task);
    assert_eq!(outcome.status, Some(0), "{}", outcome.text);
    world.expect_equal();
    assert_eq!((world.counts(), identity.seen().len()), ([0, 0, 0], 1));
}

#[test]
fn no_child_has_a_secret_in_its_environment_or_arguments() {
    let (world, cloud) = World { proof: by_secret, ..World::new(&[Answer::Token]) }.start();
    let sshd = Sshd::start(Protocol::V2);
    let ssh = sshd.command("user_key");
    let dump = format!("env > \"$0.env.$$\"; echo \"$*\" > \"$0.arguments.$$\"; exec {ssh} \"$@\"");
    let ssh = sshd.script("dump", &dump);
    let variables = [
        ("AZURE_TENANT_ID", TENANT),
        ("AZURE_CLIENT_ID", CLIENT),
        ("AZURE_CLIENT_SECRET", CLIENT_SECRET),
        ("GIT_SSH_COMMAND", ssh.to_str().unwrap()),
    ];
    let source = sshd.url(&world.source.path);
    let task = variables
        .iter()
        .fold(sshd.admit(by_hand(&cloud, &source, &[])), |task, (name, value)| task.variable(name, value));
    let outcome = run(&task);
    assert_eq!(outcome.status, Some(0), "{}", outcome.text);
    world.expect_equal();
    let mut dumps = 0;
    for entry in fs::read_dir(sshd.path("")).unwrap().map(Result::unwrap) {
        if entry.file_name().to_str().unwrap().starts_with("dump.") {
            dumps += 1;
            let text = fs::read_to_string(entry.path()).unwrap();
            assert!(!text.contains(CLIENT_SECRET) && !text.contains("acc3ss-t0ken"), "{text}");
        }
    }
    assert!(dumps >= 2, "environment and arguments of one call at least");
}

/// The life of a token, the time for which it is taken, and a time after both.
const SHORT: (Duration, Duration, Duration) =
    (Duration::from_secs(2), Duration::from_secs(6), Duration::from_millis(6500));

#[test]
fn a_token_that_ends_in_a_push_is_followed_by_one_new_one() {
    let (life, taken_for, pause) = SHORT;
    let (world, cloud) = World { life, taken_for, pause, ..World::new(&[Answer::Token]) }.start();
    // Enough to be on its way to the destination when the source pauses.
    world.source.commit_noise("main", 4_000_000);
    let watch = Instant::now();
    run(&task(&cloud)).succeeded();
    world.expect_equal();
    world.expect_one_token_a_life(watch.elapsed());
    let let_in = world.seen.lock().unwrap().let_in.clone();
    let push = let_in.iter().find(|(request, _)| request == "POST git-receive-pack").unwrap();
    let last = let_in.last().unwrap();
    assert!(
        last.0.starts_with("GET ") && last.1 > push.1,
        "the refs are listed with a new token: {let_in:?}"
    );
}

#[test]
fn a_token_that_ends_in_a_listing_is_followed_by_one_new_one() {
    let (life, taken_for, thought) = SHORT;
    let (world, cloud) = World { life, taken_for, thought, ..World::new(&[Answer::Token]) }.start();
    let task = task(&cloud)
        .input("destinationAzureDevOpsConnection", "")
        .input("sourceAzureDevOpsConnection", CONNECTION);
    let (source, destination) =
        (format!("{REPOSITORY}-source"), world.destination.path.display().to_string());
    let task =
        task.input("sourceGitRepositoryUri", &source).input("destinationGitRepositoryUri", &destination);
    let watch = Instant::now();
    run(&task).succeeded();
    world.expect_equal();
    world.expect_one_token_a_life(watch.elapsed());
    let let_in = world.seen.lock().unwrap().let_in.clone();
    let [(get, first), (post, second), ..] = &let_in[..] else { panic!("{let_in:?}") };
    assert!(get.starts_with("GET ") && post == "POST git-upload-pack" && second > first, "{let_in:?}");
}

#[test]
fn a_busy_entra_is_asked_again_when_it_says() {
    let (world, cloud) = World::new(&[Answer::Busy, Answer::Token]).start();
    let watch = Instant::now();
    run(&task(&cloud)).succeeded();
    assert!(watch.elapsed() >= Duration::from_secs(1));
    world.expect_equal();
    assert_eq!(world.counts(), [2, 2, 0]);
}

#[test]
fn a_refusal_is_told_once_with_the_words_of_entra() {
    for code in [70_021, 700_016, 90_002, 53_003, 7_000_218] {
        let answers: &'static [Answer] = Box::leak(Box::new([Answer::Refusal(code)]));
        let (world, cloud) = World::new(answers).start();
        let error = run(&task(&cloud)).failed();
        for part in [&format!("AADSTS{code}: No"), "login.microsoftonline.com"] {
            assert!(error.contains(part), "'{part}' is not in {error}");
        }
        assert!(!error.contains("Trace ID"), "{error}");
        assert_eq!(world.counts(), [1, 1, 0]);
        world.expect_untouched();
    }
}

#[test]
fn a_refused_id_token_ends_the_run_and_no_redirect_is_followed() {
    for refusals in [&["302 Found"], &["401 Unauthorized"], &["404 Not Found"], &["400 Bad Request"]] {
        let (world, cloud) = World { id_token_refusals: refusals, ..World::new(&[Answer::Token]) }.start();
        let error = run(&task(&cloud)).failed();
        assert!(error.contains("TF400813") && error.contains(AZURE), "{error}");
        // Entra and Azure Repos are not asked, nor is anybody else.
        assert_eq!(world.counts(), [1, 0, 0], "{refusals:?}");
        let asked = cloud.tunnels();
        assert!(
            asked.iter().all(|host| host == "dev.azure.com:443" || host == "git.example.org:443"),
            "{asked:?}"
        );
        world.expect_untouched();
    }
}

#[test]
fn a_busy_id_token_service_is_asked_again() {
    let refusals = &["429 Too Many Requests", "503 Service Unavailable"];
    let (world, cloud) = World { id_token_refusals: refusals, ..World::new(&[Answer::Token]) }.start();
    run(&task(&cloud).input("maxAttempts", "3")).succeeded();
    world.expect_equal();
    assert_eq!(world.counts(), [3, 1, 0]);
}

#[test]
fn an_entra_that_lies_ends_the_run_and_shows_nothing() {
    for (answers, words) in [
        (&[Answer::Lie("0")], "whose time is over"),
        (&[Answer::Lie("18446744073709551615")], "more than 30 days"),
        (&[Answer::Lie("\"soon\"")], "no number of whole seconds"),
        (&[Answer::Large], "larger than 1 MiB"),
        (&[Answer::Page], "without a token"),
    ] {
        let (world, cloud) = World::new(answers).start();
        let error = run(&task(&cloud)).failed();
        assert!(error.contains(words), "'{words}' is not in {error}");
        assert_eq!(world.counts(), [1, 1, 0]);
        world.expect_untouched();
    }
}

#[test]
fn an_entra_that_hangs_is_given_up() {
    let (world, cloud) = World::new(&[Answer::Silence]).start();
    let watch = Instant::now();
    let task = task(&cloud).input("stallTimeoutSeconds", "1").input("maxAttempts", "1");
    let error = run(&task).failed();
    assert!(watch.elapsed() < Duration::from_secs(45));
    assert!(error.contains("login.microsoftonline.com"), "{error}");
    world.expect_untouched();
}

#[test]
fn a_token_that_azure_repos_takes_no_longer_is_replaced_once() {
    let (taken_for, pause) = (Duration::from_secs(5), Duration::from_millis(5500));
    let (world, cloud) = World { taken_for, pause, ..World::new(&[Answer::Token]) }.start();
    run(&task(&cloud)).succeeded();
    world.expect_equal();
    assert_eq!(world.counts(), [2, 2, 1]);
}

#[test]
fn a_token_that_ends_in_each_push_is_told_as_the_reason() {
    let refuses = |exchange: &Exchange<'_>| exchange.head.header("transfer-encoding").is_some();
    let (world, cloud) = World { refuses, ..World::new(&[Answer::Token]) }.start();
    world.source.commit_noise("main", 4_000_000);
    let error = run(&task(&cloud).input("maxAttempts", "2")).failed();
    assert!(error.contains("though the token had served"), "{error}");
    assert!(error.contains("longer than its token serves"), "{error}");
    assert!(!error.contains("time limit"), "{error}");
    let [_, asked, _] = world.counts();
    assert_eq!(asked, 3, "one at first, and one after each of two pushes");
    world.expect_untouched();
}
