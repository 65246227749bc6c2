//! Which rows each pane shows, and in which order.

use super::layout;
use super::model::{Model, TABLES};
use super::order;
use super::rows::Pane;
use super::screen::Screen;

impl Model {
    /// Orders every pane anew.
    pub(super) fn order_all(&mut self) {
        for pane in TABLES {
            self.order_rows(pane);
        }
        self.fold_all();
    }

    /// Orders one pane anew; [`Self::fold_all`] must follow, since the layout depends on all panes.
    fn order_rows(&mut self, pane: Pane) {
        let body = self.frame().body;
        let Some(state) = pane.slot().and_then(|at| self.panes.get_mut(at)) else { return };
        let (c, index) = (&*self.shown, &self.index);
        let before = std::mem::take(&mut state.full.rows);
        state.full.rows = order::full(pane, before, c, index, &state.wish);
        // Nobody scrolls a wallboard.
        if self.setup.wallboard {
            (state.full.rows, _) = order::loud_first(&state.full.rows, c, index);
        }
        let all = match pane {
            Pane::Members => c.members.len(),
            Pane::Services => c.services.len(),
            Pane::Storage => c.groups.len() + index.paths.len() + c.volumes.len() + index.mounts.len() + c.iscsi.len() + c.pvs.len(),
            Pane::Guests => c.guests.len(),
            _ => c.bonds.len() + c.nics.len(),
        };
        state.hidden = all - state.full.rows.len();
        state.full.anchor(c, index, usize::from(layout::table_rows(pane, body).height));
        state.brief.rows = order::brief(pane, &state.full.rows, c, index, &state.wish);
    }

    /// Puts rows in trouble first in panes that cannot show all of theirs, and finds selections again.
    pub(super) fn fold_all(&mut self) {
        let areas = self.pane_areas(&self.frame());
        for (pane, area) in Pane::ALL.into_iter().zip(areas) {
            let Some(state) = pane.slot().and_then(|at| self.panes.get_mut(at)) else { continue };
            let (c, index) = (&*self.shown, &self.index);
            let height = usize::from(layout::brief_rows(pane, area).height);
            state.brief.rows = order::brief(pane, &state.full.rows, c, index, &state.wish);
            let (loud_first, loud) = order::loud_first(&state.brief.rows, c, index);
            state.loud = loud;
            // A wallboard gives a pane other room, page by page.
            if state.brief.rows.len() > height || self.setup.wallboard {
                state.brief.rows = loud_first;
            }
            state.brief.anchor(c, index, height.saturating_sub(1));
        }
    }

    /// Orders a pane after its sort or filter changed.
    pub(super) fn reorder(&mut self, pane: Pane) {
        self.order_rows(pane);
        self.fold_all();
        self.dirty = true;
    }

    /// After the operator changed what a table shows something is selected: else its keys would act on nothing. A row that vanishes by itself takes
    /// the selection with it, so that no key acts on another one.
    pub(super) fn select_something(&mut self, pane: Pane) {
        if !matches!(self.screen(), Screen::Table(shown) if *shown == pane) {
            return;
        }
        let height = usize::from(layout::table_rows(pane, self.frame().body).height);
        let (c, index) = (self.shown.clone(), &self.index);
        if let Some(list) = pane.slot().and_then(|at| self.panes.get_mut(at)).map(|state| &mut state.full)
            && list.selected.is_none()
        {
            list.select(0, &c, index, height);
        }
    }
}
