//! Short names of refs, which no input takes: a branch and a tag may have the same.

/// Returns the full name, or the pattern of such, that was meant by a short one.
pub(super) fn full(pattern: &str) -> String {
    let short = pattern.trim_start_matches(['+', '/']);
    match short.split_once('/') {
        Some((first, rest)) if first.eq_ignore_ascii_case("refs") => format!("refs/{rest}"),
        Some(("heads" | "tags" | "notes", _)) => format!("refs/{short}"),
        _ => format!("refs/heads/{short}"),
    }
}
