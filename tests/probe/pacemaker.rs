//! Recorded answers of Pacemaker 2.1.5's tools, and any bytes at all.

use std::time::Duration;

use proptest::prelude::*;
use quorate::domain::observation::manager::{Constraint, FenceRecord, FenceStatus, ManagerView, NodeKind, Primitive, Resource};
use quorate::domain::observation::{Observation, Question, Trouble, TroubleKind};
use quorate::domain::stamp::Stamp;
use quorate::probe::{Raw, parse};

pub const AFTER_FENCE: &str = include_str!("../fixtures/pacemaker/after-fence-crm_mon.xml");
pub const AFTER_FENCE_BY_NODE: &str = include_str!("../fixtures/pacemaker/after-fence-crm_mon-by-node.xml");
const RECOVERING: &str = include_str!("../fixtures/pacemaker/recovering-crm_mon.xml");
const FENCING: &str = include_str!("../fixtures/pacemaker/fencing-crm_mon.xml");
const EVERY_KIND: &str = include_str!("../fixtures/pacemaker/every-kind-crm_mon.xml");
const EVERY_KIND_BY_NODE: &str = include_str!("../fixtures/pacemaker/every-kind-crm_mon-by-node.xml");
const CONSTRAINTS: &str = include_str!("../fixtures/pacemaker/healthy-constraints.xml");
const HISTORY_XML: &str = include_str!("../fixtures/pacemaker/stonith_admin-history.xml");
const HISTORY_TEXT: &str = include_str!("../fixtures/pacemaker/stonith_admin-history.txt");
const DEVICES_XML: &str = include_str!("../fixtures/pacemaker/stonith_admin-list.xml");

pub fn ask(question: Question, stdout: &[u8], stderr: &str, code: i32) -> Result<Observation, Trouble> {
    parse(question, Raw { command: "the command", stdout, stderr: stderr.as_bytes(), code })
}

pub fn crm_mon(said: &str, code: i32) -> Result<ManagerView, Trouble> {
    match ask(Question::CrmMon, said.as_bytes(), "", code)? {
        Observation::Manager(view) => Ok(*view),
        other => panic!("{other:?}"),
    }
}

pub fn constraints(said: &str) -> Vec<Constraint> {
    match ask(Question::Constraints, said.as_bytes(), "", 0) {
        Ok(Observation::Constraints(all)) => all,
        other => panic!("{other:?}"),
    }
}

pub fn history(said: &str) -> Vec<FenceRecord> {
    match ask(Question::FenceHistory, said.as_bytes(), "", 0) {
        Ok(Observation::FenceHistory(all)) => all,
        other => panic!("{other:?}"),
    }
}

pub fn devices(said: &str) -> Vec<String> {
    match ask(Question::FenceDevices, said.as_bytes(), "", 0) {
        Ok(Observation::FenceDevices(all)) => all,
        other => panic!("{other:?}"),
    }
}

/// All primitives of a tree, flat, in order.
pub fn primitives(tree: &[Resource]) -> Vec<&Primitive> {
    tree.iter()
        .flat_map(|r| match r {
            Resource::Primitive(one) => vec![one],
            Resource::Group { members, .. } | Resource::Bundle { members, .. } => primitives(members),
            Resource::Clone { instances, .. } => primitives(instances),
        })
        .collect()
}

fn places(view: &ManagerView) -> Vec<(String, String)> {
    let mut all: Vec<_> = primitives(&view.resources).iter().flat_map(|p| p.nodes.iter().map(|n| (p.id.clone(), n.clone()))).collect();
    all.sort();
    all
}

pub fn one<'v>(view: &'v ManagerView, id: &str) -> &'v Primitive {
    primitives(&view.resources).into_iter().find(|p| p.id == id).unwrap_or_else(|| panic!("no {id}"))
}

#[test]
fn a_healthy_cluster_is_read_whole() {
    let view = crm_mon(AFTER_FENCE, 0).unwrap();
    assert_eq!(view.version.as_deref(), Some("2.1.5-a3f44794f94"));
    assert_eq!(view.api.as_deref(), Some("2.25"));
    assert_eq!(view.stack.as_deref(), Some("corosync"));
    assert_eq!(view.daemon_state.as_deref(), Some("running"));
    assert_eq!((view.dc.as_deref(), view.with_quorum, view.mixed_version), (Some("node3"), Some(true), Some(false)));
    assert_eq!(view.options.fencing_enabled, Some(true));
    assert_eq!(view.options.maintenance_mode, Some(false));
    assert_eq!(view.options.no_quorum_policy.as_deref(), Some("freeze"));
    assert_eq!(view.options.fencing_timeout, Some(Duration::from_secs(180)));
    let change = view.last_change.as_ref().unwrap();
    assert_eq!((change.client.as_deref(), change.origin.as_deref()), (Some("crm_resource"), Some("node3")));
    assert_eq!(
        view.nodes.iter().map(|n| (n.name.as_str(), n.online, n.is_dc)).collect::<Vec<_>>(),
        [("node1", true, false), ("node2", true, false), ("node3", true, true)]
    );
    assert_eq!(view.nodes[0].feature_set.as_deref(), Some("3.16.1"));
    assert_eq!(view.resources.len(), 8);
    assert_eq!(primitives(&view.resources).len(), 21);
    let Resource::Clone { id, unique: false, promotable: false, managed: Some(true), instances, .. } = &view.resources[3] else {
        panic!("{:?}", view.resources[3])
    };
    assert_eq!(id, "locking-clone");
    assert!(matches!(&instances[1], Resource::Group { id, disabled: Some(false), members, .. } if id == "locking:1" && members.len() == 2));
    assert_eq!(one(&view, "vm2").nodes, ["node3"]);
    assert_eq!(view.history.len(), 24);
    let vm1 = view.history.iter().find(|h| h.resource == "vm1" && h.node == "node1").unwrap();
    assert_eq!(vm1.operations[0].task, "migrate_from");
    assert_eq!(vm1.operations[1].interval, Some(Duration::from_secs(15)));
    assert_eq!(vm1.operations[1].last_change.as_deref(), Some("Sun Nov 22 22:09:51 2026"));
    let fences = view.fences.as_ref().unwrap();
    assert_eq!(fences.len(), 2);
    assert_eq!(fences[0].client.as_deref(), Some("pacemaker-controld.386"));
    assert_eq!(fences[0].completed, Stamp::parse("2026-11-22T22:10:45Z"));
    assert_eq!((view.bans.len(), view.bans[0].weight, view.bans[0].promoted_only), (3, -1_000_000, false));
    assert_eq!(view.warnings, [""; 0]);
}

#[test]
fn grouping_by_node_shows_the_same_places() {
    let tree = crm_mon(AFTER_FENCE, 0).unwrap();
    let by_node = crm_mon(AFTER_FENCE_BY_NODE, 0).unwrap();
    assert_eq!(places(&tree), places(&by_node));
    let tree = crm_mon(EVERY_KIND, 0).unwrap();
    let by_node = crm_mon(EVERY_KIND_BY_NODE, 0).unwrap();
    assert_eq!(places(&tree), places(&by_node));
}

#[test]
fn a_resource_under_its_node_and_in_the_tree_is_one() {
    let view = crm_mon(RECOVERING, 0).unwrap();
    assert_eq!((view.nodes[0].online, view.nodes[0].unclean), (false, false));
    // Active instances of the clones stand in both places, the guests below their nodes alone.
    assert_eq!(primitives(&view.resources).iter().filter(|p| p.id == "dlm").count(), 3);
    assert_eq!(one(&view, "vm1").nodes, ["node3"]);
    assert_eq!(places(&view).iter().filter(|(id, _)| id == "vm3").count(), 1);
    assert_eq!(primitives(&view.resources).iter().filter(|p| p.role == "Stopped").count(), 5);
}

#[test]
fn a_fencing_that_runs_is_pending_and_its_target_unclean() {
    let view = crm_mon(FENCING, 0).unwrap();
    assert!(view.nodes[2].unclean && !view.nodes[2].online);
    assert_eq!(
        view.fences.as_deref().unwrap(),
        [FenceRecord {
            target: "node3".into(),
            action: "reboot".into(),
            status: FenceStatus::Pending,
            origin: Some("node1".into()),
            client: Some("pacemaker-controld.169".into()),
            delegate: None,
            completed: None,
            completed_local: None,
            reason: None,
        }]
    );
    assert_eq!(one(&view, "vm3").nodes, ["node3"]);
}

#[test]
fn every_kind_of_resource_node_and_failure() {
    let view = crm_mon(EVERY_KIND, 0).unwrap();
    let kinds: Vec<_> = view.nodes.iter().map(|n| (n.name.as_str(), n.kind)).collect();
    assert_eq!(
        kinds,
        [
            ("httpd-0", NodeKind::Guest),
            ("httpd-1", NodeKind::Guest),
            ("n1", NodeKind::Member),
            ("n2", NodeKind::Member),
            ("n3", NodeKind::Member),
            ("r1", NodeKind::Remote)
        ]
    );
    assert!(view.nodes[3].standby && view.nodes[4].maintenance);
    assert_eq!(view.nodes[2].feature_set.as_deref(), Some("<3.15.1"));
    assert_eq!(view.options.fencing_enabled, Some(false));
    assert_eq!(one(&view, "vm2").target_role.as_deref(), Some("Stopped"));
    let vm3 = one(&view, "vm3");
    assert!(vm3.failed && !vm3.managed && vm3.active);
    assert!(one(&view, "oldvm").orphaned);
    assert_eq!(one(&view, "ip").role, "Starting");
    let drbd: Vec<_> = primitives(&view.resources).into_iter().filter(|p| p.id == "drbd").map(|p| p.role.as_str()).collect();
    assert_eq!(drbd, ["Promoted", "Unpromoted", "Stopped", "Stopped"]);
    assert!(view.resources.iter().any(|r| matches!(r, Resource::Clone { id, promotable: true, .. } if id == "drbd-clone")));
    assert_eq!(one(&view, "uniq:0").nodes, ["n1"]);
    let bundle = view.resources.iter().find_map(|r| match r {
        Resource::Bundle { id, members, .. } => Some((id.as_str(), members.len())),
        _ => None,
    });
    assert_eq!(bundle, Some(("httpd", 8)));
    let vm1 = view.history.iter().find(|h| h.resource == "vm1").unwrap();
    assert_eq!((vm1.fail_count, vm1.migration_threshold), (1_000_000, Some(3)));
    let pending = view.history.iter().find(|h| h.resource == "ip").unwrap();
    assert_eq!((pending.operations[0].call, pending.operations[0].rc), (Some(-1), Some(193)));
    assert_eq!(view.failures.len(), 2);
    let failure = &view.failures[0];
    assert_eq!((failure.resource(), failure.node.as_str(), failure.exit_code), ("vm1", "n1", Some(1)));
    // 2.1.5 escapes twice.
    assert_eq!(failure.exit_reason.as_deref(), Some("Failed to start domain \"vm1\" <no disk>"));
    assert_eq!(failure.at, Stamp::parse("2026-11-22T21:46:40Z"));
    let failure = &view.failures[1];
    assert_eq!((failure.exit_reason.as_deref(), failure.interval_ms, failure.status.as_deref()), (None, Some(10_000), Some("Timed Out")));
    assert!(view.attributes.contains(&("n1".into(), "site".into(), "A \"x\" & b".into())));
    assert_eq!(view.bans[0].node, "n2");
    assert_eq!(view.fences, None);
}

#[test]
fn constraints_of_the_lab() {
    let all = constraints(CONSTRAINTS);
    assert_eq!(all.len(), 11);
    assert_eq!(
        all[0],
        Constraint::Location {
            id: "location-fence-node1-node1--INFINITY".into(),
            resource: "fence-node1".into(),
            pattern: false,
            node: Some("node1".into()),
            score: Some(-1_000_000),
            role: None,
            rule: None,
            expires: None,
        }
    );
    assert_eq!(
        all[3],
        Constraint::Order {
            id: "order-locking-clone-storage-clone-mandatory".into(),
            first: "locking-clone".into(),
            then: "storage-clone".into(),
            mandatory: true,
            first_action: None,
            then_action: None,
        }
    );
    assert_eq!(
        all[6],
        Constraint::Colocation {
            id: "colocation-vm1-storage-clone-INFINITY".into(),
            resource: "vm1".into(),
            with: "storage-clone".into(),
            score: 1_000_000,
            role: None,
            with_role: None,
        }
    );
}

#[test]
fn fence_history_and_devices() {
    let xml = history(HISTORY_XML);
    assert_eq!((xml.len(), xml[0].target.as_str(), xml[0].delegate.as_deref()), (1, "node2", Some("node1")));
    let text = history(HISTORY_TEXT);
    assert_eq!(text.len(), 2);
    assert_eq!(text[1], xml[0]);
    assert_eq!(devices(DEVICES_XML), ["fence-node2", "fence-node3"]);
}

#[test]
fn a_cut_answer_is_no_answer() {
    for cut in (0..AFTER_FENCE.len() - 20).step_by(97) {
        let trouble = crm_mon(&AFTER_FENCE[..cut], 0).unwrap_err();
        assert_eq!(trouble.kind, TroubleKind::Garbled, "cut at {cut}: {trouble}");
        assert!(trouble.text.contains("the command"), "{trouble}");
    }
    let trouble = crm_mon(&AFTER_FENCE[..3000], 0).unwrap_err();
    let line = AFTER_FENCE[..3000].lines().count();
    assert!(trouble.text.contains(&format!("line {line}, column ")), "{trouble}");
}

#[test]
fn depth_is_bounded() {
    let deep = 200_000;
    let said = format!("<crm_mon><resources>{}{}</resources></crm_mon>", "<group id=\"g\">".repeat(deep), "</group>".repeat(deep));
    let view = crm_mon(&said, 0).unwrap();
    assert_eq!(view.resources.len(), 1);
    let said = format!(
        "<constraints><rsc_location id=\"l\" rsc=\"r\">{}{}</rsc_location></constraints>",
        "<rule>".repeat(deep),
        "</rule>".repeat(deep)
    );
    assert_eq!(constraints(&said).len(), 1);
    let said = format!("{}{}", "<constraints>".repeat(deep), "</constraints>".repeat(deep));
    assert_eq!(constraints(&said).len(), 0);
}

#[test]
fn sets_do_not_multiply_without_end() {
    let set = format!("<resource_set id=\"s\">{}</resource_set>", "<resource_ref id=\"r\"/>".repeat(5000));
    let said = format!(
        "<constraints><rsc_order id=\"o\">{set}{set}</rsc_order><rsc_colocation id=\"c\">{set}{set}</rsc_colocation></constraints>"
    );
    assert!(constraints(&said).len() <= 2 * 4096);
}

#[test]
fn names_are_made_harmless() {
    let said = "<crm_mon><resources><resource id=\"a&#27;[2J&quot;; rm -rf /&#10;b\u{202e}\"/></resources></crm_mon>";
    assert_eq!(one(&crm_mon(said, 0).unwrap(), "a\\e[2J\"; rm -rf /\\nb<202e>").agent, "");
    let said = b"<crm_mon><resources><resource id=\"vm\xff1\" role='a > b'/></resources></crm_mon>";
    let Ok(Observation::Manager(view)) = ask(Question::CrmMon, said, "", 0) else { panic!() };
    assert_eq!(one(&view, "vm\u{fffd}1").role, "a > b");
}

const FAMILY: [Question; 4] = [Question::CrmMon, Question::Constraints, Question::FenceHistory, Question::FenceDevices];
const RECORDED: [&str; 7] = [AFTER_FENCE, FENCING, EVERY_KIND, CONSTRAINTS, HISTORY_XML, HISTORY_TEXT, DEVICES_XML];

/// Whatever an answer holds is harmless text.
fn harmless(answer: &Result<Observation, Trouble>) -> bool {
    !format!("{answer:?}").contains("\\u{1b}")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..400), code in any::<i32>()) {
        for question in FAMILY {
            prop_assert!(harmless(&ask(question, &bytes, "", code)));
        }
    }

    #[test]
    fn mutated(which in 0..RECORDED.len(), changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
               end in any::<prop::sample::Index>(), code in 0..200_i32) {
        let mut bytes = RECORDED[which].as_bytes().to_vec();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        bytes.truncate(end.index(bytes.len()) + 1);
        for question in FAMILY {
            prop_assert!(harmless(&ask(question, &bytes, "", code)));
        }
    }

    #[test]
    fn shuffled_tags(parts in proptest::collection::vec(prop::sample::select(vec![
        "<crm_mon>", "</crm_mon>", "<pacemaker-result>", "</pacemaker-result>", "<resources>", "</resources>", "<nodes>", "</nodes>",
        "<node name='n'>", "<node name=\"n\" />", "</node>", "<clone id='c' unique='true'>", "</clone>", "<group id='g:0'>", "</group>",
        "<bundle id='b'>", "</bundle>", "<replica>", "</replica>", "<resource id='r:0'/>", "<resource id='r'", ">", "\"", "&", "&amp;",
        "<constraints>", "</constraints>", "<rsc_location id='l' rsc='r' node='n' score='+INFINITY'>", "<rule>", "</rule>",
        "<lifetime>", "<list>", "<item>", "</item>", "<status code='102'>", "<errors>", "<error>", "<![CDATA[x]]>", "<!--", "-->", "<?xml", "?>",
        "<!DOCTYPE x [", "]>", "reboot of ", " failed", " failed to ", " node ", " devices found", "\n", "",
    ]), 0..60), code in 0..200_i32) {
        let said = parts.concat();
        for question in FAMILY {
            prop_assert!(harmless(&ask(question, said.as_bytes(), &said, code)));
        }
    }
}
