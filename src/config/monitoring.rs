//! The ways by which others learn how a run ended: tags of the build, and a request to a monitor.

use url::{Position, Url};

use super::input_error::InputError;
use super::inputs::{BUILD_TAGS, HEARTBEAT};
use super::reader::Reader;
use super::server_network::ServerNetwork;
use crate::http::network::{CertificateVerification, Network, Proxy};
use crate::remote::web_url::WebUrl;
use crate::secret::Secret;

/// The least that a part of an address has that is masked by itself, in characters: shorter ones are names that stand in
/// logs for other reasons.
const SHORTEST_KEY: usize = 16;

/// The tags that a build gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BuildTags {
    /// None.
    None,
    /// Those of the ends of its mirrors.
    Added,
}

/// A request to a monitor, which tells somebody when it stays away.
#[derive(Clone, Debug)]
pub struct Heartbeat {
    /// The monitor's server.
    pub base: WebUrl,
    /// The path below it, with the query: whoever knows it can say that all is well.
    pub below: Secret,
    /// The way to it.
    pub network: Network,
    /// The verification of its certificate.
    pub verification: CertificateVerification,
    /// The address as it was given.
    given: Secret,
}

impl Heartbeat {
    /// Returns every form in which its address, or the password of the proxy on the way to it, could be printed.
    pub fn masks(&self) -> Vec<Secret> {
        let below = self.below.expose();
        let asked = self.base.service_url(below);
        let (path, query) = below.split_once('?').unwrap_or((below, ""));
        let values = query.split('&').map(|pair| pair.split_once('=').map_or(pair, |(_, value)| value));
        // Most monitors have one key, and no short name in an address is as long.
        let key = path.split('/').chain(values).max_by_key(|part| part.chars().count());
        let parts = key.into_iter().chain([below]).filter(|part| part.chars().count() >= SHORTEST_KEY);
        let of_address = [self.given.expose(), &asked]
            .into_iter()
            .chain(parts)
            .flat_map(|text| Secret::new(text).encodings());
        of_address.chain(self.network.proxy.iter().flat_map(Proxy::masks)).collect()
    }
}

impl Reader<'_> {
    /// Reads whether the build gets tags, which only a build can have.
    pub(crate) fn build_tags(&mut self) -> Option<BuildTags> {
        let wanted = self.either(&BUILD_TAGS, BuildTags::Added, BuildTags::None)?;
        let is_build = self.environment.holds("SYSTEM_HOSTTYPE", "build");
        if wanted == BuildTags::Added && !is_build {
            let name = self.values.name(&BUILD_TAGS);
            self.notices.push(format!("{name} adds no tags: this is no build of a pipeline"));
            return Some(BuildTags::None);
        }
        Some(wanted)
    }

    /// Reads which monitor is asked, if any is.
    pub(crate) fn heartbeat(&mut self) -> Result<Option<Heartbeat>, InputError> {
        let Some(text) = self.values.text(&HEARTBEAT)? else { return Ok(None) };
        let (url, below) = self.monitor_address(&text)?;
        let ServerNetwork { network, verification, forgiven } = self.network_to(&url, None)?;
        let warning = |_| {
            "the agent is configured to skip the validation of certificates, so its own server, which gets the heartbeat, is \
             not verified"
                .to_owned()
        };
        self.warn(forgiven.map(warning));
        let (base, given) = (url.at_root(""), Secret::new(text.as_str()));
        Ok(Some(Heartbeat { base, below, network, verification, given }))
    }

    /// Splits the address of a monitor: a URL of its server, and what is below it as it was given. A `/` at the end of a
    /// path counts there.
    fn monitor_address(&self, text: &str) -> Result<(WebUrl, Secret), InputError> {
        // No part of it is shown: it is a secret.
        let wrong = |problem: &str| self.values.wrong(&HEARTBEAT, problem);
        let is_no_url = "is no URL that begins with https:// or http://";
        let (url, user) = WebUrl::parse(text).map_err(|_| wrong(is_no_url))?;
        if user.is_some() {
            return Err(wrong("has a user or a password before its server, which is not supported"));
        }
        let whole = Url::parse(text).map_err(|_| wrong(is_no_url))?;
        let below = &whole[Position::BeforePath..Position::AfterQuery];
        Ok((url, Secret::new(below.trim_start_matches('/'))))
    }
}

#[cfg(test)]
mod tests {
    use crate::agent::environment::Environment;
    use crate::config::step::{Step, of_environment};

    use super::*;

    fn step(variables: &[(&str, &str)]) -> Result<Step, Vec<InputError>> {
        let urls = [
            ("INPUT_SOURCEGITREPOSITORYURI", "https://a.example/r"),
            ("INPUT_DESTINATIONGITREPOSITORYURI", "https://b.example/r"),
            ("TF_BUILD", "True"),
        ];
        let variables = urls.iter().chain(variables);
        let variables = variables.map(|(name, value)| (name.into(), value.into())).collect();
        of_environment(&Environment { variables, arguments: Vec::new() })
    }

    #[test]
    fn only_a_build_gets_tags() {
        let tags =
            |input, host| step(&[("INPUT_BUILDTAGS", input), ("SYSTEM_HOSTTYPE", host)]).unwrap().build_tags;
        assert_eq!(tags("true", "build"), BuildTags::Added);
        assert_eq!(tags("true", "Build"), BuildTags::Added);
        for (input, host) in [("false", "build"), ("", "build"), ("true", "release"), ("true", "deployment")]
        {
            assert_eq!(tags(input, host), BuildTags::None, "{input} {host}");
        }
    }

    fn heartbeat(given: &str) -> (Step, Heartbeat) {
        let step = step(&[("INPUT_HEARTBEATURI", given)]).unwrap();
        let heartbeat = step.heartbeat.clone().unwrap();
        (step, heartbeat)
    }

    fn is_masked(step: &Step, text: &str) -> bool {
        step.secrets.iter().any(|secret| secret.expose() == text)
    }

    #[test]
    fn a_heartbeat_is_split_at_its_server_and_masked() {
        let given = "https://hc.example/ping/1a2b3c4d-5e6f-7081?token=s3cr3tt0ken&msg=OK";
        let (step, heartbeat) = heartbeat(given);
        assert_eq!(heartbeat.base.to_string(), "https://hc.example");
        let below = "ping/1a2b3c4d-5e6f-7081?token=s3cr3tt0ken&msg=OK";
        assert_eq!(heartbeat.below.expose(), below);
        for part in [given, below, "1a2b3c4d-5e6f-7081"] {
            assert!(is_masked(&step, part), "{part}");
        }
        for word in ["ping", "OK", "hc.example", "s3cr3tt0ken"] {
            assert!(!is_masked(&step, word), "{word}");
        }
        assert!(!format!("{heartbeat:?}").contains("1a2b"));
    }

    #[test]
    fn a_short_name_in_a_heartbeat_is_no_mask() {
        for (given, words) in [
            ("https://hc.example/mirror-app2", &["mirror-app2", "/mirror-app2"][..]),
            (
                "https://hc.example/ping/k3y/mirror-app2?state=up",
                &["ping", "k3y", "mirror-app2", "state", "up"],
            ),
        ] {
            let (step, _) = heartbeat(given);
            assert!(is_masked(&step, given), "{given}");
            assert!(words.iter().all(|word| !is_masked(&step, word)), "{given}");
        }
    }

    #[test]
    fn a_key_in_the_query_of_a_heartbeat_is_masked() {
        let (step, _) = heartbeat("HTTPS://HC.example/api/push?key=abcdefghijklmnopq&status=up");
        for form in ["abcdefghijklmnopq", "https://hc.example/api/push?key=abcdefghijklmnopq&status=up"] {
            assert!(is_masked(&step, form), "{form}");
        }
    }

    #[test]
    fn a_slash_at_the_end_of_a_heartbeat_is_kept() {
        for (given, below) in [
            ("https://hc.example/ping/1a2b/", "ping/1a2b/"),
            ("https://hc.example/ping/1a2b/?state=up", "ping/1a2b/?state=up"),
            ("https://hc.example/ping/1a2b", "ping/1a2b"),
            ("https://hc.example/a b/?x#y", "a%20b/?x"),
            ("https://hc.example", ""),
        ] {
            let (_, heartbeat) = heartbeat(given);
            assert_eq!(heartbeat.below.expose(), below);
            let asked = heartbeat.base.service_url(below);
            assert_eq!(asked, format!("https://hc.example/{below}"));
        }
    }

    #[test]
    fn the_password_of_a_proxy_on_the_way_to_a_heartbeat_is_masked() {
        let urls = [
            ("INPUT_SOURCEGITREPOSITORYURI", "/srv/a"),
            ("INPUT_DESTINATIONGITREPOSITORYURI", "/srv/b"),
            ("INPUT_HEARTBEATURI", "https://hc.example/ping"),
            ("HTTPS_PROXY", "http://bob:hunter22@proxy.example:8080"),
            ("TF_BUILD", "True"),
        ];
        let variables = urls.map(|(name, value)| (name.into(), value.into())).to_vec();
        let step = of_environment(&Environment { variables, arguments: Vec::new() }).unwrap();
        assert!(is_masked(&step, "hunter22"));
    }

    #[test]
    fn a_heartbeat_to_the_agents_own_server_that_is_not_verified_is_warned_of() {
        let warnings = |given: &str| {
            let agents = [
                ("INPUT_HEARTBEATURI", given),
                ("ENDPOINT_URL_SYSTEMVSSCONNECTION", "https://tfs.example/c/"),
                ("AGENT_SKIPCERTVALIDATION", "true"),
            ];
            let step = step(&agents).unwrap();
            let warnings = step.warnings.iter().filter(|warning| warning.contains("heartbeat")).count();
            (step.heartbeat.unwrap().verification, warnings)
        };
        assert_eq!(warnings("https://tfs.example/ping"), (CertificateVerification::Off, 1));
        assert_eq!(warnings("https://hc.example/ping"), (CertificateVerification::On, 0));
    }

    #[test]
    fn a_heartbeat_that_cannot_be_used_is_not_shown() {
        for given in
            ["hc.example/ping/1a2b3c4d", "ftp://hc.example/1a2b3c4d", "https://bob:1a2b3c4d@hc.example/x"]
        {
            let errors = step(&[("INPUT_HEARTBEATURI", given)]).unwrap_err();
            assert!(
                !errors.is_empty() && errors.iter().all(|error| !error.to_string().contains("1a2b")),
                "{errors:?}"
            );
        }
    }
}
