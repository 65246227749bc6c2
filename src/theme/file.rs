//! One theme file: `inherits`, a palette of names, and a style per role.

use std::collections::BTreeMap;

use ratatui::style::{Color, Modifier, Style};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{Role, colour};
use crate::domain::fault::{FileFault, unknown};

/// What a role looks like where no theme says anything: no colour, only weight. In the order of [`Role::ALL`].
pub const PLAIN: [Style; Role::ALL.len()] = [
    Style::new(),
    Style::new().add_modifier(Modifier::DIM),
    Style::new().add_modifier(Modifier::BOLD),
    Style::new(),
    Style::new().add_modifier(Modifier::BOLD),
    Style::new().add_modifier(Modifier::BOLD.union(Modifier::REVERSED)),
    Style::new().add_modifier(Modifier::UNDERLINED),
    Style::new().add_modifier(Modifier::ITALIC),
    Style::new().add_modifier(Modifier::BOLD.union(Modifier::REVERSED)),
    Style::new().add_modifier(Modifier::REVERSED),
    Style::new().add_modifier(Modifier::BOLD),
    Style::new().add_modifier(Modifier::BOLD),
];

/// The modifiers by name.
const MODIFIERS: [(&str, Modifier); 5] = [
    ("bold", Modifier::BOLD),
    ("dim", Modifier::DIM),
    ("italic", Modifier::ITALIC),
    ("underlined", Modifier::UNDERLINED),
    ("reversed", Modifier::REVERSED),
];

/// A file's content.
#[derive(Debug, Default)]
pub struct Parsed {
    /// The theme below it, and where that stands.
    pub inherits: Option<(String, usize)>,
    /// Styles by role.
    pub roles: Vec<(Role, Style)>,
}

type Palette = BTreeMap<String, Color>;

/// A mistake: its byte offset and the words.
type Wrong = (usize, String);

/// Reads a file. The first mistake is the error.
pub fn parse(file: &str, text: &str) -> Result<Parsed, FileFault> {
    let table = DeTable::parse(text).map_err(|e| FileFault::at(file, text, e.span().map_or(0, |s| s.start), e.message()))?;
    read(table.get_ref()).map_err(|(at, words)| FileFault::at(file, text, at, words))
}

fn read(table: &DeTable<'_>) -> Result<Parsed, Wrong> {
    let mut parsed = Parsed::default();
    let mut palette = Palette::new();
    if let Some(value) = find(table, "palette") {
        for (name, value) in as_table(value)? {
            palette.insert(name.get_ref().to_string(), read_colour(value, &Palette::new())?);
        }
    }
    for (key, value) in table {
        match key.get_ref().as_ref() {
            "palette" => {}
            "inherits" => parsed.inherits = Some((as_text(value)?.to_owned(), value.span().start)),
            "roles" => parsed.roles = read_roles(as_table(value)?, &palette)?,
            other => return Err((key.span().start, unknown("key", other, ["inherits", "palette", "roles"]))),
        }
    }
    Ok(parsed)
}

fn read_roles(table: &DeTable<'_>, palette: &Palette) -> Result<Vec<(Role, Style)>, Wrong> {
    let mut roles = Vec::new();
    for (key, value) in table {
        let name: &str = key.get_ref();
        let role = Role::ALL
            .into_iter()
            .find(|r| r.word() == name)
            .ok_or_else(|| (key.span().start, unknown("role", name, Role::ALL.map(Role::word))))?;
        roles.push((role, read_style(value, palette)?));
    }
    Ok(roles)
}

/// `{ fg = "red", bg = "default", bold = true }`, or a colour alone for the text.
fn read_style(value: &Spanned<DeValue<'_>>, palette: &Palette) -> Result<Style, Wrong> {
    let mut style = Style::new();
    if !matches!(value.get_ref(), DeValue::Table(_)) {
        style.fg = own(read_colour(value, palette)?);
        return Ok(style);
    }
    for (key, value) in as_table(value)? {
        let name: &str = key.get_ref();
        if let Some((_, modifier)) = MODIFIERS.iter().find(|m| m.0 == name) {
            match value.get_ref() {
                DeValue::Boolean(true) => style = style.add_modifier(*modifier),
                DeValue::Boolean(false) => {}
                _ => return Err((value.span().start, "true or false is expected".to_owned())),
            }
            continue;
        }
        match name {
            "fg" => style.fg = own(read_colour(value, palette)?),
            "bg" => style.bg = own(read_colour(value, palette)?),
            _ => {
                let known = ["fg", "bg"].into_iter().chain(MODIFIERS.iter().map(|m| m.0));
                return Err((key.span().start, unknown("key", name, known)));
            }
        }
    }
    Ok(style)
}

/// The terminal's own colour is none: nothing is sent for it.
fn own(colour: Color) -> Option<Color> {
    (colour != Color::Reset).then_some(colour)
}

fn read_colour(value: &Spanned<DeValue<'_>>, palette: &Palette) -> Result<Color, Wrong> {
    let text = as_text(value)?;
    if let Some(colour) = palette.get(text) {
        return Ok(*colour);
    }
    colour::parse(text).ok_or_else(|| {
        let mut known: Vec<&str> = palette.keys().map(String::as_str).collect();
        for name in colour::names() {
            known.push(name);
        }
        let words = unknown("colour", text, known);
        (value.span().start, format!("{words}; #rrggbb, 0 to 255, a name of the 16, or one of [palette] is expected"))
    })
}

fn find<'a, 'i>(table: &'a DeTable<'i>, name: &str) -> Option<&'a Spanned<DeValue<'i>>> {
    table.iter().find(|(k, _)| k.get_ref() == name).map(|(_, v)| v)
}

fn as_text<'a>(value: &'a Spanned<DeValue<'_>>) -> Result<&'a str, Wrong> {
    match value.get_ref() {
        DeValue::String(text) => Ok(text),
        _ => Err((value.span().start, "text in quotes is expected".to_owned())),
    }
}

fn as_table<'a, 'i>(value: &'a Spanned<DeValue<'i>>) -> Result<&'a DeTable<'i>, Wrong> {
    match value.get_ref() {
        DeValue::Table(table) => Ok(table),
        _ => Err((value.span().start, "a table is expected".to_owned())),
    }
}
