//! What the tools of a simulated node print, in the formats of Debian 12: pacemaker 2.1.5, corosync 3.1.7, LVM 2.03.16, iproute2 6.1.

use std::collections::HashMap;

use super::world::{NodeAt, World};
use crate::domain::observation::host::Tools;
use crate::domain::observation::{Observation, Question};
use crate::domain::stamp::Stamp;
use crate::probe::{self, Raw};

mod corosync;
mod host;
pub mod net;
mod pacemaker;
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

/// Questions by the command that asks them on a node with these tools.
pub fn commands(world: &World) -> HashMap<Vec<String>, Question> {
    let tools = tools(world);
    let mut all = HashMap::new();
    for question in QUESTIONS {
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

/// All that a simulated node answers.
const QUESTIONS: [Question; 25] = [
    Question::Tools,
    Question::CrmMon,
    Question::Constraints,
    Question::FenceHistory,
    Question::FenceDevices,
    Question::Quorum,
    Question::Links,
    Question::LinkStats,
    Question::Cmap,
    Question::Dlm,
    Question::Watchdog,
    Question::Units,
    Question::Daemons,
    Question::Host,
    Question::Clock,
    Question::Lvs,
    Question::Vgs,
    Question::Pvs,
    Question::DeviceMapper,
    Question::Filesystems,
    Question::Multipath,
    Question::Net,
    Question::Bonding,
    Question::LinkSpeeds,
    Question::LibvirtSockets,
];

/// Answers a question.
pub fn print(world: &World, node: NodeAt, question: Question) -> Printed {
    let clustered = world.nodes.get(node).is_some_and(|n| n.clustered);
    match question {
        Question::CrmMon | Question::Constraints | Question::FenceHistory | Question::FenceDevices if !clustered => {
            Printed::failed(102, "crm_mon: Connection to cluster failed: Connection refused")
        }
        Question::Quorum | Question::Links | Question::LinkStats | Question::Cmap if !clustered => {
            Printed::failed(1, "Cannot initialize CMAP service")
        }
        Question::CrmMon => Printed::ok(pacemaker::monitor(world, node)),
        Question::Constraints => Printed::ok(pacemaker::constraints(world)),
        Question::FenceHistory => Printed::ok(pacemaker::history(world)),
        Question::FenceDevices => Printed::ok(pacemaker::devices(world, node)),
        Question::Quorum => Printed::ok(corosync::quorum(world, node)),
        Question::Links => Printed::ok(corosync::links(world, node)),
        Question::LinkStats => Printed::ok(corosync::stats(world, node)),
        Question::Cmap => Printed::ok(corosync::map(world, node)),
        Question::Dlm => Printed::ok(corosync::dlm(world, node)),
        Question::Tools => Printed::ok(host::tools(world, node)),
        Question::Watchdog => Printed::ok(host::watchdog()),
        Question::Units => Printed::ok(host::units(world, node)),
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
        Question::LibvirtSockets => {
            Printed::ok("@@quorate sockets\nrw /run/libvirt/libvirt-sock\nrw /run/libvirt/libvirt-sock-ro\n".to_owned())
        }
        _ => Printed::failed(127, "sh: not found"),
    }
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
