use quorate::domain::event::{Event, Severity, Source};
use quorate::domain::node::{LinkFault, NodeKey};
use quorate::domain::observation::corosync::{Link, LinkStat, LinksView};
use quorate::domain::observation::host::ClockSample;
use quorate::domain::observation::log::LogLine;
use quorate::domain::observation::manager::{FenceRecord, FenceStatus};
use quorate::domain::observation::storage::{MapRow, MountRow, PathRow};
use quorate::domain::observation::{Observation, Question};
use quorate::domain::stamp::Stamp;

use super::build::{Lab, START, fail_count, one, ring, started, stopped, trio, view};
use super::network::{bond, port};

fn brief(events: &[Event]) -> Vec<(Source, Severity, &str, &str)> {
    events.iter().map(|e| (e.source, e.severity, e.subject.as_deref().unwrap_or("-"), e.text.as_str())).collect()
}

#[test]
fn the_first_picture_is_no_news() {
    let mut lab = Lab::of(&["n1"]);
    lab.quorum(1, ring(1, true, 1, &[(1, "n1", 1)]));
    assert_eq!(brief(&lab.events()), []);
    // The manager speaks after corosync did: n2 was never online to it.
    let mut v = view(trio(), vec![one(stopped("vm"))]);
    v.nodes[0].standby = true;
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
    lab.pass(10).manager(1, v);
    lab.say(1, Question::Bonding, Observation::Bonding(vec![bond("b0", "802.3ad", None, vec![port("e0", false)])]));
    assert_eq!(brief(&lab.events()), []);
}

#[test]
fn members_and_quorum() {
    let mut lab = Lab::of(&["n1"]);
    lab.manager(1, view(trio(), Vec::new())).quorum(1, ring(1, true, 1, &[(1, "n1", 1)]));
    lab.events();
    let mut v = view(trio(), Vec::new());
    v.nodes[1].unclean = true;
    lab.pass(10).manager(1, v).quorum(1, ring(1, false, 2, &[(1, "n1", 1)]));
    let events = lab.events();
    let expected = [
        (Source::Corosync, Severity::Critical, "-", "quorum is lost: 1 votes, 2 needed"),
        (Source::Pacemaker, Severity::Critical, "n2", "n2 is unclean (was online)"),
    ];
    assert_eq!(brief(&events), expected);
    assert_eq!(brief(&lab.events()), [], "each is told once");
}

#[test]
fn services() {
    let mut lab = Lab::of(&["n1"]);
    lab.manager(1, view(trio(), vec![one(started("a", &["n1"])), one(started("b", &["n1"]))]));
    lab.events();
    let mut v = view(trio(), vec![one(started("a", &["n2"])), one(stopped("b"))]);
    v.history = vec![fail_count("b", "n1", 1)];
    lab.pass(10).manager(1, v);
    let events = lab.events();
    let texts: Vec<&str> = events.iter().map(|e| e.text.as_str()).collect();
    assert_eq!(texts[0], "a moved from n1 to n2");
    assert!(texts[1].starts_with("b is stopped (was started)"), "{texts:?}");
    assert!(texts[2].starts_with("b failed (fail-count 1)"), "{texts:?}");
    assert_eq!(texts.len(), 3);
    assert_eq!(events[0].at, lab.now);
}

#[test]
fn reach() {
    let mut lab = Lab::of(&["n1"]);
    lab.events();
    lab.pass(10).down(1, LinkFault::Timeout);
    lab.events().iter().for_each(|e| assert_eq!((e.severity, e.subject.as_deref()), (Severity::Warning, Some("n1"))));
    lab.pass(10).up(1);
    assert_eq!(brief(&lab.events()), [(Source::Quorate, Severity::Info, "n1", "n1 is reachable again")]);
}

#[test]
fn links_and_bonds_and_storage() {
    let links = |connected| {
        Observation::Links(LinksView {
            local_id: Some(1),
            links: vec![Link { number: 1, peer: Some(2), connected: Some(connected), ..Link::default() }],
            ..LinksView::default()
        })
    };
    let stats = |downs| {
        Observation::LinkStats(vec![LinkStat { peer: 2, link: 1, down_count: Some(downs), connected: Some(true), ..LinkStat::default() }])
    };
    let bonding =
        |active: &str, up| Observation::Bonding(vec![bond("b0", "active-backup", Some(active), vec![port("e0", up), port("e1", true)])]);
    let map = |state: &str| {
        let path = PathRow { dm_state: state.to_owned(), ..PathRow::default() };
        Observation::Multipath(vec![MapRow { name: "san1".to_owned(), paths: vec![path], ..MapRow::default() }])
    };
    let mount = |used| {
        Observation::Filesystems(vec![MountRow {
            mount: "/x".to_owned(),
            size: Some(100),
            used: Some(used),
            available: Some(100 - used),
            ..MountRow::default()
        }])
    };
    let cases: Vec<(Question, Observation, Observation, Source, Severity, &str, &str)> = vec![
        (Question::Links, links(true), links(false), Source::Corosync, Severity::Warning, "n2", "link 1 to n2 is down"),
        (Question::Links, links(false), links(true), Source::Corosync, Severity::Info, "n2", "link 1 to n2 is up"),
        (Question::LinkStats, stats(1), stats(2), Source::Corosync, Severity::Notice, "n2", "link 1 to n2 went down and came back"),
        (
            Question::Bonding,
            bonding("e0", true),
            bonding("e1", false),
            Source::Net,
            Severity::Warning,
            "n1:b0",
            "b0: e0 down, active port now e1, bond degraded",
        ),
        (
            Question::Multipath,
            map("active"),
            map("failed"),
            Source::Storage,
            Severity::Warning,
            "n1:san1",
            "san1: 0 of 1 paths (were 1 of 1)",
        ),
        (Question::Filesystems, mount(80), mount(95), Source::Storage, Severity::Warning, "n1:/x", "/x is 95 % full"),
        (Question::Filesystems, mount(95), mount(99), Source::Storage, Severity::Critical, "n1:/x", "/x is 99 % full"),
        (Question::Filesystems, mount(99), mount(9), Source::Storage, Severity::Info, "n1:/x", "/x is 9 % full"),
    ];
    for (question, before, after, source, severity, subject, text) in cases {
        let mut lab = Lab::of(&["n1"]);
        lab.manager(1, view(trio(), Vec::new())).say(1, question, before);
        assert_eq!(brief(&lab.events()), []);
        lab.pass(10).say(1, question, after);
        assert_eq!(brief(&lab.events()), [(source, severity, subject, text)]);
    }
}

#[test]
fn fencings() {
    let record = |status, secs: Option<i64>| FenceRecord {
        target: "n3".to_owned(),
        action: "reboot".to_owned(),
        status,
        origin: Some("n1".to_owned()),
        client: None,
        delegate: None,
        completed: secs.map(|s| Stamp(START.0 + s * 1_000_000)),
        completed_local: None,
        reason: None,
    };
    let told = |records: Vec<FenceRecord>| {
        let mut v = view(trio(), Vec::new());
        v.fences = Some(records);
        v
    };
    let mut lab = Lab::of(&["n1"]);
    lab.manager(1, told(Vec::new()));
    lab.events();
    lab.pass(1000).manager(1, told(vec![record(FenceStatus::Pending, None)]));
    assert_eq!(brief(&lab.events()), [(Source::Fence, Severity::Warning, "n3", "fencing of n3 (reboot) by n1 is under way")]);
    lab.pass(9000).manager(1, told(vec![record(FenceStatus::Success, Some(8))]));
    let events = lab.events();
    assert_eq!(brief(&events), [(Source::Fence, Severity::Notice, "n3", "fencing of n3 (reboot) by n1 succeeded")]);
    assert_eq!(events[0].at, Stamp(START.0 + 8_000_000), "when it was over, not when we looked");
}

fn line(at: Option<Stamp>, source: Source, severity: Severity, subject: &str) -> LogLine {
    LogLine { at, source, severity, subject: Some(subject.to_owned()), text: "said".to_owned(), stale: Vec::new(), cursor: None }
}

#[test]
fn log_lines_are_put_on_our_clock() {
    let mut lab = Lab::of(&["n1"]);
    let (sent, received) = (START, Stamp(START.0 + 10_000));
    lab.say(1, Question::Clock, Observation::Clock(ClockSample { theirs: Stamp(START.0 + 60_005_000), sent, received }));
    lab.picture();
    let arrival = Stamp(START.0 + 5_000_000);
    let theirs = Stamp(START.0 + 64_000_000);
    let event = lab.store.log(NodeKey(1), line(Some(theirs), Source::Corosync, Severity::Info, "n2"), 3, arrival);
    assert_eq!((event.at, event.node.as_deref(), event.folded), (Stamp(START.0 + 4_000_000), Some("n1"), 3));
    let event = lab.store.log(NodeKey(1), line(None, Source::Corosync, Severity::Info, "n2"), 0, arrival);
    assert_eq!(event.at, arrival, "a line without a time");
    let event = lab.store.log(NodeKey(1), line(Some(Stamp(theirs.0 * 2)), Source::Corosync, Severity::Info, "n2"), 0, arrival);
    assert_eq!(event.at, arrival, "nothing happens after it was told");
}

#[test]
fn what_a_line_said_is_not_said_again() {
    // (source, severity and subject of the line, how long before, whether the change is still told)
    let cases = [
        (Source::Net, Severity::Warning, "b0", 1000, false),
        (Source::Net, Severity::Critical, "b0", 4000, false),
        (Source::Net, Severity::Warning, "b0", 6000, true),
        (Source::Net, Severity::Info, "b0", 1000, true),
        (Source::Kernel, Severity::Warning, "b0", 1000, true),
        (Source::Net, Severity::Warning, "b1", 1000, true),
    ];
    for (source, severity, subject, before, told) in cases {
        let mut lab = Lab::of(&["n1"]);
        let bonding = |up| Observation::Bonding(vec![bond("b0", "802.3ad", None, vec![port("e0", up), port("e1", true)])]);
        lab.say(1, Question::Bonding, bonding(true));
        lab.events();
        let now = lab.now;
        let event = lab.store.log(NodeKey(1), line(None, source, severity, subject), 0, now);
        assert_eq!(event.subject.as_deref(), Some(if subject == "b0" { "n1:b0" } else { "b1" }), "a bond's line names its node");
        lab.pass(before).say(1, Question::Bonding, bonding(false));
        assert_eq!(lab.events().len(), usize::from(told), "{source:?} {severity:?} {subject} {before}");
    }
}

/// A node whose journal flows.
fn logging_lab() -> Lab {
    let mut lab = Lab::of(&["n1"]);
    let streams = quorate::domain::cluster::StreamFacts { live: vec!["journal".to_owned()], polled: Vec::new() };
    lab.store.streams(NodeKey(1), streams);
    lab
}

#[test]
fn a_change_that_is_seen_before_its_line_waits_for_it() {
    let bonding = |up| Observation::Bonding(vec![bond("b0", "802.3ad", None, vec![port("e0", up), port("e1", true)])]);
    let mut lab = logging_lab();
    lab.say(1, Question::Bonding, bonding(true));
    lab.events();
    lab.pass(1000).say(1, Question::Bonding, bonding(false));
    lab.picture();
    let now = lab.now;
    assert_eq!(lab.store.events_due(now).len(), 0);
    let due = lab.store.next_event().unwrap();
    assert!(due > now && due.age(now).is_zero());
    lab.store.log(NodeKey(1), line(None, Source::Net, Severity::Warning, "b0"), 0, now.shifted(700_000));
    assert_eq!(lab.store.next_event(), None, "the line said it");
    // Where no line comes, the change is told.
    lab.pass(9000).say(1, Question::Bonding, bonding(true));
    lab.picture();
    let due = lab.store.next_event().unwrap();
    assert_eq!(lab.store.events_due(due).len(), 1);
}

#[test]
fn without_logs_a_change_is_told_at_once() {
    let bonding = |up| Observation::Bonding(vec![bond("b0", "802.3ad", None, vec![port("e0", up), port("e1", true)])]);
    let mut lab = Lab::of(&["n1"]);
    lab.say(1, Question::Bonding, bonding(true));
    lab.events();
    lab.pass(1000).say(1, Question::Bonding, bonding(false));
    lab.picture();
    let now = lab.now;
    assert_eq!(lab.store.events_due(now).len(), 1);
}

#[test]
fn a_line_of_corosync_says_its_own_link_and_no_other() {
    let links = |up: bool| {
        Observation::Links(LinksView {
            local_id: Some(1),
            links: [0, 1].map(|number| Link { number, peer: Some(2), connected: Some(up), ..Link::default() }).to_vec(),
            ..LinksView::default()
        })
    };
    for (words, told) in [("[KNET] link: host: 2 link: 0 is down", 1), ("[KNET] link: host: 2 link: 7 is down", 2)] {
        let mut lab = Lab::of(&["n1", "n2"]);
        lab.quorum(1, ring(1, true, 2, &[(1, "n1", 1), (2, "n2", 1)])).say(1, Question::Links, links(true));
        lab.events();
        let now = lab.now;
        let said = LogLine { text: words.to_owned(), ..line(None, Source::Corosync, Severity::Warning, "node 2") };
        assert_eq!(lab.store.log(NodeKey(1), said, 0, now).subject.as_deref(), Some("n2"), "members are named");
        lab.pass(500).say(1, Question::Links, links(false));
        let events = lab.events();
        assert_eq!(events.len(), told, "{words}: {events:?}");
    }
}
