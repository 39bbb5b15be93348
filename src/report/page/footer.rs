//! The end of the page: what its escapes mean, and what wrote it.

use crate::homepage::{Document, Homepage};

/// The section that explains the page.
const EXPLANATION: &str = "what-you-see";

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
    page.push_str(&signature(Homepage::of_build()));
    page.push('\n');
    page
}

/// Says what wrote the page, and where it is explained, if this build knows that.
fn signature(homepage: Option<Homepage>) -> String {
    let version = concat!("Mirror Git repository ", env!("CARGO_PKG_VERSION"));
    match homepage {
        None => version.to_owned(),
        Some(homepage) => format!(
            "{version} · [What this page says]({}) · [When a run fails]({})",
            homepage.section(Document::HowItWorks, EXPLANATION),
            homepage.document(Document::Troubleshooting),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_leads_to_what_explains_it() {
        let signed = signature(Homepage::at("https://git.example/mirror"));
        assert!(
            signed.contains("/docs/how-it-works.md#what-you-see) · [When a run fails](https://git.example/"),
            "{signed}"
        );
        assert!(!signature(None).contains('['));
        let page = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(Document::HowItWorks.path());
        let page = std::fs::read_to_string(page).unwrap();
        assert!(page.contains("\n## What you see\n"), "{EXPLANATION} is a heading of it");
    }

    #[test]
    fn escapes_are_explained_where_there_are_any() {
        assert!(!ended("a".to_owned()).contains("stands for"));
        assert_eq!(ended(r"`a\u{7c}`".to_owned()).matches("`\\u{7c}` a bar.").count(), 1);
    }
}
