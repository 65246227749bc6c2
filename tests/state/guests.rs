//! Guests beside services: drift, what runs twice, what nobody manages, definitions that differ.

use std::sync::Arc;
use std::time::Duration;

use quorate::domain::alert::AlertCode;
use quorate::domain::cluster::Stack;
use quorate::domain::event::Severity;
use quorate::domain::guest::{Definition, Disk, DiskKind, GuestState, Nic};
use quorate::domain::observation::guest::{GuestList, GuestRow, GuestSample, VirtHost, VirtPlace};
use quorate::domain::observation::host::Tools;
use quorate::domain::observation::manager::{GuestParam, Primitive};
use quorate::domain::observation::storage::{LvRow, MapRow, MountRow};
use quorate::domain::observation::{Observation, Observed, Question, TroubleKind};
use serde_json::Value;

use super::build::{Lab, alerts, observed, one, ring, service, severity_of, started, stopped, trio, view};

pub fn row(name: &str, uuid: &str, state: GuestState) -> GuestRow {
    let id = state.is_active().then_some(4);
    GuestRow { uuid: uuid.to_owned(), name: name.to_owned(), id, state, reason: None, migrating: false }
}

pub fn migrating(name: &str, uuid: &str, state: GuestState) -> GuestRow {
    GuestRow { migrating: true, reason: Some("migrating"), ..row(name, uuid, state) }
}

fn definition(name: &str, uuid: &str, disk: &str) -> Definition {
    let disk = Disk {
        target: "vda".to_owned(),
        device: "disk".to_owned(),
        kind: DiskKind::File,
        source: Some(disk.to_owned()),
        ..Disk::default()
    };
    let nic = Nic { mac: Some("52:54:00:00:00:01".to_owned()), ..Nic::default() };
    Definition {
        uuid: uuid.to_owned(),
        name: name.to_owned(),
        vcpus: Some(2),
        memory: Some(1 << 30),
        disks: vec![disk],
        nics: vec![nic],
        ..Definition::default()
    }
}

pub fn list(lab: &mut Lab, node: u32, rows: Vec<GuestRow>, definitions: Vec<Definition>) {
    let definitions = definitions.into_iter().map(Arc::new).collect();
    lab.say(node, Question::Guests, Observation::Guests(GuestList { rows, definitions }));
}

/// n1, n2, n3 with quorum and these resources; libvirt has listed nothing on each.
pub fn lab(resources: Vec<Primitive>) -> Lab {
    let mut lab = Lab::of(&["n1", "n2", "n3"]);
    lab.quorum(1, ring(1, true, 2, &[(1, "n1", 1), (2, "n2", 1), (3, "n3", 1)]));
    lab.manager(1, view(trio(), resources.into_iter().map(one).collect()));
    for node in 1..=3 {
        list(&mut lab, node, Vec::new(), Vec::new());
    }
    lab.pass(1000);
    lab
}

fn drift(lab: &mut Lab) -> Option<String> {
    service(&lab.picture(), "vm1").drift.clone()
}

#[test]
fn a_guest_that_runs_where_the_manager_says_is_no_news() {
    let mut lab = lab(vec![started("vm1", &["n2"])]);
    list(&mut lab, 2, vec![row("vm1", "u1", GuestState::Running)], vec![definition("vm1", "u1", "/d")]);
    let picture = lab.picture();
    let vm1 = service(&picture, "vm1");
    let guest = vm1.guest.as_ref().unwrap();
    assert_eq!((guest.state, &*guest.node, vm1.drift.as_deref()), (GuestState::Running, "n2", None));
    assert_eq!(picture.guests[0].managed_by.as_deref(), Some("vm1"));
    assert_eq!((picture.guests[0].vcpus(), picture.guests[0].memory()), (Some(2), Some(1 << 30)));
    assert!(alerts(&picture).iter().all(|(_, code, _)| !code.starts_with("guest")), "{:?}", picture.alerts);
}

#[test]
fn drift_is_told_for_what_is_paused_crashed_absent_or_elsewhere() {
    let cases: [(Vec<(u32, GuestRow)>, &str); 5] = [
        (vec![(2, GuestRow { reason: Some("I/O error"), ..row("vm1", "u", GuestState::Paused) })], "paused (I/O error)"),
        (vec![(2, row("vm1", "u", GuestState::Crashed))], "crashed"),
        (vec![(2, row("vm1", "u", GuestState::Shutoff))], "shutoff"),
        (vec![], "has no such guest"),
        (vec![(3, row("vm1", "u", GuestState::Running))], "running on n3"),
    ];
    for (rows, words) in cases {
        let mut lab = lab(vec![started("vm1", &["n2"])]);
        for (node, row) in rows {
            list(&mut lab, node, vec![row], Vec::new());
        }
        lab.pass(1000).manager(1, view(trio(), vec![one(started("vm1", &["n2"]))]));
        let said = drift(&mut lab).unwrap_or_else(|| panic!("no drift: {words}"));
        assert!(said.contains(words), "{said}");
        assert_eq!(severity_of(&lab.picture(), AlertCode::GuestDrift, "vm1"), Some(Severity::Warning));
    }
}

#[test]
fn a_guest_that_the_manager_thinks_stopped_and_runs_is_drift() {
    let mut lab = lab(vec![stopped("vm1")]);
    list(&mut lab, 3, vec![row("vm1", "u", GuestState::Running)], Vec::new());
    lab.pass(1000).manager(1, view(trio(), vec![one(stopped("vm1"))]));
    assert!(drift(&mut lab).unwrap().contains("running on n3"));
}

#[test]
fn what_is_on_its_way_or_unknown_is_no_drift() {
    // A live migration: the target waits, the source runs.
    let mut moving = lab(vec![started("vm1", &["n2"])]);
    list(&mut moving, 2, vec![row("vm1", "u", GuestState::Running)], Vec::new());
    list(&mut moving, 3, vec![migrating("vm1", "u", GuestState::Paused)], Vec::new());
    assert_eq!(drift(&mut moving), None);
    assert_eq!(severity_of(&moving.picture(), AlertCode::GuestTwice, "vm1"), None);
    // The last moment of it.
    list(&mut moving, 2, vec![migrating("vm1", "u", GuestState::Paused)], Vec::new());
    list(&mut moving, 3, vec![row("vm1", "u", GuestState::Running)], Vec::new());
    assert_eq!(drift(&mut moving), None);
    assert_eq!(severity_of(&moving.picture(), AlertCode::GuestTwice, "vm1"), None);
    // Nobody answers on n2.
    let mut deaf = lab(vec![started("vm1", &["n2"])]);
    deaf.fail(2, Question::Guests, TroubleKind::Late);
    assert_eq!(drift(&mut deaf), None);
    let virt = deaf.picture().virt.iter().map(|v| (v.node.to_string(), v.up)).collect::<Vec<_>>();
    assert_eq!(virt, [("n1".to_owned(), true), ("n2".to_owned(), false), ("n3".to_owned(), true)]);
}

#[test]
fn how_long_a_guest_runs_is_told_by_its_node_and_by_a_start_that_was_seen() {
    let up = |lab: &mut Lab| {
        let picture = lab.picture();
        let guest = picture.guests.iter().find(|g| g.name == "vm1").unwrap();
        guest.up_since.map(|since| since.age(guest.at).as_secs())
    };
    let told = |lab: &mut Lab, age: u64| {
        let ages = vec![("vm1".to_owned(), Duration::from_secs(age))];
        lab.say(2, Question::LibvirtSockets, Observation::LibvirtSockets(VirtPlace { ages, ..VirtPlace::default() }));
    };
    let runs = |lab: &mut Lab| list(lab, 2, vec![row("vm1", "u", GuestState::Running)], Vec::new());
    // It ran before it was looked at, and nobody tells since when.
    let mut unknown = Lab::of(&["n1", "n2", "n3"]);
    runs(&mut unknown);
    assert_eq!(up(&mut unknown), None);
    told(&mut unknown, 3600);
    assert_eq!(up(&mut unknown), Some(3600));
    // Seen to start.
    let mut seen = lab(vec![]);
    told(&mut seen, 3600);
    seen.pass(1000);
    runs(&mut seen);
    seen.pass(30_000);
    runs(&mut seen);
    assert_eq!(up(&mut seen), Some(30));
    // A pause is no start, and what is off does not run.
    told(&mut seen, 30);
    seen.pass(10_000);
    list(&mut seen, 2, vec![row("vm1", "u", GuestState::Paused)], Vec::new());
    assert_eq!(up(&mut seen), Some(40));
    list(&mut seen, 2, vec![row("vm1", "u", GuestState::Shutoff)], Vec::new());
    assert_eq!(up(&mut seen), None);
}

#[test]
fn a_daemon_that_hangs_leaves_its_guests_on_the_screen_as_old() {
    let mut lab = lab(vec![started("vm1", &["n2"])]);
    list(&mut lab, 2, vec![row("vm1", "u", GuestState::Running)], Vec::new());
    for kind in [TroubleKind::Late, TroubleKind::Lost, TroubleKind::Failed] {
        lab.pass(1000).fail(2, Question::Guests, kind);
        let picture = lab.picture();
        assert_eq!((picture.guests.len(), picture.guests[0].stale), (1, true), "{kind:?}");
    }
}

#[test]
fn the_same_uuid_active_on_two_nodes_is_critical_whatever_the_manager_says() {
    for resources in [vec![started("vm1", &["n2"])], vec![]] {
        let managed = !resources.is_empty();
        let mut lab = lab(resources);
        for node in [2, 3] {
            list(&mut lab, node, vec![row("vm1", "u", GuestState::Running)], Vec::new());
        }
        let picture = lab.picture();
        let alert = picture.alerts.iter().find(|a| a.code == AlertCode::GuestTwice).unwrap_or_else(|| panic!("{managed}"));
        assert_eq!((alert.severity, alert.subject.as_str()), (Severity::Critical, "vm1"));
        assert!(alert.text.contains("n2") && alert.text.contains("n3"), "{}", alert.text);
        assert_eq!(picture.alerts[0].code, AlertCode::GuestTwice);
    }
}

#[test]
fn an_answer_from_before_a_move_is_no_double_run() {
    let mut lab = lab(vec![started("vm1", &["n2"])]);
    list(&mut lab, 2, vec![row("vm1", "u", GuestState::Running)], Vec::new());
    lab.pass(5000);
    // n2 has not been asked since it began on n3.
    list(&mut lab, 3, vec![row("vm1", "u", GuestState::Running)], Vec::new());
    assert_eq!(severity_of(&lab.picture(), AlertCode::GuestTwice, "vm1"), None);
    lab.pass(100);
    list(&mut lab, 2, vec![row("vm1", "u", GuestState::Running)], Vec::new());
    assert_eq!(severity_of(&lab.picture(), AlertCode::GuestTwice, "vm1"), Some(Severity::Critical));
}

#[test]
fn two_guests_on_one_shared_disk_are_critical_and_local_disks_of_one_path_are_not() {
    let mut lab = lab(vec![]);
    for (node, uuid) in [(2, "a"), (3, "b")] {
        list(&mut lab, node, vec![row(uuid, uuid, GuestState::Running)], vec![definition(uuid, uuid, "/images/x.raw")]);
    }
    assert!(!alerts(&lab.picture()).iter().any(|(_, code, _)| *code == "guest-twice"));
    for node in [2, 3] {
        let mount =
            MountRow { mount: "/images".to_owned(), kind: "gfs2".to_owned(), source: "/dev/vg/gfs".to_owned(), ..MountRow::default() };
        lab.say(node, Question::Filesystems, Observation::Filesystems(vec![mount]));
    }
    lab.pass(100);
    for (node, uuid) in [(2, "a"), (3, "b")] {
        list(&mut lab, node, vec![row(uuid, uuid, GuestState::Running)], Vec::new());
    }
    assert!(alerts(&lab.picture()).iter().any(|(severity, code, _)| *code == "guest-twice" && *severity == Severity::Critical));
}

#[test]
fn a_unit_that_guests_speak_scsi_to_is_a_disk_as_well() {
    let mut lab = lab(vec![]);
    for (node, uuid) in [(2, "a"), (3, "b")] {
        // The name of the map looks like that of a volume.
        let map = MapRow { name: "san-lun1".to_owned(), wwid: Some("3600a".to_owned()), ..MapRow::default() };
        lab.say(node, Question::Multipath, Observation::Multipath(vec![map]));
        let mut made = definition(uuid, uuid, "/dev/mapper/san-lun1");
        (made.disks[0].device, made.disks[0].kind) = ("lun".to_owned(), DiskKind::Block);
        list(&mut lab, node, vec![row(uuid, uuid, GuestState::Running)], vec![made]);
    }
    let picture = lab.picture();
    let twice = picture.alerts.iter().find(|a| a.code == AlertCode::GuestTwice).unwrap();
    assert!(twice.text.contains("both write to 3600a"), "{}", twice.text);
}

#[test]
fn one_daemon_behind_two_addresses_is_one() {
    let mut lab = lab(vec![]);
    for node in [2, 3] {
        let host = VirtHost { hostname: Some("h".to_owned()), uuid: Some("x".to_owned()), ..VirtHost::default() };
        lab.say(node, Question::VirtHost, Observation::VirtHost(Box::new(host)));
        list(&mut lab, node, vec![row("vm1", "u", GuestState::Running)], Vec::new());
    }
    assert_eq!(lab.picture().guests.len(), 1);
}

#[test]
fn a_guest_without_a_service_is_unmanaged_where_something_manages() {
    let mut managed = lab(vec![started("vm1", &["n2"])]);
    list(
        &mut managed,
        2,
        vec![row("vm1", "u", GuestState::Running), row("odd", "o", GuestState::Running), row("off", "f", GuestState::Shutoff)],
        Vec::new(),
    );
    assert_eq!(severity_of(&managed.picture(), AlertCode::GuestUnmanaged, "odd"), Some(Severity::Notice));
    assert_eq!(severity_of(&managed.picture(), AlertCode::GuestUnmanaged, "off"), None);
    let mut plain = Lab::strangers(&["h1"]);
    plain.up(1).say(1, Question::Tools, Observation::Tools(Tools { hostname: Some("h1".to_owned()), ..Tools::default() }));
    list(&mut plain, 1, vec![row("odd", "o", GuestState::Running)], Vec::new());
    let picture = plain.picture();
    assert_eq!((picture.stack, picture.guests.len()), (Some(Stack::Libvirt), 1));
    assert_eq!(severity_of(&picture, AlertCode::GuestUnmanaged, "odd"), None);
}

#[test]
fn a_resource_and_its_guest_may_have_different_names() {
    for (param, name) in [
        (GuestParam { name: Some("mail".to_owned()), ..GuestParam::default() }, "mail"),
        (GuestParam { config: Some("/etc/vm/mail.cfg.xml".to_owned()), ..GuestParam::default() }, "mail"),
        (GuestParam { config: Some("/etc/vm/mail.xml".to_owned()), ..GuestParam::default() }, "mail"),
    ] {
        let mut lab = lab(vec![started("vm1", &["n2"])]);
        lab.say(1, Question::GuestParams, Observation::GuestParams(vec![GuestParam { resource: "vm1".to_owned(), ..param }]));
        list(&mut lab, 2, vec![row(name, "u", GuestState::Running)], Vec::new());
        let picture = lab.picture();
        assert_eq!(picture.guests[0].managed_by.as_deref(), Some("vm1"));
        assert_eq!(service(&picture, "vm1").drift, None);
    }
}

#[test]
fn definitions_that_differ_between_nodes_are_said_with_what_differs() {
    let mut lab = lab(vec![]);
    let kept = |print: u64, memory: u64| Definition { fingerprint: Some(print), memory: Some(memory), ..definition("vm1", "u", "/d") };
    list(&mut lab, 2, vec![row("vm1", "u", GuestState::Shutoff)], vec![kept(1, 1 << 30)]);
    list(&mut lab, 3, vec![row("vm1", "u", GuestState::Shutoff)], vec![kept(1, 1 << 30)]);
    assert_eq!(severity_of(&lab.picture(), AlertCode::ConfigDiffers, "vm1"), None);
    lab.pass(1000);
    list(&mut lab, 3, vec![row("vm1", "u", GuestState::Shutoff)], vec![kept(2, 2 << 30)]);
    let picture = lab.picture();
    let alert = picture.alerts.iter().find(|a| a.code == AlertCode::ConfigDiffers).unwrap();
    assert!(alert.text.contains("memory 1024 MiB and 2048 MiB"), "{}", alert.text);
}

#[test]
fn volumes_name_the_services_behind_their_guests() {
    let mut lab = lab(vec![started("vm1", &["n2"])]);
    for (path, lv) in [("/dev/vg/root", "root"), ("/dev/mapper/vg-r--2", "r-2")] {
        let row_of = LvRow { vg: "vg".to_owned(), lv: lv.to_owned(), attr: "-wi-ao----".to_owned(), ..LvRow::default() };
        lab.pass(1000).say(2, Question::Lvs, Observation::Lvs(vec![row_of]));
        list(&mut lab, 2, vec![row("vm1", "u", GuestState::Running)], vec![definition("vm1", "u", path)]);
        assert_eq!(lab.picture().volumes[0].used_by, ["vm1"], "{path}");
    }
}

#[test]
fn a_rate_needs_two_readings_and_survives_a_restart_of_the_guest() {
    let mut lab = lab(vec![]);
    let sample =
        |cpu| GuestSample { uuid: "u".to_owned(), cpu_ns: Some(cpu), vcpus: Some(2), net_rx: Some(cpu / 1000), ..GuestSample::default() };
    list(&mut lab, 2, vec![row("vm1", "u", GuestState::Running)], Vec::new());
    lab.say(2, Question::GuestStats, Observation::GuestStats(vec![sample(1_000_000_000)]));
    assert_eq!(lab.picture().guests[0].figures.cpu_percent, None);
    lab.pass(2000).say(2, Question::GuestStats, Observation::GuestStats(vec![sample(4_000_000_000)]));
    let figures = lab.picture().guests[0].figures.clone();
    assert_eq!((figures.cpu_percent, figures.net.0, figures.cpu_history), (Some(150.0), Some(1_500_000), vec![75]));
    lab.pass(2000).say(2, Question::GuestStats, Observation::GuestStats(vec![sample(1_000)]));
    assert_eq!(lab.picture().guests[0].figures.cpu_percent, None);
}

#[test]
fn the_json_is_the_contracts() {
    let mut lab = lab(vec![started("vm1", &["n2"])]);
    list(&mut lab, 2, vec![GuestRow { reason: Some("user"), ..row("vm1", "u1", GuestState::Paused) }], vec![definition("vm1", "u1", "/d")]);
    lab.pass(1000).manager(1, view(trio(), vec![one(started("vm1", &["n2"]))]));
    let picture = lab.picture();
    let json: Value = serde_json::from_str(&quorate::report::status::to_json(&picture, lab.now)).unwrap();
    assert_eq!(
        json["guests"],
        serde_json::json!([{"name": "vm1", "uuid": "u1", "node": "n2", "state": "paused", "vcpus": 2, "memory_bytes": 1_073_741_824_u64, "managed_by": "vm1"}])
    );
    assert_eq!(json["services"][0]["guest"], serde_json::json!({"state": "paused", "node": "n2", "reason": "user"}));
    assert!(json["services"][0]["drift"].as_str().unwrap().contains("paused (user)"));
}

#[test]
fn a_libvirt_that_stops_answering_and_comes_back_is_said_once_each() {
    let mut lab = lab(vec![]);
    lab.events();
    lab.pass(1000).fail(2, Question::Guests, TroubleKind::Late);
    let said: Vec<_> = lab.events().into_iter().map(|e| (e.node.as_deref().map(str::to_owned), e.severity, e.source.word())).collect();
    assert_eq!(said, [(Some("n2".to_owned()), Severity::Warning, "libvirt")]);
    lab.pass(1000).fail(2, Question::Guests, TroubleKind::Late);
    assert_eq!(lab.events(), []);
    lab.pass(1000);
    list(&mut lab, 2, Vec::new(), Vec::new());
    let events = lab.events();
    assert_eq!((events.len(), events[0].text.as_str()), (1, "libvirt of n2 answers again"));
}

#[test]
fn a_state_that_no_event_told_is_said_by_the_difference() {
    let mut lab = lab(vec![]);
    list(&mut lab, 2, vec![row("vm1", "u", GuestState::Running)], Vec::new());
    lab.events();
    lab.pass(1000);
    list(&mut lab, 2, vec![GuestRow { reason: Some("I/O error"), ..row("vm1", "u", GuestState::Paused) }], Vec::new());
    let events = lab.events();
    assert_eq!(
        (events.len(), events[0].severity, events[0].text.as_str()),
        (1, Severity::Critical, "vm1 is paused (I/O error) (was running)")
    );
    lab.pass(1000);
    list(&mut lab, 2, vec![migrating("vm1", "u", GuestState::Running)], Vec::new());
    assert_eq!(lab.events(), []);
}

#[test]
fn a_change_after_the_managers_last_word_is_not_judged_by_it() {
    let mut lab = lab(vec![started("vm1", &["n2"])]);
    list(&mut lab, 2, vec![row("vm1", "u", GuestState::Running)], Vec::new());
    lab.manager(1, view(trio(), vec![one(started("vm1", &["n2"]))]));
    assert_eq!(drift(&mut lab), None);
    lab.pass(1000);
    list(&mut lab, 2, Vec::new(), Vec::new());
    assert_eq!(drift(&mut lab), None);
    // It was asked before the change, and took its time.
    lab.pass(1000);
    let seen = observed(1, Question::CrmMon, lab.now, Observation::Manager(Box::new(view(trio(), vec![one(started("vm1", &["n2"]))]))));
    lab.store.observe(Observed { took: Duration::from_secs(2), ..seen });
    assert_eq!(drift(&mut lab), None);
    lab.pass(1000).manager(1, view(trio(), vec![one(started("vm1", &["n2"]))]));
    assert!(drift(&mut lab).unwrap().contains("has no such guest"));
}

#[test]
fn a_guest_whose_name_is_only_guessed_is_not_called_absent_while_a_stranger_runs_there() {
    let param = |name: Option<&str>| GuestParam { resource: "vm1".to_owned(), name: name.map(str::to_owned), ..GuestParam::default() };
    let mut lab = lab(vec![started("vm1", &["n2"])]);
    list(&mut lab, 2, vec![row("mail", "u", GuestState::Running)], Vec::new());
    lab.pass(1000).manager(1, view(trio(), vec![one(started("vm1", &["n2"]))]));
    lab.say(1, Question::GuestParams, Observation::GuestParams(vec![param(None)]));
    assert_eq!(drift(&mut lab), None);
    lab.pass(1000).say(1, Question::GuestParams, Observation::GuestParams(vec![param(Some("web"))]));
    assert!(drift(&mut lab).is_some());
    let elsewhere = GuestParam { hypervisor: Some("lxc:///".to_owned()), ..param(Some("web")) };
    lab.pass(1000).say(1, Question::GuestParams, Observation::GuestParams(vec![elsewhere]));
    assert_eq!(drift(&mut lab), None);
}
