use quorate::domain::observation::host::Tools;
use quorate::domain::observation::{Question, TroubleKind};
use quorate::probe::command;

use super::host_support::{ended, read, rows, tools};

const GIB: u64 = 1 << 30;
const MIB: u64 = 1 << 20;

#[test]
fn volumes_of_a_real_node() {
    let lvs = rows!(Lvs, read(Question::Lvs, include_str!("../fixtures/lvm/lvs.json")));
    let seen: Vec<_> = lvs.iter().map(|l| (l.vg.as_str(), l.lv.as_str(), l.attr.as_str(), l.size)).collect();
    let expected = [
        ("vgdata", "gfs", "-wi-ao----", Some(GIB)),
        ("vgvm", "vm1", "-wi-ao----", Some(64 * MIB)),
        ("vgvm", "vm2", "-wi-a-----", Some(64 * MIB)),
        ("vgvm", "vm3", "-wi-ao----", Some(64 * MIB)),
    ];
    assert_eq!(seen, expected);
    assert_eq!((lvs[0].devices.as_deref(), lvs[0].layout.as_deref()), (Some("/dev/mapper/san3(0)"), Some("linear")));
    assert!(lvs.iter().all(|l| l.is_active() && l.origin.is_none() && l.data_percent.is_none() && l.copy_percent.is_none()));
}

#[test]
fn segments_become_one_volume() {
    let lvs = rows!(Lvs, read(Question::Lvs, include_str!("../fixtures/lvm/lvs-during-pvmove.json")));
    let names: Vec<&str> = lvs.iter().map(|l| l.lv.as_str()).collect();
    assert_eq!(names, ["ext4t", "[pvmove0]", "vm1", "vm2", "vm3", "xfst"]);
    assert_eq!(lvs[0].devices.as_deref(), Some("/dev/mapper/san1(48),/dev/mapper/san1(198)"));
    assert_eq!((lvs[1].copy_percent, lvs[1].move_pv.as_deref()), (Some(13.6), Some("/dev/mapper/san1")));
    assert!(lvs[1].is_hidden() && !lvs[2].is_active());
    assert_eq!(lvs[5].devices.as_deref(), Some("pvmove0(0)"));
    let snapshots = rows!(Lvs, read(Question::Lvs, include_str!("../fixtures/lvm/lvs-snapshot.json")));
    assert_eq!((snapshots[0].origin.as_deref(), snapshots[0].data_percent), (Some("ext4t"), Some(15.77)));
}

#[test]
fn tables_and_separated_columns() {
    let table = rows!(Lvs, read(Question::Lvs, include_str!("../fixtures/lvm/lvs.txt")));
    let json = rows!(Lvs, read(Question::Lvs, include_str!("../fixtures/lvm/lvs.json")));
    for (t, j) in table.iter().zip(&json) {
        assert_eq!((&t.vg, &t.lv, &t.attr, t.size, &t.devices), (&j.vg, &j.lv, &j.attr, j.size, &j.devices));
    }
    assert_eq!(table.len(), 4);
    let old = rows!(Lvs, read(Question::Lvs, include_str!("../fixtures/lvm/rhcs-lvs-sep.txt")));
    assert_eq!(old.len(), 4);
    assert_eq!(
        (old[2].lv.as_str(), old[2].vg.as_str(), old[2].attr.as_str(), old[2].size),
        ("lv_wiki", "vg_vmware", "-wI-ao", Some(60 * GIB))
    );
    assert_eq!((old[3].copy_percent, old[3].move_pv.as_deref()), (Some(37.42), Some("/dev/mapper/mpath2")));
    let old = rows!(Lvs, read(Question::Lvs, include_str!("../fixtures/lvm/rhcs-lvs.txt")));
    assert_eq!((old[1].lv.as_str(), old[1].size, old[1].copy_percent), ("lv_alfresco", Some(60 * GIB), None));
    let headed = "  LV|VG|Attr|LSize|Copy%\n  a|b|-wi-a-|1.00g|12.5\n";
    assert_eq!(rows!(Lvs, read(Question::Lvs, headed))[0].copy_percent, Some(12.5));
}

#[test]
fn groups_and_physical_volumes() {
    let vgs = rows!(Vgs, read(Question::Vgs, include_str!("../fixtures/lvm/vgs.json")));
    assert_eq!((vgs[0].vg.as_str(), vgs[0].size, vgs[0].free), ("vgdata", Some(3 * GIB), Some(2 * GIB)));
    assert_eq!((vgs[1].lock_type.as_deref(), vgs[1].shared, vgs[1].clustered), (Some("dlm"), true, false));
    assert_eq!((vgs[1].pv_count, vgs[1].lv_count), (Some(2), Some(3)));
    let old = rows!(Vgs, read(Question::Vgs, include_str!("../fixtures/lvm/rhcs-vgs-sep.txt")));
    assert_eq!((old[1].vg.as_str(), old[1].clustered, old[1].size), ("vg_vmware", true, Some(2_199_022_206_976)));
    assert_eq!((old[1].free, old[1].pv_count, old[1].lv_count), (Some(335_544_320_000), Some(2), Some(15)));
    let table = rows!(Vgs, read(Question::Vgs, include_str!("../fixtures/lvm/rhcs-vgs.txt")));
    assert_eq!((table[0].vg.as_str(), table[0].free, table[0].attr.as_str()), ("vg_sys", Some(0), "wz--n-"));
    assert_eq!((table[1].lv_count, table[1].size), (Some(15), Some(2 << 40)));
    let pvs = rows!(Pvs, read(Question::Pvs, include_str!("../fixtures/lvm/pvs.json")));
    assert_eq!((pvs[1].path.as_str(), pvs[1].vg.as_deref(), pvs[1].device_size), ("/dev/mapper/san2", Some("vgvm"), Some(3 * GIB)));
    assert_eq!(pvs[0].free, Some(281 * GIB / 100));
}

#[test]
fn bytes_numbers_and_names_that_nobody_expects() {
    let text = r#"  WARNING: lvmlockd is not running.
  {"report":[{"lv":[{"lv_name":"a\u001b[31m","vg_name":"v","lv_size":"1073741824B","data_percent":97.5},
     {"vg_name":"no name"},{"lv_name":"b","vg_name":"v","lv_size":1024},{"lv_name":"c","lv_size":"-5g","data_percent":"nan"}]}],"log":[]}"#;
    let lvs = rows!(Lvs, ended(Question::Lvs, text, "WARNING: x", 5));
    assert_eq!((lvs[0].lv.as_str(), lvs[0].size, lvs[0].data_percent), ("a\\e[31m", Some(GIB), Some(97.5)));
    assert_eq!((lvs[1].lv.as_str(), lvs[1].size), ("b", Some(1024)));
    assert_eq!((lvs[2].size, lvs[2].data_percent), (None, None));
    assert!(rows!(Lvs, read(Question::Lvs, r#"{"report":[{"lv":[]}]}"#)).is_empty());
    assert!(rows!(Pvs, read(Question::Pvs, "")).is_empty());
}

#[test]
fn refusals_and_places() {
    let cut = &include_str!("../fixtures/lvm/lvs.json")[..400];
    let trouble = read(Question::Lvs, cut).unwrap_err();
    assert_eq!(trouble.kind, TroubleKind::Garbled);
    assert!(trouble.text.contains("the-command") && trouble.text.contains("line"), "{trouble}");
    let denied = "  /dev/mapper/control: open failed: Permission denied\n  Failure to communicate with kernel device-mapper driver.\n";
    assert_eq!(ended(Question::Lvs, "", denied, 5).unwrap_err().kind, TroubleKind::Denied);
    // With `--reportformat json` it prints a report without rows whatever becomes of it, and in some versions ends with 0.
    let empty = r#"{"report":[{"lv":[]}]}"#;
    let warning = "  WARNING: Running as a non-root user. Functionality may be unavailable.\n";
    let lock = format!("{warning}  /run/lock/lvm/P_global:aux: open failed: Permission denied\n");
    for (stderr, code, kind) in [
        (lock.as_str(), 5, TroubleKind::Denied),
        (lock.as_str(), 0, TroubleKind::Denied),
        (warning, 0, TroubleKind::Denied),
        ("  Skipping global lock: lockspace is starting\n", 5, TroubleKind::Failed),
    ] {
        assert_eq!(ended(Question::Lvs, empty, stderr, code).unwrap_err().kind, kind, "{code}: {stderr}");
    }
    assert!(rows!(Lvs, ended(Question::Lvs, empty, "  WARNING: Not using device /dev/sdb for PV u.\n", 0)).is_empty());
    assert_eq!(read(Question::Vgs, r#"{"report":[{"lv":[]}]}"#).unwrap_err().kind, TroubleKind::Garbled);
    assert_eq!(read(Question::Pvs, r#"{"report":[{"pv":[{"x":"y"}]}]}"#).unwrap_err().kind, TroubleKind::Garbled);
}

#[test]
fn versions_decide_how_lvm_is_asked() {
    let with = |version: &str| Tools { versions: vec![("lvs".into(), version.into())], ..tools(&["lvs", "vgs", "pvs"]) };
    let argv = |tools: &Tools, question| command(question, tools).unwrap().argv().join(" ");
    let new = with("LVM version:     2.03.16(2) (2022-05-18)");
    let old = with("LVM version:     2.02.87(2)-RHEL5 (2011-10-12)");
    for question in [Question::Lvs, Question::Vgs, Question::Pvs] {
        assert!(argv(&new, question).contains("--reportformat json"));
        assert!(argv(&old, question).contains("--separator |"));
        let unknown = command(question, &tools(&[])).unwrap();
        assert_eq!(unknown.argv()[0], "sh");
        assert!(unknown.is_privileged());
    }
    // Thin pools came before JSON: their columns are asked for, and done without where they are refused.
    let thin = command(Question::Lvs, &with("LVM version:     2.02.98(2)-RHEL6 (2012-10-15)")).unwrap();
    let bin = tempfile::tempdir().unwrap();
    let fake = bin.path().join("lvs");
    for (refused, fields) in [("never", 13), ("metadata_percent", 11)] {
        let script = format!("#!/bin/sh\ncase $* in *{refused}*|*json*) exit 3;; esac\nfor a; do last=$a; done\necho \"$last\"\n");
        std::fs::write(&fake, script).unwrap();
        std::fs::set_permissions(&fake, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        let path = format!("{}:/usr/bin:/bin", bin.path().display());
        let shell = thin.to_shell(quorate::link::Become::None);
        let out = std::process::Command::new("sh").arg("-c").arg(shell).env("PATH", path).output().unwrap();
        assert_eq!(String::from_utf8(out.stdout).unwrap().trim().split(',').count(), fields, "{refused}");
    }
    let pool = "pool|vg|twi-aotz--|83886080|wz--n-||||||/dev/a(0)|98.50|41.20\nplain|vg|-wi-a-----|4194304|wz--n-||||||/dev/a(9)\n";
    let read = rows!(Lvs, read(Question::Lvs, pool));
    assert_eq!((read[0].data_percent, read[0].metadata_percent, read[1].data_percent), (Some(98.5), Some(41.2), None));
    assert!(command(Question::Lvs, &tools(&["vgs"])).is_none());
    assert_eq!(argv(&new, Question::Pvs).split(' ').next(), Some("pvs"));
}

#[test]
fn device_mapper_in_every_form() {
    let real = rows!(DeviceMapper, read(Question::DeviceMapper, include_str!("../fixtures/lvm/dmsetup-status.txt")));
    let names: Vec<&str> = real.iter().map(|d| d.name.as_str()).collect();
    assert_eq!(names, ["san1", "san2", "san3", "vgdata-gfs", "vgvm-vm1", "vgvm-vm2", "vgvm-vm3"]);
    assert_eq!((real[0].uuid.as_str(), real[0].open, real[0].size), ("mpath-3600000000000000000000000ab000001", Some(3), Some(3 * GIB)));
    assert_eq!((real[4].size, real[4].vg_lv()), (Some(64 * MIB), Some(("vgvm".into(), "vm1".into()))));
    assert!(real.iter().all(|d| !d.suspended));
    let moving = rows!(DeviceMapper, read(Question::DeviceMapper, include_str!("../fixtures/lvm/dmsetup-during-pvmove.txt")));
    assert_eq!((moving[4].name.as_str(), moving[4].size), ("vgvm-ext4t", Some((409_600 + 204_800) * 512)));
    let script = "vg-a|LVM-x|1|Active\nvg-b|LVM-y|0|Suspended\n@@quorate table\nvg-a: 0 2048 linear 8:1 0\nvg-b: \n";
    let both = rows!(DeviceMapper, read(Question::DeviceMapper, script));
    assert_eq!((both[0].size, both[0].open, both[1].size, both[1].suspended), (Some(MIB), Some(1), None, true));
    let tabular = "Name Maj Min Stat Open Targ Event UUID\nx 253 1 L-sw 0 1 0\n";
    assert!(rows!(DeviceMapper, read(Question::DeviceMapper, tabular))[0].suspended);
}

#[test]
fn device_mapper_with_nothing_to_show() {
    assert!(rows!(DeviceMapper, read(Question::DeviceMapper, "No devices found\n@@quorate table\nNo devices found\n")).is_empty());
    let missing = "/dev/mapper/control: open failed: No such device\nIs device-mapper driver missing from kernel?\n";
    assert!(rows!(DeviceMapper, ended(Question::DeviceMapper, "", missing, 1)).is_empty());
    let denied = "/dev/mapper/control: open failed: Permission denied\nFailure to communicate with kernel device-mapper driver.\n";
    assert_eq!(ended(Question::DeviceMapper, "", denied, 1).unwrap_err().kind, TroubleKind::Denied);
    assert_eq!(read(Question::DeviceMapper, "a\nb: x y z\n").unwrap_err().kind, TroubleKind::Garbled);
    assert_eq!(command(Question::DeviceMapper, &tools(&["dmsetup"])).unwrap().argv()[0], "sh");
}

/// None of the lines can be read: it is said, and not taken for a node without devices, which would have every volume inactive.
#[test]
fn noise_from_device_mapper_is_no_device() {
    let real = "vgvm-vm1|LVM-abc|1|Active\nsan1|mpath-36|3|Active\n";
    let sizes = "@@quorate table\nvgvm-vm1: 0 131072 linear 8:1 0\n";
    let noise = [
        real.replace('|', "\u{fffd}"),
        real.replace("Active", "\u{7f}ctiv"),
        real.replace("|1|", "|x|").replace("|3|", "||"),
        "vgvm-vm1|LVM\nsan1|mpat\n".to_owned(),
        real.replace("vgvm", "vg vm").replace("san1", ""),
        "lorem ipsum\n".to_owned(),
        "||||\n|\n".to_owned(),
    ];
    for text in &noise {
        for all in [text.clone(), format!("{text}{sizes}")] {
            let trouble = read(Question::DeviceMapper, &all).unwrap_err();
            assert!(trouble.kind == TroubleKind::Garbled && trouble.text.contains("line 1"), "{all:?}: {trouble}");
        }
    }
    // What can be read of it counts.
    let half = rows!(DeviceMapper, read(Question::DeviceMapper, &format!("\u{fffd}|\n{real}{sizes}")));
    assert_eq!(half.iter().map(|d| d.name.as_str()).collect::<Vec<_>>(), ["san1", "vgvm-vm1"]);
    // A kernel without the driver, by the words of 1.02.185.
    let none = "/dev/mapper/control: open failed: No such device\nFailure to communicate with kernel device-mapper driver.\n\
                Check that device-mapper is available in the kernel.\nCommand failed.\n";
    assert!(rows!(DeviceMapper, ended(Question::DeviceMapper, "", none, 1)).is_empty());
}

#[test]
fn noise_between_bars_is_no_volume() {
    for noise in ["x|y\n\u{7f}|\u{fffd}|1 2|3\n", "a|b|not attributes|5\n", "vg|l1|-wi/ao|5\n"] {
        for question in [Question::Lvs, Question::Vgs, Question::Pvs] {
            let trouble = read(question, noise).unwrap_err();
            assert!(trouble.kind == TroubleKind::Garbled && trouble.text.contains("line 1"), "{question:?} {noise:?}: {trouble}");
        }
    }
}
