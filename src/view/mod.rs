//! Draws the model. No I/O, no clock; the cost is that of the visible cells, whatever the size of the cluster.
//!
//! ```text
//!  header        the truth about the whole
//!  alert         the worst one, always
//!  body          1 Members | 2 Services
//!                3 Storage | 4 Network
//!                5 Events
//!  footer        keys, a notice, or what is typed
//! ```

mod big;
mod chrome;
mod dialogs;
mod glyph;
mod header;
mod lever;
mod panes;
mod pen;
mod screens;
mod tasks;
mod wallboard;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use pen::Pen;

use crate::app::Model;
use crate::app::layout;
use crate::app::rows::Pane;
use crate::app::screen::Screen;

/// Draws everything into an empty buffer. Any size will do, down to a single cell.
pub fn draw(model: &Model, buf: &mut Buffer, area: Rect) {
    let area = area.intersection(buf.area);
    if area.is_empty() {
        return;
    }
    let pen = &mut Pen::new(model, buf);
    if model.setup.wallboard {
        return wallboard::draw(pen, area);
    }
    let frame = layout::frame(area, crate::app::emergency::alert_lines(model));
    header::draw(pen, frame.header);
    chrome::alert(pen, frame.alert);
    match model.screen() {
        Screen::Overview if frame.compact => screens::alerts(pen, frame.body, false),
        Screen::Overview => {
            for (pane, area) in Pane::ALL.into_iter().zip(model.pane_areas(&frame)) {
                panes::brief(pen, pane, area);
            }
        }
        Screen::Table(pane) => panes::full(pen, *pane, frame.body),
        Screen::Detail(page) => screens::page(pen, frame.body, &page.about.title(), &page.document, page.scroll),
        Screen::Help(page) => screens::page(pen, frame.body, "Help", &page.document, page.scroll),
        Screen::Alerts => screens::alerts(pen, frame.body, true),
        Screen::Tasks => tasks::list(pen, frame.body),
        Screen::Task(page) => screens::page(pen, frame.body, "Task", &page.document, page.scroll),
        Screen::Clusters(at) => screens::clusters(pen, frame.body, *at),
    }
    chrome::footer(pen, frame.footer, area);
    dialogs::draw(pen, layout::below_header(area));
}
