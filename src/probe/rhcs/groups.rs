//! `fence_tool ls [-n]`, `dlm_tool ls`, `group_tool ls`, `cman_tool services` (fence_tool.c, dlm/tool/main.c, group/tool/main.c), and
//! RHEL 4's `cman_tool services`.

use super::nothing;
use crate::domain::observation::Trouble;
use crate::domain::observation::rhcs::{FenceDomain, FenceNode, Group, GroupsView};
use crate::domain::text::clean;
use crate::probe::Raw;
use crate::probe::parts::lossy;

/// Reads all of them in whatever order they come; RHEL 6's `group_tool ls` is fence_tool's and dlm_tool's output together.
pub fn read(raw: Raw<'_>) -> Result<GroupsView, Trouble> {
    let whole = lossy(raw.stdout);
    let (text, dump) = whole.split_once("@@quorate dump\n").unwrap_or((whole.as_ref(), ""));
    let mut reader = Reader::default();
    for line in text.lines() {
        reader.line(line);
    }
    reader.end_space();
    if !reader.known {
        return Err(nothing(raw));
    }
    reader.view.fencings = super::fence_dump::read(dump);
    Ok(reader.view)
}

#[derive(Default)]
struct Reader {
    view: GroupsView,
    /// The lockspace or mount group being read.
    space: Option<Group>,
    /// What kind the blocks are: by the headings `dlm lockspaces`, `gfs mountgroups`.
    kind: &'static str,
    /// The row of groupd's table whose members come next: (type, name, state).
    row: Option<(String, String, String)>,
    /// What there is of its members so far: a long list may go on on the next line.
    members: String,
    /// The fence domain has been told with all its nodes: what else is said of it is left out.
    again: bool,
    known: bool,
}

impl Reader {
    fn line(&mut self, line: &str) {
        let words: Vec<&str> = line.split_whitespace().collect();
        if self.row.is_some() {
            if self.members_line(line.trim()) {
                return;
            }
            self.end_row();
        }
        match words.as_slice() {
            ["fence", "domain"] => {
                self.known = true;
                // group_tool of RHEL 6 prints it once more, without the nodes: and it may have changed since.
                self.again = !self.view.fence.get_or_insert_default().nodes.is_empty();
                self.kind = "fence";
            }
            ["dlm", "lockspaces"] => self.heading("dlm"),
            ["gfs", "mountgroups"] => self.heading("gfs"),
            ["type", "level", "name", ..] | ["Service", "Name", "GID", ..] => self.known = true,
            ["name", name] if self.kind != "fence" => {
                self.end_space();
                self.space = Some(Group { kind: self.kind.to_owned(), name: clean(name), ..Group::default() });
            }
            _ if self.space.is_some() => self.space_line(&words),
            _ if self.kind == "fence" && self.fence_line(&words) => {}
            // groupd: type level name id state [node event local].
            [kind @ ("fence" | "dlm" | "gfs"), level, name, id, state, ..] if is_number(level) && is_hex(id) => {
                self.known = true;
                self.row = Some(((*kind).to_owned(), clean(name), clean(state)));
            }
            _ => self.old_row(line),
        }
    }

    fn heading(&mut self, kind: &'static str) {
        self.known = true;
        self.end_space();
        self.kind = kind;
    }

    fn end_space(&mut self) {
        if let Some(space) = self.space.take()
            && !self.view.groups.iter().any(|g| g.kind == space.kind && g.name == space.name)
        {
            self.view.groups.push(space);
        }
        self.end_row();
    }

    /// `[1 2 3]`, or a part of it; false if it is none.
    fn members_line(&mut self, line: &str) -> bool {
        let begins = line.starts_with('[');
        let is_part = !line.is_empty() && line.bytes().all(|b| b.is_ascii_digit() || matches!(b, b' ' | b'\t' | b'[' | b']'));
        if begins != self.members.is_empty() || !is_part {
            return false;
        }
        self.members.push_str(line);
        self.members.push(' ');
        if line.ends_with(']') {
            self.end_row();
        }
        true
    }

    /// The row is over, whatever members it has.
    fn end_row(&mut self) {
        let members = std::mem::take(&mut self.members);
        if let Some(row) = self.row.take() {
            self.group(row, members.split(['[', ']', ' ', '\t']).filter_map(|id| id.parse().ok()).collect());
        }
    }

    /// A line of a lockspace: flags, members, and what changes.
    fn space_line(&mut self, words: &[&str]) {
        let Some(space) = &mut self.space else { return };
        match words {
            ["members", ids @ ..] => space.members = ids.iter().filter_map(|id| id.parse().ok()).collect(),
            ["flags", _, names] if names.split(',').any(|f| f == "kern_stop") => {
                space.blocked.get_or_insert_with(|| "stopped in the kernel".to_owned());
            }
            // What it waits for says more than that it stands still.
            ["new", "status", rest @ ..] => space.blocked = Some(clean(&rest.join(" "))),
            ["new", "change", ..] => {
                space.blocked.get_or_insert_with(|| "its membership changes".to_owned());
            }
            _ => {}
        }
    }

    /// A line of the fence domain; false if it is none.
    fn fence_line(&mut self, words: &[&str]) -> bool {
        let mut spare = FenceDomain::default();
        let Some(domain) = (if self.again { Some(&mut spare) } else { self.view.fence.as_mut() }) else { return false };
        let id = |text: &str| text.parse::<u32>().ok().filter(|id| *id > 0);
        match words {
            ["victim", "count", n] => domain.victims = n.parse().ok(),
            ["victim", "now", n] => domain.victim_now = id(n),
            ["master", "nodeid", n] => domain.master = id(n),
            ["wait", "state", word] => domain.wait = clean(word),
            ["members", ids @ ..] => domain.members = ids.iter().filter_map(|id| id.parse().ok()).collect(),
            ["nodeid", n, "member", member, "victim", victim, "last", "fence", "master", master, "how", how, ..] => {
                let Ok(n) = n.parse() else { return true };
                let node = FenceNode {
                    id: n,
                    member: *member == "1",
                    victim: *victim == "1",
                    master: id(master),
                    how: (*how != "none").then(|| clean(how)),
                };
                if !domain.nodes.iter().any(|known| known.id == n) {
                    domain.nodes.push(node);
                }
            }
            ["member", "count", _] | ["all", "nodes"] | [] => {}
            _ => return false,
        }
        true
    }

    /// A group of groupd.
    fn group(&mut self, (kind, name, state): (String, String, String), members: Vec<u32>) {
        if kind == "fence" {
            if self.view.fence.is_none() {
                self.view.fence = Some(FenceDomain { members, wait: state, ..FenceDomain::default() });
            }
            return;
        }
        let blocked = (state != "none" && state != "run").then_some(state);
        self.view.groups.push(Group { kind, name, members, blocked });
    }

    /// RHEL 4: `Fence Domain:    "default"   1   2 run       -`, `DLM Lock Space:  "clvmd"  2  3 run  -`.
    fn old_row(&mut self, line: &str) {
        let kinds = [("Fence Domain:", "fence"), ("DLM Lock Space:", "dlm"), ("GFS Mount Group:", "gfs"), ("User:", "user")];
        let Some((rest, kind)) = kinds.iter().find_map(|(head, kind)| Some((line.trim_start().strip_prefix(head)?, kind))) else { return };
        let Some((name, rest)) = rest.trim_start().strip_prefix('"').and_then(|r| r.split_once('"')) else { return };
        let state = rest.split_whitespace().nth(2).unwrap_or_default();
        let state = if state == "run" { "none" } else { state };
        self.known = true;
        self.row = Some(((*kind).to_owned(), clean(name), clean(state)));
    }
}

fn is_number(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|b| b.is_ascii_digit())
}

fn is_hex(word: &str) -> bool {
    word.len() == 8 && word.bytes().all(|b| b.is_ascii_hexdigit())
}
