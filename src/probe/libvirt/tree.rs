//! An XML document as a tree: libvirt's own are small and nested, and several of their parts are looked at more than once.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use crate::domain::text::clean;

/// Deeper elements are left out: no domain XML is.
const DEEPEST: usize = 64;
/// Elements beyond this are left out.
const MOST: usize = 20_000;

/// An element. Names and values are harmless.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Element {
    /// Its name, with a namespace prefix if it has one.
    pub name: String,
    /// Its attributes, in the order in which they stand.
    pub attributes: Vec<(String, String)>,
    /// Text inside it, trimmed.
    pub text: String,
    /// Its children.
    pub children: Vec<Element>,
}

impl Element {
    /// Reads a document; what comes after a broken place is missing.
    pub fn read(xml: &str) -> Self {
        let mut reader = Reader::from_str(xml);
        reader.config_mut().allow_dangling_amp = true;
        let mut open = vec![Self::default()];
        let mut count = 0;
        let mut skipped = 0_usize;
        loop {
            match reader.read_event() {
                Ok(Event::Start(start)) if open.len() < DEEPEST && count < MOST && skipped == 0 => {
                    count += 1;
                    open.push(Self::of(&start));
                }
                Ok(Event::Start(_)) => skipped += 1,
                Ok(Event::Empty(start)) if count < MOST && skipped == 0 => {
                    count += 1;
                    if let Some(parent) = open.last_mut() {
                        parent.children.push(Self::of(&start));
                    }
                }
                Ok(Event::End(_)) if skipped > 0 => skipped -= 1,
                Ok(Event::End(_)) => close(&mut open),
                Ok(Event::Text(text)) if skipped == 0 => push_text(&mut open, &text.into_inner()),
                Ok(Event::CData(text)) if skipped == 0 => push_text(&mut open, &text.into_inner()),
                Ok(Event::GeneralRef(name)) if skipped == 0 => {
                    let reference = format!("&{};", name.into_inner());
                    push_text(&mut open, &plain(&reference));
                }
                Ok(Event::Eof) | Err(_) => break,
                Ok(_) => {}
            }
        }
        while open.len() > 1 {
            close(&mut open);
        }
        open.pop().and_then(|root| root.children.into_iter().next()).unwrap_or_default()
    }

    fn of(start: &BytesStart<'_>) -> Self {
        let mut attributes = Vec::new();
        for attribute in start.attributes().with_checks(false).flatten() {
            attributes.push((clean(attribute.key.into_inner()), plain(&attribute.value)));
        }
        Self { name: clean(start.name().into_inner()), attributes, ..Self::default() }
    }

    /// The first child of this name.
    pub fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|c| c.name == name)
    }

    /// All children of this name.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Self> {
        self.children.iter().filter(move |c| c.name == name)
    }

    /// An attribute; none where it is empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(n, v)| n == name && !v.is_empty()).map(|(_, v)| v.as_str())
    }

    /// An attribute of the first child of this name.
    pub fn of_child(&self, child: &str, attribute: &str) -> Option<String> {
        self.child(child)?.get(attribute).map(str::to_owned)
    }

    /// The text of the first child of this name; none where it is empty.
    pub fn said(&self, child: &str) -> Option<String> {
        self.child(child).map(|c| c.text.clone()).filter(|t| !t.is_empty())
    }
}

fn close(open: &mut Vec<Element>) {
    if open.len() < 2 {
        return;
    }
    if let (Some(mut done), Some(parent)) = (open.pop(), open.last_mut()) {
        done.text = clean(done.text.trim());
        parent.children.push(done);
    }
}

fn push_text(open: &mut [Element], text: &str) {
    if let Some(element) = open.last_mut().filter(|e| e.text.len() < 4096) {
        element.text.push_str(text);
    }
}

fn plain(value: &str) -> String {
    clean(&quick_xml::escape::unescape(value).unwrap_or(std::borrow::Cow::Borrowed(value)))
}
