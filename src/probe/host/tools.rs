//! Which tools a node has.

use crate::domain::observation::Trouble;
use crate::domain::observation::host::Tools;
use crate::probe::Raw;
use crate::probe::parts::{filled, lossy, sections};

/// Looks for every tool, asks the versions that decide how to ask, and the member's own name last: `crm_node -n`
/// waits while the cluster is down. Of what a tool prints to no end, only its beginning is sent. Runs in dash, bash and busybox.
pub const SCRIPT: &str = r#"# quorate: which tools there are
exec </dev/null
echo '@@quorate present'
for t in crm_mon cibadmin stonith_admin crm_node corosync-quorumtool corosync-cfgtool corosync-cmapctl \
    corosync-qdevice-tool dlm_tool clustat clusvcadm cman_tool fence_tool group_tool fence_node fence_ack_manual mkqdisk \
    ccs_tool ccs ccs_config_validate service chkconfig virsh vmware-cmd vmrun lvs vgs pvs dmsetup multipathd multipath iscsiadm ip \
    systemctl journalctl findmnt df stdbuf sudo ethtool tail cat date sbd lvmlockctl chronyc; do
    command -v "$t" >/dev/null 2>&1 && echo "$t"
done
have() { command -v "$1" >/dev/null 2>&1; }
soon() { s=$1; shift; { if have timeout; then timeout "$s" "$@"; else "$@"; fi; } 2>/dev/null | head -c 4096; }
echo '@@quorate uid'; id -u 2>/dev/null
echo '@@quorate hostname'; uname -n 2>/dev/null
echo '@@quorate zone'; date +%z 2>/dev/null
have crm_mon && { echo '@@quorate version crm_mon'; soon 1 crm_mon --version; echo; }
have corosync && { echo '@@quorate version corosync'; soon 1 corosync -v; echo; }
have clustat && { echo '@@quorate version clustat'; soon 1 clustat -v; echo; }
have ip && { echo '@@quorate version ip'; soon 1 ip -V; echo; }
have lvs && { echo '@@quorate version lvs'; soon 1 lvs --version; echo; }
have crm_node && { echo '@@quorate member'; soon 2 crm_node -n; echo; }
exit 0
"#;

/// Reads what the script printed.
pub fn parse(raw: Raw<'_>) -> Result<Tools, Trouble> {
    let text = lossy(raw.stdout);
    let mut tools = Tools::default();
    let mut looked = false;
    for (name, body) in sections(&text) {
        let first = body.lines().find_map(filled);
        match name {
            "present" => {
                looked = true;
                tools.present = body.lines().filter_map(filled).collect();
            }
            "uid" => tools.uid = first.and_then(|t| t.parse().ok()),
            "hostname" => tools.hostname = first,
            "zone" => tools.utc_offset_secs = first.and_then(|t| zone(&t)),
            // What is not text is no member's name: then the node goes by its host name.
            "member" => tools.member_name = first.filter(|name| !name.contains(char::REPLACEMENT_CHARACTER)),
            _ => {
                if let (Some(tool), Some(version)) = (name.strip_prefix("version "), first) {
                    tools.versions.push((filled(tool).unwrap_or_default(), version));
                }
            }
        }
    }
    match (looked, raw.stdout.trim_ascii().is_empty()) {
        (true, _) => Ok(tools),
        (false, true) => Err(raw.refusal()),
        (false, false) => Err(raw.garbled("the list of tools is not in it")),
    }
}

/// Seconds east of UTC out of `+0530`.
fn zone(text: &str) -> Option<i32> {
    let (sign, digits) = match text.split_at_checked(1)? {
        ("+", digits) => (1, digits),
        ("-", digits) => (-1, digits),
        _ => return None,
    };
    if digits.len() != 4 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let (hours, minutes) = digits.split_at_checked(2)?;
    Some(sign * (hours.parse::<i32>().ok()? * 3600 + minutes.parse::<i32>().ok()? * 60))
}
