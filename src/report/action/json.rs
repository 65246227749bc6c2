//! Plans and tasks for programs.

use serde_json::{Value, json};

use crate::action::plan::{Plan, Undo, Work};
use crate::action::{Intent, Refusal};
use crate::domain::task::Task;

/// A plan, and what the gate says to it.
pub fn plan_json(plan: &Plan, against: &[Refusal]) -> Value {
    let consequences = &plan.consequences;
    json!({
        "schema": 1,
        "action": plan.intent.action.word(),
        "text": plan.intent.action.to_string(),
        "target": plan.target.to_string(),
        "planned": true,
        "ways": plan.ways.iter().map(|w| json!({"how": w.how.word(), "possible": w.closed.is_empty(), "reasons": w.closed})).collect::<Vec<_>>(),
        "steps": plan.steps.iter().map(step).collect::<Vec<_>>(),
        "consequences": {
            "by": consequences.by,
            "services": consequences.fates.iter().map(|f| json!({
                "service": f.service, "guest": f.guest, "fate": f.kind.word(), "from": f.from, "to": f.to, "why": f.why,
            })).collect::<Vec<_>>(),
            "quorum": consequences.quorum.as_ref().map(|q| json!({
                "votes": q.votes, "after": q.after, "needed": q.needed, "quorate": q.quorate, "can_lose": q.can_lose,
            })),
            "cannot_be_undone": consequences.lost,
        },
        "proof": plan.proof.iter().map(crate::action::Condition::words).collect::<Vec<_>>(),
        "undo": match &plan.undo {
            Undo::By(action) => json!({"action": action.to_string(), "why": null}),
            Undo::Never(why) => json!({"action": null, "why": why}),
            Undo::NotNeeded => Value::Null,
        },
        "confirm": plan.confirm.word(),
        "notices": plan.notices,
        "diff": plan.diff,
        "allowed": against.is_empty(),
        "refusals": refusals(against),
    })
}

fn step(step: &crate::action::plan::Step) -> Value {
    let argv = match &step.work {
        Work::Change { command, .. } => Some(command.argv().to_vec()),
        Work::Ask(query) => Some(query.command().argv().to_vec()),
        Work::Wait { .. } => None,
    };
    json!({
        "title": step.title,
        "changes": matches!(step.work, Work::Change { .. }),
        "node": step.node(),
        "command": step.command(),
        "argv": argv,
        "when": match step.when {
            crate::action::plan::When::Well => "well",
            crate::action::plan::When::Always => "always",
            crate::action::plan::When::Settled => "settled",
            crate::action::plan::When::Broken => "broken",
        },
    })
}

fn refusals(against: &[Refusal]) -> Value {
    against.iter().map(|r| json!({"code": r.code, "why": r.why, "lift": r.lift})).collect()
}

/// What is refused before there is a plan.
pub fn refused_json(intent: &Intent, against: &[Refusal]) -> Value {
    json!({
        "schema": 1,
        "action": intent.action.word(),
        "text": intent.action.to_string(),
        "target": intent.action.target().to_string(),
        "planned": false,
        "allowed": false,
        "refusals": refusals(against),
    })
}

/// A task.
pub fn task_json(task: &Task, tag: &str) -> Value {
    json!({
        "schema": 1,
        "action": task.action.word(),
        "text": task.action.to_string(),
        "target": task.action.target().to_string(),
        "tag": tag,
        "status": task.status.word(),
        "by": task.by,
        "from": task.from,
        "started_at": task.started,
        "ended_at": task.ended,
        "result": task.result,
        "proof": task.proof,
        "notices": task.notices,
        "undo": task.undo.as_ref().map(ToString::to_string),
        "steps": task.steps.iter().map(|s| json!({
            "title": s.title, "node": s.node, "command": s.command, "argv": (!s.argv.is_empty()).then_some(&s.argv),
            "state": s.state.word(), "exit_status": s.code, "output": s.output, "began_at": s.began,
            "ended_at": s.ended,
        })).collect::<Vec<_>>(),
    })
}
