//! What a frame costs: building and diffing the overview at 200x50, at three sizes of cluster, and the bytes that it writes.

use std::hint::black_box;
use std::sync::Arc;

use quorate::app::{Model, Msg, update};
use quorate::domain::cluster::{Cluster, ServiceState};
use quorate::domain::event::{Severity, Source};
use quorate::keymap::parse_chord;
use quorate::term::{Painter, blank};
use quorate::view;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{clock, line, sample};

const AREA: Rect = Rect { x: 0, y: 0, width: 200, height: 50 };
const ROUNDS: usize = 1500;

/// A screen with the services in focus, full of events.
struct Screen {
    model: Model,
    painter: Painter,
    buffer: Buffer,
    cluster: Cluster,
    down: bool,
}

impl Screen {
    fn new(cluster: Cluster) -> Self {
        let mut model = sample::model_of(sample::setup(AREA.width, AREA.height), cluster.clone());
        let events = (0..500).map(|i| event(600 - i)).collect();
        update(&mut model, Msg::Events(events));
        let mut screen = Self { model, painter: Painter::default(), buffer: Buffer::empty(AREA), cluster, down: false };
        screen.key("2");
        screen.key("j");
        screen.frame();
        screen
    }

    fn key(&mut self, key: &str) {
        for key in parse_chord(key).unwrap() {
            update(&mut self.model, Msg::Key(key));
        }
    }

    /// Moves the cursor a row down, or back.
    fn step(&mut self) {
        self.down = !self.down;
        let key = if self.down { "j" } else { "k" };
        self.key(key);
    }

    /// Builds and diffs a frame: the bytes it writes.
    fn frame(&mut self) -> usize {
        blank(&mut self.buffer, AREA);
        view::draw(&self.model, &mut self.buffer, AREA);
        self.painter.frame(&mut self.buffer).len()
    }

    /// A picture in which one visible service has changed and stays where it stands. (Of many, those that failed come first.)
    fn change_row(&mut self) {
        let failed = self.cluster.services.iter().position(|s| s.state == ServiceState::Failed);
        let service = &mut self.cluster.services[failed.unwrap_or(3)];
        service.state = if failed.is_some() { ServiceState::Blocked } else { ServiceState::Migrating };
        update(&mut self.model, Msg::Picture(Arc::new(self.cluster.clone())));
    }
}

fn event(seconds_ago: i64) -> quorate::domain::event::Event {
    let text = format!("Link 1 to node 3 is down; {seconds_ago} s before now, host 3 has no active links");
    let node = format!("n{}", 1 + seconds_ago % 5);
    sample::event(sample::ago(seconds_ago), &node, Source::Corosync, Severity::Warning, &text)
}

pub fn run() {
    let sizes = [(5, 15), (64, 2000), (1000, 20_000)];
    let mut screens: Vec<_> =
        sizes.iter().map(|(n, s)| Screen::new(if *n == 5 { sample::healthy() } else { sample::large(*n, *s) })).collect();
    costs(&mut screens, &sizes);
    for (screen, (nodes, _)) in screens.iter_mut().zip(sizes) {
        bytes(screen, nodes);
    }
}

fn costs(screens: &mut [Screen], sizes: &[(u32, u32)]) {
    let mut costs: Vec<Vec<f64>> = vec![Vec::with_capacity(ROUNDS); screens.len()];
    let mut floor = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        for (screen, costs) in screens.iter_mut().zip(&mut costs) {
            screen.step();
            costs.push(clock::cost(|| {
                black_box(screen.frame());
            }));
        }
        // What the library itself does at least for a frame of this size.
        let screen = &mut screens[0];
        let mut next = Buffer::empty(AREA);
        view::draw(&screen.model, &mut next, AREA);
        floor.push(clock::cost(|| {
            black_box(screen.buffer.diff(&next));
        }));
    }
    let floor = clock::median(&mut floor);
    let figures: Vec<f64> = costs.iter_mut().map(|c| clock::median(c)).collect();
    for ((nodes, _), figure) in sizes.iter().zip(&figures).skip(1) {
        line::beside(&format!("frame-{nodes}"), *figure, "us", "frame-5", figures[0], 1.3);
    }
    for ((nodes, _), figure) in sizes.iter().zip(&figures) {
        line::beside(&format!("frame-{nodes}-diff"), *figure, "us", "buffer-diff", floor, 6.0);
    }
}

fn bytes(screen: &mut Screen, nodes: u32) {
    screen.frame();
    line::alone(&format!("frame-{nodes}-bytes-unchanged"), screen.frame() as f64, "B", 0.0);
    screen.change_row();
    line::alone(&format!("frame-{nodes}-bytes-row"), screen.frame() as f64, "B", 300.0);
    screen.step();
    line::alone(&format!("frame-{nodes}-bytes-cursor"), screen.frame() as f64, "B", 300.0);
    update(&mut screen.model, Msg::Events(vec![event(0)]));
    line::alone(&format!("frame-{nodes}-bytes-event"), screen.frame() as f64, "B", 2000.0);
}
