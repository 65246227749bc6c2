//! Themes: what each role on the screen looks like, at the colour depth that the terminal has.
//!
//! Views name roles, never colours. Colour is never the only signal, so every theme also works without it.

mod colour;
mod file;

use std::path::Path;

use ratatui::style::{Modifier, Style};

pub use colour::Depth;

use crate::domain::fault::FileFault;

/// What a piece of the screen means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Ordinary text.
    Text,
    /// Healthy, quiet, stale or secondary.
    Dim,
    /// Titles and column heads.
    Title,
    /// Healthy and worth saying.
    Ok,
    /// Redundancy suffers.
    Warn,
    /// Down, or about to be.
    Crit,
    /// Not known.
    Unknown,
    /// On its way from one state to another.
    Moving,
    /// The title of the pane that has the keys.
    Focus,
    /// The selected row.
    Selected,
    /// The cluster's name.
    Accent,
    /// A key that may be pressed.
    Link,
}

impl Role {
    /// All, in the order of [`Theme`]'s table.
    pub const ALL: [Self; 12] = [
        Self::Text,
        Self::Dim,
        Self::Title,
        Self::Ok,
        Self::Warn,
        Self::Crit,
        Self::Unknown,
        Self::Moving,
        Self::Focus,
        Self::Selected,
        Self::Accent,
        Self::Link,
    ];

    /// The name in a theme file.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Dim => "dim",
            Self::Title => "title",
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Crit => "crit",
            Self::Unknown => "unknown",
            Self::Moving => "moving",
            Self::Focus => "focus",
            Self::Selected => "selected",
            Self::Accent => "accent",
            Self::Link => "link",
        }
    }
}

/// The shipped themes: (name, file name, content). The first is the default.
pub const SHIPPED: &[(&str, &str, &str)] = &[
    ("default", "themes/default.toml", include_str!("../../themes/default.toml")),
    ("light", "themes/light.toml", include_str!("../../themes/light.toml")),
    ("dark", "themes/dark.toml", include_str!("../../themes/dark.toml")),
    ("contrast", "themes/contrast.toml", include_str!("../../themes/contrast.toml")),
    ("colourblind", "themes/colourblind.toml", include_str!("../../themes/colourblind.toml")),
];

/// The deepest chain of `inherits`.
const DEEPEST: usize = 8;

/// A style for every role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Theme {
    /// Its name.
    pub name: String,
    styles: [Style; Role::ALL.len()],
}

impl Default for Theme {
    /// The default theme without colours: what remains if no file can be read.
    fn default() -> Self {
        Self { name: "plain".to_owned(), styles: file::PLAIN }
    }
}

impl Theme {
    /// The style of a role.
    pub const fn style(&self, role: Role) -> Style {
        self.styles[role as usize]
    }

    /// A shipped theme or `DIR/themes/NAME.toml`, the operator's file first, reduced to `depth`. `dir` is
    /// `$XDG_CONFIG_HOME/quorate`. With NO_COLOR set the depth is [`Depth::Mono`]: modifiers stay.
    pub fn load(name: &str, dir: Option<&Path>, depth: Depth) -> Result<Self, FileFault> {
        let styles = read(name, dir, DEEPEST)?;
        Ok(Self { name: name.to_owned(), styles: styles.map(|s| reduce(s, depth)) })
    }

    /// The theme of a file's text.
    pub fn parse(name: &str, file: &str, text: &str, dir: Option<&Path>, depth: Depth) -> Result<Self, FileFault> {
        let styles = resolve(name, file, text, dir, DEEPEST)?;
        Ok(Self { name: name.to_owned(), styles: styles.map(|s| reduce(s, depth)) })
    }
}

type Styles = [Style; Role::ALL.len()];

fn read(name: &str, dir: Option<&Path>, depth: usize) -> Result<Styles, FileFault> {
    let path = dir.map(|d| d.join("themes").join(format!("{name}.toml")));
    if !name.contains(['/', '\\'])
        && let Some(path) = path.as_deref().filter(|p| p.exists())
    {
        let shown = path.display().to_string();
        let bytes = std::fs::read(path).map_err(|e| FileFault::whole(&shown, e.to_string()))?;
        let text = FileFault::text(&shown, bytes)?;
        return resolve(name, &shown, &text, dir, depth);
    }
    match SHIPPED.iter().find(|(n, ..)| *n == name) {
        Some((_, file, text)) => resolve(name, file, text, None, depth),
        None => Err(FileFault::whole(
            &path.map_or_else(|| format!("{name}.toml"), |p| p.display().to_string()),
            format!("no theme '{name}'; shipped are {}", SHIPPED.iter().map(|s| s.0).collect::<Vec<_>>().join(", ")),
        )),
    }
}

fn resolve(name: &str, file: &str, text: &str, dir: Option<&Path>, depth: usize) -> Result<Styles, FileFault> {
    let parsed = file::parse(file, text)?;
    let mut styles = match &parsed.inherits {
        None => file::PLAIN,
        Some((parent, at)) => {
            let fault = |words: String| FileFault::at(file, text, *at, words);
            if depth == 0 {
                return Err(fault("themes inherit from each other in a circle".to_owned()));
            }
            // A file that has the name of a shipped theme inherits from the shipped one, not from itself.
            let dir = if parent == name { None } else { dir };
            if parent == name && !SHIPPED.iter().any(|s| s.0 == parent && s.1 != file) {
                return Err(fault(format!("'{name}' inherits from itself")));
            }
            read(parent, dir, depth - 1)?
        }
    };
    for (role, style) in parsed.roles {
        styles[role as usize] = style;
    }
    Ok(styles)
}

/// Fits a style to the terminal. Where a background is lost the text is reversed: what was marked stays marked.
fn reduce(style: Style, depth: Depth) -> Style {
    let mut out = style;
    out.fg = style.fg.and_then(|c| colour::reduce(c, depth));
    out.bg = style.bg.and_then(|c| colour::reduce(c, depth));
    if style.bg.is_some() && out.bg.is_none() {
        out = out.add_modifier(Modifier::REVERSED);
    }
    out
}
