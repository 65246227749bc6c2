//! A physical volume of a shared group emptied where parts of volumes lie on it: LVM's hidden ones.

use std::sync::Arc;

use quorate::action::inquiry::Finding;
use quorate::action::{Plan, Refusal};
use quorate::domain::cluster::{Cluster, Volume};
use quorate::domain::node::Reach;
use quorate::domain::task::Action;

use super::plans::storage;
use super::stage::{commands, plan_with};
use crate::state::build::START;

/// What lies on it, as `pvs --segments` names it.
fn evacuated(parts: &[&str]) -> Result<Plan, Vec<Refusal>> {
    let mut cluster = storage();
    cluster.volumes.clear();
    for (lv, node, pool) in
        [("pool", "n1", None), ("vm", "n2", None), ("vm_b", "n1", None), ("slow", "n1", Some("[fast]")), ("thin", "n1", Some("pool"))]
    {
        let (vg, pool) = ("vg".to_owned(), pool.map(str::to_owned));
        cluster.volumes.push(Volume { vg, lv: lv.to_owned(), pool, active_on: vec![node.into()], ..Volume::default() });
    }
    let action = Action::Evacuate { pv: "/dev/mapper/san1".to_owned(), onto: None };
    plan_with(&action, &cluster, START, |_, finding| {
        if let Finding::OnPv(list) = finding {
            *list = parts.iter().map(|lv| ("vg".to_owned(), (*lv).to_owned())).collect();
        }
    })
}

#[test]
fn hidden_parts_are_moved_with_their_volumes() {
    for (parts, expected) in [
        (&["[pool_tdata]", "[pool_tmeta]"][..], &[("n1", "pool")][..]),
        (&["[pool_tdata_rimage_0]", "[pool_tdata_rmeta_0]"], &[("n1", "pool")]),
        (&["[vm_rimage_0]", "[vm_rmeta_0]", "[vm_b_rimage_1]", "vm_b"], &[("n2", "vm"), ("n1", "vm_b")]),
        (&["[fast_cdata]", "[fast_cmeta]", "[slow_corig]"], &[("n1", "slow")]),
    ] {
        let plan = evacuated(parts).unwrap_or_else(|why| panic!("{parts:?}: {why:?}"));
        let sent = |(node, lv): &(&str, &str)| ((*node).to_owned(), format!("pvmove --interval 5 --name vg/{lv} /dev/mapper/san1"));
        assert_eq!(commands(&plan), expected.iter().map(sent).collect::<Vec<_>>(), "{parts:?}");
    }
}

#[test]
fn what_is_part_of_no_volume_is_refused_by_its_name() {
    for (part, why, lift) in [
        ("[lvmlock]", "vg/lvmlock lies on /dev/mapper/san1: the locks of the group", "vgchange --lock-type none vg"),
        ("[vm_pmspare]", "vg/vm_pmspare lies on /dev/mapper/san1: the spare", "lvremove vg/vm_pmspare"),
        ("[pvmove0]", "a move is under way", "pvmove --abort"),
        ("[gone_rimage_0]", "not seen", "lvs -a -o lv_name,devices vg"),
    ] {
        let all = evacuated(&["[pool_tdata]", part]).unwrap_err();
        assert!(all.len() == 1 && all[0].code == "internal-volume" && all[0].why.contains(why) && all[0].lift.contains(lift), "{all:?}");
    }
}

/// A group that no lock protects, with one volume on the physical volume.
fn unlocked(active: &[&str]) -> Cluster {
    let mut cluster = storage();
    cluster.groups.iter_mut().for_each(|group| group.lock_type = None);
    cluster.volumes[0].active_on = active.iter().map(|node| Arc::from(*node)).collect();
    cluster
}

fn in_it(cluster: &Cluster) -> Result<Plan, Vec<&'static str>> {
    let action = Action::Evacuate { pv: "/dev/mapper/san1".to_owned(), onto: None };
    let planned = plan_with(&action, cluster, START, |_, finding| {
        if let Finding::OnPv(list) = finding {
            *list = vec![("vg".to_owned(), "data".to_owned())];
        }
    });
    planned.map_err(|all| all.iter().map(|refusal| refusal.code).collect())
}

#[test]
fn where_no_lock_protects_a_group_it_runs_where_what_lies_on_it_is_in_use_or_not_at_all() {
    let there = |node: &str| vec![(node.to_owned(), "pvmove --interval 5 /dev/mapper/san1".to_owned())];
    assert_eq!(commands(&in_it(&unlocked(&["n2"])).unwrap()), there("n2"));
    assert_eq!(commands(&in_it(&unlocked(&[])).unwrap()), there("n1"));
    assert_eq!(in_it(&unlocked(&["n1", "n2"])).unwrap_err(), ["no-lock"]);
    let mut away = unlocked(&["n2"]);
    away.members[1].reach = Reach::Connecting { since: START };
    assert_eq!(in_it(&away).unwrap_err(), ["unreachable"]);
    // What rests here may be in use where nobody tells of it.
    let mut silent = unlocked(&[]);
    silent.groups[0].shared = false;
    silent.members[1].reach = Reach::Connecting { since: START };
    assert_eq!(in_it(&silent).unwrap_err(), ["unreachable"]);
}
