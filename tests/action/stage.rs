//! A cluster to act upon: three members, a few services, all told by hand.

use std::sync::Arc;

use quorate::action::inquiry::{self, Finding, PlaceOf, What};
use quorate::action::plan::{self, Input};
use quorate::action::{Findings, Intent, Plan, Query, Refusal};
use quorate::domain::cluster::Cluster;
use quorate::domain::guest::GuestState as Seen;
use quorate::domain::observation::Question;
use quorate::domain::observation::guest::{GuestList, GuestRow};
use quorate::domain::observation::manager::{ManagerView, NodeKind};
use quorate::domain::observation::simulation::{
    CpuFit, DiskIs, GuestDefinition, GuestPlace, GuestState, LibvirtWay, PrimitiveConfig, SimAction, SimStep, Simulation, VolumeFacts,
};
use quorate::domain::observation::vmware::VmwareRow;
use quorate::domain::stamp::Stamp;
use quorate::domain::task::Action;
use quorate::probe::vmware::act::Look;

use crate::state::build::{Lab, group, one, ring, started, trio, view};

/// A linear volume of 64 MiB, in use, with room beside it.
pub fn plain_volume() -> VolumeFacts {
    VolumeFacts {
        size: 64 << 20,
        extent: 4 << 20,
        free: 1 << 30,
        stripes: 1,
        data: 1,
        kind: "linear".to_owned(),
        attr: "-wi-ao----".to_owned(),
    }
}

pub fn view_now() -> ManagerView {
    let mut web = started("web-app", &["n2"]);
    "ocf:pacemaker:Dummy".clone_into(&mut web.agent);
    let mut view = view(trio(), vec![one(started("vm1", &["n1"])), one(started("vm2", &["n2"])), group("web", vec![web])]);
    view.options.fencing_enabled = Some(true);
    assert!(view.nodes.iter().all(|n| n.kind == NodeKind::Member));
    view
}

/// All three nodes answer, and agree.
pub fn lab(view: ManagerView) -> Lab {
    let mut lab = Lab::of(&["n1", "n2", "n3"]);
    for id in 1..=3 {
        lab.quorum(id, ring(id, true, 2, &[(1, "n1", 1), (2, "n2", 1), (3, "n3", 1)]));
    }
    lab.manager(1, view);
    lab
}

pub fn cluster() -> Arc<Cluster> {
    lab(view_now()).picture()
}

/// What libvirt has on each node: the guests of vm1 and vm2, and on n1 one that is no service.
pub fn guests(lab: &mut Lab) {
    for (node, names) in [(1, &["vm1", "lone"][..]), (2, &["vm2"]), (3, &[])] {
        let row = |name: &&str| GuestRow {
            uuid: format!("uuid-of-{name}"),
            name: (*name).to_owned(),
            id: Some(1),
            state: Seen::Running,
            reason: None,
            migrating: false,
        };
        let rows = names.iter().map(row).collect();
        lab.say(node, Question::Guests, quorate::domain::observation::Observation::Guests(GuestList { rows, definitions: Vec::new() }));
    }
}

pub fn intent(action: Action) -> Intent {
    Intent { action, by: "anna@bastion".to_owned(), from: "192.0.2.7".to_owned(), tag: "7f3a90c2".to_owned() }
}

pub fn config(id: &str, migrate: bool) -> PrimitiveConfig {
    let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
    PrimitiveConfig {
        id: id.to_owned(),
        agent: "ocf:heartbeat:VirtualDomain".to_owned(),
        attributes: vec![pair("config", &format!("/srv/shared/{id}.xml")), pair("hypervisor", "qemu:///system")],
        meta: if migrate { vec![pair("allow-migrate", "true")] } else { Vec::new() },
        timeouts: vec![("stop".to_owned(), 90), ("start".to_owned(), 90)],
        ..PrimitiveConfig::default()
    }
}

/// Answers whatever an inquiry asks, as a healthy cluster would.
pub fn answer(query: &Query, cluster: &Cluster) -> Finding {
    let node = query.node.to_string();
    match &query.what {
        What::WhatIf(xml) => {
            let to = ["n1", "n2", "n3"].into_iter().find(|n| xml.contains(&format!("node=\"{n}\""))).map(str::to_owned);
            let of = cluster.services.iter().find(|s| xml.contains(&format!("rsc=\"{}\"", s.id)));
            let actions = of.map(|s| SimStep {
                resource: s.id.clone(),
                action: if s.id.starts_with("vm") { SimAction::Migrate } else { SimAction::Move },
                source: s.owner.as_deref().map(str::to_owned),
                dest: to,
                reason: None,
            });
            Finding::Simulation(Simulation { actions: actions.into_iter().collect(), fences: Vec::new() })
        }
        What::WhatAfter(..) => Finding::Simulation(Simulation::default()),
        What::NodeFails(dead) => {
            let here = cluster.services.iter().filter(|s| s.owner.as_deref() == Some(dead.as_str()) && s.parent.is_none());
            let actions = here.map(|s| SimStep {
                resource: s.id.clone(),
                action: SimAction::Move,
                source: Some(dead.clone()),
                dest: Some("n3".to_owned()),
                reason: None,
            });
            Finding::Simulation(Simulation { actions: actions.collect(), fences: vec![dead.clone()] })
        }
        What::Primitive(id) => {
            let mut config = config(id, true);
            if cluster.service(id).is_some_and(|s| s.flags.contains(&"unmanaged")) {
                config.meta.push(("is-managed".to_owned(), "false".to_owned()));
            }
            Finding::Primitive(config)
        }
        What::References(_) => Finding::References(quorate::domain::observation::references::References::default()),
        What::Definition(file) => {
            let name = file.rsplit('/').next().unwrap().trim_end_matches(".xml").to_owned();
            Finding::Definition(GuestDefinition {
                name,
                memory: Some(1 << 25),
                disks: vec!["/srv/shared/d".to_owned()],
                ..GuestDefinition::default()
            })
        }
        What::Kept(_, guest) => Finding::Definition(GuestDefinition {
            name: guest.clone(),
            memory: Some(1 << 25),
            kind: Some("kvm".to_owned()),
            cpu: Some("<cpu mode='custom'><model>Haswell</model></cpu>".to_owned()),
            ..GuestDefinition::default()
        }),
        // The first address leads where it says.
        What::Reach(uris) => {
            let host = uris[0].split("://").nth(1).and_then(|rest| rest.split('/').next()).unwrap().to_owned();
            Finding::Reach(LibvirtWay { good: Some((uris[0].clone(), host)), bad: Vec::new() })
        }
        What::Place(_, of) => Finding::Place(place(of, &node, cluster)),
        What::State(_, guest) => {
            let row = cluster.guests.iter().find(|g| *g.node == *node && (g.name == *guest || g.uuid == *guest));
            let here = cluster.service(guest).is_some_and(|s| s.owners.iter().any(|o| **o == *node));
            Finding::State(match row.map(|g| g.state) {
                Some(Seen::Running) => GuestState::Is("running".to_owned(), Some("booted".to_owned())),
                Some(Seen::Paused) => GuestState::Is("paused".to_owned(), Some("user".to_owned())),
                Some(_) => GuestState::Is("shut off".to_owned(), None),
                None if here => GuestState::Is("running".to_owned(), None),
                None => GuestState::Absent,
            })
        }
        What::Cpu(..) => Finding::Cpu(CpuFit::Fits("a superset".to_owned())),
        What::Job(..) => Finding::Job(quorate::domain::observation::simulation::GuestJob::default()),
        What::Vmware(vmx) => Finding::Vmware(vmware(vmx, &node, cluster)),
        What::Limits(..) => Finding::Limits(quorate::domain::task::Limits { bandwidth_mib: Some(8), downtime_ms: Some(500) }),
        What::FenceDevices(_) => Finding::FenceDevices(Vec::new()),
        What::Volume(_) => Finding::Volume(plain_volume()),
        What::DeviceSize(_) | What::GuestDisk(..) => Finding::Bytes(64 << 20),
        What::OnPv(_) => Finding::OnPv(vec![("vg".to_owned(), "data".to_owned())]),
        What::RgmanagerLock
        | What::StopSuspends(_)
        | What::Override
        | What::Power(_)
        | What::ClusterMirror
        | What::ConfFile
        | What::Ricci => {
            panic!("nobody asks this of a Pacemaker cluster")
        }
        What::Starter => Finding::Starter(quorate::probe::systemd::starter::Starter::Systemd),
    }
}

fn vmware(vmx: &str, node: &str, cluster: &Cluster) -> Look {
    let here = cluster.guests.iter().filter(|g| &*g.node == node).filter_map(|g| g.vmware.as_ref()).find(|v| v.vmx == vmx);
    here.map_or(Look::Absent, |v| {
        let row = VmwareRow { vmx: vmx.to_owned(), state: v.state, question: v.question.clone(), ..VmwareRow::default() };
        Look::Is(Box::new(row))
    })
}

fn place(of: &PlaceOf, node: &str, cluster: &Cluster) -> GuestPlace {
    let service = cluster.service(&of.name).is_some_and(|s| s.owners.iter().any(|o| **o == *node));
    let here =
        service || cluster.guests.iter().any(|g| &*g.node == node && g.state.is_active() && (g.name == of.name || g.uuid == of.name));
    GuestPlace {
        disks: of.disks.iter().map(|path| (path.clone(), DiskIs::File(77, 1))).collect(),
        config_file: Some("77:886:1".to_owned()),
        config_sum: Some("1 886".to_owned()),
        missing: Vec::new(),
        free_memory: Some(1 << 33),
        guest: if here { GuestState::Is("running".to_owned(), Some("booted".to_owned())) } else { GuestState::Absent },
    }
}

/// All that an action's inquiry finds, `change` having had its say on each answer.
pub fn found(action: &Action, cluster: &Cluster, mut change: impl FnMut(&Query, &mut Finding)) -> Findings {
    let mut found = Findings::default();
    loop {
        let needed = inquiry::needed(action, cluster, &found);
        if needed.is_empty() {
            return found;
        }
        for query in needed {
            let mut finding = answer(&query, cluster);
            change(&query, &mut finding);
            found.put(query, Ok(finding));
        }
    }
}

pub fn plan_with(action: &Action, cluster: &Cluster, now: Stamp, change: impl FnMut(&Query, &mut Finding)) -> Result<Plan, Vec<Refusal>> {
    let (intent, found) = (intent(action.clone()), found(action, cluster, change));
    plan::plan(&Input { intent: &intent, cluster, found: &found, now })
}

pub fn plan_of(action: &Action, cluster: &Cluster, now: Stamp) -> Result<Plan, Vec<Refusal>> {
    plan_with(action, cluster, now, |_, _| {})
}

/// The changing commands of a plan, as one types them, with their nodes.
pub fn commands(plan: &Plan) -> Vec<(String, String)> {
    let changes = plan.steps.iter().filter(|s| matches!(s.work, plan::Work::Change { .. }));
    changes.map(|s| (s.node().unwrap().to_string(), s.command().unwrap())).collect()
}

/// The view of the manager is told anew by n1.
pub fn tell(lab: &mut Lab, view: ManagerView) {
    lab.manager(1, view);
    lab.say(1, Question::Constraints, quorate::domain::observation::Observation::Constraints(Vec::new()));
}

/// The votes, as those members count them that are online.
pub fn count(lab: &mut Lab, view: &ManagerView) {
    let online = view.nodes.iter().zip(1..).filter(|(node, _)| node.online);
    let members: Vec<(u32, &str, u32)> = online.map(|(node, id)| (id, node.name.as_str(), 1)).collect();
    for (id, ..) in &members {
        lab.quorum(*id, ring(*id, members.len() > 1, 2, &members));
    }
}
