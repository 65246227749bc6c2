use quorate::domain::alert::AlertCode;
use quorate::domain::event::Severity;
use quorate::domain::observation::manager::{FenceRecord, FenceStatus, ManagerNode};
use quorate::domain::stamp::Stamp;

use super::build::{Lab, START, online, severity_of, view};

fn record(target: &str, action: &str, status: FenceStatus, secs: Option<i64>) -> FenceRecord {
    FenceRecord {
        target: target.to_owned(),
        action: action.to_owned(),
        status,
        origin: Some("n1".to_owned()),
        client: None,
        delegate: None,
        completed: secs.map(|s| Stamp(START.0 + s * 1_000_000)),
        reason: None,
    }
}

fn told(records: Vec<FenceRecord>, unclean: bool) -> std::sync::Arc<quorate::domain::cluster::Cluster> {
    let mut v = view(vec![online("n1", 1), ManagerNode { unclean, online: !unclean, ..online("n2", 2) }], Vec::new());
    v.fences = Some(records);
    let mut lab = Lab::of(&["n1"]);
    lab.manager(1, v);
    lab.picture()
}

#[test]
fn records_of_one_fencing_are_one() {
    use FenceStatus::{Failed, Pending, Success};
    let r = record;
    let cases: Vec<(&str, Vec<FenceRecord>, usize)> = vec![
        ("two clients", vec![r("n2", "reboot", Success, Some(-60)), r("n2", "reboot", Success, Some(-60))], 1),
        ("seconds apart", vec![r("n2", "reboot", Success, Some(-60)), r("n2", "reboot", Success, Some(-57))], 1),
        ("an hour apart", vec![r("n2", "reboot", Success, Some(-60)), r("n2", "reboot", Success, Some(-3660))], 2),
        ("two targets", vec![r("n2", "reboot", Success, Some(-60)), r("n3", "reboot", Success, Some(-60))], 2),
        ("two actions", vec![r("n2", "off", Success, Some(-60)), r("n2", "on", Success, Some(-60))], 2),
        ("pending twice", vec![r("n2", "reboot", Pending, None), r("n2", "reboot", Pending, None)], 1),
        ("pending beside done", vec![r("n2", "reboot", Pending, None), r("n2", "reboot", Success, Some(-2))], 1),
        ("pending after done", vec![r("n2", "reboot", Pending, None), r("n2", "reboot", Success, Some(-600))], 2),
        ("failed, then done", vec![r("n2", "reboot", Success, Some(-60)), r("n2", "reboot", Failed, Some(-62))], 2),
    ];
    for (name, records, expected) in cases {
        let reversed: Vec<_> = records.iter().rev().cloned().collect();
        assert_eq!(told(records, false).fences.len(), expected, "{name}");
        assert_eq!(told(reversed, false).fences.len(), expected, "{name}, in the other order");
    }
}

#[test]
fn newest_first_and_twenty_at_most() {
    let mut records: Vec<_> = (0..30).map(|n| record("n2", "reboot", FenceStatus::Success, Some(-n * 100))).collect();
    records.reverse();
    records.push(record("n3", "off", FenceStatus::Pending, None));
    let fences = told(records, false).fences.clone();
    assert_eq!((fences.len(), fences[0].target.as_str()), (20, "n3"));
    assert!(fences[1..].windows(2).all(|w| w[0].completed > w[1].completed));
}

#[test]
fn failed_fencings_alert_until_one_succeeds() {
    use FenceStatus::{Failed, Success};
    let failed = || record("n2", "reboot", Failed, Some(-60));
    let cases: Vec<(&str, Vec<FenceRecord>, bool, Option<Severity>)> = vec![
        ("not yet fenced", vec![failed()], true, Some(Severity::Critical)),
        ("back by itself", vec![failed()], false, Some(Severity::Warning)),
        ("later fenced", vec![failed(), record("n2", "off", Success, Some(-30))], true, None),
        ("fenced before", vec![failed(), record("n2", "reboot", Success, Some(-300))], true, Some(Severity::Critical)),
        ("another was", vec![failed(), record("n3", "reboot", Success, Some(-30))], false, Some(Severity::Warning)),
        ("only unfenced", vec![failed(), record("n2", "on", Success, Some(-30))], true, Some(Severity::Critical)),
    ];
    for (name, records, unclean, expected) in cases {
        assert_eq!(severity_of(&told(records, unclean), AlertCode::FenceFailed, "n2"), expected, "{name}");
    }
}
