//! GitHub.

use serde_json::json;
use ureq::http::Method;

use super::{Call, Home, Management, NewRepository, RepositoryPlace, owner};
use crate::hosts::github::NO_OWNERS;
use crate::hosts::listing::github::read_one;
use crate::hosts::listing::{Listed, Visibility};

/// Its requests.
pub(crate) const MANAGEMENT: Management = owner::management(
    |url| owner::place(url, NO_OWNERS).filter(RepositoryPlace::is_no_wiki),
    |place, answer| read_one(&place.container, answer),
    create,
);

/// Says both `private` and `visibility`: a server that does not know the second makes a repository public without the
/// first. What is internal is so for an enterprise, to which organizations belong and users do not.
fn create(place: &RepositoryPlace, home: &Home, new: NewRepository) -> Option<Call> {
    let visibility = match new.visibility {
        Visibility::Public => "public",
        Visibility::Internal if home.owner != Some(Listed::Oneself) => "internal",
        Visibility::Internal | Visibility::Private => "private",
    };
    let body = json!({
        "name": place.name,
        "private": visibility != "public",
        "visibility": visibility,
        "auto_init": false,
    });
    Some(Call::with_body(Method::POST, owner::creation(place, home)?, &body))
}
