//! Groups, volumes and disks of one name on several nodes, each node's own.

use std::sync::Arc;

use quorate::action::inquiry::{Finding, What};
use quorate::action::{Plan, Refusal, intent, named};
use quorate::domain::cluster::{Cluster, Filesystem, PhysicalVolume, Volume, VolumeGroup};
use quorate::domain::node::Reach;
use quorate::domain::task::{Action, GrowSize, VolumeName};

use super::plans::storage;
use super::stage::{commands, plan_with};
use crate::state::build::START;

const NODES: [&str; 3] = ["n1", "n2", "n3"];

/// Each node with a group `own` of its own: on /dev/sdc, which on n2 alone has room beside it, with a volume that it mounts; n3 has another one.
fn cluster() -> Cluster {
    let mut cluster = storage();
    for node in NODES.map(Arc::<str>::from) {
        let seen_by = || vec![Arc::clone(&node)];
        cluster.groups.push(VolumeGroup { name: "own".to_owned(), seen_by: seen_by(), ..VolumeGroup::default() });
        for lv in ["data", "more"].into_iter().filter(|lv| *lv == "data" || &*node == "n3") {
            let (vg, lv, attr) = ("own".to_owned(), lv.to_owned(), "-wi-ao----".to_owned());
            let row = Volume { vg, lv, attr, size: Some(64 << 20), ..Volume::default() };
            cluster.volumes.push(Volume { active_on: seen_by(), seen_by: seen_by(), ..row });
        }
        for path in ["/dev/sdc", "/dev/sdd"].into_iter().filter(|path| *path == "/dev/sdc" || &*node == "n2") {
            let (path, vg, size) = (path.to_owned(), Some("own".to_owned()), Some(2 << 30));
            cluster.pvs.push(PhysicalVolume { path, vg, size, free: Some(1 << 30), seen_by: seen_by(), ..PhysicalVolume::default() });
        }
        let (mount, kind, source) = ("/srv".to_owned(), "ext4".to_owned(), "own/data".to_owned());
        cluster.filesystems.push(Filesystem { node, mount, kind, source, size: Some(60 << 20), ..Filesystem::default() });
    }
    cluster
}

fn grow(volume: &str) -> Action {
    Action::Grow { volume: volume.parse().unwrap(), size: GrowSize::To(68 << 20) }
}

fn evacuate(pv: &str) -> Action {
    Action::Evacuate { pv: pv.to_owned(), onto: None }
}

fn planned(action: &Action, cluster: &Cluster) -> Result<Plan, Vec<Refusal>> {
    plan_with(action, cluster, START, |_, finding| {
        if let Finding::OnPv(list) = finding {
            *list = vec![("own".to_owned(), "data".to_owned())];
        }
    })
}

fn refusal(action: &Action, cluster: &Cluster) -> Refusal {
    planned(action, cluster).unwrap_err().remove(0)
}

#[test]
fn of_several_things_of_one_name_none_is_changed_until_its_node_is_named() {
    let cluster = cluster();
    for (action, ways) in [
        (grow("own/data"), "name one: own/data@n1, own/data@n2, own/data@n3"),
        (evacuate("/dev/sdc"), "name one: /dev/sdc@n1, /dev/sdc@n2, /dev/sdc@n3"),
    ] {
        let refused = refusal(&action, &cluster);
        assert!(refused.code == "ambiguous" && refused.lift == ways, "{refused:?}");
    }
    // What no node tells apart, no name does.
    let mut twice = storage();
    let same = twice.volumes[0].clone();
    twice.volumes.push(same);
    let refused = refusal(&grow("vg/data"), &twice);
    assert!(refused.code == "ambiguous" && refused.lift.contains("vgrename"), "{refused:?}");
}

#[test]
fn a_volume_is_grown_on_the_node_that_is_named_and_no_other() {
    let plan = planned(&grow("own/data@n2"), &cluster()).unwrap();
    let sent = commands(&plan);
    let expected = ["lvextend --size 71303168B own/data", "lvchange --refresh own/data", "resize2fs /dev/own/data"];
    assert_eq!(sent, expected.map(|command| ("n2".to_owned(), command.to_owned())));
    assert_eq!(plan.target.to_string(), "own/data@n2", "what is typed to confirm");
    assert!(plan.notices.iter().any(|n| n.ends_with("quorate act grow own/data@n2 --to 71303168B")), "{:?}", plan.notices);
    // A name that is one node's alone needs none, and may have one.
    for name in ["own/more", "own/more@n3", "/dev/own/more"] {
        assert_eq!(commands(&planned(&grow(name), &cluster()).unwrap())[0].0, "n3", "{name}");
    }
    // Another node's group of that name says nothing of this one.
    let mut locked = cluster();
    locked.groups.iter_mut().filter(|g| g.name == "own" && &*g.seen_by[0] == "n1").for_each(|g| g.shared = true);
    locked.members[0].reach = Reach::Connecting { since: START };
    assert!(planned(&grow("own/data@n2"), &locked).is_ok());
}

#[test]
fn a_disk_is_emptied_into_the_group_of_its_own_node() {
    let there = |node: &str| vec![(node.to_owned(), "pvmove --interval 5 /dev/sdc".to_owned())];
    assert_eq!(commands(&planned(&evacuate("/dev/sdc@n2"), &cluster()).unwrap()), there("n2"));
    assert_eq!(refusal(&evacuate("/dev/sdc@n1"), &cluster()).code, "no-room", "the room on n2 is none for n1");
    // An @ may be part of a path.
    let mut odd = cluster();
    odd.pvs.iter_mut().find(|p| p.path == "/dev/sdc" && &*p.seen_by[0] == "n2").unwrap().path = "/dev/disk/by-id/x@n1".to_owned();
    let plan = planned(&evacuate("/dev/disk/by-id/x@n1"), &odd).unwrap();
    assert_eq!(commands(&plan)[0], ("n2".to_owned(), "pvmove --interval 5 /dev/disk/by-id/x@n1".to_owned()));
}

/// A disk may have another path on each node: what stands behind the @ says which path is meant, and each command has its own node's.
#[test]
fn a_shared_disk_is_emptied_by_the_path_that_the_node_has_it_under() {
    let mut cluster = storage();
    cluster.groups[0].lock_type = None;
    cluster.volumes[0].active_on = vec!["n2".into()];
    // san1 is /dev/sdb on n1 and /dev/sdc on n2; san2 is the other way round.
    for (pv, (first, second)) in [("/dev/sdb", "/dev/sdc"), ("/dev/sdc", "/dev/sdb")].into_iter().enumerate() {
        (cluster.pvs[pv].path, cluster.pvs[pv].elsewhere) = (first.to_owned(), vec![("n2".into(), second.to_owned())]);
    }
    let refused = refusal(&evacuate("/dev/sdb"), &cluster);
    assert!(refused.code == "ambiguous" && refused.lift == "name one: /dev/sdb@n1, /dev/sdc@n1", "{refused:?}");
    for (name, onto, sent) in [
        ("/dev/sdb@n1", None, "pvmove --interval 5 /dev/sdc"),
        ("/dev/sdc@n2", None, "pvmove --interval 5 /dev/sdc"),
        ("/dev/sdb@n2", Some("/dev/sdb@n1"), "pvmove --interval 5 /dev/sdb /dev/sdc"),
        ("/dev/sdb@n2", Some("/dev/sdb"), "pvmove --interval 5 /dev/sdb /dev/sdc"),
    ] {
        let action = Action::Evacuate { pv: name.to_owned(), onto: onto.map(str::to_owned) };
        let plan = planned(&action, &cluster).unwrap();
        assert_eq!(commands(&plan), [("n2".to_owned(), sent.to_owned())], "{name}");
        let path = sent.split(' ').nth(3).unwrap();
        let asked: Vec<&What> = plan.proof.iter().flat_map(|proof| proof.queries()).map(|query| &query.what).collect();
        assert!(matches!(asked[..], [What::OnPv(proved)] if proved == path), "{name}: {asked:?}");
    }
}

#[test]
fn what_other_nodes_have_by_the_name_is_left_out_and_who_may_have_it_is_asked() {
    // A guest that runs on n1 has n1's volume, though n2 has its definition as well.
    let mut cluster = cluster();
    cluster.services.iter_mut().filter(|s| s.id == "vm1").for_each(|s| s.owners = vec!["n1".into()]);
    cluster.volumes.iter_mut().filter(|v| v.vg == "own").for_each(|v| v.used_by = vec!["vm1".to_owned()]);
    let plan = planned(&grow("own/data@n2"), &cluster).unwrap();
    assert!(plan.steps.iter().filter_map(|step| step.node()).all(|node| &**node == "n2"), "{plan:?}");
    // What n3 has mounted is no matter of n1's either where nothing else of n3's group is known.
    let mut silent = self::cluster();
    silent.groups.retain(|g| g.name != "own" || &*g.seen_by[0] != "n3");
    silent.volumes.retain(|v| v.vg != "own" || &*v.seen_by[0] != "n3");
    silent.pvs.retain(|p| &*p.seen_by[0] != "n3");
    let sent = commands(&planned(&grow("own/data@n1"), &silent).unwrap());
    assert_eq!(sent.last().unwrap(), &("n1".to_owned(), "resize2fs /dev/own/data".to_owned()));
    // A name alone does not say whose is meant while a member that never told of its storage may have one.
    silent.volumes.retain(|v| v.vg != "own" || &*v.seen_by[0] != "n2");
    silent.pvs.retain(|p| p.vg.as_deref() != Some("own") || &*p.seen_by[0] != "n2");
    assert!(planned(&grow("own/data"), &silent).is_ok());
    silent.members[2].reach = Reach::Connecting { since: START };
    let refused = refusal(&grow("own/data"), &silent);
    assert!(refused.code == "unreachable" && refused.lift.ends_with("or say whose it is: own/data@NODE"), "{refused:?}");
    assert!(planned(&grow("own/data@n1"), &silent).is_ok());
    let refused = refusal(&evacuate("/dev/sdx@n2"), &silent);
    assert_eq!(refused.code, "unknown-target", "n3 is not waited for");
}

/// The group's own word may come later than the volume's: until then another node's may be the same group.
#[test]
fn a_group_that_only_another_node_has_told_of_is_not_taken_for_another_one() {
    let mut cluster = storage();
    cluster.groups[0].seen_by = vec!["n2".into()];
    cluster.volumes[0].seen_by = vec!["n1".into()];
    cluster.volumes[0].active_on = vec!["n1".into()];
    cluster.members[1].reach = Reach::Connecting { since: START };
    assert_eq!(refusal(&grow("vg/data"), &cluster).code, "unreachable", "it is shared");
}

#[test]
fn names_are_given_read_and_found_missing() {
    let cluster = cluster();
    let names: Vec<String> = cluster.volumes.iter().map(|v| named::volume(&cluster, v).to_string()).collect();
    assert_eq!(names, ["vg/data", "own/data@n1", "own/data@n2", "own/data@n3", "own/more"]);
    let names: Vec<String> = cluster.pvs.iter().map(|p| named::pv(&cluster, p)).collect();
    assert_eq!(names[2..], ["/dev/sdc@n1", "/dev/sdc@n2", "/dev/sdd", "/dev/sdc@n3"]);
    for text in ["own", "own/", "/data", "a/b/c", "own/data@", ""] {
        assert!(text.parse::<VolumeName>().is_err(), "{text}");
    }
    for (action, near) in [(grow("own/data@n4"), "'own/data@n1' is there"), (evacuate("/dev/sdc@n9"), "'/dev/sdc@n1' is there")] {
        let wrong = intent::resolve(&action, &cluster).unwrap_err();
        assert!(wrong[0].code == "unknown-target" && wrong[0].lift == near, "{wrong:?}");
    }
}
