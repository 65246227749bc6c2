use std::time::Duration;

use quorate::domain::observation::{Question, TroubleKind};
use quorate::domain::stamp::Stamp;

use super::host_support::{ended, read, rows};

const PROC: &str = include_str!("../fixtures/host/proc.txt");

#[test]
fn proc_files_of_a_real_node() {
    let host = rows!(Host, read(Question::Host, PROC));
    assert_eq!(host.memory_total, Some(1_238_224 * 1024));
    assert_eq!(host.memory_available, Some(620_772 * 1024));
    assert_eq!(host.load, Some([1.71, 1.59, 0.83]));
    assert_eq!(host.uptime, Some(Duration::from_millis(370_750)));
    assert_eq!(host.cpu_total, Some(11406 + 11225 + 12589 + 67 + 368));
    assert_eq!(host.cpu_busy, Some(11406 + 11225 + 368));
    assert_eq!(host.cpus, Some(1));
    assert_eq!((host.kernel, host.os, host.boot_id), (None, None, None));
}

#[test]
fn the_script_s_sections_and_an_old_kernel() {
    let text = "1000.00 500.00\n0.00 0.01 0.05 1/100 99\n3f1c8b5e-0000-4000-8000-00000000000a\n\
                MemTotal: 100 kB\nMemFree: 10 kB\nBuffers: 5 kB\nCached: 20 kB\nSwapCached: 7 kB\n\
                cpu  10 0 10 70 5 1 1 3 9 9\ncpu0 1 1 1 1\ncpu1 1 1 1 1\n\n\
                @@quorate kernel\n2.6.32-754.el6.x86_64\n@@quorate os\nScientific Linux release 6.10 (Carbon)\n";
    let host = rows!(Host, read(Question::Host, text));
    assert_eq!(host.memory_available, Some(35 * 1024));
    assert_eq!((host.cpu_busy, host.cpu_total, host.cpus), (Some(25), Some(100), Some(2)));
    assert_eq!(host.kernel.as_deref(), Some("2.6.32-754.el6.x86_64"));
    assert_eq!(host.os.as_deref(), Some("Scientific Linux release 6.10 (Carbon)"));
    assert_eq!(host.boot_id.as_deref(), Some("3f1c8b5e-0000-4000-8000-00000000000a"));
    let named = format!("{text}@@quorate os\nNAME=x\nPRETTY_NAME=\"Debian \x1b[2J\"\n");
    assert_eq!(rows!(Host, read(Question::Host, &named)).os.as_deref(), Some("Debian \\e[2J"));
}

#[test]
fn what_is_no_proc_file_is_said_to_be_none() {
    assert_eq!(read(Question::Host, "hello\n").unwrap_err().kind, TroubleKind::Garbled);
    assert_eq!(ended(Question::Host, "", "sh: cat: not found", 127).unwrap_err().kind, TroubleKind::Absent);
    let huge = rows!(Host, read(Question::Host, "MemTotal: 99999999999999999999 kB\n1e400 1.0\n5.0 1.0\ncpu 18446744073709551615 1 1 1\n"));
    assert_eq!((huge.memory_total, huge.cpu_total), (None, Some(u64::MAX)));
}

#[test]
fn clocks_with_and_without_nanoseconds() {
    for (text, micros) in [
        ("1795386546.123456789\n", 1_795_386_546_123_456),
        ("1795386546.1\n", 1_795_386_546_100_000),
        ("1795386546.%N\n", 1_795_386_546_500_000),
        ("1795386546.N\n", 1_795_386_546_500_000),
        ("1795386546\n", 1_795_386_546_500_000),
    ] {
        let clock = rows!(Clock, read(Question::Clock, text));
        assert_eq!((clock.theirs, clock.sent, clock.received), (Stamp(micros), Stamp(0), Stamp(0)), "{text}");
    }
    for text in ["9999999999999999999.0\n", "-5.0\n", "Sun Nov 22\n"] {
        assert_eq!(read(Question::Clock, text).unwrap_err().kind, TroubleKind::Garbled, "{text}");
    }
}

#[test]
fn tools_versions_and_names() {
    let text = "@@quorate present\ncrm_mon\nip\n@@quorate uid\n1000\n@@quorate hostname\nnode3\n@@quorate zone\n-0330\n\
                @@quorate version crm_mon\nPacemaker 2.1.5\nWritten by Andrew Beekhof\n\n@@quorate version corosync\n\n\
                @@quorate member\nnode3.example.org\n\n";
    let tools = rows!(Tools, read(Question::Tools, text));
    assert_eq!(tools.present, ["crm_mon", "ip"]);
    assert!(tools.has("ip") && !tools.has("lvs"));
    assert_eq!(tools.versions, [("crm_mon".to_owned(), "Pacemaker 2.1.5".to_owned())]);
    assert_eq!((tools.uid, tools.utc_offset_secs), (Some(1000), Some(-12_600)));
    assert_eq!((tools.hostname.as_deref(), tools.member_name.as_deref()), (Some("node3"), Some("node3.example.org")));
    assert_eq!(read(Question::Tools, "Last login: today\n").unwrap_err().kind, TroubleKind::Garbled);
}

#[test]
fn watchdogs_and_sbd() {
    let text = "@@quorate devices\n/dev/watchdog\n/dev/watchdog0\n@@quorate identity\n\n@@quorate state\n\n\
                @@quorate identity\nSoftware Watchdog\n\n@@quorate state\nactive\n\n@@quorate sbd\nyes\n@@quorate config\n\
                SBD_DEVICE=/dev/old\n  SBD_DEVICE=\"/dev/disk/a; /dev/disk/b\"\nSBD_WATCHDOG_DEV=/dev/watchdog0\nSBD_WATCHDOG_TIMEOUT=\"7\"\n";
    let view = rows!(Watchdog, read(Question::Watchdog, text));
    assert_eq!(view.devices, ["/dev/watchdog", "/dev/watchdog0"]);
    assert_eq!((view.identity.as_deref(), view.state.as_deref()), (Some("Software Watchdog"), Some("active")));
    assert_eq!(view.sbd_running, Some(true));
    assert_eq!(view.sbd_devices, ["/dev/disk/a", "/dev/disk/b"]);
    assert_eq!((view.sbd_watchdog.as_deref(), view.sbd_timeout_s), (Some("/dev/watchdog0"), Some(7)));
    let none = rows!(Watchdog, read(Question::Watchdog, "@@quorate devices\n@@quorate sbd\n@@quorate config\n"));
    assert_eq!(none.sbd_running, None);
    assert!(none.devices.is_empty() && none.sbd_devices.is_empty() && none.sbd_watchdog.is_none() && none.sbd_timeout_s.is_none());
}
