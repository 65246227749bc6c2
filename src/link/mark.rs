//! Framing of a shell's output: where one command's bytes end and the next one's begin.
//!
//! A mark is the record separator, an unguessable word made anew for each connection, a few words, and a newline.
//! Output that happens to look like a mark lacks the word, so any bytes may stand between two marks.

use std::fmt::Write as _;
use std::io;

use memchr::memmem;
use rustix::rand::{GetRandomFlags, getrandom};

/// Longest text of a mark after its needle; anything longer is no mark of ours.
const LONGEST: usize = 64;

/// The unguessable word of one connection.
#[derive(Clone, Debug)]
pub struct Nonce(String);

impl Nonce {
    /// 128 bits from the kernel, in hexadecimal.
    ///
    /// # Errors
    /// The kernel has no random bytes to give.
    pub fn fresh() -> io::Result<Self> {
        let mut bytes = [0_u8; 16];
        getrandom(&mut bytes, GetRandomFlags::empty())?;
        let mut text = String::with_capacity(32);
        for byte in bytes {
            let _ = write!(text, "{byte:02x}");
        }
        Ok(Self(text))
    }

    /// The word.
    pub fn word(&self) -> &str {
        &self.0
    }
}

/// A part of a marked stream of bytes.
#[derive(Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// What a command printed.
    Data(&'a [u8]),
    /// The words of a mark.
    Mark(&'a str),
}

/// Splits a stream into data and marks, however its bytes arrive. Holds back only what may yet become a mark.
#[derive(Debug)]
pub struct Scanner {
    needle: Vec<u8>,
    held: Vec<u8>,
}

impl Scanner {
    /// For the marks of one connection.
    pub fn new(nonce: &Nonce) -> Self {
        Self { needle: format!("\x1e{} ", nonce.word()).into_bytes(), held: Vec::new() }
    }

    /// Finds nothing: stands in while another is at work.
    pub const fn idle() -> Self {
        Self { needle: Vec::new(), held: Vec::new() }
    }

    /// Takes the next bytes and gives out every piece they complete.
    pub fn feed(&mut self, bytes: &[u8], mut on: impl FnMut(Piece<'_>)) {
        if self.held.is_empty() {
            let used = self.scan(bytes, &mut on);
            self.held.extend_from_slice(bytes.get(used..).unwrap_or_default());
            return;
        }
        let mut all = std::mem::take(&mut self.held);
        all.extend_from_slice(bytes);
        let used = self.scan(&all, &mut on);
        all.drain(..used);
        self.held = all;
    }

    /// Gives out pieces of `all`; how many bytes are done with.
    fn scan(&self, all: &[u8], on: &mut impl FnMut(Piece<'_>)) -> usize {
        let mut done = 0;
        while let Some(rest) = all.get(done..).filter(|rest| !rest.is_empty()) {
            let Some(at) = memmem::find(rest, &self.needle) else {
                let keep = self.partial(rest);
                data(rest, rest.len() - keep, on);
                return all.len() - keep;
            };
            data(rest, at, on);
            done += at;
            let words = rest.get(at + self.needle.len()..).unwrap_or_default();
            match memchr::memchr(b'\n', words.get(..words.len().min(LONGEST)).unwrap_or_default()) {
                Some(end) => {
                    let text = words.get(..end).unwrap_or_default();
                    on(Piece::Mark(std::str::from_utf8(text).unwrap_or_default()));
                    done += self.needle.len() + end + 1;
                }
                None if words.len() < LONGEST => return done,
                None => {
                    data(&self.needle, self.needle.len(), on);
                    done += self.needle.len();
                }
            }
        }
        done
    }

    /// How many bytes at the end may be the beginning of a needle.
    fn partial(&self, rest: &[u8]) -> usize {
        let tail = (rest.len() + 1).saturating_sub(self.needle.len());
        let Some(tail) = rest.get(tail..) else { return 0 };
        memchr::memchr_iter(0x1e, tail).filter_map(|at| tail.get(at..)).find(|end| self.needle.starts_with(end)).map_or(0, <[u8]>::len)
    }
}

fn data(rest: &[u8], len: usize, on: &mut impl FnMut(Piece<'_>)) {
    if let Some(part) = rest.get(..len).filter(|part| !part.is_empty()) {
        on(Piece::Data(part));
    }
}
