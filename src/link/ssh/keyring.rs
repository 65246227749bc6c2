//! What this session has learnt of keys: passphrases, asked for once though many nodes want the same key, and which key a host took.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::domain::secret::Secret;
use crate::link::Hop;

/// For how long an operator's refusal holds for the other nodes that want the same.
pub const REFUSAL: Duration = Duration::from_secs(60);

/// What is known of one key file.
#[derive(Debug, Default)]
pub struct Slot {
    /// The passphrase that opened it, or that the operator said last.
    pub passphrase: Option<Secret>,
    refused: Option<Instant>,
}

impl Slot {
    /// This one does not open it. One that was said meanwhile stays.
    pub fn discard(&mut self, wrong: Option<&Secret>) {
        if wrong.is_some() && self.passphrase.as_ref() == wrong {
            self.passphrase = None;
        }
    }

    /// The operator will not say.
    pub fn refuse(&mut self) {
        self.refused = Some(Instant::now());
    }

    /// Refused a moment ago.
    pub fn is_refused(&self) -> bool {
        self.refused.is_some_and(|at| at.elapsed() < REFUSAL)
    }
}

type Slots = HashMap<PathBuf, Arc<Mutex<Slot>>>;

static SLOTS: LazyLock<Mutex<Slots>> = LazyLock::new(Mutex::default);

/// The key that each host took last, by (host, port, user), and the one that any host took last.
#[derive(Debug, Default)]
struct Taken {
    by: HashMap<(String, u16, String), Vec<u8>>,
    last: Option<Vec<u8>>,
}

static TAKEN: LazyLock<Mutex<Taken>> = LazyLock::new(Mutex::default);

fn door(hop: &Hop) -> (String, u16, String) {
    (hop.host.clone(), hop.port, hop.user.clone())
}

/// A host took this key.
pub fn took(hop: &Hop, key: Vec<u8>) {
    let mut taken = lock(&TAKEN);
    taken.last = Some(key.clone());
    taken.by.insert(door(hop), key);
}

/// The key that this host took, or else the one that another did: the nodes of a cluster tend to take the same.
pub fn taken(hop: &Hop) -> Option<Vec<u8>> {
    let taken = lock(&TAKEN);
    taken.by.get(&door(hop)).or(taken.last.as_ref()).cloned()
}

/// The slot of a key file. Whoever holds its lock is asking; the others wait for the outcome.
pub fn slot(path: &Path) -> Arc<Mutex<Slot>> {
    Arc::clone(lock(&SLOTS).entry(path.to_owned()).or_default())
}

/// Ask for this one's passphrase again. Whoever holds its slot is asking already: a link's thread does not wait for the operator.
pub fn forgive(path: &Path) {
    if let Ok(mut slot) = slot(path).try_lock() {
        slot.refused = None;
    }
}

/// A lock that a thread's end does not poison: what it guards is whole at every moment.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
