//! Tells when the terminal has something to read.
//!
//! A thread waits for it with poll(2): the runtime's own way is made for descriptors that do not block, and whether the terminal does is
//! shared with the shell. It waits when it is asked, and reads nothing.

use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::retry_on_intr;
use tokio::sync::oneshot;

/// See the module.
pub struct Bell {
    ask: Sender<oneshot::Sender<()>>,
    /// The answer to what was asked and not yet heard.
    told: Option<oneshot::Receiver<()>>,
    /// Ends the thread's wait when it is dropped.
    _stop: UnixStream,
}

impl Bell {
    /// Begins; nothing is waited for yet.
    pub fn new(tty: Arc<OwnedFd>) -> io::Result<Self> {
        let (stop, stopped) = UnixStream::pair()?;
        let (ask, asked) = channel();
        let work = move || answer(&tty, &stopped, &asked);
        std::thread::Builder::new().name("keys".to_owned()).stack_size(256 << 10).spawn(work)?;
        Ok(Self { ask, told: None, _stop: stop })
    }

    /// Waits until there is something, be it the terminal's end; may be given up and asked again.
    pub async fn rung(&mut self) -> io::Result<()> {
        let told = self.told.get_or_insert_with(|| {
            let (tell, told) = oneshot::channel();
            // Without a thread it is dropped, which is heard below.
            let _ = self.ask.send(tell);
            told
        });
        let heard = told.await;
        self.told = None;
        heard.map_err(io::Error::other)
    }
}

fn answer(tty: &OwnedFd, stopped: &UnixStream, asked: &Receiver<oneshot::Sender<()>>) {
    while let Ok(tell) = asked.recv() {
        let mut fds = [PollFd::new(tty, PollFlags::IN), PollFd::new(stopped, PollFlags::IN)];
        // Whatever it is that came, an error too: who reads finds out.
        let _ = retry_on_intr(|| poll(&mut fds, None));
        let _ = tell.send(());
    }
}
