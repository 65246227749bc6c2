//! Filters of tables and of the timeline.
//!
//! Words, all of which must be found; `node:n1`, `svc:vm1`, `src:kernel`, `state:failed` look at one field;
//! `sev:warning` is warning or worse; `!` before a word turns it round. Case does not matter.

use crate::domain::event::{Event, Severity};

/// What a term looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// Anything on the row.
    Any,
    /// `node:`
    Node,
    /// `svc:`
    Service,
    /// `src:`
    Source,
    /// `state:`
    State,
    /// `sev:`
    Severity,
}

const FIELDS: [(&str, Field); 5] =
    [("node:", Field::Node), ("svc:", Field::Service), ("src:", Field::Source), ("state:", Field::State), ("sev:", Field::Severity)];

#[derive(Clone, Debug, PartialEq, Eq)]
struct Term {
    not: bool,
    field: Field,
    value: String,
}

/// A filter. An empty one lets everything through.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    text: String,
    terms: Vec<Term>,
}

impl Filter {
    /// Reads what was typed. A word with nothing behind its colon, or a lone `!`, does not filter yet.
    pub fn parse(text: &str) -> Self {
        let terms = text.split_whitespace().filter_map(read_term).collect();
        Self { text: text.trim().to_owned(), terms }
    }

    /// As typed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Lets everything through.
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// A severity that does not exist, if one was typed.
    pub fn mistake(&self) -> Option<String> {
        let wrong = self.terms.iter().find(|t| t.field == Field::Severity && severity(&t.value).is_none())?;
        Some(format!("no severity '{}': info, notice, warning, critical", wrong.value))
    }

    /// Whether every term holds; `has` says whether a field has a value (in lower case).
    pub fn matches(&self, has: impl Fn(Field, &str) -> bool) -> bool {
        self.terms.iter().all(|t| has(t.field, &t.value) != t.not)
    }

    /// Whether an event passes.
    pub fn takes(&self, e: &Event) -> bool {
        self.matches(|field, value| match field {
            Field::Any => {
                contains(&e.text, value)
                    || e.node.as_deref().is_some_and(|n| contains(n, value))
                    || e.subject.as_deref().is_some_and(|s| contains(s, value))
                    || contains(e.source.word(), value)
            }
            Field::Node => e.node.as_deref().is_some_and(|n| contains(n, value)),
            Field::Service => e.subject.as_deref().is_some_and(|s| contains(s, value)),
            Field::Source => contains(e.source.word(), value),
            // An event has no state: what it says of one is in its text.
            Field::State => contains(&e.text, value),
            Field::Severity => severity(value).is_some_and(|s| e.severity >= s),
        })
    }
}

fn read_term(word: &str) -> Option<Term> {
    let (not, word) = word.strip_prefix('!').map_or((false, word), |rest| (true, rest));
    let lower = word.to_lowercase();
    let (field, value) =
        FIELDS.iter().find_map(|(prefix, field)| Some((*field, lower.strip_prefix(prefix)?))).unwrap_or((Field::Any, &lower));
    (!value.is_empty()).then(|| Term { not, field, value: value.to_owned() })
}

/// The severity that a word begins: `warn`, `crit` are enough.
pub fn severity(word: &str) -> Option<Severity> {
    [Severity::Info, Severity::Notice, Severity::Warning, Severity::Critical].into_iter().find(|s| s.word().starts_with(word))
}

/// Whether `text` contains `lower` (already in lower case), whatever the case of `text`.
pub fn contains(text: &str, lower: &str) -> bool {
    if text.is_ascii() {
        let (text, lower) = (text.as_bytes(), lower.as_bytes());
        return lower.is_empty() || text.windows(lower.len()).any(|w| w.eq_ignore_ascii_case(lower));
    }
    text.to_lowercase().contains(lower)
}
