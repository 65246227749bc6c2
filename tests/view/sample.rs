//! Clusters to draw: healthy, degraded, split, hostile, and large ones.

use std::sync::Arc;
use std::time::Duration;

use quorate::app::{Model, Msg, Setup, update};
use quorate::domain::alert::{Alert, AlertCode};
use quorate::domain::cluster::*;
use quorate::domain::event::{Event, Severity, Source};
use quorate::domain::node::{LinkFault, LinkTrouble, NodeKey, Reach};
use quorate::domain::observation::host::Unit;
use quorate::domain::observation::manager::{Change, Constraint, FenceRecord, FenceStatus, Options};
use quorate::domain::observation::storage::{IscsiSession, MapRow, PathRow};
use quorate::domain::observation::{Question, Trouble, TroubleKind};
use quorate::domain::stamp::Stamp;
use quorate::domain::text::clean;
use quorate::keymap::Keymap;
use quorate::theme::{Depth, Theme};

/// 2026-11-22 22:49:00 UTC.
pub const NOW: Stamp = Stamp(1_795_387_740_000_000);

pub fn ago(seconds: i64) -> Stamp {
    NOW.shifted(-seconds * 1_000_000)
}

pub fn arcs(names: &[&str]) -> Vec<Arc<str>> {
    names.iter().map(|n| Arc::from(*n)).collect()
}

/// An operator's session.
pub fn acting() -> quorate::app::act::Acting {
    quorate::app::act::Acting {
        gate: quorate::action::gate::Session::default(),
        from: "10.0.0.9".to_owned(),
        nonce: "7f3a90".to_owned(),
        hindrance: None,
    }
}

pub fn setup(width: u16, height: u16) -> Setup {
    Setup {
        clusters: vec!["net-cluster".to_owned()],
        current: Some("net-cluster".to_owned()),
        role: "operator".to_owned(),
        read_only: false,
        acting: acting(),
        who: "anna@bastion".to_owned(),
        ascii: false,
        wallboard: false,
        theme: Theme::load("default", None, Depth::Ansi16).unwrap(),
        themes: quorate::theme::SHIPPED.iter().map(|s| s.0.to_owned()).collect(),
        keymap: Keymap::load("default", None).unwrap(),
        size: (width, height),
        now: NOW,
        zone: jiff::tz::TimeZone::UTC,
        stale_after: Duration::from_secs(30),
        simulated: false,
    }
}

/// A model that has looked at its cluster for two hours.
pub fn model_of(mut setup: Setup, cluster: Cluster) -> Model {
    let now = std::mem::replace(&mut setup.now, ago(7200));
    let mut model = Model::new(setup);
    update(&mut model, Msg::Picture(Arc::new(Cluster { name: cluster.name.clone(), ..Cluster::default() })));
    update(&mut model, Msg::Tick(now));
    update(&mut model, Msg::Picture(Arc::new(cluster)));
    model
}

fn member(i: u32, name: &str) -> Member {
    let percent = |base: u32| Some(f64::from((i * 17 + base) % 80));
    Member {
        name: name.into(),
        node: Some(NodeKey(i)),
        id: Some((i + 1).to_string()),
        votes: Some(1),
        status: MemberStatus::Online,
        manager: Some(true),
        reach: Reach::Up { since: ago(7200), note: None },
        answered: Some(ago(1)),
        host: HostFigures {
            at: Some(ago(1)),
            uptime: Some(Duration::from_secs(u64::from(51_u32.saturating_sub(i % 50)) * 3600)),
            cpus: Some(16),
            memory_bytes: Some(32 << 30),
            cpu_percent: percent(12),
            memory_percent: percent(41),
            load: Some([0.5, 0.4, 0.3]),
            nics: Some(4),
            kernel: Some("6.1.0-28-amd64".to_owned()),
            os: Some("Debian GNU/Linux 12 (bookworm)".to_owned()),
            hostname: Some(name.to_owned()),
            cpu_history: vec![10, 20, 30],
        },
        clock_offset: Some((1500, 400)),
        units: vec![
            Unit { name: "corosync".into(), load: "loaded".into(), active: "active".into(), sub: "running".into() },
            Unit { name: "pacemaker".into(), load: "loaded".into(), active: "active".into(), sub: "running".into() },
        ],
        streams: StreamFacts { live: vec!["journal".into(), "netlink".into()], polled: Vec::new() },
        services: 3,
        guests: 2,
        ..Member::default()
    }
}

fn links(c: &mut Cluster) {
    let names: Vec<Arc<str>> = c.members.iter().map(|m| m.name.clone()).collect();
    for m in &mut c.members {
        for peer in names.iter().filter(|p| **p != m.name) {
            for number in 0..2 {
                m.links.push(PeerLink {
                    number,
                    peer: Some(peer.clone()),
                    connected: Some(true),
                    latency: Some(Duration::from_micros(180)),
                    down_count: Some(0),
                    addresses: (Some(format!("10.{number}.0.1")), Some(format!("10.{number}.0.2"))),
                    detail: None,
                });
            }
        }
    }
}

fn service(id: &str, owner: &str) -> Service {
    Service {
        id: id.to_owned(),
        kind: ServiceKind::Vm,
        agent: Some("ocf:heartbeat:VirtualDomain".to_owned()),
        state: ServiceState::Started,
        owner: Some(owner.into()),
        owners: arcs(&[owner]),
        since: Some(ago(86_400)),
        ..Service::default()
    }
}

fn volume(vg: &str, lv: &str, gib: u64, on: &[&str]) -> Volume {
    Volume {
        vg: vg.to_owned(),
        lv: lv.to_owned(),
        uuid: Some(format!("uuid-{vg}-{lv}")),
        size: Some(gib << 30),
        active_on: arcs(on),
        seen_by: arcs(&["n1", "n2", "n3", "n4", "n5"]),
        attr: "-wi-ao----".to_owned(),
        ..Volume::default()
    }
}

fn bond(node: &str, name: &str, ports: [&str; 2]) -> Bond {
    let port = |name: &str| Port {
        name: name.to_owned(),
        up: true,
        speed_mbps: Some(1000),
        duplex: Some("full".to_owned()),
        failures: Some(0),
        partner: None,
    };
    Bond {
        node: node.into(),
        name: name.to_owned(),
        mode: "active-backup".to_owned(),
        status: BondStatus::Up,
        active_port: Some(ports[0].to_owned()),
        ports: ports.map(port).to_vec(),
        bridge: (name == "bond0").then(|| "br0".to_owned()),
        vlans: if name == "bond1" { vec![("bond1.12".to_owned(), 12)] } else { Vec::new() },
        ..Bond::default()
    }
}

/// Five nodes, fifteen services, everything well.
pub fn healthy() -> Cluster {
    let names = ["n1", "n2", "n3", "n4", "n5"];
    let mut c = Cluster {
        name: Some("net-cluster".to_owned()),
        stack: Some(Stack::Pacemaker),
        version: Some("2.1.5-a3f44794f94".to_owned()),
        quorum: Quorum {
            quorate: Some(true),
            answered: true,
            total: Some(5),
            expected: Some(5),
            needed: Some(3),
            can_lose: Some(2),
            flags: Vec::new(),
            partitions: vec![Partition {
                said_by: names.iter().map(|n| Sight { by: (*n).into(), at: ago(1) }).collect(),
                members: arcs(&names),
                quorate: Some(true),
                votes: Some(5),
            }],
            qdevice: None,
        },
        members: names.iter().zip(0..).map(|(n, i)| member(i, n)).collect(),
        fence_devices: names
            .iter()
            .map(|n| FenceDevice { name: format!("ipmi-{n}"), on: arcs(&names).into_iter().filter(|o| **o != **n).collect() })
            .collect(),
        fence_views: 5,
        options: Options { fencing_enabled: Some(true), maintenance_mode: Some(false), ..Options::default() },
        last_change: Some(Change { time: "Sun Nov 22 20:01:02 2026".to_owned(), user: Some("root".to_owned()), ..Change::default() }),
        manager_sight: Some(Sight { by: "n1".into(), at: ago(1) }),
        at: ago(1),
        ..Cluster::default()
    };
    c.members[0].dc = true;
    links(&mut c);
    let owners = [
        ("abbone", "n4"),
        ("db", "n2"),
        ("dhcp1", "n1"),
        ("dhcp2", "n5"),
        ("eduroam", "n2"),
        ("licman2", "n3"),
        ("mail", "n4"),
        ("mx1", "n5"),
        ("ns1", "n1"),
        ("ns2", "n5"),
        ("radius1", "n2"),
        ("web2", "n4"),
        ("wiki", "n5"),
        ("www.cnaf", "n5"),
    ];
    c.services = owners.iter().map(|(id, owner)| service(id, owner)).collect();
    c.services.push(Service {
        id: "dlm-clone".into(),
        kind: ServiceKind::Clone,
        state: ServiceState::Started,
        owners: arcs(&names),
        ..Service::default()
    });
    c.services.push(Service {
        id: "dlm".into(),
        kind: ServiceKind::Resource,
        state: ServiceState::Started,
        owners: arcs(&names),
        parent: Some("dlm-clone".into()),
        ..Service::default()
    });
    c.services.sort_by(|a, b| a.id.cmp(&b.id));
    *c.constraints = vec![Constraint::Location {
        id: "prefer-n5".into(),
        resource: "wiki".into(),
        pattern: false,
        node: Some("n5".into()),
        score: Some(100),
        role: None,
        rule: None,
        expires: None,
    }];
    store(&mut c);
    for node in names {
        equip(&mut c, node);
    }
    c
}

/// A shared volume group with what is in it.
fn store(c: &mut Cluster) {
    let names = ["n1", "n2", "n3", "n4", "n5"];
    *c.groups = vec![VolumeGroup {
        name: "vg_cluster".into(),
        uuid: Some("vg-uuid".into()),
        size: Some(4 << 40),
        free: Some(1200 << 30),
        shared: true,
        lock_type: Some("dlm".into()),
        seen_by: arcs(&names),
        sight: Sight { by: "n1".into(), at: ago(1) },
    }];
    *c.volumes = vec![volume("vg_cluster", "lv_db", 50, &["n2"]), volume("vg_cluster", "lv_wiki", 20, &["n5"])];
    c.volumes[1].used_by = vec!["wiki".into()];
    *c.pvs = vec![PhysicalVolume {
        path: "/dev/mapper/san1".into(),
        vg: Some("vg_cluster".into()),
        size: Some(4 << 40),
        free: Some(1200 << 30),
        seen_by: arcs(&names),
        ..PhysicalVolume::default()
    }];
}

/// Filesystem, paths, bonds, interfaces and an iSCSI session of a node.
fn equip(c: &mut Cluster, node: &str) {
    c.filesystems.push(Filesystem {
        node: node.into(),
        mount: "/netcluster0".into(),
        kind: "gfs2".into(),
        source: "vg_cluster/lv_gfs".into(),
        size: Some(1_870_000_000_000),
        used: Some(187_000_000_000),
        available: Some(1_683_000_000_000),
        read_only: false,
        at: ago(1),
    });
    let path = |device: &str| PathRow {
        device: device.into(),
        dm_state: "active".into(),
        checker_state: "ready".into(),
        device_state: "running".into(),
        host: None,
    };
    c.maps.push(PathMap {
        node: node.into(),
        active: 2,
        total: 2,
        most: 2,
        map: MapRow { name: "san1".into(), paths: vec![path("sdb"), path("sdc")], ..MapRow::default() },
        at: ago(1),
    });
    c.bonds.push(bond(node, "bond0", ["eth0", "eth2"]));
    c.bonds.push(bond(node, "bond1", ["eth1", "eth3"]));
    for port in ["br0", "eth0", "eth1", "eth2", "eth3"] {
        c.nics.push(Interface {
            node: node.into(),
            name: port.into(),
            kind: (port == "br0").then(|| "bridge".to_owned()),
            state: "up".into(),
            mtu: Some(1500),
            speed_mbps: Some(1000),
            duplex: Some("full".into()),
            is_nic: port != "br0",
            addresses: if port == "br0" { vec!["131.154.1.7/24".into()] } else { Vec::new() },
            ..Interface::default()
        });
    }
    c.iscsi.push((
        node.into(),
        IscsiSession {
            sid: Some(1),
            target: "iqn.2026-11.org.example:san".into(),
            portal: "10.0.9.1:3260".into(),
            session_state: Some("LOGGED_IN".into()),
            connection_state: Some("LOGGED IN".into()),
            devices: vec!["sdb".into()],
        },
    ));
}

pub fn alert(severity: Severity, code: AlertCode, subject: &str, text: &str) -> Alert {
    Alert { severity, code, subject: subject.into(), text: clean(text), since: ago(29) }
}

/// What goes wrong in screens.md.
pub fn degraded() -> Cluster {
    let mut c = healthy();
    let s = |c: &mut Cluster, id: &str, change: &dyn Fn(&mut Service)| {
        change(c.services.iter_mut().find(|s| s.id == id).unwrap());
    };
    s(&mut c, "db", &|s| {
        s.owner = None;
        s.owners = arcs(&["n2", "n5"]);
        s.reason = Some("runs on n2 and n5".into());
    });
    s(&mut c, "licman2", &|s| {
        s.state = ServiceState::Migrating;
        s.moving_to = Some("n4".into());
        s.since = Some(ago(40));
    });
    s(&mut c, "www.cnaf", &|s| {
        s.state = ServiceState::Stopped;
        s.failed_operation = true;
        s.owner = None;
        s.last_owner = Some("n5".into());
        s.owners = Vec::new();
        s.failures = 3;
        s.reason = Some("start failed on n5: timed out after 60 s".into());
        s.since = Some(ago(700));
    });
    c.members[2].status = MemberStatus::Standby;
    for link in c.members[2].links.iter_mut().filter(|l| l.number == 1) {
        link.connected = Some(false);
        link.down_count = Some(4);
    }
    c.maps[2].active = 1;
    c.maps[2].map.paths[1].dm_state = "failed".into();
    c.volumes[0].data_percent = Some(92.0);
    c.volumes[0].active_on = arcs(&["n2", "n5"]);
    c.bonds[3].status = BondStatus::Degraded;
    c.bonds[3].active_port = Some("eth3".into());
    c.bonds[3].ports[0].up = false;
    c.bonds[3].ports[0].failures = Some(2);
    c.fences = vec![FenceRecord {
        target: "n3".into(),
        action: "reboot".into(),
        status: FenceStatus::Success,
        origin: Some("n1".into()),
        client: None,
        delegate: Some("n1".into()),
        completed: Some(ago(172_800)),
        completed_local: None,
        reason: None,
    }];
    c.alerts = vec![
        alert(Severity::Critical, AlertCode::GuestTwice, "db", "db runs TWICE: n2 and n5, same UUID"),
        alert(Severity::Critical, AlertCode::ServiceFailed, "www.cnaf", "www.cnaf failed to start on n5: timed out after 60 s"),
        alert(Severity::Warning, AlertCode::BondDegraded, "n2:bond1", "n2 bond1: eth1 is down, one cable from outage"),
        alert(Severity::Warning, AlertCode::PathLost, "n3:san1", "n3 has lost 1 of 2 paths to san1"),
        alert(Severity::Warning, AlertCode::VolumeFull, "vg_cluster/lv_db", "vg_cluster/lv_db is 92% full"),
    ];
    c
}

/// A node is switched off, the others see it.
pub fn node_lost() -> Cluster {
    let mut c = healthy();
    c.members[3].status = MemberStatus::Offline;
    c.members[3].reach =
        Reach::Down { since: ago(500), trouble: LinkTrouble { fault: LinkFault::Timeout, text: "no answer to TCP connect in 3 s".into() } };
    c.members[3].answered = Some(ago(500));
    c.members[4].host.at = None;
    c.members[4].troubles = vec![(Question::Host, Trouble::new(TroubleKind::Denied, "needs sudo: cat /proc/stat"))];
    c.quorum.total = Some(4);
    c.quorum.can_lose = Some(1);
    c.alerts = vec![alert(Severity::Warning, AlertCode::MemberOffline, "n4", "n4 is offline")];
    c
}

/// A node is lost, the others fence it: an incident in its first seconds.
pub fn fencing() -> Cluster {
    let mut c = healthy();
    c.members[1].status = MemberStatus::Unclean;
    c.members[1].reach =
        Reach::Down { since: ago(9), trouble: LinkTrouble { fault: LinkFault::Timeout, text: "the link was silent for 3 s".into() } };
    c.members[1].answered = Some(ago(12));
    for link in c.members.iter_mut().flat_map(|m| &mut m.links).filter(|l| l.peer.as_deref() == Some("n2")) {
        link.connected = Some(false);
    }
    c.members[1].links.clear();
    c.quorum.total = Some(4);
    c.quorum.can_lose = Some(1);
    c.quorum.partitions[0].votes = Some(4);
    c.quorum.partitions[0].members.retain(|m| &**m != "n2");
    c.quorum.partitions[0].said_by.retain(|s| &*s.by != "n2");
    for s in c.services.iter_mut().filter(|s| s.owner.as_deref() == Some("n2")) {
        s.state = ServiceState::Unknown;
        s.reason = Some("n2 is lost and not yet fenced".into());
        s.since = Some(ago(11));
    }
    c.fences = vec![FenceRecord {
        target: "n2".into(),
        action: "reboot".into(),
        status: FenceStatus::Pending,
        origin: Some("n1".into()),
        client: Some("pacemaker-controld.1234".into()),
        delegate: Some("n4".into()),
        completed: None,
        completed_local: None,
        reason: None,
    }];
    c.alerts = vec![
        alert(
            Severity::Critical,
            AlertCode::MemberUnclean,
            "n2",
            "n2 is lost and not yet fenced: what ran there is not recovered until it is",
        ),
        alert(Severity::Warning, AlertCode::MemberUnreachable, "n2", "n2 does not answer quorate: timeout: the link was silent for 3 s"),
    ];
    for a in &mut c.alerts {
        a.since = ago(11);
    }
    c
}

/// What the nodes said of it.
pub fn fencing_events() -> Vec<Event> {
    vec![
        event(ago(13), "n1", Source::Corosync, Severity::Warning, "link 0 to n2 down"),
        event(ago(13), "n4", Source::Corosync, Severity::Warning, "link 0 to n2 down"),
        event(ago(12), "n1", Source::Corosync, Severity::Warning, "a processor failed, forming a new membership"),
        event(ago(11), "n1", Source::Corosync, Severity::Warning, "members left: n2"),
        event(ago(11), "n1", Source::Pacemaker, Severity::Critical, "n2 will be fenced: peer is no longer part of the cluster"),
        event(ago(10), "n4", Source::Fence, Severity::Warning, "n2 reboot by ipmi-n2 begins"),
    ]
}

/// Two disjoint partitions both claim quorum.
pub fn split() -> Cluster {
    let mut c = healthy();
    let sight = |n: &str| Sight { by: n.into(), at: ago(1) };
    c.quorum.quorate = None;
    c.quorum.can_lose = None;
    c.quorum.partitions = vec![
        Partition { said_by: vec![sight("n1"), sight("n2")], members: arcs(&["n1", "n2"]), quorate: Some(true), votes: Some(3) },
        Partition { said_by: vec![sight("n3")], members: arcs(&["n3", "n4", "n5"]), quorate: Some(true), votes: Some(3) },
    ];
    c.alerts =
        vec![alert(Severity::Critical, AlertCode::ViewsDisagree, "net-cluster", "n1, n2 and n3, n4, n5 each claim quorum: split brain")];
    c
}

/// Two of five left, no quorum.
pub fn no_quorum() -> Cluster {
    let mut c = healthy();
    c.quorum.quorate = Some(false);
    c.quorum.total = Some(2);
    c.quorum.can_lose = Some(0);
    c.quorum.partitions[0].said_by.truncate(2);
    c.quorum.partitions[0].members.truncate(2);
    c.quorum.partitions[0].quorate = Some(false);
    for m in &mut c.members[2..] {
        m.status = MemberStatus::Offline;
        m.answered = Some(ago(470));
        m.reach = Reach::Down { since: ago(470), trouble: LinkTrouble { fault: LinkFault::Timeout, text: "no echo for 3 s".into() } };
    }
    for s in &mut c.services {
        s.state = ServiceState::Stopped;
        s.reason = Some("no quorum: the manager has stopped it".into());
        s.last_owner = s.owner.take();
        s.owners.clear();
    }
    c.alerts = vec![
        alert(Severity::Critical, AlertCode::NoQuorum, "net-cluster", "there is no quorum: 2 votes, 3 needed"),
        alert(Severity::Warning, AlertCode::MemberOffline, "n3", "n3 is offline"),
        alert(Severity::Warning, AlertCode::MemberOffline, "n4", "n4 is offline"),
        alert(Severity::Warning, AlertCode::MemberOffline, "n5", "n5 is offline"),
    ];
    for a in &mut c.alerts {
        a.since = ago(470);
    }
    c
}

/// Nobody has answered for eight minutes.
pub fn stale() -> Cluster {
    let mut c = degraded();
    for m in &mut c.members {
        m.answered = Some(ago(480));
        m.reach = Reach::Down { since: ago(470), trouble: LinkTrouble { fault: LinkFault::Unreachable, text: "network is down".into() } };
    }
    for sight in c.quorum.partitions.iter_mut().flat_map(|p| &mut p.said_by) {
        sight.at = ago(480);
    }
    c.manager_sight = Some(Sight { by: "n1".into(), at: ago(480) });
    c
}

/// Names that a hostile or careless hand gave.
pub fn hostile() -> Cluster {
    let mut c = degraded();
    let long = "x".repeat(300);
    let names =
        ["n1\x1b[31m\x07", "'; rm -rf / #", "\u{202e}desrever", "ノード三番目の機械", "e\u{301}\u{327}\u{323}\u{20dd}combining\u{301}"];
    for (m, name) in c.members.iter_mut().zip(names) {
        m.name = clean(name).into();
    }
    c.name = Some(clean(&format!("{long}\ncluster")));
    let ids = ["quo\"ted", "a b; c\n$(reboot)", "👩\u{200d}👩\u{200d}👧 family", "שלום עולם", long.as_str(), "tab\there", "❤\u{fe0f}"];
    for (s, id) in c.services.iter_mut().zip(ids) {
        s.id = clean(id);
        s.reason = Some(clean(&format!("{id}: {long}")));
    }
    c.services.sort_by(|a, b| a.id.cmp(&b.id));
    for a in &mut c.alerts {
        a.text = clean(&format!("\x1b]0;owned\x07{long}漢字{long}"));
    }
    c.bonds[0].name = clean(&long);
    c.volumes[0].lv = clean("v\u{200b}olume\u{2066}");
    c
}

/// A large one: nodes and services by number, a few of them in trouble.
pub fn large(nodes: u32, services: u32) -> Cluster {
    let mut c = healthy();
    c.members = (0..nodes).map(|i| member(i, &format!("node{i:04}"))).collect();
    c.services = (0..services)
        .map(|i| {
            let mut s = service(&format!("vm{i:05}"), &format!("node{:04}", i % nodes));
            if i % 997 == 500 {
                s.state = ServiceState::Failed;
            }
            s
        })
        .collect();
    c.bonds.clear();
    c.nics.clear();
    c
}

pub fn event(at: Stamp, node: &str, source: Source, severity: Severity, text: &str) -> Event {
    Event { at, node: Some(node.into()), source, severity, subject: None, text: clean(text), folded: 0 }
}

/// The timeline of screens.md.
pub fn events() -> Vec<Event> {
    vec![
        event(ago(700), "n5", Source::Pacemaker, Severity::Warning, "www.cnaf start failed: timed out"),
        event(ago(62), "n3", Source::Pacemaker, Severity::Info, "licman2 migrate_to n4 begins"),
        event(ago(48), "n2", Source::Net, Severity::Warning, "bond1: eth1 down, active port now eth3"),
        event(ago(48), "n3", Source::Corosync, Severity::Warning, "link 1 to n2 down"),
        event(ago(29), "n2", Source::Libvirt, Severity::Critical, "db started (booted) while running on n5"),
    ]
}
