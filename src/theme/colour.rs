//! Colours: how they are written, and how they shrink to what a terminal can show.

use ratatui::style::Color;

/// How many colours the terminal has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Depth {
    /// None: NO_COLOR, or a terminal without.
    Mono,
    /// The 16 that the operator's own palette defines.
    #[default]
    Ansi16,
    /// xterm's 256.
    Ansi256,
    /// 24 bits.
    True,
}

/// The 16 by name, with xterm's values.
const ANSI: [(&str, Color, [u8; 3]); 16] = [
    ("black", Color::Black, [0, 0, 0]),
    ("red", Color::Red, [205, 0, 0]),
    ("green", Color::Green, [0, 205, 0]),
    ("yellow", Color::Yellow, [205, 205, 0]),
    ("blue", Color::Blue, [0, 0, 238]),
    ("magenta", Color::Magenta, [205, 0, 205]),
    ("cyan", Color::Cyan, [0, 205, 205]),
    ("gray", Color::Gray, [229, 229, 229]),
    ("darkgray", Color::DarkGray, [127, 127, 127]),
    ("lightred", Color::LightRed, [255, 0, 0]),
    ("lightgreen", Color::LightGreen, [0, 255, 0]),
    ("lightyellow", Color::LightYellow, [255, 255, 0]),
    ("lightblue", Color::LightBlue, [92, 92, 255]),
    ("lightmagenta", Color::LightMagenta, [255, 0, 255]),
    ("lightcyan", Color::LightCyan, [0, 255, 255]),
    ("white", Color::White, [255, 255, 255]),
];

/// Names of the colours that a theme may use beside `#rrggbb` and 0 to 255.
pub fn names() -> impl Iterator<Item = &'static str> {
    std::iter::once("default").chain(ANSI.iter().map(|a| a.0))
}

/// Reads `red`, `#ff8700`, `208`; `default` is the terminal's own colour.
pub fn parse(text: &str) -> Option<Color> {
    if text == "default" {
        return Some(Color::Reset);
    }
    if let Some(hex) = text.strip_prefix('#') {
        if hex.len() != 6 || !hex.bytes().all(|b| b.is_ascii_hexdigit()) {
            return None;
        }
        let value = u32::from_str_radix(hex, 16).ok()?;
        let [_, r, g, b] = value.to_be_bytes();
        return Some(Color::Rgb(r, g, b));
    }
    if let Ok(index) = text.parse::<u8>() {
        return Some(Color::Indexed(index));
    }
    ANSI.iter().find(|a| a.0 == text).map(|a| a.1)
}

/// The nearest colour at this depth; none where there are no colours.
pub fn reduce(colour: Color, depth: Depth) -> Option<Color> {
    let named = ANSI.iter().any(|a| a.1 == colour);
    match depth {
        Depth::Mono => None,
        Depth::True => Some(colour),
        _ if named => Some(colour),
        Depth::Ansi256 => Some(match colour {
            Color::Rgb(r, g, b) => Color::Indexed(nearest_256([r, g, b])),
            other => other,
        }),
        Depth::Ansi16 => {
            let rgb = match colour {
                Color::Rgb(r, g, b) => [r, g, b],
                Color::Indexed(i) => value_256(i),
                _ => return Some(colour),
            };
            ANSI.iter().min_by_key(|a| distance(a.2, rgb)).map(|a| a.1)
        }
    }
}

/// The 6 levels of xterm's colour cube.
const LEVELS: [u8; 6] = [0, 95, 135, 175, 215, 255];

fn value_256(index: u8) -> [u8; 3] {
    match index {
        0..=15 => ANSI[usize::from(index)].2,
        16..=231 => {
            let i = usize::from(index - 16);
            [LEVELS[i / 36], LEVELS[i / 6 % 6], LEVELS[i % 6]]
        }
        grey => [8 + (grey - 232) * 10; 3],
    }
}

/// The operator's own 16 colours are left out: their values are not known.
fn nearest_256(rgb: [u8; 3]) -> u8 {
    (16..=255).min_by_key(|i| distance(value_256(*i), rgb)).unwrap_or(16)
}

/// Squared, with the weights of the eye.
fn distance(a: [u8; 3], b: [u8; 3]) -> u32 {
    let square = |i: usize| u32::from(a[i].abs_diff(b[i])).pow(2);
    2 * square(0) + 4 * square(1) + 3 * square(2)
}
