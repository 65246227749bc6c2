//! Conditions that are judged by questions of their own, not by the manager's picture.

use crate::domain::cluster::{Service, ServiceState};
use crate::domain::observation::simulation::GuestState;
use crate::domain::observation::vmware::VmwareState;
use crate::domain::task::Limits;
use crate::probe::rhcs::file::sum;
use crate::probe::vmware::act::Look;

use super::super::conf::tree;
use super::super::inquiry::{Finding, Query};
use super::super::plan::QuorumAfter;
use super::{Seen, Verdict, standing};

pub(super) fn migrates(seen: &Seen<'_>, query: &Query, id: &str) -> Verdict {
    let elsewhere = seen.cluster.service(id).filter(|s| s.state == ServiceState::Started && !s.owners.contains(&query.node));
    if elsewhere.is_some() && seen.cluster.manager_sight.as_ref().is_some_and(|s| s.at > seen.since) {
        return Verdict::Holds(format!("{id} is elsewhere already"));
    }
    match seen.found.get(query) {
        Some(Ok(Finding::Job(job))) if job.is_moving() => Verdict::Holds(format!("a migration of {id} is under way")),
        Some(Ok(_)) => Verdict::Not(format!("libvirt on {} has no migration of {id}", query.node)),
        Some(Err(trouble)) => Verdict::Unknown(format!("{}: {trouble}", query.node)),
        None => Verdict::Unknown(format!("libvirt on {} was not asked yet", query.node)),
    }
}

pub(super) fn allows(seen: &Seen<'_>, query: &Query, wanted: Limits) -> Verdict {
    let is = match seen.found.get(query) {
        Some(Ok(Finding::Limits(is))) => *is,
        Some(Err(trouble)) => return Verdict::Unknown(format!("{}: {trouble}", query.node)),
        _ => return Verdict::Unknown(format!("libvirt on {} was not asked yet", query.node)),
    };
    if is.is_none() {
        return Verdict::Holds("the migration is over".to_owned());
    }
    let same = |wanted: Option<u64>, is: Option<u64>| wanted.is_none_or(|w| Some(w) == is);
    let words = format!("libvirt on {} has{is}", query.node);
    let good = same(wanted.downtime_ms, is.downtime_ms) && same(wanted.bandwidth_mib, is.bandwidth_mib);
    if good { Verdict::Holds(words) } else { Verdict::Not(words) }
}

pub(super) fn size(seen: &Seen<'_>, query: &Query, what: &str, bytes: u64) -> Verdict {
    let is = match seen.found.get(query) {
        Some(Ok(Finding::Bytes(is))) => *is,
        Some(Ok(Finding::Volume(facts))) => facts.size,
        Some(Err(trouble)) => return Verdict::Unknown(format!("{}: {trouble}", query.node)),
        _ => return Verdict::Unknown(format!("{what} was not looked at yet")),
    };
    let words = format!("{what} has {is} bytes");
    // LVM may round up.
    if is >= bytes { Verdict::Holds(words) } else { Verdict::Not(format!("{words}, not yet {bytes}")) }
}

pub(super) fn filesystem(seen: &Seen<'_>, node: &str, mount: &str, bytes: u64) -> Verdict {
    let row = seen.cluster.filesystems.iter().find(|f| &*f.node == node && f.mount == mount);
    match row.filter(|f| f.at > seen.since).and_then(|f| f.size) {
        Some(is) if is >= bytes => Verdict::Holds(format!("{mount} on {node} has {is} bytes")),
        Some(is) => Verdict::Not(format!("{mount} on {node} has {is} bytes, not yet {bytes}")),
        None => Verdict::Unknown(format!("{mount} on {node} was not looked at since")),
    }
}

pub(super) fn pv_empty(seen: &Seen<'_>, query: &Query, path: &str) -> Verdict {
    match seen.found.get(query) {
        Some(Ok(Finding::OnPv(volumes))) if volumes.is_empty() => Verdict::Holds(format!("nothing is left on {path}")),
        Some(Ok(Finding::OnPv(volumes))) => {
            let names: Vec<String> = volumes.iter().map(|(vg, lv)| format!("{vg}/{lv}")).collect();
            Verdict::Not(format!("{} still on {path}", names.join(", ")))
        }
        Some(Err(trouble)) => Verdict::Unknown(format!("{}: {trouble}", query.node)),
        _ => Verdict::Unknown(format!("{path} was not looked at yet")),
    }
}

pub(super) fn vmware_state(seen: &Seen<'_>, query: &Query, guest: &str, states: &[VmwareState]) -> Verdict {
    let node = &query.node;
    let (words, good) = match seen.found.get(query) {
        Some(Ok(Finding::Vmware(Look::Is(row)))) => {
            let asks = row.question.as_ref().map(|q| format!(" ({})", q.gist())).unwrap_or_default();
            (format!("VMware on {node} has {guest} {}{asks}", row.state.word()), states.contains(&row.state))
        }
        Some(Ok(Finding::Vmware(Look::Absent))) => (format!("VMware on {node} has no {guest} registered"), states.is_empty()),
        Some(Err(trouble)) => return Verdict::Unknown(format!("{node}: {trouble}")),
        _ => return Verdict::Unknown(format!("VMware on {node} was not asked yet")),
    };
    if good { Verdict::Holds(words) } else { Verdict::Not(words) }
}

pub(super) fn guest_state(seen: &Seen<'_>, query: &Query, guest: &str, state: Option<&'static str>) -> Verdict {
    let node = &query.node;
    match seen.found.get(query) {
        Some(Ok(Finding::State(GuestState::Is(is, reason)))) => {
            let why = reason.as_deref().map(|r| format!(" ({r})")).unwrap_or_default();
            let words = format!("libvirt on {node} has {guest} {is}{why}");
            let good = state.map_or(is == "shut off", |wanted| wanted == is);
            if good { Verdict::Holds(words) } else { Verdict::Not(words) }
        }
        Some(Ok(Finding::State(GuestState::Absent))) => {
            let words = format!("libvirt on {node} does not know {guest}");
            if state.is_none() { Verdict::Holds(words) } else { Verdict::Not(words) }
        }
        Some(Ok(Finding::State(GuestState::Silent(why)))) => Verdict::Unknown(format!("libvirt on {node} does not answer: {why}")),
        Some(Err(trouble)) => Verdict::Unknown(format!("{node}: {trouble}")),
        _ => Verdict::Unknown(format!("libvirt on {node} was not asked yet")),
    }
}

/// A guest where its service is by now. Where nobody can ask libvirt the manager's word has to do.
pub(super) fn at_owner(seen: &Seen<'_>, service: &Service, guest: &str, queries: &[Query]) -> Verdict {
    let here = queries.iter().filter(|query| service.owners.contains(&query.node));
    let mut verdicts: Vec<Verdict> = here.map(|query| guest_state(seen, query, guest, Some("running"))).collect();
    if verdicts.is_empty() {
        let words = standing(service);
        let runs = service.state == ServiceState::Started && !service.owners.is_empty();
        return if runs { Verdict::Holds(format!("{words}; libvirt could not be asked there")) } else { Verdict::Not(words) };
    }
    let best = verdicts.iter().position(Verdict::holds).unwrap_or_default();
    verdicts.swap_remove(best)
}

/// A guest nowhere but where its service is by now. Who cannot be asked is passed over.
pub(super) fn alone(seen: &Seen<'_>, service: &Service, guest: &str, queries: &[Query]) -> Verdict {
    for query in queries.iter().filter(|query| !service.owners.contains(&query.node)) {
        match (seen.found.get(query), guest_state(seen, query, guest, None)) {
            (_, Verdict::Not(words)) => return Verdict::Not(format!("{words}, and the manager has {} elsewhere", service.id)),
            (None, unasked) => return unasked,
            _ => {}
        }
    }
    Verdict::Holds(format!("libvirt has {guest} running on no other node"))
}

/// By what the membership layer said since. How many votes there are is not known everywhere.
pub(super) fn keeps_quorum(seen: &Seen<'_>, name: &str) -> Verdict {
    let quorum = &seen.cluster.quorum;
    let mut claims = quorum.partitions.iter().filter(|p| p.quorate == Some(true));
    match quorum.quorate {
        Some(false) => return Verdict::Not(format!("there is no quorum, with {name} or without")),
        None => return Verdict::Unknown("no node could say whether there is quorum".to_owned()),
        Some(true) if !claims.any(|p| p.said_by.iter().any(|sight| sight.at > seen.since)) => {
            return Verdict::Unknown("nobody has told the votes since".to_owned());
        }
        Some(true) => {}
    }
    match QuorumAfter::outside(seen.cluster, name) {
        Some(after) if after.is_lost() => Verdict::Not(format!("without {name} the others lose quorum: {}", after.words())),
        Some(after) => Verdict::Holds(format!("without {name}: {}", after.words())),
        None => Verdict::Holds("there is quorum, and how many votes is not known".to_owned()),
    }
}

pub(super) fn conf(seen: &Seen<'_>, query: &Query, version: u32, says: &str) -> Verdict {
    let node = &query.node;
    let file = match seen.found.get(query) {
        Some(Ok(Finding::ConfFile(file))) => file,
        Some(Err(trouble)) => return Verdict::Unknown(format!("{node}: {trouble}")),
        _ => return Verdict::Unknown(format!("{node} was not asked yet which cluster.conf it runs")),
    };
    let same = match &file.text {
        Ok(text) => tree::parse(text).is_ok_and(|root| sum(&root.says()) == says),
        Err(why) => return Verdict::Unknown(format!("cluster.conf on {node}: {why}")),
    };
    match file.runs {
        None => Verdict::Unknown(format!("which version {node} runs is not known")),
        Some(runs) if runs != version => Verdict::Not(format!("{node} runs version {runs} of cluster.conf, not {version}")),
        Some(_) if !same => Verdict::Not(format!("{node} runs version {version}, and its cluster.conf does not say what was planned")),
        Some(_) => Verdict::Holds(format!("{node} runs version {version} of cluster.conf, and has its file")),
    }
}
