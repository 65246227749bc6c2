//! Since when services are as they are.

use quorate::domain::observation::host::Tools;
use quorate::domain::observation::manager::{Failure, History, ManagerView, Operation, Primitive};
use quorate::domain::observation::{Observation, Question};
use quorate::domain::stamp::Stamp;

use super::build::{Lab, fail_count, failure, group, one, service, started, stopped, trio, view};

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
    type Case<'a> = (&'a str, &'a [Done<'a>], Option<&'a str>, Option<&'a str>);
    let printed = |clock: &str| format!("Sun Nov 22 {clock} 2026");
    let failed = |clock: &str| Failure { last_change: Some(printed(clock)), ..failure("vm_start_0", "n2", "boom") };
    let cases: [Case<'_>; 7] = [
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

/// What runs as a whole runs since its last member does.
#[test]
fn since_when_a_group_runs() {
    let at = |clock: &str| format!("2026-11-22 {clock}Z");
    for (owners, expected) in [(["n2", "n2"], Some("2026-11-22T10:00:05Z")), (["n2", "n3"], None)] {
        let mut v = view(trio(), vec![group("g", vec![started("ip", &[owners[0]]), started("app", &[owners[1]])])]);
        v.history = vec![
            history("ip", owners[0], &[("start", 0, at("10:00:01").as_str())]),
            history("app", owners[1], &[("start", 0, at("10:00:05").as_str())]),
        ];
        assert_eq!(service(&zoned(v, None), "g").since, expected.and_then(Stamp::parse), "{owners:?}");
    }
}

#[test]
fn since_when_a_service_is_on_its_way() {
    // A probe that still runs tells nothing of a start that nobody recorded.
    for (task, expected) in [("start", Some("2026-11-22T10:00:01Z")), ("monitor", None)] {
        let mut v = view(trio(), vec![one(Primitive { pending: Some("Starting".to_owned()), ..stopped("vm") })]);
        let mut pending = history("vm", "n1", &[(task, 193, "2026-11-22 10:00:01Z")]);
        pending.operations[0].call = Some(-1);
        v.history = vec![pending];
        assert_eq!(service(&zoned(v, None), "vm").since, expected.and_then(Stamp::parse), "{task}");
    }
}

/// Without exact times the newest failure still is the one that counts.
#[test]
fn the_newest_failure_is_the_reason() {
    let failed =
        |node: &str, clock: &str| Failure { last_change: Some(format!("Sun Nov 22 {clock} 2026")), ..failure("vm_start_0", node, "boom") };
    let mut v = view(trio(), vec![one(stopped("vm"))]);
    v.failures = vec![failed("n1", "10:00:00"), failed("n2", "11:00:00"), failed("n3", "09:00:00")];
    let reason = service(&zoned(v, Some(0)), "vm").reason.clone().unwrap();
    assert!(reason.starts_with("start failed on n2"), "{reason}");
}
