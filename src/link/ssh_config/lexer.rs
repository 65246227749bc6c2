//! Lines of ssh_config into keyword and arguments.

/// A line that says something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its number, from 1.
    pub number: usize,
    /// The keyword as written.
    pub written: String,
    /// The keyword in lower case: keywords have no case.
    pub keyword: String,
    /// The arguments, without their quotes.
    pub words: Vec<String>,
    /// The arguments as written, for messages.
    pub rest: String,
    /// The quotes do not close: OpenSSH would stop here.
    pub broken: bool,
}

/// The lines of a file; what is not UTF-8 becomes U+FFFD.
pub fn lines(bytes: &[u8]) -> impl Iterator<Item = Line> {
    bytes.split(|b| *b == b'\n').enumerate().filter_map(|(index, raw)| line(index + 1, &String::from_utf8_lossy(raw)))
}

fn line(number: usize, text: &str) -> Option<Line> {
    let text = text.trim_matches(|c: char| c.is_ascii_whitespace() || c == '\x0c');
    if text.is_empty() || text.starts_with('#') {
        return None;
    }
    let is_end = |c: char| c.is_ascii_whitespace() || c == '=';
    let (written, rest) = match text.strip_prefix('"').and_then(|t| t.split_once('"')) {
        Some(quoted) => quoted,
        None => text.split_at(text.find(is_end).unwrap_or(text.len())),
    };
    let rest = rest.trim_ascii_start();
    let rest = rest.strip_prefix('=').map_or(rest, str::trim_ascii_start);
    let (words, broken) = words(rest);
    Some(Line { number, written: written.to_owned(), keyword: written.to_ascii_lowercase(), words, rest: rest.to_owned(), broken })
}

/// Splits at blanks; quotes keep blanks together, a backslash keeps a quote, a backslash or a blank; a `#` at the
/// start of a word ends the line. The flag: a quote is still open at the end.
fn words(text: &str) -> (Vec<String>, bool) {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote: Option<char> = None;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let next = chars.peek().copied();
        match (c, quote) {
            ('\\', _) if matches!(next, Some('\\' | '"' | '\'')) || (quote.is_none() && next == Some(' ')) => {
                word.get_or_insert_default().extend(chars.next());
            }
            (c, Some(open)) if c == open => quote = None,
            ('"' | '\'', None) => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            ('#', None) if word.is_none() => break,
            (c, None) if c.is_ascii_whitespace() => words.extend(word.take()),
            (c, _) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    (words, quote.is_some())
}
