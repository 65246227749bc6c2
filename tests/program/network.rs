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
