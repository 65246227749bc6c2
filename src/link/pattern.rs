//! OpenSSH's patterns (ssh_config(5) PATTERNS): `*`, `?`, and lists in which `!` excludes.

/// Whether a text matches a pattern of `*` (any text) and `?` (one character).
pub fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut p, mut t) = (0, 0);
    // Where to go on if the text after the last star does not fit: linear memory, no recursion.
    let mut retry: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some('*') => {
                retry = Some((p + 1, t));
                p += 1;
            }
            Some(c) if *c == '?' || *c == text[t] => {
                p += 1;
                t += 1;
            }
            _ => match retry {
                Some((after, from)) => {
                    retry = Some((after, from + 1));
                    (p, t) = (after, from + 1);
                }
                None => return false,
            },
        }
    }
    pattern.get(p..).is_some_and(|rest| rest.iter().all(|c| *c == '*'))
}

/// Whether a text matches a list of patterns: at least one, and none of those with `!`.
pub fn matches_any<'a>(patterns: impl IntoIterator<Item = &'a str>, text: &str) -> bool {
    let mut found = false;
    for pattern in patterns {
        match pattern.strip_prefix('!') {
            Some(excluded) if matches(excluded, text) => return false,
            Some(_) => {}
            None => found |= matches(pattern, text),
        }
    }
    found
}

/// As [`matches_any`] for a comma list of host names, which have no case.
pub fn matches_hosts(list: &str, host: &str) -> bool {
    // known_hosts and ssh_config hold thousands of plain names.
    if list.is_ascii() && host.is_ascii() && !list.contains(['*', '?', '!']) {
        return list.split(',').any(|name| name.eq_ignore_ascii_case(host));
    }
    let (list, host) = (list.to_lowercase(), host.to_lowercase());
    matches_any(list.split(','), &host)
}
