//! quorate's own log: a file in the XDG state folder, 0600, never the terminal.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;
use std::sync::Mutex;

use tracing_subscriber::EnvFilter;

use crate::config::paths::Paths;

/// Above this size the old log is put aside (`quorate.log.1`), so that a wallboard that runs for years fills no disk.
const LARGEST: u64 = 4 << 20;

/// Starts logging (`QUORATE_LOG=debug` for more). Gives the file; none if there is nowhere to write.
pub fn start() -> Option<PathBuf> {
    let paths = Paths::of_process()?;
    let file = paths.state_folder().ok()?.join("quorate.log");
    let to = open(&file).ok()?;
    let filter = EnvFilter::try_from_env("QUORATE_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt().with_env_filter(filter).with_ansi(false).with_writer(Mutex::new(to)).try_init().ok()?;
    Some(file)
}

fn open(file: &PathBuf) -> io::Result<File> {
    if std::fs::metadata(file).is_ok_and(|m| m.len() > LARGEST) {
        std::fs::rename(file, file.with_extension("log.1"))?;
    }
    OpenOptions::new().create(true).append(true).mode(0o600).open(file)
}
