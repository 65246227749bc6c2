use quorate::domain::observation::net::{NetView, Nic};
use quorate::domain::observation::{Question, TroubleKind};

use super::host_support::{ended, read, rows};

fn named<'a>(view: &'a NetView, name: &str) -> &'a Nic {
    view.links.iter().find(|l| l.name == name).unwrap()
}

#[test]
fn links_and_addresses_of_a_real_node() {
    let text = format!(
        "{}\n\n@@quorate addresses\n{}\n\n@@quorate devices\neth0\nbr0\n",
        include_str!("../fixtures/net/ip-j-d-s-link.json"),
        include_str!("../fixtures/net/ip-j-addr.json")
    );
    let view = rows!(Net, read(Question::Net, &text));
    let names: Vec<&str> = view.links.iter().map(|l| l.name.as_str()).collect();
    assert_eq!(names, ["lo", "eth0", "eth1", "eth2", "eth3", "bond0", "bond1", "br0", "vnet0", "vnet1"]);
    assert_eq!(view.links.iter().filter(|l| l.device).count(), 4);
    let eth3 = named(&view, "eth3");
    assert_eq!(
        (eth3.index, eth3.master.as_deref(), eth3.bytes, eth3.errors),
        (Some(5), Some("bond1"), Some((75_803_129, 1_812_423)), Some((0, 0)))
    );
    assert_eq!((eth3.carrier, eth3.admin_up, eth3.mtu, eth3.operstate.as_str()), (Some(true), true, Some(1500), "UP"));
    let bond0 = named(&view, "bond0");
    let bond = bond0.bond.as_ref().unwrap();
    assert_eq!(
        (bond.mode.as_str(), bond.active_port.as_deref(), bond.miimon, bond.mii_up),
        ("active-backup", Some("eth2"), Some(100), Some(true))
    );
    assert_eq!((bond0.master.as_deref(), bond0.kind.as_deref(), bond.partner.as_deref()), (Some("br0"), Some("bond"), None));
    assert!(bond0.port.is_none() && !bond0.device);
    assert_eq!(named(&view, "br0").addresses, ["10.77.1.3/24"]);
    assert!(named(&view, "lo").loopback && named(&view, "lo").addresses == ["127.0.0.1/8", "::1/128"]);
}

#[test]
fn a_port_without_its_cable() {
    let view = rows!(Net, read(Question::Net, include_str!("../fixtures/net/failing-ip-j-d-s-link.json")));
    let eth1 = named(&view, "eth1");
    let port = eth1.port.as_ref().unwrap();
    assert_eq!((eth1.carrier, eth1.operstate.as_str(), port.mii_up, port.failures), (Some(false), "DOWN", Some(false), Some(1)));
    assert_eq!((port.name.as_str(), port.state.as_deref()), ("eth1", Some("BACKUP")));
    assert_eq!(named(&view, "bond1").bond.as_ref().unwrap().active_port.as_deref(), Some("eth3"));
}

#[test]
fn forms_that_other_versions_print() {
    let text = r#"[{},{"ifindex":2,"ifname":"p1","flags":["UP","LOWER_UP"],"operstate":"UP","stats":{"rx":{"bytes":1,"errors":2},"tx":{"bytes":3,"errors":4}}},
      {"ifindex":7,"ifname":"bond0","flags":["UP"],"operstate":"DOWN","linkinfo":{"info_kind":"bond","info_data":{"mode":"active-backup","active_slave":2}}},
      {"ifindex":8,"ifname":"lacp","flags":["UP","LOWER_UP"],"linkinfo":{"info_kind":"bond","info_data":{"mode":"802.3ad","ad_info":{"aggregator":1,"partner_mac":"00:11:22:33:44:55"}}}},
      {"ifindex":9,"ifname":"bond0.5","link":"bond0","flags":[],"linkinfo":{"info_kind":"vlan","info_data":{"protocol":"802.1Q","id":5}}},
      {"ifindex":10,"ifname":"v\u202ex","link":"peer","linkinfo":{"info_kind":"veth"}}]

@@quorate devices
p1
"#;
    let view = rows!(Net, read(Question::Net, text));
    assert_eq!(view.links.len(), 5);
    let p1 = named(&view, "p1");
    assert_eq!((p1.device, p1.bytes, p1.errors), (true, Some((1, 3)), Some((2, 4))));
    let bond = named(&view, "bond0").bond.clone().unwrap();
    assert_eq!((bond.active_port.as_deref(), bond.mii_up), (Some("p1"), Some(false)));
    assert_eq!(named(&view, "lacp").bond.clone().unwrap().partner.as_deref(), Some("00:11:22:33:44:55"));
    let vlan = named(&view, "bond0.5");
    assert_eq!((vlan.lower.as_deref(), vlan.vlan, vlan.carrier, vlan.admin_up), (Some("bond0"), Some(5), None, false));
    assert_eq!((view.links[4].name.as_str(), view.links[4].lower.as_deref()), ("v<202e>x", None));
}

/// iproute2 before 6.1 writes an apostrophe as `\'`, and each version control characters as they are: neither is JSON.
#[test]
fn names_that_ip_itself_does_not_escape() {
    let text = "[{\"ifname\":\"john\\'s\",\"mtu\":1500},{\"ifname\":\"x\",\"ifalias\":\"a\x1b[31mb \\\"c\\\\\"},{\"ifname\":\"e\x1bx\"}]\n\
                @@quorate addresses\n[{\"ifname\":\"john\\'s\",\"addr_info\":[{\"local\":\"192.0.2.1\",\"prefixlen\":24}]}]\n";
    let view = rows!(Net, read(Question::Net, text));
    assert_eq!(view.links.iter().map(|l| l.name.as_str()).collect::<Vec<_>>(), ["john's", "x", "e\\ex"]);
    assert_eq!((named(&view, "john's").mtu, named(&view, "john's").addresses.as_slice()), (Some(1500), &["192.0.2.1/24".to_owned()][..]));
}

#[test]
fn text_of_an_old_ip() {
    let text = "1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN \n    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00 promiscuity 0\n\
                2: eth0: <BROADCAST,MULTICAST,SLAVE,UP,LOWER_UP> mtu 1500 qdisc mq master bond0 state UP qlen 1000\n\
                \x20   link/ether 52:54:00:00:00:01 brd ff:ff:ff:ff:ff:ff promiscuity 0 \n    bond_slave state ACTIVE mii_status UP link_failure_count 3 perm_hwaddr 52:54:00:00:00:01 queue_id 0 addrgenmode eui64\n\
                \x20   RX: bytes  packets  errors  dropped overrun mcast   \n    1234567    100      2       0       0       0      \n\
                \x20   TX: bytes  packets  errors  dropped carrier collsns \n    7654321    90       1       0       0       0      \n\
                3: eth1: <NO-CARRIER,BROADCAST,MULTICAST,SLAVE,UP> mtu 1500 qdisc mq master bond0 state DOWN\n    link/ether 52:54:00:00:00:02 brd ff:ff:ff:ff:ff:ff\n\
                4: bond0: <BROADCAST,MULTICAST,MASTER,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP\n    link/ether 52:54:00:00:00:01 brd ff:ff:ff:ff:ff:ff promiscuity 1\n    bond mode active-backup active_slave eth0 miimon 100 updelay 0\n\
                5: bond0.100@bond0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue master br100 state UP\n    link/ether 52:54:00:00:00:01 brd ff:ff:ff:ff:ff:ff promiscuity 1\n    vlan protocol 802.1Q id 100 <REORDER_HDR>\n\
                6: veth0@if7: <BROADCAST> mtu 1500 state DOWN\n    veth\n\n\
                @@quorate addresses\n1: lo    inet 127.0.0.1/8 scope host lo\\       valid_lft forever preferred_lft forever\n5: bond0.100    inet6 fe80::1/64 scope link \\       valid_lft forever\n";
    let view = rows!(Net, read(Question::Net, text));
    assert_eq!(view.links.len(), 6);
    let eth0 = named(&view, "eth0");
    let port = eth0.port.as_ref().unwrap();
    assert_eq!((eth0.bytes, eth0.errors, eth0.master.as_deref()), (Some((1_234_567, 7_654_321)), Some((2, 1)), Some("bond0")));
    assert_eq!((port.state.as_deref(), port.mii_up, port.failures), (Some("ACTIVE"), Some(true), Some(3)));
    assert_eq!((named(&view, "eth1").carrier, named(&view, "eth1").address.as_deref()), (Some(false), Some("52:54:00:00:00:02")));
    let bond = named(&view, "bond0").bond.clone().unwrap();
    assert_eq!(
        (bond.mode.as_str(), bond.active_port.as_deref(), bond.mii_up, bond.miimon),
        ("active-backup", Some("eth0"), Some(true), Some(100))
    );
    let vlan = named(&view, "bond0.100");
    assert_eq!(
        (vlan.lower.as_deref(), vlan.vlan, vlan.master.as_deref(), vlan.kind.as_deref()),
        (Some("bond0"), Some(100), Some("br100"), Some("vlan"))
    );
    assert_eq!(vlan.addresses, ["fe80::1/64"]);
    assert!(named(&view, "lo").loopback && named(&view, "lo").addresses == ["127.0.0.1/8"]);
    assert_eq!((named(&view, "veth0").kind.as_deref(), named(&view, "veth0").lower.as_deref()), (Some("veth"), None));
    let one_line = "2: eth0: <UP,LOWER_UP> mtu 1500 state UP \\    link/ether 52:54:00:00:00:01 brd ff:ff:ff:ff:ff:ff\n";
    assert_eq!(named(&rows!(Net, read(Question::Net, one_line)), "eth0").address.as_deref(), Some("52:54:00:00:00:01"));
}

#[test]
fn links_stay_when_addresses_are_garbled() {
    let text = "[{\"ifname\":\"eth0\"}]\n@@quorate addresses\n[{\"ifna\n@@quorate devices\n";
    assert_eq!(rows!(Net, read(Question::Net, text)).links.len(), 1);
    assert_eq!(read(Question::Net, "[{\"ifna\n").unwrap_err().kind, TroubleKind::Garbled);
    assert_eq!(read(Question::Net, "nothing of use\n").unwrap_err().kind, TroubleKind::Garbled);
    assert_eq!(ended(Question::Net, "", "sh: ip: not found\n", 127).unwrap_err().kind, TroubleKind::Absent);
}

/// As RHEL 5 prints it: no details, no state, and a bridge's ports without their master.
const RHEL5: &str = "1: lo: <LOOPBACK,UP,LOWER_UP> mtu 16436 qdisc noqueue \n    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00\n\
    2: eth0: <BROADCAST,MULTICAST,SLAVE,UP,LOWER_UP> mtu 1500 qdisc pfifo_fast master bond0 qlen 1000\n    link/ether 00:16:3e:00:00:01 brd ff:ff:ff:ff:ff:ff\n\
    3: eth1: <NO-CARRIER,BROADCAST,MULTICAST,SLAVE,UP> mtu 1500 qdisc pfifo_fast master bond0 qlen 1000\n    link/ether 00:16:3e:00:00:01 brd ff:ff:ff:ff:ff:ff\n\
    4: eth2: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc pfifo_fast qlen 1000\n    link/ether 00:16:3e:00:00:03 brd ff:ff:ff:ff:ff:ff\n\
    6: bond0: <BROADCAST,MULTICAST,MASTER,UP,LOWER_UP> mtu 1500 qdisc noqueue \n    link/ether 00:16:3e:00:00:01 brd ff:ff:ff:ff:ff:ff\n\
    7: bond0.100@bond0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue \n    link/ether 00:16:3e:00:00:01 brd ff:ff:ff:ff:ff:ff\n\
    8: storage: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue \n    link/ether 00:16:3e:00:00:01 brd ff:ff:ff:ff:ff:ff\n\
    9: br100: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue \n    link/ether 00:16:3e:00:00:01 brd ff:ff:ff:ff:ff:ff\n\
    10: blue: <NOARP,MASTER,UP,LOWER_UP> mtu 65536 qdisc noqueue \n    link/ether 00:16:3e:00:00:09 brd ff:ff:ff:ff:ff:ff\n\n\
    @@quorate addresses\n9: br100    inet 192.0.2.1/24 brd 192.0.2.255 scope global br100\n\n";

const VLANS: &str = "@@quorate vlans\nVLAN Dev name\t | VLAN ID\nName-Type: VLAN_NAME_TYPE_RAW_PLUS_VID_NO_PAD\n\
    bond0.100      | 100  | bond0\nstorage        | 7  | bond0\nbad | 99999 | bond0\n|||\n";

/// Kind, master, lower, VLAN of an interface.
fn place<'a>(view: &'a NetView, name: &str) -> (Option<&'a str>, Option<&'a str>, Option<&'a str>, Option<u16>) {
    let nic = named(view, name);
    (nic.kind.as_deref(), nic.master.as_deref(), nic.lower.as_deref(), nic.vlan)
}

#[test]
fn an_ip_without_details_is_completed_from_proc_sysfs_and_brctl() {
    let sysfs =
        "@@quorate kinds\nbond bond0\nbridge br100\nport bond0.100 br100\nport eth2 br100\nport\nnonsense of any kind\n@@quorate bridges\n";
    let brctl = "@@quorate kinds\n@@quorate bridges\nbridge name\tbridge id\t\tSTP enabled\tinterfaces\n\
        br0\t\t8000.000000000000\tno\t\t\nbr100\t\t8000.00163e000001\tno\t\tbond0.100\n\t\t\t\t\t\t\teth2\nbond0\t\tcan't get info Operation not supported\n";
    for below in [sysfs, brctl] {
        let view = rows!(Net, read(Question::Net, &format!("{RHEL5}{VLANS}{below}\n@@quorate devices\neth0\neth1\neth2\n")));
        assert_eq!(view.links.len(), 9);
        assert_eq!(place(&view, "bond0"), (Some("bond"), None, None, None));
        assert_eq!(place(&view, "bond0.100"), (Some("vlan"), Some("br100"), Some("bond0"), Some(100)));
        assert_eq!(place(&view, "storage"), (Some("vlan"), None, Some("bond0"), Some(7)));
        assert_eq!(place(&view, "br100"), (Some("bridge"), None, None, None));
        assert_eq!(place(&view, "eth2"), (None, Some("br100"), None, None));
        assert_eq!(place(&view, "eth0"), (None, Some("bond0"), None, None));
        assert_eq!(place(&view, "blue").0, None, "a VRF is no bond");
        assert_eq!((named(&view, "eth1").operstate.as_str(), named(&view, "br100").operstate.as_str()), ("DOWN", "UP"));
        assert_eq!(view.links.iter().filter(|l| l.device).count(), 3);
    }
}

#[test]
fn what_ip_said_itself_stands() {
    let text = "2: eth0@peer: <UP,LOWER_UP> mtu 1500 master br1 state UP\n    link/ether 52:54:00:00:00:01 brd ff:ff:ff:ff:ff:ff\n    macvlan mode bridge\n\
        @@quorate vlans\neth0 | 5 | eth9\n@@quorate kinds\nbridge eth0\nport eth0 br9\n";
    let view = rows!(Net, read(Question::Net, text));
    assert_eq!(place(&view, "eth0"), (Some("macvlan"), Some("br1"), Some("peer"), None));
}
