//! Volumes, physical volumes, filesystems and paths, from the answers of several nodes.

use serde_json::json;

use super::cluster::cluster;
use super::rig::{Site, fixture, has_alert, row};

fn report(key: &str, rows: &[&str]) -> String {
    format!("{{ \"report\": [ {{ \"{key}\": [ {} ] }} ] }}\n", rows.join(",\n"))
}

const VERSION: &str = "  LVM version:     2.03.16(2) (2022-05-18)\n  Library version: 1.02.185 (2022-05-18)\n";

fn lvm(site: &Site, node: &str, lvs: &[&str], vgs: &[&str], pvs: &[&str]) {
    for (tool, key, rows) in [("lvs", "lv", lvs), ("vgs", "vg", vgs), ("pvs", "pv", pvs)] {
        site.node(node).answers(tool, &[("*--version*", VERSION), ("*--reportformat*json*", &report(key, rows))]);
    }
}

#[test]
fn what_several_nodes_see_is_one_row() {
    let Some(site) = cluster(&["n1", "n2", "n10"]) else { return };
    let shared_vg = r#"{"vg_name":"vgvm","vg_uuid":"VG0000-0000-0000-0000-0000-0000-000001","vg_attr":"wz--ns","vg_size":"6442450944","vg_free":"0","vg_lock_type":"dlm","pv_count":"1","lv_count":"2"}"#;
    let shared_pv = |path: &str| {
        format!(
            r#"{{"pv_name":"{path}","pv_uuid":"PV0000-0000-0000-0000-0000-0000-000001","vg_name":"vgvm","pv_attr":"a--","pv_size":"6442450944","pv_free":"1024","dev_size":"6442450944"}}"#
        )
    };
    let vm1 = |attr: &str| {
        format!(
            r#"{{"lv_name":"vm1","vg_name":"vgvm","lv_uuid":"LV0000-0000-0000-0000-0000-0000-000001","lv_attr":"{attr}","lv_size":"67108864","lv_role":"public","lv_layout":"linear"}}"#
        )
    };
    let local = |n: &str| {
        (
            format!(
                r#"{{"lv_name":"root","vg_name":"vg0","lv_uuid":"LVLOCA-0000-0000-0000-0000-0000-00000{n}","lv_attr":"-wi-ao----","lv_size":"1073741824","lv_role":"public"}}"#
            ),
            format!(
                r#"{{"vg_name":"vg0","vg_uuid":"VGLOCA-0000-0000-0000-0000-0000-00000{n}","vg_attr":"wz--n-","vg_size":"1","vg_free":"0"}}"#
            ),
            format!(
                r#"{{"pv_name":"/dev/sda2","pv_uuid":"PVLOCA-0000-0000-0000-0000-0000-00000{n}","vg_name":"vg0","pv_size":"2147483648","pv_free":"0"}}"#
            ),
        )
    };
    let hidden = r#"{"lv_name":"[pvmove0]","vg_name":"vgvm","lv_uuid":"LV0000-0000-0000-0000-0000-0000-000009","lv_attr":"p-C-aom---","lv_size":"67108864","lv_role":"private","copy_percent":"43.75","move_pv":"/dev/mapper/san1"}"#;
    let pool = r#"{"lv_name":"pool","vg_name":"vgvm","lv_uuid":"LV0000-0000-0000-0000-0000-0000-000002","lv_attr":"twi-aotz--","lv_size":"1073741824","data_percent":"91.02","metadata_percent":"98.10","lv_role":"private","lv_layout":"thin,pool"}"#;
    for (node, n, attr, path) in [
        ("n1", "1", "-wi-------", "/dev/mapper/san1"),
        ("n2", "2", "-wi-a-----", "/dev/mapper/san1"),
        ("n10", "3", "-wi-ao----", "/dev/mapper/mpatha"),
    ] {
        let (lv, vg, pv) = local(n);
        lvm(&site, node, &[&vm1(attr), &lv, hidden, pool], &[shared_vg, &vg], &[&shared_pv(path), &pv]);
    }
    let (json, code) = site.status();
    super::shape::check(&json);
    let volumes: Vec<_> =
        json["volumes"].as_array().unwrap().iter().map(|v| (v["vg"].clone(), v["lv"].clone(), v["seen_by"].clone())).collect();
    let want = [
        (json!("vg0"), json!("root"), json!(["n1"])),
        (json!("vg0"), json!("root"), json!(["n10"])),
        (json!("vg0"), json!("root"), json!(["n2"])),
        (json!("vgvm"), json!("pool"), json!(["n1", "n10", "n2"])),
        (json!("vgvm"), json!("vm1"), json!(["n1", "n10", "n2"])),
    ];
    assert_eq!(volumes, want);
    let vm1 = row(&json, "volumes", "lv", "vm1");
    assert_eq!((&vm1["active_on"], &vm1["attr"], &vm1["size_bytes"]), (&json!(["n10", "n2"]), &json!("-wi-ao----"), &json!(67_108_864)));
    let pvs: Vec<_> = json["pvs"].as_array().unwrap().iter().map(|p| (p["path"].clone(), p["seen_by"].clone())).collect();
    assert_eq!(pvs.len(), 4, "{pvs:?}");
    let shared = row(&json, "pvs", "vg", "vgvm");
    assert_eq!(
        (&shared["seen_by"], &shared["size_bytes"], &shared["free_bytes"]),
        (&json!(["n1", "n10", "n2"]), &json!(6_442_450_944_u64), &json!(1024))
    );
    assert!(has_alert(&json, "critical", "thin-pool-full", "vgvm/pool"), "{}", json["alerts"]);
    assert_eq!(code, 2);
}

#[test]
fn sizes_in_other_units_warnings_and_an_lvm_without_json() {
    let Some(site) = cluster(&["n1", "n2", "n3"]) else { return };
    // n1: recorded, human units. n2: warnings on both outputs, exit status 5. n3: before --reportformat.
    for tool in ["lvs", "vgs", "pvs"] {
        site.node("n1").prints(tool, &fixture(&format!("lvm/{tool}.json")));
        let noisy = format!("  WARNING: Couldn't find device with uuid abc.\n{}", fixture(&format!("lvm/{tool}.json")));
        site.node("n2").prints(&format!("{tool}-text"), &noisy);
        let file = site.node("n2").sshd.path(&format!("{tool}-text.out"));
        site.node("n2").tool(tool, &format!("cat {}; echo '  WARNING: VG vgvm is missing PV' >&2; exit 5", file.display()));
    }
    site.node("n3").tool("lvs", "case \"$*\" in *--version*) echo '  LVM version:     2.02.98(2)-RHEL6 (2012-10-15)';; *reportformat*) echo \"lvs: unrecognized option '--reportformat'\" >&2; exit 3;; *) printf '  root|vg0|-wi-ao--|1073741824|wz--n-|||LVLOCA-0000-0000-0000-0000-0000-000001||\\n';; esac");
    site.node("n3").tool("vgs", "exit 5");
    site.node("n3").tool("pvs", "sleep 0; exit 5");
    let (json, _) = site.status();
    super::shape::check(&json);
    let vm1 = row(&json, "volumes", "lv", "vm1");
    assert_eq!((&vm1["size_bytes"], &vm1["seen_by"]), (&json!(67_108_864), &json!(["n1", "n2"])));
    assert_eq!(row(&json, "volumes", "lv", "root")["seen_by"], json!(["n3"]));
    assert_eq!(row(&json, "pvs", "path", "/dev/mapper/san1")["seen_by"], json!(["n1", "n2"]));
}

#[test]
fn filesystems_maps_and_how_full() {
    let Some(site) = cluster(&["n1", "n2"]) else { return };
    let df = "Filesystem             Type          1B-blocks      Used Available Capacity Mounted on\n\
              /dev/vda               ext4         1000000000 500000000 500000000      50% /\n\
              /dev/mapper/vgdata-gfs gfs2         1000000000 910000000  90000000      91% /mnt/gfs2\n\
              tmpfs                  tmpfs        1000000000 990000000  10000000      99% /run\n\
              /dev/vdb1              xfs          1000000000 985000000  15000000      99% /srv/with blank\n";
    for node in &site.nodes {
        node.prints("df", df);
        node.prints("multipathd", &fixture("multipath/multipathd-maps.json"));
    }
    site.node("n1").tool("lvs", "case \"$*\" in *--version*) echo '  LVM version:     2.03.16(2)';; *) echo '{\"report\":[{\"lv\":[{\"lv_name\":\"gfs\",\"vg_name\":\"vgdata\",\"lv_attr\":\"-wi-ao----\",\"lv_size\":\"1000000000\"}]}]}';; esac");
    site.node("n2").tool("multipathd", "echo 'ux_socket_connect: No such file or directory' >&2; exit 1");
    site.node("n2")
        .prints("multipath", &fixture("multipath/multipath-ll.txt").replacen("active ready running", "failed faulty offline", 1));
    let (json, code) = site.status();
    super::shape::check(&json);
    let mounts: Vec<_> =
        json["filesystems"].as_array().unwrap().iter().map(|f| (f["node"].as_str().unwrap(), f["mount"].as_str().unwrap())).collect();
    assert_eq!(
        mounts,
        [("n1", "/"), ("n1", "/mnt/gfs2"), ("n1", "/srv/with blank"), ("n2", "/"), ("n2", "/mnt/gfs2"), ("n2", "/srv/with blank")]
    );
    let gfs = json["filesystems"].as_array().unwrap().iter().find(|f| f["node"] == "n1" && f["mount"] == "/mnt/gfs2").unwrap();
    assert_eq!(
        (&gfs["source"], &gfs["type"], &gfs["size_bytes"], &gfs["used_bytes"]),
        (&json!("vgdata/gfs"), &json!("gfs2"), &json!(1_000_000_000), &json!(910_000_000))
    );
    assert!(has_alert(&json, "warning", "volume-full", "n1:/mnt/gfs2"));
    assert!(has_alert(&json, "critical", "volume-full", "n2:/srv/with blank"));
    let paths: Vec<_> = json["paths"]
        .as_array()
        .unwrap()
        .iter()
        .map(|p| (p["node"].as_str().unwrap(), p["map"].as_str().unwrap(), p["active"].as_u64().unwrap(), p["total"].as_u64().unwrap()))
        .collect();
    let want = [
        ("n1", "san1", 2, 2),
        ("n1", "san2", 2, 2),
        ("n1", "san3", 2, 2),
        ("n2", "san1", 1, 2),
        ("n2", "san2", 2, 2),
        ("n2", "san3", 2, 2),
    ];
    assert_eq!(paths, want);
    assert!(has_alert(&json, "warning", "path-lost", "n2:san1"));
    assert_eq!(code, 2);
}
