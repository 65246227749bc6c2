//! Guests that no cluster manager looks after, moved: the exact commands, what keeps them where they are, what is done to a migration that is under way.

use std::sync::Arc;

use quorate::action::inquiry::{Finding, Query, What};
use quorate::action::plan::{FateKind, Undo, When, Work};
use quorate::action::{Executor, Journal, Out, Plan, Refusal, gate, intent};
use quorate::domain::cluster::Cluster;
use quorate::domain::guest::{Definition, GuestState as Seen};
use quorate::domain::node::{LinkFault, LinkTrouble};
use quorate::domain::observation::guest::{VirtHost, VirtNetwork};
use quorate::domain::observation::simulation::{CpuFit, DiskIs, GuestState, LibvirtWay};
use quorate::domain::observation::{Observation, Question, TroubleKind};
use quorate::domain::task::{Action, Limits, RelocateHow, ServiceVerb as V, Task, TaskStatus};
use quorate::link::{Answer, AskId, ChangeError, ChangeId, Order, Report};

use super::plain::{definition, hosts, in_cluster, list, only, refused, row, session, verb};
use super::stage::{self, commands, plan_of, plan_with};
use crate::state::build::{Lab, START, one, started};

fn to_n2(how: Option<RelocateHow>) -> Action {
    limited(how, Limits::default())
}

fn limited(how: Option<RelocateHow>, limits: Limits) -> Action {
    Action::Relocate { service: "web".to_owned(), to: "n2".to_owned(), how, limits }
}

/// Two hosts without a manager; web runs on the first.
fn running() -> Lab {
    hosts(vec![row("web", "u1", Seen::Running)], Vec::new())
}

/// The same, web's definition having been changed.
fn with(change: impl FnOnce(&mut Definition)) -> Arc<Cluster> {
    let mut lab = running();
    let mut made = (*definition("web", "u1", "/images/u1")).clone();
    change(&mut made);
    list(&mut lab, 1, vec![row("web", "u1", Seen::Running)], vec![Arc::new(made)]);
    lab.picture()
}

/// Both hosts have web defined; it runs on the first.
fn on_both() -> Arc<Cluster> {
    shared_pair().picture()
}

/// web runs on n1 and is defined on n2, too.
pub fn shared_pair() -> Lab {
    hosts(vec![row("web", "u1", Seen::Running)], vec![row("web", "u1", Seen::Shutoff)])
}

fn against(action: &Action, cluster: &Cluster, change: impl FnMut(&Query, &mut Finding)) -> Vec<Refusal> {
    plan_with(action, cluster, START, change).unwrap_err()
}

fn notices(plan: &Plan) -> String {
    plan.notices.join("\n")
}

const LIVE: &str =
    "n1: virsh -c qemu:///system migrate --live --persistent --undefinesource --domain web --desturi 'qemu+ssh://n2/system?no_tty=1'";

#[test]
fn it_is_migrated_from_libvirt_to_libvirt_and_stays_what_it_was() {
    let cluster = running().picture();
    let action = to_n2(None);
    assert!(intent::resolve(&action, &cluster).is_ok());
    let plan = plan_of(&action, &cluster, START).unwrap();
    assert_eq!(only(&plan), LIVE);
    assert_eq!(plan.intent.action, to_n2(Some(RelocateHow::Live)));
    let proof: Vec<String> = plan.proof.iter().map(quorate::action::Condition::words).collect();
    assert_eq!(proof, ["libvirt on n2 has web running", "libvirt on n1 has no web running"]);
    let asked: Vec<What> = plan.proof.iter().flat_map(|c| c.queries()).map(|q| q.what.clone()).collect();
    assert!(asked.iter().all(|w| *w == What::State("qemu:///system".to_owned(), "u1".to_owned())), "by its UUID: {asked:?}");
    let fate = &plan.consequences.fates[0];
    assert_eq!((fate.kind, fate.from.as_deref(), fate.to.as_deref()), (FateKind::Migrates, Some("n1"), Some("n2")));
    let back = Action::Relocate { service: "web".to_owned(), to: "n1".to_owned(), how: Some(RelocateHow::Live), limits: Limits::default() };
    assert_eq!(plan.undo, Undo::By(back));
    assert!(notices(&plan).contains("afterwards n2 keeps its definition, and n1 does not know it any more"), "{}", notices(&plan));
    let closed: Vec<bool> = plan.ways.iter().map(|w| !w.closed.is_empty()).collect();
    assert_eq!(closed, [false, true, true], "only a live migration takes the definition along: {:?}", plan.ways);
    // It is looked at while it goes on.
    let Work::Change { meter: Some(meter), .. } = &plan.steps[0].work else { panic!("{:?}", plan.steps) };
    assert_eq!((&*meter.node, &meter.what), ("n1", &What::Job("qemu:///system".to_owned(), "web".to_owned())));
    assert_eq!(gate::refusals(&plan, &cluster, &session(), START), Vec::new(), "no manager, no quorum: neither is needed");
    // What libvirt forgets when it is off stays so.
    let plan = plan_of(&action, &with(|d| d.persistent = Some(false)), START).unwrap();
    assert_eq!(only(&plan), LIVE.replace(" --persistent --undefinesource", ""));
    assert!(notices(&plan).contains("n2 forgets it once it is off"), "{}", notices(&plan));
    let plan = plan_of(&action, &with(|d| d.autostart = Some(true)), START).unwrap();
    assert_eq!(only(&plan), format!("{LIVE}; n2: virsh -c qemu:///system autostart --domain u1"));
}

#[test]
fn its_limits_go_with_it() {
    let cluster = running().picture();
    let plan = plan_of(&limited(None, Limits { bandwidth_mib: Some(8), downtime_ms: None }), &cluster, START).unwrap();
    assert_eq!(only(&plan), LIVE.replace("--domain", "--bandwidth 8 --domain"));
    let plan = plan_of(&limited(None, Limits { bandwidth_mib: Some(8), downtime_ms: Some(500) }), &cluster, START).unwrap();
    let all = commands(&plan);
    assert!(all.len() == 1 && all[0].1.contains("migrate-setmaxdowntime") && all[0].1.contains("--bandwidth 8"), "{all:?}");
    let why = against(&limited(Some(RelocateHow::Restart), Limits { bandwidth_mib: Some(8), downtime_ms: None }), &on_both(), |_, _| {});
    assert!(why[0].why.contains("only a live migration can be limited"), "{why:?}");
}

#[test]
fn in_a_cluster_it_goes_as_the_guests_of_its_services_do() {
    let lone = |more: Vec<(String, String)>| {
        let mut lab = in_cluster();
        let made = vec![definition("lone", "uuid-of-lone", "/srv/shared/lone.img")];
        list(&mut lab, 1, vec![row("vm1", "uuid-of-vm1", Seen::Running), row("lone", "uuid-of-lone", Seen::Running)], made);
        let cluster = lab.picture();
        let action = Action::Relocate { service: "lone".to_owned(), to: "n3".to_owned(), how: None, limits: Limits::default() };
        let plan = plan_with(&action, &cluster, START, |_, finding| {
            if let Finding::Primitive(config) = finding {
                config.attributes.extend(more.clone());
            }
        });
        plan.unwrap()
    };
    let pairs = |pairs: &[(&str, &str)]| pairs.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect::<Vec<_>>();
    for (configured, words) in [
        (&[][..], "--undefinesource --domain lone --desturi qemu+tls://n3/system"),
        (&[("migration_transport", "ssh")], "--undefinesource --domain lone --desturi 'qemu+ssh://n3/system?no_tty=1'"),
        (
            &[("migration_transport", "tcp"), ("migrate_options", "--unsafe --dname other")],
            "--undefinesource --unsafe --domain lone --desturi qemu+tcp://n3/system",
        ),
        (
            &[("migration_transport", "tcp"), ("migration_network_suffix", "-mig"), ("migration_user", "virt")],
            "--undefinesource --domain lone --desturi qemu+tcp://virt@n3-mig/system --migrateuri tcp://n3-mig",
        ),
        (
            &[("migration_transport", "tcp"), ("migrateuri", "tcp://%n.sync:49200")],
            "--undefinesource --domain lone --desturi qemu+tcp://n3/system --migrateuri tcp://n3.sync:49200",
        ),
    ] {
        let plan = lone(pairs(configured));
        assert!(only(&plan).ends_with(words), "{configured:?}: {}", only(&plan));
        assert!(notices(&plan).contains("the options are those of vm1"), "{}", notices(&plan));
        assert!(notices(&plan).contains("no service of the cluster manages it"));
        assert!(plan.needs.quorum);
    }
    let plan = lone(pairs(&[("migrate_options", "--unsafe --dname other")]));
    assert!(notices(&plan).contains("left out of those options: --dname other"), "{}", notices(&plan));
    assert!(!notices(&plan).contains("storage of one node"), "libvirt does not look: {}", notices(&plan));
}

#[test]
fn the_address_that_answers_is_taken_if_it_leads_there() {
    let way = |good: Option<(&str, &str)>| {
        let good = good.map(|(a, b)| (a.to_owned(), b.to_owned()));
        let bad = vec![("qemu+ssh://n2/system?no_tty=1".to_owned(), "Host key verification failed.".to_owned())];
        move |_: &Query, finding: &mut Finding| {
            if let Finding::Reach(way) = finding {
                *way = LibvirtWay { good: good.clone(), bad: bad.clone() };
            }
        }
    };
    let mut lab = running();
    let host = VirtHost { hostname: Some("n2.example.net".to_owned()), ..VirtHost::default() };
    lab.say(2, Question::VirtHost, Observation::VirtHost(Box::new(host)));
    let cluster = lab.picture();
    let plan = plan_with(&to_n2(None), &cluster, START, way(Some(("qemu+tls://n2/system", "n2")))).unwrap();
    assert!(only(&plan).ends_with("--desturi qemu+tls://n2/system"), "{}", only(&plan));
    assert!(notices(&plan).contains("does not answer: Host key verification failed."), "{}", notices(&plan));
    let why = against(&to_n2(None), &cluster, way(None)).remove(0);
    assert_eq!(why.code, "no-route");
    assert!(why.why.contains("n1 does not reach libvirt on n2") && why.why.contains("Host key verification failed."), "{}", why.why);
    assert_eq!(why.lift, "on n1, as root, this must answer: virsh -c 'qemu+ssh://n2/system?no_tty=1' hostname");
    let why = against(&to_n2(None), &cluster, way(Some(("qemu+tls://n2/system", "n7")))).remove(0);
    assert!(why.code == "no-route" && why.why.contains("leads to n7, which is not n2"), "{}", why.why);
    // One that nobody asked for is none.
    assert_eq!(against(&to_n2(None), &cluster, way(Some(("qemu+tls://n9/system", "n2")))).remove(0).code, "no-route");
}

#[test]
fn what_the_target_lacks_keeps_it_where_it_is() {
    let cluster = running().picture();
    let refuses = |code: &str, words: &str, change: &dyn Fn(&Query, &mut Finding)| {
        let all = against(&to_n2(None), &cluster, |query, finding| change(query, finding));
        let found = all.iter().find(|r| r.code == code).unwrap_or_else(|| panic!("{code}: {all:?}"));
        assert!(found.why.contains(words) && !found.lift.is_empty(), "{code}: {found:?}");
    };
    let there = |change: fn(&mut quorate::domain::observation::simulation::GuestPlace)| {
        move |query: &Query, finding: &mut Finding| {
            if let (Finding::Place(place), "n2") = (finding, &*query.node) {
                change(place);
            }
        }
    };
    refuses("target-lacks", "n2 lacks bridge br0", &there(|p| p.missing.push("bridge br0".to_owned())));
    refuses("target-lacks", "n2 lacks disk /images/u1", &there(|p| p.missing.push("disk /images/u1".to_owned())));
    refuses("target-lacks", "n2 has 16 MiB free, 32 are needed", &there(|p| p.free_memory = Some(1 << 24)));
    refuses("target-lacks", "libvirt on n2 does not answer", &there(|p| p.guest = GuestState::Silent("no".to_owned())));
    refuses("name-taken", "another guest of the name web", &there(|p| p.guest = GuestState::Is("running".to_owned(), None)));
    refuses("not-shared", "/images/u1 on n2 is another disk than on n1", &there(|p| p.disks[0].1 = DiskIs::File(78, 1)));
    refuses("not-shared", "whether /images/u1 is one disk", &there(|p| p.disks.clear()));
    refuses("cpu", "the CPU of n2 lacks what it has", &|_, finding| {
        if let Finding::Cpu(fit) = finding {
            *fit = CpuFit::Lacks("incompatible".to_owned());
        }
    });
    refuses("guest-twice", "web is running on n2 as well", &|query, finding| {
        if let (Finding::State(state), "n2") = (finding, &*query.node) {
            *state = GuestState::Is("running".to_owned(), None);
        }
    });
    refuses("guest-state", "web is paused", &|query, finding| {
        if let (Finding::State(state), "n1") = (finding, &*query.node) {
            *state = GuestState::Is("paused".to_owned(), Some("user".to_owned()));
        }
    });
}

#[test]
fn what_ties_it_to_its_node_keeps_it_there() {
    for (change, code, words) in [
        (
            (|d: &mut Definition| d.host_devices.push("PCI 0000:03:00.0".to_owned())) as fn(&mut Definition),
            "host-devices",
            "1 devices of the host",
        ),
        (|d| d.snapshots.push("before".to_owned()), "snapshots", "1 snapshots"),
        (|d| d.disks[0].kind = quorate::domain::guest::DiskKind::Volume, "not-shared", "is not known"),
    ] {
        let all = against(&to_n2(None), &with(change), |_, _| {});
        assert!(all[0].code == code && all[0].why.contains(words), "{code}: {all:?}");
    }
    // A disk that several nodes may read, and one of the network, need no look.
    assert!(plan_of(&to_n2(None), &with(|d| d.disks[0].read_only = true), START).is_ok());
    let network = |d: &mut Definition| {
        (d.disks[0].kind, d.disks[0].source) = (quorate::domain::guest::DiskKind::Network, Some("rbd:pool/web".to_owned()));
    };
    assert!(plan_of(&to_n2(None), &with(network), START).is_ok());
    // A virtual network must run on both.
    let nic = quorate::domain::guest::Nic {
        kind: quorate::domain::guest::NicKind::Network,
        source: Some("lan".to_owned()),
        ..quorate::domain::guest::Nic::default()
    };
    let mut lab = running();
    let mut made = (*definition("web", "u1", "/images/u1")).clone();
    made.nics.push(nic);
    list(&mut lab, 1, vec![row("web", "u1", Seen::Running)], vec![Arc::new(made)]);
    for (node, active) in [(1, true), (2, false)] {
        let networks = vec![VirtNetwork { name: "lan".to_owned(), active, ..VirtNetwork::default() }];
        lab.say(node, Question::VirtHost, Observation::VirtHost(Box::new(VirtHost { networks, ..VirtHost::default() })));
    }
    assert!(refused(&to_n2(None), &lab.picture()).why.contains("n2 does not run the virtual network lan"));
}

#[test]
fn a_device_is_one_disk_by_what_it_says_of_itself() {
    let uuid = |uuid: &str| DiskIs::Device(Some(uuid.to_owned()));
    let unknown = DiskIs::Device(None);
    for (here, there, same) in [
        (uuid("LVM-a"), uuid("LVM-a"), Some(true)),
        (uuid("LVM-a"), uuid("LVM-b"), Some(false)),
        (uuid("mpath-a"), unknown.clone(), None),
        (unknown.clone(), unknown, None),
        (DiskIs::File(7, 1000), DiskIs::File(7, 1200), Some(true)),
        (DiskIs::File(7, 1000), DiskIs::File(7, 5000), Some(false)),
        (DiskIs::File(7, 1000), uuid("LVM-a"), Some(false)),
    ] {
        assert_eq!(here.is_same(&there), same, "{here:?} {there:?}");
        let cluster = with(|d| d.disks[0].source = Some("/dev/vg/web".to_owned()));
        let plan = plan_with(&to_n2(None), &cluster, START, |query, finding| {
            if let Finding::Place(place) = finding {
                place.disks[0].1 = if &*query.node == "n1" { here.clone() } else { there.clone() };
            }
        });
        assert_eq!(plan.is_ok(), same == Some(true), "{here:?} {there:?}: {plan:?}");
    }
}

#[test]
fn where_it_may_go_at_all() {
    let mut lab = running();
    assert_eq!(
        refused(&Action::Relocate { service: "web".to_owned(), to: "n1".to_owned(), how: None, limits: Limits::default() }, &lab.picture())
            .code,
        "already-there"
    );
    lab.fail(2, Question::Guests, TroubleKind::Lost);
    assert_eq!(refused(&to_n2(None), &lab.picture()).code, "libvirt-silent");
    lab.down(2, LinkFault::Timeout);
    assert_eq!(refused(&to_n2(None), &lab.picture()).code, "unreachable");
    let off = hosts(vec![row("web", "u1", Seen::Shutoff)], Vec::new()).picture();
    let why = refused(&to_n2(None), &off);
    assert_eq!((why.code, why.lift.as_str()), ("guest-state", "quorate act start web"));
    let mut half = row("web", "u1", Seen::Paused);
    half.migrating = true;
    let on_its_way = hosts(vec![row("web", "u1", Seen::Running)], vec![half]).picture();
    assert!(refused(&to_n2(None), &on_its_way).why.contains("on its way"));
    // It is made a service while the dialog is open; and the guest of a service goes by its manager.
    let mut lab = in_cluster();
    let to = |service: &str| Action::Relocate { service: service.to_owned(), to: "n3".to_owned(), how: None, limits: Limits::default() };
    let why = refused(&to("vm1@n1"), &lab.picture());
    assert_eq!((why.code, why.lift.as_str()), ("managed", "quorate act relocate vm1 --to n3"));
    let both = vec![row("vm1", "uuid-of-vm1", Seen::Running), row("lone", "uuid-of-lone", Seen::Running)];
    list(&mut lab, 1, both, vec![definition("lone", "uuid-of-lone", "/srv/shared/l")]);
    let plan = plan_of(&to("lone"), &lab.picture(), START).unwrap();
    let mut view = stage::view_now();
    view.resources.push(one(started("lone", &["n1"])));
    stage::tell(&mut lab, view);
    assert_eq!(gate::refusals(&plan, &lab.picture(), &session(), START)[0].code, "target-moved");
}

#[test]
fn where_both_keep_it_its_memory_can_go_through_a_file_or_it_starts_anew() {
    let cluster = on_both();
    let v = "virsh -c qemu:///system";
    let plan = plan_of(&to_n2(Some(RelocateHow::Suspend)), &cluster, START).unwrap();
    let all: Vec<String> = commands(&plan).into_iter().map(|(node, command)| format!("{node}: {command}")).collect();
    assert_eq!(all[0], format!("n1: {v} save --domain web --file /images/web.quorate-save"));
    assert!(all[1].starts_with("n2: ") && all[1].contains("restore --file") && all.len() == 3, "{all:?}");
    // It is restored where it was only once it is seen not to run on the target.
    let whens: Vec<When> = plan.steps.iter().map(|s| s.when).collect();
    assert_eq!(whens, [When::Well, When::Settled, When::Broken, When::Settled, When::Always]);
    let plan = plan_of(&to_n2(Some(RelocateHow::Restart)), &cluster, START).unwrap();
    assert_eq!(only(&plan), format!("n1: {v} shutdown --domain web; n2: {v} start --domain u1; n1: {v} start --domain web"));
    assert_eq!(plan.steps.last().unwrap().when, When::Settled);
    assert_eq!(plan.consequences.fates[0].kind, FateKind::Moves);
    assert!(plan.ways.iter().all(|w| w.closed.is_empty()), "{:?}", plan.ways);
    // Nothing that stops it is done unless that was asked for.
    let lost = |_: &Query, finding: &mut Finding| match finding {
        Finding::Reach(way) => way.good = None,
        Finding::Cpu(fit) => *fit = CpuFit::Lacks("incompatible".to_owned()),
        _ => {}
    };
    let why = against(&to_n2(None), &cluster, lost);
    assert!(why.iter().all(|r| r.lift.ends_with("possible is: --how restart")), "{why:?}");
    // By a file it goes where libvirt does not reach libvirt.
    let unreached = |_: &Query, finding: &mut Finding| {
        if let Finding::Reach(way) = finding {
            way.good = None;
        }
    };
    let plan = plan_with(&to_n2(None), &cluster, START, unreached).unwrap();
    assert_eq!(plan.intent.action, to_n2(Some(RelocateHow::Suspend)));
    let why = against(&to_n2(Some(RelocateHow::Suspend)), &running().picture(), |_, _| {});
    assert!(why[0].code == "not-defined" && why[0].lift.contains("possible is: --how live"), "{why:?}");
}

/// web on its way from n1 to n2.
fn moving() -> Arc<Cluster> {
    let mut half = row("web", "u1", Seen::Paused);
    half.migrating = true;
    hosts(vec![row("web", "u1", Seen::Running)], vec![half]).picture()
}

fn job(change: impl Fn(&mut quorate::domain::observation::simulation::GuestJob)) -> impl Fn(&Query, &mut Finding) {
    move |query, finding| {
        if let (Finding::Job(job), "n1") = (finding, &*query.node) {
            job.total = Some(1 << 25);
            change(job);
        }
    }
}

#[test]
fn its_migration_is_limited_and_taken_back_where_it_began() {
    let v = "virsh -c qemu:///system";
    let cluster = moving();
    let limits = Limits { bandwidth_mib: Some(8), downtime_ms: None };
    let limit = Action::Limit { service: "web".to_owned(), limits };
    let plan = plan_with(&limit, &cluster, START, job(|_| {})).unwrap();
    assert_eq!(only(&plan), format!("n1: {v} migrate-setspeed --domain web --bandwidth 8"));
    assert_eq!(gate::refusals(&plan, &cluster, &session(), START), Vec::new());
    let cancel = verb(V::Cancel, "web");
    let plan = plan_with(&cancel, &cluster, START, job(|_| {})).unwrap();
    assert_eq!(only(&plan), format!("n1: {v} domjobabort --domain web"));
    assert!(!plan.needs.quorum && plan.proof.len() == 2, "{:?}", plan.proof);
    assert_eq!(plan.proof[0].words(), "libvirt on n1 has web running");
    let after = against(&cancel, &cluster, job(|j| j.postcopy_requests = Some(3)));
    assert_eq!(after[0].code, "post-copy");
    for action in [&limit, &cancel, &verb(V::PostCopy, "web")] {
        let why = refused(action, &running().picture());
        assert_eq!(why.code, "not-migrating", "{action}");
    }
    let why = against(&verb(V::PostCopy, "web"), &cluster, job(|_| {})).remove(0);
    assert_eq!(why.code, "not-prepared");
}

/// A live migration as the executor runs it; what it orders is kept.
struct Course {
    lab: Lab,
    executor: Executor,
    changes: Vec<(u32, ChangeId)>,
    asks: Vec<(u32, AskId, String)>,
    _dir: tempfile::TempDir,
}

impl Course {
    /// Begun, the lock being held.
    fn begun() -> Self {
        let mut lab = running();
        let cluster = lab.picture();
        let plan = plan_of(&to_n2(None), &cluster, lab.now).unwrap();
        let ticket = gate::open(plan, &cluster, &session(), lab.now).map_err(|r| format!("{r:?}")).unwrap();
        let dir = tempfile::tempdir().unwrap();
        let journal = Journal::open(&dir.path().join("journal.jsonl"), None).unwrap();
        let mut course = Self { lab, executor: Executor::new(journal), changes: Vec::new(), asks: Vec::new(), _dir: dir };
        let (_, out) = course.executor.start(ticket, &cluster, course.lab.now).unwrap();
        let lock = out.iter().find_map(|o| if let Out::Order(_, Order::Follow { id, .. }) = o { Some(*id) } else { None }).unwrap();
        course.keep(out);
        course.hear(Report::Data { id: lock, bytes: b"held\n".to_vec(), at: START });
        course
    }

    fn keep(&mut self, out: Vec<Out>) {
        for order in out {
            match order {
                Out::Order(node, Order::Change(change)) => self.changes.push((node.0, change.id())),
                Out::Order(node, Order::Ask(ask)) => self.asks.push((node.0, ask.id, ask.command.display())),
                _ => {}
            }
        }
    }

    fn hear(&mut self, report: Report) {
        let cluster = self.lab.picture();
        let out = self.executor.report(report, &cluster, self.lab.now).unwrap();
        self.keep(out);
    }

    fn pass(&mut self, millis: i64) {
        self.lab.pass(millis);
        let cluster = self.lab.picture();
        let out = self.executor.tick(&cluster, self.lab.now);
        self.keep(out);
    }

    fn answer(&self, stdout: &str, code: i32) -> Answer {
        let now = self.lab.now;
        Answer { stdout: stdout.as_bytes().to_vec(), stderr: Vec::new(), code, sent: now, began: now, done: now }
    }

    /// Answers what is out, for each node by what its libvirt has.
    fn libvirt(&mut self, says: impl Fn(u32, &str) -> String) {
        for (node, id, command) in std::mem::take(&mut self.asks) {
            let answer = self.answer(&says(node, &command), 0);
            self.hear(Report::Answer { id, result: Ok(answer) });
        }
    }

    fn task(&self) -> &Task {
        self.executor.tasks().next().unwrap()
    }
}

#[test]
fn how_far_it_is_stands_beside_the_command_and_both_libvirts_prove_its_end() {
    let mut course = Course::begun();
    let [(1, change)] = course.changes[..] else { panic!("{:?}", course.changes) };
    course.pass(1100);
    assert!(matches!(&course.asks[..], [(1, _, command)] if command.contains("domjobinfo")), "{:?}", course.asks);
    course.libvirt(|_, _| "memory_total: 41943040\nmemory_remaining: 10485760\n".to_owned());
    assert_eq!(course.task().progress.as_ref().and_then(|p| p.percent), Some(75));
    let answer = course.answer("", 0);
    course.hear(Report::Changed { id: change, result: Ok(answer) });
    assert_eq!(course.task().status, TaskStatus::Proving);
    course.pass(1100);
    assert_eq!(course.asks.iter().map(|(node, ..)| *node).collect::<Vec<_>>(), [2, 1]);
    course.libvirt(|node, _| if node == 2 { "running (migrated)\n" } else { "shut off (migrated)\n" }.to_owned());
    assert_eq!((course.task().status, course.changes.len()), (TaskStatus::Done, 1), "{:?}", course.task());
}

#[test]
fn a_migration_whose_answer_was_lost_is_looked_up_and_never_sent_again() {
    let mut course = Course::begun();
    let [(1, change)] = course.changes[..] else { panic!("{:?}", course.changes) };
    let lost = LinkTrouble { fault: LinkFault::Timeout, text: "gone".to_owned() };
    course.hear(Report::Changed { id: change, result: Err(ChangeError::Unknown(lost)) });
    course.pass(1100);
    course.libvirt(|node, _| if node == 2 { "paused (migration)\n" } else { "running (booted)\n" }.to_owned());
    course.pass(30_000);
    let task = course.task();
    let result = task.result.clone().unwrap_or_default();
    assert_eq!((task.status, course.changes.len()), (TaskStatus::Unknown, 1), "{task:?}");
    assert!(result.contains("not sent again") && result.contains("libvirt on n1 has web running"), "{result}");
}
