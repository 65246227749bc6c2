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

/// After a lost connection a minute of daily life comes at once, and some hours of it are still bounded.
#[test]
fn what_was_written_over_a_while_is_no_flood() {
    let written = |count: i64, apart: i64| -> Vec<LogLine> {
        let each = |i: i64| LogLine { at: Some(arrival().shifted(i * apart)), ..line(Severity::Info, format!("line {i}"), vec![]) };
        (0..count).map(each).collect()
    };
    let mut folder = Folder::default();
    assert_eq!(folder.fold(written(30, 2_000_000), arrival()).len(), 30);
    assert!(!folder.is_holding());
    let mut folder = Folder::default();
    let passed = folder.fold(written(9_000, 1_000_000), arrival());
    assert!((2_000..2_100).contains(&passed.len()), "{}", passed.len());
    let told = folder.tick(arrival().after(Duration::from_secs(1)));
    let folded: u32 = told.iter().map(|(_, n)| n).sum();
    assert_eq!(folded as usize + passed.len(), 9_000);
    // The next window has its own measure.
    assert_eq!(folder.fold(written(30, 2_000_000), arrival().after(Duration::from_secs(1))).len(), 30);
}

#[test]
fn services_that_fail_at_once_are_all_named() {
    for (severity, expected) in [(Severity::Info, 10), (Severity::Warning, 20), (Severity::Critical, 20)] {
        let failed = |i: i32| LogLine { subject: Some(format!("vm{i}")), ..line(severity, format!("vm{i} cannot run anywhere"), vec![]) };
        assert_eq!(Folder::default().fold((0..20).map(failed).collect(), arrival()).len(), expected, "{severity:?}");
    }
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
