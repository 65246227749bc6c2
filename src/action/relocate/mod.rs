//! Moving a service to another node: live, by suspend and resume, by stop and start.
//!
//! Each way is a constraint for the manager (`crm_resource --move` with a lifetime), a wait, and the clearing of that constraint; only the suspend way without the
//! agent's `snapshot` goes around the manager, which leaves the service alone meanwhile.

pub(super) mod target;
mod ways;
mod words;

use std::sync::Arc;

use crate::domain::cluster::{Service, ServiceKind};
use crate::domain::observation::simulation::{GuestDefinition, PrimitiveConfig, SimAction, SimStep};
use crate::domain::task::{Action, Limits, RelocateHow};
use crate::link::CommandLine;

use super::commands::{crm_resource, meta, refresh, unmove, unset, virsh};
use super::condition::Condition;
use super::handle;
use super::inquiry::{Query, What, libvirt_of};
use super::migration;
use super::plan::{Confirm, Input, Plan, Refusal, Salvage, Step, Undo, Way, When, exact};
use super::whereabouts;

/// Seconds that a manager's operation takes where its timeout is not configured (Pacemaker's default action timeout).
const OPERATION: u64 = 20;

/// No move is waited for longer than a day, whatever is configured.
const LONGEST: u64 = 86_400;

/// The image is used once: a second restore beside a disk that went on would ruin it.
/// That the file could not be removed afterwards is no failure: the guest runs, and must not be restored once more elsewhere.
pub(super) const RESTORE: &str = "as_root virsh -c \"$1\" restore --file \"$2\" || exit; as_root rm -f -- \"$2\" || echo \"$2 could not be removed: do not use it again\"";
/// The same, where the image was not used. That it is not there must be known for certain.
pub(super) const RESTORE_IF_THERE: &str = "said=$(as_root stat -Lc %i:%s:%Y -- \"$2\" 2>&1) || case $said in *[Nn]'o such file'*) exit 0 ;; *) printf '%s\\n' \"$said\" >&2; exit 1 ;; esac; as_root virsh -c \"$1\" restore --file \"$2\" || exit; as_root rm -f -- \"$2\" || echo \"$2 could not be removed: do not use it again\"";

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
    /// What names it for virsh; none: there is no definition.
    handle: Option<String>,
    uri: String,
}

/// The plan.
pub(super) fn plan(input: &Input<'_>, id: &str, to: &str, how: Option<RelocateHow>, limits: Limits) -> Result<Plan, Vec<Refusal>> {
    let cluster = input.cluster;
    let Some(service) = cluster.service(id) else { return Err(Vec::new()) };
    let outer = whereabouts::outermost(cluster, service);
    if let (ServiceKind::Clone | ServiceKind::Bundle, [_, _, ..]) = (outer.kind, service.owners.as_slice()) {
        let why = format!("{id} runs on {}: the instances of a {} have no one place", service.owners.join(", "), outer.kind.word());
        return Err(vec![Refusal::new("several-owners", why, "empty the node instead: quorate act drain NODE")]);
    }
    let from = whereabouts::owner(service)?;
    if *from == *to {
        return Err(vec![Refusal::new("already-there", format!("{id} runs on {to} already"), "name another node")]);
    }
    let config = input.found.primitive(id);
    // Only a live migration can be limited: nothing less gentle is done in its place.
    let how = if limits.is_none() { how } else { how.or(Some(RelocateHow::Live)) };
    let definition = config.and_then(|c| c.attribute("config")).and_then(|file| input.found.definition(file));
    let handle = definition.map(|d| handle::of_definition(d, cluster).ok_or_else(|| vec![handle::missing(&d.name)])).transpose()?;
    let it = Move {
        input,
        limits,
        service,
        moved: &outer.id,
        from,
        to: Arc::from(to),
        post: whereabouts::post_or_refuse(cluster, None)?,
        config,
        definition,
        handle,
        uri: libvirt_of(config),
    };
    let ways: Vec<Way> = RelocateHow::ALL.into_iter().map(|how| Way { how, closed: it.closed(how) }).collect();
    let chosen = how.or_else(|| ways.iter().find(|w| w.closed.is_empty()).map(|w| w.how));
    let way = ways.iter().find(|w| Some(w.how) == chosen).or_else(|| ways.last());
    let Some(way) = way.filter(|w| w.closed.is_empty()) else {
        return Err(refuse(&ways, how, &it.lift()));
    };
    let mut plan = input.blank();
    plan.steps = it.steps(way.how);
    plan.consequences = it.consequences(way.how);
    plan.proof = it.proof(way.how);
    plan.notices = it.notices(way.how);
    plan.salvage = it.salvage(way.how);
    plan.undo =
        Undo::By(Action::Relocate { service: id.to_owned(), to: it.from.to_string(), how: Some(way.how), limits: Limits::default() });
    plan.confirm = Confirm::Yes;
    plan.intent.action = Action::Relocate { service: id.to_owned(), to: to.to_owned(), how: Some(way.how), limits };
    plan.ways = ways;
    Ok(plan)
}

/// Why no way is open, or not this one.
/// `lift`: what would open one.
pub(super) fn refuse(ways: &[Way], how: Option<RelocateHow>, lift: &str) -> Vec<Refusal> {
    let of = ways.iter().filter(|w| how.is_none_or(|h| h == w.how));
    let mut all: Vec<Refusal> = Vec::new();
    for way in of {
        let open: Vec<&str> = ways.iter().filter(|w| w.closed.is_empty()).map(|w| w.how.word()).collect();
        let lift = if open.is_empty() { lift.to_owned() } else { format!("possible is: --how {}", open.join(", --how ")) };
        all.push(Refusal::new("way-closed", format!("{} is not possible: {}", way.how.word(), way.closed.join("; ")), lift));
    }
    all
}

impl Move<'_> {
    fn has_snapshot(&self) -> bool {
        self.config.and_then(|c| c.attribute("snapshot")).is_some_and(|s| !s.is_empty())
    }

    /// Whether the manager is not asked to move it: it is moved, and the manager finds it there.
    fn goes_around(&self, how: RelocateHow) -> bool {
        how == RelocateHow::Suspend && !self.has_snapshot()
    }

    fn file(&self) -> &str {
        self.config.and_then(|c| c.attribute("config")).unwrap_or("?")
    }

    fn steps(&self, how: RelocateHow) -> Vec<Step> {
        match how {
            RelocateHow::Live => self.limited(self.by_manager()),
            _ if self.goes_around(how) => self.around_manager(),
            // Without this the manager would migrate it live.
            _ => {
                let movers = self.movers();
                let mut steps: Vec<Step> = movers.iter().map(|id| self.switch_off(id)).collect();
                steps.extend(self.by_manager());
                steps.extend(movers.iter().map(|id| self.switch_on(id)));
                steps
            }
        }
    }

    fn switch_off(&self, id: &str) -> Step {
        Step::change(format!("Switch live migration off for {}", self.it(id)), &self.post, meta(id, "allow-migrate", "false"), 30)
    }

    /// What a guest has from its template, its group or the defaults counts again once its own is gone.
    fn switch_on(&self, id: &str) -> Step {
        let command = match self.input.found.primitive(id).and_then(|c| c.own("allow-migrate")) {
            Some(own) => meta(id, "allow-migrate", if is_true(own) { "true" } else { "false" }),
            None => unset(id, "allow-migrate"),
        };
        let of = if id == self.service.id { String::new() } else { format!(" for {id}") };
        Step::change(format!("Switch live migration on again{of}"), &self.post, command, 30).when(When::Always)
    }

    fn it<'b>(&self, id: &'b str) -> &'b str {
        if id == self.service.id { "it" } else { id }
    }

    /// What the manager would migrate live: the service, or parts of it.
    fn movers(&self) -> Vec<&str> {
        let parts = whereabouts::parts(self.input.cluster, self.service);
        parts.into_iter().map(|part| part.id.as_str()).filter(|id| self.migrates(id)).collect()
    }

    /// Whether the manager would migrate it live: by its own word, or, of the service itself, as it is configured.
    fn migrates(&self, id: &str) -> bool {
        let allowed = || id == self.service.id && self.config.and_then(|c| c.meta("allow-migrate")).is_some_and(is_true);
        self.would(id, SimAction::Migrate) || allowed()
    }

    /// Whether the manager's simulation does this to it.
    fn would(&self, id: &str, what: SimAction) -> bool {
        self.told().any(|a| a.action == what && whereabouts::is_part(self.input.cluster, &a.resource, id))
    }

    /// What the manager's simulation does to the service and to its parts.
    fn told(&self) -> impl Iterator<Item = &SimStep> {
        let all = self.input.found.simulation().into_iter().flat_map(|sim| &sim.actions);
        all.filter(move |a| whereabouts::is_part(self.input.cluster, &a.resource, &self.service.id))
    }

    /// The speed counts from the start; how long it may stand still can be said only to a migration that runs.
    fn limited(&self, moved: Vec<Step>) -> Vec<Step> {
        let Some(handle) = &self.handle else { return moved };
        let guest = migration::Domain { node: &self.from, uri: &self.uri, handle };
        let mut steps: Vec<Step> = self.limits.bandwidth_mib.map(|mib| guest.speed(mib)).into_iter().collect();
        let mut rest = moved.into_iter();
        steps.extend(rest.next());
        if let Some(ms) = self.limits.downtime_ms {
            let query = Query::new(&self.from, What::Job(self.uri.clone(), handle.clone()));
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
            Condition::Unmoved(self.moved.to_owned(), Arc::clone(&self.to)),
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
        if let Some(handle) = &self.handle {
            wait = wait.metered(Query::new(&self.from, What::Job(self.uri.clone(), handle.clone())));
        }
        vec![
            Step::change(format!("Tell the manager to move {} to {}", self.moved, self.to), &self.post, prefer, 60),
            wait,
            Step::change("Take the constraint away again", &self.post, unmove(self.moved, &self.to), 60).when(When::Always),
        ]
    }

    /// Its memory goes through a file in the shared folder, while the manager leaves it alone.
    fn around_manager(&self) -> Vec<Step> {
        let name = self.definition.map_or("", |d| d.name.as_str());
        let handle = self.handle.as_deref().unwrap_or_default();
        let image = self.image();
        let id = self.service.id.as_str();
        let secs = self.patience().max(300);
        let save = virsh(&self.uri, &["save", "--domain", handle, "--file", &image]);
        let restore = CommandLine::script(RESTORE, [self.uri.as_str(), &image]).privileged();
        let on = |node: &Arc<str>| Condition::RunsOn(id.to_owned(), Arc::clone(node));
        // If it runs nowhere its memory is in the file alone: the manager would start it anew, and the memory would be worth nothing.
        let found = Condition::All(vec![Condition::Any(vec![on(&self.to), on(&self.from)]), Condition::Clean(id.to_owned())]);
        let back = CommandLine::script(RESTORE_IF_THERE, [self.uri.as_str(), &image]).privileged();
        vec![
            Step::change("Tell the manager to leave it alone", &self.post, meta(id, "is-managed", "false"), 30),
            Step::wait("The manager leaves it alone", Condition::Managed(id.to_owned(), false), 30),
            Step::change(format!("Save its memory to {image}"), &self.from, save, secs),
            Step::change(format!("Restore it on {}", self.to), &self.to, restore, secs).when(When::Settled),
            Step::wait(format!("It does not run on {}", self.to), Condition::guest(&self.to, &self.uri, handle, name, None), 60)
                .when(When::Broken),
            Step::change(format!("Back to {}, if its memory is still in the file", self.from), &self.from, back, secs).when(When::Settled),
            refresh(id, &self.to, &self.post),
            refresh(id, &self.from, &self.post),
            Step::wait("The manager has it on one of them alone, and no failure on record", found, 120).when(When::Settled),
            Step::change("Let the manager look after it again", &self.post, unset(id, "is-managed"), 30).when(When::Settled),
            Step::wait(format!("{id} runs on {}", self.to), Condition::RunsOn(id.to_owned(), Arc::clone(&self.to)), 120),
        ]
    }

    /// Its memory's file, where it goes through one that quorate names.
    fn image(&self) -> String {
        let folder = self.file().rsplit_once('/').map_or("", |(folder, _)| folder);
        format!("{folder}/{}.quorate-save", self.definition.map_or("", |d| d.name.as_str()))
    }

    /// What is said of its memory should [`Self::around_manager`] break.
    fn salvage(&self, how: RelocateHow) -> Option<Salvage> {
        let definition = self.definition.filter(|_| self.goes_around(how))?;
        let (id, image, handle) = (&self.service.id, self.image(), self.handle.as_deref()?);
        let both = format!("{} and {}", self.from, self.to);
        let by_hand = vec![
            (both, exact(&virsh(&self.uri, &["domstate", "--domain", handle]))),
            (format!("{} or {}, if it runs on neither", self.to, self.from), used_up(&self.uri, &image)),
            (self.post.to_string(), exact(&crm_resource(&["--refresh", "--resource", id]))),
            (format!("{}, once the manager has it on one node alone", self.post), exact(&unset(id, "is-managed"))),
        ];
        Some(Salvage { guest: definition.name.clone(), image, saved: 2, restored: vec![3, 5], seen: 8, by_hand })
    }

    /// The parts of a group go one after another.
    fn patience(&self) -> u64 {
        let of = |config: Option<&PrimitiveConfig>, name: &str| config.and_then(|c| c.timeout(name)).unwrap_or(OPERATION);
        let each = whereabouts::parts(self.input.cluster, self.service).into_iter().flat_map(|part| {
            let config = self.input.found.primitive(&part.id);
            ["migrate_to", "migrate_from", "stop", "start"].map(|name| of(config, name))
        });
        each.fold(60, u64::saturating_add).min(LONGEST)
    }

    fn proof(&self, how: RelocateHow) -> Vec<Condition> {
        let id = self.service.id.clone();
        let mut proof = vec![Condition::RunsOn(id.clone(), Arc::clone(&self.to))];
        if !self.goes_around(how) {
            proof.push(Condition::Unmoved(self.moved.to_owned(), Arc::clone(&self.to)));
        }
        let Some((definition, handle)) = self.definition.zip(self.handle.as_deref()) else { return proof };
        let on = |node, state| Condition::guest(node, &self.uri, handle, &definition.name, state);
        let able = |node: &str| self.input.cluster.member(node).is_some_and(whereabouts::is_within_reach);
        // One that is started anew without a UUID of its own gets another one.
        if able(&self.to) && (how != RelocateHow::Restart || handle::lasting(definition).is_some()) {
            proof.push(on(&self.to, Some("running")));
        }
        if able(&self.from) {
            proof.push(on(&self.from, None));
        }
        proof
    }
}

/// The image used once, by hand.
pub(super) fn used_up(uri: &str, image: &str) -> String {
    let remove = CommandLine::new("rm", ["-f", "--", image]);
    format!("{} && {}", exact(&virsh(uri, &["restore", "--file", image])), exact(&remove))
}

pub(super) fn is_true(word: &str) -> bool {
    matches!(word.to_ascii_lowercase().as_str(), "true" | "on" | "yes" | "y" | "1")
}
