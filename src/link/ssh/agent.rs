//! The ssh-agent. libssh2 waits for its answer without end, so it is asked beforehand whether it answers at all.

use std::collections::HashMap;
use std::io::{self, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::{LazyLock, Mutex};
use std::time::{Duration, Instant};

use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, connect, socket_with};
use ssh2::{Agent, PublicKey, Session};

use super::keyring::lock;

/// SSH2_AGENTC_REQUEST_IDENTITIES of the agent's protocol, its length before it.
const LIST: [u8; 5] = [0, 0, 0, 1, 11];
/// How long it may take to tell its keys. Signing may take longer: it may ask for a touch.
const PATIENCE: Duration = Duration::from_millis(1500);
/// Where it does not take us in at once.
const AGAIN: Duration = Duration::from_millis(20);
/// For how long one that did not answer is not asked: 64 nodes wait for it once, and the next attempt asks anew.
const REMEMBERED: Duration = Duration::from_secs(20);

static MUTE: LazyLock<Mutex<HashMap<PathBuf, Instant>>> = LazyLock::new(Mutex::default);

/// Whether it takes our question and gives no answer (a forwarded agent whose far end is gone, a frozen one).
pub fn is_mute(path: &Path) -> bool {
    if lock(&MUTE).get(path).is_some_and(|at| at.elapsed() < REMEMBERED) {
        return true;
    }
    let mute = !answers(path);
    if mute {
        lock(&MUTE).insert(path.to_owned(), Instant::now());
    }
    mute
}

/// Ask it again.
pub fn forgive(path: &Path) {
    lock(&MUTE).remove(path);
}

/// The agent and the keys that it holds.
pub fn open(session: &Session, path: &Path) -> Result<(Agent, Vec<PublicKey>), ssh2::Error> {
    let mut agent = session.agent()?;
    agent.set_identity_path(path)?;
    agent.connect()?;
    agent.list_identities()?;
    let keys = agent.identities()?;
    Ok((agent, keys))
}

/// What fails at once is an answer too: libssh2 meets the same, and says it.
fn answers(path: &Path) -> bool {
    let until = Instant::now() + PATIENCE;
    let stream = match reach(path, until) {
        Ok(stream) => stream,
        Err(e) => return e != Errno::AGAIN,
    };
    match listed(stream, until) {
        Ok(()) => true,
        Err(e) => !matches!(e.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut),
    }
}

/// The connection. A queue that is full may be so for a moment only.
fn reach(path: &Path, until: Instant) -> Result<UnixStream, Errno> {
    let address = SocketAddrUnix::new(path)?;
    let fd = socket_with(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::NONBLOCK | SocketFlags::CLOEXEC, None)?;
    loop {
        match connect(&fd, &address) {
            Ok(()) => return Ok(UnixStream::from(fd)),
            Err(Errno::AGAIN) if Instant::now() < until => std::thread::sleep(AGAIN),
            Err(e) => return Err(e),
        }
    }
}

/// Reads how long the list of its keys is.
fn listed(mut stream: UnixStream, until: Instant) -> io::Result<()> {
    stream.set_nonblocking(false)?;
    let left = until.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
    stream.set_read_timeout(Some(left))?;
    stream.set_write_timeout(Some(left))?;
    stream.write_all(&LIST)?;
    stream.read_exact(&mut [0; 4])
}
