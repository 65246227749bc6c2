//! A list of rows with a selection that follows what a row is about, never its place.

use super::index::Index;
use super::rows::{Row, RowId};
use crate::domain::cluster::Cluster;

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct List {
    /// The rows in the order of the screen.
    pub rows: Vec<Row>,
    /// What is selected; none if nothing was, or what was has vanished.
    pub selected: Option<RowId>,
    /// Where the selection is, or was when it vanished.
    pub cursor: usize,
    /// The first visible row.
    pub offset: usize,
}

impl List {
    /// Finds the selection again after the rows changed.
    pub fn anchor(&mut self, c: &Cluster, index: &Index, height: usize) {
        if let Some(id) = &self.selected {
            match self.rows.iter().position(|r| r.is(id, c, index)) {
                Some(at) => self.cursor = at,
                None => self.selected = None,
            }
        }
        self.cursor = self.cursor.min(self.rows.len().saturating_sub(1));
        self.scroll(height);
    }

    /// Selects the row at a place.
    pub fn select(&mut self, at: usize, c: &Cluster, index: &Index, height: usize) {
        self.cursor = at.min(self.rows.len().saturating_sub(1));
        self.selected = self.rows.get(self.cursor).and_then(|r| r.id(c, index));
        self.scroll(height);
    }

    /// Selects by identity; false if no row is about it.
    pub fn select_id(&mut self, id: &RowId, c: &Cluster, index: &Index, height: usize) -> bool {
        let found = self.rows.iter().position(|r| r.is(id, c, index));
        if let Some(at) = found {
            self.select(at, c, index, height);
        }
        found.is_some()
    }

    /// Keeps the cursor in sight and no empty space below.
    pub fn scroll(&mut self, height: usize) {
        self.offset = scrolled(self.offset, self.cursor, self.rows.len(), height);
    }

    /// The selected row, if it is there.
    pub fn selected_row(&self) -> Option<Row> {
        self.selected.as_ref().and_then(|_| self.rows.get(self.cursor).copied())
    }
}

/// The places that are in sight.
pub fn window(offset: usize, cursor: usize, len: usize, height: usize) -> std::ops::Range<usize> {
    let first = scrolled(offset, cursor, len, height);
    first..(first + height).min(len)
}

/// ` 1-19 of 28`, with a blank before it; nothing where all is in sight.
pub fn part(seen: &std::ops::Range<usize>, len: usize) -> String {
    match seen.len() {
        n if n >= len => String::new(),
        0 => format!(" 0 of {len}"),
        _ => format!(" {}-{} of {len}", seen.start + 1, seen.end),
    }
}

/// The first visible row such that the cursor is in sight.
pub fn scrolled(offset: usize, cursor: usize, len: usize, height: usize) -> usize {
    let height = height.max(1);
    let mut offset = offset.min(len.saturating_sub(height));
    if cursor < offset {
        offset = cursor;
    }
    if cursor >= offset + height {
        offset = cursor + 1 - height;
    }
    offset
}
