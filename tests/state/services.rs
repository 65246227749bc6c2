use quorate::domain::cluster::{ServiceKind, ServiceState as S};
use quorate::domain::observation::host::Tools;
use quorate::domain::observation::manager::{Ban, Constraint, Failure, History, ManagerNode, ManagerView, Operation, Options, Primitive, Resource};
use quorate::domain::observation::{Observation, Question};
use quorate::domain::stamp::Stamp;

use super::build::{Lab, clone, fail_count, failure, group, one, online, picture_of, service, started, stopped, trio, view};

type Change = Box<dyn Fn(&mut ManagerView)>;

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

fn constrained(v: ManagerView, constraints: Vec<Constraint>) -> std::sync::Arc<quorate::domain::cluster::Cluster> {
    let mut lab = Lab::of(&["n1"]);
    lab.manager(1, v).say(1, Question::Constraints, Observation::Constraints(constraints));
    lab.picture()
}

fn location(id: &str, resource: &str, node: &str, score: i64) -> Constraint {
    Constraint::Location {
        id: id.to_owned(),
        resource: resource.to_owned(),
        pattern: false,
        node: Some(node.to_owned()),
        score: Some(score),
        role: None,
        rule: None,
        expires: None,
    }
}

#[test]
fn waits_for_its_partners() {
    let order = Constraint::Order { id: "o".to_owned(), first: "disk".to_owned(), then: "vm".to_owned(), mandatory: true };
    let together = Constraint::Colocation { id: "c".to_owned(), resource: "vm".to_owned(), with: "disk".to_owned(), score: 1_000_000 };
    let resources = || vec![one(stopped("disk")), one(stopped("vm"))];
    for (constraint, word) in [(order, "waits for disk"), (together, "where disk runs")] {
        let picture = constrained(view(trio(), resources()), vec![constraint]);
        let reason = service(&picture, "vm").reason.clone().unwrap();
        assert!(reason.contains(word) && reason.contains("is stopped"), "{reason}");
    }
    let picture = picture_of(view(trio(), vec![group("g", vec![stopped("a"), stopped("b")])]));
    assert!(service(&picture, "b").reason.as_deref().unwrap().contains("waits for a"));
}

#[test]
fn not_where_it_prefers_to_be() {
    let loc = || location("loc-1", "vm", "n1", 100);
    let cases: Vec<(&str, Change, Vec<Constraint>, Option<&str>)> = vec![
        ("sticky", Box::new(|_| ()), vec![loc()], Some("prefers n1 (score 100 by loc-1), runs on n2: stickiness")),
        ("standby", Box::new(|v| v.nodes[0].standby = true), vec![loc()], Some("n1 is in standby")),
        ("unhealthy", Box::new(|v| v.nodes[0].health = text("red")), vec![loc()], Some("runs on n2: n1's health is red")),
        (
            "ban",
            Box::new(|_| ()),
            vec![loc(), location("cli-ban-vm-on-n1", "vm", "n1", -1_000_000)],
            Some("banned from n1 by cli-ban-vm-on-n1"),
        ),
        (
            "failed",
            Box::new(|v| v.failures = vec![failure("vm_start_0", "n1", "boom")]),
            vec![loc()],
            Some("start failed on n1: error (boom)"),
        ),
        ("there", Box::new(|_| ()), vec![location("l", "vm", "n2", 50)], None),
        ("better there", Box::new(|_| ()), vec![loc(), location("l", "vm", "n2", 200)], None),
        ("as good", Box::new(|_| ()), vec![loc(), location("l", "vm", "n2", 100)], None),
        ("gone", Box::new(|_| ()), vec![location("l", "vm", "oldnode", 1000)], None),
        ("gone, and another", Box::new(|_| ()), vec![location("l", "vm", "oldnode", 1000), loc()], Some("prefers n1 (score 100 by loc-1)")),
        ("there, in capitals", Box::new(|_| ()), vec![location("l", "vm", "N2", 50)], None),
        ("elsewhere, in capitals", Box::new(|v| v.nodes[0].standby = true), vec![location("l", "vm", "N1", 50)], Some("n1 is in standby")),
        ("another's", Box::new(|_| ()), vec![location("l", "other", "n1", 100)], None),
    ];
    for (name, change, constraints, expected) in cases {
        let mut v = view(trio(), vec![one(started("vm", &["n2"]))]);
        change(&mut v);
        let picture = constrained(v, constraints);
        let reason = service(&picture, "vm").reason.clone();
        match expected {
            Some(words) => assert!(reason.as_deref().is_some_and(|r| r.contains(words)), "{name}: {reason:?}"),
            None => assert_eq!(reason, None, "{name}"),
        }
    }
}

/// A location by a rule or a pattern. `until`: a date expression with that end.
fn ruled(resource: &str, pattern: bool, rule: &str, until: Option<&str>) -> Constraint {
    Constraint::Location {
        id: "r".to_owned(),
        resource: resource.to_owned(),
        pattern,
        node: None,
        score: Some(200),
        role: None,
        rule: Some(until.map_or_else(|| rule.to_owned(), |end| format!("{rule} and date lt {end}"))),
        expires: until.map(str::to_owned),
    }
}

#[test]
fn preferences_by_rules_and_patterns() {
    let by_pattern = |pattern: &str| Constraint::Location {
        id: "p".to_owned(),
        resource: pattern.to_owned(),
        pattern: true,
        node: Some("n2".to_owned()),
        score: Some(100),
        role: None,
        rule: None,
        expires: None,
    };
    let cases: Vec<(&str, Constraint, Option<&str>)> = vec![
        ("a rule", ruled("vm-a", false, "#uname eq n2", None), Some("n2")),
        ("until then", ruled("vm-a", false, "#uname eq n2", Some("2099-01-01 10:00:00 +01:00")), Some("n2")),
        ("over", ruled("vm-a", false, "#uname eq n2", Some("2020-01-01 10:00:00 +01:00")), None),
        ("more than a node", ruled("vm-a", false, "#uname eq n2 and ping gt 0", None), None),
        ("one of two nodes", ruled("vm-a", false, "#uname eq n2 or #uname eq n3", None), None),
        ("a pattern", by_pattern("^vm-.*"), Some("n2")),
        ("found anywhere", by_pattern("-[ab]"), Some("n2")),
        ("turned round", by_pattern("!^db"), Some("n2")),
        ("of others", by_pattern("!^(vm|g)"), None),
        ("of what is inside a group", by_pattern("^inner$"), None),
        ("not an expression", by_pattern("vm-("), None),
    ];
    for (name, constraint, expected) in cases {
        let resources = vec![one(started("vm-a", &["n1"])), group("g", vec![started("inner", &["n1"])])];
        let picture = constrained(view(trio(), resources), vec![constraint]);
        assert_eq!(service(&picture, "vm-a").prefers.as_deref(), expected, "{name}");
        assert_eq!(service(&picture, "inner").prefers.as_deref(), expected.filter(|_| name == "turned round"), "{name}");
    }
}

/// What a rule allows is not denied.
#[test]
fn rules_invite_where_nothing_else_does() {
    for (constraint, words) in [
        (ruled("vm", false, "#uname eq n2", None), "no constraint allows n1 (symmetric-cluster is false), no constraint allows n3"),
        (ruled("vm", false, "ping gt 0", None), "no reason"),
    ] {
        let mut v = view(trio(), vec![one(stopped("vm"))]);
        v.options.symmetric_cluster = Some(false);
        let picture = constrained(v, vec![constraint]);
        let reason = service(&picture, "vm").reason.clone().unwrap();
        assert!(reason.contains(words) && !reason.contains("allows n2"), "{reason}");
    }
}

#[test]
fn an_expired_preference_is_none_but_is_left_over() {
    let expired = Constraint::Location {
        id: "cli-prefer-vm".to_owned(),
        resource: "vm".to_owned(),
        pattern: false,
        node: Some("n1".to_owned()),
        score: Some(1_000_000),
        role: None,
        rule: None,
        expires: Some("2020-01-01T00:00:00Z".to_owned()),
    };
    let picture = constrained(view(trio(), vec![one(started("vm", &["n2"]))]), vec![expired, location("loc", "vm", "n2", 1)]);
    let vm = service(&picture, "vm");
    assert_eq!((vm.reason.clone(), vm.prefers.as_deref(), vm.leftovers.clone()), (None, Some("n2"), vec!["cli-prefer-vm".to_owned()]));
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
fn since_and_last_owner_come_from_watching() {
    let mut lab = Lab::of(&["n1"]);
    lab.manager(1, view(trio(), vec![one(started("vm", &["n1"]))]));
    assert_eq!((service(&lab.picture(), "vm").since, service(&lab.picture(), "vm").last_owner.clone()), (None, None));
    lab.pass(5000).manager(1, view(trio(), vec![one(stopped("vm"))]));
    let when = lab.now;
    let picture = lab.picture();
    assert_eq!((service(&picture, "vm").since, service(&picture, "vm").last_owner.as_deref()), (Some(when), Some("n1")));
    lab.pass(5000).manager(1, view(trio(), vec![one(started("vm", &["n2"]))]));
    assert_eq!(service(&lab.picture(), "vm").last_owner.as_deref(), Some("n1"));
}

/// A node's history of a resource: (task, status, time as printed).
fn history(resource: &str, node: &str, operations: &[(&str, i32, &str)]) -> History {
    let operation = |(task, rc, printed): &(&str, i32, &str)| Operation {
        call: Some(7),
        task: (*task).into(),
        rc: Some(*rc),
        last_change: Some((*printed).into()),
        ..Operation::default()
    };
    History { operations: operations.iter().map(operation).collect(), ..fail_count(resource, node, 0) }
}

/// The picture of a view of n1, whose clock goes so many seconds ahead of UTC.
fn zoned(v: ManagerView, utc_offset_secs: Option<i32>) -> std::sync::Arc<quorate::domain::cluster::Cluster> {
    let mut lab = Lab::of(&["n1"]);
    let tools = Tools { member_name: Some("n1".to_owned()), utc_offset_secs, ..Tools::default() };
    lab.say(1, Question::Tools, Observation::Tools(tools)).manager(1, v);
    lab.picture()
}

#[test]
fn since_by_the_history_where_the_zone_is_known() {
    for (printed, offset, expected) in [
        ("Sun Nov 22 22:06:39 2026", None, None),
        ("Sun Nov  1 22:06:39 2026", Some(3600), Some("2026-11-01T21:06:39Z")),
        ("2026-11-22 22:06:39Z", None, Some("2026-11-22T22:06:39Z")),
    ] {
        let mut v = view(trio(), vec![one(started("vm", &["n1"]))]);
        v.history = vec![history("vm", "n1", &[("start", 0, printed)])];
        assert_eq!(service(&zoned(v, offset), "vm").since, expected.and_then(Stamp::parse), "{printed}");
    }
}

/// How long a service has not run: by its newest failure or stop.
#[test]
fn since_when_a_service_does_not_run() {
    type Done<'a> = (&'a str, &'a str, &'a str);
    let printed = |clock: &str| format!("Sun Nov 22 {clock} 2026");
    let failed = |clock: &str| Failure { last_change: Some(printed(clock)), ..failure("vm_start_0", "n2", "boom") };
    let cases: [(&str, &[Done<'_>], Option<&str>, Option<&str>); 7] = [
        ("nothing known", &[], None, None),
        ("stopped", &[("n1", "stop", "10:00:00"), ("n2", "stop", "08:00:00")], None, Some("10:00:00")),
        ("failed", &[], Some("11:00:00"), Some("11:00:00")),
        ("stopped after it failed", &[("n2", "stop", "11:00:02")], Some("11:00:00"), Some("11:00:02")),
        ("failed, and ran later where its history was not told", &[("n1", "start", "12:00:00")], Some("11:00:00"), None),
        ("moved away", &[("n1", "stop", "10:00:00"), ("n2", "migrate_from", "09:59:59")], None, None),
        ("failed after it moved", &[("n1", "stop", "10:00:00"), ("n2", "migrate_from", "09:59:59")], Some("12:00:00"), Some("12:00:00")),
    ];
    for (name, done, broken, expected) in cases {
        let mut v = view(trio(), vec![group("g", vec![stopped("vm")])]);
        v.history = done.iter().map(|&(node, task, clock)| history("vm", node, &[(task, 0, printed(clock).as_str())])).collect();
        v.failures = broken.map(failed).into_iter().collect();
        let picture = zoned(v, Some(0));
        let at = expected.and_then(|clock| Stamp::parse(&format!("2026-11-22T{clock}Z")));
        assert_eq!(service(&picture, "vm").since, at, "{name}");
        assert_eq!(service(&picture, "g").since, at, "{name}: the group");
    }
}

/// Without exact times the newest failure still is the one that counts.
#[test]
fn the_newest_failure_is_the_reason() {
    let failed = |node: &str, clock: &str| Failure {
        last_change: Some(format!("Sun Nov 22 {clock} 2026")),
        ..failure("vm_start_0", node, "boom")
    };
    let mut v = view(trio(), vec![one(stopped("vm"))]);
    v.failures = vec![failed("n1", "10:00:00"), failed("n2", "11:00:00"), failed("n3", "09:00:00")];
    let reason = service(&zoned(v, Some(0)), "vm").reason.clone().unwrap();
    assert!(reason.starts_with("start failed on n2"), "{reason}");
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
