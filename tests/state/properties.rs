use proptest::prelude::*;
use proptest::sample::Index;
use quorate::domain::observation::manager::{ManagerNode, Primitive};
use quorate::domain::observation::storage::{LvRow, VgRow};
use quorate::domain::observation::{Observation, Observed, Question};
use quorate::domain::stamp::Stamp;
use quorate::report::status::{to_json, to_text};

use super::build::{Lab, START, clone, group, nodelist, observed, one, online, ring, started, stopped, tools, trio, view};

/// Answers of three nodes, each to another question at another time.
fn answers() -> Vec<Observed> {
    let at = |n: i64| Stamp(START.0 + n * 7_000);
    let lv = |uuid: &str, attr: &str| LvRow {
        vg: "vg".to_owned(),
        lv: "a".to_owned(),
        uuid: Some(uuid.to_owned()),
        attr: attr.to_owned(),
        ..LvRow::default()
    };
    let members = [(1, "10.0.0.1", 1), (2, "10.0.0.2", 1), (3, "10.0.0.3", 2)];
    let mut all = Vec::new();
    for node in 1..=3 {
        let n = i64::from(node);
        all.push(observed(node, Question::Tools, at(n), tools(&format!("n{node}"))));
        all.push(observed(
            node,
            Question::Quorum,
            at(10 + n),
            Observation::Quorum(ring(node, node != 3, 3, &members[..if node == 3 { 3 } else { 2 }])),
        ));
        all.push(observed(
            node,
            Question::Lvs,
            at(20 + n),
            Observation::Lvs(vec![lv("u1", "-wi-a-----"), lv(&format!("own{node}"), "-wi-------")]),
        ));
        let groups = vec![VgRow { vg: "vg".to_owned(), shared: node == 2, ..VgRow::default() }];
        all.push(observed(node, Question::Vgs, at(30 + n), Observation::Vgs(groups)));
    }
    all.push(observed(1, Question::Cmap, at(41), nodelist(&[(1, "n1", "10.0.0.1"), (2, "n2", "10.0.0.2"), (3, "n3", "10.0.0.3")])));
    let mut other = view(trio(), vec![one(stopped("vm"))]);
    other.with_quorum = Some(false);
    all.push(observed(3, Question::CrmMon, at(50), Observation::Manager(Box::new(other))));
    let resources = vec![group("g", vec![started("a", &["n1"]), stopped("b")]), one(started("vm", &["n2"]))];
    all.push(observed(1, Question::CrmMon, at(49), Observation::Manager(Box::new(view(trio(), resources)))));
    all
}

fn fold(order: Vec<Observed>, looks: bool) -> (String, String) {
    let mut lab = Lab::strangers(&["10.0.0.1", "10.0.0.2", "10.0.0.3"]);
    for node in 1..=3 {
        lab.up(node);
    }
    for answer in order {
        lab.store.observe(answer);
        if looks {
            lab.picture();
        }
    }
    lab.pass(60_000);
    (to_json(&lab.picture(), lab.now), format!("{:?}", lab.picture().quorum))
}

prop_compose! {
    fn primitive()(id in "[abc](:[01])?", role in prop::sample::select(vec!["Started", "Stopped", "Starting", "Master", "", "x"]),
        nodes in prop::collection::vec("n[1-4]", 0..3), flags in 0u8..64, pending in prop::option::of("Starting|Migrating|Monitoring|")) -> Primitive {
        Primitive {
            role: role.to_owned(), active: flags & 1 != 0, blocked: flags & 2 != 0, failed: flags & 4 != 0, managed: flags & 8 != 0,
            orphaned: flags & 16 != 0, target_role: (flags & 32 != 0).then(|| "Stopped".to_owned()), pending, nodes, ..stopped(&id)
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_order_of_answers_does_not_matter(swaps in prop::collection::vec(any::<(Index, Index)>(), 0..40), looks in any::<bool>()) {
        let straight = fold(answers(), false);
        let mut order = answers();
        for (a, b) in swaps {
            let (a, b) = (a.index(order.len()), b.index(order.len()));
            order.swap(a, b);
        }
        prop_assert_eq!(fold(order, looks), straight);
    }

    /// Whatever the tree: every id once and in order, a reason for whatever is not started, owners in order.
    #[test]
    fn any_tree_folds(loose in prop::collection::vec(primitive(), 0..5), inner in prop::collection::vec(primitive(), 0..5), unique in any::<bool>()) {
        let nodes = vec![online("n1", 1), ManagerNode { unclean: true, ..online("n2", 2) }, ManagerNode { standby: true, ..online("n3", 3) }];
        let mut resources: Vec<_> = loose.into_iter().map(one).collect();
        resources.push(clone("cl", unique, vec![group("gr:0", inner.clone()), group("gr:1", inner)]));
        let picture = super::build::picture_of(view(nodes, resources));
        prop_assert!(picture.services.windows(2).all(|w| w[0].id < w[1].id));
        for service in &picture.services {
            let is_started = service.state == quorate::domain::cluster::ServiceState::Started;
            prop_assert!(is_started || service.reason.as_deref().is_some_and(|r| !r.is_empty()), "{:?}", service);
            prop_assert!(service.owners.windows(2).all(|w| w[0] < w[1]));
            prop_assert!(service.flags.windows(2).all(|w| w[0] < w[1]));
        }
        prop_assert!(!to_text(&picture, START).is_empty());
    }
}
