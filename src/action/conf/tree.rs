//! cluster.conf with the place of everything in it, so that an edit touches nothing else.

use std::fmt::Write as _;
use std::ops::Range;

use quick_xml::Reader;
use quick_xml::events::Event;

/// Deeper than anyone nests.
const DEEPEST: usize = 64;

/// An element and where it stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Element {
    /// `vm`, `failoverdomain` ...
    pub name: String,
    /// From `<` of its start tag to `>`.
    pub open: Range<usize>,
    /// From `<` of its start tag to the last `>` of its end.
    pub whole: Range<usize>,
    /// In their order.
    pub attributes: Vec<Attribute>,
    /// In their order.
    pub children: Vec<Element>,
}

/// An attribute and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute {
    /// Its name.
    pub name: String,
    /// Its value, unescaped.
    pub value: String,
    /// From its name to its closing quote.
    pub at: Range<usize>,
    /// Between the quotes.
    pub inside: Range<usize>,
}

impl Element {
    /// An attribute.
    pub fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.attributes.iter().find(|a| a.name == name)
    }

    /// Its value.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.attribute(name).map(|a| a.value.as_str())
    }

    /// The first child of this name.
    pub fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|c| c.name == name)
    }

    /// The first attribute with a password that was not cut out: the node's `sed` goes line by line, and knows these names alone.
    pub fn bared(&self) -> Option<&str> {
        let own = self.attributes.iter().find(|a| a.is_secret() && a.value != "***").map(|a| a.name.as_str());
        own.or_else(|| self.children.iter().find_map(Self::bared))
    }

    /// What it says, however it is written: ricci and ccsd write a file anew that they hand on, attributes in another order and within other quotes,
    /// comments and blanks gone. Without passwords.
    pub fn says(&self) -> String {
        let mut out = String::new();
        self.say(&mut out);
        out
    }

    fn say(&self, out: &mut String) {
        let mut own: Vec<(&str, String)> = self
            .attributes
            .iter()
            .filter(|a| !a.is_secret())
            .map(|a| (a.name.as_str(), a.value.replace(['\n', '\r', '\t'], " ")))
            .collect();
        own.sort_unstable();
        let _ = write!(out, "<{} {own:?}", self.name);
        for child in &self.children {
            child.say(out);
        }
        out.push('>');
    }

    /// `<vm .../>`: it has no end tag.
    pub fn is_empty(&self) -> bool {
        self.open == self.whole
    }
}

impl Attribute {
    /// It holds a password, by its name.
    fn is_secret(&self) -> bool {
        const NAMES: [&str; 5] = ["passw", "community", "secret", "pwd", "_kg"];
        let name = self.name.to_ascii_lowercase();
        NAMES.iter().any(|part| name.contains(part))
    }
}

/// Reads the whole. The words of an error are for the operator.
pub fn parse(text: &str) -> Result<Element, String> {
    let mut reader = Reader::from_str(text);
    reader.config_mut().allow_dangling_amp = true;
    let mut open: Vec<Element> = Vec::new();
    let mut root: Option<Element> = None;
    loop {
        let from = at(&reader);
        let event = reader.read_event().map_err(|e| format!("it is not well-formed: {e}"))?;
        let span = from..at(&reader);
        match event {
            Event::Start(_) if open.len() >= DEEPEST => return Err("it is nested deeper than any cluster.conf".to_owned()),
            Event::Start(_) => open.push(element(text, span)?),
            Event::Empty(_) => close(element(text, span)?, &mut open, &mut root)?,
            Event::End(_) => {
                let Some(mut done) = open.pop() else { return Err("an end without a start".to_owned()) };
                done.whole.end = span.end;
                close(done, &mut open, &mut root)?;
            }
            Event::Eof => break,
            _ => {}
        }
    }
    match root {
        Some(root) if open.is_empty() && root.name == "cluster" => Ok(root),
        Some(root) if open.is_empty() => Err(format!("it begins with <{}>, not with <cluster>", crate::domain::text::clean(&root.name))),
        _ => Err("it ends too early".to_owned()),
    }
}

fn at(reader: &Reader<&[u8]>) -> usize {
    usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX)
}

fn close(done: Element, open: &mut [Element], root: &mut Option<Element>) -> Result<(), String> {
    match open.last_mut() {
        Some(parent) => parent.children.push(done),
        None if root.is_some() => return Err("there is a second element behind <cluster>".to_owned()),
        None => *root = Some(done),
    }
    Ok(())
}

/// The start tag at this place.
fn element(text: &str, span: Range<usize>) -> Result<Element, String> {
    let tag = text.get(span.clone()).unwrap_or_default();
    let wrong = || "a tag is not understood".to_owned();
    let body = tag.strip_prefix('<').and_then(|t| t.strip_suffix('>')).ok_or_else(wrong)?;
    let name: String = body.chars().take_while(|c| !c.is_whitespace() && *c != '/').collect();
    let mut at = span.start + 1 + name.len();
    let end = span.end - 1 - usize::from(body.ends_with('/'));
    let mut attributes = Vec::new();
    loop {
        let rest = text.get(at..end).ok_or_else(wrong)?;
        let trimmed = rest.trim_start();
        at += rest.len() - trimmed.len();
        if trimmed.is_empty() {
            return Ok(Element { name, open: span.clone(), whole: span, attributes, children: Vec::new() });
        }
        let (key, value) = trimmed.split_once('=').ok_or_else(wrong)?;
        let quoted = value.trim_start();
        let quote = quoted.chars().next().filter(|c| matches!(c, '"' | '\'')).ok_or_else(wrong)?;
        let inner = quoted.get(1..).ok_or_else(wrong)?;
        let length = inner.find(quote).ok_or_else(wrong)?;
        let inside = at + key.len() + 1 + (value.len() - quoted.len()) + 1;
        let raw = inner.get(..length).unwrap_or_default();
        let value = quick_xml::escape::unescape(raw).map_or_else(|_| raw.to_owned(), std::borrow::Cow::into_owned);
        attributes.push(Attribute { name: key.trim_end().to_owned(), value, at: at..inside + length + 1, inside: inside..inside + length });
        at = inside + length + 1;
    }
}
