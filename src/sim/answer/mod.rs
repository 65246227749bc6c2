//! What the tools of a simulated node print, in the formats of Debian 12 (pacemaker 2.1.5, corosync 3.1.7, LVM 2.03.16, iproute2 6.1) or of
//! RHEL 6 (cluster 3.0.12.1, rgmanager 3.0.12.1, LVM 2.02.95, an iproute2 without JSON, no systemd, no journal).

use std::collections::HashMap;

use super::Manager;
use super::world::{NodeAt, World};
use crate::domain::observation::host::Tools;
use crate::domain::observation::{Observation, Question};
use crate::domain::stamp::Stamp;
use crate::probe::{self, Raw};

mod corosync;
mod host;
pub mod net;
pub mod pacemaker;
pub mod rhcs;
pub mod storage;
pub mod streams;
mod xml;

/// What a command printed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Printed {
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
    /// Exit status.
    pub code: i32,
}

impl Printed {
    /// Output of a command that succeeded.
    pub fn ok(out: String) -> Self {
        Self { out, ..Self::default() }
    }

    /// Words of a command that failed.
    pub fn failed(code: i32, err: impl Into<String>) -> Self {
        Self { err: format!("{}\n", err.into()), code, ..Self::default() }
    }
}

/// Answers a question by its command, where it is one.
pub fn find(commands: &HashMap<Vec<String>, Question>, argv: &[String]) -> Option<Question> {
    commands.get(argv).copied()
}

/// Questions by the command that asks them on a node with these tools.
pub fn commands(world: &World) -> HashMap<Vec<String>, Question> {
    let tools = tools(world);
    let mut all = HashMap::new();
    for question in Question::ALL.into_iter().filter(|q| is_answered(*q, world.manager)) {
        for tools in [&tools, &Tools::default()] {
            if let Some(command) = probe::command(question, tools) {
                all.insert(command.argv().to_vec(), question);
            }
        }
    }
    all
}

/// What the cockpit will take the tools to be.
fn tools(world: &World) -> Tools {
    let said = host::tools(world, 0);
    let raw = Raw { command: "tools", stdout: said.as_bytes(), stderr: b"", code: 0 };
    match probe::parse(Question::Tools, raw) {
        Ok(Observation::Tools(tools)) => tools,
        _ => Tools::default(),
    }
}

/// Who answers a question.
#[derive(Clone, Copy, PartialEq, Eq)]
enum By {
    Any,
    Pacemaker,
    Rgmanager,
    Nobody,
}

const fn by(question: Question) -> By {
    use Question as Q;
    match question {
        Q::CrmMon | Q::Constraints | Q::FenceHistory | Q::FenceDevices | Q::Quorum | Q::Links | Q::LinkStats | Q::Cmap | Q::Units => {
            By::Pacemaker
        }
        Q::Clustat | Q::Cman | Q::Groups | Q::ClusterConf | Q::InitScripts => By::Rgmanager,
        Q::Tools
        | Q::Dlm
        | Q::Watchdog
        | Q::Daemons
        | Q::Host
        | Q::Clock
        | Q::Lvs
        | Q::Vgs
        | Q::Pvs
        | Q::DeviceMapper
        | Q::Filesystems
        | Q::Multipath
        | Q::Net
        | Q::Bonding
        | Q::LinkSpeeds
        | Q::LibvirtSockets => By::Any,
        // libvirt is a library's: the simulated one is another seam. The others' tools are on no simulated node.
        Q::Vmware
        | Q::VmwareStats
        | Q::Qdevice
        | Q::Iscsi
        | Q::GuestParams
        | Q::QuorumDisk
        | Q::VirtHost
        | Q::Guests
        | Q::GuestStats
        | Q::GuestJobs => By::Nobody,
    }
}

/// Whether a simulated node under this manager answers a question.
pub fn is_answered(question: Question, manager: Manager) -> bool {
    match by(question) {
        By::Any => true,
        By::Pacemaker => manager == Manager::Pacemaker,
        By::Rgmanager => manager == Manager::Rgmanager,
        By::Nobody => false,
    }
}

/// Answers a question.
pub fn print(world: &World, node: NodeAt, question: Question) -> Printed {
    let clustered = world.nodes.get(node).is_some_and(|n| n.clustered);
    match question {
        _ if by(question) == By::Pacemaker => of_pacemaker(world, node, question, clustered),
        _ if by(question) == By::Rgmanager => of_rgmanager(world, node, question, clustered),
        Question::Dlm => Printed::ok(corosync::dlm(world, node)),
        Question::Tools => Printed::ok(host::tools(world, node)),
        Question::Watchdog => Printed::ok(host::watchdog()),
        Question::Daemons => Printed::ok(host::daemons(world, node)),
        Question::Host => Printed::ok(host::sample(world, node)),
        Question::Clock => Printed::ok(host::clock()),
        Question::Lvs => Printed::ok(storage::lvs(world, node)),
        Question::Vgs => Printed::ok(storage::vgs(world, node)),
        Question::Pvs => Printed::ok(storage::pvs(world, node)),
        Question::DeviceMapper => Printed::ok(storage::device_mapper(world, node)),
        Question::Filesystems => Printed::ok(storage::filesystems(world, node)),
        Question::Multipath => Printed::ok(storage::multipath(world, node)),
        Question::Net => Printed::ok(net::links(world, node)),
        Question::Bonding => Printed::ok(net::bonding(world, node)),
        Question::LinkSpeeds => Printed::ok(net::speeds(world, node)),
        Question::LibvirtSockets => Printed::ok(host::libvirt(world, node)),
        _ => Printed::failed(127, "sh: not found"),
    }
}

fn of_pacemaker(world: &World, node: NodeAt, question: Question, clustered: bool) -> Printed {
    if question == Question::Units {
        return Printed::ok(host::units(world, node));
    }
    let manager = matches!(question, Question::CrmMon | Question::Constraints | Question::FenceHistory | Question::FenceDevices);
    match (clustered, manager) {
        (false, true) => return Printed::failed(102, "crm_mon: Connection to cluster failed: Connection refused"),
        (false, false) => return Printed::failed(1, "Cannot initialize CMAP service"),
        (true, _) => {}
    }
    Printed::ok(match question {
        Question::CrmMon => pacemaker::monitor(world, node),
        Question::Constraints => pacemaker::constraints(world),
        Question::FenceHistory => pacemaker::history(world),
        Question::FenceDevices => pacemaker::devices(world, node),
        Question::Quorum => corosync::quorum(world, node),
        Question::Links => corosync::links(world, node),
        Question::LinkStats => corosync::stats(world, node),
        _ => corosync::map(world, node),
    })
}

fn of_rgmanager(world: &World, node: NodeAt, question: Question, clustered: bool) -> Printed {
    match question {
        Question::ClusterConf => return Printed::ok(crate::sim::conf::shown(world, node)),
        Question::InitScripts => return Printed::ok(rhcs::scripts(world, node)),
        Question::Clustat if !clustered => return Printed::failed(255, "Could not connect to CMAN: No such file or directory"),
        _ if !clustered => return Printed::failed(1, "cman_tool: Cannot open connection to cman, is it running ?"),
        _ => {}
    }
    Printed::ok(match question {
        Question::Clustat => rhcs::clustat(world, node),
        Question::Cman => rhcs::cman(world, node),
        _ => rhcs::groups(world, node),
    })
}

/// `Sun Nov 22 22:11:22 2026`, as ctime(3) prints it, UTC.
pub fn ctime(at: Stamp) -> String {
    let time = jiff::Timestamp::from_microsecond(at.0).unwrap_or_default();
    time.strftime("%a %b %e %H:%M:%S %Y").to_string()
}

/// `2026-11-22 22:11:22Z`.
pub fn iso(at: Stamp) -> String {
    let time = jiff::Timestamp::from_microsecond(at.0).unwrap_or_default();
    time.strftime("%Y-%m-%d %H:%M:%SZ").to_string()
}
