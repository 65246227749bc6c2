//! The pictures in screenshots/ are what the views draw. UPDATE_SCREENSHOTS=1 makes them anew.

use std::path::Path;

use quorate::app::{Model, Msg, update};

use super::frames::{keys, model};
use super::{paint, sample, svg};

fn pictures() -> Vec<(&'static str, Model)> {
    let with = |width, height, cluster| model(sample::setup(width, height), cluster);
    let mut small = sample::setup(80, 24);
    small.ascii = true;
    let small = model(small, sample::degraded());
    let mut services = with(140, 36, sample::degraded());
    keys(&mut services, "2 enter");
    let mut help = with(110, 36, sample::healthy());
    keys(&mut help, "?");
    let wall = |cluster| {
        let mut setup = sample::setup(100, 28);
        setup.wallboard = true;
        model(setup, cluster)
    };
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
    vec![
        ("overview", with(140, 36, sample::degraded())),
        ("overview-ascii", small),
        ("services", services),
        ("wallboard", wall(sample::degraded())),
        ("wallboard-stale", wall(sample::stale())),
        ("help", help),
        ("no-quorum", with(140, 36, sample::no_quorum())),
        ("host-key", host_key),
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
