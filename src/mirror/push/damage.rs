//! What a source cannot give, since it lacks objects of its own.

use crate::error::Error;
use crate::protocol::receive_pack::RefUpdate;
use crate::protocol::ref_name::RefName;

/// The most refs that an error names.
const MAX_NAMED: usize = 10;

/// The damage of a source, which the pushes of whole refs do not wait for.
#[derive(Debug, Default)]
pub(super) struct Damage {
    /// The first error that told of it.
    error: Option<Error>,
    /// Refs of which a pack of their own could not be had either.
    refs: Vec<RefName>,
}

impl Damage {
    /// Notes an error; the first counts.
    pub(super) fn note(&mut self, error: Error) {
        self.error.get_or_insert(error);
    }

    /// Notes refs that the source cannot give.
    pub(super) fn note_refs(&mut self, updates: &[RefUpdate]) {
        self.refs.extend(updates.iter().map(|update| update.name().clone()));
    }

    /// Returns the error, with the refs that it was found to be about.
    pub(super) fn to_error(&self) -> Option<Error> {
        let mut error = self.error.clone()?;
        let named: Vec<_> = self.refs.iter().take(MAX_NAMED).map(|name| format!("'{name}'")).collect();
        if !named.is_empty() {
            let more = match self.refs.len() - named.len() {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            error.failure.message =
                format!("{}; it cannot give {}{more}", error.failure.message, named.join(", "));
        }
        Some(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{ErrorKind, Failure, Phase, Side};
    use crate::mirror::testing::{id, label, name};

    #[test]
    fn no_more_than_ten_refs_are_named_in_words() {
        let mut damage = Damage::default();
        assert_eq!(damage.to_error(), None);
        damage
            .note(label(Side::Source).error(Phase::Fetch, Failure::new(ErrorKind::Damaged, "it is damaged")));
        let update =
            |number| RefUpdate::Create { name: name(&format!("refs/heads/{number:02}")), new: id(1) };
        damage.note_refs(&(0..12).map(update).collect::<Vec<_>>());
        let message = damage.to_error().unwrap().failure.message;
        assert!(message.starts_with("it is damaged; it cannot give 'refs/heads/00', "), "{message}");
        assert!(message.ends_with("'refs/heads/09' and 2 more"), "{message}");
    }
}
