use proptest::prelude::*;
use ureq::http::HeaderMap;

use super::*;
use crate::hosts::address::{Address, ContainerKind};
use crate::hosts::listing::{ListPage, Wikis};
use crate::hosts::{Host, address};
use crate::protocol::object_id::ObjectFormat;
use crate::remote::url::RemoteUrl;
use crate::remote::web_url::WebUrl;

fn management(host: Host) -> Management {
    host.info().management.unwrap()
}

fn place(host: Host, url: &str) -> Option<RepositoryPlace> {
    (management(host).place)(&WebUrl::parse(url).unwrap().0)
}

fn container(host: Host, url: &str) -> Container {
    match address(&RemoteUrl::parse(url).unwrap().0, Some(host)) {
        Address::Container(container) | Address::AskHost(container) => container,
        other => panic!("{url}: {other:?}"),
    }
}

fn answer<T>(body: &str, read: impl FnOnce(&ListAnswer<'_>) -> T) -> T {
    read(&ListAnswer { headers: &HeaderMap::new(), body: body.as_bytes() })
}

fn home(host: Host, url: &str, status: u16, body: &str) -> Option<Home> {
    let place = place(host, url).unwrap();
    let status = StatusCode::from_u16(status).unwrap();
    answer(body, |answer| (management(host).home)(&place, status, answer))
}

/// Shows a request in one line.
fn shown(call: Option<Call>) -> String {
    let Call { method, below, body } = call.unwrap();
    let body: Option<Value> = body.map(|body| serde_json::from_str(&body).unwrap());
    format!("{method} {below} {}", body.map(|body| body.to_string()).unwrap_or_default())
        .trim_end()
        .to_owned()
}

fn created(host: Host, url: &str, home: &Home, visibility: Visibility) -> String {
    let new = NewRepository { visibility, format: ObjectFormat::Sha1 };
    shown((management(host).create)(&place(host, url).unwrap(), home, new))
}

fn main() -> RefName {
    RefName::new(b"refs/heads/release/1").unwrap()
}

/// A repository at each host: the host, its URL, its container there, its name, and the host's answer about it.
const ALL: [(Host, &str, &str, &str, &str); 8] = [
    (
        Host::AzureRepos,
        "https://dev.azure.com/org/My%20Project/_git/My%20Repo",
        "https://dev.azure.com/org/My%20Project",
        "My Repo",
        r#"{"id":"5febef5a-833d","name":"My Repo","url":"https://evil.example","project":{"id":"6ce9","name":"My Project",
            "state":"wellFormed","visibility":"private"},"defaultBranch":"refs/heads/main","size":728,
            "remoteUrl":"https://evil.example/r","isDisabled":false}"#,
    ),
    (
        Host::AzureDevOpsServer,
        "https://tfs.example.org/tfs/Main/p/_git/r",
        "https://tfs.example.org/tfs/Main/p",
        "r",
        r#"{"id":"5febef5a-833d","name":"r","project":{"name":"p"},"defaultBranch":"refs/heads/main"}"#,
    ),
    (
        Host::GitHub,
        "https://github.com/octo/Hello-World.git",
        "https://github.com/octo",
        "Hello-World",
        r#"{"id":1296269,"name":"Hello-World","full_name":"octo/Hello-World","owner":{"login":"Octo"},"private":true,"size":108,
            "default_branch":"main","visibility":"private","clone_url":"https://evil.example/r.git"}"#,
    ),
    (
        Host::GitHub,
        "https://git.example.org:8443/octo/app.git",
        "https://git.example.org:8443/octo",
        "app",
        r#"{"id":7,"name":"app","owner":{"login":"octo"},"private":true,"default_branch":"main"}"#,
    ),
    (
        Host::GitLab,
        "https://gitlab.com/g/s/app.git",
        "https://gitlab.com/g/s",
        "app",
        r#"{"id":9,"path":"app","path_with_namespace":"g/s/app","default_branch":"main","visibility":"private",
            "http_url_to_repo":"https://evil.example/r.git"}"#,
    ),
    (
        Host::Gitea,
        "https://codeberg.org/o/app.git",
        "https://codeberg.org/o",
        "app",
        r#"{"id":1,"name":"app","owner":{"login":"o"},"empty":false,"private":true,"default_branch":"main"}"#,
    ),
    (
        Host::BitbucketCloud,
        "https://bitbucket.org/w/app.git",
        "https://bitbucket.org/w",
        "app",
        r#"{"uuid":"{a-1}","full_name":"w/app","name":"App","is_private":true,"mainbranch":{"type":"branch","name":"main"}}"#,
    ),
    (
        Host::BitbucketDataCenter,
        "https://example.org/bitbucket/scm/PRJ/my-repo.git",
        "https://example.org/bitbucket/projects/PRJ",
        "my-repo",
        r#"{"slug":"my-repo","id":1,"name":"My repo","state":"AVAILABLE","public":false,"defaultBranch":"main"}"#,
    ),
];

#[test]
fn the_place_of_a_repository_is_where_its_list_has_it() {
    for (host, url, above, name, body) in ALL {
        let management = management(host);
        let expected = RepositoryPlace { container: container(host, above), name: name.to_owned() };
        assert_eq!(place(host, url), Some(expected.clone()), "{url}");
        assert_eq!((management.url)(&expected).unwrap().to_string(), url);
        let repository = answer(body, |answer| (management.read)(&expected, answer)).unwrap();
        assert_eq!(repository.clone_url.to_string(), url);
        assert_eq!(repository.default_branch.as_deref(), Some("refs/heads/main"), "{url}");
        let listed = listed(host, &expected.container, body);
        assert_eq!(listed.repositories, [repository], "{url}");
    }
}

/// Reads the list of a container that has one repository.
fn listed(host: Host, container: &Container, repository: &str) -> ListPage {
    let body = match host {
        Host::AzureRepos | Host::AzureDevOpsServer => format!(r#"{{"count":1,"value":[{repository}]}}"#),
        Host::BitbucketCloud => format!(r#"{{"values":[{repository}]}}"#),
        Host::BitbucketDataCenter => format!(r#"{{"isLastPage":true,"values":[{repository}]}}"#),
        _ => format!("[{repository}]"),
    };
    let listing = host.info().listing.unwrap();
    let first = (listing.first)(container, Listed::Organization, Wikis::LeftOut).unwrap();
    answer(&body, |answer| (listing.read)(container, answer, &first)).unwrap()
}

#[test]
fn a_repository_has_other_addresses() {
    for (host, url, expected) in [
        (
            Host::AzureRepos,
            "https://org.visualstudio.com/DefaultCollection/p/_git/r",
            "https://org.visualstudio.com/p/_git/r",
        ),
        (Host::AzureRepos, "https://org.visualstudio.com/_git/r", "https://org.visualstudio.com/r/_git/r"),
        (Host::AzureRepos, "https://dev.azure.com/org/_git/r", "https://dev.azure.com/org/r/_git/r"),
        (
            Host::AzureRepos,
            "https://dev.azure.com/org/p/_git/_full/x.git",
            "https://dev.azure.com/org/p/_git/x.git",
        ),
        (
            Host::AzureDevOpsServer,
            "https://tfs.example.org/Main/_git/r?version=GBmain",
            "https://tfs.example.org/Main/r/_git/r",
        ),
        (Host::GitHub, "https://github.com/o/r", "https://github.com/o/r.git"),
        (Host::GitHub, "https://contoso.ghe.com/o/r/", "https://contoso.ghe.com/o/r.git"),
        (Host::GitLab, "https://gitlab.com/g/r", "https://gitlab.com/g/r.git"),
        (Host::Gitea, "https://codeberg.org/o/r", "https://codeberg.org/o/r.git"),
        (Host::BitbucketCloud, "https://bitbucket.org/w/r", "https://bitbucket.org/w/r.git"),
        (Host::BitbucketDataCenter, "https://a.example/scm/~bob/r", "https://a.example/scm/~bob/r.git"),
    ] {
        let place = place(host, url).unwrap();
        assert_eq!((management(host).url)(&place).unwrap().to_string(), expected, "{url}");
    }
}

#[test]
fn what_is_no_repository_has_no_place() {
    for (host, urls) in [
        (
            Host::AzureRepos,
            &[
                "https://dev.azure.com/org/p",
                "https://dev.azure.com/org/p/_git",
                "https://dev.azure.com/org/p/t/_git/r",
                "https://dev.azure.com/org/p/_git/r/commits",
                "https://dev.azure.com/org/p/_git/a%2Fb",
                "https://dev.azure.com/org/..%2Fq/_git/r",
                "https://git.example.org/org/p/_git/r",
            ][..],
        ),
        (Host::AzureDevOpsServer, &["https://tfs.example.org/tfs", "https://tfs.example.org/_git/r"]),
        (
            Host::GitHub,
            &[
                "https://github.com/o",
                "https://github.com/o/r/tree/main",
                "https://github.com/orgs/o",
                "https://github.com/o/r.wiki.git",
                "https://github.com/o/.git",
                "https://github.com/o/a%2Fb",
                "https://github.com/a%5Cb/r",
                "https://github.com/o/a%00b",
            ],
        ),
        (
            Host::GitLab,
            &[
                "https://gitlab.com/g",
                "https://gitlab.com/g/r/-/tree/main",
                "https://gitlab.com/groups/g",
                "https://gitlab.com/g/r.wiki.git",
                "https://gitlab.com/g%2Fs/r",
                "https://gitlab.com/%2E%2E%2Fg/r",
            ],
        ),
        (Host::Gitea, &["https://codeberg.org/o", "https://codeberg.org/folder/o/r"]),
        (Host::BitbucketCloud, &["https://bitbucket.org/w", "https://bitbucket.org/w/r.git/wiki"]),
        (Host::BitbucketDataCenter, &["https://a.example/scm/PRJ", "https://a.example/PRJ/r"]),
    ] {
        for url in urls {
            assert_eq!(place(host, url), None, "{url}");
        }
    }
}

#[test]
fn each_host_tells_of_one_repository() {
    for (at, expected) in [
        "GET My%20Project/_apis/git/repositories/My%20Repo?api-version=7.1",
        "GET p/_apis/git/repositories/r?api-version=5.0",
        "GET repos/octo/Hello-World",
        "GET repos/octo/app",
        "GET projects/g%2Fs%2Fapp",
        "GET repos/o/app",
        "GET repositories/w/app",
        "GET projects/PRJ/repos/my-repo",
    ]
    .into_iter()
    .enumerate()
    {
        let (host, url, ..) = ALL[at];
        assert_eq!(shown((management(host).look)(&place(host, url).unwrap())), expected);
    }
}

#[test]
fn an_answer_about_another_owners_repository_is_none() {
    for (host, url, body) in [
        (Host::GitHub, "https://github.com/o/r", r#"{"id":1,"name":"r","owner":{"login":"somebody"}}"#),
        (Host::GitLab, "https://gitlab.com/g/r", r#"{"id":1,"path_with_namespace":"other/r"}"#),
        (Host::Gitea, "https://codeberg.org/o/r", r#"{"id":1,"name":"..","owner":{"login":"o"}}"#),
    ] {
        let place = place(host, url).unwrap();
        let read = answer(body, |answer| (management(host).read)(&place, answer));
        assert_eq!(read, Err(ListError::NoList), "{url}");
    }
    for (host, url, ..) in ALL {
        for body in ["", "[]", "{}", "null", "<html>", r#"{"message":"Not Found"}"#] {
            let place = place(host, url).unwrap();
            let read = answer(body, |answer| (management(host).read)(&place, answer));
            assert_eq!(read, Err(ListError::NoList), "{url} {body}");
        }
    }
}

#[test]
fn each_host_is_asked_about_the_container_first() {
    for (at, expected) in [
        &["_apis/projects/My%20Project?api-version=7.1"][..],
        &["_apis/projects/p?api-version=5.0"],
        &["user"],
        &["user"],
        &["groups/g%2Fs?with_projects=false", "namespaces/g%2Fs"],
        &["user"],
        &[],
        &[],
    ]
    .into_iter()
    .enumerate()
    {
        let (host, url, ..) = ALL[at];
        let calls = (management(host).before_creation)(&place(host, url).unwrap());
        assert!(calls.iter().all(|call| call.method == Method::GET && call.body.is_none()));
        assert_eq!(calls.iter().map(|call| &*call.below).collect::<Vec<_>>(), expected, "{url}");
    }
}

#[test]
fn the_answer_tells_of_the_container() {
    const AZURE: &str = "https://dev.azure.com/org/p/_git/r";
    const GITHUB: &str = "https://github.com/Octo/r";
    const GITLAB: &str = "https://gitlab.com/g/r";
    let none = Home::default;
    let of_owner = |owner| Home { owner: Some(owner), ..none() };
    let id = |id: &str| Some(id.to_owned());
    for (host, url, status, body, expected) in [
        (
            Host::AzureRepos,
            AZURE,
            200,
            r#"{"id":"6ce9","name":"p","state":"wellFormed","visibility":"organization"}"#,
            Some(Home { id: id("6ce9"), visibility: Some(Visibility::Internal), ..none() }),
        ),
        (Host::AzureRepos, AZURE, 404, r#"{"id":"6ce9"}"#, None),
        (
            Host::GitHub,
            GITHUB,
            200,
            r#"{"login":"octo","id":1,"type":"User"}"#,
            Some(of_owner(Listed::Oneself)),
        ),
        (Host::GitHub, GITHUB, 200, r#"{"login":"bob"}"#, Some(of_owner(Listed::Organization))),
        (
            Host::GitHub,
            GITHUB,
            403,
            r#"{"message":"Resource not accessible by integration"}"#,
            Some(of_owner(Listed::Organization)),
        ),
        (Host::GitHub, GITHUB, 401, r#"{"message":"Bad credentials"}"#, None),
        (Host::GitHub, GITHUB, 503, "", None),
        (Host::Gitea, "https://codeberg.org/o/r", 200, r#"{"login":"o"}"#, Some(of_owner(Listed::Oneself))),
        (
            Host::GitLab,
            GITLAB,
            200,
            r#"{"id":42,"name":"G","path":"g","full_path":"g","visibility":"public"}"#,
            Some(Home {
                owner: Some(Listed::Organization),
                id: id("42"),
                visibility: None,
                widest: Some(Visibility::Public),
            }),
        ),
        (Host::GitLab, GITLAB, 404, r#"{"message":"404 Group Not Found"}"#, None),
        (
            Host::GitLab,
            GITLAB,
            200,
            r#"{"id":7,"name":"Bob","path":"g","kind":"user","full_path":"g"}"#,
            Some(Home { owner: Some(Listed::User), id: id("7"), ..none() }),
        ),
        (Host::BitbucketCloud, "https://bitbucket.org/w/r", 200, "{}", None),
    ] {
        assert_eq!(home(host, url, status, body), expected, "{url} {status} {body}");
    }
}

#[test]
fn a_repository_is_created_empty_and_never_wider_than_asked() {
    use Visibility::{Internal, Private, Public};
    let (own, with_id) = (
        Home { owner: Some(Listed::Oneself), ..Home::default() },
        Home { id: Some("6ce9".to_owned()), ..Home::default() },
    );
    let (organization, group) = (
        Home { owner: Some(Listed::Organization), ..Home::default() },
        Home { id: Some("42".to_owned()), ..Home::default() },
    );
    let azure = "https://dev.azure.com/org/My%20Project/_git/My%20Repo";
    let (github, gitlab) = ("https://github.com/o/r", "https://gitlab.com/g/s/r");
    let gitea = "https://codeberg.org/o/r";
    let (bitbucket, server) = ("https://bitbucket.org/w/r", "https://a.example/scm/PRJ/r");
    let of_github = |below: &str, private: bool, visibility: &str| {
        format!(
            r#"POST {below} {{"auto_init":false,"name":"r","private":{private},"visibility":"{visibility}"}}"#
        )
    };
    let of_gitlab = |visibility: &str| {
        format!(
            r#"POST projects {{"initialize_with_readme":false,"name":"r","namespace_id":42,"path":"r","visibility":"{visibility}"}}"#
        )
    };
    let of_gitea = |below: &str, private: bool| {
        format!(
            r#"POST {below} {{"auto_init":false,"name":"r","object_format_name":"sha1","private":{private}}}"#
        )
    };
    let of_bitbucket =
        |private: bool| format!(r#"POST repositories/w/r {{"is_private":{private},"scm":"git"}}"#);
    let of_server =
        |public: bool| format!(r#"POST projects/PRJ/repos {{"name":"r","public":{public},"scmId":"git"}}"#);
    for (host, url, home, visibility, expected) in [
        (
            Host::AzureRepos,
            azure,
            &with_id,
            Private,
            r#"POST My%20Project/_apis/git/repositories?api-version=7.1 {"name":"My Repo","project":{"id":"6ce9"}}"#
                .to_owned(),
        ),
        (Host::GitHub, github, &organization, Private, of_github("orgs/o/repos", true, "private")),
        (Host::GitHub, github, &organization, Internal, of_github("orgs/o/repos", true, "internal")),
        (Host::GitHub, github, &organization, Public, of_github("orgs/o/repos", false, "public")),
        (Host::GitHub, github, &own, Internal, of_github("user/repos", true, "private")),
        (Host::GitLab, gitlab, &group, Private, of_gitlab("private")),
        (Host::GitLab, gitlab, &group, Internal, of_gitlab("internal")),
        (Host::GitLab, gitlab, &group, Public, of_gitlab("public")),
        (Host::Gitea, gitea, &own, Private, of_gitea("user/repos", true)),
        (Host::Gitea, gitea, &organization, Internal, of_gitea("orgs/o/repos", true)),
        (Host::Gitea, gitea, &organization, Public, of_gitea("orgs/o/repos", false)),
        (Host::BitbucketCloud, bitbucket, &own, Private, of_bitbucket(true)),
        (Host::BitbucketCloud, bitbucket, &own, Internal, of_bitbucket(true)),
        (Host::BitbucketCloud, bitbucket, &own, Public, of_bitbucket(false)),
        (Host::BitbucketDataCenter, server, &own, Internal, of_server(false)),
        (Host::BitbucketDataCenter, server, &own, Public, of_server(true)),
    ] {
        assert_eq!(created(host, url, home, visibility), expected, "{host:?} {visibility:?}");
    }
}

#[test]
fn a_repository_is_created_in_its_project_and_format() {
    let new = NewRepository { visibility: Visibility::Private, format: ObjectFormat::Sha256 };
    let container = container(Host::BitbucketCloud, "https://bitbucket.org/w/workspace/projects/KEY");
    let in_project = RepositoryPlace { container, name: "r".to_owned() };
    assert_eq!(
        shown((management(Host::BitbucketCloud).create)(&in_project, &Home::default(), new)),
        r#"POST repositories/w/r {"is_private":true,"project":{"key":"KEY"},"scm":"git"}"#
    );
    let gitea = place(Host::Gitea, "https://codeberg.org/o/r").unwrap();
    let call = (management(Host::Gitea).create)(&gitea, &Home::default(), new);
    assert!(shown(call).contains(r#""object_format_name":"sha256""#));
    for (host, url) in
        [(Host::AzureRepos, "https://dev.azure.com/o/p/_git/r"), (Host::GitLab, "https://gitlab.com/g/r")]
    {
        let place = place(host, url).unwrap();
        assert_eq!((management(host).create)(&place, &Home::default(), new), None, "{url} without an id");
    }
}

#[test]
fn a_default_branch_is_set() {
    let expected = [
        r#"PATCH My%20Project/_apis/git/repositories/5febef5a-833d?api-version=7.1 {"defaultBranch":"refs/heads/release/1"}"#,
        r#"PATCH p/_apis/git/repositories/5febef5a-833d?api-version=5.0 {"defaultBranch":"refs/heads/release/1"}"#,
        r#"PATCH repos/octo/Hello-World {"default_branch":"release/1"}"#,
        r#"PATCH repos/octo/app {"default_branch":"release/1"}"#,
        r#"PUT projects/9 {"default_branch":"release/1"}"#,
        r#"PATCH repos/o/app {"default_branch":"release/1"}"#,
        r#"PUT repositories/w/app {"mainbranch":{"name":"release/1"}}"#,
        r#"PUT projects/PRJ/repos/my-repo/default-branch {"id":"refs/heads/release/1"}"#,
    ];
    for ((host, url, _, _, body), expected) in ALL.into_iter().zip(expected) {
        let (place, management) = (place(host, url).unwrap(), management(host));
        let repository = answer(body, |answer| (management.read)(&place, answer)).unwrap();
        assert_eq!(shown((management.set_default_branch)(&place, &repository, &main())), expected);
        for other in [&b"refs/tags/v1"[..], b"refs/heads/\xff"] {
            let other = RefName::new(other).unwrap();
            assert_eq!((management.set_default_branch)(&place, &repository, &other), None);
        }
    }
}

/// Returns the requests about a repository of this name in a container of each host.
fn requests(host: Host, place: &RepositoryPlace) -> Vec<Call> {
    let management = management(host);
    let home = Home { owner: Some(Listed::Organization), id: Some("1".to_owned()), ..Home::default() };
    let new = NewRepository { visibility: Visibility::Private, format: ObjectFormat::Sha1 };
    [(management.look)(place), (management.create)(place, &home, new)].into_iter().flatten().collect()
}

#[test]
fn a_name_that_would_lead_elsewhere_is_asked_for_nowhere() {
    for name in ["", ".", "..", "a/b", "../x", "a\\b", "a\nb", "a\0b"] {
        for (host, url, ..) in ALL {
            let place = RepositoryPlace { name: name.to_owned(), ..place(host, url).unwrap() };
            assert_eq!(requests(host, &place), [], "{url} {name:?}");
            assert_eq!((management(host).url)(&place), None, "{url} {name:?}");
        }
    }
    for (host, kind) in [
        (Host::GitHub, ContainerKind::Owner { owner: "..".to_owned() }),
        (Host::GitLab, ContainerKind::Group { path: "a/../b".to_owned() }),
        (Host::BitbucketCloud, ContainerKind::Workspace { workspace: "a/b".to_owned() }),
        (Host::BitbucketDataCenter, ContainerKind::ServerProject { key: "/".to_owned() }),
        (Host::AzureRepos, ContainerKind::Project { collection: "o".to_owned(), project: "..".to_owned() }),
    ] {
        let url = WebUrl::parse("https://a.example/x").unwrap().0;
        let place = RepositoryPlace { container: Container { url, kind }, name: "r".to_owned() };
        assert_eq!((management(host).look)(&place), None, "{host:?}");
        assert_eq!((management(host).url)(&place), None, "{host:?}");
    }
}

proptest! {
    #[test]
    fn a_hostile_name_is_one_part_of_a_path(name in ".{1,12}|[./%\\\\?#@:&=\"]{1,6}") {
        for (host, url, ..) in ALL {
            let usual = place(host, url).unwrap();
            let place = RepositoryPlace { name: name.clone(), ..usual.clone() };
            let (some, same) = (requests(host, &place), requests(host, &usual));
            for (call, usual) in some.iter().zip(&same) {
                let path = |call: &Call| call.below.split('?').next().unwrap().split('/').count();
                prop_assert_eq!(path(call), path(usual), "{}", call.below);
                prop_assert_eq!(call.below.matches(['?', '#', '&']).count(), usual.below.matches(['?', '#', '&']).count());
            }
            let Some(url) = (management(host).url)(&place) else { continue };
            prop_assert!(url.same_origin(&place.container.url));
            // What is called `x.git` has the address of what is called `x` at most hosts, and a wiki none.
            if let Some(read) = (management(host).place)(&url) {
                prop_assert_eq!(&read.container, &place.container);
            }
        }
    }
}
