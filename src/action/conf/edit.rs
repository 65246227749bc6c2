//! A change of cluster.conf as what it is: some bytes in place of others, and everything else as it was.
//!
//! It is worked out on a copy whose passwords are cut out, and done on the node by `sed`, on the file that has them. So it names lines and, on a line
//! with something cut out, only what stands beside that.

use std::fmt::Write as _;
use std::ops::Range;

use super::tree::Element;
use crate::domain::text::clean;

/// What stands where something was cut out.
const CUT: [&str; 2] = ["\"***\"", "'***'"];

/// What is in the place of some bytes.
type Edit = (Range<usize>, String);

/// Changes of one text.
#[derive(Clone, Debug)]
pub struct Edits<'a> {
    text: &'a str,
    all: Vec<Edit>,
}

/// What comes of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edited {
    /// The new text, without passwords as the old one is.
    pub text: String,
    /// The program for `sed` that makes it of the old one.
    pub program: String,
    /// The difference, line by line, harmless.
    pub diff: Vec<String>,
}

/// Lines of the old text and what is in their place.
struct Hunk {
    /// From this line to before that one, from 0.
    lines: Range<usize>,
    new: Vec<String>,
}

impl<'a> Edits<'a> {
    /// None yet.
    pub const fn new(text: &'a str) -> Self {
        Self { text, all: Vec::new() }
    }

    /// Sets an attribute: in its place, or behind the last one.
    pub fn set(&mut self, of: &Element, name: &str, value: &str) {
        let value = escaped(value);
        if let Some(old) = of.attribute(name) {
            self.all.push((old.inside.clone(), value));
            return;
        }
        let at = of.attributes.last().map_or(of.open.start + 1 + of.name.len(), |last| last.at.end);
        self.all.push((at..at, format!(" {name}=\"{value}\"")));
    }

    /// Takes an attribute away, with the blanks before it.
    pub fn unset(&mut self, of: &Element, name: &str) {
        let Some(old) = of.attribute(name) else { return };
        let before = self.text.get(..old.at.start).unwrap_or_default();
        self.all.push((before.trim_end().len()..old.at.end, String::new()));
    }

    /// Puts an element in: behind the last child that `like` fits, else as the last one. Each of `lines` may begin with blanks of its own.
    pub fn add(&mut self, parent: &Element, like: impl Fn(&Element) -> bool, lines: &[String]) {
        let sibling = parent.children.iter().rfind(|c| like(c)).or_else(|| parent.children.last());
        let indent = match (sibling, parent.children.first()) {
            (Some(sibling), _) => self.indent(sibling.whole.start),
            _ => format!("{}{}", self.indent(parent.open.start), self.step(parent)),
        };
        let feed = self.feed();
        let block = |lines: &[String]| lines.iter().fold(String::new(), |all, line| all + &indent + line + feed);
        if let Some(sibling) = sibling {
            let end = self.line_end(sibling.whole.end);
            match end {
                // Nothing else follows on its line.
                Some(at) => self.all.push((at..at, block(lines))),
                None => {
                    self.all.push((sibling.whole.end..sibling.whole.end, format!("{feed}{}", block(lines).trim_end_matches(['\n', '\r']))));
                }
            }
        } else if parent.is_empty() {
            let tag = self.text.get(parent.open.clone()).unwrap_or_default();
            let body = tag.strip_suffix("/>").unwrap_or(tag).trim_end();
            let at = parent.open.start + body.len();
            let closing = format!(">{feed}{}{}</{}>", block(lines), self.indent(parent.open.start), parent.name);
            self.all.push((at..parent.open.end, closing));
        } else {
            let end = self
                .text
                .get(parent.open.end..parent.whole.end)
                .and_then(|t| t.rfind("</"))
                .map_or(parent.open.end, |n| parent.open.end + n);
            let start = self.line_start(end);
            if self.text.get(start..end).is_some_and(|t| t.trim().is_empty()) {
                self.all.push((start..start, block(lines)));
            } else {
                self.all.push((end..end, format!("{feed}{}{}", block(lines), self.indent(parent.open.start))));
            }
        }
    }

    /// Puts an element in before all others of a parent that has some.
    pub fn add_first(&mut self, parent: &Element, lines: &[String]) {
        let Some(first) = parent.children.first() else { return self.add(parent, |_| false, lines) };
        let (start, indent) = (self.line_start(first.whole.start), self.indent(first.whole.start));
        let feed = self.feed();
        let block = lines.iter().fold(String::new(), |all, line| all + &indent + line + feed);
        if self.text.get(start..first.whole.start).is_some_and(|t| t.trim().is_empty()) {
            self.all.push((start..start, block));
        } else {
            self.all.push((first.whole.start..first.whole.start, format!("{feed}{block}{indent}")));
        }
    }

    fn feed(&self) -> &'static str {
        if self.text.contains("\r\n") { "\r\n" } else { "\n" }
    }

    /// Takes an element away, with its lines where nothing else stands on them.
    pub fn remove(&mut self, element: &Element) {
        let start = self.line_start(element.whole.start);
        let alone = self.text.get(start..element.whole.start).is_some_and(|t| t.trim().is_empty());
        match self.line_end(element.whole.end) {
            Some(end) if alone => self.all.push((start..end, String::new())),
            _ => self.all.push((element.whole.clone(), String::new())),
        }
    }

    fn line_start(&self, at: usize) -> usize {
        self.text.get(..at).and_then(|t| t.rfind('\n')).map_or(0, |n| n + 1)
    }

    /// The start of the next line, where only blanks stand between.
    fn line_end(&self, at: usize) -> Option<usize> {
        let rest = self.text.get(at..)?;
        let end = rest.find('\n')?;
        rest.get(..end)?.trim().is_empty().then_some(at + end + 1)
    }

    /// The blanks before what stands first on a line.
    fn indent(&self, at: usize) -> String {
        let line = self.text.get(self.line_start(at)..at).unwrap_or_default();
        line.chars().take_while(|c| matches!(c, ' ' | '\t')).collect()
    }

    /// How much further in children stand.
    fn step(&self, parent: &Element) -> &'static str {
        if self.indent(parent.open.start).contains('\t') { "\t" } else { "  " }
    }

    /// Does them all.
    pub fn finish(mut self) -> Result<Edited, String> {
        self.all.sort_by_key(|(range, _)| (range.start, range.end));
        if self.all.windows(2).any(|pair| matches!(pair, [a, b] if a.0.end > b.0.start)) {
            return Err("two changes are in each other's way".to_owned());
        }
        if self.all.iter().any(|(_, new)| CUT.iter().any(|cut| new.contains(cut))) {
            return Err("what is to be written has a password in it".to_owned());
        }
        let mut text = self.text.to_owned();
        for (range, new) in self.all.iter().rev() {
            text.replace_range(range.clone(), new);
        }
        let lines: Vec<&str> = self.text.split_inclusive('\n').collect();
        let hunks = self.hunks(&lines);
        let mut program = String::new();
        let mut diff = vec!["--- /etc/cluster/cluster.conf".to_owned(), "+++ /etc/cluster/cluster.conf".to_owned()];
        let mut shift = 0_isize;
        for hunk in &hunks {
            sed(&mut program, hunk, &lines)?;
            shift = show(&mut diff, hunk, &lines, shift);
        }
        Ok(Edited { text, program, diff })
    }

    /// The changes by the lines that they touch.
    fn hunks(&self, lines: &[&str]) -> Vec<Hunk> {
        let mut starts = vec![0];
        for line in lines {
            starts.push(starts.last().copied().unwrap_or(0) + line.len());
        }
        let line_of = |at: usize| starts.partition_point(|start| *start <= at).saturating_sub(1);
        let is_start = |at: usize| starts.binary_search(&at).is_ok();
        let mut groups: Vec<(Range<usize>, Vec<&Edit>)> = Vec::new();
        for edit in &self.all {
            let (range, new) = edit;
            let first = line_of(range.start);
            // Whole lines put in, or whole lines taken away, touch no other.
            let last = if is_start(range.start) && is_start(range.end) && (new.is_empty() || new.ends_with('\n')) {
                line_of(range.end)
            } else {
                line_of(range.end.saturating_sub(1).max(range.start)) + 1
            };
            match groups.last_mut() {
                Some((lines, edits)) if first < lines.end => {
                    lines.end = lines.end.max(last);
                    edits.push(edit);
                }
                _ => groups.push((first..last, vec![edit])),
            }
        }
        let hunk = |(lines, edits): (Range<usize>, Vec<&Edit>)| {
            let (from, to) = (starts.get(lines.start).copied().unwrap_or(0), starts.get(lines.end).copied().unwrap_or(self.text.len()));
            let mut part = self.text.get(from..to).unwrap_or_default().to_owned();
            for (range, new) in edits.iter().rev() {
                part.replace_range(range.start - from..range.end - from, new);
            }
            Hunk { lines, new: part.split_inclusive('\n').map(|l| l.trim_end_matches('\n').to_owned()).collect() }
        };
        groups.into_iter().map(hunk).collect()
    }
}

/// One hunk in sed's words (POSIX).
fn sed(program: &mut String, hunk: &Hunk, lines: &[&str]) -> Result<(), String> {
    let Range { start, end } = hunk.lines.clone();
    let old: Vec<&str> = lines.get(hunk.lines.clone()).unwrap_or_default().iter().map(|l| l.trim_end_matches('\n')).collect();
    let new = hunk.new.join("\n");
    let _ = match old.as_slice() {
        [] if start < lines.len() => writeln!(program, "{}s/^/{}\\\n/", start + 1, replacement(&new)),
        [] => return Err("nothing can be put behind the last line".to_owned()),
        _ if hunk.new.is_empty() => writeln!(program, "{},{end}d", start + 1),
        [one] => {
            let (find, put) = beside_cuts(one, &new)?;
            writeln!(program, "{end}s/{}/{}/", pattern(&find), replacement(&put))
        }
        several if several.iter().any(|line| is_cut(line)) => {
            return Err(format!("passwords stand among what is to be changed (lines {} to {end})", start + 1));
        }
        _ => {
            let _ = writeln!(program, "{},{}d", start + 1, end - 1);
            writeln!(program, "{end}s/.*/{}/", replacement(&new))
        }
    };
    Ok(())
}

fn is_cut(line: &str) -> bool {
    CUT.iter().any(|cut| line.contains(cut))
}

/// What to look for on a line, and what to put in its place: the whole line, or the part between two things that were cut out.
fn beside_cuts(old: &str, new: &str) -> Result<(String, String), String> {
    if !is_cut(old) {
        return Ok((old.to_owned(), new.to_owned()));
    }
    let same = old.bytes().zip(new.bytes()).take_while(|(a, b)| a == b).count();
    let mut head = same;
    while !(old.is_char_boundary(head) && new.is_char_boundary(head)) {
        head -= 1;
    }
    let most = old.len().min(new.len()) - head;
    let mut tail = old.bytes().rev().zip(new.bytes().rev()).take(most).take_while(|(a, b)| a == b).count();
    while !(old.is_char_boundary(old.len() - tail) && new.is_char_boundary(new.len() - tail)) {
        tail -= 1;
    }
    let core = head..old.len() - tail;
    let cuts: Vec<Range<usize>> = CUT.iter().flat_map(|cut| old.match_indices(cut).map(|(at, m)| at..at + m.len())).collect();
    if cuts.iter().any(|cut| cut.start < core.end && core.start < cut.end) {
        return Err("a password stands in what is to be changed".to_owned());
    }
    let from = cuts.iter().map(|cut| cut.end).filter(|end| *end <= core.start).max().unwrap_or(0);
    let to = cuts.iter().map(|cut| cut.start).filter(|start| *start >= core.end).min().unwrap_or(old.len());
    let put = new.get(from..new.len() - (old.len() - to)).unwrap_or_default();
    Ok((old.get(from..to).unwrap_or_default().to_owned(), put.to_owned()))
}

/// A text as a basic regular expression that fits nothing else.
fn pattern(text: &str) -> String {
    text.chars().fold(String::new(), |mut all, c| {
        if "\\/.*[^$".contains(c) {
            all.push('\\');
        }
        all.push(c);
        all
    })
}

/// A text on the right side of sed's `s`.
fn replacement(text: &str) -> String {
    text.chars().fold(String::new(), |mut all, c| {
        if "\\/&\n".contains(c) {
            all.push('\\');
        }
        all.push(c);
        all
    })
}

/// One hunk as `diff -U0` has it. Gives how far lines behind it have moved.
fn show(diff: &mut Vec<String>, hunk: &Hunk, lines: &[&str], shift: isize) -> isize {
    let old = lines.get(hunk.lines.clone()).unwrap_or_default();
    let counted = |first: usize, count: usize| match count {
        0 => format!("{first},0"),
        1 => (first + 1).to_string(),
        n => format!("{},{n}", first + 1),
    };
    let new_first = hunk.lines.start.saturating_add_signed(shift);
    diff.push(format!("@@ -{} +{} @@", counted(hunk.lines.start, old.len()), counted(new_first, hunk.new.len())));
    let line = |mark: char, l: &str| format!("{mark}{}", clean(&l.trim_end_matches(['\n', '\r']).replace('\t', "    ")));
    diff.extend(old.iter().map(|l| line('-', l)));
    diff.extend(hunk.new.iter().map(|l| line('+', l)));
    shift + isize::try_from(hunk.new.len()).unwrap_or(0) - isize::try_from(old.len()).unwrap_or(0)
}

/// A value between double quotes.
fn escaped(value: &str) -> String {
    value.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&apos;")
}

/// An element without children, on one line.
pub fn tag(name: &str, attributes: &[(&str, &str)], end: &str) -> String {
    let mut out = format!("<{name}");
    for (key, value) in attributes {
        let _ = write!(out, " {key}=\"{}\"", escaped(value));
    }
    out + end
}
