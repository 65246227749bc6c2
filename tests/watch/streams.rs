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
