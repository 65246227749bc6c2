//! How large the terminal is.

/// What a terminal is taken for that does not know.
const USUAL: (u16, u16) = (80, 24);
/// The longest side that a variable may ask for.
const MOST: u16 = 1000;

/// Columns and lines of a terminal that told these. A side of 0 is one that it does not know, as on a serial line or where nobody gave a
/// pseudo-terminal a size: it is taken from COLUMNS or LINES of an environment, as curses does.
pub fn sized((columns, lines): (u16, u16), var: impl Fn(&str) -> Option<String>) -> (u16, u16) {
    let side = |told: u16, name: &str, usual: u16| {
        let set = || var(name)?.trim().parse::<u16>().ok().filter(|n| (1..=MOST).contains(n));
        if told > 0 { told } else { set().unwrap_or(usual) }
    };
    (side(columns, "COLUMNS", USUAL.0), side(lines, "LINES", USUAL.1))
}
