use quorate::domain::alert::AlertCode as A;
use quorate::domain::cluster::Health;
use quorate::domain::event::Severity::{self, Critical, Notice, Warning};
use quorate::domain::node::LinkFault;
use quorate::domain::observation::host::{ClockSample, Unit};
use quorate::domain::observation::manager::{Constraint, ManagerNode, ManagerView, Primitive};
use quorate::domain::observation::storage::{LvRow, MapRow, MountRow, PathRow};
use quorate::domain::observation::{Observation, Question};
use quorate::domain::stamp::Stamp;

use super::build::{Lab, START, alerts, failure, group, nodelist, one, online, ring, severity_of, started, stopped, trio, view};
use super::network::{bond, port};

type Change = Box<dyn Fn(&mut ManagerView)>;
type Expected = Vec<(Severity, &'static str, &'static str)>;

fn quorate_lab(change: impl Fn(&mut ManagerView)) -> Lab {
    let mut lab = Lab::of(&["n1"]);
    let mut v = view(trio(), vec![one(started("vm", &["n1"]))]);
    change(&mut v);
    lab.say(1, Question::Cmap, nodelist(&[(1, "n1", "a"), (2, "n2", "b"), (3, "n3", "c")])).manager(1, v);
    lab.quorum(1, ring(1, true, 2, &[(1, "n1", 1), (2, "n2", 1), (3, "n3", 1)]));
    lab
}

#[test]
fn all_well_is_quiet() {
    let picture = quorate_lab(|_| ()).picture();
    assert_eq!(alerts(&picture), []);
    assert_eq!((picture.health(), quorate::report::exit_code(&picture)), (Health::Healthy, 0));
}

#[test]
fn what_the_manager_says() {
    let set = |p: Primitive| -> Change { Box::new(move |v| v.resources = vec![one(p.clone())]) };
    let off = |p: Primitive| Primitive { target_role: Some("Stopped".to_owned()), ..p };
    let stonith = |p: Primitive| Primitive { agent: "stonith:fence_ipmilan".to_owned(), ..p };
    let fails = |p: Primitive, key: &'static str| -> Change {
        Box::new(move |v| (v.resources, v.failures) = (vec![one(p.clone())], vec![failure(key, "n2", "boom")]))
    };
    let cases: Vec<(&str, Change, Expected)> = vec![
        ("stopped", set(stopped("vm")), vec![(Critical, "service-stopped", "vm")]),
        ("a fence device", set(stonith(stopped("f"))), vec![(Warning, "service-stopped", "f")]),
        ("disabled", set(off(stopped("vm"))), vec![]),
        ("an orphan", set(Primitive { orphaned: true, ..stopped("vm") }), vec![]),
        ("stopped after a failure", fails(stopped("vm"), "vm_start_0"), vec![(Critical, "service-failed", "vm")]),
        ("runs after a failure", fails(started("vm", &["n1"]), "vm_monitor_10000"), vec![(Warning, "service-failed", "vm")]),
        ("disabled after a failure", fails(off(stopped("vm")), "vm_start_0"), vec![]),
        ("failed with owner", set(Primitive { failed: true, ..started("vm", &["n1"]) }), vec![(Warning, "service-failed", "vm")]),
        ("failed without", set(Primitive { failed: true, ..stopped("vm") }), vec![(Critical, "service-failed", "vm")]),
        ("fencing off", Box::new(|v| v.options.fencing_enabled = Some(false)), vec![(Warning, "fencing-disabled", "lab")]),
        ("maintenance", Box::new(|v| v.options.maintenance_mode = Some(true)), vec![(Warning, "maintenance-on", "lab")]),
        ("a node in maintenance", Box::new(|v| v.nodes[1].maintenance = true), vec![(Warning, "maintenance-on", "n2")]),
        ("standby", Box::new(|v| v.nodes[1].standby = true), vec![]),
        ("unclean", Box::new(|v| v.nodes[1].unclean = true), vec![(Critical, "member-unclean", "n2")]),
        ("offline", Box::new(|v| v.nodes[1] = ManagerNode { online: false, ..online("n2", 2) }), vec![(Warning, "member-offline", "n2")]),
        (
            "all are stopped on purpose",
            Box::new(|v| (v.resources, v.options.stop_all_resources) = (vec![one(stopped("vm"))], Some(true))),
            vec![],
        ),
        (
            "a group with a failed member",
            Box::new(|v| {
                (v.resources, v.failures) =
                    (vec![group("g", vec![started("a", &["n1"]), stopped("b")])], vec![failure("b_start_0", "n1", "x")]);
            }),
            vec![(Critical, "service-failed", "b"), (Warning, "service-failed", "g")],
        ),
    ];
    for (name, change, expected) in cases {
        let picture = quorate_lab(change).picture();
        assert_eq!(alerts(&picture), expected, "{name}");
    }
}

#[test]
fn members_that_are_not_what_they_should_be() {
    let mut lab = Lab::of(&["n1", "n2"]);
    lab.manager(1, view(trio(), Vec::new())).quorum(1, ring(1, true, 2, &[(1, "n1", 1), (2, "n2", 1), (3, "n3", 1)]));
    let unit = Unit { name: "pacemaker".to_owned(), load: "loaded".to_owned(), active: "inactive".to_owned(), ..Unit::default() };
    lab.say(2, Question::Units, Observation::Units(vec![unit]));
    assert_eq!(alerts(&lab.picture()), [(Warning, "manager-down", "n2")]);
    lab.down(2, LinkFault::Timeout);
    assert_eq!(alerts(&lab.picture()), [(Warning, "member-unreachable", "n2")]);
    assert!(lab.picture().alerts[0].text.contains("timeout"));
}

#[test]
fn a_clock_that_is_off() {
    for (theirs, round_trip, expected) in [(1_500, 10, true), (-1_500, 10, true), (900, 10, false), (1_900, 2_000, false)] {
        let mut lab = quorate_lab(|_| ());
        let sent = START;
        let received = Stamp(sent.0 + round_trip * 1000);
        let theirs = Stamp(sent.0 + round_trip * 500 + theirs * 1000);
        lab.say(1, Question::Clock, Observation::Clock(ClockSample { theirs, sent, received }));
        assert_eq!(severity_of(&lab.picture(), A::ClockSkew, "n1"), expected.then_some(Warning), "{theirs} {round_trip}");
    }
}

#[test]
fn fullness() {
    let mount = |used, available, kind: &str| {
        Observation::Filesystems(vec![MountRow {
            mount: "/x".to_owned(),
            kind: kind.to_owned(),
            size: Some(2000),
            used: Some(used),
            available: Some(available),
            ..MountRow::default()
        }])
    };
    for (used, available, kind, expected) in [
        (899, 101, "ext4", None),
        (900, 100, "ext4", Some(Warning)),
        (979, 21, "ext4", Some(Warning)),
        (980, 20, "ext4", Some(Critical)),
        (1000, 0, "iso9660", None),
    ] {
        let mut lab = quorate_lab(|_| ());
        lab.say(1, Question::Filesystems, mount(used, available, kind));
        assert_eq!(severity_of(&lab.picture(), A::VolumeFull, "n1:/x"), expected, "{used} {kind}");
    }
    for (attr, data, metadata, expected) in [
        ("twi-aotz--", 89.9, 10.0, None),
        ("twi-aotz--", 10.0, 90.0, Some(Warning)),
        ("twi-aotz--", 98.0, 1.0, Some(Critical)),
        ("swi-a-s---", 99.0, 0.0, None),
    ] {
        let row = LvRow {
            vg: "vg".to_owned(),
            lv: "pool".to_owned(),
            attr: attr.to_owned(),
            data_percent: Some(data),
            metadata_percent: Some(metadata),
            ..LvRow::default()
        };
        let mut lab = quorate_lab(|_| ());
        lab.say(1, Question::Lvs, Observation::Lvs(vec![row]));
        assert_eq!(severity_of(&lab.picture(), A::ThinPoolFull, "vg/pool"), expected, "{attr} {data} {metadata}");
    }
}

/// One name on every node, and each node's own: the alert is of the fullest, and says where that is.
#[test]
fn of_pools_of_one_name_the_fullest_is_told() {
    let pool = |uuid: &str, data| {
        let text = str::to_owned;
        let (uuid, attr) = (Some(text(uuid)), text("twi-aotz--"));
        Observation::Lvs(vec![LvRow { vg: text("pve"), lv: text("data"), uuid, attr, data_percent: Some(data), ..LvRow::default() }])
    };
    let mut lab = Lab::of(&["n1", "n2", "n3"]);
    lab.say(1, Question::Lvs, pool("u1", 90.0)).say(2, Question::Lvs, pool("u2", 97.0)).say(3, Question::Lvs, pool("u3", 91.0));
    let picture = lab.picture();
    let told: Vec<_> = picture.alerts.iter().filter(|a| a.code == A::ThinPoolFull).map(|a| (a.subject.as_str(), a.text.as_str())).collect();
    assert_eq!(told, [("pve/data", "the data of thin pool pve/data on n2 is 97 % full")]);
    lab.events();
    lab.pass(1000).say(2, Question::Lvs, pool("u2", 99.0));
    let events = lab.events();
    let seen: Vec<_> = events.iter().map(|e| (e.node.as_deref(), e.text.as_str())).collect();
    assert_eq!(seen, [(Some("n2"), "thin pool pve/data is 99 % full")]);
}

#[test]
fn paths_and_bonds() {
    let path = |state: &str| PathRow { dm_state: state.to_owned(), ..PathRow::default() };
    let mut lab = quorate_lab(|_| ());
    let map = MapRow { name: "san1".to_owned(), paths: vec![path("active"), path("failed")], ..MapRow::default() };
    lab.say(1, Question::Multipath, Observation::Multipath(vec![map]));
    let bonds = vec![
        bond("b0", "active-backup", None, vec![port("e0", true), port("e1", false)]),
        bond("b1", "active-backup", None, vec![port("e2", false)]),
        bond("b2", "active-backup", None, vec![port("e3", true), port("e4", true)]),
    ];
    lab.say(1, Question::Bonding, Observation::Bonding(bonds));
    let expected = [
        (Critical, "bond-down", "n1:b1"),
        (Warning, "bond-degraded", "n1:b0"),
        (Warning, "path-lost", "n1:san1"),
        (Notice, "single-port-bond", "n1:b1"),
    ];
    assert_eq!(alerts(&lab.picture()), expected, "worst first, then code");
    lab.down(1, LinkFault::Timeout);
    assert_eq!(severity_of(&lab.picture(), A::BondDown, "n1:b1"), None, "what a node said last is no news of now");
}

/// The kernel takes away the devices of paths that stay lost; where it queues, the map stays without any.
#[test]
fn paths_that_were_taken_away_are_lost() {
    type Looks<'a> = (&'a [(usize, usize)], Option<&'a str>);
    let map = |alive: usize, failed: usize| {
        let path = |state: &str| PathRow { dm_state: state.to_owned(), ..PathRow::default() };
        let paths = [vec![path("active"); alive], vec![path("failed"); failed]].concat();
        Observation::Multipath(vec![MapRow { name: "san1".to_owned(), paths, ..MapRow::default() }])
    };
    // Alive and failed paths, look after look, and what is said of the last.
    let cases: [Looks<'_>; 7] = [
        (&[(2, 0)], None),
        (&[(0, 0)], Some("san1 on n1 has no path left")),
        (&[(2, 0), (0, 2)], Some("san1 on n1 has 0 of 2 paths")),
        (&[(2, 0), (0, 2), (0, 0)], Some("san1 on n1 has no path left, and had 2")),
        (&[(4, 0), (2, 2), (2, 0)], Some("san1 on n1 has 2 of 2 paths, and had 4")),
        (&[(4, 0), (2, 0), (4, 0)], None),
        // New devices beside the old ones: there never were four.
        (&[(2, 0), (0, 2), (2, 2), (2, 0)], None),
    ];
    for (looks, expected) in cases {
        let mut lab = quorate_lab(|_| ());
        for (alive, failed) in looks {
            lab.pass(1000).say(1, Question::Multipath, map(*alive, *failed));
            lab.picture();
        }
        let picture = lab.picture();
        let said = picture.alerts.iter().find(|a| a.code == A::PathLost).map(|a| (a.severity, a.text.as_str()));
        assert_eq!(said, expected.map(|text| (Warning, text)), "{looks:?}");
        assert_eq!(picture.health(), if expected.is_some() { Health::Degraded } else { Health::Healthy }, "{looks:?}");
    }
}

#[test]
fn leftovers_and_notices_do_not_hurt_health() {
    let constraint = |id: &str, resource: &str| Constraint::Location {
        id: id.to_owned(),
        resource: resource.to_owned(),
        pattern: false,
        node: Some("n1".to_owned()),
        score: Some(1_000_000),
        role: None,
        rule: None,
        expires: None,
    };
    let mut lab = quorate_lab(|_| ());
    let rows = vec![constraint("cli-prefer-vm", "vm"), constraint("cli-ban-gone-on-n1", "gone"), constraint("loc-1", "vm")];
    lab.say(1, Question::Constraints, Observation::Constraints(rows));
    let picture = lab.picture();
    assert_eq!(alerts(&picture), [(Notice, "leftover-constraint", "gone"), (Notice, "leftover-constraint", "vm")]);
    assert_eq!(picture.health(), Health::Healthy);
}

#[test]
fn configurations_that_differ() {
    let mut lab = Lab::of(&["n1", "n2"]);
    let same = || nodelist(&[(1, "n1", "a"), (2, "n2", "b")]);
    lab.say(1, Question::Cmap, same()).say(2, Question::Cmap, nodelist(&[(2, "n2", "b"), (1, "n1", "a")]));
    assert_eq!(severity_of(&lab.picture(), A::ConfigDiffers, "lab"), None);
    lab.pass(10).say(2, Question::Cmap, nodelist(&[(1, "n1", "a")]));
    assert_eq!(severity_of(&lab.picture(), A::ConfigDiffers, "lab"), Some(Warning));
}

#[test]
fn an_alert_keeps_its_age() {
    let mut lab = quorate_lab(|v| v.options.maintenance_mode = Some(true));
    let first = lab.picture().alerts[0].since;
    lab.pass(9000).say(1, Question::Filesystems, Observation::Filesystems(Vec::new()));
    assert_eq!((lab.picture().alerts[0].since, lab.picture().at), (first, Stamp(START.0 + 9_000_000)));
}
