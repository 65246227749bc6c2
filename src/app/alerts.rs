//! Alerts on the screen: which are loud, which the operator has quieted and until when.

use std::time::Duration;

use super::index::Index;
use super::model::Model;
use super::rows::RowId;
use super::words;
use crate::domain::alert::{Alert, AlertCode};
use crate::domain::cluster::Cluster;
use crate::domain::event::Severity;
use crate::domain::stamp::Stamp;

/// The first look at a cluster takes this long, microseconds: its parts come one after the other.
const FIRST_LOOK: i64 = 10_000_000;

/// An alert's identity.
pub type AlertId = (AlertCode, String);

/// Quieted until then, at most this severe: what gets worse is loud again.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Quiet {
    id: AlertId,
    severity: Severity,
    until: Stamp,
}

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct Alerts {
    quiet: Vec<Quiet>,
    /// The selected alert.
    pub selected: Option<AlertId>,
    /// Where it is, or was when it vanished.
    pub cursor: usize,
    /// The first visible one.
    pub offset: usize,
}

impl Alerts {
    /// Until when an alert is quiet, if it is.
    pub fn quiet_until(&self, alert: &Alert) -> Option<Stamp> {
        self.quiet.iter().find(|q| q.id.0 == alert.code && q.id.1 == alert.subject && q.severity >= alert.severity).map(|q| q.until)
    }

    /// Those that are not quieted, worst first.
    pub fn loud<'a>(&'a self, c: &'a Cluster) -> impl Iterator<Item = &'a Alert> {
        c.alerts.iter().filter(|a| self.quiet_until(a).is_none())
    }

    /// Quiets an alert for a while.
    pub fn quiet(&mut self, alert: &Alert, now: Stamp, how_long: Duration) {
        self.unquiet(&(alert.code, alert.subject.clone()));
        self.quiet.push(Quiet { id: (alert.code, alert.subject.clone()), severity: alert.severity, until: now.after(how_long) });
    }

    /// Makes it loud again.
    pub fn unquiet(&mut self, id: &AlertId) {
        self.quiet.retain(|q| q.id != *id);
    }

    /// Ends what is over. True if something became loud.
    pub fn expire(&mut self, now: Stamp) -> bool {
        let before = self.quiet.len();
        self.quiet.retain(|q| q.until > now);
        self.quiet.len() != before
    }

    /// Forgets what was quieted (another cluster).
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// Finds the selection again among new alerts.
    pub fn anchor(&mut self, c: &Cluster, height: usize) {
        if let Some(id) = &self.selected {
            match c.alerts.iter().position(|a| a.code == id.0 && a.subject == id.1) {
                Some(at) => self.cursor = at,
                None => self.selected = None,
            }
        }
        self.cursor = self.cursor.min(c.alerts.len().saturating_sub(1));
        self.offset = super::list::scrolled(self.offset, self.cursor, c.alerts.len(), height);
    }

    /// Selects by place.
    pub fn select(&mut self, at: usize, c: &Cluster, height: usize) {
        self.cursor = at.min(c.alerts.len().saturating_sub(1));
        self.selected = c.alerts.get(self.cursor).map(|a| (a.code, a.subject.clone()));
        self.offset = super::list::scrolled(self.offset, self.cursor, c.alerts.len(), height);
    }

    /// The selected alert.
    pub fn get<'a>(&self, c: &'a Cluster) -> Option<&'a Alert> {
        let (code, subject) = self.selected.as_ref()?;
        c.alerts.iter().find(|a| a.code == *code && a.subject == *subject)
    }
}

/// Since when, in words. What was there when quorate first looked may be older.
pub fn since(model: &Model, at: Stamp) -> String {
    let text = words::moment(at, model.setup.now, &model.setup.zone);
    let first = model.first_look.is_some_and(|first| at.0 <= first.0.saturating_add(FIRST_LOOK));
    if first { format!("{text} or earlier") } else { text }
}

/// What an alert is about; votes and quorum if it is about the cluster as a whole.
pub fn target(alert: &Alert, c: &Cluster, index: &Index) -> RowId {
    use AlertCode as A;
    let subject = alert.subject.as_str();
    let split = subject.split_once(':');
    let found = match alert.code {
        A::BondDown | A::BondDegraded | A::SinglePortBond => split.map(|(node, name)| RowId::Bond(node.into(), name.to_owned())),
        A::PathLost => split.map(|(_, name)| RowId::Paths(name.to_owned())),
        A::VolumeFull | A::ThinPoolFull => full_target(subject, c),
        _ if c.member(subject).is_some() => Some(RowId::Member(subject.into())),
        _ if c.service(subject).is_some() => Some(RowId::Service(subject.to_owned())),
        _ => c.guests.iter().find(|g| g.name == subject).map(|g| RowId::Guest(g.node.clone(), g.uuid.clone(), g.name.clone())),
    };
    found.filter(|id| super::detail::exists(id, c, index)).unwrap_or(RowId::Quorum)
}

fn full_target(subject: &str, c: &Cluster) -> Option<RowId> {
    if let Some(v) =
        c.volumes.iter().find(|v| subject.strip_prefix(v.vg.as_str()).and_then(|s| s.strip_prefix('/')).is_some_and(|lv| lv == v.lv))
    {
        return Some(RowId::Volume(v.vg.clone(), v.lv.clone(), v.uuid.clone()));
    }
    let (node, mount) = subject.split_once(':')?;
    let fs = c.filesystems.iter().find(|f| &*f.node == node && f.mount == mount)?;
    Some(RowId::Mount(fs.mount.clone(), fs.source.clone()))
}
