//! The commands for pipes: `status`, `events`, `record`. The same session as the cockpit's, without a screen.

use std::io::{self, Write};
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};

use super::live::{Happening, Live};
use super::say;
use super::way::WayFinder;
use crate::domain::event::Event;
use crate::link::Reply;
use crate::report;

/// `status` answers within ten seconds; this much is kept for the answer itself.
const PATIENCE: Duration = Duration::from_millis(9300);

/// What nodes refuse is said once each, and no more than this.
const MOST_REFUSALS: usize = 256;

/// How often it is looked whether all has been answered, when nothing happens.
pub(super) const LOOK: Duration = Duration::from_millis(200);

/// One snapshot: as JSON, or as text for people. Gives the exit status.
pub async fn status(ways: WayFinder, json: bool) -> io::Result<u8> {
    let mut live = Live::start(ways, false);
    let limit = live.now().after(PATIENCE);
    while live.now() < limit && !live.looked_once() {
        for happening in live.step(limit.min(live.now().after(LOOK))).await {
            refuse_prompt(&mut live, happening);
        }
    }
    let cluster = live.last_picture();
    let taken_at = live.now();
    if json {
        for refusal in report::refusals::all(&cluster) {
            say::note(&refusal);
        }
    }
    let mut text = if json { report::status::to_json(&cluster, taken_at) } else { report::status::to_text(&cluster, taken_at) };
    if !text.ends_with('\n') {
        text.push('\n');
    }
    say::print(&text)?;
    Ok(report::exit_code(&cluster))
}

/// The live timeline, a line each on arrival, until interrupted or for `limit`.
pub async fn events(ways: WayFinder, json: bool, limit: Option<Duration>) -> io::Result<u8> {
    follow(Live::start(ways, true), limit, |event| {
        let line = if json { report::events::json_line(event) } else { report::events::text_line(event) };
        let mut out = io::stdout().lock();
        out.write_all(line.as_bytes())?;
        out.write_all(b"\n")?;
        out.flush()
    })
    .await
}

/// Writes a recording until interrupted or for `limit`.
pub async fn record(ways: WayFinder, to: std::fs::File, limit: Option<Duration>) -> io::Result<u8> {
    let mut live = Live::start(ways, true);
    live.record(to)?;
    follow(live, limit, |_| Ok(())).await
}

async fn follow(mut live: Live, limit: Option<Duration>, mut line: impl FnMut(&Event) -> io::Result<()>) -> io::Result<u8> {
    let end = limit.map(|l| live.now().after(l));
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let mut hangup = signal(SignalKind::hangup())?;
    let mut refused: Vec<String> = Vec::new();
    loop {
        let now = live.now();
        if end.is_some_and(|e| now >= e) {
            break;
        }
        let until = now.after(Duration::from_millis(500));
        let happenings = tokio::select! {
            _ = terminate.recv() => break,
            _ = interrupt.recv() => break,
            _ = hangup.recv() => break,
            happenings = live.step(end.map_or(until, |e| e.min(until))) => happenings,
        };
        if let Some(error) = live.recording_failed() {
            return Err(error);
        }
        let mut changed = false;
        for happening in happenings {
            match happening {
                Happening::Events(events) => events.iter().try_for_each(&mut line)?,
                Happening::Picture => changed = true,
                other => refuse_prompt(&mut live, other),
            }
        }
        if changed {
            let (cluster, events) = live.picture();
            events.iter().try_for_each(&mut line)?;
            // Not before all has been asked once: until then their number grows with every answer.
            let refusals = if live.looked_once() { report::refusals::all(&cluster) } else { Vec::new() };
            for refusal in refusals {
                if refused.len() < MOST_REFUSALS && !refused.contains(&refusal) {
                    say::note(&refusal);
                    refused.push(refusal);
                }
            }
        }
    }
    // Whoever read along may have gone by now.
    let _ = live.last_events().iter().try_for_each(line);
    Ok(0)
}

/// Without a terminal nobody can decide. Links are told so from the start; what asks all the same is refused.
fn refuse_prompt(live: &mut Live, happening: Happening) {
    match happening {
        Happening::Prompt { node, id, .. } => live.reply(node, id, Reply::Refuse),
        Happening::Note(text) => say::note(&text),
        _ => {}
    }
}
