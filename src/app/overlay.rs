//! What lies over a screen and takes the keys: input lines and small menus.

use super::line::InputLine;
use super::rows::Pane;
use crate::command::{Command, Entry, Facts, Scope, TABLE};

/// An overlay.
#[derive(Clone, Debug)]
pub enum Overlay {
    /// A command is typed.
    Palette {
        /// What was typed.
        input: InputLine,
        /// Which of the found ones is selected.
        cursor: usize,
    },
    /// A filter is typed; it works while it is typed.
    Filter {
        /// The pane.
        pane: Pane,
        /// What was typed.
        input: InputLine,
        /// The filter before, for esc.
        before: String,
    },
    /// A column is chosen.
    Sort {
        /// The pane.
        pane: Pane,
        /// Which.
        cursor: usize,
    },
}

/// A line of the palette.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    /// A command; why it does not apply now, if it does not.
    Command(Command, Option<&'static str>),
    /// Go to a cluster.
    Cluster(String),
    /// Change to a theme.
    Theme(String),
}

impl Choice {
    /// What is typed for it.
    pub fn name(&self) -> String {
        match self {
            Self::Command(command, _) => command.name().to_owned(),
            Self::Cluster(name) => format!("cluster {name}"),
            Self::Theme(name) => format!("theme {name}"),
        }
    }

    /// What it does.
    pub fn doc(&self) -> &'static str {
        match self {
            Self::Command(command, _) => command.entry().doc,
            Self::Cluster(_) => "show this cluster",
            Self::Theme(_) => "change the colours",
        }
    }
}

/// What the palette finds for a text: names that begin with it, then names that contain it, then names that
/// have its letters in order. Commands that do not apply now are shown with the reason.
pub fn choices(text: &str, scopes: &[Scope], facts: Facts, clusters: &[String], themes: &[&str]) -> Vec<Choice> {
    let shown = |e: &&Entry| scopes.contains(&e.scope) || e.acts();
    let commands = TABLE.iter().filter(shown).map(|e| Choice::Command(e.id, e.check(facts).err()));
    let clusters = clusters.iter().filter(|_| facts.several_clusters).map(|c| Choice::Cluster(c.clone()));
    let themes = themes.iter().map(|t| Choice::Theme((*t).to_owned()));
    let text = text.trim().to_lowercase();
    let mut found: Vec<(u8, Choice)> =
        commands.chain(clusters).chain(themes).filter_map(|c| rank(&c.name().to_lowercase(), c.doc(), &text).map(|r| (r, c))).collect();
    found.sort_by_key(|(rank, _)| *rank);
    found.into_iter().map(|(_, choice)| choice).collect()
}

fn rank(name: &str, doc: &str, text: &str) -> Option<u8> {
    if text.is_empty() || name.starts_with(text) {
        return Some(u8::from(name != text));
    }
    if name.contains(text) {
        return Some(2);
    }
    let mut letters = name.chars();
    if text.chars().all(|c| letters.any(|l| l == c)) {
        return Some(3);
    }
    doc.to_lowercase().contains(text).then_some(4)
}
