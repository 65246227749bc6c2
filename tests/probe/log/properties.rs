//! Any bytes, any split.

use proptest::prelude::*;

use super::*;

const KINDS: [StreamKind; 4] = [StreamKind::Journal, StreamKind::LogFiles, StreamKind::Netlink, StreamKind::CorosyncMap];

fn in_pieces(kind: StreamKind, bytes: &[u8], cuts: &[usize]) -> (Vec<StreamItem>, quorate::probe::log::Resume) {
    let mut decoder = Decoder::new(kind, arrival());
    let mut cuts: Vec<usize> = cuts.iter().map(|c| c % (bytes.len() + 1)).collect();
    cuts.push(bytes.len());
    cuts.sort_unstable();
    let mut from = 0;
    let mut all = Vec::new();
    for to in cuts {
        all.extend(decoder.feed(&bytes[from..to], arrival()));
        from = to;
    }
    (all, decoder.resume())
}

fn sample(kind: StreamKind) -> Vec<u8> {
    match kind {
        StreamKind::Journal => fixture("journal-kernel-path-down.jsonl"),
        StreamKind::LogFiles => {
            let mut bytes = followed(&fixture("fence-recovery-node1.log"));
            bytes.extend_from_slice(b"@file 2 9 0 /var/log/messages /var/log/messages\nx2 4e 6f\nx2 76 20 32 0a\n@truncated 2\nx2 41\n");
            bytes
        }
        StreamKind::Netlink => {
            b"@zone +0000\n1: lo: <UP,LOWER_UP> mtu 1\n@live\n[2026-11-22T23:57:17.2] 1: lo: <UP> mtu 1\n2: e    inet 10.0.0.1/8 x\n"
                .to_vec()
        }
        StreamKind::CorosyncMap => {
            b"runtime.members.1.status (str) = joined\nType \"q\" to finish\nmodify> runtime.members.1.status (str) = left\n".to_vec()
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_split_says_the_same(cuts in prop::collection::vec(any::<usize>(), 0..40), which in 0..4_usize) {
        let bytes = sample(KINDS[which]);
        let whole = in_pieces(KINDS[which], &bytes, &[]);
        prop_assert!(!whole.0.is_empty());
        prop_assert_eq!(in_pieces(KINDS[which], &bytes, &cuts), whole);
    }

    #[test]
    fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..2000), cuts in prop::collection::vec(any::<usize>(), 0..4)) {
        for kind in KINDS {
            let (items, _) = in_pieces(kind, &bytes, &cuts);
            prop_assert!(items.len() <= bytes.len() + 1);
        }
    }

    #[test]
    fn mutations_are_survived(edits in prop::collection::vec((any::<usize>(), any::<u8>()), 1..30), cut in any::<usize>(), which in 0..4_usize) {
        let mut bytes = sample(KINDS[which]);
        let length = bytes.len();
        for (place, byte) in edits {
            bytes[place % length] = byte;
        }
        bytes.truncate(cut % length + 1);
        for item in in_pieces(KINDS[which], &bytes, &[cut]).0 {
            if let StreamItem::Line(line) = item {
                prop_assert!(!line.text.contains(char::is_control), "{:?}", line.text);
                prop_assert!(line.subject.is_none_or(|s| !s.contains(char::is_control)));
            }
        }
    }

    #[test]
    fn any_log_line_is_survived(text in "(Nov 22 22:12:25|2026-11-22T22:12:25Z|[0-9T: -]{0,25}) \\PC{0,30} (corosync|kernel|crmd|sbd|lvm)(\\[1\\])?: \\PC{0,80}") {
        let _ = one(&text);
    }
}

#[test]
fn deep_nesting_is_no_trouble() {
    let deep = format!("{{\"MESSAGE\":{}\n", "[".repeat(100_000));
    assert_eq!(decode(StreamKind::Journal, deep.as_bytes()).len(), 1);
}
