//! The kinds of refs, by which their names are short.

use crate::protocol::ref_name::RefName;

/// A kind of ref.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RefKind {
    Branch,
    Tag,
    Other,
}

impl RefKind {
    /// All kinds, in the order of the page.
    pub(super) const ALL: [Self; 3] = [Self::Branch, Self::Tag, Self::Other];

    pub(super) fn of(name: &RefName) -> Self {
        match () {
            () if name.is_branch() => Self::Branch,
            () if name.is_tag() => Self::Tag,
            () => Self::Other,
        }
    }

    /// Returns the kind of all these refs; that of others where they differ, whose names are whole.
    pub(super) fn of_all<'a>(mut names: impl Iterator<Item = &'a RefName>) -> Self {
        let Some(first) = names.next().map(Self::of) else { return Self::Other };
        if names.all(|name| Self::of(name) == first) { first } else { Self::Other }
    }

    /// Returns the name of one.
    pub(super) fn one(self) -> &'static str {
        match self {
            Self::Branch => "Branch",
            Self::Tag => "Tag",
            Self::Other => "Ref",
        }
    }

    /// Returns the name of several.
    pub(super) fn many(self) -> &'static str {
        match self {
            Self::Branch => "Branches",
            Self::Tag => "Tags",
            Self::Other => "Other refs",
        }
    }

    /// Returns the name of a ref among those of this kind.
    pub(super) fn short(self, name: &RefName) -> String {
        let whole = name.to_string();
        let prefix = match self {
            Self::Branch => "refs/heads/",
            Self::Tag => "refs/tags/",
            Self::Other => "",
        };
        whole.strip_prefix(prefix).map(str::to_owned).unwrap_or(whole)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mirror::testing::name;

    #[test]
    fn names_are_short_where_all_are_of_one_kind() {
        let kind = |names: &[&str]| {
            let names: Vec<_> = names.iter().map(|given| name(given)).collect();
            let kind = RefKind::of_all(names.iter());
            (kind, names.iter().map(|name| kind.short(name)).collect::<Vec<_>>())
        };
        assert_eq!(
            kind(&["refs/heads/a/b", "refs/heads/c"]),
            (RefKind::Branch, vec!["a/b".into(), "c".into()])
        );
        assert_eq!(kind(&["refs/tags/v1"]), (RefKind::Tag, vec!["v1".into()]));
        let mixed = vec!["refs/heads/a".into(), "refs/tags/a".into()];
        assert_eq!(kind(&["refs/heads/a", "refs/tags/a"]), (RefKind::Other, mixed));
    }
}
