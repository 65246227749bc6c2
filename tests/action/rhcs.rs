//! Plans and refusals on Red Hat Cluster Suite, from what the real tools print; and no action on a stack that has none.

use std::sync::Arc;

use quorate::action::condition::{Seen, Verdict};
use quorate::action::inquiry::{Finding, What};
use quorate::action::plan::{self, FateKind, Input, Plan, Refusal};
use quorate::action::{Condition, Findings, gate, inquiry, stack};
use quorate::domain::cluster::{Cluster, Filesystem, MemberStatus, PhysicalVolume, Stack, Volume, VolumeGroup};
use quorate::domain::node::Reach;
use quorate::domain::observation::host::Unit;
use quorate::domain::observation::rhcs::ConfDisk;
use quorate::domain::observation::simulation::GuestState;
use quorate::domain::role::Role;
use quorate::domain::stamp::Stamp;
use quorate::domain::task::{Action, Daemon, FenceHow, GrowSize, NodeVerb, RelocateHow, ServiceVerb as V, VolumeName};

use super::stage::{commands, intent, plain_volume};
use crate::state::build::START;
use crate::state::rhcs::picture;

const N1: &str = "virtsrv1n1.cnaf.infn.it";
const N3: &str = "virtsrv3n3.cnaf.infn.it";
const N5: &str = "virtsrv5n5.cnaf.infn.it";

/// Answers as a healthy cluster would: guests run where rgmanager has them.
fn answer(what: &What, node: &str, cluster: &Cluster) -> Finding {
    match what {
        What::RgmanagerLock => Finding::RgmanagerLock(false),
        What::State(_, guest) => {
            let here = cluster.service(&format!("vm:{guest}")).is_some_and(|s| s.owners.iter().any(|o| **o == *node));
            Finding::State(if here { GuestState::Is("running".to_owned(), None) } else { GuestState::Absent })
        }
        What::StopSuspends(_) => Finding::StopSuspends(true),
        What::ClusterMirror => Finding::ClusterMirror(true),
        What::OnPv(_) => Finding::OnPv(vec![("vg".to_owned(), "data".to_owned())]),
        What::Volume(_) => Finding::Volume(plain_volume()),
        What::DeviceSize(_) => Finding::Bytes(64 << 20),
        other => panic!("nobody asks {other:?} here"),
    }
}

fn plan_with(action: &Action, cluster: &Cluster, change: impl Fn(&What, Finding) -> Finding) -> Result<Plan, Vec<Refusal>> {
    let mut found = Findings::default();
    for query in inquiry::needed(action, cluster, &found) {
        let finding = change(&query.what, answer(&query.what, &query.node, cluster));
        found.put(query, Ok(finding));
    }
    let intent = intent(action.clone());
    plan::plan(&Input { intent: &intent, cluster, found: &found, now: START })
}

fn plan_of(action: &Action, cluster: &Cluster) -> Result<Plan, Vec<Refusal>> {
    plan_with(action, cluster, |_, finding| finding)
}

fn sent(action: &Action, cluster: &Cluster) -> Vec<String> {
    let plan = plan_of(action, cluster).unwrap_or_else(|why| panic!("{action}: {why:?}"));
    commands(&plan).into_iter().map(|(_, command)| command).collect()
}

fn codes(result: Result<Plan, Vec<Refusal>>) -> Vec<&'static str> {
    result.err().unwrap_or_default().iter().map(|r| r.code).collect()
}

fn refused(action: &Action, cluster: &Cluster) -> Vec<&'static str> {
    codes(plan_of(action, cluster))
}

fn on(verb: V, id: &str) -> Action {
    Action::Service(verb, id.to_owned())
}

fn relocate(id: &str, to: &str, how: Option<RelocateHow>) -> Action {
    Action::Relocate { service: id.to_owned(), to: to.to_owned(), how, limits: quorate::domain::task::Limits::default() }
}

fn of_node(verb: NodeVerb) -> Action {
    Action::Node(verb, N3.to_owned())
}

#[test]
fn each_verb_is_the_command_that_it_should_be() {
    let c = picture("ok");
    let owner = c.service("vm:wiki").unwrap().owner.clone().unwrap();
    let to = if &*owner == N3 { N1 } else { N3 };
    assert_eq!(sent(&relocate("vm:wiki", to, None), &c), [format!("clusvcadm -M vm:wiki -m {to}")]);
    assert_eq!(sent(&relocate("vm:wiki", to, Some(RelocateHow::Restart)), &c), [format!("clusvcadm -r vm:wiki -m {to}")]);
    for (verb, option) in [(V::Disable, "-d"), (V::Stop, "-s"), (V::Restart, "-R"), (V::Freeze, "-Z")] {
        assert_eq!(sent(&on(verb, "vm:wiki"), &c), [format!("clusvcadm {option} vm:wiki")]);
    }
    assert_eq!(sent(&Action::Fence { node: N3.to_owned(), how: FenceHow::Reboot }, &c), [format!("fence_node -v {N3}")]);
    assert_eq!(sent(&of_node(NodeVerb::Kill), &c), [format!("cman_tool kill -n {N3}")]);
    assert_eq!(sent(&Action::Expected { votes: 4 }, &c), ["cman_tool expected -e 4"]);
    let failed = picture("failed");
    let cleaned = sent(&on(V::Cleanup, "vm:db"), &failed);
    assert!(cleaned[0] == "clusvcadm -d vm:db" && cleaned[1].starts_with("clusvcadm -e vm:db -m virtsrv"), "{cleaned:?}");
    let frozen = picture("frozen");
    let id = frozen.services.iter().find(|s| s.flags.contains(&"frozen")).unwrap().id.clone();
    assert_eq!(sent(&on(V::Unfreeze, &id), &frozen), [format!("clusvcadm -U {id}")]);
}

#[test]
fn what_stands_in_the_picture_is_refused_without_a_question() {
    let (ok, frozen, failed) = (picture("ok"), picture("frozen"), picture("failed"));
    let id = frozen.services.iter().find(|s| s.flags.contains(&"frozen")).unwrap().id.clone();
    for action in [on(V::Disable, &id), on(V::Restart, &id), relocate(&id, N1, None), on(V::Freeze, &id)] {
        let code = if matches!(action, Action::Service(V::Freeze, _)) { "already" } else { "frozen" };
        assert_eq!(refused(&action, &frozen), [code], "{action}");
        assert!(inquiry::needed(&action, &frozen, &Findings::default()).is_empty(), "{action}: it need not ask");
    }
    assert_eq!(refused(&on(V::Enable, "vm:db"), &failed), ["failed"]);
    assert_eq!(refused(&relocate("vm:db", N1, None), &failed), ["failed"]);
    assert_eq!(refused(&on(V::Enable, "vm:wiki"), &ok), ["already"]);
    assert_eq!(refused(&on(V::Unfreeze, "vm:wiki"), &ok), ["already"]);
    assert_eq!(refused(&on(V::Cleanup, "vm:wiki"), &ok), ["already"]);
    assert_eq!(refused(&on(V::Convalesce, "vm:wiki"), &ok), ["already"]);
    assert_eq!(refused(&relocate("vm:wiki", "virtsrv3", None), &ok), ["unknown-target"]);
    assert_eq!(refused(&on(V::Disable, "wiki"), &ok), ["unknown-target"]);
    assert_eq!(refused(&Action::Fence { node: N3.to_owned(), how: FenceHow::Off }, &ok), ["way-closed"]);
    assert_eq!(refused(&of_node(NodeVerb::ConfirmFence), &ok), ["no-victim"]);
}

#[test]
fn without_a_list_of_services_the_reason_is_said() {
    let inquorate = picture("inquorate");
    assert_eq!(refused(&on(V::Disable, "vm:wiki"), &inquorate), ["no-quorum"]);
    let down = picture("local-no-rgmanager");
    assert_eq!(refused(&on(V::Disable, "vm:wiki"), &down), ["no-list"]);
}

#[test]
fn what_ran_on_a_node_that_is_not_fenced_yet_is_left_alone() {
    let c = picture("nodedown-fencing");
    let lost = c.services.iter().find(|s| s.owner.as_deref().is_some_and(|o| c.member(o).is_some_and(|m| m.status.word() == "unclean")));
    let id = &lost.expect("a service of the lost node").id;
    assert_eq!(refused(&on(V::Disable, id), &c), ["owner-not-fenced"]);
    assert_eq!(refused(&relocate(id, N1, None), &c), ["owner-not-fenced"]);
}

#[test]
fn the_lock_of_all_rgmanagers_keeps_starts_back_and_stops_not() {
    let c = picture("ok");
    let locked = |what: &What, finding| if *what == What::RgmanagerLock { Finding::RgmanagerLock(true) } else { finding };
    assert_eq!(codes(plan_with(&relocate("vm:wiki", N3, None), &c, locked)), ["locked"]);
    assert_eq!(codes(plan_with(&on(V::Restart, "vm:wiki"), &c, locked)), ["locked"]);
    assert!(plan_with(&on(V::Disable, "vm:wiki"), &c, locked).is_ok());
}

/// RHEL 4's clustat as text has no time of the last transition: there is none to wait for.
#[test]
fn a_restart_is_proved_also_where_no_transition_is_told() {
    let turned = |c: &Cluster| {
        let plan = plan_of(&on(V::Restart, "vm:wiki"), c).unwrap();
        let waits = plan.proof.iter().any(|p| matches!(p, Condition::Turned(..)));
        assert!(plan.proof.contains(&Condition::Runs("vm:wiki".to_owned())));
        assert_eq!(plan.notices.iter().any(|n| n.contains("does not tell when a service changed")), !waits, "{:?}", plan.notices);
        waits
    };
    assert!(turned(&picture("ok")));
    assert!(!turned(&with("ok", "vm:wiki", |s| s.since = None)));
}

/// The picture with a service changed.
fn with(state: &str, id: &str, change: impl Fn(&mut quorate::domain::cluster::Service)) -> Cluster {
    let mut c = (*picture(state)).clone();
    change(c.services.iter_mut().find(|s| s.id == id).unwrap());
    c
}

#[test]
fn ways_are_closed_with_reasons() {
    // A node on which something runs.
    let to = "virtsrv2n2.cnaf.infn.it";
    assert!(picture("ok").services.iter().any(|s| s.owner.as_deref() == Some(to)));
    let ways = |c: &Cluster| {
        let plan = plan_of(&relocate("vm:wiki", to, None), c);
        match plan {
            Ok(plan) => plan.ways.iter().flat_map(|w| w.closed.clone()).collect::<Vec<_>>().join("; "),
            Err(why) => why.iter().map(|r| r.why.clone()).collect::<Vec<_>>().join("; "),
        }
    };
    let restricted = with("ok", "vm:wiki", |s| {
        let domain = s.rhcs.as_mut().unwrap().domain.as_mut().unwrap();
        domain.restricted = true;
        domain.nodes.retain(|(n, _)| n != to);
    });
    assert!(ways(&restricted).contains("outside its restricted failover domain"), "{}", ways(&restricted));
    let exclusive = with("ok", "vm:wiki", |s| s.rhcs.as_mut().unwrap().conf.as_mut().unwrap().exclusive = true);
    assert!(ways(&exclusive).contains("it is exclusive, and"), "{}", ways(&exclusive));
    let nested = with("ok", "vm:wiki", |s| {
        s.rhcs.as_mut().unwrap().conf.as_mut().unwrap().resources.push(("ip".to_owned(), "192.0.2.1".to_owned()));
    });
    assert!(ways(&nested).contains("other resources stand inside it"), "{}", ways(&nested));
    let mut down = (*picture("ok")).clone();
    down.members.iter_mut().find(|m| *m.name == *to).unwrap().manager = Some(false);
    assert!(ways(&down).contains("rgmanager does not run on"), "{}", ways(&down));
    let snapshot = with("ok", "vm:wiki", |s| s.rhcs.as_mut().unwrap().conf.as_mut().unwrap().snapshot = Some("/srv/snap".to_owned()));
    let plan = plan_of(&relocate("vm:wiki", to, Some(RelocateHow::Suspend)), &snapshot).unwrap();
    assert_eq!(
        (plan.consequences.fates[0].kind, commands(&plan)[0].1.as_str()),
        (FateKind::Pauses, &*format!("clusvcadm -r vm:wiki -m {to}"))
    );
    assert_eq!(refused(&relocate("vm:wiki", to, Some(RelocateHow::Restart)), &snapshot), ["way-closed"], "its stop is a suspend");
    let mut script =
        with("ok", "vm:wiki", |s| s.rhcs.as_mut().unwrap().conf.as_mut().unwrap().scripts.push("/etc/cluster/wiki.sh".to_owned()));
    assert!(ways(&script).contains("could not be read"), "its node is not reached: {}", ways(&script));
    let near = script.member(N1).map(|m| (m.node, m.reach.clone())).unwrap();
    let owner = script.service("vm:wiki").unwrap().owner.clone().unwrap();
    let there = script.members.iter_mut().find(|m| m.name == owner).unwrap();
    (there.node, there.reach) = near;
    assert!(ways(&script).contains("its stop is a suspend, by the stop of its script /etc/cluster/wiki.sh"), "{}", ways(&script));
}

#[test]
fn a_guest_that_runs_twice_is_not_started_a_third_time() {
    let c = with("ok", "vm:wiki", |s| {
        s.state = quorate::domain::cluster::ServiceState::Disabled;
        (s.owner, s.owners) = (None, Vec::new());
    });
    let mut all = Findings::default();
    let action = on(V::Enable, "vm:wiki");
    for query in inquiry::needed(&action, &c, &all) {
        let finding = match &query.what {
            What::State(..) => Finding::State(GuestState::Is("running".to_owned(), None)),
            other => answer(other, &query.node, &c),
        };
        // As if each of two nodes had it.
        if let What::State(uri, guest) = &query.what {
            let other = quorate::action::Query::new(&Arc::from(N5), What::State(uri.clone(), guest.clone()));
            all.put(other, Ok(finding.clone()));
        }
        all.put(query, Ok(finding));
    }
    let intent = intent(action);
    assert_eq!(codes(plan::plan(&Input { intent: &intent, cluster: &c, found: &all, now: START })), ["guest-twice"]);
}

#[test]
fn a_fencing_says_who_dies_and_where_it_restarts() {
    let c = picture("ok");
    let plan = plan_of(&Action::Fence { node: N5.to_owned(), how: FenceHow::Reboot }, &c).unwrap();
    let here = c.services.iter().filter(|s| s.owner.as_deref() == Some(N5)).count();
    assert!(here > 0 && plan.consequences.fates.len() == here);
    assert!(
        plan.consequences.fates.iter().all(|f| f.kind == FateKind::DiesRestarts && f.to.as_deref() == Some(N1)),
        "their domains say n5, then n1"
    );
    let quorum = plan.consequences.quorum.as_ref().unwrap();
    assert_eq!((quorum.after, quorum.needed, quorum.quorate), (4, 3, true));
    let only = with("ok", "vm:www.cnaf", |s| {
        let domain = s.rhcs.as_mut().unwrap().domain.as_mut().unwrap();
        domain.restricted = true;
        domain.nodes.retain(|(n, _)| n == N5);
    });
    let owner = only.service("vm:www.cnaf").unwrap().owner.clone().unwrap();
    let plan = plan_of(&Action::Fence { node: owner.to_string(), how: FenceHow::Reboot }, &only);
    let fates = plan.map(|p| p.consequences.fates).unwrap_or_default();
    assert!(
        fates.iter().any(|f| f.service == "vm:www.cnaf" && f.kind == FateKind::DiesStays && f.why.is_some()) || &*owner != N5,
        "{fates:?}"
    );
}

/// Votes are no members: each may have several, and in two-node mode one is enough.
#[test]
fn other_expected_votes_say_how_many_members_may_fail() {
    let after = |present: usize, each: u32, two_node: bool, expected: u32| {
        let mut c = (*picture("ok")).clone();
        for (at, member) in c.members.iter_mut().enumerate() {
            member.votes = Some(each);
            if at >= present {
                member.status = MemberStatus::Offline;
            }
        }
        c.quorum.total = Some(u32::try_from(present).unwrap() * each);
        if two_node {
            c.quorum.flags.push("two-node".to_owned());
        }
        let quorum = plan_of(&Action::Expected { votes: expected }, &c).unwrap().consequences.quorum.unwrap();
        (quorum.needed, quorum.quorate, quorum.can_lose)
    };
    for (present, each, two_node, expected, wanted) in [
        (3, 2, false, 6, (4, true, 1)),
        (5, 1, false, 4, (3, true, 2)),
        // No fewer than half of those that are there.
        (5, 1, false, 3, (3, true, 2)),
        (3, 1, false, 3, (2, true, 1)),
        (2, 1, true, 2, (1, true, 1)),
        (1, 1, false, 3, (2, false, 0)),
    ] {
        assert_eq!(after(present, each, two_node, expected), wanted, "{present} with {each} votes each, {expected} expected");
    }
}

#[test]
fn the_hardest_commands_have_the_hardest_guard() {
    let c = picture("ok");
    let admin = gate::Session { role: Role::Admin, ..gate::Session::default() };
    let against = |action: &Action, c: &Cluster| -> Vec<&'static str> {
        let plan = plan_of(action, c).unwrap_or_else(|why| panic!("{action}: {why:?}"));
        gate::refusals(&plan, c, &admin, START).iter().map(|r| r.code).collect()
    };
    assert_eq!(against(&of_node(NodeVerb::Kill), &c), [""; 0]);
    let mut thin = (*c).clone();
    thin.quorum.total = Some(3);
    assert!(against(&of_node(NodeVerb::Kill), &thin).contains(&"quorum-lost"));
    for action in [of_node(NodeVerb::Kill), of_node(NodeVerb::Leave), Action::Expected { votes: 3 }] {
        assert_eq!(gate::needed_role(&action), Role::Admin, "{action}");
    }
    assert_eq!(gate::needed_role(&Action::Daemon { node: N3.to_owned(), daemon: Daemon::Rgmanager, start: false }), Role::Admin);
    let down = picture("nodedown-fencing");
    assert!(against(&Action::Expected { votes: 4 }, &down).contains(&"alive"), "one node is not fenced yet");
    assert!(!against(&of_node(NodeVerb::Kill), &down).is_empty(), "a fencing is under way");
}

/// A clustered group with one volume that is active on the node that is reached.
fn stored(kind: &str) -> Cluster {
    let mut c = (*picture("ok")).clone();
    let here: Vec<Arc<str>> = vec![N1.into()];
    for member in &mut c.members {
        member.reach = Reach::Up { since: START, note: None };
    }
    *c.groups = vec![VolumeGroup { name: "vg".into(), lock_type: Some("clvmd".into()), shared: true, ..VolumeGroup::default() }];
    *c.volumes = vec![Volume { vg: "vg".into(), lv: "data".into(), active_on: here.clone(), seen_by: here.clone(), ..Volume::default() }];
    let pv = |path: &str, free| PhysicalVolume {
        path: path.into(),
        vg: Some("vg".into()),
        size: Some(1 << 30),
        free: Some(free),
        seen_by: here.clone(),
        ..PhysicalVolume::default()
    };
    *c.pvs = vec![pv("/dev/sda", 1 << 29), pv("/dev/sdb", 1 << 30)];
    let source = "vg/data".to_owned();
    *c.filesystems = vec![Filesystem { node: N1.into(), mount: "/srv".into(), kind: kind.into(), source, ..Filesystem::default() }];
    c
}

#[test]
fn storage_under_clvmd_grows_and_moves_by_the_tools_of_its_time() {
    let grow = Action::Grow { volume: VolumeName { vg: "vg".into(), lv: "data".into(), node: None }, size: GrowSize::By(1 << 20) };
    for (kind, tool) in [("ext3", "resize2fs /dev/vg/data"), ("gfs2", "gfs2_grow /srv"), ("gfs", "gfs_grow /srv")] {
        let all = sent(&grow, &stored(kind));
        assert!(all[0].starts_with("lvextend --size") && all.last().unwrap() == tool, "{all:?}");
    }
    let evacuate = Action::Evacuate { pv: "/dev/sda".into(), onto: None };
    assert_eq!(sent(&evacuate, &stored("gfs2")), ["pvmove --interval 5 /dev/sda"], "all of it at once, by cmirror");
    let mut wide = stored("gfs2");
    wide.volumes[0].active_on.push(N3.into());
    let without = |what: &What, finding| if *what == What::ClusterMirror { Finding::ClusterMirror(false) } else { finding };
    let why = plan_with(&evacuate, &wide, without).unwrap_err();
    assert!(why[0].code == "several-active" && why[0].lift.contains("service cmirrord start"), "{why:?}");
    let mut missing = stored("gfs2");
    missing.members.iter_mut().find(|m| &*m.name == N3).unwrap().rhcs.as_mut().unwrap().clvmd = Some(false);
    for action in [&grow, &evacuate] {
        assert_eq!(refused(action, &missing), ["no-clvmd"], "{action}");
    }
}

#[test]
fn no_stack_no_action_and_each_refusal_says_what_would_lift_it() {
    let volume = VolumeName { vg: "vg".to_owned(), lv: "lv".to_owned(), node: None };
    let all = [
        relocate("vm:wiki", N3, None),
        on(V::Start, "vm:wiki"),
        on(V::Freeze, "vm:wiki"),
        on(V::Enable, "vm:wiki"),
        of_node(NodeVerb::Drain),
        of_node(NodeVerb::Leave),
        Action::Fence { node: N3.to_owned(), how: FenceHow::Reboot },
        Action::Maintenance { on: true },
        Action::Grow { volume, size: GrowSize::By(1) },
        Action::Evacuate { pv: "/dev/sda".to_owned(), onto: None },
        Action::Register { guest: "g".to_owned(), prefer: Vec::new() },
    ];
    let mut c = (*picture("ok")).clone();
    for stack in [Some(Stack::Libvirt), Some(Stack::Vsphere), None] {
        c.stack = stack;
        for action in &all {
            let why = plan_of(action, &c).unwrap_err();
            let code = if stack.is_none() { "no-stack" } else { "wrong-stack" };
            assert_eq!((why.len(), why[0].code), (1, code), "{action} on {stack:?}: {why:?}");
            assert!(!why[0].lift.is_empty() && why[0].why.contains(action.word()), "{why:?}");
            assert!(inquiry::needed(action, &c, &Findings::default()).is_empty(), "{action}: nothing is asked");
        }
    }
    for action in [
        on(V::Enable, "x"),
        on(V::Disable, "x"),
        on(V::Convalesce, "x"),
        of_node(NodeVerb::Kill),
        Action::Expected { votes: 1 },
        Action::Policy { service: "x".to_owned(), domain: None, recovery: None },
    ] {
        assert!(stack::bars(&action, Some(Stack::Pacemaker)).is_some(), "{action}");
        assert!(stack::bars(&action, Some(Stack::Rhcs)).is_none(), "{action}");
    }
    // The gate asks once more: a plan of one stack does not run on another.
    let c = picture("ok");
    let plan = plan_of(&on(V::Disable, "vm:wiki"), &c).unwrap();
    let mut other = (*c).clone();
    other.stack = Some(Stack::Libvirt);
    let session = gate::Session { role: Role::Admin, ..gate::Session::default() };
    assert!(gate::refusals(&plan, &other, &session, START).iter().any(|r| r.code == "wrong-stack"));
}

/// RHEL 6 has no init script for qdiskd, RHEL 4 has some of its own for ccsd and fenced; and nobody is in again who is outside the fence domain.
#[test]
fn leaving_and_joining_end_and_start_what_that_release_has() {
    let units = |names: &[&str]| -> Vec<Unit> {
        names.iter().map(|n| Unit { name: (*n).to_owned(), load: "init, at boot".to_owned(), ..Unit::default() }).collect()
    };
    let with = |version: &str, scripts: &[&str], online: bool| {
        let mut c = (*picture("qdisk")).clone();
        c.version = Some(version.to_owned());
        c.rhcs.as_mut().unwrap().quorum_disk.as_mut().unwrap().conf = Some(ConfDisk::default());
        let member = c.members.iter_mut().find(|m| &*m.name == N1).unwrap();
        member.units = units(scripts);
        if !online {
            member.status = MemberStatus::Offline;
        }
        c
    };
    let (leave, join) = (Action::Node(NodeVerb::Leave, N1.to_owned()), Action::Node(NodeVerb::Join, N1.to_owned()));
    let six = &["cman", "rgmanager", "clvmd"][..];
    let five = &["cman", "rgmanager", "clvmd", "qdiskd"][..];
    let four = &["ccsd", "cman", "fenced", "rgmanager", "clvmd"][..];
    let stop = ["service rgmanager stop", "service clvmd stop"];
    for (version, scripts, rest) in [
        ("3.0.12.1", six, &["fence_tool leave -w 60", "sh -c '# quorate: end qdiskd ...'", "cman_tool -t 60 -w leave"][..]),
        ("3.0.12.1", &[], &["fence_tool leave -w 60", "sh -c '# quorate: end qdiskd ...'", "cman_tool -t 60 -w leave"]),
        ("2.0.52", five, &["service qdiskd stop", "fence_tool leave -w", "cman_tool -t 60 -w leave"]),
        ("2.0.52", &[], &["service qdiskd stop", "fence_tool leave -w", "cman_tool -t 60 -w leave"]),
    ] {
        assert_eq!(sent(&leave, &with(version, scripts, true)), [&stop[..], rest].concat(), "{version} {scripts:?}");
    }
    for (version, scripts, all) in [
        ("3.0.12.1", six, &["service cman start", "service rgmanager start"][..]),
        ("2.0.52", five, &["service cman start", "service qdiskd start", "service rgmanager start"]),
        ("1.9.87", four, &["service ccsd start", "service cman start", "service fenced start", "service rgmanager start"]),
    ] {
        let c = with(version, scripts, false);
        assert_eq!(sent(&join, &c), all, "{version}");
        let plan = plan_of(&join, &c).unwrap();
        let proof = &plan.proof[0];
        assert!(proof.words().contains(&format!("the fence domain has {N1} in it")), "{}", proof.words());
        let judged = |c: &Cluster| proof.judge(&Seen { cluster: c, found: &Findings::default(), since: Stamp(0) });
        let mut back = with(version, scripts, true);
        assert!(judged(&back).holds(), "{:?}", judged(&back));
        back.rhcs.as_mut().unwrap().fence.as_mut().unwrap().members.retain(|m| &**m != N1);
        assert_eq!(judged(&back), Verdict::Not(format!("{N1} is outside the fence domain")));
    }
}
