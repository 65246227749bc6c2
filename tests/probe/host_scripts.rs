//! The fixed scripts, run by a real shell on this machine, with tools that answer as the recorded ones did.

use std::path::Path;
use std::process::Command;

use quorate::domain::observation::host::Tools;
use quorate::domain::observation::{Observation, Question, Trouble};
use quorate::link::Become;
use quorate::probe::{Raw, command, parse};

use super::host_support::rows;

/// A folder of tools that goes before all others on PATH.
struct Fakes(tempfile::TempDir);

impl Fakes {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn tool(self, name: &str, script: &str) -> Self {
        let path = self.0.path().join(name);
        crate::link::rig::executable(&path, format!("#!/bin/sh\n{script}\n"));
        self
    }

    /// A tool that prints a recording, whatever it is asked.
    fn prints(self, name: &str, fixture: &str) -> Self {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(fixture);
        self.tool(name, &format!("exec cat '{}'", file.display()))
    }

    fn ask(&self, question: Question) -> Result<Observation, Trouble> {
        let line = command(question, &Tools::default()).unwrap().to_shell(Become::None);
        let path = format!("{}:{}:/usr/sbin:/sbin", self.0.path().display(), std::env::var("PATH").unwrap());
        let output = Command::new("sh").arg("-c").arg(line).env("PATH", path).env("LC_ALL", "C").output().unwrap();
        parse(question, Raw { command: "x", stdout: &output.stdout, stderr: &output.stderr, code: output.status.code().unwrap() })
    }
}

#[test]
fn this_machine_answers() {
    let fakes = Fakes::new();
    let tools = rows!(Tools, fakes.ask(Question::Tools));
    assert!(tools.has("cat") && tools.has("date") && tools.uid.is_some() && tools.hostname.is_some() && tools.utc_offset_secs.is_some());
    let host = rows!(Host, fakes.ask(Question::Host));
    assert!(host.memory_total > host.memory_available && host.cpus.is_some() && host.uptime.is_some() && host.kernel.is_some());
    assert!(rows!(Clock, fakes.ask(Question::Clock)).theirs.0 > 1_700_000_000_000_000);
    assert!(rows!(Watchdog, fakes.ask(Question::Watchdog)).sbd_devices.len() < 100);
    assert!(rows!(LinkSpeeds, fakes.ask(Question::LinkSpeeds)).iter().any(|l| l.name == "lo"));
    assert!(rows!(Filesystems, fakes.ask(Question::Filesystems)).iter().all(|m| m.kind != "tmpfs"));
}

#[test]
fn tools_on_the_path_are_found_and_asked() {
    let fakes = Fakes::new()
        .tool("crm_mon", "echo 'Pacemaker 2.1.5'; echo 'Written by Andrew Beekhof'")
        .tool("crm_node", "echo node7")
        .tool("lvs", "echo '  LVM version:     2.02.87(2)-RHEL5 (2011-10-12)'");
    let tools = rows!(Tools, fakes.ask(Question::Tools));
    assert!(tools.has("crm_mon") && tools.has("lvs"));
    assert_eq!(tools.member_name.as_deref(), Some("node7"));
    assert!(tools.versions.contains(&("crm_mon".to_owned(), "Pacemaker 2.1.5".to_owned())));
    assert!(command(Question::Lvs, &tools).unwrap().argv().contains(&"--separator".to_owned()));
}

#[test]
fn a_crm_node_that_waits_takes_nothing_with_it() {
    let fakes = Fakes::new().tool("crm_node", "exec sleep 30");
    let tools = rows!(Tools, fakes.ask(Question::Tools));
    assert!(tools.has("crm_node") && tools.member_name.is_none() && tools.hostname.is_some());
}

#[test]
fn recordings_through_the_scripts() {
    let fakes = Fakes::new()
        .prints("lvs", "lvm/lvs.json")
        .prints("dmsetup", "lvm/dmsetup-status.txt")
        .prints("df", "lvm/df.txt")
        .prints("multipathd", "multipath/multipathd-maps.json")
        .prints("ip", "net/ip-j-d-s-link.json")
        .tool("ps", "printf 'corosync\\npacemakerd\\n'");
    assert_eq!(rows!(Lvs, fakes.ask(Question::Lvs)).len(), 4);
    assert_eq!(rows!(DeviceMapper, fakes.ask(Question::DeviceMapper)).len(), 7);
    let mounts: Vec<String> = rows!(Filesystems, fakes.ask(Question::Filesystems)).into_iter().map(|m| m.mount).collect();
    assert!(mounts.contains(&"/".to_owned()) && mounts.contains(&"/mnt/gfs2".to_owned()));
    assert_eq!(rows!(Multipath, fakes.ask(Question::Multipath)).len(), 3);
    assert_eq!(rows!(Net, fakes.ask(Question::Net)).links.len(), 10);
    assert_eq!(rows!(Units, fakes.ask(Question::Daemons)).len(), 2);
}

#[test]
fn old_tools_are_asked_again_in_their_own_way() {
    let refuse = "case \"$*\" in *--reportformat*) echo \"lvs: unrecognized option '--reportformat'\" >&2; exit 3;; esac";
    let fakes = Fakes::new()
        .tool("lvs", &format!("{refuse}\necho '  lv_wiki|vg|-wi-ao|1024|wz--nc||'"))
        .tool("multipathd", "echo 'multipathd CLI commands reference:'; exit 1")
        .prints("multipath", "multipath/multipath-ll.txt")
        .tool(
            "ip",
            "case \"$*\" in *-j*) echo 'Option \"-j\" is unknown' >&2; exit 255;; *addr*) echo '2: eth0    inet 10.0.0.1/24';; \
             *) echo '2: eth0: <UP,LOWER_UP> mtu 1500 state UP';; esac",
        );
    assert_eq!(rows!(Lvs, fakes.ask(Question::Lvs))[0].size, Some(1024));
    assert_eq!(rows!(Multipath, fakes.ask(Question::Multipath)).len(), 3);
    assert_eq!(rows!(Net, fakes.ask(Question::Net)).links[0].addresses, ["10.0.0.1/24"]);
}

#[test]
fn a_dead_server_does_not_take_the_others_with_it() {
    let fakes = Fakes::new().tool("cat", "echo '/dev/sda1 / ext4 ro 0 0'; printf '%s\\n' 'srv:/dead /my\\040dead nfs rw,hard 0 0'").tool(
        "df",
        "case \"$*\" in *dead*) exec sleep 30;; *) echo 'Filesystem Type 1-blocks Used Available Capacity Mounted on'; \
             echo '/dev/sda1 ext4 100 50 50 50% /';; esac",
    );
    let mounts = rows!(Filesystems, fakes.ask(Question::Filesystems));
    let seen: Vec<_> = mounts.iter().map(|m| (m.mount.as_str(), m.size, m.read_only)).collect();
    assert_eq!(seen, [("/", Some(100), Some(true)), ("/my dead", None, Some(false))]);
}

/// What another machine may block is left out of the first df by its kind; what -l leaves out for the colon in its source is asked as well. What the
/// automounter holds is let alone.
#[test]
fn each_mount_that_may_hang_or_is_left_out_is_asked_on_its_own() {
    let mounts =
        ["/dev/sda1 / ext4 rw 0 0", "u@f.fs=/ /c ceph rw 0 0", "/dev/sda:/dev/sdb /b bcachefs rw 0 0", "ldap:home /h autofs rw 0 0"];
    let fakes = Fakes::new().tool("cat", &format!("printf '%s\\n' '{}'", mounts.join("' '"))).tool(
        "df",
        "head='Filesystem Type 1-blocks Used Available Capacity Mounted on'\n\
         case \"$*\" in\n\
         *'-- /b') printf '%s\\n' \"$head\" '/dev/sda:/dev/sdb bcachefs 10 1 9 10% /b' ;;\n\
         *'-- /h') printf '%s\\n' \"$head\" 'srv:/home nfs4 10 1 9 10% /h' ;;\n\
         *' -l '*'-x ceph '*) printf '%s\\n' \"$head\" '/dev/sda1 ext4 100 50 50 50% /' ;;\n\
         *) exec sleep 30 ;;\n\
         esac",
    );
    let mounts = rows!(Filesystems, fakes.ask(Question::Filesystems));
    let seen: Vec<_> = mounts.iter().map(|m| (m.mount.as_str(), m.size)).collect();
    assert_eq!(seen, [("/", Some(100)), ("/b", Some(10)), ("/c", None)]);
}
