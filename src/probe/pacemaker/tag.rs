//! A start tag: where it ends, and its attributes.

use quick_xml::events::BytesStart;

use super::xml::plain;

/// Attributes that are remembered where they stand; a tag with more of them is read a second time.
const KEPT: usize = 16;

/// Where an attribute stands in its tag: `key="value"`, without blanks in between.
#[derive(Clone, Copy, Debug, Default)]
struct Span {
    key: u32,
    /// Behind the opening quote, which stands behind the equals sign.
    value: u32,
    end: u32,
}

/// A start tag.
#[derive(Clone, Debug, Default)]
pub struct Tag<'a> {
    name: &'a str,
    /// What stands behind the name.
    rest: &'a str,
    spans: [Span; KEPT],
    /// How many of the spans count; none if the tag is not as tools write one, or has more.
    count: Option<usize>,
    /// How many elements were open once this one was; 0 for an empty element, which has no inside.
    pub(super) level: usize,
}

/// What [`Tag::scan`] found beside the tag.
pub(super) struct Found<'a> {
    /// The name with its prefix.
    pub name: &'a str,
    /// Whether it is a tag without an inside.
    pub empty: bool,
    /// The byte behind it.
    pub end: usize,
}

/// Which bytes the names of tags and attributes are made of, where nothing is out of the ordinary.
const NAME: [bool; 256] = {
    let mut all = [false; 256];
    let mut byte = u8::MAX;
    while byte > 0 {
        all[byte as usize] = byte > b'>' || matches!(byte, b'-' | b'.' | b'0'..=b':');
        byte -= 1;
    }
    all
};

/// How many bytes of a name stand here.
fn name_len(bytes: &[u8]) -> usize {
    bytes.iter().position(|byte| !NAME[usize::from(*byte)]).unwrap_or(bytes.len())
}

/// How many bytes stand here before a quote. Values are short: eight bytes at a time are enough.
fn value_len(bytes: &[u8], quote: u8) -> Option<usize> {
    const ONES: u64 = u64::from_le_bytes([0x01; 8]);
    const TOPS: u64 = u64::from_le_bytes([0x80; 8]);
    let quotes = ONES * u64::from(quote);
    let (eights, _) = bytes.as_chunks::<8>();
    for (at, eight) in eights.iter().enumerate() {
        // A byte that is the quote becomes 0, and the lowest 0 borrows into its own top bit.
        let differ = u64::from_le_bytes(*eight) ^ quotes;
        let found = differ.wrapping_sub(ONES) & !differ & TOPS;
        if found != 0 {
            return Some(at * 8 + found.trailing_zeros() as usize / 8);
        }
    }
    let done = eights.len() * 8;
    bytes.get(done..)?.iter().position(|byte| *byte == quote).map(|at| done + at)
}

/// The byte behind the tag that begins here: its `>` is the first that stands in no quotes.
pub(super) fn end(bytes: &[u8], begin: usize) -> Option<usize> {
    let mut quote = None;
    for at in memchr::memchr3_iter(b'>', b'\'', b'"', bytes.get(begin..)?) {
        let byte = *bytes.get(begin + at)?;
        match quote {
            None if byte == b'>' => return Some(begin + at + 1),
            None => quote = Some(byte),
            Some(open) if open == byte => quote = None,
            Some(_) => {}
        }
    }
    None
}

impl<'a> Tag<'a> {
    /// A tag outside of a document that is being walked: it has no inside.
    pub fn of(start: &'a BytesStart<'_>) -> Self {
        Self { name: start.local_name().into_inner(), rest: start.attributes_raw(), ..Self::default() }
    }

    /// Becomes the start tag whose `<` stands at this byte; none if it does not end.
    pub(super) fn scan(&mut self, source: &'a str, at: usize) -> Option<Found<'a>> {
        let begin = at + 1;
        let bytes = source.as_bytes().get(begin..)?;
        let mut behind = name_len(bytes);
        let (end, empty) = if let Some(found) = self.usual(bytes, behind) {
            found
        } else {
            self.count = None;
            let end = end(bytes, 0)?;
            (end, end > 1 && bytes.get(end - 2) == Some(&b'/'))
        };
        let inside = source.get(begin..begin + end - if empty { 2 } else { 1 })?;
        if self.count.is_none() {
            behind = inside.find([' ', '\r', '\n', '\t']).unwrap_or(inside.len());
        }
        let (name, rest) = inside.split_at_checked(behind)?;
        self.name = name.bytes().position(|b| b == b':').and_then(|colon| name.get(colon + 1..)).unwrap_or(name);
        self.rest = rest;
        self.level = 0;
        Some(Found { name, empty, end: begin + end })
    }

    /// Reads a tag as tools write it, from the end of its name: how many bytes behind its name end it, and whether it is empty. None for any other.
    fn usual(&mut self, bytes: &[u8], name: usize) -> Option<(usize, bool)> {
        let (mut at, mut count) = (name, 0);
        if !matches!(bytes.get(at)?, b' ' | b'\n' | b'\r' | b'\t' | b'>' | b'/') {
            return None;
        }
        loop {
            while matches!(bytes.get(at)?, b' ' | b'\n' | b'\r' | b'\t') {
                at += 1;
            }
            let empty = match bytes.get(at)? {
                b'>' => Some((at + 1, false)),
                b'/' => Some((at + 2, true)).filter(|_| bytes.get(at + 1) == Some(&b'>')),
                _ => None,
            };
            if empty.is_some() {
                self.count = Some(count);
                return empty;
            }
            let key = at;
            at += name_len(bytes.get(at..)?);
            let quote = match bytes.get(at..at + 2)? {
                [b'=', quote @ (b'"' | b'\'')] => *quote,
                _ => return None,
            };
            let value = at + 2;
            let end = value + value_len(bytes.get(value..)?, quote)?;
            let place = |at: usize| u32::try_from(at - name).ok();
            *self.spans.get_mut(count)? = Span { key: place(key)?, value: place(value)?, end: place(end)? };
            count += 1;
            at = end + 1;
        }
    }

    /// The element's name, without a namespace prefix.
    pub const fn name(&self) -> &'a str {
        self.name
    }

    /// Its attributes, values as written (still escaped). Stops at what is no attribute.
    pub fn attributes(&self) -> Attributes<'_> {
        Attributes { rest: self.rest, spans: self.count.and_then(|count| self.spans.get(..count)) }
    }

    /// The value of one attribute, unescaped and harmless.
    pub fn get(&self, name: &str) -> Option<String> {
        self.attributes().find(|(key, _)| *key == name).map(|(_, value)| plain(value))
    }
}

/// Iterator over (name, raw value). Lenient: some versions of crm_mon wrote exit reasons unescaped.
pub struct Attributes<'t> {
    rest: &'t str,
    spans: Option<&'t [Span]>,
}

impl<'t> Iterator for Attributes<'t> {
    type Item = (&'t str, &'t str);

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(spans) = &mut self.spans {
            let (span, later) = spans.split_first()?;
            *spans = later;
            let [key, value, end] = [span.key, span.value, span.end].map(|at| at as usize);
            return Some((self.rest.get(key..value.saturating_sub(2))?, self.rest.get(value..end)?));
        }
        // Bytes, not characters: all that is looked for is ASCII.
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
