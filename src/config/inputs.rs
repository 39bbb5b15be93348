//! The inputs, one row each. Reading, flags, `--help` and error messages all come from this table.

/// One input of the task.
#[derive(Debug)]
pub struct Input {
    /// Its name in `task.json` and in a pipeline's YAML.
    pub name: &'static str,
    /// The form in a run by hand.
    pub cli: CliForm,
    /// The type of its value.
    pub kind: InputKind,
    /// The default, for an input that is absent or empty; itself empty for nothing.
    pub default: &'static str,
    /// The help text, one sentence.
    pub help: &'static str,
    /// A good value, for error messages.
    pub example: &'static str,
}

/// The form of an input in a run by hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CliForm {
    /// By this flag.
    Flag(&'static str),
    /// By this environment variable, since every process of the machine can read arguments.
    Variable {
        /// Its name.
        name: &'static str,
        /// The flag that one would look for, and that is refused.
        refused_flag: &'static str,
    },
    /// Not at all: only an agent has what it names.
    Never,
}

/// The giver of the inputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caller {
    /// An agent, by its variables.
    Agent,
    /// A person, by flags.
    Person,
}

impl Caller {
    /// Names the inputs in a text as this caller gives them.
    pub(crate) fn named(self, text: &str) -> String {
        let name_of = |input: &Input| match (self, input.cli) {
            (Self::Person, CliForm::Flag(name) | CliForm::Variable { name, .. }) => name,
            (Self::Agent, _) | (_, CliForm::Never) => input.name,
        };
        TABLE.iter().fold(text.to_owned(), |text, input| {
            text.replace(&format!("'{}'", input.name), &format!("'{}'", name_of(input)))
        })
    }
}

/// The type of an input's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InputKind {
    /// The address of a repository; required, unless a service connection has it.
    Url,
    /// `token` or `user:token`.
    Token,
    /// `true` or `false`.
    Boolean,
    /// Patterns on full ref names, one a line.
    Patterns,
    /// The id of a service connection.
    Connection,
    /// The path of a file.
    File,
    /// One of a few words.
    Choice,
    /// A whole number.
    Number,
    /// Any text.
    Text,
}

impl Input {
    /// Returns the environment variable in which the agent hands it over.
    pub fn variable(&self) -> String {
        format!("INPUT_{}", self.name.replace(['.', ' '], "_").to_uppercase())
    }
}

/// All inputs, in the order of the help.
pub static TABLE: &[&Input] = &[
    &SOURCE_URL,
    &SOURCE_TOKEN,
    &SOURCE_CONNECTION,
    &SOURCE_CERTIFICATE,
    &SOURCE_AUTHORITY,
    &SOURCE_HOST_KIND,
    &DESTINATION_URL,
    &DESTINATION_TOKEN,
    &DESTINATION_CONNECTION,
    &DESTINATION_CERTIFICATE,
    &DESTINATION_AUTHORITY,
    &DESTINATION_HOST_KIND,
    &INCLUDE,
    &EXCLUDE,
    &PRUNE,
    &EMPTY_SOURCE,
    &DRY_RUN,
    &MAX_DELETIONS,
    &REJECTED_REFS,
    &MAX_ATTEMPTS,
    &CONNECT_TIMEOUT,
    &STALL_TIMEOUT,
    &REPORT_TIMEOUT,
    &RUN_TIMEOUT,
    &CLONE_DIRECTORY,
];

pub(crate) static SOURCE_URL: Input = Input {
    name: "sourceGitRepositoryUri",
    cli: CliForm::Flag("--source"),
    kind: InputKind::Url,
    default: "",
    help: "The URL of the repository to copy from.",
    example: "https://dev.azure.com/contoso/project/_git/app",
};

pub(crate) static SOURCE_TOKEN: Input = Input {
    name: "sourceGitRepositoryPersonalAccessToken",
    cli: CliForm::Variable { name: "SOURCE_TOKEN", refused_flag: "--source-token" },
    kind: InputKind::Token,
    default: "",
    help: "The token that may read the source: a token alone, or user:token.",
    example: "a personal access token, or user:token",
};

pub(crate) static SOURCE_CONNECTION: Input = Input {
    name: "sourceServiceConnection",
    cli: CliForm::Never,
    kind: InputKind::Connection,
    default: "",
    help: "The service connection that may read the source, used if no token is given.",
    example: "a service connection of the type Other Git",
};

pub(crate) static SOURCE_CERTIFICATE: Input = Input {
    name: "sourceVerifySSLCertificate",
    cli: CliForm::Flag("--source-verify-certificate"),
    kind: InputKind::Boolean,
    default: "true",
    help: "Whether the source's TLS certificate is verified.",
    example: "true",
};

pub(crate) static SOURCE_AUTHORITY: Input = Input {
    name: "sourceCertificateAuthority",
    cli: CliForm::Flag("--source-certificate-authority"),
    kind: InputKind::File,
    default: "",
    help: "A PEM file of authorities that the source is trusted by, beside the machine's own.",
    example: "$(Agent.TempDirectory)/ca.pem",
};

pub(crate) static SOURCE_HOST_KIND: Input = Input {
    name: "sourceHostKind",
    cli: CliForm::Flag("--source-host-kind"),
    kind: InputKind::Choice,
    default: "auto",
    help: HOST_KIND_HELP,
    example: "bitbucketDataCenter",
};

pub(crate) static DESTINATION_URL: Input = Input {
    name: "destinationGitRepositoryUri",
    cli: CliForm::Flag("--destination"),
    kind: InputKind::Url,
    default: "",
    help: "The URL of the repository to make equal to the source. It must exist.",
    example: "https://github.com/contoso/app",
};

pub(crate) static DESTINATION_TOKEN: Input = Input {
    name: "destinationGitRepositoryPersonalAccessToken",
    cli: CliForm::Variable { name: "DESTINATION_TOKEN", refused_flag: "--destination-token" },
    kind: InputKind::Token,
    default: "",
    help: "The token that may write to the destination: a token alone, or user:token.",
    example: "a personal access token, or user:token",
};

pub(crate) static DESTINATION_CONNECTION: Input = Input {
    name: "destinationServiceConnection",
    cli: CliForm::Never,
    kind: InputKind::Connection,
    default: "",
    help: "The service connection that may write to the destination, used if no token is given.",
    example: "a service connection of the type Other Git",
};

pub(crate) static DESTINATION_CERTIFICATE: Input = Input {
    name: "destinationVerifySSLCertificate",
    cli: CliForm::Flag("--destination-verify-certificate"),
    kind: InputKind::Boolean,
    default: "true",
    help: "Whether the destination's TLS certificate is verified.",
    example: "true",
};

pub(crate) static DESTINATION_AUTHORITY: Input = Input {
    name: "destinationCertificateAuthority",
    cli: CliForm::Flag("--destination-certificate-authority"),
    kind: InputKind::File,
    default: "",
    help: "A PEM file of authorities that the destination is trusted by, beside the machine's own.",
    example: "$(Agent.TempDirectory)/ca.pem",
};

pub(crate) static DESTINATION_HOST_KIND: Input = Input {
    name: "destinationHostKind",
    cli: CliForm::Flag("--destination-host-kind"),
    kind: InputKind::Choice,
    default: "auto",
    help: HOST_KIND_HELP,
    example: "bitbucketDataCenter",
};

/// In two lines, as the help would otherwise be too wide.
const HOST_KIND_HELP: &str = "The kind of host, if its name and server do not tell it: azure, azureServer, github, \
     gitlab,\n      bitbucketCloud, bitbucketDataCenter, cloudSource, secureSource, codeCommit, gitea, gerrit \
     or other.";

pub(crate) static INCLUDE: Input = Input {
    name: "includeRefs",
    cli: CliForm::Flag("--include"),
    kind: InputKind::Patterns,
    default: "refs/heads/*\nrefs/tags/*",
    help: "The refs to mirror: full names, '*' for any characters and '?' for one.",
    example: "refs/heads/release/*",
};

pub(crate) static EXCLUDE: Input = Input {
    name: "excludeRefs",
    cli: CliForm::Flag("--exclude"),
    kind: InputKind::Patterns,
    default: "",
    help: "The refs to leave alone on both sides, even if they are included.",
    example: "refs/heads/users/*",
};

pub(crate) static PRUNE: Input = Input {
    name: "prune",
    cli: CliForm::Flag("--prune"),
    kind: InputKind::Boolean,
    default: "true",
    help: "Whether refs that the source does not have are deleted at the destination.",
    example: "true",
};

pub(crate) static EMPTY_SOURCE: Input = Input {
    name: "allowEmptySource",
    cli: CliForm::Flag("--allow-empty-source"),
    kind: InputKind::Boolean,
    default: "false",
    help: "Whether a source without any ref, or without any branch, may delete those of the destination.",
    example: "false",
};

pub(crate) static DRY_RUN: Input = Input {
    name: "dryRun",
    cli: CliForm::Flag("--dry-run"),
    kind: InputKind::Boolean,
    default: "false",
    help: "Whether the run only says what it would do.",
    example: "false",
};

pub(crate) static MAX_DELETIONS: Input = Input {
    name: "maxDeletionsPercent",
    cli: CliForm::Flag("--max-deletions-percent"),
    kind: InputKind::Number,
    default: "50",
    help: "How much of each included pattern one run may delete, in percent; 10 refs may always go.",
    example: "50",
};

pub(crate) static REJECTED_REFS: Input = Input {
    name: "rejectedRefs",
    cli: CliForm::Flag("--rejected-refs"),
    kind: InputKind::Choice,
    default: "fail",
    help: "What refs that the destination refuses mean, after all others went: fail or warn.",
    example: "warn",
};

pub(crate) static MAX_ATTEMPTS: Input = Input {
    name: "maxAttempts",
    cli: CliForm::Flag("--max-attempts"),
    kind: InputKind::Number,
    default: "5",
    help: "How often a run tries when a connection fails, a server is busy or a ref is locked, from 1 to 20.",
    example: "5",
};

pub(crate) static CONNECT_TIMEOUT: Input = Input {
    name: "connectTimeoutSeconds",
    cli: CliForm::Flag("--connect-timeout-seconds"),
    kind: InputKind::Number,
    default: "30",
    help: "How long connecting to a server may take.",
    example: "30",
};

pub(crate) static STALL_TIMEOUT: Input = Input {
    name: "stallTimeoutSeconds",
    cli: CliForm::Flag("--stall-timeout-seconds"),
    kind: InputKind::Number,
    default: "60",
    help: "How long a connection may stand still while bytes are due, before it counts as lost.",
    example: "60",
};

pub(crate) static REPORT_TIMEOUT: Input = Input {
    name: "reportTimeoutMinutes",
    cli: CliForm::Flag("--report-timeout-minutes"),
    kind: InputKind::Number,
    default: "15",
    help: "How long the destination may be silent after the last byte, while it checks what it got.",
    example: "15",
};

pub(crate) static RUN_TIMEOUT: Input = Input {
    name: "runTimeoutMinutes",
    cli: CliForm::Flag("--run-timeout-minutes"),
    kind: InputKind::Number,
    default: "350",
    help: "How long a run may take in all.",
    example: "350",
};

pub(crate) static CLONE_DIRECTORY: Input = Input {
    name: "sourceGitRepositoryCloneDirectoryName",
    cli: CliForm::Flag("--clone-directory"),
    kind: InputKind::Text,
    default: "",
    help: "A folder for a bare clone of the source: a new one, or such a clone. A mirror needs none.",
    example: "app.git",
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hosts;

    #[test]
    fn the_agent_names_a_variable_in_upper_case_with_underscores() {
        assert_eq!(SOURCE_CERTIFICATE.variable(), "INPUT_SOURCEVERIFYSSLCERTIFICATE");
        let input = Input { name: "a.b c-d", ..PRUNE };
        assert_eq!(input.variable(), "INPUT_A_B_C-D");
    }

    #[test]
    fn a_text_for_a_person_names_flags_and_variables() {
        let text = "Check 'sourceGitRepositoryUri', 'sourceGitRepositoryPersonalAccessToken', 'sourceServiceConnection'";
        assert_eq!(Caller::Agent.named(text), text);
        assert_eq!(Caller::Person.named(text), "Check '--source', 'SOURCE_TOKEN', 'sourceServiceConnection'");
    }

    #[test]
    fn the_help_names_every_kind_of_host() {
        let words: Vec<_> = HOST_KIND_HELP.split(|c: char| !c.is_ascii_alphabetic()).collect();
        for row in &hosts::TABLE {
            assert!(words.contains(&row.word), "{}", row.word);
        }
    }

    #[test]
    fn no_two_inputs_share_a_name_or_a_flag() {
        for (at, input) in TABLE.iter().enumerate() {
            for other in &TABLE[..at] {
                assert_ne!(input.variable(), other.variable());
                assert!(input.cli == CliForm::Never || input.cli != other.cli);
            }
        }
    }
}
