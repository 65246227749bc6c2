use quorate::domain::cluster::{ServiceKind, ServiceState as S};
use quorate::domain::observation::manager::{ManagerNode, Operation, Options, Primitive, Resource};

use super::build::{clone, fail_count, group, one, online, picture_of, service, started, stopped, trio, view};

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
        (vec![Primitive { blocked: true, failed: true, ..started("dlm", &["n1"]) }, started("dlm", &["n2"])], S::Blocked, vec!["n1", "n2"]),
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
