//! Guests of VMware Server on the screen, and acted upon by keys.

use super::rhcs::Cockpit;
use crate::program::vmware_lab::Vmware;

#[test]
fn a_guest_of_vmware_is_seen_suspended_resumed_reset_and_its_question_answered_by_keys() {
    let Some(vmware) = Vmware::start() else { return };
    let mut c = Cockpit::of(&vmware.lab, (140, 50));
    c.service_of("service", "mail");
    let text = c.t.wait("the guest behind it", |s| s.contains("running"));
    println!("{text}");
    c.plan("s", "mail.vmx suspend trysoft");
    let text = c.proved();
    assert!(text.contains("clusvcadm -Z service:mail"), "{text}");
    assert!(vmware.state().as_deref() == Some("suspended") && vmware.is_frozen());
    c.refused("s", "so it cannot be suspended");
    c.plan("S", "mail.vmx start trysoft");
    c.proved();
    assert!(vmware.state().as_deref() == Some("on") && !vmware.is_frozen());
    c.type_name("xR", "mail.vmx reset hard", "service:mail");
    c.proved();
    assert_eq!(vmware.log(), "reset\n");
    vmware.set("stuck");
    let text = c.t.wait("it waits for an answer", |s| s.contains("waits"));
    println!("{text}");
    c.refused("s", "answer its question first");
    c.t.type_in("xa");
    c.t.wait("the answers", |s| s.contains("ANSWER service:mail") && s.contains("1 Keep"));
    c.t.type_in("j");
    c.t.wait("the marked one", |s| s.contains("▸ 1 Keep"));
    c.plan("\r", "answer");
    c.proved();
    assert_eq!((vmware.log().as_str(), vmware.state().as_deref()), ("reset\n1\n", Some("on")));
    c.quit();
}

#[test]
fn a_guest_of_vmware_is_unregistered_and_registered_by_keys() {
    let Some(vmware) = Vmware::start() else { return };
    let mut c = Cockpit::of(&vmware.lab, (140, 50));
    c.service_of("service", "mail");
    c.t.wait("the guest behind it", |s| s.contains("running"));
    c.refused("xu", "VMware does not let go");
    c.refused("xg", "one node alone may have it");
    c.plan("s", "mail.vmx suspend trysoft");
    c.proved();
    c.plan("xu", "vmware-cmd -s unregister");
    let text = c.proved();
    assert!(text.contains("VMware on virtsrv1n1"), "{text}");
    assert_eq!(vmware.state(), None);
    // Its service is known from the script alone.
    c.plan("xg", "vmware-cmd -s register");
    c.proved();
    assert_eq!(vmware.state().as_deref(), Some("suspended"));
    assert!(vmware.vmx().ends_with("memsize = \"512\"\nuuid.action = \"keep\"\n"), "{}", vmware.vmx());
    c.plan("S", "mail.vmx start trysoft");
    c.proved();
    assert!(vmware.state().as_deref() == Some("on") && !vmware.is_frozen());
    c.quit();
}
