//! Red Hat Cluster Suite on the screen: what clustat's screen and luci's two tables tell has its column.

use std::time::Duration;

use quorate::app::{Model, Msg, update};
use quorate::domain::observation::host::{HostSample, Tools};
use quorate::domain::observation::{Observation, Question};

use super::frames::keys;
use super::{paint, sample};
use crate::state::rhcs;

const NAMES: [&str; 5] =
    ["virtsrv1n1.cnaf.infn.it", "virtsrv2n2.cnaf.infn.it", "virtsrv3n3.cnaf.infn.it", "virtsrv4n4.cnaf.infn.it", "virtsrv5n5.cnaf.infn.it"];

/// What the real tools said in this state of the cluster (fixtures/rhcs/net-cluster), with the figures of five hosts beside.
pub fn model((width, height): (u16, u16), state: &str, script: &str) -> Model {
    let mut lab = rhcs::lab(&NAMES);
    lab.now = sample::ago(3);
    for busy in 0..2_u64 {
        for (node, name) in (1_u32..).zip(NAMES) {
            let at = u64::from(node);
            let tools = Tools {
                present: ["clustat", "cman_tool", "fence_tool"].map(str::to_owned).to_vec(),
                versions: vec![("clustat".to_owned(), "clustat version 3.0.12.1".to_owned())],
                hostname: Some(name.to_owned()),
                ..Tools::default()
            };
            lab.say(node, Question::Tools, Observation::Tools(tools));
            let host = HostSample {
                uptime: Some(Duration::from_secs(at * 86_400 + at * 5000)),
                cpu_busy: Some(1000 + busy * at * 20),
                cpu_total: Some(100_000 + busy * 200),
                cpus: Some(8),
                memory_total: Some((if node < 3 { 16 } else { 40 }) << 30),
                memory_available: Some((3 + at * 2) << 30),
                load: Some([0.5, 0.4, 0.4]),
                kernel: Some("2.6.32-220.el6.x86_64".to_owned()),
                os: Some("CentOS release 6.2 (Final)".to_owned()),
                boot_id: None,
            };
            lab.say(node, Question::Host, Observation::Host(host));
        }
        lab.pass(1000);
    }
    rhcs::told(&mut lab, state);
    let mut model = sample::model_of(sample::setup(width, height), (*lab.picture()).clone());
    update(&mut model, Msg::Events(lab.events()));
    if !script.is_empty() {
        keys(&mut model, script);
    }
    model
}

fn line(model: &Model, word: &str) -> Vec<String> {
    let text = paint::text(&paint::frame(model));
    let line = text.lines().rfind(|l| l.split_whitespace().any(|w| w == word)).unwrap_or_else(|| panic!("no {word} in\n{text}"));
    line.split_whitespace().map(str::to_owned).collect()
}

fn has(line: &[String], words: &[&str]) {
    for word in words {
        assert!(line.iter().any(|w| w == word), "no {word} in {line:?}");
    }
}

#[test]
fn what_clustat_tells_of_a_service_has_its_column() {
    let failed = model((160, 30), "failed", "2 enter");
    has(&line(&failed, "SERVICE"), &["1n1", "5n5", "STATE", "KIND", "SINCE", "LAST", "FLAGS", "AUTO", "DOMAIN", "NOTE"]);
    has(&line(&failed, "vm:abbone"), &["started", "02-22", "09:51", "virtsrv4n4", "none", "yes", "prefer_n4"]);
    has(&line(&failed, "vm:db"), &["failed", "03-14", "09:15", "virtsrv5n5", "none", "yes", "prefer_n5"]);
    has(&line(&failed, "vm:eduroam"), &["virtsrv1n1", "prefer_n2"]);
    let frozen = model((160, 30), "frozen", "2 enter");
    let text = paint::text(&paint::frame(&frozen));
    assert_eq!(text.matches("frozen").count(), 1, "the flag stands in its column, not once more in the note:\n{text}");
}

#[test]
fn what_luci_tells_of_a_node_has_its_column() {
    let nodes = model((160, 30), "ok", "1");
    has(&line(&nodes, "NODE"), &["STATUS", "V", "ID", "RGMGR", "UP", "HOSTNAME"]);
    has(&line(&nodes, "virtsrv4n4"), &["online", "1", "4", "runs", "4d05", "virtsrv4n4.cnaf.infn.it"]);
}

#[test]
fn places_come_before_the_columns_of_the_suite() {
    for width in [80, 100, 120, 130, 140, 150] {
        let heads = line(&model((width, 30), "failed", "2 enter"), "SERVICE");
        has(&heads, &["1n1", "5n5"]);
        let note = heads.iter().any(|w| w == "NOTE");
        assert!(note || !heads.iter().any(|w| w == "DOMAIN"), "{width}: {heads:?}");
    }
}
