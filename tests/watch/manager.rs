//! Who is asked for the manager's view, and how often.

use quorate::link::libvirt::said::{GuestsSaid, RowSaid};
use quorate::link::libvirt::{Query, Said};
use quorate::link::{LibvirtOrder, LibvirtReport};

use super::*;

const OTHER: NodeKey = NodeKey(1);
const VIEW: &str = r#"<pacemaker-result api-version="2.30" request="crm_mon"><summary><stack type="corosync"/></summary><nodes/><resources/><status code="0" message="OK"/></pacemaker-result>"#;

fn views(asks: &[(AskId, String)]) -> Vec<AskId> {
    asks.iter().filter(|(_, text)| text.contains("crm_mon -1")).map(|(id, _)| *id).collect()
}

/// Two nodes with a manager; what was asked of the first one.
fn two() -> (Watch, AskId) {
    let mut watch = Watch::new(true);
    let mut asked = Vec::new();
    for node in [NODE, OTHER] {
        watch.add(node);
        let (asks, _) = orders(watch.report(node, Report::Up { streams: 8, note: None }, at(0)));
        let tools = asks.iter().find(|(_, text)| text.contains("which tools")).unwrap().0;
        let said = "@@quorate present\ncrm_mon\n@@quorate uid\n0\n";
        asked.extend(orders(watch.report(node, Report::Answer { id: tools, result: Ok(answer(said, at(10))) }, at(10))).0);
    }
    let [first] = views(&asked)[..] else { panic!("{asked:?}") };
    (watch, first)
}

/// Answers all of `open`, second by second; how often the manager was asked by then.
fn asked_until(watch: &mut Watch, mut open: Vec<AskId>, from: i64, to: i64) -> usize {
    let mut times = 0;
    for second in from..to {
        let ms = second * 1000;
        for id in std::mem::take(&mut open) {
            let more = watch.report(OTHER, Report::Answer { id, result: Ok(answer(VIEW, at(ms))) }, at(ms));
            open.extend(views(&orders(more).0));
        }
        open.extend(views(&orders(watch.tick(at(ms + 500))).0));
        times += open.len();
    }
    times
}

#[test]
fn a_node_that_is_slow_to_answer_does_not_have_another_asked_again_and_again() {
    let (mut watch, slow) = two();
    let beside = views(&orders(watch.tick(at(3000))).0);
    assert_eq!(beside.len(), 1, "another one is asked beside it");
    assert_eq!(asked_until(&mut watch, beside, 3, 12), 0);
    // It answers at last, and does not speak for the others from now on.
    watch.report(NODE, Report::Answer { id: slow, result: Ok(answer(VIEW, at(12_000))) }, at(12_000));
    let mut whom = Vec::new();
    for second in 12..140 {
        for output in watch.tick(at(second * 1000 + 500)) {
            if let Output::Order(node, Order::Ask(ask)) = output
                && ask.command.display().contains("crm_mon -1")
            {
                whom.push(node);
            }
        }
    }
    assert_eq!(whom.first(), Some(&OTHER), "{whom:?}");
}

/// Drift is judged only by what it was asked after the last change.
#[test]
fn where_guests_are_not_as_they_were_the_manager_is_asked_after_that() {
    let mut watch = Watch::new(true);
    watch.add(NODE);
    let (asks, _) = orders(watch.report(NODE, Report::Up { streams: 8, note: None }, at(0)));
    let tools = asks.iter().find(|(_, text)| text.contains("which tools")).unwrap().0;
    let said = "@@quorate present\ncrm_mon\nvirsh\n@@quorate uid\n0\n";
    let (more, _) = orders(watch.report(NODE, Report::Answer { id: tools, result: Ok(answer(said, at(10))) }, at(10)));
    let [first] = views(&more)[..] else { panic!("{more:?}") };
    watch.report(NODE, Report::Answer { id: first, result: Ok(answer(VIEW, at(20))) }, at(20));
    let sockets = more.iter().find(|(_, text)| text.contains("where libvirt listens")).unwrap().0;
    let said = "@@quorate sockets\nrw /run/libvirt/libvirt-sock-ro\n";
    watch.report(NODE, Report::Answer { id: sockets, result: Ok(answer(said, at(30))) }, at(30));
    let ask = |out: &[Output]| {
        let id = out.iter().find_map(|o| match o {
            Output::Order(_, Order::Libvirt(LibvirtOrder::Ask { id, query: Query::Guests })) => Some(*id),
            _ => None,
        });
        id.unwrap()
    };
    let list = |id: AskId, state: i64, ms: i64| {
        let row = RowSaid { uuid: "u".to_owned(), name: "vm1".to_owned(), id: Some(1), state, reason: 1 };
        let result = Ok(Said::Guests(GuestsSaid { rows: vec![row], definitions: Vec::new() }));
        Report::Libvirt(Box::new(LibvirtReport::Answer { id, result, sent: at(ms - 1), done: at(ms) }))
    };
    let mut out = watch.report(NODE, Report::Libvirt(Box::new(LibvirtReport::Up { hears: false })), at(40));
    // The first list, the same once more, a change that no event told.
    for (ms, state, times) in [(1000, 1, 0), (2000, 1, 0), (3000, 3, 1)] {
        watch.report(NODE, list(ask(&out), state, ms), at(ms));
        assert_eq!(views(&orders(watch.tick(at(ms + 500))).0).len(), times, "{ms}");
        watch.look_at_guests(NODE, at(ms + 900));
        out = watch.tick(at(ms + 900));
    }
}
