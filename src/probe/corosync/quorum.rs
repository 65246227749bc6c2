//! `corosync-quorumtool -s` of 2.4 and 3.x (tools/corosync-quorumtool.c).

use super::{field, leading};
use crate::domain::observation::corosync::{QuorumMember, QuorumView};
use crate::domain::text;

/// Reads the status; none if there is neither a verdict nor a member in it.
pub fn read(said: &str) -> Option<QuorumView> {
    let mut view = QuorumView::default();
    let mut columns = None;
    for line in said.lines() {
        if let Some(header) = Columns::of(line) {
            columns = Some(header);
        } else if let Some(columns) = columns {
            columns.row(line, &mut view);
        } else if let Some((key, value)) = field(line) {
            note(key, value, &mut view);
        }
    }
    // Each of many nodes lists them all.
    view.members.shrink_to_fit();
    (view.quorate.is_some() || view.total.is_some() || !view.members.is_empty()).then_some(view)
}

fn note(key: &str, value: &str, view: &mut QuorumView) {
    match key {
        "Node ID" => view.node_id = leading(value),
        "Ring ID" => view.ring_id = Some(text::clean(value)),
        "Quorate" => {
            view.quorate = match value {
                "Yes" => Some(true),
                "No" => Some(false),
                _ => None,
            }
        }
        "Expected votes" => view.expected = leading(value),
        "Highest expected" => view.highest_expected = leading(value),
        "Total votes" => view.total = leading(value),
        // `2 Activity blocked` where there is no quorum.
        "Quorum" => view.needed = leading(value),
        "Flags" => view.flags = value.split_whitespace().filter(|flag| *flag != "Quorate").map(text::clean).collect(),
        _ => {}
    }
}

/// Which columns the membership table has: votes only with votequorum, a third one with a qdevice.
#[derive(Clone, Copy)]
struct Columns {
    votes: bool,
    qdevice: bool,
}

impl Columns {
    fn of(line: &str) -> Option<Self> {
        let mut words = line.split_whitespace();
        (words.next() == Some("Nodeid")).then(|| {
            let rest: Vec<&str> = words.collect();
            Self { votes: rest.contains(&"Votes"), qdevice: rest.contains(&"Qdevice") }
        })
    }

    fn row(self, line: &str, view: &mut QuorumView) {
        let mut words = line.split_whitespace().peekable();
        let Some(id) = words.next().and_then(number) else { return };
        let votes = if self.votes { words.next().and_then(|v| v.parse().ok()) } else { None };
        let flags = |word: &&str| self.qdevice && (word.contains(',') || *word == "NR");
        let qdevice = words.next_if(flags).map(text::clean);
        let rest: Vec<&str> = words.collect();
        let name = rest.join(" ");
        if id == 0 && name.starts_with("Qdevice") {
            view.qdevice = Some((votes.unwrap_or(0), text::clean(&name)));
            return;
        }
        let bare = name.strip_suffix("(local)").map(str::trim_end);
        view.members.push(QuorumMember { id, votes, name: text::clean(bare.unwrap_or(&name)), local: bare.is_some(), qdevice });
    }
}

/// A node id: decimal, or `0x` and hexadecimal digits.
fn number(word: &str) -> Option<u32> {
    match word.strip_prefix("0x") {
        Some(hex) => u32::from_str_radix(hex, 16).ok(),
        None => word.parse().ok(),
    }
}
