//! A TOML table under the eyes of a schema: each key is taken once, what is left over is unknown.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::mistake::{Mistakes, nearest};

/// A table being read.
pub struct Table<'t, 's> {
    /// `[[cluster]]` ... for messages.
    what: &'static str,
    entries: &'t DeTable<'s>,
    known: Vec<&'static str>,
}

/// A value with its place.
pub struct Found<T> {
    /// The value.
    pub value: T,
    /// Where it stands in the source.
    pub span: Range<usize>,
}

impl<'t, 's> Table<'t, 's> {
    pub const fn new(what: &'static str, table: &'t DeTable<'s>) -> Self {
        Self { what, entries: table, known: Vec::new() }
    }

    /// Whether the key is there, whatever its value.
    pub fn has(&self, key: &str) -> bool {
        self.entries.contains_key(key)
    }

    fn take(&mut self, key: &'static str) -> Option<&'t Spanned<DeValue<'s>>> {
        self.known.push(key);
        self.entries.get(key)
    }

    /// A value that `read` understands; a value that it does not is a mistake.
    fn value<T>(
        &mut self,
        key: &'static str,
        expected: &str,
        wrong: &mut Mistakes<'_>,
        read: impl Fn(&DeValue<'_>) -> Option<T>,
    ) -> Option<Found<T>> {
        let value = self.take(key)?;
        let read = read(value.get_ref());
        if read.is_none() {
            wrong.add(&value.span(), format!("{key} is {}; expected {expected}", kind(value.get_ref())));
        }
        read.map(|read| Found { value: read, span: value.span() })
    }

    /// A text that is not empty.
    pub fn text(&mut self, key: &'static str, expected: &str, wrong: &mut Mistakes<'_>) -> Option<Found<String>> {
        let found = self.value(key, expected, wrong, |v| v.as_str().map(str::to_owned))?;
        if found.value.trim().is_empty() {
            wrong.add(&found.span, format!("{key} is empty; expected {expected}"));
            return None;
        }
        Some(found)
    }

    /// A text that is one of few words.
    pub fn word<T: Copy>(&mut self, key: &'static str, words: &[(&'static str, T)], wrong: &mut Mistakes<'_>) -> Option<T> {
        let names: Vec<&str> = words.iter().map(|(name, _)| *name).collect();
        let expected = one_of(&names);
        let found = self.text(key, &expected, wrong)?;
        let value = words.iter().find(|(name, _)| *name == found.value).map(|(_, value)| *value);
        if value.is_none() {
            wrong.add(&found.span, format!("{key} cannot be \"{}\"; expected {expected}{}", found.value, hint(&found.value, &names)));
        }
        value
    }

    /// A text that parses.
    pub fn parsed<T>(
        &mut self,
        key: &'static str,
        expected: &str,
        wrong: &mut Mistakes<'_>,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Option<T> {
        let found = self.text(key, expected, wrong)?;
        parse(&found.value).map_err(|why| wrong.add(&found.span, format!("{key}: {why}"))).ok()
    }

    /// An array of texts that parse.
    pub fn list<T>(
        &mut self,
        key: &'static str,
        expected: &str,
        wrong: &mut Mistakes<'_>,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Vec<T> {
        let Some(value) = self.take(key) else { return Vec::new() };
        let Some(items) = value.get_ref().as_array() else {
            wrong.add(&value.span(), format!("{key} is {}; expected {expected}", kind(value.get_ref())));
            return Vec::new();
        };
        let mut all = Vec::new();
        for item in items {
            match item.get_ref().as_str().map(&parse) {
                Some(Ok(parsed)) => all.push(parsed),
                Some(Err(why)) => wrong.add(&item.span(), format!("{key}: {why}")),
                None => wrong.add(&item.span(), format!("{key} holds {}; expected {expected}", kind(item.get_ref()))),
            }
        }
        all
    }

    /// true or false.
    pub fn flag(&mut self, key: &'static str, wrong: &mut Mistakes<'_>) -> Option<bool> {
        self.value(key, "true or false", wrong, |v| if let DeValue::Boolean(b) = v { Some(*b) } else { None }).map(|found| found.value)
    }

    /// A TCP port.
    pub fn port(&mut self, key: &'static str, wrong: &mut Mistakes<'_>) -> Option<u16> {
        const EXPECTED: &str = "a number from 1 to 65535";
        let found = self.value(key, EXPECTED, wrong, |v| v.as_integer().map(|i| (i.as_str().to_owned(), i.radix())))?;
        let (digits, radix) = &found.value;
        let port = u16::from_str_radix(digits, *radix).ok().filter(|port| *port != 0);
        if port.is_none() {
            wrong.add(&found.span, format!("{key} cannot be {digits}; expected {EXPECTED}"));
        }
        port
    }

    /// `[[key]]`: each table with its place.
    pub fn tables(&mut self, key: &'static str, wrong: &mut Mistakes<'_>) -> Vec<(Range<usize>, &'t DeTable<'s>)> {
        let Some(value) = self.take(key) else { return Vec::new() };
        let what = self.what;
        let mut fault = |span: Range<usize>, found: &DeValue<'_>| {
            wrong.add(&span, format!("{key} is {}{}; expected tables that start with [[{}]]", kind(found), within(what), path(what, key)));
        };
        match value.get_ref() {
            DeValue::Array(items) => {
                let mut tables = Vec::new();
                for item in items {
                    match item.get_ref().as_table() {
                        Some(table) => tables.push((item.span(), table)),
                        None => fault(item.span(), item.get_ref()),
                    }
                }
                tables
            }
            other => {
                fault(value.span(), other);
                Vec::new()
            }
        }
    }

    /// Every key that nobody took is a mistake.
    pub fn finish(self, wrong: &mut Mistakes<'_>) {
        for key in self.entries.keys() {
            let name: &str = key.get_ref();
            if !self.known.contains(&name) {
                let near = hint(name, &self.known);
                let near = if near.is_empty() { format!("; expected {}", one_of_keys(&self.known)) } else { near };
                wrong.add(&key.span(), format!("unknown key '{name}'{}{near}", within(self.what)));
            }
        }
    }
}

fn within(what: &str) -> String {
    if what.is_empty() { String::new() } else { format!(" in [[{what}]]") }
}

fn path(what: &str, key: &str) -> String {
    if what.is_empty() { key.to_owned() } else { format!("{what}.{key}") }
}

fn hint(written: &str, names: &[&str]) -> String {
    nearest(written, names.iter().copied()).map(|name| format!("; did you mean '{name}'?")).unwrap_or_default()
}

fn one_of(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("\"{name}\"")).collect();
    quoted.join(" or ")
}

fn one_of_keys(names: &[&str]) -> String {
    format!("one of {}", names.join(", "))
}

/// A value's kind with its article.
fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) => "a number",
        DeValue::Float(_) => "a fraction",
        DeValue::Boolean(_) => "a boolean",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "an array",
        DeValue::Table(_) => "a table",
    }
}
