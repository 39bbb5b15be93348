//! Gitea and Forgejo.

use serde_json::json;
use ureq::http::Method;

use super::{Call, Home, Management, NewRepository, RepositoryPlace, owner};
use crate::hosts::gitea::NO_OWNERS;
use crate::hosts::listing::Visibility;
use crate::hosts::listing::gitea::read_one;

/// Their requests.
pub(crate) const MANAGEMENT: Management = owner::management(
    |url| owner::place(url, NO_OWNERS).filter(RepositoryPlace::is_no_wiki),
    |place, answer| read_one(&place.container, answer),
    create,
);

/// A repository is private or public there; internal are only those of an owner who is.
fn create(place: &RepositoryPlace, home: &Home, new: NewRepository) -> Option<Call> {
    let body = json!({
        "name": place.name,
        "private": new.visibility != Visibility::Public,
        "auto_init": false,
        "object_format_name": new.format.name(),
    });
    Some(Call::with_body(Method::POST, owner::creation(place, home)?, &body))
}
