//! The output of follow.sh: lines of several log files, and how far each has been read.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::fmt::Write as _;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::str::FromStr;

use super::FilePosition;
use super::classify;
use super::entry::{self, Entry};
use super::split::{Line, Splitter};
use super::time::{self, Calendar};
use crate::domain::event::{Severity, Source};
use crate::domain::observation::log::{LogLine, StreamItem};
use crate::domain::stamp::Stamp;
use crate::domain::text;

/// Bytes before the offset that tell a file from its successors.
const MARK: usize = 64;
/// Most files of one node, rotated ones included.
const MOST_FILES: usize = 64;
/// A longer line may come torn: a pipe takes 4 KiB (PIPE_BUF) at once, with what stands before the line.
const WHOLE: u64 = 4000;
/// Lines remembered to notice that two files got the same one.
const REMEMBERED: usize = 256;
/// Within this time the same line in two files is one line, microseconds.
const SAME: i64 = 3_000_000;

/// What is known of a followed file.
#[derive(Debug, Default)]
struct Followed {
    /// The id under which its path was announced first: a rotated file and its successor are one.
    kin: u32,
    path: String,
    file: String,
    inode: u64,
    offset: u64,
    mark: Vec<u8>,
    /// Where grep's count of bytes began. Below zero where the file was truncated since.
    base: i64,
    /// Offset and mark before the last line, if it may have come torn: where the next one begins tells whether it did.
    long: Option<(u64, Vec<u8>)>,
    /// Lines are missing. They are read anew, so nothing more is taken until then.
    torn: bool,
    /// What stood in it up to here is older than the following: a line of it without a time says nothing of now.
    old: u64,
    /// Where bytes come instead of lines.
    bytes: Splitter,
    /// What its last line said: syslog may say of the next that it is the same.
    last: Option<StreamItem>,
}

/// A line that was told.
#[derive(Debug)]
struct Heard {
    key: u64,
    at: Stamp,
    /// The files that had it.
    by: Vec<u32>,
}

/// All followed files of a node.
#[derive(Debug, Default)]
pub(super) struct Files {
    followed: HashMap<u32, Followed>,
    /// Ids in the order of their announcement.
    order: Vec<u32>,
    /// Where files stood before the loss of the connection, until they are announced again.
    before: Vec<FilePosition>,
    recent: VecDeque<Heard>,
    /// Files of which it was told that they may not be read.
    denied: BTreeSet<String>,
}

impl Files {
    /// Goes on from these positions, once the script has announced its files. Of the `denied` it has been told.
    pub(super) fn after(before: Vec<FilePosition>, denied: BTreeSet<String>) -> Self {
        Self { before, denied, ..Self::default() }
    }

    /// Whether a file is followed at all.
    pub(super) fn is_following(&self) -> bool {
        !self.followed.is_empty()
    }

    /// Whether lines are missing, and the stream must begin anew.
    pub(super) fn is_torn(&self) -> bool {
        self.followed.values().any(|file| file.torn)
    }

    /// Files of which it was told that they may not be read.
    pub(super) fn denied(&self) -> &BTreeSet<String> {
        &self.denied
    }

    /// One line of the script's output.
    pub(super) fn line(&mut self, line: Line<'_>, calendar: &mut Calendar, out: &mut Vec<StreamItem>) {
        match line.bytes.first() {
            Some(b'@') => self.announce(&String::from_utf8_lossy(line.bytes), calendar, out),
            Some(b'x') => self.hex(line.bytes, *calendar, out),
            Some(b'b') => self.counted(line, *calendar, out),
            Some(b'0'..=b'9') => self.numbered(line, *calendar, out),
            _ => {}
        }
    }

    fn announce(&mut self, words: &str, calendar: &mut Calendar, out: &mut Vec<StreamItem>) {
        let mut words = words.split(' ');
        match (words.next(), words.next(), words.next(), words.next(), words.next(), words.next()) {
            (Some("@zone"), Some(zone), ..) => calendar.utc_offset = time::zone(zone).unwrap_or(calendar.utc_offset),
            (Some("@file"), Some(id), Some(inode), Some(offset), Some(path), Some(file)) => {
                if let (Ok(id), Ok(inode), Ok(offset)) = (id.parse(), inode.parse(), offset.parse()) {
                    let old = words.next().and_then(|size| size.parse().ok()).unwrap_or_default();
                    self.begin(id, Followed { path: path.to_owned(), file: file.to_owned(), inode, offset, old, ..Followed::default() });
                }
            }
            (Some("@truncated"), Some(id), ..) => {
                if let Some(file) = id.parse().ok().and_then(|id: u32| self.followed.get_mut(&id)) {
                    file.truncated();
                }
            }
            (Some("@denied"), Some(path), ..) => out.extend(self.deny(path)),
            (Some("@skipped"), Some(bytes), Some(path), ..) => out.push(notice(&format!(
                "log file {path}: its first {bytes} bytes are left out, so much was written while it was not followed"
            ))),
            _ => {}
        }
    }

    /// Said once, however often the script begins anew; again only of a file that could be read in between.
    fn deny(&mut self, path: &str) -> Option<StreamItem> {
        if self.denied.len() >= MOST_FILES || !self.denied.insert(path.to_owned()) {
            return None;
        }
        Some(notice(&format!("log file {path} may not be read by this user: root may (become = \"sudo\"), or the group adm")))
    }

    fn begin(&mut self, id: u32, mut file: Followed) {
        if self.followed.len() >= MOST_FILES {
            return;
        }
        self.denied.remove(&file.path);
        if self.before.iter().any(|b| b.path == file.path) || self.all().any(|f| f.path == file.path) {
            // Written while we were away, or after a rotation.
            file.old = 0;
        }
        // The mark of what was read before: nothing new may come before the next loss of the connection.
        let old = self.before.iter().find(|b| b.path == file.path && b.offset == file.offset && file.offset > 0);
        file.mark = old.map(|b| unhex(b.mark.as_bytes())).unwrap_or_default();
        self.before.retain(|b| b.path != file.path || b.offset != file.offset);
        file.base = i64::try_from(file.offset).unwrap_or_default();
        file.kin = self.all().find(|f| f.path == file.path).map_or(id, |f| f.kin);
        self.order.push(id);
        self.followed.insert(id, file);
    }

    /// `b3:4711:text`, by grep: so many bytes after where the file was taken up the line begins.
    fn counted(&mut self, line: Line<'_>, calendar: Calendar, out: &mut Vec<StreamItem>) {
        let mut parts = line.bytes.get(1..).unwrap_or_default().splitn(3, |b| *b == b':');
        let (Some(id), Some(start), Some(text)) = (parts.next(), parts.next(), parts.next()) else { return };
        let Some((id, start)) = number::<u32>(id).zip(number::<i64>(start)) else { return };
        let before = line.bytes.len() - text.len();
        let whole = Line { bytes: text, length: line.length.saturating_sub(before as u64) };
        let Some(file) = self.followed.get_mut(&id) else { return };
        if file.goes_on_at(start, whole) {
            file.long = (line.length > WHOLE).then(|| (file.offset, file.mark.clone()));
            let old = file.advance(whole);
            self.understand(id, whole, calendar, old, out);
        }
    }

    /// `3:text`, by grep, in recordings and where it does not count.
    fn numbered(&mut self, line: Line<'_>, calendar: Calendar, out: &mut Vec<StreamItem>) {
        let Some(colon) = line.bytes.iter().take(12).position(|b| *b == b':') else { return };
        let (id, rest) = line.bytes.split_at(colon);
        let Some((id, text)) = number::<u32>(id).zip(rest.get(1..)) else { return };
        let Some(file) = self.followed.get_mut(&id) else { return };
        if file.word_of_tail(text) {
            return;
        }
        let whole = Line { bytes: text, length: line.length.saturating_sub(colon as u64 + 1) };
        let old = file.advance(whole);
        self.understand(id, whole, calendar, old, out);
    }

    /// `x3 0a 0b`, by od.
    fn hex(&mut self, line: &[u8], calendar: Calendar, out: &mut Vec<StreamItem>) {
        let Some(space) = line.iter().position(|b| *b == b' ') else { return };
        let (id, rest) = line.split_at(space);
        let Some(id) = id.get(1..).and_then(number::<u32>) else { return };
        let Some(file) = self.followed.get_mut(&id) else { return };
        let bytes = unhex(rest);
        let mut splitter = std::mem::take(&mut file.bytes);
        splitter.feed(&bytes, |line| {
            let old = self.followed.get_mut(&id).is_some_and(|file| file.advance(line));
            self.understand(id, line, calendar, old, out);
        });
        if let Some(file) = self.followed.get_mut(&id) {
            file.bytes = splitter;
        }
    }

    fn understand(&mut self, id: u32, line: Line<'_>, calendar: Calendar, old: bool, out: &mut Vec<StreamItem>) {
        let words = String::from_utf8_lossy(line.bytes);
        let entry = entry::parse(words.trim_end(), calendar);
        if old && entry.at.is_none() {
            return;
        }
        let Some(item) = self.meaning(id, &entry) else { return };
        match item {
            StreamItem::Line(said) if self.heard_elsewhere(id, &said, calendar.arrival) => {}
            StreamItem::Line(mut said) => {
                if line.is_cut() {
                    said.text.push_str(" (cut: a line longer than 256 KiB)");
                }
                out.push(StreamItem::Line(said));
            }
            stale @ StreamItem::Stale(_) => out.push(stale),
        }
    }

    fn meaning(&mut self, id: u32, entry: &Entry<'_>) -> Option<StreamItem> {
        let last = &mut self.followed.get_mut(&id)?.last;
        if let Some(times) = classify::repeats_the_last(entry) {
            let mut item = classify::again(last.clone()?, times);
            if let StreamItem::Line(line) = &mut item {
                line.at = entry.at;
            }
            return Some(item);
        }
        *last = classify::understand(entry, None);
        last.clone()
    }

    /// Pacemaker and corosync may write to their own file, to one that links to it, and to syslog: one line is enough.
    fn heard_elsewhere(&mut self, id: u32, line: &LogLine, arrival: Stamp) -> bool {
        let at = line.at.unwrap_or(arrival);
        let mut hasher = DefaultHasher::new();
        (line.source, &line.text).hash(&mut hasher);
        let key = hasher.finish();
        let kin = self.followed.get(&id).map_or(id, |file| file.kin);
        let same = |heard: &&mut Heard| heard.key == key && !heard.by.contains(&kin) && heard.at.0.abs_diff(at.0) < SAME.unsigned_abs();
        if let Some(heard) = self.recent.iter_mut().find(same) {
            heard.by.push(kin);
            return true;
        }
        if self.recent.len() == REMEMBERED {
            self.recent.pop_front();
        }
        self.recent.push_back(Heard { key, at, by: vec![kin] });
        false
    }

    /// How far each file was handed out: per path the file itself and at most one rotated one.
    pub(super) fn positions(&self) -> Vec<FilePosition> {
        let mut paths: Vec<&str> = self.all().map(|f| f.path.as_str()).collect();
        paths.sort_unstable();
        paths.dedup();
        let mut all = Vec::new();
        for path in paths {
            // The later of two files under one path succeeds the earlier; rotated ones are announced newest first.
            let mut own: Vec<&Followed> = self.all().filter(|f| f.path == path && f.file == f.path).collect();
            own.reverse();
            own.extend(self.all().filter(|f| f.path == path && f.file != f.path && !f.is_packed()));
            all.extend(own.into_iter().take(2).map(Followed::position));
        }
        // Not announced again yet: the connection was lost before the script came to them.
        all.extend(self.before.iter().filter(|b| !self.all().any(|f| f.path == b.path)).cloned());
        all.truncate(MOST_FILES);
        all
    }

    fn all(&self) -> impl Iterator<Item = &Followed> {
        self.order.iter().filter_map(|id| self.followed.get(id))
    }
}

impl Followed {
    /// Goes on behind a line; whether it stood there before the following began.
    fn advance(&mut self, line: Line<'_>) -> bool {
        let old = self.offset < self.old;
        self.offset += line.length;
        if line.is_cut() {
            // The last bytes are unknown: after the loss of the connection the whole line decides.
            self.mark.clear();
            return old;
        }
        let keep = line.bytes.len().min(MARK);
        self.mark.extend_from_slice(line.bytes.get(line.bytes.len() - keep..).unwrap_or_default());
        self.mark.push(b'\n');
        let excess = self.mark.len().saturating_sub(MARK);
        self.mark.drain(..excess);
        old
    }

    /// Whether this line, which begins so far on in what tail gave out, is the next one of the file.
    fn goes_on_at(&mut self, start: i64, line: Line<'_>) -> bool {
        if self.torn {
            return false;
        }
        if self.word_of_tail(line.bytes) {
            let length = i64::try_from(line.length).unwrap_or_default();
            self.base = if self.offset == 0 { -start.saturating_add(length) } else { self.base.saturating_sub(length) };
            return false;
        }
        let offset = u64::try_from(self.base.saturating_add(start)).unwrap_or_default();
        let was_long = self.long.take().is_some();
        if offset == self.offset {
            return true;
        }
        // Where a long line was torn by those of others, its length was not known. Else lines of this file were torn into a long one.
        self.torn = !was_long;
        if was_long {
            self.offset = offset;
            self.mark.clear();
        }
        was_long
    }

    fn truncated(&mut self) {
        (self.offset, self.old, self.long) = (0, 0, None);
        self.mark.clear();
        self.bytes.clear();
    }

    /// tail's own words on its standard error, which comes the same way: no part of the file.
    fn word_of_tail(&mut self, text: &[u8]) -> bool {
        if !text.starts_with(b"tail: ") {
            return false;
        }
        let words = String::from_utf8_lossy(text);
        if !words.contains(self.file.as_str()) && !words.contains("inotify") {
            return false;
        }
        if words.ends_with("file truncated") {
            self.truncated();
        }
        true
    }

    /// Compressed: it was read to its end at once.
    fn is_packed(&self) -> bool {
        [".gz", ".bz2", ".xz", ".zst"].iter().any(|end| self.file.ends_with(end))
    }

    fn position(&self) -> FilePosition {
        let sure = ("", self.offset, &self.mark);
        let (plus, offset, bytes) = self.long.as_ref().map_or(sure, |(offset, mark)| ("+", *offset, mark));
        let mut mark = plus.to_owned();
        for byte in bytes {
            let _ = write!(mark, "{byte:02x}");
        }
        FilePosition { path: self.path.clone(), inode: self.inode, offset, mark }
    }
}

/// What quorate itself says of a log file.
fn notice(words: &str) -> StreamItem {
    StreamItem::Line(LogLine {
        at: None,
        source: Source::Quorate,
        severity: Severity::Notice,
        subject: None,
        text: text::clean(words),
        stale: Vec::new(),
        cursor: None,
    })
}

fn number<T: FromStr>(digits: &[u8]) -> Option<T> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// Bytes out of hex digits, blanks between them or not.
fn unhex(text: &[u8]) -> Vec<u8> {
    let digits: Vec<u8> = text.iter().filter_map(|b| char::from(*b).to_digit(16)).filter_map(|d| u8::try_from(d).ok()).collect();
    digits.as_chunks::<2>().0.iter().map(|[high, low]| high << 4 | low).collect()
}
