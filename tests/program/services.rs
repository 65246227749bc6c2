//! Services of Pacemaker: the first state that applies, flags, failures, reasons, what contains what.

use serde_json::{Value, json};

use super::cluster::{CrmMon, Ring, cluster, dummy, equip, fail_count, failure, node, nodes, resource, set_manager, vm};
use super::rig::{Site, has_alert, service};

/// Three members of which n3 is gone as `lost` says.
fn three(lost: &str) -> Vec<String> {
    vec![node("n1", 1, "is_dc=\"true\""), node("n2", 2, ""), node("n3", 3, lost)]
}

fn seen(mon: &CrmMon) -> Option<Value> {
    let site = Site::new(&["n1"])?;
    site.configure(&(Site::entry("n2", 1) + &Site::entry("n3", 1)));
    equip(&site, &Ring::of(&["n1", "n2", "n3"]), mon);
    Some(site.status().0)
}

#[test]
fn the_first_state_that_applies() {
    let mut mon = CrmMon::of(&three("online=\"false\" unclean=\"true\""));
    let rows = [
        ("a", "Started", "blocked=\"true\" failed=\"true\"", &["n3"][..], "unknown"),
        ("b", "Started", "blocked=\"true\" failed=\"true\"", &["n1"], "blocked"),
        ("c", "Started", "failed=\"true\" pending=\"Starting\"", &["n1"], "failed"),
        ("d", "Stopped", "pending=\"Starting\"", &[], "starting"),
        ("e", "Started", "pending=\"Stopping\"", &["n1"], "stopping"),
        ("f", "Started", "pending=\"Migrating\"", &["n1"], "migrating"),
        ("g", "Starting", "", &["n1"], "starting"),
        ("h", "Stopping", "", &["n1"], "stopping"),
        ("i", "Migrating", "", &["n1"], "migrating"),
        ("j", "Started", "pending=\"Monitoring\"", &["n1"], "started"),
        ("k", "Promoted", "", &["n1"], "started"),
        ("l", "Master", "", &["n1"], "started"),
        ("m", "Unpromoted", "", &["n1"], "started"),
        ("n", "Slave", "target_role=\"Stopped\"", &["n1"], "started"),
        ("o", "Stopped", "target_role=\"Stopped\"", &[], "disabled"),
        ("p", "Stopped", "target_role=\"Started\"", &[], "stopped"),
        ("q", "Stopped", "blocked=\"true\" target_role=\"Stopped\"", &[], "blocked"),
        ("r", "Stopped", "failed=\"true\"", &[], "failed"),
    ];
    mon.resources = rows.iter().map(|(id, role, said, on, _)| dummy(id, role, said, on)).collect();
    let Some(json) = seen(&mon) else { return };
    for (id, role, said, _, state) in rows {
        assert_eq!(service(&json, id)["state"], state, "{id}: {role} {said}");
    }
    for id in ["k", "l"] {
        assert_eq!(service(&json, id)["flags"], json!(["promoted"]), "{id}");
    }
    assert_eq!(service(&json, "m")["flags"], json!([]));
    for row in json["services"].as_array().unwrap().iter().filter(|r| r["state"] != "started") {
        assert!(row["reason"].as_str().is_some_and(|r| !r.is_empty()), "{row}");
    }
    assert!(has_alert(&json, "warning", "service-failed", "c"));
    assert!(has_alert(&json, "critical", "service-failed", "r"));
    assert!(has_alert(&json, "critical", "service-stopped", "p"));
    assert!(!has_alert(&json, "critical", "service-stopped", "o"));
}

#[test]
fn kinds_flags_owners() {
    let mut mon = CrmMon::of(&nodes(&["n1", "n2", "n3"]));
    mon.resources = [
        vm("vm1", "Started", "managed=\"false\"", &["n2"]),
        resource("xen", "ocf::heartbeat:Xen", "Started", "maintenance=\"true\" managed=\"false\"", &["n1"]),
        resource("f1", "stonith:fence_ipmilan", "Stopped", "", &[]),
        dummy("old", "Started", "orphaned=\"true\"", &["n1"]),
        dummy("gone", "Started", "removed=\"true\"", &["n1"]),
        resource("web", "systemd:nginx", "Stopped", "locked_to=\"n2\"", &[]),
        dummy("twice", "Started", "", &["n2", "n1"]),
    ]
    .concat();
    let Some(json) = seen(&mon) else { return };
    let said = |id: &str| (service(&json, id)["kind"].clone(), service(&json, id)["flags"].clone());
    assert_eq!(said("vm1"), (json!("vm"), json!(["unmanaged"])));
    assert_eq!(said("xen"), (json!("vm"), json!(["maintenance", "unmanaged"])));
    assert_eq!(said("f1"), (json!("stonith"), json!([])));
    assert_eq!(said("old"), (json!("resource"), json!(["orphaned"])));
    assert_eq!(said("gone"), (json!("resource"), json!(["orphaned"])));
    assert_eq!(said("web"), (json!("resource"), json!(["locked"])));
    assert_eq!((&service(&json, "vm1")["owner"], &service(&json, "vm1")["owners"]), (&json!("n2"), &json!(["n2"])));
    assert_eq!((&service(&json, "twice")["owner"], &service(&json, "twice")["owners"]), (&Value::Null, &json!(["n1", "n2"])));
    assert!(has_alert(&json, "warning", "service-stopped", "f1"));
    assert!(has_alert(&json, "critical", "service-stopped", "web"));
}

fn clone(id: &str, said: &str, inside: &str) -> String {
    format!(
        "<clone id=\"{id}\" multi_state=\"false\" managed=\"true\" failed=\"false\" failure_ignored=\"false\" {said}>{inside}</clone>\n"
    )
}

fn group(id: &str, inside: &str) -> String {
    format!("<group id=\"{id}\" number_resources=\"2\" managed=\"true\" disabled=\"false\">{inside}</group>\n")
}

#[test]
fn groups_clones_and_bundles_stand_beside_their_members() {
    let mut mon = CrmMon::of(&nodes(&["n1", "n2", "n3"]));
    let bundle = format!(
        "<bundle id=\"web\" type=\"podman\" image=\"i\" unique=\"false\" managed=\"true\" failed=\"false\"><replica id=\"0\">{}{}</replica><replica id=\"1\">{}</replica></bundle>",
        resource("web-ip-1", "ocf:heartbeat:IPaddr2", "Started", "", &["n1"]),
        resource("web-podman-0", "ocf:heartbeat:podman", "Started", "", &["n1"]),
        resource("web-podman-1", "ocf:heartbeat:podman", "Stopped", "", &[]),
    );
    mon.resources = [
        group("g-same", &(dummy("g1", "Started", "", &["n1"]) + &dummy("g2", "Started", "", &["n1"]))),
        group("g-part", &(dummy("g3", "Started", "", &["n1"]) + &dummy("g4", "Stopped", "", &[]))),
        group("g-apart", &(dummy("g5", "Started", "", &["n1"]) + &dummy("g6", "Started", "", &["n2"]))),
        group("g-worst", &(dummy("g7", "Stopped", "", &[]) + &dummy("g8", "Started", "blocked=\"true\"", &["n2"]))),
        clone(
            "c1",
            "unique=\"false\"",
            &(dummy("d", "Started", "", &["n2"]) + &dummy("d", "Started", "", &["n1"]) + &dummy("d", "Stopped", "", &[])),
        ),
        clone("c2", "unique=\"false\"", &(dummy("e", "Started", "", &["n2"]) + &dummy("e", "Started", "failed=\"true\"", &["n1"]))),
        clone("c3", "unique=\"false\"", &dummy("f:0", "Stopped", "", &[])),
        clone("c4", "unique=\"true\"", &(dummy("u:0", "Started", "", &["n1"]) + &dummy("u:1", "Stopped", "", &[]))),
        clone(
            "c5",
            "unique=\"false\"",
            &(group("gr:0", &dummy("h", "Started", "", &["n1"])) + &group("gr:1", &dummy("h", "Started", "", &["n2"]))),
        ),
        bundle,
    ]
    .concat();
    let Some(json) = seen(&mon) else { return };
    let all = |id: &str| {
        let it = service(&json, id);
        (it["kind"].clone(), it["state"].clone(), it["owner"].clone(), it["owners"].clone())
    };
    let want = |kind: &str, state: &str, owner: Option<&str>, owners: &[&str]| (json!(kind), json!(state), json!(owner), json!(owners));
    assert_eq!(all("g-same"), want("group", "started", Some("n1"), &["n1"]));
    assert_eq!(all("g-part"), want("group", "stopped", Some("n1"), &["n1"]));
    assert_eq!(all("g-apart"), want("group", "started", None, &["n1", "n2"]));
    assert_eq!(all("g-worst").1, "blocked");
    assert_eq!(all("d"), want("resource", "started", None, &["n1", "n2"]));
    assert_eq!(all("c1"), want("clone", "started", None, &["n1", "n2"]));
    assert_eq!(all("e").1, "failed");
    assert_eq!(all("c2").1, "failed");
    assert_eq!(all("f").1, "stopped");
    assert_eq!(all("u:0"), want("resource", "started", Some("n1"), &["n1"]));
    assert_eq!(all("u:1").1, "stopped");
    assert_eq!(all("h"), want("resource", "started", None, &["n1", "n2"]));
    assert_eq!(all("gr").0, "group");
    assert_eq!(all("web").0, "bundle");
    assert_eq!(all("web-ip-1"), want("resource", "started", Some("n1"), &["n1"]));
    let ids: Vec<&str> = json["services"].as_array().unwrap().iter().map(|s| s["id"].as_str().unwrap()).collect();
    let mut once = ids.clone();
    once.sort_unstable();
    once.dedup();
    assert_eq!(ids, once, "bytewise, and each once");
}

#[test]
fn failures_and_their_reasons() {
    let mut mon = CrmMon::of(&nodes(&["n1", "n2", "n3"]));
    mon.resources = [
        vm("vm1", "Stopped", "", &[]),
        vm("vm2", "Started", "", &["n2"]),
        vm("vm3", "Stopped", "", &[]),
        dummy("worn", "Started", "", &["n1"]),
    ]
    .concat();
    mon.rest = format!(
        "<node_history>{}{}{}</node_history><failures>{}{}</failures><bans><ban id=\"cli-ban-vm3-on-n1\" resource=\"vm3\" node=\"n1\" weight=\"-1000000\" promoted-only=\"false\"/></bans><fence_history status=\"0\"/>",
        fail_count("n1", "vm1", "INFINITY"),
        fail_count("n2", "vm1", "3"),
        fail_count("n1", "worn", "2"),
        failure("vm1_start_0", "n2", "Timed Out", "no such domain &amp; no file"),
        failure("worn_monitor_10000", "n1", "complete", ""),
    );
    let Some(site) = cluster(&["n1"]) else { return };
    site.configure(&(Site::entry("n2", 1) + &Site::entry("n3", 1)));
    equip(&site, &Ring::of(&["n1", "n2", "n3"]), &mon);
    let constraints = "<constraints><rsc_location id=\"cli-ban-vm3-on-n1\" rsc=\"vm3\" role=\"Started\" node=\"n1\" score=\"-INFINITY\"/>\
        <rsc_location id=\"cli-prefer-vm2\" rsc=\"vm2\" role=\"Started\" node=\"n1\" score=\"INFINITY\"/></constraints>";
    site.node("n1").prints("cibadmin", constraints);
    let json = site.status().0;
    assert_eq!(service(&json, "vm1")["failures"], 1_000_003);
    assert_eq!(service(&json, "vm1")["state"], "stopped");
    let why = service(&json, "vm1")["reason"].as_str().unwrap();
    assert!(why.contains("no such domain & no file") && why.contains("n2") && why.contains("Timed Out"), "{why}");
    assert!(has_alert(&json, "critical", "service-failed", "vm1"));
    assert!(!has_alert(&json, "critical", "service-stopped", "vm1"));
    assert_eq!((&service(&json, "worn")["failures"], &service(&json, "worn")["state"]), (&json!(2), &json!("started")));
    assert!(has_alert(&json, "warning", "service-failed", "worn"));
    let misplaced = service(&json, "vm2")["reason"].as_str().unwrap();
    assert!(misplaced.contains("n1") && misplaced.contains("n2"), "{misplaced}");
    assert!(service(&json, "vm3")["reason"].as_str().unwrap().contains("cli-ban-vm3-on-n1"));
    for id in ["vm2", "vm3"] {
        assert!(has_alert(&json, "notice", "leftover-constraint", id), "{id}: {}", json["alerts"]);
    }
}

#[test]
fn options_of_the_cluster_and_fences() {
    let Some(site) = cluster(&["n1"]) else { return };
    let mut mon = CrmMon::of(&three("online=\"false\" unclean=\"true\""));
    site.configure(&(Site::entry("n2", 1) + &Site::entry("n3", 1)));
    mon.options = "fencing-enabled=\"false\" stonith-enabled=\"false\" maintenance-mode=\"true\" no-quorum-policy=\"stop\"";
    let event = |said: &str| format!("<fence_event client=\"pacemaker-controld.1\" {said}/>");
    let mut many: String = (0..30)
        .map(|n| {
            event(&format!(
                "action=\"reboot\" target=\"n2\" origin=\"n1\" status=\"success\" completed=\"2026-11-{:02} 10:00:00Z\"",
                n % 20 + 1
            ))
        })
        .collect();
    many += &event("action=\"off\" target=\"n2\" origin=\"n1\" status=\"failed\" completed=\"2026-11-21 09:00:00Z\"");
    many += &event("action=\"off\" target=\"n2\" origin=\"n1\" status=\"success\" completed=\"2026-11-21 10:00:00Z\"");
    many += &event(
        "action=\"reboot\" target=\"n3\" origin=\"n1\" status=\"failed\" exit-reason=\"BMC away\" completed=\"2026-11-22 10:00:00Z\"",
    );
    many += &event("action=\"reboot\" target=\"n3\" origin=\"n2\" status=\"failed\" completed=\"2026-11-22 10:00:01Z\"");
    many += &event("action=\"reboot\" target=\"n3\" origin=\"n1\" status=\"pending\"");
    mon.rest = format!("<fence_history status=\"0\">{many}</fence_history>");
    set_manager(site.node("n1"), &mon);
    let json = site.status().0;
    super::shape::check(&json);
    assert!(has_alert(&json, "warning", "fencing-disabled", "lab"));
    assert!(has_alert(&json, "warning", "maintenance-on", "lab"));
    let fences = json["fences"].as_array().unwrap();
    assert_eq!(fences.len(), 20);
    assert_eq!((&fences[0]["target"], &fences[0]["status"], &fences[0]["completed_at"]), (&json!("n3"), &json!("pending"), &Value::Null));
    assert_eq!((&fences[1]["target"], &fences[1]["status"]), (&json!("n3"), &json!("failed")));
    assert_eq!((&fences[2]["target"], &fences[2]["action"], &fences[2]["status"]), (&json!("n2"), &json!("off"), &json!("success")));
    assert!(has_alert(&json, "critical", "fence-failed", "n3"));
    assert!(!super::rig::alerts(&json).iter().any(|a| a.1 == "fence-failed" && a.2 == "n2"));
}
