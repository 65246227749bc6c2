//! What the tools behind an inquiry print.

use proptest::prelude::*;
use quorate::domain::observation::simulation::{DiskIs, GuestDefinition, GuestState, Origin, SimAction};
use quorate::probe::pacemaker::{fencing_test, primitive, simulation};
use quorate::probe::systemd::starter;
use quorate::probe::{Raw, virsh};

fn raw(stdout: &[u8], code: i32) -> Raw<'_> {
    Raw { command: "tool", stdout, stderr: b"", code }
}

/// Pacemaker 2.1.5, `crm_simulate -L -R --node-fail node1 --output-as=xml`, the status before the actions left out.
const NODE_FAILS: &str = r#"<pacemaker-result api-version="2.25" request="crm_simulate">
  <cluster_status/>
  <modifications><modify_node action="Failing" node="node1"/></modifications>
  <actions>
    <node_action task="Fence (reboot)" node="node1" reason="peer is no longer part of the cluster"/>
    <rsc_action action="move" resource="fence-node2" source="node1" dest="node3"/>
    <rsc_action action="stop" resource="ping:0" node="node1" reason="node availability"/>
    <rsc_action action="move" resource="vm3" source="node1" dest="node3"/>
    <rsc_action action="leave" resource="vm1" node="node3" role="Started"/>
    <rsc_action action="reload" resource="vm2" node="node3"/>
  </actions>
  <status code="0" message="OK"/>
</pacemaker-result>"#;

/// As `cibadmin --query` prints it.
const CIB: &str = r#"<cib epoch="7">
  <configuration>
    <crm_config>
      <nvpair id="o-m" name="maintenance-mode" value="true"/>
    </crm_config>
    <nodes>
      <node id="1" uname="n1">
        <nvpair id="nodes-1-standby" name="standby" value="on"/>
      </node>
      <node id="2" uname="n2">
        <nvpair id="nodes-2-standby" name="standby" value="on"/>
      </node>
      <node id="3" uname="n3"/>
    </nodes>
    <resources>
      <group id="pack">
        <primitive id="vm1" class="ocf" provider="heartbeat" type="VirtualDomain">
          <nvpair id="vm1-i" name="is-managed" value="false"/>
          <nvpair id="vm1-t" name="target-role" value="Stopped"/>
        </primitive>
        <primitive id="vm2" class="ocf" provider="heartbeat" type="VirtualDomain"/>
        <nvpair id="pack-i" name="is-managed" value="false"/>
      </group>
      <primitive id="vm11" class="ocf" provider="heartbeat" type="VirtualDomain">
        <nvpair id="vm11-i" name="is-managed" value="false"/>
        <nvpair id="vm11-t" name="target-role" value="Stopped"/>
        <nvpair id="vm11-s" name="standby" value="on"/>
      </primitive>
    </resources>
    <constraints>
      <rsc_location id="cli-prefer-vm1" rsc="vm1" role="Started" node="n1" score="INFINITY"/>
      <rsc_location id="cli-ban-vm1-on-n2" rsc="vm1" role="Started">
        <rule id="cli-ban-vm1-on-n2-rule" score="-INFINITY"/>
      </rsc_location>
      <rsc_location id="cli-prefer-vm11" rsc="vm11" role="Started" node="n1" score="INFINITY"/>
      <rsc_location id="prefer-vm1" rsc="vm1" node="n1" score="50"/>
    </constraints>
  </configuration>
</cib>"#;

#[test]
fn a_change_is_simulated_on_a_copy_of_the_configuration() {
    use simulation::Edit;
    let edited = |edit: Edit, name: &str| {
        let command = simulation::after(edit, name);
        let [_, _, script, _, arguments @ ..] = command.argv() else { panic!("{command:?}") };
        let tools = "cibadmin() { printf '%s\\n' \"$CIB\"; }; crm_simulate() { echo '<pacemaker-result/>'; cat; }";
        let script = format!("{tools}\n{script}");
        let run = std::process::Command::new("sh").args(["-c", &script, "sh"]).args(arguments).env("CIB", CIB).output().unwrap();
        String::from_utf8(run.stdout).unwrap()
    };
    for (edit, name, other, instead) in [
        (Edit::Unstandby, "n2", &["nodes-2-standby"][..], Some("name=\"standby\" value=\"off\"")),
        (Edit::Unstandby, "n3", &[], None),
        (Edit::MaintenanceOff, "", &["o-m"], Some("value=\"false\"")),
        (Edit::Unfreeze, "vm1", &["vm1-i"], None),
        (Edit::Unfreeze, "pack", &["pack-i"], None),
        (Edit::Start, "vm1", &["vm1-t"], Some("value=\"Started\"")),
        (Edit::Clear, "vm1", &["cli-prefer-vm1", "cli-ban-vm1-on-n2", "cli-ban-vm1-on-n2-rule"], None),
    ] {
        let out = edited(edit, name);
        assert!(out.starts_with("<pacemaker-result/>\n<cib ") && out.ends_with("</cib>\n"), "{edit:?} {name}: {out}");
        let gone = CIB.lines().filter(|line| line.contains(" id=\"") && !out.lines().any(|o| o == *line));
        let gone: Vec<&str> = gone.map(|line| line.split(" id=\"").nth(1).unwrap().split('"').next().unwrap()).collect();
        assert_eq!(gone, other, "{edit:?} {name}: {out}");
        let new: Vec<&str> = out.lines().skip(1).filter(|line| !CIB.lines().any(|was| was == *line)).collect();
        assert_eq!(new.len(), usize::from(instead.is_some()), "{edit:?} {name}: {new:?}");
        assert!(instead.is_none_or(|text| new[0].contains(text)), "{edit:?} {name}: {new:?}");
    }
}

#[test]
fn a_simulation_in_xml() {
    let sim = simulation::parse(raw(NODE_FAILS.as_bytes(), 0)).unwrap();
    assert_eq!(sim.fences, ["node1"]);
    let told: Vec<_> = sim.actions.iter().map(|a| (a.resource.as_str(), a.action, a.source.as_deref(), a.dest.as_deref())).collect();
    assert_eq!(
        told,
        [
            ("fence-node2", SimAction::Move, Some("node1"), Some("node3")),
            ("ping:0", SimAction::Stop, Some("node1"), None),
            ("vm3", SimAction::Move, Some("node1"), Some("node3")),
            ("vm1", SimAction::Leave, Some("node3"), None),
        ]
    );
    assert_eq!(sim.actions[1].reason.as_deref(), Some("node availability"));
}

#[test]
fn a_simulation_in_text_and_none_at_all() {
    let text = "Transition Summary:\n  * Fence (reboot) node1 'peer is gone'\n  * Move       vm3             ( node1 -> node3 )\n  * Stop       ping:0          (          node1 )  due to node availability\n  * Start      vm4 (node2)\n * Move    vm5\t(Started node1 -> node2)\n\nExecuting\n";
    let sim = simulation::parse(raw(text.as_bytes(), 0)).unwrap();
    assert_eq!(sim.fences, ["node1"]);
    let told: Vec<_> = sim.actions.iter().map(|a| (a.resource.as_str(), a.source.as_deref(), a.dest.as_deref())).collect();
    assert_eq!(
        told,
        [
            ("vm3", Some("node1"), Some("node3")),
            ("ping:0", Some("node1"), None),
            ("vm4", None, Some("node2")),
            ("vm5", Some("node1"), Some("node2"))
        ]
    );
    assert!(simulation::parse(raw(b"", 102)).is_err());
    let down = br#"<pacemaker-result><status code="102" message="Not connected"/></pacemaker-result>"#;
    assert!(simulation::parse(raw(down, 102)).is_err());
}

#[test]
fn a_primitive_without_its_secrets() {
    let xml = br#"<primitive id="vm1" class="ocf" provider="heartbeat" type="VirtualDomain">
  <instance_attributes id="a"><nvpair id="b" name="config" value="/srv/a &amp; b.xml"/><nvpair id="c" name="password" value="sesame"/></instance_attributes>
  <meta_attributes id="d"><nvpair id="e" name="allow-migrate" value="true"/></meta_attributes>
  <operations><op id="f" name="stop" interval="0" timeout="90s"/><op id="g" name="start" interval="0" timeout="2min"/></operations>
</primitive>"#;
    let config = primitive::parse(raw(xml, 0)).unwrap();
    assert!(config.is_guest());
    assert_eq!((config.attribute("config"), config.meta("allow-migrate")), (Some("/srv/a & b.xml"), Some("true")));
    assert_eq!((config.timeout("stop"), config.timeout("start"), config.timeout("monitor")), (Some(90), Some(120), None));
    assert!(!format!("{config:?}").contains("sesame"));
    let asked = primitive::command("x'] | //nvpair[@name='passwd").argv().join(" ");
    assert!(!asked.contains("nvpair["), "an id cannot leave the XPath: {asked}");
}

#[test]
fn a_primitive_has_what_its_template_its_containers_and_the_defaults_have() {
    let xml = br#"<xpath-query>
  <template id="vm" class="ocf" provider="heartbeat" type="VirtualDomain">
    <instance_attributes id="a"><nvpair id="b" name="hypervisor" value="qemu:///session"/><nvpair id="c" name="config" value="/x"/></instance_attributes>
    <meta_attributes id="d"><nvpair id="e" name="is-managed" value="false"/></meta_attributes>
    <operations><op id="f" name="stop" interval="0" timeout="300s"/><op id="g" name="start" interval="0" timeout="90"/></operations></template>
  <meta_attributes id="h"><nvpair id="i" name="allow-migrate" value="true"/></meta_attributes>
  <primitive id="vm1" template="vm">
    <instance_attributes id="j"><nvpair id="k" name="config" value="/srv/vm1.xml"/></instance_attributes>
    <meta_attributes id="l"><nvpair id="m" name="is-managed" value="true"/></meta_attributes>
    <operations><op id="n" name="start" interval="0" timeout="2min"/></operations></primitive>
  <rsc_defaults><meta_attributes id="o"><rule id="p" score="0"/><nvpair id="q" name="allow-migrate" value="false"/></meta_attributes>
    <meta_attributes id="r"><nvpair id="s" name="allow-migrate" value="no"/><nvpair id="t" name="maintenance" value="true"/></meta_attributes></rsc_defaults>
  <op_defaults><meta_attributes id="u"><nvpair id="v" name="timeout" value="600"/></meta_attributes>
    <meta_attributes id="w"><rule id="x" score="0"/><nvpair id="y" name="timeout" value="30min"/></meta_attributes></op_defaults>
</xpath-query>"#;
    let config = primitive::parse(raw(xml, 0)).unwrap();
    assert!(config.is_guest() && config.id == "vm1" && config.template.as_deref() == Some("vm"), "{config:?}");
    assert_eq!((config.attribute("config"), config.attribute("hypervisor")), (Some("/srv/vm1.xml"), Some("qemu:///session")));
    assert_eq!((config.meta("allow-migrate"), config.own("allow-migrate")), (Some("true"), None), "its group's, not the defaults'");
    assert_eq!((config.meta("is-managed"), config.inherited("is-managed")), (Some("true"), Some((Origin::Template, "false"))));
    assert_eq!(config.inherited("maintenance"), Some((Origin::Defaults, "true")));
    let of = |operation| config.timeout(operation).unwrap();
    assert_eq!((of("start"), of("stop"), of("migrate_to")), (120, 300, 1800), "no number is less than seconds");
    // The defaults alone are no primitive.
    assert!(primitive::parse(raw(b"<xpath-query><rsc_defaults/><op_defaults/></xpath-query>", 0)).is_err());
    assert!(primitive::parse(raw(b"<rsc_defaults/>", 0)).is_err());
}

#[test]
fn guests_by_virsh() {
    let state = |out: &[u8], err: &'static [u8], code| virsh::parse_state(Raw { command: "virsh", stdout: out, stderr: err, code });
    assert_eq!(state(b"running (booted)\n\n", b"", 0).unwrap(), GuestState::Is("running".to_owned(), Some("booted".to_owned())));
    assert_eq!(state(b"shut off (destroyed)\n", b"", 0).unwrap(), GuestState::Is("shut off".to_owned(), Some("destroyed".to_owned())));
    assert_eq!(state(b"", b"error: failed to get domain 'vm1'\n", 1).unwrap(), GuestState::Absent);
    assert!(matches!(state(b"", b"error: failed to connect to the hypervisor\n", 1).unwrap(), GuestState::Silent(_)));
    assert!(state(b"", b"sh: virsh: not found", 127).is_err());
    let job = virsh::parse_job(raw(b"Job type: Unbounded\nData total:  40.000 MiB\nData remaining: 1.500 MiB\nMemory bandwidth: 2.000 MiB/s\nDirty rate: 256 pages/s\n", 0)).unwrap();
    assert_eq!((job.total, job.remaining, job.bandwidth, job.dirty_rate), (Some(40 << 20), Some(3 << 19), Some(2 << 20), Some(1 << 20)));
}

#[test]
fn a_definition_and_a_place() {
    let xml = b"<domain type='kvm'>\n  <name>vm1</name>\n  <memory unit='MiB'>32</memory>\n  <devices><disk type='file'><source file='/a b.img'/></disk><disk type='block'><driver name='qemu' type='qcow2'/><source dev='/dev/vg/lv'/></disk><interface type='bridge'><source bridge='br0'/></interface><hostdev mode='subsystem'/></devices></domain>";
    let found = virsh::definition::parse(raw(xml, 0)).unwrap();
    assert_eq!(found.formats, [("/dev/vg/lv".to_owned(), "qcow2".to_owned())]);
    assert_eq!((found.name.as_str(), found.memory, found.passed_through), ("vm1", Some(32 << 20), 1));
    assert_eq!((found.disks, found.bridges), (vec!["/a b.img".to_owned(), "/dev/vg/lv".to_owned()], vec!["br0".to_owned()]));
    let said = b"file 77:886:1\nsum 123 886\nmissing disk /a b.img\nfree 2048\nnone error: failed to get domain 'vm1'\n";
    let place = virsh::place::parse(raw(said, 0)).unwrap();
    assert_eq!((place.missing, place.free_memory, place.guest), (vec!["disk /a b.img".to_owned()], Some(2 << 20), GuestState::Absent));
    assert!(virsh::place::parse(raw(b"", 127)).is_err());
}

#[test]
fn a_nic_of_the_host_ties_a_guest_as_its_devices_do() {
    let passed = |devices: &str| {
        let xml = format!("<domain type='kvm'><name>vm1</name><devices>{devices}</devices></domain>");
        virsh::definition::parse(raw(xml.as_bytes(), 0)).unwrap().passed_through
    };
    let nic = "<interface type='hostdev' managed='yes'><source><address type='pci' domain='0x0000' bus='0x3b' slot='0x02' function='0x0'/></source></interface>";
    assert_eq!(passed(nic), 1);
    assert_eq!(passed(&format!("{nic}<hostdev mode='subsystem'/><interface type='bridge'><source bridge='br0'/></interface>")), 2);
    // libvirt takes this one off before it migrates.
    assert_eq!(passed(&nic.replace("</interface>", "<teaming type='transient' persistent='ua-net0'/></interface>")), 0);
}

#[test]
fn what_a_disk_is_there_and_which_libvirt_answers() {
    let said = b"disk 77:886:1795000000 /a b.img\ndevice LVM-xy /dev/vg/lv\ndevice - /dev/sdb\ndevice CRYPT-LUKS2-x /dev/mapper/c\ndisk x:1 /odd\nfree 1\n";
    let place = virsh::place::parse(raw(said, 0)).unwrap();
    let device = |uuid: Option<&str>| DiskIs::Device(uuid.map(str::to_owned));
    let told: Vec<(&str, &DiskIs)> = place.disks.iter().map(|(path, is)| (path.as_str(), is)).collect();
    assert_eq!(
        told,
        [
            ("/a b.img", &DiskIs::File(77, 1_795_000_000)),
            ("/dev/vg/lv", &device(Some("LVM-xy"))),
            ("/dev/sdb", &device(None)),
            ("/dev/mapper/c", &device(None))
        ]
    );
    let said = b"bad qemu+tcp://n2/system error: failed to connect to the hypervisor error: unable to connect to server at 'n2:16509': Connection refused \ngood qemu+ssh://n2/system?no_tty=1 n2.example.net\n";
    let way = virsh::reach::parse(raw(said, 0)).unwrap();
    assert_eq!(way.good, Some(("qemu+ssh://n2/system?no_tty=1".to_owned(), "n2.example.net".to_owned())));
    assert_eq!(way.bad, [("qemu+tcp://n2/system".to_owned(), "unable to connect to server at 'n2:16509': Connection refused".to_owned())]);
    assert!(virsh::reach::parse(raw(b"", 127)).is_err());
}

/// The questions of a move, asked of this machine with a virsh that knows one address.
#[test]
fn a_move_is_looked_into_by_scripts_that_find_what_is_there() {
    let dir = tempfile::tempdir().unwrap();
    let disk = dir.path().join("a disk");
    std::fs::write(&disk, "x").unwrap();
    let virsh = "#!/bin/sh\ncase \"$*\" in *tcp*hostname) echo Warning >&2; echo n2 ;; *hostname) echo 'error: no way' >&2; exit 1 ;; *) echo running ;; esac\n";
    crate::link::rig::executable(&dir.path().join("virsh"), virsh);
    let run = |line: quorate::link::CommandLine| {
        let path = format!("{}:/usr/bin:/bin", dir.path().display());
        std::process::Command::new("env").arg(format!("PATH={path}")).args(line.argv()).output().unwrap().stdout
    };
    let uris = ["qemu+ssh://n2/system?no_tty=1", "qemu+tcp://n2/system", "qemu+tls://n2/system"].map(str::to_owned);
    let way = virsh::reach::parse(raw(&run(virsh::reach::command(&uris)), 0)).unwrap();
    assert_eq!(way.good, Some((uris[1].clone(), "n2".to_owned())));
    assert_eq!(way.bad, [(uris[0].clone(), "no way".to_owned())]);
    let path = disk.display().to_string();
    let of = GuestDefinition { name: "web".to_owned(), disks: vec![path.clone(), "/nope".to_owned()], ..GuestDefinition::default() };
    let place = virsh::place::parse(raw(&run(virsh::place::command("qemu:///system", &of, "")), 0)).unwrap();
    assert!(matches!(place.disks.as_slice(), [(found, DiskIs::File(1.., 1..))] if *found == path), "{place:?}");
    assert_eq!((place.config_file, place.missing), (None, vec!["disk /nope".to_owned()]));
}

#[test]
fn fence_devices_and_starters() {
    let tests = fencing_test::parse(raw(b"device 0 fence-node1\ndevice 105 other one\ndone\n", 0)).unwrap();
    assert_eq!(tests.iter().map(|t| (t.device.as_str(), t.well)).collect::<Vec<_>>(), [("fence-node1", true), ("other one", false)]);
    assert!(fencing_test::parse(raw(b"device 0 fence-node1\n", 1)).is_err(), "cut off");
    assert_eq!(starter::parse(raw(b"sysv\n", 0)).unwrap(), starter::Starter::SysV);
}

proptest! {
    #[test]
    fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..400), cut in 0_usize..NODE_FAILS.len()) {
        let mut spliced = NODE_FAILS.as_bytes()[..cut].to_vec();
        spliced.extend_from_slice(&bytes);
        for bytes in [&bytes, &spliced] {
            let _ = simulation::parse(raw(bytes, 0));
            let _ = primitive::parse(raw(bytes, 0));
            let _ = virsh::parse_state(raw(bytes, 0));
            let _ = virsh::parse_job(raw(bytes, 0));
            let _ = virsh::definition::parse(raw(bytes, 0));
            let _ = virsh::place::parse(raw(bytes, 0));
            let _ = virsh::reach::parse(raw(bytes, 0));
            let _ = fencing_test::parse(raw(bytes, 0));
            let _ = starter::parse(raw(bytes, 0));
        }
    }
}
