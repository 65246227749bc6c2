//! VMware Server: recorded output of vmware-cmd and vmrun, the scripts that ask them, and any bytes at all.

#![allow(clippy::format_collect, reason = "short texts")]

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use proptest::prelude::*;
use quorate::domain::observation::host::Tools;
use quorate::domain::observation::vmware::{VmwareList, VmwareSample, VmwareState, VmwareTool};
use quorate::domain::observation::{Observation, Question, Trouble, TroubleKind};
use quorate::link::Become;
use quorate::probe::vmware::act::{self, Look, Verb};
use quorate::probe::vmware::{question, uuid};
use quorate::probe::{Raw, command, parse};

fn fixture(name: &str) -> String {
    let path = format!("{}/tests/fixtures/rhcs/vmware/{name}", env!("CARGO_MANIFEST_DIR"));
    fs::read_to_string(&path).unwrap_or_else(|e| panic!("{path}: {e}"))
}

fn raw(stdout: &str, code: i32) -> Raw<'_> {
    Raw { command: "vmware-cmd", stdout: stdout.as_bytes(), stderr: b"", code }
}

fn list(said: &str) -> Result<VmwareList, Trouble> {
    match parse(Question::Vmware, raw(said, 0))? {
        Observation::Vmware(list) => Ok(list),
        other => panic!("{other:?}"),
    }
}

/// What a tool printed, as the scripts hand it on.
fn said(text: &str) -> String {
    text.lines().map(|l| format!("> {l}\n")).collect()
}

/// A node's tools, run by a real shell.
struct Node(tempfile::TempDir);

impl Node {
    fn new(tool: &str, script: &str) -> Self {
        let node = Self(tempfile::tempdir().unwrap());
        let path = node.0.path().join(tool);
        let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/rhcs/vmware");
        crate::link::rig::executable(&path, format!("#!/bin/sh\nF='{}'\n{script}\n", fixtures.display()));
        node
    }

    fn run(&self, line: &str) -> (String, i32) {
        let path = format!("{}:{}", self.0.path().display(), std::env::var("PATH").unwrap());
        let out = Command::new("sh").arg("-c").arg(line).env("PATH", path).output().unwrap();
        (String::from_utf8_lossy(&out.stdout).into_owned(), out.status.code().unwrap())
    }

    fn ask(&self, tool: &str, question: Question) -> Result<Observation, Trouble> {
        let tools = Tools { present: vec![tool.to_owned()], ..Tools::default() };
        let (out, code) = self.run(&command(question, &tools).unwrap().to_shell(Become::None));
        parse(question, raw(&out, code))
    }
}

#[test]
fn states_of_a_list_in_vmwares_words() {
    for (file, state) in [
        ("getstate-on.txt", VmwareState::On),
        ("getstate-off.txt", VmwareState::Off),
        ("getstate-suspended.txt", VmwareState::Suspended),
        ("getstate-stuck.txt", VmwareState::Stuck),
    ] {
        // Perl complains of a locale before anything else.
        let noise = "> perl: warning: Setting locale failed.\n";
        let text = format!(
            "@@quorate list vmware-cmd\n{noise}{}= 0\n@@quorate guest /a/b.vmx\n{noise}{}= 0\n",
            said("/a/b.vmx"),
            said(&fixture(file))
        );
        let found = list(&text).unwrap();
        assert_eq!((found.tool, found.rows.len(), found.rows[0].state), (VmwareTool::Cmd, 1, state), "{file}");
        assert_eq!(found.rows[0].trouble, None);
    }
}

#[test]
fn real_lists_with_blanks_in_paths_through_the_script() {
    let node =
        Node::new("vmware-cmd", "case $* in -l) cat $F/list.txt $F/list-with-spaces.txt ;; *getstate) cat $F/getstate-on.txt ;; esac");
    let Ok(Observation::Vmware(found)) = node.ask("vmware-cmd", Question::Vmware) else { panic!() };
    let stems: Vec<&str> = found.rows.iter().map(quorate::domain::observation::vmware::VmwareRow::stem).collect();
    assert_eq!(stems, ["Windows 98", "Windows XP Professional", "alfresco", "calendar", "db", "dxcnafb", "wiki", "www.cnaf"]);
    assert!(found.rows.iter().all(|r| r.state == VmwareState::On && r.definition.is_none()));
}

#[test]
fn what_failed_is_no_empty_list_and_no_state() {
    let failed = format!(
        "@@quorate list vmware-cmd\n{}= 255\n",
        said("/usr/bin/vmware-cmd: Could not connect to VMware Server (VMControl error -3: Connect failed)")
    );
    let trouble = list(&failed).unwrap_err();
    assert!(trouble.kind == TroubleKind::Failed && trouble.text.contains("Connect failed"), "{trouble:?}");
    assert_eq!(list("@@quorate list vmware-cmd\n= 124\n").unwrap_err().kind, TroubleKind::Late);
    assert_eq!(list("@@quorate list vmware-cmd\n= 0\n").unwrap().rows, []);
    assert_eq!(list("").unwrap_err().kind, TroubleKind::Garbled);
    assert_eq!(list("garbage").unwrap_err().kind, TroubleKind::Garbled);
    // Hangs, was not asked, speaks in tongues, is not registered any more.
    let guests = "@@quorate guest /a.vmx\n> \n= 124\n@@quorate guest /b.vmx\n= late\n@@quorate guest /c.vmx\n> getstate() = dancing\n= 0\n@@quorate guest /d.vmx\n> (VMControl error -11: No such virtual machine: The config file /d.vmx is not registered.\n= 11\n";
    let found = list(&format!("@@quorate list vmware-cmd\n{}= 0\n{guests}", said("/a.vmx\n/b.vmx\n/c.vmx\n/d.vmx"))).unwrap();
    let told: Vec<(&str, VmwareState, bool)> = found.rows.iter().map(|r| (r.vmx.as_str(), r.state, r.trouble.is_some())).collect();
    assert_eq!(
        told,
        [("/a.vmx", VmwareState::Unknown, true), ("/b.vmx", VmwareState::Unknown, true), ("/c.vmx", VmwareState::Unknown, true)]
    );
    assert!(found.rows[2].trouble.as_ref().unwrap().contains("dancing"));
}

#[test]
fn the_question_is_read_and_never_answered_by_looking() {
    let q = question(&fixture("answer-uuid.txt")).unwrap();
    assert_eq!(q.message.as_deref(), Some("msg.uuid.moved"));
    assert!(
        q.text.starts_with("The location of this virtual machine's configuration file has changed")
            && q.text.ends_with("What do you want to do?")
    );
    assert_eq!((q.choices.len(), q.default), (5, Some(0)));
    assert_eq!(
        (q.choice("1"), q.choice("keep"), q.choice("always keep"), q.choice("7"), q.choice("")),
        (Some(1), Some(1), Some(3), None, None)
    );
    assert!(q.is_about_uuid());
    assert_eq!(question(&fixture("answer-none.txt")), None);
    // A vmware-cmd that takes the end of its input for the default answer: it must not meet one.
    let script = "case $* in -l) echo /a/b.vmx ;; *getstate) cat $F/getstate-stuck.txt ;; *answer) cat $F/answer-uuid.txt; read a; echo \"answered '$a'\" >>\"$F0\" ;; esac";
    let log = tempfile::NamedTempFile::new().unwrap();
    let node = Node::new("vmware-cmd", &script.replace("$F0", &log.path().display().to_string()));
    let Ok(Observation::Vmware(found)) = node.ask("vmware-cmd", Question::Vmware) else { panic!() };
    assert_eq!(found.rows[0].question.as_ref().map(|q| q.choices.len()), Some(5));
    let Ok(Look::Is(row)) = look(&node, "/a/b.vmx") else { panic!() };
    assert!(row.state == VmwareState::Stuck && row.question.is_some());
    assert_eq!(fs::read_to_string(log.path()).unwrap(), "");
    // The answer that was chosen arrives, and that to another question does not.
    let (_, code) = node.run(&act::answer("/a/b.vmx", 1, "msg.uuid.moved").to_shell(Become::None));
    assert_eq!((code, fs::read_to_string(log.path()).unwrap().as_str()), (0, "answered '1'\n"));
    let (_, code) = node.run(&act::answer("/a/b.vmx", 1, "msg.other").to_shell(Become::None));
    assert_eq!((code, fs::read_to_string(log.path()).unwrap().as_str()), (1, "answered '1'\n"));
}

fn look(node: &Node, vmx: &str) -> Result<Look, Trouble> {
    let (out, code) = node.run(&act::look(vmx).to_shell(Become::None));
    act::parse_look(vmx, raw(&out, code))
}

#[test]
fn a_look_at_one_guest_tells_absent_from_unknown() {
    let absent = "echo '/usr/bin/vmware-cmd: Could not connect to VM /a.vmx' >&2; echo '  (VMControl error -11: No such virtual machine: The config file /a.vmx is not registered.' >&2; exit 11";
    assert_eq!(look(&Node::new("vmware-cmd", absent), "/a.vmx"), Ok(Look::Absent));
    let lost = "echo 'VMControl error -3: Connect failed' >&2; exit 3";
    assert!(look(&Node::new("vmware-cmd", lost), "/a.vmx").unwrap_err().text.contains("Connect failed"));
    let server = Node::new("vmrun", "case $* in *listRegisteredVM) echo '[standard] mail/mail.vmx' ;; *) cat $F/vmrun-list.txt ;; esac");
    let state = |vmx: &str| match look(&server, vmx) {
        Ok(Look::Is(row)) => Some(row.state),
        Ok(Look::Absent) => None,
        Err(trouble) => panic!("{trouble}"),
    };
    assert_eq!(state("[standard] wiki/wiki.vmx"), Some(VmwareState::On));
    assert_eq!((state("[standard] mail/mail.vmx"), state("[standard] x/x.vmx")), (Some(VmwareState::Off), None));
    assert!(look(&Node::new("vmrun", "cat $F/vmrun-start-error.txt; exit 255"), "/a.vmx").is_err());
}

#[test]
fn vmware_server_2_is_listed_by_vmrun() {
    let node = Node::new(
        "vmrun",
        "case $* in *listRegisteredVM) printf '[standard] wiki/wiki.vmx\\n[standard] mail/mail.vmx\\n' ;; *' list') cat $F/vmrun-list.txt ;; *) exit 9 ;; esac",
    );
    let Ok(Observation::Vmware(found)) = node.ask("vmrun", Question::Vmware) else { panic!() };
    let told: Vec<(&str, VmwareState)> = found.rows.iter().map(|r| (r.stem(), r.state)).collect();
    assert_eq!(told, [("db", VmwareState::On), ("mail", VmwareState::Off), ("wiki", VmwareState::On)]);
    assert_eq!(found.tool, VmwareTool::Run);
    let refused = Node::new("vmrun", "cat $F/vmrun-start-error.txt; exit 255");
    assert_eq!(refused.ask("vmrun", Question::Vmware).unwrap_err().kind, TroubleKind::Failed);
}

/// vmrun names a guest by its datastore: where that lies is told by VMware's own list of them.
#[test]
fn a_suspended_guest_of_vmware_server_2_is_seen() {
    let store = tempfile::tempdir().unwrap();
    let there = store.path().join("the vm");
    fs::create_dir_all(there.join("mail")).unwrap();
    fs::write(there.join("mail/mail.vmss"), "").unwrap();
    let node = Node::new(
        "vmrun",
        "case $* in *listRegisteredVM) printf '[standard] mail/mail.vmx\\n[standard] web/web.vmx\\n[nas.1] mail/mail.vmx\\n[other] mail/mail.vmx\\n' ;; *) echo 'Total running VMs: 0' ;; esac",
    );
    let xml = store.path().join("datastores.xml");
    let one = |id: u32, name: &str, path: &str| {
        format!("    <e id=\"{id}\">\n      <id>{id}</id>\n      <name>{name}</name>\n      <path>{path}</path>\n    </e>\n")
    };
    let (good, far) = (there.display().to_string(), "/nowhere".to_owned());
    fs::write(
        &xml,
        format!(
            "<ConfigRoot>\n  <LocalDatastores>\n    <_length>2</_length>\n{}{}  </LocalDatastores>\n</ConfigRoot>\n",
            one(0, "nas.1", &far),
            one(1, "standard", &good)
        ),
    )
    .unwrap();
    let cat = format!(
        "#!/bin/sh\ncase $1 in /etc/vmware/hostd/datastores.xml) exec /bin/cat '{}' ;; esac\nexec /bin/cat \"$@\"\n",
        xml.display()
    );
    crate::link::rig::executable(&node.0.path().join("cat"), cat);
    let Ok(Observation::Vmware(found)) = node.ask("vmrun", Question::Vmware) else { panic!() };
    let told: Vec<(&str, VmwareState)> = found.rows.iter().map(|r| (r.vmx.as_str(), r.state)).collect();
    let off = VmwareState::Off;
    assert_eq!(
        told,
        [
            ("[nas.1] mail/mail.vmx", off),
            ("[other] mail/mail.vmx", off),
            ("[standard] mail/mail.vmx", VmwareState::Suspended),
            ("[standard] web/web.vmx", off)
        ]
    );
    for (vmx, state) in told {
        let Ok(Look::Is(row)) = look(&node, vmx) else { panic!("{vmx}") };
        assert_eq!(row.state, state, "{vmx}");
    }
}

/// With sudo, what root alone may read is read as root: how vmrun logs in, and which scripts cluster.conf has.
#[test]
fn what_root_alone_may_read_is_read_as_root() {
    let node = Node::new(
        "vmrun",
        "case $* in *' -u root -p secret list') echo 'Total running VMs: 1'; echo '/vm/wiki.vmx' ;; *listRegisteredVM) ;; *) echo 'Error: login'; exit 255 ;; esac",
    );
    let script = node.0.path().join("vm-wiki");
    fs::write(&script, "VMX=/vm/wiki.vmx\n").unwrap();
    let conf = node.0.path().join("conf");
    fs::write(&conf, format!("<cluster>\n<rm><script file=\"{}\" name=\"w\"/></rm></cluster>\n", script.display())).unwrap();
    let sudo = format!(
        "#!/bin/sh\nshift\ncase \"$*\" in\n'cat /etc/sysconfig/vmware-service') echo 'VMRUN_USER=root'; echo 'VMRUN_PASSWORD=\"secret\"' ;;\nsed*/etc/cluster/cluster.conf) exec cat '{}' ;;\n*) exec \"$@\" ;;\nesac\n",
        conf.display()
    );
    crate::link::rig::executable(&node.0.path().join("sudo"), sudo);
    let tools = Tools { present: vec!["vmrun".to_owned()], ..Tools::default() };
    let (out, code) = node.run(&command(Question::Vmware, &tools).unwrap().to_shell(Become::Sudo));
    assert!(!out.contains("secret"), "{out}");
    let Ok(Observation::Vmware(found)) = parse(Question::Vmware, raw(&out, code)) else { panic!("{out}") };
    assert_eq!(found.rows.iter().map(|r| (r.vmx.as_str(), r.state)).collect::<Vec<_>>(), [("/vm/wiki.vmx", VmwareState::On)]);
    assert_eq!(found.scripts, [(script.display().to_string(), "/vm/wiki.vmx".to_owned())]);
    let (out, code) = node.run(&act::command(VmwareTool::Run, Verb::Start, "/vm/wiki.vmx").to_shell(Become::Sudo));
    assert_eq!((out.as_str(), code), ("Error: login\n", 255), "it logs in, and this vmrun starts nothing");
    let (out, _) = node.run(&act::look("/vm/wiki.vmx").to_shell(Become::Sudo));
    assert!(matches!(act::parse_look("/vm/wiki.vmx", raw(&out, 0)), Ok(Look::Is(row)) if row.state == VmwareState::On), "{out}");
}

#[test]
fn figures_of_what_runs() {
    let node = Node::new(
        "vmware-cmd",
        "case $* in -l) printf '/a/b c.vmx\\n/off.vmx\\n' ;; /off*) echo 'VMControl error -8: Invalid operation' >&2; exit 8 ;; *getheartbeat) cat $F/getheartbeat.txt ;; *getuptime) cat $F/getuptime.txt ;; *getpid) cat $F/getpid.txt ;; *getid) echo 'getid() = 48' ;; esac",
    );
    let Ok(Observation::VmwareStats(found)) = node.ask("vmware-cmd", Question::VmwareStats) else { panic!() };
    let wanted = VmwareSample {
        vmx: "/a/b c.vmx".to_owned(),
        heartbeat: Some(73),
        uptime: Some(Duration::from_secs(86412)),
        pid: Some(18322),
        id: Some(48),
    };
    assert_eq!(found, [wanted]);
}

#[test]
fn a_configuration_without_its_secrets() {
    let dir = tempfile::tempdir().unwrap();
    let vmx = dir.path().join("my wiki.vmx");
    fs::write(&vmx, "#!/usr/bin/vmware\ndisplayName = \"Wiki of the institute\"\nuuid.bios = \"56 4d 2b 6e 12 9c 3a 4f-8a 1b 2c 3d 4e 5f 60 71\"\nmemsize = \"512\"\nnumvcpus = \"2\"\nguestOS = \"rhel4\"\nscsi0:0.present = \"TRUE\"\nscsi0:0.fileName = \"wiki.vmdk\"\nide1:0.present = \"TRUE\"\nide1:0.fileName = \"/dev/cdrom\"\nide1:0.deviceType = \"cdrom-raw\"\nethernet0.present = \"TRUE\"\nethernet0.generatedAddress = \"00:0c:29:5f:60:71\"\nRemoteDisplay.vnc.password = \"sesame\"\n").unwrap();
    let node = Node::new("vmware-cmd", &format!("case $* in -l) echo '{0}' ;; *getstate) echo 'getstate() = off' ;; esac", vmx.display()));
    let Ok(Observation::Vmware(found)) = node.ask("vmware-cmd", Question::Vmware) else { panic!() };
    let d = found.rows[0].definition.clone().unwrap();
    assert_eq!((d.name.as_str(), d.uuid.as_str()), ("Wiki of the institute", "564d2b6e-129c-3a4f-8a1b-2c3d4e5f6071"));
    assert_eq!((d.memory, d.vcpus, d.machine.as_deref()), (Some(512 << 20), Some(2), Some("rhel4")));
    let disks: Vec<(&str, String, bool)> = d.disks.iter().map(|k| (k.device.as_str(), k.source.clone().unwrap(), k.read_only)).collect();
    assert_eq!(disks, [("cdrom", "/dev/cdrom".to_owned(), true), ("disk", format!("{}/wiki.vmdk", dir.path().display()), false)]);
    assert_eq!(d.nics[0].mac.as_deref(), Some("00:0c:29:5f:60:71"));
    assert!(!d.xml.iter().any(|l| l.contains("sesame")));
    assert_eq!(uuid("56 4d 2b"), None);
}

#[test]
fn commands_are_what_the_tools_take() {
    let line = |tool, verb| act::command(tool, verb, "/a b/c.vmx").to_shell(Become::Sudo);
    assert_eq!(line(VmwareTool::Cmd, Verb::Suspend), "sudo -n vmware-cmd '/a b/c.vmx' suspend trysoft");
    assert_eq!(line(VmwareTool::Cmd, Verb::Start), "sudo -n vmware-cmd '/a b/c.vmx' start trysoft");
    assert_eq!(line(VmwareTool::Cmd, Verb::Reset), "sudo -n vmware-cmd '/a b/c.vmx' reset hard");
    assert_eq!(line(VmwareTool::Cmd, Verb::Register), "sudo -n vmware-cmd -s register '/a b/c.vmx'");
    assert_eq!(line(VmwareTool::Cmd, Verb::Unregister), "sudo -n vmware-cmd -s unregister '/a b/c.vmx'");
    let run = Node::new("vmrun", "printf '<%s>' \"$@\"");
    let (out, _) = run.run(&act::command(VmwareTool::Run, Verb::Start, "[standard] w/w.vmx").to_shell(Become::None));
    assert_eq!(out, "<-T><server><start><[standard] w/w.vmx><nogui>");
    let dir = tempfile::tempdir().unwrap();
    let vmx = dir.path().join("a.vmx");
    fs::write(&vmx, "memsize = \"512\"\n").unwrap();
    for _ in 0..2 {
        run.run(&act::keep_uuid(vmx.to_str().unwrap()).unwrap().to_shell(Become::None));
    }
    assert_eq!(fs::read_to_string(&vmx).unwrap(), "memsize = \"512\"\nuuid.action = \"keep\"\n");
}

proptest! {
    #[test]
    fn any_bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..600), code in -1_i32..300) {
        let raw = Raw { command: "vmware-cmd", stdout: &bytes, stderr: b"", code };
        for asked in [Question::Vmware, Question::VmwareStats] {
            let _ = parse(asked, raw);
        }
        let _ = act::parse_look("/a.vmx", raw);
        let _ = question(&String::from_utf8_lossy(&bytes));
    }

    /// A real answer with any text put in: nothing that could drive a terminal comes out.
    #[test]
    fn broken_output_is_survived(place in any::<prop::sample::Index>(), put in "\\PC{0,12}|\u{1b}\\[2J|\n|\u{202e}") {
        let mut text = format!("@@quorate list vmware-cmd\n{}= 0\n@@quorate guest /a/b.vmx\n> getstate() = stuck\n= 0\n{}: displayName = \"x\"\n@@quorate script /etc/init.d/x\n: /a/b.vmx\n", said(&fixture("list.txt")), fixture("answer-uuid.txt").lines().map(|l| format!("? {l}\n")).collect::<String>());
        let at = text.char_indices().map(|(at, _)| at).nth(place.index(text.chars().count())).unwrap_or(0);
        text.insert_str(at, &put);
        let shown = match list(&text) {
            Ok(seen) => format!("{seen:?}"),
            Err(trouble) => trouble.text,
        };
        prop_assert!(!shown.contains('\u{1b}') && !shown.contains("u{1b}"), "{}", shown);
    }
}
