use quorate::domain::cluster::{ServiceKind, ServiceState as S};
use quorate::domain::observation::manager::{Ban, Failure, ManagerNode, ManagerView, Operation, Options, Primitive, Resource};

use super::build::{clone, fail_count, failure, group, one, online, picture_of, service, started, stopped, trio, view};

fn unclean(name: &str, id: u32) -> ManagerNode {
    ManagerNode { online: false, unclean: true, ..online(name, id) }
}

#[allow(clippy::unnecessary_wraps, reason = "short for fields of that type")]
fn text(word: &str) -> Option<String> {
    Some(word.to_owned())
}

#[test]
fn state_is_the_first_that_applies() {
    let on = |node| started("vm", &[node]);
    let cases: Vec<(Primitive, S)> = vec![
        (on("n1"), S::Started),
        (Primitive { blocked: true, failed: true, ..on("lost") }, S::Unknown),
        (Primitive { blocked: true, failed: true, pending: text("Starting"), ..on("n1") }, S::Blocked),
        (Primitive { failed: true, pending: text("Starting"), ..on("n1") }, S::Failed),
        (Primitive { pending: text("Starting"), ..stopped("vm") }, S::Starting),
        (Primitive { role: "Starting".to_owned(), ..on("n1") }, S::Starting),
        (Primitive { pending: text("Stopping"), ..on("n1") }, S::Stopping),
        (Primitive { pending: text("Migrating"), ..on("n1") }, S::Migrating),
        (Primitive { role: "Migrating".to_owned(), ..on("n1") }, S::Migrating),
        (Primitive { pending: text("Monitoring"), ..on("n1") }, S::Started),
        (Primitive { role: "Master".to_owned(), ..on("n1") }, S::Started),
        (Primitive { role: "Unpromoted".to_owned(), ..on("n1") }, S::Started),
        (Primitive { target_role: text("Stopped"), ..on("n1") }, S::Started),
        (Primitive { target_role: text("Stopped"), ..stopped("vm") }, S::Disabled),
        (Primitive { target_role: text("Started"), ..stopped("vm") }, S::Stopped),
        (stopped("vm"), S::Stopped),
    ];
    for (p, expected) in cases {
        let picture = picture_of(view([trio(), vec![unclean("lost", 4)]].concat(), vec![one(p.clone())]));
        assert_eq!(service(&picture, "vm").state, expected, "{p:?}");
    }
}

#[test]
fn an_owner_that_cannot_be_judged_makes_unknown() {
    for (node, expected) in [
        (unclean("n9", 9), S::Unknown),
        (ManagerNode { pending: true, ..online("n9", 9) }, S::Unknown),
        (ManagerNode { online: false, ..online("n9", 9) }, S::Unknown),
        (ManagerNode { standby: true, ..online("n9", 9) }, S::Started),
        (ManagerNode { maintenance: true, ..online("n9", 9) }, S::Started),
    ] {
        let picture = picture_of(view(vec![online("n1", 1), node.clone()], vec![one(started("vm", &["n9"]))]));
        let vm = service(&picture, "vm");
        assert_eq!(vm.state, expected, "{node:?}");
        assert_eq!(vm.owner.as_deref(), Some("n9"));
        assert_eq!(vm.reason.is_some(), expected == S::Unknown);
    }
}

#[test]
fn kinds() {
    for (agent, expected) in [
        ("ocf:heartbeat:VirtualDomain", ServiceKind::Vm),
        ("ocf::heartbeat:VirtualDomain", ServiceKind::Vm),
        ("ocf:heartbeat:Xen", ServiceKind::Vm),
        ("lsb:Xen", ServiceKind::Resource),
        ("stonith:fence_ipmilan", ServiceKind::Stonith),
        ("systemd:httpd", ServiceKind::Resource),
        ("ocf:heartbeat:IPaddr2", ServiceKind::Resource),
    ] {
        let p = Primitive { agent: agent.to_owned(), ..started("x", &["n1"]) };
        assert_eq!(service(&picture_of(view(trio(), vec![one(p)])), "x").kind, expected, "{agent}");
    }
}

#[test]
fn flags_are_bytewise() {
    let p = Primitive {
        managed: false,
        maintenance: true,
        orphaned: true,
        locked_to: text("n1"),
        role: "Promoted".to_owned(),
        ..started("x", &["n1"])
    };
    let picture = picture_of(view(trio(), vec![one(p)]));
    assert_eq!(service(&picture, "x").flags, ["locked", "maintenance", "orphaned", "promoted", "unmanaged"]);
    assert!(service(&picture_of(view(trio(), vec![one(started("x", &["n1"]))])), "x").flags.is_empty());
}

#[test]
fn fail_counts_are_summed_over_nodes() {
    let mut v = view(trio(), vec![one(started("x", &["n1"])), clone("c", false, vec![one(started("dlm", &["n1"]))])]);
    v.history = vec![fail_count("x", "n1", 3), fail_count("x", "n2", 1_000_000), fail_count("dlm:1", "n1", 2)];
    let picture = picture_of(v);
    assert_eq!((service(&picture, "x").failures, service(&picture, "dlm").failures, service(&picture, "c").failures), (1_000_003, 2, 2));
}

#[test]
fn instances_of_an_anonymous_clone_are_one_entry() {
    let cases: Vec<(Vec<Primitive>, S, Vec<&str>)> = vec![
        (vec![started("dlm:0", &["n3"]), started("dlm:1", &["n1"]), stopped("dlm:2")], S::Started, vec!["n1", "n3"]),
        (vec![started("dlm", &["n1"]), Primitive { failed: true, ..started("dlm", &["n2"]) }], S::Failed, vec!["n1", "n2"]),
        (vec![stopped("dlm"), stopped("dlm")], S::Stopped, vec![]),
        (vec![stopped("dlm"), Primitive { pending: text("Starting"), ..stopped("dlm") }], S::Starting, vec![]),
        (vec![started("dlm", &["lost"]), stopped("dlm")], S::Unknown, vec!["lost"]),
        (vec![started("dlm", &["lost"]), started("dlm", &["n1"])], S::Started, vec!["lost", "n1"]),
        (vec![started("dlm", &["n1"])], S::Started, vec!["n1"]),
    ];
    for (instances, state, owners) in cases {
        let resource = clone("dlm-clone", false, instances.into_iter().map(one).collect());
        let picture = picture_of(view([trio(), vec![unclean("lost", 4)]].concat(), vec![resource]));
        assert_eq!(picture.services.iter().map(|s| s.id.as_str()).collect::<Vec<_>>(), ["dlm", "dlm-clone"]);
        for id in ["dlm", "dlm-clone"] {
            let s = service(&picture, id);
            assert_eq!((s.state, s.owner.clone()), (state, None), "{id} {owners:?}");
            assert_eq!(s.owners.iter().map(|o| &**o).collect::<Vec<_>>(), owners);
        }
        assert_eq!(service(&picture, "dlm").parent.as_deref(), Some("dlm-clone"));
    }
}

#[test]
fn unique_clones_keep_their_numbers() {
    let picture = picture_of(view(trio(), vec![clone("ips", true, vec![one(started("ip:0", &["n1"])), one(stopped("ip:1"))])]));
    assert_eq!(picture.services.iter().map(|s| s.id.as_str()).collect::<Vec<_>>(), ["ip:0", "ip:1", "ips"]);
    assert_eq!(service(&picture, "ip:0").owner.as_deref(), Some("n1"));
    assert_eq!((service(&picture, "ips").state, service(&picture, "ips").owner.clone()), (S::Started, None));
}

#[test]
fn cloned_groups() {
    let instance = |n: u32, node: &str| group(&format!("locking:{n}"), vec![started("dlm", &[node]), started("lvmlockd", &[node])]);
    let idle = group("locking:2", vec![stopped("dlm"), stopped("lvmlockd")]);
    let picture = picture_of(view(trio(), vec![clone("locking-clone", false, vec![instance(0, "n3"), instance(1, "n1"), idle])]));
    let ids: Vec<_> = picture.services.iter().map(|s| (s.id.as_str(), s.kind, s.state)).collect();
    let all =
        [("dlm", ServiceKind::Vm), ("locking", ServiceKind::Group), ("locking-clone", ServiceKind::Clone), ("lvmlockd", ServiceKind::Vm)];
    assert_eq!(ids, all.map(|(id, kind)| (id, kind, S::Started)));
    assert_eq!(service(&picture, "locking").owners.iter().map(|o| &**o).collect::<Vec<_>>(), ["n1", "n3"]);
}

#[test]
fn a_group_has_the_worst_state_and_a_shared_owner() {
    let cases: Vec<(Vec<Primitive>, S, Option<&str>)> = vec![
        (vec![started("a", &["n1"]), started("b", &["n1"])], S::Started, Some("n1")),
        (vec![started("a", &["n1"]), started("b", &["n2"])], S::Started, None),
        (vec![started("a", &["n1"]), stopped("b")], S::Stopped, Some("n1")),
        (
            vec![Primitive { failed: true, ..started("a", &["n1"]) }, Primitive { blocked: true, ..started("b", &["n1"]) }],
            S::Failed,
            Some("n1"),
        ),
        (vec![started("a", &["n1"]), Primitive { target_role: text("Stopped"), ..stopped("b") }], S::Disabled, Some("n1")),
        (vec![Primitive { pending: text("Stopping"), ..started("a", &["n1"]) }, stopped("b")], S::Stopped, Some("n1")),
    ];
    for (members, state, owner) in cases {
        let picture = picture_of(view(trio(), vec![group("g", members)]));
        let g = service(&picture, "g");
        assert_eq!((g.state, g.owner.as_deref()), (state, owner));
        assert_eq!(service(&picture, "a").parent.as_deref(), Some("g"));
        assert_eq!(g.reason.is_some(), state != S::Started);
    }
}

#[test]
fn target_role_is_inherited() {
    let mut off = group("g", vec![stopped("a")]);
    if let Resource::Group { disabled, .. } = &mut off {
        *disabled = Some(true);
    }
    let picture = picture_of(view(trio(), vec![off]));
    assert_eq!((service(&picture, "a").state, service(&picture, "g").state), (S::Disabled, S::Disabled));
    assert_eq!(service(&picture, "a").reason.as_deref(), Some("disabled: target-role of g is Stopped"));
}

#[test]
fn bundles() {
    let replica = |n: u32, node: &str| vec![one(started("httpd", &[node])), one(started(&format!("httpd-docker-{n}"), &[node]))];
    let bundle = Resource::Bundle {
        id: "httpd-bundle".to_owned(),
        managed: Some(true),
        maintenance: false,
        failed: false,
        members: [replica(0, "n1"), replica(1, "n2")].concat(),
    };
    let picture = picture_of(view(trio(), vec![bundle]));
    assert_eq!(picture.services.len(), 4);
    assert_eq!((service(&picture, "httpd").owners.len(), service(&picture, "httpd").owner.clone()), (2, None));
    assert_eq!((service(&picture, "httpd-bundle").kind, service(&picture, "httpd-bundle").state), (ServiceKind::Bundle, S::Started));
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

/// A stopped `vm` and what stands around it; the reason has to hold these words.
#[test]
fn reasons_of_a_stopped_service() {
    let base = || view(trio(), vec![one(stopped("vm"))]);
    let ban = |id: &str, node: &str| Ban {
        id: id.to_owned(),
        resource: "vm".to_owned(),
        node: node.to_owned(),
        weight: -1_000_000,
        promoted_only: false,
    };
    let with = |change: &dyn Fn(&mut ManagerView)| {
        let mut v = base();
        change(&mut v);
        v
    };
    let cases: Vec<(&str, ManagerView, &[&str])> = vec![
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
            }),
            &["the manager has not started it: n1's health is red"],
        ),
        ("opt-in", with(&|v| v.options.symmetric_cluster = Some(false)), &["no constraint allows n1"]),
        ("nothing known", base(), &["no reason"]),
    ];
    for (name, v, words) in cases {
        let picture = picture_of(v);
        let reason = service(&picture, "vm").reason.clone().unwrap_or_default();
        for word in words {
            assert!(reason.contains(word), "{name}: {word:?} is not in {reason:?}");
        }
        assert!(!reason.contains('\n'));
    }
}

/// What the manager blocks it takes for unmanaged, too.
#[test]
fn reasons_of_a_blocked_service() {
    const LEFT: &str = "blocked: the manager can neither start nor stop it safely";
    let stop = || vec![failure("vm_stop_0", "n1", "stuck")];
    let cases: [(&[&str], Vec<Failure>, Option<bool>, &str); 5] = [
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

#[test]
fn pending_operations_of_the_history() {
    let mut v = view(trio(), vec![one(stopped("vm"))]);
    let pending = Operation { call: Some(-1), task: "start".into(), rc: Some(193), ..Operation::default() };
    let mut history = fail_count("vm", "n2", 0);
    history.operations = vec![pending];
    v.history = vec![history];
    assert_eq!(service(&picture_of(v), "vm").state, S::Starting);
}

#[test]
fn members_count_what_runs_on_them() {
    let ip = Primitive { agent: "ocf:heartbeat:IPaddr2".to_owned(), ..started("ip", &["n1"]) };
    let picture = picture_of(view(trio(), vec![group("g", vec![started("vm", &["n1"]), ip])]));
    assert_eq!((picture.members[0].services, picture.members[0].guests), (2, 1));
}

#[test]
fn options_are_taken_over() {
    let mut v = view(trio(), Vec::new());
    v.options = Options { fencing_enabled: Some(false), ..Options::default() };
    assert_eq!(picture_of(v).options.fencing_enabled, Some(false));
}
