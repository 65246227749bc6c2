//! The machine quorate runs on, without SSH: the same shells, as children.

use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, Stdio};

use rustix::event::{PollFd, PollFlags};
use rustix::process::{Pid, Signal, kill_process_group};

use super::command_line::Become;
use super::engine::{Engine, Grant, Over};
use super::inbox::{self, Stillborn};
use super::mark::Nonce;
use super::speaker::Speaker;
use super::wire::{Duct, OpenError, Pass, PassError, Side, Wire};
use super::{Link, Report, Voice, guard};
use crate::domain::node::{LinkFault, LinkTrouble};
use crate::domain::stamp::Stamp;

/// Streams at once: no server limits them, our descriptors do.
const STREAMS: usize = 16;
/// Stack of the link's thread.
const STACK: usize = 256 << 10;

/// A link to this very machine; privileged commands get their rights by `rights`.
pub fn spawn(rights: Become, voice: Voice) -> Box<dyn Link> {
    let spoken = voice.clone();
    let body = move |inbox: inbox::Inbox, _, voice| {
        let mut speaker = Speaker::new(voice);
        loop {
            speaker.say(Report::Connecting);
            let grant = Grant { sessions: STREAMS + 2, streams: STREAMS, action: true, note: None };
            let over = match Nonce::fresh() {
                Ok(nonce) => Engine::new(Here::default(), nonce, rights, grant, &inbox, &mut speaker).run(Vec::new()).0,
                Err(e) => Over::Lost(LinkTrouble { fault: LinkFault::Protocol, text: format!("no random numbers: {e}") }),
            };
            let Over::Lost(trouble) = over else { return };
            let wait = std::time::Duration::from_secs(5);
            speaker.say(Report::Down { trouble: trouble.clone(), retry_at: Some(Stamp::now().after(wait)) });
            if inbox.rest(wait, &mut speaker, &trouble) == inbox::Rest::Over {
                return;
            }
        }
    };
    match inbox::start("link local", STACK, voice, body) {
        Ok(handle) => Box::new(handle),
        Err(e) => Box::new(Stillborn::new(spoken, &e)),
    }
}

/// Children as channels.
#[derive(Debug, Default)]
struct Here {
    closing: Vec<Child>,
}

impl Wire for Here {
    type Duct = Shell;
    type Pass = UnixStream;

    fn pass(&mut self, to: &str) -> Result<Option<UnixStream>, PassError> {
        let stream = UnixStream::connect(to).and_then(|s| s.set_nonblocking(true).map(|()| s));
        stream.map(Some).map_err(|e| PassError::Refused(format!("cannot connect to {to}: {e}")))
    }

    fn end(&mut self, _pass: UnixStream) {}

    fn open(&mut self) -> Result<Option<Shell>, OpenError> {
        let shell = Shell::start().map_err(|e| {
            OpenError::Broken(LinkTrouble { fault: LinkFault::Protocol, text: format!("cannot start sh on this machine: {e}") })
        })?;
        Ok(Some(shell))
    }

    fn close(&mut self, mut shell: Shell) {
        if let Some(child) = shell.child.take() {
            self.closing.push(child);
        }
    }

    fn tidy(&mut self) -> bool {
        self.closing.retain_mut(|child| matches!(child.try_wait(), Ok(None)));
        !self.closing.is_empty()
    }

    fn watch<'a>(&'a self, _fds: &mut Vec<PollFd<'a>>) {}

    fn waited(&self, _came: bool) {}

    fn acknowledge(&self) {}
}

impl Drop for Here {
    fn drop(&mut self) {
        for child in &mut self.closing {
            end(child);
        }
    }
}

/// One shell with its pipes; its process group is its own, and ends with it.
#[derive(Debug)]
struct Shell {
    child: Option<Child>,
    input: ChildStdin,
    out: ChildStdout,
    err: ChildStderr,
}

impl Shell {
    fn start() -> io::Result<Self> {
        let mut child = Command::new("sh")
            .args(["-c", guard::SCRIPT])
            .current_dir("/")
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        match (child.stdin.take(), child.stdout.take(), child.stderr.take()) {
            (Some(input), Some(out), Some(err)) => {
                rustix::io::ioctl_fionbio(&input, true)?;
                rustix::io::ioctl_fionbio(&out, true)?;
                rustix::io::ioctl_fionbio(&err, true)?;
                Ok(Self { child: Some(child), input, out, err })
            }
            _ => Err(io::ErrorKind::BrokenPipe.into()),
        }
    }
}

impl Drop for Shell {
    fn drop(&mut self) {
        // Left to the guard where it was handed to the wire for closing: the end of its input tells it.
        if let Some(child) = &mut self.child {
            end(child);
        }
    }
}

/// Ends a shell and everything it started, at once.
fn end(child: &mut Child) {
    if let Some(group) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
        let _ = kill_process_group(group, Signal::KILL);
    }
    let _ = child.wait();
}

impl Duct for Shell {
    fn read(&mut self, from: Side, buf: &mut [u8]) -> io::Result<usize> {
        match from {
            Side::Out => self.out.read(buf),
            Side::Err => self.err.read(buf),
        }
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.input.write(bytes)
    }

    fn pending(&self) -> bool {
        false
    }

    fn watch<'a>(&'a self, read: bool, write: bool, fds: &mut Vec<PollFd<'a>>) {
        if read {
            fds.push(PollFd::from_borrowed_fd(self.out.as_fd(), PollFlags::IN));
            fds.push(PollFd::from_borrowed_fd(self.err.as_fd(), PollFlags::IN));
        }
        if write {
            fds.push(PollFd::from_borrowed_fd(self.input.as_fd(), PollFlags::OUT));
        }
    }
}

impl Pass for UnixStream {
    fn pending(&self) -> bool {
        false
    }

    fn has_own(&self) -> bool {
        true
    }

    fn watch<'a>(&'a self, flags: PollFlags, fds: &mut Vec<PollFd<'a>>) {
        fds.push(PollFd::new(self, flags));
    }
}
