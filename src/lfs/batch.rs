//! The batch interface of LFS: which objects a server has or wants, and how to get or send them.
//!
//! ```text
//!  POST ENDPOINT/objects/batch   {"operation":"upload","transfers":["basic"],"ref":{"name":…},"objects":[{"oid":…,"size":…}],…}
//!  200                           {"transfer":"basic","objects":[{"oid":…,"size":…,"actions":{"upload":{"href":…}}}]}
//! ```
//!
//! Servers leave much out that the specification asks for, answer in another order, or not for each object. An object
//! that an answer leaves out is never taken for one that is there.

use std::collections::HashMap;
use std::fmt;
use std::time::SystemTime;

use serde::de::{Deserializer, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::Number;
use serde_json::error::Category;

use super::action::{Action, ActionError, RawAction, SignIn};
use super::oid::Oid;
use super::pointer::Pointer;
use crate::text::excerpt;

/// The media type of requests and answers.
pub const MEDIA_TYPE: &str = "application/vnd.git-lfs+json";

/// The place of the interface, below an endpoint.
pub(super) const BATCH: &str = "objects/batch";

/// The most objects of one request; git-lfs's own number, which every server takes.
pub const MOST_OBJECTS: usize = 100;

/// The most bytes of an answer that are read: twenty KiB for each object.
pub const LARGEST_ANSWER: usize = 2 << 20;

/// The most objects of an answer.
const MOST_ANSWERED: usize = 10 * MOST_OBJECTS;

/// The longest message of a server that is kept, in bytes.
const LONGEST_MESSAGE: usize = 500;

/// The purpose of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Operation {
    /// To get objects.
    Download,
    /// To send objects.
    Upload,
}

impl Operation {
    /// Returns its name in requests and for `git-lfs-authenticate`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Download => "download",
            Self::Upload => "upload",
        }
    }
}

#[derive(Serialize)]
struct Request<'a> {
    operation: Operation,
    transfers: [&'static str; 1],
    #[serde(skip_serializing_if = "Option::is_none")]
    r#ref: Option<RefName<'a>>,
    objects: &'a [Pointer],
    hash_algo: &'static str,
}

#[derive(Serialize)]
struct RefName<'a> {
    name: &'a str,
}

/// Returns the body of a request for these objects, each of which must be there once. The ref is the one that is pushed, or
/// read: some servers decide by it who may.
pub fn request(operation: Operation, ref_name: Option<&str>, objects: &[Pointer]) -> String {
    let r#ref = ref_name.map(|name| RefName { name });
    let request = Request { operation, transfers: ["basic"], r#ref, objects, hash_algo: "sha256" };
    // Nothing in it can fail: no map, and no number but whole ones.
    serde_json::to_string(&request).unwrap_or_default()
}

/// Returns the body of a request to verify an upload.
pub fn verify_request(object: &Pointer) -> String {
    serde_json::to_string(object).unwrap_or_default()
}

/// The answer of a server about one object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ObjectAnswer {
    /// It has it already, so that nothing is sent.
    Kept,
    /// It can be got or sent so.
    Transfer(Box<Transfer>),
    /// It does not give or take this object.
    Refused(ObjectError),
    /// An answer that cannot be used.
    Unusable(ActionError),
    /// Nothing.
    LeftOut,
}

/// The requests for one object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transfer {
    /// The request that gets or sends it.
    pub action: Action,
    /// The request that follows an upload.
    pub verify: Option<Action>,
    /// The size that the server has for it, if it is another than was asked for.
    pub other_size: Option<u64>,
}

/// The error of one object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectError {
    /// Its code, like a status of HTTP: 404 and 410 mean that the object is not there. Zero if there is none.
    pub code: u16,
    /// The server's words, at most 500 bytes of them.
    pub message: String,
}

impl ObjectError {
    /// Tells whether the server does not have the object.
    pub fn is_missing(&self) -> bool {
        matches!(self.code, 404 | 410)
    }
}

/// The reason why an answer cannot be used at all.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BatchError {
    /// It is no answer of this interface. No part of it is kept, since it may hold keys.
    #[error("the answer to a batch request is not what LFS answers (line {line}, column {column})")]
    Malformed {
        /// The line in which it ceases to be one, counted from 1.
        line: usize,
        /// The same in the line.
        column: usize,
    },
    /// It was cut off.
    #[error("the answer to a batch request ends too early")]
    Cut,
    /// It chooses a way of transfer that was not offered.
    #[error("the server wants objects to be transferred by '{0}', which this program does not know")]
    Transfer(String),
    /// Its objects are named by another hash.
    #[error("the server names objects by the hash '{0}', which this program does not know")]
    Hash(String),
}

#[derive(Deserialize)]
struct RawAnswer {
    transfer: Option<String>,
    hash_algo: Option<String>,
    objects: RawObjects,
}

#[derive(Deserialize)]
struct RawObject {
    oid: String,
    size: Option<Number>,
    authenticated: Option<bool>,
    actions: Option<RawActions>,
    /// The name of `actions` in the first version of the interface.
    #[serde(rename = "_links")]
    links: Option<RawActions>,
    error: Option<RawError>,
}

#[derive(Clone, Deserialize)]
struct RawActions {
    download: Option<RawAction>,
    upload: Option<RawAction>,
    verify: Option<RawAction>,
}

#[derive(Deserialize)]
struct RawError {
    code: Option<Number>,
    message: Option<String>,
}

/// Reads the answer to a request for these objects, and returns what it says of each, in their order. `answered` is the
/// date of the answer by its own header, for actions that end at a time.
///
/// # Errors
///
/// Fails if the whole answer cannot be used. What is wrong with one object is said of that object.
pub fn read(
    operation: Operation,
    asked: &[Pointer],
    answer: &[u8],
    answered: Option<SystemTime>,
) -> Result<Vec<ObjectAnswer>, BatchError> {
    let raw: RawAnswer = serde_json::from_slice(answer).map_err(|error| match error.classify() {
        Category::Eof => BatchError::Cut,
        _ => BatchError::Malformed { line: error.line(), column: error.column() },
    })?;
    let named = |name: Option<String>, own: &str| {
        name.filter(|name| !name.is_empty() && name != own).map(|name| excerpt(name.as_bytes(), 80))
    };
    if let Some(transfer) = named(raw.transfer, "basic") {
        return Err(BatchError::Transfer(transfer));
    }
    if let Some(hash) = named(raw.hash_algo, "sha256") {
        return Err(BatchError::Hash(hash));
    }
    let mut said: HashMap<Oid, RawObject> = HashMap::with_capacity(asked.len());
    for object in raw.objects.0 {
        // Of an object that is there twice, the first counts; one that was not asked for is of no use.
        if let Some(oid) = Oid::from_hex(object.oid.as_bytes()) {
            said.entry(oid).or_insert(object);
        }
    }
    let answer = |asked: &Pointer| match said.get(&asked.oid) {
        Some(object) => object.answer(operation, asked, answered),
        None => ObjectAnswer::LeftOut,
    };
    Ok(asked.iter().map(answer).collect())
}

impl RawObject {
    fn answer(&self, operation: Operation, asked: &Pointer, answered: Option<SystemTime>) -> ObjectAnswer {
        if let Some(error) = &self.error {
            return ObjectAnswer::Refused(error.read());
        }
        let action = |choose: fn(&RawActions) -> Option<&RawAction>| {
            let found =
                self.actions.as_ref().and_then(choose).or_else(|| self.links.as_ref().and_then(choose));
            let sign_in = if self.authenticated == Some(true) { SignIn::Done } else { SignIn::NotSaid };
            found.map(|raw| Action::new(raw, sign_in, answered)).transpose()
        };
        let (first, verify) = match operation {
            Operation::Download => (action(|raw| raw.download.as_ref()), Ok(None)),
            Operation::Upload => (action(|raw| raw.upload.as_ref()), action(|raw| raw.verify.as_ref())),
        };
        match (first, verify, operation) {
            (Err(error), ..) | (_, Err(error), _) => ObjectAnswer::Unusable(error),
            (Ok(Some(action)), Ok(verify), _) => {
                let other_size =
                    self.size.as_ref().and_then(Number::as_u64).filter(|size| *size != asked.size);
                ObjectAnswer::Transfer(Box::new(Transfer { action, verify, other_size }))
            }
            (Ok(None), Ok(_), Operation::Upload) => ObjectAnswer::Kept,
            (Ok(None), Ok(_), Operation::Download) => ObjectAnswer::Unusable(ActionError::Missing),
        }
    }
}

impl RawError {
    fn read(&self) -> ObjectError {
        let code = self.code.as_ref().and_then(Number::as_u64).and_then(|code| u16::try_from(code).ok());
        let message = self.message.as_deref().unwrap_or_default();
        ObjectError { code: code.unwrap_or(0), message: excerpt(message.as_bytes(), LONGEST_MESSAGE) }
    }
}

/// The objects of an answer, at most [`MOST_ANSWERED`]; `null` is none, as Go writes an empty list.
struct RawObjects(Vec<RawObject>);

impl<'de> Deserialize<'de> for RawObjects {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct List;

        impl<'de> Visitor<'de> for List {
            type Value = RawObjects;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "at most {MOST_ANSWERED} objects")
            }

            fn visit_unit<E>(self) -> Result<RawObjects, E> {
                Ok(RawObjects(Vec::new()))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<RawObjects, A::Error> {
                let mut objects = Vec::new();
                while let Some(object) = list.next_element()? {
                    if objects.len() == MOST_ANSWERED {
                        return Err(serde::de::Error::invalid_length(MOST_ANSWERED + 1, &self));
                    }
                    objects.push(object);
                }
                Ok(RawObjects(objects))
            }
        }

        deserializer.deserialize_any(List)
    }
}

#[cfg(test)]
mod tests;
