//! The guests' table and page, the GUEST column, what dies with what.

use std::sync::Arc;

use quorate::app::depend::{Thing, below, dies, volume_behind};
use quorate::app::detail::guest::{mark, progress, state_words};
use quorate::app::{Effect, Model, Msg, update};
use quorate::domain::cluster::{Cluster, Filesystem, PathMap, PhysicalVolume, ServiceGuest, Volume};
use quorate::domain::guest::{Definition, Disk, DiskKind, Guest, GuestFigures, GuestState, Nic, TORN, VirtNode};
use quorate::domain::node::NodeKey;
use quorate::domain::observation::guest::GuestJob;
use quorate::domain::observation::storage::MapRow;
use quorate::keymap::parse_chord;

use super::{paint, sample};

fn guest(name: &str, node: &str, state: GuestState, disk: &str, bridge: &str) -> Guest {
    let definition = Definition {
        uuid: format!("uuid-{name}"),
        name: name.to_owned(),
        vcpus: Some(2),
        memory: Some(4 << 30),
        agent: Some(true),
        console: true,
        disks: vec![Disk {
            target: "vda".to_owned(),
            device: "disk".to_owned(),
            kind: DiskKind::Block,
            source: Some(disk.to_owned()),
            format: Some("raw".to_owned()),
            ..Disk::default()
        }],
        nics: vec![Nic { mac: Some("52:54:00:00:00:01".to_owned()), source: Some(bridge.to_owned()), ..Nic::default() }],
        xml: vec!["<domain type='kvm'>".to_owned()].into(),
        ..Definition::default()
    };
    Guest {
        name: name.to_owned(),
        uuid: format!("uuid-{name}"),
        node: node.into(),
        state,
        managed_by: (name != "odd").then(|| name.to_owned()),
        definition: Some(Arc::new(definition)),
        figures: GuestFigures {
            vcpus: Some(2),
            cpu_percent: Some(38.0),
            cpu_history: vec![10, 20, 90],
            disk: (Some(1 << 20), Some(300 << 10)),
            net: (Some(12 << 10), Some(4 << 10)),
            ..GuestFigures::default()
        },
        at: sample::ago(1),
        up_since: (state == GuestState::Running).then(|| sample::ago(2 * 86_400 + 3 * 3600 + 60)),
        ..Guest::default()
    }
}

fn cluster() -> Cluster {
    let mut c = sample::healthy();
    *c.guests = vec![
        guest("db", "n2", GuestState::Running, "/dev/vg_cluster/lv_db", "br0"),
        Guest { reason: Some("I/O error".to_owned()), ..guest("eduroam", "n2", GuestState::Paused, "/dev/vg_cluster/lv_x", "br0") },
        guest("odd", "n3", GuestState::Running, "/images/odd.raw", "br9"),
    ];
    *c.virt = vec![VirtNode { node: "n2".into(), up: true, ..VirtNode::default() }, VirtNode { node: "n4".into(), ..VirtNode::default() }];
    for service in &mut c.services {
        if let Some(g) = c.guests.iter().find(|g| g.managed_by.as_deref() == Some(service.id.as_str())) {
            service.guest = Some(ServiceGuest { state: g.state, node: g.node.clone(), reason: g.reason.clone() });
            service.drift = (g.state == GuestState::Paused).then(|| "the manager says started; libvirt says paused (I/O error)".to_owned());
        }
    }
    c
}

fn model(width: u16, height: u16) -> Model {
    sample::model_of(sample::setup(width, height), cluster())
}

fn keys(model: &mut Model, script: &str) -> Vec<Effect> {
    parse_chord(script).unwrap().into_iter().flat_map(|key| update(model, Msg::Key(key))).collect()
}

fn names(found: Vec<&Guest>) -> Vec<String> {
    found.into_iter().map(|g| g.name.clone()).collect()
}

fn text(model: &Model) -> String {
    paint::text(&paint::frame(model))
}

#[test]
fn the_table_lists_guests_with_what_a_width_has_room_for() {
    let mut wide = model(160, 30);
    keys(&mut wide, "v");
    let said = text(&wide);
    let line = |name: &str| said.lines().find(|l| l.contains(name) && l.contains("n2")).unwrap_or_default().to_owned();
    for part in ["db", "n2", "● running", "2", "38", "4.0G", "1.0M 300K", "12K 4.0K", "connected", "2d03"] {
        assert!(line("db").contains(part), "{part}: {said}");
    }
    assert!(said.contains("UP SINCE") && !line("eduroam").contains("2d03"), "{said}");
    assert!(line("eduroam").contains("◐ paused (I/O error)"), "{said}");
    assert!(said.lines().any(|l| l.contains("odd") && l.contains("nobody")), "{said}");
    assert!(said.contains("Guests 2/3 running") && said.contains("libvirt does not answer on n4"), "{said}");
    let mut narrow = model(60, 20);
    keys(&mut narrow, "v");
    let said = text(&narrow);
    assert!(said.contains("● running") && said.contains("MANAGED BY") == said.contains("nobody"), "{said}");
}

#[test]
fn a_row_opens_the_guest_in_full_and_comes_back() {
    let mut m = model(120, 80);
    keys(&mut m, "v enter");
    let said = text(&m);
    for part in ["Guest db on n2", "managed by", "/dev/vg_cluster/lv_db", "bond0", "port eth0", "<domain type='kvm'>", "last minutes"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert!(said.contains("2d03, since"), "{said}");
    keys(&mut m, "esc esc");
    assert!(matches!(m.screen(), quorate::app::screen::Screen::Overview));
}

#[test]
fn the_table_is_sorted_filtered_and_selected_by_identity() {
    let mut m = model(120, 30);
    keys(&mut m, "v j");
    let mut changed = cluster();
    changed.guests.insert(0, guest("aaa", "n1", GuestState::Running, "/x", "br0"));
    update(&mut m, Msg::Picture(Arc::new(changed)));
    assert!(matches!(m.selected(), Some(quorate::app::rows::RowId::Guest(_, uuid, _)) if uuid == "uuid-eduroam"));
    keys(&mut m, "/ o d d enter");
    let said = text(&m);
    assert!(said.contains("odd") && !said.contains("eduroam"), "{said}");
}

#[test]
fn services_show_their_guest_and_drift() {
    let mut m = model(160, 40);
    keys(&mut m, "2 2");
    let said = text(&m);
    let line = said.lines().find(|l| l.contains("eduroam")).unwrap_or_default();
    assert!(said.contains("GUEST") && line.contains("paused") && line.contains("drift:"), "{said}");
}

/// Where there is no room for the guest's column its state takes the place of what the manager believes, in words and in the marks.
#[test]
fn a_small_screen_tells_a_guest_that_does_not_run_without_colour() {
    let said = text(&model(80, 24));
    let line = |name: &str| said.lines().find(|l| l.contains(name)).unwrap_or_default().to_owned();
    assert!(line("eduroam").contains("paused") && line("eduroam").contains('△') && !line("eduroam").contains("started"), "{said}");
    assert!(line("db ").contains("started") && !line("db ").contains('△'), "{said}");
}

#[test]
fn lost_paths_are_seen_below_whatever_stands_on_them() {
    let mut c = cluster();
    let map = MapRow { name: "mpatha".to_owned(), ..MapRow::default() };
    c.maps.push(PathMap { node: "n2".into(), active: 1, total: 2, map, ..PathMap::default() });
    let (mount, source) = ("/gfs".to_owned(), "/dev/mapper/mpatha-part1".to_owned());
    c.filesystems.push(Filesystem { node: "n2".into(), mount, kind: "gfs2".to_owned(), source, ..Filesystem::default() });
    let (vg, lv) = ("vg_parts".to_owned(), "lv_db".to_owned());
    c.volumes.push(Volume { vg: vg.clone(), lv, seen_by: vec!["n2".into()], ..Volume::default() });
    let path = "/dev/mapper/mpatha2".to_owned();
    c.pvs.push(PhysicalVolume { path, vg: Some(vg), seen_by: vec!["n2".into()], ..PhysicalVolume::default() });
    let lost = |disk: &str, node: &str| {
        let steps = below(&guest("x", node, GuestState::Running, disk, "br0"), &c);
        steps.iter().find(|s| s.text.starts_with("paths")).map(|s| (s.depth, s.text.clone(), s.bad))
    };
    let seen = |depth: usize| Some((depth, "paths 1 of 2".to_owned(), true));
    for (disk, depth) in [("/dev/mapper/mpatha", 1), ("/dev/mapper/mpatha3", 1), ("/gfs/x.raw", 2), ("/dev/mapper/vg_parts-lv_db", 4)] {
        assert_eq!(lost(disk, "n2"), seen(depth), "{disk}");
    }
    // Another map, and another node.
    assert_eq!((lost("/dev/mapper/mpathab", "n2"), lost("/dev/mapper/mpatha", "n3")), (None, None));
}

#[test]
fn what_dies_with_a_port_is_what_has_no_other_way_out() {
    let mut c = cluster();
    let bridge = |node: &str| quorate::domain::cluster::Interface {
        node: node.into(),
        name: "br0".to_owned(),
        kind: Some("bridge".to_owned()),
        state: "up".to_owned(),
        ..Default::default()
    };
    c.nics.retain(|n| n.name != "br0");
    c.nics.push(bridge("n2"));
    assert_eq!(names(dies(Thing::Link("n2", "bond0"), &c)), ["db", "eduroam"]);
    // The other port carries on.
    assert!(dies(Thing::Link("n2", "eth0"), &c).is_empty());
    let bond = c.bonds.iter_mut().find(|b| &*b.node == "n2" && b.name == "bond0").unwrap();
    bond.ports[1].up = false;
    let (alive, dead) = (bond.ports[0].name.clone(), bond.ports[1].name.clone());
    assert_eq!(names(dies(Thing::Link("n2", &alive), &c)), ["db", "eduroam"]);
    assert!(dies(Thing::Link("n2", &dead), &c).is_empty());
    assert_eq!(names(dies(Thing::Member("n3"), &c)), ["odd"]);
}

#[test]
fn what_dies_with_storage_is_what_stands_on_it_on_the_nodes_that_see_it() {
    let mut c = cluster();
    let seen = |nodes: &[&str]| nodes.iter().map(|n| Arc::<str>::from(*n)).collect::<Vec<_>>();
    let volume = |vg: &str, lv: &str, nodes: &[&str]| Volume {
        vg: vg.to_owned(),
        lv: lv.to_owned(),
        uuid: Some(format!("{lv}-{}", nodes.concat())),
        seen_by: seen(nodes),
        ..Volume::default()
    };
    *c.volumes = vec![
        volume("vg_cluster", "lv_gfs", &["n2", "n3"]),
        volume("vg_cluster", "lv_db", &["n2", "n3"]),
        volume("rhel", "images", &["n2"]),
        volume("rhel", "images", &["n3"]),
        volume("rhel", "pool0", &["n2"]),
        Volume { pool: Some("pool0".to_owned()), ..volume("rhel", "thin", &["n2"]) },
    ];
    let mount = |node: &str, mount: &str, source: &str| Filesystem {
        node: node.into(),
        mount: mount.to_owned(),
        source: source.to_owned(),
        ..Filesystem::default()
    };
    *c.filesystems = vec![
        mount("n2", "/gfs", "vg_cluster/lv_gfs"),
        mount("n2", "/images", "rhel/images"),
        mount("n3", "/gfs", "vg_cluster/lv_gfs"),
        mount("n3", "/images", "rhel/images"),
    ];
    let on = |name: &str, node: &str, disk: &str| guest(name, node, GuestState::Running, disk, "br0");
    *c.guests = vec![
        on("bare", "n2", "/dev/vg_cluster/lv_db"),
        on("shared", "n3", "/gfs/x.raw"),
        on("local2", "n2", "/images/x.raw"),
        on("local3", "n3", "/images/x.raw"),
        on("thin", "n2", "/dev/mapper/rhel-thin"),
        on("named", "n2", "/dev/disk/by-id/dm-name-rhel-thin"),
    ];
    let (both, n2, n3) = (seen(&["n2", "n3"]), seen(&["n2"]), seen(&["n3"]));
    let cases: [(Thing<'_>, &[&str]); 8] = [
        (Thing::Volume("vg_cluster", "lv_db", &both), &["bare"]),
        (Thing::Volume("vg_cluster", "lv_gfs", &both), &["shared"]),
        (Thing::Group("vg_cluster", &both), &["bare", "shared"]),
        (Thing::Volume("rhel", "images", &n3), &["local3"]),
        (Thing::Volume("rhel", "pool0", &n2), &["thin", "named"]),
        (Thing::Group("rhel", &n2), &["local2", "thin", "named"]),
        (Thing::Mount("/gfs", "vg_cluster/lv_gfs"), &["shared"]),
        (Thing::Mount("/images", "other/images"), &[]),
    ];
    for (thing, expected) in cases {
        assert_eq!(names(dies(thing, &c)), expected, "{thing:?}");
    }
    let behind = |guest: &Guest| {
        let definition = guest.definition.as_ref().unwrap();
        volume_behind(&definition.disks[0], guest, &c).and_then(|v| v.uuid.clone())
    };
    let behind: Vec<_> = c.guests.iter().filter_map(behind).collect();
    assert_eq!(behind, ["lv_db-n2n3", "lv_gfs-n2n3", "images-n2", "images-n3", "thin-n2", "thin-n2"]);
}

/// udev names a volume also by the UUIDs of its group and itself.
#[test]
fn a_volume_is_found_by_each_name_that_its_node_has_for_it() {
    let mut c = Cluster::default();
    let uuid = "qFfPmm-1pQZ-Zm0e-cGmD-1Rzq-uEhq-dLOyQ1".to_owned();
    c.volumes.push(Volume {
        vg: "vg-a".to_owned(),
        lv: "lv".to_owned(),
        uuid: Some(uuid.clone()),
        seen_by: vec!["n1".into()],
        ..Volume::default()
    });
    let by_uuid = format!("/dev/disk/by-id/dm-uuid-LVM-{}{}", "g".repeat(32), uuid.replace('-', ""));
    for path in ["/dev/vg-a/lv", "/dev/mapper/vg--a-lv", "/dev/disk/by-id/dm-name-vg--a-lv", by_uuid.as_str()] {
        assert_eq!(c.volume_at("n1", path).map(|v| v.lv.as_str()), Some("lv"), "{path}");
    }
    let strange = [("n2", "/dev/vg-a/lv"), ("n1", "/dev/vg-a/other"), ("n1", "/dev/disk/by-id/dm-uuid-LVM-short"), ("n1", "/dev/sda")];
    for (node, path) in strange {
        assert!(c.volume_at(node, path).is_none(), "{node} {path}");
    }
}

#[test]
fn a_console_wants_a_running_guest_and_a_session_that_may_write() {
    let mut m = model(120, 30);
    m.shown = Arc::new({
        let mut c = cluster();
        c.members.iter_mut().zip(0..).for_each(|(m, n)| m.node = Some(NodeKey(n)));
        c
    });
    keys(&mut m, "v");
    m.setup.read_only = false;
    let effects = keys(&mut m, "t");
    assert_eq!(effects, [Effect::Console { node: NodeKey(1), uuid: "uuid-db".to_owned(), name: "db on n2".to_owned() }]);
    m.setup.read_only = true;
    assert_eq!(keys(&mut m, "t"), []);
    assert!(m.notice.as_ref().unwrap().0.contains("read-only"));
}

#[test]
fn the_halves_of_a_failed_post_copy_do_not_look_well() {
    for (state, words) in [(GuestState::Running, "running (post-copy failed)"), (GuestState::Paused, "paused (post-copy failed)")] {
        let half = Guest { reason: Some(TORN.to_owned()), ..guest("db", "n2", state, "/dev/vg_cluster/lv_db", "br0") };
        assert_eq!((mark(&half).1, state_words(&half).as_str()), ("◐", words));
    }
}

#[test]
fn progress_says_when_a_migration_will_not_converge() {
    let job = GuestJob {
        operation: "outgoing migration",
        total: Some(1000),
        remaining: Some(290),
        speed: Some(100),
        dirty_rate: Some(70),
        iteration: Some(3),
        ..GuestJob::default()
    };
    assert_eq!((progress(&job).as_str(), job.converges()), ("outgoing migration 71%, 10 s left", Some(true)));
    let hopeless = GuestJob { dirty_rate: Some(200), ..job };
    assert_eq!(hopeless.converges(), Some(false));
    assert!(progress(&hopeless).contains("will not converge"));
}
