//! Bonds and NICs.

use serde_json::{Value, json};

use super::cluster::cluster;
use super::rig::{fixture, has_alert, member};

fn bonds(links: &str) -> Option<Value> {
    let site = cluster(&["n1"])?;
    site.node("n1").answers("ip", &[("*-j*addr*", "[]"), ("*-j*link*", links)]);
    let json = site.status().0;
    super::shape::check(&json);
    Some(json)
}

/// A bond and its ports as `ip -d -j -s link` prints them: (name, up, failures).
fn links(mode: &str, active: &str, ports: &[(&str, bool, u32)]) -> String {
    let mut rows = vec![
        r#"{"ifindex":1,"ifname":"lo","flags":["LOOPBACK","UP","LOWER_UP"],"operstate":"UNKNOWN","link_type":"loopback"}"#.to_owned(),
        format!(
            r#"{{"ifindex":9,"ifname":"bond0","flags":["BROADCAST","MULTICAST","MASTER","UP"],"operstate":"UP","link_type":"ether","linkinfo":{{"info_kind":"bond","info_data":{{"mode":"{mode}","miimon":100{active}}}}}}}"#
        ),
    ];
    for (at, (name, up, failures)) in ports.iter().enumerate() {
        let (flag, mii) = if *up { ("\"LOWER_UP\"", "UP") } else { ("\"NO-CARRIER\"", "DOWN") };
        rows.push(format!(
            r#"{{"ifindex":{},"ifname":"{name}","flags":["UP",{flag}],"master":"bond0","operstate":"UP","link_type":"ether","parentbus":"pci","parentdev":"0000:00:0{at}.0","linkinfo":{{"info_slave_kind":"bond","info_slave_data":{{"state":"BACKUP","mii_status":"{mii}","link_failure_count":{failures}}}}}}}"#,
            at + 2
        ));
    }
    format!("[{}]", rows.join(","))
}

#[test]
fn the_state_of_a_bond_is_that_of_its_ports() {
    let cases = [
        (links("active-backup", r#","active_slave":"eth1""#, &[("eth0", true, 0), ("eth1", true, 2)]), "up", json!("eth1")),
        (links("802.3ad", "", &[("eth0", true, 0), ("eth1", false, 7)]), "degraded", Value::Null),
        (links("balance-rr", "", &[("eth0", false, 0), ("eth1", false, 7)]), "down", Value::Null),
    ];
    for (text, status, active) in cases {
        let Some(json) = bonds(&text) else { return };
        let bond = &json["bonds"][0];
        assert_eq!(
            (&bond["status"], &bond["active_port"], &bond["name"], &bond["node"]),
            (&json!(status), &active, &json!("bond0"), &json!("n1"))
        );
        assert_eq!(member(&json, "n1")["nics"], 2);
        assert_eq!(has_alert(&json, "critical", "bond-down", "n1:bond0"), status == "down");
        assert_eq!(has_alert(&json, "warning", "bond-degraded", "n1:bond0"), status == "degraded");
        assert_eq!(bond["ports"][1]["failures"], if status == "up" { 2 } else { 7 });
    }
}

#[test]
fn a_bond_with_one_port_is_a_notice_and_no_ill_health() {
    let Some(json) = bonds(&links("active-backup", r#","active_slave":"eth0""#, &[("eth0", true, 0)])) else { return };
    assert!(has_alert(&json, "notice", "single-port-bond", "n1:bond0"));
    assert_eq!(json["bonds"][0]["status"], "up");
}

#[test]
fn recorded_answers() {
    let Some(json) = bonds(&fixture("net/failing-ip-j-d-s-link.json")) else { return };
    let seen: Vec<_> =
        json["bonds"].as_array().unwrap().iter().map(|b| (b["name"].as_str().unwrap(), b["status"].as_str().unwrap())).collect();
    assert_eq!(seen, [("bond0", "up"), ("bond1", "degraded")]);
    let Some(json) = bonds(&fixture("net/ip-j-d-s-link.json")) else { return };
    assert!(json["bonds"].as_array().unwrap().iter().all(|b| b["status"] == "up"));
    assert_eq!(member(&json, "n1")["nics"], 4);
}

#[test]
fn an_ip_without_json() {
    let Some(site) = cluster(&["n1"]) else { return };
    site.node("n1").tool(
        "ip",
        "case \" $* \" in *' -j '*) echo 'Option \"-j\" is unknown, try \"ip -help\".' >&2; exit 255;;\n\
         *link*) cat <<'X'\n1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN mode DEFAULT\n    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00\n\
         2: veth0@if3: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP mode DEFAULT\n    link/ether 02:00:00:00:00:01 brd ff:ff:ff:ff:ff:ff promiscuity 0 \n    veth \nX\n;;\nesac",
    );
    let json = site.status().0;
    assert_eq!((&member(&json, "n1")["nics"], &json["bonds"]), (&json!(1), &json!([])));
}

/// `ip` of RHEL 6: no JSON, VLANs in detail, bonds and bridges by name alone.
const OLD_IP: &str = "case \" $* \" in *' -j '*|*' -o -d '*) echo 'Option \"-j\" is unknown, try \"ip -help\".' >&2; exit 255;;\n*addr*) exit 0;;\n*link*) cat <<'X'\n\
    1: lo: <LOOPBACK,UP,LOWER_UP> mtu 16436 qdisc noqueue state UNKNOWN \n    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00\n\
    2: em1: <BROADCAST,MULTICAST,SLAVE,UP,LOWER_UP> mtu 1500 qdisc mq master bond0 state UP qlen 1000\n    link/ether 00:16:3e:00:00:01 brd ff:ff:ff:ff:ff:ff\n\
    3: em2: <NO-CARRIER,BROADCAST,MULTICAST,SLAVE,UP> mtu 1500 qdisc mq master bond0 state DOWN qlen 1000\n    link/ether 00:16:3e:00:00:01 brd ff:ff:ff:ff:ff:ff\n\
    4: em3: <BROADCAST,MULTICAST,SLAVE,UP,LOWER_UP> mtu 1500 qdisc mq master bond1 state UP qlen 1000\n    link/ether 00:16:3e:00:00:03 brd ff:ff:ff:ff:ff:ff\n\
    5: em4: <BROADCAST,MULTICAST,SLAVE,UP,LOWER_UP> mtu 1500 qdisc mq master bond1 state UP qlen 1000\n    link/ether 00:16:3e:00:00:03 brd ff:ff:ff:ff:ff:ff\n\
    6: bond0: <BROADCAST,MULTICAST,MASTER,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP \n    link/ether 00:16:3e:00:00:01 brd ff:ff:ff:ff:ff:ff\n\
    7: bond1: <BROADCAST,MULTICAST,MASTER,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP \n    link/ether 00:16:3e:00:00:03 brd ff:ff:ff:ff:ff:ff\n\
    8: bond0.100@bond0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP \n    link/ether 00:16:3e:00:00:01 brd ff:ff:ff:ff:ff:ff\n    vlan id 100 <REORDER_HDR> \nX\n;;\nesac";

const BOND0: &str = "Ethernet Channel Bonding Driver: v3.6.0 (September 26, 2009)\n\nBonding Mode: fault-tolerance (active-backup)\nPrimary Slave: None\n\
    Currently Active Slave: em1\nMII Status: up\nMII Polling Interval (ms): 100\n\nSlave Interface: em1\nMII Status: up\nSpeed: 1000 Mbps\nDuplex: full\nLink Failure Count: 1\n\n\
    Slave Interface: em2\nMII Status: down\nSpeed: Unknown\nDuplex: Unknown\nLink Failure Count: 4\n";

const BOND1: &str = "Ethernet Channel Bonding Driver: v3.6.0 (September 26, 2009)\n\nBonding Mode: IEEE 802.3ad Dynamic link aggregation\nMII Status: up\n\
    802.3ad info\nActive Aggregator Info:\n\tPartner Mac Address: 00:23:04:ee:be:01\n\nSlave Interface: em3\nMII Status: up\nSpeed: 10000 Mbps\nDuplex: full\nLink Failure Count: 0\n\n\
    Slave Interface: em4\nMII Status: up\nSpeed: 10000 Mbps\nDuplex: full\nLink Failure Count: 2\n";

/// Bonds as proc has them, whether the folder can be listed or not.
#[test]
fn bonds_of_an_ip_without_json_are_those_of_proc() {
    let both = format!("{BOND0}{BOND1}");
    for listed in [true, false] {
        let Some(site) = cluster(&["n1"]) else { return };
        let node = site.node("n1");
        node.tool("ip", OLD_IP);
        node.tool(
            "cat",
            &format!(
                "case \"$*\" in */proc/net/bonding/bond0*) /bin/cat <<'X'\n{BOND0}X\n;;\n*/proc/net/bonding/bond1*) /bin/cat <<'X'\n{BOND1}X\n;;\n\
                 */proc/net/bonding/*) /bin/cat <<'X'\n{both}X\n;;\n*) exec /bin/cat \"$@\";; esac"
            ),
        );
        if listed {
            node.tool("ls", "case \"$*\" in */proc/net/bonding*) printf 'bond0\\nbond1\\n';; *) exec /bin/ls \"$@\";; esac");
        }
        let json = site.status().0;
        super::shape::check(&json);
        let port = |name: &str, status: &str, speed: Option<u32>, failures: u32| json!({"name": name, "status": status, "speed_mbps": speed, "failures": failures});
        let bond = |name: &str, mode: &str, status: &str, active: Option<&str>, ports: [Value; 2]| json!({"node": "n1", "name": name, "mode": mode, "status": status, "active_port": active, "ports": ports});
        let expected = json!([
            bond("bond0", "active-backup", "degraded", Some("em1"), [port("em1", "up", Some(1000), 1), port("em2", "down", None, 4)]),
            bond("bond1", "802.3ad", "up", None, [port("em3", "up", Some(10000), 0), port("em4", "up", Some(10000), 2)]),
        ]);
        assert_eq!(json["bonds"], expected, "listed: {listed}");
        assert!(has_alert(&json, "warning", "bond-degraded", "n1:bond0"));
    }
}
