//! Frames.

use super::{paint, sample};

#[test]
fn peek() {
    let mut m = sample::model_of(sample::setup(140, 36), sample::degraded());
    quorate::app::update(&mut m, quorate::app::Msg::Events(sample::events()));
    println!("{}", paint::text(&paint::frame(&m)));
    for (w, h, c) in [(200, 50, sample::hostile()), (140,36,sample::stale()), (140,36,sample::node_lost()), (80,24,sample::hostile()), (110, 30, sample::split()),(30,5,sample::split())] {
        let mut m = sample::model_of(sample::setup(w, h), c);
        quorate::app::update(&mut m, quorate::app::Msg::Events(sample::events()));
        println!("{}\n=====", paint::text(&paint::frame(&m)));
    }
    for (keys) in ["enter enter", "2 enter enter", "3 enter enter","4 enter enter", "6", "a", "?", ":", "4 enter","1 enter"] {
        let mut m = sample::model_of(sample::setup(120, 40), sample::degraded());
        quorate::app::update(&mut m, quorate::app::Msg::Events(sample::events()));
        for k in quorate::keymap::parse_chord(keys).unwrap() { quorate::app::update(&mut m, quorate::app::Msg::Key(k)); }
        println!("{}\n=====", paint::text(&paint::frame(&m)));
    }
    for c in [sample::degraded(), sample::stale()] {
        let mut s = sample::setup(100, 28); s.wallboard = true;
        let mut m = sample::model_of(s, c);
        quorate::app::update(&mut m, quorate::app::Msg::Events(sample::events()));
        println!("{}\n=====", paint::text(&paint::frame(&m)));
    }
    for (w, h) in [(80, 24), (40, 10)] {
        let mut m = sample::model_of(sample::setup(w, h), sample::degraded());
        quorate::app::update(&mut m, quorate::app::Msg::Events(sample::events()));
        println!("{}\n=====", paint::text(&paint::frame(&m)));
    }
}
