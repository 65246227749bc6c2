//! Jump hosts.

use std::fs;

use quorate::domain::node::LinkFault;
use quorate::link::{CommandLine, HostKeys, Report};

use super::rig::{Sshd, Talk, free_port, until};

#[test]
fn through_one_jump_host_and_through_two() {
    let (Some(a), Some(b), Some(n)) = (Sshd::start(""), Sshd::start(""), Sshd::start("")) else { return };
    for jumps in [vec![a.hop()], vec![a.hop(), b.hop()]] {
        let mut target = n.target();
        target.jumps = jumps;
        let mut talk = Talk::new(target);
        talk.up();
        let answer = talk.ask(CommandLine::script("echo $SSH_CONNECTION; head -c 500000 /dev/zero", [""; 0])).unwrap();
        assert!(answer.stdout.len() > 500_000);
        let line = answer.stdout.split(|c| *c == b'\n').next().unwrap();
        assert!(line.ends_with(format!("127.0.0.1 {}", n.port).as_bytes()), "{}", String::from_utf8_lossy(line));
        assert!(!a.servants().is_empty());
        talk.drop_link();
        until("every hop's connection to end", || [&a, &b, &n].iter().all(|sshd| sshd.servants().is_empty()));
    }
}

#[test]
fn troubles_name_their_hop() {
    let (Some(jump), Some(node)) = (Sshd::start(""), Sshd::start("")) else { return };
    let mut hop = jump.hop();
    hop.alias = "bastion".to_owned();
    let mut stranger = hop.clone();
    stranger.known_hosts = vec![jump.path("none")];
    let mut keyless = hop.clone();
    keyless.identities = Vec::new();
    let mut closed = hop.clone();
    closed.port = free_port();
    for (bad, fault) in [(stranger, LinkFault::Hostkey), (keyless, LinkFault::Auth), (closed, LinkFault::Refused)] {
        let mut target = node.target();
        target.jumps = vec![bad];
        let trouble = Talk::new(target).down();
        assert_eq!(trouble.fault, fault, "{trouble}");
        assert!(trouble.text.contains("jump host bastion"), "{trouble}");
    }
    let mut target = node.target();
    target.end.port = free_port();
    target.jumps = vec![hop.clone()];
    let trouble = Talk::new(target).down();
    assert_eq!(trouble.fault, LinkFault::Unreachable);
    assert!(trouble.text.contains("jump host bastion: cannot reach 127.0.0.1"), "{trouble}");
    // The node's own key is checked as well.
    let mut target = node.target();
    target.jumps = vec![hop];
    target.end.known_hosts = vec![node.path("none")];
    target.host_keys = HostKeys::Strict;
    let trouble = Talk::new(target).down();
    assert!(trouble.fault == LinkFault::Hostkey && !trouble.text.contains("bastion"), "{trouble}");
}

#[test]
fn a_jump_host_that_forbids_forwarding_is_named() {
    let (Some(jump), Some(node)) = (Sshd::start("AllowTcpForwarding no"), Sshd::start("")) else { return };
    let mut target = node.target();
    target.jumps = vec![jump.hop()];
    let trouble = Talk::new(target).down();
    assert!(trouble.text.contains("AllowTcpForwarding"), "{trouble}");
}

/// sshd drops connections where too many have not logged in yet: the nodes behind a jump host take turns there.
#[test]
fn many_nodes_behind_one_jump_host_do_not_overrun_it() {
    let (Some(mut jump), Some(node)) = (Sshd::start(""), Sshd::start("")) else { return };
    jump.stop();
    let conf = fs::read_to_string(jump.path("conf")).unwrap();
    fs::write(jump.path("conf"), format!("MaxStartups 12\n{conf}")).unwrap();
    jump.run();
    let mut target = node.target();
    target.jumps = vec![jump.hop()];
    let mut talks: Vec<Talk> = (0..24).map(|_| Talk::new(target.clone())).collect();
    for talk in &mut talks {
        talk.up();
        assert!(!talk.has(|r| matches!(r, Report::Down { retry_at: Some(_), .. })), "it was dropped");
    }
}
