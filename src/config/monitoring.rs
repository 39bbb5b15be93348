//! The ways by which others learn how a run ended: tags of the build, and a request to a monitor.

use super::input_error::InputError;
use super::inputs::{BUILD_TAGS, HEARTBEAT};
use super::reader::Reader;
use super::server_network::ServerNetwork;
use crate::http::network::{CertificateVerification, Network};
use crate::remote::web_url::WebUrl;
use crate::secret::Secret;

/// The shortest part of a path that is taken for a key by itself, in characters.
const SHORTEST_KEY: usize = 8;

/// The tags that a build gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BuildTags {
    /// None.
    None,
    /// What became of its mirrors.
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
    /// Returns every form of its address that could be printed.
    pub fn masks(&self) -> Vec<Secret> {
        let (path, query) = self.below.expose().split_once('?').unwrap_or((self.below.expose(), ""));
        let values = query.split('&').map(|pair| pair.split_once('=').map_or(pair, |(_, value)| value));
        // Words such as "heartbeat" stand in logs for other reasons.
        let is_key =
            |part: &&str| part.chars().count() >= SHORTEST_KEY && part.chars().any(|c| c.is_ascii_digit());
        let keys = path.split('/').chain(values).filter(is_key);
        let wholes = [self.given.expose(), self.below.expose(), path];
        let wholes = wholes.into_iter().filter(|text| text.chars().count() >= SHORTEST_KEY);
        wholes.chain(keys).flat_map(|text| Secret::new(text).encodings()).collect()
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
    pub(crate) fn heartbeat(&self) -> Result<Option<Heartbeat>, InputError> {
        let Some(text) = self.values.text(&HEARTBEAT)? else { return Ok(None) };
        // No part of it is shown: it is a secret.
        let wrong = |problem: &str| self.values.wrong(&HEARTBEAT, problem);
        let (url, user) =
            WebUrl::parse(&text).map_err(|_| wrong("is no URL that begins with https:// or http://"))?;
        if user.is_some() {
            return Err(wrong("has a user or a password before its server, which is not supported"));
        }
        let path = url.path().trim_start_matches('/');
        let below = url.query().map_or_else(|| path.to_owned(), |query| format!("{path}?{query}"));
        let ServerNetwork { network, verification, .. } = self.network_to(&url, None)?;
        let (base, given) = (url.at_root(""), Secret::new(text.as_str()));
        Ok(Some(Heartbeat { base, below: Secret::new(below), network, verification, given }))
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

    #[test]
    fn a_heartbeat_is_split_at_its_server_and_masked() {
        let given = "https://hc.example/ping/1a2b3c4d-5e6f?token=s3cr3tt0ken&msg=OK";
        let step = step(&[("INPUT_HEARTBEATURI", given)]).unwrap();
        let heartbeat = step.heartbeat.as_ref().unwrap();
        assert_eq!(heartbeat.base.to_string(), "https://hc.example");
        assert_eq!(heartbeat.below.expose(), "ping/1a2b3c4d-5e6f?token=s3cr3tt0ken&msg=OK");
        for part in [given, "1a2b3c4d-5e6f", "s3cr3tt0ken", "ping/1a2b3c4d-5e6f"] {
            assert!(step.secrets.iter().any(|secret| secret.expose() == part), "{part}");
        }
        for word in ["ping", "OK", "hc.example"] {
            assert!(!step.secrets.iter().any(|secret| secret.expose() == word), "{word}");
        }
        assert!(!format!("{heartbeat:?}").contains("1a2b"));
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
