use proptest::prelude::*;

use super::*;
use crate::hosts::{Host, address};
use crate::remote::url::RemoteUrl;

fn read(url: &str, given: Option<Host>) -> Address {
    address(&RemoteUrl::parse(url).unwrap().0, given)
}

/// Returns what is told of an address: `repository`, or a word and a URL.
fn told(url: &str, given: Option<Host>) -> String {
    match read(url, given) {
        Address::Repository => "repository".to_owned(),
        Address::Container(container) => format!("container {container}"),
        Address::AskHost(container) => format!("ask {container}"),
        Address::PageOfRepository(url) => format!("page of {url}"),
        Address::PageOfContainer(container) => format!("page in {container}"),
        Address::Tfvc => "tfvc".to_owned(),
    }
}

/// Checks addresses below a server.
fn check(server: &str, given: Option<Host>, rows: &[(&str, &str, &str)]) {
    for (path, what, expected) in rows {
        let expected = match *what {
            "repository" | "tfvc" => (*what).to_owned(),
            what => format!("{what} {server}{expected}"),
        };
        assert_eq!(told(&format!("{server}{path}"), given), expected, "{server}{path}");
    }
}

#[test]
fn addresses_of_azure_devops_in_the_cloud_are_told_apart() {
    const ROWS: [(&str, &str, &str); 24] = [
        ("/_git/r", "repository", ""),
        ("/p/_git/r", "repository", ""),
        ("/My%20Project/_git/r.git", "repository", ""),
        ("/p/_git/_full/r", "repository", ""),
        ("/p/_git/_optimized/r", "repository", ""),
        ("/p/_git/r?sig=abc", "repository", ""),
        ("/p/_git/r?path=/a&sig=abc", "repository", ""),
        ("/p/team/_git/r", "repository", ""),
        ("/p/r", "repository", ""),
        ("/p", "container", "/p"),
        ("/My Project/", "container", "/My%20Project"),
        ("/p/_git/r?path=%2Fsrc&version=GBmain&_a=contents", "page of", "/p/_git/r"),
        ("/p/_git/r/branches", "page of", "/p/_git/r"),
        ("/p/_git/r/pullrequest/12?_a=files", "page of", "/p/_git/r"),
        ("/_git/r/commit/0123?refName=refs%2Fheads%2Fmain", "page of", "/_git/r"),
        ("/p/_git/_full/r/branches", "page of", "/p/_git/_full/r"),
        ("/p/_git", "page in", "/p"),
        ("/p/_wiki/wikis/p.wiki/1/Home", "page in", "/p"),
        ("/p/_boards/board/t/p%20Team/Stories", "page in", "/p"),
        ("/p/team/_backlogs", "page in", "/p"),
        ("/p/_settings/repositories?repo=1", "page in", "/p"),
        ("/_settings/users", "page in", ""),
        ("/p/_versionControl?path=%24%2Fp", "tfvc", ""),
        ("/p/%24/p/Main", "tfvc", ""),
    ];
    for server in ["https://dev.azure.com/contoso", "https://contoso.visualstudio.com"] {
        check(server, None, &ROWS);
        assert_eq!(told(server, None), format!("container {server}"));
    }
    for (url, expected) in [
        (
            "https://contoso.visualstudio.com/DefaultCollection/p",
            "container https://contoso.visualstudio.com/p",
        ),
        ("https://contoso.visualstudio.com/DefaultCollection", "container https://contoso.visualstudio.com"),
        ("https://user:hunter2@dev.azure.com/contoso/p/_wiki", "page in https://dev.azure.com/contoso/p"),
        ("https://dev.azure.com", "repository"),
        ("git@ssh.dev.azure.com:v3/contoso/p/r", "repository"),
    ] {
        assert_eq!(told(url, None), expected, "{url}");
    }
}

#[test]
fn a_container_has_the_names_of_its_host() {
    let kind = |url: &str, given| match read(url, given) {
        Address::Container(container) | Address::AskHost(container) => container.kind,
        other => panic!("{url}: {other:?}"),
    };
    let [collection, project] = ["Contoso", "My Project"].map(str::to_owned);
    for url in ["https://dev.azure.com/Contoso/My%20Project", "https://Contoso.visualstudio.com/My Project"] {
        let ContainerKind::Project { collection: above, project: name } = kind(url, None) else { panic!() };
        assert!(above.eq_ignore_ascii_case(&collection) && name == project, "{url}");
    }
    for (url, given, expected) in [
        ("https://dev.azure.com/Contoso", None, ContainerKind::Collection { collection: collection.clone() }),
        (
            "https://tfs.example.org/tfs/Contoso/My%20Project",
            Some(Host::AzureDevOpsServer),
            ContainerKind::Project { collection, project },
        ),
        ("https://github.com/octo", None, ContainerKind::Owner { owner: "octo".to_owned() }),
        ("https://gitlab.com/a/b", None, ContainerKind::Group { path: "a/b".to_owned() }),
        ("https://bitbucket.org/w", None, ContainerKind::Workspace { workspace: "w".to_owned() }),
        (
            "https://bitbucket.org/w/workspace/projects/K",
            None,
            ContainerKind::WorkspaceProject { workspace: "w".to_owned(), key: "K".to_owned() },
        ),
        (
            "https://git.example.org/users/bob",
            Some(Host::BitbucketDataCenter),
            ContainerKind::ServerProject { key: "~bob".to_owned() },
        ),
    ] {
        assert_eq!(kind(url, given), expected, "{url}");
    }
}

#[test]
fn addresses_of_azure_devops_server_are_told_apart() {
    const ROWS: [(&str, &str, &str); 9] = [
        ("", "container", ""),
        ("/p", "container", "/p"),
        ("/p/_git/r", "repository", ""),
        ("/_git/r", "repository", ""),
        ("/p/x", "repository", ""),
        ("/p/_GIT/r?path=%2F", "page of", "/p/_GIT/r"),
        ("/p/_git/r/pushes", "page of", "/p/_git/r"),
        ("/p/_build", "page in", "/p"),
        ("/p/_versionControl", "tfvc", ""),
    ];
    for server in ["https://tfs.example.org/tfs/Main", "http://tfs.example.org:8080/Main"] {
        check(server, Some(Host::AzureDevOpsServer), &ROWS);
    }
    for url in [
        "https://tfs.example.org/tfs",
        "https://tfs.example.org",
        "https://tfs.example.org/app.git",
        "https://tfs.example.org/tfs/Main/app.git",
    ] {
        assert_eq!(told(url, Some(Host::AzureDevOpsServer)), "repository", "{url}");
    }
}

#[test]
fn addresses_of_github_are_told_apart() {
    const ROWS: [(&str, &str, &str); 21] = [
        ("", "repository", ""),
        ("/o/r", "repository", ""),
        ("/o/r.git", "repository", ""),
        ("/o/r.wiki.git", "repository", ""),
        ("/o/tree", "repository", ""),
        ("/o/r?token=abc", "repository", ""),
        ("/0123abcd.git", "repository", ""),
        ("/settings", "repository", ""),
        ("/o/r/x", "repository", ""),
        ("/o", "container", "/o"),
        ("/o?tab=repositories", "page in", "/o"),
        ("/orgs/o/repositories", "page in", "/o"),
        ("/organizations/o/settings/profile", "page in", "/o"),
        ("/o/r?tab=readme-ov-file#usage", "page of", "/o/r"),
        ("/o/r/tree/main/src", "page of", "/o/r"),
        ("/o/r/blob/main/README.md#L1", "page of", "/o/r"),
        ("/o/r/commits", "page of", "/o/r"),
        ("/o/r/pull/1/files", "page of", "/o/r"),
        ("/o/r/settings", "page of", "/o/r"),
        ("/o/r/releases/tag/v1", "page of", "/o/r"),
        ("/o/r.git/tree/main", "page of", "/o/r.git"),
    ];
    for (server, given) in [
        ("https://github.com", None),
        ("https://www.github.com", None),
        ("https://contoso.ghe.com", None),
        ("https://git.example.org:8443", Some(Host::GitHub)),
    ] {
        check(server, given, &ROWS);
    }
}

#[test]
fn addresses_of_gitlab_are_told_apart() {
    const ROWS: [(&str, &str, &str); 19] = [
        ("", "repository", ""),
        ("/-/profile", "repository", ""),
        ("/dashboard/projects", "repository", ""),
        ("/g/r.git", "repository", ""),
        ("/g/s/t/r.git", "repository", ""),
        ("/g/r.wiki.git", "repository", ""),
        ("/g/r/snippets/12.git", "repository", ""),
        ("/g", "container", "/g"),
        ("/g/r", "ask", "/g/r"),
        ("/g/s/t/r", "ask", "/g/s/t/r"),
        ("/g/r/issues", "ask", "/g/r/issues"),
        ("/groups/g/s", "page in", "/g/s"),
        ("/groups/g/s/-/settings/ci_cd", "page in", "/g/s"),
        ("/g/r/-/tree/main?ref_type=heads", "page of", "/g/r"),
        ("/g/s/r/-/blob/main/a.md", "page of", "/g/s/r"),
        ("/g/s/r/-/merge_requests/1", "page of", "/g/s/r"),
        ("/g/r/-/wikis/home", "page of", "/g/r"),
        ("/g/r/tree/main", "page of", "/g/r"),
        ("/g/r/commits/main", "page of", "/g/r"),
    ];
    for (server, given) in [
        ("https://gitlab.com", None),
        ("https://gitlab.example.org", None),
        ("https://git.example.org", Some(Host::GitLab)),
    ] {
        check(server, given, &ROWS);
    }
}

#[test]
fn addresses_of_gitea_are_told_apart() {
    const ROWS: [(&str, &str, &str); 13] = [
        ("/o/r", "repository", ""),
        ("/o/r.git", "repository", ""),
        ("/o/src", "repository", ""),
        ("/explore", "repository", ""),
        ("/o/r/src/branch", "repository", ""),
        ("/o", "container", "/o"),
        ("/org/o/teams", "page in", "/o"),
        ("/o/r/src/branch/main/a", "page of", "/o/r"),
        ("/o/r/src/tag/v1", "page of", "/o/r"),
        ("/o/r/commits/branch/main", "page of", "/o/r"),
        ("/o/r/pulls/1", "page of", "/o/r"),
        ("/o/r/releases/tag/v1", "page of", "/o/r"),
        ("/o/r/commit/0123456789", "page of", "/o/r"),
    ];
    for (server, given) in [
        ("https://gitea.example.org", None),
        ("https://forgejo.example.org", None),
        ("https://git.example.org", Some(Host::Gitea)),
    ] {
        check(server, given, &ROWS);
        // The server may have a folder for all.
        check(server, given, &[("/git/o/wiki", "repository", "")]);
        check(server, given, &[("/git/o/r/src/branch/main", "page of", "/git/o/r")]);
    }
    for server in ["https://codeberg.org", "https://gitea.com"] {
        let (_, others) = ROWS.split_at(5);
        check(server, None, others);
        check(server, None, &[("/o/r/wiki/Home", "page of", "/o/r"), ("/o/r/issues", "page of", "/o/r")]);
    }
}

#[test]
fn addresses_of_bitbucket_cloud_are_told_apart() {
    check(
        "https://bitbucket.org",
        None,
        &[
            ("/w/r", "repository", ""),
            ("/w/r.git", "repository", ""),
            ("/w/r.git/wiki", "repository", ""),
            ("/w/r/wiki", "repository", ""),
            ("/w/src", "repository", ""),
            ("/w", "container", "/w"),
            ("/w/workspace/projects/KEY", "container", "/w/workspace/projects/KEY"),
            ("/w/workspace/projects/KEY/settings", "page in", "/w/workspace/projects/KEY"),
            ("/w/workspace/repositories/", "page in", "/w"),
            ("/w/r/src/main/a.md", "page of", "/w/r"),
            ("/w/r/src", "page of", "/w/r"),
            ("/w/r/commits/branch/main", "page of", "/w/r"),
            ("/w/r/pull-requests/1", "page of", "/w/r"),
            ("/w/r/wiki/Home", "page of", "/w/r"),
        ],
    );
}

#[test]
fn addresses_of_bitbucket_data_center_are_told_apart() {
    const ROWS: [(&str, &str, &str); 13] = [
        ("/scm/PRJ/r.git", "repository", ""),
        ("/scm/~bob/r.git", "repository", ""),
        ("/scm/projects/repos.git", "repository", ""),
        ("/dashboard", "repository", ""),
        ("/projects", "repository", ""),
        ("/projects/PRJ", "container", "/projects/PRJ"),
        ("/scm/PRJ", "container", "/projects/PRJ"),
        ("/users/bob", "container", "/users/bob"),
        ("/projects/PRJ/repos", "page in", "/projects/PRJ"),
        ("/projects/PRJ/settings", "page in", "/projects/PRJ"),
        ("/projects/PRJ/repos/r/browse?at=refs%2Fheads%2Fmain", "page of", "/scm/PRJ/r.git"),
        ("/projects/PRJ/repos/r", "page of", "/scm/PRJ/r.git"),
        ("/users/bob/repos/r/commits", "page of", "/scm/~bob/r.git"),
    ];
    for server in ["https://git.example.org", "https://example.org:7990/bitbucket"] {
        check(server, Some(Host::BitbucketDataCenter), &ROWS);
    }
}

#[test]
fn pages_of_gerrit_are_told_from_repositories() {
    for (server, given) in [
        ("https://chromium.googlesource.com", None),
        ("https://gerrit.example.org", None),
        ("https://git.example.org", Some(Host::Gerrit)),
    ] {
        check(
            server,
            given,
            &[
                ("/r", "repository", ""),
                ("/a/b/libstdc++", "repository", ""),
                ("/a/b/r/+/refs/heads/main/a.md", "page of", "/a/b/r"),
                ("/r/+log", "page of", "/r"),
                ("/plugins/gitiles/a/r/+/main", "page of", "/a/r"),
                ("/c/a/r/+/123", "page of", "/a/r"),
            ],
        );
    }
}

#[test]
fn nothing_is_guessed_of_a_server_whose_kind_is_not_known() {
    for path in [
        "/p/_git/r/branches",
        "/p/_git/r?path=%2F",
        "/p/_wiki",
        "/p/_versionControl",
        "/o",
        "/o/r/tree/main",
        "/g/r/-/tree/main",
        "/o/r/src/branch/main",
        "/projects/PRJ/repos/r/browse",
        "/scm/PRJ",
        "/r/+/main",
    ] {
        for server in ["https://git.example.org", "https://github.com.example.org", "http://127.0.0.1:8080"] {
            for given in [None, Some(Host::Other)] {
                assert_eq!(told(&format!("{server}{path}"), given), "repository", "{server}{path}");
            }
        }
    }
    // The cloud's rules are not for another server, whatever an input says.
    assert_eq!(told("https://git.example.org/o/p/_wiki", Some(Host::AzureRepos)), "repository");
}

#[test]
fn no_answer_shows_a_user_a_password_or_a_query() {
    for url in [
        "https://bob:hunter2@github.com/o/r/tree/main?x=hunter2",
        "https://bob:hunter2@dev.azure.com/o/p/_git/r/commit/1?path=hunter2",
        "https://bob:hunter2@dev.azure.com/o/p/_wiki?path=hunter2",
        "https://bob:hunter2@gitlab.com/g/r/-/tree/main?x=hunter2",
        "https://bob:hunter2@gitlab.com/g?x=hunter2",
    ] {
        let shown = format!("{:?}", read(url, None));
        assert!(shown.contains("Page") || shown.contains("Container"), "{shown}");
        assert!(!shown.contains("hunter2") && !shown.contains("bob") && !shown.contains('?'), "{shown}");
    }
}

/// The addresses of repositories, as hosts show them to clone from: what stands for a name is replaced.
const REPOSITORIES: [(&str, Option<Host>); 22] = [
    ("https://dev.azure.com/O/P/_git/R", None),
    ("https://O@dev.azure.com/O/P/_git/R", None),
    ("https://dev.azure.com/O/_git/R", None),
    ("https://dev.azure.com/O/P/_git/_full/R", None),
    ("https://org.visualstudio.com/P/_git/R", None),
    ("https://org.visualstudio.com/DefaultCollection/P/_git/R", None),
    ("https://org.visualstudio.com/_git/R", None),
    ("https://server.example.org/tfs/O/P/_git/R", Some(Host::AzureDevOpsServer)),
    ("https://server.example.org/O/P/_git/R", Some(Host::AzureDevOpsServer)),
    ("https://server.example.org/O/_git/R", Some(Host::AzureDevOpsServer)),
    ("https://github.com/O/R.git", None),
    ("https://github.com/O/R", None),
    ("https://contoso.ghe.com/O/R.git", None),
    ("https://server.example.org/O/R.git", Some(Host::GitHub)),
    ("https://gitlab.com/O/R.git", None),
    ("https://gitlab.com/O/P/R.git", None),
    ("https://bitbucket.org/O/R.git", None),
    ("https://server.example.org/scm/P/R.git", Some(Host::BitbucketDataCenter)),
    ("https://server.example.org/folder/scm/P/R.git", Some(Host::BitbucketDataCenter)),
    ("https://codeberg.org/O/R.git", None),
    ("https://gerrit.example.org/a/O/R", None),
    ("https://git-codecommit.us-east-1.amazonaws.com/v1/repos/R", None),
];

proptest! {
    #[test]
    fn an_address_to_clone_from_is_a_repository(
        names in prop::array::uniform3("[A-Za-z0-9]([A-Za-z0-9._ -]{0,6}[A-Za-z0-9])?"),
        page in prop::option::of(prop::sample::select(&[
            "tree", "blob", "src", "commits", "wiki", "settings", "projects", "repos", "users", "scm", "issues",
        ][..])),
    ) {
        let [owner, project, repository] = names;
        let repository = page.map_or(repository, str::to_owned);
        for (form, given) in REPOSITORIES {
            let (server, path) = form.split_once("://").unwrap().1.split_once('/').unwrap();
            let path: Vec<_> = path.split('/').map(|word| match word {
                "O" => owner.clone(),
                "P" => project.clone(),
                "R" => repository.clone(),
                "R.git" => format!("{repository}.git"),
                word => word.to_owned(),
            }).collect();
            let url = format!("https://{server}/{}", path.join("/"));
            prop_assert_eq!(read(&url, given), Address::Repository, "{}", url);
        }
    }

    #[test]
    fn an_address_that_is_answered_with_is_no_page_itself(
        path in "(/?[a-z%$?=&.-]{0,3}){0,5}",
        word in prop::sample::select(&["_git", "_wiki", "-", "groups", "orgs", "+", "projects", "users", "tree"][..]),
        end in "(/[a-z0-9]{1,3}){0,3}",
    ) {
        for row in &crate::hosts::TABLE {
            for server in ["https://dev.azure.com", "https://o.visualstudio.com", "https://git.example.org"] {
                let Ok((url, _)) = RemoteUrl::parse(&format!("{server}{path}/{word}{end}")) else { continue };
                let (Address::PageOfRepository(own) | Address::PageOfContainer(Container { url: own, .. })) =
                    address(&url, Some(row.host)) else { continue };
                let again = address(&own.clone().into(), Some(row.host));
                prop_assert!(
                    !matches!(again, Address::PageOfRepository(_) | Address::PageOfContainer(_) | Address::Tfvc),
                    "{} {} {} {:?}", row.name, url, own, again,
                );
            }
        }
    }
}
