//! The list of tasks: who does what to which target, how far it is, since when.

use ratatui::layout::Rect;

use super::chrome;
use super::pen::Pen;
use crate::app::act::tasks::{self, brief};
use crate::app::list::{part, window};
use crate::app::{Model, layout, words};
use crate::theme::Role;

/// Its columns, in the order in which they stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Column {
    Task,
    Status,
    By,
    Progress,
    Started,
    Took,
    From,
}

impl Column {
    const ALL: [Self; 7] = [Self::Task, Self::Status, Self::By, Self::Progress, Self::Started, Self::Took, Self::From];
    /// Those that go first where there is no room for all, the least important first. What is done to what, how it stands and by whom stay.
    const SPARE: [Self; 4] = [Self::From, Self::Started, Self::Took, Self::Progress];

    const fn head(self) -> &'static str {
        match self {
            Self::Task => "TASK",
            Self::Status => "STATUS",
            Self::By => "BY",
            Self::Progress => "PROGRESS",
            Self::Started => "STARTED",
            Self::Took => "TOOK",
            Self::From => "FROM",
        }
    }

    /// The least and the greatest width; what takes a place in between is as wide as its widest cell.
    const fn bounds(self) -> (u16, u16) {
        match self {
            Self::Task => (12, 60),
            Self::Status => (7, 8),
            Self::By => (2, 24),
            Self::Progress => (8, 34),
            Self::Started => (7, words::WHEN),
            Self::Took => (4, 13),
            Self::From => (4, 24),
        }
    }
}

/// A row: its role and its cells.
type Row = (Role, [String; 7]);

/// The tasks of all operators, the newest first.
pub fn list(pen: &mut Pen<'_>, area: Rect) {
    let model = pen.model;
    let all = &model.tasks;
    let running = all.all.iter().filter(|t| !t.status.is_over()).count();
    let page = layout::page(area);
    let rows = Rect { y: page.y + 1.min(page.height), height: page.height.saturating_sub(1), ..page };
    let seen = window(0, all.cursor, all.len(), usize::from(rows.height));
    chrome::screen_title(pen, area, &format!("Tasks {}, {running} under way{}", all.len(), part(&seen, all.len())));
    if all.is_empty() && page.height > 0 {
        pen.put(page.x + 2, page.y, page.width.saturating_sub(2), "nothing was done yet", Role::Dim);
        return;
    }
    let cells: Vec<Row> = seen.clone().filter_map(|i| row(model, i, area.width)).collect();
    let columns = columns(pen, &cells, area.width.saturating_sub(2));
    if page.height > 0 {
        let mut cursor = pen.at(page.x + 2.min(page.width), page.y, page.width.saturating_sub(2));
        for (column, width) in &columns {
            cursor.cell(*width, column.head(), Role::Dim);
        }
    }
    for ((i, y), (role, cells)) in seen.zip(rows.y..rows.bottom()).zip(&cells) {
        let selected = i == all.cursor;
        if selected {
            pen.put(rows.x, y, 1, "▸", Role::Link);
        }
        let style = pen.style(if selected { Role::Selected } else { Role::Text });
        let mut cursor = pen.at(rows.x + 2.min(rows.width), y, rows.width.saturating_sub(2));
        for (column, width) in &columns {
            let text = cells.get(*column as usize).map_or("", String::as_str);
            match column {
                Column::Task => cursor.styled(*width, text, style),
                Column::Status => cursor.cell(*width, text, *role),
                Column::By | Column::Progress => cursor.cell(*width, text, Role::Text),
                _ => cursor.cell(*width, text, Role::Dim),
            };
        }
    }
}

/// The columns that there is room for, each as wide as what stands in it; the first one bears what is lacking.
fn columns(pen: &Pen<'_>, rows: &[Row], room: u16) -> Vec<(Column, u16)> {
    let wide = |column: Column| {
        let (least, most) = column.bounds();
        let cells = rows.iter().filter_map(|(_, cells)| cells.get(column as usize)).map(|text| pen.width(text));
        cells.max().unwrap_or(0).max(pen.width(column.head())).clamp(least, most)
    };
    let mut columns: Vec<(Column, u16)> = Column::ALL.into_iter().map(|column| (column, wide(column))).collect();
    let total = |columns: &[(Column, u16)]| columns.iter().map(|(_, width)| width + 1).sum::<u16>();
    let mut spare = Column::SPARE.into_iter();
    while total(&columns) > room + 1
        && let Some(gone) = spare.next()
    {
        columns.retain(|(column, _)| *column != gone);
    }
    let lacking = total(&columns).saturating_sub(room + 1);
    if let Some((column, width)) = columns.first_mut() {
        *width = width.saturating_sub(lacking).max(column.bounds().0);
    }
    columns
}

fn row(model: &Model, i: usize, width: u16) -> Option<Row> {
    let (now, zone) = (model.setup.now, &model.setup.zone);
    // Options stand on the task's page; where there is room for them they stand here too.
    let what = |action: &str| if width < layout::WIDE { brief(&model.index.names.within(action)) } else { action.to_owned() };
    if let Some(t) = model.tasks.all.iter().rev().nth(i) {
        let (role, word) = tasks::status(t.status);
        let cells = [
            what(&t.action.to_string()),
            word.to_owned(),
            t.by.clone(),
            tasks::step_words(t),
            words::when(t.started, now, zone),
            tasks::took(t, now),
            t.from.clone(),
        ];
        return Some((role, cells));
    }
    let f = model.tasks.foreign.iter().rev().nth(i.checked_sub(model.tasks.all.len())?)?;
    let (role, word) = if f.over { (Role::Dim, f.said.split(':').next().unwrap_or("over")) } else { (Role::Moving, "running") };
    let took = if f.over { tasks::exact(f.began.age(f.at)) } else { words::age(f.began.age(now)) };
    let said = f.said.split(": ").next().unwrap_or_default().to_owned();
    let cells = [what(&f.action), word.to_owned(), f.by.clone(), said, words::when(f.began, now, zone), took, f.from.clone()];
    Some((role, cells))
}
