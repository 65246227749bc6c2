//! A guest's serial console on the operator's terminal: every byte goes through, but the key that comes back.

use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::thread::JoinHandle;

use rustix::event::{PollFd, PollFlags, poll};
use tokio::sync::oneshot;

/// `^]`, as virsh and telnet have it.
const ESCAPE: u8 = 0x1d;
/// Typed bytes that may wait for a guest that takes none; what is typed beyond is lost, the escape key never.
const WAITING: usize = 64 << 10;

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The operator comes back.
    Back,
    /// The guest's side ended.
    Guest,
}

/// A console at work, on a thread of its own: reading keys is waiting for keys.
pub struct Console {
    over: oneshot::Receiver<End>,
    stop: Option<UnixStream>,
    thread: Option<JoinHandle<()>>,
}

impl Console {
    /// Joins standard input and output with our end.
    pub fn start(near: UnixStream) -> io::Result<Self> {
        near.set_nonblocking(true)?;
        let (stop, stopped) = UnixStream::pair()?;
        let (tell, over) = oneshot::channel();
        let work = move || {
            // An error of the terminal is its end.
            let _ = tell.send(carry(&near, &stopped).unwrap_or(End::Back));
        };
        let thread = std::thread::Builder::new().name("console".to_owned()).stack_size(256 << 10).spawn(work)?;
        Ok(Self { over, stop: Some(stop), thread: Some(thread) })
    }

    /// Waits for its end.
    pub async fn over(&mut self) -> End {
        (&mut self.over).await.unwrap_or(End::Guest)
    }
}

impl Drop for Console {
    fn drop(&mut self) {
        // Nobody but the next reader of keys may read one.
        self.stop = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn carry(mut near: &UnixStream, stopped: &UnixStream) -> io::Result<End> {
    let keys = rustix::stdio::stdin();
    let (mut typed, mut buf) = (Vec::new(), [0; 8192]);
    loop {
        let mut towards = PollFlags::IN;
        towards.set(PollFlags::OUT, !typed.is_empty());
        let mut fds = [PollFd::from_borrowed_fd(keys, PollFlags::IN), PollFd::new(near, towards), PollFd::new(stopped, PollFlags::IN)];
        match poll(&mut fds, None) {
            Ok(_) => {}
            Err(rustix::io::Errno::INTR) => continue,
            Err(error) => return Err(error.into()),
        }
        let [from_keys, from_guest, ended] = fds.map(|fd| fd.revents());
        if !ended.is_empty() {
            return Ok(End::Back);
        }
        if !from_keys.is_empty() {
            let n = rustix::io::read(keys, &mut buf)?;
            let bytes = buf.get(..n).unwrap_or_default();
            if n == 0 || bytes.contains(&ESCAPE) {
                return Ok(End::Back);
            }
            if typed.len() < WAITING {
                typed.extend_from_slice(bytes);
            }
        }
        if !typed.is_empty() {
            match near.write(&typed) {
                Ok(n) => drop(typed.drain(..n)),
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => {}
                Err(_) => return Ok(End::Guest),
            }
        }
        if !from_guest.is_empty() {
            match near.read(&mut buf) {
                Ok(0) => return Ok(End::Guest),
                Ok(n) => {
                    let mut out = io::stdout().lock();
                    out.write_all(buf.get(..n).unwrap_or_default())?;
                    out.flush()?;
                }
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => {}
                Err(_) => return Ok(End::Guest),
            }
        }
    }
}
