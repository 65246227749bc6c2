//! Pages of text with meaning: what details and help consist of.

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use crate::theme::Role;

/// A line: pieces, each with its role.
pub type Line = Vec<(Role, String)>;

/// A page, as wide as it was built for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Document {
    /// The lines, top to bottom.
    pub lines: Vec<Line>,
    width: usize,
}

/// Width of the names in front of values.
pub const NAME: usize = 14;

impl Document {
    /// An empty page for so many columns.
    pub fn new(width: u16) -> Self {
        Self { lines: Vec::new(), width: usize::from(width).max(20) }
    }

    /// A heading, with an empty line before it unless it is the first.
    pub fn head(&mut self, text: &str) {
        if !self.lines.is_empty() {
            self.lines.push(Vec::new());
        }
        self.lines.push(vec![(Role::Title, text.to_owned())]);
    }

    /// A name and its value, wrapped under itself.
    pub fn pair(&mut self, name: &str, role: Role, value: &str) {
        self.named(name, role, wrap(value, self.room()));
    }

    /// As [`Self::pair`], for a command: broken between its arguments.
    pub fn command(&mut self, name: &str, role: Role, command: &str) {
        self.named(name, role, wrap_command(command, self.room()));
    }

    /// A tool that a script runs, behind a prompt; what is left of it, or goes on from the line before, stands in as far.
    pub fn tool(&mut self, role: Role, tool: &str) {
        let text = tool.trim_start();
        let mut mark = if text.len() == tool.len() { "$ " } else { "  " };
        let parts = wrap_command(text, self.room().saturating_sub(2).max(10)).into_iter();
        self.named("", role, parts.map(|part| format!("{}{part}", std::mem::replace(&mut mark, "  "))).collect());
    }

    fn room(&self) -> usize {
        self.width.saturating_sub(NAME + 3).max(10)
    }

    fn named(&mut self, name: &str, role: Role, parts: Vec<String>) {
        for (i, part) in parts.into_iter().enumerate() {
            let name = if i == 0 { name } else { "" };
            self.lines.push(vec![(Role::Dim, format!("  {}", pad(name, NAME))), (role, part)]);
        }
    }

    /// As [`Self::pair`], if there is a value.
    pub fn maybe(&mut self, name: &str, value: Option<impl AsRef<str>>) {
        if let Some(value) = value {
            self.pair(name, Role::Text, value.as_ref());
        }
    }

    /// A sentence, wrapped.
    pub fn say(&mut self, role: Role, text: &str) {
        for part in wrap(text, self.width.saturating_sub(3).max(10)) {
            self.lines.push(vec![(role, format!("  {part}"))]);
        }
    }

    /// A line of a difference, on the whole width: each part of it has its sign and stands in as far, broken between attributes.
    pub fn diff(&mut self, role: Role, line: &str) {
        for part in wrap_diff(line, self.width.saturating_sub(3).max(10)) {
            self.lines.push(vec![(role, format!("  {part}"))]);
        }
    }

    /// Short items side by side, as many on a line as fit whole.
    pub fn items(&mut self, role: Role, items: &[&str]) {
        let room = self.width.saturating_sub(3).max(10);
        let mut line = String::new();
        for item in items {
            if !line.is_empty() && line.width() + 3 + item.width() > room {
                self.say(role, &std::mem::take(&mut line));
            }
            let gap = if line.is_empty() { "" } else { "   " };
            line = format!("{line}{gap}{item}");
        }
        self.say(role, &line);
    }

    /// A command, or a sentence with one at its end, broken between the command's arguments.
    pub fn say_command(&mut self, role: Role, text: &str) {
        for part in wrap_command(text, self.width.saturating_sub(3).max(10)) {
            self.lines.push(vec![(role, format!("  {part}"))]);
        }
    }

    /// Rows under heads; columns as wide as their widest value, the last one wrapped in what is left, or below the row where little is. A row has
    /// its own role, which its first two cells carry.
    pub fn table(&mut self, heads: &[&str], rows: &[(Role, Vec<String>)]) {
        let last = heads.len().saturating_sub(1);
        let mut widths: Vec<usize> = heads.iter().map(|h| h.width()).collect();
        for (_, row) in rows {
            for (width, cell) in widths.iter_mut().zip(row).take(last) {
                *width = (*width).max(cell.as_str().width()).min(self.width / 2);
            }
        }
        let before = widths.iter().take(last).map(|width| width + 2).sum::<usize>();
        let room = self.width.saturating_sub(before + 3);
        // Where the others are wider than the page already, nothing is gained by lines for the last one.
        let most = if before < self.width { room.max(Self::LAST) } else { usize::MAX };
        let line = |cells: &mut dyn Iterator<Item = (Role, &str)>| -> Line {
            let cell = |(i, (role, cell)): (usize, (Role, &str))| match widths.get(i) {
                Some(width) if i < last => (role, format!("  {}", pad(cell, *width))),
                _ => (role, format!("  {cell}")),
            };
            cells.enumerate().map(cell).collect()
        };
        self.lines.push(line(&mut heads.iter().map(|h| (Role::Dim, *h))));
        for (role, row) in rows {
            let role = |i: usize| if i < 2 { *role } else { Role::Text };
            let end = row.get(last).map_or("", String::as_str);
            let beside = room >= Self::LAST || end.width() <= room || most == usize::MAX;
            let (at, parts) = if beside { (before, wrap(end, most)) } else { (4, wrap(end, self.width.saturating_sub(9).max(10))) };
            let mut parts = parts.into_iter();
            let first = if beside { parts.next() } else { None }.unwrap_or_default();
            let cells = row.iter().take(last).enumerate().map(|(i, cell)| (role(i), cell.as_str()));
            self.lines.push(line(&mut cells.chain([(role(last), first.as_str())])));
            self.lines.extend(parts.map(|part| vec![(role(last), format!("{}  {part}", " ".repeat(at)))]));
        }
    }

    /// The last column of a table stands beside the others while it has so many cells.
    const LAST: usize = 12;

    /// The text without roles.
    pub fn text(&self) -> String {
        let mut out = String::new();
        for line in &self.lines {
            let whole: String = line.iter().map(|(_, t)| t.as_str()).collect();
            out.push_str(whole.trim_end());
            out.push('\n');
        }
        out
    }
}

/// Blanks behind, up to a width in cells; what is longer is cut with `…`.
pub fn pad(text: &str, width: usize) -> String {
    let own = text.width();
    if own <= width {
        return format!("{text}{}", " ".repeat(width - own));
    }
    let mut out = String::new();
    let mut used = 1;
    for g in text.graphemes(true) {
        used += g.width();
        if used > width {
            break;
        }
        out.push_str(g);
    }
    // Glued to what is left: by itself its ASCII twin would be another sign.
    out.truncate(out.trim_end().len());
    out.push('…');
    let own = out.as_str().width();
    out + &" ".repeat(width.saturating_sub(own))
}

/// Lines of at most `room` cells, broken at blanks alone where there are some: an option stays whole.
pub fn wrap(text: &str, room: usize) -> Vec<String> {
    fill(words(text, None), [room; 2])
}

/// As [`wrap`] for a command: broken between arguments, so that one in quotes stays whole too, as long as it fits a line.
pub fn wrap_command(text: &str, room: usize) -> Vec<String> {
    fill(arguments(text, '\'', room), [room; 2])
}

/// As [`wrap`] for a line of a difference.
pub fn wrap_diff(line: &str, room: usize) -> Vec<String> {
    let sign = line.get(..1).filter(|sign| matches!(*sign, "+" | "-")).unwrap_or_default();
    let rest = line.strip_prefix(sign).unwrap_or(line);
    let text = rest.trim_start();
    let head = format!("{sign}{}", " ".repeat((rest.len() - text.len()).min(room / 4)));
    if head.len() + text.width() <= room {
        return vec![head + text];
    }
    let [first, left] = [head.len(), head.len() + FURTHER.len()].map(|taken| room.saturating_sub(taken).max(1));
    let parts = fill(arguments(text, '"', left), [first, left]);
    parts.iter().enumerate().map(|(at, part)| format!("{head}{}{}", if at == 0 { "" } else { FURTHER }, part.trim_end())).collect()
}

/// How much further in the parts of a line stand that did not fit.
const FURTHER: &str = "    ";

/// The words of a text, what stands in such quotes as one, as long as it fits.
fn arguments(text: &str, quote: char, room: usize) -> Vec<&str> {
    let whole = words(text, Some(quote));
    whole.into_iter().flat_map(|word| if word.width() > room { words(word, None) } else { vec![word] }).collect()
}

/// Runs of blanks, and what stands between them; blanks between two such quotes do not count.
fn words(text: &str, quote: Option<char>) -> Vec<&str> {
    let mut words = Vec::new();
    let (mut from, mut blank, mut quoted) = (0, None, false);
    for (at, c) in text.char_indices() {
        quoted ^= quote == Some(c);
        let is_blank = c.is_whitespace() && !quoted;
        if blank.is_some_and(|was| was != is_blank) {
            words.extend(text.get(from..at));
            from = at;
        }
        blank = Some(is_blank);
    }
    words.extend(text.get(from..).filter(|rest| !rest.is_empty()));
    words
}

/// Words in lines of at most so many cells: the first one, and those behind it.
fn fill(words: Vec<&str>, rooms: [usize; 2]) -> Vec<String> {
    let room = |lines: &[String]| if lines.is_empty() { rooms[0] } else { rooms[1] };
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut used = 0;
    for word in words {
        let width = word.width();
        if used + width > room(&lines) && used > 0 {
            lines.push(std::mem::take(&mut line));
            used = 0;
            if word.trim().is_empty() {
                continue;
            }
        }
        if width <= room(&lines) {
            line.push_str(word);
            used += width;
            continue;
        }
        for g in word.graphemes(true) {
            if used + g.width() > room(&lines) && used > 0 {
                lines.push(std::mem::take(&mut line));
                used = 0;
            }
            line.push_str(g);
            used += g.width();
        }
    }
    if !line.is_empty() || lines.is_empty() {
        lines.push(line);
    }
    lines
}
