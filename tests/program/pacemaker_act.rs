//! `plan` and `act` on fake Pacemaker nodes behind real sshd's: what a manager does at once is done by a few lines of shell on files that all of them share.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use super::cluster::Ring;
use super::rig::{Node, Run, Site};
use crate::link::rig::{free_port, user};

/// `$S` the state, `$N` this node: where each guest runs, who is in standby, what is left alone.
const CRM_MON: &str = r#"
case " $* " in *--version*) echo 'Pacemaker 2.1.5'; echo 'Written by Andrew Beekhof'; exit ;; esac
[ -e $S/crm_mon.sleep ] && sleep $(cat $S/crm_mon.sleep)
node() {
  sb=false; [ -e $S/standby.$1 ] && sb=true; dc=false; [ $1 = n1 ] && dc=true
  echo "<node name=\"$1\" id=\"$2\" online=\"true\" standby=\"$sb\" standby_onfail=\"false\" maintenance=\"false\" pending=\"false\" unclean=\"false\" shutdown=\"false\" expected_up=\"true\" is_dc=\"$dc\" type=\"member\" resources_running=\"1\"/>"
}
vm() {
  m=true; [ -e $S/unmanaged.$1 ] && m=false; at=$(cat $S/where.$1)
  common="id=\"$1\" resource_agent=\"ocf:heartbeat:VirtualDomain\" orphaned=\"false\" blocked=\"false\" managed=\"$m\" failed=\"false\" failure_ignored=\"false\""
  if [ -n "$at" ]; then echo "<resource $common role=\"Started\" active=\"true\" nodes_running_on=\"1\"><node name=\"$at\" id=\"1\" cached=\"true\"/></resource>"
  else echo "<resource $common role=\"Stopped\" active=\"false\" nodes_running_on=\"0\"></resource>"; fi
}
echo '<pacemaker-result api-version="2.25" request="crm_mon"><summary><stack type="corosync"/><current_dc present="true" version="2.1.5-a3f44794f94" name="n1" id="1" with_quorum="true"/>'
echo '<cluster_options stonith-enabled="true" symmetric-cluster="true" no-quorum-policy="stop" maintenance-mode="false"/></summary><nodes>'
node n1 1; node n2 2; node n3 3
echo '</nodes><resources>'
for f in $S/where.*; do vm ${f##*.}; done
echo '</resources><fence_history status="0"/><status code="0" message="OK"/></pacemaker-result>'
"#;

const CRM_RESOURCE: &str = r#"
for a; do case $p in --resource) r=$a ;; --node) n=$a ;; --parameter-value) v=$a ;; esac; p=$a; done
echo "$*" >>$S/sent
go() { echo $2 >$S/where.$1; }
case " $* " in
*' --ban '*) [ -e $S/ban.sleep ] && sleep $(cat $S/ban.sleep); [ "$(cat $S/where.$r)" = $n ] && { [ $n = n3 ] && go $r n1 || go $r n3; } ;;
*' --move '*) if [ -e $S/standby.$n ]; then echo $n >$S/prefer.$r; else go $r $n; fi ;;
*' --clear '*) rm -f $S/prefer.$r ;;
*' --set-parameter is-managed '*) [ $v = false ] && touch $S/unmanaged.$r ;;
*' --delete-parameter is-managed '*) rm -f $S/unmanaged.$r ;;
*' --refresh '*) ;;
*) echo "what? $*" >&2; exit 1 ;;
esac
exit 0
"#;

const CRM_ATTRIBUTE: &str = r#"
echo "crm_attribute $*" >>$S/sent
for a; do case $p in --node) n=$a ;; --update) v=$a ;; esac; p=$a; done
if [ $v = on ]; then touch $S/standby.$n; exit; fi
rm -f $S/standby.$n
for f in $S/prefer.*; do [ -e $f ] && [ "$(cat $f)" = $n ] && cp $f $S/where.${f##*.}; done
exit 0
"#;

const VIRSH: &str = r#"
for a; do case $p in --domain) d=$a ;; --file) f=$a ;; esac; p=$a; done
[ -e $S/virsh.sleep.$N ] && sleep $(cat $S/virsh.sleep.$N)
here() { [ "$(cat $S/where.$1 2>/dev/null)" = $N ]; }
case " $* " in
*' domstate '*) here $d && { echo 'running (booted)'; exit; }; echo "error: failed to get domain '$d'" >&2; exit 1 ;;
*' save '*) here $d || exit 1; echo $d >$f; : >$S/where.$d ;;
*' restore '*) [ -e $S/no-restore.$N ] && { echo 'error: unsupported configuration: CPU' >&2; exit 1; }; echo $N >$S/where.$(cat $f) ;;
*) echo "what? $*" >&2; exit 1 ;;
esac
"#;

const CIBADMIN: &str = r#"
case " $* " in
*"@id='"*) id=${*#*@id=\'}; id=${id%%\'*}; held=; [ -e $S/unmanaged.$id ] && held='<nvpair id="h" name="is-managed" value="false"/>'
  echo "<primitive id=\"$id\" class=\"ocf\" provider=\"heartbeat\" type=\"VirtualDomain\"><instance_attributes id=\"a\"><nvpair id=\"b\" name=\"config\" value=\"$S/$id.xml\"/></instance_attributes><meta_attributes id=\"m\"><nvpair id=\"n\" name=\"allow-migrate\" value=\"true\"/>$held</meta_attributes></primitive>" ;;
*) echo '<constraints/>' ;;
esac
"#;

struct Fake {
    site: Site,
    state: TempDir,
}

impl Fake {
    /// Guests vm1 on n1, vm2 and vm3 on n2. `more`: for every sshd_config.
    fn start(more: &str) -> Option<Self> {
        let state = tempfile::Builder::new().prefix("qstate").tempdir().unwrap();
        let names = ["n1", "n2", "n3"];
        let nodes = names.iter().map(|name| Node::with(name, "127.0.0.1", free_port(), more)).collect::<Option<Vec<_>>>()?;
        let site = Site::of(nodes);
        let mut text = format!("[[cluster]]\nname = \"fake\"\nrole = \"admin\"\nuser = \"{}\"\n", user());
        for node in &site.nodes {
            text += &Site::entry(&node.name, node.sshd.port);
        }
        site.write_config(&text);
        for node in &site.nodes {
            let head = format!("S={}; N={}", state.path().display(), node.name);
            for (tool, script) in [
                ("crm_mon", CRM_MON),
                ("crm_resource", CRM_RESOURCE),
                ("crm_attribute", CRM_ATTRIBUTE),
                ("virsh", VIRSH),
                ("cibadmin", CIBADMIN),
            ] {
                node.tool(tool, &format!("{head}\n{script}"));
            }
            node.prints("corosync-quorumtool", &Ring::of(&names).quorumtool(&node.name));
            node.prints("crm_node", &format!("{}\n", node.name));
            node.tool("corosync-cmapctl", "exit 1");
            node.tool("logger", "exit 0");
        }
        let fake = Self { site, state };
        for (guest, node) in [("vm1", "n1"), ("vm2", "n2"), ("vm3", "n2")] {
            fake.set(&format!("where.{guest}"), node);
            let xml = format!("<domain type='qemu'><name>{guest}</name><memory unit='KiB'>1024</memory></domain>\n");
            fake.set(&format!("{guest}.xml"), &xml);
        }
        Some(fake)
    }

    fn set(&self, file: &str, text: &str) {
        fs::write(self.state.path().join(file), text).unwrap();
    }

    fn get(&self, file: &str) -> String {
        fs::read_to_string(self.state.path().join(file)).unwrap_or_default().trim().to_owned()
    }

    fn act(&self, words: &str, target: &str) -> (Value, i32) {
        let words: Vec<&str> = words.split(' ').collect();
        let run = self.site.run(&[&["act"], words.as_slice(), &["--json", "--confirm", target]].concat());
        (run.json(), run.code)
    }

    fn done(&self, words: &str, target: &str) -> Value {
        let (json, code) = self.act(words, target);
        assert_eq!((code, json["status"].as_str()), (0, Some("done")), "{words}: {json:#}");
        json
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        // The locks that keep two quorates off one target stay behind as empty names.
        for file in ["/run/lock", "/var/lock", "/tmp"].iter().flat_map(fs::read_dir).flatten().flatten() {
            let name = file.file_name().to_string_lossy().into_owned();
            if name.starts_with("quorate.") && self.site.nodes.iter().any(|n| name.ends_with(&format!(".{}", n.sshd.port))) {
                let _ = fs::remove_file(file.path());
            }
        }
    }
}

#[test]
fn a_memory_that_nobody_takes_back_is_named_with_the_commands_that_take_it_up() {
    let Some(fake) = Fake::start("") else { return };
    fake.set("no-restore.n1", "");
    fake.set("no-restore.n3", "");
    let (json, code) = fake.act("relocate vm1 --to n3 --how suspend", "vm1");
    assert_eq!((code, json["status"].as_str()), (1, Some("failed")), "{json:#}");
    let image = fake.state.path().join("vm1.quorate-save");
    assert!(image.exists(), "the memory is still there");
    let result = json["result"].as_str().unwrap();
    assert!(result.contains(&format!("vm1 RUNS NOWHERE: its memory is in {}", image.display())), "{result}");
    let by_hand = format!("virsh -c qemu:///system restore --file {}", image.display());
    assert!(json["notices"].as_array().unwrap().iter().any(|n| n.as_str().unwrap().contains(&by_hand)), "{json:#}");
    // What is there is what is shown: it runs nowhere, and the manager does not start it anew.
    let (status, _) = fake.site.status();
    let vm1 = status["services"].as_array().unwrap().iter().find(|s| s["id"] == "vm1").unwrap();
    assert_eq!((vm1["state"].as_str(), vm1["owner"].as_str()), (Some("stopped"), None), "{vm1}");
    assert!(vm1["flags"].as_array().unwrap().iter().any(|f| f == "unmanaged"), "{vm1}");
}

#[test]
fn the_target_refuses_the_memory_and_the_source_takes_it_back() {
    let Some(fake) = Fake::start("") else { return };
    fake.set("no-restore.n3", "");
    let (json, code) = fake.act("relocate vm1 --to n3 --how suspend", "vm1");
    assert_eq!((code, fake.get("where.vm1").as_str()), (1, "n1"), "{json:#}");
    assert!(!fake.state.path().join("vm1.quorate-save").exists() && !fake.state.path().join("unmanaged.vm1").exists());
}

#[test]
fn two_sessions_are_enough_to_act() {
    let Some(fake) = Fake::start("MaxSessions 2") else { return };
    fake.done("freeze vm2", "vm2");
    assert!(fake.state.path().join("unmanaged.vm2").exists());
    fake.done("unfreeze vm2", "vm2");
    fake.done("relocate vm1 --to n3 --how suspend", "vm1");
    assert_eq!(fake.get("where.vm1"), "n3");
}

/// Waits until the first guest of a drain is being moved.
fn until_the_first_is_on_its_way(fake: &Fake) {
    let end = Instant::now() + Duration::from_secs(60);
    while !fake.get("sent").contains("--ban --resource vm2") {
        assert!(Instant::now() < end, "it never began: {}", fake.get("sent"));
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn signal(child: &Child, signal: rustix::process::Signal) {
    let pid = rustix::process::Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
    rustix::process::kill_process(pid, signal).unwrap();
}

/// `quorate act ... | head -1`: what was confirmed is done to its end, and the exit status tells it.
#[test]
fn a_task_outlives_its_reader() {
    let Some(fake) = Fake::start("") else { return };
    let mut child =
        fake.site.command(&["act", "drain", "n2", "--confirm", "n2"]).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    out.read_line(&mut line).unwrap();
    assert!(line.starts_with("1/"), "{line}");
    drop(out);
    assert_eq!(child.wait().unwrap().code(), Some(0), "{}", fake.get("sent"));
    assert_eq!((fake.get("where.vm2").as_str(), fake.get("where.vm3").as_str()), ("n3", "n3"));
    assert!(fake.state.path().join("standby.n2").exists());
    // What is refused or has failed is so for nobody too.
    for (args, code) in [
        (["act", "drain", "n3", "--confirm", "n2"].as_slice(), 4),
        (["act", "drain", "n3", "--confirm", "n2", "--json"].as_slice(), 4),
        (["plan", "relocate", "vm1", "--to", "n9"].as_slice(), 4),
    ] {
        let mut child = fake.site.command(args).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        drop(child.stdout.take());
        assert_eq!(child.wait().unwrap().code(), Some(code), "{args:?}");
    }
}

/// The terminal hangs up: nothing can be written any more, and both the kernel and the shell say so.
#[test]
fn a_terminal_that_goes_away_stops_a_task_between_two_steps() {
    let Some(fake) = Fake::start("") else { return };
    fake.set("ban.sleep", "3");
    let (near, far) = UnixStream::pair().unwrap();
    let terminal = OwnedFd::from(far);
    let mut command = fake.site.command(&["act", "drain", "n2", "--confirm", "n2"]);
    let mut child = command.stdout(terminal.try_clone().unwrap()).stderr(terminal).spawn().unwrap();
    drop(command);
    drop(near);
    until_the_first_is_on_its_way(&fake);
    for _ in 0..2 {
        signal(&child, rustix::process::Signal::HUP);
        std::thread::sleep(Duration::from_millis(300));
    }
    assert_eq!(child.wait().unwrap().code(), Some(1), "{}", fake.get("sent"));
    assert_eq!((fake.get("where.vm2").as_str(), fake.get("where.vm3").as_str()), ("n3", "n2"));
}

#[test]
fn a_drain_that_is_interrupted_is_taken_back_by_what_it_says() {
    let Some(fake) = Fake::start("") else { return };
    fake.set("ban.sleep", "3");
    let args = ["act", "drain", "n2", "--json", "--confirm", "n2"];
    let child = fake.site.command(&args).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    until_the_first_is_on_its_way(&fake);
    signal(&child, rustix::process::Signal::INT);
    let run = Run::of(child.wait_with_output().unwrap());
    let json = run.json();
    assert_eq!((run.code, json["status"].as_str()), (1, Some("stopped")), "{json:#}");
    assert_eq!(json["undo"], "unstandby n2 --back vm2", "{json:#}");
    assert_eq!((fake.get("where.vm2").as_str(), fake.get("where.vm3").as_str()), ("n3", "n2"));
    let (again, code) = fake.act("unstandby n2", "n2");
    assert_eq!((code, again["refusals"][0]["code"].as_str()), (4, Some("already")), "{again:#}");
    fake.done("unstandby n2 --back vm2", "n2");
    assert_eq!(fake.get("where.vm2"), "n2");
}

#[test]
fn a_drain_and_its_way_back() {
    let Some(fake) = Fake::start("") else { return };
    let json = fake.done("drain n2", "n2");
    assert_eq!(json["undo"], "unstandby n2 --back vm2,vm3", "{json:#}");
    assert!(fake.state.path().join("standby.n2").exists());
    fake.done("unstandby n2 --back vm2,vm3", "n2");
    assert_eq!((fake.get("where.vm2").as_str(), fake.get("where.vm3").as_str()), ("n2", "n2"));
    assert!(!fake.state.path().join("standby.n2").exists());
}

#[test]
fn a_slow_node_is_waited_for_as_long_as_it_takes() {
    let Some(fake) = Fake::start("") else { return };
    // The manager takes nine seconds for each view; libvirt of n3 takes longer than any question is given on a healthy node, and longer than a view counts.
    fake.set("crm_mon.sleep", "9");
    fake.set("virsh.sleep.n3", "22");
    fake.site.node("n3").tool("dmsetup", "case $* in *info*) echo 'vg-lv|LVM-1|0|Active' ;; *) sleep 4.5 ;; esac");
    let run = fake.site.run(&["plan", "relocate", "vm1", "--to", "n3", "--json"]);
    let json = run.json();
    assert_eq!(run.code, 0, "{json:#}");
    assert!(json["ways"].as_array().unwrap().iter().all(|w| w["possible"] == true), "{json:#}");
}
