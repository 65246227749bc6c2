//! What libvirt would refuse to migrate is not sent by Pacemaker, which would answer the refusal with stop and start.

use std::sync::Arc;

use quorate::action::inquiry::{Finding, Query};
use quorate::domain::cluster::Cluster;
use quorate::domain::guest::{Definition, Guest, GuestState as Seen, Nic, NicKind, VirtNode};
use quorate::domain::observation::guest::{VirtHost, VirtNetwork};
use quorate::domain::observation::simulation::{SimAction, SimStep};
use quorate::domain::task::{Action, Limits, RelocateHow};

use super::stage::{self, plan_of, plan_with};
use crate::state::build::{START, group, started};

/// vm1 runs on n1 as libvirt has told of it; each of these nodes runs the virtual network lan, or has it off.
fn cluster(change: impl FnOnce(&mut Definition), lan: &[(&str, bool)]) -> Cluster {
    let mut cluster = (*stage::cluster()).clone();
    let mut definition = Definition { name: "vm1".to_owned(), ..Definition::default() };
    change(&mut definition);
    let (name, uuid) = ("vm1".to_owned(), "u1".to_owned());
    let definition = Some(Arc::new(definition));
    cluster.guests.push(Guest { name, uuid, node: "n1".into(), state: Seen::Running, definition, ..Guest::default() });
    for (node, active) in lan {
        let networks = vec![VirtNetwork { name: "lan".to_owned(), active: *active, ..VirtNetwork::default() }];
        let host = Some(VirtHost { networks, ..VirtHost::default() });
        cluster.virt.push(VirtNode { node: (*node).into(), up: true, host, ..VirtNode::default() });
    }
    cluster
}

fn to_n3(how: Option<RelocateHow>) -> Action {
    Action::Relocate { service: "vm1".to_owned(), to: "n3".to_owned(), how, limits: Limits::default() }
}

#[test]
fn snapshots_and_devices_of_the_host_leave_a_restart() {
    for (change, words) in [
        ((|d: &mut Definition| d.snapshots.push("before".to_owned())) as fn(&mut Definition), "vm1 has 1 snapshots, which tie it to n1"),
        (|d| d.host_devices.push("nic 0000:3b:02:0".to_owned()), "1 devices of the host are passed through to it"),
    ] {
        let cluster = cluster(change, &[]);
        let plan = plan_of(&to_n3(None), &cluster, START).unwrap();
        for way in &plan.ways {
            let closed = way.how != RelocateHow::Restart;
            assert_eq!(way.closed.iter().any(|why| why == words), closed, "{words}: {way:?}");
        }
        let why = plan_of(&to_n3(Some(RelocateHow::Live)), &cluster, START).unwrap_err().remove(0);
        assert!(why.why.contains(words) && why.lift == "possible is: --how restart", "{why:?}");
    }
    assert!(plan_of(&to_n3(Some(RelocateHow::Live)), &cluster(|_| {}, &[]), START).is_ok());
}

#[test]
fn a_virtual_network_must_run_on_the_target() {
    let nic = |d: &mut Definition| d.nics.push(Nic { kind: NicKind::Network, source: Some("lan".to_owned()), ..Nic::default() });
    let all = plan_of(&to_n3(None), &cluster(nic, &[("n1", true), ("n3", false)]), START).unwrap_err();
    assert!(all.len() == 3 && all.iter().all(|r| r.why.contains("n3 does not run the virtual network lan")), "{all:?}");
    assert!(plan_of(&to_n3(None), &cluster(nic, &[("n1", true), ("n3", true)]), START).is_ok());
    // What nobody has told is not missing.
    assert!(plan_of(&to_n3(None), &cluster(nic, &[("n1", true)]), START).is_ok());
}

#[test]
fn one_guest_of_a_group_ties_the_group() {
    let mut view = stage::view_now();
    view.resources.push(group("pack", vec![started("vm3", &["n1"]), started("vm4", &["n1"])]));
    let mut cluster = (*stage::lab(view).picture()).clone();
    let migrate = |_: &Query, finding: &mut Finding| {
        if let Finding::Simulation(sim) = finding {
            let first = sim.actions.remove(0);
            let step = |id: &str| SimStep { resource: id.to_owned(), action: SimAction::Migrate, ..first.clone() };
            sim.actions = ["vm3", "vm4"].map(step).into();
        }
    };
    let how = Some(RelocateHow::Live);
    let live = Action::Relocate { service: "pack".to_owned(), to: "n3".to_owned(), how, limits: Limits::default() };
    assert!(plan_with(&live, &cluster, START, migrate).is_ok());
    let snapshots = vec!["before".to_owned()];
    let definition = Definition { snapshots, host_devices: vec!["nic 0000:3b:02:0".to_owned()], ..Definition::default() };
    cluster.guests.push(Guest {
        name: "vm4".to_owned(),
        node: "n1".into(),
        managed_by: Some("vm4".to_owned()),
        definition: Some(Arc::new(definition)),
        ..Guest::default()
    });
    let why = plan_with(&live, &cluster, START, migrate).unwrap_err().remove(0).why;
    assert!(why.contains("vm4 has 1 snapshots") && why.contains("vm4: 1 devices of the host"), "{why}");
}
