//! Measures of quorate beside its peers, in one run: `make bench`, or `make bench NAME=frame` for those whose names begin so.
//!
//! A measure that cannot be taken on this machine is left out, with a sentence on stderr. A goal that is missed is printed as `short`; it
//! fails nothing.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]
#![allow(clippy::format_collect, clippy::unchecked_time_subtraction)]
#![allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]

#[path = "../sim/fleet.rs"]
mod fleet_of_clusters;
#[path = "../view/sample.rs"]
#[allow(dead_code, clippy::wildcard_imports)]
mod sample;

mod clock;
mod fleet;
mod frame;
mod glass;
mod guests;
mod lab;
mod line;
mod load;
mod many;
mod nodes;
mod parse;
mod picture;
mod preview;
mod pty;
mod rss;
mod start;

/// Groups of measures by the beginning of their names.
const GROUPS: &[(&str, fn())] = &[
    ("frame", frame::run),
    ("parse", parse::run),
    ("start-first-paint", start::run),
    ("nodes", nodes::run),
    ("rss", rss::run),
    ("sim-60-clusters", many::run),
    ("start-picture", picture::run),
    ("glass", glass::run),
    ("load", load::run),
    ("guests", guests::run),
    ("preview", preview::run),
];

fn main() {
    // cargo adds --bench; what is left is the name.
    let wanted = std::env::args().skip(1).find(|arg| !arg.starts_with('-')).unwrap_or_default();
    let chosen: Vec<_> = GROUPS.iter().filter(|(name, _)| name.starts_with(&wanted) || wanted.starts_with(name)).collect();
    if chosen.is_empty() {
        let names: Vec<_> = GROUPS.iter().map(|(name, _)| *name).collect();
        eprintln!("bench: no measure is named '{wanted}'; there are {}", names.join(", "));
    }
    line::only(&wanted);
    for (_, run) in chosen {
        run();
    }
    lab::leave();
}
