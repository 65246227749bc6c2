use quorate::domain::observation::rhcs::GroupState;
use quorate::domain::observation::{Question, TroubleKind};
use quorate::domain::stamp::Stamp;

use super::{ask, clustat, fixture, group};

const N1: &str = "virtsrv1n1.cnaf.infn.it";
const N3: &str = "virtsrv3n3.cnaf.infn.it";
const N5: &str = "virtsrv5n5.cnaf.infn.it";

#[test]
fn five_nodes_and_fifteen_guests() {
    let view = clustat("net-cluster/ok.clustat.xml");
    assert_eq!((view.cluster_name.as_deref(), view.generation), (Some("net-cluster"), Some(1284)));
    assert_eq!((view.quorate, view.group_member, view.from_text), (Some(true), Some(true), false));
    assert_eq!(view.nodes.len(), 5);
    let first = &view.nodes[0];
    assert_eq!((first.name.as_str(), first.id, first.online, first.local, first.rgmanager), (N1, Some(1), true, true, true));
    assert_eq!(view.nodes.iter().filter(|n| n.local).count(), 1);
    assert_eq!(view.groups.as_ref().unwrap().len(), 15);
    let alfresco = group(&view, "vm:alfresco");
    assert_eq!((alfresco.state, alfresco.owner.as_deref()), (Some(GroupState::Started), Some(N5)));
    assert_eq!(alfresco.last_owner.as_deref(), Some("virtsrv4n4.cnaf.infn.it"));
    assert_eq!((alfresco.restarts, alfresco.last_transition), (Some(0), Some(Stamp::from_secs(1_329_972_201))));
    assert_eq!((alfresco.frozen, alfresco.partial), (Some(false), Some(false)));
    assert!(view.warnings.is_empty() && view.quorum_disk.is_none());
}

/// A relocation as polling sees it: (fixture, state, owner, last owner).
#[test]
fn a_relocation_step_by_step() {
    let steps = [
        ("reloc1-stopping", GroupState::Stopping, Some(N5)),
        ("reloc2-stopped", GroupState::Stopped, None),
        ("reloc3-starting", GroupState::Starting, Some(N3)),
        ("reloc4-started", GroupState::Started, Some(N3)),
    ];
    for (name, state, owner) in steps {
        for (end, text) in [("xml", false), ("txt", true)] {
            let view = clustat(&format!("net-cluster/{name}.clustat.{end}"));
            let wiki = group(&view, "vm:wiki");
            assert_eq!((wiki.state, wiki.owner.as_deref()), (Some(state), owner), "{name}.{end}");
            assert_eq!(view.from_text, text);
            if !text || state == GroupState::Stopped {
                assert_eq!(wiki.last_owner.as_deref(), Some(N5), "{name}.{end}");
            }
        }
    }
}

/// What the text tells, the XML tells too.
#[test]
fn text_and_xml_agree() {
    let all = ["ok", "failed", "frozen", "nodedown-fencing", "nodedown-recovered", "inquorate", "local-no-rgmanager", "qdisk"];
    let names: Vec<String> = all.iter().map(|n| format!("net-cluster/{n}")).chain(["examplecluster/host2-offline".to_owned()]).collect();
    for name in names {
        let (xml, text) = (clustat(&format!("{name}.clustat.xml")), clustat(&format!("{name}.clustat.txt")));
        let nodes = |v: &quorate::domain::observation::rhcs::ClustatView| {
            v.nodes.iter().map(|n| (n.name.clone(), n.id, n.online, n.local, n.rgmanager)).collect::<Vec<_>>()
        };
        assert_eq!(nodes(&xml), nodes(&text), "{name}");
        assert_eq!((xml.quorate, &xml.cluster_name, &xml.warnings), (text.quorate, &text.cluster_name, &text.warnings), "{name}");
        let groups = |v: &quorate::domain::observation::rhcs::ClustatView| {
            v.groups
                .as_ref()
                .map(|all| all.iter().map(|g| (g.name.clone(), g.state, g.owner.clone(), g.frozen == Some(true))).collect::<Vec<_>>())
        };
        assert_eq!(groups(&xml), groups(&text), "{name}");
        assert_eq!(xml.quorum_disk.is_some(), text.quorum_disk.is_some(), "{name}");
    }
}

#[test]
fn failed_has_no_owner_and_remembers_the_last() {
    for name in ["net-cluster/failed.clustat.xml", "net-cluster/old-3.0.12/failed.clustat.xml", "net-cluster/failed.clustat.txt"] {
        let view = clustat(name);
        let db = group(&view, "vm:db");
        assert_eq!((db.state, db.owner.as_deref(), db.last_owner.as_deref()), (Some(GroupState::Failed), None, Some(N5)), "{name}");
    }
}

/// Before 6.1 the XML has no flags: frozen is then not known, not false.
#[test]
fn flags_are_unknown_to_old_versions() {
    let new = clustat("net-cluster/frozen.clustat.xml");
    assert_eq!(group(&new, "vm:web2").frozen, Some(true));
    assert_eq!(group(&new, "vm:wiki").frozen, Some(false));
    let old = clustat("net-cluster/old-3.0.12/frozen.clustat.xml");
    assert_eq!(group(&old, "vm:web2").frozen, None);
    assert_eq!(group(&clustat("net-cluster/frozen.clustat.txt"), "vm:web2").frozen, Some(true));
    assert_eq!(group(&clustat("net-cluster/frozen.clustat-l.txt"), "vm:web2").frozen, Some(true));
}

/// A line stands before the XML, and a newline inside a tag; services are not none, they are not known.
#[test]
fn without_quorum_there_is_no_list() {
    let lines = vec!["Service states unavailable: Operation requires quorum".to_owned()];
    for name in ["net-cluster/inquorate.clustat.xml", "net-cluster/inquorate.clustat.txt", "net-cluster/old-3.0.12/inquorate.clustat.xml"] {
        let view = clustat(name);
        assert_eq!((view.quorate, &view.groups, &view.warnings), (Some(false), &None, &lines), "{name}");
        assert_eq!(view.nodes.iter().filter(|n| n.online).count(), 2, "{name}");
    }
}

#[test]
fn a_local_rgmanager_that_is_down_gives_no_list_and_no_word() {
    let view = clustat("net-cluster/local-no-rgmanager.clustat.xml");
    assert_eq!((view.quorate, view.group_member, &view.groups), (Some(true), Some(false), &None));
    assert!(view.nodes.iter().all(|n| n.online && !n.rgmanager) && view.warnings.is_empty());
}

#[test]
fn a_hung_rgmanager_is_a_warning_and_no_list() {
    let said = "Timed out waiting for a response from Resource Group Manager\n";
    let xml = fixture("net-cluster/local-no-rgmanager.clustat.xml");
    let Ok(quorate::domain::observation::Observation::Clustat(view)) = ask(Question::Clustat, &xml, said, 0) else { panic!() };
    assert_eq!((view.groups, view.warnings), (None, vec![said.trim().to_owned()]));
}

/// The quorum disk is no node, marked or not (`-f` does not mark it).
#[test]
fn a_quorum_disk_is_no_node() {
    for name in ["qdisk.clustat.xml", "qdisk.clustat-f.xml", "qdisk.clustat.txt", "qdisk.clustat-f.txt"] {
        let view = clustat(&format!("net-cluster/{name}"));
        assert_eq!(view.nodes.len(), 5, "{name}");
        let (disk, present) = view.quorum_disk.unwrap();
        assert!(disk.starts_with("/dev/disk/by-id/scsi-36002219000b9642b00") && present, "{name}: {disk}");
    }
}

#[test]
fn the_long_form_has_codes_and_whole_names() {
    let view = clustat("net-cluster/failed.clustat-l.txt");
    let db = group(&view, "vm:db");
    assert_eq!(
        (db.state, db.word.as_str(), db.owner.as_deref(), db.last_owner.as_deref()),
        (Some(GroupState::Failed), "failed", None, Some(N5))
    );
    assert_eq!(clustat("net-cluster/ok.clustat-l.txt").groups.unwrap().len(), 15);
}

#[test]
fn rhel4_has_another_layout() {
    let view = clustat("rhel4/clustat.txt");
    assert_eq!((view.quorate, view.group_member), (Some(true), Some(true)));
    let nodes: Vec<_> = view.nodes.iter().map(|n| (n.name.as_str(), n.id, n.online)).collect();
    assert_eq!(nodes, [("tng3-2", Some(2), true), ("tng3-1", Some(1), true)]);
    let web = group(&view, "webserver");
    assert_eq!((web.state, web.owner.as_deref(), web.last_owner.as_deref()), (Some(GroupState::Failed), None, Some("tng3-1")));
    let email = group(&view, "email");
    assert_eq!((email.state, email.owner.as_deref()), (Some(GroupState::Started), Some("tng3-2")));
}

/// Every code that a version prints, and one that none does.
#[test]
fn every_state_by_its_code() {
    let words = [
        (110, Some("stopped")),
        (111, Some("starting")),
        (112, Some("started")),
        (113, Some("stopping")),
        (114, Some("failed")),
        (115, Some("uninitialized")),
        (116, Some("checking")),
        (117, Some("recoverable")),
        (118, Some("recovering")),
        (119, Some("disabled")),
        (120, Some("migrating")),
        (121, None),
        (109, None),
    ];
    for (code, word) in words {
        assert_eq!(GroupState::of_code(code).map(GroupState::word), word);
        assert_eq!(word.and_then(GroupState::of_word), GroupState::of_code(code));
    }
}

#[test]
fn no_cman_says_so_with_the_cure() {
    for said in ["Could not connect to CMAN: No such file or directory\n", "Could not connect to CMAN: Connection refused\n"] {
        let trouble = ask(Question::Clustat, b"", said, 1).unwrap_err();
        assert_eq!(trouble.kind, TroubleKind::Failed);
        assert!(trouble.text.contains("Could not connect to CMAN") && trouble.text.contains("service cman start"), "{trouble}");
    }
}

#[test]
fn usage_and_refusals_are_no_answers() {
    for name in ["ok.clustat-h.txt", "ok.clustat-badopt.txt", "ok.clustat-i-x.txt", "ok.clustat-Q.txt", "ok.clustat-s-wiki-noprefix.txt"] {
        assert!(ask(Question::Clustat, &fixture(&format!("net-cluster/{name}")), "", 0).is_err(), "{name}");
    }
}

/// Names are not escaped by the tool; control characters do not survive.
#[test]
fn odd_names_are_kept_and_harmless() {
    let xml = "<?xml version=\"1.0\"?>\n<clustat version=\"4.1.1\">\n<groups><group name=\"vm:a&b\u{1b}[2J\" state=\"112\" owner=\"n\" last_owner=\"none\"/></groups></clustat>";
    let Ok(quorate::domain::observation::Observation::Clustat(view)) = ask(Question::Clustat, xml.as_bytes(), "", 0) else { panic!() };
    assert_eq!(view.groups.unwrap()[0].name, "vm:a&b\\e[2J");
}
