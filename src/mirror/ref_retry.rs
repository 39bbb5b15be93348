//! Finds the refs whose outcome can pass by itself: a lock, a value moved meanwhile, a server that is busy.
//!
//! A new attempt begins at the listing, so that it pushes from the value that the ref has now. A listing that lags is
//! waited for within the attempt.

use std::collections::HashMap;
use std::sync::Arc;

use super::push::transient;
use super::push::transient::Excused;
use super::report::{Outcome, Reason, RefOutcome, Refusal, Report};

/// Returns those refs. What was not reached since the run broke off passes with the error that broke it off.
pub fn transient_refs(report: &Report) -> Vec<&RefOutcome> {
    let mut words = Words::default();
    report.outcomes.iter().filter(|ref_| words.is_transient(ref_)).collect()
}

/// The words of the pushes, which the refs of each share and which can be many: each is read once.
#[derive(Default)]
struct Words<'a>(HashMap<*const str, Excused<'a>>);

impl<'a> Words<'a> {
    fn is_transient(&mut self, RefOutcome { update, outcome }: &'a RefOutcome) -> bool {
        match outcome {
            Outcome::ChangedConcurrently => true,
            Outcome::Rejected(Refusal { reason, remote, .. }) => match reason {
                Reason::Own { reason, .. } => reason.is_transient(),
                Reason::Said(said) if !transient::is_general(said) => transient::is_transient(said),
                Reason::Said(_) | Reason::NoReport(_) => {
                    let excused = self.0.entry(Arc::as_ptr(remote));
                    excused.or_insert_with(|| Excused::in_words(remote)).contains(&update.name().to_text())
                }
            },
            Outcome::Planned
            | Outcome::Done
            | Outcome::Unsupported(_)
            | Outcome::ReportedButUnchanged
            | Outcome::Unknown
            | Outcome::NotPushed
            | Outcome::InPart(_) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::error::RejectReason;
    use crate::mirror::testing::{id, name};
    use crate::protocol::receive_pack::RefUpdate;

    /// Returns the last letters of the refs that can pass, of refs `a`, `b` and so on with these outcomes.
    fn passing(outcomes: impl IntoIterator<Item = Outcome>) -> String {
        let outcome = |(letter, outcome): (char, Outcome)| RefOutcome {
            update: RefUpdate::Create { name: name(&format!("refs/heads/{letter}")), new: id(1) },
            outcome,
        };
        let outcomes = ('a'..).zip(outcomes).map(outcome).collect();
        let (kept, interruption) = (Vec::new(), None);
        let report = Report {
            outcomes,
            unchanged: 0,
            kept,
            taken: Vec::new(),
            contradicted: 0,
            pack_bytes: 0,
            pack_time: Duration::ZERO,
            push_size: crate::mirror::push_size::PushSize::default(),
            divided: None,
            interruption,
        };
        transient_refs(&report).iter().filter_map(|ref_| ref_.update.name().to_string().pop()).collect()
    }

    fn rejected(reason: impl Into<Reason>, remote: &Arc<str>) -> Outcome {
        Outcome::Rejected(Refusal { reason: reason.into(), remote: remote.clone(), kind: None })
    }

    #[test]
    fn what_moved_meanwhile_passes_and_the_rest_does_not() {
        use Outcome::{ChangedConcurrently, Done, NotPushed, Planned, ReportedButUnchanged, Unknown};
        let all = [ChangedConcurrently, ReportedButUnchanged, Done, NotPushed, Planned, Unknown];
        assert_eq!(passing(all), "a");
    }

    #[test]
    fn a_reason_is_enough_and_a_general_one_needs_words() {
        let words: Arc<str> = "error: cannot lock ref 'refs/heads/c': is at 12 but expected 34".into();
        let general = "failed to update ref";
        let reasons = ["incorrect old value provided", general, general, "hook declined", "GH006: protected"];
        assert_eq!(passing(reasons.map(|reason| rejected(reason, &words))), "ac");
        let busy: Arc<str> = "the server is busy".into();
        assert_eq!(passing(reasons.map(|reason| rejected(reason, &busy))), "abcd");
    }

    #[test]
    fn a_local_repository_says_it_by_value() {
        let none: Arc<str> = "incorrect old value".into();
        let own = |reason| Reason::Own { reason, detail: "File exists".into() };
        let reasons = [
            RejectReason::Locked,
            RejectReason::StaleOldValue,
            RejectReason::AlreadyExists,
            RejectReason::DoesNotExist,
            RejectReason::NotWritten,
            RejectReason::Hidden,
            RejectReason::MissingObjects,
        ];
        assert_eq!(passing(reasons.map(|reason| rejected(own(reason), &none))), "abcd");
    }
}
