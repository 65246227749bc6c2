use quorate::domain::observation::manager::FenceStatus;
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

/// RHEL 6's `group_tool ls` prints the domain a second time, a moment later: what `fence_tool ls -n` said holds.
#[test]
fn a_victim_stays_one_where_the_domain_is_told_again() {
    let read = |name: &str| String::from_utf8(fixture(&format!("net-cluster/{name}"))).unwrap();
    let said =
        format!("@@quorate fence\n{}@@quorate groups\n{}", read("nodedown-fencing.fence_tool-ls-n.txt"), read("ok.group_tool-ls.txt"));
    let Ok(Observation::Groups(view)) = ask(Question::Groups, said.as_bytes(), "", 0) else { panic!() };
    assert!(view.groups.iter().any(|g| g.kind == "dlm"), "{:?}", view.groups);
    let domain = view.fence.unwrap();
    assert_eq!((domain.awaits(5), domain.awaits(4), domain.victims), (Some(true), Some(false), Some(1)));
    // One that is marked waits, whatever the list of members says.
    let marked = "fence domain\nmember count  3\nvictim count  1\nvictim now    0\nmaster nodeid 1\nwait state    none\nmembers       1 2 3 \nall nodes\n\
                  nodeid 3 member 0 victim 1 last fence master 0 how none\n";
    let Ok(Observation::Groups(view)) = ask(Question::Groups, marked.as_bytes(), "", 0) else { panic!() };
    assert_eq!(view.fence.unwrap().awaits(3), Some(true));
}

/// fenced remembers a fencing over the node's return: it is no proof that the node was fenced this time.
#[test]
fn an_earlier_fencing_does_not_count_while_the_domain_waits_for_quorum() {
    let said = String::from_utf8(fixture("net-cluster/inquorate.fence_tool-ls-n.txt")).unwrap();
    let line = said.lines().find(|l| l.starts_with("nodeid 4 ")).unwrap();
    let again = said.replace(line, "nodeid 4 member 0 victim 0 last fence master 1 how agent");
    assert_ne!(said, again);
    let Ok(Observation::Groups(view)) = ask(Question::Groups, again.as_bytes(), "", 0) else { panic!() };
    assert_eq!(view.fence.unwrap().awaits(4), Some(true));
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

/// What fenced remembers (`fence_tool dump`): each fencing that ended, with the second, and what was tried.
#[test]
fn fencings_that_failed_and_succeeded_are_remembered_with_their_times() {
    let quiet = String::from_utf8(fixture("net-cluster/ok.fence_tool-ls-n.txt")).unwrap();
    let ask = |dump: &str| {
        let said = format!("@@quorate fence\n{quiet}@@quorate groups\n@@quorate dump\n{dump}");
        let Ok(Observation::Groups(view)) = ask(Question::Groups, said.as_bytes(), "", 0) else { panic!() };
        assert_eq!(view.fence.unwrap().members.len(), 5);
        view.fencings
    };
    let all = ask("1331719600 fenced 3.0.12.1 started\n1331719642 fencing node n5.example.com\n\
        1331719663 fence n5.example.com dev 0.0 agent fence_ipmilan result: error from agent\n\
        1331719664 fence n5.example.com dev 1.0 agent none result: error no method\n\
        1331719665 fence n5.example.com failed\n1331719668 fencing node n5.example.com\n\
        1331719670 fencing node n5.example.com still retrying\n\
        1331719680 fence n5.example.com dev 0.0 agent fence_ipmilan result: success\n1331719681 fence n5.example.com success\n\
        1331719690 fence n4.example.com overridden by administrator intervention\n");
    let rows: Vec<_> = all.iter().map(|f| (f.target.as_str(), f.status, f.at.0 / 1_000_000, f.attempts.len(), f.by_hand)).collect();
    assert_eq!(
        rows,
        [
            ("n5.example.com", FenceStatus::Failed, 1_331_719_665, 2, false),
            ("n5.example.com", FenceStatus::Success, 1_331_719_681, 1, false),
            ("n4.example.com", FenceStatus::Success, 1_331_719_690, 0, true),
        ]
    );
    let tried: Vec<_> = all[0].attempts.iter().map(|a| (a.place, a.agent.as_str(), a.result.as_str())).collect();
    assert_eq!(tried, [(Some((0, 0)), "fence_ipmilan", "error from agent"), (Some((1, 0)), "none", "error no method")]);
    // RHEL 5 puts names in quotes, and does not say what was tried.
    let old = ask("1331719642 fencing node \"n5\"\n1331719663 fence \"n5\" failed\n");
    assert_eq!((old[0].target.as_str(), old[0].status, old[0].attempts.len()), ("n5", FenceStatus::Failed, 0));
    for odd in [
        "",
        "fence n5 failed\n",
        "x fence n5 failed\n",
        "99999999999999999999 fence n5 failed\n",
        "1 fence\n",
        "9223372036854775807 fence n5 failed\n",
    ] {
        assert_eq!(ask(odd), [], "{odd}");
    }
    let many = (0..500).map(|at| format!("{at} fence n5 failed\n")).collect::<Vec<_>>().concat();
    let kept = ask(&many);
    assert!(kept.len() < 100 && kept.last().unwrap().at.0 == 499_000_000);
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

/// A list of members that goes on on the next line, one that was cut off, and rows without members.
#[test]
fn members_over_several_lines() {
    let head = "type             level name       id       state       \n";
    let row = |kind: &str, name: &str| format!("{kind:16} 1     {name:10} 00010001 none        \n");
    let said = format!(
        "{head}{}[ 1 2 3\n4 5\t6 ]\n{}{}[1 2\n{}[7]\n{}[1 2",
        row("fence", "default"),
        row("dlm", "none"),
        row("dlm", "cut"),
        row("gfs", "next"),
        row("gfs", "end")
    );
    let Ok(Observation::Groups(view)) = ask(Question::Groups, said.as_bytes(), "", 0) else { panic!() };
    assert_eq!(view.fence.unwrap().members, [1, 2, 3, 4, 5, 6]);
    let rows: Vec<_> = view.groups.iter().map(|g| (g.name.as_str(), g.members.as_slice())).collect();
    assert_eq!(rows, [("none", &[][..]), ("cut", &[1, 2]), ("next", &[7]), ("end", &[1, 2])]);
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
