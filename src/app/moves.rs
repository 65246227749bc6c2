//! Moving: rows, pages, panes, the timeline.

use super::layout;
use super::model::Model;
use super::rows::Pane;
use super::screen::Screen;
use crate::command::Command;

/// Does a command that moves.
pub fn perform(model: &mut Model, command: Command) {
    let page = isize::try_from(model.page_height()).unwrap_or(isize::MAX).max(2) - 1;
    match command {
        Command::MoveDown => step(model, 1),
        Command::MoveUp => step(model, -1),
        Command::PageDown => step(model, page),
        Command::PageUp => step(model, -page),
        Command::First => step(model, isize::MIN + 1),
        Command::Last => step(model, isize::MAX),
        Command::MoveLeft => sideways(model, false),
        Command::MoveRight => sideways(model, true),
        Command::NextPane => turn(model, 1),
        Command::PreviousPane => turn(model, 4),
        Command::Follow => model.timeline.follow(),
        Command::NextTrouble => trouble(model, true),
        Command::PreviousTrouble => trouble(model, false),
        _ => {}
    }
}

/// Moves the selection, or the page, by so many lines.
fn step(model: &mut Model, by: isize) {
    let height = model.page_height();
    let pane = model.active_pane();
    if pane == Some(Pane::Events) {
        return match by {
            isize::MAX => model.timeline.follow(),
            by if by < -1_000_000 => model.timeline.first(height),
            by => model.timeline.step(by, height),
        };
    }
    let alerts = model.shown.alerts.len();
    if model.lists_alerts() {
        let at = moved(model.alerts.cursor, model.alerts.selected.is_some(), by, alerts);
        return model.alerts.select(at, &model.shown, height);
    }
    let clusters = model.setup.clusters.len();
    match model.screens.last_mut() {
        Some(Screen::Detail(page)) => page.scroll_to(page.scroll.saturating_add_signed(by), height),
        Some(Screen::Task(page)) => page.scroll_to(page.scroll.saturating_add_signed(by), height),
        Some(Screen::Tasks) => model.tasks.cursor = moved(model.tasks.cursor, true, by, model.tasks.len()),
        Some(Screen::Help(page)) => page.scroll_to(page.scroll.saturating_add_signed(by), height),
        Some(Screen::Clusters(at)) => *at = moved(*at, true, by, clusters),
        Some(Screen::Table(pane)) => {
            if let Some(state) = pane.slot().and_then(|at| model.panes.get_mut(at)) {
                let at = moved(state.full.cursor, state.full.selected.is_some(), by, state.full.rows.len());
                state.full.select(at, &model.shown, &model.index, height);
            }
        }
        _ => {
            if let Some(state) = model.focus.slot().and_then(|at| model.panes.get_mut(at)) {
                let at = moved(state.brief.cursor, state.brief.selected.is_some(), by, state.brief.rows.len());
                // The last line may say how many rows are folded.
                let room = if state.brief.rows.len() > height { height.saturating_sub(1) } else { height };
                state.brief.select(at, &model.shown, &model.index, room);
            }
        }
    }
}

/// The new place. With nothing selected the first step selects where the cursor stands.
fn moved(cursor: usize, selected: bool, by: isize, len: usize) -> usize {
    let by = if selected || by.unsigned_abs() > 1 { by } else { 0 };
    cursor.saturating_add_signed(by).min(len.saturating_sub(1))
}

/// To the pane beside; the arrows know where panes stand.
fn sideways(model: &mut Model, right: bool) {
    if !matches!(model.screen(), Screen::Overview) {
        return turn(model, if right { 1 } else { 4 });
    }
    let areas = model.pane_areas(&model.frame());
    let from = areas.get(model.focus as usize).copied().unwrap_or_default();
    let beside = Pane::ALL.into_iter().zip(areas).filter(|(pane, area)| {
        *pane != model.focus
            && area.height > 0
            && area.y < from.bottom()
            && from.y < area.bottom()
            && if right { area.x > from.x } else { area.x < from.x }
    });
    // Upper beside upper, lower beside lower, however tall each is; else the one that begins nearest.
    let partner = match model.focus {
        Pane::Members => Pane::Services,
        Pane::Services => Pane::Members,
        Pane::Storage => Pane::Network,
        _ => Pane::Storage,
    };
    if let Some((pane, _)) = beside.min_by_key(|(pane, area)| (*pane != partner, area.y.abs_diff(from.y))) {
        model.focus = pane;
    } else {
        turn(model, if right { 1 } else { 4 });
    }
}

/// To the next pane, or the one before (4 of 5 further).
fn turn(model: &mut Model, by: usize) {
    let turned = |pane: Pane| Pane::ALL[(pane as usize + by) % Pane::ALL.len()];
    match model.screens.last_mut() {
        Some(Screen::Overview) => model.focus = turned(model.focus),
        Some(Screen::Table(pane)) => {
            *pane = turned(*pane);
            let pane = *pane;
            model.focus = pane;
            let height = usize::from(layout::table_rows(pane, model.frame().body).height);
            if let Some(state) = pane.slot().and_then(|at| model.panes.get_mut(at)).filter(|s| s.full.selected.is_none()) {
                state.full.select(0, &model.shown, &model.index, height);
            }
        }
        _ => {}
    }
}

fn trouble(model: &mut Model, forward: bool) {
    let height = model.page_height();
    if !model.timeline.trouble(forward, height) {
        super::update::notice(model, "no further warning in the timeline".to_owned());
    }
}
