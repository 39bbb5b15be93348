//! Random faults on the way of full and incremental mirrors: whatever breaks, the destination stays whole and the task
//! tells the truth. `scripts/faults` runs many; a few of a fixed seed belong to the ordinary tests.

use std::collections::BTreeSet;
use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use crate::support::dice::Dice;
use crate::support::fault_proxy::{Direction, Fault, FaultProxy, Harm, Place};
use crate::support::git::{BRANCHES_AND_TAGS, Refs, Repository, output};
use crate::support::git_server::{Config, GitServer, Protocol};
use crate::support::task::{Outcome, Task};
use crate::support::trials::Trials;

/// What is mirrored, and the traffic of a mirror that nothing disturbs.
struct Scenario {
    name: &'static str,
    source: Repository,
    /// The destination before the mirror; every run gets a copy.
    destination: Repository,
    protocol: Protocol,
    /// Where the exchanges with the source and with the destination begin, and end.
    traffic: [Vec<[u64; 2]>; 2],
}

/// The servers of one run, a proxy before each.
struct Network {
    destination: Repository,
    server: GitServer,
    proxies: [FaultProxy; 2],
    folder: tempfile::TempDir,
}

/// One run of the campaign, all of it from its seed.
struct Trial<'a> {
    scenario: &'a Scenario,
    faults: [Option<Fault>; 2],
    attempts: u64,
}

impl Scenario {
    fn new(root: &tempfile::TempDir, name: &'static str, protocol: Protocol) -> Self {
        let path = |side: &str| -> PathBuf { root.path().join(format!("{name}-{protocol:?}-{side}")) };
        let source = Repository::init(path("source"));
        let destination = Repository::init(path("destination"));
        source.commit("main", 12);
        if name.contains("large") {
            // More than goes in one piece.
            source.commit_noise("main", 1_500_000);
        }
        for branch in ["moved", "same", "old"] {
            source.commit(branch, 4);
        }
        source.set("refs/tags/v1", "refs/heads/main");
        if name.contains("incremental") {
            destination.git(&["fetch", "-q", source.path.to_str().unwrap(), "+refs/*:refs/*"]);
            source.set("refs/heads/moved", "refs/heads/moved~2");
            source.commit("moved", 3);
            source.commit("main", 3);
            if name.contains("large") {
                source.set("refs/heads/noise", "refs/heads/old");
                source.commit_noise("noise", 1_400_008);
            }
            source.set("refs/tags/v1", "refs/heads/main");
            source.delete("refs/heads/old");
        }
        source.commit("new", 5);
        let mut scenario = Self { name, source, destination, protocol, traffic: [Vec::new(), Vec::new()] };
        let network = Network::start(&scenario, [None, None]);
        network.task().run().succeeded();
        scenario.traffic = [0, 1].map(|side| network.proxies[side].exchanges());
        scenario
    }
}

impl Network {
    fn start(scenario: &Scenario, faults: [Option<Fault>; 2]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("destination");
        output(Command::new("cp").arg("-a").arg(&scenario.destination.path).arg(&path), b"");
        std::os::unix::fs::symlink(&scenario.source.path, folder.path().join("source")).unwrap();
        let config = Config { root: folder.path().to_owned(), protocol: scenario.protocol, token: None };
        let server = GitServer::start(config, |_| ()).unwrap();
        let proxies = faults.map(|fault| FaultProxy::start(server.address(), fault));
        Self { destination: Repository { path }, server, proxies, folder }
    }

    fn task(&self) -> Task {
        task_between(self.proxies[0].address(), self.proxies[1].address())
    }

    /// Waits until Git is through with everything that reached it, and returns what it left.
    fn settle(self) -> (Repository, tempfile::TempDir) {
        drop(self.proxies);
        drop(self.server);
        (self.destination, self.folder)
    }
}

fn task_between(source: SocketAddr, destination: SocketAddr) -> Task {
    Task::new(&format!("http://{source}/source"), &format!("http://{destination}/destination"))
}

impl<'a> Trial<'a> {
    fn new(scenarios: &'a [Scenario], seed: u64) -> Self {
        let mut dice = Dice::new(seed);
        let scenario = &scenarios[usize::try_from(dice.below(scenarios.len() as u64)).unwrap()];
        let mut faults = [None, None];
        let side = usize::try_from(dice.below(2)).unwrap();
        faults[side] = Some(fault(&mut dice, side, &scenario.traffic[side]));
        if dice.below(5) == 0 {
            faults[1 - side] = Some(fault(&mut dice, 1 - side, &scenario.traffic[1 - side]));
        }
        Self { scenario, faults, attempts: 1 + dice.below(2) }
    }

    /// Mirrors through the faults, checks what became of it, and mirrors again without any.
    fn run(&self) {
        let network = Network::start(self.scenario, self.faults);
        let task = network.task().input("stallTimeoutSeconds", "1").input("reportTimeoutMinutes", "1");
        let outcome = task.input("maxAttempts", &self.attempts.to_string()).run();
        let (destination, _folder) = network.settle();
        self.expect_whole(&destination, &outcome);

        let again = Network::start(
            &Scenario {
                name: self.scenario.name,
                source: self.scenario.source.clone(),
                destination,
                protocol: self.scenario.protocol,
                traffic: [Vec::new(), Vec::new()],
            },
            [None, None],
        );
        again.task().run().succeeded();
        assert_eq!(again.destination.refs(BRANCHES_AND_TAGS), self.scenario.source.refs(BRANCHES_AND_TAGS));
        again.destination.fsck();
    }

    fn expect_whole(&self, destination: &Repository, outcome: &Outcome) {
        let old = self.scenario.destination.refs(&[]);
        let new = self.scenario.source.refs(&[]);
        let now = destination.refs(&[]);
        destination.fsck();
        let names: BTreeSet<_> = [&old, &new, &now].into_iter().flat_map(Refs::keys).collect();
        let mut changed = 0;
        for name in names {
            let (before, due, is) = (old.get(name), new.get(name), now.get(name));
            assert!(is == before || is == due, "{name} is {is:?}, neither {before:?} nor {due:?}");
            changed += u64::from(is != before);
        }
        match outcome.result() {
            "Succeeded" => {
                assert_eq!(now, new, "it said that all is well");
                assert_eq!((outcome.status, outcome.errors()), (Some(0), Vec::new()));
            }
            _ => drop(outcome.failed()),
        }
        if outcome.text.contains("nothing was changed at the destination") {
            assert_eq!(now, old, "it said that nothing was changed");
        }
        if outcome.text.contains("variable=refsCreated") {
            let [created, updated, deleted, ..] = outcome.counts();
            let said = created + updated + deleted;
            assert!(said <= changed, "it said that more was changed than was");
            // Where the destination was in trouble, a push that broke off may be applied after the task has looked.
            assert!(said == changed || self.faults[1].is_some(), "it said that less was changed than was");
        }
        assert_eq!(outcome.left, Vec::<String>::new(), "nothing is left on the disk");
        assert!(!outcome.text.contains("internal error, please report"), "a panic");
    }
}

impl fmt::Display for Trial<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Scenario { name, protocol, .. } = self.scenario;
        write!(f, "{name} {protocol:?}, {} attempts", self.attempts)?;
        for (side, fault) in ["source", "destination"].iter().zip(self.faults) {
            if let Some(fault) = fault {
                write!(f, ", {side}: {fault:?}")?;
            }
        }
        Ok(())
    }
}

/// A harm at any byte of any exchange. What garbles bytes is kept to packs, which carry a checksum: nothing but TLS
/// finds a letter that was changed in a name.
fn fault(dice: &mut Dice, side: usize, traffic: &[[u64; 2]]) -> Fault {
    if dice.below(3) == 0 {
        let length = usize::try_from(1 + dice.below(64)).unwrap();
        let harm = match dice.below(3) {
            0 => Harm::Flip(u8::try_from(dice.below(8)).unwrap()),
            1 => Harm::Duplicate(length),
            _ => Harm::Omit(length),
        };
        let direction = if side == 0 { Direction::Down } else { Direction::Up };
        let most =
            traffic.windows(2).map(|ends| ends[1][direction as usize] - ends[0][direction as usize]).max();
        // The marker itself, its version and count are fair game too; past the end nothing happens.
        return Fault { direction, place: Place::PackByte(dice.below(most.unwrap_or_default())), harm };
    }
    let harm = match dice.below(6) {
        0 => Harm::Close,
        1 => Harm::Reset,
        2 => Harm::Truncate,
        3 => Harm::Stall(Duration::from_millis(1800)),
        4 => Harm::Slow,
        _ => Harm::Answer(dice.pick(&[401, 403, 408, 413, 429, 500, 502, 503, 504])),
    };
    let direction = match harm {
        Harm::Answer(_) => Direction::Up,
        _ => dice.pick(&[Direction::Up, Direction::Down]),
    };
    let exchange = usize::try_from(dice.below(traffic.len() as u64 - 1)).unwrap();
    let [start, end] = [0, 1].map(|ahead| traffic[exchange + ahead][direction as usize]);
    let length = end - start;
    let offset = match dice.below(4) {
        0 => dice.below(length.min(40)),
        1 => length.saturating_sub(1 + dice.below(40)),
        _ => dice.below(length),
    };
    Fault { direction, place: Place::Byte(start + offset), harm }
}

fn campaign(trials: Trials, at_once: usize) {
    let root = tempfile::tempdir().unwrap();
    let names = ["full", "full large", "incremental", "incremental large"];
    let scenarios: Vec<_> = names
        .into_iter()
        .flat_map(|name| [Protocol::V2, Protocol::V0].map(|protocol| (name, protocol)))
        .map(|(name, protocol)| Scenario::new(&root, name, protocol))
        .collect();
    let trial = |seed| Trial::new(&scenarios, seed);
    trials.make(
        at_once,
        |seed| trial(seed).run(),
        |seed| format!("scripts/faults 1 {seed}\n  {}", trial(seed)),
    );
}

#[test]
fn some_random_faults_lose_nothing_and_the_result_is_true() {
    campaign(Trials { count: 20, seed: 2026 }, 3);
}

#[test]
#[ignore = "takes minutes: scripts/faults runs it"]
fn many_random_faults_lose_nothing_and_the_result_is_true() {
    campaign(Trials::of_environment(), 6);
}
