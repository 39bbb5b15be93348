use super::*;
use crate::agent::recorder::Recorder;
use crate::agent::testing;

const SECOND: Duration = Duration::from_secs(1);

fn under_way(percent: u8, bytes: u64, seconds: u64) -> Stage {
    let relayed = Moved { bytes, took: Duration::from_secs(seconds) };
    Stage::UnderWay(UnderWay { percent, relayed, ..UnderWay::default() })
}

/// Mirrors `1`, `2` and so on, of no known size.
fn state(stages: &[Stage]) -> State {
    let mirror =
        |(at, stage): (usize, &Stage)| StepMirror { name: (at + 1).to_string(), size: None, stage: *stage };
    State { mirrors: stages.iter().enumerate().map(mirror).collect(), next: FIRST_LINE, percent: 0 }
}

#[test]
fn a_line_counts_the_ends_and_names_what_is_under_way_in_words() {
    use Stage::{Done, Failed, Waiting};
    for (stages, line) in [
        (&[Waiting, Waiting][..], "0 of 2 done"),
        (&[Done, Waiting, Failed], "1 of 3 done, 1 failed"),
        (&[Done, under_way(10, 0, 0), Waiting], "1 of 3 done; under way: 2"),
        (
            &[under_way(30, 1288 << 20, 61), Failed, under_way(0, 5, 0)],
            "0 of 3 done, 1 failed; under way: 1 1.2 GiB at 21.1 MiB/s, 3 5 bytes",
        ),
        (&[under_way(0, 0, 0); 4], "0 of 4 done; under way: 1, 2, 3, 4"),
        (&[under_way(0, 0, 0); 6], "0 of 6 done; under way: 1, 2, 3, 4 and 2 more"),
    ] {
        assert_eq!(state(stages).line(), line);
    }
}

#[test]
fn copies_of_objects_count_with_the_relay() {
    let copied = Moved { bytes: 3 << 20, took: 2 * SECOND };
    let relayed = Moved { bytes: 1 << 20, took: 2 * SECOND };
    let stage = Stage::UnderWay(UnderWay { relayed, copied, ..UnderWay::default() });
    assert_eq!(state(&[stage]).line(), "0 of 1 done; under way: 1 4.0 MiB at 1.0 MiB/s");
}

#[test]
fn a_line_comes_each_fifteen_seconds_while_some_mirror_is_left() {
    let mut state = state(&[Stage::Done, Stage::Waiting]);
    let told: Vec<_> = [0, 14, 15, 16, 29, 40, 54, 55]
        .into_iter()
        .filter(|at| state.due_line(*at * SECOND).is_some())
        .collect();
    assert_eq!(told, [15, 40, 55]);
    state.mirrors[1].stage = Stage::Failed;
    assert_eq!(state.due_line(600 * SECOND), None);
    let seconds = [0, 119, 120, 599, 600].map(|seconds| interval(seconds * SECOND).as_secs());
    assert_eq!(seconds, [15, 15, 30, 30, 60]);
}

#[test]
fn the_bar_counts_mirrors_by_their_sizes_where_they_are_known() {
    let sized = |sizes: &[Option<u64>], stages: &[Stage]| {
        let mut state = state(stages);
        for (mirror, size) in state.mirrors.iter_mut().zip(sizes) {
            mirror.size = *size;
        }
        state.percent()
    };
    let half = [Stage::Done, Stage::Waiting];
    assert_eq!(sized(&[None, None], &half), 50);
    assert_eq!(sized(&[Some(0), Some(0)], &half), 50);
    assert_eq!(sized(&[Some(98 << 20), Some(0)], &half), 99);
    assert_eq!(sized(&[Some(0), Some(98 << 20)], &half), 1);
    assert_eq!(sized(&[Some(98 << 20), None], &half), 50);
    assert_eq!(sized(&[Some(u64::MAX), Some(u64::MAX)], &[Stage::Done, under_way(50, 0, 0)]), 75);
    assert_eq!(sized(&[None, None], &[Stage::Done, Stage::Failed]), 100);
    assert_eq!(sized(&[], &[]), 0);
}

/// A step of two mirrors, without the list that they are of.
fn progress(log: &Log) -> Arc<StepProgress> {
    let state = state(&[Stage::Waiting, Stage::Waiting]);
    Arc::new(StepProgress { log: log.clone(), watch: Stopwatch::start(), state: Mutex::new(state) })
}

#[test]
fn the_bar_moves_forward_alone_and_to_its_end() {
    let recorder = Recorder::new(&[("TF_BUILD", "True")]);
    let step = progress(&recorder.log);
    let (one, two) = (step.begin(0), step.begin(1));
    one.advanced(40);
    two.advanced(20);
    two.advanced(20);
    one.advanced(0);
    one.end(TaskResult::Failed);
    two.end(TaskResult::SucceededWithIssues);
    two.advanced(10);
    let output = recorder.output();
    let bars = testing::lines(&output).into_iter().filter_map(testing::parse);
    let bars: Vec<_> = bars.map(|bar| (bar.property("value").unwrap().to_owned(), bar.data)).collect();
    let bar = |percent: &str, text: &str| (percent.to_owned(), text.to_owned());
    assert_eq!(
        bars,
        [
            bar("20", "0 of 2 done"),
            bar("30", "0 of 2 done"),
            bar("60", "0 of 2 done, 1 failed"),
            bar("100", "1 of 2 done, 1 failed")
        ]
    );
}

#[test]
fn what_there_is_to_do_is_said_once_with_the_size_in_words() {
    let recorder = Recorder::terminal();
    let step = progress(&recorder.log);
    step.state().mirrors[0].size = Some(3 << 20);
    step.state().mirrors[1].size = Some(0);
    let (one, two) = (step.begin(0), step.begin(1));
    for member in [&one, &two, &one] {
        member.planned("1 to create");
    }
    assert_eq!(recorder.output(), "1: 1 to create; it has about 3.0 MiB\n2: 1 to create\n");
}

#[test]
fn what_moves_is_told_when_a_line_is_due() {
    let recorder = Recorder::terminal();
    let step = progress(&recorder.log);
    let member = step.begin(0);
    member.relayed(Moved { bytes: 5, took: Duration::ZERO });
    member.tell_if_due();
    assert_eq!(recorder.output(), "");
    step.state().next = Duration::ZERO;
    member.relayed(Moved { bytes: 1 << 20, took: Duration::ZERO });
    member.tell_if_due();
    member.tell_if_due();
    assert_eq!(recorder.output(), "0 of 2 done; under way: 1 1.0 MiB\n");
}
