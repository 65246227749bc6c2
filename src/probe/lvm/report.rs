//! Rows out of the three forms of an LVM report: JSON, separated columns, a table with a heading.

use serde_json::Value;

use super::commands::Report;
use crate::domain::observation::Trouble;
use crate::probe::Raw;
use crate::probe::parts::{filled, first_json, lossy, text_of};

/// A row: (column, value). Blank values are not kept.
pub struct Row(Vec<(String, String)>);

impl Row {
    /// A column's value.
    pub fn get(&self, column: &str) -> Option<&str> {
        self.0.iter().find(|(c, _)| c == column).map(|(_, v)| v.as_str())
    }

    /// A column's value, owned.
    pub fn text(&self, column: &str) -> Option<String> {
        self.get(column).map(str::to_owned)
    }
}

/// Headings of the tables (lvm2 2.02 and 2.03), and what `-o` calls the same.
const HEADINGS: [(&str, &str); 27] = [
    ("LV", "lv_name"),
    ("VG", "vg_name"),
    ("PV", "pv_name"),
    ("Attr", "attr"),
    ("LSize", "lv_size"),
    ("LV UUID", "lv_uuid"),
    ("Pool", "pool_lv"),
    ("Origin", "origin"),
    ("Data%", "data_percent"),
    ("Snap%", "data_percent"),
    ("Meta%", "metadata_percent"),
    ("Move", "move_pv"),
    ("Cpy%Sync", "copy_percent"),
    ("Copy%", "copy_percent"),
    ("Devices", "devices"),
    ("Layout", "lv_layout"),
    ("Role", "lv_role"),
    ("Health", "lv_health_status"),
    ("VSize", "vg_size"),
    ("VFree", "vg_free"),
    ("#PV", "pv_count"),
    ("#LV", "lv_count"),
    ("PSize", "pv_size"),
    ("PFree", "pv_free"),
    ("DevSize", "dev_size"),
    ("VG UUID", "vg_uuid"),
    ("PV UUID", "pv_uuid"),
];

/// LVM's words to a user who may not read what it reads.
const NOT_ALLOWED: [&str; 2] = ["Permission denied", "as a non-root user"];

/// Reads a report. Nothing printed and exit status 0 is a report without rows.
pub fn read(raw: Raw<'_>, report: &Report) -> Result<Vec<Row>, Trouble> {
    let text = lossy(raw.stdout);
    if text.lines().any(|l| l.trim_start().starts_with('{')) {
        return json(raw, &text, report);
    }
    let lines: Vec<&str> = text.lines().filter(|l| !l.trim().is_empty() && !is_remark(l)).collect();
    let rows: Vec<Row> = match lines.first() {
        None if raw.code == 0 => return Ok(Vec::new()),
        None => return Err(raw.refusal()),
        Some(first) if first.contains('|') => separated(&lines, report),
        Some(_) => table(&lines),
    };
    named(raw, rows, report, lines.len())
}

/// Messages that LVM mixes into its output where both go to one pipe.
fn is_remark(line: &str) -> bool {
    let line = line.trim_start();
    line.starts_with("WARNING:") || line.starts_with("File descriptor ")
}

fn json(raw: Raw<'_>, text: &str, report: &Report) -> Result<Vec<Row>, Trouble> {
    let start = text.find('{').unwrap_or(0);
    let value = first_json(raw, text.get(start..).unwrap_or_default())?;
    let Some(Value::Array(parts)) = value.get("report") else {
        return Err(raw.garbled("the JSON has no list 'report'"));
    };
    let lists: Vec<&Vec<Value>> = parts.iter().filter_map(|p| p.get(report.key)?.as_array()).collect();
    if lists.is_empty() {
        return Err(raw.garbled(&format!("the JSON report has no list '{}'", report.key)));
    }
    let objects: Vec<&Value> = lists.into_iter().flatten().collect();
    let count = objects.len();
    // Where it may not look, or cannot, LVM prints a report without rows all the same; some versions even end with 0 then.
    let barred = || NOT_ALLOWED.iter().any(|words| lossy(raw.stderr).contains(words));
    if count == 0 && (raw.code != 0 || barred()) {
        return Err(raw.refusal());
    }
    let rows = objects.into_iter().filter_map(|o| {
        let columns = o.as_object()?.keys().filter_map(|k| Some((k.clone(), text_of(o, k)?)));
        Some(Row(columns.collect()))
    });
    named(raw, rows.collect(), report, count)
}

fn separated(lines: &[&str], report: &Report) -> Vec<Row> {
    let heading = lines.first().map(|l| l.split('|').map(str::trim).collect::<Vec<_>>()).unwrap_or_default();
    let headed = matches!(heading.first(), Some(&("LV" | "VG" | "PV")));
    let columns: Vec<&str> = if headed { heading.iter().map(|h| column(h)).collect() } else { report.columns().split(',').collect() };
    let cells = |line: &&str| {
        let pairs = columns.iter().zip(line.split('|')).filter_map(|(c, v)| Some(((*c).to_owned(), filled(v)?)));
        Row(pairs.collect())
    };
    let rows = lines.iter().skip(usize::from(headed)).map(cells);
    // Without a heading only the attributes tell a row from noise.
    rows.filter(|row| headed || has_attributes(row, report)).collect()
}

/// Attributes as lvs(8), vgs(8) and pvs(8) have them: letters and dashes.
fn has_attributes(row: &Row, report: &Report) -> bool {
    let attributes = row.get(&format!("{}_attr", report.key)).unwrap_or_default();
    (2..=12).contains(&attributes.len()) && attributes.bytes().all(|b| b.is_ascii_alphabetic() || b == b'-')
}

/// A table for people: LVM makes each column as wide as its widest cell and puts headings to its left, so a
/// cell belongs to the last heading that does not begin behind it.
fn table(lines: &[&str]) -> Vec<Row> {
    let Some((first, rest)) = lines.split_first() else {
        return Vec::new();
    };
    let headings = words(first);
    if !matches!(headings.first(), Some((_, "LV" | "VG" | "PV"))) {
        return Vec::new();
    }
    let cells = |line: &&str| {
        let pairs = words(line).into_iter().filter_map(|(at, word)| {
            let (_, heading) = headings.iter().rev().find(|(start, _)| *start <= at)?;
            Some((column(heading).to_owned(), filled(word)?))
        });
        Row(pairs.collect())
    };
    rest.iter().map(cells).collect()
}

fn column(heading: &str) -> &str {
    HEADINGS.iter().find(|(h, _)| *h == heading).map_or(heading, |(_, c)| c)
}

/// The words of a line with the byte where each begins.
fn words(line: &str) -> Vec<(usize, &str)> {
    let start = line.as_ptr() as usize;
    line.split_whitespace().map(|w| (w.as_ptr() as usize - start, w)).collect()
}

/// Rows that have a name. A report of rows without any cannot be read.
fn named(raw: Raw<'_>, mut rows: Vec<Row>, report: &Report, printed: usize) -> Result<Vec<Row>, Trouble> {
    rows.retain(|r| r.get(report.name).is_some());
    if rows.is_empty() && printed > 0 {
        if raw.code != 0 {
            return Err(raw.refusal());
        }
        return Err(raw.garbled(&format!("line 1 on: no row has a column '{}'", report.name)));
    }
    Ok(rows)
}
