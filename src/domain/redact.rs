//! Takes out what looks like a password, before a byte reaches a file, a screen or a pipe.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::bytes::Regex;

use super::text;

/// What no secret is without: most text has none of it, and is not looked at any further.
static HINT: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?i)passw|passphrase|secret|pwd|community|ipmitool|fence_|key|://[^\s/@]*:[^\s/@]*@").ok());

/// Names of what is secret. A value in quotes goes up to its closing quote, which may be escaped (JSON within a line of a log).
static SECRETS: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    [
        // `name="passwd" value="..."` of the CIB, either way around.
        r#"(?i)(name="[^"]*(?:passw|secret|pwd|community|key)[^"]*"[^>]*?value=")[^"]*"#,
        r#"(?i)(value=")[^"]*("[^>]*?name="[^"]*(?:passw|secret|pwd|community)[^"]*")"#,
        // `passwd="..."` of cluster.conf, `"password": "..."`, `password = ...` of anything else.
        r#"(?i)(\b[\w.-]*(?:passw|passphrase|secret|pwd|community)[\w.-]*\\?["']?\s*[=:]\s*\\?")(?:[^"\\]|\\[^"])*"#,
        r"(?i)(\b[\w.-]*(?:passw|passphrase|secret|pwd|community)[\w.-]*'?\s*[=:]\s*')[^']*",
        r#"(?i)(\b[\w.-]*(?:passw|passphrase|secret|pwd|community)[\w.-]*\\?["']?\s*[=:]\s*)[^\s"'<>\\][^\s"'<>]*"#,
        r#"(?i)(--?(?:password|passwd|passphrase|secret)[ =])(?:"[^"]*"|'[^']*'|[^\s"']+)"#,
        // ipmitool(1) -P, the fence agents' -p.
        r#"(\b(?:ipmitool|fence_[a-z0-9_]+)\b[^\n]*?\s-[pP] ?)(?:"[^"]*"|'[^']*'|[^\s"']+)"#,
        // `scheme://user:password@host`.
        r"(?i)(\b[a-z][a-z0-9+.-]*://[^\s/:@]*:)[^\s/@]+(@)",
    ]
    .iter()
    .filter_map(|pattern| Regex::new(pattern).ok())
    .collect()
});

/// The same bytes with every secret replaced by `***`.
pub fn redact(bytes: &[u8]) -> Cow<'_, [u8]> {
    let mut bytes = Cow::Borrowed(bytes);
    if !HINT.as_ref().is_none_or(|hint| hint.is_match(&bytes)) {
        return bytes;
    }
    for pattern in SECRETS.iter() {
        if pattern.is_match(&bytes) {
            bytes = Cow::Owned(pattern.replace_all(&bytes, &b"${1}***${2}"[..]).into_owned());
        }
    }
    bytes
}

/// As [`redact`], of text.
pub fn redact_text(text: &str) -> Cow<'_, str> {
    match redact(text.as_bytes()) {
        Cow::Borrowed(_) => Cow::Borrowed(text),
        Cow::Owned(bytes) => Cow::Owned(String::from_utf8_lossy(&bytes).into_owned()),
    }
}

/// What a tool or a library said, for an operator: without what looks like a password, and harmless ([`text::clean`]). The one way of its
/// words into a text of ours.
pub fn said(words: &str) -> String {
    text::clean(&redact_text(words))
}

/// As [`said`], for bytes of any encoding.
pub fn said_bytes(words: &[u8]) -> String {
    text::clean_bytes(&redact(words))
}
