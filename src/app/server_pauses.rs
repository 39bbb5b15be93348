//! The waits that the servers of a mirror ask for, which hold for all mirrors of the step.

use crate::config::mirror_spec::MirrorSpec;
use crate::error::{Asked, Error, ErrorKind, Phase, Purpose, RemoteLabel, Side};
use crate::http::pauses::Part;
use crate::remote::url::RemoteUrl;
use crate::transport::Context;

/// Waits until no server of the mirror asks any longer to be left alone.
///
/// # Errors
///
/// Those of [`Pauses::wait`](crate::http::pauses::Pauses::wait), with [`Phase::List`].
pub(super) fn wait(spec: &MirrorSpec, context: &Context) -> Result<(), Vec<Error>> {
    for side in [Side::Source, Side::Destination] {
        let RemoteUrl::Web(url) = &spec.endpoint(side).url else { continue };
        let waited = context.pauses.wait(url, &[Part::Server], &context.cancel);
        waited
            .map_err(|failure| vec![RemoteLabel::new(side, url.to_string()).error(Phase::List, failure)])?;
    }
    Ok(())
}

/// Notes that a server of Git asked to be left alone. What LFS asks may be another server, so is the one that a redirect led
/// to, and what an interface says is noted there.
pub(super) fn note(spec: &MirrorSpec, context: &Context, Error { label, phase, failure }: &Error) {
    let is_of_git = matches!(phase, Phase::List | Phase::Fetch | Phase::Push | Phase::Verify);
    let is_own = is_of_git && label.purpose == Purpose::Mirror && label.redirected.is_none();
    if let (RemoteUrl::Web(url), ErrorKind::Unavailable { retry_after: Some(wait) }) =
        (&spec.endpoint(label.side).url, failure.kind)
        && is_own
        && failure.asked == Asked::Repository
    {
        context.pauses.note(url, Part::Server, wait);
    }
}
