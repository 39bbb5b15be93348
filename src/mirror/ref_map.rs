//! Other names for refs at the destination, by lines in the form of git's refspecs.

use std::fmt;

use thiserror::Error;

use super::short_name;
use crate::protocol::ref_name::RefName;

/// The names that refs of the source get at the destination. Without a line each keeps its own.
#[derive(Clone, Debug, Default)]
pub struct RefMap(Vec<Refspec>);

/// A line of the map: a form of names at the source, and one of names at the destination.
#[derive(Clone, Debug)]
pub struct Refspec {
    from: Form,
    to: Form,
}

/// One full name, or all that differ in one part of any characters, also `/` and none at all.
#[derive(Clone, Debug)]
enum Form {
    Name(String),
    Wild { prefix: String, suffix: String },
}

/// The reason why a line gives no ref a name.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum RefspecError {
    /// It takes refs out of the map.
    #[error("the line '{0}' begins with '^'; leave refs out with 'excludeRefs'")]
    Negative(String),
    /// It asks for what every line does.
    #[error("the line '{0}' begins with '+', and every ref is forced in any case; write '{meant}'", meant = .0.trim_start_matches('+'))]
    Forced(String),
    /// It has one name alone.
    #[error("the line '{0}' has no ':' between the name at the source and that at the destination; write '{meant}' to keep the name", meant = both(.0, .0))]
    OneName(String),
    /// It says nothing before or behind the colon.
    #[error("the line '{0}' has nothing on one side of its ':'; write '{meant}' to keep the name", meant = kept(.0))]
    EmptySide(String),
    /// It names `HEAD`, which is no ref of its own.
    #[error("the line '{0}' names HEAD; write the full name of a branch, such as 'refs/heads/main'")]
    Head(String),
    /// It has a name that is not full.
    #[error("the line '{0}' has a name that does not begin with 'refs/'; write '{meant}'", meant = full(.0))]
    NotFull(String),
    /// It names a folder of refs.
    #[error("the line '{0}' has a name that ends in '/'; write '{meant}' for all refs below it", meant = below(.0))]
    Folder(String),
    /// It does not have one `*` on both sides, or none.
    #[error("the line '{0}' must have one '*' on both sides of its ':', or none at all")]
    Wildcards(String),
    /// It has what Git takes for no name of a ref.
    #[error(
        "the line '{line}' has '{name}', which Git takes for no name of a ref; give one line a pair of names, with '*' as the only wildcard"
    )]
    NoName {
        /// The line.
        line: String,
        /// The side of it.
        name: String,
    },
}

impl RefMap {
    /// Reads the lines.
    ///
    /// # Errors
    ///
    /// At the first line that gives no ref a name.
    pub fn new<T: AsRef<str>>(lines: &[T]) -> Result<Self, RefspecError> {
        lines.iter().map(|line| Refspec::new(line.as_ref())).collect::<Result<_, _>>().map(Self)
    }

    /// Tells whether each ref keeps its name.
    pub fn is_identity(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the lines, in their order.
    pub fn lines(&self) -> &[Refspec] {
        &self.0
    }

    /// Returns the names at the destination of a ref of the source, in the order of the lines; what Git takes for no name
    /// is none there. A name can be among them twice.
    pub fn names<'a>(&'a self, name: &'a RefName) -> impl Iterator<Item = Option<RefName>> + 'a {
        let same = self.is_identity().then(|| Some(name.clone()));
        let others =
            self.0.iter().filter_map(|line| line.from.middle(name.as_bytes()).map(|it| line.to.filled(it)));
        same.into_iter().chain(others)
    }

    /// Returns the names at the source that a name at the destination can come from. One can be among them twice.
    pub fn preimages<'a>(&'a self, name: &'a [u8]) -> impl Iterator<Item = RefName> + 'a {
        let same = self.is_identity().then(|| RefName::new(name)).flatten();
        let preimage = |line: &'a Refspec| line.to.middle(name).and_then(|middle| line.from.filled(middle));
        same.into_iter().chain(self.0.iter().filter_map(preimage))
    }
}

impl Refspec {
    fn new(line: &str) -> Result<Self, RefspecError> {
        let told = |error: fn(String) -> RefspecError| Err(error(line.to_owned()));
        if line.starts_with('^') {
            return told(RefspecError::Negative);
        }
        if line.starts_with('+') {
            return told(RefspecError::Forced);
        }
        let Some((from, to)) = line.split_once(':') else { return told(RefspecError::OneName) };
        let sides = [from, to];
        if sides.contains(&"") {
            return told(RefspecError::EmptySide);
        }
        if sides.contains(&"HEAD") {
            return told(RefspecError::Head);
        }
        if sides.iter().any(|side| !side.starts_with("refs/")) {
            return told(RefspecError::NotFull);
        }
        if sides.iter().any(|side| side.ends_with('/')) {
            return told(RefspecError::Folder);
        }
        let stars = sides.map(|side| side.matches('*').count());
        if !matches!(stars, [0, 0] | [1, 1]) {
            return told(RefspecError::Wildcards);
        }
        let form = |side: &str| Form::new(side).ok_or_else(|| no_name(line, side));
        Ok(Self { from: form(from)?, to: form(to)? })
    }

    /// Tells whether it is about one ref alone.
    pub fn is_one_name(&self) -> bool {
        matches!(self.from, Form::Name(_))
    }

    /// Tells whether it gives a name to a ref of the source.
    pub fn takes(&self, name: &[u8]) -> bool {
        self.from.middle(name).is_some()
    }

    /// Tells whether it could have given a ref its name at the destination.
    pub fn gives(&self, name: &[u8]) -> bool {
        self.to.middle(name).is_some()
    }
}

impl fmt::Display for Refspec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.from, self.to)
    }
}

impl Form {
    /// Takes what git does, in which one `*` stands for a character that every name may hold.
    fn new(text: &str) -> Option<Self> {
        RefName::new(text.replacen('*', "x", 1).as_bytes())?;
        Some(match text.split_once('*') {
            None => Self::Name(text.to_owned()),
            Some((prefix, suffix)) => Self::Wild { prefix: prefix.to_owned(), suffix: suffix.to_owned() },
        })
    }

    /// Returns what `*` stands for in a name of this form.
    fn middle<'a>(&self, name: &'a [u8]) -> Option<&'a [u8]> {
        match self {
            Self::Name(own) => (own.as_bytes() == name).then_some(&[]),
            Self::Wild { prefix, suffix } => {
                name.strip_prefix(prefix.as_bytes())?.strip_suffix(suffix.as_bytes())
            }
        }
    }

    /// Returns the name in which `*` is this, if it is one.
    fn filled(&self, middle: &[u8]) -> Option<RefName> {
        match self {
            Self::Name(own) => RefName::new(own.as_bytes()),
            Self::Wild { prefix, suffix } => {
                RefName::new(&[prefix.as_bytes(), middle, suffix.as_bytes()].concat())
            }
        }
    }
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Wild { prefix, suffix } => write!(f, "{prefix}*{suffix}"),
        }
    }
}

fn no_name(line: &str, side: &str) -> RefspecError {
    RefspecError::NoName { line: line.to_owned(), name: side.to_owned() }
}

/// Returns the line of two names that were meant, each by a short one.
fn both(from: &str, to: &str) -> String {
    let full = |name: &str| if name.starts_with("refs/") { name.to_owned() } else { short_name::full(name) };
    format!("{}:{}", full(from), full(to))
}

/// Returns the line with full names.
fn full(line: &str) -> String {
    line.split_once(':').map_or_else(|| both(line, line), |(from, to)| both(from, to))
}

/// Returns the line in which the one side that is not empty stands on both.
fn kept(line: &str) -> String {
    let name = Some(line.trim_matches(':')).filter(|name| !name.is_empty()).unwrap_or("refs/heads/*");
    both(name, name)
}

/// Returns the line with all refs below each side that is not a pattern yet.
fn below(line: &str) -> String {
    let all = |side: &str| {
        if side.contains('*') { side.to_owned() } else { format!("{}/*", side.trim_end_matches('/')) }
    };
    line.splitn(2, ':').map(all).collect::<Vec<_>>().join(":")
}

#[cfg(test)]
mod tests;
