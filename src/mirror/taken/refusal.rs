//! Refuses a plan that takes diverged refs away, where the policy is to fail.

use super::tip::TakenTip;
use crate::error::{Error, ErrorKind, Failure, Phase, RemoteLabel};
use crate::mirror::plan::Plan;

/// The most refs that the error names.
const NAMED: usize = 10;

/// Requires that no ref has diverged.
///
/// # Errors
/// [`ErrorKind::Diverged`] with [`Phase::Plan`] at the destination.
pub(crate) fn require_none(plan: &Plan, destination: &RemoteLabel) -> Result<(), Error> {
    let refs: Vec<_> = plan.diverged().collect();
    if refs.is_empty() {
        return Ok(());
    }
    let failure = Failure::new(ErrorKind::Diverged, message(&refs));
    Err(destination.error(Phase::Plan, failure))
}

fn message(refs: &[&TakenTip]) -> String {
    let named = refs.iter().take(NAMED).map(|taken| format!("'{}' at {}", taken.name, taken.tip));
    let named = named.collect::<Vec<_>>().join(", ");
    let more = match refs.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(", and {more} more"),
    };
    let have = if refs.len() == 1 { "a ref has" } else { "refs have" };
    format!("{have} diverged, with commits that the source does not have there: {named}{more}")
}
