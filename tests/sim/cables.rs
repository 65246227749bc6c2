//! Cables of the simulated cluster: pulled and plugged in, and ports switched off and on as on a real node.

use quorate::domain::observation::host::Tools;
use quorate::domain::observation::net::{BondRow, NetView};
use quorate::domain::observation::{Observation, Question};
use quorate::domain::stamp::Stamp;
use quorate::link::{CommandLine, Order, Report, StreamId};
use quorate::probe;
use quorate::sim::{Manager, Setup, Simulation, chronicle_with};

use super::Node;

const BEGAN: Stamp = Stamp::from_secs(1_800_000_000);

fn simulation(manager: Manager) -> Simulation {
    Simulation::start(&Setup::demo(manager, 1, false, Stamp::now())).unwrap()
}

fn net(node: &mut Node, tools: &Tools) -> NetView {
    match node.ask(Question::Net, tools) {
        Some(Observation::Net(view)) => view,
        other => panic!("{other:?}"),
    }
}

fn bond(node: &mut Node, tools: &Tools, name: &str) -> BondRow {
    match node.ask(Question::Bonding, tools) {
        Some(Observation::Bonding(rows)) => rows.into_iter().find(|b| b.name == name).unwrap(),
        other => panic!("{other:?}"),
    }
}

/// Carrier, whether it is switched on, and the kernel's state of an interface.
fn told(node: &mut Node, tools: &Tools, name: &str) -> (Option<bool>, bool, String) {
    let view = net(node, tools);
    let nic = view.links.iter().find(|l| l.name == name).unwrap();
    (nic.carrier, nic.admin_up, nic.operstate.clone())
}

#[test]
fn a_port_is_switched_off_and_on_in_every_form_that_people_type() {
    let forms = [
        ("ip link set dev eth1 down", "ip link set dev eth1 up"),
        ("ip link set eth1 down", "ip link set eth1 up"),
        ("ip link set down dev eth1", "ip link set up eth1"),
        ("ip l s eth1 down", "ip li set dev eth1 up"),
        ("ip -4 link set eth1 down", "ip -d link change dev eth1 up"),
        ("ifconfig eth1 down", "ifconfig eth1 up"),
        ("ifdown eth1", "ifup eth1"),
    ];
    for manager in [Manager::Pacemaker, Manager::Rgmanager] {
        let simulation = simulation(manager);
        let mut node = Node::of(&simulation, 2);
        let tools = node.tools();
        for (number, (down, up)) in forms.into_iter().enumerate() {
            let run = |node: &mut Node, words: &str| {
                let (program, args) = words.split_once(' ').unwrap();
                let answer = node.run(CommandLine::new(program, args.split(' ')));
                assert_eq!((answer.code, answer.stdout.len(), answer.stderr.len()), (0, 0, 0), "{words}: {answer:?}");
            };
            run(&mut node, down);
            assert_eq!(told(&mut node, &tools, "eth1"), (None, false, "DOWN".to_owned()), "{down}");
            let row = bond(&mut node, &tools, "bond1");
            let port = row.ports.iter().find(|p| p.name == "eth1").unwrap();
            assert_eq!((port.mii_up, port.failures, port.speed_mbps), (Some(false), Some(number as u64 + 1), None), "{down}");
            assert_eq!(row.active_port.as_deref(), Some("eth3"), "{down}");
            run(&mut node, up);
            assert_eq!(told(&mut node, &tools, "eth1"), (Some(true), true, "UP".to_owned()), "{up}");
        }
        for (wrong, code, words) in [
            ("link set eth9 down", 1, "Cannot find device \"eth9\""),
            ("link set dev eth9", 1, "Cannot find device \"eth9\""),
            ("link set", 255, "\"dev\" argument is required"),
            ("link set down", 255, "\"dev\" argument is required"),
            ("link set eth1 down nonsense", 255, "\"nonsense\" is a garbage"),
            ("link set bond0 down", 2, "not supported"),
        ] {
            let answer = node.run(CommandLine::new("ip", wrong.split(' ')));
            let said = String::from_utf8_lossy(&answer.stderr).into_owned();
            assert!(answer.code == code && said.contains(words), "{wrong}: {answer:?}");
        }
        assert_eq!(told(&mut node, &tools, "eth1").0, Some(true), "nothing of that changed anything");
    }
}

#[test]
fn a_pulled_cable_shows_in_every_place_where_a_real_node_shows_it() {
    for manager in [Manager::Pacemaker, Manager::Rgmanager] {
        let simulation = simulation(manager);
        let name = simulation.names()[3].clone();
        let mut node = Node::of(&simulation, 3);
        let tools = node.tools();
        let logs = if manager == Manager::Pacemaker { probe::log::StreamKind::Journal } else { probe::log::StreamKind::LogFiles };
        for (id, kind) in [(1, probe::log::StreamKind::Netlink), (2, logs)] {
            let command = probe::log::command(kind, &tools, &probe::log::Resume::default()).unwrap();
            node.link.order(Order::Follow { id: StreamId(id), command });
        }
        assert!(simulation.befall(&format!("pull {name} eth0")));
        let mut said = String::new();
        node.hear(|report| {
            if let Report::Data { bytes, .. } = report {
                said.push_str(&String::from_utf8_lossy(&bytes));
            }
            (said.contains("eth2") && said.contains("new active one") && said.contains("<NO-CARRIER,BROADCAST,MULTICAST,SLAVE,UP>"))
                .then_some(())
        });
        assert!(said.contains("link status definitely down") && !said.contains("bond0: <NO-CARRIER"), "{said}");
        // The cable is out, the port is on.
        assert_eq!(told(&mut node, &tools, "eth0"), (Some(false), true, "DOWN".to_owned()));
        assert_eq!(told(&mut node, &tools, "bond0"), (Some(true), true, "UP".to_owned()));
        let view = net(&mut node, &tools);
        let by_ip = view.links.iter().find(|l| l.name == "bond0").and_then(|l| l.bond.as_ref()).and_then(|b| b.active_port.clone());
        assert!(by_ip.as_deref().is_none_or(|port| port == "eth2"), "{by_ip:?}");
        assert_eq!(bond(&mut node, &tools, "bond0").active_port.as_deref(), Some("eth2"));
        // Without a primary the bond stays where it is when the cable is back.
        assert!(simulation.befall(&format!("plug {name} eth0")));
        node.hear(|report| {
            matches!(report, Report::Data { bytes, .. } if String::from_utf8_lossy(&bytes).contains("definitely up")).then_some(())
        });
        let row = bond(&mut node, &tools, "bond0");
        assert_eq!((row.active_port.as_deref(), row.ports[0].mii_up, row.ports[0].failures), (Some("eth2"), Some(true), Some(1)));
        assert!(!simulation.befall(&format!("pull {name} eth4")) && !simulation.befall("pull nobody eth0"));
    }
}

#[test]
fn corosync_loses_a_link_with_the_last_port_of_its_network() {
    let simulation = simulation(Manager::Pacemaker);
    let (name, mut node) = (simulation.names()[1].clone(), Node::of(&simulation, 0));
    let tools = node.tools();
    let connected = |node: &mut Node| match node.ask(Question::Links, &tools) {
        Some(Observation::Links(view)) => {
            view.links.iter().filter(|l| l.peer == Some(2)).map(|l| (l.number, l.connected)).collect::<Vec<_>>()
        }
        other => panic!("{other:?}"),
    };
    assert!(simulation.befall(&format!("pull {name} eth1")));
    assert_eq!(connected(&mut node), [(0, Some(true)), (1, Some(true))]);
    assert!(simulation.befall(&format!("pull {name} eth3")));
    assert_eq!(connected(&mut node), [(0, Some(true)), (1, Some(false))]);
    let mut lost = Node::of(&simulation, 1);
    assert_eq!(told(&mut lost, &tools, "bond1"), (Some(false), true, "DOWN".to_owned()));
    assert_eq!(told(&mut lost, &tools, "bond1.1").2, "LOWERLAYERDOWN");
    assert_eq!(bond(&mut lost, &tools, "bond1").active_port, None);
}

/// What the journals say, without the time.
fn story(manager: Manager, befalls: &[(i64, &str)], seconds: i64) -> Vec<String> {
    let setup = Setup::demo(manager, 1, false, BEGAN);
    chronicle_with(&setup, befalls, seconds).into_iter().map(|(_, line)| line).collect()
}

fn count(story: &[String], words: &str) -> usize {
    story.iter().filter(|line| line.contains(words)).count()
}

#[test]
fn a_node_that_nothing_carries_to_is_lost_fenced_and_back_with_its_cables() {
    let second = "virtsrv2n2.cnaf.infn.it";
    let pull = |port: &str| format!("pull {second} {port}");
    let [a, b, c, d] = ["eth0", "eth1", "eth2", "eth3"].map(pull);
    // cman has one network, corosync 3 two.
    let all = [(1, a.as_str()), (1, c.as_str()), (1, b.as_str()), (1, d.as_str())];
    for (manager, pulled, member) in
        [(Manager::Pacemaker, &all[..], "state is now member"), (Manager::Rgmanager, &all[..2], "State change: virtsrv2n2.cnaf.infn.it UP")]
    {
        let fenced = ["OK (complete)", " success"];
        let fenced = |story: &[String]| fenced.iter().map(|words| count(story, words)).sum::<usize>();
        let lost = story(manager, pulled, 200);
        assert_eq!((fenced(&lost), count(&lost, member)), (1, 0), "{lost:#?}");
        assert_eq!(count(&lost, "now running without any active interface"), pulled.len() / 2, "{lost:#?}");
        let plug = format!("plug {second} eth2");
        let back = story(manager, &[pulled, &[(150, plug.as_str())]].concat(), 200);
        assert_eq!((fenced(&back), count(&back, member)), (1, 1), "{back:#?}");
        // Within the token's time nobody notices.
        let blink = story(manager, &[pulled, &[(2, plug.as_str())]].concat(), 200);
        assert_eq!((fenced(&blink), count(&blink, "A processor failed")), (0, 0), "{blink:#?}");
    }
    let knet = story(Manager::Pacemaker, &all, 2);
    assert_eq!(count(&knet, "link: host: 2 link: 0 is down"), 4, "{knet:#?}");
    assert_eq!(count(&knet, "host: host: 2 has no active links"), 4, "{knet:#?}");
}

/// Two of five go at once, then a third: nobody has quorum, and nobody is fenced. With quorum again all goes on.
#[test]
fn without_quorum_nobody_is_fenced_until_a_cable_is_back() {
    let names = ["virtsrv1n1", "virtsrv2n2", "virtsrv3n3"].map(|n| format!("{n}.cnaf.infn.it"));
    let words: Vec<String> = names.iter().flat_map(|n| ["eth0", "eth2"].map(|port| format!("pull {n} {port}"))).collect();
    let mut befalls: Vec<(i64, &str)> = words.iter().map(|w| (1, w.as_str())).collect();
    let lost = story(Manager::Rgmanager, &befalls, 100);
    assert_eq!((count(&lost, "fencing node"), count(&lost, "quorum lost") > 0), (0, true), "{lost:#?}");
    let plug = format!("plug {} eth0", names[0]);
    befalls.push((50, &plug));
    let back = story(Manager::Rgmanager, &befalls, 100);
    assert_eq!((count(&back, "fencing node virtsrv2n2"), count(&back, "fencing node virtsrv3n3")), (1, 1), "{back:#?}");
    assert_eq!((count(&back, "fencing node virtsrv1n1"), count(&back, "State change: virtsrv1n1.cnaf.infn.it UP")), (0, 1), "{back:#?}");
}
