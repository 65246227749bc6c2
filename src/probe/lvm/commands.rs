//! How lvs, vgs and pvs are asked, by their version.

use crate::domain::observation::host::Tools;
use crate::link::CommandLine;
use crate::probe::parts::may_have;

/// A reporting tool and its columns.
pub struct Report {
    tool: &'static str,
    /// Options that are always given.
    options: &'static [&'static str],
    /// The key of the rows in the JSON.
    pub key: &'static str,
    /// The column without which a row says nothing.
    pub name: &'static str,
    /// For `--reportformat json` (2.02.158 and later).
    json: &'static str,
    /// For `--separator`: columns that every LVM2 has. The order is what the parser goes by.
    plain: &'static str,
    /// The same and what thin pools brought (2.02.89); empty: nothing.
    thin: &'static str,
}

/// `lvs`, hidden volumes too: a running pvmove shows itself only there.
///
/// Not `--readonly`: it cannot say which volumes are active, and may read metadata that another node is writing.
/// A report holds a shared lock on each group for the moment it reads it.
pub const LVS: Report = Report {
    tool: "lvs",
    options: &["-a"],
    key: "lv",
    name: "lv_name",
    json: "vg_name,lv_name,lv_uuid,lv_attr,lv_size,pool_lv,origin,data_percent,metadata_percent,move_pv,copy_percent,devices,lv_layout,\
           lv_role,lv_health_status",
    plain: "lv_name,vg_name,lv_attr,lv_size,vg_attr,copy_percent,move_pv,lv_uuid,origin,snap_percent,devices",
    thin: "lv_name,vg_name,lv_attr,lv_size,vg_attr,copy_percent,move_pv,lv_uuid,origin,snap_percent,devices,data_percent,metadata_percent",
};

/// `vgs`.
pub const VGS: Report = Report {
    tool: "vgs",
    options: &[],
    key: "vg",
    name: "vg_name",
    json: "vg_name,vg_uuid,vg_attr,vg_size,vg_free,vg_lock_type,pv_count,lv_count,vg_missing_pv_count",
    plain: "vg_name,vg_attr,vg_size,vg_free,pv_count,lv_count,vg_uuid",
    thin: "",
};

/// `pvs`.
pub const PVS: Report = Report {
    tool: "pvs",
    options: &[],
    key: "pv",
    name: "pv_name",
    json: "pv_name,pv_uuid,vg_name,pv_attr,pv_size,pv_free,dev_size",
    plain: "pv_name,vg_name,pv_attr,pv_size,pv_free,pv_uuid,dev_size",
    thin: "",
};

impl Report {
    /// The columns of a line between separators, in order; the last ones may be missing.
    pub const fn columns(&self) -> &'static str {
        if self.thin.is_empty() { self.plain } else { self.thin }
    }
}

/// An LVM without JSON, or without a column, ends with 3 (wrong command line); 5 (something is missing) comes with an answer.
const EITHER: &str = r#"# quorate: LVM report
tool=$1; json=$2; thin=$3; plain=$4; shift 4
if [ -n "$json" ]; then
    as_root "$tool" "$@" --units b --nosuffix --reportformat json -o "$json" </dev/null
    status=$?
    [ "$status" -eq 3 ] || exit "$status"
fi
if [ -n "$thin" ]; then
    as_root "$tool" "$@" --units b --nosuffix --noheadings --separator '|' -o "$thin" </dev/null
    status=$?
    [ "$status" -eq 3 ] || exit "$status"
fi
exec as_root "$tool" "$@" --units b --nosuffix --noheadings --separator '|' -o "$plain" </dev/null
"#;

/// The first version with `--reportformat json`.
const JSON_SINCE: (u32, u32, u32) = (2, 2, 158);
/// The first version with thin pools.
const THIN_SINCE: (u32, u32, u32) = (2, 2, 89);

/// The command of a report.
pub fn report(tools: &Tools, report: &Report) -> Option<CommandLine> {
    if !may_have(tools, report.tool) {
        return None;
    }
    let options = report.options.iter().copied();
    let sizes = ["--units", "b", "--nosuffix"];
    let command = match version(tools) {
        Some(v) if v >= JSON_SINCE => {
            CommandLine::new(report.tool, options.chain(sizes).chain(["--reportformat", "json", "-o", report.json]))
        }
        Some(v) if v >= THIN_SINCE && !report.thin.is_empty() => {
            CommandLine::script(EITHER, [report.tool, "", report.thin, report.plain].into_iter().chain(options))
        }
        Some(_) => CommandLine::new(report.tool, options.chain(sizes).chain(["--noheadings", "--separator", "|", "-o", report.plain])),
        None => CommandLine::script(EITHER, [report.tool, report.json, report.thin, report.plain].into_iter().chain(options)),
    };
    Some(command.privileged())
}

/// `LVM version:     2.03.16(2) (2022-05-18)`.
fn version(tools: &Tools) -> Option<(u32, u32, u32)> {
    let (_, text) = tools.versions.iter().find(|(tool, _)| tool == "lvs")?;
    let number = text.split_whitespace().find(|w| w.starts_with(|c: char| c.is_ascii_digit()))?;
    let mut parts = number.split(['.', '(']).map(|p| p.parse().ok());
    Some((parts.next()??, parts.next()??, parts.next()??))
}
