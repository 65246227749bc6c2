//! libvirt's XML: definitions of guests, capabilities; where it listens.
#![no_main]

use libfuzzer_sys::fuzz_target;
use quorate::domain::observation::Question as Q;
use quorate::link::libvirt::Said;
use quorate::link::libvirt::said::{DefinitionSaid, HostSaid};
use quorate::probe::libvirt::{definition, read};

fuzz_target!(|data: &[u8]| {
    quorate_fuzz::family(&[Q::LibvirtSockets], data);
    let xml = String::from_utf8_lossy(data).into_owned();
    let said = DefinitionSaid { xml: xml.clone(), inactive: Some(xml.clone()), persistent: Some(true), ..DefinitionSaid::default() };
    definition(&said);
    read(Said::Host(HostSaid { capabilities: Some(xml), ..HostSaid::default() }));
});
