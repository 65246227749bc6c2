//! What is asked of libvirt, and when.

use quorate::domain::node::NodeKey;
use quorate::domain::observation::{Observation, Question, TroubleKind};
use quorate::link::libvirt::said::{GuestsSaid, JobSaid, RowSaid, StatsSaid, Value, What, Who};
use quorate::link::libvirt::{Fault, FaultKind, Heard, Query, Reread, Said};
use quorate::link::{AskId, LibvirtOrder, LibvirtReport, Order, Report};
use quorate::watch::{Output, Watch};

use super::{NODE, answer, at, orders, trouble};

/// What is ordered from libvirt.
fn libvirt(out: &[Output]) -> Vec<(NodeKey, LibvirtOrder)> {
    let ordered = |o: &Output| match o {
        Output::Order(node, Order::Libvirt(order)) => Some((*node, order.clone())),
        _ => None,
    };
    out.iter().filter_map(ordered).collect()
}

fn queries(out: &[Output]) -> Vec<(AskId, Query)> {
    let ask = |(_, order)| match order {
        LibvirtOrder::Ask { id, query } => Some((id, query)),
        _ => None,
    };
    libvirt(out).into_iter().filter_map(ask).collect()
}

fn troubles(out: &[Output]) -> Vec<(Question, TroubleKind)> {
    let seen = |o: &Output| match o {
        Output::Observed(seen) => seen.outcome.as_ref().err().map(|t| (seen.question, t.kind)),
        _ => None,
    };
    out.iter().filter_map(seen).collect()
}

fn said(watch: &mut Watch, node: NodeKey, report: LibvirtReport, ms: i64) -> Vec<Output> {
    watch.report(node, Report::Libvirt(Box::new(report)), at(ms))
}

/// Nodes that are up and have said where libvirt listens: what was ordered then.
fn listening(nodes: &[NodeKey], sockets: &str) -> (Watch, Vec<Output>) {
    let mut watch = Watch::new(true);
    let mut all = Vec::new();
    for node in nodes {
        watch.add(*node);
        let (asks, _) = orders(watch.report(*node, Report::Up { streams: 8, note: None }, at(0)));
        let tools = asks.iter().find(|(_, text)| text.contains("which tools")).unwrap().0;
        let said = "@@quorate present\nip\nvirsh\n@@quorate uid\n0\n";
        let (more, _) = orders(watch.report(*node, Report::Answer { id: tools, result: Ok(answer(said, at(10))) }, at(10)));
        let where_it_listens = more.iter().find(|(_, text)| text.contains("where libvirt listens")).unwrap().0;
        let said = format!("@@quorate sockets\n{sockets}");
        all.extend(watch.report(*node, Report::Answer { id: where_it_listens, result: Ok(answer(&said, at(20))) }, at(20)));
    }
    (watch, all)
}

const BOTH: &str = "rw /run/libvirt/libvirt-sock\nrw /run/libvirt/libvirt-sock-ro\n";

/// An open connection, with the first questions.
fn open(nodes: &[NodeKey]) -> (Watch, Vec<(NodeKey, AskId, Query)>) {
    let (mut watch, _) = listening(nodes, BOTH);
    let mut asked = Vec::new();
    for node in nodes {
        asked.extend(all_queries(&said(&mut watch, *node, LibvirtReport::Up { hears: true }, 40)));
    }
    (watch, asked)
}

fn row(uuid: &str) -> RowSaid {
    RowSaid { uuid: uuid.to_owned(), name: uuid.to_owned(), id: Some(1), state: 1, reason: 1 }
}

fn reply(id: AskId, said: Said, ms: i64) -> LibvirtReport {
    LibvirtReport::Answer { id, result: Ok(said), sent: at(ms - 1), done: at(ms) }
}

fn guests(uuids: &[&str]) -> Said {
    Said::Guests(GuestsSaid { rows: uuids.iter().map(|u| row(u)).collect(), definitions: Vec::new() })
}

fn event(name: &str, what: What, ms: i64) -> LibvirtReport {
    LibvirtReport::Event(Heard { who: Who { uuid: name.to_owned(), name: name.to_owned() }, what }, at(ms))
}

/// Answers every question, and those that the answers bring.
fn settle(watch: &mut Watch, asked: Vec<(NodeKey, AskId, Query)>, mut ms: i64) {
    let mut left = asked;
    while let Some((node, id, query)) = left.pop() {
        let answer = match query {
            Query::Guests => guests(&["u"]),
            Query::Stats => Said::Stats(Vec::new()),
            Query::Jobs => Said::Jobs(Vec::new()),
            Query::Host => continue,
        };
        ms += 5;
        left.extend(all_queries(&said(watch, node, reply(id, answer, ms), ms)));
        left.extend(all_queries(&watch.tick(at(ms + 2))));
    }
}

/// Every question of these orders, with the node that it goes to.
fn all_queries(out: &[Output]) -> Vec<(NodeKey, AskId, Query)> {
    let ask = |(node, order): (NodeKey, LibvirtOrder)| match order {
        LibvirtOrder::Ask { id, query } => Some((node, id, query)),
        _ => None,
    };
    libvirt(out).into_iter().filter_map(ask).collect()
}

#[test]
fn the_socket_for_looking_is_used_where_there_is_one() {
    let chosen = |sockets: &str| match libvirt(&listening(&[NODE], sockets).1).as_slice() {
        [(_, LibvirtOrder::Open { socket })] => socket.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!(chosen(BOTH).as_deref(), Some("/run/libvirt/libvirt-sock-ro"));
    assert_eq!(
        chosen("rw /run/libvirt/virtqemud-sock\nno /run/libvirt/virtqemud-sock-ro\n").as_deref(),
        Some("/run/libvirt/virtqemud-sock")
    );
    let (_, out) = listening(&[NODE], "no /run/libvirt/libvirt-sock\n");
    assert_eq!((libvirt(&out).len(), troubles(&out)), (0, vec![(Question::Guests, TroubleKind::Denied)]));
    // Nowhere: the link may know a way of its own. Where virsh is, libvirt is missed.
    let (mut watch, out) = listening(&[NODE], "");
    assert!(matches!(libvirt(&out).as_slice(), [(_, LibvirtOrder::Open { socket: None })]), "{out:?}");
    let out = said(&mut watch, NODE, LibvirtReport::Down(Fault::new(FaultKind::Absent, "no socket")), 30);
    assert_eq!(troubles(&out), [(Question::Guests, TroubleKind::Failed)]);
}

#[test]
fn a_socket_that_nobody_serves_leaves_the_word_to_the_next_one() {
    let sockets = ["virtqemud-sock", "libvirt-sock", "virtqemud-sock-ro", "libvirt-sock-ro"];
    let said_by_node: String = sockets.map(|s| format!("rw /run/libvirt/{s}\n")).concat();
    let opened = |out: &[Output]| {
        let open = |(_, order)| if let LibvirtOrder::Open { socket } = order { socket } else { None };
        libvirt(out).into_iter().find_map(open).map(|path| path.trim_start_matches("/run/libvirt/").to_owned())
    };
    let (mut watch, out) = listening(&[NODE], &said_by_node);
    assert_eq!(opened(&out).as_deref(), Some("virtqemud-sock-ro"));
    let dead = |watch: &mut Watch, ms: i64| {
        let mut out = said(watch, NODE, LibvirtReport::Down(Fault::new(FaultKind::Failed, "connection refused")), ms);
        out.extend(watch.tick(at(ms)));
        (opened(&out), troubles(&out))
    };
    for (ms, next) in [(100, "libvirt-sock-ro"), (200, "virtqemud-sock"), (300, "libvirt-sock")] {
        assert_eq!(dead(&mut watch, ms), (Some(next.to_owned()), vec![]), "{ms}");
    }
    // None is left: that is said, and after a while they are tried again from the first on.
    assert_eq!(dead(&mut watch, 400), (None, vec![(Question::Guests, TroubleKind::Failed)]));
    assert_eq!(opened(&watch.tick(at(2500))).as_deref(), Some("virtqemud-sock-ro"));
    assert_eq!(dead(&mut watch, 2600).0.as_deref(), Some("libvirt-sock-ro"));
    said(&mut watch, NODE, LibvirtReport::Up { hears: true }, 2700);
    assert_eq!(watch.libvirt_socket(NODE).as_deref(), Some("/run/libvirt/libvirt-sock"));
    // One that was served and ended is no dead socket.
    said(&mut watch, NODE, LibvirtReport::Down(Fault::new(FaultKind::Lost, "stopped")), 9000);
    assert_eq!(opened(&watch.tick(at(12_000))).as_deref(), Some("libvirt-sock-ro"));
}

#[test]
fn all_is_asked_at_first_and_states_again_at_an_event() {
    let (mut watch, asked) = open(&[NODE]);
    let mut kinds: Vec<Query> = asked.iter().map(|(_, _, q)| *q).collect();
    kinds.sort();
    assert_eq!(kinds, [Query::Host, Query::Guests, Query::Stats, Query::Jobs]);
    settle(&mut watch, asked, 50);
    let out = said(&mut watch, NODE, event("vm1", What::Lifecycle(3, 0), 160), 160);
    assert!(out.iter().any(|o| matches!(o, Output::Lines(NODE, lines, _) if lines[0].0.text == "vm1 is paused")));
    assert_eq!(queries(&out).into_iter().map(|(_, q)| q).collect::<Vec<_>>(), [Query::Guests]);
    // Jobs are looked at while one runs, and seldom else.
    let out = said(&mut watch, NODE, event("vm1", What::Iteration(1), 200), 200);
    let job = queries(&out).into_iter().find(|(_, q)| *q == Query::Jobs).unwrap().0;
    let running = Said::Jobs(vec![JobSaid { uuid: "u".to_owned(), kind: 2, ..JobSaid::default() }]);
    said(&mut watch, NODE, reply(job, running, 210), 210);
    assert!(queries(&watch.tick(at(1300))).iter().any(|(_, q)| *q == Query::Jobs));
}

#[test]
fn a_balloon_on_its_way_is_told_where_it_has_moved_on() {
    let (mut watch, asked) = open(&[NODE]);
    settle(&mut watch, asked, 50);
    let mut told = |name: &str, mib: u64, ms: i64| {
        let out = said(&mut watch, NODE, event(name, What::Balloon(mib << 10), ms), ms);
        out.iter().any(|o| matches!(o, Output::Lines(NODE, _, _)))
    };
    assert!(told("vm1", 4000, 1000));
    assert!(!told("vm1", 3990, 2000) && !told("vm1", 3970, 3000));
    assert!(told("vm2", 3970, 3100));
    assert!(told("vm1", 3950, 4000) && !told("vm1", 3960, 5000));
}

#[test]
fn a_fresh_look_reads_all_definitions_again_and_an_action_has_its_guests_listed_anew() {
    let (mut watch, asked) = open(&[NODE]);
    settle(&mut watch, asked, 50);
    watch.refresh(at(10_000));
    let places = |out: &[Output]| {
        let orders = libvirt(out);
        let place = |fits: fn(&LibvirtOrder) -> bool| orders.iter().position(|(_, order)| fits(order));
        let list = place(|o| matches!(o, LibvirtOrder::Ask { query: Query::Guests, .. }));
        (place(|o| matches!(o, LibvirtOrder::Reread(Reread::All))), list)
    };
    let out = watch.tick(at(10_000));
    let (reread, list) = places(&out);
    assert!(reread.is_some() && reread < list, "{out:?}");
    settle(&mut watch, all_queries(&out), 10_010);
    watch.look_at_guests(NODE, at(11_000));
    let (reread, list) = places(&watch.tick(at(11_000)));
    assert!(reread.is_none() && list.is_some(), "the list is enough");
}

#[test]
fn definitions_that_nothing_touches_are_read_again_bit_by_bit() {
    let (mut watch, asked) = open(&[NODE]);
    settle(&mut watch, asked, 50);
    let which = |(_, order)| if let LibvirtOrder::Reread(which) = order { Some(which) } else { None };
    let mut read = Vec::new();
    for second in 1..=100 {
        let out = watch.tick(at(second * 1000));
        read.extend(libvirt(&out).into_iter().filter_map(which));
        settle(&mut watch, all_queries(&out), second * 1000 + 100);
    }
    assert!(matches!(read.len(), 2..=3) && read.iter().all(|which| *which == Reread::Oldest), "{read:?}");
}

#[test]
fn a_guest_that_is_new_on_one_node_makes_the_others_look_again() {
    let other = NodeKey(1);
    let (mut watch, asked) = open(&[NODE, other]);
    settle(&mut watch, asked, 50);
    let out = said(&mut watch, other, event("new", What::Lifecycle(2, 0), 400), 400);
    let ask = queries(&out)[0].0;
    let out = said(&mut watch, other, reply(ask, guests(&["u", "new"]), 410), 410);
    let ordered = libvirt(&out);
    assert!(
        ordered.iter().any(|(node, order)| *node == NODE && matches!(order, LibvirtOrder::Ask { query: Query::Guests, .. })),
        "{ordered:?}"
    );
}

#[test]
fn a_look_is_not_over_while_a_guest_that_is_new_elsewhere_makes_a_list_doubtful() {
    let other = NodeKey(1);
    let (mut watch, asked) = open(&[NODE, other]);
    let first = |of: NodeKey| asked.iter().find(|(node, _, q)| *node == of && *q == Query::Guests).unwrap().1;
    said(&mut watch, NODE, reply(first(NODE), guests(&["u"]), 50), 50);
    let out = said(&mut watch, other, reply(first(other), guests(&["v"]), 60), 60);
    let (_, again, _) = *all_queries(&out).iter().find(|(node, _, q)| *node == NODE && *q == Query::Guests).unwrap();
    assert!(!watch.looked_at(&[], at(60)));
    said(&mut watch, NODE, reply(again, guests(&["u"]), 70), 70);
    assert!(watch.looked_at(&[], at(70)));
}

#[test]
fn what_comes_by_a_migration_is_new_when_it_runs() {
    let other = NodeKey(1);
    let (mut watch, asked) = open(&[NODE, other]);
    settle(&mut watch, asked, 50);
    let mut rows = vec![row("u"), RowSaid { state: 3, reason: 2, ..row("new") }];
    for (ms, new) in [(400, false), (500, true)] {
        let ask = queries(&said(&mut watch, other, event("new", What::Lifecycle(2, 0), ms), ms))[0].0;
        let listed = Said::Guests(GuestsSaid { rows: rows.clone(), definitions: Vec::new() });
        let out = said(&mut watch, other, reply(ask, listed, ms + 10), ms + 10);
        let asks = all_queries(&out);
        assert_eq!(asks.iter().any(|(node, _, q)| *node == NODE && *q == Query::Guests), new, "{asks:?}");
        (rows[1].state, rows[1].reason) = (1, 2);
    }
}

#[test]
fn a_daemon_that_hangs_is_said_within_three_seconds_and_cut_later() {
    let (mut watch, out) = listening(&[NODE], BOTH);
    assert_eq!(libvirt(&out).len(), 1);
    let out = watch.tick(at(3100));
    assert_eq!(troubles(&out), [(Question::Guests, TroubleKind::Late)]);
    assert_eq!(troubles(&watch.tick(at(4000))), []);
    let out = watch.tick(at(20_100));
    assert!(matches!(libvirt(&out).as_slice(), [(_, LibvirtOrder::Cut)]), "{out:?}");
    assert!(libvirt(&watch.tick(at(31_000))).iter().any(|(_, o)| matches!(o, LibvirtOrder::Open { .. })));
}

/// Which kinds of calls were given up.
fn given_up(out: &[Output]) -> Vec<Query> {
    let query = |(_, order)| match order {
        LibvirtOrder::GiveUp(query) => Some(query),
        _ => None,
    };
    libvirt(out).into_iter().filter_map(query).collect()
}

/// Statistics of guests with a disk each; of one that libvirt passed by, its counters are missing.
fn counted(guests: &[(&str, bool)]) -> Said {
    let one = |(uuid, counted): &(&str, bool)| {
        let disk = [("block.count", Value::Count(1)), ("block.0.name", Value::Text("vda".to_owned()))];
        let all = disk.into_iter().chain(counted.then_some(("block.0.rd.bytes", Value::Count(7))));
        StatsSaid { uuid: (*uuid).to_owned(), fields: all.map(|(name, value)| (name.to_owned(), value)).collect() }
    };
    Said::Stats(guests.iter().map(one).collect())
}

fn stats_of(out: &[Output]) -> AskId {
    queries(out).into_iter().find(|(_, q)| *q == Query::Stats).unwrap().0
}

#[test]
fn statistics_that_one_guest_holds_up_are_asked_again_at_once_and_name_it() {
    let (mut watch, asked) = open(&[NODE]);
    for (node, id, query) in asked {
        let answer = match query {
            Query::Guests => guests(&["u", "v"]),
            Query::Stats => counted(&[("u", true), ("v", true)]),
            Query::Jobs => Said::Jobs(Vec::new()),
            Query::Host => continue,
        };
        said(&mut watch, node, reply(id, answer, 50), 50);
    }
    let named = |out: &[Output]| {
        let lines = out.iter().filter_map(|o| if let Output::Lines(_, lines, _) = o { Some(lines) } else { None });
        lines.flatten().filter_map(|(line, _)| line.subject.clone()).collect::<Vec<_>>()
    };
    let stuck = stats_of(&watch.tick(at(5100)));
    let out = watch.tick(at(8200));
    assert!(troubles(&out).contains(&(Question::GuestStats, TroubleKind::Late)), "{out:?}");
    let orders = libvirt(&out);
    let left = orders.iter().position(|(_, o)| matches!(o, LibvirtOrder::GiveUp(Query::Stats)));
    let again = orders.iter().position(|(_, o)| matches!(o, LibvirtOrder::Ask { query: Query::Stats, .. }));
    assert!(left.is_some() && left < again, "{orders:?}");
    let out = said(&mut watch, NODE, reply(stats_of(&out), counted(&[("u", true), ("v", false)]), 8300), 8300);
    assert_eq!(named(&out), ["v"]);
    let late = said(&mut watch, NODE, reply(stuck, counted(&[]), 9000), 9000);
    assert!(!late.iter().any(|o| matches!(o, Output::Observed(seen) if matches!(seen.outcome, Ok(Observation::GuestStats(_))))));
    // It still hangs, and holds nothing up; or was busy with something else just then.
    for ms in [13_400, 18_500] {
        let next = stats_of(&watch.tick(at(ms)));
        let out = said(&mut watch, NODE, reply(next, counted(&[("u", ms < 15_000), ("v", false)]), ms + 10), ms + 10);
        assert!(named(&out).is_empty(), "{out:?}");
    }
}

#[test]
fn a_libvirt_that_is_only_slow_is_waited_for_and_silent_jobs_hold_no_statistics_up() {
    let (mut watch, asked) = open(&[NODE]);
    settle(&mut watch, asked.into_iter().filter(|(_, _, q)| !matches!(q, Query::Stats | Query::Jobs)).collect(), 50);
    let out = watch.tick(at(3100));
    assert_eq!(given_up(&out), [Query::Stats]);
    let again = stats_of(&out);
    assert_eq!(given_up(&watch.tick(at(7000))), []);
    let slow = LibvirtReport::Answer { id: again, result: Ok(Said::Stats(Vec::new())), sent: at(3100), done: at(8000) };
    let out = said(&mut watch, NODE, slow, 8000);
    assert!(out.iter().any(|o| matches!(o, Output::Observed(seen) if matches!(seen.outcome, Ok(Observation::GuestStats(_))))));
    let out = watch.tick(at(57_100));
    assert!(given_up(&out).contains(&Query::Jobs) && !given_up(&out).contains(&Query::Stats), "{out:?}");
    stats_of(&out);
    assert!(!given_up(&watch.tick(at(61_500))).contains(&Query::Stats));
    assert!(given_up(&watch.tick(at(92_200))).contains(&Query::Stats));
}

#[test]
fn a_lost_libvirt_is_tried_again_and_a_lost_node_cuts_it() {
    let (mut watch, _) = open(&[NODE]);
    let out = said(&mut watch, NODE, LibvirtReport::Down(Fault::new(FaultKind::Lost, "stopped")), 1000);
    assert_eq!(troubles(&out), [(Question::Guests, TroubleKind::Lost)]);
    assert!(libvirt(&watch.tick(at(3100))).iter().any(|(_, o)| matches!(o, LibvirtOrder::Open { .. })));
    let hang = watch.report(NODE, Report::Down { trouble: trouble(), retry_at: None }, at(4000));
    assert_eq!(libvirt(&hang).len(), 0, "a node that hangs may come back");
    let lost = watch.report(NODE, Report::Down { trouble: trouble(), retry_at: Some(at(6000)) }, at(5000));
    assert!(matches!(libvirt(&lost).as_slice(), [(_, LibvirtOrder::Cut)]), "{lost:?}");
}
