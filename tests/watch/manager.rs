//! Who is asked for the manager's view, and how often.

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
