//! What a host does not take as a ref, beyond Git's own rules.

/// One rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefRule {
    /// No branch or tag is named by as many hexadecimal digits as an object id has: 40, or 64.
    NoHexNames,
    /// No branch is named `HEAD`.
    NoBranchHead,
    /// No two names, or folders of names, differ only in case.
    CaseInsensitive,
    /// No tag is of anything but a commit.
    TagsMustPeelToCommits,
}
