//! cman's votes in the form in which corosync's are kept.

use crate::domain::observation::corosync::{QuorumMember, QuorumView};
use crate::domain::observation::rhcs::{ClusterConf, CmanView, Standing};

/// One node's view. Votes by member are known to RHEL 6's cman_tool alone; else cluster.conf of that node says them.
pub(in crate::state) fn votes(cman: &CmanView, conf: Option<&ClusterConf>) -> QuorumView {
    let present = cman.nodes.iter().filter(|n| matches!(n.standing, Standing::Member | Standing::Leaving));
    let count = u32::try_from(present.clone().count()).unwrap_or(u32::MAX);
    let of_members = cman.total.map(|total| total.saturating_sub(cman.disk_votes.unwrap_or(0)));
    let by_conf = |name: &str| conf?.nodes.iter().find(|n| n.name == name).map(|n| n.votes);
    let own = |id: u32| cman.own_votes.filter(|_| cman.node_id == Some(id));
    // As many votes as members: each has one. What nobody told counts as all that there are, so that no margin is promised.
    let rest = if of_members == Some(count) { 1 } else { of_members.unwrap_or(1) };
    let members = present
        .map(|n| QuorumMember {
            id: n.id,
            votes: n.votes.or_else(|| own(n.id)).or_else(|| by_conf(&n.name)).or(Some(rest)),
            name: n.name.clone(),
            local: cman.node_id == Some(n.id),
            qdevice: None,
        })
        .collect();
    let has = |flag: &str| cman.flags.iter().any(|f| f == flag);
    let disallowed = has("DisallowedNodes") || cman.nodes.iter().any(|n| n.standing == Standing::Disallowed);
    let disk = cman.quorum_disk.is_some() || cman.disk_votes.is_some() || conf.is_some_and(|c| c.quorum_disk.is_some());
    // RHEL 4 prints no flags.
    let two_node = has("2node") || (cman.flags.is_empty() && conf.is_some_and(|c| c.two_node));
    let flags = [(two_node, "2Node"), (disallowed, "Disallowed"), (disk, "QuorumDisk")];
    QuorumView {
        quorate: cman.quorate(),
        node_id: cman.node_id,
        ring_id: cman.generation.map(|g| g.to_string()),
        expected: cman.expected,
        highest_expected: None,
        total: cman.total,
        needed: cman.needed,
        flags: flags.iter().filter(|(on, _)| *on).map(|(_, flag)| (*flag).to_owned()).collect(),
        members,
        qdevice: cman.disk_votes.map(|votes| (votes, cman.quorum_disk.as_ref().map_or_else(String::new, |(name, _)| name.clone()))),
    }
}
