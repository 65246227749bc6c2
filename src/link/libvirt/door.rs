//! The local end of a tunnel to a node's libvirt socket: a socket of our own in a folder that nobody else can enter.

use std::fs::{DirBuilder, remove_dir, remove_file};
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use rustix::fd::{AsFd, BorrowedFd};

/// Longest path that fits into `sockaddr_un` with its terminating null.
const LONGEST: usize = 107;

/// A socket that waits for libvirt's client, and where its connections shall lead.
#[derive(Debug)]
pub struct Door {
    listener: UnixListener,
    folder: PathBuf,
    path: PathBuf,
    /// The node's socket.
    to: String,
    /// Why a connection was not made, by the way there.
    refusal: Mutex<Option<String>>,
}

impl Door {
    /// Makes a door to the node's socket `to`.
    ///
    /// # Errors
    /// No folder or socket can be made here.
    pub fn open(to: &str) -> io::Result<Self> {
        let folder = private_folder()?;
        let path = folder.join("s");
        let listener = UnixListener::bind(&path).inspect_err(|_| {
            let _ = remove_dir(&folder);
        })?;
        listener.set_nonblocking(true)?;
        Ok(Self { listener, folder, path, to: to.to_owned(), refusal: Mutex::default() })
    }

    /// Where libvirt's client connects to.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where it leads.
    pub fn to(&self) -> &str {
        &self.to
    }

    /// The next connection, if one waits.
    pub fn accept(&self) -> Option<UnixStream> {
        let (stream, _) = self.listener.accept().ok()?;
        stream.set_nonblocking(true).ok()?;
        Some(stream)
    }

    /// Lets nobody in any more, and ends what waits unaccepted.
    pub fn shut(&self) {
        let _ = remove_file(&self.path);
        while self.accept().is_some() {}
    }

    /// Readable when a connection waits.
    pub fn fd(&self) -> BorrowedFd<'_> {
        self.listener.as_fd()
    }

    /// Notes why the way is closed.
    pub fn refuse(&self, why: String) {
        *self.refusal.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(why);
    }

    /// Why the way was closed at the last attempt.
    pub fn refusal(&self) -> Option<String> {
        self.refusal.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        let _ = remove_file(&self.path);
        let _ = remove_dir(&self.folder);
    }
}

/// A new folder of mode 0700: under XDG_RUNTIME_DIR, or the folder for temporary files.
fn private_folder() -> io::Result<PathBuf> {
    let runtime = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from).filter(|p| p.is_absolute() && p.is_dir());
    let mut last = io::Error::from(io::ErrorKind::NotFound);
    for base in runtime.into_iter().chain([std::env::temp_dir(), PathBuf::from("/tmp")]) {
        let folder = base.join(format!("quorate-{}", word()?));
        if folder.as_os_str().len() + 2 > LONGEST {
            last = io::Error::other("the path of the folder for sockets is too long");
            continue;
        }
        match DirBuilder::new().mode(0o700).create(&folder) {
            Ok(()) => return Ok(folder),
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// A word that nobody can guess and nobody has.
fn word() -> io::Result<String> {
    let mut bytes = [0_u8; 8];
    rustix::rand::getrandom(&mut bytes, rustix::rand::GetRandomFlags::empty())?;
    Ok(format!("{:016x}", u64::from_ne_bytes(bytes)))
}
