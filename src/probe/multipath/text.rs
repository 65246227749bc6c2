//! `multipath -ll`, in the forms of 0.4.5 and 0.4.7 (brackets) and the one since 0.4.9.

use crate::domain::observation::storage::{MapRow, PathRow};
use crate::domain::text::clean;
use crate::probe::parts::{filled, size};

/// Reads the maps; lines that are none of a map's are passed over.
pub fn parse(text: &str) -> Vec<MapRow> {
    let mut maps: Vec<MapRow> = Vec::new();
    for line in text.lines() {
        if let Some(map) = heading(line) {
            maps.push(map);
        } else if let Some(map) = maps.last_mut() {
            match path(line) {
                Some(path) => map.paths.push(path),
                None => properties(map, line),
            }
        }
    }
    maps
}

/// `san1 (3600...) dm-0 LABSAN,LUN1`, without the brackets where there is no alias; `create: ` and the like before it. A WWID may hold
/// blanks (`1ATA     WDC WD5003ABYX`).
fn heading(line: &str) -> Option<MapRow> {
    // What belongs to a map is indented, drawn as a branch, or begins with its size.
    if line.starts_with([' ', '\t', '\\', '|', '`', '[']) || line.starts_with("size=") {
        return None;
    }
    let dm = line.split_whitespace().skip(1).find(|w| is_dm(w));
    let head = match dm {
        Some(word) => line.get(..word.as_ptr() as usize - line.as_ptr() as usize)?,
        None => without_device(line)?,
    };
    let (name, wwid) = if let Some((before, rest)) = head.split_once(" (") {
        (before.split_whitespace().next_back()?, rest.rsplit_once(')')?.0)
    } else {
        let (verb, rest) = head.split_once(' ').unwrap_or_default();
        let name = if verb.ends_with(':') { rest } else { head }.trim();
        (name, name)
    };
    let mut map = MapRow { name: filled(name)?, wwid: filled(wwid), dm: dm.map(str::to_owned), ..MapRow::default() };
    if dm.is_none() {
        properties(&mut map, line);
    }
    Some(map)
}

/// The least characters of a WWID that stands for itself.
const SHORTEST_WWID: usize = 8;

/// 0.4.5 names no device: `mpath1 (3600...) [size=10 GB][features="0"]`, or nothing behind the WWID. What stands before the size.
fn without_device(line: &str) -> Option<&str> {
    if let Some((head, _)) = line.split_once(" [size=") {
        return Some(head);
    }
    // Messages may end with brackets too.
    let (name, wwid) = line.trim_end().strip_suffix(')')?.split_once(" (")?;
    let is_word = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'));
    (is_word(name) && is_word(wwid) && wwid.len() >= SHORTEST_WWID).then_some(line)
}

fn is_dm(word: &str) -> bool {
    word.strip_prefix("dm-").is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
}

/// `1:0:0:1 sdc 8:32 active ready running`, or `1:0:0:1 sdc 8:32  [active][ready]`; a path whose device is gone has `#:#:#:#` and `-`.
fn path(line: &str) -> Option<PathRow> {
    let line = line.replace(['[', ']'], " ");
    let words: Vec<&str> = line.split_whitespace().collect();
    let at = words.iter().position(|w| is_address(w))?;
    let states = words.get(at + 3..)?;
    let state = |n: usize| states.get(n).map(|s| clean(s)).unwrap_or_default();
    words.get(at + 2).filter(|w| w.contains(':'))?;
    Some(PathRow { device: clean(words.get(at + 1)?), dm_state: state(0), checker_state: state(1), device_state: state(2), host: None })
}

/// Host, channel, id and LUN.
fn is_address(word: &str) -> bool {
    word.split(':').count() == 4 && word.split(':').all(|p| p == "#" || (!p.is_empty() && p.bytes().all(|b| b.is_ascii_digit())))
}

/// `size=3.0G features='1 queue_if_no_path' ...`, or `[size=100G][features=1 queue_if_no_path][hwhandler=0]`, `[size=10 GB]`.
fn properties(map: &mut MapRow, line: &str) {
    if let Some((before, rest)) = line.split_once("size=") {
        // In brackets a blank may stand before the unit.
        let bracketed = before.ends_with('[');
        let end = rest.find(|c: char| c == ']' || (c.is_whitespace() && !bracketed)).unwrap_or(rest.len());
        map.size = rest.get(..end).and_then(size).or(map.size);
    }
    if line.contains("queue_if_no_path") {
        map.queueing = Some("queue_if_no_path".to_owned());
    }
}
