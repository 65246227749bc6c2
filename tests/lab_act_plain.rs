//! Guests that are no services of the cluster: libvirt alone moves, stops and starts them.

use super::super::whole::{all_there, left_whole};
use super::super::{on_node, until};
use super::{Running, act, counts, counts_beyond, done, figure, number, owner, run, seconds, started, ticks};

/// A guest on the first node that is no service.
struct Lone(&'static str);

impl Lone {
    /// vm1's definition under another name, with a disk of its own.
    fn defined() -> Self {
        let make = "sed -e 's/>vm1</>lone</' -e '/<uuid>/d' -e 's/vm1[.]/lone./g' -e 's/52:54:00:98:00:../52:54:00:98:00:7f/' /srv/shared/vm1.xml >/tmp/lone.xml
                    cp /srv/shared/vm1.img /srv/shared/lone.img && virsh define /tmp/lone.xml";
        on_node(1, &[make]);
        Self("lone")
    }

    /// The busy guest, which runs and counts.
    fn busy() -> Self {
        on_node(1, &["truncate -s 0 /srv/shared/busy.serial; virsh define /srv/shared/busy.xml && virsh start busy"]);
        counts("busy");
        Self("busy")
    }
}

impl Drop for Lone {
    fn drop(&mut self) {
        for node in 1..=3 {
            on_node(node, &[&format!("virsh destroy {0}; virsh undefine {0}", self.0)]);
        }
        on_node(1, &["rm -f /srv/shared/lone.* /tmp/lone.xml"]);
    }
}

#[test]
fn a_guest_that_is_no_service_is_migrated_and_goes_on_counting() {
    all_there();
    let lone = Lone::defined();
    done(&["start", "lone", "--confirm", "lone"]);
    for (from, to) in [("node1", "node2"), ("node2", "node1")] {
        counts("lone");
        let before = ticks("lone");
        let text = done(&["relocate", "lone", "--to", to, "--confirm", "lone"]);
        assert!(text.contains("migrate --live --persistent --undefinesource --unsafe"), "{text}");
        figure(&format!("a guest that is no service, {from} to {to}: {}", seconds(&text)));
        assert!(on_node(number(to), &["virsh", "domstate", "lone"]).contains("running"));
        assert!(on_node(number(to), &["virsh dominfo lone | grep Persistent"]).contains("yes"));
        assert!(!on_node(number(from), &["virsh", "list", "--all"]).contains("lone"), "{from} does not know it any more");
        counts_beyond("lone", before);
    }
    // Where both have its definition it goes through a file, too.
    let xml = on_node(1, &["virsh dumpxml --inactive lone"]).replace('\n', "").replace('\'', "\"");
    on_node(3, &[&format!("echo '{xml}' | virsh define /dev/stdin")]);
    until("libvirt's word on node3", |j| j["guests"].as_array().unwrap().iter().any(|g| g["name"] == "lone" && g["node"] == "node3"));
    counts("lone");
    let before = ticks("lone");
    done(&["relocate", "lone", "--to", "node3", "--how", "suspend", "--confirm", "lone"]);
    assert!(on_node(3, &["virsh", "domstate", "lone"]).contains("running"));
    assert!(!on_node(1, &["ls", "/srv/shared"]).contains("quorate-save"), "the image was used once");
    counts_beyond("lone", before);
    let (code, text) = act(&["relocate", "lone", "--to", "node1", "--how", "restart", "--bandwidth", "1M", "--confirm", "lone"]);
    assert!(code == 4 && text.contains("only a live migration can be limited"), "{text}");
    // Switched off by its power button and on elsewhere, it begins anew.
    on_node(1, &["truncate -s 0 /srv/shared/lone.serial"]);
    let text = done(&["relocate", "lone", "--to", "node1", "--how", "restart", "--confirm", "lone"]);
    figure(&format!("a guest that is no service, stopped and started elsewhere: {}", seconds(&text)));
    assert!(on_node(1, &["virsh", "domstate", "lone"]).contains("running"));
    assert!(on_node(3, &["virsh", "domstate", "lone"]).contains("shut off"));
    let serial = on_node(1, &["cat /srv/shared/lone.serial"]);
    assert!(serial.contains("power button, bye") && serial.contains("tiny guest up"), "{serial}");
    drop(lone);
    left_whole();
}

#[test]
fn the_migration_of_a_guest_that_is_no_service_is_cancelled_or_limited() {
    all_there();
    let guest = Lone::busy();
    let mut relocation = Running::act(&["relocate", "busy", "--to", "node2", "--bandwidth", "1M", "--confirm", "busy"]);
    let verdict = relocation.until("will not converge");
    figure(&verdict);
    let before = ticks("busy");
    done(&["cancel", "busy", "--confirm", "busy"]);
    let (code, said) = relocation.end();
    assert_eq!(code, 1, "{said}");
    assert!(on_node(1, &["virsh", "domstate", "busy"]).contains("running"));
    assert!(!on_node(2, &["virsh", "list", "--all"]).contains("busy"));
    counts_beyond("busy", before);
    assert_eq!(act(&["cancel", "busy", "--confirm", "busy"]).0, 4, "nothing migrates any more");
    let mut relocation = Running::act(&["relocate", "busy", "--to", "node2", "--bandwidth", "1M", "--confirm", "busy"]);
    relocation.until("round 2");
    done(&["limit", "busy", "--bandwidth", "512M", "--max-downtime", "400ms", "--confirm", "busy"]);
    let (code, said) = relocation.end();
    assert_eq!(code, 0, "{said}");
    assert!(on_node(2, &["virsh", "domstate", "busy"]).contains("running"));
    counts("busy");
    // Back, with what it may take from the beginning: 8 MiB at 2 MiB/s take four seconds, which it may stand still.
    done(&["relocate", "busy", "--to", "node1", "--bandwidth", "2M", "--max-downtime", "20s", "--confirm", "busy"]);
    assert!(on_node(1, &["virsh", "domstate", "busy"]).contains("running"));
    drop(guest);
    left_whole();
}

/// What the services of the cluster are migrated with, other than the lab has it.
struct Options;

impl Options {
    fn are(value: &str) -> Self {
        for vm in ["vm1", "vm2", "vm3"] {
            on_node(1, &[&format!("crm_resource -r {vm} --set-parameter migrate_options --parameter-value '{value}'")]);
        }
        all_there();
        Self
    }
}

impl Drop for Options {
    fn drop(&mut self) {
        std::mem::forget(Self::are("--unsafe"));
    }
}

#[test]
fn the_migration_of_a_guest_that_is_no_service_is_switched_to_post_copy() {
    all_there();
    let options = Options::are("--unsafe --postcopy");
    let guest = Lone::busy();
    let before = ticks("busy");
    let mut relocation = Running::act(&["relocate", "busy", "--to", "node2", "--bandwidth", "1M", "--confirm", "busy"]);
    relocation.until("round 2");
    let text = done(&["post-copy", "busy", "--confirm", "busy"]);
    figure(&format!("post-copy of a guest that is no service: {}", seconds(&text)));
    let (code, said) = relocation.end();
    assert_eq!(code, 0, "{said}");
    assert!(on_node(2, &["virsh", "domstate", "busy"]).contains("running"));
    counts_beyond("busy", before);
    drop(guest);
    drop(options);
    left_whole();
}

#[test]
fn a_guest_that_is_no_service_goes_by_libvirt_alone() {
    let state = || on_node(1, &["virsh", "domstate", "lone"]);
    all_there();
    let _lone = Lone::defined();
    done(&["start", "lone", "--confirm", "lone"]);
    assert!(state().contains("running"));
    let (code, text) = act(&["start", "lone", "--confirm", "lone"]);
    assert_eq!(code, 4, "{text}");
    done(&["suspend", "lone", "--confirm", "lone"]);
    assert!(state().contains("paused"));
    done(&["resume", "lone", "--confirm", "lone"]);
    done(&["reset", "lone", "--confirm", "lone"]);
    // The same guest is not started a second time where it is defined, too.
    let uuid = on_node(1, &["virsh", "domuuid", "lone"]);
    let xml = on_node(1, &["cat /tmp/lone.xml"]).replace('\n', "");
    let xml = xml.replace("<name>", &format!("<uuid>{}</uuid><name>", uuid.trim())).replace('\'', "\"");
    on_node(2, &[&format!("echo '{xml}' | virsh define /dev/stdin")]);
    let (code, text) = act(&["start", "lone@node2", "--confirm", "lone@node2"]);
    on_node(2, &["virsh", "undefine", "lone"]);
    assert_eq!(code, 4, "{text}");
    let (_, text) = run("plan", &["fence", "node1"], &[]);
    assert!(text.contains("lone dies-stays-down"), "{text}");
    let (code, text) = act(&["stop", "lone", "--force", "--confirm", "lon"]);
    assert!(code == 4 && state().contains("running"), "{text}");
    done(&["stop", "lone", "--force", "--confirm", "lone"]);
    assert!(state().contains("shut off"));
    done(&["start", "lone", "--confirm", "lone"]);
    counts("lone");
    done(&["restart", "lone", "--confirm", "lone"]);
    counts("lone");
    done(&["stop", "lone", "--confirm", "lone"]);
    assert!(state().contains("shut off"));
    let serial = on_node(1, &["cat /srv/shared/lone.serial"]);
    assert_eq!(serial.matches("power button, bye").count(), 2, "restarted and stopped by its power button: {serial}");
    // What is a service stays the manager's.
    let home = owner(&started("vm2"), "vm2");
    let named = format!("vm2@{home}");
    let (code, text) = act(&["suspend", &named, "--confirm", &named]);
    assert!(code == 4 && text.contains("quorate act suspend vm2"), "{text}");
}
