use super::*;
use crate::agent::recorder::Recorder;
use crate::agent::testing;
use crate::error::{ErrorKind, Failure};

/// Returns what the agent reads of a run that is told so.
fn output_of(tell: impl Fn(&Progress)) -> String {
    let recorder = Recorder::new(&[("TF_BUILD", "True")]);
    tell(&Progress::new(&recorder.log, Mode::Mirror));
    recorder.output()
}

/// Takes an event at this second.
fn at(progress: &Progress, second: u64, event: Event<'_>) {
    progress.watched.on(event, Duration::from_secs(second));
}

/// Relays so many bytes more.
fn relayed(bytes: u64) -> Event<'static> {
    Event::Relayed { bytes, objects_left: None, took: Duration::ZERO }
}

#[test]
fn the_bar_never_goes_back_even_when_a_run_begins_again() {
    let output = output_of(|progress| {
        for _ in 0..2 {
            progress.on(Event::Started(Phase::List));
            progress.on(Event::Planned(&Plan::default()));
            progress.on(Event::Started(Phase::Fetch));
            for (second, mib) in [(1000, 1), (2000, 63), (3000, 576)] {
                at(progress, second, relayed(mib << 20));
            }
            progress.on(Event::Started(Phase::Verify));
        }
    });
    let bars = testing::lines(&output).into_iter().filter_map(testing::parse);
    let bars: Vec<_> = bars.filter(|command| command.event == "setprogress").collect();
    let percents: Vec<u8> = bars.iter().map(|bar| bar.property("value").unwrap().parse().unwrap()).collect();
    assert_eq!(percents, [PLANNED, RELAYING, 21, 55, 83, VERIFYING]);
}

#[test]
fn what_a_relay_came_to_is_said_at_its_end() {
    let output = output_of(|progress| {
        progress.on(Event::Started(Phase::Fetch));
        progress.on(relayed(39));
        progress.on(Event::Started(Phase::Verify));
    });
    assert_eq!(output.matches("relayed 39 bytes\n").count(), 1, "{output}");
}

#[test]
fn the_clone_directory_has_steps_of_its_own() {
    let output = output_of(|progress| {
        progress.on(Event::MirrorStarted { destination: &RemoteLabel::clone_directory("/srv/r.git") });
        progress.on(Event::Planned(&Plan::default()));
        progress.on(Event::Started(Phase::Fetch));
        progress.on(Event::PackAwaited);
        progress.on(Event::Started(Phase::Verify));
        progress.on(Event::MirrorStarted { destination: &RemoteLabel::new(Side::Destination, "/srv/r.git") });
        progress.on(Event::Planned(&Plan::default()));
    });
    let sections = output.lines().filter_map(|line| line.strip_prefix("##[section]"));
    let steps = ["Plan (clone directory)", "Relay (clone directory)", "Verify (clone directory)", "Plan"];
    assert_eq!(sections.collect::<Vec<_>>(), steps);
}

#[test]
fn a_wait_and_a_refusal_are_said_as_they_happen() {
    let output = output_of(|progress| {
        progress.on(relayed(39));
        progress.on(Event::Sent);
        progress.on(Event::Split { cause: Side::Destination, updates: 3 });
    });
    assert!(output.contains("sent 39 bytes in "), "{output}");
    assert!(output.contains("; waiting for the destination to check the pack\n"), "{output}");
    assert!(
        output.contains("the destination refused the whole push; it is sent again in parts, 3 refs\n"),
        "{output}"
    );
}

#[test]
fn a_destination_is_not_blamed_for_a_pack_that_the_source_cannot_give() {
    let output = output_of(|progress| progress.on(Event::Split { cause: Side::Source, updates: 2 }));
    assert!(
        output.contains("the source cannot give the whole pack; it is asked for in parts, 2 refs\n"),
        "{output}"
    );
    assert!(!output.contains("refused"), "{output}");
}

/// Tells of a copy that is so far at this time.
fn copying(progress: &Progress, took: u64, moved: u64) {
    progress.on(Event::CopyingObjects(copy_at(took, moved)));
}

/// A copy of two objects, of 100 bytes together.
fn copy_at(took: u64, moved: u64) -> CopyProgress {
    let took = Duration::from_secs(took);
    CopyProgress { copied: moved / 50, needed: 2, unasked: 0, moved, left: 100 - moved, took }
}

#[test]
fn a_copy_is_told_each_five_seconds_and_at_its_end_in_words() {
    let output = output_of(|progress| {
        for (took, moved) in [(0, 0), (4, 10), (5, 20), (6, 30), (9, 40), (10, 50)] {
            copying(progress, took, moved);
        }
        progress.on(Event::ObjectsCopied(copy_at(12, 100)));
    });
    let lines: Vec<_> = output.lines().filter(|line| !line.starts_with("##vso")).collect();
    assert_eq!(
        lines,
        [
            "##[section]Git LFS",
            "copied 0 of 2 LFS objects, 20 bytes, 4 bytes/s, 80 bytes left",
            "copied 1 of 2 LFS objects, 50 bytes, 6 bytes/s, 50 bytes left",
            "copied 2 LFS objects, 100 bytes in 12.0 s, 8 bytes/s",
        ]
    );
    assert_eq!(output.matches("task.setprogress").count(), 2, "{output}");
}

#[test]
fn the_relay_goes_on_after_a_copy_and_has_no_empty_section() {
    let output = output_of(|progress| {
        progress.on(Event::Started(Phase::Fetch));
        for _ in 0..2 {
            copying(progress, 0, 0);
            progress.on(Event::ObjectsCopied(copy_at(1, 100)));
        }
        progress.on(relayed(39));
        progress.on(Event::Sent);
        progress.on(Event::Started(Phase::Verify));
    });
    let sections = output.lines().filter_map(|line| line.strip_prefix("##[section]"));
    assert_eq!(sections.collect::<Vec<_>>(), ["Git LFS", "Git LFS", "Relay", "Verify"]);
}

#[test]
fn a_dry_run_tells_what_would_be_copied() {
    let recorder = Recorder::new(&[("TF_BUILD", "True")]);
    let progress = Progress::new(&recorder.log, Mode::DryRun);
    copying(&progress, 9, 100);
    progress.on(Event::ObjectsCopied(copy_at(9, 100)));
    assert_eq!(recorder.output(), "##[section]Git LFS\nwould copy 2 LFS objects, 100 bytes\n");
}

/// Returns the lines about waits that come from this second on, up to another.
fn waits(progress: &Progress, recorder: &Recorder, from: u64, to: u64) -> Vec<String> {
    let before = recorder.output().len();
    (from..to).for_each(|second| progress.watched.tell_wait(Duration::from_secs(second)));
    recorder.output()[before..].lines().map(str::to_owned).collect()
}

#[test]
fn each_step_tells_what_is_waited_for_and_of_which_side_in_words() {
    let recorder = Recorder::new(&[("TF_BUILD", "True")]);
    let progress = Progress::new(&recorder.log, Mode::Mirror);
    let destination = RemoteLabel::new(Side::Destination, "/srv/r.git");
    let (plan, mut second) = (Plan::default(), 0);
    for (event, told) in [
        (Event::Started(Phase::ListRepositories), Some("waiting for the list of repositories, 10 s")),
        (Event::Started(Phase::List), Some("waiting for the servers to list their refs, 10 s")),
        (
            Event::MirrorStarted { destination: &destination },
            Some("waiting for the servers to tell which commits they have, 10 s"),
        ),
        (Event::Planned(&plan), None),
        (Event::Started(Phase::Fetch), Some("waiting for the source to prepare the pack, 10 s")),
        (Event::PackBegun { objects: 9 }, None),
        (Event::Started(Phase::Push), Some("waiting for the destination to take the push, 10 s")),
        (relayed(39), Some("waiting for the destination to take more of the pack, 10 s")),
        (Event::PackAwaited, Some("waiting for the source to send more of the pack, 10 s")),
        (Event::Sent, Some("waiting for the destination to check the pack, 10 s")),
        (Event::Started(Phase::Verify), Some("waiting for the destination to list its refs again, 10 s")),
        (Event::AttemptEnded, None),
    ] {
        at(&progress, second, event);
        let lines = waits(&progress, &recorder, second, second + 12);
        assert_eq!(lines.first().map(String::as_str), told, "{event:?}");
        second += 12;
    }
}

#[test]
fn a_pack_that_was_ended_early_is_waited_for_no_more_when_the_next_is_requested() {
    let recorder = Recorder::new(&[("TF_BUILD", "True")]);
    let progress = Progress::new(&recorder.log, Mode::Mirror);
    for event in [
        Event::Started(Phase::Fetch),
        Event::PackRequested,
        Event::PackBegun { objects: 9 },
        relayed(39),
        Event::Split { cause: Side::Destination, updates: 2 },
        Event::PackRequested,
        Event::PackAwaited,
    ] {
        at(&progress, 0, event);
    }
    let told = ["waiting for the source to prepare the pack, 10 s"];
    assert_eq!(waits(&progress, &recorder, 0, 11), told);
    assert_eq!(progress.watched.state().relay.so_far(), "relayed 39 bytes");
}

#[test]
fn copied_objects_are_waited_for_no_more() {
    let recorder = Recorder::new(&[("TF_BUILD", "True")]);
    let progress = Progress::new(&recorder.log, Mode::Mirror);
    at(&progress, 0, Event::CopyingObjects(copy_at(0, 0)));
    assert_eq!(waits(&progress, &recorder, 0, 11), ["waiting for LFS objects, 10 s"]);
    at(&progress, 11, Event::ObjectsCopied(copy_at(11, 100)));
    assert!(waits(&progress, &recorder, 11, 200).is_empty());
}

#[test]
fn a_line_about_a_relay_puts_off_the_one_about_the_wait() {
    let recorder = Recorder::new(&[("TF_BUILD", "True")]);
    let progress = Progress::new(&recorder.log, Mode::Mirror);
    at(&progress, 0, Event::Started(Phase::Fetch));
    at(&progress, 6, relayed(1 << 20));
    assert!(recorder.output().contains("relayed 1.0 MiB\n"), "{}", recorder.output());
    assert!(waits(&progress, &recorder, 6, 16).is_empty());
    assert_eq!(waits(&progress, &recorder, 16, 17).len(), 1);
}

#[test]
fn what_is_wrong_and_no_issue_is_coloured() {
    let label = RemoteLabel::new(Side::Source, "/srv/s.git");
    let error = label.error(Phase::Fetch, Failure::new(ErrorKind::Interrupted, "cut"));
    let report = crate::report::testing::report(&[Outcome::Done, Outcome::NotPushed]);
    let output = output_of(|progress| {
        progress.on(Event::Interrupted(&error));
        progress.on(Event::Verified(&report));
    });
    assert_eq!(output.matches("##[warning]").count(), 2, "{output}");
    assert!(!output.contains("logissue"), "{output}");
}
