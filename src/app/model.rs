//! All that the screen knows.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use jiff::tz::TimeZone;
use ratatui::layout::Rect;

use super::act::tasks::Tasks;
use super::act::{Acting, Dialog, at_hand, barred};
use super::alerts::Alerts;
use super::alike::{self, Loads};
use super::columns;
use super::detail;
use super::document::Document;
use super::emergency;
use super::filter::Filter;
use super::index::{Index, Level};
use super::layout::{self, Frame, Wants};
use super::list::List;
use super::order::{self, Wish};
use super::overlay::Overlay;
use super::prompts::Prompts;
use super::rows::{Pane, Row, RowId};
use super::screen::Screen;
use super::timeline::Timeline;
use crate::command::{Command, Facts};
use crate::domain::cluster::Cluster;
use crate::domain::stamp::Stamp;
use crate::keymap::{Key, Keymap};
use crate::theme::Theme;

/// What a session begins with.
#[derive(Clone, Debug)]
pub struct Setup {
    /// The configured clusters' names.
    pub clusters: Vec<String>,
    /// The one that is shown; none opens the picker.
    pub current: Option<String>,
    /// `viewer`, `operator`, `admin`.
    pub role: String,
    /// Nothing may be changed.
    pub read_only: bool,
    /// What the session brings to the lever.
    pub acting: Acting,
    /// user@host of the operator.
    pub who: String,
    /// Only ASCII on the screen.
    pub ascii: bool,
    /// The wallboard: every key but quit dead.
    pub wallboard: bool,
    /// The theme, at the terminal's colour depth.
    pub theme: Theme,
    /// Names of the themes that may be switched to.
    pub themes: Vec<String>,
    /// The keymap.
    pub keymap: Keymap,
    /// Columns and rows of the terminal.
    pub size: (u16, u16),
    /// The present.
    pub now: Stamp,
    /// The operator's time zone.
    pub zone: TimeZone,
    /// From this age on a member's figures are stale.
    pub stale_after: Duration,
    /// The cluster is the simulated one: its cables can be pulled.
    pub simulated: bool,
}

/// The panes that are tables, by [`Pane::slot`].
pub(super) const TABLES: [Pane; 5] = [Pane::Members, Pane::Services, Pane::Storage, Pane::Network, Pane::Guests];

/// A pane: what the operator wants of it, and its rows on the overview and as a table.
#[derive(Clone, Debug, Default)]
pub struct PaneState {
    /// Sort and filter.
    pub wish: Wish,
    /// The rows of the table.
    pub full: List,
    /// The rows on the overview; those in trouble first if not all fit.
    pub brief: List,
    /// How many rows of `brief` are not quiet.
    pub loud: usize,
    /// Rows that the filter hides.
    pub hidden: usize,
}

/// See the module.
#[derive(Clone, Debug)]
pub struct Model {
    /// What the session began with; `current`, `theme`, `size` and `now` follow what happens.
    pub setup: Setup,
    /// The picture on the screen.
    pub shown: Arc<Cluster>,
    /// The newest picture; the same as `shown` unless frozen.
    pub(super) live: Arc<Cluster>,
    /// Computed from `shown`.
    pub index: Index,
    /// A picture has come.
    pub pictured: bool,
    /// When the first picture of this cluster came.
    pub first_look: Option<Stamp>,
    /// When the screen was frozen, if it is.
    pub frozen: Option<Stamp>,
    /// Screens, the visible one last; never empty.
    pub screens: Vec<Screen>,
    /// The pane that has the keys on the overview.
    pub focus: Pane,
    /// The panes but the timeline, by [`Pane::slot`].
    pub panes: [PaneState; 5],
    /// The timeline.
    pub timeline: Timeline,
    /// Alerts.
    pub alerts: Alerts,
    /// What lies over the screen.
    pub overlay: Option<Overlay>,
    /// An action between its command and its ticket.
    pub dialog: Option<Dialog>,
    /// Tasks.
    pub tasks: Tasks,
    /// Cables of the simulated cluster that were pulled here, by node and port: a node that nothing carries to does not tell.
    pub(super) pulled: BTreeSet<(String, String)>,
    /// How many intents this session has had.
    pub(super) deeds: u32,
    /// When the manager was last asked anew for a dialog.
    pub(super) refreshed: Stamp,
    /// Until when a second quit leaves although a task is under way.
    pub(super) leaving: Option<Stamp>,
    /// Questions of links.
    pub prompts: Prompts,
    /// One line for the operator and until when it stands.
    pub notice: Option<(String, Stamp)>,
    /// Percentages as drawn.
    pub loads: Loads,
    /// The keys of an unfinished chord.
    pub chord: Vec<Key>,
    pub(super) dirty: bool,
    pub(super) pulse: u64,
}

impl Model {
    /// Before anything has happened.
    pub fn new(setup: Setup) -> Self {
        let picker = setup.current.is_none() && setup.clusters.len() > 1 && !setup.wallboard;
        let screens = if picker { vec![Screen::Overview, Screen::Clusters(0)] } else { vec![Screen::Overview] };
        let empty = Arc::new(Cluster::default());
        let mut panes: [PaneState; 5] = Default::default();
        for (state, pane) in panes.iter_mut().zip(TABLES) {
            state.wish.sort = order::SortKey::default_of(pane);
        }
        let mut model = Self {
            setup,
            shown: empty.clone(),
            live: empty,
            index: Index::default(),
            pictured: false,
            first_look: None,
            frozen: None,
            screens,
            focus: Pane::Members,
            panes,
            timeline: Timeline::default(),
            alerts: Alerts::default(),
            overlay: None,
            dialog: None,
            tasks: Tasks::default(),
            pulled: BTreeSet::new(),
            deeds: 0,
            refreshed: Stamp::default(),
            leaving: None,
            prompts: Prompts::default(),
            notice: None,
            loads: Loads::new(),
            chord: Vec::new(),
            dirty: true,
            pulse: 0,
        };
        model.pulse = model.pulse_now();
        model
    }

    /// Whether something visible changed since the last call.
    pub fn take_dirty(&mut self) -> bool {
        std::mem::take(&mut self.dirty)
    }

    /// Whether something visible changed since [`Self::take_dirty`].
    pub const fn is_dirty(&self) -> bool {
        self.dirty
    }

    /// Changes the colours: the answer to [`super::Effect::SwitchTheme`].
    pub fn set_theme(&mut self, theme: Theme) {
        self.setup.theme = theme;
        self.dirty = true;
    }

    /// The visible screen.
    pub fn screen(&self) -> &Screen {
        self.screens.last().unwrap_or(&Screen::Overview)
    }

    /// The whole terminal.
    pub const fn area(&self) -> Rect {
        Rect { x: 0, y: 0, width: self.setup.size.0, height: self.setup.size.1 }
    }

    /// The frame of the screen.
    pub fn frame(&self) -> Frame {
        layout::frame(self.area(), emergency::alert_lines(self))
    }

    /// The panes of the overview.
    pub fn pane_areas(&self, frame: &Frame) -> [Rect; 5] {
        let mut wants = Wants::default();
        for (want, pane) in wants.rows.iter_mut().zip(&self.panes) {
            *want = pane.brief.rows.len();
        }
        wants.foot = self.index.foot;
        wants.columns = columns::natural(&self.index, frame.body.width);
        layout::panes(frame, wants)
    }

    /// A pane's state; none for the timeline, which is no table.
    pub fn pane(&self, pane: Pane) -> Option<&PaneState> {
        self.panes.get(pane.slot()?)
    }

    /// Whether the alerts are what the screen lists: by themselves, or in place of panes that there is no room for.
    pub fn lists_alerts(&self) -> bool {
        match self.screen() {
            Screen::Alerts => true,
            Screen::Overview => self.frame().compact,
            _ => false,
        }
    }

    /// The pane whose rows the keys move in: the focused one, or the zoomed one.
    pub fn active_pane(&self) -> Option<Pane> {
        match self.screen() {
            Screen::Overview if self.lists_alerts() => None,
            Screen::Overview => Some(self.focus),
            Screen::Table(pane) => Some(*pane),
            _ => None,
        }
    }

    /// The filter of a pane.
    pub fn filter(&self, pane: Pane) -> &Filter {
        self.pane(pane).map_or(self.timeline.filter(), |p| &p.wish.filter)
    }

    /// What the table of commands asks about the screen.
    pub fn facts(&self) -> Facts {
        Facts {
            selected: self.selected().is_some() || (self.lists_alerts() && self.alerts.selected.is_some()),
            several_clusters: self.setup.clusters.len() > 1,
            any_alert: !self.shown.alerts.is_empty(),
            back: self.screens.len() > 1
                || self.frozen.is_some()
                || !self.timeline.is_following()
                || self.notice.is_some()
                || Pane::ALL.iter().any(|p| !self.filter(*p).is_empty()),
            kind: barred::kind(self),
            barred: barred::session(self),
            moves: at_hand::moved_service(self).is_some(),
            alone: barred::alone(self),
            role: self.setup.acting.gate.role,
            stack: self.live.stack,
        }
    }

    /// The key of a command on the visible screen; empty if none leads to it from here.
    pub fn hint(&self, command: Command) -> String {
        self.setup.keymap.hint(self.screen().scopes(self.focus), command)
    }

    /// What is selected on the visible screen: nothing that is not in sight.
    pub fn selected(&self) -> Option<RowId> {
        match self.screen() {
            Screen::Overview if self.lists_alerts() => None,
            Screen::Overview if self.focus == Pane::Events => self.timeline.selected.map(RowId::Event),
            Screen::Overview => self.pane(self.focus)?.brief.selected.clone(),
            Screen::Table(Pane::Events) => self.timeline.selected.map(RowId::Event),
            Screen::Table(pane) => self.pane(*pane)?.full.selected.clone(),
            Screen::Detail(page) => Some(page.about.clone()),
            _ => None,
        }
    }

    /// How loud a row is.
    pub fn level(&self, row: Row) -> Level {
        self.index.level(row, &self.shown)
    }

    /// Lines of rows on the visible screen.
    pub fn page_height(&self) -> usize {
        let frame = self.frame();
        let rows = match self.screen() {
            Screen::Overview if frame.compact => frame.body,
            Screen::Overview => {
                let area = self.pane_areas(&frame).get(self.focus as usize).copied().unwrap_or_default();
                layout::brief_rows(self.focus, area)
            }
            Screen::Table(pane) => layout::table_rows(*pane, frame.body),
            _ => layout::page(frame.body),
        };
        usize::from(rows.height.max(1))
    }

    /// Builds a detail page for the width of the screen.
    pub fn detail(&self, id: &RowId) -> Document {
        detail::page(id, self)
    }

    /// Shows a picture: indexes it, orders it, finds every selection again.
    pub(super) fn show(&mut self, picture: Arc<Cluster>) {
        let picture = super::act::underway::without(self, picture);
        let same = self.pictured && alike::alike(&self.shown, &picture);
        self.dirty |= alike::follow(&mut self.loads, &picture) || !same || !self.pictured;
        self.pictured = true;
        self.first_look.get_or_insert(self.setup.now);
        self.shown = picture;
        if !same {
            self.index = Index::new(&self.shown, self.setup.ascii);
            self.order_all();
            let height = self.page_height();
            self.alerts.anchor(&self.shown, height);
        }
        self.rebuild_page();
    }

    /// Builds the open page anew; a page that changed is drawn.
    pub(super) fn rebuild_page(&mut self) {
        if let Some(Screen::Task(page)) = self.screens.last() {
            let id = page.about;
            return super::act::tasks::rebuild(self, id);
        }
        let Some(Screen::Detail(page)) = self.screens.last() else { return };
        let document = self.detail(&page.about.clone());
        let height = usize::from(layout::page(self.frame().body).height);
        if let Some(Screen::Detail(page)) = self.screens.last_mut()
            && page.document != document
        {
            page.document = document;
            page.scroll_to(page.scroll, height);
            self.dirty = true;
        }
    }
}
