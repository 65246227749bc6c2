//! The two-person rule: some actions need the code of a second operator.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::action::plan::{Plan, Refusal};
use crate::domain::secret::Secret;
use crate::domain::stamp::Stamp;
use crate::domain::task::Action;

/// How long a code counts, in seconds.
const WINDOW: i64 = 120;

/// Which actions need a second operator, and the secrets that such codes are made of.
#[derive(Clone, Debug, Default)]
pub struct Approval {
    /// The contract's words of the actions.
    pub actions: Vec<String>,
    /// Other operators: name and secret.
    pub operators: Vec<(String, Secret)>,
    /// Who acts: an operator cannot approve his own action.
    pub me: String,
}

impl Approval {
    /// Whether the action needs a second operator; then who can give the code, and by which command.
    pub fn asks(&self, action: &Action) -> Option<String> {
        if !self.actions.iter().any(|a| a == action.word()) {
            return None;
        }
        let who: Vec<&str> = self.operators.iter().map(|(name, _)| name.as_str()).filter(|name| *name != self.me).collect();
        let who = if who.is_empty() { "nobody else is a [[cluster.operator]]".to_owned() } else { who.join(" or ") };
        Some(format!("{who} runs: quorate approve {action}"))
    }

    /// What stands against the plan for want of a second operator.
    pub(super) fn judge(&self, plan: &Plan, given: Option<&str>, now: Stamp) -> Option<Refusal> {
        let asks = self.asks(&plan.intent.action)?;
        let text = plan.intent.action.to_string();
        let window = window(now);
        let good = given.is_some_and(|given| {
            let others = self.operators.iter().filter(|(name, _)| *name != self.me);
            others.flat_map(|(_, secret)| [window, window - 1].map(|w| code(secret, &text, w))).any(|code| code == given.trim())
        });
        if good {
            return None;
        }
        let lift = format!("{asks}; then give the code with --code");
        let why = if given.is_some() {
            "the second operator's code does not fit this action, or is too old"
        } else {
            "this action needs a second operator's code"
        };
        Some(Refusal::new("second-operator", why, lift))
    }
}

/// The code of one operator for one action in one window of time: eight digits (truncated as in RFC 4226, 5.3).
pub fn code(secret: &Secret, action: &str, window: i64) -> String {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.reveal().as_bytes()) else { return String::new() };
    mac.update(action.as_bytes());
    mac.update(&window.to_be_bytes());
    let digest = mac.finalize().into_bytes();
    let at = usize::from(digest.last().copied().unwrap_or(0) & 0x0f);
    let number = digest.get(at..at + 4).map_or(0, |b| b.iter().fold(0_u32, |n, byte| (n << 8) | u32::from(*byte)) & 0x7fff_ffff);
    format!("{:08}", number % 100_000_000)
}

/// The window of time that counts now.
pub const fn window(now: Stamp) -> i64 {
    now.0.div_euclid(1_000_000).div_euclid(WINDOW)
}
