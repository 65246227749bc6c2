//! Between two attempts.

use std::time::Duration;

use rustix::rand::{GetRandomFlags, getrandom};

use crate::domain::node::LinkFault;

/// The longest wait.
const LONGEST: Duration = Duration::from_secs(30);

/// Doubles from 1 s to 30 s, a quarter more or less by chance, so that nodes that went together do not come back in step.
#[derive(Debug, Default)]
pub struct Backoff(u32);

impl Backoff {
    /// The next wait. What only a person can mend is tried seldom from the start: failed logins are counted against us.
    pub fn next(&mut self, fault: LinkFault) -> Duration {
        let base = match fault {
            LinkFault::Auth | LinkFault::Hostkey => LONGEST,
            _ => Duration::from_secs(1 << self.0.min(5)).min(LONGEST),
        };
        self.0 = self.0.saturating_add(1);
        let mut byte = [0_u8; 1];
        let _ = getrandom(&mut byte, GetRandomFlags::empty());
        base.mul_f64(0.75 + f64::from(byte[0]) / 510.0)
    }
}
