//! The steps of every change of cluster.conf.

use crate::action::condition::Condition;
use crate::action::inquiry::{Query, What};
use crate::action::plan::{Input, Plan, Reads, Refusal, Step, When};
use crate::probe::rhcs::file::{Change, Check, FILE, Way, sum};

use super::edit::Edits;
use super::scene::Scene;
use super::tree;

/// Seconds for the tools that go through the whole cluster.
const DISTRIBUTION: u64 = 120;

/// A plan that does these edits and raises the version.
pub fn plan(input: &Input<'_>, scene: &Scene, mut edits: Edits<'_>) -> Result<Plan, Vec<Refusal>> {
    let new = scene.version + 1;
    edits.set(&scene.root, "config_version", &new.to_string());
    let uneditable = |why: String| {
        let text = format!("{FILE} cannot be edited here: {why}");
        vec![Refusal::new("uneditable", text, "edit it by hand on a node, raise config_version, and distribute it")]
    };
    let edited = edits.finish().map_err(uneditable)?;
    // The proof goes by what the file says: the tools that hand it on write it anew.
    let says = sum(&tree::parse(&edited.text).map_err(uneditable)?.says());
    let change = Change {
        file: FILE.to_owned(),
        before: sum(&scene.text),
        after: sum(&edited.text),
        program: edited.program,
        version: scene.version,
    };
    let mut plan = input.blank();
    let Some((post, others)) = scene.nodes.split_first() else { return Err(Vec::new()) };
    plan.steps.push(Step::change(format!("Edit a copy of cluster.conf on {post}"), post, change.write(), 30));
    if let Some(check) = scene.check {
        let step = Step::change("Check the copy", post, change.check(check), 60);
        plan.steps.push(if check == Check::CcsConfigValidate { step.read_by(Reads::Validation) } else { step });
    }
    plan.steps.push(Step::change(format!("Put it in place on {post}, keep the old one"), post, change.place(), 30));
    let everywhere = scene.way == Way::CmanTool;
    if everywhere {
        for node in others {
            let title = format!("Edit cluster.conf on {node} likewise, keep the old one");
            plan.steps.push(Step::change(title, node, change.write_and_place(), 30));
        }
    }
    let step = Step::change(title_of(scene.way, new), post, change.distribute(scene.way), DISTRIBUTION);
    plan.steps.push(step.read_by(Reads::Distribution));
    if scene.tell_cman {
        let command = crate::link::CommandLine::new("cman_tool", ["version", "-r", &new.to_string()]).privileged();
        plan.steps.push(Step::change(format!("Tell cman of version {new}"), post, command, DISTRIBUTION));
    }
    let runs = |node| Condition::Conf { query: Query::new(node, What::ConfFile), version: new, says: says.clone() };
    let all: Vec<Condition> = scene.nodes.iter().map(runs).collect();
    plan.steps.push(Step::wait(format!("Every node runs version {new}"), Condition::All(all.clone()), 60));
    for node in scene.nodes.iter().take(if everywhere { usize::MAX } else { 1 }) {
        let title = format!("Put the old cluster.conf back on {node} if version {} still runs", scene.version);
        plan.steps.push(Step::change(title, node, change.restore(), 30).when(When::Broken));
    }
    plan.proof = all;
    plan.diff = edited.diff;
    plan.notices.push(format!("the old file is kept beside the new one as {FILE}.quorate-{}", scene.version));
    plan.notices.push(match scene.check {
        Some(Check::CcsConfigValidate) => "checked by ccs_config_validate before it counts".to_owned(),
        Some(Check::Xmllint) => format!("{post} has no ccs_config_validate: it is checked to be well-formed, and not against the schema"),
        None => format!("{post} has neither ccs_config_validate nor xmllint: it is checked by quorate alone"),
    });
    if let Some(why) = &scene.ricci {
        plan.notices.push(format!("not distributed by ricci: {why}"));
    }
    Ok(plan)
}

fn title_of(way: Way, new: u32) -> String {
    match way {
        Way::CcsTool => format!("Let ccsd hand version {new} to all nodes"),
        Way::Ccs => format!("Let ricci hand version {new} to all nodes"),
        Way::CmanTool => format!("Let the cluster take version {new}"),
    }
}
