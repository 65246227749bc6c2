//! Help: the live keymap and the table of commands, those of the screen one came from first.

use crate::app::document::{Document, pad, wrap};
use crate::app::model::Model;
use crate::command::{Entry, Scope, TABLE};
use crate::theme::Role;

/// Builds the page for a screen with these scopes.
pub fn page(model: &Model, here: &[Scope]) -> Document {
    let mut doc = Document::new(model.setup.size.0);
    let others = Scope::ALL.into_iter().filter(|s| !here.contains(s));
    for scope in here.iter().copied().chain(others) {
        let entries: Vec<_> = TABLE.iter().filter(|e| e.scope == scope).collect();
        if entries.is_empty() {
            continue;
        }
        doc.head(title(scope));
        for e in entries {
            // What has another meaning on this screen is no key of this command here.
            let keymap = &model.setup.keymap;
            let keys: Vec<String> =
                if here.contains(&scope) { keymap.keys_on(here, e.id).collect() } else { keymap.keys_of(e.id).collect() };
            let keys = if keys.is_empty() { "-".to_owned() } else { keys.join(" , ") };
            entry(&mut doc, usize::from(model.setup.size.0), &keys, e);
        }
    }
    if model.setup.simulated {
        doc.head("Simulated cluster");
        doc.say(Role::Text, ":cable NODE PORT pulls a cable, and plugs it in again; the palette lists all of them.");
    }
    doc.head("Signs");
    doc.items(Role::Text, &SIGNS);
    doc.head("Dialogs");
    doc.say(
        Role::Text,
        "up, down choose or scroll, tab goes to the other button, w takes the next way, r says that what changed was read, enter does what is marked, esc \
        leaves: nothing is sent before the plan was confirmed. For half a second after something new stands there no key counts.",
    );
    doc.head("Filters");
    doc.say(
        Role::Text,
        "Words must all be found. node:n1 svc:vm1 src:kernel state:failed look at one field, sev:warning is \
        warning or worse, ! before a word turns it round. enter keeps the filter, esc takes it back.",
    );
    doc.head("Keymap");
    doc.say(
        Role::Text,
        &format!("'{}'; your own lines in $XDG_CONFIG_HOME/quorate/keymaps/NAME.toml, --keymap NAME", model.setup.keymap.name),
    );
    doc
}

const SIGNS: [&str; 11] = [
    "● online, started",
    "◐ standby, partial",
    "○ stopped",
    "✕ failed, down",
    "→ on its way",
    "◌ not known",
    "▲ critical",
    "△ warning",
    "▸ selected",
    "· not here",
    "dimmed: quiet, or stale with its age",
];

/// Widths of the keys and the name; what follows has the rest.
const KEYS: usize = 26;
const NAME: usize = 18;
const FEW_KEYS: usize = 18;

/// A command: side by side, each part wrapped in its column; on a narrow screen what it does stands below. Nothing is cut.
fn entry(doc: &mut Document, width: usize, keys: &str, e: &Entry) {
    let columns = match width {
        100.. => Some(KEYS),
        70.. => Some(FEW_KEYS),
        _ => None,
    };
    let Some(room) = columns else {
        for line in wrap(&format!("{keys}  {}", e.name), width.saturating_sub(3).max(10)) {
            doc.lines.push(vec![(Role::Link, format!("  {line}"))]);
        }
        for line in wrap(e.doc, width.saturating_sub(7).max(10)) {
            doc.lines.push(vec![(Role::Dim, format!("      {line}"))]);
        }
        return;
    };
    let (keys, what) = (wrap(keys, room), wrap(e.doc, width.saturating_sub(room + NAME + 7).max(10)));
    for at in 0..keys.len().max(what.len()) {
        let part = |lines: &[String]| lines.get(at).map_or("", String::as_str).trim_end().to_owned();
        doc.lines.push(vec![
            (Role::Link, format!("  {}", pad(&part(&keys), room))),
            (Role::Text, format!("  {}", pad(if at == 0 { e.name } else { "" }, NAME))),
            (Role::Dim, format!("  {}", part(&what))),
        ]);
    }
}

const fn title(scope: Scope) -> &'static str {
    match scope {
        Scope::Global => "Everywhere",
        Scope::Overview => "Overview",
        Scope::Table => "Tables",
        Scope::Detail => "Details",
        Scope::Members => "Members",
        Scope::Services => "Services and guests",
        Scope::Storage => "Storage",
        Scope::Tasks => "Tasks",
        Scope::Timeline => "Timeline",
        Scope::Alerts => "Alerts",
    }
}
