//! One line a measure, in the form that scripts may rely on.

use std::sync::OnceLock;

static WANTED: OnceLock<String> = OnceLock::new();

/// Prints only measures whose names begin so.
pub fn only(name: &str) {
    let _ = WANTED.set(name.to_owned());
}

/// A figure beside its peer's: the goal bounds the ratio.
pub fn beside(name: &str, ours: f64, unit: &str, peer: &str, theirs: f64, goal: f64) {
    let ratio = ours / theirs;
    print(name, ours, unit, &format!("{peer}:{}", short(theirs)), &short(ratio), ratio, goal);
}

/// A figure without a peer: the goal bounds it.
pub fn alone(name: &str, ours: f64, unit: &str, goal: f64) {
    print(name, ours, unit, "-", "-", ours, goal);
}

fn print(name: &str, ours: f64, unit: &str, peer: &str, ratio: &str, judged: f64, goal: f64) {
    if WANTED.get().is_some_and(|wanted| !name.starts_with(wanted.as_str())) {
        return;
    }
    let verdict = if judged <= goal { "ok" } else { "short" };
    println!("bench {name} ours={} {unit} peer={peer} ratio={ratio} goal=<={} {verdict}", short(ours), short(goal));
}

/// Three digits that count.
fn short(value: f64) -> String {
    let digits = if value == 0.0 { 0.0 } else { value.abs().log10().floor() };
    let decimals = (2.0 - digits).clamp(0.0, 6.0) as usize;
    let text = format!("{value:.decimals$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}
