//! `mkqdisk -L [-d]` (qdisk/proc.c); the status blocks of `-d` come on standard error.

use crate::domain::observation::Trouble;
use crate::domain::observation::rhcs::{DiskSlot, QuorumDisk};
use crate::domain::text::clean;
use crate::probe::Raw;
use crate::probe::parts::{filled, lossy};

/// Reads the disks; none at all is an answer.
pub fn read(raw: Raw<'_>) -> Result<Vec<QuorumDisk>, Trouble> {
    let text = lossy(raw.stdout);
    let mut disks: Vec<QuorumDisk> = Vec::new();
    // Paths go on to belong to one disk until its first field.
    let mut open = false;
    for line in text.lines() {
        match (line.starts_with('\t'), line.trim().split_once(':')) {
            (true, Some((key, value))) => {
                open = false;
                if let Some(disk) = disks.last_mut() {
                    field(disk, key, value);
                }
            }
            (false, _) if line.starts_with('/') && line.trim_end().ends_with(':') => {
                if !open {
                    disks.push(QuorumDisk::default());
                    open = true;
                }
                if let Some(disk) = disks.last_mut() {
                    disk.paths.push(clean(line.trim_end().trim_end_matches(':')));
                }
            }
            _ => {}
        }
    }
    if disks.is_empty() && !text.starts_with("mkqdisk v") {
        return Err(raw.refusal());
    }
    let slots = slots(&lossy(raw.stderr));
    // With `-d` the blocks are told of one disk after the other; a cluster has one.
    if let Some(disk) = disks.first_mut() {
        disk.slots = slots;
    }
    Ok(disks)
}

fn field(disk: &mut QuorumDisk, key: &str, value: &str) {
    match key {
        "Label" => disk.label = filled(value),
        "Created" => disk.created = filled(value),
        "Host" => disk.host = filled(value),
        _ => {}
    }
}

/// `Status block for node 1`, and what is indented under it. The logger may have put its own words before each line.
fn slots(said: &str) -> Vec<DiskSlot> {
    let mut all: Vec<DiskSlot> = Vec::new();
    for line in said.lines() {
        if let Some((_, node)) = line.split_once("Status block for node ") {
            all.extend(node.trim().parse().ok().map(|node| DiskSlot { node, ..DiskSlot::default() }));
            continue;
        }
        let Some(slot) = all.last_mut() else { continue };
        let after = |head: &str| line.split_once(head).and_then(|(_, value)| filled(value));
        slot.updated = slot.updated.take().or_else(|| after("Last updated on "));
        slot.state = slot.state.take().or_else(|| after("State: "));
        slot.score = slot.score.take().or_else(|| after("Score: "));
    }
    all
}
