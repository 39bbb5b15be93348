//! The launcher with programs in place of the binary: each way a process can end, or not start.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

use super::double::{Agent, IssueKind, Run, Stop, TaskFolder, TaskResult, nodes, platform};

/// What the binary prints when it has failed: one error issue, one result.
const REPORTED: &str = r"console.log('##vso[task.logissue type=error]no such repository');
                         console.log('##vso[task.complete result=Failed;]');";

/// Runs the same stand-in on each Node.
fn on_each_node(program: &str, check: impl Fn(Run)) {
    for node in nodes() {
        check(Agent::new(&node).run(&TaskFolder::with_stand_in(&node, program)));
    }
}

/// Asserts that the step failed by one error and one result, said the right way.
fn assert_failed(run: &Run, reason: &str) {
    assert_eq!(run.result, TaskResult::Failed, "{}", run.log());
    assert_eq!(run.exit_status, 0, "a failing exit status beside task.complete outlives a retry");
    assert_eq!(run.commands("task", "complete").len(), 1, "{}", run.raw());
    let errors = run.issues(IssueKind::Error);
    assert_eq!(errors.len(), 1, "{errors:?}");
    assert!(errors[0].contains(reason), "{errors:?}");
    assert!(run.output_closed);
    assert_eq!(run.orphans, 0);
}

#[test]
fn a_success_is_a_success_and_adds_nothing_to_the_output() {
    on_each_node("console.log('done'); process.exitCode = 90;", |run| {
        assert_eq!(run.result, TaskResult::Succeeded);
        assert_eq!(run.raw(), "done");
        assert_eq!(run.orphans, 0);
    });
}

#[test]
fn success_with_issues_is_what_the_binary_said() {
    const PROGRAM: &str =
        "console.log('##vso[task.complete result=SucceededWithIssues;]'); process.exitCode = 90;";
    on_each_node(PROGRAM, |run| {
        assert_eq!((run.result, run.exit_status), (TaskResult::SucceededWithIssues, 0));
    });
}

#[test]
fn a_failure_that_the_binary_has_reported_is_not_reported_again() {
    on_each_node(&format!("{REPORTED} process.exitCode = 90;"), |run| {
        assert_failed(&run, "no such repository");
    });
}

#[test]
fn an_unknown_exit_status_is_a_crash_that_the_launcher_reports() {
    on_each_node("process.exitCode = 101;", |run| assert_failed(&run, "exit status 101"));
}

#[test]
fn a_failure_that_the_binary_could_not_report_is_never_green() {
    // By hand 1 is a failure of the binary's own; so Windows ends a process that is killed, too.
    on_each_node("process.exitCode = 1;", |run| assert_failed(&run, "exit status 1 before"));
}

#[test]
fn an_end_with_0_says_nothing_and_is_never_green() {
    on_each_node("console.log('done');", |run| assert_failed(&run, "exit status 0 before"));
    // As a library's handler of a signal may end the process.
    let ended = "process.on('SIGUSR1', () => process.exit(0)); setInterval(() => {}, 1000);
        process.kill(process.pid, 'SIGUSR1');";
    on_each_node(ended, |run| assert_failed(&run, "exit status 0 before"));
}

#[test]
fn an_unread_output_gives_a_failing_exit_status() {
    for node in nodes() {
        let task = TaskFolder::with_stand_in(&node, "process.exitCode = 1;");
        let mut launcher = Command::new(&node);
        let launcher = launcher.arg(task.path().join("launcher.js")).stdout(Stdio::piped());
        let mut step = launcher.stderr(Stdio::null()).spawn().unwrap();
        drop(step.stdout.take());
        assert!(!step.wait().unwrap().success());
    }
}

#[test]
fn death_by_a_signal_is_a_crash_that_the_launcher_reports() {
    on_each_node("process.kill(process.pid, 'SIGKILL');", |run| assert_failed(&run, "SIGKILL"));
    on_each_node("process.abort();", |run| assert_failed(&run, "SIGABRT"));
}

#[test]
fn a_missing_platform_gets_one_message_that_lists_the_shipped() {
    for node in nodes() {
        let task = TaskFolder::without_binary();
        assert_failed(&Agent::new(&node).run(&task), &format!("no binary for {}; it holds none", platform()));

        for shipped in ["win32-x64", "darwin-arm64"] {
            fs::create_dir_all(task.path().join("bin").join(shipped)).unwrap();
        }
        assert_failed(&Agent::new(&node).run(&task), "it holds darwin-arm64, win32-x64");

        // A message is data, whatever is in it.
        let odd = "odd%0A\r\n##vso[task.complete result=Skipped]";
        fs::create_dir_all(task.path().join("bin").join(odd)).unwrap();
        assert_failed(&Agent::new(&node).run(&task), &format!("it holds darwin-arm64, {odd}, win32-x64"));
    }
}

/// Asserts that this is not started in place of the binary, on any Node, and is told so.
fn assert_not_started(content: &[u8], reason: &str) {
    for node in nodes() {
        let run = Agent::new(&node).run(&TaskFolder::with_binary(content));
        assert_failed(&run, reason);
        assert!(run.issues(IssueKind::Error)[0].contains(".completed'"), "{}", run.log());
    }
}

/// The binary as it is shipped, as far as a file's first bytes tell.
fn program() -> Vec<u8> {
    fs::read(env!("CARGO_BIN_EXE_mirror-git-repository")).unwrap()
}

#[test]
fn what_is_no_program_is_not_started() {
    assert_not_started(b"", "is empty");
    for content in [
        &b"\n"[..],
        b"exit 0\n",
        b"#!/bin/sh\nexit 90\n",
        &[0; 8192],
        &program()[1..],
        b"MZ\x90\0",
        b"\xcf\xfa\xed\xfe\x07\0\0\x01",
        // An ELF header and nothing else.
        &program()[..64],
    ] {
        assert_not_started(content, &format!("is no program for {}", platform()));
    }
}

#[test]
fn a_program_of_another_processor_is_not_started() {
    let mut foreign = program();
    // RISC-V.
    foreign[18] = 0xf3;
    assert_not_started(&foreign, &format!("is no program for {}", platform()));
    let mut of_32_bits = program();
    of_32_bits[4] = 1;
    assert_not_started(&of_32_bits, &format!("is no program for {}", platform()));
}

#[test]
fn a_program_that_is_cut_off_is_not_started() {
    let whole = program();
    // Both end within what the system loads; what is behind it, as the symbols of a debugger, no program needs.
    for size in [1 << 20, 4096] {
        assert_not_started(&whole[..size], &format!("is cut off after {size} of at least"));
    }
}

#[test]
fn a_program_with_a_hole_does_not_end_green() {
    let mut holed = program();
    let size = holed.len();
    holed[4096..size / 2].fill(0);
    for node in nodes() {
        assert_failed(
            &Agent::new(&node).run(&TaskFolder::with_binary(&holed)),
            "before it could say its result",
        );
    }
}

#[test]
fn a_folder_in_place_of_the_binary_is_not_started() {
    for node in nodes() {
        let task = TaskFolder::without_binary();
        fs::create_dir_all(task.binary()).unwrap();
        assert_failed(&Agent::new(&node).run(&task), "is no file");
    }
}

#[test]
fn the_header_of_each_system_tells_its_processors() {
    // The launcher's own reading, on a Node that takes itself for another machine's.
    let thin = |machine: u8| [&b"\xcf\xfa\xed\xfe"[..], &[machine, 0, 0, 1], &[0; 64]].concat();
    let architecture = |machine: u8| [&[1, 0, 0, machine][..], &[0; 16]].concat();
    let fat = |machines: &[u8]| {
        let count = u8::try_from(machines.len()).unwrap();
        let held: Vec<_> = machines.iter().flat_map(|&machine| architecture(machine)).collect();
        [&b"\xca\xfe\xba\xbe\0\0\0"[..], &[count], &held].concat()
    };
    let pe = |machine: [u8; 2]| {
        let mut file = vec![0; 512];
        file[..2].copy_from_slice(b"MZ");
        file[0x3c] = 0x80;
        file[0x80..0x84].copy_from_slice(b"PE\0\0");
        file[0x84..0x86].copy_from_slice(&machine);
        file
    };
    let elf = program();
    let own = std::env::consts::ARCH;
    for (platform, arch, content, known) in [
        ("darwin", "x64", thin(7), true),
        ("darwin", "arm64", thin(12), true),
        ("darwin", "arm64", thin(7), false),
        ("darwin", "arm64", fat(&[7, 12]), true),
        ("darwin", "x64", fat(&[7, 12]), true),
        ("darwin", "arm64", fat(&[7]), false),
        // Java's classes begin as fat files do.
        ("darwin", "x64", b"\xca\xfe\xba\xbe\0\0\0\x34".to_vec(), false),
        ("darwin", "x64", elf.clone(), false),
        ("win32", "x64", pe([0x64, 0x86]), true),
        ("win32", "arm64", pe([0x64, 0xaa]), true),
        ("win32", "x64", pe([0x4c, 0x01]), false),
        ("win32", "x64", b"MZ".to_vec(), false),
        ("win32", "x64", elf.clone(), false),
        ("linux", "x64", elf.clone(), own == "x86_64"),
        ("linux", "arm64", elf.clone(), own == "aarch64"),
        ("linux", "x64", thin(7), false),
    ] {
        for node in nodes() {
            let task = TaskFolder::without_binary();
            let extension = if platform == "win32" { ".exe" } else { "" };
            let file = task.path().join(format!("bin/{platform}-{arch}/mirror-git-repository{extension}"));
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(&file, &content).unwrap();
            let masked = format!(
                "for (const [name, value] of Object.entries({{ platform: '{platform}', arch: '{arch}' }})) \
                 Object.defineProperty(process, name, {{ value }}); \
                 require('child_process').spawn = () => {{ throw new Error('started'); }};"
            );
            let shim = task.path().join("masked.js");
            fs::write(&shim, masked).unwrap();
            let options = format!("--require {}", shim.display());
            let run = Agent::new(&node).environment("NODE_OPTIONS", &options).run(&task);
            let reason =
                if known { "started".to_owned() } else { format!("is no program for {platform}-{arch}") };
            assert_failed(&run, &reason);
        }
    }
}

#[test]
fn the_executable_bit_is_restored_in_place() {
    for node in nodes() {
        let task = TaskFolder::with_stand_in(&node, "console.log(process.argv[1]); process.exitCode = 90;");
        assert_eq!(mode(&task.binary()), 0o644, "a task comes without executable bits");
        let run = Agent::new(&node).run(&task);
        assert_eq!(run.raw(), task.binary().display().to_string());
        assert_eq!(mode(&task.binary()), 0o755);
        assert_eq!(run.result, TaskResult::Succeeded);
    }
}

#[test]
fn a_private_copy_runs_for_a_read_only_task_folder() {
    const WHERE: &str = r"console.log(process.argv[1]);
        console.log((require('fs').statSync(require('path').dirname(process.argv[1])).mode & 0o777).toString(8));
        process.exitCode = 90;";
    for node in nodes() {
        let task = TaskFolder::with_stand_in(&node, WHERE);
        let agent = refused_chmod(Agent::new(&node), task.path());
        let temp = agent.temp().display().to_string();
        let run = agent.run(&task);
        assert_eq!(run.result, TaskResult::Succeeded, "{}", run.log());
        let raw = run.raw();
        let (place, folder_mode) = raw.split_once('\n').unwrap();
        assert!(place.starts_with(&temp), "{place}");
        assert_eq!(folder_mode, "700", "no other user may swap the copy");
        assert_eq!(mode(&task.binary()), 0o644);
        assert_eq!(run.left_in_temp(), [""; 0], "the copy is removed");
    }
}

#[test]
fn the_copy_needs_a_temporary_folder_of_agent_or_system() {
    for node in nodes() {
        let task = TaskFolder::with_stand_in(&node, "process.exitCode = 90;");
        let agent =
            refused_chmod(Agent::new(&node), task.path()).variable("Agent.TempDirectory", "/nonexistent");
        assert_eq!(agent.run(&task).result, TaskResult::Succeeded);

        let agent = refused_chmod(Agent::new(&node), task.path())
            .variable("Agent.TempDirectory", "/nonexistent")
            .environment("TMPDIR", "/nonexistent");
        assert_failed(&agent.run(&task), "nor a copy of it elsewhere");
    }
}

/// Makes the launcher find a task folder whose files it cannot change. Root may change everything but on a read-only
/// file system, so a step of root runs as another user; else chmod itself refuses, as such a file system does.
fn refused_chmod(agent: Agent, task: &Path) -> Agent {
    let root = fs::metadata("/proc/self").map(|own| std::os::unix::fs::MetadataExt::uid(&own)).unwrap() == 0;
    if root {
        return agent.user(65534);
    }
    let shim = task.join("read-only.js");
    let refuse =
        "require('fs').chmodSync = () => { throw Object.assign(new Error('EROFS'), { code: 'EROFS' }); };";
    fs::write(&shim, refuse).unwrap();
    agent.environment("NODE_OPTIONS", &format!("--require {}", shim.display()))
}

#[test]
fn the_binary_gets_the_inputs_as_the_agent_makes_them() {
    const PRINT: &str = r"for (const name of Object.keys(process.env).sort())
        if (name.startsWith('INPUT_')) console.log(name + '=' + JSON.stringify(process.env[name]));";
    for node in nodes() {
        let task = TaskFolder::with_stand_in(&node, PRINT);
        let run = Agent::new(&node)
            .variable("Build.Repository.Uri", "https://contoso@dev.azure.com/contoso/p/_git/app")
            .input("destinationGitRepositoryUri", "  https://github.com/contoso/app.git \n")
            .secret("DestinationToken", "s3cret")
            .input("destinationGitRepositoryPersonalAccessToken", "$(DestinationToken)")
            .input("sourceGitRepositoryPersonalAccessToken", "$(SourceToken)")
            .run(&task);
        let raw = run.raw();
        for line in [
            r#"INPUT_SOURCEGITREPOSITORYURI="https://contoso@dev.azure.com/contoso/p/_git/app""#,
            r#"INPUT_SOURCEGITREPOSITORYPERSONALACCESSTOKEN="$(SourceToken)""#,
            r#"INPUT_DESTINATIONGITREPOSITORYURI="https://github.com/contoso/app.git""#,
            r#"INPUT_DESTINATIONGITREPOSITORYPERSONALACCESSTOKEN="s3cret""#,
            r#"INPUT_INCLUDEREFS="refs/heads/*\nrefs/tags/*""#,
            r#"INPUT_PRUNE="true""#,
            r#"INPUT_SOURCEGITREPOSITORYCLONEDIRECTORYNAME="""#,
        ] {
            assert!(raw.lines().any(|printed| printed == line), "{line} is missing in {raw}");
        }
        assert!(run.log().contains(r#"PERSONALACCESSTOKEN="***""#), "{}", run.log());
        assert!(!run.log().contains("s3cret"));
    }
}

#[test]
fn a_step_sets_no_variable_but_its_output_variables() {
    on_each_node(
        "for (const name of ['PATH', 'refsCreated']) console.log(`##vso[task.setvariable variable=${name}]3`);",
        |run| {
            assert_eq!(run.output("refsCreated"), Some("3"));
            assert!(run.variables().is_empty(), "{:?}", run.variables());
            assert!(run.issues(IssueKind::Warning)[0].contains("'PATH' has been disabled"));
        },
    );
}

/// Starts a stand-in that never ends by itself, and cancels it once it listens to signals.
fn cancelled(on_signals: &str, check: impl Fn(Run)) {
    for node in nodes() {
        let program = format!("setInterval(() => {{}}, 1000); {on_signals} console.log('ready');");
        let task = TaskFolder::with_stand_in(&node, &program);
        let mut step = Agent::new(&node).start(&task);
        step.wait_for("ready");
        let run = step.cancel();
        assert_eq!(run.result, TaskResult::Canceled);
        assert_eq!(run.orphans, 0, "the binary outlived its step");
        assert!(run.output_closed);
        check(run);
    }
}

#[test]
fn a_cancel_reaches_the_binary_which_ends_in_its_own_way() {
    let stop = format!("process.on('SIGINT', () => {{ {REPORTED} process.exit(90); }});");
    cancelled(&stop, |run| {
        let (stop, duration) = run.stop.unwrap();
        assert_eq!(stop, Stop::Interrupt);
        assert!(duration < Duration::from_secs(5), "{duration:?}");
        assert_eq!(run.exit_status, 0);
        assert_eq!(run.issues(IssueKind::Error), ["no such repository"]);
    });
}

#[test]
fn a_cancel_ends_a_binary_that_knows_no_signals() {
    cancelled("", |run| {
        assert_eq!(run.stop.unwrap().0, Stop::Interrupt);
        assert_failed_by("SIGINT", &run);
    });
}

#[test]
fn a_binary_that_ignores_signals_is_killed_in_time() {
    cancelled("process.on('SIGINT', () => {}); process.on('SIGTERM', () => {});", |run| {
        assert_eq!(run.stop.unwrap().0, Stop::Interrupt);
        assert_failed_by("SIGKILL", &run);
    });
}

#[test]
fn a_binary_gets_the_time_for_its_last_words_after_any_signal() {
    for node in nodes() {
        let last_words = format!("setTimeout(() => {{ {REPORTED} process.exit(90); }}, 4400)");
        let program = format!("process.on('SIGTERM', () => {last_words}); setInterval(() => {{}}, 1000);");
        let task = TaskFolder::with_stand_in(&node, &(program + "console.log('ready');"));
        let mut step = Agent::new(&node).start(&task);
        step.wait_for("ready");
        step.signal(Stop::Terminate);
        assert_failed(&step.finish(), "no such repository");
    }
}

#[test]
fn a_killed_launcher_closes_the_input_of_the_binary() {
    let program = "console.log(process.env.MIRROR_STARTED_BY);
        process.stdin.on('end', () => { console.log('alone'); process.exit(); }).resume();";
    for node in nodes() {
        let task = TaskFolder::with_stand_in(&node, program);
        let mut step = Agent::new(&node).start(&task);
        step.wait_for("launcher");
        step.signal(Stop::Kill);
        let run = step.finish();
        assert!(run.raw().ends_with("alone"), "{}", run.raw());
        assert_eq!((run.result, run.orphans), (TaskResult::Failed, 0));
    }
}

fn assert_failed_by(signal: &str, run: &Run) {
    assert!(run.issues(IssueKind::Error)[0].contains(signal), "{}", run.log());
    assert_eq!(run.commands("task", "complete").len(), 1);
}

fn mode(file: &Path) -> u32 {
    fs::metadata(file).unwrap().permissions().mode() & 0o777
}
