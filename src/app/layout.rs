//! Where things stand. Pure geometry: the view draws by it, the update scrolls by it.

use ratatui::layout::Rect;

use super::rows::Pane;

/// From this width on panes stand side by side in full.
pub const WIDE: u16 = 100;
/// Below this there is no room for panes: header and alerts only.
const COMPACT: (u16, u16) = (60, 14);
/// From so many lines on a dialog leaves the header in sight.
const ROOMY: u16 = 20;

/// The frame around every screen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Frame {
    /// One line, two where it is narrow.
    pub header: Rect,
    /// The worst alert; may be empty.
    pub alert: Rect,
    /// What the screen is about.
    pub body: Rect,
    /// Keys; may be empty.
    pub footer: Rect,
    /// Too small for panes.
    pub compact: bool,
}

/// How many lines of rows each pane could use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wants {
    /// By pane; the timeline takes what is left.
    pub rows: [usize; 5],
    /// Lines below the members.
    pub foot: u16,
    /// Columns that the members and the services would fill.
    pub columns: (u16, u16),
}

/// The frame for a terminal's size; `alerts` is how many lines the worst alert needs.
pub fn frame(area: Rect, alerts: u16) -> Frame {
    let compact = area.width < COMPACT.0 || area.height < COMPACT.1;
    let mut rest = area;
    let mut take = |lines: u16| {
        let lines = lines.min(rest.height);
        let taken = Rect { height: lines, ..rest };
        rest.y += lines;
        rest.height -= lines;
        taken
    };
    let header = take(if compact && area.height > 2 { 2 } else { 1 });
    let alert = take(if compact { 0 } else { alerts.max(1) });
    let gap = area.height >= 44;
    take(u16::from(gap));
    let footer_lines = u16::from(!compact && rest.height > 3);
    let body = Rect { height: rest.height - footer_lines.min(rest.height), ..rest };
    let footer = Rect { y: body.bottom(), height: rest.height - body.height, ..rest };
    Frame { header, alert, body, footer, compact }
}

/// Where a dialog may stand: the header never leaves, but where there is hardly room for what the dialog asks.
pub fn below_header(area: Rect) -> Rect {
    if area.height < ROOMY {
        return area;
    }
    let header = frame(area, 1).header.height;
    Rect { y: area.y + header, height: area.height - header, ..area }
}

/// The panes of the overview. On a compact screen all are empty.
pub fn panes(frame: &Frame, wants: Wants) -> [Rect; 5] {
    if frame.compact || frame.body.height < 5 {
        return [Rect::default(); 5];
    }
    let body = frame.body;
    let want = |pane: Pane, extra: usize| u16::try_from(wants.rows[pane as usize] + extra).unwrap_or(u16::MAX);
    if body.width >= WIDE {
        let members = want(Pane::Members, 2 + usize::from(wants.foot));
        let (services, storage, network) = (want(Pane::Services, 2), want(Pane::Storage, 1), want(Pane::Network, 1));
        let all = members.saturating_add(storage).max(services.saturating_add(network));
        let heights = share(body.height, &[(8, all), (3, 9)]);
        // The services' columns grow with the nodes; the members keep what they need.
        let spare = body.width.saturating_sub(wants.columns.1 + 1);
        let left = spare.min(body.width * 2 / 5).max(wants.columns.0.min(body.width / 2));
        let column = |x: u16, width: u16, upper: u16, lower: u16| {
            let parts = share(heights[0], &[(5, upper), (3, lower)]);
            let above = Rect { x, y: body.y, width, height: parts[0] };
            (above, Rect { y: above.bottom(), height: parts[1], ..above })
        };
        let (members, storage) = column(body.x, left, members, storage);
        let (services, network) = column(body.x + left + 1, body.width - left - 1, services, network);
        let events = Rect { y: body.y + heights[0], height: heights[1], ..body };
        return [members, services, storage, network, events];
    }
    let left = wants.columns.0.clamp(body.width / 2, body.width * 3 / 5);
    // One after the other up to what each wants: members matter most, the timeline keeps its two lines.
    let half = body.height / 2;
    let heights = fill(
        body.height,
        &[
            (3, want(Pane::Members, 2 + usize::from(wants.foot)).min(half)),
            (2, want(Pane::Storage, 1).min(body.height / 3)),
            (2, want(Pane::Network, 1).min(4)),
            (3, u16::MAX),
        ],
    );
    let members = Rect { width: left, height: heights[0], ..body };
    let storage = Rect { y: members.bottom(), height: heights[1], ..members };
    let services = Rect { x: body.x + left + 1, y: body.y, width: body.width - left - 1, height: heights[0] + heights[1] };
    let network = Rect { y: storage.bottom(), height: heights[2], ..body };
    let events = Rect { y: network.bottom(), height: heights[3], ..body };
    [members, services, storage, network, events]
}

/// Where a pane's rows stand on the overview: without the title, the column heads and the first line below the rows.
pub fn brief_rows(pane: Pane, area: Rect) -> Rect {
    let above = 1 + u16::from(has_heads(pane, area));
    let below = u16::from(has_foot(pane, area));
    inner(area, above, below)
}

/// Whether a pane on the overview has column heads.
pub const fn has_heads(pane: Pane, area: Rect) -> bool {
    matches!(pane, Pane::Members | Pane::Services) && area.height >= 6
}

/// Whether a pane on the overview ends with the lines about fencing and quorum.
pub const fn has_foot(pane: Pane, area: Rect) -> bool {
    matches!(pane, Pane::Members) && area.height >= 5
}

/// Where the rows of a zoomed table stand: below the title and the heads.
pub fn table_rows(pane: Pane, body: Rect) -> Rect {
    inner(body, if matches!(pane, Pane::Events) { 1 } else { 2 }, 0)
}

/// Where the lines of a page stand: below the title.
pub fn page(body: Rect) -> Rect {
    inner(body, 1, 0)
}

fn inner(area: Rect, above: u16, below: u16) -> Rect {
    let above = above.min(area.height);
    Rect { y: area.y + above, height: (area.height - above).saturating_sub(below), ..area }
}

/// Hands lines out: everybody's minimum first, then each in turn all that it wants.
fn fill(available: u16, parts: &[(u16, u16)]) -> Vec<u16> {
    let mut left = available;
    let mut given: Vec<u16> = Vec::with_capacity(parts.len());
    for (min, _) in parts {
        given.push((*min).min(left));
        left -= (*min).min(left);
    }
    for (lines, (_, want)) in given.iter_mut().zip(parts) {
        let more = want.saturating_sub(*lines).min(left);
        *lines += more;
        left -= more;
    }
    given
}

/// Shares lines out: everybody's minimum first, then one by one up to what each wants; the last takes the rest.
fn share(available: u16, parts: &[(u16, u16)]) -> Vec<u16> {
    let mut left = available;
    let mut given: Vec<u16> = parts
        .iter()
        .map(|(min, _)| {
            let lines = (*min).min(left);
            left -= lines;
            lines
        })
        .collect();
    while left > 0 {
        let mut gave = false;
        for (lines, (_, want)) in given.iter_mut().zip(parts) {
            if left > 0 && *lines < *want {
                *lines += 1;
                left -= 1;
                gave = true;
            }
        }
        if !gave {
            if let Some(last) = given.last_mut() {
                *last += left;
            }
            break;
        }
    }
    given
}
