//! `dlm_tool status` and `dlm_tool ls` (dlm 4, dlm_tool/main.c).

use super::{SEPARATOR, leading};
use crate::domain::observation::corosync::DlmView;
use crate::domain::text;

/// Reads both outputs; none if dlm_controld answered neither.
pub fn read(said: &str) -> Option<DlmView> {
    let (status, spaces) = said.split_once(SEPARATOR).unwrap_or((said, ""));
    let mut view = DlmView::default();
    for line in status.lines().map(str::trim) {
        read_status(line, &mut view);
    }
    let answered = view.node_id.is_some() || spaces.contains("dlm lockspaces");
    for block in spaces.split("\n\n") {
        read_space(block, &mut view);
    }
    (answered || !view.lockspaces.is_empty()).then_some(view)
}

fn read_status(line: &str, view: &mut DlmView) {
    let value = |key: &str| line.split_once(key).and_then(|(_, rest)| leading::<u32>(rest));
    let mut words = line.split_whitespace();
    match (words.next(), words.next()) {
        (Some("cluster"), Some("nodeid")) => {
            view.node_id = value("cluster nodeid ");
            view.quorate = value(" quorate ").map(|q| q != 0);
        }
        (Some("daemon"), _) => {
            if let Some(pid) = value("fence_pid ").filter(|pid| *pid != 0) {
                view.waiting.push(format!("fencing (pid {pid})"));
            }
        }
        // `node 2 M add ...` is a member's history; a node that still has to be fenced has a line `fence 2 ...`.
        (None | Some("node"), _) => {}
        _ if view.node_id.is_some() => view.waiting.push(text::clean(line)),
        _ => {}
    }
}

/// One lockspace: `name`, `flags`, `change`, `members`; while it changes also `new change`, `new status`, `new members`.
fn read_space(block: &str, view: &mut DlmView) {
    let (mut name, mut members, mut changing) = (None, Vec::new(), false);
    for line in block.lines().map(str::trim) {
        if let Some(rest) = line.strip_prefix("new change") {
            changing |= !rest.is_empty();
        } else if let Some(rest) = line.strip_prefix("new status") {
            changing = true;
            let space = name.as_deref().unwrap_or_default();
            view.waiting.push(text::clean(&format!("{space}: {}", rest.trim())));
        } else if let Some(rest) = line.strip_prefix("name ") {
            name = Some(text::clean(rest.trim()));
        } else if let Some(rest) = line.strip_prefix("members ") {
            members = rest.split_whitespace().filter_map(|id| id.parse().ok()).collect();
        } else if let Some(rest) = line.strip_prefix("flags ") {
            // Stopped in the kernel until membership and fencing are settled.
            changing |= rest.contains("kern_stop");
        }
    }
    view.lockspaces.extend(name.map(|name| (name, members, changing)));
}
