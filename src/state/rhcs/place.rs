//! Where a service's failover domain wants it (rgmanager's node scores: illegal, good, better, best).

use crate::domain::observation::rhcs::FailoverDomain;

/// Where a domain prefers a service: its best node in an ordered domain, nobody in particular in an unordered one.
pub fn preferred(domain: &FailoverDomain) -> Option<&str> {
    if !domain.ordered && domain.nodes.len() != 1 {
        return None;
    }
    domain.nodes.iter().min_by_key(|(_, priority)| *priority).map(|(name, _)| name.as_str())
}

/// Why a service that runs on `owner` is not where its domain prefers it; none if it is. `able`: whether a node could run it.
pub fn misplaced(domain: &FailoverDomain, owner: &str, able: &dyn Fn(&str) -> bool) -> Option<String> {
    let name = &domain.name;
    let own = domain.nodes.iter().find(|(node, _)| node == owner).map(|(_, priority)| *priority);
    let better = |(node, priority): &&(String, u32)| {
        node != owner && (own.is_none() || (domain.ordered && own.is_some_and(|own| *priority < own))) && able(node)
    };
    let order = |nodes: Vec<&(String, u32)>| -> Option<String> {
        let best = nodes.iter().min_by_key(|(_, priority)| if domain.ordered { *priority } else { 0 })?;
        Some(best.0.clone())
    };
    let target = order(domain.nodes.iter().filter(better).collect());
    let stays = if domain.nofailback { "it stays where it is (nofailback)" } else { "rgmanager moves it there at the next transition" };
    match (own, target) {
        (None, _) if domain.restricted => Some(format!("it runs on {owner}, which its failover domain {name} forbids (restricted)")),
        (None, Some(target)) => Some(format!("it runs outside its failover domain {name}; {target} could run it: {stays}")),
        (None, None) => Some(format!("it runs outside its failover domain {name}, of which no member can run it now")),
        (Some(_), Some(target)) => Some(format!("not where its failover domain {name} prefers it: {target} could run it, {stays}")),
        (Some(own), None) => {
            let best = domain.nodes.iter().filter(|_| domain.ordered).find(|(_, priority)| *priority < own)?;
            Some(format!("its failover domain {name} prefers {}, which cannot run it now", best.0))
        }
    }
}

/// Why no node may start it: all members of its restricted domain are away.
pub fn nowhere(domain: &FailoverDomain, able: &dyn Fn(&str) -> bool) -> Option<String> {
    let none = domain.restricted && !domain.nodes.iter().any(|(node, _)| able(node));
    none.then(|| format!("no member of its restricted failover domain {} can run it now", domain.name))
}
