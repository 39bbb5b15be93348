//! The number of requests of each of many small repositories that is mirrored for the first time.

use super::{container, empty_host, hosted};
use crate::support::host_double::{HostDouble, Kind, Place};
use crate::support::task::Task;

/// The requests for Git of one repository, each as its method and the end of its target.
fn of_git(host: &HostDouble, name: &str) -> Vec<String> {
    let seen = host.seen().into_iter().filter(|seen| seen.place == Place::Git);
    let of_it = seen.filter(|seen| seen.target.contains(&format!("/{name}")));
    of_it
        .map(|seen| {
            let end = seen.target.rsplit('/').next().unwrap_or_default();
            format!("{} {end}", seen.method)
        })
        .collect()
}

/// Mirrors a repository whose server has served another before, and returns what each side was asked for it.
fn first_mirror_behind_another(bytes_of_noise: u64) -> (Vec<String>, Vec<String>) {
    let (from, to) = (empty_host(Kind::AzureServer), empty_host(Kind::GitHub));
    for name in ["a-first", "b-next"] {
        let repository = from.add(&format!("{}/{name}", container(Kind::AzureServer)));
        repository.commit("main", 3);
        repository.commit_noise("main", bytes_of_noise);
        repository.set("refs/tags/v1", "refs/heads/main");
        repository.git(&["config", "uploadpack.allowFilter", "true"]);
        // Its host tells a size of what is in packs.
        repository.repack();
        to.add(&format!("{}/{name}", container(Kind::GitHub)));
    }
    let task = Task::new(&from.url(container(Kind::AzureServer)), &to.url(container(Kind::GitHub)))
        .input("sourceHostKind", Kind::AzureServer.word())
        .input("destinationHostKind", Kind::GitHub.word())
        .input("parallelRepositories", "1");
    task.run().succeeded();
    assert_eq!(hosted(&to, "b-next").refs(&[]), hosted(&from, "b-next").refs(&[]));
    (of_git(&from, "b-next"), of_git(&to, "b-next"))
}

#[test]
fn a_small_repository_is_listed_and_fetched_in_two_requests() {
    let (source, destination) = first_mirror_behind_another(10_000);
    assert_eq!(source, ["POST git-upload-pack", "POST git-upload-pack"]);
    // Its default branch is asked for without asking for the capabilities again.
    assert_eq!(
        destination,
        [
            "GET info/refs?service=git-receive-pack",
            "POST git-upload-pack",
            "POST git-receive-pack",
            "GET info/refs?service=git-receive-pack"
        ]
        .map(|request| request.replace("info/", ""))
    );
}

#[test]
fn a_large_repository_is_looked_at_before_its_pack() {
    let (source, _) = first_mirror_behind_another(9 << 20);
    // It has no attributes that would be asked for next.
    assert_eq!(source, ["POST git-upload-pack"; 3]);
}
