//! The clone directory of a source with LFS: it is whole, too.

use std::fs;
use std::path::{Path, PathBuf};

use crate::lfs_folders::{bytes, copied, kept};
use crate::support::git::{BRANCHES_AND_TAGS, Repository};
use crate::support::git_server::Protocol;
use crate::support::lfs::{Object, objects};
use crate::support::lfs_oracle::lfs;
use crate::support::lfs_pair::{DESTINATION, LfsPair, SOURCE, moved, oids};
use crate::support::nginx::Scheme;
use crate::support::task::Task;

/// A job's working directory, and a source with objects.
struct Job {
    pair: LfsPair,
    work: tempfile::TempDir,
    objects: Vec<Object>,
}

impl Job {
    fn new() -> Self {
        let (pair, objects) = (LfsPair::new(), objects(51, 12, 1..3000));
        pair.commit("main", &objects);
        Self { pair, work: tempfile::tempdir().unwrap(), objects }
    }

    fn task(&self) -> Task {
        let task = self.pair.task().input("sourceGitRepositoryCloneDirectoryName", "clone.git");
        task.variable("SYSTEM_DEFAULTWORKINGDIRECTORY", self.work.path().to_str().unwrap())
    }

    fn clone(&self) -> PathBuf {
        self.work.path().join("clone.git")
    }

    #[track_caller]
    fn expect_whole(&self) {
        let clone = Repository { path: self.clone() };
        assert_eq!(clone.refs(&[]), self.pair.source().refs(BRANCHES_AND_TAGS));
        assert_eq!(kept(&self.clone().join("lfs")), oids(&self.objects));
        assert!(lfs(&clone.path, &["fsck", "--objects", "main"]).contains("Git LFS fsck OK"));
        assert_eq!(
            self.pair.giftless.stored(DESTINATION).into_keys().collect::<Vec<_>>(),
            oids(&self.objects)
        );
    }

    /// Expects that neither the clone nor the destination has refs.
    #[track_caller]
    fn expect_no_refs(&self) {
        let refs =
            |path: &Path| if path.exists() { Repository { path: path.into() }.refs(&[]).len() } else { 0 };
        assert_eq!((refs(&self.clone()), self.pair.destination().refs(&[]).len()), (0, 0));
    }
}

#[test]
fn a_clone_is_whole_and_its_objects_do_not_count() {
    let mut job = Job::new();
    assert_eq!(copied(job.task().run().succeeded()), ["12", &bytes(&job.objects), "0"]);
    job.expect_whole();
    job.pair.requests();
    job.task().run().succeeded();
    assert_eq!(job.pair.requests(), []);
    // The clone alone lacks it.
    let more = objects(52, 1, 10..20);
    job.pair.commit("topic", &more);
    job.pair.task().run().succeeded();
    job.objects.extend(more);
    assert_eq!(copied(job.task().run().succeeded()), ["0", "0", "0"]);
    job.expect_whole();
    let lost = kept(&job.clone().join("lfs")).remove(0);
    fs::remove_file(job.clone().join("lfs/objects").join(&lost[..2]).join(&lost[2..4]).join(&lost)).unwrap();
    assert_eq!(copied(job.task().input("lfs", "full").run().succeeded()), ["0", "0", "0"]);
    job.expect_whole();
    job.pair.requests();
    assert_eq!(copied(job.task().input("lfs", "full").run().succeeded()), ["0", "0", "0"]);
    let requests = job.pair.requests();
    assert_eq!((moved("GET", &requests).len(), moved("PUT", &requests).len()), (0, 0));
}

#[test]
fn a_clone_that_gets_no_objects_leaves_the_destination() {
    let job = Job::new();
    let clone = Repository::init(job.clone());
    let url = job.pair.pair.nginx.url(Scheme::Http, Protocol::V2, SOURCE);
    clone.git(&["config", "remote.origin.url", &url]);
    fs::write(clone.path.join("lfs"), "a file").unwrap();
    let error = job.task().run().failed();
    assert!(error.contains("clone directory") && error.contains("cannot be written"), "{error}");
    job.expect_no_refs();
    fs::remove_file(clone.path.join("lfs")).unwrap();
    job.pair.giftless.remove(SOURCE, &job.objects[4]);
    let error = job.task().run().failed();
    assert!(error.contains("source") && error.contains(&job.objects[4].oid), "{error}");
    job.expect_no_refs();
    let outcome = job.task().input("lfsMissing", "warn").run();
    assert_eq!(outcome.result(), "SucceededWithIssues", "{}", outcome.text);
    assert_eq!(copied(&outcome)[2], "1");
}

#[test]
fn what_only_the_clone_lacks_is_told_too() {
    let job = Job::new();
    job.pair.task().run().succeeded();
    job.pair.giftless.remove(SOURCE, &job.objects[4]);
    let outcome = job.task().input("lfsMissing", "warn").run();
    assert_eq!(outcome.result(), "SucceededWithIssues", "{}", outcome.text);
    assert_eq!(copied(&outcome), ["0", "0", "1"]);
}

#[cfg(unix)]
#[test]
fn nothing_leads_the_objects_of_a_clone_elsewhere() {
    let job = Job::new();
    let elsewhere = tempfile::tempdir().unwrap();
    job.task().run().succeeded();
    let more = objects(53, 3, 10..20);
    job.pair.commit("main", &more);
    let objects = job.clone().join("lfs/objects");
    let moved = elsewhere.path().join("objects");
    fs::rename(&objects, &moved).unwrap();
    std::os::unix::fs::symlink(&moved, &objects).unwrap();
    let error = job.task().run().failed();
    assert!(error.contains("is a link"), "{error}");
    fs::remove_file(&objects).unwrap();
    fs::rename(&moved, &objects).unwrap();
    let clone = Repository { path: job.clone() };
    clone.git(&["config", "lfs.storage", elsewhere.path().to_str().unwrap()]);
    let error = job.task().run().failed();
    assert!(error.contains("clone directory") && error.contains("lfs.storage"), "{error}");
    assert_eq!(kept(elsewhere.path()).len(), 0);
}

#[test]
fn a_dry_run_makes_no_clone() {
    let job = Job::new();
    let outcome = job.task().input("dryRun", "true").run();
    assert_eq!(copied(outcome.succeeded()), ["12", &bytes(&job.objects), "0"]);
    assert!(!job.clone().exists());
}
