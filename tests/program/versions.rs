//! Nodes with tools of other versions.

use serde_json::json;

use super::cluster::{CrmMon, Ring, cluster, equip, nodes, vm};
use super::rig::{Site, has_alert, member, service};

const V1_1: &str = r#"<?xml version="1.0"?>
<crm_mon version="1.1.23">
    <summary>
        <stack type="corosync" />
        <current_dc present="true" version="1.1.23-1.el7-9acf116022" name="n1" id="1" with_quorum="true" />
        <cluster_options stonith-enabled="true" symmetric-cluster="true" no-quorum-policy="stop" maintenance-mode="false" />
    </summary>
    <nodes>
        <node name="n1" id="1" online="true" standby="false" standby_onfail="false" maintenance="false" pending="false" unclean="false" shutdown="false" expected_up="true" is_dc="true" resources_running="1" type="member" />
        <node name="n2" id="2" online="true" standby="true" standby_onfail="false" maintenance="false" pending="false" unclean="false" shutdown="false" expected_up="true" is_dc="false" resources_running="0" type="member" />
    </nodes>
    <resources>
        <resource id="vm1" resource_agent="ocf::heartbeat:VirtualDomain" role="Started" active="true" orphaned="false" managed="true" failed="false" failure_ignored="false" nodes_running_on="1" >
            <node name="n1" id="1" cached="true"/>
        </resource>
    </resources>
</crm_mon>
"#;

/// Corosync 2.4: ids in hexadecimal are gone, names may be what DNS says, the exit status is 1 where there is quorum.
const QUORUM_2_4: &str = "Quorum information\n------------------\nDate:             Sun Nov 22 22:11:26 2026\nQuorum provider:  corosync_votequorum\nNodes:            2\nNode ID:          1\nRing ID:          1/16\nQuorate:          Yes\n\nVotequorum information\n----------------------\nExpected votes:   2\nHighest expected: 2\nTotal votes:      2\nQuorum:           1  \nFlags:            2Node Quorate WaitForAll \n\nMembership information\n----------------------\n    Nodeid      Votes Name\n         1          1 n1.example.net (local)\n         2          1 n2.example.net\n";

const CMAP_2_4: &str = "nodelist.node.0.nodeid (u32) = 1\nnodelist.node.0.ring0_addr (str) = n1\nnodelist.node.1.nodeid (u32) = 2\nnodelist.node.1.ring0_addr (str) = n2\n\
    runtime.totem.pg.mrp.srp.members.1.config_version (u64) = 0\nruntime.totem.pg.mrp.srp.members.1.ip (str) = r(0) ip(192.0.2.1) \nruntime.totem.pg.mrp.srp.members.1.join_count (u32) = 1\nruntime.totem.pg.mrp.srp.members.1.status (str) = joined\nruntime.totem.pg.mrp.srp.members.2.status (str) = joined\ntotem.cluster_name (str) = old\n";

#[test]
fn pacemaker_1_1_and_corosync_2_4() {
    let Some(site) = Site::new(&["n1"]) else { return };
    site.configure(&Site::entry("n2", 1));
    let node = site.node("n1");
    node.prints("crm_mon-text", V1_1);
    let file = node.sshd.path("crm_mon-text.out");
    // As 1.1 does: what it does not know is an error, and the exit status beside good XML is odd.
    node.tool(
        "crm_mon",
        &format!(
            "case \"$*\" in *--version*) echo 'Pacemaker 1.1.23-1.el7'; echo 'Written by Andrew Beekhof';; *output-as*) echo \"crm_mon: unrecognized option '--output-as=xml'\" >&2; exit 64;; *--as-xml*) cat {}; echo 'a warning' >&2; exit 134;; esac",
            file.display()
        ),
    );
    node.tool("cibadmin", "echo 'Call cib_query failed (-6): No such device or address' >&2; exit 6");
    node.tool("stonith_admin", "case \"$*\" in *output-as*) exit 64;; *history*) exit 0;; *) echo ' f1'; echo '1 devices found';; esac");
    node.prints("crm_node", "n1\n");
    node.tool("corosync", "echo \"Corosync Cluster Engine, version '2.4.5'\"; echo 'Copyright (c) 2006-2009 Red Hat, Inc.'");
    node.prints("quorum-text", QUORUM_2_4);
    node.tool("corosync-quorumtool", &format!("cat {}; exit 1", node.sshd.path("quorum-text.out").display()));
    node.tool(
        "corosync-cmapctl",
        &format!("case \"$*\" in *-m*) echo \"corosync-cmapctl: invalid option -- 'm'\" >&2; exit 1;; *) cat <<'X'\n{CMAP_2_4}X\n;; esac"),
    );
    node.tool("corosync-cfgtool", "case \"$*\" in *-s*) printf 'Printing ring status.\\nLocal node ID 1\\nRING ID 0\\n\\tid\\t= 192.0.2.1\\n\\tstatus\\t= ring 0 active with no faults\\n';; *) exit 1;; esac");
    let (json, code) = site.status();
    super::shape::check(&json);
    assert_eq!(
        (&json["cluster"]["name"], &json["cluster"]["quorate"], &json["cluster"]["can_lose"]),
        (&json!("old"), &json!(true), &json!(1))
    );
    assert_eq!(json["cluster"]["flags"], json!(["two-node", "wait-for-all"]));
    assert_eq!(json["cluster"]["version"], "1.1.23-1.el7-9acf116022");
    let names: Vec<&str> = json["members"].as_array().unwrap().iter().map(|m| m["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["n1", "n2"]);
    assert_eq!((&member(&json, "n2")["status"], &member(&json, "n2")["votes"]), (&json!("standby"), &json!(1)));
    assert_eq!(
        (&service(&json, "vm1")["kind"], &service(&json, "vm1")["state"], &service(&json, "vm1")["owner"]),
        (&json!("vm"), &json!("started"), &json!("n1"))
    );
    assert_eq!(code, 1, "{}", json["alerts"]);
}

/// The XML and what the node's crm_mon says of its version.
fn with_version(said: &str, xml: impl Fn(String) -> String) -> Option<serde_json::Value> {
    let site = cluster(&["n1"])?;
    let mut mon = CrmMon::of(&nodes(&["n1"]));
    mon.resources = vm("vm1", "Started", "", &["n1"]);
    equip(&site, &Ring::of(&["n1"]), &mon);
    let node = site.node("n1");
    node.answers("crm_mon", &[("*--version*", said), ("*--output-as=xml*", &xml(mon.xml()))]);
    let (json, _) = site.status();
    assert_eq!(service(&json, "vm1")["state"], "started", "{said}");
    Some(json)
}

#[test]
fn from_2_0_3_to_3_0() {
    for said in [
        "Pacemaker 2.0.3-4.el8\n",
        "Pacemaker 2.1.10-rc1\n",
        "Pacemaker 3.0.1\nWritten by Andrew Beekhof and the Pacemaker project contributors\n",
        "",
        "<?xml version=\"1.0\"?>\n",
        "crm_mon: unknown option in line 1.1\n",
    ] {
        let Some(json) = with_version(said, |xml| xml) else { return };
        assert_eq!(json["cluster"]["stack"], "pacemaker");
    }
    // 3.0.2 names the options anew; 2.0.3 has no fence history in a cluster that never fenced.
    let renamed = |xml: String| xml.replace("stonith-enabled=\"true\"", "fencing-enabled=\"false\"").replace("2.25", "2.42");
    let Some(json) = with_version("Pacemaker 3.0.2\n", renamed) else { return };
    assert!(has_alert(&json, "warning", "fencing-disabled", "lab"));
}

#[test]
fn warnings_and_exit_statuses_beside_good_answers() {
    let Some(site) = cluster(&["n1"]) else { return };
    let node = site.node("n1");
    for tool in ["crm_mon", "corosync-quorumtool", "corosync-cmapctl", "cibadmin", "stonith_admin", "crm_node"] {
        let bin = std::fs::canonicalize(node.sshd.path("bin")).unwrap();
        std::fs::rename(bin.join(tool), bin.join(format!("{tool}.real"))).unwrap();
        node.tool(tool, &format!("echo \"$0: warning: something is odd\" >&2; {tool}.real \"$@\"; exit 1"));
    }
    let (json, code) = site.status();
    assert_eq!((json["health"].as_str(), code), (Some("degraded"), 1), "{}", json["alerts"]);
    assert_eq!((&member(&json, "n1")["status"], &json["cluster"]["quorate"]), (&json!("online"), &json!(true)));
}
