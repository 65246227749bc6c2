//! Text that must never be printed.

use std::fmt;

use zeroize::Zeroizing;

/// A password or passphrase. It has no `Display`, its `Debug` hides it, it is wiped when dropped, and only
/// [`Secret::reveal`] gives it out: to the library that authenticates.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes ownership of the text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    /// The text itself, for the one call that needs it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(***)")
    }
}
