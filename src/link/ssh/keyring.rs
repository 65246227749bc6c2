//! Passphrases of this session: asked for once, though many nodes want the same key.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::domain::secret::Secret;

/// For how long an operator's refusal holds for the other nodes that want the same key.
const REFUSAL: Duration = Duration::from_secs(60);

/// What is known of one key file.
#[derive(Debug, Default)]
pub struct Slot {
    /// The passphrase that opened it.
    pub passphrase: Option<Secret>,
    refused: Option<Instant>,
}

impl Slot {
    /// The operator will not say.
    pub fn refuse(&mut self) {
        self.refused = Some(Instant::now());
    }

    /// Refused a moment ago.
    pub fn is_refused(&self) -> bool {
        self.refused.is_some_and(|at| at.elapsed() < REFUSAL)
    }

    /// Ask again.
    pub fn forgive(&mut self) {
        self.refused = None;
    }
}

type Slots = HashMap<PathBuf, Arc<Mutex<Slot>>>;

static SLOTS: LazyLock<Mutex<Slots>> = LazyLock::new(Mutex::default);

/// The slot of a key file. Whoever holds its lock is asking; the others wait for the outcome.
pub fn slot(path: &Path) -> Arc<Mutex<Slot>> {
    Arc::clone(lock(&SLOTS).entry(path.to_owned()).or_default())
}

/// A lock that a thread's end does not poison: what it guards is whole at every moment.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
