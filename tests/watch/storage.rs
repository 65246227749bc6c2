//! Who is asked for volumes where nodes share their groups.

use std::collections::VecDeque;

use super::*;

const TOOLS: &str =
    "@@quorate present\nlvs\nvgs\npvs\n@@quorate uid\n0\n@@quorate version lvs\n  LVM version:     2.03.16(2) (2022-05-18)\n";
const GROUP: &str = r#"{"report":[{"vg":[{"vg_name":"vgvm","vg_uuid":"u","vg_attr":"wz--ns"}]}]}"#;
const PLAIN: &str = r#"{"report":[{"lv":[{"vg_name":"vgvm","lv_name":"vm1","lv_attr":"-wi-------"}]}]}"#;
const POOL: &str = r#"{"report":[{"lv":[{"vg_name":"vgvm","lv_name":"pool","lv_attr":"twi-aotz--","data_percent":"42.00"}]}]}"#;
const NONE: &str = r#"{"report":[{"pv":[]}]}"#;

/// Nodes that all see one shared group, and answer at once.
struct Nodes {
    watch: Watch,
    /// Seconds.
    now: i64,
    /// Who was asked for volumes, and when.
    asked: Vec<(u32, i64)>,
    /// This one's vgs hangs.
    hangs: Option<u32>,
    /// On this one a pool is active.
    fills: Option<u32>,
}

impl Nodes {
    fn up(count: u32, fills: Option<u32>) -> Self {
        let mut nodes = Self { watch: Watch::new(true), now: 0, asked: Vec::new(), hangs: None, fills };
        for key in (0..count).map(NodeKey) {
            nodes.watch.add(key);
            let out = nodes.watch.report(key, Report::Up { streams: 8, note: None }, at(0));
            nodes.serve(out);
        }
        nodes
    }

    /// Answers until nothing more is asked at this moment.
    fn serve(&mut self, out: Vec<Output>) {
        let mut open: VecDeque<Output> = out.into();
        while let Some(output) = open.pop_front() {
            let Output::Order(key, Order::Ask(ask)) = output else { continue };
            let command = ask.command.display();
            let said = match command.as_str() {
                c if c.contains("which tools") => TOOLS,
                c if is_lvs(c) => {
                    self.asked.push((key.0, self.now));
                    if self.fills == Some(key.0) { POOL } else { PLAIN }
                }
                c if c.starts_with("vgs") => GROUP,
                c if c.starts_with("pvs") => NONE,
                _ => "",
            };
            let now = at(self.now * 1000);
            let late = self.hangs == Some(key.0) && command.starts_with("vgs");
            let result = if late { Err(AskError::Late(Duration::from_secs(20))) } else { Ok(answer(said, now)) };
            open.extend(self.watch.report(key, Report::Answer { id: ask.id, result }, now));
        }
    }

    fn pass(&mut self, seconds: i64) -> &mut Self {
        for _ in 0..seconds {
            self.now += 1;
            let out = self.watch.tick(at(self.now * 1000));
            self.serve(out);
        }
        self
    }

    /// When a node was asked for volumes.
    fn times(&self, node: u32) -> Vec<i64> {
        self.asked.iter().filter(|(key, _)| *key == node).map(|(_, at)| *at).collect()
    }
}

fn gaps(times: &[i64]) -> Vec<i64> {
    times.windows(2).map(|pair| pair[1] - pair[0]).collect()
}

#[test]
fn one_node_is_asked_for_shared_groups_and_the_others_seldom_but_for_good() {
    let mut nodes = Nodes::up(3, None);
    nodes.pass(1900);
    let of = |node| gaps(&nodes.times(node));
    assert!(of(0).len() == 7 && of(0).iter().all(|gap| (240..243).contains(gap)), "{:?}", of(0));
    for node in [1, 2] {
        assert!(of(node).len() == 3 && of(node).iter().all(|gap| (600..603).contains(gap)), "{node}: {:?}", of(node));
    }
}

#[test]
fn a_pool_that_fills_is_looked_at_where_it_is_active() {
    let mut nodes = Nodes::up(2, Some(1));
    nodes.pass(300);
    let gaps = gaps(&nodes.times(1));
    assert!(gaps.len() >= 4 && gaps.iter().all(|gap| (60..63).contains(gap)), "{gaps:?}");
}

/// The next one is then as old as any that nobody else answers for may be; the others go on being asked seldom.
#[test]
fn another_node_takes_over_at_once_from_one_that_is_lost_or_whose_lvm_hangs() {
    for (what, since) in [("lost", 400), ("hangs", 480)] {
        let mut nodes = Nodes::up(3, None);
        nodes.pass(400);
        assert_eq!((nodes.times(1), nodes.times(2)), (vec![0], vec![0]), "{what}");
        if what == "lost" {
            let down = Report::Down { trouble: trouble(), retry_at: Some(at(500_000)) };
            let out = nodes.watch.report(NODE, down, at(400_000));
            nodes.serve(out);
        } else {
            nodes.hangs = Some(0);
        }
        nodes.pass(110);
        let times = nodes.times(1);
        assert!(times.len() == 2 && (since..since + 3).contains(&times[1]), "{what}: {times:?}");
        assert_eq!(nodes.times(2), [0], "{what}");
    }
}
