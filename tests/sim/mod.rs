//! The simulated cluster: it answers in the real tools' formats, obeys, and tells the same story for the same seed.

mod cables;
mod fleet;

use std::time::Duration;

use quorate::domain::cluster::{MemberStatus, ServiceKind, ServiceState};
use quorate::domain::guest::GuestState;
use quorate::domain::node::NodeKey;
use quorate::domain::observation::host::Tools;
use quorate::domain::observation::manager::Resource;
use quorate::domain::observation::{Observation, Question};
use quorate::domain::stamp::Stamp;
use quorate::link::{Answer, Ask, AskId, CommandLine, Lane, Link, Order, Report, StreamId, Voice};
use quorate::probe::{self, Raw};
use quorate::record::Recording;
use quorate::sim::{Manager, Setup, Simulation, chronicle};
use tokio::sync::mpsc;

const PATIENCE: Duration = Duration::from_secs(60);

/// A session with one simulated node.
struct Node {
    link: Box<dyn Link>,
    reports: mpsc::Receiver<(NodeKey, Report)>,
    asked: u64,
}

impl Node {
    fn of(simulation: &Simulation, at: usize) -> Self {
        let (to, reports) = mpsc::channel(256);
        let link = simulation.open(at, Voice::new(NodeKey(u32::try_from(at).unwrap()), to));
        let mut node = Self { link, reports, asked: 0 };
        node.hear(|report| matches!(report, Report::Up { .. }).then_some(()));
        node
    }

    fn hear<T>(&mut self, mut wanted: impl FnMut(Report) -> Option<T>) -> T {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            tokio::time::timeout(PATIENCE, async {
                loop {
                    let (_, report) = self.reports.recv().await.expect("the simulation went away");
                    if let Some(found) = wanted(report) {
                        return found;
                    }
                }
            })
            .await
            .expect("waited in vain")
        })
    }

    fn run(&mut self, command: CommandLine) -> Answer {
        self.asked += 1;
        let id = AskId(self.asked);
        let ask = Ask { id, command, lane: Lane::Fast, first_byte: PATIENCE, total: PATIENCE };
        self.link.order(Order::Ask(ask));
        self.hear(|report| match report {
            Report::Answer { id: answered, result } if answered == id => Some(result.unwrap()),
            _ => None,
        })
    }

    fn ask(&mut self, question: Question, tools: &Tools) -> Option<Observation> {
        let command = probe::command(question, tools)?;
        let words = command.display();
        let answer = self.run(command);
        let raw = Raw { command: &words, stdout: &answer.stdout, stderr: &answer.stderr, code: answer.code };
        Some(probe::parse(question, raw).unwrap_or_else(|t| panic!("{question:?}: {t}")))
    }

    fn tools(&mut self) -> Tools {
        match self.ask(Question::Tools, &Tools::default()) {
            Some(Observation::Tools(tools)) => tools,
            other => panic!("{other:?}"),
        }
    }

    fn owner(&mut self, service: &str) -> Vec<String> {
        let tools = self.tools();
        let Some(Observation::Manager(view)) = self.ask(Question::CrmMon, &tools) else { panic!("no view") };
        let found = view.resources.iter().find_map(|r| match r {
            Resource::Primitive(p) if p.id == service => Some(p.nodes.clone()),
            _ => None,
        });
        found.unwrap_or_else(|| panic!("no service {service}"))
    }

    /// Asks again and again until a service is where it has to be.
    fn until_on(&mut self, service: &str, node: &str) {
        let limit = std::time::Instant::now() + PATIENCE;
        while self.owner(service) != [node] {
            assert!(std::time::Instant::now() < limit, "{service} never came to {node}");
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}

fn calm() -> Simulation {
    Simulation::start(&Setup::demo(Manager::Pacemaker, 1, false, Stamp::now())).unwrap()
}

#[test]
fn every_question_is_answered_in_a_form_that_its_parser_reads() {
    let simulation = calm();
    let mut node = Node::of(&simulation, 1);
    let tools = node.tools();
    for question in Question::ALL.into_iter().filter(|q| quorate::sim::is_answered(*q, Manager::Pacemaker)) {
        assert!(node.ask(question, &tools).is_some(), "{question:?} is not asked of a simulated node");
    }
}

#[test]
fn a_guest_goes_where_it_is_moved_and_comes_back_when_that_is_cleared_and_its_node_stands_by() {
    let simulation = calm();
    let (third, first) = (simulation.names()[2].clone(), simulation.names()[0].clone());
    let mut node = Node::of(&simulation, 0);
    assert_eq!(node.owner("radius1"), std::slice::from_ref(&first));
    let moved = node.run(CommandLine::new("crm_resource", ["--move", "--resource", "radius1", "--node", &third]));
    assert_eq!(moved.code, 0, "{moved:?}");
    node.until_on("radius1", &third);
    assert_eq!(node.run(CommandLine::new("crm_resource", ["--clear", "--resource", "radius1"])).code, 0);
    assert_eq!(node.run(CommandLine::new("crm_standby", ["--node", &third, "--update", "on"])).code, 0);
    node.until_on("radius1", &first);
}

#[test]
fn under_rgmanager_the_old_tools_are_answered_for_and_clusvcadm_is_obeyed() {
    let simulation = Simulation::start(&Setup::demo(Manager::Rgmanager, 1, false, Stamp::now())).unwrap();
    let third = simulation.names()[2].clone();
    let mut node = Node::of(&simulation, 0);
    let tools = node.tools();
    assert!(!tools.has("crm_mon") && !tools.has("journalctl"), "{tools:?}");
    for question in Question::ALL.into_iter().filter(|q| quorate::sim::is_answered(*q, Manager::Rgmanager)) {
        assert!(node.ask(question, &tools).is_some(), "{question:?} is not asked of a simulated node");
    }
    let owner = |node: &mut Node| match node.ask(Question::Clustat, &tools) {
        Some(Observation::Clustat(view)) => {
            format!("{view:?}").split("vm:radius1").nth(1).unwrap_or_default().chars().take(400).collect::<String>()
        }
        other => panic!("{other:?}"),
    };
    let moved = node.run(CommandLine::new("clusvcadm", ["-M", "vm:radius1", "-m", &third]));
    assert!(String::from_utf8_lossy(&moved.stdout).ends_with("Success\n"), "{moved:?}");
    let limit = std::time::Instant::now() + PATIENCE;
    while !owner(&mut node).contains(&third) {
        assert!(std::time::Instant::now() < limit, "vm:radius1 never came to {third}");
        std::thread::sleep(Duration::from_millis(100));
    }
    let unknown = node.run(CommandLine::new("clusvcadm", ["-e", "vm:nosuch"]));
    assert!(String::from_utf8_lossy(&unknown.stdout).contains("Service does not exist"), "{unknown:?}");
}

#[test]
fn what_no_tool_knows_is_refused_in_the_tool_s_words() {
    let simulation = calm();
    let mut node = Node::of(&simulation, 0);
    assert_eq!(node.run(CommandLine::new("crm_resource", ["--move", "--resource", "no such"])).code, 105);
    assert_eq!(node.run(CommandLine::new("rm", ["-rf", "/"])).code, 127);
    let shrunk = node.run(CommandLine::new("lvextend", ["--size", "1g", "vg_cluster/lv_db"]));
    assert_eq!((shrunk.code, shrunk.stdout.is_empty()), (5, true), "a volume never shrinks");
}

#[test]
fn a_grown_volume_keeps_its_old_size_elsewhere_until_it_is_refreshed_there() {
    let simulation = calm();
    let (mut one, mut two) = (Node::of(&simulation, 0), Node::of(&simulation, 1));
    let tools = one.tools();
    let size = |node: &mut Node| match node.ask(Question::DeviceMapper, &tools) {
        Some(Observation::DeviceMapper(rows)) => rows.iter().find(|d| d.name == "vg_cluster-lv_db").and_then(|d| d.size).unwrap(),
        other => panic!("{other:?}"),
    };
    let before = size(&mut two);
    assert_eq!(one.run(CommandLine::new("lvextend", ["--size", "+1g", "vg_cluster/lv_db"])).code, 0);
    assert_eq!((size(&mut one), size(&mut two)), (before + (1 << 30), before));
    assert_eq!(two.run(CommandLine::new("lvchange", ["--refresh", "vg_cluster/lv_db"])).code, 0);
    assert_eq!(size(&mut two), before + (1 << 30));
}

/// What one node has for itself is moved by its name; with cmirror, all of a physical volume at once.
#[test]
fn a_physical_volume_is_emptied_by_pvmove() {
    let free = |node: &mut Node, tools: &Tools| match node.ask(Question::Pvs, tools) {
        Some(Observation::Pvs(rows)) => {
            let of = |path: &str| rows.iter().find(|p| p.path == path).map(|p| (p.size.unwrap(), p.free.unwrap())).unwrap();
            [of("/dev/mapper/netapp"), of("/dev/sdd")]
        }
        other => panic!("{other:?}"),
    };
    let on = |node: &mut Node, path: &str| {
        let answer = node.run(probe::lvm::grow::on_pv(path));
        let raw = Raw { command: "pvs", stdout: &answer.stdout, stderr: &answer.stderr, code: answer.code };
        probe::lvm::grow::parse_on_pv(raw).unwrap().into_iter().map(|(_, lv)| lv).collect::<Vec<_>>()
    };
    for (manager, args, left) in [
        (Manager::Pacemaker, &["--interval", "5", "--name", "vg_cluster/lv_backup", "/dev/sdd"][..], 1),
        (Manager::Rgmanager, &["--interval", "5", "/dev/mapper/netapp", "/dev/sdd"], 0),
    ] {
        let simulation = Simulation::start(&Setup::demo(manager, 1, false, Stamp::now())).unwrap();
        let mut node = Node::of(&simulation, 0);
        let tools = node.tools();
        assert_eq!(on(&mut node, "/dev/sdd"), ["lv_backup"]);
        let before = free(&mut node, &tools);
        for wrong in [&["/dev/sda2"][..], &["/dev/sdd", "/dev/sdx"], &["--name", "vg_cluster/none", "/dev/sdd"]] {
            assert_eq!(node.run(CommandLine::new("pvmove", wrong.iter().copied())).code, 5, "{wrong:?}");
        }
        assert_eq!(free(&mut node, &tools), before);
        let moved = node.run(CommandLine::new("pvmove", args.iter().copied()));
        assert!(moved.code == 0 && String::from_utf8_lossy(&moved.stdout).ends_with("Moved: 100.00%\n"), "{moved:?}");
        let after = free(&mut node, &tools);
        assert_eq!(after[left].0, after[left].1, "nothing is left on it");
        assert_eq!(before[0].1 + before[1].1, after[0].1 + after[1].1);
        assert!(on(&mut node, ["/dev/mapper/netapp", "/dev/sdd"][left]).is_empty());
        assert_eq!(node.run(CommandLine::new("pvmove", args.iter().copied())).code, 5, "there is nothing to move");
    }
}

#[test]
fn a_line_that_is_logged_flows_in_the_journal() {
    let simulation = calm();
    let mut node = Node::of(&simulation, 3);
    let tools = node.tools();
    let kind = probe::log::StreamKind::Journal;
    let command = probe::log::command(kind, &tools, &probe::log::Resume::default()).unwrap();
    node.link.order(Order::Follow { id: StreamId(1), command });
    node.run(CommandLine::new("logger", ["-t", "quorate", "hello from anna"]));
    let text = node.hear(|report| match report {
        Report::Data { bytes, .. } => Some(String::from_utf8(bytes).unwrap()),
        _ => None,
    });
    assert!(text.contains("hello from anna"), "{text}");
}

#[test]
fn the_same_seed_tells_the_same_story_and_another_seed_another() {
    let all = ["link status definitely down", "remaining active paths: 1"];
    let pacemaker = ["was formed. Members left", "OK (complete)", "state is now member"];
    let rgmanager = ["fencing node virtsrv", " success", "State change: virtsrv", "is recovering", "Service vm:"];
    for (manager, own) in [(Manager::Pacemaker, &pacemaker[..]), (Manager::Rgmanager, &rgmanager)] {
        let tell = |seed| chronicle(&Setup::demo(manager, seed, true, Stamp::from_secs(1_800_000_000)), 600);
        let story = tell(7);
        assert_eq!(story, tell(7));
        assert_ne!(story, tell(8));
        for words in all.iter().chain(own) {
            assert!(story.iter().any(|(_, line)| line.contains(words)), "nobody says '{words}': {story:#?}");
        }
    }
}

#[test]
fn a_cluster_without_a_story_is_quiet() {
    assert_eq!(chronicle(&Setup::demo(Manager::Pacemaker, 3, false, Stamp::from_secs(1_800_000_000)), 3600), []);
}

#[test]
fn a_recording_of_a_real_cluster_is_read() {
    let recording = Recording::read(include_str!("../fixtures/recordings/nslab.jsonl")).unwrap();
    assert_eq!(recording.nodes.len(), 3);
    assert!(recording.said.values().all(|said| said.len() > 20));
}

/// A few of the sixty clusters that the benchmarks look at, at their size.
#[test]
fn many_clusters_of_many_guests_are_looked_at_and_folded() {
    let all = Setup::many(60, 1000, 20_000, Stamp::now());
    let total = |of: fn(&Setup) -> usize| all.iter().map(of).sum::<usize>();
    assert_eq!((all.len(), total(|s| s.nodes), total(|s| s.guests)), (60, 1000, 20_000));
    let mut names = Vec::new();
    for setup in &all[..2] {
        let picture = fleet::Looked::at(setup, PATIENCE).expect("not all was looked at in time").picture();
        names.push(picture.name.clone().unwrap());
        assert_eq!((picture.members.len(), picture.quorum.quorate), (setup.nodes, Some(true)));
        assert!(picture.members.iter().all(|m| m.status == MemberStatus::Online));
        assert_eq!(picture.services.iter().filter(|s| s.kind == ServiceKind::Vm && s.state == ServiceState::Started).count(), setup.guests);
        let running = picture.guests.iter().filter(|g| g.state == GuestState::Running && g.managed_by.is_some()).count();
        assert_eq!(running, setup.guests);
        assert_eq!(picture.alerts, [], "{}", names[0]);
    }
    assert_eq!(names, ["net-cluster", "net-cluster-2"]);
}
