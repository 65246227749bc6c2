use quorate::domain::observation::rhcs::Standing;
use quorate::domain::observation::{Observation, Question, TroubleKind};

use super::{ask, cman, fixture};

#[test]
fn status_and_nodes_of_rhel6() {
    let view =
        cman(&["net-cluster/ok.cman_tool-status.txt", "net-cluster/ok.cman_tool-nodes-a.txt", "net-cluster/ok.cman_tool-nodes-F.txt"]);
    assert_eq!((view.cluster_name.as_deref(), view.config_version, view.generation), (Some("net-cluster"), Some(87), Some(1284)));
    assert_eq!((view.expected, view.total, view.needed, view.own_votes, view.disk_votes), (Some(5), Some(5), Some(3), Some(1), None));
    assert_eq!((view.quorate(), view.membership.as_deref()), (Some(true), Some("Cluster-Member")));
    assert_eq!((view.is_bound(11), view.is_bound(177), view.is_bound(178)), (Some(true), Some(true), Some(false)));
    assert_eq!((view.node_name.as_deref(), view.node_id), (Some("virtsrv1n1.cnaf.infn.it"), Some(1)));
    assert_eq!(view.multicast, ["239.192.64.244"]);
    let ids: Vec<u32> = view.nodes.iter().map(|n| n.id).collect();
    assert_eq!(ids, [1, 2, 3, 4, 5]);
    let last = &view.nodes[4];
    assert_eq!((last.standing, last.votes, last.incarnation), (Standing::Member, Some(1), Some(1280)));
    assert_eq!((last.joined.as_deref(), last.addresses.as_slice()), (Some("2012-03-01 10:17:02"), &["192.0.2.25".to_owned()][..]));
}

#[test]
fn the_dead_are_not_members() {
    let plain = cman(&["net-cluster/nodedown-fencing.cman_tool-status.txt", "net-cluster/nodedown-fencing.cman_tool-nodes.txt"]);
    let by_format = cman(&["net-cluster/nodedown-fencing.cman_tool-status.txt", "net-cluster/nodedown-fencing.cman_tool-nodes-F.txt"]);
    for view in [&plain, &by_format] {
        let standing: Vec<Standing> = view.nodes.iter().map(|n| n.standing).collect();
        assert_eq!(standing, [Standing::Member, Standing::Member, Standing::Member, Standing::Member, Standing::Dead]);
    }
    assert_eq!(plain.nodes[4].joined, None);
    assert_eq!(by_format.nodes[4].votes, Some(1));
}

#[test]
fn activity_blocked_is_no_quorum() {
    for root in ["net-cluster", "net-cluster/rhel5"] {
        let view = cman(&[&format!("{root}/inquorate.cman_tool-status.txt"), &format!("{root}/inquorate.cman_tool-nodes.txt")]);
        assert_eq!((view.quorate(), view.total, view.needed, view.expected), (Some(false), Some(2), Some(3), Some(5)), "{root}");
    }
}

#[test]
fn the_quorum_disk_is_a_row_of_its_own() {
    for root in ["net-cluster", "net-cluster/rhel5"] {
        let view = cman(&[&format!("{root}/qdisk.cman_tool-status.txt"), &format!("{root}/qdisk.cman_tool-nodes.txt")]);
        assert_eq!((view.disk_votes, view.total, view.needed, view.expected), (Some(4), Some(9), Some(5), Some(9)), "{root}");
        let (name, present) = view.quorum_disk.clone().unwrap();
        assert_eq!((name.as_str(), present), ("/dev/disk/by-id/scsi-36002219000b9642b000027124a3b61f1-part1", true));
        assert_eq!(view.nodes.len(), 5, "{root}");
    }
}

#[test]
fn two_nodes_of_rhel5() {
    let view = cman(&["examplecluster/rhel5/host2-offline.cman_tool-status.txt", "examplecluster/rhel5/host2-offline.cman_tool-nodes.txt"]);
    assert_eq!(view.flags, ["2node", "Dirty"]);
    assert_eq!((view.quorate(), view.total, view.needed), (Some(true), Some(1), Some(1)));
    assert_eq!((view.nodes[0].standing, view.nodes[1].standing), (Standing::Member, Standing::Dead));
    assert_eq!(view.is_bound(11), Some(false));
}

/// What RHEL 5 prints under a node with `-f`, and RHEL 4's other words and columns.
#[test]
fn older_forms() {
    let said = "Node  Sts   Inc   Joined               Name\n   1   M     92   2012-03-14 05:40:11  host1\n   2   X      0                        host2\n       Last fenced:   Wed Mar 14 10:00:00 2012 by fence_ipmilan\n       Node has not been fenced since it went down\n";
    let Ok(Observation::Cman(view)) = ask(Question::Cman, said.as_bytes(), "", 0) else { panic!() };
    assert_eq!(view.nodes[1].last_fenced.as_deref(), Some("Wed Mar 14 10:00:00 2012 by fence_ipmilan"));
    assert!(view.nodes[1].unfenced && !view.nodes[0].unfenced);
    let old = "Protocol version: 5.0.1\nConfig version: 4\nCluster name: tng3\nCluster ID: 2037\nCluster Member: Yes\nMembership state: Cluster-Member\nNodes: 2\nExpected_votes: 1\nTotal_votes: 2\nQuorum: 1  \nActive subsystems: 4\nNode name: tng3-1\nNode addresses: 192.0.2.1\n@@quorate nodes\nNode  Votes Exp Sts  Name\n   1    1    1   M   tng3-2\n   2    1    1   M   tng3-1\n";
    let Ok(Observation::Cman(view)) = ask(Question::Cman, old.as_bytes(), "", 0) else { panic!() };
    assert_eq!((view.cluster_name.as_deref(), view.config_version, view.total, view.expected), (Some("tng3"), Some(4), Some(2), Some(1)));
    let nodes: Vec<_> = view.nodes.iter().map(|n| (n.id, n.name.as_str(), n.votes, n.standing)).collect();
    assert_eq!(nodes, [(1, "tng3-2", Some(1), Standing::Member), (2, "tng3-1", Some(1), Standing::Member)]);
}

#[test]
fn a_disallowed_node_is_told_apart() {
    let said = "NOTE: There are 1 disallowed nodes,\n      members list may seem inconsistent across the cluster\nNode  Sts   Inc   Joined               Name\n   1   M   1264   2012-02-22 10:00:07  n1\n   2   d   1268   2012-02-22 10:00:09  n2\n";
    let Ok(Observation::Cman(view)) = ask(Question::Cman, said.as_bytes(), "", 0) else { panic!() };
    assert_eq!((view.nodes.len(), view.nodes[1].standing), (2, Standing::Disallowed));
}

#[test]
fn cman_that_is_down_says_so() {
    let said = "cman_tool: Cannot open connection to cman, is it running ?\n";
    let trouble = ask(Question::Cman, b"", said, 1).unwrap_err();
    assert!(trouble.kind == TroubleKind::Failed && trouble.text.contains("service cman start"), "{trouble}");
    let said = "cman_tool: Cannot open connection to cman, permission denied.\n";
    assert_eq!(ask(Question::Cman, b"", said, 1).unwrap_err().kind, TroubleKind::Denied);
    assert!(ask(Question::Cman, &fixture("net-cluster/ok.cman_tool-version.txt"), "", 0).is_err());
}
