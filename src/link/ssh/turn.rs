//! Turns at a jump host. Many nodes may be behind one, and sshd drops connections where too many have not logged in yet
//! (MaxStartups, 10 by default).

use std::collections::HashMap;
use std::sync::{Arc, Condvar, LazyLock, Mutex, PoisonError};
use std::time::Duration;

use super::keyring::lock;
use crate::link::Hop;

/// How many log in at once. A little less than 10: sshd counts one for a moment longer than we do.
const AT_ONCE: usize = 8;
/// How often it is looked whether the attempt is still wanted.
const LOOK: Duration = Duration::from_millis(200);

#[derive(Debug, Default)]
struct Turnstile {
    inside: Mutex<usize>,
    left: Condvar,
}

type Turnstiles = HashMap<(String, u16), Arc<Turnstile>>;

static TURNSTILES: LazyLock<Mutex<Turnstiles>> = LazyLock::new(Mutex::default);

/// A turn at a host, until it is dropped.
#[derive(Debug)]
pub struct Turn(Arc<Turnstile>);

impl Drop for Turn {
    fn drop(&mut self) {
        *lock(&self.0.inside) -= 1;
        self.0.left.notify_one();
    }
}

/// Waits for a turn at a host; none once it is not wanted any more.
pub fn wait(hop: &Hop, unwanted: impl Fn() -> bool) -> Option<Turn> {
    let turnstile = Arc::clone(lock(&TURNSTILES).entry((hop.host.clone(), hop.port)).or_default());
    let mut inside = lock(&turnstile.inside);
    while *inside >= AT_ONCE {
        if unwanted() {
            return None;
        }
        inside = turnstile.left.wait_timeout(inside, LOOK).unwrap_or_else(PoisonError::into_inner).0;
    }
    *inside += 1;
    drop(inside);
    Some(Turn(turnstile))
}
