//! libvirt beside a link: the tunnel to its socket by a real sshd, libvirt's own test driver, a daemon that says nothing.

use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::sync::Arc;
use std::thread;

use quorate::link::libvirt::Beside;
use quorate::link::libvirt::door::Door;
use quorate::link::libvirt::said::{GuestsSaid, What};
use quorate::link::libvirt::{Fault, FaultKind, Heard, Query, Reread, Said};
use quorate::link::{self, AskId, Become, LibvirtOrder, LibvirtReport, Order, Report};
use virt::connect::Connect;

use super::rig::{LONG, Sshd, Talk, until};

/// A socket that gives back what it gets.
fn echo(path: &std::path::Path) {
    let listener = UnixListener::bind(path).unwrap();
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            thread::spawn(move || {
                let mut buf = [0; 8192];
                while let Ok(n @ 1..) = stream.read(&mut buf) {
                    if stream.write_all(&buf[..n]).is_err() {
                        return;
                    }
                }
            });
        }
    });
}

fn exchange(door: &Door, bytes: usize) {
    let mut stream = UnixStream::connect(door.path()).unwrap();
    stream.set_read_timeout(Some(LONG)).unwrap();
    let sent: Vec<u8> = (0..bytes).map(|n| u8::try_from(n % 251).unwrap()).collect();
    let mut writing = stream.try_clone().unwrap();
    let all = sent.clone();
    let writer = thread::spawn(move || writing.write_all(&all).unwrap());
    let mut got = vec![0; bytes];
    stream.read_exact(&mut got).unwrap();
    writer.join().unwrap();
    assert!(got == sent, "what came back differs");
}

#[test]
fn a_door_is_ours_alone_and_leaves_nothing() {
    let door = Door::open("/run/libvirt/libvirt-sock").unwrap();
    let folder = door.path().parent().unwrap().to_owned();
    assert_eq!(std::fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700);
    drop(door);
    assert!(!folder.exists());
}

#[test]
fn a_tunnel_carries_several_connections_beside_commands() {
    let Some(sshd) = Sshd::start("") else { return };
    let socket = sshd.path("sock");
    echo(&socket);
    let mut talk = Talk::new(sshd.target());
    talk.up();
    let door = Arc::new(Door::open(socket.to_str().unwrap()).unwrap());
    talk.order(Order::Tunnel(Arc::clone(&door)));
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| exchange(&door, 700_000));
        }
        for _ in 0..5 {
            assert_eq!(talk.say("echo still here"), "still here\n");
        }
    });
    // Shut, what came through it ends at once.
    let mut open = UnixStream::connect(door.path()).unwrap();
    open.set_read_timeout(Some(LONG)).unwrap();
    open.write_all(b"x").unwrap();
    let mut buf = [0; 8];
    assert_eq!(open.read(&mut buf).unwrap(), 1);
    door.shut();
    talk.order(Order::Untunnel(Arc::clone(&door)));
    assert_eq!(open.read(&mut buf).unwrap(), 0);
    assert!(UnixStream::connect(door.path()).is_err());
    assert_eq!(talk.say("echo and the link lives"), "and the link lives\n");
}

#[test]
fn a_tunnel_that_leads_nowhere_ends_its_connection_and_says_why() {
    let Some(sshd) = Sshd::start("") else { return };
    let mut talk = Talk::new(sshd.target());
    talk.up();
    let door = Arc::new(Door::open("/nonexistent/libvirt-sock").unwrap());
    talk.order(Order::Tunnel(Arc::clone(&door)));
    let mut stream = UnixStream::connect(door.path()).unwrap();
    stream.set_read_timeout(Some(LONG)).unwrap();
    assert_eq!(stream.read(&mut [0; 8]).unwrap_or(0), 0);
    until("the reason", || door.refusal().is_some());
    assert!(door.refusal().unwrap().contains("/nonexistent/libvirt-sock"));
    assert_eq!(talk.say("echo alive"), "alive\n");
}

fn local(uri: Option<&str>) -> Talk {
    let uri = uri.map(str::to_owned);
    Talk::with(256, |voice| Box::new(Beside::new(Arc::from(link::local::spawn(Become::None, voice.clone())), voice, uri)))
}

fn report<T>(talk: &mut Talk, what: &str, fits: impl Fn(&LibvirtReport) -> Option<T>) -> T {
    talk.wait(what, |r| if let Report::Libvirt(said) = r { fits(said) } else { None })
}

fn open(talk: &mut Talk, socket: Option<String>) {
    talk.order(Order::Libvirt(LibvirtOrder::Open { socket }));
}

fn ask(talk: &mut Talk, number: u64, query: Query) -> Result<Said, Fault> {
    talk.order(Order::Libvirt(LibvirtOrder::Ask { id: AskId(number), query }));
    report(talk, "an answer", |said| match said {
        LibvirtReport::Answer { id, result, .. } if *id == AskId(number) => Some(result.clone()),
        _ => None,
    })
}

fn guests(talk: &mut Talk, number: u64) -> GuestsSaid {
    match ask(talk, number, Query::Guests) {
        Ok(Said::Guests(said)) => said,
        other => panic!("{other:?}"),
    }
}

fn down(talk: &mut Talk) -> Fault {
    report(talk, "down", |said| if let LibvirtReport::Down(fault) = said { Some(fault.clone()) } else { None })
}

#[test]
fn the_test_driver_tells_guests_statistics_and_events() {
    let mut talk = local(Some("test:///default"));
    talk.up();
    open(&mut talk, None);
    assert!(report(&mut talk, "up", |said| if let LibvirtReport::Up { hears } = said { Some(*hears) } else { None }));
    let said = guests(&mut talk, 1);
    let row = said.rows.iter().find(|r| r.name == "test").unwrap();
    assert_eq!((row.uuid.len(), row.state), (36, 1));
    let definition = said.definitions.iter().find(|d| d.uuid == row.uuid).unwrap();
    assert!(definition.xml.contains("<name>test</name>"));
    // Known definitions do not come twice.
    assert_eq!(guests(&mut talk, 2).definitions, []);
    let Ok(Said::Host(host)) = ask(&mut talk, 3, Query::Host) else { panic!() };
    assert!(host.capabilities.unwrap().contains("<capabilities>"));
    let Ok(Said::Jobs(jobs)) = ask(&mut talk, 4, Query::Jobs) else { panic!() };
    assert_eq!(jobs, []);
    let Ok(Said::Stats(stats)) = ask(&mut talk, 5, Query::Stats) else { panic!() };
    assert!(stats.iter().any(|s| s.uuid == row.uuid && s.fields.contains_key("state.state")));

    // The driver's guests are the process's: another connection pauses it.
    let conn = Connect::open(Some("test:///default")).unwrap();
    let domain = conn.lookup_domain_by_name("test").unwrap();
    domain.suspend().unwrap();
    let heard: Heard = report(&mut talk, "the event", |said| match said {
        LibvirtReport::Event(heard, _) if matches!(heard.what, What::Lifecycle(3, _)) => Some(heard.clone()),
        _ => None,
    });
    assert_eq!((heard.who.name.as_str(), heard.who.uuid.as_str()), ("test", row.uuid.as_str()));
    let after = guests(&mut talk, 6);
    assert_eq!(after.rows.iter().find(|r| r.name == "test").unwrap().state, 3);
    // What an event named is read anew.
    assert_eq!(after.definitions.len(), 1);
    domain.resume().unwrap();
    report(&mut talk, "the event", |said| match said {
        LibvirtReport::Event(heard, _) if matches!(heard.what, What::Lifecycle(4, _)) => Some(()),
        _ => None,
    });
    assert_eq!(guests(&mut talk, 7).definitions.len(), 1);
    // And what no event tells of.
    domain.set_autostart(true).unwrap();
    let after = guests(&mut talk, 8).definitions;
    assert_eq!(after.iter().map(|d| (d.uuid.as_str(), d.autostart)).collect::<Vec<_>>(), [(row.uuid.as_str(), Some(true))]);
    domain.set_autostart(false).unwrap();
    assert_eq!((guests(&mut talk, 9).definitions.len(), guests(&mut talk, 10).definitions.len()), (1, 0));
    talk.order(Order::Libvirt(LibvirtOrder::Reread(Reread::All)));
    let anew = guests(&mut talk, 11);
    assert_eq!(anew.definitions.len(), anew.rows.len());
    // What is only old is told where it is another one.
    talk.order(Order::Libvirt(LibvirtOrder::Reread(Reread::Oldest)));
    assert_eq!(guests(&mut talk, 12).definitions, []);
    domain.set_memory(1 << 20).unwrap();
    talk.order(Order::Libvirt(LibvirtOrder::Reread(Reread::Oldest)));
    let anew = guests(&mut talk, 13).definitions;
    assert!(anew.iter().any(|d| d.uuid == row.uuid && d.xml.contains(">1048576</currentMemory>")), "{anew:?}");
    domain.set_memory(2 << 20).unwrap();
    talk.order(Order::Libvirt(LibvirtOrder::Cut));
    assert_eq!(ask(&mut talk, 14, Query::Guests).unwrap_err().kind, FaultKind::Lost);
}

#[test]
fn a_daemon_that_says_nothing_is_cut_off() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("libvirt-sock");
    // Connections are taken by the kernel; nobody ever reads them.
    let _silent = UnixListener::bind(&path).unwrap();
    let mut talk = local(None);
    talk.up();
    open(&mut talk, Some(path.to_string_lossy().into_owned()));
    assert_eq!(talk.say("echo the link answers"), "the link answers\n");
    talk.order(Order::Libvirt(LibvirtOrder::Cut));
    // A new attempt is a new thread: the old one does not hold it up.
    open(&mut talk, Some("/nonexistent/libvirt-sock".to_owned()));
    let fault = down(&mut talk);
    assert!(fault.text.contains("/nonexistent/libvirt-sock"), "{fault:?}");
}

#[test]
fn calls_that_never_come_back_leave_room_for_every_kind_of_question_until_they_are_three() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("libvirt-sock");
    let daemon = UnixListener::bind(&path).unwrap();
    daemon.set_nonblocking(true).unwrap();
    // No door stands between, so that a call that hangs cannot be cut off.
    let mut talk = local(Some(&format!("qemu+unix:///system?socket={}", path.display())));
    talk.up();
    let mut silent = Vec::new();
    let mut hang = |talk: &mut Talk| {
        open(talk, None);
        until("the call", || daemon.accept().map(|call| silent.push(call)).is_ok());
        talk.order(Order::Libvirt(LibvirtOrder::GiveUp(Query::Guests)));
    };
    hang(&mut talk);
    hang(&mut talk);
    for (number, query) in [(1, Query::Stats), (2, Query::Jobs), (3, Query::Guests), (4, Query::Host)] {
        assert_eq!(ask(&mut talk, number, query).unwrap_err().kind, FaultKind::Lost, "{query:?}: taken, and not connected");
    }
    hang(&mut talk);
    assert_eq!(ask(&mut talk, 5, Query::Guests).unwrap_err().kind, FaultKind::Late);
}

#[test]
fn a_daemon_that_goes_away_is_said() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("libvirt-sock");
    let listener = UnixListener::bind(&path).unwrap();
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _ = stream.read(&mut [0; 64]);
        }
    });
    let mut talk = local(None);
    talk.up();
    open(&mut talk, Some(path.to_string_lossy().into_owned()));
    let fault = down(&mut talk);
    assert!(matches!(fault.kind, FaultKind::Failed | FaultKind::Lost), "{fault:?}");
}

#[test]
fn no_libvirt_is_absent() {
    let mut talk = local(None);
    talk.up();
    open(&mut talk, None);
    assert_eq!(down(&mut talk).kind, FaultKind::Absent);
}
