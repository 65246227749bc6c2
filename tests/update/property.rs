//! Whatever happens, in whatever order, at whatever size: nothing panics, and the screen keeps its promises.

use std::sync::Arc;

use proptest::prelude::*;
use quorate::app::{Ask, Model, Msg, update};
use quorate::domain::event::{Severity, Source};
use quorate::domain::stamp::Stamp;
use quorate::keymap::{Code, Key};

use crate::view::{paint, sample};

fn key() -> impl Strategy<Value = Key> {
    let char = prop::sample::select("qjkhlgGaFc/?:!123456oprzZuyTnNfxS \\".chars().collect::<Vec<_>>()).prop_map(Key::char);
    let special = prop::sample::select(vec![
        Code::Enter,
        Code::Esc,
        Code::Tab,
        Code::Up,
        Code::Down,
        Code::Left,
        Code::Right,
        Code::PageUp,
        Code::PageDown,
        Code::Home,
        Code::End,
        Code::Backspace,
        Code::F(1),
    ])
    .prop_map(Key::plain);
    prop_oneof![3 => char, 3 => special, 1 => prop::sample::select(vec!['u', 'w', 'l', 'z']).prop_map(Key::ctrl)]
}

fn msg() -> impl Strategy<Value = Msg> {
    prop_oneof![
        12 => key().prop_map(Msg::Key),
        2 => (0_usize..7).prop_map(|i| {
            let all: [fn() -> quorate::domain::cluster::Cluster; 7] = [
                sample::healthy, sample::degraded, sample::split, sample::stale, sample::hostile, sample::no_quorum, Default::default,
            ];
            Msg::Picture(Arc::new(all[i]()))
        }),
        2 => prop::collection::vec((0_i64..1000, ".{0,20}"), 0..8).prop_map(|list| {
            Msg::Events(list.into_iter().map(|(at, text)| {
                sample::event(sample::ago(at), "n1", Source::Kernel, if at % 3 == 0 { Severity::Critical } else { Severity::Info }, &text)
            }).collect())
        }),
        2 => (1_u16..220, 1_u16..60).prop_map(|(width, height)| Msg::Resize { width, height }),
        1 => (-100_i64..10_000).prop_map(|s| Msg::Tick(Stamp(sample::NOW.0 + s * 1_000_000))),
        1 => ".{0,30}".prop_map(Msg::Paste),
        1 => ".{0,30}".prop_map(|t| Msg::Notice(quorate::domain::text::clean(&t))),
        1 => (0_u64..3).prop_map(|id| Msg::Prompt { id, node: "n9".into(), ask: Ask::Passphrase { file: "f".into(), again: false } }),
        1 => (0_u64..3).prop_map(Msg::PromptGone),
        1 => Just(Msg::Cluster("other".into())),
        1 => Just(Msg::FocusGained),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn nothing_panics_and_clean_frames_stay_the_same(
        msgs in prop::collection::vec(msg(), 1..50),
        ascii in any::<bool>(),
        wallboard in prop::bool::weighted(0.1),
    ) {
        let mut setup = sample::setup(100, 30);
        (setup.ascii, setup.wallboard) = (ascii, wallboard);
        setup.clusters = vec!["net-cluster".into(), "other".into()];
        let mut model = Model::new(setup);
        model.take_dirty();
        let mut before = paint::frame(&model);
        for msg in msgs {
            let what = format!("{msg:?}").chars().take(80).collect::<String>();
            update(&mut model, msg);
            let after = paint::frame(&model);
            if !model.take_dirty() {
                prop_assert!(before == after, "not dirty, but the frame changed by {what}:\n{}", paint::text(&after));
            }
            prop_assert!(!model.screens.is_empty());
            before = after;
        }
    }
}
