//! Plans and tasks for people.

use std::fmt::Write as _;

use crate::action::plan::{Plan, Undo, When};
use crate::action::{Intent, Refusal};
use crate::domain::task::{Progress, StepState, Task};

/// A plan, and what the gate says to it.
pub fn plan_text(plan: &Plan, against: &[Refusal]) -> String {
    let mut out = format!("{}\n", plan.intent.action);
    for way in &plan.ways {
        let _ = match way.closed.as_slice() {
            [] => writeln!(out, "  way {:<8} possible", way.how.word()),
            closed => writeln!(out, "  way {:<8} not possible: {}", way.how.word(), closed.join("; ")),
        };
    }
    if !plan.diff.is_empty() {
        let _ = writeln!(out, "Change\n  {}", plan.diff.join("\n  "));
    }
    out.push_str("Steps\n");
    for (at, step) in plan.steps.iter().enumerate() {
        let when = match step.when {
            When::Well => "",
            When::Always => " (whatever happens)",
            When::Settled => " (whatever happens, if the step before it went well)",
            When::Broken => " (only if a step before it fails)",
        };
        let _ = writeln!(out, "  {}. {}{when}", at + 1, step.title);
        match (step.node(), step.command(), step.tools()) {
            (Some(node), Some(command), tools) if tools.is_empty() => {
                let _ = writeln!(out, "     on {node}: {command}");
            }
            (Some(node), Some(_), tools) => {
                let _ = writeln!(out, "     on {node}:\n       {}", tools.join("\n       "));
            }
            _ => {}
        }
    }
    consequences(&mut out, plan);
    out.push_str("Proof\n");
    for condition in &plan.proof {
        let _ = writeln!(out, "  {}", condition.words());
    }
    let _ = match &plan.undo {
        Undo::By(action) => writeln!(out, "Way back\n  {action}"),
        Undo::Never(why) => writeln!(out, "No way back: {why}"),
        Undo::NotNeeded => Ok(()),
    };
    for notice in &plan.notices {
        let _ = writeln!(out, "Note: {notice}");
    }
    out.push_str(&refused_text(&plan.intent, against));
    out
}

fn consequences(out: &mut String, plan: &Plan) {
    let all = &plan.consequences;
    if all.fates.is_empty() && all.quorum.is_none() && all.lost.is_empty() {
        return;
    }
    let by = if all.by.is_empty() { String::new() } else { format!(" (by {})", all.by) };
    let _ = writeln!(out, "Consequences{by}");
    for fate in &all.fates {
        let place = match (fate.from.as_deref(), fate.to.as_deref()) {
            (Some(from), Some(to)) if from == to => format!(" on {to}"),
            (from, to) => {
                let part = |word: &str, node: Option<&str>| node.map(|n| format!(" {word} {n}")).unwrap_or_default();
                part("from", from) + &part("to", to)
            }
        };
        let why = fate.why.as_deref().map(|w| format!(": {w}")).unwrap_or_default();
        let _ = writeln!(out, "  {} {}{place}{why}", fate.service, fate.kind.word());
    }
    if let Some(quorum) = &all.quorum {
        let _ = writeln!(out, "  quorum: {}", quorum.words());
    }
    for lost in &all.lost {
        let _ = writeln!(out, "  cannot be undone: {lost}");
    }
}

/// Why something is refused, and what would lift it.
pub fn refused_text(intent: &Intent, against: &[Refusal]) -> String {
    let mut out = String::new();
    for refusal in against {
        let _ = writeln!(out, "Refused: {}: {} (would lift it: {})", intent.action, refusal.why, refusal.lift);
    }
    out
}

/// What must change for progress to be told again: every tenth part, or the round of a migration that makes no progress otherwise.
fn milestone(progress: &Progress) -> Option<(u8, &str)> {
    let round = progress.words.split(", ").find(|part| part.starts_with("round ")).unwrap_or_default();
    let tenth = progress.percent? / 10;
    Some((if matches!(round, "" | "round 1") { tenth } else { 0 }, round))
}

/// What is new in a task since it looked like `before`.
pub fn task_text(before: Option<&Task>, task: &Task) -> String {
    let mut out = String::new();
    for (at, step) in task.steps.iter().enumerate() {
        let old = before.and_then(|t| t.steps.get(at));
        let was = old.map_or(StepState::Pending, |s| s.state);
        if was == StepState::Pending && !matches!(step.state, StepState::Pending | StepState::Skipped) {
            let _ = writeln!(out, "{}/{} {}", at + 1, task.steps.len(), step.title);
            if let (Some(node), Some(command)) = (&step.node, &step.command) {
                let _ = writeln!(out, "    on {node}: {command}");
            }
        }
        // The oldest lines of a long output fall off: then the newest is all that can be told apart.
        let told = old.map_or(0, |s| s.output.len()).min(step.output.len());
        for line in step.output.iter().skip(told) {
            let _ = writeln!(out, "    {line}");
        }
        if was != step.state && matches!(step.state, StepState::Failed | StepState::Unknown) {
            let _ = writeln!(out, "    {}", step.state.word());
        }
    }
    let mark = task.progress.as_ref().and_then(milestone);
    if let Some(progress) =
        task.progress.as_ref().filter(|_| mark.is_some() && before.and_then(|t| milestone(t.progress.as_ref()?)) != mark)
    {
        let left = progress.left.map(|left| format!(", {} s left", left.as_secs())).unwrap_or_default();
        let _ = writeln!(out, "    {}{left}", progress.words);
    }
    for notice in task.notices.iter().skip(before.map_or(0, |t| t.notices.len())) {
        let _ = writeln!(out, "note: {notice}");
    }
    if task.status.is_over() && !before.is_some_and(|t| t.status.is_over()) {
        for line in &task.proof {
            let _ = writeln!(out, "proof: {line}");
        }
        let took = task.ended.map_or(0, |end| task.started.age(end).as_secs());
        let _ = writeln!(out, "{} after {took} s: {}", task.status.word(), task.result.as_deref().unwrap_or_default());
        if let Some(undo) = &task.undo {
            let _ = writeln!(out, "way back: quorate act {undo}");
        }
    }
    out
}
