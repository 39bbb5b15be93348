//! A server on one side, and a folder of this machine on the other.

use crate::lfs_folders::{bytes, copied, keep, kept};
use crate::support::git_server::Protocol;
use crate::support::lfs::{Object, objects};
use crate::support::lfs_oracle::verify_lfs;
use crate::support::lfs_pair::{DESTINATION, LfsPair, SOURCE, Setup, asked_of, moved, oids};
use crate::support::nginx::Scheme;
use crate::support::pair::{Access, Way};

const WEB: Access = Access::Web(Scheme::Http, Protocol::V2);

fn pair(source: Access, destination: Access) -> LfsPair {
    LfsPair::with(Setup { way: Way { source, destination }, ..Setup::default() })
}

#[test]
fn a_folder_is_mirrored_to_a_server() {
    for access in [Access::Path, Access::FileUrl] {
        let pair = pair(access, WEB);
        let objects = objects(3, 130, 1..5000);
        pair.source().commit_objects("main", &objects[..120]);
        // What it says is for those who come over the network.
        pair.source()
            .commit_files("main", &[(".lfsconfig", "[lfs]\n  url = https://lfs.example.org/objects\n")]);
        keep(&pair.source().path.join("lfs"), &objects);
        let outcome = pair.task().run();
        assert_eq!(copied(outcome.succeeded()), ["120", &bytes(&objects[..120]), "0"]);
        assert_eq!(pair.giftless.stored(DESTINATION).into_keys().collect::<Vec<_>>(), oids(&objects[..120]));
        pair.pair.expect_equal();

        pair.requests();
        pair.source().commit_objects("main", &objects[120..]);
        assert_eq!(copied(pair.task().run().succeeded())[0], "10");
        let requests = pair.requests();
        // Beside these, a few of the earlier ones are asked for: they tell if something was left out.
        let asked = asked_of(DESTINATION, &requests);
        assert!(oids(&objects[120..]).iter().all(|oid| asked.contains(oid)) && asked.len() < 60, "{asked:?}");
        assert_eq!(moved("PUT", &requests), oids(&objects[120..]));
        // The judge asks the server that the file names, unless there is none.
        pair.source().git(&["update-ref", "-d", "refs/heads/main"]);
        pair.source().commit_objects("main", &objects);
        pair.task().run().succeeded();
        assert_eq!(verify_lfs(&pair).len(), 130);
    }
}

#[test]
fn a_server_is_mirrored_to_a_folder() {
    let pair = pair(WEB, Access::Path);
    let objects = objects(4, 130, 1..5000);
    pair.commit("main", &objects[..120]);
    assert_eq!(copied(pair.task().run().succeeded()), ["120", &bytes(&objects[..120]), "0"]);
    assert_eq!(kept(&pair.destination().path.join("lfs")), oids(&objects[..120]));
    pair.requests();
    pair.commit("topic", &objects[120..]);
    assert_eq!(copied(pair.task().run().succeeded())[0], "10");
    assert_eq!(moved("GET", &pair.requests()), oids(&objects[120..]));
    assert_eq!(kept(&pair.destination().path.join("lfs")), oids(&objects));
    pair.pair.expect_equal();
}

#[test]
fn wrong_content_of_a_server_does_not_get_into_a_folder() {
    let pair = pair(WEB, Access::Path);
    let objects = objects(5, 3, 100..200);
    pair.commit("main", &objects);
    let mut wrong = Object::new(vec![b'x'; usize::try_from(objects[1].size).unwrap()]);
    wrong.oid.clone_from(&objects[1].oid);
    pair.giftless.store(SOURCE, [&wrong]);
    let error = pair.task().run().failed();
    assert!(error.contains("source") && error.contains(&objects[1].oid), "{error}");
    let kept = kept(&pair.destination().path.join("lfs"));
    assert!(!kept.iter().any(|name| name.contains(&objects[1].oid)), "{kept:?}");
    assert_eq!(pair.destination().refs(&[]).len(), 0);
}
