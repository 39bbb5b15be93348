//! Arguments of a run by hand: no panic, whatever they are, and no error that shows a value.

#![no_main]

use libfuzzer_sys::fuzz_target;
use mirror_git_repository::agent::environment::Environment;
use mirror_git_repository::config::flags;

/// A value that no error may show.
const VALUE: &str = "hunter2";

fuzz_target!(|text: &str| {
    let arguments = text.split('\n').map(Into::into).collect();
    drop(flags::read(&Environment { variables: Vec::new(), arguments }));

    let as_values = text.split('\n').map(|argument| match argument.split_once('=') {
        Some((flag, _)) if flag.starts_with("--") => format!("{flag}={VALUE}").into(),
        _ => VALUE.into(),
    });
    if let Err(error) = flags::read(&Environment { variables: Vec::new(), arguments: as_values.collect() }) {
        let told = error.to_string();
        assert!(text.contains(VALUE) || !told.contains(VALUE), "{told}");
    }
});
