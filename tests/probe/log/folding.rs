//! Floods become a few lines and a count.

use std::time::Duration;

use quorate::probe::log::Folder;

use super::*;

fn line(severity: Severity, text: String, stale: Vec<Question>) -> LogLine {
    LogLine { at: Some(arrival()), source: Source::Pacemaker, severity, subject: None, text, stale, cursor: None }
}

#[test]
fn a_burst_is_folded_and_counted() {
    let mut folder = Folder::default();
    let burst = (0..9_950).map(|i| line(Severity::Info, format!("flood line {i} of the test"), vec![Question::CrmMon])).collect();
    let passed = folder.fold(burst, arrival());
    assert_eq!(passed.len(), 10);
    assert!(passed.iter().all(|(_, folded)| *folded == 0));
    assert!(folder.is_holding());
    assert!(folder.tick(arrival().after(Duration::from_millis(500))).is_empty());
    let told = folder.tick(arrival().after(Duration::from_secs(1)));
    assert_eq!(told.len(), 1);
    assert_eq!((told[0].1, told[0].0.text.as_str()), (9_940, "folded 9,940 more lines like: flood line 9949 of the test"));
    assert_eq!(told[0].0.stale, [Question::CrmMon]);
    assert!(!folder.is_holding());
}

#[test]
fn what_is_rare_passes_a_flood() {
    let mut folder = Folder::default();
    let letters = |i: u32| char::from_u32(0x4e00 + i).unwrap();
    let mut burst: Vec<_> = (0..5_000).map(|i| line(Severity::Info, format!("word {}", letters(i)), vec![])).collect();
    burst.push(line(Severity::Critical, "Quorum lost".into(), vec![]));
    burst.push(line(Severity::Warning, "Node n2 state is now lost".into(), vec![]));
    let passed = folder.fold(burst, arrival());
    assert!(passed.iter().any(|(l, _)| l.text == "Quorum lost") && passed.iter().any(|(l, _)| l.text.starts_with("Node n2")));
    assert!(passed.len() <= 202, "{}", passed.len());
    let told = folder.tick(arrival().after(Duration::from_secs(2)));
    let folded: u32 = told.iter().map(|(_, n)| n).sum();
    assert_eq!(folded as usize + passed.len(), 5_002);
    assert!(told.len() <= 513, "{}", told.len());
}

#[test]
fn daily_life_is_left_alone() {
    let mut folder = Folder::default();
    let mut now = arrival();
    for i in 0..100 {
        now = now.after(Duration::from_millis(300));
        let got = folder.fold(vec![line(Severity::Info, format!("line {i}"), vec![])], now);
        assert_eq!(got.len(), 1);
        assert_eq!(got[0].1, 0);
    }
    // A clock that steps back holds nothing back.
    folder.fold((0..30).map(|i| line(Severity::Info, format!("x {i}"), vec![])).collect(), now);
    assert_eq!(folder.tick(arrival()).len(), 1);
}
