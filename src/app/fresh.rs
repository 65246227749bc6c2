//! What is stale, and how old it is.

use std::time::Duration;

use crate::domain::cluster::{Cluster, Member};
use crate::domain::stamp::Stamp;

/// The manager is asked when something changes; this many times a member's limit may pass without a word.
const PATIENCE: u32 = 10;

/// How long ago something was seen. What was seen at a time that is still to come was seen before our clock was set back: nobody knows how
/// long ago that is, so it counts as old as the step is long.
fn age(at: Stamp, now: Stamp) -> Duration {
    at.age(now).max(now.age(at))
}

/// The age of a member's figures if they are stale: the node does not answer, or has not for long.
pub fn member(m: &Member, now: Stamp, limit: Duration) -> Option<Duration> {
    let age = age(m.answered?, now);
    (!m.reach.is_up() || age > limit).then_some(age)
}

/// The age of what the manager said, if it is stale: who said it answers no more, or it was long ago.
pub fn manager(c: &Cluster, now: Stamp, limit: Duration) -> Option<Duration> {
    let sight = c.manager_sight.as_ref()?;
    let age = age(sight.at, now);
    let speaker_gone = find(c, &sight.by).is_some_and(|m| member(m, now, limit).is_some());
    (speaker_gone || age > limit * PATIENCE).then_some(age)
}

/// When any node said anything last.
pub fn last_truth(c: &Cluster) -> Option<Stamp> {
    c.members.iter().filter_map(|m| m.answered).max()
}

/// Whether nothing on the screen is known to be true now: nobody answers, or the last answer is too old.
pub fn nothing_known(c: &Cluster, now: Stamp, limit: Duration) -> bool {
    last_truth(c).is_none_or(|at| age(at, now) > limit)
}

/// The age of the views of quorum if none of those who hold them answers any more.
pub fn quorum(c: &Cluster, now: Stamp, limit: Duration) -> Option<Duration> {
    let mut sights = c.quorum.partitions.iter().flat_map(|p| &p.said_by).peekable();
    sights.peek()?;
    let mut youngest: Option<Duration> = None;
    for sight in sights {
        if find(c, &sight.by).is_none_or(|m| member(m, now, limit).is_none()) && age(sight.at, now) <= limit * PATIENCE {
            return None;
        }
        youngest = Some(youngest.map_or(age(sight.at, now), |y| y.min(age(sight.at, now))));
    }
    youngest
}

/// The age of what a node said, if it is stale.
pub fn node(name: &str, c: &Cluster, now: Stamp, limit: Duration) -> Option<Duration> {
    find(c, name).and_then(|m| member(m, now, limit))
}

/// The age of everything if no member is fresh: the youngest of their ages.
pub fn everything(c: &Cluster, now: Stamp, limit: Duration) -> Option<Duration> {
    let mut youngest: Option<Duration> = None;
    for m in &c.members {
        match member(m, now, limit) {
            Some(age) => youngest = Some(youngest.map_or(age, |y| y.min(age))),
            None if m.answered.is_some() => return None,
            None => {}
        }
    }
    youngest
}

/// Members are ordered bytewise by name; a picture that is not is searched through.
fn find<'a>(c: &'a Cluster, name: &str) -> Option<&'a Member> {
    match c.members.binary_search_by(|m| (*m.name).cmp(name)) {
        Ok(at) => c.members.get(at),
        Err(_) => c.member(name),
    }
}
