//! Nodes that are not well, each shown as what it is.

use std::fs;
use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use quorate::domain::node::LinkFault;
use quorate::link::{AskError, CommandLine, Hop, HostKeys, Lane, Order, Report, Target};

use super::rig::{LONG, Sshd, Talk, free_port, odd_sleep, runs, until, user};

/// Within which a node is shown as what it is, with room for a loaded machine.
const SOON: Duration = Duration::from_secs(6);

fn nobody(port: u16) -> Target {
    let end = Hop { alias: "n9".to_owned(), host: "127.0.0.1".to_owned(), port, user: user(), ..Hop::default() };
    Target { end, host_keys: HostKeys::Strict, ..Target::default() }
}

fn fault(target: Target) -> (LinkFault, String) {
    let mut talk = Talk::new(target);
    let early = talk.send(CommandLine::new("true", [""; 0]), Lane::Fast, LONG);
    let trouble = talk.within(SOON, "down", |r| if let Report::Down { trouble, .. } = r { Some(trouble.clone()) } else { None });
    // What was asked before it was known is answered.
    assert_eq!(talk.answer(early), Err(AskError::Lost(trouble.clone())));
    let later = talk.send(CommandLine::new("true", [""; 0]), Lane::Slow, LONG);
    assert!(matches!(talk.answer(later), Err(AskError::Lost(_))));
    let stream = talk.follow(CommandLine::new("true", [""; 0]));
    assert!(talk.ended(stream).starts_with(trouble.fault.word()));
    (trouble.fault, trouble.text)
}

#[test]
fn each_is_shown_as_what_it_is() {
    let (found, words) = fault(nobody(free_port()));
    assert_eq!(found, LinkFault::Refused, "{words}");

    let silent = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let (found, words) = fault(nobody(silent.local_addr().unwrap().port()));
    assert_eq!(found, LinkFault::Timeout);
    assert!(words.contains("accepts but does not answer"), "{words}");

    let mut target = nobody(22);
    target.end.host = "no-such-host.invalid".to_owned();
    let (found, words) = fault(target);
    assert_eq!(found, LinkFault::Unreachable);
    assert!(words.contains("no-such-host.invalid"), "{words}");
}

#[test]
fn what_speaks_no_ssh_is_a_protocol_trouble() {
    for greeting in [&b"HTTP/1.0 400 Bad Request\r\n\r\n"[..], b"", b"SSH-2.0-x\r\n\0\0\0\x04garbage garbage"] {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        std::thread::spawn(move || {
            while let Ok((mut client, _)) = listener.accept() {
                let _ = client.write_all(greeting);
            }
        });
        let (found, words) = fault(nobody(port));
        assert_eq!(found, LinkFault::Protocol, "{words}");
    }
}

/// A full accept queue: the kernel answers no further SYN, as if the host were switched off. As long as this is kept.
fn switched_off() -> (u16, (TcpListener, Vec<TcpStream>)) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    rustix::net::listen(&listener, 0).unwrap();
    let address = listener.local_addr().unwrap();
    let mut held = Vec::new();
    while let Ok(stream) = TcpStream::connect_timeout(&address, Duration::from_millis(300)) {
        held.push(stream);
        assert!(held.len() < 64);
    }
    (address.port(), (listener, held))
}

#[test]
fn a_host_that_drops_connections_is_a_timeout() {
    let (port, _held) = switched_off();
    let (found, words) = fault(nobody(port));
    assert_eq!(found, LinkFault::Timeout);
    assert!(words.contains("switched off"), "{words}");
}

fn at_any(first: Target, others: Vec<Target>) -> Talk {
    Talk::with(64, |voice| quorate::link::ssh::spawn_any(first, others, voice))
}

/// A member that was found later is reached by name, then by ring address, for ever.
#[test]
fn a_node_is_looked_for_at_each_of_its_places_for_ever() {
    let Some(mut sshd) = Sshd::start("") else { return };
    let by_name = sshd.target();
    sshd.stop();
    let elsewhere = free_port();
    let mut talk = at_any(by_name, vec![nobody(elsewhere)]);
    for _ in 0..2 {
        // Not said before it was tried everywhere.
        let trouble = talk.down();
        assert_eq!(trouble.fault, LinkFault::Refused, "{trouble}");
        assert!(trouble.text.contains(&elsewhere.to_string()), "{trouble}");
    }
    sshd.run();
    talk.up();
    assert_eq!(talk.say("echo here"), "here\n");
    // It is looked for where it was found, and elsewhere.
    sshd.stop();
    talk.down();
    talk.wait("all places tried", |r| matches!(r, Report::Down { trouble, .. } if trouble.fault == LinkFault::Refused).then_some(()));
    sshd.run();
    talk.up();
}

/// A name may lead to a stranger. Whoever is known to be somebody else ends the search.
#[test]
fn a_node_whose_name_leads_to_a_stranger_is_looked_for_elsewhere() {
    let (Some(stranger), Some(sshd)) = (Sshd::start(""), Sshd::start("")) else { return };
    let known = stranger.path("others");
    let mut by_name = stranger.target();
    by_name.end.known_hosts = vec![known.clone()];
    let mut talk = at_any(by_name.clone(), vec![sshd.target()]);
    talk.up();
    assert!(!talk.has(|r| matches!(r, Report::Down { .. })), "it is there");
    // Where it is nowhere else, the stranger is what is told.
    let trouble = at_any(by_name.clone(), vec![nobody(free_port())]).down();
    assert!(trouble.fault == LinkFault::Hostkey && trouble.text.contains("is unknown"), "{trouble}");
    let key = |sshd: &Sshd| fs::read_to_string(sshd.path("host.pub")).unwrap();
    for (line, words) in
        [(format!("[127.0.0.1]:{} {}", stranger.port, key(&sshd)), "CHANGED"), (format!("@revoked * {}", key(&stranger)), "is revoked by")]
    {
        fs::write(&known, line).unwrap();
        let trouble = at_any(by_name.clone(), vec![sshd.target()]).down();
        assert!(trouble.fault == LinkFault::Hostkey && trouble.text.contains(words), "{trouble}");
    }
}

#[test]
fn a_node_that_does_not_answer_by_its_name_is_soon_looked_for_elsewhere() {
    let Some(sshd) = Sshd::start("") else { return };
    let (port, _held) = switched_off();
    let mut talk = at_any(nobody(port), vec![sshd.target()]);
    talk.up();
    assert!(!talk.has(|r| matches!(r, Report::Down { .. })), "it is there");
}

/// What answers is the node, however long it takes to let us in.
#[test]
fn a_node_that_is_slow_to_let_us_in_is_not_looked_for_elsewhere() {
    let Some(sshd) = Sshd::start("") else { return };
    let door = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let mut slow = Target { host_keys: HostKeys::AcceptNew, ..sshd.target() };
    slow.end.port = door.local_addr().unwrap().port();
    let port = sshd.port;
    std::thread::spawn(move || {
        while let Ok((client, _)) = door.accept() {
            std::thread::sleep(Duration::from_secs(4));
            let server = TcpStream::connect(("127.0.0.1", port)).unwrap();
            for (mut from, mut to) in [(client.try_clone().unwrap(), server.try_clone().unwrap()), (server, client)] {
                std::thread::spawn(move || std::io::copy(&mut from, &mut to));
            }
        }
    });
    let mut talk = at_any(slow, vec![nobody(free_port())]);
    talk.up();
    assert!(talk.has(|r| matches!(r, Report::Down { retry_at: None, .. })), "it is late");
    assert!(!talk.has(|r| matches!(r, Report::Down { retry_at: Some(_), .. })), "it was given up");
}

#[test]
fn a_frozen_node_hangs_and_comes_back() {
    let Some(sshd) = Sshd::start("") else { return };
    let mut talk = Talk::new(sshd.target());
    talk.up();
    let stream = talk.follow(CommandLine::script("i=0; while :; do echo $i; i=$((i+1)); sleep 0.2; done", [""; 0]));
    talk.collect(stream, b"2\n");
    let waiting = [Lane::Fast, Lane::Slow].map(|lane| talk.send(CommandLine::script("sleep 1; echo x", [""; 0]), lane, LONG));
    sshd.signal("STOP");
    let trouble = talk.within(SOON, "the hang", |r| if let Report::Down { trouble, .. } = r { Some(trouble.clone()) } else { None });
    assert_eq!(trouble.fault, LinkFault::Timeout);
    assert!(trouble.text.contains("accepts but does not answer"), "{trouble}");
    let meanwhile = talk.send(CommandLine::new("true", [""; 0]), Lane::Fast, LONG);
    assert!(matches!(talk.answer(meanwhile), Err(AskError::Lost(_))));
    sshd.signal("CONT");
    talk.up();
    assert_eq!(talk.say("echo back"), "back\n");
    // What was asked before is answered: a node that stalls again and again gets to the end of its questions all the same.
    for id in waiting {
        assert_eq!(talk.answer(id).unwrap().stdout, b"x\n");
    }
    // The stream went on where it was: nothing lost, nothing twice.
    let more = talk.collect(stream, b"15\n");
    let text = String::from_utf8(more).unwrap();
    let numbers: Vec<u32> = text.lines().map(|l| l.parse().unwrap()).collect();
    assert!(numbers.windows(2).all(|w| w[1] == w[0] + 1), "{numbers:?}");
}

#[test]
fn a_lost_connection_is_made_again() {
    let Some(mut sshd) = Sshd::start("") else { return };
    let mut talk = Talk::new(sshd.target());
    talk.up();
    let (followed, slept) = (odd_sleep(1077), odd_sleep(1078));
    let stream = talk.follow(CommandLine::new("sleep", [&followed]));
    let asked = talk.send(CommandLine::new("sleep", [&slept]), Lane::Fast, LONG);
    until("both run", || runs(&followed) && runs(&slept));
    sshd.stop();
    talk.down();
    assert!(matches!(talk.answer(asked), Err(AskError::Lost(_))));
    talk.ended(stream);
    sshd.run();
    talk.up();
    assert_eq!(talk.say("echo again"), "again\n");
}

#[test]
fn hurry_does_not_wait_for_the_backoff() {
    let Some(mut sshd) = Sshd::start("") else { return };
    let target = sshd.target();
    sshd.stop();
    let mut talk = Talk::new(target);
    // Far enough into the backoff to tell.
    for _ in 0..4 {
        talk.down();
        talk.order(Order::Hurry);
    }
    talk.down();
    sshd.run();
    talk.order(Order::Hurry);
    talk.within(SOON, "up", |r| matches!(r, Report::Up { .. }).then_some(()));
}

#[test]
fn an_account_without_a_shell_says_so() {
    let Some(sshd) = Sshd::start("ForceCommand echo This account is closed.") else { return };
    let trouble = Talk::new(sshd.target()).wait("no shell", |r| match r {
        Report::Down { trouble, .. } if trouble.fault == LinkFault::Protocol => Some(trouble.clone()),
        _ => None,
    });
    assert!(trouble.text.contains("This account is closed."), "{trouble}");
}

#[test]
fn an_account_whose_shell_never_answers_is_shown_soon() {
    // One that repeats what we send, and one that swallows it.
    for command in ["cat", "sleep 60"] {
        let Some(sshd) = Sshd::start(&format!("ForceCommand {command}")) else { return };
        let mut talk = Talk::new(sshd.target());
        let trouble = talk.within(SOON, "down", |r| if let Report::Down { trouble, .. } = r { Some(trouble.clone()) } else { None });
        assert_eq!(trouble.fault, LinkFault::Timeout);
        assert!(trouble.text.contains("the account's shell does not answer"), "{command}: {trouble}");
    }
}

#[test]
fn a_slow_login_shell_is_waited_for() {
    let Some(sshd) = Sshd::start("ForceCommand sleep 4; eval \"$SSH_ORIGINAL_COMMAND\"") else { return };
    let mut talk = Talk::new(sshd.target());
    assert_eq!(talk.down().fault, LinkFault::Timeout);
    talk.up();
    assert_eq!(talk.say("echo here"), "here\n");
}

#[test]
fn a_noisy_login_shell_does_no_harm() {
    let Some(sshd) = Sshd::start("ForceCommand echo noise; echo more >&2; eval \"$SSH_ORIGINAL_COMMAND\"") else { return };
    let mut talk = Talk::new(sshd.target());
    talk.up();
    let answer = talk.ask(CommandLine::new("echo", ["clean"])).unwrap();
    assert_eq!((answer.stdout.as_slice(), answer.stderr.as_slice()), (&b"clean\n"[..], &b""[..]));
}
