//! What each way sends, and what proves that the guest has arrived.

use std::sync::Arc;

use crate::action::commands::virsh;
use crate::action::condition::Condition;
use crate::action::inquiry::{Query, What, libvirt_on};
use crate::action::plan::{Fate, FateKind, Salvage, Step, When, exact};
use crate::action::relocate::{RESTORE, RESTORE_IF_THERE, used_up};
use crate::domain::task::RelocateHow;
use crate::link::CommandLine;

use super::super::verbs::SHUTDOWN;
use super::Move;

/// Seconds that a migration may take: a day.
const MIGRATION: u64 = 86_400;
/// Seconds for its memory to be written, or read.
const MEMORY: u64 = 3600;

/// `$1` libvirt here, `$2` guest, `$3` milliseconds; then virsh's words for the migration. How long it may stand still can be said only to a migration that runs. One line,
/// for it stands in the plan as it is.
const LIMITED: &str = "u=$1 d=$2 ms=$3; shift 3; as_root virsh -c \"$u\" migrate \"$@\" & p=$!; n=0; until as_root virsh -r -c \"$u\" domjobinfo --domain \"$d\" 2>/dev/null | grep -qi remaining || [ $n = 50 ]; do sleep 0.2; n=$((n+1)); done; as_root virsh -c \"$u\" migrate-setmaxdowntime --domain \"$d\" --downtime \"$ms\"; wait $p";

impl Move<'_> {
    pub(super) fn steps(&self, how: RelocateHow) -> Vec<Step> {
        match how {
            RelocateHow::Live => self.live(),
            RelocateHow::Suspend => self.through_a_file(),
            RelocateHow::Restart => self.stopped_and_started(),
        }
    }

    fn there(&self) -> String {
        libvirt_on(self.input.cluster, &self.to)
    }

    /// virsh's words for the migration.
    fn words(&self) -> Vec<String> {
        let route = self.route();
        let mut words = vec!["--live".to_owned()];
        if !self.transient() {
            words.extend(["--persistent", "--undefinesource"].map(str::to_owned));
        }
        words.extend(route.options().0.into_iter().map(str::to_owned));
        if let Some(mib) = self.limits.bandwidth_mib {
            words.extend(["--bandwidth".to_owned(), mib.to_string()]);
        }
        let address = self.address.clone().unwrap_or_default();
        words.extend(["--domain".to_owned(), self.guest.handle.clone(), "--desturi".to_owned(), address]);
        if let Some(data) = route.data() {
            words.extend(["--migrateuri".to_owned(), data]);
        }
        words
    }

    fn live(&self) -> Vec<Step> {
        let guest = &self.guest;
        let words = self.words();
        let command = match self.limits.downtime_ms {
            None => {
                let words: Vec<&str> = std::iter::once("migrate").chain(words.iter().map(String::as_str)).collect();
                virsh(&guest.uri, &words)
            }
            Some(ms) => {
                let first = [guest.uri.clone(), guest.handle.clone(), ms.to_string()];
                CommandLine::script(LIMITED, first.into_iter().chain(words)).privileged()
            }
        };
        let job = Query::new(&guest.node, What::Job(guest.uri.clone(), guest.handle.clone()));
        let mut steps =
            vec![Step::change(format!("Migrate {} to {}", self.row.name, self.to), &guest.node, command, MIGRATION).metered(job)];
        if self.starts_with_its_host() {
            steps.push(self.start_with_its_host());
        }
        steps
    }

    /// What libvirt does not take along.
    fn starts_with_its_host(&self) -> bool {
        self.row.definition.as_ref().and_then(|d| d.autostart) == Some(true) && !self.transient()
    }

    fn start_with_its_host(&self) -> Step {
        let command = virsh(&self.there(), &["autostart", "--domain", &self.row.uuid]);
        Step::change(format!("Have it start with {}, as it did with {}", self.to, self.row.node), &self.to, command, 60)
    }

    /// Where both nodes keep its definition: the one that it has left must not start it as a second one.
    fn no_longer_here(&self) -> Vec<Step> {
        if !self.starts_with_its_host() {
            return Vec::new();
        }
        let guest = &self.guest;
        let command = virsh(&guest.uri, &["autostart", "--disable", "--domain", &guest.handle]);
        let off = Step::change(format!("Have {} not start it any more", guest.node), &guest.node, command, 60);
        vec![off, self.start_with_its_host()]
    }

    /// Its memory through a file beside its disk.
    fn through_a_file(&self) -> Vec<Step> {
        let guest = &self.guest;
        let image = self.image();
        let there = self.there();
        let script = |script: &'static str, uri: &str| CommandLine::script(script, [uri, image.as_str()]).privileged();
        let save = virsh(&guest.uri, &["save", "--domain", &guest.handle, "--file", &image]);
        let back = format!("Back to {}, if its memory is still in the file", guest.node);
        let back = Step::change(back, &guest.node, script(RESTORE_IF_THERE, &guest.uri), MEMORY);
        let mut steps = vec![
            Step::change(format!("Save its memory to {image}"), &guest.node, save, MEMORY),
            Step::change(format!("Restore it on {}", self.to), &self.to, script(RESTORE, &there), MEMORY).when(When::Settled),
        ];
        steps.extend(self.unless_there(back));
        steps.push(Step::wait(format!("{} runs on one of them", self.row.name), self.runs(), 60).when(When::Always));
        steps.extend(self.no_longer_here());
        steps
    }

    fn runs(&self) -> Condition {
        Condition::Any(vec![self.is_on(&self.to, Some("running")), self.is_on(&self.guest.node, Some("running"))])
    }

    fn image(&self) -> String {
        format!("{}/{}.quorate-save", self.folder().unwrap_or_default(), self.row.name)
    }

    /// What is said of its memory should [`Self::through_a_file`] break.
    pub(super) fn salvage(&self, how: RelocateHow) -> Option<Salvage> {
        if how != RelocateHow::Suspend {
            return None;
        }
        let (guest, image, there) = (&self.guest, self.image(), self.there());
        let state = |uri: &str| exact(&virsh(uri, &["domstate", "--domain", &self.row.uuid]));
        let by_hand = vec![
            (guest.node.to_string(), state(&guest.uri)),
            (self.to.to_string(), state(&there)),
            (format!("{}, if it runs on neither", self.to), used_up(&there, &image)),
            (format!("{}, if it does not go on there", guest.node), used_up(&guest.uri, &image)),
        ];
        Some(Salvage { guest: self.row.name.clone(), image, saved: 0, restored: vec![1, 3], seen: 4, by_hand })
    }

    fn stopped_and_started(&self) -> Vec<Step> {
        let guest = &self.guest;
        let name = &self.row.name;
        let off = guest.is(None);
        let press = virsh(&guest.uri, &["shutdown", "--domain", &guest.handle]);
        let start = virsh(&self.there(), &["start", "--domain", &self.row.uuid]);
        let mut steps = vec![
            Step::change(format!("Have the power button pressed of {name} on {}", guest.node), &guest.node, press, 60),
            // Once its power button is pressed it is not left lying: stopping this counts only before.
            Step::wait(format!("{name} is off"), off, SHUTDOWN).when(When::Settled),
            Step::change(format!("Start it on {}", self.to), &self.to, start, 60).when(When::Settled),
        ];
        if !self.transient() {
            let again = virsh(&guest.uri, &["start", "--domain", &guest.handle]);
            steps.extend(self.unless_there(Step::change(format!("Start it on {} again", guest.node), &guest.node, again, 60)));
        }
        steps.extend(self.no_longer_here());
        steps
    }

    /// What makes good a step that broke, once it is seen not to run on the target after all: both would write to its disks.
    fn unless_there(&self, back: Step) -> [Step; 2] {
        let away = Step::wait(format!("It does not run on {}", self.to), self.is_on(&self.to, None), 60);
        [away.when(When::Broken), back.when(When::Settled)]
    }

    /// How libvirt has it on a node, by its UUID: another guest may have its name.
    fn is_on(&self, node: &Arc<str>, state: Option<&'static str>) -> Condition {
        let query = Query::new(node, What::State(libvirt_on(self.input.cluster, node), self.row.uuid.clone()));
        Condition::Guest { query, guest: self.row.name.clone(), state }
    }

    /// By libvirt on both nodes.
    pub(super) fn proof(&self) -> Vec<Condition> {
        vec![self.is_on(&self.to, Some("running")), self.is_on(&self.guest.node, None)]
    }

    pub(super) fn fate(&self, how: RelocateHow) -> Fate {
        let (kind, why) = match how {
            RelocateHow::Live => (FateKind::Migrates, None),
            RelocateHow::Suspend => (FateKind::Pauses, Some("stands still while its memory is saved here and restored there")),
            RelocateHow::Restart => (FateKind::Moves, Some("is stopped and started: what is in its memory is gone")),
        };
        let (from, to) = (Some(Arc::clone(&self.guest.node)), Some(Arc::clone(&self.to)));
        Fate { service: self.id.to_owned(), guest: true, kind, from, to, why: why.map(str::to_owned) }
    }
}
