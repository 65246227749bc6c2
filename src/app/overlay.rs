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
    /// Pull a cable of the simulated cluster, or plug it in.
    Cable(Cable),
}

/// A cable of the simulated cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cable {
    /// The member.
    pub node: String,
    /// Its name on the screen.
    pub short: String,
    /// The port.
    pub port: String,
    /// It is in.
    pub plugged: bool,
    /// What pulling it, or plugging it in, does.
    pub what: String,
}

impl Choice {
    /// What is typed for it.
    pub fn name(&self) -> String {
        match self {
            Self::Command(command, _) => command.name().to_owned(),
            Self::Cluster(name) => format!("cluster {name}"),
            Self::Theme(name) => format!("theme {name}"),
            Self::Cable(cable) => format!("cable {} {}", cable.short, cable.port),
        }
    }

    /// What is typed for it by those who write members' names in full.
    fn full_name(&self) -> String {
        match self {
            Self::Cable(cable) => format!("cable {} {}", cable.node, cable.port),
            other => other.name(),
        }
    }

    /// What it does.
    pub fn doc(&self) -> &str {
        match self {
            Self::Cable(cable) => &cable.what,
            Self::Command(command, _) => command.entry().doc,
            Self::Cluster(_) => "show this cluster",
            Self::Theme(_) => "change the colours",
        }
    }
}

/// What the palette finds for a text: names that begin with it, then names that contain it, then names that
/// have its letters in order. Commands that do not apply now are shown with the reason.
pub fn choices(text: &str, scopes: &[Scope], facts: Facts, clusters: &[String], themes: &[&str], cables: Vec<Cable>) -> Vec<Choice> {
    let shown = |e: &&Entry| scopes.contains(&e.scope) || e.acts();
    let commands = TABLE.iter().filter(shown).map(|e| Choice::Command(e.id, e.check(facts).err()));
    let clusters = clusters.iter().filter(|_| facts.several_clusters).map(|c| Choice::Cluster(c.clone()));
    let themes = themes.iter().map(|t| Choice::Theme((*t).to_owned()));
    let cables = cables.into_iter().map(Choice::Cable);
    let text = text.trim().to_lowercase();
    let ranked = |c: Choice| {
        let by = |name: String| rank(&name.to_lowercase(), c.doc(), &text);
        [by(c.name()), by(c.full_name())].into_iter().flatten().min().map(|r| (r, c))
    };
    let mut found: Vec<(u8, Choice)> = commands.chain(clusters).chain(themes).chain(cables).filter_map(ranked).collect();
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
