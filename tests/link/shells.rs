//! What quorate says to a node's shell, said to those of this machine.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::symlink;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::{Duration, Instant};

use quorate::link::mark::Nonce;
use quorate::link::{Become, CommandLine, guard};

use super::rig::{executable, odd_sleep, runs, until};

/// dash needs a watchdog beside its guard, bash does not.
#[test]
fn every_shell_answers_and_ends_what_it_runs() {
    for (number, shell) in ["sh", "bash"].into_iter().enumerate() {
        if Command::new(shell).args(["-c", ":"]).status().is_err() {
            continue;
        }
        let mut command = Command::new(shell);
        command.args(["-c", guard::SCRIPT]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
        let mut child = command.spawn().unwrap();
        let mut input = child.stdin.take().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        let mut err = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
        let nonce = Nonce::fresh().unwrap();
        let mark = |words: &str| format!("\x1e{} {words}", nonce.word());
        input.write_all(guard::hello(&nonce, Become::None).as_bytes()).unwrap();
        assert_eq!((out.next(), err.next()), (Some(mark("0 0")), Some(mark("0"))), "{shell}");
        // A script sees its arguments, leaves nothing behind, and one that no shell can read hurts nobody.
        let script = CommandLine::script("# of two lines\nx=\"$1\"; echo \"$# $x\"; exit 3", ["it's; $HOME `id`"]);
        let broken = CommandLine::script("if then", [""; 0]);
        let after = CommandLine::script("echo \"$# $x\"", [""; 0]);
        for (id, command) in [&script, &broken, &after].into_iter().enumerate() {
            input.write_all(guard::heartbeat(&nonce).as_bytes()).unwrap();
            input.write_all(guard::run(command, Become::None, id as u64 + 1).as_bytes()).unwrap();
        }
        let said: Vec<String> = out.by_ref().take(5).collect();
        let code = said[2].strip_prefix(&mark("2 ")).unwrap().parse::<i32>().unwrap();
        assert_eq!(
            said,
            ["1 it's; $HOME `id`".to_owned(), mark("1 3"), mark(&format!("2 {code}")), "0 ".to_owned(), mark("3 0")],
            "{shell}"
        );
        assert_ne!(code, 0);
        let nap = odd_sleep(1030 + u32::try_from(number).unwrap());
        let sleep = CommandLine::new("sleep", [nap.clone()]);
        input.write_all(guard::run(&sleep, Become::None, 4).as_bytes()).unwrap();
        until("the command to run", || runs(&nap));
        input.write_all(guard::echo(&nonce, 7).as_bytes()).unwrap();
        assert!(err.any(|line| line == mark("e7")), "{shell}");
        drop(input);
        until("the command to end", || !runs(&nap));
        child.wait().unwrap();
    }
}

/// A shell that runs a long sleep, and what keeps its input open.
struct Held {
    child: Child,
    input: ChildStdin,
    nonce: Nonce,
    nap: String,
}

impl Held {
    fn start(shell: &str, number: u32) -> Option<Self> {
        let mut command = Command::new(shell);
        command.args(["-c", guard::SCRIPT]).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
        let mut child = command.spawn().ok()?;
        let mut input = child.stdin.take().unwrap();
        let nonce = Nonce::fresh().unwrap();
        let nap = odd_sleep(number);
        input.write_all(guard::hello(&nonce, Become::None).as_bytes()).unwrap();
        input.write_all(guard::run(&CommandLine::new("sleep", [nap.clone()]), Become::None, 1).as_bytes()).unwrap();
        until("the command to run", || runs(&nap));
        Some(Self { child, input, nonce, nap })
    }

    fn beat(&mut self) {
        self.input.write_all(guard::heartbeat(&self.nonce).as_bytes()).unwrap();
    }
}

/// A connection that drops without a word: nothing comes any more, and nothing ends the shell's input.
#[test]
fn what_hears_no_heartbeat_ends_within_a_minute_and_what_hears_one_goes_on() {
    let shells = ["sh", "bash"];
    let dropped: Vec<Held> = shells.iter().zip(1040..).filter_map(|(shell, number)| Held::start(shell, number)).collect();
    let mut heard: Vec<Held> = shells.iter().zip(1050..).filter_map(|(shell, number)| Held::start(shell, number)).collect();
    // A minute is the promise; a busy machine may be late.
    let end = Instant::now() + Duration::from_secs(90);
    while dropped.iter().any(|held| runs(&held.nap)) {
        assert!(Instant::now() < end, "a command runs on though its connection dropped");
        heard.iter_mut().for_each(Held::beat);
        std::thread::sleep(Duration::from_secs(2));
    }
    assert!(heard.iter().all(|held| runs(&held.nap)), "a command was ended though its connection lived");
    for held in dropped.into_iter().chain(heard) {
        let Held { mut child, input, .. } = held;
        drop(input);
        child.wait().unwrap();
    }
}

/// Only root may end what sudo runs. Whether any of it is left pgrep tells; where there is none, sudo is asked in any case.
#[test]
fn what_sudo_runs_is_ended_by_sudo() {
    for (pgrep, asked) in [(None, true), (Some(0), true), (Some(1), false)] {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        for tool in ["sh", "sleep"] {
            symlink(format!("/bin/{tool}"), at(tool)).unwrap();
        }
        if let Some(code) = pgrep {
            executable(&at("pgrep"), format!("#!/bin/sh\n: >{}\nexit {code}\n", at("looked").display()));
        }
        executable(&at("sudo"), format!("#!/bin/sh\necho \"$*\" >>{}\n", at("log").display()));
        let mut command = Command::new("/bin/sh");
        command.args(["-c", guard::SCRIPT]).env("PATH", folder.path()).process_group(0);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let group = child.id();
        let mut input = child.stdin.take().unwrap();
        input.write_all(guard::hello(&Nonce::fresh().unwrap(), Become::Sudo).as_bytes()).unwrap();
        drop(input);
        let log = || fs::read_to_string(at("log")).unwrap_or_default();
        if asked {
            until("sudo to be asked", || log().contains(&format!("-n kill -KILL -- -{group}\n")));
        } else {
            until("it to be looked for what is left", || at("looked").exists());
            std::thread::sleep(Duration::from_millis(500));
            assert_eq!(log(), "");
        }
        child.wait().unwrap();
    }
}

/// What a script runs is shown with its words in their places, quoted as a shell would need them.
#[test]
fn a_script_is_shown_by_its_tools() {
    let script = "# quorate: of several lines\nexec </dev/null\nhelp() { as_root rm \"$1\"; }\nmore() {\n    as_root rm x\n}\n\
                  new=$1.new n=0\n[ -e \"$1\" ] || { as_root touch \"$1\"; exit 1; }\nwhile ! as_root test -e \"$2\"; do n=$((n+1)); new=$2; done\n\
                  if as_root true; then as_root cp -- \"$1\" \"$new\" && echo 'copied; && all'; fi\n\
                  said=$(as_root tool --of \"${2}\" 2>&1) & p=$!\nas_root mv -- \"$new\" \"$later\" >/dev/null 2>&1 || exit\n";
    let hostile = "it's; rm -rf \"/\"";
    let command = CommandLine::script(script, [hostile, "a b"]).privileged();
    let word = "'it'\\''s; rm -rf \"/\"";
    assert_eq!(
        command.tools(),
        [
            format!("cp -- {word}' {word}.new'"),
            "said=$(tool --of 'a b' 2>&1)".to_owned(),
            format!("mv -- {word}.new' \"$later\" >/dev/null 2>&1"),
        ]
    );
    // Without marks for sudo every command of it counts; what is one line, or no script, says itself what it is.
    assert_eq!(CommandLine::script("# two\nsync; echo \"$1\"", ["x"]).tools(), ["sync", "echo x"]);
    assert_eq!(CommandLine::script("as_root true", [""; 0]).tools(), [""; 0]);
    assert_eq!(CommandLine::new("sh", ["-c", "a\nb"]).tools(), [""; 0]);
}

proptest::proptest! {
    #[test]
    fn no_word_is_shown_unquoted(word in "[ -~]{0,30}") {
        let tools = CommandLine::script("# x\ntool \"$1\"", [word.clone()]).tools();
        let out = Command::new("sh").args(["-c", &format!("tool() {{ printf %s \"$1\"; }}\n{}", tools.join("\n"))]).output().unwrap();
        proptest::prop_assert_eq!(String::from_utf8(out.stdout).unwrap(), word);
    }
}
