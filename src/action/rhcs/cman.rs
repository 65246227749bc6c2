//! cman told what it should not need to be told: a node thrown out, other expected votes.

use std::sync::Arc;

use crate::action::condition::Condition;
use crate::action::plan::{Confirm, Input, Needs, Plan, QuorumAfter, Reads, Refusal, Step, Undo};
use crate::action::whereabouts;
use crate::domain::cluster::{Cluster, Member, MemberStatus};
use crate::domain::task::Action;
use crate::probe::rhcs::fence::{Cman, cman_tool};

use super::fence;

/// A member on which cman runs; rgmanager need not.
fn post(cluster: &Cluster, avoid: Option<&str>) -> Result<Arc<str>, Vec<Refusal>> {
    let able = |m: &&Member| whereabouts::is_within_reach(m) && avoid != Some(&*m.name) && m.status == MemberStatus::Online;
    let found = cluster.members.iter().find(able).map(|m| Arc::clone(&m.name));
    found.ok_or_else(|| vec![Refusal::new("no-post", "no other member on which cman runs can be reached", "connect quorate to one")])
}

/// The plan for throwing a node out.
pub fn kill(input: &Input<'_>, node: &str) -> Result<Plan, Vec<Refusal>> {
    let cluster = input.cluster;
    let Some(member) = cluster.member(node) else { return Err(Vec::new()) };
    if !matches!(member.status, MemberStatus::Online | MemberStatus::Unclean) {
        return Err(vec![Refusal::new("already", format!("{node} is {}", member.status.word()), "nothing to do")]);
    }
    let post = post(cluster, Some(node))?;
    let mut plan = input.blank();
    let step = Step::change(format!("Throw {node} out of the cluster"), &post, cman_tool(Cman::Kill(node)), 60);
    plan.steps = vec![step.read_by(Reads::CmanTool)];
    plan.proof = fence::gone(member, input);
    plan.confirm = Confirm::TypeName;
    fence::lost(input, member, &mut plan);
    plan.notices.push("cman on that node dies, and fenced fences it: fence does the same in better order".to_owned());
    plan.needs = Needs { fresh: std::time::Duration::from_secs(10), ..Needs::default() };
    plan.undo = Undo::Never("it has to boot, and to join again".to_owned());
    Ok(plan)
}

/// The plan for other expected votes.
pub fn expected(input: &Input<'_>, votes: u32) -> Result<Plan, Vec<Refusal>> {
    let cluster = input.cluster;
    let quorum = &cluster.quorum;
    if quorum.expected == Some(votes) {
        return Err(vec![Refusal::new("already", format!("{votes} votes are expected"), "nothing to do")]);
    }
    let possible: u32 = cluster.members.iter().filter_map(|m| m.votes).sum::<u32>() + cluster.rhcs.as_ref().map_or(0, |r| disk(r));
    if votes > possible && possible > 0 {
        let why = format!("all nodes of cluster.conf and its quorum disk have {possible} votes together, not {votes}");
        return Err(vec![Refusal::new("too-many", why, format!("name at most {possible}"))]);
    }
    let post = post(cluster, None)?;
    let mut plan = input.blank();
    let step = Step::change(format!("Expect {votes} votes"), &post, cman_tool(Cman::Expected(votes)), 60);
    plan.steps = vec![step.read_by(Reads::CmanTool)];
    plan.proof = vec![Condition::Expects(votes)];
    plan.confirm = Confirm::TypeName;
    plan.consequences.quorum = QuorumAfter::expecting(cluster, votes);
    plan.consequences.by = "cman's own sum";
    plan.consequences.lost.push("if nodes that are away still live, they form a quorate cluster of their own, and both write".to_owned());
    plan.notices.push("it counts until the membership grows: then cman takes what cluster.conf says".to_owned());
    // It is what brings quorum back.
    plan.needs = Needs { quorum: false, fresh: std::time::Duration::from_secs(10), ..Needs::default() };
    plan.undo = quorum
        .expected
        .map_or_else(|| Undo::Never("how many were expected is not known".to_owned()), |v| Undo::By(Action::Expected { votes: v }));
    Ok(plan)
}

fn disk(facts: &crate::domain::rhcs::RhcsFacts) -> u32 {
    facts.quorum_disk.as_ref().and_then(|d| d.votes.or_else(|| d.conf.as_ref()?.votes)).unwrap_or(0)
}
