//! Finds the proxy between this machine and a server: the agent's, or that of the environment.

use regex_lite::RegexBuilder;

use super::input_error::{InputError, InputPlace};
use crate::agent::environment::Environment;
use crate::http::network::Proxy;
use crate::remote::web_url::{Scheme, WebUrl};
use crate::secret::Secret;

const EXAMPLE: &str = "http://proxy.example.org:8080";

/// Returns the proxy for a server, if there is one.
pub(crate) fn read(environment: &Environment, url: &WebUrl) -> Result<Option<Proxy>, InputError> {
    let agents = "AGENT_PROXYURL";
    if let Some(text) = environment.text(agents) {
        let mut proxy = parse(text, agents)?;
        if let Some(user) = environment.text("AGENT_PROXYUSERNAME") {
            user.clone_into(&mut proxy.user);
            proxy.password = environment.text("SECRET_AGENT_PROXYPASSWORD").map(Secret::new);
        }
        return Ok(Some(proxy).filter(|_| !url.is_loopback() && !agent_bypasses(environment, url)));
    }
    let names: [&'static str; 4] = match url.scheme() {
        Scheme::Https => ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"],
        Scheme::Http => ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"],
    };
    let set = names.into_iter().find_map(|name| Some((name, environment.text(name)?)));
    let Some((name, text)) = set.filter(|_| !is_excepted(environment, url)) else { return Ok(None) };
    parse(text, name).map(Some)
}

fn parse(text: &str, name: &'static str) -> Result<Proxy, InputError> {
    let with_scheme = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
    let (url, user_info) = WebUrl::parse(&with_scheme).map_err(|error| {
        InputError::new(InputPlace::Variable(name), format!("is no HTTP proxy: {error}"), EXAMPLE)
    })?;
    let (user, password) = user_info.map(|info| (info.user, info.password)).unwrap_or_default();
    let (scheme, host, port) = (url.scheme(), url.host().to_owned(), url.port());
    Ok(Proxy { scheme, host, port, user, password, setting: name })
}

/// Returns true if the agent goes around its proxy, as a JSON array of regular expressions says. The agent tries
/// them on scheme and host, its tasks on the whole URL. What is no such array, or no expression, matches
/// nothing.
fn agent_bypasses(environment: &Environment, url: &WebUrl) -> bool {
    let list = environment.text("AGENT_PROXYBYPASSLIST").unwrap_or("[]");
    let patterns: Vec<String> = serde_json::from_str(list).unwrap_or_default();
    let whole = url.to_string();
    let origin = whole.strip_suffix(url.path()).unwrap_or(&whole);
    patterns.iter().filter(|pattern| !pattern.is_empty()).any(|pattern| {
        let pattern = RegexBuilder::new(pattern).case_insensitive(true).build();
        pattern.is_ok_and(|pattern| pattern.is_match(origin) || pattern.is_match(&whole))
    })
}

/// Returns true if `NO_PROXY` names the server: by `*`, by its name, or by a domain above it.
fn is_excepted(environment: &Environment, url: &WebUrl) -> bool {
    let list = environment.text("no_proxy").or_else(|| environment.text("NO_PROXY")).unwrap_or_default();
    let host = url.host().trim_matches(['[', ']']);
    list.split([',', ' ']).map(str::trim).filter(|entry| !entry.is_empty()).any(|entry| {
        let entry = entry.to_ascii_lowercase();
        let (name, port) = match entry.rsplit_once(':') {
            Some((name, port)) if !name.contains(':') => (name, port.parse().ok()),
            _ => (entry.as_str(), None),
        };
        let name = name.trim_start_matches('*').trim_start_matches('.').trim_matches(['[', ']']);
        let is_below = || host.strip_suffix(name).is_some_and(|sub| sub.ends_with('.'));
        let same_port = port.is_none_or(|port: u16| port == url.port());
        same_port && (entry == "*" || (!name.is_empty() && (host == name || is_below())))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxy(variables: &[(&str, &str)], url: &str) -> Result<Option<String>, String> {
        let variables = variables.iter().map(|(name, value)| (name.into(), value.into())).collect();
        let environment = Environment { variables, arguments: Vec::new() };
        let shown = |proxy: Proxy| {
            let password =
                proxy.password.map(|password| format!(":{}", password.expose())).unwrap_or_default();
            format!("{}{password}@{}:{}", proxy.user, proxy.host, proxy.port)
        };
        read(&environment, &WebUrl::parse(url).unwrap().0)
            .map(|proxy| proxy.map(shown))
            .map_err(|error| error.to_string())
    }

    #[test]
    fn the_agents_proxy_goes_before_the_environments() {
        let variables = [
            ("AGENT_PROXYURL", "http://proxy.example.org:8080"),
            ("AGENT_PROXYUSERNAME", "bob"),
            ("SECRET_AGENT_PROXYPASSWORD", "p@w/%"),
            ("HTTPS_PROXY", "http://other:1"),
            ("NO_PROXY", "*"),
        ];
        let expected = Ok(Some("bob:p@w/%@proxy.example.org:8080".to_owned()));
        assert_eq!(proxy(&variables, "https://github.com/o/r"), expected);
        for local in ["http://localhost:1/r", "http://127.0.0.1:1/r", "http://[::1]:1/r"] {
            assert_eq!(proxy(&variables, local), Ok(None), "{local}");
        }
    }

    #[test]
    fn the_agents_bypass_list_is_of_regular_expressions() {
        let around = |list: &str, url: &str| {
            let variables = [("AGENT_PROXYURL", EXAMPLE), ("AGENT_PROXYBYPASSLIST", list)];
            proxy(&variables, url).unwrap().is_none()
        };
        assert!(around(r#"["(", "GIT\\.example\\.org"]"#, "https://git.example.org/r"));
        assert!(around(r#"["^https://git\\.example\\.org$"]"#, "https://git.example.org/r"));
        assert!(around(r#"["/team/"]"#, "https://git.example.org/team/r"));
        for list in [r#"["gitXexample"]"#, r#"[""]"#, "[]", "no JSON", r#"["("]"#] {
            assert!(!around(list, "https://git.example.org/r"), "{list}");
        }
    }

    #[test]
    fn the_environments_proxy_depends_on_the_scheme() {
        let variables = [
            ("http_proxy", "bob:p%2Fw@plain:3128"),
            ("HTTPS_PROXY", "https://secure"),
            ("all_proxy", "http://all:1"),
        ];
        assert_eq!(proxy(&variables, "http://host/r"), Ok(Some("bob:p/w@plain:3128".to_owned())));
        assert_eq!(proxy(&variables, "https://host/r"), Ok(Some("@secure:443".to_owned())));
        assert_eq!(proxy(&variables[2..], "https://host/r"), Ok(Some("@all:1".to_owned())));
        assert_eq!(proxy(&[("HTTPS_PROXY", "")], "https://host/r"), Ok(None));
    }

    #[test]
    fn no_proxy_names_hosts_and_domains() {
        for (list, url, around) in [
            ("*", "https://host/r", true),
            ("a, git.example.org", "https://git.example.org/r", true),
            (".example.org", "https://git.example.org/r", true),
            ("example.org", "https://git.example.org/r", true),
            ("*.EXAMPLE.org", "https://git.example.org/r", true),
            ("example.org:8443", "https://git.example.org:8443/r", true),
            ("::1", "https://[::1]/r", true),
            ("example.org:8443", "https://git.example.org/r", false),
            ("ample.org", "https://git.example.org/r", false),
            ("", "https://git.example.org/r", false),
        ] {
            let found = proxy(&[("HTTPS_PROXY", EXAMPLE), ("NO_PROXY", list)], url).unwrap();
            assert_eq!(found.is_none(), around, "{list}");
        }
    }

    #[test]
    fn a_proxy_that_is_none_is_named() {
        for value in ["socks5://bob:hunter2@host:1080", "http://bob:hunter2@host:99999", "http://"] {
            let error = proxy(&[("ALL_PROXY", value)], "https://host/r").unwrap_err();
            assert!(error.starts_with("environment variable 'ALL_PROXY' is no HTTP proxy"), "{error}");
            assert!(!error.contains("hunter2"));
        }
    }
}
