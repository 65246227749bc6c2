//! Lines out of bytes that come in any split, with bounded memory.

/// Bytes of one line that are kept; what is longer is cut and marked.
pub(super) const LONGEST: usize = 256 * 1024;

/// Collects bytes up to a newline.
#[derive(Debug, Default)]
pub(super) struct Splitter {
    held: Vec<u8>,
    /// Bytes of the line so far, also those not held.
    seen: u64,
}

/// One complete line, without its newline.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line<'a> {
    /// At most [`LONGEST`] bytes.
    pub bytes: &'a [u8],
    /// Its true length in bytes, with the newline.
    pub length: u64,
}

impl Line<'_> {
    /// Whether bytes are missing at its end.
    pub(super) fn is_cut(&self) -> bool {
        self.length > self.bytes.len() as u64 + 1
    }
}

impl Splitter {
    /// Takes bytes and hands each line that they complete to `on_line`.
    pub(super) fn feed(&mut self, mut bytes: &[u8], mut on_line: impl FnMut(Line<'_>)) {
        while let Some(end) = bytes.iter().position(|b| *b == b'\n') {
            let (head, rest) = bytes.split_at(end);
            bytes = rest.get(1..).unwrap_or_default();
            if self.seen == 0 && head.len() <= LONGEST {
                on_line(Line { bytes: head, length: head.len() as u64 + 1 });
                continue;
            }
            self.hold(head);
            on_line(Line { bytes: &self.held, length: self.seen + 1 });
            self.clear();
        }
        self.hold(bytes);
    }

    /// Forgets a line that is not complete.
    pub(super) fn clear(&mut self) {
        self.held.clear();
        self.held.shrink_to(LONGEST / 16);
        self.seen = 0;
    }

    fn hold(&mut self, bytes: &[u8]) {
        let room = LONGEST.saturating_sub(self.held.len());
        self.held.extend_from_slice(bytes.get(..room.min(bytes.len())).unwrap_or_default());
        self.seen += bytes.len() as u64;
    }
}
