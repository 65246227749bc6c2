//! Servers that speak old SSH: refused by name unless it is allowed, and said where it is used.

use std::fs;
use std::io::Write as _;
use std::net::TcpListener;

use proptest::prelude::*;
use quorate::domain::node::LinkFault;
use quorate::link::ssh::kexinit::{Offer, Parsed, parse};
use quorate::link::{Hop, HostKeys, Target};

use super::rig::{Sshd, Talk, keygen, user};

/// sshd with a host key of this kind and these settings. None where it does not have them (any more).
fn old(kind: &str, extra: &str) -> Option<Sshd> {
    let mut sshd = Sshd::start("")?;
    sshd.stop();
    for name in ["host", "host.pub"] {
        fs::remove_file(sshd.path(name)).unwrap();
    }
    keygen(&sshd.path("host"), kind, "");
    let mut conf = fs::OpenOptions::new().append(true).open(sshd.path("conf")).unwrap();
    conf.write_all(extra.as_bytes()).unwrap();
    sshd.run();
    sshd.trust("known");
    let log = fs::read_to_string(sshd.path("log")).unwrap();
    if log.contains("Bad ") || log.contains("no hostkeys available") {
        eprintln!("skipped: {extra}: {log}");
        return None;
    }
    Some(sshd)
}

fn target(sshd: &Sshd, legacy: bool) -> Target {
    Target { end: Hop { legacy, ..sshd.hop() }, host_keys: HostKeys::Strict, ..Target::default() }
}

#[test]
fn old_algorithms_are_used_only_where_they_are_allowed_and_said() {
    let cases = [
        ("ed25519", "KexAlgorithms diffie-hellman-group14-sha1\n", "key exchange", "diffie-hellman-group14-sha1"),
        ("ed25519", "KexAlgorithms diffie-hellman-group1-sha1\n", "key exchange", "diffie-hellman-group1-sha1"),
        ("ed25519", "KexAlgorithms diffie-hellman-group-exchange-sha1\n", "key exchange", "diffie-hellman-group-exchange-sha1"),
        ("rsa", "HostKeyAlgorithms ssh-rsa\n", "host key", "ssh-rsa"),
        ("ed25519", "Ciphers aes128-cbc\n", "cipher", "aes128-cbc"),
        ("ed25519", "Ciphers 3des-cbc\n", "cipher", "3des-cbc"),
        ("ed25519", "Ciphers aes128-ctr\nMACs hmac-md5\n", "MAC", "hmac-md5"),
        ("ed25519", "Ciphers aes128-ctr\nMACs hmac-sha1-96\n", "MAC", "hmac-sha1-96"),
    ];
    for (kind, extra, what, name) in cases {
        let Some(sshd) = old(kind, extra) else { continue };
        let trouble = Talk::new(target(&sshd, false)).down();
        assert_eq!(trouble.fault, LinkFault::Protocol, "{trouble}");
        for word in [format!("its {what}s {name}: too old"), "OpenSSH_".to_owned(), "legacy_ssh = true".to_owned()] {
            assert!(trouble.text.contains(&word), "{word}: {trouble}");
        }
        let mut talk = Talk::new(target(&sshd, true));
        let (_, note) = talk.up();
        let note = note.unwrap();
        assert!(note.starts_with("old SSH") && note.contains(&format!("{what} {name}")), "{extra}: {note}");
        assert_eq!(talk.say("echo works"), "works\n", "{extra}");
    }
}

#[test]
fn a_node_of_rhel_5_is_reached_where_it_is_allowed() {
    let extra = "KexAlgorithms diffie-hellman-group-exchange-sha1,diffie-hellman-group14-sha1,diffie-hellman-group1-sha1\n\
                 HostKeyAlgorithms ssh-rsa\nPubkeyAcceptedAlgorithms ssh-rsa\nCiphers aes128-cbc,3des-cbc\nMACs hmac-md5,hmac-sha1\n";
    let Some(sshd) = old("rsa", extra) else { return };
    fs::remove_file(sshd.path("id")).unwrap();
    keygen(&sshd.path("id"), "rsa", "");
    fs::copy(sshd.path("id.pub"), sshd.path("authorized")).unwrap();
    let trouble = Talk::new(target(&sshd, false)).down();
    for word in ["its key exchanges", "its host keys ssh-rsa", "its ciphers aes128-cbc, 3des-cbc"] {
        assert!(trouble.text.contains(word), "{word}: {trouble}");
    }
    assert!(!trouble.text.contains("MACs"), "hmac-sha1 is not refused: {trouble}");
    let mut talk = Talk::new(target(&sshd, true));
    let note = talk.up().1.unwrap();
    assert!(note.contains("host key ssh-rsa") && note.contains("login signed by ssh-rsa (SHA-1)"), "{note}");
    assert_eq!(talk.say("echo works"), "works\n");
}

#[test]
fn modern_algorithms_go_first_where_old_ones_are_allowed() {
    let Some(sshd) = old("ed25519", "Ciphers aes128-cbc,aes128-ctr\nMACs hmac-md5,hmac-sha2-256\n") else { return };
    assert_eq!(Talk::new(target(&sshd, true)).up().1, None);
}

#[test]
fn what_our_library_lacks_is_named() {
    let Some(sshd) = old("ed25519", "Ciphers aes128-ctr\nMACs umac-64@openssh.com,umac-128@openssh.com\n") else { return };
    for legacy in [false, true] {
        let trouble = Talk::new(target(&sshd, legacy)).down();
        assert_eq!(trouble.fault, LinkFault::Protocol, "{trouble}");
        let text =
            "its MACs umac-64@openssh.com, umac-128@openssh.com: our SSH library (libssh2) has none of them; let its sshd offer more";
        assert!(trouble.text.ends_with(text), "{trouble}");
    }
}

#[test]
fn a_jump_host_that_is_too_old_is_named() {
    let (Some(old), Some(node)) = (old("ed25519", "KexAlgorithms diffie-hellman-group14-sha1\n"), Sshd::start("")) else { return };
    let jump = |legacy| Hop { alias: "bastion".to_owned(), legacy, ..old.hop() };
    let target = |legacy| Target { jumps: vec![jump(legacy)], ..node.target() };
    fs::copy(old.path("id.pub"), node.path("authorized")).unwrap();
    let trouble = Talk::new(target(false)).down();
    assert!(trouble.text.starts_with("jump host bastion: ") && trouble.text.contains("group14-sha1: too old"), "{trouble}");
}

#[test]
fn a_node_that_is_too_old_behind_a_jump_host_is_named() {
    let (Some(old), Some(jump)) = (old("ed25519", "KexAlgorithms diffie-hellman-group14-sha1\n"), Sshd::start("")) else { return };
    let target = |legacy| Target { jumps: vec![Hop { alias: "bastion".to_owned(), ..jump.hop() }], ..target(&old, legacy) };
    let trouble = Talk::new(target(false)).down();
    assert!(trouble.text.starts_with("no common language") && trouble.text.contains("group14-sha1: too old"), "{trouble}");
    assert!(Talk::new(target(true)).up().1.unwrap().starts_with("old SSH"));
}

/// A first packet with these lists: kex, host keys, ciphers, MACs, compressions, the last three for both directions.
fn packet(lists: [&str; 5]) -> Vec<u8> {
    let [kex, keys, ciphers, macs, compressions] = lists;
    let mut payload = vec![20];
    payload.extend([7; 16]);
    for list in [kex, keys, ciphers, ciphers, macs, macs, compressions, compressions, "", ""] {
        payload.extend(u32::try_from(list.len()).unwrap().to_be_bytes());
        payload.extend(list.as_bytes());
    }
    payload.extend([0; 5]);
    let padding = 8 - (payload.len() + 5) % 8 + 8;
    let mut packet = u32::try_from(payload.len() + 1 + padding).unwrap().to_be_bytes().to_vec();
    packet.push(u8::try_from(padding).unwrap());
    packet.extend(payload);
    packet.extend(vec![0; padding]);
    packet
}

/// What is said of a server that sends these bytes and hangs up.
fn said(bytes: Vec<u8>, legacy: bool) -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        while let Ok((mut client, _)) = listener.accept() {
            let _ = client.write_all(&bytes);
            // Until the client goes: what was written is not to be lost with a reset.
            let _ = std::io::copy(&mut client, &mut std::io::sink());
        }
    });
    let end = Hop { alias: "n9".to_owned(), host: "127.0.0.1".to_owned(), port, user: user(), legacy, ..Hop::default() };
    let trouble = Talk::new(Target { end, host_keys: HostKeys::Strict, ..Target::default() }).down();
    assert_eq!(trouble.fault, LinkFault::Protocol, "{trouble}");
    trouble.text
}

#[test]
fn a_server_with_any_offer_is_explained() {
    let greet = |lists| [b"Welcome\r\nSSH-2.0-OpenSSH_3.9p1 x\r\n".to_vec(), packet(lists)].concat();
    let rhel4 = ["diffie-hellman-group1-sha1", "ssh-rsa,ssh-dss", "arcfour,blowfish-cbc", "hmac-md5,hmac-ripemd160", "none,zlib"];
    let text = said(greet(rhel4), false);
    for word in [
        "(OpenSSH_3.9p1)",
        "its key exchanges diffie-hellman-group1-sha1: too old",
        "its host keys ssh-rsa, ssh-dss: too old",
        "its ciphers arcfour, blowfish-cbc: our SSH library (libssh2) has none of them",
        "its MACs hmac-md5, hmac-ripemd160: too old",
        "legacy_ssh = true for this cluster in config.toml would not be enough",
    ] {
        assert!(text.contains(word), "{word}: {text}");
    }
    let text = said(greet(rhel4), true);
    assert!(text.contains("ciphers arcfour") && !text.contains("too old") && !text.contains("legacy_ssh"), "{text}");
    let text = said(greet(["curve25519-sha256", "x\x1b[2J,\u{202e}y", "aes128-ctr", "hmac-sha2-256", "none"]), false);
    assert!(text.contains("its host keys x") && !text.contains('\x1b') && !text.contains('\u{202e}'), "{text:?}");
    let text = said(greet(["curve25519-sha256", "ssh-ed25519", "aes128-ctr", "hmac-sha2-256", "zlib"]), false);
    assert!(text.contains("its compressions zlib: 'none' is missing"), "{text}");
    let many = vec!["mac-of-ours"; 1000].join(",");
    let text = said(greet(["curve25519-sha256", "ssh-ed25519", "aes128-ctr", &many, "none"]), false);
    assert!(text.contains("and 988 more") && text.len() < 600, "{text}");
    let text = said(greet(["", "", "", "", ""]), false);
    assert!(text.contains("its key exchanges (none)"), "{text}");
}

#[test]
fn an_offer_is_read_however_it_comes() {
    let bytes = [b"SSH-2.0-OpenSSH_4.3\n".to_vec(), packet(["a,b", "c", "d", "e", "none"])].concat();
    for end in 0..bytes.len() {
        assert!(!matches!(parse(&bytes[..end]), Parsed::Whole(_)), "{end}");
    }
    let list = |text: &str| text.split(',').map(str::to_owned).collect::<Vec<_>>();
    let offer = Offer {
        software: "OpenSSH_4.3".to_owned(),
        kex: list("a,b"),
        host_keys: list("c"),
        ciphers: [list("d"), list("d")],
        macs: [list("e"), list("e")],
        compressions: [list("none"), list("none")],
    };
    assert_eq!(parse(&bytes), Parsed::Whole(Box::new(offer)));
    assert_eq!(parse(b"SSH-2.0-x\r\n\0\0\0\x0c\x04\x01nothing of it"), Parsed::Foreign);
    assert_eq!(parse(b"HTTP/1.0 400 Bad Request\r\n\r\n"), Parsed::Partial);
}

proptest! {
    #[test]
    fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..200), mut whole in Just(packet(["a", "b", "c", "d", "e"])), at in 0..100_usize, to in any::<u8>()) {
        let _ = parse(&bytes);
        let _ = parse(&[b"SSH-2.0-x\r\n\0\0\0".to_vec(), bytes].concat());
        if let Some(byte) = whole.get_mut(at) {
            *byte = to;
        }
        let _ = parse(&[b"SSH-2.0-x\r\n".to_vec(), whole].concat());
    }
}
