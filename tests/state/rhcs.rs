//! Red Hat Cluster Suite folded: from the real tools' output to the picture.

use std::sync::Arc;

use quorate::domain::alert::AlertCode;
use quorate::domain::cluster::{Cluster, Member, MemberStatus, ServiceKind, ServiceState as S, ServiceState, Stack};
use quorate::domain::event::{Severity, Source};
use quorate::domain::node::NodeKey;
use quorate::domain::observation::host::{Tools, Unit};
use quorate::domain::observation::log::LogLine;
use quorate::domain::observation::manager::FenceStatus;
use quorate::domain::observation::{Observation, Question, TroubleKind};
use quorate::domain::stamp::Stamp;
use quorate::probe::{Raw, parse};
use quorate::report::status::to_json;
use serde_json::json;

use super::build::{Lab, START, alerts, service, severity_of};

const N1: &str = "virtsrv1n1.cnaf.infn.it";
const N3: &str = "virtsrv3n3.cnaf.infn.it";
const N4: &str = "virtsrv4n4.cnaf.infn.it";
const N5: &str = "virtsrv5n5.cnaf.infn.it";

fn fixture(name: &str) -> String {
    let path = format!("{}/tests/fixtures/rhcs/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{path}: {e}"))
}

pub fn seen(question: Question, stdout: &str) -> Observation {
    let raw = Raw { command: "the command", stdout: stdout.as_bytes(), stderr: b"", code: 0 };
    parse(question, raw).unwrap_or_else(|t| panic!("{question:?}: {t}"))
}

/// A session of one node that has the tools.
pub fn lab(keys: &[&str]) -> Lab {
    let mut lab = Lab::strangers(keys);
    for at in 0..keys.len() {
        let key = u32::try_from(at).unwrap() + 1;
        lab.up(key);
        let tools = Tools {
            present: ["clustat", "cman_tool", "fence_tool"].map(str::to_owned).to_vec(),
            versions: vec![("clustat".to_owned(), "clustat version 3.0.12.1".to_owned())],
            ..Tools::default()
        };
        lab.say(key, Question::Tools, Observation::Tools(tools));
    }
    lab
}

/// Node 1 says what the fixtures of this state hold.
pub fn told(lab: &mut Lab, state: &str) {
    let cluster = "net-cluster";
    let votes = fixture(&format!("{cluster}/ok.cman_tool-nodes-F.txt"));
    let part = |kind: &str| {
        let path = format!("{cluster}/{state}.{kind}");
        let own = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/rhcs").join(&path);
        fixture(if own.exists() { &path } else { Box::leak(format!("{cluster}/ok.{kind}").into_boxed_str()) })
    };
    let dead = part("cman_tool-nodes.txt").contains(" X ");
    let votes = if dead { String::new() } else { votes };
    let cman = format!("{}@@quorate nodes\n{}@@quorate votes\n{votes}", part("cman_tool-status.txt"), part("cman_tool-nodes.txt"));
    lab.say(1, Question::Cman, seen(Question::Cman, &cman));
    lab.say(1, Question::Groups, seen(Question::Groups, &part("fence_tool-ls-n.txt")));
    lab.say(1, Question::ClusterConf, seen(Question::ClusterConf, &fixture("net-cluster/cluster.conf")));
    lab.say(1, Question::Clustat, seen(Question::Clustat, &part("clustat.xml")));
}

pub fn picture(state: &str) -> Arc<Cluster> {
    let mut lab = lab(&["10.0.0.1"]);
    told(&mut lab, state);
    lab.picture()
}

fn member<'a>(cluster: &'a Cluster, name: &str) -> &'a Member {
    cluster.member(name).unwrap_or_else(|| panic!("no member {name}"))
}

#[test]
fn a_healthy_cluster_is_healthy() {
    let c = picture("ok");
    assert_eq!((c.name.as_deref(), c.stack, c.version.as_deref()), (Some("net-cluster"), Some(Stack::Rhcs), Some("3.0.12.1")));
    let q = &c.quorum;
    assert_eq!((q.quorate, q.total, q.expected, q.needed, q.can_lose), (Some(true), Some(5), Some(5), Some(3), Some(2)));
    assert_eq!((c.members.len(), c.services.len()), (5, 15));
    assert!(c.members.iter().all(|m| m.status == MemberStatus::Online && m.manager == Some(true) && m.votes == Some(1)));
    assert_eq!(member(&c, N5).id.as_deref(), Some("5"));
    assert_eq!((member(&c, N5).services, member(&c, N1).guests), (6, 0));
    let wiki = service(&c, "vm:wiki");
    assert_eq!((wiki.kind, wiki.state, wiki.owner.as_deref()), (ServiceKind::Vm, ServiceState::Started, Some(N5)));
    assert_eq!((wiki.prefers.as_deref(), wiki.reason.as_deref()), (Some(N5), None));
    assert!(wiki.since.is_some());
    assert_eq!(service(&c, "vm:alfresco").last_owner.as_deref(), Some(N4));
    assert_eq!(alerts(&c), []);
    assert_eq!(c.fence_devices.len(), 5);
}

/// What a node says of itself needs no second node: the name is cman's, the address whatever was given.
#[test]
fn a_node_is_known_by_its_own_cman() {
    let c = picture("ok");
    assert!(member(&c, N1).node.is_some() && c.members.iter().filter(|m| m.node.is_some()).count() == 1);
}

#[test]
fn every_state_code_has_its_word() {
    let state = |code: u32| {
        let mut lab = lab(&["n"]);
        let xml = format!(
            "<clustat><quorum quorate=\"1\" groupmember=\"1\"/><nodes><node name=\"n\" state=\"1\" local=\"1\" rgmanager=\"1\" nodeid=\"0x1\"/></nodes>\
             <groups><group name=\"vm:a\" state=\"{code}\" flags=\"3\" owner=\"n\" last_owner=\"none\" restarts=\"4\" last_transition=\"0\"/></groups></clustat>"
        );
        lab.say(1, Question::Clustat, seen(Question::Clustat, &xml));
        let c = lab.picture();
        let a = service(&c, "vm:a");
        assert_eq!((a.flags.as_slice(), a.failures, a.last_owner.as_deref(), a.since), (&["frozen", "partial"][..], 4, None, None));
        (a.state, a.owner.is_some())
    };
    let expected = [
        (110, S::Stopped, false),
        (111, S::Starting, true),
        (112, S::Started, true),
        (113, S::Stopping, true),
        (114, S::Failed, false),
        (115, S::Unknown, false),
        (116, S::Started, true),
        (117, S::Recovering, true),
        (118, S::Recovering, false),
        (119, S::Disabled, false),
        (120, S::Migrating, true),
        (121, S::Unknown, false),
    ];
    for (code, word, owned) in expected {
        assert_eq!(state(code), (word, owned), "{code}");
    }
}

/// n5 is dead and not yet fenced: what clustat shows as started there is not known.
#[test]
fn what_ran_on_a_lost_node_is_unknown_until_it_is_fenced() {
    let c = picture("nodedown-fencing");
    assert_eq!(member(&c, N5).status, MemberStatus::Unclean);
    assert_eq!(member(&c, N5).manager, Some(false));
    let wiki = service(&c, "vm:wiki");
    assert_eq!((wiki.state, wiki.owner.as_deref()), (ServiceState::Unknown, Some(N5)));
    assert!(wiki.reason.as_ref().unwrap().contains("not yet fenced"), "{:?}", wiki.reason);
    assert_eq!(service(&c, "vm:abbone").state, ServiceState::Started);
    assert_eq!(severity_of(&c, AlertCode::MemberUnclean, N5), Some(Severity::Critical));
    let fence = &c.fences[0];
    assert_eq!((fence.target.as_str(), fence.status, fence.origin.as_deref()), (N5, FenceStatus::Pending, Some(N1)));
    let facts = c.rhcs.as_ref().unwrap().fence.clone().unwrap();
    assert_eq!((facts.victims.len(), facts.wait.as_str()), (1, "fencing"));
}

/// The same without a word of the fence domain: offline, and still nobody knows.
#[test]
fn without_the_fence_domain_offline_is_not_fenced() {
    let mut lab = lab(&["n"]);
    lab.say(1, Question::Clustat, seen(Question::Clustat, &fixture("net-cluster/nodedown-fencing.clustat.xml")));
    let c = lab.picture();
    assert_eq!(member(&c, N5).status, MemberStatus::Offline);
    assert_eq!(service(&c, "vm:wiki").state, ServiceState::Unknown);
}

#[test]
fn once_fenced_it_is_only_offline() {
    let mut lab = lab(&["n"]);
    told(&mut lab, "nodedown-fencing");
    let said = "fence domain\nmember count  4\nvictim count  0\nvictim now    0\nmaster nodeid 1\nwait state    none\nmembers       1 2 3 4 \nall nodes\nnodeid 5 member 0 victim 0 last fence master 1 how agent\n";
    lab.pass(1000).say(1, Question::Groups, seen(Question::Groups, said));
    let c = lab.picture();
    assert_eq!(member(&c, N5).status, MemberStatus::Offline);
    assert_eq!(service(&c, "vm:wiki").state, ServiceState::Started, "rgmanager's own word, until it takes over");
    assert!(service(&c, "vm:wiki").reason.as_ref().unwrap().contains("offline"));
    assert_eq!((c.fences[0].status, c.fences[0].origin.as_deref()), (FenceStatus::Success, Some(N1)));
    assert!(member(&c, N5).rhcs.as_ref().unwrap().last_fence.as_ref().unwrap().contains("fence agent"));
}

/// A fencing that failed has its time, its device and who tried; it is an alert until one succeeds.
#[test]
fn failed_fencings_are_told_until_one_succeeds() {
    let mut lab = lab(&["n"]);
    told(&mut lab, "nodedown-fencing");
    let now = lab.now.0 / 1_000_000;
    let domain = fixture("net-cluster/nodedown-fencing.fence_tool-ls-n.txt");
    let failed = format!(
        "{} fencing node {N5}\n{} fence {N5} dev 0.0 agent fence_ipmilan result: error from agent\n{} fence {N5} failed\n",
        now - 60,
        now - 39,
        now - 38
    );
    lab.pass(1000).say(1, Question::Groups, seen(Question::Groups, &format!("@@quorate fence\n{domain}@@quorate dump\n{failed}")));
    let c = lab.picture();
    let rows: Vec<_> = c.fences.iter().map(|f| (f.target.as_str(), f.status)).collect();
    assert_eq!(rows, [(N5, FenceStatus::Pending), (N5, FenceStatus::Failed)]);
    let row = &c.fences[1];
    assert_eq!((row.origin.as_deref(), row.delegate.as_deref(), row.completed), (Some(N1), Some(N1), Some(Stamp((now - 38) * 1_000_000))));
    let reason = row.reason.as_deref().unwrap();
    assert!(reason.contains("(fence_ipmilan): error from agent") && !reason.starts_with('('), "{reason}");
    assert_eq!(severity_of(&c, AlertCode::FenceFailed, N5), Some(Severity::Critical));
    // By the domain it waits no longer: it was fenced after that, whenever.
    let calm = "fence domain\nmember count  4\nvictim count  0\nvictim now    0\nmaster nodeid 1\nwait state    none\nmembers       1 2 3 4 \nall nodes\nnodeid 5 member 0 victim 0 last fence master 1 how agent\n";
    lab.pass(1000).say(1, Question::Groups, seen(Question::Groups, &format!("@@quorate fence\n{calm}@@quorate dump\n{failed}")));
    let c = lab.picture();
    let rows: Vec<_> = c.fences.iter().map(|f| (f.status, f.completed.is_some())).collect();
    assert_eq!(rows, [(FenceStatus::Success, false), (FenceStatus::Failed, true)]);
    assert_eq!(severity_of(&c, AlertCode::FenceFailed, N5), None);
    // With its own success it is told once, with its time.
    let well = format!("{failed}{} fencing node {N5}\n{now} fence {N5} success\n", now - 5);
    lab.pass(1000).say(1, Question::Groups, seen(Question::Groups, &format!("@@quorate fence\n{calm}@@quorate dump\n{well}")));
    let c = lab.picture();
    let rows: Vec<_> = c.fences.iter().map(|f| (f.status, f.completed.is_some())).collect();
    assert_eq!(rows, [(FenceStatus::Success, true), (FenceStatus::Failed, true)]);
}

/// After a reboot the init scripts were asked before rgmanager was up: cman's word is newer.
#[test]
fn whether_rgmanager_runs_is_what_was_heard_last() {
    let mut lab = lab(&["n"]);
    told(&mut lab, "ok");
    let unit = |active: &str| Unit { name: "rgmanager".into(), load: "boot".into(), active: active.into(), sub: "stopped".into() };
    lab.pass(1000).say(1, Question::InitScripts, Observation::Units(vec![unit("inactive")]));
    assert_eq!(member(&lab.picture(), N1).manager, Some(false));
    lab.pass(1000);
    told(&mut lab, "ok");
    assert_eq!(member(&lab.picture(), N1).manager, Some(true));
}

/// Not "no services": those of cluster.conf, each unknown, and why.
#[test]
fn without_a_list_services_are_unknown() {
    let c = picture("inquorate");
    assert_eq!((c.quorum.quorate, c.quorum.total, c.quorum.needed, c.quorum.can_lose), (Some(false), Some(2), Some(3), Some(0)));
    assert_eq!(c.services.len(), 15);
    assert!(c.services.iter().all(|s| s.state == ServiceState::Unknown && s.owner.is_none()));
    assert!(service(&c, "vm:wiki").reason.as_ref().unwrap().contains("Operation requires quorum"));
    let found = alerts(&c);
    assert_eq!(found[0].1, "member-unclean");
    assert_eq!(severity_of(&c, AlertCode::NoQuorum, "net-cluster"), Some(Severity::Critical));
    assert!(c.members.iter().filter(|m| m.status == MemberStatus::Unclean).count() == 3);
    // Nobody told of the other nodes' rgmanagers.
    assert_eq!(member(&c, "virtsrv2n2.cnaf.infn.it").manager, None);
}

#[test]
fn a_local_rgmanager_that_is_down_is_said() {
    let mut lab = lab(&["n"]);
    told(&mut lab, "local-no-rgmanager");
    let down = fixture("net-cluster/ok.cman_tool-status.txt").replace("Ports Bound: 0 11 177", "Ports Bound: 0 11");
    lab.pass(1000).say(
        1,
        Question::Cman,
        seen(Question::Cman, &format!("{down}@@quorate nodes\n{}", fixture("net-cluster/ok.cman_tool-nodes.txt"))),
    );
    let c = lab.picture();
    assert_eq!((member(&c, N1).manager, member(&c, N3).manager), (Some(false), None));
    assert_eq!(severity_of(&c, AlertCode::ManagerDown, N1), Some(Severity::Warning));
    assert!(c.services.iter().all(|s| s.state == ServiceState::Unknown));
}

/// clustat prints no list where there is none to print: that is no rgmanager that does not run.
#[test]
fn a_cluster_without_a_service_has_none_and_is_healthy() {
    let conf = fixture("net-cluster/cluster.conf");
    let (head, rest) = conf.split_once("<rm").unwrap();
    let bare = format!("{head}<rm/>{}", rest.split_once("</rm>").unwrap().1);
    let ok = fixture("net-cluster/ok.clustat.xml");
    let (head, rest) = ok.split_once("  <groups>").unwrap();
    let none = format!("{head}{}", rest.split_once("</groups>").unwrap().1);
    let told_with = |conf: &str, clustat: &str| {
        let mut lab = lab(&["n"]);
        told(&mut lab, "ok");
        lab.pass(1000).say(1, Question::ClusterConf, seen(Question::ClusterConf, conf));
        lab.pass(1000).say(1, Question::Clustat, seen(Question::Clustat, clustat));
        lab.picture()
    };
    let c = told_with(&bare, &none);
    assert_eq!((c.services.len(), alerts(&c), c.rhcs.as_ref().unwrap().no_list.clone()), (0, Vec::new(), None));
    assert!(c.members.iter().all(|m| m.manager == Some(true)), "{:?}", c.members);
    // cluster.conf has some: what they do is not known, and that rgmanager does not run is not claimed.
    let c = told_with(&conf, &none);
    let why = c.rhcs.as_ref().unwrap().no_list.clone().unwrap();
    assert!(c.services.len() == 15 && why.contains("gives no list of services, and does not say why"), "{why}");
    assert!(c.services.iter().all(|s| s.state == ServiceState::Unknown));
    // With a complaint, or without the local rgmanager, nothing is known, whatever cluster.conf has.
    for clustat in
        [format!("Service states unavailable: Temporary failure; try again\n{none}"), fixture("net-cluster/local-no-rgmanager.clustat.xml")]
    {
        assert!(told_with(&bare, &clustat).rhcs.as_ref().unwrap().no_list.is_some(), "{clustat}");
    }
}

/// rgmanager still starts: there is quorum, and no list of services.
#[test]
fn no_list_is_an_alert_where_there_is_quorum() {
    let mut lab = lab(&["n"]);
    told(&mut lab, "ok");
    let starts =
        format!("Service states unavailable: Operation requires quorum\n{}", fixture("net-cluster/local-no-rgmanager.clustat.xml"));
    lab.pass(1000).say(1, Question::Clustat, seen(Question::Clustat, &starts));
    let c = lab.picture();
    let alert = c.alerts.iter().find(|a| a.code == AlertCode::ManagerDown && a.subject == N1).unwrap();
    assert!(alert.text.contains("Operation requires quorum"), "{}", alert.text);
    assert_eq!(severity_of(&picture("inquorate"), AlertCode::ManagerDown, N1), None, "no quorum says it all");
}

/// Nothing of rgmanager's could be read, on no node: that is said too, and why.
#[test]
fn an_rgmanager_that_cannot_be_read_is_an_alert() {
    let mut lab = lab(&["n"]);
    let cman =
        format!("{}@@quorate nodes\n{}", fixture("net-cluster/ok.cman_tool-status.txt"), fixture("net-cluster/ok.cman_tool-nodes.txt"));
    lab.say(1, Question::Cman, seen(Question::Cman, &cman));
    lab.say(1, Question::ClusterConf, seen(Question::ClusterConf, &fixture("net-cluster/cluster.conf")));
    lab.fail(1, Question::Clustat, TroubleKind::Garbled);
    let c = lab.picture();
    assert!(c.services.len() == 15 && c.services.iter().all(|s| s.state == ServiceState::Unknown && s.reason.is_some()));
    assert_eq!(severity_of(&c, AlertCode::ManagerDown, N1), Some(Severity::Warning), "{:?}", c.alerts);
}

/// Another node's list counts, though it is a moment older.
#[test]
fn a_list_counts_more_than_none() {
    let mut lab = lab(&["a", "b"]);
    told(&mut lab, "ok");
    lab.pass(5000).say(2, Question::Clustat, seen(Question::Clustat, &fixture("net-cluster/local-no-rgmanager.clustat.xml")));
    assert_eq!(service(&lab.picture(), "vm:wiki").state, ServiceState::Started);
    lab.pass(120_000).say(2, Question::Clustat, seen(Question::Clustat, &fixture("net-cluster/local-no-rgmanager.clustat.xml")));
    assert_eq!(service(&lab.picture(), "vm:wiki").state, ServiceState::Unknown, "a list of two minutes ago is history");
}

#[test]
fn a_hung_rgmanager_is_said_after_the_deadline() {
    let mut lab = lab(&["n"]);
    told(&mut lab, "ok");
    lab.pass(1000).fail(1, Question::Clustat, TroubleKind::Late);
    let c = lab.picture();
    assert_eq!(severity_of(&c, AlertCode::ManagerDown, N1), Some(Severity::Warning));
    assert_eq!(service(&c, "vm:wiki").state, ServiceState::Started, "what it said last, with its age");
}

#[test]
fn a_failed_service_is_critical_and_says_what_to_do() {
    let c = picture("failed");
    let db = service(&c, "vm:db");
    assert_eq!((db.state, db.owner.as_deref(), db.last_owner.as_deref()), (ServiceState::Failed, None, Some(N5)));
    assert!(db.reason.as_ref().unwrap().contains("disabled and enabled"));
    assert_eq!(severity_of(&c, AlertCode::ServiceFailed, "vm:db"), Some(Severity::Critical));
}

#[test]
fn frozen_is_a_flag() {
    assert_eq!(service(&picture("frozen"), "vm:web2").flags, ["frozen"]);
}

#[test]
fn a_quorum_disk_is_a_flag_with_votes() {
    let c = picture("qdisk");
    assert_eq!((c.quorum.flags.as_slice(), c.members.len()), (&["quorum-disk".to_owned()][..], 5));
    assert_eq!((c.quorum.total, c.quorum.expected, c.quorum.needed, c.quorum.can_lose), (Some(9), Some(9), Some(5), Some(4)));
    let disk = c.rhcs.as_ref().unwrap().quorum_disk.clone().unwrap();
    assert_eq!((disk.present, disk.votes), (Some(true), Some(4)));
}

/// A service that runs on another node than its domain's best, by the domain's flags: (ordered, restricted, nofailback, owner, what is said).
#[test]
fn a_domain_tells_where_a_service_belongs() {
    let conf = fixture("net-cluster/cluster.conf");
    let reason = |flags: (bool, bool, bool), nodes: &[(&str, u32)], owner: &str| {
        let bit = |on: bool| u8::from(on);
        let listed: Vec<String> = nodes.iter().map(|(n, p)| format!("<failoverdomainnode name=\"{n}\" priority=\"{p}\"/>")).collect();
        let listed = listed.concat();
        let domain = format!(
            "<failoverdomain name=\"d\" ordered=\"{}\" restricted=\"{}\" nofailback=\"{}\">{listed}</failoverdomain></failoverdomains>",
            bit(flags.0),
            bit(flags.1),
            bit(flags.2)
        );
        let conf = conf.replace("</failoverdomains>", &domain).replace(
            "domain=\"prefer_n5\" exclusive=\"0\" max_restarts=\"2\" migrate=\"live\" name=\"wiki\"",
            "domain=\"d\" name=\"wiki\"",
        );
        let mut lab = lab(&["n"]);
        told(&mut lab, "ok");
        let xml = fixture("net-cluster/ok.clustat.xml")
            .lines()
            .map(|l| if l.contains("vm:wiki") { l.replace(N5, owner) } else { l.to_owned() })
            .collect::<Vec<_>>()
            .join("\n");
        lab.pass(1000).say(1, Question::ClusterConf, seen(Question::ClusterConf, &conf)).say(
            1,
            Question::Clustat,
            seen(Question::Clustat, &xml),
        );
        let c = lab.picture();
        let wiki = service(&c, "vm:wiki");
        (wiki.prefers.as_deref().map(str::to_owned), wiki.reason.clone())
    };
    let both = [(N5, 1), (N1, 2)];
    assert_eq!(reason((true, false, false), &both, N5), (Some(N5.to_owned()), None));
    let (prefers, why) = reason((true, false, true), &both, N1);
    assert_eq!(prefers.as_deref(), Some(N5));
    assert_eq!(why.unwrap(), format!("not where its failover domain d prefers it: {N5} could run it, it stays where it is (nofailback)"));
    assert!(reason((true, false, false), &both, N1).1.unwrap().ends_with("rgmanager moves it there at the next transition"));
    // Unordered: all members are alike.
    assert_eq!(reason((false, false, false), &both, N1), (None, None));
    assert!(reason((false, false, false), &both, N3).1.unwrap().contains("outside its failover domain d"));
    assert!(reason((false, true, false), &both, N3).1.unwrap().contains("forbids"));
}

#[test]
fn versions_of_cluster_conf_that_differ_are_an_alert() {
    let conf = fixture("net-cluster/cluster.conf");
    let status = |node: u32, version: u32| {
        let name = format!("virtsrv{node}n{node}.cnaf.infn.it");
        let said = fixture("net-cluster/ok.cman_tool-status.txt")
            .replace("Config Version: 87", &format!("Config Version: {version}"))
            .replace(N1, &name)
            .replace("Node ID: 1", &format!("Node ID: {node}"));
        format!("{said}@@quorate nodes\n{}", fixture("net-cluster/ok.cman_tool-nodes.txt"))
    };
    let alert = |second_runs: u32, second_file: &str| {
        let mut lab = lab(&["a", "b"]);
        told(&mut lab, "ok");
        lab.say(2, Question::Cman, seen(Question::Cman, &status(2, second_runs)));
        lab.say(2, Question::ClusterConf, seen(Question::ClusterConf, second_file));
        let c = lab.picture();
        c.alerts.iter().find(|a| a.code == AlertCode::ConfigDiffers).map(|a| (a.severity, a.subject.clone(), a.text.clone()))
    };
    assert_eq!(alert(87, &conf), None);
    let (severity, subject, text) = alert(86, &conf).unwrap();
    assert_eq!((severity, subject.as_str()), (Severity::Warning, "net-cluster"));
    assert!(text.contains("87 on virtsrv1n1.cnaf.infn.it, 86 on virtsrv2n2.cnaf.infn.it"), "{text}");
    assert!(alert(87, &conf.replace("config_version=\"87\"", "config_version=\"88\"")).unwrap().2.contains("version 88 on"));
    let text = alert(87, &conf.replace("token=\"21000\"", "token=\"10000\"")).unwrap().2;
    assert!(text.contains("another content") && text.contains("virtsrv2n2"), "{text}");
    // Another password is not seen, nor guessed at.
    assert_eq!(alert(87, &conf.replace("EXAMPLE-NOT-REAL", "another")), None);
}

#[test]
fn a_file_that_was_not_activated_is_said() {
    let mut lab = lab(&["a"]);
    told(&mut lab, "ok");
    let newer = fixture("net-cluster/cluster.conf").replace("config_version=\"87\"", "config_version=\"88\"");
    lab.pass(1).say(1, Question::ClusterConf, seen(Question::ClusterConf, &newer));
    let c = lab.picture();
    assert!(c.alerts.iter().any(|a| a.code == AlertCode::ConfigDiffers && a.text.contains("not activated")), "{:?}", c.alerts);
}

/// Two nodes cut off from each other: both have quorum, and neither sees the other.
#[test]
fn a_split_of_two_nodes_is_shown_as_one() {
    let status = fixture("examplecluster/rhel5/host2-offline.cman_tool-status.txt");
    let nodes = fixture("examplecluster/rhel5/host2-offline.cman_tool-nodes.txt");
    let mut lab = lab(&["a", "b"]);
    lab.say(1, Question::Cman, seen(Question::Cman, &format!("{status}@@quorate nodes\n{nodes}")));
    let other = status.replace("host1.example.com", "host2.example.com").replace("Node ID: 1", "Node ID: 2");
    let rows = "Node  Sts   Inc   Joined               Name\n   1   X      0                        host1.example.com\n   2   M     92   2012-03-14 05:40:11  host2.example.com\n";
    lab.say(2, Question::Cman, seen(Question::Cman, &format!("{other}@@quorate nodes\n{rows}")));
    let c = lab.picture();
    assert_eq!((c.quorum.quorate, c.quorum.answered, c.quorum.partitions.len()), (None, true, 2));
    assert_eq!(c.quorum.flags, ["two-node"]);
    assert_eq!(severity_of(&c, AlertCode::ViewsDisagree, "examplecluster"), Some(Severity::Critical));
}

#[test]
fn rhel5_votes_come_from_cluster_conf_or_are_counted() {
    let said = format!(
        "{}@@quorate nodes\n{}",
        fixture("net-cluster/rhel5/ok.cman_tool-status.txt"),
        fixture("net-cluster/rhel5/ok.cman_tool-nodes.txt")
    );
    let mut lab = lab(&["n"]);
    lab.say(1, Question::Cman, seen(Question::Cman, &said));
    assert!(lab.picture().members.iter().all(|m| m.votes == Some(1)));
    let uneven = said
        .replace("Total votes: 5", "Total votes: 7")
        .replace("Expected votes: 5", "Expected votes: 7")
        .replace("Quorum: 3", "Quorum: 4");
    lab.pass(1000).say(1, Question::Cman, seen(Question::Cman, &uneven));
    let c = lab.picture();
    assert_eq!((member(&c, N1).votes, member(&c, N5).votes), (Some(1), None), "its own is told, the others' are not");
    assert_eq!(c.quorum.can_lose, Some(0), "and no margin is promised");
    let conf = fixture("net-cluster/cluster.conf")
        .replace("name=\"virtsrv5n5.cnaf.infn.it\" nodeid=\"5\" votes=\"1\"", "name=\"virtsrv5n5.cnaf.infn.it\" nodeid=\"5\" votes=\"3\"");
    lab.pass(1000).say(1, Question::ClusterConf, seen(Question::ClusterConf, &conf));
    let c = lab.picture();
    assert_eq!((member(&c, N5).votes, c.quorum.can_lose), (Some(3), Some(1)));
}

#[test]
fn disallowed_and_estranged_nodes_are_told() {
    let mut lab = lab(&["n"]);
    told(&mut lab, "ok");
    let status = fixture("net-cluster/ok.cman_tool-status.txt").replace("Flags: ", "Flags: DisallowedNodes ");
    let nodes =
        fixture("net-cluster/ok.cman_tool-nodes.txt").replace("   4   M", "   4   d") + "   9   M   1290   2012-03-01 10:17:02  Node9\n";
    lab.pass(1000).say(1, Question::Cman, seen(Question::Cman, &format!("{status}@@quorate nodes\n{nodes}")));
    let c = lab.picture();
    assert_eq!(c.quorum.flags, ["disallowed"]);
    assert!(
        c.alerts.iter().any(|a| a.code == AlertCode::MemberUnclean && a.subject == N4 && a.text.contains("rebooted")),
        "{:?}",
        c.alerts
    );
    assert!(member(&c, "Node9").rhcs.as_ref().unwrap().estranged);
    assert_eq!(severity_of(&c, AlertCode::ConfigDiffers, "Node9"), Some(Severity::Warning));
}

#[test]
fn a_member_that_nothing_can_fence_is_told() {
    let mut lab = lab(&["n"]);
    told(&mut lab, "ok");
    let conf = fixture("net-cluster/cluster.conf").replace("<device name=\"ipmi-virtsrv3\"/>", "");
    lab.pass(1000).say(1, Question::ClusterConf, seen(Question::ClusterConf, &conf));
    assert_eq!(severity_of(&lab.picture(), AlertCode::FencingDisabled, N3), Some(Severity::Warning));
}

#[test]
fn rhel4_services_get_their_prefix() {
    let mut lab = lab(&["n"]);
    lab.say(1, Question::Clustat, seen(Question::Clustat, &fixture("rhel4/clustat.txt")));
    let c = lab.picture();
    assert_eq!(service(&c, "service:email").owner.as_deref(), Some("tng3-2"));
    assert_eq!(service(&c, "service:webserver").state, ServiceState::Failed);
    assert!(c.services.iter().all(|s| s.rhcs.as_ref().unwrap().bare), "rgmanager is told no kind");
    assert_eq!((c.stack, c.quorum.quorate), (Some(Stack::Rhcs), Some(true)));
    let line = |subject: &str| LogLine {
        at: None,
        source: Source::Rgmanager,
        severity: Severity::Info,
        subject: Some(subject.to_owned()),
        text: format!("Service {subject} started"),
        stale: Vec::new(),
        cursor: None,
    };
    let mut named = |subject: &str| lab.store.log(NodeKey(1), line(subject), 0, lab.now).subject;
    assert_eq!((named("email").as_deref(), named("gone").as_deref()), (Some("service:email"), Some("gone")));
    // No flags are printed: cluster.conf says it.
    let cman = "Cluster name: tng3\nMembership state: Cluster-Member\nExpected_votes: 1\nTotal_votes: 2\nQuorum: 1   \nNode name: tng3-1\n\
                @@quorate nodes\nNode  Votes Exp Sts  Name\n   1    1    1   M   tng3-1\n   2    1    1   M   tng3-2\n";
    let conf = "<cluster name=\"tng3\" config_version=\"4\"><cman two_node=\"1\" expected_votes=\"1\"/></cluster>";
    lab.pass(1).say(1, Question::Cman, seen(Question::Cman, cman)).say(1, Question::ClusterConf, seen(Question::ClusterConf, conf));
    assert_eq!(lab.picture().quorum.flags, ["two-node"]);
}

/// The text form cuts names; cluster.conf has them whole.
#[test]
fn cut_names_are_made_whole() {
    let long = "virtual-machine-with-a-long-name-indeed";
    let conf = format!(
        "<cluster name=\"c\" config_version=\"1\"><clusternodes><clusternode name=\"n\" nodeid=\"1\"/></clusternodes><rm><vm name=\"{long}\"/></rm></cluster>"
    );
    let text = format!(
        "Cluster Status for c @ Wed Mar 14 10:15:42 2012\nMember Status: Quorate\n\n Member Name                             ID   Status\n ------ ----                             ---- ------\n n                                           1 Online, Local, rgmanager\n\n Service Name                   Owner (Last)                   State         \n ------- ----                   ----- ------                   -----         \n {} n                              started       \n",
        &format!("vm:{long}")[..30]
    );
    let mut lab = lab(&["n"]);
    lab.say(1, Question::ClusterConf, seen(Question::ClusterConf, &conf)).say(1, Question::Clustat, seen(Question::Clustat, &text));
    assert_eq!(service(&lab.picture(), &format!("vm:{long}")).state, ServiceState::Started);
}

#[test]
fn a_relocation_is_told_by_rgmanager() {
    let mut lab = lab(&["n"]);
    told(&mut lab, "ok");
    lab.events();
    for state in ["reloc1-stopping", "reloc2-stopped", "reloc3-starting", "reloc4-started"] {
        told(lab.pass(10_000), state);
        lab.picture();
    }
    let events = lab.events();
    let told: Vec<&str> = events.iter().filter(|e| e.subject.as_deref() == Some("vm:wiki")).map(|e| e.text.as_str()).collect();
    assert_eq!(told.len(), 4, "{told:?}");
    assert!(events.iter().all(|e| e.source == Source::Rgmanager));
    assert!(told[3].contains(&format!("vm:wiki is started on {N3} (was starting)")), "{told:?}");
}

#[test]
fn the_json_of_a_service_to_the_letter() {
    let c = picture("failed");
    let value: serde_json::Value = serde_json::from_str(&to_json(&c, START)).unwrap();
    assert_eq!(value["health"], json!("critical"));
    let heads = json!({ "name": "net-cluster", "stack": "rhcs", "version": "3.0.12.1", "quorate": true,
        "votes": { "total": 5, "expected": 5, "needed": 3 }, "can_lose": 2, "flags": [] });
    assert_eq!(value["cluster"], heads);
    let services = value["services"].as_array().unwrap();
    let db = services.iter().find(|s| s["id"] == "vm:db").unwrap();
    assert_eq!((&db["kind"], &db["state"], &db["owner"], &db["owners"]), (&json!("vm"), &json!("failed"), &json!(null), &json!([])));
    assert_eq!((&db["last_owner"], &db["flags"], &db["failures"]), (&json!(N5), &json!([]), &json!(0)));
    let abbone = services.iter().find(|s| s["id"] == "vm:abbone").unwrap();
    let expected = json!({ "id": "vm:abbone", "kind": "vm", "state": "started", "owner": N4, "owners": [N4], "last_owner": N4, "flags": [], "failures": 0,
        "reason": null, "guest": null, "drift": null });
    assert_eq!(abbone, &expected);
    let first = &value["members"][0];
    assert_eq!(
        (&first["name"], &first["id"], &first["votes"], &first["status"], &first["manager"]),
        (&json!(N1), &json!("1"), &json!(1), &json!("online"), &json!(true))
    );
}

#[test]
fn last_transitions_are_kept_from_the_epoch() {
    assert_eq!(service(&picture("failed"), "vm:db").since, Some(Stamp::from_secs(1_331_716_505)));
}
