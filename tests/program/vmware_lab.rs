//! VMware Server on the RHCS lab: one guest more, that a script service of rgmanager's starts and stops. Each node has a `vmware-cmd` that keeps the guest's state in
//! a file and prints what VMware's own does; cluster.conf and clustat tell of the service besides what the simulator tells.

use std::fs;
use std::path::PathBuf;

use super::rhcs_lab::Lab;
use super::rig::Node;

/// The service.
pub const SERVICE: &str = "service:mail";

/// Asks what VMware asks of a guest whose configuration was moved.
const QUESTION: &str = include_str!("../fixtures/rhcs/vmware/answer-uuid.txt");

/// `$d`: the node's folder; `$v`: the guest's configuration, which all nodes share. The file `mail` in the folder is there while the guest is registered,
/// and has its state.
const VMWARE_CMD: &str = r#"s=$d/mail
said() { printf '%s\n' "$1"; exit "${2:-0}"; }
is() { [ "$(cat "$s" 2>/dev/null)" = "$1" ]; }
case $* in
-l) [ -e "$s" ] && echo "$v"; exit 0 ;;
"-s register $v")
    [ -e "$s" ] && { echo 'VMControl error -999: Unknown error: Virtual machine already exists' >&2; exit 255; }
    if [ -e "$v.gone" ]; then mv "$v.gone" "$s"; else echo off >"$s"; fi
    said "register($v) = 1" ;;
"-s unregister $v") [ -e "$s" ] && ! is on && mv "$s" "$v.gone" && said "unregister($v) = 1" ;;
esac
[ -e "$s" ] || said "VMControl error -11: No such virtual machine" 11
case $* in
"$v getstate") said "getstate() = $(cat "$s")" ;;
"$v getheartbeat") is on && said "getheartbeat() = $(date +%s)" ;;
"$v getuptime") said "getuptime() = 86412" ;;
"$v getpid") said "getpid() = 18322" ;;
"$v getid") said "getid() = 16" ;;
"$v suspend trysoft") is on && { echo suspended >"$s"; said "suspend(trysoft) = 1"; } ;;
"$v start trysoft") is suspended && { echo on >"$s"; said "start(trysoft) = 1"; } ;;
"$v reset hard") is on && { echo reset >>"$d/log"; said "reset(hard) = 1"; } ;;
"$v answer") is stuck && { cat "$d/question"; read -r a && [ -n "$a" ] && echo "$a" >>"$d/log" && echo on >"$s"; exit 0; } ;;
esac
said "VMControl error -8: Invalid operation for virtual machine's current state" 8"#;

/// See the module.
pub struct Vmware {
    pub lab: Lab,
}

impl Vmware {
    /// None where sshd cannot run here. The guest runs on the first node.
    pub fn start() -> Option<Self> {
        let vmware = Self { lab: Lab::start()? };
        for node in &vmware.lab.site.nodes {
            vmware.install(node);
        }
        vmware.set("on");
        Some(vmware)
    }

    fn folder(node: &Node) -> PathBuf {
        node.sshd.path("vmware")
    }

    fn file(&self, name: &str) -> PathBuf {
        Self::folder(&self.lab.site.nodes[0]).join(name)
    }

    /// Puts the guest of the first node into this state.
    pub fn set(&self, state: &str) {
        fs::write(self.file("mail"), format!("{state}\n")).unwrap();
    }

    /// The state of the guest on the first node; none: it is not registered there.
    pub fn state(&self) -> Option<String> {
        fs::read_to_string(self.file("mail")).ok().map(|s| s.trim().to_owned())
    }

    /// What was done to the guest besides: its resets, and the answers that it got.
    pub fn log(&self) -> String {
        fs::read_to_string(self.file("log")).unwrap_or_default()
    }

    /// Whether rgmanager leaves the service alone.
    pub fn is_frozen(&self) -> bool {
        self.file("frozen").exists()
    }

    /// The guest's configuration.
    pub fn vmx(&self) -> String {
        fs::read_to_string(self.file("mail.vmx")).unwrap()
    }

    fn install(&self, node: &Node) {
        let folder = Self::folder(node);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("question"), QUESTION).unwrap();
        let vmx = self.file("mail.vmx");
        // Its last line has no end.
        let words = "displayName = \"mail\"\nuuid.bios = \"56 4d 1a 2b 3c 4d 5e 6f-70 81 92 a3 b4 c5 d6 e7\"\nmemsize = \"512\"";
        fs::write(&vmx, words).unwrap();
        let vmx = vmx.display();
        node.tool("vmware-cmd", &format!("d={} v={vmx}\n{VMWARE_CMD}", folder.display()));
        for tool in ["clustat", "clusvcadm", "sh"] {
            node.renames(tool, &format!("{tool}.sim"));
        }
        let frozen = self.file("frozen");
        let frozen = frozen.display();
        let owner = self.lab.n(1);
        node.bash(
            "clustat",
            &format!(
                "flags='flags=\"0\" flags_str=\"\"'; [ -e {frozen} ] && flags='flags=\"1\" flags_str=\"frozen\"'\n\
                 group='<group name=\"{SERVICE}\" state=\"112\" state_str=\"started\" '$flags' owner=\"{owner}\" last_owner=\"none\" restarts=\"0\" \
                 last_transition=\"1700000000\" last_transition_str=\"Tue Nov 14 22:13:20 2023\"/>'\n\
                 clustat.sim \"$@\" | sed \"s#  </groups>#    $group\\n  </groups>#\""
            ),
        );
        node.bash(
            "clusvcadm",
            &format!(
                "case $* in\n'-Z {SERVICE}') touch {frozen}; echo 'Local machine freezing {SERVICE}...Success' ;;\n\
                 '-U {SERVICE}') rm -f {frozen}; echo 'Local machine unfreezing {SERVICE}...Success' ;;\n*) exec clusvcadm.sim \"$@\" ;;\nesac"
            ),
        );
        let service = "<service autostart=\"1\" name=\"mail\" recovery=\"restart\"><script file=\"/etc/init.d/vmware-mail\" name=\"vmware-mail\"/></service>";
        node.bash(
            "sh",
            &format!(
                "case $2 in\n'# quorate: vmware-cmd -l'*) /bin/sh \"$@\"; printf '@@quorate script /etc/init.d/vmware-mail\\n: {vmx}\\n' ;;\n\
                 *vmware-cmd*) exec /bin/sh \"$@\" ;;\n\
                 '# quorate: cluster.conf'*) sh.sim \"$@\" | sed 's#  </rm>#    {service}\\n  </rm>#' ;;\n*) exec sh.sim \"$@\" ;;\nesac"
            ),
        );
    }
}
