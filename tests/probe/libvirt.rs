//! What libvirt says, read: definitions, states, statistics, jobs, events, sockets.

use proptest::prelude::*;
use quorate::domain::event::{Severity, Source};
use quorate::domain::guest::{Definition, DiskKind, GuestState, NicKind};
use quorate::domain::observation::manager::GuestParam;
use quorate::domain::observation::{Observation, Question};
use quorate::link::libvirt::said::{DefinitionSaid, Fields, GuestsSaid, HostSaid, JobSaid, RowSaid, StatsSaid, Value, What, Who};
use quorate::link::libvirt::{Heard, Said};
use quorate::probe::{self, Raw, libvirt};

const RUNNING: &str = include_str!("../fixtures/libvirt/running.xml");
const RICH: &str = include_str!("../fixtures/libvirt/rich.xml");

fn define(xml: &str, inactive: Option<&str>) -> Definition {
    let said = DefinitionSaid {
        uuid: "u".to_owned(),
        xml: xml.to_owned(),
        inactive: inactive.map(str::to_owned),
        persistent: Some(true),
        autostart: Some(true),
        saved: Some(true),
        snapshots: vec!["before".to_owned()],
    };
    libvirt::definition(&said)
}

#[test]
fn a_definition_tells_what_a_guest_is_made_of() {
    let d = define(RICH, None);
    assert_eq!((d.name.as_str(), d.title.as_deref(), d.kind.as_str()), ("db & mail", Some("the database"), "kvm"));
    assert_eq!((d.vcpus, d.memory), (Some(2), Some(4 << 30)));
    assert_eq!(
        (d.machine.as_deref(), d.firmware.as_deref(), d.cpu.as_deref()),
        (Some("pc-q35-9.2"), Some("efi"), Some("host-passthrough"))
    );
    assert_eq!(d.boot, ["interface", "vda"]);
    let disks: Vec<_> = d.disks.iter().map(|k| (k.target.as_str(), k.kind, k.source.as_deref(), k.read_only, k.shareable)).collect();
    assert_eq!(
        disks,
        [
            ("vda", DiskKind::Block, Some("/dev/vg-data/db--root"), false, false),
            ("vdb", DiskKind::File, Some("/netcluster0/db.qcow2"), false, true),
            ("vdc", DiskKind::Network, Some("rbd:pool/db"), false, false),
            ("sda", DiskKind::File, None, true, false),
        ]
    );
    assert_eq!(d.disks[1].backing, ["/netcluster0/base.qcow2", "/netcluster0/root.raw"]);
    let nics: Vec<_> = d.nics.iter().map(|n| (n.mac.as_deref().unwrap(), n.kind, n.source.as_deref(), n.down)).collect();
    assert_eq!(
        nics,
        [
            ("52:54:00:aa:bb:01", NicKind::Bridge, Some("br7"), false),
            ("52:54:00:aa:bb:02", NicKind::Network, Some("default"), true),
            ("52:54:00:aa:bb:03", NicKind::Direct, Some("bond0"), false),
        ]
    );
    assert_eq!(
        (d.nics[0].vlans.as_slice(), d.nics[1].bridge.as_deref(), d.nics[1].device.as_deref()),
        (&[12][..], Some("virbr0"), Some("vnet4"))
    );
    assert_eq!((d.agent, d.console, d.saved, d.autostart), (Some(true), true, true, Some(true)));
    assert_eq!(d.host_devices, ["pci 0000:3b:00:1"]);
    assert_eq!(d.snapshots, ["before"]);
    assert_eq!(d.xml.len(), RICH.lines().count());
    // A NIC of the host ties it as well, unless libvirt takes it off for a migration.
    let nic = "<interface type='hostdev'><source><address type='pci' domain='0x0000' bus='0x3b' slot='0x02' function='0x0'/></source>";
    let with = |rest: &str| define(&RICH.replace("</devices>", &format!("{nic}{rest}</interface></devices>")), None).host_devices;
    assert_eq!(with(""), ["pci 0000:3b:00:1", "nic 0000:3b:02:0"]);
    assert_eq!(with("<teaming type='transient'/>"), ["pci 0000:3b:00:1"]);
}

#[test]
fn a_disk_over_the_network_is_named_with_its_servers() {
    let rbd = "<source protocol='rbd' name='pool/db'/>";
    let source = |said: &str| define(&RICH.replace(rbd, said), None).disks[2].source.clone();
    let cases = [
        (rbd, Some("rbd:pool/db")),
        (
            "<source protocol='rbd' name='pool/db'><host name='mon2' port='6789'/><host name='mon1'/></source>",
            Some("rbd:pool/db on mon1, mon2:6789"),
        ),
        ("<source protocol='nbd'><host name='2001:db8::1' port='10809'/></source>", Some("nbd: on [2001:db8::1]:10809")),
        ("<source protocol='nbd' name='d'><host transport='unix' socket='/run/nbd'/></source>", Some("nbd:d on /run/nbd")),
        ("<source protocol='nbd'/>", None),
    ];
    for (said, expected) in cases {
        assert_eq!(source(said).as_deref(), expected, "{said}");
    }
}

#[test]
fn what_happens_to_run_is_no_difference_and_what_is_defined_is() {
    let print = |live: &str, kept: &str| define(live, Some(kept)).fingerprint.unwrap();
    let base = print(RUNNING, RICH);
    assert_eq!(base, print(RICH, RICH));
    assert_eq!(base, print(RICH, &RICH.replace("<title>the database</title>", "<title>x</title><metadata><a/></metadata>")));
    assert_eq!(base, print(RICH, &RICH.replace("<domain type='kvm'", "<domain id='7' type='kvm'")));
    assert_ne!(base, print(RICH, &RICH.replace("cache='none'", "cache='writeback'")));
    assert_ne!(base, print(RICH, &RICH.replace("<shareable/>", "")));
    let said = DefinitionSaid { xml: RUNNING.to_owned(), persistent: Some(false), ..DefinitionSaid::default() };
    assert_eq!(libvirt::definition(&said).fingerprint, None);
}

fn states(state: i64, reason: i64) -> (GuestState, Option<&'static str>, bool) {
    let row = RowSaid { uuid: "u".to_owned(), name: "\u{1b}[31mvm".to_owned(), id: Some(1), state, reason };
    let Observation::Guests(list) = libvirt::read(Said::Guests(GuestsSaid { rows: vec![row], definitions: Vec::new() })) else { panic!() };
    assert_eq!(list.rows[0].name, "\\e[31mvm");
    (list.rows[0].state, list.rows[0].reason, list.rows[0].migrating)
}

#[test]
fn states_and_reasons_are_the_words_of_virsh() {
    assert_eq!(states(1, 1), (GuestState::Running, Some("booted"), false));
    assert_eq!(states(3, 5), (GuestState::Paused, Some("I/O error"), false));
    assert_eq!(states(3, 2), (GuestState::Paused, Some("migrating"), true));
    assert_eq!((states(3, 12).2, states(1, 10).2), (true, true));
    assert_eq!(states(3, 13), (GuestState::Paused, Some("post-copy failed"), false));
    assert_eq!(states(1, 11), (GuestState::Running, Some("post-copy failed"), false));
    assert_eq!(states(5, 5), (GuestState::Shutoff, Some("saved"), false));
    assert_eq!(states(6, 1), (GuestState::Crashed, Some("panicked"), false));
    assert_eq!(states(99, 99), (GuestState::Unknown, None, false));
}

fn fields(pairs: &[(&str, Value)]) -> Fields {
    pairs.iter().map(|(k, v)| ((*k).to_owned(), v.clone())).collect()
}

#[test]
fn statistics_add_up_over_nics_and_keep_disks_apart() {
    use Value::{Count, Text};
    let said = StatsSaid {
        uuid: "u".to_owned(),
        fields: fields(&[
            ("cpu.time", Count(5_000)),
            ("balloon.current", Count(1024)),
            ("balloon.usable", Count(24)),
            ("vcpu.current", Count(2)),
            ("net.count", Count(2)),
            ("net.0.rx.bytes", Count(10)),
            ("net.1.rx.bytes", Count(5)),
            ("block.count", Count(u64::MAX)),
            ("block.0.name", Text("vda".to_owned())),
            ("block.0.wr.bytes", Count(77)),
            ("block.0.capacity", Count(1 << 20)),
        ]),
    };
    let Observation::GuestStats(rows) = libvirt::read(Said::Stats(vec![said])) else { panic!() };
    let row = &rows[0];
    assert_eq!((row.cpu_ns, row.vcpus, row.memory, row.memory_usable), (Some(5000), Some(2), Some(1 << 20), Some(24 << 10)));
    assert_eq!((row.net_rx, row.net_tx), (Some(15), None));
    assert_eq!(row.disks.len(), 1);
    assert_eq!((row.disks[0].target.as_str(), row.disks[0].written, row.disks[0].capacity), ("vda", Some(77), Some(1 << 20)));
}

#[test]
fn a_job_tells_its_progress() {
    use Value::Count;
    let said = JobSaid {
        uuid: "u".to_owned(),
        kind: 2,
        fields: fields(&[
            ("operation", Count(5)),
            ("data_total", Count(400)),
            ("data_remaining", Count(100)),
            ("memory_dirty_rate", Count(10)),
            ("memory_page_size", Count(4096)),
        ]),
    };
    let Observation::GuestJobs(jobs) = libvirt::read(Said::Jobs(vec![said])) else { panic!() };
    assert_eq!((jobs[0].operation, jobs[0].percent(), jobs[0].dirty_rate), ("outgoing migration", Some(75.0), Some(40960)));
}

#[test]
fn the_host_tells_its_cpu() {
    let xml = "<capabilities>\n<host><uuid>h</uuid><cpu><arch>x86_64</arch><model>EPYC</model><vendor>AMD</vendor><feature name='x2apic'/></cpu></host>\n</capabilities>";
    let said = HostSaid { capabilities: Some(xml.to_owned()), library: Some(11_003_000), ..HostSaid::default() };
    let Observation::VirtHost(host) = libvirt::read(Said::Host(said)) else { panic!() };
    assert_eq!((host.uuid.as_deref(), host.cpu_model.as_deref(), host.version.as_deref()), (Some("h"), Some("EPYC"), Some("11.3.0")));
    assert!(host.cpu_xml.unwrap().starts_with("<cpu><arch>"));
}

fn told(what: What) -> (Option<(Severity, String)>, Vec<Question>, bool) {
    let told = libvirt::told(&Heard { who: Who { uuid: "u".to_owned(), name: "vm1".to_owned() }, what });
    let line = told.line.map(|line| {
        assert_eq!((line.source, line.subject.as_deref()), (Source::Libvirt, Some("vm1")));
        (line.severity, line.text)
    });
    (line, told.stale, told.turns)
}

#[test]
fn events_weigh_what_they_mean() {
    let says = |what, severity, text: &str| assert_eq!(told(what).0, Some((severity, text.to_owned())));
    says(What::Lifecycle(2, 0), Severity::Info, "vm1 started (booted)");
    says(What::Lifecycle(3, 0), Severity::Notice, "vm1 is paused");
    says(What::Lifecycle(3, 2), Severity::Critical, "vm1 is paused: I/O error");
    says(What::Lifecycle(5, 2), Severity::Critical, "vm1 stopped (crashed)");
    says(What::Lifecycle(5, 3), Severity::Info, "vm1 left (migrated)");
    let io = What::IoError { path: "/a".to_owned(), alias: "virtio-disk0".to_owned(), action: 1, reason: "enospc".to_owned() };
    says(io, Severity::Critical, "vm1: no space left on /a: the guest is paused");
    says(What::BlockJob("vda".to_owned(), 2, 1), Severity::Warning, "vm1: copy FAILED of vda");
    let done = fields(&[("operation", Value::Count(5)), ("time_elapsed", Value::Count(1400)), ("downtime", Value::Count(13))]);
    says(What::JobCompleted(done), Severity::Info, "vm1: outgoing migration completed, 1.4 s, 13 ms of downtime");
    let failed = fields(&[("operation", Value::Count(5)), ("success", Value::Flag(false)), ("errmsg", Value::Text("no route".to_owned()))]);
    says(What::JobCompleted(failed), Severity::Warning, "vm1: outgoing migration failed: no route");
    says(What::Balloon(2 << 20), Severity::Info, "vm1: the balloon leaves it 2048 MiB");
    says(What::Iteration(1), Severity::Info, "vm1: migration copies the memory");
    says(What::Iteration(2), Severity::Info, "vm1: migration copies what has changed meanwhile, round 2");
    says(What::Iteration(20), Severity::Info, "vm1: migration copies what has changed meanwhile, round 20");
    assert_eq!(told(What::Iteration(21)), (None, vec![Question::GuestJobs], false));
    assert!(told(What::Lifecycle(2, 0)).2);
    assert!(!told(What::Lifecycle(0, 0)).2);
}

#[test]
fn sockets_by_a_real_shell() {
    let line = probe::command(Question::LibvirtSockets, &quorate::domain::observation::host::Tools::default()).unwrap();
    let out = std::process::Command::new("sh").arg("-c").arg(line.to_shell(quorate::link::Become::None)).output().unwrap();
    let raw = Raw { command: "sockets", stdout: &out.stdout, stderr: &out.stderr, code: out.status.code().unwrap() };
    assert!(matches!(probe::parse(Question::LibvirtSockets, raw), Ok(Observation::LibvirtSockets(_))), "{out:?}");
    let said = b"@@quorate sockets\nrw /run/libvirt/libvirt-sock\nno /run/libvirt/libvirt-sock-ro\n";
    let raw = Raw { command: "sockets", stdout: said, stderr: b"", code: 0 };
    let Ok(Observation::LibvirtSockets(place)) = probe::parse(Question::LibvirtSockets, raw) else { panic!() };
    let found: Vec<_> = place.sockets.iter().map(|s| (s.path.as_str(), s.read_only, s.usable)).collect();
    assert_eq!(found, [("/run/libvirt/libvirt-sock", false, true), ("/run/libvirt/libvirt-sock-ro", true, false)]);
    assert_eq!(place.ages, []);
}

#[test]
fn the_age_of_a_guest_is_that_of_the_file_of_its_process() {
    let ages = |said: &str| {
        let said = format!("@@quorate sockets\n@@quorate guests\n{said}");
        let raw = Raw { command: "sockets", stdout: said.as_bytes(), stderr: b"", code: 0 };
        let Ok(Observation::LibvirtSockets(place)) = probe::parse(Question::LibvirtSockets, raw) else { panic!() };
        place.ages.into_iter().map(|(name, age)| (name, age.as_secs())).collect::<Vec<_>>()
    };
    let files = ["940 /run/libvirt/qemu/db.pid", "1000 /run/libvirt/qemu/my vm.1.pid", "1001 /x/of-tomorrow.pid", "x /a.pid", "5 /b"];
    assert_eq!(ages(&format!("1000\n{}\n", files.join("\n"))), [("db".to_owned(), 60), ("my vm.1".to_owned(), 0)]);
    assert_eq!(ages("date: not found\n940 /run/libvirt/qemu/db.pid\n"), []);
}

fn params(stdout: &str, code: i32) -> Vec<GuestParam> {
    let raw = Raw { command: "cibadmin", stdout: stdout.as_bytes(), stderr: b"", code };
    match probe::parse(Question::GuestParams, raw) {
        Ok(Observation::GuestParams(params)) => params,
        other => panic!("{other:?}"),
    }
}

#[test]
fn resources_tell_which_guests_they_are() {
    let said = r#"<xpath-query>
  <template id="vm" class="ocf" provider="heartbeat" type="VirtualDomain"><instance_attributes id="t"><nvpair id="h" name="hypervisor" value="qemu:///system"/></instance_attributes></template>
  <primitive id="a" template="vm"><instance_attributes id="i"><nvpair id="c" name="config" value="/x/a.xml"/></instance_attributes>
    <meta_attributes id="m"><nvpair id="n" name="config" value="/wrong"/></meta_attributes></primitive>
  <primitive id="b" class="ocf" provider="heartbeat" type="VirtualDomain"><instance_attributes id="j"><nvpair id="d" name="config" value="/x/b.xml"/><nvpair id="e" name="snapshot" value="/snap"/></instance_attributes></primitive>
</xpath-query>

@@quorate config /x/a.xml
  <name>mail &amp; web</name>
"#;
    let found = params(said, 0);
    let rows: Vec<_> =
        found.iter().map(|p| (p.resource.as_str(), p.config.as_deref(), p.name.as_deref(), p.hypervisor.as_deref())).collect();
    assert_eq!(rows, [("a", Some("/x/a.xml"), Some("mail & web"), Some("qemu:///system")), ("b", Some("/x/b.xml"), None, None)]);
    assert_eq!(found[1].snapshot.as_deref(), Some("/snap"));
    // One match stands alone; none is no trouble.
    assert_eq!(params("<primitive id=\"v\" type=\"VirtualDomain\"/>\n", 0)[0].resource, "v");
    assert_eq!(params("", 105), []);
}

proptest! {
    #[test]
    fn any_xml_is_read(xml in ".{0,400}", at in 0_usize..2000, junk in prop::sample::select(vec!["<", ">", "&", "</disk>", "\"", "'", "<a><a><a>"])) {
        define(&xml, Some(&xml));
        let mut broken = RICH.to_owned();
        let mut at = at.min(broken.len());
        while !broken.is_char_boundary(at) { at -= 1; }
        broken.insert_str(at, junk);
        define(&broken, None);
        define(&broken[..at], None);
    }

    #[test]
    fn any_answer_about_resources_is_read(said in ".{0,300}", code in 0..120) {
        let raw = Raw { command: "cibadmin", stdout: said.as_bytes(), stderr: b"", code };
        let _ = probe::parse(Question::GuestParams, raw);
    }

    #[test]
    fn any_event_is_read(event in -5..20_i32, detail in -5..20_i32) {
        libvirt::told(&Heard { who: Who::default(), what: What::Lifecycle(event, detail) });
        libvirt::told(&Heard { who: Who::default(), what: What::BlockJob(String::new(), event, detail) });
    }
}
