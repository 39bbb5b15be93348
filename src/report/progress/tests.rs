use super::*;
use crate::agent::recorder::Recorder;
use crate::agent::testing;

/// Returns what the agent reads of a run that is told so.
fn output_of(tell: impl Fn(&Progress)) -> String {
    let recorder = Recorder::new(&[("TF_BUILD", "True")]);
    tell(&Progress::new(&recorder.log, Mode::Mirror));
    recorder.output()
}

/// Relays so many bytes more, slowly enough for a line about it.
fn relay(progress: &Progress, bytes: u64) {
    progress.on(Event::Relayed { bytes, took: REPORT_INTERVAL });
}

#[test]
fn the_bar_never_goes_back_even_when_a_run_begins_again() {
    let output = output_of(|progress| {
        for _ in 0..2 {
            progress.on(Event::Started(Phase::List));
            progress.on(Event::Planned(&Plan::default()));
            progress.on(Event::Started(Phase::Fetch));
            for mib in [1, 63, 576] {
                relay(progress, mib << 20);
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
fn the_bar_of_a_relay_stays_below_the_next_step() {
    assert_eq!((relayed_percent(0), relayed_percent(u64::MAX)), (RELAYING, VERIFYING - 1));
}

#[test]
fn what_a_relay_came_to_is_said_at_its_end() {
    let output = output_of(|progress| {
        progress.on(Event::Started(Phase::Fetch));
        progress.on(Event::Relayed { bytes: 39, took: Duration::ZERO });
        progress.on(Event::Started(Phase::Verify));
    });
    assert_eq!(output.matches("relayed 39 bytes in under 0.1 s").count(), 1, "{output}");
}

#[test]
fn a_relay_under_way_is_not_reported_by_its_first_bytes() {
    let output = output_of(|progress| {
        relay(progress, 39);
        relay(progress, FIRST - 39);
        relay(progress, 0);
    });
    assert_eq!(output.matches("relayed ").count(), 1, "{output}");
    assert!(output.contains("relayed 16.0 KiB in "), "{output}");
}

#[test]
fn the_clone_directory_has_steps_of_its_own() {
    let output = output_of(|progress| {
        progress.on(Event::MirrorStarted { destination: &RemoteLabel::clone_directory("/srv/r.git") });
        progress.on(Event::Planned(&Plan::default()));
        progress.on(Event::Started(Phase::Fetch));
        progress.on(Event::Started(Phase::Verify));
        progress.on(Event::MirrorStarted { destination: &RemoteLabel::new(Side::Destination, "/srv/r.git") });
        progress.on(Event::Planned(&Plan::default()));
    });
    let sections = output.lines().filter_map(|line| line.strip_prefix("##[section]"));
    let steps = ["Plan (clone directory)", "Relay (clone directory)", "Verify (clone directory)", "Plan"];
    assert_eq!(sections.collect::<Vec<_>>(), steps);
    assert!(output.contains("listing the clone directory again"), "{output}");
}

#[test]
fn a_wait_and_a_refusal_are_said_as_they_happen() {
    let output = output_of(|progress| {
        progress.on(Event::Relayed { bytes: 39, took: Duration::ZERO });
        progress.on(Event::Sent);
        progress.on(Event::Split { cause: Side::Destination, updates: 3 });
    });
    assert!(output.contains("sent 39 bytes in "), "{output}");
    assert!(output.contains("; waiting for the destination to process the push\n"), "{output}");
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
fn a_copy_is_told_each_five_seconds_and_at_its_end() {
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
            "copied 1 of 2 LFS objects, 50 bytes, 5 bytes/s, 50 bytes left",
            "copied 2 LFS objects, 100 bytes in 12.0 s, 8 bytes/s",
        ]
    );
    assert_eq!(output.matches("task.setprogress").count(), 2, "{output}");
}

#[test]
fn the_relay_goes_on_after_a_copy() {
    let output = output_of(|progress| {
        progress.on(Event::Started(Phase::Fetch));
        for _ in 0..2 {
            copying(progress, 0, 0);
            progress.on(Event::ObjectsCopied(copy_at(1, 100)));
        }
        progress.on(Event::Relayed { bytes: 39, took: Duration::ZERO });
        progress.on(Event::Sent);
        progress.on(Event::Started(Phase::Verify));
    });
    let sections = output.lines().filter_map(|line| line.strip_prefix("##[section]"));
    assert_eq!(sections.collect::<Vec<_>>(), ["Relay", "Git LFS", "Git LFS", "Relay", "Verify"]);
}

#[test]
fn a_dry_run_tells_what_would_be_copied() {
    let recorder = Recorder::new(&[("TF_BUILD", "True")]);
    let progress = Progress::new(&recorder.log, Mode::DryRun);
    copying(&progress, 9, 100);
    progress.on(Event::ObjectsCopied(copy_at(9, 100)));
    assert_eq!(recorder.output(), "##[section]Git LFS\nwould copy 2 LFS objects, 100 bytes\n");
}
