//! Given a screen, when keys and pictures come, then this is selected, shown, asked for.

use std::sync::Arc;
use std::time::Duration;

use quorate::app::rows::{Pane, RowId};
use quorate::app::screen::Screen;
use quorate::app::{Effect, Model, Msg, update};
use quorate::domain::alert::AlertCode;
use quorate::domain::event::Severity;
use quorate::domain::node::NodeKey;
use quorate::domain::stamp::Stamp;
use quorate::keymap::parse_chord;

use crate::view::{frames, paint, sample};

fn name(model: &Model) -> String {
    match model.screen() {
        Screen::Overview => format!("overview {:?}", model.focus),
        Screen::Table(pane) => format!("table {pane:?}"),
        Screen::Detail(page) => page.about.title(),
        Screen::Alerts => "alerts".to_owned(),
        Screen::Help(_) => "help".to_owned(),
        Screen::Tasks => "tasks".to_owned(),
        Screen::Task(_) => "task".to_owned(),
        Screen::Clusters(at) => format!("clusters {at}"),
    }
}

/// A screen without room for panes lists the alerts: keys move in them, whatever had the focus, and act on nothing that is not in sight.
#[test]
fn on_the_smallest_screen_keys_belong_to_the_alerts() {
    let mut c = sample::degraded();
    for n in 0..15 {
        let text = format!("alert number {n}.");
        let subject = format!("n1:bond{n}");
        c.alerts.push(sample::alert(Severity::Warning, AlertCode::BondDegraded, &subject, &text));
    }
    for before in ["", "5 esc", "2 esc", "3 esc 4 esc"] {
        let mut model = frames::model(sample::setup(40, 10), c.clone());
        if !before.is_empty() {
            frames::keys(&mut model, before);
        }
        for step in 0..c.alerts.len() {
            frames::keys(&mut model, "j");
            let marked = model.alerts.get(&model.shown).map(|a| a.text.split(' ').take(3).collect::<Vec<_>>().join(" ")).unwrap();
            let frame = paint::text(&paint::frame(&model));
            assert!(frame.lines().any(|l| l.contains('▸') && l.contains(&marked)), "{before}, step {step}: {marked} in {frame}");
        }
    }
    let mut model = frames::model(sample::setup(140, 40), c);
    frames::keys(&mut model, "2 j j");
    assert!(model.facts().kind.is_some());
    update(&mut model, Msg::Resize { width: 40, height: 10 });
    assert_eq!((model.facts().kind, model.selected()), (None, None), "it is not in sight");
    frames::keys(&mut model, "m");
    assert!(model.dialog.is_none());
    frames::keys(&mut model, "j j");
    let copied = update(&mut model, Msg::Key(parse_chord("y").unwrap()[0]));
    assert!(matches!(&copied[..], [Effect::Copy(text)] if text.contains(&model.alerts.get(&model.shown).unwrap().text)), "{copied:?}");
}

#[test]
fn keys_lead_where_they_say() {
    for (script, expected) in [
        ("", "overview Members"),
        ("tab", "overview Services"),
        ("shift-tab", "overview Events"),
        ("2", "overview Services"),
        ("2 2", "table Services"),
        ("2 enter", "table Services"),
        ("2 enter enter", "Service abbone"),
        ("2 enter j enter", "Service db"),
        ("2 enter j enter esc", "table Services"),
        ("2 enter j enter esc esc", "overview Services"),
        // What the filter leaves is selected, so that the keys have something to act on.
        ("3 3 / l v _ d b enter enter", "Volume vg_cluster/lv_db"),
        // Esc and the key after it in one piece, as a slow line brings them.
        ("2 enter alt-3", "overview Storage"),
        ("2 j j enter enter", "Service db"),
        ("2 enter G enter", "Service www.cnaf"),
        ("2 enter G g g enter", "Service abbone"),
        ("2 enter tab", "table Storage"),
        ("right", "overview Services"),
        ("right down left", "overview Members"),
        ("3 right", "overview Network"),
        ("a", "alerts"),
        ("a enter", "Service db"),
        ("a j j enter", "Bond n2:bond1"),
        ("a j j j enter", "Paths of san1"),
        ("a G enter", "Volume vg_cluster/lv_db"),
        ("!", "Service db"),
        ("! esc", "overview Members"),
        ("6", "Votes and quorum"),
        ("?", "help"),
        ("? ?", "overview Members"),
        ("? esc", "overview Members"),
        (": q u o r u m enter", "Votes and quorum"),
        (": a l e r t s enter", "alerts"),
        (": z z z enter", "overview Members"),
        (": esc", "overview Members"),
        ("4 j enter enter", "Bond n1:bond0"),
        ("4 j j enter enter", "Bond n2:bond0"),
        ("5 k enter", "table Events"),
        ("5 k enter enter", "Event"),
        ("esc esc esc", "overview Members"),
    ] {
        let mut model = frames::model(sample::setup(140, 40), sample::degraded());
        if !script.is_empty() {
            frames::keys(&mut model, script);
        }
        assert_eq!(name(&model), expected, "{script}");
    }
}

#[test]
fn keys_ask_for_effects() {
    let mut degraded = sample::degraded();
    degraded.members[1].reach = quorate::domain::node::Reach::Untried;
    for (script, expected) in [
        ("q", vec![Effect::Quit]),
        ("ctrl-c", vec![Effect::Quit]),
        (": ctrl-c", vec![Effect::Quit]),
        ("2 enter q", vec![Effect::Quit]),
        ("ctrl-z", vec![Effect::Suspend]),
        ("ctrl-l", vec![Effect::ClearScreen]),
        ("r", vec![Effect::Hurry(vec![NodeKey(1)])]),
        ("T", vec![Effect::SwitchTheme("light".into())]),
        (": t h e m e space d a r k enter", vec![Effect::SwitchTheme("dark".into())]),
        ("c", vec![]),
    ] {
        let mut model = frames::model(sample::setup(140, 40), degraded.clone());
        let effects: Vec<Effect> = parse_chord(script).unwrap().into_iter().flat_map(|k| update(&mut model, Msg::Key(k))).collect();
        assert_eq!(effects, expected, "{script}");
    }
}

#[test]
fn copying_takes_what_is_selected() {
    let mut model = frames::model(sample::setup(140, 40), sample::degraded());
    frames::keys(&mut model, "2 enter j");
    let effects = update(&mut model, Msg::Key(parse_chord("y").unwrap()[0]));
    let [Effect::Copy(text)] = effects.as_slice() else { panic!("{effects:?}") };
    assert!(text.contains("runs on       n2, n5"), "{text}");
}

#[test]
fn the_selection_follows_the_row() {
    let mut model = frames::model(sample::setup(140, 40), sample::healthy());
    frames::keys(&mut model, "2 enter j j j");
    let selected = model.selected().unwrap();
    assert_eq!(selected, RowId::Service("dhcp2".into()));
    let mut next = sample::healthy();
    next.services.retain(|s| s.id != "abbone" && s.id != "db");
    next.services.push(quorate::domain::cluster::Service { id: "aaa".into(), ..Default::default() });
    next.services.sort_by(|a, b| a.id.cmp(&b.id));
    update(&mut model, Msg::Picture(Arc::new(next.clone())));
    assert_eq!(model.selected(), Some(selected));
    // What vanishes is no longer selected: no key may act on its neighbour.
    next.services.retain(|s| s.id != "dhcp2");
    update(&mut model, Msg::Picture(Arc::new(next)));
    assert_eq!(model.selected(), None);
    frames::keys(&mut model, "enter");
    assert_eq!(name(&model), "table Services");
    frames::keys(&mut model, "j");
    assert!(model.selected().is_some());
}

#[test]
fn a_detail_whose_thing_vanishes_says_so() {
    let mut model = frames::model(sample::setup(140, 40), sample::healthy());
    frames::keys(&mut model, "2 enter enter");
    let mut next = sample::healthy();
    next.services.remove(0);
    update(&mut model, Msg::Picture(Arc::new(next)));
    assert!(paint::text(&paint::frame(&model)).contains("No longer there"));
}

#[test]
fn filters_and_problems_hide_rows_and_say_so() {
    let mut model = frames::model(sample::setup(140, 40), sample::degraded());
    frames::keys(&mut model, "2 enter / n o d e : n 2 enter");
    let ids: Vec<RowId> = model.pane(Pane::Services).unwrap().full.rows.iter().filter_map(|r| r.id(&model.shown, &model.index)).collect();
    let of = |ids: &[&str]| ids.iter().map(|i| RowId::Service((*i).into())).collect::<Vec<_>>();
    assert_eq!(ids, of(&["db", "dlm-clone", "dlm", "eduroam", "radius1"]));
    let text = paint::text(&paint::frame(&model));
    assert!(text.contains("5 of 16") && text.contains("/node:n2"), "{text}");
    frames::keys(&mut model, "\\ p");
    let text = paint::text(&paint::frame(&model));
    assert!(text.contains("problems only") && text.contains("www.cnaf") && !text.contains("abbone"), "{text}");
}

#[test]
fn tables_sort_by_what_the_operator_chose() {
    for (script, first) in
        [("o enter", "www.cnaf"), ("o j enter", "www.cnaf"), ("o j j enter", "dhcp1"), ("o j j enter o enter", "www.cnaf")]
    {
        let mut model = frames::model(sample::setup(140, 40), sample::degraded());
        frames::keys(&mut model, &format!("2 enter {script} g g"));
        assert_eq!(model.selected(), Some(RowId::Service(first.into())), "{script}");
    }
}

#[test]
fn natural_order_and_members_of_groups_below_them() {
    let mut c = sample::healthy();
    c.services.clear();
    for (id, parent) in [("vm10", None), ("vm2", None), ("grp", None), ("zz", Some("grp")), ("aa", Some("grp"))] {
        c.services.push(quorate::domain::cluster::Service {
            id: id.into(),
            parent: parent.map(str::to_owned),
            kind: if id == "grp" { quorate::domain::cluster::ServiceKind::Group } else { quorate::domain::cluster::ServiceKind::default() },
            ..Default::default()
        });
    }
    let model = sample::model_of(sample::setup(140, 40), c);
    let ids: Vec<String> =
        model.pane(Pane::Services).unwrap().full.rows.iter().map(|r| r.id(&model.shown, &model.index).unwrap().title()).collect();
    assert_eq!(ids, ["Service grp", "Service aa", "Service zz", "Service vm2", "Service vm10"]);
}

#[test]
fn alerts_are_quieted_for_a_while_and_loud_again() {
    let mut model = frames::model(sample::setup(140, 40), sample::degraded());
    let second = |m: &Model| paint::text(&paint::frame(m)).lines().nth(1).unwrap().to_owned();
    assert!(second(&model).contains("db runs TWICE") && second(&model).contains("1 of 5"));
    frames::keys(&mut model, "a z");
    assert!(second(&model).contains("www.cnaf failed") && second(&model).contains("1 of 4"), "{}", second(&model));
    assert!(paint::text(&paint::frame(&model)).contains("quiet until 22:59"));
    update(&mut model, Msg::Tick(Stamp(sample::NOW.0 + 599_000_000)));
    assert!(second(&model).contains("www.cnaf failed"));
    update(&mut model, Msg::Tick(Stamp(sample::NOW.0 + 601_000_000)));
    assert!(second(&model).contains("db runs TWICE"));
    frames::keys(&mut model, "Z");
    frames::keys(&mut model, "u");
    assert!(second(&model).contains("db runs TWICE"));
    // What gets worse is loud although it was quieted as a warning.
    frames::keys(&mut model, "j j z");
    let mut worse = sample::degraded();
    worse.alerts[2].severity = quorate::domain::event::Severity::Critical;
    update(&mut model, Msg::Picture(Arc::new(worse)));
    assert!(second(&model).contains("1 of 5"), "{}", second(&model));
}

#[test]
fn a_picker_for_several_clusters() {
    let mut setup = sample::setup(100, 30);
    setup.clusters = vec!["alpha".into(), "beta".into()];
    setup.current = None;
    let mut model = Model::new(setup);
    assert_eq!(name(&model), "clusters 0");
    let effects: Vec<Effect> = parse_chord("j enter").unwrap().into_iter().flat_map(|k| update(&mut model, Msg::Key(k))).collect();
    assert_eq!(effects, [Effect::SwitchCluster("beta".into())]);
    // It cannot be opened: that is said, and another one can be picked.
    update(&mut model, Msg::Unopened("cluster 'beta' cannot be opened: it lists no hosts".into()));
    assert_eq!(name(&model), "clusters 0");
    assert!(paint::text(&paint::frame(&model)).contains("'beta' cannot be opened"));
    let effects: Vec<Effect> = parse_chord("j enter").unwrap().into_iter().flat_map(|k| update(&mut model, Msg::Key(k))).collect();
    assert_eq!(effects, [Effect::SwitchCluster("beta".into())]);
    update(&mut model, Msg::Cluster("beta".into()));
    update(&mut model, Msg::Unopened("cluster 'gamma' cannot be opened".into()));
    assert_eq!(model.screens.len(), 1, "the one that is shown stays");
    update(&mut model, Msg::Picture(Arc::new(sample::degraded())));
    let effects = update(&mut model, Msg::Key(parse_chord("C").unwrap()[0]));
    assert_eq!(effects, [Effect::SwitchCluster("alpha".into())]);
    update(&mut model, Msg::Cluster("alpha".into()));
    let text = paint::text(&paint::frame(&model));
    assert!(text.contains("alpha") && !text.contains("TWICE") && text.contains("QUORUM UNKNOWN"), "{text}");
}

#[test]
fn dirty_only_when_something_visible_changed() {
    let mut model = frames::model(sample::setup(140, 40), sample::healthy());
    assert!(model.take_dirty());
    for (msg, dirty) in [
        (Msg::Picture(Arc::new(sample::healthy())), false),
        (Msg::Tick(Stamp(sample::NOW.0 + 5_000_000)), false),
        (Msg::Events(Vec::new()), false),
        (Msg::Resize { width: 140, height: 40 }, false),
        (Msg::Key(parse_chord("ctrl-x").unwrap()[0]), false),
        (Msg::Picture(Arc::new(sample::degraded())), true),
        (Msg::Tick(Stamp(sample::NOW.0 + 20_000_000)), false),
        (Msg::Tick(Stamp(sample::NOW.0 + 31_000_000)), true),
        (Msg::Tick(Stamp(sample::NOW.0 + 32_000_000)), false),
        (Msg::Tick(Stamp(sample::NOW.0 + 60_000_000)), true),
        (Msg::Notice("hello".into()), true),
        (Msg::Tick(Stamp(sample::NOW.0 + 61_000_000)), false),
        (Msg::Resize { width: 90, height: 30 }, true),
    ] {
        let what = format!("{msg:?}").chars().take(60).collect::<String>();
        update(&mut model, msg);
        assert_eq!(model.take_dirty(), dirty, "{what}");
    }
}

#[test]
fn a_pause_is_over_after_its_time_and_after_the_clock_was_set_back() {
    let began = Stamp::from_secs(1000);
    for (now, over) in [(1000, false), (1003, false), (1004, true), (2000, true), (999, true)] {
        assert_eq!(began.is_over(Duration::from_secs(4), Stamp::from_secs(now)), over, "{now}");
    }
}
