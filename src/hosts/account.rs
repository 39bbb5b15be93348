//! The account that signed in at a host, as the host's interface names it.

use crate::http::api::ApiAnswer;
use crate::text;

/// The longest name that is kept, in characters.
const LONGEST_NAME: usize = 100;

/// The request by which a host names an account.
#[derive(Clone, Copy, Debug)]
pub struct AccountRequest {
    /// The path below the host's interface, with the query.
    pub below: &'static str,
    /// Reads an answer; none if it names no account.
    pub(crate) read: fn(&ApiAnswer) -> Option<Account>,
}

/// The account that signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Account {
    /// The one of this name, which is from outside, not empty and at most some hundred characters long.
    Named(String),
    /// An installation of a GitHub App, which is no account.
    AppInstallation,
    /// Nobody: the host took the request for an anonymous one.
    Anonymous,
}

impl Account {
    /// Takes a name from outside, if it is one.
    pub(super) fn named(name: &str) -> Option<Self> {
        let name = text::of_bytes(name.trim().as_bytes());
        (!name.is_empty()).then(|| Self::Named(text::cut(&name, LONGEST_NAME).into_owned()))
    }
}

#[cfg(test)]
mod tests {
    use ureq::http::{HeaderMap, StatusCode};

    use super::*;
    use crate::hosts::TABLE;
    use crate::remote::web_url::WebUrl;

    /// Returns the account that a host names in this answer.
    fn read(host: &str, status: u16, body: &str) -> Option<Account> {
        let row = TABLE.iter().find(|row| row.word == host).unwrap();
        let (status, headers) = (StatusCode::from_u16(status).unwrap(), HeaderMap::new());
        (row.account.unwrap().read)(&ApiAnswer { status, headers, body: body.into() })
    }

    /// Returns where a host of this kind is asked about a repository.
    fn asked(host: &str, repository: &str) -> Option<String> {
        let row = TABLE.iter().find(|row| row.word == host).unwrap();
        let interface = (row.interface)(&WebUrl::parse(repository).unwrap().0)?;
        Some(interface.service_url(row.account?.below))
    }

    fn account(name: &str) -> Account {
        Account::Named(name.to_owned())
    }

    #[test]
    fn each_host_is_asked_at_its_own_interface() {
        const CONNECTION_DATA: &str = "_apis/connectionData?api-version=7.1-preview";
        for (host, repository, interface, below) in [
            (
                "azure",
                "https://dev.azure.com/contoso/p/_git/r",
                "https://dev.azure.com/contoso",
                CONNECTION_DATA,
            ),
            (
                "azure",
                "https://contoso.visualstudio.com/DefaultCollection/p/_git/_full/r",
                "https://contoso.visualstudio.com",
                CONNECTION_DATA,
            ),
            (
                "azureServer",
                "https://tfs.example.org:8080/tfs/Main/p/_git/r?a=b",
                "https://tfs.example.org:8080/tfs/Main",
                "_apis/connectionData",
            ),
            (
                "azureServer",
                "https://a.example/TFS/Main/_git/r",
                "https://a.example/TFS/Main",
                "_apis/connectionData",
            ),
            (
                "azureServer",
                "https://a.example/Main/p/_git/r",
                "https://a.example/Main",
                "_apis/connectionData",
            ),
            (
                "azureServer",
                "https://a.example/Main/_git/r",
                "https://a.example/Main",
                "_apis/connectionData",
            ),
            ("github", "https://github.com/o/r.git", "https://api.github.com", "user"),
            ("github", "https://www.github.com/o/r", "https://api.github.com", "user"),
            ("github", "https://contoso.ghe.com/o/r", "https://api.contoso.ghe.com", "user"),
            ("github", "https://git.example.org:8443/o/r", "https://git.example.org:8443/api/v3", "user"),
            ("gitlab", "https://gitlab.com/g/s/r.git", "https://gitlab.com/api/v4", "user"),
            ("gitlab", "http://gitlab.example.org/g/r", "http://gitlab.example.org/api/v4", "user"),
            ("gitea", "https://codeberg.org/o/r", "https://codeberg.org/api/v1", "user"),
            ("bitbucketCloud", "https://bitbucket.org/w/r.git", "https://api.bitbucket.org/2.0", "user"),
        ] {
            let expected = format!("{interface}/{below}");
            assert_eq!(asked(host, repository).as_deref(), Some(&*expected), "{repository}");
        }
    }

    #[test]
    fn an_address_that_is_not_the_hosts_has_no_interface() {
        for (host, repository) in [
            ("azure", "https://git.example.org/contoso/p/_git/r"),
            ("azure", "https://dev.azure.com.evil.net/contoso/p/_git/r"),
            ("azure", "https://dev.azure.com"),
            ("azureServer", "https://git.example.org/r"),
            ("azureServer", "https://git.example.org/_git/r"),
            ("github", "http://github.com/o/r"),
            ("github", "https://github.com:8443/o/r"),
            ("github", "http://contoso.ghe.com/o/r"),
            ("github", "https://a.contoso.ghe.com/o/r"),
            ("bitbucketCloud", "http://bitbucket.org/w/r"),
            ("bitbucketDataCenter", "https://git.example.org/scm/p/r"),
            ("other", "https://git.example.org/o/r"),
        ] {
            assert_eq!(asked(host, repository), None, "{repository}");
        }
    }

    #[test]
    fn an_interface_in_the_clear_is_at_the_same_server() {
        for (host, repository) in [
            ("azure", "http://dev.azure.com/contoso/p/_git/r"),
            ("github", "http://git.example.org/o/r"),
            ("github", "https://github.com.evil.net/o/r"),
            ("github", "https://evilghe.com/o/r"),
            ("gitlab", "http://gitlab.example.org:8080/g/r"),
        ] {
            let repository = WebUrl::parse(repository).unwrap().0;
            let row = TABLE.iter().find(|row| row.word == host).unwrap();
            let interface = (row.interface)(&repository).unwrap();
            assert!(interface.same_origin(&repository), "{interface}");
        }
    }

    #[test]
    fn azure_names_the_user_and_knows_nobody_by_an_id() {
        let answer = |user: &str| format!(r#"{{"instanceId":"1","authenticatedUser":{user},"x":[]}}"#);
        for (user, expected) in [
            (
                r#"{"id":"1","providerDisplayName":"Build Service (contoso)"}"#,
                Some(account("Build Service (contoso)")),
            ),
            (
                r#"{"id":"1","providerDisplayName":"Bob","customDisplayName":" Bobby "}"#,
                Some(account("Bobby")),
            ),
            (r#"{"id":"1","providerDisplayName":"Bob","customDisplayName":""}"#, Some(account("Bob"))),
            (r#"{"id":"1"}"#, None),
            (
                r#"{"id":"AAAAAAAA-aaaa-aaaa-aaaa-aaaaaaaaaaaa","providerDisplayName":"Anonymous"}"#,
                Some(Account::Anonymous),
            ),
        ] {
            for host in ["azure", "azureServer"] {
                assert_eq!(read(host, 200, &answer(user)), expected, "{user}");
                assert_eq!(read(host, 401, &answer(user)), None);
            }
        }
    }

    #[test]
    fn github_names_a_login_or_an_installation() {
        assert_eq!(
            read("github", 200, r#"{"login":"octocat","id":1,"name":"Mona"}"#),
            Some(account("octocat"))
        );
        let refused = |why: &str| read("github", 403, &format!(r#"{{"message":"{why}","status":"403"}}"#));
        assert_eq!(refused("Resource not accessible by integration"), Some(Account::AppInstallation));
        assert_eq!(refused("API rate limit exceeded"), None);
        assert_eq!(read("github", 401, r#"{"message":"Bad credentials"}"#), None);
    }

    #[test]
    fn gitlab_names_a_user() {
        assert_eq!(
            read("gitlab", 200, r#"{"id":1,"username":"project_1_bot"}"#),
            Some(account("project_1_bot"))
        );
        assert_eq!(read("gitlab", 403, r#"{"error":"insufficient_scope"}"#), None);
    }

    #[test]
    fn gitea_and_bitbucket_name_a_user() {
        assert_eq!(read("gitea", 200, r#"{"id":1,"login":"bob","full_name":""}"#), Some(account("bob")));
        assert_eq!(read("gitea", 401, r#"{"message":"token is required"}"#), None);
        for (user, name) in [
            (r#"{"username":"bob","nickname":"bobby","display_name":"Bob"}"#, "bob"),
            (r#"{"nickname":"bobby","display_name":"Bob","uuid":"{1}"}"#, "bobby"),
            (r#"{"display_name":"Bob"}"#, "Bob"),
        ] {
            assert_eq!(read("bitbucketCloud", 200, user), Some(account(name)), "{user}");
        }
    }

    #[test]
    fn what_names_nobody_is_no_account() {
        for row in TABLE.iter().filter(|row| row.account.is_some()) {
            for body in
                ["", "<html>", "[]", "{}", "null", r#"{"login":7,"username":[],"authenticatedUser":1}"#]
            {
                assert_eq!(read(row.word, 200, body), None, "{} {body}", row.name);
            }
        }
        for name in ["", " \n "] {
            assert_eq!(Account::named(name), None);
        }
    }

    #[test]
    fn a_long_name_is_cut_and_holds_no_mark_of_its_own() {
        let Some(Account::Named(name)) = Account::named(&"x".repeat(1 << 20)) else { panic!("a name") };
        assert_eq!(name, format!("{}{}", "x".repeat(LONGEST_NAME), text::CUT));
        assert_eq!(Account::named("a\u{fdd0}b"), Some(account("a\u{fffd}b")));
    }
}
