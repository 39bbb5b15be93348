//! A double of the interface that GitHub has for Apps. It checks every field of every request, and counts them.

use std::fs;
use std::io;
use std::process::Command;
use std::sync::{Mutex, OnceLock};
use std::time::{Duration, Instant, SystemTime};

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use ring::signature::{KeyPair as _, RSA_PKCS1_2048_8192_SHA256, RsaKeyPair, UnparsedPublicKey};
use rustls_pki_types::PrivateKeyDer;
use rustls_pki_types::pem::PemObject as _;
use serde_json::{Value, json};

use super::git::output;
use super::http::Head;
use super::scripted::Exchange;

/// The id of the App.
pub(crate) const APP_ID: u64 = 1_234_567;

/// The place where the App is installed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Installed {
    Repository,
    Organization,
    User,
    Nowhere,
}

/// The interface, with one App that is installed for `contoso/app`.
#[derive(Debug)]
pub(crate) struct GitHubApp {
    /// Its private key, as GitHub gives it.
    pub(crate) pem: String,
    public: Vec<u8>,
    /// The path before all others.
    base: &'static str,
    pub(crate) state: Mutex<State>,
}

/// The state of the interface, which tests change.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) app_id: u64,
    pub(crate) installed: Installed,
    pub(crate) installation: u64,
    pub(crate) suspended: bool,
    /// The time of its clock ahead of this machine's, in seconds.
    pub(crate) ahead: i64,
    /// The life of each token.
    pub(crate) life: Duration,
    /// The tokens so far, and when each was issued.
    pub(crate) issued: Vec<(String, Instant)>,
    /// The number of tokens that were taken back.
    pub(crate) revoked: usize,
    /// The requests so far, as `METHOD path status`.
    pub(crate) asked: Vec<String>,
    /// The Apps' own tokens so far.
    pub(crate) signed: Vec<String>,
    /// The things that no client may send.
    wrong: Vec<String>,
}

impl GitHubApp {
    pub(crate) fn new(base: &'static str) -> Self {
        static KEY: OnceLock<String> = OnceLock::new();
        let pem = KEY.get_or_init(generated_key).clone();
        let PrivateKeyDer::Pkcs1(key) = PrivateKeyDer::from_pem_slice(pem.as_bytes()).unwrap() else {
            panic!("GitHub gives PKCS#1");
        };
        let key = RsaKeyPair::from_der(key.secret_pkcs1_der()).unwrap();
        let state = State {
            app_id: APP_ID,
            installed: Installed::Repository,
            installation: 42,
            suspended: false,
            ahead: 0,
            life: Duration::from_secs(3600),
            issued: Vec::new(),
            revoked: 0,
            asked: Vec::new(),
            signed: Vec::new(),
            wrong: Vec::new(),
        };
        Self { pem, public: key.public_key().as_ref().to_owned(), base, state: Mutex::new(state) }
    }

    pub(crate) fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state.lock().unwrap());
    }

    /// The requests since the last look, as `METHOD path status`. Expects that each was as it has to be.
    #[track_caller]
    pub(crate) fn asked(&self) -> Vec<String> {
        let mut state = self.state.lock().unwrap();
        assert_eq!(state.wrong, Vec::<String>::new());
        std::mem::take(&mut state.asked)
    }

    /// The last token.
    pub(crate) fn token(&self) -> String {
        self.state.lock().unwrap().issued.last().unwrap().0.clone()
    }

    /// Tells whether a request to a repository signs in with a token that serves.
    pub(crate) fn lets_in(&self, head: &Head) -> bool {
        let state = self.state.lock().unwrap();
        let valid = state.issued.iter().skip(state.revoked);
        let valid = valid.filter(|(_, issued)| issued.elapsed() < state.life);
        let forms = valid.map(|(token, _)| BASE64_STANDARD.encode(format!("x-access-token:{token}")));
        let sent = head.header("authorization").and_then(|sent| sent.strip_prefix("Basic "));
        sent.is_some_and(|sent| forms.into_iter().any(|form| form == sent))
    }

    /// Answers a request.
    pub(crate) fn serve(&self, exchange: &mut Exchange<'_>) -> io::Result<()> {
        let body = exchange.body()?;
        let mut state = self.state.lock().unwrap();
        let now = state.now();
        let (status, answer) = self.answer(exchange, &body, &mut state);
        let line = format!("{} {} {status}", exchange.head.method, exchange.head.target);
        state.asked.push(line);
        drop(state);
        let reason = match status {
            200 => "200 OK",
            201 => "201 Created",
            401 => "401 Unauthorized",
            403 => "403 Forbidden",
            _ => "404 Not Found",
        };
        let fields = [
            ("Date", &*httpdate::fmt_http_date(now)),
            ("Content-Type", "application/json; charset=utf-8"),
            ("X-GitHub-Request-Id", "1:2:3"),
        ];
        exchange.answer(reason, &fields, answer.to_string().as_bytes())
    }

    fn answer(&self, exchange: &Exchange<'_>, body: &[u8], state: &mut State) -> (u16, Value) {
        let head = &exchange.head;
        for (name, expected) in
            [("accept", "application/vnd.github+json"), ("x-github-api-version", "2022-11-28")]
        {
            state.expect(head.header(name) == Some(expected), &format!("{name}: {:?}", head.header(name)));
        }
        let agent = head.header("user-agent").unwrap_or_default();
        state.expect(agent.starts_with("git/") || agent.contains("mirror"), agent);
        state.expect(body.is_empty(), "a body");
        if let Err(message) = self.check(head.header("authorization").unwrap_or_default(), state) {
            return (401, refusal(message));
        }
        let Some(path) = head.target.strip_prefix(self.base) else { return (404, refusal("Not Found")) };
        let suspended = state.suspended.then_some("2026-01-01T00:00:00Z");
        let installation =
            json!({"id": state.installation, "app_id": state.app_id, "suspended_at": suspended, "x": [1]});
        let at = |place: &[Installed]| place.contains(&state.installed);
        let is_here = match (head.method.as_str(), path) {
            ("GET", "/repos/contoso/app/installation") => at(&[Installed::Repository]),
            ("GET", "/orgs/contoso/installation") => at(&[Installed::Repository, Installed::Organization]),
            ("GET", "/users/contoso/installation") => {
                at(&[Installed::Repository, Installed::Organization, Installed::User])
            }
            ("POST", path)
                if path == format!("/app/installations/{}/access_tokens", state.installation)
                    && state.installed != Installed::Nowhere =>
            {
                return state.issue();
            }
            _ => false,
        };
        if is_here { (200, installation) } else { (404, refusal("Not Found")) }
    }

    /// Checks the App's own token, as GitHub does and in its words.
    fn check(&self, authorization: &str, state: &mut State) -> Result<(), &'static str> {
        const UNREADABLE: &str = "A JSON web token could not be decoded";
        let token = authorization.strip_prefix("Bearer ").ok_or("Requires authentication")?;
        state.signed.push(token.to_owned());
        let parts: Vec<_> = token.split('.').collect();
        let [header, claims, signature] = parts[..] else { return Err(UNREADABLE) };
        let decoded = |part: &str| BASE64_URL_SAFE_NO_PAD.decode(part).map_err(|_| UNREADABLE);
        let signed = token.rsplit_once('.').unwrap().0;
        let public = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &self.public);
        public.verify(signed.as_bytes(), &decoded(signature)?).map_err(|_| UNREADABLE)?;
        let [header, claims] = [header, claims].map(|part| decoded(part).ok());
        let [header, claims]: [Value; 2] = [header, claims]
            .map(|part| serde_json::from_slice(&part.unwrap_or_default()).unwrap_or_default());
        state.expect(header == json!({"alg": "RS256", "typ": "JWT"}), &header.to_string());
        let names: Vec<_> = claims.as_object().into_iter().flatten().map(|(name, _)| name.as_str()).collect();
        state.expect(names == ["exp", "iat", "iss"], &claims.to_string());
        let [issued, end] = ["iat", "exp"].map(|name| claims[name].as_i64().unwrap_or_default());
        state.expect(end - issued <= 600 && end > issued, &claims.to_string());
        let now = seconds(state.now());
        if claims["iss"] != json!(state.app_id.to_string()) {
            return Err("Integration not found");
        }
        if issued > now {
            return Err(
                "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued",
            );
        }
        if end > now + 600 {
            return Err("'Expiration time' claim ('exp') is too far in the future");
        }
        if end <= now {
            return Err(
                "'Expiration time' claim ('exp') must be a numeric value representing the future time at which \
                 the assertion expires",
            );
        }
        Ok(())
    }
}

impl State {
    /// The time of its clock.
    fn now(&self) -> SystemTime {
        let skew = Duration::from_secs(self.ahead.unsigned_abs());
        let now = SystemTime::now();
        if self.ahead < 0 { now - skew } else { now + skew }
    }

    fn issue(&mut self) -> (u16, Value) {
        if self.suspended {
            return (403, refusal("This installation has been suspended"));
        }
        let token = format!("ghs_{:036}", self.issued.len() + 1);
        self.issued.push((token.clone(), Instant::now()));
        let end = self.now() + self.life;
        let permissions = json!({"contents": "write", "metadata": "read", "workflows": "write"});
        let answer = json!({
            "token": token, "expires_at": iso8601(end), "permissions": permissions, "repository_selection": "all",
        });
        (201, answer)
    }

    fn expect(&mut self, is_right: bool, what: &str) {
        if !is_right {
            self.wrong.push(what.to_owned());
        }
    }
}

/// A new private key, as GitHub gives it.
pub(crate) fn generated_key() -> String {
    let folder = tempfile::tempdir().unwrap();
    let made = "genrsa -traditional -out key.pem 2048";
    output(Command::new("openssl").args(made.split(' ')).current_dir(folder.path()), b"");
    fs::read_to_string(folder.path().join("key.pem")).unwrap()
}

fn refusal(message: &str) -> Value {
    json!({"message": message, "documentation_url": "https://docs.github.com/rest", "status": "4xx"})
}

fn seconds(time: SystemTime) -> i64 {
    i64::try_from(time.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs()).unwrap()
}

/// Writes a time as GitHub does, such as `2016-07-11T22:14:10Z`.
fn iso8601(time: SystemTime) -> String {
    let shown = httpdate::fmt_http_date(time);
    let words: Vec<_> = shown.split(' ').collect();
    let [_, day, month, year, time, _] = words[..] else { panic!("{shown}") };
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let month = months.iter().position(|name| *name == month).unwrap() + 1;
    format!("{year}-{month:02}-{day}T{time}Z")
}
