//! A pull reader for answers that are trusted no further than their bytes: borrowed, without recursion of its own, and with the
//! line and column of what cannot be read.
//!
//! Tags are read here, in one pass where they are as tools write them. Whatever else stands in an answer (declarations, comments,
//! references, what has no end) is quick-xml's, and so are the words for what is wrong.

use std::borrow::Cow;

use compact_str::CompactString;
use quick_xml::Reader;
use quick_xml::errors::{Error, IllFormedError};
use quick_xml::events::Event;

use super::tag;
pub use super::tag::{Attributes, Tag};
use crate::domain::observation::Trouble;
use crate::domain::text;
use crate::probe::Raw;

/// A document, positioned somewhere inside its root element.
pub struct Doc<'a> {
    source: &'a str,
    /// Bytes of it that were read.
    at: usize,
    /// The names of the elements that are open now.
    open: Vec<&'a str>,
    raw: Raw<'a>,
}

/// What stands next.
enum Piece<'a> {
    /// A tag: it went into the place that was given for it.
    Start,
    /// The same, without an inside.
    Empty,
    Text(Cow<'a, str>),
    /// The name between `&` and `;`.
    Reference(Cow<'a, str>),
    /// The end of an element, a comment, and the like.
    Other,
    Eof,
}

/// Where the XML starts: the declaration, or the first tag with one of these names.
pub fn root_at(source: &str, roots: &[&str]) -> Option<usize> {
    source.match_indices('<').map(|(at, _)| at).find(|at| {
        let rest = source.get(at + 1..).unwrap_or_default();
        rest.starts_with("?xml") || roots.iter().any(|name| starts_with_name(rest, name))
    })
}

fn starts_with_name(rest: &str, name: &str) -> bool {
    rest.strip_prefix(name).is_some_and(|after| after.starts_with(|c: char| c.is_ascii_whitespace() || c == '>' || c == '/'))
}

impl<'a> Doc<'a> {
    /// Opens the root element of `source`, which starts with it or with its declaration.
    pub fn open(raw: Raw<'a>, source: &'a str) -> Result<(Self, Tag<'a>), Trouble> {
        let mut doc = Self { source, at: 0, open: Vec::new(), raw };
        let mut root = Tag::default();
        loop {
            match doc.next(&mut root, false)? {
                Piece::Start | Piece::Empty => return Ok((doc, root)),
                Piece::Eof => return Err(doc.broken("no element in it")),
                _ => {}
            }
        }
    }

    /// Calls `each` for every child of `parent`. What `each` leaves unread of a child is skipped.
    pub fn children<F>(&mut self, parent: &Tag<'_>, mut each: F) -> Result<(), Trouble>
    where
        F: FnMut(&mut Self, &Tag<'a>) -> Result<(), Trouble>,
    {
        if parent.level == 0 {
            return Ok(());
        }
        let mut tag = Tag::default();
        while self.open.len() >= parent.level {
            match self.next(&mut tag, false)? {
                Piece::Start => {
                    each(self, &tag)?;
                    self.leave(tag.level)?;
                }
                Piece::Empty => each(self, &tag)?,
                Piece::Eof => return Err(self.broken("the output is cut off")),
                _ => {}
            }
        }
        Ok(())
    }

    /// The text inside an element, harmless; text inside its children is left out.
    pub fn text(&mut self, parent: &Tag<'_>) -> Result<String, Trouble> {
        let mut said = String::new();
        let mut tag = Tag::default();
        while parent.level != 0 && self.open.len() >= parent.level {
            match self.next(&mut tag, true)? {
                Piece::Start => self.leave(tag.level)?,
                Piece::Text(text) => said.push_str(&text),
                Piece::Reference(name) => said.push_str(&unescape(&format!("&{name};"))),
                Piece::Eof => return Err(self.broken("the output is cut off")),
                Piece::Empty | Piece::Other => {}
            }
        }
        Ok(text::clean(said.trim()))
    }

    /// Reads on until fewer than `level` elements are open.
    fn leave(&mut self, level: usize) -> Result<(), Trouble> {
        let mut tag = Tag::default();
        while self.open.len() >= level {
            if let Piece::Eof = self.next(&mut tag, false)? {
                return Err(self.broken("the output is cut off"));
            }
        }
        Ok(())
    }

    /// The next piece; without `texts`, the next tag. Tags go into `tag`.
    fn next(&mut self, tag: &mut Tag<'a>, texts: bool) -> Result<Piece<'a>, Trouble> {
        let rest = self.source.get(self.at..).unwrap_or_default();
        let bytes = rest.as_bytes();
        if texts && !bytes.starts_with(b"<") {
            return match memchr::memchr2(b'<', b'&', bytes) {
                Some(0) => self.other(rest),
                None if rest.is_empty() => Ok(Piece::Eof),
                end => {
                    let text = end.and_then(|end| rest.get(..end)).unwrap_or(rest);
                    self.at += text.len();
                    Ok(Piece::Text(Cow::Borrowed(text)))
                }
            };
        }
        let Some(begin) = memchr::memchr(b'<', bytes) else {
            self.at = self.source.len();
            return Ok(Piece::Eof);
        };
        self.at += begin;
        match bytes.get(begin + 1) {
            Some(b'/') => self.end_tag(),
            Some(b'!' | b'?') | None => self.other(rest.get(begin..).unwrap_or_default()),
            Some(_) => self.start_tag(tag),
        }
    }

    fn start_tag(&mut self, tag: &mut Tag<'a>) -> Result<Piece<'a>, Trouble> {
        let Some(found) = tag.scan(self.source, self.at) else {
            return self.other(self.source.get(self.at..).unwrap_or_default());
        };
        self.at = found.end;
        if found.empty {
            return Ok(Piece::Empty);
        }
        self.open.push(found.name);
        tag.level = self.open.len();
        Ok(Piece::Start)
    }

    fn end_tag(&mut self) -> Result<Piece<'a>, Trouble> {
        let rest = self.source.get(self.at + 2..).unwrap_or_default();
        let expected = self.open.pop();
        if expected.and_then(|name| rest.strip_prefix(name)).is_some_and(|behind| behind.starts_with('>')) {
            self.at += 3 + expected.map_or(0, str::len);
            return Ok(Piece::Other);
        }
        let Some(end) = tag::end(rest.as_bytes(), 0) else {
            return self.other(self.source.get(self.at..).unwrap_or_default());
        };
        self.at += 2 + end;
        let name = rest.get(..end - 1).unwrap_or_default().trim_end_matches([' ', '\r', '\n', '\t']);
        let wrong = match expected {
            Some(expected) if expected == name => return Ok(Piece::Other),
            Some(expected) => IllFormedError::MismatchedEndTag { expected: expected.to_owned(), found: name.to_owned() },
            // A child that closes more than it opened cannot come from well-formed XML.
            None => IllFormedError::UnmatchedEndTag(name.to_owned()),
        };
        Err(self.broken(&Error::IllFormed(wrong).to_string()))
    }

    /// What is no tag, or a tag without an end, at the beginning of `rest`.
    fn other(&mut self, rest: &'a str) -> Result<Piece<'a>, Trouble> {
        let mut reader = Reader::from_str(rest);
        reader.config_mut().allow_dangling_amp = true;
        let event = reader.read_event();
        self.at += usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
        match event {
            Ok(Event::CData(text)) => Ok(Piece::Text(text.into_inner())),
            Ok(Event::Text(text)) => Ok(Piece::Text(text.into_inner())),
            Ok(Event::GeneralRef(name)) => Ok(Piece::Reference(name.into_inner())),
            Ok(Event::Eof) => Ok(Piece::Eof),
            Ok(_) => Ok(Piece::Other),
            Err(error) => Err(self.broken(&error.to_string())),
        }
    }

    fn broken(&self, what: &str) -> Trouble {
        let before = self.source.as_bytes().get(..self.at.min(self.source.len())).unwrap_or_default();
        let line = before.split(|b| *b == b'\n').count();
        let column = before.iter().rev().take_while(|b| **b != b'\n').count() + 1;
        self.raw.garbled(&format!("line {line}, column {column}: {what}"))
    }
}

/// An attribute's value, unescaped and harmless.
pub fn plain(value: &str) -> String {
    if is_harmless(value) { value.to_owned() } else { text::clean(&unescape(value)) }
}

/// Whether a value says just what is written, as nearly every one does.
fn is_harmless(value: &str) -> bool {
    value.len() <= text::LONGEST && value.bytes().all(|b| (b' '..=b'~').contains(&b) && b != b'&')
}

/// As [`plain`], for words that are short nearly always.
pub fn short(value: &str) -> CompactString {
    if is_harmless(value) { value.into() } else { plain(value).into() }
}

/// As [`plain`]; none where it is empty.
pub fn some(value: &str) -> Option<String> {
    (!value.is_empty()).then(|| plain(value))
}

/// Unescapes, or gives back what cannot be unescaped.
pub fn unescape(value: &str) -> Cow<'_, str> {
    quick_xml::escape::unescape(value).unwrap_or(Cow::Borrowed(value))
}
