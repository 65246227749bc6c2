//! A recording, written and replayed.

use std::sync::Arc;
use std::time::Duration;

use quorate::domain::node::{LinkFault, LinkTrouble, NodeKey};
use quorate::domain::stamp::Stamp;
use quorate::link::{CommandLine, Order, Report, StreamId, Voice};
use quorate::record::{RecordedNode, Recorder, Recording, play};

fn down(fault: LinkFault, text: &str, retry_at: Option<Stamp>) -> Report {
    Report::Down { trouble: LinkTrouble { fault, text: text.to_owned() }, retry_at }
}

/// A node that hangs for a while, is lost, and comes back.
fn recorded() -> Recording {
    let began = Stamp(1_700_000_000_000_000);
    let nodes = vec![RecordedNode { key: 0, name: Some("n1".to_owned()), address: "n1".to_owned() }];
    let mut bytes = Vec::new();
    let mut recorder = Recorder::begin(&mut bytes, began, Some("c".to_owned()), nodes).unwrap();
    let follow = |id, word: &str| Order::Follow { id: StreamId(id), command: CommandLine::new(word, [""; 0]) };
    let data = |id, text: &str, ms: i64| {
        let at = began.shifted(ms * 1000);
        (Report::Data { id: StreamId(id), bytes: text.as_bytes().to_vec(), at }, at)
    };
    recorder.order(&follow(1, "first"));
    recorder.order(&follow(2, "resumed"));
    let up = || Report::Up { streams: 8, note: None };
    let said = [
        (up(), began.shifted(1000)),
        data(1, "one", 100),
        (down(LinkFault::Timeout, "it hangs", None), began.shifted(150_000)),
        (up(), began.shifted(160_000)),
        data(1, "two", 200),
        (down(LinkFault::Unreachable, "no route", Some(began.shifted(400_000))), began.shifted(250_000)),
        (up(), began.shifted(300_000)),
        data(2, "three", 350),
    ];
    for (report, at) in said {
        recorder.report(NodeKey(0), &report, at).unwrap();
    }
    Recording::read(std::str::from_utf8(&bytes).unwrap()).unwrap()
}

#[test]
fn a_replay_tells_a_node_that_hangs_from_one_that_is_lost() {
    let (to, mut from) = tokio::sync::mpsc::channel(64);
    let link = play(Arc::new(recorded()), 0, Voice::new(NodeKey(0), to));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let mut next = || {
        let report = runtime.block_on(async { tokio::time::timeout(Duration::from_secs(60), from.recv()).await.unwrap().unwrap().1 });
        match report {
            Report::Up { .. } => {
                // As the watch does: what it follows goes on, under the same or another command.
                link.order(Order::Follow { id: StreamId(7), command: CommandLine::new("first", [""; 0]) });
                link.order(Order::Follow { id: StreamId(8), command: CommandLine::new("resumed", [""; 0]) });
                "up".to_owned()
            }
            Report::Data { id, bytes, .. } => format!("{} {}", id.0, String::from_utf8(bytes).unwrap()),
            Report::Down { trouble, retry_at } => format!("{trouble}, tried again: {}", retry_at.is_some()),
            Report::Ended { id, .. } => format!("{} ended", id.0),
            other => format!("{other:?}"),
        }
    };
    let mut said: Vec<String> = (0..10).map(|_| next()).collect();
    // The two streams end in no order.
    said[5..7].sort();
    let expected = [
        "up",
        "7 one",
        "timeout: it hangs, tried again: false",
        "up",
        "7 two",
        "7 ended",
        "8 ended",
        "unreachable: no route, tried again: true",
        "up",
        "8 three",
    ];
    assert_eq!(said, expected);
}
