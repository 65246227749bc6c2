//! Where services may run and prefer to, by constraints.

use quorate::domain::alert::AlertCode;
use quorate::domain::event::Severity;
use quorate::domain::observation::manager::{Constraint, ManagerView, Primitive, Ticket};
use quorate::domain::observation::{Observation, Question};

use super::build::{Lab, clone, fail_count, failure, group, one, picture_of, service, severity_of, started, stopped, trio, view};

type Change = Box<dyn Fn(&mut ManagerView)>;

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

/// What is done with `disk` first, and with `vm` then, where that is not to start.
fn order(first_action: Option<&str>, then_action: Option<&str>) -> Constraint {
    Constraint::Order {
        id: "o".to_owned(),
        first: "disk".to_owned(),
        then: "vm".to_owned(),
        mandatory: true,
        first_action: first_action.map(str::to_owned),
        then_action: then_action.map(str::to_owned),
    }
}

/// `vm` beside `disk`, which has to be in that role.
fn beside(score: i64, with_role: Option<&str>) -> Constraint {
    Constraint::Colocation {
        id: "c".to_owned(),
        resource: "vm".to_owned(),
        with: "disk".to_owned(),
        score,
        role: None,
        with_role: with_role.map(str::to_owned),
    }
}

#[test]
fn waits_for_its_partners() {
    let resources = || vec![one(stopped("disk")), one(stopped("vm"))];
    for (constraint, word) in [(order(None, None), "waits for disk"), (beside(1_000_000, None), "where disk runs")] {
        let picture = constrained(view(trio(), resources()), vec![constraint]);
        let reason = service(&picture, "vm").reason.clone().unwrap();
        assert!(reason.contains(word) && reason.contains("is stopped"), "{reason}");
    }
    let picture = picture_of(view(trio(), vec![group("g", vec![stopped("a"), stopped("b")])]));
    assert!(service(&picture, "b").reason.as_deref().unwrap().contains("waits for a"));
}

/// `disk` is a promotable clone: where it is promoted counts, and not where it runs.
#[test]
fn roles_and_actions_of_a_partner_count() {
    const AWAY: i64 = -1_000_000;
    const BESIDE: i64 = 1_000_000;
    let nodes = ["n1", "n2", "n3"];
    let disk = |roles: [&str; 3]| {
        let instance = |(node, role): (&str, &str)| one(Primitive { role: role.to_owned(), ..started("disk", &[node]) });
        clone("disk-clone", false, nodes.into_iter().zip(roles).map(instance).collect())
    };
    let (nowhere, on_n1) = (["Unpromoted"; 3], ["Master", "Slave", "Slave"]);
    let none = "shows no reason";
    let cases = [
        (nowhere, beside(BESIDE, Some("Promoted")), "has to run where disk is promoted, which it is nowhere"),
        (on_n1, beside(BESIDE, Some("Master")), none),
        (nowhere, beside(BESIDE, None), none),
        (nowhere, beside(AWAY, Some("Promoted")), none),
        (on_n1, beside(AWAY, Some("Promoted")), "the manager has not started it: disk is promoted on n1, beside which c forbids it to run"),
        (nowhere, order(Some("promote"), None), "waits for disk to be promoted"),
        (on_n1, order(Some("promote"), None), none),
    ];
    for (roles, constraint, expected) in cases {
        let case = format!("{roles:?} {constraint:?}");
        let picture = constrained(view(trio(), vec![disk(roles), one(stopped("vm"))]), vec![constraint]);
        let reason = service(&picture, "vm").reason.clone().unwrap();
        assert!(reason.ends_with(expected), "{case}: {reason}");
    }
    // What is stopped is no reason for what does not wait for its start.
    for constraint in [order(Some("stop"), None), order(None, Some("promote"))] {
        let picture = constrained(view(trio(), vec![one(stopped("disk")), one(stopped("vm"))]), vec![constraint.clone()]);
        let reason = service(&picture, "vm").reason.clone().unwrap();
        assert!(reason.ends_with(none), "{constraint:?}: {reason}");
    }
}

/// What needs a ticket that another site has should not run here.
#[test]
fn tickets_keep_services_from_running() {
    let ticket = |granted, standby| vec![Ticket { id: "T".to_owned(), granted, standby }];
    let needs = |resource: &str, role: Option<&str>| Constraint::Ticket {
        id: "t-vm".to_owned(),
        resource: resource.to_owned(),
        ticket: "T".to_owned(),
        role: role.map(str::to_owned),
        loss_policy: Some("stop".to_owned()),
    };
    let none = "the manager has not started it, and shows no reason";
    let cases = [
        (ticket(false, false), needs("vm", None), "ticket T is not granted here (t-vm)", None),
        (ticket(true, true), needs("vm", None), "ticket T is in standby here (t-vm)", None),
        (ticket(false, false), needs("g", None), "ticket T is not granted here (t-vm)", None),
        (ticket(true, false), needs("vm", None), none, Some(Severity::Critical)),
        (Vec::new(), needs("vm", None), none, Some(Severity::Critical)),
        (ticket(false, false), needs("vm", Some("Promoted")), none, Some(Severity::Critical)),
    ];
    for (tickets, constraint, reason, severity) in cases {
        let case = format!("{tickets:?} {constraint:?}");
        let v = ManagerView { tickets, ..view(trio(), vec![group("g", vec![stopped("vm")])]) };
        let picture = constrained(v, vec![constraint]);
        assert_eq!(service(&picture, "vm").reason.as_deref(), Some(reason), "{case}");
        for id in ["vm", "g"] {
            assert_eq!(severity_of(&picture, AlertCode::ServiceStopped, id), severity, "{id}: {case}");
        }
    }
}

#[test]
fn not_where_it_prefers_to_be() {
    let loc = || location("loc-1", "vm", "n1", 100);
    let cases: Vec<(&str, Change, Vec<Constraint>, Option<&str>)> = vec![
        ("sticky", Box::new(|_| ()), vec![loc()], Some("prefers n1 (score 100 by loc-1), runs on n2: stickiness")),
        ("standby", Box::new(|v| v.nodes[0].standby = true), vec![loc()], Some("n1 is in standby")),
        ("unhealthy", Box::new(|v| v.nodes[0].health = Some("red".to_owned())), vec![loc()], Some("runs on n2: n1's health is red")),
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
        (
            "failed long ago, and in standby now",
            Box::new(|v| (v.nodes[0].standby, v.failures) = (true, vec![failure("vm_monitor_10000", "n1", "boom")])),
            vec![loc()],
            Some("runs on n2: n1 is in standby"),
        ),
        (
            "failed too often",
            Box::new(|v| (v.history, v.failures) = (vec![fail_count("vm", "n1", 1_000_000)], vec![failure("vm_start_0", "n1", "boom")])),
            vec![loc()],
            Some("runs on n2: start failed on n1: error (boom)"),
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
        ("over, a date alone", ruled("vm-a", false, "#uname eq n2", Some("2012-01-01")), None),
        ("over, without a zone", ruled("vm-a", false, "#uname eq n2", Some("2020-01-01T00:00:00")), None),
        ("until then, without a zone", ruled("vm-a", false, "#uname eq n2", Some("2099-01-01 10:00")), Some("n2")),
        ("an end that nobody reads", ruled("vm-a", false, "#uname eq n2", Some("2020-01-01 + months=1")), Some("n2")),
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
