//! A bug of this program: a failure that is said, wherever it strikes.

use std::panic::{self, AssertUnwindSafe};

use crate::agent::exit_status::RunEnd;
use crate::agent::log::Log;
use crate::report::finish;

/// Tells of each bug in this log, at the moment when its place is known.
pub(crate) fn report_to(log: &Log) {
    let log = log.clone();
    panic::set_hook(Box::new(move |bug| log.bug(&format!("internal error, please report: {bug}"))));
}

/// Does the work; a bug in it fails the run.
pub(crate) fn guarded(log: &Log, work: impl FnOnce() -> RunEnd) -> RunEnd {
    // What a bug left half done is not looked at again but for the log, whose lines are written whole.
    panic::catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| finish::close_after_bug(log))
}

#[cfg(test)]
mod tests {
    use std::io::{self, Write};
    use std::sync::{Mutex, PoisonError};

    use super::*;
    use crate::agent::environment::Environment;
    use crate::agent::recorder::Written;
    use crate::app::connect::concurrently;

    /// There is one hook in a process.
    static HOOK: Mutex<()> = Mutex::new(());

    /// An output that has a bug of its own.
    struct Output(Written);

    impl Write for Output {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            assert!(!bytes.starts_with(b"provoke"), "in the sink");
            self.0.write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            self.0.flush()
        }
    }

    /// Expects that the work, which has this bug, ends in one error that tells of it and one result.
    #[track_caller]
    fn expect_failure(bug: &str, work: impl FnOnce(&Log) -> RunEnd) {
        let _alone = HOOK.lock().unwrap_or_else(PoisonError::into_inner);
        let written = Written::default();
        let environment =
            Environment { variables: vec![("TF_BUILD".into(), "True".into())], arguments: vec![] };
        let log = Log::new(Box::new(Output(written.clone())), Box::new(io::sink()), &environment);
        let usual = panic::take_hook();
        report_to(&log);
        let result = guarded(&log, || work(&log));
        panic::set_hook(usual);
        assert_eq!(result, RunEnd::Failed);
        let written = written.text();
        let is_error =
            |line: &&str| line.starts_with("##vso[task.logissue type=error]internal error, please report");
        let errors: Vec<_> = written.lines().filter(|line| is_error(line) && line.contains(bug)).collect();
        assert_eq!(errors.len(), 1, "{written}");
        let results: Vec<_> = written.lines().filter(|line| line.contains("task.complete")).collect();
        assert_eq!(results.len(), 1, "{written}");
        assert!(results[0].starts_with("##vso[task.complete result=Failed]"), "{written}");
    }

    #[test]
    fn a_bug_is_one_failure_wherever_it_strikes() {
        expect_failure("in the main thread", |_| panic!("in the main thread"));
        expect_failure("in the thread that lists the source", |_| {
            concurrently(|| panic!("in the thread that lists the source"), || RunEnd::Succeeded).1
        });
    }

    #[test]
    fn a_bug_in_the_sink_itself_does_not_hang_the_run() {
        expect_failure("in the sink", |log| {
            log.line("provoke it");
            RunEnd::Succeeded
        });
        expect_failure("in the sink", |log| concurrently(|| log.line("provoke it"), || RunEnd::Succeeded).1);
    }
}
