//! `multipathd show maps json` (multipath-tools 0.6.2 and later).

use serde_json::Value;

use crate::domain::observation::Trouble;
use crate::domain::observation::storage::{MapRow, PathRow};
use crate::probe::Raw;
use crate::probe::parts::{first_json, text_of};

/// Reads the maps.
pub fn parse(raw: Raw<'_>, text: &str) -> Result<Vec<MapRow>, Trouble> {
    let value = first_json(raw, text)?;
    let Some(Value::Array(maps)) = value.get("maps") else {
        return Err(raw.garbled("the JSON has no list 'maps'"));
    };
    let rows: Vec<MapRow> = maps.iter().filter_map(map).collect();
    if rows.is_empty() && !maps.is_empty() {
        return Err(raw.garbled("no map in the JSON has a name or a uuid"));
    }
    Ok(rows)
}

fn map(value: &Value) -> Option<MapRow> {
    let wwid = text_of(value, "uuid");
    let name = text_of(value, "name").or_else(|| wwid.clone())?;
    let groups = value.get("path_groups").and_then(Value::as_array);
    let paths = groups.into_iter().flatten().filter_map(|g| g.get("paths")?.as_array()).flatten().filter_map(path);
    Some(MapRow {
        name,
        wwid,
        dm: text_of(value, "sysfs"),
        size: None,
        paths: paths.collect(),
        queueing: text_of(value, "queueing").filter(|q| q != "-"),
    })
}

fn path(value: &Value) -> Option<PathRow> {
    let state = |key| text_of(value, key).unwrap_or_default();
    Some(PathRow {
        device: text_of(value, "dev")?,
        dm_state: state("dm_st"),
        checker_state: state("chk_st"),
        device_state: state("dev_st"),
        host: text_of(value, "host_adapter").filter(|h| h != "[undef]"),
    })
}
