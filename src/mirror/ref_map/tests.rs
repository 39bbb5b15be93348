use proptest::prelude::*;

use super::*;
use crate::mirror::testing::name;

fn map(lines: &[&str]) -> RefMap {
    RefMap::new(lines).unwrap()
}

fn names(lines: &[&str], of: &str) -> Vec<String> {
    let shown = |name: Option<RefName>| name.map_or_else(|| "no name".to_owned(), |name| name.to_string());
    map(lines).names(&name(of)).map(shown).collect()
}

fn preimages(lines: &[&str], of: &str) -> Vec<String> {
    map(lines).preimages(of.as_bytes()).map(|name| name.to_string()).collect()
}

#[test]
fn without_a_line_each_ref_keeps_its_name() {
    assert!(map(&[]).is_identity());
    assert_eq!(names(&[], "refs/heads/main"), ["refs/heads/main"]);
    assert_eq!(preimages(&[], "refs/heads/main"), ["refs/heads/main"]);
}

#[test]
fn a_name_is_given_by_each_line_that_matches() {
    let lines = [
        "refs/heads/*:refs/heads/upstream/*",
        "refs/heads/main:refs/heads/upstream-main",
        "refs/heads/v*.x:refs/tags/*",
        "refs/tags/*:refs/tags/up-*-stream",
    ];
    for (of, expected) in [
        ("refs/heads/main", &["refs/heads/upstream/main", "refs/heads/upstream-main"][..]),
        ("refs/heads/a/b", &["refs/heads/upstream/a/b"]),
        ("refs/heads/v1.x", &["refs/heads/upstream/v1.x", "refs/tags/1"]),
        ("refs/heads/v.x", &["refs/heads/upstream/v.x", "no name"]),
        ("refs/tags/v1", &["refs/tags/up-v1-stream"]),
        ("refs/notes/commits", &[]),
        ("refs/headsx", &[]),
    ] {
        assert_eq!(names(&lines, of), expected, "{of}");
    }
}

#[test]
fn a_prefix_and_a_suffix_share_no_character() {
    assert_eq!(names(&["refs/heads/aba*ba:refs/heads/*x"], "refs/heads/aba"), [""; 0]);
    assert_eq!(names(&["refs/heads/aba*ba:refs/heads/*x"], "refs/heads/ababa"), ["refs/heads/x"]);
}

#[test]
fn a_name_at_the_destination_comes_from_names_that_a_ref_can_have() {
    let lines = ["refs/heads/*:refs/heads/a*", "refs/tags/*:refs/heads/*", "refs/heads/x:refs/heads/a"];
    assert_eq!(preimages(&lines, "refs/heads/ab"), ["refs/heads/b", "refs/tags/ab"]);
    assert_eq!(preimages(&lines, "refs/heads/a"), ["refs/tags/a", "refs/heads/x"]);
    assert_eq!(preimages(&lines, "refs/tags/a"), [""; 0]);
}

fn refused(line: &str) -> RefspecError {
    RefMap::new(&[line]).unwrap_err()
}

#[test]
fn a_line_that_gives_no_ref_a_name_is_refused() {
    type E = RefspecError;
    type Kind = fn(String) -> E;
    let kinds: [(Kind, &[&str]); 8] = [
        (E::Negative, &["^refs/heads/wip", "^refs/heads/wip:refs/heads/wip"]),
        (E::Forced, &["+refs/heads/*:refs/heads/*"]),
        (E::OneName, &["refs/heads/main", "main", "tag v1"]),
        (E::EmptySide, &[":", ":refs/heads/main", "refs/heads/main:"]),
        (E::Head, &["HEAD:refs/heads/main", "refs/heads/main:HEAD"]),
        (E::NotFull, &["main:main", "refs/heads/main:main", "heads/*:refs/heads/*", "@:refs/heads/a", "*:*"]),
        (E::Folder, &["refs/heads/:refs/heads/up/", "refs/heads/*:refs/heads/up/", "refs/:refs/"]),
        (
            E::Wildcards,
            &[
                "refs/heads/*:refs/heads/up",
                "refs/heads/a:refs/heads/*",
                "refs/*/*:refs/*/*",
                "refs/**:refs/*",
            ],
        ),
    ];
    for (error, lines) in kinds {
        for line in lines {
            assert_eq!(refused(line), error((*line).to_owned()), "{line}");
        }
    }
    for (line, name) in [
        ("refs/heads/a..b:refs/heads/a", "refs/heads/a..b"),
        ("refs/heads/a:refs/heads/a.lock", "refs/heads/a.lock"),
        ("refs/heads/*:refs/heads/*.lock", "refs/heads/*.lock"),
        ("refs/heads/*:refs/heads/.*", "refs/heads/.*"),
        ("refs/heads/a?:refs/heads/a", "refs/heads/a?"),
        ("refs/heads/a:refs/heads/a refs/heads/b:refs/heads/b", "refs/heads/a refs/heads/b:refs/heads/b"),
        ("refs/heads//a:refs/heads/a", "refs/heads//a"),
    ] {
        let expected = RefspecError::NoName { line: line.to_owned(), name: name.to_owned() };
        assert_eq!(refused(line), expected);
    }
}

#[test]
fn a_refused_line_is_told_with_the_one_that_was_meant_in_words() {
    for (line, meant) in [
        ("+refs/heads/*:refs/heads/up/*", "write 'refs/heads/*:refs/heads/up/*'"),
        ("refs/heads/main", "write 'refs/heads/main:refs/heads/main' to keep the name"),
        ("release/*", "write 'refs/heads/release/*:refs/heads/release/*' to keep the name"),
        ("refs/tags/v1:", "write 'refs/tags/v1:refs/tags/v1' to keep the name"),
        (":", "write 'refs/heads/*:refs/heads/*' to keep the name"),
        ("main:main", "write 'refs/heads/main:refs/heads/main'"),
        ("refs/heads/*:up/*", "write 'refs/heads/*:refs/heads/up/*'"),
        ("heads/main:tags/main", "write 'refs/heads/main:refs/tags/main'"),
        ("refs/heads/:refs/heads/up/", "write 'refs/heads/*:refs/heads/up/*' for all refs below it"),
        ("refs/heads/v*:refs/heads/up/", "write 'refs/heads/v*:refs/heads/up/*' for all refs below it"),
        ("^refs/heads/wip", "leave refs out with 'excludeRefs'"),
    ] {
        let told = refused(line).to_string();
        assert!(told.ends_with(meant) && told.contains(&format!("'{line}'")), "{told}");
    }
}

#[test]
fn what_is_meant_is_a_line_that_is_taken_in_words() {
    for line in [
        "main",
        "+refs/heads/*:refs/heads/up/*",
        "main:main",
        "refs/heads/:refs/heads/up/",
        "refs/tags/v1:",
        ":",
    ] {
        let told = refused(line).to_string();
        let meant = told.rsplit_once("write '").and_then(|(_, rest)| rest.split_once('\'')).unwrap().0;
        assert!(RefMap::new(&[meant]).is_ok(), "{meant}");
    }
}

#[test]
fn a_line_is_shown_as_it_was_given() {
    for line in [
        "refs/heads/*:refs/heads/upstream/*",
        "refs/heads/main:refs/heads/trunk",
        "refs/heads/v*x:refs/tags/*",
    ] {
        assert_eq!(map(&[line]).lines()[0].to_string(), line);
    }
}

proptest! {
    #[test]
    fn a_name_comes_from_those_that_get_it(
        from in "[ab/]{0,3}\\*?[ab/]{0,2}", to in "[ab/]{0,3}\\*?[ab/]{0,2}", of in "[ab/]{1,5}",
    ) {
        let line = format!("refs/{from}:refs/{to}");
        let (Ok(map), Some(of)) = (RefMap::new(&[line]), RefName::new(format!("refs/{of}").as_bytes())) else {
            return Ok(());
        };
        for name in map.names(&of).flatten() {
            prop_assert!(map.preimages(name.as_bytes()).any(|preimage| preimage == of));
        }
        for preimage in map.preimages(of.as_bytes()) {
            prop_assert!(map.names(&preimage).any(|name| name.as_ref() == Some(&of)));
        }
    }

    #[test]
    fn any_line_is_taken_or_refused(line in "[\\^+]{0,1}[a-z/*:?. \\\\HEAD]{0,24}") {
        match RefMap::new(&[&line]) {
            Ok(map) => prop_assert_eq!(map.lines()[0].to_string(), line),
            Err(error) => prop_assert!(!error.to_string().is_empty()),
        }
    }
}
