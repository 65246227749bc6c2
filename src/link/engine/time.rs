//! Deadlines, echoes, heartbeats, and the wait for the next of anything.

use std::time::Instant;

use rustix::event::{PollFd, PollFlags, poll};

use super::{
    AskError, Beat, Deed, Engine, KEPT, Lane, LinkFault, LinkTrouble, Opening, Pipe, Report, SAY_LATE, SPEAK_AGAIN, Wire, guard,
    late_shell, no_shell, timespec, trouble,
};

impl<W: Wire> Engine<'_, W> {
    /// Deadlines, echoes, heartbeats.
    pub(super) fn keep_time(&mut self) -> Result<(), LinkTrouble> {
        let now = Instant::now();
        if !self.pulse.is_hung() {
            for lane in [Lane::Fast, Lane::Slow, Lane::Action] {
                self.check_deadline(lane, now)?;
            }
        }
        if !self.late && self.slow_shell().is_some_and(|at| at <= now) {
            self.sink();
        }
        match self.pulse.beat(now) {
            Beat::Echo(sequence) => self.tell_fast(&guard::echo(&self.nonce, sequence)),
            Beat::Hung => self.sink(),
            Beat::Dead => return Err(self.pulse.trouble()),
            Beat::None => {}
        }
        if self.unused().is_some_and(|at| at <= now)
            && let (Some(duct), _) = self.action.abandon()
        {
            self.wire.close(duct);
            self.again = true;
        }
        if self.pulse.heartbeat(now) {
            let line = guard::heartbeat(&self.nonce);
            self.tell_fast(&line);
            for pipe in [&mut self.slow.pipe, &mut self.action.pipe].into_iter().flatten() {
                pipe.tell(&line);
            }
            for stream in &mut self.streams {
                stream.tell(&line);
            }
            for deed in &mut self.deeds {
                deed.tell(&line);
            }
        }
        Ok(())
    }

    /// When the actions' pipe is closed, if nothing is asked before.
    fn unused(&self) -> Option<Instant> {
        self.action.pipe.as_ref().filter(|pipe| pipe.is_idle()).map(|_| self.used + KEPT)
    }

    fn check_deadline(&mut self, lane: Lane, now: Instant) -> Result<(), LinkTrouble> {
        if let Some(asks) = self.track(lane).hopeless(now) {
            let lost = trouble(LinkFault::Sessions, &self.no_session());
            self.answer_lost(asks, &lost);
            return Ok(());
        }
        let up = self.up;
        let Some(pipe) = &self.track(lane).pipe else { return Ok(()) };
        if !pipe.is_ready() {
            if now < pipe.born() + Pipe::<W::Duct>::PATIENCE {
                return Ok(());
            }
            if !up {
                return Err(no_shell(pipe));
            }
            self.give_up(lane, AskError::Late(Pipe::<W::Duct>::PATIENCE));
        } else if let Some(why) = pipe.late(now) {
            self.give_up(lane, why);
        }
        Ok(())
    }

    fn tell_fast(&mut self, line: &str) {
        if let Some(pipe) = &mut self.fast.pipe {
            pipe.tell(line);
        }
    }

    /// When a login shell that has not said hello yet is called late.
    pub(super) fn slow_shell(&self) -> Option<Instant> {
        let pipe = self.fast.pipe.as_ref().filter(|pipe| !pipe.is_ready() && !self.pulse.ever())?;
        Some(pipe.born() + SAY_LATE)
    }

    /// The node hangs, or its login shell does: say so. The connection stays, and so do the streams and the questions that are out: a node that
    /// stalls every few seconds would never get to the end of them if each stall made it begin anew.
    pub(super) fn sink(&mut self) {
        self.up = false;
        let trouble = match (self.slow_shell(), &self.fast.pipe) {
            (Some(_), Some(pipe)) => late_shell(pipe),
            _ => self.pulse.trouble(),
        };
        if !self.pulse.ever() && std::mem::replace(&mut self.late, true) {
            return;
        }
        self.speaker.say(Report::Down { trouble: trouble.clone(), retry_at: None });
        self.lose_changes(&trouble);
    }

    /// Whether all that may come is lines of streams.
    fn expects_nothing(&self) -> bool {
        self.up && self.opening == Opening::Nothing && self.waiting.is_empty() && self.deeds.is_empty() && self.pipes().all(Pipe::is_idle)
    }

    pub(super) fn wait(&mut self, closing: bool) {
        self.wire.acknowledge();
        let mut until = if self.again { Instant::now() } else { self.pulse.due() };
        let mut sooner = |at: Option<Instant>| until = at.map_or(until, |at| until.min(at));
        if !self.late {
            sooner(self.slow_shell());
        }
        if !self.pulse.is_hung() {
            sooner(self.fast.due());
            sooner(self.slow.due());
            sooner(self.action.due());
        }
        sooner(self.unused());
        sooner(self.room.map(|(again, _)| again).filter(|again| *again > Instant::now()));
        sooner(self.deeds.iter().map(Deed::due).min());
        if self.speaker.behind() || closing {
            sooner(Some(Instant::now() + SPEAK_AGAIN));
        }
        if let Some(rested) = self.burst.rest(Instant::now()).filter(|_| !self.again && !closing && self.expects_nothing()) {
            self.inbox.linger(rested.min(until));
        }
        let inbox = self.inbox.fd();
        let mut fds = vec![PollFd::new(&inbox, PollFlags::IN)];
        self.wire.watch(&mut fds);
        let wire = 1..fds.len();
        for pipe in self.pipes() {
            pipe.watch(&mut fds);
        }
        for deed in &self.deeds {
            deed.watch(&mut fds);
        }
        for stream in &self.streams {
            stream.watch(!self.speaker.behind(), &mut fds);
        }
        let gates = fds.len();
        for gate in &self.gates {
            gate.watch(&mut fds);
        }
        // A wait that failed says nothing of anything: all is looked at.
        let failed = poll(&mut fds, Some(&timespec(until))).is_err();
        let said: Vec<bool> = fds.iter().map(|fd| failed || !fd.revents().is_empty()).collect();
        drop(fds);
        if said.first().is_some_and(|woken| *woken) {
            self.inbox.quiet();
        }
        self.wire.waited(said.get(wire).is_some_and(|came| came.contains(&true)));
        let mut said = said.into_iter().skip(gates);
        for gate in &mut self.gates {
            gate.woken(&mut said);
        }
    }
}
