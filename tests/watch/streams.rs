//! Streams that give little, that end, that bring lines of a clock that was set.

use super::*;

/// The lines for the timeline.
fn told(out: Vec<Output>) -> Vec<String> {
    let lines = |output| if let Output::Lines(_, lines, _) = output { lines } else { Vec::new() };
    out.into_iter().flat_map(lines).map(|(line, _)| line.text).collect()
}

fn no_journal(watch: &mut Watch, streams: &[StreamId]) -> Vec<(StreamId, String)> {
    followed(&watch.report(NODE, Report::Ended { id: streams[0], why: "no journal is kept here".to_owned() }, at(100)))
}

#[test]
fn that_no_log_file_may_be_read_is_said_once_and_seldom_tried_again() {
    let (mut watch, _, streams) = up();
    let mut begun = no_journal(&mut watch, &streams);
    let (mut said, mut starts) = (Vec::new(), 0);
    for second in 1..=70 {
        let now = at(second * 1000);
        for (id, _) in begun {
            starts += 1;
            let bytes = b"@zone +0000\n@denied /var/log/messages\n".to_vec();
            said.extend(told(watch.report(NODE, Report::Data { id, bytes, at: now }, now)));
            let why = "the tool ended with exit status 1: no log file that can be read under /var/log";
            watch.report(NODE, Report::Ended { id, why: why.to_owned() }, now);
        }
        begun = followed(&watch.tick(now));
    }
    assert_eq!((said.len(), starts), (1, 2), "{said:?}");
    assert!(said[0].contains("/var/log/messages may not be read"), "{said:?}");
}

#[test]
fn a_stream_whose_lines_came_torn_begins_anew() {
    let (mut watch, _, streams) = up();
    let id = no_journal(&mut watch, &streams)[0].0;
    let bytes = b"@file 1 11 0 /l/a /l/a\nb1:0:abc\nb1:40:def\n".to_vec();
    let out = watch.report(NODE, Report::Data { id, bytes, at: at(1000) }, at(1000));
    assert!(out.iter().any(|o| matches!(o, Output::Order(_, Order::Unfollow(of)) if *of == id)), "{out:?}");
    watch.report(NODE, Report::Ended { id, why: "unfollowed".to_owned() }, at(1010));
    let begun = followed(&watch.tick(at(6100)));
    assert!(matches!(begun.as_slice(), [(_, command)] if command.contains("log files")), "{begun:?}");
}

/// Until the clock is looked at again, lines are put where they do not belong.
#[test]
fn a_clock_that_was_set_is_looked_at() {
    let (mut watch, _, streams) = up();
    for id in 1..200 {
        watch.report(NODE, Report::Answer { id: AskId(id), result: Ok(answer("1700000000.02\n", at(20))) }, at(20));
    }
    let mut asked = |theirs: i64, ours: i64| {
        let time = at(theirs).0;
        let entry = format!("{{\"MESSAGE\":\"mark\",\"SYSLOG_IDENTIFIER\":\"quorate\",\"__REALTIME_TIMESTAMP\":\"{time}\"}}\n");
        let out = watch.report(NODE, Report::Data { id: streams[0], bytes: entry.into_bytes(), at: at(ours) }, at(ours));
        orders(out).0.iter().any(|(_, text)| text.starts_with("date "))
    };
    assert!(!asked(1000, 1010), "the first line tells nothing");
    assert!(!asked(1500, 2900), "a line may be late");
    assert!(asked(-87_000, 3000), "90 s back");
    assert!(!asked(-86_900, 3100), "and on from there");
}

/// Each line of a storm makes corosync's figures stale: they are read now and then, not between any two lines.
#[test]
fn a_storm_of_retransmissions_does_not_make_a_storm_of_questions() {
    let mut watch = Watch::new(true);
    watch.add(NODE);
    let (mut open, _) = orders(watch.report(NODE, Report::Up { streams: 8, note: None }, at(0)));
    let tools = "@@quorate present\njournalctl\ncorosync-cmapctl\n@@quorate uid\n0\n";
    let line = r#"{"MESSAGE":"[TOTEM ] Retransmit List: 1","PRIORITY":"4","SYSLOG_IDENTIFIER":"corosync","__REALTIME_TIMESTAMP":"1700000000000000"}"#;
    let (mut streams, mut looks) = (Vec::new(), Vec::new());
    for step in 0..200 {
        let ms = step * 50;
        while let Some((id, text)) = open.pop() {
            if text.contains("corosync-cmapctl -m stats") {
                looks.push(ms);
            }
            let said = if text.contains("which tools") { tools } else { "" };
            let (asks, opened) = orders(watch.report(NODE, Report::Answer { id, result: Ok(answer(said, at(ms))) }, at(ms)));
            open.extend(asks);
            streams.extend(opened);
        }
        for id in streams.clone() {
            open.extend(orders(watch.report(NODE, Report::Data { id, bytes: format!("{line}\n").into_bytes(), at: at(ms) }, at(ms))).0);
        }
        open.extend(orders(watch.tick(at(ms))).0);
    }
    assert!((4..=6).contains(&looks.len()), "within ten seconds: {looks:?}");
    assert!(looks.windows(2).all(|pair| pair[1] - pair[0] >= 2000), "{looks:?}");
}
