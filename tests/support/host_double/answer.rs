//! Calls to an interface and the answers to them.

use serde_json::Value;

/// A call, taken apart.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) method: String,
    /// The path and the query, as they came.
    pub(super) target: String,
    /// The parts of the path, without escapes.
    pub(super) path: Vec<String>,
    query: Vec<(String, String)>,
    pub(super) body: Value,
}

/// An answer.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Value,
}

/// A part of a list.
#[derive(Debug)]
pub(super) struct Slice<T> {
    pub(super) items: Vec<T>,
    /// Where the next one begins.
    pub(super) next: Option<usize>,
}

impl Call {
    pub(super) fn new(method: &str, target: &str, body: &[u8]) -> Self {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let pair = |pair: &str| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decoded(name), decoded(value))
        };
        Self {
            method: method.to_owned(),
            target: target.to_owned(),
            path: path.split('/').filter(|part| !part.is_empty()).map(decoded).collect(),
            query: query.split('&').filter(|pair| !pair.is_empty()).map(pair).collect(),
            body: serde_json::from_slice(body).unwrap_or_default(),
        }
    }

    /// A value of the query.
    pub(super) fn asked(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn number(&self, name: &str) -> Option<usize> {
        self.asked(name)?.parse().ok()
    }

    /// A text of the body; empty where there is none.
    pub(super) fn text(&self, name: &str) -> &str {
        self.body.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    /// The page of a list that is asked for by its number.
    pub(super) fn page<T>(&self, items: Vec<T>, size: usize) -> Slice<T> {
        let page = self.number("page").unwrap_or(1).max(1);
        let slice = slice(items, (page - 1) * size, size);
        Slice { next: slice.next.map(|_| page + 1), ..slice }
    }

    /// The same request with another page, as the field `Link` has it.
    pub(super) fn link(&self, origin: &str, next: Option<usize>) -> Vec<(&'static str, String)> {
        let Some(next) = next else { return Vec::new() };
        let path = self.target.split('?').next().unwrap_or_default();
        let others = self.query.iter().filter(|(name, _)| name != "page");
        let others = others.map(|(name, value)| format!("{name}={value}&")).collect::<Vec<_>>().concat();
        let url = format!("{origin}{path}?{others}page={next}");
        vec![("Link", format!("<{origin}{path}?{others}page=1>; rel=\"first\", <{url}>; rel=\"next\""))]
    }
}

impl Answer {
    pub(super) fn new(status: u16, body: Value) -> Self {
        Self { status, headers: Vec::new(), body }
    }
}

/// The items from one on.
pub(super) fn slice<T>(items: Vec<T>, start: usize, size: usize) -> Slice<T> {
    let count = items.len();
    let items: Vec<_> = items.into_iter().skip(start).take(size).collect();
    Slice { items, next: (start + size < count).then_some(start + size) }
}

pub(super) fn decoded(text: &str) -> String {
    percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned()
}
