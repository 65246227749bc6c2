//! A guest made a service of the cluster.

use std::fmt::Write as _;
use std::sync::Arc;

use crate::domain::cluster::{Cluster, Filesystem, MemberStatus};
use crate::domain::observation::simulation::{GuestState, PrimitiveConfig};
use crate::domain::task::{Action, ServiceVerb};
use crate::link::CommandLine;

use super::condition::Condition;
use super::inquiry::LOCAL_LIBVIRT;
use super::plan::{Confirm, Fate, FateKind, Input, Plan, Refusal, Step, Undo};
use super::whereabouts;

/// Attributes that a new guest service takes over from one that works: how guests get from node to node is the cluster's, not the guest's.
const ALIKE: [&str; 6] =
    ["hypervisor", "migration_transport", "migration_network_suffix", "migrate_options", "migration_user", "migrateuri"];

/// `$1` URI, `$2` guest, `$3` file. Never over a file that is there; one of this very guest is what it was registered with before.
const WRITE: &str = "\
uuid=$(as_root virsh -c \"$1\" domuuid --domain \"$2\" | tr -d '[:space:]'); [ -n \"$uuid\" ] || exit 1
if said=$(as_root stat -Lc %i:%s:%Y -- \"$3\" 2>&1); then
  as_root grep -q -- \"$uuid\" \"$3\" && exit; echo \"$3 is there already, and not of this guest\" >&2; exit 1
fi
case $said in *[Nn]'o such file'*) ;; *) printf '%s\\n' \"$said\" >&2; exit 1 ;; esac
xml=$(as_root virsh -c \"$1\" dumpxml --inactive --security-info --domain \"$2\") || exit
printf '%s\\n' \"$xml\" | as_root tee \"$3.new\" >/dev/null && as_root mv -- \"$3.new\" \"$3\"";

/// The plan.
pub(super) fn plan(input: &Input<'_>, guest: &str, prefer: &[String]) -> Result<Plan, Vec<Refusal>> {
    let cluster = input.cluster;
    if cluster.service(guest).is_some() {
        return Err(vec![Refusal::new("already", format!("a service {guest} is there already"), "nothing to do")]);
    }
    if !is_id(guest) {
        let why = format!("'{guest}' cannot be an id of the cluster's configuration (letters, digits, - _ ., no digit first)");
        return Err(vec![Refusal::new("bad-name", why, "rename the guest: virsh domrename")]);
    }
    let post = whereabouts::post_or_refuse(cluster, None)?;
    let home = home(input, guest)?;
    let plain = PrimitiveConfig::default();
    let like = input.found.any_guest().unwrap_or(&plain);
    let beside = like.attribute("config").and_then(|c| c.rsplit_once('/')).map(|(folder, _)| folder);
    let Some(folder) = beside.or_else(|| shared_mount(cluster)) else {
        let why = "no other guest is a service here, and no filesystem is mounted on all members: where definitions lie that all nodes see is not known";
        let lift = "mount a shared filesystem on all members, or register the first guest with pcs or crm";
        return Err(vec![Refusal::new("no-folder", why, lift)]);
    };
    let file = format!("{}/{guest}.xml", folder.trim_end_matches('/'));
    let mut plan = input.blank();
    let write = CommandLine::script(WRITE, [LOCAL_LIBVIRT, guest, &file]);
    plan.steps.push(Step::change(format!("Write the definition to {file}"), &home, write.privileged(), 60));
    plan.steps.push(Step::change(format!("Make {guest} a service"), &post, create("resources", &primitive(guest, &file, like)), 60));
    for (at, node) in prefer.iter().enumerate() {
        let score = 100_usize.saturating_mul(prefer.len() - at);
        let id = format!("prefer-{guest}-{}", at + 1);
        let xml = format!("<rsc_location id=\"{}\" rsc=\"{}\" node=\"{}\" score=\"{score}\"/>", xml(&id), xml(guest), xml(node));
        plan.steps.push(Step::change(format!("{guest} prefers {node}"), &post, create("constraints", &xml), 60));
    }
    plan.steps.push(Step::wait(format!("{guest} is started"), Condition::Runs(guest.to_owned()), 300));
    plan.proof = vec![Condition::Known(guest.to_owned(), true), Condition::Runs(guest.to_owned())];
    // It may be moved at once, to where it prefers to be or where the manager sees fit.
    plan.proof.push(Condition::at_owner(cluster, guest, LOCAL_LIBVIRT, guest, guest));
    plan.undo = Undo::By(Action::Service(ServiceVerb::Unregister, guest.to_owned()));
    plan.confirm = Confirm::Yes;
    plan.consequences.by = "what was asked for";
    let from = Some(Arc::clone(&home));
    plan.consequences.fates.push(Fate {
        service: guest.to_owned(),
        guest: true,
        kind: FateKind::Starts,
        from: from.clone(),
        to: from,
        why: Some("the manager finds it running and looks after it".to_owned()),
    });
    plan.notices.push(if beside.is_some() {
        format!("configured like {}", like.id)
    } else {
        format!(
            "the first guest that is a service: {folder} is mounted on all members; to let it migrate live: \
             crm_resource --resource {guest} --meta --set-parameter allow-migrate --parameter-value true"
        )
    });
    if let Some(first) = prefer.first().filter(|first| **first != *home) {
        plan.notices.push(format!("it prefers {first}: the manager moves it there from {home} if its stickiness lets it"));
    }
    plan.notices.push("libvirt's own autostart for it must be off on every node: else two nodes may start it".to_owned());
    Ok(plan)
}

/// A filesystem of many nodes that is mounted at the same place on all members that are there.
fn shared_mount(cluster: &Cluster) -> Option<&str> {
    let shared =
        |f: &&Filesystem| ["gfs2", "gfs", "ocfs2", "nfs", "nfs4", "ceph", "cifs", "fuse.glusterfs", "fuse.ceph"].contains(&f.kind.as_str());
    let everywhere = |f: &&Filesystem| {
        let there = |name: &str| cluster.filesystems.iter().any(|o| *o.node == *name && o.mount == f.mount && o.source == f.source);
        cluster.members.iter().filter(|m| m.status == MemberStatus::Online).all(|m| there(&m.name))
    };
    cluster.filesystems.iter().filter(shared).find(everywhere).map(|f| f.mount.as_str())
}

/// The node where the guest is; it may be on one node alone.
fn home(input: &Input<'_>, guest: &str) -> Result<Arc<str>, Vec<Refusal>> {
    let known: Vec<(&Arc<str>, &str)> =
        input.found.states().filter_map(|(n, s)| if let GuestState::Is(state, _) = s { Some((n, state.as_str())) } else { None }).collect();
    let running: Vec<&Arc<str>> = known.iter().filter(|(_, state)| *state != "shut off").map(|(n, _)| *n).collect();
    match (running.as_slice(), known.as_slice()) {
        ([one], _) | ([], [(one, _), ..]) => Ok(Arc::clone(one)),
        ([], []) => {
            Err(vec![Refusal::new("unknown-target", format!("no reachable node knows a guest '{guest}'"), "virsh define it first")])
        }
        (several, _) => {
            let names: Vec<&str> = several.iter().map(|n| &***n).collect();
            Err(vec![Refusal::new("guest-twice", format!("{guest} runs on {}", names.join(" and ")), "stop one of them")])
        }
    }
}

fn primitive(guest: &str, file: &str, like: &PrimitiveConfig) -> String {
    let id = xml(guest);
    let mut text =
        format!("<primitive id=\"{id}\" class=\"ocf\" provider=\"heartbeat\" type=\"VirtualDomain\"><instance_attributes id=\"{id}-ia\">");
    let mut pair = |of: &str, name: &str, value: &str| {
        let _ = write!(text, "<nvpair id=\"{id}-{of}-{name}\" name=\"{name}\" value=\"{}\"/>", xml(value));
    };
    pair("ia", "config", file);
    for name in ALIKE {
        if let Some(value) = like.attribute(name) {
            pair("ia", name, value);
        }
    }
    let _ = write!(text, "</instance_attributes><meta_attributes id=\"{id}-meta\">");
    if let Some(value) = like.meta("allow-migrate") {
        let _ = write!(text, "<nvpair id=\"{id}-meta-allow-migrate\" name=\"allow-migrate\" value=\"{}\"/>", xml(value));
    }
    let _ = write!(text, "</meta_attributes><operations>");
    for name in ["start", "stop", "migrate_to", "migrate_from"] {
        let secs = like.timeout(name).unwrap_or(120);
        let _ = write!(text, "<op id=\"{id}-{name}\" name=\"{name}\" interval=\"0\" timeout=\"{secs}s\"/>");
    }
    let _ = write!(text, "<op id=\"{id}-monitor\" name=\"monitor\" interval=\"10s\" timeout=\"60s\"/></operations></primitive>");
    text
}

/// An NCName of XML, as ids of the CIB are.
fn is_id(name: &str) -> bool {
    let mut chars = name.chars();
    let first = chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
    first && chars.all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
}

pub(super) fn xml(text: &str) -> String {
    quick_xml::escape::escape(text).into_owned()
}

fn create(scope: &str, xml: &str) -> CommandLine {
    CommandLine::new("cibadmin", ["--create", "--scope", scope, "--xml-text", xml]).privileged()
}
