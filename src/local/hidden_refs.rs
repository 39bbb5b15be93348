//! Refs that a repository neither shows to those who push, nor lets them change.

use git2::Config;

/// The values of `transfer.hideRefs` and `receive.hideRefs`, in their order.
#[derive(Debug, Default)]
pub(crate) struct HiddenRefs(Vec<String>);

impl HiddenRefs {
    pub(crate) fn of(config: &Config) -> Result<Self, git2::Error> {
        let mut entries = config.entries(Some("^(transfer|receive)\\.hiderefs$"))?;
        let mut patterns = Vec::new();
        while let Some(entry) = entries.next() {
            patterns.push(entry?.value().unwrap_or_default().trim_end_matches('/').to_owned());
        }
        Ok(Self(patterns))
    }

    /// Tells whether the ref is hidden: the last pattern counts that is the ref or a folder above it.
    pub(crate) fn hide(&self, name: &[u8]) -> bool {
        let last = self.0.iter().rev().find_map(|pattern| {
            let (shown, pattern) = match pattern.strip_prefix('!') {
                Some(pattern) => (true, pattern),
                None => (false, pattern.as_str()),
            };
            // With `^` it is about the name in front of which no namespace was taken off, and there is none here.
            let pattern = pattern.strip_prefix('^').unwrap_or(pattern);
            let below = name.strip_prefix(pattern.as_bytes())?;
            (below.is_empty() || below.starts_with(b"/")).then_some(!shown)
        });
        last.unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_pattern_that_fits_counts() {
        let hide = |patterns: &[&str], name: &str| {
            HiddenRefs(patterns.iter().map(ToString::to_string).collect()).hide(name.as_bytes())
        };
        assert!(hide(&["refs/heads/secret"], "refs/heads/secret/a") && hide(&["refs/tags/a"], "refs/tags/a"));
        assert!(!hide(&["refs/heads/secret"], "refs/heads/secrets") && !hide(&[], "refs/heads/a"));
        let shown = ["refs/heads", "!refs/heads/main"];
        assert!(hide(&shown, "refs/heads/a") && !hide(&shown, "refs/heads/main"));
        assert!(hide(&["!refs/heads/main", "refs/heads"], "refs/heads/main"));
        assert!(
            hide(&["^refs/heads"], "refs/heads/main") && !hide(&["refs", "!^refs/heads"], "refs/heads/a")
        );
    }
}
