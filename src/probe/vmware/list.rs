//! The guests of a node, and how each of them is.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{marked, question, value_of, vmx};
use crate::domain::observation::vmware::{VmwareList, VmwareRow, VmwareState, VmwareTool};
use crate::domain::observation::{Trouble, TroubleKind};
use crate::domain::redact;
use crate::domain::text::clean;
use crate::probe::Raw;
use crate::probe::parts::{lossy, sections};

/// Reads what the script printed.
pub fn read(raw: Raw<'_>) -> Result<VmwareList, Trouble> {
    let text = lossy(raw.stdout);
    let mut found = None;
    let (mut running, mut rows) = (Vec::new(), BTreeMap::new());
    let mut scripts: Vec<(String, String)> = Vec::new();
    for (name, body) in sections(&text) {
        if let Some(tool) = name.strip_prefix("list ") {
            let tool = if tool.trim() == "vmrun" { VmwareTool::Run } else { VmwareTool::Cmd };
            running = listed(raw, body)?;
            found = Some(tool);
        } else if let Some(path) = name.strip_prefix("guest ") {
            rows.insert(clean(path), row(clean(path), body));
        } else if let Some(file) = name.strip_prefix("script ") {
            scripts.extend(marked(body, ":").map(|path| (clean(file), clean(path.trim()))));
        }
    }
    let Some(tool) = found else {
        return Err(if text.trim().is_empty() { raw.refusal() } else { raw.garbled("the list of guests is not in it") });
    };
    let mut rows: Vec<VmwareRow> =
        if tool == VmwareTool::Run { rows.into_values().map(|row| by_list(row, &running)).collect() } else { rows.into_values().collect() };
    // Unregistered between the list and the question.
    rows.retain(|row| row.trouble.as_deref().is_none_or(|said| !is_absent(said)));
    scripts.dedup();
    Ok(VmwareList { tool, rows, scripts })
}

/// The paths of a list. One that failed is no empty one.
fn listed(raw: Raw<'_>, body: &str) -> Result<Vec<String>, Trouble> {
    let paths: Vec<String> = marked(body, ">").map(str::trim_end).filter(|l| is_vmx(l)).map(clean).collect();
    let code = status(body);
    let total = marked(body, ">").any(|l| l.starts_with("Total running VMs:"));
    if !paths.is_empty() || code == Some(0) || total {
        return Ok(paths);
    }
    let said: Vec<&str> = marked(body, ">").map(str::trim).filter(|l| !l.is_empty()).collect();
    let (kind, words) = match code {
        Some(124 | 137 | 142 | 143) => (TroubleKind::Late, "VMware Server did not list its guests in time".to_owned()),
        _ if said.iter().any(|l| l.contains("ermission denied") || l.contains("nsufficient permission")) => {
            (TroubleKind::Denied, format!("VMware Server does not let this user list its guests: {}", said.join(" ")))
        }
        _ => (TroubleKind::Failed, format!("VMware Server does not list its guests: {}", said.join(" "))),
    };
    Err(Trouble::new(kind, &format!("{words} ('{}')", raw.command)))
}

fn is_vmx(line: &str) -> bool {
    line.starts_with(['/', '[']) && line.strip_suffix(".vmx").is_some()
}

/// The exit status that stands in a part.
fn status(body: &str) -> Option<i32> {
    body.lines().filter_map(|l| l.strip_prefix("= ")).find_map(|l| l.trim().parse().ok())
}

/// One guest out of its part.
pub fn row(vmx: String, body: &str) -> VmwareRow {
    let state = match state_of(marked(body, ">")) {
        // Of vmrun's: its memory lies beside its configuration.
        VmwareState::Unknown if body.lines().any(|l| l.trim_end() == "= suspended") => VmwareState::Suspended,
        told => told,
    };
    let said: Vec<&str> = marked(body, ">").map(str::trim).filter(|l| !l.is_empty()).collect();
    let asked: String = marked(body, "?").flat_map(|l| [l, "\n"]).collect();
    let trouble = (state == VmwareState::Unknown).then(|| match status(body) {
        _ if body.lines().any(|l| l.trim_end() == "= late") => "it was not asked in time".to_owned(),
        Some(124 | 137 | 142 | 143) => "vmware-cmd gave no answer about it in time".to_owned(),
        _ if said.is_empty() => "VMware says nothing of its state".to_owned(),
        _ => redact::said(&said.join(" ")),
    });
    VmwareRow {
        definition: vmx::read(&vmx, marked(body, ":")).map(Arc::new),
        question: question(&asked).filter(|_| state == VmwareState::Stuck),
        trouble,
        state,
        vmx,
    }
}

/// A state out of what `getstate` printed.
pub fn state_of<'a>(lines: impl Iterator<Item = &'a str>) -> VmwareState {
    let word = value_of(lines, "getstate").unwrap_or_default();
    VmwareState::ALL.into_iter().find(|s| s.word() == word).unwrap_or_default()
}

/// `vmrun` lists what runs; of the others it says no more than that they are registered.
fn by_list(mut row: VmwareRow, running: &[String]) -> VmwareRow {
    row.state = match row.state {
        _ if running.contains(&row.vmx) => VmwareState::On,
        VmwareState::Suspended => VmwareState::Suspended,
        _ => VmwareState::Off,
    };
    row.trouble = None;
    row
}

/// What `vmware-cmd` says of a guest that is not registered.
pub fn is_absent(said: &str) -> bool {
    said.contains("is not registered") || said.contains("No such virtual machine") || said.contains("VMControl error -11:")
}
