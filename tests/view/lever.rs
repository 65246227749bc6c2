//! The dialogs before an action, and the screens of tasks.

use std::sync::Arc;

use quorate::app::Msg;
use quorate::app::document::wrap_diff;
use quorate::domain::cluster::MemberStatus;
use quorate::domain::role::Role;
use quorate::domain::task::{Action, Limits, Progress, RelocateHow, StepState, Task, TaskId, TaskStatus, TaskStep};

use super::{paint, sample};
use crate::update::lever::Rig;

fn rig(size: (u16, u16)) -> Rig {
    let mut acting = sample::acting();
    acting.gate.role = Role::Admin;
    Rig::new(acting, size)
}

fn snap(name: &str, rig: &Rig, size: (u16, u16)) {
    let frame = paint::frame(&rig.model);
    insta::assert_snapshot!(format!("{name}_{}x{}", size.0, size.1), paint::text(&frame));
    if size.0 == 80 {
        insta::assert_snapshot!(format!("{name}_{}x{}_styles", size.0, size.1), paint::styles(&frame));
    }
}

#[test]
fn dialogs_characters_and_styles() {
    for size in [(80, 24), (140, 36)] {
        for (name, script) in [
            ("lever_choose", "2 enter m"),
            ("lever_relocate", "2 enter m enter tab"),
            ("lever_fence", "1 j f enter n"),
            ("lever_wrong_name", "1 j f enter n 3 enter"),
            ("lever_refused", "1 j x o"),
            ("lever_standby", "1 j x s"),
        ] {
            let mut rig = rig(size);
            rig.keys(script);
            snap(name, &rig, size);
        }
        let mut rig = rig(size);
        rig.keys("1 j f enter");
        let mut moved = (*rig.cluster).clone();
        moved.members.iter_mut().find(|m| &*m.name == "n3").unwrap().status = MemberStatus::Standby;
        let vm1 = moved.services.iter_mut().find(|s| s.id == "vm1").unwrap();
        (vm1.owners, vm1.owner) = (vec!["n2".into()], Some("n2".into()));
        rig.cluster = Arc::new(moved.clone());
        rig.tell(Msg::Picture(Arc::new(moved)));
        snap("lever_changed", &rig, size);
    }
}

/// A change of cluster.conf is read on 80 columns too, whatever its hosts are called.
#[test]
fn lines_of_a_difference_keep_their_sign_and_break_between_attributes() {
    let line = "+        <failoverdomainnode name=\"virtsrv1n1.cnaf.infn.it\" priority=\"1\"/>";
    assert_eq!(wrap_diff(line, 80), [line]);
    assert_eq!(wrap_diff(line, 60), ["+        <failoverdomainnode name=\"virtsrv1n1.cnaf.infn.it\"", "+            priority=\"1\"/>"]);
    assert_eq!(wrap_diff("-  <vm name=\"two words\" path=\"/a\"/>", 24), ["-  <vm name=\"two words\"", "-      path=\"/a\"/>"]);
    // Wider than the room, and deeper in than a fourth of it.
    let long = format!("-{}<clusternode name=\"{}\" votes=\"1\"/>", " ".repeat(40), "n".repeat(63));
    let parts = wrap_diff(&long, 40);
    assert!(parts.iter().all(|part| part.starts_with("-          ") && part.chars().count() <= 40), "{parts:?}");
    let said: String = parts.iter().flat_map(|part| part[1..].chars()).filter(|c| *c != ' ').collect();
    assert_eq!(said, long[1..].replace(' ', ""));
    assert_eq!(wrap_diff("@@ -12 +12 @@", 20), ["@@ -12 +12 @@"]);
    assert_eq!(wrap_diff("", 20), [""]);
}

pub(super) fn task(id: u64, to: &str, status: TaskStatus) -> Task {
    let step = |title: &str, command: Option<&str>, state: StepState| TaskStep {
        title: title.to_owned(),
        command: command.map(str::to_owned),
        argv: Vec::new(),
        tools: Vec::new(),
        node: command.map(|_| "n1".into()),
        state,
        output: if state == StepState::Done { vec!["moved".to_owned()] } else { Vec::new() },
        code: (state == StepState::Done && command.is_some()).then_some(0),
        began: Some(sample::NOW.shifted(-9_000_000)),
        ended: (state == StepState::Done).then(|| sample::NOW.shifted(-8_400_000)),
    };
    let over = status.is_over();
    let second = if over { StepState::Done } else { StepState::Running };
    Task {
        id: TaskId(id),
        action: Action::Relocate { service: "vm1".into(), to: to.into(), how: Some(RelocateHow::Live), limits: Limits::default() },
        status,
        by: "anna@bastion".into(),
        from: "10.0.0.9".into(),
        started: sample::NOW.shifted(-10_000_000),
        ended: over.then_some(sample::NOW),
        steps: vec![
            step("Tell the manager to move vm1", Some("crm_resource --move --resource vm1 --node n2 --lifetime PT400S"), StepState::Done),
            step("vm1 runs on n2", None, second),
            step(
                "Take the constraint away again",
                Some("crm_resource --clear --resource vm1"),
                if over { StepState::Done } else { StepState::Pending },
            ),
        ],
        progress: (!over).then(|| Progress { percent: Some(45), words: "461 of 1024 MiB".into(), left: None }),
        result: over.then(|| "done and proved".into()),
        proof: if over { vec!["the manager has vm1 started on n2 and nowhere else".into()] } else { Vec::new() },
        notices: Vec::new(),
        undo: over.then(|| Action::Relocate {
            service: "vm1".into(),
            to: "n1".into(),
            how: Some(RelocateHow::Live),
            limits: Limits::default(),
        }),
    }
}

#[test]
fn tasks_characters_and_styles() {
    for size in [(80, 24), (140, 36)] {
        let mut rig = rig(size);
        rig.tell(Msg::Tick(sample::NOW));
        rig.tell(Msg::Task(Box::new(task(1, "n3", TaskStatus::Done))));
        rig.tell(Msg::Task(Box::new(task(2, "n2", TaskStatus::Running))));
        rig.model.notice = None;
        snap("task_footer", &rig, size);
        rig.keys("7");
        snap("tasks", &rig, size);
        rig.keys("enter");
        snap("task_running", &rig, size);
        rig.keys("esc j enter");
        snap("task_done", &rig, size);
    }
}
