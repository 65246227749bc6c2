//! A pull reader over quick-xml for answers that are trusted no further than their bytes: borrowed, without
//! recursion of its own, and with the line and column of what cannot be read.

use compact_str::CompactString;
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use crate::domain::observation::Trouble;
use crate::domain::text;
use crate::probe::Raw;

/// A document, positioned somewhere inside its root element.
pub struct Doc<'a> {
    reader: Reader<&'a [u8]>,
    source: &'a str,
    /// Elements open now.
    open: u32,
    raw: Raw<'a>,
}

/// A start tag.
pub struct Tag<'a> {
    start: BytesStart<'a>,
    /// How many elements were open once this one was; 0 for an empty element, which has no inside.
    level: u32,
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
        let mut reader = Reader::from_str(source);
        reader.config_mut().allow_dangling_amp = true;
        // Indentation is no text; see `text`, where blanks count.
        reader.config_mut().trim_text(true);
        let mut doc = Self { reader, source, open: 0, raw };
        loop {
            match doc.next()? {
                Some(Event::Start(start)) => {
                    doc.open = 1;
                    return Ok((doc, Tag { start, level: 1 }));
                }
                Some(Event::Empty(start)) => return Ok((doc, Tag { start, level: 0 })),
                Some(Event::Eof) | None => return Err(doc.broken("no element in it")),
                Some(_) => {}
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
        while self.open >= parent.level {
            match self.next()? {
                Some(Event::Start(start)) => {
                    self.open += 1;
                    let tag = Tag { start, level: self.open };
                    each(self, &tag)?;
                    self.leave(tag.level)?;
                }
                Some(Event::Empty(start)) => each(self, &Tag { start, level: 0 })?,
                Some(Event::End(_)) => self.open -= 1,
                Some(Event::Eof) => return Err(self.broken("the output is cut off")),
                _ => {}
            }
        }
        Ok(())
    }

    /// The text inside an element, harmless; text inside its children is left out.
    pub fn text(&mut self, parent: &Tag<'_>) -> Result<String, Trouble> {
        let mut said = String::new();
        self.reader.config_mut().trim_text(false);
        let read = self.read_text(parent, &mut said);
        self.reader.config_mut().trim_text(true);
        read.map(|()| text::clean(said.trim()))
    }

    fn read_text(&mut self, parent: &Tag<'_>, said: &mut String) -> Result<(), Trouble> {
        while parent.level != 0 && self.open >= parent.level {
            match self.next()? {
                Some(Event::Start(_)) => {
                    self.open += 1;
                    self.leave(self.open)?;
                }
                Some(Event::End(_)) => self.open -= 1,
                Some(Event::Text(text)) => said.push_str(&text.into_inner()),
                Some(Event::CData(text)) => said.push_str(&text.into_inner()),
                Some(Event::GeneralRef(name)) => {
                    let reference = format!("&{};", name.into_inner());
                    said.push_str(&unescape(&reference));
                }
                Some(Event::Eof) => return Err(self.broken("the output is cut off")),
                _ => {}
            }
        }
        Ok(())
    }

    /// Reads on until fewer than `level` elements are open.
    fn leave(&mut self, level: u32) -> Result<(), Trouble> {
        while self.open >= level {
            match self.next()? {
                Some(Event::Start(_)) => self.open += 1,
                Some(Event::End(_)) => self.open -= 1,
                Some(Event::Eof) => return Err(self.broken("the output is cut off")),
                _ => {}
            }
        }
        Ok(())
    }

    fn next(&mut self) -> Result<Option<Event<'a>>, Trouble> {
        match self.reader.read_event() {
            // A child that closes more than it opened cannot come from well-formed XML.
            Ok(Event::End(_)) if self.open == 0 => Err(self.broken("an element ends that never began")),
            Ok(event) => Ok(Some(event)),
            Err(error) => Err(self.broken(&error.to_string())),
        }
    }

    fn broken(&self, what: &str) -> Trouble {
        let at = usize::try_from(self.reader.buffer_position()).unwrap_or(usize::MAX).min(self.source.len());
        let before = self.source.as_bytes().get(..at).unwrap_or_default();
        let line = before.split(|b| *b == b'\n').count();
        let column = before.iter().rev().take_while(|b| **b != b'\n').count() + 1;
        self.raw.garbled(&format!("line {line}, column {column}: {what}"))
    }
}

impl<'a> Tag<'a> {
    /// A tag outside of a document that is being walked: it has no inside.
    pub const fn of(start: BytesStart<'a>) -> Self {
        Self { start, level: 0 }
    }
}

impl Tag<'_> {
    /// The element's name, without a namespace prefix.
    pub fn name(&self) -> &str {
        self.start.local_name().into_inner()
    }

    /// Its attributes, values as written (still escaped). Stops at what is no attribute.
    pub fn attributes(&self) -> Attributes<'_> {
        Attributes { rest: self.start.attributes_raw() }
    }

    /// The value of one attribute, unescaped and harmless.
    pub fn get(&self, name: &str) -> Option<String> {
        self.attributes().find(|(key, _)| *key == name).map(|(_, value)| plain(value))
    }
}

/// Iterator over (name, raw value). Lenient: some versions of crm_mon wrote exit reasons unescaped.
pub struct Attributes<'t> {
    rest: &'t str,
}

impl<'t> Iterator for Attributes<'t> {
    type Item = (&'t str, &'t str);

    fn next(&mut self) -> Option<Self::Item> {
        // Bytes, not characters: all that is looked for is ASCII, and this runs for every attribute of megabytes.
        let bytes = self.rest.as_bytes();
        let equals = bytes.iter().position(|b| *b == b'=')?;
        let opening = equals + 1 + bytes.get(equals + 1..)?.iter().position(|b| !b.is_ascii_whitespace())?;
        let quote = *bytes.get(opening).filter(|b| matches!(b, b'"' | b'\''))?;
        let closing = opening + 1 + memchr::memchr(quote, bytes.get(opening + 1..)?)?;
        let (key, value) = (self.rest.get(..equals)?, self.rest.get(opening + 1..closing)?);
        self.rest = self.rest.get(closing + 1..)?;
        Some((key.trim_ascii(), value))
    }
}

/// An attribute's value, unescaped and harmless.
pub fn plain(value: &str) -> String {
    if value.contains('&') { text::clean(&unescape(value)) } else { text::clean(value) }
}

/// As [`plain`], for words that are short nearly always.
pub fn short(value: &str) -> CompactString {
    if value.contains('&') { plain(value).into() } else { text::clean_cow(value).into() }
}

/// As [`plain`]; none where it is empty.
pub fn some(value: &str) -> Option<String> {
    (!value.is_empty()).then(|| plain(value))
}

/// Unescapes, or gives back what cannot be unescaped.
pub fn unescape(value: &str) -> std::borrow::Cow<'_, str> {
    quick_xml::escape::unescape(value).unwrap_or(std::borrow::Cow::Borrowed(value))
}
