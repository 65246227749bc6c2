//! Red Hat Cluster Suite: output of the real tools, and any bytes at all.

use quorate::domain::observation::rhcs::{ClustatGroup, ClustatView, ClusterConf, CmanView, GroupsView, QuorumDisk};
use quorate::domain::observation::{Observation, Question, Trouble};
use quorate::probe::{Raw, parse};

mod acts;
mod clustat;
mod cman;
mod conf;
mod coverage;
mod groups;
mod logs;
mod properties;

/// A file of the fixtures.
pub fn fixture(name: &str) -> Vec<u8> {
    let path = format!("{}/tests/fixtures/rhcs/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(&path).unwrap_or_else(|e| panic!("{path}: {e}"))
}

pub fn ask(question: Question, stdout: &[u8], stderr: &str, code: i32) -> Result<Observation, Trouble> {
    parse(question, Raw { command: "the command", stdout, stderr: stderr.as_bytes(), code })
}

pub fn clustat(name: &str) -> ClustatView {
    match ask(Question::Clustat, &fixture(name), "", 0) {
        Ok(Observation::Clustat(view)) => *view,
        other => panic!("{name}: {other:?}"),
    }
}

/// `cman_tool status` and `nodes` as the script prints them together.
pub fn cman(parts: &[&str]) -> CmanView {
    let mut bytes = Vec::new();
    for (at, part) in parts.iter().enumerate() {
        if at > 0 {
            bytes.extend_from_slice(b"@@quorate nodes\n");
        }
        bytes.extend(fixture(part));
    }
    match ask(Question::Cman, &bytes, "", 0) {
        Ok(Observation::Cman(view)) => *view,
        other => panic!("{parts:?}: {other:?}"),
    }
}

pub fn groups(name: &str) -> GroupsView {
    match ask(Question::Groups, &fixture(name), "", 0) {
        Ok(Observation::Groups(view)) => view,
        other => panic!("{name}: {other:?}"),
    }
}

pub fn conf(name: &str) -> ClusterConf {
    match ask(Question::ClusterConf, &fixture(name), "", 0) {
        Ok(Observation::ClusterConf(conf)) => *conf,
        other => panic!("{name}: {other:?}"),
    }
}

pub fn disks(stdout: &[u8], stderr: &str) -> Vec<QuorumDisk> {
    match ask(Question::QuorumDisk, stdout, stderr, 0) {
        Ok(Observation::QuorumDisk(disks)) => disks,
        other => panic!("{other:?}"),
    }
}

pub fn group<'a>(view: &'a ClustatView, name: &str) -> &'a ClustatGroup {
    let all = view.groups.as_ref().expect("a list of groups");
    all.iter().find(|g| g.name == name).unwrap_or_else(|| panic!("no {name} among {all:?}"))
}
