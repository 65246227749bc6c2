//! Graphemes and bars.

use std::borrow::Cow;

/// A grapheme as it may be drawn: without variation selectors, about whose width terminals disagree, and without
/// piles of marks.
pub fn plain(grapheme: &str, longest: usize) -> Cow<'_, str> {
    let selector = |c: char| matches!(c, '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}');
    if grapheme.len() <= longest && !grapheme.contains(selector) {
        return Cow::Borrowed(grapheme);
    }
    if grapheme.len() > longest {
        return Cow::Owned(grapheme.chars().take(1).collect());
    }
    Cow::Owned(grapheme.chars().filter(|c| !selector(*c)).collect())
}

/// A bar of `width` cells, in eighths.
pub fn gauge(percent: f64, width: u16) -> String {
    const EIGHTHS: [char; 7] = ['▏', '▎', '▍', '▌', '▋', '▊', '▉'];
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped")]
    let eighths = (percent.clamp(0.0, 100.0) / 100.0 * f64::from(width) * 8.0).round() as usize;
    let mut bar: String = "█".repeat(eighths / 8);
    if let Some(part) = (eighths % 8).checked_sub(1) {
        bar.push(EIGHTHS[part]);
    }
    bar
}
