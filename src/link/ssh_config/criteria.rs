//! `Match` lines: whether their criteria are met.

use super::lexer::Line;
use crate::link::pattern;

/// What criteria are compared with.
pub struct Facts<'a> {
    /// As the operator wrote it.
    pub original_host: &'a str,
    /// After HostName, as far as it is known at this line.
    pub host: &'a str,
    /// The login name, as far as it is known at this line.
    pub user: &'a str,
    /// Who runs quorate.
    pub local_user: &'a str,
    /// The `Tag` in force.
    pub tag: &'a str,
    /// This is the pass for `Match final`.
    pub final_pass: bool,
}

/// What became of a `Match` line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Its block applies.
    pub met: bool,
    /// It asks for a final pass.
    pub wants_final: bool,
    /// A criterion that quorate cannot or will not evaluate decided: the block is left out.
    pub undecided: Option<String>,
}

/// Evaluates the criteria in their order, as OpenSSH does; one that quorate does not evaluate (`exec` above all) is never met.
pub fn evaluate(line: &Line, facts: &Facts<'_>) -> Outcome {
    let mut outcome = Outcome { met: !line.words.is_empty(), ..Outcome::default() };
    let mut words = line.words.iter();
    while let Some(word) = words.next() {
        let (name, inline) = match word.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (word.as_str(), None),
        };
        let (negated, name) = name.strip_prefix('!').map_or((false, name), |name| (true, name));
        let name = name.to_ascii_lowercase();
        let met = match name.as_str() {
            "all" => Some(true),
            "canonical" => Some(facts.final_pass),
            "final" => {
                outcome.wants_final = true;
                Some(facts.final_pass)
            }
            _ => {
                let value = inline.or_else(|| words.next().map(String::as_str)).unwrap_or_default();
                compare(&name, value, facts)
            }
        };
        match met {
            Some(met) => outcome.met &= met != negated,
            None if outcome.met => {
                outcome.met = false;
                outcome.undecided = Some(name);
            }
            None => {}
        }
    }
    outcome
}

fn compare(name: &str, value: &str, facts: &Facts<'_>) -> Option<bool> {
    let list = |text: &str| pattern::matches_any(value.split(','), text);
    Some(match name {
        "host" => pattern::matches_hosts(value, facts.host),
        "originalhost" => pattern::matches_hosts(value, facts.original_host),
        "user" => list(facts.user),
        "localuser" => list(facts.local_user),
        "tagged" => list(facts.tag),
        _ => return None,
    })
}
