use quorate::domain::cluster::{Cluster, PathMap};
use quorate::domain::observation::storage::{DmDevice, LvRow, MapRow, MountRow, PathRow, PvRow, VgRow};
use quorate::domain::observation::{Observation, Question};

use super::build::Lab;

const VG: &str = "0GLOoI-9qiK-sZsi-4IcL-sDw1-syWZ-d3rEKw";
const LV: &str = "wSoc1G-MsSd-D4Kq-dO92-L2Yy-5Pta-xPz7or";

fn lv(uuid: Option<&str>, attr: &str) -> LvRow {
    LvRow {
        vg: "vgvm".to_owned(),
        lv: "vm1".to_owned(),
        uuid: uuid.map(str::to_owned),
        attr: attr.to_owned(),
        size: Some(100),
        ..LvRow::default()
    }
}

fn vg(shared: bool) -> Observation {
    Observation::Vgs(vec![VgRow {
        vg: "vgvm".to_owned(),
        uuid: Some(VG.to_owned()),
        size: Some(900),
        free: Some(300),
        shared,
        ..VgRow::default()
    }])
}

fn dm(size: u64) -> Observation {
    let uuid = format!("LVM-{}{}", VG.replace('-', ""), LV.replace('-', ""));
    Observation::DeviceMapper(vec![DmDevice { name: "vgvm-vm1".to_owned(), uuid, size: Some(size), ..DmDevice::default() }])
}

fn names(list: &[std::sync::Arc<str>]) -> Vec<&str> {
    list.iter().map(|n| &**n).collect()
}

fn lvs(rows: Vec<LvRow>) -> Observation {
    Observation::Lvs(rows)
}

#[test]
fn one_uuid_is_one_volume() {
    let mut lab = Lab::of(&["n2", "n1", "n3"]);
    lab.say(1, Question::Lvs, lvs(vec![lv(Some(LV), "-wi-ao----")])).say(2, Question::Lvs, lvs(vec![lv(Some(LV), "-wi-------")]));
    lab.say(3, Question::DeviceMapper, dm(100));
    let picture = lab.picture();
    let [volume] = picture.volumes.as_slice() else { panic!("{:?}", picture.volumes) };
    assert_eq!((names(&volume.active_on), names(&volume.seen_by)), (vec!["n2", "n3"], vec!["n1", "n2", "n3"]));
    assert_eq!(volume.attr, "-wi-ao----", "of the first node where it is active");
    assert!(volume.stale_sizes.is_empty());
}

/// The fifth character, lvs(8).
#[test]
fn which_volumes_are_active() {
    for (attr, expected) in [
        ("-wi-a-----", true),
        ("-wi-s-----", true),
        ("twi-c-tz--", true),
        ("twi-C-tz--", true),
        ("swi-I-s---", true),
        ("Vwi-h-tz--", false),
        ("-wi-d-----", false),
        ("-wi-------", false),
    ] {
        assert_eq!(lv(None, attr).is_active(), expected, "{attr}");
    }
}

#[test]
fn a_node_that_sees_the_group_sees_its_volumes() {
    let mut lab = Lab::of(&["n1", "n2"]);
    lab.say(1, Question::Lvs, lvs(vec![lv(Some(LV), "-wi-------")])).say(1, Question::Vgs, vg(true)).say(2, Question::Vgs, vg(true));
    let picture = lab.picture();
    assert_eq!(names(&picture.volumes[0].seen_by), ["n1", "n2"]);
    assert!(picture.volumes[0].active_on.is_empty());
    assert_eq!((picture.groups.len(), picture.groups[0].shared, names(&picture.groups[0].seen_by)), (1, true, vec!["n1", "n2"]));
}

/// One node is asked more often than the others: what it lists no longer is gone, what it lists anew the others see too.
#[test]
fn the_newest_list_of_a_shared_group_counts() {
    let named =
        |name: &str, uuid: char| LvRow { lv: name.to_owned(), uuid: Some(LV.replace('w', &uuid.to_string())), ..lv(None, "-wi-------") };
    let (gone, kept, new) = (lv(Some(LV), "-wi-------"), named("vm2", 'x'), named("vm3", 'y'));
    for (shared, mapped, expected) in [
        (true, false, vec!["vm2 n1 n2", "vm3 n1 n2"]),
        (true, true, vec!["vm1 n2", "vm2 n1 n2", "vm3 n1 n2"]),
        (false, false, vec!["vm1 n2", "vm2 n1 n2", "vm3 n1 n2"]),
    ] {
        let mut lab = Lab::of(&["n1", "n2"]);
        for node in [1, 2] {
            lab.say(node, Question::Lvs, lvs(vec![gone.clone(), kept.clone()])).say(node, Question::Vgs, vg(shared));
        }
        if mapped {
            lab.say(2, Question::DeviceMapper, dm(100));
        }
        lab.pass(240_000).say(1, Question::Lvs, lvs(vec![kept.clone(), new.clone()])).say(1, Question::Vgs, vg(shared));
        let picture = lab.picture();
        let seen: Vec<_> = picture.volumes.iter().map(|v| format!("{} {}", v.lv, names(&v.seen_by).join(" "))).collect();
        assert_eq!(seen, expected, "shared {shared}, mapped {mapped}");
    }
}

/// A node that lost the group says nothing of its volumes.
#[test]
fn who_lost_a_shared_group_does_not_take_its_volumes_from_the_others() {
    let mut lab = Lab::of(&["n1", "n2"]);
    for node in [1, 2] {
        lab.say(node, Question::Lvs, lvs(vec![lv(Some(LV), "-wi-------")])).say(node, Question::Vgs, vg(true));
    }
    lab.pass(240_000).say(1, Question::Lvs, lvs(Vec::new()));
    assert_eq!(names(&lab.picture().volumes[0].seen_by), ["n2"], "its groups are older than its volumes");
    lab.say(1, Question::Vgs, Observation::Vgs(Vec::new()));
    assert_eq!(names(&lab.picture().volumes[0].seen_by), ["n2"]);
}

#[test]
fn local_groups_of_the_same_name_stay_apart() {
    let other = LV.replace('w', "x");
    let mut lab = Lab::of(&["n1", "n2"]);
    lab.say(1, Question::Lvs, lvs(vec![lv(Some(LV), "-wi-ao----")])).say(2, Question::Lvs, lvs(vec![lv(Some(&other), "-wi-a-----")]));
    let seen = |picture: &Cluster| picture.volumes.iter().map(|v| names(&v.seen_by).join(" ")).collect::<Vec<_>>();
    assert_eq!(seen(&lab.picture()), ["n1", "n2"]);
    // Without UUIDs too, unless the group is shared.
    for (shared, expected) in [(false, vec!["n1", "n2"]), (true, vec!["n1 n2"])] {
        let mut lab = Lab::of(&["n1", "n2"]);
        lab.say(1, Question::Vgs, Observation::Vgs(vec![VgRow { vg: "vgvm".to_owned(), shared, ..VgRow::default() }]));
        lab.say(1, Question::Lvs, lvs(vec![lv(None, "-wi-ao----")])).say(2, Question::Lvs, lvs(vec![lv(None, "-wi-------")]));
        lab.say(1, Question::DeviceMapper, dm(100));
        let picture = lab.picture();
        assert_eq!(seen(&picture), expected);
        assert_eq!(names(&picture.volumes[0].active_on), ["n1"]);
    }
}

#[test]
fn hidden_volumes_are_left_out() {
    let mut lab = Lab::of(&["n1"]);
    let hidden = LvRow { lv: "[pool_tdata]".to_owned(), ..lv(None, "Twi-ao----") };
    let private = LvRow { lv: "lvol0".to_owned(), role: Some("private,pool,spare".to_owned()), ..lv(None, "ewi-------") };
    lab.say(1, Question::Lvs, lvs(vec![hidden, private, lv(None, "-wi-------")]));
    assert_eq!(lab.picture().volumes.iter().map(|v| v.lv.clone()).collect::<Vec<_>>(), ["vm1"]);
}

#[test]
fn device_mapper_decides_when_it_is_clearly_newer() {
    let mut lab = Lab::of(&["n1"]);
    lab.say(1, Question::Lvs, lvs(vec![lv(Some(LV), "-wi-a-----")]));
    lab.pass(1000).say(1, Question::DeviceMapper, Observation::DeviceMapper(Vec::new()));
    assert_eq!(names(&lab.picture().volumes[0].active_on), ["n1"], "asked together: either may be right");
    lab.pass(20_000).say(1, Question::DeviceMapper, Observation::DeviceMapper(Vec::new()));
    assert!(lab.picture().volumes[0].active_on.is_empty());
}

#[test]
fn a_node_that_still_has_the_old_size() {
    let mut lab = Lab::of(&["n1", "n2"]);
    lab.say(1, Question::Lvs, lvs(vec![lv(Some(LV), "-wi-a-----")])).say(1, Question::DeviceMapper, dm(100)).say(
        2,
        Question::DeviceMapper,
        dm(64),
    );
    let picture = lab.picture();
    assert_eq!(picture.volumes[0].stale_sizes.iter().map(|(n, s)| (&**n, *s)).collect::<Vec<_>>(), [("n2", 64)]);
}

/// A thick snapshot is as large as its changes may become; its device as its origin. Thin ones have one size.
#[test]
fn a_thick_snapshot_has_two_sizes_and_neither_is_old() {
    let some = |name: &str| Some(name.to_owned());
    for (attr, origin, pool, old) in [
        ("swi-a-s---", some("base"), None, 0),
        ("Swi-a-s---", some("base"), None, 0),
        ("", some("base"), None, 0),
        ("Vwi-a-tz--", some("base"), some("pool"), 1),
        ("owi-a-s---", None, None, 1),
    ] {
        let row = LvRow { size: Some(64), origin, pool, ..lv(Some(LV), attr) };
        let mut lab = Lab::of(&["n1"]);
        lab.say(1, Question::Lvs, lvs(vec![row])).say(1, Question::DeviceMapper, dm(100));
        assert_eq!(lab.picture().volumes[0].stale_sizes.len(), old, "{attr}");
    }
}

#[test]
fn physical_volumes() {
    let pv = |path: &str, uuid: &str| PvRow {
        path: path.to_owned(),
        uuid: Some(uuid.to_owned()),
        vg: Some("vgvm".to_owned()),
        size: Some(10),
        free: Some(4),
        ..PvRow::default()
    };
    let mut lab = Lab::of(&["n1", "n2"]);
    lab.say(2, Question::Pvs, Observation::Pvs(vec![pv("/dev/mapper/a", "shared"), pv("/dev/vda2", "own2")]));
    lab.say(1, Question::Pvs, Observation::Pvs(vec![pv("/dev/mapper/b", "shared"), pv("/dev/vda2", "own1")]));
    let picture = lab.picture();
    let seen: Vec<_> = picture.pvs.iter().map(|p| (p.path.as_str(), names(&p.seen_by))).collect();
    assert_eq!(seen, [("/dev/mapper/b", vec!["n1", "n2"]), ("/dev/vda2", vec!["n1"]), ("/dev/vda2", vec!["n2"])]);
    let paths: Vec<_> = picture.pvs.iter().map(|p| (p.path_on("n1"), p.path_on("n2"), p.has_path("/dev/mapper/a"))).collect();
    assert_eq!(paths[0], ("/dev/mapper/b", "/dev/mapper/a", true), "each node has its own path to it");
    assert_eq!(paths[1], ("/dev/vda2", "/dev/vda2", false));
    // A node that has lost it does not see it, and does not know its path.
    let lost = |path: &str, attr: &str| PvRow { attr: attr.to_owned(), ..pv(path, "shared") };
    for (first, then, expected) in [
        (lost("[unknown]", "a-m"), pv("/dev/mapper/a", "shared"), ("/dev/mapper/a", vec!["n2"], vec!["n1"])),
        (lost("unknown device", ""), pv("/dev/mapper/a", "shared"), ("/dev/mapper/a", vec!["n2"], vec!["n1"])),
        (pv("/dev/mapper/a", "shared"), lost("[unknown]", "a-m"), ("/dev/mapper/a", vec!["n1"], vec!["n2"])),
        (lost("[unknown]", "a-m"), lost("[unknown]", "a-m"), ("[unknown]", vec![], vec!["n1", "n2"])),
    ] {
        let mut lab = Lab::of(&["n1", "n2"]);
        lab.say(1, Question::Pvs, Observation::Pvs(vec![first])).say(2, Question::Pvs, Observation::Pvs(vec![then]));
        let picture = lab.picture();
        let seen: Vec<_> = picture.pvs.iter().map(|p| (p.path.as_str(), names(&p.seen_by), names(&p.missing_on))).collect();
        assert_eq!(seen, [expected]);
    }
}

#[test]
fn what_is_wrong_with_a_volume_or_a_filesystem_is_kept_with_its_node() {
    let ill = LvRow { health: Some("partial".to_owned()), ..lv(Some(LV), "-wi-a---p-") };
    let Observation::DeviceMapper(mut devices) = dm(100) else { panic!("devices") };
    devices[0].suspended = true;
    let mount = |at: &str, read_only| MountRow { mount: at.to_owned(), kind: "ext4".to_owned(), read_only, ..MountRow::default() };
    let mounts = vec![mount("/a", Some(true)), mount("/b", Some(false)), mount("/c", None)];
    let mut lab = Lab::of(&["n1", "n2"]);
    lab.say(1, Question::Lvs, lvs(vec![lv(Some(LV), "-wi-a-----")])).say(2, Question::Lvs, lvs(vec![ill]));
    lab.say(1, Question::DeviceMapper, Observation::DeviceMapper(devices)).say(2, Question::DeviceMapper, dm(100));
    lab.say(1, Question::Filesystems, Observation::Filesystems(mounts));
    let picture = lab.picture();
    let health: Vec<_> = picture.volumes[0].health.iter().map(|(node, word)| (&**node, word.as_str())).collect();
    assert_eq!(health, [("n2", "partial")]);
    assert_eq!(names(&picture.volumes[0].suspended_on), ["n1"]);
    assert_eq!(picture.filesystems.iter().map(|f| f.read_only).collect::<Vec<_>>(), [true, false, false]);
}

#[test]
fn filesystems_name_their_volume_only_where_it_is_one() {
    let mount = |source: &str, at: &str| MountRow {
        source: source.to_owned(),
        mount: at.to_owned(),
        kind: "ext4".to_owned(),
        ..MountRow::default()
    };
    let mut lab = Lab::of(&["n1", "n2"]);
    let mounts = vec![mount("/dev/mapper/vgvm-vm1", "/b"), mount("/dev/mapper/mpath-a", "/a"), mount("/dev/vgvm/vm1", "/c")];
    lab.say(1, Question::DeviceMapper, dm(100)).say(1, Question::Filesystems, Observation::Filesystems(mounts));
    lab.say(2, Question::Filesystems, Observation::Filesystems(vec![mount("/dev/mapper/vgvm-vm1", "/b")]));
    let picture = lab.picture();
    let seen: Vec<_> = picture.filesystems.iter().map(|f| (&*f.node, f.mount.as_str(), f.source.as_str())).collect();
    let expected =
        [("n1", "/a", "/dev/mapper/mpath-a"), ("n1", "/b", "vgvm/vm1"), ("n1", "/c", "vgvm/vm1"), ("n2", "/b", "/dev/mapper/vgvm-vm1")];
    assert_eq!(seen, expected);
}

#[test]
fn paths_are_counted() {
    let path = |state: &str| PathRow {
        device: "sda".to_owned(),
        dm_state: state.to_owned(),
        checker_state: "ready".to_owned(),
        ..PathRow::default()
    };
    let mut lab = Lab::of(&["n1"]);
    let map = MapRow { name: "san1".to_owned(), paths: vec![path("active"), path("failed")], ..MapRow::default() };
    lab.say(1, Question::Multipath, Observation::Multipath(vec![map]));
    assert_eq!((lab.picture().maps[0].active, lab.picture().maps[0].total), (1, 2));
}

#[test]
fn a_disk_is_one_for_several_nodes_by_each_of_its_names_and_by_no_name_that_repeats() {
    let mut c = Cluster::default();
    let map = MapRow { name: "mpatha".to_owned(), wwid: Some("3600a0b80000f1b2c".to_owned()), ..MapRow::default() };
    c.maps.push(PathMap { node: "n1".into(), map, ..PathMap::default() });
    let whole = [
        "/dev/mapper/mpatha",
        "/dev/disk/by-id/dm-uuid-mpath-3600a0b80000f1b2c",
        "/dev/disk/by-id/scsi-3600a0b80000f1b2c",
        "/dev/disk/by-id/wwn-0x600a0b80000f1b2c",
    ];
    for path in whole {
        assert_eq!(c.shared_disk("n1", path).as_deref(), Some("3600a0b80000f1b2c"), "{path}");
    }
    let part = [
        "/dev/mapper/mpatha2",
        "/dev/disk/by-id/dm-uuid-part2-mpath-3600a0b80000f1b2c",
        "/dev/disk/by-id/scsi-3600a0b80000f1b2c-part2",
        "/dev/disk/by-id/wwn-0x600a0b80000f1b2c-part2",
    ];
    for path in part {
        assert_eq!(c.shared_disk("n1", path).as_deref(), Some("3600a0b80000f1b2c partition 2"), "{path}");
    }
    let told = [
        ("/dev/disk/by-id/nvme-eui.0025385b71b0a1c2-part1", "eui.0025385b71b0a1c2 partition 1"),
        ("nbd:disk on storage1:10809", "nbd:disk on storage1:10809"),
        ("rbd:pool/img", "rbd:pool/img"),
        ("rbd:pool/img on mon1:6789, mon2:6789", "rbd:pool/img on mon1:6789, mon2:6789"),
    ];
    for (path, is) in told {
        assert_eq!(c.shared_disk("n1", path).as_deref(), Some(is), "{path}");
    }
    let local = [
        "/dev/sda",
        "/dev/disk/by-id/scsi-0QEMU_QEMU_HARDDISK_drive-scsi0",
        "/dev/disk/by-id/ata-QEMU_HARDDISK_QM00001",
        "/dev/disk/by-id/scsi-3ware_Logical_Disk_0",
        "/dev/disk/by-id/nvme-Maker_Model_S123",
        "/dev/disk/by-path/pci-0000:05:00.0-fc-0x50060e8012345678-lun-0",
        "nbd:disk",
        "nbd:disk on localhost:10809",
        "nbd: on /run/nbd.sock",
        "rbd:pool/img on 127.0.0.1:6789",
    ];
    for path in local {
        assert_eq!(c.shared_disk("n1", path), None, "{path}");
    }
}
