//! A frame as an SVG picture.
#![allow(clippy::cast_precision_loss, reason = "coordinates of a picture")]

use std::fmt::Write as _;

use ratatui::buffer::Buffer;
use ratatui::style::{Color, Modifier};
use unicode_width::UnicodeWidthStr;

const CELL: (usize, usize) = (9, 18);
const INK: &str = "#d8dee9";
const PAPER: &str = "#14171c";

/// Draws a frame. Each cell has its place: runs of ASCII are stretched over their cells, every other sign is drawn alone, and lines and blocks are
/// shapes, so that no font moves anything.
pub fn render(buf: &Buffer) -> String {
    let (width, height) = (usize::from(buf.area.width) * CELL.0 + 16, usize::from(buf.area.height) * CELL.1 + 16);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\">\n\
         <rect width=\"100%\" height=\"100%\" rx=\"6\" fill=\"{PAPER}\"/>\n\
         <g font-family=\"DejaVu Sans Mono, Menlo, Consolas, monospace\" font-size=\"15\" xml:space=\"preserve\">\n"
    );
    for y in 0..buf.area.height {
        papers(&mut out, buf, y);
        let mut x = 0;
        while x < buf.area.width {
            let cell = &buf[(x, y)];
            let style = (cell.fg, cell.bg, cell.modifier);
            let start = x;
            let mut text = cell.symbol().to_owned();
            x += u16::try_from(text.width().max(1)).unwrap();
            while text.is_ascii() && x < buf.area.width {
                let next = &buf[(x, y)];
                if (next.fg, next.bg, next.modifier) != style || !next.symbol().is_ascii() {
                    break;
                }
                text.push_str(next.symbol());
                x += 1;
            }
            piece(&mut out, usize::from(start), usize::from(y), &text, style);
        }
    }
    out.push_str("</g>\n</svg>\n");
    out
}

/// Backgrounds of a line, cells of one colour as one rectangle.
fn papers(out: &mut String, buf: &Buffer, y: u16) {
    let paper = |x: u16| {
        let cell = &buf[(x, y)];
        let (_, paper) = inks(cell.fg, cell.bg, cell.modifier);
        (paper != PAPER).then_some(paper)
    };
    let mut x = 0;
    while x < buf.area.width {
        let start = x;
        let colour = paper(x);
        while x < buf.area.width && paper(x) == colour {
            x += 1;
        }
        if let Some(colour) = colour {
            shape(out, usize::from(start) * 8, usize::from(y) * 8, usize::from(x - start) * 8, 8, &colour);
        }
    }
}

fn inks(fg: Color, bg: Color, modifier: Modifier) -> (String, String) {
    let (ink, paper) = (colour(fg, INK), colour(bg, PAPER));
    if modifier.contains(Modifier::REVERSED) { (paper, ink) } else { (ink, paper) }
}

/// A rectangle in eighths of cells.
fn shape(out: &mut String, x: usize, y: usize, width: usize, height: usize, ink: &str) {
    let at = |eighths: usize, cell: usize| eighths as f64 * cell as f64 / 8.0;
    let _ = writeln!(
        out,
        "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" fill=\"{ink}\" shape-rendering=\"crispEdges\"/>",
        at(x, CELL.0) + 8.0,
        at(y, CELL.1) + 8.0,
        at(width, CELL.0),
        at(height, CELL.1)
    );
}

fn piece(out: &mut String, x: usize, y: usize, text: &str, (fg, bg, modifier): (Color, Color, Modifier)) {
    if text.trim().is_empty() {
        return;
    }
    let (ink, _) = inks(fg, bg, modifier);
    let (left, top) = (x * CELL.0 + 8, y * CELL.1 + 8);
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
    if let Some(eighths) = "█▉▊▋▌▍▎▏".chars().position(|c| text.starts_with(c)) {
        let _ = writeln!(out, "<g{extra}>");
        shape(out, x * 8, y * 8, 8 - eighths, 8, &ink);
        let _ = writeln!(out, "</g>");
        return;
    }
    if let Some((_, lines)) = LINES.iter().find(|(sign, _)| text == *sign) {
        for (from, to) in *lines {
            let at = |(x, y): (usize, usize)| (left * 2 + x * CELL.0, top * 2 + y * CELL.1);
            let ((x1, y1), (x2, y2)) = (at(*from), at(*to));
            let halves = |n: usize| n as f64 / 2.0;
            let _ = writeln!(
                out,
                "<line x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\" stroke=\"{ink}\"{extra}/>",
                halves(x1),
                halves(y1),
                halves(x2),
                halves(y2)
            );
        }
        return;
    }
    let lead = text.len() - text.trim_start().len();
    let shown = text.trim();
    let length = shown.width() * CELL.0;
    let escaped = shown.replace('&', "&amp;").replace('<', "&lt;");
    let x = left + lead * CELL.0;
    let y = top + 14;
    if shown.is_ascii() {
        let _ = writeln!(out, "<text x=\"{x}\" y=\"{y}\" textLength=\"{length}\" fill=\"{ink}\"{extra}>{escaped}</text>");
    } else {
        let middle = x as f64 + length as f64 / 2.0;
        let _ = writeln!(out, "<text x=\"{middle}\" y=\"{y}\" text-anchor=\"middle\" fill=\"{ink}\"{extra}>{escaped}</text>");
    }
}

type Point = (usize, usize);

/// Signs of lines as lines, in halves of a cell.
const LINES: [(&str, &[(Point, Point)]); 6] = [
    ("─", &[((0, 1), (2, 1))]),
    ("│", &[((1, 0), (1, 2))]),
    ("┌", &[((1, 1), (2, 1)), ((1, 1), (1, 2))]),
    ("┐", &[((0, 1), (1, 1)), ((1, 1), (1, 2))]),
    ("└", &[((1, 0), (1, 1)), ((1, 1), (2, 1))]),
    ("┘", &[((1, 0), (1, 1)), ((0, 1), (1, 1))]),
];

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
