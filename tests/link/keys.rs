//! Host keys, identities, passphrases, agents.

use std::fs;
use std::os::unix::net::UnixListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use quorate::domain::node::LinkFault;
use quorate::domain::secret::Secret;
use quorate::link::{HostKeys, Order, Prompt, PromptId, Reply, Report};

use super::rig::{Sshd, Talk, keygen, until, user};

fn prompt(talk: &mut Talk) -> (PromptId, Prompt) {
    talk.wait("a prompt", |r| if let Report::Prompt { id, what } = r { Some((*id, what.clone())) } else { None })
}

fn fingerprint(public: &Path) -> String {
    let out = Command::new("ssh-keygen").arg("-lf").arg(public).output().unwrap();
    String::from_utf8(out.stdout).unwrap().split_whitespace().nth(1).unwrap().to_owned()
}

#[test]
fn an_unknown_host_key_is_asked_for_and_remembered() {
    let Some(sshd) = Sshd::start("") else { return };
    let mut target = sshd.target();
    target.host_keys = HostKeys::Ask;
    target.end.known_hosts = vec![sshd.path("fresh")];
    let mut talk = Talk::new(target.clone());
    let (id, what) = prompt(&mut talk);
    let expected = Prompt::UnknownHostKey {
        host: format!("[127.0.0.1]:{}", sshd.port),
        kind: "ssh-ed25519".to_owned(),
        fingerprint: fingerprint(&sshd.path("host.pub")),
        file: sshd.path("fresh").display().to_string(),
    };
    assert_eq!(what, expected);
    talk.order(Order::Reply(id, Reply::Trust));
    talk.up();
    drop(talk);
    target.host_keys = HostKeys::Strict;
    Talk::new(target).up();
}

#[test]
fn an_unknown_host_key_that_is_refused_is_not_asked_for_again_until_told() {
    let Some(sshd) = Sshd::start("") else { return };
    let mut target = sshd.target();
    target.host_keys = HostKeys::Ask;
    target.end.known_hosts = vec![sshd.path("fresh")];
    let mut talk = Talk::new(target);
    let (id, _) = prompt(&mut talk);
    talk.order(Order::Reply(id, Reply::Refuse));
    let trouble = talk.wait("a refusal", |r| match r {
        Report::Down { trouble, retry_at: None } if trouble.text.contains("not accepted") => Some(trouble.clone()),
        _ => None,
    });
    assert_eq!(trouble.fault, LinkFault::Hostkey);
    assert!(!sshd.path("fresh").exists());
    talk.order(Order::Hurry);
    let (id, _) = prompt(&mut talk);
    talk.order(Order::Reply(id, Reply::Trust));
    talk.up();
}

/// Whoever is asked first decides for all nodes behind the same host.
#[test]
fn an_unknown_key_of_a_shared_jump_host_is_asked_for_once() {
    let (Some(jump), Some(node)) = (Sshd::start(""), Sshd::start("")) else { return };
    for (file, reply) in [("trusted", Reply::Trust), ("refused", Reply::Refuse)] {
        let mut target = node.target();
        target.host_keys = HostKeys::Ask;
        target.jumps = vec![jump.hop()];
        target.jumps[0].known_hosts = vec![jump.path(file)];
        let mut talks = [Talk::new(target.clone()), Talk::new(target)];
        let asked = |talk: &mut Talk| talk.has(|r| matches!(r, Report::Prompt { .. }));
        let mut first = None;
        until("a prompt", || {
            first = talks.iter_mut().position(asked);
            first.is_some()
        });
        let first = &mut talks[first.unwrap()];
        let (id, _) = prompt(first);
        first.order(Order::Reply(id, reply));
        for talk in &mut talks {
            if file == "trusted" {
                talk.up();
            } else {
                let no = |r: &Report| matches!(r, Report::Down { trouble, retry_at: None } if trouble.text.contains("not accepted"));
                talk.wait("the refusal", |r| no(r).then_some(()));
            }
            assert!(!asked(talk), "{file}");
        }
        let lines = fs::read_to_string(jump.path(file)).unwrap_or_default().lines().count();
        assert_eq!(lines, usize::from(file == "trusted"), "{file}");
    }
}

/// As with OpenSSH. What was accepted is not asked for again, and another key than that is a changed one.
#[test]
fn a_host_key_that_cannot_be_written_is_trusted_for_the_session() {
    for policy in [HostKeys::Ask, HostKeys::AcceptNew] {
        let Some(mut sshd) = Sshd::start("") else { return };
        fs::create_dir(sshd.path("folder")).unwrap();
        let mut target = sshd.target();
        target.host_keys = policy;
        target.end.known_hosts = vec![sshd.path("folder")];
        let mut talk = Talk::new(target);
        if policy == HostKeys::Ask {
            let (id, _) = prompt(&mut talk);
            talk.order(Order::Reply(id, Reply::Trust));
        }
        let note = talk.up().1.unwrap_or_default();
        assert!(note.contains("trusted for this session alone") && note.contains("folder"), "{note}");
        sshd.stop();
        talk.down();
        sshd.run();
        talk.order(Order::Hurry);
        talk.up();
        for name in ["host", "host.pub"] {
            fs::remove_file(sshd.path(name)).unwrap();
        }
        keygen(&sshd.path("host"), "ed25519", "");
        sshd.stop();
        sshd.run();
        let changed = |r: &Report| matches!(r, Report::Down { trouble, .. } if trouble.text.contains("CHANGED"));
        talk.wait("the changed key", |r| changed(r).then_some(()));
        assert!(!talk.has(|r| matches!(r, Report::Prompt { .. })));
    }
}

#[test]
fn policies_for_host_keys() {
    let Some(sshd) = Sshd::start("") else { return };
    let other = sshd.path("other");
    keygen(&other, "ed25519", "");
    let public = fs::read_to_string(sshd.path("other.pub")).unwrap();
    fs::write(sshd.path("wrong"), format!("# a line\n[127.0.0.1]:{} {public}", sshd.port)).unwrap();
    let at = sshd.path("wrong").display().to_string();
    for (policy, file, words) in [
        (HostKeys::Strict, "none", vec!["is unknown", "SHA256:", "--host-keys"]),
        (HostKeys::Strict, "wrong", vec!["CHANGED", at.as_str(), ":2;"]),
        (HostKeys::Ask, "wrong", vec!["CHANGED"]),
        (HostKeys::AcceptNew, "wrong", vec!["CHANGED"]),
    ] {
        let mut target = sshd.target();
        target.host_keys = policy;
        target.end.known_hosts = vec![sshd.path(file)];
        let trouble = Talk::new(target).down();
        assert_eq!(trouble.fault, LinkFault::Hostkey, "{trouble}");
        for word in words {
            assert!(trouble.text.contains(word), "{policy:?} {file}: {trouble}");
        }
    }
    let mut target = sshd.target();
    target.host_keys = HostKeys::AcceptNew;
    target.end.known_hosts = vec![sshd.path("new")];
    Talk::new(target).up();
    assert!(fs::read_to_string(sshd.path("new")).unwrap().contains("ssh-ed25519"));
}

#[test]
fn a_known_key_of_another_type_is_asked_of_the_server() {
    let Some(sshd) = Sshd::start("") else { return };
    keygen(&sshd.path("rsa"), "rsa", "");
    let mut sshd = sshd;
    sshd.stop();
    let conf = fs::read_to_string(sshd.path("conf")).unwrap();
    fs::write(sshd.path("conf"), format!("HostKey {}\n{conf}", sshd.path("rsa").display())).unwrap();
    sshd.run();
    let public = fs::read_to_string(sshd.path("rsa.pub")).unwrap();
    fs::write(sshd.path("known"), format!("[127.0.0.1]:{} {public}", sshd.port)).unwrap();
    Talk::new(sshd.target()).up();
}

#[test]
fn keys_that_are_not_taken_are_named() {
    let Some(sshd) = Sshd::start("") else { return };
    keygen(&sshd.path("no1"), "ed25519", "");
    keygen(&sshd.path("no2"), "ecdsa", "");
    let mut target = sshd.target();
    target.end.identities = vec![sshd.path("no1"), sshd.path("missing"), sshd.path("no2")];
    let trouble = Talk::new(target).down();
    assert_eq!(trouble.fault, LinkFault::Auth);
    for word in ["took none of 2 keys", "no1 (file)", "no2 (file)", "missing (", "allowed: publickey"] {
        assert!(trouble.text.contains(word), "{trouble}");
    }
}

#[test]
fn key_types_and_formats() {
    let Some(sshd) = Sshd::start("") else { return };
    for kind in ["ed25519", "ecdsa", "rsa"] {
        let key = sshd.path(kind);
        keygen(&key, kind, "");
        fs::copy(sshd.path(&format!("{kind}.pub")), sshd.path("authorized")).unwrap();
        let mut target = sshd.target();
        target.end.identities = vec![key];
        Talk::new(target).up();
    }
    // PEM, encrypted the old way.
    let pem = sshd.path("pem");
    let status = Command::new("ssh-keygen").args(["-q", "-t", "rsa", "-m", "PEM", "-N", "open sesame", "-f"]).arg(&pem).status().unwrap();
    assert!(status.success());
    fs::copy(sshd.path("pem.pub"), sshd.path("authorized")).unwrap();
    let mut target = sshd.target();
    target.end.identities = vec![pem];
    let mut talk = Talk::new(target);
    let (id, _) = prompt(&mut talk);
    talk.order(Order::Reply(id, Reply::Passphrase(Secret::new("open sesame"))));
    talk.up();
}

#[test]
fn a_passphrase_is_asked_for_once_and_again_when_wrong() {
    let Some(mut sshd) = Sshd::start("") else { return };
    let key = sshd.path("locked");
    keygen(&key, "ed25519", "right");
    fs::copy(sshd.path("locked.pub"), sshd.path("authorized")).unwrap();
    let mut target = sshd.target();
    target.end.identities = vec![key.clone()];
    let mut talk = Talk::new(target.clone());
    let file = key.display().to_string();
    for (said, again) in [("wrong", false), ("right", true)] {
        let (id, what) = prompt(&mut talk);
        assert_eq!(what, Prompt::Passphrase { file: file.clone(), again });
        talk.order(Order::Reply(id, Reply::Passphrase(Secret::new(said))));
    }
    talk.up();
    // Neither another node nor a reconnect asks again.
    Talk::new(target).up();
    sshd.stop();
    talk.down();
    sshd.run();
    talk.order(Order::Hurry);
    talk.up();
}

#[test]
fn a_node_that_is_slow_to_let_us_in_holds_up_no_other_that_wants_the_same_passphrase() {
    let wait = "while [ ! -e HERE/go ]; do sleep 0.1; done; cat HERE/authorized";
    let Some(mut slow) = Sshd::start("") else { return };
    let Some(fast) = Sshd::start("") else { return };
    let key = slow.path("locked");
    keygen(&key, "ed25519", "right");
    slow.stop();
    let command = format!("AuthorizedKeysCommand /bin/sh -c \"{}\"\nAuthorizedKeysCommandUser {}\n", wait, user());
    let conf = fs::read_to_string(slow.path("conf")).unwrap().replace("AuthorizedKeysFile ", "AuthorizedKeysFile none #");
    fs::write(slow.path("conf"), conf + &command.replace("HERE", &slow.dir.path().display().to_string())).unwrap();
    slow.run();
    let talk = |sshd: &Sshd| {
        fs::copy(slow.path("locked.pub"), sshd.path("authorized")).unwrap();
        let mut target = sshd.target();
        target.end.identities = vec![key.clone()];
        Talk::new(target)
    };
    let mut first = talk(&slow);
    let (id, _) = prompt(&mut first);
    let mut second = talk(&fast);
    first.order(Order::Reply(id, Reply::Passphrase(Secret::new("right"))));
    second.up();
    let over = |r: &Report| matches!(r, Report::Up { .. } | Report::Down { retry_at: Some(_), .. });
    assert!(!first.has(over), "the slow one's first attempt is still under way");
    fs::write(slow.path("go"), "").unwrap();
    first.up();
}

#[test]
fn three_wrong_passphrases_or_a_refusal_are_an_auth_trouble() {
    let Some(sshd) = Sshd::start("") else { return };
    for (name, tries) in [("wrong", 3), ("refused", 1)] {
        let key = sshd.path(name);
        keygen(&key, "ed25519", "right");
        let mut target = sshd.target();
        target.end.identities = vec![key];
        let mut talk = Talk::new(target);
        for _ in 0..tries {
            let (id, _) = prompt(&mut talk);
            let reply = if tries == 1 { Reply::Refuse } else { Reply::Passphrase(Secret::new("nonsense")) };
            talk.order(Order::Reply(id, reply));
        }
        let words = if tries == 1 { "no passphrase given" } else { "wrong passphrase" };
        let trouble = talk.wait("an auth trouble", |r| match r {
            Report::Down { trouble, .. } if trouble.text.contains(words) => Some(trouble.clone()),
            _ => None,
        });
        assert_eq!(trouble.fault, LinkFault::Auth);
    }
}

/// Where nobody can be asked, nothing is: what lacks an answer is tried again, for a key may be added and an agent may come back.
#[test]
fn where_nobody_is_to_be_asked_no_key_is_given_up() {
    let Some(sshd) = Sshd::start("") else { return };
    let locked = sshd.path("locked");
    keygen(&locked, "ed25519", "right");
    let mut target = sshd.target();
    target.unattended = true;
    target.end.identities = vec![locked.clone()];
    let mut talk = Talk::new(target);
    let trouble = talk.wait("an auth trouble that is no refusal", |r| match r {
        Report::Down { trouble, retry_at: Some(_) } if trouble.fault == LinkFault::Auth => Some(trouble.clone()),
        _ => None,
    });
    assert!(trouble.text.contains("locked: it has a passphrase"), "{trouble}");
    assert!(!talk.has(|r| matches!(r, Report::Prompt { .. })));
    // It is opened: the same link gets in.
    fs::copy(sshd.path("id"), &locked).unwrap();
    talk.order(Order::Hurry);
    talk.up();
}

#[test]
fn an_authority_that_would_vouch_is_said_to_be_unused() {
    let Some(sshd) = Sshd::start("") else { return };
    let public = fs::read_to_string(sshd.path("host.pub")).unwrap();
    fs::write(sshd.path("ca"), format!("@cert-authority * {public}")).unwrap();
    let mut target = sshd.target();
    target.end.known_hosts = vec![sshd.path("ca")];
    let trouble = Talk::new(target).down();
    assert_eq!(trouble.fault, LinkFault::Hostkey);
    assert!(trouble.text.contains("ca:1: @cert-authority is not used"), "{trouble}");
}

struct Agent {
    child: Child,
    socket: PathBuf,
}

impl Agent {
    fn start(sshd: &Sshd) -> Self {
        let socket = sshd.path("agent");
        let child = Command::new("ssh-agent").arg("-D").arg("-a").arg(&socket).process_group(0).stdout(Stdio::null()).spawn().unwrap();
        until("the agent", || socket.exists());
        Self { child, socket }
    }

    fn add(&self, key: &Path) {
        let status = Command::new("ssh-add").arg("-q").arg(key).env("SSH_AUTH_SOCK", &self.socket).stderr(Stdio::null()).status().unwrap();
        assert!(status.success());
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn keys_from_an_agent() {
    let Some(sshd) = Sshd::start("") else { return };
    let agent = Agent::start(&sshd);
    for kind in ["ed25519", "rsa", "ecdsa"] {
        let key = sshd.path(kind);
        keygen(&key, kind, "");
        agent.add(&key);
        fs::copy(sshd.path(&format!("{kind}.pub")), sshd.path("authorized")).unwrap();
        fs::remove_file(&key).unwrap();
        let mut target = sshd.target();
        target.end.agent = Some(agent.socket.clone());
        target.end.identities = Vec::new();
        Talk::new(target).up();
    }
}

#[test]
fn identities_only_uses_the_agents_copy_of_a_named_key() {
    let Some(sshd) = Sshd::start("MaxAuthTries 4") else { return };
    let agent = Agent::start(&sshd);
    for i in 0..9 {
        let key = sshd.path(&format!("a{i}"));
        keygen(&key, "ed25519", "");
        agent.add(&key);
    }
    let mut target = sshd.target();
    target.end.agent = Some(agent.socket.clone());
    // A key that the agent holds is used from there: its file may be encrypted or public only.
    fs::copy(sshd.path("a7.pub"), sshd.path("authorized")).unwrap();
    fs::remove_file(sshd.path("a7")).unwrap();
    target.end.identities = vec![sshd.path("a7")];
    target.end.identities_only = true;
    Talk::new(target.clone()).up();
    target.end.identities = vec![sshd.path("id")];
    let trouble = Talk::new(target).down();
    assert!(trouble.text.contains("did not take our key") && trouble.text.contains("id (file)"), "{trouble}");
    assert!(trouble.text.contains("agent (9 keys that no IdentityFile names"), "{trouble}");
    let mut gone = sshd.target();
    gone.end.agent = Some(sshd.path("nowhere"));
    gone.end.identities = Vec::new();
    let trouble = Talk::new(gone).down();
    assert!(trouble.text.contains("nowhere"), "{trouble}");
}

/// What was named is named where it could not be offered, and an agent that holds nothing is there all the same.
#[test]
fn a_key_without_its_private_half_is_named() {
    let Some(sshd) = Sshd::start("") else { return };
    let agent = Agent::start(&sshd);
    keygen(&sshd.path("half"), "ed25519", "");
    fs::remove_file(sshd.path("half")).unwrap();
    let mut target = sshd.target();
    for (named, socket, said) in [
        ("half", Some(&agent.socket), "half (its private half is neither there nor in the agent)"),
        ("half.pub", Some(&agent.socket), "half.pub (its private half is neither there nor in the agent)"),
        ("half", None, "half (its private half is not there, and there is no agent)"),
    ] {
        target.end.identities = vec![sshd.path(named)];
        target.end.agent = socket.cloned();
        let trouble = Talk::new(target.clone()).down();
        assert!(trouble.text.contains("was offered no key") && trouble.text.contains(said), "{trouble}");
        assert_eq!(trouble.text.contains("agent (0 keys)"), socket.is_some(), "{trouble}");
    }
}

/// A forwarded agent whose far end is gone takes every question and answers none.
#[test]
fn an_agent_that_does_not_answer_is_done_without() {
    let Some(sshd) = Sshd::start("") else { return };
    let mut target = sshd.target();
    target.end.agent = Some(sshd.path("mute"));
    let _mute = UnixListener::bind(sshd.path("mute")).unwrap();
    let mut talk = Talk::new(target.clone());
    talk.within(Duration::from_secs(10), "the connection by the key's file", |r| matches!(r, Report::Up { .. }).then_some(()));
    target.end.identities = Vec::new();
    let trouble = Talk::new(target).wait("a trouble that will be tried again", |r| match r {
        Report::Down { trouble, retry_at: Some(_) } => Some(trouble.clone()),
        _ => None,
    });
    assert_eq!(trouble.fault, LinkFault::Auth, "{trouble}");
    assert!(trouble.text.contains("mute (does not answer)"), "{trouble}");
}

/// Keys that sshd has refused since it was started.
fn refusals(sshd: &Sshd) -> usize {
    fs::read_to_string(sshd.path("log")).unwrap().matches("Failed publickey").count()
}

#[test]
fn an_agent_with_more_keys_than_sshd_allows_is_gone_through_and_the_key_remembered() {
    for most in [1, 2, 6] {
        let Some(mut sshd) = Sshd::start(&format!("MaxAuthTries {most}")) else { return };
        let agent = Agent::start(&sshd);
        for i in 0..9 {
            let key = sshd.path(&format!("a{i}"));
            keygen(&key, "ed25519", "");
            agent.add(&key);
        }
        fs::copy(sshd.path("a8.pub"), sshd.path("authorized")).unwrap();
        let mut target = sshd.target();
        target.end.agent = Some(agent.socket.clone());
        target.end.identities = Vec::new();
        let mut talk = Talk::new(target.clone());
        talk.up();
        sshd.stop();
        talk.down();
        sshd.run();
        talk.order(Order::Hurry);
        talk.up();
        assert_eq!(refusals(&sshd), 0, "the key that was taken goes first (MaxAuthTries {most})");
        fs::copy(sshd.path("id.pub"), sshd.path("authorized")).unwrap();
        let trouble = Talk::new(target).down();
        assert_eq!(trouble.fault, LinkFault::Auth);
        assert!(trouble.text.contains("took none of 9 keys") && trouble.text.contains("agent (9 keys)"), "{trouble}");
    }
}

/// A key that sshd had no time to judge is no key that it refused: it is offered again.
#[test]
fn a_login_that_was_too_slow_is_tried_again_with_the_same_key() {
    let Some(mut sshd) = Sshd::start("") else { return };
    sshd.stop();
    let (slow, script) = (sshd.path("slow"), sshd.path("slow.sh"));
    fs::write(&script, format!("[ -e {0} ] && rm {0} && exec sleep 40\ncat {1}\n", slow.display(), sshd.path("id.pub").display())).unwrap();
    // sshd looks into the file first.
    fs::write(sshd.path("authorized"), "").unwrap();
    let config = fs::read_to_string(sshd.path("conf")).unwrap();
    let slowly = format!("AuthorizedKeysCommand /bin/sh {}\nAuthorizedKeysCommandUser {}\n{config}", script.display(), user());
    fs::write(sshd.path("conf"), slowly).unwrap();
    fs::write(&slow, "").unwrap();
    sshd.run();
    let mut talk = Talk::new(sshd.target());
    let late = talk.within(Duration::from_secs(40), "the end of the slow attempt", |r| match r {
        Report::Down { trouble, retry_at: Some(_) } => Some(trouble.clone()),
        _ => None,
    });
    assert_eq!(late.fault, LinkFault::Timeout, "{late}");
    assert!(!slow.exists(), "sshd was never slow");
    talk.order(Order::Hurry);
    talk.within(Duration::from_secs(40), "the connection", |r| match r {
        Report::Down { trouble, .. } if trouble.fault == LinkFault::Auth => panic!("{trouble}"),
        Report::Up { .. } => Some(()),
        _ => None,
    });
}

#[test]
fn a_named_key_goes_before_the_agents_others() {
    let Some(sshd) = Sshd::start("MaxAuthTries 1") else { return };
    let agent = Agent::start(&sshd);
    for i in 0..4 {
        let key = sshd.path(&format!("a{i}"));
        keygen(&key, "ed25519", "");
        agent.add(&key);
    }
    // From its file, and from the agent by its public half.
    for (named, taken) in [("id", "id.pub"), ("a3.pub", "a3.pub")] {
        fs::copy(sshd.path(taken), sshd.path("authorized")).unwrap();
        let mut target = sshd.target();
        target.end.agent = Some(agent.socket.clone());
        target.end.identities = vec![sshd.path(named)];
        Talk::new(target).up();
        assert_eq!(refusals(&sshd), 0, "{named}");
    }
}
