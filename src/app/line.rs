//! A line that the operator types into.

use zeroize::Zeroize;

use crate::keymap::{Code, Key};

/// Longest input, characters.
const LONGEST: usize = 1024;

/// See the module. The cursor stands at the end: lines here are short.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InputLine {
    text: String,
}

impl Drop for InputLine {
    /// It may have held a passphrase.
    fn drop(&mut self) {
        self.text.zeroize();
    }
}

impl InputLine {
    /// Begins with a text.
    pub fn new(text: &str) -> Self {
        Self { text: text.to_owned() }
    }

    /// What stands there.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Takes a key that edits; false if it does not.
    pub fn key(&mut self, key: Key) -> bool {
        match key {
            Key { code: Code::Backspace, .. } => {
                self.text.pop();
            }
            Key { code: Code::Char('u'), ctrl: true, .. } => self.text.zeroize(),
            Key { code: Code::Char('w'), ctrl: true, .. } => {
                let kept = self.text.trim_end().rfind(' ').map_or(0, |at| at + 1);
                self.text.truncate(kept);
            }
            key => match key.typed() {
                Some(c) => self.push(c),
                None => return false,
            },
        }
        true
    }

    /// Takes pasted text: up to its first line end.
    pub fn paste(&mut self, text: &str) {
        text.chars().take_while(|c| !matches!(c, '\n' | '\r')).for_each(|c| self.push(c));
    }

    fn push(&mut self, c: char) {
        if !c.is_control() && self.text.chars().count() < LONGEST {
            // Growing would leave a copy of a passphrase in freed memory.
            self.text.reserve_exact(if self.text.capacity() == 0 { LONGEST * 4 } else { 0 });
            self.text.push(c);
        }
    }
}
