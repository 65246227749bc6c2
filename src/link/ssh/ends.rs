//! Both ends of a channel's data, with libssh2's ambiguities resolved.

use std::io::{self, Read, Write};

use ssh2::Channel;

/// A channel whose 0 bytes mean the end only where it has ended.
pub struct Ends(pub Channel);

impl Ends {
    fn judge(&self, result: io::Result<usize>) -> io::Result<usize> {
        match result {
            Ok(0) if !self.0.eof() => Err(io::ErrorKind::WouldBlock.into()),
            other => other,
        }
    }

    /// Reads standard error.
    pub fn read_err(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let result = self.0.stderr().read(buf);
        self.judge(result)
    }

    /// Whether bytes or the end were brought in by a read for another channel.
    pub fn pending(&self) -> bool {
        self.0.eof() || self.0.read_window().available > 0
    }
}

impl Read for Ends {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let result = self.0.read(buf);
        self.judge(result)
    }
}

impl Write for Ends {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.eof() {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        let result = self.0.write(bytes);
        self.judge(result)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
