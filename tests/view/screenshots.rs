//! The pictures in screenshots/ are what the views draw. UPDATE_SCREENSHOTS=1 makes them anew.

use std::path::Path;

use quorate::app::{Model, Msg, update};

use super::frames::{keys, model};
use super::{paint, sample, suite, svg};

fn pictures() -> Vec<(&'static str, Model)> {
    let with = |width, height, cluster| model(sample::setup(width, height), cluster);
    let mut ascii = sample::setup(80, 24);
    ascii.ascii = true;
    let ascii = model(ascii, sample::degraded());
    let keyed = |width, height, cluster, script: &str| {
        let mut model = with(width, height, cluster);
        keys(&mut model, script);
        model
    };
    let wall = |cluster| {
        let mut setup = sample::setup(100, 30);
        setup.wallboard = true;
        model(setup, cluster)
    };
    let mut incident = sample::model_of(sample::setup(120, 34), sample::fencing());
    update(&mut incident, Msg::Events(sample::fencing_events()));
    let mut host_key = with(100, 28, sample::healthy());
    update(
        &mut host_key,
        Msg::Prompt {
            id: 1,
            node: "n6".to_owned(),
            ask: quorate::app::Ask::HostKey {
                host: "n6.example.net".to_owned(),
                kind: "ssh-ed25519".to_owned(),
                fingerprint: "SHA256:6bJ0uQ7Yz1mEo2nX3kLr8vTqWcA9dHsGfPzKjRtUyNw".to_owned(),
                file: "~/.ssh/known_hosts".to_owned(),
            },
        },
    );
    let mut acting = sample::acting();
    acting.gate.role = quorate::domain::role::Role::Admin;
    let mut fence = crate::update::lever::Rig::new(acting, (110, 34));
    fence.keys("1 j f enter n");
    vec![
        ("fence", fence.model),
        ("overview", with(140, 36, sample::degraded())),
        ("overview-80x24", with(80, 24, sample::degraded())),
        ("overview-ascii", ascii),
        ("incident", incident),
        ("no-quorum", with(120, 34, sample::no_quorum())),
        ("split-brain", keyed(100, 30, sample::split(), "6")),
        ("services", keyed(160, 30, sample::degraded(), "2 enter")),
        ("member", keyed(110, 40, sample::degraded(), "1 enter j j enter")),
        ("wallboard", wall(sample::degraded())),
        ("wallboard-stale", wall(sample::stale())),
        ("help", keyed(110, 40, sample::healthy(), "?")),
        ("host-key", host_key),
        ("rhcs-clustat", suite::model((160, 40), "failed", "")),
        ("rhcs-nodes", suite::model((160, 14), "ok", "1")),
        ("rhcs-services", suite::model((160, 24), "failed", "2 enter")),
    ]
}

#[test]
fn screenshots_show_what_the_views_draw() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("screenshots");
    for (name, model) in pictures() {
        let path = folder.join(format!("{name}.svg"));
        let new = svg::render(&paint::frame(&model));
        if std::env::var_os("UPDATE_SCREENSHOTS").is_some() {
            std::fs::write(&path, &new).unwrap();
        }
        let old = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(old == new, "screenshots/{name}.svg is not what the view draws: run with UPDATE_SCREENSHOTS=1");
    }
}
