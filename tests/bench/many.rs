//! A thousand nodes in sixty simulated clusters with twenty thousand guests: what it costs to make a picture of each out of all that its nodes said.

use std::thread;
use std::time::{Duration, Instant};

use quorate::domain::stamp::Stamp;
use quorate::sim::Setup;

use super::fleet_of_clusters::Looked;
use super::{clock, line};

const LONG: Duration = Duration::from_secs(300);

pub fn run() {
    let all = Setup::many(60, 1000, 20_000, Stamp::now());
    let began = Instant::now();
    let sessions: Vec<_> = all
        .iter()
        .map(|setup| {
            let setup = *setup;
            thread::spawn(move || Looked::at(&setup, LONG))
        })
        .collect();
    let sessions: Vec<Option<Looked>> = sessions.into_iter().map(|session| session.join().unwrap()).collect();
    let looked = began.elapsed();
    if sessions.iter().any(Option::is_none) {
        eprintln!("bench: left out: sim-60-clusters: not all was looked at in time");
        return;
    }
    let (mut members, mut guests, mut costs) = (0, 0, Vec::new());
    for mut session in sessions.into_iter().flatten() {
        let mut picture = None;
        costs.push(clock::cost(|| picture = Some(session.picture())) / 1e3);
        let picture = picture.unwrap();
        members += picture.members.len();
        guests += picture.guests.len();
    }
    assert_eq!((members, guests), (1000, 20_000));
    line::alone("sim-60-clusters-looked-at", looked.as_secs_f64(), "s", 60.0);
    line::alone("sim-60-clusters-fold-all", costs.iter().sum(), "ms", 1000.0);
    line::alone("sim-60-clusters-fold-one", clock::median(&mut costs), "ms", 16.0);
}
