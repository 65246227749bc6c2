//! The order of rows: the same whatever it was before, however many there are.

use quorate::app::index::Index;
use quorate::app::order::{SortKey, Wish, full};
use quorate::app::rows::{Pane, Row};
use quorate::app::sort::sort;
use quorate::domain::cluster::{Cluster, Filesystem, PhysicalVolume, Volume, VolumeGroup};

use crate::view::sample;

/// Bytewise, as a picture has them.
fn names(prefix: &str, n: usize) -> Vec<String> {
    let mut names: Vec<String> = (1..=n).map(|i| format!("{prefix}{i}")).collect();
    names.sort();
    names
}

/// Two groups, two multipath maps, a hundred volumes, a dozen mounts, five sessions, eight physical volumes.
fn stored() -> Cluster {
    let mut c = sample::healthy();
    let group = |name: String| VolumeGroup { name, size: Some(4 << 40), free: Some(1 << 40), ..VolumeGroup::default() };
    *c.groups = names("vg", 2).into_iter().map(group).collect();
    let volume = |lv: String| Volume { vg: "vg1".into(), lv, size: Some(1 << 30), ..Volume::default() };
    *c.volumes = names("lv", 100).into_iter().map(volume).collect();
    let mount = |mount: String| Filesystem { node: "n1".into(), mount, source: "/dev/sda1".into(), ..Filesystem::default() };
    *c.filesystems = names("/srv", 12).into_iter().map(mount).collect();
    *c.pvs = names("/dev/sd", 8).into_iter().map(|path| PhysicalVolume { path, ..PhysicalVolume::default() }).collect();
    let mut second = c.maps[0].clone();
    second.map.name = "san2".into();
    c.maps.push(second);
    c
}

#[test]
fn storage_stands_in_blocks_by_name_however_much_there_is() {
    let c = stored();
    let index = Index::new(&c, false);
    let blocks = |turned: bool| {
        let block = |what: &str, prefix: &str, n: usize| {
            let mut titles: Vec<String> = (1..=n).map(|i| format!("{what} {prefix}{i}")).collect();
            if turned {
                titles.reverse();
            }
            titles
        };
        let sessions = (1..=5).map(|i| format!("iSCSI n{i} iqn.2026-11.org.example:san"));
        let sessions: Vec<String> = if turned { sessions.rev().collect() } else { sessions.collect() };
        [
            block("Volume group", "vg", 2),
            block("Paths of", "san", 2),
            block("Volume", "vg1/lv", 100),
            block("Filesystem", "/srv", 12),
            sessions,
            block("Physical volume", "/dev/sd", 8),
        ]
        .concat()
    };
    for reversed in [false, true] {
        let rows = full(Pane::Storage, Vec::new(), &c, &index, &Wish { reversed, ..Wish::default() });
        let titles: Vec<String> = rows.iter().map(|r| r.id(&c, &index).unwrap().title()).collect();
        assert_eq!(titles, blocks(reversed));
    }
}

#[test]
fn the_order_does_not_depend_on_the_one_before() {
    let c = stored();
    let index = Index::new(&c, false);
    for pane in [Pane::Storage, Pane::Network, Pane::Services, Pane::Members] {
        for key in SortKey::of(pane) {
            for reversed in [false, true] {
                let wish = Wish { sort: *key, reversed, ..Wish::default() };
                let sorted = full(pane, Vec::new(), &c, &index, &wish);
                for step in [1, 7, 31] {
                    let mut rows: Vec<Row> = (0..step).flat_map(|from| sorted.iter().rev().skip(from).step_by(step).copied()).collect();
                    sort(&mut rows, &c, &index, &wish);
                    assert_eq!(rows, sorted, "{pane:?} {key:?} {reversed} {step}");
                }
            }
        }
    }
}
