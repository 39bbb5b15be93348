//! The result for scripts that a run by hand leaves, once it has ended in whatever way.

use std::{fs, io};

use super::result_json;
use super::step_end::StepEnd;
use crate::agent::log::Log;
use crate::agent::output::LinesTo;
use crate::config::flags::ResultPlace;

/// Writes the whole result as JSON where a flag asks for it. What cannot be written is a warning, and fails no step.
pub(crate) fn write(log: &Log, end: &StepEnd<'_>) {
    let Some(place) = &end.step.result else { return };
    let masks = log.masks();
    let written =
        result_json::text(end, &masks).map_err(io::Error::from).and_then(|json| put(log, place, &json));
    if let Err(error) = written {
        let place = match place {
            ResultPlace::File(path) => format!("'{}'", path.display()),
            ResultPlace::StandardOutput => "the standard output".to_owned(),
        };
        log.warning(&format!("the result cannot be written to {place}: {error}"));
    }
}

fn put(log: &Log, place: &ResultPlace, json: &str) -> io::Result<()> {
    match place {
        ResultPlace::File(path) => fs::write(path, json),
        ResultPlace::StandardOutput => log.print(LinesTo::StandardOutput, json),
    }
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use super::*;
    use crate::agent::recorder::Written;
    use crate::config::step::Step;
    use crate::report::testing::{ended, log_to, of_mirrors, report, step};

    /// Writes the result of one mirror there, and returns what the log says.
    fn written(path: &Path) -> String {
        let step = step("https://a.example/r", "https://b.example/r", &[]);
        let step = Step { result: Some(ResultPlace::File(PathBuf::from(path))), ..step };
        let outcome = of_mirrors(vec![ended(&step.given, Ok(report(&[])))]);
        let output = Written::default();
        write(&log_to(&output), &StepEnd::of(&step, &outcome));
        output.text()
    }

    #[test]
    fn the_result_is_one_document_and_replaces_an_older_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("result.json");
        fs::write(&path, "x".repeat(100_000)).unwrap();
        assert_eq!(written(&path), "");
        let read: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        assert_eq!((&read["schemaVersion"], &read["result"]), (&1.into(), &"succeeded".into()));
    }

    #[test]
    fn a_file_that_cannot_be_written_is_a_warning() {
        let told = written(Path::new("/nonexistent/folder/result.json"));
        assert!(
            told.starts_with("##vso[task.logissue type=warning]the result cannot be written to"),
            "{told}"
        );
    }
}
