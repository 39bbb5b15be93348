//! The changes of a destination beside its refs, in words: it is created, and its default branch is set.

use super::advice;
use super::problems::{Problem, with_words};
use crate::config::repositories::Creation;
use crate::config::step::Step;
use crate::error::ErrorKind;
use crate::hosts::listing::Visibility;
use crate::protocol::ref_name::RefName;
use crate::report::outcome::{Created, DefaultBranchEnd, MirrorOutcome};

/// Says what was done beside the refs, or would be in a dry run.
pub(crate) fn notes(step: &Step, outcome: &MirrorOutcome) -> Vec<String> {
    creation(step, outcome.created).into_iter().chain(default_branch(&outcome.default_branch)).collect()
}

/// Says that the destination was created, or would be, and how visible.
pub(crate) fn creation(step: &Step, created: Created) -> Option<String> {
    let visibility = match step.creation {
        Creation::As(Visibility::Private) => ", private",
        Creation::As(Visibility::Internal) => ", internal",
        Creation::As(Visibility::Public) => ", public",
        Creation::Never => "",
    };
    match created {
        Created::No => None,
        Created::Yes => Some(format!("created at the destination{visibility}")),
        Created::Planned => Some(format!("would be created at the destination{visibility}")),
    }
}

/// Says what became of the default branch, where it was not as it should be.
pub(crate) fn default_branch(end: &DefaultBranchEnd) -> Option<String> {
    match end {
        DefaultBranchEnd::Left | DefaultBranchEnd::Same => None,
        DefaultBranchEnd::Differs { there, .. } => {
            Some(format!("default branch '{}', which is not the source's", short(there)))
        }
        DefaultBranchEnd::Set(name) => Some(format!("default branch set to '{}'", short(name))),
        DefaultBranchEnd::Planned(name) => Some(format!("default branch would be set to '{}'", short(name))),
        DefaultBranchEnd::NotSet(name, _) => Some(format!("default branch not set to '{}'", short(name))),
    }
}

/// Says why the default branch was not set, and what is to be done.
pub(crate) fn default_branch_problem(step: &Step, outcome: &MirrorOutcome) -> Option<(ErrorKind, Problem)> {
    let DefaultBranchEnd::NotSet(name, error) = &outcome.default_branch else { return None };
    let advice = advice::for_default_branch(&short(name), error, &outcome.mirror, step.caller);
    Some((error.failure.kind, Problem { what: with_words(error), advice }))
}

/// Says that the default branch is another than the source's, and where it is set.
pub(crate) fn default_branch_difference(step: &Step, outcome: &MirrorOutcome) -> Option<Problem> {
    let DefaultBranchEnd::Differs { wanted, there } = &outcome.default_branch else { return None };
    let (wanted, there, mirror) = (short(wanted), short(there), &outcome.mirror);
    let url = &mirror.destination.url;
    Some(Problem {
        what: format!(
            "the default branch of destination '{url}' is '{there}', and that of the source is '{wanted}'"
        ),
        advice: advice::for_other_default_branch(&wanted, mirror, step.caller),
    })
}

/// Returns the name of a branch as hosts show it.
fn short(name: &RefName) -> String {
    let name = name.to_string();
    name.strip_prefix("refs/heads/").map(str::to_owned).unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{CreateProblem, Failure, Phase, RemoteLabel, Side};
    use crate::mirror::testing::name;
    use crate::report::testing::{ended, report, step};

    #[test]
    fn a_creation_and_a_default_branch_are_told_in_words() {
        let visibility = [("INPUT_CREATEDESTINATION", "internal")];
        let step = step("https://a.example/r", "https://b.example/r", &visibility);
        let main = || name("refs/heads/main");
        for (created, default_branch, told) in [
            (Created::No, DefaultBranchEnd::Left, &[][..]),
            (Created::Yes, DefaultBranchEnd::Same, &["created at the destination, internal"]),
            (
                Created::Planned,
                DefaultBranchEnd::Planned(main()),
                &["would be created at the destination, internal", "default branch would be set to 'main'"],
            ),
            (Created::No, DefaultBranchEnd::Set(main()), &["default branch set to 'main'"]),
            (
                Created::No,
                DefaultBranchEnd::Differs { wanted: main(), there: name("refs/heads/x") },
                &["default branch 'x', which is not the source's"],
            ),
        ] {
            let outcome = MirrorOutcome { created, default_branch, ..ended(&step.given, Ok(report(&[]))) };
            assert_eq!(notes(&step, &outcome), told);
            assert_eq!(default_branch_problem(&step, &outcome), None);
        }
    }

    #[test]
    fn a_default_branch_that_differs_is_told_with_where_it_is_set_in_words() {
        let follow = "; or set 'defaultBranch' to 'follow', and the next run does it";
        for (url, place, or) in [
            ("https://github.com/o/r", "at the host, under Settings > General", follow),
            (
                "https://gitlab.example.org/g/r",
                "at the host, under Settings > Repository > Branch defaults",
                follow,
            ),
            ("ssh://git@github.com/o/r", "at the host, under Settings > General", ""),
            ("https://b.example/r", "at the host", ""),
            ("/srv/r", "in the repository", follow),
        ] {
            let step = step("https://a.example/r", url, &[]);
            let (wanted, there) = (name("refs/heads/main"), name("refs/heads/x"));
            let default_branch = DefaultBranchEnd::Differs { wanted, there };
            let outcome = MirrorOutcome { default_branch, ..ended(&step.given, Ok(report(&[]))) };
            let told = default_branch_difference(&step, &outcome).unwrap().in_sentences();
            assert_eq!(
                told,
                format!(
                    "the default branch of destination '{url}' is 'x', and that of the source is 'main'. Set it to 'main' \
                     {place}{or}."
                )
            );
        }
    }

    #[test]
    fn a_default_branch_that_is_not_set_is_told_with_what_to_do_in_words() {
        let step = step("https://a.example/r", "https://b.example/r", &[]);
        let label = RemoteLabel::new(Side::Destination, "https://b.example/r");
        let failure = Failure::new(ErrorKind::Forbidden, "the server answered 403 Forbidden");
        let error = label.error(Phase::SetDefaultBranch, failure.with_remote(Some("no admin".to_owned())));
        let default_branch = DefaultBranchEnd::NotSet(name("refs/heads/main"), Box::new(error));
        let outcome = MirrorOutcome { default_branch, ..ended(&step.given, Ok(report(&[]))) };
        let (kind, problem) = default_branch_problem(&step, &outcome).unwrap();
        assert_eq!(kind, ErrorKind::Forbidden);
        assert_eq!(
            problem.what,
            "cannot set the default branch of destination 'https://b.example/r': the server answered 403 Forbidden: \
             no admin"
        );
        assert!(
            problem
                .advice
                .text
                .starts_with("Set the default branch to 'main' at the host. The next run does it, if "),
            "{}",
            problem.advice
        );
        let no_interface = ErrorKind::Create(CreateProblem::NoInterface);
        let error = label.error(Phase::SetDefaultBranch, Failure::new(no_interface, "no interface"));
        let default_branch = DefaultBranchEnd::NotSet(name("refs/heads/main"), Box::new(error));
        let outcome = MirrorOutcome { default_branch, ..ended(&step.given, Ok(report(&[]))) };
        let (_, problem) = default_branch_problem(&step, &outcome).unwrap();
        assert_eq!(problem.advice.text, "Set the default branch to 'main' at the host.");
    }
}
