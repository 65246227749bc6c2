//! Lines of the timeline for pipes.

use crate::domain::event::Event;

/// One JSON object, without a line end (contract, `events --json`). Lines that were folded into it are named in its
/// text.
pub fn json_line(event: &Event) -> String {
    let told = Event { text: text(event), ..event.clone() };
    serde_json::to_string(&told).unwrap_or_default()
}

/// One line for people: time, node, source, severity, text.
pub fn text_line(event: &Event) -> String {
    let node = event.node.as_deref().unwrap_or("-");
    format!("{}  {node:<12} {:<10} {:<8} {}", event.at, event.source.word(), event.severity.word(), text(event))
}

fn text(event: &Event) -> String {
    match event.folded {
        0 => event.text.clone(),
        // Told already.
        _ if event.text.starts_with("folded ") => event.text.clone(),
        1 => format!("{} (and 1 line like it)", event.text),
        n => format!("{} (and {n} lines like it)", event.text),
    }
}
