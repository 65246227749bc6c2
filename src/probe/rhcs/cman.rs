//! `cman_tool status` and `cman_tool nodes` (cman/cman_tool/main.c).

use super::nothing;
use crate::domain::observation::Trouble;
use crate::domain::observation::rhcs::{CmanNode, CmanView, Standing};
use crate::domain::text::clean;
use crate::probe::Raw;
use crate::probe::parts::{lossy, sections};

/// Reads whatever of the two there is.
pub fn read(raw: Raw<'_>) -> Result<CmanView, Trouble> {
    let text = lossy(raw.stdout);
    let mut view = CmanView::default();
    for (_, body) in sections(&text) {
        for line in body.lines() {
            if !status(&mut view, line) {
                node(&mut view, line);
            }
        }
    }
    if view.needed.is_none() && view.total.is_none() && view.membership.is_none() && view.nodes.is_empty() {
        return Err(nothing(raw));
    }
    view.nodes.sort_by_key(|n| n.id);
    Ok(view)
}

/// A line of `cman_tool status`; false if it is none.
fn status(view: &mut CmanView, line: &str) -> bool {
    // A line of the node table may have a colon, in a time or an address, but not after a first word like these.
    let Some((key, value)) = line.split_once(':') else { return false };
    let value = value.trim();
    let words = || value.split_whitespace().map(clean).collect::<Vec<String>>();
    let number = || leading(value);
    // RHEL 4 writes `Cluster name`, `Total_votes`.
    match key.to_ascii_lowercase().replace('_', " ").as_str() {
        "cluster name" => view.cluster_name = filled(value),
        "config version" => view.config_version = number(),
        "cluster generation" => view.generation = value.parse().ok(),
        "membership state" => view.membership = filled(value),
        "expected votes" => view.expected = number(),
        "quorum device votes" => view.disk_votes = number(),
        "total votes" => view.total = number(),
        "node votes" => view.own_votes = number(),
        "quorum" => {
            view.needed = number();
            view.blocked = value.contains("Activity blocked");
        }
        "flags" => view.flags = words(),
        "ports bound" => view.ports = Some(value.split_whitespace().filter_map(|p| p.parse().ok()).collect()),
        "node name" => view.node_name = filled(value),
        "node id" => view.node_id = number(),
        "multicast addresses" => view.multicast = words(),
        "disallowed nodes" => view.disallowed = words(),
        "node addresses" | "version" | "protocol version" | "cluster id" | "cluster member" | "nodes" | "active subsystems" => {}
        _ => return false,
    }
    true
}

/// A row of `cman_tool nodes`, what is indented under one (`-a`, `-f`), or a row of `-F id,name,type[,addr],votes,exp,state`.
fn node(view: &mut CmanView, line: &str) {
    let line = line.trim();
    let words: Vec<&str> = line.split_whitespace().collect();
    match words.as_slice() {
        ["Addresses:", addresses @ ..] => {
            if let Some(last) = view.nodes.last_mut() {
                last.addresses = addresses.iter().map(|a| clean(a)).collect();
            }
        }
        ["Last", "fenced:", rest @ ..] => {
            if let Some(last) = view.nodes.last_mut() {
                last.last_fenced = filled(&rest.join(" "));
            }
        }
        ["Node", "has", "not", "been", "fenced", ..] => {
            if let Some(last) = view.nodes.last_mut() {
                last.unfenced = true;
            }
        }
        [id, name, letter, rest @ ..] if is_letter(letter) && !is_letter(name) => {
            if let Some(id) = id.parse().ok().filter(|id| *id > 0) {
                formatted(view, id, name, letter, rest);
            }
        }
        // RHEL 4: id, votes, expected votes, letter, name.
        [id, votes, expected, letter, name] if is_letter(letter) && is_number(votes) && is_number(expected) => {
            if let Some(id) = id.parse().ok().filter(|id| *id > 0) {
                let votes = votes.parse().ok();
                let node = entry(view, id, name);
                (node.standing, node.votes) = (standing(letter), votes);
            }
        }
        [id, letter, incarnation, rest @ ..] if is_letter(letter) => {
            let Ok(id) = id.parse::<u32>() else { return };
            plain(view, id, letter, incarnation, rest);
        }
        _ => {}
    }
}

fn is_number(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|b| b.is_ascii_digit())
}

fn is_letter(word: &str) -> bool {
    matches!(word, "M" | "X" | "d" | "J" | "L" | "?")
}

/// `1   M   1264   2012-02-22 10:00:07  name`, without a time where it is no member.
fn plain(view: &mut CmanView, id: u32, letter: &str, incarnation: &str, rest: &[&str]) {
    let (joined, name) = match rest {
        [day, time, name] if is_date(day) && time.contains(':') => (Some(format!("{day} {time}")), *name),
        [name] => (None, *name),
        _ => return,
    };
    if id == 0 {
        view.quorum_disk = Some((clean(name), letter == "M"));
        return;
    }
    let standing = standing(letter);
    let node = entry(view, id, name);
    node.standing = standing;
    node.incarnation = incarnation.parse().ok();
    node.joined = joined.map(|j| clean(&j));
}

fn is_date(word: &str) -> bool {
    word.len() == 10 && word.bytes().all(|b| b.is_ascii_digit() || b == b'-')
}

/// `1 name M 192.0.2.21 1 5 Member`; the address may be missing, so votes are counted from the end.
fn formatted(view: &mut CmanView, id: u32, name: &str, letter: &str, rest: &[&str]) {
    let [before @ .., votes, _, state] = rest else { return };
    let first = standing(letter);
    let state = match *state {
        "Joining" => Standing::Joining,
        "Leaving" => Standing::Leaving,
        "Disallowed" => Standing::Disallowed,
        "Member" => Standing::Member,
        "Dead" => Standing::Dead,
        _ => first,
    };
    let votes = votes.parse().ok();
    let node = entry(view, id, name);
    node.standing = state;
    node.votes = votes;
    if node.addresses.is_empty() {
        node.addresses = before.iter().map(|a| clean(a)).collect();
    }
}

fn standing(letter: &str) -> Standing {
    match letter {
        "M" => Standing::Member,
        "X" => Standing::Dead,
        "d" => Standing::Disallowed,
        "J" => Standing::Joining,
        "L" => Standing::Leaving,
        _ => Standing::Unknown,
    }
}

/// The node with this id, which is the last one from here on: what is indented below belongs to it.
fn entry<'a>(view: &'a mut CmanView, id: u32, name: &str) -> &'a mut CmanNode {
    let node = match view.nodes.iter().position(|n| n.id == id) {
        Some(place) => view.nodes.remove(place),
        None => CmanNode { id, name: clean(name), ..CmanNode::default() },
    };
    let place = view.nodes.len();
    view.nodes.push(node);
    &mut view.nodes[place]
}

fn filled(text: &str) -> Option<String> {
    crate::probe::parts::filled(text)
}

/// The number that a text starts with.
fn leading(text: &str) -> Option<u32> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    text.get(..end)?.parse().ok()
}
