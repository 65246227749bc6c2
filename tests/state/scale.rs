use std::sync::Arc;

use quorate::domain::observation::host::HostSample;
use quorate::domain::observation::{Observation, Question};

use super::build::{Lab, one, online, ring, started, view};

/// A thousand nodes that all see each other, and twenty thousand services.
#[test]
fn a_thousand_nodes_fold() {
    let names: Vec<String> = (1..=1000).map(|n| format!("n{n:04}")).collect();
    let mut lab = Lab::of(&names.iter().map(String::as_str).collect::<Vec<_>>());
    let nodes = names.iter().zip(1..).map(|(name, id)| online(name, id)).collect();
    let services = (0..20_000).map(|n| one(started(&format!("vm{n:05}"), &[&names[n % 1000]]))).collect();
    let members: Vec<(u32, &str, u32)> = (1..).zip(&names).map(|(id, name)| (id, name.as_str(), 1)).collect();
    for id in 1..=1000 {
        lab.quorum(id, ring(id, true, 501, &members));
    }
    lab.manager(1, view(nodes, services));
    let picture = lab.picture();
    assert_eq!((picture.members.len(), picture.services.len(), picture.quorum.can_lose), (1000, 20_000, Some(499)));
    assert!(picture.members.iter().all(|m| m.services == 20 && m.guests == 20));
    assert_eq!((picture.quorum.partitions.len(), picture.alerts.len()), (1, 0));
    drop(picture);
    lab.pass(10).say(7, Question::Host, Observation::Host(HostSample { cpus: Some(8), ..HostSample::default() }));
    assert_eq!(lab.picture().members[6].host.cpus, Some(8));
}

#[test]
fn nothing_new_is_the_same_picture() {
    let mut lab = Lab::of(&["n1"]);
    let first = lab.picture();
    lab.pass(1000);
    assert!(Arc::ptr_eq(&first, &lab.picture()));
    lab.up(1);
    lab.say(1, Question::Host, Observation::Host(HostSample::default()));
    assert!(!Arc::ptr_eq(&first, &lab.picture()));
}
