//! Volumes, groups and physical volumes out of the rows of a report.

use std::collections::HashMap;
use std::str::FromStr;

use super::commands::{LVS, PVS, VGS};
use super::report::{Row, read};
use crate::domain::observation::Trouble;
use crate::domain::observation::storage::{LvRow, PvRow, VgRow};
use crate::probe::Raw;
use crate::probe::parts::size;

/// Reads `lvs`. A volume of several segments has a row for each with `devices`: they become one.
pub fn volumes(raw: Raw<'_>) -> Result<Vec<LvRow>, Trouble> {
    let mut all: Vec<LvRow> = Vec::new();
    let mut known: HashMap<(String, String), usize> = HashMap::new();
    for row in read(raw, &LVS)? {
        let lv = volume(&row);
        match known.get(&(lv.vg.clone(), lv.lv.clone())).and_then(|at| all.get_mut(*at)) {
            Some(first) if first.uuid == lv.uuid => add_devices(first, lv.devices),
            _ => {
                known.insert((lv.vg.clone(), lv.lv.clone()), all.len());
                all.push(lv);
            }
        }
    }
    Ok(all)
}

/// A volume may have very many segments: devices beyond this length of text say nothing more to anyone.
const LONGEST_DEVICES: usize = 4096;

fn add_devices(lv: &mut LvRow, more: Option<String>) {
    let Some(more) = more else { return };
    match &mut lv.devices {
        Some(devices) if devices.len() > LONGEST_DEVICES || devices.split(',').any(|d| d == more) => {}
        Some(devices) => {
            devices.push(',');
            devices.push_str(&more);
        }
        None => lv.devices = Some(more),
    }
}

fn volume(row: &Row) -> LvRow {
    LvRow {
        vg: row.text("vg_name").unwrap_or_default(),
        lv: row.text("lv_name").unwrap_or_default(),
        uuid: row.text("lv_uuid"),
        attr: attr(row, "lv_attr"),
        size: bytes(row, "lv_size"),
        pool: row.text("pool_lv"),
        origin: row.text("origin"),
        data_percent: percent(row, "data_percent").or_else(|| percent(row, "snap_percent")),
        metadata_percent: percent(row, "metadata_percent"),
        move_pv: row.text("move_pv"),
        copy_percent: percent(row, "copy_percent").or_else(|| percent(row, "sync_percent")),
        devices: row.text("devices"),
        layout: row.text("lv_layout"),
        role: row.text("lv_role"),
        health: row.text("lv_health_status"),
    }
}

/// Reads `vgs`.
pub fn groups(raw: Raw<'_>) -> Result<Vec<VgRow>, Trouble> {
    Ok(read(raw, &VGS)?.iter().map(group).collect())
}

/// The sixth attribute says clustered or shared in every version; later ones have columns for it.
fn group(row: &Row) -> VgRow {
    let attr = attr(row, "vg_attr");
    let sixth = attr.as_bytes().get(5).copied();
    let lock_type = row.text("vg_lock_type").filter(|t| t != "none");
    VgRow {
        vg: row.text("vg_name").unwrap_or_default(),
        uuid: row.text("vg_uuid"),
        size: bytes(row, "vg_size"),
        free: bytes(row, "vg_free"),
        shared: sixth == Some(b's') || row.get("vg_shared") == Some("shared"),
        clustered: sixth == Some(b'c') || row.get("vg_clustered") == Some("clustered"),
        lock_type,
        attr,
        pv_count: number(row, "pv_count"),
        lv_count: number(row, "lv_count"),
        missing_pvs: number(row, "vg_missing_pv_count"),
    }
}

/// Reads `pvs`.
pub fn physical(raw: Raw<'_>) -> Result<Vec<PvRow>, Trouble> {
    let row = |row: &Row| PvRow {
        path: row.text("pv_name").unwrap_or_default(),
        uuid: row.text("pv_uuid"),
        vg: row.text("vg_name"),
        attr: attr(row, "pv_attr"),
        size: bytes(row, "pv_size"),
        free: bytes(row, "pv_free"),
        device_size: bytes(row, "dev_size"),
    };
    Ok(read(raw, &PVS)?.iter().map(row).collect())
}

/// Tables for people head every kind of attributes with `Attr`.
fn attr(row: &Row, column: &str) -> String {
    row.text(column).or_else(|| row.text("attr")).unwrap_or_default()
}

fn bytes(row: &Row, column: &str) -> Option<u64> {
    size(row.get(column)?)
}

fn number<T: FromStr>(row: &Row, column: &str) -> Option<T> {
    row.get(column)?.parse().ok()
}

fn percent(row: &Row, column: &str) -> Option<f64> {
    number::<f64>(row, column).filter(|p| p.is_finite())
}
