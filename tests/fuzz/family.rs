//! What the targets share: one input becomes an answer to every question of a family.

use quorate::domain::observation::Question;
use quorate::probe::{Raw, parse};

/// Parses `data` as the answer to each question: the first byte is the exit status, and what follows a NUL stands
/// on standard error. No answer may panic.
pub fn family(questions: &[Question], data: &[u8]) {
    let (code, said) = data.split_first().map_or((0, data), |(code, rest)| (i32::from(*code), rest));
    let end = said.iter().position(|b| *b == 0).unwrap_or(said.len());
    let (stdout, stderr) = said.split_at(end);
    for question in questions {
        let _ = parse(*question, Raw { command: "fuzz", stdout, stderr, code });
    }
}
