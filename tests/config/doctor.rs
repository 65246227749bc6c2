//! doctor's report.

use quorate::doctor::{NodeCheck, run};
use quorate::domain::node::{LinkFault, LinkTrouble, Reach};
use quorate::domain::observation::host::Tools;
use quorate::domain::observation::{Question, Trouble, TroubleKind};
use quorate::domain::stamp::Stamp;
use quorate::link::{Become, Hop, Target};

const ALL: &[&str] = &[
    "crm_mon",
    "cibadmin",
    "stonith_admin",
    "corosync-quorumtool",
    "corosync-cfgtool",
    "corosync-cmapctl",
    "systemctl",
    "journalctl",
    "ip",
    "df",
    "lvs",
    "dmsetup",
    "sudo",
];

fn tools(present: &[&str]) -> Tools {
    Tools {
        present: present.iter().map(|t| (*t).to_owned()).collect(),
        uid: Some(0),
        versions: [("crm_mon", "Pacemaker 2.1.5"), ("lvs", "LVM version: 2.03.16(2) (2022-05-18)")]
            .map(|(t, v)| (t.to_owned(), v.to_owned()))
            .to_vec(),
        ..Tools::default()
    }
}

fn target() -> Target {
    let hop = |host: &str, port| Hop {
        alias: host.to_owned(),
        host: host.to_owned(),
        port,
        user: "root".to_owned(),
        known_hosts: vec!["/home/o/.ssh/known_hosts".into()],
        ..Hop::default()
    };
    Target { jumps: vec![hop("bastion", 22)], end: hop("n1.example.net", 2201), ..Target::default() }
}

fn well() -> NodeCheck {
    NodeCheck {
        name: "n1".to_owned(),
        target: Some(target()),
        reach: Reach::Up { since: Stamp(0), note: None },
        tools: Some(tools(ALL)),
        os: Some("Debian GNU/Linux 12 (bookworm)".to_owned()),
        answers: vec![(Question::CrmMon, Ok(())), (Question::Quorum, Ok(()))],
        clock: Some((-12_345, 400)),
        ..NodeCheck::default()
    }
}

fn report(checks: &[NodeCheck]) -> (u8, String) {
    let mut out = Vec::new();
    let code = run(checks, &mut out).unwrap();
    (code, String::from_utf8(out).unwrap())
}

fn down(fault: LinkFault, text: &str) -> NodeCheck {
    NodeCheck { reach: Reach::Down { since: Stamp(0), trouble: LinkTrouble { fault, text: text.to_owned() } }, tools: None, ..well() }
}

fn line<'a>(text: &'a str, subject: &str) -> &'a str {
    text.lines().find(|l| l.split_whitespace().nth(1) == Some(subject)).unwrap_or_else(|| panic!("no line for {subject}:\n{text}"))
}

#[test]
fn all_well() {
    insta::assert_snapshot!(report(&[well()]).1, @r#"
n1 (root@n1.example.net:2201 via root@bastion:22)
  ok       reach                  connected, host key and login accepted
  ok       rights                 root
  ok       crm_mon                Pacemaker 2.1.5
  ok       cibadmin
  ok       stonith_admin
  ok       corosync-quorumtool
  ok       corosync-cfgtool
  ok       corosync-cmapctl
  note     corosync-qdevice-tool  not found; only needed where a quorum device votes
  note     dlm_tool               not found; only needed where DLM locks shared storage
  ok       systemctl
  ok       journalctl
  ok       ip
  ok       df
  note     virsh                  not found; only needed where guests run under libvirt
  note     vmware-cmd             not found; only needed where guests run under VMware Server
  ok       lvs                    LVM version: 2.03.16(2) (2022-05-18)
  ok       dmsetup
  note     multipathd             not found; only needed where dm-multipath is used
  note     iscsiadm               not found; only needed where iSCSI is used
  ok       clock                  -0.012 s against this machine

1 of 1 nodes reached; all well
"#);
    assert_eq!(report(&[well()]).0, 0);
}

#[test]
fn only_what_is_in_use_is_missing() {
    let mut check = well();
    check.tools = Some(tools(&["crm_mon", "cibadmin", "ip", "df", "corosync-cfgtool", "corosync-cmapctl"]));
    let (code, text) = report(&[check.clone()]);
    assert_eq!(code, 1);
    assert!(line(&text, "corosync-quorumtool").contains("MISSING"), "{text}");
    assert!(text.contains("-> apt install corosync\n") && text.contains("-> apt install pacemaker-cli-utils\n"), "{text}");
    assert!(line(&text, "multipathd").contains("note"), "{text}");
    assert!(text.ends_with("1 of 1 nodes reached; 2 things are missing\n"), "{text}");
    for (os, cure) in [
        ("Red Hat Enterprise Linux 9", "dnf install pacemaker-cli"),
        ("SLES / SUSE 15", "zypper install pacemaker-cli"),
        ("Plan 9", "apt install pacemaker-cli-utils  or  dnf install pacemaker-cli"),
    ] {
        check.os = Some(os.to_owned());
        assert!(report(&[check.clone()]).1.contains(&format!("-> {cure}\n")), "{os}");
    }
    check.tools = Some(tools(&["clustat", "cman_tool", "group_tool", "ip", "df"]));
    assert_eq!(report(&[check.clone()]).0, 0, "rgmanager's nodes need no Pacemaker tools");
    check.tools = Some(tools(&["clustat", "ip", "df"]));
    let (code, text) = report(&[check]);
    assert!(code == 1 && line(&text, "cman_tool").contains("MISSING"), "{text}");
}

#[test]
fn rights() {
    let denied = |question| vec![(question, Err(Trouble::new(TroubleKind::Denied, "'x' is not permitted")))];
    let mut check = NodeCheck { answers: denied(Question::Lvs), ..well() };
    check.tools.as_mut().unwrap().uid = Some(1000);
    let set = |check: &mut NodeCheck, rights| {
        let target = check.target.as_mut().unwrap();
        target.end.user = "admin".to_owned();
        target.rights = rights;
    };
    set(&mut check, Become::None);
    let (code, text) = report(&[check.clone()]);
    assert_eq!(code, 1);
    assert!(line(&text, "lvs").contains("DENIED"), "{text}");
    assert!(
        text.contains("-> set become = \"sudo\" for this cluster and add to sudoers: admin ALL=(root) NOPASSWD: /usr/sbin/lvs"),
        "{text}"
    );
    set(&mut check, Become::Sudo);
    assert!(report(&[check.clone()]).1.contains("-> add to sudoers with visudo (see"), "{text}");
    let no_tty = "sudo refuses 'lvs': sudo: sorry, you must have a tty to run sudo; say 'Defaults !requiretty' in sudoers";
    check.answers = vec![(Question::Lvs, Err(Trouble::new(TroubleKind::Denied, no_tty)))];
    assert!(report(&[check.clone()]).1.contains("-> add to sudoers with visudo: Defaults:admin !requiretty"));
    check.answers = denied(Question::CrmMon);
    set(&mut check, Become::None);
    assert!(report(&[check.clone()]).1.contains("-> usermod -aG haclient admin; or"));
    set(&mut check, Become::Sudo);
    check.tools.as_mut().unwrap().present.retain(|t| t != "sudo");
    let (_, text) = report(&[check]);
    assert!(line(&text, "sudo").contains("MISSING") && text.contains("-> apt install sudo"), "{text}");
}

#[test]
fn a_tool_that_says_no() {
    let case = |question, kind| report(&[NodeCheck { answers: vec![(question, Err(Trouble::new(kind, "it said no")))], ..well() }]);
    let (code, text) = case(Question::CrmMon, TroubleKind::Failed);
    assert_eq!(code, 1);
    assert!(line(&text, "crm_mon").contains("WRONG") && text.contains("systemctl start corosync pacemaker"), "{text}");
    assert_eq!(case(Question::Lvs, TroubleKind::Failed).0, 0, "no volumes of LVM, no complaint");
    assert_eq!(case(Question::Lvs, TroubleKind::Late).0, 1);
    assert_eq!(case(Question::Net, TroubleKind::Garbled).0, 1);
    assert_eq!(case(Question::Quorum, TroubleKind::Absent).0, 1);
}

/// What only some nodes have is not missing elsewhere; where it shows itself, it is.
#[test]
fn what_is_in_use_and_says_no_is_wrong() {
    let failed = |question, text: &str| vec![(question, Err(Trouble::new(TroubleKind::Failed, text)))];
    let (code, text) = report(&[NodeCheck { answers: failed(Question::Lvs, "exit status 5"), lvm: true, ..well() }]);
    assert!(code == 1 && line(&text, "lvs").contains("WRONG") && text.contains("-> run lvs by hand"), "{text}");
    let mut check = NodeCheck { answers: failed(Question::Guests, "libvirtd does not run on the node"), ..well() };
    for virsh in [false, true] {
        if virsh {
            check.tools.as_mut().unwrap().present.push("virsh".to_owned());
        }
        let (code, text) = report(&[check.clone()]);
        assert!(code == 0 && line(&text, "libvirt").contains("note") && text.contains("-> is libvirtd or virtqemud running?"), "{text}");
        let (code, text) = report(&[NodeCheck { libvirt: true, ..check.clone() }]);
        assert!(code == 1 && line(&text, "libvirt").contains("WRONG") && text.contains("-> is libvirtd or virtqemud running?"), "{text}");
        let here = failed(Question::Guests, "libvirt's client library cannot be loaded on this machine (x): install libvirt0");
        let (code, text) = report(&[NodeCheck { libvirt: true, answers: here, ..check.clone() }]);
        assert!(code == 1 && text.contains("install libvirt0") && !text.contains("-> "), "{text}");
        let refused = vec![(Question::Guests, Err(Trouble::new(TroubleKind::Denied, "this user may not speak to libvirt")))];
        let mut refused = NodeCheck { answers: refused, ..check.clone() };
        refused.target.as_mut().unwrap().end.user = "admin".to_owned();
        for rights in [Become::None, Become::Sudo] {
            refused.target.as_mut().unwrap().rights = rights;
            let (code, text) = report(&[refused.clone()]);
            assert!(code == 1 && line(&text, "libvirt").contains("DENIED") && text.contains("-> usermod -aG libvirt admin"), "{text}");
            assert!(!text.contains("sudoers"), "{text}");
        }
    }
}

#[test]
fn the_way_to_a_node() {
    let cases = [
        (down(LinkFault::Timeout, "nothing answered"), "a firewall drop port 2201?"),
        (down(LinkFault::Refused, "closed"), "does sshd run on n1.example.net, on port 2201?"),
        (down(LinkFault::Unreachable, "no such name"), "getent hosts n1.example.net"),
        (down(LinkFault::Auth, "no key was taken"), "ssh-copy-id -p 2201 root@n1.example.net"),
        (down(LinkFault::Auth, "the jump host bastion took no key"), "ssh-copy-id -p 22 root@bastion"),
        (down(LinkFault::Hostkey, "the host key is not in known_hosts"), "ssh-keyscan -p 2201 n1.example.net >> /home/o/.ssh/known_hosts"),
        (down(LinkFault::Hostkey, "the host key differs from a:1"), "ssh-keygen -R '[n1.example.net]:2201' -f /home/o/.ssh/known_hosts"),
        (down(LinkFault::Hostkey, "the host key is revoked by a:1"), "a new host key"),
        (down(LinkFault::Sessions, "no session"), "MaxSessions"),
        (down(LinkFault::Protocol, "not SSH"), "ssh -v -p 2201 n1.example.net"),
    ];
    for (check, cure) in cases {
        let (code, text) = report(&[check]);
        assert_eq!(code, 1);
        let arrow = text.lines().find(|l| l.contains("-> ")).unwrap();
        assert!(arrow.contains(cure), "{cure}:\n{text}");
        assert!(text.starts_with("n1 (root@n1.example.net:2201 via root@bastion:22)\n") && text.contains("0 of 1 nodes reached"), "{text}");
    }
    assert_eq!(report(&[NodeCheck { reach: Reach::Untried, ..well() }]).0, 1);
}

#[test]
fn clocks_notes_and_no_node() {
    let (code, text) = report(&[NodeCheck { clock: Some((-1_500_000, 400_000)), ..well() }]);
    assert!(code == 1 && line(&text, "clock").contains("-1.500 s"), "{text}");
    let (code, text) = report(&[NodeCheck { clock: Some((1_200_000, 1_200_000)), ..well() }]);
    assert!(code == 0 && line(&text, "clock").contains("ok"), "what the line alone may have made is no skew: {text}");
    let mut check = well();
    check.target.as_mut().unwrap().not_honoured.push("config:1: ProxyCommand x".to_owned());
    check.note = Some("sshd grants 2 sessions".to_owned());
    let (code, text) = report(&[check]);
    assert_eq!(code, 0);
    assert!(
        line(&text, "ssh_config").contains("not honoured: config:1: ProxyCommand x") && line(&text, "connection").contains("2 sessions"),
        "{text}"
    );
    assert_eq!(report(&[NodeCheck { target: None, ..well() }]).1.lines().next(), Some("n1 (this machine)"));
    assert_eq!(report(&[]), (1, "0 of 0 nodes reached; no node to check\n".to_owned()));
    assert_eq!(report(&[NodeCheck { tools: None, ..well() }]).0, 1);
}

#[test]
fn hostile_names_are_harmless() {
    let mut check = down(LinkFault::Auth, "no \x1b[2J key");
    check.name = "n1\x1b[31m\n".to_owned();
    check.target.as_mut().unwrap().end.host = "x; rm -rf ~\x1b".to_owned();
    let text = report(&[check]).1;
    assert!(!text.contains('\x1b') && text.contains("'root@x; rm -rf ~"), "{text}");
}
