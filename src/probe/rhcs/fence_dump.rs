//! `fence_tool dump`: fenced's debug buffer of RHEL 5 and 6 (fenced, `log_error` and `log_debug`): the second, then the words. What it says of fencings
//! has times and outcomes, which `fence_tool ls` has not.
//!
//! ```text
//! 1331719642 fencing node virtsrv5n5.cnaf.infn.it
//! 1331719663 fence virtsrv5n5.cnaf.infn.it dev 0.0 agent fence_ipmilan result: error from agent
//! 1331719663 fence virtsrv5n5.cnaf.infn.it failed
//! ```

use crate::domain::observation::manager::FenceStatus;
use crate::domain::observation::rhcs::{Attempt, Fencing};
use crate::domain::stamp::Stamp;
use crate::domain::text::clean;

/// How many are kept.
const MOST: usize = 40;

/// The fencings that ended, oldest first.
pub(super) fn read(text: &str) -> Vec<Fencing> {
    let mut all: Vec<Fencing> = Vec::new();
    let mut attempts: Vec<Attempt> = Vec::new();
    for line in text.lines() {
        let mut words = line.split_whitespace();
        let Some(at) = words.next().and_then(|secs| secs.parse::<i64>().ok()).and_then(|secs| secs.checked_mul(1_000_000)) else {
            continue;
        };
        let words: Vec<&str> = words.collect();
        let ended = |target: &str, status, by_hand| Fencing { target: name(target), status, at: Stamp(at), attempts: Vec::new(), by_hand };
        let fencing = match words.as_slice() {
            ["fencing", "node", _] => {
                attempts.clear();
                continue;
            }
            ["fence", _, "dev", place, "agent", agent, "result:", result @ ..] => {
                let (method, device) = place.split_once('.').unwrap_or((place, "0"));
                let place = method.parse().ok().zip(device.parse().ok());
                if attempts.len() < MOST {
                    attempts.push(Attempt { place, agent: clean(agent), result: clean(&result.join(" ")) });
                }
                continue;
            }
            ["fence", target, "success"] => ended(target, FenceStatus::Success, false),
            ["fence", target, "failed"] => ended(target, FenceStatus::Failed, false),
            ["fence", target, "overridden", ..] => ended(target, FenceStatus::Success, true),
            _ => continue,
        };
        all.push(Fencing { attempts: std::mem::take(&mut attempts), ..fencing });
    }
    all.drain(..all.len().saturating_sub(MOST));
    all
}

/// RHEL 5 puts it in quotes.
fn name(word: &str) -> String {
    clean(word.trim_matches('"'))
}
