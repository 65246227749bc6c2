//! Marks and quoting, for any bytes.

use std::process::{Command, Stdio};

use proptest::prelude::*;
use quorate::link::mark::{Nonce, Piece, Scanner};
use quorate::link::{Become, CommandLine};

/// Everything a scanner says of these chunks: data joined, marks apart.
fn scan(nonce: &Nonce, chunks: &[&[u8]]) -> Vec<Result<Vec<u8>, String>> {
    let mut said: Vec<Result<Vec<u8>, String>> = Vec::new();
    let mut scanner = Scanner::new(nonce);
    for chunk in chunks {
        scanner.feed(chunk, |piece| match piece {
            Piece::Mark(words) => said.push(Err(words.to_owned())),
            Piece::Data(data) => match said.last_mut() {
                Some(Ok(all)) => all.extend_from_slice(data),
                _ => said.push(Ok(data.to_vec())),
            },
        });
    }
    said
}

proptest! {
    #[test]
    fn marks_are_found_however_the_bytes_arrive(
        texts in prop::collection::vec(prop::collection::vec(prop_oneof![Just(0x1e_u8), Just(b'\n'), Just(b'a'), any::<u8>()], 0..40), 1..5),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
    ) {
        let nonce = Nonce::fresh().unwrap();
        let mut stream = Vec::new();
        let mut expected = Vec::new();
        for (i, text) in texts.iter().enumerate() {
            // A mark that begins and is none.
            let text = [text.as_slice(), b"\x1e", &nonce.word().as_bytes()[..20]].concat();
            stream.extend_from_slice(&text);
            stream.extend_from_slice(format!("\x1e{} {i} 0\n", nonce.word()).as_bytes());
            expected.push(Ok(text));
            expected.push(Err(format!("{i} 0")));
        }
        let mut at: Vec<usize> = cuts.iter().map(|c| c.index(stream.len() + 1)).collect();
        at.extend([0, stream.len()]);
        at.sort_unstable();
        let chunks: Vec<&[u8]> = at.windows(2).map(|w| &stream[w[0]..w[1]]).collect();
        prop_assert_eq!(scan(&nonce, &chunks), expected);
    }

    #[test]
    fn any_argument_reaches_the_program_as_it_is(args in prop::collection::vec(any::<String>(), 0..6)) {
        let args: Vec<String> = args.into_iter().map(|a| a.replace('\0', "")).collect();
        let line = CommandLine::script("for a in \"$@\"; do printf '%s\\0' \"$a\"; done", args.clone()).to_shell(Become::None);
        let out = Command::new("sh").args(["-c", &line]).stdin(Stdio::null()).output().unwrap();
        let got: Vec<String> = String::from_utf8(out.stdout).unwrap().split_terminator('\0').map(str::to_owned).collect();
        prop_assert_eq!(got, args);
    }
}

#[test]
fn an_endless_mark_is_data() {
    let nonce = Nonce::fresh().unwrap();
    let text = format!("\x1e{} {}\n", nonce.word(), "x".repeat(200));
    assert_eq!(scan(&nonce, &[text.as_bytes()]), vec![Ok(text.clone().into_bytes())]);
}

#[test]
fn privileged_commands_go_through_sudo_where_it_is_asked_for() {
    let plain = CommandLine::new("lvs", ["--reportformat", "json"]);
    let cases = [
        (plain.clone(), Become::Sudo, "lvs --reportformat json"),
        (plain.clone().privileged(), Become::None, "lvs --reportformat json"),
        (plain.privileged(), Become::Sudo, "sudo -n lvs --reportformat json"),
        (CommandLine::new("x", ["a b", "it's", ""]), Become::None, "x 'a b' 'it'\\''s' ''"),
    ];
    for (command, rights, line) in cases {
        assert_eq!(command.to_shell(rights), line);
    }
}

#[test]
fn in_a_script_sudo_runs_the_tools_and_no_shell() {
    let script = CommandLine::script("as_root a; exec as_root b", ["x"]);
    let lines = [
        (script.clone(), Become::Sudo, "sh -c 'a; exec b' sh x"),
        (script.clone().privileged(), Become::None, "sh -c 'a; exec b' sh x"),
        (script.clone().privileged(), Become::Sudo, "sh -c 'sudo -n a; exec sudo -n b' sh x"),
        (CommandLine::script("a", ["x"]).privileged(), Become::Sudo, "sudo -n sh -c a sh x"),
    ];
    for (command, rights, line) in lines {
        assert_eq!(command.to_shell(rights), line);
    }
    assert!(script.names_its_tools() && !CommandLine::script("a", ["x"]).names_its_tools());
}

/// Runs a line by a real shell, with a sudo of our own.
fn with_sudo(sudo: &str, line: &str) -> String {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("sudo");
    crate::link::rig::executable(&path, format!("#!/bin/sh\n{sudo}\n"));
    let search = format!("{}:/usr/bin:/bin", dir.path().display());
    let out = std::process::Command::new("sh").args(["-c", line]).env("PATH", search).output().unwrap();
    String::from_utf8(out.stdout).unwrap()
}

#[test]
fn a_script_that_does_without_root_runs_where_sudo_forbids_the_shell() {
    let line = CommandLine::script("echo \"${ROOT:-user} $1\"", ["it's"]).best_as_root().to_shell(Become::Sudo);
    assert_eq!(with_sudo("echo 'a password is required' >&2; exit 1", &line), "user it's\n");
    assert_eq!(with_sudo("shift; ROOT=root exec \"$@\"", &line).trim(), "root it's");
}

#[test]
fn every_privileged_command_but_that_of_the_log_files_names_its_tools_to_sudo() {
    use quorate::domain::observation::{Question as Q, host::Tools};
    use quorate::probe::log::{Resume, StreamKind};
    let names = [
        "crm_mon",
        "cibadmin",
        "stonith_admin",
        "corosync-quorumtool",
        "corosync-cfgtool",
        "corosync-cmapctl",
        "dlm_tool",
        "lvs",
        "vgs",
        "pvs",
    ];
    let more = ["corosync-qdevice-tool", "dmsetup", "multipath", "multipathd", "iscsiadm", "journalctl", "stdbuf"];
    let tools = Tools { present: names.into_iter().chain(more).map(str::to_owned).collect(), ..Tools::default() };
    let questions = [
        Q::CrmMon,
        Q::Constraints,
        Q::FenceHistory,
        Q::FenceDevices,
        Q::Quorum,
        Q::Links,
        Q::LinkStats,
        Q::Cmap,
        Q::Qdevice,
        Q::Dlm,
        Q::Lvs,
        Q::Vgs,
        Q::Pvs,
        Q::DeviceMapper,
        Q::Multipath,
        Q::Iscsi,
    ];
    let asked = questions.iter().filter_map(|q| quorate::probe::command(*q, &tools));
    let followed = [StreamKind::Journal, StreamKind::CorosyncMap]
        .into_iter()
        .filter_map(|k| quorate::probe::log::command(k, &tools, &Resume::default()));
    let all: Vec<_> = asked.chain(followed).collect();
    assert_eq!(all.len(), questions.len() + 2);
    for command in all {
        let line = command.to_shell(Become::Sudo);
        assert!(command.is_privileged() && command.names_its_tools(), "{line}");
        assert!(line.contains("sudo -n ") && !line.contains("sudo -n sh") && !line.contains("as_root"), "{line}");
    }
}
