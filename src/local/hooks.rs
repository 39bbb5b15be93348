//! Hooks that Git would run at a push. This task runs none: it brings no shell, and a hook is somebody's program.

use std::fs::Metadata;
use std::path::PathBuf;

use git2::Repository;

/// The hooks that Git runs for `receive-pack`.
const NAMES: [&str; 7] = [
    "pre-receive",
    "update",
    "proc-receive",
    "reference-transaction",
    "push-to-checkout",
    "post-receive",
    "post-update",
];

/// Finds the hooks of a repository that Git would run: files by these names that may be executed.
pub(crate) fn of(repository: &Repository) -> Vec<&'static str> {
    let folder = folder(repository);
    let is_hook = |name: &&str| folder.join(name).metadata().is_ok_and(|found| may_run(&found));
    NAMES.into_iter().filter(is_hook).collect()
}

/// Returns where they are; Git reads a relative `core.hooksPath` from the repository's own folder.
fn folder(repository: &Repository) -> PathBuf {
    let configured = repository.config().and_then(|config| config.get_path("core.hooksPath"));
    repository.commondir().join(configured.unwrap_or_else(|_| PathBuf::from("hooks")))
}

#[cfg(unix)]
fn may_run(found: &Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    found.is_file() && found.permissions().mode() & 0o111 != 0
}

/// Windows has no such permission.
#[cfg(not(unix))]
fn may_run(found: &Metadata) -> bool {
    found.is_file()
}

#[cfg(all(test, unix))]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn only_what_git_would_run_is_a_hook() {
        let place = tempfile::tempdir().unwrap();
        let repository = Repository::init_bare(place.path()).unwrap();
        let write = |name: &str, mode| {
            let path = place.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, "#!/bin/sh\n").unwrap();
            fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        };
        fs::remove_dir_all(place.path().join("hooks")).ok();
        assert_eq!(of(&repository), [""; 0]);
        for (name, mode) in [
            ("hooks/pre-receive.sample", 0o755),
            ("hooks/pre-commit", 0o755),
            ("hooks/update", 0o644),
            ("hooks/post-receive", 0o755),
            ("hooks/pre-receive", 0o755),
            ("elsewhere/reference-transaction", 0o755),
        ] {
            write(name, mode);
        }
        assert_eq!(of(&repository), ["pre-receive", "post-receive"]);
        let set = |value: &str| repository.config().unwrap().set_str("core.hooksPath", value).unwrap();
        set("elsewhere");
        assert_eq!(of(&repository), ["reference-transaction"]);
        set(place.path().join("hooks").to_str().unwrap());
        assert_eq!(of(&repository), ["pre-receive", "post-receive"]);
        set("/dev/null");
        assert_eq!(of(&repository), [""; 0]);
    }
}
