//! The hand on the lever, on the simulated cluster: what is seen is what happened.

use quorate::action::gate;
use quorate::domain::secret::Secret;
use quorate::domain::stamp::Stamp;

use super::rig::{Terminal, is_task};

fn demo(stack: &str) -> Terminal {
    let mut t = Terminal::open(&["demo", "--seed", "1", "--stack", stack], &[], (140, 50));
    t.wait("quorum", |s| s.contains("QUORATE 5 of 5") && s.contains("ADMIN"));
    t.wait("services", |s| s.contains("started"));
    t
}

/// One table alone, its first row selected: `2 Services`.
fn table(stack: &str, pane: &str) -> Terminal {
    let mut t = demo(stack);
    let focus = format!("▸{pane}");
    t.type_in(&pane[..1]);
    t.wait("the focus", |s| s.contains(&focus));
    t.type_in("\r");
    t.wait("the table", |s| s.contains(&focus) && s.contains("esc back"));
    t
}

/// The plan of fencing the first member by the first way.
fn fencing(t: &mut Terminal) -> String {
    t.type_in("1");
    t.wait("the table", |s| s.contains("▸1 Members") && s.contains("esc back"));
    t.type_in("f");
    t.wait("the ways", |s| s.contains("off and on again"));
    t.type_in("\r");
    t.wait("the plan", |s| s.contains("Type the node's name") && s.contains("stonith_admin"))
}

/// The word behind a title's verb: `FENCE n2 (reboot)`.
fn named(text: &str, verb: &str) -> String {
    let rest = text.split_once(&format!("─ {verb} ")).unwrap().1;
    rest.split(' ').next().unwrap().to_owned()
}

#[test]
fn a_guest_is_relocated_and_seen_to_move() {
    let mut t = table("pacemaker", "2 Services");
    t.type_in("m");
    let text = t.wait("the nodes", |s| s.contains("RELOCATE") && s.contains("live") && s.contains("possible"));
    let guest = named(&text, "RELOCATE");
    t.type_in("\r");
    t.wait("the plan", |s| s.contains("[Cancel]") && s.contains("crm_resource --move"));
    let text = t.say_yes();
    assert!(text.contains(&format!("relocate {guest} --to")), "{text}");
    let text = t.wait("the proof", |s| s.contains("done and proved"));
    assert!(text.contains(&format!("the manager has {guest} started on")) || text.contains("Proof"), "{text}");
    t.type_in("\x1b");
    t.wait("the table", |s| s.contains("▸2 Services"));
    t.type_in("q");
    assert_eq!(t.end(), 0);
}

#[test]
fn a_node_is_fenced_by_its_name_alone() {
    let mut t = demo("pacemaker");
    let text = fencing(&mut t);
    assert!(text.contains("this node is alive") && text.contains("Dies now"), "{text}");
    let node = named(&text, "FENCE");
    t.answer("\x15virtsrv99\r", "the refusal", |s| s.contains("That is not the name"));
    let text = t.say_name(&node);
    assert!(text.contains(&format!("fence {node} --how reboot")), "{text}");
    let text = t.wait("the proof", |s| s.contains("done and proved"));
    assert!(text.contains(&format!("reboot of {node}")) || text.contains("fence history"), "{text}");
    t.type_in("q");
    assert_eq!(t.end(), 0);
}

/// Backspace of minicom and of older serial terminals, enter of a script.
#[test]
fn a_mistyped_name_is_mended_by_control_h_and_confirmed_by_a_line_feed() {
    let mut t = demo("pacemaker");
    let text = fencing(&mut t);
    let node = named(&text, "FENCE");
    let text = t.answer(&format!("\x15{node}xx\x08\x08\n"), "task", is_task);
    assert!(text.contains(&format!("fence {node} --how reboot")), "{text}");
    t.wait("the proof", |s| s.contains("done and proved"));
    t.type_in("q");
    assert_eq!(t.end(), 0);
}

#[test]
fn what_two_must_agree_on_asks_for_the_second_ones_code() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("config.toml");
    let operator = |name: &str, secret: &str| format!("[[cluster.operator]]\nname = \"{name}\"\nsecret = \"{secret}\"\n");
    let cluster = "operator = \"anna\"\n[[cluster]]\nname = \"net-cluster\"\nhosts = [\"n1\"]\ntwo_person = [\"fence\"]\n";
    std::fs::write(&file, format!("{cluster}{}{}", operator("anna", "a"), operator("ben", "b"))).unwrap();
    let mut t = Terminal::open(&["demo", "--seed", "1", "--config", file.to_str().unwrap()], &[], (140, 40));
    t.wait("services", |s| s.contains("QUORATE 5 of 5") && s.contains("started"));
    let text = fencing(&mut t);
    assert!(text.contains("ben runs: quorate approve fence"), "{text}");
    let node = named(&text, "FENCE");
    t.answer(&format!("\x15{node}\r"), "the question", |s| s.contains("Code: _"));
    // Her own does not count.
    let code = |secret: &str| gate::code(&Secret::new(secret), &format!("fence {node} --how reboot"), gate::window(Stamp::now()));
    t.type_in(&format!("{}\r", code("a")));
    t.wait("the refusal", |s| s.contains("does not fit"));
    t.type_in(&format!("{}\r", code("b")));
    t.wait("the task", |s| s.contains(&format!("fence {node} --how reboot")) && s.contains("Task"));
    t.wait("the proof", |s| s.contains("done and proved"));
    t.type_in("q");
    assert_eq!(t.end(), 0);
}

#[test]
fn a_cable_is_pulled_and_plugged_in_by_the_palette() {
    for stack in ["pacemaker", "rhcs"] {
        let mut t = demo(stack);
        t.type_in(":");
        t.wait("the palette", |s| s.contains("COMMAND"));
        t.type_in("cable virtsrv2n2 eth0");
        t.wait("the cable", |s| s.contains("▸ cable virtsrv2n2 eth0") && s.contains("pull it; bond0 goes on by eth2"));
        t.type_in("\r");
        t.wait("the alert", |s| s.contains("eth0 down") && s.contains("bond0"));
        t.wait("the fail-over", |s| s.contains("new active one") || s.contains("active port now eth2"));
        t.type_in(":");
        t.wait("the palette", |s| s.contains("COMMAND"));
        t.type_in("cable virtsrv2n2 eth0");
        t.wait("the cable", |s| s.contains("▸ cable virtsrv2n2 eth0") && s.contains("plug it in"));
        t.type_in("\r");
        t.wait("its return", |s| {
            ["eth0 up", "eth0: link up", "definitely up"].iter().any(|words| s.contains(words)) && !s.contains("COMMAND")
        });
        t.type_in("q");
        assert_eq!(t.end(), 0);
    }
}

#[test]
fn a_physical_volume_is_emptied_and_seen_to_empty() {
    let mut t = table("pacemaker", "3 Storage");
    t.type_in("/sdd\r");
    t.wait("the row", |s| s.contains("/sdd") && s.contains("1 of "));
    t.type_in("\x1b[B");
    t.wait("the selection", |s| s.contains("▸ pv /dev/sdd"));
    t.type_in("xe");
    t.wait("where to", |s| s.contains("EVACUATE /dev/sdd") && s.contains("/dev/mapper/netapp"));
    t.type_in("\r");
    t.wait("the plan", |s| s.contains("pvmove --interval 5 --name vg_cluster/lv_backup /dev/sdd") && s.contains("name, /dev/sdd:"));
    t.say_name("/dev/sdd");
    t.wait("how far it is", |s| s.contains("Moved: "));
    t.wait("the proof", |s| s.contains("done and proved"));
    t.type_in("q");
    assert_eq!(t.end(), 0);
}

#[test]
fn a_guest_leaves_cluster_conf_and_comes_back() {
    let mut t = table("rhcs", "2 Services");
    t.type_in("xu");
    let text = t.wait("the plan", |s| s.contains("UNREGISTER") && s.contains("cluster.conf") && s.contains("config_version=\"88\""));
    assert!(!text.contains("EXAMPLE-NOT-REAL"), "{text}");
    let service = named(&text, "UNREGISTER");
    let text = t.say_name(&service);
    assert!(text.contains(&format!("unregister {service}")), "{text}");
    let text = t.wait("the proof", |s| s.contains("done and proved"));
    assert!(text.contains("runs version 88 of cluster.conf"), "{text}");
    t.type_in("\x1b");
    t.wait("the table", |s| s.contains("▸2 Services") && !s.contains(&format!("{service} ")));
    t.type_in("xg");
    t.wait("the line", |s| s.contains("REGISTER a guest"));
    t.type_in(&format!("{} virtsrv2n2.cnaf.infn.it\r", service.trim_start_matches("vm:")));
    t.wait("the plan", |s| s.contains("[Cancel]") && s.contains("config_version=\"89\""));
    t.say_yes();
    let text = t.wait("the proof", |s| s.contains("done and proved"));
    assert!(text.contains("runs version 89 of cluster.conf"), "{text}");
    t.type_in("q");
    assert_eq!(t.end(), 0);
}
