use quorate::domain::node::LinkFault;
use quorate::domain::observation::host::HostSample;
use quorate::domain::observation::manager::{FenceRecord, FenceStatus};
use quorate::domain::observation::net::{LinkSpeed, NetView, Nic};
use quorate::domain::observation::storage::{LvRow, MapRow, MountRow, PathRow, PvRow};
use quorate::domain::observation::{Observation, Question};
use quorate::report::status::to_json;
use serde_json::{Value, json};

use super::build::{Lab, START, nodelist, one, ring, started, stopped, trio, view};
use super::network::{bond, port};

/// A cluster with a row in every list.
fn full() -> Lab {
    let mut lab = Lab::of(&["n1", "n2"]);
    let mut v = view(trio(), vec![one(started("vm", &["n1"])), one(stopped("db"))]);
    v.fences = Some(vec![FenceRecord {
        target: "n3".to_owned(),
        action: "reboot".to_owned(),
        status: FenceStatus::Success,
        origin: None,
        client: None,
        delegate: None,
        completed: Some(START),
        completed_local: None,
        reason: None,
    }]);
    lab.manager(1, v).quorum(1, ring(1, true, 2, &[(1, "n1", 1), (2, "n2", 1), (3, "n3", 1)]));
    lab.say(1, Question::Cmap, nodelist(&[(1, "n1", "10.0.0.1")]));
    lab.say(
        1,
        Question::Lvs,
        Observation::Lvs(vec![LvRow {
            vg: "vg".to_owned(),
            lv: "a".to_owned(),
            attr: "-wi-a-----".to_owned(),
            size: Some(7),
            ..LvRow::default()
        }]),
    );
    lab.say(1, Question::Pvs, Observation::Pvs(vec![PvRow { path: "/dev/sda".to_owned(), ..PvRow::default() }]));
    lab.say(
        1,
        Question::Filesystems,
        Observation::Filesystems(vec![MountRow {
            mount: "/".to_owned(),
            kind: "ext4".to_owned(),
            source: "/dev/vda".to_owned(),
            ..MountRow::default()
        }]),
    );
    let path = PathRow { dm_state: "active".to_owned(), ..PathRow::default() };
    lab.say(
        1,
        Question::Multipath,
        Observation::Multipath(vec![MapRow { name: "san1".to_owned(), paths: vec![path], ..MapRow::default() }]),
    );
    lab.say(
        1,
        Question::Bonding,
        Observation::Bonding(vec![bond("bond0", "active-backup", Some("e0"), vec![port("e0", true), port("e1", false)])]),
    );
    lab.say(
        1,
        Question::LinkSpeeds,
        Observation::LinkSpeeds(vec![LinkSpeed { name: "e0".to_owned(), speed_mbps: Some(1000), duplex: None }]),
    );
    lab.say(
        1,
        Question::Net,
        Observation::Net(NetView { links: vec![Nic { name: "v".to_owned(), kind: Some("veth".to_owned()), ..Nic::default() }] }),
    );
    let host = HostSample { memory_total: Some(3), memory_available: Some(1), cpus: Some(2), ..HostSample::default() };
    lab.say(1, Question::Host, Observation::Host(host));
    lab.down(2, LinkFault::Hostkey);
    lab
}

fn parsed(lab: &mut Lab) -> Value {
    serde_json::from_str(&to_json(&lab.picture(), START)).unwrap()
}

#[test]
fn the_whole_object_to_the_letter() {
    let mut lab = full();
    let value = parsed(&mut lab);
    let unsaid = |name: &str, id: &str| {
        json!({ "name": name, "id": id, "votes": 1, "status": "online", "local": false, "dc": false, "manager": true,
        "reachable": false, "error": null, "uptime_s": null, "cpus": null, "memory_bytes": null, "cpu_percent": null, "memory_percent": null, "nics": null })
    };
    let mut second = unsaid("n2", "2");
    second["error"] = json!("hostkey: no answer");
    let first = json!({ "name": "n1", "id": "1", "votes": 1, "status": "online", "local": false, "dc": true, "manager": true, "reachable": true, "error": null,
        "uptime_s": null, "cpus": 2, "memory_bytes": 3, "cpu_percent": null, "memory_percent": 66.7, "nics": 1 });
    let expected = json!({
        "schema": 1, "taken_at": "2026-11-18T11:06:40.000Z", "health": "critical",
        "cluster": { "name": "lab", "stack": "pacemaker", "version": "2.1.5-a3f44794f94", "quorate": true,
            "votes": { "total": 3, "expected": 3, "needed": 2 }, "can_lose": 1, "flags": [] },
        "members": [first, second, unsaid("n3", "3")],
        "services": [
            { "id": "db", "kind": "vm", "state": "stopped", "owner": null, "owners": [], "last_owner": null, "flags": [], "failures": 0,
              "reason": "the manager has not started it, and shows no reason", "guest": null, "drift": null },
            { "id": "vm", "kind": "vm", "state": "started", "owner": "n1", "owners": ["n1"], "last_owner": null, "flags": [], "failures": 0,
              "reason": null, "guest": null, "drift": null },
        ],
        "guests": [],
        "volumes": [{ "vg": "vg", "lv": "a", "size_bytes": 7, "active_on": ["n1"], "seen_by": ["n1"], "attr": "-wi-a-----", "used_by": [] }],
        "pvs": [{ "path": "/dev/sda", "vg": null, "size_bytes": null, "free_bytes": null, "seen_by": ["n1"] }],
        "filesystems": [{ "node": "n1", "mount": "/", "type": "ext4", "source": "/dev/vda", "size_bytes": null, "used_bytes": null }],
        "paths": [{ "node": "n1", "map": "san1", "active": 1, "total": 1 }],
        "bonds": [{ "node": "n1", "name": "bond0", "mode": "active-backup", "status": "degraded", "active_port": "e0",
            "ports": [{ "name": "e0", "status": "up", "speed_mbps": 1000, "failures": 0 }, { "name": "e1", "status": "down", "speed_mbps": null, "failures": 0 }] }],
        "fences": [{ "target": "n3", "action": "reboot", "status": "success", "origin": null, "completed_at": "2026-11-18T11:06:40.000Z" }],
        "alerts": [
            { "severity": "critical", "code": "service-stopped", "subject": "db",
              "text": "db should run and does not: the manager has not started it, and shows no reason" },
            { "severity": "warning", "code": "bond-degraded", "subject": "n1:bond0", "text": "bond0 on n1: e1 down" },
            { "severity": "warning", "code": "member-unreachable", "subject": "n2", "text": "n2 does not answer quorate: hostkey: no answer" },
        ],
    });
    assert_eq!(value, expected, "\n{}", serde_json::to_string_pretty(&value).unwrap());
}

/// An `ip` that tells no mode (before iproute2 3.15), and no /proc/net/bonding.
#[test]
fn a_bond_whose_mode_nobody_told_has_none() {
    let mut lab = Lab::of(&["n1"]);
    let bond = Nic { name: "bond0".to_owned(), kind: Some("bond".to_owned()), ..Nic::default() };
    lab.say(1, Question::Net, Observation::Net(NetView { links: vec![bond] }));
    let value = parsed(&mut lab);
    assert_eq!((&value["bonds"][0]["name"], &value["bonds"][0]["mode"]), (&json!("bond0"), &Value::Null));
    let text = quorate::report::status::to_text(&lab.picture(), START);
    assert!(text.contains("(mode unknown)"), "{text}");
}

/// Nothing answered: every key is there all the same, and nothing is guessed.
#[test]
fn of_nothing_all_is_null() {
    let value = parsed(&mut Lab::strangers(&["10.0.0.1"]));
    assert_eq!(value["health"], json!("unknown"));
    let nothing = json!({ "name": null, "stack": null, "version": null, "quorate": null,
        "votes": { "total": null, "expected": null, "needed": null }, "can_lose": null, "flags": [] });
    assert_eq!(value["cluster"], nothing);
    let member = &value["members"][0];
    assert_eq!((&member["status"], &member["reachable"], &member["manager"]), (&json!("unknown"), &json!(false), &json!(null)));
    assert!(member["error"].as_str().unwrap().starts_with("timeout"));
    for list in ["services", "guests", "volumes", "pvs", "filesystems", "paths", "bonds", "fences", "alerts"] {
        assert_eq!(value[list], json!([]), "{list}");
    }
    assert_eq!(value.as_object().unwrap().len(), 14);
}

#[test]
fn every_subject_is_said() {
    let value = parsed(&mut full());
    assert!(value["alerts"].as_array().unwrap().iter().all(|a| a["subject"].as_str().is_some_and(|s| !s.is_empty())));
}
