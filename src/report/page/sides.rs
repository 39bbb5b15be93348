//! The two sides of a mirror in one line, each a link where its pages are known.

use super::cells::code_span;
use super::links::Links;
use super::writer::Writer;
use crate::transport::endpoint::Endpoint;

impl Writer<'_> {
    /// Names the source and the destination of a mirror, or of those of a container.
    pub(super) fn sides(&self, source: &Endpoint, destination: &Endpoint) -> String {
        let side = |endpoint: &Endpoint| {
            let link = Links::of(endpoint).map(|links| links.home());
            let shown = endpoint.url.to_string();
            // The address is in the link.
            let short = if link.is_some() { shown.strip_prefix("https://") } else { None };
            self.linked(code_span(short.unwrap_or(&shown), &self.masks), link)
        };
        format!("{} **→** {}", side(source), side(destination))
    }
}
