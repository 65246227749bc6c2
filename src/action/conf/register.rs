//! A guest made a service of rgmanager, a service taken out of cluster.conf, and how a service is placed and recovered.

use std::sync::Arc;

use crate::action::condition::Condition;
use crate::action::plan::{Confirm, Fate, FateKind, Input, Plan, Refusal, Undo};
use crate::domain::cluster::{Cluster, ServiceKind};
use crate::domain::guest::Guest;
use crate::domain::task::{Action, Recovery, ServiceVerb};
use crate::domain::text::clean;

use super::domains;
use super::edit::{Edits, tag};
use super::scene::{Scene, scene};
use super::steps;
use super::tree::Element;

/// Attributes of a guest that are the cluster's way and not the guest's own (vm.sh of RHEL 5 and 6): a new guest takes them from one that is there.
const ALIKE: [&str; 15] = [
    "exclusive",
    "recovery",
    "max_restarts",
    "restart_expire_time",
    "migrate",
    "path",
    "xmlfile",
    "use_virsh",
    "hypervisor",
    "hypervisor_uri",
    "migration_uri",
    "migration_mapping",
    "snapshot",
    "tunnelled",
    "no_kill",
];
/// rgmanager cuts longer names off (63 bytes with the kind).
const LONGEST: usize = 60;

/// The plan for making a guest a service.
pub fn register(input: &Input<'_>, guest: &str, prefer: &[String]) -> Result<Plan, Vec<Refusal>> {
    let name = guest.strip_prefix("vm:").unwrap_or(guest);
    let id = format!("vm:{name}");
    if let Some(why) = of_vmware(input.cluster, name) {
        return Err(vec![why]);
    }
    let scene = scene(input)?;
    let rm = scene.rm()?;
    if input.cluster.service(&id).is_some() || scene.service(&id).is_ok() {
        return Err(vec![Refusal::new("already", format!("a service {id} is there already"), "nothing to do")]);
    }
    if name.is_empty() || name.len() > LONGEST || !name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.+@".contains(c)) {
        let why = format!("'{name}' cannot be a service of rgmanager: letters, digits and - _ . + @, at most {LONGEST} of them");
        return Err(vec![Refusal::new("bad-name", why, "rename the guest")]);
    }
    let like = rm.children.iter().rfind(|c| c.name == "vm" && c.get("name").is_some());
    let domain = if prefer.is_empty() { None } else { Some(domains::wanted(&scene, name, prefer)?) };
    let vm = line(name, like, domain.as_ref().map(|d| d.name.as_str()));
    let mut edits = Edits::new(&scene.text);
    let lines = domain.as_ref().map(|d| d.lines.clone()).unwrap_or_default();
    match rm.child("failoverdomains") {
        _ if lines.is_empty() => edits.add(rm, |c| c.name == "vm", &[vm]),
        Some(inside) => {
            edits.add(inside, |_| true, &lines);
            edits.add(rm, |c| c.name == "vm", &[vm]);
        }
        None => {
            let nested = lines.iter().map(|l| format!("  {l}"));
            let block: Vec<String> =
                std::iter::once("<failoverdomains>".to_owned()).chain(nested).chain(["</failoverdomains>".to_owned()]).collect();
            if rm.children.is_empty() {
                edits.add(rm, |_| false, &block.into_iter().chain([vm]).collect::<Vec<_>>());
            } else {
                edits.add_first(rm, &block);
                edits.add(rm, |c| c.name == "vm", &[vm]);
            }
        }
    }
    let mut plan = steps::plan(input, &scene, edits)?;
    plan.proof.push(Condition::Known(id.clone(), true));
    plan.undo = Undo::By(Action::Service(ServiceVerb::Unregister, id.clone()));
    plan.confirm = Confirm::Yes;
    plan.consequences.by = "what was asked for";
    let on = running_on(input.cluster, name);
    plan.consequences.fates.push(Fate {
        service: id,
        guest: true,
        kind: FateKind::Starts,
        from: on.clone(),
        to: on.or_else(|| prefer.first().map(|n| Arc::from(n.as_str()))),
        why: Some("rgmanager looks for it on every node, and starts it where it does not run".to_owned()),
    });
    plan.notices.push(match like.and_then(|l| l.get("name")) {
        Some(like) => format!("configured like vm:{like}"),
        None => "no other guest is a service here: it gets rgmanager's own defaults".to_owned(),
    });
    if let Some(domain) = &domain {
        let how = if domain.lines.is_empty() { "which is there already" } else { "which is new" };
        plan.notices.push(format!("it prefers {} by the failover domain {}, {how}", prefer.join(", "), domain.name));
    }
    if !input.cluster.guests.iter().any(|g| g.name == name) {
        plan.notices.push(format!("no libvirt that was asked knows a guest {name}: is that its name?"));
    }
    plan.notices.push("libvirt's own autostart for it must be off on every node: else two nodes may start it".to_owned());
    Ok(plan)
}

/// rgmanager's vm starts guests by libvirt or Xen: one of VMware's it could never start, and would call failed.
fn of_vmware(cluster: &Cluster, name: &str) -> Option<Refusal> {
    let (bare, node) = name.rsplit_once('@').map_or((name, None), |(bare, node)| (bare, Some(node)));
    let named = |g: &&Guest| g.name == name || (g.name == bare && node == Some(&*g.node));
    let mut named = cluster.guests.iter().filter(named).peekable();
    let first = *named.peek()?;
    if named.any(|g| g.vmware.is_none()) {
        return None;
    }
    let lift = first.managed_by.as_ref().map_or_else(
        || "make it a script service; for the script see: quorate print vmware-service".to_owned(),
        |service| format!("quorate act register {service}"),
    );
    let why = format!("{} is a guest of VMware Server on {}: rgmanager's vm cannot start it", first.name, first.node);
    Some(Refusal::new("not-libvirt", why, lift))
}

fn running_on(cluster: &Cluster, guest: &str) -> Option<Arc<str>> {
    cluster.guests.iter().find(|g| g.name == guest && g.state.is_active()).map(|g| Arc::clone(&g.node))
}

/// `<vm .../>`: the attributes of one that is there, in its order.
fn line(name: &str, like: Option<&Element>, domain: Option<&str>) -> String {
    let mut all: Vec<(&str, String)> = Vec::new();
    match like {
        None => all.extend([("autostart", "1".to_owned()), ("name", name.to_owned()), ("recovery", "restart".to_owned())]),
        Some(like) => {
            let old = like.get("name").unwrap_or_default();
            for attribute in &like.attributes {
                match attribute.name.as_str() {
                    "name" => all.push(("name", name.to_owned())),
                    // Whether that one is to wait for somebody to start it says nothing of this one.
                    "autostart" => all.push(("autostart", "1".to_owned())),
                    "domain" => all.extend(domain.map(|d| ("domain", d.to_owned()))),
                    // A file that is called after its guest.
                    "xmlfile" => all.push(("xmlfile", attribute.value.replace(old, name))),
                    key if ALIKE.contains(&key) => all.push((key, attribute.value.clone())),
                    _ => {}
                }
            }
        }
    }
    if let Some(domain) = domain.filter(|_| !all.iter().any(|(key, _)| *key == "domain")) {
        all.push(("domain", domain.to_owned()));
    }
    let all: Vec<(&str, &str)> = all.iter().map(|(key, value)| (*key, value.as_str())).collect();
    tag("vm", &all, "/>")
}

/// The plan for taking a service out. A guest runs on; a service is stopped by rgmanager.
pub fn out(input: &Input<'_>, id: &str) -> Result<Plan, Vec<Refusal>> {
    let Some(service) = input.cluster.service(id) else { return Err(Vec::new()) };
    let scene = scene(input)?;
    let element = scene.service(id)?;
    let rm = scene.rm()?;
    if let Some(other) = rm.children.iter().find(|c| c.get("depend") == Some(id)) {
        let why = format!("{}:{} depends on {id}", other.name, other.get("name").unwrap_or_default());
        return Err(vec![Refusal::new("depended-on", why, "take that out first, or its depend=")]);
    }
    let guest = service.kind == ServiceKind::Vm;
    let mut edits = Edits::new(&scene.text);
    edits.remove(element);
    let own = own_domain(&scene, element);
    if let Some(domain) = own {
        edits.remove(domain);
    }
    let mut plan = steps::plan(input, &scene, edits)?;
    plan.proof.push(Condition::Known(id.to_owned(), false));
    plan.undo = if guest {
        let prefer = domain_of(&scene, element).map(domains::nodes).unwrap_or_default();
        let prefer = prefer.iter().map(ToString::to_string).collect();
        Undo::By(Action::Register { guest: id.strip_prefix("vm:").unwrap_or(id).to_owned(), prefer })
    } else {
        Undo::Never("the old file is kept beside the new one".to_owned())
    };
    plan.confirm = Confirm::TypeName;
    plan.consequences.by = "what was asked for";
    let why = if guest { "runs on, and nothing looks after it any more" } else { "rgmanager stops what is taken out" };
    plan.consequences.fates.push(Fate {
        service: id.to_owned(),
        guest,
        kind: if guest { FateKind::Unwatched } else { FateKind::Stops },
        from: service.owner.clone(),
        to: None,
        why: Some(why.to_owned()),
    });
    plan.consequences.lost.push("its attributes in cluster.conf (they are in the old file, which is kept)".to_owned());
    Ok(plan)
}

fn domain_of<'a>(scene: &'a Scene, element: &Element) -> Option<&'a Element> {
    let name = element.get("domain")?;
    domains::all(scene).find(|d| d.get("name") == Some(name))
}

/// The domain that was made for this guest alone, if nobody else uses it.
fn own_domain<'a>(scene: &'a Scene, element: &Element) -> Option<&'a Element> {
    let domain = domain_of(scene, element)?;
    let name = domain.get("name")?;
    let users = scene.root.child("rm")?.children.iter().filter(|c| c.get("domain") == Some(name)).count();
    (users == 1 && name == domains::own(element.get("name")?)).then_some(domain)
}

/// The plan for another failover domain (`none`: without one) or another recovery.
pub fn policy(input: &Input<'_>, id: &str, domain: Option<&str>, recovery: Option<Recovery>) -> Result<Plan, Vec<Refusal>> {
    let Some(service) = input.cluster.service(id) else { return Err(Vec::new()) };
    let scene = scene(input)?;
    let element = scene.service(id)?;
    let mut edits = Edits::new(&scene.text);
    let (old_domain, old_recovery) = (element.get("domain"), element.get("recovery"));
    let mut words = Vec::new();
    let mut notices = Vec::new();
    if let Some(name) = domain.filter(|name| old_domain.unwrap_or("none") != *name) {
        if name == "none" {
            edits.unset(element, "domain");
            notices.push("without a failover domain every node is as good".to_owned());
        } else {
            let found = domains::named(&scene, name)?;
            edits.set(element, "domain", name);
            notices.extend(placed(found, service.owner.as_deref()));
        }
        words.push("domain");
    }
    if let Some(new) = recovery.filter(|new| old_recovery.unwrap_or("restart") != new.word()) {
        edits.set(element, "recovery", new.word());
        words.push("recovery");
    }
    if words.is_empty() {
        return Err(vec![Refusal::new("already", format!("{id} is configured so"), "nothing to do")]);
    }
    let mut plan = steps::plan(input, &scene, edits)?;
    plan.notices.extend(notices);
    let named = |word: &str| Recovery::named(word).ok_or_else(|| format!("its recovery was '{}', which no version has", clean(word)));
    let old = if words.contains(&"recovery") { named(old_recovery.unwrap_or("restart")).map(Some) } else { Ok(None) };
    let domain = words.contains(&"domain").then(|| old_domain.unwrap_or("none").to_owned());
    plan.undo = old.map_or_else(Undo::Never, |recovery| Undo::By(Action::Policy { service: id.to_owned(), domain, recovery }));
    plan.confirm = Confirm::Yes;
    Ok(plan)
}

/// Where the new domain would have the service.
fn placed(domain: &Element, owner: Option<&str>) -> Option<String> {
    let (name, nodes) = (domain.get("name")?, domains::nodes(domain));
    let owner = owner?;
    let inside = nodes.iter().any(|n| **n == *owner);
    if !inside && domains::is_on(domain, "restricted") {
        return Some(format!("{name} does not allow {owner}, where it runs: rgmanager moves it at its next transition"));
    }
    let best = nodes.first().filter(|_| domains::is_on(domain, "ordered") && !domains::is_on(domain, "nofailback"))?;
    (**best != *owner).then(|| format!("{name} prefers {best}: rgmanager may move it there from {owner} at its next transition"))
}
