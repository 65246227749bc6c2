//! What is asked when, as the links report.

mod guests;

use quorate::domain::node::{LinkFault, LinkTrouble, NodeKey};
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
    Answer { stdout: stdout.as_bytes().to_vec(), stderr: Vec::new(), code: 0, sent: now, first: now, done: now }
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
