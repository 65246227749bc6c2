//! Quorum: who claims it, how many may vanish, flags, exit status 3.

use serde_json::{Value, json};

use super::cluster::{CrmMon, Ring, cluster, equip, nodes, set_manager};
use super::rig::{Site, has_alert, member};

fn head(ring: &Ring<'_>) -> Option<Value> {
    let site = Site::new(&["n1"])?;
    let names: Vec<&str> = ring.members.iter().map(|m| m.1).collect();
    let away: String = names.iter().skip(1).map(|n| Site::entry(n, 1)).collect();
    site.configure(&away);
    equip(&site, ring, &CrmMon::of(&nodes(&names)));
    // Since 3.0.2 an inquorate node's tool ends with 2, before with 0; a quorate one's with 1 before.
    let said = ring.quorumtool("n1");
    site.node("n1").prints("quorumtool-text", &said);
    let script = format!("cat {}; echo 'a warning' >&2; exit 1", site.node("n1").sshd.path("quorumtool-text.out").display());
    site.node("n1").tool("corosync-quorumtool", &script);
    let (json, code) = site.status();
    assert_eq!(code, if ring.quorate { 1 } else { 2 }, "{json}");
    Some(json)
}

#[test]
fn healthy_is_zero() {
    let Some(site) = cluster(&["n1", "n2", "n3"]) else { return };
    let (json, code) = site.status();
    assert_eq!((json["health"].as_str(), code, &json["alerts"]), (Some("healthy"), 0, &json!([])));
    assert_eq!(json["cluster"]["votes"], json!({"total": 3, "expected": 3, "needed": 2}));
    assert_eq!(
        (&json["cluster"]["can_lose"], &json["cluster"]["flags"], &json["cluster"]["quorate"]),
        (&json!(1), &json!([]), &json!(true))
    );
    assert_eq!((&json["cluster"]["stack"], &json["cluster"]["name"]), (&json!("pacemaker"), &json!("lab")));
    assert!(json["cluster"]["version"].as_str().unwrap().starts_with("2.1.5"));
}

#[test]
fn two_nodes_may_lose_one() {
    let mut ring = Ring::of(&["n1", "n2"]);
    (ring.needed, ring.flags) = (1, "2Node WaitForAll ");
    let Some(json) = head(&ring) else { return };
    assert_eq!(json["cluster"]["flags"], json!(["two-node", "wait-for-all"]));
    assert_eq!(json["cluster"]["can_lose"], 1);
    assert!(!has_alert(&json, "warning", "quorum-margin-zero", "lab"));
}

#[test]
fn the_heaviest_votes_are_lost_first() {
    let mut ring = Ring::of(&["n1", "n2", "n3", "n4"]);
    ring.members[1].2 = 3;
    (ring.expected, ring.needed, ring.flags) = (6, 4, "LastManStanding AutoTieBreaker AllowDownscale ");
    let Some(json) = head(&ring) else { return };
    assert_eq!(json["cluster"]["votes"], json!({"total": 6, "expected": 6, "needed": 4}));
    assert_eq!(json["cluster"]["can_lose"], 0);
    assert_eq!(json["cluster"]["flags"], json!(["allow-downscale", "auto-tie-breaker", "last-man-standing"]));
    assert!(has_alert(&json, "warning", "quorum-margin-zero", "lab"));
    assert_eq!(member(&json, "n2")["votes"], 3);
}

#[test]
fn a_qdevice_is_a_flag_and_no_member() {
    let mut ring = Ring::of(&["n1", "n2"]);
    (ring.qdevice, ring.expected, ring.needed, ring.flags) = (Some(1), 3, 2, "Qdevice ");
    let Some(json) = head(&ring) else { return };
    assert_eq!((&json["cluster"]["flags"], &json["cluster"]["can_lose"]), (&json!(["qdevice"]), &json!(1)));
    assert_eq!(json["members"].as_array().unwrap().len(), 2);
    assert_eq!(json["cluster"]["votes"]["total"], 3);
}

#[test]
fn without_quorum_nothing_more_may_be_lost() {
    let mut ring = Ring::of(&["n1"]);
    (ring.expected, ring.needed, ring.quorate) = (3, 2, false);
    let Some(json) = head(&ring) else { return };
    assert_eq!((&json["cluster"]["quorate"], &json["cluster"]["can_lose"]), (&json!(false), &json!(0)));
    assert!(has_alert(&json, "critical", "no-quorum", "lab"));
    assert_eq!(json["health"], "critical");
}

#[test]
fn two_halves_that_both_claim_it_disagree() {
    let Some(site) = cluster(&["n1", "n2", "n3", "n4"]) else { return };
    let mon = |names: &[&str]| {
        let rows: Vec<String> = (1..)
            .zip(["n1", "n2", "n3", "n4"])
            .map(|(id, n)| super::cluster::node(n, id, if names.contains(&n) { "" } else { "online=\"false\" unclean=\"true\"" }))
            .collect();
        CrmMon::of(&rows)
    };
    for half in [["n1", "n2"], ["n3", "n4"]] {
        let mut ring = Ring::of(&half);
        if half[0] == "n3" {
            ring.members = vec![(3, "n3", 1), (4, "n4", 1)];
        }
        for name in half {
            site.node(name).prints("corosync-quorumtool", &ring.quorumtool(name));
            set_manager(site.node(name), &mon(&half));
        }
    }
    let (json, code) = site.status();
    assert_eq!(json["cluster"]["quorate"], Value::Null);
    assert!(has_alert(&json, "critical", "views-disagree", "lab"), "{}", json["alerts"]);
    assert_eq!((json["health"].as_str(), code), (Some("critical"), 2));
}

#[test]
fn nobody_can_tell_is_three_with_all_the_json() {
    let Some(site) = Site::new(&["n1"]) else { return };
    site.configure(&Site::entry("n2", 1));
    let (json, code) = site.status();
    assert_eq!((json["health"].as_str(), code), (Some("unknown"), 3));
    assert_eq!((&json["cluster"]["quorate"], &json["cluster"]["can_lose"]), (&Value::Null, &Value::Null));
    assert_eq!(json["cluster"]["votes"], json!({"total": null, "expected": null, "needed": null}));
    super::shape::check(&json);
    let text = site.run(&["status"]);
    assert_eq!(text.code, 3);
    assert!(!text.stdout.trim().is_empty());
}
