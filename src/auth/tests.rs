//! Clone URLs and tokens as users paste them, and the requests that are made of them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::credentials::Credentials;
use crate::hosts::Host;
use crate::remote::url::RemoteUrl;
use crate::secret::Secret;

/// The clone URL, the token, the URL that is asked first (without its constant end), and what is sent to sign
/// in, in this order: `user:password` is Basic, anything else a Bearer token.
type Row = (&'static str, &'static str, &'static str, &'static [&'static str]);

const PAT: &str = "abcdefghijklmnop";

/// The end of every URL that is asked first.
const TAIL: &str = "/info/refs?service=git-upload-pack";

const TABLE: &[Row] = &[
    // Azure Repos: anything may be the user of a personal access token; nothing is the documented form.
    ("https://dev.azure.com/contoso/Web/_git/app", PAT, "https://dev.azure.com/contoso/Web/_git/app", AZURE),
    (
        "https://contoso@dev.azure.com/contoso/Web/_git/app",
        PAT,
        "https://dev.azure.com/contoso/Web/_git/app",
        AZURE,
    ),
    (
        "https://saigkill@dev.azure.com/saigkill/p/_git/r",
        PAT,
        "https://dev.azure.com/saigkill/p/_git/r",
        AZURE,
    ),
    (
        "https://contoso@dev.azure.com/contoso/My%20Web/_git/My%20App",
        PAT,
        "https://dev.azure.com/contoso/My%20Web/_git/My%20App",
        AZURE,
    ),
    (
        "https://dev.azure.com/contoso/My Web/_git/My App",
        PAT,
        "https://dev.azure.com/contoso/My%20Web/_git/My%20App",
        AZURE,
    ),
    (
        "https://dev.azure.com/contoso/100%25/_git/app",
        PAT,
        "https://dev.azure.com/contoso/100%25/_git/app",
        AZURE,
    ),
    ("https://dev.azure.com/contoso/_git/app", PAT, "https://dev.azure.com/contoso/_git/app", AZURE),
    (
        "https://dev.azure.com/contoso/p/_git/_full/app",
        PAT,
        "https://dev.azure.com/contoso/p/_git/_full/app",
        AZURE,
    ),
    (
        "https://dev.azure.com/contoso/p/_git/_optimized/app",
        PAT,
        "https://dev.azure.com/contoso/p/_git/_optimized/app",
        AZURE,
    ),
    (
        "https://dev.azure.com/contoso/Ärger/_git/app/",
        PAT,
        "https://dev.azure.com/contoso/%C3%84rger/_git/app",
        AZURE,
    ),
    (
        "https://dev.azure.com/contoso/p/_git/app",
        "user:abcdefghijklmnop",
        "https://dev.azure.com/contoso/p/_git/app",
        &["user:abcdefghijklmnop"],
    ),
    (
        "https://dev.azure.com/contoso/p/_git/app",
        ":abcdefghijklmnop",
        "https://dev.azure.com/contoso/p/_git/app",
        &[":abcdefghijklmnop"],
    ),
    (
        "https://contoso.visualstudio.com/p/_git/app",
        PAT,
        "https://contoso.visualstudio.com/p/_git/app",
        AZURE,
    ),
    (
        "https://contoso.visualstudio.com/DefaultCollection/p/_git/app",
        PAT,
        "https://contoso.visualstudio.com/DefaultCollection/p/_git/app",
        AZURE,
    ),
    ("https://contoso.visualstudio.com/_git/app", PAT, "https://contoso.visualstudio.com/_git/app", AZURE),
    (
        "https://bob@contoso.visualstudio.com/My%20P/_git/app",
        PAT,
        "https://contoso.visualstudio.com/My%20P/_git/app",
        AZURE,
    ),
    // Azure DevOps Server.
    (
        "https://tfs.example.org/tfs/DefaultCollection/p/_git/app",
        PAT,
        "https://tfs.example.org/tfs/DefaultCollection/p/_git/app",
        AZURE,
    ),
    (
        "https://devops.example.org/Collection/p/_git/app",
        PAT,
        "https://devops.example.org/Collection/p/_git/app",
        AZURE,
    ),
    ("http://tfs:8080/tfs/Main/_git/app", PAT, "http://tfs:8080/tfs/Main/_git/app", AZURE),
    (
        "http://tfs:8080/tfs/Main Collection/p/_git/app",
        "bob:pass word",
        "http://tfs:8080/tfs/Main%20Collection/p/_git/app",
        &["bob:pass word", ":pass word"],
    ),
    (
        r"https://tfs.example.org/Main/p/_git/app",
        r"CONTOSO\bob:hunter2",
        "https://tfs.example.org/Main/p/_git/app",
        &[r"CONTOSO\bob:hunter2", ":hunter2"],
    ),
    // GitHub.
    (
        "https://github.com/contoso/app.git",
        "ghp_0123456789",
        "https://github.com/contoso/app.git",
        &["x-access-token:ghp_0123456789"],
    ),
    (
        "https://github.com/contoso/app",
        "github_pat_11AB_xyz",
        "https://github.com/contoso/app",
        &["x-access-token:github_pat_11AB_xyz"],
    ),
    (
        "https://GitHub.com/Contoso/App/",
        "ghs_inst",
        "https://github.com/Contoso/App",
        &["x-access-token:ghs_inst"],
    ),
    (
        "https://bob@github.com/contoso/app.git",
        "bob:ghp_01",
        "https://github.com/contoso/app.git",
        &["bob:ghp_01"],
    ),
    (
        "https://www.github.com/contoso/app",
        "gho_01",
        "https://www.github.com/contoso/app",
        &["x-access-token:gho_01"],
    ),
    (
        "https://contoso.ghe.com/o/app.git",
        "ghp_01",
        "https://contoso.ghe.com/o/app.git",
        &["x-access-token:ghp_01"],
    ),
    (
        "https://github.com/contoso/app.wiki.git",
        "ghp_01",
        "https://github.com/contoso/app.wiki.git",
        &["x-access-token:ghp_01"],
    ),
    (
        "https://ghes.example.org/o/app.git",
        "ghp_01",
        "https://ghes.example.org/o/app.git",
        &["x-access-token:ghp_01", "ghp_01", "oauth2:ghp_01", "ghp_01:"],
    ),
    // GitLab.
    (
        "https://gitlab.com/contoso/app.git",
        "glpat-01",
        "https://gitlab.com/contoso/app.git",
        &["oauth2:glpat-01"],
    ),
    (
        "https://gitlab.com/contoso/team/sub/app.git",
        "glpat-01",
        "https://gitlab.com/contoso/team/sub/app.git",
        &["oauth2:glpat-01"],
    ),
    (
        "https://gitlab.com/contoso/app.git",
        "gitlab+deploy-token-7:gldt-01",
        "https://gitlab.com/contoso/app.git",
        &["gitlab+deploy-token-7:gldt-01"],
    ),
    (
        "https://gitlab.example.org/g/app.git",
        "glpat-01",
        "https://gitlab.example.org/g/app.git",
        &["oauth2:glpat-01"],
    ),
    (
        "https://oauth2@gitlab.com/g/app.git",
        "oauth2:glpat-01",
        "https://gitlab.com/g/app.git",
        &["oauth2:glpat-01"],
    ),
    (
        "https://code.example.org/gitlab/g/app.git",
        "bob:glpat-01",
        "https://code.example.org/gitlab/g/app.git",
        &["bob:glpat-01", "glpat-01"],
    ),
    (
        "https://gitlab.example.org:8443/g/app.git",
        "a:b:c",
        "https://gitlab.example.org:8443/g/app.git",
        &["a:b:c"],
    ),
    // Bitbucket Cloud.
    (
        "https://bob@bitbucket.org/contoso/app.git",
        "ATCTT3xFfGN0",
        "https://bitbucket.org/contoso/app.git",
        &["x-token-auth:ATCTT3xFfGN0", "x-bitbucket-api-token-auth:ATCTT3xFfGN0"],
    ),
    (
        "https://bitbucket.org/contoso/app.git",
        "bob:ATATT3xFfGF0",
        "https://bitbucket.org/contoso/app.git",
        &["bob:ATATT3xFfGF0"],
    ),
    (
        "https://bitbucket.org/contoso/app",
        "bob@example.org:ATATT=01",
        "https://bitbucket.org/contoso/app",
        &["bob@example.org:ATATT=01"],
    ),
    (
        "https://bitbucket.org/contoso/app",
        "bob%40example.org:ATATT%3D01",
        "https://bitbucket.org/contoso/app",
        &["bob@example.org:ATATT=01"],
    ),
    // Bitbucket Data Center.
    (
        "https://stash.example.org/scm/prj/app.git",
        "BBDC-01",
        "https://stash.example.org/scm/prj/app.git",
        &["BBDC-01", "x-token-auth:BBDC-01"],
    ),
    (
        "https://bob@stash.example.org/scm/~bob/app.git",
        "bob:BBDC-01",
        "https://stash.example.org/scm/~bob/app.git",
        &["bob:BBDC-01", "BBDC-01"],
    ),
    (
        "https://example.org:7990/bitbucket/scm/prj/app.git",
        "BBDC-01",
        "https://example.org:7990/bitbucket/scm/prj/app.git",
        &["BBDC-01", "x-token-auth:BBDC-01"],
    ),
    (
        "https://rd-bitbucket.example.org/scm/prj/app.git",
        "bob:pw",
        "https://rd-bitbucket.example.org/scm/prj/app.git",
        &["bob:pw", "pw"],
    ),
    // Google.
    (
        "https://source.developers.google.com/p/my-project/r/app",
        "git-user.example.org:1%2F%2F0abcDEF",
        "https://source.developers.google.com/p/my-project/r/app",
        &["git-user.example.org:1//0abcDEF"],
    ),
    (
        "https://source.developers.google.com/p/my-project/r/app",
        "git-user.example.org:1//0abcDEF",
        "https://source.developers.google.com/p/my-project/r/app",
        &["git-user.example.org:1//0abcDEF"],
    ),
    (
        "https://source.developers.google.com/p/example.org:proj/r/app",
        "ya29.a0AfH6",
        "https://source.developers.google.com/p/example.org:proj/r/app",
        &["git:ya29.a0AfH6", "ya29.a0AfH6"],
    ),
    (
        "https://inst-123-git.us-central1.sourcemanager.dev/my-project/app.git",
        "ya29.a0",
        "https://inst-123-git.us-central1.sourcemanager.dev/my-project/app.git",
        &["git:ya29.a0", "ya29.a0"],
    ),
    // AWS CodeCommit.
    (
        "https://git-codecommit.us-east-1.amazonaws.com/v1/repos/app",
        "bob-at-123456789012:p+q/r=",
        "https://git-codecommit.us-east-1.amazonaws.com/v1/repos/app",
        &["bob-at-123456789012:p+q/r="],
    ),
    (
        "https://git-codecommit-fips.us-east-2.amazonaws.com/v1/repos/app",
        "bob-at-1:pw",
        "https://git-codecommit-fips.us-east-2.amazonaws.com/v1/repos/app",
        &["bob-at-1:pw"],
    ),
    (
        "https://git-codecommit.cn-north-1.amazonaws.com.cn/v1/repos/app",
        "bob-at-1:p%2Bq%2Fr%3D",
        "https://git-codecommit.cn-north-1.amazonaws.com.cn/v1/repos/app",
        &["bob-at-1:p+q/r="],
    ),
    // Gitea and Forgejo.
    (
        "https://codeberg.org/contoso/app.git",
        "0a1b2c3d",
        "https://codeberg.org/contoso/app.git",
        &["x-access-token:0a1b2c3d"],
    ),
    (
        "https://gitea.com/contoso/app",
        "0a1b2c3d",
        "https://gitea.com/contoso/app",
        &["x-access-token:0a1b2c3d"],
    ),
    ("https://gitea.example.org/o/app.git", "bob:0a1b", "https://gitea.example.org/o/app.git", &["bob:0a1b"]),
    (
        "https://forgejo.example.org:3000/o/app",
        "0a1b",
        "https://forgejo.example.org:3000/o/app",
        &["x-access-token:0a1b"],
    ),
    // Gerrit.
    (
        "https://gerrit.example.org/a/platform/app",
        "bob:hunter2",
        "https://gerrit.example.org/a/platform/app",
        &["bob:hunter2"],
    ),
    (
        "https://chromium.googlesource.com/a/chromium/src",
        "git-bob:1//0a",
        "https://chromium.googlesource.com/a/chromium/src",
        &["git-bob:1//0a"],
    ),
    // Any other server, and odd but valid values.
    (
        "https://git.example.org/app.git",
        "t0ken",
        "https://git.example.org/app.git",
        &["x-access-token:t0ken", "t0ken", "oauth2:t0ken", "t0ken:"],
    ),
    ("http://[2001:db8::1]:8080/app.git", "bob:pw", "http://[2001:db8::1]:8080/app.git", &["bob:pw", "pw"]),
    (
        "https://git.example.org:443/app.git#readme",
        "bob:pw",
        "https://git.example.org/app.git",
        &["bob:pw", "pw"],
    ),
    (
        "https://git.example.org/~bob/app%2Fx.git",
        "bob:pw",
        "https://git.example.org/~bob/app%2Fx.git",
        &["bob:pw", "pw"],
    ),
    ("https://git.example.org/app", "bob:50%", "https://git.example.org/app", &["bob:50%", "50%"]),
    ("https://git.example.org/app", "bob:ä€", "https://git.example.org/app", &["bob:ä€"]),
    ("https://git.example.org/app", "bob:%C3%A4", "https://git.example.org/app", &["bob:ä"]),
    ("HTTPS://Git.Example.org/App", "bob:a/b@c", "https://git.example.org/App", &["bob:a/b@c", "a/b@c"]),
];

const AZURE: &[&str] = &[":abcdefghijklmnop", "abcdefghijklmnop"];

/// The header for `user:password`, or for a Bearer token.
fn header(sent: &str) -> String {
    if sent.contains(':') { format!("Basic {}", STANDARD.encode(sent)) } else { format!("Bearer {sent}") }
}

#[test]
fn what_users_paste_becomes_what_hosts_want() {
    assert!(TABLE.len() >= 60, "{}", TABLE.len());
    for &(pasted, token, asked, sent) in TABLE {
        let (RemoteUrl::Web(url), _) = RemoteUrl::parse(pasted).unwrap() else { panic!("{pasted}") };
        let credentials = Credentials::parse(token).unwrap();
        let host = Host::of(&url);
        assert_eq!(url.service_url("info/refs?service=git-upload-pack"), format!("{asked}{TAIL}"));
        let authorizations = credentials.authorizations(host.schemes());
        let headers: Vec<_> = authorizations.iter().map(Secret::expose).collect();
        assert_eq!(headers, sent.iter().map(|sent| header(sent)).collect::<Vec<_>>(), "{pasted} {token}");

        let masks = credentials.masks(host.possible_schemes());
        let masked = |text: &str| {
            let maskable = Secret::new(text).is_maskable();
            !maskable || masks.iter().any(|mask| mask.expose() == text)
        };
        let (_, password) = sent[0].split_once(':').unwrap_or(("", sent[0]));
        let escaped: String = ::url::form_urlencoded::byte_serialize(password.as_bytes()).collect();
        for form in [token, password, &escaped] {
            assert!(masked(form), "{form} of {token}");
        }
        for header in headers {
            assert!(masked(header) && masked(header.split_once(' ').unwrap().1), "{header}");
        }
        let shown = format!("{url} {url:?} {credentials:?}");
        assert!(password.len() < 3 || !shown.contains(password), "{shown}");
    }
}
