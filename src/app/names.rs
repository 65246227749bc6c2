//! Short names of nodes: what all have in common says nothing, nor does a domain that no two of them need to be told apart.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Widest head of a node's column in the services matrix, in cells.
const WIDEST: usize = 6;

/// Where a member's column is, and how much of its name is its short name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    column: usize,
    /// Bytes.
    short: usize,
}

/// Short names and column heads of all members.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    /// The domain that all members share, with its dot.
    domain: String,
    /// Some member has a short name that is not its name.
    cuts: bool,
    places: HashMap<Arc<str>, Place>,
    /// (name, head), in the screen's order.
    columns: Vec<(Arc<str>, String)>,
    /// No two heads are alike.
    differ: bool,
    /// The widest short name, the widest head, in cells.
    widest: (u16, u16),
    /// What all short names begin with, and the heads without it: for columns two cells wide.
    tiny: Option<(String, Vec<String>)>,
}

impl Names {
    /// From the members' names in the order of the screen, as they will be drawn.
    pub fn new(names: &[Arc<str>], ascii: bool) -> Self {
        let domain = common_domain(names);
        let labels = domain.is_empty() && told_by_label(names);
        let short = |n: &Arc<str>| if labels { label(n).len() } else { n.len() - domain.len() };
        let lengths: Vec<usize> = names.iter().map(short).collect();
        let short: Vec<&str> = names.iter().zip(&lengths).map(|(n, length)| n.get(..*length).unwrap_or(n)).collect();
        let drawn = |s: &str| if ascii { super::ascii::ascii(s) } else { s.to_owned() };
        let (heads, differ) = heads(&short, ascii);
        let columns: Vec<_> = names.iter().cloned().zip(heads).collect();
        let widest = |widths: &mut dyn Iterator<Item = usize>| u16::try_from(widths.max().unwrap_or(0)).unwrap_or(u16::MAX);
        let widest = (widest(&mut short.iter().map(|s| drawn(s).width())), widest(&mut columns.iter().map(|c| c.1.width())));
        let tiny = tiny(&short);
        let cuts = names.iter().zip(&lengths).any(|(n, length)| *length < n.len());
        let places = names.iter().zip(lengths).enumerate().map(|(column, (n, short))| (n.clone(), Place { column, short })).collect();
        Self { domain, cuts, places, columns, differ, widest, tiny }
    }

    /// The name without the domain that all share, or without its own where no other member is called alike.
    pub fn short<'a>(&self, name: &'a str) -> &'a str {
        if !self.cuts {
            return name;
        }
        match self.places.get(name) {
            Some(place) => name.get(..place.short).unwrap_or(name),
            None if self.domain.is_empty() => name,
            None => name.strip_suffix(self.domain.as_str()).unwrap_or(name),
        }
    }

    /// A sentence with the short names of the members in it. A path in which one occurs stays as it is.
    pub fn within<'a>(&self, text: &'a str) -> Cow<'a, str> {
        if !self.cuts || !text.contains('.') {
            return Cow::Borrowed(text);
        }
        let belongs = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_');
        let mut out = String::new();
        let (mut at, mut kept) = (0, 0);
        while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
            let length = rest.find(|c| !belongs(c)).unwrap_or(rest.len());
            let word = rest.get(..length).unwrap_or_default().trim_end_matches(['.', '-']);
            let path = text.get(..at).is_some_and(|t| t.ends_with('/')) || rest.get(length..).is_some_and(|t| t.starts_with('/'));
            if let Some(place) = self.places.get(word).filter(|place| place.short < word.len() && !path) {
                out.push_str(text.get(kept..at + place.short).unwrap_or_default());
                kept = at + word.len();
            }
            at += length + rest.get(length..).and_then(|t| t.chars().next()).map_or(0, char::len_utf8);
        }
        if kept == 0 {
            return Cow::Borrowed(text);
        }
        out.push_str(text.get(kept..).unwrap_or_default());
        Cow::Owned(out)
    }

    /// Cells of the widest short name.
    pub const fn widest(&self) -> u16 {
        self.widest.0
    }

    /// Cells of the widest column head.
    pub const fn widest_head(&self) -> u16 {
        self.widest.1
    }

    /// (name, head) of the columns.
    pub fn columns(&self) -> &[(Arc<str>, String)] {
        &self.columns
    }

    /// Whether the heads tell all columns apart.
    pub const fn heads_differ(&self) -> bool {
        self.differ
    }

    /// What all short names begin with, and each column's head without it, in at most two cells; none where names do not
    /// allow it.
    pub fn tiny(&self) -> Option<(&str, &[String])> {
        self.tiny.as_ref().map(|(prefix, heads)| (prefix.as_str(), heads.as_slice()))
    }

    /// Which column a member has.
    pub fn column(&self, name: &str) -> Option<usize> {
        self.places.get(name).map(|place| place.column)
    }
}

/// A name up to its first dot; the whole of one that begins with it.
fn label(name: &str) -> &str {
    name.split('.').next().filter(|label| !label.is_empty()).unwrap_or(name)
}

/// An address, or what looks like one: its first number tells nothing.
fn is_address(name: &str) -> bool {
    label(name).bytes().all(|b| b.is_ascii_digit())
}

/// From the first dot on, if all names end alike there; empty for fewer than two names.
fn common_domain(names: &[Arc<str>]) -> String {
    let Some(domain) = names.first().and_then(|n| n.find('.').filter(|at| *at > 0).map(|at| &n[at..])) else {
        return String::new();
    };
    let shared = names.len() > 1
        && names.iter().all(|n| n.len() > domain.len() && n.ends_with(domain) && n.find('.') == Some(n.len() - domain.len()))
        && !names.iter().any(|n| is_address(n));
    if shared { domain.to_owned() } else { String::new() }
}

/// Whether the names up to their first dots tell all members apart. A port behind a name is part of it.
fn told_by_label(names: &[Arc<str>]) -> bool {
    let labels: HashSet<&str> = names.iter().map(|n| label(n)).collect();
    labels.len() == names.len() && !names.iter().any(|n| is_address(n) || n.contains(':'))
}

/// Bytes that all names begin with, on a character's border, leaving every name at least one character.
fn common_prefix(names: &[&str]) -> usize {
    let Some((first, rest)) = names.split_first().filter(|(_, rest)| !rest.is_empty()) else { return 0 };
    first
        .char_indices()
        .map(|(at, _)| at)
        .take_while(|at| rest.iter().all(|n| n.len() > *at && n.as_bytes()[..*at] == first.as_bytes()[..*at]))
        .last()
        .unwrap_or(0)
}

/// Bytes that all names end with, on a character's border, leaving every name at least one character.
fn common_suffix(names: &[&str]) -> usize {
    let Some((first, rest)) = names.split_first().filter(|(_, rest)| !rest.is_empty()) else { return 0 };
    let shared = |tail: &&str| rest.iter().all(|n| n.len() > tail.len() && n.ends_with(*tail));
    first.char_indices().skip(1).filter_map(|(at, _)| first.get(at..)).find(shared).map_or(0, str::len)
}

/// Heads of one or two cells: `1 2 3` for node1, node2, node3 and for srv1a, srv2b, srv3c. None where two would be alike.
fn tiny(short: &[&str]) -> Option<(String, Vec<String>)> {
    let at = common_prefix(short);
    let prefix = short.first()?.get(..at)?.to_owned();
    let rests: Vec<&str> = short.iter().map(|s| s.get(at..).unwrap_or_default()).collect();
    (1..=2).find_map(|cells| {
        let heads: Vec<&str> = rests.iter().map(|r| r.get(..cells.min(r.len())).unwrap_or_default()).collect();
        let told = heads.iter().collect::<HashSet<_>>().len() == heads.len();
        let plain = heads.iter().all(|h| h.bytes().all(|b| b.is_ascii_graphic()) && !h.is_empty());
        (told && plain).then(|| (prefix.clone(), heads.into_iter().map(str::to_owned).collect()))
    })
}

/// Heads of the columns, and whether no two of them are alike. The end of a name tells it apart more often than its beginning.
fn heads(short: &[&str], ascii: bool) -> (Vec<String>, bool) {
    let drawn = |s: &str| if ascii { super::ascii::ascii(s) } else { s.to_owned() };
    let prefix = if short.iter().any(|s| drawn(s).width() > WIDEST) { common_prefix(short) } else { 0 };
    let rests: Vec<&str> = short.iter().map(|s| s.get(prefix..).unwrap_or(s)).collect();
    let cut = |parts: &[&str], kept: (usize, usize)| parts.iter().map(|part| head(&drawn(part), kept, ascii)).collect::<Vec<_>>();
    let ends = cut(&rests, (0, WIDEST - 1));
    if all_differ(&ends) {
        return (ends, true);
    }
    let suffix = common_suffix(&rests);
    let middles: Vec<&str> = rests.iter().map(|s| s.get(..s.len() - suffix).unwrap_or(s)).collect();
    let others = [(0, WIDEST - 1), (WIDEST - 1, 0), (2, WIDEST - 3)];
    match others.into_iter().map(|kept| cut(&middles, kept)).find(|heads| all_differ(heads)) {
        Some(heads) => (heads, true),
        None => (ends, false),
    }
}

fn all_differ(heads: &[String]) -> bool {
    heads.iter().collect::<HashSet<_>>().len() == heads.len()
}

/// A name in at most [`WIDEST`] cells: so many of its beginning and of its end.
fn head(name: &str, (front, back): (usize, usize), ascii: bool) -> String {
    if name.width() <= WIDEST {
        return name.to_owned();
    }
    let end = first(name.chars().rev(), back);
    first(name.chars(), front).into_iter().chain([super::ascii::cut(ascii)]).chain(end.into_iter().rev()).collect()
}

/// The first characters that take no more than so many cells.
fn first(chars: impl Iterator<Item = char>, room: usize) -> Vec<char> {
    let mut width = 0;
    let fits = |c: &char| {
        width += c.width().unwrap_or(0);
        width <= room
    };
    chars.take_while(fits).collect()
}
