use proptest::prelude::*;
use quorate::domain::event::Severity;
use quorate::domain::node::LinkFault;
use quorate::domain::observation::corosync::QuorumView;
use quorate::domain::observation::manager::{ManagerNode, NodeKind};
use quorate::domain::observation::{Question, TroubleKind};

use super::build::{Lab, alerts, nodelist, online, ring, trio, view};

const ALL: [(u32, &str, u32); 3] = [(1, "n1", 1), (2, "n2", 1), (3, "n3", 1)];

#[test]
fn one_partition_gives_votes_and_margin() {
    let mut lab = Lab::of(&["n1", "n2"]);
    lab.quorum(1, ring(1, true, 2, &ALL)).quorum(2, ring(2, true, 2, &ALL));
    let q = lab.picture().quorum.clone();
    assert_eq!((q.quorate, q.total, q.expected, q.needed, q.can_lose), (Some(true), Some(3), Some(3), Some(2), Some(1)));
    assert_eq!(q.partitions.len(), 1);
    assert_eq!(q.partitions[0].said_by.iter().map(|s| &*s.by).collect::<Vec<_>>(), ["n1", "n2"]);
}

#[test]
fn nobody_answered_is_unknown_not_down() {
    let mut lab = Lab::of(&["n1"]);
    lab.fail(1, Question::Quorum, TroubleKind::Late);
    let picture = lab.picture();
    assert_eq!((picture.quorum.quorate, picture.quorum.answered, picture.quorum.can_lose), (None, false, None));
    assert_eq!(quorate::report::exit_code(&picture), 3);
}

#[test]
fn all_say_no() {
    let mut lab = Lab::of(&["n1"]);
    lab.quorum(1, ring(1, false, 2, &ALL[..1]));
    let picture = lab.picture();
    assert_eq!((picture.quorum.quorate, picture.quorum.can_lose), (Some(false), Some(0)));
    assert!(alerts(&picture).contains(&(Severity::Critical, "no-quorum", "cluster")));
    assert_eq!(quorate::report::exit_code(&picture), 2);
}

#[test]
fn a_partition_with_quorum_counts_before_one_without() {
    let mut lab = Lab::of(&["n1", "n2"]);
    lab.quorum(1, ring(1, false, 2, &ALL[..1])).pass(50).quorum(2, ring(2, true, 2, &ALL[1..]));
    let q = lab.picture().quorum.clone();
    assert_eq!((q.quorate, q.total, q.can_lose), (Some(true), Some(2), Some(0)));
    assert_eq!(q.partitions.len(), 2, "both are kept side by side");
    assert!(alerts(&lab.picture()).contains(&(Severity::Warning, "quorum-margin-zero", "cluster")));
}

#[test]
fn two_disjoint_claims_are_a_contradiction() {
    let mut lab = Lab::of(&["n1", "n2"]);
    lab.say(1, Question::Cmap, nodelist(&[(1, "n1", "10.0.0.1"), (2, "n2", "10.0.0.2")]));
    lab.quorum(1, ring(1, true, 1, &ALL[..1])).quorum(2, ring(2, true, 1, &ALL[1..2]));
    let picture = lab.picture();
    assert_eq!((picture.quorum.quorate, picture.quorum.answered, picture.quorum.can_lose), (None, true, None));
    assert!(alerts(&picture).contains(&(Severity::Critical, "views-disagree", "lab")));
    assert!(!alerts(&picture).iter().any(|a| a.1 == "no-quorum"));
    assert_eq!(quorate::report::exit_code(&picture), 2);
}

#[test]
fn overlapping_claims_are_a_change_under_way() {
    let mut lab = Lab::of(&["n1", "n2"]);
    lab.quorum(1, ring(1, true, 2, &ALL)).quorum(2, ring(2, true, 2, &ALL[1..]));
    assert_eq!(lab.picture().quorum.quorate, Some(true));
}

#[test]
fn an_unreachable_node_claims_nothing() {
    let mut lab = Lab::of(&["n1", "n2"]);
    lab.quorum(1, ring(1, true, 1, &ALL[..1])).quorum(2, ring(2, true, 1, &ALL[1..2]));
    lab.down(1, LinkFault::Timeout);
    assert_eq!(lab.picture().quorum.quorate, Some(true));
}

#[test]
fn a_tool_that_says_no_takes_its_answer_back() {
    let mut lab = Lab::of(&["n1"]);
    lab.quorum(1, ring(1, true, 1, &ALL[..1])).pass(1000).fail(1, Question::Quorum, TroubleKind::Failed);
    assert!(!lab.picture().quorum.answered);
}

#[test]
fn without_the_tool_the_manager_is_believed() {
    let mut lab = Lab::of(&["n1"]);
    lab.manager(1, view(trio(), Vec::new()));
    let q = lab.picture().quorum.clone();
    assert_eq!((q.quorate, q.total, q.can_lose), (Some(true), None, None));
    let mut no = view(trio(), Vec::new());
    no.with_quorum = Some(false);
    lab.pass(10).manager(1, no);
    assert_eq!((lab.picture().quorum.quorate, lab.picture().quorum.can_lose), (Some(false), Some(0)));
}

/// A remote node that both halves take for online joins them no more than it votes.
#[test]
fn halves_that_share_a_remote_node_disagree() {
    let mut lab = Lab::of(&["n1", "n2"]);
    let remote = || ManagerNode { kind: NodeKind::Remote, ..online("r1", 9) };
    lab.manager(1, view(vec![online("n1", 1), remote()], Vec::new())).manager(2, view(vec![online("n2", 2), remote()], Vec::new()));
    let picture = lab.picture();
    assert_eq!((picture.quorum.quorate, picture.quorum.answered), (None, true));
    assert!(alerts(&picture).iter().any(|a| a.1 == "views-disagree"));
}

#[test]
fn flags_in_the_contracts_words() {
    let mut lab = Lab::of(&["n1"]);
    let flags = ["2Node", "Quorate", "WaitForAll", "LastManStanding", "AutoTieBreaker", "AllowDownscale"].map(str::to_owned).to_vec();
    lab.quorum(1, QuorumView { flags, qdevice: Some((1, "Qdevice".to_owned())), ..ring(1, true, 2, &ALL) });
    let expected = ["allow-downscale", "auto-tie-breaker", "last-man-standing", "qdevice", "two-node", "wait-for-all"];
    assert_eq!(lab.picture().quorum.flags, expected);
}

#[test]
fn margins() {
    // (votes of members, votes of the device, needed, may be lost)
    let cases: [(&[u32], u32, u32, u32); 8] = [
        (&[1, 1, 1, 1, 1], 0, 3, 2),
        (&[1, 1], 0, 1, 1),
        (&[1, 1], 1, 2, 1),
        (&[1], 0, 1, 0),
        (&[3, 1, 1], 0, 3, 0),
        (&[1, 1, 1], 2, 3, 2),
        (&[1, 1, 1, 1], 0, 3, 1),
        (&[2, 2, 1], 0, 3, 1),
    ];
    for (votes, device, needed, expected) in cases {
        assert_eq!(margin(votes, device, needed), Some(expected), "{votes:?} + {device}, {needed} needed");
    }
}

fn margin(votes: &[u32], device: u32, needed: u32) -> Option<u32> {
    let rows: Vec<(u32, &str, u32)> = (1..).zip(votes).map(|(id, v)| (id, "n", *v)).collect();
    let mut view = ring(1, true, needed, &rows);
    view.total = Some(votes.iter().sum::<u32>() + device);
    view.qdevice = (device > 0).then(|| (device, "Qdevice".to_owned()));
    let mut lab = Lab::of(&["n1"]);
    lab.quorum(1, view);
    lab.picture().quorum.can_lose
}

proptest! {
    /// The most members of which any choice may vanish.
    #[test]
    fn margin_is_what_trying_all_choices_gives(votes in prop::collection::vec(0u32..4, 1..7), device in 0u32..4, spare in 0u32..8) {
        let total = votes.iter().sum::<u32>() + device;
        let needed = total.saturating_sub(spare).max(1);
        let survives = |lost: u32| (0u32..1 << votes.len()).filter(|set| set.count_ones() == lost).all(|set| {
            let gone: u32 = votes.iter().enumerate().filter(|(at, _)| set & (1 << at) != 0).map(|(_, v)| v).sum();
            total - gone >= needed
        });
        let most = (0..u32::try_from(votes.len()).unwrap()).take_while(|lost| survives(*lost)).last().unwrap_or(0);
        prop_assert_eq!(margin(&votes, device, needed), Some(most));
    }
}
