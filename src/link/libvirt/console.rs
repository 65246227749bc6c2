//! A guest's serial console: bytes between a socket of ours and the guest, over a connection of its own that may write.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, poll};
use virt::connect::Connect;
use virt::stream::Stream;
use virt_sys as sys;

use super::connection::{self, Target};
use super::said::{Fault, FaultKind};
use crate::link::inbox::timespec;

/// How often the guest's side is looked at: libvirt's stream has no descriptor.
const LOOK: Duration = Duration::from_millis(15);
/// What libvirt's stream answers where it would have to wait.
const WOULD_BLOCK: isize = -2;

/// Joins a guest's console with a socket until either ends. `force` takes it from another client.
///
/// # Errors
/// In the operator's words: no such guest, no console, in use by another client.
pub fn run(target: &Target, uuid: &str, force: bool, near: &UnixStream) -> Result<(), Fault> {
    super::start()?;
    let conn = Connect::open(Some(&target.uri)).map_err(|e| target.explain(&e))?;
    let _ = conn.set_keep_alive(5, 3);
    let domain = conn.lookup_domain_by_uuid_string(uuid).map_err(|e| connection::fault(&e))?;
    let stream = Stream::new(&conn, sys::VIR_STREAM_NONBLOCK).map_err(|e| connection::fault(&e))?;
    let flags = if force { sys::VIR_DOMAIN_CONSOLE_FORCE } else { 0 };
    domain.open_console(None, &stream, flags).map_err(|e| connection::fault(&e))?;
    near.set_nonblocking(true).map_err(|e| Fault::new(FaultKind::Failed, &format!("console: {e}")))?;
    let result = join(&stream, near);
    let _ = stream.abort();
    result
}

fn join(stream: &Stream, mut near: &UnixStream) -> Result<(), Fault> {
    let (mut buf, mut typed, mut shown) = (vec![0; 16 << 10], Vec::new(), Vec::new());
    loop {
        if typed.is_empty() {
            match near.read(&mut buf) {
                Ok(0) => return Ok(()),
                Ok(n) => typed.extend_from_slice(&buf[..n]),
                Err(e) if e.kind() == std::io::ErrorKind::WouldBlock => {}
                Err(_) => return Ok(()),
            }
        }
        if !typed.is_empty() {
            let sent = stream.send(&typed).map_err(|e| connection::fault(&e))?;
            typed.drain(..usize::try_from(sent).unwrap_or(0).min(typed.len()));
        }
        if shown.is_empty() {
            match stream.recv(&mut buf).map_err(|e| connection::fault(&e))? {
                0 => return Err(Fault::new(FaultKind::Lost, "the guest's console ended")),
                WOULD_BLOCK => {}
                n => shown.extend_from_slice(buf.get(..usize::try_from(n).unwrap_or(0)).unwrap_or_default()),
            }
        }
        let mut moved = false;
        if !shown.is_empty() {
            match near.write(&shown) {
                Ok(n) => {
                    shown.drain(..n);
                    moved = true;
                }
                Err(e) if e.kind() == std::io::ErrorKind::WouldBlock => {}
                Err(_) => return Ok(()),
            }
        }
        if !moved {
            let mut fds = [PollFd::new(near, PollFlags::IN)];
            let _ = poll(&mut fds, Some(&timespec(Instant::now() + LOOK)));
        }
    }
}
