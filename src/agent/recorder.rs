//! A log whose output tests look at.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use super::environment::Environment;
use super::log::Log;
use super::output::OutputForm;

/// A log and all it has written.
pub(crate) struct Recorder {
    pub(crate) log: Log,
    pub(crate) written: Written,
    pub(crate) errors: Written,
}

impl Recorder {
    /// Makes the log of a run with these variables.
    pub(crate) fn new(variables: &[(&str, &str)]) -> Self {
        let variables = variables.iter().map(|(name, value)| (name.into(), value.into())).collect();
        Self::of(&Environment { variables, arguments: Vec::new() })
    }

    /// Makes the log of a run in this environment.
    pub(crate) fn of(environment: &Environment) -> Self {
        Self::in_form(environment, OutputForm::default())
    }

    /// Makes the log of a run in this environment that was asked for this form.
    pub(crate) fn in_form(environment: &Environment, form: OutputForm) -> Self {
        let (written, errors) = (Written::default(), Written::default());
        let log = Log::in_form(Box::new(written.clone()), Box::new(errors.clone()), environment, form);
        Self { log, written, errors }
    }

    /// Makes the log of a run by the agent, with its debug lines.
    pub(crate) fn agent() -> Self {
        Self::new(&[("TF_BUILD", "True"), ("SYSTEM_DEBUG", "true")])
    }

    /// Makes the log of a run by hand.
    pub(crate) fn terminal() -> Self {
        Self::new(&[])
    }

    /// Returns what went to standard output.
    pub(crate) fn output(&self) -> String {
        self.written.text()
    }
}

/// An output that keeps what is written to it.
#[derive(Clone, Default)]
pub(crate) struct Written(Arc<Mutex<Vec<u8>>>);

impl Written {
    /// Returns all of it.
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        assert!(bytes.ends_with(b"\n"), "a line is written whole");
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
