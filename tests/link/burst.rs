//! When lines that pour in are read at once, and when by the handful.

use std::time::{Duration, Instant};

use quorate::link::burst::Burst;

/// Readings so many milliseconds apart; how long is rested after the last of them.
fn rested(gaps: &[u64]) -> Option<Duration> {
    let mut burst = Burst::default();
    let mut now = Instant::now() + Duration::from_secs(5);
    for gap in gaps {
        now += Duration::from_millis(*gap);
        burst.came(now);
    }
    burst.rest(now).map(|until| until.duration_since(now))
}

#[test]
fn what_comes_now_and_then_is_read_at_once_and_a_burst_by_the_handful() {
    for (gaps, rests) in [
        (&[][..], false),
        (&[0, 1, 1], false),
        (&[0, 1, 1, 1], true),
        (&[0, 80, 80, 80], true),
        (&[0, 130, 130, 130], true),
        (&[0, 230, 230, 230, 230, 230], false),
        (&[0, 1, 1, 1, 500], false),
    ] {
        let rest = rested(gaps);
        assert_eq!(rest.is_some(), rests, "{gaps:?}");
        assert!(rest.is_none_or(|rest| rest <= Duration::from_millis(80)), "{gaps:?}: {rest:?}");
    }
}

#[test]
fn all_links_rest_until_the_same_instant_and_none_whom_somebody_waits_for() {
    let now = Instant::now() + Duration::from_secs(5);
    let busy = |offset: u64| {
        let mut burst = Burst::default();
        (0..4).for_each(|_| burst.came(now + Duration::from_millis(offset)));
        burst
    };
    let (one, other) = (busy(0), busy(1));
    let (first, second) = (one.rest(now).unwrap(), other.rest(now).unwrap());
    // They may lie on both sides of an end.
    assert!(first == second || second - first == Duration::from_millis(80), "{:?}", second - first);
    assert_eq!(one.rest(first), None, "over");
    let mut talks = busy(0);
    talks.other(now);
    assert_eq!(talks.rest(now), None, "somebody talks over this connection");
    (0..4).for_each(|_| talks.came(now + Duration::from_secs(1)));
    assert!(talks.rest(now + Duration::from_secs(1)).is_some(), "no more");
}
