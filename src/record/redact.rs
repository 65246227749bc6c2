//! Takes out what looks like a password, before a byte reaches a file.

use std::sync::LazyLock;

use regex::bytes::Regex;

/// `name="passwd" value="..."` of the CIB, either way around; `passwd="..."` of cluster.conf; `password = ...` of anything else.
static SECRETS: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    [
        r#"(?i)(name="[^"]*(?:passw|secret|pwd|community|key)[^"]*"[^>]*?value=")[^"]*"#,
        r#"(?i)(value=")[^"]*("[^>]*?name="[^"]*(?:passw|secret|pwd|community)[^"]*")"#,
        r#"(?i)(\b[\w.-]*(?:passw|passphrase|secret|pwd)[\w.-]*\\?"?\s*[=:]\s*\\?["']?)[^\s"'\\,;<>]+"#,
        r"(?i)(--?(?:password|passwd|secret)[ =])\S+",
    ]
    .iter()
    .filter_map(|pattern| Regex::new(pattern).ok())
    .collect()
});

/// The same bytes with every secret replaced by `***`.
pub fn redact(bytes: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for pattern in SECRETS.iter() {
        if pattern.is_match(&bytes) {
            bytes = pattern.replace_all(&bytes, &b"${1}***${2}"[..]).into_owned();
        }
    }
    bytes
}
