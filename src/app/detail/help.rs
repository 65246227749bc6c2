//! Help: the live keymap and the table of commands, the screen one came from first.

use crate::app::document::{Document, pad};
use crate::app::model::Model;
use crate::command::{Scope, TABLE};
use crate::theme::Role;

/// Builds the page.
pub fn page(model: &Model, from: Scope) -> Document {
    let mut doc = Document::new(model.setup.size.0);
    let scopes = std::iter::once(from).chain(Scope::ALL.into_iter().filter(|s| *s != from));
    for scope in scopes {
        let entries: Vec<_> = TABLE.iter().filter(|e| e.scope == scope).collect();
        if entries.is_empty() {
            continue;
        }
        doc.head(title(scope));
        for e in entries {
            let keys: Vec<String> = model.setup.keymap.keys_of(e.id).collect();
            let keys = if keys.is_empty() { "-".to_owned() } else { keys.join(" , ") };
            doc.lines.push(vec![
                (Role::Link, format!("  {}", pad(&keys, 26))),
                (Role::Text, format!("  {}", pad(e.name, 18))),
                (Role::Dim, format!("  {}", e.doc)),
            ]);
        }
    }
    doc.head("Signs");
    for (role, text) in [
        (Role::Text, "● online, started   ◐ standby, partial   ○ stopped   ✕ failed, down   → on its way   ◌ not known"),
        (Role::Text, "▲ critical   △ warning   ▸ selected   · not here   dimmed: quiet, or stale with its age"),
    ] {
        doc.say(role, text);
    }
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
