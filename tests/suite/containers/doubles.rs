//! The doubles themselves: they refuse what the hosts refuse, and fail as they are told to.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpStream};

use super::{KINDS, container, empty_host, host_with};
use crate::support::host_double::world::Standing;
use crate::support::host_double::{Fault, HostDouble, Kind, Place, Seen};

/// Sends one request and returns all that is answered.
fn ask(host: &HostDouble, request: &str, fields: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(host.authority()).unwrap();
    let length = body.len();
    write!(stream, "{request} HTTP/1.1\r\nHost: double\r\n{fields}Content-Length: {length}\r\n\r\n{body}")
        .unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

#[track_caller]
fn expect(answer: &str, status: u16, parts: &[&str]) {
    assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{status}: {answer}");
    for part in parts {
        assert!(answer.contains(part), "'{part}' is not in: {answer}");
    }
}

/// The requests of one kind: that creates `new`, that lists, and that sets the default branch of `app` to a branch.
fn requests(kind: Kind, id: u64, branch: &str) -> [(String, String); 3] {
    let named = r#"{"name":"new","path":"new","visibility":"private","private":true}"#.to_owned();
    let of_owner = |api: &str| {
        let change = format!(r#"{{"default_branch":"{branch}"}}"#);
        [
            (format!("POST {api}/orgs/contoso/repos"), named.clone()),
            (format!("GET {api}/orgs/contoso/repos"), String::new()),
            (format!("PATCH {api}/repos/contoso/app"), change),
        ]
    };
    match kind {
        Kind::GitHub => of_owner("/api/v3"),
        Kind::Gitea => of_owner("/api/v1"),
        Kind::GitLab => [
            ("POST /api/v4/projects".into(), named.replacen('{', r#"{"namespace_id":2,"#, 1)),
            ("GET /api/v4/groups/contoso/projects".into(), String::new()),
            ("PUT /api/v4/projects/contoso%2Fapp".into(), format!(r#"{{"default_branch":"{branch}"}}"#)),
        ],
        Kind::AzureServer => {
            let repositories = "/contoso/Team/_apis/git/repositories";
            [
                (format!("POST {repositories}?api-version=5.0"), named),
                (format!("GET {repositories}?api-version=5.0"), String::new()),
                (
                    format!("PATCH {repositories}/00000000-0000-4000-8000-{id:012}?api-version=5.0"),
                    format!(r#"{{"defaultBranch":"refs/heads/{branch}"}}"#),
                ),
            ]
        }
        Kind::Bitbucket => [
            ("POST /rest/api/1.0/projects/TEAM/repos".into(), named),
            ("GET /rest/api/1.0/projects/TEAM/repos".into(), String::new()),
            (
                "PUT /rest/api/1.0/projects/TEAM/repos/app/default-branch".into(),
                format!(r#"{{"id":"refs/heads/{branch}"}}"#),
            ),
        ],
    }
}

#[test]
fn a_name_that_is_taken_and_a_branch_that_is_not_there_are_refused() {
    for (kind, taken, no_branch) in [
        (Kind::AzureServer, (409, "TF400948"), 400),
        (Kind::GitHub, (422, "already exists"), 422),
        (Kind::GitLab, (400, "has already been taken"), 400),
        // It says nothing.
        (Kind::Gitea, (409, "already exists"), 200),
        (Kind::Bitbucket, (409, "already taken"), 404),
    ] {
        let host = host_with(kind, &["app"]);
        let path = format!("{}/app", container(kind));
        let id = host.find(&path).unwrap().id;
        let [(create, body), _, (set, none)] = requests(kind, id, "nowhere");
        expect(&ask(&host, &create, "", &body), 201, &["new"]);
        expect(&ask(&host, &create, "", &body), taken.0, &[taken.1]);
        host.world().refuses_creation = Some(403);
        expect(&ask(&host, &create, "", &body), 403, &[]);
        assert_eq!(host.paths(), [path.clone(), format!("{}/new", container(kind))]);

        let branch = |host: &HostDouble| host.find(&path).unwrap().default_branch();
        expect(&ask(&host, &set, "", &none), no_branch, &[]);
        assert_eq!(branch(&host).as_deref(), Some("refs/heads/main"), "{kind:?}");
        let [.., (set, topic)] = requests(kind, id, "topic");
        assert!(ask(&host, &set, "", &topic).starts_with("HTTP/1.1 20"), "{kind:?}");
        assert_eq!(branch(&host).as_deref(), Some("refs/heads/topic"), "{kind:?}");
        let bodies: Vec<_> = host.seen().into_iter().filter(Seen::writes).map(|seen| seen.body).collect();
        assert_eq!(bodies, [body.clone(), body.clone(), body, none, topic], "{kind:?}");
    }
}

#[test]
fn faults_come_in_their_turn_and_a_token_is_asked_for() {
    for kind in KINDS {
        let host = empty_host(kind);
        let [_, (list, _), _] = requests(kind, 0, "");
        let faults = [Fault::TooMany(7), Fault::Broken, Fault::Flood(9), Fault::None];
        host.world().faults.extend(faults.map(|fault| (Place::Interface, fault)));
        expect(&ask(&host, &list, "", ""), 429, &["Retry-After: 7\r\n"]);
        expect(&ask(&host, &list, "", ""), 500, &[]);
        expect(&ask(&host, &list, "", ""), 200, &["Content-Length: 9\r\n"]);
        host.world().token = Some("t0ken".to_owned());
        expect(&ask(&host, &list, "", ""), 401, &[]);
        expect(&ask(&host, &list, "Authorization: Bearer t0ken\r\n", ""), 200, &[]);
        let first = host.seen().pop().unwrap();
        assert_eq!(first.authorization.as_deref(), Some("Bearer t0ken"));
    }
}

#[test]
fn a_page_after_the_first_can_be_cut_and_a_disabled_repository_is_not_served() {
    let host = host_with(Kind::GitHub, &["app", "docs"]);
    host.world().page = 1;
    host.world().made = Some("public");
    let whole = ask(&host, "GET /api/v3/orgs/contoso/repos?page=2", "", "");
    host.world().faults.push_back((Place::Interface, Fault::CutNextPage));
    let cut = ask(&host, "GET /api/v3/orgs/contoso/repos?page=2", "", "");
    expect(&cut, 200, &["application/json"]);
    assert!(cut.len() < whole.len() && whole.starts_with(&cut[..40]), "{cut}");
    let [(create, body), ..] = requests(Kind::GitHub, 0, "");
    expect(&ask(&host, &create, "", &body), 201, &[r#""visibility":"public""#]);

    host.change("contoso/app", |app| app.standing = Standing::Disabled);
    let refs = "GET /contoso/app.git/info/refs?service=git-upload-pack";
    expect(&ask(&host, refs, "", ""), 403, &[]);
    expect(&ask(&host, &refs.replace("app", "docs"), "", ""), 200, &["upload-pack"]);
    host.world().faults.push_back((Place::Git, Fault::TooMany(3)));
    let refused = ask(&host, &refs.replace("app", "docs"), "", "");
    expect(&refused, 429, &["Retry-After: 3\r\n"]);
}
