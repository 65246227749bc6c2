//! The hand on the lever: what keys, pictures and answers of nodes make of it.

use std::sync::Arc;

use proptest::prelude::*;
use quorate::action::plan::Confirm;
use quorate::action::{Plan, Refusal, gate};
use quorate::app::act::{Acting, Stage};
use quorate::app::screen::Screen;
use quorate::app::{Effect, Model, Msg, update};
use quorate::command::{Command, Danger, TABLE};
use quorate::domain::cluster::{Cluster, MemberStatus, ServiceState, Stack};
use quorate::domain::event::{Event, Severity, Source};
use quorate::domain::role::Role;
use quorate::domain::task::{Action, FenceHow, Limits, NodeVerb, RelocateHow, ServiceVerb, Target, Task, TaskId, TaskStatus};
use quorate::keymap::{Code, Key, parse_chord};

use crate::action::stage;
use crate::view::{paint, sample};

/// A model whose inquiries are answered, and what it has had confirmed.
pub struct Rig {
    pub model: Model,
    pub cluster: Arc<Cluster>,
    pub sent: Vec<(Plan, Option<String>)>,
    pub others: Vec<Effect>,
    pub asked_anew: usize,
    pub codes: Vec<Option<String>>,
}

impl Rig {
    pub fn new(acting: Acting, size: (u16, u16)) -> Self {
        let cluster = stage::cluster();
        let mut setup = sample::setup(size.0, size.1);
        setup.now = cluster.at;
        setup.read_only = acting.gate.read_only;
        setup.acting = acting;
        let model = Model::new(setup);
        let mut rig = Self { model, cluster: Arc::clone(&cluster), sent: Vec::new(), others: Vec::new(), asked_anew: 0, codes: Vec::new() };
        rig.tell(Msg::Picture(cluster));
        rig
    }

    pub fn of_role(role: Role, read_only: bool) -> Self {
        let gate = gate::Session { role, read_only, ..gate::Session::default() };
        Self::new(Acting { gate, ..sample::acting() }, (100, 30))
    }

    pub fn tell(&mut self, msg: Msg) {
        for effect in update(&mut self.model, msg) {
            match effect {
                Effect::Inquire(queries) => {
                    self.others.push(Effect::Inquire(queries.clone()));
                    for query in queries {
                        let found = stage::answer(&query, &self.cluster);
                        self.tell(Msg::Found(Box::new(query), Box::new(Ok(found))));
                    }
                }
                Effect::Act { plan, typed, code } => {
                    self.sent.push((*plan, typed));
                    self.codes.push(code);
                }
                Effect::LookAgain => self.asked_anew += 1,
                other => self.others.push(other),
            }
        }
    }

    /// Keys of somebody who reads: six tenths of a second before each.
    pub fn keys(&mut self, script: &str) {
        for key in parse_chord(script).unwrap() {
            let now = self.model.setup.now.shifted(600_000);
            self.tell(Msg::Tick(now));
            self.tell(Msg::Key(key));
        }
    }

    /// Keys that come one upon the other.
    pub fn hasty(&mut self, script: &str) {
        parse_chord(script).unwrap().into_iter().for_each(|key| self.tell(Msg::Key(key)));
    }

    pub fn notice(&self) -> &str {
        self.model.notice.as_ref().map_or("", |(text, _)| text)
    }

    pub fn text(&self) -> String {
        paint::text(&paint::frame(&self.model))
    }

    fn unread(&self) -> bool {
        matches!(self.model.dialog.as_ref().map(|d| &d.stage), Some(Stage::Reading(reading)) if reading.is_unread())
    }
}

fn admin() -> Rig {
    Rig::of_role(Role::Admin, false)
}

#[test]
fn a_relocation_is_chosen_read_and_confirmed() {
    let mut rig = admin();
    rig.keys("2 enter m");
    assert!(rig.text().contains("RELOCATE vm1"), "{}", rig.text());
    rig.keys("enter");
    let text = rig.text();
    for needed in ["▸[Cancel]", "crm_resource --move --resource vm1 --node n2", "1 on n", "Proof", "Way back", "Way live"] {
        assert!(text.contains(needed), "{needed}:\n{text}");
    }
    rig.keys("enter");
    assert!(rig.sent.is_empty() && rig.model.dialog.is_none(), "Cancel has the focus");
    rig.keys("m enter tab enter");
    let (plan, typed) = rig.sent.pop().unwrap();
    let live = Action::Relocate { service: "vm1".into(), to: "n2".into(), how: Some(RelocateHow::Live), limits: Limits::default() };
    assert_eq!((plan.intent.action, typed), (live, None));
}

#[test]
fn a_plan_can_be_answered_after_the_clock_was_set_back() {
    let mut rig = admin();
    rig.keys("2 enter m enter");
    assert!(rig.text().contains("RELOCATE vm1 to n2"), "{}", rig.text());
    let earlier = rig.model.setup.now.shifted(-3_600_000_000);
    rig.tell(Msg::Tick(earlier));
    // For a moment it stands there as new.
    rig.hasty("tab");
    rig.keys("tab enter");
    assert_eq!(rig.sent.len(), 1, "{}", rig.text());
}

/// What does not fit is reached by the keys that are named.
#[test]
fn all_that_stands_against_an_action_can_be_read_on_the_smallest_screen() {
    let gate = gate::Session { role: Role::Admin, ..gate::Session::default() };
    let mut rig = Rig::new(Acting { gate, ..sample::acting() }, (40, 10));
    rig.keys("2 enter m enter");
    let against = (1..5).map(|n| Refusal::new("test", format!("reason number {n} of those that stand against it"), format!("cure {n}")));
    rig.tell(Msg::Turned(against.collect()));
    assert!(
        rig.text().contains("reason number 1") && rig.text().contains(": up, down") && !rig.text().contains("cure 4"),
        "{}",
        rig.text()
    );
    let mut seen = rig.text();
    for _ in 0..20 {
        rig.keys("down");
        seen += &rig.text();
    }
    for n in 1..5 {
        assert!(seen.contains(&format!("cure {n}")), "{seen}");
    }
    assert!(rig.text().contains("cure 4") && !rig.text().contains("reason number 1"), "{}", rig.text());
    rig.keys("pageup pageup pageup");
    assert!(rig.text().contains("reason number 1"), "{}", rig.text());
    rig.keys("esc");
    assert!(rig.model.dialog.is_none());
}

#[test]
fn what_is_known_of_a_choice_can_be_read_on_the_smallest_screen() {
    let gate = gate::Session { role: Role::Admin, ..gate::Session::default() };
    let mut rig = Rig::new(Acting { gate, ..sample::acting() }, (40, 9));
    rig.keys("2 enter m");
    assert!(rig.text().contains(": pageup, pagedown"), "{}", rig.text());
    let Some(Stage::Choosing(choosing)) = rig.model.dialog.as_ref().map(|d| &d.stage) else { panic!("no list") };
    let (marked, ways) = (choosing.cursor, choosing.looks[&choosing.cursor].outcome.as_ref().unwrap().as_ref().unwrap().ways.len());
    let mut seen = rig.text();
    for _ in 0..20 {
        rig.keys("pagedown");
        seen += &rig.text();
    }
    for word in ["live", "suspend", "restart"].iter().take(ways) {
        assert!(seen.contains(word), "{word}: {seen}");
    }
    let Some(Stage::Choosing(choosing)) = rig.model.dialog.as_ref().map(|d| &d.stage) else { panic!("no list") };
    assert_eq!(choosing.cursor, marked, "these keys choose nothing");
}

#[test]
fn another_way_of_relocation_is_a_key_away() {
    let mut rig = admin();
    rig.keys("2 enter m enter w");
    assert!(rig.text().contains("RELOCATE vm1 to n2 ("), "{}", rig.text());
    assert!(!rig.text().contains("RELOCATE vm1 to n2 (live)"), "{}", rig.text());
    rig.keys("tab enter");
    assert!(matches!(&rig.sent[0].0.intent.action, Action::Relocate { how: Some(how), .. } if *how != RelocateHow::Live));
}

#[test]
fn a_fence_wants_the_name_and_no_other() {
    let mut rig = admin();
    rig.keys("1 j f enter");
    let text = rig.text();
    for needed in [
        "FENCE n2 (reboot)",
        "n2 ANSWERS",
        "this node is alive",
        "Dies now",
        "Restarts on",
        "Quorum",
        "No way back",
        "stonith_admin --reboot n2",
    ] {
        assert!(text.contains(needed), "{needed}:\n{text}");
    }
    rig.keys("n 3 enter");
    assert!(rig.sent.is_empty());
    assert!(rig.text().contains("That is not the name"), "{}", rig.text());
    rig.keys("enter");
    assert!(rig.sent.is_empty());
    rig.keys("n 2 enter");
    let (plan, typed) = rig.sent.pop().unwrap();
    assert_eq!((plan.target, typed.as_deref()), (Target::Node("n2".into()), Some("n2")));
    assert!(matches!(rig.model.dialog.as_ref().unwrap().stage, Stage::Sent(_)));
    rig.tell(Msg::Turned(vec![Refusal::new("stale", "too old", "look again")]));
    assert!(rig.text().contains("too old") && rig.text().contains("Nothing was sent"), "{}", rig.text());
}

#[test]
fn what_is_typed_ahead_or_pasted_confirms_nothing() {
    let mut rig = admin();
    rig.keys("1 j f");
    // The dialog comes with the first enter: what follows at once was typed for something else.
    rig.hasty("enter n 2 enter");
    assert!(rig.sent.is_empty());
    rig.tell(Msg::Paste("n2".into()));
    rig.keys("enter");
    assert!(rig.sent.is_empty(), "pasted");
    rig.tell(Msg::Paste("n2\n".into()));
    assert!(rig.sent.is_empty());
    rig.keys("n 2 enter");
    assert_eq!(rig.sent.len(), 1);

    let mut rig = admin();
    rig.keys("2 enter m");
    rig.hasty("enter tab enter");
    assert!(rig.sent.is_empty());
}

#[test]
fn the_world_moves_while_the_dialog_is_open() {
    let mut rig = admin();
    rig.keys("1 j f enter n");
    let mut moved = (*rig.cluster).clone();
    // A third node goes: other guests can run elsewhere, and the votes are others.
    let n3 = moved.members.iter_mut().find(|m| &*m.name == "n3").unwrap();
    n3.status = MemberStatus::Standby;
    moved.services.iter_mut().find(|s| s.id == "vm1").unwrap().owners = vec!["n2".into()];
    moved.services.iter_mut().find(|s| s.id == "vm1").unwrap().owner = Some("n2".into());
    rig.cluster = Arc::new(moved.clone());
    rig.tell(Msg::Picture(Arc::new(moved)));
    assert!(rig.unread());
    let text = rig.text();
    assert!(text.contains("▲ CHANGED") && text.contains("press r") && text.contains("vm1"), "{text}");
    rig.keys("2 enter n 2 enter");
    assert!(rig.sent.is_empty(), "it must be read again first");
    rig.keys("r");
    assert!(!rig.unread());
    rig.keys("n 2 enter");
    assert_eq!(rig.sent.len(), 1);
}

#[test]
fn what_changed_and_is_again_as_it_was_read_empties_the_field_and_says_so() {
    let mut rig = admin();
    rig.keys("1 j f enter n");
    let still = Arc::clone(&rig.cluster);
    let mut moved = (*still).clone();
    let vm1 = moved.services.iter_mut().find(|s| s.id == "vm1").unwrap();
    vm1.owners = vec!["n2".into()];
    vm1.owner = Some("n2".into());
    rig.cluster = Arc::new(moved);
    rig.tell(Msg::Picture(Arc::clone(&rig.cluster)));
    assert!(rig.unread());
    rig.cluster = Arc::clone(&still);
    rig.tell(Msg::Picture(still));
    assert!(!rig.unread());
    assert!(rig.text().contains("does not count"), "{}", rig.text());
    rig.keys("2 enter");
    assert!(rig.sent.is_empty(), "half a name is none");
    assert!(!rig.text().contains("does not count"), "{}", rig.text());
    rig.keys("n 2 enter");
    assert_eq!(rig.sent.len(), 1);
}

#[test]
fn what_goes_on_elsewhere_asks_for_nothing() {
    let mut rig = admin();
    rig.keys("1 j f enter");
    let before = rig.others.len();
    let mut newer = (*rig.cluster).clone();
    newer.at = newer.at.shifted(1_000_000);
    newer.members[0].host.cpu_percent = Some(99.0);
    rig.tell(Msg::Picture(Arc::new(newer)));
    assert!(!rig.unread());
    assert_eq!(rig.others.len(), before, "load is no reason to ask anew");
}

#[test]
fn old_data_is_refused_and_asked_for_anew() {
    let mut rig = admin();
    rig.keys("1 j f enter");
    let now = rig.model.setup.now.shifted(30_000_000);
    rig.tell(Msg::Tick(now));
    assert!(rig.asked_anew > 0);
    assert!(rig.text().contains("20 s are allowed"), "{}", rig.text());
    rig.keys("n 2 enter");
    assert!(rig.sent.is_empty());
    let mut fresh = (*rig.cluster).clone();
    fresh.manager_sight.as_mut().unwrap().at = rig.model.setup.now;
    rig.tell(Msg::Picture(Arc::new(fresh)));
    rig.keys("n 2 enter");
    assert_eq!(rig.sent.len(), 1, "{}", rig.text());
}

#[test]
fn a_second_operators_code_is_asked_for_where_the_gate_wants_one() {
    let mut rig = admin();
    rig.keys("1 j f enter n 2 enter");
    rig.tell(Msg::Turned(vec![Refusal::new("second-operator", "this action needs a second operator's code", "ben runs: quorate approve")]));
    assert!(rig.text().contains("ben runs") && rig.text().contains("Code: _"), "{}", rig.text());
    rig.keys("enter 1 2 3 4 enter");
    assert_eq!(rig.codes, [None, Some("1234".to_owned())]);
    assert_eq!(rig.sent[1].1.as_deref(), Some("n2"), "what was typed before still counts");
    rig.tell(Msg::Turned(vec![Refusal::new("stale", "too old", "wait")]));
    assert!(rig.text().contains("too old"), "{}", rig.text());
}

/// The picture before any node has said which manager runs: every plan is refused.
fn early(rig: &mut Rig) -> Arc<Cluster> {
    let whole = Arc::clone(&rig.cluster);
    let early = Arc::new(Cluster { stack: None, ..(*whole).clone() });
    rig.cluster = Arc::clone(&early);
    rig.tell(Msg::Picture(early));
    whole
}

#[test]
fn what_was_refused_too_early_is_planned_once_the_picture_is_complete() {
    for (keys, needed, name) in
        [("1 j f enter", "FENCE n2 (reboot)", Some("n 2")), ("1 j x s", "▸[Cancel]", None), ("2 enter x c", "▸[Cancel]", None)]
    {
        let mut rig = admin();
        let whole = early(&mut rig);
        rig.keys(keys);
        assert!(rig.text().contains("no node has said which cluster manager runs"), "{keys}: {}", rig.text());
        let (shown, asked) = (rig.text(), rig.others.len());
        rig.tell(Msg::Picture(Arc::clone(&rig.cluster)));
        assert_eq!((rig.text(), rig.others.len()), (shown, asked), "{keys}: nothing changed");
        rig.cluster = Arc::clone(&whole);
        rig.tell(Msg::Picture(whole));
        assert!(rig.text().contains(needed) && !rig.text().contains("Refused"), "{keys}: {}", rig.text());
        assert!(rig.sent.is_empty(), "{keys}: nothing is sent by itself");
        // What was typed for the refusal counts for nothing.
        rig.hasty("n 2 tab enter");
        assert!(rig.sent.is_empty() && rig.model.dialog.is_some(), "{keys}: typed ahead");
        match name {
            Some(name) => {
                rig.keys("enter");
                assert!(rig.sent.is_empty(), "{keys}: the field is empty");
                rig.keys(&format!("{name} enter"));
            }
            None => rig.keys("tab enter"),
        }
        assert_eq!(rig.sent.len(), 1, "{keys}: {}", rig.text());
    }
}

#[test]
fn a_plan_that_becomes_possible_has_cancel_in_focus() {
    let mut rig = admin();
    let whole = early(&mut rig);
    rig.keys("1 j x s");
    rig.cluster = Arc::clone(&whole);
    rig.tell(Msg::Picture(whole));
    rig.keys("enter");
    assert!(rig.sent.is_empty() && rig.model.dialog.is_none());
}

#[test]
fn the_nodes_are_asked_anew_once_the_world_has_moved() {
    let mut rig = admin();
    let whole = (*rig.cluster).clone();
    let service = |state: ServiceState| {
        let mut cluster = whole.clone();
        let vm1 = cluster.services.iter_mut().find(|s| s.id == "vm1").unwrap();
        vm1.state = state;
        Arc::new(cluster)
    };
    rig.keys("2 enter x s");
    assert!(rig.text().contains("vm1 is started"), "{}", rig.text());
    let asked = rig.others.len();
    let mut same = whole.clone();
    same.at = same.at.shifted(9_000_000);
    rig.tell(Msg::Tick(same.at));
    rig.tell(Msg::Picture(Arc::new(same)));
    assert_eq!(rig.others.len(), asked, "the world stands still");
    rig.cluster = service(ServiceState::Stopped);
    rig.tell(Msg::Picture(Arc::clone(&rig.cluster)));
    assert!(rig.others.len() > asked, "what the nodes said is of another world");
    assert!(rig.text().contains("▸[Cancel]") && rig.text().contains("target-role"), "{}", rig.text());
}

#[test]
fn what_the_gate_has_turned_down_stays_said() {
    let mut rig = admin();
    rig.keys("1 j f enter n 2 enter");
    rig.tell(Msg::Turned(vec![Refusal::new("stale", "too old", "look again")]));
    let again = Arc::clone(&rig.cluster);
    rig.tell(Msg::Picture(again));
    assert!(rig.text().contains("too old") && rig.text().contains("Nothing was sent"), "{}", rig.text());
}

#[test]
fn what_only_tidies_is_not_asked_about() {
    let mut rig = admin();
    rig.keys("2 enter x c");
    let (plan, typed) = rig.sent.pop().unwrap();
    assert_eq!((plan.intent.action, plan.confirm, typed), (Action::Service(ServiceVerb::Cleanup, "vm1".into()), Confirm::None, None));
}

#[test]
fn sizes_are_typed_and_mistakes_said() {
    let mut cluster = (*stage::cluster()).clone();
    cluster.volumes.push(quorate::domain::cluster::Volume {
        vg: "vg0".into(),
        lv: "data".into(),
        size: Some(1 << 30),
        ..Default::default()
    });
    let mut rig = admin();
    rig.cluster = Arc::new(cluster.clone());
    rig.tell(Msg::Picture(Arc::new(cluster)));
    rig.keys("3 enter g");
    assert!(rig.text().contains("GROW vg0/data"), "{}", rig.text());
    rig.keys("5 enter");
    assert!(rig.text().contains("expected a size"), "{}", rig.text());
    rig.keys("backspace + 1 G enter");
    assert!(rig.sent.is_empty());
    assert!(!rig.text().contains("expected a size"), "{}", rig.text());
}

/// Every command that acts, with what it needs selected.
const LEVERS: &str = "2 enter|m s S x-s x-t x-T x-r x-R x-f x-F x-c x-l x-x x-g x-u;1|f x-o x-t x-s x-S x-d x-l x-j x-b x-m x-M";

#[test]
fn who_may_only_look_is_told_so() {
    for (role, why) in [(Role::Viewer, "may only look"), (Role::Operator, "read-only")] {
        for part in LEVERS.split(';') {
            let (way, keys) = part.split_once('|').unwrap();
            for key in keys.split(' ') {
                let mut rig = Rig::of_role(role, true);
                rig.keys(way);
                rig.keys(&key.replace('-', " "));
                assert!(rig.notice().contains(why), "{role:?} {key}: '{}'", rig.notice());
                assert!(rig.sent.is_empty() && rig.others.is_empty() && rig.model.dialog.is_none(), "{role:?} {key}");
            }
        }
    }
}

#[test]
fn an_operator_is_told_what_needs_an_admin() {
    for (way, key) in [("2 enter", "x u"), ("1", "x o"), ("1", "x l"), ("2 enter", "x g")] {
        let mut rig = Rig::of_role(Role::Operator, false);
        rig.keys(way);
        rig.keys(key);
        assert!(rig.notice().contains("role admin"), "{key}: '{}'", rig.notice());
        assert!(rig.model.dialog.is_none());
    }
}

#[test]
fn the_table_knows_what_each_role_may() {
    let name = || "x".to_owned();
    for (command, action) in [
        (Command::Unregister, Action::Service(ServiceVerb::Unregister, name())),
        (Command::Stop, Action::Service(ServiceVerb::Stop, name())),
        (Command::Fence, Action::Fence { node: name(), how: FenceHow::Off }),
        (Command::ConfirmFence, Action::Node(NodeVerb::ConfirmFence, name())),
        (Command::LeaveCluster, Action::Node(NodeVerb::Leave, name())),
        (Command::Reboot, Action::Node(NodeVerb::Reboot, name())),
        (Command::Register, Action::Register { guest: name(), prefer: Vec::new() }),
        (Command::Evacuate, Action::Evacuate { pv: name(), onto: None }),
        (Command::MaintenanceOn, Action::Maintenance { on: true }),
    ] {
        assert_eq!(command.entry().role, gate::needed_role(&action), "{}", command.name());
    }
    for entry in TABLE {
        assert!(entry.acts() || entry.danger == Danger::Looks, "{}", entry.name);
        assert_eq!(entry.acts(), entry.role > Role::Viewer, "{}", entry.name);
    }
}

#[test]
fn the_palette_shows_what_does_not_apply_and_why() {
    let mut rig = admin();
    rig.keys(": f e n c e");
    let text = rig.text();
    assert!(text.contains("fence") && text.contains("select a member"), "{text}");
}

fn task(id: u64, status: TaskStatus) -> Task {
    Task {
        id: TaskId(id),
        action: Action::Relocate { service: "vm1".into(), to: "n2".into(), how: Some(RelocateHow::Live), limits: Limits::default() },
        status,
        by: "anna@bastion".into(),
        from: "10.0.0.9".into(),
        started: sample::NOW,
        ended: status.is_over().then(|| sample::NOW.shifted(12_300_000)),
        steps: vec![quorate::domain::task::TaskStep {
            title: "Tell the manager".into(),
            command: Some("crm_resource --move".into()),
            node: Some("n1".into()),
            output: vec!["moved".into()],
            ..Default::default()
        }],
        progress: None,
        result: status.is_over().then(|| "done and proved".into()),
        proof: Vec::new(),
        notices: Vec::new(),
        undo: Some(Action::Relocate { service: "vm1".into(), to: "n1".into(), how: Some(RelocateHow::Live), limits: Limits::default() }),
    }
}

#[test]
fn a_task_outlives_its_page_and_keeps_the_program() {
    let mut rig = admin();
    rig.tell(Msg::Task(Box::new(task(7, TaskStatus::Running))));
    rig.tell(Msg::Started(TaskId(7)));
    assert!(matches!(rig.model.screen(), Screen::Task(_)));
    assert!(rig.text().contains("on n1: crm_resource --move") && rig.text().contains("| moved"), "{}", rig.text());
    rig.keys("esc");
    assert!(rig.text().contains("→ relocate vm1 --to n2"), "{}", rig.text());
    rig.keys("q");
    assert!(rig.others.is_empty(), "quitting asks first");
    assert!(rig.notice().contains("quit again"), "{}", rig.notice());
    rig.keys("q");
    assert_eq!(rig.others, [Effect::Quit]);
    rig.others.clear();
    rig.keys("7 x");
    assert_eq!(rig.others, [Effect::StopTask(TaskId(7))]);
    rig.tell(Msg::Task(Box::new(task(7, TaskStatus::Done))));
    assert!(rig.notice().contains("done and proved"), "{}", rig.notice());
    rig.others.clear();
    rig.keys("q");
    assert_eq!(rig.others, [Effect::Quit], "nothing is under way any more");
}

/// The picture with the constraint that a move leaves until it is cleared.
fn moved_by_constraint(rig: &Rig) -> Arc<Cluster> {
    let mut c = (*rig.cluster).clone();
    c.services.iter_mut().find(|s| s.id == "vm1").unwrap().leftovers = vec!["cli-prefer-vm1".into()];
    c.alerts.push(sample::alert(
        Severity::Notice,
        quorate::domain::alert::AlertCode::LeftoverConstraint,
        "vm1",
        "an earlier command left cli-prefer-vm1 on vm1",
    ));
    Arc::new(c)
}

#[test]
fn the_constraint_of_a_task_under_way_is_its_way_and_no_leftover() {
    const SAYS: [&str; 2] = ["an earlier command left", "leftover constraint"];
    let clearing = |status| {
        let mut task = task(7, status);
        let clear = "crm_resource --clear --resource vm1";
        task.steps.push(quorate::domain::task::TaskStep { command: Some(clear.into()), node: Some("n1".into()), ..Default::default() });
        Msg::Task(Box::new(task))
    };
    for script in ["", "2 enter", "a", "2 enter enter"] {
        let mut rig = admin();
        if !script.is_empty() {
            rig.keys(script);
        }
        rig.tell(clearing(TaskStatus::Running));
        rig.tell(Msg::Picture(moved_by_constraint(&rig)));
        rig.tell(clearing(TaskStatus::Proving));
        let text = rig.text();
        assert!(SAYS.iter().all(|said| !text.contains(said)) && !text.contains("left over"), "{script}: {text}");
        // It has stayed: now it is one.
        rig.tell(clearing(TaskStatus::Failed));
        rig.model.notice = None;
        assert!(SAYS.iter().any(|said| rig.text().contains(said)), "{script}: {}", rig.text());
    }
    // Another service's is none of this task's.
    let mut rig = admin();
    rig.tell(clearing(TaskStatus::Running));
    let mut other = (*moved_by_constraint(&rig)).clone();
    other.alerts[0].subject = "vm11".into();
    rig.tell(Msg::Picture(Arc::new(other)));
    assert!(rig.text().contains(SAYS[0]), "{}", rig.text());
}

#[test]
fn what_another_quorate_moves_leaves_nothing_before_it_is_done() {
    let mut rig = admin();
    rig.tell(Msg::Picture(moved_by_constraint(&rig)));
    assert!(rig.text().contains("an earlier command left"), "{}", rig.text());
    let now = rig.model.setup.now;
    let mut event = logged("act 11aa22bb relocate vm1 --to n2 --how live by ben@desk from 10.0.0.7: step 2 of 3: waits", 0);
    event.at = now;
    rig.tell(Msg::Events(vec![event.clone()]));
    assert!(!rig.text().contains("an earlier command left"), "{}", rig.text());
    event.text = "act 11aa22bb relocate vm1 --to n2 --how live by ben@desk from 10.0.0.7: failed: it did not come".into();
    rig.tell(Msg::Events(vec![event]));
    assert!(rig.text().contains("an earlier command left"), "{}", rig.text());
}

#[test]
fn who_does_what_to_which_target_is_in_sight_at_every_width() {
    for (size, parts) in [
        ((40, 10), &["relocate vm1 > n2", "running", "anna@bastion"][..]),
        ((80, 24), &["relocate vm1 > n2", "running", "anna@bastion", "step 1 of 1", "10.0.0.9"]),
        ((140, 36), &["relocate vm1 --to n2 --how live", "anna@bastion", "step 1 of 1", "22:49:00", "10.0.0.9"]),
        ((200, 50), &["relocate vm1 --to n2 --how live", "anna@bastion", "step 1 of 1", "22:49:00", "10.0.0.9"]),
    ] {
        let mut rig = Rig::new(sample::acting(), size);
        rig.tell(Msg::Tick(sample::NOW));
        rig.tell(Msg::Task(Box::new(task(7, TaskStatus::Running))));
        rig.keys("7");
        let text = rig.text();
        let row = text.lines().find(|l| l.contains("relocate")).unwrap();
        for part in parts {
            assert!(row.contains(part), "{size:?} {part}: {text}");
        }
        let head = text.lines().find(|l| l.contains("STATUS")).unwrap();
        assert!(head.contains("TASK") && head.contains("BY"), "{text}");
    }
    let mut rig = Rig::new(sample::acting(), (80, 24));
    rig.tell(Msg::Tick(sample::NOW));
    for id in 1..=30 {
        rig.tell(Msg::Task(Box::new(task(id, TaskStatus::Done))));
    }
    rig.keys("7");
    assert!(rig.text().contains("Tasks 30, 0 under way 1-19 of 30"), "{}", rig.text());
}

#[test]
fn a_dialog_says_first_what_decides() {
    for (script, order) in [
        ("2 enter m enter", &["Moves live", "Way live", "Note", "Data", "1 on n1", "Proof", "Way back"][..]),
        ("1 j f enter", &["ANSWERS", "Dies now", "Restarts on", "Quorum", "Lost", "Note", "Data", "1 on n1", "Proof", "No way back"]),
    ] {
        let mut rig = Rig::of_role(Role::Admin, false);
        rig.tell(Msg::Resize { width: 100, height: 40 });
        rig.keys(script);
        let text = rig.text();
        let places: Vec<usize> = order.iter().map(|word| text.find(word).unwrap_or_else(|| panic!("no {word}: {text}"))).collect();
        assert!(places.is_sorted(), "{script}: {order:?} {places:?}\n{text}");
    }
}

#[test]
fn the_list_of_a_dialog_scrolls_with_what_is_marked() {
    let mut rig = Rig::new(Acting { gate: gate::Session { role: Role::Admin, ..gate::Session::default() }, ..sample::acting() }, (80, 24));
    let mut many = (*rig.cluster).clone();
    for i in 4..60 {
        let mut member = many.members[2].clone();
        member.name = format!("n{i:02}").into();
        many.members.push(member);
    }
    many.members.sort_by(|a, b| a.name.cmp(&b.name));
    rig.cluster = Arc::new(many.clone());
    rig.tell(Msg::Picture(Arc::new(many)));
    rig.keys("2 enter m");
    assert!(rig.text().contains("RELOCATE vm1 1-") && rig.text().contains(" of 58 "), "{}", rig.text());
    rig.keys(&"j ".repeat(57));
    let text = rig.text();
    assert!(text.contains("-58 of 58 ") && text.contains("▸ n59"), "{text}");
}

#[test]
fn the_shell_is_a_key_away_from_every_dialog() {
    for script in ["1 j f", "1 j f enter", "1 j f enter n", "2 enter m", "2 enter m enter"] {
        let mut rig = admin();
        rig.keys(script);
        let before = rig.text();
        rig.keys("ctrl-z");
        assert_eq!(rig.others.last(), Some(&Effect::Suspend), "{script}");
        rig.tell(Msg::FocusGained);
        assert_eq!(rig.text(), before, "{script}: it comes back whole");
        assert!(rig.sent.is_empty());
    }
    let mut rig = admin();
    rig.keys("1 j f enter n ctrl-z 2 enter");
    assert_eq!(rig.sent.len(), 1, "what was typed before it still counts: {}", rig.text());
}

#[test]
fn the_way_back_is_on_offer() {
    let mut rig = admin();
    rig.tell(Msg::Task(Box::new(task(7, TaskStatus::Done))));
    rig.keys("7 enter u");
    // vm1 runs on n1 here: the plan that takes it back has nothing to do, and says so.
    assert!(rig.text().contains("RELOCATE vm1 to n1"), "{}", rig.text());
    assert!(rig.text().contains("already"), "{}", rig.text());
}

/// How busy a node was before it fell silent is no reason to choose it.
#[test]
fn a_choice_of_nodes_says_which_do_not_answer() {
    use quorate::domain::node::{LinkFault, LinkTrouble, Reach};
    let mut c = (*stage::cluster()).clone();
    let note = |c: &Cluster| {
        let choices = quorate::app::act::choosing::nodes("vm1", c);
        choices.into_iter().find(|choice| choice.label == "n2").unwrap().note
    };
    let n2 = c.members.iter_mut().find(|m| &*m.name == "n2").unwrap();
    (n2.reach, n2.host.cpu_percent) = (Reach::Up { since: sample::NOW, note: None }, Some(12.0));
    assert!(note(&c).contains("CPU 12%"), "{}", note(&c));
    let trouble = LinkTrouble { fault: LinkFault::Timeout, text: "no answer".into() };
    c.members.iter_mut().find(|m| &*m.name == "n2").unwrap().reach = Reach::Down { since: sample::NOW, trouble };
    assert!(note(&c).contains("does not answer quorate") && !note(&c).contains("CPU"), "{}", note(&c));
}

fn logged(text: &str, seconds: i64) -> Event {
    Event {
        at: sample::NOW.shifted(seconds * 1_000_000),
        node: Some("n1".into()),
        source: Source::Operator,
        severity: Severity::Notice,
        subject: None,
        text: text.into(),
        folded: 0,
    }
}

#[test]
fn tasks_of_other_quorates_come_from_the_logs() {
    let mut rig = admin();
    rig.tell(Msg::Events(vec![
        logged("act 11aa22bb relocate vm2 --to n3 --how live by ben@desk from 10.0.0.7: step 1 of 3: crm_resource", 0),
        logged("act 11aa22bb relocate vm2 --to n3 --how live by ben@desk from 10.0.0.7: step 3 of 3: crm_resource", 5),
        logged("act 7f3a9001 fence n2 --how off by anna@bastion from 10.0.0.9: step 1 of 2: stonith_admin", 1),
        logged("act half a line", 2),
        logged("anna on pts/1 ran: pcs status", 3),
    ]));
    assert_eq!(rig.model.tasks.foreign.len(), 1, "one's own lines are no other's");
    let other = rig.model.tasks.others().pop().unwrap();
    assert_eq!((other.target.as_str(), other.tag.as_str()), ("vm2", "11aa22bb"));
    rig.keys("7");
    assert!(rig.text().contains("relocate vm2") && rig.text().contains("running"), "{}", rig.text());
    rig.keys("enter");
    assert!(rig.notice().contains("the quorate alone that runs it"), "{}", rig.notice());
    rig.tell(Msg::Events(vec![logged("act 11aa22bb relocate vm2 --to n3 --how live by ben@desk from 10.0.0.7: done: done and proved", 9)]));
    assert!(rig.model.tasks.others().is_empty());
}

fn any_key() -> impl Strategy<Value = Key> {
    let char = prop::sample::select("mmffxxssSgruw1234579nvNtTcloOdjbeaRFM 023+G:q".chars().collect::<Vec<_>>()).prop_map(Key::char);
    let special =
        prop::sample::select(vec![Code::Enter, Code::Enter, Code::Enter, Code::Tab, Code::Esc, Code::Up, Code::Down, Code::Right]);
    prop_oneof![3 => char, 3 => special.prop_map(Key::plain)]
}

#[derive(Clone, Debug)]
enum Deed {
    Key(Key),
    Name(String),
    Paste(String),
    Wait(i64),
    Move(usize),
}

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        10 => any_key().prop_map(Deed::Key),
        2 => prop::sample::select(vec!["n1", "n2", "n3", "vm1", "vm2", "web"]).prop_map(|n| Deed::Name(n.to_owned())),
        1 => prop::sample::select(vec!["n1\n", "n2", "vm1"]).prop_map(|n| Deed::Paste(n.to_owned())),
        3 => (0_i64..900).prop_map(Deed::Wait),
        1 => (0_usize..3).prop_map(Deed::Move),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 120, ..ProptestConfig::default() })]

    /// Nothing is sent without a ticket of the gate for the very target of the dialog; in a session that may not act nothing at all.
    #[test]
    fn nothing_is_sent_but_what_was_read_and_confirmed(
        deeds in prop::collection::vec(deed(), 1..60),
        role in prop::sample::select(vec![Role::Viewer, Role::Operator, Role::Admin]),
        read_only in prop::bool::weighted(0.2),
    ) {
        let mut rig = Rig::of_role(role, read_only);
        for deed in deeds {
            let title = rig.model.dialog.as_ref().map(|d| d.title.clone()).unwrap_or_default();
            let unread = rig.unread();
            match deed {
                Deed::Key(key) => rig.tell(Msg::Key(key)),
                Deed::Name(name) => {
                    for c in name.chars() {
                        rig.tell(Msg::Key(Key::char(c)));
                    }
                }
                Deed::Paste(text) => rig.tell(Msg::Paste(text)),
                Deed::Wait(ms) => {
                    let now = rig.model.setup.now.shifted(ms * 1000);
                    rig.tell(Msg::Tick(now));
                }
                Deed::Move(at) => {
                    let mut moved = (*rig.cluster).clone();
                    let to = moved.members[at].name.clone();
                    moved.services[0].owners = vec![to.clone()];
                    moved.services[0].owner = Some(to);
                    rig.cluster = Arc::new(moved.clone());
                    rig.tell(Msg::Picture(Arc::new(moved)));
                }
            }
            for (plan, typed) in std::mem::take(&mut rig.sent) {
                prop_assert!(role > Role::Viewer && !read_only, "a session that may not act has sent {}", plan.intent.action);
                prop_assert!(!unread, "sent unread: {}", plan.intent.action);
                if plan.confirm == Confirm::TypeName {
                    let name = quorate::app::act::page::name_to_type(&plan.target, &rig.model.shown);
                    prop_assert_eq!(typed.as_deref(), Some(name.as_str()));
                }
                if plan.confirm != Confirm::None {
                    prop_assert!(title.contains(&plan.target.to_string()) || matches!(plan.target, Target::Cluster(_)), "{title}: {}", plan.target);
                }
                let mut session = rig.model.setup.acting.gate.clone();
                session.typed = typed;
                let (action, target) = (plan.intent.action.clone(), plan.target.clone());
                if let Ok(ticket) = gate::open(plan, &rig.cluster, &session, rig.model.setup.now) {
                    prop_assert_eq!(&ticket.plan().target, &target);
                    prop_assert_eq!(&ticket.plan().intent.action, &action);
                }
                rig.tell(Msg::Turned(vec![Refusal::new("test", "not here", "nothing")]));
            }
            if role == Role::Viewer || read_only {
                prop_assert!(rig.model.dialog.is_none());
                prop_assert!(!rig.others.iter().any(|e| matches!(e, Effect::Inquire(_) | Effect::StopTask(_))));
            }
            paint::frame(&rig.model);
        }
    }
}

#[test]
fn a_guest_that_no_service_is_goes_where_libvirt_is_and_its_migration_is_limited_and_taken_back() {
    use crate::action::plain::{definition, in_cluster};
    let mut lab = in_cluster();
    lab.fail(2, quorate::domain::observation::Question::Guests, quorate::domain::observation::TroubleKind::Lost);
    let mut cluster = (*lab.picture()).clone();
    let lone = cluster.guests.iter_mut().find(|g| g.name == "lone").unwrap();
    lone.definition = Some(definition("lone", "uuid-of-lone", "/srv/shared/lone.img"));
    cluster.guests.retain(|g| g.name == "lone");
    let cluster = Arc::new(cluster);
    let mut rig = admin();
    rig.cluster = Arc::clone(&cluster);
    rig.tell(Msg::Picture(Arc::clone(&cluster)));
    rig.keys("v m");
    let text = rig.text();
    assert!(text.contains("RELOCATE lone") && text.contains("no libvirt answers on n2"), "{text}");
    rig.keys("enter");
    let text = rig.text();
    for needed in ["RELOCATE lone to n3 (live)", "virsh -c qemu:///system migrate --live", "Moves live", "Way back"] {
        assert!(text.contains(needed), "{needed}:\n{text}");
    }
    rig.keys("tab enter");
    let (plan, _) = rig.sent.pop().unwrap();
    let live = Action::Relocate { service: "lone".into(), to: "n3".into(), how: Some(RelocateHow::Live), limits: Limits::default() };
    assert_eq!(plan.intent.action, live);
    // What is done to its migration is asked of libvirt, which has none; whatever manager runs beside it.
    rig.keys("esc");
    for stack in [Stack::Pacemaker, Stack::Rhcs] {
        let mut other = (*cluster).clone();
        other.stack = Some(stack);
        rig.cluster = Arc::new(other.clone());
        rig.tell(Msg::Picture(Arc::new(other)));
        for (keys, action) in [("x w 8 M enter", "LIMIT"), ("x x", "CANCEL"), ("x p", "POST-COPY")] {
            rig.keys(keys);
            let text = rig.text();
            assert!(text.contains(action) && text.contains("not migrating"), "{stack:?} {action}:\n{text}");
            rig.keys("esc");
        }
    }
}
