//! Red Hat Cluster Suite acted upon: the program against five sshd's with the old tools behind them. Each outcome is read from what the tools print, and proved by
//! another of them.

use std::time::{Duration, Instant};

use super::rhcs_lab::Lab;
use super::rig::{alerts, member, service};

#[test]
fn the_lab_is_the_cluster_that_it_seems() {
    let Some(lab) = Lab::start() else { return };
    let (json, code) = lab.site.status();
    assert_eq!(
        (&json["cluster"]["stack"], &json["cluster"]["name"], code),
        (&"rhcs".into(), &"net-cluster".into(), 0),
        "{:?}",
        alerts(&json)
    );
    assert_eq!(json["cluster"]["votes"]["total"], 5);
    assert_eq!(json["services"].as_array().unwrap().len(), 15);
    assert!(json["members"].as_array().unwrap().iter().all(|m| m["manager"] == true && m["status"] == "online"), "{json:#}");
    assert!(json["volumes"].as_array().unwrap().iter().any(|v| v["lv"] == "lv_db" && v["active_on"].as_array().unwrap().len() == 5));
}

#[test]
fn a_service_is_moved_stopped_started_and_left_alone() {
    let Some(lab) = Lab::start() else { return };
    let (n1, n3) = (lab.n(1), lab.n(3));
    let live = lab.done(&format!("relocate vm:radius1 --to {n3}"));
    assert_eq!(live["steps"][0]["command"], format!("clusvcadm -M vm:radius1 -m {n3}"));
    let proof = live["proof"].to_string();
    assert!(proof.contains("vm:radius1 is started on") && proof.contains("libvirt on") && proof.contains("running"), "{proof}");
    let back = lab.done(&format!("relocate vm:radius1 --to {n1} --how restart"));
    assert_eq!(back["steps"][0]["command"], format!("clusvcadm -r vm:radius1 -m {n1}"));
    assert!(lab.row("vm:radius1").contains(&format!("owner=\"{n1}\"")));
    lab.done("restart vm:radius1");
    lab.done("freeze vm:radius1");
    assert!(lab.row("vm:radius1").contains("flags_str=\"frozen\""));
    assert_eq!(lab.refused(&format!("relocate vm:radius1 --to {n3}")), ["frozen"]);
    assert_eq!(lab.refused("disable vm:radius1"), ["frozen"]);
    lab.done("unfreeze vm:radius1");
    lab.done("suspend vm:radius1");
    assert_eq!(lab.refused("suspend vm:radius1"), ["guest-state"]);
    lab.done("resume vm:radius1");
    lab.done("disable vm:radius1");
    assert!(lab.row("vm:radius1").contains("state_str=\"disabled\""));
    assert_eq!(lab.refused("restart vm:radius1"), ["not-running"]);
    lab.done("enable vm:radius1");
    let stopped = lab.done("stop vm:radius1");
    assert_eq!(stopped["steps"][0]["command"], "clusvcadm -s vm:radius1");
    lab.done("start vm:radius1");
    lab.befall("part radius1");
    lab.done("convalesce vm:radius1");
    assert_eq!(lab.refused("convalesce vm:radius1"), ["already"]);
}

#[test]
fn what_clusvcadm_says_counts_and_not_its_exit_status() {
    let Some(lab) = Lab::start() else { return };
    let (n1, n2, n3) = (lab.n(1), lab.n(2), lab.n(3));
    lab.befall(&format!("jinx radius1 {n3}"));
    let strayed = lab.failed(&format!("relocate vm:radius1 --to {n3} --how restart"));
    assert!(strayed.contains("original owner") || strayed.contains("it runs on"), "{strayed}");
    lab.befall("stick web2");
    let aborted = lab.failed(&format!("relocate vm:web2 --to {n2} --how restart"));
    assert!(aborted.contains("Aborted; service failed"), "{aborted}");
    assert_eq!(lab.refused("enable vm:web2"), ["failed"]);
    let cleaned = lab.done("cleanup vm:web2");
    let sent: Vec<&str> = cleaned["steps"].as_array().unwrap().iter().filter_map(|s| s["command"].as_str()).collect();
    assert_eq!(sent, ["clusvcadm -d vm:web2".to_owned(), format!("clusvcadm -e vm:web2 -m {n1}")]);
    // The tool would take a similar name; the program does not.
    assert_eq!(lab.refused("relocate vm:wiki --to virtsrv1"), ["unknown-target"]);
    assert_eq!(lab.refused("disable wiki"), ["unknown-target"]);
    let wrong = lab.site.run(&["act", "disable", "vm:wiki", "--confirm", "vm:web2"]);
    assert_eq!(wrong.code, 4, "{}", wrong.stdout);
    // A hand behind the program's back: no tool where it should be.
    lab.site.nodes.iter().for_each(|n| n.tool("clusvcadm", "echo 'Local machine disabling vm:db...'; exit 0"));
    let (json, code) = lab.act("disable vm:db");
    assert_eq!((code, json["status"].as_str()), (5, Some("unknown")), "words that do not tell are no success: {json:#}");
}

#[test]
fn what_rgmanager_would_refuse_is_refused_before_it_is_asked() {
    let Some(lab) = Lab::start() else { return };
    let (n1, n2, n3) = (lab.n(1), lab.n(2), lab.n(3));
    lab.befall(&format!("restrict radius1 {n1} {n2}"));
    lab.befall("alone licman2");
    let (plan, code) = lab.plan(&format!("relocate vm:radius1 --to {n3}"));
    assert_eq!(code, 4);
    assert!(plan["refusals"].to_string().contains("outside its restricted failover domain only-radius1"), "{plan:#}");
    lab.done(&format!("relocate vm:radius1 --to {n2}"));
    let owner = lab.n(4);
    assert!(lab.plan(&format!("relocate vm:wiki --to {owner}")).0["refusals"].to_string().contains("exclusive"));
    lab.said(&["clusvcadm", "-l"]);
    assert_eq!(lab.refused(&format!("relocate vm:wiki --to {n1}")), ["locked"]);
    assert_eq!(lab.refused("restart vm:wiki"), ["locked"]);
    lab.done("disable vm:wiki");
    assert_eq!(lab.refused("enable vm:wiki"), ["locked"]);
    lab.said(&["clusvcadm", "-u"]);
    lab.done("enable vm:wiki");
    for (words, code) in [
        ("cancel vm:wiki", "wrong-stack"),
        ("clear vm:wiki", "wrong-stack"),
        ("maintenance on", "wrong-stack"),
        ("cleanup vm:wiki", "already"),
        ("expected 9", "too-many"),
    ] {
        assert_eq!(lab.refused(words), [code], "{words}");
    }
    assert_eq!(lab.refused(&format!("standby {n1}")), ["wrong-stack"]);
    assert_eq!(lab.refused(&format!("fence {n1} --how off")), ["way-closed"]);
    assert_eq!(lab.refused(&format!("confirm-fence {n1}")), ["no-victim"]);
    assert_eq!(lab.refused(&format!("daemon {n1} clvmd stop")), ["in-use"]);
    lab.configure("operator");
    assert_eq!(lab.refused(&format!("kill {n1}")), ["role"]);
    assert_eq!(lab.refused(&format!("leave {n1}")), ["role"]);
}

#[test]
fn a_node_is_drained_leaves_joins_and_its_daemons_obey() {
    let Some(lab) = Lab::start() else { return };
    let (n3, n4) = (lab.n(3), lab.n(4));
    let drained = lab.done(&format!("drain {n3}"));
    assert!(
        drained["steps"]
            .as_array()
            .unwrap()
            .iter()
            .all(|s| s["command"].is_null() || s["command"].as_str().unwrap().starts_with("clusvcadm -M "))
    );
    let way_back = drained["undo"].as_str().unwrap();
    assert!(way_back.starts_with(&format!("unstandby {n3} --back vm:")), "{way_back}");
    let back = lab.done(way_back);
    assert!(back["steps"].to_string().contains(&format!(" -m {n3}")), "{back:#}");
    lab.done(&format!("drain {n3}"));
    let tested = lab.done(&format!("test-fence {n3}"));
    assert!(tested["steps"].to_string().contains("the power is on"), "{tested:#}");
    lab.done(&format!("daemon {n3} rgmanager stop"));
    let (plan, code) = lab.plan(&format!("relocate vm:web2 --to {n3}"));
    assert!(code == 4 && plan["refusals"].to_string().contains("rgmanager does not run on"), "{plan:#}");
    lab.done(&format!("daemon {n3} clvmd stop"));
    assert_eq!(lab.refused("grow vg_cluster/lv_db --by 1G"), ["no-clvmd"]);
    lab.done(&format!("daemon {n3} clvmd start"));
    lab.done(&format!("daemon {n3} rgmanager start"));
    let grown = lab.done("grow vg_cluster/lv_db --by 1G");
    assert!(grown["proof"].to_string().contains("vg_cluster/lv_db on"), "{grown:#}");
    // What all nodes have active needs cmirror to be moved; what one alone has does not.
    assert_eq!(lab.refused("evacuate /dev/mapper/netapp"), ["several-active"]);
    let emptied = lab.done("evacuate /dev/sdd");
    assert!(
        emptied.to_string().contains("--name vg_cluster/lv_backup") && emptied["proof"].to_string().contains("nothing is left on"),
        "{emptied:#}"
    );
    assert_eq!(lab.refused("evacuate /dev/sdd"), ["already"]);
    let left = lab.done(&format!("leave {n4}"));
    let sent: Vec<&str> = left["steps"].as_array().unwrap().iter().filter_map(|s| s["command"].as_str()).collect();
    assert_eq!(sent, ["service rgmanager stop", "service clvmd stop", "fence_tool leave -w 60", "cman_tool -t 60 -w leave"]);
    let (json, _) = lab.site.status();
    assert_eq!(member(&json, &n4)["status"], "offline");
    lab.done(&format!("join {n4}"));
    let (json, _) = lab.site.status();
    assert_eq!((&member(&json, &n4)["status"], &member(&json, &n4)["manager"]), (&"online".into(), &true.into()));
}

#[test]
fn a_node_is_fenced_from_the_fence_domain_and_its_services_run_elsewhere() {
    let Some(lab) = Lab::start() else { return };
    let n5 = lab.n(5);
    lab.befall(&format!("deaf {}", lab.n(3)));
    let failed = lab.failed(&format!("fence {}", lab.n(3)));
    assert!(failed.contains("failed") && failed.contains("error from agent"), "{failed}");
    let (plan, _) = lab.plan(&format!("fence {n5}"));
    assert_eq!(plan["consequences"]["quorum"]["after"], 4);
    assert!(plan["consequences"]["services"].as_array().unwrap().iter().all(|s| s["fate"] == "dies-restarts" && s["to"] != n5.as_str()));
    let fenced = lab.done(&format!("fence {n5}"));
    assert_eq!(fenced["steps"][0]["command"], format!("fence_node -v {n5}"));
    assert_ne!(fenced["steps"][0]["node"], n5.as_str());
    let (json, _) = lab.site.status();
    assert!(
        json["fences"].as_array().unwrap().iter().any(|f| f["target"] == n5.as_str() && f["status"] == "success"),
        "{:#}",
        json["fences"]
    );
    let killed = lab.done(&format!("kill {}", lab.n(2)));
    assert_eq!(killed["steps"][0]["command"], format!("cman_tool kill -n {}", lab.n(2)));
}

#[test]
fn a_lost_node_is_not_acted_upon_until_somebody_has_seen_that_it_is_off() {
    let Some(mut lab) = Lab::start() else { return };
    let n5 = lab.n(5);
    lab.befall(&format!("deaf {n5}"));
    lab.befall(&format!("lose {n5}"));
    let end = Instant::now() + Duration::from_secs(60);
    while !lab.said(&["fence_tool", "ls", "-n"]).contains("victim count  1") {
        assert!(Instant::now() < end);
        std::thread::sleep(Duration::from_millis(200));
    }
    let (json, _) = lab.site.status();
    assert_eq!((&service(&json, "vm:db")["state"], &member(&json, &n5)["status"]), (&"unknown".into(), &"unclean".into()), "{json:#}");
    assert_eq!(lab.refused(&format!("relocate vm:db --to {}", lab.n(1))), ["owner-not-fenced"]);
    assert!(lab.refused(&format!("confirm-fence {n5}")).contains(&"alive".to_owned()), "its sshd answers");
    assert!(lab.refused("expected 4").contains(&"alive".to_owned()));
    lab.site.nodes[4].sshd.stop();
    let confirmed = lab.done(&format!("confirm-fence {n5}"));
    assert!(confirmed["steps"][0]["command"].as_str().unwrap().contains("fence_ack_manual"), "{confirmed:#}");
    lab.until("vm:db", "state_str=\"started\"");
}

#[test]
fn without_quorum_no_service_is_touched() {
    let Some(lab) = Lab::start() else { return };
    for number in 3..=5 {
        lab.befall(&format!("cut {}", lab.n(number)));
    }
    let end = Instant::now() + Duration::from_secs(60);
    while !lab.said(&["cman_tool", "status"]).contains("Activity blocked") {
        assert!(Instant::now() < end);
        std::thread::sleep(Duration::from_millis(200));
    }
    // What is cut off from the others answers by SSH, and tells of a membership of its own.
    assert!(lab.refused("disable vm:radius1").contains(&"no-quorum".to_owned()));
    let fence = lab.refused(&format!("fence {}", lab.n(3)));
    assert!(fence.iter().any(|c| c == "no-quorum" || c == "no-fence-domain"), "{fence:?}");
    assert!(!lab.refused("expected 2").is_empty());
}

#[test]
fn an_answer_that_is_lost_is_looked_up_and_not_sent_again() {
    let Some(mut lab) = Lab::start() else { return };
    let child = lab.begin(&format!("relocate vm:radius1 --to {} --how restart", lab.n(3)), "vm:radius1");
    lab.until("vm:radius1", "state_str=\"stopping\"");
    for node in &mut lab.site.nodes {
        node.sshd.stop();
    }
    let run = Lab::end(child);
    let json = run.json();
    assert_eq!((run.code, json["status"].as_str()), (5, Some("unknown")), "{json:#}");
    assert!(json["result"].as_str().unwrap().contains("it was not sent again"), "{json:#}");
    // Nobody cut it in the middle.
    lab.until("vm:radius1", &format!("owner=\"{}\"", lab.n(3)));
}

#[test]
fn cluster_conf_is_changed_on_every_node_and_proved_there() {
    let Some(lab) = Lab::start() else { return };
    let (n2, n3) = (lab.n(2), lab.n(3));
    let same = |version: u32| {
        let all = lab.confs();
        assert!(all.iter().all(|(runs, text)| *runs == version && text.contains(&format!("config_version=\"{version}\""))), "{all:#?}");
        assert!(all.iter().all(|(_, text)| *text == all[0].1), "every node has the same file");
        all[0].1.clone()
    };
    let line = |text: &str, guest: &str| text.lines().find(|l| l.contains(&format!(" name=\"{guest}\""))).map(str::to_owned);
    let before = same(87);
    let out = lab.done("unregister vm:wiki");
    assert!(!out.to_string().contains("EXAMPLE-NOT-REAL"), "{out:#}");
    assert!(line(&same(88), "wiki").is_none() && lab.row("vm:wiki").is_empty());
    let (plan, code) = lab.plan(&format!("register wiki --prefer {n2},{n3}"));
    assert_eq!(code, 0, "{plan:#}");
    same(88);
    let proof = lab.done(&format!("register wiki --prefer {n2},{n3}"))["proof"].to_string();
    assert_eq!(proof.matches("runs version 89").count(), 5, "{proof}");
    let new = line(&same(89), "wiki").unwrap();
    assert!(new.contains("domain=\"") && !lab.row("vm:wiki").is_empty(), "{new}");
    lab.done("policy vm:wiki --domain none --recovery relocate");
    let new = line(&same(90), "wiki").unwrap();
    assert!(!new.contains("domain=") && new.contains("recovery=\"relocate\""), "{new}");
    assert_eq!(line(&same(90), "db"), line(&before, "db"), "what was not asked for is as it was");
    assert_eq!(lab.refused("policy vm:wiki --domain nowhere"), ["unknown-target"]);
    assert_eq!(lab.refused("register db"), ["already"]);
}

#[test]
fn a_file_that_the_checker_rejects_is_put_in_place_nowhere() {
    let Some(lab) = Lab::start() else { return };
    let before = lab.confs();
    lab.befall("picky");
    let why = lab.failed("policy vm:wiki --recovery relocate");
    assert!(why.contains("fails to validate") || why.contains("validate"), "{why}");
    assert_eq!(lab.confs(), before);
}

#[test]
fn a_node_that_does_not_take_the_new_version_is_said() {
    let Some(lab) = Lab::start() else { return };
    lab.befall(&format!("stale {}", lab.n(4)));
    let (json, code) = lab.act("policy vm:wiki --recovery relocate");
    assert_eq!((code, json["status"].as_str()), (1, Some("failed")), "{json:#}");
    let runs: Vec<u32> = lab.confs().into_iter().map(|(runs, _)| runs).collect();
    assert_eq!(runs, [88, 88, 88, 87, 88], "{json:#}");
    let said = json.to_string();
    assert!(said.contains(&lab.n(4)) && said.contains("87"), "{json:#}");
}
