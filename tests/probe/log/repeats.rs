//! Lines that stand for several, and lines that several files have.

use super::*;

const SAID: &str = "[TOTEM] Retransmit List: 5";

fn told(bytes: &[u8]) -> Vec<LogLine> {
    lines(decode(StreamKind::LogFiles, bytes))
}

/// rsyslog puts the line into brackets.
#[test]
fn a_line_that_stands_for_several_means_what_it_meant() {
    let cases: &[(&str, Expected<'_>)] = &[
        (
            "corosync[1]: message repeated 2 times: [   [TOTEM ] Retransmit List: 5]",
            (Source::Corosync, Severity::Warning, None, "[TOTEM] Retransmit List: 5 (repeated 2 times)", &[Question::LinkStats]),
        ),
        (
            "kernel: message repeated 3 times: [ bond0: link status definitely down for interface eth1, disabling it]",
            (Source::Kernel, Severity::Warning, Some("bond0"), "bond0: link status", &[Question::Net, Question::Bonding]),
        ),
    ];
    for (text, expected) in cases {
        let Some(StreamItem::Line(line)) = one(&format!("Nov 22 22:12:25 n1 {text}")) else { panic!("{text} is not heard") };
        assert_line(&line, *expected);
    }
}

/// Older syslog daemons write just how often the line before came again.
#[test]
fn the_last_message_repeated_is_that_message() {
    for again in ["n1 last message repeated 4 times", "n1 corosync[1]: last message repeated 4 times"] {
        let content = format!("Nov 22 22:12:25 n1 corosync[1]: [TOTEM ] Retransmit List: 5\nNov 22 22:12:55 {again}\n");
        let got = told(&followed(content.as_bytes()));
        assert_eq!(got.iter().map(|l| l.text.as_str()).collect::<Vec<_>>(), [SAID, "[TOTEM] Retransmit List: 5 (repeated 4 times)"]);
        assert_eq!((got[1].at, got[1].severity), (Some(at("2026-11-22T22:12:55Z")), Severity::Warning));
        assert_eq!(got[1].stale, [Question::LinkStats]);
        let content = format!("{content}Nov 22 22:12:56 n1 sshd[1]: Connection closed\nNov 22 22:12:57 {again}\n");
        assert_eq!(told(&followed(content.as_bytes())).len(), 2, "what was nobody's concern is none again");
    }
}

#[test]
fn a_line_in_any_number_of_files_is_one_event() {
    let paths = ["/l/corosync.log", "/l/cluster/corosync.log", "/l/messages"];
    let heads = (1..).zip(paths).map(|(id, path)| format!("@file {id} 7{id} 0 {path} {path}\n")).collect::<Vec<_>>().concat();
    let line = |id: u32| format!("{id}:Nov 22 22:12:25 n1 corosync[1]: [TOTEM ] Retransmit List: 5\n");
    let cases: [(&[u32], usize); 5] =
        [(&[1, 2, 3], 1), (&[3, 1, 2], 1), (&[1, 1, 2, 2, 3, 3], 2), (&[1, 2, 3, 3, 1, 2], 2), (&[1, 1, 1], 3)];
    for (order, expected) in cases {
        let body: String = order.iter().copied().map(line).collect();
        let got = told(format!("{heads}{body}").as_bytes());
        assert_eq!(got.len(), expected, "{order:?}: {got:?}");
        assert!(got.iter().all(|l| l.text == SAID));
    }
}
