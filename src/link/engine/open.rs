//! Opening channels: one after another, what is most wanted first.

use std::time::Instant;

use super::{Deed, Engine, LinkFault, LinkTrouble, OpenError, Opening, PassError, Stream, Wire, trouble};

impl<W: Wire> Engine<'_, W> {
    /// Opens what is wanted, one channel after another: the fast lane first, then the slow one, then streams, then ways to sockets.
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
        loop {
            let now = Instant::now();
            let (fast, slow) = (self.fast.wants(true, now), self.slow.wants(false, now));
            let change = !self.changes.is_empty();
            if !fast && !slow && !change && self.waiting.is_empty() {
                return Ok(());
            }
            match self.wire.open() {
                Ok(None) => {
                    self.opening = Opening::Shell;
                    return Ok(());
                }
                Ok(Some(duct)) if fast => self.fast.equip(duct, &self.nonce, self.rights),
                Ok(Some(duct)) if slow => self.slow.equip(duct, &self.nonce, self.rights),
                Ok(Some(duct)) if change => self.begin(duct),
                Ok(Some(duct)) => {
                    let (id, command) = self.waiting.remove(0);
                    self.streams.push(Stream::new(id, &command, duct, &self.nonce, self.rights));
                }
                Err(OpenError::Refused) if fast => self.fast.refused(),
                Err(OpenError::Refused) if slow => self.slow.refused(),
                Err(OpenError::Refused) if change => {
                    let why = trouble(LinkFault::Sessions, &self.no_session());
                    self.lose_changes(&why);
                }
                Err(OpenError::Refused) => {
                    let (id, _) = self.waiting.remove(0);
                    let why = self.no_session();
                    self.end(id, &why);
                }
                Err(OpenError::Broken(trouble)) => return Err(trouble),
            }
        }
    }

    /// Starts the change that waited longest.
    fn begin(&mut self, duct: W::Duct) {
        match self.changes.pop_front() {
            Some(change) => self.deeds.push(Deed::new(change, duct, &self.nonce, self.rights)),
            None => self.wire.close(duct),
        }
    }
}
