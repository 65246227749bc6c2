//! Frames as text: the characters, and a map of their styles.

use std::collections::BTreeMap;

use quorate::app::Model;
use quorate::view;
use ratatui::buffer::Buffer;
use ratatui::style::Style;

/// Draws a frame at the model's size.
pub fn frame(model: &Model) -> Buffer {
    let area = model.area();
    let mut buf = Buffer::empty(area);
    view::draw(model, &mut buf, area);
    buf
}

/// The characters, line by line, without blanks at the ends.
pub fn text(buf: &Buffer) -> String {
    let mut out = String::new();
    for y in buf.area.y..buf.area.bottom() {
        let mut line = String::new();
        let mut skip = 0;
        for x in buf.area.x..buf.area.right() {
            if skip > 0 {
                skip -= 1;
                continue;
            }
            let symbol = buf[(x, y)].symbol();
            skip = unicode_width::UnicodeWidthStr::width(symbol).saturating_sub(1);
            line.push_str(symbol);
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

/// A letter for each style, `.` for the plain one, and what the letters mean.
pub fn styles(buf: &Buffer) -> String {
    let plain = ratatui::buffer::Cell::default().style();
    let mut letters: BTreeMap<String, char> = BTreeMap::new();
    let mut out = String::new();
    for y in buf.area.y..buf.area.bottom() {
        let mut line = String::new();
        for x in buf.area.x..buf.area.right() {
            let cell = &buf[(x, y)];
            let style = cell.style();
            let blank = cell.symbol() == " " && style.add_modifier.is_empty();
            if style == plain || blank {
                line.push('.');
                continue;
            }
            let next = (b'a' + u8::try_from(letters.len()).unwrap()) as char;
            line.push(*letters.entry(words(style)).or_insert(next));
        }
        out.push_str(line.trim_end_matches('.'));
        out.push('\n');
    }
    let mut legend: Vec<_> = letters.into_iter().map(|(style, letter)| format!("{letter} {style}")).collect();
    legend.sort();
    format!("{out}{}\n", legend.join("\n"))
}

fn words(style: Style) -> String {
    format!("{:?} on {:?} {:?}", style.fg.unwrap_or_default(), style.bg.unwrap_or_default(), style.add_modifier)
}
