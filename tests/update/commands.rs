//! The table of commands is whole, and help and palette come from it.

use quorate::app::Effect;
use quorate::app::keys::palette_choices;
use quorate::command::{Command, Facts, Kind, Scope, TABLE};
use quorate::domain::cluster::Stack;
use quorate::domain::role::Role;
use quorate::keymap::{Found, Keymap, SHIPPED, parse_chord};

use crate::view::sample;

#[test]
fn the_table_is_in_order_and_its_names_are_unique() {
    for (i, entry) in TABLE.iter().enumerate() {
        assert_eq!(entry.id as usize, i);
        assert_eq!(Command::from_name(entry.name), Some(entry.id));
        assert!(!entry.doc.is_empty() && entry.doc.len() < 90, "{}", entry.name);
    }
}

#[test]
fn every_command_has_a_key_in_every_shipped_keymap() {
    for (name, ..) in SHIPPED {
        let map = Keymap::load(name, None).unwrap();
        for entry in TABLE {
            assert!(map.keys_of(entry.id).next().is_some(), "{name}: {} has no key", entry.name);
        }
    }
}

#[test]
fn help_lists_every_command_with_the_keys_of_the_live_keymap() {
    let mut setup = sample::setup(140, 40);
    setup.keymap = Keymap::layered("mine", "mine.toml", "[global]\n\"Q\" = \"quit\"\n\"q\" = \"none\"\n").unwrap();
    let mut model = sample::model_of(setup, sample::healthy());
    crate::view::frames::keys(&mut model, "?");
    let quorate::app::screen::Screen::Help(page) = model.screen() else { panic!("no help") };
    let text = page.document.text();
    for entry in TABLE {
        let line = text.lines().find(|l| l.contains(entry.doc)).unwrap_or_default();
        assert!(line.split_whitespace().any(|w| w == entry.name), "{}: {line}", entry.name);
    }
    assert!(text.contains("  Q , ctrl-c") || text.contains("  ctrl-c , Q"), "{text}");
}

/// The help of the screen that these keys lead to.
fn help_after(script: &str) -> String {
    let mut model = sample::model_of(sample::setup(140, 40), sample::healthy());
    crate::view::frames::keys(&mut model, script);
    crate::view::frames::keys(&mut model, "?");
    let quorate::app::screen::Screen::Help(page) = model.screen() else { panic!("no help") };
    page.document.text()
}

#[test]
fn help_begins_with_all_that_is_of_the_screen_one_came_from() {
    for (script, heads) in [
        ("2 1", &["Members", "Everywhere"][..]),
        ("1", &["Tables", "Members", "Everywhere"]),
        ("2", &["Services and guests", "Everywhere"]),
        ("2 enter", &["Tables", "Services and guests", "Everywhere"]),
        ("v", &["Tables", "Services and guests", "Everywhere"]),
        ("3 enter", &["Tables", "Storage", "Everywhere"]),
        ("4", &["Everywhere"]),
        ("5", &["Timeline", "Everywhere"]),
        ("1 enter", &["Members", "Everywhere"]),
        ("a", &["Alerts", "Everywhere"]),
        ("7", &["Tasks", "Everywhere"]),
    ] {
        let help = help_after(script);
        let said: Vec<&str> = help.lines().filter(|l| !l.is_empty() && !l.starts_with(' ')).collect();
        assert!(said.starts_with(heads), "{script}: {said:?}");
        for scope in ["Members", "Services and guests", "Storage", "Tasks", "Alerts", "Signs", "Dialogs"] {
            assert_eq!(said.iter().filter(|s| **s == scope).count(), 1, "{script}: {scope} of {said:?}");
        }
    }
}

/// Where `g` grows a volume, `gg` does not go to the first row, and where `x` stops a task, `xm` is no maintenance.
#[test]
fn a_key_that_means_something_else_here_is_not_offered() {
    let keys = |help: &str, name: &str| {
        let line = help.lines().find(|l| l.split("  ").any(|part| part.trim() == name)).unwrap().to_owned();
        line.split(name).next().unwrap().trim().to_owned()
    };
    assert_eq!(keys(&help_after("1"), "first"), "gg , home");
    assert_eq!(keys(&help_after("3"), "first"), "home");
    assert_eq!(keys(&help_after("1"), "maintenance-on"), "xm");
    assert_eq!(keys(&help_after("7"), "maintenance-on"), "-");
    let map = Keymap::load("default", None).unwrap();
    let (services, tasks) = ([Scope::Table, Scope::Services, Scope::Global], [Scope::Tasks, Scope::Global]);
    assert_eq!(map.hint(&services, Command::PostCopy), "xp");
    assert_eq!(map.hint(&tasks, Command::PostCopy), "", "there x stops the task");
}

#[test]
fn commands_that_do_not_apply_say_why() {
    let none = Facts::default();
    assert_eq!(Command::NextCluster.entry().when.check(none), Err("only one cluster is configured"));
    assert_eq!(Command::Copy.entry().when.check(none), Err("nothing is selected"));
    assert_eq!(Command::Quit.entry().when.check(none), Ok(()));
    let rhcs = Facts { kind: Some(Kind::Service), role: Role::Admin, stack: Some(Stack::Rhcs), ..none };
    assert!(Command::CancelMigration.entry().check(rhcs).is_err(), "rgmanager's service");
    assert_eq!(Command::CancelMigration.entry().check(Facts { alone: true, ..rhcs }), Ok(()), "a guest that no service manages");
    let mut model = sample::model_of(sample::setup(140, 40), sample::healthy());
    crate::view::frames::keys(&mut model, "C");
    assert_eq!(model.notice.as_ref().unwrap().0, "next-cluster: only one cluster is configured");
}

/// The simulated cluster's cables are offered in the demo, and nowhere else.
#[test]
fn cables_are_pulled_in_the_demo_alone() {
    let typed = |simulated: bool, text: &str| {
        let mut setup = sample::setup(140, 40);
        setup.simulated = simulated;
        let mut model = sample::model_of(setup, sample::healthy());
        crate::view::frames::keys(&mut model, ":");
        for c in text.chars() {
            quorate::app::update(&mut model, quorate::app::Msg::Key(quorate::keymap::Key::plain(quorate::keymap::Code::Char(c))));
        }
        model
    };
    let names = |model: &quorate::app::Model, text: &str| {
        palette_choices(model, text).iter().map(quorate::app::overlay::Choice::name).collect::<Vec<_>>()
    };
    let press = |model: &mut quorate::app::Model| {
        quorate::app::update(model, quorate::app::Msg::Key(quorate::keymap::Key::plain(quorate::keymap::Code::Enter)))
    };
    for text in ["", "cable", "cable n1 eth0", "pull"] {
        let real = typed(false, text);
        assert!(names(&real, text).iter().all(|name| !name.starts_with("cable")), "{text}");
    }
    let model = typed(true, "cable");
    let cables = names(&model, "cable");
    assert_eq!((cables.len(), cables[0].as_str()), (20, "cable n1 eth0"), "{cables:?}");
    let text = crate::view::paint::text(&crate::view::paint::frame(&model));
    assert!(text.contains("▸ cable n1 eth0") && text.contains("pull it; bond0 goes on by eth2"), "{text}");
    let mut model = typed(true, "cable n2 eth2");
    let effects = press(&mut model);
    assert_eq!(effects, [Effect::Cable { node: "n2".to_owned(), port: "eth2".to_owned(), plug: false }]);
    assert!(model.notice.as_ref().unwrap().0.contains("eth2 on n2 is pulled"));
    // A node that does not tell any more is known to have it out.
    crate::view::frames::keys(&mut model, ":");
    let again = palette_choices(&model, "cable n2 eth2").remove(0);
    assert!(again.doc().contains("plug it in"), "{}", again.doc());
    let beside = palette_choices(&model, "cable n2 eth0").remove(0);
    assert!(beside.doc().contains("no other port"), "{}", beside.doc());
    // What is out is plugged in; the last one says that it is.
    let mut c = sample::healthy();
    let bond = c.bonds.iter_mut().find(|b| &*b.node == "n1" && b.name == "bond0").unwrap();
    bond.ports[0].up = false;
    let port = bond.ports[1].name.clone();
    let mut model = typed(true, "cable n1 eth0");
    quorate::app::update(&mut model, quorate::app::Msg::Picture(std::sync::Arc::new(c)));
    let docs: Vec<String> = palette_choices(&model, "cable n1").iter().map(|c| format!("{}: {}", c.name(), c.doc())).collect();
    assert!(docs.iter().any(|d| d.starts_with("cable n1 eth0: ") && d.contains("plug it in")), "{docs:?}");
    assert!(docs.iter().any(|d| d.starts_with(&format!("cable n1 {port}: ")) && d.contains("no other port")), "{docs:?}");
    let effects = press(&mut model);
    assert_eq!(effects, [Effect::Cable { node: "n1".to_owned(), port: "eth0".to_owned(), plug: true }]);
    // Who may change nothing changes nothing here either.
    let mut model = typed(true, "cable n1 eth0");
    model.setup.read_only = true;
    assert_eq!(press(&mut model), []);
    assert!(model.notice.as_ref().unwrap().0.contains("read-only"));
    let mut model = typed(true, "");
    crate::view::frames::keys(&mut model, "esc ?");
    let quorate::app::screen::Screen::Help(page) = model.screen() else { panic!("no help") };
    assert!(page.document.text().contains(":cable NODE PORT"));
}

#[test]
fn a_narrower_scope_wins() {
    let map = Keymap::layered("x", "x.toml", "[table]\n\"q\" = \"sort\"\n").unwrap();
    let q = parse_chord("q").unwrap();
    assert_eq!(map.find(&[Scope::Table, Scope::Global], &q), Found::Command(Command::Sort));
    assert_eq!(map.find(&[Scope::Global], &q), Found::Command(Command::Quit));
}
