//! Known host keys, as sshd(8) SSH_KNOWN_HOSTS FILE FORMAT and OpenSSH's own lookup (hostfile.c, 9.x) have them.
//!
//! A key that stands in no entry of a host which has entries is [`Verdict::Changed`], also where it is of another
//! type: OpenSSH does the same. [`KnownHosts::key_types`] is what makes the client ask for a type that is known.

use std::fmt;
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;

use super::pattern;
use crate::domain::text;

/// Beyond this a file is no list of host keys.
const LARGEST: u64 = 32 << 20;

/// What known_hosts says of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// An entry has exactly this key.
    Known,
    /// No entry is about this host.
    Unknown,
    /// Entries are about this host, none has this key: perhaps somebody else answers.
    Changed {
        /// The file of the entry that disagrees.
        file: PathBuf,
        /// Its line, from 1.
        line: usize,
    },
    /// The key must not be trusted (`@revoked`).
    Revoked {
        /// The file that says so.
        file: PathBuf,
        /// The line, from 1.
        line: usize,
    },
}

/// What several files say of one host.
#[derive(Clone, Debug, Default)]
pub struct KnownHosts {
    /// How it is written with its port.
    dialled: String,
    /// How it is written on port 22.
    bare: String,
    entries: Vec<Entry>,
    notes: Vec<String>,
}

#[derive(Clone, Debug)]
struct Entry {
    file: Arc<Path>,
    line: usize,
    mark: Mark,
    /// It is about the host on its port, not only on port 22.
    dialled: bool,
    /// It is about the host on port 22.
    bare: bool,
    key_type: String,
    blob: Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mark {
    Plain,
    Revoked,
    CertAuthority,
}

/// Whether names as they stand in a file (a comma list of patterns, or `|1|salt|HMAC-SHA1(salt, name)`) include a name.
fn include(names: &str, name: &str) -> bool {
    let Some(rest) = names.strip_prefix('|') else { return pattern::matches_hosts(names, name) };
    let hashed = rest.strip_prefix("1|").and_then(|rest| rest.split_once('|'));
    let Some((salt, hash)) = hashed.and_then(|(salt, hash)| Some((BASE64.decode(salt).ok()?, BASE64.decode(hash).ok()?))) else {
        return false;
    };
    keyed(&salt, name).is_some_and(|mac| mac.verify_slice(&hash).is_ok())
}

fn keyed(salt: &[u8], name: &str) -> Option<Hmac<Sha1>> {
    let mut mac = Hmac::<Sha1>::new_from_slice(salt).ok()?;
    mac.update(name.as_bytes());
    Some(mac)
}

/// How known_hosts writes a host on a port: `host`, or `[host]:port` where it is not 22.
pub fn entry_name(name: &str, port: u16) -> String {
    let name = name.to_lowercase();
    if port == 22 { name } else { format!("[{name}]:{port}") }
}

impl KnownHosts {
    /// Reads what the files say, in their order, of one host on one port. One that does not exist is empty; one that cannot be read is noted.
    ///
    /// A file may know thousands of hosts: of the others not even the keys are decoded.
    pub fn load<P: AsRef<Path>>(files: &[P], name: &str, port: u16) -> Self {
        let mut known = Self { dialled: entry_name(name, port), bare: entry_name(name, 22), ..Self::default() };
        for file in files.iter().map(AsRef::as_ref) {
            match read_capped(file, LARGEST) {
                Ok(bytes) => known.add(file, &bytes),
                Err(e) if e.kind() == io::ErrorKind::NotFound => {}
                Err(e) => known.notes.push(text::clean(&format!("cannot read {}: {e}", file.display()))),
            }
        }
        known
    }

    fn add(&mut self, file: &Path, bytes: &[u8]) {
        let file: Arc<Path> = Arc::from(file);
        for (index, line) in bytes.split(|b| *b == b'\n').enumerate() {
            // Bytes that are no UTF-8 stand in comments (Latin-1), which nobody reads. In a name or a key they become what matches and decodes to nothing.
            self.entries.extend(self.parse_line(&file, index + 1, &String::from_utf8_lossy(line)));
        }
    }

    fn parse_line(&self, file: &Arc<Path>, line: usize, text: &str) -> Option<Entry> {
        let mut words = text.split([' ', '\t', '\r']).filter(|w| !w.is_empty());
        let mut first = words.next().filter(|w| !w.starts_with('#'))?;
        let mut mark = Mark::Plain;
        if first.starts_with('@') {
            mark = match first {
                "@revoked" => Mark::Revoked,
                "@cert-authority" => Mark::CertAuthority,
                _ => return None,
            };
            first = words.next()?;
        }
        let dialled = include(first, &self.dialled);
        let bare = if self.bare == self.dialled { dialled } else { include(first, &self.bare) };
        if !dialled && !bare {
            return None;
        }
        let key_type = words.next()?.to_owned();
        let blob = BASE64.decode(words.next()?).ok()?;
        (blob_type(&blob)? == key_type.as_bytes()).then(|| Entry { file: Arc::clone(file), line, mark, dialled, bare, key_type, blob })
    }

    /// Whether a host that shows this key (in SSH wire format) may be trusted. `key_type` is as in the key itself
    /// (`ssh-rsa` also where the signature is rsa-sha2-512).
    ///
    /// On a port other than 22 the entries for `[name]:port` count; where there are none, an entry for the bare
    /// name that has this very key is enough, but one that differs is no change.
    pub fn check(&self, key_type: &str, key_blob: &[u8]) -> Verdict {
        let this = |e: &&Entry| e.blob == key_blob;
        if let Some(revoked) = self.marked(Mark::Revoked).find(this) {
            return Verdict::Revoked { file: revoked.file.to_path_buf(), line: revoked.line };
        }
        let about: Vec<&Entry> = self.marked(Mark::Plain).filter(|e| e.dialled).collect();
        if about.iter().any(this) {
            return Verdict::Known;
        }
        if let Some(differs) = about.iter().find(|e| e.key_type == key_type).or_else(|| about.first()) {
            return Verdict::Changed { file: differs.file.to_path_buf(), line: differs.line };
        }
        if self.marked(Mark::Plain).any(|e| this(&e)) {
            return Verdict::Known;
        }
        Verdict::Unknown
    }

    fn marked(&self, mark: Mark) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(move |e| e.mark == mark)
    }

    /// The key types known for the host, in the order of the files, each once: what to ask the server for first.
    pub fn key_types(&self) -> Vec<String> {
        let kinds = |about: fn(&Entry) -> bool| {
            let mut kinds: Vec<String> = Vec::new();
            for entry in self.marked(Mark::Plain).filter(|e| about(e)) {
                if !kinds.contains(&entry.key_type) {
                    kinds.push(entry.key_type.clone());
                }
            }
            kinds
        };
        let kinds_there = kinds(|e| e.dialled);
        if kinds_there.is_empty() { kinds(|e| e.bare) } else { kinds_there }
    }

    /// What an operator should know when this host is refused: files that cannot be read, and certificate
    /// authorities, which quorate does not use.
    pub fn notes(&self) -> Vec<String> {
        let authorities = self.marked(Mark::CertAuthority).filter(|e| e.dialled).map(|e| {
            format!(
                "{}:{}: @cert-authority is not used: host certificates are not supported",
                text::clean(&e.file.to_string_lossy()),
                e.line
            )
        });
        self.notes.iter().cloned().chain(authorities).collect()
    }
}

/// A file's bytes, at most so many.
pub(super) fn read_capped(file: &Path, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    std::fs::File::open(file)?.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The key type that a key in wire format starts with.
fn blob_type(blob: &[u8]) -> Option<&[u8]> {
    let (length, rest) = blob.split_first_chunk::<4>()?;
    rest.get(..usize::try_from(u32::from_be_bytes(*length)).ok()?)
}

/// Appends a key, so that the next [`KnownHosts::load`] knows it. A missing file is made with mode 0600, a missing
/// folder with 0700. The name is hashed if the file has hashed names.
///
/// # Errors
/// Whatever the file system says; `InvalidInput` for a name that would be read as something else than itself.
pub fn remember(file: &Path, name: &str, port: u16, key_type: &str, blob: &[u8]) -> io::Result<()> {
    let odd = |c: char| c.is_whitespace() || c.is_control() || ",*?!|#@".contains(c);
    if name.is_empty() || name.contains(odd) || blob_type(blob) != Some(key_type.as_bytes()) || key_type.contains(odd_in_type) {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "this name or key cannot stand in known_hosts"));
    }
    if let Some(folder) = file.parent().filter(|f| !f.as_os_str().is_empty()) {
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    let before = match read_capped(file, LARGEST) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => Vec::new(),
        read => read?,
    };
    let mut name = entry_name(name, port);
    if has_hashed_names(&before) {
        name = hash_name(&name)?;
    }
    let separator = if before.is_empty() || before.ends_with(b"\n") { "" } else { "\n" };
    let line = format!("{separator}{name} {key_type} {}\n", BASE64.encode(blob));
    // One write to a file opened for appending: nobody who does the same at this moment gets half a line.
    std::fs::OpenOptions::new().append(true).create(true).mode(0o600).open(file)?.write_all(line.as_bytes())
}

fn odd_in_type(c: char) -> bool {
    c.is_whitespace() || c.is_control()
}

fn has_hashed_names(bytes: &[u8]) -> bool {
    bytes.split(|b| *b == b'\n').any(|line| line.trim_ascii_start().starts_with(b"|1|"))
}

fn hash_name(name: &str) -> io::Result<String> {
    let mut salt = [0; 20];
    let filled = rustix::rand::getrandom(&mut salt, rustix::rand::GetRandomFlags::empty())?;
    let mac = keyed(&salt, name).filter(|_| filled == salt.len());
    let mac = mac.ok_or_else(|| io::Error::other("the system gave no random numbers"))?;
    Ok(format!("|1|{}|{}", BASE64.encode(salt), BASE64.encode(mac.finalize().into_bytes())))
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = |file: &Path, line: usize| format!("{}:{line}", text::clean(&file.to_string_lossy()));
        match self {
            Self::Known => f.write_str("the host key is known"),
            Self::Unknown => f.write_str("the host key is not in known_hosts"),
            Self::Changed { file, line } => write!(f, "the host key differs from {}", place(file, *line)),
            Self::Revoked { file, line } => write!(f, "the host key is revoked by {}", place(file, *line)),
        }
    }
}
