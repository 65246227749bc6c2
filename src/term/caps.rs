//! What the terminal can show, told by its environment. Nothing is asked of the terminal: an answer over a slow link would arrive as typed keys.

use crate::theme::Depth;

/// What the environment says of the terminal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Caps {
    /// Colours.
    pub depth: Depth,
    /// The locale's character set is UTF-8 and the terminal has signs to show for it; without them only ASCII is drawn. The console of
    /// Linux (TERM=linux) decodes UTF-8 but its fonts lack most of the signs.
    pub utf8: bool,
}

/// What an operator is told beforehand where the terminal says of itself that it cannot place its cursor (TERM=dumb): it may be wrong, and all
/// but the cockpit can do without.
pub fn doubt(term: Option<&str>) -> Option<&'static str> {
    matches!(term, Some("dumb" | "unknown")).then_some(
        "this terminal says that it cannot place its cursor (TERM=dumb): if it cannot, leave with q and use 'quorate status' and 'quorate events'",
    )
}

impl Caps {
    /// Reads NO_COLOR, COLORTERM, TERM and the locale from an environment.
    pub fn detect(var: impl Fn(&str) -> Option<String>) -> Self {
        let set = |name: &str| var(name).filter(|v| !v.is_empty());
        let term = set("TERM").unwrap_or_default();
        let color = set("COLORTERM").unwrap_or_default();
        let depth =
            if set("NO_COLOR").is_some() || matches!(term.as_str(), "" | "dumb" | "vt100" | "vt102" | "vt220") || term.ends_with("-m") {
                Depth::Mono
            } else if color == "truecolor" || color == "24bit" || term.ends_with("-direct") {
                Depth::True
            } else if term.contains("256color") {
                Depth::Ansi256
            } else {
                Depth::Ansi16
            };
        let locale = set("LC_ALL").or_else(|| set("LC_CTYPE")).or_else(|| set("LANG")).unwrap_or_default().to_lowercase();
        let signs = !matches!(term.as_str(), "linux" | "dumb" | "vt100" | "vt102" | "vt220");
        Self { depth, utf8: signs && (locale.contains("utf-8") || locale.contains("utf8")) }
    }
}
