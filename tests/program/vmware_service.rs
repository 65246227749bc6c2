//! The resource script that `quorate print vmware-service` prints, run by the shells of old nodes against a vmware-cmd that keeps a state.

#![allow(clippy::format_collect, reason = "short texts")]

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use quorate::cli::vmware_service::{script, vmx};

/// Shells that are there: dash and bash always, busybox where it is installed.
fn shells() -> Vec<Vec<&'static str>> {
    let mut found = vec![vec!["dash"], vec!["bash", "--posix"], vec!["bash"]];
    if ["/bin/busybox", "/usr/bin/busybox"].iter().any(|p| Path::new(p).exists()) {
        found.push(vec!["busybox", "sh"]);
    }
    found
}

/// A node with VMware Server, and one guest in a folder with a blank in its name.
struct Node {
    dir: tempfile::TempDir,
    shell: Vec<&'static str>,
}

impl Node {
    fn new(shell: &[&'static str]) -> Self {
        let node = Self { dir: tempfile::tempdir().unwrap(), shell: shell.to_vec() };
        fs::create_dir_all(node.at("bin")).unwrap();
        fs::create_dir_all(node.vmx().parent().unwrap()).unwrap();
        fs::write(node.at("was"), "off\n").unwrap();
        fs::write(node.vmx(), "displayName = \"my guest\"\nuuid.bios = \"56 4d\"\n").unwrap();
        let fake = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/vmware/fake-vmware-cmd");
        node.tool("vmware-cmd", &fs::read_to_string(fake).unwrap());
        fs::write(node.at("vmware-service"), script(None)).unwrap();
        node
    }

    fn at(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn vmx(&self) -> PathBuf {
        self.at("my guest/my guest.vmx")
    }

    fn mark(&self) -> Option<String> {
        fs::read_to_string(self.at("my guest/my guest.vmx.node")).ok()
    }

    fn tool(&self, name: &str, text: &str) {
        let path = self.at("bin").join(name);
        crate::link::rig::executable(&path, text);
    }

    /// Members of the cluster as `cman_tool nodes` prints them, this node's name first.
    fn members(&self, me: &str, rows: &[(&str, &str)]) {
        let rows: String =
            rows.iter().enumerate().map(|(id, (sts, name))| format!("   {id}   {sts}    100   2012-01-01 10:00:00  {name}\n")).collect();
        let text = format!("#!/bin/sh\ncase $1 in status) echo 'Node name: {me}' ;; nodes) cat <<'E'\n{rows}E\n;; esac\n");
        self.tool("cman_tool", &text);
    }

    fn state(&self) -> Option<String> {
        fs::read_to_string(self.at("state")).ok().map(|s| s.trim().to_owned())
    }

    /// Exit status, and all that was said.
    fn run_as(&self, file: &str, args: &[&str], env: &[(&str, &str)]) -> (i32, String) {
        let path = format!("{}:{}", self.at("bin").display(), std::env::var("PATH").unwrap());
        let mut command = Command::new(self.shell[0]);
        command.args(&self.shell[1..]).arg(self.at(file)).args(args);
        command.env("PATH", path).env("FAKE", self.dir.path()).env("SYSCONFIG", self.at("etc")).env_remove("VMX");
        command.envs(env.iter().copied());
        let out = command.output().unwrap();
        (out.status.code().unwrap(), String::from_utf8_lossy(&[out.stdout, out.stderr].concat()).into_owned())
    }

    fn run(&self, verb: &str) -> i32 {
        let vmx = self.vmx();
        let (code, said) = self.run_as("vmware-service", &[verb, vmx.to_str().unwrap()], &[("ASK_TIMEOUT", "2")]);
        assert!(!said.contains("not found"), "{said}");
        code
    }
}

fn question() -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/rhcs/vmware/answer-uuid.txt")).unwrap()
}

#[test]
fn a_guest_is_started_and_stopped_with_the_exit_statuses_of_lsb() {
    for shell in shells() {
        let node = Node::new(&shell);
        assert_eq!(node.run("status"), 3, "{shell:?}: not registered");
        assert_eq!(node.run("stop"), 0, "{shell:?}: what is stopped stays stopped");
        assert_eq!(node.run("start"), 0, "{shell:?}");
        assert_eq!(node.state().as_deref(), Some("on"), "{shell:?}");
        let vmx = fs::read_to_string(node.vmx()).unwrap();
        assert!(vmx.contains("uuid.action = \"keep\"") && vmx.contains("uuid.bios"), "{vmx}");
        assert!(node.mark().is_some());
        assert_eq!(node.run("start"), 0, "{shell:?}: what runs is started");
        assert_eq!((node.run("status"), node.run("monitor")), (0, 0), "{shell:?}");
        assert_eq!(node.run("stop"), 0, "{shell:?}");
        assert_eq!((node.state(), node.mark()), (None, None), "suspended, unregistered, let go");
        assert_eq!(fs::read_to_string(node.at("was")).unwrap().trim(), "suspended");
        assert_eq!(node.run("restart"), 0, "{shell:?}");
        let said = fs::read_to_string(node.at("said")).unwrap();
        assert!(!said.contains("Create") && said.contains("suspend trysoft"), "{said}");
        for (state, code) in [("off", 3), ("suspended", 3)] {
            fs::write(node.at("state"), state).unwrap();
            assert_eq!(node.run("status"), code, "{shell:?} {state}");
        }
    }
}

#[test]
fn the_question_of_a_moved_guest_is_answered_so_that_its_uuid_stays_and_no_other_is() {
    for shell in shells() {
        let node = Node::new(&shell);
        fs::write(node.at("asks"), question()).unwrap();
        assert_eq!(node.run("start"), 0, "{shell:?}");
        let said = fs::read_to_string(node.at("said")).unwrap();
        assert!(said.contains("answered 1\n") && !said.contains("answered 0"), "{said}");
        // Another question is not for a script to answer.
        let other = "\nQuestion (id = 3) :msg.hbacommon.outofspace:There is no more space.\n\t0) Retry\n\t1) Abort\nSelect choice. Press enter for default <0> : ";
        fs::write(node.at("asks"), other).unwrap();
        fs::write(node.at("state"), "stuck").unwrap();
        fs::remove_file(node.at("said")).unwrap();
        assert_eq!(node.run("status"), 1, "{shell:?}");
        assert_eq!(node.run("stop"), 1, "{shell:?}");
        assert_eq!(node.state().as_deref(), Some("stuck"));
        assert!(!fs::read_to_string(node.at("said")).unwrap().contains("answered"));
    }
}

#[test]
fn a_guest_that_another_member_has_is_not_started() {
    for shell in shells() {
        let node = Node::new(&shell);
        node.members("n1", &[("M", "n1"), ("M", "n2.example.net")]);
        let mark = node.at("my guest/my guest.vmx.node");
        fs::write(&mark, "n2.example.net\n").unwrap();
        assert_eq!(node.run("start"), 1, "{shell:?}");
        assert_eq!((node.state(), node.mark().as_deref()), (None, Some("n2.example.net\n")));
        assert_eq!(node.run("stop"), 0, "{shell:?}");
        assert_eq!(node.mark().as_deref(), Some("n2.example.net\n"), "another's mark stays");
        // It was fenced: what it had is free, its own locks too.
        node.members("n1", &[("M", "n1"), ("X", "n2.example.net")]);
        fs::write(node.at("my guest/my guest.vmdk.WRITELOCK"), "4711 n2\n").unwrap();
        fs::write(node.at("my guest/other.vmdk.WRITELOCK"), "4711 n3\n").unwrap();
        assert_eq!(node.run("start"), 0, "{shell:?}");
        assert_eq!(node.mark().as_deref(), Some("n1\n"));
        assert!(!node.at("my guest/my guest.vmdk.WRITELOCK").exists() && node.at("my guest/other.vmdk.WRITELOCK").exists());
        assert_eq!(node.run("stop"), 0);
        // A lock of VMware's own counts as well.
        node.members("n1", &[("M", "n1"), ("M", "n3")]);
        assert_eq!(node.run("start"), 1, "{shell:?}");
        assert_eq!(node.state(), None);
    }
}

#[test]
fn what_cannot_be_known_is_not_called_stopped() {
    for shell in shells() {
        let node = Node::new(&shell);
        fs::write(node.at("state"), "on").unwrap();
        fs::write(node.at("hang"), "").unwrap();
        assert_eq!(node.run("status"), 4, "{shell:?}: vmware-cmd hangs");
        assert_eq!(node.run("stop"), 1, "{shell:?}");
        assert_eq!(node.run("start"), 1, "{shell:?}");
        fs::remove_file(node.at("hang")).unwrap();
        assert_eq!(node.run_as("vmware-service", &[], &[]).0, 2, "no verb");
        assert_eq!(node.run_as("vmware-service", &["dance"], &[]).0, 2);
        assert_eq!(node.run_as("vmware-service", &["start"], &[]).0, 6, "no guest");
        assert_eq!(node.run_as("vmware-service", &["status"], &[]).0, 4);
        let (code, said) = node.run_as("vmware-service", &["meta-data"], &[]);
        assert!(code == 0 && said.contains("</resource-agent>"));
        fs::remove_file(node.at("bin/vmware-cmd")).unwrap();
        assert_eq!(node.run("status"), 4, "no VMware");
        assert_eq!((node.run("start"), node.run("stop")), (5, 0));
    }
}

#[test]
fn which_guest_it_is() {
    let node = Node::new(&["dash"]);
    fs::write(node.at("state"), "on").unwrap();
    symlink(node.at("vmware-service"), node.at("vmware-wiki")).unwrap();
    let asked = |file: &str, args: &[&str], env: &[(&str, &str)]| {
        let _ = fs::remove_file(node.at("said"));
        assert_eq!(node.run_as(file, args, env).0, 0);
        fs::read_to_string(node.at("said")).unwrap()
    };
    assert_eq!(asked("vmware-wiki", &["status"], &[]), "vmware-cmd /vmfs/shared/wiki/wiki.vmx getstate\n", "by its own name");
    let env = [("OCF_RESKEY_name", "db")];
    assert_eq!(asked("vmware-service", &["status"], &env), "vmware-cmd /vmfs/shared/db/db.vmx getstate\n", "by the resource's name");
    let settings = node.at("settings");
    fs::create_dir(&settings).unwrap();
    let env = [("SYSCONFIG", settings.to_str().unwrap())];
    fs::write(settings.join("vmware-service"), "VMX_DIR=/srv/vm\n").unwrap();
    assert_eq!(asked("vmware-wiki", &["status"], &env), "vmware-cmd /srv/vm/wiki/wiki.vmx getstate\n", "by a folder");
    fs::write(settings.join("vmware-wiki"), "VMX='/a b/w.vmx'\n").unwrap();
    assert_eq!(asked("vmware-wiki", &["status"], &env), "vmware-cmd /a b/w.vmx getstate\n", "by its settings");
    fs::write(node.at("vmware-own"), script(Some("/it's/own.vmx"))).unwrap();
    assert_eq!(asked("vmware-own", &["status"], &env), "vmware-cmd /it's/own.vmx getstate\n", "written into it");
    assert_eq!(asked("vmware-own", &["status", "/x/x.vmx"], &env), "vmware-cmd /x/x.vmx getstate\n", "as an argument");
    assert!(vmx("/a/b.vmx").is_ok() && vmx("[standard] wiki/wiki.vmx").is_ok());
    assert!(vmx("wiki").is_err() && vmx("/a/b").is_err() && vmx("/a\n/b.vmx").is_err());
}

#[test]
fn vmware_server_2_is_asked_through_vmrun() {
    for shell in shells() {
        let node = Node::new(&shell);
        fs::remove_file(node.at("bin/vmware-cmd")).unwrap();
        // vmrun of the tests: the running guests stand in `running`, the registered ones in `known`.
        node.tool(
            "vmrun",
            "#!/bin/sh\necho \"$*\" >>\"$FAKE/said\"\n[ \"$1 $2 $3\" = '-T server -h' ] || { echo 'Error: not logged in'; exit 255; }\nshift 8\n\
             touch $FAKE/running $FAKE/known\ncase $1 in\nlist) echo \"Total running VMs: $(grep -c . $FAKE/running)\"; cat $FAKE/running ;;\n\
             listRegisteredVM) cat $FAKE/known ;;\nregister) echo \"$2\" >>$FAKE/known ;;\nunregister) : >$FAKE/known ;;\n\
             start) echo \"$2\" >>$FAKE/running ;;\nsuspend) : >$FAKE/running ;;\nesac\n",
        );
        let settings = node.at("settings");
        fs::create_dir(&settings).unwrap();
        fs::write(settings.join("vmware-service"), "VMRUN_HOST=https://localhost:8333/sdk VMRUN_USER=root VMRUN_PASSWORD='a b'\n").unwrap();
        let env = [("SYSCONFIG", settings.to_str().unwrap())];
        let run = |verb: &str| node.run_as("vmware-service", &[verb, "[standard] wiki/wiki.vmx"], &env).0;
        assert_eq!((run("status"), run("stop"), run("start")), (3, 0, 0), "{shell:?}");
        assert_eq!((run("status"), run("start"), run("stop"), run("status")), (0, 0, 0, 3), "{shell:?}");
        let said = fs::read_to_string(node.at("said")).unwrap();
        assert!(said.contains("-u root -p a b start [standard] wiki/wiki.vmx nogui"), "{said}");
        assert_eq!(node.run_as("vmware-service", &["status", "[standard] wiki/wiki.vmx"], &[]).0, 4, "a refusal is not 'stopped'");
    }
}
