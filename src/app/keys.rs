//! Who gets a key: a question of a link, an overlay, or the screen by way of the keymap.

use super::act::dialog;
use super::model::Model;
use super::msg::Effect;
use super::order::SortKey;
use super::overlay::{Cable, Choice, Overlay, choices};
use super::perform;
use super::rows::Pane;
use crate::command::{Command, Scope};
use crate::domain::cluster::{Bond, Port};
use crate::keymap::{Code, Found, Key};

/// A key.
pub fn key(model: &mut Model, key: Key) -> Vec<Effect> {
    // Over a slow line Esc and the key after it arrive as one, which terminals also send for Alt with that key. What Alt means nothing for was
    // typed as two.
    if key.alt && !model.setup.keymap.begins(key) {
        let mut effects = self::key(model, Key::plain(Code::Esc));
        effects.extend(self::key(model, Key { alt: false, ..key }));
        return effects;
    }
    if model.setup.wallboard {
        return wallboard(model, key);
    }
    // Control-C leaves from everywhere, whatever has the keys.
    if key == Key::ctrl('c') && (!model.prompts.is_empty() || model.overlay.is_some() || model.dialog.is_some()) {
        return perform::quit(model);
    }
    // So do the keys of the shell and of a new drawing; one that types is text where text is typed.
    if key.typed().is_none()
        && (!model.prompts.is_empty() || model.overlay.is_some() || model.dialog.is_some())
        && let Found::Command(command @ (Command::Shell | Command::Redraw)) = model.setup.keymap.find(&[Scope::Global], &[key])
    {
        return perform::perform(model, command);
    }
    if !model.prompts.is_empty() {
        model.dirty = true;
        return model.prompts.key(key).into_iter().collect();
    }
    if model.overlay.is_some() {
        model.dirty = true;
        return overlay(model, key);
    }
    if model.dialog.is_some() {
        return dialog::key(model, key);
    }
    chord(model, key)
}

/// Pasted text goes where text is typed, and nowhere else.
pub fn paste(model: &mut Model, text: &str) {
    if model.setup.wallboard {
        return;
    }
    if !model.prompts.is_empty() {
        model.prompts.paste(text);
        model.dirty = true;
        return;
    }
    match &mut model.overlay {
        Some(Overlay::Palette { input, cursor }) => {
            input.paste(text);
            *cursor = 0;
        }
        Some(Overlay::Filter { input, .. }) => {
            input.paste(text);
            apply_filter(model);
        }
        _ => return dialog::paste(model, text),
    }
    model.dirty = true;
}

/// Every key but those of quit is dead. Quit may be a chord: what does not go on with one may begin it.
fn wallboard(model: &mut Model, key: Key) -> Vec<Effect> {
    model.chord.push(key);
    for from in [0, model.chord.len() - 1] {
        let typed = model.chord.get(from..).unwrap_or_default();
        match model.setup.keymap.find(&[Scope::Global], typed) {
            Found::Command(Command::Quit) => {
                model.chord.clear();
                return vec![Effect::Quit];
            }
            Found::More => {
                model.chord.drain(..from);
                return Vec::new();
            }
            _ => {}
        }
    }
    model.chord.clear();
    Vec::new()
}

fn chord(model: &mut Model, key: Key) -> Vec<Effect> {
    let scopes = model.screen().scopes(model.focus);
    model.chord.push(key);
    let mut found = model.setup.keymap.find(scopes, &model.chord);
    if found == Found::Nothing && model.chord.len() > 1 && key == Key::plain(Code::Esc) {
        // It takes the unfinished chord back, and leads nowhere else.
        model.dirty = true;
        model.chord.clear();
        return Vec::new();
    }
    if found == Found::Nothing && model.chord.len() > 1 {
        // The chord came to nothing; its last key may mean something by itself.
        model.dirty = true;
        model.chord = vec![key];
        found = model.setup.keymap.find(scopes, &model.chord);
    }
    match found {
        Found::More => {
            model.dirty = true;
            Vec::new()
        }
        Found::Command(command) => {
            model.dirty |= model.chord.len() > 1;
            model.chord.clear();
            perform::perform(model, command)
        }
        Found::Nothing => {
            model.chord.clear();
            Vec::new()
        }
    }
}

fn overlay(model: &mut Model, key: Key) -> Vec<Effect> {
    match model.overlay.take() {
        Some(Overlay::Palette { input, cursor }) => palette(model, key, input, cursor),
        Some(Overlay::Filter { pane, mut input, before }) => {
            match key.code {
                Code::Esc => {
                    set_filter(model, pane, &before);
                    return Vec::new();
                }
                Code::Enter => return Vec::new(),
                _ => input.key(key),
            };
            model.overlay = Some(Overlay::Filter { pane, input, before });
            apply_filter(model);
            Vec::new()
        }
        Some(Overlay::Sort { pane, cursor }) => {
            sort_menu(model, key, pane, cursor);
            Vec::new()
        }
        None => Vec::new(),
    }
}

fn apply_filter(model: &mut Model) {
    if let Some(Overlay::Filter { pane, input, .. }) = &model.overlay {
        let (pane, text) = (*pane, input.text().to_owned());
        set_filter(model, pane, &text);
    }
}

/// Sets the filter of a pane.
pub(super) fn set_filter(model: &mut Model, pane: Pane, text: &str) {
    let filter = super::filter::Filter::parse(text);
    match pane.slot().and_then(|at| model.panes.get_mut(at)) {
        Some(state) => {
            state.wish.filter = filter;
            model.reorder(pane);
            model.select_something(pane);
        }
        None => model.timeline.set_filter(filter),
    }
    model.dirty = true;
}

/// What the palette finds now.
pub fn palette_choices(model: &Model, text: &str) -> Vec<Choice> {
    let themes: Vec<&str> = model.setup.themes.iter().map(String::as_str).collect();
    choices(text, model.screen().scopes(model.focus), model.facts(), &model.setup.clusters, &themes, cables(model))
}

/// The cables of the simulated cluster; of a real one none.
fn cables(model: &Model) -> Vec<Cable> {
    if !model.setup.simulated {
        return Vec::new();
    }
    let plugged = |bond: &Bond, port: &Port| port.up && !model.pulled.contains(&(bond.node.to_string(), port.name.clone()));
    let of = |bond: &Bond, port: &Port| {
        let other = bond.ports.iter().find(|p| p.name != port.name && plugged(bond, p));
        let what = match (plugged(bond, port), other) {
            (true, Some(other)) => format!("simulated: pull it; {} goes on by {}", bond.name, other.name),
            (true, None) => format!("simulated: pull it; {} has no other port that is up", bond.name),
            (false, _) => format!("simulated: plug it in; a port of {}", bond.name),
        };
        let short = model.index.names.short(&bond.node).to_owned();
        Cable { node: bond.node.to_string(), short, port: port.name.clone(), plugged: plugged(bond, port), what }
    };
    let mut all: Vec<Cable> = model.shown.bonds.iter().flat_map(|bond| bond.ports.iter().map(move |port| of(bond, port))).collect();
    all.sort_by(|a, b| (&a.node, &a.port).cmp(&(&b.node, &b.port)));
    all
}

/// Pulls a cable of the simulated cluster, or plugs it in. It is no action on a cluster: no plan, no gate; but who may change nothing changes nothing here either.
fn cable(model: &mut Model, cable: Cable) -> Vec<Effect> {
    if let Some(why) = model.facts().barred {
        super::update::notice(model, format!("cable: {why}"));
        return Vec::new();
    }
    let words = if cable.plugged { "is pulled" } else { "is plugged in" };
    let name = (cable.node.clone(), cable.port.clone());
    if cable.plugged {
        model.pulled.insert(name);
    } else {
        model.pulled.remove(&name);
    }
    super::update::notice(model, format!("the cable of {} on {} {words}", cable.port, cable.short));
    vec![Effect::Cable { node: cable.node, port: cable.port, plug: !cable.plugged }]
}

fn palette(model: &mut Model, key: Key, mut input: super::line::InputLine, mut cursor: usize) -> Vec<Effect> {
    let found = palette_choices(model, input.text());
    let last = found.len().saturating_sub(1);
    match key {
        Key { code: Code::Esc, .. } => return Vec::new(),
        Key { code: Code::Backspace, .. } if input.text().is_empty() => return Vec::new(),
        Key { code: Code::Down, .. } | Key { code: Code::Char('n'), ctrl: true, .. } => cursor = (cursor + 1).min(last),
        Key { code: Code::Up, .. } | Key { code: Code::Char('p'), ctrl: true, .. } => cursor = cursor.saturating_sub(1),
        Key { code: Code::Tab, .. } => {
            if let Some(choice) = found.get(cursor) {
                input = super::line::InputLine::new(&choice.name());
                cursor = 0;
            }
        }
        Key { code: Code::Enter, .. } => {
            if let Some(choice) = found.into_iter().nth(cursor) {
                return choose(model, choice);
            }
            super::update::notice(model, format!("no command '{}'", input.text()));
            return Vec::new();
        }
        key => {
            if input.key(key) {
                cursor = 0;
            }
        }
    }
    model.overlay = Some(Overlay::Palette { input, cursor });
    Vec::new()
}

fn choose(model: &mut Model, choice: Choice) -> Vec<Effect> {
    match choice {
        Choice::Command(command, None) => perform::perform(model, command),
        Choice::Command(command, Some(why)) => {
            super::update::notice(model, format!("{}: {why}", command.name()));
            Vec::new()
        }
        Choice::Cluster(name) => perform::go_to_cluster(model, name),
        Choice::Theme(name) => vec![Effect::SwitchTheme(name)],
        Choice::Cable(chosen) => cable(model, chosen),
    }
}

fn sort_menu(model: &mut Model, key: Key, pane: Pane, cursor: usize) {
    let keys = SortKey::of(pane);
    let last = keys.len().saturating_sub(1);
    let cursor = match key {
        Key { code: Code::Esc, .. } | Key { code: Code::Char('q'), ctrl: false, .. } => return,
        Key { code: Code::Down | Code::Char('j'), .. } => (cursor + 1).min(last),
        Key { code: Code::Up | Code::Char('k'), .. } => cursor.saturating_sub(1),
        Key { code: Code::Enter, .. } => {
            let (Some(key), Some(state)) = (keys.get(cursor), pane.slot().and_then(|at| model.panes.get_mut(at))) else { return };
            // The same column again turns the order round.
            state.wish.reversed = state.wish.sort == *key && !state.wish.reversed;
            state.wish.sort = *key;
            model.reorder(pane);
            return;
        }
        _ => cursor,
    };
    model.overlay = Some(Overlay::Sort { pane, cursor });
}
