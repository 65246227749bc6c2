use quorate::domain::cluster::MemberStatus;
use quorate::domain::node::{LinkFault, NodeKey};
use quorate::domain::observation::corosync::QuorumView;
use quorate::domain::observation::host::{ClockSample, HostSample, Tools, Unit};
use quorate::domain::observation::manager::{ManagerNode, NodeKind};
use quorate::domain::observation::{Observation, Question, TroubleKind};
use quorate::domain::stamp::Stamp;
use quorate::state::{NodeFacts, SessionFacts, Store};

use super::build::{Lab, START, nodelist, observed, online, ring, tools, trio, view};

type Said = Vec<(Question, Observation)>;

#[test]
fn status_is_the_first_that_applies() {
    use MemberStatus as S;
    let node = |unclean, pending, online, standby, maintenance| ManagerNode {
        unclean,
        pending,
        online,
        standby,
        maintenance,
        name: "n1".to_owned(),
        ..ManagerNode::default()
    };
    let cases = [
        (node(true, true, true, true, true), S::Unclean),
        (node(true, false, false, false, false), S::Unclean),
        (node(false, true, true, true, true), S::Pending),
        (node(false, true, false, false, false), S::Pending),
        (node(false, false, false, true, true), S::Offline),
        (node(false, false, true, true, true), S::Standby),
        (ManagerNode { standby_onfail: true, ..node(false, false, true, false, false) }, S::Standby),
        (node(false, false, true, false, true), S::Maintenance),
        (node(false, false, true, false, false), S::Online),
    ];
    for (node, expected) in cases {
        let mut lab = Lab::of(&["n1"]);
        lab.manager(1, view(vec![node.clone()], Vec::new()));
        assert_eq!(lab.picture().members[0].status, expected, "{node:?}");
    }
}

#[test]
fn a_host_that_the_manager_does_not_know_is_listed() {
    let mut lab = Lab::strangers(&["10.0.0.9", "10.0.0.1"]);
    lab.up(2).say(2, Question::Tools, tools("n1")).manager(2, view(trio(), Vec::new())).quorum(2, ring(1, true, 1, &[(1, "n1", 1)]));
    lab.down(1, LinkFault::Refused);
    let picture = lab.picture();
    let names: Vec<&str> = picture.members.iter().map(|m| &*m.name).collect();
    assert_eq!(names, ["10.0.0.9", "n1", "n2", "n3"]);
    let stranger = &picture.members[0];
    assert_eq!((stranger.status, &stranger.id, stranger.votes, stranger.node), (MemberStatus::Unknown, &None, None, Some(NodeKey(1))));
    assert_eq!(picture.member("n1").unwrap().node, Some(NodeKey(2)));
}

#[test]
fn a_host_is_asked_for_its_own_name() {
    // (what it says, the name it gets)
    let local = |id: u32| Observation::Quorum(QuorumView { node_id: Some(id), ..QuorumView::default() });
    let hostname = |name: &str| Observation::Tools(Tools { hostname: Some(name.to_owned()), ..Tools::default() });
    let cases: [(&str, Said, &str); 6] = [
        // Where the cluster is stopped `crm_node -n` prints the host's name.
        ("10.0.0.3", vec![(Question::Tools, tools("n3.example.net"))], "n3"),
        ("10.9.9.9", vec![(Question::Tools, tools("n3"))], "n3"),
        ("10.9.9.9", vec![(Question::Quorum, local(2))], "n2"),
        ("10.9.9.9", vec![(Question::Tools, hostname("n2"))], "n2"),
        ("10.0.0.3", vec![], "n3"),
        ("10.9.9.9", vec![(Question::Tools, hostname("elsewhere"))], "10.9.9.9"),
    ];
    for (address, said, expected) in cases {
        let mut lab = Lab::strangers(&["10.0.0.1", address]);
        lab.up(1).say(1, Question::Tools, tools("n1")).manager(1, view(trio(), Vec::new()));
        lab.say(1, Question::Cmap, nodelist(&[(1, "n1", "10.0.0.1"), (2, "n2", "10.0.0.2"), (3, "n3", "10.0.0.3")]));
        lab.up(2);
        for (question, observation) in said {
            lab.say(2, question, observation);
        }
        let picture = lab.picture();
        let member = picture.members.iter().find(|m| m.node == Some(NodeKey(2))).unwrap();
        assert_eq!(&*member.name, expected, "{address}");
    }
}

#[test]
fn loopback_addresses_tell_nobody_apart() {
    let mut lab = Lab::strangers(&["127.0.0.1:2201", "127.0.0.1:2202"]);
    lab.up(1).say(1, Question::Cmap, nodelist(&[(1, "n1", "127.0.0.1")])).manager(1, view(vec![online("n1", 1)], Vec::new()));
    let names: Vec<String> = lab.picture().members.iter().map(|m| m.name.to_string()).collect();
    assert_eq!(names, ["127.0.0.1:2201", "127.0.0.1:2202", "n1"]);
}

#[test]
fn configured_nodes_keep_their_names() {
    let node = |key: u32, name: &str| NodeFacts {
        key: NodeKey(key),
        configured_name: Some(name.to_owned()),
        address: "127.0.0.1".to_owned(),
        local: key == 1,
        found: false,
    };
    let mut store = Store::new(SessionFacts { cluster_name: Some("net-cluster".to_owned()), nodes: vec![node(1, "n1"), node(2, "n9")] });
    store.observe(observed(1, Question::CrmMon, START, Observation::Manager(Box::new(view(trio(), Vec::new())))));
    let picture = store.cluster(START);
    assert_eq!(picture.name.as_deref(), Some("net-cluster"));
    assert_eq!(picture.member("n1").map(|m| (m.node, m.local)), Some((Some(NodeKey(1)), true)));
    assert_eq!(picture.member("n9").map(|m| m.status), Some(MemberStatus::Unknown));
    assert_eq!(picture.member("n2").map(|m| m.node), Some(None));
}

#[test]
fn two_ways_to_one_member_are_one_member() {
    let mut lab = Lab::of(&["n1", "n1"]);
    lab.manager(1, view(vec![online("n1", 1)], Vec::new()));
    assert_eq!(lab.picture().members.len(), 1);
    lab.down(1, LinkFault::Timeout);
    assert_eq!(lab.picture().members[0].node, Some(NodeKey(2)), "the one that answers");
}

#[test]
fn votes_and_ids() {
    let mut lab = Lab::of(&["n1"]);
    let remote = ManagerNode { kind: NodeKind::Remote, id: Some("r1".to_owned()), ..online("r1", 0) };
    lab.manager(1, view([trio(), vec![remote]].concat(), Vec::new()));
    lab.quorum(1, ring(1, true, 2, &[(1, "10.0.0.1", 2), (2, "n2.example.net", 1)]));
    lab.say(1, Question::Cmap, nodelist(&[(1, "n1", "10.0.0.1"), (2, "n2", "10.0.0.2"), (3, "n3", "10.0.0.3")]));
    let picture = lab.picture();
    let seen: Vec<_> = picture.members.iter().map(|m| (&*m.name, m.id.as_deref().unwrap_or("-"), m.votes)).collect();
    // What DNS says of n2 does not make a second member of it; n3 has the one vote of votequorum's default.
    assert_eq!(seen, [("n1", "1", Some(2)), ("n2", "2", Some(1)), ("n3", "3", Some(1)), ("r1", "r1", None)]);
}

#[test]
fn without_a_manager_corosync_tells_who_there_is_and_no_status() {
    let mut lab = Lab::of(&["n1"]);
    lab.quorum(1, ring(1, true, 2, &[(1, "n1", 1), (2, "n2", 1)]));
    lab.say(1, Question::Cmap, nodelist(&[(1, "n1", "10.0.0.1"), (2, "n2", "10.0.0.2"), (3, "n3", "10.0.0.3")]));
    let picture = lab.picture();
    let seen: Vec<_> = picture.members.iter().map(|m| (&*m.name, m.status)).collect();
    assert_eq!(seen, [("n1", MemberStatus::Unknown), ("n2", MemberStatus::Unknown), ("n3", MemberStatus::Unknown)]);
}

#[test]
fn the_newest_view_with_quorum_speaks() {
    let mut lab = Lab::of(&["n1", "n2"]);
    let mut without = view(trio(), Vec::new());
    without.with_quorum = Some(false);
    lab.manager(1, view(trio(), Vec::new())).pass(10).manager(2, without.clone());
    assert_eq!(&*lab.picture().manager_sight.clone().unwrap().by, "n1", "quorum beats age");
    lab.pass(10).manager(2, view(trio(), Vec::new()));
    assert_eq!(&*lab.picture().manager_sight.clone().unwrap().by, "n2", "then the newest");
    lab.down(2, LinkFault::Timeout);
    assert_eq!(&*lab.picture().manager_sight.clone().unwrap().by, "n1", "one that answers");
    lab.pass(10).fail(1, Question::CrmMon, TroubleKind::Failed);
    assert_eq!(&*lab.picture().manager_sight.clone().unwrap().by, "n2", "the last word of one that does not, in want of better");
}

#[test]
fn whether_the_manager_runs() {
    let unit =
        |active: &str| Unit { name: "pacemaker".to_owned(), load: "loaded".to_owned(), active: active.to_owned(), sub: String::new() };
    let mut lab = Lab::of(&["n1", "n2", "n3"]);
    assert_eq!(lab.picture().members[0].manager, None, "nobody said");
    lab.manager(1, view(vec![online("n1", 1), online("n2", 2), ManagerNode { online: false, ..online("n3", 3) }], Vec::new()));
    lab.say(2, Question::Units, Observation::Units(vec![unit("failed")]));
    lab.say(3, Question::Daemons, Observation::Units(vec![Unit { load: "process".to_owned(), ..unit("active") }]));
    let seen: Vec<_> = lab.picture().members.iter().map(|m| m.manager).collect();
    assert_eq!(seen, [Some(true), Some(false), Some(true)]);
    lab.down(2, LinkFault::Timeout).down(3, LinkFault::Timeout);
    let seen: Vec<_> = lab.picture().members.iter().map(|m| m.manager).collect();
    assert_eq!(seen, [Some(true), Some(true), None], "of one that does not answer only the manager can tell");
}

#[test]
fn cpu_percent_takes_two_readings_apart() {
    let sample = |busy, total| {
        Observation::Host(HostSample {
            cpu_busy: Some(busy),
            cpu_total: Some(total),
            memory_total: Some(1000),
            memory_available: Some(750),
            ..HostSample::default()
        })
    };
    let mut lab = Lab::of(&["n1"]);
    lab.say(1, Question::Host, sample(100, 1000));
    assert_eq!((lab.picture().members[0].host.cpu_percent, lab.picture().members[0].host.memory_percent), (None, Some(25.0)));
    lab.pass(400).say(1, Question::Host, sample(190, 1100));
    assert_eq!(lab.picture().members[0].host.cpu_percent, None, "0.4 s are too close");
    lab.pass(100).say(1, Question::Host, sample(150, 1200));
    assert_eq!(lab.picture().members[0].host.cpu_percent, Some(25.0));
    lab.pass(1000).say(1, Question::Host, sample(5, 10));
    assert_eq!(lab.picture().members[0].host.cpu_percent, None, "after a reboot nothing is known");
}

#[test]
fn the_shortest_round_trip_tells_the_clock() {
    let sample = |theirs: i64, sent: i64, received: i64| {
        let at = |ms: i64| Stamp(START.0 + ms * 1000);
        Observation::Clock(ClockSample { theirs: at(theirs), sent: at(sent), received: at(received) })
    };
    let mut lab = Lab::of(&["n1"]);
    lab.say(1, Question::Clock, sample(2100, 0, 400)).pass(1).say(1, Question::Clock, sample(3005, 1000, 1010));
    assert_eq!(lab.picture().members[0].clock_offset, Some((2_000_000, 5_000)));
    lab.pass(1).say(1, Question::Clock, sample(4300, 2000, 2400));
    assert_eq!(lab.picture().members[0].clock_offset, Some((2_000_000, 5_000)), "a worse sample changes nothing");
    lab.pass(1).say(1, Question::Clock, sample(3010, 3000, 3020));
    assert_eq!(lab.picture().members[0].clock_offset, Some((0, 10_000)), "the clock was set");
}

#[test]
fn members_without_a_node_are_to_be_reached() {
    let mut lab = Lab::strangers(&["10.0.0.1"]);
    assert!(lab.store.members_to_reach().is_empty());
    lab.up(1).manager(1, view(trio(), Vec::new()));
    assert!(lab.store.members_to_reach().is_empty(), "10.0.0.1 may still be any of them");
    let guest = ManagerNode { kind: NodeKind::Guest, ..online("guest", 0) };
    lab.say(1, Question::Tools, tools("n1")).pass(1).manager(1, view([trio(), vec![guest]].concat(), Vec::new()));
    lab.say(1, Question::Cmap, nodelist(&[(1, "n1", "10.0.0.1"), (2, "n2", "10.0.0.2")]));
    let missing = lab.store.members_to_reach();
    assert_eq!(missing, [("n2".to_owned(), vec!["10.0.0.2".to_owned()]), ("n3".to_owned(), Vec::new())]);
    lab.store.add_node(NodeFacts {
        key: NodeKey(2),
        configured_name: Some("n2".to_owned()),
        address: "n2".to_owned(),
        local: false,
        found: false,
    });
    assert_eq!(lab.store.members_to_reach().len(), 1);
}

/// Else what was known an hour ago would pass for fresh, and every answer for old, until the hour is over.
#[test]
fn a_clock_that_is_set_back_makes_nothing_old_look_fresh() {
    let quorum = |quorate| ring(1, quorate, 2, &[(1, "n1", 1), (2, "n2", 1), (3, "n3", 1)]);
    let mut lab = Lab::of(&["n1"]);
    lab.pass(3_600_000).manager(1, view(trio(), Vec::new())).quorum(1, quorum(true));
    lab.picture();
    let now = START.shifted(60_000_000);
    lab.now = now;
    lab.store.set_back(now);
    let picture = lab.picture();
    let member = |picture: &quorate::domain::cluster::Cluster| picture.members.iter().find(|m| &*m.name == "n1").unwrap().answered;
    let sights = picture.quorum.partitions.iter().flat_map(|p| &p.said_by).map(|s| s.at);
    assert!(sights.chain(picture.manager_sight.iter().map(|s| s.at)).chain(member(&picture)).all(|at| at == now));
    lab.pass(2000).manager(1, view(vec![online("n1", 1)], Vec::new())).quorum(1, quorum(false));
    let picture = lab.picture();
    assert_eq!(member(&picture), Some(lab.now));
    assert_eq!((picture.manager_sight.as_ref().map(|s| s.at), picture.quorum.quorate), (Some(lab.now), Some(false)));
}

#[test]
fn an_older_answer_does_not_overwrite() {
    let mut lab = Lab::of(&["n1"]);
    lab.pass(1000).manager(1, view(trio(), Vec::new()));
    lab.store.observe(observed(1, Question::CrmMon, START, Observation::Manager(Box::new(view(vec![online("n1", 1)], Vec::new())))));
    assert_eq!(lab.picture().members.len(), 3);
}
