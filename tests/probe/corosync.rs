//! Answers of corosync 2.4 and 3.x, recorded (3.1.7) and by hand after the tools' sources.

use std::time::Duration;

use proptest::prelude::*;
use quorate::domain::observation::corosync::{CmapView, DlmView, Link, LinkStat, LinksView, QdeviceView, QuorumView};
use quorate::domain::observation::{Observation, Question, Trouble, TroubleKind};
use quorate::probe::{Raw, parse};

const QUORUM: &str = include_str!("../fixtures/pacemaker/quorumtool.txt");
const CMAP: &str = include_str!("../fixtures/pacemaker/cmapctl.txt");
const STATS: &str = include_str!("../fixtures/pacemaker/failing-cmapctl-stats.txt");
const HEALTHY_S: &str = include_str!("../fixtures/pacemaker/healthy-cfgtool-s.txt");
const HEALTHY_N: &str = include_str!("../fixtures/pacemaker/healthy-cfgtool-n.txt");
const FAILING_S: &str = include_str!("../fixtures/pacemaker/failing-cfgtool-s.txt");
const FAILING_N: &str = include_str!("../fixtures/pacemaker/failing-cfgtool-n.txt");
const DLM_STATUS: &str = include_str!("../fixtures/pacemaker/dlm_tool-status.txt");
const DLM_LS: &str = include_str!("../fixtures/pacemaker/dlm_tool-ls.txt");

fn ask(question: Question, stdout: &[u8], stderr: &str, code: i32) -> Result<Observation, Trouble> {
    parse(question, Raw { command: "the command", stdout, stderr: stderr.as_bytes(), code })
}

fn quorum(said: &str, code: i32) -> QuorumView {
    let Ok(Observation::Quorum(view)) = ask(Question::Quorum, said.as_bytes(), "", code) else { panic!("{said}") };
    view
}

fn links(status: &str, peers: &str) -> LinksView {
    let said = format!("{status}== quorate ==\n{peers}");
    match ask(Question::Links, said.as_bytes(), "", 1) {
        Ok(Observation::Links(view)) => view,
        other => panic!("{other:?}"),
    }
}

fn cmap(said: &str) -> CmapView {
    let Ok(Observation::Cmap(view)) = ask(Question::Cmap, said.as_bytes(), "", 0) else { panic!("{said}") };
    view
}

fn stats(said: &str) -> Vec<LinkStat> {
    let Ok(Observation::LinkStats(all)) = ask(Question::LinkStats, said.as_bytes(), "", 0) else { panic!("{said}") };
    all
}

fn dlm(status: &str, ls: &str) -> DlmView {
    let said = format!("{status}== quorate ==\n{ls}");
    let Ok(Observation::Dlm(view)) = ask(Question::Dlm, said.as_bytes(), "", 0) else { panic!("{said}") };
    view
}

#[test]
fn quorum_of_3_1() {
    // 0 means quorate from 3.0.2 on, 1 before: the text alone counts.
    for code in [0, 1, 2] {
        let view = quorum(QUORUM, code);
        assert_eq!((view.quorate, view.node_id, view.ring_id.as_deref()), (Some(true), Some(1), Some("1.16")));
        assert_eq!((view.expected, view.highest_expected, view.total, view.needed), (Some(3), Some(3), Some(3), Some(2)));
        assert_eq!(view.flags, [""; 0]);
        let members: Vec<_> = view.members.iter().map(|m| (m.id, m.votes, m.name.as_str(), m.local)).collect();
        assert_eq!(members, [(1, Some(1), "node1", true), (2, Some(1), "node2", false), (3, Some(1), "node3", false)]);
        assert_eq!(view.qdevice, None);
    }
}

#[test]
fn quorum_of_2_4_with_a_qdevice_and_blocked() {
    let said = "Quorum information\n------------------\nDate:             Wed Nov  7 14:25:53 2018\nQuorum provider:  corosync_votequorum\n\
        Nodes:            2\nNode ID:          1084777441\nRing ID:          1084777441/16\nQuorate:          No\n\n\
        Votequorum information\n----------------------\nExpected votes:   5\nHighest expected: 5\nTotal votes:      2\nQuorum:           3 Activity blocked\n\
        Flags:            2Node WaitForAll LastManStanding AutoTieBreaker AllowDownscale Qdevice \n\n\
        Membership information\n----------------------\n    Nodeid      Votes    Qdevice Name\n\
        1084777441          1    A,V,NMW 10.0.0.1 (local)\n         2          1    NR node2.example.net\n         0          2            Qdevice (votes 2)\n";
    let view = quorum(said, 0);
    assert_eq!((view.quorate, view.needed, view.total), (Some(false), Some(3), Some(2)));
    assert_eq!(view.ring_id.as_deref(), Some("1084777441/16"));
    assert_eq!(view.flags, ["2Node", "WaitForAll", "LastManStanding", "AutoTieBreaker", "AllowDownscale", "Qdevice"]);
    assert_eq!(view.members.len(), 2);
    assert_eq!(
        (view.members[0].name.as_str(), view.members[0].local, view.members[0].qdevice.as_deref()),
        ("10.0.0.1", true, Some("A,V,NMW"))
    );
    assert_eq!((view.members[1].name.as_str(), view.members[1].qdevice.as_deref()), ("node2.example.net", Some("NR")));
    assert_eq!(view.qdevice, Some((2, "Qdevice (votes 2)".into())));
}

#[test]
fn quorum_without_votes() {
    let view =
        quorum("Nodes: 2\nQuorate: No\n\nMembership information\n----------------------\n    Nodeid Name\n  1 a (local)\n  0x2 b c\n", 2);
    assert_eq!(view.members.iter().map(|m| (m.id, m.votes, m.name.as_str())).collect::<Vec<_>>(), [(1, None, "a"), (2, None, "b c")]);
}

fn told(view: &LinksView) -> Vec<(u32, Option<u32>, Option<bool>)> {
    view.links.iter().map(|l| (l.number, l.peer, l.connected)).collect()
}

#[test]
fn knet_links_of_3_1() {
    let view = links(HEALTHY_S, HEALTHY_N);
    assert_eq!((view.local_id, view.transport.as_deref()), (Some(1), Some("knet")));
    assert_eq!(told(&view), [(0, Some(2), Some(true)), (1, Some(2), Some(true)), (0, Some(3), Some(true)), (1, Some(3), Some(true))]);
    assert_eq!(
        view.links[3],
        Link {
            number: 1,
            peer: Some(3),
            address: Some("10.77.1.1".into()),
            peer_address: Some("10.77.1.3".into()),
            enabled: Some(true),
            connected: Some(true),
            detail: None,
        }
    );
    let view = links(FAILING_S, FAILING_N);
    assert_eq!(told(&view), [(0, Some(1), Some(true)), (1, Some(1), Some(false)), (0, Some(2), Some(true)), (1, Some(2), Some(true))]);
    assert_eq!((view.links[1].enabled, view.links[1].detail.as_deref()), (Some(true), Some("disconnected")));
    assert_eq!(view.links[1].peer_address.as_deref(), Some("10.77.1.1"));
    // Without -n the status alone tells the same, in its own order.
    let view = links(FAILING_S, "corosync-cfgtool [-s] [-R]\n");
    assert_eq!(told(&view), [(0, Some(1), Some(true)), (0, Some(2), Some(true)), (1, Some(1), Some(false)), (1, Some(2), Some(true))]);
    // And -n alone, with the fields of 3.1.6 and IPv6.
    let view = links(
        "",
        "Local node ID 3, transport knet\nnodeid: 1 reachable   onwire (min/max/act): 0, 1, 1\n   LINK: 0 udp (fd00::3->fd00::1) enabled connected mtu: 1397\n   LINK: 1 udp (a->b) mtu: 1397\n",
    );
    assert_eq!(view.links[0].peer_address.as_deref(), Some("fd00::1"));
    assert_eq!((view.links[1].enabled, view.links[1].connected), (Some(false), Some(false)));
}

#[test]
fn links_of_3_0() {
    let by_id = "Printing link status.\nLocal node ID 1\nLINK ID 0\n\taddr\t= 10.0.0.1\n\tstatus:\n\t\tnodeid  1:\tlink enabled:1\tlink connected:1\n\t\tnodeid  2:\tlink enabled:1\tlink connected:0\n";
    let view = links(by_id, "");
    assert_eq!(told(&view), [(0, Some(2), Some(false))]);
    assert_eq!((view.links[0].enabled, view.links[0].address.as_deref()), (Some(true), Some("10.0.0.1")));
    let by_place = "Local node ID 1\nLINK ID 1\n\taddr\t= 10.0.0.1\n\tstatus:\n\t\tnode 0:\tlink enabled:1\tlink connected:1\n\t\tnode 1:\tlink enabled:0\tlink connected:0\n";
    assert_eq!(told(&links(by_place, "")), [(1, None, Some(true)), (1, None, Some(false))]);
    for (digits, enabled, connected) in [("33", true, true), ("n31", true, false), ("n3", true, true), ("302", false, false)] {
        let view = links(&format!("Local node ID 1\nLINK ID 0\n\taddr\t= 10.0.0.1\n\tstatus\t= {digits}\n"), "");
        assert_eq!((view.links[0].enabled, view.links[0].connected), (Some(enabled), Some(connected)), "{digits}");
    }
    let udpu = "Local node ID 1, transport udpu\nLINK ID 0 udp\n\taddr\t= 10.0.0.1\n\tstatus\t= OK\n";
    let view = links(udpu, "");
    assert_eq!((view.transport.as_deref(), told(&view)), (Some("udpu"), vec![(0, None, Some(true))]));
}

#[test]
fn rings_of_2_4() {
    let said = "Printing ring status.\nLocal node ID 1\nRING ID 0\n\tid\t= 10.0.0.1\n\tstatus\t= ring 0 active with no faults\n\
                RING ID 1\n\tid\t= 10.1.0.1\n\tstatus\t= Marking ringid 1 interface 10.1.0.1 FAULTY\n";
    let view = links(said, "");
    assert_eq!(told(&view), [(0, None, Some(true)), (1, None, Some(false))]);
    assert_eq!(view.links[0].detail, None);
    assert_eq!(view.links[1].address.as_deref(), Some("10.1.0.1"));
    assert_eq!(view.links[1].detail.as_deref(), Some("Marking ringid 1 interface 10.1.0.1 FAULTY"));
}

#[test]
fn link_statistics() {
    let all = stats(STATS);
    assert_eq!(all.len(), 5);
    assert_eq!(
        all[1],
        LinkStat {
            peer: 1,
            link: 1,
            connected: Some(false),
            enabled: Some(true),
            latency: Some(Duration::from_micros(22_635)),
            down_count: Some(2),
            up_count: Some(1),
        }
    );
    assert_eq!(stats("stats.srp.mtt_rx_token (u32) = 3\n"), []);
    let trouble = ask(Question::LinkStats, b"", "corosync-cmapctl: invalid option -- 'm'", 1).unwrap_err();
    assert_eq!(trouble.kind, TroubleKind::Absent);
}

#[test]
fn the_map_of_3_and_of_2() {
    let view = cmap(CMAP);
    assert_eq!((view.cluster_name.as_deref(), view.token), (Some("lab"), Some(Duration::from_millis(10_650))));
    assert_eq!(view.joined, [1, 2, 3]);
    assert_eq!(view.nodes.len(), 3);
    assert_eq!((view.nodes[2].id, view.nodes[2].name.as_deref()), (Some(3), Some("node3")));
    assert_eq!(view.nodes[2].addresses, ["10.77.2.3", "10.77.1.3"]);
    assert_eq!(view.qdevice_model, None);
    let view = cmap(
        "totem.token (u32) = 3000\nnodelist.node.10.quorum_votes (u32) = 2\nnodelist.node.10.ring0_addr (str) = n = 10\n\
        nodelist.node.9.ring0_addr (str) = n9\nquorum.device.model (str) = net\n\
        runtime.totem.pg.mrp.srp.members.1.status (str) = joined\nruntime.totem.pg.mrp.srp.members.2.status (str) = left\n",
    );
    assert_eq!(
        (view.token, view.joined.as_slice(), view.qdevice_model.as_deref()),
        (Some(Duration::from_secs(3)), [1].as_slice(), Some("net"))
    );
    assert_eq!((view.nodes[0].addresses[0].as_str(), view.nodes[1].addresses[0].as_str(), view.nodes[1].votes), ("n9", "n = 10", Some(2)));
}

#[test]
fn qdevice() {
    let said = "Qdevice information\n-------------------\nModel:                  Net\nNode ID:                1\nConfigured node list:\n    0   Node ID = 1\n\
        Membership node list:   1, 2\n\nQdevice-net information\n----------------------\nCluster name:\t\tc\nQNetd host:\t\tqnetd.example.net:5403\n\
        Algorithm:\t\tFifty-Fifty split\nTie-breaker:\t\tNode with lowest node ID\nState:\t\t\tConnect failed\n";
    assert_eq!(
        ask(Question::Qdevice, said.as_bytes(), "", 0),
        Ok(Observation::Qdevice(QdeviceView {
            model: Some("Net".into()),
            state: Some("Connect failed".into()),
            qnetd: Some("qnetd.example.net:5403".into()),
            algorithm: Some("Fifty-Fifty split".into()),
            tie_breaker: Some("Node with lowest node ID".into()),
        }))
    );
}

#[test]
fn dlm_at_rest_and_while_it_waits() {
    let view = dlm(DLM_STATUS, DLM_LS);
    assert_eq!((view.node_id, view.quorate), (Some(3), Some(true)));
    assert_eq!(view.waiting, [""; 0]);
    assert_eq!(view.lockspaces.len(), 4);
    assert_eq!(view.lockspaces[0], ("gfs".into(), vec![1, 2, 3], false));
    let view = dlm(
        "cluster nodeid 1 quorate 0 ring seq 22 24\ndaemon now 2657 fence_pid 4711 \nfence 2 nodedown pid 4711 actor 1 fail 1795385433 fence 0 now 1795385440\nnode 1 M add 1\n",
        "dlm lockspaces\nname          clvmd\nid            0x4104eefa\nflags         0x00000004 kern_stop\nchange        member 2 joined 1 remove 0 failed 0 seq 1,1\nmembers       1 2\nnew change    member 1 joined 0 remove 1 failed 1 seq 2,2\nnew status    wait fencing\nnew members   1\n",
    );
    assert_eq!(view.quorate, Some(false));
    assert_eq!(view.waiting[0], "fencing (pid 4711)");
    assert!(view.waiting[1].starts_with("fence 2 nodedown"));
    assert_eq!(view.waiting[2], "clvmd: wait fencing");
    assert_eq!(view.lockspaces, [("clvmd".into(), vec![1, 2], true)]);
    assert_eq!(dlm("cluster nodeid 1 quorate 1 ring seq 1 1\n", "").lockspaces, []);
}

#[test]
fn daemons_that_do_not_run() {
    let cases = [
        (Question::Quorum, "", "Cannot initialize CMAP service\n", 1, TroubleKind::Failed, "corosync is not running"),
        (Question::Quorum, "", "Cannot initialize QUORUM service\n", 2, TroubleKind::Failed, "systemctl status corosync"),
        (
            Question::Links,
            "Printing ring status.\nCould not initialize corosync configuration API error 2\n== quorate ==\n",
            "",
            1,
            TroubleKind::Failed,
            "API error 2; corosync is not running",
        ),
        (
            Question::Cmap,
            "",
            "Failed to initialize the cmap API. Error CS_ERR_LIBRARY\n",
            1,
            TroubleKind::Failed,
            "corosync is not running",
        ),
        (Question::Cmap, "", "Failed to initialize the cmap API. Error CS_ERR_ACCESS\n", 1, TroubleKind::Denied, "uidgid"),
        (
            Question::Qdevice,
            "",
            "Can't connect to QDevice socket (is QDevice running?): No such file or directory\n",
            1,
            TroubleKind::Failed,
            "corosync-qdevice is not running",
        ),
        // dlm_tool status ends with 0.
        (Question::Dlm, "== quorate ==\n", "cannot connect to dlm_controld\n", 0, TroubleKind::Failed, "dlm_controld is not running"),
        (Question::Quorum, "", "sh: 1: corosync-quorumtool: not found", 127, TroubleKind::Absent, "not installed"),
        (Question::Quorum, "", "", 0, TroubleKind::Garbled, "nothing"),
        (Question::Cmap, "\x1b[2J lorem ipsum", "", 0, TroubleKind::Garbled, "\\e[2J"),
        (Question::Quorum, "", "sudo: a password is required", 1, TroubleKind::Denied, "NOPASSWD"),
    ];
    for (question, stdout, stderr, code, kind, words) in cases {
        let trouble = ask(question, stdout.as_bytes(), stderr, code).unwrap_err();
        assert_eq!(trouble.kind, kind, "{question:?} {trouble}");
        assert!(trouble.text.contains(words) && trouble.text.contains("the command"), "{trouble}");
    }
}

/// An answer that names no link is one that cannot be read, whatever the exit status; but for a node alone, and for a tool that refuses.
#[test]
fn links_that_cannot_be_read_are_no_links_at_all() {
    let noise = [
        HEALTHY_S.replace("nodeid", "n0deid").replace("LINK ID", "L1NK ID"),
        HEALTHY_S.replace("LINK ID ", "LINK ID x"),
        HEALTHY_S.replace("nodeid: ", "nodeid; "),
        HEALTHY_S.bytes().map(|b| char::from(b ^ 1)).collect(),
        HEALTHY_S.replace(|c: char| c.is_ascii_lowercase(), "\u{fffd}"),
        "\x1b[2J lorem ipsum\n".to_owned(),
        HEALTHY_S[..40].to_owned(),
    ];
    for text in &noise {
        for (peers, code) in [("", 0), ("", 1), (text.as_str(), 0), (text.as_str(), 1)] {
            let said = format!("{text}== quorate ==\n{peers}");
            let answer = ask(Question::Links, said.as_bytes(), "", code);
            assert_eq!(answer.as_ref().map_err(|t| t.kind), Err(TroubleKind::Garbled), "{code} {said:?}: {answer:?}");
        }
    }
    // -n alone could be read.
    assert_eq!(told(&links(&noise[0], HEALTHY_N)).len(), 4);
    let alone = "Local node ID 1, transport knet\nLINK ID 0 udp\n\taddr\t= 10.0.0.1\n\tstatus:\n\t\tnodeid:          1:\tlocalhost\n";
    assert_eq!((links(alone, "").local_id, told(&links(alone, ""))), (Some(1), vec![]));
    for words in
        ["Could not get the link status, the error is: 6\n", "Printing ring status.\nCould not get the ring status, the error is: 2\n"]
    {
        let refused = ask(Question::Links, format!("{words}== quorate ==\n").as_bytes(), "", 1);
        assert_eq!(refused.unwrap_err().kind, TroubleKind::Failed, "{words}");
    }
}

const FAMILY: [Question; 6] = [Question::Quorum, Question::Links, Question::LinkStats, Question::Cmap, Question::Qdevice, Question::Dlm];

/// Whatever an answer holds is harmless text.
fn harmless(answer: &Result<Observation, Trouble>) -> bool {
    !format!("{answer:?}").contains("\\u{1b}")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..300), code in any::<i32>()) {
        for question in FAMILY {
            prop_assert!(harmless(&ask(question, &bytes, "", code)));
        }
    }

    #[test]
    fn mutated(which in 0..7_usize, changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..8),
               end in any::<prop::sample::Index>(), code in 0..3_i32) {
        let both = [HEALTHY_S, "== quorate ==\n", FAILING_N, DLM_LS].concat();
        let mut bytes = [QUORUM, CMAP, STATS, FAILING_S, &both, DLM_STATUS, DLM_LS][which].as_bytes().to_vec();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        bytes.truncate(end.index(bytes.len()) + 1);
        for question in FAMILY {
            prop_assert!(harmless(&ask(question, &bytes, "", code)));
        }
    }
}
