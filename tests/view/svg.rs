//! A frame as an SVG picture.

use std::fmt::Write as _;

use ratatui::buffer::Buffer;
use ratatui::style::{Color, Modifier};

const CELL: (usize, usize) = (9, 18);
const INK: &str = "#d8dee9";
const PAPER: &str = "#14171c";

/// Draws a frame.
pub fn render(buf: &Buffer) -> String {
    let (width, height) = (usize::from(buf.area.width) * CELL.0 + 16, usize::from(buf.area.height) * CELL.1 + 16);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\">\n\
         <rect width=\"100%\" height=\"100%\" rx=\"6\" fill=\"{PAPER}\"/>\n\
         <g font-family=\"DejaVu Sans Mono, Menlo, Consolas, monospace\" font-size=\"15\" xml:space=\"preserve\">\n"
    );
    for y in 0..buf.area.height {
        let mut x = 0;
        while x < buf.area.width {
            let cell = &buf[(x, y)];
            let style = (cell.fg, cell.bg, cell.modifier);
            let start = x;
            let mut text = String::new();
            while x < buf.area.width {
                let next = &buf[(x, y)];
                if (next.fg, next.bg, next.modifier) != style {
                    break;
                }
                text.push_str(next.symbol());
                x += 1;
            }
            piece(&mut out, usize::from(start), usize::from(y), usize::from(x - start), &text, style);
        }
    }
    out.push_str("</g>\n</svg>\n");
    out
}

fn piece(out: &mut String, x: usize, y: usize, cells: usize, text: &str, (fg, bg, modifier): (Color, Color, Modifier)) {
    let reversed = modifier.contains(Modifier::REVERSED);
    let (mut ink, mut paper) = (colour(fg, INK), colour(bg, PAPER));
    if reversed {
        std::mem::swap(&mut ink, &mut paper);
    }
    let (left, top) = (x * CELL.0 + 8, y * CELL.1 + 8);
    if reversed || bg != Color::Reset {
        let _ = writeln!(out, "<rect x=\"{left}\" y=\"{top}\" width=\"{}\" height=\"{}\" fill=\"{paper}\"/>", cells * CELL.0, CELL.1);
    }
    if text.trim().is_empty() {
        return;
    }
    let mut extra = String::new();
    for (flag, attribute) in [
        (Modifier::BOLD, " font-weight=\"bold\""),
        (Modifier::ITALIC, " font-style=\"italic\""),
        (Modifier::UNDERLINED, " text-decoration=\"underline\""),
        (Modifier::DIM, " opacity=\"0.6\""),
    ] {
        if modifier.contains(flag) {
            extra.push_str(attribute);
        }
    }
    let lead = text.len() - text.trim_start().len();
    let text = text.trim().replace('&', "&amp;").replace('<', "&lt;");
    let length = unicode_width::UnicodeWidthStr::width(text.replace("&amp;", "&").replace("&lt;", "<").as_str()) * CELL.0;
    let _ = writeln!(
        out,
        "<text x=\"{}\" y=\"{}\" textLength=\"{length}\" fill=\"{ink}\"{extra}>{text}</text>",
        left + lead * CELL.0,
        top + 14
    );
}

fn colour(c: Color, default: &str) -> String {
    match c {
        Color::Rgb(r, g, b) => format!("#{r:02x}{g:02x}{b:02x}"),
        Color::Red | Color::LightRed => "#ff6b68".to_owned(),
        Color::Green | Color::LightGreen => "#8fbf7f".to_owned(),
        Color::Yellow | Color::LightYellow => "#f0c674".to_owned(),
        Color::Magenta | Color::LightMagenta => "#c397d8".to_owned(),
        Color::Cyan | Color::LightCyan => "#7cc4e8".to_owned(),
        Color::DarkGray => "#7b8494".to_owned(),
        Color::White => "#ffffff".to_owned(),
        _ => default.to_owned(),
    }
}
