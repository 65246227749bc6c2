use quorate::domain::observation::{Observation, Question};

use super::{ask, conf, fixture};

#[test]
fn the_cluster_of_five() {
    let conf = conf("net-cluster/cluster.conf");
    assert_eq!((conf.name.as_deref(), conf.version, conf.two_node, conf.expected_votes), (Some("net-cluster"), Some(87), false, Some(5)));
    assert_eq!((conf.token_ms, conf.post_join_delay, conf.post_fail_delay), (Some(21_000), Some(30), Some(0)));
    assert_eq!(conf.nodes.len(), 5);
    let third = &conf.nodes[2];
    assert_eq!((third.name.as_str(), third.id, third.votes), ("virtsrv3n3.cnaf.infn.it", Some(3), 1));
    assert_eq!(third.methods[0].devices, [("ipmi-virtsrv3".to_owned(), None)]);
    assert_eq!((conf.devices[2].agent.as_str(), conf.devices[2].address.as_deref()), ("fence_ipmilan", Some("192.0.2.123")));
    assert_eq!(conf.services.len(), 15);
    let wiki = conf.service("vm:wiki").unwrap();
    assert_eq!((wiki.autostart, wiki.exclusive, wiki.recovery.as_str()), (true, false, "restart"));
    assert_eq!((wiki.max_restarts, wiki.restart_expire, wiki.migrate.as_deref()), (Some(2), Some(600), Some("live")));
    let domain = conf.domain_of(wiki).unwrap();
    assert_eq!((domain.name.as_str(), domain.ordered, domain.restricted, domain.nofailback), ("prefer_n5", true, false, true));
    assert_eq!(domain.nodes[0], ("virtsrv5n5.cnaf.infn.it".to_owned(), 1));
}

#[test]
fn the_cluster_of_two() {
    let conf = conf("examplecluster/cluster.conf");
    assert!(conf.two_node);
    let methods: Vec<&str> = conf.nodes[0].methods.iter().map(|m| m.name.as_str()).collect();
    assert_eq!(methods, ["ipmi", "manual"]);
    assert_eq!(conf.nodes[0].methods[1].devices, [("human".to_owned(), Some("nodename host1.example.com".to_owned()))]);
    assert_eq!(conf.nodes[1].methods[0].devices, [("ipmi-host2".to_owned(), Some("delay 15".to_owned()))]);
    assert_eq!((conf.domains[0].restricted, conf.domains[0].ordered), (true, false));
    assert_eq!(conf.service("vm:vm1").unwrap().recovery, "relocate");
    assert_eq!(conf.service("vm:vm2").unwrap().migrate.as_deref(), Some("pause"));
}

/// Whatever a password is called and wherever it stands, it is not in what the parser gives.
#[test]
fn no_password_leaves_the_parser() {
    let said = r#"<cluster name="c" config_version="1"><fencedevices>
        <fencedevice name="a" agent="fence_x" passwd="HUNTER2" login="ADMIN9" snmp_priv_passwd='HUNTER2' community="HUNTER2" hexadecimal_kg="HUNTER2" passwd_script="/HUNTER2"/>
        </fencedevices><clusternodes><clusternode name="n"><fence><method name="1"><device name="a" passwd="HUNTER2" port="3"/></method></fence></clusternode></clusternodes></cluster>"#;
    let Ok(Observation::ClusterConf(conf)) = ask(Question::ClusterConf, said.as_bytes(), "", 0) else { panic!() };
    let shown = format!("{conf:?}");
    assert!(!shown.contains("HUNTER2") && !shown.contains("ADMIN9") && shown.contains("port 3"), "{shown}");
    for name in ["net-cluster/cluster.conf", "examplecluster/cluster.conf"] {
        assert!(!format!("{:?}", super::conf(name)).contains("EXAMPLE-NOT-REAL"), "{name}");
    }
}

/// The fingerprint is of what the file says: not of blanks, order of attributes or passwords.
#[test]
fn the_fingerprint_is_of_the_content() {
    let print = |said: &str| match ask(Question::ClusterConf, said.as_bytes(), "", 0) {
        Ok(Observation::ClusterConf(conf)) => conf.print,
        other => panic!("{other:?}"),
    };
    let one = print(r#"<cluster name="c" config_version="1"><cman two_node="1"/></cluster>"#);
    assert_eq!(one, print("<?xml version=\"1.0\"?>\n<cluster config_version='1' name='c'>\n  <cman two_node='1' />\n</cluster>\n"));
    assert_ne!(one, print(r#"<cluster name="c" config_version="1"><cman two_node="0"/></cluster>"#));
    let secret = |word: &str| {
        print(&format!(
            r#"<cluster name="c" config_version="1"><fencedevices><fencedevice name="a" passwd="{word}"/></fencedevices></cluster>"#
        ))
    };
    assert_eq!(secret("one"), secret("two"));
}

#[test]
fn defaults_and_nesting() {
    let said = r#"<cluster name="c" config_version="7"><quorumd label="qd" votes="4" interval="1" tko="10" min_score="1"><heuristic program="ping -c1 192.0.2.1" score="1"/></quorumd>
        <clusternodes><clusternode name="n" votes="3"/></clusternodes>
        <rm central_processing="1"><failoverdomains><failoverdomain name="d" ordered="yes"><failoverdomainnode name="b"/><failoverdomainnode name="a" priority="2"/></failoverdomain></failoverdomains>
        <service name="web" autostart="0" exclusive="yes" depend="service:db"><fs ref="data"><ip address="192.0.2.9"><script name="httpd"/></ip></fs></service></rm></cluster>"#;
    let Ok(Observation::ClusterConf(conf)) = ask(Question::ClusterConf, said.as_bytes(), "", 0) else { panic!() };
    assert!(conf.central_processing);
    assert_eq!((conf.nodes[0].votes, conf.nodes[0].methods.len()), (3, 0));
    assert_eq!(conf.domains[0].nodes, [("a".to_owned(), 2), ("b".to_owned(), 100)]);
    let web = conf.service("service:web").unwrap();
    assert_eq!((web.autostart, web.exclusive, web.recovery.as_str()), (false, true, "restart"));
    assert_eq!(web.depends, Some(("service:db".to_owned(), "hard".to_owned())));
    let kinds: Vec<&str> = web.resources.iter().map(|(kind, _)| kind.as_str()).collect();
    assert_eq!(kinds, ["fs", "ip", "script"]);
    let disk = conf.quorum_disk.unwrap();
    assert_eq!((disk.label.as_deref(), disk.votes, disk.tko, disk.heuristics.len()), (Some("qd"), Some(4), Some(10), 1));
}

#[test]
fn a_file_that_is_cut_off_says_where() {
    let whole = fixture("net-cluster/cluster.conf");
    let trouble = ask(Question::ClusterConf, &whole[..1200], "", 0).unwrap_err();
    assert!(trouble.text.contains("line ") && trouble.text.contains("cut off"), "{trouble}");
    let none = ask(Question::ClusterConf, b"", "cat: /etc/cluster/cluster.conf: Permission denied\n", 0).unwrap_err();
    assert!(none.text.contains("not permitted"), "{none}");
}

/// The script that cuts passwords out on the node, run by this machine's own shell and sed.
#[test]
fn the_node_itself_cuts_passwords_out() {
    use quorate::domain::observation::host::Tools;
    let tools = Tools { present: vec!["cman_tool".to_owned()], ..Tools::default() };
    let command = quorate::probe::command(Question::ClusterConf, &tools).unwrap();
    let file = format!("{}/tests/fixtures/rhcs/net-cluster/cluster.conf", env!("CARGO_MANIFEST_DIR"));
    let script = command.argv()[2].replace("/etc/cluster/cluster.conf", &file);
    let out = std::process::Command::new("sh").args(["-c", &script]).output().unwrap();
    let said = String::from_utf8(out.stdout).unwrap();
    assert!(!said.contains("EXAMPLE-NOT-REAL"), "{said}");
    assert_eq!(said.matches("passwd=\"***\"").count(), 5);
    let Ok(Observation::ClusterConf(cut)) = ask(Question::ClusterConf, said.as_bytes(), "", 0) else { panic!("{said}") };
    assert_eq!(*cut, conf("net-cluster/cluster.conf"));
}
