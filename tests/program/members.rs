//! Members: the first status that applies, ids, votes, the way to each.

use serde_json::{Value, json};

use super::cluster::{CrmMon, Ring, cmap, equip, node, nodes};
use super::rig::{Site, has_alert, member};

fn lone(more: &str) -> Option<Site> {
    let site = Site::new(&["n1"])?;
    site.configure(more);
    Some(site)
}

#[test]
fn the_first_status_that_applies() {
    let cases = [
        ("a-unclean", "unclean=\"true\" online=\"false\" pending=\"true\" standby=\"true\"", "unclean"),
        ("b-pending", "pending=\"true\" online=\"false\" standby=\"true\" maintenance=\"true\"", "pending"),
        ("c-pending-online", "pending=\"true\"", "pending"),
        ("d-offline", "online=\"false\" standby=\"true\" maintenance=\"true\"", "offline"),
        ("e-standby", "standby=\"true\" maintenance=\"true\"", "standby"),
        ("f-standby-onfail", "standby_onfail=\"true\"", "standby"),
        ("g-maintenance", "maintenance=\"true\"", "maintenance"),
        ("h-remote", "type=\"remote\"", "online"),
        ("i-guest", "type=\"remote\" id_as_resource=\"vm9\" online=\"false\"", "offline"),
        ("n1", "is_dc=\"true\"", "online"),
    ];
    let away: String = cases.iter().filter(|c| c.0 != "n1").map(|c| Site::entry(c.0, 1)).collect();
    let Some(site) = lone(&away) else { return };
    let rows: Vec<String> = (1..).zip(&cases).map(|(id, (name, said, _))| node(name, id, said)).collect();
    let mut ring = Ring::of(&["n1"]);
    ring.members[0].0 = 10;
    equip(&site, &ring, &CrmMon::of(&rows));
    let (json, code) = site.status();
    for (name, _, status) in &cases {
        assert_eq!(member(&json, name)["status"], *status, "{name}");
    }
    let names: Vec<&str> = json["members"].as_array().unwrap().iter().map(|m| m["name"].as_str().unwrap()).collect();
    let mut sorted = names.clone();
    sorted.sort_unstable();
    assert_eq!(names, sorted);
    assert_eq!(names.len(), cases.len());
    let n1 = member(&json, "n1");
    assert_eq!((&n1["id"], &n1["votes"], &n1["dc"], &n1["manager"]), (&json!("10"), &json!(1), &json!(true), &json!(true)));
    assert_eq!((&n1["reachable"], &n1["error"], &n1["local"]), (&json!(true), &Value::Null, &json!(false)));
    let away = member(&json, "d-offline");
    assert_eq!(away["reachable"], false);
    assert!(away["error"].as_str().unwrap().starts_with("refused"), "{away}");
    assert_eq!((&away["uptime_s"], &away["cpu_percent"], &away["nics"]), (&Value::Null, &Value::Null, &Value::Null));
    for remote in ["h-remote", "i-guest"] {
        assert_eq!(member(&json, remote)["votes"], Value::Null, "{remote}");
    }
    assert!(has_alert(&json, "critical", "member-unclean", "a-unclean"));
    assert!(has_alert(&json, "warning", "member-offline", "d-offline"));
    assert!(has_alert(&json, "warning", "maintenance-on", "g-maintenance"));
    assert!(has_alert(&json, "warning", "member-unreachable", "e-standby"));
    assert_eq!((json["health"].as_str(), code), (Some("critical"), 2));
}

#[test]
fn a_node_tells_of_itself() {
    let Some(site) = lone("") else { return };
    equip(&site, &Ring::of(&["n1"]), &CrmMon::of(&nodes(&["n1"])));
    let (json, _) = site.status();
    let n1 = member(&json, "n1");
    for key in ["uptime_s", "cpus", "memory_bytes"] {
        assert!(n1[key].as_u64().is_some_and(|n| n > 0), "{key}: {n1}");
    }
    for key in ["cpu_percent", "memory_percent"] {
        assert!(n1[key].as_f64().is_some_and(|n| (0.0..=100.0).contains(&n)), "{key}: {n1}");
    }
}

#[test]
fn a_configured_node_that_the_manager_does_not_know() {
    let Some(site) = Site::new(&["n1", "stranger"]) else { return };
    site.configure(&Site::entry("gone", 1));
    equip(&site, &Ring::of(&["n1"]), &CrmMon::of(&nodes(&["n1"])));
    site.node("n1").prints("corosync-cmapctl", &cmap("lab", &[(1, "n1", "192.0.2.1")]));
    // It has no cluster, and calls itself otherwise than the configuration does.
    let stranger = site.node("stranger");
    for tool in ["crm_mon", "corosync-quorumtool", "corosync-cmapctl", "cibadmin", "stonith_admin"] {
        stranger.tool(tool, "echo 'Could not connect to the cluster' >&2; exit 102");
    }
    stranger.prints("crm_node", "some-host-name\n");
    let (json, _) = site.status();
    for name in ["stranger", "gone"] {
        let row = member(&json, name);
        assert_eq!((&row["status"], &row["id"], &row["votes"]), (&json!("unknown"), &Value::Null, &Value::Null), "{row}");
    }
    assert_eq!(member(&json, "stranger")["reachable"], true);
    assert_eq!(member(&json, "n1")["status"], "online");
    assert_eq!(json["members"].as_array().unwrap().len(), 3);
}

#[test]
fn without_a_manager_the_status_is_unknown_and_quorum_is_not() {
    let Some(site) = Site::new(&["n1", "n2"]) else { return };
    site.configure("");
    equip(&site, &Ring::of(&["n1", "n2"]), &CrmMon::of(&nodes(&["n1", "n2"])));
    for node in &site.nodes {
        node.tool(
            "crm_mon",
            "case \"$*\" in *--version*) echo 'Pacemaker 2.1.5';; *) echo '<pacemaker-result api-version=\"2.25\" request=\"crm_mon\"><status code=\"102\" message=\"Not connected\"><errors><error>crm_mon: Connection to cluster failed: Connection refused</error></errors></status></pacemaker-result>'; exit 102;; esac",
        );
        node.prints("ps", "corosync\nsshd\n");
    }
    let (json, code) = site.status();
    for name in ["n1", "n2"] {
        let row = member(&json, name);
        assert_eq!((&row["status"], &row["votes"], &row["manager"]), (&json!("unknown"), &json!(1), &json!(false)), "{row}");
        assert!(has_alert(&json, "warning", "manager-down", name), "{}", json["alerts"]);
    }
    assert_eq!((&json["cluster"]["quorate"], &json["services"]), (&json!(true), &json!([])));
    assert_eq!((json["health"].as_str(), code), (Some("degraded"), 1));
}
