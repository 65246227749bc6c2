//! The question that a guest waits with, as `vmware-cmd ... answer` prints it.

use crate::domain::observation::vmware::VmwareQuestion;
use crate::domain::text::clean;

/// Choices beyond this are nobody's.
const MOST: usize = 32;

/// Reads it; none where nothing is pending.
///
/// `Question (id = 0) :msg.uuid.moved:The location ...`, lines of text, `0) Create`, `Select choice. Press enter for default <0> :`.
pub fn read(said: &str) -> Option<VmwareQuestion> {
    let mut lines = said.lines().map(str::trim).skip_while(|l| !l.starts_with("Question"));
    let head = lines.next()?;
    let after = head.split_once(')').map_or(head, |(_, after)| after).trim_start().trim_start_matches(':');
    let (message, first) = match after.split_once(':') {
        Some((name, text)) if name.starts_with("msg.") && !name.contains(' ') => (Some(clean(name)), text),
        _ => (None, after),
    };
    let mut found = VmwareQuestion { message, ..VmwareQuestion::default() };
    let mut text = vec![first.trim()];
    for line in lines {
        if let Some(choice) = choice(line) {
            if found.choices.len() < MOST {
                found.choices.push(choice);
            }
        } else if line.starts_with("Select choice") {
            found.default = line.split_once('<').and_then(|(_, rest)| rest.split('>').next()?.trim().parse().ok());
            break;
        } else if found.choices.is_empty() {
            text.push(line);
        }
    }
    text.retain(|l| !l.is_empty());
    found.text = clean(&text.join(" "));
    (!found.text.is_empty() || !found.choices.is_empty()).then_some(found)
}

/// `0) Create`
fn choice(line: &str) -> Option<(u32, String)> {
    let (number, word) = line.split_once(')')?;
    let number = number.trim().parse().ok()?;
    (!word.trim().is_empty()).then(|| (number, clean(word.trim())))
}
