//! Writing cells: cut to their room, in ASCII where that is asked for, and fast where the text is plain.

use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use super::glyph;
use crate::app::{Model, ascii, fresh};
use crate::theme::Role;

/// A grapheme longer than this is drawn as its first character: marks piled upon a letter are no text.
const LONGEST_GRAPHEME: usize = 24;

/// What views draw with: the model, and the buffer.
#[derive(Debug)]
pub struct Pen<'a> {
    /// What is drawn.
    pub model: &'a Model,
    /// The manager has not spoken for long: asked once a frame, not once a row.
    pub stale_manager: bool,
    buf: &'a mut Buffer,
    ascii: bool,
}

impl<'a> Pen<'a> {
    /// A pen for a buffer.
    pub fn new(model: &'a Model, buf: &'a mut Buffer) -> Self {
        let stale = fresh::manager(&model.shown, model.setup.now, model.setup.stale_after);
        Self { model, stale_manager: stale.is_some(), buf, ascii: model.setup.ascii }
    }

    /// The style of a role.
    pub const fn style(&self, role: Role) -> Style {
        self.model.setup.theme.style(role)
    }

    /// Writes text into at most `room` cells; what is longer ends in the sign of what is cut ([`ascii::cut`]). The number of cells used.
    pub fn put(&mut self, x: u16, y: u16, room: u16, text: &str, role: Role) -> u16 {
        self.put_styled(x, y, room, text, self.style(role))
    }

    /// As [`Self::put`], in a style.
    pub fn put_styled(&mut self, x: u16, y: u16, room: u16, text: &str, style: Style) -> u16 {
        let area = self.buf.area;
        if y < area.y || y >= area.bottom() || x < area.x || x >= area.right() {
            return 0;
        }
        let room = room.min(area.right() - x);
        if self.ascii && !text.bytes().all(|b| (0x20..0x7f).contains(&b)) {
            return self.put_plain(x, y, room, &ascii::ascii(text), style);
        }
        if text.chars().all(is_plain) {
            return self.put_plain(x, y, room, text, style);
        }
        self.put_wide(x, y, room, text, style)
    }

    /// Writes text of which every character is one cell.
    fn put_plain(&mut self, x: u16, y: u16, room: u16, text: &str, style: Style) -> u16 {
        let start = self.buf.index_of(x, y);
        let room = usize::from(room);
        let length = if text.is_ascii() { text.len() } else { text.chars().count() };
        let fits = length <= room;
        let mut kept = if fits { length } else { room.saturating_sub(1) };
        let Some(cells) = self.buf.content.get_mut(start..start + room) else { return 0 };
        for (cell, sign) in cells.iter_mut().zip(text.chars().take(kept)) {
            cell.set_char(sign);
            restyle(cell, style);
        }
        if fits {
            return u16::try_from(kept).unwrap_or(u16::MAX);
        }
        while kept > 0 && cells.get(kept - 1).is_some_and(|cell| cell.symbol() == " ") {
            kept -= 1;
        }
        if let Some(last) = cells.get_mut(kept) {
            last.set_char(ascii::cut(self.ascii));
            restyle(last, style);
        }
        u16::try_from(room).unwrap_or(u16::MAX)
    }

    fn put_wide(&mut self, x: u16, y: u16, room: u16, text: &str, style: Style) -> u16 {
        let fits = text.width() <= usize::from(room);
        let limit = if fits { room } else { room.saturating_sub(1) };
        // `end`: behind the last grapheme that is no blank. The sign of what is cut is glued to it.
        let (mut used, mut end) = (0, 0);
        for grapheme in text.graphemes(true) {
            let symbol = glyph::plain(grapheme, LONGEST_GRAPHEME);
            let width = u16::try_from(symbol.width()).unwrap_or(u16::MAX);
            if width == 0 || symbol.contains(char::is_control) {
                continue;
            }
            if used + width > limit {
                break;
            }
            let cell = &mut self.buf[(x + used, y)];
            cell.set_symbol(&symbol);
            restyle(cell, style);
            for behind in 1..width {
                self.buf[(x + used + behind, y)].reset();
            }
            used += width;
            if &*symbol != " " {
                end = used;
            }
        }
        if !fits && room > 0 {
            let cell = &mut self.buf[(x + end, y)];
            cell.set_char(ascii::cut(self.ascii));
            restyle(cell, style);
            used += 1;
        }
        used
    }

    /// Writes at the right end of `room` cells; what is longer is cut on its right.
    pub fn put_right(&mut self, x: u16, y: u16, room: u16, text: &str, role: Role) {
        let width = self.width(text).min(room);
        self.put(x + room - width, y, width, text, role);
    }

    /// How many cells a text takes here.
    pub fn width(&self, text: &str) -> u16 {
        let width = if self.ascii && !text.is_ascii() { ascii::ascii(text).len() } else { text.width() };
        u16::try_from(width).unwrap_or(u16::MAX)
    }

    /// Fills a line with one sign.
    pub fn rule(&mut self, x: u16, y: u16, room: u16, role: Role) {
        let style = self.style(role);
        let sign = if self.ascii { '-' } else { '─' };
        let room = room.min(self.buf.area.right().saturating_sub(x));
        if room == 0 || y >= self.buf.area.bottom() {
            return;
        }
        let start = self.buf.index_of(x, y);
        for cell in self.buf.content.iter_mut().skip(start).take(usize::from(room)) {
            cell.set_char(sign);
            restyle(cell, style);
        }
    }

    /// Makes an area empty.
    pub fn clear(&mut self, area: Rect) {
        let area = area.intersection(self.buf.area);
        for y in area.y..area.bottom() {
            for x in area.x..area.right() {
                self.buf[(x, y)].reset();
            }
        }
    }

    /// A cursor that writes cells side by side.
    pub const fn at(&mut self, x: u16, y: u16, width: u16) -> Cursor<'_, 'a> {
        Cursor { pen: self, x, y, right: x.saturating_add(width) }
    }
}

/// A style in place of the one that was there: laid over it, a dimmed dot would dim the mark that is drawn upon it.
fn restyle(cell: &mut Cell, style: Style) {
    (cell.fg, cell.bg, cell.modifier) = (Color::Reset, Color::Reset, Modifier::empty());
    cell.set_style(style);
}

/// Whether a character is one cell everywhere and never joins its neighbours: printable ASCII, and the signs and lines of our own views.
const fn is_plain(c: char) -> bool {
    matches!(c, ' '..='~' | '·' | '…' | '✕' | '\u{2190}'..='\u{21ff}' | '\u{2500}'..='\u{25fc}')
}

/// Writes cells of fixed width side by side on one line.
#[derive(Debug)]
pub struct Cursor<'p, 'a> {
    pen: &'p mut Pen<'a>,
    x: u16,
    y: u16,
    right: u16,
}

impl Cursor<'_, '_> {
    /// Cells that are left.
    pub const fn left(&self) -> u16 {
        self.right.saturating_sub(self.x)
    }

    /// A text in a column of so many cells and a blank behind it.
    pub fn cell(&mut self, width: u16, text: &str, role: Role) -> &mut Self {
        self.pen.put(self.x, self.y, width.min(self.left()), text, role);
        self.skip(width + 1)
    }

    /// As [`Self::cell`], at the right end of the column.
    pub fn right(&mut self, width: u16, text: &str, role: Role) -> &mut Self {
        if self.left() >= width {
            self.pen.put_right(self.x, self.y, width, text, role);
        }
        self.skip(width + 1)
    }

    /// A text as wide as it is.
    pub fn text(&mut self, text: &str, role: Role) -> &mut Self {
        let used = self.pen.put(self.x, self.y, self.left(), text, role);
        self.skip(used)
    }

    /// A text in a style.
    pub fn styled(&mut self, width: u16, text: &str, style: Style) -> &mut Self {
        self.pen.put_styled(self.x, self.y, width.min(self.left()), text, style);
        self.skip(width + 1)
    }

    /// Empty cells.
    pub fn skip(&mut self, cells: u16) -> &mut Self {
        self.x = self.x.saturating_add(cells).min(self.right);
        self
    }
}
