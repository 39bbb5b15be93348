//! The inputs that are about no side alone.

use super::input::{CliForm, Example, Input, InputKind};

pub(crate) static INCLUDE: Input = Input {
    name: "includeRefs",
    cli: CliForm::Flag("--include"),
    kind: InputKind::Patterns,
    default: "refs/heads/*\nrefs/tags/*",
    help: "The refs to mirror: full names, '*' for any characters and '?' for one.",
    example: Example::of_both("refs/heads/release/*"),
};

pub(crate) static EXCLUDE: Input = Input {
    name: "excludeRefs",
    cli: CliForm::Flag("--exclude"),
    kind: InputKind::Patterns,
    default: "",
    help: "The refs to leave alone on both sides, even if they are included.",
    example: Example::of_both("refs/heads/users/*"),
};

pub(crate) static MAP_REFS: Input = Input {
    name: "mapRefs",
    cli: CliForm::Flag("--map-refs"),
    kind: InputKind::Patterns,
    default: "",
    help: "Other names at the destination: refspecs of Git. Refs that none of them matches are left out.",
    example: Example::of_both("refs/heads/*:refs/heads/upstream/*"),
};

pub(crate) static PRUNE: Input = Input {
    name: "prune",
    cli: CliForm::Flag("--prune"),
    kind: InputKind::Boolean,
    default: "true",
    help: "Whether refs that the source does not have are deleted at the destination.",
    example: Example::of_both("true"),
};

pub(crate) static EMPTY_SOURCE: Input = Input {
    name: "allowEmptySource",
    cli: CliForm::Flag("--allow-empty-source"),
    kind: InputKind::Boolean,
    default: "false",
    help: "Whether a source without any ref, or without any branch, may delete those of the destination.",
    example: Example::of_both("false"),
};

pub(crate) static DRY_RUN: Input = Input {
    name: "dryRun",
    cli: CliForm::Flag("--dry-run"),
    kind: InputKind::Boolean,
    default: "false",
    help: "Whether the run only says what it would do.",
    example: Example::of_both("false"),
};

pub(crate) static MAX_DELETIONS: Input = Input {
    name: "maxDeletionsPercent",
    cli: CliForm::Flag("--max-deletions-percent"),
    kind: InputKind::Number,
    default: "50",
    help: "How much of each included pattern one run may delete, in percent; 10 refs may always go.",
    example: Example::of_both("50"),
};

pub(crate) static DIVERGED_REFS: Input = Input {
    name: "divergedRefs",
    cli: CliForm::Flag("--diverged-refs"),
    kind: InputKind::Choice,
    default: "overwrite",
    help: "Refs that have commits at the destination which the source does not: overwrite them, keep them as\n      they are, or fail before a ref moves.",
    example: Example::of_both("keep"),
};

pub(crate) static KEEP_REPLACED: Input = Input {
    name: "keepReplaced",
    cli: CliForm::Flag("--keep-replaced"),
    kind: InputKind::Choice,
    default: "none",
    help: "What holds the commits that a forced update or a deletion takes away: none, or tags below\n      refs/tags/mirror-replaced/.",
    example: Example::of_both("tags"),
};

pub(crate) static KEEP_REPLACED_DAYS: Input = Input {
    name: "keepReplacedDays",
    cli: CliForm::Flag("--keep-replaced-days"),
    kind: InputKind::Number,
    default: "90",
    help: "How many days such a tag stays, from 1 to 36,500.",
    example: Example::of_both("90"),
};

pub(crate) static REJECTED_REFS: Input = Input {
    name: "rejectedRefs",
    cli: CliForm::Flag("--rejected-refs"),
    kind: InputKind::Choice,
    default: "fail",
    help: "What refs that the destination refuses mean, after all others went: fail or warn.",
    example: Example::of_both("warn"),
};

pub(crate) static LFS: Input = Input {
    name: "lfs",
    cli: CliForm::Flag("--lfs"),
    kind: InputKind::Choice,
    default: "auto",
    help: "The Git LFS objects to copy: auto for those that the moved refs need, full for those of all refs,\n      or none.",
    example: Example::of_both("auto"),
};

pub(crate) static LFS_MISSING: Input = Input {
    name: "lfsMissing",
    cli: CliForm::Flag("--lfs-missing"),
    kind: InputKind::Choice,
    default: "fail",
    help: "What Git LFS objects mean that the source does not have: fail, before a ref moves, or warn.",
    example: Example::of_both("warn"),
};

pub(crate) static MAX_PUSH_SIZE: Input = Input {
    name: "maxPushSize",
    cli: CliForm::Flag("--max-push-size"),
    kind: InputKind::Text,
    default: "",
    help: "The size above which a push is cut into parts, such as 1500 MiB; at least 1 MiB. Without it, the limit of\n      the destination's host, where it is known.",
    example: Example::of_both("1500 MiB"),
};

pub(crate) static INCLUDE_REPOSITORIES: Input = Input {
    name: "includeRepositories",
    cli: CliForm::Flag("--include-repositories"),
    kind: InputKind::Patterns,
    default: "",
    help: "With a project or organization as the source, the repositories to mirror: names, or paths such as\n      project/repository, '*' for any characters and '?' for one.",
    example: Example::of_both("shop/*"),
};

pub(crate) static EXCLUDE_REPOSITORIES: Input = Input {
    name: "excludeRepositories",
    cli: CliForm::Flag("--exclude-repositories"),
    kind: InputKind::Patterns,
    default: "",
    help: "The repositories to leave alone, even if they are included.",
    example: Example::of_both("*-archive"),
};

pub(crate) static INCLUDE_WIKIS: Input = Input {
    name: "includeWikis",
    cli: CliForm::Flag("--include-wikis"),
    kind: InputKind::Boolean,
    default: "false",
    help: "Whether the wikis of repositories are mirrored too, each as NAME-wiki.",
    example: Example::of_both("false"),
};

pub(crate) static REPOSITORY_NAME: Input = Input {
    name: "destinationRepositoryName",
    cli: CliForm::Flag("--destination-repository-name"),
    kind: InputKind::Text,
    default: "{repository}",
    help: "The name of each mirror, of {repository}, {project} and {organization}.",
    example: Example::of_both("{project}-{repository}"),
};

pub(crate) static OVERWRITE_UNRELATED: Input = Input {
    name: "overwriteUnrelated",
    cli: CliForm::Flag("--overwrite-unrelated"),
    kind: InputKind::Boolean,
    default: "false",
    help: "Whether a repository of that name may be overwritten that shares no history with its source.",
    example: Example::of_both("false"),
};

pub(crate) static PARALLEL_REPOSITORIES: Input = Input {
    name: "parallelRepositories",
    cli: CliForm::Flag("--parallel-repositories"),
    kind: InputKind::Number,
    default: "4",
    help: "How many repositories are mirrored at the same time, from 1 to 16.",
    example: Example::of_both("4"),
};

pub(crate) static CREATE_DESTINATION: Input = Input {
    name: "createDestination",
    cli: CliForm::Flag("--create-destination"),
    kind: InputKind::Choice,
    default: "none",
    help: "How a destination that does not exist is created: none, private, internal or public.",
    example: Example::of_both("private"),
};

pub(crate) static DEFAULT_BRANCH: Input = Input {
    name: "defaultBranch",
    cli: CliForm::Flag("--default-branch"),
    kind: InputKind::Choice,
    default: "leave",
    help: "The destination's default branch: leave for the host's own choice, follow for the source's.",
    example: Example::of_both("follow"),
};

pub(crate) static MAX_ATTEMPTS: Input = Input {
    name: "maxAttempts",
    cli: CliForm::Flag("--max-attempts"),
    kind: InputKind::Number,
    default: "5",
    help: "How often a run tries when a connection fails, a server is busy or a ref is locked, from 1 to 20.",
    example: Example::of_both("5"),
};

pub(crate) static CONNECT_TIMEOUT: Input = Input {
    name: "connectTimeoutSeconds",
    cli: CliForm::Flag("--connect-timeout-seconds"),
    kind: InputKind::Number,
    default: "30",
    help: "How long connecting to a server may take.",
    example: Example::of_both("30"),
};

pub(crate) static STALL_TIMEOUT: Input = Input {
    name: "stallTimeoutSeconds",
    cli: CliForm::Flag("--stall-timeout-seconds"),
    kind: InputKind::Number,
    default: "60",
    help: "How long a connection may stand still while bytes are due, before it counts as lost.",
    example: Example::of_both("60"),
};

pub(crate) static REPORT_TIMEOUT: Input = Input {
    name: "reportTimeoutMinutes",
    cli: CliForm::Flag("--report-timeout-minutes"),
    kind: InputKind::Number,
    default: "15",
    help: "How long the destination may be silent after the last byte, while it checks what it got.",
    example: Example::of_both("15"),
};

pub(crate) static RUN_TIMEOUT: Input = Input {
    name: "runTimeoutMinutes",
    cli: CliForm::Flag("--run-timeout-minutes"),
    kind: InputKind::Number,
    default: "350",
    help: "How long a run may take in all.",
    example: Example::of_both("350"),
};

pub(crate) static BUILD_TAGS: Input = Input {
    name: "buildTags",
    cli: CliForm::Flag("--build-tags"),
    kind: InputKind::Boolean,
    default: "false",
    help: "Whether the build of a pipeline gets the tags mirror-changed and mirror-failed.",
    example: Example::of_both("true"),
};

pub(crate) static HEARTBEAT: Input = Input {
    name: "heartbeatUri",
    cli: CliForm::Variable { name: "HEARTBEAT_URI", refused_flag: "--heartbeat-uri" },
    kind: InputKind::SecretUrl,
    default: "",
    help: "A URL of an uptime monitor, which is asked after a run in which everything succeeded.",
    example: Example {
        agent: "$(HeartbeatUri), a secret variable with the URL",
        person: "https://status.example.org/ping/1a2b3c4d",
    },
};

pub(crate) static CLONE_DIRECTORY: Input = Input {
    name: "sourceGitRepositoryCloneDirectoryName",
    cli: CliForm::Flag("--clone-directory"),
    kind: InputKind::Text,
    default: "",
    help: "A folder for a bare clone of the source: a new one, or such a clone. A mirror needs none.",
    example: Example::of_both("app.git"),
};
