//! Recorded journals and log files.

use Question as Q;
use Severity::{Critical, Info, Notice, Warning};
use quorate::probe::log::broken_patterns;

use super::*;

const CRM: &[Q] = &[Q::CrmMon];
const FENCE: &[Q] = &[Q::CrmMon, Q::FenceHistory];
const MEMBERS: &[Q] = &[Q::Quorum, Q::Links, Q::CrmMon];
const LINKS: &[Q] = &[Q::Links, Q::LinkStats];
const BOND: &[Q] = &[Q::Net, Q::Bonding];
const PATHS: &[Q] = &[Q::Multipath];
const ISCSI: &[Q] = &[Q::Iscsi, Q::Multipath];

/// File, items and lines for the timeline in it, and some of these.
type Recorded = (&'static str, usize, usize, &'static [Expected<'static>]);

const RECORDED: &[Recorded] = &[
    (
        "journal-corosync-node-lost.jsonl",
        25,
        14,
        &[
            (Source::Corosync, Warning, Some("node 1"), "[KNET] link: host: 1 link: 0 is down", LINKS),
            (Source::Corosync, Warning, Some("node 1"), "[KNET] host: host: 1 has no active links", LINKS),
            (Source::Corosync, Warning, None, "[TOTEM] Token has not been received in 7987 ms", &[Q::LinkStats]),
            (Source::Corosync, Warning, None, "[TOTEM] A processor failed, forming new configuration", MEMBERS),
            (Source::Corosync, Warning, Some("node 1"), "[TOTEM] A new membership (2.27) was formed. Members left: 1", MEMBERS),
            (Source::Corosync, Notice, None, "[TOTEM] A new membership (1.23) was formed. Members joined: 1 2", MEMBERS),
            (Source::Corosync, Info, None, "[QUORUM] Members[2]: 2 3", MEMBERS),
        ],
    ),
    (
        "journal-corosync-link-down.jsonl",
        12,
        6,
        &[(Source::Corosync, Warning, Some("node 1"), "[KNET] link: host: 1 link: 1 is down", LINKS)],
    ),
    ("journal-corosync-link-up.jsonl", 8, 4, &[(Source::Corosync, Notice, None, "[QUORUM] This node is within the primary", MEMBERS)]),
    (
        "journal-controld.jsonl",
        64,
        21,
        &[
            (Source::Pacemaker, Info, Some("gfs"), "Initiating start operation gfs:1_start_0 on node2", CRM),
            (Source::Pacemaker, Info, Some("vm1"), "Result of start operation for vm1 on node3: ok", CRM),
            (Source::Pacemaker, Warning, Some("node1"), "Node node1 state is now lost", MEMBERS),
            (Source::Pacemaker, Warning, Some("node1"), "Stonith/shutdown of node node1 was not expected", FENCE),
            (Source::Pacemaker, Warning, Some("node1"), "Requesting fencing (reboot) of node node1", FENCE),
            (Source::Pacemaker, Info, None, "Transition 0 (Complete=91", CRM),
        ],
    ),
    (
        "journal-fenced.jsonl",
        14,
        8,
        &[
            (Source::Fence, Warning, Some("node1"), "Operation 'reboot' targeting node1 by node2 for stonith-api.3738@node2: OK", FENCE),
            (Source::Fence, Info, Some("fence-node1"), "Added 'fence-node1' to device list", &[Q::CrmMon, Q::FenceDevices]),
        ],
    ),
    ("journal-dlm-kernel.jsonl", 40, 0, &[]),
    ("journal-dlm_controld.jsonl", 2, 2, &[(Source::Storage, Info, None, "fence status 1 receive 0 from 2", &[Q::Dlm, Q::FenceHistory])]),
    (
        "journal-kernel-bond-port-down.jsonl",
        14,
        1,
        &[(Source::Kernel, Warning, Some("bond1"), "bond1: (slave eth1): link status definitely down, disabling slave", BOND)],
    ),
    (
        "journal-kernel-path-down.jsonl",
        18,
        10,
        &[
            (Source::Kernel, Notice, Some("bond1"), "bond1: (slave eth1): link status definitely up", BOND),
            (Source::Kernel, Warning, Some("8:48"), "device-mapper: multipath: 253:2: Failing path 8:48.", PATHS),
            (Source::Kernel, Warning, Some("connection2:0"), "connection2:0: detected conn error (1022)", ISCSI),
            (Source::Kernel, Warning, Some("session2"), "session2: session recovery timed out", ISCSI),
            (Source::Kernel, Warning, Some("sde"), "sd 1:0:0:3: [sde] tag#7 FAILED Result", PATHS),
        ],
    ),
    (
        "journal-multipathd-path-down.jsonl",
        25,
        12,
        &[
            (Source::Storage, Warning, Some("san2"), "checker failed path 8:48 in map san2", PATHS),
            (Source::Storage, Info, Some("san2"), "san2: remaining active paths: 1", PATHS),
            (Source::Storage, Notice, Some("san3"), "san3: sde - tur checker reports path is up", PATHS),
            (Source::Storage, Info, Some("multipathd"), "Started multipathd.service", &[Q::Units, Q::Daemons]),
        ],
    ),
    ("healthy-journal-corosync.jsonl", 46, 24, &[(Source::Corosync, Info, None, "[WD] Watchdog not enabled", &[])]),
    ("healthy-journal-controld.jsonl", 52, 16, &[]),
    ("healthy-journal-fenced.jsonl", 9, 6, &[]),
    ("healthy-journal-kernel.jsonl", 40, 1, &[(Source::Kernel, Warning, None, "WARNING: CPU: 0 PID: 23 at fs/dlm/requestqueue.c:47", &[])]),
    ("healthy-journal-libvirtd.jsonl", 3, 3, &[(Source::Libvirt, Warning, None, "Unable to open /dev/kvm", &[])]),
    (
        "corosync.log",
        65,
        33,
        &[(Source::Corosync, Warning, Some("node 2"), "[TOTEM] Failed to receive the leave message. failed: 2", MEMBERS)],
    ),
    ("pacemaker.log", 30, 3, &[(Source::Pacemaker, Info, Some("gfs"), "Initiating start operation gfs:2_start_0 on node2", CRM)]),
    (
        "fence-recovery-node1.log",
        12,
        3,
        &[
            (Source::Pacemaker, Warning, Some("node2"), "Node node2 state is now lost", MEMBERS),
            (
                Source::Fence,
                Warning,
                Some("node2"),
                "Operation 'reboot' targeting node2 by node1 for stonith-api.7810@node1: OK (complete)",
                FENCE,
            ),
            (Source::Pacemaker, Notice, Some("node2"), "Node node2 state is now member", MEMBERS),
        ],
    ),
    ("fence-recovery-node3.log", 24, 8, &[]),
    (
        "rhcs/rhel5.messages.mixed.log",
        22,
        22,
        &[
            (Source::Corosync, Warning, None, "[TOTEM] The token was lost in the OPERATIONAL state", MEMBERS),
            (Source::Kernel, Notice, Some("node 5"), "dlm: closing connection to node 5", &[Q::Dlm]),
            (Source::Fence, Critical, Some("virtsrv5n5.cnaf.infn.it"), "fence \"virtsrv5n5.cnaf.infn.it\" failed", FENCE),
            (Source::Rgmanager, Warning, Some("vm:db"), "start on vm \"db\" returned 1", CRM),
            (Source::Rgmanager, Critical, Some("vm:riviste"), "#12: RG vm:riviste failed to stop", CRM),
            (Source::Rgmanager, Critical, None, "#1: Quorum Dissolved", &[Q::Quorum, Q::CrmMon]),
        ],
    ),
    ("rhcs/rhel6.corosync.log", 7, 5, &[(Source::Corosync, Info, None, "[QUORUM] Members[4]: 1 2 3 4", MEMBERS)]),
    (
        "rhcs/rhel6.fenced.log",
        5,
        5,
        &[(Source::Fence, Warning, Some("virtsrv5n5.cnaf.infn.it"), "fence virtsrv5n5.cnaf.infn.it success", FENCE)],
    ),
    ("rhcs/rhel6.rgmanager.log", 11, 11, &[(Source::Rgmanager, Warning, Some("vm:wiki"), "Taking over service vm:wiki", CRM)]),
    (
        "rhcs/rhel6.messages.quorum-lost-regained.log",
        12,
        12,
        &[
            (Source::Corosync, Critical, None, "[CMAN] quorum lost, blocking activity", MEMBERS),
            (Source::Corosync, Critical, None, "[QUORUM] This node is within the non-primary component", MEMBERS),
            (Source::Rgmanager, Notice, Some("virtsrv3n3.cnaf.infn.it"), "State change: virtsrv3n3.cnaf.infn.it UP", MEMBERS),
        ],
    ),
    (
        "rhcs/rhel6.messages.relocate-migrate-failed.log",
        14,
        14,
        &[(
            Source::Rgmanager,
            Warning,
            Some("vm:abbone"),
            "Migration of vm:abbone to virtsrv2n2.cnaf.infn.it failed; return code 150",
            CRM,
        )],
    ),
    ("rhcs/rhel6.messages.nodedown-fence-failover.log", 24, 22, &[]),
];

#[test]
fn recorded_logs_say_what_happened() {
    for (name, items, shown, some) in RECORDED {
        let bytes = fixture(name);
        let got =
            if name.contains("journal-") { decode(StreamKind::Journal, &bytes) } else { decode(StreamKind::LogFiles, &followed(&bytes)) };
        let all = lines(got.clone());
        assert_eq!((got.len(), all.len()), (*items, *shown), "{name}");
        for expected in *some {
            let line = all.iter().find(|l| l.text.starts_with(expected.3)).unwrap_or_else(|| panic!("{name}: no line {}", expected.3));
            assert_line(line, *expected);
        }
        assert!(all.iter().all(|l| l.at.is_some_and(|at| at <= arrival())), "{name}: times");
    }
}

#[test]
fn every_pattern_compiles() {
    assert_eq!(broken_patterns(), Vec::<&str>::new());
}

#[test]
fn journal_times_and_cursors_are_kept() {
    let first = lines(decode(StreamKind::Journal, &fixture("journal-kernel-bond-port-down.jsonl"))).remove(0);
    let cursor = first.cursor.unwrap();
    assert!(
        cursor.starts_with("s=")
            && String::from_utf8(fixture("journal-kernel-bond-port-down.jsonl")).unwrap().contains(&format!("\"{cursor}\""))
    );
    let all = lines(decode(StreamKind::Journal, &fixture("journal-corosync-node-lost.jsonl")));
    let up = all.iter().find(|l| l.text.contains("primary component")).unwrap();
    assert_eq!(up.at.unwrap().rfc3339().get(..16), Some("2026-11-22T22:30"));
}
