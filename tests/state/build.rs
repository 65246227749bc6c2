//! Observations built by hand.

use std::sync::Arc;
use std::time::Duration;

use quorate::domain::alert::AlertCode;
use quorate::domain::cluster::{Cluster, Service};
use quorate::domain::event::{Event, Severity};
use quorate::domain::node::{LinkFault, LinkTrouble, NodeKey, Reach};
use quorate::domain::observation::corosync::{CmapNode, CmapView, QuorumMember, QuorumView};
use quorate::domain::observation::host::Tools;
use quorate::domain::observation::manager::{Failure, History, ManagerNode, ManagerView, Primitive, Resource};
use quorate::domain::observation::{Observation, Observed, Question, Trouble, TroubleKind};
use quorate::domain::stamp::Stamp;
use quorate::state::{NodeFacts, SessionFacts, Store};

/// A session whose time is told by the test.
pub struct Lab {
    pub store: Store,
    pub now: Stamp,
}

pub const START: Stamp = Stamp(1_795_000_000_000_000);

impl Lab {
    /// Nodes 1, 2 ... with these names as their own.
    pub fn of(names: &[&str]) -> Self {
        let mut lab = Self::strangers(names);
        for (at, name) in names.iter().enumerate() {
            let key = u32::try_from(at).unwrap() + 1;
            lab.up(key);
            lab.say(key, Question::Tools, tools(name));
        }
        lab
    }

    /// Nodes that were given by address and never tried.
    pub fn strangers(addresses: &[&str]) -> Self {
        let facts = addresses.iter().enumerate().map(|(at, address)| NodeFacts {
            key: NodeKey(u32::try_from(at).unwrap() + 1),
            configured_name: None,
            address: (*address).to_owned(),
            local: false,
            found: false,
        });
        Self { store: Store::new(SessionFacts { cluster_name: None, nodes: facts.collect() }), now: START }
    }

    pub fn pass(&mut self, millis: i64) -> &mut Self {
        self.now = self.now.shifted(millis * 1000);
        self
    }

    pub fn say(&mut self, node: u32, question: Question, observation: Observation) -> &mut Self {
        self.store.observe(observed(node, question, self.now, observation));
        self
    }

    pub fn fail(&mut self, node: u32, question: Question, kind: TroubleKind) -> &mut Self {
        let outcome = Err(Trouble::new(kind, "said the tool"));
        self.store.observe(Observed { node: NodeKey(node), question, at: self.now, took: Duration::ZERO, outcome });
        self
    }

    pub fn refuse(&mut self, node: u32, question: Question, words: &str) -> &mut Self {
        let outcome = Err(Trouble::new(TroubleKind::Denied, words));
        self.store.observe(Observed { node: NodeKey(node), question, at: self.now, took: Duration::ZERO, outcome });
        self
    }

    pub fn up(&mut self, node: u32) -> &mut Self {
        self.store.reach(NodeKey(node), Reach::Up { since: self.now, note: None });
        self
    }

    pub fn down(&mut self, node: u32, fault: LinkFault) -> &mut Self {
        let trouble = LinkTrouble { fault, text: "no answer".to_owned() };
        self.store.reach(NodeKey(node), Reach::Down { since: self.now, trouble });
        self
    }

    pub fn manager(&mut self, node: u32, view: ManagerView) -> &mut Self {
        self.say(node, Question::CrmMon, Observation::Manager(Box::new(view)))
    }

    pub fn quorum(&mut self, node: u32, view: QuorumView) -> &mut Self {
        self.say(node, Question::Quorum, Observation::Quorum(view))
    }

    pub fn picture(&mut self) -> Arc<Cluster> {
        self.store.cluster(self.now)
    }

    pub fn events(&mut self) -> Vec<Event> {
        self.picture();
        self.store.events()
    }
}

pub fn observed(node: u32, question: Question, at: Stamp, observation: Observation) -> Observed {
    Observed { node: NodeKey(node), question, at, took: Duration::from_millis(3), outcome: Ok(observation) }
}

pub fn tools(name: &str) -> Observation {
    Observation::Tools(Tools { member_name: Some(name.to_owned()), present: vec!["crm_mon".to_owned()], ..Tools::default() })
}

/// A view of members with ids and votes; `local` is the one that speaks.
pub fn ring(local: u32, quorate: bool, needed: u32, members: &[(u32, &str, u32)]) -> QuorumView {
    let total = members.iter().map(|(_, _, votes)| votes).sum();
    QuorumView {
        quorate: Some(quorate),
        node_id: Some(local),
        ring_id: Some(format!("1.{}", members.len())),
        expected: Some(total),
        total: Some(total),
        needed: Some(needed),
        members: members
            .iter()
            .map(|(id, name, votes)| QuorumMember {
                id: *id,
                votes: Some(*votes),
                name: (*name).to_owned(),
                local: *id == local,
                qdevice: None,
            })
            .collect(),
        ..QuorumView::default()
    }
}

pub fn nodelist(nodes: &[(u32, &str, &str)]) -> Observation {
    Observation::Cmap(CmapView {
        cluster_name: Some("lab".to_owned()),
        nodes: nodes
            .iter()
            .map(|(id, name, address)| CmapNode {
                id: Some(*id),
                name: Some((*name).to_owned()),
                addresses: vec![(*address).to_owned()],
                votes: None,
            })
            .collect(),
        ..CmapView::default()
    })
}

pub fn online(name: &str, id: u32) -> ManagerNode {
    ManagerNode { name: name.to_owned(), id: Some(id.to_string()), online: true, expected_up: true, ..ManagerNode::default() }
}

/// A manager with quorum, whose DC is the first node.
pub fn view(nodes: Vec<ManagerNode>, resources: Vec<Resource>) -> ManagerView {
    ManagerView {
        version: Some("2.1.5-a3f44794f94".to_owned()),
        dc: nodes.first().map(|n| n.name.clone()),
        with_quorum: Some(true),
        nodes,
        resources,
        ..ManagerView::default()
    }
}

/// Three nodes n1, n2, n3, all online.
pub fn trio() -> Vec<ManagerNode> {
    vec![online("n1", 1), online("n2", 2), online("n3", 3)]
}

pub fn started(id: &str, nodes: &[&str]) -> Primitive {
    Primitive {
        id: id.to_owned(),
        agent: "ocf:heartbeat:VirtualDomain".to_owned(),
        role: "Started".to_owned(),
        active: true,
        managed: true,
        nodes: nodes.iter().map(|n| (*n).to_owned()).collect(),
        ..Primitive::default()
    }
}

pub fn stopped(id: &str) -> Primitive {
    Primitive { role: "Stopped".to_owned(), active: false, ..started(id, &[]) }
}

pub fn one(p: Primitive) -> Resource {
    Resource::Primitive(p)
}

pub fn group(id: &str, members: Vec<Primitive>) -> Resource {
    Resource::Group {
        id: id.to_owned(),
        managed: Some(true),
        maintenance: false,
        disabled: Some(false),
        members: members.into_iter().map(one).collect(),
    }
}

pub fn clone(id: &str, unique: bool, instances: Vec<Resource>) -> Resource {
    Resource::Clone {
        id: id.to_owned(),
        promotable: false,
        unique,
        managed: Some(true),
        maintenance: false,
        disabled: None,
        failed: false,
        target_role: None,
        instances,
    }
}

pub fn failure(op_key: &str, node: &str, reason: &str) -> Failure {
    Failure {
        op_key: op_key.to_owned(),
        node: node.to_owned(),
        exit_status: Some("error".to_owned()),
        exit_reason: Some(reason.to_owned()),
        status: Some("complete".to_owned()),
        ..Failure::default()
    }
}

pub fn fail_count(resource: &str, node: &str, count: u32) -> History {
    History { node: node.into(), resource: resource.into(), fail_count: count, migration_threshold: Some(1_000_000), ..History::default() }
}

/// The picture of a manager's view on n1.
pub fn picture_of(view: ManagerView) -> Arc<Cluster> {
    let mut lab = Lab::of(&["n1"]);
    lab.manager(1, view);
    lab.picture()
}

pub fn service<'a>(cluster: &'a Cluster, id: &str) -> &'a Service {
    cluster.service(id).unwrap_or_else(|| panic!("no service {id} among {:?}", cluster.services.iter().map(|s| &s.id).collect::<Vec<_>>()))
}

pub fn alerts(cluster: &Cluster) -> Vec<(Severity, &'static str, &str)> {
    cluster.alerts.iter().map(|a| (a.severity, a.code.word(), a.subject.as_str())).collect()
}

pub fn severity_of(cluster: &Cluster, code: AlertCode, subject: &str) -> Option<Severity> {
    cluster.alerts.iter().find(|a| a.code == code && a.subject == subject).map(|a| a.severity)
}
