//! Ids as Azure DevOps writes them.

/// Returns true for 8, 4, 4, 4 and 12 hexadecimal digits, with hyphens between them. What is no such id could be another
/// path, or another variable's name.
pub(crate) fn is_guid(id: &str) -> bool {
    let groups =
        id.split('-').map(|group| group.bytes().all(|byte| byte.is_ascii_hexdigit()).then_some(group.len()));
    groups.eq([8, 4, 4, 4, 12].map(Some))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_has_five_groups_of_hexadecimal_digits() {
        let id = "3f2b1C00-0000-4000-8000-00000000abcd";
        assert!(is_guid(id) && is_guid(&id.to_uppercase()));
        for other in [
            "SYSTEMVSSCONNECTION",
            "",
            "3f2b",
            "3f2b1c000000400080000000000000000000",
            "../..",
            &id[1..],
            &id.replace('f', "g"),
            &format!("{id}-0"),
            &format!("{id}-"),
        ] {
            assert!(!is_guid(other), "{other}");
        }
    }
}
