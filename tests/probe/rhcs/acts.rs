//! What changing commands say, word by word, and how they are built.

use proptest::prelude::*;
use quorate::probe::Raw;
use quorate::probe::rhcs::act::{self, Lock, Outcome, Unbuildable, Verb, Verdict};
use quorate::probe::rhcs::{fence, inventory};

use super::fixture;
use Verdict::{Already, Done, DoneWithWarning, Failed, Refused, Unknown};

pub fn raw<'a>(stdout: &'a [u8], stderr: &'a str, code: i32) -> Raw<'a> {
    Raw { command: "the command", stdout, stderr: stderr.as_bytes(), code }
}

fn outcome(name: &str, stderr: &str, code: i32) -> Outcome {
    act::outcome(raw(&fixture(&format!("net-cluster/clusvcadm/{name}.txt")), stderr, code))
}

/// Every outcome that was recorded: file, exit status, verdict, words.
pub const OUTCOMES: [(&str, i32, Verdict, &str); 41] = [
    ("relocate-ok", 0, Done, "Success"),
    ("relocate-ok-notarget", 0, Done, "Success"),
    ("relocate-ambiguous-name", 1, Refused, "More than one possible match"),
    ("relocate-nomatch", 1, Refused, "No matches for 'zzz' found"),
    ("relocate-fail", 255, Failed, "Failure"),
    ("relocate-abort", 254, Failed, "Aborted; service failed"),
    ("relocate-erelo", 239, Failed, "Failed; service running on original owner"),
    ("relocate-disabled", 248, Refused, "Invalid operation for resource"),
    ("relocate-frozen", 245, Refused, "Failure: Service is frozen"),
    ("relocate-failed-service", 254, Failed, "Aborted; service failed"),
    ("migrate-ok", 0, Done, "Success"),
    ("migrate-fail", 255, Failed, "Failure"),
    ("migrate-notmigratory", 248, Refused, "Invalid operation for resource"),
    ("migrate-dead", 244, Refused, "Target node dead / nonexistent"),
    ("migrate-notarget", 1, Refused, "Migration requires a target cluster member"),
    ("migrate-target-offline", 1, Refused, "is offline"),
    ("enable-ok", 0, Done, "Success"),
    ("enable-ok-m", 0, Done, "Success"),
    ("enable-ok-F", 0, Done, "Success"),
    ("enable-already", 0, Already, "Service is already running"),
    ("enable-failed-service", 254, Failed, "Aborted; service failed"),
    ("enable-nosuch", 252, Refused, "Service does not exist"),
    ("enable-abort", 254, Failed, "Aborted; service failed"),
    ("enable-domain", 241, Refused, "Service not runnable"),
    ("enable-noprefix-service", 252, Refused, "Service does not exist"),
    ("restart-disabled", 248, Refused, "Invalid operation for resource"),
    ("restart-ok", 0, Done, "Success"),
    ("disable-ok", 0, Done, "Success"),
    ("disable-warning", 237, DoneWithWarning, "Warning; see system logs"),
    ("disable-frozen", 245, Refused, "Failure: Service is frozen"),
    ("stop-ok", 0, Done, "Success"),
    ("freeze-ok", 0, Done, "Success"),
    ("unfreeze-ok", 0, Done, "Success"),
    ("convalesce-ok", 0, Done, "Success"),
    ("convalesce-notpartial", 0, Already, "Service is already running"),
    ("noquorum", 247, Refused, "Operation requires quorum"),
    ("permission-denied", 238, Refused, "Permission denied"),
    ("quiet", 0, Done, "Success"),
    ("no-rgmanager", 1, Refused, "Could not connect to resource group manager"),
    ("no-rgmanager-lock", 1, Refused, "Could not connect to resource group manager"),
    ("no-cman", 1, Refused, "Could not connect to cluster service"),
];

/// clusvcadm of RHEL 4 (magma): words of its own, after what was under way.
#[test]
fn what_rhel_4_refuses_is_understood() {
    for (words, verdict) in [
        ("success", Done),
        ("failed", Failed),
        ("cancelled by resource manager", Failed),
        ("failed: Service does not exist", Refused),
        ("failed: Operation would deadlock", Refused),
        ("failed: Try again (resource groups locked)", Refused),
        ("failed: unknown reason -9", Failed),
    ] {
        let said = format!("Trying to relocate web to tng3-2...{words}\n");
        let found = act::outcome(raw(said.as_bytes(), "", 1));
        assert_eq!(found.verdict, verdict, "{found:?}");
        assert!(found.words.eq_ignore_ascii_case(words), "{found:?}");
    }
}

/// Files that tell no outcome of an action on a service; each is looked at below.
pub const NO_OUTCOME: [&str; 8] =
    ["usage", "version", "lock-ok", "lock-fail", "unlock-ok", "query-locked", "query-unlocked", "enable-F-and-m"];

#[test]
fn every_outcome_by_its_words() {
    for (name, code, verdict, words) in OUTCOMES {
        let found = outcome(name, "", code);
        assert_eq!(found.verdict, verdict, "{name}: {found:?}");
        assert!(found.words.contains(words), "{name}: {found:?}");
        // The words decide also where the status is lost on the way.
        if name != "quiet" {
            assert_eq!(outcome(name, "", 0).verdict, verdict, "{name}");
        }
    }
    let both = outcome("enable-F-and-m", "Cannot use '-F' with '-n' or '-m'\n", 1);
    assert_eq!(both.verdict, Refused);
    assert_eq!(outcome("usage", "", 1).verdict, Refused);
    assert_eq!(outcome("lock-fail", "", 1).verdict, Refused);
    assert_eq!(outcome("version", "", 0).verdict, Unknown);
}

/// RHEL 4 says it in small letters; a result may stand on a line of its own, behind whatever a shell had to say.
#[test]
fn outcomes_of_rhel4_and_on_lines_of_their_own() {
    let verdict = |said: &str, code| act::outcome(raw(said.as_bytes(), "", code)).verdict;
    assert_eq!(verdict("Trying to relocate web to tng3-1...success\n", 0), Done);
    assert_eq!(verdict("Member tng3-1 trying to enable web...failed\n", 1), Failed);
    assert_eq!(
        verdict("perl: warning: Setting locale failed.\nTrying to relocate vm:a to n3...\n  Success \nvm:a is now running on n3\n", 0),
        Done
    );
    assert_eq!(verdict("perl: warning: Setting locale failed.\nLocal machine disabling vm:a...Failure: Service is frozen\n", 245), Refused);
    assert_eq!(verdict("perl: warning: Setting locale failed.\n", 0), Unknown);
}

#[test]
fn where_it_runs_now_is_read_from_the_second_line() {
    assert_eq!(outcome("relocate-ok", "", 0).now_on.as_deref(), Some("virtsrv3n3.cnaf.infn.it"));
    let said = b"Trying to relocate vm:wiki to n3...Success\nWarning: vm:wiki is now running on n2\n";
    let found = act::outcome(raw(said, "", 0));
    assert_eq!((found.verdict, found.now_on.as_deref()), (DoneWithWarning, Some("n2")));
}

/// A similar name was taken: the operation went on, elsewhere.
#[test]
fn a_name_that_was_guessed_is_told() {
    let said = b"'n3' not in membership list\nClosest match: 'n3.example.com'\nTrying to relocate vm:a to n3.example.com...Success\nvm:a is now running on n3.example.com\n";
    let found = act::outcome(raw(said, "", 0));
    assert_eq!((found.verdict, found.taken_for.as_deref()), (Done, Some("n3.example.com")));
}

/// The connection broke in the middle: nobody knows.
#[test]
fn a_missing_result_is_unknown() {
    assert_eq!(act::outcome(raw(b"Trying to relocate vm:wiki to n3...", "", 0)).verdict, Unknown);
    assert_eq!(act::outcome(raw(b"", "", -1)).verdict, Unknown);
    assert_eq!(act::outcome(raw(b"", "", 250)).words, "Temporary failure; try again");
    assert_eq!(act::outcome(raw(b"Local machine disabling vm:a...Permissing denied\n", "", 238)).verdict, Refused);
    assert_eq!(act::outcome(raw(b"", "clusvcadm must be run as the root user.\n", 1)).verdict, Refused);
}

#[test]
fn locks() {
    let ask = |name: &str| act::is_locked(raw(&fixture(&format!("net-cluster/clusvcadm/{name}.txt")), "", 0));
    assert_eq!((ask("query-locked"), ask("query-unlocked")), (Some(true), Some(false)));
    assert_eq!((ask("lock-ok"), ask("unlock-ok"), ask("lock-fail")), (Some(true), Some(false), None));
    assert_eq!(act::lock(Lock::Query).argv(), ["clusvcadm", "-S"]);
}

#[test]
fn commands_are_exact() {
    let members = ["n1", "n2"];
    let argv = |verb, target| act::clusvcadm(verb, "vm:a", false, target, &members).map(|c| c.argv()[1..].join(" "));
    assert_eq!(argv(Verb::Relocate, Some("n2")).unwrap(), "-r vm:a -m n2");
    assert_eq!(argv(Verb::Relocate, None).unwrap(), "-r vm:a");
    assert_eq!(argv(Verb::Migrate, Some("n2")).unwrap(), "-M vm:a -m n2");
    assert_eq!(argv(Verb::Enable, Some("n1")).unwrap(), "-e vm:a -m n1");
    assert_eq!(argv(Verb::EnableByDomain, None).unwrap(), "-e vm:a -F");
    for (verb, option) in [
        (Verb::Disable, "-d"),
        (Verb::Stop, "-s"),
        (Verb::Restart, "-R"),
        (Verb::Freeze, "-Z"),
        (Verb::Unfreeze, "-U"),
        (Verb::Convalesce, "-c"),
    ] {
        assert_eq!(argv(verb, None).unwrap(), format!("{option} vm:a"));
        assert_eq!(argv(verb, Some("n1")), Err(Unbuildable::TargetNotTaken));
    }
    assert_eq!(argv(Verb::Migrate, None), Err(Unbuildable::NoTarget));
    assert_eq!(argv(Verb::Relocate, Some("n")), Err(Unbuildable::NoSuchMember("n".to_owned())));
    for name in ["wiki", ":wiki", "vm:", ""] {
        assert!(matches!(act::clusvcadm(Verb::Disable, name, false, None, &members), Err(Unbuildable::NameWithoutKind(_))), "{name}");
    }
    assert!(act::clusvcadm(Verb::Disable, "vm:a", false, None, &members).unwrap().is_privileged());
    let bare = act::clusvcadm(Verb::Relocate, "service:web", true, Some(members[0]), &members).unwrap();
    assert_eq!(bare.argv(), ["clusvcadm", "-r", "web", "-m", members[0]], "RHEL 4");
}

#[test]
fn fencing_by_hand() {
    let file = |name: &str| fixture(&format!("net-cluster/fence/{name}.txt"));
    let n5 = "virtsrv5n5.cnaf.infn.it";
    let said = |end: &str| format!("fence {n5} dev 0.0 agent fence_ipmilan result: success\nfence {n5} {end}\n");
    assert_eq!(fence::fence_node_outcome(raw(&file("fence_node-v-ok"), &said("success"), 0)).verdict, Done);
    let failed = format!("fence {n5} dev 0.0 agent fence_ipmilan result: error from agent\nfence {n5} failed\n");
    let found = fence::fence_node_outcome(raw(&file("fence_node-v-fail"), &failed, 1));
    assert_eq!(found.verdict, Failed);
    assert!(found.words.contains("error from agent"), "{found:?}");
    let none = format!("fence {n5} undefined\n");
    assert_eq!(fence::fence_node_outcome(raw(&file("fence_node-undefined"), &none, 2)).verdict, Refused);
    // RHEL 5 says nothing.
    assert_eq!(fence::fence_node_outcome(raw(b"", "", 0)).verdict, Done);
    assert_eq!(fence::fence_node_outcome(raw(b"", "", 1)).verdict, Failed);
    assert_eq!(fence::fence_node_outcome(raw(b"", "", 255)).verdict, Unknown);
    assert_eq!(fence::power(raw(&file("fence_node-S"), &format!("status {n5} success on\n"), 0)), Some(true));
    assert_eq!(fence::power(raw(b"", "status n5 failed 1\n", 1)), None);
    assert_eq!(fence::acknowledge_outcome(raw(&file("fence_ack_manual-ok"), "", 0)).verdict, Done);
    assert_eq!(fence::acknowledge_outcome(raw(&file("fence_ack_manual-no"), "", 1)).verdict, Refused);
    let waits = b"About to override fencing for n5.\n\nContinue [NO/absolutely]? ";
    assert_eq!(fence::acknowledge_outcome(raw(waits, "", 143)).verdict, Unknown);
    assert_eq!(fence::acknowledge_outcome(raw(b"", "can't open /tmp/fence_manual.fifo: No such file or directory\n", 1)).verdict, Refused);
    assert_eq!(fence::fence_node("n5", false).argv(), ["fence_node", "-v", "n5"]);
    assert_eq!(fence::fence_node("n5", true).argv(), ["fence_node", "n5"]);
    assert_eq!(fence::cman_tool(fence::Cman::Kill("n5")).argv(), ["cman_tool", "kill", "-n", "n5"]);
    assert_eq!(fence::cman_tool(fence::Cman::LeaveRemove).argv(), ["cman_tool", "-t", "60", "-w", "leave", "remove"]);
    assert_eq!(fence::leave_domain(false).argv(), ["fence_tool", "leave", "-w", "60"], "RHEL 6 wants a number");
    assert_eq!(fence::leave_domain(true).argv(), ["fence_tool", "leave", "-w"], "RHEL 5 takes none");
    assert_eq!(fence::cman_tool(fence::Cman::Expected(3)).argv(), ["cman_tool", "expected", "-e", "3"]);
}

/// RHEL 6 ends qdiskd without a script for it: until it is gone, and not for ever.
#[test]
fn qdiskd_is_ended_as_cman_does_it() {
    let command = fence::end_qdiskd();
    assert!(command.is_privileged() && command.effective(quorate::link::Become::Sudo)[2].contains("sudo -n pkill -TERM -x qdiskd"));
    // It runs until it was told `lives` times.
    for (lives, told, code) in [(0, 0, 0), (2, 2, 0), (99, 20, 1)] {
        let dir = tempfile::tempdir().unwrap();
        let log = dir.path().join("told");
        std::fs::write(&log, "").unwrap();
        let log = log.display();
        let tool = |name: &str, script: &str| crate::link::rig::executable(&dir.path().join(name), format!("#!/bin/sh\n{script}\n"));
        tool("pidof", &format!("[ \"$(wc -l <{log})\" -lt {lives} ] && echo 4711"));
        tool("pkill", &format!("echo \"$*\" >>{log}"));
        tool("sleep", "exit 0");
        let path = format!("{}:/usr/bin:/bin", dir.path().display());
        let argv = command.argv();
        let out = std::process::Command::new(&argv[0]).args(&argv[1..]).env("PATH", path).output().unwrap();
        let said = std::fs::read_to_string(dir.path().join("told")).unwrap();
        assert_eq!((said.lines().count(), out.status.code()), (told, Some(code)), "{lives}: {out:?}");
        assert!(said.lines().all(|l| l == "-TERM -x qdiskd"), "{said}");
    }
}

/// The acknowledgement ends by itself, also where the tool would wait for ever: the very script, with a tool that waits; with timeout(1), and without as on RHEL 5.
#[test]
fn an_acknowledgement_does_not_wait_for_ever() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    let command = fence::fence_ack_manual("n5", fence::Acknowledge::Absolutely, 1);
    let old = tempfile::tempdir().unwrap();
    let tool = old.path().join("fence_ack_manual");
    std::fs::write(&tool, "#!/bin/sh\nread word; echo \"$1 $word\"; exec sleep 600\n").unwrap();
    std::fs::set_permissions(&tool, std::fs::Permissions::from_mode(0o755)).unwrap();
    for name in ["sleep", "id"] {
        symlink(format!("/usr/bin/{name}"), old.path().join(name)).unwrap();
    }
    let as_root = std::process::Command::new("id").arg("-u").output().unwrap().stdout == b"0\n";
    let old = old.path().display().to_string();
    for (path, may) in [(format!("{old}:/usr/bin:/bin"), true), (old, as_root)] {
        let mut sh = std::process::Command::new("/bin/sh");
        let out = sh.env("PATH", &path).args(&command.argv()[1..]).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&out.stdout).trim(), if may { "n5 absolutely" } else { "" }, "{path}: {out:?}");
        assert_ne!(out.status.code(), Some(0), "{path}");
    }
}

#[test]
fn configuration_tools() {
    let version = inventory::running_version(raw(&fixture("net-cluster/ok.cman_tool-version.txt"), "", 0));
    assert_eq!(version, Some(("6.2.0".to_owned(), 87)));
    for name in [
        "net-cluster/ok.ccs_tool-lsnode.txt",
        "net-cluster/ok.ccs_tool-lsnode-v.txt",
        "examplecluster/ok.ccs_tool-lsnode.txt",
        "examplecluster/ok.ccs_tool-lsnode-v.txt",
    ] {
        let nodes = inventory::nodes(raw(&fixture(name), "", 0));
        assert_eq!(nodes.len(), if name.starts_with('n') { 5 } else { 2 }, "{name}");
        assert!(
            nodes.iter().enumerate().all(|(at, n)| n.votes == Some(1) && n.id == u32::try_from(at + 1).ok() && n.device.is_some()),
            "{nodes:?}"
        );
    }
    let nodes = inventory::nodes(raw(&fixture("ccs/ccs-lsnodes.txt"), "", 0));
    assert_eq!((nodes.len(), nodes[4].name.as_str(), nodes[4].id), (5, "virtsrv5n5.cnaf.infn.it", Some(5)));
    let devices = inventory::rows(raw(&fixture("examplecluster/ok.ccs_tool-lsfence.txt"), "", 0), "Name").unwrap();
    assert_eq!(devices[2], ("human".to_owned(), vec!["fence_manual".to_owned()]));
    assert_eq!(inventory::rows(raw(&fixture("net-cluster/ok.ccs_tool-lsfence.txt"), "", 0), "Name").unwrap().len(), 5);
    // Guests are not listed by lsservice: an empty table says nothing of them.
    for name in ["net-cluster/ok.ccs_tool-lsservice.txt", "examplecluster/ok.ccs_tool-lsservice.txt"] {
        assert_eq!(inventory::rows(raw(&fixture(name), "", 0), "Name"), Some(Vec::new()), "{name}");
    }
    let domains = inventory::domains(raw(&fixture("net-cluster/ok.ccs_tool-lsfdomains.txt"), "", 0)).unwrap();
    assert_eq!((domains.len(), domains[4].1, domains[4].2, domains[4].3.len()), (5, true, false, 5));
    assert_eq!(domains[4].3[0], "virtsrv5n5.cnaf.infn.it");
    let restricted = inventory::domains(raw(&fixture("examplecluster/ok.ccs_tool-lsfdomains.txt"), "", 0)).unwrap();
    assert_eq!(restricted, [("only-host1".to_owned(), false, true, vec!["host1.example.com".to_owned()])]);
    assert_eq!(inventory::validation(raw(&fixture("ccs/ccs_config_validate-ok.txt"), "", 0)).verdict, Done);
    let bad = inventory::validation(raw(&fixture("ccs/ccs_config_validate-bad.txt"), "", 3));
    assert!(bad.verdict == Failed && bad.words.contains("element rm"), "{bad:?}");
    assert_eq!(inventory::distribution(raw(&fixture("ccs/ccs-checkconf.txt"), "", 0)).verdict, Done);
    assert_eq!(inventory::distribution(raw(&fixture("net-cluster/rhel5/ccs_tool-update-ok.txt"), "", 0)).verdict, Done);
    let no = "Unable to honor update request. Cluster is not quorate.\n";
    let refused = inventory::distribution(raw(&fixture("net-cluster/rhel5/ccs_tool-update-inquorate.txt"), no, 1));
    assert!(refused.verdict == Failed && refused.words.contains("not quorate"), "{refused:?}");
    for (name, said) in [("invalid", "configuration is not valid"), ("older", "config version older or equal the running config")] {
        let stderr = format!("cman_tool: Not reloading, {said}\n");
        let found = fence::cman_tool_outcome(raw(&fixture(&format!("net-cluster/cman_tool-version-r-{name}.txt")), &stderr, 1));
        assert!(found.verdict == Refused && found.words.contains(said), "{found:?}");
    }
    assert_eq!(fence::cman_tool_outcome(raw(b"", "", 0)).verdict, Done);
}

proptest! {
    #[test]
    fn any_words_are_survived(stdout in proptest::collection::vec(any::<u8>(), 0..300), stderr in ".{0,80}", code in -1_i32..300) {
        let raw = raw(&stdout, &stderr, code);
        let shown = format!(
            "{:?}{:?}{:?}{:?}{:?}{:?}{:?}{:?}",
            act::outcome(raw), fence::fence_node_outcome(raw), fence::acknowledge_outcome(raw), fence::cman_tool_outcome(raw),
            inventory::nodes(raw), inventory::domains(raw), inventory::validation(raw), inventory::distribution(raw),
        );
        prop_assert!(!shown.contains('\x1b'));
        let _ = (act::is_locked(raw), fence::power(raw), inventory::running_version(raw), inventory::rows(raw, "Name"));
    }
}
