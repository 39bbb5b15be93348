//! The patterns of a `.gitattributes` that send files through Git LFS (`gitattributes`, DESCRIPTION).

use wildmatch::WildMatch;

use crate::text;

/// The most patterns that are kept.
const MOST: usize = 1000;

/// The patterns of the files that go through Git LFS.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Attributes {
    patterns: Vec<Pattern>,
}

#[derive(Clone, Debug, PartialEq)]
struct Pattern {
    compared: Compared,
    pattern: WildMatch,
}

/// The part of a path that a pattern is compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Compared {
    Name,
    Path,
}

impl Attributes {
    /// Reads the content of the file. Patterns in quotes are passed over.
    pub fn parse(content: &[u8]) -> Self {
        let lines = content.split(|byte| *byte == b'\n').filter_map(|line| {
            let mut words = line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
            let pattern = words.next().filter(|word| !word.starts_with(b"#"))?;
            words.any(|attribute| attribute == b"filter=lfs").then_some(pattern)
        });
        Self { patterns: lines.take(MOST).map(Pattern::new).collect() }
    }

    /// Tells whether some files go through Git LFS.
    pub fn name_lfs(&self) -> bool {
        !self.patterns.is_empty()
    }

    /// Tells whether the file of this path seems to be one of them: `*` stands for any characters here, also `/`.
    pub fn seem_to_name(&self, path: &[u8]) -> bool {
        let path = text::of_bytes(path);
        let name = path.rsplit('/').next().unwrap_or_default();
        self.patterns.iter().any(|Pattern { compared, pattern }| match compared {
            Compared::Name => pattern.matches(name),
            Compared::Path => pattern.matches(&path),
        })
    }
}

impl Pattern {
    fn new(pattern: &[u8]) -> Self {
        let pattern = text::of_bytes(pattern);
        let compared = if pattern.contains('/') { Compared::Path } else { Compared::Name };
        Self { compared, pattern: WildMatch::new(pattern.trim_start_matches('/')) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(content: &str) -> Attributes {
        Attributes::parse(content.as_bytes())
    }

    #[test]
    fn attributes_name_lfs_as_a_filter() {
        for text in ["*.psd filter=lfs diff=lfs merge=lfs -text", "*.a -text\r\n*.b\tfilter=lfs\r\n"] {
            assert!(of(text).name_lfs(), "{text}");
        }
        for text in ["", "# *.psd filter=lfs", "filter=lfs", "*.psd filter=lfsx", "*.psd diff=lfs"] {
            assert!(!of(text).name_lfs(), "{text}");
        }
    }

    #[test]
    fn files_are_told_by_name_or_by_path() {
        let attributes = of("*.psd filter=lfs\n/art/** filter=lfs\nlogo.png filter=lfs\n*.txt text");
        for path in ["a.psd", "deep/er/a.psd", "art/a", "art/b/c.txt", "x/logo.png"] {
            assert!(attributes.seem_to_name(path.as_bytes()), "{path}");
        }
        for path in ["a.txt", "x/art", "logo.png.txt"] {
            assert!(!attributes.seem_to_name(path.as_bytes()), "{path}");
        }
    }
}
