//! The end of the page: what its escapes mean, and what wrote it.

/// Explains escapes.
const ESCAPES: &str = "A text such as `\\u{7c}` stands for a character that does not show, or that would end a cell here: \
     `\\u{3c}` is “less than”, `\\u{3e}` “greater than”, `\\u{60}` a backtick, `\\u{7c}` a bar.";

/// Adds the end to a page.
pub(super) fn ended(mut page: String) -> String {
    if page.contains("\\u{") {
        page.push_str(ESCAPES);
        page.push_str("\n\n");
    }
    page.push_str("---\n\n");
    page.push_str(concat!("Mirror Git repository ", env!("CARGO_PKG_VERSION")));
    page.push('\n');
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_explained_where_there_are_any() {
        assert!(!ended("a".to_owned()).contains("stands for"));
        assert_eq!(ended(r"`a\u{7c}`".to_owned()).matches("`\\u{7c}` a bar.").count(), 1);
    }
}
