//! Frames as bytes: only what changed, with the fewest escape sequences that say so.
//!
//! ratatui's own backend writes 25 bytes for a frame in which nothing changed and nine for a change among the 16 colours; over a bad
//! link that counts. Here an unchanged frame is no bytes, and a style change names only what differs.

use std::io::Write as _;

use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier};
use unicode_width::UnicodeWidthStr;

/// DECSET 2026: a terminal that knows it paints the frame at once.
const BEGIN: &[u8] = b"\x1b[?2026h";
const END: &[u8] = b"\x1b[?2026l";

#[derive(Clone, Copy, PartialEq, Eq)]
struct Pen {
    fg: Color,
    bg: Color,
    modifier: Modifier,
}

const PLAIN: Pen = Pen { fg: Color::Reset, bg: Color::Reset, modifier: Modifier::empty() };

/// Makes a buffer blank and of this size.
pub fn blank(buffer: &mut Buffer, area: Rect) {
    if buffer.area == area {
        buffer.reset();
    } else {
        *buffer = Buffer::empty(area);
    }
}

/// Remembers what the terminal shows.
#[derive(Debug, Default)]
pub struct Painter {
    /// None: nothing is known of it, and the next frame is painted whole.
    shown: Option<Buffer>,
    bytes: Vec<u8>,
}

impl Painter {
    /// Forgets what the terminal shows: the next frame is painted whole.
    pub fn forget(&mut self) {
        self.shown = None;
    }

    /// The bytes that turn what is shown into `next`, and takes `next` as shown; the former buffer comes back in its place, to be made [`blank`]
    /// and drawn upon. Empty if nothing changed.
    pub fn frame(&mut self, next: &mut Buffer) -> &[u8] {
        self.bytes.clear();
        let shown = self.shown.take().filter(|shown| shown.area == next.area);
        if shown.is_none() {
            self.bytes.extend_from_slice(BEGIN);
            self.bytes.extend_from_slice(b"\x1b[m\x1b[2J");
        }
        let clear = self.bytes.len();
        encode(shown.as_ref(), next, &mut self.bytes);
        if self.bytes.len() > clear || clear > 0 {
            self.bytes.extend_from_slice(END);
        }
        self.shown = Some(std::mem::replace(next, shown.unwrap_or_default()));
        &self.bytes
    }
}

/// Whether two cells look alike. Half the time of a frame goes into this, and ratatui's own comparison looks at more that is not painted here.
fn alike(old: &Cell, new: &Cell) -> bool {
    old.modifier == new.modifier && old.fg == new.fg && old.bg == new.bg && old.symbol() == new.symbol()
}

fn encode(shown: Option<&Buffer>, next: &Buffer, out: &mut Vec<u8>) {
    let mut pen = PLAIN;
    // Where the terminal's cursor stands, if that is certain.
    let mut at: Option<(u16, u16)> = None;
    let width = usize::from(next.area.width).max(1);
    let empty = vec![Cell::EMPTY; width];
    let mut rows = shown.map(|shown| shown.content.chunks(width));
    for (y, new) in (0..).zip(next.content.chunks(width)) {
        let old = rows.as_mut().and_then(Iterator::next).unwrap_or(&empty);
        // Most rows of most frames are as they were.
        if old.iter().zip(new).all(|(old, new)| alike(old, new)) {
            continue;
        }
        for (x, cell) in changes(old, new) {
            if out.is_empty() {
                out.extend_from_slice(BEGIN);
            }
            move_to(at, x, y, out);
            let wanted = Pen { fg: cell.fg, bg: cell.bg, modifier: cell.modifier };
            set_pen(pen, wanted, out);
            pen = wanted;
            out.extend_from_slice(cell.symbol().as_bytes());
            at = after(cell, x).map(|x| (x, y)).filter(|(x, _)| *x < next.area.right());
        }
    }
    if pen != PLAIN {
        out.extend_from_slice(b"\x1b[m");
    }
}

/// The cells of a row that must be written, each with its column. The right half of a wide symbol is never written; what stood under the
/// right half of a wide symbol that goes is always written, for terminals differ in what they leave there.
fn changes<'a>(old: &'a [Cell], new: &'a [Cell]) -> impl Iterator<Item = (u16, &'a Cell)> + 'a {
    // Columns from here on that are covered by a wide symbol, and those that one uncovers.
    let (mut covered, mut uncovered) = (0, 0);
    old.iter().zip(new).enumerate().filter_map(move |(x, (old, new))| {
        let (old_width, new_width) = (columns(old), columns(new));
        let changed = (!alike(old, new) || x < uncovered) && x >= covered;
        if changed && old_width > 1 {
            uncovered = uncovered.max(x + old_width);
        }
        if x >= covered && new_width > 1 {
            covered = x + new_width;
            if changed {
                uncovered = uncovered.max(x + new_width);
            }
        }
        changed.then(|| (u16::try_from(x).unwrap_or(u16::MAX), new))
    })
}

/// Columns that a cell's symbol takes.
fn columns(cell: &Cell) -> usize {
    let symbol = cell.symbol();
    if symbol.len() == 1 { 1 } else { symbol.width() }
}

/// Where the cursor stands after a symbol. Only for symbols whose width no terminal doubts; after others the next cell is addressed.
fn after(cell: &Cell, x: u16) -> Option<u16> {
    let symbol = cell.symbol();
    let sure = match symbol.as_bytes() {
        [b] => (0x20..0x7f).contains(b),
        _ => symbol
            .chars()
            .all(|c| matches!(c, '\u{a0}'..='\u{17f}' | '\u{2010}'..='\u{2027}' | '\u{2190}'..='\u{21ff}' | '\u{2500}'..='\u{25ff}')),
    };
    sure.then(|| x.saturating_add(u16::try_from(symbol.width()).unwrap_or(1)))
}

fn move_to(at: Option<(u16, u16)>, x: u16, y: u16, out: &mut Vec<u8>) {
    let _ = match at {
        Some((cx, cy)) if cy == y && cx == x => Ok(()),
        Some((cx, cy)) if cy == y && cx < x && x - cx == 1 => out.write_all(b"\x1b[C"),
        Some((cx, cy)) if cy == y && cx < x => write!(out, "\x1b[{}C", x - cx),
        Some((_, cy)) if cy.checked_add(1) == Some(y) && x == 0 => out.write_all(b"\r\n"),
        _ if x == 0 => write!(out, "\x1b[{}H", y + 1),
        _ => write!(out, "\x1b[{};{}H", y + 1, x + 1),
    };
}

fn set_pen(from: Pen, to: Pen, out: &mut Vec<u8>) {
    if from == to {
        return;
    }
    if to == PLAIN {
        out.extend_from_slice(b"\x1b[m");
        return;
    }
    let mut codes: Vec<u8> = Vec::with_capacity(24);
    let mut base = from;
    // A modifier cannot be taken away alone everywhere (22 ends bold and dim both): start from nothing.
    if !(from.modifier - to.modifier).is_empty() {
        codes.extend_from_slice(b"0;");
        base = PLAIN;
    }
    let added = to.modifier - base.modifier;
    for (flag, code) in [
        (Modifier::BOLD, 1u8),
        (Modifier::DIM, 2),
        (Modifier::ITALIC, 3),
        (Modifier::UNDERLINED, 4),
        (Modifier::SLOW_BLINK, 5),
        (Modifier::REVERSED, 7),
        (Modifier::CROSSED_OUT, 9),
    ] {
        if added.contains(flag) {
            let _ = write!(codes, "{code};");
        }
    }
    if base.fg != to.fg {
        color(to.fg, 30, &mut codes);
    }
    if base.bg != to.bg {
        color(to.bg, 40, &mut codes);
    }
    codes.pop();
    out.extend_from_slice(b"\x1b[");
    out.extend_from_slice(&codes);
    out.push(b'm');
}

/// SGR code of a colour: `base` is 30 for the foreground, 40 for the background.
fn color(color: Color, base: u8, out: &mut Vec<u8>) {
    let named = |n: u8| if n < 8 { base + n } else { base + 52 + n };
    let _ = match color {
        Color::Reset => write!(out, "{};", base + 9),
        Color::Black => write!(out, "{};", named(0)),
        Color::Red => write!(out, "{};", named(1)),
        Color::Green => write!(out, "{};", named(2)),
        Color::Yellow => write!(out, "{};", named(3)),
        Color::Blue => write!(out, "{};", named(4)),
        Color::Magenta => write!(out, "{};", named(5)),
        Color::Cyan => write!(out, "{};", named(6)),
        Color::Gray => write!(out, "{};", named(7)),
        Color::DarkGray => write!(out, "{};", named(8)),
        Color::LightRed => write!(out, "{};", named(9)),
        Color::LightGreen => write!(out, "{};", named(10)),
        Color::LightYellow => write!(out, "{};", named(11)),
        Color::LightBlue => write!(out, "{};", named(12)),
        Color::LightMagenta => write!(out, "{};", named(13)),
        Color::LightCyan => write!(out, "{};", named(14)),
        Color::White => write!(out, "{};", named(15)),
        Color::Indexed(n) => write!(out, "{};5;{n};", base + 8),
        Color::Rgb(r, g, b) => write!(out, "{};2;{r};{g};{b};", base + 8),
    };
}
