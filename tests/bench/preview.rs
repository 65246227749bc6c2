//! What a fencing would do, shown before a name is typed: from the manager's answer to the lines of the dialog, for 8 nodes and 250 guests.

use std::fmt::Write as _;
use std::sync::Arc;

use quorate::action::inquiry::What;
use quorate::action::plan::{self, Input};
use quorate::action::{Findings, Intent, Query};
use quorate::app::act::page;
use quorate::domain::cluster::{Cluster, Member, MemberStatus, Service, ServiceKind, ServiceState, Stack};
use quorate::domain::node::{NodeKey, Reach};
use quorate::domain::task::{Action, FenceHow};
use quorate::probe::Raw;

use super::sample::NOW;
use super::{clock, line};

const NODES: usize = 8;
const GUESTS: usize = 250;
const ROUNDS: usize = 200;

fn cluster() -> Cluster {
    let name = |at: usize| Arc::from(format!("virt{}.example.net", at % NODES + 1));
    let member = |at: usize| Member {
        name: name(at),
        status: MemberStatus::Online,
        votes: Some(1),
        node: Some(NodeKey(at as u32)),
        reach: Reach::Up { since: NOW, note: None },
        manager: Some(true),
        ..Member::default()
    };
    let service = |at: usize| Service {
        id: format!("vm-{at}"),
        kind: ServiceKind::Vm,
        state: ServiceState::Started,
        owner: Some(name(at)),
        owners: vec![name(at)],
        ..Service::default()
    };
    let mut cluster =
        Cluster { members: (0..NODES).map(member).collect(), services: (0..GUESTS).map(service).collect(), ..Cluster::default() };
    cluster.stack = Some(Stack::Pacemaker);
    (cluster.quorum.total, cluster.quorum.needed, cluster.quorum.quorate) = (Some(8), Some(5), Some(true));
    cluster
}

/// What crm_simulate prints: all that stays and all that goes.
fn simulation() -> String {
    let mut xml = String::from("<pacemaker-result api-version=\"2.25\" request=\"crm_simulate\"><cluster_status/><actions>\n");
    xml.push_str("<node_action task=\"Fence (reboot)\" node=\"virt1.example.net\" reason=\"peer is no longer part of the cluster\"/>\n");
    for at in 0..GUESTS {
        let (on, to) = (at % NODES + 1, (at / NODES) % (NODES - 1) + 2);
        let _ = match on {
            1 => writeln!(
                xml,
                "<rsc_action action=\"move\" resource=\"vm-{at}\" source=\"virt1.example.net\" dest=\"virt{to}.example.net\"/>"
            ),
            _ => writeln!(xml, "<rsc_action action=\"leave\" resource=\"vm-{at}\" node=\"virt{on}.example.net\" role=\"Started\"/>"),
        };
    }
    xml.push_str("</actions><status code=\"0\" message=\"OK\"/></pacemaker-result>\n");
    xml
}

pub fn run() {
    let (cluster, answer) = (cluster(), simulation());
    let node = "virt1.example.net".to_owned();
    let action = Action::Fence { node: node.clone(), how: FenceHow::Reboot };
    let intent = Intent { action, by: "anna@bastion".to_owned(), from: "192.0.2.7".to_owned(), tag: "7f3a90c2".to_owned() };
    let query = Query::new(&cluster.members[1].name, What::NodeFails(node));
    let mut samples: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            clock::cost(|| {
                let mut found = Findings::default();
                found.put(query.clone(), query.parse(Raw { command: "crm_simulate", stdout: answer.as_bytes(), stderr: b"", code: 0 }));
                let plan = plan::plan(&Input { intent: &intent, cluster: &cluster, found: &found, now: NOW }).unwrap();
                assert_eq!(plan.consequences.fates.len(), GUESTS.div_ceil(NODES));
                let facts = page::facts(&plan, &[], &quorate::app::names::Names::default());
                let document = page::document(104, &[], &facts, &facts, None);
                assert!(document.lines.len() > 10);
            }) / 1e3
        })
        .collect();
    line::alone("preview-fence-8-nodes-250-guests", clock::median(&mut samples), "ms", 5.0);
}
