//! Single lines: forms, times, meanings, harmlessness.

use Question as Q;
use Severity::{Critical, Info, Notice, Warning};

use super::*;

const CRM: &[Q] = &[Q::CrmMon];
const FENCE: &[Q] = &[Q::CrmMon, Q::FenceHistory];

fn line(text: &str) -> LogLine {
    match one(text) {
        Some(StreamItem::Line(line)) => line,
        other => panic!("{text}: {other:?}"),
    }
}

#[test]
fn all_forms_of_lines_and_times_are_read() {
    let cases = [
        ("Nov 22 21:30:12 [345] node1 corosync warning [TOTEM ] Retransmit List: 1", "2026-11-22T21:30:12.000Z"),
        ("Nov 22 21:30:12.345 [345] node1 corosync warning [TOTEM ] Retransmit List: 1", "2026-11-22T21:30:12.345Z"),
        ("Nov 22 21:30:12.345 warning [TOTEM ] Retransmit List: 1", "2026-11-22T21:30:12.345Z"),
        ("Nov 22 21:30:12 [434] n1 corosyncwarning [TOTEM ] Retransmit List: 1", "2026-11-22T21:30:12.000Z"),
        ("2026-11-22T21:30:12 [345] node1 corosync warning [TOTEM ] Retransmit List: 1", "2026-11-22T21:30:12.000Z"),
        ("2026-11-22T21:30:12.5+01:00 node1 corosync[345]:  [TOTEM ] Retransmit List: 1", "2026-11-22T20:30:12.500Z"),
        ("Nov  2 01:02:03 corosync [TOTEM ] Retransmit List: 1", "2026-11-02T01:02:03.000Z"),
    ];
    for (text, time) in cases {
        let line = line(text);
        assert_eq!((line.at, line.text.as_str()), (Some(at(time)), "[TOTEM] Retransmit List: 1"), "{text}");
        assert_eq!((line.source, line.severity), (Source::Corosync, Warning), "{text}");
    }
}

/// corosync 2.x writes no times by default. Of what stood in its file before nobody knows when it was.
#[test]
fn corosync_s_lines_without_a_time_are_told_as_they_come() {
    let before = "[434] n1 corosyncnotice  [TOTEM ] A processor failed, forming new configuration.\n";
    let now = "[434] n1 corosyncwarning [TOTEM ] Retransmit List: 1\n";
    let syslog = "Nov 22 22:39:59 n1 corosync[434]: [TOTEM ] Retransmit List: 1\n";
    let bytes = format!(
        "@zone +0000\n@file 1 7 0 /l/corosync.log /l/corosync.log {}\n@file 2 8 0 /l/messages /l/messages 0\n1:{before}1:{now}2:{syslog}1:notice  nothing of corosync's\n",
        before.len(),
    );
    let got = lines(decode(StreamKind::LogFiles, bytes.as_bytes()));
    let told: Vec<_> = got.iter().map(|l| (l.at, l.source, l.severity, l.text.as_str())).collect();
    assert_eq!(told, [(None, Source::Corosync, Warning, "[TOTEM] Retransmit List: 1")], "and once, though syslog says it too");
    // What came while we were away is told.
    let mut first = Decoder::new(StreamKind::LogFiles, arrival());
    first.feed(format!("@file 1 7 0 /l/corosync.log /l/corosync.log 0\n1:{now}").as_bytes(), arrival());
    let mut second = Decoder::new(StreamKind::LogFiles, arrival());
    second.resume_from(&first.resume());
    let bytes = format!("@file 1 7 {} /l/corosync.log /l/corosync.log 4000\n1:{before}", now.len());
    assert_eq!(lines(second.feed(bytes.as_bytes(), arrival())).len(), 1);
}

#[test]
fn pacemaker_s_file_syslog_and_old_forms_say_the_same() {
    for text in [
        "Nov 22 22:12:25.663 node1 pacemaker-controld  [390] (log_executor_event) \tnotice: Result of start operation for vm1 on node1: error (no such domain) | CIB update 12",
        "Nov 22 22:12:25 node1 pacemaker-controld[390]:  notice: Result of start operation for vm1 on node1: error (no such domain)",
        "Nov 22 22:12:25 [390] node1       crmd:   notice: process_lrm_event:\tResult of start operation for vm1 on node1: error (no such domain) | call=4",
        "2026-11-22 22:12:25,663 node1 crmd[390]: notice: Result of start operation for vm1 on node1: error (no such domain)",
    ] {
        let line = line(text);
        assert_line(
            &line,
            (Source::Pacemaker, Warning, Some("vm1"), "Result of start operation for vm1 on node1: error (no such domain)", CRM),
        );
        assert!(!line.text.contains(" | "), "{}", line.text);
    }
}

#[test]
fn meanings() {
    let lvm: &[Q] = &[Q::Lvs, Q::Vgs, Q::DeviceMapper];
    let cases: &[(&str, Expected<'_>)] = &[
        (
            "pacemaker-fenced[1]:  error: Operation 'reboot' targeting node3 by node1 for pacemaker-controld.4@node1: Timed out (Fencing timed out)",
            (Source::Fence, Critical, Some("node3"), "Operation 'reboot' targeting node3", FENCE),
        ),
        (
            "stonith-ng[1]:   error: Operation 'reboot' [22174] (call 3 from crmd.8234) for host 'n1' with device 'ipmi' returned: -62 (Timer expired)",
            (Source::Fence, Critical, Some("n1"), "Operation 'reboot' [22174]", FENCE),
        ),
        (
            "pacemaker-controld[1]:  crit: We were allegedly just fenced by node2 for node1!",
            (Source::Pacemaker, Critical, None, "We were", FENCE),
        ),
        (
            "pacemaker-controld[1]:  notice: Initiating migrate_to operation vm1_migrate_to_0 on node2",
            (Source::Pacemaker, Info, Some("vm1"), "Initiating", CRM),
        ),
        (
            "pacemaker-controld[1]:  notice: Result of start operation for vm1 on node1: OK",
            (Source::Pacemaker, Info, Some("vm1"), "Result", CRM),
        ),
        ("pacemaker-controld[1]:  warning: Quorum lost", (Source::Pacemaker, Critical, None, "Quorum lost", &[Q::Quorum, Q::CrmMon])),
        (
            "pacemaker-attrd[1]:  notice: Setting fail-count-vm1#start_0[node2] in instance_attributes: (unset) -> INFINITY",
            (Source::Pacemaker, Warning, Some("vm1"), "Setting", CRM),
        ),
        (
            "VirtualDomain(vm1)[77]:    ERROR: Failed to start virtual domain vm1.",
            (Source::Pacemaker, Warning, Some("vm1"), "Failed to start", &[]),
        ),
        (
            "VirtualDomain(vm1)[77]: ERROR: Failed to start virtual domain vm1.",
            (Source::Pacemaker, Warning, Some("vm1"), "Failed to start", &[]),
        ),
        (
            "kernel: [ 12.3] bonding: bond0: link status definitely down for interface eth1, disabling it",
            (Source::Kernel, Warning, Some("bond0"), "bonding", &[Q::Net, Q::Bonding]),
        ),
        (
            "kernel: bond1: making interface eth3 the new active one.",
            (Source::Kernel, Notice, Some("bond1"), "bond1", &[Q::Net, Q::Bonding]),
        ),
        ("kernel: e1000: eth0 NIC Link is Down", (Source::Kernel, Warning, Some("eth0"), "e1000", &[Q::Net])),
        (
            "kernel: Out of memory: Killed process 4242 (qemu-system-x86) total-vm:1kB",
            (Source::Kernel, Critical, Some("qemu-system-x86"), "Out of memory", &[Q::Host]),
        ),
        (
            "kernel: EXT4-fs error (device dm-3): ext4_find_entry:1455: inode #2",
            (Source::Kernel, Critical, Some("dm-3"), "EXT4-fs error", &[Q::Filesystems]),
        ),
        (
            "kernel: GFS2: fsid=lab:gfs.1: about to withdraw this file system",
            (Source::Kernel, Critical, Some("lab:gfs"), "GFS2", &[Q::Filesystems]),
        ),
        ("multipathd: sdd: mark as failed", (Source::Storage, Warning, Some("sdd"), "sdd", &[Q::Multipath])),
        ("multipathd[4]: san1: remaining active paths: 0", (Source::Storage, Critical, Some("san1"), "san1", &[Q::Multipath])),
        (
            "iscsid: Kernel reported iSCSI connection 1:0 error (1022 - ISCSI_ERR_NOP_TIMEDOUT) state (3)",
            (Source::Storage, Warning, Some("1:0"), "Kernel reported", &[Q::Iscsi, Q::Multipath]),
        ),
        (
            "dmeventd[9]: WARNING: Thin pool vg-pool-tpool data is now 91.20% full.",
            (Source::Storage, Warning, Some("vg-pool"), "WARNING", lvm),
        ),
        (
            "lvm[9]: WARNING: Thin pool vg-pool-tpool metadata is now 98.00% full.",
            (Source::Storage, Critical, Some("vg-pool"), "WARNING", lvm),
        ),
    ];
    for (text, expected) in cases {
        assert_line(&line(&format!("Nov 22 22:12:25 node1 {text}")), *expected);
    }
}

/// Lines that were once understood as something else.
#[test]
fn meanings_beside_their_likes() {
    let cases: &[(&str, Expected<'_>)] = &[
        (
            "corosync[1]:   [VOTEQ ] lost contact with quorum device Qdevice",
            (Source::Corosync, Critical, None, "[VOTEQ] lost contact", &[Q::Qdevice, Q::Quorum]),
        ),
        (
            "corosync-qdevice[1]: Server didn't send echo reply message on time",
            (Source::Corosync, Warning, None, "Server didn't send", &[Q::Qdevice, Q::Quorum]),
        ),
        (
            "corosync[1]:   [TOTEM ] The network interface is down.",
            (Source::Corosync, Warning, None, "[TOTEM] The network", &[Q::Links, Q::LinkStats]),
        ),
        (
            "pacemaker-fenced[1]:  notice: Couldn't find anyone to fence (reboot) node3 using any device",
            (Source::Fence, Critical, Some("node3"), "Couldn't find", FENCE),
        ),
        (
            "stonith-ng[1]:  notice: Couldn't find anyone to fence node3 with any device",
            (Source::Fence, Critical, Some("node3"), "Couldn't find", FENCE),
        ),
        (
            "pacemaker-attrd[1]:  notice: Setting fail-count-vm1#start_0[node2] in instance_attributes: INFINITY -> (unset)",
            (Source::Pacemaker, Info, Some("vm1"), "Setting", CRM),
        ),
        (
            "pacemakerd[1]:  error: pacemaker-controld[123] terminated with signal 9 (core=0)",
            (Source::Pacemaker, Critical, Some("pacemaker-controld"), "pacemaker-controld[123]", &[Q::Units, Q::Daemons]),
        ),
    ];
    for (text, expected) in cases {
        assert_line(&line(&format!("Nov 22 22:12:25 node1 {text}")), *expected);
    }
    let qdevice = r#"{"MESSAGE":"[VOTEQ ] lost contact with quorum device Qdevice","SYSLOG_IDENTIFIER":"corosync","PRIORITY":"6"}"#;
    let told = lines(decode(StreamKind::Journal, format!("{qdevice}\n").as_bytes()));
    assert_eq!(told.iter().map(|l| l.severity).collect::<Vec<_>>(), [Critical], "whatever its priority");
}

/// sbd and systemd, the old one of RHEL 7 too; what people did.
#[test]
fn meanings_of_units_and_operators() {
    let cases: &[(&str, Expected<'_>)] = &[
        (
            "sbd[3]: warning: inquisitor_child: Servant pcmk is outdated (age: 5)",
            (Source::Fence, Critical, None, "warning", &[Q::Watchdog, Q::CrmMon]),
        ),
        (
            "sbd[3]:   notice: main: Do flush + write 'b' to sysrq in case of timeout",
            (Source::Fence, Notice, None, "notice: main: Do flush", &[Q::Watchdog]),
        ),
        ("sbd[3]:     info: Set watchdog timeout to 5 seconds.", (Source::Fence, Notice, None, "info: Set", &[Q::Watchdog])),
        (
            "systemd[1]: pacemaker.service: Main process exited, code=killed, status=9/KILL",
            (Source::Pacemaker, Critical, Some("pacemaker"), "pacemaker", &[Q::Units, Q::Daemons]),
        ),
        (
            "systemd[1]: pacemaker.service: main process exited, code=killed, status=9/KILL",
            (Source::Pacemaker, Critical, Some("pacemaker"), "pacemaker", &[Q::Units, Q::Daemons]),
        ),
        (
            "systemd[1]: Unit corosync.service entered failed state.",
            (Source::Corosync, Critical, Some("corosync"), "Unit", &[Q::Units, Q::Daemons]),
        ),
        (
            "systemd: start request repeated too quickly for pacemaker.service",
            (Source::Pacemaker, Critical, Some("pacemaker"), "start", &[Q::Units, Q::Daemons]),
        ),
        (
            "systemd[1]: pacemaker.service holdoff time over, scheduling restart.",
            (Source::Pacemaker, Warning, Some("pacemaker"), "pacemaker", &[Q::Units, Q::Daemons]),
        ),
        (
            "systemd[1]: corosync.service stop-sigterm timed out. Killing.",
            (Source::Corosync, Warning, Some("corosync"), "corosync", &[Q::Units, Q::Daemons]),
        ),
        ("quorate[5]: admin relocates vm1 to node2", (Source::Operator, Notice, None, "admin relocates vm1 to node2", &[])),
        (
            "sudo:    anna : TTY=pts/0 ; PWD=/root ; USER=root ; COMMAND=/usr/sbin/crm_resource --move -r vm1",
            (Source::Operator, Notice, None, "anna on pts/0 ran: /usr/sbin/crm_resource --move -r vm1", &[]),
        ),
        (
            "sudo:    anna : TTY=pts/0 ; PWD=/root ; USER=root ; COMMAND=/usr/sbin/pcs host auth n1 -u hacluster -p S3cr3t",
            (Source::Operator, Notice, None, "anna on pts/0 ran: /usr/sbin/pcs host auth n1 -u hacluster -p ***", &[]),
        ),
        (
            "pacemaker-fenced[1]:  notice: fence_ipmilan[9] stderr: [ ipmitool -H bmc1 -p 6230 -U admin -P S3cr3t power status ]",
            (Source::Fence, Info, None, "fence_ipmilan[9] stderr: [ ipmitool -H bmc1 -p 6230 -U admin -P *** power status ]", &[]),
        ),
    ];
    for (text, expected) in cases {
        assert_line(&line(&format!("Nov 22 22:12:25 node1 {text}")), *expected);
    }
}

/// The daemons of Pacemaker 1.1 name the function that speaks, in syslog and in the journal too.
#[test]
fn pacemaker_1_1_names_its_functions() {
    let members: &[Q] = &[Q::Quorum, Q::Links, Q::CrmMon];
    let cases: &[(&str, Expected<'_>)] = &[
        (
            "stonith-ng[8230]:   notice: remote_op_done: Operation reboot of n1 by n2 for crmd.8234@n2.x: OK",
            (Source::Fence, Warning, Some("n1"), "Operation reboot of n1", FENCE),
        ),
        (
            "stonith-ng[8230]:    error: remote_op_done: Operation reboot of n1 by n2 for crmd.8234@n2.x: Timer expired",
            (Source::Fence, Critical, Some("n1"), "Operation reboot of n1", FENCE),
        ),
        (
            "crmd[8234]:   notice: crm_update_peer_state: pcmk_quorum_notification: Node n5[176250134] - state is now lost (was member)",
            (Source::Pacemaker, Warning, Some("n5"), "Node n5[176250134] - state", members),
        ),
        (
            "crmd[8234]:   notice: crm_update_peer_state: cman_event_callback: Node n5[5] - state is now member",
            (Source::Pacemaker, Notice, Some("n5"), "Node n5[5] - state", members),
        ),
        (
            "crmd[8234]:   notice: tengine_stonith_notify: Peer n1 was not terminated (reboot) by n2 for n2: No such device",
            (Source::Pacemaker, Critical, Some("n1"), "Peer n1 was not", FENCE),
        ),
        (
            "crmd[8234]:   notice: pcmk_quorum_notification: Quorum lost",
            (Source::Pacemaker, Critical, None, "Quorum lost", &[Q::Quorum, Q::CrmMon]),
        ),
        ("pengine[8233]:   notice: LogActions: Start   vm1\t(n1)", (Source::Pacemaker, Info, Some("vm1"), "LogActions", CRM)),
    ];
    for (text, expected) in cases {
        assert_line(&line(&format!("Nov 22 22:12:25 node1 {text}")), *expected);
    }
    let hidden = "crmd[8234]:   notice: tengine_stonith_notify: Peer n1 was terminated (reboot) by n2 for n2: OK (ref=1)";
    assert_eq!(one(&format!("Nov 22 22:12:25 node1 {hidden}")), Some(StreamItem::Stale(FENCE.to_vec())));
}

#[test]
fn chatter_is_no_event_but_may_make_stale() {
    let cases: &[(&str, Option<&[Q]>)] = &[
        ("pacemaker-based     [385] (cib_perform_op) \tinfo: Diff: +++ 0.36.58 (null)", Some(CRM)),
        ("pacemaker-based     [385] (cib_perform_op) \tinfo: +  /cib:  @num_updates=58", None),
        ("pacemaker-controld  [390] (x) \tdebug: Result of start operation for vm1 on node1: error", None),
        ("pacemaker-controld[1]:  notice: Result of monitor operation for vm1 on node1: ok", Some(CRM)),
        ("pacemaker-controld[1]:  notice: Result of monitor operation for vm1 on node1: OK", Some(CRM)),
        ("pacemaker-controld[1]:  notice: Result of probe operation for vm1 on node1: Not running", Some(CRM)),
        ("pacemaker-controld[1]:  notice: State transition S_IDLE -> S_POLICY_ENGINE", Some(CRM)),
        ("pacemaker-controld[1]:  notice: High CPU load detected: 1.0", None),
        // What one device did; that the fencing is over is told beside it. 1.1 and 2.0, then 2.1.
        (
            "stonith-ng[1]:   notice: Operation 'reboot' [22174] (call 3 from crmd.8234) for host 'n1' with device 'ipmi' returned: 0 (OK)",
            Some(FENCE),
        ),
        (
            "pacemaker-fenced[1]:  notice: Operation 'reboot' [22174] (call 3 from crmd.8234) for host 'n1' with device 'ipmi' returned (merged): 0 (OK)",
            Some(FENCE),
        ),
        ("pacemaker-fenced[1]:  notice: Operation 'reboot' [22174] targeting n1 using ipmi returned 0", Some(FENCE)),
        ("corosync[1]:   [KNET  ] pmtud: Global data MTU changed to: 1446", None),
        ("sshd[1]: Accepted publickey for root", None),
        ("CRON[1]: (root) CMD (run-parts)", None),
        ("sudo:    mon : TTY=unknown ; PWD=/ ; USER=root ; COMMAND=/usr/sbin/crm_resource --move -r vm1", None),
        ("systemd[1]: Started session-1.scope", None),
        ("systemd[1]: pacemaker.service failed.", Some(&[Q::Units, Q::Daemons])),
        ("kernel: usb 1-1: new device", None),
        // An option in fstab is no error.
        ("kernel: [ 3.1] EXT4-fs (vda1): re-mounted. Opts: errors=remount-ro", Some(&[Q::Filesystems])),
        (
            "kernel: EXT4-fs (dm-3): mounted filesystem with ordered data mode. Opts: errors=remount-ro. Quota mode: none.",
            Some(&[Q::Filesystems]),
        ),
    ];
    for (text, stale) in cases {
        let expected = stale.map(|s| StreamItem::Stale(s.to_vec()));
        assert_eq!(one(&format!("Nov 22 22:12:25 node1 {text}")), expected, "{text}");
    }
}

#[test]
fn years_are_inferred_around_new_year_and_leap_days() {
    let cases = [
        ("2027-01-01T00:00:05Z", 0, "Dec 31 23:59:59", "2026-12-31T23:59:59Z"),
        ("2026-12-31T23:59:58Z", 0, "Jan  1 00:00:01", "2027-01-01T00:00:01Z"),
        ("2026-06-01T00:00:00Z", 0, "Jul  1 00:00:00", "2025-07-01T00:00:00Z"),
        ("2027-03-01T00:00:00Z", 0, "Feb 29 12:00:00", "2024-02-29T12:00:00Z"),
        // By a clock that is days ahead.
        ("2026-06-01T00:00:00Z", 3, "Jun  4 00:00:00", "2026-06-04T00:00:00Z"),
        ("2026-12-30T12:00:00Z", 3, "Jan  2 12:00:00", "2027-01-02T12:00:00Z"),
    ];
    for (now, days_ahead, time, expected) in cases {
        let bytes = followed(format!("{time} n1 corosync[1]: [TOTEM ] Retransmit List: 1\n").as_bytes());
        let mut decoder = Decoder::new(StreamKind::LogFiles, at(now));
        decoder.set_clock_offset(days_ahead * 86_400_000_000);
        assert_eq!(lines(decoder.feed(&bytes, at(now)))[0].at, Some(at(expected)), "{time} read at {now}");
    }
}

#[test]
fn times_without_a_zone_are_local_to_the_node() {
    let bytes = b"@zone +0530\n@file 1 7 0 /l /l\n1:Nov 22 05:00:00 n1 corosync[1]: [TOTEM ] Retransmit List: 1\n";
    assert_eq!(lines(decode(StreamKind::LogFiles, bytes))[0].at, Some(at("2026-11-21T23:30:00Z")));
    let mut decoder = Decoder::new(StreamKind::LogFiles, arrival());
    decoder.set_utc_offset(-3600);
    let got = decoder.feed(&bytes[12..], arrival());
    assert_eq!(lines(got)[0].at, Some(at("2026-11-22T06:00:00Z")));
}

#[test]
fn journal_fields_of_any_kind_are_read_and_made_harmless() {
    let cases = [
        (r#""MESSAGE":"one\ntwo\u001b[2J\u202e""#, "one\\ntwo\\e[2J<202e>"),
        (r#""MESSAGE":[104,105,255,27]"#, "hi\u{fffd}\\e"),
        (r#""MESSAGE":["first","second"]"#, "first"),
        (r#""MESSAGE":null"#, "(a message too long to show)"),
    ];
    for (field, expected) in cases {
        let json = format!(
            "{{\"__CURSOR\":\"s=1;i=2\",\"__REALTIME_TIMESTAMP\":\"1795386594179557\",\"SYSLOG_IDENTIFIER\":\"corosync\",\"PRIORITY\":\"3\",{field}}}\n"
        );
        let got = lines(decode(StreamKind::Journal, json.as_bytes()));
        assert_eq!((got[0].text.as_str(), got[0].severity), (expected, Warning));
        assert_eq!(got[0].at, Some(Stamp(1_795_386_594_179_557)));
    }
}

#[test]
fn a_line_without_end_is_cut_and_the_next_is_whole() {
    let mut bytes = b"Nov 22 22:12:25 n1 corosync[1]: [TOTEM ] Retransmit List: ".to_vec();
    bytes.extend(std::iter::repeat_n(b'7', 900_000));
    bytes.extend_from_slice(b"\nNov 22 22:12:26 n1 corosync[1]: [TOTEM ] Retransmit List: 8\n");
    let mut decoder = Decoder::new(StreamKind::LogFiles, arrival());
    let got = lines(decoder.feed(&followed(&bytes), arrival()));
    assert!(got[0].text.ends_with("(cut: a line longer than 256 KiB)") && got[0].text.len() < 20_000);
    assert_eq!(got[1].text, "[TOTEM] Retransmit List: 8");
    assert_eq!(decoder.resume().files[0].offset, bytes.len() as u64);
}

#[test]
fn garbled_journal_output_is_told_once() {
    let got = lines(decode(StreamKind::Journal, b"Failed to add match\n{\"MESSAGE\":\nnoise\n\n"));
    assert_eq!(got.len(), 1);
    assert_eq!((got[0].source, got[0].severity), (Source::Quorate, Notice));
    assert!(got[0].text.contains("journalctl -f -o json"), "{}", got[0].text);
}

#[test]
fn a_line_in_two_files_is_one_event() {
    let bytes = "@file 1 7 0 /var/log/pacemaker.log /var/log/pacemaker.log\n@file 2 8 0 /var/log/syslog /var/log/syslog\n\
        1:Nov 22 22:12:25.663 n1 pacemaker-controld  [390] (x) \tnotice: Node n2 state is now lost | nodeid=2\n\
        2:Nov 22 22:12:25 n1 pacemaker-controld[390]:  notice: Node n2 state is now lost\n\
        2:Nov 22 22:12:40 n1 pacemaker-controld[390]:  notice: Node n2 state is now lost\n";
    let times: Vec<_> = lines(decode(StreamKind::LogFiles, bytes.as_bytes())).into_iter().map(|l| l.at.unwrap().rfc3339()).collect();
    assert_eq!(times, ["2026-11-22T22:12:25.663Z", "2026-11-22T22:12:40.000Z"]);
}
