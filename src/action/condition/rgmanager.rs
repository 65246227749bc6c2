//! What only rgmanager's clusters have.

use crate::domain::cluster::{Cluster, Member, MemberStatus};

use super::{Condition, Verdict, of_service, standing};

impl Condition {
    /// Whether it is so, by what rgmanager and cman told.
    pub(super) fn judge_rhcs(&self, cluster: &Cluster, verdict: &dyn Fn(bool, String) -> Verdict) -> Verdict {
        let of_member = |name: &str, is: &dyn Fn(&Member) -> Option<bool>, wanted: bool, what: &str| {
            let Some(member) = cluster.member(name) else { return Verdict::Unknown(format!("{name} is not a member")) };
            match is(member) {
                Some(is) => verdict(is == wanted, format!("{what} {} on {name}", if is { "runs" } else { "does not run" })),
                None => Verdict::Unknown(format!("whether {what} runs on {name} is not known")),
            }
        };
        match self {
            Self::Flag(id, flag, on) => of_service(cluster, id, |s| {
                let is = s.flags.contains(flag);
                verdict(is == *on, format!("{id} is {}{flag}", if is { "" } else { "not " }))
            }),
            Self::InState(id, state) => of_service(cluster, id, |s| verdict(s.state == *state, standing(s))),
            Self::Turned(id, before) => of_service(cluster, id, |s| {
                let turned = s.since != *before;
                let words = if turned { "has changed its state since" } else { "has not changed its state since" };
                verdict(turned, format!("{id} {words}"))
            }),
            Self::ManagerOn(name, on) => of_member(name, &|m| m.manager, *on, "rgmanager"),
            Self::ClvmdOn(name, on) => of_member(name, &|m| m.rhcs.as_ref().and_then(|r| r.clvmd), *on, "clvmd"),
            Self::InDomain(name) => match cluster.rhcs.as_ref().and_then(|r| r.fence.as_ref()) {
                Some(domain) => {
                    let within = domain.members.contains(name);
                    verdict(within, format!("{name} is {} the fence domain", if within { "in" } else { "outside" }))
                }
                None => Verdict::Unknown("no node has told of the fence domain".to_owned()),
            },
            Self::NoVictim(name) => match cluster.rhcs.as_ref().and_then(|r| r.fence.as_ref()) {
                Some(domain) => {
                    let waits = domain.victims.contains(name) || cluster.member(name).is_some_and(|m| m.status == MemberStatus::Unclean);
                    verdict(!waits, format!("fenced {} for {name}", if waits { "still waits" } else { "does not wait" }))
                }
                None => Verdict::Unknown("no node has told of the fence domain".to_owned()),
            },
            Self::Expects(votes) => match cluster.quorum.expected {
                Some(is) => verdict(is == *votes, format!("cman expects {is} votes")),
                None => Verdict::Unknown("how many votes are expected is not known".to_owned()),
            },
            _ => Verdict::Unknown(String::new()),
        }
    }
}
