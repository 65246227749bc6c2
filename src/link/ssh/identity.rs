//! Private key files: what can be told of them before a passphrase is known.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

/// Largest file that is taken for a key.
const LARGEST: u64 = 64 << 10;

/// A private key file (OpenSSH's format of PROTOCOL.key, or PEM).
pub struct Identity {
    /// Where it is.
    pub path: PathBuf,
    /// The file.
    pub text: Zeroizing<String>,
    /// Needs a passphrase.
    pub encrypted: bool,
    /// The public key in SSH's wire form, where the file or its `.pub` tells it.
    pub public: Option<Vec<u8>>,
    /// The certificate beside it (`-cert.pub`), one line.
    pub certificate: Option<String>,
}

impl Identity {
    /// Reads a file and its companions.
    ///
    /// # Errors
    /// It cannot be read, or is no private key.
    pub fn load(path: &Path) -> io::Result<Self> {
        let meta = fs::metadata(path)?;
        if !meta.is_file() || meta.len() > LARGEST {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "it is not a private key"));
        }
        let text = Zeroizing::new(fs::read_to_string(path)?);
        if !text.contains("PRIVATE KEY-----") {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "it is not a private key"));
        }
        let open = text
            .split_once("-----BEGIN OPENSSH PRIVATE KEY-----")
            .and_then(|(_, rest)| rest.split_once("-----END"))
            .and_then(|(body, _)| decode(body));
        let (encrypted, inner) = match open.as_deref().and_then(|blob| outline(blob)) {
            Some((cipher, public)) => (cipher != b"none", Some(public)),
            None => (text.contains("ENCRYPTED"), None),
        };
        let public = inner.or_else(|| public_line(&beside(path, ".pub")));
        let certificate = fs::read_to_string(beside(path, "-cert.pub")).ok().and_then(|t| t.lines().next().map(str::to_owned));
        Ok(Self { path: path.to_owned(), encrypted, public, certificate, text })
    }
}

/// The public key of an identity whose private half may live in an agent only.
pub fn public_of(path: &Path) -> Option<Vec<u8>> {
    Identity::load(path).ok().and_then(|id| id.public).or_else(|| public_line(path)).or_else(|| public_line(&beside(path, ".pub")))
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

fn public_line(path: &Path) -> Option<Vec<u8>> {
    let text = fs::read_to_string(path).ok()?;
    STANDARD.decode(text.lines().next()?.split_whitespace().nth(1)?).ok()
}

fn decode(body: &str) -> Option<Zeroizing<Vec<u8>>> {
    let packed: Zeroizing<String> = Zeroizing::new(body.split_whitespace().collect());
    STANDARD.decode(packed.as_bytes()).ok().map(Zeroizing::new)
}

/// Cipher and first public key of OpenSSH's key format (PROTOCOL.key).
fn outline(blob: &[u8]) -> Option<(&[u8], Vec<u8>)> {
    let rest = blob.strip_prefix(b"openssh-key-v1\0")?;
    let (cipher, rest) = string(rest)?;
    let (_kdf, rest) = string(rest)?;
    let (_options, rest) = string(rest)?;
    let (public, _) = string(rest.get(4..)?)?;
    Some((cipher, public.to_vec()))
}

/// A length-prefixed string of SSH's wire form (RFC 4251, 5), and what follows it.
pub fn string(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (len, rest) = bytes.split_first_chunk::<4>()?;
    let len = usize::try_from(u32::from_be_bytes(*len)).ok()?;
    Some((rest.get(..len)?, rest.get(len..)?))
}

/// The type that a public key names itself.
pub fn kind(blob: &[u8]) -> String {
    string(blob).map_or_else(|| "unknown".to_owned(), |(name, _)| String::from_utf8_lossy(name).into_owned())
}
