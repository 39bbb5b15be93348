//! All that the sink writes: no text from outside is ever a command to the agent, or ends a line, and none shows a
//! secret, wherever it stands in it.
#![no_main]

#[path = "../../src/agent/testing.rs"]
#[allow(dead_code, reason = "the oracle has more than is asked here")]
mod agent;

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use libfuzzer_sys::fuzz_target;
use mirror_git_repository::agent::command::TaskResult;
use mirror_git_repository::agent::environment::Environment;
use mirror_git_repository::agent::log::{Details, Log};
use mirror_git_repository::secret::{Secret, SecretMasker as _};

const SECRET: &str = "t0ken-0f-a-fuzzed-run";

#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fuzz_target!(|bytes: &[u8]| {
    let variables = [("TF_BUILD", "True"), ("SYSTEM_DEBUG", "true")];
    let environment = Environment {
        variables: variables.map(|(name, value)| (name.into(), value.into())).to_vec(),
        arguments: Vec::new(),
    };
    let written = Written::default();
    let log = Log::new(Box::new(written.clone()), Box::new(written.clone()), &environment);
    let (before, after) = bytes.split_at(bytes.len() / 2);
    let bytes = [before, SECRET.as_bytes(), after].concat();
    let text = String::from_utf8_lossy(&bytes);
    log.mask(&Secret::new(SECRET));
    log.line(&text);
    log.section(&text);
    log.group(&text);
    log.warning(&text);
    log.error(&text);
    log.debug(&text);
    log.variable("given", &text);
    log.progress(1, &text);
    for piece in bytes.chunks(7) {
        log.remote("source", piece);
    }
    let part = log.kept_back(&text);
    part.group(&text);
    for piece in bytes.chunks(7) {
        part.remote("source", piece);
    }
    part.release(&text, Details::Needed);
    log.complete(TaskResult::Failed, &text);

    let output = String::from_utf8(written.0.lock().unwrap().clone()).expect("UTF-8");
    let commands: Vec<_> = agent::lines(&output).into_iter().filter_map(agent::parse).collect();
    let names: Vec<_> = commands.iter().map(|command| command.event.as_str()).collect();
    // Its own, one a call, and in this order; those that stand for themselves are no commands of this form.
    assert_eq!(
        names,
        ["setsecret", "logissue", "logissue", "debug", "setvariable", "setprogress", "complete"],
        "{output:?}"
    );
    assert!(!output.contains('\u{fdd0}'), "the mark of a cut is shown as an ellipsis: {output:?}");
    assert_eq!(output.matches(SECRET).count(), 1, "only to register it: {output:?}");
    let own = commands.iter().filter(|command| command.event == "setvariable");
    assert!(own.into_iter().all(|command| command.property("variable") == Some("given")));
    for line in agent::lines(&output) {
        let at = line.to_ascii_lowercase().find("##[");
        assert!(matches!(at, None | Some(0)), "{line:?}");
    }
});
