//! `multipath -ll`, in the form of 0.4.7 (brackets) and the one since 0.4.9.

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

/// `san1 (3600...) dm-0 LABSAN,LUN1`, without the brackets where there is no alias; `create: ` and the like before it.
fn heading(line: &str) -> Option<MapRow> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let at = words.iter().position(|w| is_dm(w))?;
    let (dm, before) = (words.get(at)?, words.get(..at)?);
    let (name, wwid) = match before {
        [.., name, wwid] if wwid.starts_with('(') => (*name, wwid.trim_matches(['(', ')'])),
        [.., name] => (*name, *name),
        [] => return None,
    };
    Some(MapRow { name: clean(name), wwid: filled(wwid), dm: Some((*dm).to_owned()), ..MapRow::default() })
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

/// `size=3.0G features='1 queue_if_no_path' ...`, or `[size=100G][features=1 queue_if_no_path][hwhandler=0]`.
fn properties(map: &mut MapRow, line: &str) {
    if let Some((_, rest)) = line.split_once("size=") {
        let end = rest.find(|c: char| c.is_whitespace() || c == ']').unwrap_or(rest.len());
        map.size = rest.get(..end).and_then(size).or(map.size);
    }
    if line.contains("queue_if_no_path") {
        map.queueing = Some("queue_if_no_path".to_owned());
    }
}
