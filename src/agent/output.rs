//! The form of the output, as a person asks for it by flags.

/// The lines that are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Verbosity {
    /// Errors and warnings alone.
    Quiet,
    /// All but debug lines.
    #[default]
    Usual,
    /// Debug lines, too.
    Verbose,
}

/// The stream of the lines that are no error and no warning.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LinesTo {
    /// The standard output.
    #[default]
    StandardOutput,
    /// The standard error: the standard output is for a program.
    StandardError,
}

/// The form of a person's output. An agent reads everything, on the standard output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OutputForm {
    /// The lines that are written.
    pub verbosity: Verbosity,
    /// The place of most of them.
    pub lines_to: LinesTo,
}
