//! Screens: the stack that enter and esc go along.

use super::document::Document;
use super::rows::{Pane, RowId};
use crate::command::Scope;
use crate::domain::task::TaskId;

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
    /// Keys and commands; first those of the screen with these scopes.
    Help(Page<&'static [Scope]>),
    /// The tasks of all operators.
    Tasks,
    /// One task: its steps and their output.
    Task(Page<TaskId>),
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
        use Scope::{Alerts, Detail, Global, Members, Overview, Services, Storage, Table, Tasks, Timeline};
        match self {
            Self::Overview => match focus {
                Pane::Events => &[Timeline, Overview, Global],
                Pane::Members => &[Overview, Members, Global],
                Pane::Services | Pane::Guests => &[Overview, Services, Global],
                Pane::Storage => &[Overview, Storage, Global],
                Pane::Network => &[Overview, Global],
            },
            Self::Table(pane) => match pane {
                Pane::Events => &[Timeline, Global],
                Pane::Members => &[Table, Members, Global],
                Pane::Services | Pane::Guests => &[Table, Services, Global],
                Pane::Storage => &[Table, Storage, Global],
                Pane::Network => &[Table, Global],
            },
            Self::Detail(page) => match &page.about {
                RowId::Member(_) => &[Detail, Members, Global],
                RowId::Service(_) | RowId::Guest(..) => &[Detail, Services, Global],
                RowId::Volume(..) | RowId::Pv(..) => &[Detail, Storage, Global],
                _ => &[Detail, Global],
            },
            Self::Alerts => &[Alerts, Global],
            Self::Tasks | Self::Task(_) => &[Tasks, Global],
            Self::Help(_) | Self::Clusters(_) => &[Global],
        }
    }
}
