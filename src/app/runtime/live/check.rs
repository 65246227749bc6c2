//! What each node answered, kept for `doctor`.

use std::collections::BTreeMap;

use super::Live;
use crate::doctor::NodeCheck;
use crate::domain::node::NodeKey;
use crate::domain::observation::Observation;
use crate::domain::observation::host::ClockSample;
use crate::link::Target;
use crate::watch::Output;

impl Live {
    /// Keeps what each node answered for [`Live::checks`], and asks all of them for everything.
    pub fn check(&mut self) {
        self.watch.ask_everyone();
        self.checks = Some(self.targets.iter().map(|(key, target)| (*key, self.new_check(*key, target.clone()))).collect());
    }

    pub(super) fn new_check(&self, key: NodeKey, target: Option<Target>) -> NodeCheck {
        NodeCheck { name: self.name_of(key).to_owned(), target, ..NodeCheck::default() }
    }

    /// What each node answered.
    pub fn checks(&self) -> Vec<NodeCheck> {
        self.checks.iter().flat_map(BTreeMap::values).cloned().collect()
    }

    pub(super) fn note_check(&mut self, output: &Output) {
        let Some(checks) = &mut self.checks else { return };
        match output {
            Output::Observed(seen) => {
                let Some(check) = checks.get_mut(&seen.node) else { return };
                check.answers.retain(|(question, _)| *question != seen.question);
                check.answers.push((seen.question, seen.outcome.as_ref().map(|_| ()).map_err(Clone::clone)));
                match &seen.outcome {
                    Ok(Observation::Tools(tools)) => check.tools = Some(tools.clone()),
                    Ok(Observation::Host(host)) => check.os.clone_from(&host.os),
                    Ok(Observation::Clock(clock)) => note_clock(&mut check.clock, *clock),
                    Ok(Observation::LibvirtSockets(place)) => check.libvirt = !place.sockets.is_empty(),
                    Ok(Observation::DeviceMapper(devices)) => check.lvm = devices.iter().any(|d| d.uuid.starts_with("LVM-")),
                    _ => {}
                }
            }
            Output::Reach(node, reach) => {
                if let Some(check) = checks.get_mut(node) {
                    check.reach = reach.clone();
                }
            }
            Output::Note(node, text) => {
                if let Some(check) = checks.get_mut(node) {
                    check.note = Some(text.clone());
                }
            }
            _ => {}
        }
    }
}

/// The sample with the shortest round trip counts: it errs least.
fn note_clock(best: &mut Option<(i64, i64)>, sample: ClockSample) {
    let error = sample.round_trip_micros() / 2;
    if error >= 0 && best.is_none_or(|(_, least)| error <= least) {
        *best = Some((sample.offset_micros(), error));
    }
}
