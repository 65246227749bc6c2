//! The node itself: tools, /proc, daemons, clock.

use std::fmt::Write as _;

use crate::domain::stamp::Stamp;
use crate::sim::world::{CPUS, NodeAt, World};
use crate::sim::{Manager, chance};

const TOOLS: &str = "crm_mon\ncibadmin\nstonith_admin\ncrm_node\ncrm_resource\ncrm_simulate\ncrm_attribute\ncorosync-quorumtool\n\
    corosync-cfgtool\ncorosync-cmapctl\ndlm_tool\nlvs\nvgs\npvs\ndmsetup\nmultipathd\nip\nsystemctl\njournalctl\nfindmnt\ndf\n\
    stdbuf\nsudo\nethtool\ntail\ncat\ndate\nlvmlockctl";

/// What a node of RHEL 6 has.
const OLD_TOOLS: &str = "clustat\nclusvcadm\ncman_tool\nfence_tool\ngroup_tool\nfence_node\nfence_ack_manual\nccs_tool\nccs\n\
    ccs_config_validate\nservice\nchkconfig\ndlm_tool\nlvs\nvgs\npvs\ndmsetup\nmultipath\nip\ndf\nstdbuf\nsudo\nethtool\ntail\ncat\ndate";

/// The script that looks for tools.
pub fn tools(world: &World, node: NodeAt) -> String {
    let name = world.name(node);
    if world.manager == Manager::Rgmanager {
        return format!(
            "@@quorate present\n{OLD_TOOLS}\n@@quorate uid\n0\n@@quorate hostname\n{name}\n@@quorate zone\n+0000\n@@quorate version clustat\n\
             clustat version 3.0.12.1\n\n@@quorate version ip\nip utility, iproute2-ss091226\n\n@@quorate version lvs\n\
             \x20 LVM version:     2.02.95(2)-RHEL6 (2012-05-16)\n\n@@quorate member\n"
        );
    }
    format!(
        "@@quorate present\n{TOOLS}\n@@quorate uid\n0\n@@quorate hostname\n{name}\n@@quorate zone\n+0000\n@@quorate version crm_mon\n\
         Pacemaker 2.1.5\nWritten by Andrew Beekhof and the Pacemaker project contributors\n\n@@quorate version corosync\n\
         Corosync Cluster Engine, version '3.1.7'\n\n@@quorate version ip\nip utility, iproute2-6.1.0, libbpf 1.1.2\n\n\
         @@quorate version lvs\n  LVM version:     2.03.16(2) (2022-05-18)\n\n@@quorate member\n{name}\n"
    )
}

/// `date +%s.%N`.
pub fn clock() -> String {
    let now = Stamp::now().0;
    format!("{}.{:09}\n", now.div_euclid(1_000_000), now.rem_euclid(1_000_000) * 1000)
}

/// The script that looks where libvirt listens, and when the files of its guests' processes were written.
pub fn libvirt(world: &World, node: NodeAt) -> String {
    let secs = |at: Stamp| at.0.div_euclid(1_000_000);
    let mut out = "@@quorate sockets\nrw /run/libvirt/libvirt-sock\nrw /run/libvirt/libvirt-sock-ro\n".to_owned();
    let mut here = world.guests.iter().enumerate().filter(|(at, _)| world.runs_on(*at) == Some(node)).peekable();
    if here.peek().is_some() {
        let _ = write!(out, "@@quorate guests\n{}\n", secs(world.now));
    }
    for (_, guest) in here {
        let _ = writeln!(out, "{} /run/libvirt/qemu/{}.pid", secs(guest.began), guest.name);
    }
    out
}

const MEMORY_KIB: u64 = 40 << 20;

/// uptime, load, memory, CPU.
pub fn sample(world: &World, node: NodeAt) -> String {
    let Some(n) = world.nodes.get(node) else { return String::new() };
    let up = n.booted.age(world.now);
    let cpu = world.cpu(node);
    let guests: u64 = world.guests.iter().filter(|g| g.on == Some(node)).map(|g| g.memory >> 10).sum();
    let free = MEMORY_KIB.saturating_sub(2 << 20).saturating_sub(guests / 10 * 9);
    let jiffies = u64::try_from(up.as_millis()).unwrap_or(0) / 10 * CPUS;
    // Before the simulation began it was at a fifth of its power.
    let before = u64::try_from(n.booted.age(world.began).as_millis()).unwrap_or(0) / 10 * CPUS;
    let busy = before / 5 + n.spent / 10_000;
    let total = jiffies.max(busy);
    let boot = chance::at(world.seed, node as u64 + 77, n.boots);
    let load = cpu * CPUS;
    let mut out = format!(
        "{}.{:02} {}.00\n{}.{:02} {}.{:02} {}.{:02} 3/512 4242\n{:08x}-0000-4000-8000-{:012x}\n",
        up.as_secs(),
        up.subsec_millis() / 10,
        up.as_secs() * CPUS / 2,
        load / 100,
        load % 100,
        load / 110,
        load % 100,
        load / 120,
        load % 100,
        boot >> 32,
        boot & 0xffff_ffff_ffff,
    );
    let _ = write!(out, "MemTotal:       {MEMORY_KIB} kB\nMemFree:        {} kB\nMemAvailable:   {free} kB\n", free / 2);
    let _ = writeln!(out, "cpu  {busy} 0 0 {} 0 0 0 0 0 0", total.saturating_sub(busy));
    for at in 0..CPUS {
        let _ = writeln!(out, "cpu{at} {} 0 0 {} 0 0 0 0 0 0", busy / CPUS, total.saturating_sub(busy) / CPUS);
    }
    out.push_str(match world.manager {
        Manager::Pacemaker => "\n@@quorate kernel\n6.1.0-28-amd64\n@@quorate os\nPRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\n",
        Manager::Rgmanager => "\n@@quorate kernel\n2.6.32-220.el6.x86_64\n@@quorate os\nCentOS release 6.2 (Final)\n",
    });
    out
}

/// Watchdog and sbd.
pub fn watchdog() -> String {
    "@@quorate devices\n/dev/watchdog0\n@@quorate identity\niTCO_wdt\n\n@@quorate state\ninactive\n\n@@quorate sbd\nno\n@@quorate config\n"
        .to_owned()
}

const UNITS: [&str; 7] = ["corosync", "pacemaker", "dlm", "lvmlockd", "libvirtd", "multipathd", "chronyd"];

/// `systemctl show -p Id,LoadState,ActiveState,SubState`.
pub fn units(world: &World, node: NodeAt) -> String {
    let clustered = world.nodes.get(node).is_some_and(|n| n.clustered);
    let mut out = String::new();
    for (at, unit) in UNITS.into_iter().enumerate() {
        let up = clustered || at >= 4;
        let (active, sub) = if up { ("active", "running") } else { ("inactive", "dead") };
        let _ = write!(out, "Id={unit}.service\nLoadState=loaded\nActiveState={active}\nSubState={sub}\n\n");
    }
    out
}

/// Names of processes.
pub fn daemons(world: &World, node: NodeAt) -> String {
    let clustered = world.nodes.get(node).is_some_and(|n| n.clustered);
    if world.manager == Manager::Rgmanager {
        let cluster = "corosync\nfenced\ndlm_controld\ngfs_controld\nrgmanager\nclvmd\n";
        return format!("init\nsshd\nmultipathd\nlibvirtd\nntpd\n{}", if clustered { cluster } else { "" });
    }
    let cluster = "corosync\npacemakerd\npacemaker-based\npacemaker-fence\npacemaker-execd\npacemaker-attrd\npacemaker-sched\npacemaker-contr\ndlm_controld\nlvmlockd\n";
    format!("systemd\nsshd\nmultipathd\nlibvirtd\nchronyd\n{}", if clustered { cluster } else { "" })
}
