//! Stub with the agreed signatures until the real one is merged.
use std::io;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use base64::Engine as _;
/// Verdict.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Verdict { Known, Unknown, Changed { file: PathBuf, line: usize }, Revoked { file: PathBuf, line: usize } }
/// Known hosts.
#[derive(Debug, Default)]
pub struct KnownHosts { lines: Vec<(PathBuf, usize, String, String, String)> }
fn lookup(name: &str, port: u16) -> String { if port == 22 { name.to_owned() } else { format!("[{name}]:{port}") } }
impl KnownHosts {
    /// Loads.
    pub fn load(files: &[PathBuf]) -> Self {
        let mut lines = Vec::new();
        for file in files {
            let Ok(text) = std::fs::read_to_string(file) else { continue };
            for (i, line) in text.lines().enumerate() {
                let mut words = line.split_whitespace();
                if let (Some(h), Some(t), Some(k)) = (words.next(), words.next(), words.next()) {
                    lines.push((file.clone(), i + 1, h.to_owned(), t.to_owned(), k.to_owned()));
                }
            }
        }
        Self { lines }
    }
    /// Checks.
    pub fn check(&self, name: &str, port: u16, key_type: &str, key_blob: &[u8]) -> Verdict {
        let want = base64::engine::general_purpose::STANDARD.encode(key_blob);
        let host = lookup(name, port);
        let mut verdict = Verdict::Unknown;
        for (file, line, h, t, k) in &self.lines {
            if *h == host && t == key_type {
                if *k == want { return Verdict::Known; }
                verdict = Verdict::Changed { file: file.clone(), line: *line };
            }
        }
        verdict
    }
    /// Types.
    pub fn key_types_for(&self, name: &str, port: u16) -> Vec<String> {
        let host = lookup(name, port);
        self.lines.iter().filter(|l| l.2 == host).map(|l| l.3.clone()).collect()
    }
}
/// Remembers.
pub fn remember(file: &Path, name: &str, port: u16, key_type: &str, blob: &[u8]) -> io::Result<()> {
    let mut f = std::fs::OpenOptions::new().create(true).append(true).open(file)?;
    writeln!(f, "{} {key_type} {}", lookup(name, port), base64::engine::general_purpose::STANDARD.encode(blob))
}
