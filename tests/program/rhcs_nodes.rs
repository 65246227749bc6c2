//! Nodes of RHEL 4, 5 and 6: recorded output of the old tools behind sshd, and what breaks it on its way.

use serde_json::{Value, json};

use super::rig::{Site, alerts, fixture, has_alert, member, service};

const N1: &str = "virtsrv1n1.cnaf.infn.it";
const N2: &str = "virtsrv2n2.cnaf.infn.it";
const N5: &str = "virtsrv5n5.cnaf.infn.it";

fn told(name: &str) -> String {
    fixture(&format!("rhcs/net-cluster/{name}"))
}

/// What this machine may have and these nodes do not.
const NEWER: [&str; 8] =
    ["corosync", "corosync-quorumtool", "corosync-cfgtool", "corosync-cmapctl", "dlm_tool", "mkqdisk", "vmware-cmd", "vmrun"];

/// These nodes of the cluster; nothing listens where the others should be.
fn site(names: &[&str]) -> Option<Site> {
    let site = Site::new(names)?;
    for node in &site.nodes {
        for tool in NEWER {
            node.tool(tool, "exit 127");
        }
    }
    let away = (1..=5)
        .map(|n| format!("virtsrv{n}n{n}.cnaf.infn.it"))
        .filter(|name| names[0].starts_with("virtsrv") && !names.contains(&name.as_str()));
    site.configure(&away.map(|name| Site::entry(&name, 1)).collect::<String>());
    Some(site)
}

/// cman's words as this node says them.
fn own(status: &str, number: usize) -> String {
    let name = format!("virtsrv{number}n{number}.cnaf.infn.it");
    told(status).replace(&format!("Node name: {N1}"), &format!("Node name: {name}")).replace("Node ID: 1", &format!("Node ID: {number}"))
}

/// A node of RHEL 6 on which all is well.
fn rhel6(site: &Site, number: usize, clustat: &str) {
    let node = &site.nodes[number - 1];
    node.answers("clustat", &[("*' -v '*", "clustat version 3.0.12.1\n"), ("*-x*", clustat)]);
    node.answers(
        "cman_tool",
        &[
            ("*status*", &own("ok.cman_tool-status.txt", number)),
            ("*-F*", &told("ok.cman_tool-nodes-F.txt")),
            ("*-a*", &told("ok.cman_tool-nodes-a.txt")),
            ("*nodes*", &told("ok.cman_tool-nodes.txt")),
        ],
    );
    node.answers("fence_tool", &[("*ls*-n*", &told("ok.fence_tool-ls-n.txt")), ("*dump*", "")]);
    node.answers("group_tool", &[("*ls*", &told("ok.group_tool-ls.txt"))]);
    node.answers("ccs_config_dump", &[("*", &told("cluster.conf"))]);
}

fn view(site: &Site) -> (Value, i32) {
    let (json, code) = site.status();
    super::shape::check(&json);
    assert!(!json.to_string().contains("EXAMPLE-NOT-REAL"), "no password leaves its node");
    (json, code)
}

/// Nothing is wrong but that nobody listens at the other nodes.
fn is_well(json: &Value) -> bool {
    alerts(json).iter().all(|(_, code, _)| code == "member-unreachable")
}

/// The list of a node is whole or not there: what was cut off, or is no XML, never looks as if nothing ran.
#[test]
fn what_breaks_the_xml_on_its_way_is_not_taken_for_fewer_services() {
    let Some(site) = site(&[N1]) else { return };
    let ok = told("ok.clustat.xml");
    let started = |json: &Value| json["services"].as_array().unwrap().iter().filter(|s| s["state"] == "started").count();
    let good = [
        format!("perl: warning: Setting locale failed.\nperl: warning: Falling back to the standard locale (\"C\").\n{ok}"),
        format!("\u{feff}{ok}"),
        ok.replace('\n', "\r\n"),
        ok.replace("    ", "\t").replace(" name=", "\n  name="),
        format!("{ok}\n\nConnection to the resource group manager closed.\n"),
        ok.replace("<?xml version=\"1.0\"?>\n", ""),
    ];
    for said in good {
        rhel6(&site, 1, &said);
        let (json, _) = view(&site);
        assert_eq!((started(&json), &json["cluster"]["quorate"]), (15, &json!(true)), "{said:.60}: {}", json["alerts"]);
    }
    let bad = [
        ok[..ok.len() / 2].to_owned(),
        ok.replace("</groups>", "").replace("</clustat>", ""),
        ok.split("<groups>").next().unwrap().to_owned(),
        "<clustat".to_owned(),
        "Segmentation fault\n".to_owned(),
        String::new(),
    ];
    for said in bad {
        rhel6(&site, 1, &said);
        let (json, _) = view(&site);
        // cluster.conf names them all the same, and nobody knows what they do.
        let all = json["services"].as_array().unwrap();
        assert!(all.len() == 15 && all.iter().all(|s| s["state"] == "unknown" && !s["reason"].is_null()), "{said:.60}: {all:?}");
        assert_eq!(json["cluster"]["quorate"], true, "{said:.60}: {}", json["alerts"]);
        assert!(has_alert(&json, "warning", "manager-down", N1), "{said:.60}: {}", json["alerts"]);
    }
}

/// One rgmanager starts, and says so before its XML; the other one's list counts. Both kept silent: it is said, and why.
#[test]
fn the_list_of_a_node_that_has_one_counts() {
    let Some(site) = site(&[N1, N2]) else { return };
    let silent = format!("Service states unavailable: Temporary failure; try again\n{}", told("local-no-rgmanager.clustat.xml"));
    rhel6(&site, 1, &silent);
    rhel6(&site, 2, &told("ok.clustat.xml"));
    let (json, _) = view(&site);
    assert_eq!(service(&json, "vm:wiki")["state"], "started");
    assert!(is_well(&json), "{}", json["alerts"]);
    rhel6(&site, 2, &silent.replace("Temporary failure; try again", "Operation requires quorum"));
    let (json, code) = view(&site);
    assert_eq!((service(&json, "vm:wiki")["state"].as_str(), code), (Some("unknown"), 1));
    let told = service(&json, "vm:wiki")["reason"].as_str().unwrap();
    assert!(told.contains("Temporary failure") || told.contains("requires quorum"), "{told}");
    assert!(alerts(&json).iter().any(|(_, code, _)| code == "manager-down"), "{}", json["alerts"]);
}

/// clustat waits for a DLM that stands still, for ever.
#[test]
fn an_rgmanager_that_hangs_is_said_and_holds_nothing_up() {
    let Some(site) = site(&[N1]) else { return };
    rhel6(&site, 1, "");
    site.nodes[0].tool("clustat", "case $* in -v) echo 'clustat version 3.0.12.1' ;; *) exec sleep 1000 ;; esac");
    let (json, code) = view(&site);
    assert!(has_alert(&json, "warning", "manager-down", N1), "{}", json["alerts"]);
    assert_eq!((service(&json, "vm:wiki")["state"].as_str(), &json["cluster"]["quorate"], code), (Some("unknown"), &json!(true), 1));
    assert_eq!((member(&json, N5)["status"].as_str(), member(&json, N1)["reachable"].as_bool()), (Some("online"), Some(true)));
}

/// RHEL 5: groupd, no flags in clustat, no votes by node, dirty flags, ccsd.
#[test]
fn a_node_of_rhel5() {
    let Some(site) = site(&[N1]) else { return };
    let node = &site.nodes[0];
    let rhel5 = |name: &str| told(&format!("rhel5/{name}"));
    let install = |state: &str, groups: &str| {
        node.answers("clustat", &[("*' -v '*", "clustat version 2.0.52\n"), ("*-x*", &told("old-3.0.12/ok.clustat.xml"))]);
        node.answers(
            "cman_tool",
            &[
                ("*status*", &rhel5(&format!("{state}.cman_tool-status.txt"))),
                ("*nodes*-F*", "cman_tool: unrecognized option\n"),
                ("*nodes*", &rhel5(&format!("{state}.cman_tool-nodes.txt"))),
                ("*services*", groups),
            ],
        );
        node.tool("fence_tool", "echo 'Usage:' >&2; echo 'fence_tool <join|leave|dump> [options]' >&2; exit 1");
        node.answers("group_tool", &[("*ls*", groups)]);
    };
    install("ok", &rhel5("ok.group_tool-ls.txt"));
    let (json, _) = view(&site);
    assert_eq!((&json["cluster"]["name"], &json["cluster"]["version"]), (&json!("net-cluster"), &json!("2.0.52")));
    assert_eq!((&json["cluster"]["can_lose"], &json["cluster"]["flags"]), (&json!(2), &json!([])));
    assert!(is_well(&json), "{}", json["alerts"]);
    assert_eq!((&member(&json, N5)["votes"], &member(&json, N5)["id"]), (&json!(1), &json!("5")));
    assert_eq!(service(&json, "vm:wiki")["state"], "started");
    install("qdisk", &rhel5("ok.group_tool-ls.txt"));
    let (json, _) = view(&site);
    assert_eq!(json["cluster"]["flags"], json!(["quorum-disk"]));
    assert_eq!(json["cluster"]["votes"], json!({ "total": 9, "expected": 9, "needed": 5 }));
    assert_eq!(json["members"].as_array().unwrap().len(), 5);
    // groupd waits for a fencing, and its lists are broken over lines.
    let broken = rhel5("nodedown-fencing.group_tool-ls.txt").replace("[1 2 3 4]", "[1 2\n3 4]").replace("[1 2 3 4 5]", "[1 2 3\n4 5]");
    install("ok", &broken);
    node.answers(
        "cman_tool",
        &[
            ("*status*", &rhel5("ok.cman_tool-status.txt").replace("Nodes: 5", "Nodes: 4").replace("Total votes: 5", "Total votes: 4")),
            ("*nodes*-F*", ""),
            (
                "*nodes*",
                &rhel5("ok.cman_tool-nodes.txt").replace("   5   M   1280   2012-03-01 10:17:02", "   5   X   1280                      "),
            ),
        ],
    );
    node.answers("clustat", &[("*-x*", &told("nodedown-fencing.clustat.xml").replace(" flags=\"0\" flags_str=\"\"", ""))]);
    let (json, code) = view(&site);
    assert_eq!((&member(&json, N5)["status"], code), (&json!("unclean"), 2), "{}", json["alerts"]);
    assert_eq!(service(&json, "vm:wiki")["state"], "unknown");
}

const RHEL4_STATUS: &str = "Protocol version: 5.0.1\nConfig version: 4\nCluster name: tng3\nCluster ID: 6403\nCluster Member: Yes\n\
    Membership state: Cluster-Member\nNodes: 2\nExpected_votes: 1\nTotal_votes: 2\nQuorum: 1   \nActive subsystems: 6\nNode name: tng3-1\n\
    Node addresses: 192.0.2.31  \n\n";
const RHEL4_NODES: &str = "Node  Votes Exp Sts  Name\n   1    1    1   M   tng3-1\n   2    1    1   M   tng3-2\n";
const RHEL4_SERVICES: &str = "Service          Name                              GID LID State     Code\nFence Domain:    \"default\"                           1   2 run       -\n[1 2]\n\n\
     DLM Lock Space:  \"clvmd\"                             2   3 run       -\n[1\n2]\n\n";

/// RHEL 4: no XML, no kinds before services' names, ids of 64 bits; and rgmanager is told the names that it knows.
#[test]
fn a_node_of_rhel4_is_read_and_acted_upon() {
    let Some(site) = site(&["tng3-1", "tng3-2"]) else { return };
    let owner = site.home.path().join("owner");
    std::fs::write(&owner, "tng3-2").unwrap();
    let (head, _) = fixture("rhcs/rhel4/clustat.txt").split_once("  email ").map(|(h, t)| (h.to_owned(), t.to_owned())).unwrap();
    for (at, node) in site.nodes.iter().enumerate() {
        let text = node.sshd.path("clustat.txt");
        std::fs::write(&text, &head).unwrap();
        node.tool(
            "clustat",
            &format!(
                "case $* in -v) echo 'clustat version 1.9.54' ;; '') cat {}; printf '  email                %-30s started         \\n' \"$(cat {})\" ;;\n\
                 *) echo 'clustat: invalid option -- x'; echo 'usage: clustat <options>'; exit 0 ;; esac",
                text.display(),
                owner.display()
            ),
        );
        let own = RHEL4_STATUS
            .replace("Node name: tng3-1", &format!("Node name: {}", node.name))
            .replace("192.0.2.31", &format!("192.0.2.{}", 31 + at));
        node.answers(
            "cman_tool",
            &[("*status*", &own), ("*'nodes -'*", "cman_tool: invalid option\n"), ("*nodes*", RHEL4_NODES), ("*services*", RHEL4_SERVICES)],
        );
        node.tool("fence_tool", "echo 'fence_tool: invalid operation' >&2; exit 1");
        node.tool(
            "clusvcadm",
            &format!(
                "case $* in\n'-r email -m tng3-1') printf 'Trying to relocate email to tng3-1...'; printf tng3-1 >{}; echo success ;;\n\
                 -S) echo 'usage: clusvcadm -d <group>'; exit 1 ;;\n*) echo \"Trying to do $*...failed\"; exit 1 ;;\nesac",
                owner.display()
            ),
        );
    }
    site.configure("");
    let (json, code) = view(&site);
    assert_eq!(
        (&json["cluster"]["name"], &json["cluster"]["stack"], &json["cluster"]["quorate"]),
        (&json!("tng3"), &json!("rhcs"), &json!(true))
    );
    assert_eq!(json["cluster"]["votes"], json!({ "total": 2, "expected": 1, "needed": 1 }));
    assert_eq!((&json["cluster"]["version"], &json["cluster"]["can_lose"]), (&json!("1.9.54"), &json!(1)));
    assert_eq!(
        (&member(&json, "tng3-2")["id"], &member(&json, "tng3-2")["votes"], &member(&json, "tng3-2")["status"]),
        (&json!("2"), &json!(1), &json!("online"))
    );
    assert_eq!(
        (&service(&json, "service:email")["owner"], &service(&json, "service:webserver")["state"]),
        (&json!("tng3-2"), &json!("failed"))
    );
    assert_eq!((&service(&json, "service:webserver")["last_owner"], code), (&json!("tng3-1"), 2));
    let config = std::fs::read_to_string(site.home.path().join("config/quorate/config.toml")).unwrap();
    site.write_config(&config.replace("[[cluster]]\n", "[[cluster]]\nrole = \"admin\"\n"));
    let run = site.run(&["act", "relocate", "service:email", "--to", "tng3-1", "--confirm", "service:email", "--json"]);
    assert_eq!(run.code, 0, "{} {}", run.stdout, run.stderr);
    assert!(run.stdout.contains("clusvcadm -r email -m tng3-1"), "{}", run.stdout);
    assert_eq!(std::fs::read_to_string(owner).unwrap(), "tng3-1");
}
