//! The live streams: journal, log files, netlink, corosync's map; whole, split, and resumed in the middle.
#![no_main]

use libfuzzer_sys::fuzz_target;
use quorate::domain::observation::log::StreamItem;
use quorate::domain::stamp::Stamp;
use quorate::probe::log::{Decoder, StreamKind};

fuzz_target!(|data: &[u8]| {
    let now = Stamp::from_secs(1_795_386_594);
    for kind in [StreamKind::Journal, StreamKind::LogFiles, StreamKind::Netlink, StreamKind::CorosyncMap] {
        let mut whole = Decoder::new(kind, now);
        let items = whole.feed(data, now);
        for item in &items {
            if let StreamItem::Line(line) = item {
                assert!(!line.text.chars().any(char::is_control));
            }
        }
        let (head, tail) = data.split_at(data.len() / 2);
        let mut split = Decoder::new(kind, now);
        let mut parts = split.feed(head, now);
        let mut resumed = Decoder::new(kind, now);
        resumed.resume_from(&split.resume());
        let _ = resumed.feed(tail, now);
        parts.extend(split.feed(tail, now));
        assert_eq!(parts, items);
        assert_eq!(split.resume(), whole.resume());
    }
});
