//! Which cluster and which nodes.

use std::path::{Path, PathBuf};

use quorate::config::{self, Asked, Choice, ConfigError, NodeConfig, Role, Session};
use quorate::domain::place::Place;

const ONE: &str = r#"
[[cluster]]
name = "net"
user = "admin"
jump = "bastion"
become = "sudo"
identity = "/k"
hosts = ["n1", "root@n2:2202"]
"#;
const TWO: &str = r#"
[[cluster]]
name = "net"
role = "viewer"
hosts = ["n1"]
[[cluster]]
name = "lab"
role = "admin"
user = "root"
hosts = ["unused"]
[[cluster.node]]
name = "m1"
address = "127.0.0.1"
port = 2201
[[cluster.node]]
name = "m2"
user = "u2"
jump = "none"
"#;

fn choose(asked: &Asked, text: &str) -> Result<Choice, ConfigError> {
    config::session(asked, &config::parse(Path::new("c.toml"), text.as_bytes()).unwrap())
}

fn session(asked: &Asked, text: &str) -> Session {
    choose(asked, text).unwrap().one().unwrap()
}

fn hosts(list: &[&str]) -> Asked {
    Asked { hosts: list.iter().map(|h| h.parse().unwrap()).collect(), ..Asked::default() }
}

fn shown(nodes: &[NodeConfig]) -> Vec<String> {
    nodes.iter().map(|n| format!("{}={}", n.name.as_deref().unwrap_or("?"), n.place)).collect()
}

#[test]
fn hosts_alone() {
    let session =
        session(&Asked { jump: Some(Place::jumps("b1").unwrap()), identity: Some("/id".into()), ..hosts(&["root@n1:2201", "n2"]) }, "");
    assert_eq!(shown(&session.nodes), ["?=root@n1:2201", "?=n2"]);
    assert_eq!((session.name.as_deref(), session.role, session.read_only, session.local), (None, Role::Operator, false, false));
    let further = session.further("n3", "192.0.2.3");
    assert_eq!(shown(std::slice::from_ref(&further)), ["n3=root@192.0.2.3:2201"], "as the first --host");
    assert_eq!((further.jump, further.identity), (Some(vec![Place::host("b1")]), Some(PathBuf::from("/id"))));
}

#[test]
fn the_only_cluster() {
    let session = session(&Asked::default(), ONE);
    assert_eq!(shown(&session.nodes), ["?=admin@n1", "?=root@n2:2202"]);
    assert_eq!(session.name.as_deref(), Some("net"));
    assert!(session.nodes.iter().all(|n| n.sudo && n.jump == Some(vec![Place::host("bastion")]) && n.identity == Some("/k".into())));
    let further = session.further("n3", "n3.example.net");
    assert_eq!(further.place.to_string(), "admin@n3.example.net");
    assert!(further.sudo);
}

#[test]
fn the_command_line_goes_first_and_adds_hosts() {
    let asked = Asked { jump: Some(Vec::new()), identity: Some("/mine".into()), cluster: Some("lab".to_owned()), ..hosts(&["m9:2209"]) };
    let session = session(&asked, TWO);
    assert_eq!(shown(&session.nodes), ["m1=root@127.0.0.1:2201", "m2=u2@m2", "?=root@m9:2209"]);
    assert!(session.nodes.iter().all(|n| n.jump == Some(Vec::new()) && n.identity == Some("/mine".into())));
    assert_eq!((session.role, session.rights()), (Role::Admin, "admin"));
    // The members that are found later are the cluster's: a --host beside it lends them neither its user nor its port.
    let nodes = "[[cluster]]\nname = \"lab\"\n[[cluster.node]]\nname = \"m1\"\n";
    let further = self::session(&hosts(&["root@gw:2222"]), nodes).further("m3", "m3");
    assert_eq!(further.place.to_string(), "m3");
    let further = self::session(&hosts(&["root@gw:2222"]), "[[cluster]]\nname = \"lab\"\n").further("m3", "m3");
    assert_eq!(further.place.to_string(), "root@m3:2222", "as the way in is");
}

#[test]
fn nodes_differ_from_their_cluster() {
    let session = session(&Asked { cluster: Some("lab".to_owned()), ..Asked::default() }, TWO);
    let jumps: Vec<_> = session.nodes.iter().map(|n| n.jump.clone()).collect();
    assert_eq!(jumps, [None, Some(Vec::new())]);
    assert_eq!(shown(&session.nodes), ["m1=root@127.0.0.1:2201", "m2=u2@m2"], "hosts count only where no nodes are listed");
}

#[test]
fn several_clusters_are_a_choice() {
    for asked in [Asked::default(), hosts(&["n7"])] {
        let Choice::Pick(sessions) = choose(&asked, TWO).unwrap() else { panic!("no choice") };
        assert_eq!(sessions.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["net", "lab"]);
        assert!(sessions.iter().all(|(name, session)| session.as_ref().unwrap().name.as_ref() == Some(name)));
        let error = Choice::Pick(sessions).one().unwrap_err();
        assert_eq!(
            (error.exit_code(), error.to_string().as_str()),
            (64, "several clusters are configured: net, lab; say which with --cluster NAME")
        );
    }
}

/// What one lacks is its own affair.
#[test]
fn a_cluster_without_hosts_keeps_no_other_from_being_picked() {
    let Choice::Pick(sessions) = choose(&Asked::default(), &format!("{ONE}[[cluster]]\nname = \"empty\"\n")).unwrap() else {
        panic!("no choice")
    };
    let [(net, whole), (empty, lacking)] = sessions.as_slice() else { panic!("{sessions:?}") };
    assert_eq!((net.as_str(), empty.as_str()), ("net", "empty"));
    assert_eq!(shown(&whole.as_ref().unwrap().nodes), ["?=admin@n1", "?=root@n2:2202"]);
    let error = lacking.as_ref().unwrap_err();
    assert_eq!(error.exit_code(), 65);
    assert!(error.to_string().starts_with("c.toml:9:1: the cluster \"empty\" lists neither"), "{error}");
}

#[test]
fn who_may_only_look() {
    let viewer = session(&Asked { cluster: Some("net".to_owned()), ..Asked::default() }, TWO);
    assert!(viewer.read_only);
    assert_eq!(viewer.rights(), "READ-ONLY");
    assert!(session(&Asked { read_only: true, ..Asked::default() }, ONE).read_only);
    assert!(session(&Asked { read_only: true, ..hosts(&["n1"]) }, "").read_only);
}

#[test]
fn this_very_machine() {
    let here = Asked { on_a_node: true, ..Asked::default() };
    let session = session(&here, "");
    assert!(session.local && session.nodes.is_empty());
    assert!(!choose(&here, ONE).unwrap().one().unwrap().local, "the configuration goes first");
}

#[test]
fn nothing_to_look_at() {
    let cases: Vec<(Asked, &str, u8, &str)> = vec![
        (Asked::default(), "", 64, "name a node with --host"),
        (
            Asked { cluster: Some("nte".to_owned()), ..Asked::default() },
            TWO,
            64,
            "there is no cluster 'nte'; configured: net, lab; did you mean 'net'?",
        ),
        (Asked { cluster: Some("x".to_owned()), ..hosts(&["n1"]) }, "", 64, "there is no cluster 'x'; none is configured"),
        (
            Asked::default(),
            "theme = \"dark\"\n[[cluster]]\nname = \"a\"",
            65,
            "c.toml:2:1: the cluster \"a\" lists neither hosts nor nodes",
        ),
    ];
    for (asked, text, code, words) in cases {
        let error = choose(&asked, text).unwrap_err();
        assert_eq!(error.exit_code(), code, "{error}");
        assert!(error.to_string().contains(words), "{error}");
    }
    assert_eq!(session(&hosts(&["n1"]), "[[cluster]]\nname = \"a\"\nuser = \"u\"").nodes[0].place.to_string(), "u@n1");
}
