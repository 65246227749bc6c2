//! Every file of the fixtures is read by what it is for. A file that nothing here knows fails the test.

use std::path::Path;

use quorate::domain::observation::{Observation, Question};

use super::{acts, ask, fixture};

/// Output of growing volumes (`lvextend`, `resize2fs`, `gfs2_grow`, `pvmove`) and of VMware Server: read by those families, not by this one.
const ELSEWHERE: [&str; 6] = ["vmware/", "lvm/lvextend-", "lvm/resize2fs-", "lvm/pvmove-", "lvm/lvchange-remote-error", "lvm/gfs2_grow"];
/// What tells nothing of the cluster: help, versions, bare exit statuses. It must not be taken for an answer.
const NO_ANSWER: [&str; 8] =
    ["clustat-Q.", "clustat-I.", "clustat-v.", "clustat-h.", "clustat-badopt.", "clustat-i-x.", "noprefix.", "clustat-m-unknown."];

fn files(dir: &Path, root: &Path, found: &mut Vec<String>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, root, found);
        } else {
            found.push(path.strip_prefix(root).unwrap().to_string_lossy().into_owned());
        }
    }
}

/// Reads one file for what it is; says what is wrong with the reading.
fn check(name: &str) -> Result<(), String> {
    let bytes = fixture(name);
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let base = name.rsplit('/').next().unwrap();
    let count = |word: &str| text.matches(word).count();
    let expect = |what: &str, is: usize, should: usize| if is == should { Ok(()) } else { Err(format!("{what}: {is}, not {should}")) };
    if name == "README.md" || ELSEWHERE.iter().any(|part| name.starts_with(part)) {
        return Ok(());
    }
    if base.contains("clustat") {
        let seen = ask(Question::Clustat, &bytes, "", 0);
        if NO_ANSWER.iter().any(|part| base.contains(part)) {
            return seen.map_or(Ok(()), |seen| Err(format!("{seen:?}")));
        }
        let Ok(Observation::Clustat(view)) = seen else { return Err(format!("{seen:?}")) };
        let disk = usize::from(view.quorum_disk.is_some());
        let groups = view.groups.as_ref().map_or(0, Vec::len);
        if view.groups.iter().flatten().any(|g| g.state.is_none()) {
            return Err("a state is not understood".to_owned());
        }
        if base.contains(".xml") {
            expect("groups", groups, count("<group "))?;
            return expect("nodes", view.nodes.len() + disk, count("<node "));
        }
        let line = |head: &str| text.lines().filter(|l| l.starts_with(head)).count();
        expect(
            "groups",
            groups,
            if base.contains("clustat-l") {
                line("Service Name      :")
            } else {
                line(" vm:") + 2 * usize::from(name.starts_with("rhel4"))
            },
        )?;
        let online = |what: &str| text.lines().filter(|l| l.contains(what)).count();
        return expect("nodes", view.nodes.len() + disk, online(" Online") + online(" Offline"));
    }
    if let Some(kind) = base.strip_suffix(".txt").filter(|b| b.contains("cman_tool-status") || b.contains("cman_tool-nodes")) {
        let Ok(Observation::Cman(view)) = ask(Question::Cman, &bytes, "", 0) else { return Err("no view".to_owned()) };
        if kind.contains("status") {
            let is = (view.node_name.is_some(), view.quorate().is_some(), view.config_version.is_some(), view.expected.is_some());
            return if is == (true, true, true, true) { Ok(()) } else { Err(format!("{view:?}")) };
        }
        let rows = text.lines().filter(|l| l.contains(" M ") || l.contains(" X ")).count();
        return expect("nodes", view.nodes.len() + usize::from(view.quorum_disk.is_some()), rows);
    }
    if ["fence_tool-ls", "group_tool-ls", "cman_tool-services", "dlm_tool-ls"].iter().any(|part| base.contains(part)) {
        let seen = ask(Question::Groups, &bytes, "", 0);
        if base.starts_with("groupd-down") {
            return seen.map_or(Ok(()), |seen| Err(format!("{seen:?}")));
        }
        let Ok(Observation::Groups(view)) = seen else { return Err(format!("{seen:?}")) };
        let dlm = text.lines().filter(|l| l.starts_with("dlm  ") || l.starts_with("name  ")).count();
        expect("groups", view.groups.len(), dlm)?;
        return expect(
            "fence domains",
            usize::from(view.fence.is_some()),
            usize::from(text.contains("fence")).min(1) * usize::from(!base.contains("dlm_tool")),
        );
    }
    match base {
        "cluster.conf" => match ask(Question::ClusterConf, &bytes, "", 0) {
            Ok(Observation::ClusterConf(conf)) => {
                expect("services", conf.services.len(), count("<vm "))?;
                expect("devices", conf.devices.len(), count("<fencedevice "))?;
                expect("nodes", conf.nodes.len(), count("<clusternode "))
            }
            other => Err(format!("{other:?}")),
        },
        _ if base.contains("mkqdisk") => match ask(Question::QuorumDisk, &bytes, "", 0) {
            Ok(Observation::QuorumDisk(disks)) => expect("disks", disks.len(), count("Magic:")),
            other => Err(format!("{other:?}")),
        },
        _ if name.starts_with("lvm/vgs") => match ask(Question::Vgs, &bytes, "", 0) {
            Ok(Observation::Vgs(rows)) => expect("groups", rows.len(), count("vg_sys") + count("vg_vmware")),
            other => Err(format!("{other:?}")),
        },
        _ if name.starts_with("lvm/lvs") => match ask(Question::Lvs, &bytes, "", 0) {
            Ok(Observation::Lvs(rows)) => expect("volumes", rows.len(), count(" lv_") + count("[pvmove")),
            other => Err(format!("{other:?}")),
        },
        // Read word by word in `logs` and `acts`; here only that none is missing there.
        _ if name.starts_with("logs/") => expect("log", usize::from(include_str!("logs.rs").contains(name)), 1),
        _ if name.starts_with("net-cluster/clusvcadm/") => {
            let stem = base.trim_end_matches(".txt");
            let known = acts::OUTCOMES.iter().any(|(file, ..)| *file == stem) || acts::NO_OUTCOME.contains(&stem);
            expect("outcome", usize::from(known), 1)
        }
        _ => {
            let stem = base.trim_end_matches(".txt");
            let told = include_str!("acts.rs");
            let in_parts = stem.strip_prefix("cman_tool-version-r-").is_some_and(|end| told.contains(&format!("(\"{end}\"")));
            expect("reader", usize::from(told.contains(&format!("{stem}.txt")) || told.contains(&format!("\"{stem}\"")) || in_parts), 1)
        }
    }
}

#[test]
fn every_file_is_read_for_what_it_is() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/rhcs");
    let mut all = Vec::new();
    files(&root, &root, &mut all);
    assert!(all.len() > 200, "{}", all.len());
    let wrong: Vec<String> = all.iter().filter_map(|name| check(name).err().map(|why| format!("{name}: {why}"))).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
