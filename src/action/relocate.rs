//! Moving a service to another node: live, by suspend and resume, by stop and start.
//!
//! Each way is a constraint for the manager (`crm_resource --move` with a lifetime), a wait, and the clearing of that constraint; only the suspend way without the
//! agent's `snapshot` goes around the manager, which leaves the service alone meanwhile.

use std::sync::Arc;

use crate::domain::cluster::{Cluster, MemberStatus, Service, ServiceState};
use crate::domain::observation::TroubleKind;
use crate::domain::observation::simulation::{CpuFit, GuestDefinition, GuestState, PrimitiveConfig, SimAction};
use crate::domain::task::{Action, Limits, RelocateHow};
use crate::link::CommandLine;

use super::condition::Condition;
use super::inquiry::{Query, What, libvirt_of};
use super::migration;
use super::plan::{Confirm, Consequences, Fate, FateKind, Input, Plan, Refusal, Step, Undo, Way, When};
use super::whereabouts;

/// Seconds that a manager's operation takes where its timeout is not configured (Pacemaker's default action timeout).
const OPERATION: u64 = 20;

/// The image is used once: a second restore beside a disk that went on would ruin it.
const RESTORE: &str = "as_root virsh -c \"$1\" restore --file \"$2\" && as_root rm -f -- \"$2\"";
/// The same, where the image was not used. That it is not there must be known for certain.
const RESTORE_IF_THERE: &str = "\
said=$(as_root stat -Lc %i:%s:%Y -- \"$2\" 2>&1) || case $said in *[Nn]'o such file'*) exit 0 ;; *) printf '%s\\n' \"$said\" >&2; exit 1 ;; esac
as_root virsh -c \"$1\" restore --file \"$2\" && as_root rm -f -- \"$2\"";

/// What the ways depend on.
struct Move<'a> {
    input: &'a Input<'a>,
    limits: Limits,
    service: &'a Service,
    /// The resource that the manager moves: the service, or what contains it.
    moved: &'a str,
    from: Arc<str>,
    to: Arc<str>,
    post: Arc<str>,
    config: Option<&'a PrimitiveConfig>,
    definition: Option<&'a GuestDefinition>,
    uri: String,
}

/// The plan.
pub(super) fn plan(input: &Input<'_>, id: &str, to: &str, how: Option<RelocateHow>, limits: Limits) -> Result<Plan, Vec<Refusal>> {
    let cluster = input.cluster;
    let Some(service) = cluster.service(id) else { return Err(Vec::new()) };
    let from = whereabouts::owner(service)?;
    if *from == *to {
        return Err(vec![Refusal::new("already-there", format!("{id} runs on {to} already"), "name another node")]);
    }
    let config = input.found.primitive(id);
    // Only a live migration can be limited: nothing less gentle is done in its place.
    let how = if limits.is_none() { how } else { how.or(Some(RelocateHow::Live)) };
    let it = Move {
        input,
        limits,
        service,
        moved: &whereabouts::outermost(cluster, service).id,
        from,
        to: Arc::from(to),
        post: whereabouts::post_or_refuse(cluster, None)?,
        config,
        definition: config.and_then(|c| c.attribute("config")).and_then(|file| input.found.definition(file)),
        uri: libvirt_of(config),
    };
    let ways: Vec<Way> = RelocateHow::ALL.into_iter().map(|how| Way { how, closed: it.closed(how) }).collect();
    let chosen = how.or_else(|| ways.iter().find(|w| w.closed.is_empty()).map(|w| w.how));
    let way = ways.iter().find(|w| Some(w.how) == chosen).or_else(|| ways.last());
    let Some(way) = way.filter(|w| w.closed.is_empty()) else {
        return Err(refuse(&ways, how));
    };
    let mut plan = input.blank();
    plan.steps = it.steps(way.how);
    plan.consequences = it.consequences(way.how);
    plan.proof = it.proof();
    plan.notices = it.notices();
    plan.undo =
        Undo::By(Action::Relocate { service: id.to_owned(), to: it.from.to_string(), how: Some(way.how), limits: Limits::default() });
    plan.confirm = Confirm::Yes;
    plan.intent.action = Action::Relocate { service: id.to_owned(), to: to.to_owned(), how: Some(way.how), limits };
    plan.ways = ways;
    Ok(plan)
}

/// Why no way is open, or not this one.
pub(super) fn refuse(ways: &[Way], how: Option<RelocateHow>) -> Vec<Refusal> {
    let of = ways.iter().filter(|w| how.is_none_or(|h| h == w.how));
    let mut all: Vec<Refusal> = Vec::new();
    for way in of {
        let open: Vec<&str> = ways.iter().filter(|w| w.closed.is_empty()).map(|w| w.how.word()).collect();
        let lift = if open.is_empty() {
            "lift what stands against it first".to_owned()
        } else {
            format!("possible is: --how {}", open.join(", --how "))
        };
        all.push(Refusal::new("way-closed", format!("{} is not possible: {}", way.how.word(), way.closed.join("; ")), lift));
    }
    all
}

impl Move<'_> {
    /// What stands against a way.
    fn closed(&self, how: RelocateHow) -> Vec<String> {
        let mut closed = self.closed_to_all(how);
        if !self.limits.is_none() {
            self.closed_to_limits(how, &mut closed);
        }
        match how {
            RelocateHow::Live => self.closed_to_live(&mut closed),
            RelocateHow::Suspend => self.closed_to_suspend(&mut closed),
            RelocateHow::Restart => {}
        }
        if let Some(Err(trouble)) = self.input.found.place(&self.to)
            && trouble.kind == TroubleKind::Late
        {
            closed.push(format!("{} gave no answer in time about the guest's place there: libvirtd hangs, or its storage", self.to));
        }
        if let Some(Ok(place)) = self.input.found.place(&self.to) {
            closed.extend(place.missing.iter().map(|what| format!("{} lacks {what}", self.to)));
            if self.definition.is_some() && place.config_file.is_none() {
                closed.push(format!("{} lacks the definition {}", self.to, self.file()));
            }
            if let GuestState::Silent(why) = &place.guest {
                closed.push(format!("libvirt on {} does not answer: {why}", self.to));
            }
            let needs = self.definition.and_then(|d| d.memory);
            if let Some((needs, free)) = needs.zip(place.free_memory).filter(|(needs, free)| needs > free) {
                closed.push(format!("{} has {} MiB free, {} are needed", self.to, free >> 20, needs >> 20));
            }
        }
        closed
    }

    fn closed_to_all(&self, how: RelocateHow) -> Vec<String> {
        let mut closed = Vec::new();
        let (cluster, to) = (self.input.cluster, &self.to);
        match cluster.member(to).map(|m| m.status) {
            Some(MemberStatus::Online) => {}
            Some(status) => closed.push(format!("{to} is {}", status.word())),
            None => closed.push(format!("{to} is not a member")),
        }
        if self.service.state != ServiceState::Started {
            closed.push(format!("{} is {}", self.service.id, self.service.state.word()));
        }
        if self.service.flags.contains(&"unmanaged") || cluster.options.maintenance_mode == Some(true) {
            closed.push("the manager leaves it alone (unmanaged, or maintenance)".to_owned());
        }
        // The manager's own word on whether it would go there; the suspend way does not ask the manager to move it.
        if let Some(sim) = self.input.found.simulation()
            && (how != RelocateHow::Suspend || self.has_snapshot())
        {
            let goes =
                |a: &&crate::domain::observation::simulation::SimStep| a.resource == self.service.id && a.dest.as_deref() == Some(&**to);
            if !sim.actions.iter().any(|a| goes(&a) && matches!(a.action, SimAction::Move | SimAction::Migrate | SimAction::Start)) {
                closed.push(format!("the manager would not put it on {to} (a ban, a constraint, or a failure there)"));
            }
        }
        closed
    }

    fn closed_to_live(&self, closed: &mut Vec<String>) {
        let Some(config) = self.config else {
            closed.push("how it is configured is not known".to_owned());
            return;
        };
        if !config.meta("allow-migrate").is_some_and(is_true) {
            closed.push("allow-migrate is not set".to_owned());
        }
        let stops = |a: &&crate::domain::observation::simulation::SimStep| a.resource == self.service.id && a.action == SimAction::Move;
        if self.input.found.simulation().is_some_and(|sim| sim.actions.iter().any(|a| stops(&a))) {
            closed.push("the manager would stop and start it".to_owned());
        }
        self.passed_through(closed);
    }

    fn closed_to_limits(&self, how: RelocateHow, closed: &mut Vec<String>) {
        if how != RelocateHow::Live {
            closed.push("only a live migration can be limited".to_owned());
        } else if self.definition.is_none() {
            closed.push("its definition could not be read: its name for libvirt is not known".to_owned());
        } else if !self.input.cluster.member(&self.from).is_some_and(whereabouts::is_within_reach) {
            closed.push(format!("{} cannot be reached, and it is limited there", self.from));
        }
    }

    fn closed_to_suspend(&self, closed: &mut Vec<String>) {
        if self.definition.is_none() {
            let trouble = self.input.found.troubles().next().map(|(node, t)| format!(" ({node}: {t})")).unwrap_or_default();
            closed.push(format!("it is not a guest whose definition could be read{trouble}"));
            return;
        }
        self.passed_through(closed);
        if self.has_snapshot() {
            return;
        }
        if self.moved != self.service.id {
            closed.push(format!("it is part of {}", self.moved));
        }
        for node in [&self.from, &self.to] {
            if !self.input.cluster.member(node).is_some_and(whereabouts::is_within_reach) {
                closed.push(format!("{node} cannot be reached, and this is done there"));
            }
        }
        let file = |node: &str| self.input.found.place(node).and_then(Result::ok).and_then(|p| p.config_file.clone());
        match (file(&self.from), file(&self.to)) {
            (Some(a), Some(b)) if a == b => {}
            _ if [&self.from, &self.to].iter().any(|node| matches!(self.input.found.place(node), Some(Err(_)))) => {
                closed.push(format!("whether the folder of {} is shared is not known", self.file()));
            }
            _ => closed.push(format!("the folder of {} is not shared between {} and {}", self.file(), self.from, self.to)),
        }
    }

    /// What keeps it from going on there with the memory that it has.
    fn passed_through(&self, closed: &mut Vec<String>) {
        if let Some(Ok(CpuFit::Lacks(why))) = self.input.found.cpu() {
            closed.push(format!("the CPU of {} lacks what it has ({why})", self.to));
        }
        if let Some(count) = self.definition.map(|d| d.passed_through).filter(|count| *count > 0) {
            closed.push(format!("{count} devices of the host are passed through to it"));
        }
    }

    fn has_snapshot(&self) -> bool {
        self.config.and_then(|c| c.attribute("snapshot")).is_some_and(|s| !s.is_empty())
    }

    fn file(&self) -> &str {
        self.config.and_then(|c| c.attribute("config")).unwrap_or("?")
    }

    fn steps(&self, how: RelocateHow) -> Vec<Step> {
        let migrates = self.config.and_then(|c| c.meta("allow-migrate")).is_some_and(is_true);
        match how {
            RelocateHow::Live => self.limited(self.by_manager()),
            RelocateHow::Suspend if !self.has_snapshot() => self.around_manager(),
            _ if !migrates => self.by_manager(),
            // Without this the manager would migrate it live.
            _ => {
                let off = meta(&self.service.id, "allow-migrate", "false");
                let on = meta(&self.service.id, "allow-migrate", "true");
                let mut steps = vec![Step::change("Switch live migration off for it", &self.post, off, 30)];
                steps.extend(self.by_manager());
                steps.push(Step::change("Switch live migration on again", &self.post, on, 30).when(When::Always));
                steps
            }
        }
    }

    /// The speed counts from the start; how long it may stand still can be said only to a migration that runs.
    fn limited(&self, moved: Vec<Step>) -> Vec<Step> {
        let Some(definition) = self.definition else { return moved };
        let guest = migration::Domain { node: &self.from, uri: &self.uri, name: &definition.name };
        let mut steps: Vec<Step> = self.limits.bandwidth_mib.map(|mib| guest.speed(mib)).into_iter().collect();
        let mut rest = moved.into_iter();
        steps.extend(rest.next());
        if let Some(ms) = self.limits.downtime_ms {
            let query = Query::new(&self.from, What::Job(self.uri.clone(), definition.name.clone()));
            let begun = Condition::Migrates(query, self.service.id.clone());
            steps.push(Step::wait("Its migration has begun", begun, self.patience()).unless(self.called_off()));
            steps.push(guest.downtime(ms));
        }
        steps.extend(rest);
        if self.limits.bandwidth_mib.is_some() {
            steps.push(guest.speed(migration::UNLIMITED).when(When::Broken));
        }
        steps
    }

    /// It stays where it is, and the constraint that would move it is gone: somebody has called it off.
    fn called_off(&self) -> Condition {
        Condition::All(vec![
            Condition::RunsOn(self.service.id.clone(), Arc::clone(&self.from)),
            Condition::NoLeftovers(self.moved.to_owned()),
        ])
    }

    /// The manager moves it.
    fn by_manager(&self) -> Vec<Step> {
        let secs = self.patience();
        let lifetime = format!("PT{}S", secs + 300);
        let prefer = crm_resource(&["--move", "--resource", self.moved, "--node", &self.to, "--lifetime", &lifetime]);
        let mut wait = Step::wait(
            format!("{} runs on {}", self.service.id, self.to),
            Condition::RunsOn(self.service.id.clone(), Arc::clone(&self.to)),
            secs,
        )
        .unless(self.called_off());
        if let Some(definition) = self.definition {
            wait = wait.metered(Query::new(&self.from, What::Job(self.uri.clone(), definition.name.clone())));
        }
        vec![
            Step::change(format!("Tell the manager to move {} to {}", self.moved, self.to), &self.post, prefer, 60),
            wait,
            Step::change("Take the constraint away again", &self.post, crm_resource(&["--clear", "--resource", self.moved]), 60)
                .when(When::Always),
        ]
    }

    /// Its memory goes through a file in the shared folder, while the manager leaves it alone.
    fn around_manager(&self) -> Vec<Step> {
        let name = self.definition.map_or("", |d| d.name.as_str());
        let folder = self.file().rsplit_once('/').map_or("", |(folder, _)| folder);
        let image = format!("{folder}/{name}.quorate-save");
        let id = self.service.id.as_str();
        let secs = self.patience().max(300);
        let save = virsh(&self.uri, &["save", "--domain", name, "--file", &image]);
        let restore = CommandLine::script(RESTORE, [self.uri.as_str(), &image]).privileged();
        let back = CommandLine::script(RESTORE_IF_THERE, [self.uri.as_str(), &image]).privileged();
        vec![
            Step::change("Tell the manager to leave it alone", &self.post, meta(id, "is-managed", "false"), 30),
            Step::wait("The manager leaves it alone", Condition::Managed(id.to_owned(), false), 30),
            Step::change(format!("Save its memory to {image}"), &self.from, save, secs),
            Step::change(format!("Restore it on {}", self.to), &self.to, restore, secs),
            Step::change(format!("Back to {}, if its memory is still in the file", self.from), &self.from, back, secs).when(When::Broken),
            refresh(id, &self.to, &self.post),
            refresh(id, &self.from, &self.post),
            Step::change("Let the manager look after it again", &self.post, unset(id, "is-managed"), 30).when(When::Always),
            Step::wait(format!("{id} runs on {}", self.to), Condition::RunsOn(id.to_owned(), Arc::clone(&self.to)), 120),
        ]
    }

    fn patience(&self) -> u64 {
        let of = |name: &str| self.config.and_then(|c| c.timeout(name)).unwrap_or(OPERATION);
        of("migrate_to") + of("migrate_from") + of("stop") + of("start") + 60
    }

    fn proof(&self) -> Vec<Condition> {
        let id = self.service.id.clone();
        let mut proof = vec![Condition::RunsOn(id.clone(), Arc::clone(&self.to)), Condition::NoLeftovers(self.moved.to_owned())];
        if let Some(definition) = self.definition {
            if self.input.cluster.member(&self.to).is_some_and(whereabouts::is_within_reach) {
                proof.push(Condition::guest(&self.to, &self.uri, &definition.name, Some("running")));
            }
            if self.input.cluster.member(&self.from).is_some_and(whereabouts::is_within_reach) {
                proof.push(Condition::guest(&self.from, &self.uri, &definition.name, None));
            }
        }
        proof
    }

    fn consequences(&self, how: RelocateHow) -> Consequences {
        let mut consequences = match self.input.found.simulation() {
            Some(sim) => Consequences::simulated(sim, self.input.cluster, None),
            None => Consequences { by: "what was asked for", ..Consequences::default() },
        };
        // Of the service itself the plan knows more than the simulation: the way that was chosen.
        consequences.fates.retain(|fate| fate.service != self.service.id);
        let kind = match how {
            RelocateHow::Live => FateKind::Migrates,
            RelocateHow::Suspend => FateKind::Pauses,
            RelocateHow::Restart => FateKind::Moves,
        };
        let why = match how {
            RelocateHow::Live => None,
            RelocateHow::Suspend => Some("stands still while its memory is saved here and restored there".to_owned()),
            RelocateHow::Restart => Some("is stopped and started: what is in its memory is gone".to_owned()),
        };
        let guest = self.service.kind == crate::domain::cluster::ServiceKind::Vm;
        let (from, to) = (Some(Arc::clone(&self.from)), Some(Arc::clone(&self.to)));
        consequences.fates.insert(0, Fate { service: self.service.id.clone(), guest, kind, from, to, why });
        consequences
    }

    /// What the target was compared for, one by one.
    fn compared(&self) -> Option<String> {
        let definition = self.definition?;
        let found = self.input.found;
        let mib = |bytes: Option<u64>| bytes.map_or("?".to_owned(), |b| (b >> 20).to_string());
        let cpu = match (definition.kind.as_deref(), found.cpu()) {
            (_, Some(Ok(CpuFit::Fits(how)))) => format!("CPU fits ({how})"),
            (_, Some(Ok(CpuFit::Lacks(_)))) => "CPU LACKS what it has".to_owned(),
            (Some("qemu"), None) => "CPU is emulated".to_owned(),
            (Some("kvm"), None) if definition.cpu.is_none() => "CPU is libvirt's default".to_owned(),
            _ => "CPU not known".to_owned(),
        };
        let Some(Ok(place)) = found.place(&self.to) else {
            return Some(format!("on {}: {cpu}; memory, disks, bridges, definition not known", self.to));
        };
        let things = |all: &[String], one: &str, many: &str| {
            let missing = place.missing.iter().filter(|m| m.starts_with(one)).count();
            format!("{} of {} {many}", all.len().saturating_sub(missing), all.len())
        };
        let sum = |node: &str| found.place(node).and_then(Result::ok).and_then(|p| p.config_sum.as_ref());
        let same = match (sum(&self.from), sum(&self.to)) {
            (Some(a), Some(b)) if a == b => "the same",
            (Some(_), Some(_)) => "DIFFERENT",
            (_, None) if place.config_file.is_none() => "MISSING",
            _ => "not known",
        };
        let disks = things(&definition.disks, "disk", "disks");
        let bridges = things(&definition.bridges, "bridge", "bridges");
        let (free, needs) = (mib(place.free_memory), mib(definition.memory));
        Some(format!("on {}: {cpu}; {free} MiB free, {needs} needed; {disks}, {bridges} there; definition {same}", self.to))
    }

    fn notices(&self) -> Vec<String> {
        let mut notices: Vec<String> = self.compared().into_iter().collect();
        let trouble: Vec<String> = self.input.found.troubles().map(|(node, trouble)| format!("not known: {node}: {trouble}")).collect();
        notices.extend(trouble);
        let sum = |node: &str| self.input.found.place(node).and_then(Result::ok).and_then(|p| p.config_sum.clone());
        if let (Some(a), Some(b)) = (sum(&self.from), sum(&self.to))
            && a != b
        {
            notices.push(format!("the definition {} differs between {} and {}", self.file(), self.from, self.to));
        }
        if let Some(prefers) = self.service.prefers.as_ref().filter(|p| **p != self.to) {
            notices.push(format!("{} prefers {prefers}: unless its stickiness is stronger, the manager takes it back", self.service.id));
        }
        if self.service.failures > 0 {
            notices.push(format!("{} has {} failures on record", self.service.id, self.service.failures));
        }
        notices.extend(crowd(self.input.cluster, self.moved, &self.service.id));
        notices
    }
}

/// What else moves because it is one with the service.
fn crowd(cluster: &Cluster, moved: &str, id: &str) -> Option<String> {
    if moved == id {
        return None;
    }
    let inside: Vec<&str> = cluster.services.iter().filter(|s| s.parent.as_deref() == Some(moved)).map(|s| s.id.as_str()).collect();
    Some(format!("{id} is part of {moved}: all of it moves ({})", inside.join(", ")))
}

fn is_true(word: &str) -> bool {
    matches!(word.to_ascii_lowercase().as_str(), "true" | "on" | "yes" | "y" | "1")
}

/// `crm_resource`.
pub(super) fn crm_resource(args: &[&str]) -> CommandLine {
    CommandLine::new("crm_resource", args.iter().copied()).privileged()
}

/// Has the manager look anew at a resource on one node. Without a node it would wait for every member, also for one that is just coming or going.
pub(super) fn refresh(id: &str, node: &str, post: &Arc<str>) -> Step {
    let command = crm_resource(&["--refresh", "--resource", id, "--node", node]);
    Step::change(format!("Let the manager look for {id} on {node}"), post, command, 120).when(When::Always)
}

/// Sets a meta attribute of a resource.
pub(super) fn meta(id: &str, name: &str, value: &str) -> CommandLine {
    crm_resource(&["--resource", id, "--meta", "--set-parameter", name, "--parameter-value", value])
}

/// Takes a meta attribute of a resource away.
pub(super) fn unset(id: &str, name: &str) -> CommandLine {
    crm_resource(&["--resource", id, "--meta", "--delete-parameter", name])
}

/// `virsh`, by the socket that may write.
pub(super) fn virsh(uri: &str, args: &[&str]) -> CommandLine {
    CommandLine::new("virsh", ["-c", uri].into_iter().chain(args.iter().copied())).privileged()
}
