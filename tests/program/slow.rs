//! An action waits for what it rests on: nodes whose storage is slow to answer.

use super::cluster::cluster;
use super::rig::Site;

const VERSION: &str = "  LVM version:     2.03.16(2) (2022-05-18)";
const VG: &str = r#"{"report":[{"vg":[{"vg_name":"vgvm","vg_uuid":"VG0000-0000-0000-0000-0000-0000-000001","vg_attr":"wz--ns","vg_size":"6442450944","vg_free":"1073741824","vg_lock_type":"dlm"}]}]}"#;
const LV: &str = r#"{"report":[{"lv":[{"lv_name":"vm1","vg_name":"vgvm","lv_uuid":"LV0000-0000-0000-0000-0000-0000-000001","lv_attr":"-wi-ao----","lv_size":"67108864","lv_role":"public","lv_layout":"linear"}]}]}"#;

/// Two nodes: n1 sees no volume group, n2 sees the shared one and takes so long to say so.
fn slow(seconds: u32) -> Option<Site> {
    let site = cluster(&["n1", "n2"])?;
    for tool in ["lvs", "vgs", "pvs"] {
        let none = format!("case \"$*\" in *--version*) echo '{VERSION}';; *) echo '{{\"report\":[{{\"lv\":[]}}]}}';; esac");
        site.node("n1").tool(tool, &none.replace("\"lv\"", &format!("\"{}\"", &tool[..2])));
    }
    let tell = |json: &str| {
        format!(
            "case \"$*\" in *--version*) echo '{VERSION}';; *--noheadings*) sleep {seconds}; echo '  67108864|4194304|1073741824|1|linear|-wi-ao----';; *) sleep {seconds}; echo '{json}';; esac"
        )
    };
    site.node("n2").tool("lvs", &tell(LV));
    site.node("n2").tool("vgs", &tell(VG).replace(&format!("sleep {seconds}"), "true"));
    site.node("n2").tool("pvs", &format!("case \"$*\" in *--version*) echo '{VERSION}';; *) echo '{{\"report\":[{{\"pv\":[]}}]}}';; esac"));
    site.node("n2").tool("blockdev", "echo 67108864");
    Some(site)
}

#[test]
fn a_volume_of_a_slow_node_is_waited_for() {
    let Some(site) = slow(9) else { return };
    let run = site.run(&["plan", "grow", "vgvm/vm1", "--by", "4M"]);
    assert!(run.stdout.contains("lvextend --size 71303168B vgvm/vm1"), "{}{}", run.stdout, run.stderr);
}

#[test]
fn a_node_that_never_tells_its_volumes_is_named() {
    let Some(site) = slow(100) else { return };
    let run = site.run(&["plan", "grow", "vgvm/vm1", "--by", "4M", "--json"]);
    let json = run.json();
    assert_eq!((run.code, &json["refusals"][0]["code"]), (4, &"slow-node".into()), "{json}");
    assert!(json["refusals"][0]["why"].as_str().unwrap().starts_with("n2 does not say"), "{json}");
    assert_eq!(json["refusals"].as_array().unwrap().len(), 1, "{json}");
}
