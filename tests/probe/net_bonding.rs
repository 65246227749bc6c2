use quorate::domain::observation::net::{BondPort, LinkSpeed};
use quorate::domain::observation::{Question, TroubleKind};

use super::host_support::{ended, read, rows};

const BOND0: &str = include_str!("../fixtures/net/proc-bonding-bond0.txt");
const FAILING: &str = include_str!("../fixtures/net/failing-bond1.txt");

#[test]
fn files_of_a_real_node_with_their_names() {
    let text = format!("@@quorate bond /proc/net/bonding/bond0\n{BOND0}\n@@quorate bond /proc/net/bonding/bond1\n{FAILING}\n");
    let bonds = rows!(Bonding, read(Question::Bonding, &text));
    assert_eq!(bonds.len(), 2);
    assert_eq!((bonds[0].name.as_str(), bonds[0].mode.as_str(), bonds[0].active_port.as_deref()), ("bond0", "active-backup", Some("eth2")));
    assert_eq!((bonds[0].mii_up, bonds[0].miimon), (Some(true), Some(100)));
    let ports: Vec<_> = bonds[1].ports.iter().map(|p| (p.name.as_str(), p.mii_up, p.failures, p.speed_mbps, p.duplex.as_deref())).collect();
    assert_eq!(ports, [("eth3", Some(true), Some(0), None, None), ("eth1", Some(false), Some(1), None, None)]);
}

#[test]
fn files_without_their_names() {
    let bonds = rows!(Bonding, read(Question::Bonding, &format!("{BOND0}{FAILING}")));
    let seen: Vec<_> = bonds.iter().map(|b| (b.name.as_str(), b.ports.len())).collect();
    assert_eq!(seen, [("", 2), ("", 2)]);
}

#[test]
fn lacp_and_its_partner() {
    let text = "Ethernet Channel Bonding Driver: v3.7.1 (April 27, 2011)\n\nBonding Mode: IEEE 802.3ad Dynamic link aggregation\n\
                Transmit Hash Policy: layer3+4 (1)\nMII Status: up\nMII Polling Interval (ms): 50\n\n802.3ad info\nLACP rate: fast\n\
                Active Aggregator Info:\n\tAggregator ID: 9\n\tNumber of ports: 2\n\tPartner Mac Address: 00:23:04:ee:be:01\n\n\
                Slave Interface: em1\nMII Status: up\nSpeed: 10000 Mbps\nDuplex: full\nLink Failure Count: 4\nAggregator ID: 1\n\
                details actor lacp pdu:\n    system mac address: aa:aa:aa:aa:aa:aa\ndetails partner lacp pdu:\n    system mac address: 00:23:04:ee:be:01\n\n\
                Slave Interface: em2\nMII Status: going down\nSpeed: 4294967295 Mbps\nDuplex: Unknown!\nLink Failure Count: 0\nAggregator ID: 2\n";
    let bonds = rows!(Bonding, read(Question::Bonding, text));
    assert_eq!(
        (bonds[0].mode.as_str(), bonds[0].partner.as_deref(), bonds[0].active_port.as_deref()),
        ("802.3ad", Some("00:23:04:ee:be:01"), None)
    );
    let first = BondPort {
        name: "em1".into(),
        mii_up: Some(true),
        failures: Some(4),
        speed_mbps: Some(10000),
        duplex: Some("full".into()),
        aggregator: Some(1),
        partner: Some("00:23:04:ee:be:01".into()),
        state: None,
    };
    assert_eq!(bonds[0].ports[0], first);
    assert_eq!((bonds[0].ports[1].mii_up, bonds[0].ports[1].speed_mbps, bonds[0].ports[1].partner.as_deref()), (Some(true), None, None));
}

#[test]
fn modes_in_words() {
    for (words, name) in [
        ("load balancing (round-robin)", "balance-rr"),
        ("fault-tolerance (active-backup) (fail_over_mac active)", "active-backup"),
        ("load balancing (xor)", "balance-xor"),
        ("fault-tolerance (broadcast)", "broadcast"),
        ("transmit load balancing", "balance-tlb"),
        ("adaptive load balancing", "balance-alb"),
        ("something new", "something new"),
    ] {
        let text = format!("Ethernet Channel Bonding Driver: v1\n\nBonding Mode: {words}\nCurrently Active Slave: None\n");
        let bonds = rows!(Bonding, read(Question::Bonding, &text));
        assert_eq!((bonds[0].mode.as_str(), bonds[0].active_port.as_deref()), (name, None));
    }
}

#[test]
fn no_bonds_and_nonsense() {
    assert!(rows!(Bonding, read(Question::Bonding, "@@quorate bond /proc/net/bonding/*\n\n")).is_empty());
    assert!(rows!(Bonding, ended(Question::Bonding, "", "cat: '/proc/net/bonding/*': No such file or directory\n", 1)).is_empty());
    let trouble = read(Question::Bonding, "@@quorate bond /proc/net/bonding/bond7\nnonsense\n").unwrap_err();
    assert_eq!(trouble.kind, TroubleKind::Garbled);
    assert!(trouble.text.contains("bond7"), "{trouble}");
}

#[test]
fn speeds() {
    let text = "@@quorate link eth0\n1000\nfull\n@@quorate link eth1\n\n\n@@quorate link eth2\n-1\nunknown\n@@quorate link tap0\n10\nhalf\n@@quorate link x\n65535\nfull\n";
    let all = rows!(LinkSpeeds, read(Question::LinkSpeeds, text));
    let link = |name: &str, speed_mbps, duplex: Option<&str>| LinkSpeed { name: name.into(), speed_mbps, duplex: duplex.map(Into::into) };
    let expected = [
        link("eth0", Some(1000), Some("full")),
        link("eth1", None, None),
        link("eth2", None, None),
        link("tap0", Some(10), Some("half")),
        link("x", None, Some("full")),
    ];
    assert_eq!(all, expected);
    assert_eq!(read(Question::LinkSpeeds, "nonsense").unwrap_err().kind, TroubleKind::Garbled);
}
