//! From the start of the program to its first full paint, before any node answered, beside btop's.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use super::pty::{Pty, command};
use super::{clock, line};

const SIZE: (u16, u16) = (200, 50);
const ROUNDS: usize = 15;
/// After this a screen is taken as painted.
const SETTLED: Duration = Duration::from_millis(800);

pub fn run() {
    // Nodes that accept and never answer.
    let mute = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = mute.local_addr().unwrap().port();
    let dir = tempfile::tempdir().unwrap();
    let config = dir.path().join("config.toml");
    let nodes: String = (1..=3).map(|n| format!("[[cluster.node]]\nname = \"n{n}\"\naddress = \"127.0.0.1\"\nport = {port}\n")).collect();
    std::fs::write(&config, format!("[[cluster]]\nname = \"mute\"\nuser = \"root\"\n{nodes}")).unwrap();
    let config = config.display().to_string();
    let words = [env!("CARGO_BIN_EXE_quorate"), "--config", &config, "--ssh-config", "none"].map(str::to_owned);
    let btop = ["btop", "--utf-force"].map(str::to_owned);
    let beside = std::process::Command::new("btop").arg("--version").output().is_ok();
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        ours.push(painted(&words, dir.path()));
        if beside {
            theirs.push(painted(&btop, dir.path()));
        }
    }
    let ours = clock::median(&mut ours);
    if beside {
        line::beside("start-first-paint", ours, "ms", "btop", clock::median(&mut theirs), 0.5);
    } else {
        line::alone("start-first-paint", ours, "ms", 50.0);
    }
}

/// Milliseconds from the start to the write with which 95 in 100 of the cells that are filled in the end were filled.
fn painted(words: &[String], home: &std::path::Path) -> f64 {
    let mut command = command(words);
    command.env("HOME", home);
    command.env("XDG_STATE_HOME", home);
    let mut pty = Pty::start(command, SIZE);
    let end = pty.born + SETTLED;
    let mut steps: Vec<(Instant, Vec<bool>)> = Vec::new();
    while let Some((at, _)) = pty.next(end) {
        steps.push((at, filled(&pty.screen)));
    }
    let last = steps.last().expect("nothing was painted").1.clone();
    let wanted = last.iter().filter(|f| **f).count();
    let enough = |cells: &[bool]| cells.iter().zip(&last).filter(|(now, end)| **now && **end).count() * 100 >= wanted * 95;
    let at = steps.iter().find(|(_, cells)| enough(cells)).expect("the last screen is filled").0;
    (at - pty.born).as_secs_f64() * 1e3
}

fn filled(screen: &vt100::Parser) -> Vec<bool> {
    let cell = |row, col| screen.screen().cell(row, col).is_some_and(|c| c.has_contents() && c.contents() != " ");
    (0..SIZE.1).flat_map(|row| (0..SIZE.0).map(move |col| (row, col))).map(|(row, col)| cell(row, col)).collect()
}
