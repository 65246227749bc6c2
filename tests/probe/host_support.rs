//! What the tests of the node's own probes share.

use quorate::domain::observation::host::Tools;
use quorate::domain::observation::{Observation, Question, Trouble};
use quorate::probe::{Raw, parse};

/// Parses an answer that ended well.
pub fn read(question: Question, stdout: &str) -> Result<Observation, Trouble> {
    ended(question, stdout, "", 0)
}

/// Parses an answer.
pub fn ended(question: Question, stdout: &str, stderr: &str, code: i32) -> Result<Observation, Trouble> {
    parse(question, Raw { command: "the-command", stdout: stdout.as_bytes(), stderr: stderr.as_bytes(), code })
}

/// The rows of an answer of one kind.
macro_rules! rows {
    ($kind:ident, $answer:expr) => {
        match $answer.unwrap() {
            quorate::domain::observation::Observation::$kind(rows) => rows,
            other => panic!("not {}: {other:?}", stringify!($kind)),
        }
    };
}
pub(crate) use rows;

/// Tools of a node where these and no others are.
pub fn tools(present: &[&str]) -> Tools {
    Tools { present: present.iter().map(|t| (*t).to_owned()).collect(), ..Tools::default() }
}
