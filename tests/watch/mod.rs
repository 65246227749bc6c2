//! What is asked when, as the links report.

mod guests;
mod manager;
mod moved;
mod storage;
mod streams;

use std::time::Duration;

use quorate::domain::node::{LinkFault, LinkTrouble, NodeKey};
use quorate::domain::observation::Question;
use quorate::domain::stamp::Stamp;
use quorate::link::{Answer, AskError, AskId, Order, Report, StreamId};
use quorate::watch::{Output, Watch};

const NODE: NodeKey = NodeKey(0);

fn at(ms: i64) -> Stamp {
    Stamp(1_700_000_000_000_000 + ms * 1000)
}

fn orders(out: Vec<Output>) -> (Vec<(AskId, String)>, Vec<StreamId>) {
    let (mut asks, mut streams) = (Vec::new(), Vec::new());
    for output in out {
        match output {
            Output::Order(_, Order::Ask(ask)) => asks.push((ask.id, ask.command.display())),
            Output::Order(_, Order::Follow { id, .. }) => streams.push(id),
            _ => {}
        }
    }
    (asks, streams)
}

fn answer(stdout: &str, now: Stamp) -> Answer {
    Answer { stdout: stdout.as_bytes().to_vec(), stderr: Vec::new(), code: 0, sent: now, began: now, done: now }
}

fn trouble() -> LinkTrouble {
    LinkTrouble { fault: LinkFault::Timeout, text: "the node hangs".to_owned() }
}

/// A node that is up, whose tools are known: the questions out, and the streams.
fn up() -> (Watch, Vec<(AskId, String)>, Vec<StreamId>) {
    let mut watch = Watch::new(true);
    watch.add(NODE);
    let (asks, none) = orders(watch.report(NODE, Report::Up { streams: 8, note: None }, at(0)));
    assert!(none.is_empty());
    let tools = asks.iter().find(|(_, text)| text.contains("which tools")).unwrap().0;
    let said = "@@quorate present\nip\ndf\njournalctl\ncorosync-quorumtool\n@@quorate uid\n0\n";
    let (more, streams) = orders(watch.report(NODE, Report::Answer { id: tools, result: Ok(answer(said, at(10))) }, at(10)));
    assert!(more.iter().any(|(_, text)| text.contains("corosync-quorumtool")), "{more:?}");
    assert!(streams.len() >= 2, "journal and netlink: {streams:?}");
    (watch, more, streams)
}

#[test]
fn what_an_action_asks_gets_the_time_that_the_node_takes() {
    let (mut watch, asks, _) = up();
    let usual = Duration::from_secs(20);
    assert_eq!(watch.patience(NODE, usual), usual, "a healthy node");
    let df = asks.iter().find(|(_, text)| text.contains("mounted filesystems")).unwrap().0;
    let rows = "Filesystem Type 1-blocks Used Available Capacity Mounted on\n/dev/sda1 ext4 1000 100 900 10% /\n@@quorate mounts\n/dev/sda1 / ext4 rw 0 0\n@@quorate more\n";
    let mut answer = answer(rows, at(20_000));
    answer.began = at(10_000);
    watch.report(NODE, Report::Answer { id: df, result: Ok(answer) }, at(20_000));
    assert_eq!(watch.patience(NODE, usual), Duration::from_secs(60));
    // What may hang for ever does not make others wait as long.
    let tool = asks.iter().find(|(_, text)| text.contains("corosync-quorumtool")).unwrap().0;
    watch.report(NODE, Report::Answer { id: tool, result: Err(AskError::Late(Duration::from_secs(40))) }, at(21_000));
    assert_eq!(watch.patience(NODE, usual), Duration::from_secs(60));
    assert_eq!(watch.patience(NODE, Duration::from_secs(90)), Duration::from_secs(90));
    assert_eq!(watch.patience(NodeKey(9), usual), usual);
}

#[test]
fn after_a_hang_only_what_was_lost_is_asked_again_and_the_streams_go_on() {
    let (mut watch, asks, streams) = up();
    let hang = Report::Down { trouble: trouble(), retry_at: None };
    watch.report(NODE, hang, at(3000));
    for (id, _) in asks.iter().take(2) {
        let (again, _) = orders(watch.report(NODE, Report::Answer { id: *id, result: Err(AskError::Lost(trouble())) }, at(3001)));
        assert!(again.is_empty(), "asked of a node that hangs: {again:?}");
    }
    let (again, opened) = orders(watch.report(NODE, Report::Up { streams: 8, note: None }, at(5000)));
    let mut texts: Vec<&String> = again.iter().map(|(_, text)| text).collect();
    let mut lost: Vec<&String> = asks.iter().take(2).map(|(_, text)| text).collect();
    texts.sort();
    lost.sort();
    assert_eq!(texts, lost);
    assert!(opened.is_empty(), "the streams stand: {opened:?}");
    let line = br#"{"MESSAGE":"mark","PRIORITY":"5","SYSLOG_IDENTIFIER":"quorate","__REALTIME_TIMESTAMP":"1700000000000000"}"#;
    let mut bytes = line.to_vec();
    bytes.push(b'\n');
    let said = streams.iter().flat_map(|id| watch.report(NODE, Report::Data { id: *id, bytes: bytes.clone(), at: at(5001) }, at(5001)));
    assert!(said.into_iter().any(|o| matches!(o, Output::Lines(_, lines, _) if lines[0].0.text == "mark")));
}

/// An rgmanager that gives no list has not said what there is to say: a node that comes later is asked at once, and waited for.
#[test]
fn a_node_that_comes_later_is_asked_for_the_list_that_the_first_one_did_not_give() {
    let mut watch = Watch::new(true);
    let told = |watch: &mut Watch, key: NodeKey, ms: i64| {
        let (asks, _) = orders(watch.report(key, Report::Up { streams: 8, note: None }, at(ms)));
        let tools = asks.iter().find(|(_, text)| text.contains("which tools")).unwrap().0;
        let said = "@@quorate present\nclustat\ncman_tool\n@@quorate uid\n0\n";
        let (asks, _) = orders(watch.report(key, Report::Answer { id: tools, result: Ok(answer(said, at(ms + 10))) }, at(ms + 10)));
        asks.into_iter().find(|(_, text)| text.contains("clustat -x")).map(|(id, _)| id)
    };
    watch.add(NODE);
    watch.add(NodeKey(1));
    let first = told(&mut watch, NODE, 0).expect("rgmanager is asked");
    let thin = "Service states unavailable: Temporary failure; try again\n<?xml version=\"1.0\"?>\n<clustat version=\"4.1.1\"><quorum quorate=\"1\"/></clustat>\n";
    watch.report(NODE, Report::Answer { id: first, result: Ok(answer(thin, at(50))) }, at(50));
    assert!(told(&mut watch, NodeKey(1), 60).is_some(), "the other one is asked at once");
}

/// What was observed: the question, when it was so, and whether it is good.
fn observed(out: &[Output]) -> Vec<(Question, Stamp, bool)> {
    let seen = |o: &Output| if let Output::Observed(seen) = o { Some((seen.question, seen.at, seen.outcome.is_ok())) } else { None };
    out.iter().filter_map(seen).collect()
}

#[test]
fn what_was_asked_before_a_hang_counts_when_it_comes_and_is_as_old_as_the_question() {
    let (mut watch, asks, _) = up();
    watch.report(NODE, Report::Down { trouble: trouble(), retry_at: None }, at(3000));
    let (again, _) = orders(watch.report(NODE, Report::Up { streams: 8, note: None }, at(9000)));
    assert!(again.is_empty(), "all is still on its way: {again:?}");
    let df = asks.iter().find(|(_, text)| text.contains("mounted filesystems")).unwrap().0;
    let out = watch.report(NODE, Report::Answer { id: df, result: Ok(answer("", at(9100))) }, at(9100));
    let seen = observed(&out);
    assert_eq!(seen.iter().map(|(q, at, _)| (*q, *at)).collect::<Vec<_>>(), [(Question::Filesystems, at(10))]);
}

#[test]
fn the_answer_that_ends_a_hang_is_not_the_last_one_to_its_question() {
    let (mut watch, asks, _) = up();
    watch.report(NODE, Report::Down { trouble: trouble(), retry_at: None }, at(3000));
    let df = asks.iter().find(|(_, text)| text.contains("mounted filesystems")).unwrap().0;
    // It brings the node back, and comes before the word of that.
    watch.report(NODE, Report::Answer { id: df, result: Ok(answer("", at(8900))) }, at(8900));
    watch.report(NODE, Report::Up { streams: 8, note: None }, at(9000));
    let (again, _) = orders(watch.tick(at(75_000)));
    assert!(again.iter().any(|(_, text)| text.contains("mounted filesystems")), "{again:?}");
}

#[test]
fn for_a_node_that_hangs_another_answers_for_the_manager() {
    let mut watch = Watch::new(true);
    let other = NodeKey(1);
    for node in [NODE, other] {
        watch.add(node);
    }
    let said = "@@quorate present\ncrm_mon\n@@quorate uid\n0\n";
    let mut asked = Vec::new();
    for node in [NODE, other] {
        let (asks, _) = orders(watch.report(node, Report::Up { streams: 8, note: None }, at(0)));
        let tools = asks.iter().find(|(_, text)| text.contains("which tools")).unwrap().0;
        asked.extend(orders(watch.report(node, Report::Answer { id: tools, result: Ok(answer(said, at(10))) }, at(10))).0);
    }
    let views = |asks: &[(AskId, String)]| asks.iter().filter(|(_, t)| t.contains("crm_mon")).map(|(id, _)| *id).collect::<Vec<_>>();
    let first = views(&asked);
    assert!(!first.is_empty(), "{asked:?}");
    let (more, _) = orders(watch.report(NODE, Report::Down { trouble: trouble(), retry_at: None }, at(3000)));
    assert!(!views(&more).is_empty(), "{more:?}");
    watch.report(NODE, Report::Up { streams: 8, note: None }, at(9000));
    let late = watch.report(NODE, Report::Answer { id: first[0], result: Ok(answer("", at(9100))) }, at(9100));
    assert_eq!(observed(&late), [], "it may be as old as the hang");
}

#[test]
fn what_an_action_waits_for_is_asked_again_soon_but_once() {
    let (mut watch, asks, _) = up();
    let wanted = [Question::Filesystems];
    // Nobody may speak to libvirt there: nothing else is awaited.
    let sockets = asks.iter().find(|(_, text)| text.contains("libvirt")).unwrap().0;
    watch.report(
        NODE,
        Report::Answer { id: sockets, result: Ok(answer("@@quorate sockets\nno /run/libvirt/libvirt-sock\n", at(20))) },
        at(20),
    );
    let mut df = asks.into_iter().find(|(_, text)| text.contains("mounted filesystems")).unwrap().0;
    for (round, came) in [20_000, 60_000].into_iter().enumerate() {
        assert_eq!(watch.silent(&wanted, at(came)), [NODE], "{round}");
        let late = Err(AskError::Late(Duration::from_secs(20)));
        watch.report(NODE, Report::Answer { id: df, result: late }, at(came));
        watch.urge(&wanted, at(came));
        let out: Vec<_> = orders(watch.tick(at(came + 10_000))).0.into_iter().filter(|(_, t)| t.contains("mounted filesystems")).collect();
        assert_eq!(out.len(), usize::from(round < 1), "{out:?}");
        if let [(id, _)] = out[..] {
            df = id;
        }
    }
    assert_eq!(watch.silent(&[Question::Filesystems], at(71_000)), [], "it had its chances");
}

/// What is followed, by its command.
fn followed(out: &[Output]) -> Vec<(StreamId, String)> {
    let follow = |output: &Output| match output {
        Output::Order(_, Order::Follow { id, command }) => Some((*id, command.display())),
        _ => None,
    };
    out.iter().filter_map(follow).collect()
}

#[test]
fn log_files_that_flow_in_the_journals_place_are_not_begun_again_when_the_tools_are_asked_again() {
    let (mut watch, _, streams) = up();
    let why = "the tool ended with exit status 1: no journal is kept here, or none that this user may read";
    let out = watch.report(NODE, Report::Ended { id: streams[0], why: why.to_owned() }, at(100));
    let begun = followed(&out);
    assert!(matches!(begun.as_slice(), [(_, command)] if command.contains("log files")), "{begun:?}");
    let (asks, _) = orders(watch.tick(at(901_000)));
    let tools = asks.iter().find(|(_, text)| text.contains("which tools")).unwrap().0;
    let said = "@@quorate present\nip\ndf\njournalctl\ncorosync-quorumtool\n@@quorate uid\n0\n";
    let out = watch.report(NODE, Report::Answer { id: tools, result: Ok(answer(said, at(901_010))) }, at(901_010));
    assert_eq!(followed(&out), [], "all that the node can give flows");
    // Only when the connection is another one the journal is tried again.
    watch.report(NODE, Report::Down { trouble: trouble(), retry_at: Some(at(903_000)) }, at(902_000));
    let (asks, _) = orders(watch.report(NODE, Report::Up { streams: 8, note: None }, at(903_000)));
    let tools = asks.iter().find(|(_, text)| text.contains("which tools")).unwrap().0;
    let out = watch.report(NODE, Report::Answer { id: tools, result: Ok(answer(said, at(903_010))) }, at(903_010));
    assert!(followed(&out).iter().any(|(_, command)| command.contains("journal")), "{:?}", followed(&out));
}

/// A stream says its zone once, when it begins.
#[test]
fn a_stream_that_flows_follows_summer_time() {
    let (mut watch, _, streams) = up();
    let netlink = streams[1];
    let told = |watch: &mut Watch, bytes: &str, ms: i64| -> Vec<Stamp> {
        let out = watch.report(NODE, Report::Data { id: netlink, bytes: bytes.as_bytes().to_vec(), at: at(ms) }, at(ms));
        let lines = out.into_iter().filter_map(|o| if let Output::Lines(_, lines, _) = o { Some(lines) } else { None }).flatten();
        lines.filter_map(|(line, _)| line.at).collect()
    };
    let up = "2: eth0: <BROADCAST,UP,LOWER_UP> mtu 1500";
    let down = "2: eth0: <BROADCAST,UP> mtu 1500";
    let listed = format!("@zone +0100\n{up}\n@live\n[2023-11-14T23:13:20] {down}\n");
    assert_eq!(told(&mut watch, &listed, 1000), [at(0)]);
    let (asks, _) = orders(watch.tick(at(901_000)));
    let tools = asks.iter().find(|(_, text)| text.contains("which tools")).unwrap().0;
    let said = "@@quorate present\nip\ndf\njournalctl\ncorosync-quorumtool\n@@quorate uid\n0\n@@quorate zone\n+0200\n";
    watch.report(NODE, Report::Answer { id: tools, result: Ok(answer(said, at(901_010))) }, at(901_010));
    assert_eq!(told(&mut watch, &format!("[2023-11-15T00:30:00] {up}\n"), 1_001_000), [at(1_000_000)]);
}

/// What a tool says of sessions is no word of sshd's about its own.
#[test]
fn only_what_sshd_refuses_is_not_begun_again() {
    let sshd = "sshd grants no further session (MaxSessions 2)";
    for (why, begun) in [("the tool ended with exit status 1: sudo: pam_unix: session closed", 1), (sshd, 0)] {
        let (mut watch, _, streams) = up();
        watch.report(NODE, Report::Data { id: streams[0], bytes: b"{}\n".to_vec(), at: at(900) }, at(900));
        watch.report(NODE, Report::Ended { id: streams[0], why: why.to_owned() }, at(1000));
        let out = watch.tick(at(7000));
        assert_eq!(followed(&out).len(), begun, "{why}: {:?}", followed(&out));
    }
}

#[test]
fn a_stream_that_ended_before_a_hang_comes_back_after_it() {
    let (mut watch, _, streams) = up();
    let netlink = streams[1];
    watch.report(NODE, Report::Data { id: netlink, bytes: b"@live\n".to_vec(), at: at(900) }, at(900));
    watch.report(NODE, Report::Ended { id: netlink, why: "the tool ended with exit status 1".to_owned() }, at(1000));
    watch.report(NODE, Report::Down { trouble: trouble(), retry_at: None }, at(2000));
    watch.report(NODE, Report::Up { streams: 8, note: None }, at(3000));
    let begun = followed(&watch.tick(at(7000)));
    assert!(matches!(begun.as_slice(), [(_, command)] if command.contains("ip monitor")), "{begun:?}");
}

#[test]
fn after_a_lost_connection_everything_is_looked_at_anew() {
    let (mut watch, asks, streams) = up();
    for id in streams {
        watch.report(NODE, Report::Ended { id, why: "lost".to_owned() }, at(3000));
    }
    for (id, _) in asks {
        watch.report(NODE, Report::Answer { id, result: Err(AskError::Lost(trouble())) }, at(3000));
    }
    watch.report(NODE, Report::Down { trouble: trouble(), retry_at: Some(at(4000)) }, at(3000));
    let (again, _) = orders(watch.report(NODE, Report::Up { streams: 8, note: None }, at(5000)));
    assert!(again.iter().any(|(_, text)| text.contains("which tools")), "{again:?}");
}

/// A node that was fenced takes our connection before it has booted: its tools, which all else waits for, come late or not at all.
#[test]
fn a_node_that_is_late_with_its_tools_is_soon_asked_again() {
    let late = || Err(AskError::Late(Duration::from_secs(20)));
    let lost = || Err(AskError::Lost(trouble()));
    let garbled = || Ok(answer("no such words", at(0)));
    let cases = [
        ("late", vec![late()], 15),
        ("late twice", vec![late(), late()], 15),
        ("lost", vec![lost()], 15),
        ("nonsense", vec![garbled()], 65),
    ];
    for (what, answers, within) in cases {
        let mut watch = Watch::new(true);
        watch.add(NODE);
        let (mut asks, _) = orders(watch.report(NODE, Report::Up { streams: 8, note: None }, at(0)));
        let mut now = 0;
        for result in answers {
            let tools = asks.iter().find(|(_, text)| text.contains("which tools")).unwrap().0;
            now += 20_000;
            watch.report(NODE, Report::Answer { id: tools, result }, at(now));
            now += within * 1000;
            (asks, _) = orders(watch.tick(at(now)));
            assert!(asks.iter().any(|(_, text)| text.contains("which tools")), "{what}: {asks:?}");
        }
    }
}

/// Answers whatever is out until nothing more is asked at this moment; gives what was asked.
fn serve(watch: &mut Watch, asks: Vec<(AskId, String)>, now: Stamp, say: impl Fn(&str) -> &'static str) -> Vec<String> {
    let (mut open, mut all) = (asks, Vec::new());
    while let Some((id, text)) = open.pop() {
        let (more, _) = orders(watch.report(NODE, Report::Answer { id, result: Ok(answer(say(&text), now)) }, now));
        all.push(text);
        open.extend(more);
    }
    all
}

fn is_lvs(command: &str) -> bool {
    command.contains("lvs") && !command.contains("which tools")
}

#[test]
fn volumes_at_rest_are_left_alone_until_the_kernel_has_other_ones() {
    for (lv, restless) in [("a plain volume", false), ("a thin pool", true)] {
        let mut watch = Watch::new(true);
        watch.add(NODE);
        let (asks, _) = orders(watch.report(NODE, Report::Up { streams: 8, note: None }, at(0)));
        let say = |grown: bool| {
            move |text: &str| match text {
                t if t.contains("which tools") => {
                    "@@quorate present\nlvs\nvgs\npvs\ndmsetup\n@@quorate uid\n0\n@@quorate version lvs\n  LVM version:     2.03.16(2) (2022-05-18)\n"
                }
                t if is_lvs(t) && restless => {
                    "{\"report\":[{\"lv\":[{\"vg_name\":\"vg\",\"lv_name\":\"pool\",\"lv_attr\":\"twi-aotz--\",\"data_percent\":\"42.00\"}]}]}"
                }
                t if is_lvs(t) => "{\"report\":[{\"lv\":[{\"vg_name\":\"vg\",\"lv_name\":\"data\",\"lv_attr\":\"-wi-a-----\"}]}]}",
                t if t.contains("device-mapper") && grown => "vg-data|LVM-u1|1|Active\n@@quorate table\nvg-data: 0 4096 linear 8:0 2048\n",
                t if t.contains("device-mapper") => "vg-data|LVM-u1|1|Active\n@@quorate table\nvg-data: 0 2048 linear 8:0 2048\n",
                _ => "",
            }
        };
        let first = serve(&mut watch, asks, at(10), say(false));
        assert!(first.iter().any(|t| is_lvs(t)), "{lv}: {first:?}");
        let mut later = |seconds: i64, grown: bool| {
            let now = at(seconds * 1000);
            let (asks, _) = orders(watch.tick(now));
            let mut asked = serve(&mut watch, asks, now, say(grown));
            // What an answer makes stale may be due a moment later.
            let soon = at(seconds * 1000 + 2500);
            let (asks, _) = orders(watch.tick(soon));
            asked.extend(serve(&mut watch, asks, soon, say(grown)));
            asked.iter().any(|t| is_lvs(t))
        };
        assert_eq!(later(90, false), restless, "{lv}: only what fills up is looked at every minute");
        assert!(later(180, true), "{lv}: the kernel's table has another size");
    }
}

#[test]
fn our_own_clock_set_back_keeps_no_question_from_being_asked() {
    const HOUR: i64 = 3_600_000;
    for set_back in [false, true] {
        let (mut watch, asks, _) = up();
        for (id, _) in asks {
            watch.report(NODE, Report::Answer { id, result: Ok(answer("", at(HOUR))) }, at(HOUR));
        }
        if set_back {
            watch.set_back(at(20));
        }
        let (asks, _) = orders(watch.tick(at(1000)));
        assert_eq!(asks.iter().any(|(_, text)| text.contains("corosync-quorumtool")), set_back, "{asks:?}");
    }
}
