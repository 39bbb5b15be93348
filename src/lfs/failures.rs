//! The failures of an exchange of LFS.

use super::action::ActionError;
use super::batch::{ObjectAnswer, ObjectError, Operation};
use super::lfs_url::LfsUrl;
use super::pointer::Pointer;
use super::refusal::Reason;
use super::route::{Route, RouteError};
use crate::error::{ErrorKind, Failure, LfsProblem};
use crate::http::api::ApiAnswer;
use crate::http::status;

/// Returns the failure of a batch request that was refused as a whole.
pub(super) fn of_batch(
    reason: Reason,
    operation: Operation,
    answer: &ApiAnswer,
    words: Option<String>,
) -> Failure {
    let kind = match reason {
        Reason::NoLfs => ErrorKind::Lfs(LfsProblem::NoService),
        Reason::NotFound => ErrorKind::NotFound,
        Reason::Invalid | Reason::TooMany => ErrorKind::Lfs(LfsProblem::Refused),
        Reason::Unauthorized => ErrorKind::Unauthorized,
        Reason::Forbidden => ErrorKind::Forbidden,
        Reason::Quota => used_up(answer.status.as_u16(), operation),
        Reason::Busy => answer.kind(),
        Reason::Other if answer.status.is_success() => ErrorKind::Lfs(LfsProblem::Answer),
        Reason::Other => ErrorKind::Status(answer.status.as_u16()),
    };
    let answered = format!("its Git LFS answered {}", status::named(answer.status));
    Failure::new(kind, answered).with_remote(words)
}

/// Returns the failure of an object of which a server said this.
pub(super) fn of_object(object: Pointer, operation: Operation, answer: &ObjectAnswer) -> Failure {
    let Pointer { oid, size } = object;
    match answer {
        ObjectAnswer::Refused(ObjectError { code, message }) => {
            let kind = match code {
                404 | 410 if operation == Operation::Download => ErrorKind::Lfs(LfsProblem::Missing),
                507 | 509 => used_up(*code, operation),
                408 | 429 | 500 | 502..=504 => ErrorKind::Unavailable { retry_after: None },
                _ => ErrorKind::Lfs(LfsProblem::Refused),
            };
            Failure::new(kind, format!("LFS object {oid} of {size} bytes was refused with code {code}"))
                .with_remote(Some(message.clone()).filter(|message| !message.is_empty()))
        }
        ObjectAnswer::Unusable(error) => of_action(object, *error),
        ObjectAnswer::LeftOut | ObjectAnswer::Kept | ObjectAnswer::Transfer(_) => Failure::new(
            ErrorKind::Lfs(LfsProblem::Answer),
            format!("the server says nothing of LFS object {oid} of {size} bytes"),
        ),
    }
}

fn of_action(object: Pointer, error: ActionError) -> Failure {
    let kind = ErrorKind::Lfs(LfsProblem::Answer);
    Failure::new(kind, format!("what the server says of LFS object {} cannot be used: {error}", object.oid))
}

/// Returns the failure of a request that must not be made.
pub(super) fn of_route(object: Pointer, error: RouteError) -> Failure {
    let kind = ErrorKind::Lfs(LfsProblem::Address);
    Failure::new(
        kind,
        format!("LFS object {} is not followed to where the server sends: {error}", object.oid),
    )
}

/// Returns the failure of a batch request to `from` that is redirected to where it must not be sent.
pub(super) fn of_moved_batch(from: &LfsUrl, location: &str, error: RouteError) -> Failure {
    let message = match from.redirected(location) {
        Ok(to) => format!("its Git LFS is not followed to '{to}': {error}"),
        Err(_) => format!("its Git LFS is not followed to where the server sends: {error}"),
    };
    Failure::new(ErrorKind::Lfs(LfsProblem::Address), message)
}

/// Returns the failure of a request for an object that was answered so. What the server says is shown without secrets of
/// the request.
pub(super) fn of_transfer(
    object: Pointer,
    operation: Operation,
    route: &Route,
    answer: &ApiAnswer,
) -> Failure {
    let code = answer.status.as_u16();
    let kind = match code {
        404 | 410 if operation == Operation::Download => ErrorKind::Lfs(LfsProblem::Missing),
        413 | 422 => ErrorKind::Lfs(LfsProblem::Refused),
        507 | 509 => used_up(code, operation),
        _ => answer.kind(),
    };
    let answered =
        format!("the server answered {} for LFS object {}", status::named(answer.status), object.oid);
    Failure::new(kind, answered).with_remote(answer.words().and_then(|words| route.without_secrets(words)))
}

/// Returns the kind of a quota that is used up: of storage by what is sent, of bandwidth by what is got.
fn used_up(code: u16, operation: Operation) -> ErrorKind {
    ErrorKind::Lfs(match (code, operation) {
        (509, _) | (_, Operation::Download) => LfsProblem::Bandwidth,
        (_, Operation::Upload) => LfsProblem::Storage,
    })
}
