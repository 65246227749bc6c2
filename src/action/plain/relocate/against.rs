//! What stands against each way, and what would lift it.

use crate::action::handle;
use crate::action::plan::Refusal;
use crate::action::relocate::target;
use crate::action::suspend;
use crate::domain::guest::Guest;
use crate::domain::observation::TroubleKind;
use crate::domain::observation::simulation::GuestState;
use crate::domain::task::RelocateHow;

use super::super::around;
use super::Move;

/// That it runs, as libvirt says just now.
pub(super) fn running(guest: &suspend::Guest, row: &Guest, id: &str) -> Result<(), Vec<Refusal>> {
    suspend::in_state(guest, "running").map_err(|mut against| {
        let lift = match &guest.state {
            GuestState::Is(state, _) if state == "shut off" => Some(format!("quorate act start {id}")),
            GuestState::Is(state, reason) if state == "paused" && !row.migrating && !suspend::by_migration(reason.as_deref()) => {
                Some(format!("quorate act resume {id}"))
            }
            _ => None,
        };
        if let (Some(lift), Some(first)) = (lift, against.first_mut()) {
            first.lift = lift;
        }
        against
    })
}

impl Move<'_> {
    /// What stands against a way; empty: it is open.
    pub(super) fn against(&self, how: RelocateHow) -> Vec<Refusal> {
        let mut all = Vec::new();
        if how != RelocateHow::Live && !self.limits.is_none() {
            all.push(Refusal::new("way-closed", "only a live migration can be limited", "leave the limits out"));
        }
        match how {
            RelocateHow::Live => {
                self.against_memory(&mut all);
                self.against_route(&mut all);
            }
            RelocateHow::Suspend => {
                self.against_memory(&mut all);
                self.against_folder(&mut all);
                self.against_undefined(self.transient(), &mut all);
            }
            RelocateHow::Restart => self.against_undefined(false, &mut all),
        }
        self.against_target(&mut all);
        all
    }

    /// A live migration alone takes the definition along.
    fn against_undefined(&self, not_needed: bool, all: &mut Vec<Refusal>) {
        if !not_needed && !self.defined_there() {
            let why = format!("{} has no definition of {}, and only a live migration takes it along", self.to, self.row.name);
            let lift = format!("on {}: virsh dumpxml --inactive {}; on {}: virsh define", self.row.node, self.guest.handle, self.to);
            all.push(Refusal::new("not-defined", why, lift));
        }
    }

    /// What the target lacks, whatever the way.
    fn against_target(&self, all: &mut Vec<Refusal>) {
        let to = &self.to;
        let Some(definition) = &self.definition else {
            let why = format!("the definition of {} could not be read: which disks it has is not known", self.row.name);
            all.push(Refusal::new("no-definition", why, format!("see why libvirt on {} does not tell it", self.row.node)));
            return;
        };
        if self.name_is_taken() {
            let why = format!("libvirt on {to} has another guest of the name {}", self.row.name);
            all.push(Refusal::new("name-taken", why, "rename one of them: virsh domrename"));
        }
        let networks = target::networks_missing(self.input.cluster, self.row, to);
        let lacking = target::lacks(self.input.found, to, definition.memory, None).into_iter().chain(networks);
        all.extend(lacking.map(|why| Refusal::new("target-lacks", why, format!("bring that about on {to}, or name another node"))));
        if let Some(Err(trouble)) = self.input.found.place(to).filter(|p| p.is_err_and(|t| t.kind != TroubleKind::Late)) {
            let why = format!("what {to} has for the guest could not be looked at: {trouble}");
            all.push(Refusal::new("unknown-state", why, "see what hinders it"));
        }
        let lift = "a disk on storage that both nodes share, or name another node";
        all.extend(self.unshared().into_iter().map(|why| Refusal::new("not-shared", why, lift)));
    }

    /// What keeps it from going on elsewhere with the memory that it has.
    fn against_memory(&self, all: &mut Vec<Refusal>) {
        let count = self.definition.as_ref().map_or(0, |d| d.passed_through);
        if let Some(why) = target::passed_through(count) {
            all.push(Refusal::new("host-devices", why, "detach them first: virsh detach-device"));
        }
        if let Some(why) = target::cpu_lacks(self.input.found, &self.to) {
            all.push(Refusal::new("cpu", why, "name a node whose CPU has it, or give the guest an older CPU model and restart it"));
        }
        all.extend(target::snapshots(self.row).map(|why| Refusal::new("snapshots", why, target::DELETE_SNAPSHOTS)));
    }

    /// The way from libvirt to libvirt.
    fn against_route(&self, all: &mut Vec<Refusal>) {
        let (from, to) = (&self.row.node, &self.to);
        let tried = self.route().addresses();
        let first = tried.first().map_or("", String::as_str);
        let lift = format!("on {from}, as root, this must answer: virsh -c '{first}' hostname");
        let why = match self.input.found.reach() {
            Some(Ok(way)) => match (&self.address, &way.good) {
                (Some(_), _) => return,
                (None, Some((uri, host))) => format!("from {from} {uri} leads to {host}, which is not {to}"),
                (None, None) => {
                    let bad: Vec<String> = way.bad.iter().map(|(uri, why)| format!("{uri}: {why}")).collect();
                    format!("{from} does not reach libvirt on {to} ({})", bad.join("; "))
                }
            },
            Some(Err(trouble)) => format!("whether {from} reaches libvirt on {to} is not known: {trouble}"),
            None => format!("whether {from} reaches libvirt on {to} is not known"),
        };
        all.push(Refusal::new("no-route", why, lift));
    }

    /// The address that answered the source, if it leads to the target.
    pub(super) fn answering(&self) -> Option<String> {
        let (uri, host) = self.input.found.reach()?.ok()?.good.as_ref()?;
        let mut known = self.input.cluster.virt.iter().filter(|v| v.node == self.to).filter_map(|v| v.host.as_ref()?.hostname.as_ref());
        // Which host it is only the target's libvirt can tell: an address may lead anywhere.
        let same = |name: &String| name.split('.').next() == host.split('.').next();
        let right = known.next().is_none_or(same);
        self.route().addresses().into_iter().find(|address| address == uri).filter(|_| right)
    }

    fn against_folder(&self, all: &mut Vec<Refusal>) {
        if self.row.definition.as_ref().is_some_and(|d| d.firmware.as_deref() == Some("efi")) {
            let why = format!("the variables of its firmware lie on {} alone", self.row.node);
            all.push(Refusal::new("way-closed", why, "relocate it live"));
        }
        if self.folder().is_none() {
            let why = format!("no disk of it is a file in a folder that {} and {} share: its memory has no way", self.row.node, self.to);
            all.push(Refusal::new("way-closed", why, "a disk on a filesystem that both nodes mount"));
        }
    }

    /// The target has one of that name which is not this one.
    fn name_is_taken(&self) -> bool {
        let named = self.input.found.place(&self.to).and_then(Result::ok).map(|p| &p.guest);
        let same = around::known_on(self.input, &self.to, self.row);
        matches!(named, Some(GuestState::Is(..))) && matches!(same, GuestState::Absent) && !handle::is_number(&self.row.name)
    }
}
