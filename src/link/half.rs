//! One direction of a pair of byte streams that are joined without waiting.

use std::io::{self, Read, Write};

/// Bytes under way in each direction.
const BUFFER: usize = 32 << 10;

/// One direction.
#[derive(Debug)]
pub struct Half {
    buf: Vec<u8>,
    from: usize,
    to: usize,
}

impl Half {
    /// With nothing under way.
    pub fn new() -> Self {
        Self { buf: vec![0; BUFFER], from: 0, to: 0 }
    }

    /// Whether nothing is under way: more may be read.
    pub const fn is_empty(&self) -> bool {
        self.from >= self.to
    }

    /// Moves what can be moved; true if something did. An end of either side is an error.
    pub fn carry(&mut self, from: &mut impl Read, to: &mut impl Write) -> io::Result<bool> {
        let mut moved = false;
        if self.is_empty() {
            (self.from, self.to) = (0, 0);
            match from.read(&mut self.buf) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(n) => {
                    self.to = n;
                    moved = true;
                }
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => return Ok(false),
                Err(e) => return Err(e),
            }
        }
        match to.write(self.buf.get(self.from..self.to).unwrap_or_default()) {
            Ok(n) => {
                self.from += n;
                Ok(moved || n > 0)
            }
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => Ok(moved),
            Err(e) => Err(e),
        }
    }
}
