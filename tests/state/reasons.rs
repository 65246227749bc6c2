//! Why services do not run.

use quorate::domain::cluster::ServiceState as S;
use quorate::domain::observation::manager::{Ban, Failure, ManagerNode, ManagerView, NodeKind, Primitive, Resource};

use super::build::{fail_count, failure, one, online, picture_of, service, started, stopped, trio, view};

#[allow(clippy::unnecessary_wraps, reason = "short for fields of that type")]
fn text(word: &str) -> Option<String> {
    Some(word.to_owned())
}

fn ban(resource: &str, id: &str, node: &str) -> Ban {
    Ban { id: id.to_owned(), resource: resource.to_owned(), node: node.to_owned(), weight: -1_000_000, promoted_only: false }
}

/// A stopped `vm` and what stands around it; the reason has to hold these words.
#[test]
fn reasons_of_a_stopped_service() {
    for (name, v, words) in stopped_for_a_reason() {
        let picture = picture_of(v);
        let reason = service(&picture, "vm").reason.clone().unwrap_or_default();
        for word in words {
            assert!(reason.contains(word), "{name}: {word:?} is not in {reason:?}");
        }
        assert!(!reason.contains('\n'));
    }
}

type Stopped = (&'static str, ManagerView, &'static [&'static str]);

fn stopped_for_a_reason() -> Vec<Stopped> {
    let base = || view(trio(), vec![one(stopped("vm"))]);
    let ban = |id: &str, node: &str| ban("vm", id, node);
    let with = |change: &dyn Fn(&mut ManagerView)| {
        let mut v = base();
        change(&mut v);
        v
    };
    vec![
        (
            "failed",
            with(&|v| v.failures = vec![failure("vm_start_0", "n2", "no such disk")]),
            &["start failed on n2", "error", "no such disk"],
        ),
        (
            "timed out",
            with(&|v| v.failures = vec![Failure { status: text("Timed Out"), ..failure("vm_start_0", "n2", "within 20s") }]),
            &["start failed on n2: Timed Out (within 20s)"],
        ),
        (
            "failed, and elsewhere it may not",
            with(&|v| {
                v.failures = vec![failure("vm_migrate_to_0", "n2", "x")];
                v.nodes[0].standby = true;
            }),
            &["migrate_to failed on n2", "n1 is in standby"],
        ),
        ("no quorum", with(&|v| (v.with_quorum, v.options.no_quorum_policy) = (Some(false), text("freeze"))), &["no quorum", "freeze"]),
        (
            "no quorum, which is ignored",
            with(&|v| {
                (v.with_quorum, v.options.no_quorum_policy) = (Some(false), text("ignore"));
                v.bans = vec![ban("b1", "n1"), ban("b2", "n2"), ban("b3", "n3")];
            }),
            &["no node may run it: banned from n1 by b1"],
        ),
        (
            "failed long ago, and no quorum",
            with(&|v| (v.with_quorum, v.failures) = (Some(false), vec![failure("vm_monitor_10000", "n1", "gone")])),
            &["no quorum: no-quorum-policy is stop; earlier, monitor failed on n1: error (gone)"],
        ),
        (
            "failed long ago, and stop all",
            with(&|v| (v.options.stop_all_resources, v.failures) = (Some(true), vec![failure("vm_start_0", "n1", "gone")])),
            &["stop-all-resources is set; earlier, start failed on n1"],
        ),
        (
            "failed long ago, and in maintenance",
            with(&|v| (v.options.maintenance_mode, v.failures) = (Some(true), vec![failure("vm_start_0", "n1", "gone")])),
            &["the cluster is in maintenance mode; earlier, start failed on n1"],
        ),
        ("stop all", with(&|v| v.options.stop_all_resources = Some(true)), &["stop-all-resources"]),
        ("maintenance", with(&|v| v.options.maintenance_mode = Some(true)), &["maintenance"]),
        (
            "nowhere",
            with(&|v| {
                v.nodes[0].standby = true;
                v.nodes[1].online = false;
                v.bans = vec![ban("cli-ban-vm-on-n3", "n3")];
            }),
            &["no node may run it", "n1 is in standby", "n2 is offline", "banned from n3 by cli-ban-vm-on-n3"],
        ),
        (
            "worn out",
            with(&|v| {
                v.history = vec![fail_count("vm", "n1", 1_000_000)];
                v.bans = vec![ban("b2", "n2"), ban("b3", "n3")];
            }),
            &["failed too often on n1 (fail-count INFINITY)"],
        ),
        (
            "locked to a node that was shut down",
            with(&|v| {
                v.resources = vec![one(Primitive { locked_to: text("n1"), ..stopped("vm") })];
                v.nodes[0].online = false;
                v.failures = vec![failure("vm_start_0", "n2", "long ago")];
            }),
            &["locked to n1 (shutdown-lock), which is offline"],
        ),
        (
            "locked to a node that is back",
            with(&|v| v.resources = vec![one(Primitive { locked_to: text("n1"), ..stopped("vm") })]),
            &["locked to n1 (shutdown-lock)"],
        ),
        (
            "unhealthy",
            with(&|v| {
                v.nodes[0].health = text("red");
                v.nodes[1].health = text("green");
                v.nodes[2].health = text("yellow");
            }),
            &["the manager has not started it: n1's health is red, n3's health is yellow"],
        ),
        ("opt-in", with(&|v| v.options.symmetric_cluster = Some(false)), &["no constraint allows n1"]),
        ("nothing known", base(), &["no reason"]),
    ]
}

/// A guest is a node, too, for what it may run; the nodes of a bundle are for the bundle alone.
#[test]
fn guest_nodes_may_run_services() {
    let guest = |name: &str, container: &str, online_now: bool| ManagerNode {
        kind: NodeKind::Guest,
        container: text(container),
        online: online_now,
        ..online(name, 9)
    };
    let agent = |agent: &str| Primitive { agent: agent.to_owned(), ..stopped("app") };
    let (app, device) = (agent("ocf:heartbeat:IPaddr2"), agent("stonith:fence_ipmilan"));
    let (banned, standby) = ("banned from n1 by b1, banned from n2 by b2", ", n3 is in standby");
    let cases = [
        (guest("g1", "vm-g1", false), &app, format!("no node may run it: g1 is offline, {banned}{standby}")),
        (guest("g1", "vm-g1", true), &app, format!("the manager has not started it: {banned}{standby}")),
        (guest("web-0", "web-podman-0", true), &app, format!("no node may run it: {banned}{standby}")),
        (guest("g1", "vm-g1", true), &device, format!("no node may run it: {banned}{standby}")),
        (guest("g1", "app", true), &app, format!("no node may run it: {banned}{standby}")),
    ];
    for (node, primitive, expected) in cases {
        let bundle = Resource::Bundle {
            id: "web".to_owned(),
            managed: Some(true),
            maintenance: false,
            failed: false,
            members: vec![one(started("web-podman-0", &["n3"]))],
        };
        let case = format!("{node:?} {}", primitive.agent);
        let mut v = view([trio(), vec![node]].concat(), vec![one(primitive.clone()), bundle]);
        v.nodes[2].standby = true;
        v.bans = vec![ban("app", "b1", "n1"), ban("app", "b2", "n2")];
        assert_eq!(service(&picture_of(v), "app").reason.clone(), Some(expected), "{case}");
    }
}

/// Where it runs, what failed, whether the cluster is in maintenance, and the reason.
type Blocked = (&'static [&'static str], Vec<Failure>, Option<bool>, &'static str);

/// What the manager blocks it takes for unmanaged, too.
#[test]
fn reasons_of_a_blocked_service() {
    const LEFT: &str = "blocked: the manager can neither start nor stop it safely";
    let stop = || vec![failure("vm_stop_0", "n1", "stuck")];
    let cases: [Blocked; 5] = [
        (&["n1", "n2"], Vec::new(), None, "blocked: active on n1 and n2 at once, and multiple-active is block"),
        (&["n1", "n2"], stop(), None, "blocked: stop failed on n1: error (stuck); it is active on n1 and n2 at once"),
        (&["n1"], stop(), None, "blocked: stop failed on n1: error (stuck)"),
        (&["n1"], Vec::new(), None, LEFT),
        (&["n1"], Vec::new(), Some(true), "blocked: the cluster is in maintenance mode"),
    ];
    for (nodes, failures, maintenance, expected) in cases {
        let mut v = view(trio(), vec![one(Primitive { blocked: true, managed: false, ..started("vm", nodes) })]);
        (v.failures, v.options.maintenance_mode) = (failures, maintenance);
        let picture = picture_of(v);
        let vm = service(&picture, "vm");
        assert_eq!((vm.state, vm.reason.as_deref()), (S::Blocked, Some(expected)), "{nodes:?}");
    }
}

/// What failed in a bundle is the reason for all that waits for it.
#[test]
fn a_bundle_whose_container_fails() {
    let parts = ["web-ip-10.0.0.9", "httpd", "web-podman-0", "web-0"];
    let bundle = Resource::Bundle {
        id: "web".to_owned(),
        managed: Some(true),
        maintenance: false,
        failed: false,
        members: parts.map(|id| one(stopped(id))).to_vec(),
    };
    let mut v = view(trio(), vec![bundle]);
    v.failures = vec![failure("web-podman-0_start_0", "n1", "no such image")];
    let picture = picture_of(v);
    let failed = "start failed on n1: error (no such image)";
    for id in parts {
        let expected = if id == "web-podman-0" { failed } else { "waits for web-podman-0, which failed" };
        assert_eq!(service(&picture, id).reason.as_deref(), Some(expected), "{id}");
    }
    assert_eq!(service(&picture, "web").reason.clone(), Some(format!("web-podman-0 is stopped: {failed}")));
}
