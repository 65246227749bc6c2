//! Calls to a libvirt that are out, and for how long.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::domain::observation::Question;
use crate::domain::stamp::Stamp;
use crate::link::AskId;

/// An answer or a connection that takes longer is said to be late.
pub(super) const LATE: Duration = Duration::from_secs(3);
/// A call that takes longer is given up; its thread is left to itself.
const GIVE_UP: Duration = Duration::from_secs(12);
/// The same where a guest may be what holds it up: libvirt itself waits half a minute for one that is busy, and goes on without it.
const GIVE_UP_A_GUEST: Duration = Duration::from_secs(35);

/// How long a call may take. One guest that hangs holds up the first statistics that ask it, and by that its lock: the next ones pass it by at once,
/// or, where the libvirt is old, after it has waited for it.
const fn patience(question: Question, stalled: bool) -> Duration {
    match question {
        Question::GuestStats if !stalled => LATE,
        Question::GuestStats | Question::GuestJobs => GIVE_UP_A_GUEST,
        _ => GIVE_UP,
    }
}

/// One call.
#[derive(Clone, Copy, Debug)]
pub(super) struct Flight {
    pub question: Question,
    pub since: Stamp,
    late: bool,
}

/// All of one libvirt's.
#[derive(Debug, Default)]
pub(super) struct Flights {
    all: BTreeMap<AskId, Flight>,
}

impl Flights {
    pub fn begin(&mut self, id: AskId, question: Question, now: Stamp) {
        self.all.insert(id, Flight { question, since: now, late: false });
    }

    pub fn end(&mut self, id: AskId) -> Option<Flight> {
        self.all.remove(&id)
    }

    pub fn clear(&mut self) {
        self.all.clear();
    }

    pub fn has(&self, question: Question) -> bool {
        self.all.values().any(|flight| flight.question == question)
    }

    /// What is late since the last look, and what is given up now; `stalled`: the last statistics were given up, or late.
    pub fn overdue(&mut self, now: Stamp, stalled: bool) -> (Vec<Question>, Vec<Question>) {
        let (mut late, mut given_up) = (Vec::new(), Vec::new());
        self.all.retain(|_, flight| {
            let age = flight.since.age(now);
            if !flight.late && age >= LATE {
                flight.late = true;
                late.push(flight.question);
            }
            let waits = age < patience(flight.question, stalled);
            if !waits {
                given_up.push(flight.question);
            }
            waits
        });
        (late, given_up)
    }

    /// When [`Self::overdue`] has something to say next.
    pub fn due(&self, stalled: bool) -> impl Iterator<Item = Stamp> {
        self.all.values().map(move |f| f.since.after(if f.late { patience(f.question, stalled) } else { LATE }))
    }

    /// Our clock was set back: none began later than now.
    pub fn not_after(&mut self, now: Stamp) {
        self.all.values_mut().for_each(|flight| flight.since = now.min(flight.since));
    }
}
