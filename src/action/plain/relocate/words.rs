//! What a plan to move such a guest says beside its steps.

use crate::action::relocate::target;
use crate::domain::guest::DiskKind;
use crate::domain::task::RelocateHow;

use super::super::has_manager;
use super::Move;

impl Move<'_> {
    /// What the operator should know.
    pub(super) fn notices(&self, how: RelocateHow) -> Vec<String> {
        let mut notices: Vec<String> = self.compared().into_iter().collect();
        if how == RelocateHow::Live {
            self.of_route(&mut notices);
        }
        notices.push(self.of_definition(how));
        match how {
            RelocateHow::Live => {}
            RelocateHow::Suspend => notices.push("connections to it time out; its clock stands still".to_owned()),
            RelocateHow::Restart => {
                notices.push("a guest that does not listen to its power button stays on, where it is".to_owned());
            }
        }
        if has_manager(self.input.cluster) {
            notices.push("no service of the cluster manages it: nobody restarts or moves it".to_owned());
        }
        notices.extend(self.input.found.troubles().map(|(node, trouble)| format!("not known: {node}: {trouble}")));
        notices
    }

    fn compared(&self) -> Option<String> {
        let definition = self.definition.as_ref()?;
        let place = self.input.found.place(&self.to)?.ok()?;
        let cpu = target::cpu(self.input.found, definition);
        Some(format!("on {}: {cpu}; {}, the disks shared with {}", self.to, target::things(place, definition), self.row.node))
    }

    /// By which way its memory goes, and whose configuration says so.
    fn of_route(&self, notices: &mut Vec<String>) {
        let route = self.route();
        let (_, left) = route.options();
        let address = self.address.as_deref().unwrap_or_default();
        notices.push(match route.whose() {
            Some(service) => format!("{} reaches libvirt on {} by {address}; the options are those of {service}", self.row.node, self.to),
            None => format!("{} reaches libvirt on {} by {address}", self.row.node, self.to),
        });
        if let Some(Ok(way)) = self.input.found.reach() {
            notices.extend(way.bad.iter().map(|(uri, why)| format!("{uri} does not answer: {why}")));
        }
        if !left.is_empty() {
            notices.push(format!("left out of those options: {}", left.join(" ")));
        }
        let files = self.row.definition.iter().flat_map(|d| &d.disks).any(|d| d.kind == DiskKind::File && !d.read_only);
        if files && !route.options().0.contains(&"--unsafe") {
            notices.push(
                "libvirt refuses it where it takes the folder of a disk for storage of one node; then nothing has happened".to_owned(),
            );
        }
    }

    /// Where it is defined afterwards.
    fn of_definition(&self, how: RelocateHow) -> String {
        let (from, to) = (&self.row.node, &self.to);
        match how {
            _ if self.transient() => format!("it is transient, here as there: {to} forgets it once it is off"),
            RelocateHow::Suspend | RelocateHow::Restart => format!("it stays defined on {from}, as it is on {to}"),
            RelocateHow::Live => format!("it is persistent: afterwards {to} keeps its definition, and {from} does not know it any more"),
        }
    }
}
