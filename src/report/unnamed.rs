//! The repositories of a container whose mirrors have no name, in words.

use std::collections::HashSet;

use super::advice;
use super::problems::Problem;
use crate::config::inputs::Caller;
use crate::containers::expansion::{UnnamedMirror, UnnamedReason};
use crate::containers::naming::NameRefusal;

/// The most paths that one collision names.
const PATHS: usize = 20;

/// Says why they have no name, and what to do: those that collide all together.
pub(crate) fn problems(unnamed: &[UnnamedMirror], caller: Caller) -> Vec<Problem> {
    let mut told = HashSet::new();
    let mut problems = Vec::new();
    for UnnamedMirror { path, refusal } in unnamed {
        match refusal {
            UnnamedReason::Shared(name, paths) => {
                // The names of those that collide may differ in case; the first of them is in no other collision.
                if told.insert(paths.first()) {
                    problems.push(collision(name, paths, caller));
                }
            }
            UnnamedReason::Name(refusal) => problems.push(impossible(path, refusal, caller)),
            UnnamedReason::Unusable => problems.push(Problem {
                what: format!("'{path}' is not mirrored: its name cannot be in a URL"),
                advice: advice::for_unusable_name(caller),
            }),
        }
    }
    problems
}

/// Says in a few words why one has no name.
pub(crate) fn why(mirror: &UnnamedMirror) -> String {
    match &mirror.refusal {
        UnnamedReason::Shared(name, _) | UnnamedReason::Name(NameRefusal::Collision { name, .. }) => {
            format!("others would be named '{name}' too")
        }
        UnnamedReason::Name(NameRefusal::Impossible { written, problem }) => {
            format!("the destination takes no name '{written}': {problem}")
        }
        UnnamedReason::Unusable => "its name cannot be in a URL".to_owned(),
    }
}

fn collision(name: &str, paths: &[String], caller: Caller) -> Problem {
    let named: Vec<_> = paths.iter().take(PATHS).map(|path| format!("'{path}'")).collect();
    let rest = paths.len() - named.len();
    let all = match (named.split_last(), rest) {
        (Some((last, [])), 0) => last.clone(),
        (Some((last, others)), 0) => format!("{} and {last}", others.join(", ")),
        (_, rest) => format!("{} and {rest} more", named.join(", ")),
    };
    Problem {
        what: format!(
            "{all} are not mirrored: all would be named '{name}' at the destination, in letters of either case"
        ),
        advice: advice::for_shared_name(caller),
    }
}

fn impossible(path: &str, refusal: &NameRefusal, caller: Caller) -> Problem {
    let (name, why) = match refusal {
        NameRefusal::Impossible { written, problem } => (written, problem.to_string()),
        NameRefusal::Collision { name, .. } => (name, "others would have it too".to_owned()),
    };
    Problem {
        what: format!("'{path}' is not mirrored: the destination takes no name '{name}': {why}"),
        advice: advice::for_impossible_name(caller),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hosts::name_rule::NameProblem;

    fn unnamed(path: &str, refusal: UnnamedReason) -> UnnamedMirror {
        UnnamedMirror { path: path.to_owned(), refusal }
    }

    #[test]
    fn each_reason_for_no_name_is_told_once_in_words() {
        let shared = |paths: &[&str]| {
            UnnamedReason::Shared("app".to_owned(), paths.iter().map(ToString::to_string).collect())
        };
        let impossible = NameRefusal::Impossible {
            written: "x.wiki".to_owned(),
            problem: NameProblem::ReservedEnd(".wiki"),
        };
        let list = [
            unnamed("a/app", shared(&["a/app", "b/App", "c/app"])),
            unnamed("x", UnnamedReason::Name(impossible)),
            unnamed("b/App", shared(&["a/app", "b/App", "c/app"])),
            unnamed("..", UnnamedReason::Unusable),
        ];
        let told: Vec<_> = problems(&list, Caller::Agent).into_iter().map(|problem| problem.what).collect();
        assert_eq!(
            told,
            [
                "'a/app', 'b/App' and 'c/app' are not mirrored: all would be named 'app' at the destination, in letters \
                 of either case",
                "'x' is not mirrored: the destination takes no name 'x.wiki': no name may end in '.wiki'",
                "'..' is not mirrored: its name cannot be in a URL",
            ]
        );
        assert!(problems(&list, Caller::Person)[0].advice.text.contains("'--destination-repository-name'"));
    }

    #[test]
    fn a_collision_of_many_names_some() {
        let paths: Vec<_> = (0..50).map(|number| format!("p{number}/app")).collect();
        let list = [unnamed("p0/app", UnnamedReason::Shared("app".to_owned(), paths.into()))];
        let what = &problems(&list, Caller::Agent)[0].what;
        assert!(what.contains("'p19/app' and 30 more are") && !what.contains("p20/"), "{what}");
    }
}
