//! Questions of links that only the operator can answer. One is shown at a time, the others wait.

use std::collections::VecDeque;

use super::line::InputLine;
use super::msg::{Answer, Ask, Effect};
use crate::domain::secret::Secret;
use crate::keymap::{Code, Key};

/// A question.
#[derive(Clone, Debug)]
pub struct Question {
    /// Its name.
    pub id: u64,
    /// The node that asks.
    pub node: String,
    /// What.
    pub ask: Ask,
    /// What was typed so far.
    pub input: InputLine,
    /// The last enter came without an answer.
    pub unclear: bool,
}

/// The questions, the first one shown.
#[derive(Clone, Debug, Default)]
pub struct Prompts {
    waiting: VecDeque<Question>,
}

impl Prompts {
    /// Adds a question.
    pub fn push(&mut self, id: u64, node: String, ask: Ask) {
        self.waiting.push_back(Question { id, node, ask, input: InputLine::default(), unclear: false });
    }

    /// Nobody waits for this answer any more.
    pub fn gone(&mut self, id: u64) {
        self.waiting.retain(|q| q.id != id);
    }

    /// The question on the screen.
    pub fn shown(&self) -> Option<&Question> {
        self.waiting.front()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Nobody asks.
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Takes a key. The answer needs enter after it: a key that was on its way to somewhere else when the
    /// question came up must not decide anything.
    pub fn key(&mut self, key: Key) -> Option<Effect> {
        let question = self.waiting.front_mut()?;
        match key.code {
            Code::Esc => return self.answer(Answer::Refuse),
            Code::Enter => {}
            _ => {
                question.unclear = false;
                question.input.key(key);
                return None;
            }
        }
        let typed = question.input.text();
        let answer = match &question.ask {
            Ask::HostKey { .. } => match typed.trim().to_lowercase().as_str() {
                "y" | "yes" => Some(Answer::Trust),
                "n" | "no" => Some(Answer::Refuse),
                _ => None,
            },
            Ask::Passphrase { .. } => (!typed.is_empty()).then(|| Answer::Passphrase(Secret::new(typed))),
        };
        question.unclear = answer.is_none();
        self.answer(answer?)
    }

    /// Pasting is for passphrases: a pasted text never trusts a host key.
    pub fn paste(&mut self, text: &str) {
        if let Some(question) = self.waiting.front_mut().filter(|q| matches!(q.ask, Ask::Passphrase { .. })) {
            question.input.paste(text);
        }
    }

    fn answer(&mut self, answer: Answer) -> Option<Effect> {
        let question = self.waiting.pop_front()?;
        Some(Effect::AnswerPrompt { id: question.id, answer })
    }
}
