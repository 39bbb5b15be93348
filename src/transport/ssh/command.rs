//! The command line that starts a program on the far side, as Git builds it for OpenSSH.

use std::process::Command;
use std::time::Duration;

use crate::protocol::Service;
use crate::remote::ssh_url::SshUrl;
use crate::transport::ssh_program::{ChildEnvironment, SshProgram};

/// The variable by which a service is asked for a version of the protocol; servers may not take it.
const GIT_PROTOCOL: &str = "GIT_PROTOCOL";

/// A program of the far side, with what it is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FarCommand {
    /// The program's name, which a shell says where it finds none.
    pub(super) program: String,
    line: String,
    protocol: Option<&'static str>,
}

impl FarCommand {
    /// Asks for a service of Git.
    pub(super) fn of_service(service: Service, url: &SshUrl) -> Self {
        let program = service.name().to_owned();
        let line = format!("{program} {}", quoted(url.path()));
        let protocol = (service == Service::UploadPack).then_some("version=2");
        Self { program, line, protocol }
    }

    /// Takes a line for the far side's shell, which begins with the program's name.
    pub(super) fn of_line(line: &str) -> Self {
        let program = line.split(' ').next().unwrap_or_default().to_owned();
        Self { program, line: line.to_owned(), protocol: None }
    }
}

/// Makes the command. There is nobody to answer a question, so none is asked; what a user sets in
/// `GIT_SSH_COMMAND` comes before, and the first value of an option counts.
pub(super) fn command(
    program: &SshProgram,
    environment: &ChildEnvironment,
    url: &SshUrl,
    far: &FarCommand,
    connect: Duration,
) -> Command {
    let mut command = start(program);
    command.env_clear().envs(environment.variables()).env_remove(GIT_PROTOCOL);
    if let Some(protocol) = far.protocol {
        command.env(GIT_PROTOCOL, protocol).args(["-o", "SendEnv=GIT_PROTOCOL"]);
    }
    command.args(["-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=yes"]);
    command.arg("-o").arg(format!("ConnectTimeout={}", connect.as_secs().max(1)));
    // A receive-pack can be silent for minutes, which a NAT takes for an end; and a peer that has died says nothing.
    command.args(["-o", "ServerAliveInterval=15", "-o", "ServerAliveCountMax=4"]);
    if let Some(port) = url.port() {
        command.arg("-p").arg(port.to_string());
    }
    // An `SshUrl` holds nothing that begins with '-'.
    command.arg(url.destination()).arg(&far.line);
    command
}

fn start(program: &SshProgram) -> Command {
    match program {
        SshProgram::Ssh => Command::new("ssh"),
        SshProgram::Program(path) => Command::new(path),
        SshProgram::Command(text) => interpreted(text),
    }
}

/// Names the program for a debug line. What else stands in a command may be a password.
pub(super) fn shown(program: &SshProgram) -> String {
    match program {
        SshProgram::Ssh => "'ssh'".to_owned(),
        SshProgram::Program(path) => format!("'{}'", path.display()),
        SshProgram::Command(text) => match words(&text.to_string_lossy()).into_iter().next() {
            // A shell sets variables so before it runs anything.
            Some(word) if !word.contains('=') => format!("'{word}'"),
            _ => "a command".to_owned(),
        },
    }
}

/// Runs the text as Git does: by the shell, with the arguments behind it.
#[cfg(unix)]
fn interpreted(text: &std::ffi::OsStr) -> Command {
    let mut script = text.to_owned();
    script.push(" \"$@\"");
    let mut command = Command::new("sh");
    // The word after the script is the shell's `$0`.
    command.arg("-c").arg(script).arg(text);
    command
}

/// Runs the text's first word with the others; there need not be a shell on Windows.
#[cfg(not(unix))]
fn interpreted(text: &std::ffi::OsStr) -> Command {
    let words = words(&text.to_string_lossy());
    let mut words = words.into_iter();
    let mut command = Command::new(words.next().unwrap_or_default());
    command.args(words);
    command
}

/// Splits at blanks that are in no quotes, single or double. A backslash means itself, as in a path.
fn words(text: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    for c in text.chars() {
        match (quote, c) {
            (Some(open), _) if open == c => quote = None,
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, c) if c.is_whitespace() => words.extend(word.take()),
            _ => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

/// Quotes for the shell of the far side as Git does; some servers know no other way.
fn quoted(path: &str) -> String {
    let mut quoted = String::from("'");
    for c in path.chars() {
        match c {
            '\'' | '!' => quoted.extend(["'\\", c.encode_utf8(&mut [0; 4]), "'"]),
            _ => quoted.push(c),
        }
    }
    quoted + "'"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::remote::url::RemoteUrl;

    fn built(program: &SshProgram, url: &str, service: Service) -> (Vec<String>, Option<String>) {
        let RemoteUrl::Ssh(url) = RemoteUrl::parse(url).unwrap().0 else { panic!("{url} is no SSH URL") };
        let environment = ChildEnvironment::new(vec![
            ("PATH".into(), "/usr/bin".into()),
            ("GIT_PROTOCOL".into(), "version=1".into()),
        ]);
        let far = FarCommand::of_service(service, &url);
        let command = command(program, &environment, &url, &far, Duration::from_secs(30));
        let text = |text: &std::ffi::OsStr| text.to_str().unwrap().to_owned();
        let words = std::iter::once(command.get_program()).chain(command.get_args()).map(text).collect();
        let protocol = command.get_envs().find(|(name, _)| *name == GIT_PROTOCOL);
        (words, protocol.and_then(|(_, value)| value).map(text))
    }

    #[test]
    fn only_upload_pack_is_asked_for_v2() {
        let url = "ssh://git@example.com:7999/p/it's.git";
        let (words, protocol) = built(&SshProgram::Ssh, url, Service::UploadPack);
        let expected = [
            "ssh",
            "-o",
            "SendEnv=GIT_PROTOCOL",
            "-o",
            "BatchMode=yes",
            "-o",
            "StrictHostKeyChecking=yes",
            "-o",
            "ConnectTimeout=30",
            "-o",
            "ServerAliveInterval=15",
            "-o",
            "ServerAliveCountMax=4",
            "-p",
            "7999",
            "git@example.com",
            "git-upload-pack '/p/it'\\''s.git'",
        ];
        assert_eq!((words, protocol.as_deref()), (expected.map(str::to_owned).to_vec(), Some("version=2")));
        let (words, protocol) = built(&SshProgram::Ssh, "git@example.com:o/r", Service::ReceivePack);
        let expected = [
            "ssh",
            "-o",
            "BatchMode=yes",
            "-o",
            "StrictHostKeyChecking=yes",
            "-o",
            "ConnectTimeout=30",
            "-o",
            "ServerAliveInterval=15",
            "-o",
            "ServerAliveCountMax=4",
            "git@example.com",
            "git-receive-pack 'o/r'",
        ];
        assert_eq!((words, protocol), (expected.map(str::to_owned).to_vec(), None));
    }

    #[cfg(unix)]
    #[test]
    fn a_command_is_run_by_the_shell_with_the_arguments_behind_it() {
        let program = SshProgram::Command("ssh -i 'my key'".into());
        let (words, _) = built(&program, "git@example.com:o/r", Service::ReceivePack);
        assert_eq!(words[..5], ["sh", "-c", "ssh -i 'my key' \"$@\"", "ssh -i 'my key'", "-o"]);
    }

    #[test]
    fn a_program_is_run_by_its_path() {
        let program = SshProgram::Program("/opt/my ssh".into());
        assert_eq!(
            built(&program, "git@example.com:o/r", Service::ReceivePack).0[..2],
            ["/opt/my ssh", "-o"]
        );
    }

    #[test]
    fn a_debug_line_names_the_program_and_nothing_that_it_is_given() {
        for (text, expected) in [
            ("sshpass -p hunter2 ssh", "'sshpass'"),
            ("'/opt/my ssh' -v", "'/opt/my ssh'"),
            ("SSHPASS=$(echo hunter2) sshpass -e ssh", "a command"),
            ("", "a command"),
        ] {
            assert_eq!(shown(&SshProgram::Command(text.into())), expected);
        }
        assert_eq!(shown(&SshProgram::Ssh), "'ssh'");
    }

    #[test]
    fn words_are_put_together_by_quotes() {
        for (text, expected) in [
            ("ssh", &["ssh"][..]),
            ("  ssh  -v ", &["ssh", "-v"]),
            (
                r#""C:\Program Files\Git\usr\bin\ssh.exe" -i 'my key'"#,
                &[r"C:\Program Files\Git\usr\bin\ssh.exe", "-i", "my key"],
            ),
            (r#"ssh -o"a b"c '' "it's""#, &["ssh", "-oa bc", "", "it's"]),
            ("", &[]),
        ] {
            assert_eq!(words(text), expected, "{text}");
        }
    }

    #[test]
    fn a_path_is_one_word_of_the_far_shell() {
        assert_eq!(quoted("a b$(c)`d`\"e"), "'a b$(c)`d`\"e'");
        assert_eq!(quoted("it's!"), r"'it'\''s'\!''");
    }
}
