//! Changes of cluster.conf: the edit, what sed makes of it, the scripts on a node, the plan.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use proptest::prelude::*;
use quorate::action::condition::Seen;
use quorate::action::conf::edit::{Edited, Edits};
use quorate::action::conf::tree::{self, Element};
use quorate::action::inquiry::{self, Finding, What};
use quorate::action::plan::{self, Input, Plan, Refusal, Undo};
use quorate::action::{Condition, Findings, Verdict, gate};
use quorate::app::act::page;
use quorate::app::names::Names;
use quorate::domain::cluster::{Cluster, MemberStatus};
use quorate::domain::node::{NodeKey, Reach};
use quorate::domain::role::Role;
use quorate::domain::task::{Action, Recovery, ServiceVerb};
use quorate::link::{Become, CommandLine};
use quorate::probe::Raw;
use quorate::probe::rhcs::file::{self, Change, Check, ConfFile, FILE, Way, sum};
use tempfile::TempDir;

use super::stage::{commands, intent};
use crate::state::build::START;
use crate::state::rhcs::picture;

const N1: &str = "virtsrv1n1.cnaf.infn.it";
const N2: &str = "virtsrv2n2.cnaf.infn.it";
const N3: &str = "virtsrv3n3.cnaf.infn.it";

fn fixture(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/rhcs").join(name);
    fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// A folder with a cluster.conf, and tools that say what a test wants.
struct Node {
    dir: TempDir,
}

impl Node {
    fn with(text: &str) -> Self {
        let node = Self { dir: tempfile::Builder::new().prefix("qconf").tempdir().unwrap() };
        fs::create_dir(node.dir.path().join("bin")).unwrap();
        fs::write(node.file(), text).unwrap();
        node.tool("cman_tool", "echo '6.2.0 config 87'");
        node
    }

    fn file(&self) -> PathBuf {
        self.dir.path().join("cluster.conf")
    }

    fn beside(&self, end: &str) -> PathBuf {
        self.dir.path().join(format!("cluster.conf{end}"))
    }

    fn tool(&self, name: &str, script: &str) {
        let file = self.dir.path().join("bin").join(name);
        crate::link::rig::executable(&file, format!("#!/bin/sh\n{script}\n"));
    }

    fn run(&self, command: &CommandLine) -> Output {
        self.run_as(command, Become::None)
    }

    fn run_as(&self, command: &CommandLine, rights: Become) -> Output {
        let argv = command.effective(rights);
        let path = format!("{}:/usr/bin:/bin", self.dir.path().join("bin").display());
        Command::new(argv[0]).args(&argv[1..]).env_clear().env("PATH", path).env("LC_ALL", "C").output().unwrap()
    }

    fn read(&self) -> ConfFile {
        let out = self.run(&file::read(&self.file().to_string_lossy()));
        file::parse(Raw { command: "read", stdout: &out.stdout, stderr: &out.stderr, code: 0 }).unwrap()
    }

    fn change(&self, edited: &Edited) -> Change {
        Change {
            file: self.file().to_string_lossy().into_owned(),
            before: sum(&self.read().text.unwrap()),
            after: sum(&edited.text),
            program: edited.program.clone(),
            version: 87,
        }
    }
}

fn vm<'a>(root: &'a Element, name: &str) -> &'a Element {
    root.child("rm").unwrap().children.iter().find(|c| c.name == "vm" && c.get("name") == Some(name)).unwrap()
}

/// Version up, a guest in, one out, one with another recovery and without its domain.
fn edit(text: &str) -> Edited {
    let root = tree::parse(text).unwrap();
    let mut edits = Edits::new(text);
    edits.set(&root, "config_version", "88");
    edits.add(root.child("rm").unwrap(), |c| c.name == "vm", &["<vm name=\"new&amp;old\" path=\"/a/b.*c\\d\"/>".to_owned()]);
    edits.remove(vm(&root, "alfresco"));
    edits.set(vm(&root, "wiki"), "recovery", "relocate");
    edits.unset(vm(&root, "wiki"), "domain");
    edits.set(vm(&root, "db"), "depend", "vm:wiki");
    edits.finish().unwrap()
}

#[test]
fn what_sed_makes_on_the_node_is_what_was_planned_and_passwords_stay_there() {
    let whole = fixture("net-cluster/cluster.conf");
    assert!(whole.contains("EXAMPLE-NOT-REAL"));
    for text in [whole.clone(), whole.replace('\n', "\r\n"), whole.replace("  ", "\t"), whole.trim_end().to_owned()] {
        let node = Node::with(&text);
        let read = node.read();
        assert_eq!(read.runs, Some(87));
        let hidden = read.text.unwrap();
        assert!(!hidden.contains("EXAMPLE-NOT-REAL") && hidden.lines().count() == text.lines().count());
        let edited = edit(&hidden);
        let change = node.change(&edited);
        for part in [&edited.program, &edited.text, &edited.diff.join("\n")] {
            assert!(!part.contains("EXAMPLE-NOT-REAL"));
        }
        let out = node.run(&change.write());
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        assert_eq!(fs::read_to_string(node.file()).unwrap(), text, "nothing is in place yet");
        let out = node.run(&change.place());
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        let new = fs::read_to_string(node.file()).unwrap();
        assert_eq!(new.matches("EXAMPLE-NOT-REAL").count(), text.matches("EXAMPLE-NOT-REAL").count(), "the passwords are there");
        assert_eq!(new.replace("\"EXAMPLE-NOT-REAL\"", "\"***\""), edited.text);
        assert_eq!(fs::read_to_string(node.beside(".quorate-87")).unwrap(), text, "the old file is kept");
        assert!(!node.beside(".quorate-new").exists());
        // Everything that was not asked for is as it was, byte by byte.
        let kept: Vec<&str> = text.split_inclusive('\n').filter(|l| new.contains(l)).collect();
        assert_eq!(text.split_inclusive('\n').count() - kept.len(), 4, "the version, two guests, one out");
        let root = tree::parse(&new).unwrap();
        assert_eq!((vm(&root, "wiki").get("recovery"), vm(&root, "wiki").get("domain")), (Some("relocate"), None));
        assert_eq!((root.get("config_version"), vm(&root, "new&old").get("path")), (Some("88"), Some("/a/b.*c\\d")));
    }
}

#[test]
fn a_file_on_one_line_is_edited_beside_its_passwords() {
    let text = "<cluster name=\"c\" config_version=\"87\"><fencedevices><fencedevice name=\"f\" passwd='a/b&c' x=\"1\"/></fencedevices>\
                <rm><vm name=\"a\" recovery=\"restart\"/></rm></cluster>\n";
    let node = Node::with(text);
    let hidden = node.read().text.unwrap();
    assert!(hidden.contains("passwd='***'"));
    let root = tree::parse(&hidden).unwrap();
    let mut edits = Edits::new(&hidden);
    edits.set(vm(&root, "a"), "recovery", "disable");
    let edited = edits.finish().unwrap();
    let change = node.change(&edited);
    assert!(node.run(&change.write_and_place()).status.success());
    assert_eq!(fs::read_to_string(node.file()).unwrap(), text.replace("restart", "disable"));
    // On both sides of a password nothing can be told without it.
    let mut edits = Edits::new(&hidden);
    edits.set(&root, "config_version", "88");
    edits.set(vm(&root, "a"), "recovery", "disable");
    assert!(edits.finish().unwrap_err().contains("password"));
}

#[test]
fn a_file_that_changed_meanwhile_is_not_touched() {
    let text = fixture("net-cluster/cluster.conf");
    let node = Node::with(&text);
    let change = node.change(&edit(&node.read().text.unwrap()));
    let other = text.replace("token=\"21000\"", "token=\"22000\"");
    fs::write(node.file(), &other).unwrap();
    let out = node.run(&change.write());
    assert!(!out.status.success() && String::from_utf8_lossy(&out.stderr).contains("has changed since it was read"));
    assert!(!node.beside(".quorate-new").exists());
    fs::write(node.file(), &text).unwrap();
    assert!(node.run(&change.write()).status.success());
    fs::write(node.file(), &other).unwrap();
    assert!(!node.run(&change.place()).status.success());
    assert_eq!(fs::read_to_string(node.file()).unwrap(), other);
}

#[test]
fn the_old_file_comes_back_where_the_new_one_does_not_run() {
    let text = fixture("net-cluster/cluster.conf");
    let node = Node::with(&text);
    let change = node.change(&edit(&node.read().text.unwrap()));
    // Its name is taken by something else: that is not touched.
    fs::write(node.beside(".quorate-87"), "older").unwrap();
    assert!(node.run(&change.write_and_place()).status.success());
    assert_eq!(fs::read_to_string(node.beside(".quorate-87")).unwrap(), "older");
    assert_eq!(fs::read_to_string(node.beside(".quorate-87.1")).unwrap(), text);
    node.tool("cman_tool", "echo '6.2.0 config 88'");
    assert!(!node.run(&change.restore()).status.success(), "the cluster runs it already");
    node.tool("cman_tool", "echo '6.2.0 config 87'");
    assert!(node.run(&change.restore()).status.success());
    assert_eq!(fs::read_to_string(node.file()).unwrap(), text);
}

/// Tool by tool, no shell as root; passwords are read by nobody who only looks.
#[test]
fn with_sudo_a_change_sends_what_an_admin_s_sudoers_file_allows() {
    let text = fixture("net-cluster/cluster.conf");
    let node = Node::with(&text);
    let log = node.dir.path().join("log");
    node.tool("sudo", &format!("[ \"$1\" = -n ] || exit 9\nshift\nprintf '%s\\n' \"$*\" >>{}\nexec \"$@\"", log.display()));
    let file = node.file().to_string_lossy().into_owned();
    let run = |command: &CommandLine| {
        let out = node.run_as(command, Become::Sudo);
        assert!(out.status.success(), "{}: {}", command.display(), String::from_utf8_lossy(&out.stderr));
        out
    };
    let said = || -> Vec<String> { fs::read_to_string(&log).unwrap().lines().map(|l| l.replace(&file, file::FILE)).collect() };
    let viewer = super::sudoers::Rules::of(Role::Viewer);
    let out = run(&file::read(&file));
    let read = file::parse(Raw { command: "read", stdout: &out.stdout, stderr: &out.stderr, code: 0 }).unwrap();
    assert_eq!((read.runs, read.text.as_deref()), (Some(87), Ok(node.read().text.unwrap().as_str())));
    assert!(!said().is_empty() && said().iter().all(|words| viewer.allow(words)), "{:?}", said());
    let change = node.change(&edit(&read.text.unwrap()));
    for command in [change.write(), change.place(), change.restore(), change.write_and_place()] {
        run(&command);
    }
    assert_ne!(fs::read_to_string(node.file()).unwrap(), text);
    assert_eq!(fs::read_to_string(node.beside(".quorate-87")).unwrap(), text);
    let mut all = said();
    let real = Change { file: file::FILE.to_owned(), ..change };
    let ways = [Way::CcsTool, Way::Ccs, Way::CmanTool].map(|way| real.distribute(way));
    let checks = [Check::CcsConfigValidate, Check::Xmllint].map(|how| real.check(how));
    let cman = CommandLine::new("cman_tool", ["version", "-r", "88"]).privileged();
    for line in ways.iter().chain(&checks).chain([&cman, &file::ricci()]) {
        let argv = line.effective(Become::Sudo);
        assert_eq!(argv[..2], ["sudo", "-n"]);
        all.push(argv[2..].join(" "));
    }
    let admin = super::sudoers::Rules::of(Role::Admin);
    for words in &all {
        assert!(admin.allow(words), "sudo {words}");
    }
    for tool in ["tee", "mv", "cp", "rm", "cat", "cmp"] {
        let mine: Vec<&String> = all.iter().filter(|words| words.split(' ').next() == Some(tool)).collect();
        assert!(!mine.is_empty() && mine.iter().all(|words| !viewer.allow(words)), "{tool}: {mine:?}");
    }
    for words in ["tee /etc/cluster/cluster.conf", "cp -p /etc/cluster/cluster.conf /etc/passwd", "mv -f /tmp/x /etc/cluster/cluster.conf"]
    {
        assert!(!admin.allow(words), "{words}");
    }
}

#[test]
fn where_there_is_nothing_to_stand_beside() {
    for (rm, new) in [
        ("<rm/>", "<rm>\n    <vm name=\"a\"/>\n  </rm>"),
        ("<rm></rm>", "<rm>\n    <vm name=\"a\"/>\n  </rm>"),
        ("<rm>\n  </rm>", "<rm>\n    <vm name=\"a\"/>\n  </rm>"),
        ("<rm>\n    <resources/>\n  </rm>", "<rm>\n    <resources/>\n    <vm name=\"a\"/>\n  </rm>"),
        ("<rm> <resources/> </rm>", "<rm> <resources/>\n  <vm name=\"a\"/> </rm>"),
    ] {
        let text = format!("<cluster config_version='1'>\n  {rm}\n</cluster>\n");
        let root = tree::parse(&text).unwrap();
        let mut edits = Edits::new(&text);
        edits.add(root.child("rm").unwrap(), |c| c.name == "vm", &["<vm name=\"a\"/>".to_owned()]);
        let edited = edits.finish().unwrap();
        assert_eq!(edited.text, format!("<cluster config_version='1'>\n  {new}\n</cluster>\n"));
        let node = Node::with(&text);
        assert!(node.run(&node.change(&edited).write_and_place()).status.success(), "{rm}: {}", edited.program);
        assert_eq!(fs::read_to_string(node.file()).unwrap(), edited.text);
    }
}

#[test]
fn what_is_no_cluster_conf_is_refused() {
    for text in
        ["", "<cluster>", "<cluster></cluster><x/>", "<other/>", "<cluster a=b/>", "<cluster><rm></cluster>", "text", "<cluster a=\"1/>"]
    {
        assert!(tree::parse(text).is_err(), "{text}");
    }
    let deep = "<a>".repeat(100_000);
    assert!(tree::parse(&deep).is_err());
}

/// The cluster of the fixtures, every member within reach.
fn cluster(state: &str) -> Cluster {
    let mut cluster = (*picture(state)).clone();
    for (at, member) in cluster.members.iter_mut().enumerate() {
        member.node = Some(NodeKey(u32::try_from(at).unwrap() + 1));
        member.reach = Reach::Up { since: START, note: None };
    }
    cluster
}

fn hidden() -> String {
    fixture("net-cluster/cluster.conf").replace("EXAMPLE-NOT-REAL", "***")
}

fn conf_file(tools: &[&str]) -> ConfFile {
    ConfFile { runs: Some(87), tools: tools.iter().map(|t| (*t).to_owned()).collect(), text: Ok(hidden()) }
}

const RHEL6: &[&str] = &["ccs_config_validate", "ccs_tool", "group_tool", "xmllint", "sha1sum"];

/// Answers every question, a node's own file as `change` has it.
fn plan_with(action: &Action, cluster: &Cluster, tools: &[&str], change: impl Fn(&str, &mut ConfFile)) -> Result<Plan, Vec<Refusal>> {
    let mut found = Findings::default();
    loop {
        let asked = inquiry::needed(action, cluster, &found);
        if asked.is_empty() {
            break;
        }
        for query in asked {
            let finding = match &query.what {
                What::ConfFile => {
                    let mut file = conf_file(tools);
                    change(&query.node, &mut file);
                    Finding::ConfFile(Box::new(file))
                }
                What::Ricci => Finding::Ricci(if tools.contains(&"ricci") { Ok(()) } else { Err("password for virtsrv1:".to_owned()) }),
                other => panic!("nobody asks {other:?} here"),
            };
            found.put(query, Ok(finding));
        }
    }
    let intent = intent(action.clone());
    plan::plan(&Input { intent: &intent, cluster, found: &found, now: START })
}

fn plan_of(action: &Action) -> Plan {
    plan_with(action, &cluster("ok"), RHEL6, |_, _| {}).unwrap_or_else(|why| panic!("{action}: {why:?}"))
}

fn register(guest: &str, prefer: &[&str]) -> Action {
    Action::Register { guest: guest.to_owned(), prefer: prefer.iter().map(|n| (*n).to_owned()).collect() }
}

fn policy(domain: Option<&str>, recovery: Option<Recovery>) -> Action {
    Action::Policy { service: "vm:wiki".to_owned(), domain: domain.map(str::to_owned), recovery }
}

fn codes(result: Result<Plan, Vec<Refusal>>) -> Vec<&'static str> {
    let mut codes: Vec<&str> = result.err().unwrap_or_default().iter().map(|r| r.code).collect();
    codes.dedup();
    codes
}

/// Whoever has the key of a BMC needs no password.
#[test]
fn the_key_of_a_bmc_stays_on_its_node() {
    let device =
        "<fencedevice name=\"f\" hexadecimal_kg=\"HUNTER2\" kg_x='1' ipport='623'/><fencedevice name=\"g\" hexadecimal_kg='HUNTER2'/>";
    let text = format!("<cluster name=\"c\" config_version=\"87\"><fencedevices>{device}</fencedevices></cluster>\n");
    let hidden = Node::with(&text).read().text.unwrap();
    assert_eq!(hidden, text.replace("\"HUNTER2\"", "\"***\"").replace("'HUNTER2'", "'***'"));
}

/// The node's sed cuts passwords out line by line: one that it cannot see is not shown, and nothing is changed.
#[test]
fn a_password_over_two_lines_is_neither_shown_nor_touched() {
    let odd = "<fencedevices><fencedevice name=\"x\" agent=\"fence_ilo\" passwd=\n  \"HUNTER2\"/></fencedevices>";
    let text = fixture("net-cluster/cluster.conf").replace("<fencedevices>", odd).replacen("</fencedevices>", "", 1);
    assert_eq!(Node::with(&text).read().text.unwrap().matches("EXAMPLE-NOT-REAL").count(), 0);
    let action = policy(None, Some(Recovery::Relocate));
    let hidden = |file: &mut ConfFile| file.text = Ok(text.replace("EXAMPLE-NOT-REAL", "***"));
    let against = plan_with(&action, &cluster("ok"), RHEL6, |_, file| hidden(file)).unwrap_err();
    assert_eq!(against[0].code, "config-unreadable");
    assert!(against[0].why.contains("passwd was not cut out") && !format!("{against:?}").contains("HUNTER2"), "{against:?}");
}

#[test]
fn a_guest_becomes_a_service_with_the_nodes_that_it_prefers() {
    let plan = plan_of(&register("fresh", &[N3, N1]));
    let diff = plan.diff.join("\n");
    for line in [
        "@@ -2 +2 @@\n-<cluster alias=\"net-cluster\" config_version=\"87\" name=\"net-cluster\">\n+<cluster alias=\"net-cluster\" config_version=\"88\"",
        "+      <failoverdomain name=\"prefer-fresh\" ordered=\"1\" restricted=\"0\">",
        "+        <failoverdomainnode name=\"virtsrv3n3.cnaf.infn.it\" priority=\"1\"/>",
        "+        <failoverdomainnode name=\"virtsrv1n1.cnaf.infn.it\" priority=\"2\"/>",
        " name=\"fresh\" ",
        "domain=\"prefer-fresh\"",
    ] {
        assert!(diff.contains(line), "{line}\n{diff}");
    }
    assert_eq!(diff.matches("\n-").count(), 1, "only the version goes: {diff}");
    assert_eq!(plan.undo, Undo::By(Action::Service(ServiceVerb::Unregister, "vm:fresh".to_owned())));
    assert!(plan.proof.contains(&Condition::Known("vm:fresh".to_owned(), true)));
    assert_eq!(plan.proof.iter().filter(|c| matches!(c, Condition::Conf { version: 88, .. })).count(), 5);
    let sent = commands(&plan);
    assert_eq!(sent[1].1, "ccs_config_validate -f /etc/cluster/cluster.conf.quorate-new");
    let places: Vec<&str> = sent.iter().filter(|(_, c)| c.contains("keep the old one")).map(|(node, _)| node.as_str()).collect();
    assert_eq!(places.len(), 5, "every node has its file edited: {sent:?}");
    assert!(sent.iter().any(|(node, c)| node == places[0] && c == "cman_tool version -r -S"), "{sent:?}");
    // What is registered is started, also where the one that it is configured like waits for somebody.
    let waits = |_: &str, file: &mut ConfFile| file.text = Ok(hidden().replace("autostart=\"1\"", "autostart=\"0\""));
    let plan = plan_with(&register("fresh", &[]), &cluster("ok"), RHEL6, waits).unwrap();
    let line = plan.diff.iter().find(|l| l.contains(" name=\"fresh\" ")).unwrap();
    assert!(line.contains("autostart=\"1\"") && line.contains(" migrate=\"live\" "), "{line}");
    // The name with its kind is the same guest.
    assert_eq!(plan_of(&register("vm:fresh", &[])).proof.last(), Some(&Condition::Known("vm:fresh".to_owned(), true)));
}

/// ricci and ccsd write a file anew that they hand on: what it says is the proof, not its bytes.
#[test]
fn a_file_that_was_written_anew_is_the_one_that_was_planned() {
    let plan = plan_of(&policy(None, Some(Recovery::Relocate)));
    let new = |recovery: &str| {
        let wiki = "name=\"wiki\" path=\"/etc/cluster/vmware\" recovery=\"";
        hidden()
            .replace("config_version=\"87\"", "config_version=\"88\"")
            .replace(&format!("{wiki}restart\""), &format!("{wiki}{recovery}\""))
    };
    let verdict = |text: String, runs: u32| {
        let mut found = Findings::default();
        for query in plan.proof.iter().flat_map(Condition::queries) {
            let file = ConfFile { runs: Some(runs), tools: Vec::new(), text: Ok(text.clone()) };
            found.put(query.clone(), Ok(Finding::ConfFile(Box::new(file))));
        }
        let seen = Seen { cluster: &cluster("ok"), found: &found, since: START };
        let all: Vec<Verdict> = plan.proof.iter().map(|c| c.judge(&seen)).collect();
        assert_eq!(all.len(), 5);
        all[0].clone()
    };
    let bytes = new("relocate");
    assert!(bytes.contains("config_version=\"88\"") && bytes.contains("recovery=\"relocate\""));
    assert!(verdict(bytes.clone(), 88).holds());
    // As python's minidom and as libxml2 write it: attributes in their order or over several lines, other quotes, no comment, another header.
    let anew = bytes
        .replace("<?xml version=\"1.0\"?>", "<?xml version='1.0' encoding='UTF-8'?>")
        .replace(
            "<cluster alias=\"net-cluster\" config_version=\"88\" name=\"net-cluster\">",
            "<cluster name='net-cluster'\n  config_version='88' alias='net-cluster'>",
        )
        .replace("<totem token=\"21000\"/>", "<!-- ms -->\n  <totem token=\"21000\"></totem>")
        .replace("\"/>", "\" />");
    assert_ne!(anew, bytes);
    assert!(verdict(anew.clone(), 88).holds(), "{:?}", verdict(anew.clone(), 88));
    assert!(matches!(verdict(anew, 87), Verdict::Not(_)), "it does not run yet");
    for other in [new("disable"), bytes.replace("token=\"21000\"", "token=\"10000\""), "<cluster".to_owned(), String::new()] {
        assert!(matches!(verdict(other.clone(), 88), Verdict::Not(_)), "{other}");
    }
}

/// The dialog shows what each step does and which tools its script runs, none twice; for programs the command stays what is sent.
#[test]
fn a_plan_of_scripts_can_be_read() {
    let plan = plan_of(&policy(None, Some(Recovery::Relocate)));
    let new = "/etc/cluster/cluster.conf.quorate-new";
    let old = "/etc/cluster/cluster.conf.quorate-87";
    let edit = plan.steps[0].tools();
    assert_eq!(edit[..2], [format!("rm -f {new}"), format!("cp -p {FILE} {new}")]);
    assert!(edit[2].starts_with(&format!("cat {FILE} | sed -e '2s/")), "{edit:?}");
    assert_eq!(edit.last().unwrap(), &format!("  ' | tee {new} >/dev/null"));
    let place = [format!("cp -p {FILE} {old}"), format!("mv -f {new} {FILE}")];
    assert_eq!(plan.steps[2].tools(), place);
    assert_eq!(plan.steps[3].tools(), [edit.clone(), place.to_vec()].concat());
    let back = plan.steps.iter().find(|s| s.title.starts_with("Put the old")).unwrap();
    let reads = "runs=$(cman_tool version | sed -n 's/.* config //p')".to_owned();
    assert_eq!(back.tools(), [format!("rm -f {new}"), reads, format!("cp -p {old} {new}"), format!("mv -f {new} {FILE}")]);
    // What is no script says itself what it is.
    assert_eq!(plan.steps[1].tools(), [""; 0]);
    let facts = page::facts(&plan, &[], &Names::default());
    let text = page::document(72, &[], &facts, &facts, None).text();
    assert!(!text.contains("sh -c") && text.lines().all(|l| l.chars().count() <= 72), "{text}");
    for words in
        ["Edit a copy of cluster.conf on", "rm -f", "cp -p", "sed -e '2s/", "mv -f", "as in steps 1 and 3", "cman_tool version -r -S"]
    {
        assert!(text.contains(words), "{words}: {text}");
    }
    assert_eq!(text.matches("sed -e").count(), 1, "{text}");
    let (edit, back) = (["$ rm -f", "$ cp -p", "$ cat"], ["$ rm -f", "$ runs=", "$ cp -p", "$ mv -f"]);
    let told: Vec<&str> = text.lines().map(str::trim).filter(|l| l.starts_with("$ ")).collect();
    let wanted = edit.iter().chain(&["$ cp -p", "$ mv -f"]).chain(&back);
    assert!(told.len() == 9 && told.iter().zip(wanted).all(|(line, begin)| line.starts_with(begin)), "{told:?}");
    let json = quorate::report::action::plan_json(&plan, &[]);
    let argv = &json["steps"][0]["argv"];
    assert_eq!((argv[0].as_str(), argv[1].as_str(), argv[4].as_str()), (Some("sh"), Some("-c"), Some(FILE)));
    assert!(json["steps"][0]["command"].as_str().unwrap().starts_with("sh -c '# quorate: edit a copy"), "{json}");
    assert!(quorate::report::action::plan_text(&plan, &[]).contains(&format!("\n       rm -f {new}\n")));
}

#[test]
fn a_domain_that_fits_is_used() {
    let text = hidden();
    let root = tree::parse(&text).unwrap();
    let domains = root.child("rm").unwrap().child("failoverdomains").unwrap();
    let domain = domains.children.iter().find(|d| d.get("ordered") == Some("1") && d.get("restricted") != Some("1")).unwrap();
    let mut nodes: Vec<(u32, &str)> =
        domain.children.iter().map(|n| (n.get("priority").unwrap().parse().unwrap(), n.get("name").unwrap())).collect();
    nodes.sort_unstable();
    let prefer: Vec<&str> = nodes.iter().map(|(_, name)| *name).collect();
    let plan = plan_of(&register("fresh", &prefer));
    assert!(plan.diff.join("\n").contains(&format!("domain=\"{}\"", domain.get("name").unwrap())), "{:?}", plan.diff);
    assert!(!plan.diff.iter().any(|l| l.contains("<failoverdomain ")));
}

#[test]
fn each_release_has_its_way_to_the_cluster() {
    let last = |tools: &[&str]| {
        let plan = plan_with(&policy(None, Some(Recovery::Disable)), &cluster("ok"), tools, |_, _| {}).unwrap();
        let sent: Vec<String> = commands(&plan).into_iter().map(|(_, c)| c).filter(|c| !c.starts_with("sh -c")).collect();
        (sent, plan.notices.join("; "))
    };
    let update = "ccs_tool update /etc/cluster/cluster.conf";
    assert_eq!(last(&["ccs_tool", "ccsd", "group_tool", "sha1sum"]).0, [update]);
    assert!(last(&["ccs_tool", "ccsd", "group_tool", "sha1sum"]).1.contains("checked by quorate alone"));
    let new = "/etc/cluster/cluster.conf.quorate-new";
    assert_eq!(last(&["ccs_tool", "ccsd", "xmllint", "sha1sum"]).0, [&format!("xmllint --noout {new}"), update, "cman_tool version -r 88"]);
    let validate = format!("ccs_config_validate -f {new}");
    assert_eq!(last(&["ccs", "ricci", "ccs_config_validate", "sha1sum"]).0, [&validate, "ccs -h localhost --sync --activate"]);
    let (sent, notices) = last(&["ccs", "ccs_config_validate", "sha1sum"]);
    assert_eq!(sent, [&validate, "cman_tool version -r -S"]);
    assert!(notices.contains("not distributed by ricci: password"), "{notices}");
}

#[test]
fn a_change_is_refused_where_it_could_not_be_the_same_everywhere() {
    let (action, ok) = (policy(None, Some(Recovery::Disable)), cluster("ok"));
    let with = |change: fn(&str, &mut ConfFile)| codes(plan_with(&action, &ok, RHEL6, change));
    assert_eq!(with(|_, file| file.runs = Some(86)), ["config-differs"]);
    assert_eq!(with(|_, file| file.runs = None), ["config-unknown"]);
    assert_eq!(
        with(|node, file| if node == N2 {
            file.text = Err("Permission denied".to_owned());
        }),
        ["config-unreadable"]
    );
    assert_eq!(
        with(|node, file| if node == N2 {
            file.text = Ok("<cluster>".to_owned());
        }),
        ["config-unreadable"]
    );
    assert_eq!(
        with(|node, file| if node == N2 {
            file.text = Ok(hidden().replace("21000", "9000"));
        }),
        ["config-differs"]
    );
    // Written otherwise by what hands it on: only where each node edits its own does that count.
    let anew = |node: &str, file: &mut ConfFile| {
        if node == N2 {
            file.text = Ok(hidden().replace("\"/>", "\" />"));
        }
    };
    let why = plan_with(&action, &ok, RHEL6, anew).unwrap_err();
    assert!(why.len() == 1 && why[0].why.contains("not written alike") && why[0].lift.contains(N2), "{why:?}");
    for tools in [&["ccs_tool", "ccsd", "group_tool", "sha1sum"][..], &["ccs", "ricci", "ccs_config_validate", "sha1sum"]] {
        assert!(plan_with(&action, &ok, tools, anew).is_ok(), "{tools:?}");
    }
    assert_eq!(with(|_, file| file.tools.retain(|t| t != "sha1sum")), ["no-sha1sum"]);
    let mut down = cluster("ok");
    down.members[1].status = MemberStatus::Offline;
    assert_eq!(codes(plan_with(&action, &down, RHEL6, |_, _| {})), ["node-down"]);
    let mut away = cluster("ok");
    away.members[1].reach = Reach::Untried;
    assert_eq!(codes(plan_with(&action, &away, RHEL6, |_, _| {})), ["unreachable"]);
}

#[test]
fn what_does_not_fit_is_refused() {
    let of = |action: &Action| codes(plan_with(action, &cluster("ok"), RHEL6, |_, _| {}));
    assert_eq!(of(&register("wiki", &[])), ["already"]);
    assert_eq!(of(&register("a b", &[])), ["bad-name"]);
    assert_eq!(of(&register(&"a".repeat(61), &[])), ["bad-name"]);
    assert_eq!(of(&register("fresh", &["n9"])), ["unknown-target"]);
    assert_eq!(of(&policy(Some("nosuch"), None)), ["unknown-target"]);
    assert_eq!(
        of(&Action::Policy { service: "vm:nosuch".to_owned(), domain: None, recovery: Some(Recovery::Disable) }),
        ["unknown-target"]
    );
    let old = hidden();
    let root = tree::parse(&old).unwrap();
    let recovery = Recovery::named(vm(&root, "wiki").get("recovery").unwrap_or("restart"));
    assert_eq!(of(&policy(vm(&root, "wiki").get("domain"), recovery)), ["already"]);
    let plan = plan_of(&register("fresh", &[]));
    let session = gate::Session { role: Role::Operator, ..gate::Session::default() };
    assert!(gate::refusals(&plan, &cluster("ok"), &session, START).iter().any(|r| r.code == "role"));
}

#[test]
fn a_service_is_taken_out_and_a_policy_is_taken_back() {
    let plan = plan_of(&Action::Service(ServiceVerb::Unregister, "vm:wiki".to_owned()));
    let gone: Vec<&String> = plan.diff.iter().skip(2).filter(|l| l.starts_with('-')).collect();
    assert!(gone.len() == 2 && gone[1].contains("name=\"wiki\""), "{gone:?}");
    assert!(plan.proof.contains(&Condition::Known("vm:wiki".to_owned(), false)));
    let action = policy(Some("none"), Some(Recovery::Relocate));
    let plan = plan_of(&action);
    let old = hidden();
    let root = tree::parse(&old).unwrap();
    let wiki = vm(&root, "wiki");
    let back = policy(wiki.get("domain"), Recovery::named(wiki.get("recovery").unwrap_or("restart")));
    assert_eq!(plan.undo, Undo::By(back));
    assert_eq!(action.to_string(), "policy vm:wiki --domain none --recovery relocate");
    // All four words of cluster.conf are known; away from another one there is no way back.
    let undo = |was: &str| {
        let change =
            |_: &str, file: &mut ConfFile| file.text = Ok(hidden().replace("recovery=\"restart\"", &format!("recovery=\"{was}\"")));
        plan_with(&policy(None, Some(Recovery::Relocate)), &cluster("ok"), RHEL6, change).unwrap().undo
    };
    for recovery in [Recovery::Restart, Recovery::Disable, Recovery::RestartDisable] {
        assert_eq!(undo(recovery.word()), Undo::By(policy(None, Some(recovery))));
    }
    assert!(matches!(undo("perhaps"), Undo::Never(why) if why.contains("'perhaps'")));
    let plan = plan_of(&policy(None, Some(Recovery::RestartDisable)));
    assert!(plan.diff.iter().any(|l| l.starts_with('+') && l.contains("recovery=\"restart-disable\"")), "{:?}", plan.diff);
}

proptest! {
    #[test]
    fn any_text_is_survived(text in "\\PC{0,80}", noise in prop::collection::vec(prop::sample::select(vec!["<cluster", ">", "/>", " a=\"", "\"", "'", "<rm>", "</rm>", "<!--", "-->", "\n", "=", "</cluster>", "é"]), 0..24)) {
        for text in [text, noise.concat()] {
            if let Ok(root) = tree::parse(&text) {
                let mut edits = Edits::new(&text);
                edits.set(&root, "config_version", "2");
                edits.add(&root, |_| true, &["<x/>".to_owned()]);
                if let Ok(edited) = edits.finish() {
                    prop_assert!(tree::parse(&edited.text).is_ok(), "{text:?} {:?}", edited.text);
                }
            }
        }
    }
}
