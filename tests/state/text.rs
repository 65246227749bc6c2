use quorate::domain::cluster::StreamFacts;
use quorate::domain::event::{Event, Severity, Source};
use quorate::domain::node::{LinkFault, NodeKey};
use quorate::domain::observation::Question;
use quorate::report::events::{json_line, text_line};
use quorate::report::refusals;
use quorate::report::status::to_text;

use super::build::{Lab, START, one, ring, started, stopped, trio, view};

fn event() -> Event {
    Event {
        at: START,
        node: Some("n1".into()),
        source: Source::Pacemaker,
        severity: Severity::Warning,
        subject: None,
        text: "it \"broke\"".to_owned(),
        folded: 0,
    }
}

#[test]
fn event_lines() {
    let expected =
        r#"{"at":"2026-11-18T11:06:40.000Z","node":"n1","source":"pacemaker","severity":"warning","subject":null,"text":"it \"broke\""}"#;
    assert_eq!(json_line(&event()), expected);
    assert_eq!(text_line(&event()), "2026-11-18T11:06:40.000Z  n1           pacemaker  warning  it \"broke\"");
    let told = Event { folded: 41, text: "folded 41 more lines like: x".to_owned(), ..event() };
    assert!(json_line(&told).contains(r#""text":"folded 41 more lines like: x"}"#));
    let folded = Event { folded: 41, node: None, ..event() };
    assert!(json_line(&folded).contains(r#""node":null"#) && json_line(&folded).contains("(and 41 lines like it)"));
}

#[test]
fn the_summary_tells_the_worst_first_within_80_columns() {
    let mut lab = Lab::of(&["n1", "n2"]);
    lab.manager(1, view(trio(), vec![one(started("wiki", &["n1"])), one(stopped("a-service-with-a-long-name"))]));
    lab.quorum(1, ring(1, true, 2, &[(1, "n1", 1), (2, "n2", 1)])).down(2, LinkFault::Timeout);
    let text = to_text(&lab.picture(), START);
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[0].contains("CRITICAL") && lines[1].starts_with("quorate, 2 of 2 votes, 2 needed, 0 may be lost"), "{text}");
    assert!(lines[3].contains("CRITICAL service-stopped"), "{text}");
    for word in ["not reachable: timeout", "wiki", "1 of 2 started", "n3"] {
        assert!(text.contains(word), "{word} is not in\n{text}");
    }
    assert!(lines.iter().all(|l| l.chars().count() <= 80), "{text}");
}

#[test]
fn the_summary_of_nothing_says_so() {
    let text = to_text(&Lab::strangers(&["10.0.0.1"]).picture(), START);
    assert!(text.contains("UNKNOWN") && text.contains("quorum unknown"), "{text}");
}

#[test]
fn what_a_node_may_not_tell_is_said() {
    let mut lab = Lab::of(&["n1"]);
    for question in [Question::CrmMon, Question::Quorum, Question::Links] {
        lab.refuse(1, question, "sudo refuses 'x': sudo: a password is required; allow it in sudoers with NOPASSWD");
    }
    lab.refuse(1, Question::Lvs, "'lvs' is not permitted to this user: must be root");
    let text = to_text(&lab.picture(), START);
    let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        flat.contains("not told: sudo refuses 'x': sudo: a password is required; allow it in sudoers with NOPASSWD (and 2 more questions)"),
        "{text}"
    );
    assert!(flat.contains("not told: 'lvs' is not permitted to this user: must be root"), "{text}");
    let streams = |live: &[&str]| StreamFacts {
        live: live.iter().map(|s| (*s).to_owned()).collect(),
        polled: ["journal", "corosync map"].map(|s| (s.to_owned(), "refused".to_owned())).to_vec(),
    };
    lab.store.streams(NodeKey(1), streams(&[]));
    let all = refusals::all(&lab.picture());
    assert_eq!(all.len(), 4);
    assert!(all[0].starts_with("n1: sudo refuses") && all[2] == "n1: its journal cannot be followed: refused", "{all:?}");
    lab.store.streams(NodeKey(1), streams(&["log files"]));
    assert_eq!(refusals::all(&lab.picture())[2], "n1: its corosync map cannot be followed: refused");
}

#[test]
fn what_is_needed_and_failed_is_said_and_what_is_not_in_use_is_not() {
    use quorate::domain::observation::TroubleKind::{Failed, Garbled};
    let mut lab = Lab::of(&["n1"]);
    lab.fail(1, Question::Qdevice, Failed).fail(1, Question::Iscsi, Failed);
    assert!(refusals::all(&lab.picture()).is_empty());
    lab.fail(1, Question::Lvs, Failed).fail(1, Question::Iscsi, Garbled);
    assert_eq!(refusals::all(&lab.picture()), ["n1: said the tool", "n1: said the tool"]);
}

#[test]
fn a_status_cut_off_before_its_verdict_leaves_that_to_the_manager() {
    let mut lab = Lab::of(&["n1"]);
    let mut cut = ring(1, true, 2, &[(1, "n1", 1)]);
    cut.quorate = None;
    lab.quorum(1, cut);
    assert_eq!(lab.picture().quorum.quorate, None);
    let mut manager = view(trio(), vec![]);
    manager.with_quorum = Some(true);
    lab.manager(1, manager);
    assert_eq!(lab.picture().quorum.quorate, Some(true));
}
