//! Letters as tall as the screen allows, for walls.

use ratatui::layout::Rect;

use super::pen::Pen;
use crate::theme::Role;

/// Rows of a letter; a letter is 5 wide, one column of air behind it.
const TALL: usize = 5;
const WIDE: usize = 5;

/// Five rows of five bits each; what is not here is an empty place.
const fn letter(c: char) -> [u8; TALL] {
    match c {
        'A' => [0b01110, 0b10001, 0b11111, 0b10001, 0b10001],
        'D' => [0b11110, 0b10001, 0b10001, 0b10001, 0b11110],
        'E' => [0b11111, 0b10000, 0b11110, 0b10000, 0b11111],
        'I' => [0b01110, 0b00100, 0b00100, 0b00100, 0b01110],
        'L' => [0b10000, 0b10000, 0b10000, 0b10000, 0b11111],
        'N' => [0b10001, 0b11001, 0b10101, 0b10011, 0b10001],
        'O' => [0b01110, 0b10001, 0b10001, 0b10001, 0b01110],
        'P' => [0b11110, 0b10001, 0b11110, 0b10000, 0b10000],
        'S' => [0b01111, 0b10000, 0b01110, 0b00001, 0b11110],
        'T' => [0b11111, 0b00100, 0b00100, 0b00100, 0b00100],
        'K' => [0b10010, 0b10100, 0b11000, 0b10100, 0b10010],
        'M' => [0b10001, 0b11011, 0b10101, 0b10001, 0b10001],
        'Q' => [0b01110, 0b10001, 0b10101, 0b10010, 0b01101],
        'R' => [0b11110, 0b10001, 0b11110, 0b10010, 0b10001],
        'U' => [0b10001, 0b10001, 0b10001, 0b10001, 0b01110],
        'W' => [0b10001, 0b10001, 0b10101, 0b11011, 0b10001],
        '0' => [0b01110, 0b10011, 0b10101, 0b11001, 0b01110],
        '1' => [0b00100, 0b01100, 0b00100, 0b00100, 0b01110],
        '2' => [0b11110, 0b00001, 0b01110, 0b10000, 0b11111],
        '3' => [0b11110, 0b00001, 0b00110, 0b00001, 0b11110],
        '4' => [0b10010, 0b10010, 0b11111, 0b00010, 0b00010],
        '5' => [0b11111, 0b10000, 0b11110, 0b00001, 0b11110],
        '6' => [0b01110, 0b10000, 0b11110, 0b10001, 0b01110],
        '7' => [0b11111, 0b00001, 0b00010, 0b00100, 0b00100],
        '8' => [0b01110, 0b10001, 0b01110, 0b10001, 0b01110],
        '9' => [0b01110, 0b10001, 0b01111, 0b00001, 0b01110],
        '/' => [0b00001, 0b00010, 0b00100, 0b01000, 0b10000],
        '%' => [0b11001, 0b11010, 0b00100, 0b01011, 0b10011],
        ':' => [0b00000, 0b00100, 0b00000, 0b00100, 0b00000],
        _ => [0; TALL],
    }
}

/// The widest that a text may become in so many lines: letters grow in whole cells.
pub fn width(text: &str, height: u16) -> u16 {
    let down = usize::from(height) / TALL;
    // A single row of letters keeps cells one wide: two would be twice as wide as tall letters read.
    cells(text.chars().count() * (WIDE + 1) * if down > 1 { down * 2 } else { down })
}

/// Draws a text of capital letters and digits in the middle of an area; as plain text where there is no room.
pub fn draw(pen: &mut Pen<'_>, area: Rect, text: &str, role: Role) {
    let letters = text.chars().count();
    let (width, height) = (usize::from(area.width), usize::from(area.height));
    let columns = letters * (WIDE + 1);
    let down = (height / TALL).min(width / columns.max(1)).max(usize::from(height >= TALL && width >= columns));
    // A cell is about twice as tall as wide: two columns for each row where there is room.
    let across = (width / columns.max(1)).min(down * 2);
    if down == 0 || across == 0 || text.is_empty() {
        let x = area.x + area.width.saturating_sub(pen.width(text)) / 2;
        pen.put(x, area.y + area.height / 2, area.width, text, role);
        return;
    }
    let left = area.x + cells(width.saturating_sub(columns * across) / 2);
    let top = area.y + cells(height.saturating_sub(TALL * down) / 2);
    let block = "█".repeat(across);
    for (place, c) in text.chars().enumerate() {
        for (row, bits) in letter(c).into_iter().enumerate() {
            for bit in (0..WIDE).filter(|bit| bits & (1 << (WIDE - 1 - bit)) != 0) {
                let x = left + cells((place * (WIDE + 1) + bit) * across);
                for line in 0..down {
                    pen.put(x, top + cells(row * down + line), cells(across), &block, role);
                }
            }
        }
    }
}

fn cells(n: usize) -> u16 {
    u16::try_from(n).unwrap_or(u16::MAX)
}
