//! A physical volume emptied, by pvmove (pvmove(8)).
//!
//! In a shared group pvmove wants one named volume, active on the node where it runs and nowhere else.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::domain::cluster::{Cluster, PhysicalVolume};
use crate::link::CommandLine;

use super::condition::Condition;
use super::inquiry::{Query, What, first_within_reach};
use super::plan::{Confirm, Input, Needs, Plan, Refusal, Step, Undo};
use super::{named, whereabouts};

/// Seconds for one move: a day.
const MOVE: u64 = 86_400;

/// The plan.
pub(super) fn plan(input: &Input<'_>, name: &str, onto: Option<&str>) -> Result<Plan, Vec<Refusal>> {
    let cluster = input.cluster;
    let pv = match named::pvs(cluster, name)[..] {
        [] => return Err(Vec::new()),
        [pv] => pv,
        ref several => return Err(vec![named::several_pvs(cluster, name, several)]),
    };
    let path = pv.path.as_str();
    let Some(vg) = pv.vg.as_deref() else {
        return Err(vec![Refusal::new("already", format!("{path} is in no volume group"), "nothing to do")]);
    };
    let Some(volumes) = input.found.on_pv() else {
        let trouble = input.found.troubles().next().map(|(n, t)| format!(": {n}: {t}")).unwrap_or_default();
        return Err(vec![Refusal::new(
            "not-known",
            format!("what lies on {path} could not be looked at{trouble}"),
            "pvs must answer there",
        )]);
    };
    if volumes.is_empty() {
        return Err(vec![Refusal::new("already", format!("nothing lies on {path}"), "nothing to do")]);
    }
    let disk = Move { pv, onto: onto.map(|onto| other(cluster, pv, vg, onto)).transpose()? };
    room(cluster, &disk, vg)?;
    let mut plan = input.blank();
    let shared = cluster.groups.iter().any(|g| g.name == vg && g.lock_type.as_deref().is_some_and(|l| !l.is_empty() && l != "none"));
    // With its mirrors a cluster moves what is active everywhere as one node does.
    let mirrored = input.found.cluster_mirrors().next().is_some() && input.found.cluster_mirrors().all(|(_, works)| works);
    if shared && !mirrored {
        for lv in wholes(cluster, vg, volumes, path)? {
            plan.steps.push(one(input, vg, lv, &disk)?);
        }
    } else {
        let node = if shared { None } else { user(cluster, vg, volumes, path)? };
        let Some(node) = node.or_else(|| first_within_reach(&pv.seen_by, cluster)) else {
            return Err(vec![Refusal::new(
                "unreachable",
                format!("no node that sees {path} can be reached"),
                "connect quorate to one of them",
            )]);
        };
        plan.steps.push(disk.step(&node, format!("Move everything off {path}"), &[]));
    }
    plan.proof = plan
        .steps
        .first()
        .and_then(Step::node)
        .map(|node| Condition::PvEmpty(Query::new(node, What::OnPv(pv.path_on(node).to_owned())), path.to_owned()))
        .into_iter()
        .collect();
    let back = onto.map(|onto| format!("move it back: quorate act evacuate {onto} --onto {name}"));
    plan.undo = Undo::Never(back.unwrap_or_else(|| "where things went is up to LVM".to_owned()));
    plan.confirm = Confirm::TypeName;
    plan.needs = Needs { at_rest: false, ..plan.needs };
    plan.notices
        .push("it fills the storage's bandwidth; 'pvmove --abort' on that node ends it, what has moved so far goes back".to_owned());
    plan.notices.push("it goes on when quorate is left".to_owned());
    Ok(plan)
}

/// What is emptied, and into what; none: wherever there is room.
struct Move<'a> {
    pv: &'a PhysicalVolume,
    onto: Option<&'a PhysicalVolume>,
}

impl Move<'_> {
    /// By the paths that the node has them under.
    fn step(&self, node: &Arc<str>, title: String, name: &[&str]) -> Step {
        let paths = std::iter::once(self.pv).chain(self.onto).map(|pv| pv.path_on(node));
        let args = ["--interval", "5"].into_iter().chain(name.iter().copied()).chain(paths);
        Step::change(title, node, CommandLine::new("pvmove", args).privileged(), MOVE)
    }
}

/// The other physical volume of the group that a name means.
fn other<'a>(cluster: &'a Cluster, pv: &PhysicalVolume, vg: &str, name: &str) -> Result<&'a PhysicalVolume, Vec<Refusal>> {
    let mut rows = named::pvs(cluster, name);
    rows.retain(|row| row.vg.as_deref() == Some(vg) && !std::ptr::eq(*row, pv));
    match rows[..] {
        [] => Err(vec![Refusal::new("no-room", format!("{name} is not another physical volume of {vg}"), "vgextend")]),
        [row] => Ok(row),
        ref several => Err(vec![named::several_pvs(cluster, name, several)]),
    }
}

/// Whether what lies on it fits elsewhere.
fn room(cluster: &Cluster, disk: &Move<'_>, vg: &str) -> Result<(), Vec<Refusal>> {
    let used = disk.pv.size.unwrap_or(0).saturating_sub(disk.pv.free.unwrap_or(0));
    let able = |p: &&PhysicalVolume| !std::ptr::eq(*p, disk.pv) && disk.onto.is_none_or(|onto| std::ptr::eq(*p, onto));
    let others: Vec<&PhysicalVolume> = cluster.pvs.iter().filter(|p| p.vg.as_deref() == Some(vg)).filter(able).collect();
    if others.is_empty() {
        return Err(vec![Refusal::new("no-room", format!("{vg} has no other physical volume"), "vgextend")]);
    }
    let free: u64 = others.iter().filter_map(|p| p.free).sum();
    if free < used {
        return Err(vec![Refusal::new(
            "no-room",
            format!("{used} bytes must go elsewhere, {free} are free there"),
            "add a physical volume",
        )]);
    }
    Ok(())
}

/// The node that uses what lies on it, in a group that no lock protects: pvmove on another one copies what this one goes on writing to. None: nobody does.
fn user(cluster: &Cluster, vg: &str, found: &[(String, String)], path: &str) -> Result<Option<Arc<str>>, Vec<Refusal>> {
    let names: Vec<&str> = found.iter().filter_map(|(_, lv)| visible(cluster, vg, lv)).collect();
    let volumes = cluster.volumes.iter().filter(|v| v.vg == vg && names.contains(&v.lv.as_str()));
    let active: BTreeSet<&Arc<str>> = volumes.flat_map(|v| &v.active_on).collect();
    let Some(node) = active.first().copied() else { return Ok(None) };
    if active.len() > 1 {
        let nodes: Vec<&str> = active.iter().map(|node| &***node).collect();
        let why = format!("what lies on {path} is active on {}, and no lock protects {vg}", nodes.join(", "));
        return Err(vec![Refusal::new("no-lock", why, "a shared volume group (lvmlockd or clvmd), or one active node")]);
    }
    whereabouts::within_reach(cluster, node).map(Some)
}

/// The volumes that are named to pvmove, each once: a hidden one is moved with the one that it is part of.
fn wholes<'a>(cluster: &'a Cluster, vg: &str, found: &'a [(String, String)], path: &str) -> Result<Vec<&'a str>, Vec<Refusal>> {
    let mut names: Vec<&str> = Vec::new();
    let mut against = Vec::new();
    for (_, lv) in found {
        match visible(cluster, vg, lv) {
            Some(name) if !names.contains(&name) => names.push(name),
            Some(_) => {}
            None => against.push(internal(vg, hidden(lv).unwrap_or(lv), path)),
        }
    }
    if against.is_empty() { Ok(names) } else { Err(against) }
}

/// The name of a hidden volume, as LVM's reports bracket it; none: it is no hidden one.
fn hidden(lv: &str) -> Option<&str> {
    lv.strip_prefix('[').map(|name| name.trim_end_matches(']'))
}

/// The volume itself, or the one that a hidden one is part of; none: it is part of none.
fn visible<'a>(cluster: &'a Cluster, vg: &str, lv: &'a str) -> Option<&'a str> {
    hidden(lv).map_or(Some(lv), |part| whole(cluster, vg, part))
}

/// The spare for the metadata of all pools.
const SPARE: &str = "_pmspare";

/// The volume that a hidden one is part of, by LVM's names: `pool_tdata`, `vm_rimage_0`, `pool_tmeta_rimage_1`; none: it is part of none.
fn whole<'a>(cluster: &'a Cluster, vg: &str, part: &str) -> Option<&'a str> {
    if part.ends_with(SPARE) {
        return None;
    }
    let volumes = || cluster.volumes.iter().filter(|v| v.vg == vg);
    let of = |name: &str| part.strip_prefix(name).is_some_and(|rest| rest.starts_with('_'));
    let by_name = volumes().filter(|v| of(&v.lv)).max_by_key(|v| v.lv.len());
    // A cache is in a pool that is hidden itself.
    let pooled = |pool: &str| part == pool || of(pool);
    let by_pool = || volumes().find(|v| v.pool.as_deref().is_some_and(|pool| pooled(pool.trim_matches(['[', ']']))));
    by_name.or_else(by_pool).map(|v| v.lv.as_str())
}

/// What stands against moving what is part of no volume.
fn internal(vg: &str, part: &str, path: &str) -> Refusal {
    let name = format!("{vg}/{part}");
    let refuse = |why: &str, lift: String| Refusal::new("internal-volume", format!("{name} lies on {path}: {why}"), lift);
    if part == "lvmlock" {
        let why = "the locks of the group (sanlock), which are not moved";
        let lift = "with all its volumes inactive, and vgchange --lockstop on the other nodes: vgchange --lock-type none";
        return refuse(why, format!("{lift} {vg}, evacuate, vgchange --lock-type sanlock {vg}"));
    }
    if part.ends_with(SPARE) {
        let lift = format!("lvremove {name}: the next pool that is made or repaired brings another");
        return refuse("the spare for the metadata of pools, which pvmove does not take by its name", lift);
    }
    if part.strip_prefix("pvmove").is_some_and(|n| n.bytes().all(|b| b.is_ascii_digit())) {
        return refuse("a move is under way", "wait until it is over, or, on its node: pvmove --abort".to_owned());
    }
    refuse("a part of a volume that is not seen", format!("see whose part it is: lvs -a -o lv_name,devices {vg}"))
}

/// One volume of a shared group.
fn one(input: &Input<'_>, vg: &str, lv: &str, disk: &Move<'_>) -> Result<Step, Vec<Refusal>> {
    let cluster = input.cluster;
    let volume = cluster.volumes.iter().find(|v| v.vg == vg && v.lv == lv);
    let active = volume.map(|v| v.active_on.as_slice()).unwrap_or_default();
    let [node] = active else {
        let where_ = if active.is_empty() { "nowhere".to_owned() } else { format!("on {}", active.join(", ")) };
        let why = format!("{vg}/{lv} is active {where_}; in a shared group it must be active on exactly one node to be moved");
        let without: Vec<&str> = input.found.cluster_mirrors().filter(|(_, works)| !works).map(|(node, _)| &**node).collect();
        let mirror =
            if without.is_empty() { String::new() } else { format!(", or cmirrord on {} (service cmirrord start)", without.join(", ")) };
        return Err(vec![Refusal::new("several-active", why, format!("lvchange -aey {vg}/{lv} on one node alone{mirror}"))]);
    };
    if !cluster.member(node).is_some_and(whereabouts::is_within_reach) {
        return Err(vec![Refusal::new(
            "unreachable",
            format!("{node}, where {vg}/{lv} is active, cannot be reached"),
            "connect quorate to it",
        )]);
    }
    Ok(disk.step(node, format!("Move {vg}/{lv} off {}", disk.pv.path), &["--name", &format!("{vg}/{lv}")]))
}
