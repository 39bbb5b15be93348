use super::kept_lines::{MOST_BYTES, MOST_LINES};
use super::sink::MOST_REMOTE_LINES;
use super::*;
use crate::agent::recorder::Recorder;

#[test]
fn a_part_is_one_group_when_it_is_released() {
    let recorder = Recorder::agent();
    let part = recorder.log.kept_back("shop/app");
    part.section("Connect");
    part.group("3 to create");
    recorder.log.line("between");
    part.line("  create refs/heads/main");
    part.end_group();
    part.warning("one");
    part.error("two");
    part.debug("three");
    part.progress(50, "half");
    assert_eq!(recorder.output(), "between\n");
    part.release("shop/app: mirrored", Details::Needed);
    assert_eq!(
        recorder.output(),
        "between\n\
         ##[group]shop/app: mirrored\n\
         ##[section]Connect\n\
         3 to create\n  create refs/heads/main\n\
         ##vso[task.logissue type=warning]one\n\
         ##vso[task.logissue type=error]two\n\
         ##vso[task.debug]three\n\
         ##[endgroup]\n"
    );
}

#[test]
fn a_person_gets_a_part_in_one_piece_and_its_faults_on_standard_error() {
    let recorder = Recorder::terminal();
    let part = recorder.log.kept_back("shop/app");
    part.line("one");
    part.error("two");
    part.debug("not asked for");
    part.release("shop/app: not mirrored", Details::Dispensable);
    assert_eq!(recorder.output(), "shop/app: not mirrored\none\n");
    assert_eq!(recorder.errors.text(), "error: two\n");
}

#[test]
fn a_part_without_need_of_its_lines_is_its_title() {
    let recorder = Recorder::new(&[("TF_BUILD", "True")]);
    let part = recorder.log.kept_back("a");
    part.line("source: a");
    part.release("a: up to date", Details::Dispensable);
    recorder.log.kept_back("b").release("b: up to date", Details::Needed);
    assert_eq!(recorder.output(), "a: up to date\nb: up to date\n");
    let debugged = Recorder::agent();
    let part = debugged.log.kept_back("a");
    part.line("source: a");
    part.release("a: up to date", Details::Dispensable);
    assert_eq!(debugged.output(), "##[group]a: up to date\nsource: a\n##[endgroup]\n");
}

#[test]
fn a_secret_of_a_part_is_announced_at_once_and_masked_in_what_was_kept_before() {
    let recorder = Recorder::agent();
    let [part, other] = ["a", "b"].map(|name| recorder.log.kept_back(name));
    part.line("hunter2 was here");
    other.mask(&Secret::new("hunter2"));
    assert_eq!(recorder.output(), "##vso[task.setsecret]hunter2\n");
    part.release("hunter2", Details::Needed);
    assert!(
        recorder.output().ends_with("##[group]***\n*** was here\n##[endgroup]\n"),
        "{}",
        recorder.output()
    );
}

#[test]
fn what_is_for_the_agent_alone_is_not_kept_back() {
    let recorder = Recorder::agent();
    let part = recorder.log.kept_back("a");
    part.variable("x", "y");
    part.upload_summary("/t/summary.md");
    assert_eq!(
        recorder.output(),
        "##vso[task.setvariable variable=x;isOutput=true]y\n##vso[task.uploadsummary]/t/summary.md\n"
    );
}

#[test]
fn the_pieces_of_a_servers_line_come_together_in_its_own_part() {
    let recorder = Recorder::agent();
    let [one, two] = ["a", "b"].map(|name| recorder.log.kept_back(name));
    one.remote("source", b"Counting: 5");
    two.remote("source", b"Compressing: 7");
    one.remote("source", b"0%\nlast");
    two.remote("source", b"5%\n");
    two.release("b", Details::Needed);
    one.release("a", Details::Needed);
    assert_eq!(
        recorder.output(),
        "##[group]b\nremote (source): Compressing: 75%\n##[endgroup]\n\
         ##[group]a\nremote (source): Counting: 50%\nremote (source): last\n##[endgroup]\n"
    );
}

#[test]
fn the_lines_of_servers_are_bounded_over_all_parts() {
    let recorder = Recorder::terminal();
    for number in 0..20 {
        let part = recorder.log.kept_back("");
        part.remote("source", "still here\n".repeat(500).as_bytes());
        part.release(&number.to_string(), Details::Needed);
    }
    assert_eq!(recorder.output().matches("still here").count(), MOST_REMOTE_LINES);
    assert_eq!(recorder.output().matches("further server output is hidden").count(), 1);
}

#[test]
fn of_too_many_lines_the_rest_is_counted() {
    let recorder = Recorder::terminal();
    let part = recorder.log.kept_back("a");
    (0..MOST_LINES + 7).for_each(|number| part.line(&number.to_string()));
    part.release("a", Details::Needed);
    assert_eq!(recorder.output().lines().count(), 1 + MOST_LINES + 1);
    assert!(recorder.output().ends_with("\n999\n  and 7 more lines, which are not kept\n"));
}

#[test]
fn of_too_many_bytes_the_rest_is_counted() {
    let recorder = Recorder::terminal();
    let part = recorder.log.kept_back("a");
    part.line(&"x".repeat(MOST_BYTES - 1));
    part.line("yy");
    part.line("z");
    part.line(&"x".repeat(MOST_BYTES + 1));
    part.release("a", Details::Needed);
    let output = recorder.output();
    assert!(output.ends_with("x\nz\n  and 2 more lines, which are not kept\n"));
    // After that it holds as much again.
    part.line("1");
    part.release("b", Details::Needed);
    assert_eq!(recorder.output().strip_prefix(&output), Some("b\n1\n"));
}

#[test]
fn an_issue_takes_the_room_of_the_last_lines() {
    let recorder = Recorder::terminal();
    let part = recorder.log.kept_back("a");
    part.error("first");
    (0..MOST_LINES).for_each(|number| part.line(&number.to_string()));
    part.error("last");
    part.warning(&"x".repeat(MOST_BYTES + 1));
    part.release("a", Details::Needed);
    assert_eq!(recorder.errors.text(), "error: first\nerror: last\n");
    assert!(recorder.output().ends_with("\n997\n  and 3 more lines, which are not kept\n"));
}

#[test]
fn an_issue_never_takes_the_room_of_an_issue() {
    let recorder = Recorder::terminal();
    let part = recorder.log.kept_back("a");
    (0..MOST_LINES + 5).for_each(|number| part.error(&number.to_string()));
    part.release("a", Details::Needed);
    assert!(recorder.errors.text().ends_with("error: 999\n"));
    assert_eq!(recorder.output(), "a\n  and 5 more lines, which are not kept\n");
}

#[test]
fn what_nobody_released_comes_before_the_result() {
    let recorder = Recorder::agent();
    let [one, two, idle] =
        ["a: not at its end", "b: not at its end", "c"].map(|name| recorder.log.kept_back(name));
    one.line("in a");
    two.remote("source", b"in b");
    recorder.log.release_all();
    one.line("later in a");
    idle.progress(1, "");
    recorder.log.complete(TaskResult::Failed, "");
    one.line("too late");
    one.release("a", Details::Needed);
    assert_eq!(
        recorder.output(),
        "##[group]a: not at its end\nin a\n##[endgroup]\n\
         ##[group]b: not at its end\nremote (source): in b\n##[endgroup]\n\
         ##[group]a: not at its end\nlater in a\n##[endgroup]\n\
         ##vso[task.complete result=Failed]\n"
    );
}

#[test]
fn parts_of_several_threads_never_mix() {
    let recorder = Recorder::agent();
    std::thread::scope(|scope| {
        for letter in ["a", "b", "c"] {
            let log = recorder.log.clone();
            scope.spawn(move || {
                for _ in 0..50 {
                    let part = log.kept_back(letter);
                    (0..10).for_each(|_| part.line(letter));
                    part.release(letter, Details::Needed);
                    log.line("direct");
                }
            });
        }
    });
    let output = recorder.output();
    let mut lines = output.lines().filter(|line| *line != "direct");
    let mut groups = 0;
    while let Some(title) = lines.next() {
        let letter = title.strip_prefix("##[group]").unwrap();
        assert!((0..10).all(|_| lines.next() == Some(letter)), "{output}");
        assert_eq!(lines.next(), Some("##[endgroup]"), "{output}");
        groups += 1;
    }
    assert_eq!((groups, output.lines().filter(|line| *line == "direct").count()), (150, 150));
    // A group is whole: no other line stands in it.
    let whole =
        |group: &str| group.lines().take_while(|line| *line != "##[endgroup]").all(|line| line != "direct");
    assert!(output.split("##[group]").skip(1).all(whole), "{output}");
}
