use quorate::app::fencing;
use quorate::domain::alert::AlertCode;
use quorate::domain::event::Severity;
use quorate::domain::observation::host::{ClockSample, Tools};
use quorate::domain::observation::manager::{FenceRecord, FenceStatus, ManagerNode};
use quorate::domain::observation::{Observation, Question};
use quorate::domain::stamp::Stamp;
use quorate::theme::Role;

use super::build::{Lab, START, one, online, severity_of, started, trio, view};

fn record(target: &str, action: &str, status: FenceStatus, secs: Option<i64>) -> FenceRecord {
    FenceRecord {
        target: target.to_owned(),
        action: action.to_owned(),
        status,
        origin: Some("n1".to_owned()),
        client: None,
        delegate: None,
        completed: secs.map(|s| Stamp(START.0 + s * 1_000_000)),
        completed_local: None,
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

/// Versions before 2.0.3 print a ctime: the local time of the node that answers.
#[test]
fn fencings_of_old_versions_are_told_by_the_zone_of_their_node() {
    use FenceStatus::{Failed, Success};
    let printed = |action: &str, status, clock: &str| FenceRecord {
        completed_local: Some(format!("Wed Nov 18 {clock} 2026")),
        ..record("n2", action, status, None)
    };
    let history = |records: &[FenceRecord]| Observation::FenceHistory(records.to_vec());
    let (failed, done) = (printed("off", Failed, "10:00:00"), printed("reboot", Success, "11:00:00"));
    for (offset, ended) in [(Some(3600), Some("2026-11-18T10:00:00Z")), (None, None)] {
        let mut lab = Lab::of(&["n1"]);
        let tools = Tools { member_name: Some("n1".to_owned()), utc_offset_secs: offset, ..Tools::default() };
        lab.say(1, Question::Tools, Observation::Tools(tools));
        lab.manager(1, view(vec![online("n1", 1), online("n2", 2)], Vec::new()));
        // The newest stands first, and some versions print it at the end again.
        lab.say(1, Question::FenceHistory, history(&[done.clone(), failed.clone(), done.clone()]));
        let picture = lab.picture();
        let told: Vec<_> = picture.fences.iter().map(|f| (f.action.as_str(), f.status)).collect();
        assert_eq!(told, [("reboot", Success), ("off", Failed)], "{offset:?}");
        assert_eq!(picture.fences[0].completed, ended.and_then(Stamp::parse), "{offset:?}");
        assert_eq!(severity_of(&picture, AlertCode::FenceFailed, "n2"), None, "{offset:?}");
        lab.events();
        // A further one of the same kind is news; the others are not, also after summer time.
        let again = printed("reboot", Success, "11:05:00");
        let tools = Tools { member_name: Some("n1".to_owned()), utc_offset_secs: offset.map(|o| o + 3600), ..Tools::default() };
        lab.pass(1000).say(1, Question::Tools, Observation::Tools(tools));
        lab.say(1, Question::FenceHistory, history(&[again, done.clone(), failed.clone()]));
        let said: Vec<String> = lab.events().into_iter().map(|e| e.text).collect();
        assert_eq!(said, ["fencing of n2 (reboot) by n1 succeeded"], "{offset:?}");
    }
    // In whatever order they are printed.
    let mut lab = Lab::of(&["n1"]);
    let tools = Tools { member_name: Some("n1".to_owned()), utc_offset_secs: Some(0), ..Tools::default() };
    lab.say(1, Question::Tools, Observation::Tools(tools)).say(1, Question::FenceHistory, history(&[failed, done]));
    assert_eq!(lab.picture().fences[0].action, "reboot");
}

#[test]
fn fencings_are_told_by_our_clock() {
    for ahead in [-60_i64, 60] {
        let mut v = view(vec![online("n1", 1), online("n2", 2)], Vec::new());
        v.fences = Some(vec![record("n2", "reboot", FenceStatus::Success, Some(ahead - 10))]);
        let mut lab = Lab::of(&["n1"]);
        lab.manager(1, v.clone());
        lab.events();
        // Once its clock is known they ended at another time; none of them is news for that.
        lab.pass(1000);
        let sample = ClockSample { theirs: lab.now.shifted(ahead * 1_000_000 + 3_000), sent: lab.now.shifted(-4_000), received: lab.now };
        lab.say(1, Question::Clock, Observation::Clock(sample));
        let news = |lab: &mut Lab| lab.events().into_iter().map(|e| e.text).filter(|t| t.contains("fencing")).collect::<Vec<_>>();
        assert_eq!(news(&mut lab), [""; 0], "{ahead} s");
        assert_eq!(lab.picture().fences[0].completed, Some(START.shifted(-10_000_000)), "{ahead} s");
        let told = v.fences.as_mut().unwrap();
        told.push(record("n2", "reboot", FenceStatus::Success, Some(ahead + 1)));
        lab.pass(1000).manager(1, v);
        assert_eq!(news(&mut lab), ["fencing of n2 (reboot) by n1 succeeded"], "{ahead} s");
    }
}

/// A constraint bans each device from the node that it fences: no node has all, together they have.
#[test]
fn devices_are_those_of_all_nodes_that_were_asked() {
    let devices = |names: &[&str]| Observation::FenceDevices(names.iter().map(|n| (*n).to_owned()).collect());
    let stonith = |id: &str| {
        let mut p = started(id, &["n1"]);
        p.agent = "stonith:fence_ipmilan".to_owned();
        one(p)
    };
    let mut lab = Lab::of(&["n1", "n2", "n3"]);
    lab.manager(1, view(trio(), ["f1", "f2", "f3"].map(stonith).to_vec()));
    lab.say(1, Question::FenceDevices, devices(&["f2", "f3"]));
    let one = lab.picture();
    assert_eq!((one.fence_views, fencing::missing(&one)), (1, vec!["f1"]));
    let (role, text) = fencing::ready(&one);
    assert_eq!((role, text.as_str()), (Role::Dim, "fence: 2 registered, 1 of 3 nodes asked"));
    lab.say(2, Question::FenceDevices, devices(&["f1", "f3"]));
    lab.say(3, Question::FenceDevices, devices(&["f1", "f2"]));
    let all = lab.picture();
    let on = |name: &str| all.fence_devices.iter().find(|d| d.name == name).unwrap().on.join(" ");
    assert_eq!((on("f1"), on("f2"), on("f3")), ("n2 n3".into(), "n1 n3".into(), "n1 n2".into()));
    assert_eq!(fencing::ready(&all), (Role::Dim, "fence: 3 registered".to_owned()));
    lab.say(2, Question::FenceDevices, devices(&["f3"]));
    lab.say(3, Question::FenceDevices, devices(&["f2"]));
    let gone = fencing::ready(&lab.picture());
    assert_eq!(gone, (Role::Warn, "fence: 2 of 3 registered, not f1".to_owned()));
}
