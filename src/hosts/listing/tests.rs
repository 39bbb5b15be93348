use proptest::prelude::*;

use super::*;
use crate::hosts::address::Address;
use crate::hosts::{Host, address};
use crate::remote::url::RemoteUrl;

fn container(url: &str, host: Host) -> Container {
    match address(&RemoteUrl::parse(url).unwrap().0, Some(host)) {
        Address::Container(container) | Address::AskHost(container) => container,
        other => panic!("{url}: {other:?}"),
    }
}

fn headers(fields: &[(&'static str, &str)]) -> HeaderMap {
    fields.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
}

/// Reads the answer to the first request, or to another.
fn read(
    (url, host): (&str, Host),
    asked: Option<&str>,
    fields: &[(&'static str, &str)],
    body: &str,
) -> Result<ListPage, ListError> {
    let container = container(url, host);
    let listing = host.info().listing.unwrap();
    let first = (listing.first)(&container, Listed::Organization, Wikis::LeftOut).unwrap();
    let answer = ListAnswer { headers: &headers(fields), body: body.as_bytes() };
    (listing.read)(&container, &answer, asked.unwrap_or(&first))
}

/// Returns the request for the page after one.
fn next(
    of: (&str, Host),
    asked: Option<&str>,
    fields: &[(&'static str, &str)],
    body: &str,
) -> Result<Option<String>, ListError> {
    read(of, asked, fields, body).map(|page| page.next)
}

/// Shows a repository in one line.
fn shown(repository: &ListedRepository) -> String {
    let ListedRepository { id, clone_url, size, default_branch, state, origin, visibility, .. } = repository;
    let branch = default_branch.as_deref().unwrap_or("none");
    format!("{id} {} {clone_url} {size:?} {branch} {state:?} {origin:?} {visibility:?}", repository.path())
}

fn lines(page: &ListPage) -> Vec<String> {
    page.repositories.iter().map(shown).collect()
}

const AZURE: (&str, Host) = ("https://dev.azure.com/fabrikam", Host::AzureRepos);
const GITHUB: (&str, Host) = ("https://github.com/octo", Host::GitHub);
const GITLAB: (&str, Host) = ("https://gitlab.com/g/s", Host::GitLab);
const GITEA: (&str, Host) = ("https://codeberg.org/o", Host::Gitea);
const BITBUCKET: (&str, Host) = ("https://bitbucket.org/w", Host::BitbucketCloud);
const SERVER: (&str, Host) = ("https://example.org/bitbucket/projects/PRJ", Host::BitbucketDataCenter);

#[test]
fn each_host_is_asked_at_its_interface() {
    for ((url, host), listed, expected) in [
        (
            AZURE,
            Listed::Organization,
            "https://dev.azure.com/fabrikam/_apis/git/repositories?api-version=7.1",
        ),
        (
            ("https://o.visualstudio.com/DefaultCollection/My Project", Host::AzureRepos),
            Listed::Organization,
            "https://o.visualstudio.com/My%20Project/_apis/git/repositories?api-version=7.1",
        ),
        (
            ("https://tfs.example.org/tfs/Main/p", Host::AzureDevOpsServer),
            Listed::Organization,
            "https://tfs.example.org/tfs/Main/p/_apis/git/repositories?api-version=5.0",
        ),
        (
            GITHUB,
            Listed::Organization,
            "https://api.github.com/orgs/octo/repos?type=all&sort=created&direction=asc&per_page=100&page=1",
        ),
        (
            ("https://git.example.org/octo", Host::GitHub),
            Listed::User,
            "https://git.example.org/api/v3/users/octo/repos?type=owner&sort=created&direction=asc&per_page=100&page=1",
        ),
        (
            GITHUB,
            Listed::Oneself,
            "https://api.github.com/user/repos?affiliation=owner&sort=created&direction=asc&per_page=100&page=1",
        ),
        (
            GITLAB,
            Listed::Organization,
            "https://gitlab.com/api/v4/groups/g%2Fs/projects?include_subgroups=true&with_shared=false&order_by=id\
             &sort=asc&per_page=100&page=1",
        ),
        (
            ("https://gitlab.com/bob", Host::GitLab),
            Listed::User,
            "https://gitlab.com/api/v4/users/bob/projects?order_by=id&sort=asc&per_page=100&page=1",
        ),
        (GITEA, Listed::Organization, "https://codeberg.org/api/v1/orgs/o/repos?limit=50&page=1"),
        (GITEA, Listed::User, "https://codeberg.org/api/v1/users/o/repos?limit=50&page=1"),
        (
            BITBUCKET,
            Listed::Organization,
            "https://api.bitbucket.org/2.0/repositories/w?sort=created_on&pagelen=100",
        ),
        (
            ("https://bitbucket.org/w/workspace/projects/KEY", Host::BitbucketCloud),
            Listed::Organization,
            "https://api.bitbucket.org/2.0/repositories/w?q=project.key%3D%22KEY%22&sort=created_on&pagelen=100",
        ),
        (
            SERVER,
            Listed::Organization,
            "https://example.org/bitbucket/rest/api/1.0/projects/PRJ/repos?limit=100&start=0",
        ),
        (
            ("https://git.example.org/users/bob", Host::BitbucketDataCenter),
            Listed::User,
            "https://git.example.org/rest/api/1.0/projects/~bob/repos?limit=100&start=0",
        ),
    ] {
        let container = container(url, host);
        let listing = host.info().listing.unwrap();
        let request = (listing.first)(&container, listed, Wikis::LeftOut).unwrap();
        assert_eq!((listing.base)(&container).unwrap().service_url(&request), expected, "{url}");
    }
}

#[test]
fn a_list_of_azure_devops_is_read() {
    let body = r#"{"count":4,"value":[
        {"id":"5febef5a","name":"My Repo","project":{"id":"6ce954b1","name":"My Project","state":"wellFormed","visibility":"private"},
         "defaultBranch":"refs/heads/main","size":728,"remoteUrl":"https://evil.example/r","isDisabled":false},
        {"id":"2","name":"new","project":{"name":"p","visibility":"public"},"size":0,"isFork":true},
        {"id":"3","name":"off","project":{"name":"p"},"isDisabled":true},
        {"id":"4","name":"..","project":{"name":"p"}}]}"#;
    let page = read(AZURE, None, &[], body).unwrap();
    assert_eq!(
        lines(&page),
        [
            "5febef5a My Project/My Repo https://dev.azure.com/fabrikam/My%20Project/_git/My%20Repo Some(728) refs/heads/main \
             Active Own Some(Private)",
            "2 p/new https://dev.azure.com/fabrikam/p/_git/new Some(0) none Empty Fork Some(Public)",
            "3 p/off https://dev.azure.com/fabrikam/p/_git/off None none Disabled Own None",
        ]
    );
    assert_eq!((page.unusable, page.next), (vec!["..".to_owned()], None));
    let in_project = ("https://tfs.example.org/tfs/Main/p", Host::AzureDevOpsServer);
    let page =
        read(in_project, None, &[], r#"{"count":1,"value":[{"id":"2","name":"r","project":{"name":"p"}}]}"#);
    assert_eq!(
        lines(&page.unwrap()),
        ["2 r https://tfs.example.org/tfs/Main/p/_git/r None none Active Own None"]
    );
}

#[test]
fn a_list_of_github_is_read() {
    let body = r#"[
        {"id":1296269,"name":"Hello-World","owner":{"login":"Octo"},"private":false,"fork":true,"size":108,"default_branch":"master",
         "archived":true,"disabled":false,"visibility":"public","clone_url":"https://evil.example/r.git"},
        {"id":2,"name":"in","owner":{"login":"octo"},"private":true,"visibility":"internal","disabled":true},
        {"id":3,"name":"old","owner":{"login":"octo"},"private":true},
        {"id":4,"name":"other","owner":{"login":"somebody"}}]"#;
    assert_eq!(
        lines(&read(GITHUB, None, &[], body).unwrap()),
        [
            "1296269 Hello-World https://github.com/octo/Hello-World.git Some(110592) refs/heads/master Archived Fork \
             Some(Public)",
            "2 in https://github.com/octo/in.git None none Disabled Own Some(Internal)",
            "3 old https://github.com/octo/old.git None none Active Own Some(Private)",
        ]
    );
}

#[test]
fn a_list_of_gitlab_is_read() {
    let body = r#"[
        {"id":9,"path":"app","path_with_namespace":"G/s/app","default_branch":"main","visibility":"private",
         "http_url_to_repo":"https://evil.example/r.git","statistics":{"repository_size":1038090}},
        {"id":10,"path_with_namespace":"g/s/t/u/lib","empty_repo":true,"visibility":"internal"},
        {"id":11,"path_with_namespace":"g/s/old","archived":true,"forked_from_project":{"id":3},"visibility":"public"},
        {"id":12,"path_with_namespace":"g/s/off","repository_access_level":"disabled"},
        {"id":13,"path_with_namespace":"g/sx/app"},
        {"id":14,"path_with_namespace":"other/app"}]"#;
    assert_eq!(
        lines(&read(GITLAB, None, &[], body).unwrap()),
        [
            "9 app https://gitlab.com/G/s/app.git Some(1038090) refs/heads/main Active Own Some(Private)",
            "10 t/u/lib https://gitlab.com/g/s/t/u/lib.git None none Empty Own Some(Internal)",
            "11 old https://gitlab.com/g/s/old.git None none Archived Fork Some(Public)",
            "12 off https://gitlab.com/g/s/off.git None none Disabled Own None",
        ]
    );
}

#[test]
fn a_list_of_gitea_is_read() {
    let body = r#"[
        {"id":1,"name":"app","owner":{"login":"o"},"empty":false,"archived":false,"private":true,"internal":false,"size":24,
         "default_branch":"main","clone_url":"https://evil.example/r.git"},
        {"id":2,"name":"new","owner":{"login":"o"},"empty":true,"private":false,"internal":true,"fork":true,"default_branch":""}]"#;
    assert_eq!(
        lines(&read(GITEA, None, &[], body).unwrap()),
        [
            "1 app https://codeberg.org/o/app.git Some(24576) refs/heads/main Active Own Some(Private)",
            "2 new https://codeberg.org/o/new.git None none Empty Fork Some(Internal)",
        ]
    );
}

#[test]
fn a_text_that_is_longer_than_any_leaves_its_repository_out() {
    let long = "x".repeat(LONGEST_TEXT + 1);
    let of_gitea = |branch: &str| {
        format!(r#"[{{"id":1,"name":"app","owner":{{"login":"o"}},"default_branch":"{branch}"}}]"#)
    };
    let of_bitbucket = |uuid: &str, key: &str| {
        format!(r#"{{"values":[{{"uuid":"{uuid}","full_name":"w/app","project":{{"key":"{key}"}}}}]}}"#)
    };
    let deep = "g/".repeat(LONGEST_TEXT / 2);
    let of_gitlab = |path: &str| format!(r#"[{{"id":1,"path_with_namespace":"g/s/{path}app"}}]"#);
    for (url, short, long) in [
        (GITEA, of_gitea("main"), of_gitea(&long)),
        (BITBUCKET, of_bitbucket("a", "K"), of_bitbucket(&long, "K")),
        (BITBUCKET, of_bitbucket("a", "K"), of_bitbucket("a", &long)),
        (GITLAB, of_gitlab("t/"), of_gitlab(&format!("{deep}t/"))),
    ] {
        let counts = |body: &str| {
            let page = read(url, None, &[], body).unwrap();
            (page.repositories.len(), page.unusable)
        };
        assert_eq!(counts(&short), (1, vec![]), "{url:?}");
        assert_eq!(counts(&long), (0, vec!["app".to_owned()]), "{url:?}");
    }
}

#[test]
fn lists_of_bitbucket_are_read() {
    let body = r#"{"pagelen":100,"values":[
        {"uuid":"{a-1}","full_name":"w/app","name":"App","slug":"app","is_private":true,"size":33348,"mainbranch":{"type":"branch",
         "name":"main"},"project":{"key":"PRJ"},"links":{"clone":[{"name":"https","href":"https://evil.example/r.git"}]}},
        {"uuid":"{a-2}","full_name":"w/new","is_private":false,"mainbranch":null,"parent":{"uuid":"{b}"}}]}"#;
    assert_eq!(
        lines(&read(BITBUCKET, None, &[], body).unwrap()),
        [
            "{a-1} PRJ/app https://bitbucket.org/w/app.git Some(33348) refs/heads/main Active Own Some(Private)",
            "{a-2} new https://bitbucket.org/w/new.git None none Active Fork Some(Public)",
        ]
    );
    let body = r#"{"size":3,"limit":100,"isLastPage":true,"start":0,"values":[
        {"slug":"my-repo","id":1,"name":"My repo","state":"AVAILABLE","public":true,"defaultBranch":"refs/heads/main"},
        {"slug":"old","id":2,"state":"AVAILABLE","archived":true,"origin":{"id":1},"defaultBranch":"main"},
        {"slug":"bad","id":3,"state":"INITIALISATION_FAILED","public":false}]}"#;
    assert_eq!(
        lines(&read(SERVER, None, &[], body).unwrap()),
        [
            "1 my-repo https://example.org/bitbucket/scm/PRJ/my-repo.git None refs/heads/main Active Own Some(Public)",
            "2 old https://example.org/bitbucket/scm/PRJ/old.git None refs/heads/main Archived Fork None",
            "3 bad https://example.org/bitbucket/scm/PRJ/bad.git None none Disabled Own Some(Private)",
        ]
    );
}

#[test]
fn the_next_page_is_asked_for_at_the_same_place() {
    const EMPTY: &str = r#"{"count":0,"value":[]}"#;
    let link = |page: &str| {
        format!("<https://evil.example/x?a=b&page={page}>; rel=\"next\", <https://x/?page=9>; rel=\"last\"")
    };
    let with = |page: u32| Ok(Some(format!("orgs/o/repos?limit=50&page={page}")));
    for (asked, fields, expected) in [
        (None, vec![("link", link("2"))], with(2)),
        (Some("orgs/o/repos?limit=50&page=2"), vec![("link", link("3"))], with(3)),
        (Some("orgs/o/repos?limit=50&page=3"), vec![], Ok(None)),
        (Some("orgs/o/repos?limit=50&page=2"), vec![("link", link("2"))], Err(ListError::NoNext)),
        (Some("orgs/o/repos?limit=50&page=2"), vec![("link", link("1"))], Err(ListError::NoNext)),
        (None, vec![("link", link("x"))], Err(ListError::NoNext)),
        (None, vec![("link", "<https://x/>; rel=\"next\"".to_owned())], Err(ListError::NoNext)),
        (None, vec![("link", "rel=\"next\"".to_owned())], Err(ListError::NoNext)),
    ] {
        let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, &**value)).collect();
        assert_eq!(next(GITEA, asked, &fields, "[]"), expected, "{fields:?}");
    }
    for (fields, expected) in [
        (&[("x-next-page", "2")][..], Some("2")),
        (&[("x-next-page", "")], None),
        (&[("link", "<https://gitlab.com/x?page=2&per_page=100>; rel=\"next\"")], Some("2")),
    ] {
        let request = next(GITLAB, None, fields, "[]").unwrap();
        assert_eq!(
            request.as_deref().and_then(|request| request.rsplit_once("&page=")).map(|(_, page)| page),
            expected
        );
    }
    let azure = |asked, token| next(AZURE, asked, &[("x-ms-continuationtoken", token)], EMPTY);
    let request = azure(None, "a&b=c").unwrap().unwrap();
    assert_eq!(request, "_apis/git/repositories?api-version=7.1&continuationToken=a%26b%3Dc");
    assert!(azure(Some(&request), "d").unwrap().unwrap().ends_with("7.1&continuationToken=d"));
    assert_eq!(azure(Some(&request), "a&b=c"), Err(ListError::NoNext));
    let bitbucket =
        |next_url: &str| next(BITBUCKET, None, &[], &format!(r#"{{"values":[],"next":"{next_url}"}}"#));
    assert_eq!(
        bitbucket("https://evil.example/2.0/repositories/w?pagelen=1&page=2").unwrap().unwrap(),
        "repositories/w?sort=created_on&pagelen=100&page=2"
    );
    for url in ["https://api.bitbucket.org", "https://x/?page=", "https://x/?page=a/b", "https://x/?a=b"] {
        assert_eq!(bitbucket(url), Err(ListError::NoNext), "{url}");
    }
    let server = |page: &str| next(SERVER, None, &[], &format!(r#"{{"values":[],{page}}}"#));
    assert_eq!(
        server(r#""isLastPage":false,"nextPageStart":7"#).unwrap().as_deref(),
        Some("projects/PRJ/repos?limit=100&start=7")
    );
    for page in [r#""isLastPage":false"#, r#""isLastPage":false,"nextPageStart":0"#] {
        assert_eq!(server(page), Err(ListError::NoNext), "{page}");
    }
}

#[test]
fn a_full_page_is_not_the_last_though_no_field_tells_so() {
    let repositories = vec![r#"{"id":1,"name":"r","owner":{"login":"o"}}"#; 50].join(",");
    let page = read(GITEA, None, &[], &format!("[{repositories}]")).unwrap();
    assert_eq!(page.next.as_deref(), Some("orgs/o/repos?limit=50&page=2"));
    let last = format!("orgs/o/repos?limit=50&page={}", u64::MAX);
    assert_eq!(next(GITEA, Some(&last), &[], &format!("[{repositories}]")), Err(ListError::NoNext));
}

#[test]
fn what_is_no_whole_list_is_an_error() {
    for of in [AZURE, GITHUB, GITLAB, GITEA, BITBUCKET, SERVER] {
        for body in
            ["", "<html>", "{}", "null", "[1]", r#"{"message":"no"}"#, r#"[{"id":1}]"#, r#"{"value":[]}"#]
        {
            assert_eq!(read(of, None, &[], body).map(|_| ()), Err(ListError::NoList), "{} {body}", of.0);
        }
    }
    assert_eq!(read(AZURE, None, &[], r#"{"count":2,"value":[]}"#).map(|_| ()), Err(ListError::CutShort));
}

#[test]
fn names_from_outside_lead_nowhere() {
    let long = "x".repeat(1 << 20);
    for name in ["", ".", "..", "../x", "a/b", "a\\\\b", "a\\nb", "\\u0000", "\\ufdd0", &long] {
        let body = format!(r#"[{{"id":1,"name":"{name}","owner":{{"login":"octo"}}}}]"#);
        let page = read(GITHUB, None, &[], &body).unwrap();
        assert_eq!((page.repositories.len(), page.unusable.len()), (0, 1), "{name:.10}");
        assert!(page.unusable[0].chars().count() <= LONGEST_NAME + 1);
    }
    for (name, url) in [
        ("##vso[task.complete]", "https://github.com/octo/%23%23vso%5Btask.complete%5D.git"),
        ("a?b#c%2f@d:e", "https://github.com/octo/a%3Fb%23c%252f%40d%3Ae.git"),
    ] {
        let body = format!(r#"[{{"id":1,"name":"{name}","owner":{{"login":"octo"}}}}]"#);
        let page = read(GITHUB, None, &[], &body).unwrap();
        assert_eq!(page.repositories[0].clone_url.to_string(), url);
    }
}

proptest! {
    #[test]
    fn a_listed_repository_is_at_the_containers_server(names in prop::array::uniform3(".{0,12}|[./%\\\\?#@:]{0,6}")) {
        let [one, two, three] = names.map(serde_json::Value::from);
        let path = format!("g/s/{}", one.as_str().unwrap());
        for (of, body) in [
            (AZURE, serde_json::json!({"count": 1, "value": [{"id": three, "name": one, "project": {"name": two}}]})),
            (GITHUB, serde_json::json!([{"id": 1, "name": one, "owner": {"login": "octo"}}])),
            (GITLAB, serde_json::json!([{"id": 1, "path_with_namespace": path}])),
            (BITBUCKET, serde_json::json!({"values": [{"uuid": three, "full_name": format!("w/{}", one.as_str().unwrap())}]})),
            (SERVER, serde_json::json!({"isLastPage": true, "values": [{"id": 1, "slug": one}]})),
        ] {
            let page = read(of, None, &[], &body.to_string()).unwrap();
            let above = container(of.0, of.1).url;
            let root = if of == SERVER { above.at_root("/bitbucket/scm/PRJ") } else { above.clone() };
            for repository in &page.repositories {
                let RemoteUrl::Web(url) = &repository.clone_url else { panic!("{repository:?}") };
                prop_assert!(url.same_origin(&above));
                let path = url.path();
                prop_assert!(path.starts_with(&format!("{}/", root.path())), "{}", path);
                prop_assert!(!path.split('/').skip(1).any(|part| matches!(part, "" | "." | "..")), "{}", path);
            }
        }
    }
}

/// Returns the URL of the wiki of the one repository that a list has.
fn wiki(of: (&str, Host), body: &str) -> Option<String> {
    let page = read(of, None, &[], body).unwrap();
    page.repositories[0].wiki.as_ref().map(ToString::to_string)
}

#[test]
fn a_wiki_is_beside_its_repository_where_there_may_be_one() {
    let some = |url: &str| Some(url.to_owned());
    for (of, repository, url) in [
        (GITHUB, r#"{"id":1,"name":"r","owner":{"login":"octo"}"#, "https://github.com/octo/r.wiki.git"),
        (GITEA, r#"{"id":1,"name":"r","owner":{"login":"o"}"#, "https://codeberg.org/o/r.wiki.git"),
        (GITLAB, r#"{"id":1,"path_with_namespace":"g/s/t/r""#, "https://gitlab.com/g/s/t/r.wiki.git"),
    ] {
        for (fields, expected) in [
            ("", some(url)),
            (r#","has_wiki":true,"wiki_enabled":true,"wiki_access_level":"private""#, some(url)),
            (r#","has_wiki":false,"wiki_enabled":false"#, None),
            (r#","has_wiki":false,"wiki_enabled":true,"wiki_access_level":"disabled""#, None),
        ] {
            assert_eq!(wiki(of, &format!("[{repository}{fields}}}]")), expected, "{url} {fields}");
        }
    }
    for (fields, expected) in [
        ("", None),
        (r#","has_wiki":false"#, None),
        (r#","has_wiki":true"#, some("https://bitbucket.org/w/r.git/wiki")),
    ] {
        let body = format!(r#"{{"values":[{{"uuid":"{{1}}","full_name":"w/r"{fields}}}]}}"#);
        assert_eq!(wiki(BITBUCKET, &body), expected, "{fields}");
    }
}

#[test]
fn the_wikis_of_azure_devops_are_hidden_repositories() {
    let in_project = container("https://dev.azure.com/fabrikam/p", Host::AzureRepos);
    let listing = Host::AzureRepos.info().listing.unwrap();
    let request = (listing.first)(&in_project, Listed::Organization, Wikis::Mirrored).unwrap();
    assert_eq!(request, "p/_apis/git/repositories?api-version=7.1&includeHidden=true");
    let body = r#"{"count":2,"value":[{"id":"1","name":"p","project":{"name":"p"}},{"id":"2","name":"P.wiki","project":{"name":"p"}}]}"#;
    let contents = |asked: &str| {
        let answer = ListAnswer { headers: &headers(&[]), body: body.as_bytes() };
        let page = (listing.read)(&in_project, &answer, asked).unwrap();
        page.repositories.iter().map(|repository| repository.content).collect::<Vec<_>>()
    };
    assert_eq!(contents(&request), [Content::Code, Content::Wiki]);
    assert_eq!(contents(&format!("{request}&continuationToken=x")), [Content::Code, Content::Wiki]);
    // Nothing hidden is listed then: this is a user's own, and no wiki.
    let without = (listing.first)(&in_project, Listed::Organization, Wikis::LeftOut).unwrap();
    assert_eq!(contents(&without), [Content::Code, Content::Code]);
}

#[test]
fn gitlab_is_asked_whether_a_path_is_a_group() {
    let gitlab = Host::GitLab.info().listing.unwrap();
    let request = (gitlab.container)(&container(GITLAB.0, GITLAB.1));
    assert_eq!(request.as_deref(), Some("groups/g%2Fs?with_projects=false"));
    for of in [AZURE, GITHUB, GITEA, BITBUCKET, SERVER] {
        let listing = of.1.info().listing.unwrap();
        assert_eq!((listing.container)(&container(of.0, of.1)), None, "{}", of.0);
    }
}
