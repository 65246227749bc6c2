//! Hostile names on the whole way: from what a tool prints to the screen and into the pipes.

use std::sync::Arc;

use quorate::app::{Msg, update};
use quorate::domain::cluster::Cluster;
use quorate::domain::event::Event;
use quorate::domain::node::NodeKey;
use quorate::domain::observation::Question;
use quorate::domain::text::clean;
use quorate::link::libvirt::Said;
use quorate::link::libvirt::said::{DefinitionSaid, GuestsSaid, RowSaid};
use quorate::probe::log::{Decoder, StreamKind};
use quorate::probe::{Raw, libvirt, parse};
use quorate::report;

use super::frames::keys;
use super::{paint, sample};
use crate::state::build::Lab;

fn names() -> Vec<String> {
    let all = [
        r#"q"u'o`te\s"#,
        "semi; $(reboot) && rm -rf / #",
        "two\nlines\r\tand a tab",
        "\x1b]0;owned\x07\x1b[2J\u{9b}31m",
        "\u{202e}desrever\u{2066} \u{200b}\u{feff}",
        "<b>&amp;'--",
        "ノード三番目 e\u{301}\u{327} 👩\u{200d}👧 שלום",
        "%s%n{}\\x1b[31m",
        "-rf",
    ];
    all.iter().map(|n| (*n).to_owned()).chain(["x".repeat(300), "漢".repeat(300)]).collect()
}

/// As XML has it in an attribute: what XML cannot hold as it is comes as a reference.
fn xml(name: &str) -> String {
    let one = |c: char| if c.is_control() || "<>&\"'".contains(c) { format!("&#{};", u32::from(c)) } else { c.to_string() };
    name.chars().map(one).collect()
}

fn json(name: &str) -> String {
    serde_json::to_string(name).unwrap()
}

fn crm_mon(name: &str) -> String {
    let name = xml(name);
    format!(
        "<pacemaker-result api-version=\"2.25\" request=\"crm_mon\"><summary><stack type=\"corosync\"/><current_dc present=\"true\" version=\"2.1.5\" name=\"{name}\" id=\"2\" with_quorum=\"true\"/>\
         <cluster_options stonith-enabled=\"true\" symmetric-cluster=\"true\" maintenance-mode=\"false\"/></summary>\
         <nodes><node name=\"n1\" id=\"1\" online=\"true\" type=\"member\"/><node name=\"{name}\" id=\"2\" online=\"true\" is_dc=\"true\" type=\"member\"/></nodes>\
         <resources><resource id=\"{name}\" resource_agent=\"ocf:heartbeat:VirtualDomain\" role=\"Started\" active=\"true\" managed=\"true\" nodes_running_on=\"1\"><node name=\"{name}\" id=\"2\"/></resource>\
         <group id=\"g-{name}\"><resource id=\"s-{name}\" resource_agent=\"ocf:x:{name}\" role=\"Stopped\" active=\"false\" managed=\"true\" nodes_running_on=\"0\"/></group></resources>\
         <failures><failure op_key=\"s-{name}_start_0\" node=\"{name}\" exitstatus=\"{name}\" exitreason=\"{name}\" exitcode=\"1\" call=\"1\" status=\"error\" last-rc-change=\"2026-11-22 22:00:00 +00:00\" task=\"start\"/></failures>\
         <fence_history><fence_event action=\"reboot\" target=\"{name}\" client=\"{name}\" origin=\"{name}\" status=\"failed\" exit-reason=\"{name}\" completed=\"2026-11-22 22:00:00Z\"/></fence_history>\
         <bans><ban id=\"cli-ban-{name}\" resource=\"{name}\" node=\"{name}\" weight=\"-1000000\"/></bans><status code=\"0\" message=\"OK\"/></pacemaker-result>"
    )
}

/// Every tool's answer with the name wherever that tool prints names.
fn answers(name: &str) -> Vec<(Question, String)> {
    let quoted = json(name);
    let row = |kind: &str, fields: &str| format!("{{\"report\":[{{\"{kind}\":[{{{fields}}}]}}]}}");
    let links = format!(
        r#"[{{"ifindex":2,"ifname":{quoted},"flags":["UP","NO-CARRIER"],"master":"bond0","operstate":"DOWN","parentdev":"x","linkinfo":{{"info_slave_kind":"bond","info_slave_data":{{"mii_status":"DOWN","link_failure_count":2}}}}}},
        {{"ifindex":3,"ifname":"bond0","flags":["UP"],"master":{quoted},"operstate":"DOWN","linkinfo":{{"info_kind":"bond","info_data":{{"mode":{quoted},"active_slave":{quoted}}}}}}}]"#
    );
    let one_line = name.replace(['\n', '\r'], " ");
    vec![
        (
            Question::Tools,
            format!("@@quorate present\ncrm_mon\nlvs\n@@quorate hostname\n{name}\n@@quorate version lvs\n{name}\n@@quorate member\nn1\n"),
        ),
        (Question::CrmMon, crm_mon(name)),
        (
            Question::Constraints,
            format!(
                "<constraints><rsc_location id=\"cli-prefer-{0}\" rsc=\"{0}\" node=\"{0}\" score=\"INFINITY\"/></constraints>",
                xml(name)
            ),
        ),
        (
            Question::Lvs,
            row(
                "lv",
                &format!(
                    "\"vg_name\":{quoted},\"lv_name\":{quoted},\"lv_attr\":\"-wi-ao----\",\"lv_size\":\"1073741824\",\"lv_uuid\":\"u\",\"vg_uuid\":\"v\""
                ),
            ),
        ),
        (
            Question::Vgs,
            row("vg", &format!("\"vg_name\":{quoted},\"vg_attr\":\"wz--ns\",\"vg_size\":\"10\",\"vg_free\":\"5\",\"vg_uuid\":\"v\"")),
        ),
        (
            Question::Pvs,
            row("pv", &format!("\"pv_name\":{quoted},\"vg_name\":{quoted},\"pv_size\":\"10\",\"pv_free\":\"5\",\"pv_uuid\":\"p\"")),
        ),
        (
            Question::Filesystems,
            format!("Filesystem Type 1B-blocks Used Available Capacity Mounted on\n/dev/vda ext4 1000 990 10 99% /mnt/{one_line}\n"),
        ),
        (Question::Multipath, include_str!("../fixtures/multipath/multipathd-maps.json").replace("\"san1\"", &quoted)),
        (Question::Iscsi, include_str!("../fixtures/iscsi/iscsiadm-session-P3.txt").replace("iqn.2026-01.lab:san", &one_line)),
        (Question::Net, links),
        (
            Question::Bonding,
            format!(
                "@@quorate bond /proc/net/bonding/{name}\nEthernet Channel Bonding Driver: v1\n\nBonding Mode: {name}\nCurrently Active Slave: {name}\nMII Status: up\n\nSlave Interface: {name}\nMII Status: up\n"
            ),
        ),
        (
            Question::Quorum,
            format!(
                "Quorum information\n------------------\nQuorate:          Yes\n\nVotequorum information\n----------------------\nExpected votes:   2\nTotal votes:      2\nQuorum:           2  \nFlags:            Quorate \n\nMembership information\n----------------------\n    Nodeid      Votes Name\n         1          1 n1 (local)\n         2          1 {one_line}\n"
            ),
        ),
        (
            Question::Cmap,
            format!(
                "nodelist.node.0.name (str) = n1\nnodelist.node.0.nodeid (u32) = 1\nnodelist.node.1.name (str) = {one_line}\nnodelist.node.1.nodeid (u32) = 2\ntotem.cluster_name (str) = {one_line}\n"
            ),
        ),
    ]
}

struct Seen {
    picture: Arc<Cluster>,
    events: Vec<Event>,
}

/// The name through parsers and state.
fn seen(name: &str) -> Seen {
    let mut lab = Lab::strangers(&["n1"]);
    lab.now = sample::ago(3);
    lab.up(1);
    for (question, said) in answers(name) {
        // An answer that cannot be read is an answer too: its text goes the same way.
        match parse(question, Raw { command: "the-command", stdout: said.as_bytes(), stderr: name.as_bytes(), code: 0 }) {
            Ok(observation) => lab.say(1, question, observation),
            Err(trouble) => lab.refuse(1, question, &trouble.text),
        };
    }
    let rows =
        vec![RowSaid { uuid: "1b4e28ba-2fa1-11d2-883f-0016d3cca427".to_owned(), name: name.to_owned(), id: Some(1), state: 1, reason: 1 }];
    let definition = format!(
        "<domain type='kvm'><name>{0}</name><title>{0}</title><devices><disk type='block'><source dev='/dev/{0}'/><target dev='{0}'/></disk></devices></domain>",
        xml(name)
    );
    let definitions =
        vec![DefinitionSaid { uuid: "1b4e28ba-2fa1-11d2-883f-0016d3cca427".to_owned(), xml: definition, ..DefinitionSaid::default() }];
    lab.say(1, Question::Guests, libvirt::read(Said::Guests(GuestsSaid { rows, definitions })));
    lab.refuse(1, Question::Watchdog, &format!("'x' failed: {name}"));
    let mut events = lab.events();
    let mut journal = Decoder::new(StreamKind::Journal, lab.now);
    let line = format!(
        "{{\"MESSAGE\":{0},\"SYSLOG_IDENTIFIER\":\"pacemaker-controld\",\"PRIORITY\":\"3\",\"__REALTIME_TIMESTAMP\":\"{1}\",\"__CURSOR\":\"s=1\"}}\n",
        json(&format!("error: {name} failed on {name}")),
        lab.now.0
    );
    for item in journal.feed(line.as_bytes(), lab.now) {
        if let quorate::domain::observation::log::StreamItem::Line(line) = item {
            let now = lab.now;
            events.push(lab.store.log(NodeKey(1), line, 0, now));
        }
    }
    Seen { picture: lab.picture(), events }
}

/// Nothing that drives a terminal, reorders text or hides in it.
fn harmless(what: &str, text: &str) {
    let bad = |c: char| {
        (c.is_control() && c != '\n')
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
    };
    assert!(!text.contains(bad), "{what}: {text:?}");
}

#[test]
fn a_hostile_name_is_shown_wherever_a_tool_prints_one() {
    for name in names() {
        let Seen { picture, .. } = seen(&name);
        let shown = clean(&name);
        let has = |what: &str, found: bool| assert!(found, "no {what} {shown:?}");
        has("member", picture.members.iter().any(|m| *m.name == *shown));
        has("service", picture.services.iter().any(|s| s.id == shown && s.owner.as_deref() == Some(&*shown)));
        has("guest", picture.guests.iter().any(|g| *g.name == *shown));
        has("volume", picture.volumes.iter().any(|v| v.lv.trim() == shown.trim() && v.vg.trim() == shown.trim()));
        has("PV", picture.pvs.iter().any(|p| p.path.trim() == shown.trim()));
        has("map", picture.maps.iter().any(|m| m.map.name.trim() == shown.trim()));
        has("NIC", picture.bonds.iter().any(|b| b.name == "bond0" && b.ports.iter().any(|p| p.name.trim() == shown.trim())));
        has("filesystem", picture.filesystems.iter().any(|f| f.mount.starts_with("/mnt/")));
        has("fencing", picture.fences.iter().any(|f| f.target == shown));
    }
}

#[test]
fn no_hostile_name_breaks_a_screen() {
    let scripts = [
        "",
        "1",
        "1 enter",
        "1 G enter",
        "2 enter",
        "2 enter enter",
        "2 enter j j enter",
        "3 enter",
        "3 enter enter",
        "4 enter",
        "4 enter enter",
        "5 enter",
        "6",
        "a",
        "v",
        "v enter",
        "? ",
        ": r e",
    ];
    for name in names() {
        let Seen { picture, events } = seen(&name);
        assert!(events.iter().any(|e| e.text.contains("failed on")), "the log line is on the timeline");
        for (width, height) in [(200, 50), (80, 24), (40, 10)] {
            for script in scripts {
                let mut model = sample::model_of(sample::setup(width, height), (*picture).clone());
                update(&mut model, Msg::Events(events.clone()));
                if !script.is_empty() {
                    keys(&mut model, script.trim());
                }
                let text = paint::text(&paint::frame(&model));
                let place = format!("{name:?} at {width}x{height} after {script:?}");
                harmless(&place, &text);
                for line in text.lines() {
                    assert!(unicode_width::UnicodeWidthStr::width(line) <= usize::from(width), "{place}: {line}");
                }
                assert_eq!(text.lines().count(), usize::from(height), "{place}");
            }
        }
    }
}

#[test]
fn no_hostile_name_comes_through_a_pipe() {
    fn strings(value: &serde_json::Value, into: &mut Vec<String>) {
        match value {
            serde_json::Value::String(text) => into.push(text.clone()),
            serde_json::Value::Array(all) => all.iter().for_each(|v| strings(v, into)),
            serde_json::Value::Object(all) => all.values().for_each(|v| strings(v, into)),
            _ => {}
        }
    }
    for name in names() {
        let Seen { picture, events } = seen(&name);
        harmless("status", &report::status::to_text(&picture, sample::NOW));
        let mut found = Vec::new();
        strings(&serde_json::from_str(&report::status::to_json(&picture, sample::NOW)).unwrap(), &mut found);
        found.extend(report::refusals::all(&picture));
        for event in &events {
            let line = report::events::json_line(event);
            assert!(!line.contains('\n'), "an event is one line: {line:?}");
            strings(&serde_json::from_str(&line).unwrap(), &mut found);
            found.push(report::events::text_line(event));
        }
        assert!(found.iter().any(|text| text.contains(&clean(&name))), "{name:?}");
        for text in found {
            harmless("a pipe", &text);
            assert!(!text.contains('\n'), "{text:?}");
        }
    }
}

/// The stage's cluster in which the service vm1 and the member n2 have this name.
fn renamed(cluster: &Cluster, name: &str) -> Cluster {
    let mut cluster = cluster.clone();
    let shown: Arc<str> = clean(name).into();
    let new = |old: &mut Arc<str>| {
        if **old == *"n2" {
            *old = Arc::clone(&shown);
        }
    };
    for member in &mut cluster.members {
        new(&mut member.name);
    }
    for service in &mut cluster.services {
        service.owners.iter_mut().chain(&mut service.owner).chain(&mut service.prefers).for_each(new);
        if service.id == "vm1" {
            service.id = shown.to_string();
        }
    }
    cluster.members.sort_by(|a, b| a.name.cmp(&b.name));
    cluster.services.sort_by(|a, b| a.id.cmp(&b.id));
    cluster
}

/// Dialogs that ask before an action: the plan with its commands, whatever the names in it.
#[test]
fn no_hostile_name_breaks_a_dialog() {
    let mut acting = sample::acting();
    acting.gate.role = quorate::domain::role::Role::Admin;
    for name in names() {
        let mut commands = 0;
        for size in [(140, 36), (80, 24), (40, 10)] {
            for script in [
                "2 enter m",
                "2 enter m enter",
                "2 enter x t enter",
                "2 enter x f",
                "1 f enter",
                "1 j f enter",
                "1 j j f enter",
                "1 j x s",
                "1 j x d",
                "1 j x o",
            ] {
                let mut rig = crate::update::lever::Rig::new(acting.clone(), size);
                let cluster = Arc::new(renamed(&rig.cluster, &name));
                rig.cluster = Arc::clone(&cluster);
                rig.tell(Msg::Picture(cluster));
                // To the service of that name, wherever it stands.
                let place = rig.cluster.services.iter().position(|s| s.id == clean(&name)).unwrap();
                let script = if script.starts_with('2') {
                    script.replacen("enter", &format!("enter{}", " j".repeat(place)), 1)
                } else {
                    script.to_owned()
                };
                rig.keys(&script);
                let text = rig.text();
                let what = format!("{name:?} at {size:?} after {script:?}");
                harmless(&what, &text);
                for line in text.lines() {
                    assert!(unicode_width::UnicodeWidthStr::width(line) <= usize::from(size.0), "{what}: {line}");
                }
                commands += usize::from(text.contains("crm_") || text.contains("stonith_admin"));
            }
        }
        assert!(commands > 0, "{name:?}: no dialog showed a command");
    }
}
