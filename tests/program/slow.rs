//! An action waits for what it rests on: nodes whose storage is slow to answer.

use std::process::Stdio;

use super::cluster::{CrmMon, cluster, node, set_manager};
use super::rig::{Run, Site};

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

/// A member that the manager holds for dead is not waited for; when it comes back while the volume is asked about, it is.
#[test]
fn a_node_that_comes_back_meanwhile_is_waited_for() {
    let Some(mut site) = slow(0) else { return };
    let (asked, back) = (site.home.path().join("asked"), site.home.path().join("back"));
    let said = [node("n1", 1, "online=\"false\""), node("n2", 2, "is_dc=\"true\"")];
    site.nodes.iter().for_each(|node| set_manager(node, &CrmMon::of(&said)));
    let until =
        format!("touch {}; i=0; while [ $i -lt 200 ] && ! [ -e {} ]; do sleep 0.1; i=$((i+1)); done", asked.display(), back.display());
    let n2 = format!(
        "case \"$*\" in *--version*) echo '{VERSION}';; *--noheadings*) {until}; echo '  67108864|4194304|1073741824|1|linear|-wi-ao----';; *) echo '{LV}';; esac"
    );
    site.node("n2").tool("lvs", &n2);
    let n1 = format!(
        "case \"$*\" in *--version*) echo '{VERSION}';; *) touch {}; sleep 6; echo '{{\"report\":[{{\"lv\":[]}}]}}';; esac",
        back.display()
    );
    site.node("n1").tool("lvs", &n1);
    site.nodes[0].sshd.stop();
    let plan = site.command(&["plan", "grow", "vgvm/vm1", "--by", "4M"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    crate::link::rig::until("the volume is asked about", || asked.exists());
    site.nodes[0].sshd.run();
    let run = Run::of(plan.wait_with_output().unwrap());
    assert!(back.exists(), "{}", run.stderr);
    assert!(run.stdout.contains("lvextend --size 71303168B vgvm/vm1"), "{}{}", run.stdout, run.stderr);
}
