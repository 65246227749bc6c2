//! Moving bytes between the channels and what reads them.

use std::time::Instant;

use super::{AskError, Duct, Engine, Gate, LONGEST, Lane, LinkFault, LinkTrouble, Report, Stamp, Wire, broken, no_shell, trouble};

impl<W: Wire> Engine<'_, W> {
    /// Reads and writes until nothing moves: a read for one channel may bring in packets of another.
    pub(super) fn pump(&mut self) -> Result<(), LinkTrouble> {
        let (mut flowed, mut passed) = (false, false);
        self.again |= 'moving: {
            for _ in 0..64 {
                let (came, moved) = self.pump_gates();
                let flows = self.pump_streams()?;
                let heard = self.pump_lanes()? | flows | self.pump_deeds()? | came;
                (flowed, passed) = (flowed | flows, passed | came | moved);
                if heard {
                    self.pulse.heard(Instant::now());
                } else if !moved && !self.pending() {
                    break 'moving false;
                }
            }
            true
        };
        if passed {
            self.burst.other(Instant::now());
        }
        if flowed {
            self.burst.came(Instant::now());
        }
        self.rise();
        Ok(())
    }

    /// Whether a read for one channel brought in something for another that was read before it.
    pub(super) fn pending(&self) -> bool {
        self.pipes().any(|pipe| pipe.duct.pending())
            || self.gates.iter().any(Gate::pending)
            || self.deeds.iter().any(|deed| deed.duct.pending())
            || (!self.speaker.behind() && self.streams.iter().any(|stream| stream.duct.pending()))
    }

    /// Whether something came from the node, and whether anything moved at all.
    fn pump_gates(&mut self) -> (bool, bool) {
        let (mut heard, mut moved) = (false, false);
        for gate in &mut self.gates {
            let (came, went, over) = gate.pump();
            heard |= came;
            moved |= went;
            for pass in over {
                self.wire.end(pass);
            }
        }
        (heard, moved)
    }

    fn pump_lanes(&mut self) -> Result<bool, LinkTrouble> {
        Ok(self.pump_lane(Lane::Fast)? | self.pump_lane(Lane::Slow)? | self.pump_lane(Lane::Action)?)
    }

    fn pump_lane(&mut self, lane: Lane) -> Result<bool, LinkTrouble> {
        let pipe = match lane {
            Lane::Fast => &mut self.fast.pipe,
            Lane::Slow => &mut self.slow.pipe,
            Lane::Action => &mut self.action.pipe,
        };
        let Some(pipe) = pipe else { return Ok(false) };
        let pumped = pipe.pump(&mut self.buf).map_err(|e| broken(&e))?;
        if lane == Lane::Action && !pumped.answers.is_empty() {
            self.used = Instant::now();
        }
        for (ask, result) in pumped.answers {
            self.speaker.say(Report::Answer { id: ask.id, result });
        }
        if pumped.ended {
            if !self.up && lane == Lane::Fast {
                return Err(no_shell(pipe));
            }
            self.give_up(lane, AskError::Lost(trouble(LinkFault::Protocol, "the shell on the node ended in the middle of the command")));
        } else if pipe.is_too_long() {
            self.give_up(lane, AskError::TooLong(LONGEST));
        }
        Ok(pumped.heard)
    }

    fn pump_streams(&mut self) -> Result<bool, LinkTrouble> {
        let mut moved = false;
        let mut at = 0;
        while let Some(stream) = self.streams.get_mut(at) {
            let flow = stream.pump(!self.speaker.behind(), &mut self.buf).map_err(|e| broken(&e))?;
            moved |= flow.heard;
            let id = stream.id;
            if !flow.bytes.is_empty() {
                self.speaker.say(Report::Data { id, bytes: flow.bytes, at: Stamp::now() });
            }
            if let Some(why) = flow.ended {
                let stream = self.streams.swap_remove(at);
                self.wire.close(stream.duct);
                self.again = true;
                self.end(id, &why);
            } else {
                at += 1;
            }
        }
        Ok(moved)
    }

    fn pump_deeds(&mut self) -> Result<bool, LinkTrouble> {
        let mut moved = false;
        let mut at = 0;
        while let Some(deed) = self.deeds.get_mut(at) {
            let flow = deed.pump(&mut self.buf).map_err(|e| broken(&e))?;
            moved |= flow.heard;
            let id = deed.id;
            if !flow.bytes.is_empty() {
                self.speaker.say(Report::Output { id, bytes: flow.bytes, at: Stamp::now() });
            }
            if let Some(result) = flow.ended {
                let deed = self.deeds.swap_remove(at);
                self.wire.close(deed.duct);
                self.again = true;
                self.changed(id, result);
            } else {
                at += 1;
            }
        }
        Ok(moved)
    }
}
