//! Screens: the stack that enter and esc go along.

use super::document::Document;
use super::rows::{Pane, RowId};
use crate::command::Scope;

/// A screen.
#[derive(Clone, Debug)]
pub enum Screen {
    /// Four panes and the timeline.
    Overview,
    /// A pane as a full table.
    Table(Pane),
    /// One thing in full.
    Detail(Page<RowId>),
    /// The alerts.
    Alerts,
    /// Keys and commands.
    Help(Page<Scope>),
    /// The configured clusters; the place of the selected one.
    Clusters(usize),
}

/// A page of text and how far it is scrolled.
#[derive(Clone, Debug)]
pub struct Page<T> {
    /// What it is about.
    pub about: T,
    /// The text.
    pub document: Document,
    /// The first visible line.
    pub scroll: usize,
}

impl<T> Page<T> {
    /// A page from its beginning.
    pub const fn new(about: T, document: Document) -> Self {
        Self { about, document, scroll: 0 }
    }

    /// Scrolls to a line, as far as there is text.
    pub fn scroll_to(&mut self, line: usize, height: usize) {
        self.scroll = line.min(self.document.lines.len().saturating_sub(height.max(1)));
    }
}

impl Screen {
    /// The scopes of its keys, the narrowest first.
    pub const fn scopes(&self, focus: Pane) -> &'static [Scope] {
        match self {
            Self::Overview if matches!(focus, Pane::Events) => &[Scope::Timeline, Scope::Overview, Scope::Global],
            Self::Overview => &[Scope::Overview, Scope::Global],
            Self::Table(Pane::Events) => &[Scope::Timeline, Scope::Global],
            Self::Table(_) => &[Scope::Table, Scope::Global],
            Self::Detail(_) => &[Scope::Detail, Scope::Global],
            Self::Alerts => &[Scope::Alerts, Scope::Global],
            Self::Help(_) | Self::Clusters(_) => &[Scope::Global],
        }
    }
}
