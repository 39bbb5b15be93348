//! The header fields that a server sets for a request to another place, and those that it may not set.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use ureq::http::header::{self, HeaderName, HeaderValue};

use crate::secret::Secret;

/// The most fields of one action. Those of the large clouds have about five.
pub const MOST: usize = 32;

/// The most bytes of a field.
pub const LONGEST: usize = 16 << 10;

/// Fields that are the client's: who is spoken to, how the request is framed, and in which form the object comes. git-lfs
/// leaves the first ones to Go's client, which sets its own.
const NOT_TAKEN: [&str; 14] = [
    "host",
    "content-length",
    "transfer-encoding",
    "connection",
    "keep-alive",
    "proxy-connection",
    "proxy-authorization",
    "te",
    "trailer",
    "upgrade",
    "expect",
    // Of a part, or compressed, it would not be the object.
    "range",
    "if-range",
    "accept-encoding",
];

/// Fields that describe a request; those of them that are the client's are in [`NOT_TAKEN`].
const DESCRIBE: [&str; 7] = [
    "accept",
    "accept-charset",
    "accept-language",
    "content-encoding",
    "content-language",
    "content-type",
    "user-agent",
];

/// The fields of an action, each once. Their values are secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fields {
    own: Vec<(HeaderName, Secret)>,
    /// The form of the body of an upload.
    pub framing: Framing,
    /// The fields that the server set and that are not sent.
    pub not_taken: Vec<HeaderName>,
}

/// The way that the end of a request's body is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// By its length before it.
    Length,
    /// By pieces. GitLab asks for it with each upload.
    Chunked,
}

/// A field that no request can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FieldError {
    /// Its name is none.
    #[error("it names a header field that cannot be")]
    Name,
    /// Its value holds a line break or another control character, or is too long.
    #[error("it has a header field with a value that cannot be")]
    Value,
}

impl Fields {
    /// Returns those of a request for which a server set none.
    pub(super) fn none() -> Self {
        Self { own: Vec::new(), framing: Framing::Length, not_taken: Vec::new() }
    }

    /// Sorts the fields as they came. Of one that is there twice, the last counts.
    ///
    /// # Errors
    ///
    /// Fails if one of them cannot be sent.
    pub fn new(raw: &RawFields) -> Result<Self, FieldError> {
        let mut fields = Self::none();
        for (name, value) in &raw.0 {
            let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| FieldError::Name)?;
            let is_sent = HeaderValue::from_str(value).is_ok() && value.len() <= LONGEST;
            if !is_sent {
                return Err(FieldError::Value);
            }
            if NOT_TAKEN.contains(&name.as_str()) {
                if name == header::TRANSFER_ENCODING && value.eq_ignore_ascii_case("chunked") {
                    fields.framing = Framing::Chunked;
                }
                fields.not_taken.push(name);
            } else {
                fields.own.retain(|(other, _)| *other != name);
                fields.own.push((name, Secret::new(value.as_str())));
            }
        }
        Ok(fields)
    }

    /// Returns the fields to send.
    pub fn iter(&self) -> impl Iterator<Item = (&HeaderName, &Secret)> {
        self.own.iter().map(|(name, value)| (name, value))
    }

    /// Tells whether the server set this one.
    pub fn has(&self, name: &HeaderName) -> bool {
        self.own.iter().any(|(own, _)| own == name)
    }

    /// Returns those that only describe the request, for one to another server than they were given for. Any other could be
    /// a key: servers name those as they like, such as `PRIVATE-TOKEN` and `X-Api-Key`.
    #[must_use]
    pub fn for_other_origin(&self) -> Self {
        let mut fields = self.clone();
        fields.own.retain(|(name, _)| describes(name));
        fields
    }

    /// Returns what must not be seen of them.
    pub fn masks(&self) -> Vec<Secret> {
        let words = |value: &Secret| value.expose().split(' ').map(Secret::new).collect::<Vec<_>>();
        let own = self.own.iter().filter(|(name, _)| !describes(name));
        let masks = own.flat_map(|(_, value)| words(value));
        // `Basic` and `Bearer` are words of the log.
        masks.filter(|mask| mask.expose().len() > 8).collect()
    }
}

/// Tells whether a field says no more than what is asked for, in which form, and by which program.
fn describes(name: &HeaderName) -> bool {
    DESCRIBE.contains(&name.as_str())
}

/// Fields as they stand in JSON, at most [`MOST`]; `null` is none, which rudolfs writes.
#[derive(Clone, Default)]
pub struct RawFields(Vec<(String, String)>);

impl fmt::Debug for RawFields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawFields").finish_non_exhaustive()
    }
}

impl<'de> Deserialize<'de> for RawFields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pairs;

        impl<'de> Visitor<'de> for Pairs {
            type Value = RawFields;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "at most {MOST} header fields")
            }

            fn visit_unit<E>(self) -> Result<RawFields, E> {
                Ok(RawFields::default())
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<RawFields, A::Error> {
                let mut fields = Vec::new();
                while let Some(field) = map.next_entry()? {
                    if fields.len() == MOST {
                        return Err(serde::de::Error::invalid_length(MOST + 1, &self));
                    }
                    fields.push(field);
                }
                Ok(RawFields(fields))
            }
        }

        deserializer.deserialize_any(Pairs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(json: &str) -> Result<Fields, FieldError> {
        Fields::new(&serde_json::from_str(json).unwrap())
    }

    fn shown(fields: &Fields) -> Vec<String> {
        fields.iter().map(|(name, value)| format!("{name}: {}", value.expose())).collect()
    }

    #[test]
    fn what_a_server_sets_is_sent_as_it_came() {
        let s3 = r#"{"Authorization": "AWS4-HMAC-SHA256 Credential=x", "x-amz-date": "20260101T000000Z",
            "Content-Type": "application/octet-stream", "x-ms-blob-type": "BlockBlob", "Key": "välue"}"#;
        let fields = fields(s3).unwrap();
        assert_eq!(fields.iter().count(), 5);
        assert!(fields.has(&header::AUTHORIZATION) && fields.has(&header::CONTENT_TYPE));
        assert_eq!((fields.framing, fields.not_taken.len()), (Framing::Length, 0));
        assert!(!format!("{fields:?}").contains("AWS4"));
    }

    #[test]
    fn the_client_frames_its_requests_itself() {
        for name in NOT_TAKEN {
            let fields =
                fields(&format!("{{\"{}\": \"1\", \"Key\": \"value\"}}", name.to_uppercase())).unwrap();
            assert_eq!(shown(&fields), ["key: value"], "{name}");
            assert_eq!((fields.not_taken.len(), fields.framing), (1, Framing::Length));
        }
        let gitlab = fields(r#"{"Transfer-Encoding": "chunked", "Authorization": "Basic eDp5"}"#).unwrap();
        assert_eq!((gitlab.framing, gitlab.has(&header::AUTHORIZATION)), (Framing::Chunked, true));
        assert_eq!(fields(r#"{"Transfer-Encoding": "gzip"}"#).unwrap().framing, Framing::Length);
    }

    #[test]
    fn a_field_that_would_end_the_head_is_refused() {
        for (json, error) in [
            (r#"{"Key": "a\r\nHost: evil"}"#, FieldError::Value),
            (r#"{"Key": "a\nb"}"#, FieldError::Value),
            (r#"{"Key": "a\u0000b"}"#, FieldError::Value),
            (r#"{"Host": "a\nb"}"#, FieldError::Value),
            (r#"{"Key: x\r\nHost": "evil"}"#, FieldError::Name),
            (r#"{"": "x"}"#, FieldError::Name),
            (r#"{"a b": "x"}"#, FieldError::Name),
        ] {
            assert_eq!(fields(json), Err(error), "{json}");
        }
        assert_eq!(fields(&format!("{{\"a\": \"{}\"}}", "x".repeat(LONGEST + 1))), Err(FieldError::Value));
    }

    #[test]
    fn of_a_field_that_is_there_twice_the_last_counts() {
        let fields = fields(r#"{"key": "one", "Other": "x", "KEY": "two"}"#).unwrap();
        assert_eq!(shown(&fields), ["other: x", "key: two"]);
    }

    #[test]
    fn null_is_no_field_and_too_many_are_refused() {
        assert_eq!(fields("null").unwrap().iter().count(), 0);
        let many = |count: usize| {
            let pairs: Vec<_> = (0..count).map(|number| format!("\"a{number}\": \"\"")).collect();
            serde_json::from_str::<RawFields>(&format!("{{{}}}", pairs.join(",")))
        };
        assert!(many(MOST).is_ok() && many(MOST + 1).is_err());
        for json in ["[]", "1", "\"a\"", "{\"a\": 1}", "{\"a\": null}"] {
            assert!(serde_json::from_str::<RawFields>(json).is_err(), "{json}");
        }
    }

    #[test]
    fn another_origin_gets_only_fields_that_describe_the_request() {
        let fields = fields(
            r#"{"authorization": "Bearer 0123456789", "Cookie": "a=0123456789", "X-Api-Key": "b=0123456789",
            "Content-Type": "application/octet-stream", "Accept": "application/json", "x": "y"}"#,
        )
        .unwrap();
        let kept = ["content-type: application/octet-stream", "accept: application/json"];
        assert_eq!(shown(&fields.for_other_origin()), kept);
        let masks: Vec<_> = fields.masks().iter().map(|mask| mask.expose().to_owned()).collect();
        assert_eq!(masks, ["0123456789", "a=0123456789", "b=0123456789"]);
    }
}
