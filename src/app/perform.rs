//! Commands done.

use std::time::Duration;

use super::act;
use super::alerts;
use super::model::Model;
use super::moves;
use super::msg::Effect;
use super::overlay::Overlay;
use super::rows::{Pane, RowId};
use super::screen::{Page, Screen};
use super::update::notice;
use crate::command::Command;

/// Does a command. One that does not apply says why.
pub fn perform(model: &mut Model, command: Command) -> Vec<Effect> {
    if let Err(why) = command.entry().check(model.facts()) {
        if command != Command::Back {
            notice(model, format!("{}: {why}", command.name()));
        }
        return Vec::new();
    }
    model.dirty = true;
    match command {
        Command::Quit => return quit(model),
        Command::Shell => return vec![Effect::Suspend],
        Command::Redraw => return vec![Effect::ClearScreen],
        Command::Copy => return copy(model),
        Command::Hurry => return hurry(model),
        Command::NextTheme => return next_theme(model),
        Command::NextCluster => return next_cluster(model),
        Command::Enter => return enter(model),
        Command::Help => open_help(model),
        Command::Palette => model.overlay = Some(Overlay::Palette { input: super::line::InputLine::default(), cursor: 0 }),
        Command::Back => back(model),
        Command::Members => go_to(model, Pane::Members),
        Command::Services => go_to(model, Pane::Services),
        Command::Storage => go_to(model, Pane::Storage),
        Command::Network => go_to(model, Pane::Network),
        Command::Timeline => go_to(model, Pane::Events),
        Command::Tasks => act::at_hand::open(model),
        Command::StopTask => return act::at_hand::stop(model),
        Command::TakeBack => return act::at_hand::take_back(model),
        command if command.entry().acts() => return act::open::open(model, command),
        Command::Guests => zoom(model, Pane::Guests),
        Command::Console => return console(model),
        Command::Quorum => open_detail(model, RowId::Quorum),
        Command::Alerts => open_alerts(model),
        Command::WorstAlert => worst_alert(model),
        Command::Filter => open_filter(model),
        Command::ClearFilter => clear_filter(model),
        Command::Freeze => freeze(model),
        Command::Clusters => open_clusters(model),
        Command::Sort => open_sort(model),
        Command::Problems => problems(model),
        Command::QuietShort => quiet(model, Duration::from_secs(600)),
        Command::QuietLong => quiet(model, Duration::from_secs(3600)),
        Command::Unquiet => {
            if let Some(id) = model.alerts.selected.clone() {
                model.alerts.unquiet(&id);
            }
        }
        movement => moves::perform(model, movement),
    }
    Vec::new()
}

/// Asks for the console of the guest that is selected, itself or as a service.
fn console(model: &mut Model) -> Vec<Effect> {
    let c = &model.shown;
    let active = |uuid: &str| c.guests.iter().find(|g| g.uuid == *uuid && g.state.is_active());
    let guest = match model.selected() {
        Some(RowId::Guest(node, uuid, _)) => {
            c.guests.iter().find(|g| g.node == node && g.uuid == uuid && g.state.is_active()).or_else(|| active(&uuid))
        }
        Some(RowId::Service(id)) => c.guests.iter().find(|g| g.managed_by.as_deref() == Some(id.as_str()) && g.state.is_active()),
        _ => None,
    };
    let why = match guest {
        None => "the console is that of a running guest: select one".to_owned(),
        Some(_) if model.setup.read_only => "this session is read-only, and who types into a console changes something".to_owned(),
        Some(g) => match c.member(&g.node).and_then(|m| m.node) {
            Some(node) => return vec![Effect::Console { node, uuid: g.uuid.clone(), name: format!("{} on {}", g.name, g.node) }],
            None => format!("{} is not reached by quorate", g.node),
        },
    };
    notice(model, why);
    Vec::new()
}

fn copy(model: &mut Model) -> Vec<Effect> {
    let text = match model.screen() {
        Screen::Detail(page) => page.document.text(),
        _ if model.lists_alerts() => match model.alerts.get(&model.shown) {
            Some(a) => format!("{} {} {}: {}", a.severity.word(), a.code.word(), a.subject, a.text),
            None => return Vec::new(),
        },
        _ => match model.selected() {
            Some(id) => model.detail(&id).text(),
            None => return Vec::new(),
        },
    };
    notice(model, "copied".to_owned());
    vec![Effect::Copy(text)]
}

fn hurry(model: &mut Model) -> Vec<Effect> {
    let nodes: Vec<_> = model.live.members.iter().filter(|m| !m.reach.is_up()).filter_map(|m| m.node).collect();
    if nodes.is_empty() {
        notice(model, "every node answers".to_owned());
        return Vec::new();
    }
    notice(model, format!("trying {} again", super::words::count(nodes.len(), "node", "nodes")));
    vec![Effect::Hurry(nodes)]
}

fn next_theme(model: &Model) -> Vec<Effect> {
    let themes = &model.setup.themes;
    let at = themes.iter().position(|t| *t == model.setup.theme.name).map_or(0, |at| at + 1);
    themes.get(at).or(themes.first()).map(|t| Effect::SwitchTheme(t.clone())).into_iter().collect()
}

fn next_cluster(model: &mut Model) -> Vec<Effect> {
    let clusters = &model.setup.clusters;
    let at = clusters.iter().position(|c| Some(c) == model.setup.current.as_ref()).map_or(0, |at| at + 1);
    match clusters.get(at).or(clusters.first()).cloned() {
        Some(name) => go_to_cluster(model, name),
        None => Vec::new(),
    }
}

/// Asks for another cluster; the one that is shown is just gone back to.
pub fn go_to_cluster(model: &mut Model, name: String) -> Vec<Effect> {
    if model.setup.current.as_ref() == Some(&name) {
        model.screens.truncate(1);
        return Vec::new();
    }
    // The session with the other cluster ends, and with it what watches a task there.
    if !act::at_hand::may_leave(model, "switch") {
        return Vec::new();
    }
    model.screens.truncate(1);
    vec![Effect::SwitchCluster(name)]
}

fn enter(model: &mut Model) -> Vec<Effect> {
    match model.screen() {
        Screen::Overview if model.frame().compact => open_alerts(model),
        Screen::Overview => {
            let pane = model.focus;
            zoom(model, pane);
        }
        Screen::Table(_) => {
            if let Some(id) = model.selected() {
                open_detail(model, id);
            }
        }
        Screen::Alerts => {
            if let Some(id) = model.alerts.get(&model.shown).map(|a| alerts::target(a, &model.shown, &model.index)) {
                open_detail(model, id);
            }
        }
        Screen::Clusters(at) => {
            if let Some(name) = model.setup.clusters.get(*at).cloned() {
                return go_to_cluster(model, name);
            }
        }
        Screen::Tasks => {
            if let Some(task) = model.tasks.selected() {
                let page = Page::new(task.id, act::tasks::page(task, model));
                model.screens.push(Screen::Task(page));
            } else if !model.tasks.is_empty() {
                notice(model, "its steps are known to the quorate alone that runs it".to_owned());
            }
        }
        Screen::Detail(_) | Screen::Help(_) | Screen::Task(_) => {}
    }
    Vec::new()
}

/// Opens a pane as a table, with the row that was selected on the overview.
fn zoom(model: &mut Model, pane: Pane) {
    let body = model.frame().body;
    let height = usize::from(super::layout::table_rows(pane, body).height);
    let (c, index) = (model.shown.clone(), &model.index);
    if let Some(state) = pane.slot().and_then(|at| model.panes.get_mut(at)) {
        let wanted = match state.brief.selected.clone() {
            Some(RowId::Net(node)) => state.full.rows.iter().find_map(|r| match r.id(&c, index) {
                Some(id @ (RowId::Bond(..) | RowId::Nic(..))) => {
                    let (RowId::Bond(n, _) | RowId::Nic(n, _)) = &id else { return None };
                    (*n == node).then_some(id)
                }
                _ => None,
            }),
            other => other,
        };
        let found = wanted.is_some_and(|id| state.full.select_id(&id, &c, index, height));
        if !found && state.full.selected.is_none() {
            state.full.select(0, &c, index, height);
        }
    }
    if pane != Pane::Guests {
        model.focus = pane;
    }
    model.screens.truncate(1);
    model.screens.push(Screen::Table(pane));
}

fn go_to(model: &mut Model, pane: Pane) {
    let on_overview = matches!(model.screen(), Screen::Overview) && !model.frame().compact;
    if on_overview && model.focus != pane {
        model.focus = pane;
    } else {
        // The number of the pane that has the keys already zooms it; on other screens it goes there.
        zoom(model, pane);
    }
}

pub(super) fn open_detail(model: &mut Model, id: RowId) {
    let document = model.detail(&id);
    model.screens.push(Screen::Detail(Page::new(id, document)));
}

/// Leaves; while a task of this session is under way only when asked twice.
pub(super) fn quit(model: &mut Model) -> Vec<Effect> {
    if act::at_hand::may_leave(model, "quit") { vec![Effect::Quit] } else { Vec::new() }
}

fn open_alerts(model: &mut Model) {
    if matches!(model.screen(), Screen::Alerts) {
        return;
    }
    model.screens.truncate(1);
    model.screens.push(Screen::Alerts);
    let height = model.page_height();
    let at = model.alerts.cursor;
    model.alerts.select(at, &model.shown, height);
}

fn worst_alert(model: &mut Model) {
    let worst = model.alerts.loud(&model.shown).next().or(model.shown.alerts.first());
    if let Some(id) = worst.map(|a| alerts::target(a, &model.shown, &model.index)) {
        open_detail(model, id);
    }
}

fn open_help(model: &mut Model) {
    if matches!(model.screen(), Screen::Help(_)) {
        model.screens.pop();
        return;
    }
    let scopes = model.screen().scopes(model.focus);
    let document = super::detail::help::page(model, scopes);
    model.screens.push(Screen::Help(Page::new(scopes, document)));
}

/// Help is as wide as the screen.
pub(super) fn rebuild_help(model: &mut Model) {
    let Some(Screen::Help(page)) = model.screens.last() else { return };
    let document = super::detail::help::page(model, page.about);
    let height = model.page_height();
    if let Some(Screen::Help(page)) = model.screens.last_mut() {
        page.document = document;
        page.scroll_to(page.scroll, height);
    }
}

/// Shows the clusters that are configured.
pub(super) fn open_clusters(model: &mut Model) {
    let at = model.setup.clusters.iter().position(|c| Some(c) == model.setup.current.as_ref()).unwrap_or(0);
    if !matches!(model.screen(), Screen::Clusters(_)) {
        model.screens.push(Screen::Clusters(at));
    }
}

fn open_filter(model: &mut Model) {
    let pane = model.active_pane().unwrap_or(Pane::Events);
    let before = model.filter(pane).text().to_owned();
    model.overlay = Some(Overlay::Filter { pane, input: super::line::InputLine::new(&before), before });
}

fn clear_filter(model: &mut Model) {
    let Some(pane) = model.active_pane() else { return };
    if let Some(state) = pane.slot().and_then(|at| model.panes.get_mut(at)) {
        state.wish.problems = false;
    }
    super::keys::set_filter(model, pane, "");
}

fn open_sort(model: &mut Model) {
    if let Screen::Table(pane) = model.screen() {
        let (pane, sort) = (*pane, model.pane(*pane).map(|p| p.wish.sort));
        let keys = super::order::SortKey::of(pane);
        let cursor = keys.iter().position(|k| Some(*k) == sort).unwrap_or(0);
        if !keys.is_empty() {
            model.overlay = Some(Overlay::Sort { pane, cursor });
        }
    }
}

fn problems(model: &mut Model) {
    if let Some(pane) = model.active_pane()
        && let Some(state) = pane.slot().and_then(|at| model.panes.get_mut(at))
    {
        state.wish.problems = !state.wish.problems;
        model.reorder(pane);
        model.select_something(pane);
    }
}

fn freeze(model: &mut Model) {
    if model.frozen.take().is_some() {
        model.timeline.freeze(false);
        let live = model.live.clone();
        model.show(live);
    } else {
        model.frozen = Some(model.setup.now);
        model.timeline.freeze(true);
    }
}

fn quiet(model: &mut Model, how_long: Duration) {
    let Some(alert) = model.alerts.get(&model.shown).cloned() else { return };
    model.alerts.quiet(&alert, model.setup.now, how_long);
}

/// One step back: the notice, the screen, then what the screen was told to hide or hold.
fn back(model: &mut Model) {
    if model.notice.take().is_some() && model.screens.len() == 1 {
        return;
    }
    if model.screens.len() > 1 {
        model.screens.pop();
        model.rebuild_page();
        rebuild_help(model);
        let height = model.page_height();
        model.alerts.anchor(&model.shown, height);
        return;
    }
    if let Some(pane) = model.active_pane().filter(|p| !model.filter(*p).is_empty()) {
        super::keys::set_filter(model, pane, "");
    } else if !model.timeline.is_following() && model.frozen.is_none() {
        model.timeline.follow();
    } else if model.frozen.is_some() {
        freeze(model);
    } else if let Some(pane) = Pane::ALL.into_iter().find(|p| !model.filter(*p).is_empty()) {
        super::keys::set_filter(model, pane, "");
    }
}
