//! What must be said before a plan can be made: the target node, the size, the way of fencing.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::look::Look;
use crate::action::{named, plain, vmware};
use crate::app::line::InputLine;
use crate::app::words;
use crate::domain::cluster::{Cluster, Member, MemberStatus, PhysicalVolume};
use crate::domain::observation::manager::NodeKind;
use crate::domain::size;
use crate::domain::task::{Action, FenceHow, GrowSize, Limits, Recovery, VolumeName};

/// Something to choose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// What it would be.
    pub action: Action,
    /// Its name.
    pub label: String,
    /// What is known of it.
    pub note: String,
    /// Why it cannot be, as far as the picture tells.
    pub closed: Option<String>,
}

/// A list to choose from.
#[derive(Clone, Debug)]
pub struct Choosing {
    /// The choices.
    pub choices: Vec<Choice>,
    /// The marked one.
    pub cursor: usize,
    /// Whether each is looked into while it is marked.
    pub looks_ahead: bool,
    /// What was found about those that were marked.
    pub looks: BTreeMap<usize, Look>,
}

impl Choosing {
    /// With the first open choice marked.
    pub fn new(choices: Vec<Choice>, looks_ahead: bool) -> Self {
        let cursor = choices.iter().position(|c| c.closed.is_none()).unwrap_or(0);
        Self { choices, cursor, looks_ahead, looks: BTreeMap::new() }
    }

    /// The marked one.
    pub fn marked(&self) -> Option<&Choice> {
        self.choices.get(self.cursor)
    }
}

/// What is typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Typed {
    /// How far a volume grows.
    Size(VolumeName),
    /// The name of a guest, and the nodes that it prefers.
    Guest,
    /// How many votes to expect.
    Votes,
    /// What the migration of a service may take.
    Limits(String),
}

/// An input line for it.
#[derive(Clone, Debug)]
pub struct Typing {
    /// What.
    pub of: Typed,
    /// What stands there.
    pub input: InputLine,
    /// Why the last enter came to nothing.
    pub mistake: Option<String>,
}

impl Typing {
    /// Nothing typed yet.
    pub fn new(of: Typed) -> Self {
        Self { of, input: InputLine::default(), mistake: None }
    }

    /// What was typed, as an action.
    pub fn action(&self) -> Result<Action, String> {
        let text = self.input.text().trim();
        match &self.of {
            Typed::Size(volume) => {
                let (by, number) = text.strip_prefix('+').map_or((false, text), |rest| (true, rest));
                let bytes = size::parse(number.trim())?;
                let size = if by { GrowSize::By(bytes) } else { GrowSize::To(bytes) };
                Ok(Action::Grow { volume: volume.clone(), size })
            }
            Typed::Votes => match text.parse() {
                Ok(votes @ 1..) => Ok(Action::Expected { votes }),
                _ => Err("a number of votes is expected, one at least".to_owned()),
            },
            Typed::Limits(service) => Ok(Action::Limit { service: service.clone(), limits: limits(text)? }),
            Typed::Guest => {
                let mut names = text.split([' ', ',']).filter(|w| !w.is_empty()).map(str::to_owned);
                let guest = names.next().ok_or("the guest's name is expected, then the nodes that it prefers")?;
                Ok(Action::Register { guest, prefer: names.collect() })
            }
        }
    }
}

/// `500ms`, `8M`, or both: what ends in s is a time.
fn limits(text: &str) -> Result<Limits, String> {
    let mut limits = Limits::default();
    for word in text.split([' ', ',']).filter(|w| !w.is_empty()) {
        if word.ends_with('s') && !word.ends_with("/s") {
            limits.downtime_ms = Some(Limits::downtime(word)?);
        } else {
            limits.bandwidth_mib = Some(Limits::bandwidth(word)?);
        }
    }
    if limits.is_none() { Err("a time like 500ms or 2s, an amount in a second like 8M, or both".to_owned()) } else { Ok(limits) }
}

/// Nodes to which a service could be moved.
pub fn nodes(service: &str, cluster: &Cluster) -> Vec<Choice> {
    let rows = plain::rows(cluster, service);
    let owners = match cluster.service(service) {
        Some(service) => service.owners.clone(),
        None => rows.iter().filter(|g| g.state.is_active()).map(|g| Arc::clone(&g.node)).collect(),
    };
    let barred = |m: &Member| match rows.first() {
        // libvirt alone moves it: what the manager has against a node does not count.
        Some(_) => plain::barred(cluster, m),
        None => (m.status != MemberStatus::Online).then(|| format!("{} is {}", m.name, m.status.word())),
    };
    let other = |m: &&Member| !owners.contains(&m.name) && m.kind == NodeKind::Member;
    let choice = |m: &Member| Choice {
        action: Action::Relocate { service: service.to_owned(), to: m.name.to_string(), how: None, limits: Limits::default() },
        label: m.name.to_string(),
        note: load(m),
        closed: barred(m),
    };
    cluster.members.iter().filter(other).map(choice).collect()
}

fn load(member: &Member) -> String {
    let guests = words::count(member.guests, "guest", "guests");
    if !member.reach.is_up() {
        return format!("{guests}, does not answer quorate");
    }
    let figure = |name: &str, value: Option<f64>| value.map(|v| format!("{name} {}", words::percent(v)));
    let figures = [figure("CPU", member.host.cpu_percent), figure("memory", member.host.memory_percent)];
    std::iter::once(guests).chain(figures.into_iter().flatten()).collect::<Vec<_>>().join(", ")
}

/// What fencing can do to a node.
pub fn fencings(node: &Arc<str>) -> Vec<Choice> {
    let choice = |(how, note): (FenceHow, &str)| Choice {
        action: Action::Fence { node: node.to_string(), how },
        label: how.word().to_owned(),
        note: note.to_owned(),
        closed: None,
    };
    [
        (FenceHow::Reboot, "off and on again, by its fence device"),
        (FenceHow::Off, "off, and it stays off"),
        (FenceHow::On, "on again, after it was fenced off"),
    ]
    .map(choice)
    .into()
}

/// Other failover domains for a service of rgmanager, and other ways to recover it.
pub fn policies(service: &str, cluster: &Cluster) -> Vec<Choice> {
    let facts = cluster.service(service).and_then(|s| s.rhcs.as_ref());
    let Some(conf) = facts.and_then(|r| r.conf.as_ref()) else { return Vec::new() };
    let choice = |domain: Option<&str>, recovery: Option<Recovery>, label: String, note: String| Choice {
        action: Action::Policy { service: service.to_owned(), domain: domain.map(str::to_owned), recovery },
        label,
        note,
        closed: None,
    };
    let mut all: Vec<Choice> = Vec::new();
    for domain in cluster.rhcs.iter().flat_map(|r| &r.domains).filter(|d| conf.domain.as_deref() != Some(d.name.as_str())) {
        let flags = [(domain.ordered, "ordered"), (domain.restricted, "restricted"), (domain.nofailback, "no failback")];
        let flags = flags.iter().filter(|(on, _)| *on).map(|(_, word)| *word);
        let nodes = domain.nodes.iter().map(|(name, _)| name.split('.').next().unwrap_or(name)).collect::<Vec<_>>().join(" ");
        let note = std::iter::once(nodes.as_str()).chain(flags).collect::<Vec<_>>().join(", ");
        all.push(choice(Some(&domain.name), None, format!("domain {}", domain.name), note));
    }
    if conf.domain.is_some() {
        all.push(choice(Some("none"), None, "no domain".to_owned(), "every node is as good".to_owned()));
    }
    for (recovery, note) in [
        (Recovery::Restart, "where it was; elsewhere after too many times"),
        (Recovery::Relocate, "on another node"),
        (Recovery::Disable, "it stays down"),
        (Recovery::RestartDisable, "where it was; if that fails, down"),
    ] {
        if conf.recovery != recovery.word() {
            all.push(choice(None, Some(recovery), format!("recovery {}", recovery.word()), format!("when it fails: {note}")));
        }
    }
    all
}

/// The answers to the question that the guest of a service waits with.
pub fn answers(service: &str, cluster: &Cluster) -> Vec<Choice> {
    let managed = cluster.guests.iter().filter(|g| g.managed_by.as_deref() == Some(service));
    let mine = managed.chain(vmware::lone(cluster, service));
    let Some(question) = mine.filter_map(|g| g.vmware.as_ref()).find_map(|v| v.question.as_ref()) else { return Vec::new() };
    let choice = |(number, word): &(u32, String)| Choice {
        action: Action::Answer { service: service.to_owned(), choice: number.to_string() },
        label: format!("{number} {word}"),
        note: if question.default == Some(*number) { "what VMware would take by default" } else { "" }.to_owned(),
        closed: None,
    };
    question.choices.iter().map(choice).collect()
}

/// Where the extents of a physical volume could go.
pub fn volumes(pv: &PhysicalVolume, cluster: &Cluster) -> Vec<Choice> {
    let name = named::pv(cluster, pv);
    let ours = |p: &&PhysicalVolume| p.vg.is_some() && p.vg == pv.vg && p.seen_by.iter().any(|node| pv.seen_by.contains(node));
    let others = cluster.pvs.iter().filter(|p| !std::ptr::eq(*p, pv)).filter(ours);
    let anywhere = Choice {
        action: Action::Evacuate { pv: name.clone(), onto: None },
        label: "anywhere".to_owned(),
        note: "wherever its group has room".to_owned(),
        closed: None,
    };
    let choice = |p: &PhysicalVolume| Choice {
        action: Action::Evacuate { pv: name.clone(), onto: Some(named::pv(cluster, p)) },
        label: p.path.clone(),
        note: p.free.map_or_else(String::new, |free| format!("{} free", words::bytes(free))),
        closed: (p.free == Some(0)).then(|| "nothing is free there".to_owned()),
    };
    std::iter::once(anywhere).chain(others.map(choice)).collect()
}
