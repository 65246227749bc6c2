use quorate::domain::cluster::BondStatus;
use quorate::domain::observation::net::{BondPort, BondRow, LinkSpeed, NetView, Nic};
use quorate::domain::observation::{Observation, Question};

use super::build::Lab;

pub fn nic(name: &str, kind: Option<&str>) -> Nic {
    Nic { name: name.to_owned(), kind: kind.map(str::to_owned), operstate: "UP".to_owned(), ..Nic::default() }
}

pub fn port(name: &str, up: bool) -> BondPort {
    BondPort { name: name.to_owned(), mii_up: Some(up), failures: Some(0), ..BondPort::default() }
}

pub fn bond(name: &str, mode: &str, active: Option<&str>, ports: Vec<BondPort>) -> BondRow {
    BondRow { name: name.to_owned(), mode: mode.to_owned(), active_port: active.map(str::to_owned), ports, ..BondRow::default() }
}

#[test]
fn status_by_the_ports() {
    for (ports, expected) in [
        (vec![port("eth0", true), port("eth2", true)], BondStatus::Up),
        (vec![port("eth0", true), port("eth2", false)], BondStatus::Degraded),
        (vec![port("eth0", false), port("eth2", false)], BondStatus::Down),
        (vec![], BondStatus::Down),
    ] {
        let mut lab = Lab::of(&["n1"]);
        lab.say(1, Question::Bonding, Observation::Bonding(vec![bond("bond0", "active-backup", Some("eth0"), ports.clone())]));
        assert_eq!(lab.picture().bonds[0].status, expected, "{ports:?}");
    }
}

/// The kernel calls a port up for ever where nothing looks at it: miimon 0, and no ARP monitoring.
#[test]
fn a_port_without_carrier_is_down_also_where_its_bond_does_not_look() {
    for (miimon, carrier, up) in [(0, false, false), (0, true, true), (100, false, true)] {
        let row = BondRow { miimon: Some(miimon), ..bond("bond0", "active-backup", Some("eth0"), vec![port("eth0", true)]) };
        let eth0 = Nic { master: Some("bond0".to_owned()), carrier: Some(carrier), ..nic("eth0", None) };
        let mut lab = Lab::of(&["n1"]);
        lab.say(1, Question::Bonding, Observation::Bonding(vec![row]));
        lab.say(1, Question::Net, Observation::Net(NetView { links: vec![eth0] }));
        assert_eq!(lab.picture().bonds[0].ports[0].up, up, "miimon {miimon}, carrier {carrier}");
    }
}

#[test]
fn only_some_modes_have_an_active_port() {
    for (mode, expected) in [("active-backup", Some("eth0")), ("balance-alb", Some("eth0")), ("802.3ad", None), ("balance-rr", None)] {
        let mut lab = Lab::of(&["n1"]);
        lab.say(1, Question::Bonding, Observation::Bonding(vec![bond("bond0", mode, Some("eth0"), vec![port("eth0", true)])]));
        assert_eq!(lab.picture().bonds[0].active_port.as_deref(), expected, "{mode}");
    }
    let mut lab = Lab::of(&["n1"]);
    lab.say(1, Question::Bonding, Observation::Bonding(vec![bond("bond0", "active-backup", Some("None"), vec![port("eth0", false)])]));
    assert_eq!(lab.picture().bonds[0].active_port, None);
}

#[test]
fn ip_proc_and_sysfs_make_one_bond() {
    let slave = |name: &str, up| Nic {
        master: Some("bond0".to_owned()),
        device: true,
        port: Some(BondPort { failures: None, ..port(name, up) }),
        ..nic(name, None)
    };
    let links = vec![
        Nic { loopback: true, ..nic("lo", None) },
        Nic {
            bond: Some(bond("bond0", "active-backup", Some("eth2"), Vec::new())),
            master: Some("br0".to_owned()),
            ..nic("bond0", Some("bond"))
        },
        slave("eth2", true),
        slave("eth0", false),
        nic("br0", Some("bridge")),
        Nic { lower: Some("bond0".to_owned()), vlan: Some(7), ..nic("bond0.7", Some("vlan")) },
        nic("tap0", Some("tun")),
        nic("veth1", Some("veth")),
    ];
    let mut lab = Lab::of(&["n1"]);
    lab.say(
        1,
        Question::Bonding,
        Observation::Bonding(vec![bond(
            "bond0",
            "active-backup",
            Some("eth0"),
            vec![BondPort { failures: Some(4), ..port("eth0", true) }, port("gone", true)],
        )]),
    );
    lab.pass(10).say(1, Question::Net, Observation::Net(NetView { links }));
    lab.say(
        1,
        Question::LinkSpeeds,
        Observation::LinkSpeeds(vec![LinkSpeed { name: "eth2".to_owned(), speed_mbps: Some(1000), duplex: Some("full".to_owned()) }]),
    );
    let picture = lab.picture();
    let b = &picture.bonds[0];
    assert_eq!((b.status, b.active_port.as_deref(), b.bridge.as_deref()), (BondStatus::Degraded, Some("eth2"), Some("br0")));
    assert_eq!(b.vlans, [("bond0.7".to_owned(), 7)]);
    let ports: Vec<_> = b.ports.iter().map(|p| (p.name.as_str(), p.up, p.speed_mbps, p.failures)).collect();
    assert_eq!(ports, [("eth0", false, None, Some(4)), ("eth2", true, Some(1000), None)], "the newer word counts, the older completes it");
    assert_eq!(picture.members[0].host.nics, Some(3), "eth0, eth2 and veth1");
    assert_eq!(picture.nics.iter().map(|n| n.name.as_str()).collect::<Vec<_>>(), ["bond0.7", "br0", "eth0", "eth2", "tap0", "veth1"]);
}

#[test]
fn files_without_their_names_belong_to_the_bond_of_their_ports() {
    let slave = |name: &str, master: &str| Nic { master: Some(master.to_owned()), ..nic(name, None) };
    let links = |rest: Vec<Nic>| [vec![nic("bond0", Some("bond")), nic("bond1", Some("bond"))], rest].concat();
    let unnamed = |active: &str, ports: [&str; 2]| bond("", "active-backup", Some(active), ports.iter().map(|p| port(p, true)).collect());
    let mut lab = Lab::of(&["n1"]);
    let all = links(vec![slave("eth0", "bond0"), slave("eth1", "bond0"), slave("eth2", "bond1"), slave("eth3", "bond1")]);
    lab.say(1, Question::Net, Observation::Net(NetView { links: all }));
    let files = vec![unnamed("eth3", ["eth2", "eth3"]), unnamed("eth0", ["eth0", "eth1"]), unnamed("p1", ["p1", "p2"])];
    lab.pass(1).say(1, Question::Bonding, Observation::Bonding(files));
    let picture = lab.picture();
    let seen: Vec<_> = picture.bonds.iter().map(|b| (b.name.as_str(), b.active_port.as_deref(), b.ports.len())).collect();
    assert_eq!(seen, [("bond0", Some("eth0"), 2), ("bond1", Some("eth3"), 2)]);

    let mut lab = Lab::of(&["n1"]);
    lab.say(1, Question::Net, Observation::Net(NetView { links: vec![nic("bond7", Some("bond"))] }));
    lab.pass(1).say(1, Question::Bonding, Observation::Bonding(vec![unnamed("eth0", ["eth0", "eth1"])]));
    assert_eq!(lab.picture().bonds[0].name, "bond7", "the only bond there is");
}
