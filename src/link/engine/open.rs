//! Opening channels: one after another, what is most wanted first.

use std::time::Instant;

use super::{
    AGAIN, Ask, Deed, Engine, HOPELESS, Lane, LinkFault, LinkTrouble, OpenError, Opening, PassError, Report, Stream, Wire, trouble,
};

impl<W: Wire> Engine<'_, W> {
    /// Opens what is wanted, one channel after another: the fast lane first, then the slow one, then changes, streams, what actions ask, then ways to sockets.
    pub(super) fn open(&mut self) -> Result<(), LinkTrouble> {
        if self.opening != Opening::Pass {
            self.opening = Opening::Nothing;
            self.open_shells()?;
        }
        if self.opening != Opening::Shell {
            self.opening = Opening::Nothing;
            self.open_passes()?;
        }
        Ok(())
    }

    /// The answer to an opening may have come in with what was read for others: nothing would wake us for it.
    pub(super) fn open_further(&mut self) -> Result<(), LinkTrouble> {
        if self.opening != Opening::Nothing {
            self.open()?;
            self.again |= self.opening == Opening::Nothing || self.pending();
        }
        Ok(())
    }

    fn open_passes(&mut self) -> Result<(), LinkTrouble> {
        for gate in &mut self.gates {
            while let Some(to) = gate.wants() {
                match self.wire.pass(&to) {
                    Ok(None) => {
                        self.opening = Opening::Pass;
                        return Ok(());
                    }
                    Ok(Some(pass)) => gate.lead(pass),
                    Err(PassError::Refused(why)) => gate.refuse(why),
                    Err(PassError::Broken(trouble)) => return Err(trouble),
                }
            }
        }
        Ok(())
    }

    fn open_shells(&mut self) -> Result<(), LinkTrouble> {
        self.ceded &= !(self.deeds.is_empty() && self.changes.is_empty());
        self.room = self.room.filter(|_| !(self.changes.is_empty() && self.waiting.is_empty()));
        while let Some(wanted) = self.wanted(Instant::now()) {
            match self.wire.open() {
                Ok(None) => {
                    self.opening = Opening::Shell;
                    return Ok(());
                }
                Ok(Some(duct)) => self.equip(wanted, duct),
                Err(OpenError::Refused) => self.refused(wanted),
                Err(OpenError::Broken(trouble)) => return Err(trouble),
            }
        }
        Ok(())
    }

    /// For whom a session is opened next.
    fn wanted(&self, now: Instant) -> Option<Wanted> {
        let not_yet = self.room.is_some_and(|(again, _)| again > now);
        if self.fast.wants(true, now) {
            Some(Wanted::Lane(Lane::Fast))
        } else if self.slow.wants(false, now) {
            Some(Wanted::Lane(Lane::Slow))
        } else if !self.changes.is_empty() && !not_yet {
            Some(Wanted::Change)
        } else if !self.waiting.is_empty() && !not_yet {
            Some(Wanted::Stream)
        } else {
            self.action.wants(false, now).then_some(Wanted::Lane(Lane::Action))
        }
    }

    fn equip(&mut self, wanted: Wanted, duct: W::Duct) {
        match wanted {
            Wanted::Lane(lane) => {
                let (nonce, rights) = (self.nonce.clone(), self.rights);
                self.track(lane).equip(duct, &nonce, rights);
            }
            Wanted::Change => {
                self.room = None;
                match self.changes.pop_front() {
                    Some(change) => self.deeds.push(Deed::new(change, duct, &self.nonce, self.rights)),
                    None => self.wire.close(duct),
                }
            }
            Wanted::Stream => {
                self.room = None;
                let (id, command) = self.waiting.remove(0);
                self.streams.push(Stream::new(id, &command, duct, &self.nonce, self.rights));
            }
        }
    }

    /// sshd has no session for it.
    fn refused(&mut self, wanted: Wanted) {
        match wanted {
            Wanted::Lane(Lane::Action) => self.share(),
            Wanted::Lane(lane) => {
                if self.action.pipe.is_some() {
                    self.share();
                }
                self.track(lane).refused();
            }
            Wanted::Change | Wanted::Stream if self.make_room(wanted) => {}
            Wanted::Change => {
                let why = trouble(LinkFault::Sessions, &self.no_session());
                self.lose_changes(&why);
            }
            Wanted::Stream => {
                let (id, _) = self.waiting.remove(0);
                let why = self.no_session();
                self.end(id, &why);
            }
        }
    }

    /// Questions make room: for a stream (a lock is one) those of actions, for a changing command the slow ones, too. A session that was given up is free once
    /// its processes have ended. False: there is nothing that could make room, or it took too long.
    fn make_room(&mut self, wanted: Wanted) -> bool {
        let now = Instant::now();
        let until = self.room.map(|(_, until)| until);
        let fresh = if self.action.pipe.is_some() {
            self.share();
            true
        } else if wanted == Wanted::Change && self.slow.pipe.is_some() {
            self.ceded = true;
            let (duct, asks) = self.slow.cede();
            self.hand_on(duct, asks);
            true
        } else {
            // What was given up before may still hold a session.
            wanted == Wanted::Change && until.is_none()
        };
        self.room =
            if fresh { Some((now + AGAIN, now + HOPELESS)) } else { until.filter(|until| *until > now).map(|until| (now + AGAIN, until)) };
        self.room.is_some()
    }

    /// From now on actions ask in the slow lane, on this connection.
    fn share(&mut self) {
        self.shared = true;
        let (duct, asks) = self.action.cede();
        self.hand_on(duct, asks);
        let text = "sshd grants no session of its own for what actions ask: it waits with the slow questions (MaxSessions)";
        self.speaker.say(Report::Note(text.to_owned()));
    }

    fn hand_on(&mut self, duct: Option<W::Duct>, asks: Vec<Ask>) {
        if let Some(duct) = duct {
            self.wire.close(duct);
        }
        for ask in asks {
            self.put(ask);
        }
        self.again = true;
    }
}

/// For whom a session is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wanted {
    Lane(Lane),
    Change,
    Stream,
}
