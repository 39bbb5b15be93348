//! The inputs that are about no side alone.

use super::input::{CliForm, Example, Group, Input, InputKind};

pub(crate) static INCLUDE: Input = Input {
    name: "includeRefs",
    group: Group::Selection,
    summary: "Refs to mirror (repeatable)",
    cli: CliForm::Flag("--include"),
    kind: InputKind::Patterns,
    default: "refs/heads/*\nrefs/tags/*",
    help: "The refs to mirror: full names, '*' for any characters and '?' for one.",
    example: Example::of_both("refs/heads/release/*"),
};

pub(crate) static EXCLUDE: Input = Input {
    name: "excludeRefs",
    group: Group::Selection,
    summary: "Refs to leave alone on both sides (repeatable)",
    cli: CliForm::Flag("--exclude"),
    kind: InputKind::Patterns,
    default: "",
    help: "The refs to leave alone on both sides, even if they are included.",
    example: Example::of_both("refs/heads/users/*"),
};

pub(crate) static MAP_REFS: Input = Input {
    name: "mapRefs",
    group: Group::Selection,
    summary: "Other names at the destination (repeatable)",
    cli: CliForm::Flag("--map-refs"),
    kind: InputKind::Patterns,
    default: "",
    help: "Other names at the destination: refspecs of Git. Refs that none of them matches are left out.",
    example: Example::of_both("refs/heads/*:refs/heads/upstream/*"),
};

pub(crate) static PRUNE: Input = Input {
    name: "prune",
    group: Group::Selection,
    summary: "Delete refs that the source does not have",
    cli: CliForm::Flag("--prune"),
    kind: InputKind::Boolean,
    default: "true",
    help: "Whether refs that the source does not have are deleted at the destination.",
    example: Example::of_both("true"),
};

pub(crate) static EMPTY_SOURCE: Input = Input {
    name: "allowEmptySource",
    group: Group::Safety,
    summary: "Let an empty source empty the destination",
    cli: CliForm::Flag("--allow-empty-source"),
    kind: InputKind::Boolean,
    default: "false",
    help: "Whether a source without any ref, or without any branch, may delete those of the destination.",
    example: Example::of_both("false"),
};

pub(crate) static DRY_RUN: Input = Input {
    name: "dryRun",
    group: Group::Safety,
    summary: "Say what would be done, and change nothing",
    cli: CliForm::Flag("--dry-run"),
    kind: InputKind::Boolean,
    default: "false",
    help: "Whether the run only says what it would do.",
    example: Example::of_both("false"),
};

pub(crate) static MAX_DELETIONS: Input = Input {
    name: "maxDeletionsPercent",
    group: Group::Safety,
    summary: "Most refs of a pattern to delete, in percent",
    cli: CliForm::Flag("--max-deletions-percent"),
    kind: InputKind::Number,
    default: "50",
    help: "Safety limit: the percentage of the refs of each included pattern that one run may delete; up to 10 are always allowed.",
    example: Example::of_both("50"),
};

pub(crate) static DIVERGED_REFS: Input = Input {
    name: "divergedRefs",
    group: Group::Safety,
    summary: "Refs with commits that only the destination has",
    cli: CliForm::Flag("--diverged-refs"),
    kind: InputKind::Choice(&["overwrite", "keep", "fail"]),
    default: "overwrite",
    help: "Refs that have commits at the destination which the source does not: overwrite them, keep them as they are, or fail before a ref moves.",
    example: Example::of_both("keep"),
};

pub(crate) static KEEP_REPLACED: Input = Input {
    name: "keepReplaced",
    group: Group::Safety,
    summary: "Keep reachable what a mirror takes away",
    cli: CliForm::Flag("--keep-replaced"),
    kind: InputKind::Choice(&["none", "tags"]),
    default: "none",
    help: "What holds the commits that a forced update or a deletion takes away: none, or tags below refs/tags/mirror-replaced/.",
    example: Example::of_both("tags"),
};

pub(crate) static KEEP_REPLACED_DAYS: Input = Input {
    name: "keepReplacedDays",
    group: Group::Safety,
    summary: "How many days that is kept",
    cli: CliForm::Flag("--keep-replaced-days"),
    kind: InputKind::Number,
    default: "90",
    help: "How many days such a tag stays, from 1 to 36,500.",
    example: Example::of_both("90"),
};

pub(crate) static REJECTED_REFS: Input = Input {
    name: "rejectedRefs",
    group: Group::Safety,
    summary: "What refused refs mean for the run",
    cli: CliForm::Flag("--rejected-refs"),
    kind: InputKind::Choice(&["fail", "warn"]),
    default: "fail",
    help: "What happens when the destination refuses refs, after all others are mirrored: fail or warn.",
    example: Example::of_both("warn"),
};

pub(crate) static LFS: Input = Input {
    name: "lfs",
    group: Group::Selection,
    summary: "Git LFS objects to copy",
    cli: CliForm::Flag("--lfs"),
    kind: InputKind::Choice(&["auto", "full", "none"]),
    default: "auto",
    help: "The Git LFS objects to copy: auto for those that the moved refs need, full for those of all refs, or none.",
    example: Example::of_both("auto"),
};

pub(crate) static LFS_MISSING: Input = Input {
    name: "lfsMissing",
    group: Group::Selection,
    summary: "What LFS objects mean that the source lacks",
    cli: CliForm::Flag("--lfs-missing"),
    kind: InputKind::Choice(&["fail", "warn"]),
    default: "fail",
    help: "What happens when the source does not have some Git LFS objects: fail, before a ref moves, or warn.",
    example: Example::of_both("warn"),
};

pub(crate) static MAX_PUSH_SIZE: Input = Input {
    name: "maxPushSize",
    group: Group::Limits,
    summary: "Cut pushes into parts below this size",
    cli: CliForm::Flag("--max-push-size"),
    kind: InputKind::Text,
    default: "",
    help: "The size above which a push is cut into parts, such as 1500 MiB; at least 1 MiB. Without it, the limit of the destination's host, where it is known.",
    example: Example::of_both("1500 MiB"),
};

pub(crate) static INCLUDE_REPOSITORIES: Input = Input {
    name: "includeRepositories",
    group: Group::Projects,
    summary: "Repositories to mirror (repeatable)",
    cli: CliForm::Flag("--include-repositories"),
    kind: InputKind::Patterns,
    default: "",
    help: "With a project or organization as the source, the repositories to mirror: names, or paths such as project/repository, '*' for any characters and '?' for one.",
    example: Example::of_both("shop/*"),
};

pub(crate) static EXCLUDE_REPOSITORIES: Input = Input {
    name: "excludeRepositories",
    group: Group::Projects,
    summary: "Repositories to leave alone (repeatable)",
    cli: CliForm::Flag("--exclude-repositories"),
    kind: InputKind::Patterns,
    default: "",
    help: "The repositories to leave alone, even if they are included.",
    example: Example::of_both("*-archive"),
};

pub(crate) static INCLUDE_WIKIS: Input = Input {
    name: "includeWikis",
    group: Group::Projects,
    summary: "Mirror wikis, too",
    cli: CliForm::Flag("--include-wikis"),
    kind: InputKind::Boolean,
    default: "false",
    help: "Whether the wikis of repositories are mirrored too, each as NAME-wiki.",
    example: Example::of_both("false"),
};

pub(crate) static REPOSITORY_NAME: Input = Input {
    name: "destinationRepositoryName",
    group: Group::Projects,
    summary: "Name of each mirror",
    cli: CliForm::Flag("--destination-repository-name"),
    kind: InputKind::Text,
    default: "{repository}",
    help: "The name of each mirror, of {repository}, {project} and {organization}.",
    example: Example::of_both("{project}-{repository}"),
};

pub(crate) static OVERWRITE_UNRELATED: Input = Input {
    name: "overwriteUnrelated",
    group: Group::Projects,
    summary: "Overwrite repositories of another history",
    cli: CliForm::Flag("--overwrite-unrelated"),
    kind: InputKind::Boolean,
    default: "false",
    help: "Whether a repository of that name may be overwritten that shares no history with its source.",
    example: Example::of_both("false"),
};

pub(crate) static PARALLEL_REPOSITORIES: Input = Input {
    name: "parallelRepositories",
    group: Group::Projects,
    summary: "Mirrors at the same time",
    cli: CliForm::Flag("--parallel-repositories"),
    kind: InputKind::Number,
    default: "4",
    help: "How many repositories are mirrored at the same time, from 1 to 16.",
    example: Example::of_both("4"),
};

pub(crate) static CREATE_DESTINATION: Input = Input {
    name: "createDestination",
    group: Group::Selection,
    summary: "Create destinations that do not exist",
    cli: CliForm::Flag("--create-destination"),
    kind: InputKind::Choice(&["none", "private", "internal", "public"]),
    default: "none",
    help: "How a destination that does not exist is created: none, private, internal or public.",
    example: Example::of_both("private"),
};

pub(crate) static DEFAULT_BRANCH: Input = Input {
    name: "defaultBranch",
    group: Group::Selection,
    summary: "Default branch of the destination",
    cli: CliForm::Flag("--default-branch"),
    kind: InputKind::Choice(&["leave", "follow"]),
    default: "leave",
    help: "The destination's default branch: leave for the host's own choice, follow for the source's.",
    example: Example::of_both("follow"),
};

pub(crate) static MAX_ATTEMPTS: Input = Input {
    name: "maxAttempts",
    group: Group::Limits,
    summary: "Attempts of each mirror",
    cli: CliForm::Flag("--max-attempts"),
    kind: InputKind::Number,
    default: "5",
    help: "How often a run tries when a connection fails, a server is busy or a ref is locked, from 1 to 20.",
    example: Example::of_both("5"),
};

pub(crate) static CONNECT_TIMEOUT: Input = Input {
    name: "connectTimeoutSeconds",
    group: Group::Limits,
    summary: "Seconds to wait for a connection",
    cli: CliForm::Flag("--connect-timeout-seconds"),
    kind: InputKind::Number,
    default: "30",
    help: "How long connecting to a server may take.",
    example: Example::of_both("30"),
};

pub(crate) static STALL_TIMEOUT: Input = Input {
    name: "stallTimeoutSeconds",
    group: Group::Limits,
    summary: "Seconds to wait for due bytes",
    cli: CliForm::Flag("--stall-timeout-seconds"),
    kind: InputKind::Number,
    default: "60",
    help: "How long a connection may stand still while bytes are due, before it counts as lost.",
    example: Example::of_both("60"),
};

pub(crate) static REPORT_TIMEOUT: Input = Input {
    name: "reportTimeoutMinutes",
    group: Group::Limits,
    summary: "Minutes for the destination to process a push",
    cli: CliForm::Flag("--report-timeout-minutes"),
    kind: InputKind::Number,
    default: "15",
    help: "How long to wait for the destination to process the push after everything was sent. Any progress message restarts the clock.",
    example: Example::of_both("15"),
};

pub(crate) static RUN_TIMEOUT: Input = Input {
    name: "runTimeoutMinutes",
    group: Group::Limits,
    summary: "Minutes that the run may take",
    cli: CliForm::Flag("--run-timeout-minutes"),
    kind: InputKind::Number,
    default: "350",
    help: "How long a run may take in all.",
    example: Example::of_both("350"),
};

pub(crate) static BUILD_TAGS: Input = Input {
    name: "buildTags",
    group: Group::Monitoring,
    summary: "Tag the build with the result",
    cli: CliForm::Never,
    kind: InputKind::Boolean,
    default: "false",
    help: "Whether the build of a pipeline gets the tags mirror-changed and mirror-failed.",
    example: Example::of_both("true"),
};

/// The variable of a run by hand that holds the address of a monitor.
pub(crate) const HEARTBEAT_VARIABLE: &str = "HEARTBEAT_URI";

pub(crate) static HEARTBEAT: Input = Input {
    name: "heartbeatUri",
    group: Group::Monitoring,
    summary: "URL to ask after a plain success",
    cli: CliForm::Variable { name: HEARTBEAT_VARIABLE, refused_flag: "--heartbeat-uri" },
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
    group: Group::Source,
    summary: "Folder for a bare clone of the source",
    cli: CliForm::Flag("--clone-directory"),
    kind: InputKind::Text,
    default: "",
    help: "A folder for a bare clone of the source: a new one, or such a clone. A mirror needs none.",
    example: Example::of_both("app.git"),
};
