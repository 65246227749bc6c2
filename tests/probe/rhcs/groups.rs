use quorate::domain::observation::{Observation, Question, TroubleKind};

use super::{ask, disks, fixture, groups};

#[test]
fn a_quiet_fence_domain() {
    for name in ["ok.fence_tool-ls.txt", "ok.fence_tool-ls-n.txt", "ok.group_tool-ls.txt"] {
        let domain = groups(&format!("net-cluster/{name}")).fence.unwrap();
        assert_eq!((domain.members.as_slice(), domain.victims, domain.victim_now), (&[1, 2, 3, 4, 5][..], Some(0), None), "{name}");
        assert_eq!((domain.master, domain.wait.as_str(), domain.is_busy()), (Some(1), "none", false), "{name}");
        assert_eq!(domain.awaits(5), Some(false), "{name}");
    }
}

#[test]
fn a_victim_waits() {
    for name in ["nodedown-fencing.fence_tool-ls.txt", "nodedown-fencing.fence_tool-ls-n.txt"] {
        let domain = groups(&format!("net-cluster/{name}")).fence.unwrap();
        assert_eq!((domain.victims, domain.victim_now, domain.wait.as_str()), (Some(1), Some(5), "fencing"), "{name}");
        assert_eq!((domain.awaits(5), domain.awaits(4)), (Some(true), Some(false)), "{name}");
    }
}

/// While the domain waits for quorum it counts its victims and marks none.
#[test]
fn victims_without_quorum_are_not_marked() {
    let domain = groups("net-cluster/inquorate.fence_tool-ls-n.txt").fence.unwrap();
    assert_eq!([1, 2, 3, 4, 5].map(|id| domain.awaits(id)), [Some(false), Some(false), Some(true), Some(true), Some(true)]);
    let brief = groups("net-cluster/inquorate.fence_tool-ls.txt").fence.unwrap();
    assert_eq!((brief.awaits(3), brief.awaits(4)), (Some(true), None));
}

#[test]
fn who_was_fenced_and_how() {
    let said = "fence domain\nmember count  2\nvictim count  0\nvictim now    0\nmaster nodeid 1\nwait state    none\nmembers       1 2 \nall nodes\nnodeid 1 member 1 victim 0 last fence master 0 how none\nnodeid 3 member 0 victim 0 last fence master 2 how override\n\n";
    let Ok(Observation::Groups(view)) = ask(Question::Groups, said.as_bytes(), "", 0) else { panic!() };
    let domain = view.fence.unwrap();
    assert_eq!((domain.nodes[1].master, domain.nodes[1].how.as_deref(), domain.awaits(3)), (Some(2), Some("override"), Some(false)));
    // group_tool says the domain once more, without its nodes: they are kept.
    let twice = format!("@@quorate fence\n{said}@@quorate groups\n{}", said.split("all nodes").next().unwrap());
    let Ok(Observation::Groups(view)) = ask(Question::Groups, twice.as_bytes(), "", 0) else { panic!() };
    assert_eq!(view.fence.unwrap().nodes, domain.nodes);
}

#[test]
fn groupd_of_rhel5() {
    let ok = groups("net-cluster/rhel5/ok.group_tool-ls.txt");
    assert_eq!(ok, groups("net-cluster/rhel5/ok.cman_tool-services.txt"));
    assert_eq!((ok.fence.clone().unwrap().members.len(), ok.fence.unwrap().wait.as_str()), (5, "none"));
    let names: Vec<_> = ok.groups.iter().map(|g| (g.kind.as_str(), g.name.as_str(), g.blocked.as_deref(), g.members.len())).collect();
    assert_eq!(names, [("dlm", "clvmd", None, 5), ("dlm", "rgmanager", None, 5)]);
    let down = groups("net-cluster/rhel5/nodedown-fencing.group_tool-ls.txt");
    let domain = down.fence.unwrap();
    assert_eq!((domain.wait.as_str(), domain.is_busy(), domain.awaits(5)), ("FAIL_START_WAIT", true, Some(true)));
    assert_eq!(down.groups[0].blocked.as_deref(), Some("FAIL_ALL_STOPPED"));
    let joining = groups("net-cluster/rhel5/node-joining.group_tool-ls-v.txt");
    assert_eq!((joining.fence.unwrap().wait.as_str(), joining.groups[1].members.as_slice()), ("JOIN_START_WAIT", &[1, 2, 3, 4][..]));
    let two = groups("examplecluster/rhel5/host2-offline.group_tool-ls.txt");
    assert_eq!(two.fence.unwrap().awaits(2), Some(false));
}

#[test]
fn lockspaces_that_stand_still_say_why() {
    let ok = groups("net-cluster/ok.dlm_tool-ls.txt");
    assert!(ok.groups.iter().all(|g| g.blocked.is_none() && g.members.len() == 5) && ok.groups.len() == 2);
    let frozen = groups("net-cluster/nodedown-fencing.dlm_tool-ls.txt");
    assert!(frozen.groups.iter().all(|g| g.blocked.as_deref() == Some("wait_messages 0 wait_condition 1 fencing")), "{frozen:?}");
    assert_eq!(groups("net-cluster/ok.group_tool-ls.txt").groups, ok.groups);
}

#[test]
fn rhel4_says_it_in_words() {
    let said = "Service          Name                              GID LID State     Code\nFence Domain:    \"default\"                           1   2 run       -\n[1 2]\n\nDLM Lock Space:  \"clvmd\"                             2   3 recover 4 -\n[1 2]\n";
    let Ok(Observation::Groups(view)) = ask(Question::Groups, said.as_bytes(), "", 0) else { panic!() };
    assert_eq!(view.fence.unwrap().members, [1, 2]);
    assert_eq!((view.groups[0].name.as_str(), view.groups[0].blocked.as_deref()), ("clvmd", Some("recover")));
}

#[test]
fn groupd_that_is_down_says_so() {
    let said = "Unable to connect to groupd.  Is it running?\n";
    let trouble = ask(Question::Groups, &fixture("net-cluster/rhel5/groupd-down.group_tool-ls.txt"), said, 1).unwrap_err();
    assert!(trouble.kind == TroubleKind::Failed && trouble.text.contains("service cman start"), "{trouble}");
}

#[test]
fn quorum_disks() {
    let found = disks(&fixture("net-cluster/qdisk.mkqdisk-L.txt"), "");
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].paths.len(), found[0].label.as_deref()), (4, Some("net-cluster-qd")));
    assert_eq!(found[0].created.as_deref(), Some("Tue Feb 21 18:02:11 2012"));
    assert!(disks(&fixture("net-cluster/noqdisk.mkqdisk-L.txt"), "").is_empty());
    let blocks = "Status block for node 1\n    Last updated by node 1\n    Last updated on Wed Mar 14 10:15:41 2012\n    State: Master\n    Score: 3/3\nStatus block for node 3\n    State: Evicted\n    Score: 0/0\n";
    let slots = disks(&fixture("net-cluster/qdisk.mkqdisk-L-d.txt"), blocks).remove(0).slots;
    assert_eq!((slots[0].node, slots[0].state.as_deref(), slots[0].score.as_deref()), (1, Some("Master"), Some("3/3")));
    assert_eq!((slots[1].node, slots[1].state.as_deref()), (3, Some("Evicted")));
    assert!(ask(Question::QuorumDisk, b"", "mkqdisk: command not found\n", 127).is_err());
}

#[test]
fn init_scripts() {
    let said = "@@quorate service cman\ncluster is running.\n= 0\n@@quorate service rgmanager\nrgmanager dead but pid file exists\n= 1\n@@quorate service qdiskd\nqdiskd is stopped\n= 3\n@@quorate service fenced\n= 0\n@@quorate boot\ncman            0:off\t1:off\t2:on\t3:on\t4:on\t5:on\t6:off\nrgmanager       0:off\t1:off\t2:off\t3:off\t4:off\t5:off\t6:off\n";
    let Ok(Observation::Units(units)) = ask(Question::InitScripts, said.as_bytes(), "", 0) else { panic!() };
    let shown: Vec<_> = units.iter().map(|u| (u.name.as_str(), u.active.as_str(), u.load.as_str())).collect();
    assert_eq!(
        shown,
        [
            ("cman", "active", "init, at boot"),
            ("rgmanager", "failed", "init, not at boot"),
            ("qdiskd", "inactive", "init"),
            ("fenced", "active", "init")
        ]
    );
    assert!(units[1].sub.contains("dead but pid file exists"));
}
