use super::*;
use crate::config::inputs::{Group, InputKind};

fn parsed(arguments: &[&str]) -> Result<Request, UsageError> {
    parse(&arguments.iter().map(Into::into).collect::<Vec<_>>())
}

#[track_caller]
fn flags(arguments: &[&str]) -> Flags {
    match parsed(arguments) {
        Ok(Request::Run(flags)) => flags,
        other => panic!("{other:?} is no run"),
    }
}

#[track_caller]
fn given(arguments: &[&str]) -> Vec<(&'static str, String)> {
    let inputs = flags(arguments).inputs.into_iter();
    inputs.map(|(input, value)| (input.name, value.into_string().unwrap())).collect()
}

#[track_caller]
fn printed(arguments: &[&str]) -> String {
    match parsed(arguments) {
        Ok(Request::Print(text)) => text,
        other => panic!("{other:?} is no text"),
    }
}

#[track_caller]
fn wrong(arguments: &[&str]) -> UsageError {
    match parsed(arguments) {
        Err(error) => error,
        Ok(request) => panic!("{arguments:?} is taken as {request:?}"),
    }
}

#[test]
fn a_flag_is_the_input_of_its_row() {
    let arguments =
        ["--source", "https://a", "--include=x", "--include", "y", "--dry-run", "--debug", "--prune=FALSE"];
    assert_eq!(
        given(&arguments),
        [
            ("sourceGitRepositoryUri", "https://a".to_owned()),
            ("includeRefs", "x".to_owned()),
            ("includeRefs", "y".to_owned()),
            ("prune", "FALSE".to_owned()),
            ("dryRun", "true".to_owned()),
        ]
    );
}

#[test]
fn each_side_has_a_place_and_a_flag() {
    let both = [("sourceGitRepositoryUri", "a".to_owned()), ("destinationGitRepositoryUri", "b".to_owned())];
    for arguments in [
        &["a", "b"][..],
        &["--source", "a", "--destination", "b"],
        &["a", "--destination=b"],
        &["a", "--", "b"],
        &["--prune", "a", "b"],
    ] {
        let sides = given(arguments).into_iter().filter(|(name, _)| *name != "prune");
        assert_eq!(sides.collect::<Vec<_>>(), both, "{arguments:?}");
    }
    assert_eq!(given(&["--", "-a"]), [("sourceGitRepositoryUri", "-a".to_owned())]);
    assert_eq!(wrong(&["a", "--source", "a"]), UsageError::AddressTwice("--source"));
    assert_eq!(wrong(&["a", "b", "--destination=b"]), UsageError::AddressTwice("--destination"));
}

#[test]
fn what_stands_apart_from_a_boolean_is_no_value_of_it() {
    assert_eq!(wrong(&["a", "b", "--prune", "false"]), UsageError::BooleanApart);
    assert_eq!(wrong(&["--source=a", "--destination=b", "--prune", "true"]), UsageError::BooleanApart);
    assert_eq!(wrong(&["a", "b", "hunter2"]), UsageError::SurplusAddress);
}

#[test]
fn a_flag_of_one_value_comes_once_and_one_of_patterns_again_and_again() {
    for input in TABLE {
        let CliForm::Flag(flag) = input.cli else { continue };
        let value = match input.kind {
            InputKind::Boolean => "true",
            InputKind::Choice(words) => words[0],
            _ => "x",
        };
        let twice = format!("{flag}={value}");
        let twice = [twice.as_str(), twice.as_str()];
        if input.kind == InputKind::Patterns {
            assert_eq!(given(&twice).len(), 2, "{flag}");
        } else {
            assert_eq!(wrong(&twice), UsageError::Repeated(flag.to_owned()));
        }
    }
    assert_eq!(wrong(&["--json=a", "--json=b"]), UsageError::Repeated("--json".to_owned()));
}

#[test]
fn the_result_goes_to_a_file_or_to_the_standard_output() {
    assert_eq!(flags(&["--json", "a.json"]).result, Some(ResultPlace::File("a.json".into())));
    let request = parsed(&["--json", "-"]).unwrap();
    assert_eq!(request.output_form().lines_to, LinesTo::StandardError);
    assert_eq!(parsed(&["--json=a"]).unwrap().output_form(), OutputForm::default());
    for arguments in [&["--json"][..], &["--json="]] {
        assert_eq!(wrong(arguments), UsageError::missing_value("--json"));
    }
}

#[test]
fn lines_are_few_usual_or_many() {
    for (arguments, verbosity) in [
        (&[][..], Verbosity::Usual),
        (&["-q", "-q"], Verbosity::Quiet),
        (&["--quiet"], Verbosity::Quiet),
        (&["-v"], Verbosity::Verbose),
        (&["--verbose"], Verbosity::Verbose),
        (&["--debug", "--debug"], Verbosity::Verbose),
    ] {
        assert_eq!(flags(arguments).verbosity, verbosity, "{arguments:?}");
    }
    assert!(matches!(wrong(&["-q", "-v"]), UsageError::Excluded(..)));
}

#[test]
fn a_choice_takes_its_words_and_nothing_at_all() {
    for input in TABLE {
        let (CliForm::Flag(flag), InputKind::Choice(words)) = (input.cli, input.kind) else { continue };
        for word in words.iter().copied().chain(words.contains(&"none").then_some("False")).chain([""]) {
            assert_eq!(given(&[flag, word]), [(input.name, word.to_owned())]);
            assert_eq!(given(&[flag, &word.to_uppercase()]).len(), 1);
        }
        let UsageError::WrongWord { flag: named, words: told, .. } = wrong(&[flag, "hunter2"]) else {
            panic!("{flag}")
        };
        assert_eq!((named.as_str(), told), (flag, words.iter().map(|&word| word.to_owned()).collect()));
    }
}

#[test]
fn a_boolean_or_a_text_to_print_with_an_empty_value_is_a_usage_error() {
    for input in TABLE {
        let (CliForm::Flag(flag), InputKind::Boolean) = (input.cli, input.kind) else { continue };
        assert_eq!(wrong(&["a", "b", &format!("{flag}=")]), UsageError::missing_value(flag));
    }
    for arguments in [&["--generate="][..], &["--generate", ""]] {
        assert_eq!(wrong(arguments), UsageError::missing_value("--generate"));
    }
}

#[test]
fn help_and_version_are_texts() {
    assert_eq!(printed(&["--version"]), concat!("mirror-git-repository ", env!("CARGO_PKG_VERSION"), "\n"));
    assert_eq!(printed(&["-V"]), printed(&["--version"]));
    let (short, long) = (printed(&["-h"]), printed(&["--dry-run", "--help"]));
    assert!(short.lines().count() < long.lines().count());
    assert!(short.lines().chain(long.lines()).all(|line| line.chars().count() <= 100), "{short}{long}");
}

#[test]
fn the_short_help_has_one_line_for_each_flag_under_the_heading_of_its_group() {
    let help = printed(&["-h"]);
    for input in TABLE {
        let CliForm::Flag(flag) = input.cli else { continue };
        let lines = help.lines().filter(|line| line.split([' ', '[']).any(|word| word == flag));
        let lines: Vec<_> = lines.filter(|line| line.trim_start().starts_with("--")).collect();
        assert_eq!(lines.len(), 1, "{flag}: {help}");
        assert!(lines[0].ends_with(&format!(" {}", input.summary)), "{flag}: {help}");
        let above = help.split(lines[0]).next().unwrap();
        let heading = above.lines().rfind(|line| line.ends_with(':')).unwrap();
        assert_eq!(heading, format!("{}:", input.group.heading()), "{flag}");
    }
    for group in [Group::Source, Group::Projects, Group::Limits] {
        assert_eq!(help.matches(&format!("\n{}:\n", group.heading())).count(), 1);
    }
}

#[test]
fn the_help_of_an_input_has_no_line_breaks_of_its_own() {
    for input in TABLE {
        let is_one_line = |text: &str| !text.contains('\n') && !text.contains("  ");
        assert!(is_one_line(input.help) && is_one_line(input.summary), "{}", input.name);
    }
}

#[test]
fn the_long_help_tells_all_of_every_input() {
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let help = words(&printed(&["--help"]));
    for input in TABLE {
        let (CliForm::Flag(name) | CliForm::Variable { name, .. }) = input.cli else {
            assert!(!help.contains(input.name));
            continue;
        };
        assert!(help.contains(name) && help.contains(&words(input.help)), "{name}");
    }
    for told in
        ["Exit statuses: 0 ", "130 ", "HTTPS_PROXY", "GIT_SSH_COMMAND", "Examples: ", "AZURE_TENANT_ID"]
    {
        assert!(help.contains(told), "{told}");
    }
}

#[test]
fn a_token_is_never_taken_as_an_argument_nor_shown() {
    for arguments in [&["--source-token", "hunter2"][..], &["--source-token=hunter2"]] {
        let error = wrong(arguments);
        assert_eq!(error, UsageError::TokenAsFlag { flag: "--source-token", variable: "SOURCE_TOKEN" });
    }
}

#[test]
fn a_refused_token_is_told_with_its_variable_in_words() {
    assert_eq!(
        wrong(&["--source-token", "hunter2"]).to_string(),
        "flag '--source-token' is refused, since every process of the machine can read arguments; \
         set the environment variable SOURCE_TOKEN instead"
    );
}

#[test]
fn an_unknown_flag_is_told_with_one_that_is_like_it() {
    let unknown = |flag: &str, similar: Option<&str>| UsageError::UnknownFlag {
        flag: flag.to_owned(),
        similar: similar.map(str::to_owned),
    };
    assert_eq!(wrong(&["--sorce", "hunter2"]), unknown("--sorce", Some("--source")));
    assert_eq!(wrong(&["--sorce=hunter2"]), unknown("--sorce", Some("--source")));
    assert_eq!(wrong(&["--xyzzy"]), unknown("--xyzzy", None));
    assert_eq!(wrong(&["-xhunter2"]), unknown("-x", None));
    // Behind two dashes all are addresses.
    assert_eq!(wrong(&["a", "b", "--", "--hunter2"]), UsageError::SurplusAddress);
}

#[test]
fn a_word_that_is_almost_right_is_told_with_the_right_one() {
    let UsageError::WrongWord { similar, .. } = wrong(&["--lfs", "ful"]) else { panic!() };
    assert_eq!(similar.as_deref(), Some("full"));
}

#[test]
fn no_error_shows_a_value() {
    for arguments in [
        &["a", "b", "hunter2"][..],
        &["--sorce", "hunter2"],
        &["--sorce=hunter2"],
        &["--prune=hunter2"],
        &["--lfs", "hunter2"],
        &["--quiet=hunter2"],
        &["-xhunter2"],
        &["-qxhunter2"],
        &["--source=hunter2", "--source=hunter2"],
        &["hunter2", "--source", "hunter2"],
        &["--generate", "hunter2"],
        &["--source-token=hunter2"],
        &["a", "b", "--", "-hunter2"],
    ] {
        let error = wrong(arguments);
        assert!(
            !error.to_string().contains("unter2") && !format!("{error:?}").contains("unter2"),
            "{error:?}"
        );
        assert_ne!(error, UsageError::Other, "{arguments:?}");
    }
}

#[test]
fn wrong_command_lines_are_told_in_words() {
    for (arguments, told) in [
        (
            &["--sorce", "x"][..],
            "unknown flag '--sorce'; did you mean '--source'? See 'mirror-git-repository --help'",
        ),
        (&["--xyzzy"], "unknown flag '--xyzzy'; see 'mirror-git-repository --help'"),
        (
            &["--source"],
            "flag '--source' has no value; for example: https://dev.azure.com/contoso/project/_git/app",
        ),
        (&["--json="], "flag '--json' has no value; see 'mirror-git-repository --help'"),
        (&["--lfs=ful"], "the value of flag '--lfs' is none of: auto, full, none; did you mean 'full'?"),
        (&["--quiet=x"], "flag '--quiet' takes no value"),
        (&["--max-attempts=1", "--max-attempts=2"], "flag '--max-attempts' is given more than once"),
        (
            &["a", "b", "--prune", "false"],
            "'true' and 'false' follow their flag after '=', for example '--prune=false'",
        ),
        (
            &["a", "--source=a"],
            "an address is given without a flag and with '--source', too: give each side once",
        ),
        (
            &["a", "b", "c"],
            "more than a source and a destination are given without a flag; see 'mirror-git-repository --help'",
        ),
    ] {
        assert_eq!(wrong(arguments).to_string(), told);
    }
}

#[cfg(unix)]
#[test]
fn what_is_not_utf_8_is_a_value_or_an_error() {
    use std::os::unix::ffi::OsStringExt as _;

    let given = |bytes: &[u8]| parse(&[OsString::from_vec(bytes.to_vec())]);
    assert!(matches!(given(b"--source=\xff"), Ok(Request::Run(_))));
    assert!(given(b"--\xff").is_err() && given(b"--lfs=\xff").is_err());
}

#[test]
fn only_a_person_who_gives_nothing_is_told_the_usage() {
    let read = |variables: &[(&str, &str)]| {
        let variables = variables.iter().map(|(name, value)| (name.into(), value.into())).collect();
        read(&Environment { variables, arguments: Vec::new() })
    };
    assert_eq!(read(&[]).unwrap_err(), UsageError::NoArguments);
    assert!(UsageError::NoArguments.usage().unwrap().contains("SOURCE DESTINATION"));
    for variable in ["TF_BUILD", "INPUT_SOURCEGITREPOSITORYURI", "INPUT_DESTINATIONGITREPOSITORYURI"] {
        assert!(read(&[(variable, "true")]).is_ok(), "{variable}");
    }
    assert_eq!(wrong(&["--xyzzy"]).usage(), None);
}

#[test]
fn each_generated_text_names_the_flags() {
    for kind in command::GENERATED {
        let text = printed(&["--generate", kind]);
        // The manual page writes dashes so that they stay dashes; fish names flags without theirs.
        let text = text.replace("\\-", "-");
        for flag in ["source", "destination-certificate-authority", "json"] {
            assert!(
                text.contains(&format!("--{flag}")) || text.contains(&format!("-l {flag}")),
                "{kind}: {flag}"
            );
        }
        assert!(!text.contains("source-token") && text.ends_with('\n'), "{kind}");
    }
}

#[test]
fn the_manual_page_has_the_sections_of_a_manual_page() {
    let page = printed(&["--generate=man"]);
    let sections: Vec<_> = page.lines().filter_map(|line| line.strip_prefix(".SH ")).collect();
    let sections: Vec<_> = sections.iter().map(|section| section.trim_matches('"')).collect();
    assert_eq!(sections[..3], ["NAME", "SYNOPSIS", "DESCRIPTION"]);
    for section in ["SOURCE", "SAFETY", "EXIT STATUS", "ENVIRONMENT", "EXAMPLES"] {
        assert!(sections.contains(&section), "{section}: {sections:?}");
    }
}
