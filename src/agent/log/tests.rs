use proptest::prelude::*;

use super::sink::MOST_REMOTE_LINES;
use super::*;
use crate::agent::recorder::Recorder;
use crate::agent::testing;
use crate::agent::testing::Parsed;
use crate::text::CUT;

fn say_everything(log: &Log) {
    log.section("Mirror");
    log.group("refs");
    log.line("one");
    log.end_group();
    log.warning("two");
    log.error("three");
    log.debug("four");
    log.variable("changed", "true");
    log.progress(50, "half");
    log.upload_summary("/t/summary.md");
    log.complete(TaskResult::Succeeded, "done");
}

#[test]
fn the_agent_gets_its_commands() {
    let recorder = Recorder::agent();
    say_everything(&recorder.log);
    assert_eq!(recorder.errors.text(), "", "the agent reads two streams in no order");
    assert_eq!(
        recorder.output(),
        "##[section]Mirror\n\
         ##[group]refs\n\
         one\n\
         ##[endgroup]\n\
         ##vso[task.logissue type=warning]two\n\
         ##vso[task.logissue type=error]three\n\
         ##vso[task.debug]four\n\
         ##vso[task.setvariable variable=changed;isOutput=true]true\n\
         ##vso[task.setprogress value=50]half\n\
         ##vso[task.uploadsummary]/t/summary.md\n\
         ##vso[task.complete result=Succeeded]done\n"
    );
}

#[test]
fn a_person_gets_plain_text_and_faults_on_standard_error() {
    let recorder = Recorder::terminal();
    say_everything(&recorder.log);
    assert_eq!(recorder.output(), "== Mirror\nrefs\none\n");
    assert_eq!(recorder.errors.text(), "warning: two\nerror: three\n");
}

#[test]
fn a_person_can_ask_for_fewer_lines_or_for_all_on_standard_error() {
    let in_form = |verbosity, lines_to| {
        let recorder = Recorder::in_form(&Environment::default(), OutputForm { verbosity, lines_to });
        say_everything(&recorder.log);
        (recorder.output(), recorder.errors.text())
    };
    let issues = "warning: two\nerror: three\n";
    assert_eq!(in_form(Verbosity::Quiet, LinesTo::StandardOutput), (String::new(), issues.to_owned()));
    let all = format!("== Mirror\nrefs\none\n{issues}debug: four\n");
    assert_eq!(in_form(Verbosity::Verbose, LinesTo::StandardError), (String::new(), all));
    let debugged = [("SYSTEM_DEBUG".into(), "true".into())].to_vec();
    let environment = Environment { variables: debugged, arguments: Vec::new() };
    let quiet = OutputForm { verbosity: Verbosity::Quiet, ..OutputForm::default() };
    let recorder = Recorder::in_form(&environment, quiet);
    recorder.log.debug("four");
    assert_eq!(recorder.output(), "");
}

/// A terminal that tests look at.
#[derive(Clone, Default)]
struct Terminal(Arc<Mutex<Vec<u8>>>);

impl Write for Terminal {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn the_live_line_is_erased_before_another_and_holds_no_secret() {
    let terminal = Terminal::default();
    let shown = || String::from_utf8(std::mem::take(&mut *terminal.0.lock().unwrap())).unwrap();
    let log = Log::new(Box::new(terminal.clone()), Box::new(terminal.clone()), &Environment::default());
    log.live(|| "nobody watches".to_owned());
    assert_eq!(shown(), "");
    log.sink().live_line = Some(LiveLine::default());
    log.mask(&Secret::new("hunter2"));
    log.live(|| "hunter2\nx".to_owned());
    assert_eq!(shown(), "\r*** x");
    log.live(|| panic!("it is too early for another"));
    log.line("one");
    assert_eq!(shown(), "\r       \rone\n");
    log.live(|| "y".repeat(200));
    assert_eq!(shown(), format!("\r{}", "y".repeat(79)));
    log.kept_back("part").live(|| panic!("of a part nothing is shown"));
    log.complete(TaskResult::Succeeded, "");
    assert_eq!(shown(), format!("\r{}\r", " ".repeat(79)));
}

#[test]
fn standard_error_shows_no_secret_either() {
    let recorder = Recorder::terminal();
    recorder.log.mask(&Secret::new("hunter2"));
    recorder.log.error("hunter2\n##vso[task.complete]");
    recorder.log.bug("hunter2");
    assert_eq!(recorder.errors.text(), "error: *** *#vso[task.complete]\nerror: ***\n");
}

#[test]
fn debug_lines_are_written_only_when_asked_for() {
    let quiet = Recorder::new(&[("TF_BUILD", "True")]);
    quiet.log.debug("x");
    assert_eq!(quiet.output(), "");
    let terminal = Recorder::new(&[("SYSTEM_DEBUG", "TRUE")]);
    terminal.log.debug("x");
    assert_eq!(terminal.output(), "debug: x\n");
}

#[test]
fn the_first_result_stands() {
    let recorder = Recorder::agent();
    recorder.log.complete(TaskResult::Failed, "no");
    recorder.log.complete(TaskResult::Succeeded, "yes");
    assert_eq!(recorder.output(), "##vso[task.complete result=Failed]no\n");
}

#[test]
fn nothing_comes_after_the_result() {
    for recorder in [Recorder::agent(), Recorder::terminal()] {
        recorder.log.remote("source", b"Counting");
        recorder.log.complete(TaskResult::Failed, "no");
        let before = recorder.output();
        assert!(before.contains("remote (source): Counting\n"));
        recorder.log.remote("source", b"Receiving\n");
        say_everything(&recorder.log);
        assert_eq!(recorder.output(), before);
    }
}

#[test]
fn no_live_text_and_no_printed_one_comes_after_the_result() {
    let terminal = Terminal::default();
    let log = Log::new(Box::new(terminal.clone()), Box::new(terminal.clone()), &Environment::default());
    log.sink().live_line = Some(LiveLine::default());
    log.print(LinesTo::StandardOutput, "{}\n").unwrap();
    assert!(log.is_live_due());
    log.complete(TaskResult::Succeeded, "");
    assert!(!log.is_live_due());
    log.live(|| panic!("nothing would erase it"));
    for to in [LinesTo::StandardOutput, LinesTo::StandardError] {
        log.print(to, "too late").unwrap();
    }
    assert_eq!(*terminal.0.lock().unwrap(), b"{}\n");
}

/// An output that nobody reads any more.
struct Broken;

impl Write for Broken {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::ErrorKind::BrokenPipe.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_result_that_cannot_be_written_is_not_said() {
    let recorder = Recorder::agent();
    assert_eq!(recorder.log.said(), None);
    recorder.log.complete(TaskResult::SucceededWithIssues, "");
    assert_eq!(recorder.log.said(), Some(TaskResult::SucceededWithIssues));
    let environment = Environment { variables: vec![("TF_BUILD".into(), "True".into())], arguments: vec![] };
    let broken = Log::new(Box::new(Broken), Box::new(Broken), &environment);
    broken.complete(TaskResult::Failed, "");
    assert_eq!(broken.said(), None);
}

#[test]
fn a_secret_is_announced_once_and_masked_everywhere() {
    let recorder = Recorder::agent();
    for _ in 0..2 {
        recorder.log.mask(&Secret::new("s%cret"));
    }
    recorder.log.mask(&Secret::new("s%cret-long"));
    recorder.log.mask(&Secret::new("abc"));
    recorder.log.mask(&Secret::new("line 1\nline 2"));
    recorder.log.line("s%cret s%cret-long abc line 1");
    recorder.log.error("xs%cretx");
    recorder.log.variable("s%cret", "s%cret");
    recorder.log.complete(TaskResult::Failed, "s%cret");
    assert_eq!(
        recorder.output(),
        "##vso[task.setsecret]s%AZP25cret\n\
         ##vso[task.setsecret]s%AZP25cret-long\n\
         ##vso[task.setsecret]line 1\n\
         ##vso[task.setsecret]line 2\n\
         *** *** abc ***\n\
         ##vso[task.logissue type=error]x***x\n\
         ##vso[task.setvariable variable=***;isOutput=true]***\n\
         ##vso[task.complete result=Failed]***\n"
    );
}

#[test]
fn a_person_never_sees_a_secret_not_even_announced() {
    let recorder = Recorder::terminal();
    recorder.log.mask(&Secret::new("hunter2 x"));
    recorder.log.line("hunter2 x, hunter2\nx");
    assert_eq!(recorder.output(), "***, ***\n");
}

#[test]
fn servers_that_talk_at_the_same_time_keep_their_lines() {
    let recorder = Recorder::agent();
    recorder.log.remote("source", b"Counting: 5");
    recorder.log.remote("destination", b"Unpacking\n##v");
    recorder.log.remote("source", b"0%\ndone\nlast");
    recorder.log.remote("destination", b"so[task.complete result=Failed]\n");
    recorder.log.complete(TaskResult::Succeeded, "");
    assert_eq!(
        recorder.output(),
        "##[group]messages of servers\n\
         remote (destination): Unpacking\n\
         remote (source): Counting: 50%\n\
         remote (source): done\n\
         remote (destination): *#vso[task.complete result=Failed]\n\
         remote (source): last\n\
         ##[endgroup]\n\
         ##vso[task.complete result=Succeeded]\n"
    );
}

#[test]
fn the_group_of_what_servers_say_ends_before_the_next_line_that_shows() {
    let recorder = Recorder::new(&[("TF_BUILD", "True")]);
    recorder.log.remote("destination", b"one\n");
    recorder.log.progress(50, "relaying");
    recorder.log.debug("hidden");
    recorder.log.remote("destination", b"two\n");
    recorder.log.section("Verify");
    recorder.log.remote("destination", b"three\n");
    recorder.log.error("no");
    assert_eq!(
        recorder.output(),
        "##[group]messages of servers\n\
         remote (destination): one\n\
         ##vso[task.setprogress value=50]relaying\n\
         remote (destination): two\n\
         ##[endgroup]\n\
         ##[section]Verify\n\
         ##[group]messages of servers\n\
         remote (destination): three\n\
         ##[endgroup]\n\
         ##vso[task.logissue type=error]no\n"
    );
    let recorder = Recorder::terminal();
    recorder.log.remote("destination", b"one\n");
    recorder.log.line("two");
    assert_eq!(recorder.output(), "remote (destination): one\ntwo\n");
}

#[test]
fn attention_is_a_colour_for_the_agent_and_a_plain_line_for_a_person() {
    for (recorder, line) in
        [(Recorder::agent(), "##[warning]it failed\n"), (Recorder::terminal(), "it failed\n")]
    {
        recorder.log.attention("it failed");
        assert_eq!(recorder.output(), line);
    }
}

#[test]
fn an_overlong_line_of_a_server_is_cut_but_no_secret_in_it() {
    let recorder = Recorder::terminal();
    recorder.log.mask(&Secret::new("hunter2"));
    recorder.log.remote("source", format!("{}hunter2{}\n", "x".repeat(1020), "y".repeat(9)).as_bytes());
    assert_eq!(recorder.output(), format!("remote (source): {}***y…\n", "x".repeat(1020)));
}

#[test]
fn a_line_that_is_too_long_to_keep_shows_no_part_of_a_secret() {
    let (recorder, token) = (Recorder::agent(), "t0ken-of-a-run".repeat(80));
    recorder.log.mask(&Secret::new(&token));
    recorder.log.remote("source", (token.repeat(40) + "\n").as_bytes());
    let output = recorder.output();
    let (_, shown) = output.split_once('\n').unwrap();
    assert!(shown.ends_with("***…\n") && !shown.contains("t0k"), "{shown}");
}

#[test]
fn a_text_full_of_cuts_takes_linear_time() {
    // Some thousand million comparisons where each mark begins a search of its own.
    let recorder = Recorder::agent();
    recorder.log.mask(&Secret::new("aaab".repeat(500)));
    recorder.log.line(&format!("aaa{CUT}").repeat(250_000));
    assert!(recorder.output().ends_with("aaa…\n"));
}

#[test]
fn threads_write_whole_lines() {
    let recorder = Recorder::agent();
    std::thread::scope(|scope| {
        for letter in ["a", "b"] {
            let log = recorder.log.clone();
            scope.spawn(move || (0..100).for_each(|_| log.line(&letter.repeat(50))));
        }
    });
    let output = recorder.output();
    assert_eq!(output.lines().count(), 200);
    assert!(output.lines().all(|line| line == "a".repeat(50) || line == "b".repeat(50)));
}

#[test]
fn debug_records_pass_the_sink_without_the_http_clients() {
    // The one test that installs the process-wide logger.
    let recorder = Recorder::agent();
    recorder.log.log_debug_records();
    ::log::debug!(target: "mirror_git_repository::relay", "first\n##vso[task.complete]");
    ::log::debug!(target: "ureq::run", "Authorization: Basic x");
    ::log::debug!(target: "ureq_proto::client", "Authorization: Basic x");
    ::log::trace!(target: "mirror_git_repository::relay", "too much");
    assert_eq!(recorder.output(), "##vso[task.debug]first *#vso[task.complete]\n");
}

type Call = fn(&Log, &str);

fn hostile_text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("##vso[task.setvariable variable=x]"),
        Just("##VSO["),
        Just("##"),
        Just("#"),
        Just("vso["),
        Just("["),
        Just("]"),
        Just("%0A"),
        Just("%AZP25"),
        Just("\r"),
        Just("\n"),
        Just("\u{200b}"),
        Just("\0"),
        Just("\u{378}"),
        Just("hunter2"),
        Just("hunt"),
        Just("er2"),
    ]
    .prop_map(str::to_owned);
    proptest::collection::vec(prop_oneof![3 => piece, 1 => any::<String>()], 0..8)
        .prop_map(|all| all.concat())
}

/// Writes a text wherever a part has one.
fn part_of_all(log: &Log, text: &str) {
    let part = log.kept_back(text);
    part.line(text);
    part.section(text);
    part.group(text);
    part.remote("source", text.as_bytes());
    part.release(text, Details::Needed);
    part.line(text);
    log.release_all();
}

/// Returns true if a line that is not the sink's own command could be obeyed or formatted by any agent.
fn is_armed(line: &str) -> bool {
    let line = ["##[section]", "##[group]", "##[endgroup]"]
        .iter()
        .find_map(|own| line.strip_prefix(own))
        .unwrap_or(line);
    let ascii = line.chars().filter(char::is_ascii).collect::<String>().to_ascii_lowercase();
    ascii.contains("##vso") || ascii.contains("##[")
}

proptest! {
    #[test]
    fn no_text_becomes_a_command_or_shows_a_secret(text in hostile_text()) {
        let masking = Recorder::agent();
        masking.log.mask(&Secret::new("hunter2"));
        let clean = masking.log.sink().masks.clean(&text);
        let calls: [(Call, Option<&str>); 11] = [
            (Log::line, None),
            (Log::section, None),
            (Log::group, None),
            (|log, text| log.remote("source", format!("{text}\n").as_bytes()), None),
            (part_of_all, None),
            (Log::warning, Some("logissue")),
            (Log::error, Some("logissue")),
            (Log::debug, Some("debug")),
            (|log, text| log.variable(text, text), Some("setvariable")),
            (|log, text| log.progress(1, text), Some("setprogress")),
            (|log, text| log.complete(TaskResult::Succeeded, text), Some("complete")),
        ];
        for (call, event) in calls {
            let recorder = Recorder::agent();
            recorder.log.mask(&Secret::new("hunter2"));
            call(&recorder.log, &text);
            let output = recorder.output();
            let output = output.strip_prefix("##vso[task.setsecret]hunter2\n").unwrap();
            prop_assert!(!output.contains("hunter2"));
            let parsed: Vec<Parsed> = testing::lines(output).into_iter().filter_map(testing::parse).collect();
            match event {
                None => {
                    prop_assert_eq!(parsed, []);
                    prop_assert!(!testing::lines(output).into_iter().any(is_armed));
                }
                Some(event) => {
                    prop_assert_eq!(testing::lines(output).len(), 1);
                    prop_assert_eq!(parsed.len(), 1);
                    prop_assert_eq!(&parsed[0].event, event);
                    prop_assert_eq!(&parsed[0].data, &clean);
                    prop_assert!(!is_armed(&parsed[0].data));
                }
            }
            let recorder = Recorder::terminal();
            recorder.log.mask(&Secret::new("hunter2"));
            call(&recorder.log, &text);
            let output = recorder.output() + &recorder.errors.text();
            prop_assert!(!output.contains("hunter2") && !testing::lines(&output).into_iter().any(is_armed));
        }
    }
}

#[test]
fn a_server_that_never_stops_talking_does_not_fill_the_log() {
    let recorder = Recorder::agent();
    for _ in 0..100 {
        recorder.log.remote("source", "still here\n".repeat(1000).as_bytes());
    }
    let output = recorder.output();
    assert_eq!(output.matches("still here").count(), MOST_REMOTE_LINES);
    assert_eq!(output.matches("further server output is hidden").count(), 1);
}
