//! What other quorates have under way, by the lines that they leave in the nodes' logs (`logger -t quorate`).

use std::sync::Arc;

use crate::action::gate::Other;
use crate::domain::event::{Event, Source};
use crate::domain::stamp::Stamp;

/// How many are kept.
const KEPT: usize = 50;
/// Words with which an action's last line begins: nothing follows it.
const ENDS: [&str; 5] = ["done:", "failed:", "stopped:", "refused:", "unknown:"];

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Foreign {
    /// The action's tag.
    pub tag: String,
    /// `relocate vm1 --to n2`.
    pub action: String,
    /// `anna@bastion`.
    pub by: String,
    /// Where she sits.
    pub from: String,
    /// `step 1 of 3: ...`, or how it ended.
    pub said: String,
    /// It is over.
    pub over: bool,
    /// The node whose log said so.
    pub node: Option<Arc<str>>,
    /// When its first line came.
    pub began: Stamp,
    /// When its last line came.
    pub at: Stamp,
}

impl Foreign {
    /// As the gate takes it; none if it is over.
    pub fn for_gate(&self) -> Option<Other> {
        let target = self.action.split(' ').nth(1).unwrap_or_default().to_owned();
        let words = format!("{} by {} from {}: {}", self.action, self.by, self.from, self.said);
        (!self.over).then(|| Other { tag: self.tag.clone(), target, words, at: self.at })
    }
}

/// Takes a line of a log. True if it was one of another quorate. `mine`: the beginning of this session's own tags.
pub fn take(list: &mut Vec<Foreign>, event: &Event, mine: &str) -> bool {
    let Some(mut new) = read(event).filter(|f| mine.is_empty() || !f.tag.starts_with(mine)) else { return false };
    if let Some(known) = list.iter_mut().find(|f| f.tag == new.tag) {
        // A node's log may be read after another's: what is over stays so.
        if new.at >= known.at && !known.over {
            new.began = known.began;
            *known = new;
            return true;
        }
        return false;
    }
    list.push(new);
    if list.len() > KEPT {
        list.remove(0);
    }
    true
}

/// `act TAG ACTION by WHO from WHERE: WORDS`.
fn read(event: &Event) -> Option<Foreign> {
    if event.source != Source::Operator {
        return None;
    }
    let (tag, rest) = event.text.strip_prefix("act ")?.split_once(' ')?;
    let (action, rest) = rest.split_once(" by ")?;
    let (by, rest) = rest.split_once(" from ")?;
    let (from, said) = rest.split_once(": ")?;
    Some(Foreign {
        tag: tag.to_owned(),
        action: action.to_owned(),
        by: by.to_owned(),
        from: from.to_owned(),
        over: ENDS.iter().any(|end| said.starts_with(end)),
        said: said.to_owned(),
        node: event.node.clone(),
        began: event.at,
        at: event.at,
    })
}
